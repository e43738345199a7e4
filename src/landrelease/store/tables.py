"""Tables of records for other programs: CSV, XLSX, GeoPackage, GeoParquet, GeoJSON, KML.

All is done column by column with Arrow, so that half a million rows take seconds. What a format
cannot carry in a cell stands in a column, so that what goes out can come back in unchanged. The
caller has applied the access policy.
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import re
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import numpy as np
import shapely

from landrelease.core.progress import Progress, silent
from landrelease.errors import EXPORT_TOO_MANY_ROWS, LandReleaseError
from landrelease.store.exports import atomic

GEOMETRY = "geometry_wgs84"  # the heading says the datum (S04)
ABOUT = "about"  # the heading of what a CSV says about itself, in its first row
_CHUNK = 20_000  # rows that are written at once
SHEET_ROWS = 1_048_576  # of a worksheet; a limit of the programs that read it
CELL = 32_000  # characters of a cell; spreadsheets take 32,767
_FORMULA = r"^[\s\p{Z}]*'*[\s\p{Z}]*[=+\-@＝＋－＠]|^'*[\t\r\n]"
_NUMBER = r"^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$"
_NOT_XML = "[\\x00-\\x08\\x0B\\x0C\\x0E-\\x1F\ufffe\uffff]"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of one kind. `columns` are Arrow arrays of N: text, int64, double or date32.

    `geometry`: N geometries in degrees on WGS 84, longitude first, None where there is none; None
    for a table without places. `tags`: HXL tag of each column. `about`: what the file says of
    itself, name -> words. `lists`: column -> N lists, of columns that hold lists (as text in
    `columns`).
    """

    name: str
    columns: Mapping[str, Any]
    geometry: np.ndarray | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, str] = field(default_factory=dict)
    lists: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


def about_words(about: Mapping[str, str]) -> str:
    """What a file says of itself, as one line."""
    return "; ".join(f"{name}: {words}" for name, words in about.items() if words)


def column(values: Sequence[Any], kind: str) -> Any:
    """Values of one field as an Arrow array; `kind`: integer, number, date, boolean or else.

    Numbers and dates are typed. A column in which a word stands among them ("declined",
    "not_reported", S12) is text as a whole. Lists are joined by `joined`.
    """
    import pyarrow as pa

    if kind == "integer" and all(v is None or (type(v) is int and abs(v) < 2**53)
                                 for v in values):
        return pa.array(values, pa.int64())
    if kind == "number" and all(
            v is None or (type(v) in (int, float) and abs(v) < 2**53) or type(v) is float
            for v in values):
        return pa.array([None if v is None else float(v) for v in values], pa.float64())
    if kind == "boolean":
        return pa.array(values, pa.bool_())
    texts = pa.array([v if v is None or type(v) is str else _text(v) for v in values], pa.string())
    if kind == "date":
        import pyarrow.compute as pc

        whole = pc.all(pc.match_substring_regex(texts, r"^\d{4}-\d\d-\d\d$")).as_py()
        if whole or whole is None:
            try:
                return texts.cast(pa.date32())
            except pa.ArrowInvalid:
                return texts
    return texts


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return joined(value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def joined(values: Sequence[Any]) -> str:
    """A list as one text: "a; b"; as JSON where a word holds what separates words.

    >>> joined(["a", "b"]), joined(["a, b", "c"])
    ('a; b', '["a, b","c"]')
    """
    words = [str(v) for v in values]
    if all(w and w == " ".join(w.split()) and not set(w) & set(";,|[") for w in words):
        return "; ".join(words)
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))


def wkt(geometry: np.ndarray) -> Any:
    """WKT with all digits (17 significant ones where needed), as Arrow text."""
    import pyarrow as pa

    return pa.array(shapely.to_wkt(geometry, rounding_precision=-1), pa.string())


def _with_wkt(table: Table) -> dict[str, Any]:
    columns = dict(table.columns)
    if table.geometry is not None:
        columns[GEOMETRY] = wkt(table.geometry)
    return columns


