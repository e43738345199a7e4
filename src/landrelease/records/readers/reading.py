"""Which reader a file needs, by its ending and by its content."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from landrelease.errors import (
    FILE_CUT_OFF,
    FILE_EMPTY,
    FILE_FORMAT_UNKNOWN,
    FILE_LAYER_UNKNOWN,
    FILE_LAYERS_LEFT,
    FILE_MISSING,
    FILE_NOT_AS_NAMED,
    FILE_NOT_READABLE,
    FILE_OPEN_FAILED,
    FILE_TOO_LARGE,
    FILE_WITHOUT_ROWS,
    LandReleaseError,
)
from landrelease.records.readers.archives import gunzip, members_of, open_zip
from landrelease.records.readers.table import FORMATS, LIMITS, Limits, Problem, SourceTable

if TYPE_CHECKING:
    from landrelease.records.readers.exports import Export
    from landrelease.records.readers.openrosa import Said

_TEXT = (".csv", ".tsv", ".txt")
_BOOKS = (".xlsx", ".xlsm", ".xls")  # macros are never run
_JSON = (".geojson", ".json")
_PARQUET = (".parquet", ".geoparquet")


def read(path: Path | str, *, layer: str | None = None, limits: Limits = LIMITS) -> SourceTable:
    """Read a file by its ending, after checking that its content is what the ending says.

    Parameters
    ----------
    path : a file of one of `FORMATS`, a folder `.gdb`, or a zip archive that holds one of these.
    layer : sheet, layer, table, repeat or kind of item, see `layers`; None takes the first.

    Raises
    ------
    LandReleaseError
        FIL-001 to FIL-017 and FIL-030: missing, empty, cut off, too large, not what the ending
        says, without rows, parts missing, unknown layer, unreadable encoding.
    """
    path = Path(path)
    name, content = _bytes_of(path, limits)
    return read_content(name, content, layer=layer, limits=limits)


def _bytes_of(path: Path, limits: Limits) -> tuple[str, bytes]:
    """The name and the bytes that are kept: for formats of several parts a zip of them."""
    from landrelease.records.readers import gis

    ending = path.suffix.lower()
    try:
        if path.is_dir() and ending == ".gdb":
            _fits(path.name, gis.gdb_size(path), limits)
            content = gis.gdb_parts(path)
            if len(content) <= 22:  # an empty archive
                raise LandReleaseError(FILE_EMPTY, file=path.name,
                                       found="no part of a geodatabase in the folder")
            return path.name, content
        if not path.is_file():
            raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
        if ending in (".shx", ".dbf", ".prj", ".cpg") and path.with_suffix(".shp").is_file():
            path, ending = path.with_suffix(".shp"), ".shp"
        _fits(path.name, path.stat().st_size, limits)
        return path.name, gis.shapefile_parts(path) if ending == ".shp" else path.read_bytes()
    except OSError as error:
        raise LandReleaseError(FILE_OPEN_FAILED, file=path.name,
                               found=error.strerror or str(error)) from error


def _fits(file: str, size: int, limits: Limits) -> None:
    if size > limits.bytes:
        raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the file", found=size,
                               expected=limits.bytes)


def read_content(file: str, content: bytes, *, layer: str | None = None,
                 limits: Limits = LIMITS) -> SourceTable:
    """The same for bytes that are already here, for example a stored source. `file` is its name."""
    ending, inner_file, inner = _unwrapped(file, content, limits)
    table = _table(file, ending, inner_file, inner, layer, limits)
    if not len(table):
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file,
                               found=f"headings: {', '.join(table.columns) or 'none'}")
    return table.named(file, hashlib.sha256(content).hexdigest(), content)


def _unwrapped(file: str, content: bytes, limits: Limits) -> tuple[str, str, bytes]:
    if not content or not content.strip(b" \t\r\n\x00"):
        raise LandReleaseError(FILE_EMPTY, file=file, found=f"{len(content)} bytes")
    ending = PurePosixPath(file).suffix.lower()
    if ending == ".gz":
        content, file = gunzip(file, content, limits), file[:-3]
        ending = PurePosixPath(file).suffix.lower()
        if not content.strip():
            raise LandReleaseError(FILE_EMPTY, file=f"{file}.gz", found="nothing after unpacking")
    _check_magic(file, ending, content)
    return ending, file, content


def _table(file: str, ending: str, inner_file: str, inner: bytes, layer: str | None,
           limits: Limits) -> SourceTable:
    if ending in _TEXT:
        from landrelease.records.readers import exports, forms, imsma, legs, texts

        table = texts.from_text(file, inner, limits)
        if (forms.is_form(table.columns) or exports.is_named(file)) \
                and (export := exports.of_table(table)):
            return export.table(file, layer, limits)
        if legs.are_legs(table):
            return legs.from_legs(table)
        if imsma.are_points(table.columns):
            return imsma.from_points(table, limits)
        return forms.with_places(table, limits)
    if ending in _BOOKS:
        from landrelease.records.readers import forms, imsma, legs, workbooks

        if export := _export_of_book(file, ending, inner, limits):
            return export.table(file, layer, limits)
        table = workbooks.from_workbook(file, ending, inner, layer, limits)
        if legs.are_legs(table):
            return legs.from_legs(table)
        if imsma.are_points(table.columns):
            return imsma.from_points(table, limits)
        return forms.with_places(table, limits)
    if ending in _JSON:
        from landrelease.records.readers import geojson

        return geojson.from_json(file, inner, layer, limits)
    if ending in (".kml", ".kmz"):
        from landrelease.records.readers import kml

        return kml.from_kml(file, _kml_of(file, inner, limits) if ending == ".kmz" else inner,
                            limits)
    if ending == ".gpx":
        from landrelease.records.readers import kml

        return kml.from_gpx(file, inner, layer, limits)
    if ending == ".xml":
        from landrelease.records.readers import imsma, openrosa

        if openrosa.is_submission(inner):
            return openrosa.from_submission(file, inner, layer, limits)
        return imsma.from_maxml(file, inner, layer, limits)
    if ending in _PARQUET:
        from landrelease.records.readers import parquet

        return parquet.from_parquet(file, inner, limits)
    if ending == ".zip":
        return _from_zip(file, inner, layer, limits)
    from landrelease.records.readers import gis

    if ending == ".gpkg":
        return gis.from_geopackage(file, inner, layer, limits)
    if ending == ".shp":  # a stored Shapefile is a zip of its parts
        archive = open_zip(file, inner, limits)
        return gis.from_shapefile(file, {PurePosixPath(n).suffix.lower(): archive.read(n)
                                         for n in archive.namelist()}, limits)
    if ending == ".gdb":
        return gis.from_gdb(file, inner, layer, limits)
    raise LandReleaseError(FILE_FORMAT_UNKNOWN, file=inner_file, ending=ending or "(none)",
                           expected=FORMATS)


_MAGIC = (
    (b"PK\x03\x04", (".xlsx", ".xlsm", ".kmz", ".zip", ".shp", ".gdb"), "a zip archive"),
    (b"PK\x05\x06", (".xlsx", ".kmz", ".zip", ".gdb"), "an empty zip archive"),
    (b"SQLite format 3\x00", (".gpkg",), "an SQLite database"),
    (b"\x1f\x8b", (".gz",), "a gzip archive"),
    (b"\xd0\xcf\x11\xe0", (".xls",), "an old Excel workbook (.xls)"),
    (b"PAR1", _PARQUET, "Parquet"),
    (b"%PDF", (".pdf",), "a PDF"),
    (b"\x00\x00\x27\x0a", (".shp",), "the geometry part of a Shapefile"),
    (b"\x89PNG", (".png",), "an image"),
    (b"\xff\xd8\xff", (".jpg",), "an image"),
)
_NEEDS = {".xlsx": b"PK", ".xlsm": b"PK", ".kmz": b"PK", ".zip": b"PK", ".gdb": b"PK",
          ".gpkg": b"SQLite format 3\x00", ".xls": b"\xd0\xcf\x11\xe0",
          ".parquet": b"PAR1", ".geoparquet": b"PAR1"}
_TITLE = {".xlsx": "an Excel workbook (.xlsx)", ".xlsm": "an Excel workbook (.xlsx)",
          ".kmz": "KMZ", ".zip": "a zip archive",
          ".gpkg": "GeoPackage", ".csv": "CSV text", ".tsv": "text", ".txt": "text",
          ".geojson": "GeoJSON", ".json": "GeoJSON", ".kml": "KML", ".gpx": "GPX",
          ".xml": "maXML or a submission", ".xls": "an old Excel workbook (.xls)",
          ".parquet": "GeoParquet", ".geoparquet": "GeoParquet",
          ".gdb": "a file geodatabase (a folder, or zipped)"}


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
    if ending in _PARQUET and not content.endswith(b"PAR1"):
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"byte {len(content)}",
                               found="the end mark of Parquet is missing")


# --- archives ----------------------------------------------------------------------------------

def _kml_of(file: str, content: bytes, limits: Limits) -> bytes:
    archive = open_zip(file, content, limits)
    names = sorted((n for n in archive.namelist() if n.lower().endswith(".kml")),
                   key=lambda n: (n.lower() != "doc.kml", n.count("/"), n))
    if not names:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="KMZ",
                               found="the archive holds no .kml")
    return archive.read(names[0])


_INSIDE = (*_TEXT, *_BOOKS, *_JSON, *_PARQUET, ".gpkg", ".shp", ".kml", ".gpx", ".xml")


def _zip_data(names: list[str]) -> list[str]:
    """Members with rows, those of a form's repeats after the form itself."""
    names = [n for n in names if PurePosixPath(n).suffix.lower() in _INSIDE
             and not n.lower().endswith((".shp.xml", ".gdb.xml"))]
    shapes = [n for n in names if n.lower().endswith(".shp")]
    better = [n for n in names if not n.lower().endswith((".txt", ".xml"))]
    return sorted(shapes or better or names, key=lambda n: (len(PurePosixPath(n).stem), n))


