"""The comparison as rows of cells, in the reader's language, for the exports."""

from flask_babel import gettext as _

from market.quotes.comparison import Comparison, PriceRow
from market.quotes.exports import Cell
from market.quotes.sections import OrderQuotes


def tabulate(found: OrderQuotes) -> list[list[Cell]]:
    """The table of the page: a column a quote, a row a quantity or fact. Money in major units of the named currency."""
    comparison = found.comparison
    columns = comparison.columns
    currency = columns[0].quote.currency if columns else found.order.currency
    rows: list[list[Cell]] = [[_("%(code)s, %(currency)s each", code=found.order.code, currency=currency)]]
    rows[0] += [column.factory.name for column in columns]
    rows += [_price_row(row) for row in comparison.rows]
    facts: list[tuple[str, list[Cell]]] = [
        (_("Delivers"), [column.delivers_on for column in columns]),
        (_("Days late"), [column.late_days for column in columns]),
        (_("Lead time, days"), [column.quote.lead_time_days for column in columns]),
        (_("Minimum, pieces"), [column.quote.minimum_quantity for column in columns]),
        (
            _("Sample fee"),
            [column.quote.sample_fee.major() if column.quote.sample_fee else None for column in columns],
        ),
        (_("Days for a sample"), [column.quote.sample_days for column in columns]),
        (_("On time"), [_("no data yet (n=0)") for _column in columns]),
        (_("Deals with you"), [column.won for column in columns]),
        (_total_label(comparison), [column.total.major() if column.total else None for column in columns]),
        (_("Valid until"), [column.quote.valid_until.date() for column in columns]),
        (_("Synthetic factory"), [_("yes") if column.factory.synthetic else _("no") for column in columns]),
        (_("Note to the buyer"), [column.quote.note for column in columns]),
    ]
    rows += [[label, *cells] for label, cells in facts]
    return rows


def _price_row(row: PriceRow) -> list[Cell]:
    label = _("%(count)s pieces", count=row.quantity)
    if row.pooled:
        label = _("%(count)s pieces (pool)", count=row.quantity)
    elif row.own:
        label = _("%(count)s pieces (yours)", count=row.quantity)
    prices: list[Cell] = [_("not taken") if price is None else price.major() for price in row.prices]
    return [label, *prices]


def _total_label(comparison: Comparison) -> str:
    return str(_("Total for %(count)s pieces", count=comparison.quantity))
