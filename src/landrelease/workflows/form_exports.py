"""Exports of ODK Central and KoboToolbox of our own forms: what an older answer may change, and the
photographs that came along.

An export holds all submissions so far: most of them came before, by an earlier export or by phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.record import Record
from landrelease.errors import ANSWERS_OF_CHANGED, Message
from landrelease.records.told import Caution, Fate
from landrelease.workflows.identities import current_revision

if TYPE_CHECKING:
    from landrelease.store.registry import Registry


def of_export(registry: Registry, kind: str) -> Caution:
    """What the answers of an export are held against: what was said before brings nothing
    (FRM-019); where somebody here changed, mended or signed a record, other answers wait
    (FRM-020)."""
    from landrelease.workflows.submissions import openrosa_id

    mended = {(e.row.source, openrosa_id(e.row)) for e in registry.quarantine("accepted")
              if e.row.kind == kind and e.reason.startswith("mended:")}

    def before(record_id: str) -> Iterable[Record]:
        return [Record(kind, record_id, s.revision.values, s.revision.geometry)
                for s in registry.history(record_id)]

    def of(record: Record, _: Record) -> tuple[Message, Mapping[str, Any], Fate] | None:
        now = current_revision(registry, record.id).revision
        ours = not now.source or now.validation != "entered" or now.signature or (
            now.source, record.id) in mended
        return (ANSWERS_OF_CHANGED, {}, "quarantined") if ours else None

    return Caution(None, of, before)


def keep_pictures(registry: Registry, path: Path, *, by: str, at: datetime | None = None) -> int:
    """Keep the photographs of an export (`media/` of ODK Central), each with a `source` record for
    the submission that names it; how many. What is no photograph waits as a row (FRM-012)."""
    from landrelease.records.readers.reading import pictures_of
    from landrelease.workflows.submissions import keep_file

    if path.suffix.lower() != ".zip" or not path.is_file():
        return 0
    found = pictures_of(path.name, path.read_bytes())
    if found is None:
        return 0
    said_all, content_of = found
    kept = 0
    for said in said_all:
        for name in said.pictures:
            content = content_of(name)
            if content is not None:
                kept += keep_file(registry, said, name, content, by=by,
                                  at=at or datetime.now(UTC))
    return kept
