"""`python -m forecasting materials` as the contract has it."""

import csv
import json
from pathlib import Path

import pytest

from forecasting.__main__ import main
from forecasting.commands.materials import HEADER
from forecasting.commands.replenish import HEADER as PLAN

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = ROOT / "forecasting" / "examples"
BOM = "sku,material,unit,quantity_per_piece\nA,yarn,kg,0.5\nA,label,pieces,2\nB,clay,kg,1\n"


def plan(folder: Path, seller: str, *rows: str) -> None:
    text = ",".join(PLAN) + "\n" + "".join(f"{row}\n" for row in rows)
    (folder / "plans").mkdir(exist_ok=True)
    (folder / "plans" / f"{seller}.csv").write_text(text, encoding="utf-8")


def run(folder: Path, bom: str = BOM, *more: str) -> int:
    (folder / "bom.csv").write_text(bom, encoding="utf-8")
    files = ("--plans", str(folder / "plans"), "--bom", str(folder / "bom.csv"))
    return main(["materials", *files, "--out", str(folder / "materials.csv"), *more])


def told(folder: Path) -> list[dict[str, str]]:
    with (folder / "materials.csv").open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def test_pools_three_sellers_and_leaves_out_what_fewer_need(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for seller, pieces in (("x", 10), ("y", 20), ("z", 30)):
        plan(
            tmp_path, seller, f"A,{pieces},2026-12-0{pieces // 10},,,,,,m,r", f"B,{5 if seller == 'x' else 0},,,,,,,m,r"
        )
    assert run(tmp_path) == 0
    assert tuple(told(tmp_path)[0]) == HEADER
    assert [tuple(row.values()) for row in told(tmp_path)] == [
        ("label", "pieces", "120.0", "120.0", "120.0", "2026-12-01", "3"),
        ("yarn", "kg", "30.0", "30.0", "30.0", "2026-12-01", "3"),
    ]
    assert "fewer than 3 sellers: 'clay'" in capsys.readouterr().err


def test_quantiles_beside_a_plan_are_pooled_and_not_summed(tmp_path: Path) -> None:
    for seller in "uvwxyz":
        plan(tmp_path, seller, "A,100,2026-12-01,,,,,,m,r")
        needed = {"0.05": 20, "0.5": 80, "0.95": 140}
        (tmp_path / "plans" / f"{seller}.jsonl").write_text(
            json.dumps({"sku": "A", "needed": needed}), encoding="utf-8"
        )
    assert run(tmp_path) == 0
    yarn = told(tmp_path)[1]
    assert float(yarn["needed_p50"]) == pytest.approx(6 * 80 * 0.5, rel=0.03)
    assert 6 * 80 * 0.5 < float(yarn["needed_p80"]) < float(yarn["needed_p95"]) < 0.85 * 6 * 140 * 0.5


def test_the_example_runs_and_says_the_same_each_time(tmp_path: Path) -> None:
    call = ["materials", "--plans", str(EXAMPLES / "plans"), "--bom", str(EXAMPLES / "bom.csv"), "--out"]
    assert main([*call, str(tmp_path / "first.csv")]) == main([*call, str(tmp_path / "second.csv")]) == 0
    assert (tmp_path / "first.csv").read_bytes() == (tmp_path / "second.csv").read_bytes()


FAULTS = {
    "an amount of nothing": (BOM + "B,glaze,kg,0\n", ["bom.csv:5:quantity_per_piece: '0' is out of range"]),
    "an unknown amount": (BOM + "B,glaze,kg,\n", ["bom.csv:5:quantity_per_piece: the cell is empty"]),
    "two units": (BOM + "B,yarn,m,3\n", ["bom.csv:5:unit: 'm' is not the 'kg'"]),
    "a use twice": (BOM + "A,yarn,kg,3\n", ["bom.csv:5:material: 'A' and 'yarn' stand already in row 2"]),
    "several": (BOM + "A,yarn,kg,3\nB,,kg,1\n", ["bom.csv:5:material:", "bom.csv:6:material: the cell is empty"]),
}


@pytest.mark.parametrize(("bom", "said"), FAULTS.values(), ids=FAULTS.keys())
def test_a_bad_bill_of_materials_is_refused_whole(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bom: str, said: list[str]
) -> None:
    plan(tmp_path, "x", "A,10,2026-12-01,,,,,,m,r")
    assert run(tmp_path, bom) == 2
    err = capsys.readouterr().err
    assert [line for line in said if line not in err] == []
    assert len(err.splitlines()) == len(said)
    assert not (tmp_path / "materials.csv").exists()


def test_bad_plans_are_refused_by_file_and_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan(tmp_path, "x", "A,-1,2026-12-01,,,,,,m,r", "A,4,soon,,,,,,m,r")
    (tmp_path / "plans" / "x.jsonl").write_text('{"sku": "A", "needed": {"0.5": 9, "0.9": 3}}\n', encoding="utf-8")
    assert run(tmp_path) == 2
    err = capsys.readouterr().err
    for said in ("x.csv:2:order_quantity:", "x.csv:3:order_by:", "x.csv:3:sku:", "x.jsonl:1:needed:"):
        assert said in err
    (tmp_path / "none").mkdir()
    assert main(["materials", "--plans", str(tmp_path / "none"), "--bom", "b", "--out", "m.csv"]) == 2
    assert "holds no plans" in capsys.readouterr().err
