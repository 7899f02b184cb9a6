"""What another way of ranking would have brought, told from leads that were shown with known probabilities.

`log.py` holds what was shown, `estimators.py` tells what another policy would have converted, with an interval, and
`sequential.py` watches a running split and may be looked at after every request. Pure: arrays in, frozen values out.
"""
