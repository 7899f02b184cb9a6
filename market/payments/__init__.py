"""Money that comes in and goes out through a payment provider: what was asked of it and what came of it.

Knows no deal: every row carries a `reference` that its caller chose, and the organisation whose money it is.
"""
