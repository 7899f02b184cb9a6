"""Counter-offers to a pool: every member has a voice, weighed by its pieces.

More than half of the pieces for it: the counter is taken. So many against that this cannot happen any more: refused.
"""

from contextlib import suppress
from uuid import UUID

from market.kit.work import Work
from market.leads.models import Lead, LeadState
from market.leads.places import NoPlaceLeft, lock_lead
from market.leads.service import settle_counter
from market.pooling.service import counter_voices, note_counter_answer


def count_answer(work: Work, lead_id: UUID, organisation_id: UUID, order_id: UUID, accept: bool) -> None:
    """Note one member's answer and settle the counter when the pieces decide it. Late answers change nothing."""
    lead: Lead = lock_lead(work.session, lead_id)
    if lead.state is not LeadState.COUNTERED or lead.pool_id is None or lead.counter is None:
        return
    question = f"{lead.id}@{lead.counter['proposed_at']}"
    if not note_counter_answer(work, lead.pool_id, organisation_id, order_id, question, accept):
        return
    voices = counter_voices(work, lead.pool_id, question)
    if voices.agreed * 2 > voices.whole:
        settle_agreed(work, lead)
    elif voices.refused * 2 >= voices.whole:
        settle_counter(work, lead, accept=False)


def settle_agreed(work: Work, lead: Lead) -> None:
    """Take the counter; where no place is free it stays open until one is, or until it runs out."""
    with suppress(NoPlaceLeft):
        settle_counter(work, lead, accept=True)
