"""Files in; a table of raw rows out, nothing converted and nothing dropped.

What is wrong with a file as a whole raises FIL-...; what is wrong with one row is said in the row.
Nothing in a file is executed, no address in it is opened, no formula is computed.
"""

from __future__ import annotations

import hashlib
import io
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path, PurePosixPath
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
import orjson
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import (
    CELLS_CUT_OFF,
    CELLS_TOO_MANY,
    FILE_CUT_OFF,
    FILE_EMPTY,
    FILE_FORMAT_UNKNOWN,
    FILE_LAYER_UNKNOWN,
    FILE_MISSING,
    FILE_NOT_AS_NAMED,
    FILE_NOT_READABLE,
    FILE_OPEN_FAILED,
    FILE_PARTS_MISSING,
    FILE_TOO_LARGE,
    FILE_WITHOUT_ROWS,
    FILE_XML_NOT_ALLOWED,
    GEOMETRY_UNREADABLE,
    POLYGON_TOO_FEW_POINTS,
    TOO_MANY_VERTICES,
    LandReleaseError,
    Message,
)
from landrelease.records import text

FORMATS = ".csv, .tsv, .txt (also .gz), .xlsx, .geojson, .json, .gpkg, .shp, .kml, .kmz, .zip"
WGS84_CRS = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read. Settings, with defaults that fit the memory of a small office machine."""

    vertices: int = 1_000_000  # of one geometry; more is quarantined and kept in the stored file
    bytes: int = 2_000_000_000  # of one file
    unpacked_bytes: int = 1_000_000_000  # of what an archive holds, declared or real


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a row before its values are looked at."""

    message: Message
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One row as it stands in the file. `row` counts rows of data from 1."""

    row: int
    values: Mapping[str, Any]
    geometry: BaseGeometry | None = None  # in the CRS of the table, as read
    geometry_problem: Problem | None = None
    problem: Problem | None = None  # of the row as a whole


@dataclass(frozen=True, slots=True)
class SourceTable:
    """A file as read. `crs` is what the file or its format states, "" where nothing is stated."""

    file: str
    source: str  # SHA-256 of `content`
    content: bytes  # the file; for a Shapefile a zip of its parts, always the same bytes
    crs: str
    columns: tuple[str, ...]
    rows: tuple[SourceRow, ...]
    has_geometry: bool  # the format carries geometry of its own
    notes: tuple[Problem, ...] = field(default=())  # about the file as a whole
    layer: str = ""


def read(path: Path | str, *, layer: str | None = None, limits: Limits = LIMITS) -> SourceTable:
    """Read a file by its ending, after checking that its content is what the ending says.

    Parameters
    ----------
    path : CSV, TSV, text (also gzip), XLSX, GeoJSON, GeoPackage, Shapefile, KML, KMZ, or a zip
        archive that holds exactly one of these.
    layer : sheet of a workbook or layer of a GeoPackage; None takes the first.

    Raises
    ------
    LandReleaseError
        FIL-001 to FIL-017: missing, empty, cut off, too large, not what the ending says, without
        rows, parts missing, unknown layer, unreadable encoding.
    """
    path = Path(path)
    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
    ending = path.suffix.lower()
    if ending in (".shx", ".dbf", ".prj", ".cpg") and path.with_suffix(".shp").is_file():
        path, ending = path.with_suffix(".shp"), ".shp"
    if ending == ".shp":
        content = _shapefile_parts(path)
        return _from_shapefile(path.name, content, limits, table_name=path.name)
    content = _content(path, limits)
    return read_content(path.name, content, layer=layer, limits=limits)


def read_content(file: str, content: bytes, *, layer: str | None = None,
                 limits: Limits = LIMITS) -> SourceTable:
    """The same for bytes that are already here, for example a stored source. `file` is its name."""
    if not content or not content.strip(b" \t\r\n\x00"):
        raise LandReleaseError(FILE_EMPTY, file=file, found=f"{len(content)} bytes")
    ending = PurePosixPath(file).suffix.lower()
    source = hashlib.sha256(content).hexdigest()
    inner, inner_file = content, file
    if ending == ".gz":
        inner, inner_file = _gunzip(file, content, limits), file[:-3]
        ending = PurePosixPath(inner_file).suffix.lower()
        if not inner.strip():
            raise LandReleaseError(FILE_EMPTY, file=file, found="nothing after unpacking")
    _check_magic(inner_file, ending, inner)
    if ending in (".csv", ".tsv", ".txt"):
        table = _from_text(file, inner)
    elif ending == ".xlsx":
        table = _from_xlsx(file, inner, layer, limits)
    elif ending in (".geojson", ".json"):
        table = _from_geojson(file, inner, limits)
    elif ending == ".kml":
        table = _from_kml(file, inner, limits)
    elif ending == ".kmz":
        table = _from_kml(file, _kml_of(file, inner, limits), limits)
    elif ending == ".gpkg":
        table = _from_geopackage(file, inner, layer, limits)
    elif ending == ".shp":  # a stored Shapefile is a zip of its parts
        return _from_shapefile(file, content, limits, table_name=file)
    elif ending == ".zip":
        table = _from_zip(file, inner, layer, limits)
    else:
        raise LandReleaseError(FILE_FORMAT_UNKNOWN, file=file, ending=ending or "(none)",
                               expected=FORMATS)
    return _with(table, file, source, content)


def _with(table: SourceTable, file: str, source: str, content: bytes) -> SourceTable:
    if not table.rows:
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file,
                               found=f"headings: {', '.join(table.columns) or 'none'}")
    return SourceTable(file, source, content, table.crs, table.columns, table.rows,
                       table.has_geometry, table.notes, table.layer)


def _content(path: Path, limits: Limits) -> bytes:
    try:
        size = path.stat().st_size
        if size > limits.bytes:
            raise LandReleaseError(FILE_TOO_LARGE, file=path.name, what="the file", found=size,
                                   expected=limits.bytes)
        return path.read_bytes()
    except OSError as error:
        raise LandReleaseError(FILE_OPEN_FAILED, file=path.name,
                               found=error.strerror or str(error)) from error


_MAGIC = (
    (b"PK\x03\x04", (".xlsx", ".kmz", ".zip", ".shp"), "a zip archive"),
    (b"PK\x05\x06", (".xlsx", ".kmz", ".zip"), "an empty zip archive"),
    (b"SQLite format 3\x00", (".gpkg",), "an SQLite database"),
    (b"\x1f\x8b", (".gz",), "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", (".xls",), "an old Excel workbook (.xls)"),
    (b"%PDF", (".pdf",), "a PDF"),
    (b"\x00\x00\x27\x0a", (".shp",), "the geometry part of a Shapefile"),
    (b"\x89PNG", (".png",), "an image"),
    (b"\xff\xd8\xff", (".jpg",), "an image"),
)
_NEEDS = {".xlsx": b"PK", ".kmz": b"PK", ".zip": b"PK", ".gpkg": b"SQLite format 3\x00"}
_TITLE = {".xlsx": "an Excel workbook (.xlsx)", ".kmz": "KMZ", ".zip": "a zip archive",
          ".gpkg": "GeoPackage", ".csv": "CSV text", ".tsv": "text", ".txt": "text",
          ".geojson": "GeoJSON", ".json": "GeoJSON", ".kml": "KML"}


def _check_magic(file: str, ending: str, content: bytes) -> None:
    for magic, endings, what in _MAGIC:
        if content.startswith(magic) and ending not in endings and ending in _TITLE:
            raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=ending, found=what,
                                   expected=_TITLE[ending])
    needs = _NEEDS.get(ending)
    if needs and not content.startswith(needs):
        start = content.lstrip()[:1]
        found = ("text" if start in (b"{", b"<", b"[") or start.isalnum() else "other data")
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=ending, found=found,
                               expected=_TITLE[ending])


# --- archives ----------------------------------------------------------------------------------

def _gunzip(file: str, content: bytes, limits: Limits) -> bytes:
    if not content.startswith(b"\x1f\x8b"):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".gz", found="other data",
                               expected="a gzip archive")
    out: list[bytes] = []
    size, rest = 0, content
    try:
        while rest:
            stream = zlib.decompressobj(wbits=31)
            data = rest
            while True:
                piece = stream.decompress(data, 1 << 20)
                size += len(piece)
                if size > limits.unpacked_bytes:
                    raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the unpacked content",
                                           found=f"over {size - 1}",
                                           expected=limits.unpacked_bytes)
                out.append(piece)
                data = stream.unconsumed_tail
                if stream.eof:
                    break
                if not data and not piece:
                    raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"byte {len(content)}",
                                           found="the compressed data end too early")
            rest = stream.unused_data.lstrip(b"\x00")
    except zlib.error as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the compressed data",
                               found=str(error)) from error
    return b"".join(out)


def _open_zip(file: str, content: bytes, limits: Limits) -> zipfile.ZipFile:
    """Open an archive after checking its size, and each member against its checksum."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
        declared = sum(member.file_size for member in members)
        if declared > limits.unpacked_bytes:
            raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the unpacked content",
                                   found=declared, expected=limits.unpacked_bytes)
        if any(member.flag_bits & 1 for member in members):
            raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="a zip archive",
                                   found="it is locked with a password")
        real = 0
        for member in members:  # real size and checksum; zipfile stops at the declared size
            with archive.open(member) as stream:
                while piece := stream.read(1 << 20):
                    real += len(piece)
                    if real > limits.unpacked_bytes:
                        raise LandReleaseError(
                            FILE_TOO_LARGE, file=file, what="the unpacked content",
                            found=real, expected=limits.unpacked_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the archive",
                               found=str(error)) from error
    return archive


