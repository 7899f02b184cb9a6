"""The end of a deal before its goods were shipped: what is no longer asked, who is told, and what the factory keeps."""

from market.kit.outbox import publish
from market.kit.work import Work
from market.production.deals import advance, shares_of
from market.production.events import DealCancelled
from market.production.models import Deal, DealState, Purpose
from market.production.paying import arrived_for, drop_asks
from market.production.telling import tell_factory, tell_shops


def end_deal(work: Work, deal: Deal, why: str, *, keeps_proven: bool = True) -> None:
    """Cancel a deal. why: a code of events.DealCancelled. keeps_proven: False when the factory itself steps back.

    Raises IllegalMove, changing nothing, where the table forbids it.
    """
    shares = shares_of(work, deal)
    proven = min(deal.proven_minor, arrived_for(work, deal, Purpose.DEPOSIT)) if keeps_proven else 0
    advance(work, deal, DealState.CANCELLED, why=why, details={"proven_minor": proven})
    drop_asks(work, deal, shares)
    publish(work, DealCancelled(deal.organisation_id, deal.id, why, proven))
    tell_factory(work, deal, "deal_cancelled", why=why)
    tell_shops(work, deal, "deal_cancelled", why=why)
