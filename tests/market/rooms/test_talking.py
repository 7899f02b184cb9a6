"""What is said and happens in a room: places, marks, keys, files, and who may be in it."""

import threading
from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from market.identity.service import MARKET_ID
from market.kit.errors import Conflict, Forbidden, Invalid, NotFound
from market.kit.outbox import publish
from market.kit.paging import decode_cursor
from market.kit.uploads import UploadedFile
from market.pooling.events import PoolClosed
from market.production.events import MilestoneLate
from market.production.queries import deal_of_award
from market.quotes import flows as quote_flows
from market.quotes import queries as quotes
from market.rooms import alarm_queries, queries, service
from market.rooms.models import LONGEST_TEXT, RoomRole
from market.rooms.service import Subject
from tests.market.quotes.test_award import _pool_quotes, reached_pool
from tests.market.rooms.conftest import Deal, room_of_order, strike_deal
from tests.market.town import Town

PHOTO = UploadedFile("../../a photo.PNG", b"\x89PNG\r\n\x1a\n and more")


def said(town: Town, role: str, who: UUID, room_id: UUID, words: str, key: str = "") -> queries.MessageRow:
    with town.work(role, who) as work:
        return service.say(work, room_id, words, key=key)


def messages(town: Town, room_id: UUID) -> list[queries.MessageRow]:
    with town.work("system") as work:
        return queries.messages(work.session, room_id)


def unread(town: Town, role: str, who: UUID) -> int:
    with town.work(role, who) as work:
        return queries.unread_rooms(work.session, who)


def mark(town: Town, deal: Deal) -> int:
    """How far the factory has read."""
    with town.work("system") as work:
        member = queries.room(work.session, deal.room_id).member(deal.factory)
        assert member is not None
        return member.read_upto


def test_an_awarded_order_has_a_room_with_its_shop_and_factory(town: Town, deal: Deal) -> None:
    with town.work("factory", deal.factory) as work:
        page = queries.rooms_of(work.session, deal.factory)
    (line,) = page.rows
    assert page.next_cursor is None
    assert {(member.organisation_id, member.role.value) for member in line.room.members} == {
        (deal.shop, "seller"),
        (deal.factory, "factory"),
    }
    assert (line.room.title, line.unread) == ("12-gauge cashmere crew necks", 1)
    assert line.last is not None
    assert (line.last.what, line.last.author_id, line.last.details["quantity"]) == ("awarded", None, 800)


def test_each_share_of_a_pool_has_a_room_that_no_other_member_sees(town: Town) -> None:
    for name in ("Near Knit", "Far Knit"):
        town.add_factory(name)
    small, large = town.add_shop("Small Shop"), town.add_shop("Large Shop")
    minor, major, pool = reached_pool(town, small, large)
    _pool_quotes(town, major, large, (12_000, 11_000))
    with town.work("system") as work:
        quote_flows.decide_closed_pool(work, PoolClosed(MARKET_ID, pool.pool_id))
    town.deliver()
    rooms = {shop: room_of_order(town, shop, order_id) for shop, order_id in ((small, minor), (large, major))}
    assert rooms[small].id != rooms[large].id
    assert [room.title for room in rooms.values()] == ["", ""]
    for shop, other in ((small, large), (large, small)):
        with town.work("seller", shop) as work:
            assert [line.room.id for line in queries.rooms_of(work.session, shop).rows] == [rooms[shop].id]
            with pytest.raises(NotFound):
                service.say(work, rooms[other].id, "who are you")
    with town.work("system") as work:
        award = quotes.award_of_order(work.session, small, minor)
    assert award is not None
    with town.work("factory", award.factory_id) as work:
        seen = queries.rooms_of(work.session, award.factory_id).rows
        names = work.session.scalars(text("SELECT name FROM organisations WHERE kind = 'seller'")).all()
    assert {line.room.id for line in seen} == {room.id for room in rooms.values()}
    assert names == []


def test_a_room_is_opened_once_for_its_subject(town: Town, deal: Deal) -> None:
    with town.work("system") as work:
        again = service.open_room(work, Subject(deal.shop, "order", deal.order_id, "other", "other"))
        assert (again.id, again.code != "other") == (deal.room_id, True)
        assert service.let_in(work, deal.room_id, deal.shop, RoomRole.SELLER) is False
        assert len(queries.room(work.session, deal.room_id).members) == 2


def test_two_who_speak_at_once_get_places_that_follow_each_other(town: Town, deal: Deal) -> None:
    together = threading.Barrier(4)

    def speak(role: str, who: UUID) -> None:
        together.wait(10)
        for number in range(5):
            said(town, role, who, deal.room_id, f"{role} {number}")

    speakers = [("seller", deal.shop), ("factory", deal.factory)] * 2
    rivals = [threading.Thread(target=speak, args=speaker) for speaker in speakers]
    for rival in rivals:
        rival.start()
    for rival in rivals:
        rival.join(60)
    assert [message.sequence for message in messages(town, deal.room_id)] == list(range(1, 22))


