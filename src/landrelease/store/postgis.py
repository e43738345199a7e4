"""A registry in PostgreSQL with PostGIS, for many users at once.

One schema holds one registry, with the tables and layers of a registry file; texts of the chain
stand as texts, so that hashes, order and bytes are those of a file. One call that writes is one
transaction; writers take turns (an advisory lock of the schema), readers read one snapshot and wait
for nobody. A write whose end is in doubt, because the connection broke or the server was restarted,
is recognised by its token when it is tried again: it is never lost and never done twice.
"""

# Identifiers come from store/layout.py and the registry's kinds and are quoted; values are bound.
# ruff: noqa: S608

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import psycopg
import shapely

from landrelease.core import descent
from landrelease.core.boxes import Boxes
from landrelease.core.finding import ImportReport, Intake
from landrelease.core.personal import (
    ERASED,
    SALT_BYTES,
    author_id,
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
    POSTGRES_UNREACHABLE,
    QUARANTINE_REFUSED,
    QUARANTINE_UNKNOWN,
    REGISTRY_CLOSED,
    REGISTRY_DAMAGED,
    REGISTRY_EXISTS,
    REGISTRY_MISSING,
    REGISTRY_MOVED_ON,
    REGISTRY_NEWER,
    REGISTRY_OLDER,
    REVISION_REFUSED,
    SOURCE_DIFFERS,
    SOURCE_NOT_KEPT,
    SOURCE_TWICE,
    SOURCE_UNKNOWN,
    LandReleaseError,
)
from landrelease.store import audit, layers, layout, pg_layers, pg_questions, pg_server, rows
from landrelease.store.audit import Difference
from landrelease.store.copy import TABLES, Dump
from landrelease.store.registry import (
    AuditFinding,
    Edit,
    PackageEntry,
    PersonalValue,
    QuarantineEntry,
    QuarantineStatus,
)
from landrelease.store.search import Question

_PIECE = 20_000

Result = TypeVar("Result")


def _again(method: Callable[..., Result]) -> Callable[..., Result]:
    """A question that is asked again where the connection broke, until the time to wait is over."""
    @functools.wraps(method)
    def asked(self: PostgisRegistry, *args: Any, **kwargs: Any) -> Result:
        return self._insist(lambda: method(self, *args, **kwargs))
    return asked


