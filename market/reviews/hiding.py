"""Operators take reviews that break the rules off the pages, with the reason on record."""

from uuid import UUID

from sqlalchemy import select

from market.kit import history, notices
from market.kit.errors import Conflict, FieldFault, NotFound
from market.kit.wording import Sentence as _
from market.kit.work import Work
from market.reviews.exchanges import lock_exchange, show
from market.reviews.models import Review
from market.reviews.writing import ReviewRefused

LONGEST_WHY = 500


class AlreadyHidden(Conflict):
    """This review was hidden before."""

    code = "already_hidden"


def hide_review(work: Work, review_id: UUID, why: str) -> None:
    """Take a published review, and the answer to it, off every page, and out of the averages; its author is told why.

    For operators. Raises ReviewRefused without a reason, AlreadyHidden, NotFound before it is published.
    """
    statement = select(Review).where(Review.id == review_id, Review.published_at.is_not(None)).with_for_update()
    review = work.session.scalars(statement.execution_options(populate_existing=True)).one_or_none()
    if review is None or work.actor.role != "operator":
        raise NotFound
    bare = why.strip()
    if not bare or len(bare) > LONGEST_WHY:
        problem = _("is %(count)s characters long", count=len(bare)) if bare else _("is empty")
        fault = FieldFault("why", problem, _("1 to %(most)s characters", most=LONGEST_WHY))
        raise ReviewRefused("A review is hidden with a reason.", (fault,))
    if review.hidden_at is not None:
        raise AlreadyHidden("This review is hidden already.")
    review.hidden_at, review.hidden_why = work.now, bare
    work.session.flush()
    history.record(work, review, what="hidden", why=bare)
    row = lock_exchange(work, review.exchange_id)
    notices.notify(
        work, review.organisation_id, "review_hidden", {"code": row.code, "why": bare}, link=f"/deals/{row.award_id}"
    )
    show(work, row)
