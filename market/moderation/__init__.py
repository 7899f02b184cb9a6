"""Moderation: new requests that an operator should look at, with the signals that speak for it, and what was decided.

States of a case: waiting, dismissed, decided. Nothing is punished by a signal; a person decides.
"""
