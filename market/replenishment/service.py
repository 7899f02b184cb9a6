"""What a shop does with its items and suggestions. No verb commits; time and ids come with the work."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from market.kit import history, outbox
from market.kit.errors import Conflict, FieldFault, Invalid, NotFound
from market.kit.money import CURRENCIES, LARGEST_MINOR
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.orders.drafts import LONGEST_TITLE, OrderDraft
from market.orders.queries import OrderState, draft_of, order_rows
from market.orders.service import save_draft
from market.replenishment.events import ItemChanged
from market.replenishment.models import SUGGESTION_TRANSITIONS, Item, Suggestion, SuggestionState
from market.replenishment.queries import ItemRow, item_row_of
from matching.verticals.pack import Vocabulary

LONGEST_LEAD_DAYS: Final = 365
LONGEST_REVIEW_DAYS: Final = 180
MOST_PIECES: Final = 10_000_000
LONGEST_REASON: Final = 500
LEAST_SERVICE, MOST_SERVICE = 0.5, 0.999


class TermsRefused(Invalid):
    """Terms or a stock that cannot be taken; every fault names its field, what is wrong and what is accepted."""

    code = "terms_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTerms:
    """How an item comes and what it costs; fields as in models.Item."""

    name: str
    category: str | None
    lead_time_days: int
    lead_time_sd_days: float
    review_days: int
    minimum: int
    pack_size: int
    unit_cost_minor: int | None
    unit_price_minor: int | None
    currency: str
    service: float | None


def change_item(work: Work, item_id: UUID, terms: ItemTerms, vocabulary: Vocabulary) -> ItemRow:
    """Change the terms of an item; the same terms change nothing. Raises TermsRefused, NotFound."""
    faults = tuple(_terms_faults(terms, vocabulary))
    if faults:
        raise TermsRefused("These terms cannot be taken.", faults)
    item = _lock(work, item_id)
    before = {name: getattr(item, name) for name in ItemTerms.__slots__}
    changed = {name: value for name, value in asdict(terms).items() if value != before[name]}
    if changed:
        for name, value in changed.items():
            setattr(item, name, value)
        _announce(work, item, "terms changed", {name: [before[name], value] for name, value in changed.items()})
    return item_row_of(item)


def count_stock(work: Work, item_id: UUID, on_hand: int, on_order: int, day: date) -> ItemRow:
    """Say what is there at the end of a day, and what is on its way from elsewhere. Raises TermsRefused, NotFound."""
    faults = [*_pieces_faults("on_hand", on_hand), *_pieces_faults("on_order", on_order)]
    if day > work.today:
        faults.append(FieldFault("stocked_on", _("is in the future"), _("today or an earlier day")))
    if faults:
        raise TermsRefused("This stock cannot be taken.", tuple(faults))
    item = _lock(work, item_id)
    told = {"on_hand": on_hand, "on_order": on_order, "day": day.isoformat()}
    item.on_hand, item.on_order, item.stocked_on = on_hand, on_order, day
    _announce(work, item, "stock counted", told)
    return item_row_of(item)


def retire_item(work: Work, item_id: UUID, *, retired: bool) -> None:
    """Say that an item is no longer sold, or is sold again. Raises NotFound."""
    item = _lock(work, item_id)
    if (item.retired_at is not None) is not retired:
        item.retired_at = work.now if retired else None
        _announce(work, item, "retired" if retired else "sold again", {})


def order_suggestion(work: Work, item_id: UUID, vocabulary: Vocabulary) -> UUID:
    """Turn the current suggestion of an item into a draft of an order, filled in; returns the order's id.

    A second press finds the same draft. Raises Conflict when nothing is suggested or it was ordered or declined
    meanwhile, NotFound.
    """
    item = _lock(work, item_id)
    suggestion = _current(work, item)
    if suggestion.order_id is not None:
        return suggestion.order_id
    if not suggestion.quantity or suggestion.on_hand is None:
        raise Conflict("Nothing is to be ordered of this item by now.")
    draft = _draft(work, item, suggestion, vocabulary)
    history.move(work, suggestion, SuggestionState.DRAFTED, SUGGESTION_TRANSITIONS)
    suggestion.order_id = save_draft(work, draft, vocabulary=vocabulary).id
    work.session.flush()
    return suggestion.order_id


def dismiss_suggestion(work: Work, item_id: UUID, why: str = "") -> None:
    """Decline the current suggestion of an item; the next night may suggest again. Raises Conflict, NotFound."""
    suggestion = _current(work, _lock(work, item_id))
    history.move(
        work, suggestion, SuggestionState.DISMISSED, SUGGESTION_TRANSITIONS, why=" ".join(why.split())[:LONGEST_REASON]
    )


def note_ordered(work: Work, organisation_id: UUID, order_id: UUID) -> None:
    """An order was posted: where it was suggested, the suggestion is ordered and its item is looked at again."""
    statement = select(Suggestion).where(
        Suggestion.organisation_id == organisation_id,
        Suggestion.order_id == order_id,
        Suggestion.state != SuggestionState.ORDERED,
    )
    suggestion = work.session.scalars(statement.with_for_update()).first()
    if suggestion is None:
        return
    history.move(work, suggestion, SuggestionState.ORDERED, SUGGESTION_TRANSITIONS)
    item = work.session.get_one(Item, (organisation_id, suggestion.item_id))
    item.changed_at = work.now
    outbox.publish(work, ItemChanged(organisation_id, item.id))


def _draft(work: Work, item: Item, suggestion: Suggestion, vocabulary: Vocabulary) -> OrderDraft:
    """The order for a suggestion: like the last one of this item, or what its category says."""
    due_on = work.today + timedelta(days=max(item.lead_time_days, 1))
    told = {"suggestion": str(suggestion.id), "item": str(item.id), "sku": item.sku}
    before = _last_order(work, item)
    if before is not None:
        return replace(before, reference=None, quantity=suggestion.quantity, due_on=due_on, readings=(), origin=told)
    category = item.category
    return OrderDraft(
        title=(item.name or item.sku)[:LONGEST_TITLE],
        description=item.sku,
        quantity=suggestion.quantity,
        vertical=vocabulary.vertical_of(category) if category else None,
        category=category,
        processes=tuple(vocabulary.implied_processes(category)) if category else (),
        target_price_minor=item.unit_cost_minor,
        currency=item.currency,
        due_on=due_on,
        wants_pool=True,
        origin=told,
    )


def _last_order(work: Work, item: Item) -> OrderDraft | None:
    """What was posted the last time that this item was ordered here."""
    statement = (
        select(Suggestion.order_id)
        .where(
            Suggestion.organisation_id == item.organisation_id,
            Suggestion.item_id == item.id,
            Suggestion.state == SuggestionState.ORDERED,
        )
        .order_by(Suggestion.id.desc())
        .limit(1)
    )
    order_id = work.session.scalar(statement)
    found = order_rows(work.session, item.organisation_id, [order_id] if order_id else [])
    return next((draft_of(row) for row in found.values() if row.state is not OrderState.DRAFT), None)


def _announce(work: Work, item: Item, what: str, details: dict[str, Any]) -> None:
    item.changed_at = work.now
    work.session.flush()
    history.record(work, item, what=what, details=details)
    outbox.publish(work, ItemChanged(item.organisation_id, item.id))


def _lock(work: Work, item_id: UUID) -> Item:
    statement = select(Item).where(Item.organisation_id == work.organisation_id, Item.id == item_id)
    item = work.session.scalars(statement.with_for_update().execution_options(populate_existing=True)).first()
    if item is None:
        raise NotFound
    return item


def _current(work: Work, item: Item) -> Suggestion:
    found = (
        None
        if item.suggestion_id is None
        else work.session.get(
            Suggestion, (item.organisation_id, item.suggestion_id), with_for_update=True, populate_existing=True
        )
    )
    if found is None:
        raise Conflict("Nothing is suggested for this item yet.")
    return found


def _terms_faults(terms: ItemTerms, vocabulary: Vocabulary) -> Iterator[FieldFault]:
    if not terms.name.strip() or len(terms.name) > LONGEST_TITLE:
        accepted = _("1 to %(most)s characters", most=LONGEST_TITLE)
        yield FieldFault("name", _("is empty or too long"), accepted)
    if terms.category is not None and vocabulary.vertical_of(terms.category) is None:
        yield FieldFault("category", _("is not known"), _("a name of the list"))
    for name, least, most in (
        ("lead_time_days", 0, LONGEST_LEAD_DAYS),
        ("lead_time_sd_days", 0, LONGEST_LEAD_DAYS),
        ("review_days", 1, LONGEST_REVIEW_DAYS),
        ("minimum", 0, MOST_PIECES),
        ("pack_size", 1, MOST_PIECES),
    ):
        if not least <= getattr(terms, name) <= most:
            accepted = _("a number from %(least)s to %(most)s", least=least, most=most)
            yield FieldFault(name, _("is out of range"), accepted)
    for name in ("unit_cost", "unit_price"):
        minor = getattr(terms, f"{name}_minor")
        if minor is not None and not 0 < minor <= LARGEST_MINOR // MOST_PIECES:
            yield FieldFault(name, _("is no usable price"), _("an amount above zero, like 128.50"))
    if terms.currency not in CURRENCIES:
        yield FieldFault("currency", _("is not known"), _("one of %(choices)s", choices=", ".join(CURRENCIES)))
    if terms.service is not None and not LEAST_SERVICE <= terms.service <= MOST_SERVICE:
        yield FieldFault("service", _("is out of range"), _("50 to 99.9 %%"))


def _pieces_faults(name: str, pieces: int) -> Iterator[FieldFault]:
    if not 0 <= pieces <= MOST_PIECES:
        yield FieldFault(name, _("is out of range"), _("a whole number from 0 to %(most)s", most=MOST_PIECES))
