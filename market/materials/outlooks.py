"""What factories are told of their buyers' forecasts, made by the worker in the system's scope.

Two steps. `renew_group` reads what the shops of one group (those who share one category with one factory) need now, and
freezes it; `make_outlook` pools what is frozen through the factory's recipes. A factory that changes a recipe is
answered from the frozen needs, so that asking often tells nothing new. See docs/decisions/0016.
"""

from collections import defaultdict
from collections.abc import Collection
from decimal import Decimal
from uuid import UUID

from sqlalchemy import delete, func, select

from forecasting.replenishment.materials import Need, Requirement, Use, pool_materials
from market.kit import notices
from market.kit.work import Work
from market.materials.figures import expected_pieces, hides_its_sellers, seller_band, two_digits, whole_risk
from market.materials.models import (
    DemandShare,
    KnownMaker,
    MaterialOutlook,
    MaterialUnit,
    MaterialUse,
    Preparation,
    PreparationState,
    SharedNeed,
)
from market.materials.queries import GROUP_STANDS
from market.materials.stakes import Ground, Material, ground_of, plain_need
from market.orders.queries import OrderState, order_rows
from market.pooling.constraints import pieces_of
from market.replenishment.needs_queries import ItemNeed, current_needs
from market.verticals.live import live_vocabulary


def renew_outlooks(work: Work) -> int:
    """Every group anew, then the outlook of every factory with recipes; returns how many. For the night."""
    consents = select(DemandShare.maker_id, DemandShare.category).where(DemandShare.withdrawn_at.is_(None))
    frozen = select(SharedNeed.maker_id, SharedNeed.category)
    for maker_id, category in sorted({*work.session.execute(consents), *work.session.execute(frozen)}):
        renew_group(work, maker_id, category)
    makers = sorted(work.session.scalars(select(MaterialUse.organisation_id).distinct()).all())
    for maker_id in makers:
        make_outlook(work, maker_id)
    return len(makers)


def tell_for_the_first_time(work: Work, shop_id: UUID) -> None:
    """Groups of this shop that nothing is told of yet need not wait for the night: there is nothing to compare with."""
    statement = select(DemandShare.maker_id, DemandShare.category).where(
        DemandShare.organisation_id == shop_id, DemandShare.withdrawn_at.is_(None)
    )
    for maker_id, category in sorted(work.session.execute(statement)):
        if not _frozen(work, maker_id, category) and renew_group(work, maker_id, category):
            make_outlook(work, maker_id)


def renew_group(work: Work, maker_id: UUID, category: str) -> bool:
    """Freeze what the shops of a group need now, or forget the group when it may not be told of; whether it may.

    While a group that is told of has won or lost a member, all stays as it is until GROUP_STANDS after it was formed.
    """
    consents, frozen = _consents(work, maker_id, category), _frozen(work, maker_id, category)
    same = {row.organisation_id for row in frozen} == consents.keys()
    since = min((row.grouped_on for row in frozen), default=work.today)
    if frozen and not same and work.today < since + GROUP_STANDS:
        return True
    needs = _needs_now(work, consents.keys(), category)
    work.session.execute(delete(SharedNeed).where(SharedNeed.maker_id == maker_id, SharedNeed.category == category))
    if not hides_its_sellers({shop: sum(map(_expected, found)) for shop, found in needs.items()}):
        return False
    for shop_id, consent in sorted(consents.items()):
        row = SharedNeed(
            organisation_id=shop_id,
            maker_id=maker_id,
            category=category,
            needs=[plain_need(need) for need in needs.get(shop_id, ())],
            risk_percent=consent.risk_percent,
            use_within_days=consent.use_within_days,
            grouped_on=since if same else work.today,
            taken_at=work.now,
        )
        work.session.add(row)
    work.session.flush()
    return True


def make_outlook(work: Work, maker_id: UUID) -> int:
    """A factory's materials from the frozen needs of all its groups, in the place of what stood there; returns how
    many. The factory is told when the first ones stand."""
    ground = ground_of(work.session, maker_id)
    locked = select(MaterialOutlook).where(MaterialOutlook.organisation_id == maker_id).with_for_update()
    standing = {(row.material, row.unit.value): row for row in work.session.scalars(locked)}
    was_empty = not standing
    told = pool_materials(ground.needs(), [as_engine_use(use) for use in ground.uses]).requirements
    pieces = _pieces_ordered(work, maker_id)
    for requirement in told:
        row = standing.pop((requirement.material, requirement.unit), None) or _new_row(work, maker_id, requirement)
        _fill(work, row, requirement, ground, pieces)
    for row in standing.values():
        work.session.delete(row)
    work.session.flush()
    if told and was_empty:
        notices.notify(work, maker_id, "materials_told", {"count": len(told)}, link="/factory/materials")
    return len(told)


