"""When a run will be finished, predicted from what was reported and from how long stages take. Pure and deterministic.

A stage that is reported took the days that it took. One that is not yet is expected to take what the factory's own past
runs took, drawn towards the market's, which is drawn towards the plan: SHRINKAGE runs count for the broader figure. A
stage that should be over but is not reported lasts at least until today.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

SHRINKAGE: Final = 5


@dataclass(frozen=True, slots=True)
class Pace:
    """How long a stage took in past runs: their days in all, and how many runs they were."""

    days: int = 0
    runs: int = 0


@dataclass(frozen=True, slots=True)
class StagePace:
    """A stage's past at the factory, and at all other factories of the trade."""

    own: Pace = field(default_factory=Pace)
    market: Pace = field(default_factory=Pace)


@dataclass(frozen=True, slots=True)
class Part:
    """One stage of a prediction. basis: reported, or what its days rest on: factory | market | plan | waiting (it is
    not reported and would be over). evidence: how many past runs stand behind the days."""

    stage: str
    begins: date
    days: int
    basis: str
    evidence: int

    @property
    def ends(self) -> date:
        return self.begins + timedelta(days=self.days)

    def as_json(self) -> dict[str, Any]:
        plain = {"stage": self.stage, "days": self.days, "basis": self.basis, "evidence": self.evidence}
        return {**plain, "from": self.begins.isoformat(), "to": self.ends.isoformat()}


@dataclass(frozen=True, slots=True)
class Prediction:
    """The day on which a run will be finished, as the sum of its parts in their order."""

    finish: date
    parts: tuple[Part, ...]


def expected_days(planned: float, pace: StagePace) -> float:
    """Days of a stage: the mean of the factory's runs shrunk to the market's, that one shrunk to the plan."""
    market = (planned * SHRINKAGE + pace.market.days) / (SHRINKAGE + pace.market.runs)
    return (market * SHRINKAGE + pace.own.days) / (SHRINKAGE + pace.own.runs)


def predict(
    stages: Sequence[str],
    reported: Sequence[tuple[str, date]],
    paces: Mapping[str, StagePace],
    *,
    started_on: date,
    planned_days: int,
    today: date,
) -> Prediction:
    """Predict the finish of a run that began on `started_on`.

    stages: all of them, in their order. reported: those finished, by rising day. planned_days: of the whole run by its
    lead time, shared equally by its stages. Past `today` nothing is assumed but the pace.
    """
    parts: list[Part] = []
    begins = started_on
    for stage, finished_on in reported:
        parts.append(Part(stage, begins, max((finished_on - begins).days, 0), "reported", 1))
        begins = parts[-1].ends
    done = {stage for stage, _day in reported}
    planned = planned_days / max(len(stages), 1)
    for place, stage in enumerate(stage for stage in stages if stage not in done):
        part = _expected(stage, begins, planned, paces.get(stage, StagePace()))
        if place == 0 and part.ends < today:
            part = Part(stage, begins, (today - begins).days, "waiting", part.evidence)
        parts.append(part)
        begins = part.ends
    return Prediction(begins, tuple(parts))


def _expected(stage: str, begins: date, planned: float, pace: StagePace) -> Part:
    days = max(int(expected_days(planned, pace) + 0.5), 1)
    basis = "factory" if pace.own.runs else "market" if pace.market.runs else "plan"
    return Part(stage, begins, days, basis, pace.own.runs + pace.market.runs)
