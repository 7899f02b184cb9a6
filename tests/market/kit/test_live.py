"""Open pages hear of what was committed for their own organisation, and of nothing else."""

import time
from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from market.kit.databases import DatabaseAccess, psycopg_url
from market.kit.db import SYSTEM, act_as
from market.kit.ids import new_id
from market.kit.live import OPENED, LiveNews, announce
from tests.market.site import Web

LISTENERS = "SELECT pid FROM pg_stat_activity WHERE query = 'LISTEN weft_live' AND datname = current_database()"


@pytest.fixture
def news(access: DatabaseAccess) -> LiveNews:
    return LiveNews(psycopg_url(access.application_url))


def open_stream(news: LiveNews, organisation_id: UUID, session: Session) -> Iterator[str]:
    """A stream that has begun to listen."""
    before = listeners(session)
    stream = news.stream(organisation_id)
    assert next(stream).startswith("retry:")
    assert next(stream) == OPENED
    assert [pid for pid in listeners(session) if pid not in before], "a page was told to look before anybody listens"
    return stream


def next_news(stream: Iterator[str]) -> str:
    """The next event that is not the one that tells a page to look again."""
    return next(event for event in stream if event.startswith("event:") and event != OPENED)


def listeners(session: Session) -> list[int]:
    found = list(session.scalars(text(LISTENERS)))
    session.rollback()
    return found


def wait_for_listener(session: Session, before: list[int]) -> list[int]:
    last = time.monotonic() + 20
    while not (fresh := [pid for pid in listeners(session) if pid not in before]):
        assert time.monotonic() < last, "nobody listens"
        time.sleep(0.02)
    return fresh


def tell(sessions: sessionmaker[Session], organisation_id: UUID, kind: str, *, commit: bool = True) -> UUID:
    subject = new_id()
    with sessions() as session:
        act_as(session, SYSTEM)
        announce(session, organisation_id, kind, subject)
        if commit:
            session.commit()
    return subject


def test_only_committed_news_of_the_own_organisation_arrives(
    news: LiveNews, sessions: sessionmaker[Session], session: Session
) -> None:
    own, foreign = new_id(), new_id()
    stream = open_stream(news, own, session)
    tell(sessions, own, "order", commit=False)
    tell(sessions, foreign, "order")
    heard = tell(sessions, own, "lead")
    assert next_news(stream) == f"event: lead\ndata: {heard}\n\n"


def test_a_lost_connection_is_made_again_once(
    news: LiveNews, sessions: sessionmaker[Session], session: Session, access: DatabaseAccess
) -> None:
    before = listeners(session)
    own = new_id()
    stream = open_stream(news, own, session)
    (first,) = [pid for pid in listeners(session) if pid not in before]
    with psycopg.connect(psycopg_url(access.owner_url), autocommit=True) as owner:
        owner.execute("SELECT pg_terminate_backend(%s)", [first])
    second_page = news.stream(own)
    next(second_page)
    wait_for_listener(session, [*before, first])
    time.sleep(1.5)
    heard = [tell(sessions, own, "order"), tell(sessions, own, "order")]
    for page in (stream, second_page):
        assert [next_news(page), next_news(page)] == [f"event: order\ndata: {subject}\n\n" for subject in heard]


def test_the_stream_belongs_to_who_is_signed_in(web: Web, sessions: sessionmaker[Session], session: Session) -> None:
    assert web.visitor().get("/live").location == "/sign-in?next=/live"
    shop = web.person("seller", "shop")
    assert shop.organisation_id
    before = listeners(session)
    answer = shop.get("/live")
    assert (answer.mimetype, answer.headers["Cache-Control"]) == ("text/event-stream", "no-store")
    lines = iter(answer.response)
    assert b"retry:" in next(lines)
    assert next(lines) == OPENED.encode()
    assert wait_for_listener(session, before)
    heard = tell(sessions, shop.organisation_id, "notice")
    assert next(line for line in lines if b"notice" in line) == f"event: notice\ndata: {heard}\n\n".encode()
    answer.close()
