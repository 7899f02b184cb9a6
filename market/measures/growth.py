"""The growth tree: traffic times conversion times repeat purchase, each against as many days before."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from market.kit.money import Money
from market.measures.facts import REPEAT_DAYS
from market.measures.slices import Asked, Slice, Span
from market.measures.statistics import Change, Product, Share, count_change, product, share_change
from market.measures.sums import sums

RUN_COUNTS = ("posted", "offered", "won", "open")


@dataclass(frozen=True, slots=True)
class Traffic:
    """Runs offered, alone or pooled, and the orders that were posted meanwhile. change: growth of the runs."""

    runs: int
    before: int
    orders: int
    change: Change


@dataclass(frozen=True, slots=True)
class Rate:
    """A share now and before. open: cases left out because they are not decided yet."""

    now: Share
    before: Share
    change: Change
    open: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """growth: deals whose buyer returns, as traffic times conversion times repeat; None while a part is of nothing.

    conversion: of the runs offered in these days that are decided. repeat: of the deals that are REPEAT_DAYS old
    (awarded in as many days, that much earlier), those whose shop posted another order within that time; `ripe` are
    those days. money: what the deals of these days are worth, by currency, the largest first.
    """

    traffic: Traffic
    conversion: Rate
    repeat: Rate
    ripe: Span
    growth: Product
    growth_before: Product
    deals: int
    money: tuple[Money, ...]

    def as_rows(self) -> list[dict[str, Any]]:
        """The tree for files and programs."""
        return [
            _row("traffic", self.traffic.runs, self.traffic.runs, None, self.traffic.before, self.traffic.change),
            _rate_row("conversion", self.conversion),
            _rate_row("repeat", self.repeat),
            {
                "measure": "growth", "value": self.growth.value, "n": None, "hits": None, "low": self.growth.low,
                "high": self.growth.high, "before": self.growth_before.value, "change": None, "change_low": None,
                "change_high": None, "clear": None,
            },
        ]  # fmt: skip


def growth_tree(session: Session, asked: Asked) -> Tree:
    """The tree of a part of the market. It knows nothing of a factory's size or newness, which no request has."""
    part, span = asked.part, asked.span
    ripe = span.earlier(REPEAT_DAYS)
    now, before = (_runs(session, part, days) for days in (span, span.before))
    conversion = _rate(Share(now["won"], now["offered"] - now["open"]), _decided(before), now["open"])
    repeat = _rate(_repeat(session, part, ripe), _repeat(session, part, ripe.before))
    deals = sums(session, "measure_deals", ("deals", "minor"), span, part.of_requests, ("currency",))
    traffic = Traffic(now["offered"], before["offered"], now["posted"], count_change(now["offered"], before["offered"]))
    money = sorted((Money(row["minor"], row["currency"]) for row in deals), key=lambda amount: -amount.minor)
    return Tree(
        traffic,
        conversion,
        repeat,
        ripe,
        product(traffic.runs, (conversion.now, repeat.now)),
        product(traffic.before, (conversion.before, repeat.before)),
        sum(row["deals"] for row in deals),
        tuple(money),
    )


def _runs(session: Session, part: Slice, span: Span) -> dict[str, int]:
    return dict(sums(session, "measure_runs", RUN_COUNTS, span, part.of_requests)[0])


def _decided(runs: dict[str, int]) -> Share:
    return Share(runs["won"], runs["offered"] - runs["open"])


def _repeat(session: Session, part: Slice, span: Span) -> Share:
    row = sums(session, "measure_deals", ("deals", "again"), span, part.of_requests)[0]
    return Share(row["again"], row["deals"])


def _rate(now: Share, before: Share, open_ones: int = 0) -> Rate:
    return Rate(now, before, share_change(now, before), open_ones)


def _rate_row(name: str, rate: Rate) -> dict[str, Any]:
    now = rate.now
    row = _row(name, now.value, now.of, now.hits, rate.before.value, rate.change)
    return {**row, "low": now.low, "high": now.high}


def _row(
    name: str, value: float | None, n: int, hits: int | None, before: float | None, change: Change
) -> dict[str, Any]:
    return {
        "measure": name, "value": value, "n": n, "hits": hits, "low": None, "high": None, "before": before,
        "change": change.value, "change_low": change.low, "change_high": change.high, "clear": change.clear,
    }  # fmt: skip
