"""The shop's pages of its deals: the list, and one deal with what waits for the shop on top."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from flask import render_template, request
from werkzeug.datastructures import MultiDict

from market.deals.boards import ShareMoney, board_of, money_of
from market.deals.buyer_board import tasks_of, way_out
from market.deals.buyer_forms import AgainForm, InspectionForm, ReceivedForm, SampleForm
from market.deals.reordering import offer_of
from market.deals.timeline import steps_of_board
from market.disputes.grounds import DISPUTABLE_FOR
from market.factories.queries import FactoryProfile, profiles
from market.kit.edge import sections, work
from market.kit.paging import decode_cursor
from market.production import queries as production
from market.production.queries import DealRow, ShareRow
from market.production.task_queries import TaskRow, tasks_of_shop
from market.quotes.holding import PAYOUT_DAYS
from market.quotes.queries import AwardRow


@dataclass(frozen=True, slots=True)
class Forms:
    """The forms of the page: as they were sent, where one of them could not be taken."""

    sample: SampleForm
    inspection: InspectionForm
    received: ReceivedForm
    again: AgainForm


@dataclass(frozen=True, slots=True)
class Line:
    """One share of the shop in its list, with what waits in it, the most urgent first."""

    deal: DealRow
    share: ShareRow
    factory: FactoryProfile
    money: ShareMoney
    tasks: tuple[TaskRow, ...]


def page(award: AwardRow, deal: DealRow, *, sent: Forms | None = None, refused: str = "", kept: str = "") -> str:
    """A deal as the shop of one of its shares reads it. refused: why something was not done; kept: what was typed."""
    board = board_of(work(), award.id, deal)
    voices = production.voices_about(work().session, deal.id)
    return render_template(
        "deals/buyer.html",
        award=award,
        board=board,
        tasks=tasks_of(work().session, board, voices),
        way_out=way_out(board),
        offer=offer_of(work(), award, board),
        forms=sent or empty_forms(),
        key=work().new_id(),
        asked=request.args.get("ask", ""),
        refused=refused,
        kept=kept,
        paid_by=work().now + timedelta(days=PAYOUT_DAYS),
        disputable_days=DISPUTABLE_FOR.days,
        most_bytes=work().settings.upload_limit_bytes,
        steps=steps_of_board(board),
        first=sections("deal_now", deal_id=deal.id, share_id=board.share.id),
        more=[
            *sections("deal", deal_id=deal.id, share_id=board.share.id, award_id=award.id),
            *sections("award", order_id=award.order_id, organisation_id=award.organisation_id),
        ],
    )


def empty_forms() -> Forms:
    nothing: MultiDict[str, str] = MultiDict()
    return Forms(SampleForm(nothing), InspectionForm(nothing), ReceivedForm(nothing), AgainForm(nothing))


def list_page() -> str:
    """The shop's deals: what waits in them first, then all of them, newest first."""
    own, session = work().organisation_id, work().session
    found = production.deals_of_shop(session, own, after=decode_cursor(request.args.get("after")))
    tasks = tasks_of_shop(session, own)
    factories = profiles(session, {deal.factory_id for deal in found.rows})
    lines = [
        Line(deal, share, factories[deal.factory_id], money_of(session, share, deal), _tasks_in(tasks, share))
        for deal in found.rows
        for share in production.shares_of_deal(session, deal.id, with_left=True)
        if share.organisation_id == own
    ]
    return render_template(
        "deals/buyer_list.html",
        lines=lines,
        tasks=[(task, _award_of(task)) for task in tasks],
        older=found.next_cursor,
        today=work().today,
        more=sections("deals"),
    )


def _tasks_in(tasks: tuple[TaskRow, ...], share: ShareRow) -> tuple[TaskRow, ...]:
    return tuple(task for task in tasks if task.deal_id == share.deal_id and task.share_id in (None, share.id))


def _award_of(task: TaskRow) -> UUID:
    """The award under whose page a task is done: that of its share, or of the shop's first one in the run."""
    own = work().organisation_id
    shares = production.shares_of_deal(work().session, task.deal_id)
    return next(row.award_id for row in shares if row.organisation_id == own and task.share_id in (None, row.id))
