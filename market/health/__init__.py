"""Health: whether the machinery of the market runs, what fell silent, and what an operator can do about it.

Events: none. Its alarms are told once, by whichever process sees them first, and taken back when they are over.
"""
