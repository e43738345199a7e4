"""Files in: read, map, check, and write each layer whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.finding import ImportReport, Intake
from landrelease.core.memory import without_collector
from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    COMPLAINT_DECIDED,
    KIND_NOT_KNOWN,
    KINDS_NOT_KNOWN,
    MAPPINGS_NONE_FITS,
    MAPPINGS_SEVERAL_FIT,
    PERMIT_GRANTED,
    STATED_BEFORE,
    SYNTHETIC_AMONG_REAL,
    SYSTEM_NOT_USED,
    LandReleaseError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping as KindMap

    from landrelease.core.record import Record
    from landrelease.core.revision import Revision
    from landrelease.records.mapping import Mapping, Proposal
    from landrelease.records.readers import SourceTable
    from landrelease.records.told import Caution
    from landrelease.store.registry import Registry
    from landrelease.workflows.submissions import Sender

UNVERIFIED = "local user (unverified)"
# Areas first, so that the programme's bounds are known when places are checked against them.
_ORDER = ("administrative_area", "hazard", "outcome", "accident", "activity", "settlement")


def import_files(
    registry: Registry,
    paths: Sequence[Path],
    *,
    kind: str | None = None,
    layer: str | None = None,
    mapping_path: Path | None = None,
    crs: str = "",
    worst_accuracy_m: float | None = None,
    dry_run: bool = False,
    recorded_by: str = UNVERIFIED,
    today: date | None = None,
    progress: Progress = silent,
    done: Callable[[ImportReport], None] = lambda report: None,
    reopened: Callable[[Sequence[Record]], None] = lambda hazards: None,
    by_index: bool = False,
    caution: Caution | None = None,
    decides: bool = True,
    sender: Sender | None = None,
    beside: bool = False,
) -> list[ImportReport]:
    """Import files, each layer whole or not at all; administrative areas first, then in an order.

    `kind`: of all rows; else what a file or layer says. `layer`: a sheet of a workbook or a layer;
    else all layers whose kind is known (with `kind`: the first). `mapping_path`: a mapping, or a
    folder of them, of which the one whose headings the file has is used. `crs`: of coordinates of
    which neither the file nor the mapping states the system (S04).

    A `crs` that there is not refuses all files (GEO-003); one that is not that of a file is told of
    (GEO-027).

    `done` hears of each layer as soon as it is written for good; `reopened` of released areas that
    are hazardous again by what came in (S11).

    What was stated at an earlier import of the same file (SHA-256), a mapping or a system, holds
    again where nothing is stated now, so that the same file changes nothing.

    `by_index`: for files of a few rows, such as the submission of a phone: what the registry holds
    is not read whole but looked up (`workflows.few`); the fate of each row is the same. `caution`:
    why rows wait or bring nothing although they are sound. `decides`: whether who brings the files
    in may grant permits and answer complaints; else such rows wait (ROW-046, ROW-047), and rows
    that say something else of what the office had its word on (ROW-048, `decided.stands`).
    `sender`: who brings submissions in that edit others (FRM-032), as `submissions.receive` has it.

    `beside`: a folder is taken as its submissions (`by_cable.submissions_in`), and the files that a
    submission names are kept from its folder, after the answers.

    A dry run checks everything and writes nothing. Before anything is written all files are read
    and held to their kinds and mappings: one that cannot be read at all, and one of which nothing
    says the kind, refuses them all (`LandReleaseError`; FIL-043 names all of unknown kind). A
    file whose places as a whole have no system (GEO-002 to GEO-004) is found when its turn comes;
    files before it stay imported.
    """
    from landrelease.records import intake, mapping
    from landrelease.records.readers.exports import is_export
    from landrelease.workflows import by_cable, few
    from landrelease.workflows.decided import deciding_nothing
    from landrelease.workflows.form_exports import keep_pictures, of_forms
    from landrelease.workflows.quarantine import take_in_once

    order = {kind: n for n, kind in enumerate(_ORDER)}
    tables: list[tuple[str, SourceTable, Mapping]] = []
    unknown: list[tuple[str, LandReleaseError]] = []
    if kind is not None:
        mapping.check_kind(kind, registry.kinds)
    given, copied = paths, dict[Path, by_cable.Beside]()
    if beside:
        paths = [p for path in given for p in by_cable.submissions_in(path)]
        copied = by_cable.beside(paths, given)
    for number, path in enumerate(paths):
        progress(f"reading {path.name}", number / len(paths))
        try:
            of_file = _tables(path, kind, layer, mapping_path, registry)
        except LandReleaseError as error:
            if error.code != KIND_NOT_KNOWN.code:
                raise
            unknown.append((path.name, error))
            continue
        if path in copied:
            of_file[0] = of_file[0][0], of_file[0][1].noted(*copied[path].notes)
        tables += [(found, *_mapping_for(table, found, mapping_path, registry, crs))
                   for found, table in of_file]
    if unknown and len(paths) == 1:
        raise unknown[0][1]
    if unknown:
        raise LandReleaseError(KINDS_NOT_KNOWN, found=", ".join(name for name, _ in unknown),
                               other=len(paths), expected=", ".join(registry.kinds))
    for found, table, used in tables:
        intake.check_columns(table, found, used, registry.kinds)
    if not decides:
        tables = [(found, _deciding_nothing(table, found, used, registry), used)
                  for found, table, used in tables]
    _mark_synthetic(registry, [table for _, table, _ in tables], dry_run)
    tables.sort(key=lambda item: order.get(item[0], len(order)))
    settings = intake.SETTINGS if worst_accuracy_m is None else replace(
        intake.SETTINGS, worst_accuracy_m=worst_accuracy_m)
    reports = []
    made: dict[int, Sequence[Revision]] = {}  # number of the layer -> what it brings

    def looked_up(table: SourceTable) -> bool:
        return by_index and len(table) <= few.MOST_ROWS

    for number, (found, table, used) in enumerate(tables):
        share = number / len(tables)

        def part(what: str, done: float, share: float = share) -> None:
            progress(what, share + 0.8 * done / len(tables))

        part(f"checking {table.file}", 0.0)
        by = recorded_by if dry_run else registry.author(recorded_by)

        def check(found: str = found, table: SourceTable = table, used: Mapping = used,
                  part: Progress = part, by: str = by, number: int = number) -> Intake:
            bounds = programme_bounds(registry)
            if looked_up(table) and bounds is None:
                bounds = few.bounds_for(registry, found, settings.bounds_margin_deg)

            held = caution or of_forms(registry, found, table, keep=not dry_run,
                                       sender=sender)
            if not decides:
                held = deciding_nothing(registry, held)

            def beside(existing: KindMap[str, Record]) -> Intake:
                return intake.take_in(
                    table, found, used, existing=existing,
                    taken_sources={table.source} if registry.knows_source(table.source) else set(),
                    recorded_at=datetime.now(UTC), recorded_by=by, today=today or date.today(),
                    programme_bounds=bounds, kinds=registry.kinds, settings=settings,
                    progress=part, caution=held)

            with without_collector():
                taken = beside(few.existing_for(registry, found, beside) if looked_up(table) else
                               {r.id: r for r in registry.records(found)})
            made[number] = taken.revisions
            return taken

        report = take_in_once(registry, check, used, table.layer, decided_by=by, dry_run=dry_run,
                              progress=part)
        reports.append(report)
        done(report)
    if not dry_run:
        if any(is_export(table) for _, table, _ in tables):
            for path in paths:
                keep_pictures(registry, path, by=recorded_by)
        for found_beside in copied.values():
            for report in by_cable.keep(registry, found_beside, by=recorded_by):
                reports.append(report)
                done(report)
        from landrelease.workflows.certificates import reopened_by_import

        came_in = [r for part in made.values() for r in part]
        if not (tables and all(looked_up(table) for _, table, _ in tables)
                and not few.may_reopen(registry, came_in)):
            reopened(reopened_by_import(registry, {r.kind for r in reports if r.accepted}))
    progress("files imported", 1.0)
    return reports


def _deciding_nothing(table: SourceTable, kind: str, used: Mapping, registry: Registry
                   ) -> SourceTable:
    """The table, in which each row that decides has to wait: one that says that a permit is granted
    (S08), or that a complaint is dealt with, and one of a complaint that is known already: what
    somebody reported counts until who answers complaints has looked at it (S15)."""
    from landrelease.core.names import folded
    from landrelease.records.intake import rough_values
    from landrelease.records.readers import Problem
    from landrelease.workflows.cautions import DEALT_WITH
    from landrelease.workflows.waiting_rows import waiting_rows

    def said(name: str) -> list[Any]:
        heading = used.columns.get(name, "")
        cells = table.cells[heading] if heading else [None] * len(table)
        return [word for word, _ in rough_values(
            [{heading: cell} for cell in cells], used, registry.kinds[kind].field(name), date.max)]

    if kind == "permit":
        return table.with_problems({i: Problem(PERMIT_GRANTED, {"field": "state", "found": word})
                                    for i, word in enumerate(said("state")) if word == "granted"})
    if kind != "complaint":
        return table
    known = {folded(r.values.get("identifier")) for r in registry.records(kind)} | {
        folded(row.entry.row.values.get("identifier")) for row in waiting_rows(registry, (kind,))}
    problems = {i: Problem(COMPLAINT_DECIDED, {"field": "identifier", "found": str(word)})
                for i, word in enumerate(said("identifier")) if word and folded(word) in known}
    problems |= {i: Problem(COMPLAINT_DECIDED, {"field": "complaint_status", "found": word})
                 for i, word in enumerate(said("complaint_status")) if word in DEALT_WITH}
    return table.with_problems(problems)


def _mark_synthetic(registry: Registry, tables: Sequence[SourceTable], dry_run: bool) -> None:
    """A registry into which made-up files come says so for good (S19).

    Raises FIL-046: it holds records that are not made up.
    """
    from landrelease.records import mapping
    from landrelease.workflows import is_synthetic

    made_up = [t.file for t in tables if mapping.says_synthetic(t)]
    if not made_up or is_synthetic(registry):
        return
    if any(chain.position for chain in registry.chains()) or registry.setting("synthetic"):
        raise LandReleaseError(SYNTHETIC_AMONG_REAL, file=made_up[0])
    if not dry_run:
        registry.keep_setting("synthetic", "yes")


def propose_mapping(registry: Registry, path: Path, *, kind: str | None = None,
                    layer: str | None = None) -> tuple[Proposal, str]:
    """What each column of a file may mean, and the same as YAML that a person edits."""
    from landrelease.records import mapping, readers

    table = mapping.whole(readers.read(path, layer=layer))
    found = kind or mapping.guess_kind(table, registry.kinds)
    proposal = mapping.suggest(table, found, registry.kinds)
    return proposal, mapping.dump(proposal)


@dataclass(frozen=True, slots=True)
class Looked:
    """A file that was looked at before it is imported.

    samples : the first values of each column. document : the mapping of what is certain, as a file
    of mappings has it (`records.mapping.load`). words : column -> word -> how often, of columns
    that may hold a vocabulary. meanings : field -> word -> (meaning, certain), over all columns.
    crs : the system that the file itself states; "" where it does not.
    """

    proposal: Proposal
    samples: dict[str, list[str]]
    document: dict[str, Any]
    words: dict[str, dict[str, int]]
    meanings: dict[str, dict[str, tuple[str, bool]]]
    crs: str


def columns_of(registry: Registry, path: Path, *, kind: str | None = None) -> Looked:
    """What each column of a file may mean, and the words in it. Of a file with layers the first is
    read.

    Raises what reading a file raises, and FIL-013: nothing says of what kind its rows are.
    """
    from landrelease.records import mapping, readers
    from landrelease.workflows.quarantine import document_of

    table = mapping.whole(readers.read(path))
    proposal = mapping.suggest(table, kind or mapping.guess_kind(table, registry.kinds),
                               registry.kinds)
    samples = {heading: list(dict.fromkeys(
        str(cell).strip()[:60] for cell in list(table.cells[heading][:200])
        if cell is not None and str(cell).strip()))[:3] for heading in table.columns}
    document = document_of(proposal.mapping)
    document.pop("stated")
    words = {heading: mapping.words_of(table, heading) for heading in table.columns}
    every = list(dict.fromkeys(word for listed in words.values() for word in listed))
    known = registry.kinds[proposal.mapping.kind]
    meanings = {f.name: mapping.meanings(f, every) for f in known.fields if f.choices}
    for name, sure in proposal.mapping.values.items():
        if name in meanings:
            meanings[name] |= {str(word): (str(meant), True) for word, meant in sure.items()}
    return Looked(proposal, samples, {n: value for n, value in document.items() if value},
                  words, meanings, table.crs)


def place_columns() -> tuple[str, ...]:
    """What a column may stand for beside the fields: parts of a place."""
    from landrelease.records.mapping import PLACE_COLUMNS

    return PLACE_COLUMNS


def notations() -> dict[str, list[str]]:
    """What a mapping may state of how places are written, with the words of each; without words it
    is typed in."""
    from landrelease.records.mapping import NOTATION

    return {name: list(words) for name, words in NOTATION.items()}


def systems(registry: Registry) -> list[dict[str, Any]]:
    """Systems of coordinates to choose from, those of the programme's area: `code`, `name`, and
    whether they are a map grid (`grid`) or degrees."""
    from landrelease.records import places

    bounds = programme_bounds(registry)
    near = None if bounds is None else places.widened(bounds, 0.5)
    return [{"code": s.code, "name": s.name, "grid": s.grid} for s in places.systems_in(near)]


def programme_bounds(registry: Registry) -> tuple[float, float, float, float] | None:
    """West, south, east, north of the recorded administrative areas; None where there are none."""
    import numpy as np
    import shapely

    grounds = [r.geometry for r in registry.records("administrative_area") if r.geometry]
    if not grounds:
        return None
    west, south, east, north = shapely.total_bounds(np.array(grounds, dtype=object))
    return float(west), float(south), float(east), float(north)


def _tables(path: Path, kind: str | None, layer: str | None, mapping_path: Path | None,
            registry: Registry) -> list[tuple[str, SourceTable]]:
    """The tables of a file that are imported, with their kinds."""
    from landrelease.records import mapping, readers

    if kind is None and mapping_path is not None and mapping_path.is_file():
        kind = mapping.load(mapping_path, registry.kinds).kind
    names = readers.layers(path) if kind is None and layer is None else []
    if len(names) < 2:
        table = mapping.whole(readers.read(path, layer=layer))
        return [(kind or mapping.guess_kind(table, registry.kinds), table)]
    out, unknown = [], None
    for name in names:
        table = mapping.whole(readers.read(path, layer=name))
        try:
            found = mapping.guess_kind(table, registry.kinds)
            # A sheet of remarks in a workbook of settlements holds no settlements.
            if mapping.propose(table, found, registry.kinds).columns:
                out.append((found, table))
        except LandReleaseError as error:
            if error.code != KIND_NOT_KNOWN.code:
                raise
            unknown = error
    if not out and unknown is not None:
        raise unknown
    return out


def _mapping_for(table: SourceTable, kind: str, path: Path | None, registry: Registry, crs: str
                 ) -> tuple[SourceTable, Mapping]:
    """The mapping of a table: given, found in a folder, stated at an earlier import of the same
    file, or proposed from its headings. The table comes back with a note of the third."""
    from landrelease.records import mapping
    from landrelease.records.readers import Problem

    if path is None:
        used = mapping.propose(table, kind, registry.kinds)
    elif path.is_dir():
        fitting = {p: m for p in sorted(path.glob("*.yaml"))
                   for m in (mapping.load(p, registry.kinds),)
                   if m.kind == kind and m.columns
                   and {*m.columns.values()} <= {*table.columns}}
        most = max((len(m.columns) for m in fitting.values()), default=0)
        best = {p: m for p, m in fitting.items() if len(m.columns) == most}
        if len(best) != 1:
            message = MAPPINGS_SEVERAL_FIT if best else MAPPINGS_NONE_FITS
            raise LandReleaseError(message, file=table.file, path=path,
                                   found=", ".join(p.name for p in best) or kind)
        used = next(iter(best.values()))
    else:
        used = mapping.load(path, registry.kinds)
    told = []
    if path is None:
        before, system = _stated_before(table, kind, registry)
        if before is not None:
            used = replace(before, crs=crs) if crs and not table.crs else before
            told.append(f"the mapping stated then, with {len(before.columns)} columns")
        if system and not crs and not used.crs and not table.crs:
            crs = system
            told.append(f"the system stated then, {system}")
    table, used = with_system(table, used, crs)
    if told:
        table = table.with_note(Problem(STATED_BEFORE, {"found": " and ".join(told)}))
    return table, used


def with_system(table: SourceTable, used: Mapping, crs: str) -> tuple[SourceTable, Mapping]:
    """A table and its mapping with the system that was stated beside it, where neither states one;
    where they state another, that one stays and it is said (GEO-027). Raises GEO-003 for a system
    that is none."""
    from landrelease.records import places
    from landrelease.records.readers import Problem

    own = used.crs or table.crs
    if not crs:
        return table, used
    places.system(crs, table.file)
    if not own:
        return table, replace(used, crs=crs)
    if own.startswith("("):  # headings that name two
        return table, used
    if not places.same_system(own, crs, table.file):
        table = table.with_note(Problem(SYSTEM_NOT_USED, {"found": crs, "expected": own[:120]}))
    return table, used


def _stated_before(table: SourceTable, kind: str, registry: Registry
                   ) -> tuple[Mapping | None, str]:
    """The mapping and the system that a person stated last for the same file, layer and kind."""
    from landrelease.workflows.quarantine import mapping_from

    if not registry.knows_source(table.source):
        return None, ""
    kept = [mapping_from(report.mapping) for _, report in registry.imports()
            if (report.source, report.kind, report.layer) == (table.source, kind, table.layer)
            and report.mapping]
    stated = [m for m in kept if m.stated]
    systems = [m.crs for m in kept if m.crs and not m.crs.startswith("(")]
    return stated[-1] if stated else None, systems[-1] if systems else ""
