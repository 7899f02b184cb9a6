"""A published pack is in use from the next transaction on, in every process; one that was rolled back never is."""

import subprocess
import sys
from uuid import UUID

import pytest
from sqlalchemy import text

from market.kit.databases import DatabaseAccess
from market.kit.errors import Invalid, NotFound
from market.leads.queries import inbox
from market.orders.drafts import MaterialShare
from market.orders.queries import order_row
from market.orders.readings import read_words
from market.orders.service import DraftRefused
from market.verticals.live import in_use, live_vocabulary, newest
from market.verticals.queries import changes, trade_lines, version_lines, vocabulary_by_digest
from market.verticals.service import FaultyPack, NothingNew, SeenEarlier, publish_pack, restore_pack, retire_pack
from matching.verticals.pack import load_vocabulary
from tests.conftest import MONDAY
from tests.market.town import Town
from tests.market.verticals.packs import EYEWEAR, FRAME_MAKER, FRAMES, publish, restore, retire, words_of


def frames(town: Town) -> dict[str, object]:
    return {**FRAMES, "materials": (MaterialShare("cellulose-acetate-sheet"),), "colours": (), "title": "Frames"}


def test_form_parser_matcher_and_freezing_follow_the_next_transaction(town: Town) -> None:
    shop = town.add_shop("Clear Sight")
    with pytest.raises(DraftRefused):
        town.post(shop, town.sweaters(800, **frames(town)))
    publish(town)
    maker = town.add_factory("Frame Works", **FRAME_MAKER)
    knitter = town.add_factory("Sample Knit")
    with town.work("seller", shop) as work:
        read = read_words("急需800副板材镜架，醋酸板材，滚筒抛光", live_vocabulary(work.session), MONDAY.date(), "zh")
    assert read["category"].value == "acetate-frame" and read["vertical"].value == "eyewear"
    order = town.post(shop, town.sweaters(800, **frames(town)))
    with town.work("factory", maker) as work:
        assert len(inbox(work.session, maker).rows) == 1
    told = {each["name"]: each["verdict"] for each in lead_requirements(town, order)}
    assert [told[name] for name in ("category", "process", "attribute:lens_width")] == ["meets"] * 3
    with town.work("factory", knitter) as work:
        assert not inbox(work.session, knitter).rows
    with town.work("system") as work:
        found = vocabulary_by_digest(work.session, packs_of_ranking(town))
        assert found is not None and "eyewear" in found.packs and found is town.ranker.vocabulary
    retire(town)
    with town.work("system") as work:
        again = vocabulary_by_digest(work.session, found.digest)
        assert again is not None and again.digest == found.digest


def lead_requirements(town: Town, order: UUID) -> list[dict[str, str]]:
    with town.work("system") as work:
        asked = text("SELECT requirements FROM leads WHERE order_id = :id")
        return list(work.session.scalar(asked, {"id": order}) or [])


def packs_of_ranking(town: Town) -> str:
    with town.work("system") as work:
        return str(work.session.scalar(text("SELECT release FROM rankings"))).rpartition(".")[2]


def test_a_transaction_keeps_what_it_began_with(town: Town) -> None:
    with town.work("system") as early:
        before = live_vocabulary(early.session)
        publish(town)
        assert live_vocabulary(early.session) is before and "eyewear" not in before.packs
        assert "eyewear" in newest(early.session).vocabulary.packs
        early.session.commit()
        assert "eyewear" in live_vocabulary(early.session).packs


def test_what_is_rolled_back_was_never_published(town: Town) -> None:
    with pytest.raises(ZeroDivisionError), town.work("operator") as work:
        publish_pack(work, EYEWEAR, "never mind", 0)
        assert "eyewear" in newest(work.session).vocabulary.packs
        raise ZeroDivisionError
    assert words_of(town) is load_vocabulary()
    publish(town, EYEWEAR.replace("en: [Eyewear,", "en: [Spectacles,"))
    assert words_of(town).packs["eyewear"].name_en == "Spectacles"


