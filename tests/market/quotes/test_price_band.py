"""F7: the middle half of what comparable deals paid, hidden while it would rest on few or give a rival away."""

from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import text

from market.leads.queries import lead_card
from market.quotes.pricing import PriceBand, price_band
from matching.verticals.pack import load_vocabulary
from tests.market.past import add_deal
from tests.market.quotes.conftest import Visitor
from tests.market.quotes.test_award import lead_of
from tests.market.town import Town

NUMBERS = count(1)


def close_deal(
    town: Town, factory: UUID, price: int, *, quantities: tuple[int, ...] = (800,), days_ago: int = 30, **fields: str
) -> None:
    """A deal as its rows stand when it is closed; several quantities are the members of one pool."""
    buyers = [town.add_shop(f"Shop {next(NUMBERS)}") for _ in quantities]
    with town.work("system") as work:
        add_deal(work, factory, price, dict(zip(buyers, quantities, strict=True)), days_ago=days_ago, **fields)


def seen_by(town: Town, factory: UUID) -> PriceBand:
    """What a factory reads of its newest lead."""
    lead_id = lead_of(town, factory)
    with town.work("factory", factory) as work:
        found = price_band(work, lead_card(work.session, factory, lead_id).offering, load_vocabulary(), factory)
        assert found is not None
        return found


@pytest.fixture
def asked(town: Town) -> UUID:
    """A factory with a lead over 800 sweaters."""
    factory = town.add_factory("Asked Knit")
    town.post(town.add_shop("Asking Shop"), town.sweaters(800))
    return factory


@pytest.fixture
def rivals(town: Town) -> list[UUID]:
    return [town.add_factory(f"Rival {number}", processes=("weaving",), categories=("shirt",)) for number in (1, 2)]


def test_the_band_is_shown_from_eight_deals_on(town: Town, asked: UUID, rivals: list[UUID]) -> None:
    for place in range(7):
        close_deal(town, rivals[place % 2], 10_000 + 1_000 * place)
    seven = seen_by(town, asked)
    assert (seven.deals, seven.low, seven.middle, seven.high, seven.is_one_rival) == (7, None, None, None, False)
    close_deal(town, rivals[1], 17_000)
    eight = seen_by(town, asked)
    assert (eight.deals, eight.low, eight.middle, eight.high) == (8, 11_750, 13_500, 15_250)


@pytest.mark.parametrize(
    ("unlike", "counts"),
    [
        ({"category": "cardigan"}, False),
        ({"category": "tops"}, True),
        ({"quantities": (400,)}, True),
        ({"quantities": (399,)}, False),
        ({"quantities": (1_600,)}, True),
        ({"quantities": (1_601,)}, False),
        ({"quantities": (300, 250, 250)}, True),
        ({"currency": "USD"}, False),
        ({"days_ago": 364}, True),
        ({"days_ago": 366}, False),
    ],
)
def test_only_comparable_deals_count_and_a_pool_counts_once(
    town: Town, asked: UUID, rivals: list[UUID], unlike: dict[str, object], counts: bool
) -> None:
    close_deal(town, rivals[0], 12_000, **unlike)  # type: ignore[arg-type]  # the fields of close_deal by name
    assert seen_by(town, asked).deals == int(counts)


def test_the_prices_of_one_rival_stay_its_own(town: Town, asked: UUID, rivals: list[UUID]) -> None:
    for place in range(8):
        close_deal(town, rivals[0] if place < 4 else asked, 10_000)
    hidden = seen_by(town, asked)
    assert hidden.is_one_rival and hidden.middle is None
    close_deal(town, rivals[1], 12_000)
    assert seen_by(town, asked).middle == 10_000


def test_a_factory_always_reads_its_own_prices(town: Town, asked: UUID) -> None:
    for _ in range(8):
        close_deal(town, asked, 9_900)
    assert seen_by(town, asked).middle == 9_900


def test_the_lead_and_the_quote_show_it_and_name_no_party(
    town: Town, seller: Visitor, factory: Visitor, rivals: list[UUID]
) -> None:
    town.post(seller.organisation_id, town.sweaters(800))
    path = f"/leads/{lead_of(town, factory.organisation_id)}"
    assert "少于 8 单，先不显示价格" in factory.read(path)
    for place in range(8):
        close_deal(town, rivals[place % 2], 10_000 + 1_000 * place)
    for address in (path, f"{path}/quote"):
        page = factory.read(address)
        assert "¥117.50–152.50" in page and "8 单，中位 ¥135" in page
        assert "Rival" not in page and "Shop" not in page


def test_reading_the_band_leaves_the_session_what_it_was(town: Town, asked: UUID, rivals: list[UUID]) -> None:
    close_deal(town, rivals[0], 12_000)
    with town.work("factory", asked) as work:
        lead_id = lead_of(town, asked)
        offering = lead_card(work.session, asked, lead_id).offering
        assert price_band(work, offering, load_vocabulary(), asked)
        assert work.session.scalar(text("SELECT count(*) FROM awards")) == 0
