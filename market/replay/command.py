"""`flask --app app replay`: rankings made again from the command line, one line each."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time
from typing import Any, Final

from sqlalchemy.orm import Session

from market.leads.rankings import RankingRow, rankings_of_offering, rankings_since
from market.replay.comparing import Replay, Verdict, replay_ranking
from market.replay.queries import offerings_of_code
from market.replay.rebuilding import Rebuilder

READ_AT_ONCE: Final = 200
Say = Callable[[str], Any]


def replay_code(session: Session, rebuilder: Rebuilder, code: str, say: Say) -> dict[Verdict, int]:
    """Replay every ranking of an order or a pool; says a line each and returns how many came to which verdict.

    Raises Invalid for what is no code.
    """
    found = (row for one in offerings_of_code(session, code) for row in rankings_of_offering(session, one))
    return _replayed(session, rebuilder, found, say)


def replay_since(session: Session, rebuilder: Rebuilder, since: date, say: Say) -> dict[Verdict, int]:
    """Replay every ranking made since a day, the oldest first; only those that are not identical are said."""
    begin = datetime.combine(since, time(), UTC)
    rows = _all_since(session, begin)
    return _replayed(session, rebuilder, rows, say, quiet=True)


def _all_since(session: Session, begin: datetime) -> Iterator[RankingRow]:
    after = None
    while rows := rankings_since(session, begin, after, READ_AT_ONCE):
        yield from rows
        after = rows[-1].made_at, rows[-1].id


def _replayed(
    session: Session, rebuilder: Rebuilder, rows: Iterator[RankingRow], say: Say, *, quiet: bool = False
) -> dict[Verdict, int]:
    counts = dict.fromkeys(Verdict, 0)
    for row in rows:
        found = replay_ranking(session, rebuilder, row)
        counts[found.verdict] += 1
        if not quiet or found.verdict is not Verdict.IDENTICAL:
            say(told(found))
    return counts


def told(found: Replay) -> str:
    """One replay in one line, and a line for each field that differs."""
    row = found.ranking
    why = f" ({found.obstacle.value}: {dict(found.details or {})})" if found.obstacle else ""
    head = f"{found.verdict.value:10} {row.made_at:%Y-%m-%d %H:%M}Z {row.id} {len(row.leads)} leads{why}"
    lines = [head]
    for lead in found.leads:
        if not lead.same and found.verdict is not Verdict.IDENTICAL:
            where = ", ".join(one.field for one in lead.differences) or f"place {lead.rank} -> {lead.rebuilt_rank}"
            lines.append(f"    {lead.factory_id} {where}")
    return "\n".join(lines)
