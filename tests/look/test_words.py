"""What readers are told, in both languages: verdicts, figures, days, and which language it is told in."""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as some
from jinja2 import Template

from market.kit.formats import figure, lasting, money, percent, pieces, price_range
from market.kit.i18n import CatalogueFault, compile_catalogues, local_path
from market.kit.look import dye
from market.kit.money import Money, parse_money
from matching.records import RequirementVerdict as Wanted
from matching.records import Verdict
from tests.look.gallery import NOW, create_gallery

MEETS, NEAR, MISSES, UNKNOWN = Verdict.MEETS, Verdict.NEAR, Verdict.MISSES, Verdict.UNKNOWN
VERDICTS = [
    (
        Wanted("category", "knitwear", "knitwear", MEETS),
        "毛织：符合|档案里写明",
        "Knitwear: meets|stated in its profile",
    ),
    (
        Wanted("category", "knitwear", None, UNKNOWN),
        "毛织：未知|没写",
        "Knitwear: not known|not stated",
    ),
    (
        Wanted("process", "flat_knit_12;linking", "flat_knit_12", NEAR),
        "12 针横机、套口：接近|缺 套口",
        "12-gauge flat knit, Linking: nearly|lacks Linking",
    ),
    (
        Wanted("material", "cashmere", "wool", MISSES),
        "羊绒混纺：不符|有 羊毛",
        "Cashmere blend: misses|has Wool",
    ),
    (
        Wanted("certification", "oeko", None, UNKNOWN),
        "OEKO-TEX 100：未知|档案里还没有",
        "OEKO-TEX 100: not known|none in its profile yet",
    ),
    (
        Wanted("attribute:gauge", "12", "9;7", MISSES),
        "针数 12：不符|有 9、7",
        "Gauge 12: misses|has 9, 7",
    ),
    (
        Wanted("quantity", "800", "500", MEETS, 300),
        "800 件：符合|起订 500",
        "800 pcs: meets|minimum 500",
    ),
    (
        Wanted("quantity", "300", "500", MISSES, -200),
        "300 件：不符|起订 500，差 200",
        "300 pcs: misses|minimum 500, 200 short",
    ),
    (
        Wanted("quantity", "800", None, UNKNOWN),
        "800 件：未知|没写起订量",
        "800 pcs: not known|no minimum stated yet",
    ),
    (
        Wanted("capacity", "800", "620", MISSES, -180),
        "排得下 800 件：不符|到期前能做 620 件，差 180",
        "Room for 800 pcs: misses|room for 620 pcs in time, 180 short",
    ),
    (
        Wanted("due", "2026-12-12", "2026-12-10", MEETS, 2),
        "12 月 12 日交：符合|早 2 天",
        "Due 12 Dec: meets|2 days early",
    ),
    (
        Wanted("due", "2026-12-12", "2026-12-12", MEETS, 0),
        "12 月 12 日交：符合|当天交",
        "Due 12 Dec: meets|on the day",
    ),
    (
        Wanted("due", "2026-12-12", "2026-12-13", NEAR, -1),
        "12 月 12 日交：接近|晚 1 天，您允许",
        "Due 12 Dec: nearly|1 day late, in your grace",
    ),
    (
        Wanted("due", "2027-01-02", "2027-01-09", MISSES, -7),
        "2027 年 1 月 2 日交：不符|晚 7 天",
        "Due 2 Jan 2027: misses|7 days late",
    ),
    (
        Wanted("price", "128", "129.5", NEAR, -1.5),
        "目标 ¥128：接近|¥129.50，高 ¥1.50",
        "Target ¥128: nearly|¥129.50, ¥1.50 over",
    ),
    (
        Wanted("price", "128", "112.5-140", MEETS, 15.5),
        "目标 ¥128：符合|¥112.50–140",
        "Target ¥128: meets|¥112.50–140",
    ),
    (
        Wanted("price", "128", "20", UNKNOWN),
        "目标 ¥128：未知|写的价格没法比",
        "Target ¥128: not known|its stated price cannot be compared",
    ),
    (
        Wanted("due", "2026-12-12", "2026-12-15", NEAR, -3),
        "12 月 12 日交：接近|晚 3 天",
        "Due 12 Dec: nearly|3 days late",
    ),
    (
        Wanted("price", "128", None, UNKNOWN),
        "目标 ¥128：未知|还没写价格",
        "Target ¥128: not known|no price stated yet",
    ),
    (
        Wanted("region", "tongxiang", "tongxiang", MEETS),
        "桐乡：符合|档案里写明",
        "Tongxiang: meets|stated in its profile",
    ),
]
GALLERY = create_gallery()
ROW = "{{ ui.verdict(row, grace=2)|replace('<span class=\"d\">', '|')|striptags }}"


