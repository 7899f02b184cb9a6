"""The pages of factories through the whole web door: joining, changing in two tabs, evidence that lies, strangers."""

import io
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask

from market.factories import queries
from market.factories.models import FactoryState
from tests.market.quotes.conftest import Visitor, clock, factory, seller, words_of
from tests.market.town import Town

__all__ = ["clock", "factory", "seller"]

JOINING = {
    "name": "温州一步鞋厂",
    "vertical": "apparel",
    "processes": ["flat-knitting", "linking"],
    "minimum_quantity": "１００",
    "email": "boss@example.com",
    "password": "a sentence for the factory",
}


def visitor_of(app_of_site: Flask) -> Visitor:
    visitor = Visitor(app_of_site.test_client(), UUID(int=0))
    visitor.get("/factories/register")
    return visitor


def test_joining_opens_the_inbox_and_a_second_account_with_the_address_is_refused(
    town: Town, app_of_site: Flask
) -> None:
    visitor = visitor_of(app_of_site)
    joined = visitor.post("/factories/register", **JOINING)
    assert (joined.status_code, joined.location) == (302, "/leads")
    assert "入驻成功" in visitor.read("/leads")
    assert "起订" in visitor.read("/factory/profile")
    assert visitor.get("/factories/register").status_code == 302
    second = visitor_of(app_of_site)
    refused = second.post("/factories/register", **(JOINING | {"name": "另一家"}))
    assert refused.status_code == 422
    page = words_of(refused)
    assert "另一家" in page
    assert 'value="linking"' in page
    with town.work("system") as work:
        assert queries.factory_count(work.session, queries.FactoryFilters()) == 1


@pytest.mark.parametrize(
    ("query", "step"),
    [
        ("step=2", "您是哪家厂"),
        ("step=2&name=A&vertical=spaceships", "您是哪家厂"),
        ("step=9&name=A&vertical=apparel", "您是哪家厂"),
        ("step=2&name=A&vertical=apparel", "会做什么"),
        ("step=3&name=A&vertical=apparel&processes=warp-drive", "会做什么"),
        ("step=3&name=A&vertical=apparel&processes=linking", "怎么登录"),
    ],
)
def test_no_step_is_reached_before_the_one_in_front_is_sound(
    town: Town, app_of_site: Flask, query: str, step: str
) -> None:
    assert step in words_of(visitor_of(app_of_site).get(f"/factories/register?{query}")).partition("<h1>")[2]


def _profile_fields(town: Town, factory: Visitor, **changes: object) -> dict[str, object]:
    with town.work("factory", factory.organisation_id) as work:
        found = queries.profile(work.session, factory.organisation_id)
    assert found is not None
    fields: dict[str, object] = {
        "version": found.version,
        "vertical": found.vertical,
        "name": found.name,
        "region": found.region,
        "processes": list(found.processes),
        "categories": list(found.categories),
        "materials": list(found.materials),
        "attribute_gauge": "7；9, 12～14",
        "minimum_quantity": "1,200",
        "unit_price_low": "88.5",
        "unit_price_high": "¥136",
    }
    return fields | changes


def test_the_profile_is_changed_and_a_stale_tab_keeps_what_was_typed(town: Town, factory: Visitor) -> None:
    old_tab = _profile_fields(town, factory, description="旧窗口写的")
    assert factory.post("/factory/profile/edit", **_profile_fields(town, factory)).status_code == 302
    assert "7 / 9 / 12-14 gg" in factory.read("/factory/profile")
    stale = factory.post("/factory/profile/edit", **old_tab)
    assert stale.status_code == 409
    assert "旧窗口写的" in words_of(stale)
    with town.work("factory", factory.organisation_id) as work:
        found = queries.profile(work.session, factory.organisation_id)
    assert found is not None
    assert (found.version, found.minimum_quantity, found.unit_price_low_minor) == (2, 1200, 8850)
    assert found.attributes["gauge"] == ("7", "9", "12-14")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"name": ""}, "请填工厂名称"),
        ({"processes": [], "categories": []}, "至少选一项"),
        ({"attribute_gauge": "twelve"}, "请填数字或范围"),
        ({"minimum_quantity": "-5"}, "整数"),
        ({"minimum_quantity": "9" * 30}, "整数"),
        ({"unit_price_low": "200"}, "最高价比最低价还低"),
        ({"unit_price_low": "0"}, "大于零"),
        ({"unit_price_high": "1e9999"}, "金额写成"),
        ({"description": "x" * 4001}, "最多 4,000 字"),
    ],
)
def test_a_profile_that_cannot_be_taken_says_why(
    town: Town, factory: Visitor, wrong: dict[str, object], words: str
) -> None:
    answer = factory.post("/factory/profile/edit", **_profile_fields(town, factory, **wrong))
    assert answer.status_code == 422
    assert words in words_of(answer)


