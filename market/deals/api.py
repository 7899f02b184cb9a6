"""Deals as JSON, for both sides: the list, one deal with all that belongs to it, its files, and cancelling."""

from typing import Any
from uuid import UUID

from flask import Response

from market.deals.api_fields import DealOutput, DealPage
from market.deals.api_rows import deal_json, lines_of, own_tasks
from market.kit.api import Answer, EmptyInput, PageQuery, api_blueprint, needs, once
from market.kit.downloads import download
from market.kit.edge import read_id, work
from market.kit.errors import NotFound
from market.kit.paging import decode_cursor
from market.production import queries as production
from market.production import service
from market.production.queries import DealRow
from market.quotes import queries as quotes
from market.quotes.queries import AwardRow

bp = api_blueprint("deals", "Deals")
BOTH = ("seller", "factory")


@bp.get("/deals")
@needs("deals:read", *BOTH)
@bp.input(PageQuery, location="query", arg_name="query")
@bp.output(DealPage)
@bp.doc(summary="List your deals, with what is due from you in each", security="key")
def list_deals(query: PageQuery) -> dict[str, Any]:
    """Newest first. A deal is addressed by its award; a factory may use any award of it."""
    find = production.deals_of_shop if work().actor.role == "seller" else production.deals_of_factory
    page = find(work().session, work().organisation_id, after=decode_cursor(query.cursor), size=query.limit)
    tasks = own_tasks()
    lines = [line.model_dump(mode="json") for deal in page.rows for line in lines_of(deal, tasks)]
    return {"deals": lines, "next_cursor": page.next_cursor}


@bp.get("/deals/<award_id>")
@needs("deals:read", *BOTH)
@bp.output(DealOutput)
@bp.doc(summary="Read a deal", security="key")
def read_deal(award_id: str) -> dict[str, Any]:
    """What an award became. Missing until the market has opened it, which takes seconds."""
    award, deal = own_deal(award_id)
    return deal_json(award.id, deal)


@bp.get("/deals/files/<file_id>")
@needs("deals:read", *BOTH)
@bp.doc(summary="Download a photo or paper of a deal", security="key")
def read_file(file_id: str) -> Response:
    row, content = production.file_content(work().session, read_id(file_id))
    return download(row.name, row.media_type, content)


@bp.post("/deals/<award_id>/cancel")
@needs("deals:write", *BOTH)
@bp.input(EmptyInput, arg_name="nothing")
@bp.output(DealOutput)
@bp.doc(summary="Cancel a deal, leave its run, or ask the other side to end it", security="key")
@once
def cancel_deal(award_id: str, nothing: EmptyInput) -> Answer:  # noqa: ARG001 (the body says nothing)
    """Until production begins the deal ends, or a member of a pool leaves it; after that both sides have to want it."""
    award, deal = own_deal(award_id)
    service.cancel_deal(work(), deal.id)
    return as_it_stands(award.id)


def own_deal(award_id: str) -> tuple[AwardRow, DealRow]:
    """An award of the acting shop or factory, and its deal. Raises NotFound, also before the deal is opened."""
    asked, own = read_id(award_id), work().organisation_id
    award = quotes.award(work().session, asked, own)
    deal = None if award is None else production.deal_of_award(work().session, asked)
    if award is None or deal is None:
        raise NotFound
    return award, deal


def as_it_stands(award_id: UUID) -> Answer:
    """The deal after something was done in it."""
    work().session.flush()
    work().session.expire_all()
    deal = production.deal_of_award(work().session, award_id)
    if deal is None:
        raise NotFound
    return deal_json(award_id, deal), 200
