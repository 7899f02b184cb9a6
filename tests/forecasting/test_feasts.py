"""The days that trade is moved by."""

from datetime import date

from forecasting.feasts import feasts_between


def test_the_feasts_of_a_year_stand_on_their_days() -> None:
    found = dict(feasts_between(date(2026, 1, 1), date(2026, 12, 31)))
    assert found["spring-festival"] == date(2026, 2, 17)
    assert found["mid-autumn"] == date(2026, 9, 25)
    assert found["618"] == date(2026, 6, 18)
    assert found["double-11"] == date(2026, 11, 11)
    assert found["black-friday"] == date(2026, 11, 27)


def test_a_week_is_named_after_the_feast_that_it_leads_up_to() -> None:
    assert feasts_between(date(2026, 11, 2), date(2026, 11, 8)) == [("before-double-11", date(2026, 11, 11))]
