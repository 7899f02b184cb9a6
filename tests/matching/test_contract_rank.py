"""`python -m matching rank` on files that strangers wrote, as the contract has it."""

import csv
import gzip
import json
from collections import defaultdict
from pathlib import Path

import pytest
import xlsxwriter

from matching.__main__ import main
from tests.matching.strangers import CHINESE_LISTS, MARKETS, SAME_GOODS, Market
from tests.matching.strangers_by_trade import TRADES

EXPLAINED = ["order_id", "factory_id", "requirements", "signals", "would_win", "model", "evidence"]
HEADER = ["order_id", "factory_id", "rank", "score", "deal_probability", "propensity"]


def _write(folder: Path, market: Market) -> tuple[Path, Path]:
    factories, orders = folder / "factories.csv", folder / "orders.csv"
    factories.write_text(market.factories, encoding="utf-8")
    orders.write_text(market.orders, encoding="utf-8")
    return factories, orders


def _rank(folder: Path, factories: Path, orders: Path, *more: str) -> int:
    out = str(folder / "leads.csv")
    files = ["--factories", str(factories), "--orders", str(orders), "--out", out]
    return main(["rank", *files, "--as-of", "2026-11-22", *more])


def _leads(folder: Path) -> dict[str, list[dict[str, str]]]:
    with (folder / "leads.csv").open(encoding="utf-8", newline="") as stream:
        reader = csv.DictReader(stream)
        rows = list(reader)
    assert reader.fieldnames == HEADER
    by_order: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in rows:
        by_order[row["order_id"]].append(row)
    return by_order


@pytest.mark.parametrize("market", MARKETS, ids=lambda market: market.name)
def test_puts_the_fitting_factory_first_and_explains_it(market: Market, tmp_path: Path) -> None:
    explain = tmp_path / "explain.jsonl"
    assert _rank(tmp_path, *_write(tmp_path, market), "--explain", str(explain)) == 0
    leads = _leads(tmp_path)
    assert {order: rows[0]["factory_id"] for order, rows in leads.items()} == market.best
    told = [json.loads(line) for line in explain.read_text(encoding="utf-8").splitlines()]
    scores = {(row["order_id"], row["factory_id"]): float(row["score"]) for rows in leads.values() for row in rows}
    assert {(lead["order_id"], lead["factory_id"]) for lead in told} == scores.keys()
    for lead in told:
        assert list(lead) == EXPLAINED
        assert {tuple(verdict) for verdict in lead["requirements"]} == {("name", "wanted", "offered", "verdict")}
        assert {tuple(signal) for signal in lead["signals"]} == {("name", "value", "contribution")}
        assert sum(signal["contribution"] for signal in lead["signals"]) == scores[lead["order_id"], lead["factory_id"]]
        assert {verdict["verdict"] for verdict in lead["requirements"]} <= {"meets", "near", "misses", "unknown"}
        assert lead["model"]
        assert lead["evidence"] == 0
    for lead in told:
        if market.best[lead["order_id"]] == lead["factory_id"]:
            verdicts = {verdict["name"]: verdict["verdict"] for verdict in lead["requirements"]}
            assert verdicts["category"] in {"meets", "near"}
            assert "misses" not in verdicts.values()


@pytest.mark.parametrize("market", TRADES, ids=lambda market: market.name)
def test_puts_the_fitting_factory_first_in_every_trade(market: Market, tmp_path: Path) -> None:
    explain = tmp_path / "explain.jsonl"
    assert _rank(tmp_path, *_write(tmp_path, market), "--explain", str(explain)) == 0
    first = {order: rows[0]["factory_id"] for order, rows in _leads(tmp_path).items()}
    assert first == market.best
    told = {(lead["order_id"], lead["factory_id"]): lead for lead in map(json.loads, explain.open(encoding="utf-8"))}
    for lead in (told[found] for found in market.best.items()):
        verdicts = [verdict["verdict"] for verdict in lead["requirements"]]
        assert verdicts.count("meets") > verdicts.count("misses")
        assert any(signal["contribution"] > 0 for signal in lead["signals"])


