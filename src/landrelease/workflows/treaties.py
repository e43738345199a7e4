"""Tables of a year for treaty and donor reports from a registry, as XLSX and CSV."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.hazard import Land
from landrelease.core.ledger import LedgerRow
from landrelease.core.lineage import Lineage, lineage
from landrelease.core.progress import Progress, silent
from landrelease.core.record import Record
from landrelease.errors import (
    BAD_OPTION,
    FIGURE_FILE,
    FIGURE_UNKNOWN,
    TREATY_UNKNOWN,
    LandReleaseError,
)
from landrelease.workflows.figures import At, check_begun, columns_at, figure_land

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
    asked: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # to make them again
    until: date | None = None  # of a year that is not over: the day up to which it is counted


def tables(registry: Registry, reader: View, treaty: str, year: int, *, level: str | None = None,
           known_at: datetime | None = None, made_on: date, obligation: Obligation | None = None,
           plan: PlanFile | None = None, seed: int = 1, progress: Progress = silent) -> Made:
    """All tables of a treaty for a calendar year, as the reader may see them.

    obligation : the deadline that is stated; with it, or with a plan, there is a table of what it
        needs. plan : of the records as they stand; with it also the land to be addressed, by year.

    Who does not see hazards one by one gets totals only, none of few hazards (S14). Raises FIG-003;
    FIG-004: the year has not begun. Of a year that is not over, tables and files say so.
    """
    from landrelease.figures import article7, items, work
    from landrelease.figures import obligation as obliged
    from landrelease.figures import treaty as forms
    from landrelease.figures.areas import areas_of
    from landrelease.workflows import is_synthetic

    if treaty not in forms.TREATIES:
        raise LandReleaseError(TREATY_UNKNOWN, found=treaty, expected=", ".join(forms.TREATIES))
    check_begun(registry, date(year, 1, 1), f"The year {year}", made_on)
    until = made_on if date(year, 1, 1) <= made_on < date(year, 12, 31) else None
    title, group = forms.TREATIES[treaty]
    days = (date(year - 1, 12, 31), date(year, 12, 31))
    of_group, unstated, unnamed = _classes(registry, group, known_at)
    ends, lands = [], []
    for n, day in enumerate(days):
        progress(f"land at {day}", n / 3)
        # Both ends by the areas of its end: an area that came on record in the year has ground at
        # its start as well.
        land = figure_land(registry, reader, At(day, known_at, level), days[1])
        lands.append(land)
        ends.append(_ends(_of_group(land, of_group), reader))
    release = forms.release_table(*ends)
    nobody_said = sum(of_group is None or i in of_group for i in lands[1].undated)
    line = lineage(registry.records("hazard", valid_at=days[1], known_at=known_at))
    new, divided, new_ids = _new(_of_group(lands[0], of_group), _of_group(lands[1], of_group),
                                 line, reader)
    found = [forms.area_table(ends[0], ends[1], new, new_ids), release]
    notes = []
    if until is not None:
        notes.append(f"The year {year} is not over: these tables are up to {until.isoformat()}. "
                     "What the rest of the year brings is not in them; it is not none.")
    if not lands[1].hazards_known:
        notes.append(f"Hazardous areas are not reported: no hazard is on record at the end of "
                     f"{year}. That is not none.")
    elif lands[1].placeless_hazards and (reader.precision("hazard") == "exact" or not reader.few(
            len(lands[1].placeless_hazards))):
        notes.append(f"{len(lands[1].placeless_hazards):,} hazards on record at the end of {year} "
                     "have no place: they are counted, and are in no area.")
    if divided:
        notes.append(f"{divided:,} areas came in the year from areas that were on record at its "
                     "start, by division or merging; they are not newly recorded, nor is what else "
                     "was merged into them.")
    if nobody_said and (reader.precision("hazard") == "exact" or not reader.few(nobody_said)):
        notes.append(f"{nobody_said:,} records of release state no day; they are in no year and "
                     "are not none.")
    silent: tuple[int, float] | None = (0, 0.0)
    if forms.opened_again(release):
        notes.append("Below zero: in the year more ground that had been released came back on "
                     "record as hazardous than was released.")
    if group:
        left = [h for h in lands[1].hazards if h.id in unstated]
        count = len(left) + sum(name in unstated for name, _ in lands[1].placeless_hazards)
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
                       items.FIELDS + items.YEAR_FIELDS + (items.JOINT_FIELDS if joint else
                                                           ("model",)), at, places=True)
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
    hidden = {"types"} if len(table) and not reader.may("items", "places") else set()
    if len(table) and not hidden:
        found.append(article7.types_table(table, group, year, joint))
    _people(registry, reader, year, at, found, notes, hidden)
    _under(registry, reader, [_of_group(land, of_group) for land in lands], lands, found)
    contents = article7.contents_table(treaty, found, _elsewhere(registry, reader, at), hidden)
    if contents is not None:
        found.append(contents)
    if any(forms.WITHHELD in row for t in found for row in t.rows):
        notes.insert(0, "Withheld is of so few areas or items that it would show a single one, or "
                        "is not for this reader; it is not 0.")
    notes.append("Released is the sum of its three parts; searched ground is not in it. A national "
                 "authority reports; these are numbers for its report.")
    if level is None:
        notes.append("Records of every level of validation count.")
    progress("tables", 1.0)
    return Made(treaty, title, year, tuple(found), tuple(notes), {
        "tables": title, "year": str(year),
        **({COUNTED_UP_TO: until.isoformat()} if until is not None else {}),
        "made on": made_on.isoformat(),
        "known at": known_at.isoformat() if known_at else "all that is recorded",
        "validated at least": level or "any level", "role": reader.role,
        "chain head": registry.head(),
        **({"synthetic": "made up; nothing here is about real ground"}
           if is_synthetic(registry) else {})}, is_synthetic(registry), {
        "level": level, "known_at": known_at and known_at.isoformat(),
        "deadline": obligation and obligation.deadline and obligation.deadline.isoformat(),
        "extended_to": obligation and obligation.extended_to
        and obligation.extended_to.isoformat(),
        "plan": plan is not None, "seed": seed if plan is not None else None}, until)


COUNTED_UP_TO = "counted up to"  # of a year that is not over


def title_of(table: TreatyTable, made: Made) -> str:
    """The title of a table; of a year that is not over with the day up to which it is counted."""
    return table.title if made.until is None else (
        f"{table.title} ({COUNTED_UP_TO} {made.until.isoformat()}: the year is not over)")


def _under(registry: Registry, reader: View, parts: Sequence[Land], lands: Sequence[Land],
           found: list[TreatyTable]) -> None:
    """The records under each table, for who may see them; of tables of land those of its start and
    its end."""
    from landrelease.figures.treaty import PARTS
    from landrelease.workflows import unseen

    hazards = [h.id for land in parts for h in land.hazards]
    outcomes = [o.id for land in parts for o in land.outcomes if o.outcome_type in PARTS]
    ahead = [h.id for h in parts[1].hazards]
    of_land = {"areas": hazards, "release": outcomes + hazards, "obligation": outcomes + hazards,
               "projection": ahead}
    seen = reader.may("figures", "records")
    hidden = {i for land in lands for i in unseen(land, reader)} if seen else set()
    for n, table in enumerate(found):
        ids = of_land.get(table.name, table.records)
        if table.name in ("destroyed", "types") and not reader.may("items", "places"):
            ids = ()
        found[n] = dataclasses.replace(table, records=tuple(dict.fromkeys(
            i for i in ids if i not in hidden)) if seen else (), under=tuple(
                tuple(tuple(i for i in cell if i not in hidden) if hidden else cell
                      for cell in row) for row in table.under) if seen and ids else ())


def trace(made: Made, figure: str, scope: str | None = None) -> dict[str, Any]:
    """What the tables say of an entry of the catalogue, with the records under it: each column (or
    row) that counts it, in all areas together, or in the area `scope`; beside these each number
    with its own records. Raises CLI-105: no table of these has it; CLI-103: no row of that name."""
    from landrelease.figures.treaty_metrics import METRICS

    values: dict[str, Any] = {}
    numbers: list[dict[str, Any]] = []
    names: dict[str, None] = {}
    wanted = None if scope is None else scope.casefold().strip()
    for name, heading, row, cell, ids in numbers_of(made, figure):
        names[row] = None
        if wanted not in (None, row.casefold()):
            continue
        numbers.append({"table": name, "what": heading, "row": row, "value": cell,
                        "records": list(ids)})
        key = f"{name}: {heading}"
        if name in LISTED and wanted is None:
            values.setdefault(key, []).append(cell)
        elif row in ("", "total") or wanted is not None:
            values[key] = cell
    if not names:
        raise LandReleaseError(FIGURE_UNKNOWN, found=figure)
    if not numbers:
        raise LandReleaseError(BAD_OPTION, option="--scope", found=scope,
                               expected="one of " + ", ".join(n for n in names if n))
    metric = next(m for m in METRICS if m.id == figure)
    return {"id": figure, "name": metric.name, "definition": metric.definition, "unit": metric.unit,
            "counts": metric.counts, "denominator": metric.denominator, "treaty": made.treaty,
            "year": made.year, "until": made.until and made.until.isoformat(),
            "scope": scope or "total", "values": values, "numbers": numbers,
            "records": list(dict.fromkeys(
                i for n in numbers if scope is not None or n["table"] in LISTED
                or n["row"] in ("", "total") for i in n["records"])),
            "chain_head": made.about["chain head"], "known_at": made.about["known at"],
            "level": made.about["validated at least"], "synthetic": made.synthetic,
            "asked": dict(made.asked)}


LISTED = ("types", "projection")  # tables of which every row is a number of its own, none a total


def numbers_of(made: Made, figure: str | None = None
               ) -> Iterator[tuple[str, str, str, Any, tuple[str, ...]]]:
    """(table, column or row that counts, row, the number, the records under it) of every number of
    the tables; of one entry of the catalogue alone where it is given."""
    from landrelease.figures.article7 import BY_ROW
    from landrelease.figures.treaty_metrics import metric_of

    for table in made.tables:
        by_row = table.name in BY_ROW
        for n, name in enumerate([r[0] for r in table.rows] if by_row else table.columns):
            metric = metric_of(table.name, str(name))
            if metric is None or (figure is not None and metric.id != figure):
                continue
            if by_row:
                yield table.name, str(name), "", table.rows[n][1], table.under_cell(n, 1)
                continue
            for k, row in enumerate(table.rows):
                label = ", ".join(str(c) for c in row[:2]) if table.name == "types" else str(row[0])
                yield table.name, str(name), label, row[n], table.under_cell(k, n)


@dataclasses.dataclass(frozen=True, slots=True)
class Different:
    """A number of an exported table that comes out differently, or from other records."""

    what: str
    then: Any
    now: Any
    gone: tuple[str, ...]
    new: tuple[str, ...]


@dataclasses.dataclass(frozen=True, slots=True)
class Remade:
    """Tables or figures of a treaty computed again. numbers : how many were compared."""

    numbers: int
    different: tuple[Different, ...]

    @property
    def same(self) -> bool:
        return not self.different


def recompute(registry: Registry, reader: View, exported: Mapping[str, Any], path: str,
              plan: PlanFile | None = None, progress: Progress = silent) -> Remade:
    """Make the tables of an exported document again (`figures treaty --json`), or those of one
    figure of them (`figures trace treaty_... --json`), from the records as they stood at its chain
    head, and compare every number with its records.

    Raises FIG-001: the file is none of these; FIG-002: no chain here has that head; CLI-103: it was
    made with a plan, and none is given.
    """
    from landrelease.workflows.figures import moment_of

    try:
        asked, treaty, year = dict(exported["asked"]), str(exported["treaty"]), int(
            exported["year"])
        then = _exported(exported)
        head = str(exported["chain_head"] if "chain_head" in exported
                   else exported["about"]["chain head"])
        known_at = datetime.fromisoformat(asked["known_at"]) if asked.get("known_at") else None
        deadline, extended = (date.fromisoformat(asked[n]) if asked.get(n) else None
                              for n in ("deadline", "extended_to"))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise LandReleaseError(FIGURE_FILE, path=path, found=f"{type(error).__name__}: {error}"
                               ) from None
    if asked.get("plan") and plan is None:
        raise LandReleaseError(BAD_OPTION, option="--plan", found="none",
                               expected="the plan that these tables were made with")
    if head != registry.head():
        known_at = moment_of(registry, head, known_at)
    made = tables(registry, reader, treaty, year, level=asked.get("level"), known_at=known_at,
                  made_on=date.today(), obligation=obligation_of(deadline, extended),
                  plan=plan if asked.get("plan") else None, seed=int(asked.get("seed") or 1),
                  progress=progress)
    figure = str(exported["id"]) if "id" in exported else None
    now = {(name, heading, row): (cell, ids)
           for name, heading, row, cell, ids in numbers_of(made, figure)
           if figure is None or (name, heading, row) in then or exported.get("scope") == "total"}
    different = []
    for key in dict.fromkeys((*then, *now)):
        before, before_ids = then.get(key, (None, ()))
        after, after_ids = now.get(key, (None, ()))
        gone, new = set(before_ids) - set(after_ids), set(after_ids) - set(before_ids)
        if _cell(before) != _cell(after) or gone or new:
            different.append(Different(": ".join(k for k in key if k), before, after,
                                       tuple(sorted(gone)), tuple(sorted(new))))
    return Remade(len(now), tuple(different))


def _cell(value: Any) -> Any:
    return value if isinstance(value, (int, float)) or value is None else str(value)


def _exported(document: Mapping[str, Any]) -> dict[tuple[str, str, str], tuple[Any, list[str]]]:
    """Every number of an exported document with its records."""
    listed = document["numbers"]
    return {(str(n["table"]), str(n["what"]), str(n["row"])): (
        n["value"], [str(r) for r in n["records"]]) for n in listed}


def _people(registry: Registry, reader: View, year: int, at: At, found: list[TreatyTable],
            notes: list[str], hidden: set[str]) -> None:
    """The tables of warning and of victims, for who sees the records under them one by one."""
    from landrelease.figures import article7
    from landrelease.workflows.identities import at_level

    def records(kind: str, field: str) -> Sequence[Record] | None:
        if reader.precision(kind) != "exact" or not reader.may(kind, field):
            return None
        made = registry.records(kind, valid_at=at.valid_at, known_at=at.known_at)
        return reader.inside(made if at.level is None else at_level(made, at.level))

    sessions, markings = records("session", "reached_women"), records("marking", "state")
    if sessions is None and markings is None:
        hidden.add("warning")
    else:
        found.append(article7.warning_table(sessions or (), markings or (), year))
        notes += [f"{name} are withheld: they are not for this reader." for name, of in (
            ("Sessions of risk education", sessions), ("Signs and fences", markings))
            if of is None]
    accidents = records("accident", "victims")
    if accidents is None:
        hidden.add("victims")
        return
    made, undated = article7.victims_table(accidents, year)
    found.append(made)
    if undated:
        notes.append(f"{undated:,} accidents on record state no day and are in no year.")


def _elsewhere(registry: Registry, reader: View, at: At) -> dict[str, str]:
    """Paragraphs of which records are kept in another form than these tables."""
    def count_of(kind: str) -> int:
        return len(registry.records(kind, valid_at=at.valid_at, known_at=at.known_at))

    out: dict[str, str] = {}
    if reader.may("fund", "amount") and count_of("fund"):
        out |= dict.fromkeys(("7.1 (m)", "7.1 (n)"), "funds and expenses: `money summary`")
    if reader.may("ordnance") and (count := count_of("ordnance")):
        out |= dict.fromkeys(("Form H, 7.1 (h)", "7.1 (c)"), f"{count:,} reference records (kind "
                             "ordnance), for recognition alone")
    return out


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
        placeless_hazards=tuple(h for h in land.placeless_hazards if h[0] in ids),
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
        land, hazards=tuple(h for h in land.hazards if h.hazard_type == t), outcomes=(),
        placeless_hazards=tuple(h for h in land.placeless_hazards if h[1] == t)))
        for t in TYPES})


def _new(start: Land, end: Land, line: Lineage, reader: View
         ) -> tuple[dict[str, tuple[int, float]] | None, int, dict[str, tuple[str, ...]]]:
    """(hazards that came on record in the year, by administrative area and in all, None: of few;
    how many came from hazards that were on record: these are not new; ids of the new ones). Those
    without a place have no area."""
    before = {h.id for h in start.hazards} | {name for name, _ in start.placeless_hazards}
    sized = [(h.id, h.municipality_id, h.area_m2) for h in end.hazards]
    sized += [(name, "elsewhere", 0.0) for name, _ in end.placeless_hazards]
    came = [h for h in sized if h[0] not in before]
    new = [h for h in came if before.isdisjoint(line.ancestors(h[0]))]
    divided = len(came) - len(new)
    if reader.precision("hazard") != "exact":
        whole = None if reader.few(len(new)) else {
            "total": (len(new), sum(m2 for _, _, m2 in new))}
        return whole, 0 if reader.few(divided) else divided, {}
    out: dict[str, tuple[int, float]] = {"total": (len(new), sum(m2 for _, _, m2 in new))}
    ids: dict[str, tuple[str, ...]] = {"total": tuple(name for name, _, _ in new)}
    for name, area, m2 in new:
        area = area or "elsewhere"  # as the ledger calls what lies in no area
        count, size = out.get(area, (0, 0.0))
        out[area] = (count + 1, size + m2)
        ids[area] = (*ids.get(area, ()), name)
    return out, divided, ids


def write(made: Made, out: Path) -> list[Path]:
    """A workbook with a sheet a table, and a CSV a table."""
    import pyarrow as pa

    from landrelease.store.exports import write_csv
    from landrelease.store.tables import Table, write_xlsx
    from landrelease.workflows import marked

    out.mkdir(parents=True, exist_ok=True)
    sheets, paths = [], []
    for table in made.tables:
        until = {} if made.until is None else {COUNTED_UP_TO: made.until.isoformat()}
        rows = marked([{**dict(zip(table.columns, row, strict=True)), **until}
                       for row in table.rows], made.synthetic)
        path = out / f"{made.treaty}_{made.year}_{table.name}.csv"
        write_csv(path, rows, None if rows else (
            *table.columns, *until, *(["synthetic"] if made.synthetic else [])))
        paths.append(path)
        columns: dict[str, Any] = {}
        for n, name in enumerate(table.columns):
            cells = [row[n] for row in table.rows]
            columns[name] = pa.array(cells, pa.int64()) if all(
                type(c) is int for c in cells) and cells else pa.array(map(str, cells), pa.string())
        columns |= {name: pa.array([day] * len(table.rows), pa.string())
                    for name, day in until.items()}
        sheets.append(Table(table.name, columns))
    book = out / f"{made.treaty}_{made.year}.xlsx"
    write_xlsx(book, sheets, {**made.about, **{f"note {n}": words for n, words in
                                               enumerate(made.notes, 1)}}, hxl=False)
    return [book, *paths]


def document(made: Made) -> dict[str, Any]:
    """The tables for programs."""
    return {"treaty": made.treaty, "title": made.title, "year": made.year,
            "until": made.until and made.until.isoformat(), "about": made.about,
            "notes": list(made.notes), "synthetic": made.synthetic, "asked": dict(made.asked),
            "numbers": [{"table": name, "what": heading, "row": row, "value": cell,
                         "records": list(ids)}
                        for name, heading, row, cell, ids in numbers_of(made)],
            "tables": [{"name": t.name, "title": title_of(t, made), "columns": list(t.columns),
                        "metrics": _metrics(t), "rows": [list(r) for r in t.rows],
                        "records": list(t.records)}
                       for t in made.tables]}


def _metrics(table: TreatyTable) -> list[str | None]:
    """Of each column (of the tables of the deadline and of warning: of each row) its entry of the
    catalogue."""
    from landrelease.figures.article7 import BY_ROW
    from landrelease.figures.treaty_metrics import metric_of

    names = [row[0] for row in table.rows] if table.name in BY_ROW else table.columns
    return [None if (found := metric_of(table.name, str(n))) is None else found.id for n in names]
