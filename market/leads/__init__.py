"""Leads: an order or a pool put before a few factories, each place with its reasons frozen.

States of a lead: offered, viewed, accepted, quoted, won, lost; aside countered, declined, expired, withdrawn.
Events: LeadsOffered, LeadAccepted, LeadDeclined, LeadCountered, LeadExpired.
At most max_acceptances factories hold an offering at once; a race for the last place has one winner.
"""
