"""Rows of a pack file: safe YAML whose mappings know their lines, getters that note a fault instead of raising."""

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

try:
    from yaml import CSafeLoader as _SafeLoader  # libyaml reads the packs ten times faster where it is built in.
except ImportError:
    from yaml import SafeLoader as _SafeLoader  # type: ignore[assignment]  # The same interface in plain Python.

MOST_CHARACTERS: Final = 512 * 1024
MOST_NODES: Final = 60_000
DEEPEST: Final = 12
_LINE: Final = "\0line"
_KEY_LINES: Final = "\0lines"
_LONGEST_SHOWN: Final = 80
_ID_LETTERS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")
_PLAIN_TAGS: Final = (None, "!", "tag:yaml.org,2002:str")


@dataclass(frozen=True, slots=True)
class PackFault:
    """One thing that is wrong with a pack. file: its name. line: 0 when the file as a whole is meant. place: the path.

    what: an English sentence that `values` fill in (%(name)s), so that it can be said in another language too.
    """

    file: str
    line: int
    place: str
    what: str
    values: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        where = [self.file + (f":{self.line}" if self.line else ""), *([self.place] if self.place else [])]
        return ": ".join([*where, self.what % self.values])


class PackError(ValueError):
    """A pack cannot be used. `faults` holds one line for each thing that is wrong, as FILE:LINE: what and where;
    `found` the same as rows."""

    def __init__(self, faults: Iterable[PackFault]) -> None:
        self.found = tuple(faults)
        self.faults = tuple(str(fault) for fault in self.found)
        super().__init__("\n".join(self.faults))


class Notes:
    """What was found while one file was read: its faults, and where each row stands that has an id."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[PackFault] = []
        self.places: dict[tuple[str, str], tuple[int, str]] = {}
        self.key_lines: Mapping[str, int] = {}

    def add(self, line: int, place: str, what: str, /, **values: object) -> None:
        self.faults.append(PackFault(self.file, line, place, what, {name: shown(it) for name, it in values.items()}))

    def about(self, section: str, identifier: str, what: str, /, **values: object) -> None:
        """A fault about the row of a section with this id; about the section's key when there is no such row."""
        line, place = self.places.get((section, identifier), (self.key_lines.get(section, 0), section))
        self.add(line, place, what, **values)


def shown(value: object) -> str:
    """A value as a fault shows it: never longer than a line."""
    text = value if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST_SHOWN else text[: _LONGEST_SHOWN - 1] + "…"


