"""What a service is handed: the session, who acts, what time it is, and where ids come from."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Session

from market.config import Settings
from market.kit.clock import market_day
from market.kit.ids import NewId


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something. role: seller | factory | operator | system. user_id None: a clock, a job or an API key."""

    organisation_id: UUID | None
    user_id: UUID | None
    name: str
    role: str


SYSTEM_ACTOR = Actor(None, None, "system", "system")


@dataclass(frozen=True, slots=True)
class Work:
    """One unit of work, which its edge (request, job, command) commits or rolls back as a whole."""

    session: Session
    actor: Actor
    now: datetime
    new_id: NewId
    settings: Settings

    @property
    def today(self) -> date:
        return market_day(self.now)

    @property
    def organisation_id(self) -> UUID:
        """The organisation that acts; a job that acts for none must not ask."""
        if self.actor.organisation_id is None:
            raise LookupError("this work is done for no organisation")
        return self.actor.organisation_id
