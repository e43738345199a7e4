"""A registry in one GeoPackage file: the chain, the sources, the quarantine, the current layers.

The table `revision` is the truth; the layers (one for each kind) hold the current records for any
GIS and can be derived from it again. One call that writes is one transaction of SQLite. While
somebody writes, the file is in WAL mode: readers go on reading the last committed import, and after
a kill at any moment the next opening finds an import whole or not at all. The last one to close
leaves one plain file. Sources: sqlite.org/wal.html, sqlite.org/atomiccommit.html.
"""

# Identifiers cannot be bound; those put into statements here are names of `KINDS` and of
# store/layout.py, quoted. Values are always bound.
# ruff: noqa: S608
from __future__ import annotations

import contextlib
import functools
import hashlib
import itertools
import json
import os
import re
import sqlite3
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, get_args

import numpy as np
import shapely

from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.record import KINDS, Field, Kind, Record, ValidationLevel
from landrelease.core.revision import GENESIS, Revision, link
from landrelease.errors import (
    AUDIT_CHANGED,
    AUDIT_CURRENT_DIFFERS,
    AUDIT_CURRENT_EXTRA,
    AUDIT_CURRENT_MISSING,
    AUDIT_END,
    AUDIT_INDEX,
    AUDIT_LINK,
    AUDIT_QUARANTINE,
    AUDIT_REMOVED,
    AUDIT_SOURCE,
    CANNOT_WRITE,
    COUNTS_DIFFER,
    NOT_A_REGISTRY,
    PERSONAL_FIELD,
    QUARANTINE_REFUSED,
    QUARANTINE_UNKNOWN,
    REGISTRY_BUSY,
    REGISTRY_CLOSED,
    REGISTRY_DAMAGED,
    REGISTRY_EXISTS,
    REGISTRY_MISSING,
    REGISTRY_NEWER,
    REVISION_REFUSED,
    SOURCE_DIFFERS,
    SOURCE_NOT_KEPT,
    SOURCE_TWICE,
    SOURCE_UNKNOWN,
    TIME_WITHOUT_ZONE,
    LandReleaseError,
    Message,
)
from landrelease.store import layout
from landrelease.store.registry import (
    AuditFinding,
    QuarantineEntry,
    QuarantineStatus,
    StoredRevision,
    dated_before,
    latest,
)

# A file larger than this comes in with its records, its name, its size and its SHA-256, but its
# content stays outside: one value of SQLite holds at most 1e9 bytes, and copies of the registry
# travel on small disks.
SOURCE_CONTENT_LIMIT = 256 * 1024 * 1024

_SHA256 = re.compile(r"[0-9a-f]{64}")
_LEVELS = frozenset(get_args(ValidationLevel))
_GEOMETRIES = {"polygon": ("Polygon", "MultiPolygon"), "point": ("Point",), "none": ()}
_REVISION = ('number, kind, record_id, recorded_at, recorded_by, reason, source, valid_from, '
             'validation, "values", geometry, previous_hash, hash')
_CHUNK = 500  # bound parameters in one statement
_BULK = 200  # from so many rows on the spatial index is filled at once, not row by row


