"""Minimum, lead time and capacity as factories write them in their descriptions."""

import pytest

from matching.engine.factory_numbers import factory_numbers


@pytest.mark.parametrize(
    ("text", "minimum", "days", "a_week"),
    [
        ("MOQ 300 pcs, lead time 20-25 days, 50,000 pcs per month", 300, 25, 11_500),
        ("起订量100件，交期15天，月产能5万件", 100, 15, 11_500),
        ("Minimum order quantity: 1,000. Delivery within 3 weeks.", 1000, 21, None),
        ("Small runs from 50 pieces", 50, None, None),
        ("200件起订，20天左右交货，日产2000件", 200, 20, 12_000),
        ("最小起订量：５００", 500, None, None),
        ("monthly capacity 80k pieces", None, None, 18_400),
        ("生产周期约30天，年产能100万件", None, 30, 19_200),
        ("单款50件可定制，25天，BSCI", 50, 25, None),
        ("小单80条也做，发货7到10天", 80, 10, None),
        ("贴牌120双一色起，15-22天", 120, 22, None),
        ("CE EN71，500台起订，30天左右", 500, 30, None),
        ("打样三天大货二十天，三百件起", 300, 20, None),
        ("急单三四天就好", None, None, None),
        ("400 pcs/design, 30-40 days, sample 5-7 days", 400, 40, None),
        ("Powder coat. 1000 pcs, 40 days, 8000pcs/day.", 1000, 40, 48_000),
        ("月产能15万把，45天", None, 45, 34_500),
        ("日处理8万双", None, None, 480_000),
        ("200 pcs per design min, monthly 2 lakh mats", 200, None, 46_000),
        ("monthly 5 new designs", None, None, None),
        ("60d lead time, 300D oxford", None, 60, None),
        ("Min 1,500 per colourway, 90 days after PP approval", 1500, 90, None),
        ("sample 7 days after payment", None, None, None),
        ("Founded in 1998, 300 workers, 12 lines", None, None, None),
        ("", None, None, None),
    ],
)
def test_reads_what_is_stated_and_nothing_else(
    text: str, minimum: float | None, days: float | None, a_week: float | None
) -> None:
    found = factory_numbers(text)
    assert (found.minimum_quantity, found.lead_time_days, found.capacity_per_week) == (minimum, days, a_week)
