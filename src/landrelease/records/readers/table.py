"""A file as read: columns of raw cells and geometries, with what is wrong with single rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
from shapely.geometry.base import BaseGeometry

from landrelease.errors import Message

FORMATS = (".csv, .tsv, .txt (also .gz), .xlsx, .xlsm, .xls, .geojson, "
           ".json (also of Kobo and ArcGIS), .gpkg, .gdb, .shp, .kml, .kmz, .gpx, .parquet, "
           ".geoparquet, .xml (maXML, submissions of forms), .zip")
WGS84_CRS = "EPSG:4326"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is read. Settings, with defaults that fit the memory of a small office machine."""

    vertices: int = 1_000_000  # of one geometry; more is quarantined and kept in the stored file
    bytes: int = 2_000_000_000  # of one file
    unpacked_bytes: int = 1_000_000_000  # of what an archive holds, declared or real
    unpacked_times: int = 200  # the packed size, for archives that unpack to over 100 MB
    cells: int = 50_000_000  # rows times columns of one table
    xml_depth: int = 100  # elements inside elements


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


class Cells(Mapping[str, Sequence[Any]]):
    """Heading -> column of N cells. A column is made when it is asked for, and then kept."""

    def __init__(self, columns: Sequence[str], make: Callable[[str], Sequence[Any]]):
        self._columns, self._make = columns, make
        self._made: dict[str, Sequence[Any]] = {}
        self._names = frozenset(columns)

    def __getitem__(self, heading: str) -> Sequence[Any]:
        if heading not in self._names:
            raise KeyError(heading)
        if heading not in self._made:
            self._made[heading] = self._make(heading)
        return self._made[heading]

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __contains__(self, heading: object) -> bool:
        return heading in self._names


_NOTHING: Mapping[int, Any] = MappingProxyType({})
_NO_TAGS: Mapping[str, str] = MappingProxyType({})


