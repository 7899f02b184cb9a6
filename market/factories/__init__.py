"""Factories: capability profiles, availability, certificates with evidence and date.

States: open, full (no new leads until a date), paused (by an operator). Events: FactoryChanged.
Every change of a profile is kept as a version, so that any past ranking can be rebuilt.
"""
