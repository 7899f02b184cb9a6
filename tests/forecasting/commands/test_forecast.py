"""`python -m forecasting forecast` as the contract has it."""

import csv
from pathlib import Path

import pytest

from forecasting.__main__ import main

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "forecasting" / "examples" / "sales.csv"


def _run(folder: Path, sales: str | Path, *more: str) -> int:
    path = sales if isinstance(sales, Path) else folder / "sales.csv"
    if isinstance(sales, str):
        path.write_text(sales, encoding="utf-8")
    return main(["forecast", "--sales", str(path), "--out", str(folder / "out.csv"), *more])


def _read(folder: Path) -> list[dict[str, str]]:
    with (folder / "out.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_writes_a_row_for_every_item_and_period(tmp_path: Path) -> None:
    assert _run(tmp_path, EXAMPLE, "--horizon", "3", "--as-of", "2026-11-10", "--quantiles", "0.9,0.5,0.1") == 0
    rows = _read(tmp_path)
    numbers = ["mean", "q0.1", "q0.5", "q0.9"]
    assert list(rows[0]) == ["sku", "period_start", *numbers, "model", "backtest_error", "baseline_error"]
    assert [row["sku"] for row in rows] == [
        sku for sku in ("HT-009", "KN-031", "KN-218", "KN-300", "LT-004") for _ in range(3)
    ]
    assert [row["period_start"] for row in rows[:3]] == ["2026-11-09", "2026-11-16", "2026-11-23"]
    for row in rows:
        assert 0 <= float(row["q0.1"]) <= float(row["q0.5"]) <= float(row["q0.9"])
        assert row["model"]


def test_the_sum_is_one_row_and_the_same_bytes_wherever_it_is_worked_out(tmp_path: Path) -> None:
    assert _run(tmp_path, EXAMPLE, "--horizon", "4", "--sum") == 0
    first = (tmp_path / "out.csv").read_bytes()
    assert len(first.splitlines()) == 6
    assert _run(tmp_path, EXAMPLE, "--horizon", "4", "--sum", "--workers", "2") == 0
    assert (tmp_path / "out.csv").read_bytes() == first


FAULTS = {
    "no rows": ("sku,date,quantity\n", "holds no sales"),
    "no date": ("sku,quantity\nA,1\n", ":date: the column is missing"),
    "a day that is none": ("sku,date,quantity\nA,2026-02-30,1\n", "2:date: '2026-02-30' is no day of the calendar"),
    "no number": ("sku,date,quantity\nA,2026-02-20,many\n", "2:quantity: 'many' is not a number"),
    "neither yes nor no": ("sku,date,quantity,in_stock\nA,2026-02-20,1,maybe\n", "2:in_stock: 'maybe' is neither"),
    "a price below nothing": ("sku,date,quantity,price\nA,2026-02-20,1,-3\n", "2:price: '-3' is out of range"),
    "too long ago": ("sku,date,quantity\nA,1626-02-20,1\nA,2026-02-20,1\n", "accepted: at most 4000"),
    "all after the day": ("sku,date,quantity\nA,2027-02-20,1\n", "holds no sales up to 2026-11-29"),
}


@pytest.mark.parametrize(("sales", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_bad_input_is_told_and_nothing_written(
    sales: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(tmp_path, sales, "--horizon", "4", "--as-of", "2026-11-29") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out.csv").exists()


def test_every_fault_is_told_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run(tmp_path, "sku,date,quantity\nA,2026-02-30,1\n,2026-02-20,1\nB,2026-02-20,x\n", "--horizon", "4") == 2
    assert [line.split(": ")[0].rpartition("/")[2] for line in capsys.readouterr().err.splitlines()] == [
        "sales.csv:2:date",
        "sales.csv:3:sku",
        "sales.csv:4:quantity",
    ]


@pytest.mark.parametrize("option", [["--quantiles", "0.5,1"], ["--quantiles", "half"], ["--horizon", "0"]], ids=str)
def test_options_that_make_no_sense_are_refused(option: list[str], tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as stopped:
        _run(tmp_path, EXAMPLE, *(["--horizon", "4"] if "--horizon" not in option else []), *option)
    assert stopped.value.code == 2
