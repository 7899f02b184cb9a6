"""The verbs of deals, in one place; each topic stands in a file of its own."""

from market.production.opening import open_deal
from market.production.paying import payment_arrived, payment_failed
from market.production.sampling import approve_sample, make_sample, reject_sample

__all__ = ["approve_sample", "make_sample", "open_deal", "payment_arrived", "payment_failed", "reject_sample"]
