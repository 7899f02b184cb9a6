"""Where meeting ends and missing begins, once for the arrays that rank and for the verdicts that people read."""

from typing import Final

QUANTITY_NEAR: Final = 1.5
"""A minimum of up to 1.5 times the order may well be talked down."""

QUANTITY_HOPELESS: Final = 4.0
"""At four times the order a minimum counts as no fit at all."""

PRICE_NEAR: Final = 1.1
PRICE_HOPELESS: Final = 1.5

LATE_NEAR_DAYS: Final = 3
"""Days late that are near even when the buyer gave no grace."""

LATE_HOPELESS_DAYS: Final = 21

CAPACITY_NEAR: Final = 0.85
"""A run that fills more than this share of the weeks before the due date leaves no room for a mishap."""

UNDATED_WEEKS: Final = 12
"""Weeks of work that an order without a due date is taken to allow; never a reason to refuse it."""

NUMBER_NEAR: Final = 0.15
"""A numeric attribute within 15 % of the wanted one is near."""
