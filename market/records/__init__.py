"""Records: what a buyer's and a factory's past says, in parts each with its n; the limits of a factory rise with it.

Steps of a factory: trial, rising, established. Events: none; it listens to deals, disputes, leads and reviews.
"""
