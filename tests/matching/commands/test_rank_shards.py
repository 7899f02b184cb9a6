"""Blocks of orders are ranked alike wherever that is done, no file is held whole, and pieces sort themselves."""

from collections.abc import Iterator
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from matching.commands.order_stream import OrderStream
from matching.commands.rank_shards import Block, Market, ShardRanker, Wanted
from matching.engine.model import PRIOR
from matching.records import FactoryRecord
from matching.tables import Faults, Spill
from matching.workers.choose import open_workers
from tests.contracts.doubling import DyingOnce
from tests.matching.engine.market import TODAY, engine, factory, order

WANTED = Wanted(as_of=TODAY, top=3, explore=0.2, seed=1, explained=True)


def _blocks() -> Iterator[Block]:
    for start in range(0, 12, 3):
        yield Block([order(order_id=f"O{number}", quantity=100 * number + 1) for number in range(start, start + 3)])


def _ranker() -> ShardRanker:
    many: list[FactoryRecord] = [factory(factory_id=f"F{number}", minimum_quantity=200 * number) for number in range(9)]
    return ShardRanker(Market(PRIOR, engine().index(many), engine()), WANTED)


def test_a_worker_killed_in_the_middle_changes_no_byte(tmp_path: Path) -> None:
    expected = [answer for block in _blocks() for answer in _ranker()(block)]
    assert len(expected) == 12
    with open_workers("2") as workers:
        blocks = list(workers.map(DyingOnce(_ranker(), tmp_path / "died"), _blocks()))
    assert [answer for block in blocks for answer in block] == expected


def test_a_file_of_orders_is_handed_out_block_by_block_and_never_whole(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    rows = "".join(f"O{number},{number + 1},2026-11-{1 + number % 28:02}\n" for number in range(100))
    path.write_text("order_id,quantity,posted_on\n" + rows, encoding="utf-8")
    faults = Faults()
    stream = OrderStream(path, faults)
    faults.refuse_if_any()
    assert (stream.count, str(stream.first_posted)) == (100, "2026-11-01")
    read_before = len(list(stream.blocks(7)))
    assert read_before == 15
    first = next(iter(stream.blocks(7)))
    assert [one.order_id for one in first] == [f"O{number}" for number in range(7)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=3), st.binary(max_size=4)), max_size=12))
def test_pieces_come_back_sorted_by_key(pieces: list[tuple[str, bytes]]) -> None:
    with Spill() as spill:
        for key, piece in pieces:
            spill.add(key, piece)
        found = list(spill.sorted())
    expected = [piece for _, piece in sorted(pieces, key=lambda pair: pair[0])]
    assert b"".join(found) == b"".join(expected)
