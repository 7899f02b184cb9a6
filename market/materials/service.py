"""What shops and factories say about materials: who may count on whose forecast, and what goods are made of.

No verb commits. Said twice, a verb changes nothing more.
"""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy import func, select

from market.factories.queries import profile
from market.kit import history
from market.kit.errors import Conflict, FieldFault, Invalid, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.work import Work
from market.materials.events import DemandShared, RecipesChanged
from market.materials.models import DemandShare, MaterialUnit, MaterialUse
from market.verticals.live import live_vocabulary
from matching.verticals.pack import Vocabulary

RISK_PERCENTS: Final = (0, 10, 25, 50)
USE_WITHIN_DAYS: Final = 90
LONGEST_NAME: Final = 60
LARGEST_PER_PIECE: Final = Decimal(10_000)
LONGEST_SOURCING: Final = 365
MOST_RECIPE_LINES: Final = 200


def share_demand(work: Work, category: str, maker_id: UUID, risk_percent: int) -> UUID:
    """Let a factory count on the acting shop's forecast of a category; returns the consent.

    An open consent with the same share of risk stays as it is; another share withdraws it and gives a new one, so that
    every row says what held when. Raises Invalid for a category or share that is none, NotFound for a factory that does
    not make the category.
    """
    if live_vocabulary(work.session).term("category", category) is None:
        raise invalid_field("This is no product line.", "category", f"{category[:40]!r} is unknown", "a category")
    if risk_percent not in RISK_PERCENTS:
        accepted = ", ".join(map(str, RISK_PERCENTS))
        raise invalid_field("This is no share of the risk.", "risk_percent", f"{risk_percent} is not offered", accepted)
    maker = profile(work.session, maker_id)
    if maker is None or category not in maker.categories:
        raise NotFound
    standing = _open_share(work, category, maker_id)
    if standing is not None and standing.risk_percent == risk_percent:
        return standing.id
    if standing is not None:
        _end_share(work, standing, why="another share of the risk")
    row = DemandShare(
        organisation_id=work.organisation_id,
        id=work.new_id(),
        category=category,
        maker_id=maker_id,
        risk_percent=risk_percent,
        use_within_days=USE_WITHIN_DAYS,
        given_at=work.now,
    )
    work.session.add(row)
    work.session.flush()
    details = {"category": category, "maker": str(maker_id), "risk_percent": risk_percent, "days": USE_WITHIN_DAYS}
    history.record(work, row, what="given", details=details)
    publish(work, DemandShared(row.organisation_id, category, maker_id))
    return row.id


def withdraw_share(work: Work, share_id: UUID) -> None:
    """Take a consent back. What was prepared meanwhile stays borne as agreed. Raises NotFound."""
    statement = select(DemandShare).where(
        DemandShare.organisation_id == work.organisation_id, DemandShare.id == share_id
    )
    row = work.session.scalars(statement.with_for_update()).one_or_none()
    if row is None:
        raise NotFound
    if row.withdrawn_at is None:
        _end_share(work, row, why="")


def _open_share(work: Work, category: str, maker_id: UUID) -> DemandShare | None:
    statement = select(DemandShare).where(
        DemandShare.organisation_id == work.organisation_id,
        DemandShare.category == category,
        DemandShare.maker_id == maker_id,
        DemandShare.withdrawn_at.is_(None),
    )
    return work.session.scalars(statement.with_for_update()).one_or_none()


def _end_share(work: Work, row: DemandShare, why: str) -> None:
    row.withdrawn_at = work.now
    work.session.flush()
    history.record(work, row, what="withdrawn", why=why)


class TwiceInRecipe(Conflict):
    """The recipe of this category has a line for this material already."""

    code = "twice_in_recipe"


@dataclass(frozen=True, slots=True)
class RecipeLine:
    """What one piece of a category takes of a material; fields as in models.MaterialUse."""

    category: str
    material: str
    unit: str
    per_piece: Decimal
    sourcing_days: int = 0
    unit_cost_minor: int | None = None
    currency: str = "CNY"