class PostgisRegistry:
    """A registry in a schema of PostgreSQL; implements `store.registry.Registry`.

    Open it with `store.open`. One object is one connection and serves one thread. Works as a
    context manager. `address` never holds the password.
    """

    def __init__(self, address: str, *, writable: bool = True, wait_s: float = 20.0,
                 now: Callable[[], datetime]):
        self._conninfo, self._schema, self.address = pg_server.parsed(address)
        self._now, self._wait_s, self._writable = now, wait_s, writable
        self._db: psycopg.Connection[Any] | None = None
        self._closed = False
        self._prepared = False
        self._doubtful: dict[str, str] = {}  # content -> token of a write given up in doubt
        self._connect_first()
        try:
            self.office, self.chain = self._recognise()
            self._extension = self.setting("extension")
            self._kinds: Mapping[str, Kind] = rows.kinds_with(self._extension)
            self._lacking = self._lacking_columns()
            if writable and self._lacking:
                with contextlib.suppress(LandReleaseError):
                    self._write(lambda db: None)  # a write completes the layout first
                    self._lacking = self._lacking_columns()
        except BaseException:
            self.close()
            raise

    def _lacking_columns(self) -> dict[str, frozenset[str]]:
        """Kind -> the columns of its layer that there are not, because an earlier version made it,
        which did not know the kind or some of its fields yet: nothing of them was ever recorded.
        Nobody may write here, or somebody else writes just now."""
        with self._read() as db:
            have = pg_layers.columns_held(db)
        lacking = {kind.name: frozenset(layout.columns_of(kind)) - have.get(kind.name, set())
                   for kind in self._kinds.values()}
        return {name: columns for name, columns in lacking.items() if columns}

    def _without_layer(self, kind: Kind) -> bool:
        return "record_id" in self._lacking.get(kind.name, ())

    @classmethod
    def create(cls, address: str, *, office: str, now: Callable[[], datetime],
               created: str | None = None) -> PostgisRegistry:
        """A new registry: a schema in an existing database, made whole or not at all."""
        if not office.strip():
            raise LandReleaseError(REVISION_REFUSED, record="registry", field="office",
                                   found="nothing", expected="the name of the office")
        info, schema, shown = pg_server.parsed(address)
        since = created or rows.instant(now())
        with pg_server.connect(info, shown) as db, pg_server.speaking(shown, 20.0):
            pg_server.need_postgis(db, shown)
            with db.transaction():
                taken = db.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s",
                                   (schema,)).fetchone()
                if taken is not None:
                    raise LandReleaseError(REGISTRY_EXISTS, address=shown)
                db.execute(f"CREATE SCHEMA {layout.quoted(schema)}")
                db.execute(f"REVOKE ALL ON SCHEMA {layout.quoted(schema)} FROM PUBLIC")
                pg_server.use_schema(db, schema)
                db.execute(pg_layers.TABLES)
                with db.cursor() as cursor:
                    cursor.executemany("INSERT INTO setting (name, value) VALUES (%s, %s)", [
                        ("layout", str(layout.LAYOUT)), ("program", "landrelease"),
                        ("office", office.strip()), ("created", since),
                        ("head", GENESIS), ("count", "0")])
                db.execute(
                    "INSERT INTO chain (number, id, office, genesis, first, public_key, own) "
                    "VALUES (1, %s, %s, %s, 1, '', 1)",
                    (rows.chain_id(office.strip(), since), office.strip(), GENESIS))
                for kind in KINDS.values():
                    pg_layers.create_layer(db, kind)
        return cls(address, now=now)

    @classmethod
    def filled(cls, address: str, *, office: str, created: datetime, dump: Dump) -> None:
        """A registry with the content of another one; nothing is left where that fails."""
        registry = cls.create(address, office=office, now=lambda: created)
        try:
            def work(db: psycopg.Connection[Any]) -> None:
                db.execute("SET LOCAL statement_timeout = 0")  # a whole registry takes its time
                for table in reversed(TABLES):
                    if table != "revision":
                        db.execute(f"DELETE FROM {layout.quoted(table)}")
                for table, columns in TABLES.items():
                    names = ", ".join(map(layout.quoted, columns))
                    with db.cursor() as cursor, cursor.copy(
                            f"COPY {layout.quoted(table)} ({names}) FROM STDIN") as copy:
                        for row in dump(table):
                            copy.write_row(row)
                    if table in pg_layers.NUMBERED:
                        db.execute(f"SELECT setval(pg_get_serial_sequence(%s, 'number'), "
                                   f"(SELECT max(number) FROM {layout.quoted(table)}))",
                                   (layout.quoted(table),))
                # The boxes follow from the geometries; the guard lets a revision be as it is.
                db.execute("ALTER TABLE revision DISABLE TRIGGER revision_stays")
                db.execute("UPDATE revision SET box = ST_Envelope(ST_SetSRID("
                           f"ST_GeomFromWKB(geometry), {layout.SRS})) WHERE geometry IS NOT NULL "
                           "AND ST_Dimension(ST_Envelope(ST_GeomFromWKB(geometry))) = 2")
                db.execute("UPDATE revision SET box = ST_Expand(ST_SetSRID("
                           f"ST_GeomFromWKB(geometry), {layout.SRS}), 1e-9) WHERE geometry IS NOT "
                           "NULL AND box IS NULL AND NOT ST_IsEmpty(ST_GeomFromWKB(geometry))")
                db.execute("ALTER TABLE revision ENABLE TRIGGER revision_stays")

            registry._write(work)
            registry._extension = registry.setting("extension")
            registry._kinds = rows.kinds_with(registry._extension)
            registry._prepared = False
            registry.restore_layers()
        except BaseException:
            with contextlib.suppress(psycopg.Error, LandReleaseError):
                registry._open_db().execute(
                    f"DROP SCHEMA {layout.quoted(registry._schema)} CASCADE")
            raise
        finally:
            registry.close()

    @contextlib.contextmanager
    def dump(self) -> Iterator[Dump]:
        """The rows of all tables, of one moment (see `store.copy`)."""
        with self._read() as db:
            def rows_of(table: str) -> Iterator[tuple[Any, ...]]:
                return pg_questions.streamed(
                    db, f"SELECT {', '.join(map(layout.quoted, TABLES[table]))} "
                    f"FROM {layout.quoted(table)} ORDER BY 1",
                    10 if table in ("source_file", "package") else 2_000)

            yield rows_of

    # --- reading ---------------------------------------------------------------------------------

    @property
    def kinds(self) -> Mapping[str, Kind]:
        """The kinds with those of the national extension, also of one that came in meanwhile."""
        if not self._closed:
            found = self.setting("extension")
            if found != self._extension:
                self._kinds, self._extension = rows.kinds_with(found), found
        return self._kinds

    @_again
    def head(self) -> str:
        """The hash that names all that is here (see `Registry.head`)."""
        with self._read() as db:
            return rows.heads_hash(((c.id, c.position, c.head) for c in pg_questions.chains_of(db)),
                                   empty=GENESIS)

    @_again
    def chains(self) -> list[Chain]:
        """All chains: the own one first, then by id."""
        with self._read() as db:
            return pg_questions.chains_of(db)

    @_again
    def count(self) -> int:
        """Number of revisions."""
        with self._read() as db:
            return int(pg_questions.row_of(db, "SELECT count(*) FROM revision")[0])

    @_again
    def setting(self, name: str) -> str | None:
        """A setting of the registry; None where it was never made."""
        with self._read() as db:
            found = db.execute("SELECT value FROM setting WHERE name = %s", (name,)).fetchone()
        return None if found is None else str(found[0])

    def keep_setting(self, name: str, value: str) -> str:
        """Store a setting unless it is there already; returns the one that stands."""
        def work(db: psycopg.Connection[Any]) -> str:
            db.execute("INSERT INTO setting (name, value) VALUES (%s, %s) ON CONFLICT DO NOTHING",
                       (name, value))
            return str(pg_questions.row_of(
                db, "SELECT value FROM setting WHERE name = %s", (name,))[0])

        return self._write(work, done=value)

    def load_extension(self, text: str) -> None:
        """Set the national extension; the layers get its fields in the same transaction."""
        from landrelease.core.extension import extended, read_extension

        kinds = extended(KINDS, read_extension(text, self.address))

        def work(db: psycopg.Connection[Any]) -> None:
            db.execute("INSERT INTO setting (name, value) VALUES ('extension', %s) "
                       "ON CONFLICT (name) DO UPDATE SET value = excluded.value", (text,))
            pg_layers.complete(db, kinds)

        self._write(work)
        self._kinds, self._extension = kinds, text

    @_again
    def records(self, kind: str, *, valid_at: date | None = None,
                known_at: datetime | None = None) -> list[Record]:
        """Records of a kind, ordered by id (see `Registry.records`). STO-010, STO-017."""
        layer = rows.kind_of(kind, self.kinds)
        until, day = pg_questions.until(valid_at, known_at)
        if self._without_layer(layer):
            return []
        with self._read() as db:
            if valid_at is None and known_at is None:
                found = rows.stored(db.execute(
                    f"SELECT {layers.REVISION} FROM {layout.quoted(layer.name)} AS k "
                    "JOIN revision AS r ON r.number = k.revision "
                    "JOIN chain AS c ON c.number = r.chain ORDER BY k.record_id"), self._kinds)
                named = db.execute(
                    "SELECT record_id, source FROM revision WHERE kind = %s AND source <> '' "
                    "ORDER BY number", (kind,)).fetchall()
            else:
                everything = rows.stored(db.execute(
                    f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} "
                    f"WHERE r.kind = %s AND {pg_questions.KNOWN_THEN} ORDER BY r.number",
                    (kind, until, day)), self._kinds)
                named = [(s.revision.record_id, s.revision.source) for s in everything
                         if s.revision.source]
                found = sorted(descent.current(everything).values(),
                               key=lambda s: s.revision.record_id.encode())
        return rows.records_of(found, named)

    @_again
    def find(self, kind: str, *, bounds: tuple[float, float, float, float] | None = None,
             where: Mapping[str, Any] | None = None, valid_at: date | None = None,
             known_at: datetime | None = None, after: str = "", limit: int = 100) -> list[Record]:
        """The first records by id in a window and with these values (see `Registry.find`)."""
        until, day = pg_questions.until(valid_at, known_at)
        question = Question(rows.kind_of(kind, self.kinds), bounds, where, valid_at,
                            None if known_at is None else until)
        lacking = self._lacking.get(kind, frozenset())
        if self._without_layer(question.kind) or not lacking.isdisjoint(where or ()):
            return []
        with self._read() as db:
            found = pg_layers.records_found(db, question, self._kinds, after, limit, until, day)
            named = db.execute(
                "SELECT r.record_id, r.source FROM revision AS r WHERE r.record_id = ANY(%s) "
                f"AND r.source <> '' AND {pg_questions.KNOWN_THEN} ORDER BY r.number",
                ([s.revision.record_id for s in found], until, day)).fetchall()
        return rows.records_of(found, named)

    @_again
    def ordered(self, kind: str, field: str, *, down: bool = False,
                where: Mapping[str, Any] | None = None, after: tuple[Any, str] | None = None,
                limit: int = 100) -> list[tuple[Any, Record]]:
        """The first current records by a field, then by id (see `Registry.ordered`)."""
        question = Question(rows.kind_of(kind, self.kinds), None, where, None, None)
        known = question.field(field)
        if limit < 1:
            return []
        with self._read() as db:
            cells, found = pg_layers.ordered(db, question, self._kinds, known, down, after, limit)
            named = db.execute(
                "SELECT r.record_id, r.source FROM revision AS r WHERE r.record_id = ANY(%s) "
                "AND r.source <> '' ORDER BY r.number",
                ([s.revision.record_id for s in found],)).fetchall()
        return list(zip(cells, rows.records_of(found, named), strict=True))

    @_again
    def matching(self, kind: str, field: str, holds: Callable[[str | None], bool], *,
                 where: Mapping[str, Any] | None = None, beside: str = "", most: int = 2_000
                 ) -> list[tuple[str, Any]] | None:
        """Ids of current records whose text in a field passes (see `Registry.matching`)."""
        question = Question(rows.kind_of(kind, self.kinds), None, where, None, None)
        known, other = question.field(field), question.field(beside) if beside else None
        with self._read() as db:
            return pg_layers.matching(db, question, known, other, holds, most)

    @_again
    def last(self, kind: str) -> int:
        """The highest number of a revision of a kind; 0 where there is none."""
        with self._read() as db:
            return pg_layers.last_of(db, kind)

    @_again
    def first_day(self, kind: str) -> date | None:
        """The earliest date of information of the current records of a kind. STO-010."""
        layer = rows.kind_of(kind, self.kinds)
        with self._read() as db:
            (found,) = pg_questions.row_of(
                db, f"SELECT min(valid_from) FROM {layout.quoted(layer.name)}")
        return None if found is None else date.fromisoformat(str(found))

    @_again
    def boxes(self, kind: str, names: Sequence[str], ids: Sequence[str] | None = None) -> Boxes:
        """The boxes of the current records of a kind (see `Registry.boxes`). STO-010."""
        layer = rows.kind_of(kind, self.kinds)
        if self._without_layer(layer) or layer.geometry == "none":
            return Boxes.gathered(self.last(kind), ())
        with self._read() as db:
            return pg_layers.boxes(db, layer, names, ids)

    @_again
    def revised(self, kind: str, since: int, *, several: bool = False) -> dict[str, list[int]]:
        """Records with a revision of a number above `since`, with the numbers of all of theirs;
        `several`: of those that have more than one."""
        with self._read() as db:
            return pg_layers.revised(db, kind, since, several)

    @_again
    def drawn(self, numbers: Sequence[int]) -> list[tuple[str, str, str, bytes]]:
        """(record id, level, values as JSON, place as WKB) of revisions, in the numbers' order."""
        with self._read() as db:
            return pg_layers.drawn(db, numbers)

    @_again
    def ids(self, kind: str) -> set[str]:
        """Ids of all records of a kind that the chains hold."""
        layer = rows.kind_of(kind, self.kinds)
        if self._without_layer(layer):
            return set()
        with self._read() as db:
            return {i for (i,) in db.execute(
                f"SELECT record_id FROM {layout.quoted(layer.name)}")}

    @_again
    def history(self, record_id: str) -> list[StoredRevision]:
        """All revisions of a record, in the order of their arrival; empty for an unknown one."""
        with self._read() as db:
            return pg_questions.histories(db, [record_id], self._kinds).get(record_id, [])

    @_again
    def histories(self, record_ids: Sequence[str]) -> dict[str, list[StoredRevision]]:
        """`history` of many records, of one state of the registry; unknown ones are left out."""
        with self._read() as db:
            return pg_questions.histories(db, record_ids, self._kinds)

    def revisions(self, chain: str | None = None, *, after: int = 0,
                  limit: int | None = None) -> Iterator[StoredRevision]:
        """Revisions of a chain by position, or all by number, after that one; read in pieces."""
        left = float("inf") if limit is None else limit
        by = "r.number" if chain is None else "r.position"

        def piece(since: int, size: int) -> list[Any]:
            with self._read() as db:
                return db.execute(
                    f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE {by} > %s "
                    f"AND (%s::text IS NULL OR c.id = %s) ORDER BY {by} LIMIT %s",
                    (since, chain, chain, size)).fetchall()

        while left > 0:
            since, size = after, int(min(left, _PIECE))
            found = self._insist(functools.partial(piece, since, size))
            if not found:
                return
            yield from rows.stored(found, self._kinds)
            left -= len(found)
            after = found[-1][0] if chain is None else found[-1][2]

    @_again
    def hash_at(self, chain: str, position: int) -> str | None:
        """The hash that stands at a position, whether or not the revision can be read."""
        with self._read() as db:
            found = db.execute(
                "SELECT r.hash FROM revision AS r JOIN chain AS c ON c.number = r.chain "
                "WHERE c.id = %s AND r.position = %s", (chain, position)).fetchone()
        return None if found is None else str(found[0])

    def tips(self, record_id: str) -> tuple[str, ...]:
        """Hashes of the revisions of a record that no other follows; sorted."""
        return tuple(s.hash for s in descent.tips(self.history(record_id)))

    @_again
    def contested(self) -> list[str]:
        """Ids of records of which offices say different things; in order."""
        with self._read() as db:
            shared = [i for (i,) in db.execute(
                "SELECT record_id FROM revision WHERE record_id IN (SELECT r.record_id FROM "
                "revision AS r JOIN chain AS c ON c.number = r.chain WHERE c.own = 0) "
                "GROUP BY record_id HAVING count(DISTINCT chain) > 1 ORDER BY record_id")]
            return [i for piece in layers.pieces(shared, 1_000)
                    for i, line in sorted(pg_questions.histories(db, piece, self._kinds).items())
                    if descent.in_conflict(line)]

    @_again
    def knows_source(self, sha256: str) -> bool:
        with self._read() as db:
            return db.execute("SELECT 1 FROM source_file WHERE sha256 = %s",
                              (sha256,)).fetchone() is not None

    @_again
    def sources(self) -> dict[str, str]:
        """SHA-256 -> file name of all that came in, in the order of arrival."""
        with self._read() as db:
            return dict(db.execute(
                "SELECT sha256, name FROM source_file ORDER BY number").fetchall())

    @_again
    def source_content(self, sha256: str) -> bytes:
        """The file as it came in. STO-012: unknown. STO-013: not kept, or erased. STO-005."""
        with self._read() as db:
            row = db.execute("SELECT name, size, compression, content FROM source_file "
                             "WHERE sha256 = %s", (sha256,)).fetchone()
        if row is None:
            raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256)
        name, size, compression, content = row
        if content is None:
            raise LandReleaseError(SOURCE_NOT_KEPT, file=name, sha256=sha256, size=size,
                                   limit=rows.SOURCE_CONTENT_LIMIT)
        found = rows.unpacked(compression, bytes(content))
        if found is None or hashlib.sha256(found).hexdigest() != sha256:
            raise LandReleaseError(REGISTRY_DAMAGED, address=self.address,
                                   found=f"the kept content of {name} does not have its SHA-256")
        return found

    @_again
    def imports(self) -> list[tuple[datetime, ImportReport]]:
        """When each import was written, and its report, in order."""
        with self._read() as db:
            found = db.execute(
                'SELECT imported_at, report FROM "import" ORDER BY number').fetchall()
        return [(datetime.fromisoformat(at), rows.report_of(json.loads(text)))
                for at, text in found]

    @_again
    def quarantine(self, status: QuarantineStatus | None = "waiting", number: int | None = None
                   ) -> list[QuarantineEntry]:
        """Quarantined rows by number; `status` None: of any; `number`: this one alone."""
        if number is not None and not rows.is_number(number):
            return []
        one = ("", ()) if number is None else ("number = %s AND ", (number,))
        with self._read() as db:
            found = db.execute(
                "SELECT number, status, reason, decided_by, content FROM quarantine "
                f"WHERE {one[0]}(%s::text IS NULL OR status = %s) ORDER BY number",
                (*one[1], status, status)).fetchall()
        return [QuarantineEntry(number, rows.quarantined_of(json.loads(content)), stands, reason,
                                by)
                for number, stands, reason, by, content in found]

    @_again
    def quarantine_state(self) -> tuple[int, int]:
        """(rows that wait, highest number of any row)."""
        with self._read() as db:
            found = db.execute("SELECT count(*) FILTER (WHERE status = 'waiting'), "
                               "coalesce(max(number), 0) FROM quarantine").fetchone()
        return (0, 0) if found is None else (int(found[0]), int(found[1]))

    @_again
    def name_of(self, author: str) -> str:
        """The name behind an id; "erased person" once it was erased; other words as they are."""
        with self._read() as db:
            found = db.execute("SELECT name FROM person_name WHERE id = %s", (author,)).fetchone()
        if found is None:
            return author
        return ERASED if found[0] is None else str(found[0])

    @_again
    def personal(self, record_id: str) -> list[PersonalValue]:
        """The personal values of a record, the erased ones with their commitment only."""
        with self._read() as db:
            found = db.execute(
                "SELECT field, commitment, salt, value FROM personal_value WHERE record_id = %s "
                "ORDER BY number", (record_id,)).fetchall()
        return [PersonalValue(record_id, name, mark, salt,
                              None if value is None else json.loads(value))
                for name, mark, salt, value in found]

    @_again
    def packages(self) -> list[PackageEntry]:
        """All packages that went out or came in, in their order."""
        with self._read() as db:
            found = db.execute("SELECT sha256, name, direction, status, at, about, content "
                               "FROM package ORDER BY number").fetchall()
        return [PackageEntry(sha256, name, direction, status, datetime.fromisoformat(at), about,
                             None if content is None else bytes(content))
                for sha256, name, direction, status, at, about, content in found]

    # --- writing ---------------------------------------------------------------------------------

    def take_in(self, intake: Intake, *, upon: str | None = None) -> ImportReport:
        """Write a whole import in one transaction (see the file's `take_in` for what it raises)."""
        report = intake.report
        rows.kind_of(report.kind, self.kinds)
        if len(intake.quarantined) != report.quarantined:
            raise LandReleaseError(COUNTS_DIFFER, file=report.file, expected=report.quarantined,
                                   found=len(intake.quarantined))
        found = hashlib.sha256(intake.content).hexdigest()
        if found != report.source:
            raise LandReleaseError(SOURCE_DIFFERS, file=report.file, found=found,
                                   expected=report.source)
        packed = None if self.knows_source(found) else rows.packed(intake.content)

        def work(db: psycopg.Connection[Any]) -> ImportReport:
            if upon is not None and upon != rows.heads_hash(
                    ((c.id, c.position, c.head) for c in pg_questions.chains_of(db)),
                    empty=GENESIS):
                raise LandReleaseError(REGISTRY_MOVED_ON, file=report.file, address=self.address)
            before = db.execute(
                'SELECT imported_at FROM "import" WHERE source = %s AND kind = %s '
                "ORDER BY number LIMIT 1", (report.source, report.kind)).fetchone()
            if before is not None:
                if pg_questions.already_recorded(db, intake.revisions):
                    raise LandReleaseError(SOURCE_TWICE, file=report.file, sha256=report.source,
                                           kind=report.kind, day=before[0][:10])
                if not intake.revisions and pg_questions.already_waiting(db, intake):
                    return report
            now = rows.instant(self._now())
            if packed is not None:
                db.execute(
                    "INSERT INTO source_file (sha256, name, size, came_in_at, compression, "
                    "content) VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                    (found, report.file, len(intake.content), now, *packed))
            self._append(db, list(intake.revisions), intake.personal)
            number = pg_questions.row_of(
                db, 'INSERT INTO "import" (imported_at, source, file, kind, read, accepted, '
                "merged, quarantined, revisions, report) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, "
                "%s, %s) RETURNING number",
                (now, report.source, report.file, report.kind, report.read, report.accepted,
                 report.merged, report.quarantined, len(intake.revisions),
                 rows.to_json(asdict(report))))[0]
            with db.cursor() as cursor:
                cursor.executemany(
                    "INSERT INTO quarantine (import, source, file, row, kind, status, reason, "
                    "decided_by, decisions, content) "
                    "VALUES (%s, %s, %s, %s, %s, 'waiting', '', '', '[]', %s)",
                    [(number, row.source, row.file, row.row, row.kind,
                      rows.to_json(rows.as_dict(row))) for row in intake.quarantined])
            return report

        return self._write(work, done=report)

    def append(self, revisions: Iterable[Revision], *,
               personal: Mapping[str, Mapping[str, Any]] | None = None) -> str:
        """Append revisions to the own chain in one transaction; returns the new head."""
        self.kinds  # noqa: B018  an extension that came in meanwhile counts
        listed = list(revisions)  # a write that is tried again needs them again

        def work(db: psycopg.Connection[Any]) -> str:
            self._append(db, listed, personal or {})
            return rows.heads_hash(((c.id, c.position, c.head) for c in pg_questions.chains_of(db)),
                                   empty=GENESIS)

        return self._write(work, done="", same=pg_questions.digest(listed, personal)) or self.head()

    def admit(self, chain: Chain, revisions: Iterable[StoredRevision], *,
              receipt: Revision) -> int:
        """Take revisions of another office's chain in (see `Registry.admit`). STO-027."""
        listed = list(revisions)

        def broken(position: int, found: str) -> LandReleaseError:
            return LandReleaseError(CHAIN_BROKEN, chain=chain.id, office=chain.office,
                                    position=position, found=found)

        if chain.id == self.chain or not rows.CHAIN_ID.fullmatch(chain.id):
            raise broken(chain.first, "it is not the chain of another office")

        def work(db: psycopg.Connection[Any]) -> int:
            held = {c.id: c for c in pg_questions.chains_of(db)}.get(chain.id)
            if held is None:
                db.execute(
                    "INSERT INTO chain (number, id, office, genesis, first, public_key, own) "
                    "SELECT max(number) + 1, %s, %s, %s, %s, %s, 0 FROM chain",
                    (chain.id, chain.office, chain.genesis, chain.first, chain.public_key))
                held = replace(chain, position=chain.first - 1, head=chain.genesis, own=False)
            elif (held.genesis, held.first) != (chain.genesis, chain.first):
                raise broken(chain.first, "it begins otherwise than the chain that is here")
            elif chain.public_key and not held.public_key:
                db.execute("UPDATE chain SET public_key = %s WHERE id = %s",
                           (chain.public_key, chain.id))
            key = pg_questions.row_of(db, "SELECT number FROM chain WHERE id = %s", (chain.id,))[0]
            number, since = pg_questions.last_number(db), rows.instant(receipt.recorded_at)
            position, head, new = held.position, held.head, 0
            for piece in layers.pieces(listed, _PIECE):
                prepared = rows.prepare([s.revision for s in piece], self._kinds,
                                        values=False)
                made = []
                for stored, p in zip(piece, prepared, strict=True):
                    if stored.position <= position:
                        there = db.execute("SELECT hash FROM revision WHERE chain = %s AND "
                                           "position = %s", (key, stored.position)).fetchone()
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
                self._keep(db, made, [p.revision for p in prepared[len(prepared) - len(made):]],
                           several=True)
            if new:
                db.execute("UPDATE setting SET value = %s WHERE name = 'count'", (str(number),))
                self._append(db, [receipt], {})
            return new

        return self._write(work, done=len(listed))

    def author(self, name: str) -> str:
        """The id of a person for a name; ids and names of programs go through unchanged (S17)."""
        words = " ".join(name.split())
        if not words or is_person_id(words) or is_program(words):
            return words

        def work(db: psycopg.Connection[Any]) -> str:
            held = db.execute("SELECT id FROM person_name WHERE name = %s", (words,)).fetchone()
            if held is not None:
                return str(held[0])
            salt = secrets.token_hex(SALT_BYTES)
            made = author_id(words, salt)
            db.execute("INSERT INTO person_name (id, salt, name) VALUES (%s, %s, %s)",
                       (made, salt, words))
            return made

        with self._read() as db:
            found = db.execute("SELECT id FROM person_name WHERE name = %s", (words,)).fetchone()
        if found is not None:
            return str(found[0])
        made = self._write(work, done="")
        return made or self.author(words)

    def erase(self, record_id: str, *, decision: Revision) -> int:
        """Erase all personal values of a record and the name behind an id (see `Registry.erase`).

        The tables are vacuumed then; the server's own logs and backups are its keeper's to erase.
        """
        def work(db: psycopg.Connection[Any]) -> int:
            went = db.execute(
                "UPDATE person_name SET salt = NULL, name = NULL "
                "WHERE id = %s AND name IS NOT NULL", (record_id,)).rowcount
            went += db.execute(
                "UPDATE personal_value SET salt = NULL, value = NULL "
                "WHERE record_id = %s AND value IS NOT NULL", (record_id,)).rowcount
            if not went or decision.record_id != record_id \
                    or not decision.reason.startswith(audit.DECISION):
                raise LandReleaseError(NOTHING_PERSONAL, record=record_id)
            self._append(db, [decision], {})
            return went

        went = self._write(work, done=1)
        with contextlib.suppress(psycopg.Error):
            self._open_db().execute("VACUUM person_name, personal_value")
        return went

    def erase_source(self, sha256: str, *, decision: Revision) -> None:
        """Erase the content of a file that came in (see `Registry.erase_source`). STO-012."""
        def work(db: psycopg.Connection[Any]) -> None:
            went = db.execute(
                "UPDATE source_file SET content = NULL, compression = %s WHERE sha256 = %s",
                (audit.ERASED, sha256)).rowcount
            if not went or decision.record_id != f"source:{sha256}" \
                    or not decision.reason.startswith(audit.DECISION):
                raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256)
            for number, content in db.execute(
                    "SELECT number, content FROM quarantine WHERE source = %s",
                    (sha256,)).fetchall():
                db.execute("UPDATE quarantine SET content = %s, reason = '' WHERE number = %s",
                           (rows.to_json(rows.without_content(json.loads(content))), number))
            self._append(db, [decision], {})

        self._write(work)
        with contextlib.suppress(psycopg.Error):
            self._open_db().execute("VACUUM source_file, quarantine")

    def keep_source(self, sha256: str, name: str, content: bytes) -> None:
        """Keep a file that came with a package. STO-014: it does not have that SHA-256."""
        found = hashlib.sha256(content).hexdigest()
        if found != sha256:
            raise LandReleaseError(SOURCE_DIFFERS, file=name, found=found, expected=sha256)
        packed, at = rows.packed(content), rows.instant(self._now())

        def work(db: psycopg.Connection[Any]) -> None:
            db.execute(
                "INSERT INTO source_file (sha256, name, size, came_in_at, compression, content) "
                "VALUES (%s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
                (sha256, name, len(content), at, *packed))

        self._write(work)

    def keep_package(self, sha256: str, name: str, *, direction: str, status: str,
                     about: str = "", content: bytes | None = None) -> None:
        """Note a package that went out or came in; a later status replaces the earlier one."""
        at = rows.instant(self._now())

        def work(db: psycopg.Connection[Any]) -> None:
            db.execute(
                "INSERT INTO package (sha256, name, direction, status, at, about, content) "
                "VALUES (%s, %s, %s, %s, %s, %s, %s) ON CONFLICT (sha256, direction) DO UPDATE SET "
                "status = excluded.status, at = excluded.at, about = excluded.about, "
                "content = excluded.content",
                (sha256, name, direction, status, at, about, content))

        self._write(work)

    def decide_quarantine(self, number: int, status: QuarantineStatus, *, reason: str,
                          decided_by: str, revisions: Sequence[Revision] = (),
                          personal: Mapping[str, Mapping[str, Any]] | None = None) -> None:
        """Decide on a quarantined row, in one transaction with the revisions that it became.

        Raises STO-015: no such row; STO-016: the decision does not fit.
        """
        if not rows.is_number(number):
            raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)

        def work(db: psycopg.Connection[Any]) -> None:
            row = db.execute("SELECT status, decisions FROM quarantine WHERE number = %s",
                             (number,)).fetchone()
            if row is None:
                raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)
            problem = rows.decision_problem(row[0], status, reason, decided_by, revisions)
            if problem:
                raise LandReleaseError(QUARANTINE_REFUSED, number=number, status=row[0],
                                       problem=problem)
            self._append(db, list(revisions), personal or {})
            decisions = [*json.loads(row[1]), {"status": status, "reason": reason,
                                               "decided_by": decided_by,
                                               "decided_at": rows.instant(self._now())}]
            db.execute(
                "UPDATE quarantine SET status = %s, reason = %s, decided_by = %s, "
                "decisions = %s WHERE number = %s",
                (status, reason, decided_by, rows.to_json(decisions), number))

        self._write(work)

    def _append(self, db: psycopg.Connection[Any], revisions: list[Revision],
                personal: Mapping[str, Mapping[str, Any]]) -> None:
        """Link revisions to the own chain and bring the layers up to date."""
        if not revisions:
            return
        chains = pg_questions.chains_of(db)
        own = chains[0]
        several, number = len(chains) > 1, pg_questions.last_number(db)
        key = pg_questions.row_of(db, "SELECT number FROM chain WHERE own = 1")[0]
        position, head = own.position, own.head
        marks = pg_questions.keep_personal(db, revisions, personal)
        place = 0
        for piece in layers.pieces(revisions, _PIECE):
            prepared = rows.prepare(piece, self._kinds)
            if marks:
                prepared = [p.with_links(commitments=marks.get(place + n))
                            for n, p in enumerate(prepared)]
            if several:
                prepared = rows.following(
                    prepared, pg_questions.histories(
                        db, list({p.revision.record_id for p in prepared}), self._kinds),
                    self.chain)
            made = []
            for p in prepared:
                number, position = number + 1, position + 1
                row = p.row(number=number, chain=key, position=position, previous=head)
                head = row[-1]
                made.append(row)
            self._keep(db, made, [p.revision for p in prepared], several=several)
            place += len(piece)
        with db.cursor() as cursor:
            cursor.executemany("UPDATE setting SET value = %s WHERE name = %s",
                               [(head, "head"), (str(number), "count")])

    def _keep(self, db: psycopg.Connection[Any], made: list[tuple[Any, ...]],
              revisions: Sequence[Revision], *, several: bool) -> None:
        """Write rows of revisions and bring the layers forward."""
        if not made:
            return
        known = pg_questions.known_ids(db, revisions)
        pg_questions.no_signature_twice(db, revisions)
        boxes = shapely.bounds(rows.array_of([r.geometry for r in revisions]))
        corners = shapely.box(*boxes.T)
        ewkb = shapely.to_wkb(shapely.set_srid(corners, layout.SRS), hex=True, include_srid=True)
        columns = ", ".join(map(layout.quoted, (*rows.COLUMNS, "box")))
        with db.cursor() as cursor, cursor.copy(f"COPY revision ({columns}) FROM STDIN") as copy:
            for row, box, there in zip(made, ewkb, ~np.isnan(boxes[:, 0]), strict=True):
                copy.write_row((*row, box if there else None))
        by_kind: dict[str, list[tuple[int, Revision]]] = {}
        for row, r in zip(made, revisions, strict=True):
            by_kind.setdefault(r.kind, []).append((row[0], r))
        for name, arrived in by_kind.items():
            self._forward(db, self._kinds[name], arrived, known, several=several)

    def _forward(self, db: psycopg.Connection[Any], kind: Kind,
                 arrived: list[tuple[int, Revision]], known: set[str], *, several: bool) -> None:
        """Bring arrived revisions of a kind forward into its layer."""
        table = layout.quoted(kind.name)
        again = list({r.record_id for _, r in arrived if r.record_id in known})
        there: dict[str, tuple[date | None, int]] = {}
        if again:
            there = {i: (day, number) for i, day, number in db.execute(
                f"SELECT record_id, valid_from, revision FROM {table} "
                "WHERE record_id = ANY(%s)", (again,))}
        current: dict[str, tuple[int, Revision]] = {}
        for number, r in arrived:
            if several and r.record_id in known:
                continue
            i = r.record_id
            held = current[i][1].valid_from if i in current else \
                there[i][0] if i in there else None
            if (i in current or i in there) and descent.dated_before(r.valid_from, held):
                continue
            current[i] = (number, r)
        if several and again:
            for record_id, line in pg_questions.histories(db, again, self._kinds).items():
                best = descent.current_of(line)
                if record_id not in there or there[record_id][1] != best.number:
                    current[record_id] = (best.number, best.revision)
        if current:
            pg_layers.write_layer(db, kind, list(current.values()))

    # --- the audit -------------------------------------------------------------------------------

    @_again
    def audit(self) -> list[AuditFinding]:
        """Recompute the chains, the layers, the sources, the personal values, the receipts."""
        out: list[AuditFinding] = []
        with self._read() as db:
            chains = pg_questions.chains_of(db)
            setting = dict(db.execute(
                "SELECT name, value FROM setting WHERE name IN ('head', 'count')").fetchall())
            audit.chain(pg_questions.streamed(
                db, f"SELECT {layers.REVISION} FROM revision AS r LEFT JOIN chain AS c "
                "ON c.number = r.chain ORDER BY r.number"), chains, setting, out)
            for kind in self._kinds.values():
                out.extend(map(audit.finding_of, self._differences(db, kind)))
            decided = {i for (i,) in db.execute(
                "SELECT DISTINCT r.record_id FROM revision AS r JOIN chain AS c "
                "ON c.number = r.chain WHERE c.own = 1 AND r.reason LIKE 'erased: %'")}
            audit.sources(
                db.execute('SELECT DISTINCT source, file FROM "import" '
                           "WHERE source NOT IN (SELECT sha256 FROM source_file)").fetchall(),
                pg_questions.streamed(
                    db, "SELECT sha256, name, compression, content FROM source_file", 1),
                db.execute('SELECT i.file, i.quarantined, count(q.number) FROM "import" AS i '
                           "LEFT JOIN quarantine AS q ON q.import = i.number "
                           "GROUP BY i.number, i.file, i.quarantined "
                           "HAVING count(q.number) <> i.quarantined").fetchall(), decided, out)
            audit.personal(
                db.execute("SELECT r.record_id, r.commitments, c.own FROM revision AS r "
                           "JOIN chain AS c ON c.number = r.chain "
                           "WHERE r.commitments <> ''").fetchall(),
                db.execute("SELECT record_id, field, commitment, salt, value "
                           "FROM personal_value").fetchall(), decided, out)

            def hash_at(name: str, position: int) -> str | None:
                found = db.execute(
                    "SELECT r.hash FROM revision AS r JOIN chain AS c ON c.number = r.chain "
                    "WHERE c.id = %s AND r.position = %s", (name, position)).fetchone()
                return None if found is None else str(found[0])

            audit.receipts(
                db.execute('SELECT r."values" FROM revision AS r JOIN chain AS c '
                           "ON c.number = r.chain WHERE r.kind = 'source' AND c.own = 1 "
                           "ORDER BY r.number").fetchall(), chains, hash_at, out)
        return out

    def _differences(self, db: psycopg.Connection[Any], kind: Kind) -> Iterator[Difference]:
        lacking = self._lacking.get(kind.name, frozenset())
        held: Iterator[tuple[Any, ...]] = iter(()) if self._without_layer(kind) else \
            pg_questions.streamed(
                db, f"SELECT {pg_layers.as_file(kind, lacking)} FROM {layout.quoted(kind.name)} "
                "ORDER BY record_id")
        follows = audit.current(pg_questions.streamed(
            db, f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE r.kind = %s "
            "ORDER BY r.record_id, r.number", parameters=(kind.name,)), self._kinds)
        return audit.compare(kind, held, follows, pg_layers.layer_rows)

    @_again
    def edits(self) -> list[Edit]:
        """Rows of the layers that other programs changed, added or removed."""
        out = []
        with self._read() as db:
            for kind in self._kinds.values():
                for d in self._differences(db, kind):
                    change = "removed" if d.row is None else "changed" if d.explained else "added"
                    out.append(Edit(
                        kind.name, d.record_id, change, d.fields,  # type: ignore[arg-type]
                        None if d.row is None else layout.record_of(kind, d.row, wkb=True)))
        return out

    def restore_layers(self, kinds: Sequence[str] | None = None) -> None:
        """Write the layers anew from the chains."""
        def work(db: psycopg.Connection[Any]) -> None:
            for name in self._kinds if kinds is None else kinds:
                kind = rows.kind_of(name, self._kinds)
                db.execute(f"DELETE FROM {layout.quoted(kind.name)}")
                follows = audit.current(db.execute(
                    f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE r.kind = %s "
                    "ORDER BY r.record_id, r.number", (kind.name,)), self._kinds)
                for piece in layers.pieces(follows, _PIECE):
                    pg_layers.write_layer(db, kind, piece)

        self._write(work)

    def backup(self, path: Path) -> None:
        """A whole copy as a registry file at a new path, of one moment, while others go on."""
        from landrelease.store.copy import copy_registry

        copy_registry(self, str(Path(path).absolute()))

    @property
    def schema(self) -> str:
        """The name of the schema."""
        return self._schema

    def guard(self, statements: Sequence[str]) -> None:
        """Run statements of the second wall (`access.postgres`), in one transaction."""
        def work(db: psycopg.Connection[Any]) -> None:
            for statement in statements:
                db.execute(statement)  # made of names of the policy, quoted there

        self._write(work)

    # --- the connection --------------------------------------------------------------------------

    def close(self) -> None:
        """Close the connection."""
        self._closed = True
        if self._db is not None:
            self._db.close()
            self._db = None

    def __enter__(self) -> PostgisRegistry:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _connect(self) -> None:
        if self._db is not None:
            with contextlib.suppress(psycopg.Error):
                self._db.close()
        self._db = None
        db = pg_server.connect(self._conninfo, self.address)
        pg_server.use_schema(db, self._schema)
        # What is acknowledged is on the disk, also where the server is set to be faster than that.
        db.execute(
            "SELECT set_config('lock_timeout', %s, false), "
            "set_config('statement_timeout', %s, false), set_config('synchronous_commit', "
            "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
            "ELSE current_setting('synchronous_commit') END, false)",
            (str(max(1, int(self._wait_s * 1000))), str(pg_server.STATEMENT_S * 1000)))
        # A write sees what the writer before it committed, whatever the server's default is.
        db.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
        self._db = db

    def _connect_first(self) -> None:
        """Wait for a server that is starting; a wrong address or password is said at once."""
        from psycopg import pq

        until = time.monotonic() + self._wait_s
        while True:
            try:
                return self._connect()
            except LandReleaseError:
                starting = pq.PGconn.ping(self._conninfo.encode()) == pq.Ping.REJECT
                if not starting or time.monotonic() > until:
                    raise
            time.sleep(0.1)

    def _open_db(self) -> psycopg.Connection[Any]:
        if self._closed:
            raise LandReleaseError(REGISTRY_CLOSED, address=self.address)
        if self._db is None or self._db.closed:
            self._connect()
        assert self._db is not None
        return self._db

    def _insist(self, ask: Callable[[], Result]) -> Result:
        """Ask again over a new connection where the old one broke, until the time is over."""
        until, pause = time.monotonic() + self._wait_s, 0.05
        while True:
            try:
                return ask()
            except (psycopg.OperationalError, LandReleaseError) as error:
                if not pg_server.broken(error) or time.monotonic() + pause > until:
                    if isinstance(error, LandReleaseError):
                        raise
                    raise LandReleaseError(POSTGRES_UNREACHABLE, address=self.address,
                                           found=pg_server.first_line(error)) from None
            self._drop()
            time.sleep(pause)
            pause = min(pause * 2, 1.0)

    def _drop(self) -> None:
        if self._db is not None:
            with contextlib.suppress(psycopg.Error):
                self._db.close()
        self._db = None

    @contextlib.contextmanager
    def _read(self) -> Iterator[psycopg.Connection[Any]]:
        """One state of the database for all questions inside."""
        db = self._open_db()
        with pg_server.speaking(self.address, self._wait_s):
            db.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield db
            finally:
                if not db.closed:
                    with contextlib.suppress(psycopg.OperationalError):
                        db.execute("ROLLBACK")

    def _write(self, work: Callable[[psycopg.Connection[Any]], Result], *,
               done: Result | None = None, same: str = "") -> Result:
        """One transaction, tried again where the connection broke; done once, whatever happens.

        `done` is the answer where a broken connection hid that the first try had succeeded.
        `same`: names the content, so that a call after one that was given up is recognised.
        """
        if not self._writable:
            raise LandReleaseError(CANNOT_WRITE, path=self.address,
                                   reason="it was opened for reading only")
        # A call that was given up in doubt and is made again with the same content is the same.
        token = self._doubtful.pop(same, "") if same else ""
        tried = bool(token)
        token = token or secrets.token_hex(16)

        def attempt() -> Result:
            nonlocal tried
            db = self._open_db()
            with pg_server.speaking(self.address, self._wait_s):
                with db.transaction():
                    # One writer at a time in a schema, in the order in which they came. One that
                    # falls asleep in the middle is cut off, so that the others go on.
                    db.execute("SELECT set_config('idle_in_transaction_session_timeout', %s, true),"
                               " pg_advisory_xact_lock(hashtext(%s), hashtext(%s))",
                               (str(pg_server.STATEMENT_S * 1000), "landrelease", self._schema))
                    if tried and db.execute("SELECT 1 FROM written WHERE token = %s",
                                            (token,)).fetchone() is not None:
                        return done  # type: ignore[return-value]
                    tried = True
                    if not self._prepared:
                        pg_layers.complete(db, self._kinds)
                    result = work(db)
                    db.execute("INSERT INTO written (token, at) VALUES (%s, %s)",
                               (token, rows.instant(self._now())))
                    # Nobody tries again after a day.
                    if token[:2] == "00":
                        db.execute("DELETE FROM written WHERE at < %s",
                                   (pg_questions.yesterday(self._now()),))
                self._prepared = True
            return result

        try:
            return self._insist(attempt)
        except LandReleaseError as error:
            if same and tried and error.message is POSTGRES_UNREACHABLE:
                self._doubtful[same] = token
            raise

    def _recognise(self) -> tuple[str, str]:
        """Check that the schema is a registry that this version reads; its office and its chain."""
        def ask() -> tuple[dict[str, str], str] | None:
            with self._read() as db:
                held = db.execute(
                    "SELECT count(*) FROM information_schema.tables WHERE table_schema = %s "
                    "AND table_name IN ('setting', 'chain', 'revision')",
                    (self._schema,)).fetchone()
                if held is None or held[0] == 0:
                    return None
                if held[0] < 3:
                    return {}, ""
                setting = dict(db.execute("SELECT name, value FROM setting").fetchall())
                own = db.execute("SELECT id FROM chain WHERE own = 1").fetchone()
                return setting, "" if own is None else str(own[0])

        found = self._insist(ask)
        if found is None:
            raise LandReleaseError(REGISTRY_MISSING, address=self.address)
        setting, chain = found
        if setting.get("program") != "landrelease" or not setting.get("layout", "").isdigit():
            raise LandReleaseError(NOT_A_REGISTRY, address=self.address,
                                   found="a schema that another program made")
        stands = int(setting["layout"])
        if stands != layout.LAYOUT:
            raise LandReleaseError(
                REGISTRY_NEWER if stands > layout.LAYOUT else REGISTRY_OLDER,
                address=self.address, found=stands, expected=layout.LAYOUT)
        return setting.get("office", ""), chain