def test_a_retired_trade_stays_readable_and_comes_back(town: Town) -> None:
    publish(town)
    shop = town.add_shop("Clear Sight")
    order = town.post(shop, town.sweaters(800, **frames(town)))
    retire(town)
    words = words_of(town)
    with town.work("seller", shop) as work:
        row = order_row(work.session, shop, order)
    assert row.category == "acetate-frame" and words.name("category", row.category, "zh") == "板材镜架"
    assert "eyewear" not in words.packs and words.resolve("category", "板材镜架") is None
    with pytest.raises(DraftRefused):
        town.post(shop, town.sweaters(800, **frames(town)))
    restore(town, 1)
    assert "eyewear" in words_of(town).packs
    with town.work("system") as work:
        assert [change.what for change in changes(work.session)] == ["went back", "retired", "published"]
        line = next(line for line in trade_lines(work.session) if line.vertical == "eyewear")
        assert (line.state, line.version, line.is_shipped, line.why) == ("live", 1, False, "better before")


def test_terms_that_a_new_version_drops_stay_readable(town: Town) -> None:
    publish(town)
    shorter = "\n".join(line for line in EYEWEAR.splitlines() if "hinge-setting" not in line)
    publish(town, shorter, "nobody asks for hinges")
    words = words_of(town)
    assert words.name("process", "hinge-setting", "zh") == "铰链钉装" and words.resolve("process", "铰链钉装") is None
    with town.work("system") as work:
        assert [line.version for line in version_lines(work.session, "eyewear")] == [2, 1]


def test_a_shipped_pack_can_be_replaced_retired_and_gone_back_to(town: Town) -> None:
    with town.work("system") as work:
        toys = in_use(work.session).texts["toys.yaml"]
    publish(town, toys.replace("vertical: toys\nen: [", "vertical: toys\nen: [Playthings, "), "another name")
    assert words_of(town).packs["toys"].name_en == "Playthings"
    retire(town, "toys")
    assert "toys" not in words_of(town).packs and words_of(town).name("category", "plush-toy", "en") != "plush-toy"
    with town.work("operator") as work:
        restore_pack(work, "toys", 0, "as it was", newest(work.session).number)
    assert words_of(town).packs.keys() == load_vocabulary().packs.keys()


def test_what_cannot_be_done_changes_nothing(town: Town) -> None:
    publish(town)
    with town.work("operator") as work:
        for fault, verb in (
            (FaultyPack, lambda: publish_pack(work, EYEWEAR.replace("zh: [镜架", "zh: ['', "), "x", 1)),
            (Invalid, lambda: publish_pack(work, EYEWEAR + "\n", "  ", 1)),
            (SeenEarlier, lambda: publish_pack(work, EYEWEAR + "\n", "x", 0)),
            (NothingNew, lambda: publish_pack(work, EYEWEAR, "x", 1)),
            (NotFound, lambda: retire_pack(work, "all", "x", 1)),
            (NotFound, lambda: retire_pack(work, "candles", "x", 1)),
            (NotFound, lambda: restore_pack(work, "eyewear", 0, "x", 1)),
            (NotFound, lambda: restore_pack(work, "eyewear", 7, "x", 1)),
            (NothingNew, lambda: restore_pack(work, "eyewear", 1, "x", 1)),
        ):
            with pytest.raises(fault):
                verb()
        assert newest(work.session).number == 1 and len(version_lines(work.session, "eyewear")) == 1


FOLLOWER = """
import sys
from market.kit.db import VISITOR, act_as, make_engine, make_sessions
from market.verticals.live import live_vocabulary
sessions = make_sessions(make_engine(sys.argv[1]))
for _ in sys.stdin:
    with sessions() as session:
        act_as(session, VISITOR)
        print(*live_vocabulary(session).packs, flush=True)
"""


def test_another_process_follows_with_its_next_transaction(town: Town, access: DatabaseAccess) -> None:
    command = [sys.executable, "-c", FOLLOWER, access.application_url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin and other.stdout

        def ask() -> list[str]:
            assert other.stdin and other.stdout
            other.stdin.write("\n")
            other.stdin.flush()
            return other.stdout.readline().split()

        before = ask()
        publish(town)
        during = ask()
        retire(town)
        after = ask()
        other.stdin.close()
    assert before == after and set(during) == {*before, "eyewear"}
