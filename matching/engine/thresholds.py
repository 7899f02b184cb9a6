"""Where meeting ends and missing begins, for the verdicts that people read and what rules a factory out."""

from typing import Final

QUANTITY_NEAR: Final = 1.5
"""A minimum of up to 1.5 times the order may well be talked down."""

PRICE_NEAR: Final = 1.1

LATE_NEAR_DAYS: Final = 3
"""Days late that are near even when the buyer gave no grace."""

CAPACITY_NEAR: Final = 0.85
"""A run that fills more than this share of the weeks before the due date leaves no room for a mishap."""

UNDATED_WEEKS: Final = 12
"""Weeks of work that an order without a due date is taken to allow; never a reason to refuse it."""

NUMBER_NEAR: Final = 0.15
"""A numeric attribute within 15 % of the wanted one is near."""
