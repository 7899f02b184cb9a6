"""The page of a deal, which each side has of its own, and the files of it."""

from flask import Blueprint, Response, redirect, url_for
from werkzeug.wrappers import Response as BaseResponse

from market.deals import buyer_views, factory_views
from market.kit.downloads import download
from market.kit.edge import allow, read_id, work
from market.kit.errors import NotFound
from market.production import queries as production
from market.quotes import queries as quotes

bp = Blueprint("deals", __name__, template_folder="templates", url_prefix="/deals")


@bp.get("")
@allow("seller", "factory")
def index() -> BaseResponse | str:
    """What is due in the reader's deals, the deals, and for a factory its quotes."""
    return buyer_views.list_page() if work().actor.role == "seller" else factory_views.list_page()


@bp.get("/<award_id>")
@allow("seller", "factory")
def show(award_id: str) -> factory_views.Answer:
    """The deal of an award, as its shop or its factory reads it; until the worker has opened it, its purchase order."""
    asked = read_id(award_id)
    award = quotes.award(work().session, asked, work().organisation_id)
    if award is None:
        raise NotFound
    deal = production.deal_of_award(work().session, asked)
    if deal is None:
        return redirect(url_for("quotes.purchase_order", award_id=asked))
    buys = award.organisation_id == work().organisation_id
    return buyer_views.page(award, deal) if buys else factory_views.page(award, deal)


@bp.get("/<award_id>/opened")
@allow("seller", "factory")
def opened(award_id: str) -> tuple[str, int, dict[str, str]]:
    """Asked by a page that waits for the deal of its award: it goes on to the deal once that is there."""
    asked = read_id(award_id)
    if quotes.award(work().session, asked, work().organisation_id) is None:
        raise NotFound
    if production.deal_of_award(work().session, asked) is None:
        return "", 204, {}
    return "", 200, {"HX-Redirect": url_for("deals.show", award_id=asked)}


@bp.get("/files/<file_id>")
@allow("seller", "factory")
def file(file_id: str) -> Response:
    """A photo or paper of a deal, always as a download: nothing that somebody uploaded runs in a browser."""
    row, content = production.file_content(work().session, read_id(file_id))
    return download(row.name, row.media_type, content)
