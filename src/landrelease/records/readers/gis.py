"""GeoPackage, Shapefile and file geodatabase, read by GDAL from a copy in a temporary folder."""

from __future__ import annotations

import re
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from contextlib import closing
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import shapely

from landrelease.errors import (
    FILE_CURVES_LINEAR,
    FILE_CUT_OFF,
    FILE_DATABASE_INCOMPLETE,
    FILE_EMPTY,
    FILE_LAYER_UNKNOWN,
    FILE_LAYERS_LEFT,
    FILE_NOT_AS_NAMED,
    FILE_NOT_READABLE,
    FILE_PARTS_MISSING,
    FILE_TOO_LARGE,
    FILE_WITHOUT_ROWS,
    LandReleaseError,
)
from landrelease.records.readers.archives import members_of, open_zip, packed
from landrelease.records.readers.shapes_in import too_many, unreadable
from landrelease.records.readers.table import Cells, Limits, Problem, SourceTable, short

_PARTS = (".shp", ".shx", ".dbf", ".prj")


def from_geopackage(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / "in.gpkg"
        path.write_bytes(content)
        refuse_endless_views(file, path)
        names = _names(file, path, folder)
        table = _from_ogr(file, path, _chosen(file, layer, names, names), limits, folder)
        arcs = _arcs_stated(path, table.layer)
        return table.noted(Problem(FILE_CURVES_LINEAR, {"found": arcs})) if arcs else table


def refuse_endless_views(file: str, path: Path) -> None:
    """A view that calls itself may compute without end. Raises FIL-012."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("select name from sqlite_master where type = 'view' "
                                     "and lower(sql) like '%recursive%'").fetchone()
    except sqlite3.Error:
        return  # GDAL says what is wrong with the database
    if found:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="GeoPackage",
                               found=f"the view {str(found[0])[:60]} calls itself")


_ARCS = frozenset(("CIRCULARSTRING", "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE", "MULTISURFACE",
                   "CURVE", "SURFACE"))


def _arcs_stated(path: Path, layer: str) -> str:
    """The type of a GeoPackage layer that may hold arcs, else "". pyogrio hands over lines only."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as database:
            found = database.execute("select geometry_type_name from gpkg_geometry_columns "
                                     "where table_name = ?", (layer,)).fetchone()
    except sqlite3.Error:
        return ""  # GDAL has read it; the type only serves a note
    name = str(found[0]).upper() if found else ""
    return name if name in _ARCS else ""


def _chosen(file: str, layer: str | None, names: list[str], known: list[str]) -> str:
    if not names:
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file, found="no layers")
    if layer is not None and layer not in known:
        raise LandReleaseError(FILE_LAYER_UNKNOWN, file=file, found=layer,
                               expected=", ".join(names))
    return layer or names[0]


def _names(file: str, path: Path, folder: str) -> list[str]:
    import pyogrio

    try:
        return [str(name) for name, _ in pyogrio.list_layers(path)]
    except Exception as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the database",
                               found=short(error, folder)) from error


def full_layers(file: str, path: Path) -> list[str]:
    """Names of the layers that hold rows; the first where none does."""
    import pyogrio

    names = [n for n in _names(file, path, str(path.parent)) if not _is_attachment(n)]
    try:
        full = [n for n in names if pyogrio.read_info(path, layer=n, force_feature_count=True)
                ["features"] > 0]
    except Exception as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the database",
                               found=short(error, str(path.parent))) from error
    return full or names[:1]


# --- Shapefile ---------------------------------------------------------------------------------

def shapefile_parts(path: Path) -> bytes:
    """The parts as one zip archive. Raises FIL-009."""
    siblings = {p.suffix.lower(): p for p in path.parent.iterdir()
                if p.stem == path.stem and p.suffix.lower() in (*_PARTS, ".cpg")}
    missing = [part for part in _PARTS if part not in siblings]
    if missing:
        raise LandReleaseError(FILE_PARTS_MISSING, file=path.name, found=", ".join(missing),
                               expected=", ".join(path.stem + p for p in _PARTS))
    _no_links(path.name, (p for p in siblings.values() if p != path))
    return packed((path.stem + part, siblings[part].read_bytes())
                  for part in (*_PARTS, ".cpg") if part in siblings)


def from_shapefile(file: str, parts: Mapping[str, bytes], limits: Limits) -> SourceTable:
    """`parts`: ending -> bytes. Raises FIL-002, FIL-003, FIL-004, FIL-009."""
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


