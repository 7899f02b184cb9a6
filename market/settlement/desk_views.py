"""The operators' desk of money that stopped: what, since when, whose, the whole history of each, and what moves it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as BaseResponse

from market.identity import queries as identity
from market.kit.db import SYSTEM, Scope, Tenant, act_as
from market.kit.edge import allow, part, work
from market.kit.errors import Conflict, NotFound
from market.kit.work import Work
from market.payments.gateways.base import Gateway
from market.production import queries as production
from market.settlement.forms import RemedyForm
from market.settlement.remedies import VERBS, Wanted, apply
from market.settlement.stuck_queries import MOST, Matter, Stuck, stuck
from market.settlement.thread_queries import Thread, thread
from market.settlement.wording import conflict_in_words, outcome_in_words

bp = Blueprint("money_desk", __name__, template_folder="templates", url_prefix="/operator/money")
Answer = BaseResponse | str | tuple[str, int]


@bp.get("")
@allow("operator")
def index() -> str:
    """Everything that stopped, the most urgent first."""
    rows = stuck(work().session, work().now)
    return render_template("settlement/desk.html", rows=rows, now=work().now, most=MOST, **_named(rows))


@bp.get("/<matter>/<identifier>")
@allow("operator")
def show(matter: str, identifier: str) -> Answer:
    """One thing that stopped, or had stopped, with everything that ever happened to this money."""
    return _page(_thread(matter, identifier))


@bp.route("/<matter>/<identifier>/<verb>", methods=["GET", "POST"])
@allow("operator")
def act(matter: str, identifier: str, verb: str) -> Answer:
    """What one remedy does, the reason for it, and the press that does it, unless the money moved meanwhile."""
    found = _thread(matter, identifier)
    if verb not in VERBS.get(found.matter, ()):
        raise NotFound
    form = RemedyForm()
    if request.method == "GET":
        return _confirm(found, verb, form)
    if not form.validate():
        return _confirm(found, verb, form, status=422)
    wanted = Wanted(found.matter, identifier, verb, form.why.data, form.seen.data or 0)
    try:
        outcome = apply(_unit, part(Gateway), wanted)  # type: ignore[type-abstract]  # a seam
    except Conflict as fault:
        form.form_errors = [conflict_in_words(fault)]
        return _confirm(_thread(matter, identifier), verb, form, status=409)
    words, kind = outcome_in_words(outcome)
    flash(words, kind)
    return redirect(url_for("money_desk.show", matter=matter, identifier=identifier), 303)


@contextmanager
def _unit() -> Iterator[Work]:
    """A unit of work of its own inside the request: what the provider says is recorded as the worker would, by the
    operator who asked. No transaction stays open while the provider is waited for."""
    session = work().session
    act_as(session, SYSTEM)
    try:
        yield work()
        session.commit()
    except BaseException:  # Whatever it is, half a remedy must not stay.
        session.rollback()
        raise
    finally:
        act_as(session, Tenant(Scope.OPERATOR, work().actor.organisation_id))


def _thread(matter: str, identifier: str) -> Thread:
    if matter not in tuple(Matter) or matter == Matter.SWEEP:
        raise NotFound
    return thread(work().session, work().now, Matter(matter), identifier)


def _confirm(found: Thread, verb: str, form: RemedyForm, *, status: int = 200) -> Answer:
    """The page that asks for the reason; where nothing can be done any more, the page of the money says so."""
    row = found.row
    if row is None or verb not in row.verbs:
        return _page(found, moved=form.form_errors[0] if form.form_errors else _("Nothing was done."))
    if row.money is not None:
        form.seen.data = row.money.minor
    shown = render_template("settlement/remedy.html", found=found, row=row, verb=verb, form=form, **_named([row]))
    return shown, status


def _page(found: Thread, **more: Any) -> Answer:
    rows = [found.row] if found.row else []
    named = _named(rows, found.owners)
    shown = render_template("settlement/thread.html", found=found, row=found.row, now=work().now, **named, **more)
    return (shown, 409) if more else shown


def _named(rows: list[Stuck], owners: frozenset[UUID] | set[UUID] = frozenset()) -> dict[str, Any]:
    """The names of everybody concerned, and the shares by which their money is known; two statements."""
    session = work().session
    parties = {owner for row in rows for owner in (row.payer_id, row.factory_id) if owner} | set(owners)
    shares = production.shares_by_id(session, {row.share_id for row in rows if row.share_id})
    return {"names": identity.organisation_names(session, parties), "shares": shares}
