"""Revisions as rows of a table and back: what both stores share.

A store keeps each revision as one row (`COLUMNS`) and each current record as a row of its kind's
layer. Here a revision is checked, turned into the bytes that its chain commits to, linked, and
read again; nothing here knows a database.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import json
import math
import re
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, NamedTuple, get_args

import numpy as np
import orjson
import shapely

from landrelease.core import descent
from landrelease.core.checks import checker, column_fits
from landrelease.core.finding import Finding, ImportReport, QuarantinedRow
from landrelease.core.record import KINDS, Field, Kind, Record, ValidationLevel
from landrelease.core.revision import Revision
from landrelease.core.revision import link as link_hash
from landrelease.errors import (
    PERSONAL_FIELD,
    REVISION_REFUSED,
    TIME_WITHOUT_ZONE,
    LandReleaseError,
)
from landrelease.store.registry import StoredRevision

# A file larger than this comes in with its records, its name, its size and its SHA-256, but its
# content stays outside: one value of SQLite holds at most 1e9 bytes, and copies of the registry
# travel on small disks.
SOURCE_CONTENT_LIMIT = 256 * 1024 * 1024

# Columns of the table `revision`, in this order everywhere. `chain` is the id of the chain;
# `geometry` is WKB; `follows` and `commitments` are JSON, "" where there is none.
COLUMNS = ("number", "chain", "position", "kind", "record_id", "recorded_at", "recorded_by",
           "reason", "source", "valid_from", "validation", "values", "geometry", "follows",
           "commitments", "signed_by", "signature", "known_from", "previous_hash", "hash")
CHAIN_ID = re.compile(r"[0-9a-f]{32}(/[0-9]+-[0-9a-f]{8})*")

_PIECE = 5_000  # revisions whose values are read at once
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
_LEVELS = frozenset(get_args(ValidationLevel))
_LINES = ("LineString", "MultiLineString")
_GEOMETRIES: dict[str, tuple[str, ...]] = {
    "polygon": ("Polygon", "MultiPolygon"), "point": ("Point",), "line": _LINES, "none": (),
    "any": ("Polygon", "MultiPolygon", "Point", "MultiPoint", *_LINES),
}


def chain_id(office: str, created: str) -> str:
    """The id of an office's chain: 32 hex digits (see docs/registry-design.md)."""
    return hashlib.sha256(f"{office}\n{created}".encode()).hexdigest()[:32]


def heads_hash(heads: Iterable[tuple[str, int, str]], *, empty: str) -> str:
    """The hash that names all chains of a registry, given as (chain, position, hash).

    Chains without a revision do not count; of a single chain it is the hash of its end.
    """
    held = sorted(h for h in heads if h[1] > 0)
    if len(held) < 2:
        return held[0][2] if held else empty
    return hashlib.sha256("".join(f"{c} {n} {h}\n" for c, n, h in held).encode()).hexdigest()


# --- revisions in --------------------------------------------------------------------------------


class Prepared(NamedTuple):
    """A revision that was checked: its values as JSON and its geometry as WKB."""

    revision: Revision
    values: str
    wkb: bytes | None

    def canonical(self) -> bytes:
        """The bytes of `Revision.canonical`."""
        r = self.revision
        return bytes_of(
            kind=r.kind, record_id=r.record_id, recorded_at=instant(r.recorded_at),
            recorded_by=r.recorded_by, reason=r.reason, source=r.source,
            valid_from=day(r.valid_from), validation=r.validation, values=self.values, wkb=self.wkb,
            follows=encode(list(r.follows)) if r.follows else "",
            commitments=encode(dict(r.commitments)) if r.commitments else "",
            signed_by=r.signed_by, signature=r.signature)

    def with_links(self, follows: tuple[str, ...] = (),
                   commitments: Mapping[str, str] | None = None) -> Prepared:
        """The same with what the store fills in: what it was made upon, personal commitments.

        STO-010: nothing is filled into a signed revision, because its signature would not fit.
        """
        r = self.revision
        if r.signature and (follows or commitments):
            raise LandReleaseError(
                REVISION_REFUSED, record=r.record_id, field="personal",
                found="personal values with a signed revision",
                expected="a revision of their own, before the signed one")
        return self._replace(revision=replace(
            r, follows=follows or r.follows, commitments=commitments or r.commitments))

    def row(self, *, number: int, chain: int | str, position: int, previous: str,
            known_from: str | None = None) -> tuple[Any, ...]:
        """The row of `COLUMNS`; its last cell is the new head of the chain."""
        r = self.revision
        head = link_hash(previous, self.canonical())
        return (number, chain, position, r.kind, r.record_id, instant(r.recorded_at), r.recorded_by,
                r.reason, r.source, day(r.valid_from), r.validation, self.values, self.wkb,
                encode(list(r.follows)) if r.follows else "",
                encode(dict(r.commitments)) if r.commitments else "",
                r.signed_by, r.signature, known_from, previous, head)


