"""Ranking: which ranker version is live, and the rankings it makes over the factories that take leads.

States of a version: live, retired. Events: none yet; a version changes only when one is published.
"""
