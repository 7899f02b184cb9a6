"""A town with a past of every kind that a ranking may have, and what makes its rankings again."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from market.factories.queries import profile
from market.factories.service import change_profile
from market.leads.rankings import RankingRow, latest_rankings
from market.leads.service import decline_lead, expire_due_leads
from market.orders.service import TermsChange, change_terms
from market.ranking.ranker import Ranker
from market.replay.comparing import Replay, replay_ranking
from market.replay.rebuilding import Rebuilder
from tests.market.town import Town

LARGE = 800


@pytest.fixture
def shop(town: Town) -> UUID:
    return town.add_shop("Quiet Wool")


@pytest.fixture
def rebuilder(ranker: Ranker) -> Rebuilder:
    return Rebuilder(ranker)


@pytest.fixture
def curious(town: Town) -> Town:
    """The same town where half of the leads are given to learning."""
    return replace(town, settings=replace(town.settings, explore_percent=50))


def add_factories(town: Town, count: int) -> list[UUID]:
    """Knitters whose lead times differ, so that their ranks do."""
    return [town.add_factory(f"Sample Knit {place:02}", lead_time_days=12 + 3 * place) for place in range(count)]


def kept(town: Town, count: int = 50) -> list[RankingRow]:
    """The rankings that were kept, the newest first."""
    with town.work("operator") as work:
        return latest_rankings(work.session, count)


def replay(town: Town, rebuilder: Rebuilder, row: RankingRow) -> Replay:
    with town.work("operator") as work:
        return replay_ranking(work.session, rebuilder, row)


def live_through(town: Town, shop: UUID) -> None:
    """Orders, refusals of several kinds, silence, moved terms, and learning by exploring: a month of them."""
    factories = [*add_factories(town, 14), town.add_factory("Sample Knit 98", leads_per_week=1, lead_time_days=14)]
    order_id = town.post(shop, town.sweaters(LARGE))
    decline(town, 2, "material")
    town.post(shop, town.sweaters(LARGE + 10))
    decline(town, 1, "capacity")
    town.clock.advance(timedelta(days=3))
    with town.work("seller", shop) as work:
        later = town.clock.now().date() + timedelta(days=55)
        change_terms(work, order_id, TermsChange(version=1, quantity=950, due_on=later))
    town.deliver()
    with town.work("factory", factories[0]) as work:
        found = profile(work.session, factories[0])
        assert found is not None
        change_profile(work, {"lead_time_days": 44}, found.version)
    town.clock.advance(timedelta(hours=town.settings.lead_hours, minutes=1))
    town.sweep(expire_due_leads)
    town.deliver()
    town.post(shop, town.sweaters(LARGE + 20, target_price_minor=9_000))


def decline(town: Town, count: int, reason: str) -> None:
    """The leads that were offered last say no, and others are asked."""
    for shown in kept(town, 1)[0].leads[:count]:
        with town.work("factory", shown.factory_id) as work:
            decline_lead(work, shown.lead_id, reason)
        town.deliver()
