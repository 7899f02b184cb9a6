"""What other capabilities may hear of a factory."""

from dataclasses import dataclass

from market.kit.outbox import Event


@dataclass(frozen=True, slots=True)
class FactoryChanged(Event):
    """A factory was registered, changed its profile, or opened, filled or paused. organisation_id is its id."""

    version: int
    state: str


@dataclass(frozen=True, slots=True)
class QuestionAnswered(Event):
    """A factory answered what it was asked. organisation_id is its id. answer: yes | no | unsure."""

    answer: str
