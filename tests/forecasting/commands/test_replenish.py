"""`python -m forecasting replenish` as the contract has it."""

import csv
import json
import re
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from forecasting.__main__ import main
from forecasting.commands.replenish import HEADER

LAST = date(2026, 11, 22)
SKUS = ("A", "B", "C")
TERMS = "sku,lead_time_days,lead_time_sd_days,review_days,unit_cost,unit_price,holding_rate_per_year,moq,pack_size"


def sales(weeks: int = 16) -> str:
    random = np.random.default_rng(5)
    lines = [
        f"{sku},{LAST - timedelta(days=back)},{count}"
        for place, sku in enumerate(SKUS, start=1)
        for back in range(7 * weeks)
        if (count := int(random.poisson(place)))
    ]
    return "sku,date,quantity\n" + "\n".join(lines) + "\n"


def items(*rows: str) -> str:
    return f"{TERMS},critical_ratio\n" + "".join(f"{row}\n" for row in rows)


def stock(*rows: str) -> str:
    return "sku,on_hand,on_order\n" + "".join(f"{row}\n" for row in rows)


ITEMS = items("C,14,3,7,4,9,0.3,30,6,0.95", "A,7,0,7,4,9,0.3,,,", "NEW,7,0,7,4,9,0.3,,,", "B,7,2,7,4,9,0.3,,,0.9")
STOCK = stock("A,3,0", "B,80,", "C,10,4", "NEW,0,0")


def run(folder: Path, told: tuple[str, str, str], *more: str) -> int:
    for name, text in zip(("sales", "stock", "items"), told, strict=True):
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    files = [part for name in ("sales", "stock", "items") for part in (f"--{name}", str(folder / f"{name}.csv"))]
    return main(["replenish", *files, "--out", str(folder / "plan.csv"), *more])


def plan_of(folder: Path) -> list[dict[str, str]]:
    with (folder / "plan.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_plans_every_item_within_its_terms_and_says_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    explain = tmp_path / "plan.jsonl"
    assert run(tmp_path, (sales(), STOCK, ITEMS), "--explain", str(explain)) == 0
    first = (tmp_path / "plan.csv").read_bytes()
    rows = {row["sku"]: row for row in plan_of(tmp_path)}
    assert tuple(plan_of(tmp_path)[0]) == HEADER
    assert list(rows) == ["C", "A", "NEW", "B"]
    assert int(rows["C"]["order_quantity"]) >= 30 and int(rows["C"]["order_quantity"]) % 6 == 0
    assert int(rows["A"]["order_quantity"]) > 0
    assert (rows["B"]["order_quantity"], rows["B"]["order_by"]) == ("0", "")
    assert (rows["NEW"]["order_quantity"], rows["NEW"]["stockout_on_p50"]) == ("0", "")
    assert rows["A"]["order_by"] == str(LAST)
    for told in map(json.loads, explain.read_text(encoding="utf-8").splitlines()):
        assert sum(part["pieces"] for part in told["parts"]) == told["order_quantity"]
        assert rows[told["sku"]]["reason"].endswith(f"= {told['order_quantity']}")
        assert rows[told["sku"]]["stockout_on_p50"] <= rows[told["sku"]]["stockout_on_p90"]
    assert re.search("on_order is unknown in 1 rows", capsys.readouterr().err)
    assert run(tmp_path, (sales(), STOCK, ITEMS), "--budget", "60") == 0
    assert sum(4 * int(row["order_quantity"]) for row in plan_of(tmp_path)) <= 60
    assert (tmp_path / "plan.csv").read_bytes() != first
    assert run(tmp_path, (sales(), STOCK, ITEMS)) == 0
    assert (tmp_path / "plan.csv").read_bytes() == first


ONE = items("A,7,0,7,4,9,0.3,,,")
FAULTS = {
    "negative stock": (stock("A,-3,0"), ONE, (), ["stock.csv:2:on_hand: '-3' is out of range"]),
    "unknown stock": (stock("A,,0"), ONE, (), ["stock.csv:2:on_hand: the cell is empty"]),
    "an empty pack": (stock("A,3,0"), items("A,7,0,7,4,9,0.3,,0,"), (), ["items.csv:2:pack_size: '0' is out of range"]),
    "stock of a stranger": (stock("A,3,0", "X,1,0"), ONE, (), ["stock.csv:3:sku: 'X' is not among the items"]),
    "an item without stock": (stock(), ONE, (), ["items.csv:2:sku: 'A' has no row of stock"]),
    "an item twice": (
        stock("A,3,0"),
        items("A,7,,,,,,,,", "A,9,,,,,,,,"),
        (),
        ["items.csv:3:sku: sku 'A' stands already"],
    ),
    "a wait longer than the history": (
        stock("A,3,0"),
        items("A,200,0,7,4,9,0.3,,,"),
        (),
        ["items.csv:2:lead_time_days: lead time and review are 207 days, longer than the history of 112 days"],
    ),
    "no margin": (stock("A,3,0"), items("A,7,0,7,9,9,0.3,,,"), (), ["items.csv:2:unit_price: 9 leaves no margin"]),
    "certainty": (
        stock("A,3,0"),
        items("A,7,0,7,4,9,0.3,,,1"),
        (),
        ["items.csv:2:critical_ratio: '1' is out of range"],
    ),
    "a budget without costs": (
        stock("A,3,0"),
        items("A,7,0,7,,,,,,"),
        ("--budget", "100"),
        ["items.csv:2:unit_cost: the cell is empty"],
    ),
    "all at once": (
        stock("A,-3,0", "A,2,0"),
        items("A,-7,0,0,4,9,0.3,,0,2"),
        (),
        [
            "stock.csv:2:on_hand:",
            "stock.csv:3:sku:",
            "items.csv:2:lead_time_days:",
            "items.csv:2:review_days:",
            "items.csv:2:pack_size:",
            "items.csv:2:critical_ratio:",
        ],
    ),
}


@pytest.mark.parametrize(("stocked", "listed", "more", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_bad_tables_are_refused_with_every_fault_and_nothing_is_written(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    stocked: str,
    listed: str,
    more: tuple[str, ...],
    said: list[str],
) -> None:
    (tmp_path / "plan.csv").write_text("earlier", encoding="utf-8")
    assert run(tmp_path, (sales(), stocked, listed), *more) == 2
    told = capsys.readouterr().err
    assert [line for line in said if line not in told] == []
    assert len(told.splitlines()) == len(said)
    assert (tmp_path / "plan.csv").read_text(encoding="utf-8") == "earlier"


def test_a_history_of_one_day_is_no_crash(tmp_path: Path) -> None:
    short = "sku,date,quantity\nA,2026-11-09,4\nB,2026-11-22,1\n"
    assert run(tmp_path, (short, stock("A,3,0"), items("A,3,0,3,4,9,0.3,,,"))) == 0
    assert plan_of(tmp_path)[0]["model"].startswith("level: fixed rule 100%")
