"""Rooms: one conversation an order or a deal, with people's words, system events, files and read marks.

A room is raised when something needs everybody: the market comes in, and the time to each side's first reply is
measured. An alarm is open until somebody ends it.
"""