def test_contradicted_requirements_leave_the_list_and_misses_stand_at_its_end(tmp_path: Path) -> None:
    explain = tmp_path / "explain.jsonl"
    assert _rank(tmp_path, *_write(tmp_path, SAME_GOODS), "--explain", str(explain), "--top", "9") == 0
    ranked = [row["factory_id"] for row in _leads(tmp_path)["only"]]
    assert ranked[0] == "fits"
    assert {"uncertified", "too-small"}.isdisjoint(ranked)
    assert {"too-big", "too-late", "too-dear", "silent"} <= set(ranked)
    told = {lead["factory_id"]: lead for lead in map(json.loads, explain.read_text(encoding="utf-8").splitlines())}
    verdicts = {
        factory: {verdict["name"]: verdict["verdict"] for verdict in lead["requirements"]}
        for factory, lead in told.items()
    }
    assert verdicts["too-big"]["quantity"] == "misses"
    assert verdicts["too-late"]["due"] == "misses"
    assert verdicts["too-dear"]["price"] == "misses"
    assert verdicts["silent"]["quantity"] == "unknown"
    assert {change["change"] for change in told["too-big"]["would_win"]} == {"minimum_quantity"}
    assert {tuple(change) for lead in told.values() for change in lead["would_win"]} == {
        ("change", "from", "to", "deal_probability")
    }
    assert all(change["deal_probability"] > 0 for change in told["too-big"]["would_win"])


def test_ranks_run_from_one_with_falling_scores_and_sure_propensities(tmp_path: Path) -> None:
    assert _rank(tmp_path, *_write(tmp_path, SAME_GOODS)) == 0
    rows = _leads(tmp_path)["only"]
    assert [int(row["rank"]) for row in rows] == list(range(1, len(rows) + 1))
    assert [float(row["score"]) for row in rows] == sorted((float(row["score"]) for row in rows), reverse=True)
    assert {float(row["propensity"]) for row in rows} == {1.0}


@pytest.mark.parametrize("form", ["gb18030", "utf-8-sig", "gz", "xlsx"])
def test_reads_every_form_of_table_alike(form: str, tmp_path: Path) -> None:
    factories, orders = _write(tmp_path, CHINESE_LISTS)
    assert _rank(tmp_path, factories, orders) == 0
    expected = (tmp_path / "leads.csv").read_bytes()
    other = tmp_path / ("factories.xlsx" if form == "xlsx" else "factories.csv.gz" if form == "gz" else "other.csv")
    if form == "gz":
        other.write_bytes(gzip.compress(factories.read_bytes()))
    elif form == "xlsx":
        with xlsxwriter.Workbook(other) as book:
            sheet = book.add_worksheet()
            for number, row in enumerate(csv.reader(CHINESE_LISTS.factories.splitlines())):
                for place, cell in enumerate(row):
                    sheet.write(number, place, int(cell) if cell.isdigit() else cell)
    else:
        other.write_text(CHINESE_LISTS.factories, encoding=form)
    assert _rank(tmp_path, other, orders) == 0
    assert (tmp_path / "leads.csv").read_bytes() == expected


def test_the_same_rows_in_another_order_give_the_same_bytes(tmp_path: Path) -> None:
    factories, orders = _write(tmp_path, CHINESE_LISTS)
    assert _rank(tmp_path, factories, orders, "--explore", "0.3", "--seed", "4") == 0
    expected = (tmp_path / "leads.csv").read_bytes()
    for path in (factories, orders):
        header, *rows = path.read_text(encoding="utf-8").splitlines()
        path.write_text("\n".join([header, *reversed(rows)]) + "\n", encoding="utf-8")
    assert _rank(tmp_path, factories, orders, "--explore", "0.3", "--seed", "4") == 0
    assert (tmp_path / "leads.csv").read_bytes() == expected


def test_respects_the_leads_each_factory_wants_and_names_orders_that_get_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.csv").write_text("factory_id,categories,leads_per_week\nF,mug,1\nG,mug,1\n", encoding="utf-8")
    (tmp_path / "o.csv").write_text("order_id,category,quantity\nA,mug,9\nB,mug,9\nC,mug,9\n", encoding="utf-8")
    assert _rank(tmp_path, tmp_path / "f.csv", tmp_path / "o.csv", "--respect-limits", "--top", "1") == 0
    leads = _leads(tmp_path)
    assert sorted(row["factory_id"] for rows in leads.values() for row in rows) == ["F", "G"]
    assert len(leads) == 2
    left_out = ({"A", "B", "C"} - leads.keys()).pop()
    assert f"order {left_out}: no feasible factory (2 are feasible, but none has room" in capsys.readouterr().err


def test_names_orders_without_a_feasible_factory_with_the_reason(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.csv").write_text(
        "factory_id,categories,certifications,capacity_per_week\nF,mug,,10\nG,mug,BSCI,\n", encoding="utf-8"
    )
    (tmp_path / "o.csv").write_text(
        "order_id,category,certifications,quantity,due_on\nA,mug,FDA,9999,2026-12-22\nB,mug,,9,2026-11-01\n"
        "C,mug,,9,2026-12-22\n",
        encoding="utf-8",
    )
    assert _rank(tmp_path, tmp_path / "f.csv", tmp_path / "o.csv") == 0
    assert list(_leads(tmp_path)) == ["C"]
    err = capsys.readouterr().err
    assert "order A: no feasible factory (1 lack a required certificate, 1 have too little capacity" in err
    assert "order B: no feasible factory (2 could not start before the due date passed)" in err
    assert "note: fewer than 5 leads, none is padded: C (2)" in err


