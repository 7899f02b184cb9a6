"""The papers of a deal, the same pages for buyer and factory; each prints on its own sheet."""

from typing import Any, Final
from uuid import UUID

import segno
import structlog
from flask import Blueprint, current_app, flash, redirect, render_template, url_for
from flask_babel import gettext as _
from markupsafe import Markup
from werkzeug.wrappers import Response as BaseResponse

from market.deals import documents
from market.deals.documents import Document
from market.factories.queries import profile
from market.identity.queries import organisation_names
from market.kit import pdf
from market.kit.downloads import download
from market.kit.edge import allow, read_id, work
from market.kit.errors import NotFound
from market.production import progress_queries as progress
from market.production import queries as production
from market.production.queries import DealRow, ShareRow
from market.quotes import queries as quotes

bp = Blueprint("documents", __name__, template_folder="templates", url_prefix="/deals")
CODE_SCALE: Final = 3
PAGES: Final = {
    "purchase-order": "quotes.purchase_order",
    **{document.value: f"documents.{document.value.replace('-', '_')}" for document in Document},
}
"""Paper, as its address names it, and the page that is printed."""
log = structlog.get_logger(__name__)


@bp.get("/<award_id>/pro-forma")
@allow("factory", "seller")
def pro_forma(award_id: str) -> str:
    """What the deposit is for."""
    deal, share = _asked_for(award_id, Document.PRO_FORMA)
    return _paper(Document.PRO_FORMA, deal, share, bill=documents.bill_of(work().session, share))


@bp.get("/<award_id>/invoice")
@allow("factory", "seller")
def invoice(award_id: str) -> str:
    """What the goods cost after their inspection, and what of it was paid."""
    deal, share = _asked_for(award_id, Document.INVOICE)
    return _paper(Document.INVOICE, deal, share, bill=documents.bill_of(work().session, share))


@bp.get("/<award_id>/packing-list")
@allow("factory", "seller")
def packing_list(award_id: str) -> str:
    """A sheet for every parcel: a factory prints those of its whole run, a buyer has its own."""
    deal, share = _asked_for(award_id, Document.PACKING_LIST)
    parcels = documents.parcels_of(work().session, deal)
    names = organisation_names(work().session, {parcel.share.organisation_id for parcel in parcels})
    codes = {parcel.share.id: _code_of(parcel.share) for parcel in parcels}
    return _paper(Document.PACKING_LIST, deal, share, parcels=parcels, names=names, codes=codes)


@bp.get("/<award_id>/quality-report")
@allow("factory", "seller")
def quality_report(award_id: str) -> str:
    """Every inspection of the run by its plan."""
    deal, share = _asked_for(award_id, Document.QUALITY_REPORT)
    return _paper(
        Document.QUALITY_REPORT, deal, share, inspections=progress.inspections_of_deal(work().session, deal.id)
    )


@bp.get("/<award_id>/settlement")
@allow("factory", "seller")
def settlement(award_id: str) -> str:
    """What moved for the deal on the reader's accounts; for the factory, Weft's fee as well."""
    deal, share = _asked_for(award_id, Document.SETTLEMENT)
    return _paper(Document.SETTLEMENT, deal, share, earned=documents.earned_of(work().session, share))


@bp.get("/<award_id>/<paper>.pdf")
@allow("factory", "seller")
def as_pdf(award_id: str, paper: str) -> BaseResponse:
    """A paper as a PDF file, where the extra is installed."""
    endpoint = PAGES.get(paper)
    if endpoint is None or not pdf.is_offered():
        raise NotFound
    page = current_app.view_functions[endpoint](award_id=award_id)
    try:
        content = pdf.pdf_of(str(page))
    except LookupError as fault:
        log.warning("no_pdf", why=str(fault))
        flash(_("No PDF can be written here. Please print the page instead."), "error")
        return redirect(url_for(endpoint, award_id=award_id))
    name = f"{paper}-{read_id(award_id).hex[-8:]}.pdf"
    return download(name, "application/pdf", content)


def papers_section(deal_id: UUID, award_id: UUID, **_subject: Any) -> Markup | str:
    """The papers that a deal has by now, on its page."""
    deal = production.deal(work().session, deal_id)
    found = documents.available(work().session, deal)
    page = render_template("deals/documents/_list.html", papers=found, award_id=award_id, pdf=pdf.is_offered())
    return Markup(page)  # noqa: S704 (our template)


def _asked_for(award_id: str, document: Document) -> tuple[DealRow, ShareRow]:
    """The deal and the share of an award that the reader takes part in. Raises NotFound before the paper exists."""
    award = quotes.award(work().session, read_id(award_id), work().organisation_id)
    deal = None if award is None else production.deal_of_award(work().session, award.id)
    if award is None or deal is None or document not in documents.available(work().session, deal):
        raise NotFound
    return deal, documents.share_of_award(work().session, deal, award.id)


def _paper(document: Document, deal: DealRow, share: ShareRow, **found: Any) -> str:
    names = organisation_names(work().session, {share.organisation_id})
    return render_template(
        f"deals/documents/{document.value.replace('-', '_')}.html",
        document=document,
        number=documents.number_of(document, share),
        deal=deal,
        share=share,
        buyer=names.get(share.organisation_id),
        factory=profile(work().session, deal.factory_id),
        buys=work().organisation_id == share.organisation_id,
        **found,
    )


def _code_of(share: ShareRow) -> Markup:
    """A code that leads a phone to where this parcel is received."""
    address = work().settings.public_address + url_for("deals.show", award_id=share.award_id)
    drawn = segno.make(address, error="m").svg_inline(scale=CODE_SCALE, border=2, light="#fff")
    return Markup(drawn)  # noqa: S704 (made by the library from an address of ours)