def test_the_switch_fills_and_opens(town: Town, factory: Visitor) -> None:
    assert factory.post("/factory/availability").status_code == 302
    assert "自动打开" in factory.read("/factory/profile")
    later = (town.clock.now().date() + timedelta(days=20)).isoformat()
    factory.post("/factory/availability", until=later)
    factory.post("/factory/availability", until="yesterday")
    factory.post("/factory/availability", until="2020-01-01")
    with town.work("factory", factory.organisation_id) as work:
        found = queries.profile(work.session, factory.organisation_id)
        assert found is not None
        assert (found.state, found.full_until and found.full_until.isoformat()) == (FactoryState.FULL, later)
    factory.post("/factory/availability", takes_leads="y")
    assert "本周可接单" in factory.read("/leads")


def test_evidence_is_checked_by_its_content_and_comes_back_as_a_download(
    town: Town, factory: Visitor, seller: Visitor
) -> None:
    lie = {"certification": "oeko-tex-100", "issuer": "TESTEX", "file": (io.BytesIO(b"<script>1</script>"), "real.pdf")}
    refused = factory.post("/factory/certificates/new", **lie)
    assert refused.status_code == 422
    assert "TESTEX" in words_of(refused)
    assert "PDF、PNG" in words_of(refused)
    good = {**lie, "file": (io.BytesIO(b"%PDF-1.7 x"), "真.pdf"), "expires_on": "2027-01-01"}
    assert factory.post("/factory/certificates/new", **good).status_code == 302
    with town.work("visitor") as work:
        (certificate,) = queries.profiles(work.session, [factory.organisation_id])[factory.organisation_id].certificates
    path = f"/factories/{factory.organisation_id}/certificates/{certificate.id}"
    file = seller.get(f"{path}/file")
    assert (file.status_code, file.data) == (200, b"%PDF-1.7 x")
    assert file.headers["Content-Disposition"].startswith("attachment")
    assert seller.get(f"/factories/{seller.organisation_id}/certificates/{certificate.id}/file").status_code == 404
    assert seller.post(f"/factory/certificates/{certificate.id}/remove").status_code == 403
    assert factory.post(f"/factory/certificates/{certificate.id}/remove").status_code == 302
    assert seller.get(f"{path}/file").status_code == 404


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", True),
        ("?q=横机", True),
        ("?q=flat+knitting", True),
        ("?q=陶瓷", False),
        ("?vertical=toys", False),
        ("?vertical=nonsense&process=nonsense", False),
        ("?region=zhejiang", True),
        ("?q=%25", False),
    ],
)
def test_the_public_list_searches_in_both_languages(
    town: Town, factory: Visitor, app_of_site: Flask, query: str, found: bool
) -> None:
    page = words_of(visitor_of(app_of_site).get(f"/factories{query}"))
    assert (f"/factories/{factory.organisation_id}" in page) is found


def test_missing_factories_and_pages_of_other_roles_are_refused(
    town: Town, factory: Visitor, seller: Visitor, app_of_site: Flask
) -> None:
    visitor = visitor_of(app_of_site)
    assert visitor.get(f"/factories/{seller.organisation_id}").status_code == 404
    assert visitor.get("/factories/nonsense").status_code == 404
    assert visitor.get("/factories?after=nonsense").status_code == 422
    assert visitor.get("/factory/profile").status_code in {302, 401}
    assert seller.get("/factory/profile").status_code == 403
    assert "合成" not in visitor.read(f"/factories/{factory.organisation_id}").partition("<main")[2]