def _kml_of(file: str, content: bytes, limits: Limits) -> bytes:
    archive = _open_zip(file, content, limits)
    names = sorted((n for n in archive.namelist() if n.lower().endswith(".kml")),
                   key=lambda n: (n.lower() != "doc.kml", n.count("/"), n))
    if not names:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="KMZ",
                               found="the archive holds no .kml")
    return archive.read(names[0])


def _from_zip(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    archive = _open_zip(file, content, limits)
    names = [n for n in archive.namelist()
             if not n.endswith("/") and not n.startswith("__MACOSX")
             and PurePosixPath(n).suffix.lower() in
             (".csv", ".tsv", ".txt", ".xlsx", ".geojson", ".json", ".gpkg", ".shp", ".kml")]
    shapes = [n for n in names if n.lower().endswith(".shp")]
    data = shapes or [n for n in names if not n.lower().endswith(".txt")] or names
    if len(data) != 1:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="an archive with one layer",
                               found=f"it holds {len(data)}: {', '.join(data[:5]) or 'none'}")
    name = PurePosixPath(data[0])
    if not shapes:
        return read_content(name.name, archive.read(data[0]), layer=layer, limits=limits)
    stem = str(name.with_suffix("")).lower()
    parts = {PurePosixPath(n).suffix.lower(): archive.read(n) for n in archive.namelist()
             if str(PurePosixPath(n).with_suffix("")).lower() == stem}
    return _from_shapefile_parts(name.name, parts, limits)


