"""Ask instead of guess: one question at a time, three a week, never twice, and an answer that ranks at once."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from market.factories.certificates import CertificateDraft, add_certificate
from market.factories.models import Answer
from market.factories.queries import FactoryProfile, as_record, profile
from market.factories.questions import (
    AlreadyAnswered,
    OpenQuestion,
    answer_question,
    ask_question,
    may_be_asked,
    open_question,
)
from market.factories.service import change_profile
from market.kit.errors import Invalid, NotFound
from market.leads.asking import ask_factories, ask_factory
from market.leads.queries import inbox
from matching.verticals.pack import load_vocabulary
from tests.market.quotes.conftest import Visitor
from tests.market.town import Town

PACKS = load_vocabulary()


@pytest.fixture
def knitter(town: Town) -> UUID:
    """A knitter who says neither linking nor silk, of a trade in which both are wished for."""
    shop, factory = town.add_shop("Quiet Wool"), town.add_factory("Sample Knit")
    for place in range(3):
        wanted = {"processes": ("flat-knitting", "linking"), "certifications": ("oeko-tex-100",)}
        town.post(shop, town.sweaters(800 + place, **wanted))
    return factory


def asked(town: Town, factory: UUID) -> OpenQuestion | None:
    with town.work("factory", factory) as work:
        return open_question(work.session, factory)


def ask(town: Town, factory: UUID) -> OpenQuestion:
    with town.work("system") as work:
        ask_factory(work, town.ranker, factory)
    found = asked(town, factory)
    assert found is not None
    return found


def answer(town: Town, factory: UUID, question: OpenQuestion, word: str) -> Answer:
    with town.work("factory", factory) as work:
        return answer_question(work, question.id, word)


def own(town: Town, factory: UUID) -> FactoryProfile:
    with town.work("factory", factory) as work:
        found = profile(work.session, factory)
        assert found is not None
        return found


def test_the_question_is_what_the_trade_wishes_for_and_the_profile_does_not_say(town: Town, knitter: UUID) -> None:
    question = ask(town, knitter)
    assert (question.kind, question.term) in {("process", "linking"), ("certification", "oeko-tex-100")}
    assert (question.wanted, question.demand) == (3, 3)
    assert ask(town, knitter) == question, "one question at a time"


def test_a_yes_is_declared_and_ranks_at_once(town: Town, knitter: UUID) -> None:
    before, question = own(town, knitter), ask(town, knitter)
    assert answer(town, knitter, question, "yes") is answer(town, knitter, question, "yes") is Answer.YES
    after = own(town, knitter)
    assert after.version == before.version + 1
    assert question.term in {*after.processes, *after.certifications} - {*before.processes, *before.certifications}
    with town.work("system") as work:
        assert town.ranker.refresh(work.session) == 1
    with town.work("factory", knitter) as work, pytest.raises(AlreadyAnswered, match="yes"):
        answer_question(work, question.id, "no")


def test_a_no_is_denied_and_counts_with_the_next_ranking(town: Town, knitter: UUID) -> None:
    with town.work("system") as work:
        question_id = ask_question(work, knitter, "process", "linking", wanted=1, demand=3)
    with town.work("factory", knitter) as work:
        answer_question(work, question_id, "no")
    found = own(town, knitter)
    assert found.denied == ("process:linking",) and as_record(found).denied == (("process", "linking"),)
    with town.work("system") as work:
        newest = "SELECT profile -> 'denied' ->> 0 FROM factory_versions ORDER BY version DESC LIMIT 1"
        assert work.session.scalar(text(newest)) == "process:linking"
    town.post(town.add_shop("South Shop"), town.sweaters(900, processes=("flat-knitting", "linking")))
    with town.work("factory", knitter) as work:
        (card,) = (card for card in inbox(work.session, knitter).rows if card.offering.quantity == 900)
    verdicts = [(row["wanted"], row["verdict"]) for row in card.lead.requirements if row["name"] == "process"]
    assert verdicts == [("flat-knitting;linking", "misses")]


def test_what_is_listed_may_be_asked_for_and_an_answer_settles_it(town: Town, knitter: UUID) -> None:
    for word, listed in (("yes", True), ("no", False)):
        maker = town.add_factory(f"Listing Knit {word}", processes=("flat-knitting", "linking"))
        with town.work("system") as work:
            question_id = ask_question(work, maker, "process", "linking", wanted=1, demand=3)
        question = asked(town, maker)
        assert question is not None and question.listed
        with town.work("factory", maker) as work:
            answer_question(work, question_id, word)
        found = own(town, maker)
        assert ("linking" in found.processes) is listed
        assert (found.confirmed, found.denied) == ((("process:linking",), ()) if listed else ((), ("process:linking",)))
        assert (("process", "linking") in as_record(found).confirmed) is listed
        assert asked(town, maker) is None


def test_goods_with_their_usual_processes_and_certificates_that_are_listed_are_no_question(town: Town) -> None:
    listed = ("flat-knitting", "intarsia")
    found = own(town, town.add_factory("Sample Knit", certifications=("bsci",), processes=listed))
    assert not may_be_asked(PACKS, found, "category", found.categories[0])
    assert not may_be_asked(PACKS, found, "certification", "bsci")
    assert not may_be_asked(PACKS, found, "process", "flat-knitting")
    assert may_be_asked(PACKS, found, "process", "intarsia") and may_be_asked(
        PACKS, found, "material", found.materials[0]
    )
    assert may_be_asked(PACKS, found, "process", "linking") and may_be_asked(PACKS, found, "certification", "gots")


def test_what_is_listed_later_is_denied_no_longer(town: Town, knitter: UUID) -> None:
    with town.work("factory", knitter) as work:
        found = change_profile(work, {"denied": ("process:linking", "certification:oeko-tex-100")}, 1)
        found = change_profile(work, {"processes": ("flat-knitting", "linking")}, found.version)
        assert found.denied == ("certification:oeko-tex-100",)
        add_certificate(work, CertificateDraft("oeko-tex-100"))
    assert own(town, knitter).denied == ()


def test_not_sure_changes_nothing_and_is_never_asked_again(town: Town, knitter: UUID) -> None:
    before, first = own(town, knitter), ask(town, knitter)
    answer(town, knitter, first, "unsure")
    assert own(town, knitter) == before
    town.deliver()
    second = asked(town, knitter)
    assert second is not None and (second.kind, second.term) != (first.kind, first.term)
    with (
        town.work("system") as work,
        pytest.raises(IntegrityError),
        work.session.begin_nested(),
    ):
        ask_question(work, knitter, "process", "weaving", wanted=1, demand=1)


def test_at_most_three_a_week(town: Town, knitter: UUID) -> None:
    shop = town.add_shop("South Shop")
    for place, process in enumerate(("intarsia", "garment-wash", "beading", "linking")):
        town.post(shop, town.sweaters(700 + place, processes=("flat-knitting", process)))
    for _ in range(3):
        answer(town, knitter, ask(town, knitter), "unsure")
        town.deliver()
    assert asked(town, knitter) is None
    town.clock.advance(timedelta(days=8))
    with town.work("system") as work:
        assert ask_factories(work, town.ranker) == 0, "it had no lead this week"
        assert ask_factory(work, town.ranker, knitter) is not None


def test_a_question_that_the_profile_answers_goes_away(town: Town, knitter: UUID) -> None:
    question = ask(town, knitter)
    with town.work("factory", knitter) as work:
        found = profile(work.session, knitter)
        assert found is not None
        change_profile(
            work, {"processes": ("flat-knitting", "linking"), "certifications": ("oeko-tex-100",)}, found.version
        )
    assert asked(town, knitter) is None
    town.deliver()
    assert (following := asked(town, knitter)) is None or following.id != question.id


def test_by_night_whoever_had_leads_is_asked(town: Town, knitter: UUID) -> None:
    with town.work("system") as work:
        assert ask_factories(work, town.ranker) == 1 - (asked(town, knitter) is not None)
    assert asked(town, knitter) is not None


def test_nobody_is_asked_about_what_nobody_wants(town: Town) -> None:
    factory = town.add_factory("Sample Knit")
    with town.work("system") as work:
        assert ask_factory(work, town.ranker, factory) is None


def test_a_foreign_question_is_missing_and_a_strange_answer_refused(town: Town, knitter: UUID) -> None:
    question, other = ask(town, knitter), town.add_factory("Other Knit")
    with town.work("factory", other) as work, pytest.raises(NotFound):
        answer_question(work, question.id, "yes")
    with town.work("factory", knitter) as work, pytest.raises(Invalid, match="no answer"):
        answer_question(work, question.id, "moot")
    assert asked(town, knitter) == question


def test_a_tap_answers_with_and_without_javascript(town: Town, seller: Visitor, factory: Visitor) -> None:
    wanted = {"processes": ("flat-knitting", "linking"), "certifications": ("oeko-tex-100",)}
    town.post(seller.organisation_id, town.sweaters(800, **wanted))
    question = ask(town, factory.organisation_id)
    path = f"/factory/questions/{question.id}"
    for page in ("/leads", "/factory/profile"):
        assert "最近 1 张单里有 1 张要它" in factory.read(page) and path in factory.read(page)
    tapped = factory.client.post(
        path, data={"csrf_token": factory.token, "answer": "no"}, headers={"HX-Request": "true"}
    )
    assert tapped.status_code == 200 and "记下了" in tapped.get_data(as_text=True)
    assert "您说过不做" in factory.read("/factory/profile")
    again = factory.post(path, answer="yes", page="inbox")
    assert (again.status_code, again.headers["Location"]) == (303, "/leads")
    assert "已经答过" in factory.read("/leads")
    assert factory.post(path, answer="perhaps").status_code == 422
