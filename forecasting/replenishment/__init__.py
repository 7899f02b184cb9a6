"""Replenishment: from forecasts, stock and terms to what to order, how much of it, and by when.

`items` are the terms of an item, `outlook` is what is expected of its demand, `levels` chooses order-up-to levels by
`simulation` on the seller's own past among `candidates`, `plan` words what to order and why, `budget` spends limited
money, `materials` adds up the plans of many sellers for one factory.
"""
