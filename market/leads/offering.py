"""Putting requests before factories: the first ones, the next ones, again under changed terms, and taking them back.

Few and no broadcast: an offering has at most leads_per_order live leads, and asks at most MOST_ROUNDS times as many
factories in all. Every verb may be said twice: it brings the offering to what it should be.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert

from market.factories.queries import profiles
from market.kit import history, live, notices
from market.kit.errors import NotFound
from market.kit.money import Money
from market.kit.outbox import publish
from market.kit.work import Work
from market.leads.arms import join_split, rank_in_arm
from market.leads.declines import decline_penalties
from market.leads.events import LeadsOffered
from market.leads.freezing import frozen_columns
from market.leads.models import LEAD_TRANSITIONS, LIVE, WAITING, Lead, LeadState, Offering
from market.leads.places import lock_offering
from market.leads.rankings import Cause, keep_ranking
from market.leads.repeating import news_of_offer, repeated_terms, tell_of_lost_repeat
from market.leads.requests import OfferRequest, request_of_order, request_of_pool
from market.leads.reranking import Reranked, rerank
from market.leads.withdrawing import chase_unmatched, leads_of, tell_factory, withdraw_lead, withdraw_offering
from market.orders.queries import order_row
from market.orders.repeats import Repeat
from market.orders.service import advance_order
from market.pooling.queries import pool_members, pool_of_order, pool_row
from market.ranking.exposure import explore_percent
from market.ranking.queries import version_line
from market.ranking.ranker import ServedVersion
from market.ranking.service import RankedOffer, Ranker, ensure_live_ranker
from market.records.buyers import buyer_record
from market.records.queries import beyond_limits
from market.verticals.live import live_vocabulary

MOST_ROUNDS: Final = 3
WEEK: Final = timedelta(days=7)
WEEKLY_LIMIT_LOCK: Final = 7_335_013
OFFERED_ALONE: Final = frozenset({"posted", "offered", "quoting"})
NO_FACTORY: Final = "no_factory"
ALL_ASKED: Final = "all_asked"


def offer_order(work: Work, ranker: Ranker, organisation_id: UUID, order_id: UUID) -> UUID | None:
    """Put an order that stands alone before the best factories; returns its offering, None when it is not offered
    (withdrawn, pooled, awarded, waiting for an answer)."""
    row = order_row(work.session, organisation_id, order_id)
    if row.state.value not in OFFERED_ALONE or pool_of_order(work.session, organisation_id, order_id) is not None:
        return None
    request = request_of_order(work.session, row)
    offering = _open(work, request)
    if _fill(work, ranker, offering, request) and row.state.value == "posted":
        advance_order(work, organisation_id, order_id, "offered")
    return offering.id


def offer_pool(work: Work, ranker: Ranker, pool_id: UUID) -> UUID | None:
    """Put a gathering pool before the best factories, or bring what they read of it up to date; returns its offering,
    None when the pool no longer gathers."""
    pool = pool_row(work.session, pool_id)
    if not pool.is_gathering:
        return None
    request = request_of_pool(pool, work.settings.max_acceptances, live_vocabulary(work.session))
    before = work.session.scalar(select(Offering.due_on).where(Offering.pool_id == pool_id))
    offering = _open(work, request)
    if before not in (None, pool.due_on):
        _rank_standing_anew(work, ranker, offering, request)
    _fill(work, ranker, offering, request)
    for lead in leads_of(work, offering):
        if lead.state in LIVE:
            live.announce(work.session, lead.factory_id, "lead", lead.id)
    return offering.id


def offer_next(work: Work, ranker: Ranker, offering_id: UUID) -> int:
    """Ask the best factories not yet asked, as many as are missing; returns how many. After a decline or an expiry."""
    offering = _find(work, offering_id)
    request = _request_of(work, offering)
    if not offering.open or request is None:
        return 0
    return _fill(work, ranker, offering, request)


def reoffer(work: Work, ranker: Ranker, organisation_id: UUID, order_id: UUID) -> UUID | None:
    """The terms of an order have changed: rank its factories anew, freeze the new reasons, and tell them.

    Waiting leads get time again, and are taken back where the factory can no longer make it. A lead that was quoted
    goes back to accepted (its quote is void), an open counter falls away. What stood before is kept in the history.
    """
    row = order_row(work.session, organisation_id, order_id)
    found = _offering_of_order(work, organisation_id, order_id)
    if found is None or row.state.value not in OFFERED_ALONE:
        return offer_order(work, ranker, organisation_id, order_id)
    offering = lock_offering(work.session, organisation_id, found)
    request = request_of_order(work.session, row)
    if not offering.open or offering.brief.get("terms_version") == row.version:
        return offering.id
    _take_over(offering, request, work)
    standing = _rank_standing_anew(work, ranker, offering, request)
    _fill(work, ranker, offering, request)
    publish(work, LeadsOffered(offering.organisation_id, offering.id, offering.round, standing))
    return offering.id


def _rank_standing_anew(work: Work, ranker: Ranker, offering: Offering, request: OfferRequest) -> int:
    """Freeze how the live leads rank under the offering's new terms; returns how many there were."""
    offering.round += 1
    standing = [lead for lead in leads_of(work, offering) if lead.state in LIVE]

    def rank(version: ServedVersion) -> tuple[RankedOffer, tuple[Reranked, ...]]:
        today = work.today
        return rerank(work.session, ranker, request.record, standing, today, version=version, would_win=True)

    ranked, reranked = rank_in_arm(work, ranker, offering, rank)
    for entry in reranked:
        _refreeze(work, offering, request, ranked, entry)
    ranked_anew = [entry.lead for entry in reranked if entry.found is not None]
    keep_ranking(work, offering, Cause.TERMS_CHANGED, request.record, ranked, ranked_anew)
    return len(standing)


