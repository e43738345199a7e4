"""Exports of ODK Central and KoboToolbox of our own forms, and submissions that come as files: what
an older answer may change, and the photographs that came along.

An export holds all submissions so far: most of them came before, by an earlier export or by phone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.record import Record
from landrelease.errors import ANSWERS_OF_CHANGED, ANSWERS_OF_DECIDED, Message
from landrelease.records.forms import FORMS
from landrelease.records.told import Caution, Fate
from landrelease.workflows.decided import beyond_forms
from landrelease.workflows.identities import current_revision

if TYPE_CHECKING:
    from landrelease.records.readers.table import SourceTable
    from landrelease.store.registry import Registry
    from landrelease.workflows.submissions import Sender


def of_forms(registry: Registry, kind: str, table: SourceTable, *, keep: bool = False,
             sender: Sender | None = None) -> Caution | None:
    """What the answers of an export are held against, and those of a submission that comes as a
    file: what was said before brings nothing (FRM-019); where somebody here changed, mended or
    signed a record, other answers wait (FRM-020), and where it says what no answer of a form can
    be, such as a permit that is refused (FRM-025). A submission that comes as a file stands in its
    line of edits as one that a phone sends: another one, which is no edit, takes nobody's place
    (FRM-027), and an edit that did not come before may say again what an earlier one said. `keep`:
    its place in the line is kept for those that come next, with who brought it in (`sender`, as
    `submissions.receive` has it). None: they are no answers to our forms."""
    from landrelease.records.readers import LIMITS, openrosa
    from landrelease.records.readers.exports import is_export
    from landrelease.workflows.submissions import line_of_file, openrosa_id

    changed, line = ANSWERS_OF_CHANGED, None
    if not is_export(table):
        if not table.file.lower().endswith(".xml") or not openrosa.is_submission(table.content) \
                or openrosa.said_of(table.file, table.content, LIMITS).form not in FORMS:
            return None
        changed = ANSWERS_OF_DECIDED
        line = line_of_file(registry, table.file, table.content, keep=keep,
                            sender=sender)

    mended = {(e.row.source, openrosa_id(e.row)) for e in registry.quarantine("accepted")
              if e.row.kind == kind and e.reason.startswith("mended:")}

    def before(record_id: str) -> Iterable[Record]:
        if line is not None and line.says_anew(kind, record_id):
            return ()
        return [Record(kind, record_id, s.revision.values, s.revision.geometry)
                for s in registry.history(record_id)]

    def of(record: Record, said: Record) -> tuple[Message, Mapping[str, Any], Fate] | None:
        now = current_revision(registry, record.id).revision
        if not now.source or now.validation != "entered" or now.signature or (
                now.source, record.id) in mended:
            return changed, {}, "quarantined"
        if beyond_forms(record):
            return ANSWERS_OF_DECIDED, {}, "quarantined"
        return None if line is None else line.of_file(record, said)

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
