"""Several machines on one piece of ground: lanes divided, and who waits for whom where. Metres.

The stretches of one plan are divided among the machines by strips across the swaths. A machine
drives its path stretch by stretch and may have to hold before one until others have left theirs.
Holds keep the distance whatever the speeds: two stretches that come nearer than the distance are
never driven at one time. The times are those of stated speeds.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import FLEET_APART, FLEET_COUNT, LandReleaseError
from landrelease.operate import lanes
from landrelease.operate.lanes import Drive, LanePlan

LEAST_STRETCH_M = 5.0  # stretches are not cut shorter than this
MOST_MACHINES = 8
_OFF_CORNER_M = 0.01
BOTH_WAYS = 5  # up to so many machines, each way round of every path is tried


@dataclass(frozen=True, slots=True)
class Hold:
    """Before its stretch begins, `machine` must have left its stretch of that number (from 0)."""

    machine: int
    stretch: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a drive. Times in s from the start of work, at the stated speeds."""

    drive: Drive
    start_s: float
    leave_s: float  # when the machine begins the next, or is off the ground
    holds: tuple[Hold, ...]


@dataclass(frozen=True, slots=True)
class FleetPlan:
    """`paths` (N,): the stretches of each machine; `plan`: the ground, as for one machine."""

    plan: LanePlan
    paths: tuple[tuple[Stretch, ...], ...]
    apart_m: float  # between the bodies of two machines, at all times
    radius_m: float

    @property
    def seconds(self) -> float:
        return max((path[-1].leave_s for path in self.paths if path), default=0.0)


def plan_fleet(allowed: BaseGeometry, speeds_m_s: Sequence[float], *, apart_m: float,
               width_m: float, overlap_m: float = 0.0, radius_m: float | None = None,
               entry: tuple[float, float] | None = None, headland_first: bool = False,
               safe: BaseGeometry | None = None) -> FleetPlan:
    """Lanes for N machines of one width that work at one time.

    Parameters
    ----------
    allowed : Polygon or MultiPolygon [m], as for `lanes.plan`
    speeds_m_s : (N,) speed of each; the work is divided by it
    apart_m : least distance between the bodies (discs of `radius_m`) of two machines
    entry : where all come on the ground and leave it, one at a time; off the ground a machine is
        taken to stand where the distance is kept

    headland_first : each machine drives its part of the outer edge before all else, then that of
        other edges
    safe : ground beside the task on which the machines may be and have nothing to do; ways over it
        keep the distance as all others do

    A machine is let onto its next stretch only if the stretch is at least `apart_m` from where the
    others are and an order is left in which all can still finish (so none waits for ever).

    Raises
    ------
    LandReleaseError
        LAN-001 to LAN-003 as `lanes.plan`; LAN-008 number or speed of machines; LAN-009 distance.

    Source: the safe states of the banker's algorithm (Dijkstra 1965) over paths that are given;
    waiting by order of stretches instead of clocks (as in Hönig et al. 2016 for robots).
    """
    many = len(speeds_m_s)
    if not 1 <= many <= MOST_MACHINES or not all(0 < s < math.inf for s in speeds_m_s):
        raise LandReleaseError(FLEET_COUNT, found=f"{many} machines, speeds {list(speeds_m_s)}",
                               most=MOST_MACHINES)
    if not 0 <= apart_m < math.inf:
        raise LandReleaseError(FLEET_APART, found=apart_m)
    whole = lanes.plan(allowed, width_m=width_m, overlap_m=overlap_m, radius_m=radius_m,
                       entry=entry, back=True, headland_first=headland_first, safe=safe)
    radius = lanes.body_radius(width_m, radius_m)
    shares = _divided(lanes.pieces_of(allowed, whole, radius, headland_first=headland_first,
                                      safe=safe), whole, speeds_m_s)
    paths = [_cut(lanes.path_over(own, whole, entry, radius_m=radius,
                                  headland_first=headland_first, allowed=allowed, safe=safe),
                  max(apart_m / 2, LEAST_STRETCH_M)) for own in shares]
    best: tuple[float, list[list[Stretch]]] | None = None
    both = many <= BOTH_WAYS and not headland_first  # backwards the headland would come last
    for turned in itertools.product((False, True), repeat=many if both else 0):
        tried = [[Drive(d.kind, d.xy[::-1]) for d in reversed(path)] if back else path
                 for path, back in zip(paths, turned or (False,) * many, strict=True)]
        timed = _timed(tried, speeds_m_s, apart_m + 2 * radius)
        finish = max((p[-1].leave_s for p in timed if p), default=0.0)
        if best is None or finish < best[0] - 1e-9:
            best = finish, timed
    assert best is not None
    drives = tuple(s.drive for path in best[1] for s in path)
    return FleetPlan(replace(whole, drives=drives), tuple(map(tuple, best[1])), apart_m, radius)


def open_after(ground: BaseGeometry, fleet: FleetPlan, apart_m: float) -> tuple[Hold, ...]:
    """What the machines must have left before people may work on some ground: the last stretch of
    each that comes nearer to it than `apart_m` (from the body). None of them comes back there.
    """
    out = []
    for m, path in enumerate(fleet.paths):
        lines = np.array([_line(s.drive) for s in path], dtype=object)
        near = np.flatnonzero(shapely.dwithin(lines, ground, apart_m + fleet.radius_m))
        if len(near):
            out.append(Hold(m, int(near[-1])))
    return tuple(out)


