"""What can be done to candidates: let one rank in shadow, end it, let it rank."""

import json
from uuid import UUID

from sqlalchemy import select

from market.experiments.events import ShadowAsked
from market.experiments.models import CANDIDATE_TRANSITIONS, Candidate, CandidateState
from market.identity.service import MARKET_ID
from market.kit import history
from market.kit.errors import Conflict, NotFound, invalid_field
from market.kit.outbox import publish
from market.kit.work import Work
from market.ranking import splits
from market.ranking.encoder_queries import live_encoder
from market.ranking.queries import live_ranker_id, ranker_version
from market.ranking.service import LONGEST_REASON, NotCalibrated, publish_ranker
from matching.engine.model import RankerModel


class OtherEncoder(Conflict):
    """A candidate whose chances were told with other vectors than those of the live encoder."""

    code = "other_encoder"


def add_candidate(work: Work, model: RankerModel, encoder: str, why: str, *, from_file: bool) -> UUID:
    """Let a ranker rank every request beside the live one from now on, and those of the past by the worker.

    One that stood in shadow before goes on. Raises Invalid without a reason, Conflict for the live version and for one
    that ranks in shadow already.
    """
    said = _reason(why)
    if live_ranker_id(work.session) == model.name:
        raise Conflict(f"{model.name} is live.")
    found = work.session.scalars(select(Candidate).where(Candidate.version == model.name)).one_or_none()
    if found is not None:
        history.move(work, found, CandidateState.SHADOW, CANDIDATE_TRANSITIONS, why=said)
    else:
        found = Candidate(
            organisation_id=MARKET_ID,
            id=work.new_id(),
            version=model.name,
            parameters=json.loads(model.to_json()),
            encoder=encoder,
            from_file=from_file,
            state=CandidateState.SHADOW,
            added_at=work.now,
        )
        work.session.add(found)
        work.session.flush()
        details = {"version": model.name, "from_file": from_file}
        history.record(work, found, what="added", to_state=CandidateState.SHADOW, why=said, details=details)
    publish(work, ShadowAsked(MARKET_ID, found.id, ""))
    return found.id


def add_kept(work: Work, version_id: str, why: str) -> UUID:
    """Let a kept version rank in shadow. Raises NotFound for an unknown one and one that cannot be read any more."""
    try:
        kept = ranker_version(work.session, version_id)
    except (ValueError, TypeError, KeyError):
        kept = None
    if kept is None:
        raise NotFound(f"There is no ranker version {version_id[:80]!r} that can be read.")
    return add_candidate(work, kept.model, kept.encoder, why, from_file=False)


def end_candidate(work: Work, candidate_id: UUID, why: str) -> None:
    """No longer rank in shadow; what was told stays. Raises Invalid without a reason, Conflict when it ended before."""
    history.move(work, _found(work, candidate_id), CandidateState.ENDED, CANDIDATE_TRANSITIONS, why=_reason(why))


def promote(work: Work, candidate_id: UUID, why: str) -> str:
    """Let a candidate rank; returns its version. The one before is kept for a rollback.

    Raises Invalid without a reason, NotCalibrated for one that learned and is not calibrated, Conflict when it does not
    rank in shadow.
    """
    said = _reason(why)
    found = _found(work, candidate_id)
    model = RankerModel.from_json(json.dumps(found.parameters))
    if model.evidence and not model.calibrated:
        raise NotCalibrated(f"{model.name} is not calibrated and so cannot rank.")
    history.move(work, found, CandidateState.PROMOTED, CANDIDATE_TRANSITIONS, why=said)
    splits.end_by_promotion(work, model.name, said)
    return publish_ranker(work, model, found.encoder, why=said)


def split_live(work: Work, candidate_id: UUID, percent: int, why: str) -> UUID:
    """Let a candidate rank this share of new requests, watched by a guard; returns the split.

    Raises Invalid without a reason or for a share out of bounds, NotCalibrated as `promote`, Conflict when it does not
    rank in shadow, its encoder is not the live one, or a split runs already.
    """
    said = _reason(why)
    found = _found(work, candidate_id)
    model = RankerModel.from_json(json.dumps(found.parameters))
    if model.evidence and not model.calibrated:
        raise NotCalibrated(f"{model.name} is not calibrated and so cannot rank.")
    if found.state is not CandidateState.SHADOW:
        raise Conflict(f"{model.name} is {found.state.value}: only what ranks in shadow can be split off.")
    encoder = live_encoder(work.session)
    if encoder is not None and encoder.id != found.encoder:
        raise OtherEncoder(f"{model.name} was made for another encoder than {encoder.id}, which is live.")
    return splits.start_split(work, model, found.encoder, percent, said)


def promote_split(work: Work, split_id: UUID, candidate_id: UUID, why: str) -> str:
    """Let the candidate of a running split rank everything; returns its version. Raises as `promote`, and IllegalMove
    where the split ended before."""
    splits.promote_split(work, split_id, _reason(why))
    return promote(work, candidate_id, why)


def end_running(work: Work, split_id: UUID, why: str) -> None:
    """The live ranker ranks every request again. Raises Invalid without a reason, NotFound, IllegalMove."""
    splits.end_split(work, split_id, _reason(why))


def _found(work: Work, candidate_id: UUID) -> Candidate:
    found = work.session.scalars(select(Candidate).where(Candidate.id == candidate_id)).one_or_none()
    if found is None:
        raise NotFound
    return found


def _reason(why: str) -> str:
    if not why.strip() or len(why) > LONGEST_REASON:
        raise invalid_field("This needs a reason.", "why", "it is missing or too long", "1 to 500 characters")
    return why.strip()
