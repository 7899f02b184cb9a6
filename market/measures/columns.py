"""The columns of the summary tables: by what is counted, and what."""

from typing import Final

CHANCE_EDGES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8)
"""Upper ends of the bins of probability; the last bin ends at 1."""
CHANCE_BINS: Final = tuple(range(len(CHANCE_EDGES) + 1))
WAIT_EDGES: Final = tuple(15 * 2 ** (step / 2) for step in range(22))
"""Upper ends, in minutes, of the bins of the time to the first quote: from a quarter of an hour to fifteen days."""
WAIT_BINS: Final = tuple(range(len(WAIT_EDGES) + 1))
MILLION: Final = 1_000_000
"""Probabilities and squared errors are summed in whole millionths, so that no order of adding changes a sum."""

REASONS: Final = ("capacity", "price", "process", "material", "quantity", "time", "other")
REQUEST_KEYS: Final = ("vertical", "region", "language", "buyer")
LEAD_KEYS: Final = (*REQUEST_KEYS, "size", "newcomer")
FACET_KEYS: Final = ("vertical", "facet", "value")
DEAL_KEYS: Final = (*REQUEST_KEYS, "currency")

STEPS: Final = ("offered", "viewed", "accepted", "quoted", "won")
ENDS: Final = ("countered", "lost", "expired", "withdrawn", "declined", "closed")
DECLINES: Final = tuple(f"declined_{reason}" for reason in REASONS)
CHANCES: Final = tuple(f"chance_{part}_{place}" for place in CHANCE_BINS for part in ("n", "p", "y"))
SQUARES: Final = "chance_squares"
LEAD_COUNTS: Final = (*STEPS, *ENDS, *DECLINES, *CHANCES, SQUARES)
WAITS: Final = tuple(f"wait_{place}" for place in WAIT_BINS)
RUN_COUNTS: Final = ("posted", "offered", "won", "open", "quoted", "quoted_in_a_day", *WAITS)
DEAL_COUNTS: Final = ("deals", "again", "minor")

FACETS: Final = ("rank", "ranker", "similarity")
MOST_RANK: Final = 10
TABLES: Final = {
    "measure_leads": (LEAD_KEYS, LEAD_COUNTS),
    "measure_facets": (FACET_KEYS, LEAD_COUNTS),
    "measure_runs": (REQUEST_KEYS, RUN_COUNTS),
    "measure_deals": (DEAL_KEYS, DEAL_COUNTS),
}
"""Every summary by days and months: its keys beside the day, and its counts."""