@pytest.fixture(scope="module")
def gallery() -> Flask:
    return create_gallery()


@cache
def compiled(gallery: Flask, template: str) -> Template:
    """One compiled template for all readers, as in the product: what it works out early must not be the first one's."""
    return gallery.jinja_env.from_string(template)


def said(gallery: Flask, language: str, template: str, **values: object) -> str:
    """What a template says in a language, with plain spaces."""
    with gallery.test_request_context(headers={"Accept-Language": language}):
        return compiled(gallery, template).render(**values).replace("\u00a0", " ").strip()


@pytest.mark.parametrize(
    ("row", "chinese", "english"), VERDICTS, ids=lambda value: value.name if isinstance(value, Wanted) else ""
)
def test_verdict_says_the_requirement_and_the_fact(gallery: Flask, row: Wanted, chinese: str, english: str) -> None:
    assert said(gallery, "zh", ROW, row=row) == chinese
    assert said(gallery, "en", ROW, row=row) == english


@pytest.mark.parametrize("limit", [1, 5, 12, len(VERDICTS)])
def test_long_list_shows_all_that_is_not_met_and_counts_the_rest(gallery: Flask, limit: int) -> None:
    rows = [row for row, _chinese, _english in VERDICTS]
    text = said(gallery, "en", "{{ ui.verdicts(rows, limit=limit)|striptags }}", rows=rows, limit=limit)
    unmet = [row for row in rows if row.verdict != MEETS]
    assert text.count(": misses") + text.count(": nearly") + text.count(": not known") == len(unmet)
    hidden = len(rows) - max(limit, len(unmet))
    assert (f"{hidden} more requirements met" in text) == (hidden > 0)
    assert text.count(": meets") == len(rows) - len(unmet) - max(hidden, 0)


@pytest.mark.parametrize(
    "lead", [{"calibrated": False}, {"evidence": 0}, {"low": None}, {"high": None}, {"probability": None}]
)
def test_chance_is_never_shown_without_calibration_interval_and_n(gallery: Flask, lead: dict[str, object]) -> None:
    whole: dict[str, object] = {"probability": 0.37, "calibrated": True, "evidence": 84, "low": 0.28, "high": 0.49}
    call = "{{ ui.odds(probability, calibrated, evidence, low, high) }}"
    assert "37%" in said(gallery, "en", call, **whole)
    assert said(gallery, "en", call, **{**whole, **lead}) == ""


@settings(deadline=None)
@given(yours=some.integers(0, 10**6), others=some.integers(0, 10**6), total=some.integers(0, 10**6))
def test_cloth_never_weaves_more_than_its_width(yours: int, others: int, total: int) -> None:
    markup = said(GALLERY, "en", "{{ ui.cloth('p', y, o, t) }}", y=yours, o=others, t=total)
    warp, *woven = [float(width) for width in re.findall(r'<rect[^>]* width="([\d.]+)%"', markup)]
    assert warp == 100
    assert len(woven) == (yours > 0) + (others > 0)
    assert sum(woven) <= 100.02
    assert ("full" in markup) == (yours + others >= total)


@pytest.mark.parametrize(
    ("template", "chinese", "english"),
    [
        ("{{ 111600|money }}", "¥1,116.00", "¥1,116.00"),
        ("{{ (-111605)|money('USD') }}", "−$1,116.05", "−$1,116.05"),
        ("{{ 12800|price }} {{ 12850|price }}", "¥128 ¥128.50", "¥128 ¥128.50"),
        ("{{ 800|pieces }} {{ 1|pieces }}", "800 件 1 件", "800 pcs 1 pc"),
        ("{{ 16800|figure }} {{ 9999|figure }}", "1.68 万 9,999", "16,800 9,999"),
        ("{{ 0.564|percent(1) }} {{ none|percent }}", "56.4% —", "56.4% —"),
        ("{{ 23400|lasting }} {{ 276480|lasting }}", "6.5 小时 3.2 天", "6.5 h 3.2 days"),
        ("{{ '2026-12-03'|day }} {{ '2027-02-07'|day }}", "12 月 3 日 2027 年 2 月 7 日", "3 Dec 7 Feb 2027"),
        ("{{ '2026-11-25T10:00:00+00:00'|moment }}", "11 月 25 日 18:00", "25 Nov, 18:00"),
        ("{{ '2026-11-22T06:00:00Z'|ago }} {{ '2026-11-25T10:00Z'|left }}", "2 小时前 剩 3 天", "2 h ago 3 days left"),
        ("{{ '2026-11-01T06:00:00Z'|left }}", "已截止", "time is up"),
        ("{{ 'linking'|term('process') }}", "套口", "Linking"),
    ],
)
def test_figures_are_written_for_the_one_who_reads(gallery: Flask, template: str, chinese: str, english: str) -> None:
    # Both orders, because a template engine may remember what it worked out for the first reader.
    assert (said(gallery, "zh", template), said(gallery, "en", template)) == (chinese, english)
    assert (said(GALLERY, "en", template), said(GALLERY, "zh", template)) == (english, chinese)