def _is_form_export(data: list[str]) -> bool:
    """ODK: `form.csv` and its repeats `form-repeat.csv`."""
    stem = PurePosixPath(data[0]).stem
    return len(data) > 1 and all(n.lower().endswith(".csv") for n in data) and all(
        PurePosixPath(n).stem.startswith(f"{stem}-") for n in data[1:])


def _from_zip(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    from landrelease.records.readers import gis

    archive = open_zip(file, content, limits)
    names = members_of(archive)
    if export := _export_of_zip(file, archive, limits):
        return export.table(file, layer, limits)
    if any(n.lower().endswith(".gdbtable") for n in names):
        folders = {str(PurePosixPath(n).parent) for n in names if n.lower().endswith(".gdbtable")}
        if len(folders) > 1:
            raise LandReleaseError(FILE_NOT_READABLE, file=file,
                                   expected="an archive with one geodatabase",
                                   found=f"it holds {len(folders)}: {', '.join(sorted(folders))}")
        return gis.from_gdb(file, content, layer, limits)
    data = _zip_data(names)
    chosen = [n for n in data if layer in (n, PurePosixPath(n).stem)] if layer else []
    if layer and len(data) > 1 and not chosen:
        raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                               expected=", ".join(data))
    points = None
    if not chosen and len(data) == 2 and all(
            n.lower().endswith((".csv", ".tsv", ".txt")) for n in data):
        points = _points_of_zip(file, archive.read(data[0]), archive.read(data[1]), limits)
    if points is not None:
        return points
    if not chosen and (len(data) == 1 or (data and _is_form_export(data))):
        chosen = data[:1]
    if data and not chosen:
        raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found="(none named)",
                               expected=", ".join(data))
    if len(chosen) != 1:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="an archive with one layer",
                               found=f"it holds {len(data)}: {', '.join(data[:5]) or 'none'}")
    name = PurePosixPath(chosen[0])
    if name.suffix.lower() == ".shp":
        stem = str(name.with_suffix("")).lower()
        return gis.from_shapefile(name.name, {
            PurePosixPath(n).suffix.lower(): archive.read(n) for n in names
            if str(PurePosixPath(n).with_suffix("")).lower() == stem}, limits)
    inside = layer if len(data) == 1 and layer not in (str(name), name.stem) else None
    table = read_content(name.name, archive.read(chosen[0]), layer=inside, limits=limits)
    if layer is None and len(data) > 1:
        table = table.noted(Problem(FILE_LAYERS_LEFT, {
            "found": ", ".join(data[1:]), "expected": data[0]}))
    return table if inside or len(data) == 1 else table.on_layer(name.stem)


