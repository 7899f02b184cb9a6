"""The operators' desk: lists of everything, moderation of requests, and the history of every object.

It owns no table; what it shows belongs to the capabilities below, and so do the verbs that it calls.
"""
