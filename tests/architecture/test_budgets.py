"""The budgets of the house: short files, short functions, typed returns, no loose ends."""

import ast
import re

import pytest

from tests.architecture.source_files import ROOT, parsed, python_files

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
CODE = (
    "app.py",
    "market",
    "matching",
    "forecasting",
    "tests",
    "benchmarks",
)  # A migration is one list of statements, read once.
LOOSE_ENDS = {
    "a note to finish later": r"\b(TODO|FIXME|HACK)\b",
    "an unwritten part": r"raise NotImplementedError\b",
    "a catch of everything without its reason": r"except (Base)?Exception[^#]*$|except:",
    "a patched dependency": r"\bmock\.patch\b",
    "a silenced type check without its reason": r"#\s*type:\s*ignore(\[[\w, -]+\])?\s*$",
}


def functions(tree: ast.Module) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def test_files_are_short() -> None:
    lengths = {path: len((ROOT / path).read_text(encoding="utf-8").splitlines()) for path in python_files(*CODE)}
    long = {str(path): length for path, length in lengths.items() if length > LONGEST_FILE}
    assert not long, f"longer than {LONGEST_FILE} lines: {long}"


def test_the_entry_point_only_points() -> None:
    assert len((ROOT / "app.py").read_text(encoding="utf-8").splitlines()) <= 15


def test_functions_are_short() -> None:
    long = [
        f"{path}:{node.lineno}: {node.name} has {node.end_lineno - node.lineno + 1} lines"
        for path in python_files(*CODE)
        for node in functions(parsed(path))
        if node.end_lineno and node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert not long, "\n".join(long)


def test_every_function_says_what_it_returns() -> None:
    silent = [
        f"{path}:{node.lineno}: {node.name}"
        for path in python_files(*CODE)
        for node in functions(parsed(path))
        if node.returns is None
    ]
    assert not silent, "\n".join(silent)


@pytest.mark.parametrize("kind", LOOSE_ENDS)
def test_no_loose_ends(kind: str) -> None:
    pattern = re.compile(LOOSE_ENDS[kind])
    found = [
        f"{path}:{number}: {line.strip()}"
        for path in python_files(*CODE)
        if path.name != "test_budgets.py"
        for number, line in enumerate((ROOT / path).read_text(encoding="utf-8").splitlines(), start=1)
        if pattern.search(line)
    ]
    assert not found, f"{kind}:\n" + "\n".join(found)


def test_whole_words_name_files() -> None:
    vague = {"utils", "helpers", "manager", "common", "misc", "util", "helper"}
    found = [str(path) for path in python_files(*CODE) if vague & {part.split(".")[0] for part in path.parts}]
    assert not found, f"names that say nothing: {found}"


def test_every_advisory_lock_has_a_number_of_its_own() -> None:
    """Two purposes with one number wait for each other in silence."""
    numbers = [
        node.value.value
        for path in python_files("market")
        for node in parsed(path).body
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Constant)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id.endswith("LOCK")
    ]
    assert len(numbers) > 2
    assert len(numbers) == len(set(numbers)), f"advisory locks share a number: {sorted(map(str, numbers))}"
