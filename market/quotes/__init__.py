"""Quotes: a factory's price ladder with lead time, minimum, validity and version; comparison and award.

States: open, superseded, void, awarded, lost, expired, withdrawn. Events: QuoteSubmitted, QuoteAwarded,
QuoteChosen.
"""
