"""Pages of quotes: the factory's quote and deals, the seller's award and export, the purchase order of both."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from market.factories.queries import FactoryProfile, profile
from market.identity.queries import organisation_names
from market.kit.clock import market_day
from market.kit.edge import allow, part, read_id, sections, work
from market.kit.errors import Conflict, NotFound
from market.kit.i18n import current_language
from market.kit.money import allocate
from market.leads import queries as leads
from market.leads.queries import LeadCard
from market.leads.service import NoPlaceLeft, OfferingClosed
from market.leads.wording import title_of
from market.orders.queries import order_row
from market.quotes import queries, service
from market.quotes.exports import as_csv, as_xlsx
from market.quotes.forms import QuoteForm, make_quote_form
from market.quotes.queries import QuoteRow
from market.quotes.sections import quotes_of_order
from market.quotes.tabulation import tabulate
from matching.verticals.pack import Language, Vocabulary

bp = Blueprint("quotes", __name__, template_folder="templates")

DEPOSIT_SHARE: Final = (30, 70)
CSV_TYPE: Final = "text/csv; charset=utf-8"
XLSX_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
Answer = BaseResponse | str | tuple[str, int]


def language() -> Language:
    return "en" if current_language() == "en" else "zh"


@bp.route("/leads/<lead_id>/quote", methods=["GET", "POST"])
@allow("factory")
def submit(lead_id: str) -> Answer:
    """Quote on a lead, or change the quote. Nothing that was typed is lost when it cannot be taken."""
    own = work().organisation_id
    card = leads.lead_card(work().session, own, read_id(lead_id))
    factory = _own_factory()
    versions = queries.quotes_of_lead(work().session, own, card.id)
    form = make_quote_form(card.offering, factory, versions[0] if versions else None)
    if not form.validate_on_submit():
        return _quote_page(form, card, versions, 422 if form.is_submitted() else 200)
    try:
        service.submit_quote(work(), card.id, form.draft(), seen_round=_round(form))
    except service.QuoteRefused as fault:
        form.show_faults(fault.faults, card.offering.quantity)
        return _quote_page(form, card, versions, 422)
    except (NoPlaceLeft, OfferingClosed) as fault:
        return _refused(form, card, versions, fault)
    except service.StaleTerms:
        changed = _("The buyer has changed the terms. They stand here anew: look at them, then send again.")
        form.form_errors.append(changed)
        form.seen_round.raw_data, form.seen_round.data = [str(card.offering.round)], card.offering.round
        return _quote_page(form, card, versions, 409)
    except Conflict as fault:
        return _refused(form, card, versions, fault)
    flash(_("Your quote is with the buyer. You can change it until it is taken."), "ok")
    return redirect(url_for("leads.show", lead_id=card.id))


def _refused(form: QuoteForm, card: LeadCard, versions: list[QuoteRow], fault: Conflict) -> Answer:
    words = {
        "no_place_left": _("Other factories were faster: all places are taken. One may come free; nothing was sent."),
        "offering_closed": _("The buyer awarded this request or took it back. Nothing was sent."),
    }
    form.form_errors.append(words.get(fault.code, _("This lead has moved on and can no longer be quoted.")))
    work().session.rollback()
    return _quote_page(form, card, versions, 409)


def _round(form: QuoteForm) -> int:
    text = str(form.seen_round.data or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 9 else 0


def _quote_page(form: QuoteForm, card: LeadCard, versions: list[QuoteRow], status: int) -> Answer:
    page = render_template(
        "quotes/submit.html",
        form=form,
        lead=card.lead,
        offering=card.offering,
        title=title_of(card.offering, part(Vocabulary), language()),
        versions=versions,
        more=sections("quote", lead_id=card.id),
    )
    return page, status


def _own_factory() -> FactoryProfile:
    found = profile(work().session, work().organisation_id)
    if found is None:
        raise NotFound
    return found


@bp.get("/deals/<award_id>/purchase-order")
@allow("factory", "seller")
def purchase_order(award_id: str) -> str:
    """The purchase order, the same page for buyer and factory; it prints on one sheet."""
    award = queries.award(work().session, read_id(award_id), work().organisation_id)
    found = None if award is None else queries.quote(work().session, award.quote_id)
    if award is None or found is None:
        raise NotFound
    offering = leads.offering_row(work().session, found.offering_id)
    names = organisation_names(work().session, {award.organisation_id})
    buys = work().organisation_id == award.organisation_id
    deposit, balance = allocate(award.total, DEPOSIT_SHARE)
    return render_template(
        "quotes/purchase_order.html",
        award=award,
        quote=found,
        offering=offering,
        title=order_row(work().session, award.organisation_id, award.order_id).title
        if buys
        else title_of(offering, part(Vocabulary), language()),
        buyer=names.get(award.organisation_id),
        factory=profile(work().session, award.factory_id),
        deposit=deposit,
        balance=balance,
        delivers_on=market_day(award.awarded_at) + timedelta(days=award.lead_time_days),
        buys=buys,
        more=[
            *sections("purchase_order", award_id=award.id),
            *sections("award", order_id=award.order_id, organisation_id=award.organisation_id),
        ],
    )


@bp.post("/orders/<order_id>/award/<quote_id>")
@allow("seller")
def award(order_id: str, quote_id: str) -> Answer:
    """Give an order that stands alone to one quote. `version`: the terms that the seller had before its eyes."""
    version = request.args.get("version", "")
    seen = int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0
    try:
        taken = service.award_quote(work(), read_id(order_id), read_id(quote_id), seen)
    except Conflict as fault:
        return _award_conflict(read_id(order_id), fault)
    flash(_("Awarded. This is your purchase order; the other factories are told why not."), "ok")
    return redirect(url_for("quotes.purchase_order", award_id=taken.id))


@bp.post("/orders/<order_id>/choose/<quote_id>")
@allow("seller")
def choose(order_id: str, quote_id: str) -> Answer:
    """Say which quote an order in a pool wants; it counts with the order's pieces."""
    try:
        service.choose_quote(work(), read_id(order_id), read_id(quote_id))
    except Conflict as fault:
        return _award_conflict(read_id(order_id), fault)
    flash(_("Noted. The run goes to the quote that more than half of the pieces want."), "ok")
    return redirect(f"/orders/{read_id(order_id)}#quotes")


def _award_conflict(order_id: UUID, fault: Conflict) -> Answer:
    """Somebody or something was faster: say what stands now, and lead back to it."""
    work().session.rollback()
    row = order_row(work().session, work().organisation_id, order_id)
    earlier = queries.award_of_order(work().session, work().organisation_id, order_id)
    return render_template("quotes/conflict.html", order=row, award=earlier, code=fault.code), 409


@bp.get("/orders/<order_id>/quotes.<kind>")
@allow("seller")
def export(order_id: str, kind: str) -> Response:
    """The comparison as a file, csv or xlsx."""
    if kind not in {"csv", "xlsx"}:
        raise NotFound
    found = quotes_of_order(work(), work().organisation_id, read_id(order_id))
    if found is None:
        raise NotFound
    rows = tabulate(found)
    content, media_type = (as_csv(rows), CSV_TYPE) if kind == "csv" else (as_xlsx(rows, found.order.code), XLSX_TYPE)
    answer = current_app.response_class(content, content_type=media_type)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{found.order.code}-quotes.{kind}")
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
