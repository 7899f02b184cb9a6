"""Where a deal stands, as its shop and its factory read it."""

from collections.abc import Callable

import pytest

from tests.market.deals.conftest import SignIn, main_of
from tests.market.production.yard import Run, single_deal
from tests.market.town import Town

SHOWN = [
    (lambda run: run, "打样中", "第 1 版打样中"),
    (Run.to_materials, "备料中", "定金到账保管"),
    (Run.to_inspection, "验货中", "4 道工序完成 4 道"),
    (Run.to_balance, "待付尾款", "抽检 80 件：致命 0，严重 0，轻微 0；通过"),
    (Run.to_shipped, "运输中", "尾款已付、已发货"),
    (Run.to_delivered, "待验收", "10 天不说话算验收，会提醒 2 次"),
]


def address(run: Run, place: int = 0) -> str:
    return f"/deals/{run.share(run.shops[place]).award_id}"


def flat(page: str) -> str:
    return main_of(page).replace("\xa0", " ")


@pytest.mark.parametrize(("bring", "state", "line"), SHOWN, ids=[state for _bring, state, _line in SHOWN])
def test_every_state_stands_on_both_pages(
    town: Town, sign_in: SignIn, bring: Callable[[Run], Run], state: str, line: str
) -> None:
    run = single_deal(town)
    bring(run)
    for reader in (run.shops[0], run.factory):
        words = flat(sign_in(reader).read(address(run)))
        assert f"{state}</span>" in words and line in words


def test_a_stranger_finds_nothing(town: Town, sign_in: SignIn) -> None:
    run = single_deal(town)
    for stranger in (town.add_shop("South Shop"), town.add_factory("Far Knit")):
        assert sign_in(stranger).get(address(run)).status_code == 404
