"""What comparable deals paid: the middle half of their unit prices, with the number of deals behind it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import ARRAY, Text, bindparam, text

from market.kit.work import Work
from market.leads.queries import OfferingRow
from matching.verticals.pack import Vocabulary

LEAST_DEALS: Final = 8
LOOKED_BACK: Final = timedelta(days=365)
TIMES_THE_QUANTITY: Final = 2
"""A deal is comparable from half the quantity to twice the quantity: a doubling moves a price by less than a tenth."""

BAND = text("SELECT * FROM weft_price_band(:asking, :categories, :fewest, :most, :paid_in, :since, :least)").bindparams(
    bindparam("categories", type_=ARRAY(Text))
)


@dataclass(frozen=True, slots=True)
class PriceBand:
    """The quarter points of what `deals` comparable deals paid for a piece, in minor units of `currency`.

    low, middle, high: P25, P50 and P75; None while the deals are fewer than LEAST_DEALS, and while all that are not
    the reader's own were made by one other factory, whose prices they would give away.
    categories: those whose deals count. fewest, most: pieces of a comparable deal.
    """

    deals: int
    other_factories: int
    low: int | None
    middle: int | None
    high: int | None
    currency: str
    categories: tuple[str, ...]
    fewest: int
    most: int

    @property
    def is_one_rival(self) -> bool:
        """Whether the band stays hidden although there are deals enough."""
        return self.deals >= LEAST_DEALS and self.low is None


def price_band(work: Work, offering: OfferingRow, vocabulary: Vocabulary, asking: UUID) -> PriceBand | None:
    """What deals like this offering paid: its category or the next wider one, a similar quantity, the same currency,
    awarded in the last twelve months. None for a request without a category. asking: the factory that reads it."""
    category = offering.brief.get("category")
    if not category:
        return None
    term = vocabulary.term("category", str(category))
    wider = None if term is None else term.parent
    categories = tuple(found for found in (str(category), wider) if found)
    fewest = -(-offering.quantity // TIMES_THE_QUANTITY)
    most = offering.quantity * TIMES_THE_QUANTITY
    currency = str(offering.brief.get("currency") or "CNY")
    arguments = {
        "asking": asking,
        "categories": list(categories),
        "fewest": fewest,
        "most": most,
        "paid_in": currency,
        "since": work.now - LOOKED_BACK,
        "least": LEAST_DEALS,
    }
    found = work.session.execute(BAND, arguments).one()
    return PriceBand(
        found.deals, found.other_factories, found.low, found.middle, found.high, currency, categories, fewest, most
    )
