"""What every verb of a deal stands on: who may act in it, its lock, its moves, and the voices of its buyers.

A deal of one order belongs to its shop, which moves it itself. A pooled deal belongs to the market: a member writes
what is its own (a voice, an acceptance), and the worker, which sees all parts, counts it (MemberSpoke).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from market.kit import history, live
from market.kit.errors import Conflict, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.production.events import MemberSpoke, RunMoved
from market.production.models import DEAL_TRANSITIONS, Choice, Deal, DealShare, DealState, Voice

LONGEST_TEXT: Final = 2_000


class WrongState(Conflict):
    """The deal is not in the state that this needs; the message names the state that was found."""

    code = "wrong_state"


class AlreadySaid(Conflict):
    """This shop has decided this before; the message says what it said."""

    code = "already_said"


def find_deal(work: Work, deal_id: UUID) -> Deal:
    """A deal as the session may see it. Raises NotFound."""
    deal = work.session.scalars(select(Deal).where(Deal.id == deal_id)).one_or_none()
    if deal is None:
        raise NotFound
    return deal


def lock_deal(work: Work, deal_id: UUID) -> Deal:
    """A deal, held until the transaction ends; every verb that moves one takes this lock first. Raises NotFound, also
    for a member of a pooled deal, which it does not move itself."""
    statement = select(Deal).where(Deal.id == deal_id).with_for_update().execution_options(populate_existing=True)
    deal = work.session.scalars(statement).one_or_none()
    if deal is None:
        raise NotFound
    return deal


def lock_as_factory(work: Work, deal_id: UUID) -> Deal:
    """The deal of the acting factory, held. Raises NotFound for a missing or foreign one."""
    deal = lock_deal(work, deal_id)
    if deal.factory_id != work.organisation_id:
        raise NotFound
    return deal


def as_buyer(work: Work, deal_id: UUID) -> tuple[Deal, list[DealShare]]:
    """A deal with the acting shop's own shares in it; held when the shop moves it itself. Raises NotFound."""
    deal = find_deal(work, deal_id)
    if deal.organisation_id == work.organisation_id:
        deal = lock_deal(work, deal_id)
    own = [share for share in shares_of(work, deal) if share.organisation_id == work.organisation_id]
    if not own:
        raise NotFound
    return deal, own


def shares_of(work: Work, deal: Deal) -> list[DealShare]:
    """The shares that are in a deal, in a fixed order, as far as the session sees them."""
    statement = (
        select(DealShare)
        .where(DealShare.deal_id == deal.id, DealShare.left_at.is_(None))
        .order_by(DealShare.award_id)
        .execution_options(populate_existing=True)
    )
    return list(work.session.scalars(statement))


def need(deal: Deal, *states: DealState) -> None:
    """Raises WrongState, naming the state that was found, unless the deal is in one of these."""
    if deal.state not in states:
        needed = " or ".join(state.value for state in states)
        raise WrongState(f"This deal is {deal.state.value}; this can be done while it is {needed}.")


def advance(work: Work, deal: Deal, to: DealState, *, why: str = "", details: Mapping[str, Any] | None = None) -> None:
    """Move a deal, with its history, and show it on open pages. Raises IllegalMove, changing nothing."""
    history.move(work, deal, to, DEAL_TRANSITIONS, why=why, details=details)
    deal.state_since = work.now
    deal.reached = {**deal.reached, to.value: work.now.isoformat()}
    work.session.flush()
    tell_pool(work, deal)
    show(work, deal)


def tell_pool(work: Work, deal: Deal) -> None:
    """Let the pool of a pooled deal follow what became of it."""
    if deal.pool_id is not None:
        publish(work, RunMoved(deal.organisation_id, deal.id))


def show(work: Work, deal: Deal, *also: UUID) -> None:
    """Open pages about the deal look again. also: shops that are in it no longer."""
    for organisation_id in {deal.factory_id, *also, *(share.organisation_id for share in shares_of(work, deal))}:
        live.announce(work.session, organisation_id, "deal", deal.id)


def speak(work: Work, deal: Deal, subject_id: UUID, choice: Choice, comments: str = "") -> None:
    """Keep what the acting shop says for its pieces. Raises AlreadySaid when it has spoken before."""
    said = work.session.scalars(
        insert(Voice)
        .values(
            organisation_id=work.organisation_id,
            id=work.new_id(),
            deal_id=deal.id,
            factory_id=deal.factory_id,
            subject_id=subject_id,
            choice=choice,
            comments=comments,
            spoken_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["organisation_id", "subject_id"])
        .returning(Voice.id)
    ).first()
    if said is None:
        earlier = work.session.scalars(
            select(Voice.choice).where(Voice.organisation_id == work.organisation_id, Voice.subject_id == subject_id)
        ).one()
        raise AlreadySaid(f"Your shop has already said “{earlier.value}” here.")


def count_or_leave(work: Work, deal: Deal, count: Callable[[Work, Deal], None]) -> None:
    """Count what was said now where the acting shop owns the deal, else let the worker, which sees all voices."""
    if deal.organisation_id == work.organisation_id:
        count(work, deal)
    else:
        publish(work, MemberSpoke(work.organisation_id, deal.id))


def pieces_by_choice(work: Work, deal: Deal, subject_id: UUID) -> Counter[Choice]:
    """How many pieces of the deal want what, of those whose shops have spoken. Needs a session that sees all."""
    said = work.session.execute(select(Voice.organisation_id, Voice.choice).where(Voice.subject_id == subject_id))
    voices = {row.organisation_id: row.choice for row in said}
    counted: Counter[Choice] = Counter()
    for share in shares_of(work, deal):
        if share.organisation_id in voices:
            counted[voices[share.organisation_id]] += share.pieces
    return counted


def checked_text(text: str, field: str, *, required: bool = False) -> str:
    """A note without blanks around it. Raises Invalid when it is too long, or empty though required."""
    bare = text.strip()
    if len(bare) > LONGEST_TEXT or (required and not bare):
        problem = _("is %(count)s characters long", count=len(bare)) if bare else _("is empty")
        accepted = _("1 to %(most)s characters", most=LONGEST_TEXT)
        raise invalid_field("This text cannot be taken.", field, problem, accepted)
    return bare
