"""Reviews: what a shop and a factory say of each other once goods are accepted, blind until both are in.

Exchange: open, published, lapsed. Events: ReviewWritten. An exchange is about one share of a deal and lasts 14 days.
"""