def _strings(array: Any) -> Any:
    import pyarrow as pa

    return array if array.type == pa.string() else array.cast(pa.string())


def _flagged(array: Any) -> Any:
    """Which texts a spreadsheet would run as a formula; plain numbers are none. Bool (N,)."""
    import pyarrow.compute as pc

    return pc.fill_null(pc.and_not(pc.match_substring_regex(array, _FORMULA),
                                   pc.match_substring_regex(array, _NUMBER)), False)


def _protected(array: Any) -> Any:
    import pyarrow.compute as pc

    flagged = _flagged(array)
    if not pc.any(flagged).as_py():
        return array
    return pc.if_else(flagged, pc.binary_join_element_wise("'", array, ""), array)


# --- CSV ---------------------------------------------------------------------------------------

def write_csv_table(path: Path, table: Table, *, hxl: bool = True, progress: Progress = silent
                    ) -> None:
    """RFC 4180 in UTF-8: headings, a row of HXL tags, rows; WKT in the last column but one.

    A text that a spreadsheet would run gets an apostrophe before it. The last column says what the
    file is, in the first row.
    """
    with atomic(path) as part, part.open("wb") as stream:
        _csv_piece(stream, table, head=True, hxl=hxl, progress=lambda share: progress(
            f"{path.name}: rows", share))


def _csv_piece(stream: Any, table: Table, *, head: bool, hxl: bool,
               progress: Callable[[float], None] = lambda share: None) -> None:
    """Rows of a CSV; with `head` the headings and what the file is before them."""
    import pyarrow as pa
    from pyarrow import csv as writer

    columns = _with_wkt(table)
    count = len(table)
    columns[ABOUT] = pa.array([about_words(table.about) if n == 0 and head else None
                               for n in range(count)], pa.string())
    names = list(columns)
    if head:
        top = io.StringIO(newline="")
        rows = csv.writer(top, lineterminator="\n")
        rows.writerow(names)
        if hxl:
            rows.writerow([table.tags.get(name, "") for name in names])
        stream.write(top.getvalue().encode())
    made = pa.table({n: _protected(a) if a.type == pa.string() else a for n, a in columns.items()})
    options = writer.WriteOptions(include_header=False)
    for start in range(0, count, _CHUNK):
        progress(start / count)
        writer.write_csv(made.slice(start, _CHUNK), stream, options)


def write_pieces(path: Path, pieces: Iterable[Table], empty: Table) -> int:
    """Tables of the same columns as one file, CSV or (by its ending) XLSX, with HXL tags; returns
    how many rows. `empty`: the table without rows, for what the file says of itself.

    A CSV is written as the pieces come. A column in which a word stands among numbers in one piece
    is text in that piece alone; in a worksheet it is text as a whole, so that the pieces lie on the
    disk until all have come.
    """
    if path.suffix == ".xlsx":
        with _laid_down(pieces) as parts:
            _write_book(path, [_Sheet(empty.name, empty.tags, tuple(_with_wkt(empty)), parts)],
                        empty.about)
            return sum(part.rows for part in parts)
    count = 0
    with atomic(path) as part, part.open("wb") as stream:
        for piece in itertools.chain(pieces, [empty]):
            if piece is empty and count:
                break
            _csv_piece(stream, piece, head=not count, hxl=True)
            count += len(piece)
    return count


@dataclass(frozen=True, slots=True)
class _Part:
    """Some rows of a worksheet. `read` gives their columns, places as text; `types` says of each
    what it is, `longest` how long its longest text is and how much of it a cell is sure to hold."""

    rows: int
    types: Mapping[str, Any]
    longest: Mapping[str, tuple[int, int]]
    read: Callable[[], Mapping[str, Any]]

    @classmethod
    def of(cls, columns: Mapping[str, Any], read: Callable[[], Mapping[str, Any]]) -> _Part:
        rows = len(next(iter(columns.values()))) if columns else 0
        return cls(rows, {n: a.type for n, a in columns.items()},
                   {n: _longest(a) for n, a in columns.items()}, read)