class GeoPackageRegistry:
    """A registry in a GeoPackage file; implements `store.registry.Registry`.

    Open it with `store.open`. One object serves one thread. Works as a context manager.
    """

    def __init__(self, path: Path, *, writable: bool = True, wait_s: float = 20.0,
                 now: Callable[[], datetime]):
        self.address = str(path)
        self._path, self._now, self._wait_s = path, now, wait_s
        self._writable, self._prepared = writable, False
        self._db: sqlite3.Connection | None = None
        _check_file(path)
        self._db = _connect(path, writable=writable, wait_s=wait_s)
        try:
            self.office = self._recognise()
        except BaseException:
            self._db.close()
            raise

    @classmethod
    def create(cls, path: Path, *, office: str, now: Callable[[], datetime]) -> GeoPackageRegistry:
        """A new registry: made beside its place and moved there whole."""
        if not office.strip():
            raise LandReleaseError(REVISION_REFUSED, record="registry", field="office",
                                   found="nothing", expected="the name of the office")
        if path.exists() or path.is_symlink():
            raise LandReleaseError(REGISTRY_EXISTS, address=path)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            part.touch(exist_ok=False)
            try:
                db = sqlite3.connect(part, isolation_level=None)
                try:
                    layout.register_functions(db)
                    db.execute("BEGIN IMMEDIATE")
                    layout.create(db)
                    db.executemany("INSERT INTO setting (name, value) VALUES (?, ?)", [
                        ("layout", str(layout.LAYOUT)), ("program", "landrelease"),
                        ("office", office.strip()), ("created", _instant(now())),
                        ("head", GENESIS), ("count", "0"),
                    ])
                    db.execute("COMMIT")
                finally:
                    db.close()
                _move_new(part, path)
            finally:
                part.unlink(missing_ok=True)
        except FileExistsError as error:
            raise LandReleaseError(REGISTRY_EXISTS, address=path) from error
        except (OSError, sqlite3.OperationalError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise LandReleaseError(CANNOT_WRITE, path=path, reason=reason) from error
        return cls(path, now=now)

    # --- reading ---------------------------------------------------------------------------------

    def head(self) -> str:
        """Hash of the last revision; `GENESIS` of an empty chain."""
        with self._read() as db:
            return _end(db)[1]

    def count(self) -> int:
        """Number of revisions."""
        with self._read() as db:
            return int(db.execute("SELECT count(*) FROM revision").fetchone()[0])

    def setting(self, name: str) -> str | None:
        """A setting of the registry; None where it was never made."""
        with self._read() as db:
            found = db.execute("SELECT value FROM setting WHERE name = ?", (name,)).fetchone()
        return None if found is None else str(found[0])

    def keep_setting(self, name: str, value: str) -> str:
        """Store a setting unless it is there already; returns the one that stands."""
        found = self.setting(name)
        if found is None:
            with self._write() as db:
                db.execute("INSERT OR IGNORE INTO setting (name, value) VALUES (?, ?)",
                           (name, value))
            found = self.setting(name)
        return value if found is None else found

    def records(self, kind: str, *, valid_at: date | None = None,
                known_at: datetime | None = None) -> list[Record]:
        """Records of a kind, ordered by id (see `Registry.records`).

        `Record.revision` is the number of the revision in the chain; `Record.sources` are the files
        of all its revisions that were known and valid then, in the order of their arrival.

        Raises STO-017 where `known_at` has no zone, STO-010 for an unknown kind.
        """
        layer = _kind(kind)
        with self._read() as db:
            if valid_at is None and known_at is None:
                rows = db.execute(
                    f"SELECT {', '.join('r.' + c for c in _REVISION.split(', '))} "
                    f"FROM {layout.quoted(layer.name)} AS k JOIN revision AS r "
                    "ON r.number = k.revision ORDER BY k.record_id").fetchall()
                found = _stored(rows)
                named = db.execute(
                    "SELECT record_id, source FROM revision WHERE kind = ? AND source <> '' "
                    "ORDER BY number", (kind,)).fetchall()
            else:
                until = "9999" if known_at is None else _instant(known_at, "known_at")
                day = "9999-12-31" if valid_at is None else valid_at.isoformat()[:10]
                rows = db.execute(
                    f"SELECT {_REVISION} FROM revision WHERE kind = ? AND recorded_at <= ? "
                    "AND (valid_from IS NULL OR valid_from <= ?) ORDER BY number",
                    (kind, until, day)).fetchall()
                everything = _stored(rows)
                named = [(s.revision.record_id, s.revision.source) for s in everything
                         if s.revision.source]
                found = sorted(latest(everything).values(), key=lambda s: s.revision.record_id)
        sources: dict[str, dict[str, None]] = {}
        for record_id, source in named:
            sources.setdefault(record_id, {})[source] = None
        return [
            Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from, r.validation,
                   stored.number, tuple(sources.get(r.record_id, ())))
            for stored in found for r in (stored.revision,)
        ]

    def ids(self, kind: str) -> set[str]:
        """Ids of all records of a kind that the chain holds."""
        layer = _kind(kind)
        with self._read() as db:
            return {i for (i,) in db.execute(
                f"SELECT record_id FROM {layout.quoted(layer.name)}")}

    def history(self, record_id: str) -> list[StoredRevision]:
        """All revisions of a record, in the order of their arrival; empty for an unknown one."""
        with self._read() as db:
            return _stored(db.execute(
                f"SELECT {_REVISION} FROM revision WHERE record_id = ? ORDER BY number",
                (record_id,)).fetchall())

    def knows_source(self, sha256: str) -> bool:
        with self._read() as db:
            return db.execute("SELECT 1 FROM source WHERE sha256 = ?", (sha256,)).fetchone() \
                is not None

    def sources(self) -> dict[str, str]:
        """SHA-256 -> file name of all that came in, in the order of arrival."""
        with self._read() as db:
            return dict(db.execute("SELECT sha256, name FROM source ORDER BY number").fetchall())

    def source_content(self, sha256: str) -> bytes:
        """The file as it came in. STO-012: unknown. STO-013: too large to be kept. STO-005."""
        with self._read() as db:
            row = db.execute("SELECT name, size, compression, content FROM source WHERE sha256 = ?",
                             (sha256,)).fetchone()
        if row is None:
            raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256)
        name, size, compression, content = row
        if content is None:
            raise LandReleaseError(SOURCE_NOT_KEPT, file=name, sha256=sha256, size=size,
                                   limit=SOURCE_CONTENT_LIMIT)
        found = _unpacked(compression, content)
        if found is None or hashlib.sha256(found).hexdigest() != sha256:
            raise LandReleaseError(REGISTRY_DAMAGED, address=self.address,
                                   found=f"the kept content of {name} does not have its SHA-256")
        return found

    def imports(self) -> list[tuple[datetime, ImportReport]]:
        """When each import was written, and its report, in order."""
        with self._read() as db:
            rows = db.execute('SELECT imported_at, report FROM "import" ORDER BY number').fetchall()
        return [(datetime.fromisoformat(at), _report(json.loads(text))) for at, text in rows]

    def quarantine(self, status: QuarantineStatus | None = "waiting") -> list[QuarantineEntry]:
        """Quarantined rows by number; `None`: of any status."""
        with self._read() as db:
            rows = db.execute(
                "SELECT number, status, reason, decided_by, content FROM quarantine "
                "WHERE ? IS NULL OR status = ? ORDER BY number", (status, status)).fetchall()
        return [QuarantineEntry(number, _quarantined(json.loads(content)), found, reason, by)
                for number, found, reason, by, content in rows]

    # --- writing ---------------------------------------------------------------------------------

    def take_in(self, intake: Intake) -> ImportReport:
        """Write a whole import in one transaction.

        An intake of a file that was imported as this kind before changes nothing when it brings
        nothing new: no revision, and no quarantined row but those that are in quarantine already.

        Raises
        ------
        LandReleaseError
            STO-009: this file was imported as this kind before, and brings a revision of a record
            that it has revised already: it would be counted twice.
            STO-010, STO-011: a revision that may not stand in the chain. STO-014: the content is
            not that of the report. STO-019: quarantined rows are missing. STO-007, STO-008. In
            each case nothing is left behind.
        """
        report = intake.report
        _kind(report.kind)
        if len(intake.quarantined) != report.quarantined:
            raise LandReleaseError(COUNTS_DIFFER, file=report.file, expected=report.quarantined,
                                   found=len(intake.quarantined))
        found = hashlib.sha256(intake.content).hexdigest()
        if found != report.source:
            raise LandReleaseError(SOURCE_DIFFERS, file=report.file, found=found,
                                   expected=report.source)
        prepared = _prepare(intake.revisions)
        # Compressed before the transaction begins, so that others wait as shortly as possible.
        with self._read() as db:
            held = db.execute("SELECT 1 FROM source WHERE sha256 = ?", (found,)).fetchone()
        packed = None if held else _packed(intake.content)
        with self._write() as db:
            before = db.execute(
                'SELECT imported_at FROM "import" WHERE source = ? AND kind = ? ORDER BY number '
                "LIMIT 1", (report.source, report.kind)).fetchone()
            if before is not None:
                if _already_recorded(db, intake.revisions):
                    raise LandReleaseError(SOURCE_TWICE, file=report.file, sha256=report.source,
                                           kind=report.kind, day=before[0][:10])
                if not intake.revisions and _already_waiting(db, report, intake.quarantined):
                    return report
            now = _instant(self._now())
            if packed is not None:
                db.execute(
                    "INSERT OR IGNORE INTO source (sha256, name, size, came_in_at, compression, "
                    "content) VALUES (?, ?, ?, ?, ?, ?)",
                    (found, report.file, len(intake.content), now, *packed))
            self._append(db, prepared)
            number = db.execute(
                'INSERT INTO "import" (imported_at, source, file, kind, read, accepted, merged, '
                "quarantined, revisions, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (now, report.source, report.file, report.kind, report.read, report.accepted,
                 report.merged, report.quarantined, len(intake.revisions),
                 _json(asdict(report)))).lastrowid
            db.executemany(
                "INSERT INTO quarantine (import, source, file, row, kind, status, reason, "
                "decided_by, decisions, content) "
                "VALUES (?, ?, ?, ?, ?, 'waiting', '', '', '[]', ?)",
                [(number, row.source, row.file, row.row, row.kind, _json(_as_dict(row)))
                 for row in intake.quarantined])
        return report

    def append(self, revisions: Sequence[Revision]) -> str:
        """Append revisions in one transaction; returns the new head. STO-010, STO-011."""
        prepared = _prepare(revisions)
        with self._write() as db:
            self._append(db, prepared)
            return _end(db)[1]

    def decide_quarantine(self, number: int, status: QuarantineStatus, *, reason: str,
                          decided_by: str, revisions: Sequence[Revision] = ()) -> None:
        """Decide on a quarantined row, in one transaction with the revisions that it became.

        "accepted" needs revisions and is final; "rejected" can be taken up again ("waiting", or
        "accepted" after mending). Every decision is kept with who, when and why.

        Raises STO-015: no such row; STO-016: the decision does not fit.
        """
        prepared = _prepare(revisions)
        with self._write() as db:
            row = db.execute("SELECT status, decisions FROM quarantine WHERE number = ?",
                             (number,)).fetchone()
            if row is None:
                raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)
            problem = ""
            if row[0] == "accepted":
                problem = "it was accepted before, which is final"
            elif status not in ("waiting", "accepted", "rejected"):
                problem = f"{status!r} is no status"
            elif status == "accepted" and not revisions:
                problem = "it can only be accepted together with the record that it became"
            elif status != "accepted" and revisions:
                problem = "revisions come only with a row that is accepted"
            elif not reason.strip() or not decided_by.strip():
                problem = "a decision needs a reason and the one who decided"
            if problem:
                raise LandReleaseError(QUARANTINE_REFUSED, number=number, status=row[0],
                                       problem=problem)
            self._append(db, prepared)
            decisions = [*json.loads(row[1]), {"status": status, "reason": reason,
                                               "decided_by": decided_by,
                                               "decided_at": _instant(self._now())}]
            db.execute(
                "UPDATE quarantine SET status = ?, reason = ?, decided_by = ?, decisions = ? "
                "WHERE number = ?", (status, reason, decided_by, _json(decisions), number))

    def _append(self, db: sqlite3.Connection, prepared: list[_Prepared]) -> None:
        """Link revisions to the chain and bring the layers up to date."""
        if not prepared:
            return
        number, head = _end(db)
        _one_kind_each(db, prepared)
        rows = []
        for p in prepared:
            number, previous, head = number + 1, head, link(head, p.canonical)
            r = p.revision
            rows.append((number, r.kind, r.record_id, _instant(r.recorded_at), r.recorded_by,
                         r.reason, r.source, _day(r.valid_from), r.validation, p.values, p.wkb,
                         previous, head))
        db.executemany(f"INSERT INTO revision ({_REVISION}) VALUES ({_marks(13)})", rows)
        db.executemany("UPDATE setting SET value = ? WHERE name = ?",
                       [(head, "head"), (str(number), "count")])
        first = number - len(prepared) + 1
        by_kind: dict[str, list[tuple[int, Revision]]] = {}
        for n, p in enumerate(prepared, first):
            by_kind.setdefault(p.revision.kind, []).append((n, p.revision))
        for name, arrived in by_kind.items():
            _bring_forward(db, KINDS[name], arrived)

    # --- the audit -------------------------------------------------------------------------------

    def audit(self) -> list[AuditFinding]:
        """Recompute the chain, the layers, the sources and the counts of the quarantine.

        Findings carry the codes STO-101 to STO-110. A chain that somebody rewrote as a whole, with
        all hashes new, is consistent in itself: compare `head` with one that was kept elsewhere.
        """
        out: list[AuditFinding] = []
        with self._read() as db:
            sound = _audit_chain(db, out)
            for kind in KINDS.values():
                _audit_layer(db, kind, sound, out)
            _audit_sources(db, out)
        return out

    # --- the connection --------------------------------------------------------------------------

    def close(self) -> None:
        """Close; the last one to close leaves one plain file without companions."""
        if self._db is None:
            return
        db, self._db = self._db, None
        if self._writable:
            # Both fail while somebody else has the file open: then that one does it.
            with contextlib.suppress(sqlite3.Error):
                db.execute("PRAGMA busy_timeout = 0")
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                db.execute("PRAGMA journal_mode = DELETE")
        db.close()

    def __enter__(self) -> GeoPackageRegistry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _open_db(self) -> sqlite3.Connection:
        if self._db is None:
            raise LandReleaseError(REGISTRY_CLOSED, address=self.address)
        return self._db

    @contextlib.contextmanager
    def _read(self) -> Iterator[sqlite3.Connection]:
        """One state of the file for all questions inside."""
        db = self._open_db()
        with self._speaking():
            db.execute("BEGIN")
            try:
                yield db
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextlib.contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        """One transaction: all or nothing; waits for another writer, then says STO-007."""
        db = self._open_db()
        with self._speaking():
            if not self._writable:
                raise LandReleaseError(CANNOT_WRITE, path=self.address,
                                       reason="it was opened for reading only")
            # A reader in the old mode may hinder the switch: the write is whole without it too.
            with contextlib.suppress(sqlite3.OperationalError):
                db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            try:
                if not self._prepared:
                    layout.complete(db)
                yield db
                db.execute("COMMIT")
                self._prepared = True
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        """What SQLite says, as an error of the catalogue."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LandReleaseError(REGISTRY_BUSY, address=self.address,
                                       waited_s=self._wait_s) from error
            if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN,
                        sqlite3.SQLITE_PERM):
                raise LandReleaseError(CANNOT_WRITE, path=self.address, reason=error) from error
            if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_IOERR):
                raise LandReleaseError(REGISTRY_DAMAGED, address=self.address,
                                       found=error) from error
            raise

    def _recognise(self) -> str:
        """Check that the file is a registry that this version reads; returns its office."""
        with self._read() as db:
            if db.execute("PRAGMA application_id").fetchone()[0] != layout.APPLICATION_ID:
                raise LandReleaseError(NOT_A_REGISTRY, address=self.address,
                                       found="an SQLite file that is no GeoPackage")
            setting: dict[str, str] = {}
            with contextlib.suppress(sqlite3.OperationalError):  # no such table, no such column
                setting = dict(db.execute("SELECT name, value FROM setting").fetchall())
        if setting.get("program") != "landrelease" or not setting.get("layout", "").isdigit():
            raise LandReleaseError(NOT_A_REGISTRY, address=self.address,
                                   found="a GeoPackage that another program made")
        if int(setting["layout"]) > layout.LAYOUT:
            raise LandReleaseError(REGISTRY_NEWER, address=self.address, found=setting["layout"],
                                   expected=layout.LAYOUT)
        return setting.get("office", "")


# --- opening -------------------------------------------------------------------------------------


def _check_file(path: Path) -> None:
    """What can be said of a file before SQLite touches it."""
    def refuse(message: Message, found: str) -> LandReleaseError:
        return LandReleaseError(message, address=path, found=found)

    if path.is_dir():
        raise refuse(NOT_A_REGISTRY, "it is a folder")
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = file.seek(0, os.SEEK_END)
    except FileNotFoundError as error:
        raise LandReleaseError(REGISTRY_MISSING, address=path) from error
    except OSError as error:
        raise refuse(NOT_A_REGISTRY, error.strerror or str(error)) from error
    if not header:
        raise refuse(NOT_A_REGISTRY, "the file is empty")
    if not header.startswith(b"SQLite format 3\0"):
        words = "it is a picture" if header.startswith((b"\x89PNG", b"\xff\xd8\xff")) else \
            "it does not begin as a GeoPackage does"
        raise refuse(NOT_A_REGISTRY, words)
    if len(header) < 100:
        raise refuse(REGISTRY_DAMAGED, f"only {size} bytes are there")
    page = int.from_bytes(header[16:18], "big")
    page = 65536 if page == 1 else page
    expected = page * int.from_bytes(header[28:32], "big")
    journal = any(path.with_name(path.name + end).exists() for end in ("-wal", "-journal"))
    # A journal may hold what the file lacks after a kill: then SQLite puts it right.
    if size < expected and not journal and header[24:28] == header[92:96]:
        raise refuse(REGISTRY_DAMAGED, f"{size} of {expected} bytes are there")


def _connect(path: Path, *, writable: bool, wait_s: float) -> sqlite3.Connection:
    where = path.resolve().as_uri()
    ways = ["mode=rw"] if writable else ["mode=ro"]
    if not path.with_name(path.name + "-wal").exists():
        # A file in WAL mode in a place where nothing can be written opens only in this way.
        ways.append("mode=ro&immutable=1")
    for n, way in enumerate(ways):
        db = sqlite3.connect(f"{where}?{way}", uri=True, isolation_level=None, timeout=wait_s)
        try:
            db.execute("PRAGMA cache_size = -65536")  # KiB: an import of a country fits
            db.execute("PRAGMA synchronous = FULL")  # a committed import outlives a power cut
        except sqlite3.DatabaseError as error:
            db.close()
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF
            if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY) and n + 1 < len(ways):
                continue
            if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise LandReleaseError(REGISTRY_BUSY, address=path, waited_s=wait_s) from error
            raise LandReleaseError(REGISTRY_DAMAGED, address=path, found=error) from error
        break
    layout.register_functions(db)
    return db


def _move_new(part: Path, path: Path) -> None:
    """Give a finished file its name; never over another one."""
    try:
        os.link(part, path)  # fails where the name is taken, in one step
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links (sticks, some shares)
        if path.exists():
            raise FileExistsError(path) from None
        part.rename(path)


# --- revisions in and out ------------------------------------------------------------------------


class _Prepared:
    """A revision that was checked, with its bytes."""

    __slots__ = ("canonical", "revision", "values", "wkb")

    def __init__(self, revision: Revision, values: str, wkb: bytes | None, canonical: bytes):
        self.revision, self.values, self.wkb, self.canonical = revision, values, wkb, canonical


def _kind(name: str) -> Kind:
    try:
        return KINDS[name]
    except KeyError:
        raise LandReleaseError(REVISION_REFUSED, record=name, field="kind", found=name,
                               expected="one of " + ", ".join(KINDS)) from None


def _check(revision: Revision, kinds: Mapping[str, Mapping[str, Field]]) -> None:
    """Refuse what may not stand in the chain. `kinds`: the fields of each kind by name."""
    r = revision

    def refuse(field: str, found: object, expected: str) -> LandReleaseError:
        return LandReleaseError(REVISION_REFUSED, record=r.record_id or "(without id)", field=field,
                                found=found if found not in ("", None) else "nothing",
                                expected=expected)

    if r.kind not in KINDS:
        raise refuse("kind", r.kind, "one of " + ", ".join(KINDS))
    if not isinstance(r.record_id, str) or not r.record_id.strip():
        raise refuse("record_id", r.record_id, "an id")
    fields = kinds[r.kind]
    for name in r.values:
        known = fields.get(name)
        if known is None:
            # A field that nobody defined cannot be told from a personal one.
            raise refuse(str(name), r.values[name], "a field of " + r.kind)
        if known.personal:
            raise LandReleaseError(PERSONAL_FIELD, record=r.record_id, field=name, kind=r.kind)
    if r.recorded_at.tzinfo is None:
        raise LandReleaseError(TIME_WITHOUT_ZONE, field="recorded_at", found=r.recorded_at)
    for name, text in (("recorded_by", r.recorded_by), ("reason", r.reason)):
        if not text.strip():
            raise refuse(name, text, "who recorded it" if name == "recorded_by" else "why")
    if r.source and not _SHA256.fullmatch(r.source):
        raise refuse("source", r.source, "a SHA-256 in small letters, or nothing")
    if r.validation not in _LEVELS:
        raise refuse("validation", r.validation, "one of " + ", ".join(sorted(_LEVELS)))
    if r.valid_from is not None and (
            not isinstance(r.valid_from, date) or isinstance(r.valid_from, datetime)):
        raise refuse("valid_from", r.valid_from, "a day without a time")
    if r.geometry is not None and r.geometry.geom_type not in _GEOMETRIES[KINDS[r.kind].geometry]:
        raise refuse("geometry", r.geometry.geom_type,
                     " or ".join(_GEOMETRIES[KINDS[r.kind].geometry]) or "no geometry")


def _value(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot stand in a record")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False,
                           allow_nan=False, default=_value).encode


def _prepare(revisions: Sequence[Revision]) -> list[_Prepared]:
    """Check revisions and make their bytes, many at once: those of `Revision.canonical`."""
    kinds = {name: {f.name: f for f in kind.fields} for name, kind in KINDS.items()}
    for r in revisions:
        _check(r, kinds)
    shapes = layout.array_of([r.geometry for r in revisions])
    _check_places(shapes, revisions)
    wkbs = shapely.to_wkb(shapes, output_dimension=2, byte_order=1)
    out = []
    for r, wkb in zip(revisions, wkbs, strict=True):
        try:
            values = _encode(dict(r.values))
            out.append(_Prepared(r, values, wkb, _bytes_of(
                r.kind, r.record_id, _instant(r.recorded_at), r.recorded_by, r.reason, r.source,
                _day(r.valid_from), r.validation, values, wkb)))
        except (TypeError, ValueError) as error:  # NaN, bytes, half a surrogate pair
            raise LandReleaseError(
                REVISION_REFUSED, record=r.record_id, field="values", found=error,
                expected="texts, finite numbers and dates") from error
    return out


def _bytes_of(kind: str, record_id: str, recorded_at: str, recorded_by: str, reason: str,
              source: str, valid_from: str | None, validation: str, values: str,
              wkb: bytes | None) -> bytes:
    """The bytes of `Revision.canonical`, put together from the columns of `revision`.

    Faster for many revisions, whose WKB was made at once; a test holds the two together.
    """
    geometry = "null" if wkb is None else f'"{wkb.hex().upper()}"'
    day = "null" if valid_from is None else f'"{valid_from}"'
    return (
        f'{{"geometry":{geometry},"kind":"{kind}","reason":{_encode(reason)},'
        f'"record_id":{_encode(record_id)},"recorded_at":"{recorded_at}",'
        f'"recorded_by":{_encode(recorded_by)},"source":"{source}","valid_from":{day},'
        f'"validation":"{validation}","values":{values}}}').encode()


def _check_places(shapes: np.ndarray, revisions: Sequence[Revision]) -> None:
    """Coordinates are finite degrees: metres in a layer of degrees would be another place."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    bad = ~((np.abs(coordinates[:, 0]) <= 180) & (np.abs(coordinates[:, 1]) <= 90))  # NaN too
    if bad.any():
        place = int(np.argmax(bad))
        raise LandReleaseError(
            REVISION_REFUSED, record=revisions[int(owner[place])].record_id, field="geometry",
            found="({}, {})".format(*coordinates[place]),
            expected="longitude -180 to 180, latitude -90 to 90")