def test_names_orders_whose_goods_no_word_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "f.csv").write_text("factory_id,categories\nF,mug\n", encoding="utf-8")
    (tmp_path / "o.csv").write_text("order_id,title,quantity\n乙,求购一批货,9\n甲,马克杯,9\n", encoding="utf-8")
    assert _rank(tmp_path, tmp_path / "f.csv", tmp_path / "o.csv") == 0
    assert "note: no goods recognised, ranked by the rest: 乙\n" in capsys.readouterr().err
    assert _leads(tmp_path).keys() == {"甲", "乙"}


def test_exploration_writes_propensities_below_one(tmp_path: Path) -> None:
    factories = "factory_id,categories\n" + "".join(f"F{number:02},mug\n" for number in range(40))
    orders = "order_id,category,quantity\n" + "".join(f"O{number:03},mug,9\n" for number in range(200))
    (tmp_path / "f.csv").write_text(factories, encoding="utf-8")
    (tmp_path / "o.csv").write_text(orders, encoding="utf-8")
    assert _rank(tmp_path, tmp_path / "f.csv", tmp_path / "o.csv", "--explore", "0.2") == 0
    propensities = [float(row["propensity"]) for rows in _leads(tmp_path).values() for row in rows]
    assert set(propensities) == {0.8, 0.05}
    assert propensities.count(0.05) / len(propensities) == pytest.approx(0.2, abs=0.05)


OUTCOMES = "order_id,factory_id,offered_on,rank,propensity,accepted,won\n"


def test_learns_from_outcomes_and_counts_the_closed_ones(tmp_path: Path) -> None:
    factories, orders = _write(tmp_path, SAME_GOODS)
    (tmp_path / "past.csv").write_text("order_id,category,quantity\nP,T-shirt,400\n", encoding="utf-8")
    (tmp_path / "outcomes.csv").write_text(
        OUTCOMES + "P,fits,2026-10-01,1,1,1,1\nP,silent,2026-10-01,2,1,0,\nP,too-big,2026-10-01,3,1,,\n",
        encoding="utf-8",
    )
    explain = tmp_path / "explain.jsonl"
    history = ["--past-orders", str(tmp_path / "past.csv"), "--outcomes", str(tmp_path / "outcomes.csv")]
    assert _rank(tmp_path, factories, orders, *history, "--explain", str(explain), "--top", "9") == 0
    told = [json.loads(line) for line in explain.read_text(encoding="utf-8").splitlines()]
    assert {lead["evidence"] for lead in told} == {2}
    record = {
        lead["factory_id"]: signal["value"] for lead in told for signal in lead["signals"] if signal["name"] == "record"
    }
    assert record["fits"] > record["too-late"] > record["silent"]