# --- tables ------------------------------------------------------------------------------------

def _from_text(file: str, content: bytes) -> SourceTable:
    encoding = text.detect_encoding(content, file)
    if re.match(r"\s*(<!doctype|<html|<\?xml|\{)", content[:200].decode("latin-1"), re.I):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=PurePosixPath(file).suffix,
                               found="a web page, XML or JSON", expected="CSV text")
    delimiter = text.detect_delimiter(text.sample_of(content, encoding.name))
    cells = text.read_cells(content, encoding.name, delimiter, file)
    columns, rows = _table(file, cells, text.ends_in_line(content, encoding.name))
    notes = []
    if encoding.guessed:
        from landrelease.errors import FILE_ENCODING_GUESSED
        notes.append(Problem(FILE_ENCODING_GUESSED, {"found": encoding.name,
                                                     "reason": encoding.reason}))
    return SourceTable(file, "", b"", "", columns, rows, False, tuple(notes))


def _table(file: str, cells: Iterable[list[Any]], complete: bool
           ) -> tuple[tuple[str, ...], tuple[SourceRow, ...]]:
    """The first row that is not blank is the heading; a row of HXL tags (#...) is left out."""
    columns: tuple[str, ...] = ()
    rows: list[SourceRow] = []
    short: int | None = None
    for row in cells:
        if not any(cell is not None and str(cell).strip() for cell in row):
            continue
        if not columns:
            columns = _headings(row)
            continue
        said = [str(cell).strip() for cell in row if cell is not None and str(cell).strip()]
        if not rows and all(re.match(r"#[a-z]+(\s*\+\w+)*$", cell) for cell in said):
            continue
        values = dict(zip(columns, row, strict=False))
        short, problem = None, None
        extra = row[len(columns):]
        if any(cell is not None and str(cell).strip() for cell in extra):
            values.update({f"(cell {len(columns) + i + 1})": c for i, c in enumerate(extra)})
            problem = Problem(CELLS_TOO_MANY, {"found": len(row), "expected": len(columns)})
        elif len(row) < len(columns):
            short = len(row)
            values.update(dict.fromkeys(columns[len(row):]))
        rows.append(SourceRow(len(rows) + 1, values, problem=problem))
    if short is not None and not complete:
        last = rows[-1]
        rows[-1] = SourceRow(last.row, last.values, problem=Problem(
            CELLS_CUT_OFF, {"found": short, "expected": len(columns)}))
    return columns, tuple(rows)