def linked(prepared: Sequence[Prepared], *, number: int, chain: int | str, position: int,
           previous: str) -> list[tuple[Any, ...]]:
    """Rows of `COLUMNS` of revisions that follow one another in the own chain.

    What `Prepared.row` gives for each (a test holds the two together), with that put together once
    which many revisions of an import share. `number` and `position` are those of the one before.
    """
    out = []
    shared: tuple[str, ...] = ()
    at, since = "", "null"
    recorded_at: datetime | None = None
    before = middle = end = ""
    for r, values, wkb in prepared:
        number, position = number + 1, position + 1
        if r.follows or r.commitments or r.signature or r.signed_by:
            row = Prepared(r, values, wkb).row(
                number=number, chain=chain, position=position, previous=previous)
            previous = row[-1]
            out.append(row)
            continue
        these = (r.kind, r.reason, r.recorded_by, r.source, r.validation)
        if these != shared:
            shared = these
            before = f',"kind":{encode(r.kind)},"reason":{encode(r.reason)},"record_id":'
            middle = f'","recorded_by":{encode(r.recorded_by)},"source":"{r.source}","valid_from":'
            end = f',"validation":"{r.validation}","values":'
        if r.recorded_at is not recorded_at:
            recorded_at = r.recorded_at
            at = instant(recorded_at)
        i = r.record_id
        name = f'"{i}"' if i.isascii() and i.isprintable() and '"' not in i and "\\" not in i \
            else _slowly(i)
        place = "null" if wkb is None else f'"{wkb.hex().upper()}"'
        day_from = None if r.valid_from is None else r.valid_from.isoformat()
        since = "null" if day_from is None else f'"{day_from}"'
        head = hashlib.sha256(
            f'{previous}{{"geometry":{place}{before}{name},"recorded_at":"{at}{middle}{since}{end}'
            f"{values}}}".encode()).hexdigest()
        out.append((number, chain, position, r.kind, i, at, r.recorded_by, r.reason, r.source,
                    day_from, r.validation, values, wkb, "", "", "", "", None, previous, head))
        previous = head
    return out


def kind_of(name: str, kinds: Mapping[str, Kind]) -> Kind:
    """The kind of that name. Raises STO-010."""
    try:
        return kinds[name]
    except KeyError:
        raise LandReleaseError(REVISION_REFUSED, record=name, field="kind", found=name,
                               expected="one of " + ", ".join(kinds)) from None


def kinds_with(extension: str | None) -> Mapping[str, Kind]:
    """The kinds of the design, with those of a national extension (its text)."""
    if extension is None:
        return KINDS
    from landrelease.core.extension import extended, read_extension

    return extended(KINDS, read_extension(extension))


def prepare(revisions: Sequence[Revision], kinds: Mapping[str, Kind], *, values: bool = True
            ) -> list[Prepared]:
    """Check revisions and make their JSON and WKB, many at once.

    `values`: hold the values against their kind (`core.checks`). What another office recorded is
    taken as it is: nothing that came in is lost.

    Raises STO-010: something may not stand in the chain. STO-011: a personal field among the
    values. STO-017: a time without a zone.
    """
    fields = {name: {f.name: f for f in kind.fields} for name, kind in kinds.items()}
    heads: set[tuple[Any, ...]] = set()
    alike: dict[tuple[Any, ...], list[int]] = {}
    for n, r in enumerate(revisions):
        # Most revisions differ from one that was checked only in id, values and place.
        head = (r.kind, r.recorded_by, r.reason, r.source, r.validation, type(r.valid_from))
        if head not in heads or r.follows or r.commitments or r.signature \
                or r.recorded_at.tzinfo is None or type(r.record_id) is not str \
                or not r.record_id.strip() or "\0" in r.record_id:
            _check(r, kinds, fields)
            heads.add(head)
        alike.setdefault((r.kind, *r.values), []).append(n)
    encoded: list[str] = [""] * len(revisions)
    for (name, *keys), places in alike.items():
        _check_values(kinds[name], fields[name], keys, [revisions[n] for n in places], places,
                      encoded, values)
    shapes = array_of([r.geometry for r in revisions])
    _check_geometries(shapes, revisions, kinds)
    _check_places(shapes, revisions)
    wkbs = shapely.to_wkb(shapes, output_dimension=2, byte_order=1)
    return list(map(Prepared, revisions, encoded, wkbs))


