"""Pages of deals: what a person sees of production, money and disputes together, and does about them.

No tables of its own: every verb is a lower capability's.
"""
