"""Ranks a block of orders where a worker runs, and puts the leads into the words of the output files."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from threading import Lock
from typing import Any, Final

from matching.encoder.load import load_embedder
from matching.engine.engine import Engine
from matching.engine.exploration import Choice
from matching.engine.feasibility import refusals
from matching.engine.index import FactoryIndex
from matching.engine.limits import FoundCandidates, found_candidates
from matching.engine.model import RankerModel
from matching.engine.reading import ReadFactory
from matching.engine.shortlist import Shortlist
from matching.records import OrderRecord, RankedLead
from matching.verticals.pack import load_vocabulary

HEADER: Final = ("order_id", "factory_id", "rank", "score", "deal_probability", "propensity")
_REASONS: Final = {
    "overdue": "could not start before the due date passed",
    "certification": "lack a required certificate",
    "capacity": "have too little capacity before the due date",
    "other goods": "make other goods",
}
_READ_AT_ONCE: Final = 500
_one_at_a_time = Lock()


@dataclass(frozen=True, slots=True)
class RankedOrder:
    """What a block answers for one order. leads, explained: its lines of the two files. why_none: set without leads.

    recognised: whether a field or a word told its goods.
    """

    order_id: str
    leads: bytes
    explained: bytes
    count: int
    why_none: str | None
    recognised: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """How every order of a call is to be ranked."""

    as_of: date
    top: int
    explore: float
    seed: int
    explained: bool


@dataclass
class Market:
    """One market and the model that ranks in it. It travels to workers as the factories that were read.

    An engine serves one block at a time, so that the threads of one process take turns.
    """

    model: RankerModel
    index: FactoryIndex | None
    engine: Engine | None = field(default=None, repr=False)
    factories: Sequence[ReadFactory] = ()

    def __getstate__(self) -> dict[str, Any]:
        factories = self.factories if self.index is None else self.index.read()
        return {**self.__dict__, "engine": None, "index": None, "factories": factories}

    def opened(self) -> tuple[Engine, FactoryIndex]:
        """The engine and the index, made anew where this market has travelled to."""
        if self.engine is None:
            self.engine = Engine(load_vocabulary(), load_embedder())
        if self.index is None:
            self.index = self.engine.index([])
            for start in range(0, len(self.factories), _READ_AT_ONCE):
                self.index.add_read(self.factories[start : start + _READ_AT_ONCE])
            self.factories = ()
        return self.engine, self.index


@dataclass(frozen=True, slots=True)
class ShardRanker:
    """Ranks a block of orders, each by itself, or words the leads that were chosen for it (choices, by order)."""

    market: Market
    wanted: Wanted

    def __call__(self, block: "Block") -> list[RankedOrder]:
        with _one_at_a_time:
            return list(self._ranked(block.orders, block.choices))

    def _ranked(
        self, orders: Sequence[OrderRecord], choices: Mapping[str, Sequence[Choice]] | None
    ) -> Iterator[RankedOrder]:
        engine, index = self.market.opened()
        wanted = self.wanted
        unrecognised: set[str] = set()
        ranking = engine.rank(
            orders,
            index,
            as_of=wanted.as_of,
            top=wanted.top,
            explore=wanted.explore,
            seed=wanted.seed,
            model=self.market.model,
            choices=choices,
            explain=wanted.explained,
            would_win=wanted.explained,
            watch=lambda lists: noting_unrecognised(lists, unrecognised),
        )
        leads: dict[str, list[RankedLead]] = {order.order_id: [] for order in orders}
        for lead in ranking.leads:
            leads[lead.order_id].append(lead)
        empty = [order for order in orders if not leads[order.order_id]]
        reasons = dict(why_none(engine, index, empty, wanted.as_of, self.market.model))
        for order_id, found in leads.items():
            recognised = order_id not in unrecognised
            yield _worded(order_id, found, reasons.get(order_id), recognised, wanted.explained)


@dataclass(frozen=True, slots=True)
class Block:
    """Some orders, and the leads that were chosen for them when the choice is not this block's own."""

    orders: Sequence[OrderRecord]
    choices: Mapping[str, Sequence[Choice]] | None = None

    def __len__(self) -> int:
        return len(self.orders)


@dataclass(frozen=True, slots=True)
class CandidateFinder:
    """Finds the candidates of a block of orders, `size` for each at most."""

    market: Market
    as_of: date
    size: int

    def __call__(self, block: Block) -> list[FoundCandidates]:
        with _one_at_a_time:
            engine, index = self.market.opened()
            model = self.market.model
            lists = engine.shortlists(block.orders, index, as_of=self.as_of, size=self.size, model=model)
            return found_candidates(lists, index.table)


def noting_unrecognised(lists: Iterable[Shortlist], unrecognised: set[str]) -> Iterator[Shortlist]:
    """Passes the lists on and notes the orders whose goods neither a field nor a word told."""
    for found in lists:
        if not found.order.wishes["category"]:
            unrecognised.add(found.order.record.order_id)
        yield found


def why_none(
    engine: Engine, index: FactoryIndex, orders: Sequence[OrderRecord], as_of: date, model: RankerModel
) -> Iterator[tuple[str, str]]:
    """For each of some orders without a lead its id and the reason."""
    for found in engine.shortlists(orders, index, as_of=as_of, size=0, model=model):
        if found.possible:
            reason = f"{found.possible} are feasible, but none has room within its leads_per_week"
        else:
            reason = _refused(refusals(found.order, index.table, found.window, model))
        yield found.order.record.order_id, reason


def _refused(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {_REASONS[reason]}" for reason, count in counts.items()) or "there are no factories"


def _worded(
    order_id: str, leads: Sequence[RankedLead], reason: str | None, recognised: bool, explained: bool
) -> RankedOrder:
    rows = io.StringIO(newline="")
    csv.writer(rows, lineterminator="\n").writerows(_cells(lead) for lead in leads)
    lines = "".join(_explained(lead) + "\n" for lead in leads) if explained else ""
    return RankedOrder(order_id, rows.getvalue().encode(), lines.encode(), len(leads), reason, recognised)


def _cells(lead: RankedLead) -> tuple[object, ...]:
    probability, propensity = round(lead.deal_probability, 6), round(lead.propensity, 9)
    return lead.order_id, lead.factory_id, lead.rank, lead.score, probability, propensity


def _explained(lead: RankedLead) -> str:
    would_win = [
        {
            "change": change.change,
            "from": change.from_value,
            "to": change.to_value,
            "deal_probability": round(change.deal_probability, 6),
        }
        for change in lead.would_win
    ]
    told = {
        "order_id": lead.order_id,
        "factory_id": lead.factory_id,
        "requirements": [
            {"name": one.name, "wanted": one.wanted, "offered": one.offered, "verdict": one.verdict}
            for one in lead.requirements
        ],
        "signals": [asdict(signal) for signal in lead.signals],
        "would_win": would_win,
        "model": lead.model,
        "evidence": lead.evidence,
    }
    return json.dumps(told, ensure_ascii=False, allow_nan=False)
