"""Rows in; revisions and quarantined rows out, with one finding for each doubtful row.

Every row that was read is accepted, merged or quarantined; none is lost (design rule 2). The stages
are values (here), places (`records/ground.py`) and fates (`records/fate.py`); they work on columns,
and a row becomes a value of its own at the end. Nothing here opens a file or asks a clock: what is
already known is passed in.
"""

from __future__ import annotations

import contextlib
import functools
import math
import re
from collections.abc import Mapping as MappingType
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.checks import checker, suspects
from landrelease.core.claim import Quantity
from landrelease.core.finding import Intake, QuarantinedRow
from landrelease.core.progress import Progress, silent
from landrelease.core.record import KINDS, Field, Kind, Record
from landrelease.core.said_numbers import one_number
from landrelease.core.said_words import Vocabulary, vocabulary
from landrelease.errors import (
    ACCURACY_NO_PLACE,
    ANSWER_FIXED,
    DATUM_NOT_STATED,
    GEOMETRY_UNREADABLE,
    MAPPING_NOT_READABLE,
    NUMBER_NOT_CERTAIN,
    PLACE_COLUMNS_MISSING,
    UNIT_UNKNOWN,
    VALUE_CONVERTED,
    VALUE_NOT_A_NUMBER,
    VALUE_REQUIRED,
    VALUES_CONTRADICT,
    LandReleaseError,
    Message,
)
from landrelease.records import mapping as mappings
from landrelease.records import places
from landrelease.records.fate import MERGE_RULE, Known, sort_out
from landrelease.records.ground import Ground, Settings, compare_areas, place_columns, place_rows
from landrelease.records.mapping import PLACE_COLUMNS, Mapping
from landrelease.records.readers import Problem, SourceRow, SourceTable
from landrelease.records.told import Caution, Told
from landrelease.records.values import (
    Refused,
    Style,
    convert,
    convert_column,
    is_absent,
    shown,
    style_of,
    unit_sizes,
)

__all__ = ["MERGE_RULE", "SETTINGS", "Settings", "retry", "take_in"]
SETTINGS = Settings()


def take_in(
    table: SourceTable,
    kind: str,
    mapping: Mapping,
    *,
    existing: MappingType[str, Record],
    taken_sources: set[str] | frozenset[str] = frozenset(),
    recorded_at: datetime,
    recorded_by: str,
    today: date,
    programme_bounds: tuple[float, float, float, float] | None = None,
    progress: Progress = silent,
    settings: Settings = SETTINGS,
    kinds: MappingType[str, Kind] = KINDS,
    caution: Caution | None = None,
    carried_m: float = 0.0,
) -> Intake:
    """Turn the rows of a file into revisions, merged rows and quarantined rows.

    Parameters
    ----------
    existing : the current records by id, of this kind or of all kinds.
    taken_sources : SHA-256 of the files that were taken in before.
    today : no date of information may be later.
    kinds : those of the registry, with its national extension.
    programme_bounds : west, south, east, north in degrees; None uses the existing records, then
        the median place of the file itself.
    caution : why rows wait or bring nothing although they are sound (`told.Caution`).
    carried_m : how far off a transformation left the shapes that the table already holds on WGS 84.

    Returns
    -------
    Intake
        `read == accepted + merged + quarantined`. The id of a record is the programme's identifier
        (with the kind before it, except for hazards), else one made from its place and name, so
        that the same file gives the same ids again.

    Raises
    ------
    LandReleaseError
        FIL-042, FIL-014, FIL-018: kind, mapping or columns; GEO-002, GEO-003, GEO-004: the
        coordinate system of the file as a whole.
    """
    check_columns(table, kind, mapping, kinds)
    chosen = kinds[kind]
    told = Told(table.file, table.row_numbers)
    for note in table.notes:
        told.tell_whole(note.message, **note.facts)
    for i, problem in table.problems.items():
        told.refuse(i, problem.message, **problem.facts)
    if caution is not None and caution.whole is not None:
        message, facts = caution.whole
        told.refuse_all(range(len(told)), message, **facts)
    progress(f"{table.file}: values", 0.1)
    columns, dates = _values(told, table, chosen, mapping, today)
    _check_values(told, chosen, columns)
    progress(f"{table.file}: places", 0.3)
    ground = place_rows(told, table, chosen, mapping, existing, programme_bounds,
                        columns.get("position_accuracy_m"), settings)
    _note_accuracy(chosen, columns, ground, carried_m)
    _check_accuracy(told, columns, ground, settings)
    if "reported_area_m2" in columns:
        compare_areas(told, columns["reported_area_m2"], ground.shapes, settings)
    progress(f"{table.file}: records", 0.7)
    intake = sort_out(told, table, chosen, mapping, _said(columns, len(table)), dates, ground,
                      Known(existing, taken_sources, recorded_at, recorded_by, caution),
                      settings)
    progress(f"{table.file}: checked", 1.0)
    return intake


