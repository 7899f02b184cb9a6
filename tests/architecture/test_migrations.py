"""Migrations stand in one line: two that follow the same one leave a market that cannot start."""

import re

from tests.architecture.source_files import ROOT

VERSIONS = ROOT / "migrations" / "versions"


def test_every_migration_has_the_next_number_and_follows_the_one_before() -> None:
    before = "None"
    for number, path in enumerate(sorted(VERSIONS.glob("[0-9]*.py")), start=1):
        said = path.read_text(encoding="utf-8")
        told = re.findall(r'^(?:down_)?revision[^=\n]* = "?(\w+)"?$', said, re.MULTILINE)
        assert (path.name[:4], told) == (f"{number:04d}", [f"{number:04d}", before]), path.name
        before = f"{number:04d}"
    assert before != "None"
