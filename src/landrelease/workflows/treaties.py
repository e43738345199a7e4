"""Tables of a year for treaty and donor reports from a registry, as XLSX and CSV."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.hazard import Land
from landrelease.core.ledger import LedgerRow
from landrelease.core.progress import Progress, silent
from landrelease.errors import BAD_OPTION, TREATY_UNKNOWN, LandReleaseError
from landrelease.workflows.figures import At, columns_at, figure_land

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.figures.obligation import Obligation
    from landrelease.figures.treaty import Ends, TreatyTable
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile


@dataclasses.dataclass(frozen=True, slots=True)
class Made:
    """The tables of a year, what they rest on, and what they leave out."""

    treaty: str
    title: str
    year: int
    tables: tuple[TreatyTable, ...]
    notes: tuple[str, ...]
    about: dict[str, str]
    synthetic: bool


def tables(registry: Registry, reader: View, treaty: str, year: int, *, level: str | None = None,
           known_at: datetime | None = None, made_on: date, obligation: Obligation | None = None,
           plan: PlanFile | None = None, seed: int = 1, progress: Progress = silent) -> Made:
    """All tables of a treaty for a calendar year, as the reader may see them.

    obligation : the deadline that is stated; with it, or with a plan, there is a table of what it
        needs. plan : of the records as they stand; with it also the land to be addressed, by year.

    Who does not see hazards one by one gets totals only, none of few hazards (S14). Raises FIG-003.
    """
    from landrelease.figures import items, work
    from landrelease.figures import obligation as obliged
    from landrelease.figures import treaty as forms
    from landrelease.figures.areas import areas_of
    from landrelease.workflows import is_synthetic

    if treaty not in forms.TREATIES:
        raise LandReleaseError(TREATY_UNKNOWN, found=treaty, expected=", ".join(forms.TREATIES))
    title, group = forms.TREATIES[treaty]
    days = (date(year - 1, 12, 31), date(year, 12, 31))
    of_group, unstated, unnamed = _classes(registry, group, known_at)
    ends, lands = [], []
    for n, day in enumerate(days):
        progress(f"land at {day}", n / 3)
        land = figure_land(registry, reader, At(day, known_at, level))
        lands.append(land)
        ends.append(_ends(_of_group(land, of_group), reader))
    release = forms.release_table(*ends)
    found = [forms.area_table(ends[0], ends[1], _new(
        _of_group(lands[0], of_group), _of_group(lands[1], of_group), reader)), release]
    notes = []
    silent: tuple[int, float] | None = (0, 0.0)
    if forms.opened_again(release):
        notes.append("Below zero: in the year more ground that had been released came back on "
                     "record as hazardous than was released.")
    if group:
        left = [h for h in lands[1].hazards if h.id in unstated]
        count = len(left)
        exact = reader.precision("hazard") == "exact"
        silent = (count, sum(h.area_m2 for h in left)) if not count or exact or not reader.few(
            count) else None
        if count and silent is not None:
            notes.append(f"{count:,} areas on record at the end of {year} state no ordnance at all "
                         f"({silent[1]:,.0f} m²); they are in none of these "
                         "tables and are not none.")
        before = {o.id for o in lands[0].outcomes}
        loose = [o for o in lands[1].outcomes if o.id in unnamed and o.id not in before
                 and o.outcome_type in forms.PARTS]
        if loose and (exact or not reader.few(len(loose))):
            notes.append(f"{len(loose):,} records of release of {year} name no area of which the "
                         f"ordnance is stated ({sum(o.area_m2 for o in loose):,.0f} m², each for "
                         "itself); they are in none of these tables and are not none.")
        notes.append("Areas with several kinds of ordnance are in the tables of each treaty: the "
                     "tables are not to be added up.")
    if obligation is not None or plan is not None:
        _ahead(registry, reader, obligation or obliged.Obligation(), plan, year, ends, release,
               of_group, silent, found, notes, seed, progress)
    progress("items", 0.7)
    at = At(days[1], known_at, level)
    reports = columns_at(registry, reader, "activity", work.FIELDS, at)
    joint = work.joint_work(reports)[1]
    table = columns_at(registry, reader, "item",
                       items.FIELDS + items.YEAR_FIELDS + (items.JOINT_FIELDS if joint else ()), at,
                       places=True)
    names = {m.id: m.name for m in lands[1].municipalities}
    if len(table) and (reader.may("items", "places") or not reader.few(len(table))):
        areas = areas_of(table.places, lands[1].municipalities) if reader.may("items", "places") \
            else np.full(len(table), "", dtype=object)
        made, undated = forms.destroyed_table(
            table, areas, names, year, joint,
            None if reader.may("items", "places") else reader.few)
        found.append(made)
        if undated:
            notes.append(f"{undated:,} items on record as destroyed state no day of destruction "
                         "and are in no year.")
    elif len(table):
        notes.append("Items destroyed are withheld: so few are on record that the table would show "
                     "a single one.")
    else:
        notes.append("Items destroyed are not reported: no item is on record.")
    if any(forms.WITHHELD in row for t in found for row in t.rows):
        notes.insert(0, "Withheld is of so few areas or items that it would show a single one; it "
                        "is not 0.")
    notes.append("Released is the sum of its three parts; searched ground is not in it. A national "
                 "authority reports; these are numbers for its report.")
    if level is None:
        notes.append("Records of every level of validation count.")
    progress("tables", 1.0)
    return Made(treaty, title, year, tuple(found), tuple(notes), {
        "tables": title, "year": str(year), "made on": made_on.isoformat(),
        "known at": known_at.isoformat() if known_at else "all that is recorded",
        "validated at least": level or "any level", "role": reader.role,
        "chain head": registry.head(),
        **({"synthetic": "made up; nothing here is about real ground"}
           if is_synthetic(registry) else {})}, is_synthetic(registry))


def obligation_of(deadline: date | None, extended_to: date | None) -> Obligation | None:
    """None where neither is stated. Raises CLI-103: an extension that ends before the deadline."""
    from landrelease.figures.obligation import Obligation

    if deadline is None and extended_to is None:
        return None
    if deadline is not None and extended_to is not None and extended_to <= deadline:
        raise LandReleaseError(BAD_OPTION, option="--extended-to", found=extended_to.isoformat(),
                               expected=f"a day after the deadline, {deadline.isoformat()}")
    return Obligation(deadline, extended_to)


def _ahead(registry: Registry, reader: View, obligation: Obligation, plan: PlanFile | None,
           year: int, ends: Sequence[Ends], release: TreatyTable, of_group: set[str] | None,
           silent: tuple[int, float] | None, found: list[TreatyTable], notes: list[str],
           seed: int, progress: Progress) -> None:
    """The tables of the deadline and of the years to come, and their notes."""
    from landrelease.figures import obligation as obliged
    from landrelease.workflows.treaty_plans import ahead_of

    ahead = None if plan is None else ahead_of(registry, reader, plan, of_group, seed=seed,
                                               progress=progress)
    found.append(obliged.obligation_table(obligation, year, ends[1], release, ahead, silent))
    if ahead is not None and len(ahead.area_m2):
        found.append(obliged.projection_table(ahead, obligation, year))
    notes += obliged.notes_of(obligation, ahead)
    if plan is not None and ahead is None:
        notes.append("The projection is withheld: it is for who sees dated plans, and not of so "
                     "few areas that it would show a single one. Withheld is not 0.")


def _classes(registry: Registry, group: str, known_at: datetime | None
             ) -> tuple[set[str] | None, set[str], set[str]]:
    """Ids of hazards, and of the outcomes that name them, that hold the group of ordnance (None:
    all count); ids of hazards that state none; ids of outcomes that name no hazard which states
    any."""
    from landrelease.figures.treaty import groups_of

    if not group:
        return None, set(), set()
    found, other, unstated, unnamed = set(), set(), set(), set()
    for record in registry.records("hazard", known_at=known_at):
        groups = groups_of(record.values)
        names = {record.id, str(record.values.get("identifier") or record.id)}
        if group in groups:
            found |= names
        elif groups:
            other |= names
        else:
            unstated.add(record.id)
    for record in registry.records("outcome", known_at=known_at):
        named = {record.values.get("hazard"), record.values.get("hazard_identifier")} - {None}
        if named & found:
            found.add(record.id)
        elif not named & other:
            unnamed.add(record.id)
    return found, unstated, unnamed


def _of_group(land: Land, ids: set[str] | None) -> Land:
    if ids is None:
        return land
    return dataclasses.replace(
        land, hazards=tuple(h for h in land.hazards if h.id in ids),
        outcomes=tuple(o for o in land.outcomes if o.id in ids), accidents=())


def _ends(land: Land, reader: View) -> Ends:
    from landrelease.figures.shares import TYPES
    from landrelease.figures.treaty import Ends
    from landrelease.workflows import make_ledger

    def rows(part: Land) -> Sequence[LedgerRow] | None:
        made = make_ledger(part)
        if reader.precision("hazard") == "exact":
            return made
        return None if reader.few(made[-1].hazards) else made[-1:]

    return Ends(rows(land), {t: rows(dataclasses.replace(
        land, hazards=tuple(h for h in land.hazards if h.hazard_type == t), outcomes=()))
        for t in TYPES})


def _new(start: Land, end: Land, reader: View) -> dict[str, tuple[int, float]] | None:
    """Hazards that came on record in the year, by administrative area and in all; None: of few."""
    before = {h.id for h in start.hazards}
    new = [h for h in end.hazards if h.id not in before]
    if reader.precision("hazard") != "exact":
        return None if reader.few(len(new)) else {
            "total": (len(new), sum(h.area_m2 for h in new))}
    out: dict[str, tuple[int, float]] = {"total": (len(new), sum(h.area_m2 for h in new))}
    for h in new:
        count, size = out.get(h.municipality_id, (0, 0.0))
        out[h.municipality_id] = (count + 1, size + h.area_m2)
    return out


def write(made: Made, out: Path) -> list[Path]:
    """A workbook with a sheet a table, and a CSV a table."""
    import pyarrow as pa

    from landrelease.store.exports import write_csv
    from landrelease.store.tables import Table, write_xlsx
    from landrelease.workflows import marked

    out.mkdir(parents=True, exist_ok=True)
    sheets, paths = [], []
    for table in made.tables:
        rows = marked([dict(zip(table.columns, row, strict=True)) for row in table.rows],
                      made.synthetic)
        path = out / f"{made.treaty}_{made.year}_{table.name}.csv"
        write_csv(path, rows)
        paths.append(path)
        columns: dict[str, Any] = {}
        for n, name in enumerate(table.columns):
            cells = [row[n] for row in table.rows]
            columns[name] = pa.array(cells, pa.int64()) if all(
                type(c) is int for c in cells) and cells else pa.array(map(str, cells), pa.string())
        sheets.append(Table(table.name, columns))
    book = out / f"{made.treaty}_{made.year}.xlsx"
    write_xlsx(book, sheets, {**made.about, **{f"note {n}": words for n, words in
                                               enumerate(made.notes, 1)}}, hxl=False)
    return [book, *paths]


def document(made: Made) -> dict[str, Any]:
    """The tables for programs."""
    return {"treaty": made.treaty, "title": made.title, "year": made.year, "about": made.about,
            "notes": list(made.notes), "synthetic": made.synthetic,
            "tables": [{"name": t.name, "title": t.title, "columns": list(t.columns),
                        "metrics": _metrics(t), "rows": [list(r) for r in t.rows]}
                       for t in made.tables]}


def _metrics(table: TreatyTable) -> list[str | None]:
    """Of each column (of the table of the deadline: of each row) its entry in the catalogue."""
    from landrelease.figures.treaty_metrics import metric_of

    names = [row[0] for row in table.rows] if table.name == "obligation" else table.columns
    return [None if (found := metric_of(table.name, str(n))) is None else found.id for n in names]
