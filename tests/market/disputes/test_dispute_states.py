"""The transition tables of disputes, as tables: what is written here is what lifecycle promises, and nothing else."""

from datetime import UTC, datetime

import pytest

from market.disputes.models import DISPUTE_TRANSITIONS, PROPOSAL_TRANSITIONS, DisputeState, ProposalState
from market.disputes.working_days import after_working_days
from market.kit.history import Transitions

DISPUTE = """
open       escalated agreed withdrawn remaking
escalated  decided agreed withdrawn remaking
remaking   remade escalated decided
agreed
withdrawn
remade
decided
"""
PROPOSAL = """
open      accepted declined replaced
accepted
declined
replaced
"""


@pytest.mark.parametrize(
    ("written", "table", "states"),
    [(DISPUTE, DISPUTE_TRANSITIONS, DisputeState), (PROPOSAL, PROPOSAL_TRANSITIONS, ProposalState)],
    ids=["dispute", "proposal"],
)
def test_a_table_is_as_written(written: str, table: Transitions, states: type[DisputeState]) -> None:
    lines = [line.split() for line in written.strip().splitlines()]
    assert {name: set(after) for name, *after in lines} == {
        before.value: {state.value for state in after} for before, after in table.items()
    }
    assert set(table) == set(states)


@pytest.mark.parametrize(("day", "decided"), [(23, 25), (26, 30), (27, 31), (28, 31), (29, 31)])
def test_two_working_days_pass_over_the_weekend(day: int, decided: int) -> None:
    """23 October 2028 is a Monday."""
    assert after_working_days(datetime(2028, 10, day, 3, tzinfo=UTC), 2) == datetime(2028, 10, decided, 3, tzinfo=UTC)


def test_a_day_begins_at_midnight_in_china() -> None:
    """Friday 18:00 in London is Saturday in China: the two working days are Monday and Tuesday there."""
    friday = datetime(2028, 10, 27, 18, tzinfo=UTC)
    assert after_working_days(friday, 2) == datetime(2028, 10, 30, 18, tzinfo=UTC)
