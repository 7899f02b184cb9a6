"""An open market that plays against `python -m matching rank` and speaks only files."""
