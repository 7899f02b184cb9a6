"""Gathers scattered orders into runs that a factory can make.

The bare problem of quantities, minima and scores: problem (its arrays and its checker), prices (which pools should run
and who joins them), rounding (whole orders, every minimum held), polish (moves and swaps), assignment (the door).
The real thing: constraint (what orders must share), gathering (groups them), unit_price (what sharing gains).
"""
