"""Rows that wait: how they come in once only, and how a person looks at, mends and decides on them.

A row is known by its file (SHA-256), its layer, its kind and its number. A file that comes in again
changes nothing that was decided on its rows.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.names import folded
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Record
from landrelease.core.texts import ENGLISH
from landrelease.errors import (
    FILE_MISSING,
    MENDED_TO_LESS,
    QUARANTINE_REFUSED,
    QUARANTINE_UNKNOWN,
    REGISTRY_MOVED_ON,
    RETURN_WITHOUT_NUMBERS,
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
    from landrelease.core.texts import Texts
    from landrelease.records.mapping import Mapping as ColumnMapping
    from landrelease.store.registry import QuarantineEntry, Registry

UNVERIFIED = "local user (unverified)"
MOST_ANSWERS = 500  # that a row of a whole submission shows; more stand in its file
_OF_HAZARD = re.compile(r"/hazard(\[\d+\])?(/|$)")
_ATTEMPTS = 5
AS_IT_STOOD = "tried again unchanged"  # why a row was taken in that nobody changed


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
    row = entry.row
    for _, report in reversed(registry.imports()):
        if (report.source, report.kind, report.layer) == (row.source, row.kind, row.layer) \
                and report.mapping:
            return mapping_from(report.mapping)
    return None


def mapping_from(document: Mapping[str, Any]) -> ColumnMapping:
    """A mapping as it was kept with an import (`document_of`)."""
    from landrelease.records.mapping import Mapping as ColumnMapping

    known = {f.name for f in dataclasses.fields(ColumnMapping)}
    return ColumnMapping(**{k: v for k, v in document.items() if k in known})


# --- a person decides --------------------------------------------------------------------------


def retry_quarantined(
    registry: Registry,
    number: int,
    changes: Mapping[str, Any],
    *,
    decided_by: str = UNVERIFIED,
    today: date | None = None,
    decides: bool = True,
) -> ImportReport:
    """Check a quarantined row again, with changed values; it leaves quarantine when it passes.

    It is read by the mapping of its import. A row that turns out to be recorded already is
    rejected with that reason. A submission of one of our forms that waits as a whole is imported;
    what of it cannot be taken waits in rows of its own. `decides` as `Mender` has it.

    Raises
    ------
    LandReleaseError
        STO-...: there is no waiting row of that number. FRM-021: nothing can be imported of a
        submission of ours; it goes on waiting.
    """
    return Mender(registry, decided_by=decided_by, today=today, decides=decides).retry(
        quarantine_entry(registry, number), changes)


class Mender:
    """Checks rows that wait again, one after the other, each for itself: what is recorded beside
    them is looked up (`workflows.few`), what they have in common is read once.

    decides : whether the person may decide on rows that wait. Who may not, mends no danger away: a
    row that would say less than it does goes on waiting as it was (ROW-045).
    """

    def __init__(self, registry: Registry, *, decided_by: str = UNVERIFIED,
                 today: date | None = None, decides: bool = True):
        self.decides = decides
        self.registry, self.decided_by = registry, decided_by
        self.today = today or date.today()
        self._by = registry.author(decided_by)
        self._mappings: dict[tuple[str, str, str], ColumnMapping | None] = {}
        self._bounds: dict[str, tuple[float, float, float, float] | None] = {}

    def _bounds_of(self, kind: str) -> tuple[float, float, float, float] | None:
        from landrelease.records.intake import SETTINGS
        from landrelease.workflows import few
        from landrelease.workflows.imports import programme_bounds

        if kind not in self._bounds:
            found = programme_bounds(self.registry)
            self._bounds[kind] = found if found is not None else few.bounds_for(
                self.registry, kind, SETTINGS.bounds_margin_deg)
        return self._bounds[kind]

    def retry(self, entry: QuarantineEntry, changes: Mapping[str, Any]) -> ImportReport:
        """As `retry_quarantined`; `entry` as the registry has it, nothing withheld."""
        from landrelease.records import intake
        from landrelease.workflows import few

        registry, row = self.registry, entry.row
        key = (row.source, row.kind, row.layer)
        if key not in self._mappings:
            self._mappings[key] = mapping_of(registry, entry)
        bounds = self._bounds_of(row.kind)

        def beside(existing: Mapping[str, Record]) -> Intake:
            return intake.retry(
                row, dict(changes), mapping=self._mappings[key], existing=existing,
                carried_m=carried_m(registry, row),
                recorded_at=datetime.now(UTC), recorded_by=self._by, today=self.today,
                programme_bounds=bounds, kinds=registry.kinds)

        result = beside(few.existing_for(registry, row.kind, beside))
        report = result.report
        if report.quarantined:
            return report
        if not self.decides and not self._holds(entry, result):
            return _as_it_was(report, entry, changes)
        if waits_whole(row):
            from landrelease.workflows.submissions import take_in_waiting

            reports = take_in_waiting(registry, row, by=self.decided_by)
            report = dataclasses.replace(
                report, findings=(*report.findings, *(f for r in reports for f in r.findings)))
        words = ", ".join(f"{k} = {v}" for k, v in changes.items())
        if result.revisions:
            if row.kind == "administrative_area":
                self._bounds.clear()
            registry.decide_quarantine(
                entry.number, "accepted", decided_by=self._by, revisions=result.revisions,
                personal=result.personal,
                reason=f"mended: {words}" if words else AS_IT_STOOD)
            if few.may_reopen(registry, result.revisions):
                from landrelease.workflows.certificates import reopened_by_import

                reopened_by_import(registry, {row.kind})
        else:
            registry.decide_quarantine(
                entry.number, "rejected", decided_by=self._by, reason="it is recorded already"
                + (f" (mended: {words})" if words else ""))
        return report


    def _holds(self, entry: QuarantineEntry, result: Intake) -> bool:
        from landrelease.workflows import decided, edited, few
        from landrelease.workflows.submissions import edits_others

        if entry.row.kind == "source":
            return False  # a whole submission: nobody knows what would be left of it
        if edits_others(self.registry, entry.row):
            return False
        made = [Record(r.kind, r.record_id, r.values, r.geometry) for r in result.revisions]
        for record in made:
            known = few.record_of(self.registry, record.kind, record.id)
            if known is not None and decided.stands(self.registry, known):
                return False
        return edited.mended_holds(self.registry, entry, made[0] if made else None)


def _as_it_was(report: ImportReport, entry: QuarantineEntry, changes: Mapping[str, Any]
               ) -> ImportReport:
    row = entry.row
    found = ", ".join(f"{k} = {v}" for k, v in changes.items())[:200] or "no change"
    facts = {"file": row.file, "row": row.row, "found": found}
    finding = Finding(MENDED_TO_LESS.code, row.file, row.row, "", found,
                      MENDED_TO_LESS.problem.format(**facts), MENDED_TO_LESS.remedy, "quarantined")
    return dataclasses.replace(report, accepted=0, merged=0, quarantined=1,
                               findings=(*report.findings, finding))


def waits_whole(row: QuarantinedRow) -> bool:
    """Whether a row is a submission of one of our forms of which no record could be made."""
    from landrelease.records.forms import FORMS

    return (row.kind == "source" and row.values.get("source_type") == "form_submission"
            and row.values.get("title") in FORMS)


def kinds_in(row: QuarantinedRow) -> tuple[str, ...]:
    """The kinds of record that such a submission reports; of any other row none."""
    from landrelease.records.forms import FORMS

    if not waits_whole(row):
        return ()
    return tuple(p.kind for p in FORMS[str(row.values["title"])].part.walk())


def may_hold_hazards(row: QuarantinedRow) -> bool:
    """Whether a submission that waits as a whole says anything of a hazard, as far as its row
    shows; of a form that is not ours whether it holds any place: nobody knows what it says. One of
    ours of which nobody can read any answer, as of an encrypted one, may say all that its form
    asks."""
    from landrelease.workflows.waiting_rows import answered_place

    if row.kind != "source" or row.values.get("source_type") != "form_submission":
        return False
    answers = [name for name in row.values if name.startswith("/")]
    if len(answers) >= MOST_ANSWERS:
        return True
    if waits_whole(row):
        kinds = kinds_in(row)
        unread = not any(re.match(rf"/{kinds[0]}(\[\d+\])?/", name) for name in answers)
        return "hazard" in kinds if unread else any(_OF_HAZARD.search(n) for n in answers)
    return answered_place(row.values) is not None


def reject_quarantined(
    registry: Registry, number: int, reason: str, *, decided_by: str = UNVERIFIED
) -> None:
    """Reject a row, with a reason; it stays in the registry."""
    quarantine_entry(registry, number)
    registry.decide_quarantine(number, "rejected", reason=reason,
                               decided_by=registry.author(decided_by))


def quarantine_entry(registry: Registry, number: int) -> QuarantineEntry:
    """The waiting row of that number; STO-015 where there is none."""
    for entry in registry.quarantine("waiting", number):
        return entry
    raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)


def visible_quarantine(
    registry: Registry, reader: View, number: int | None = None
) -> list[QuarantineEntry]:
    """The rows that wait (or one of them), without what a personal field would hold (S17). Of a
    reader for certain areas without those that lie elsewhere; a row whose place is not read yet may
    lie anywhere.

    Raises ACC-101 where the reader may not see them, STO-... where there is no such row, or not for
    this reader.
    """
    reader.check("quarantine list")
    entries = (registry.quarantine("waiting") if number is None
               else [quarantine_entry(registry, number)])
    if reader.areas:
        entries = [e for e in entries if _lies_with(reader, e)]
        if number is not None and not entries:
            raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)
    from landrelease.workflows.submissions import with_remarks

    masks = Masks(registry, reader)
    return [masks.masked(entry) for entry in with_remarks(registry, entries)]


class Masks:
    """Which columns of rows that wait hold what is personal (S17): those whose headings name a
    personal field, and those that a mapping took to one, whichever import of that sheet it was."""

    def __init__(self, registry: Registry, reader: View):
        self.kinds = reader.kinds
        self._mapped: dict[tuple[str, str], set[str]] = {}
        for _, report in registry.imports():
            kind = registry.kinds.get(report.kind)
            columns = (report.mapping or {}).get("columns")
            if kind is None or not isinstance(columns, Mapping):
                continue
            self._mapped.setdefault((report.source, report.layer), set()).update(
                folded(heading) for f in kind.fields
                if f.personal and (heading := columns.get(f.name)))

    def columns(self, row: QuarantinedRow) -> set[str]:
        """The headings of a row whose cells nobody sees."""
        from landrelease.access.policy import personal_columns

        kind = self.kinds.get(row.kind)
        mapped = self._mapped.get((row.source, row.layer), set())
        return {h for h in row.values if folded(h) in mapped} | (
            set() if kind is None else personal_columns(kind, row.values))

    def masked(self, entry: QuarantineEntry) -> QuarantineEntry:
        """A row without what is personal, in its cells and in what is said of them."""
        from landrelease.access.policy import WITHHELD

        row, hidden = entry.row, self.columns(entry.row)
        kind = self.kinds.get(row.kind)
        findings = tuple(_withheld(f) if f.field in hidden else f for f in (
            row.findings if kind is None else without_personal(row.findings, kind)))
        return dataclasses.replace(entry, row=dataclasses.replace(
            row, findings=findings,
            values={k: WITHHELD if k in hidden else v for k, v in row.values.items()}))


def _lies_with(reader: View, entry: QuarantineEntry) -> bool:
    import shapely

    shape = None
    try:
        if entry.row.geometry_wkt:
            shape = shapely.from_wkt(entry.row.geometry_wkt)
    except shapely.errors.ShapelyError:
        shape = None
    if shape is not None and (shape.is_empty or not shapely.box(-180, -90, 180, 90).covers(shape)):
        shape = None  # not in degrees: it says nothing about where it lies
    return shape is None or entry.row.kind not in reader.kinds or bool(reader.inside(
        [Record(entry.row.kind, "", entry.row.values, shape)]))


def carried_m(registry: Registry, row: QuarantinedRow) -> float:
    """How far off the transformation of its file left the shape of a row that waits, m (90 %); 0
    where nothing was carried (S04). The import said it of the file as a whole."""
    from landrelease.core.reading import facts_in
    from landrelease.errors import POSITION_TRANSFORMED

    if not row.geometry_wkt:
        return 0.0
    off = 0.0
    for _, report in registry.imports():
        if (report.source, report.kind, report.layer) == (row.source, row.kind, row.layer):
            for f in report.findings:
                if f.code == POSITION_TRANSFORMED.code:
                    facts = facts_in(POSITION_TRANSFORMED.problem, f.problem) or {}
                    with contextlib.suppress(ValueError):
                        off = max(off, float(facts.get("accuracy", "")))
    return off


def without_personal(findings: Sequence[Finding], kind: Kind) -> tuple[Finding, ...]:
    """Findings as they may be shown: of a personal field without what was found (S17)."""
    from landrelease.access.policy import personal_columns

    return tuple(_withheld(f) if personal_columns(kind, [f.field]) else f for f in findings)


def _withheld(finding: Finding) -> Finding:
    from landrelease.access.policy import WITHHELD

    return dataclasses.replace(finding, found=WITHHELD, problem=f"{finding.field}: {WITHHELD}.")


# --- back to the sender and in again -----------------------------------------------------------

DECIDED_MEANWHILE = (QUARANTINE_UNKNOWN.code, QUARANTINE_REFUSED.code)
# What the workbook says beside what is wrong; it is read in each language (`_returned_rows`).
LOOK, MADE_ON, MADE_UP = "Look at this row.", "made on", "made-up data"
ABOUT = {
    "what this is": "Rows of your files that {office} could not accept.",
    "what to do": "Correct the cells (those with an error are red, with a note), and send this "
    "workbook back. Leave the first column as it is. Rows that stay as they are go on waiting."}


@dataclasses.dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one row of a workbook that came back.

    `status`: "accepted", "recorded already", "still waits", "unchanged", "doubled" (the number
    stands twice with different cells), "unknown" (no such row waits here).
    """

    number: str
    sheet: str
    status: str
    findings: tuple[Finding, ...] = ()


