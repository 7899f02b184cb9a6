"""What both sides do: write and change a review until it is published, then answer the other's, once."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from market.kit import history, live
from market.kit.errors import Conflict, FieldFault, Invalid, NotFound
from market.kit.outbox import publish
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.production import queries as production
from market.reviews.events import ReviewWritten
from market.reviews.exchanges import lock_exchange, show, tell
from market.reviews.models import LONGEST_WORDS, ExchangeState, Review, ReviewAnswer, ReviewExchange, Side

MARKS: Final[Mapping[Side, tuple[str, ...]]] = {
    Side.SHOP: ("as_agreed", "on_time", "communication"),
    Side.FACTORY: ("requirements", "quick_answers", "pays_on_time"),
}
"""What the author of a side may mark beside its stars."""

BEST: Final = 5


class NotReviewable(Conflict):
    """Nothing can be written about this share now; the message says why."""

    code = "not_reviewable"


class InDispute(NotReviewable):
    """A dispute about the share is open: reviews wait for its end."""

    code = "in_dispute"


class TooLate(NotReviewable):
    """The 14 days are over."""

    code = "too_late"


class AlreadyPublished(NotReviewable):
    """The reviews of this share are published; they are changed by nobody."""

    code = "already_published"


class AlreadyAnswered(Conflict):
    """This review was answered before."""

    code = "already_answered"


class ReviewRefused(Invalid):
    """What was said cannot be taken; every fault is named."""

    code = "review_refused"


@dataclass(frozen=True, slots=True)
class Verdict:
    """stars: 1 to 5 over all. marks: what of MARKS -> 1 to 5. words: at most 1,000 characters, or none."""

    stars: int
    marks: Mapping[str, int]
    words: str = ""


def write_review(work: Work, share_id: UUID, verdict: Verdict) -> UUID:
    """The acting shop or factory says how a share was; said again, it takes the place of what it said before. Returns
    the review. The other side does not learn that it was written.

    Raises ReviewRefused with every fault, NotReviewable and its kinds, NotFound.
    """
    row, side = _exchange_of(work, share_id)
    words = _checked(verdict, side)
    _need_open(work, row)
    said = {"stars": verdict.stars, "marks": dict(verdict.marks), "words": words, "written_at": work.now}
    statement = insert(Review).values(
        organisation_id=work.organisation_id,
        id=work.new_id(),
        exchange_id=row.id,
        share_id=row.share_id,
        side=side,
        about_id=row.factory_id if side is Side.SHOP else row.organisation_id,
        category=row.category,
        hidden_why="",
        **said,
    )
    review = work.session.scalars(
        statement.on_conflict_do_update(
            index_elements=["exchange_id", "side"], set_=said, where=Review.published_at.is_(None)
        )
        .returning(Review)
        .execution_options(populate_existing=True)
    ).one()
    history.record(work, review, what="written")
    publish(work, ReviewWritten(work.organisation_id, row.id))
    live.announce(work.session, work.organisation_id, "deal", row.deal_id)
    return review.id


def answer_review(work: Work, review_id: UUID, words: str) -> UUID:
    """The reviewed side answers a published review, once; the same words again find the first answer. Returns it.

    Raises ReviewRefused, AlreadyAnswered, NotFound for a review that is not about the acting side, or not published.
    """
    statement = select(Review).where(
        Review.id == review_id,
        Review.about_id == work.organisation_id,
        Review.published_at.is_not(None),
        Review.hidden_at.is_(None),
    )
    review = work.session.scalars(statement).one_or_none()
    if review is None:
        raise NotFound
    bare = words.strip()
    faults = _words_faults(bare, required=True)
    if faults:
        raise ReviewRefused("This answer cannot be taken.", tuple(faults))
    made = work.session.scalars(
        insert(ReviewAnswer)
        .values(
            organisation_id=work.organisation_id,
            id=work.new_id(),
            review_id=review.id,
            words=bare,
            answered_at=work.now,
        )
        .on_conflict_do_nothing(index_elements=["review_id"])
        .returning(ReviewAnswer)
    ).first()
    if made is None:
        earlier = work.session.scalars(select(ReviewAnswer).where(ReviewAnswer.review_id == review.id)).one()
        if earlier.words != bare:
            raise AlreadyAnswered("This review was answered before; an answer stays as it is.")
        return earlier.id
    history.record(work, made, what="answered")
    row = lock_exchange(work, review.exchange_id)
    tell(work, row, review.side, "review_answered")
    show(work, row)
    return made.id


def _exchange_of(work: Work, share_id: UUID) -> tuple[ReviewExchange, Side]:
    """The exchange of a share, held, and the side of the acting organisation. Raises NotReviewable, NotFound."""
    share = production.share(work.session, share_id)
    side = {share.organisation_id: Side.SHOP, share.factory_id: Side.FACTORY}.get(work.organisation_id)
    if side is None:
        raise NotFound
    statement = select(ReviewExchange.id).where(ReviewExchange.share_id == share_id)
    exchange_id = work.session.scalars(statement).one_or_none()
    if exchange_id is None:
        raise NotReviewable(_why_not_yet(share))
    return lock_exchange(work, exchange_id), side


def _why_not_yet(share: production.ShareRow) -> str:
    if share.left_at is not None:
        return "This order left its run without goods; there is nothing to review."
    if share.accepted_at is None:
        return "These goods are not accepted; they can be reviewed once they are."
    return "A dispute about these goods is open, or they were accepted this minute; reviews are not open yet."


def _need_open(work: Work, row: ReviewExchange) -> None:
    if row.state is ExchangeState.PUBLISHED:
        raise AlreadyPublished("The reviews of this share are published and stay as they are.")
    if row.state is ExchangeState.OPEN and row.closes_at is None:
        raise InDispute("A dispute about these goods is open; reviews wait for its end.")
    if row.state is ExchangeState.LAPSED or (row.closes_at is not None and row.closes_at <= work.now):
        raise TooLate("The 14 days to write a review are over.")


def _checked(verdict: Verdict, side: Side) -> str:
    """The words without blanks around them. Raises ReviewRefused with every fault."""
    bare = verdict.words.strip()
    faults = _words_faults(bare)
    accepted = _("a whole number from %(first)s to %(last)s", first=1, last=BEST)
    if not 1 <= verdict.stars <= BEST:
        faults.append(FieldFault("stars", _("%(count)s stars were given", count=verdict.stars), accepted))
    for name, mark in verdict.marks.items():
        if name not in MARKS[side]:
            problem = _("“%(value)s” is not known", value=name[:40])
            faults.append(FieldFault("marks", problem, _("one of %(choices)s", choices=", ".join(MARKS[side]))))
        elif not 1 <= mark <= BEST:
            faults.append(FieldFault(name, _("%(count)s stars were given", count=mark), accepted))
    if faults:
        raise ReviewRefused("This review cannot be taken.", tuple(faults))
    return bare


def _words_faults(bare: str, *, required: bool = False) -> list[FieldFault]:
    if len(bare) <= LONGEST_WORDS and (bare or not required):
        return []
    problem = _("is %(count)s characters long", count=len(bare)) if bare else _("is empty")
    return [FieldFault("words", problem, _("1 to %(most)s characters", most=LONGEST_WORDS))]
