"""Orders: a seller's order requests, their files, and imports of many at once.

States: draft, posted, pooled, offered, quoting, awarded, closed; aside clarifying, withdrawn, expired, rejected.
Events: OrderPosted, OrderTermsChanged, OrderWithdrawn, OrderRejected.
"""
