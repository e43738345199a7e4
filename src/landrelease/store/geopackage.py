"""A registry in one GeoPackage file: the chains, the sources, the quarantine, the current layers.

The table `revision` is the truth; the layers (one for each kind) hold the current records for any
GIS and can be derived from it again. One call that writes is one transaction of SQLite. While
somebody writes, the file is in WAL mode: readers go on reading the last committed import, and after
a kill at any moment the next opening finds an import whole or not at all. The last one to close
leaves one plain file. Sources: sqlite.org/wal.html, sqlite.org/atomiccommit.html.
"""

# Identifiers cannot be bound; those put into statements here are names of the registry's kinds and
# of store/layout.py, quoted. Values are always bound.
# ruff: noqa: S608
from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from landrelease.core import descent
from landrelease.core.boxes import Boxes
from landrelease.core.columns import Columns
from landrelease.core.finding import ImportReport, Intake, QuarantinedRow
from landrelease.core.memory import without_collector
from landrelease.core.personal import (
    ERASED,
    SALT_BYTES,
    author_id,
    commitment,
    is_person_id,
    is_program,
)
from landrelease.core.record import KINDS, Kind, Record
from landrelease.core.revision import GENESIS, Chain, Revision, StoredRevision, link
from landrelease.errors import (
    CANNOT_WRITE,
    CHAIN_BROKEN,
    COUNTS_DIFFER,
    NOT_A_REGISTRY,
    NOTHING_PERSONAL,
    QUARANTINE_REFUSED,
    QUARANTINE_UNKNOWN,
    REGISTRY_BUSY,
    REGISTRY_CLOSED,
    REGISTRY_DAMAGED,
    REGISTRY_EXISTS,
    REGISTRY_MOVED_ON,
    REGISTRY_NEWER,
    REGISTRY_OLDER,
    REVISION_REFUSED,
    SIGNED_TWICE,
    SOURCE_DIFFERS,
    SOURCE_NOT_KEPT,
    SOURCE_TWICE,
    SOURCE_UNKNOWN,
    LandReleaseError,
)
from landrelease.store import audit, files, layers, layout, rows, search
from landrelease.store.copy import TABLES, Dump
from landrelease.store.registry import (
    AuditFinding,
    Edit,
    PackageEntry,
    PersonalValue,
    QuarantineEntry,
    QuarantineStatus,
)
from landrelease.store.search import Question, find, known_condition

_PIECE = 20_000  # revisions that are prepared and written at a time
_BULK = 5_000  # from so many on the indexes of an empty table are built at the end


