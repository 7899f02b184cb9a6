"""How many of 100 leads are given to learning: a row of the market, which every process reads with the next ranking."""

from dataclasses import dataclass
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.errors import invalid_field
from market.kit.work import Work
from market.ranking.models import Exposure
from market.ranking.service import LONGEST_REASON

MOST_PERCENT: Final = 10


@dataclass(frozen=True, slots=True)
class MarketExposure:
    """The aggregate whose history tells who turned the share, when, from what and why."""

    __tablename__: ClassVar[str] = Exposure.__tablename__
    organisation_id: UUID = MARKET_ID
    id: UUID = MARKET_ID


def explore_percent(session: Session, start: int) -> int:
    """The share in force, in percent. start: what the setting says, which counts until somebody has turned it."""
    found = session.scalar(select(Exposure.percent).where(Exposure.organisation_id == MARKET_ID))
    return start if found is None else found


def set_explore_percent(work: Work, percent: int, why: str) -> bool:
    """Give this share of leads to learning from the next ranking on; False when it is in force already.

    Leads that were offered keep their propensities. Raises Invalid for a share outside 0 to MOST_PERCENT, and without a
    reason.
    """
    if not 0 <= percent <= MOST_PERCENT:
        accepted = f"a whole number from 0 to {MOST_PERCENT}"
        raise invalid_field("This share cannot be given to learning.", "percent", f"it is {percent}", accepted)
    if not why.strip() or len(why) > LONGEST_REASON:
        raise invalid_field("A change needs a reason.", "why", "it is missing or too long", "1 to 500 characters")
    start = work.settings.explore_percent
    first = insert(Exposure).values(organisation_id=MARKET_ID, percent=start, changed_at=work.now)
    work.session.execute(first.on_conflict_do_nothing())
    row = select(Exposure.percent).where(Exposure.organisation_id == MARKET_ID).with_for_update()
    before = work.session.scalars(row).one()
    if before == percent:
        return False
    turned = update(Exposure).where(Exposure.organisation_id == MARKET_ID)
    work.session.execute(turned.values(percent=percent, changed_at=work.now))
    details = {"percent": percent, "before": before}
    history.record(work, MarketExposure(), what="changed", why=why.strip(), details=details)
    return True
