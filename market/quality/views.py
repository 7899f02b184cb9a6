"""Pages of the operators' desk: plain lists with filters, moderation, history."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any, TypeVar

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from market.factories import queries as factories
from market.factories.queries import FactoryFilters, FactoryState
from market.factories.service import pause_factory, resume_factory, was_paused_with_organisation
from market.identity import queries as identity
from market.identity.service import pause_organisation, resume_organisation
from market.kit.edge import allow, part, read_id, sections, work
from market.kit.errors import NotFound, invalid_field
from market.kit.paging import decode_cursor, page_size
from market.leads.queries import LeadFilters, LeadState, leads_of_order, leads_page
from market.orders import queries as orders
from market.orders import service as order_service
from market.orders.queries import OrderState
from market.pooling.queries import PoolFilters, PoolState, pool_members, pool_row, pools_page
from market.quality import deals, queries
from market.quality.forms import ReasonForm
from market.ranking.queries import live_version
from matching.verticals.pack import Vocabulary

bp = Blueprint("quality", __name__, template_folder="templates", url_prefix="/operator")
State = TypeVar("State", bound=StrEnum)


@bp.get("/lists")
@allow("operator")
def overview() -> str:
    """Counts of everything by state; each leads to its list."""
    session = work().session
    return render_template(
        "quality/overview.html",
        counts=queries.state_counts(session),
        jobs=queries.job_counts(session),
        live=live_version(session),
    )


@bp.get("/orders")
@allow("operator")
def order_list() -> str:
    state = chosen_state(OrderState)
    page = orders.all_orders_page(
        work().session,
        states=[state] if state else [],
        vertical=chosen_vertical(),
        words=words(),
        cursor=request.args.get("cursor"),
        size=size(),
    )
    names = identity.organisation_names(work().session, {row.organisation_id for row in page.rows})
    return render_list("orders", page, states=OrderState, names=names)


@bp.get("/orders/<organisation_id>/<order_id>")
@allow("operator")
def order_detail(organisation_id: str, order_id: str) -> str:
    """One request with its leads, its history, and what an operator may do about it."""
    owner, found = read_id(organisation_id), read_id(order_id)
    row = orders.order_row(work().session, owner, found)
    return render_template(
        "quality/order.html",
        order=row,
        owner=identity.organisation(work().session, owner),
        leads=leads_of_order(work().session, owner, found),
        history=queries.object_history(work().session, "orders", found),
        form=ReasonForm(),
    )


@bp.post("/orders/<organisation_id>/<order_id>/<action>")
@allow("operator")
def moderate(organisation_id: str, order_id: str, action: str) -> Response:
    """Ask a question about a request, take it off the market, or put it back; the reason is kept and shown."""
    verbs: dict[str, Callable[..., Any]] = {
        "clarify": order_service.ask_clarification,
        "reject": order_service.reject_order,
        "restore": order_service.restore_order,
    }
    verb = verbs.get(action)
    if verb is None:
        raise NotFound
    owner, found = read_id(organisation_id), read_id(order_id)
    act_with_reason(lambda why: verb(work(), owner, found, why), _("Done. The shop has been told."))
    return redirect(url_for("quality.order_detail", organisation_id=owner, order_id=found))


@bp.get("/pools")
@allow("operator")
def pool_list() -> str:
    filters = PoolFilters(state=chosen_state(PoolState), vertical=chosen_vertical())
    page = pools_page(work().session, filters, cursor=request.args.get("cursor"), size=size())
    return render_list("pools", page, states=PoolState)


@bp.get("/pools/<pool_id>")
@allow("operator")
def pool_detail(pool_id: str) -> str:
    row = pool_row(work().session, read_id(pool_id))
    members = pool_members(work().session, row.id)
    names = identity.organisation_names(work().session, {member.organisation_id for member in members})
    history = queries.object_history(work().session, "pools", row.id)
    return render_template("quality/pool.html", pool=row, members=members, names=names, history=history)


@bp.get("/leads")
@allow("operator")
def lead_list() -> str:
    filters = LeadFilters(state=chosen_state(LeadState), vertical=chosen_vertical())
    page = leads_page(work().session, filters, cursor=request.args.get("cursor"), size=size())
    found = factories.profiles(work().session, [card.lead.factory_id for card in page.rows])
    return render_list("leads", page, states=LeadState, factories=found)


@bp.get("/quotes")
@allow("operator")
def quote_list() -> str:
    page = deals.quotes_page(
        work().session,
        state=chosen_state(deals.QuoteState),
        vertical=chosen_vertical(),
        words=words(),
        cursor=decode_cursor(request.args.get("cursor")),
        size=size(),
    )
    return render_list("quotes", page, states=deals.QuoteState)


@bp.get("/awards")
@allow("operator")
def award_list() -> str:
    cursor = decode_cursor(request.args.get("cursor"))
    page = deals.awards_page(work().session, vertical=chosen_vertical(), words=words(), cursor=cursor, size=size())
    return render_list("awards", page)


@bp.get("/factories")
@allow("operator")
def factory_list() -> str:
    filters = FactoryFilters(text=words(), vertical=chosen_vertical(), state=chosen_state(FactoryState))
    cursor = decode_cursor(request.args.get("cursor"))
    page = factories.factories_page(work().session, filters, after=cursor, size=size())
    return render_list("factories", page, states=FactoryState)


@bp.get("/factories/<factory_id>")
@allow("operator")
def factory_detail(factory_id: str) -> str:
    found = factories.profile(work().session, read_id(factory_id))
    if found is None:
        raise NotFound
    return render_template(
        "quality/factory.html",
        factory=found,
        organisation=identity.organisation(work().session, found.id),
        history=queries.object_history(work().session, "factories", found.id),
        more=sections("operator_factory", factory_id=found.id),
        form=ReasonForm(),
    )


@bp.post("/factories/<factory_id>/<action>")
@allow("operator")
def change_factory(factory_id: str, action: str) -> Response:
    """Pause or resume a factory, with a reason."""
    verb = {"pause": pause_factory, "resume": resume_factory}.get(action)
    if verb is None:
        raise NotFound
    found = read_id(factory_id)
    act_with_reason(lambda why: verb(work(), found, why), _("Done. The history keeps the reason."))
    return redirect(url_for("quality.factory_detail", factory_id=found))


@bp.get("/organisations")
@allow("operator")
def organisation_list() -> str:
    kind = request.args.get("kind") or None
    if kind not in {None, "seller", "factory", "operator"}:
        raise invalid_field(
            "This list cannot be narrowed so.", "kind", f"{kind!r} is unknown", "seller, factory, operator"
        )
    page = identity.organisations_page(
        work().session, kind=kind, words=words(), cursor=decode_cursor(request.args.get("cursor")), size=size()
    )
    return render_list("organisations", page)


@bp.get("/organisations/<organisation_id>")
@allow("operator")
def organisation_detail(organisation_id: str) -> str:
    found = identity.organisation(work().session, read_id(organisation_id))
    return render_template(
        "quality/organisation.html",
        organisation=found,
        factory=factories.profile(work().session, found.id),
        factory_follows=found.kind == "factory" and was_paused_with_organisation(work(), found.id),
        history=queries.object_history(work().session, "organisations", found.id),
        form=ReasonForm(),
    )


@bp.post("/organisations/<organisation_id>/<action>")
@allow("operator")
def change_organisation(organisation_id: str, action: str) -> Response:
    """Pause an organisation, whose people and keys then open nothing, or resume it; with a reason."""
    verb = {"pause": pause_organisation, "resume": resume_organisation}.get(action)
    if verb is None:
        raise NotFound
    found = read_id(organisation_id)
    act_with_reason(lambda why: verb(work(), found, why), _("Done. The history keeps the reason."))
    return redirect(url_for("quality.organisation_detail", organisation_id=found))


def act_with_reason(act: Callable[[str], Any], done: str) -> None:
    """Do what an operator decided when a reason came with it, and say which of the two happened."""
    form = ReasonForm()
    if form.validate_on_submit():
        act(form.why.data)
        flash(done, "ok")
    else:
        flash(_("Nothing was done: say why; the other side reads it."), "bad")


def render_list(name: str, page: Any, *, states: type[StrEnum] | None = None, **more: Any) -> str:
    """A list page with its filters as they were chosen."""
    kept: dict[str, Any] = {key: value for key, value in request.args.items() if key != "cursor" and value}
    older = url_for(request.endpoint or "", **kept, cursor=page.next_cursor) if page.next_cursor else None
    return render_template(
        f"quality/{name}.html",
        rows=page.rows,
        older=older,
        newer=url_for(request.endpoint or "", **kept) if request.args.get("cursor") else None,
        states=[state.value for state in states or ()],
        verticals=list(part(Vocabulary).packs),
        chosen=request.args,
        **more,
    )


def chosen_state(kind: type[State]) -> State | None:
    """The state a list is narrowed to. Raises Invalid for one that does not exist."""
    text = request.args.get("state") or None
    if text is None:
        return None
    try:
        return kind(text)
    except ValueError:
        accepted = ", ".join(state.value for state in kind)
        raise invalid_field(
            "This list cannot be narrowed so.", "state", f"{text[:40]!r} is unknown", accepted
        ) from None


def chosen_vertical() -> str | None:
    text = request.args.get("vertical") or None
    if text is not None and text not in part(Vocabulary).packs:
        accepted = ", ".join(part(Vocabulary).packs)
        raise invalid_field("This list cannot be narrowed so.", "vertical", f"{text[:40]!r} is unknown", accepted)
    return text


def words() -> str:
    return request.args.get("words", "").strip()[:100]


def size() -> int:
    return page_size(request.args.get("limit"))
