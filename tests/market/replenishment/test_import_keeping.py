"""What the check of a file read: kept as it was, used by the taking in, and only for what it answers for."""

import numpy as np
import pytest
from sqlalchemy import text

from market.replenishment import imports
from market.replenishment.import_keeping import Reading, pack_reading, reading_key, unpack_reading
from market.replenishment.import_totals import Daily, ItemFound
from market.replenishment.models import SalesImportState as State
from tests.market.replenishment.counter import Counter
from tests.market.replenishment.sales_files import table

KEY = reading_key("digest", {"货号": "sku"}, {"A1": "AI"})


def reading() -> Reading:
    days, flags = np.array([739_000, 739_001, 739_000]), np.array([True, False, True])
    daily = Daily(np.array([0, 0, 1]), days, np.array([3, -1, 10**8]), np.array([0, 12_800, 10**9]), flags, ~flags)
    items = [ItemFound("羊绒 A", "圆领", "CNY", 739_001, 5, None, {"cost": 4_200}), ItemFound("B")]
    return Reading(items, daily, 3)


def test_a_reading_is_kept_as_it_was() -> None:
    kept = unpack_reading(pack_reading(reading(), KEY), KEY)
    assert kept is not None and (kept.items, kept.good) == (reading().items, 3)
    for column in ("item", "day", "quantity", "price", "promoted", "in_stock"):
        np.testing.assert_array_equal(getattr(kept.daily, column), getattr(reading().daily, column))


@pytest.mark.parametrize(
    "asked",
    [
        reading_key("other bytes", {"货号": "sku"}, {"A1": "AI"}),
        reading_key("digest", {"货号": "name"}, {"A1": "AI"}),
        reading_key("digest", {"货号": "sku"}, {}),
    ],
    ids=["bytes", "columns", "codes"],
)
def test_a_reading_says_nothing_of_another_file_or_meaning(asked: str) -> None:
    assert unpack_reading(pack_reading(reading(), KEY), asked) is None


@pytest.mark.parametrize("packed", [None, b"", b"PK\x03\x04 cut", pack_reading(reading(), KEY)[:-40]])
def test_what_cannot_be_unpacked_is_no_reading(packed: bytes | None) -> None:
    assert unpack_reading(packed, KEY) is None


FILE = table("sku,date,quantity", *(f"KN-218,2026-11-{day:02},2" for day in range(1, 21)), "KN-2l8,2026-11-05,7")


@pytest.mark.parametrize("loses", ["content", "reading"])
def test_taking_in_needs_the_file_or_what_its_check_read(counter: Counter, rival: Counter, loses: str) -> None:
    row = counter.check(FILE)
    spoil = {"content": "UPDATE sales_imports SET content = 'gone'", "reading": "UPDATE sales_imports SET reading = ''"}
    with counter.shelf.unit() as work:
        work.session.execute(text(spoil[loses]))
    assert counter.take(row.id).state is State.DONE
    rival.take_file(FILE)
    assert counter.sold() == rival.sold() != []


def test_codes_said_to_be_the_same_are_read_again(counter: Counter) -> None:
    row = counter.check(FILE)
    with counter.work() as work:
        imports.answer_near_miss(work, row.id, "KN-2l8", same=True)
    assert counter.take(row.id).state is State.DONE
    assert counter.skus() == ["KN-218"] and counter.sold()[4].quantity == 9


def test_nothing_is_kept_of_a_file_that_is_done_or_left_alone(counter: Counter) -> None:
    counter.take_file(FILE)
    left = counter.check(FILE)
    with counter.work() as work:
        imports.discard_import(work, left.id)
    with counter.shelf.unit() as work:
        assert set(work.session.scalars(text("SELECT reading FROM sales_imports"))) == {None}
