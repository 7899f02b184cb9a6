"""Watching runs on their way: once a day, and after each report, whether they will be finished by their due day."""

from collections import defaultdict
from datetime import date, timedelta
from typing import Final

from sqlalchemy import func, or_, select

from market.kit import history
from market.kit.clock import market_day
from market.kit.outbox import publish
from market.kit.work import Work
from market.production.deals import lock_deal
from market.production.events import MilestoneLate
from market.production.lateness import Pace, Prediction, StagePace, predict
from market.production.models import Deal, DealState, StageReport
from market.production.stages import MATERIALS, last_finish, reports_of, stages_of

WATCHED: Final = (DealState.MATERIALS, DealState.PRODUCING)
WATCHED_AT_ONCE: Final = 200
WORTH_TELLING: Final = timedelta(days=3)
"""By how much later than was told a run must be predicted before it is told again."""


def watch_milestones(work: Work) -> int:
    """Predict the runs that were not looked at today, or about which something was reported, and tell of those that
    will be late; returns how many were looked at. For the sweep."""
    due = work.session.scalars(
        select(Deal.id)
        .where(Deal.state.in_(WATCHED), or_(Deal.watched_on.is_(None), Deal.watched_on < work.today))
        .order_by(Deal.id)
        .limit(WATCHED_AT_ONCE)
    ).all()
    for deal_id in due:
        deal = lock_deal(work, deal_id)
        if deal.state in WATCHED and deal.watched_on != work.today:
            _watch(work, deal)
    return len(due)


def prediction_of(work: Work, deal: Deal) -> Prediction:
    """When a run will be finished, by the rule of market.production.lateness. Needs a session that sees all runs."""
    stages = stages_of(deal.vertical, deal.round)
    reported = [(report.stage, report.finished_on) for report in reports_of(work, deal)]
    if deal.round == 1:
        stages = (MATERIALS, *stages)
    return predict(
        stages,
        reported,
        paces_of(work, deal),
        started_on=_started_on(work, deal),
        planned_days=max(deal.lead_time_days - deal.sample_days, 1),
        today=work.today,
    )


def paces_of(work: Work, deal: Deal) -> dict[str, StagePace]:
    """How long each stage of the trade took at this factory and at all others, in runs other than this one."""
    found: dict[str, dict[bool, Pace]] = defaultdict(dict)
    own = StageReport.factory_id == deal.factory_id
    rows = work.session.execute(
        select(StageReport.stage, own, func.sum(StageReport.days), func.count())
        .where(StageReport.vertical.is_not_distinct_from(deal.vertical), StageReport.deal_id != deal.id)
        .group_by(StageReport.stage, own)
    )
    for stage, is_own, days, runs in rows:
        found[stage][is_own] = Pace(int(days), runs)
    return {stage: StagePace(by.get(True, Pace()), by.get(False, Pace())) for stage, by in found.items()}


def _watch(work: Work, deal: Deal) -> None:
    deal.watched_on = work.today
    prediction = prediction_of(work, deal)
    told = deal.predicted_on
    if prediction.finish <= deal.due_on:
        deal.predicted_on = None
    elif told is None or prediction.finish >= told + WORTH_TELLING:
        deal.predicted_on = prediction.finish
        why = [part.as_json() for part in prediction.parts]
        days = {"predicted": prediction.finish.isoformat(), "due": deal.due_on.isoformat()}
        history.record(work, deal, what="predicted late", details=days)
        publish(work, MilestoneLate(deal.organisation_id, deal.id, prediction.finish, deal.due_on, why))
    work.session.flush()


def _started_on(work: Work, deal: Deal) -> date:
    """The day on which the first stage of the round began."""
    reported = reports_of(work, deal)
    if reported:
        return reported[0].finished_on - timedelta(days=reported[0].days)
    return min(last_finish(work, deal), market_day(deal.state_since))
