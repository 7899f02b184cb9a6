"""Preparations: a factory gets a material ready, says what became of it, and everybody's part of what is left.

The factory's verbs run in its own scope, where no shop is seen. What each shop has to do with a preparation is worked
out by the worker (`split_preparation`, `settle_preparation`), in rows that only the shop itself reads.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select, update

from market.identity.queries import organisation
from market.kit import history, notices
from market.kit.errors import Conflict, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.work import Work
from market.materials.events import MaterialPrepared, PreparationEnded
from market.materials.figures import THOUSANDTH, at_most_borne, split
from market.materials.models import (
    PREPARATION_TRANSITIONS,
    MaterialOutlook,
    MaterialUnit,
    MaterialUse,
    Preparation,
    PreparationShare,
    PreparationState,
)
from market.materials.queries import SILENT_FOR
from market.materials.stakes import ground_of

COUNTED: Final = frozenset({MaterialUnit.PIECE, MaterialUnit.SHEET})
"""Units that come in whole numbers only."""


def prepare(work: Work, outlook_id: UUID, quantity: Decimal) -> UUID:
    """The acting factory gets so much of a material ready for its buyers' forecasts; returns the preparation.

    Together with what is prepared already it is at most the 95 % quantile: nobody shares the risk of more. What the
    shops bear of it is frozen. Raises Invalid, NotFound when the forecast of this material no longer stands.
    """
    row = _outlook(work, outlook_id)
    _refuse_odd(quantity, row.unit)
    taken = work.session.scalars(
        update(MaterialOutlook)
        .where(
            MaterialOutlook.organisation_id == row.organisation_id,
            MaterialOutlook.id == row.id,
            MaterialOutlook.prepared + quantity <= MaterialOutlook.p95,
        )
        .values(prepared=MaterialOutlook.prepared + quantity)
        .returning(MaterialOutlook.id)
        .execution_options(synchronize_session=False)
    ).first()
    work.session.refresh(row)
    if taken is None:
        left = max(row.p95 - row.prepared, Decimal(0))
        raise invalid_field("That is more than is forecast.", "quantity", "above the 95 % quantile", f"up to {left}")
    cost, currency = _unit_cost(work, row)
    made = Preparation(
        organisation_id=row.organisation_id,
        id=work.new_id(),
        state=PreparationState.PREPARED,
        material=row.material,
        unit=row.unit,
        categories=row.categories,
        quantity=quantity,
        used=Decimal(0),
        by=row.by,
        risk_percent=row.risk_percent,
        use_until=work.today + timedelta(days=row.use_within_days),
        unit_cost_minor=cost,
        currency=currency,
        made_at=work.now,
    )
    work.session.add(made)
    work.session.flush()
    told = {"material": made.material, "quantity": str(quantity), "risk_percent": made.risk_percent}
    history.record(work, made, what="prepared", to_state=PreparationState.PREPARED, details=told)
    publish(work, MaterialPrepared(made.organisation_id, made.id))
    return made.id


def say_used(work: Work, preparation_id: UUID, used: Decimal) -> None:
    """How much of a preparation of the acting factory went into orders, in all.

    The account closes when all of it did, or when its time is over: then what is left is borne as agreed. Raises
    Invalid for more than was prepared, Conflict once the account is closed, NotFound.
    """
    row = _open_preparation(work, preparation_id)
    if not 0 <= used <= row.quantity:
        raise invalid_field("No more can be used than was prepared.", "used", "out of range", f"0 to {row.quantity}")
    closes = used == row.quantity or work.today > row.use_until
    _take_off(work, row, (row.quantity if closes else used) - row.used)
    row.used = used
    work.session.flush()
    told = {"used": str(used), "quantity": str(row.quantity)}
    if closes:
        _end(work, row, PreparationState.USED, told)
    else:
        history.record(work, row, what="used", details=told)


def release(work: Work, preparation_id: UUID) -> None:
    """The acting factory keeps what is left of a preparation for something else: nobody bears anything of it.

    Raises Conflict once the account is closed, NotFound.
    """
    row = _open_preparation(work, preparation_id)
    _take_off(work, row, row.quantity - row.used)
    _end(work, row, PreparationState.RELEASED, {"used": str(row.used), "quantity": str(row.quantity)})


def close_silent_preparations(work: Work, _ranker: object = None) -> int:
    """Remind factories on the day after the time of a preparation is over, and close those of which nothing was said
    for SILENT_FOR more: they count as used, for no shop bears what nobody counted. Returns how many. For the night."""
    is_open = select(Preparation).where(Preparation.state == PreparationState.PREPARED)
    reminded = is_open.where(Preparation.use_until == work.today - timedelta(days=1))
    for row in work.session.scalars(reminded.order_by(Preparation.id)):
        told = {"material": row.material, "unit": row.unit.value, "left": str(row.quantity - row.used)}
        notices.notify(work, row.organisation_id, "preparation_over", told, link="/factory/materials#prepared")
    silent = is_open.where(Preparation.use_until < work.today - SILENT_FOR)
    rows = work.session.scalars(silent.order_by(Preparation.id).with_for_update(skip_locked=True)).all()
    for row in rows:
        _take_off(work, row, row.quantity - row.used)
        row.used = row.quantity
        work.session.flush()
        _end(work, row, PreparationState.USED, {"quantity": str(row.quantity)}, why="nothing was said in time")
    return len(rows)


def split_preparation(work: Work, factory_id: UUID, preparation_id: UUID) -> list[PreparationShare]:
    """Each shop's part of a preparation, by what its forecast is expected to take, and what it bears at most; every
    shop is told. A second time only finds them."""
    made = work.session.get_one(Preparation, (factory_id, preparation_id))
    shares = _shares(work, made)
    if shares:
        return shares
    material = (made.material, made.unit.value)
    ground = ground_of(work.session, factory_id)
    if not ground.categories(material):
        made.risk_percent = 0
        history.record(work, made, what="nobody stands behind it", why="its forecast ended at the same moment")
        return []
    stakes = ground.stakes(material)
    parts = split(made.quantity, stakes.parts)
    most = at_most_borne(parts, stakes.percents, made.risk_percent)
    name = organisation(work.session, factory_id).name
    for shop_id, part, percent, at_most in zip(stakes.shops, parts, stakes.percents, most, strict=True):
        share = _new_share(work, made, shop_id, part, percent, at_most)
        shares.append(share)
        told = {**_told(made, name), "part": str(part)}
        notices.notify(work, shop_id, "material_prepared", told, link="/restock/sharing#prepared")
    work.session.flush()
    return shares


def settle_preparation(work: Work, factory_id: UUID, preparation_id: UUID) -> None:
    """What each shop bears of what was not used, once the account is closed; every shop is told."""
    made = work.session.get_one(Preparation, (factory_id, preparation_id))
    name = organisation(work.session, factory_id).name
    unused = made.quantity - made.used if made.state is PreparationState.USED else Decimal(0)
    for share in split_preparation(work, factory_id, preparation_id):
        if share.borne is not None:
            continue
        share.borne = (share.at_most * unused / made.quantity).quantize(THOUSANDTH)
        share.ended, share.ended_at = made.state, made.ended_at
        told = {**_told(made, name), "borne": str(share.borne)}
        notices.notify(work, share.organisation_id, "material_ended", told, link="/restock/sharing#prepared")
    work.session.flush()


def _outlook(work: Work, outlook_id: UUID) -> MaterialOutlook:
    statement = select(MaterialOutlook).where(
        MaterialOutlook.organisation_id == work.organisation_id, MaterialOutlook.id == outlook_id
    )
    row = work.session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def _refuse_odd(quantity: Decimal, unit: MaterialUnit) -> None:
    step = Decimal(1) if unit in COUNTED else THOUSANDTH
    if quantity <= 0 or quantity % step:
        accepted = "a whole number above 0" if unit in COUNTED else "above 0, with at most 3 decimals"
        raise invalid_field("This is no quantity to prepare.", "quantity", f"{quantity} is none", accepted)


def _unit_cost(work: Work, row: MaterialOutlook) -> tuple[int | None, str]:
    """The highest cost that the factory's recipes name for the material, in minor units, and its currency."""
    statement = (
        select(MaterialUse.unit_cost_minor, MaterialUse.currency)
        .where(
            MaterialUse.organisation_id == row.organisation_id,
            MaterialUse.material == row.material,
            MaterialUse.unit == row.unit,
            MaterialUse.unit_cost_minor.is_not(None),
        )
        .order_by(MaterialUse.unit_cost_minor.desc())
    )
    found = work.session.execute(statement).first()
    return (found.unit_cost_minor, found.currency) if found else (None, "CNY")