def _one_kind_each(db: sqlite3.Connection, prepared: list[_Prepared]) -> None:
    """An id belongs to one kind for ever: a history is asked for by id alone."""
    kinds: dict[str, str] = {}
    wanted = list({p.revision.record_id for p in prepared})
    for chunk in _chunks(wanted):
        kinds.update(db.execute(
            f"SELECT DISTINCT record_id, kind FROM revision WHERE record_id IN "
            f"({_marks(len(chunk))})", chunk).fetchall())
    for p in prepared:
        known = kinds.setdefault(p.revision.record_id, p.revision.kind)
        if known != p.revision.kind:
            raise LandReleaseError(REVISION_REFUSED, record=p.revision.record_id, field="kind",
                                   found=p.revision.kind, expected=f"{known}, which it is")


def _already_recorded(db: sqlite3.Connection, revisions: Sequence[Revision]) -> bool:
    """Whether a record of these has a revision from the same source.

    Other records of the same source and kind are no repeat: a file may have several layers.
    """
    by_source: dict[str, set[str]] = {}
    for r in revisions:
        if r.source:
            by_source.setdefault(r.source, set()).add(r.record_id)
    return any(
        db.execute(f"SELECT 1 FROM revision WHERE source = ? AND record_id IN "
                   f"({_marks(len(chunk))}) LIMIT 1", (source, *chunk)).fetchone()
        for source, ids in by_source.items() for chunk in _chunks(list(ids)))


