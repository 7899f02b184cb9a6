"""Gathers real orders into pools: same constraint, a date that everybody can keep, a region that fits."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from matching.engine.coverage import NEAR
from matching.engine.regions import region_key, region_value
from matching.pooling.constraint import SharedConstraint, shared_constraint
from matching.pooling.makers import Makers, PriceEstimate, makers_of
from matching.pooling.splitting import Run, pieces_of, split_into_runs
from matching.records import FactoryRecord, OrderRecord
from matching.verticals.pack import Vocabulary

DUE: Final = "due_on"
REGION: Final = "region"
COLOUR: Final = "colour"


@dataclass(frozen=True, slots=True)
class Relaxation:
    """What one member gives up to share the run. days: for `due_on`, by how many days the goods come late.

    field: due_on, region or colour. Values are dates and ids; empty ones for a colour that all have yet to agree on.
    """

    field: str
    from_value: str
    to_value: str
    days: int = 0


@dataclass(frozen=True, slots=True)
class PoolMember:
    """One order in a pool. alone, pooled: estimated unit prices; None when no factory declares a price."""

    order_id: str
    quantity: int
    due_on: date | None
    grace_days: int
    region: str | None
    relaxes: tuple[Relaxation, ...]
    alone: PriceEstimate | None
    pooled: PriceEstimate | None

    @property
    def gain(self) -> float | None:
        """What a piece costs less in the pool, as a share of its price alone (0.12 = 12 % less)."""
        if self.alone is None or self.pooled is None or self.alone.amount <= 0:
            return None
        return round(1.0 - self.pooled.amount / self.alone.amount, 4)


@dataclass(frozen=True, slots=True)
class GatheredPool:
    """Orders that share one run. minimum: pieces that the run needs; missing: how many are still to be found.

    ready_on: when a typical factory would have it ready; None when no factory says how long it takes. closes_on: the
    last day on which it can be started and still keep every member's date and grace; None when nothing says. capacity:
    most pieces that can be ready by then; None when unknown. region: of the run, None when no member names one.
    """

    pool_id: str
    constraint: SharedConstraint
    members: tuple[PoolMember, ...]
    minimum: int
    capacity: int | None
    ready_on: date | None
    closes_on: date | None
    region: str | None
    makers: int

    @property
    def quantity(self) -> int:
        return sum(member.quantity for member in self.members)

    @property
    def missing(self) -> int:
        return max(self.minimum - self.quantity, 0)


def gather(
    orders: Sequence[OrderRecord],
    factories: Sequence[FactoryRecord],
    vocabulary: Vocabulary,
    as_of: date,
    *,
    include_short: bool = False,
) -> list[GatheredPool]:
    """Pools of two orders or more that reach the minimum; with `include_short` also those that do not yet.

    Orders must be complete (see `OrderReader.completed` for free words). An order joins at most one pool, and none that
    would be ready after its due date and grace, or that runs in a region far from its own. The same orders give the
    same pools whatever their order.
    """
    groups: defaultdict[SharedConstraint, list[OrderRecord]] = defaultdict(list)
    for order in sorted(orders, key=lambda order: order.order_id):
        constraint = shared_constraint(order, vocabulary)
        if constraint is not None:
            groups[constraint].append(order)
    pools = [
        pool
        for constraint, group in sorted(groups.items(), key=lambda item: item[0].id)
        for pool in _pools_of(constraint, group, factories, vocabulary, as_of)
    ]
    return [pool for pool in pools if len(pool.members) > 1 and (include_short or not pool.missing)]


def _pools_of(
    constraint: SharedConstraint,
    group: Sequence[OrderRecord],
    factories: Sequence[FactoryRecord],
    vocabulary: Vocabulary,
    as_of: date,
) -> Iterator[GatheredPool]:
    makers = makers_of(group[0], factories, vocabulary)
    minimum = makers.typical_minimum() or constraint.typical_minimum
    for region, near in _by_region(group, vocabulary).items():
        for number, run in enumerate(split_into_runs(near, makers, minimum, as_of), 1):
            yield _pool(constraint, run, region, number, makers, minimum, vocabulary, as_of)


def _by_region(group: Sequence[OrderRecord], vocabulary: Vocabulary) -> dict[str | None, list[OrderRecord]]:
    """Orders by region; a smaller region joins a larger one near it, and orders without one join the largest."""
    regions: defaultdict[str | None, list[OrderRecord]] = defaultdict(list)
    for order in group:
        regions[region_key(vocabulary, order.region)].append(order)
    named = sorted((name for name in regions if name), key=lambda name: (-pieces_of(regions[name]), name))
    joined: dict[str | None, list[OrderRecord]] = {}
    for name in named:
        host = next((other for other in joined if other and region_value(vocabulary, name, other) >= NEAR), name)
        joined.setdefault(host, []).extend(regions[name])
    if None in regions:
        joined.setdefault(next(iter(joined), None), []).extend(regions[None])
    return joined


def _pool(
    constraint: SharedConstraint,
    run: Run,
    region: str | None,
    number: int,
    makers: Makers,
    minimum: int,
    vocabulary: Vocabulary,
    as_of: date,
) -> GatheredPool:
    ready, quantity = run.ready_on, max(run.pieces, minimum)
    members = tuple(
        PoolMember(
            order_id=order.order_id,
            quantity=order.quantity,
            due_on=order.due_on,
            grace_days=order.grace_days,
            region=region_key(vocabulary, order.region),
            relaxes=tuple(_relaxations(order, ready, region, constraint, vocabulary)),
            alone=_price(order, order.quantity, makers, constraint),
            pooled=_price(order, quantity, makers, constraint),
        )
        for order in run.orders
    )
    capacity = None if ready is None else makers.largest_run((ready - as_of).days)
    closes = None if ready is None or run.latest is None else as_of + (run.latest - ready)
    name = "@".join([constraint.id, region or "anywhere"]) + f"#{number}"
    return GatheredPool(name, constraint, members, minimum, capacity, ready, closes, region, len(makers.factories))


def _relaxations(
    order: OrderRecord, ready: date | None, region: str | None, constraint: SharedConstraint, vocabulary: Vocabulary
) -> Iterator[Relaxation]:
    if ready is not None and order.due_on is not None and ready > order.due_on:
        yield Relaxation(DUE, order.due_on.isoformat(), ready.isoformat(), (ready - order.due_on).days)
    own = region_key(vocabulary, order.region)
    if own is not None and region is not None and own != region:
        yield Relaxation(REGION, own, region)
    if dict(constraint.key).get(COLOUR) == "":
        yield Relaxation(COLOUR, "", "")


def _price(order: OrderRecord, quantity: int, makers: Makers, constraint: SharedConstraint) -> PriceEstimate | None:
    minimum = makers.typical_minimum() or constraint.typical_minimum
    return makers.unit_price(quantity, minimum, constraint.setup_share, order.currency)
