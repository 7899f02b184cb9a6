"""What is done with leads: viewed, accepted, declined, countered, settled, expired. No verb commits.

Offering requests to factories stands in `offering`, and can be called from here as well. Every verb may be said twice:
the second time changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from market.kit import history, live, notices
from market.kit.errors import Conflict, FieldFault, Invalid, NotFound
from market.kit.outbox import publish
from market.kit.work import Work
from market.leads.events import CounterAnswered, LeadAccepted, LeadCountered, LeadDeclined, LeadExpired
from market.leads.models import LEAD_TRANSITIONS, LIVE, WAITING, DeclineReason, Lead, LeadState, Offering
from market.leads.offering import offer_next, offer_order, offer_pool, reoffer
from market.leads.places import NoPlaceLeft, OfferingClosed, give_place_back, lock_lead, lock_offering, take_place
from market.leads.queries import offering_of_order
from market.leads.withdrawing import chase_unmatched, withdraw_from_factory, withdraw_offering

LONGEST_NOTE: Final = 500
FARTHEST_DAYS: Final = 730
LARGEST_MINIMUM: Final = 10_000_000
SECOND_THOUGHT: Final = timedelta(hours=24)
EXPIRED_AT_ONCE: Final = 500
ANSWERED_ELSEWHERE: Final = "another_factory"
HAS_NOT_QUOTED: Final = "no_quote"


class LeadMoved(Conflict):
    """The lead is in a state in which this cannot be done; the message names it."""

    code = "lead_moved"


class CounterRefused(Invalid):
    """A counter-offer that cannot be taken."""

    code = "counter_refused"


@dataclass(frozen=True, slots=True)
class LeadStanding:
    """Where a lead stands after a verb. places_taken of places are held by factories that accepted."""

    lead_id: UUID
    state: LeadState
    offering_id: UUID
    organisation_id: UUID
    order_id: UUID | None
    pool_id: UUID | None
    factory_id: UUID
    expires_at: datetime


def view_lead(work: Work, lead_id: UUID) -> LeadStanding:
    """The factory has opened the lead. Raises NotFound for a missing or foreign one."""
    lead = _own_lead(work, lead_id)
    if lead.state is LeadState.OFFERED:
        lead.viewed_at = work.now
        history.move(work, lead, LeadState.VIEWED, LEAD_TRANSITIONS)
        _show_buyer(work, lead)
    return _standing(lead)


def accept_lead(work: Work, lead_id: UUID) -> LeadStanding:
    """Take one of the places. From now on the factory knows the buyer's name and has lead_hours to quote.

    Raises NoPlaceLeft when other factories were faster, OfferingClosed, LeadMoved (declined, expired, ...), NotFound.
    """
    lead = _own_lead(work, lead_id)
    if lead.state in {LeadState.ACCEPTED, LeadState.QUOTED, LeadState.WON} or (
        lead.state is LeadState.COUNTERED and lead.holds_place
    ):
        return _standing(lead)
    _refuse_unless_answerable(work, lead, "accepted")
    taken = take_place(work, lead)
    _reply(work, lead)
    lead.expires_at = work.now + timedelta(hours=work.settings.lead_hours)
    history.move(work, lead, LeadState.ACCEPTED, LEAD_TRANSITIONS, details={"place": taken})
    publish(work, LeadAccepted(lead.factory_id, lead.id, lead.factory_id))
    return _standing(lead)


def decline_lead(work: Work, lead_id: UUID, reason: str, note: str = "") -> LeadStanding:
    """Say no, with a reason of DeclineReason. The place is given back and the next factory is asked by the worker.

    The reason is kept on the lead; `declines` turns it into fewer leads of that kind for this factory.
    Raises Invalid for an unknown reason or a long note, LeadMoved once the lead is over, NotFound.
    """
    kind = _decline_reason(reason, note)
    lead = _own_lead(work, lead_id)
    if lead.state is LeadState.DECLINED:
        return _standing(lead)
    if lead.state not in LIVE:
        raise _moved(lead, "declined")
    _reply(work, lead)
    lead.decline_reason = kind.value
    lead.decline_note = note.strip()
    give_place_back(work, lead)
    history.move(work, lead, LeadState.DECLINED, LEAD_TRANSITIONS, why=kind.value, details={"note": note.strip()})
    publish(work, LeadDeclined(lead.factory_id, lead.id, lead.factory_id, kind.value))
    return _standing(lead)


def counter_lead(
    work: Work, lead_id: UUID, due_on: date | None, minimum_quantity: int | None, note: str = ""
) -> LeadStanding:
    """Propose a later date or another minimum; the seller sees the difference and says yes or no.

    Before accepting, a counter holds no place: the seller's yes takes one. A new counter replaces an unanswered one.
    Raises CounterRefused with every field that cannot be taken, OfferingClosed, LeadMoved, NotFound.
    """
    faults = _counter_faults(work, due_on, minimum_quantity, note)
    if faults:
        raise CounterRefused("This counter-offer cannot be taken.", faults)
    lead = _own_lead(work, lead_id)
    if not lead.holds_place:
        _refuse_unless_answerable(work, lead, "countered")
    elif lead.state not in LIVE:
        raise _moved(lead, "countered")
    countered_before = lead.state is LeadState.COUNTERED and lead.counter is not None
    from_state = lead.counter["from_state"] if countered_before and lead.counter else lead.state.value
    lead.counter = {
        "due_on": None if due_on is None else due_on.isoformat(),
        "minimum_quantity": minimum_quantity,
        "note": note.strip(),
        "from_state": from_state,
        "proposed_at": work.now.isoformat(),
        "answer": None,
        "answered_at": None,
    }
    _reply(work, lead)
    if lead.state is LeadState.COUNTERED:
        history.record(work, lead, what="countered again", details=lead.counter)
    else:
        history.move(work, lead, LeadState.COUNTERED, LEAD_TRANSITIONS, details=lead.counter)
    publish(work, LeadCountered(lead.factory_id, lead.id, lead.factory_id))
    return _standing(lead)


def answer_counter(work: Work, lead_id: UUID, accept: bool, *, order_id: UUID | None = None) -> LeadStanding:
    """The seller says yes or no to a counter on its own order; for a pool this is its voice, counted by the worker.

    Yes takes a place unless the factory holds one; no lets the factory go on under the old terms. order_id: which of
    the seller's orders speaks, for a pool. Raises NoPlaceLeft, OfferingClosed, LeadMoved when nothing waits for an
    answer, NotFound.
    """
    lead = lock_lead(work.session, lead_id) if order_id is None else _lead_of_member(work, lead_id, order_id)
    if lead.pool_id is None and lead.organisation_id != work.organisation_id:
        raise NotFound
    if lead.state is not LeadState.COUNTERED:
        if lead.counter and lead.counter["answer"] == ("accepted" if accept else "refused"):
            return _standing(lead)
        raise _moved(lead, "answered")
    if lead.pool_id is not None:
        publish(work, CounterAnswered(work.organisation_id, lead.id, order_id, accept))
        return _standing(lead)
    return settle_counter(work, lead, accept)


def settle_counter(work: Work, lead: Lead, accept: bool) -> LeadStanding:
    """Carry out the answer to a counter on a locked lead."""
    counter: dict[str, Any] = dict(lead.counter or {})
    from_state = LeadState(counter.get("from_state", LeadState.VIEWED.value))
    if accept and not lead.holds_place:
        take_place(work, lead)
    quoted_before = from_state is LeadState.QUOTED
    held = LeadState.QUOTED if quoted_before else LeadState.ACCEPTED
    to = held if lead.holds_place else LeadState.VIEWED
    lead.counter = {**counter, "answer": "accepted" if accept else "refused", "answered_at": work.now.isoformat()}
    hours = timedelta(hours=work.settings.lead_hours) if accept else SECOND_THOUGHT
    lead.expires_at = max(lead.expires_at, work.now + hours)
    history.move(work, lead, to, LEAD_TRANSITIONS, why=f"counter {lead.counter['answer']}", details=lead.counter)
    kind = "counter_accepted" if accept else "counter_refused"
    _tell_factory(work, lead, kind, {})
    _show_buyer(work, lead)
    return _standing(lead)


def mark_quoted(work: Work, lead_id: UUID) -> LeadStanding:
    """A quote stands on this lead. Raises LeadMoved unless the factory holds a place, NotFound."""
    lead = lock_lead(work.session, lead_id)
    if lead.state is LeadState.QUOTED:
        return _standing(lead)
    if lead.state not in {LeadState.ACCEPTED, LeadState.COUNTERED} or not lead.holds_place:
        raise _moved(lead, "quoted")
    history.move(work, lead, LeadState.QUOTED, LEAD_TRANSITIONS)
    _show_buyer(work, lead)
    return _standing(lead)


def settle_offering(
    work: Work, offering_id: UUID, winner_lead_id: UUID, reasons: Mapping[UUID, str] | None = None
) -> None:
    """Close an offering: one lead is won, every other live one lost with its reason, and all are told.

    reasons: lead id -> why it lost, a stable code such as "price" or "time" that pages translate. A lead without one
    lost to another factory, or had no quote. Raises NotFound, LeadMoved when the winner cannot win.
    """
    winner = lock_lead(work.session, winner_lead_id)
    offering = lock_offering(work.session, winner.organisation_id, winner.offering_id)
    if winner.offering_id != offering_id:
        raise NotFound
    if winner.state is LeadState.WON:
        return
    if winner.state is LeadState.COUNTERED and winner.holds_place:
        history.move(work, winner, LeadState.QUOTED, LEAD_TRANSITIONS, why="the buyer took the quote as it stood")
    if winner.state is not LeadState.QUOTED:
        raise _moved(winner, "won")
    history.move(work, winner, LeadState.WON, LEAD_TRANSITIONS)
    _tell_factory(work, winner, "lead_won", {})
    offering.open = False
    given = dict(reasons or {})
    for lead in _live_leads(work, offering):
        usual = ANSWERED_ELSEWHERE if lead.state is LeadState.QUOTED else HAS_NOT_QUOTED
        lead.lost_reason = given.get(lead.id, usual)
        history.move(work, lead, LeadState.LOST, LEAD_TRANSITIONS, why=lead.lost_reason)
        _tell_factory(work, lead, "lead_lost", {"reason": lead.lost_reason})
    work.session.flush()


def expire_due_leads(work: Work) -> int:
    """End the leads whose time to answer, or to quote after accepting, is over; returns how many. For the sweep."""
    due = work.session.execute(
        select(Lead.organisation_id, Lead.offering_id, Lead.id)
        .where(Lead.state.in_([*WAITING, LeadState.COUNTERED, LeadState.ACCEPTED]), Lead.expires_at <= work.now)
        .order_by(Lead.offering_id, Lead.id)
        .limit(EXPIRED_AT_ONCE)
    )
    return sum(_expire(work, lead_id) for _, _, lead_id in list(due))


def _expire(work: Work, lead_id: UUID) -> int:
    lead = lock_lead(work.session, lead_id)
    may_end = lead.state in WAITING or lead.state in {LeadState.COUNTERED, LeadState.ACCEPTED}
    if not may_end or lead.expires_at > work.now:
        return 0
    why = "no quote in time" if lead.holds_place else "no answer in time"
    give_place_back(work, lead)
    history.move(work, lead, LeadState.EXPIRED, LEAD_TRANSITIONS, why=why)
    publish(work, LeadExpired(lead.organisation_id, lead.id, lead.factory_id))
    return 1


def _own_lead(work: Work, lead_id: UUID) -> Lead:
    """The lead of the acting factory, locked; a job may act for any."""
    lead = lock_lead(work.session, lead_id)
    if work.actor.role != "system" and lead.factory_id != work.organisation_id:
        raise NotFound
    return lead


def _lead_of_member(work: Work, lead_id: UUID, order_id: UUID) -> Lead:
    """A lead that an order of the acting seller stands behind; that of a pool is not its to lock."""
    offering = offering_of_order(work.session, work.organisation_id, order_id)
    lead = work.session.scalars(
        select(Lead).where(Lead.id == lead_id).execution_options(populate_existing=True)
    ).one_or_none()
    if offering is None or lead is None or lead.offering_id != offering.id:
        raise NotFound
    return lead if lead.pool_id is not None else lock_lead(work.session, lead_id)


def _live_leads(work: Work, offering: Offering) -> list[Lead]:
    statement = (
        select(Lead)
        .where(Lead.organisation_id == offering.organisation_id, Lead.offering_id == offering.id, Lead.state.in_(LIVE))
        .order_by(Lead.rank, Lead.id)
        .execution_options(populate_existing=True)
    )
    return list(work.session.scalars(statement))


def _refuse_unless_answerable(work: Work, lead: Lead, wanted: str) -> None:
    if lead.state not in WAITING and lead.state is not LeadState.COUNTERED:
        raise _moved(lead, wanted)
    if lead.expires_at <= work.now:
        raise LeadMoved(f"This lead ran out at {lead.expires_at.isoformat(timespec='minutes')}.")
    offering = lock_offering(work.session, lead.organisation_id, lead.offering_id)
    if not offering.open:
        raise OfferingClosed("This request is closed: it was awarded or taken back.")


def _reply(work: Work, lead: Lead) -> None:
    if lead.first_reply_at is None:
        lead.first_reply_at = work.now
    lead.viewed_at = lead.viewed_at or work.now


def _moved(lead: Lead, wanted: str) -> LeadMoved:
    return LeadMoved(f"This lead is {lead.state.value} and cannot be {wanted}.")


def _decline_reason(reason: str, note: str) -> DeclineReason:
    accepted = ", ".join(kind.value for kind in DeclineReason)
    faults = []
    if reason not in set(DeclineReason):
        faults.append(FieldFault("reason", f"{reason[:40]!r} is not a reason", f"one of {accepted}"))
    faults += _note_faults(note)
    if faults:
        raise Invalid("This answer cannot be taken.", tuple(faults))
    return DeclineReason(reason)


def _counter_faults(work: Work, due_on: date | None, minimum_quantity: int | None, note: str) -> tuple[FieldFault, ...]:
    first, last = work.today + timedelta(days=1), work.today + timedelta(days=FARTHEST_DAYS)
    faults = _note_faults(note)
    if due_on is None and minimum_quantity is None:
        faults.append(FieldFault("due_on", "nothing is proposed", "another date, another minimum, or both"))
    if due_on is not None and not first <= due_on <= last:
        faults.append(FieldFault("due_on", f"{due_on} is out of range", f"a day from {first} to {last}"))
    if minimum_quantity is not None and not 1 <= minimum_quantity <= LARGEST_MINIMUM:
        accepted = f"a whole number from 1 to {LARGEST_MINIMUM}"
        faults.append(FieldFault("minimum_quantity", f"{minimum_quantity} cannot be a minimum", accepted))
    return tuple(faults)


def _note_faults(note: str) -> list[FieldFault]:
    if len(note.strip()) <= LONGEST_NOTE:
        return []
    return [FieldFault("note", "the text is too long", f"at most {LONGEST_NOTE} characters")]


def _tell_factory(work: Work, lead: Lead, kind: str, details: Mapping[str, Any]) -> None:
    offering = work.session.get_one(Offering, (lead.organisation_id, lead.offering_id))
    told = {"title": offering.title, "code": offering.brief.get("code", ""), **details}
    notices.notify(work, lead.factory_id, kind, told, link=f"/leads/{lead.id}")
    live.announce(work.session, lead.factory_id, "lead", lead.id)


def _show_buyer(work: Work, lead: Lead) -> None:
    """Let the open page of the order's seller fetch the new standing; a pool's members are told by the worker."""
    if lead.order_id is not None:
        live.announce(work.session, lead.organisation_id, "order", lead.order_id)


def _standing(lead: Lead) -> LeadStanding:
    return LeadStanding(
        lead.id, lead.state, lead.offering_id, lead.organisation_id, lead.order_id, lead.pool_id, lead.factory_id,
        lead.expires_at,
    )  # fmt: skip


__all__ = [
    "CounterRefused",
    "LeadMoved",
    "LeadStanding",
    "NoPlaceLeft",
    "OfferingClosed",
    "accept_lead",
    "answer_counter",
    "chase_unmatched",
    "counter_lead",
    "decline_lead",
    "expire_due_leads",
    "mark_quoted",
    "offer_next",
    "offer_order",
    "offer_pool",
    "reoffer",
    "settle_counter",
    "settle_offering",
    "view_lead",
    "withdraw_from_factory",
    "withdraw_offering",
]
