"""The transition tables of production, as tables: what is written here is what lifecycle promises, and nothing else."""

import itertools

import pytest

from market.kit.history import Transitions
from market.production.models import (
    ASK_TRANSITIONS,
    DEAL_TRANSITIONS,
    SAMPLE_TRANSITIONS,
    AskState,
    DealState,
    SampleState,
)

DEAL = """
awarded      sampling cancelled
sampling     deposit_due cancelled
deposit_due  materials cancelled disputed
materials    producing cancelled disputed
producing    inspecting cancelled disputed
inspecting   producing balance_due cancelled disputed
balance_due  shipped cancelled disputed
shipped      delivered disputed
delivered    accepted disputed
accepted     settled disputed
settled      closed disputed
closed
cancelled
disputed     deposit_due materials producing inspecting balance_due shipped delivered accepted settled cancelled
"""
SAMPLE = """
asked    made
made     approved rejected
approved
rejected
"""
ASK = """
asked   failed arrived dropped
failed  arrived dropped
arrived
dropped
"""
TABLES = [
    (DEAL, DEAL_TRANSITIONS, DealState),
    (SAMPLE, SAMPLE_TRANSITIONS, SampleState),
    (ASK, ASK_TRANSITIONS, AskState),
]


@pytest.mark.parametrize(("written", "table", "states"), TABLES, ids=["deal", "sample", "ask"])
def test_a_table_is_as_written(written: str, table: Transitions, states: type[DealState]) -> None:
    lines = [line.split() for line in written.strip().splitlines()]
    assert {name: set(after) for name, *after in lines} == {
        before.value: {state.value for state in after} for before, after in table.items()
    }
    assert set(table) == set(states)


def test_the_straight_way_through_a_deal_is_allowed() -> None:
    way = [state for state in DealState if state not in {DealState.CANCELLED, DealState.DISPUTED}]
    assert way[0] is DealState.AWARDED and way[-1] is DealState.CLOSED
    for before, after in itertools.pairwise(way):
        assert after in DEAL_TRANSITIONS[before]
