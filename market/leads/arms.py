"""Which ranker version ranks a request: the live one, or a candidate's while the request is in its arm of a split."""

from collections.abc import Callable
from typing import Final, TypeVar

import structlog

from market.kit.work import Work
from market.leads.models import Offering
from market.ranking.ranker import Ranker, ServedVersion
from market.ranking.service import ensure_live_ranker
from market.ranking.splits import arm_version, join, running_split, stop_split

CANNOT_RANK: Final = "cannot_rank"
"""Why a split is stopped whose candidate fails on a request."""

FAULTS: Final = (ArithmeticError, ValueError, LookupError, TypeError)
Ranked = TypeVar("Ranked")
log = structlog.get_logger(__name__)


def join_split(work: Work, offering: Offering) -> None:
    """Let a request that nobody was asked for yet take part in the split that runs, if it began while that runs."""
    split = running_split(work.session)
    if split is not None and offering.created_at >= split.started_at:
        join(work, split, offering.organisation_id, offering.id)


def rank_in_arm(work: Work, ranker: Ranker, offering: Offering, rank: Callable[[ServedVersion], Ranked]) -> Ranked:
    """Rank a request by the version of its arm. A candidate that cannot be read, or that fails, ends its split at once,
    and the live version ranks."""
    ensure_live_ranker(work, ranker)
    live = ranker.version_of(work.session)
    candidate = arm_version(work.session, offering.id)
    if candidate is None:
        return rank(live)
    served = ranker.version_named(work.session, candidate)
    fault = "it cannot be read"
    if not served.stands_in:
        try:
            return rank(served)
        except FAULTS as error:
            fault = f"{type(error).__name__}: {error}"
    log.error("candidate_cannot_rank", version=candidate, offering=str(offering.id), fault=fault)
    _stop(work, fault)
    return rank(live)


def _stop(work: Work, fault: str) -> None:
    split = running_split(work.session)
    if split is not None:
        stop_split(work, split.id, CANNOT_RANK, {"fault": fault[:300]})
