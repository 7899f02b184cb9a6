"""Gathers scattered orders into runs that a factory can make.

The bare problem of quantities, minima and scores: problem (its arrays and its checker), parts (families that do not
concern each other), prices (which pools should run and who joins them), runs (an assignment changed step by step),
polish (whole orders, every minimum held, moves and swaps), relaxation (the bound), exact (a few pools at a time, almost
to the optimum), assignment (the door), windows (orders that arrive over time).
The real thing: constraint (what orders must share), makers (the factories and what sharing gains), gathering (groups).
"""
