"""What the demo's factories prepare for: knitwear that sells by season, and recipes that the market takes."""

from datetime import date, timedelta
from statistics import mean

from market.demo.factories import read_trades
from market.demo.materials import KNITWEAR, knit_shelf, recipe_lines
from market.materials.service import known_material, recipe_faults
from matching.verticals.pack import load_vocabulary

TODAY = date(2026, 11, 30)


def test_knitwear_is_the_same_for_a_seed_and_sells_best_in_the_cold() -> None:
    shelf = knit_shelf(1, TODAY, 7)
    assert shelf == knit_shelf(1, TODAY, 7)
    assert shelf != knit_shelf(2, TODAY, 7) and shelf != knit_shelf(1, TODAY, 8)
    assert [goods.category for goods in shelf.goods.values()] == [category for category, *_rest in KNITWEAR]
    assert all("合成" in line.name for line in shelf.lines)
    assert max(line.day for line in shelf.lines) == TODAY - timedelta(weeks=1)
    cold, warm = ([line.quantity for line in shelf.lines if line.day.month in months] for months in ((12, 1), (6, 7)))
    assert mean(cold) > 2 * mean(warm)


def test_every_recipe_can_be_taken_and_somebody_makes_it() -> None:
    made = {category for trade in read_trades() for category in trade.categories}
    lines = recipe_lines()
    assert len({(line.category, line.material) for line in lines}) == len(lines)
    for line in lines:
        assert recipe_faults(line, load_vocabulary()) == ()
        assert known_material(line.material, line.category, load_vocabulary()) == line.material
        assert load_vocabulary().term("material", line.material), line.material
        assert line.category in made
