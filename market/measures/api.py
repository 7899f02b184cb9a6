"""The figures of the market as JSON, for the market's own keys: the tables of the operators' pages, row by row."""

from datetime import date, datetime
from typing import Any, Literal

from flask import request
from pydantic import Field

from market.kit.api import Record, api_blueprint, needs
from market.kit.edge import part, work
from market.measures.slices import read_asked
from market.measures.sums import freshness
from market.measures.tables import TABLES, table_rows
from matching.verticals.pack import Vocabulary

bp = api_blueprint("measures", "Measures")
SCOPE = "measures:read"


class MeasuresQuery(Record):
    """Which part of the market, and when. A request that named no trade or region is `-`. by: cuts the funnel."""

    vertical: str = ""
    region: str = ""
    language: str = Field("", description="zh, en, or pool for pooled requests")
    buyer: str = Field("", description="new, returning, or pool")
    size: str = Field("", description="of the factory: small, medium, large or unknown")
    newcomer: str = Field("", description="new: a factory in its first 28 days; old: all others")
    days: Literal["", "28", "84", "365"] = ""
    until: str = Field("", description="the last day, YYYY-MM-DD; today when left out")
    by: str = Field("", description="all, vertical, region, language, buyer, size or newcomer")


class MeasuresOutput(Record):
    """One table. first, last: its days. counted_at: how fresh; waiting_days: days that changed since.

    Shares come with n, hits, low and high, the ends of their 95 % interval; what is of nothing is null.
    """

    table: str
    first: date
    last: date
    part: dict[str, str]
    counted_at: datetime | None
    waiting_days: int
    rows: list[dict[str, Any]]


class TablesOutput(Record):
    """The names of all tables."""

    tables: list[str]


@bp.get("/measures")
@needs(SCOPE, "operator")
@bp.output(TablesOutput)
@bp.doc(summary="List the tables of figures", security="key")
def list_tables() -> dict[str, Any]:
    """For keys of the market itself."""
    return {"tables": list(TABLES)}


@bp.get("/measures/<table>")
@needs(SCOPE, "operator")
@bp.input(MeasuresQuery, location="query", arg_name="query")
@bp.output(MeasuresOutput)
@bp.doc(summary="Read one table of figures", security="key")
def read_table(table: str, query: MeasuresQuery) -> dict[str, Any]:
    """The same rows as on the operators' page and in its CSV file. For keys of the market itself."""
    asked = read_asked(request.args, work().today, list(part(Vocabulary).packs))
    rows = table_rows(work().session, asked, table, query.by)
    counted, waiting = freshness(work().session)
    return {
        "table": table, "first": asked.span.first.isoformat(), "last": asked.span.last.isoformat(),
        "part": asked.part.address, "counted_at": counted.isoformat() if counted else None, "waiting_days": waiting,
        "rows": rows,
    }  # fmt: skip
