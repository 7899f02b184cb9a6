"""The packs of the trades as the market has them: those that are shipped, and versions that operators published.

The door for everybody above is `live.live_vocabulary`; `service` publishes, goes back and retires.
"""
