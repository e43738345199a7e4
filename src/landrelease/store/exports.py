"""Files for readers: GeoJSON, GeoParquet, CSV, JSON. Each appears whole or not at all.

The caller has applied the access policy: these writers only write what they are given.
"""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from landrelease.errors import CANNOT_WRITE, LandReleaseError

# What a spreadsheet reads as the start of a formula. Leading blanks are skipped by some of them.
# After an apostrophe it is protected too, so that what was protected can be told from the rest.
_FORMULA = re.compile(r"^[\s\u00a0]*'*[\s\u00a0]*[=+\-@\uff1d\uff0b\uff0d\uff20]|^'*[\t\r\n]")
_PLAIN_NUMBER = re.compile(r"[+-]?\d+(?:[.,]\d+)?(?:[eE][+-]?\d+)?")


@contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` when the block ends well.

    Raises STO-008 where the place cannot be written; nothing is left behind, and an older file
    at `path` stays as it was.
    """
    final = Path(path)
    if not final.name:
        raise LandReleaseError(CANNOT_WRITE, path=final, reason="it is a folder")
    part = final.with_name(f".{final.name}.{os.getpid()}.part")
    try:
        if final.is_dir():
            raise IsADirectoryError(21, "it is a folder")
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())  # whole on the disk before it takes the name
        part.replace(final)
    except OSError as error:
        raise LandReleaseError(
            CANNOT_WRITE, path=final, reason=error.strerror or str(error)) from error
    finally:
        part.unlink(missing_ok=True) if part.parent.is_dir() else None


def write_bytes(path: str | Path, content: bytes) -> None:
    """Write bytes, whole or not at all."""
    with atomic(path) as part:
        part.write_bytes(content)


def write_json(path: str | Path, value: Any) -> None:
    """Write a JSON value: UTF-8, indented; dates as ISO 8601; NaN and infinity become null.

    Takes dataclasses, numpy scalars and arrays, geometries (as GeoJSON) and paths as well.
    """
    import orjson

    write_bytes(path, orjson.dumps(
        value, default=_plain,
        option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
        | orjson.OPT_APPEND_NEWLINE))


def _plain(value: Any) -> Any:
    if isinstance(value, shapely.Geometry):
        return shapely.geometry.mapping(value)
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")


def write_geojson(
    path: str | Path,
    geometries: Sequence[shapely.Geometry | None] | np.ndarray,
    properties: Sequence[Mapping[str, Any]],
    description: str = "",
    decimals: int | None = 7,
) -> None:
    """Write a FeatureCollection by RFC 7946.

    Parameters
    ----------
    geometries : N geometries in degrees (WGS 84, longitude first); None or empty: null.
    properties : N mappings, written in the same order.
    description : words for the reader, a foreign member of the collection (clause 6.1).

    Coordinates are rounded to 7 decimals (about 1 cm); None keeps them whole, for parts that must
    fit each other when they are read again. Outer rings run counter-clockwise.
    Rounding may move an edge by 8 mm: where a layer must keep a direction of doubt (S01, S15) its
    maker left more room than that (access/ground.py).
    """
    import orjson

    shapes = _oriented(geometries, decimals)
    if len(shapes) != len(properties):
        raise ValueError(f"{len(shapes)} geometries for {len(properties)} rows of properties")
    texts = shapely.to_geojson(shapes) if len(shapes) else []
    features = [
        {"type": "Feature",
         "geometry": None if text is None else orjson.Fragment(text),
         "properties": dict(values)}
        for text, values in zip(texts, properties, strict=True)
    ]
    collection: dict[str, Any] = {"type": "FeatureCollection"}
    if description:
        collection["description"] = description
    collection["features"] = features
    write_bytes(path, orjson.dumps(
        collection, default=_plain,
        option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS | orjson.OPT_APPEND_NEWLINE))


def write_geoparquet(
    path: str | Path,
    columns: Mapping[str, Sequence[Any] | np.ndarray],
    geometry: Sequence[shapely.Geometry | None] | np.ndarray,
    description: str = "",
) -> None:
    """Write a table as GeoParquet 1.1: WKB in the column `geometry`, CRS OGC:CRS84 (the default).

    Parameters
    ----------
    columns : name -> N values (lists, numpy or pyarrow arrays); None is null.
    geometry : N geometries in degrees, longitude first; None or empty: null.
    description : words for the reader, in the file's metadata.

    Source: https://geoparquet.org/releases/v1.1.0/
    """
    import orjson
    import pyarrow as pa
    import pyarrow.parquet as pq

    shapes = _oriented(geometry, decimals=None)
    if "geometry" in columns:
        raise ValueError("the column `geometry` is the geometry")
    table: dict[str, Any] = {
        name: values if isinstance(values, (pa.Array, pa.ChunkedArray)) else pa.array(values)
        for name, values in columns.items()
    }
    wkb = shapely.to_wkb(shapes, output_dimension=2, byte_order=1, flavor="iso")
    table["geometry"] = pa.array(list(wkb), type=pa.binary())
    filled = shapes[~shapely.is_missing(shapes)]
    column: dict[str, Any] = {
        "encoding": "WKB",
        "geometry_types": sorted({g.geom_type for g in filled}),
        "orientation": "counterclockwise",
        "edges": "planar",
    }
    if len(filled):
        column["bbox"] = [float(v) for v in shapely.total_bounds(filled)]
    metadata = {b"geo": orjson.dumps({
        "version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}})}
    if description:
        metadata[b"description"] = description.encode()
    with atomic(path) as part:
        pq.write_table(pa.table(table).replace_schema_metadata(metadata), part, compression="zstd")


def _oriented(geometries: Any, decimals: int | None) -> np.ndarray:
    """Geometries as an array, 2D, rings by RFC 7946; empty ones become None."""
    shapes = np.empty(len(geometries), dtype=object)
    shapes[:] = list(geometries)
    shapes[shapely.is_empty(shapes)] = None
    some = ~shapely.is_missing(shapes)
    if not some.any():
        return shapes
    coordinates = shapely.get_coordinates(shapes[some])
    if not np.isfinite(coordinates).all():
        raise ValueError("a geometry has a coordinate that is not a number")
    shapes[some] = shapely.force_2d(shapes[some])
    if decimals is not None:
        shapes[some] = shapely.transform(shapes[some], lambda xy: np.round(xy, decimals))
    shapes[some] = shapely.orient_polygons(shapes[some])
    return shapes


def write_csv(
    path: str | Path,
    rows: Iterable[Mapping[str, Any]],
    columns: Sequence[str] | None = None,
    *,
    bom: bool = False,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Write rows as CSV (RFC 4180, UTF-8); columns in the order given, else as first met.

    `tags` : HXL tags of columns, for a row of them below the headings. `bom` writes the mark by
    which some spreadsheets know UTF-8. None and NaN are empty cells, dates ISO 8601. A text that a
    spreadsheet would run as a formula (it starts with = + - @, a tab or a line break) gets an
    apostrophe before it; numbers, and texts that are plain numbers (also with a decimal comma),
    stay.
    """
    listed = [dict(row) for row in rows]
    names = list(columns) if columns is not None else list(
        dict.fromkeys(name for row in listed for name in row))
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_cell(name) for name in names])
    if tags is not None:
        writer.writerow([tags.get(name, "") for name in names])
    writer.writerows([_cell(row.get(name)) for name in names] for row in listed)
    write_bytes(path, text.getvalue().encode("utf-8-sig" if bom else "utf-8"))


def unprotected(text: str) -> str:
    """A text of a file without the one apostrophe that `write_csv` put before it, if it did."""
    return text[1:] if text[:1] == "'" and _FORMULA.match(text[1:]) else text


def _cell(value: Any) -> Any:
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    text = str(value)
    if _FORMULA.match(text) and not _PLAIN_NUMBER.fullmatch(text):
        return "'" + text
    return text