class _RowLoader(_SafeLoader):
    """Builds mappings that know their line and the lines of their keys, and refuses a key that is given twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is not a text", key.start_mark)
            if key.value in lines:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {shown(key.value)!r} is given twice", key.start_mark
                )
            lines[key.value] = key.start_mark.line + 1
        mapping = super().construct_mapping(node, deep=deep)
        mapping[_LINE], mapping[_KEY_LINES] = node.start_mark.line + 1, lines
        return mapping


def read_content(text: str, notes: Notes) -> tuple[bool, object]:
    """The plain values of a YAML text, and whether it could be read at all.

    Refused before anything is built: what is too large or too deep, anchors and aliases, tags of other types.
    """
    if len(text) > MOST_CHARACTERS:
        most = f"{MOST_CHARACTERS // 1024} KiB"
        notes.add(0, "", "is too large; accepted are %(most)s", most=most)
        return False, None
    try:
        if not _is_plain(text, notes):
            return False, None
        # _RowLoader is a SafeLoader: it builds plain values only.
        return True, yaml.load(text, Loader=_RowLoader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        notes.add(line, "", "is not YAML: %(problem)s", problem=error.problem or error.context or "")
    except (yaml.YAMLError, ValueError, TypeError, OverflowError) as error:
        notes.add(0, "", "is not YAML: %(problem)s", problem=" ".join(str(error).split()))
    return False, None


def _is_plain(text: str, notes: Notes) -> bool:
    depth = 0
    before = len(notes.faults)
    for nodes, event in enumerate(yaml.parse(text, Loader=_SafeLoader)):
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            notes.add(line, "", "uses the alias *%(name)s; write it out", name=getattr(event, "anchor", ""))
        elif getattr(event, "anchor", None):
            notes.add(line, "", "names the anchor &%(name)s; write it out", name=getattr(event, "anchor", ""))
        tag = getattr(event, "tag", None)
        if tag not in _PLAIN_TAGS:
            notes.add(line, "", "has the tag %(name)s; accepted are plain values", name=tag)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > DEEPEST or nodes > MOST_NODES:
            notes.add(line, "", "is nested too deep or holds too much")
            return False
    return len(notes.faults) == before


class Row:
    """One mapping of the file. Every getter notes a fault instead of raising, and returns something harmless."""

    def __init__(self, value: object, section: str, place: str, notes: Notes) -> None:
        self.place = place
        self._section = section
        self._notes = notes
        self._values: dict[str, Any] = dict(value) if isinstance(value, dict) else {}
        self.line: int = self._values.pop(_LINE, 0)
        self.key_lines: Mapping[str, int] = self._values.pop(_KEY_LINES, {})
        self._values = {str(key): held for key, held in self._values.items()}
        self._left = set(self._values)
        if not isinstance(value, dict):
            self.fault("is %(kind)s; accepted is a mapping", kind=type(value).__name__)

    def fault(self, what: str, at: str = "", /, **values: object) -> None:
        """at: the key whose line is meant."""
        self._notes.add(self.key_lines.get(at, self.line), self.place, what, **values)

    def take(self, key: str) -> Any:
        self._left.discard(key)
        return self._values.get(key)

    def text(self, key: str, required: bool = False) -> str | None:
        value = self.take(key)
        if value is None and not required:
            return None
        if not isinstance(value, str) or not value.strip():
            self.fault("%(key)s is %(value)s; accepted is a text that is not empty", key, key=key, value=_said(value))
            return None
        return value.strip()

    def identifier(self, key: str = "id") -> str:
        value = self.text(key, required=True) or ""
        if not set(value) <= _ID_LETTERS and not (key == "id" and self._section == "attributes" and "_" in value):
            self.fault("%(key)s is %(value)s; accepted are small letters, digits and hyphens",
                       key, key=key, value=_said(value))  # fmt: skip
        self.place = f"{self.place} ({shown(value)})"
        self._notes.places[self._section, value] = (self.key_lines.get(key, self.line), self.place)
        return value

    def words(self, key: str, required: bool = False) -> tuple[str, ...]:
        value = self.take(key)
        if value is None and not required:
            return ()
        items = [value] if isinstance(value, str | int | float) else value
        if not isinstance(items, list) or (required and not items):
            self.fault("%(key)s is %(value)s; accepted is a list of texts, the name first",
                       key, key=key, value=_said(value))  # fmt: skip
            return ()
        found = tuple(str(item).strip() for item in items if isinstance(item, str | int | float) and str(item).strip())
        if len(found) != len(items):
            self.fault("%(key)s holds something that is not a text", key, key=key)
        return found

    def names(self, key: str) -> tuple[str, tuple[str, ...]]:
        """The name, and the synonyms that follow it."""
        words = self.words(key, required=True)
        return (words[0], words[1:]) if words else ("", ())

    def number(self, key: str, low: float, high: float) -> float:
        value = self.take(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.fault("%(key)s is %(value)s; accepted is a number from %(low)s to %(high)s",
                       key, key=key, value=_said(value), low=f"{low:g}", high=f"{high:g}")  # fmt: skip
            return low
        return float(value)

    def optional_number(self, key: str) -> float | None:
        return None if self._values.get(key) is None else self.number(key, -1e9, 1e9)

    def flag(self, key: str) -> bool:
        value = self.take(key)
        if value is None:
            return False
        if not isinstance(value, bool):
            self.fault("%(key)s is %(value)s; accepted is true or false", key, key=key, value=_said(value))
        return bool(value)

    def rows(self, key: str) -> list["Row"]:
        value = self.take(key)
        if value is None:
            return []
        if not isinstance(value, list):
            self.fault("%(key)s is %(kind)s; accepted is a list", key, key=key, kind=type(value).__name__)
            return []
        return [Row(item, key, f"{key}[{number}]", self._notes) for number, item in enumerate(value)]

    def finish(self) -> None:
        """Notes the keys that nobody asked for."""
        for key in sorted(self._left):
            known = ", ".join(sorted(set(self._values) - self._left))
            self.fault("unknown key %(key)s; known here are %(known)s", key, key=_said(key), known=known)


def _said(value: object) -> str:
    if isinstance(value, dict):
        return "{…}"
    if isinstance(value, list):
        return shown(repr([_said(item) if isinstance(item, dict | list) else item for item in value]))
    return shown(repr(value)) if not isinstance(value, int) or abs(value) < 10**18 else "…"