def _already_waiting(db: sqlite3.Connection, report: ImportReport,
                     rows: Sequence[QuarantinedRow]) -> bool:
    """Whether every row stands in quarantine from the same source, whatever the file's name."""
    held = {_same_row(json.loads(content)) for (content,) in db.execute(
        "SELECT content FROM quarantine WHERE source = ? AND kind = ?",
        (report.source, report.kind))}
    return all(_same_row(json.loads(_json(_as_dict(row)))) in held for row in rows)


def _same_row(content: dict[str, Any]) -> str:
    return _json([content["row"], content["values"], content["geometry_wkt"]])


def _stored(rows: Iterable[Sequence[Any]]) -> list[StoredRevision]:
    """Rows of `revision` as values; a date that the kind calls a date comes back as a date."""
    listed = list(rows)
    shapes = shapely.from_wkb(layout.array_of([row[10] for row in listed]))
    dates = {name: tuple(f.name for f in kind.fields if f.type == "date")
             for name, kind in KINDS.items()}
    out = []
    for row, shape in zip(listed, shapes, strict=True):
        values = json.loads(row[9])
        for name in dates.get(row[1], ()):
            if name in values:
                values[name] = _as_date(values[name])
        out.append(StoredRevision(row[0], Revision(
            row[1], row[2], values, shape, datetime.fromisoformat(row[3]), row[4], row[5], row[6],
            None if row[7] is None else date.fromisoformat(row[7]), row[8]), row[11], row[12]))
    return out


