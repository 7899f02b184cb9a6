"""Every table of figures by its name, as plain rows: what a page shows, a file holds and a program reads."""

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy.orm import Session

from market.kit.errors import NotFound, invalid_field
from market.measures.chances import all_slices, calibration
from market.measures.columns import LEAD_KEYS
from market.measures.funnel import Funnel, funnel, funnels, positions, precision_at, rankers
from market.measures.growth import growth_tree
from market.measures.reach import activation, coverage, weeks_of_exposure
from market.measures.slices import Asked

Rows = list[dict[str, Any]]
WHOLE: Final = "all"


def _funnel(session: Session, asked: Asked, by: str) -> Rows:
    if by == WHOLE:
        return [funnel(session, asked).as_row(WHOLE)]
    return [row.as_row(by) for row in funnels(session, asked, by)]


def _declines(session: Session, asked: Asked, _by: str) -> Rows:
    return [{"reason": reason, **share.as_row()} for reason, share in funnel(session, asked).declines]


def _named(rows: list[Funnel], key: str) -> Rows:
    return [row.as_row(key) for row in rows]


def _activation(session: Session, asked: Asked, _by: str) -> Rows:
    return [{"step": step, **share.as_row()} for step, share in activation(session, asked)]


TABLES: Final[dict[str, Callable[[Session, Asked, str], Rows]]] = {
    "growth": lambda session, asked, _by: growth_tree(session, asked).as_rows(),
    "funnel": _funnel,
    "declines": _declines,
    "positions": lambda session, asked, _by: _named(positions(session, asked), "rank"),
    "precision": lambda session, asked, _by: [row.as_row() for row in precision_at(positions(session, asked))],
    "rankers": lambda session, asked, _by: _named(rankers(session, asked), "ranker"),
    "calibration": lambda session, asked, _by: calibration(session, asked).as_rows(),
    "slices": lambda session, asked, _by: [row.as_row() for row in all_slices(session, asked)],
    "coverage": lambda session, asked, _by: [coverage(session, asked).as_row()],
    "exposure": lambda session, asked, _by: [row.as_row() for row in weeks_of_exposure(session, asked)],
    "activation": _activation,
}


def table_rows(session: Session, asked: Asked, name: str, by: str) -> Rows:
    """The rows of a table. by: the key that the funnel is cut by. Raises NotFound for an unknown table, Invalid for an
    unknown key."""
    if name not in TABLES:
        raise NotFound
    return TABLES[name](session, asked, read_by(by))


def read_by(said: str) -> str:
    """The key that a funnel is cut by; nothing means by none. Raises Invalid for an unknown one."""
    if said and said not in {WHOLE, *LEAD_KEYS}:
        accepted = ", ".join((WHOLE, *LEAD_KEYS))
        raise invalid_field("These figures cannot be cut so.", "by", f"{said[:40]!r} is unknown", accepted)
    return said or WHOLE
