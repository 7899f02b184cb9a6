"""Who may import whom, beyond the order of the capabilities, which import-linter holds in `make check`."""

import ast
import os
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter

import grimp
import pytest

from tests.architecture.source_files import ROOT, parsed, python_files
from tests.architecture.test_map import CAPABILITIES

INSIDE = {"models": 0, "queries": 1, "service": 2, "forms": 3, "views": 4, "api": 4}
# The web door hands the account library the classes that it asks for.
HANDED_ON = {("market.web", "market.identity.models")}
WEB_LIBRARIES = {"flask", "apiflask", "flask_wtf", "flask_babel", "werkzeug", "wtforms"}
WITHOUT_WEB = {"models", "queries", "service", "events"}
HEAVY_LIBRARIES = {
    *("torch", "sentence_transformers", "transformers", "datasets", "sklearn", "lightgbm"),
    *("prophet", "statsforecast", "numba", "pandas"),
}


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    return grimp.build_graph("market", "matching", "forecasting", include_external_packages=True, cache_dir=None)


def own_modules(graph: grimp.ImportGraph) -> set[str]:
    return {name for name in graph.modules if name.split(".")[0] in {"market", "matching", "forecasting"}}


def test_the_biggest_import_cycle_is_one_module(graph: grimp.ImportGraph) -> None:
    own = own_modules(graph)
    order = TopologicalSorter({name: graph.find_modules_directly_imported_by(name) & own for name in own})
    try:
        order.prepare()
    except CycleError as fault:
        pytest.fail("these modules import each other: " + " -> ".join(fault.args[1]))


def level(module: str) -> str:
    """Where a module stands: `import_views` stands with `views`, `import_queries` with `queries`."""
    return module.rpartition("_")[2]


def test_inside_a_capability_imports_go_from_pages_down_to_tables(graph: grimp.ImportGraph) -> None:
    wrong = []
    for name in own_modules(graph):
        for used in graph.find_modules_directly_imported_by(name):
            upper, lower = name.split("."), used.split(".")
            if len(upper) < 3 or upper[:2] != lower[:2] or len(lower) < 3:
                continue
            if INSIDE.get(level(upper[2]), 9) < INSIDE.get(level(lower[2]), -1):
                wrong.append(f"{name} imports {used}, which stands above it")
            if {level(upper[2]), level(lower[2])} == {"views", "api"}:
                wrong.append(f"{name} imports {used}, its sibling")
    assert not wrong, "\n".join(sorted(wrong))


def test_tables_are_imported_by_their_own_capability_alone(graph: grimp.ImportGraph) -> None:
    tables = [name for name in own_modules(graph) if name.split(".")[2:] == ["models"]]
    wrong = [
        f"{reader} imports {table}"
        for table in tables
        for reader in graph.find_modules_that_directly_import(table)
        if reader.rsplit(".", 1)[0] != table.rsplit(".", 1)[0] and (reader, table) not in HANDED_ON
    ]
    assert not wrong, "\n".join(sorted(wrong))


def test_services_queries_and_tables_know_no_web(graph: grimp.ImportGraph) -> None:
    """Not even through others: a job, a command and a test call them without a request. Accounts are the library's."""
    libraries = WEB_LIBRARIES & graph.modules
    verbs = [name for name in own_modules(graph) if name.split(".")[2:3] and level(name.split(".")[2]) in WITHOUT_WEB]
    chains = [graph.find_shortest_chain(name, library) for name in verbs for library in libraries]
    assert not [" -> ".join(chain) for chain in chains if chain]


def test_services_neither_commit_nor_ask_for_the_time() -> None:
    """The edge commits (request, job, command); clock and identifiers are arguments."""
    wrong = []
    for path in python_files("market"):
        if path.parts[1] not in CAPABILITIES or level(path.stem) in {"views", "api", "forms"}:
            continue
        for node in ast.walk(parsed(path)):
            name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if name in {"commit", "rollback", "now", "utcnow", "today"}:
                wrong.append(f"{path}:{node.lineno}: calls {name}()")  # type: ignore[attr-defined]  # a Call has a line
    assert not wrong, "\n".join(wrong)


def test_the_engine_asks_no_clock() -> None:
    wrong = []
    for path in python_files("matching", "forecasting"):
        if path.parts[1] == "commands":  # The command line is a door: it may ask which day it is.
            continue
        for node in ast.walk(parsed(path)):
            name = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
            if name in {"now", "utcnow", "today", "time_ns"}:
                wrong.append(f"{path}:{node.lineno}: calls {name}()")  # type: ignore[attr-defined]  # a Call has a line
    assert not wrong, "\n".join(wrong)


def test_the_processes_that_stay_import_no_heavy_library() -> None:
    """The web process stays near 90 MB and starts in seconds; only training loads torch."""
    told = f"print(*sorted({HEAVY_LIBRARIES!r} & set(sys.modules)))"
    script = f"import sys, app; {told}; import market.worker; {told}"  # The worker stands on nearly all of the web.
    environment = {**os.environ, "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/weft"}
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    loaded = dict(zip(("app", "market.worker"), found.stdout.splitlines(), strict=True))
    assert loaded == {"app": "", "market.worker": ""}