def _divided(pieces: Sequence[Drive], whole: LanePlan, speeds: Sequence[float]
             ) -> list[list[Drive]]:
    """Pieces by strips across the swaths, each as long as the speed of its machine asks for."""
    open_pieces: list[Drive] = []
    for p in pieces:
        if p.kind == "edge":
            open_pieces += [Drive("edge", xy) for xy in lanes.arcs(
                p.xy, lanes.ARC_STEPS * whole.spacing_m)]
        else:
            open_pieces.append(p)
    angle = math.radians(whole.angle_deg)
    across = np.array([-math.sin(angle), math.cos(angle)])
    middle = np.array([shapely.get_coordinates(shapely.line_interpolate_point(
        _line(p), 0.5, normalized=True))[0] @ across if len(p.xy) > 1 and p.length_m > 0
        else p.xy[0] @ across for p in open_pieces])
    order = np.argsort(middle, kind="stable")
    size = np.array([p.length_m for p in open_pieces])[order]
    done = np.cumsum(size) - size / 2
    bounds = np.cumsum(speeds) / np.sum(speeds) * size.sum()
    belongs = np.minimum(np.searchsorted(bounds, done, side="left"), len(speeds) - 1)
    out: list[list[Drive]] = [[] for _ in speeds]
    for k, m in zip(order, belongs, strict=True):
        out[m].append(open_pieces[k])
    return out


def _cut(drives: Sequence[Drive], longest_m: float) -> list[Drive]:
    """Drives in stretches of at most this length."""
    out = []
    for d in drives:
        parts = max(1, math.ceil(d.length_m / longest_m - 1e-9)) if d.length_m > 0 else 1
        if parts == 1:
            out.append(d)
            continue
        along = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(d.xy, axis=0).T))])
        cuts = np.linspace(0, along[-1], parts + 1)
        for k in range(1, parts):  # never at a corner: within a stretch the bar turns there
            corner = int(np.argmin(np.abs(along - cuts[k])))
            if abs(along[corner] - cuts[k]) < _OFF_CORNER_M and 0 < corner < len(along) - 1:
                cuts[k] = along[corner] + min(
                    _OFF_CORNER_M, 0.1 * float(along[corner + 1] - along[corner]))
        at = np.column_stack([np.interp(cuts, along, d.xy[:, 0]),
                              np.interp(cuts, along, d.xy[:, 1])])
        for k in range(parts):
            inside = d.xy[(along > cuts[k] + 1e-9) & (along < cuts[k + 1] - 1e-9)]
            out.append(Drive(d.kind, np.concatenate([at[[k]], inside, at[[k + 1]]])))
    return out


def _line(d: Drive) -> BaseGeometry:
    # A line of no length is a point: a tree does not find such lines by distance (GEOS 3.13).
    return shapely.LineString(d.xy) if d.length_m > 0 else shapely.Point(d.xy[0])


def _timed(paths: Sequence[Sequence[Drive]], speeds: Sequence[float], apart: float
           ) -> list[list[Stretch]]:
    """When each stretch begins and is left, and the holds that make it so at any speed."""
    many = len(paths)
    shapes = [np.array([_line(d) for d in path], dtype=object) for path in paths]
    near: dict[tuple[int, int], np.ndarray] = {}
    later: dict[tuple[int, int], np.ndarray] = {}  # from this stretch on, ever near that one
    for a, b in itertools.permutations(range(many), 2):
        found = np.zeros((len(paths[a]), len(paths[b])), dtype=bool)
        if found.size:
            first, second = shapely.STRtree(shapes[b]).query(
                shapes[a], predicate="dwithin", distance=apart)
            found[first, second] = True
        near[a, b] = found
        later[a, b] = np.logical_or.accumulate(found[::-1], axis=0)[::-1]
    at = [-1] * many  # the stretch that each is on; -1 before, its number of stretches after
    start = [np.zeros(len(p)) for p in paths]
    leave = [np.zeros(len(p)) for p in paths]
    holds: list[list[tuple[Hold, ...]]] = [[() for _ in p] for p in paths]
    promised = np.full((many, many), -1)  # what each has waited for already
    waiting = [m for m in range(many) if len(paths[m])]
    busy: list[tuple[float, int]] = []
    now = 0.0
    while waiting or busy:
        moved = True
        while moved:
            moved = False
            for m in list(waiting):
                if not _may(m, at, paths, near, later):
                    continue
                waiting.remove(m)
                moved = True
                if at[m] >= 0:
                    leave[m][at[m]] = now
                at[m] += 1
                k = at[m]
                if k == len(paths[m]):
                    continue  # off the ground
                start[m][k] = now
                needed = []
                for other in range(many):
                    if other != m:
                        left = np.flatnonzero(near[m, other][k, :max(at[other], 0)])
                        if len(left) and left[-1] > promised[m, other]:
                            promised[m, other] = left[-1]
                            needed.append(Hold(other, int(left[-1])))
                holds[m][k] = tuple(needed)
                heapq.heappush(busy, (now + paths[m][k].length_m / speeds[m], m))
        if busy:
            now, m = heapq.heappop(busy)
            waiting.append(m)
    return [[Stretch(d, float(start[m][k]), float(leave[m][k]), holds[m][k])
             for k, d in enumerate(paths[m])] for m in range(many)]


def _may(m: int, at: Sequence[int], paths: Sequence[Sequence[Drive]],
         near: dict[tuple[int, int], np.ndarray], later: dict[tuple[int, int], np.ndarray]
         ) -> bool:
    """Whether a machine may begin its next stretch, or leave the ground."""
    following = at[m] + 1
    if following == len(paths[m]):
        return True
    inside = [o for o in range(len(paths)) if o != m and 0 <= at[o] < len(paths[o])]
    if any(near[m, o][following, at[o]] for o in inside):
        return False
    places = {o: at[o] for o in inside} | {m: following}
    while places:  # an order in which all that are on the ground can still leave it
        free = next((a for a, i in places.items() if not any(
            later[a, b][i, j] for b, j in places.items() if b != a)), None)
        if free is None:
            return False
        del places[free]
    return True
