"""Experiments: changes to how factories are ranked, told beforehand from what was logged.

The exposure page turns the share of leads given to learning, after it has shown what that costs and brings. Candidates
(shadow -> promoted | ended) rank every request beside the live ranker, by the worker.
"""
