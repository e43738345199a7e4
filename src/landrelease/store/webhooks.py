"""Subscriptions to changes, and what waits to be sent: in the file of accounts.

The secret with which a subscription's messages are signed is derived from one random secret of the
installation and the subscription's id; it is shown once and stored nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from landrelease.errors import WEBHOOK_UNKNOWN, WEBHOOKS_MANY, LandReleaseError
from landrelease.store.accounts import Accounts

MOST_OF_ACCOUNT = 10
MOST_WAITING = 1_000
FAILURES = 10  # one after the other; then the subscription rests
FIRST_WAIT, FACTOR, LONGEST_WAIT = 10, 4, 3_600  # seconds
ATTEMPTS = 20  # of a subscription that are kept
PAUSED = "paused"  # why a subscription rests that its owner, or who keeps the accounts, stopped
_LAYOUT = """
CREATE TABLE IF NOT EXISTS webhook (
  id TEXT PRIMARY KEY, account TEXT NOT NULL, url TEXT NOT NULL, kinds TEXT NOT NULL,
  made_at TEXT NOT NULL, seen INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0, next_at TEXT NOT NULL, last TEXT NOT NULL DEFAULT '',
  FOREIGN KEY (account) REFERENCES account (name));
CREATE TABLE IF NOT EXISTS webhook_message (
  number INTEGER PRIMARY KEY, webhook TEXT NOT NULL, body BLOB NOT NULL,
  FOREIGN KEY (webhook) REFERENCES webhook (id) ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS webhook_marks (
  webhook TEXT PRIMARY KEY, state TEXT NOT NULL, marks TEXT NOT NULL,
  FOREIGN KEY (webhook) REFERENCES webhook (id) ON DELETE CASCADE);
CREATE TABLE IF NOT EXISTS webhook_attempt (
  number INTEGER PRIMARY KEY, webhook TEXT NOT NULL, at TEXT NOT NULL, outcome TEXT NOT NULL,
  FOREIGN KEY (webhook) REFERENCES webhook (id) ON DELETE CASCADE);
CREATE INDEX IF NOT EXISTS webhook_attempt_of ON webhook_attempt (webhook, number);
"""

Marks = Mapping[str, frozenset[str]]  # kind -> the records whose marks are set


@dataclass(frozen=True, slots=True)
class Webhook:
    """A subscription. `seen`: the last revision that was looked at. `last`: what became of the last
    attempt. `failures`: in a row."""

    id: str
    account: str
    url: str
    kinds: tuple[str, ...]
    made_at: str
    seen: int
    failures: int
    disabled: bool
    last: str


_COLUMNS = "id, account, url, kinds, made_at, seen, failures, disabled, last"


def _webhook(row: tuple[str, str, str, str, str, int, int, int, str]) -> Webhook:
    return Webhook(row[0], row[1], row[2], tuple(row[3].split(",")), row[4], row[5], row[6],
                   bool(row[7]), row[8])


class Webhooks:
    """The subscriptions of a file of accounts."""

    def __init__(self, accounts: Accounts):
        self.accounts = accounts
        # What was read of `webhook_marks`, so that it is not read in each round.
        self._marks: dict[str, tuple[str, Marks]] = {}
        with accounts.opened() as db:
            db.executescript(_LAYOUT)

    def add(self, account: str, url: str, kinds: tuple[str, ...], seen: int,
            marks: tuple[str, Marks] | None = None) -> tuple[str, str]:
        """Subscribe: (id, secret). `marks`: from what the marks follow, and what they are, when it
        begins. Raises WEB-061 where the account has too many."""
        if len(self.of(account)) >= MOST_OF_ACCOUNT:
            raise LandReleaseError(WEBHOOKS_MANY, most=MOST_OF_ACCOUNT)
        made = secrets.token_urlsafe(12)
        with self.accounts.opened() as db:
            db.execute("INSERT INTO webhook (id, account, url, kinds, made_at, seen, next_at) "
                       "VALUES (?, ?, ?, ?, ?, ?, ?)",
                       (made, account, url, ",".join(kinds), self._now(), seen, self._now()))
            if marks is not None:
                self._keep_marks(db, made, *marks)
        return made, self.secret(made)

    def secret(self, webhook: str) -> str:
        """The secret that signs the messages of a subscription."""
        whole = self.accounts.secret("webhooks").encode()
        return hmac.new(whole, webhook.encode(), hashlib.sha256).hexdigest()

    def of(self, account: str) -> list[Webhook]:
        with self.accounts.opened() as db:
            return [_webhook(r) for r in db.execute(
                f"SELECT {_COLUMNS} FROM webhook WHERE account = ? ORDER BY made_at",  # noqa: S608
                (account,))]

    def all(self) -> list[Webhook]:
        """Those of all accounts, for who keeps the accounts."""
        with self.accounts.opened() as db:
            return [_webhook(r) for r in db.execute(
                f"SELECT {_COLUMNS} FROM webhook ORDER BY account, made_at")]  # noqa: S608

    def one(self, account: str, webhook: str) -> Webhook:
        """One of an account. WEB-062, for another account's as well."""
        for found in self.of(account):
            if found.id == webhook:
                return found
        raise LandReleaseError(WEBHOOK_UNKNOWN, found=webhook[:40])

    def attempts(self, webhook: str) -> list[tuple[str, str]]:
        """(at, outcome) of the last attempts, the newest first: "sent", or what went wrong, without
        anything of the message or the address."""
        with self.accounts.opened() as db:
            return db.execute("SELECT at, outcome FROM webhook_attempt WHERE webhook = ? "
                              "ORDER BY number DESC", (webhook,)).fetchall()

    def tried(self, webhook: str, outcome: str) -> None:
        """Note what became of an attempt; the oldest goes."""
        with self.accounts.opened() as db:
            self._tried(db, webhook, outcome)

    def _tried(self, db: sqlite3.Connection, webhook: str, outcome: str) -> None:
        # A subscription that was removed meanwhile has no attempts.
        db.execute("INSERT INTO webhook_attempt (webhook, at, outcome) "
                   "SELECT id, ?, ? FROM webhook WHERE id = ?",
                   (self._now(), outcome[:60], webhook))
        db.execute("DELETE FROM webhook_attempt WHERE webhook = ? AND number NOT IN (SELECT number "
                   "FROM webhook_attempt WHERE webhook = ? ORDER BY number DESC LIMIT ?)",
                   (webhook, webhook, ATTEMPTS))

    def pause(self, account: str, webhook: str) -> None:
        """Send nothing until `wake`; what waits is not sent. WEB-062."""
        self.rest(self.one(account, webhook).id, PAUSED)

    def awake(self) -> list[Webhook]:
        """Those that are not resting."""
        with self.accounts.opened() as db:
            return [_webhook(r) for r in db.execute(
                f"SELECT {_COLUMNS} FROM webhook WHERE disabled = 0 ORDER BY made_at")]  # noqa: S608

    def remove(self, account: str, webhook: str) -> None:
        """Unsubscribe; what waits is not sent. WEB-062, for another account's as well."""
        with self.accounts.opened() as db:
            if not db.execute("DELETE FROM webhook WHERE id = ? AND account = ?",
                              (webhook, account)).rowcount:
                raise LandReleaseError(WEBHOOK_UNKNOWN, found=webhook[:40])

    def marks(self, webhook: str) -> tuple[str, Marks | None]:
        """From what the marks of records followed when messages of a subscription were made last,
        and what they were then: also before the app was started. ("", None): not known."""
        if webhook not in self._marks:
            with self.accounts.opened() as db:
                row = db.execute("SELECT state, marks FROM webhook_marks WHERE webhook = ?",
                                 (webhook,)).fetchone()
            if row is None:
                return "", None
            self._marks[webhook] = row[0], {
                kind: frozenset(ids) for kind, ids in json.loads(row[1]).items()}
        return self._marks[webhook]

    def _keep_marks(self, db: sqlite3.Connection, webhook: str, state: str, marks: Marks) -> None:
        said = json.dumps({kind: sorted(ids) for kind, ids in marks.items()})
        db.execute("INSERT INTO webhook_marks (webhook, state, marks) VALUES (?, ?, ?) "
                   "ON CONFLICT (webhook) DO UPDATE SET state = excluded.state, "
                   "marks = excluded.marks", (webhook, state, said))

    def wake(self, account: str, webhook: str, seen: int) -> None:
        """Send again from now on. WEB-062."""
        self._marks.pop(webhook, None)
        with self.accounts.opened() as db:
            if not db.execute("UPDATE webhook SET disabled = 0, failures = 0, seen = ?, "
                              "next_at = ? WHERE id = ? AND account = ?",
                              (seen, self._now(), webhook, account)).rowcount:
                raise LandReleaseError(WEBHOOK_UNKNOWN, found=webhook[:40])
            db.execute("DELETE FROM webhook_marks WHERE webhook = ?", (webhook,))

    # --- messages --------------------------------------------------------------------------------

    def keep(self, webhook: str, bodies: list[bytes], seen: int,
             marks: tuple[str, Marks] | None = None) -> None:
        """Messages that wait, how far the registry was looked at and what its marks were, in one
        transaction: each change is told once. Where too many wait the subscription rests."""
        with self.accounts.opened() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.executemany("INSERT INTO webhook_message (webhook, body) VALUES (?, ?)",
                               [(webhook, body) for body in bodies])
                db.execute("UPDATE webhook SET seen = ? WHERE id = ?", (seen, webhook))
                if marks is not None:
                    self._keep_marks(db, webhook, *marks)
                (waiting,) = db.execute("SELECT count(*) FROM webhook_message WHERE webhook = ?",
                                        (webhook,)).fetchone()
                if waiting > MOST_WAITING:
                    self._rest(db, webhook, "too many messages waited")
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise
        if marks is not None:
            self._marks[webhook] = marks

    def due(self) -> list[tuple[int, str, bytes]]:
        """(number, subscription, body) of the first message of each subscription whose time came:
        messages of one subscription are sent in their order."""
        with self.accounts.opened() as db:
            return db.execute(
                "SELECT min(m.number), m.webhook, m.body FROM webhook_message m "
                "JOIN webhook w ON w.id = m.webhook WHERE w.disabled = 0 AND w.next_at <= ? "
                "GROUP BY m.webhook", (self._now(),)).fetchall()

    def sent(self, number: int, webhook: str) -> None:
        with self.accounts.opened() as db:
            db.execute("DELETE FROM webhook_message WHERE number = ?", (number,))
            db.execute("UPDATE webhook SET failures = 0, last = ?, next_at = ? WHERE id = ?",
                       (f"{self._now()} sent", self._now(), webhook))
            self._tried(db, webhook, "sent")

    def failed(self, webhook: str, why: str) -> None:
        """Wait longer each time; after ten failures in a row the subscription rests."""
        with self.accounts.opened() as db:
            row = db.execute("SELECT failures FROM webhook WHERE id = ?", (webhook,)).fetchone()
            if row is None:
                return
            self._tried(db, webhook, why)
            failures = row[0] + 1
            wait = min(LONGEST_WAIT, FIRST_WAIT * FACTOR ** (failures - 1))
            at = (self.accounts.now() + timedelta(seconds=wait)).isoformat()
            db.execute("UPDATE webhook SET failures = ?, next_at = ?, last = ? WHERE id = ?",
                       (failures, at, f"{self._now()} {why}"[:200], webhook))
            if failures >= FAILURES:
                self._rest(db, webhook, f"{failures} failures in a row, the last: {why}")

    def rest(self, webhook: str, why: str) -> None:
        with self.accounts.opened() as db:
            self._rest(db, webhook, why)

    def _rest(self, db: sqlite3.Connection, webhook: str, why: str) -> None:
        db.execute("DELETE FROM webhook_message WHERE webhook = ?", (webhook,))
        db.execute("UPDATE webhook SET disabled = 1, last = ? WHERE id = ?",
                   (f"{self._now()} rests: {why}"[:200], webhook))

    def _now(self) -> str:
        now: datetime = self.accounts.now()
        return now.isoformat()
