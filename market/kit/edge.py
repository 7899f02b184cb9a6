"""What views and APIs may ask of the request they stand in. The web door (market/web.py) fills it in."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from flask import Flask, abort, current_app, g, request
from markupsafe import Markup

from market.kit.errors import NotFound
from market.kit.work import Work

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")
EXTENSION = "weft"
BESIDE_THE_FILE = 1024 * 1024
"""What a request may hold beside the file it brings."""

_UPLOAD_LIMIT = "weft_upload_limit"


def work() -> Work:
    """The unit of work of this request; it is committed after the view when the answer is below 400."""
    found = g.work
    if not isinstance(found, Work):
        raise LookupError("no unit of work belongs to this request")
    return found


@dataclass(frozen=True, slots=True)
class OfThisWork:
    """A part that each unit of work finds anew, as the market has it now."""

    find: Callable[[Work], Any]


def part(kind: type[T]) -> T:
    """A part that the wiring built, by its class: part(Ranker) is one a process, part(Vocabulary) the one in use."""
    parts: Mapping[type, Any] = current_app.extensions[EXTENSION]
    found = parts[kind]
    if isinstance(found, OfThisWork):
        found = found.find(work())
    if not isinstance(found, kind):
        raise LookupError(f"the wiring holds no {kind.__name__}")
    return found


def allow(*roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let only signed-in people of these roles reach a view: others are sent to sign in (401) or refused (403)."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*arguments: P.args, **named: P.kwargs) -> R:
            if work().actor.organisation_id is None:
                abort(401)
            if work().actor.role not in roles:
                abort(403)
            return view(*arguments, **named)

        return guarded

    return guard


def takes_upload(most_bytes: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let a view take files that are larger than the settings allow elsewhere."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        setattr(view, _UPLOAD_LIMIT, most_bytes)
        return view

    return mark


def allow_large_upload() -> None:
    """Raise the limit of this request where its view takes larger files; to be called before anybody reads its form."""
    view = current_app.view_functions.get(request.endpoint or "")
    most_bytes: int | None = getattr(view, _UPLOAD_LIMIT, None)
    if most_bytes is not None:
        request.max_content_length = most_bytes + BESIDE_THE_FILE


def read_id(text: str) -> UUID:
    """An id out of an address; one that is no id reads like one that does not exist."""
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


Section = Callable[..., Markup | str]
_SECTIONS = "weft_sections"


def add_section(app: Flask, page: str, section: Section) -> None:
    """Let a capability show its part on a page that a lower one owns. Called by the web door, in page order."""
    app.extensions.setdefault(_SECTIONS, {}).setdefault(page, []).append(section)


def sections(page: str, **subject: Any) -> list[Markup]:
    """The rendered sections of a page, in order; empty ones are left out."""
    rendered = [section(**subject) for section in current_app.extensions.get(_SECTIONS, {}).get(page, [])]
    return [Markup(part) for part in rendered if part]  # noqa: S704 (sections are rendered by our own templates)


def is_fragment_request() -> bool:
    """Whether htmx asks for a part of a page rather than the page."""
    return request.headers.get("HX-Request") == "true"