def write_return(registry: Registry, out: Path, reader: View, *, files: Sequence[str] = (),
                 made_on: date, rows: Sequence[QuarantineEntry] | None = None,
                 texts: Texts = ENGLISH) -> int:
    """Write the waiting rows as a workbook for whoever sent them; returns how many.

    A sheet for each file and layer has the columns of the file in their order, the cells as they
    were, those with an error marked and with a note, and in words what to do with the row. `files`:
    only rows of files of these names, because a sender gets only what is theirs. `rows`: those that
    are written, as the reader may see them; None: all that the reader sees. `texts`: the language
    in which it says what is wrong; it comes back in whichever it is.
    """
    from landrelease.store.returns import SHAPE, ReturnedRow, ReturnedSheet
    from landrelease.store.returns import write_return as write
    from landrelease.workflows import SYNTHETIC, is_synthetic

    groups: dict[tuple[str, str, str], list[QuarantineEntry]] = {}
    for entry in visible_quarantine(registry, reader) if rows is None else rows:
        if not files or entry.row.file in files:
            groups.setdefault((entry.row.source, entry.row.layer, entry.row.kind), []).append(entry)
    sheets = []
    for (_, layer, kind), entries in groups.items():
        used = mapping_of(registry, entries[0])
        headings = tuple(dict.fromkeys(h for e in entries for h in e.row.values))
        fields = dict(used.columns) if used is not None else {}
        in_cells = {"longitude", "latitude", "easting", "northing", "geometry"} & fields.keys()
        shaped = not in_cells or any(e.row.geometry_wkt for e in entries)
        told = []
        for e in entries:
            marks: dict[str, str] = {}
            for f in e.row.findings:
                place = SHAPE if shaped else next(iter(fields[n] for n in sorted(in_cells)), "")
                heading = fields.get(f.field, f.field)
                if heading not in headings and (f.field == "geometry" or f.code[:3] == "GEO"):
                    heading = place
                if heading in headings or heading == SHAPE:
                    marks[heading] = " ".join(filter(None, (
                        marks.get(heading), f"[{f.code}]",
                        *texts.finding(f.code, f.problem, f.remedy))))
            if SHAPE in marks:
                marks[texts(SHAPE)] = marks.pop(SHAPE)
            cells = dict(e.row.values)
            if shaped:
                cells[texts(SHAPE)] = e.row.geometry_wkt or None
            told.append(ReturnedRow(
                _key(e), cells, marks,
                "\n".join(" ".join(texts.finding(f.code, f.problem, f.remedy))
                          for f in e.row.findings if f.fate == "quarantined") or texts(LOOK)))
        title = entries[0].row.file + (f" {layer}" if layer else "")
        sheets.append(ReturnedSheet(f"{title} ({kind})" if len(groups) > 1 and sum(
            g[0] == entries[0].row.source for g in groups) > 1 else title,
            headings + ((texts(SHAPE),) if shaped else ()), tuple(told)))
    about = [(texts(name), texts.told(words, office=registry.office))
             for name, words in ABOUT.items()]
    about.append((texts(MADE_ON), made_on.isoformat()))
    if is_synthetic(registry):
        about.insert(0, (texts(MADE_UP), texts(SYNTHETIC)))
    write(out, sheets, about, texts)
    return sum(len(s.rows) for s in sheets)


