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
    "factory_id,categories,processes,certifications,denied\n"
    "F1,sweater,flat knitting,,\nF2,sweater,flat knitting;embroidery,,\nF3,杯,,,\n"
)


def ask(folder: Path, factories: str = FACTORIES, *more: str) -> int:
    (folder / "factories.csv").write_text(factories, "utf-8")
    (folder / "orders.csv").write_text(ORDERS, "utf-8")
    named = ["--factories", str(folder / "factories.csv"), "--orders", str(folder / "orders.csv")]
    return main(["ask", *named, "--out", str(folder / "questions.csv"), "--as-of", "2026-11-22", *more])


def asked(folder: Path) -> list[tuple[str, str, str]]:
    with (folder / "questions.csv").open(encoding="utf-8", newline="") as source:
        return [(row["factory_id"], row["kind"], row["id"]) for row in csv.DictReader(source)]


def test_every_factory_is_asked_what_it_does_not_tell_and_its_trade_wants(tmp_path: Path) -> None:
    assert ask(tmp_path) == 0
    found = asked(tmp_path)
    assert {("F1", "process", "embroidery"), ("F1", "certification", "bsci"), ("F2", "certification", "bsci")} <= {
        *found
    }
    assert ("F2", "process", "embroidery") not in found
    assert not {("F3", "process", "embroidery"), ("F3", "certification", "bsci")} & {*found}
    assert ask(tmp_path, FACTORIES, "--most", "1") == 0
    assert [name for name, _, _ in asked(tmp_path)] == ["F1", "F2", "F3"]


@pytest.mark.parametrize("word", ["embroidery", "绣花"])
def test_a_no_is_not_asked_again(word: str, tmp_path: Path) -> None:
    assert (
        ask(tmp_path, FACTORIES.replace("F1,sweater,flat knitting,,", f"F1,sweater,flat knitting,,Process:{word}")) == 0
    )
    assert ("F1", "process", "embroidery") not in asked(tmp_path)
    assert ("F1", "certification", "bsci") in asked(tmp_path)


@pytest.mark.parametrize(("denied", "told"), [("embroidery", "'embroidery'"), ("colour:red", "'colour:red'")])
def test_a_no_that_does_not_say_to_what_is_a_fault(
    denied: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ask(tmp_path, FACTORIES.replace("F3,杯,,,", f"F3,杯,,,{denied}")) == 2
    line = capsys.readouterr().err.strip()
    assert line.startswith(
        f"{tmp_path / 'factories.csv'}:4:denied: {told} does not tell what is denied; accepted: category:"
    )
    assert not (tmp_path / "questions.csv").exists()
