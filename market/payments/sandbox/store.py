"""What the sandbox keeps: objects as Stripe shows them, entries of balances, keys, deliveries and its own clock."""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

Body = dict[str, Any]

SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE NOT NULL, kind TEXT NOT NULL, account TEXT NOT NULL,
    due INTEGER, body TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS objects_due ON objects (due) WHERE due IS NOT NULL;
CREATE TABLE IF NOT EXISTS entries (account TEXT NOT NULL, currency TEXT NOT NULL, amount INTEGER NOT NULL,
    source TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS entries_account ON entries (account, currency);
CREATE TABLE IF NOT EXISTS keys (account TEXT NOT NULL, key TEXT NOT NULL, fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS deliveries (place INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, due REAL NOT NULL,
    tries INTEGER NOT NULL DEFAULT 0, held INTEGER NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


class Store:
    """One SQLite file. Whoever holds `turn` is alone, and leaves everything or nothing behind."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript(f"PRAGMA journal_mode = WAL; {SCHEMA}")
        self._alone = RLock()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """A transaction; one inside another is undone alone when it fails."""
        name = f"turn_{secrets.token_hex(4)}"
        with self._alone:
            self._connection.execute(f"SAVEPOINT {name}")
            try:
                yield
            except BaseException:  # Whatever it is, half a turn must not stay.
                self._connection.execute(f"ROLLBACK TO {name}")
                raise
            finally:
                self._connection.execute(f"RELEASE {name}")

    def close(self) -> None:
        with self._alone:
            self._connection.close()

    def rows(self, statement: str, *values: object) -> list[sqlite3.Row]:
        with self._alone:
            return self._connection.execute(statement, values).fetchall()

    def add(self, kind: str, prefix: str, body: Body, account: str = "", due: int | None = None) -> Body:
        """Keep a new object under an id of its own, with the fields that every object has."""
        whole = {"id": f"{prefix}_{secrets.token_hex(12)}", "object": kind, "created": self.seconds(), **body}
        whole.setdefault("livemode", False)
        self.rows(
            "INSERT INTO objects (id, kind, account, due, body) VALUES (?, ?, ?, ?, ?)",
            *(whole["id"], kind, account, due, json.dumps(whole)),
        )
        return whole

    def save(self, body: Body, due: int | None = None) -> Body:
        """Keep an object as it is now. due: when something happens to it by itself."""
        self.rows("UPDATE objects SET body = ?, due = ? WHERE id = ?", json.dumps(body), due, body["id"])
        return body

    def find(self, kind: str, identifier: str, account: str = "") -> Body | None:
        found = self.rows(
            "SELECT body FROM objects WHERE id = ? AND kind = ? AND account = ?", identifier, kind, account
        )
        return json.loads(found[0]["body"]) if found else None

    def any(self, identifier: str) -> Body | None:
        found = self.rows("SELECT body FROM objects WHERE id = ?", identifier)
        return json.loads(found[0]["body"]) if found else None

    def all(self, kind: str, account: str = "") -> list[Body]:
        """Every object of a kind, the newest first, as Stripe lists them."""
        found = self.rows("SELECT body FROM objects WHERE kind = ? AND account = ? ORDER BY place DESC", kind, account)
        return [json.loads(row["body"]) for row in found]

    def due(self) -> list[tuple[str, Body]]:
        """(account, object) of everything whose time has come, in the order of that time."""
        found = self.rows("SELECT account, body FROM objects WHERE due <= ? ORDER BY due, place", self.seconds())
        return [(row["account"], json.loads(row["body"])) for row in found]

    def enter(self, account: str, currency: str, amount: int, source: str) -> None:
        self.rows("INSERT INTO entries VALUES (?, ?, ?, ?)", account, currency, amount, source)

    def balance(self, account: str, currency: str) -> int:
        statement = "SELECT coalesce(sum(amount), 0) AS minor FROM entries WHERE account = ? AND currency = ?"
        return int(self.rows(statement, account, currency)[0]["minor"])

    def balances(self, account: str) -> dict[str, int]:
        statement = "SELECT currency, sum(amount) AS minor FROM entries WHERE account = ? GROUP BY currency ORDER BY 1"
        return {row["currency"]: int(row["minor"]) for row in self.rows(statement, account)}

    def fact(self, name: str, default: Any) -> Any:
        found = self.rows("SELECT value FROM facts WHERE name = ?", name)
        return json.loads(found[0]["value"]) if found else default

    def note(self, name: str, value: Any) -> None:
        self.rows("INSERT OR REPLACE INTO facts VALUES (?, ?)", name, json.dumps(value))

    def seconds(self) -> int:
        """What time it is in the sandbox: its clock can be moved forward."""
        return int(time.time()) + self.ahead

    @property
    def ahead(self) -> int:
        """By how many seconds the sandbox's clock was moved ahead of that of its callers."""
        return int(self.fact("ahead", 0))
