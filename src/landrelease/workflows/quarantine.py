"""Rows that wait: how they come in once only, and how a person looks at, mends and decides on them.

A row is known by its file (SHA-256), its layer, its kind and its number. A file that comes in again
changes nothing that was decided on its rows.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from landrelease.core.finding import Finding, ImportReport, Intake
from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    QUARANTINE_UNKNOWN,
    REGISTRY_MOVED_ON,
    ROW_DECIDED,
    ROW_LEFT_QUARANTINE,
    ROW_WAITS,
    LandReleaseError,
    Message,
)

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.record import Kind
    from landrelease.core.revision import Revision
    from landrelease.records.mapping import Mapping as ColumnMapping
    from landrelease.store.registry import QuarantineEntry, Registry

UNVERIFIED = "local user (unverified)"
_ATTEMPTS = 5


# --- rows come in once -------------------------------------------------------------------------


def take_in_once(registry: Registry, check: Callable[[], Intake], mapping: ColumnMapping,
                 layer: str, *, decided_by: str, dry_run: bool = False,
                 progress: Progress = silent) -> ImportReport:
    """Write what a file brings, whole or not at all, without what was decided on its rows before.

    Parameters
    ----------
    check : reads what the registry holds and makes the intake; called again where somebody else
        recorded something in between, so that two imports at the same moment see each other.
    mapping, layer : kept with the import, so that mended rows are read as the others were.
    decided_by : the author of the import, for rows that leave quarantine by it.
    """
    for left in range(_ATTEMPTS, 0, -1):
        head = registry.head()
        taken, leave = _without_decided(check(), layer, registry)
        taken = dataclasses.replace(taken, report=dataclasses.replace(
            taken.report, layer=layer, mapping=document_of(mapping)))
        if dry_run:
            return taken.report
        progress(f"writing {taken.report.file}", 1.0)
        try:
            registry.take_in(taken, upon=head)
        except LandReleaseError as error:
            if error.code != REGISTRY_MOVED_ON.code or left == 1:
                raise
            continue
        for entry, revision, personal in leave:
            registry.decide_quarantine(
                entry.number, "accepted", reason="the file came in again, and the row passed",
                decided_by=decided_by, revisions=(revision,), personal=personal)
        return taken.report
    raise AssertionError("the last attempt returns or raises")


_Leaving = tuple["QuarantineEntry", "Revision", dict[str, Mapping[str, Any]]]


def _without_decided(taken: Intake, layer: str, registry: Registry
                     ) -> tuple[Intake, list[_Leaving]]:
    """The intake without rows on which was decided, and the waiting rows that pass by now."""
    report = taken.report
    taken = dataclasses.replace(taken, quarantined=tuple(
        dataclasses.replace(q, layer=layer) for q in taken.quarantined))
    if not registry.knows_source(report.source):
        return taken, []
    known = {e.row.row: e for e in registry.quarantine(None)
             if (e.row.source, e.row.kind, e.row.layer) == (report.source, report.kind, layer)}
    if not known:
        return taken, []
    keep: list[Revision] = []
    leave: list[_Leaving] = []
    told: list[tuple[Message, QuarantineEntry]] = []
    for revision in taken.revisions:
        entry = known.get(_row_number(report.file, revision))
        if entry is None:
            keep.append(revision)
        elif entry.status == "waiting":
            said = taken.personal.get(revision.record_id)
            leave.append((entry, revision, {revision.record_id: said} if said else {}))
        else:
            told.append((ROW_DECIDED, entry))
    dropped = len(told)
    waiting = []
    for row in taken.quarantined:
        entry = known.get(row.row)
        if entry is not None and entry.status != "waiting":
            told.append((ROW_DECIDED, entry))
        else:
            waiting.append(row)
    fresh = [q for q in waiting if q.row not in known]
    if keep or fresh or leave:  # else all that waits is there already: nothing is new
        told += [(ROW_WAITS, known[q.row]) for q in waiting if q.row in known]
        waiting = fresh
    settled = {entry.row.row for _, entry in told}
    findings = [f for f in report.findings if f.row not in settled]
    findings += [_told(m, e, report.file, "merged") for m, e in told]
    findings += [_told(ROW_LEFT_QUARANTINE, e, report.file, "accepted") for e, _, _ in leave]
    staying = {r.record_id for r in keep}
    return dataclasses.replace(
        taken, revisions=tuple(keep), quarantined=tuple(waiting),
        personal={i: v for i, v in taken.personal.items() if i in staying},
        report=dataclasses.replace(
            report, accepted=report.accepted - dropped, quarantined=len(waiting),
            merged=report.merged + len(told), findings=tuple(findings))), leave


def _row_number(file: str, revision: Revision) -> int:
    """The row that an import made a revision of, by its reason; 0 where it does not say it."""
    found = re.match(rf"import of {re.escape(file)}, row (\d+)", revision.reason)
    return int(found[1]) if found else 0


def _told(message: Message, entry: QuarantineEntry, file: str, fate: Any) -> Finding:
    facts = {"file": file, "row": entry.row.row, "found": entry.status, "other": entry.number}
    return Finding(message.code, file, entry.row.row, "", str(entry.number),
                   message.problem.format(**facts), message.remedy.format(**facts), fate)


def document_of(mapping: ColumnMapping) -> dict[str, Any]:
    """A mapping as plain values, as it is kept with the import."""
    def plain(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {str(k): plain(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(v) for v in value]
        return value.isoformat() if isinstance(value, (date, datetime)) else value

    return {f.name: plain(getattr(mapping, f.name)) for f in dataclasses.fields(mapping)}


def mapping_of(registry: Registry, entry: QuarantineEntry) -> ColumnMapping | None:
    """The mapping by which the row's file was imported; None where none was kept."""
    from landrelease.records.mapping import Mapping as ColumnMapping

    row = entry.row
    for _, report in reversed(registry.imports()):
        if (report.source, report.kind, report.layer) == (row.source, row.kind, row.layer) \
                and report.mapping:
            known = {f.name for f in dataclasses.fields(ColumnMapping)}
            return ColumnMapping(**{k: v for k, v in report.mapping.items() if k in known})
    return None


