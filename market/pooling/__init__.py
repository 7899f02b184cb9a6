"""Pooling: fragmented orders gathered into one run that a factory can make.

States: open, reached, locked, awarded, producing, allocated, done; aside expired, dissolved, shrunk.
Events: PoolChanged, OrderLeftAlone, PoolDissolved.
A pool belongs to the market; its members see the shared constraint and the counts, never each other.
"""