def _check_values(kind: Kind, fields: Mapping[str, Field], keys: Sequence[str],
                  revisions: Sequence[Revision], places: Sequence[int], encoded: list[str],
                  against_kind: bool) -> None:
    """Check and encode the values of revisions of a kind with the same fields, column by column."""
    for key in keys:
        field = fields.get(key)
        if field is None:
            # A field that nobody defined cannot be told from a personal one.
            raise LandReleaseError(
                REVISION_REFUSED, record=revisions[0].record_id, field=str(key),
                found=revisions[0].values[key], expected="a field of " + kind.name)
        if field.personal:
            raise LandReleaseError(PERSONAL_FIELD, record=revisions[0].record_id, field=key,
                                   kind=kind.name)
    columns = list(zip(*[r.values.values() for r in revisions], strict=True)) if keys else []
    if against_kind and not all(
            column_fits(fields[key], column) for key, column in zip(keys, columns, strict=True)):
        check = checker(kind, whole=False)
        for r in revisions:
            for p in check(r.values):
                raise LandReleaseError(REVISION_REFUSED, record=r.record_id, field=p.field,
                                       found=p.found, expected=p.expected)
    if all(map(_encodes_alike, columns)):
        with contextlib.suppress(TypeError, ValueError):  # a number of more than 64 bits
            texts = [orjson.dumps(r.values, option=orjson.OPT_SORT_KEYS).decode()
                     for r in revisions]
            if all(map(str.isascii, texts)) and all(r.record_id.isascii() for r in revisions):
                for n, text in zip(places, texts, strict=True):
                    encoded[n] = text
                return
    for n, r in zip(places, revisions, strict=True):
        try:
            text = encode(dict(r.values))
            if not text.isascii() or not r.record_id.isascii():
                for part in (text, r.record_id, r.recorded_by, r.reason):
                    part.encode()
        except (TypeError, ValueError) as error:  # NaN, bytes, half a surrogate pair
            raise LandReleaseError(
                REVISION_REFUSED, record=r.record_id, field="values", found=error,
                expected="texts, finite numbers, dates and lists of them") from error
        encoded[n] = text


def _encodes_alike(column: Sequence[Any]) -> bool:
    """Whether the fast library writes all values of a column as canonical JSON has them."""
    types = set(map(type, column))
    if float in types:
        sizes = [abs(v) for v in column if type(v) is float and v != 0]
        if sizes and not (min(sizes) >= 1e-4 and max(sizes) < 1e16 and math.isfinite(sum(sizes))):
            return False
    return types <= _FAST_TYPES


_FAST_TYPES = frozenset((str, int, float, date, type(None)))
_TYPE_IDS = {"Point": 0, "LineString": 1, "Polygon": 3, "MultiPoint": 4, "MultiLineString": 5,
             "MultiPolygon": 6}


def _check_geometries(shapes: np.ndarray, revisions: Sequence[Revision],
                      kinds: Mapping[str, Kind]) -> None:
    """Each geometry is of the type of its kind, or missing."""
    types = shapely.get_type_id(shapes)
    by_kind: dict[str, list[int]] = {}
    for n, r in enumerate(revisions):
        by_kind.setdefault(r.kind, []).append(n)
    for name, places in by_kind.items():
        allowed = [_TYPE_IDS[t] for t in _GEOMETRIES[kinds[name].geometry]]
        wrong = (types[places] >= 0) & ~np.isin(types[places], allowed)
        if wrong.any():
            r = revisions[places[int(np.argmax(wrong))]]
            assert r.geometry is not None
            raise LandReleaseError(
                REVISION_REFUSED, record=r.record_id, field="geometry",
                found=r.geometry.geom_type,
                expected=" or ".join(_GEOMETRIES[kinds[name].geometry]) or "no geometry")


