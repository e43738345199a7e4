"""The contamination map: hazards, their priors and the effort in, a grid of chances out.

An area that is contaminated does not hold items in every cell. Given contamination (chance π),
items lie as a Poisson process whose density λ is Gamma(α, β), so that a cell of which a m² are
hazardous ground holds at least one item with probability

    P(a) = π (1 - E exp(-λ a)) = π (1 - (β / (β + a))^α).

Density is a stated assumption (`items_per_hectare`, `items_shape`); search, clearance and finds
change the chance cell by cell (`assess/left.py`), over the true overlay of the passes (S06). Search
reassures only the ground that it swept; an item found makes its whole hazard contaminated for
certain.

Cells outside all hazards are NaN: no information, never zero. A cell that a hazard only touches is
never NaN (S15): its edge is not known better than a metre, so it counts as at least 1 m² of
hazardous ground, of which no search takes anything away.

Where hazards overlap, the shared ground enters once, with the higher chance (S10): it is the same
ground, perhaps read from two sheets. Different ground in one cell adds as independent. On top,
no cell falls below what any single hazard alone gives it, in any band.

`last_change` is the last day, counted from 1 January 1970 (UTC), on which a survey, a search, a
decision or a find is on record in the cell; NaN where none of them has a date (not reported).
"""

from __future__ import annotations

import dataclasses
import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import shapely

from landrelease.assess.cells import (
    STRIP_CELLS,
    Grid,
    Layer,
    cell_coverage,
    entries,
    extent_of,
    layer_of,
)
from landrelease.assess.effort import Face, Swept, days_of, faces_of, swept_ground
from landrelease.assess.left import Density, Ground, left
from landrelease.assess.shapes import checked, planar, plane_of, polygons
from landrelease.core.assumption import Assumptions
from landrelease.core.geometry import LocalPlane, joined
from landrelease.core.hazard import Land
from landrelease.core.progress import Progress, silent
from landrelease.core.risk import ContaminationMap, HazardAssessment
from landrelease.core.search import Effort
from landrelease.errors import (
    ASSESS_NO_HAZARDS,
    ASSESSMENT_MISSING,
    CELL_SIZE,
    MAP_GRID,
    LandReleaseError,
)
from landrelease.units import M2_PER_HECTARE

__all__ = ["NAMES", "UNITS", "Grid", "Prepared", "StandingMap", "Window", "cell_coverage",
           "contamination_blocks", "contamination_map", "density_of", "prepare", "standing_map",
           "update_map", "windows_between"]

NAMES = ("probability", "lower", "upper", "coverage", "last_change")
UNITS = ("probability", "probability", "probability", "share of the cell",
         "days since 1970-01-01 UTC")
NO_EFFORT = Effort()
LEAST_M2 = 1.0  # what a touched cell counts as at least
MOST_CELLS = 200_000_000  # 4 GB in five bands; larger grids go through contamination_blocks
BATCH = 200_000  # cells of small windows that are computed together
ROUNDING = 1e-9  # share of a cell by which the exact sums of areas may be wrong
MODEL = "1"  # of this module; a map of another one is drawn anew
STATE = np.dtype([("key", "S8"), ("box", "<i4", 4)])  # what was drawn, and where

Window = tuple[int, int, int, int]  # first row, first column, end of rows, end of columns


def density_of(assumptions: Assumptions) -> Density:
    """Items per m² of contaminated ground. Raises ASS-001 where an assumption cannot be used."""
    items = checked(assumptions, "items_per_hectare")
    shape = checked(assumptions, "items_shape").value
    return Density(shape, items.value / M2_PER_HECTARE, items.low / M2_PER_HECTARE,
                   items.high / M2_PER_HECTARE)


@dataclass(frozen=True, slots=True, eq=False)
class _Drawn:
    """Shapes that are drawn: their hazards, their ground in the plane, the faces of the effort."""

    hazard: np.ndarray  # int64 (S,)
    ground: np.ndarray  # (S,)
    layer: Layer
    tree: shapely.STRtree
    faces: Mapping[int, tuple[Face, ...]]
    # The same faces in a row (F,), by shape: their shape, ground, found shares and boxes of cells.
    face_shape: np.ndarray
    face_ground: np.ndarray
    face_found: np.ndarray
    face_box: np.ndarray


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """All that drawing needs, in the plane of the grid; H hazards."""

    grid: Grid
    density: Density
    ids: tuple[str, ...]
    whole: np.ndarray  # (H,) planar
    chance: np.ndarray  # float64 (H, 3): value, low, high; 1 where something was found
    items: np.ndarray  # int64 (H,) found
    found_m2: np.ndarray  # float64 (H, 3) effective effort
    required_m: np.ndarray  # float64 (H,)
    since: np.ndarray  # float64 (H,) first day on record, NaN
    surveyed: np.ndarray  # float64 (H,) days, NaN
    drawn: tuple[_Drawn, ...]  # disjoint ground; then, whole, the hazards that lost ground to it
    finds: np.ndarray  # int64 (F, 4): hazard, row, column, items
    dated: np.ndarray  # planar ground or points (D,)
    dated_box: np.ndarray  # int64 (D, 4) of cells
    days: np.ndarray  # float64 (D,)
    swept: Swept
    effort: Effort