# --- a person decides --------------------------------------------------------------------------


def retry_quarantined(
    registry: Registry,
    number: int,
    changes: Mapping[str, Any],
    *,
    decided_by: str = UNVERIFIED,
    today: date | None = None,
) -> ImportReport:
    """Check a quarantined row again, with changed values; it leaves quarantine when it passes.

    It is read by the mapping of its import. A row that turns out to be recorded already is
    rejected with that reason.

    Raises
    ------
    LandReleaseError
        STO-...: there is no waiting row of that number.
    """
    from landrelease.records import intake
    from landrelease.workflows.imports import programme_bounds

    entry = quarantine_entry(registry, number)
    by = registry.author(decided_by)
    result = intake.retry(
        entry.row, dict(changes), mapping=mapping_of(registry, entry),
        existing={r.id: r for r in registry.records(entry.row.kind)},
        recorded_at=datetime.now(UTC), recorded_by=by, today=today or date.today(),
        programme_bounds=programme_bounds(registry), kinds=registry.kinds)
    if result.report.quarantined:
        return result.report
    words = ", ".join(f"{k} = {v}" for k, v in changes.items())
    if result.revisions:
        registry.decide_quarantine(
            number, "accepted", reason=f"mended: {words}" if words else "tried again unchanged",
            decided_by=by, revisions=result.revisions, personal=result.personal)
    else:
        registry.decide_quarantine(
            number, "rejected", decided_by=by, reason="it is recorded already"
            + (f" (mended: {words})" if words else ""))
    return result.report


def reject_quarantined(
    registry: Registry, number: int, reason: str, *, decided_by: str = UNVERIFIED
) -> None:
    """Reject a row, with a reason; it stays in the registry."""
    quarantine_entry(registry, number)
    registry.decide_quarantine(number, "rejected", reason=reason,
                               decided_by=registry.author(decided_by))


def quarantine_entry(registry: Registry, number: int) -> QuarantineEntry:
    """The waiting row of that number; STO-015 where there is none."""
    for entry in registry.quarantine("waiting"):
        if entry.number == number:
            return entry
    raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)


def visible_quarantine(
    registry: Registry, reader: View, number: int | None = None
) -> list[QuarantineEntry]:
    """The rows that wait (or one of them), without what a personal field would hold (S17).

    Raises ACC-101 where the reader may not see them, STO-... where there is no such row.
    """
    from landrelease.access.policy import WITHHELD, personal_columns

    reader.check("quarantine list")
    entries = (registry.quarantine("waiting") if number is None
               else [quarantine_entry(registry, number)])
    shown = []
    for entry in entries:
        kind = reader.kinds.get(entry.row.kind)
        if kind is not None:
            hidden = personal_columns(kind, entry.row.values)
            entry = dataclasses.replace(entry, row=dataclasses.replace(
                entry.row, findings=without_personal(entry.row.findings, kind),
                values={k: WITHHELD if k in hidden else v for k, v in entry.row.values.items()}))
        shown.append(entry)
    return shown


def without_personal(findings: Sequence[Finding], kind: Kind) -> tuple[Finding, ...]:
    """Findings as they may be shown: of a personal field without what was found (S17)."""
    from landrelease.access.policy import WITHHELD, personal_columns

    return tuple(
        dataclasses.replace(f, found=WITHHELD, problem=f"{f.field}: {WITHHELD}.")
        if personal_columns(kind, [f.field]) else f for f in findings)
