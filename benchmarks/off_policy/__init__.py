"""Off-policy estimators on a market where the truth is known."""