# --- values ------------------------------------------------------------------------------------

def check_columns(table: SourceTable, name: str, mapping: Mapping,
                  kinds: MappingType[str, Kind] = KINDS) -> None:
    """Whether a mapping fits a table, before anything is read by it.

    Raises FIL-042 for an unknown kind, FIL-014 for a field or heading that is not there, FIL-018
    where nothing says the places.
    """
    mappings.check_kind(name, kinds)
    kind = kinds[name]
    if mapping.kind != kind.name:
        raise LandReleaseError(MAPPING_NOT_READABLE, file=table.file, field="kind",
                               found=mapping.kind, expected=kind.name)
    known = {f.name for f in kind.fields}
    for field, heading in mapping.columns.items():
        if field not in known and field not in PLACE_COLUMNS:
            raise LandReleaseError(MAPPING_NOT_READABLE, file=table.file, field=f"columns: {field}",
                                   found="not a field of this kind",
                                   expected="one of " + ", ".join(sorted(known)))
        if heading not in table.columns:
            raise LandReleaseError(MAPPING_NOT_READABLE, file=table.file, field=f"columns: {field}",
                                   found=f"{heading!r}, which is no heading of the file",
                                   expected="one of " + ", ".join(table.columns))
    if kind.geometry != "none" and kind.place_needed and not _placed(table, mapping) \
            and kind.place_from not in mapping.columns:
        raise LandReleaseError(PLACE_COLUMNS_MISSING, file=table.file,
                               found=", ".join(table.columns))


def _placed(table: SourceTable, mapping: Mapping) -> bool:
    """Whether anything in the table says places."""
    return table.has_geometry or bool(place_columns(mapping))


def _values(told: Told, table: SourceTable, kind: Kind, mapping: Mapping, today: date
            ) -> tuple[dict[str, list[Any]], list[date | None]]:
    """Field -> N values (None: not reported), and the dates of information."""
    count = len(table)
    columns: dict[str, list[Any]] = {}
    dates: list[date | None] = [None] * count
    constants = _constants(table, kind, mapping, today)
    said: dict[int, Quantity] = {}  # numbers of claims that are not plain
    for known in kind.fields:
        heading, constant = mapping.columns.get(known.name), constants.get(known.name)
        if heading is None:
            if constant is not None:
                columns[known.name] = [constant] * count
                if known.name == "information_date":
                    dates = [date.fromisoformat(constant)] * count
            elif known.required:
                told.refuse_all(range(count), VALUE_REQUIRED, field=known.name)
            continue
        found = _column(told, table, known, heading, mapping, today,
                        said if (kind.name, known.name) == ("claim", "value") else None)
        if known.name == "information_date":
            dates = [v if isinstance(v, date) else None for v in found]
        if known.type == "date":
            texts = {v: v.isoformat() if isinstance(v, date) else v for v in set(found)}
            found = [texts[v] for v in found]
        if constant is not None:
            found = [constant if v is None else v for v in found]
            if known.name == "information_date":
                dates = [d or date.fromisoformat(constant) for d in dates]
        elif known.required:
            told.refuse_all([i for i, v in enumerate(found) if v is None and not told.refused[i]],
                            VALUE_REQUIRED, field=known.name)
        if kind.place_from == known.name and kind.place_needed and not _placed(table, mapping):
            told.refuse_all([i for i, v in enumerate(found) if v is None and not told.refused[i]],
                            VALUE_REQUIRED, field=known.name)
        columns[known.name] = found
    if said:
        _as_said(columns, said, table.cells[mapping.columns["value"]])
    return columns, dates


def _as_said(columns: dict[str, list[Any]], said: MappingType[int, Quantity],
             cells: Sequence[Any]) -> None:
    """Beside the number of a claim: the words, and what they leave open."""
    for i, amount in said.items():
        ranged = amount.qualifier == "range"
        for name, value in (
                ("value_said", " ".join(str(cells[i]).split())),
                ("value_bound", amount.qualifier or "exact"), ("value_precision", amount.step),
                ("value_low", amount.low if ranged else None),
                ("value_high", amount.high if ranged else None)):
            column = columns.setdefault(name, [None] * len(cells))
            if column[i] is None:
                column[i] = value