def save_recipe_line(work: Work, line: RecipeLine, use_id: UUID | None = None) -> UUID:
    """Add a line to a recipe of the acting factory, or change the one with this id.

    A material in own words that the packs know is kept by its id. Raises Invalid with every fault, TwiceInRecipe,
    NotFound.
    """
    vocabulary = live_vocabulary(work.session)
    line = replace(line, material=known_material(line.material, line.category, vocabulary))
    faults = recipe_faults(line, vocabulary)
    if faults:
        raise Invalid("This line of a recipe cannot be taken.", faults)
    row = _recipe_row(work, use_id) if use_id else None
    twin = _twin(work, line)
    if twin is not None and twin is not row:
        raise TwiceInRecipe("The recipe of this category has a line for this material already.")
    if row is None:
        _refuse_endless(work)
        row = MaterialUse(organisation_id=work.organisation_id, id=work.new_id())
        work.session.add(row)
    row.category, row.material, row.unit = line.category, line.material, MaterialUnit(line.unit)
    row.per_piece, row.sourcing_days = line.per_piece, line.sourcing_days
    row.unit_cost_minor, row.currency, row.changed_at = line.unit_cost_minor, line.currency, work.now
    work.session.flush()
    publish(work, RecipesChanged(work.organisation_id))
    return row.id


def remove_recipe_line(work: Work, use_id: UUID) -> None:
    """Take a line out of a recipe. Raises NotFound."""
    work.session.delete(_recipe_row(work, use_id))
    work.session.flush()
    publish(work, RecipesChanged(work.organisation_id))


def known_material(words: str, category: str, vocabulary: Vocabulary) -> str:
    """The id that the packs have for a material in somebody's words, else the words themselves."""
    found = vocabulary.resolve("material", words.strip(), vocabulary.vertical_of(category))
    return found.id if found is not None else " ".join(words.split())


def recipe_faults(line: RecipeLine, vocabulary: Vocabulary) -> tuple[FieldFault, ...]:
    """Everything that is wrong with a line."""
    units = [unit.value for unit in MaterialUnit]
    checks = (
        (vocabulary.term("category", line.category) is not None, "category", "it is unknown", "a category"),
        (0 < len(line.material) <= LONGEST_NAME, "material", "no name of a material", f"1 to {LONGEST_NAME} letters"),
        (line.unit in units, "unit", f"{line.unit[:20]!r} is unknown", ", ".join(units)),
        (0 < line.per_piece <= LARGEST_PER_PIECE, "per_piece", "not above 0", f"up to {LARGEST_PER_PIECE}"),
        (0 <= line.sourcing_days <= LONGEST_SOURCING, "sourcing_days", "out of range", f"0 to {LONGEST_SOURCING}"),
        (line.unit_cost_minor is None or line.unit_cost_minor > 0, "unit_cost", "not above 0", "a price, or nothing"),
    )
    return tuple(FieldFault(field, problem, accepted) for sound, field, problem, accepted in checks if not sound)


def _recipe_row(work: Work, use_id: UUID) -> MaterialUse:
    statement = select(MaterialUse).where(MaterialUse.organisation_id == work.organisation_id, MaterialUse.id == use_id)
    row = work.session.scalars(statement).one_or_none()
    if row is None:
        raise NotFound
    return row


def _twin(work: Work, line: RecipeLine) -> MaterialUse | None:
    statement = select(MaterialUse).where(
        MaterialUse.organisation_id == work.organisation_id,
        MaterialUse.category == line.category,
        MaterialUse.material == line.material,
    )
    return work.session.scalars(statement).one_or_none()


def _refuse_endless(work: Work) -> None:
    counted = select(func.count()).where(MaterialUse.organisation_id == work.organisation_id)
    if (work.session.scalar(counted) or 0) >= MOST_RECIPE_LINES:
        raise Conflict(f"Recipes hold at most {MOST_RECIPE_LINES} lines in all.")
