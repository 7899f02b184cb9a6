"""What pages of materials say in words that depend on a figure."""

from typing import Final

from flask_babel import gettext as _

from market.kit.errors import FieldFault
from market.materials.figures import SELLER_BANDS

FIELDS: Final = {"material": "own_words"}
"""Fields of a form that hold what a verb names otherwise."""


def sellers_in_words(least: int) -> str:
    """A band of shops: "3 to 5 shops", or "51 shops or more"."""
    above = [bound for bound in SELLER_BANDS if bound > least]
    if above:
        return str(_("%(low)s to %(high)s shops", low=least, high=above[0] - 1))
    return str(_("%(low)s shops or more", low=least))


def fault_in_words(fault: FieldFault) -> str:
    """A fault that only a verb finds."""
    return str(_("%(problem)s; accepted: %(accepted)s", problem=fault.problem, accepted=fault.accepted))
