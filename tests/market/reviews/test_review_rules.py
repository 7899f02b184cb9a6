"""When a review can be written, changed, published, answered and hidden."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from market.disputes.service import withdraw
from market.identity.service import MARKET_ID
from market.kit.errors import Conflict, NotFound
from market.production import service as deals
from market.reviews import queries, service
from market.reviews.service import ReviewRefused, Verdict, publish_due_reviews
from tests.market.disputes.bench import delivered, dispute
from tests.market.production.yard import Run, pooled_deal, single_deal
from tests.market.reviews.critics import FAIR, GOOD, accepted, by_factory, by_shop, exchange, seen_by, state
from tests.market.town import Town

OVER = timedelta(days=14)


def cancelled(run: Run) -> None:
    run.by_shop(run.shops[0], deals.cancel_deal)


def disputed(run: Run) -> None:
    """A shop that disputes a part accepts the rest by it."""
    dispute(delivered(run), run.shops[0], 10_000)


def settled_dispute(run: Run) -> None:
    case = dispute(delivered(run), run.shops[0], 10_000)
    case.by_shop(withdraw)


def both_in(run: Run) -> None:
    by_shop(accepted(run))
    by_factory(run)


def days_over(run: Run) -> None:
    accepted(run)
    run.town.clock.advance(OVER)


def lapsed(run: Run) -> None:
    days_over(run)
    assert run.town.sweep(publish_due_reviews) == 1


def last_minute(run: Run) -> None:
    accepted(run)
    run.town.clock.advance(OVER - timedelta(minutes=1))
    assert run.town.sweep(publish_due_reviews) == 0


RULES: list[tuple[Callable[[Run], object], str]] = [
    (lambda run: run, "not_reviewable"),
    (Run.to_delivered, "not_reviewable"),
    (cancelled, "not_reviewable"),
    (disputed, "not_reviewable"),
    (settled_dispute, ""),
    (accepted, ""),
    (last_minute, ""),
    (days_over, "too_late"),
    (lapsed, "too_late"),
    (both_in, "already_published"),
]


@pytest.mark.parametrize(("bring", "code"), RULES, ids=[getattr(bring, "__name__", "") for bring, _code in RULES])
@pytest.mark.parametrize("write", [by_shop, by_factory])
def test_a_review_is_possible_for_14_days_from_acceptance_or_the_end_of_a_dispute(
    town: Town, bring: Callable[[Run], object], code: str, write: Callable[..., object]
) -> None:
    run = single_deal(town)
    bring(run)
    if code:
        with pytest.raises(Conflict) as refused:
            write(run)
        assert refused.value.code == code
    else:
        write(run)
        assert state(run) == "open"


def test_a_dispute_after_acceptance_halts_reviews_and_gives_14_days_after_it(town: Town) -> None:
    run = delivered(single_deal(town))
    run.accept(run.shops[0])
    by_shop(run)
    case = dispute(run, run.shops[0], 10_000)
    town.clock.advance(OVER + timedelta(days=1))
    assert town.sweep(publish_due_reviews) == 0
    with pytest.raises(Conflict) as refused:
        by_factory(run)
    assert refused.value.code == "in_dispute" and seen_by(run, "factory", run.factory) == {}
    case.by_shop(withdraw)
    row = exchange(run)
    assert row is not None and row.closes_at == town.clock.now() + OVER
    by_factory(run)
    assert state(run) == "published"


def test_it_is_changed_until_it_is_published_and_by_nobody_after(town: Town) -> None:
    run = accepted(single_deal(town))
    first = by_shop(run)
    assert by_shop(run, Verdict(2, {}, "seams open")) == first
    assert seen_by(run, "seller", run.shops[0])["shop"].stars == 2
    by_factory(run)
    for write in (by_shop, by_factory):
        with pytest.raises(Conflict):
            write(run, GOOD if write is by_shop else FAIR)
    for role, reader in (("seller", run.shops[0]), ("factory", run.factory)):
        seen = seen_by(run, role, reader)
        assert (seen["shop"].stars, seen["factory"].stars) == (2, 3)
    assert "review_published" in town.notices(run.factory) and "review_published" in town.notices(run.shops[0])


def test_the_clock_publishes_what_is_there_once(town: Town) -> None:
    run = accepted(single_deal(town))
    by_factory(run)
    assert seen_by(run, "seller", run.shops[0]) == {}
    town.clock.advance(OVER)
    assert [town.sweep(publish_due_reviews) for _twice in range(2)] == [1, 0]
    assert seen_by(run, "seller", run.shops[0])["factory"].words == FAIR.words
    assert "review_published" in town.notices(run.shops[0]) and "review_published" not in town.notices(run.factory)


def test_each_side_answers_once_and_only_what_is_published_about_it(town: Town) -> None:
    run = accepted(single_deal(town))
    of_shop = by_shop(run)

    def answer(role: str, words: str) -> None:
        with town.work(role, run.factory if role == "factory" else run.shops[0]) as work:
            service.answer_review(work, of_shop, words)

    with pytest.raises(NotFound):
        answer("factory", "thank you")
    by_factory(run)
    with pytest.raises(NotFound):
        answer("seller", "to myself")
    with pytest.raises(ReviewRefused):
        answer("factory", "  ")
    answer("factory", "thank you")
    answer("factory", "thank you")
    with pytest.raises(Conflict) as refused:
        answer("factory", "and again")
    assert refused.value.code == "already_answered"
    said = seen_by(run, "seller", run.shops[0])["shop"].answer
    assert said is not None and said.words == "thank you"
    assert town.notices(run.shops[0]).count("review_answered") == 1


@pytest.mark.parametrize(
    ("verdict", "fields"),
    [
        (Verdict(0, {}), {"stars"}),
        (Verdict(6, {"on_time": 0}, "x" * 1001), {"stars", "on_time", "words"}),
        (Verdict(5, {"pays_on_time": 5}), {"marks"}),
    ],
)
def test_every_fault_of_a_review_is_named(town: Town, verdict: Verdict, fields: set[str]) -> None:
    run = accepted(single_deal(town))
    with pytest.raises(ReviewRefused) as refused:
        by_shop(run, verdict)
    assert {fault.field for fault in refused.value.faults} == fields


def test_in_a_pool_each_share_is_reviewed_for_itself(town: Town) -> None:
    run = pooled_deal(town)
    small, large = run.shops
    run.to_delivered()
    run.accept(small)
    assert (state(run, small), state(run, large)) == ("open", None)
    run.accept(large)
    by_shop(run, shop=small)
    by_factory(run, shop=small)
    assert (state(run, small), state(run, large)) == ("published", "open")
    with town.work("seller", large) as work:
        assert [row.share_id for row in queries.exchanges_of_deal(work.session, run.deal_id)] == [run.share(large).id]
        with pytest.raises(NotFound):
            service.write_review(work, run.share(small).id, GOOD)
    assert set(seen_by(run, "seller", large, small)) == {"shop"}, "what a factory said of a member is that member's"


def test_an_operator_hides_a_review_with_its_reason(town: Town) -> None:
    run = accepted(single_deal(town))
    review_id = by_shop(run)
    with town.work("operator", MARKET_ID) as work, pytest.raises(NotFound):
        service.hide_review(work, review_id, "not even published")
    by_factory(run)
    with town.work("operator", MARKET_ID) as work:
        with pytest.raises(ReviewRefused):
            service.hide_review(work, review_id, " ")
        service.hide_review(work, review_id, "it names a person")
        with pytest.raises(Conflict):
            service.hide_review(work, review_id, "again")
    assert set(seen_by(run, "factory", run.factory)) == {"factory"}
    assert seen_by(run, "seller", run.shops[0])["shop"].hidden_why == "it names a person"
    with town.work("seller", run.shops[0]) as work:
        assert queries.rating_of(work.session, run.factory).count == 0
    with town.work("factory", run.factory) as work, pytest.raises(NotFound):
        service.hide_review(work, by_factory_id(run), "I do not like it")
    assert "review_hidden" in town.notices(run.shops[0])


def by_factory_id(run: Run) -> UUID:
    return seen_by(run, "factory", run.factory)["factory"].id