def _key(entry: QuarantineEntry) -> str:
    """The number of a row, with a check that it is of this registry and this row."""
    row = entry.row
    check = hashlib.sha256(f"{row.source} {row.layer} {row.kind} {row.row}".encode()).hexdigest()
    return f"{entry.number}-{check[:8]}"


def _cells(entry: QuarantineEntry, shaped: bool) -> dict[str, Any]:
    from landrelease.store.returns import SHAPE

    return {**entry.row.values, **({SHAPE: entry.row.geometry_wkt or None} if shaped else {})}


def take_back(registry: Registry, path: Path, reader: View, *, decided_by: str = UNVERIFIED,
              today: date | None = None, rows: Sequence[QuarantineEntry] | None = None,
              told: Callable[[ImportReport], Sequence[Finding]] | None = None,
              progress: Progress = silent, decides: bool = True) -> list[Outcome]:
    """Take the mended rows of a workbook that came back from its sender; one outcome a row.

    Rows are found by their number; only cells that differ from what was sent are changes. A row is
    decided whole; where the work is interrupted, the same workbook again does the rest. `rows`:
    those that may be mended, as the reader may see them; None: all that the reader sees. `told`:
    what the reader may hear of a report; None: all but what is personal.

    Raises FIL-038 where no sheet has the numbers; FIL-... where it cannot be read.
    """
    from landrelease.store.returns import SHAPE

    waiting = {_key(e): e for e in (visible_quarantine(registry, reader) if rows is None else rows)}
    hear = told or (lambda report: without_personal(report.findings, reader.kinds[report.kind]))
    mender = Mender(registry, decided_by=decided_by, today=today, decides=decides)
    seen: dict[str, tuple[str, dict[str, Any]]] = {}
    outcomes: dict[str, Outcome] = {}
    for sheet, key, cells in _returned_rows(path):
        if key in seen and not _same_cells(seen[key][1], cells):
            outcomes[key] = Outcome(key, sheet, "doubled")
        seen.setdefault(key, (sheet, cells))
    for n, (key, (sheet, cells)) in enumerate(seen.items()):
        progress(f"mending rows of {path.name}", n / len(seen))
        entry = waiting.get(key)
        if key in outcomes:
            continue
        if entry is None:
            outcomes[key] = Outcome(key, sheet, "unknown")
            continue
        changes = {}
        for heading, value in _cells(entry, SHAPE in cells).items():
            column = " ".join(heading.split())  # as a worksheet is read
            if column in cells and not _same(value, cells[column]):
                changes["geometry" if heading == SHAPE else heading] = cells[column]
        if not changes:
            outcomes[key] = Outcome(key, sheet, "unchanged")
            continue
        try:
            report = mender.retry(quarantine_entry(registry, entry.number), changes)
        except LandReleaseError as error:
            if error.code not in DECIDED_MEANWHILE:
                raise
            outcomes[key] = Outcome(key, sheet, "unknown")
            continue
        outcomes[key] = Outcome(
            key, sheet, "still waits" if report.quarantined else
            "accepted" if report.accepted else "recorded already", tuple(hear(report)))
    return [outcomes[key] for key in seen]


