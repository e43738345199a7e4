"""Which column of a file means which field: proposed from the headings and from the values, or
stated in a YAML file.

`propose` takes what is certain: the headings that a field is known by, in the languages of
data/synonyms.csv, HXL tags, and the files that this software wrote itself. `suggest` adds what the
values make likely, with the reason and a confidence; that is shown and written into the YAML file
as a remark, and never applied by itself. Nothing is filled in that the file does not say; what
follows from a source's own legend (for example "Cleared Areas") is set as a constant and listed as
such.
"""

from __future__ import annotations

import csv
import functools
import hashlib
import importlib.resources
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import yaml

from landrelease.core import hxl
from landrelease.core.record import KINDS, NOT_REPORTED, Field, Kind
from landrelease.errors import (
    FILE_EMPTY,
    FILE_FORM_PLACES,
    FILE_MISSING,
    KIND_NOT_KNOWN,
    KIND_WRONG,
    MAPPING_NOT_READABLE,
    LandReleaseError,
)
from landrelease.records.readers import SourceTable
from landrelease.records.readers.legs import LEGS, NORTH
from landrelease.records.readers.openrosa import INSTANCE
from landrelease.records.values import Refused, Style, convert, unit_sizes

# Headings of coordinates, in the languages of programmes. `datum_in_words` are headings that say
# degrees of latitude and longitude; x/y and easting/northing say nothing about the system (S04).
_LONGITUDE = ("longitude", "lon", "long", "lng", "geografska_duzina", "duzina", "longitud",
              "longitude_dd", "долгота", "довгота", "дужина", "decimallongitude", "gps_lon",
              "lon_wgs84", "longitude_wgs84", "location_longitude_wgs84",
              "reference_point_longitude_wgs84", "coordinates_longitude_wgs84")
_LATITUDE = ("latitude", "lat", "geografska_sirina", "sirina", "latitud", "latitude_dd", "широта",
             "ширина", "decimallatitude", "gps_lat", "lat_wgs84", "latitude_wgs84",
             "location_latitude_wgs84", "reference_point_latitude_wgs84",
             "coordinates_latitude_wgs84")
_EASTING = ("easting", "east", "x", "coord_x", "x_coord", "utm_x", "utm_e", "utm_easting", "este",
            "istok", "восток", "схід", "point_x")
_NORTHING = ("northing", "north", "y", "coord_y", "y_coord", "utm_y", "utm_n", "utm_northing",
             "norte", "sjever", "север", "північ", "point_y")
_WKT = ("wkt", "geometry", "geom", "the_geom", "geometry_wkt", "wkt_geometry", "shape", "polygon",
        "outline", "geometrija", "геометрия", "ewkt", "perimeter_coordinates_wgs84",
        "perimeter_coordinates")
# Headings that our own exports have besides the fields (store/tables.py writes them).
RECORD, GEOMETRY, _OWN = "record", "geometry_wgs84", ("synthetic", "about", "name", "geometry")
_PLACE = ("coordinates", "coordinate", "mgrs", "mgrs_coordinates", "usng", "utm", "grid_reference",
          "gridref", "grid_ref", "location_mgrs", "koordinate", "координаты", "координати",
          "coordonnees", "coordenadas", "lat_lon", "latlon", "latlong", "lat_long", "gps")
_MORE_PLACE = {
    "zone": ("zone", "utm_zone", "zona", "зона", "fuseau", "huso"),
    "bearing": ("bearing", "azimuth", "azimut", "азимут", "rumbo"),
    "north": (NORTH, "north_reference", "bearing_type", "bearing_reference", "azimuth_type"),
    "declination": ("declination", "magnetic_declination", "declination_deg", "deklinacija",
                    "склонение", "магнитное_склонение", "схилення"),
    "distance": ("distance", "distance_m", "distancia", "udaljenost", "расстояние", "відстань"),
    "datum": ("geodetic_datum", "coordinate_system", "coordrefsys", "coordinate_reference_system",
               "crs", "srs", "epsg", "coordsystem",
              "coord_system", "sistema_de_coordenadas", "система_координат"),
}
# How well a receiver knew the place that a form holds, as it said itself: 68 % radius.
MEASURED = "measured_accuracy"
PLACE_COLUMNS = ("longitude", "latitude", "easting", "northing", "geometry", "place", "legs",
                 MEASURED, *_MORE_PLACE)
# What a mapping may say of how places are written (records/coordinates.py, `Notation`).
NOTATION: dict[str, tuple[str, ...]] = {
    "form": ("degrees", "utm", "mgrs", "gauss_kruger", "grid", "bearing"),
    "order": ("latitude_first", "longitude_first"),
    "letters": ("english", "slavic", "french", "german"),
    "zone": (), "north": ("true", "magnetic", "grid"), "declination_deg": (), "grid": (),
    "bearing_unit": ("degree", "gon", "mil_6400", "mil_6000"),
}

