"""What pages of reviews say in words that depend on who reads them, and on a fault."""

from flask_babel import gettext as _

from market.factories.queries import profile
from market.kit.edge import work
from market.kit.errors import Conflict
from market.production import queries as production
from market.production.queries import ShareRow
from market.reviews.queries import Side


def goods_of(share: ShareRow, side: Side) -> str:
    """What the reader knows the goods by: a factory of a run knows the run, not the shop's words."""
    return share.title if side is Side.SHOP else production.deal(work().session, share.deal_id).title


def other_side(share: ShareRow, side: Side) -> str:
    """Whom the reader reviews: a factory by its name; a buyer is not named."""
    factory = profile(work().session, share.factory_id) if side is Side.SHOP else None
    return factory.name if factory is not None else str(_("the buyer"))


def conflict_in_words(fault: Conflict) -> str:
    """Why nothing was done, in the reader's language, by the code of a conflict."""
    words = {
        "in_dispute": _("A dispute about these goods is open. Reviews wait for its end."),
        "too_late": _("The 14 days for a review are over. Nothing was changed."),
        "already_published": _("Both reviews are published and stay as they are. Nothing was changed."),
        "already_answered": _("This review is answered already, and the answer stays. Nothing was changed."),
        "already_hidden": _("This review is hidden already."),
    }
    return str(words.get(fault.code) or _("A review is possible once the goods are accepted and no dispute is open."))
