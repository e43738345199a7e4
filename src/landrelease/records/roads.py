"""Files of roads, closures and places in; a road network, closures and places out.

Nothing is left out silently: `read == used + merged + left_out`, and each line that was merged,
left out or changed has a finding.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.finding import Finding
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.core.roads import Closure, Place, RoadNetwork
from landrelease.errors import (
    COLUMNS_MISSING,
    DATUM_ASSUMED,
    DATUM_NOT_STATED,
    FILE_CUT_OFF,
    FILE_EMPTY,
    FILE_MISSING,
    FILE_NOT_AS_NAMED,
    FILE_NOT_READABLE,
    FILE_OPEN_FAILED,
    FILE_TOO_LARGE,
    FILE_WITHOUT_ROWS,
    FILE_XML_NOT_ALLOWED,
    GEOMETRY_MISSING,
    GEOMETRY_UNREADABLE,
    GEOMETRY_WRONG_TYPE,
    PLACE_OUT_OF_RANGE,
    POSITION_TRANSFORMED,
    PROJECTED_WITHOUT_CRS,
    ROAD_NOT_A_ROAD,
    ROAD_ONEWAY_UNKNOWN,
    ROAD_POINTS_MISSING,
    LandReleaseError,
)
from landrelease.records import places
from landrelease.records.mapping import fold
from landrelease.records.readers import (
    LIMITS,
    WGS84_CRS,
    Limits,
    SourceRow,
    SourceTable,
    read,
)
from landrelease.records.roads_topology import Told, Ways, join
from landrelease.records.tables import Cells, cells_of, unique
from landrelease.records.values import is_absent, shown

TOLERANCE_M = 1.0  # loose ends of sources without numbered nodes; 0 joins shared vertices only
OSM_ENDINGS = (".osm", ".osm.gz", ".osm.bz2", ".osm.pbf", ".pbf")

# Values of OpenStreetMap's `highway` on lines that nobody can use as a road, or not any more.
NOT_A_ROAD = frozenset({"proposed", "construction", "planned", "abandoned", "razed", "demolished",
                        "dismantled", "disused", "removed", "platform", "rest_area", "services",
                        "no", "bus_stop", "raceway"})
_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("osm_id", "id", "identifier", "road_id", "segment_id", "way_id", "fid", "gid",
           "objectid"),
    "class": ("class", "road_class", "highway", "fclass", "functional_class", "category", "type"),
    "surface": ("surface",),
    "oneway": ("oneway", "one_way"),
    "from_node": ("from_node", "node_from", "start_node", "from", "u"),
    "to_node": ("to_node", "node_to", "end_node", "to", "v"),
    "bridge": ("bridge",), "tunnel": ("tunnel",), "ford": ("ford",),
    "layer": ("layer", "level", "z_order"),
    "name": ("name",), "junction": ("junction",), "area": ("area",),
    "geometry": ("geometry", "wkt", "geom", "the_geom", "shape"),
    "from_longitude": ("from_longitude", "from_lon", "from_lng", "from_x", "start_longitude"),
    "from_latitude": ("from_latitude", "from_lat", "from_y", "start_latitude"),
    "to_longitude": ("to_longitude", "to_lon", "to_lng", "to_x", "end_longitude"),
    "to_latitude": ("to_latitude", "to_lat", "to_y", "end_latitude"),
}
_ENDS = ("from_longitude", "from_latitude", "to_longitude", "to_latitude")


@dataclass(frozen=True, slots=True)
class RoadReading:
    """A file of roads as read. `read == used + merged + left_out`, always; rows of the source."""

    file: str
    source: str  # SHA-256 of the file
    network: RoadNetwork
    read: int
    used: int
    merged: int  # repeat others
    left_out: int
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        if self.read != self.used + self.merged + self.left_out:
            raise AssertionError(f"{self.file}: the counts of roads do not add up")


def read_roads(path: Path | str, *, layer: str | None = None, crs: str = "",
               columns: Mapping[str, str] | None = None, tolerance_m: float = TOLERANCE_M,
               limits: Limits = LIMITS) -> RoadReading:
    """Read a road network and split it at its junctions.

    Parameters
    ----------
    path : OpenStreetMap (.osm, .osm.gz, .osm.bz2, .osm.pbf), GeoPackage, GeoJSON, Shapefile, or
        CSV with a column of WKT lines, or with from_longitude, from_latitude, to_longitude and
        to_latitude (straight lines). Columns from_node and to_node name the nodes of the ends.
    layer : of a GeoPackage.
    crs : coordinate system where the file does not state its own, for example "EPSG:6316".
    columns : the file's name of a column by ours (id, class, surface, oneway, from_node, to_node,
        bridge, tunnel, ford, layer, name, geometry), where it is not found by its usual names.
    tolerance_m : see `roads_topology.join`; not used for OpenStreetMap, whose nodes are numbered.

    One-way: `yes`, `true`, `1` along the line, `-1`, `reverse` against it; `no` or nothing: both.
    In OpenStreetMap a roundabout and a motorway are one-way unless it says `no`. Whether that
    binds is the mode's choice: driving keeps it, walking does not (`plan.reach.graph`).

    Raises
    ------
    LandReleaseError
        FIL-001 to FIL-012, FIL-015, FIL-017: the file as a whole (missing, cut off, entities, not
        what its ending says, no rows, no columns); GEO-001, GEO-002 no datum; GEO-003, GEO-004.
    """
    path = Path(path)
    ending = _osm_ending(path.name)
    told = Told(path.name)
    if ending:
        content = _bytes(path, limits)
        return _reading(path.name, content, *_from_osm(path.name, ending, content, told, limits),
                        0.0, told)
    table = read(path, layer=layer, limits=limits)
    return _reading(path.name, table.content, *_from_table(table, crs, columns or {}, told),
                    tolerance_m, told)


def _reading(file: str, content: bytes, ways: Ways, read_rows: int, tolerance_m: float,
             told: Told) -> RoadReading:
    joined = join(ways, tolerance_m, told) if len(ways.source_id) else None
    if joined is None or joined.network is None:
        raise LandReleaseError(FILE_WITHOUT_ROWS, file=file,
                               found=f"{read_rows} rows, none of them a road that can be used")
    used = np.unique(ways.row[joined.used])
    merged = np.setdiff1d(ways.row[joined.merged], used)
    return RoadReading(file, hashlib.sha256(content).hexdigest(), joined.network, read_rows,
                       len(used), len(merged), read_rows - len(used) - len(merged), told.close())


def network_of_records(records: Sequence[Record], tolerance_m: float = TOLERANCE_M
                       ) -> RoadNetwork | None:
    """The network of recorded road segments (lines in degrees, WGS 84), joined as `read_roads`
    joins a file without numbered nodes; None where no record has a line. The source id of a segment
    is the id of its record.
    """
    told, lines = Told("records"), _Lines()
    for number, record in enumerate(records, 1):
        if record.geometry is None:
            continue
        values = {"id": record.id, "class": record.values.get("road_class"),
                  "surface": record.values.get("surface"), "name": record.values.get("name")}
        for part in shapely.get_parts(record.geometry):
            if part.geom_type == "LineString" and len(xy := shapely.get_coordinates(part)) > 1:
                lines.add(number, values, xy, told)
    return join(lines.ways(None, None), tolerance_m, told).network if lines.row else None


# --- OpenStreetMap -----------------------------------------------------------------------------

def _osm_ending(name: str) -> str:
    lower = name.lower()
    return next((e for e in sorted(OSM_ENDINGS, key=len, reverse=True) if lower.endswith(e)), "")


def _bytes(path: Path, limits: Limits) -> bytes:
    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
    try:
        size = path.stat().st_size
        if size > limits.bytes:
            raise LandReleaseError(FILE_TOO_LARGE, file=path.name, what="the file", found=size,
                                   expected=limits.bytes)
        content = path.read_bytes()
    except OSError as error:
        raise LandReleaseError(FILE_OPEN_FAILED, file=path.name,
                               found=error.strerror or str(error)) from error
    if not content.strip(b" \t\r\n\x00"):
        raise LandReleaseError(FILE_EMPTY, file=path.name, found=f"{len(content)} bytes")
    return content


def _unpacked(file: str, ending: str, content: bytes, limits: Limits) -> bytes:
    """XML of a packed extract, at most `limits.unpacked_bytes` of it."""
    import bz2
    import io
    import zlib

    magic, opened, what = ((b"\x1f\x8b", gzip.open, "a gzip archive") if ending.endswith(".gz")
                           else (b"BZh", bz2.open, "a bzip2 archive"))
    if not content.startswith(magic):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=ending[4:], found="other data",
                               expected=what)
    try:
        with opened(io.BytesIO(content)) as stream:
            out = stream.read(limits.unpacked_bytes + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the compressed data",
                               found=shown(error)) from error
    if len(out) > limits.unpacked_bytes:
        raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the unpacked content",
                               found=f"over {limits.unpacked_bytes}",
                               expected=limits.unpacked_bytes)
    return out


def _from_osm(file: str, ending: str, content: bytes, told: Told, limits: Limits
              ) -> tuple[Ways, int]:
    """Lines with `highway`, with the numbers of their nodes; rows are numbered in file order."""
    import osmium

    form = "pbf" if ending.endswith("pbf") else "osm"
    data = content if form == "pbf" or ending == ".osm" else _unpacked(
        file, ending, content, limits)
    start = data[:512].lstrip()[:64]
    if form == "osm" and not start.startswith((b"<", b"\xef\xbb\xbf<")):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=ending, found="no XML",
                               expected="OpenStreetMap XML")
    if form == "pbf" and (start.startswith(b"<") or b"OSMHeader" not in data[:64]):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=ending, found="other data",
                               expected="an OpenStreetMap extract (.osm.pbf)")
    try:
        roads = []
        for way in osmium.FileProcessor(osmium.io.FileBuffer(data, form), osmium.osm.WAY
                                        ).with_filter(osmium.filter.KeyFilter("highway")):
            if isinstance(way, osmium.osm.Way) and not way.deleted:
                roads.append((way.id, np.array([n.ref for n in way.nodes], dtype=np.int64),
                              dict(way.tags)))
        wanted = (np.unique(np.concatenate([refs for _, refs, _ in roads]))
                  if roads else np.zeros(0, dtype=np.int64))
        spot = np.full((len(wanted), 2), np.nan)
        known = wanted.tolist()
        index = {number: i for i, number in enumerate(known)}
        for node in osmium.FileProcessor(osmium.io.FileBuffer(data, form), osmium.osm.NODE
                                         ).with_filter(osmium.filter.IdFilter(known)):
            if isinstance(node, osmium.osm.Node) and node.location.valid():
                spot[index[node.id]] = node.location.lon, node.location.lat
    # What osmium says of a broken file comes as one of these, with the place in its text.
    except (RuntimeError, ValueError, OSError, osmium.InvalidLocationError) as error:
        words = shown(error)
        if "entit" in words.lower():
            raise LandReleaseError(FILE_XML_NOT_ALLOWED, file=file) from error
        raise LandReleaseError(FILE_NOT_READABLE, file=file, found=words,
                               expected="an OpenStreetMap extract") from error
    lines = _Lines()
    numbers: list[np.ndarray] = []
    for row, (way_id, refs, tags) in enumerate(roads, 1):
        word = str(tags.get("highway", "")).strip().lower()
        reason = (word if word in NOT_A_ROAD else
                  "an area" if tags.get("area") == "yes" else "")
        if reason:
            told.say(ROAD_NOT_A_ROAD, "quarantined", row=row, field="highway",
                     found=str(way_id), class_word=reason)
            continue
        at = np.searchsorted(wanted, refs)
        here = np.isfinite(spot[at, 0])
        if not here.all():
            told.say(ROAD_POINTS_MISSING, "accepted" if here.sum() > 1 else "quarantined", row=row,
                     field="nodes", found=str(len(refs)), missing=int((~here).sum()))
        runs = [r for r in np.split(np.arange(len(refs)), np.flatnonzero(np.diff(here)) + 1)
                if len(r) > 1 and here[r[0]]]
        if not runs:
            if here.all():
                told.say(GEOMETRY_MISSING, "quarantined", row=row, field="nodes",
                         found=f"{len(refs)} points")
            continue
        values = {k: tags.get(k) for k in _NAMES}
        values |= {"class": word, "id": str(way_id)}
        if not tags.get("oneway") and (tags.get("junction") in ("roundabout", "circular")
                                       or word in ("motorway", "motorway_link")):
            values["oneway"] = "yes"
        for run in runs:
            lines.add(row, values, spot[at[run]], told)
            numbers.append(refs[run])
    return lines.ways(np.concatenate(numbers) if numbers else None, None), len(roads)


# --- tables and layers -------------------------------------------------------------------------

class _Lines:
    """Lines while they are read; attributes are brought to our words."""

    def __init__(self) -> None:
        self.row: list[int] = []
        self.text: dict[str, list[str]] = {n: [] for n in (
            "id", "class", "surface", "structure", "name", "level")}
        self.oneway: list[int] = []
        self.parts: list[np.ndarray] = []

    def add(self, row: int, values: Mapping[str, Any], xy: np.ndarray, told: Told) -> None:
        said = {name: _word(values.get(name)) for name in _NAMES}
        bridge, tunnel, ford = (said[n] not in ("", "no", "false", "0", "f")
                                for n in ("bridge", "tunnel", "ford"))
        structure = "bridge" if bridge else "tunnel" if tunnel else "ford" if ford else ""
        height = said["layer"].removesuffix(".0") or "0"
        own = values.get("id")
        self.row.append(row)
        self.text["id"].append(f"row {row}" if is_absent(own) else " ".join(str(own).split()))
        self.text["class"].append(said["class"] or NOT_REPORTED)
        self.text["surface"].append(said["surface"] or NOT_REPORTED)
        self.text["structure"].append(structure)
        name = values.get("name")
        self.text["name"].append("" if is_absent(name) else " ".join(str(name).split()))
        self.text["level"].append(f"{height} {structure if structure != 'ford' else ''}")
        self.oneway.append(_direction(row, said["oneway"], told))
        self.parts.append(xy)

    def ways(self, node: np.ndarray | None, end_node: list[tuple[str, str]] | None) -> Ways:
        start = np.concatenate([[0], np.cumsum([len(p) for p in self.parts])]).astype(np.int64)
        t = self.text
        return Ways(np.array(self.row, dtype=np.int64), t["id"], t["class"], t["surface"],
                    t["structure"], t["name"], t["level"], np.array(self.oneway, dtype=np.int8),
                    start, np.concatenate(self.parts) if self.parts else np.zeros((0, 2)),
                    node, end_node)


def _word(value: Any) -> str:
    if is_absent(value):
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split()).lower()


def _direction(row: int, word: str, told: Told) -> int:
    if word in ("yes", "true", "1", "1.0"):
        return 1
    if word in ("-1", "reverse", "-1.0"):
        return -1
    # "t" and "f" mean true and false in some sources, against and along the line in others.
    if word not in ("", "no", "false", "0", "0.0", "b", "both"):
        told.say(ROAD_ONEWAY_UNKNOWN, "accepted", row=row, field="oneway", found=word)
    return 0


def _from_table(table: SourceTable, crs: str, columns: Mapping[str, str], told: Told
                ) -> tuple[Ways, int]:
    headings = _headings(table, columns)
    with_ends = all(name in headings for name in _ENDS)
    if not table.has_geometry and "geometry" not in headings and not with_ends:
        raise LandReleaseError(COLUMNS_MISSING, file=table.file,
                               found="geometry, or " + ", ".join(_ENDS),
                               expected="a column `geometry` of WKT lines, or " + ", ".join(_ENDS))
    shapes = np.empty(len(table.rows), dtype=object)
    kept = np.ones(len(table.rows), dtype=bool)
    for i, row in enumerate(table.rows):
        shapes[i] = _line_of(row, headings, table.has_geometry, told)
        kept[i] = shapes[i] is not None
    shapes = _in_degrees(table, crs, shapes, with_ends and "geometry" not in headings
                         and not table.has_geometry, told)
    lines = _Lines()
    end_node: list[tuple[str, str]] = []
    for i in np.flatnonzero(kept).tolist():
        row = table.rows[i]
        values = {name: row.values.get(heading) for name, heading in headings.items()}
        word = _word(values.get("class"))
        if word in NOT_A_ROAD:
            told.say(ROAD_NOT_A_ROAD, "quarantined", row=row.row, field=headings["class"],
                     found=shown(values.get("id")), class_word=word)
            continue
        parts = [shapely.get_coordinates(p) for p in shapely.get_parts(shapes[i])]
        xy = np.concatenate(parts) if parts else np.zeros((0, 2))
        if not len(xy) or not (np.isfinite(xy).all() and (np.abs(xy) <= (180, 90)).all()):
            told.say(PLACE_OUT_OF_RANGE, "quarantined", row=row.row, field="geometry",
                     found=_first_bad(xy))
            continue
        names = tuple("" if is_absent(values.get(n)) else _node_name(values[n])
                      for n in ("from_node", "to_node"))
        for k, part in enumerate(parts):
            lines.add(row.row, values, part, told)
            end_node.append((names[0] if k == 0 else "",
                             names[1] if k == len(parts) - 1 else ""))
    return (lines.ways(None, end_node if any(any(e) for e in end_node) else None),
            len(table.rows))


def _headings(table: SourceTable, columns: Mapping[str, str]) -> dict[str, str]:
    """Our names of columns to the file's, found by their usual names or given."""
    there = {fold(h): h for h in reversed(table.columns)}
    out = {}
    for name, usual in _NAMES.items():
        if name in columns:
            if columns[name] not in table.columns:
                raise LandReleaseError(COLUMNS_MISSING, file=table.file, found=columns[name],
                                       expected=", ".join(table.columns))
            out[name] = columns[name]
            continue
        found = next((there[fold(u)] for u in usual if fold(u) in there), None)
        if found is not None:
            out[name] = found
    return out