# What a source's legend says besides the kind of record; everything else stays not reported.
_LEGEND_CONSTANTS: dict[str, tuple[tuple[str, str, Any], ...]] = {
    "hazard": (("suspected minefield", "status", "open"),),
    "outcome": (("cleared areas", "outcome_type", "cleared"),
                ("cleared", "outcome_type", "cleared"),
                ("cancelled", "outcome_type", "cancelled"),
                ("reduced", "outcome_type", "reduced")),
    "accident": (("incidents", "accident_class", "incident"),
                 ("incident", "accident_class", "incident")),
    "activity": (("lifted minefields", "activity_type", "clearance"),
                 ("minefields lifted", "activity_type", "clearance"),
                 ("lifted", "activity_type", "clearance"),
                 ("lifted", "activity_status", "completed")),
    "administrative_area": (("adm1", "level", 1), ("adm2", "level", 2), ("adm3", "level", 3)),
}
_LABEL_COLUMNS = ("type", "legend", "class", "label", "shapetype", "kind", "layer")


@dataclass(frozen=True, slots=True)
class Mapping:
    """How the rows of one file become records of one kind.

    `columns`: field, or one of `PLACE_COLUMNS`, to heading. `values`: field to {word found:
    meaning}. `constants`: field to a value for all rows. `crs`: of the coordinates, "" where not
    stated. `date_order`: "dmy" or "mdy" for dates such as 03/04/2024. `decimal`: "," or ".".
    """

    kind: str
    columns: MappingType[str, str]
    values: MappingType[str, MappingType[str, Any]] = field(
        default_factory=lambda: MappingProxyType({}))
    constants: MappingType[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    crs: str = ""
    date_order: str = ""
    decimal: str = ""
    record: str = ""  # heading of the ids of the records, in a file that a registry wrote
    # How places are written: names and values of `coordinates.Notation`.
    notation: MappingType[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    # What a unit of area that differs between countries means, in m²: {"dunam": 2500}.
    units: MappingType[str, float] = field(default_factory=lambda: MappingProxyType({}))
    century: int = 0  # 1900 or 2000, of years of two digits; 0: those that can be both wait
    # Where the unit of a number stands in a column of its own: field -> heading of that column.
    unit_columns: MappingType[str, str] = field(default_factory=lambda: MappingProxyType({}))
    stated: bool = False  # by a person in a file of mappings, not proposed from the headings


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What one column may mean. `certain` ones are in the mapping, the others wait for a person."""

    column: str
    field: str  # a field, one of `PLACE_COLUMNS`, or "" where nothing is likely
    reason: str
    confidence: float  # 0 to 1; an order, not a probability
    certain: bool


@dataclass(frozen=True, slots=True)
class Proposal:
    """A mapping with, column by column, why; and what is likely but not applied.

    `values`: field -> {word found: meaning} that would change what a record says, so that a person
    confirms them.
    """

    mapping: Mapping
    suggestions: tuple[Suggestion, ...]
    fingerprint: str
    values: MappingType[str, MappingType[str, Any]] = field(
        default_factory=lambda: MappingProxyType({}))


def fold(heading: str) -> str:
    """A heading without case, accents, spaces and punctuation: " Area_Type" -> "areatype"."""
    plain = unicodedata.normalize("NFKD", str(heading).casefold())
    return "".join(c for c in plain if c.isalnum())


def fingerprint(columns: Sequence[str], kind: str) -> str:
    """By which a saved mapping is found again: the headings, whatever their order, case, accents.

    >>> fingerprint(["Name ", "Área"], "hazard") == fingerprint(["area", "NAME"], "hazard")
    True
    """
    folded = "\n".join(sorted(fold(c) or c for c in columns))
    return hashlib.sha256(f"{kind}\n{folded}".encode()).hexdigest()[:32]


@functools.cache
def _words(file: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """First column of a table of words -> its (word, language) pairs."""
    found: dict[str, list[tuple[str, str]]] = {}
    text = (importlib.resources.files("landrelease.data") / file).read_text(encoding="utf-8")
    for row in csv.reader(text.splitlines()[1:]):
        found.setdefault(row[0], []).append((row[2], row[1]))
    return {name: tuple(pairs) for name, pairs in found.items()}


def is_own(table: SourceTable, kind: Kind) -> bool:
    """Whether a file has the headings of an export of a registry (docs/export.md), and no other."""
    known = {RECORD, GEOMETRY, *_OWN, *(f.name for f in kind.fields)}
    return table.columns[:1] == (RECORD,) and all(
        c in known or _part_of(c, known) for c in table.columns)


def _part_of(heading: str, known: set[str]) -> str:
    """The column that "geometry_wgs84 (2)" goes on with, or ""."""
    match = re.fullmatch(r"(.+) \((\d+)\)", heading)
    return match[1] if match and match[1] in known and int(match[2]) >= 2 else ""


def whole(table: SourceTable) -> SourceTable:
    """Columns that a worksheet had to cut ("geometry_wgs84 (2)") put together again."""
    parts: dict[str, list[str]] = {}
    known = set(table.columns)
    for heading in table.columns:
        if base := _part_of(heading, known):
            parts.setdefault(base, []).append(heading)
    if not parts or table.columns[:1] != (RECORD,):
        return table
    gone = {h for listed in parts.values() for h in listed}
    cells: dict[str, Sequence[Any]] = {
        c: table.cells[c] for c in table.columns if c not in gone}
    for base, listed in parts.items():
        cells[base] = [
            first if not any(rest) else "".join(str(p) for p in (first, *rest) if p)
            for first, *rest in zip(cells[base], *(table.cells[h] for h in listed), strict=True)]
    return SourceTable(
        table.file, table.source, table.content, table.crs, tuple(cells), None,
        table.has_geometry, table.notes, table.layer, cells=cells, count=len(table),
        geometries=table.geometries, problems=table.problems,
        geometry_problems=table.geometry_problems, extras=table.extras, tags=table.tags)


def _own_mapping(table: SourceTable, kind: Kind) -> Mapping:
    """Of a file that a registry wrote: field by field, with what the format had to protect."""
    columns = {f.name: f.name for f in kind.fields if f.name in table.columns}
    if not table.has_geometry and GEOMETRY in table.columns:
        columns["geometry"] = GEOMETRY
    text = PurePosixPath(table.file.removesuffix(".gz")).suffix.lower() == ".csv"
    values: dict[str, dict[str, Any]] = {}
    for known in kind.fields:
        if known.name not in columns:
            continue
        meanings: dict[str, Any] = {}
        if known.type in ("choices", "references"):
            for cell in _cells(table, known.name):
                if isinstance(cell, str) and cell.startswith('["') and (
                        listed := _json_list(cell)) is not None:
                    meanings[cell] = listed
        elif text and known.type == "text":
            meanings = {c: c[1:] for c in _cells(table, known.name)
                        if isinstance(c, str) and c[:1] == "'" and _would_run(c[1:])}
        if meanings:
            values[known.name] = meanings
    crs = "EPSG:4326" if "geometry" in columns else ""
    return Mapping(kind.name, columns, values, crs=crs, decimal=".", record=RECORD)


# As store/tables.py protects it: what a spreadsheet would run, but no plain number.
_RUNS = re.compile(r"^[\s]*'*[\s]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^'*[\t\r\n]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")


def _would_run(text: str) -> bool:
    return bool(_RUNS.match(text)) and not _NUMBER.fullmatch(text)


def _json_list(cell: str) -> list[str] | None:
    try:
        found = json.loads(cell)
    except ValueError:
        return None
    return found if isinstance(found, list) and all(isinstance(v, str) for v in found) else None


def _cells(table: SourceTable, heading: str, most: int | None = None) -> list[Any]:
    return list(table.cells[heading][:most])


def says_synthetic(table: SourceTable) -> bool:
    """Whether a column `synthetic` says of any row that it is made up (S19)."""
    return any(str(cell).strip().casefold() in ("1", "1.0", "true", "yes", "y", "t")
               for heading in table.columns if fold(heading) == "synthetic"
               for cell in _cells(table, heading))


def check_kind(kind: str, kinds: MappingType[str, Kind] = KINDS) -> None:
    """Raises FIL-042 for a word that is no kind of record."""
    if kind not in kinds:
        raise LandReleaseError(KIND_WRONG, found=repr(kind), expected=", ".join(kinds))


def propose(table: SourceTable, kind: str, kinds: MappingType[str, Kind] = KINDS) -> Mapping:
    """Map headings to fields by their synonyms; the first synonym that stands in the file wins.

    Only what is certain; `suggest` tells the rest. Raises FIL-042 for an unknown kind.
    """
    return suggest(table, kind, kinds, from_values=False).mapping


def suggest(table: SourceTable, kind: str, kinds: MappingType[str, Kind] = KINDS, *,
            from_values: bool = True) -> Proposal:
    """A mapping with the reason and the confidence of each column, and what else is likely.

    Raises FIL-042 for an unknown kind.
    """
    check_kind(kind, kinds)
    chosen = kinds[kind]
    found = fingerprint(table.columns, kind)
    if is_own(table, chosen):
        used = _own_mapping(table, chosen)
        taken_by = {h: n for n, h in used.columns.items()}
        return Proposal(used, tuple(
            Suggestion(c, taken_by.get(c, ""), "a file that a registry wrote", 1.0, True)
            for c in table.columns), found)
    headings = {fold(h): h for h in reversed(table.columns) if fold(h)}
    for heading in table.columns:  # "Площадь (га)" is Площадь; its unit is read with the cells
        headings.setdefault(fold(_without_unit(heading)), heading)
    tags = {hxl.plain(t): h for h in reversed(table.columns)
            for t in (table.tags.get(h, h),) if hxl.plain(t)}
    for tag, heading in tags.items():  # the places have tags, but are no fields
        if role := hxl.place_of(tag):
            headings.setdefault(fold(role), heading)
    columns: dict[str, str] = {}
    told = [Suggestion(h, "", "a place of the form", 1.0, True) for n in table.notes
            if n.message is FILE_FORM_PLACES
            for h in (n.facts["found"], *str(n.facts["expected"]).split(", "))
            if h in table.columns]
    taken = {t.column for t in told}  # "area" with a shape in it states no area

    def take(name: str, words: Sequence[str], why: str = "") -> None:
        for word in words:
            heading = headings.get(fold(word))
            if heading is not None and heading not in taken:
                columns[name] = heading
                taken.add(heading)
                told.append(Suggestion(heading, name, why or f"the heading is a name of {name}",
                                       1.0, True))
                return

    def free(name: str) -> None:
        heading = columns.pop(name, "")
        taken.discard(heading)
        told[:] = [t for t in told if t.column != heading]

    if chosen.geometry != "none" and LEGS in table.columns:
        take("legs", (LEGS,), "made of the points of an area")
        for name in ("datum", "north", "declination"):
            take(name, _MORE_PLACE[name])
    elif not table.has_geometry and chosen.geometry != "none":
        areal = chosen.geometry == "polygon"
        if areal:
            take("geometry", (GEOMETRY, *_WKT, *_listed("geometry")))
        # An area of which a first report gives a point alone waits for its outline, and is told of
        # meanwhile (S01): without its point the file would not be taken at all.
        if not areal or ("geometry" not in columns and chosen.place_needed):
            take("longitude", (*_LONGITUDE, *_listed("longitude")))
            take("latitude", (*_LATITUDE, *_listed("latitude")))
            if not {"longitude", "latitude"} <= columns.keys():
                for name in ("longitude", "latitude"):
                    free(name)
                take("easting", _EASTING)
                take("northing", _NORTHING)
            if not {"easting", "northing"} <= columns.keys() and not {
                    "longitude", "latitude"} <= columns.keys():
                for name in ("easting", "northing"):
                    free(name)
                take("geometry", (GEOMETRY, *_WKT, *_listed("geometry")))
                if not columns:
                    take("place", _PLACE)
            if columns and "geometry" not in columns:
                for name, words in _MORE_PLACE.items():
                    if name not in ("distance", "north", "declination") or "bearing" in columns:
                        take(name, words)
    for place in (n.facts["found"] for n in table.notes if n.message is FILE_FORM_PLACES):
        take(MEASURED, (f"{place} accuracy", f"{place} precision"), "measured with the place")
    by_tag = hxl.fields_by_tag(chosen)
    # What has exactly the tag of a field goes before what a tag of the standard says more broadly.
    for tag, heading in sorted(tags.items(), key=lambda item: item[0] not in by_tag):
        tagged = by_tag.get(tag) or hxl.broadly(tag, chosen)
        if tagged and tagged not in columns and heading not in taken:
            columns[tagged] = heading
            taken.add(heading)
            told.append(Suggestion(heading, tagged, f"the HXL tag of {tagged}", 1.0, True))
    for known in chosen.fields:
        if known.name not in columns:
            # "lot_m2" is how large the lot is, not which one.
            take(known.name, [w for w in (known.name, *known.synonyms) if not (
                known.refers_to and _says_unit(headings.get(fold(w), "")))])
    likely: list[Suggestion] = []
    for known in chosen.fields:
        if known.name in columns or known.personal:
            continue
        for word, language in _words("synonyms.csv").get(known.name, ()):
            named = headings.get(fold(word))
            if named is None or named in taken or named in {t.column for t in likely}:
                continue
            if known.refers_to and _says_unit(named):
                continue
            if known.unit in ("m", "m²") and not _says_unit(named) and not _has_units(
                    table, named):
                # "Площадь" may be hectares: taken as m² it would change what the record says.
                likely.append(Suggestion(
                    named, known.name, f"a name of {known.name} ({language}), but neither the "
                    f"heading nor the cells say the unit; {known.unit} would be taken", 0.6,
                    False))
                continue
            columns[known.name] = named
            taken.add(named)
            told.append(Suggestion(named, known.name, f"a name of {known.name} ({language})",
                                   0.95, True))
            break
    if moved := _label_of_a_field(table, chosen, columns):
        # "type" with SHA and CHA in it is no word of the source's own: it is the type of hazard.
        heading = columns.pop("source_label")
        columns[moved] = heading
        told[:] = [t for t in told if t.column != heading]
        told.append(Suggestion(heading, moved, f"all its cells are words of {moved}", 0.95, True))
    for one, other in _swapped(table, chosen, columns):
        columns[one], columns[other] = columns[other], columns[one]
        told[:] = [t for t in told if t.field not in (one, other)]
        told += [Suggestion(columns[n], n, f"all its cells are words of {n}, whatever the heading "
                            "says", 0.95, True) for n in (one, other)]
    constants = _legend_constants(table, chosen, columns)
    if kind == "settlement" and "population_year" not in columns:
        heading = columns.get("population", "").strip()
        if year := re.search(r"(?:^|\D)(1[789]\d\d|20\d\d)$", heading):
            constants["population_year"] = int(year.group(1))
    crs = _crs_in_headings(columns)
    if fold(columns.get("information_date", "")) == "datum" and (
            datums := _datum_column(table, columns["information_date"])):
        # "Datum" is a date in Bosnian and German, and the geodetic datum in English.
        free("information_date")
        crs = crs or datums
    values, doubtful = _vocabularies(table, chosen, columns)
    if from_values:
        likely = _from_values(table, chosen, columns, taken, likely)
    rest = {t.column for t in (*told, *likely)}
    told += [*likely, *(Suggestion(c, "", "nothing in the heading or the values says what it is",
                                   0.0, False) for c in table.columns if c not in rest)]
    order = {c: n for n, c in enumerate(table.columns)}
    return Proposal(Mapping(kind, columns, values, constants=constants, crs=crs),
                    tuple(sorted(told, key=lambda t: order.get(t.column, 0))), found, doubtful)


def _listed(name: str) -> tuple[str, ...]:
    return tuple(word for word, _ in _words("synonyms.csv").get(name, ()))


_UNIT_WORDS = frozenset((*unit_sizes("m²"), *unit_sizes("m"), "метров", "metres"))


def _without_unit(heading: str) -> str:
    parts = re.split(r"([\s_()\[\],;:/]+)", heading)
    return "".join(p for n, p in enumerate(parts)
                   if n == 0 or p.casefold() not in _UNIT_WORDS - {"m", "м"})


def _says_unit(heading: str) -> bool:
    words = re.split(r"[\s_()\[\],./]+", heading.casefold())
    return bool(_UNIT_WORDS & set(words)) or "кв.м" in heading.casefold()


def _has_units(table: SourceTable, heading: str) -> bool:
    """Whether the cells that say anything carry a unit of their own: "12,5 ha"."""
    said = [str(c).strip() for c in _cells(table, heading, _SAMPLE) if c not in (None, "")]
    return bool(said) and all(re.search(r"\d\s*[^\W\d]", c) for c in said)


# --- from the values -----------------------------------------------------------------------------

_SAMPLE = 2_000  # rows that are looked at
_FEWEST = 3  # rows that say anything; fewer prove nothing


def _vocabularies(table: SourceTable, kind: Kind, columns: MappingType[str, str]
                  ) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Words of other languages that a column of a vocabulary holds: certain ones, doubtful ones.

    What would decide something (a status that takes ground off the map, an outcome) is never
    translated silently (S01, S09).
    """
    certain: dict[str, dict[str, Any]] = {}
    doubtful: dict[str, dict[str, Any]] = {}
    decided = dict(kind.decisions)
    for known in kind.fields:
        if known.type != "choice" or known.name not in columns:
            continue
        own = {fold(c) for c in known.choices}
        for cell in dict.fromkeys(_cells(table, columns[known.name])):
            if not isinstance(cell, str) or fold(cell) in own:
                continue
            for choice, pairs in _words("vocabulary.csv").items():
                if choice in known.choices and any(fold(w) == fold(cell) for w, _ in pairs):
                    deciding = choice in decided.get(known.name, ()) or (
                        kind.name == "hazard" and choice in ("closed", "handed_over"))
                    (doubtful if deciding else certain).setdefault(known.name, {})[cell] = choice
                    break
    return certain, doubtful


MOST_WORDS = 100  # different words of a column that a person is asked about


def words_of(table: SourceTable, heading: str) -> dict[str, int]:
    """The different words of a column and how many cells say each, the most frequent first; empty
    where there are more than `MOST_WORDS`: such a column holds no vocabulary."""
    said = Counter(str(c).strip() for c in table.cells[heading]
                   if c is not None and c == c and str(c).strip())
    return dict(said.most_common()) if len(said) <= MOST_WORDS else {}


def meanings(known: Field, words: Iterable[str]) -> dict[str, tuple[str, bool]]:
    """What words of a file mean in the vocabulary of a field: word -> (meaning, certain); a word
    that means nothing there is not among them. What would decide something (S01, S09) is certain
    only in our own words."""
    out: dict[str, tuple[str, bool]] = {}
    for word in words:
        try:
            value = convert(known, word, Style(), date.max)[0]
            listed = value if isinstance(value, list) else [value or NOT_REPORTED]
            out[word] = ", ".join(str(v) for v in listed), True
            continue
        except Refused:
            pass
        for choice, pairs in _words("vocabulary.csv").items():
            if choice in known.choices and any(fold(w) == fold(word) for w, _ in pairs):
                out[word] = choice, False
                break
    return out


def _label_of_a_field(table: SourceTable, kind: Kind, columns: MappingType[str, str]) -> str:
    """The only field whose vocabulary holds every word of the column taken for `source_label`, or
    "". A field that decides something (S09) is never filled this way."""
    heading = columns.get("source_label")
    if heading is None or fold(heading) == fold("source_label"):
        return ""
    words = {fold(str(c)) for c in dict.fromkeys(_cells(table, heading))
             if c is not None and str(c).strip()}
    decided = {name for name, _ in kind.decisions}
    fitting = [f.name for f in kind.fields if f.type == "choice" and f.name not in columns
               and f.name not in decided and words and words <= _vocabulary(f)]
    return fitting[0] if len(fitting) == 1 else ""


def _swapped(table: SourceTable, kind: Kind, columns: MappingType[str, str]
             ) -> list[tuple[str, str]]:
    """Pairs of fields whose headings say the one and whose cells are words of the other.

    "evidence_kind" with direct and indirect in it is the type of evidence. Only where the cells
    of one column are all words of the other field, and neither column fits as its heading says. A
    field that decides something (S09) is left as it is.
    """
    decided = {name for name, _ in kind.decisions}
    said = {f.name: (_vocabulary(f), {
        fold(str(c)) for c in dict.fromkeys(_cells(table, columns[f.name]))
        if c is not None and str(c).strip()})
        for f in kind.fields
        if f.type == "choice" and f.name in columns and f.name not in decided}
    out: list[tuple[str, str]] = []
    done: set[str] = set()
    for one, (words, cells) in said.items():
        for other, (others, theirs) in said.items():
            if one == other or {one, other} & done or not cells or not theirs:
                continue
            if cells <= others and not cells & words and not theirs & others and theirs & words:
                out.append((one, other))
                done |= {one, other}
    return out


def _from_values(table: SourceTable, kind: Kind, columns: MappingType[str, str], taken: set[str],
                 likely: Sequence[Suggestion]) -> list[Suggestion]:
    """What the cells of the columns that no heading explains make likely."""
    out = list(likely)
    waiting = {t.column for t in likely}
    spoken = {t.field for t in likely} | set(columns)
    for heading in table.columns:
        if heading in taken or heading in waiting or heading == "synthetic":
            continue
        said = [c for c in _cells(table, heading, _SAMPLE)
                if c is not None and str(c).strip() and c == c]
        if len(said) < _FEWEST:
            continue
        found = _likely(said, heading, kind, spoken, table)
        if found is not None:
            out.append(found)
            spoken.add(found.field)
    return out


def _likely(said: list[Any], heading: str, kind: Kind, spoken: set[str], table: SourceTable
            ) -> Suggestion | None:
    open_ = [f for f in kind.fields if f.name not in spoken and not f.personal]
    distinct = {fold(str(c)) for c in said}
    fitting = [(f, words) for f in open_ if f.type in ("choice", "choices")
               and (words := _vocabulary(f)) and distinct <= words]
    # "yes" and "no" fit many fields: only one that fits alone, or by far the best, is likely.
    if fitting:
        names = [f.name for f, _ in fitting]
        return Suggestion(heading, names[0], "all cells are words of "
                          + " or ".join(names[:3]), 0.7 if len(names) == 1 else 0.3, False)
    numbers = [n for c in said if (n := _number(c)) is not None]
    if len(numbers) == len(said) and not table.has_geometry and kind.geometry != "none":
        whole_numbers = all(n == int(n) for n in numbers)
        for name, limit in (("latitude", 90), ("longitude", 180)):
            if name not in spoken and not whole_numbers and "geometry" not in spoken and all(
                    abs(n) <= limit for n in numbers) and not (spoken & {"easting", "northing"}):
                return Suggestion(heading, name, f"all cells are numbers within ±{limit} with "
                                  "decimals; latitude and longitude may be swapped", 0.3, False)
    if all(_is_date(c) for c in said):
        dates = [f for f in open_ if f.type == "date"]
        if dates:
            return Suggestion(heading, dates[0].name, "all cells are dates; which date it is, the "
                              "heading does not say", 0.5 if len(dates) == 1 else 0.3, False)
    texts = [str(c).strip() for c in said]
    if "identifier" not in spoken and len(said) == min(len(table), _SAMPLE) and len(
            set(texts)) == len(texts) and all(
            re.fullmatch(r"(?=.*\d)[\w\-/.]{2,40}", t) for t in texts) and not all(
            "." in t or "," in t for t in texts):
        return Suggestion(heading, "identifier", "no cell is empty, none stands twice, and all "
                          "look like identifiers", 0.6, False)
    return None


def choices_in(text: str, choices: Collection[str]) -> frozenset[str]:
    """Of some choices all that a text names as whole words, in any language of the vocabulary:
    "machine, then manual" names mechanical and manual."""
    said = f" {_spelled(text)} "
    listed = _words("vocabulary.csv")
    return frozenset(c for c in choices if any(
        f" {_spelled(w)} " in said for w in (c, *(w for w, _ in listed.get(c, ())))))


@functools.lru_cache(maxsize=4_096)  # the words of the vocabulary, for each outcome again
def _spelled(text: str) -> str:
    """Words of a text without case and accents, with one blank between them."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(
        c if c.isalnum() else "" if unicodedata.combining(c) else " " for c in plain).split())


def _vocabulary(known: Field) -> set[str]:
    listed = _words("vocabulary.csv")
    return {fold(w) for c in known.choices for w in (c, *(w for w, _ in listed.get(c, ())))}


def _number(cell: Any) -> float | None:
    if isinstance(cell, bool):
        return None
    if isinstance(cell, (int, float)):
        return float(cell)
    text = str(cell).strip().replace(",", ".")
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else None


def _is_date(cell: Any) -> bool:
    return isinstance(cell, (date, datetime)) or bool(re.fullmatch(
        r"(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\s?\d{1,2}[-/.]\s?\d{4})\.?(?:[T\s].*)?",
        str(cell).strip()))


# --- as YAML ------------------------------------------------------------------------------------

def dump(proposal: Proposal) -> str:
    """A proposal as YAML that `load` reads and a person edits: what is not certain is a remark."""
    used = proposal.mapping
    lines = [f"# fingerprint of the headings: {proposal.fingerprint}",
             "# Take the # away from a line to apply it.", f"kind: {used.kind}"]
    if used.crs:
        lines.append(f"crs: {_scalar(used.crs)}")
    lines.append("columns:" if used.columns else "columns: {}")
    why = {(t.field, t.column): t for t in proposal.suggestions}
    for name, heading in used.columns.items():
        told = why.get((name, heading))
        lines.append(f"  {name}: {_scalar(heading)}" + (
            f"  # {told.confidence:.2f}: {told.reason}" if told else ""))
    for told in proposal.suggestions:
        if not told.certain:
            lines.append(f"  # {told.field or '?'}: {_scalar(told.column)}  # "
                         f"{told.confidence:.2f}: {told.reason}")
    if used.values or proposal.values:
        lines.append("values:" if used.values else "# values:")
        for name in (f for f in dict.fromkeys((*used.values, *proposal.values))):
            sure = used.values.get(name, {})
            lines.append(f"  {name}:" if sure else f"#   {name}:")
            lines += [f"    {_scalar(w)}: {_scalar(m)}" for w, m in sure.items()]
            lines += [f"#     {_scalar(w)}: {_scalar(m)}  # it decides something: confirm it"
                      for w, m in proposal.values.get(name, {}).items()]
    if used.constants:
        lines.append("constants:")
        lines += [f"  {n}: {_scalar(v)}" for n, v in used.constants.items()]
    for name in ("notation", "units"):
        if getattr(used, name):
            lines.append(f"{name}: {_scalar(dict(getattr(used, name)))}")
    for name in ("date_order", "decimal", "century", "record"):
        if getattr(used, name):
            lines.append(f"{name}: {_scalar(getattr(used, name))}")
    return "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    """A value as it stands in one line of YAML; JSON is YAML."""
    return json.dumps(value, ensure_ascii=False, default=str)


def _datum_column(table: SourceTable, heading: str) -> str:
    """"EPSG:4326" where all cells say WGS 84; "(datum ...)" where they name other datums."""
    said = {str(cell or "").strip() for cell in _cells(table, heading)} - {""}
    if said and all(fold(word) in ("wgs84", "wgs1984", "epsg4326", "4326") for word in said):
        return "EPSG:4326"
    if said and all(re.match(r"(?i)(mgi|sk-?42|pulkovo|wgs|ed50|etrs|nad|epsg|hermannskogel)", word)
                    for word in said):
        return f"(datum {', '.join(sorted(said)[:3])})"
    return ""


def _crs_in_headings(columns: MappingType[str, str]) -> str:
    places = [fold(columns[name]) for name in PLACE_COLUMNS if name in columns]
    return "EPSG:4326" if places and all(
        p.endswith(("wgs84", "epsg4326", "4326")) for p in places) else ""


def guess_kind(table: SourceTable, kinds: MappingType[str, Kind] = KINDS) -> str:
    """The kind of a file's rows: by a column that labels them, else by the name of file or layer.

    The longest legend words win, so that "lifted minefields" is not read as "minefield". Raises
    FIL-013 where nothing matches, or where two kinds match equally well.
    """
    own = _name_words(table.layer).replace(" ", "_"), _name_words(table.file).replace(" ", "_")
    for name in own:
        if name in kinds and is_own(table, kinds[name]):
            return name
    if table.layer in kinds and INSTANCE in table.columns:
        return table.layer  # a submission of one of our own forms
    for words in (_common_label(table), _name_words(table.file), _name_words(table.layer)):
        found = _kind_of(words, kinds)
        if found:
            return found
    raise LandReleaseError(KIND_NOT_KNOWN, file=table.file, expected=", ".join(kinds))


def _kind_of(words: str, kinds: MappingType[str, Kind]) -> str:
    scores = {}
    for kind in kinds.values():
        lengths = [len(legend) for legend in kind.legend
                   if re.search(rf"(?:^|\W){re.escape(legend)}(?:s|es)?(?:\W|$)", words)]
        if lengths:
            scores[kind.name] = max(lengths)
    best = max(scores.values(), default=0)
    winners = [name for name, score in scores.items() if score == best]
    return winners[0] if len(winners) == 1 else ""


def _common_label(table: SourceTable) -> str:
    """The word that stands in a label column in at least 95 % of the rows."""
    for heading in table.columns:
        if fold(heading) in _LABEL_COLUMNS and len(table):
            count = Counter(str(cell or "") for cell in _cells(table, heading))
            word, times = count.most_common(1)[0]
            if word and times >= 0.95 * len(table):
                return word.casefold()
    return ""


def _name_words(name: str) -> str:
    stem = PurePosixPath(name).name.split(".")[0]
    return re.sub(r"[\W_]+", " ", stem).casefold().strip()


def _legend_constants(table: SourceTable, kind: Kind, columns: MappingType[str, str]
                      ) -> dict[str, Any]:
    label = _common_label(table) or _name_words(table.file)
    constants: dict[str, Any] = {}
    for words, name, value in _LEGEND_CONSTANTS.get(kind.name, ()):
        if name == "activity_status" and "source_label" in columns:
            continue  # each row says by its label that it was lifted
        if name not in columns and name not in constants and re.search(
                rf"(?:^|\W){re.escape(words)}(?:\W|$)", label):
            constants[name] = value
    return constants


def load(path: Path | str, kinds: MappingType[str, Kind] = KINDS) -> Mapping:
    """Read a mapping from YAML.

    Shape: `kind: hazard`, `crs: EPSG:4326`, `columns: {field: heading}`,
    `values: {field: {found: meaning}}`, `constants: {field: value}`, `date_order: dmy`,
    `decimal: ","`, `century: 2000`, `notation: {letters: slavic}`, `units: {dunam: 2500}`,
    `unit_columns: {field: heading}`. Only `kind` and `columns` are required.

    Raises
    ------
    LandReleaseError
        FIL-001 missing file, FIL-014 anything that is not as described, with its place.
    """
    path = Path(path)
    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
    try:
        document = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"line {mark.line + 1}" if mark else "the text"
        raise _wrong(path, place, "not readable as YAML", "a list of `name: value`") from error
    if document is None:
        raise LandReleaseError(FILE_EMPTY, file=path.name, found="no settings")
    if not isinstance(document, dict):
        raise _wrong(path, "the whole", type(document).__name__, "`kind`, `columns` and so on")
    known = ("kind", "crs", "columns", "values", "constants", "date_order", "decimal",
             "century", "record", "notation", "units",
             "unit_columns")
    for name in document:
        if name not in known:
            raise _wrong(path, repr(name), "not a known setting", "one of " + ", ".join(known))
    kind = document.get("kind")
    if not isinstance(kind, str) or kind not in kinds:
        raise _wrong(path, "kind", repr(kind), "one of " + ", ".join(kinds))
    fields = [f.name for f in kinds[kind].fields]
    columns = _block(path, document, "columns", (*fields, *PLACE_COLUMNS))
    for name, heading in columns.items():
        if not isinstance(heading, str) or not heading.strip():
            raise _wrong(path, f"columns: {name}", repr(heading), "a heading of the file")
    values = _block(path, document, "values", tuple(fields))
    for name, meanings in values.items():
        if not isinstance(meanings, dict):
            raise _wrong(path, f"values: {name}", repr(meanings), "`found: meaning` pairs")
        choices = kinds[kind].field(name).choices
        for found, meaning in meanings.items():
            if choices and meaning not in choices and meaning != "declined":
                raise _wrong(path, f"values: {name}: {found}", repr(meaning),
                             "one of " + ", ".join(choices))
    constants = _block(path, document, "constants", tuple(fields))
    date_order = document.get("date_order") or ""
    if not isinstance(date_order, str) or date_order not in ("", "dmy", "mdy"):
        raise _wrong(path, "date_order", repr(date_order), "dmy or mdy")
    decimal = document.get("decimal") or ""
    if not isinstance(decimal, str) or decimal not in ("", ".", ","):
        raise _wrong(path, "decimal", repr(decimal), '"," or "."')
    century = document.get("century") or 0
    if century not in (0, 1900, 2000):
        raise _wrong(path, "century", repr(century), "1900 or 2000")
    crs = document.get("crs")
    crs = f"EPSG:{crs}" if isinstance(crs, int) else (crs or "")
    if not isinstance(crs, str):
        raise _wrong(path, "crs", repr(crs), "text such as EPSG:4326")
    record = document.get("record") or ""
    if not isinstance(record, str):
        raise _wrong(path, "record", repr(record), "a heading of the file")
    if not columns and not constants:
        raise _wrong(path, "columns", "empty", "at least one `field: heading`")
    notation = _block(path, document, "notation", tuple(NOTATION))
    for name, value in notation.items():
        allowed = NOTATION[name]
        if name == "declination_deg":
            fits = isinstance(value, (int, float)) and abs(value) <= 180
        else:
            fits = isinstance(value, str) and (not allowed or value in allowed)
        if not fits:
            raise _wrong(path, f"notation: {name}", repr(value), "one of " + ", ".join(allowed)
                         if allowed else "degrees east of north" if name == "declination_deg"
                         else "text")
    units = document.get("units") or {}
    if not isinstance(units, dict) or not all(
            isinstance(k, str) and isinstance(v, (int, float)) and not isinstance(v, bool)
            and v > 0 for k, v in units.items()):
        raise _wrong(path, "units", repr(units), "`unit: square metres` pairs, as dunam: 2500")
    meanings = {name: {str(k): v for k, v in block.items()} for name, block in values.items()}
    return Mapping(kind, columns, meanings, constants, crs, date_order, decimal, record, notation,
                   {k: float(v) for k, v in units.items()}, century,
                   _block(path, document, "unit_columns", tuple(
                       f.name for f in kinds[kind].fields if f.type == "number")), stated=True)


def _block(path: Path, document: dict[str, Any], name: str, known: tuple[str, ...]
           ) -> dict[str, Any]:
    block = document.get(name)
    if block is None:
        return {}
    if not isinstance(block, dict):
        raise _wrong(path, name, repr(block), "`field: ...` pairs")
    for key in block:
        if key not in known:
            raise _wrong(path, f"{name}: {key}", "not a field of this kind",
                         "one of " + ", ".join(known))
    return dict(block)


def _wrong(path: Path, place: str, found: str, expected: str) -> LandReleaseError:
    return LandReleaseError(MAPPING_NOT_READABLE, file=path.name, field=place, found=found[:120],
                            expected=expected)