def _as_date(value: Any) -> Any:
    """A day that was written as text; anything else stays what it is."""
    if isinstance(value, str) and len(value) == 10:
        with contextlib.suppress(ValueError):
            day = date.fromisoformat(value)
            if day.isoformat() == value:
                return day
    return value


def _end(db: sqlite3.Connection) -> tuple[int, str]:
    row = db.execute("SELECT number, hash FROM revision ORDER BY number DESC LIMIT 1").fetchone()
    return (0, GENESIS) if row is None else (row[0], row[1])


# --- the layers ----------------------------------------------------------------------------------


def _bring_forward(db: sqlite3.Connection, kind: Kind, arrived: list[tuple[int, Revision]]) -> None:
    """Make the arrived revisions current, except where they are older (see `registry.latest`)."""
    table = layout.quoted(kind.name)
    ids = list({r.record_id for _, r in arrived})
    there: dict[str, tuple[int, date | None]] = {}
    for chunk in _chunks(ids):
        for fid, record_id, day in db.execute(
                f"SELECT fid, record_id, valid_from FROM {table} WHERE record_id IN "
                f"({_marks(len(chunk))})", chunk):
            there[record_id] = fid, None if day is None else date.fromisoformat(day)
    current: dict[str, tuple[int, Revision]] = {}
    for number, revision in arrived:
        known_id = revision.record_id
        if known_id in current:
            if dated_before(revision.valid_from, current[known_id][1].valid_from):
                continue
        elif known_id in there and dated_before(revision.valid_from, there[known_id][1]):
            continue
        current[known_id] = (number, revision)
    if not current:
        return
    last = db.execute(f"SELECT max(ifnull(max(fid), 0), ifnull((SELECT seq FROM sqlite_sequence "
                      f"WHERE name = ?), 0)) FROM {table}", (kind.name,)).fetchone()[0]
    fresh = itertools.count(last + 1)
    fids = [there[i][0] if i in there else next(fresh) for i in current]
    rows = _rows(kind, list(current.values()))
    names = layout.columns_of(kind)
    in_bulk = kind.geometry != "none" and len(current) >= _BULK
    if in_bulk:
        layout.drop_triggers(db, kind)
    db.executemany(
        f"INSERT INTO {table} (fid, {', '.join(map(layout.quoted, names))}) "
        f"VALUES ({_marks(len(names) + 1)})",
        [(fid, *row) for fid, row, i in zip(fids, rows, current, strict=True) if i not in there])
    db.executemany(
        f"UPDATE {table} SET {', '.join(layout.quoted(n) + ' = ?' for n in names)} WHERE fid = ?",
        [(*row, fid) for fid, row, i in zip(fids, rows, current, strict=True) if i in there])
    if in_bulk:
        layout.index_rows(db, kind, fids, [r.geometry for _, r in current.values()])
        layout.create_triggers(db, kind)
    db.execute("UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now') "
               "WHERE table_name IN (?, 'revision')", (kind.name,))
    bounds = shapely.total_bounds(layout.array_of([r.geometry for _, r in current.values()]))
    if kind.geometry != "none" and np.isfinite(bounds).all():
        west, south, east, north = bounds.tolist()
        db.execute(
            "UPDATE gpkg_contents SET min_x = min(ifnull(min_x, ?1), ?1), "
            "min_y = min(ifnull(min_y, ?2), ?2), max_x = max(ifnull(max_x, ?3), ?3), "
            "max_y = max(ifnull(max_y, ?4), ?4) WHERE table_name = ?5",
            (west, south, east, north, kind.name))


