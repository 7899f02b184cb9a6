"""Which day leads are offered on when nobody says."""

from collections.abc import Sequence
from datetime import date, timedelta

from matching.records import Outcome


def day_of_offers(first_posted: date | None, outcomes: Sequence[Outcome] = ()) -> date:
    """The day that --as-of means when it is left out: after the newest outcome, else the earliest posting, else today.

    Only the last of these looks at the clock, for files that carry no day of their own.
    """
    if outcomes:
        return max(outcome.offered_on for outcome in outcomes) + timedelta(days=1)
    return first_posted or date.today()  # noqa: DTZ011  # Due dates are local days, as the buyer means them.
