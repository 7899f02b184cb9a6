"""What orders for the same goods usually need: the best guess at what a buyer leaves unsaid."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from matching.verticals.pack import Kind

KINDS: Final[tuple[Kind, ...]] = ("process", "material", "certification")
"""Of which an order may say nothing and mean something; its goods are told apart."""

_SHRINKAGE: Final = 10.0
_SMALLEST_SHARE: Final = 0.01
_DIGITS: Final = 4

Shares = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Told:
    """What one order said. path: its goods and their wider terms, nearest first. terms: pairs of kind and term id."""

    path: tuple[str, ...]
    terms: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class UsualNeeds:
    """shares: by kind and goods, which share of the orders for these goods names each term (term id: 0 to 1)."""

    shares: Mapping[tuple[str, str], Shares] = field(default_factory=dict)

    def goods_of(self, kind: str, path: Sequence[str]) -> str | None:
        """The nearest goods of the path whose needs of the kind are known."""
        return next((goods for goods in path if (kind, goods) in self.shares), None)

    def to_plain(self) -> list[Any]:
        return [
            [kind, goods, sorted(map(list, shares.items()))] for (kind, goods), shares in sorted(self.shares.items())
        ]

    @classmethod
    def from_plain(cls, plain: Sequence[Any]) -> "UsualNeeds":
        """Raises ValueError or TypeError for anything that `to_plain` did not write."""
        return cls({(str(kind), str(goods)): _shares(rows) for kind, goods, rows in plain})


def _shares(rows: Sequence[Any]) -> Shares:
    shares = {str(term): float(share) for term, share in rows}
    if not all(0.0 <= share <= 1.0 for share in shares.values()):
        raise ValueError("a share of the needs is outside 0 to 1")
    return shares


def usual_needs(told: Iterable[Told]) -> UsualNeeds:
    """The shares for all goods that were ordered, those of narrow goods shrunk towards those of the next wider ones."""
    counts: Counter[str] = Counter()
    named: dict[str, Counter[tuple[str, str]]] = {}
    wider: dict[str, str | None] = {}
    for one in told:
        for goods, above in zip(one.path, (*one.path[1:], None), strict=True):
            counts[goods] += 1
            named.setdefault(goods, Counter()).update(one.terms)
            wider[goods] = above
    settled: dict[str, dict[tuple[str, str], float]] = {}
    for goods in sorted(counts):
        _settle(goods, counts, named, wider, settled)
    return UsualNeeds(
        {(kind, goods): shares for goods in sorted(settled) for kind in KINDS if (shares := _of(kind, settled[goods]))}
    )


def _settle(
    goods: str,
    counts: Mapping[str, int],
    named: Mapping[str, Counter[tuple[str, str]]],
    wider: Mapping[str, str | None],
    settled: dict[str, dict[tuple[str, str], float]],
) -> dict[tuple[str, str], float]:
    """The shares for goods, after those of the wider ones that they lean on."""
    if goods not in settled:
        above = wider[goods]
        strength = 0.0 if above is None else _SHRINKAGE
        leaned_on = {} if above is None else _settle(above, counts, named, wider, settled)
        settled[goods] = {
            term: (named[goods][term] + strength * leaned_on.get(term, 0.0)) / (counts[goods] + strength)
            for term in named[goods].keys() | leaned_on.keys()
        }
    return settled[goods]


def _of(kind: str, shares: Mapping[tuple[str, str], float]) -> Shares:
    """Those of one kind in the digits that are stored, without terms that hardly anybody names."""
    return {
        term: round(share, _DIGITS)
        for (one, term), share in sorted(shares.items())
        if one == kind and share >= _SMALLEST_SHARE
    }
