"""Vendored libraries are the published ones, with version, licence and checksum; icons that are named are drawn."""

import hashlib
import re
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask, url_for

from market.kit.look import stamp_static_files
from tests.browser import ROOT

FOLDERS = [ROOT / "static" / "vendor", ROOT / "tests" / "vendor"]
ROW = re.compile(r"^\| (?P<file>\S+) \| \S+ \| [\d.]+ \| \S+ \| (?P<sum>[0-9a-f]{64}) \|$")
ICON_NAMES = re.compile(r"\bicon\(\s*'([a-z-]+)'|\bicon='([a-z-]+)'")


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_listed_with_its_checksum_and_licence(folder: Path) -> None:
    rows = [found for line in (folder / "README.md").read_text().splitlines() if (found := ROW.match(line))]
    listed = {row["file"]: row["sum"] for row in rows}
    present = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in {".js", ".css"}
    }
    assert listed == present
    assert all((folder / name).parent.joinpath("LICENSE").is_file() for name in listed)


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (ROOT / "static" / "img" / "icons.svg").read_text()))
    named = {
        (name, path.relative_to(ROOT).as_posix())
        for path in (ROOT / "market").rglob("templates/**/*.html")
        for names in ICON_NAMES.findall(path.read_text())
        for name in names
        if name
    }
    assert {(name, path) for name, path in named if name not in drawn} == set()
    assert named


def test_no_template_holds_an_inline_script_or_style() -> None:
    inline = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", re.IGNORECASE)
    offenders = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "market").rglob("templates/**/*.html")
        if inline.search(re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.DOTALL))
    ]
    assert offenders == []


def test_address_of_a_static_file_changes_with_its_content(tmp_path: Path) -> None:
    app = Flask(__name__, static_folder=str(tmp_path), static_url_path="/static")
    stamp_static_files(app)
    (tmp_path / "page.css").write_text("body { margin: 0 }")
    with app.test_request_context():
        first = url_for("static", filename="page.css")
        (tmp_path / "page.css").write_text("body { margin: 1px }")
        assert url_for("static", filename="page.css") != first
        assert url_for("static", filename="missing.css") == "/static/missing.css"
    answer = app.test_client().get(first)
    assert answer.cache_control.max_age == 365 * 24 * 3600


def test_the_pages_load_just_the_part_of_tabler_that_they_use() -> None:
    made = subprocess.run([sys.executable, ".ci/styles.py"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert (ROOT / "static" / "css" / "tabler.css").read_text() == made.stdout, "run `make styles`"
