"""The learning loop: outcomes become a ranker, and it ranks if it forecasts unseen weeks better than the live one does.

A training reads everything in one transaction, so that what it published can be told to the last row; the contest
itself is the engine's (`matching.learning.contest`).
"""

from dataclasses import asdict, dataclass
from typing import Any, Final

from market.kit.work import Work
from market.quality.outcomes import TrainingData, outcome_counts, training_data
from market.ranking.queries import live_ranker_id
from market.ranking.service import Ranker, Training, ensure_live_ranker, lock_publishing, note_kept, publish_ranker
from market.ranking.splits import running_split
from matching.engine.model import RankerModel
from matching.learning.check import Check
from matching.learning.contest import Contest

SUPERSEDED: Final = "superseded"
"""Why nothing is published when another version went live while this one was learning."""

SPLIT_RUNS: Final = "split_runs"
"""Why nothing is published while a candidate is set against the live version."""


@dataclass(frozen=True, slots=True)
class Trained:
    """How a training ended. version: the live one after it. reason: of matching.learning.contest, SUPERSEDED or
    SPLIT_RUNS.

    figures: what the history and the version keep of the contest, as plain JSON.
    """

    published: bool
    version: str
    reason: str
    figures: dict[str, Any]


def train_ranker(work: Work, ranker: Ranker) -> Trained:
    """Learn from every lead offered before today, and publish what was learned if it is calibrated and better.

    The version that it takes the place of is kept for a rollback; the history says who, when and why. Training again
    on the same day and rows ends the same. Needs the system scope.
    """
    live = ensure_live_ranker(work, ranker)
    data = training_data(work.session, work.today)
    contest = hold(ranker, data, work, ranker.version_of(work.session).model)
    figures = {**outcome_counts(data.outcomes), "data_hash": data.digest, **figures_of(contest, live)}
    lock_publishing(work)
    if live_ranker_id(work.session) != live:
        return _kept(work, SUPERSEDED, figures)
    if running_split(work.session) is not None:
        return _kept(work, SPLIT_RUNS, figures)
    if not contest.won or not contest.model.calibrated:
        return _kept(work, contest.reason.value, figures)
    training = Training(work.today, work.now, data.digest, figures)
    why = contest.reason.value
    version = publish_ranker(work, contest.model, ranker.encoder, why=why, training=training)
    return Trained(True, version, why, figures)


def hold(ranker: Ranker, data: TrainingData, work: Work, live: RankerModel) -> Contest[RankerModel]:
    """The engine's contest over an index of its own, so that the one that ranks meanwhile stays as it is."""
    index = ranker.engine.index(data.factories)
    return ranker.engine.contest(data.orders, index, data.outcomes, as_of=work.today, live=live)


def figures_of(contest: Contest[RankerModel], live: str) -> dict[str, Any]:
    """The contest as plain JSON: against which version, on which days, and both checks."""
    days = {"held_out_from": contest.held_out_from, "held_out_to": contest.held_out_to}
    return {
        "against": live,
        "reason": contest.reason.value,
        **{name: None if day is None else day.isoformat() for name, day in days.items()},
        "candidate": _check(contest.candidate),
        "live": _check(contest.live),
        "gain": contest.gain,
        "gain_noise": contest.gain_noise,
    }


def _check(check: Check | None) -> dict[str, Any] | None:
    return None if check is None else {**asdict(check), "skill": check.skill, "passed": check.passed}


def _kept(work: Work, reason: str, figures: dict[str, Any]) -> Trained:
    note_kept(work, reason, figures)
    return Trained(False, live_ranker_id(work.session) or "", reason, figures)
