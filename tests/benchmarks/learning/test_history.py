"""A long history is a plausible one: every outcome has its order and its factory, and most are known."""

from benchmarks.learning.history import copied, make_history


def test_a_history_holds_together_and_comes_out_the_same_again() -> None:
    history = make_history(seed=901, factories=40, orders=250, leads_an_order=2)
    assert len(history.outcomes) == len(history.columns) == 500
    orders, factories = {one.order_id for one in history.orders}, {one.factory_id for one in history.factories}
    assert {one.order_id for one in history.outcomes} == orders
    assert {one.factory_id for one in history.outcomes} <= factories
    pairs = {(one.order_id, one.factory_id) for one in history.outcomes}
    assert len(pairs) == 500
    assert all(one.offered_on < history.as_of for one in history.outcomes)
    accepted = [one for one in history.outcomes if one.accepted]
    assert 0 < sum(one.won is True for one in accepted) < len(accepted) < 500
    assert all(one.quoted_unit_price is None for one in history.outcomes if one.accepted is False)
    threefold = copied(history, 3)
    assert len(threefold.columns) == len({(one.order_id, one.factory_id) for one in threefold.outcomes}) == 1500
    assert {one.factory_id for one in threefold.outcomes} <= {one.factory_id for one in threefold.factories}
    assert threefold.outcomes[:500] == history.outcomes
    again = make_history(seed=901, factories=40, orders=250, leads_an_order=2)
    assert again.outcomes == history.outcomes