def _rows(kind: Kind, current: Sequence[tuple[int, Revision]]) -> list[tuple[Any, ...]]:
    """Rows of a layer, in the order of `layout.columns_of`."""
    fields = layout.fields_of(kind)
    places = {f.name: (n, f) for n, f in enumerate(fields)}
    geometries: list[tuple[Any, ...]] = [()] * len(current) if kind.geometry == "none" else [
        (blob,) for blob in layout.blobs([r.geometry for _, r in current], kind)]
    out = []
    for geometry, (number, r) in zip(geometries, current, strict=True):
        cells: list[Any] = [None] * len(fields)
        other = {}
        for name, value in r.values.items():
            place, field = places.get(name, (-1, None))
            found, fits = (None, False) if field is None else layout.cell(field, value)
            if fits:
                cells[place] = found
            else:
                other[name] = value
        at = _instant(r.recorded_at)
        out.append((*geometry, r.record_id, number, _day(r.valid_from), r.validation,
                    at[:23] + "Z", r.recorded_by, r.source, *cells,
                    _encode(other) if other else None))
    return out


# --- the audit -----------------------------------------------------------------------------------


def _audit_chain(db: sqlite3.Connection, out: list[AuditFinding]) -> list[StoredRevision]:
    """Recompute every hash; returns the revisions that can be read."""
    def find(message: Message, number: int, record_id: str, **facts: object) -> None:
        out.append(AuditFinding(message.code, number, record_id, message.text(
            number=number, record=record_id, **facts)))

    before, head, last_id = 0, GENESIS, ""
    rows = db.execute(f"SELECT {_REVISION} FROM revision ORDER BY number").fetchall()
    for row in rows:
        number, record_id = row[0], str(row[2])
        if number != before + 1:
            out.append(AuditFinding(AUDIT_REMOVED.code, number, record_id, AUDIT_REMOVED.text(
                first=before + 1, last=number - 1)))
        elif row[11] != head:
            find(AUDIT_LINK, number, record_id)
        try:
            same = link(str(row[11]), _bytes_of(*row[1:11])) == row[12]
            problem = "" if same else "its hash does not fit its content"
        except Exception as error:  # whatever a stranger wrote there: that is the finding
            problem = f"it cannot be read ({type(error).__name__})"
        if problem:
            find(AUDIT_CHANGED, number, record_id, found=problem)
        before, head, last_id = number, row[12], record_id
    setting = dict(db.execute("SELECT name, value FROM setting").fetchall())
    if setting.get("head") != head or setting.get("count") != str(before):
        find(AUDIT_END, before, last_id, found=before, expected=setting.get("count", "unknown"))
    return _readable(rows)