# --- file geodatabase --------------------------------------------------------------------------

_GDB_PART = re.compile(r"(a[0-9a-f]{8}\.(gdbtable|gdbtablx|gdbindexes|freelist|spx|horizon|"
                       r"CDF|SDC|[\w]+\.atx)|gdb|timestamps)$", re.I)


def gdb_parts(path: Path) -> bytes:
    """The parts of a geodatabase folder as one zip archive. Locks are left out.

    Raises FIL-012: a part is a link, which could lead anywhere.
    """
    parts = sorted((p for p in path.iterdir() if p.is_file() and _GDB_PART.match(p.name)),
                   key=lambda p: p.name)
    _no_links(path.name, parts)
    return packed((f"{path.name}/{p.name}", p.read_bytes()) for p in parts)


def _no_links(file: str, parts: Iterable[Path]) -> None:
    links = [p.name for p in parts if p.is_symlink()]
    if links:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="files that lie there",
                               found=f"{', '.join(links[:5])}: a link to somewhere else")


def gdb_size(path: Path) -> int:
    return sum(p.stat().st_size for p in path.iterdir() if p.is_file())


def _unpack_gdb(file: str, archive: zipfile.ZipFile, folder: str) -> Path:
    """Lay the parts out; only names that a geodatabase has are written, and never by their path."""
    target = Path(folder) / "in.gdb"
    target.mkdir()
    found: set[str] = set()
    for member in members_of(archive):
        name = PurePosixPath(member.replace("\\", "/")).name
        if _GDB_PART.match(name):
            found.add(name.lower())
            (target / name).write_bytes(archive.read(member))
    tables = {n[:9] for n in found if n.endswith(".gdbtable")}
    indexes = {n[:9] for n in found if n.endswith(".gdbtablx")}
    if not tables and not indexes:
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".gdb", found="other files",
                               expected="a file geodatabase")
    missing = sorted({"a00000001.gdbtable", "a00000001.gdbtablx"} - found) + sorted(
        [f"{n}.gdbtablx" for n in tables - indexes if n != "a00000001"]
        + [f"{n}.gdbtable" for n in indexes - tables if n != "a00000001"])
    if missing:
        raise LandReleaseError(FILE_DATABASE_INCOMPLETE, file=file, found=", ".join(missing[:5]))
    return target


def _is_attachment(name: str) -> bool:
    return name.upper().endswith(("__ATTACH", "__ATTACHREL"))


def from_gdb(file: str, content: bytes, layer: str | None, limits: Limits) -> SourceTable:
    """One layer or table of a zipped geodatabase; coded values in words.

    Raises FIL-003, FIL-004, FIL-007, FIL-010, FIL-030.
    """
    archive = open_zip(file, content, limits)
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = _unpack_gdb(file, archive, folder)
        every = _names(file, path, folder)
        names = [n for n in every if not _is_attachment(n)]
        full = full_layers(file, path) if names else []
        table = _from_ogr(file, path, _chosen(file, layer, full, names), limits, folder,
                          domains=_domains(path))
        left = [n for n in full if n != table.layer] if layer is None else []
        left += [n for n in every if _is_attachment(n)]
        return table.noted(Problem(FILE_LAYERS_LEFT, {
            "found": ", ".join(left), "expected": table.layer})) if left else table


def gdb_layers(file: str, content: bytes, limits: Limits) -> list[str]:
    archive = open_zip(file, content, limits)
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        return full_layers(file, _unpack_gdb(file, archive, folder))