def _open(work: Work, request: OfferRequest) -> Offering:
    """The offering of a request, made when there is none, opened again when it was closed, and locked."""
    key = {"organisation_id": request.organisation_id, "order_id": request.order_id, "pool_id": request.pool_id}
    work.session.execute(
        insert(Offering)
        .values(
            **key,
            id=work.new_id(),
            title=request.title,
            vertical=request.vertical,
            brief=request.brief,
            quantity=request.quantity,
            due_on=request.due_on,
            buyer_count=request.buyer_count,
            accepted_count=0,
            max_acceptances=request.max_acceptances,
            round=1,
            open=True,
            unmatched_reason="",
            created_at=work.now,
        )
        .on_conflict_do_nothing()
    )
    offering_id = work.session.scalars(
        select(Offering.id).where(
            Offering.organisation_id == request.organisation_id,
            Offering.order_id == request.order_id if request.order_id else Offering.pool_id == request.pool_id,
        )
    ).one()
    offering = lock_offering(work.session, request.organisation_id, offering_id)
    if not offering.open:
        offering.open = True
        offering.round += 1
    _take_over(offering, request, work)
    return offering


def _take_over(offering: Offering, request: OfferRequest, work: Work) -> None:
    """Let the offering say what the request says now."""
    buyers = {request.organisation_id}
    if request.pool_id is not None:
        buyers = {member.organisation_id for member in pool_members(work.session, request.pool_id)}
    offering.title = request.title
    offering.vertical = request.vertical
    offering.brief = {**request.brief, "buyer": asdict(buyer_record(work.session, buyers, work.now))}
    offering.quantity = request.quantity
    offering.due_on = request.due_on
    offering.buyer_count = request.buyer_count
    work.session.flush()


def _fill(work: Work, ranker: Ranker, offering: Offering, request: OfferRequest) -> int:
    """Offer to as many further factories as are missing; returns how many live leads there are then."""
    leads = leads_of(work, offering)
    standing = sum(lead.state in LIVE for lead in leads)
    asked = {lead.factory_id for lead in leads if lead.state is not LeadState.WITHDRAWN}
    if request.repeat is not None and _waits_for_repeat(work, ranker, offering, request, request.repeat, leads):
        return 1
    wanted = work.settings.leads_per_order
    missing = min(wanted - standing, wanted * MOST_ROUNDS - len(asked))
    if standing >= wanted or offering.accepted_count >= offering.max_acceptances:
        return standing
    if missing <= 0:
        _note_unmatched(work, offering, ALL_ASKED, standing)
        return standing
    if not leads:
        join_split(work, offering)
    work.session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": WEEKLY_LIMIT_LOCK})
    sated, limited = _sated_factories(work), _limited_factories(work, request)

    def rank(version: ServedVersion) -> RankedOffer:
        line = version_line(work.session, version.id)
        return ranker.rank(
            work.session,
            request.record,
            today=work.today,
            top=missing,
            exclude=frozenset(asked | sated | limited),
            penalties=decline_penalties(work.session, request.record, work.now, line),
            explore=explore_percent(work.session, work.settings.explore_percent) / 100,
            seed=offering.id.int + len(leads),
            would_win=True,
            version=version,
        )

    ranked = rank_in_arm(work, ranker, offering, rank)
    offered = _offer_to(work, offering, request, ranked, leads)
    keep_ranking(
        work, offering, Cause.OFFERED, request.record, ranked, offered, asked=asked, sated=sated, limited=limited
    )
    reason = "" if len(ranked.leads) == missing else NO_FACTORY
    _note_unmatched(work, offering, reason, standing + len(ranked.leads))
    return standing + len(ranked.leads)


