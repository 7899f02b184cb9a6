"""One folder a claim: README.md (claim, method, baseline), run.py, result.json."""
