"""Accepted goods and what both sides say of each other, in one line each."""

from uuid import UUID

from market.reviews import queries, service
from market.reviews.queries import ExchangeRow, ReviewRow
from market.reviews.service import Verdict
from tests.market.production.yard import Run

GOOD = Verdict(5, {"as_agreed": 5, "on_time": 4}, "stitches as the sample")
FAIR = Verdict(3, {"pays_on_time": 3}, "paid on the last day")


def accepted(run: Run) -> Run:
    """A run whose goods arrived and were accepted everywhere; its money is not in any book."""
    run.to_delivered()
    for shop in run.shops:
        run.accept(shop)
    return run


def by_shop(run: Run, verdict: Verdict = GOOD, shop: UUID | None = None, *, deliver: bool = True) -> UUID:
    """A shop reviews the factory; returns the review."""
    author = shop or run.shops[0]
    with run.town.work("seller", author) as work:
        written = service.write_review(work, run.share(author).id, verdict)
    if deliver:
        run.town.deliver()
    return written


def by_factory(run: Run, verdict: Verdict = FAIR, shop: UUID | None = None, *, deliver: bool = True) -> UUID:
    """The factory reviews a shop."""
    with run.town.work("factory", run.factory) as work:
        written = service.write_review(work, run.share(shop or run.shops[0]).id, verdict)
    if deliver:
        run.town.deliver()
    return written


def exchange(run: Run, shop: UUID | None = None) -> ExchangeRow | None:
    with run.town.work("system") as work:
        return queries.exchange_of_share(work.session, run.share(shop or run.shops[0]).id)


def state(run: Run, shop: UUID | None = None) -> str | None:
    row = exchange(run, shop)
    return None if row is None else row.state.value


def seen_by(run: Run, role: str, organisation_id: UUID, shop: UUID | None = None) -> dict[str, ReviewRow]:
    """Side -> the review that an organisation reads of one share."""
    row = exchange(run, shop)
    if row is None:
        return {}
    with run.town.work(role, organisation_id) as work:
        found = queries.reviews_of_exchange(work.session, row.id)
    return {side.value: review for side, review in found.items()}
