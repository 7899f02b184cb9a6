"""Keys of movements: each is made of what it is about, so that the same news moves money once whatever came between."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import text

from market.payments.events import RefundFailed
from market.production.events import DealAccepted, DealCancelled
from market.production.service import cancel_deal
from tests.market.moments import MOMENTS
from tests.market.production.yard import Run, single_deal
from tests.market.rivals import Ring
from tests.market.settlement import money_acts as money
from tests.market.settlement.test_flows import tell, with_deposits
from tests.market.town import Town

ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
FORMS = "|".join(
    (
        f"payment {ID}",
        f"accepted {ID}",
        f"not asked {ID}",
        f"beyond the price {ID}",
        f"cancelled {ID} (?:materials|refund) {ID}",
        f"dispute {ID}(?: back| taken back| released| thawed)?",
        f"{ID} (?:refund|payout)_[a-z]+",
    )
)
OWNERS = ("deals", "deal_shares", "dues", "remittances", "payments", "disputes", "ledger_transactions")
LIVES = ("paid", "a refund is there", "withdrawn, and nobody has heard", "halted by a dispute that is withdrawn")


@pytest.mark.parametrize("moment", LIVES)
def test_every_key_of_a_movement_is_made_of_what_it_is_about(ring: Ring, moment: str) -> None:
    run = ring.shelf.bring(ring.town, MOMENTS, moment)
    run.town.deliver()
    if moment == "paid":
        tell(run, money.bounced(run))
    with run.town.work("system") as work:
        known = {str(row) for table in OWNERS for row in work.session.scalars(text(f"SELECT id FROM {table}"))}
        keys = work.session.scalars(text("SELECT key FROM ledger_transactions WHERE key NOT LIKE 'an operator%'")).all()
    assert len(keys) > 3
    for key in keys:
        assert re.fullmatch(f"(?:{FORMS})(?:/[1-5])?", key), key
        assert set(re.findall(ID, key)) <= known, key


@pytest.mark.parametrize("kind", ["accepted", "cancelled"])
def test_the_end_of_a_deal_told_twice_moves_nothing_that_is_held_anew(town: Town, kind: str) -> None:
    """A refund that failed is held again and waits for an operator, whatever is told a second time."""
    run = with_deposits(single_deal(town))
    ends: dict[str, Callable[[], object]] = {
        "accepted": lambda: tell(run, DealAccepted(run.deal.organisation_id, run.deal_id)),
        "cancelled": lambda: tell(run, DealCancelled(run.deal.organisation_id, run.deal_id, "buyer", 0)),
    }
    if kind == "cancelled":
        run.by_factory(cancel_deal)
    else:
        ends[kind]()
        money.everything_goes_back(run)
    held = refunds_fail(run)
    assert held > 0
    again = ends[kind]()
    assert isinstance(again, dict) and again["held"] == held and "refunding" not in again


def refunds_fail(run: Run) -> int:
    """The provider could pay no refund; how much is held again."""
    with run.town.work("system") as work:
        asked = work.session.execute(text("SELECT organisation_id, id, reference FROM refunds ORDER BY id")).all()
    stands: dict[str, int] = {}
    for owner, refund_id, reference in asked:
        with run.town.work("system") as work:
            work.session.execute(text("UPDATE refunds SET state = 'failed' WHERE id = :id"), {"id": refund_id})
        stands = tell(run, RefundFailed(owner, refund_id, reference, "the account is closed"))
    return stands["held"]
