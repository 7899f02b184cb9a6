"""Posting, changing and moderating orders, against the real database with row-level security on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from market.kit.db import SYSTEM, act_as
from market.kit.errors import Conflict, Invalid, NotFound
from market.kit.history import HistoryEntry, IllegalMove, chain_is_whole, history_of
from market.kit.notices import latest_notices
from market.kit.outbox import OutboxEvent
from market.kit.work import Work
from market.orders import queries, service
from market.orders.drafts import OrderDraft
from market.orders.models import ORDER_TRANSITIONS, Order, OrderState
from market.orders.service import TermsChange
from tests.market.orders.ground import RIVAL, SHOP, WorkFor, as_operator


def events_of(work: Work) -> list[tuple[str, dict[str, object]]]:
    """What was published so far, oldest first; only the system may read it."""
    act_as(work.session, SYSTEM)
    rows = work.session.scalars(select(OutboxEvent).order_by(OutboxEvent.id)).all()
    return [(row.name, row.payload) for row in rows]


def test_a_posted_order_keeps_what_was_said_and_is_announced(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    work.session.expire_all()
    found = queries.order_row(work.session, SHOP, row.id)
    assert found == row
    assert queries.draft_of(found) == draft
    assert (found.state, found.version, found.code) == (OrderState.POSTED, 1, f"R-{found.number}")
    lines = history_of(work.session, SHOP, "orders", row.id)
    assert [(line.from_state, line.to_state) for line in lines] == [("draft", "posted"), (None, "draft")]
    assert events_of(work) == [("OrderPosted", {"organisation_id": str(SHOP), "order_id": str(row.id)})]


def test_the_engine_reads_the_order_with_its_colours(work: Work, draft: OrderDraft) -> None:
    record = queries.as_record(service.post_order(work, draft))
    assert record.materials == ("cashmere", "wool")
    assert record.target_unit_price == 128.0
    assert record.attributes == (("gauge", "12"), ("colour", "navy"), ("colour", "camel"))
    assert draft.words in record.description
    assert record.posted_on == work.today


def test_a_rival_shop_finds_nothing(work: Work, work_for: WorkFor, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    work.session.commit()
    rival = work_for(RIVAL)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: queries.order_row(rival.session, SHOP, row.id),
        lambda: queries.order_row(rival.session, RIVAL, row.id),
        lambda: service.change_terms(rival, row.id, TermsChange(version=1, quantity=400)),
        lambda: service.withdraw_order(rival, row.id, "not mine"),
        lambda: service.answer_clarification(rival, row.id, "not mine"),
        lambda: service.post_order(rival, draft, order_id=row.id),
    )
    for attempt in attempts:
        with pytest.raises(NotFound):
            attempt()
    assert queries.orders_page(rival.session, RIVAL).rows == ()


def test_terms_move_once_for_two_who_saw_the_same_version(work: Work, draft: OrderDraft, work_for: WorkFor) -> None:
    row = service.post_order(work, draft)
    work.session.commit()
    assert draft.due_on is not None
    later = draft.due_on + timedelta(days=5)
    moved = service.change_terms(work, row.id, TermsChange(version=1, due_on=later))
    assert (moved.due_on, moved.version, moved.quantity) == (later, 2, 300)
    work.session.commit()
    other = work_for(SHOP)
    with pytest.raises(service.StaleTerms, match="version 2"):
        service.change_terms(other, row.id, TermsChange(version=1, quantity=500))
    lines = history_of(work.session, SHOP, "orders", row.id)
    assert lines[0].details == {"due_on": [draft.due_on.isoformat(), later.isoformat()]}
    assert events_of(work)[-1] == (
        "OrderTermsChanged",
        {"organisation_id": str(SHOP), "order_id": str(row.id), "changed": ["due_on"]},
    )


def test_terms_that_stay_the_same_change_nothing(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    same = TermsChange(version=1, due_on=draft.due_on, quantity=300, target_price_minor=12_800)
    assert service.change_terms(work, row.id, same) == row
    assert len(events_of(work)) == 1


def test_only_the_moved_terms_are_checked(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    long_after = replace(work, now=work.now + timedelta(days=40))
    assert service.change_terms(long_after, row.id, TermsChange(version=1, quantity=310)).quantity == 310
    with pytest.raises(service.DraftRefused) as refusal:
        service.change_terms(long_after, row.id, TermsChange(version=2, due_on=work.today, target_price_minor=0))
    assert {fault.field for fault in refusal.value.faults} == {"due_on", "target_price"}


def test_a_withdrawn_order_is_over(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    with pytest.raises(Invalid):
        service.withdraw_order(work, row.id, "   ")
    assert service.withdraw_order(work, row.id, "the season is over").state is OrderState.WITHDRAWN
    with pytest.raises(IllegalMove, match="withdrawn"):
        service.withdraw_order(work, row.id, "again")
    with pytest.raises(Conflict, match="withdrawn"):
        service.change_terms(work, row.id, TermsChange(version=1, quantity=400))
    assert [name for name, _ in events_of(work)] == ["OrderPosted", "OrderWithdrawn"]


@pytest.mark.parametrize("found", list(OrderState))
def test_advancing_follows_the_table_and_nothing_else(work: Work, draft: OrderDraft, found: OrderState) -> None:
    row = service.post_order(work, draft)
    for to in OrderState:
        order = work.session.get_one(Order, (SHOP, row.id))
        order.state = found
        work.session.flush()
        if to is found or to in ORDER_TRANSITIONS[found]:
            assert service.advance_order(work, SHOP, row.id, to.value).state is to
        else:
            with pytest.raises(IllegalMove, match=found.value):
                service.advance_order(work, SHOP, row.id, to)
            assert queries.order_row(work.session, SHOP, row.id).state is found


def test_an_operator_rejects_and_restores_with_a_notice_and_an_event(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    operator = as_operator(work)
    with pytest.raises(Invalid):
        service.reject_order(operator, SHOP, row.id, "")
    rejected = service.reject_order(operator, SHOP, row.id, "a fake request")
    assert (rejected.state, rejected.moderation_note) == (OrderState.REJECTED, "a fake request")
    restored = service.restore_order(operator, SHOP, row.id, "a mistake of ours")
    assert (restored.state, restored.moderation_note) == (OrderState.POSTED, "")
    line = history_of(work.session, SHOP, "orders", row.id)[1]
    assert (line.actor_name, line.to_state, line.why) == ("an operator", "rejected", "a fake request")
    assert [name for name, _ in events_of(work)] == ["OrderPosted", "OrderRejected", "OrderPosted"]
    assert [notice.kind for notice in latest_notices(work.session, SHOP)] == ["order_restored", "order_rejected"]


@pytest.mark.parametrize(("before", "event"), [("posted", "OrderPosted"), ("offered", "OrderTermsChanged")])
def test_an_answer_to_a_question_brings_the_order_back(work: Work, draft: OrderDraft, before: str, event: str) -> None:
    row = service.post_order(work, draft)
    service.advance_order(work, SHOP, row.id, before)
    shop = work.actor
    asked = service.ask_clarification(as_operator(work), SHOP, row.id, "Which yarn count?")
    assert (asked.state, asked.moderation_note) == (OrderState.CLARIFYING, "Which yarn count?")
    answered = service.answer_clarification(replace(work, actor=shop), row.id, "Nm 2/26")
    assert (answered.state, answered.description, answered.version) == (OrderState.POSTED, "Nm 2/26", 2)
    assert events_of(work)[-1][0] == event


def test_a_draft_is_kept_changed_and_posted_as_one_order(work: Work, draft: OrderDraft) -> None:
    kept = service.save_draft(work, draft)
    assert kept.state is OrderState.DRAFT
    changed = service.save_draft(work, replace(draft, quantity=450), order_id=kept.id)
    posted = service.post_order(work, replace(draft, quantity=500), order_id=kept.id)
    assert (changed.id, changed.quantity) == (kept.id, 450)
    assert (posted.id, posted.number, posted.quantity) == (kept.id, kept.number, 500)
    assert [name for name, _ in events_of(work)] == ["OrderPosted"]


def test_a_reference_is_used_once_in_a_shop(work: Work, work_for: WorkFor, draft: OrderDraft) -> None:
    service.post_order(work, replace(draft, reference="PO-7"))
    with pytest.raises(service.DraftRefused) as refusal:
        service.post_order(work, replace(draft, reference=" PO-7 "))
    assert [fault.field for fault in refusal.value.faults] == ["reference"]
    assert service.post_order(work, draft).reference is None
    work.session.commit()
    rival = work_for(RIVAL)
    assert service.post_order(rival, replace(draft, reference="PO-7")).reference == "PO-7"


def test_a_shop_posts_so_many_orders_a_day(work: Work, draft: OrderDraft, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "POSTED_A_DAY", 3)
    for _ in range(3):
        service.post_order(work, draft)
    with pytest.raises(service.TooManyOrders, match="3 orders today"):
        service.post_order(work, draft)
    assert service.post_order(replace(work, now=work.now + timedelta(days=1)), draft).state is OrderState.POSTED


def test_overdue_orders_expire_after_their_grace(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    act_as(work.session, SYSTEM)
    assert draft.due_on is not None
    days = (draft.due_on - work.today).days + draft.grace_days
    assert service.expire_orders(replace(work, now=work.now + timedelta(days=days))) == []
    assert service.expire_orders(replace(work, now=work.now + timedelta(days=days + 1))) == [row.id]
    assert queries.order_row(work.session, SHOP, row.id).state is OrderState.EXPIRED


def test_pages_follow_each_other_and_count_by_state(work: Work, draft: OrderDraft) -> None:
    rows = [service.post_order(work, replace(draft, title=f"order {number}")) for number in range(5)]
    service.withdraw_order(work, rows[0].id, "no longer needed")
    first = queries.orders_page(work.session, SHOP, size=3)
    second = queries.orders_page(work.session, SHOP, cursor=first.next_cursor, size=3)
    assert [row.title for row in (*first.rows, *second.rows)] == [f"order {number}" for number in (4, 3, 2, 1, 0)]
    assert second.next_cursor is None
    assert [row.id for row in queries.orders_page(work.session, SHOP, [OrderState.WITHDRAWN]).rows] == [rows[0].id]
    assert queries.order_counts(work.session, SHOP) == {OrderState.POSTED: 4, OrderState.WITHDRAWN: 1}
    found = queries.orders_page(work.session, SHOP, words=rows[2].code.lower())
    assert [row.id for row in found.rows] == [rows[2].id]
    assert [row.title for row in queries.orders_page(work.session, SHOP, words="ER 3").rows] == ["order 3"]


def test_a_refused_order_leaves_nothing_behind(work: Work, draft: OrderDraft) -> None:
    with pytest.raises(service.DraftRefused) as refusal:
        service.post_order(
            work, replace(draft, quantity=0, category="spaceships", due_on=work.today - timedelta(days=1))
        )
    assert {fault.field for fault in refusal.value.faults} == {"quantity", "category", "due_on"}
    assert all(fault.problem and fault.accepted for fault in refusal.value.faults)
    assert work.session.scalar(select(func.count()).select_from(Order)) == 0


def test_the_chain_of_an_order_is_whole(work: Work, draft: OrderDraft) -> None:
    row = service.post_order(work, draft)
    service.advance_order(work, SHOP, row.id, OrderState.OFFERED)
    service.withdraw_order(work, row.id, "no longer needed")
    entries = list(work.session.scalars(select(HistoryEntry).order_by(HistoryEntry.sequence)))
    assert len(entries) == 4
    assert chain_is_whole(entries)
