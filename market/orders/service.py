"""What is done with an order: post, change, withdraw, moderate. No verb commits; time and ids come with the work."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, cast, func, select, update
from sqlalchemy.exc import IntegrityError

from market.kit import history, live, notices, outbox
from market.kit.errors import Conflict, FieldFault, Invalid, invalid_field
from market.kit.uploads import UploadedFile
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.orders.attachments import attach_file, check_file, lock_order
from market.orders.drafts import OrderDraft, check_draft
from market.orders.events import OrderPosted, OrderRejected, OrderTermsChanged, OrderWithdrawn
from market.orders.models import OPEN_STATES, ORDER_TRANSITIONS, Order, OrderState
from market.orders.queries import OrderRow, draft_of, order_row, row_of
from market.verticals.live import live_vocabulary
from matching.verticals.pack import Vocabulary

POSTED_A_DAY = 200
NEW_SHOP_A_DAY = 50
"""Of a shop that has had no award and posted its first order less than NEW_FOR ago."""
NEW_FOR = timedelta(days=7)
LONGEST_REASON = 500
_MARKET_OFFSET = timedelta(hours=8)


class DraftRefused(Invalid):
    """A draft that cannot be taken; every fault names its field, what is wrong and what is accepted."""

    code = "order_refused"


class TooManyOrders(Conflict):
    """The shop has posted as many orders today as one shop may."""

    code = "too_many_orders"


class StaleTerms(Conflict):
    """The terms have been changed since the person saw them."""

    code = "stale_terms"


def post_order(
    work: Work,
    draft: OrderDraft,
    files: Sequence[UploadedFile] = (),
    *,
    order_id: UUID | None = None,
    vocabulary: Vocabulary | None = None,
) -> OrderRow:
    """Put an order of the acting shop on the market and publish OrderPosted.

    order_id: a saved draft that becomes this order. vocabulary: the packs to check against, those in use when
    absent. Raises DraftRefused, attachments.FileRefused, TooManyOrders; NotFound or IllegalMove about `order_id`.
    """
    packs = vocabulary or live_vocabulary(work.session)
    _check(work, draft, files, packs)
    _check_daily_limit(work)
    order = _keep(work, draft, order_id, packs)
    history.move(work, order, OrderState.POSTED, ORDER_TRANSITIONS)
    order.posted_at = work.now
    work.session.flush()
    for file in files:
        attach_file(work, order.id, file)
    outbox.publish(work, OrderPosted(order.organisation_id, order.id))
    live.announce(work.session, order.organisation_id, "order", order.id)
    return row_of(order)


def save_draft(
    work: Work,
    draft: OrderDraft,
    files: Sequence[UploadedFile] = (),
    *,
    order_id: UUID | None = None,
    vocabulary: Vocabulary | None = None,
) -> OrderRow:
    """Keep an order for later; nobody but the shop sees it. order_id: an earlier draft that this one replaces.

    A draft holds a title and a quantity at least, and nothing that could not be posted. Raises as `post_order`.
    """
    packs = vocabulary or live_vocabulary(work.session)
    _check(work, draft, files, packs)
    order = _keep(work, draft, order_id, packs)
    for file in files:
        attach_file(work, order.id, file)
    return row_of(order)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsChange:
    """New terms of an open order; None leaves a term as it is. version: that of the order the person saw."""

    version: int
    due_on: date | None = None
    grace_days: int | None = None
    quantity: int | None = None
    target_price_minor: int | None = None
    description: str | None = None


_TERMS = ("due_on", "grace_days", "quantity", "target_price_minor", "description")


def change_terms(work: Work, order_id: UUID, change: TermsChange, *, vocabulary: Vocabulary | None = None) -> OrderRow:
    """Move the terms of an open order and publish OrderTermsChanged; terms that are the same change nothing.

    One conditional statement compares the version, so of two rivals one wins. Raises DraftRefused for terms that
    cannot be taken, StaleTerms when somebody was faster, Conflict when the order is no longer open, NotFound.
    """
    before = order_row(work.session, work.organisation_id, order_id)
    changed = changed_terms(before, change)
    if not before.is_open:
        raise Conflict(f"This order is {before.state.value}; its terms can no longer be moved.")
    if before.version != change.version:
        raise _stale(before)
    if not changed:
        return before
    check_terms(work, before, change, vocabulary)
    statement = (
        update(Order)
        .where(
            Order.organisation_id == before.organisation_id,
            Order.id == order_id,
            Order.version == change.version,
            Order.state.in_(OPEN_STATES),
        )
        .values(**changed, version=Order.version + 1)
        .returning(Order.id)
        .execution_options(synchronize_session=False)
    )
    moved = work.session.scalars(statement).first()
    order = lock_order(work, before.organisation_id, order_id)
    if moved is None:
        raise _stale(row_of(order))
    told = {name: [_plain(getattr(before, name)), _plain(value)] for name, value in changed.items()}
    history.record(work, order, what="terms changed", details=told)
    outbox.publish(work, OrderTermsChanged(order.organisation_id, order.id, sorted(changed)))
    live.announce(work.session, order.organisation_id, "order", order.id)
    return row_of(order)


def changed_terms(row: OrderRow, change: TermsChange) -> dict[str, Any]:
    """The terms that a change would really move, by name."""
    wanted = {name: getattr(change, name) for name in _TERMS}
    return {name: value for name, value in wanted.items() if value is not None and value != getattr(row, name)}


def check_terms(work: Work, row: OrderRow, change: TermsChange, vocabulary: Vocabulary | None = None) -> OrderRow:
    """The order as it would be with the changed terms, for a preview. Raises DraftRefused about what changes."""
    changed = changed_terms(row, change)
    moved = replace(row, **changed)
    named = {name.removesuffix("_minor") for name in changed}
    found = check_draft(draft_of(moved), vocabulary or live_vocabulary(work.session), work.today)
    faults = tuple(fault for fault in found if fault.field in named)
    if faults:
        raise DraftRefused("These terms cannot be taken.", faults)
    return moved


def withdraw_order(work: Work, order_id: UUID, why: str) -> OrderRow:
    """Take an order of the acting shop back. Raises Invalid without a reason, NotFound, IllegalMove once awarded."""
    order = lock_order(work, work.organisation_id, order_id)
    was_open = order.state in OPEN_STATES
    history.move(work, order, OrderState.WITHDRAWN, ORDER_TRANSITIONS, why=_reason(why))
    if was_open:
        outbox.publish(work, OrderWithdrawn(order.organisation_id, order.id))
    live.announce(work.session, order.organisation_id, "order", order.id)
    return row_of(order)


def advance_order(work: Work, organisation_id: UUID, order_id: UUID, to: OrderState | str, why: str = "") -> OrderRow:
    """Move an order to the state a higher capability has brought it to; being there already is no fault.

    Raises NotFound, and IllegalMove (which names the state it found) when the table forbids the move.
    """
    state = OrderState(to)
    order = lock_order(work, organisation_id, order_id)
    if order.state is not state:
        history.move(work, order, state, ORDER_TRANSITIONS, why=why)
        live.announce(work.session, organisation_id, "order", order.id)
    return row_of(order)


def ask_clarification(work: Work, organisation_id: UUID, order_id: UUID, question: str) -> OrderRow:
    """An operator asks the shop about its order, which waits until it answers."""
    order = lock_order(work, organisation_id, order_id)
    return _moderate(work, order, OrderState.CLARIFYING, _reason(question, "question"), "order_clarifying")


def answer_clarification(work: Work, order_id: UUID, answer: str) -> OrderRow:
    """The shop answers; the answer joins the description and the order goes on. Raises NotFound, Conflict, Invalid."""
    order = lock_order(work, work.organisation_id, order_id)
    if order.state is not OrderState.CLARIFYING:
        raise Conflict(f"This order is {order.state.value}; nothing is being asked about it.")
    told = _reason(answer, "answer")
    was_matched = _left_posted(work, order)
    order.description = "\n".join(text for text in (order.description, told) if text)
    order.moderation_note = ""
    order.version += 1
    history.move(work, order, OrderState.POSTED, ORDER_TRANSITIONS, why=told)
    event = (
        OrderTermsChanged(order.organisation_id, order.id, ["description"])
        if was_matched
        else OrderPosted(order.organisation_id, order.id)
    )
    outbox.publish(work, event)
    live.announce(work.session, order.organisation_id, "order", order.id)
    return row_of(order)


def reject_order(work: Work, organisation_id: UUID, order_id: UUID, why: str) -> OrderRow:
    """An operator takes an order off the market, with the reason. Raises Invalid, NotFound, IllegalMove."""
    order = lock_order(work, organisation_id, order_id)
    row = _moderate(work, order, OrderState.REJECTED, _reason(why), "order_rejected")
    outbox.publish(work, OrderRejected(organisation_id, order_id))
    return row


def restore_order(work: Work, organisation_id: UUID, order_id: UUID, why: str = "") -> OrderRow:
    """An operator puts a rejected order back on the market; it is matched anew. Raises NotFound, IllegalMove."""
    order = lock_order(work, organisation_id, order_id)
    if order.state is not OrderState.REJECTED:
        raise Conflict(f"This order is {order.state.value}; only a rejected one is restored.")
    order.moderation_note = ""
    history.move(work, order, OrderState.POSTED, ORDER_TRANSITIONS, why=why.strip()[:LONGEST_REASON])
    outbox.publish(work, OrderPosted(organisation_id, order_id))
    _tell_shop(work, order, "order_restored", why)
    return row_of(order)


def expire_orders(work: Work, most: int = 500) -> list[UUID]:
    """Close the open orders whose due day and grace are over and that nobody was awarded; returns their ids.

    For a sweep in the system's scope; called again until it returns nothing.
    """
    overdue = (
        select(Order)
        .where(Order.state.in_(OPEN_STATES), Order.due_on + cast(Order.grace_days, Integer) < work.today)
        .order_by(Order.organisation_id, Order.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    orders = list(work.session.scalars(overdue))
    for order in orders:
        history.move(work, order, OrderState.EXPIRED, ORDER_TRANSITIONS, why="the due date passed")
        outbox.publish(work, OrderWithdrawn(order.organisation_id, order.id))
        _tell_shop(work, order, "order_expired", "")
    return [order.id for order in orders]


def new_order(work: Work, draft: OrderDraft, state: OrderState, vocabulary: Vocabulary) -> Order:
    """The row of a draft that was checked, not yet in the session; also for imports, which add many at once."""
    return Order(
        organisation_id=work.organisation_id,
        id=work.new_id(),
        state=state,
        max_acceptances=work.settings.max_acceptances,
        created_at=work.now,
        moderation_note="",
        version=1,
        **draft_columns(draft, vocabulary),
    )


def draft_columns(draft: OrderDraft, vocabulary: Vocabulary) -> dict[str, Any]:
    """The columns of `orders` that a draft fills; the trade follows from the category when it was not named."""
    columns: dict[str, Any] = {name: getattr(draft, name) for name in OrderDraft.__slots__}
    columns["title"] = " ".join(draft.title.split())
    columns["reference"] = (draft.reference or "").strip() or None
    columns["vertical"] = draft.vertical or (vocabulary.vertical_of(draft.category) if draft.category else None)
    columns["materials"] = [asdict(material) for material in dict.fromkeys(draft.materials)]
    columns["attributes"] = dict(draft.attributes)
    columns["readings"] = list(draft.readings)
    for name in ("processes", "certifications", "colours"):
        columns[name] = list(dict.fromkeys(columns[name]))
    return columns


def _check(work: Work, draft: OrderDraft, files: Sequence[UploadedFile], vocabulary: Vocabulary) -> None:
    faults: list[FieldFault] = list(check_draft(draft, vocabulary, work.today))
    for file in files:
        try:
            check_file(file, work.settings.upload_limit_bytes)
        except Invalid as refusal:
            faults.extend(refusal.faults)
    if faults:
        raise DraftRefused("This order cannot be taken.", tuple(faults))


def _check_daily_limit(work: Work) -> None:
    midnight = datetime.combine(work.today, time(), work.now.tzinfo) - _MARKET_OFFSET
    statement = select(func.count()).where(
        Order.organisation_id == work.organisation_id,
        Order.posted_at >= midnight,
        Order.source.not_in(("import", "demo")),
    )
    if (work.session.scalar(statement) or 0) >= POSTED_A_DAY:
        raise TooManyOrders(
            f"Your shop has posted {POSTED_A_DAY} orders today, the most in one day. "
            "Send more of them as one file with the import, or go on tomorrow."
        )
    if (work.session.scalar(statement) or 0) >= NEW_SHOP_A_DAY and _is_new(work):
        raise TooManyOrders(
            _(
                "A shop that is new here posts at most %(most)s orders a day in its first week. Go on tomorrow, or "
                "write to the market if you need more.",
                most=NEW_SHOP_A_DAY,
            )
        )


def _is_new(work: Work) -> bool:
    """Whether the acting shop has had no award yet and posted its first order only lately."""
    awarded = Order.state.in_((OrderState.AWARDED, OrderState.CLOSED))
    statement = select(func.count().filter(awarded), func.min(Order.posted_at))
    awards, first = work.session.execute(statement.where(Order.organisation_id == work.organisation_id)).one()
    return not awards and (first is None or first > work.now - NEW_FOR)


def _keep(work: Work, draft: OrderDraft, order_id: UUID | None, vocabulary: Vocabulary) -> Order:
    """The draft as a row in the state `draft`, new or in place of an earlier one."""
    if order_id is None:
        order = new_order(work, draft, OrderState.DRAFT, vocabulary)
    else:
        order = lock_order(work, work.organisation_id, order_id)
        if order.state is not OrderState.DRAFT:
            raise Conflict(f"This order is {order.state.value}; only a draft is written anew.")
        for name, value in draft_columns(draft, vocabulary).items():
            setattr(order, name, value)
    try:
        with work.session.begin_nested():
            work.session.add(order)
            work.session.flush()
    except IntegrityError as fault:
        if order.reference is None or "reference" not in str(fault.orig):
            raise
        raise DraftRefused(
            "This order cannot be taken.",
            (FieldFault("reference", _("another order has this number already"), _("a new number")),),
        ) from None
    if order_id is None:
        history.record(work, order, what="written", to_state=OrderState.DRAFT, details={"source": order.source})
    return order


def _moderate(work: Work, order: Order, to: OrderState, why: str, kind: str) -> OrderRow:
    history.move(work, order, to, ORDER_TRANSITIONS, why=why)
    order.moderation_note = why
    _tell_shop(work, order, kind, why)
    return row_of(order)


def _tell_shop(work: Work, order: Order, kind: str, why: str) -> None:
    details = {"code": f"R-{order.number}", "title": order.title, "why": why}
    notices.notify(work, order.organisation_id, kind, details, link=f"/orders/{order.id}")
    live.announce(work.session, order.organisation_id, "order", order.id)


def _left_posted(work: Work, order: Order) -> bool:
    """Whether the question came after the order had been pooled or offered."""
    for line in history.history_of(work.session, order.organisation_id, "orders", order.id):
        if line.to_state == OrderState.CLARIFYING.value:
            return line.from_state != OrderState.POSTED.value
    return False


def _reason(text: str, field: str = "why") -> str:
    reason = text.strip()
    if not 1 <= len(reason) <= LONGEST_REASON:
        problem = _("is empty") if not reason else _("is %(count)s characters long", count=len(reason))
        accepted = _("1 to %(most)s characters", most=LONGEST_REASON)
        raise invalid_field("A reason is needed.", field, problem, accepted)
    return reason


def _stale(found: OrderRow) -> StaleTerms:
    due = "without a due date" if found.due_on is None else f"due {found.due_on.isoformat()}"
    return StaleTerms(
        f"These terms were changed while you looked: the order is now {found.state.value}, {found.quantity} pieces, "
        f"{due} (version {found.version}). Look at them and move them again."
    )


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