def contamination_map(
    land: Land,
    assessments: Sequence[HazardAssessment],
    density: Density,
    cell_m: float = 100.0,
    progress: Progress = silent,
    blocks: int = 8,
    effort: Effort = NO_EFFORT,
) -> ContaminationMap:
    """The chance that each cell holds explosive ordnance.

    Parameters
    ----------
    land : every hazard of it is drawn, whatever its status: only a signed decision takes ground
        out (S01, S09), and that is the caller's to apply.
    assessments : one for each hazard, in any order
    density : see `density_of`
    cell_m : side of a cell in m of the equal-area plane centred on the hazards
    blocks : strips of rows that are computed one after the other; the result is the same
    effort : passes, finds and dates; without any the chances are priors

    Returns
    -------
    ContaminationMap
        float32 bands (5, rows, columns), see NAMES and UNITS. NaN outside all hazards, in all five;
        `last_change` is NaN too where no date is on record.

    Raises
    ------
    LandReleaseError
        ASS-002: no hazards. ASS-003: a shape is not valid. ASS-004: assessments do not match.
        ASS-005: cell size, or a grid of too many cells. ASS-201, ASS-206: a pass is not usable.
    """
    return standing_map(land, assessments, density, cell_m, progress, blocks, effort).map


def contamination_blocks(
    land: Land, assessments: Sequence[HazardAssessment], density: Density, cell_m: float,
    rows: int, effort: Effort = NO_EFFORT,
) -> tuple[Grid, Iterator[tuple[int, np.ndarray]]]:
    """The same map in strips, for grids larger than memory.

    Returns the grid, and (first row, float32 bands (5, at most `rows`, columns)) from north to
    south. Raises as `contamination_map`, without a limit on the number of cells.
    """
    ready = prepare(land, assessments, density, cell_m, effort)
    return ready.grid, strips(ready, rows)


def strips(ready: Prepared, rows: int) -> Iterator[tuple[int, np.ndarray]]:
    """(first row, bands) from north to south."""
    grid = ready.grid
    for top in range(0, grid.rows, max(1, rows)):
        window = (top, 0, min(top + max(1, rows), grid.rows), grid.columns)
        yield top, draw(ready, [window])[0]


@dataclass(frozen=True, slots=True, eq=False)
class StandingMap:
    """A map and what it was drawn from, so that a day's reports can be added to it."""

    map: ContaminationMap
    ready: Prepared