def _check(revision: Revision, kinds: Mapping[str, Kind],
           fields: Mapping[str, Mapping[str, Field]]) -> None:
    """Refuse what may not stand in the chain."""
    r = revision

    def refuse(field: str, found: object, expected: str) -> LandReleaseError:
        return LandReleaseError(REVISION_REFUSED, record=r.record_id or "(without id)", field=field,
                                found=found if found not in ("", None) else "nothing",
                                expected=expected)

    if r.kind not in kinds:
        raise refuse("kind", r.kind, "one of " + ", ".join(kinds))
    if not isinstance(r.record_id, str) or not r.record_id.strip():
        raise refuse("record_id", r.record_id, "an id")
    known = fields[r.kind]
    for name, commitment in r.commitments.items():
        if name not in known or not known[name].personal or not _SHA256.fullmatch(commitment):
            raise refuse(str(name), commitment, "a commitment to a personal field of " + r.kind)
    if r.recorded_at.tzinfo is None:
        raise LandReleaseError(TIME_WITHOUT_ZONE, field="recorded_at", found=r.recorded_at)
    for name, text in (("recorded_by", r.recorded_by), ("reason", r.reason)):
        if not text.strip():
            raise refuse(name, text, "who recorded it" if name == "recorded_by" else "why")
    if "\0" in r.record_id + r.recorded_by + r.reason:
        raise refuse("record_id, recorded_by or reason", "the character 0", "text without it")
    if r.source and not _SHA256.fullmatch(r.source):
        raise refuse("source", r.source, "a SHA-256 in small letters, or nothing")
    if r.validation not in _LEVELS:
        raise refuse("validation", r.validation, "one of " + ", ".join(sorted(_LEVELS)))
    if r.valid_from is not None and (
            not isinstance(r.valid_from, date) or isinstance(r.valid_from, datetime)):
        raise refuse("valid_from", r.valid_from, "a day without a time")
    for followed in r.follows:
        if not _SHA256.fullmatch(followed):
            raise refuse("follows", followed, "hashes of revisions")
    if r.signature and not (_SIGNATURE.fullmatch(r.signature) and r.signed_by):
        raise refuse("signature", r.signature, "128 hex digits, and who signed")


def _value(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot stand in a record")


_slowly = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False,
                          allow_nan=False, default=_value).encode


def encode(value: Any) -> str:
    """Canonical JSON: sorted keys, no spaces, as `Revision.canonical` has it.

    The fast library writes the same bytes but for numbers with an exponent, and it turns NaN into
    null: a value with such a number goes the slow way.
    """
    if type(value) is str:
        return _text(value)
    if type(value) is dict and _plain(value):
        try:
            return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()
        except (TypeError, ValueError):
            pass
    return _slowly(value)


def _plain(value: dict[str, Any]) -> bool:
    for v in value.values():
        kind = type(v)
        if kind is float:
            if not (v == 0 or 1e-4 <= v < 1e16 or -1e16 < v <= -1e-4):
                return False
        elif kind is not str and kind is not int and v is not None and kind is not date:
            return False
    return True


@functools.lru_cache(maxsize=65_536)  # authors and reasons come again and again
def _text(value: str) -> str:
    """A text as JSON; most texts are plain and need no escape."""
    if value.isascii() and value.isprintable() and '"' not in value and "\\" not in value:
        return f'"{value}"'
    return _slowly(value)