@given(minor=some.integers(0, 10**14), currency=some.sampled_from(["CNY", "USD", "EUR", "GBP", "JPY"]))
def test_money_that_is_shown_reads_back_as_the_same_money(minor: int, currency: str) -> None:
    assert parse_money(money(minor, currency), currency) == Money(minor, currency)


@settings(deadline=None)
@given(seconds=some.integers(0, 10**8))
def test_waits_are_never_longer_than_they_are(seconds: int) -> None:
    with GALLERY.test_request_context(headers={"Accept-Language": "en"}):
        shown = lasting(seconds, whole=True).split("\u00a0")
    unit = {"min": 60, "h": 3600, "day": 86_400, "days": 86_400}[shown[1]]
    assert int(shown[0].replace(",", "")) * unit <= max(seconds, 60) + 30


@settings(deadline=None)
@given(some.integers(10_000, 10**12))
def test_chinese_figures_are_within_half_a_percent(value: int) -> None:
    with GALLERY.test_request_context(headers={"Accept-Language": "zh"}):
        shown = float(figure(value).removesuffix("\u00a0万").replace(",", "")) * 10_000
    assert abs(shown - value) <= value * 0.005


def test_missing_values_are_a_dash_and_no_date_is_nothing(gallery: Flask) -> None:
    with gallery.test_request_context():
        assert [money(None), percent(None), pieces(None), figure(None), lasting(None)] == ["—"] * 5
    assert said(gallery, "en", "[{{ none|day }}{{ none|moment }}{{ none|ago }}{{ none|left }}]") == "[]"
    assert price_range(11200, Money(12450, "CNY")) == "¥112–124.50"


@pytest.mark.parametrize(
    ("header", "cookie", "language"),
    [
        ("en-GB,en;q=0.9", None, "en"),
        ("zh-TW,zh;q=0.8,en;q=0.5", None, "zh"),
        ("fr-FR,fr", None, "zh"),
        ("", None, "zh"),
        ("en", "zh", "zh"),
        ("zh", "en", "en"),
        ("en", "klingon", "en"),
    ],
)
def test_language_is_the_cookies_then_the_browsers_then_chinese(
    gallery: Flask, header: str, cookie: str | None, language: str
) -> None:
    client = gallery.test_client()
    if cookie:
        client.set_cookie("weft_language", cookie)
    page = client.get("/", headers={"Accept-Language": header}).text
    assert f'<html lang="{"zh-CN" if language == "zh" else "en"}"' in page
    assert ("您要做什么？" in page) == (language == "zh")


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/orders?at=3", "/orders?at=3"),
        ("https://elsewhere.example/", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("orders", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_changing_the_language_leads_back_and_never_elsewhere(gallery: Flask, asked: str | None, path: str) -> None:
    assert local_path(asked) == path
    client = gallery.test_client()
    answer = client.get("/language/en", query_string={"next": asked} if asked is not None else {})
    assert (answer.status_code, answer.location) == (303, path)
    assert client.get_cookie("weft_language").value == "en"  # type: ignore[union-attr]  # it was just set
    client.get("/language/tlh")
    assert client.get_cookie("weft_language").value == "en"  # type: ignore[union-attr]  # it was just set


def test_library_messages_are_chinese_too(gallery: Flask) -> None:
    with gallery.test_request_context(headers={"Accept-Language": "zh"}):
        assert str(gallery.extensions["babel"].locale_selector()) == "zh_Hans_CN"


def test_unreadable_catalogue_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "messages.po"
    broken.write_bytes('msgid "open"\nmsgstr "开"\n'.encode("gb18030"))
    with pytest.raises(CatalogueFault, match=r"messages\.po"):
        compile_catalogues([broken])


def test_pattern_of_an_id_never_changes_and_all_dyes_are_used() -> None:
    dyes = [dye(f"factory-{number}") for number in range(300)]
    assert dyes == [dye(f"factory-{number}") for number in range(300)]
    assert {dyes.count(colour) > 60 for colour in (1, 2, 3)} == {True}


def test_days_are_counted_on_the_markets_clock(gallery: Flask) -> None:
    late_evening_in_london = datetime(2026, 12, 2, 20, 0, tzinfo=UTC)
    assert said(gallery, "en", "{{ at|day }}", at=late_evening_in_london) == "3 Dec"
    assert said(gallery, "en", "{{ at|day }}", at=date(2026, 12, 2)) == "2 Dec"
    assert said(gallery, "en", "{{ at|ago }}", at=NOW - timedelta(days=8)) == "14 Nov"