class GeoPackageRegistry:
    """A registry in a GeoPackage file; implements `store.registry.Registry`.

    Open it with `store.open`. One object serves one thread. Works as a context manager.
    """

    def __init__(self, path: Path, *, writable: bool = True, wait_s: float = 20.0,
                 cache_mb: int = 64, now: Callable[[], datetime]):
        self.address = str(path)
        self._path, self._now, self._wait_s = path, now, wait_s
        self._writable, self._prepared = writable, False
        self._db: sqlite3.Connection | None = None
        self._switch: sqlite3.Connection | None = None  # to WAL, while a copy is made
        files.check(path)
        self._db = files.connect(path, writable=writable, wait_s=wait_s, cache_mb=cache_mb)
        layout.register_functions(self._db)
        try:
            self.office, self.chain = self._recognise()
            self._extension = self.setting("extension")
            self._kinds = rows.kinds_with(self._extension)
            self._without_layer = self._complete_layers()
        except BaseException:
            self._db.close()
            raise

    def _complete_layers(self) -> frozenset[str]:
        """Give a registry of an earlier version the layers of kinds that are new since.

        Returns the kinds that still have none, because nobody may write here, or somebody else
        writes just now: nothing of them was ever recorded.
        """
        def missing() -> frozenset[str]:
            with self._read() as db:
                have = {name for (name,) in db.execute(
                    "SELECT name FROM sqlite_master WHERE type = 'table'")}
            return frozenset(self._kinds.keys() - have)

        if not missing():
            return frozenset()
        if self._writable:
            with contextlib.suppress(LandReleaseError), self._write():
                pass  # a write completes the layout first
        return missing()

    @classmethod
    def create(cls, path: Path, *, office: str, now: Callable[[], datetime]) -> GeoPackageRegistry:
        """A new registry: made beside its place and moved there whole."""
        if not office.strip():
            raise LandReleaseError(REVISION_REFUSED, record="registry", field="office",
                                   found="nothing", expected="the name of the office")
        files.new_place(path)
        files.refuse_network_share(path)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        created = rows.instant(now())
        try:
            files.remove(part)  # of a process of that number that was killed
            part.touch(exist_ok=False)
            try:
                db = sqlite3.connect(part, isolation_level=None)
                try:
                    layout.register_functions(db)
                    db.execute("BEGIN IMMEDIATE")
                    layout.create(db, KINDS)
                    db.executemany("INSERT INTO setting (name, value) VALUES (?, ?)", [
                        ("layout", str(layout.LAYOUT)), ("program", "landrelease"),
                        ("office", office.strip()), ("created", created),
                        ("head", GENESIS), ("count", "0"),
                    ])
                    db.execute(
                        "INSERT INTO chain (number, id, office, genesis, first, public_key, own) "
                        "VALUES (1, ?, ?, ?, 1, '', 1)",
                        (rows.chain_id(office.strip(), created), office.strip(), GENESIS))
                    db.execute("COMMIT")
                finally:
                    db.close()
                files.move_new(part, path)
            finally:
                files.remove(part)
        except FileExistsError as error:
            raise LandReleaseError(REGISTRY_EXISTS, address=path) from error
        except (OSError, sqlite3.OperationalError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise LandReleaseError(CANNOT_WRITE, path=path, reason=reason) from error
        return cls(path, now=now)

    @classmethod
    def filled(cls, path: Path, *, office: str, created: datetime, dump: Dump) -> None:
        """A registry with the content of another one, at its place only when it is whole."""
        files.new_place(path)
        part = path.with_name(f".{path.name}.{os.getpid()}.copy")
        files.remove(part)  # of a process of that number that was killed
        try:
            with cls.create(part, office=office, now=lambda: created) as registry:
                part.chmod(0o600)  # what it gets stood behind a password
                with registry._write() as db:
                    for table in reversed(TABLES):
                        if table != "revision":
                            db.execute(f"DELETE FROM {layout.quoted(table)}")
                    for table, columns in TABLES.items():
                        db.executemany(
                            f"INSERT INTO {layout.quoted(table)} "
                            f"({', '.join(map(layout.quoted, columns))}) "
                            f"VALUES ({', '.join('?' * len(columns))})", dump(table))
                registry._extension = registry.setting("extension")
                registry._kinds = rows.kinds_with(registry._extension)
                registry._prepared = False
                registry.restore_layers()
            files.move_new(part, path)
        except FileExistsError as error:
            raise LandReleaseError(REGISTRY_EXISTS, address=path) from error
        finally:
            files.remove(part)

    @contextlib.contextmanager
    def dump(self) -> Iterator[Dump]:
        """The rows of all tables, of one moment (see `store.copy`)."""
        with self._read() as db:
            def rows_of(table: str) -> Iterator[tuple[Any, ...]]:
                return iter(db.execute(
                    f"SELECT {', '.join(map(layout.quoted, TABLES[table]))} "
                    f"FROM {layout.quoted(table)} ORDER BY 1"))

            yield rows_of

    # --- reading ---------------------------------------------------------------------------------

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds with those of the national extension, also of one that came in meanwhile."""
        if self._db is not None:
            found = self.setting("extension")
            if found != self._extension:
                self._kinds, self._extension = rows.kinds_with(found), found
        return self._kinds

    def head(self) -> str:
        """The hash that names all that is here (see `Registry.head`)."""
        with self._read() as db:
            return rows.heads_hash(((c.id, c.position, c.head) for c in _chains(db)),
                                   empty=GENESIS)

    def chains(self) -> list[Chain]:
        """All chains: the own one first, then by id."""
        with self._read() as db:
            return _chains(db)

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

    def load_extension(self, text: str) -> None:
        """Set the national extension; the layers get its fields in the same transaction."""
        from landrelease.core.extension import extended, read_extension

        kinds = extended(KINDS, read_extension(text, self.address))
        with self._write() as db:
            db.execute("INSERT INTO setting (name, value) VALUES ('extension', ?) "
                       "ON CONFLICT (name) DO UPDATE SET value = excluded.value", (text,))
            layout.complete(db, kinds)
        self._kinds, self._extension = kinds, text

    def records(self, kind: str, *, valid_at: date | None = None,
                known_at: datetime | None = None) -> list[Record]:
        """Records of a kind, ordered by id (see `Registry.records`).

        `Record.revision` is the number of the revision; `Record.sources` are the files of all its
        revisions that were known and valid then, in the order of their arrival.

        Raises STO-017 where `known_at` has no zone, STO-010 for an unknown kind.
        """
        layer = rows.kind_of(kind, self.kinds)
        if layer.name in self._without_layer:
            return []
        with self._read() as db:
            if valid_at is None and known_at is None:
                found = rows.stored(db.execute(
                    f"SELECT {layers.REVISION} FROM {layout.quoted(layer.name)} AS k "
                    "JOIN revision AS r ON r.number = k.revision "
                    "JOIN chain AS c ON c.number = r.chain ORDER BY k.record_id").fetchall(),
                    self._kinds)
                named = db.execute(
                    "SELECT record_id, source FROM revision WHERE kind = ? AND source <> '' "
                    "ORDER BY number", (kind,)).fetchall()
            else:
                until = None if known_at is None else rows.instant(known_at, "known_at")
                text, bound = known_condition(valid_at, until)
                everything = rows.stored(db.execute(
                    f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} "
                    f"WHERE r.kind = ? AND {text} ORDER BY r.number",
                    (kind, *bound)).fetchall(), self._kinds)
                named = [(s.revision.record_id, s.revision.source) for s in everything
                         if s.revision.source]
                found = sorted(descent.current(everything).values(),
                               key=lambda s: s.revision.record_id.encode())
        return rows.records_of(found, named)

    def cells(self, kind: str, fields: Sequence[str], *, valid_at: date | None = None,
              known_at: datetime | None = None, places: bool = False,
              beyond: tuple[str, float] | None = None,
              called: tuple[str, Collection[str]] | None = None) -> Columns:
        """Fields of all records of a kind as columns; see `store.columns`. STO-010, STO-017."""
        from landrelease.store import columns

        layer = rows.kind_of(kind, self.kinds)
        with self._read() as db:
            return columns.read(db, layer, self._kinds, fields, valid_at, known_at, places, beyond,
                                called)

    def find(self, kind: str, *, bounds: tuple[float, float, float, float] | None = None,
             where: Mapping[str, Any] | None = None, valid_at: date | None = None,
             known_at: datetime | None = None, after: str = "", limit: int = 100) -> list[Record]:
        """The first records by id in a window and with these values (see `Registry.find`).

        Raises STO-022 for a field that the kind does not have, STO-010, STO-017.
        """
        question = Question(
            rows.kind_of(kind, self.kinds), bounds, where, valid_at,
            None if known_at is None else rows.instant(known_at, "known_at"))
        if kind in self._without_layer:
            return []
        with self._read() as db:
            found = find(db, question, self._kinds, after, limit)
            text, bound = known_condition(valid_at, question.known_at)
            named = db.execute(
                "SELECT r.record_id, r.source FROM json_each(?) AS j JOIN revision AS r "
                f"ON r.record_id = j.value WHERE r.source <> '' AND {text} ORDER BY r.number",
                (json.dumps([s.revision.record_id for s in found]), *bound)).fetchall()
        return rows.records_of(found, named)

    def ordered(self, kind: str, field: str, *, down: bool = False,
                where: Mapping[str, Any] | None = None, after: tuple[Any, str] | None = None,
                limit: int = 100) -> list[tuple[Any, Record]]:
        """The first current records by a field, then by id (see `Registry.ordered`). STO-022."""
        question = Question(rows.kind_of(kind, self.kinds), None, where, None, None)
        known = question.field(field)
        if kind in self._without_layer or limit < 1:
            return []
        with self._read() as db:
            cells, found = search.ordered(db, question, self._kinds, known, down, after, limit)
            named = db.execute(
                "SELECT r.record_id, r.source FROM json_each(?) AS j JOIN revision AS r "
                "ON r.record_id = j.value WHERE r.source <> '' ORDER BY r.number",
                (json.dumps([s.revision.record_id for s in found]),)).fetchall()
        return list(zip(cells, rows.records_of(found, named), strict=True))

    def matching(self, kind: str, field: str, holds: Callable[[str | None], bool], *,
                 where: Mapping[str, Any] | None = None, beside: str = "", most: int = 2_000
                 ) -> list[tuple[str, Any]] | None:
        """Ids of current records whose text in a field passes (see `Registry.matching`)."""
        question = Question(rows.kind_of(kind, self.kinds), None, where, None, None)
        known, other = question.field(field), question.field(beside) if beside else None
        if kind in self._without_layer:
            return []
        with self._read() as db:
            return search.matching(db, question, known, other, holds, most)

    def last(self, kind: str) -> int:
        """The highest number of a revision of a kind; 0 where there is none."""
        with self._read() as db:
            return search.last_of(db, kind)

    def first_day(self, kind: str) -> date | None:
        """The earliest date of information of the current records of a kind. STO-010."""
        layer = rows.kind_of(kind, self.kinds)
        if layer.name in self._without_layer:
            return None
        with self._read() as db:
            (found,) = db.execute(
                f"SELECT min(valid_from) FROM {layout.quoted(layer.name)}").fetchone()
        return None if found is None else date.fromisoformat(found)

    def boxes(self, kind: str, names: Sequence[str], ids: Sequence[str] | None = None) -> Boxes:
        """The boxes of the current records of a kind (see `Registry.boxes`). STO-010."""
        layer = rows.kind_of(kind, self.kinds)
        if layer.name in self._without_layer or layer.geometry == "none":
            return Boxes.gathered(self.last(kind), ())
        with self._read() as db:
            return search.boxes(db, layer, names, ids)

    def revised(self, kind: str, since: int, *, several: bool = False) -> dict[str, list[int]]:
        """Records with a revision of a number above `since`, with the numbers of all of theirs;
        `several`: of those that have more than one."""
        with self._read() as db:
            return search.revised(db, kind, since, several)

    def drawn(self, numbers: Sequence[int]) -> list[tuple[str, str, str, bytes]]:
        """(record id, level, values as JSON, place as WKB) of revisions, in the numbers' order."""
        with self._read() as db:
            return search.drawn(db, numbers)

    def ids(self, kind: str) -> set[str]:
        """Ids of all records of a kind that the chains hold."""
        layer = rows.kind_of(kind, self.kinds)
        if layer.name in self._without_layer:
            return set()
        with self._read() as db:
            return {i for (i,) in db.execute(
                f"SELECT record_id FROM {layout.quoted(layer.name)}")}

    def history(self, record_id: str) -> list[StoredRevision]:
        """All revisions of a record, in the order of their arrival; empty for an unknown one."""
        with self._read() as db:
            return layers.histories(db, [record_id], self._kinds).get(record_id, [])

    def histories(self, record_ids: Sequence[str]) -> dict[str, list[StoredRevision]]:
        """`history` of many records, of one state of the registry; unknown ones are left out."""
        with self._read() as db:
            return layers.histories(db, record_ids, self._kinds)

    def revisions(self, chain: str | None = None, *, after: int = 0,
                  limit: int | None = None) -> Iterator[StoredRevision]:
        """Revisions of a chain by position, or all by number, after that one; read in pieces."""
        left = float("inf") if limit is None else limit
        by = "r.number" if chain is None else "r.position"
        while left > 0:
            with self._read() as db:
                found = db.execute(
                    f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE {by} > ? "
                    f"AND (? IS NULL OR r.chain = (SELECT number FROM chain WHERE id = ?)) "
                    f"ORDER BY {by} LIMIT ?",
                    (after, chain, chain, int(min(left, _PIECE)))).fetchall()
            if not found:
                return
            yield from rows.stored(found, self._kinds)
            left -= len(found)
            after = found[-1][0] if chain is None else found[-1][2]

    def hash_at(self, chain: str, position: int) -> str | None:
        """The hash that stands at a position, whether or not the revision can be read."""
        with self._read() as db:
            found = db.execute(
                "SELECT r.hash FROM revision AS r JOIN chain AS c ON c.number = r.chain "
                "WHERE c.id = ? AND r.position = ?", (chain, position)).fetchone()
        return None if found is None else str(found[0])

    def tips(self, record_id: str) -> tuple[str, ...]:
        """Hashes of the revisions of a record that no other follows; sorted."""
        return tuple(s.hash for s in descent.tips(self.history(record_id)))

    def contested(self) -> list[str]:
        """Ids of records of which offices say different things; in order."""
        with self._read() as db:
            shared = [i for (i,) in db.execute(
                "SELECT record_id FROM revision WHERE record_id IN (SELECT r.record_id FROM "
                "revision AS r JOIN chain AS c ON c.number = r.chain WHERE c.own = 0) "
                "GROUP BY record_id HAVING count(DISTINCT chain) > 1 ORDER BY record_id")]
            return [i for piece in layers.pieces(shared, 1_000)
                    for i, line in sorted(layers.histories(db, piece, self._kinds).items())
                    if descent.in_conflict(line)]

    def knows_source(self, sha256: str) -> bool:
        with self._read() as db:
            return db.execute("SELECT 1 FROM source_file WHERE sha256 = ?", (sha256,)).fetchone() \
                is not None

    def sources(self) -> dict[str, str]:
        """SHA-256 -> file name of all that came in, in the order of arrival."""
        with self._read() as db:
            return dict(db.execute(
                "SELECT sha256, name FROM source_file ORDER BY number").fetchall())

    def source_content(self, sha256: str) -> bytes:
        """The file as it came in. STO-012: unknown. STO-013: not kept, or erased. STO-005."""
        with self._read() as db:
            row = db.execute("SELECT name, size, compression, content FROM source_file "
                             "WHERE sha256 = ?", (sha256,)).fetchone()
        if row is None:
            raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256)
        name, size, compression, content = row
        if content is None:
            raise LandReleaseError(SOURCE_NOT_KEPT, file=name, sha256=sha256, size=size,
                                   limit=rows.SOURCE_CONTENT_LIMIT)
        found = rows.unpacked(compression, content)
        if found is None or hashlib.sha256(found).hexdigest() != sha256:
            raise LandReleaseError(REGISTRY_DAMAGED, address=self.address,
                                   found=f"the kept content of {name} does not have its SHA-256")
        return found

    def imports(self) -> list[tuple[datetime, ImportReport]]:
        """When each import was written, and its report, in order."""
        with self._read() as db:
            found = db.execute(
                'SELECT imported_at, report FROM "import" ORDER BY number').fetchall()
        return [(datetime.fromisoformat(at), rows.report_of(json.loads(text)))
                for at, text in found]

    def quarantine(self, status: QuarantineStatus | None = "waiting", number: int | None = None
                   ) -> list[QuarantineEntry]:
        """Quarantined rows by number; `status` None: of any; `number`: this one alone."""
        if number is not None and not rows.is_number(number):
            return []
        one = ("", ()) if number is None else ("number = ? AND ", (number,))
        with self._read() as db:
            found = db.execute(
                "SELECT number, status, reason, decided_by, content FROM quarantine "
                f"WHERE {one[0]}(? IS NULL OR status = ?) ORDER BY number",
                (*one[1], status, status)).fetchall()
        return [QuarantineEntry(number, rows.quarantined_of(json.loads(content)), stands, reason,
                                by)
                for number, stands, reason, by, content in found]

    def quarantine_state(self) -> tuple[int, int]:
        """(rows that wait, highest number of any row)."""
        with self._read() as db:
            found = db.execute("SELECT count(*) FILTER (WHERE status = 'waiting'), "
                               "coalesce(max(number), 0) FROM quarantine").fetchone()
        return int(found[0]), int(found[1])

    # --- writing ---------------------------------------------------------------------------------

    def take_in(self, intake: Intake, *, upon: str | None = None) -> ImportReport:
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
        rows.kind_of(report.kind, self.kinds)
        if len(intake.quarantined) != report.quarantined:
            raise LandReleaseError(COUNTS_DIFFER, file=report.file, expected=report.quarantined,
                                   found=len(intake.quarantined))
        found = hashlib.sha256(intake.content).hexdigest()
        if found != report.source:
            raise LandReleaseError(SOURCE_DIFFERS, file=report.file, found=found,
                                   expected=report.source)
        # Compressed before the transaction begins, so that others wait as shortly as possible.
        with self._read() as db:
            held = db.execute("SELECT 1 FROM source_file WHERE sha256 = ?", (found,)).fetchone()
        packed = None if held else rows.packed(intake.content)
        with without_collector(), self._write() as db:
            if upon is not None and upon != rows.heads_hash(
                    ((c.id, c.position, c.head) for c in _chains(db)), empty=GENESIS):
                raise LandReleaseError(REGISTRY_MOVED_ON, file=report.file, address=self.address)
            before = db.execute(
                'SELECT imported_at FROM "import" WHERE source = ? AND kind = ? ORDER BY number '
                "LIMIT 1", (report.source, report.kind)).fetchone()
            if before is not None:
                if _already_recorded(db, intake.revisions):
                    raise LandReleaseError(SOURCE_TWICE, file=report.file, sha256=report.source,
                                           kind=report.kind, day=before[0][:10])
                if not intake.revisions and _already_waiting(db, report, intake.quarantined):
                    return report
            now = rows.instant(self._now())
            if packed is not None:
                db.execute(
                    "INSERT OR IGNORE INTO source_file (sha256, name, size, came_in_at, "
                    "compression, content) VALUES (?, ?, ?, ?, ?, ?)",
                    (found, report.file, len(intake.content), now, *packed))
            self._append(db, intake.revisions, intake.personal)
            number = db.execute(
                'INSERT INTO "import" (imported_at, source, file, kind, read, accepted, merged, '
                "quarantined, revisions, report) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (now, report.source, report.file, report.kind, report.read, report.accepted,
                 report.merged, report.quarantined, len(intake.revisions),
                 rows.to_json(asdict(report)))).lastrowid
            db.executemany(
                "INSERT INTO quarantine (import, source, file, row, kind, status, reason, "
                "decided_by, decisions, content) "
                "VALUES (?, ?, ?, ?, ?, 'waiting', '', '', '[]', ?)",
                [(number, row.source, row.file, row.row, row.kind, rows.to_json(rows.as_dict(row)))
                 for row in intake.quarantined])
        return report

    def append(self, revisions: Iterable[Revision], *,
               personal: Mapping[str, Mapping[str, Any]] | None = None) -> str:
        """Append revisions to the own chain in one transaction; returns the new head.

        Raises STO-010, STO-011, STO-017, STO-024; nothing is left behind.
        """
        self.kinds  # noqa: B018  an extension that came in meanwhile counts
        with without_collector(), self._write() as db:
            self._append(db, revisions, personal or {})
            return rows.heads_hash(((c.id, c.position, c.head) for c in _chains(db)),
                                   empty=GENESIS)

    def admit(self, chain: Chain, revisions: Iterable[StoredRevision], *,
              receipt: Revision) -> int:
        """Take revisions of another office's chain in (see `Registry.admit`).

        Raises STO-027 where they do not continue the chain as it is here.
        """
        def broken(position: int, found: str) -> LandReleaseError:
            return LandReleaseError(CHAIN_BROKEN, chain=chain.id, office=chain.office,
                                    position=position, found=found)

        if chain.id == self.chain or not rows.CHAIN_ID.fullmatch(chain.id):
            raise broken(chain.first, "it is not the chain of another office")
        new = 0
        with self._write() as db:
            held = {c.id: c for c in _chains(db)}.get(chain.id)
            if held is None:
                db.execute(
                    "INSERT INTO chain (id, office, genesis, first, public_key, own) "
                    "VALUES (?, ?, ?, ?, ?, 0)",
                    (chain.id, chain.office, chain.genesis, chain.first, chain.public_key))
                held = replace(chain, position=chain.first - 1, head=chain.genesis, own=False)
            elif (held.genesis, held.first) != (chain.genesis, chain.first):
                raise broken(chain.first, "it begins otherwise than the chain that is here")
            elif chain.public_key and not held.public_key:
                db.execute("UPDATE chain SET public_key = ? WHERE id = ?",
                           (chain.public_key, chain.id))
            key = db.execute("SELECT number FROM chain WHERE id = ?", (chain.id,)).fetchone()[0]
            number, since = _last_number(db), rows.instant(receipt.recorded_at)
            position, head = held.position, held.head
            writer = _Writer(db, self._kinds, several=True)
            for piece in layers.pieces(revisions, _PIECE):
                prepared = rows.prepare([s.revision for s in piece], self._kinds,
                                        values=False)
                made = []
                for stored, p in zip(piece, prepared, strict=True):
                    if stored.position <= position:
                        there = db.execute("SELECT hash FROM revision WHERE chain = ? AND "
                                           "position = ?", (key, stored.position)).fetchone()
                        if there is None or there[0] != stored.hash:
                            raise broken(stored.position, "another revision stands there")
                        continue
                    if stored.position != position + 1:
                        raise broken(position + 1, "it is missing")
                    if stored.previous_hash != head or \
                            link(head, p.canonical()) != stored.hash:
                        raise broken(stored.position, "its hash does not fit")
                    number, position = number + 1, position + 1
                    made.append(p.row(number=number, chain=key, position=position, previous=head,
                                      known_from=since))
                    head = stored.hash
                new += len(made)
                writer.write(made, [p.revision for p in prepared[len(prepared) - len(made):]])
            writer.finish()
            if new:
                db.execute("UPDATE setting SET value = ? WHERE name = 'count'", (str(number),))
                self._append(db, [receipt], {})
        return new

    def author(self, name: str) -> str:
        """The id of a person for a name; ids and names of programs go through unchanged (S17)."""
        words = " ".join(name.split())
        if not words or is_person_id(words) or is_program(words):
            return words
        with self._read() as db:
            found = db.execute("SELECT id FROM person_name WHERE name = ?", (words,)).fetchone()
        if found is None:
            salt = secrets.token_hex(SALT_BYTES)
            with self._write() as db:
                found = db.execute("SELECT id FROM person_name WHERE name = ?",
                                   (words,)).fetchone()
                if found is None:
                    found = (author_id(words, salt),)
                    db.execute("INSERT INTO person_name (id, salt, name) VALUES (?, ?, ?)",
                               (found[0], salt, words))
        return str(found[0])

    def name_of(self, author: str) -> str:
        """The name behind an id; "erased person" once it was erased; other words as they are."""
        with self._read() as db:
            found = db.execute("SELECT name FROM person_name WHERE id = ?", (author,)).fetchone()
        if found is None:
            return author
        return ERASED if found[0] is None else str(found[0])

    def personal(self, record_id: str) -> list[PersonalValue]:
        """The personal values of a record, the erased ones with their commitment only."""
        with self._read() as db:
            found = db.execute(
                "SELECT field, commitment, salt, value FROM personal_value WHERE record_id = ? "
                "ORDER BY number", (record_id,)).fetchall()
        return [PersonalValue(record_id, name, mark, salt,
                              None if value is None else json.loads(value))
                for name, mark, salt, value in found]

    def erase(self, record_id: str, *, decision: Revision) -> int:
        """Erase all personal values of a record and the name behind an id (see `Registry.erase`).

        The decision is a revision of that record whose reason begins with "erased: ". Raises
        STO-025.
        """
        with self._write() as db:
            went = db.execute(
                "UPDATE person_name SET salt = NULL, name = NULL "
                "WHERE id = ? AND name IS NOT NULL", (record_id,)).rowcount
            went += db.execute(
                "UPDATE personal_value SET salt = NULL, value = NULL "
                "WHERE record_id = ? AND value IS NOT NULL", (record_id,)).rowcount
            if not went or decision.record_id != record_id \
                    or not decision.reason.startswith(audit.DECISION):
                raise LandReleaseError(NOTHING_PERSONAL, record=record_id)
            self._append(db, [decision], {})
        self._forget_journal()
        return went

    def erase_source(self, sha256: str, *, decision: Revision) -> None:
        """Erase the content of a file that came in (see `Registry.erase_source`). STO-012."""
        with self._write() as db:
            went = db.execute(
                "UPDATE source_file SET content = NULL, compression = ? WHERE sha256 = ?",
                (audit.ERASED, sha256)).rowcount
            if not went or decision.record_id != f"source:{sha256}" \
                    or not decision.reason.startswith(audit.DECISION):
                raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256)
            for number, content in db.execute(
                    "SELECT number, content FROM quarantine WHERE source = ?",
                    (sha256,)).fetchall():
                db.execute("UPDATE quarantine SET content = ?, reason = '' WHERE number = ?",
                           (rows.to_json(rows.without_content(json.loads(content))), number))
            self._append(db, [decision], {})
        self._forget_journal()

    def _forget_journal(self) -> None:
        """What was erased is not left in the write-ahead log either."""
        with contextlib.suppress(sqlite3.Error):
            self._open_db().execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def keep_source(self, sha256: str, name: str, content: bytes) -> None:
        """Keep a file that came with a package. STO-014: it does not have that SHA-256."""
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise LandReleaseError(SOURCE_DIFFERS, file=name, found=found, expected=sha256)
        packed = rows.packed(content)
        with self._write() as db:
            db.execute(
                "INSERT OR IGNORE INTO source_file (sha256, name, size, came_in_at, "
                "compression, content) VALUES (?, ?, ?, ?, ?, ?)",
                (sha256, name, len(content), rows.instant(self._now()), *packed))

    def keep_package(self, sha256: str, name: str, *, direction: str, status: str,
                     about: str = "", content: bytes | None = None) -> None:
        """Note a package that went out or came in; a later status replaces the earlier one."""
        with self._write() as db:
            db.execute(
                "INSERT INTO package (sha256, name, direction, status, at, about, content) "
                "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (sha256, direction) DO UPDATE SET "
                "status = excluded.status, at = excluded.at, about = excluded.about, "
                "content = excluded.content",
                (sha256, name, direction, status, rows.instant(self._now()), about, content))

    def packages(self) -> list[PackageEntry]:
        """All packages that went out or came in, in their order."""
        with self._read() as db:
            found = db.execute("SELECT sha256, name, direction, status, at, about, content "
                               "FROM package ORDER BY number").fetchall()
        return [PackageEntry(sha256, name, direction, status, datetime.fromisoformat(at), about,
                             content)
                for sha256, name, direction, status, at, about, content in found]

    def decide_quarantine(self, number: int, status: QuarantineStatus, *, reason: str,
                          decided_by: str, revisions: Sequence[Revision] = (),
                          personal: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Decide on a quarantined row, in one transaction with the revisions that it became.

        "accepted" needs revisions and is final; "rejected" can be taken up again ("waiting", or
        "accepted" after mending). Every decision is kept with who, when and why.

        Raises STO-015: no such row; STO-016: the decision does not fit.
        """
        if not rows.is_number(number):
            raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)
        with self._write() as db:
            row = db.execute("SELECT status, decisions FROM quarantine WHERE number = ?",
                             (number,)).fetchone()
            if row is None:
                raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)
            problem = rows.decision_problem(row[0], status, reason, decided_by, revisions)
            if problem:
                raise LandReleaseError(QUARANTINE_REFUSED, number=number, status=row[0],
                                       problem=problem)
            self._append(db, revisions, personal or {})
            decisions = [*json.loads(row[1]), {"status": status, "reason": reason,
                                               "decided_by": decided_by,
                                               "decided_at": rows.instant(self._now())}]
            db.execute(
                "UPDATE quarantine SET status = ?, reason = ?, decided_by = ?, decisions = ? "
                "WHERE number = ?", (status, reason, decided_by, rows.to_json(decisions), number))

    def _append(self, db: sqlite3.Connection, revisions: Iterable[Revision],
                personal: Mapping[str, Mapping[str, Any]]) -> None:
        """Link revisions to the own chain and bring the layers up to date."""
        several = db.execute("SELECT 1 FROM chain WHERE own = 0 LIMIT 1").fetchone() is not None
        number = _last_number(db)
        key, position, head = db.execute(
            "SELECT c.number, r.position, r.hash FROM chain AS c LEFT JOIN revision AS r "
            "ON r.chain = c.number WHERE c.own = 1 ORDER BY r.position DESC LIMIT 1").fetchone()
        position, head = position or 0, head or GENESIS
        marks: dict[int, dict[str, str]] = {}
        if personal:
            revisions = list(revisions)
            marks = self._keep_personal(db, revisions, personal)
        writer = _Writer(db, self._kinds, several=several)
        place, before = 0, number
        for piece in layers.pieces(revisions, _PIECE):
            prepared = rows.prepare(piece, self._kinds)
            if marks:
                prepared = [p.with_links(commitments=marks.get(place + n))
                            for n, p in enumerate(prepared)]
            if several:
                prepared = rows.following(
                    prepared, layers.histories(db, list({p.revision.record_id for p in prepared}),
                                               self._kinds), self.chain)
            made = rows.linked(prepared, number=number, chain=key, position=position,
                               previous=head)
            number, position, head = number + len(made), position + len(made), made[-1][-1]
            writer.write(made, [p.revision for p in prepared])
            place += len(piece)
        writer.finish()
        if number > before:
            db.executemany("UPDATE setting SET value = ? WHERE name = ?",
                           [(head, "head"), (str(number), "count")])

    def _keep_personal(self, db: sqlite3.Connection, revisions: list[Revision],
                       personal: Mapping[str, Mapping[str, Any]]) -> dict[int, dict[str, str]]:
        """Keep personal values; returns the commitments for the place of each last revision."""
        last = {r.record_id: n for n, r in enumerate(revisions)}
        out: dict[int, dict[str, str]] = {}
        for record_id, values in personal.items():
            if not values:
                continue
            if record_id not in last:
                raise LandReleaseError(REVISION_REFUSED, record=record_id, field="personal",
                                       found="personal values", expected="a revision to hold them")
            found = {}
            for name, value in values.items():
                salt = secrets.token_hex(SALT_BYTES)
                found[name] = commitment(value, salt)
                db.execute("INSERT INTO personal_value (record_id, field, commitment, salt, value) "
                           "VALUES (?, ?, ?, ?, ?)",
                           (record_id, name, found[name], salt, rows.encode(value)))
            out[last[record_id]] = found
        return out

    # --- the audit -------------------------------------------------------------------------------

    def audit(self) -> list[AuditFinding]:
        """Recompute the chains, the layers, the sources, the personal values, the receipts.

        Findings carry the codes STO-101 to STO-112. A chain that somebody rewrote as a whole, with
        all hashes new, or cut off together with its count, is consistent in itself: compare with a
        checkpoint that was kept elsewhere.
        """
        with self._read() as db:
            return audit.whole(db, self._kinds, _chains(db))

    def edits(self) -> list[Edit]:
        """Rows of the layers that other programs changed, added or removed."""
        out = []
        with self._read() as db:
            for kind in self._kinds.values():
                for d in audit.differences(db, kind, self._kinds):
                    change = "removed" if d.row is None else "changed" if d.explained else "added"
                    out.append(Edit(
                        kind.name, d.record_id, change, d.fields,  # type: ignore[arg-type]
                        None if d.row is None else layout.record_of(kind, d.row)))
        return out

    def restore_layers(self, kinds: Sequence[str] | None = None) -> None:
        """Write the layers and their index anew from the chains."""
        with self._write() as db:
            for name in self._kinds if kinds is None else kinds:
                kind = rows.kind_of(name, self._kinds)
                layers.restore(db, kind, self._kinds, audit.expected(db, kind, self._kinds))
            layers.restore_past(db, self._kinds)

    def backup(self, path: Path) -> None:
        """A whole, consistent copy at a new path, while others go on working.

        Raises STO-002: the place is taken. STO-008: it cannot be written.
        """
        files.new_place(path)
        part = path.with_name(f".{path.name}.{os.getpid()}.part")
        try:
            files.remove(part)  # of a process of that number that was killed
            files.begin_copy(part, self._path)
            copy = sqlite3.connect(part, isolation_level=None)
            try:
                with self._speaking():
                    self._not_in_the_way().backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")
            finally:
                copy.close()
            with part.open("rb") as file:
                os.fsync(file.fileno())
            files.move_new(part, path)
        except FileExistsError as error:
            raise LandReleaseError(REGISTRY_EXISTS, address=path) from error
        except (OSError, sqlite3.OperationalError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise LandReleaseError(CANNOT_WRITE, path=path, reason=reason) from error
        finally:
            files.remove(part)

    def _not_in_the_way(self) -> sqlite3.Connection:
        """A connection for a long reading: in WAL mode a writer does not wait for it. In the old
        mode, in which a closed registry lies, a copy of gigabytes would keep every commit out until
        its time is over (STO-007)."""
        db = self._open_db()
        mode = str(db.execute("PRAGMA journal_mode").fetchone()[0]).lower()
        if mode == "wal" or files.network_share(self._path) is not None:
            return db
        if self._switch is None:
            with contextlib.suppress(LandReleaseError, sqlite3.Error):  # a place to read only
                self._switch = files.connect(self._path, writable=True, wait_s=self._wait_s)
                self._switch.execute("PRAGMA journal_mode = WAL")
        return db if self._switch is None else self._switch

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
        if self._switch is not None:
            switch, self._switch = self._switch, None
            with contextlib.suppress(sqlite3.Error):
                switch.execute("PRAGMA busy_timeout = 0")
                switch.execute("PRAGMA journal_mode = DELETE")
            switch.close()

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
        if not self._writable:
            raise LandReleaseError(CANNOT_WRITE, path=self.address,
                                   reason="it was opened for reading only")
        files.refuse_network_share(self._path)
        with self._speaking():
            # A reader in the old mode may hinder the switch: the write is whole without it too.
            with contextlib.suppress(sqlite3.OperationalError):
                db.execute("PRAGMA journal_mode = WAL")
            db.execute("BEGIN IMMEDIATE")
            try:
                if not self._prepared:
                    layout.complete(db, self._kinds)
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

    def _recognise(self) -> tuple[str, str]:
        """Check that the file is a registry that this version reads; its office and its chain."""
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
        if int(setting["layout"]) < layout.LAYOUT:
            raise LandReleaseError(REGISTRY_OLDER, address=self.address, found=setting["layout"],
                                   expected=layout.LAYOUT)
        with self._read() as db:
            own = db.execute("SELECT id FROM chain WHERE own = 1").fetchone()
        return setting.get("office", ""), "" if own is None else str(own[0])


# --- writing revisions ---------------------------------------------------------------------------


class _Writer:
    """Writes rows of revisions in pieces and brings the layers forward, in one transaction."""

    def __init__(self, db: sqlite3.Connection, kinds: Mapping[str, Kind], *, several: bool):
        self._db = db
        self._empty = db.execute("SELECT 1 FROM revision LIMIT 1").fetchone() is None
        self._forward = layers.Forward(db, kinds, several=several)
        self._several = several
        self._new: dict[str, str] = {}  # id -> kind of what came while the indexes are dropped
        self._dropped: list[str] = []

    def write(self, made: list[tuple[Any, ...]], revisions: Sequence[Revision]) -> None:
        """Rows of `rows.COLUMNS`, the chain as its number, and their revisions."""
        if not made:
            return
        db = self._db
        known = self._known(revisions)
        _no_signature_twice(db, revisions)
        if self._empty and not self._dropped and len(made) >= _BULK:
            self._dropped = ["revision_kind", "revision_chain"]
            if not self._several:  # histories are not looked up on the way
                self._dropped.append("revision_record")
            for name in self._dropped:
                db.execute(f"DROP INDEX {name}")
        layout.insert(db, "revision", rows.COLUMNS, list(zip(*made, strict=True)))
        self._forward.arrived(
            [(row[0], r) for row, r in zip(made, revisions, strict=True)], known)

    def _known(self, revisions: Sequence[Revision]) -> set[str]:
        """Ids that have revisions already. An id belongs to one kind for ever (STO-010)."""
        ids = [r.record_id for r in revisions]
        if self._empty:  # all that is there came with this call
            found = {} if self._new.keys().isdisjoint(ids) else {
                i: self._new[i] for i in ids if i in self._new}
            self._new.update(zip(ids, [r.kind for r in revisions], strict=True))
            self._new.update(found)
        else:
            found = dict(self._db.execute(
                "SELECT j.value, (SELECT kind FROM revision WHERE record_id = j.value LIMIT 1) "
                "AS held FROM json_each(?) AS j WHERE held IS NOT NULL",
                (json.dumps(list(dict.fromkeys(ids))),)).fetchall())
        if not found and len(set(ids)) == len(ids):
            return set()
        kinds = dict(found)
        for r in revisions:
            held = kinds.setdefault(r.record_id, r.kind)
            if held != r.kind:
                raise LandReleaseError(REVISION_REFUSED, record=r.record_id, field="kind",
                                       found=r.kind, expected=f"{held}, which it is")
        return set(found)

    def finish(self) -> None:
        for name in self._dropped:
            self._db.execute(layout.REVISION_INDEXES[name])
        self._forward.finish()


def _no_signature_twice(db: sqlite3.Connection, revisions: Sequence[Revision]) -> None:
    """A signed revision is recorded once: it cannot be played again later."""
    seen: set[str] = set()
    for r in revisions:
        if not r.signature:
            continue
        held = db.execute("SELECT 1 FROM revision WHERE signature = ? LIMIT 1",
                          (r.signature,)).fetchone()
        if held is not None or r.signature in seen:
            raise LandReleaseError(SIGNED_TWICE, record=r.record_id)
        seen.add(r.signature)


def _last_number(db: sqlite3.Connection) -> int:
    return int(db.execute("SELECT ifnull(max(number), 0) FROM revision").fetchone()[0])


def _chains(db: sqlite3.Connection) -> list[Chain]:
    out = []
    for key, name, office, genesis, first, public_key, own in db.execute(
            "SELECT number, id, office, genesis, first, public_key, own FROM chain "
            "ORDER BY own DESC, id").fetchall():
        end = db.execute("SELECT position, hash FROM revision WHERE chain = ? "
                         "ORDER BY position DESC LIMIT 1", (key,)).fetchone()
        position, head = end or (first - 1, genesis)
        out.append(Chain(name, office, genesis, first, position, head, bool(own), public_key))
    return out


def _already_recorded(db: sqlite3.Connection, revisions: Sequence[Revision]) -> bool:
    """Whether a record of these has a revision from the same source.

    Other records of the same source and kind are no repeat: a file may have several layers.
    """
    by_source: dict[str, set[str]] = {}
    for r in revisions:
        if r.source:
            by_source.setdefault(r.source, set()).add(r.record_id)
    return any(
        db.execute("SELECT 1 FROM json_each(?) AS j JOIN revision AS r ON r.record_id = j.value "
                   "WHERE r.source = ? LIMIT 1", (json.dumps(list(ids)), source)).fetchone()
        for source, ids in by_source.items())


def _already_waiting(db: sqlite3.Connection, report: ImportReport,
                     waiting: Sequence[QuarantinedRow]) -> bool:
    """Whether every row stands in quarantine from the same source, whatever the file's name."""
    held = {rows.same_row(json.loads(content)) for (content,) in db.execute(
        "SELECT content FROM quarantine WHERE source = ? AND kind = ?",
        (report.source, report.kind))}
    return all(rows.same_row(json.loads(rows.to_json(rows.as_dict(row)))) in held
               for row in waiting)
