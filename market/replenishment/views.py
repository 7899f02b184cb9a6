"""A shop's items: what to order by when and why, what if, one click to an order, and what came of earlier ones."""

import re
from typing import Final
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from market.kit import edge
from market.kit.edge import allow, read_id, work
from market.kit.errors import Conflict, Invalid
from market.kit.i18n import say, say_fault
from market.replenishment import forms, queries, service
from market.replenishment.item_pages import (
    ItemList,
    OpenedItem,
    Shown,
    item_list,
    opened_item,
    shown_version,
    tried_terms,
)
from market.replenishment.service import TermsRefused
from matching.verticals.pack import Vocabulary

_SLIDER: Final = re.compile(r"[0-9]{1,4}(?:\.[0-9])?")
bp = Blueprint("restock", __name__, template_folder="templates", url_prefix="/restock")


@bp.get("")
@allow("seller")
def show_items() -> ResponseReturnValue:
    """The items, the most sales at risk first; on wide screens with the first of them, or ?item=, beside the list."""
    listed = _listed()
    first = listed.page.rows[0].item.id if listed.page.rows else None
    if "item" in request.args:
        first = read_id(request.args["item"])
    return _page(listed, None if first is None else opened_item(work(), first, _vocabulary()), at_item=False)


@bp.get("/<item_id>")
@allow("seller")
def show_item(item_id: str) -> ResponseReturnValue:
    """One item with everything about it, beside the list on wide screens."""
    return _page(_listed(), opened_item(work(), read_id(item_id), _vocabulary()))


@bp.get("/<item_id>/what-if")
@allow("seller")
def what_if(item_id: str) -> ResponseReturnValue:
    """The order under another ?lead= (days) and ?service= (per cent): its part of the page, or the page around it."""
    days, wanted = _slider("lead"), _slider("service")
    lead = None if days is None else int(days)
    if not edge.is_fragment_request():
        return _page(_listed(), opened_item(work(), read_id(item_id), _vocabulary(), lead=lead, service=wanted))
    line = queries.restock_line(work().session, work().organisation_id, read_id(item_id))
    return render_template("replenishment/what_if.html", tried=tried_terms(work(), line.suggestion, lead, wanted))


@bp.get("/<item_id>/versions/<suggestion_id>")
@allow("seller")
def show_version(item_id: str, suggestion_id: str) -> ResponseReturnValue:
    """An earlier suggestion as it was, and what was sold since."""
    version = shown_version(work(), read_id(item_id), read_id(suggestion_id))
    return render_template("replenishment/version.html", version=version)


@bp.post("/<item_id>/stock")
@allow("seller")
def change_stock(item_id: str) -> ResponseReturnValue:
    item = queries.item_row(work().session, work().organisation_id, read_id(item_id))
    form = forms.stock_form(item, sent=True)
    if form.validate():
        try:
            service.count_stock(work(), item.id, **forms.stock_of(form))
            return _kept(item.id, _("The stock is kept. The suggestion follows within minutes."))
        except TermsRefused as refusal:
            forms.show_faults(form, refusal.faults)
    return _page(_listed(), opened_item(work(), item.id, _vocabulary(), stock_form=form)), 422


@bp.post("/<item_id>/terms")
@allow("seller")
def change_terms(item_id: str) -> ResponseReturnValue:
    item = queries.item_row(work().session, work().organisation_id, read_id(item_id))
    form = forms.terms_form(item, _vocabulary(), sent=True)
    if form.validate():
        try:
            service.change_item(work(), item.id, forms.terms_of(form, item), _vocabulary())
            return _kept(item.id, _("The terms are kept. The suggestion follows within minutes."))
        except TermsRefused as refusal:
            forms.show_faults(form, refusal.faults)
    return _page(_listed(), opened_item(work(), item.id, _vocabulary(), terms_form=form)), 422


@bp.post("/<item_id>/order")
@allow("seller")
def order(item_id: str) -> ResponseReturnValue:
    """Make the suggestion a draft of an order and open it, filled in; a second press opens the same draft."""
    found = read_id(item_id)
    try:
        draft = service.order_suggestion(work(), found, _vocabulary())
    except Conflict as refusal:
        return _refused(found, say(refusal.message))
    except Invalid as refusal:
        return _refused(found, " ".join(say_fault(fault) for fault in refusal.faults))
    return redirect(url_for("orders.new_order", draft=draft), 303)


@bp.post("/<item_id>/dismiss")
@allow("seller")
def dismiss(item_id: str) -> ResponseReturnValue:
    found = read_id(item_id)
    try:
        service.dismiss_suggestion(work(), found, request.form.get("why", ""))
    except Conflict as refusal:
        return _refused(found, say(refusal.message))
    return _kept(found, _("Put aside. The next forecast may suggest again."))


@bp.post("/<item_id>/retire")
@allow("seller")
def retire(item_id: str) -> ResponseReturnValue:
    """The item is no longer sold; with `sold` in the form it is sold again."""
    found, sold = read_id(item_id), "sold" in request.form
    service.retire_item(work(), found, retired=not sold)
    return _kept(found, _("It is forecast again.") if sold else _("It left the list. Its sales are kept."))


def _vocabulary() -> Vocabulary:
    return edge.part(Vocabulary)


def _listed() -> ItemList:
    values = request.args
    return item_list(work(), Shown(values.get("show", ""), values.get("q", "")[:100], values.get("cursor", "")))


def _page(listed: ItemList, opened: OpenedItem | None, *, at_item: bool = True) -> str:
    vocabulary = _vocabulary()

    def trade_of(category: str | None) -> str | None:
        return vocabulary.vertical_of(category) if category else None

    return render_template("replenishment/list.html", listed=listed, opened=opened, at_item=at_item, trade_of=trade_of)


def _slider(name: str) -> float | None:
    text = request.args.get(name, "").strip()
    return float(text) if _SLIDER.fullmatch(text) else None


def _kept(item_id: UUID, words: str) -> ResponseReturnValue:
    flash(words, "success")
    return redirect(url_for("restock.show_item", item_id=item_id), 303)


def _refused(item_id: UUID, words: str) -> ResponseReturnValue:
    work().session.rollback()
    flash(words, "error")
    return redirect(url_for("restock.show_item", item_id=item_id), 303)
