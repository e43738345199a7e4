"""GeoParquet 1.x and plain Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
import orjson
import shapely

from landrelease.errors import (
    FILE_CUT_OFF,
    FILE_NOT_READABLE,
    FILE_TOO_LARGE,
    LandReleaseError,
)
from landrelease.records.readers.shapes_in import too_many, unreadable
from landrelease.records.readers.table import WGS84_CRS, Cells, Limits, Problem, SourceTable, short


def from_parquet(file: str, content: bytes, limits: Limits) -> SourceTable:
    """The table with its primary geometry; other geometry columns stay hexadecimal WKB.

    No `crs` means OGC:CRS84, a null one means unknown (GeoParquet 1.1). Raises FIL-004, FIL-005,
    FIL-012.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        source = pq.ParquetFile(pa.BufferReader(content))
        size = sum(source.metadata.row_group(i).total_byte_size
                   for i in range(source.metadata.num_row_groups))
        cells = source.metadata.num_rows * max(1, source.metadata.num_columns)
        for what, found, most in (("the unpacked content", size, limits.unpacked_bytes),
                                  ("the number of cells", cells, limits.cells)):
            if found > most:
                raise LandReleaseError(FILE_TOO_LARGE, file=file, what=what, found=found,
                                       expected=most)
        # A value that repeats a million times stands once in a dictionary; so it stays in memory.
        repeating = [f.name for f in source.schema_arrow
                     if pa.types.is_string(f.type) or pa.types.is_binary(f.type)]
        table = pq.ParquetFile(pa.BufferReader(content), read_dictionary=repeating).read()
        table.validate(full=True)  # a damaged page may point outside of its dictionary
    except LandReleaseError:
        raise
    except Exception as error:  # pyarrow: ArrowInvalid, OSError, and others for damaged pages
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the Parquet data",
                               found=short(error)) from error
    geometry, crs = _geo(file, table.schema.metadata or {})
    names = tuple(dict.fromkeys(n for n in table.column_names if n != geometry))
    count = table.num_rows
    geometries: np.ndarray | None = None
    problems: dict[int, Problem] = {}
    if geometry is not None:
        if geometry not in table.column_names:
            raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="GeoParquet",
                                   found=f"there is no column {geometry}")
        wkb = np.empty(count, dtype=object)
        wkb[:] = [w if isinstance(w, bytes) else None for w in _values(table[geometry])]
        if (size := sum(len(w) for w in wkb if w is not None)) > limits.unpacked_bytes:
            raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the unpacked geometry",
                                   found=size, expected=limits.unpacked_bytes)
        geometries = shapely.from_wkb(wkb, on_invalid="ignore")
        vertices = shapely.get_num_coordinates(geometries)
        for i in np.flatnonzero(vertices > limits.vertices).tolist():
            geometries[i] = None
            problems[i] = too_many(int(vertices[i]), limits)
        for i in range(count):
            if geometries[i] is None and wkb[i] is not None and i not in problems:
                problems[i] = unreadable("the stored geometry is damaged")

    def column(heading: str) -> Sequence[Any]:
        return [_plain(v) for v in _values(table[heading])]

    return SourceTable(file, "", b"", crs, names, None, geometry is not None,
                       cells=Cells(names, column), count=count, geometries=geometries,
                       geometry_problems=problems)


def _values(column: Any) -> list[Any]:
    """A column as Python values; those of a dictionary are shared and not copied."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return list(column.to_pylist())
    out: list[Any] = []
    for chunk in column.chunks:
        known = chunk.dictionary.to_pylist()
        out += [None if i is None else known[i] for i in chunk.indices.to_pylist()]
    return out


def _geo(file: str, metadata: dict[bytes, bytes]) -> tuple[str | None, str]:
    """The primary geometry column and its system; None and "" for plain Parquet."""
    if b"geo" not in metadata:
        return None, ""
    try:
        geo = orjson.loads(metadata[b"geo"])
        primary = geo["primary_column"]
        about = geo["columns"][primary]
        encoding = str(about.get("encoding", "WKB"))
        crs = about.get("crs", "missing")
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError) as error:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="GeoParquet",
                               found=f"its geo metadata: {short(error)}") from error
    if encoding != "WKB":
        raise LandReleaseError(FILE_NOT_READABLE, file=file, found=f"geometry as {encoding}",
                               expected="GeoParquet with geometry as WKB")
    if crs == "missing":
        return str(primary), WGS84_CRS
    if crs is None:
        return str(primary), ""
    known = crs.get("id") if isinstance(crs, dict) else None
    if isinstance(known, dict) and "code" in known:
        code = f"{known.get('authority')}:{known['code']}"
        return str(primary), WGS84_CRS if code == "OGC:CRS84" else code
    return str(primary), orjson.dumps(crs).decode() if isinstance(crs, dict) else str(crs)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value != value:
        return None
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, datetime):
        return value.isoformat()
    return value
