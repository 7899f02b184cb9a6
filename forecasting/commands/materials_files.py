"""Reads the plans of many sellers, one file each, and a bill of materials."""

from pathlib import Path
from typing import Any, Final

from forecasting.replenishment.materials import Need, Use
from forecasting.replenishment.plan_reading import PlanRow, need_of
from matching.tables import (
    Column,
    Fault,
    Faults,
    Row,
    Table,
    day,
    iterate_objects,
    number,
    read_table,
    refuse,
    text,
    whole,
)

PLAN: Final = Table(
    (
        Column("sku", text(200), required=True),
        Column("order_quantity", whole(0), required=True),
        Column("order_by", day()),
        Column("stockout_on_p50", day()),
        Column("stockout_on_p90", day()),
        Column("days_of_cover", number(least=0.0)),
        Column("reorder_point", whole(0)),
        Column("order_up_to", whole(0)),
        Column("model", text()),
        Column("reason", text()),
    ),
    key=("sku",),
)
BOM: Final = Table(
    (
        Column("sku", text(200), required=True),
        Column("material", text(200), required=True),
        Column("unit", text(50), required=True),
        Column("quantity_per_piece", number(most=1e9, above=0.0)),
        Column("quantity", number(most=1e9, above=0.0)),
        Column("seller", text(200)),
    )
)
_TABLES: Final = (".csv", ".csv.gz", ".xlsx")


def read_plans(folder: Path, faults: Faults) -> list[Need]:
    """What every seller's plan needs made. A seller is a file, named by it; beside NAME.csv may stand NAME.jsonl.

    Raises BadInput when the folder cannot be read or holds no plan.
    """
    try:
        files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(_TABLES))
    except OSError as error:
        raise refuse(str(folder), "is no folder that can be read; accepted: a folder of plans") from error
    if not files:
        raise refuse(str(folder), "holds no plans; accepted: one CSV or .xlsx file for each seller")
    needs: list[Need] = []
    sellers: dict[str, Path] = {}
    for path in files:
        seller = path.name.split(".")[0]
        if seller in sellers:
            faults.add(Fault(str(path), 0, "*", f"{sellers[seller].name} is of this seller; accepted: one file each"))
        sellers[seller] = path
        needs += _needs(seller, path, faults)
    return needs


def read_bom(path: Path, faults: Faults) -> list[Use]:
    """What a piece of each sku takes of each material."""
    uses: list[Use] = []
    seen: dict[tuple[str | None, str, str], int] = {}
    units: dict[str, str] = {}
    for row in read_table(path, BOM, faults):
        use = _use(row, faults)
        if use is None:
            continue
        earlier = seen.setdefault((use.seller, use.sku, use.material), row.number)
        if earlier != row.number:
            problem = f"'{use.sku}' and '{use.material}' stand already in row {earlier}; accepted: once"
            faults.add(row.fault("material", problem))
        if units.setdefault(use.material, use.unit) != use.unit:
            problem = f"'{use.unit}' is not the '{units[use.material]}' that '{use.material}' is told in above"
            faults.add(row.fault("unit", f"{problem}; accepted: one unit for each material"))
        uses.append(use)
    return uses


def _needs(seller: str, path: Path, faults: Faults) -> list[Need]:
    rows = [_plan_row(row) for row in read_table(path, PLAN, faults)]
    beside = path.with_name(f"{seller}.jsonl")
    told = _explained(beside, faults) if beside.is_file() else {}
    needs = []
    for row in rows:
        need = need_of(seller, row)
        if row.sku in told:
            need = Need(seller, row.sku, *told[row.sku], row.order_quantity, row.order_by)
        needs.append(need)
    return needs


def _plan_row(row: Row) -> PlanRow:
    return PlanRow(
        row.required_text("sku"),
        row.required_whole("order_quantity"),
        row.day("order_by"),
        row.day("stockout_on_p50"),
        row.day("stockout_on_p90"),
        row.number_in("days_of_cover"),
        row.whole("order_up_to"),
    )


def _explained(path: Path, faults: Faults) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Chances and pieces of each sku."""
    told = {}
    for line, each in iterate_objects(path, faults):
        points = _points(each.get("needed"))
        if not isinstance(each.get("sku"), str) or points is None:
            problem = "is no quantiles of pieces by chance, both growing; accepted: what `replenish --explain` writes"
            faults.add(Fault(str(path), line, "needed", problem))
        else:
            told[each["sku"]] = points
    return told


def _points(needed: Any) -> tuple[tuple[float, ...], tuple[float, ...]] | None:
    if not isinstance(needed, dict) or not needed:
        return None
    try:
        points = sorted((float(chance), float(pieces)) for chance, pieces in needed.items())
    except (TypeError, ValueError):
        return None
    chances, pieces = tuple(chance for chance, _ in points), tuple(amount for _, amount in points)
    sound = chances[0] > 0 and chances[-1] < 1 and pieces[0] >= 0 and pieces[-1] < 1e12
    return (chances, pieces) if sound and list(pieces) == sorted(pieces) else None


def _use(row: Row, faults: Faults) -> Use | None:
    per_piece = row.number_in("quantity_per_piece")
    if per_piece is None:
        per_piece = row.number_in("quantity")
    if per_piece is None:
        problem = "the cell is empty; accepted: how much of the material a piece takes (quantity_per_piece or quantity)"
        faults.add(row.fault("quantity_per_piece", problem))
        return None
    return Use(
        row.required_text("sku"),
        row.required_text("material"),
        row.required_text("unit"),
        per_piece,
        row.text("seller"),
    )
