"""Live news: a NOTIFY inside the transaction, one LISTEN a web process, and a queue for each open page.

A message carries only which organisation it is for, its kind and an id; the page fetches what it may see.
"""

import json
import queue
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from uuid import UUID

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

CHANNEL = "weft_live"
HEARTBEAT_SECONDS = 15.0
QUEUE_LENGTH = 100
RETRY_SECONDS = 1.0
OPENED = "event: opened\ndata: now\n\n"

log = structlog.get_logger(__name__)


def announce(session: Session, organisation_id: UUID, kind: str, subject_id: UUID) -> None:
    """Tell the open pages of an organisation, when and only when the transaction commits."""
    message = json.dumps({"organisation": str(organisation_id), "kind": kind, "id": str(subject_id)})
    session.execute(text("SELECT pg_notify(:channel, :message)"), {"channel": CHANNEL, "message": message})


class LiveNews:
    """Fans the notifications of one connection out to the open streams of this process."""

    def __init__(self, connection_string: str) -> None:
        self._connection_string = connection_string
        self._streams: dict[str, set[queue.Queue[str]]] = defaultdict(set)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._listening = threading.Event()

    def stream(self, organisation_id: UUID) -> Iterator[str]:
        """Server-sent events for one page, with a comment every 15 seconds that keeps the line open.

        `opened` is said as soon as this process listens, and again after it had lost its connection: what happened
        before was not heard, so the page looks again.
        """
        news: queue.Queue[str] = queue.Queue(QUEUE_LENGTH)
        self._join(str(organisation_id), news)
        try:
            yield "retry: 2000\n: here\n\n"
            if self._listening.is_set():
                yield OPENED
            while True:
                try:
                    yield news.get(timeout=HEARTBEAT_SECONDS)
                except queue.Empty:
                    yield ": still here\n\n"
        finally:
            with self._lock:
                self._streams[str(organisation_id)].discard(news)

    def _join(self, organisation_id: str, news: queue.Queue[str]) -> None:
        with self._lock:
            self._streams[organisation_id].add(news)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="live-news", daemon=True)
                self._thread.start()

    def _listen(self) -> None:
        """Listen for as long as a page is open; a lost connection is made again."""
        while self._is_wanted():
            try:
                with psycopg.connect(self._connection_string, autocommit=True) as connection:
                    connection.execute(f"LISTEN {CHANNEL}")
                    self._listening.set()
                    self._tell_everybody(OPENED)
                    for notification in connection.notifies():
                        self._spread(notification.payload)
            except psycopg.Error as fault:
                self._listening.clear()
                log.warning("live_news_lost", fault=str(fault))
                time.sleep(RETRY_SECONDS)

    def _is_wanted(self) -> bool:
        with self._lock:
            wanted = any(self._streams.values())
            if not wanted:
                self._thread = None
            return wanted

    def _spread(self, payload: str) -> None:
        message = json.loads(payload)
        event = f"event: {message['kind']}\ndata: {message['id']}\n\n"
        with self._lock:
            _put(self._streams.get(message["organisation"], ()), event)

    def _tell_everybody(self, event: str) -> None:
        with self._lock:
            for streams in self._streams.values():
                _put(streams, event)


def _put(streams: Iterable[queue.Queue[str]], event: str) -> None:
    """Hand an event to open pages; one that does not read any more misses it."""
    for news in streams:
        if not news.full():
            news.put_nowait(event)
