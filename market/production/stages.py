"""Materials and stages of production: bought with proof, then each stage reported in two taps until none is left."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from sqlalchemy import select

from market.kit import history
from market.kit.clock import market_day
from market.kit.errors import invalid_field
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.production.attachments import keep_files
from market.production.deals import WrongState, advance, checked_text, lock_as_factory, need, show
from market.production.models import Deal, DealState, MaterialProof, StageReport
from market.production.telling import tell_shops

STAGES: Final[Mapping[str, tuple[str, ...]]] = {
    "apparel": ("panels", "assembly", "finishing", "packing"),
    "home": ("cutting", "sewing", "finishing", "packing"),
    "lighting": ("parts", "assembly", "ageing", "packing"),
    "tableware": ("forming", "firing", "decorating", "packing"),
    "toys": ("parts", "assembly", "safety_check", "packing"),
}
USUAL_STAGES: Final = ("parts", "assembly", "finishing", "packing")
MATERIALS: Final = "materials"
REWORK: Final = "rework"


def stages_of(vertical: str | None, round_: int = 1) -> tuple[str, ...]:
    """The stages of a trade, in the order in which they are finished; after a failed inspection, the rework alone."""
    return (REWORK,) if round_ > 1 else STAGES.get(vertical or "", USUAL_STAGES)


def prove_materials(work: Work, deal_id: UUID, minor: int, files: Sequence[UploadedFile], note: str = "") -> None:
    """The acting factory bought materials for the run, and shows the papers.

    minor: what it paid, in minor units of the deal's currency. Raises Invalid, FileRefused, WrongState, NotFound.
    """
    deal = lock_as_factory(work, deal_id)
    need(deal, DealState.MATERIALS, DealState.PRODUCING)
    if minor <= 0:
        raise invalid_field("A purchase has a price.", "minor", _("is not above zero"), _("an amount above zero"))
    proof = MaterialProof(
        organisation_id=deal.organisation_id,
        id=work.new_id(),
        deal_id=deal.id,
        factory_id=deal.factory_id,
        minor=minor,
        note=checked_text(note, "note"),
        proven_at=work.now,
    )
    work.session.add(proof)
    deal.proven_minor += minor
    work.session.flush()
    keep_files(work, deal, proof.id, files, required=True)
    history.record(work, deal, what="materials proven", details={"minor": minor, "proven_minor": deal.proven_minor})
    show(work, deal)


def begin_production(work: Work, deal_id: UUID, finished_on: date | None = None) -> None:
    """The materials are there and the acting factory begins; at least one purchase is proven.

    Raises WrongState, Invalid for a day that cannot be, NotFound.
    """
    deal = lock_as_factory(work, deal_id)
    need(deal, DealState.MATERIALS)
    if deal.proven_minor == 0:
        raise WrongState("No purchase of materials is proven yet; show one before production begins.")
    keep_report(work, deal, MATERIALS, finished_on or work.today, "")
    advance(work, deal, DealState.PRODUCING)
    tell_shops(work, deal, "production_begun")


def report_stage(
    work: Work,
    deal_id: UUID,
    stage: str,
    finished_on: date | None = None,
    note: str = "",
    files: Sequence[UploadedFile] = (),
) -> None:
    """The acting factory finished a stage, today unless it says when; after the last one the run is inspected.

    Raises Invalid for a stage that is none of the run's or a day that cannot be, WrongState when it is reported already
    or the deal is not in production, FileRefused, NotFound.
    """
    deal = lock_as_factory(work, deal_id)
    need(deal, DealState.PRODUCING)
    expected = stages_of(deal.vertical, deal.round)
    if stage not in expected:
        accepted = _("one of %(choices)s", choices=", ".join(expected))
        raise invalid_field(
            "This run has no such stage.", "stage", _("“%(value)s” is not known", value=stage), accepted
        )
    reported = {row.stage for row in reports_of(work, deal)}
    if stage in reported:
        raise WrongState(f"The stage {stage} is reported already.")
    report = keep_report(work, deal, stage, finished_on or work.today, checked_text(note, "note"))
    keep_files(work, deal, report.id, files)
    tell_shops(work, deal, "stage_finished", stage=stage, finished=report.finished_on.isoformat())
    if {*reported, stage} >= set(expected):
        advance(work, deal, DealState.INSPECTING, why="every stage is finished")
    else:
        show(work, deal)


def reports_of(work: Work, deal: Deal) -> list[StageReport]:
    """What was reported finished in the current round, in the order of the days."""
    statement = select(StageReport).where(StageReport.deal_id == deal.id, StageReport.round == deal.round)
    return list(work.session.scalars(statement.order_by(StageReport.finished_on, StageReport.id)))


def keep_report(work: Work, deal: Deal, stage: str, finished_on: date, note: str) -> StageReport:
    """Keep that a stage is finished, with the days it took since the one before it."""
    before = last_finish(work, deal)
    if not before <= finished_on <= work.today:
        problem = _("%(day)s is not between the stage before it and today", day=finished_on.isoformat())
        accepted = _("%(first)s to %(last)s", first=before.isoformat(), last=work.today.isoformat())
        raise invalid_field("This day cannot be.", "finished_on", problem, accepted)
    report = StageReport(
        organisation_id=deal.organisation_id,
        id=work.new_id(),
        deal_id=deal.id,
        factory_id=deal.factory_id,
        vertical=deal.vertical,
        round=deal.round,
        stage=stage,
        finished_on=finished_on,
        days=(finished_on - before).days,
        note=note,
        reporter=work.actor.name,
        reported_at=work.now,
    )
    work.session.add(report)
    work.session.flush()
    deal.watched_on = None
    history.record(work, deal, what=f"finished {stage}", details={"on": finished_on.isoformat(), "round": deal.round})
    return report


def last_finish(work: Work, deal: Deal) -> date:
    """The day of the latest report of the round; before the first one, the day on which the state began."""
    reported = reports_of(work, deal)
    return reported[-1].finished_on if reported else min(market_day(deal.state_since), work.today)
