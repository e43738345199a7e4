"""The audit of a registry file: chains, layers, sources, personal values, receipts.

It recomputes everything from what is written, in a stream: memory does not grow with the registry.
"""

# Identifiers cannot be bound; those put into statements here are names of the registry's kinds and
# of store/layout.py, quoted. Values are always bound.
# ruff: noqa: S608

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from landrelease.core.descent import current_of, dated_before
from landrelease.core.personal import commitment
from landrelease.core.record import Kind
from landrelease.core.revision import Chain, Revision, StoredRevision, link
from landrelease.errors import (
    AUDIT_CHANGED,
    AUDIT_COMMITMENT,
    AUDIT_CURRENT_DIFFERS,
    AUDIT_CURRENT_EXTRA,
    AUDIT_CURRENT_MISSING,
    AUDIT_END,
    AUDIT_INDEX,
    AUDIT_LINK,
    AUDIT_QUARANTINE,
    AUDIT_RECEIPT,
    AUDIT_REMOVED,
    AUDIT_SOURCE,
    Message,
)
from landrelease.store import layers, layout, rows
from landrelease.store.registry import AuditFinding

ERASED = "erased"  # in `source_file.compression`
DECISION = "erased: "  # how the reason of a revision begins that erased something
_PIECE = 20_000


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of a layer against what follows from the chains; `row` None: it is missing."""

    kind: str
    record_id: str
    number: int  # of the revision that should be current; 0 where none
    fields: tuple[str, ...]
    row: tuple[Any, ...] | None
    explained: bool  # whether the record has a history at all


def whole(db: sqlite3.Connection, kinds: Mapping[str, Kind], chains: Sequence[Chain]
          ) -> list[AuditFinding]:
    """All findings of a file, STO-101 to STO-112; an empty list is a clean bill."""
    out: list[AuditFinding] = []
    setting = dict(db.execute("SELECT name, value FROM setting WHERE name IN ('head', 'count')"))
    chain(db.execute(f"SELECT {layers.REVISION} FROM revision AS r LEFT JOIN chain AS c "
                     "ON c.number = r.chain ORDER BY r.number"), chains, setting, out)
    for kind in kinds.values():
        for difference in differences(db, kind, kinds):
            out.append(finding_of(difference))
        _index(db, kind, out)
    decided = {i for (i,) in db.execute(
        "SELECT DISTINCT r.record_id FROM revision AS r JOIN chain AS c ON c.number = r.chain "
        "WHERE c.own = 1 AND r.reason LIKE 'erased: %'")}
    sources(
        db.execute('SELECT DISTINCT source, file FROM "import" '
                   "WHERE source NOT IN (SELECT sha256 FROM source_file)"),
        db.execute("SELECT sha256, name, compression, content FROM source_file"),
        db.execute('SELECT i.file, i.quarantined, count(q.number) FROM "import" AS i '
                   "LEFT JOIN quarantine AS q ON q.import = i.number GROUP BY i.number "
                   "HAVING count(q.number) <> i.quarantined"), decided, out)
    personal(
        db.execute("SELECT r.record_id, r.commitments, c.own FROM revision AS r JOIN chain AS c "
                   "ON c.number = r.chain WHERE r.commitments <> ''"),
        db.execute("SELECT record_id, field, commitment, salt, value FROM personal_value"),
        decided, out)
    numbers = dict(db.execute("SELECT id, number FROM chain").fetchall())

    def hash_at(name: str, position: int) -> str | None:
        found = None if name not in numbers else db.execute(
            "SELECT hash FROM revision WHERE chain = ? AND position = ?",
            (numbers[name], position)).fetchone()
        return None if found is None else found[0]

    receipts(
        db.execute('SELECT r."values" FROM revision AS r JOIN chain AS c ON c.number = r.chain '
                   "WHERE r.kind = 'source' AND c.own = 1 ORDER BY r.number"),
        chains, hash_at, out)
    return out


def chain(revisions: Iterable[Sequence[Any]], chains: Sequence[Chain],
          setting: Mapping[str, str], out: list[AuditFinding]) -> None:
    """Recompute every hash of every chain, and the order of arrival, from rows of `rows.COLUMNS`.

    `setting` holds the head of the own chain and the number of revisions as the store keeps them.
    When a revision of another office came in stands in no hash of its own: it is held against the
    receipt in the own chain, which follows in the order of arrival.
    """
    def find(message: Message, number: int, record_id: str, **facts: object) -> None:
        out.append(AuditFinding(message.code, number, record_id, message.text(
            number=number, record=record_id, **facts)))

    ends = {c.id: (c.first - 1, c.genesis) for c in chains}
    mine = {c.id for c in chains if c.own}
    arrived: dict[str, list[tuple[Any, int, str]]] = {}  # chain -> (known from, number, record)
    before, last_id = 0, ""
    for row in revisions:
        number, name, position, record_id = row[0], row[1], row[2], str(row[4])
        if number != before + 1:
            out.append(AuditFinding(AUDIT_REMOVED.code, number, record_id, AUDIT_REMOVED.text(
                first=before + 1, last=number - 1)))
        place, head = ends.get(name, (0, ""))
        if number == before + 1 and (position != place + 1 or row[18] != head):
            find(AUDIT_LINK, number, record_id)
        try:
            same = link(str(row[18]), rows.bytes_of_row(row)) == row[19]
            problem = "" if same else "its hash does not fit its content"
        except Exception as error:  # whatever a stranger wrote there: that is the finding
            problem = f"it cannot be read ({type(error).__name__})"
        if problem:
            find(AUDIT_CHANGED, number, record_id, found=problem)
        before, last_id = number, record_id
        ends[name] = (position, row[19])
        late: list[tuple[int, str]] = []
        if name not in mine:
            line = arrived.setdefault(name, [])
            if not line or line[-1][0] != row[17]:
                line.append((row[17], number, record_id))
        elif row[17] is not None:
            late = [(number, record_id)]
        elif row[3] == "source" and arrived:
            late = [(n, i) for at, n, i in arrived.pop(_chain_of(row[11]), ()) if at != row[5]]
        for found in late:
            find(AUDIT_CHANGED, *found, found="it came in at another time than its receipt says")
    own = next((c for c in chains if c.own), None)
    end = ends[own.id] if own is not None else (0, "")
    if setting.get("head") != end[1] or setting.get("count") != str(before):
        find(AUDIT_END, before, last_id, found=before, expected=setting.get("count", "unknown"))


def _chain_of(values: Any) -> str:
    """The chain that a receipt is of; "" where the values are those of no receipt."""
    try:
        return str(json.loads(values)["chain"])
    except (ValueError, KeyError, TypeError):
        return ""


def expected(db: sqlite3.Connection, kind: Kind, kinds: Mapping[str, Kind]
             ) -> Iterator[tuple[int, Revision]]:
    """What is current of a kind, as it follows from the chains; ordered by id."""
    return current(db.execute(
        f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE r.kind = ? "
        "ORDER BY r.record_id, r.number", (kind.name,)), kinds)


def current(revisions: Iterable[Sequence[Any]], kinds: Mapping[str, Kind]
            ) -> Iterator[tuple[int, Revision]]:
    """The current revision of each record, from rows ordered by record and number; streamed."""
    line: list[StoredRevision] = []
    for piece in layers.pieces(revisions, _PIECE):
        for stored in readable(piece, kinds):
            if line and line[0].revision.record_id != stored.revision.record_id:
                yield _current(line)
                line = []
            line.append(stored)
    if line:
        yield _current(line)


def _current(line: list[StoredRevision]) -> tuple[int, Revision]:
    if len({s.chain for s in line}) > 1:
        try:
            best = current_of(line)
        except ValueError:  # tampered with, so that they follow one another in a circle: a finding
            best = line[-1]
    else:
        best = line[0]
        for stored in line[1:]:
            if not dated_before(stored.revision.valid_from, best.revision.valid_from):
                best = stored
    return best.number, best.revision


def readable(found: list[Any], kinds: Mapping[str, Kind]) -> list[StoredRevision]:
    """The revisions that can be read; a halving search leaves out those that cannot."""
    try:
        return rows.stored(found, kinds)
    except Exception:
        half = len(found) // 2
        return readable(found[:half], kinds) + readable(found[half:], kinds) if half else []


def differences(db: sqlite3.Connection, kind: Kind, kinds: Mapping[str, Kind]
                ) -> Iterator[Difference]:
    """Compare a layer of a file, cell by cell, with what follows from the chains."""
    table, names = layout.quoted(kind.name), layout.columns_of(kind)
    have = {row[1] for row in db.execute(f"PRAGMA table_info({table})")}
    asked = ", ".join(layout.quoted(n) if n in have else "NULL" for n in names)
    held = iter(()) if not have else iter(
        db.execute(f"SELECT {asked} FROM {table} ORDER BY record_id"))
    return compare(kind, held, expected(db, kind, kinds), layers.layer_rows)


def compare(kind: Kind, held: Iterator[tuple[Any, ...]],
            follows: Iterable[tuple[int, Revision]],
            rows_of: Callable[[Kind, Sequence[tuple[int, Revision]]], list[tuple[Any, ...]]]
            ) -> Iterator[Difference]:
    """Rows of a layer against the rows that follow, both ordered by the bytes of the record id.

    A stranger may have given a row an id that is no text: such a row is one that nothing explains.
    """
    names = layout.columns_of(kind)
    place = names.index("record_id")
    row = next(held, None)
    for piece in layers.pieces(follows, _PIECE):
        for (number, revision), should in zip(piece, rows_of(kind, piece), strict=True):
            while row is not None and _before(row[place], revision.record_id):
                yield Difference(kind.name, str(row[place]), 0, (), row, False)
                row = next(held, None)
            if row is None or row[place] != revision.record_id:
                yield Difference(kind.name, revision.record_id, number, (), None, True)
                continue
            if tuple(row) != should:
                fields = tuple(n for n, a, b in zip(names, row, should, strict=True) if a != b)
                yield Difference(kind.name, revision.record_id, number, fields, row, True)
            row = next(held, None)
    while row is not None:
        yield Difference(kind.name, str(row[place]), 0, (), row, False)
        row = next(held, None)


def _before(found: Any, record_id: str) -> bool:
    """Order of SQLite: NULL, numbers, texts by their UTF-8 bytes, blobs."""
    if isinstance(found, str):
        return found.encode() < record_id.encode()
    return not isinstance(found, bytes)


def finding_of(difference: Difference) -> AuditFinding:
    d = difference
    message, facts = AUDIT_CURRENT_DIFFERS, {"fields": ", ".join(d.fields)}
    if d.row is None:
        message, facts = AUDIT_CURRENT_MISSING, {}
    elif not d.explained:
        message, facts = AUDIT_CURRENT_EXTRA, {}
    return AuditFinding(message.code, d.number, d.record_id, message.text(
        record=d.record_id, kind=d.kind, **facts))


def _index(db: sqlite3.Connection, kind: Kind, out: list[AuditFinding]) -> None:
    """Whether every row of a layer stands in its spatial index, and nothing else does."""
    table = layout.quoted(kind.name)
    have = db.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (kind.name,)).fetchone()
    if kind.geometry == "none" or have is None:
        return
    index = layout.quoted(layout.index_of(kind))
    try:
        held = {i: box for i, *box in db.execute(f"SELECT id, minx, maxx, miny, maxy FROM {index}")}
    except sqlite3.DatabaseError as error:
        out.append(AuditFinding(AUDIT_INDEX.code, 0, "", AUDIT_INDEX.text(
            kind=kind.name, found=error)))
        return
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
        out.append(AuditFinding(AUDIT_INDEX.code, 0, "", AUDIT_INDEX.text(
            kind=kind.name, found=f"{problems} entries")))


def sources(missing: Iterable[Sequence[Any]], held: Iterable[Sequence[Any]],
            counts: Iterable[Sequence[Any]], decided: set[str], out: list[AuditFinding]) -> None:
    """Every file that an import names is there and unchanged; no quarantined row is lost.

    `missing`: (SHA-256, file) of imports whose file is not here; `held`: (SHA-256, name,
    compression, content); `counts`: (file, quarantined rows of the import, those that are here)
    where they differ; `decided`: ids of records with a decision in the own chain.
    """
    def find(message: Message, **facts: object) -> None:
        out.append(AuditFinding(message.code, 0, "", message.text(**facts)))

    for sha256, file in missing:
        find(AUDIT_SOURCE, file=file, sha256=sha256, found="missing")
    for sha256, name, compression, content in held:
        if compression == ERASED:
            if f"source:{sha256}" not in decided:
                find(AUDIT_SOURCE, file=name, sha256=sha256, found="erased without a decision")
        elif content is not None:
            unpacked = rows.unpacked(compression, content)
            if unpacked is None or hashlib.sha256(unpacked).hexdigest() != sha256:
                find(AUDIT_SOURCE, file=name, sha256=sha256, found="not what came in")
        elif compression is not None:
            find(AUDIT_SOURCE, file=name, sha256=sha256, found="removed")
    for file, wanted, found in counts:
        find(AUDIT_QUARANTINE, file=file, expected=wanted, found=found)


def personal(commitments: Iterable[Sequence[Any]], held: Iterable[Sequence[Any]],
             decided: set[str], out: list[AuditFinding]) -> None:
    """Personal values are those that the chain committed to; erased ones were erased by decision.

    `commitments`: (record id, JSON, own chain); `held`: (record id, field, commitment, salt, value
    as JSON). A commitment of another office has its value there; here it may be missing.
    """
    def find(record_id: str, field: str, found: str) -> None:
        out.append(AuditFinding(AUDIT_COMMITMENT.code, 0, record_id, AUDIT_COMMITMENT.text(
            record=record_id, field=field, found=found)))

    committed: dict[tuple[str, str, str], bool] = {}
    for record_id, text, own in commitments:
        try:
            for name, value in json.loads(text).items():
                committed[record_id, name, value] = bool(own)
        except (ValueError, AttributeError):
            continue  # found by its hash
    for record_id, name, mark, salt, value in held:
        if committed.pop((record_id, name, mark), None) is None:
            find(record_id, name, "no revision commits to it")
        elif salt is None or value is None:
            if record_id not in decided:
                find(record_id, name, "it was erased without a decision")
        else:
            try:
                same = commitment(json.loads(value), salt) == mark
            except ValueError:
                same = False
            if not same:
                find(record_id, name, "it is not the value that was recorded")
    for (record_id, name, _), own in committed.items():
        if own:
            find(record_id, name, "its value is missing without a decision")


def receipts(said_in: Iterable[Sequence[Any]], chains: Sequence[Chain],
             hash_at: Callable[[str, int], str | None], out: list[AuditFinding]) -> None:
    """What came from other offices is covered by receipts in the own chain, and still there.

    `said_in`: (values as JSON) of the own chain's records of the kind `source`, in their order.
    """
    covered: dict[str, list[tuple[int, int, str]]] = {}
    for (text,) in said_in:
        try:
            said = json.loads(text)
            name, first, last = said["chain"], said["first_position"], said["last_position"]
            covered.setdefault(name, []).append((int(first), int(last), str(said["last_hash"])))
        except (ValueError, KeyError, TypeError):
            continue  # a source that is no package, or a revision that was changed
    for name, parts in covered.items():
        for _, last, head in parts:
            found = hash_at(name, last)
            if found != head:
                words = "is not there any more" if found is None else "is another one now"
                out.append(AuditFinding(AUDIT_RECEIPT.code, 0, "", AUDIT_RECEIPT.text(
                    chain=name, position=last, found=words)))
    for other in chains:
        end = max((last for _, last, _ in covered.get(other.id, ())), default=other.first - 1)
        if not other.own and other.position > end:
            out.append(AuditFinding(AUDIT_RECEIPT.code, 0, "", AUDIT_RECEIPT.text(
                chain=other.id, position=end + 1, found="came in without a receipt")))
