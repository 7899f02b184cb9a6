"""Doing something on the page of a deal: once for each form that was opened, or with the reason why it was not done."""

from collections.abc import Callable
from uuid import UUID

from flask import flash, get_template_attribute, request

from market.kit.edge import work
from market.kit.errors import Conflict, Invalid
from market.kit.idempotency import claim_key, request_hash, store_answer
from market.production import queries as production


def do_once(subject_id: UUID, verb: Callable[[], object], done: str, *, deal_id: UUID) -> str:
    """Do a verb about a subject, and say `done`; a second press of the same form finds it done.

    Returns "" when it is done, else why not, in words; then nothing was changed. Raises Invalid, with nothing changed.
    """
    own, form = work().organisation_id, request.form
    pressed = form.get("key", "")[:60] or str(work().new_id())
    key = f"{request.endpoint}:{subject_id}:{form.get('choice', '')[:20]}:{pressed}"
    if claim_key(work().session, own, key, request_hash("deals", b""), work().now) is not None:
        return ""
    try:
        verb()
    except Conflict as fault:
        work().session.rollback()
        state = production.deal(work().session, deal_id).state
        return str(get_template_attribute("deals/_words.html", "conflict_words")(fault.code, state)).strip()
    except Invalid:
        work().session.rollback()
        raise
    store_answer(work().session, own, key, 303, {})
    flash(done, "ok")
    return ""