def _returned_rows(path: Path) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Sheet, key and cells of each row of a workbook that has the column of numbers, in whatever
    language; the shape stands under `SHAPE`."""
    from landrelease.records.readers import LIMITS, workbooks
    from landrelease.store.returns import NUMBER, SHAPE, TO_DO
    from landrelease.workflows.languages import all_texts

    spoken = {t(NUMBER): t for t in all_texts()}

    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
    content, ending = path.read_bytes(), path.suffix.lower()
    found = False
    for sheet in workbooks.sheets(path.name, ending, content, LIMITS):
        table = workbooks.from_workbook(path.name, ending, content, sheet, LIMITS)
        number = next((c for c in table.columns if c in spoken), "")
        if not number:
            continue
        found = True
        texts = spoken[number]
        own = {number, texts(TO_DO)}
        for row in table.rows:
            key = str(row.values.get(number) or "").strip()
            if key:
                yield sheet, key, {SHAPE if h == texts(SHAPE) else h: v
                                   for h, v in row.values.items() if h not in own}
    if not found:
        raise LandReleaseError(RETURN_WITHOUT_NUMBERS, file=path.name, expected=NUMBER)


def _same(sent: Any, back: Any) -> bool:
    """Whether a cell came back as it was sent, as far as a worksheet can tell."""
    from landrelease.access.policy import WITHHELD
    from landrelease.store.returns import cell_of

    if all(isinstance(v, (int, float)) and not isinstance(v, bool) for v in (sent, back)):
        return bool(sent == back) or math.isclose(sent, back, rel_tol=2e-15)  # 16 digits
    sent, back = cell_of(sent), cell_of(back)
    one, other = (("" if v is None else str(v)).strip() for v in (sent, back))
    return one == other or other == WITHHELD


def _same_cells(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return one.keys() == other.keys() and all(_same(v, other[h]) for h, v in one.items())
