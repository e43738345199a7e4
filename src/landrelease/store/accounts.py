"""Accounts of the web app: who may sign in, with which role; sessions, tokens, failed attempts, and
the log of who read what. A file of its own beside the registry: it is never exchanged or published.

Passwords are kept as argon2id hashes (RFC 9106, second recommended option, the library's default);
session and token secrets, which are random, as SHA-256. Nothing in the file opens a session.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from landrelease.errors import (
    ACCOUNT_EXISTS,
    ACCOUNT_NAME,
    ACCOUNT_UNKNOWN,
    ACCOUNTS_DAMAGED,
    CANNOT_WRITE,
    IDENTITY_TAKEN,
    PASSWORD_WEAK,
    REGISTRY_EXISTS,
    SIGN_IN_WAITS,
    TOKEN_WRONG,
    LandReleaseError,
)
from landrelease.store.open import utc_now
from landrelease.store.passwords import well_known

SESSION_HOURS = 12
IDLE_HOURS = 2
# After this many failures in the window an account waits, and after so many an address, which
# may be that of a whole office (ASVS 5.0, 6.3.1; own choice). An account that signed in from an
# address of late is counted there by itself, so that nobody else makes it wait.
FAILURES, FAILURE_MINUTES, ADDRESS_FAILURES = 5, 15, 30
KNOWN_DAYS, KNOWN_MOST = 90, 20
PASSWORD_LEAST, PASSWORD_MOST = 12, 1_000
ONE_TIME_HOURS = 72  # in which a one-time word opens a session to choose a password in
_WORD_LETTERS = "abcdefghjkmnpqrstvwxyz23456789"  # none that is read as another
SCOPES = ("read", "write")  # what a token may do as its account
TOKEN_DAYS = 366  # at most
_LAYOUT = """
CREATE TABLE IF NOT EXISTS account (
  name TEXT PRIMARY KEY, password TEXT NOT NULL, role TEXT NOT NULL,
  organisation TEXT NOT NULL, areas TEXT NOT NULL, person TEXT NOT NULL,
  made_at TEXT NOT NULL, disabled INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS session (
  secret TEXT PRIMARY KEY, account TEXT NOT NULL, csrf TEXT NOT NULL,
  made_at TEXT NOT NULL, seen_at TEXT NOT NULL, FOREIGN KEY (account) REFERENCES account (name));
CREATE TABLE IF NOT EXISTS token (
  secret TEXT PRIMARY KEY, account TEXT NOT NULL, label TEXT NOT NULL, made_at TEXT NOT NULL,
  until TEXT NOT NULL, scope TEXT NOT NULL DEFAULT 'write',
  FOREIGN KEY (account) REFERENCES account (name));
CREATE TABLE IF NOT EXISTS failure (who TEXT NOT NULL, at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS failure_who ON failure (who, at);
CREATE TABLE IF NOT EXISTS read_log (
  number INTEGER PRIMARY KEY, at TEXT NOT NULL, account TEXT NOT NULL, role TEXT NOT NULL,
  subject TEXT NOT NULL, detail TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS signed_in_from (
  account TEXT NOT NULL, address TEXT NOT NULL, at TEXT NOT NULL, PRIMARY KEY (account, address));
CREATE TABLE IF NOT EXISTS session_by (secret TEXT PRIMARY KEY, issuer TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS identity (
  issuer TEXT NOT NULL, subject TEXT NOT NULL, email TEXT NOT NULL, account TEXT NOT NULL,
  FOREIGN KEY (account) REFERENCES account (name));
CREATE UNIQUE INDEX IF NOT EXISTS identity_subject ON identity (issuer, subject)
  WHERE subject <> '';
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS one_time (
  account TEXT PRIMARY KEY, until TEXT NOT NULL, FOREIGN KEY (account) REFERENCES account (name));
"""


@dataclass(frozen=True, slots=True)
class Account:
    """Who may sign in. `areas` as `--area` takes them; `person`: id of the person's record."""

    name: str
    role: str
    organisation: str = ""
    areas: tuple[str, ...] = ()
    person: str = ""
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """An open session. `csrf` is what a form must carry. `renew`: it was opened with a one-time
    word, and is for choosing a password alone."""

    account: Account
    csrf: str
    renew: bool = False


@dataclass(frozen=True, slots=True)
class Open:
    """An open session as its owner may see it: its sign opens nothing. `issuer`: of the provider at
    which it was signed in; "" for a password."""

    sign: str
    made_at: str
    seen_at: str
    issuer: str


@dataclass(frozen=True, slots=True)
class Token:
    """A token of a program as its owner may see it: its sign opens nothing. `scope`: "read" alone,
    or "write": whatever the account may do."""

    sign: str
    label: str
    made_at: str
    until: str
    scope: str


class Accounts:
    """The file of accounts; safe to use from several threads and processes."""

    def __init__(self, path: Path, *, now: Callable[[], datetime] = utc_now):
        self.path, self.now = path, now
        self._local = threading.local()
        try:
            fresh = not path.exists()
            with self._open() as db:
                db.executescript(_LAYOUT)
                _bring_up(db)
            if fresh:
                path.chmod(0o600)
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise LandReleaseError(CANNOT_WRITE, path=path, reason=str(error)) from error
            raise LandReleaseError(ACCOUNTS_DAMAGED, path=path, found=error) from error

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = sqlite3.connect(self.path, isolation_level=None, timeout=20)
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA foreign_keys = ON")
            db.execute("PRAGMA secure_delete = ON")
            self._local.db = db
        yield db

    def opened(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection of this thread, for what else is kept in the file."""
        return self._open()

    def close(self) -> None:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is not None:
            db.close()
            self._local.db = None

    def backup(self, path: Path) -> None:
        """A whole copy at a new path, for its owner alone, while others sign in.

        Raises STO-002: the place is taken. STO-008: it cannot be written.
        """
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except FileExistsError as error:
            raise LandReleaseError(REGISTRY_EXISTS, address=path) from error
        except OSError as error:
            raise LandReleaseError(CANNOT_WRITE, path=path, reason=error.strerror) from error
        try:
            copy = sqlite3.connect(path, isolation_level=None)
            try:
                with self._open() as db:
                    db.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
        except sqlite3.Error as error:
            path.unlink(missing_ok=True)
            raise LandReleaseError(CANNOT_WRITE, path=path, reason=str(error)) from error

    def need_sound(self) -> None:
        """WEB-005: the file cannot be read to its end."""
        try:
            with self._open() as db:
                (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
        except sqlite3.DatabaseError as error:
            raise LandReleaseError(ACCOUNTS_DAMAGED, path=self.path, found=error) from error
        if found != "ok":
            raise LandReleaseError(ACCOUNTS_DAMAGED, path=self.path, found=found)

    # --- accounts --------------------------------------------------------------------------------

    def add(self, account: Account, password: str, *, one_time: bool = False) -> None:
        """Make an account. `one_time`: the password is a one-time word, as of `one_time_word`.

        Raises WEB-001 (name), WEB-002 (there is one), WEB-003 (password).
        """
        if not _fit(account.name):
            raise LandReleaseError(ACCOUNT_NAME, found=account.name[:60])
        _check_password(password, account.name)
        hashed = _hasher().hash(password)
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                db.execute(
                    "INSERT INTO account (name, password, role, organisation, areas, person, "
                    "made_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (account.name, hashed, account.role, account.organisation,
                     "\n".join(account.areas), account.person, self._time()))
                if one_time:
                    self._mark_one_time(db, account.name)
                db.execute("COMMIT")
            except BaseException as error:
                db.execute("ROLLBACK")
                if isinstance(error, sqlite3.IntegrityError):
                    raise LandReleaseError(ACCOUNT_EXISTS, found=account.name) from error
                raise

    def change(self, account: Account) -> None:
        """Another role, organisation, areas and person of an account; its sessions and tokens have
        them from their next request on. WEB-004."""
        with self._open() as db:
            if not db.execute(
                    "UPDATE account SET role = ?, organisation = ?, areas = ?, person = ? "
                    "WHERE name = ?", (account.role, account.organisation,
                                       "\n".join(account.areas), account.person,
                                       account.name)).rowcount:
                raise LandReleaseError(ACCOUNT_UNKNOWN, found=account.name)

    def one_time_word(self, name: str) -> str:
        """Set a random password that opens a session in which another one is chosen, for three
        days (ASVS 5.0, 6.4.1); all sessions and tokens end. It is shown this once. WEB-004."""
        word = new_word(name)
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                if not db.execute("UPDATE account SET password = ? WHERE name = ?",
                                  (_hasher().hash(word), name)).rowcount:
                    raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)
                self._mark_one_time(db, name)
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise
        self._end_all(name)
        return word

    def _mark_one_time(self, db: sqlite3.Connection, name: str) -> None:
        db.execute("INSERT OR REPLACE INTO one_time (account, until) VALUES (?, ?)",
                   (name, (self.now() + timedelta(hours=ONE_TIME_HOURS)).isoformat()))

    def one_time_until(self, name: str) -> str:
        """Until when the one-time word of an account opens something; "" where it has none."""
        with self._open() as db:
            row = db.execute("SELECT until FROM one_time WHERE account = ?", (name,)).fetchone()
        return "" if row is None else str(row[0])

    def set_password(self, name: str, password: str) -> None:
        """Another password; all sessions and tokens of the account end. WEB-003, WEB-004."""
        _check_password(password, name)
        with self._open() as db:
            changed = db.execute("UPDATE account SET password = ? WHERE name = ?",
                                 (_hasher().hash(password), name)).rowcount
            db.execute("DELETE FROM one_time WHERE account = ?", (name,))
        if not changed:
            raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)
        self._end_all(name)

    def disable(self, name: str) -> None:
        """The account cannot sign in any more; its sessions and tokens end. WEB-004."""
        with self._open() as db:
            if not db.execute("UPDATE account SET disabled = 1 WHERE name = ?", (name,)).rowcount:
                raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)
        self._end_all(name)

    def enable(self, name: str) -> None:
        """Open a closed account again; who has its password can sign in. WEB-004."""
        with self._open() as db:
            if not db.execute("UPDATE account SET disabled = 0 WHERE name = ?", (name,)).rowcount:
                raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)

    def _end_all(self, name: str) -> None:
        with self._open() as db:
            db.execute("DELETE FROM session WHERE account = ?", (name,))
            db.execute("DELETE FROM token WHERE account = ?", (name,))
            db.execute("DELETE FROM signed_in_from WHERE account = ?", (name,))

    def account(self, name: str) -> Account | None:
        with self._open() as db:
            row = db.execute(_ACCOUNT + " WHERE name = ?", (name,)).fetchone()
        return None if row is None else _account(row)

    def all(self) -> list[Account]:
        with self._open() as db:
            return [_account(r) for r in db.execute(_ACCOUNT + " ORDER BY name")]

    # --- signing in ------------------------------------------------------------------------------

    def waits(self, *who: str) -> int:
        """Seconds for which a name or address waits after too many failures; 0: it may try."""
        with self._open() as db:
            return self._waits(db, who)

    def _waits(self, db: sqlite3.Connection, who: Sequence[str]) -> int:
        since = (self.now() - timedelta(minutes=FAILURE_MINUTES)).isoformat()
        longest = 0.0
        db.execute("DELETE FROM failure WHERE at < ?", (since,))
        for one in who:
            times = [r[0] for r in db.execute(
                "SELECT at FROM failure WHERE who = ? ORDER BY at", (one,))]
            most = ADDRESS_FAILURES if one.startswith("address ") else FAILURES
            if len(times) >= most:
                frees = datetime.fromisoformat(times[-most]) + timedelta(
                    minutes=FAILURE_MINUTES)
                longest = max(longest, (frees - self.now()).total_seconds())
        return max(0, int(longest + 0.999))

    def check(self, name: str, password: str, *, address: str = "", again: bool = False
              ) -> Account | None:
        """The account where name and password are right; a failure is counted otherwise. `again`:
        of who is signed in as it, counted apart: failures of strangers, who make the name wait for
        signing in, hold back no decision of whose it is, and the other way round.

        From an address at which it signed in within 90 days an account is counted by itself: there
        neither failures at other places nor those of others behind the address make it wait.

        It is counted before the password is looked at and taken back where that is right, so that
        many tries at once are no more tries than one after the other. It takes as long for a name
        that there is not, so that nobody can ask for names.

        Raises WEB-014: the name or the address waits.
        """
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                who: tuple[str, ...]
                if again:
                    who, held = (f"again {name}",), 1
                elif self._known(db, name, address):
                    who, held = (f"here {name} {address}", f"address {address}"), 1
                else:
                    who, held = (f"account {name}", f"address {address}"), 2
                waits = self._waits(db, who[:held])
                counted = [] if waits else [
                    db.execute("INSERT INTO failure (who, at) VALUES (?, ?)",
                               (one, self._time())).lastrowid for one in who]
                db.execute("COMMIT")
            except BaseException:
                db.execute("ROLLBACK")
                raise
            if waits:
                raise LandReleaseError(SIGN_IN_WAITS, seconds=waits)
            row = db.execute("SELECT a.password, a.disabled, coalesce(o.until, '') FROM account a "
                             "LEFT JOIN one_time o ON o.account = a.name WHERE a.name = ?",
                             (name,)).fetchone()
        right = _verified(row[0] if row else _nobody(), password)
        if not right or row is None or row[1] or (row[2] and row[2] < self._time()):
            return None
        with self._open() as db:
            db.execute("DELETE FROM failure WHERE who = ?", (who[0],))
            db.executemany("DELETE FROM failure WHERE rowid = ?", [(n,) for n in counted])
            if address and not again:
                self._remember(db, name, address)
            if _hasher().check_needs_rehash(row[0]):
                db.execute("UPDATE account SET password = ? WHERE name = ?",
                           (_hasher().hash(password), name))
        return self.account(name)

    def _known(self, db: sqlite3.Connection, name: str, address: str) -> bool:
        since = (self.now() - timedelta(days=KNOWN_DAYS)).isoformat()
        return db.execute("SELECT 1 FROM signed_in_from WHERE account = ? AND address = ? "
                          "AND at >= ?", (name, address, since)).fetchone() is not None

    def _remember(self, db: sqlite3.Connection, name: str, address: str) -> None:
        """The last addresses at which an account signed in; older ones go."""
        db.execute("INSERT OR REPLACE INTO signed_in_from (account, address, at) VALUES (?, ?, ?)",
                   (name, address, self._time()))
        db.execute("DELETE FROM signed_in_from WHERE at < ? OR (account = ? AND address NOT IN ("
                   "SELECT address FROM signed_in_from WHERE account = ? ORDER BY at DESC "
                   "LIMIT ?))",
                   ((self.now() - timedelta(days=KNOWN_DAYS)).isoformat(), name, name, KNOWN_MOST))

    def failed(self, *who: str) -> None:
        """Count a failure of a name or an address."""
        with self._open() as db:
            db.executemany("INSERT INTO failure (who, at) VALUES (?, ?)",
                           [(one, self._time()) for one in who])

    # --- identities at a provider of OpenID Connect ----------------------------------------------

    def link(self, name: str, issuer: str, *, subject: str = "", email: str = "") -> None:
        """Let an identity open an account: by its subject, or by an address that the provider has
        verified, which is bound to the first subject that comes with it. WEB-004, WEB-053."""
        if self.account(name) is None:
            raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)
        if bool(subject) == bool(email):
            raise LandReleaseError(IDENTITY_TAKEN, found="subject and email",
                                   expected="one of them")
        with self._open() as db:
            taken = db.execute(
                "SELECT account FROM identity WHERE issuer = ? AND ((subject <> '' AND subject = ?)"
                " OR (email <> '' AND email = ?))", (issuer, subject, email.casefold())).fetchone()
            if taken:
                raise LandReleaseError(IDENTITY_TAKEN, found=f"an identity of {taken[0]}",
                                       expected="one that opens no account yet")
            db.execute("INSERT INTO identity (issuer, subject, email, account) VALUES (?, ?, ?, ?)",
                       (issuer, subject, email.casefold(), name))

    def unlink(self, name: str) -> int:
        """No identity opens the account any more, and its sessions end. Returns how many did."""
        with self._open() as db:
            count = db.execute("DELETE FROM identity WHERE account = ?", (name,)).rowcount
            db.execute("DELETE FROM session WHERE account = ?", (name,))
        return count

    def of_identity(self, issuer: str, subject: str, email: str) -> str | None:
        """The name of the account that an identity opens; None for none, or a closed one. `email`:
        an address that the provider has verified, or ""."""
        with self._open() as db:
            row = db.execute("SELECT account FROM identity WHERE issuer = ? AND subject = ?",
                             (issuer, subject)).fetchone()
            if row is None and email:
                row = db.execute(
                    "SELECT account FROM identity WHERE issuer = ? AND subject = '' AND email = ?",
                    (issuer, email.casefold())).fetchone()
                if row is not None:
                    db.execute("UPDATE identity SET subject = ? WHERE issuer = ? AND subject = '' "
                               "AND email = ?", (subject, issuer, email.casefold()))
        account = None if row is None else self.account(row[0])
        return None if account is None or account.disabled else account.name

    def begun_by(self, secret: str) -> str:
        """The issuer at which a session was signed in; "" for a password."""
        with self._open() as db:
            row = db.execute("SELECT issuer FROM session_by WHERE secret = ?",
                             (_digest(secret),)).fetchone()
        return "" if row is None else str(row[0])

    def begin(self, name: str, *, by: str = "") -> tuple[str, Session]:
        """Open a session: (its secret, which only the browser keeps; the session). `by`: the issuer
        of the identity, "" for a password."""
        account = self.account(name)
        if account is None:
            raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)
        secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        with self._open() as db:
            db.execute("INSERT INTO session (secret, account, csrf, made_at, seen_at) "
                       "VALUES (?, ?, ?, ?, ?)",
                       (_digest(secret), name, csrf, self._time(), self._time()))
            if by:
                db.execute("INSERT INTO session_by (secret, issuer) VALUES (?, ?)",
                           (_digest(secret), by))
            db.execute("DELETE FROM session_by WHERE secret NOT IN (SELECT secret FROM session)")
        return secret, Session(account, csrf, not by and bool(self.one_time_until(name)))

    def session(self, secret: str, *, used: bool = True) -> Session | None:
        """The session of a secret; None where it has ended or was idle too long. `used`: by a
        person, not by an open page of its own accord."""
        now = self.now()
        with self._open() as db:
            row = db.execute(
                "SELECT s.account, s.csrf, s.made_at, s.seen_at, o.until IS NOT NULL AND "
                "b.secret IS NULL FROM session s LEFT JOIN one_time o ON o.account = s.account "
                "LEFT JOIN session_by b ON b.secret = s.secret WHERE s.secret = ?",
                (_digest(secret),)).fetchone()
            if row is None:
                return None
            made, seen = (datetime.fromisoformat(t) for t in row[2:4])
            account = self.account(row[0])
            if (account is None or account.disabled or now - made > timedelta(hours=SESSION_HOURS)
                    or now - seen > timedelta(hours=IDLE_HOURS)):
                db.execute("DELETE FROM session WHERE secret = ?", (_digest(secret),))
                return None
            if used and now - seen > timedelta(minutes=1):
                db.execute("UPDATE session SET seen_at = ? WHERE secret = ?",
                           (self._time(), _digest(secret)))
        return Session(account, row[1], bool(row[4]))

    def end(self, secret: str) -> None:
        with self._open() as db:
            db.execute("DELETE FROM session WHERE secret = ?", (_digest(secret),))

    def sessions_of(self, name: str) -> list[Open]:
        """The open sessions of an account, the newest first."""
        now = self.now()
        begun, seen = (  # what has ended by its time is removed when it is next used
            (now - timedelta(hours=hours)).isoformat() for hours in (SESSION_HOURS, IDLE_HOURS))
        with self._open() as db:
            return [Open(_sign(row[0]), *row[1:]) for row in db.execute(
                "SELECT s.secret, s.made_at, s.seen_at, coalesce(b.issuer, '') FROM session s "
                "LEFT JOIN session_by b ON b.secret = s.secret WHERE s.account = ? "
                "AND s.made_at >= ? AND s.seen_at >= ? ORDER BY s.made_at DESC",
                (name, begun, seen))]

    def end_sessions(self, name: str) -> int:
        """End all sessions of an account; tokens stay. Returns how many there were."""
        with self._open() as db:
            return db.execute("DELETE FROM session WHERE account = ?", (name,)).rowcount

    def end_own(self, name: str, sign: str) -> bool:
        """End one session or token of an account, by its sign; whether there was one."""
        with self._open() as db:
            for (secret,) in db.execute(
                    "SELECT secret FROM session WHERE account = ? UNION ALL "
                    "SELECT secret FROM token WHERE account = ?", (name, name)).fetchall():
                if _sign(secret) == sign:
                    db.execute("DELETE FROM session WHERE secret = ?", (secret,))
                    db.execute("DELETE FROM token WHERE secret = ?", (secret,))
                    return True
        return False

    # --- tokens for programs ---------------------------------------------------------------------

    def make_token(self, name: str, label: str, days: int, scope: str = "write") -> str:
        """A token with which a program (a GIS) reads as the account, or also sends what the account
        may send. Shown once. WEB-004; WEB-024: label, days or scope."""
        if self.account(name) is None:
            raise LandReleaseError(ACCOUNT_UNKNOWN, found=name)
        if scope not in SCOPES:
            raise LandReleaseError(TOKEN_WRONG, what="scope", found=scope[:40],
                                   expected=" or ".join(SCOPES))
        if not 1 <= days <= TOKEN_DAYS:
            raise LandReleaseError(TOKEN_WRONG, what="days", found=days,
                                   expected=f"1 to {TOKEN_DAYS}")
        if len(label) > _LABEL_MOST or not label.isprintable():
            raise LandReleaseError(TOKEN_WRONG, what="label", found=f"{len(label)} characters",
                                   expected=f"at most {_LABEL_MOST}, on one line")
        secret = secrets.token_urlsafe(32)
        with self._open() as db:
            db.execute("INSERT INTO token (secret, account, label, made_at, until, scope) "
                       "VALUES (?, ?, ?, ?, ?, ?)",
                       (_digest(secret), name, label, self._time(),
                        (self.now() + timedelta(days=days)).isoformat(), scope))
        return secret

    def of_token(self, secret: str) -> Account | None:
        """The account of a token that still opens something."""
        found = self.opened_by(secret)
        return None if found is None else found[0]

    def opened_by(self, secret: str) -> tuple[Account, str] | None:
        """(account, scope) of a token that still opens something."""
        with self._open() as db:
            row = db.execute("SELECT account, until, scope FROM token WHERE secret = ?",
                             (_digest(secret),)).fetchone()
        if row is None or datetime.fromisoformat(row[1]) < self.now():
            return None
        account = self.account(row[0])
        return None if account is None or account.disabled else (account, str(row[2]))

    def tokens_of(self, name: str) -> list[Token]:
        """The tokens of an account that still open something, the newest first."""
        with self._open() as db:
            return [Token(_sign(row[0]), *row[1:]) for row in db.execute(
                "SELECT secret, label, made_at, until, scope FROM token WHERE account = ? "
                "AND until >= ? "
                "ORDER BY made_at DESC", (name, self._time()))]

    # --- the log ---------------------------------------------------------------------------------

    def log(self, account: str, role: str, subject: str, detail: str) -> None:
        """Note that somebody read something that is not public, signed in, or was refused. What is
        no printable text (line breaks, control codes) becomes a question mark: no entry can look
        like another or speak to a terminal (ASVS 5.0, 16.4.1)."""
        subject, detail = ("".join(c if c.isprintable() else "?" for c in t)
                           for t in (subject, detail))
        with self._open() as db:
            db.execute("INSERT INTO read_log (at, account, role, subject, detail) "
                       "VALUES (?, ?, ?, ?, ?)",
                       (self._time(), account, role, subject, detail[:500]))

    def logged(self, limit: int = 100, account: str = "") -> list[tuple[str, str, str, str, str]]:
        """The newest entries first, of all or of one account: (at, account, role, subject,
        detail)."""
        with self._open() as db:
            return db.execute("SELECT at, account, role, subject, detail FROM read_log "
                              "WHERE ? IN ('', account) ORDER BY number DESC LIMIT ?",
                              (account, limit)).fetchall()

    def secret(self, name: str) -> str:
        """A random secret of the installation, made when it is first asked for."""
        with self._open() as db:
            db.execute("INSERT OR IGNORE INTO setting (name, value) VALUES (?, ?)",
                       (name, secrets.token_urlsafe(32)))
            (found,) = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return str(found)

    def _time(self) -> str:
        return self.now().isoformat()


_LABEL_MOST = 80


def _bring_up(db: sqlite3.Connection) -> None:
    """Add what a file of an earlier version lacks: tokens there may do whatever their account
    may."""
    if not any(row[1] == "scope" for row in db.execute("PRAGMA table_info(token)")):
        # Another process may have been quicker.
        with suppress(sqlite3.OperationalError):
            db.execute("ALTER TABLE token ADD COLUMN scope TEXT NOT NULL DEFAULT 'write'")


def new_word(name: str) -> str:
    """A one-time word for an account: 20 letters and digits in groups of five, 98 random bits."""
    while True:
        letters = "".join(secrets.choice(_WORD_LETTERS) for _ in range(20))
        word = "-".join(letters[n:n + 5] for n in range(0, 20, 5))
        try:
            _check_password(word, name)
        except LandReleaseError:
            continue  # it holds the name, say
        return word


_ACCOUNT = "SELECT name, role, organisation, areas, person, disabled FROM account"


def _account(row: tuple[str, str, str, str, str, int]) -> Account:
    return Account(row[0], row[1], row[2], tuple(a for a in row[3].split("\n") if a), row[4],
                   bool(row[5]))


def _fit(name: str) -> bool:
    return 2 <= len(name) <= 64 and all(c.isalnum() or c in "._-@" for c in name)


def _check_password(password: str, name: str) -> None:
    """ASVS 5.0, 6.2: at least 12 characters, no rules about their kinds, none of the well known
    (`store.passwords`)."""
    plain = password.casefold()
    if (not PASSWORD_LEAST <= len(password) <= PASSWORD_MOST or len(set(plain)) < 5
            or name.casefold() in plain or "landrelease" in plain or plain in _WELL_KNOWN
            or any(plain.startswith(w) and len(plain) - len(w) < 5 for w in _WELL_KNOWN)
            or well_known(password)):
        raise LandReleaseError(PASSWORD_WEAK, least=PASSWORD_LEAST)


_WELL_KNOWN = ("password", "passw0rd", "qwertyuiop", "qwerty123", "1234567890", "123456789",
               "administrator", "letmein", "iloveyou", "welcome", "abc123456", "пароль", "йцукен")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _sign(digest: str) -> str:
    """By which a session or token is named to its owner: of what is kept, which is no secret."""
    return _digest(digest)[:24]


def sign_of(secret: str) -> str:
    """The sign of a session, from its secret."""
    return _sign(_digest(secret))


@cache
def _hasher() -> Any:
    from argon2 import PasswordHasher

    return PasswordHasher()


@cache
def _nobody() -> str:
    """The hash of a password that nobody knows."""
    return str(_hasher().hash(secrets.token_urlsafe(32)))


def _verified(hashed: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    if len(password) > PASSWORD_MOST:
        return False
    try:
        return bool(_hasher().verify(hashed, password))
    except (VerificationError, InvalidHashError):
        return False