@pytest.mark.parametrize(
    ("name", "content", "faults"),
    [
        ("factories", "factory_id,moq\nF,many\nF2,-1\n", [":2:moq: 'many'", ":3:moq: '-1'"]),
        ("factories", "name\nsomebody\n", [":1:factory_id: the column is missing"]),
        ("factories", "factory_id,unit_price_low,unit_price_high\nF,9,3\n", [":2:unit_price_low: 9 is above"]),
        ("factories", "factory_id\nF\nF\n", [":3:factory_id: factory_id 'F' stands already in row 2"]),
        ("orders", "order_id,quantity,due_on\nA,0,2026-13-01\nB,,\n", [":2:quantity:", ":2:due_on:", ":3:quantity:"]),
        (
            "outcomes",
            OUTCOMES + "P,fits,2026-11-22,,,1,1\nQ,fits,2026-01-01,,,1,1\n",
            [":2:offered_on: 2026-11-22 is not before --as-of 2026-11-22", ":3:order_id: order 'Q' is not among"],
        ),
    ],
)
def test_refuses_faulty_files_and_leaves_the_output_alone(
    name: str, content: str, faults: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = dict(zip(("factories", "orders"), _write(tmp_path, SAME_GOODS), strict=True))
    past, outcomes = tmp_path / "past.csv", tmp_path / "outcomes.csv"
    past.write_text("order_id,quantity\nP,400\n", encoding="utf-8")
    outcomes.write_text(OUTCOMES, encoding="utf-8")
    {**files, "outcomes": outcomes}[name].write_text(content, encoding="utf-8")
    (tmp_path / "leads.csv").write_text("as it was", encoding="utf-8")
    status = _rank(
        tmp_path, files["factories"], files["orders"], "--past-orders", str(past), "--outcomes", str(outcomes)
    )
    assert status == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == len(faults)
    for line, fault in zip(lines, faults, strict=True):
        assert f"{name}.csv{fault}" in line
    assert (tmp_path / "leads.csv").read_text(encoding="utf-8") == "as it was"


def _made_up(folder: Path, factories: int, orders: int) -> tuple[Path, Path]:
    """A market of mug makers and orders, in no order of ids."""
    lines = [f"F{number * 7 % factories:03},mug,{number % 5},{20 + number}" for number in range(factories)]
    wanted = [f"O{number * 7 % orders:03},mug,{1 + number % 9},陶瓷马克杯 {number}" for number in range(orders)]
    paths = folder / "made.csv", folder / "wanted.csv"
    paths[0].write_text("factory_id,categories,leads_per_week,moq\n" + "\n".join(lines) + "\n", encoding="utf-8")
    paths[1].write_text("order_id,category,quantity,title\n" + "\n".join(wanted) + "\n", encoding="utf-8")
    return paths


@pytest.mark.parametrize("limits", [(), ("--respect-limits",)], ids=["free", "within limits"])
def test_gives_the_same_bytes_with_any_workers_and_blocks(
    limits: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    factories, orders = _made_up(tmp_path, 12, 31)
    explain = tmp_path / "explain.jsonl"
    options = ["--explore", "0.3", "--seed", "5", "--explain", str(explain), "--top", "2", *limits]
    assert _rank(tmp_path, factories, orders, *options) == 0
    expected = (tmp_path / "leads.csv").read_bytes(), explain.read_bytes()
    assert len(expected[0].splitlines()) > 20
    monkeypatch.setattr("matching.commands.order_stream.BLOCK", 4)
    for workers in ("1", "2"):
        assert _rank(tmp_path, factories, orders, *options, "--workers", workers) == 0
        assert ((tmp_path / "leads.csv").read_bytes(), explain.read_bytes()) == expected
    ids = [row.split(b",")[0] for row in expected[0].splitlines()[1:]]
    assert ids == sorted(ids)


def test_says_in_one_line_which_workers_cannot_be_had(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _rank(tmp_path, *_made_up(tmp_path, 2, 2), "--workers", "tcp://127.0.0.1:9") == 2
    assert capsys.readouterr().err == "error: no Dask scheduler answers at tcp://127.0.0.1:9\n"
    assert not (tmp_path / "leads.csv").exists()


@pytest.mark.parametrize(
    ("factories", "orders", "leads", "told"),
    [
        ("factory_id\nF\n", "order_id,quantity\nA,5\n", 1, "no goods recognised"),
        ("factory_id,description\nF,\nG,   \n", "order_id,quantity,title,description\nA,5,,  \n", 2, "no goods recog"),
        (
            "factory_id,categories,leads_per_week\nF,mug,0\nG,mug,0\n",
            "order_id,category,quantity\nA,mug,5\n",
            0,
            "room",
        ),
        ("factory_id,categories\n", "order_id,category,quantity\nA,mug,5\n", 0, "no feasible factory (there are no"),
        ("factory_id,categories\nF,mug\n", "order_id,category,quantity\n", 0, ""),
    ],
    ids=["one factory", "nothing said", "all at their limit", "no factory", "no order"],
)
def test_answers_sanely_where_there_is_little_to_go_by(
    factories: str, orders: str, leads: int, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.csv").write_text(factories, encoding="utf-8")
    (tmp_path / "o.csv").write_text(orders, encoding="utf-8")
    assert _rank(tmp_path, tmp_path / "f.csv", tmp_path / "o.csv", "--respect-limits") == 0
    assert sum(len(rows) for rows in _leads(tmp_path).values()) == leads
    assert told in capsys.readouterr().err


def test_a_thousand_factories_without_history_give_full_lists_by_fit(tmp_path: Path) -> None:
    factories, orders = _made_up(tmp_path, 1000, 6)
    assert _rank(tmp_path, factories, orders) == 0
    assert [len(rows) for rows in _leads(tmp_path).values()] == [5] * 6


@pytest.mark.parametrize("cell", ["NaN", "nan", "inf", "-", "N/A"])
def test_a_number_that_is_none_is_refused_not_guessed(
    cell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "f.csv").write_text(f"factory_id,moq,unit_price_low\nF,{cell},{cell}\n", encoding="utf-8")
    (tmp_path / "o.csv").write_text(f"order_id,quantity,target_unit_price\nA,{cell},{cell}\nA,1,1\n", encoding="utf-8")
    assert _rank(tmp_path, tmp_path / "f.csv", tmp_path / "o.csv") == 2
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(".csv")[1].split(": ")[0] for line in lines] == [
        ":2:moq", ":2:unit_price_low", ":2:quantity", ":2:target_unit_price", ":3:order_id",
    ]  # fmt: skip
    assert not (tmp_path / "leads.csv").exists()
