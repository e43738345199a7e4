"""Small questions to a registry in PostgreSQL, within the caller's transaction."""

# Identifiers come from store/layout.py and the registry's kinds and are quoted; values are bound.
# ruff: noqa: S608

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import psycopg
import shapely

from landrelease.core.finding import Intake
from landrelease.core.personal import SALT_BYTES, commitment
from landrelease.core.record import Kind
from landrelease.core.revision import Chain, Revision, StoredRevision
from landrelease.errors import REVISION_REFUSED, SIGNED_TWICE, LandReleaseError
from landrelease.store import layers, rows

KNOWN_THEN = ("COALESCE(r.known_from, r.recorded_at) <= %s "
          "AND (r.valid_from IS NULL OR r.valid_from <= %s)")


def row_of(db: psycopg.Connection[Any], text: str, parameters: Sequence[Any] = ()
           ) -> tuple[Any, ...]:
    """The one row of a question that always has one."""
    found = db.execute(text, parameters or None).fetchone()
    assert found is not None
    return found


def yesterday(now: datetime) -> str:
    from datetime import timedelta

    return rows.instant(now - timedelta(days=1))


def digest(revisions: Sequence[Revision],
            personal: Mapping[str, Mapping[str, Any]] | None) -> str:
    """Names what is to be appended; the bytes of the chain come only with the store's own links."""
    out = hashlib.sha256(repr(sorted((personal or {}).items())).encode())
    for r in revisions:
        shape = b"" if r.geometry is None else shapely.to_wkb(r.geometry)
        out.update(repr(replace(r, geometry=None)).encode() + b"\n" + shape + b"\n")
    return out.hexdigest()


def until(valid_at: date | None, known_at: datetime | None) -> tuple[str, str]:
    return ("9999" if known_at is None else rows.instant(known_at, "known_at"),
            "9999-12-31" if valid_at is None else valid_at.isoformat()[:10])


def streamed(db: psycopg.Connection[Any], text: str, size: int = 2_000,
              parameters: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
    """Rows through a cursor of the server, a piece at a time."""
    with db.cursor(name=f"stream_{secrets.token_hex(4)}") as cursor:
        cursor.itersize = size
        cursor.execute(text, parameters or None)
        yield from cursor


def last_number(db: psycopg.Connection[Any]) -> int:
    return int(row_of(db, "SELECT COALESCE(max(number), 0) FROM revision")[0])


def chains_of(db: psycopg.Connection[Any]) -> list[Chain]:
    return [Chain(name, office, genesis, first, first - 1 if position is None else position,
                  head or genesis, bool(own), public_key)
            for name, office, genesis, first, public_key, own, position, head in db.execute(
                "SELECT c.id, c.office, c.genesis, c.first, c.public_key, c.own, e.position, "
                "e.hash FROM chain AS c LEFT JOIN LATERAL (SELECT position, hash FROM revision "
                "WHERE chain = c.number ORDER BY position DESC LIMIT 1) AS e ON true "
                'ORDER BY c.own DESC, c.id COLLATE "C"')]


def histories(db: psycopg.Connection[Any], record_ids: Sequence[str],
               kinds: Mapping[str, Kind]) -> dict[str, list[StoredRevision]]:
    out: dict[str, list[StoredRevision]] = {}
    for stored in rows.stored(db.execute(
            f"SELECT {layers.REVISION} FROM {layers.FROM_REVISION} WHERE r.record_id = ANY(%s) "
            "ORDER BY r.number", (list(record_ids),)), kinds):
        out.setdefault(stored.revision.record_id, []).append(stored)
    return out


def known_ids(db: psycopg.Connection[Any], revisions: Sequence[Revision]) -> set[str]:
    """Ids that have revisions already. An id belongs to one kind for ever (STO-010)."""
    kinds = dict(db.execute(
        "SELECT DISTINCT record_id, kind FROM revision WHERE record_id = ANY(%s)",
        (list({r.record_id for r in revisions}),)).fetchall())
    found = set(kinds)
    for r in revisions:
        held = kinds.setdefault(r.record_id, r.kind)
        if held != r.kind:
            raise LandReleaseError(REVISION_REFUSED, record=r.record_id, field="kind",
                                   found=r.kind, expected=f"{held}, which it is")
    return found


def no_signature_twice(db: psycopg.Connection[Any], revisions: Sequence[Revision]) -> None:
    """A signed revision is recorded once: it cannot be played again later."""
    seen: set[str] = set()
    for r in revisions:
        if not r.signature:
            continue
        held = db.execute("SELECT 1 FROM revision WHERE signature = %s LIMIT 1",
                          (r.signature,)).fetchone()
        if held is not None or r.signature in seen:
            raise LandReleaseError(SIGNED_TWICE, record=r.record_id)
        seen.add(r.signature)


def keep_personal(db: psycopg.Connection[Any], revisions: list[Revision],
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
                       "VALUES (%s, %s, %s, %s, %s)",
                       (record_id, name, found[name], salt, rows.encode(value)))
        out[last[record_id]] = found
    return out


def already_recorded(db: psycopg.Connection[Any], revisions: Sequence[Revision]) -> bool:
    """Whether a record of these has a revision from the same source."""
    by_source: dict[str, set[str]] = {}
    for r in revisions:
        if r.source:
            by_source.setdefault(r.source, set()).add(r.record_id)
    return any(db.execute("SELECT 1 FROM revision WHERE record_id = ANY(%s) AND source = %s "
                          "LIMIT 1", (list(ids), source)).fetchone()
               for source, ids in by_source.items())


def already_waiting(db: psycopg.Connection[Any], intake: Intake) -> bool:
    """Whether every row stands in quarantine from the same source, whatever the file's name."""
    held = {rows.same_row(json.loads(content)) for (content,) in db.execute(
        "SELECT content FROM quarantine WHERE source = %s AND kind = %s",
        (intake.report.source, intake.report.kind))}
    return all(rows.same_row(json.loads(rows.to_json(rows.as_dict(row)))) in held
               for row in intake.quarantined)