def bytes_of(*, kind: str, record_id: str, recorded_at: str, recorded_by: str, reason: str,
             source: str, valid_from: str | None, validation: str, values: str, wkb: bytes | None,
             follows: str = "", commitments: str = "", signed_by: str = "",
             signature: str = "") -> bytes:
    """The bytes of `Revision.canonical`, put together from the columns of `revision`.

    Faster for many revisions, whose WKB was made at once; a test holds the two together.
    """
    geometry = "null" if wkb is None else f'"{bytes(wkb).hex().upper()}"'
    since = "null" if valid_from is None else f'"{valid_from}"'
    first = (f'"commitments":{commitments},' if commitments else "") + \
        (f'"follows":{follows},' if follows else "")
    signed = (f'"signature":"{signature}",' if signature else "") + \
        (f'"signed_by":{encode(signed_by)},' if signed_by else "")
    return (
        f'{{{first}"geometry":{geometry},"kind":{encode(kind)},"reason":{encode(reason)},'
        f'"record_id":{encode(record_id)},"recorded_at":"{recorded_at}",'
        f'"recorded_by":{encode(recorded_by)},{signed}"source":"{source}","valid_from":{since},'
        f'"validation":"{validation}","values":{values}}}').encode()


def bytes_of_row(row: Sequence[Any]) -> bytes:
    """`bytes_of` of a row of `COLUMNS`."""
    return bytes_of(
        kind=row[3], record_id=row[4], recorded_at=row[5], recorded_by=row[6], reason=row[7],
        source=row[8], valid_from=row[9], validation=row[10], values=row[11], wkb=row[12],
        follows=row[13], commitments=row[14], signed_by=row[15], signature=row[16])


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


# --- rows out ------------------------------------------------------------------------------------


def stored(rows: Iterable[Sequence[Any]], kinds: Mapping[str, Kind]) -> list[StoredRevision]:
    """Rows of `COLUMNS` as values; a date that the kind calls a date comes back as a date."""
    listed = list(rows)
    shapes = shapely.from_wkb(array_of([None if r[12] is None else bytes(r[12]) for r in listed]))
    dates: dict[str, tuple[str, ...]] = {}
    # Of very many revisions few days and few moments: each is read once.
    as_date, day = functools.cache(_as_date), functools.cache(date.fromisoformat)
    moment = functools.cache(datetime.fromisoformat)
    out = []
    for row, shape, values in zip(listed, shapes, _values([r[11] for r in listed]), strict=True):
        if row[3] not in dates:
            kind = kinds.get(row[3])
            dates[row[3]] = () if kind is None else tuple(
                f.name for f in kind.fields if f.type == "date")
        for name in dates[row[3]]:
            if type(said := values.get(name)) is str:
                values[name] = as_date(said)
        revision = Revision(
            row[3], row[4], values, shape, moment(row[5]), row[6], row[7], row[8],
            None if row[9] is None else day(row[9]), row[10],
            tuple(json.loads(row[13])) if row[13] else (),
            json.loads(row[14]) if row[14] else {}, row[15], row[16])
        out.append(StoredRevision(
            row[0], revision, row[18], row[19], row[1], row[2],
            None if row[17] is None else moment(row[17])))
    return out


def _values(texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    """JSON objects, many at once: names of fields are held once, and one call reads thousands."""
    for start in range(0, len(texts), _PIECE):
        piece = texts[start:start + _PIECE]
        try:
            found = json.loads(f"[{','.join(piece)}]")
        except ValueError:
            found = ()
        # Where one is damaged it is named by itself, not with its neighbours.
        yield from found if len(found) == len(piece) else map(json.loads, piece)


def _as_date(value: Any) -> Any:
    """A day that was written as text; anything else stays what it is."""
    if isinstance(value, str) and len(value) == 10:
        with contextlib.suppress(ValueError):
            found = date.fromisoformat(value)
            if found.isoformat() == value:
                return found
    return value


def records_of(found: Sequence[StoredRevision], named: Iterable[tuple[str, str]]) -> list[Record]:
    """Records from their current revisions; `named`: (record id, SHA-256) in order of arrival."""
    sources: dict[str, dict[str, None]] = {}
    for record_id, source in named:
        sources.setdefault(record_id, {})[source] = None
    return [
        Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from, r.validation, s.number,
               tuple(sources.get(r.record_id, ())), s.chain, r.signed_by)
        for s in found for r in (s.revision,)
    ]