def test_the_same_key_twice_says_it_once(town: Town, deal: Deal) -> None:
    first = said(town, "seller", deal.shop, deal.room_id, "the yarn is here", key="a")
    again = said(town, "seller", deal.shop, deal.room_id, "the yarn is here", key="a")
    said(town, "factory", deal.factory, deal.room_id, "the yarn is here", key="a")
    assert again == first
    assert [message.text for message in messages(town, deal.room_id)[1:]] == ["the yarn is here"] * 2
    with pytest.raises(Invalid, match="another request"):
        said(town, "seller", deal.shop, deal.room_id, "other words", key="a")


def test_the_same_key_at_the_same_time_says_it_once(town: Town, deal: Deal) -> None:
    together = threading.Barrier(2)

    def press() -> None:
        together.wait(10)
        said(town, "seller", deal.shop, deal.room_id, "pressed twice", key="b")

    presses = [threading.Thread(target=press) for _ in range(2)]
    for press_ in presses:
        press_.start()
    for press_ in presses:
        press_.join(30)
    assert [message.text for message in messages(town, deal.room_id)[1:]] == ["pressed twice"]


@pytest.mark.parametrize("place", ["missing", "foreign"])
def test_a_stranger_finds_nothing(town: Town, deal: Deal, place: str) -> None:
    stranger = town.add_shop("South Shop")
    room_id = deal.order_id if place == "missing" else deal.room_id
    with town.work("seller", stranger) as work:
        for verb in (
            lambda: service.say(work, room_id, "hello"),
            lambda: service.mark_read(work, room_id, 1),
            lambda: service.note_event(work, room_id, "awarded"),
            lambda: service.ask_for_help(work, room_id, "please"),
            lambda: queries.room(work.session, room_id),
        ):
            with pytest.raises(NotFound):
                verb()
        assert queries.messages(work.session, room_id) == []
        for table in ("rooms", "room_members", "room_messages", "room_files", "room_alarms"):
            assert work.session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(marks=st.lists(st.integers(-5, 9), max_size=6))
def test_read_marks_never_go_back_nor_past_the_last_message(town: Town, deal: Deal, marks: list[int]) -> None:
    for _ in range(4 - len(messages(town, deal.room_id))):
        said(town, "seller", deal.shop, deal.room_id, "one more")
    reached = mark(town, deal)
    for upto in marks:
        with town.work("factory", deal.factory) as work:
            service.mark_read(work, deal.room_id, upto)
        reached = max(reached, min(upto, 4))
        assert mark(town, deal) == reached


def test_unread_is_what_others_said_or_what_happened_since(town: Town, deal: Deal) -> None:
    assert (unread(town, "seller", deal.shop), unread(town, "factory", deal.factory)) == (1, 1)
    for role, who in (("seller", deal.shop), ("factory", deal.factory)):
        with town.work(role, who) as work:
            service.mark_read(work, deal.room_id, 1)
    for words in ("is the yarn there", "tell me please"):
        said(town, "seller", deal.shop, deal.room_id, words)
    assert (unread(town, "seller", deal.shop), unread(town, "factory", deal.factory)) == (0, 1)
    assert town.notices(deal.factory).count("room_said") == 1
    assert town.notices(deal.shop).count("room_said") == 0


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("  two\r\nlines  \n\n", "two\nlines"),
        ("全角\u3000空格 👨\u200d👩", "全角\u3000空格 👨\u200d👩"),
        ("hid\u202eden\x00 \x1b[31m", "hidden [31m"),
        ("<b>&amp;</b>", "<b>&amp;</b>"),
    ],
)
def test_words_are_kept_as_typed_but_for_what_has_no_shape(words: str, kept: str) -> None:
    assert service.clean_words(words) == kept


def test_what_cannot_be_sent_says_why_and_says_nothing(town: Town, deal: Deal) -> None:
    program, many = UploadedFile("a.png", b"MZ program"), [PHOTO] * (service.MOST_FILES + 1)
    for words, files in (("  \n ", []), ("a" * (LONGEST_TEXT + 1), []), ("look", [program]), ("look", many)):
        with town.work("seller", deal.shop) as work, pytest.raises(Invalid) as refused:
            service.say(work, deal.room_id, words, files)
        assert refused.value.faults[0].accepted
    assert len(messages(town, deal.room_id)) == 1


def test_a_photo_comes_with_its_words_and_is_read_by_members_alone(town: Town, deal: Deal) -> None:
    with town.work("factory", deal.factory) as work:
        sent = service.say(work, deal.room_id, "", [PHOTO])
    (file,) = sent.files
    assert (file.name, file.is_photo, sent.text) == ("a photo.PNG", True, "")
    with town.work("seller", deal.shop) as work:
        assert queries.file_content(work.session, deal.room_id, file.id) == (file, PHOTO.content)
    with town.work("seller", town.add_shop("South Shop")) as work, pytest.raises(NotFound):
        queries.file_content(work.session, deal.room_id, file.id)