def _headings(row: list[Any]) -> tuple[str, ...]:
    """Headings as they stand, trimmed; an empty or a repeated one gets its number."""
    names: list[str] = []
    while row and (row[-1] is None or not str(row[-1]).strip()):
        row = row[:-1]
    for number, cell in enumerate(row, start=1):
        name = "" if cell is None else " ".join(str(cell).split())
        name = name or f"(column {number})"
        names.append(name if name not in names else f"{name} (column {number})")
    return tuple(names)


def _from_xlsx(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    import openpyxl

    archive = _open_zip(file, content, limits)
    if "[Content_Types].xml" not in archive.namelist():
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".xlsx",
                               found="another zip archive", expected=_TITLE[".xlsx"])
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=False,
                                      keep_links=False)
        names = [sheet.title for sheet in book.worksheets]
        if layer is not None and layer not in names:
            raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                                   expected=", ".join(names))
        if not names:
            raise LandReleaseError(FILE_WITHOUT_ROWS, file=file, found="no sheets")
        sheet = book[layer if layer is not None else names[0]]
        columns, rows = _table(file, ([_cell(c) for c in row] for row in
                                      sheet.iter_rows(values_only=True)), True)
        book.close()
    except LandReleaseError:
        raise
    except Exception as error:  # openpyxl raises many kinds for damaged parts
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected=_TITLE[".xlsx"],
                               found=_short(error)) from error
    return SourceTable(file, "", b"", "", columns, rows, False,
                       layer=layer if layer is not None else names[0])


