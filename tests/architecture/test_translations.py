"""Every word that a reader can meet has its Chinese, and no catalogue keeps a word that nobody says."""

import itertools
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Message
from babel.messages.checkers import python_format
from babel.messages.extract import extract_from_dir

from market.kit.i18n import catalogue_files, read_catalogue
from tests.architecture.source_files import ROOT

KEYWORDS: dict[str, object] = {
    **dict.fromkeys(("_", "gettext", "lazy_gettext"), None),
    **dict.fromkeys(("ngettext", "lazy_ngettext"), (1, 2)),
    **dict.fromkeys(("pgettext", "lazy_pgettext"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "lazy_npgettext"), ((1, "c"), 2, 3)),
}
TEMPLATES = "**/templates/**.html"
Key = tuple[str | None, str]


@cache
def spoken() -> dict[Key, str]:
    """Each message in templates and Python, by context and singular, with the first place that says it."""
    found: dict[Key, str] = {}
    extracted = extract_from_dir(
        ROOT / "market",
        [("**.py", "python"), (TEMPLATES, "jinja2")],
        {TEMPLATES: {"silent": "false", "extensions": "jinja2.ext.do"}},
        keywords=KEYWORDS,  # type: ignore[arg-type]  # Babel's own mapping type leaves None out
    )
    for file, line, message, _comments, context in extracted:
        singular = message[0] if isinstance(message, tuple) else message
        found.setdefault((context, str(singular)), f"market/{file}:{line}")
    return found


@cache
def translated() -> dict[Key, dict[Path, Message]]:
    """Each message of the Chinese catalogues, with the files that hold it."""
    found: dict[Key, dict[Path, Message]] = defaultdict(dict)
    for path in catalogue_files():
        for message in read_catalogue(path):
            if message.id:
                singular = message.id[0] if isinstance(message.id, tuple | list) else message.id
                found[message.context, str(singular)][path.relative_to(ROOT)] = message
    return found


def texts(message: Message) -> list[str]:
    """The Chinese of a message, one text a plural form."""
    return [message.string] if isinstance(message.string, str) else list(message.string or ())


def is_whole(message: Message) -> bool:
    """Whether all forms are there and nobody marked them as a guess."""
    return not message.fuzzy and bool(texts(message)) and all(texts(message))


def test_every_message_has_its_chinese() -> None:
    missing = [
        f"{place}: {key[1]!r}" + (f" ({key[0]})" if key[0] else "")
        for key, place in spoken().items()
        if not any(is_whole(message) for message in translated().get(key, {}).values())
    ]
    assert not missing, "no Chinese for\n" + "\n".join(sorted(missing))


def test_no_catalogue_keeps_what_nobody_says() -> None:
    unused = [f"{path}: {key[1]!r}" for key, files in translated().items() for path in files if key not in spoken()]
    assert not unused, "nobody says\n" + "\n".join(sorted(unused))


def test_catalogues_agree_with_each_other() -> None:
    at_odds = [
        f"{key[1]!r}: " + ", ".join(f"{path} {texts(message)}" for path, message in files.items())
        for key, files in translated().items()
        if len({tuple(texts(message)) for message in files.values()}) > 1
    ]
    assert not at_odds, "one message, several translations (use pgettext):\n" + "\n".join(at_odds)


@pytest.mark.parametrize("path", catalogue_files(), ids=lambda path: path.relative_to(ROOT).parts[1])
def test_placeholders_survive_translation_and_chinese_is_chinese(path: Path) -> None:
    faults: list[str] = []
    for message in read_catalogue(path):
        if not message.id or not is_whole(message):
            continue
        try:
            python_format(None, message)
        except ValueError as fault:
            faults.append(f"{message.id!r}: {fault}")
        faults += [f"{message.id!r}: half-width mark in {text!r}" for text in texts(message) if half_width(text)]
    assert not faults, "\n".join(faults)


def half_width(text: str) -> bool:
    """Whether a Latin comma, colon, semicolon or question mark follows a Chinese character."""
    return any("\u4e00" <= before <= "\u9fff" and mark in ",:;?!" for before, mark in itertools.pairwise(text))