@contextmanager
def _laid_down(pieces: Iterable[Table]) -> Iterator[list[_Part]]:
    """Pieces of a table as files, which go again: memory holds one of them at a time."""
    import pyarrow as pa

    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        parts = []
        for n, piece in enumerate(pieces):
            made = pa.table(_with_wkt(piece))
            path = Path(folder) / f"{n}.arrow"
            with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(
                    sink, made.schema, options=pa.ipc.IpcWriteOptions(compression="lz4")) as out:
                out.write_table(made)

            def read(path: Path = path) -> Mapping[str, Any]:
                with pa.OSFile(str(path), "rb") as source:
                    back = pa.ipc.open_file(source).read_all()
                return {name: back[name].combine_chunks() for name in back.column_names}

            parts.append(_Part.of({n: made[n].combine_chunks() for n in made.column_names}, read))
        yield parts


# --- XLSX --------------------------------------------------------------------------------------

_TYPES = """<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Default Extension="xml" ContentType="application/xml"/>\
<Override PartName="/xl/workbook.xml" ContentType=\
"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType=\
"application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/>"""
_SHEET_TYPE = ("application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
# Style 1: a date. Style 2: text that is never run (quotePrefix). Style 3: headings.
_STYLES = f"""<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<styleSheet xmlns="{_MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>\
</numFmts><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>\
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>\
<fills count="2"><fill><patternFill patternType="none"/></fill>\
<fill><patternFill patternType="gray125"/></fill></fills>\
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>\
<cellXfs count="4"><xf/><xf numFmtId="164" applyNumberFormat="1"/><xf numFmtId="49" \
quotePrefix="1" applyNumberFormat="1"/><xf fontId="1" applyFont="1"/></cellXfs>\
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>\
</styleSheet>"""
_DAYS_1970 = 25_569  # day number of 1970-01-01 in the 1900 system
_FIRST_DAY = 61  # 1 March 1900: before it the day numbers of spreadsheets are wrong


def write_xlsx(path: Path, tables: Sequence[Table], about: Mapping[str, str], *, hxl: bool = True,
               progress: Progress = silent) -> None:
    """A workbook with a sheet for each table and, last, one that says what the file is.

    Texts are cells of text and no formula; a text beyond 32,000 characters goes on in a column
    "... (2)". Dates are dates.

    Raises STO-... for more rows than a worksheet has.
    """
    sheets = []
    for table in tables:
        columns = _with_wkt(table)
        sheets.append(_Sheet(table.name, table.tags, tuple(columns), [
            _Part.of(columns, lambda columns=columns: columns)]))  # type: ignore[misc]
    _write_book(path, sheets, about, hxl=hxl, progress=progress)


@dataclass(frozen=True, slots=True)
class _Sheet:
    """A worksheet: its columns, and its rows in parts."""

    name: str
    tags: Mapping[str, str]
    columns: tuple[str, ...]
    parts: Sequence[_Part]

    def __len__(self) -> int:
        return sum(part.rows for part in self.parts)


def _write_book(path: Path, sheets: Sequence[_Sheet], about: Mapping[str, str], *,
                hxl: bool = True, progress: Progress = silent) -> None:
    names = [*_sheet_names([s.name for s in sheets]), "about the file"]
    with atomic(path) as part, zipfile.ZipFile(
            part, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as book:
        def put(name: str, text: str) -> None:
            book.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), text,
                          zipfile.ZIP_DEFLATED)

        numbers = range(1, len(names) + 1)
        put("[Content_Types].xml", _TYPES + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_SHEET_TYPE}"/>'
            for n in numbers) + "</Types>")
        put("_rels/.rels", f'<Relationships xmlns="{_PACKAGE}"><Relationship Id="rId1" '
            f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        put("xl/workbook.xml", f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
            + "".join(f'<sheet name={_quoted(name)} sheetId="{n}" r:id="rId{n}"/>'
                      for n, name in zip(numbers, names, strict=True)) + "</sheets></workbook>")
        put("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_PACKAGE}">' + "".join(
            f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" '
            f'Target="worksheets/sheet{n}.xml"/>' for n in numbers)
            + f'<Relationship Id="rId{len(names) + 1}" Type="{_RELATIONS}/styles" '
              'Target="styles.xml"/></Relationships>')
        put("xl/styles.xml", _STYLES)
        for n, sheet in zip(numbers, sheets, strict=False):
            if len(sheet) + 2 > SHEET_ROWS:
                raise LandReleaseError(EXPORT_TOO_MANY_ROWS, path=path, found=len(sheet),
                                       expected=SHEET_ROWS - 2)
            info = zipfile.ZipInfo(f"xl/worksheets/sheet{n}.xml", (1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            with book.open(info, "w", force_zip64=True) as stream:
                for piece in _written(sheet, hxl, progress, path.name):
                    stream.write(piece)
        put(f"xl/worksheets/sheet{len(names)}.xml", _sheet_of_words(
            [("about", "words"), *about.items()]))


def _sheet_names(names: Sequence[str]) -> list[str]:
    """Names of worksheets: at most 31 characters, without the marks that are not allowed."""
    return ["".join(c for c in name if c not in "[]:*?/\\")[:31] for name in names]


def _quoted(text: str) -> str:
    return '"' + escape(text, {'"': "&quot;"}) + '"'


def _sheet_of_words(rows: Sequence[tuple[str, str]]) -> str:
    return (f'<worksheet xmlns="{_MAIN}"><sheetData>' + "".join(
        "<row>" + "".join(_word_cell(word, 3 if n == 0 else 0) for word in row) + "</row>"
        for n, row in enumerate(rows)) + "</sheetData></worksheet>")


def _word_cell(word: str, style: int = 0) -> str:
    mark = f' s="{style}"' if style else ""
    word = re.sub(_NOT_XML, "\ufffd", word)
    return f'<c{mark} t="inlineStr"><is><t xml:space="preserve">{escape(word)}</t></is></c>'


def _written(sheet: _Sheet, hxl: bool, progress: Progress, what: str) -> Iterator[bytes]:
    import pyarrow as pa

    # A column that is of several types is text; a text that no cell holds goes on in further ones.
    as_text = {n for n in sheet.columns if len({p.types[n] for p in sheet.parts}) > 1}
    size = {n: min((p.longest[n][1] for p in sheet.parts), default=CELL) for n in sheet.columns}
    cuts = {n: max(1, *(-(-p.longest[n][0] // size[n]) for p in sheet.parts), 1)
            for n in sheet.columns}
    names, tags = [], dict(sheet.tags)
    for name in sheet.columns:
        names.append(name)
        for n in range(2, cuts[name] + 1):
            names.append(f"{name} ({n})")
            tags[names[-1]] = f"{tags.get(name, '#meta')}+part{n}"
    frozen = 2 if hxl else 1
    yield (f'<?xml version="1.0" encoding="UTF-8"?>\n<worksheet xmlns="{_MAIN}"><sheetViews>'
           f'<sheetView workbookViewId="0"><pane ySplit="{frozen}" topLeftCell="A{frozen + 1}" '
           'activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>'
           ).encode()
    yield ("<row>" + "".join(_word_cell(n, 3) for n in names) + "</row>").encode()
    if hxl:
        yield ("<row>" + "".join(_word_cell(tags[n]) if tags.get(n) else "<c/>"
                                 for n in names) + "</row>").encode()
    count, done = len(sheet), 0
    for part in sheet.parts:
        columns = part.read()
        for start in range(0, part.rows, _CHUNK):
            progress(f"{what}: {sheet.name}", (done + start) / count)
            cells = []
            for name in sheet.columns:
                array = columns[name].slice(start, _CHUNK)
                if name in as_text:
                    array = array.cast(pa.string())
                cells += [_cells(a) for a in (_cut(array, size[name], cuts[name])
                                              if cuts[name] > 1 else (array,))]
            yield _joined_rows("<row>", cells, "</row>")
        done += part.rows
    yield b"</sheetData></worksheet>"


def _longest(array: Any) -> tuple[int, int]:
    """Characters of the longest text of a column, and how many a cell is sure to hold. A sheet
    counts UTF-16 units: where all is ASCII one for each character, else up to two."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if array.type != pa.string() or (pc.max(pc.binary_length(array)).as_py() or 0) <= CELL:
        return 0, CELL
    plain = pc.all(pc.string_is_ascii(array)).as_py()
    return pc.max(pc.utf8_length(array)).as_py(), CELL if plain else CELL // 2


def _cut(array: Any, size: int, count: int) -> list[Any]:
    """A text column in so many pieces of `size` characters; no cell where nothing is left."""
    import pyarrow.compute as pc

    cut = [pc.utf8_slice_codeunits(array, n * size, (n + 1) * size) for n in range(count)]
    return [cut[0], *(pc.if_else(pc.equal(pc.utf8_length(c), 0), None, c) for c in cut[1:])]


def _xml(array: Any) -> Any:
    """Texts as XML has them. What XML cannot hold becomes U+FFFD."""
    import pyarrow.compute as pc

    for mark, name in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("\r", "&#13;")):
        array = pc.replace_substring(array, mark, name)
    return pc.replace_substring_regex(array, _NOT_XML, "\ufffd")


def _cells(array: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    join = pc.binary_join_element_wise
    if array.type == pa.date32():
        days = pc.add(array.cast(pa.int32()), _DAYS_1970)
        as_text = join('<c t="inlineStr"><is><t>', array.cast(pa.string()), "</t></is></c>", "")
        found = pc.if_else(pc.greater_equal(days, _FIRST_DAY),
                           join('<c s="1"><v>', days.cast(pa.string()), "</v></c>", ""), as_text)
    elif array.type == pa.string():
        opened = '<c t="inlineStr"><is><t xml:space="preserve">'
        flagged = _flagged(array)
        start: Any = opened
        if pc.any(flagged).as_py():
            start = pc.if_else(flagged, opened.replace("<c", '<c s="2"', 1), opened)
        found = join(start, _xml(array), "</t></is></c>", "")
    elif array.type == pa.bool_():
        found = pc.if_else(array, '<c t="b"><v>1</v></c>', '<c t="b"><v>0</v></c>')
    else:
        found = join("<c><v>", array.cast(pa.string()), "</v></c>", "")
    return pc.fill_null(found, "<c/>")


def _joined_rows(start: str, columns: Sequence[Any], end: str) -> bytes:
    """Columns of text as the bytes of all rows, one after the other."""
    import pyarrow as pa
    import pyarrow.compute as pc

    rows = pc.binary_join_element_wise(
        *(pa.scalar(w, pa.large_string()) if isinstance(w, str) else w.cast(pa.large_string())
          for w in (start, *columns, end, "")))
    if isinstance(rows, pa.ChunkedArray):
        rows = rows.combine_chunks()
    offsets = np.frombuffer(rows.buffers()[1], dtype=np.int64)[rows.offset:]
    return bytes(memoryview(rows.buffers()[2])[offsets[0]:offsets[len(rows)]])


# --- GIS ---------------------------------------------------------------------------------------

_LAYER = {"polygon": ("Polygon", "MultiPolygon", 3, shapely.multipolygons),
          "line": ("LineString", "MultiLineString", 1, shapely.multilinestrings)}


def _of_one_type(geometry: np.ndarray, wanted: str) -> tuple[np.ndarray, str]:
    """Geometries as one type for a layer: several parts in any make all of them several."""
    if wanted == "point":
        return geometry, "Point"
    if wanted not in _LAYER:
        return geometry, "Unknown"
    single, several, number, join = _LAYER[wanted]
    types = shapely.get_type_id(geometry)
    if not ((types >= 0) & (types != number)).any():
        return geometry, single
    out = geometry.copy()
    for i in np.flatnonzero(types == number).tolist():
        out[i] = join([geometry[i]])
    return out, several


def write_geopackage(path: Path, table: Table, wanted: str, *, progress: Progress = silent) -> None:
    """A GeoPackage with one layer; what the file is stands in its metadata.

    wanted : geometry of the kind ("polygon", "point", "line", "any", "none").
    """
    import pyarrow as pa
    from pyogrio.raw import write_arrow

    columns = dict(table.columns)
    about = {name: words for name, words in table.about.items() if words}
    kwargs: dict[str, Any] = {"geometry_type": None, "crs": None, "geometry_name": None}
    if table.geometry is not None:
        shapes, layer_type = _of_one_type(table.geometry, wanted)
        columns["geom"] = pa.array(shapely.to_wkb(shapes, output_dimension=2, byte_order=1),
                                   pa.binary())
        kwargs = {"geometry_type": layer_type, "crs": "EPSG:4326", "geometry_name": "geom"}
    made = pa.table(columns)
    progress(f"{path.name}: layer", 0.1)
    with atomic(path) as part:
        whole = part.with_suffix(".gpkg")  # GDAL knows the format by its ending
        try:
            write_arrow(made, str(whole), layer=table.name, driver="GPKG",
                        dataset_metadata=about, layer_metadata=about, **kwargs)
            whole.replace(part)
        finally:
            for left in (whole, *(whole.with_name(whole.name + end)
                                  for end in ("-journal", "-wal", "-shm"))):
                left.unlink(missing_ok=True)


def write_geoparquet_table(path: Path, table: Table, *, progress: Progress = silent) -> None:
    """GeoParquet 1.1 (WKB, OGC:CRS84), or plain Parquet for a table without places."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    made = dict(table.columns)
    metadata = {b"description": about_words(table.about).encode(),
                b"about": json.dumps(dict(table.about)).encode()}
    if table.geometry is not None:
        shapes = table.geometry
        filled = shapes[~shapely.is_missing(shapes)]
        made["geometry"] = pa.array(shapely.to_wkb(shapes, output_dimension=2, byte_order=1,
                                                   flavor="iso"), pa.binary())
        described: dict[str, Any] = {
            "encoding": "WKB", "edges": "planar",
            "geometry_types": sorted({str(n) for n in _TYPE_NAMES[shapely.get_type_id(filled)]})}
        if len(filled):
            described["bbox"] = [float(v) for v in shapely.total_bounds(filled)]
        metadata[b"geo"] = json.dumps({"version": "1.1.0", "primary_column": "geometry",
                                       "columns": {"geometry": described}}).encode()
    whole = pa.table(made).replace_schema_metadata(metadata)
    count = len(table)
    with atomic(path) as part, pq.ParquetWriter(part, whole.schema, compression="zstd") as writer:
        for start in range(0, count, 5 * _CHUNK):
            progress(f"{path.name}: rows", start / count)
            writer.write_table(whole.slice(start, 5 * _CHUNK))


_TYPE_NAMES = np.array(["Point", "LineString", "LineString", "Polygon", "MultiPoint",
                        "MultiLineString", "MultiPolygon", "GeometryCollection"])


def write_geojson_table(path: Path, table: Table, *, progress: Progress = silent) -> None:
    """RFC 7946 with all digits: a hazard is not rounded (S01). Lists are lists.

    What the file is stands in the foreign members `description` and `about` (clause 6.1).
    """
    import orjson

    count = len(table)
    head = orjson.dumps({"description": about_words(table.about), "about": dict(table.about)})
    columns: dict[str, Any] = {
        name: (table.lists.get(name) or array) for name, array in table.columns.items()}
    with atomic(path) as part, part.open("wb") as stream:
        stream.write(b'{"type":"FeatureCollection",' + head[1:-1] + b',"features":[\n')
        for start in range(0, count, _CHUNK):
            progress(f"{path.name}: features", start / count)
            end = min(count, start + _CHUNK)
            shapes: Any = [None] * (end - start)
            if table.geometry is not None:
                shapes = shapely.to_geojson(
                    shapely.orient_polygons(table.geometry[start:end]))
            cells = [c[start:end] if isinstance(c, (list, tuple)) else
                     c.slice(start, end - start).to_pylist() for c in columns.values()]
            names = list(columns)
            features = [orjson.dumps({
                "type": "Feature", "geometry": None if shape is None else orjson.Fragment(shape),
                "properties": dict(zip(names, row, strict=True))})
                for shape, row in zip(shapes, zip(*cells, strict=True), strict=True)]
            stream.write((b",\n" if start else b"") + b",\n".join(features))
        stream.write(b"\n]}\n")


# --- KML ---------------------------------------------------------------------------------------

def write_kml(path: Path, table: Table, label: str = "record", *, progress: Progress = silent
              ) -> None:
    """KML 2.3 (OGC 12-007r2): a placemark for each row, all columns as ExtendedData, all digits.

    label : the column that is shown as the name. KML is WGS 84 by definition.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    join = pc.binary_join_element_wise
    count = len(table)
    # `name` stands among the data also where a kind has none, so that no reader takes the label
    # of a placemark for the name of the record.
    columns = dict(table.columns)
    columns.setdefault("name", pa.nulls(count, pa.string()))
    said = "".join(f"<Data name={_quoted(n)}><value>{escape(w)}</value></Data>"
                   for n, w in table.about.items() if w)
    with atomic(path) as part, part.open("wb") as stream:
        stream.write((
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            '<kml xmlns="http://www.opengis.net/kml/2.2"><Document>'
            f"<name>{escape(table.name)}</name>"
            f"<description>{escape(about_words(table.about))}</description>"
            f"<ExtendedData>{said}</ExtendedData>\n").encode())
        for start in range(0, count, _CHUNK):
            progress(f"{path.name}: placemarks", start / count)
            cut = {n: a.slice(start, _CHUNK) for n, a in columns.items()}
            data = [pc.fill_null(join(f"<Data name={_quoted(n)}><value>",
                                      _xml(_strings(a)), "</value></Data>", ""),
                                 f"<Data name={_quoted(n)}><value/></Data>" if n == "name" else "")
                    for n, a in cut.items()]
            names = join("<Placemark><name>", _xml(_strings(cut[label])),
                         "</name><ExtendedData>", "")
            rows = [pc.fill_null(names, "<Placemark><ExtendedData>"), *data]
            if table.geometry is not None:
                rows.append(pa.array(["</ExtendedData>" + _kml(g)
                                      for g in table.geometry[start:start + _CHUNK]]))
            else:
                rows.append(pa.array(["</ExtendedData>"] * len(cut[label])))
            stream.write(_joined_rows("", rows, "</Placemark>\n"))
        stream.write(b"</Document></kml>\n")


def _kml(shape: Any) -> str:
    if shape is None or shape.is_empty:
        return ""
    kind = shape.geom_type
    if kind == "Point":
        return f"<Point>{_points(shape)}</Point>"
    if kind in ("LineString", "LinearRing"):
        return f"<LineString>{_points(shape)}</LineString>"
    if kind == "Polygon":
        holes = "".join(f"<innerBoundaryIs><LinearRing>{_points(r)}</LinearRing></innerBoundaryIs>"
                        for r in shape.interiors)
        return (f"<Polygon><outerBoundaryIs><LinearRing>{_points(shape.exterior)}</LinearRing>"
                f"</outerBoundaryIs>{holes}</Polygon>")
    return "<MultiGeometry>" + "".join(_kml(g) for g in shape.geoms) + "</MultiGeometry>"


def _points(shape: Any) -> str:
    listed = shapely.get_coordinates(shape).tolist()
    return "<coordinates>" + " ".join([f"{x!r},{y!r}" for x, y in listed]) + "</coordinates>"