def _column(told: Told, table: SourceTable, known: Field, heading: str, mapping: Mapping,
            today: date, said: dict[int, Quantity] | None = None) -> list[Any]:
    """The values of one column; what was refused or converted is told.

    said : takes the numbers that are not plain but can be read as people say them ("about 550
    thousand"), by row; None: such a number is refused.
    """
    cells: Sequence[Any] = table.cells[heading]
    style = (Style() if known.type in ("text", "choice")
             else style_of(cells, mapping.decimal, mapping.date_order,
                           tuple(sorted(mapping.units.items())), mapping.century))
    if meanings := mapping.values.get(known.name):
        cells = [cell if cell is None else meanings.get(
            str(cell), meanings.get(str(cell).strip(), cell)) for cell in cells]
    if known.name == "identifier":
        cells = [" ".join(c.split()) if isinstance(c, str) else c for c in cells]
    if beside := mapping.unit_columns.get(known.name):
        cells = [cell if is_absent(unit) else _with_unit(cell, str(unit).strip())
                 for cell, unit in zip(cells, table.cells[beside], strict=True)]
    elif unit := _heading_unit(known, heading):
        cells = [_with_unit(cell, unit) for cell in cells]
    values, problems = convert_column(known, cells, style, today)
    for i, message, facts in problems:
        if message is not VALUE_CONVERTED:
            amount = None if said is None or message not in _NOT_PLAIN else one_number(
                cells[i], _words_of_claims(), style.decimal)
            if said is None or amount is None:
                told.refuse(i, message, field=known.name, **facts)
                continue
            said[i], values[i] = amount, amount.value
            facts = {"found": shown(cells[i])}
            message = VALUE_CONVERTED
        found = values[i]
        words = f"{found:,}" if isinstance(found, int) else (
            f"{found:,.10g}" if isinstance(found, float) else str(found))
        told.tell(i, message, field=known.name, **{
            **facts, "expected": f"{words} {known.unit}".strip()})
    return values


_NOT_PLAIN = (VALUE_NOT_A_NUMBER, NUMBER_NOT_CERTAIN, UNIT_UNKNOWN)


@functools.lru_cache(maxsize=1)
def _words_of_claims() -> Vocabulary:
    from landrelease.records.claims import word_rows

    return vocabulary(word_rows())


def _with_unit(cell: Any, unit: str) -> Any:
    if is_absent(cell) or isinstance(cell, bool):
        return cell
    text = str(cell).strip()
    return f"{text} {unit}" if text and (text[-1].isdigit() or text[-1] in ".,") else cell


def _check_values(told: Told, kind: Kind, columns: MappingType[str, list[Any]]) -> None:
    """What is sound value by value may contradict itself: dates in the wrong order, parts larger
    than their whole (`core.checks`)."""
    check = checker(kind)
    public = {n: c for n, c in columns.items() if not kind.field(n).personal}
    for i in suspects(kind, public):
        if told.refused[i]:
            continue
        for problem in check({n: c[i] for n, c in public.items() if c[i] is not None}):
            told.refuse(i, VALUES_CONTRADICT, field=problem.field, found=shown(problem.found),
                        expected=problem.expected)


def rough_numbers(rows: Sequence[MappingType[str, Any]], mapping: Mapping, field: Field,
                  today: date) -> list[float | None]:
    """What rows that wait say of a field that is a number, read as at the import: None where they
    say nothing, not a number where nobody can read it.

    rows : heading -> cell, all rows with the same headings.
    """
    return [float(v) if isinstance(v, (int, float)) else math.nan if refused else None
            for v, refused in rough_values(rows, mapping, field, today)]


def rough_values(rows: Sequence[MappingType[str, Any]], mapping: Mapping, field: Field,
                 today: date) -> list[tuple[Any, bool]]:
    """What rows that wait say of a field, read as at the import: None where they say nothing; with
    whether they say something that nobody can read.

    rows : heading -> cell, all rows with the same headings.
    """
    heading = mapping.columns.get(field.name, field.name)
    constant = mapping.constants.get(field.name)
    if rows and heading not in rows[0]:
        heading = ""
    out: list[tuple[Any, bool]] = [(None, False)] * len(rows)
    if heading:
        table = SourceTable("", "", b"", "", tuple(rows[0]),
                            tuple(SourceRow(n, row) for n, row in enumerate(rows, 1)),
                            has_geometry=False)
        units = {n: h for n, h in mapping.unit_columns.items() if h in rows[0]}
        told = Told("", table.row_numbers)
        found = _column(told, table, field, heading, replace(mapping, unit_columns=units), today)
        out = [(v, v is None and bool(told.refused[i])) for i, v in enumerate(found)]
    if constant is not None:
        said: tuple[Any, bool] = (None, True)
        with contextlib.suppress(Refused):
            said = convert(field, constant, Style(), today)[0], False
        out = [said if v is None and not refused else (v, refused) for v, refused in out]
    return out


