"""Replay: any ranking that was kept is made again and compared byte for byte, beside today's, for operators.

It owns no table: it reads the rankings of leads, the snapshots and versions of ranking, and the profiles of factories.
"""
