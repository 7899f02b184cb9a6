"""Outputs appear whole or not at all."""

import gzip
from pathlib import Path

import pytest

from matching.tables import BadInput, Outputs


def test_a_failure_leaves_every_output_as_it_was(tmp_path: Path) -> None:
    kept, fresh = tmp_path / "kept.csv", tmp_path / "fresh.csv"
    kept.write_text("before", "utf-8")
    with pytest.raises(RuntimeError), Outputs() as outputs:
        outputs.text(kept).write("after")
        outputs.table(fresh, ["a"]).row(1)
        raise RuntimeError
    assert kept.read_text("utf-8") == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["kept.csv"]


def test_writes_the_same_bytes_every_time_compressed_too(tmp_path: Path) -> None:
    for name in ("one.csv.gz", "two.csv.gz"):
        with Outputs() as outputs:
            outputs.table(tmp_path / name, ["名", "x"]).rows([["羊绒", 0.1], ["a,b", None]])
    first = (tmp_path / "one.csv.gz").read_bytes()
    assert first == (tmp_path / "two.csv.gz").read_bytes()
    assert gzip.decompress(first).decode() == '名,x\n羊绒,0.1\n"a,b",\n'


def test_an_output_may_replace_its_own_input_and_follows_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real.csv", tmp_path / "link.csv"
    real.write_text("in", "utf-8")
    link.symlink_to(real)
    with link.open(encoding="utf-8") as source, Outputs() as outputs:
        outputs.text(link).write(source.read() + " and out")
    assert real.read_text("utf-8") == "in and out"
    assert link.is_symlink()


@pytest.mark.parametrize("name", ["no/such/folder.csv", "."])
def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with Outputs() as outputs, pytest.raises(BadInput, match="accepted: "):
        outputs.text(tmp_path / name)
