"""The operators' desk of the trades: faults listed and nothing changed, a true preview, published, taken back."""

import ast
import re
from dataclasses import replace
from pathlib import Path

import pytest

import matching.verticals
from market.kit.i18n import catalogue_files, read_catalogue
from market.trades.preview import term_changes
from market.verticals.live import newest
from matching.verticals.pack import check_pack, load_vocabulary, texts_of
from tests.market.site import Person, Web
from tests.market.town import Town
from tests.market.verticals.packs import EYEWEAR, FRAME_MAKER, publish, words_of

DESK = "/operator/verticals"
BROKEN = EYEWEAR.replace("pattern: toy", "pattern: velvet").replace("zh: [贝塔钛, 记忆钛]", "zh: []")


def begin(operator: Person, text: str = EYEWEAR) -> str:
    """A draft of this text, and the address of its page."""
    operator.post(f"{DESK}/new", {"begin_with": "template"})
    address = str(re.findall(rf"{DESK}/drafts/[0-9a-f-]{{36}}", operator.get(DESK).text)[0])
    assert operator.post(address, {"text": text.replace("\n", "\r\n"), "sentences": ""}).status_code == 303
    return address


def seen(operator: Person, address: str) -> str:
    return str(re.findall(r'name="seen" value="(\d+)"', operator.get(address).text)[0])


def test_a_faulty_pack_lists_every_fault_in_chinese_and_changes_nothing(town: Town, operator: Person) -> None:
    address = begin(operator, BROKEN)
    page = operator.get(address).text
    assert (
        "处错误；没有任何改动" in page
        and "pattern 是 &#39;velvet&#39;" in page
        and "materials[1] (beta-titanium)" in page
    )
    assert ">5<" in page and ">21<" in page and "pattern: velvet" in page
    answer = operator.post(f"{address}/publish", {"why": "试试", "seen": "0"})
    assert answer.status_code == 422 and "词包还有错误" in answer.text and "pattern: velvet" in answer.text
    assert words_of(town) is load_vocabulary()


def test_a_pack_is_mended_previewed_published_and_gone_back_from(town: Town, operator: Person) -> None:
    address = begin(operator, BROKEN)
    sentences = "800副板材镜架，醋酸板材\n800 acetate frames in TAC lens"
    operator.post(address, {"text": EYEWEAR, "sentences": sentences})
    page = operator.get(address).text
    assert "没有错误" in page and "800副板材镜架" in page and "板材镜架" in page and "墨镜" in page
    fields = {"why": "", "seen": seen(operator, address)}
    assert operator.post(f"{address}/publish", fields).status_code == 422
    assert operator.post(f"{address}/publish", {**fields, "why": "客户常问", "seen": "7"}).status_code == 409
    assert operator.post(f"{address}/publish", {**fields, "why": "客户常问"}).status_code == 303
    assert "eyewear" in words_of(town).packs
    assert operator.post(f"{address}/publish", {**fields, "why": "客户常问"}).status_code == 409
    desk = operator.get(DESK).text
    assert "客户常问" in desk and "眼镜" in desk
    file = operator.get(f"{DESK}/eyewear.yaml")
    assert file.text == EYEWEAR and file.headers["Content-Disposition"].startswith("attachment")
    assert "眼镜" in operator.get("/factories").text, "the filter follows without a restart"
    here = f"{DESK}/eyewear"
    assert operator.post(f"{here}/retire", {"why": " ", "seen": "1"}).status_code == 422
    assert operator.post(f"{here}/retire", {"why": "没人问了", "seen": "1"}).status_code == 303
    assert "eyewear" not in words_of(town).packs and "没人问了" in operator.get(here).text
    assert operator.post(f"{here}/restore", {"why": "又有人问", "seen": "2", "version": "1"}).status_code == 303
    assert "eyewear" in words_of(town).packs