def _check_accuracy(told: Told, columns: dict[str, list[Any]], ground: Ground, settings: Settings
                    ) -> None:
    """A place that may be very far off is none: a typing error, kilometres times a thousand, or a
    receiver that knew nothing. It waits with what was said, and counts meanwhile (S04)."""
    name = "position_accuracy_m"
    for i, said in enumerate(columns.get(name, ())):
        if isinstance(said, (int, float)) and said > settings.farthest_off_m \
                and ground.shapes[i] is not None:
            told.refuse(i, ACCURACY_NO_PLACE, field=name, found=f"{said:,.10g}",
                        expected=f"{settings.farthest_off_m:,.10g}")


def _note_accuracy(kind: Kind, columns: dict[str, list[Any]], ground: Ground, carried_m: float
                   ) -> None:
    """The accuracy of a place is at least what its rounding and transformation leave (S04)."""
    name = "position_accuracy_m"
    off_m = np.asarray(places.combined_accuracy(ground.accuracy_m, carried_m))
    if not off_m.any() or all(f.name != name for f in kind.fields):
        return
    said = columns.setdefault(name, [None] * len(ground.shapes))
    for i in off_m.nonzero()[0].tolist():
        if ground.shapes[i] is None:
            continue
        known, least = said[i], round(float(off_m[i]), 2)
        if not isinstance(known, (int, float)) or known < least:
            said[i] = least


