"""The town that the tests of pooling, ranking and leads play in."""

import pytest
from sqlalchemy.orm import Session, sessionmaker

from market.config import Settings
from market.kit.clock import FrozenClock
from market.leads import flows
from market.leads.events import CounterAnswered, LeadAccepted, LeadCountered, LeadDeclined, LeadExpired, LeadsOffered
from market.ranking.ranker import Ranker
from market.wiring import table_of_handlers
from matching.encoder.load import load_embedder
from matching.ports import Embedder
from matching.verticals.pack import load_vocabulary
from tests.market.town import Table, Town

TELLING: Table = {
    LeadsOffered: (flows.tell_buyers_of_offer,),
    LeadAccepted: (flows.tell_buyers_of_acceptance,),
    LeadCountered: (flows.tell_buyers_of_counter,),
    LeadDeclined: (flows.show_buyers_decline,),
    LeadExpired: (flows.show_buyers_expiry,),
    CounterAnswered: (flows.count_counter_answer,),
}
"""Who tells the buyers, wherever the table of the worker does not name them already."""


@pytest.fixture(scope="session")
def embedder() -> Embedder:
    return load_embedder()


@pytest.fixture
def ranker(embedder: Embedder) -> Ranker:
    return Ranker(load_vocabulary(), embedder)


@pytest.fixture
def town(sessions: sessionmaker[Session], clock: FrozenClock, settings: Settings, ranker: Ranker) -> Town:
    table = dict(table_of_handlers(ranker))
    for kind, handlers in TELLING.items():
        table[kind] = (*table.get(kind, ()), *(handler for handler in handlers if handler not in table.get(kind, ())))
    return Town(sessions, clock, settings, ranker, table)