def _points_of_zip(file: str, one: bytes, two: bytes, limits: Limits) -> SourceTable | None:
    """IMSMA: a table and the table of its polygon points."""
    from landrelease.records.readers import imsma, texts

    try:
        tables = [texts.from_text(file, c, limits) for c in (one, two) if c.strip()]
    except LandReleaseError:
        return None  # read one by one, each tells what is wrong with it
    for main, points in (tables, tables[::-1]) if len(tables) == 2 else ():
        if imsma.are_points_of(main, points):
            return imsma.join(main, points, limits)
    return None


# --- exports of our own forms -------------------------------------------------------------------

def _export_of_zip(file: str, archive: zipfile.ZipFile, limits: Limits) -> Export | None:
    from landrelease.records.readers import exports, texts

    return exports.of_zip(file, members_of(archive), lambda name: texts.from_text(
        name, archive.read(name), limits))


def _export_of_book(file: str, ending: str, content: bytes, limits: Limits) -> Export | None:
    from landrelease.records.readers import exports, forms, workbooks

    heads, hidden = workbooks.heads(file, ending, content, limits)
    names = [n for n, columns in heads.items() if columns]
    # Sheets may stand in another order than that in which the program wrote them.
    names.sort(key=lambda n: "_parent_index" in heads[n])
    if not names or not forms.is_form(heads[names[0]]):
        return None
    return exports.of_sheets(file, [*names, *hidden], lambda name: workbooks.from_workbook(
        file, ending, content, name, limits), hidden)


