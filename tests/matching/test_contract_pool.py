"""`python -m matching pool` and `gather`, as the contract has them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.pooling.bounds import relaxation_bound
from benchmarks.pooling.instances import Shape, generated
from matching.__main__ import main
from matching.pooling.problem import OUTSIDE, PoolingProblem, breaches_of, value_of


def _pool(folder: Path, *more: str) -> int:
    files = [part for name in ("orders", "pools", "candidates") for part in (f"--{name}", str(folder / f"{name}.csv"))]
    return main(["pool", *files, "--out", str(folder / "assignment.csv"), *more])


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _write(folder: Path, orders: str, pools: str, candidates: str) -> None:
    for name, content in (("orders", orders), ("pools", pools), ("candidates", candidates)):
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")


def _write_problem(folder: Path, problem: PoolingProblem) -> None:
    pools = zip(problem.minimum, problem.capacity, strict=True)
    pairs = zip(problem.candidate_order, problem.candidate_pool, problem.candidate_score, strict=True)
    _write(
        folder,
        "order_id,quantity\n" + "".join(f"o{place},{pieces}\n" for place, pieces in enumerate(problem.quantity)),
        "pool_id,moq,capacity\n" + "".join(f"p{place},{least},{most}\n" for place, (least, most) in enumerate(pools)),
        "order_id,pool_id,score\n" + "".join(f"o{order},p{pool},{float(score)!r}\n" for order, pool, score in pairs),
    )


@pytest.mark.parametrize("effort", ["quick", "standard", "thorough"])
def test_writes_a_feasible_assignment_near_the_bound(effort: str, tmp_path: Path) -> None:
    problem = generated(Shape(400, 1.2), seed=2)
    _write_problem(tmp_path, problem)
    assert _pool(tmp_path, "--effort", effort) == 0
    first = (tmp_path / "assignment.csv").read_bytes()
    assert _pool(tmp_path, "--effort", effort) == 0
    assert (tmp_path / "assignment.csv").read_bytes() == first
    assignment = np.full(len(problem.quantity), OUTSIDE)
    for row in _rows(tmp_path / "assignment.csv"):
        assignment[int(row["order_id"][1:])] = int(row["pool_id"][1:])
    assert list(breaches_of(problem, assignment.tolist())) == []
    assert value_of(problem, assignment) / relaxation_bound(problem) >= 0.98


def test_tables_that_need_the_careful_reader_give_the_same_bytes(tmp_path: Path) -> None:
    _write_problem(tmp_path, generated(Shape(200, 2.0), seed=3))
    assert _pool(tmp_path) == 0
    first = (tmp_path / "assignment.csv").read_bytes()
    for name in ("orders", "pools", "candidates"):
        path = tmp_path / f"{name}.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(",", ", "), encoding="utf-8")
        assert _pool(tmp_path) == 0
        assert (tmp_path / "assignment.csv").read_bytes() == first


def test_pools_that_cannot_run_leave_a_header_alone(tmp_path: Path) -> None:
    _write(tmp_path, "order_id,quantity\na,5\n", "pool_id,moq,capacity\np,9,\n", "order_id,pool_id,score\na,p,1\n")
    assert _pool(tmp_path) == 0
    assert (tmp_path / "assignment.csv").read_text(encoding="utf-8") == "order_id,pool_id\n"


def test_refuses_all_faults_of_all_files_and_writes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _write(
        tmp_path,
        "order_id,quantity\na,0\nb,5\n",
        "pool_id,moq,capacity\np,9,3\n",
        "order_id,pool_id,score\nb,p,-1\nb,q,1\nc,p,1\nb,p,nan\n",
    )
    assert _pool(tmp_path) == 2
    told = [line.split("/")[-1] for line in capsys.readouterr().err.splitlines()]
    starts = [
        "orders.csv:2:quantity:",
        "pools.csv:2:capacity: 3 is below moq 9",
        "candidates.csv:2:score:",
        "candidates.csv:3:pool_id: 'q' is not in the table of --pools",
        "candidates.csv:4:order_id: 'c' is not in the table of --orders",
        "candidates.csv:5:score:",
        "candidates.csv:5:order_id: order_id 'b' and pool_id 'p' stands already in row 2",
    ]
    assert len(told) == len(starts)
    assert all(line.startswith(start) for line, start in zip(told, starts, strict=True))
    assert not (tmp_path / "assignment.csv").exists()


FACTORIES = """factory_id,categories,processes,moq,capacity_per_week,lead_time_days,unit_price_low,unit_price_high
甲,毛衣,横机,300,900,25,90,150
乙,sweater,flat knitting,500,900,30,100,160
丙,,,,,,,
"""
ORDERS = """order_id,title,description,category,processes,materials,quantity,due_on,currency
一,羊绒衫,12针藏青色羊绒圆领毛衣,,,,150,2027-02-10,CNY
二,Cashmere sweater,"navy cashmere sweater, 12 gauge",,,,180,2027-02-20,CNY
三,藏青羊绒开衫,12针,毛衣,横机,羊绒,120,2027-01-30,CNY
四,红色羊绒衫,12针大红色羊绒毛衣,,,,160,2027-02-10,CNY
五,whatever,please quote,,,,10,,
"""


def test_gathers_orders_in_both_languages_by_what_causes_the_minimum(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.csv").write_text(FACTORIES, encoding="gb18030")
    (tmp_path / "o.csv").write_text(ORDERS, encoding="utf-8-sig")
    files = ["--factories", str(tmp_path / "f.csv"), "--orders", str(tmp_path / "o.csv")]
    outputs = ["--out", str(tmp_path / "pools.csv"), "--explain", str(tmp_path / "pools.jsonl")]
    assert main(["gather", *files, *outputs, "--as-of", "2026-11-22"]) == 0
    rows = _rows(tmp_path / "pools.csv")
    assert {row["order_id"] for row in rows} >= {"一", "二"}
    assert not {"四", "五"} & {row["order_id"] for row in rows}
    assert len({row["pool_id"] for row in rows}) == 1
    for row in rows:
        assert row["constraint"] == "knit-yarn-lot"
        assert "material=cashmere" in row["shared"]
        assert 0 < float(row["gain"]) < 1
        assert float(row["unit_price_pooled"]) < float(row["unit_price_alone"])
    (told,) = map(json.loads, (tmp_path / "pools.jsonl").read_text(encoding="utf-8").splitlines())
    assert told["constraint"]["name_zh"] == "纱线缸号与针型"
    assert told["missing"] == 0
    assert told["price_ranges"] == 2
    assert "order 五: not pooled" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["rank", "pool", "gather"])
def test_the_example_of_each_command_runs_as_printed(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    printed = capsys.readouterr().out.rpartition("python -m matching ")[2].split()
    moved = [
        str(tmp_path / Path(word).name) if printed[place - 1] in {"--out", "--explain"} else word
        for place, word in enumerate(printed)
    ]
    assert main(moved) == 0
    assert (tmp_path / Path(printed[printed.index("--out") + 1]).name).exists()
