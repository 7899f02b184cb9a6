"""The operators' page of ranker versions: figures of the check, which one is live, and the way back with a reason."""

from dataclasses import replace

from market.ranking.embedding import announce_encoder
from market.ranking.encoders import Encoders
from market.ranking.queries import live_ranker_id
from market.ranking.service import PRIOR, Training, publish_ranker
from matching.encoder.load import load_embedder
from tests.market.site import Person, Web
from tests.market.town import Town

CHECK = {"leads": 412, "deals": 63, "brier": 0.0712, "base_brier": 0.0803, "error": 0.021, "noise": 0.03}
LEARNED = replace(PRIOR, id="learned", evidence=1_286, calibrated=True)


def publish(town: Town) -> None:
    with town.work("operator") as work:
        publish_ranker(work, PRIOR, "encoder")
        held_out = {"candidate": CHECK, "held_out_from": "2026-11-02", "held_out_to": "2026-11-15"}
        training = Training(work.today, work.now, "hash", held_out)
        publish_ranker(work, LEARNED, "encoder", why="first_calibrated", training=training)


def live(town: Town) -> str | None:
    with town.work("operator") as work:
        return live_ranker_id(work.session)


def test_versions_show_their_check_and_go_back_with_a_reason(town: Town, operator: Person) -> None:
    assert "还没有版本" in operator.get("/operator/rankers").text
    publish(town)
    page = operator.get("/operator/rankers").text
    for words in (LEARNED.name, PRIOR.name, "1,286", "412", "63", "0.0712", "0.0803", "0.021", "第一个校准过的"):
        assert words in page, words
    assert page.count("在用</span>") <= page.count("已校准") + 1
    assert LEARNED.name in operator.get("/operator/lists").text
    fields = {"version": PRIOR.name, "why": ""}
    assert operator.post("/operator/rankers/roll-back", fields).status_code == 303
    assert live(town) == LEARNED.name and "请写明理由" in operator.get("/operator/rankers").text
    assert operator.post("/operator/rankers/roll-back", {**fields, "why": "机会报得太高"}).status_code == 303
    after = operator.get("/operator/rankers").text
    assert live(town) == PRIOR.name and "机会报得太高" in after and "退回了版本" in after
    operator.post("/operator/rankers/roll-back", {**fields, "why": "再来"})
    assert "已经在用" in operator.get("/operator/rankers").text
    assert operator.post("/operator/rankers/roll-back", {"version": "nobody", "why": "x"}).status_code == 404
    assert "排名" in operator.get("/operator/history?of=ranker_versions").text


def test_it_says_which_encoder_reads_the_words_and_how_far_it_is(town: Town, operator: Person) -> None:
    assert "后台还没有启动过" in operator.get("/operator/rankers").text
    with town.work("system") as work:
        announce_encoder(work, Encoders(load_embedder()))
        announce_encoder(work, Encoders(load_embedder(), "another-model"))
    page = operator.get("/operator/rankers").text
    assert "another-model" in page and "工厂文字 0 条，已有向量 0 条" in page and "起启用" in page


def test_nobody_else_reaches_it(web: Web) -> None:
    for kind in ("seller", "factory"):
        stranger = web.person(kind, f"a {kind}")
        assert stranger.get("/operator/rankers").status_code == 403
        assert stranger.post("/operator/rankers/roll-back", {"version": PRIOR.name, "why": "x"}).status_code == 403