def _cell(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.date() if (value.hour, value.minute, value.second) == (0, 0, 0) else value
    if value is None or isinstance(value, (bool, int, float, str, date)):
        return value
    return str(value)  # times, array formulas


# --- GeoJSON -----------------------------------------------------------------------------------

_COORDINATES = re.compile(rb'"coordinates"\s*:\s*(\[[0-9eE+\-.,\s\[\]]*\])')


def _from_geojson(file: str, content: bytes, limits: Limits) -> SourceTable:
    if content.startswith((b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")) or 0 in content[:64]:
        encoding = text.detect_encoding(content, file)
        content = content.decode(encoding.name).encode()
    slim = _without_giants(content, limits)
    try:
        document = orjson.loads(slim)
    except orjson.JSONDecodeError as error:
        place = len(error.doc[:error.pos].encode()) if error.doc else error.pos
        if slim is not content:
            place += len(content) - len(slim)
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"byte {place} of {len(content)}",
                               found=error.msg) from error
    kind = document.get("type") if isinstance(document, dict) else None
    if kind == "FeatureCollection" and isinstance(document.get("features"), list):
        features = document["features"]
    elif kind == "Feature":
        features = [document]
    elif kind in ("Point", "MultiPoint", "Polygon", "MultiPolygon", "GeometryCollection",
                  "LineString", "MultiLineString"):
        features = [{"type": "Feature", "properties": {}, "geometry": document}]
    else:
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".geojson",
                               found=f"JSON of type {kind!r}", expected="a FeatureCollection")
    crs = _geojson_crs(document)
    shapes = [f.get("geometry") if isinstance(f, dict) else None for f in features]
    raw = np.empty(len(shapes), dtype=object)
    giant: dict[int, int] = {}
    for i, shape in enumerate(shapes):
        if isinstance(shape, dict):
            if (count := _giant_vertices(shape)) > 0:
                giant[i] = count
            else:
                raw[i] = orjson.dumps(shape)
    geometries = shapely.from_geojson(raw, on_invalid="ignore") if len(raw) else raw
    rows: list[SourceRow] = []
    columns: dict[str, Any] = {}
    for i, feature in enumerate(features):
        values: dict[str, Any] = {}
        if isinstance(feature, dict):
            if feature.get("id") is not None:
                values["id"] = feature["id"]
            if isinstance(feature.get("properties"), dict):
                values.update(feature["properties"])
        columns.update(dict.fromkeys(values))
        geometry, problem = geometries[i], None
        if i in giant:
            problem = Problem(TOO_MANY_VERTICES, {"found": f"{giant[i]:,}",
                                                  "expected": f"{limits.vertices:,}"})
        elif geometry is None and shapes[i] is not None:
            geometry, problem = _shape_by_hand(shapes[i])
        rows.append(SourceRow(i + 1, values, geometry, problem))
    return SourceTable(file, "", b"", crs, tuple(columns), tuple(rows), True,
                       layer=str(document.get("name") or ""))


def _without_giants(content: bytes, limits: Limits) -> bytes:
    """Put the count in place of the coordinates of a geometry beyond the limit.

    As Python lists ten million vertices would need over 1 GB; the bytes themselves are kept as the
    source of the import.
    """
    if len(content) < 4 * limits.vertices:  # "[1,2]," is 6 bytes a vertex
        return content
    pieces, done = [], 0
    for match in _COORDINATES.finditer(content):
        start, end = match.span(1)
        if end - start < 4 * limits.vertices:
            continue
        if (count := content.count(b"[", start, end) - 2) > limits.vertices:
            pieces += [content[done:start], b'{"vertices":%d}' % count]
            done = end
    return b"".join([*pieces, content[done:]]) if pieces else content


def _giant_vertices(shape: dict[str, Any]) -> int:
    coordinates = shape.get("coordinates")
    if isinstance(coordinates, dict) and isinstance(coordinates.get("vertices"), int):
        return int(coordinates["vertices"])
    parts = shape.get("geometries")
    if isinstance(parts, list):
        return sum(_giant_vertices(p) for p in parts if isinstance(p, dict))
    return 0


def _geojson_crs(document: Any) -> str:
    """RFC 7946 is WGS 84; an older `crs` member that names another system is honoured."""
    member = document.get("crs") if isinstance(document, dict) else None
    if member is None:
        return WGS84_CRS
    properties = member.get("properties") if isinstance(member, dict) else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        return f"(crs member {orjson.dumps(member)[:60].decode()})"
    return WGS84_CRS if name.upper().endswith(("CRS84", "EPSG::4326", "EPSG:4326")) else name


def _shape_by_hand(shape: Any) -> tuple[BaseGeometry | None, Problem | None]:
    """Read what the strict reader refused: rings that are not closed are closed."""
    try:
        kind, coordinates = shape["type"], shape["coordinates"]
        if kind == "Polygon":
            return _polygon(coordinates), None
        if kind == "MultiPolygon":
            return shapely.MultiPolygon([_polygon(rings) for rings in coordinates]), None
    except _TooFewPoints as error:
        return None, Problem(POLYGON_TOO_FEW_POINTS, {"found": error.count})
    except Exception as error:  # any shape of JSON can stand here
        return None, Problem(GEOMETRY_UNREADABLE, {"found": _short(error)})
    return None, Problem(GEOMETRY_UNREADABLE, {"found": _short(shape)})


class _TooFewPoints(Exception):
    def __init__(self, count: int):
        self.count = count


def _polygon(rings: Any) -> shapely.Polygon:
    if not rings:
        raise _TooFewPoints(0)
    read = []
    for number, ring in enumerate(rings):
        points = np.array([point[:2] for point in ring], dtype=float).reshape(-1, 2)
        distinct = len(np.unique(points, axis=0))
        if distinct < 3:
            if number == 0:
                raise _TooFewPoints(distinct)
            continue  # a hole without area takes nothing away
        read.append(points)
    return shapely.Polygon(read[0], read[1:])


# --- layers of a GIS ---------------------------------------------------------------------------

def _from_geopackage(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    import pyogrio

    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / "in.gpkg"
        path.write_bytes(content)
        try:
            names = [str(name) for name, _ in pyogrio.list_layers(path)]
        except Exception as error:
            raise LandReleaseError(FILE_CUT_OFF, file=file, place="the database",
                                   found=_short(error, folder)) from error
        if not names:
            raise LandReleaseError(FILE_WITHOUT_ROWS, file=file, found="no layers")
        if layer is not None and layer not in names:
            raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                                   expected=", ".join(names))
        return _from_ogr(file, path, layer or names[0], limits, folder)


def layers(path: Path | str) -> list[str | None]:
    """The layers to import one by one: those of a GeoPackage that hold rows; else `[None]`.

    Raises the same errors as `read` for a GeoPackage that cannot be opened.
    """
    import pyogrio

    path = Path(path)
    if path.suffix.lower() != ".gpkg" or not path.is_file():
        return [None]
    with path.open("rb") as stream:
        head = stream.read(16)
    if not head.startswith(_NEEDS[".gpkg"]):
        return [None]  # `read` says what it is instead
    try:
        names = [str(name) for name, _ in pyogrio.list_layers(path)]
        full = [n for n in names if pyogrio.read_info(path, layer=n, force_feature_count=True)
                ["features"] > 0]
    except Exception as error:
        raise LandReleaseError(FILE_CUT_OFF, file=path.name, place="the database",
                               found=_short(error, str(path.parent))) from error
    return list(full or names[:1]) or [None]


_PARTS = (".shp", ".shx", ".dbf", ".prj")


def _shapefile_parts(path: Path) -> bytes:
    """The parts as one zip archive with fixed dates, so that equal parts give equal bytes."""
    siblings = {p.suffix.lower(): p for p in path.parent.iterdir()
                if p.stem == path.stem and p.suffix.lower() in (*_PARTS, ".cpg")}
    missing = [part for part in _PARTS if part not in siblings]
    if missing:
        raise LandReleaseError(FILE_PARTS_MISSING, file=path.name, found=", ".join(missing),
                               expected=", ".join(path.stem + p for p in _PARTS))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for part in (*_PARTS, ".cpg"):
            if part in siblings:
                info = zipfile.ZipInfo(path.stem + part, (1980, 1, 1, 0, 0, 0))
                archive.writestr(info, siblings[part].read_bytes())
    return out.getvalue()


def _from_shapefile(file: str, content: bytes, limits: Limits, *, table_name: str) -> SourceTable:
    archive = _open_zip(file, content, limits)
    parts = {PurePosixPath(n).suffix.lower(): archive.read(n) for n in archive.namelist()}
    table = _from_shapefile_parts(table_name, parts, limits)
    return _with(table, file, hashlib.sha256(content).hexdigest(), content)


def _from_shapefile_parts(file: str, parts: Mapping[str, bytes], limits: Limits) -> SourceTable:
    missing = [part for part in _PARTS if part not in parts]
    if missing:
        raise LandReleaseError(FILE_PARTS_MISSING, file=file, found=", ".join(missing),
                               expected=", ".join(_PARTS))
    for part, magic in ((".shp", b"\x00\x00\x27\x0a"), (".shx", b"\x00\x00\x27\x0a")):
        data = parts[part]
        if not data:
            raise LandReleaseError(FILE_EMPTY, file=file, found=f"{part}: 0 bytes")
        if not data.startswith(magic):
            raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=part, found="other data",
                                   expected="a Shapefile")
        if 2 * int.from_bytes(data[24:28], "big") > len(data):
            raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"byte {len(data)} of {part}",
                                   found="it is shorter than its own header says")
    table = parts[".dbf"]
    records, head, width = (int.from_bytes(table[a:b], "little")
                            for a, b in ((4, 8), (8, 10), (10, 12)))
    if len(table) < head + records * width:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"byte {len(table)} of .dbf",
                               found=f"{records} records are announced")
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        for part, data in parts.items():
            if part in (*_PARTS, ".cpg"):
                (Path(folder) / f"in{part}").write_bytes(data)
        return _from_ogr(file, Path(folder) / "in.shp", None, limits, folder)