def test_a_raised_room_calls_everybody_and_measures_each_sides_first_word(town: Town, deal: Deal) -> None:
    said(town, "factory", deal.factory, deal.room_id, "before the alarm this counts for nothing")
    with town.work("system") as work:
        alarm_id = service.raise_room(work, deal.room_id, "predicted_late", {"late_days": 3})
        assert service.raise_room(work, deal.room_id, "predicted_late", {"late_days": 4}) == alarm_id
    for who in (deal.shop, deal.factory, MARKET_ID):
        assert "room_raised" in town.notices(who)
    town.clock.advance(timedelta(minutes=20))
    said(town, "factory", deal.factory, deal.room_id, "the dye lot came late")
    town.clock.advance(timedelta(minutes=20))
    said(town, "factory", deal.factory, deal.room_id, "two days")
    with town.work("operator", MARKET_ID) as work:
        (raised,) = alarm_queries.raised_rooms(work.session)
        records = {record.role: record for record in alarm_queries.reply_records(work.session, work.now)}
        assert queries.unread_rooms(work.session, MARKET_ID) == 1
    assert raised.alarm.details == {"late_days": 4}
    assert raised.alarm.time_to_reply(RoomRole.FACTORY) == timedelta(minutes=20)
    assert raised.alarm.time_to_reply(RoomRole.SELLER) is None
    assert (records[RoomRole.FACTORY].median, records[RoomRole.FACTORY].n) == (timedelta(minutes=20), 1)
    assert (records[RoomRole.SELLER].n, records[RoomRole.SELLER].unanswered) == (0, 1)


def test_a_run_that_is_predicted_late_raises_the_room_of_its_share(town: Town, deal: Deal) -> None:
    parts = [{"stage": "panels", "days": 9, "basis": "the factory's own runs"}]
    with town.work("system") as work:
        award = quotes.award_of_order(work.session, deal.shop, deal.order_id)
        assert award is not None
        run = deal_of_award(work.session, award.id)
        assert run is not None
        publish(work, MilestoneLate(run.organisation_id, run.id, date(2026, 12, 24), date(2026, 12, 20), parts))
    town.deliver()
    with town.work("factory", deal.factory) as work:
        (alarm,) = alarm_queries.alarms_of(work.session, deal.room_id)
    assert (alarm.why, alarm.details["expected_on"], alarm.details["parts"]) == ("predicted_late", "2026-12-24", parts)
    assert town.notices(deal.shop).count("room_raised") == 1


def test_an_alarm_ends_once_and_another_may_follow(town: Town, deal: Deal) -> None:
    with town.work("seller", deal.shop) as work:
        service.ask_for_help(work, deal.room_id, "nobody answers")
    town.deliver()
    with town.work("operator", MARKET_ID) as work:
        (alarm,) = alarm_queries.alarms_of(work.session, deal.room_id)
        assert (alarm.why, alarm.details) == ("asked", {"by": "seller", "words": "nobody answers"})
        service.end_alarm(work, deal.room_id, alarm.id, "the factory called back")
        with pytest.raises(Conflict):
            service.end_alarm(work, deal.room_id, alarm.id, "again")
        assert alarm_queries.raised_rooms(work.session) == []
    with town.work("system") as work:
        assert service.raise_room(work, deal.room_id, "asked", {}) != alarm.id
    assert [message.what for message in messages(town, deal.room_id)] == ["awarded", "raised", "alarm_ended", "raised"]


def test_an_operator_reads_with_a_reason_that_is_kept_and_speaks_only_after_coming_in(town: Town, deal: Deal) -> None:
    with town.work("operator", MARKET_ID) as work:
        with pytest.raises(Forbidden):
            service.say(work, deal.room_id, "hello")
        with pytest.raises(Invalid):
            service.look_in(work, deal.room_id, "  ")
        service.look_in(work, deal.room_id, "a complaint by telephone")
        kept = work.session.execute(
            text("SELECT why FROM history WHERE aggregate_id = :id AND what = 'looked into'"), {"id": deal.room_id}
        ).all()
    assert [row.why for row in kept] == ["a complaint by telephone"]
    with town.work("operator", MARKET_ID) as work:
        service.come_in(work, deal.room_id, "to settle the date")
        service.come_in(work, deal.room_id, "to settle the date")
    spoken = said(town, "operator", MARKET_ID, deal.room_id, "what do you both propose")
    assert spoken.author_role is RoomRole.OPERATOR
    assert [message.what for message in messages(town, deal.room_id)] == ["awarded", "market_came_in", ""]


def test_lists_go_from_the_newest_word_and_page(town: Town, deal: Deal) -> None:
    town.clock.advance(timedelta(minutes=5))
    later = strike_deal(town, deal.shop, deal.factory)
    with town.work("seller", deal.shop) as work:
        first = queries.rooms_of(work.session, deal.shop, size=1)
        second = queries.rooms_of(work.session, deal.shop, after=decode_cursor(first.next_cursor), size=1)
    assert [line.room.id for line in (*first.rows, *second.rows)] == [later.room_id, deal.room_id]
    assert second.next_cursor is None
    town.clock.advance(timedelta(minutes=5))
    said(town, "factory", deal.factory, deal.room_id, "news of the first")
    with town.work("seller", deal.shop) as work:
        assert queries.rooms_of(work.session, deal.shop, size=1).rows[0].room.id == deal.room_id