def _waits_for_repeat(
    work: Work, ranker: Ranker, offering: Offering, request: OfferRequest, repeat: Repeat, leads: Sequence[Lead]
) -> bool:
    """Whether only the factory that agreed to a repeat is asked now; it is asked here. Others are once it has said no,
    let its time pass, or takes no orders; then the seller is told."""
    own = next((lead for lead in leads if lead.factory_id == repeat.factory_id), None)
    if own is not None and own.state in LIVE:
        return True
    if (own is not None and own.state is not LeadState.WITHDRAWN) or any(lead.state in LIVE for lead in leads):
        return False
    ensure_live_ranker(work, ranker)
    only = frozenset({repeat.factory_id})
    ranked = ranker.rank(work.session, request.record, today=work.today, top=1, only=only, would_win=True)
    if not ranked.leads:
        if not leads and not offering.unmatched_reason:
            tell_of_lost_repeat(work, offering, repeat.factory_id)
        return False
    offered = _offer_to(work, offering, request, ranked, leads, repeat)
    keep_ranking(work, offering, Cause.REPEATED, request.record, ranked, offered)
    offering.unmatched_reason = ""
    work.session.flush()
    return True


def _offer_to(
    work: Work,
    offering: Offering,
    request: OfferRequest,
    ranked: RankedOffer,
    leads: Sequence[Lead],
    repeat: Repeat | None = None,
) -> list[Lead]:
    """Offer to those that were ranked; returns their leads, in that order."""
    offered = []
    last = max((lead.rank for lead in leads if lead.state in LIVE), default=0)
    earlier = {lead.factory_id: lead for lead in leads}
    for place, found in enumerate(ranked.leads, start=last + 1):
        lead = earlier.get(UUID(found.factory_id))
        values = frozen_columns(request, ranked, found, work.today)
        values |= {"round": offering.round, "rank": place, "offered_at": work.now, "expires_at": _answer_until(work)}
        values["repeats"] = None if repeat is None else repeated_terms(repeat)
        if lead is None:
            lead = Lead(
                organisation_id=offering.organisation_id,
                id=work.new_id(),
                offering_id=offering.id,
                order_id=offering.order_id,
                pool_id=offering.pool_id,
                factory_id=UUID(found.factory_id),
                state=LeadState.OFFERED,
                holds_place=False,
                decline_note="",
                lost_reason="",
                **values,
            )
            work.session.add(lead)
            work.session.flush()
            history.record(work, lead, what="became offered", to_state=LeadState.OFFERED, details={"rank": place})
        else:
            _revive(work, lead, values)
        tell_factory(work, offering, lead, *news_of_offer(lead))
        offered.append(lead)
    if ranked.leads:
        publish(work, LeadsOffered(offering.organisation_id, offering.id, offering.round, len(ranked.leads)))
    return offered


def _revive(work: Work, lead: Lead, values: dict[str, Any]) -> None:
    """Offer a lead anew that had been taken back with its request."""
    for name, value in values.items():
        setattr(lead, name, value)
    lead.viewed_at = lead.first_reply_at = lead.counter = None
    lead.lost_reason = ""
    history.move(work, lead, LeadState.OFFERED, LEAD_TRANSITIONS, why="the request is open again")