def _from_ogr(file: str, path: Path, layer: str | None, limits: Limits, folder: str) -> SourceTable:
    from pyogrio.raw import read as read_layer

    try:
        meta, _, wkb, columns = read_layer(path, layer=layer, datetime_as_string=True)
    except Exception as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"layer {layer or 'in the file'}",
                               found=_short(error, folder)) from error
    names = [str(name) for name in meta["fields"]]
    count = len(wkb) if wkb is not None else (len(columns[0]) if columns else 0)
    geometries = np.empty(count, dtype=object)
    if wkb is not None:
        geometries = shapely.from_wkb(wkb, on_invalid="ignore")
    vertices = shapely.get_num_coordinates(geometries)
    plain = [_plain_column(column) for column in columns]
    rows = []
    for i in range(count):
        geometry, problem = geometries[i], None
        if vertices[i] > limits.vertices:
            geometry = None
            problem = Problem(TOO_MANY_VERTICES, {"found": f"{vertices[i]:,}",
                                                  "expected": f"{limits.vertices:,}"})
        elif geometry is None and wkb is not None and wkb[i] is not None:
            problem = Problem(GEOMETRY_UNREADABLE, {"found": "the stored geometry is damaged"})
        rows.append(SourceRow(i + 1, {n: c[i] for n, c in zip(names, plain, strict=True)},
                              geometry, problem))
    return SourceTable(file, "", b"", meta["crs"] or "", tuple(names), tuple(rows),
                       wkb is not None, layer=layer or "")