def _readable(rows: list[Sequence[Any]]) -> list[StoredRevision]:
    """The revisions that can be read; a halving search leaves out those that cannot."""
    try:
        return _stored(rows)
    except Exception:
        half = len(rows) // 2
        return _readable(rows[:half]) + _readable(rows[half:]) if half else []


def _audit_layer(db: sqlite3.Connection, kind: Kind, chain: list[StoredRevision],
                 out: list[AuditFinding]) -> None:
    """Compare a layer, cell by cell, with what follows from the chain; then its index."""
    table, names = layout.quoted(kind.name), layout.columns_of(kind)
    have = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    asked = ", ".join(layout.quoted(n) if n in have else "NULL" for n in names)
    expected = latest(s for s in chain if s.revision.kind == kind.name)
    wanted: dict[str, tuple[Any, ...]] = {}
    listed = [(s.number, s.revision) for s in expected.values()]
    for (_, revision), row in zip(listed, _rows(kind, listed), strict=True):
        wanted[revision.record_id] = row
    rows = db.execute(f"SELECT {asked} FROM {table}").fetchall() if have else []
    place = names.index("record_id")

    def find(message: Message, record_id: str, number: int, **facts: object) -> None:
        out.append(AuditFinding(message.code, number, record_id, message.text(
            record=record_id, kind=kind.name, **facts)))

    for row in rows:
        record_id = str(row[place])
        should = wanted.pop(record_id, None)
        if should is None:
            find(AUDIT_CURRENT_EXTRA, record_id, 0)
        elif tuple(row) != should:
            differs = [n for n, a, b in zip(names, row, should, strict=True) if a != b]
            find(AUDIT_CURRENT_DIFFERS, record_id, expected[record_id].number,
                 fields=", ".join(differs))
    for record_id in wanted:
        find(AUDIT_CURRENT_MISSING, record_id, expected[record_id].number)
    if kind.geometry == "none" or not have:
        return
    index = layout.quoted(layout.index_of(kind))
    held = {i: box for i, *box in db.execute(f"SELECT id, minx, maxx, miny, maxy FROM {index}")}
    problems = 0
    for fid, blob in db.execute(f"SELECT fid, {layout.GEOMETRY_COLUMN} FROM {table}"):
        try:
            box = layout.envelope(blob)
        except Exception:  # a blob that no reader understands: found above as a difference
            box = None
        kept = held.pop(fid, None)
        # The index keeps single precision, rounded outwards: it may only be larger.
        fits = kept is None if box is None else kept is not None and (
            kept[0] <= box[0] and kept[1] >= box[1] and kept[2] <= box[2] and kept[3] >= box[3])
        problems += not fits
    problems += len(held)
    if problems:
        find(AUDIT_INDEX, "", 0, found=f"{problems} entries")


