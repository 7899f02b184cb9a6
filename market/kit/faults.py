"""What a person or a program sees when something cannot be done: a page that keeps the bars, or problem+json."""

from math import ceil
from time import time
from typing import Any
from urllib.parse import quote, urlsplit
from uuid import uuid4

import structlog
from flask import Flask, current_app, g, jsonify, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from market.kit.edge import BESIDE_THE_FILE
from market.kit.errors import Conflict, DomainFault, Forbidden, Invalid, NotFound, NotSignedIn

STATUS_OF_FAULT: dict[type[DomainFault], int] = {
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    Forbidden: 403,
    NotSignedIn: 401,
}
CODES = {
    400: "unreadable",
    401: "not_signed_in",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid",
    429: "too_many_requests",
    503: "not_ready",
}
log = structlog.get_logger(__name__)


def register_faults(app: Flask, sign_in_path: str) -> None:
    """Answer every fault in one place. Pages of people who are not signed in lead to `sign_in_path`."""

    def show_http_fault(fault: HTTPException) -> Any:
        status = fault.code or 500
        if status < 400:
            return fault.get_response()
        if status == 401 and request.method == "GET" and not is_for_programs():
            return redirect(f"{sign_in_path}?next={quote(request.full_path.rstrip('?'))}")
        return show_fault(status, retry_after=seconds_until_retry() if status == 429 else None)

    app.register_error_handler(DomainFault, lambda fault: show_fault(status_of(fault), fault))
    app.register_error_handler(CSRFError, lambda _fault: show_fault(400))
    app.register_error_handler(HTTPException, show_http_fault)
    app.register_error_handler(OperationalError, lambda fault: show_unexpected(fault, 503))
    app.register_error_handler(Exception, lambda fault: show_unexpected(fault, 500))


def status_of(fault: DomainFault) -> int:
    return next(status for kind, status in STATUS_OF_FAULT.items() if isinstance(fault, kind))


def show_unexpected(fault: Exception, status: int) -> Response:
    """Log what nobody foresaw under a reference that the person can name."""
    reference = uuid4().hex[:12]
    log.error("request_failed", reference=reference, path=request.path, method=request.method, exc_info=fault)
    return show_fault(status, reference=reference)


def show_fault(
    status: int, fault: DomainFault | None = None, *, reference: str = "", retry_after: int | None = None
) -> Response:
    """Undo the unit of work and say what happened. retry_after: seconds after which a new try is taken."""
    if "work" in g:
        g.work.session.rollback()
    if status == 503:
        # The frame around the page asks the database for what is new; now it must not.
        g.pop("work", None)
    answer = (
        problem(status, fault, reference) if is_for_programs() else fault_page(status, fault, reference, retry_after)
    )
    if retry_after is not None:
        answer.headers["Retry-After"] = str(retry_after)
    return answer


def fault_page(status: int, fault: DomainFault | None, reference: str, retry_after: int | None) -> Response:
    detail = fault.message if fault and status != 404 else None
    page = render_template(
        "errors/error.html",
        code=status,
        detail=detail,
        limit=upload_limit() if status == 413 else None,
        reference=reference,
        retry_after=retry_after,
        back=page_before(),
    )
    return Response(page, status, mimetype="text/html")


def upload_limit() -> str | None:
    """The most that one upload may hold, in words; None where it was not the whole request that was too large."""
    most = request.max_content_length or 0
    return f"{(most - BESIDE_THE_FILE) // 1024 // 1024} MB" if (request.content_length or 0) > most else None


def page_before() -> str | None:
    """The page of ours that a form was sent from, to go back to; None for what was not sent by one."""
    came_from = urlsplit(request.referrer or "")
    if request.method == "GET" or came_from.netloc != request.host:
        return None
    return came_from.path + (f"?{came_from.query}" if came_from.query else "")


def seconds_until_retry() -> int | None:
    """How long an address that tried too often must wait, as the limit that it hit counts; None when nobody counts."""
    ends = [
        limiter.current_limit.reset_at for limiter in current_app.extensions.get("limiter", ()) if limiter.current_limit
    ]
    return max(1, ceil(max(ends) - time())) if ends else None


def is_for_programs() -> bool:
    return request.path.startswith("/api/")


def problem(status: int, fault: DomainFault | None = None, reference: str = "") -> Response:
    """application/problem+json as RFC 9457 has it, with a list of the fields that are at fault."""
    code = fault.code if fault else CODES.get(status, "fault")
    found = fault.faults if fault else ()
    content = {
        "type": f"urn:weft:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "detail": fault.message if fault else "",
        "errors": [{"field": item.field, "problem": item.problem, "accepted": item.accepted} for item in found],
    }
    if reference:
        content["reference"] = reference
    answer = jsonify(content)
    answer.status_code, answer.mimetype = status, "application/problem+json"
    return answer
