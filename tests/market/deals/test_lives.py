"""Random lives of deals with their money and disputes: each ends, its books sum to zero, and nothing is paid twice.

WEFT_LIVES=1000 plays more of them.
"""

import os
import random
from collections.abc import Callable, Iterator

import hypothesis
import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from sqlalchemy import Connection, Engine, text

from market.audit import broken_promises
from tests.market.deals.lives import NEXT, PEOPLE, Life, town_within
from tests.market.production.yard import Run, pooled_deal, single_deal
from tests.market.settlement.books import Books
from tests.market.town import Town

LIVES = int(os.environ.get("WEFT_LIVES", "12"))
CANCELLING = ("factory cancels", "shop cancels")
"""Tried seldom: a life that is cancelled is short."""

BY_THE_CLOCK = ("waits", "stuck", "sweep", "parked")
"""Words of promises about time that the real worker keeps, not the one of these lives."""


class Lives(RuleBasedStateMachine):
    """What may happen to a deal, in any order."""

    begin: Callable[[int], Life]

    @initialize(seed=st.integers(0, 2**32), days=st.integers(0, 12))
    def award(self, seed: int, days: int) -> None:
        """A deal that has gone well for some days, so that lives go wrong everywhere alike."""
        self.life = type(self).begin(seed)
        for _day in range(days):
            self.life.one_day_of_good_will()

    @rule(name=st.sampled_from(sorted(PEOPLE.keys() - set(CANCELLING))))
    def people(self, name: str) -> None:
        self.life.people_do(name)

    @rule(name=st.sampled_from(CANCELLING), times=st.integers(0, 9))
    def cancel(self, name: str, times: int) -> None:
        if times == 0:
            self.life.people_do(name)

    @rule(steps=st.integers(1, 4))
    def go_on(self, steps: int) -> None:
        for _step in range(steps):
            for name in NEXT.get(self.life.run.state, ()):
                self.life.people_do(name)
            self.life.worker_delivers()

    @rule(fine=st.sampled_from([True, True, True, False]), things=st.integers(1, 3))
    def provider(self, fine: bool, things: int) -> None:
        for _thing in range(things):
            self.life.provider_tells(fine=fine)

    @rule()
    def worker(self) -> None:
        self.life.worker_delivers()

    @rule(days=st.sampled_from([0.1, 1, 3, 6, 11]))
    def time(self, days: float) -> None:
        self.life.days_go_by(days)

    def teardown(self) -> None:
        if not hasattr(self, "life"):
            return
        self.check()
        self.life.comes_to_its_end()
        self.check()
        with self.life.town.work("system") as work:
            broken = [promise for promise, count in broken_promises(work) if count]
            assert [promise for promise in broken if not any(word in promise for word in BY_THE_CLOCK)] == []

    def check(self) -> None:
        run = self.life.run
        with run.town.work("system") as work:
            Books(work, run.factory, {run.share(shop).id: shop for shop in run.shops}).check()


@pytest.fixture(params=[single_deal, pooled_deal], ids=["single", "pooled"])
def begun(request: pytest.FixtureRequest, town: Town, application_engine: Engine) -> Iterator[tuple[Connection, Run]]:
    """A deal that was just opened, in a transaction that is rolled back."""
    with application_engine.connect() as connection:
        whole = connection.begin()
        run: Run = request.param(town_within(town, connection))
        with run.town.work("system") as work:
            work.session.execute(
                text(
                    "INSERT INTO payout_accounts (organisation_id, id, state, country, gateway_id, missing, bank, why, "
                    "seen, asked_at) VALUES (:factory, gen_random_uuid(), 'enabled', 'CN', 'acct', '{}', '', '', 0, "
                    "now())"
                ),
                {"factory": run.factory},
            )
        yield connection, run
        whole.rollback()


def test_every_life_ends_with_sound_books(begun: tuple[Connection, Run]) -> None:
    connection, run = begun
    savepoints = [connection.begin_nested()]

    def begin(seed: int) -> Life:
        savepoints.pop().rollback()
        savepoints.append(connection.begin_nested())
        town = town_within(run.town, connection)
        return Life(Run(town, run.factory, run.shops, run.deal_id), random.Random(seed))

    class OnThisDeal(Lives):
        pass

    OnThisDeal.begin = staticmethod(begin)
    run_state_machine_as_test(
        OnThisDeal,
        settings=hypothesis.settings(
            max_examples=LIVES,
            stateful_step_count=25,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
