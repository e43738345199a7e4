"""Roads: a network of segments between junctions, and closures of ground in time.

Coordinates are WGS 84 longitude and latitude, lengths geodesic. Plain arrays, so that kernels can
read them; nothing here says that a road is safe.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeAlias

import numpy as np
import shapely
from shapely import LineString

from landrelease.core.geometry import WGS84
from landrelease.core.hazard import Ground

Mode: TypeAlias = Literal["driving", "walking"]

# Words of OpenStreetMap's `highway`; any other word, also "not_reported", may be driven and
# walked: a national class list has names of its own.
NOT_DRIVEN = frozenset({"footway", "path", "steps", "cycleway", "bridleway", "pedestrian",
                        "corridor", "elevator", "via_ferrata"})
NOT_WALKED = frozenset({"motorway", "motorway_link"})


@dataclass(frozen=True, slots=True)
class RoadSegment:
    """One segment of a network, for reading; the fields are those of `RoadNetwork`."""

    id: str
    source_id: str
    from_node: str
    to_node: str
    oneway: int
    length_m: float
    road_class: str
    surface: str
    structure: str
    name: str
    line: LineString


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """N nodes (junctions and ends) joined by M segments; segments meet at nodes only.

    Several segments may join the same two nodes, and one may lead back to its own node. Segment m
    runs along `vertices[vertex_start[m]:vertex_start[m + 1]]` (at least two rows, degrees); where
    nodes were snapped, its first or last vertex lies within the tolerance of its node.
    The arrays are read-only.
    """

    node_ids: tuple[str, ...]
    node_place: np.ndarray  # float64 (N, 2) longitude, latitude
    segment_ids: tuple[str, ...]  # unique
    source_ids: tuple[str, ...]  # the source's own number of the road that it is part of
    from_node: np.ndarray  # int32 (M,)
    to_node: np.ndarray  # int32 (M,)
    oneway: np.ndarray  # int8 (M,): 0 both ways, 1 from -> to only, -1 to -> from only
    length_m: np.ndarray  # float64 (M,) geodesic
    road_class: tuple[str, ...]  # the source's word in lower case, or "not_reported"
    surface: tuple[str, ...]  # the same
    structure: tuple[str, ...]  # "bridge", "tunnel", "ford"; "" where the source names none
    name: tuple[str, ...]
    vertex_start: np.ndarray  # int64 (M + 1,)
    vertices: np.ndarray  # float64 (V, 2) longitude, latitude

    def __post_init__(self) -> None:
        count = len(self.segment_ids)
        for name in ("source_ids", "from_node", "to_node", "oneway", "length_m", "road_class",
                     "surface", "structure", "name"):
            if len(getattr(self, name)) != count:
                raise AssertionError(f"{name} has {len(getattr(self, name))} values, not {count}")
        if len(self.vertex_start) != count + 1 or len(self.node_ids) != len(self.node_place):
            raise AssertionError("the arrays of the road network do not fit each other")
        for name in ("node_place", "from_node", "to_node", "oneway", "length_m", "vertex_start",
                     "vertices"):
            view = getattr(self, name).view()
            view.flags.writeable = False
            object.__setattr__(self, name, view)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north in degrees."""
        low, high = self.vertices.min(axis=0), self.vertices.max(axis=0)
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def lines(self) -> np.ndarray:
        """LineStrings (M,) in degrees."""
        index = np.repeat(np.arange(len(self.segment_ids)), np.diff(self.vertex_start))
        return shapely.linestrings(self.vertices, indices=index)

    def segment(self, m: int) -> RoadSegment:
        """Segment m, 0 <= m < M, as one value."""
        line = shapely.linestrings(self.vertices[self.vertex_start[m]:self.vertex_start[m + 1]])
        return RoadSegment(
            self.segment_ids[m], self.source_ids[m], self.node_ids[self.from_node[m]],
            self.node_ids[self.to_node[m]], int(self.oneway[m]), float(self.length_m[m]),
            self.road_class[m], self.surface[m], self.structure[m], self.name[m], line)

    def passable(self, mode: Mode) -> np.ndarray:
        """bool (M,): whether segments of this class are driven or walked at all."""
        not_used = NOT_DRIVEN if mode == "driving" else NOT_WALKED
        return np.array([word not in not_used for word in self.road_class], dtype=bool)


@dataclass(frozen=True, slots=True)
class Closure:
    """Ground on which nobody may work or travel, from the first to the last day (both count).

    `ends` None: until further notice. Closures in force are never public (S16).
    """

    id: str
    kind: str  # shelling, drones, weather, demolition, ...; the source's word
    ground: Ground
    starts: date
    ends: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Place:
    """A base, or a community with its people; `people` None: not reported (S12)."""

    id: str
    name: str
    longitude: float
    latitude: float
    people: int | None


def part_lengths_m(vertices: np.ndarray, vertex_start: np.ndarray) -> np.ndarray:
    """Geodesic lengths (M,) in m of lines, given as vertices (V, 2) in degrees and starts (M + 1,).

    Source: C. F. F. Karney, Algorithms for geodesics, J. Geodesy 87 (2013), as in PROJ.
    """
    if len(vertex_start) < 2:
        return np.zeros(0)
    step = np.zeros(len(vertices))  # step[i]: from vertex i to i + 1 of the same line
    if len(vertices) > 1:
        step[:-1] = WGS84.inv(*vertices[:-1].T, *vertices[1:].T)[2]
    step[np.asarray(vertex_start[1:]) - 1] = 0.0  # the last vertex of a line leads nowhere
    return np.add.reduceat(step, np.asarray(vertex_start[:-1]))