def _refreeze(work: Work, offering: Offering, request: OfferRequest, ranked: RankedOffer, entry: Reranked) -> None:
    lead = entry.lead
    before = {
        "round": lead.round, "rank": lead.rank, "score": lead.score, "ranker_version": lead.ranker_version,
        "index_snapshot": lead.index_snapshot, "features": lead.features, "propensity": lead.propensity,
    }  # fmt: skip
    if not entry.fits and lead.state in WAITING:
        withdraw_lead(work, offering, lead, "no_longer_fits")
        return
    if entry.found is not None:
        for name, value in frozen_columns(request, ranked, entry.found, work.today).items():
            setattr(lead, name, value)
        lead.rank = entry.rank
    lead.round = offering.round
    lead.repeats = lead.repeats if request.repeat is not None else None
    lead.expires_at = max(lead.expires_at, _answer_until(work))
    if offering.pool_id is not None:
        work.session.flush()
        history.record(work, lead, what="ranked anew", why="the pool's date changed", details=before)
    elif lead.state is LeadState.QUOTED or (lead.state is LeadState.COUNTERED and lead.holds_place):
        lead.counter = None
        history.move(work, lead, LeadState.ACCEPTED, LEAD_TRANSITIONS, why="the terms changed", details=before)
    elif lead.state is LeadState.COUNTERED:
        lead.counter = None
        history.move(work, lead, LeadState.VIEWED, LEAD_TRANSITIONS, why="the terms changed", details=before)
    else:
        work.session.flush()
        history.record(work, lead, what="ranked anew", why="the terms changed", details=before)
    tell_factory(work, offering, lead, "lead_changed", {})


def _note_unmatched(work: Work, offering: Offering, reason: str, standing: int) -> None:
    """Remember why factories are missing; the seller is told once when there is none at all."""
    news = reason and not standing and offering.unmatched_reason != reason
    offering.unmatched_reason = reason
    work.session.flush()
    if news and offering.order_id is not None:
        told = {"title": offering.title, "code": offering.brief.get("code", "")}
        link = f"/orders/{offering.order_id}"
        notices.notify(work, offering.organisation_id, "order_unmatched", told, link=link)
        live.announce(work.session, offering.organisation_id, "order", offering.order_id)


def _sated_factories(work: Work) -> set[UUID]:
    """Factories that have had as many leads in the last seven days as they want in a week."""
    statement = select(Lead.factory_id, func.count()).where(Lead.offered_at > work.now - WEEK).group_by(Lead.factory_id)
    counts = dict(work.session.execute(statement).all())
    found = profiles(work.session, counts)
    return {
        factory_id
        for factory_id, count in counts.items()
        if factory_id in found and _wants(found[factory_id].leads_per_week, count)
    }


def _limited_factories(work: Work, request: OfferRequest) -> set[UUID]:
    """Factories whose past does not carry a run of this size, or not one more lead, yet."""
    minor = request.brief["target_price_minor"]
    value = None if minor is None else Money(minor * request.quantity, request.brief["currency"])
    return beyond_limits(work.session, request.quantity, value)


def _wants(leads_per_week: int | None, count: int) -> bool:
    return leads_per_week is not None and count >= leads_per_week


def _answer_until(work: Work) -> Any:
    return work.now + timedelta(hours=work.settings.lead_hours)


def _find(work: Work, offering_id: UUID) -> Offering:
    organisation_id = work.session.scalar(select(Offering.organisation_id).where(Offering.id == offering_id))
    if organisation_id is None:
        raise NotFound
    return lock_offering(work.session, organisation_id, offering_id)


def _offering_of_order(work: Work, organisation_id: UUID, order_id: UUID) -> UUID | None:
    return work.session.scalar(
        select(Offering.id).where(Offering.organisation_id == organisation_id, Offering.order_id == order_id)
    )


def _request_of(work: Work, offering: Offering) -> OfferRequest | None:
    """The request of an offering as it is now; None when it no longer takes leads."""
    if offering.order_id is not None:
        row = order_row(work.session, offering.organisation_id, offering.order_id)
        return request_of_order(work.session, row) if row.state.value in OFFERED_ALONE else None
    if offering.pool_id is None:
        return None
    pool = pool_row(work.session, offering.pool_id)
    if not pool.is_gathering:
        return None
    return request_of_pool(pool, work.settings.max_acceptances, live_vocabulary(work.session))


__all__ = ["chase_unmatched", "offer_next", "offer_order", "offer_pool", "reoffer", "withdraw_offering"]
