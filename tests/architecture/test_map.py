"""Every file has a place on the map (docs/architecture.md), and none carries the address of one machine."""

import re
import subprocess

import pytest

from tests.architecture.source_files import ROOT, own_files, project_files

TOP_FOLDERS = {"market", "matching", "forecasting", "migrations", "static", "tests", "benchmarks", "docs", ".ci"}
TOP_FILES = {
    "app.py", "pyproject.toml", "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "Makefile", "Containerfile",
    "requirements.lock", "babel.cfg", ".gitignore", ".gitattributes", ".containerignore", ".dockerignore",
}  # fmt: skip
CAPABILITIES = {
    "identity",
    "factories",
    "orders",
    "pooling",
    "ranking",
    "leads",
    "quotes",
    "replenishment",
    "materials",
    "production",
    "settlement",
    "rooms",
    "payments",
    "reviews",
    "records",
    "moderation",
}
SEAMS = {"market/payments/gateways", "market/payments/sandbox"}
"""Folders of a capability that hold a seam's adapters, and the server that one of them speaks to."""

PLACES_OF_ONE_MACHINE = re.compile(r"(?<![\w.}])/(?:work|root|home/\w+|Users/\w+)/|file:///")
REGISTRIES = re.compile(
    r"\bpypi\.org|pythonhosted\.org|/simple\b|registry\.npmjs|\bmirrors?\.[a-z]+\.[a-z]+", re.IGNORECASE
)
LARGEST_FILE = 12_000_000


def test_the_top_level_is_the_map() -> None:
    stray = {path.parts[0] for path in project_files()} - TOP_FOLDERS - TOP_FILES
    assert not stray, f"not on the map: {sorted(stray)}"


def test_a_capability_holds_the_same_names_everywhere() -> None:
    """Beside the fixed names stand parts of a service that outgrew one file; never another folder or kind of file."""
    stray = [
        str(path)
        for path in own_files()
        if path.parts[0] == "market" and len(path.parts) > 2 and path.parts[1] in CAPABILITIES
        if not (path.suffix == ".py" and len(path.parts) == 3)
        if path.parts[2:4] != ("templates", path.parts[1]) and path.parts[2] != "translations"
        if "/".join(path.parts[:3]) not in SEAMS
    ]
    assert not stray, f"not on the map: {stray}"


@pytest.mark.parametrize("capability", sorted(CAPABILITIES))
def test_a_capability_has_tables_verbs_and_reads_under_their_names(capability: str) -> None:
    names = {path.name for path in own_files() if path.parent.as_posix() == f"market/{capability}"}
    assert {"__init__.py", "models.py", "service.py", "queries.py"} <= names


def test_templates_are_unique_by_name() -> None:
    """Two blueprints with one template name render the first one."""
    names = [path.parts[path.parts.index("templates") + 1 :] for path in own_files() if "templates" in path.parts]
    twice = sorted({"/".join(name) for name in names if names.count(name) > 1})
    assert not twice


def text_lines() -> list[tuple[str, int, str]]:
    lines = []
    for path in own_files():
        try:
            text = (ROOT / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        lines += [(str(path), number, line) for number, line in enumerate(text.splitlines(), start=1)]
    return lines


def test_no_file_names_a_registry_or_a_place_of_one_machine() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:160]}"
        for path, number, line in text_lines()
        if path != "tests/architecture/test_map.py"
        if PLACES_OF_ONE_MACHINE.search(line) or REGISTRIES.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_file_is_too_large_for_a_clone() -> None:
    large = {str(path): (ROOT / path).stat().st_size for path in project_files()}
    assert not {path: size for path, size in large.items() if size > LARGEST_FILE}


def test_no_file_that_the_product_needs_is_ignored() -> None:
    """What git ignores is missing in every clone."""
    listing = subprocess.run(
        ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--", *sorted(TOP_FOLDERS)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    lost = [name for name in listing.split("\0") if name and "__pycache__/" not in name]
    assert not lost, f"git ignores {lost}"
