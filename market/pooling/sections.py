"""What pooling shows on the pages of orders."""

from typing import Any
from uuid import UUID

from flask import render_template
from markupsafe import Markup

from market.kit.edge import part, work
from market.kit.i18n import current_language
from market.orders.drafts import OrderDraft
from market.orders.queries import OrderRow, order_row
from market.pooling.models import PoolState
from market.pooling.preview import fitting_pool, moved_pool
from market.pooling.queries import last_pool_of_order, pool_of_order
from matching.verticals.pack import Language, MinimumCause, Vocabulary

ENDED = frozenset({PoolState.EXPIRED, PoolState.DISSOLVED})


def order_section(*, order_id: UUID, organisation_id: UUID, **_subject: Any) -> Markup:
    """The pool of an order as its seller sees it; how the last one ended when it stands alone again, or that it left
    the run; else nothing."""
    session = work().session
    pool = pool_of_order(session, organisation_id, order_id)
    order = order_row(session, organisation_id, order_id)
    if pool is None:
        ended = last_pool_of_order(session, organisation_id, order_id)
        if ended is None or not (ended.left_run or (order.is_open and ended.state in ENDED)):
            return Markup("")
        page = "pooling/section_left.html" if ended.left_run else "pooling/section_ended.html"
        return Markup(render_template(page, pool=ended, order=order))  # noqa: S704 (our own template)
    return Markup(  # noqa: S704 (our own template escapes what it shows)
        render_template("pooling/section_order.html", pool=pool, order=order, **words_of(pool.vertical, pool.cause))
    )


def new_order_section(*, draft: OrderDraft, **_subject: Any) -> Markup:
    """The run that the order being written would join or open; nothing while it says too little or needs none."""
    pool = fitting_pool(work().session, draft, part(Vocabulary), work().now, work().settings.pool_days)
    if pool is None:
        return Markup("")
    return Markup(  # noqa: S704 (our own template escapes what it shows)
        render_template("pooling/section_new_order.html", pool=pool, **words_of(pool.vertical, pool.cause))
    )


def terms_preview_section(*, order_id: UUID, organisation_id: UUID, order: OrderRow, **_subject: Any) -> Markup:
    """What the terms of `order`, which only tries them, would change in its run; nothing while it is in none."""
    session = work().session
    pool = pool_of_order(session, organisation_id, order_id)
    moved = moved_pool(session, order, part(Vocabulary))
    if pool is None or moved is None:
        return Markup("")
    before = order_row(session, organisation_id, order_id)
    return Markup(  # noqa: S704 (our own template escapes what it shows)
        render_template("pooling/section_terms_preview.html", pool=pool, moved=moved, before=before, changed=order)
    )


def words_of(vertical: str, cause_id: str) -> dict[str, str]:
    """What causes the minimum and why, in the reader's language; the id where the pack no longer has it."""
    cause = cause_of(part(Vocabulary), vertical, cause_id)
    language: Language = "en" if current_language() == "en" else "zh"
    if cause is None:
        return {"cause": cause_id, "why": ""}
    return {"cause": cause.name(language), "why": cause.why_en if language == "en" else cause.why_zh}


def cause_of(vocabulary: Vocabulary, vertical: str, cause_id: str) -> MinimumCause | None:
    pack = vocabulary.packs.get(vertical)
    return next((cause for cause in pack.minimums if cause.id == cause_id), None) if pack else None