def _open_preparation(work: Work, preparation_id: UUID) -> Preparation:
    statement = select(Preparation).where(
        Preparation.organisation_id == work.organisation_id, Preparation.id == preparation_id
    )
    row = work.session.scalars(statement.with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    if row.state is not PreparationState.PREPARED:
        raise Conflict(f"This preparation is {row.state.value}; its account is closed.")
    return row


def _take_off(work: Work, row: Preparation, amount: Decimal) -> None:
    """So much of the material is prepared no longer, or more of it again when a mistake is put right."""
    work.session.execute(
        update(MaterialOutlook)
        .where(
            MaterialOutlook.organisation_id == row.organisation_id,
            MaterialOutlook.material == row.material,
            MaterialOutlook.unit == row.unit,
        )
        .values(prepared=func.greatest(MaterialOutlook.prepared - amount, 0))
        .execution_options(synchronize_session=False)
    )


def _end(work: Work, row: Preparation, to: PreparationState, told: dict[str, Any], why: str = "") -> None:
    row.ended_at = work.now
    history.move(work, row, to, PREPARATION_TRANSITIONS, why=why, details=told)
    publish(work, PreparationEnded(row.organisation_id, row.id))


def _shares(work: Work, made: Preparation) -> list[PreparationShare]:
    statement = select(PreparationShare).where(
        PreparationShare.maker_id == made.organisation_id, PreparationShare.preparation_id == made.id
    )
    return list(work.session.scalars(statement.order_by(PreparationShare.organisation_id)))


def _new_share(
    work: Work, made: Preparation, shop_id: UUID, part: Decimal, percent: int, at_most: Decimal
) -> PreparationShare:
    share = PreparationShare(
        organisation_id=shop_id,
        id=work.new_id(),
        maker_id=made.organisation_id,
        preparation_id=made.id,
        material=made.material,
        unit=made.unit,
        categories=made.categories,
        part=part,
        percent=percent,
        at_most=at_most,
        unit_cost_minor=made.unit_cost_minor,
        currency=made.currency,
        use_until=made.use_until,
        made_at=made.made_at,
    )
    work.session.add(share)
    return share


def _told(made: Preparation, factory: str) -> dict[str, Any]:
    return {"factory": factory, "material": made.material, "unit": made.unit.value}