def standing_map(
    land: Land, assessments: Sequence[HazardAssessment], density: Density, cell_m: float = 100.0,
    progress: Progress = silent, blocks: int = 8, effort: Effort = NO_EFFORT,
    grid: Grid | None = None,
) -> StandingMap:
    """`contamination_map`, kept for `update_map`. grid : draw on this one (it must hold all)."""
    ready = prepare(land, assessments, density, cell_m, effort, grid)
    grid = ready.grid
    if grid.rows * grid.columns > MOST_CELLS:
        raise LandReleaseError(
            CELL_SIZE, cell_m=f"{cell_m:g}", limit=f"{MOST_CELLS:,}",
            problem=f"the map would have {grid.rows * grid.columns:,} cells")
    bands = np.full((len(NAMES), grid.rows, grid.columns), np.nan, dtype=np.float32)
    step = max(1, min(math.ceil(grid.rows / max(1, blocks)), STRIP_CELLS // grid.columns))
    for top in range(0, grid.rows, step):
        progress("contamination map", top / grid.rows)
        bands[:, top:top + step] = draw(
            ready, [(top, 0, min(top + step, grid.rows), grid.columns)])[0]
    progress("contamination map", 1.0)
    return StandingMap(
        ContaminationMap(grid.proj, grid.west, grid.north, grid.cell_m, bands, NAMES), ready)


def update_map(
    standing: StandingMap, effort: Effort, land: Land | None = None,
    assessments: Sequence[HazardAssessment] | None = None,
) -> tuple[StandingMap, list[Window]]:
    """The standing map with what is known now, and the windows in which it may have changed.

    Only those windows are drawn, in the bands of the standing map, which is the new map's from then
    on. The result is the one of `standing_map` on the same grid, to the last bit.

    effort : all of it, not only what is new. land, assessments : where the hazards or their priors
    changed; without them only passes, finds and dates did.

    Raises ASS-207: a hazard lies outside the grid; draw the map anew. Else as `contamination_map`.
    """
    old = standing.ready
    if (land is None) != (assessments is None):
        raise ValueError("land and assessments belong together")
    if land is None and _only_passes(old.effort, effort):
        new, windows = _with_passes(old, effort)
    else:
        if land is None or assessments is None:
            raise ValueError("finds change the chances of hazards: give land and assessments")
        new = prepare(land, assessments, old.density, old.grid.cell_m, effort, old.grid)
        windows = windows_between(state_of(old), state_of(new), old.grid)
    redraw(new, standing.map.bands, windows)
    return StandingMap(standing.map, new), windows


def redraw(ready: Prepared, bands: np.ndarray, windows: Sequence[Window]) -> None:
    """Draw some disjoint windows of `bands` (5, rows, columns) anew."""
    held: list[Window] = []
    size = 0
    for number, window in enumerate(windows, 1):
        held.append(window)
        size += (window[2] - window[0]) * (window[3] - window[1])
        if size > STRIP_CELLS or number == len(windows):
            for (top, first, bottom, end), part in zip(held, draw(ready, held), strict=True):
                bands[:, top:bottom, first:end] = part
            held, size = [], 0


# --- preparing -----------------------------------------------------------------------------------


def prepare(
    land: Land, assessments: Sequence[HazardAssessment], density: Density, cell_m: float,
    effort: Effort = NO_EFFORT, grid: Grid | None = None,
) -> Prepared:
    """Everything in the plane of the grid. Raises as `contamination_map`, ASS-207."""
    if not (isinstance(cell_m, (int, float)) and math.isfinite(cell_m) and cell_m > 0):
        raise LandReleaseError(CELL_SIZE, cell_m=cell_m, limit=f"{MOST_CELLS:,}",
                               problem="not a number above 0")
    if not land.hazards:
        raise LandReleaseError(ASSESS_NO_HAZARDS)
    chance = _chances(land, assessments)
    plane = plane_of(land) if grid is None else _plane_of_grid(grid, land)
    whole = planar(land.hazards, plane, widen=True)
    grid = _grid(whole, plane, cell_m) if grid is None else _holding(grid, whole)
    ids = tuple(h.id for h in land.hazards)
    required = np.array([effort.required_depth_m.get(i, effort.depth_m) for i in ids], dtype=float)
    since = np.array([days_of(effort.since.get(i)) for i in ids], dtype=float)
    swept = swept_ground(effort.passes, plane, effort.independent)
    finds, items = _finds(effort, ids, whole, plane, grid)
    chance[items > 0] = 1.0
    found_m2 = np.zeros((len(ids), 3))
    for h, faces in faces_of(
            whole, required, since, swept, np.flatnonzero(items).tolist()).items():
        found_m2[h] = _found_m2(faces)
    parted, lost = _part(whole, chance[:, 0])
    kept = np.flatnonzero(~shapely.is_empty(parted))
    drawn = tuple(_drawn(which, ground, required, since, swept, grid) for which, ground in
                  ((kept, parted[kept]), (lost, whole[lost])) if len(which))
    dated = np.empty(len(effort.dated), dtype=object)
    dated[:] = [g for _, g, _ in effort.dated]
    dated = plane.to_plane(dated) if len(dated) else dated
    return Prepared(
        grid, density, ids, whole, chance, items, found_m2, required, since,
        np.array([days_of(effort.surveyed.get(i)) for i in ids]), drawn, finds,
        dated, _boxes(dated, grid), np.array([days_of(day) for _, _, day in effort.dated]), swept,
        effort)


def _drawn(hazard: np.ndarray, ground: np.ndarray, required: np.ndarray, since: np.ndarray,
           swept: Swept, grid: Grid) -> _Drawn:
    faces = faces_of(ground, required[hazard], since[hazard], swept)
    return _with_faces(hazard, ground, layer_of(ground, grid.west, grid.north, grid.cell_m),
                       shapely.STRtree(ground), faces, grid)


def _with_faces(hazard: np.ndarray, ground: np.ndarray, layer: Layer, tree: shapely.STRtree,
                faces: Mapping[int, tuple[Face, ...]], grid: Grid) -> _Drawn:
    row = [(s, face) for s in sorted(faces) for face in faces[s]]
    face_ground = np.empty(len(row), dtype=object)
    face_ground[:] = [face.ground for _, face in row]
    return _Drawn(
        hazard, ground, layer, tree, faces, np.array([s for s, _ in row], dtype=np.int64),
        face_ground, np.array([face.found for _, face in row]).reshape(len(row), 3),
        _boxes(face_ground, grid))


def _found_m2(faces: Sequence[Face]) -> np.ndarray:
    area = shapely.area(np.array([f.ground for f in faces], dtype=object))
    return area @ np.array([f.found for f in faces])


def _grid(whole: np.ndarray, plane: LocalPlane, cell_m: float) -> Grid:
    xmin, ymin, xmax, ymax = (float(v) / cell_m for v in shapely.total_bounds(whole))
    # The same closed reading of "touches" as for cells: no touched cell lies outside the grid.
    west, top, right, bottom = (int(v) for v in extent_of(
        np.array([[xmin, -ymax, xmax, -ymin]]))[0])
    return Grid(plane.proj, west * cell_m, -top * cell_m, float(cell_m), bottom - top, right - west)


def _plane_of_grid(grid: Grid, land: Land) -> LocalPlane:
    known = dict(word[1:].split("=") for word in grid.proj.split() if "=" in word)
    try:
        plane = LocalPlane(float(known["lon_0"]), float(known["lat_0"]))
    except (KeyError, ValueError):
        plane = plane_of(land)
    if plane.proj != grid.proj:
        raise LandReleaseError(MAP_GRID, found=grid.proj)
    return plane


def _holding(grid: Grid, whole: np.ndarray) -> Grid:
    need = _grid(whole, LocalPlane(0.0, 0.0), grid.cell_m)
    east, south = (grid.west + grid.columns * grid.cell_m, grid.north - grid.rows * grid.cell_m)
    if (need.west < grid.west or need.north > grid.north
            or need.west + need.columns * need.cell_m > east
            or need.north - need.rows * need.cell_m < south):
        raise LandReleaseError(MAP_GRID, found="a hazard lies outside it")
    return grid


def _chances(land: Land, assessments: Sequence[HazardAssessment]) -> np.ndarray:
    by_id = {a.hazard_id: a.prior for a in assessments}
    ids = {h.id for h in land.hazards}
    if len(ids) != len(land.hazards) or len(by_id) != len(assessments):
        raise LandReleaseError(ASSESSMENT_MISSING, problem="an identifier occurs twice")
    if by_id.keys() != ids:
        odd = min(by_id.keys() ^ ids)
        side = "hazard" if odd in ids else "assessment"
        raise LandReleaseError(ASSESSMENT_MISSING, problem=f"{side} {odd} stands alone")
    chances = np.array([(p.probability, p.low, p.high) for p in
                        (by_id[h.id] for h in land.hazards)], dtype=float)
    bad = np.flatnonzero(~((chances >= 0) & (chances <= 1)).all(axis=1))
    if len(bad):
        raise LandReleaseError(
            ASSESSMENT_MISSING,
            problem=f"hazard {land.hazards[bad[0]].id} has a chance outside 0 to 1")
    return chances


def _finds(effort: Effort, ids: Sequence[str], whole: np.ndarray, plane: LocalPlane, grid: Grid
           ) -> tuple[np.ndarray, np.ndarray]:
    """Items by hazard and cell (F, 4), and by hazard (H,), those without a place among them."""
    items = np.zeros(len(ids), dtype=np.int64)
    number = {name: h for h, name in enumerate(ids)}
    for name, count in effort.unplaced.items():
        if name in number:
            items[number[name]] += count
    rows = []
    if effort.finds:
        places = plane.to_plane(np.array([f.place for f in effort.finds], dtype=object))
        at, inside = shapely.STRtree(whole).query(places, predicate="intersects")
        hazards: dict[int, set[int]] = {}
        for f, h in zip(at.tolist(), inside.tolist(), strict=True):
            hazards.setdefault(f, set()).add(h)
        for f, find in enumerate(effort.finds):
            if find.hazard_id in number:  # its record says so, wherever it lay
                hazards.setdefault(f, set()).add(number[find.hazard_id])
        xy = shapely.get_coordinates(places)
        column = np.floor((xy[:, 0] - grid.west) / grid.cell_m).astype(np.int64)
        row = np.floor((grid.north - xy[:, 1]) / grid.cell_m).astype(np.int64)
        for f, found in sorted(hazards.items()):
            for h in sorted(found):
                items[h] += effort.finds[f].quantity
                rows.append((h, row[f], column[f], effort.finds[f].quantity))
    return np.array(rows, dtype=np.int64).reshape(-1, 4), items


def _part(ground: np.ndarray, chance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Disjoint ground: what several hazards share stays with the one of the highest chance.

    Returns the parts (H,), some of them empty, and the indices of the hazards that lost ground.
    """
    a, b = shapely.STRtree(ground).query(ground, predicate="intersects")
    a, b = a[a < b], b[a < b]
    shared = shapely.relate_pattern(ground[a], ground[b], "T********")  # not edges alone
    a, b = a[shared], b[shared]
    loser = np.where(chance[a] < chance[b], a, b)  # of equals the later one
    winner = a + b - loser
    parted = ground.copy()
    lost = np.unique(loser)
    for h in lost:
        others = np.sort(winner[loser == h])
        parted[h] = polygons(shapely.difference(ground[h], joined(ground[others])))
    return parted, lost


# --- drawing -------------------------------------------------------------------------------------


def draw(ready: Prepared, windows: Sequence[Window]) -> list[np.ndarray]:
    """The bands (5, rows, columns) of some disjoint windows, drawn together."""
    sizes = [(b - t) * (e - f) for t, f, b, e in windows]
    begin = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    size = int(begin[-1])
    bands = np.full((len(NAMES), size), np.nan, dtype=np.float32)
    unharmed = np.ones((3, size))  # chance that nothing is there
    covered, touched = np.zeros(size), np.zeros(size, dtype=bool)
    last = np.full(size, -np.inf)
    for level, drawn in enumerate(ready.drawn):
        effort = _effort_in(ready, drawn, windows, begin)
        if level == 1:
            np.subtract(1.0, unharmed, out=unharmed)
        for shape, cell, share in _cells(drawn.layer, windows, begin):
            touched[cell] = True
            hazard = drawn.hazard[shape]
            chance = left(_ground(ready, drawn, effort, shape, cell, share), ready.density)
            # In the order of the hazards, so that windows and batches change nothing.
            for b in range(3):
                if level == 0:
                    np.multiply.at(unharmed[b], cell, 1.0 - chance[b])
                else:  # whole hazards of which the first layer draws a part
                    np.maximum.at(unharmed[b], cell, chance[b])
            if level == 0:
                np.add.at(covered, cell, share)
            day = ready.surveyed[hazard]
            np.fmax.at(last, cell, np.where(np.isnan(day), -np.inf, day))
    if len(ready.drawn) == 1:
        np.subtract(1.0, unharmed, out=unharmed)
    _last_changes(ready, last, windows, begin)
    for b in range(3):
        bands[b][touched] = _rounded(unharmed[b][touched], up=b != 1)
    bands[3][touched] = np.minimum(covered[touched], 1.0)
    bands[4][touched] = np.where(np.isfinite(last), last, np.nan)[touched]
    return [bands[:, begin[k]:begin[k + 1]].reshape(len(NAMES), b - t, e - f)
            for k, (t, f, b, e) in enumerate(windows)]


def _cells(layer: Layer, windows: Sequence[Window], begin: np.ndarray
           ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(shape, cell, share) of the touched cells of some windows, the small ones in one batch."""
    held: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    count = 0
    for k, (top, first, bottom, end) in enumerate(windows):
        for shape, row, column, share in entries(layer, top, bottom, first, end):
            cell = begin[k] + (row - top) * (end - first) + (column - first)
            held.append((shape, cell, share))
            count += len(shape)
            if count > BATCH:
                yield _batch(held)
                held, count = [], 0
    if held:
        yield _batch(held)


def _batch(held: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
           ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    shape, cell, share = (np.concatenate(part) for part in zip(*held, strict=True))
    return shape, cell, share


def _near_any(box: np.ndarray, windows: Sequence[Window]) -> np.ndarray:
    """Indices of the boxes of cells that share one with any window."""
    hit = np.zeros(len(box), dtype=bool)
    for top, first, bottom, end in windows:
        hit |= ((box[:, 1] < bottom) & (box[:, 3] > top) & (box[:, 0] < end)
                & (box[:, 2] > first))
    return np.flatnonzero(hit)


def _rounded(value: np.ndarray, *, up: bool) -> np.ndarray:
    """As float32, rounded away from what would claim too much."""
    near = value.astype(np.float32)
    if up:
        return np.where(near < value, np.nextafter(near, np.float32(2)), near)
    return np.where(near > value, np.nextafter(near, np.float32(-1)), near)


@dataclass(frozen=True, slots=True, eq=False)
class _EffortIn:
    """Of pairs of shape and cell, sorted: swept share, found shares, items."""

    key: np.ndarray  # shape * cells of all windows + cell
    size: int
    swept: np.ndarray
    found: np.ndarray  # (K, 3)
    item_key: np.ndarray
    items: np.ndarray


def _effort_in(ready: Prepared, drawn: _Drawn, windows: Sequence[Window], begin: np.ndarray
               ) -> _EffortIn:
    grid, size = ready.grid, int(begin[-1])
    keys, swept, found, item_keys, items = [], [], [], [], []
    f = ready.finds
    near = _near_any(drawn.face_box, windows)
    layer = layer_of(drawn.face_ground[near], grid.west, grid.north, grid.cell_m)
    owner, rates = drawn.face_shape[near], drawn.face_found[near]
    for k, (top, first, bottom, end) in enumerate(windows):
        if len(near):
            for face, row, column, share in entries(layer, top, bottom, first, end):
                keys.append(owner[face] * size + begin[k] + (row - top) * (end - first)
                            + (column - first))
                swept.append(share)
                found.append(share[:, None] * rates[face])
        if not len(f):
            continue
        here = f[(f[:, 1] >= top) & (f[:, 1] < bottom) & (f[:, 2] >= first) & (f[:, 2] < end)]
        for s in np.flatnonzero(np.isin(drawn.hazard, here[:, 0])) if len(here) else ():
            own = here[here[:, 0] == drawn.hazard[s]]
            item_keys.append(s * size + begin[k] + (own[:, 1] - top) * (end - first)
                             + (own[:, 2] - first))
            items.append(own[:, 3].astype(float))
    key, total, parts = _summed(keys, swept, found)
    item_key, item_total, _ = _summed(item_keys, items, [np.zeros((len(i), 3)) for i in items])
    return _EffortIn(key, size, total, parts, item_key, item_total)


def _summed(keys: list[np.ndarray], one: list[np.ndarray], three: list[np.ndarray]
            ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if not keys:
        return np.zeros(0, dtype=np.int64), np.zeros(0), np.zeros((0, 3))
    key, index = np.unique(np.concatenate(keys), return_inverse=True)
    total, parts = np.zeros(len(key)), np.zeros((len(key), 3))
    np.add.at(total, index, np.concatenate(one))
    np.add.at(parts, index, np.concatenate(three))
    return key, total, parts


def _ground(ready: Prepared, drawn: _Drawn, effort: _EffortIn, shape: np.ndarray, cell: np.ndarray,
            share: np.ndarray) -> Ground:
    hazard = drawn.hazard[shape]
    cell_m2 = ready.grid.cell_m ** 2
    area = np.maximum(share * cell_m2, min(LEAST_M2, cell_m2))
    key = shape.astype(np.int64) * effort.size + cell
    at, there = _found_in(effort.key, key)
    swept, found = np.zeros(len(key)), np.zeros((len(key), 3))
    if there.any():
        # Less by what rounding may have added, and never more than there is.
        most = np.minimum(effort.swept[at], share[there])
        scale = np.where(effort.swept[at] > 0, np.maximum(most - ROUNDING, 0.0)
                         / np.where(effort.swept[at] > 0, effort.swept[at], 1.0), 0.0)
        swept[there] = effort.swept[at] * scale * cell_m2
        found[there] = effort.found[at] * scale[:, None] * cell_m2
    items = np.zeros(len(key))
    at, there = _found_in(effort.item_key, key)
    items[there] = effort.items[at]
    return Ground(ready.chance[hazard], area, swept, found, items, ready.items[hazard],
                  ready.found_m2[hazard])


def _found_in(keys: np.ndarray, key: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if not len(keys):
        return np.zeros(0, dtype=np.int64), np.zeros(len(key), dtype=bool)
    at = np.minimum(np.searchsorted(keys, key), len(keys) - 1)
    there = keys[at] == key
    return at[there], there


def _last_changes(ready: Prepared, last: np.ndarray, windows: Sequence[Window], begin: np.ndarray
                  ) -> None:
    grid = ready.grid
    near = _near_any(ready.dated_box, windows)
    if not len(near):
        return
    flat = np.isin(shapely.get_type_id(ready.dated[near]), (3, 6))
    ground, spots = near[flat], near[~flat]
    layer = layer_of(ready.dated[ground], grid.west, grid.north, grid.cell_m)
    points, at = shapely.get_coordinates(ready.dated[spots], return_index=True)
    row_of = np.floor((grid.north - points[:, 1]) / grid.cell_m).astype(np.int64)
    column_of = np.floor((points[:, 0] - grid.west) / grid.cell_m).astype(np.int64)
    for k, (top, first, bottom, end) in enumerate(windows):
        for shape, row, column, _ in entries(layer, top, bottom, first, end):
            np.maximum.at(last, begin[k] + (row - top) * (end - first) + (column - first),
                          ready.days[ground[shape]])
        if len(points):
            inside = ((row_of >= top) & (row_of < bottom) & (column_of >= first)
                      & (column_of < end))
            cell = begin[k] + (row_of - top) * (end - first) + (column_of - first)
            np.maximum.at(last, cell[inside], ready.days[spots[at[inside]]])


def _boxes(ground: np.ndarray, grid: Grid) -> np.ndarray:
    box = shapely.bounds(ground).reshape(-1, 4)
    if not len(box):
        return np.zeros((0, 4), dtype=np.int64)
    box = np.where(np.isnan(box), 0.0, box)
    return extent_of(np.column_stack([
        (box[:, 0] - grid.west) / grid.cell_m, (grid.north - box[:, 3]) / grid.cell_m,
        (box[:, 2] - grid.west) / grid.cell_m, (grid.north - box[:, 1]) / grid.cell_m]))


# --- what changed --------------------------------------------------------------------------------


def settings_of(ready: Prepared) -> str:
    """A word that is the same for maps that can be updated into each other."""
    return hashlib.sha256(repr((
        MODEL, dataclasses.astuple(ready.density), ready.effort.independent,
        dataclasses.astuple(ready.grid))).encode()).hexdigest()[:16]


def state_of(ready: Prepared) -> np.ndarray:
    """What is drawn and where: a row (STATE) for each shape, face and dated place.

    Two maps of the same settings differ only in the boxes of rows that one has and the other has
    not.
    """
    keys: list[bytes] = []
    boxes: list[np.ndarray] = []
    cells: dict[int, list[tuple[int, ...]]] = {}
    for h, row, column, count in ready.finds.tolist():
        cells.setdefault(h, []).append((row, column, count))
    for level, drawn in enumerate(ready.drawn):
        ground = shapely.to_wkb(drawn.ground)
        for s, h in enumerate(drawn.hazard.tolist()):
            said = (level, ready.ids[h], ready.chance[h].tolist(), int(ready.items[h]),
                    ready.found_m2[h].tolist() if ready.items[h] else 0, repr(ready.surveyed[h]),
                    sorted(cells.get(h, ())))
            keys.append(_digest(repr(said).encode(), ground[s]))
        boxes.append(drawn.layer.extent)
        for s, faces in drawn.faces.items():
            shapes = np.array([f.ground for f in faces], dtype=object)
            name = repr((level, ready.ids[int(drawn.hazard[s])])).encode()
            keys += [_digest(name, repr(f.found).encode(), wkb)
                     for f, wkb in zip(faces, shapely.to_wkb(shapes), strict=True)]
            boxes.append(_boxes(shapes, ready.grid))
    if len(ready.dated):
        keys += [_digest(repr(day).encode(), wkb) for day, wkb in
                 zip(ready.days.tolist(), shapely.to_wkb(ready.dated), strict=True)]
        boxes.append(ready.dated_box)
    state = np.zeros(len(keys), dtype=STATE)
    state["key"] = keys
    state["box"] = np.concatenate(boxes)
    return state


def _digest(*parts: bytes) -> bytes:
    digest = hashlib.blake2b(digest_size=8)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    # numpy drops zero bytes at the end of a string; without any, none is lost.
    return digest.digest().replace(b"\0", b"\1")


def windows_between(old: np.ndarray, new: np.ndarray, grid: Grid) -> list[Window]:
    """Disjoint windows of the grid that hold every cell in which two states may differ."""
    boxes = []
    for one, other in ((old, new), (new, old)):
        boxes.append(one["box"][~np.isin(one["key"], other["key"])])
        # The same row twice in one and once in the other would be a change as well.
        key, count = np.unique(one["key"], return_counts=True)
        several = set(key[count > 1].tolist())
        twice = [i for i, k in enumerate(one["key"].tolist()) if k in several] if several else []
        boxes.append(one["box"][twice])
    return _disjoint(np.concatenate(boxes).reshape(-1, 4), grid)


def _disjoint(boxes: np.ndarray, grid: Grid) -> list[Window]:
    """Extents (B, 4) as windows; those that overlap are joined into one around them."""
    found: list[Window] = []
    for left_, top, right, bottom in boxes.tolist():
        window = (max(top, 0), max(left_, 0), min(bottom, grid.rows), min(right, grid.columns))
        if window[0] >= window[2] or window[1] >= window[3]:
            continue
        while True:
            hit = [w for w in found if w[0] < window[2] and window[0] < w[2]
                   and w[1] < window[3] and window[1] < w[3]]
            if not hit:
                break
            found = [w for w in found if w not in hit]
            all_ = [*hit, window]
            window = (min(w[0] for w in all_), min(w[1] for w in all_),
                      max(w[2] for w in all_), max(w[3] for w in all_))
        found.append(window)
    # One window too many cells for memory is drawn in strips.
    return sorted(part for w in found for part in _strips_of(w))


def _strips_of(window: Window) -> Iterator[Window]:
    top, first, bottom, end = window
    step = max(1, STRIP_CELLS // (end - first))
    for row in range(top, bottom, step):
        yield row, first, min(row + step, bottom), end


def _only_passes(old: Effort, new: Effort) -> bool:
    """Whether two efforts differ in passes and dates alone."""
    return all(a is b or a == b for a, b in (
        (old.finds, new.finds), (old.unplaced, new.unplaced), (old.surveyed, new.surveyed),
        (old.since, new.since), (old.required_depth_m, new.required_depth_m),
        (old.depth_m, new.depth_m), (old.independent, new.independent)))


def _with_passes(old: Prepared, effort: Effort) -> tuple[Prepared, list[Window]]:
    """Other passes and dates; only the shapes that they touch are looked at."""
    plane = LocalPlane(*_centre(old.grid))
    before = {p.id: p for p in old.effort.passes}
    after = {p.id: p for p in effort.passes}
    gone = [i for i, p in before.items() if after.get(i) is not p and after.get(i) != p]
    come = [i for i, p in after.items() if before.get(i) is not p and before.get(i) != p]
    fresh = swept_ground([after[i] for i in come], plane, effort.independent)
    ids = [p.id for p in sorted(old.effort.passes, key=lambda p: p.id)]
    index = {name: i for i, name in enumerate(ids)}
    left_out = old.swept.ground[[index[i] for i in gone]]
    swept = _joined(old.swept, ids, set(gone), fresh, come)
    moved = np.concatenate([left_out, fresh.ground]) if gone or come else fresh.ground
    found_m2, boxes = old.found_m2, []
    drawn = []
    for one in old.drawn:
        touched = (np.unique(one.tree.query(moved, predicate="intersects")[1])
                   if len(moved) else np.zeros(0, dtype=int))
        other_shapes = set(touched.tolist())
        faces = {s: f for s, f in one.faces.items() if s not in other_shapes}
        again = faces_of(one.ground, old.required_m[one.hazard], old.since[one.hazard], swept,
                         touched.tolist())
        for s in touched.tolist():
            was = {(shapely.to_wkb(f.ground), f.found): f for f in one.faces.get(s, ())}
            is_ = {(shapely.to_wkb(f.ground), f.found): f for f in again.get(s, ())}
            other = [f.ground for k, f in (was | is_).items() if (k in was) != (k in is_)]
            if other:
                boxes.append(_boxes(np.array(other, dtype=object), old.grid))
        drawn.append(_with_faces(one.hazard, one.ground, one.layer, one.tree, {**faces, **again},
                                 old.grid))
    hit = np.flatnonzero(old.items)
    if len(hit) and len(moved):
        near = hit[shapely.intersects(old.whole[hit], joined(moved))]
        found_m2 = old.found_m2.copy()
        again = faces_of(old.whole, old.required_m, old.since, swept, near.tolist())
        for h in near.tolist():
            found_m2[h] = _found_m2(again[h]) if h in again else 0.0
        changed = (found_m2 != old.found_m2).any(axis=1)
        # All of its ground reads the density of the whole hazard.
        boxes += [one.layer.extent[changed[one.hazard]] for one in drawn]
    dated, dated_box, days = old.dated, old.dated_box, old.days
    if effort.dated is not old.effort.dated:
        stays, came, went = _dated_since(old.effort.dated, effort.dated)
        arrived = np.empty(len(came), dtype=object)
        arrived[:] = [effort.dated[k][1] for k in came]
        arrived = plane.to_plane(arrived) if len(arrived) else arrived
        dated = np.empty(len(effort.dated), dtype=object)
        dated_box = np.empty((len(effort.dated), 4), dtype=np.int64)
        here, there = np.array(stays, dtype=int).reshape(-1, 2).T
        dated[here], dated_box[here] = old.dated[there], old.dated_box[there]
        dated[came], dated_box[came] = arrived, _boxes(arrived, old.grid)
        days = np.array([days_of(day) for _, _, day in effort.dated])
        boxes += [dated_box[came], old.dated_box[went]]
    new = dataclasses.replace(old, drawn=tuple(drawn), swept=swept, found_m2=found_m2,
                              dated=dated, dated_box=dated_box, days=days, effort=effort)
    return new, _disjoint(np.concatenate(boxes) if boxes else np.zeros((0, 4)), old.grid)


def _dated_since(old: Sequence[Any], new: Sequence[Any]
                 ) -> tuple[list[tuple[int, int]], list[int], list[int]]:
    """(new, old) places of what stays, places of what came, and of what went."""
    at = {id(entry): k for k, entry in enumerate(old)}
    stays = [(k, at[id(entry)]) for k, entry in enumerate(new) if id(entry) in at]
    same_new, same_old = {k for k, _ in stays}, {k for _, k in stays}
    rest_new = [k for k in range(len(new)) if k not in same_new]
    rest_old = [k for k in range(len(old)) if k not in same_old]
    told = dict(zip(_dated_keys([old[k] for k in rest_old]), rest_old, strict=True))
    came = []
    for key, k in zip(_dated_keys([new[k] for k in rest_new]), rest_new, strict=True):
        if key in told:
            stays.append((k, told.pop(key)))
        else:
            came.append(k)
    return stays, came, sorted(set(rest_old) - {k for _, k in stays})


def _dated_keys(listed: Sequence[Any]) -> list[tuple[str, date, bytes]]:
    if not listed:
        return []
    ground = np.empty(len(listed), dtype=object)
    ground[:] = [g for _, g, _ in listed]
    return [(name, day, wkb) for (name, _, day), wkb in
            zip(listed, shapely.to_wkb(ground).tolist(), strict=True)]


def _centre(grid: Grid) -> tuple[float, float]:
    known = dict(word[1:].split("=") for word in grid.proj.split() if "=" in word)
    return float(known["lon_0"]), float(known["lat_0"])


def _joined(old: Swept, ids: Sequence[str], gone: set[str], fresh: Swept, come: Sequence[str]
            ) -> Swept:
    """The passes that stay and those that came, by id."""
    stay = [i for i, name in enumerate(ids) if name not in gone]
    names = [ids[i] for i in stay] + sorted(come)
    order = sorted(range(len(names)), key=lambda k: names[k])

    def put(a: np.ndarray, b: np.ndarray) -> Any:
        return np.concatenate([a[stay], b])[order]

    ground = put(old.ground, fresh.ground)
    return Swept(ground, put(old.detection, fresh.detection), put(old.depth_m, fresh.depth_m),
                 put(old.days, fresh.days), old.independent, shapely.STRtree(ground))