def test_terms_in_use_go_only_when_somebody_says_so(town: Town, operator: Person) -> None:
    publish(town)
    town.add_factory("Frame Works", **FRAME_MAKER)
    without = "\n".join(line for line in EYEWEAR.splitlines() if "barrel-tumbling, en" not in line)
    address = begin(operator, without.replace(", barrel-tumbling]", "]"))
    page = operator.get(address).text
    assert "1 家工厂在用" in page and "有 1 个在用词条会去掉" in page
    fields = {"why": "不再细分", "seen": "1"}
    refused = operator.post(f"{address}/publish", fields)
    assert refused.status_code == 409 and "请确认在用的词条" in refused.text
    assert operator.post(f"{address}/publish", {**fields, "keep": "1"}).status_code == 303
    words = words_of(town)
    assert words.name("process", "barrel-tumbling", "zh") == "镜架滚光" and not words.is_live(
        "process", "barrel-tumbling"
    )


def test_the_preview_names_what_comes_goes_and_changes() -> None:
    shipped = texts_of()
    old = check_pack(EYEWEAR, "eyewear.yaml", shipped)
    text = EYEWEAR.replace("[Beta titanium]", "[Beta titanium, memory metal]").replace("hinge-setting", "hinges")
    added, changed, removed = term_changes(old, check_pack(text, "eyewear.yaml", shipped))
    assert [term.id for term in added] == ["hinges"] and [term.id for term in removed] == ["hinge-setting"]
    assert [(term.id, term.words_new, term.words_gone) for term in changed] == [
        ("beta-titanium", ("memory metal",), ())
    ]
    assert term_changes(old, replace(old)) == ((), (), ())


def test_the_template_is_a_pack_without_a_fault() -> None:
    text = Path("market/trades/template.yaml").read_text(encoding="utf-8")
    assert check_pack(text, "my-trade.yaml", texts_of()).vertical == "my-trade"


def test_every_fault_has_its_chinese() -> None:
    known = {message.id for path in catalogue_files() for message in read_catalogue(path)}
    told = set()
    for path in Path(matching.verticals.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in {"add", "about", "fault"}:
                words = [a.value for a in node.args if isinstance(a, ast.Constant) and isinstance(a.value, str)]
                told |= {word for word in words if " " in word}
    assert len(told) > 25 and told <= known, told - known


@pytest.mark.parametrize("kind", ["seller", "factory"])
def test_nobody_else_reaches_it(web: Web, kind: str) -> None:
    other = web.person(kind, f"a {kind}")
    for path in (DESK, f"{DESK}/new", f"{DESK}/apparel", f"{DESK}/apparel.yaml", f"{DESK}/template.yaml"):
        assert other.get(path).status_code == 403
    assert other.post(f"{DESK}/apparel/retire", {"why": "x", "seen": "0"}).status_code == 403
    assert web.visitor().get(DESK).status_code in (302, 401)


def test_odd_addresses_and_files_are_answered_plainly(town: Town, operator: Person) -> None:
    for path in (f"{DESK}/nothing", f"{DESK}/nothing.yaml", f"{DESK}/apparel.yaml?version=9", f"{DESK}/drafts/x"):
        assert operator.get(path).status_code == 404
    assert operator.post(f"{DESK}/new", {"begin_with": "nothing"}).status_code == 422
    with town.work("operator") as work:
        assert newest(work.session).number == 0


def test_the_command_line_checks_and_publishes(town: Town, web: Web, tmp_path: Path) -> None:
    run, file = web.app.test_cli_runner(), tmp_path / "eyewear.yaml"
    file.write_text(BROKEN, encoding="utf-8")
    told = run.invoke(args=["verticals", "publish", str(file), "--why", "asked for"])
    assert told.exit_code == 1 and "eyewear.yaml:5: pack (eyewear): pattern is 'velvet'" in told.output
    assert "eyewear" not in words_of(town).packs
    file.write_text(EYEWEAR, encoding="utf-8")
    assert run.invoke(args=["verticals", "check", str(file)]).exit_code == 0
    assert run.invoke(args=["verticals", "publish", str(file)]).exit_code == 1, "a reason is needed"
    assert run.invoke(args=["verticals", "publish", str(file), "--why", "asked for"]).exit_code == 0
    assert "eyewear" in words_of(town).packs
