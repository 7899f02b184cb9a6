"""The shop's page of sharing: which factory may count on its forecast, and what was prepared for it."""

from dataclasses import dataclass
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response
from wtforms.fields import SelectChoice

from market.factories.queries import FactoryFilters, FactoryProfile, factories_page, profiles
from market.kit.edge import allow, read_id, work
from market.kit.errors import NotFound
from market.materials import queries, service
from market.materials.forms import ShareForm
from market.materials.queries import ShareRow
from market.replenishment.queries import categories_of_items

bp = Blueprint("sharing", __name__, template_folder="templates", url_prefix="/restock/sharing")
Answer = Response | str | tuple[str, int]
MOST_MAKERS = 60


@dataclass(frozen=True, slots=True)
class Line:
    """A product line of the shop: how many items, who may count on it, and the form for one more."""

    category: str
    items: int
    shares: list[ShareRow]
    form: ShareForm
    has_makers: bool


@bp.get("")
@allow("seller")
def index() -> Answer:
    """Every product line with its consents, and the shop's parts of what was prepared."""
    return _page()


@bp.post("/<category>")
@allow("seller")
def give(category: str) -> Answer:
    """Let a factory count on the forecast of a product line."""
    if category not in categories_of_items(work().session, work().organisation_id):
        raise NotFound
    form = _form(category, request.form)
    if not form.validate():
        return _page({category: form}, 422)
    service.share_demand(work(), category, read_id(form.maker.data), int(form.risk_percent.data))
    flash(_("Agreed. From now on your forecast counts in the sums that this factory sees."), "ok")
    return redirect(url_for("sharing.index", _anchor=f"line-{category}"), 303)


@bp.post("/consents/<share_id>/withdraw")
@allow("seller")
def withdraw(share_id: str) -> Answer:
    """Take a consent back."""
    service.withdraw_share(work(), read_id(share_id))
    flash(_("Withdrawn. No new forecast of yours goes to this factory."), "ok")
    return redirect(url_for("sharing.index"), 303)


def _page(sent: dict[str, ShareForm] | None = None, status: int = 200) -> Answer:
    own, session = work().organisation_id, work().session
    shares, parts = queries.share_rows(session, own), queries.part_rows(session, own)
    lines = []
    categories = categories_of_items(session, own)
    for category in sorted({*categories, *(share.category for share in shares)}):
        form = (sent or {}).get(category) or _form(category, None)
        own_shares = [share for share in shares if share.category == category]
        lines.append(Line(category, categories.get(category, 0), own_shares, form, bool(form.maker.choices)))
    lines.sort(key=lambda line: (not line.shares, -line.items))
    makers = profiles(session, {*(share.maker_id for share in shares), *(row.maker_id for row in parts)})
    page = render_template(
        "materials/sharing.html", lines=lines, parts=parts, makers=makers, days=service.USE_WITHIN_DAYS
    )
    return page, status


def _form(category: str, sent: object) -> ShareForm:
    """The form of a product line: factories that made for the shop stand first."""
    form = ShareForm(formdata=sent, prefix=category)
    known = queries.known_makers(work().session, work().organisation_id)
    makers = _makers_of(category, known)
    shares = queries.share_rows(work().session, work().organisation_id)
    counting = {row.maker_id for row in shares if row.category == category and row.withdrawn_at is None}
    form.maker.choices = [
        SelectChoice(str(maker.id), _named(maker, is_known=maker.id in known, counts=maker.id in counting))
        for maker in sorted(makers, key=lambda maker: maker.id in counting)
    ]
    return form


def _makers_of(category: str, known: dict[UUID, int]) -> list[FactoryProfile]:
    page = factories_page(work().session, FactoryFilters(category=category), size=MOST_MAKERS)
    found = {maker.id: maker for maker in page.rows}
    for maker in profiles(work().session, known).values():
        if category in maker.categories:
            found.setdefault(maker.id, maker)
    return sorted(found.values(), key=lambda maker: (-known.get(maker.id, 0), maker.name))


def _named(maker: FactoryProfile, *, is_known: bool, counts: bool) -> str:
    if counts:
        return str(_("%(factory)s (counts on it already: change your share)", factory=maker.name))
    return str(_("%(factory)s (made for you before)", factory=maker.name)) if is_known else maker.name