def following(prepared: list[Prepared], lines: Mapping[str, list[StoredRevision]], own: str
              ) -> list[Prepared]:
    """Say upon which revisions of other chains each was made, where its author did not.

    `lines`: the histories of their records; `own`: id of the own chain. While offices disagree
    about a record, a revision goes on from the own last one, or else from the current one: only a
    person settles a conflict.
    """
    seen: set[str] = set()
    out = []
    for p in prepared:
        r = p.revision
        line = lines.get(r.record_id)
        if line and not r.follows and not r.signature and r.record_id not in seen:
            tips = descent.tips(line)
            if len(tips) == 1 and tips[0].chain != own:
                p = p.with_links(follows=(tips[0].hash,))
            elif len(tips) > 1 and all(s.chain != own for s in line):
                p = p.with_links(follows=(descent.current_of(line).hash,))
        seen.add(r.record_id)
        out.append(p)
    return out


def is_number(number: int) -> bool:
    """Whether a row can have this number at all: no store counts further."""
    return 0 < number < 2**63


def decision_problem(stands: str, status: str, reason: str, decided_by: str,
                     revisions: Sequence[Revision]) -> str:
    """Why a decision on a quarantined row does not fit; "" where it does."""
    if stands == "accepted":
        return "it was accepted before, which is final"
    if status not in ("waiting", "accepted", "rejected"):
        return f"{status!r} is no status"
    if status == "accepted" and not revisions:
        return "it can only be accepted together with the record that it became"
    if status != "accepted" and revisions:
        return "revisions come only with a row that is accepted"
    if not reason.strip() or not decided_by.strip():
        return "a decision needs a reason and the one who decided"
    return ""


# --- small things --------------------------------------------------------------------------------


def array_of(values: Sequence[Any]) -> np.ndarray:
    """Values (geometries, WKB) as an object array of N; numpy must not look into them."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


@functools.lru_cache(maxsize=1024)  # an import records thousands at the same instant
def instant(value: datetime, field: str = "time") -> str:
    """UTC with microseconds, always of the same length, so that texts sort as times do."""
    if value.tzinfo is None:
        raise LandReleaseError(TIME_WITHOUT_ZONE, field=field, found=value)
    return value.astimezone(UTC).isoformat(timespec="microseconds")


@functools.lru_cache(maxsize=65_536)
def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def to_json(value: Any) -> str:
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


def as_dict(row: QuarantinedRow) -> dict[str, Any]:
    """A quarantined row as it is kept."""
    from dataclasses import asdict

    return {"file": row.file, "source": row.source, "row": row.row, "kind": row.kind,
            "values": {str(k): v for k, v in row.values.items()},
            "geometry_wkt": row.geometry_wkt, "findings": [asdict(f) for f in row.findings],
            "layer": row.layer}


def quarantined_of(content: Mapping[str, Any]) -> QuarantinedRow:
    return QuarantinedRow(**{**content, "findings": _findings(content["findings"])})


def without_content(content: Mapping[str, Any]) -> dict[str, Any]:
    """A quarantined row whose file was erased: where it stood, nothing of what it said."""
    return {**content, "values": {}, "geometry_wkt": "", "findings": [
        {**f, "found": "", "problem": "the file was erased", "remedy": ""}
        for f in content["findings"]]}


def same_row(content: Mapping[str, Any]) -> str:
    """What makes two quarantined rows the same row, whatever the file's name."""
    return to_json([content["row"], content["values"], content["geometry_wkt"]])


def report_of(content: Mapping[str, Any]) -> ImportReport:
    return ImportReport(**{**content, "findings": _findings(content["findings"]),
                           "unmapped": tuple(content["unmapped"])})


def _findings(listed: Iterable[Mapping[str, Any]]) -> tuple[Finding, ...]:
    return tuple(Finding(**f) for f in listed)


# What begins so is compressed already: JPEG, PNG, zip (also XLSX, KMZ), gzip. To try it again takes
# longer than all else that is done with a photograph.
_SMALL_ALREADY = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"PK\x03\x04", b"\x1f\x8b")


def packed(content: bytes) -> tuple[str | None, bytes | None]:
    """The content of a source, compressed where that helps; nothing above the limit."""
    if len(content) > SOURCE_CONTENT_LIMIT:
        return None, None
    if content.startswith(_SMALL_ALREADY):
        return "none", content
    small = zlib.compress(content, 3)
    return ("zlib", small) if len(small) < len(content) else ("none", content)


def unpacked(compression: str | None, content: bytes) -> bytes | None:
    """The content, or None where it was damaged."""
    if compression == "none":
        return bytes(content)
    try:
        return zlib.decompress(content)
    except (zlib.error, TypeError):
        return None
