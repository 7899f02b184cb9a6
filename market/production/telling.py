"""Who is told what of a deal: notices in the words of market/templates/macros/deal_notices.html."""

from typing import Any

from market.kit import notices
from market.kit.work import Work
from market.production.deals import shares_of
from market.production.models import Deal, DealShare


def tell_factory(work: Work, deal: Deal, kind: str, **told: Any) -> None:
    """Put a notice about a deal into its factory's bell; it names the offering, never a buyer."""
    shares = shares_of(work, deal)
    link = f"/deals/{shares[0].award_id}" if shares else "/deals"
    notices.notify(work, deal.factory_id, kind, {"title": deal.title, "code": deal.code, **told}, link=link)


def tell_shops(work: Work, deal: Deal, kind: str, **told: Any) -> None:
    """Tell every shop that the session sees in the deal, once for each of its shares."""
    for share in shares_of(work, deal):
        tell_shop(work, share, kind, **told)


def tell_shop(work: Work, share: DealShare, kind: str, **told: Any) -> None:
    """Tell the shop of a share, by its own order."""
    named = {"title": share.title, "code": share.code, **told}
    notices.notify(work, share.organisation_id, kind, named, link=f"/deals/{share.award_id}")