def _audit_sources(db: sqlite3.Connection, out: list[AuditFinding]) -> None:
    """Every file that a revision names is there and unchanged; no quarantined row is lost."""
    def find(message: Message, **facts: object) -> None:
        out.append(AuditFinding(message.code, 0, "", message.text(**facts)))

    missing = db.execute('SELECT DISTINCT source, file FROM "import" '
                         "WHERE source NOT IN (SELECT sha256 FROM source)").fetchall()
    for sha256, file in missing:
        find(AUDIT_SOURCE, file=file, sha256=sha256, found="missing")
    for sha256, name, compression, content in db.execute(
            "SELECT sha256, name, compression, content FROM source WHERE content IS NOT NULL"):
        unpacked = _unpacked(compression, content)
        if unpacked is None or hashlib.sha256(unpacked).hexdigest() != sha256:
            find(AUDIT_SOURCE, file=name, sha256=sha256, found="not what came in")
    for file, expected, found in db.execute(
            'SELECT i.file, i.quarantined, count(q.number) FROM "import" AS i '
            "LEFT JOIN quarantine AS q ON q.import = i.number GROUP BY i.number "
            "HAVING count(q.number) <> i.quarantined"):
        find(AUDIT_QUARANTINE, file=file, expected=expected, found=found)


# --- small things --------------------------------------------------------------------------------


@functools.lru_cache(maxsize=1024)  # an import records thousands at the same instant
def _instant(value: datetime, field: str = "time") -> str:
    """UTC with microseconds, always of the same length, so that texts sort as times do."""
    if value.tzinfo is None:
        raise LandReleaseError(TIME_WITHOUT_ZONE, field=field, found=value)
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def _day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _chunks(ids: list[str]) -> Iterator[list[str]]:
    return (ids[n:n + _CHUNK] for n in range(0, len(ids), _CHUNK))


def _json(value: Any) -> str:
    """JSON that keeps whatever was read: also odd types (as text), NaN and broken characters."""
    return json.dumps(value, ensure_ascii=True, default=_odd)


def _odd(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    return str(value)


def _as_dict(row: QuarantinedRow) -> dict[str, Any]:
    return {"file": row.file, "source": row.source, "row": row.row, "kind": row.kind,
            "values": {str(k): v for k, v in row.values.items()},
            "geometry_wkt": row.geometry_wkt, "findings": [asdict(f) for f in row.findings]}


def _quarantined(content: dict[str, Any]) -> QuarantinedRow:
    return QuarantinedRow(**{**content, "findings": _findings(content["findings"])})


def _report(content: dict[str, Any]) -> ImportReport:
    return ImportReport(**{**content, "findings": _findings(content["findings"]),
                           "unmapped": tuple(content["unmapped"])})


def _findings(listed: list[dict[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(**f) for f in listed)


def _packed(content: bytes) -> tuple[str | None, bytes | None]:
    if len(content) > SOURCE_CONTENT_LIMIT:
        return None, None
    packed = zlib.compress(content, 3)
    return ("zlib", packed) if len(packed) < len(content) else ("none", content)


def _unpacked(compression: str | None, content: bytes) -> bytes | None:
    """The content, or None where it was damaged."""
    if compression == "none":
        return bytes(content)
    try:
        return zlib.decompress(content)
    except (zlib.error, TypeError):
        return None