def _plain_column(column: np.ndarray) -> list[Any]:
    out = column.tolist()
    return [None if isinstance(v, float) and v != v else
            (v.hex() if isinstance(v, bytes) else v) for v in out]


# --- KML ---------------------------------------------------------------------------------------

def _from_kml(file: str, content: bytes, limits: Limits) -> SourceTable:
    """Placemarks of all folders, in the order of the file. KML is WGS 84 by definition.

    Links and styles are not followed. Source: OGC KML 2.3 (12-007r2).
    """
    _refuse_doctype(file, content)
    try:
        root = ElementTree.fromstring(content)
    except ElementTree.ParseError as error:
        line, column = error.position
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"line {line}, column {column}",
                               found=str(error)) from error
    if _tag(root) != "kml":
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".kml",
                               found=f"XML with the root {_tag(root)!r}", expected="KML")
    rows: list[SourceRow] = []
    columns: dict[str, Any] = {}
    for mark in (e for e in root.iter() if _tag(e) == "Placemark"):
        values: dict[str, Any] = {}
        if mark.get("id"):
            values["id"] = mark.get("id")
        for element in mark.iter():
            tag = _tag(element)
            if tag == "SimpleData" and element.get("name"):
                values[str(element.get("name"))] = element.text
            elif tag == "Data" and element.get("name"):
                values[str(element.get("name"))] = next(
                    (e.text for e in element if _tag(e) == "value"), None)
        for element in mark:
            if _tag(element) in ("name", "description", "address"):
                values.setdefault(_tag(element), element.text)
        columns.update(dict.fromkeys(values))
        geometry, problem = _kml_geometry(mark, limits)
        rows.append(SourceRow(len(rows) + 1, values, geometry, problem))
    return SourceTable(file, "", b"", WGS84_CRS, tuple(columns), tuple(rows), True)