def _node_name(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return " ".join(str(value).split())


def _line_of(row: SourceRow, headings: Mapping[str, str], own: bool, told: Told
             ) -> BaseGeometry | None:
    """The line of a row in the file's coordinates, or None with a finding."""
    def refuse(message, **facts) -> None:
        told.say(message, "quarantined", row=row.row, field=facts.pop("field", "geometry"),
                 **facts)

    problem = row.problem or row.geometry_problem
    if problem is not None:
        facts = {k: v for k, v in problem.facts.items() if k not in ("file", "row")}
        refuse(problem.message, **facts)
        return None
    shape = row.geometry
    if not own and "geometry" in headings:
        cell = row.values.get(headings["geometry"])
        if not is_absent(cell):
            try:
                shape = shapely.from_wkt(str(cell))
            except (shapely.errors.ShapelyError, ValueError) as error:
                refuse(GEOMETRY_UNREADABLE, found=shown(error))
                return None
    elif not own:
        ends = []
        for name in _ENDS:
            cell = row.values.get(headings[name])
            try:
                ends.append(float(str(cell).strip()))
            except ValueError:
                refuse(GEOMETRY_UNREADABLE, field=headings[name], found=shown(cell) or "empty")
                return None
        shape = shapely.linestrings([ends[:2], ends[2:]])
    if shape is None or shape.is_empty:
        refuse(GEOMETRY_MISSING, found="empty")
        return None
    if shape.geom_type not in ("LineString", "MultiLineString"):
        refuse(GEOMETRY_WRONG_TYPE, found=shape.geom_type, expected="LineString")
        return None
    return shape


def _in_degrees(table: SourceTable, crs: str, shapes: np.ndarray, named_degrees: bool,
                told: Told) -> np.ndarray:
    """Carry lines to WGS 84; a place without a known datum is not a place (S04)."""
    shapes = shapely.force_2d(shapes)
    stated = crs or table.crs
    xy = shapely.get_coordinates(shapes)
    if not stated:
        finite = xy[np.isfinite(xy).all(axis=1)]
        if len(finite) and (np.abs(finite) > (180, 90)).any(axis=1).mean() > 0.5:
            raise LandReleaseError(PROJECTED_WITHOUT_CRS, file=table.file,
                                   found=_first_bad(finite))
        if not named_degrees:
            raise LandReleaseError(DATUM_NOT_STATED, file=table.file, row=1, found="the geometry")
        told.say(DATUM_ASSUMED, "accepted", field="geometry", found="from_ and to_longitude")
        return shapes
    if places.is_wgs84(stated, table.file):
        return shapes
    using = places.carriage(stated, table.file, xy)
    told.say(POSITION_TRANSFORMED, "accepted", field="geometry", found=using.name,
             accuracy=f"{using.accuracy_m:g}", operation=using.operation,
             grid=f"; a more accurate way needs the grid {using.missing_grid}"
             if using.missing_grid else "")
    return places.carry_all(shapes, using)


def _first_bad(xy: np.ndarray) -> str:
    bad = ~(np.isfinite(xy).all(axis=1) & (np.abs(xy) <= (180, 90)).all(axis=1))
    return f"{xy[bad][0][0]:g}, {xy[bad][0][1]:g}" if bad.any() else "no points"


# --- closures and places -----------------------------------------------------------------------

_CLOSURE = {"kind": ("kind", "cause", "reason"), "starts": ("starts", "from", "start", "begins"),
            "ends": ("ends", "to", "until", "end"), "source": ("source", "reported_by")}
EVERYWHERE = "ALL"  # in place of an area: all areas of the file of areas


def read_closures(path: Path | str, *, areas: Path | str | None = None, crs: str = ""
                  ) -> tuple[Closure, ...]:
    """Read closures: areas, with the first and the last day on which nobody may be there.

    path : CSV or XLSX with the columns id, starts (or from), ends (or to) and geometry (WKT
        polygons in WGS 84) or area (the id of an area in `areas`, or ALL for all of them); or a
        GeoJSON, GeoPackage or Shapefile with the first three. kind (or cause) and source (or
        reported_by) may be there. An empty `ends`: until further notice. Of a time its date counts,
        so that a day on which a closure begins or ends is closed.
    areas : file of polygons with the column id.

    Raises
    ------
    LandReleaseError
        FIL-015 missing columns; FIL-021 a wrong cell: a shape that is not an area on Earth, an
        area that is not in the file, days that are no dates or in the wrong order, a number that
        stands twice; GEO-001, GEO-003, GEO-004.
        An area that is not valid is refused too: a closure must not shrink by repair (S01).
    """
    table = read(path)
    there = {fold(h): h for h in reversed(table.columns)}
    names = {name: next((fold(u) for u in usual if fold(u) in there), fold(name))
             for name, usual in _CLOSURE.items()}
    by_area = areas is not None and "area" in there and not table.has_geometry
    place = [] if table.has_geometry else ["area" if by_area else "geometry"]
    cells = cells_of(table, ["id", names["starts"], names["ends"], *place])
    unique(cells, "id")
    known: dict[str, BaseGeometry] = {}
    if by_area:
        of_areas = read(areas)  # type: ignore[arg-type]
        named = cells_of(of_areas, ["id"])
        unique(named, "id")
        known = {named.text(row, "id"): _area_of(named, row, row.geometry, crs)
                 for row in of_areas.rows}
        known.setdefault(EVERYWHERE, shapely.union_all(list(known.values())))

    def optional(row: SourceRow, name: str) -> str:
        value = row.values.get(there.get(names[name], ""))
        return NOT_REPORTED if is_absent(value) else " ".join(str(value).split())

    out = []
    for row in table.rows:
        if by_area:
            said = cells.text(row, "area")
            if said not in known:
                raise cells.wrong(row, "area", said, f"an area of {Path(str(areas)).name}",
                                  "Correct it, or add the area to that file.")
            shape = known[said]
        elif table.has_geometry:
            shape = _area_of(cells, row, row.geometry, crs)
        else:
            try:
                drawn = shapely.from_wkt(cells.text(row, "geometry"))
            except (shapely.errors.ShapelyError, ValueError) as error:
                raise cells.wrong(row, "geometry", error, "a polygon as WKT",
                                  "Draw it again.") from error
            shape = _area_of(cells, row, drawn, crs or WGS84_CRS)
        starts, ends = cells.day(row, names["starts"]), cells.day(row, names["ends"])
        if starts is None:
            raise cells.wrong(row, names["starts"], "empty", "the first day",
                              "Enter the first day.")
        if ends is not None and ends < starts:
            raise cells.wrong(row, names["ends"], ends, f"a day not before {starts}",
                              "Correct one of the two dates.")
        out.append(Closure(cells.text(row, "id"), optional(row, "kind"), shape, starts, ends,
                           optional(row, "source")))
    return tuple(out)


def _area_of(cells: Cells, row: SourceRow, shape: BaseGeometry | None, crs: str) -> BaseGeometry:
    """A valid polygon in degrees, or FIL-021."""
    file = cells.table.file
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon") or shape.is_empty:
        raise cells.wrong(row, "geometry", "empty" if shape is None else shape.geom_type,
                          "a polygon", "Draw the outline of the closed ground.")
    stated = crs or cells.table.crs
    if not stated:
        raise LandReleaseError(DATUM_NOT_STATED, file=file, row=row.row, found="the geometry")
    if not places.is_wgs84(stated, file):
        using = places.carriage(stated, file, shapely.get_coordinates(shape))
        shape = places.carry_all(np.array([shape], dtype=object), using)[0]
    shape = shapely.force_2d(shape)
    west, south, east, north = shape.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise cells.wrong(row, "geometry", f"{west:g}, {south:g}", "longitude and latitude",
                          "Correct the coordinates, or state their coordinate system.")
    if not shape.is_valid:
        raise cells.wrong(row, "geometry", shapely.is_valid_reason(shape), "a valid polygon",
                          "Draw the outline again so that it does not cross itself.")
    return shape


def read_places(path: Path | str) -> tuple[Place, ...]:
    """Read bases or communities: columns id, longitude, latitude; name and population or people
    may be there, and an empty number of people is "not reported" (S12). Degrees, WGS 84.

    Raises FIL-015, FIL-021.
    """
    table = read(path)
    cells = cells_of(table, ("id", "longitude", "latitude"))
    unique(cells, "id")
    there = {fold(h): h for h in reversed(table.columns)}
    counted = next((there[n] for n in ("people", "population") if n in there), "")
    if counted:
        cells.headings["people"] = counted
    out = []
    for row in table.rows:
        name = row.values.get(there.get("name", ""))
        number = row.values.get(counted) if counted else None
        out.append(Place(
            cells.text(row, "id"), "" if is_absent(name) else " ".join(str(name).split()),
            cells.number(row, "longitude", low=-180, high=180),
            cells.number(row, "latitude", low=-90, high=90),
            None if is_absent(number) else int(cells.number(row, "people", low=0, whole=True))))
    return tuple(out)

