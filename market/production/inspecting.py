"""The inspection: by an AQL plan, with the sheet of who gets how many pieces; a failed one is decided by the buyer."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select

from market.kit import history
from market.kit.errors import FieldFault, Invalid, NotFound
from market.kit.money import Money, allocate
from market.kit.outbox import publish
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.production.acceptance_sampling import Plan, sampling_plan
from market.production.attachments import keep_files
from market.production.deals import (
    WrongState,
    advance,
    as_buyer,
    checked_text,
    count_or_leave,
    lock_as_factory,
    need,
    pieces_by_choice,
    shares_of,
    show,
    speak,
)
from market.production.disputing import begin_dispute
from market.production.events import DealRejected
from market.production.models import Choice, Deal, DealShare, DealState, Decision, Inspection
from market.production.paying import ask_balances
from market.production.telling import tell_factory, tell_shops

INSPECTORS: Final = ("factory", "seller", "third_party")
AQL_MINOR: Final = "4.0"
STRICTEST_FIRST: Final = (Choice.REJECT, Choice.REWORK, Choice.SORT, Choice.DISCOUNT)


class InspectionRefused(Invalid):
    """A report that cannot be; every fault is named."""

    code = "inspection_refused"


@dataclass(frozen=True, slots=True)
class InspectionReport:
    """What an inspector found. critical, major, minor: defective pieces among the sampled ones.

    allocated: share -> pieces that are its own; the sheet of the whole run. discount_percent: what the factory offers
    if the buyer takes a failed run as it is.
    """

    sampled: int
    critical: int
    major: int
    minor: int
    allocated: Mapping[UUID, int]
    inspector: str = "factory"
    discount_percent: int = 0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """By which plans a run is inspected: critical defects never pass, major ones by the order, minor ones by 4.0, or by
    the order where that asks for less."""

    sampled: int
    letter: str
    aql_major: str
    aql_minor: str
    accept_major: int
    accept_minor: int


def inspection_terms(inspection: str, lot: int) -> Terms:
    """The plans for a lot as an order asked: "AQL 2.5", "100%" (every piece) or "none" (critical defects alone)."""
    if inspection == "none":
        return Terms(0, "", "", "", lot, lot)
    aql = "2.5" if inspection == "100%" else inspection.removeprefix("AQL ")
    aql_minor = max(AQL_MINOR, aql, key=float)
    if lot < 2:
        return Terms(lot, "A", aql, aql_minor, 0, 0)
    major, minor = sampling_plan(lot, aql), sampling_plan(lot, aql_minor)
    whole = inspection == "100%"
    sampled = lot if whole else max(major.sampled, minor.sampled)
    return Terms(sampled, major.letter, aql, aql_minor, _accepted(major, sampled), _accepted(minor, sampled))


def report_inspection(work: Work, deal_id: UUID, report: InspectionReport, files: Sequence[UploadedFile] = ()) -> None:
    """Keep what an inspection found: a run that passes has its balance asked, a failed one waits for its buyer.

    Raises InspectionRefused with every fault, WrongState when one waits already, FileRefused, NotFound.
    """
    deal = lock_as_factory(work, deal_id)
    need(deal, DealState.INSPECTING)
    if open_inspection(work, deal) is not None:
        raise WrongState("This deal is inspecting, and an inspection of it waits for its buyer's decision.")
    shares = shares_of(work, deal)
    terms = inspection_terms(deal.inspection, deal.pieces)
    faults = (*_faults_of_counts(report, deal.pieces, terms), *_faults_of_sheet(report, shares))
    if faults:
        raise InspectionRefused("This inspection cannot be.", faults)
    passed = report.critical == 0 and report.major <= terms.accept_major and report.minor <= terms.accept_minor
    row = _keep(work, deal, report, terms, passed)
    keep_files(work, deal, row.id, files)
    for share in shares:
        share.allocated = report.allocated[share.id]
    work.session.flush()
    told = {"passed": passed, "critical": report.critical, "major": report.major, "minor": report.minor}
    history.record(work, deal, what="inspected", details={**told, "sampled": report.sampled})
    tell_shops(work, deal, "inspection_passed" if passed else "inspection_failed")
    if passed:
        _ask_balance(work, deal, row, Decision.PASSED)
    else:
        show(work, deal)


def decide_inspection(work: Work, deal_id: UUID, inspection_id: UUID, choice: str) -> None:
    """The acting shop says what is done about a failed run: rework | sort | discount | reject.

    More than half of the pieces decide; when all have spoken, most of them, and of equals the strictest. Raises
    WrongState, AlreadySaid, NotFound, Invalid for an unknown choice or a discount that nobody offered.
    """
    deal, _own = as_buyer(work, deal_id)
    need(deal, DealState.INSPECTING)
    row = open_inspection(work, deal)
    if row is None or row.id != inspection_id:
        raise WrongState(f"This inspection was decided before: {_decided(work, deal, inspection_id)}.")
    choices = [known.value for known in STRICTEST_FIRST if known is not Choice.DISCOUNT or row.discount_percent]
    if choice not in choices:
        fault = FieldFault("choice", _("“%(value)s” is not known", value=choice[:40]), _choices(choices))
        raise Invalid("This cannot be decided.", (fault,))
    speak(work, deal, row.id, Choice(choice))
    count_or_leave(work, deal, count_inspection)


def count_inspection(work: Work, deal: Deal) -> None:
    """Do what most pieces want of a failed run, once they can no longer be outvoted."""
    row = open_inspection(work, deal) if deal.state is DealState.INSPECTING else None
    if row is None:
        return
    spoken = pieces_by_choice(work, deal, row.id)
    most = _most(spoken)
    if most is None:
        return
    if 2 * spoken[most] > deal.pieces or spoken.total() == deal.pieces:
        _carry_out(work, deal, row, Decision(most.value), "buyer")


def decide_by_clock(work: Work, deal: Deal, row: Inspection) -> None:
    """The time to decide about a failed run is over: what most pieces of those who spoke want is done, of equals the
    strictest; where nobody spoke, the run is reworked. The caller holds the deal."""
    most = _most(pieces_by_choice(work, deal, row.id)) or Choice.REWORK
    tell_shops(work, deal, "inspection_by_clock", decision=most.value, percent=row.discount_percent)
    _carry_out(work, deal, row, Decision(most.value), "clock")


def open_inspection(work: Work, deal: Deal) -> Inspection | None:
    """The inspection that waits for a decision; there is at most one."""
    statement = select(Inspection).where(Inspection.deal_id == deal.id, Inspection.decision.is_(None))
    return work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()


def _most(spoken: Counter[Choice]) -> Choice | None:
    """What most pieces want, of equals the strictest; None where nobody has spoken."""
    if not spoken:
        return None
    return max(STRICTEST_FIRST, key=lambda choice: (spoken[choice], -STRICTEST_FIRST.index(choice)))


def _decided(work: Work, deal: Deal, inspection_id: UUID) -> str:
    """What was decided about an inspection of a deal. Raises NotFound."""
    statement = select(Inspection).where(Inspection.deal_id == deal.id, Inspection.id == inspection_id)
    row = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if row is None or row.decision is None:
        raise NotFound
    return row.decision.value


def _carry_out(work: Work, deal: Deal, row: Inspection, decision: Decision, by: str) -> None:
    told = {"decision": decision.value, "percent": row.discount_percent, "by": by}
    row.decided_by = by
    tell_factory(work, deal, "inspection_decided", **told)
    if decision is Decision.DISCOUNT:
        for share in shares_of(work, deal):
            price = Money((share.allocated or 0) * share.unit_price_minor, share.currency)
            share.discount_minor = allocate(price, (row.discount_percent, 100 - row.discount_percent))[0].minor
        _ask_balance(work, deal, row, decision)
        return
    _close(work, row, decision)
    if decision is Decision.REWORK:
        deal.round += 1
        advance(work, deal, DealState.PRODUCING, why="the inspection failed")
    elif decision is Decision.REJECT:
        begin_dispute(work, deal, "inspection_rejected")
        publish(work, DealRejected(deal.organisation_id, deal.id))
    else:
        history.record(work, deal, what="sorted out", why="the inspection failed")
        show(work, deal)


def _ask_balance(work: Work, deal: Deal, row: Inspection, decision: Decision) -> None:
    _close(work, row, decision)
    advance(work, deal, DealState.BALANCE_DUE, why=f"inspection: {decision.value}")
    ask_balances(work, deal)


def _close(work: Work, row: Inspection, decision: Decision) -> None:
    row.decision, row.decided_at = decision, work.now
    work.session.flush()


def _keep(work: Work, deal: Deal, report: InspectionReport, terms: Terms, passed: bool) -> Inspection:
    row = Inspection(
        organisation_id=deal.organisation_id,
        id=work.new_id(),
        deal_id=deal.id,
        factory_id=deal.factory_id,
        inspector=report.inspector,
        lot=deal.pieces,
        letter=terms.letter,
        aql_major=terms.aql_major,
        aql_minor=terms.aql_minor,
        sampled=report.sampled,
        accept_major=terms.accept_major,
        accept_minor=terms.accept_minor,
        critical=report.critical,
        major=report.major,
        minor=report.minor,
        passed=passed,
        discount_percent=report.discount_percent,
        note=checked_text(report.note, "note"),
        reported_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    return row


def _accepted(plan: Plan, sampled: int) -> int:
    """The acceptance number, in proportion where more is sampled than the plan asks for (every piece of a lot)."""
    return plan.accept * sampled // plan.sampled


def _faults_of_counts(report: InspectionReport, lot: int, terms: Terms) -> tuple[FieldFault, ...]:
    faults = []
    defects = report.critical + report.major + report.minor
    if not terms.sampled <= report.sampled <= lot:
        problem = _("%(count)s pieces were sampled", count=report.sampled)
        faults.append(FieldFault("sampled", problem, _range(terms.sampled, lot)))
    if min(report.critical, report.major, report.minor) < 0 or defects > report.sampled:
        problem = _("%(defects)s pieces are defective of %(count)s sampled", defects=defects, count=report.sampled)
        faults.append(FieldFault("major", problem, _range(0, report.sampled)))
    if report.inspector not in INSPECTORS:
        problem = _("“%(value)s” is not known", value=report.inspector[:40])
        faults.append(FieldFault("inspector", problem, _choices(INSPECTORS)))
    if not 0 <= report.discount_percent <= 100:
        problem = _("%(count)s is no percentage", count=report.discount_percent)
        faults.append(FieldFault("discount_percent", problem, _range(0, 100)))
    return tuple(faults)


def _faults_of_sheet(report: InspectionReport, shares: Sequence[DealShare]) -> tuple[FieldFault, ...]:
    """The sheet names every share, gives none more than it ordered, and leaves none without."""
    if {share.id for share in shares} != set(report.allocated):
        problem = _("the sheet names %(count)s parts of the run", count=len(report.allocated))
        return (FieldFault("allocated", problem, _("every order of the run once: %(count)s", count=len(shares))),)
    return tuple(
        FieldFault(
            "allocated",
            _("%(code)s gets %(count)s pieces", code=share.code, count=report.allocated[share.id]),
            _range(1, share.pieces),
        )
        for share in shares
        if not 0 < report.allocated[share.id] <= share.pieces
    )


def _range(least: int, most: int) -> Sentence:
    return _("%(first)s to %(last)s", first=least, last=most)


def _choices(choices: Sequence[str]) -> Sentence:
    return _("one of %(choices)s", choices=", ".join(choices))