def _refuse_doctype(file: str, content: bytes) -> None:
    class Declared(Exception):
        pass

    def refuse(*_: Any) -> None:
        raise Declared

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(content, True)
    except Declared as error:
        raise LandReleaseError(FILE_XML_NOT_ALLOWED, file=file) from error
    except expat.ExpatError as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"line {error.lineno}, column "
                               f"{error.offset}", found=expat.ErrorString(error.code)) from error
    except (ValueError, LookupError) as error:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="KML",
                               found=_short(error)) from error


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rsplit("}", 1)[-1]


def _kml_geometry(mark: ElementTree.Element, limits: Limits
                  ) -> tuple[BaseGeometry | None, Problem | None]:
    shapes: list[BaseGeometry] = []
    vertices = 0
    try:
        for element in mark.iter():
            tag = _tag(element)
            if tag not in ("Point", "LineString", "Polygon"):
                continue
            rings = [_kml_points(e) for e in element.iter() if _tag(e) == "coordinates"]
            vertices += sum(len(r) for r in rings)
            if vertices > limits.vertices:
                continue  # counted only
            if tag == "Polygon":
                shapes.append(_polygon(rings))
            elif tag == "Point":
                shapes.append(shapely.Point(rings[0][0]))
            else:
                shapes.append(shapely.LineString(rings[0]))
    except _TooFewPoints as error:
        return None, Problem(POLYGON_TOO_FEW_POINTS, {"found": error.count})
    except Exception as error:  # text of any kind can stand in place of coordinates
        return None, Problem(GEOMETRY_UNREADABLE, {"found": _short(error)})
    if vertices > limits.vertices:
        return None, Problem(TOO_MANY_VERTICES, {"found": f"{vertices:,}",
                                                 "expected": f"{limits.vertices:,}"})
    if not shapes:
        return None, None
    if len(shapes) == 1:
        return shapes[0], None
    if all(s.geom_type == "Polygon" for s in shapes):
        return shapely.MultiPolygon(shapes), None
    return shapely.GeometryCollection(shapes), None


def _kml_points(element: ElementTree.Element) -> list[list[float]]:
    return [[float(n) for n in point.split(",")[:2]] for point in (element.text or "").split()]


def _short(error: Any, folder: str = "") -> str:
    """An error of a library in one short line, without the path of a temporary folder."""
    line = " ".join(str(error).split()) or type(error).__name__
    return (line.replace(folder + "/", "") if folder else line)[:160]