def _said(columns: MappingType[str, list[Any]], count: int) -> list[dict[str, Any]]:
    """What each row says: only what it reports."""
    names = tuple(columns)
    if not names:
        return [{} for _ in range(count)]
    if all(None not in column for column in columns.values()):
        return [dict(zip(names, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    return [{n: v for n, v in zip(names, row, strict=True) if v is not None}
            for row in zip(*columns.values(), strict=True)]


def _heading_unit(known: Field, heading: str) -> str:
    """A unit that the heading states, other than the field's own: "Area (ha)", "Площадь, га"."""
    if known.type != "number" or not known.unit:
        return ""
    sizes = unit_sizes(known.unit)
    words = re.split(r"[\s_()\[\],;:/]+", heading.casefold())
    return next((w for w in words[1:] if sizes.get(w, 1) != 1), "")


def _constants(table: SourceTable, kind: Kind, mapping: Mapping, today: date) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, value in mapping.constants.items():
        try:
            known = kind.field(name)
            found, _ = convert(known, value, Style(), today)
        except (KeyError, Refused) as error:
            raise LandReleaseError(
                MAPPING_NOT_READABLE, file=table.file, field=f"constants: {name}",
                found=shown(value), expected="a field of this kind with a value that it can have"
            ) from error
        if found is not None:
            out[name] = found.isoformat() if isinstance(found, date) else found
    return out


# --- mending -----------------------------------------------------------------------------------

# What may be stated with a mended row besides its cells, with what it may be.
SETTINGS_OF_A_ROW: dict[str, tuple[str, ...]] = {
    "crs": (), "date_order": ("dmy", "mdy"), "decimal": (",", "."), "century": ("1900", "2000")}


def retry(
    row: QuarantinedRow,
    changes: MappingType[str, Any],
    *,
    existing: MappingType[str, Record],
    recorded_at: datetime,
    recorded_by: str,
    today: date,
    mapping: Mapping | None = None,
    programme_bounds: tuple[float, float, float, float] | None = None,
    settings: Settings = SETTINGS,
    kinds: MappingType[str, Kind] = KINDS,
    carried_m: float = 0.0,
) -> Intake:
    """Check one quarantined row again, with changed values.

    `changes` maps a heading of the file or the name of a field to a new value, and "geometry" to
    WKT in longitude/latitude on WGS 84 (or EWKT with its own SRID); None takes a value away. "crs"
    states the system of the row's coordinates, or of the new geometry; a shape that waits for its
    datum goes on waiting without it (S04). "date_order", "decimal" and "century" are as in a
    mapping. The mapping is proposed from the headings where none is given. Returns an `Intake` of
    one row whose `content` is empty, because the file is kept already. `carried_m`: how far off the
    transformation at its import left the shape of the row.

    Raises FIL-014: a name that is no heading, no field and no setting, or a setting that is wrong.
    """
    proposal = mapping or proposed_for(row, kinds)
    values = dict(row.values)
    columns = dict(proposal.columns)
    fields = {f.name for f in kinds[row.kind].fields} | set(PLACE_COLUMNS)
    wkt, crs = row.geometry_wkt, "EPSG:4326"
    said_by_hand = {n: str(changes[n]).strip() for n in SETTINGS_OF_A_ROW
                    if changes.get(n) is not None and n not in values}
    for name, allowed in SETTINGS_OF_A_ROW.items():
        if allowed and said_by_hand.get(name, allowed[0]) not in allowed:
            raise LandReleaseError(MAPPING_NOT_READABLE, file=row.file, field=name,
                                   found=shown(changes[name]), expected=" or ".join(allowed))
    if any(f.code == DATUM_NOT_STATED.code for f in row.findings):
        crs = proposal.crs
    for name, value in changes.items():
        if name == "geometry" or columns.get("geometry") == name:
            wkt = "" if value is None else str(value)
            crs = "EPSG:4326"
            for place in PLACE_COLUMNS:
                columns.pop(place, None)
        elif name in values or name not in fields:
            if name not in values and name not in SETTINGS_OF_A_ROW:
                known = ", ".join([*row.values, "geometry", *SETTINGS_OF_A_ROW])
                raise LandReleaseError(MAPPING_NOT_READABLE, file=row.file, field=name,
                                       found="not a heading of the row", expected=known)
            if name in values:
                values[name] = value
        else:
            heading = columns.setdefault(name, name)
            values[heading] = value
    named = place_columns(replace(proposal, columns=columns))
    in_columns = "geometry" not in changes and bool(named)
    if named == ("legs",) and is_absent(values.get(columns["legs"])) and wkt.strip():
        in_columns = False  # one of the rows that have a shape, in a file with traverses
    stated = said_by_hand.get("crs") or proposal.crs
    crs = said_by_hand.get("crs") or crs
    shape: BaseGeometry | None = None
    problem: tuple[Message, dict[str, Any]] | None = None
    if not in_columns and wkt.strip():
        if wkt[:5].upper() == "SRID=" and ";" in wkt[:20]:
            code, wkt = wkt[5:].split(";", 1)
            crs = f"EPSG:{code.strip()}"
        try:
            shape = shapely.from_wkt(wkt.strip(), on_invalid="fix")
        except (shapely.errors.GEOSException, TypeError):
            shape = None
        if shape is None:
            problem = (GEOMETRY_UNREADABLE, {"found": shown(wkt)})
    used = replace(proposal, columns={n: h for n, h in columns.items() if h in values},
                   crs=stated if in_columns else "",
                   date_order=said_by_hand.get("date_order") or proposal.date_order,
                   decimal=said_by_hand.get("decimal") or proposal.decimal,
                   century=int(said_by_hand.get("century") or proposal.century))
    table = SourceTable(
        row.file, row.source, b"", "" if in_columns else crs, tuple(values),
        (SourceRow(row.row, values, shape, Problem(*problem) if problem else None,
                   _still_fixed(row, values, columns)),),
        has_geometry=not in_columns)
    return take_in(table, row.kind, used, existing=existing, recorded_at=recorded_at,
                   recorded_by=recorded_by, today=today, programme_bounds=programme_bounds,
                   settings=settings, kinds=kinds,
                   carried_m=0.0 if in_columns or wkt != row.geometry_wkt else carried_m)


def _still_fixed(row: QuarantinedRow, values: MappingType[str, Any],
                 columns: MappingType[str, str]) -> Problem | None:
    """What a form fixes holds also where the row is tried again (FRM-024)."""
    from landrelease.records.forms.catalogue import FORMS

    for finding in row.findings:
        if finding.code != ANSWER_FIXED.code:
            continue
        found = values.get(columns.get(finding.field, finding.field))
        for form in FORMS.values():
            for part in form.part.walk():
                words = part.held.get(finding.field) if part.kind == row.kind else None
                if words and not is_absent(found) and str(found).strip() not in words:
                    return Problem(ANSWER_FIXED, {
                        "field": finding.field, "form": form.id, "found": shown(found),
                        "expected": " or ".join(words)})
    return None


def proposed_for(row: QuarantinedRow, kinds: MappingType[str, Kind]) -> Mapping:
    """The mapping that the headings of a row give, with what its file's name says."""
    table = SourceTable(row.file, row.source, b"", "", tuple(row.values),
                        (SourceRow(row.row, row.values),), has_geometry=bool(row.geometry_wkt))
    return mappings.propose(table, row.kind, kinds)
