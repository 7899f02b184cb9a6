"""Organisations, their people, roles, sign-in and API keys.

States of an organisation: active, paused. Events: OrganisationPaused, OrganisationResumed.
"""