def as_engine_use(use: MaterialUse) -> Use:
    return Use(use.category, use.material, use.unit.value, float(use.per_piece))


def _new_row(work: Work, maker_id: UUID, requirement: Requirement) -> MaterialOutlook:
    unit = MaterialUnit(requirement.unit)
    open_amount = select(func.coalesce(func.sum(Preparation.quantity - Preparation.used), 0)).where(
        Preparation.organisation_id == maker_id,
        Preparation.material == requirement.material,
        Preparation.unit == unit,
        Preparation.state == PreparationState.PREPARED,
    )
    row = MaterialOutlook(organisation_id=maker_id, id=work.new_id(), material=requirement.material, unit=unit)
    row.prepared = work.session.scalar(open_amount) or Decimal(0)
    work.session.add(row)
    return row


def _fill(work: Work, row: MaterialOutlook, requirement: Requirement, ground: Ground, pieces: dict[str, int]) -> None:
    material = (requirement.material, requirement.unit)
    stakes = ground.stakes(material)
    row.categories = ground.categories(material)
    row.p50, row.p80, row.p95 = map(
        two_digits, (requirement.needed_p50, requirement.needed_p80, requirement.needed_p95)
    )
    row.by = ground.order_by(material)
    row.sellers, row.orders = seller_band(requirement.sellers), requirement.orders
    row.ordered = _amount(ground, material, pieces)
    row.risk_percent = whole_risk(
        dict(zip(stakes.shops, stakes.parts, strict=True)), dict(zip(stakes.shops, stakes.percents, strict=True))
    )
    row.use_within_days = stakes.use_within_days
    row.made_at = work.now


def _amount(ground: Ground, material: Material, pieces: dict[str, int]) -> Decimal:
    uses = {use.id: use for use, _row in ground.behind(material)}.values()
    return sum((use.per_piece * pieces.get(use.category, 0) for use in uses), Decimal(0))


def _pieces_ordered(work: Work, maker_id: UUID) -> dict[str, int]:
    """Pieces by category of the orders that a factory won and that are not due yet, whoever gave them: a choice of
    those who share their forecast would tell who does."""
    vocabulary, orders = live_vocabulary(work.session), defaultdict(list)
    known = select(KnownMaker.organisation_id, KnownMaker.order_id).where(KnownMaker.maker_id == maker_id)
    for shop_id, order_id in work.session.execute(known):
        orders[shop_id].append(order_id)
    pieces: dict[str, int] = defaultdict(int)
    for shop_id, order_ids in orders.items():
        for row in order_rows(work.session, shop_id, order_ids).values():
            is_open = row.state is OrderState.AWARDED and (row.due_on is None or row.due_on >= work.today)
            if row.category and is_open:
                pieces[row.category] += pieces_of(row.quantity, row.unit, vocabulary)
    return pieces


def _consents(work: Work, maker_id: UUID, category: str) -> dict[UUID, DemandShare]:
    statement = select(DemandShare).where(
        DemandShare.maker_id == maker_id, DemandShare.category == category, DemandShare.withdrawn_at.is_(None)
    )
    return {row.organisation_id: row for row in work.session.scalars(statement)}


def _frozen(work: Work, maker_id: UUID, category: str) -> list[SharedNeed]:
    statement = select(SharedNeed).where(SharedNeed.maker_id == maker_id, SharedNeed.category == category)
    return list(work.session.scalars(statement))


def _needs_now(work: Work, shops: Collection[UUID], category: str) -> dict[UUID, list[ItemNeed]]:
    found: dict[UUID, list[ItemNeed]] = defaultdict(list)
    for need in current_needs(work.session, sorted(shops), category):
        found[need.organisation_id].append(need)
    return found


def _expected(need: ItemNeed) -> float:
    return expected_pieces(Need("", "", need.chances, need.pieces))
