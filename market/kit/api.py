"""What every JSON interface shares: keys with scopes, idempotency, pages, and how things are written.

Views under /api/v1 are APIFlask views over the same verbs as the pages. Money is integer minor units with a currency,
times are UTC in ISO 8601, pages are followed by cursor, faults are problem+json (market/kit/faults.py).
"""

from base64 import b64decode
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from apiflask import APIBlueprint
from flask import g, request
from pydantic import BaseModel, ConfigDict, Field, field_validator

from market.kit.edge import work
from market.kit.errors import FieldFault, Forbidden, Invalid, NotSignedIn, invalid_field
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.kit.money import Money
from market.kit.paging import LARGEST_PAGE, PAGE_SIZE
from market.kit.uploads import UploadedFile

P = ParamSpec("P")
R = TypeVar("R")
Answer = tuple[dict[str, Any], int]
ROOT = "/api/v1"
KEY_HEADER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key and body give the first answer again; the same key with another body is refused.",
}
PROBLEM = {
    "type": "object",
    "description": "RFC 9457 problem details; `errors` names every field that is at fault.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {name: {"type": "string"} for name in ("field", "problem", "accepted")},
            },
        },
    },
}
REFUSALS = {
    "401": "No API key, or one that opens nothing",
    "403": "The key lacks the scope",
    "404": "Missing, or somebody else's",
    "409": "It has moved on; the detail names the state that was found",
    "422": "Some fields cannot be taken",
}


class Record(BaseModel):
    """A JSON object with known fields only, so that a misspelt field is told rather than ignored."""

    model_config = ConfigDict(extra="forbid")


class MoneyValue(Record):
    """An amount in minor units (fen, cents) of an ISO 4217 currency."""

    minor: int = Field(ge=0, le=10**15, strict=True)
    currency: str = Field(min_length=3, max_length=3)

    def money(self) -> Money:
        return Money(self.minor, self.currency)


class EmptyInput(Record):
    """A body that says nothing: {}."""


class FileInput(Record):
    """A photo or paper that comes with a request: its name, and its bytes in base64."""

    name: str = Field(min_length=1, max_length=200)
    content: str = Field(json_schema_extra={"format": "base64"})

    @field_validator("content")
    @classmethod
    def is_base64(cls, text: str) -> str:
        """Refuses what is none, rather than leaving characters out."""
        b64decode("".join(text.split()), validate=True)
        return text

    def uploaded(self) -> UploadedFile:
        return UploadedFile(self.name, b64decode(self.content))


class FileOutput(Record):
    """A photo or paper; href: where its bytes are read with the same key."""

    id: UUID
    name: str
    media_type: str
    size: int
    href: str


class PageQuery(Record):
    """cursor: the `next_cursor` of an earlier page. limit: rows a page."""

    cursor: str | None = None
    limit: int = Field(PAGE_SIZE, ge=1, le=LARGEST_PAGE)


def api_blueprint(name: str, tag: str) -> APIBlueprint:
    """A blueprint for the interface of one capability, under /api/v1."""
    return APIBlueprint(f"{name}_api", __name__, url_prefix=ROOT, tag=tag)


def needs(scope: str, *roles: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Let in only keys that carry `scope`, of organisations with one of `roles` (any when none is named)."""

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*arguments: P.args, **named: P.kwargs) -> R:
            scopes = g.get("api_scopes")
            if scopes is None:
                raise NotSignedIn("Send an API key of your organisation as `Authorization: Bearer weft_…`.")
            if scope not in scopes:
                raise Forbidden(f"This key does not carry the scope {scope}.")
            if roles and work().actor.role not in roles:
                raise Forbidden(f"This is open to organisations of the kind {' or '.join(roles)}.")
            return view(*arguments, **named)

        return guarded

    return guard


def once(view: Callable[P, Answer]) -> Callable[P, Answer]:
    """Do the work of a POST once for each idempotency key; a repetition gets the first answer. Stands below `needs`.

    A refused request leaves no trace, so it may be sent again under the same key.
    """

    @wraps(view)
    def guarded(*arguments: P.args, **named: P.kwargs) -> Answer:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            raise invalid_field(
                "An idempotency key is missing.", "Idempotency-Key", "the header is absent", "1 to 200 characters"
            )
        doing = work()
        fingerprint = request_hash(f"{request.method} {request.path}", request.get_data())
        earlier = claim_key(doing.session, doing.organisation_id, key, fingerprint, doing.now)
        if earlier:
            return earlier.body, earlier.status
        body, status = view(*arguments, **named)
        store_answer(doing.session, doing.organisation_id, key, status, body)
        return body, status

    return guarded


def uploads(files: Iterable[FileInput]) -> list[UploadedFile]:
    """Files of a request, as services take them."""
    return [file.uploaded() for file in files]


def money_value(money: Money) -> MoneyValue:
    return MoneyValue(minor=money.minor, currency=money.currency)


def money_or_none(money: Money | None) -> MoneyValue | None:
    return None if money is None else money_value(money)


def validation_fault(detail: Any) -> Invalid:
    """What pydantic found, as our own fault: one entry a field."""
    found = [
        FieldFault(field, problem, "")
        for _place, fields in (detail or {}).items()
        for field, problems in fields.items()
        for problem in problems
    ]
    return Invalid("Some fields cannot be taken.", tuple(found))


def complete_description(spec: dict[Any, Any] | str) -> dict[Any, Any] | str:
    """Say in the OpenAPI description what holds for every operation: keys, idempotency, problems."""
    if isinstance(spec, str):
        return spec
    components = spec.setdefault("components", {})
    components["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer", "description": "An API key"}}
    components.setdefault("schemas", {})["Problem"] = PROBLEM
    refused = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    spec["paths"] = {path: found for path, found in spec.get("paths", {}).items() if path.startswith(ROOT)}
    for operations in spec["paths"].values():
        for method, operation in operations.items():
            if method == "parameters":
                continue
            if method == "post":
                operation.setdefault("parameters", []).append(KEY_HEADER)
            for status, words in REFUSALS.items():
                operation.setdefault("responses", {})[status] = {"description": words, "content": refused}
    return spec
