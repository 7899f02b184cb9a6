"""Working days: Monday to Friday by the market's calendar."""

from datetime import datetime, timedelta

from market.kit.clock import market_day

FIRST_OF_WEEKEND = 5


def after_working_days(moment: datetime, days: int) -> datetime:
    """The same time of day, so many working days later."""
    while days:
        moment += timedelta(days=1)
        days -= market_day(moment).weekday() < FIRST_OF_WEEKEND
    return moment
