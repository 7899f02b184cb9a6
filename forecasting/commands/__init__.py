"""One module a command of `python -m forecasting`, as those of `python -m matching` are."""
