"""A payment provider on loopback that speaks Stripe's API, for development, demos and tests. No real money.

Keeps its state in one SQLite file, so that it survives restarts. The real SDK talks to it; nothing of ours but the
adapter's base address knows that it is not Stripe.
"""
