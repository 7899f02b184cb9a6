"""The short way reads what the careful reader reads, to the last bit, or says that it cannot."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.tables import Column, Faults, NotPlain, PlainNames, Table, number, plain_rows, read_table, text, whole
from matching.tables.plain import PlainRows

_TABLE = Table(
    (
        Column("name", text(200), required=True),
        Column("pieces", whole(), required=True),
        Column("score", number(0), required=True),
    ),
    key=("name",),
)
_GOOD = "name,pieces,score\na,1,.5\nbb,20,1.\n"


def _short(path: Path) -> list[tuple[str, int, float]]:
    parts = list(plain_rows(path, _TABLE.names))
    names = PlainNames([rows.words("name", 200) for rows in parts])
    pieces = [int(one) for rows in parts for one in rows.wholes("pieces")]
    scores = [float(one) for rows in parts for one in rows.numbers("score")]
    return list(zip(names.texts(), pieces, scores, strict=True))


def _careful(path: Path) -> tuple[list[tuple[str, int, float]], Faults]:
    faults = Faults(warn=lambda message: None)
    rows = read_table(path, _TABLE, faults)
    return [
        (row.required_text("name"), row.required_whole("pieces"), row.required_number("score")) for row in rows
    ], faults


@pytest.mark.parametrize(
    "content",
    [
        _GOOD,
        _GOOD.replace("\n", "\r\n"),
        _GOOD.removesuffix("\n"),
        _GOOD + "\n",
        "\ufeff" + _GOOD,
        "score,NAME,pieces\n0.1,x,007\n",
        "name,pieces,score\n" + "".join(f"order-{place:040d},{place},0.{place}\n" for place in range(99)),
    ],
)
def test_reads_plain_files_as_the_careful_reader_does(content: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(content.encode())
    rows, faults = _careful(path)
    assert len(faults) == 0
    assert _short(path) == rows
    packed = tmp_path / "rows.csv.gz"
    packed.write_bytes(gzip.compress(content.encode()))
    assert _short(packed) == rows


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("rows.csv", ""),
        ("rows.csv", "name,pieces,score"),
        ("rows.txt", _GOOD),
        ("rows.csv.gz", _GOOD),
        ("rows.csv", "name,pieces\na,1\n"),
        ("rows.csv", "name,pieces,score,more\na,1,1,1\n"),
        ("rows.csv", _GOOD + "c,3\n,1,1,4\n"),
        ("rows.csv", _GOOD + "c,,1\n"),
        ("rows.csv", _GOOD + '"c",1,1\n'),
        ("rows.csv", _GOOD + " c,1,1\n"),
        ("rows.csv", _GOOD + "中,1,1\n"),
        ("rows.csv", _GOOD + "a,1,1\n"),
        ("rows.csv", _GOOD + "c,-1,1\n"),
        ("rows.csv", _GOOD + "c,1.0,1\n"),
        ("rows.csv", _GOOD + "c,1,1e3\n"),
        ("rows.csv", _GOOD + "c,1,nan\n"),
        ("rows.csv", _GOOD + "c,1,1.2.3\n"),
        ("rows.csv", _GOOD + "c,1,.\n"),
        ("rows.csv", _GOOD + "c" * 201 + ",1,1\n"),
    ],
)
def test_leaves_everything_else_to_the_careful_reader(name: str, content: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content.encode())
    with pytest.raises(NotPlain):
        _short(path)


def _pointed(digits: int, behind: int) -> str:
    written = str(digits).zfill(behind)
    return f"{written[: len(written) - behind]}.{written[len(written) - behind :]}" if behind else written


# A decimal in the middle between two doubles, and its neighbours, is where rounding twice goes wrong.
_DECIMALS = st.one_of(
    st.builds(_pointed, st.integers(0, 10**20), st.integers(0, 20)).filter(lambda written: written != "."),
    st.floats(0.0, 1e6).map(lambda value: f"{value!r}").filter(lambda written: "e" not in written),
    st.builds(
        lambda step, off: _pointed((2**53 + 2 * step + 1) * 10 + off, 1), st.integers(0, 2**52), st.integers(-1, 1)
    ),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_DECIMALS, min_size=1, max_size=20))
def test_numbers_are_the_doubles_that_python_reads(cells: list[str]) -> None:
    rows = PlainRows("\n".join(f"x,{cell}" for cell in cells).encode(), ("name", "score"))
    assert rows.numbers("score").tolist() == [float(cell) for cell in cells]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text("abc,.0129\n\r;- ", max_size=8), max_size=8))
def test_never_differs_from_the_careful_reader(tmp_path_factory: pytest.TempPathFactory, parts: list[str]) -> None:
    path = tmp_path_factory.mktemp("plain") / "rows.csv"
    path.write_bytes(("name,pieces,score\n" + ",".join(parts)).encode())
    try:
        rows = _short(path)
    except NotPlain:
        return
    careful, faults = _careful(path)
    assert len(faults) == 0
    assert rows == careful


def test_finds_names_by_place_and_refuses_strangers() -> None:
    known = PlainRows(b"a,1\nlonger-than-eight,2\nb,3\n", ("name", "pieces"))
    names = PlainNames([known.words("name", 200)])
    asked = PlainRows(b"b,1\na,1\nb,1\n", ("name", "pieces")).words("name", 200)
    assert names.places(asked).tolist() == [2, 0, 2]
    assert names.texts() == ["a", "longer-than-eight", "b"]
    for stranger in (b"c,1", b"longer-than-eigh,1", b"longer-than-eight-more,1"):
        with pytest.raises(NotPlain):
            names.places(PlainRows(stranger, ("name", "pieces")).words("name", 200))
    with pytest.raises(NotPlain):
        PlainNames([]).places(asked)
    assert np.array_equal(known.wholes("pieces"), [1, 2, 3])