def _domains(path: Path) -> dict[str, dict[str, dict[str, str]]]:
    """Layer -> field -> code -> word, from the catalogue of the geodatabase (GDB_Items).

    GDAL's own way to them is not in pyogrio. A catalogue that cannot be read gives no words: the
    codes stay, which loses nothing.
    """
    from pyogrio.raw import read as read_layer

    from landrelease.records.readers.xml import parse

    try:
        meta, _, _, columns = read_layer(path, layer="GDB_Items", read_geometry=False)
        at = [str(n) for n in meta["fields"]]
        names, texts = columns[at.index("Name")], columns[at.index("Definition")]
    except Exception:
        return {}
    words: dict[str, dict[str, str]] = {}
    used: dict[str, dict[str, str]] = {}
    for name, text in zip(names, texts, strict=True):
        if not isinstance(text, str) or len(text) > 20_000_000 or "<" not in text:
            continue
        try:
            root = parse(path.name, text.encode(), "a geodatabase")
        except LandReleaseError:
            continue
        if root.tag.endswith("GPCodedValueDomain2") or root.find(".//CodedValues") is not None:
            words[str(root.findtext("DomainName") or name)] = {
                str(pair.findtext("Code")).strip(): str(pair.findtext("Name"))
                for pair in root.iter("CodedValue") if pair.findtext("Name")}
        subtype = root.findtext(".//SubtypeFieldName")
        if subtype:
            key = f"(subtypes of {name})"
            words[key] = {str(s.findtext("SubtypeCode")).strip(): str(s.findtext("SubtypeName"))
                          for s in root.iter("Subtype") if s.findtext("SubtypeName")}
            used.setdefault(str(name), {})[subtype] = key
        for field in root.iter("GPFieldInfoEx"):
            domain = field.findtext("DomainName")
            if domain:
                used.setdefault(str(name), {})[str(field.findtext("Name"))] = domain
    return {layer: {field: words[d] for field, d in fields.items() if d in words}
            for layer, fields in used.items()}


# --- GDAL --------------------------------------------------------------------------------------

def _from_ogr(file: str, path: Path, layer: str | None, limits: Limits, folder: str,
              domains: Mapping[str, Mapping[str, Mapping[str, str]]] | None = None
              ) -> SourceTable:
    import pyogrio
    from pyogrio.raw import read as read_layer

    try:
        about = pyogrio.read_info(path, layer=layer)
        most = limits.cells // max(1, len(about["fields"]))  # a view may have rows without end
        # Room for so many rows is kept, so ask for those that are announced, and one more: a count
        # that is wrong must not cost a row.
        announced = about["features"] if about["features"] >= 0 else most
        for wanted in (min(announced, most) + 1, most + 1):
            meta, _, wkb, columns = read_layer(path, layer=layer, datetime_as_string=True,
                                               max_features=wanted)
            held = len(wkb) if wkb is not None else len(columns[0]) if len(columns) else 0
            if held < wanted:
                break
        wkb, columns = _alone(wkb), [_alone(c) for c in columns]
    except Exception as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"layer {layer or 'in the file'}",
                               found=short(error, folder)) from error
    names = tuple(str(name) for name in meta["fields"])
    count = len(wkb) if wkb is not None else (len(columns[0]) if len(columns) else 0)
    if count > most:
        raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the number of rows",
                               found=f"over {most}", expected=most)
    geometries = np.empty(count, dtype=object)
    problems: dict[int, Problem] = {}
    if wkb is not None:
        geometries = shapely.from_wkb(wkb, on_invalid="ignore")
        vertices = shapely.get_num_coordinates(geometries)
        for i in np.flatnonzero(vertices > limits.vertices).tolist():
            geometries[i] = None
            problems[i] = too_many(int(vertices[i]), limits)
        lost = np.array([g is None and w is not None
                         for g, w in zip(geometries, wkb, strict=True)], dtype=bool)
        for i in np.flatnonzero(lost).tolist():
            problems.setdefault(i, unreadable("the stored geometry is damaged"))
    at = dict(zip(names, columns, strict=True))
    words = (domains or {}).get(layer or "", {})

    def column(heading: str) -> list[Any]:
        out = _plain_column(at[heading])
        if heading in words:
            known = words[heading]
            out = [v if v is None else known.get(_code(v), v) for v in out]
        return out

    return SourceTable(file, "", b"", meta["crs"] or "", names, None, wkb is not None,
                       (), layer or "", cells=Cells(names, column), count=count,
                       geometries=geometries if wkb is not None else None,
                       geometry_problems=problems)


def _alone(column: np.ndarray | None) -> np.ndarray | None:
    """A column without the room that was kept for rows that did not come."""
    if column is None or column.base is None or column.base.nbytes <= 2 * column.nbytes:
        return column
    return column.copy()


def _code(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _plain_column(column: np.ndarray) -> list[Any]:
    out: list[Any] = column.tolist()
    if column.dtype.kind == "f":
        return [None if v != v else v for v in out]
    if column.dtype.kind != "O":
        return out
    return [None if isinstance(v, float) and v != v else
            (v.hex() if isinstance(v, bytes) else v) for v in out]