def pictures_of(file: str, content: bytes, limits: Limits = LIMITS
                ) -> tuple[list[Said], Callable[[str], bytes | None]] | None:
    """The submissions of an export of ODK Central of one of our forms, and a function that gives
    the content of a file by its name (None: it did not come along). None of any other file."""
    if PurePosixPath(file).suffix.lower() != ".zip":
        return None
    archive = open_zip(file, content, limits)
    export = _export_of_zip(file, archive, limits)
    if export is None:
        return None
    held = {PurePosixPath(n).name: n for n in members_of(archive)
            if PurePosixPath(n).parts[0] == "media"}
    return list(export.said()), lambda name: archive.read(held[name]) if name in held else None


# --- layers ------------------------------------------------------------------------------------

def layers(path: Path | str, *, limits: Limits = LIMITS) -> list[str | None]:
    """The layers to import one by one, those that hold rows; `[None]` where there is only one.

    Layers of a GeoPackage or geodatabase, visible sheets of a workbook, waypoints, routes and
    tracks of GPX, kinds of items of maXML, repeats of a form. Raises the errors of `read`.
    """
    from landrelease.records.readers import geojson, gis, imsma, kml, openrosa, workbooks

    path = Path(path)
    ending = path.suffix.lower()
    many = (".gpkg", ".gdb", ".zip", ".gpx", ".xml", *_BOOKS, ".json")
    if ending not in many or not path.exists():
        return [None]
    if ending == ".gpkg":
        with path.open("rb") as stream:
            head = stream.read(16)
        if not head.startswith(_NEEDS[".gpkg"]):
            return [None]  # `read` says what it is instead
        gis.refuse_endless_views(path.name, path)
        return list(gis.full_layers(path.name, path)) or [None]
    file, content = _bytes_of(path, limits)
    ending, file, content = _unwrapped(file, content, limits)
    found: list[str] = []
    if ending == ".gdb":
        found = gis.gdb_layers(file, content, limits)
    elif ending in _BOOKS:
        export = _export_of_book(file, ending, content, limits)
        found = export.layers() if export else workbooks.sheets(file, ending, content, limits)
    elif ending == ".gpx":
        found = kml.gpx_layers(file, content, limits)
    elif ending == ".xml":
        found = (openrosa.layers if openrosa.is_submission(content) else imsma.maxml_layers)(
            file, content, limits)
    elif ending == ".json":
        found = geojson.json_layers(file, content)
    elif ending == ".zip":
        archive = open_zip(file, content, limits)
        names = members_of(archive)
        if export := _export_of_zip(file, archive, limits):
            return list(export.layers()) if len(export.layers()) > 1 else [None]
        found = (gis.gdb_layers(file, content, limits)
                 if any(n.lower().endswith(".gdbtable") for n in names) else _zip_data(names))
    return list(found) if len(found) > 1 else [None]
