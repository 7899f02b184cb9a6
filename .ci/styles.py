"""Print the part of Tabler that our pages can use (`make styles` writes it to static/css/tabler.css).

A rule stays when every class that it names stands in a class attribute of a template or in a string of our scripts and
macros. Of the custom properties those stay that a kept rule or our own styles read.
"""

import re
import sys
from pathlib import Path

import tinycss2
from tinycss2.ast import Node

ROOT = Path(__file__).resolve().parents[1]
WORD = re.compile(r"[A-Za-z][\w-]*")
CLASS = re.compile(r"\.([A-Za-z_-][\w-]*)")
NEGATION = re.compile(r":not\([^()]*\)")
READ = re.compile(r"var\(\s*(--[\w-]+)")
ANIMATION = re.compile(r"animation(?:-name)?:[^;}]*")
STRINGS = re.compile(r"\"([^\"\n]*)\"|'([^'\n]*)'")
CLASSES = re.compile(r"\bclass_?\s*=\s*(?:\"([^\"]*)\"|'([^'\n]*)')")
GROUPS = frozenset({"media", "supports", "layer"})
# A kept rule: its selectors or at-rule, and its declarations, the rules inside it, or nothing.
Rule = tuple[str, "str | list[Rule] | None"]


def used_words() -> set[str]:
    """Every word that can be a class on a page."""
    sources = [(CLASSES, path) for path in ROOT.glob("market/**/templates/**/*.html")]
    sources += [(CLASSES, path) for path in ROOT.glob("market/**/*.py")]
    sources += [(STRINGS, path) for path in ROOT.glob("market/templates/macros/*.html")]
    sources += [(STRINGS, path) for path in ROOT.glob("static/js/*.js")]
    return {
        word
        for pattern, path in sources
        for found in pattern.findall(path.read_text(encoding="utf-8"))
        for word in WORD.findall(" ".join(found))
    }


def selectors(prelude: str) -> list[str]:
    """The selectors of a rule: split at the commas that stand outside brackets."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(prelude):
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            found.append(prelude[start:place])
            start = place + 1
    return [*found, prelude[start:]]


def kept_rules(nodes: list[Node], words: set[str]) -> list[Rule]:
    rules: list[Rule] = []
    for node in nodes:
        prelude = tinycss2.serialize(node.prelude) if hasattr(node, "prelude") else ""
        if node.type == "qualified-rule":
            used = [each for each in selectors(prelude) if set(CLASS.findall(NEGATION.sub("", each))) <= words]
            if used:
                rules.append((",".join(used), tinycss2.serialize(node.content)))
        elif node.type == "at-rule" and node.lower_at_keyword in GROUPS and node.content is not None:
            inner = kept_rules(tinycss2.parse_rule_list(node.content, skip_comments=True, skip_whitespace=True), words)
            if inner:
                rules.append((f"@{node.at_keyword}{prelude}", inner))
        elif node.type == "at-rule":
            content = None if node.content is None else tinycss2.serialize(node.content)
            rules.append((f"@{node.at_keyword}{prelude}", content))
    return rules


def without_unread(rules: list[Rule], read: set[str], animations: str) -> list[Rule]:
    """The rules without custom properties that nothing reads, animations that nothing plays and what is empty then."""
    left: list[Rule] = []
    for head, body in rules:
        if isinstance(body, list):
            body = without_unread(body, read, animations)
        elif body is not None and not head.startswith("@"):
            declarations = tinycss2.parse_blocks_contents(body, skip_comments=True, skip_whitespace=True)
            body = "".join(
                f"{one.name}:{tinycss2.serialize(one.value).strip()}{'!important' if one.important else ''};"
                for one in declarations
                if not one.name.startswith("--") or one.name in read
            ).rstrip(";")
        played = not head.startswith("@keyframes") or re.search(rf"\b{head.split()[1]}\b", animations)
        if played and (body or body is None):
            left.append((head, body))
    return left


def written(rules: list[Rule]) -> str:
    return "\n".join(
        f"{head};" if body is None else f"{head}{{{body if isinstance(body, str) else written(body)}}}"
        for head, body in rules
    )


def main() -> None:
    source = (ROOT / "static" / "vendor" / "tabler" / "tabler.min.css").read_text(encoding="utf-8")
    readers = [*ROOT.glob("static/css/*.css"), *ROOT.glob("static/vendor/tom-select/*.css")]
    own = "".join(path.read_text(encoding="utf-8") for path in readers if path.name != "tabler.css")
    rules = kept_rules(tinycss2.parse_stylesheet(source, skip_comments=True, skip_whitespace=True), used_words())
    before = -1
    while before != len(text := written(rules)):
        before = len(text)
        rules = without_unread(rules, set(READ.findall(text + own)), " ".join(ANIMATION.findall(text + own)))
    sys.stdout.write(f"/* Part of Tabler 1.6.1 (MIT, static/vendor/tabler). Made by `make styles`. */\n{text}\n")


if __name__ == "__main__":
    main()
