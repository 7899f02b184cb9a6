"""The factory's pages of deals: what is due from it, all its deals, and one deal with what is to be done now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from flask import Blueprint, render_template, request, url_for
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response

from market.deals.factory_board import OVER, Earnings, desk_of, earnings_of
from market.deals.factory_forms import PlanForm, empty_forms
from market.deals.timeline import steps_of_board
from market.kit.edge import allow, part, sections, work
from market.kit.errors import NotFound
from market.kit.i18n import current_language
from market.kit.paging import decode_cursor
from market.leads import queries as leads
from market.leads.wording import title_of
from market.payments import queries as payments
from market.production import progress_queries as progress
from market.production import queries as production
from market.production.queries import DealRow
from market.production.service import inspection_terms
from market.production.task_queries import TaskRow, tasks_of_factory
from market.quotes import queries as quotes
from market.quotes.queries import AwardRow
from matching.verticals.pack import Language, Vocabulary

bp = Blueprint("factory_deals", __name__, template_folder="templates", url_prefix="/deals")

Answer = Response | str | tuple[str, int]
SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class DealLine:
    """A deal in the list. award_id: by which its page is reached; None once every share has left it."""

    deal: DealRow
    title: str
    award_id: UUID | None
    earnings: Earnings


def list_page() -> str:
    """What is due from the acting factory, its deals, and what it quoted, newest first."""
    session, own = work().session, work().organisation_id
    found = production.deals_of_factory(session, own, after=decode_cursor(request.args.get("after")), size=SHOWN)
    lines = [_line(deal) for deal in found.rows]
    tasks = tasks_of_factory(session, own)
    quoted = quotes.quotes_of_factory(session, own, size=SHOWN)
    is_first = not request.args.get("after")
    return render_template(
        "deals/factory_list.html",
        tasks=[(task, _title_of_task(task), _award_of(task)) for task in tasks] if is_first else [],
        running=[line for line in lines if line.deal.state not in OVER],
        over=[line for line in lines if line.deal.state in OVER],
        waiting=_not_opened() if is_first else [],
        quotes=quoted.rows if is_first else (),
        titles={offering_id: _offering_title(offering_id) for offering_id in {row.offering_id for row in quoted.rows}},
        older=url_for("deals.index", after=found.next_cursor) if found.next_cursor else None,
        is_first=is_first,
        can_be_paid=payments.can_be_paid(session, own),
        today=work().today,
        more=sections("deals") if is_first else [],
    )


def page(award: AwardRow, deal: DealRow, sent: Mapping[str, FlaskForm] | None = None, status: int = 200) -> Answer:
    """A deal as its factory reads it. sent: forms that could not be taken, as they were typed."""
    desk = desk_of(work(), award, deal)
    shown = render_template(
        "deals/factory.html",
        award=award,
        desk=desk,
        deal=deal,
        title=_title(deal),
        steps=steps_of_board(desk.board),
        can_be_paid=payments.can_be_paid(work().session, work().organisation_id),
        forms={**empty_forms(desk, work().today, str(work().new_id())), **(sent or {})},
        most_bytes=work().settings.upload_limit_bytes,
        first=sections("deal_now", deal_id=deal.id, share_id=None),
        more=[
            *sections("deal", deal_id=deal.id, share_id=None, award_id=award.id),
            *sections("award", order_id=award.order_id, organisation_id=award.organisation_id),
        ],
    )
    return shown, status


def own_deal(award_id: UUID) -> tuple[AwardRow, DealRow]:
    """An award of the acting factory and its deal. Raises NotFound for a missing or foreign one."""
    award = quotes.award(work().session, award_id, work().organisation_id)
    deal = production.deal_of_award(work().session, award_id)
    if award is None or deal is None or deal.factory_id != work().organisation_id:
        raise NotFound
    return award, deal


@bp.get("/aql")
@allow("seller", "factory", "operator")
def plan() -> Answer:
    """How many pieces of a lot are looked at, and with how many defects it passes."""
    form = PlanForm(request.args) if request.args else PlanForm(formdata=None)
    if not request.args:
        return render_template("deals/aql.html", form=form, plan=None)
    if not form.validate():
        return render_template("deals/aql.html", form=form, plan=None), 422
    found = inspection_terms(f"AQL {form.aql.data}", form.lot.data)
    return render_template("deals/aql.html", form=form, plan=found, lot=form.lot.data)


def _line(deal: DealRow) -> DealLine:
    session = work().session
    shares = production.shares_of_deal(session, deal.id, with_left=True)
    staying = [share for share in shares if share.left_at is None]
    parcels = progress.shipments_of_deal(session, deal.id)
    earnings = earnings_of(session, deal, staying, parcels, work().today)
    return DealLine(deal, _title(deal), (staying or shares)[0].award_id if shares else None, earnings)


def _title(deal: DealRow) -> str:
    """A pooled run is called by what its orders share, since nobody named it."""
    found = quotes.quote(work().session, deal.quote_id) if deal.pool_id else None
    return deal.title if found is None else _offering_title(found.offering_id)


def _title_of_task(task: TaskRow) -> str:
    return task.title if task.title != task.code else _title(production.deal(work().session, task.deal_id))


def _award_of(task: TaskRow) -> UUID | None:
    shares = production.shares_of_deal(work().session, task.deal_id)
    return shares[0].award_id if shares else None


def _not_opened() -> list[tuple[AwardRow, str]]:
    """Orders that were won, whose deal the worker has yet to open, with their titles."""
    session, own = work().session, work().organisation_id
    won = quotes.awards_of_factory(session, own, size=SHOWN).rows
    return [(award, _award_title(award)) for award in won if production.deal_of_award(session, award.id) is None]


def _award_title(award: AwardRow) -> str:
    found = quotes.quote(work().session, award.quote_id)
    return "" if found is None else _offering_title(found.offering_id)


def _offering_title(offering_id: UUID) -> str:
    language: Language = "en" if current_language() == "en" else "zh"
    return title_of(leads.offering_row(work().session, offering_id), part(Vocabulary), language)