class SourceTable:
    """A file as read. `crs` is what the file or its format states, "" where nothing is stated.

    It holds either rows or columns; the other form is made when it is first asked for. Work on
    `cells`, `geometries` and `problems` where there are many rows.

    Attributes
    ----------
    source : SHA-256 of `content`.
    content : the file; for a Shapefile or a geodatabase a zip of its parts, always the same bytes.
    cells : heading -> N raw cells (list or array of objects); None where a row has no such cell.
    geometries : array of N shapely geometries or None in `crs`; None without `has_geometry`.
    row_numbers : int array (N,), rows of data from 1.
    problems, geometry_problems : index of the row -> what is wrong with it.
    extras : index of the row -> cells beyond the last heading, "(cell 4)" -> text.
    tags : heading -> HXL tag that the file gives the column, as it stands.
    notes : about the file as a whole.
    """

    __slots__ = ("_cells", "_geometries", "_numbers", "_rows", "columns", "content", "crs",
                 "extras", "file", "geometry_problems", "has_geometry", "layer", "notes",
                 "problems", "source", "tags")

    def __init__(self, file: str, source: str, content: bytes, crs: str, columns: tuple[str, ...],
                 rows: Sequence[SourceRow] | None, has_geometry: bool,
                 notes: tuple[Problem, ...] = (), layer: str = "", *,
                 cells: Mapping[str, Sequence[Any]] | None = None, count: int | None = None,
                 geometries: np.ndarray | None = None,
                 problems: Mapping[int, Problem] = _NOTHING,
                 geometry_problems: Mapping[int, Problem] = _NOTHING,
                 extras: Mapping[int, Mapping[str, Any]] = _NOTHING,
                 tags: Mapping[str, str] = _NO_TAGS):
        self.tags = tags
        self.file, self.source, self.content, self.crs = file, source, content, crs
        self.columns, self.has_geometry = tuple(columns), has_geometry
        self.notes, self.layer = tuple(notes), layer
        self._rows: tuple[SourceRow, ...] | None = None
        self._cells, self._geometries = cells, geometries
        if rows is not None:
            self._rows = tuple(rows)
            self._numbers = np.array([r.row for r in self._rows], dtype=np.int64)
            problems = {i: r.problem for i, r in enumerate(self._rows) if r.problem is not None}
            geometry_problems = {i: r.geometry_problem for i, r in enumerate(self._rows)
                                 if r.geometry_problem is not None}
            known = frozenset(self.columns)
            extras = {i: more for i, r in enumerate(self._rows)
                      if (more := {k: v for k, v in r.values.items() if k not in known})}
        else:
            if cells is None or count is None:
                raise ValueError("a table needs rows, or cells and their count")
            self._numbers = np.arange(1, count + 1, dtype=np.int64)
        self.problems, self.geometry_problems, self.extras = problems, geometry_problems, extras

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def row_numbers(self) -> np.ndarray:
        return self._numbers

    @property
    def cells(self) -> Mapping[str, Sequence[Any]]:
        if self._cells is None:
            rows = self._rows or ()
            self._cells = Cells(self.columns, lambda name: [r.values.get(name) for r in rows])
        return self._cells

    @property
    def geometries(self) -> np.ndarray | None:
        if not self.has_geometry:
            return None
        if self._geometries is None:
            self._geometries = np.empty(len(self), dtype=object)
            for i, row in enumerate(self._rows or ()):
                self._geometries[i] = row.geometry
        return self._geometries

    @property
    def rows(self) -> tuple[SourceRow, ...]:
        """Every row with a dictionary of its cells: slow and large for many rows."""
        if self._rows is None:
            cells, names = self.cells, self.columns
            columns = [_as_list(cells[name]) for name in names]
            shapes = self._geometries if self._geometries is not None else [None] * len(self)
            rows = []
            for i in range(len(self)):
                values = {n: c[i] for n, c in zip(names, columns, strict=True)}
                if i in self.extras:
                    values.update(self.extras[i])
                rows.append(SourceRow(i + 1, values, shapes[i], self.geometry_problems.get(i),
                                      self.problems.get(i)))
            self._rows = tuple(rows)
        return self._rows

    def named(self, file: str, source: str, content: bytes) -> SourceTable:
        """The same table under the name, SHA-256 and bytes of the file that held it."""
        return self._with(file=file, source=source, content=content)

    def noted(self, *notes: Problem) -> SourceTable:
        """The same table with more notes about the file as a whole."""
        return self._with(notes=(*self.notes, *notes))

    def with_problems(self, problems: Mapping[int, Problem]) -> SourceTable:
        """The same table with more that is wrong with rows, by their index."""
        return self._with(problems={**problems, **self.problems})

    def on_layer(self, layer: str) -> SourceTable:
        """The same table under the name of its layer."""
        return self._with(layer=layer)

    def with_note(self, note: Problem) -> SourceTable:
        """The same table with one more remark on the whole of it."""
        return self._with(notes=(*self.notes, note))

    def with_shapes(self, geometries: np.ndarray, crs: str,
                    geometry_problems: Mapping[int, Problem],
                    notes: tuple[Problem, ...] = ()) -> SourceTable:
        """The same cells with geometry made from them."""
        out = SourceTable(self.file, self.source, self.content, crs, self.columns, None, True,
                          (*self.notes, *notes), self.layer, cells=self.cells, count=len(self),
                          geometries=geometries, problems=self.problems,
                          geometry_problems=geometry_problems, extras=self.extras, tags=self.tags)
        out._numbers = self._numbers
        return out

    def _with(self, **changes: Any) -> SourceTable:
        out = object.__new__(SourceTable)
        for name in SourceTable.__slots__:
            setattr(out, name, changes.get(name, getattr(self, name)))
        return out


def _as_list(column: Sequence[Any]) -> Sequence[Any]:
    return column.tolist() if isinstance(column, np.ndarray) else column


def short(error: Any, folder: str = "") -> str:
    """An error of a library in one short line, without the path of a temporary folder."""
    line = " ".join(str(error).split()) or type(error).__name__
    return (line.replace(folder + "/", "").replace(folder, "") if folder else line)[:160]
