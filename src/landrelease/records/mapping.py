"""Which column of a file means which field: proposed from the headings, or stated in a YAML file.

Nothing is filled in that the file does not say; what follows from a source's own legend (for
example "Cleared Areas") is set as a constant and listed as such.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping as MappingType
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

import yaml

from landrelease.core.record import KINDS, Kind
from landrelease.errors import (
    FILE_EMPTY,
    FILE_MISSING,
    KIND_NOT_KNOWN,
    MAPPING_NOT_READABLE,
    LandReleaseError,
)
from landrelease.records.readers import SourceTable

# Headings of coordinates, in the languages of programmes. `datum_in_words` are headings that say
# degrees of latitude and longitude; x/y and easting/northing say nothing about the system (S04).
_LONGITUDE = ("longitude", "lon", "long", "lng", "geografska_duzina", "duzina", "longitud",
              "longitude_dd", "долгота", "довгота", "дужина", "decimallongitude", "gps_lon",
              "lon_wgs84", "longitude_wgs84")
_LATITUDE = ("latitude", "lat", "geografska_sirina", "sirina", "latitud", "latitude_dd", "широта",
             "ширина", "decimallatitude", "gps_lat", "lat_wgs84", "latitude_wgs84")
_EASTING = ("easting", "east", "x", "coord_x", "x_coord", "utm_x", "utm_e", "utm_easting", "este",
            "istok", "восток", "схід", "point_x")
_NORTHING = ("northing", "north", "y", "coord_y", "y_coord", "utm_y", "utm_n", "utm_northing",
             "norte", "sjever", "север", "північ", "point_y")
_WKT = ("wkt", "geometry", "geom", "the_geom", "geometry_wkt", "wkt_geometry", "shape", "polygon",
        "outline", "geometrija", "геометрия", "ewkt")
PLACE_COLUMNS = ("longitude", "latitude", "easting", "northing", "geometry")

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
                 ("lifted", "activity_type", "clearance")),
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


def fold(heading: str) -> str:
    """A heading without case, accents, spaces and punctuation: " Area_Type" -> "areatype"."""
    plain = unicodedata.normalize("NFKD", str(heading).casefold())
    return "".join(c for c in plain if c.isalnum())


def propose(table: SourceTable, kind: str, kinds: MappingType[str, Kind] = KINDS) -> Mapping:
    """Map headings to fields by their synonyms; the first synonym that stands in the file wins.

    Raises FIL-013 for an unknown kind.
    """
    if kind not in KINDS:
        raise LandReleaseError(KIND_NOT_KNOWN, file=table.file, expected=", ".join(kinds))
    chosen = kinds[kind]
    headings = {fold(h): h for h in reversed(table.columns)}
    columns: dict[str, str] = {}
    taken: set[str] = set()

    def take(name: str, words: tuple[str, ...]) -> None:
        for word in words:
            heading = headings.get(fold(word))
            if heading is not None and heading not in taken:
                columns[name] = heading
                taken.add(heading)
                return

    if not table.has_geometry:
        if chosen.geometry == "polygon":
            take("geometry", _WKT)
        else:
            take("longitude", _LONGITUDE)
            take("latitude", _LATITUDE)
            if not {"longitude", "latitude"} <= columns.keys():
                for name in ("longitude", "latitude"):
                    taken.discard(columns.pop(name, ""))
                take("easting", _EASTING)
                take("northing", _NORTHING)
            if not columns:
                take("geometry", _WKT)
    for known in chosen.fields:
        take(known.name, (known.name, *known.synonyms))
    constants = _legend_constants(table, chosen, columns)
    if kind == "settlement" and "population_year" not in columns:
        heading = columns.get("population", "").strip()
        if year := re.search(r"(?:^|\D)(1[789]\d\d|20\d\d)$", heading):
            constants["population_year"] = int(year.group(1))
    crs = _crs_in_headings(columns)
    if fold(columns.get("information_date", "")) == "datum" and (
            datums := _datum_column(table, columns["information_date"])):
        # "Datum" is a date in Bosnian and German, and the geodetic datum in English.
        del columns["information_date"]
        crs = crs or datums
    return Mapping(kind, columns, constants=constants, crs=crs)


def _datum_column(table: SourceTable, heading: str) -> str:
    """"EPSG:4326" where all cells say WGS 84; "(datum ...)" where they name other datums."""
    said = {str(row.values.get(heading) or "").strip() for row in table.rows} - {""}
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
        if fold(heading) in _LABEL_COLUMNS and table.rows:
            count = Counter(str(row.values.get(heading) or "") for row in table.rows)
            word, times = count.most_common(1)[0]
            if word and times >= 0.95 * len(table.rows):
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
        if name not in columns and name not in constants and re.search(
                rf"(?:^|\W){re.escape(words)}(?:\W|$)", label):
            constants[name] = value
    return constants


def load(path: Path | str, kinds: MappingType[str, Kind] = KINDS) -> Mapping:
    """Read a mapping from YAML.

    Shape: `kind: hazard`, `crs: EPSG:4326`, `columns: {field: heading}`,
    `values: {field: {found: meaning}}`, `constants: {field: value}`, `date_order: dmy`,
    `decimal: ","`. Only `kind` and `columns` are required.

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
    known = ("kind", "crs", "columns", "values", "constants", "date_order", "decimal")
    for name in document:
        if name not in known:
            raise _wrong(path, repr(name), "not a known setting", "one of " + ", ".join(known))
    kind = document.get("kind")
    if kind not in KINDS:
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
    crs = document.get("crs")
    crs = f"EPSG:{crs}" if isinstance(crs, int) else (crs or "")
    if not isinstance(crs, str):
        raise _wrong(path, "crs", repr(crs), "text such as EPSG:4326")
    if not columns and not constants:
        raise _wrong(path, "columns", "empty", "at least one `field: heading`")
    meanings = {name: {str(k): v for k, v in block.items()} for name, block in values.items()}
    return Mapping(kind, columns, meanings, constants, crs, date_order, decimal)


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
