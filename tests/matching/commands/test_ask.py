"""What factories are asked on the command line, and that an answer put into the file counts."""

import csv
from pathlib import Path

import pytest

from matching.__main__ import main

ORDERS = (
    "order_id,category,processes,certifications,quantity\n"
    "O1,sweater,embroidery,BSCI,300\nO2,sweater,embroidery,BSCI,400\nO3,mug,,,500\n"
)
FACTORIES = (
    "factory_id,categories,processes,certifications,confirmed,denied\n"
    "F1,sweater,flat knitting,,,\nF2,sweater,flat knitting;embroidery,,process:embroidery,\nF3,杯,,,,\n"
)


def ask(folder: Path, factories: str = FACTORIES, *more: str) -> int:
    (folder / "factories.csv").write_text(factories, "utf-8")
    (folder / "orders.csv").write_text(ORDERS, "utf-8")
    named = ["--factories", str(folder / "factories.csv"), "--orders", str(folder / "orders.csv")]
    return main(["ask", *named, "--out", str(folder / "questions.csv"), "--as-of", "2026-11-22", *more])


def asked(folder: Path) -> list[tuple[str, str, str]]:
    with (folder / "questions.csv").open(encoding="utf-8", newline="") as source:
        return [(row["factory_id"], row["kind"], row["id"]) for row in csv.DictReader(source)]


def answered(confirmed: str = "", denied: str = "") -> str:
    """The table with what the first factory said."""
    return FACTORIES.replace("F1,sweater,flat knitting,,,", f"F1,sweater,flat knitting,,{confirmed},{denied}")


def test_every_factory_is_asked_what_its_trade_wants(tmp_path: Path) -> None:
    assert ask(tmp_path) == 0
    found = {*asked(tmp_path)}
    wanted = {("process", "embroidery"), ("certification", "bsci")}
    assert {("F1", *one) for one in wanted} | {("F2", "certification", "bsci")} <= found
    assert not {("F3", *one) for one in wanted} & found
    assert ask(tmp_path, FACTORIES, "--most", "1") == 0
    assert [name for name, _, _ in asked(tmp_path)] == ["F1", "F2", "F3"]


@pytest.mark.parametrize("answer", ["process:embroidery", "Process: 绣花"])
@pytest.mark.parametrize("column", ["confirmed", "denied"])
def test_what_is_answered_is_not_asked_again(column: str, answer: str, tmp_path: Path) -> None:
    assert ask(tmp_path, answered(**{column: answer})) == 0
    found = asked(tmp_path)
    assert ("F1", "process", "embroidery") not in found
    assert ("F1", "certification", "bsci") in found


def test_a_listed_term_is_a_claim_that_may_be_asked_for(tmp_path: Path) -> None:
    assert ask(tmp_path, FACTORIES.replace("process:embroidery", "")) == 0
    questions = [(kind, term) for name, kind, term in asked(tmp_path) if name == "F2"]
    assert ("process", "embroidery") in questions


def test_yes_and_no_to_one_thing_is_a_fault(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, answered("process:linking", "process:linking")) == 2
    expected = "factories.csv:2:denied: 'process:linking' is confirmed too; accepted: one of the two answers"
    assert capsys.readouterr().err.strip().endswith(expected)


@pytest.mark.parametrize("column", ["confirmed", "denied"])
@pytest.mark.parametrize("answer", ["embroidery", "colour:red", "process:"])
def test_an_answer_that_does_not_say_to_what_is_a_fault(
    column: str, answer: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path, answered(**{column: answer})) == 2
    line = capsys.readouterr().err.strip()
    said = answer.removesuffix(":")
    expected = f"factories.csv:2:{column}: '{said}' does not tell what is {column}; accepted: category:"
    assert line.startswith(str(tmp_path / expected))
    assert not (tmp_path / "questions.csv").exists()
