"""The operators' pages of the history: looking through all of it, and one object's with its chain checked."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue

from market.identity import queries as identity
from market.kit.downloads import download
from market.kit.edge import allow, read_id, work
from market.kit.errors import Invalid, NotFound, invalid_field
from market.quality import queries
from market.quality.history_search import Found, Search, read_cursor, search_history
from market.quality.views import render_list, size, words
from market.quotes.exports import Cell, as_csv, harmless

bp = Blueprint("history", __name__, template_folder="templates", url_prefix="/operator/history")
MOST_EXPORTED: Final = 5_000
MOST_ORGANISATIONS: Final = 50
COLUMNS: Final = ("at", "organisation", "kind", "id", "sequence", "what", "from", "to", "who", "why")


@bp.get("")
@allow("operator")
def search() -> str:
    """Every change of every object, narrowed by kind, words, organisation and days."""
    found = _look(size())
    session = work().session
    names = identity.organisation_names(session, {event.organisation_id for event in found.rows})
    return render_list("history", found, aggregates=queries.AGGREGATES, names=names, back_to=found.looked_back_to)


@bp.get("/history.csv")
@allow("operator")
def export() -> Response:
    """The newest of what the filters leave, as a table."""
    rows = _look(MOST_EXPORTED).rows
    names = identity.organisation_names(work().session, {event.organisation_id for event in rows})
    lines: list[Sequence[Cell]] = [
        [
            event.at.isoformat(), harmless(names.get(event.organisation_id, "")), event.aggregate,
            str(event.aggregate_id), event.sequence, harmless(event.what), event.from_state or "",
            event.to_state or "", harmless(event.actor_name), harmless(event.why),
        ]
        for event in rows
    ]  # fmt: skip
    return download("history.csv", "text/csv", as_csv([COLUMNS, *lines]))


@bp.get("/<aggregate>/<object_id>")
@allow("operator")
def show(aggregate: str, object_id: str) -> ResponseReturnValue:
    """The whole history of one object, checked link by link."""
    found = queries.object_history(work().session, aggregate, read_id(object_id))
    if not found.events:
        raise NotFound
    return render_template("quality/object.html", aggregate=aggregate, object_id=object_id, history=found)


def _look(count: int) -> Found:
    """Raises Invalid for a filter that means nothing."""
    asked = Search(_kind(), words(), _organisations(), _day("first"), _day("last"))
    return search_history(work().session, asked, read_cursor(request.args.get("cursor")), count)


def _kind() -> str | None:
    kind = request.args.get("of") or None
    if kind is not None and kind not in queries.AGGREGATES:
        raise _fault("of", kind, ", ".join(queries.AGGREGATES))
    return kind


def _organisations() -> frozenset[UUID] | None:
    """The organisations whose name holds what was typed."""
    name = request.args.get("organisation", "").strip()[:100]
    if not name:
        return None
    page = identity.organisations_page(work().session, kind=None, words=name, cursor=None, size=MOST_ORGANISATIONS)
    return frozenset(row.id for row in page.rows)


def _day(name: str) -> date | None:
    said = request.args.get(name, "").strip()
    if not said:
        return None
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise _fault(name, said, "2026-11-30") from None


def _fault(field: str, said: str, accepted: str) -> Invalid:
    return invalid_field("The history cannot be narrowed so.", field, f"{said[:40]!r} is unknown", accepted)
