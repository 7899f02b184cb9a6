"""The frame of the command line: examples run as printed, refusals leave nothing, the same bytes twice."""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from matching.__main__ import COMMANDS, build_parser, main

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "matching" / "examples"


def example(name: str) -> list[str]:
    """The words of the example that the help of a command prints."""
    help_text = " ".join(COMMANDS[name].EXAMPLE.split())
    return shlex.split(help_text)


def in_folder(words: Sequence[str], folder: Path) -> list[str]:
    """The same command with its outputs in a folder of the test."""
    moved = list(words)
    for place, word in enumerate(moved):
        if word in ("--out", "--explain"):
            moved[place + 1] = str(folder / moved[place + 1])
    return moved


@pytest.mark.parametrize("name", COMMANDS)
def test_the_example_of_the_help_runs_as_printed_and_gives_the_same_bytes_twice(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    words = example(name)
    assert words[0] == name
    if name == "train-encoder":
        words += ["--steps", "3"]
    written = []
    for again in ("once", "twice"):
        folder = tmp_path / again
        folder.mkdir()
        assert main(in_folder(words, folder)) == 0
        written.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()})
    assert written[0]
    assert written[0] == written[1]


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_every_command_ends_with_its_example(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        build_parser().parse_args([name, "--help"])
    assert left.value.code == 0
    told = capsys.readouterr().out.rstrip()
    assert told.endswith(f"example:\n  python -m matching {COMMANDS[name].EXAMPLE}")
    assert "--seed" in told


def test_runs_as_a_module_and_stays_silent_without_a_terminal(tmp_path: Path) -> None:
    words = in_folder(example("search"), tmp_path)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "matching", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("", "")


CORPUS = '{"id": "d1", "title": "羊绒毛衣"}\n{"id": 2, "parts": ["cotton", {"x": "mug"}], "price": 5}\n'
QUERIES = "query_id,text\nq1,sweater\nq2,马克杯\n"


def search(folder: Path, corpus: str = CORPUS, queries: str = QUERIES, pairs: str | None = None, *more: str) -> int:
    (folder / "corpus.jsonl").write_text(corpus, "utf-8")
    (folder / "queries.csv").write_text(queries, "utf-8")
    words = ["search", "--corpus", str(folder / "corpus.jsonl"), "--queries", str(folder / "queries.csv")]
    if pairs is not None:
        (folder / "pairs.csv").write_text(pairs, "utf-8")
        words += ["--pairs", str(folder / "pairs.csv")]
    return main([*words, "--out", str(folder / "run.trec"), *more])


def run_lines(folder: Path) -> list[list[str]]:
    return [line.split(" ") for line in (folder / "run.trec").read_text("utf-8").splitlines()]


REFUSED: dict[str, tuple[dict[str, str], list[str]]] = {
    "no json": ({"corpus": CORPUS + "{oops\n"}, ["corpus.jsonl:3:*: is no JSON"]),
    "not a number of JSON": ({"corpus": '{"id": "a", "x": NaN}\n'}, ["corpus.jsonl:1:*: is no JSON"]),
    "no object": ({"corpus": "[1]\n"}, ["corpus.jsonl:1:*: is JSON but no object"]),
    "no id": ({"corpus": '{"title": "a"}\n'}, ["corpus.jsonl:1:id: the id is missing"]),
    "id with a blank": ({"corpus": '{"id": "a b"}\n'}, ["corpus.jsonl:1:id: the id 'a b' holds a blank"]),
    "id twice": (
        {"corpus": '{"id": "2", "x": "a"}\n\n{"id": 2}\n'},
        ["corpus.jsonl:3:id: the id '2' stands already in row 1"],
    ),
    "query without text": ({"queries": "query_id,text\nq1,\n"}, ["queries.csv:2:text: the cell is empty"]),
    "query twice": (
        {"queries": QUERIES + "q1,mug\n"},
        ["queries.csv:4:query_id: query_id 'q1' stands already in row 2"],
    ),
    "unknown pair": (
        {"pairs": "query_id,doc_id\nq1,d1\nq9,d1\nq1,d9\n"},
        ["pairs.csv:3:query_id: stands in no row of the queries", "pairs.csv:4:doc_id: stands in no row of the corpus"],
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_refusal_tells_every_fault_and_writes_nothing(
    case: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, expected = REFUSED[case]
    (tmp_path / "run.trec").write_text("before", "utf-8")
    assert search(tmp_path, **files) == 2
    told = capsys.readouterr().err.splitlines()
    assert len(told) == len(expected), told
    for line, beginning in zip(told, expected, strict=True):
        assert line.startswith(str(tmp_path / beginning)), line
        assert "accepted: " in line
    assert (tmp_path / "run.trec").read_text("utf-8") == "before"


@pytest.mark.parametrize(
    ("out", "explain", "message"),
    [
        ("factories.csv", "e.jsonl", "factories.csv:0:*: is --factories too; accepted: another path for --out"),
        ("leads.csv", "orders.csv", "orders.csv:0:*: is --orders too; accepted: another path for --explain"),
        ("same.csv", "same.csv", "same.csv:0:*: is --out too; accepted: another path for --explain"),
        ("leads.csv", "link.csv", "link.csv:0:*: is --orders too; accepted: another path for --explain"),
    ],
)
def test_an_output_never_takes_the_place_of_an_input_or_of_the_other_output(
    out: str, explain: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("factories.csv", "orders.csv"):
        (tmp_path / name).write_bytes((EXAMPLES / name).read_bytes())
    (tmp_path / "link.csv").symlink_to(tmp_path / "orders.csv")
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    inputs = ["--factories", str(tmp_path / "factories.csv"), "--orders", str(tmp_path / "orders.csv")]
    assert main(["rank", *inputs, "--out", str(tmp_path / out), "--explain", str(tmp_path / explain)]) == 2
    assert capsys.readouterr().err.strip().endswith(message)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_ranks_documents_by_any_text_field_best_first(tmp_path: Path) -> None:
    assert search(tmp_path) == 0
    lines = run_lines(tmp_path)
    assert [(line[0], line[2]) for line in lines if line[3] == "1"] == [("q1", "d1"), ("q2", "2")]
    for query in ("q1", "q2"):
        of_query = [line for line in lines if line[0] == query]
        assert [line[3] for line in of_query] == [str(rank) for rank in range(1, len(of_query) + 1)]
        scores = [float(line[4]) for line in of_query]
        assert scores == sorted(scores, reverse=True)
        assert all((line[1], line[5]) == ("Q0", "weft") for line in of_query)


def test_scores_just_the_pairs_and_keeps_those_without_a_match(tmp_path: Path) -> None:
    assert search(tmp_path, pairs="query_id,doc_id\nq2,d1\nq2,2\n") == 0
    assert [(line[0], line[2], line[3]) for line in run_lines(tmp_path)] == [("q2", "2", "1"), ("q2", "d1", "2")]


def test_documents_without_text_are_told_and_never_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(tmp_path, corpus=CORPUS + '{"id": "empty", "n": 5}\n') == 0
    assert re.fullmatch(r"warning: .*get the score 0: 1\n", capsys.readouterr().err)
    assert "empty" not in {line[2] for line in run_lines(tmp_path)}


def test_a_missing_model_is_one_clear_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert search(tmp_path, CORPUS, QUERIES, None, "--embedder", "no/such-model") == 2
    assert capsys.readouterr().err == (
        "error: the embedder 'no/such-model' is not on this machine as a name or a path: hf download no/such-model\n"
    )
    assert not (tmp_path / "run.trec").exists()


@pytest.mark.parametrize(
    ("content", "rows"),
    [("羊绒\n\nmug\n".encode(), 3), ("羊绒\r\nmug".encode("gb18030"), 2), (b"", 0), (b"\n" * 5000, 5000)],
    ids=["blank line", "gb18030 without a last line end", "no lines", "more than one batch"],
)
def test_encodes_one_unit_row_a_line(tmp_path: Path, content: bytes, rows: int) -> None:
    (tmp_path / "texts.txt").write_bytes(content)
    assert main(["encode", "--texts", str(tmp_path / "texts.txt"), "--out", str(tmp_path / "v.npy")]) == 0
    vectors = np.load(tmp_path / "v.npy")
    assert vectors.shape[0] == rows
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("content", [None, b"a\x00b"], ids=["missing", "no text"])
def test_encode_refuses_what_is_no_text_file(
    tmp_path: Path, content: bytes | None, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "texts.txt"
    if content is not None:
        path.write_bytes(content)
    assert main(["encode", "--texts", str(path), "--out", str(tmp_path / "v.npy")]) == 2
    assert capsys.readouterr().err.startswith(f"{path}:0:*: ")
    assert not (tmp_path / "v.npy").exists()


def test_training_refuses_to_replace_what_is_no_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "diary.txt").write_text("mine", "utf-8")
    assert main(["train-encoder", "--out", str(tmp_path)]) == 2
    assert "accepted: a new folder" in capsys.readouterr().err
    assert (tmp_path / "diary.txt").read_text("utf-8") == "mine"


def test_the_examples_say_that_they_are_synthetic() -> None:
    assert "synthetic" in (EXAMPLES / "README.md").read_text("utf-8")
    for line in (EXAMPLES / "corpus.jsonl").read_text("utf-8").splitlines():
        assert json.loads(line)["label"] == "synthetic"
