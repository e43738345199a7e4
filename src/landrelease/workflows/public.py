"""What anybody may ask: is this place known to be hazardous, or released? (S14 to S18)

Whoever asks, at whichever edge, gets the public's answer: no role changes it. It rests on the cells
and the released ground of the public's map, computed anew whenever the registry changes, so that it
is never late (S15).
"""

from __future__ import annotations

import dataclasses
import math
import threading
import unicodedata
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from landrelease.access import policy
from landrelease.access.answer import Answer, PublicLand, Release, ReleasedPart, ReportedPart
from landrelease.core.geometry import M_PER_DEGREE
from landrelease.core.lineage import FARTHEST_OFF_M, reach_m
from landrelease.errors import (
    AREA_OF_FEW_CORNERS,
    NAME_NOT_FOUND,
    NOTHING_HAZARDOUS,
    PLACE_NOT_UNDERSTOOD,
    LandReleaseError,
)
from landrelease.workflows import (
    PUBLIC_WIDEN_M,
    is_synthetic,
    load_assumptions,
    load_land,
    programme_bounds,
    public_grid,
    public_ground,
)

if TYPE_CHECKING:
    from datetime import date

    from shapely.geometry.base import BaseGeometry

    from landrelease.core.hazard import Ground, Outcome
    from landrelease.store.registry import Registry
    from landrelease.workflows import PublicGrid
    from landrelease.workflows.cautions import Reported

Bounds = tuple[float, float, float, float]
MOST_CORNERS = 200
MOST_NAMES = 30
_BOUNDS_MARGIN_DEG = 0.5


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A community or an administrative area that a name may mean. `within_m`: its surroundings;
    `off_m`: how far its place may be off (90 %), part of them."""

    id: str
    name: str
    of: str  # municipality, or "" where none is recorded
    kind: str
    place: BaseGeometry
    within_m: float
    off_m: float = 0.0


@dataclass(frozen=True, slots=True)
class PublicView:
    """All that the public's answers and map are made from, of one state of a registry."""

    land: PublicLand
    cell_m: float
    cells: tuple[Ground, ...]
    released: tuple[tuple[Outcome, Ground], ...]
    names: tuple[NamedPlace, ...]
    bounds: Bounds | None  # of the programme's ground, west, south, east, north
    place_m: float  # how far a place that somebody states may be off, m (90 %)
    contact: str
    office: str
    synthetic: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer, and how the question was understood."""

    answer: Answer
    place: BaseGeometry  # degrees
    name: str  # of a community or an area; "" for a place or a drawn area
    within_m: float
    kind: str  # "point", "area", "settlement", "administrative_area"
    contact: str
    office: str
    synthetic: bool


class _Kept:
    """One view a state of a registry; the last two are kept."""

    def __init__(self) -> None:
        self._views: OrderedDict[tuple[str, ...], PublicView] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, registry: Registry) -> PublicView:
        key = state_of(registry)
        with self._lock:
            if key not in self._views:
                self._views[key] = _view(registry)
                while len(self._views) > 2:
                    self._views.popitem(last=False)
            return self._views[key]


def state_of(registry: Registry) -> tuple[str, ...]:
    """What changes whenever an answer could: the chains, what waits, the extension."""
    waiting, number = registry.quarantine_state()
    return (registry.address, registry.head(), f"{waiting} {number}",
            registry.setting("extension") or "")


VIEWS = _Kept()


def contact_of(registry: Registry) -> str:
    """Whom people call, as the programme's extension states it; "" where it does not."""
    from landrelease.workflows.areas import extension_of

    extension = extension_of(registry)
    return "" if extension is None else extension.contact


def _view(registry: Registry) -> PublicView:
    assumptions = load_assumptions(None, registry)
    cells: Sequence[Ground] = ()
    released: list[tuple[Outcome, Ground]] = []
    parts: tuple[ReleasedPart, ...] = ()
    land = load_land(registry, assumptions, for_models=False)
    try:
        grid = public_grid(registry, land)
    except LandReleaseError as error:
        if error.code != NOTHING_HAZARDOUS.code:
            raise
        # Nothing on record that could be shown: there is no information anywhere, but what was
        # reported is told. Its grid is not kept: the first hazard or release says where it lies.
        answering, cell_m = _nothing_but_reports(registry, land.unplaced), 0.0
    else:
        cells, released = public_ground(land, grid)
        parts = tuple(ReleasedPart(
            Release(outcome.outcome_type, outcome.depth_m, outcome.released_on), shape,
            outcome.id not in land.unverified) for outcome, shape in released)
        answering, cell_m = PublicLand(grid.plane, cells, parts, land.unplaced,
                                       reported_cells(registry, grid)), grid.cell_m
    names = _names(registry, assumptions.value("exposure_distance_m"),
                   2.146 * assumptions.value("settlement_error_m"))
    return PublicView(
        answering, cell_m, tuple(cells), tuple(released), names,
        _bounds(registry, cells, [shape for _, shape in released], names),
        assumptions.value("public_place_m"), contact_of(registry), registry.office,
        is_synthetic(registry))


def _nothing_but_reports(registry: Registry, unplaced: bool) -> PublicLand:
    """Where nothing is on record, what was reported is told all the same. Its cells are of a grid
    about a whole degree, which is not kept: anybody may report, and the grid of the registry is
    that of its hazards."""
    from landrelease.core.geometry import LocalPlane
    from landrelease.workflows import PUBLIC_CELL_M, PublicGrid
    from landrelease.workflows.cautions import reported_danger

    plane = LocalPlane(0.0, 0.0)
    parts: list[ReportedPart] = []
    for report in reversed(reported_danger(registry)):
        west, south, east, north = _extent(report.place)
        middle = round((west + east) / 2)
        plane = LocalPlane(float(middle - 360 if middle > 180 else middle),
                           float(round((south + north) / 2)))
        parts += _cells_of([report], PublicGrid(plane, PUBLIC_CELL_M))
    return PublicLand(plane, (), (), unplaced, parts)


def reported_cells(registry: Registry, grid: PublicGrid) -> tuple[ReportedPart, ...]:
    """Open reports of danger as cells of the public's grid, widened as hazards are: where exactly
    somebody stood who reported is nobody's business (S17)."""
    from landrelease.workflows.cautions import reported_danger

    return _cells_of(reported_danger(registry), grid)


def _cells_of(reports: Sequence[Reported], grid: PublicGrid) -> tuple[ReportedPart, ...]:
    from landrelease.access.ground import on_grid, public_hazard_cells

    newest: dict[Ground, date | None] = {}
    boxes = [(report, box) for report in reports for box in _extents(report.place)]
    # Anybody may report, of any place on Earth: what lies beyond the grid is no answer's business.
    there = on_grid([box for _, box in boxes], grid.plane)
    for (report, box), near in zip(boxes, there, strict=True):
        if not near:
            continue
        for cells in public_hazard_cells([box if box.area else box.buffer(1e-7)],
                                         grid.plane, grid.cell_m,
                                         max(PUBLIC_WIDEN_M, report.reach_m)):
            days = [d for d in (newest.get(cells), report.day) if d is not None]
            newest[cells] = max(days, default=None)
    return tuple(ReportedPart(cells, day) for cells, day in newest.items())


def _extents(place: BaseGeometry) -> list[BaseGeometry]:
    """The extent of each part of a place (of very many parts as `extents` gives them). One that
    is larger than any place stands for as much of it round its middle."""
    from landrelease.workflows.waiting_rows import extents

    out = []
    for box in extents(place):
        west, south, east, north = box.bounds
        up = 2 * FARTHEST_OFF_M / M_PER_DEGREE
        wide = up / max(0.05, math.cos(math.radians((south + north) / 2)))
        x, y = (west + east) / 2, (south + north) / 2
        out.append(shapely.box(max(west, x - wide / 2), max(south, y - up / 2),
                               min(east, x + wide / 2), min(north, y + up / 2))
                   if east > west or north > south else shapely.Point(west, south))
    return out


def _extent(place: BaseGeometry) -> Bounds:
    """West, south, east, north of a place; where longitudes meet, east is more than 180."""
    from landrelease.core.geometry import bounds_together

    return bounds_together(np.array([place], dtype=object))


def _names(registry: Registry, around_m: float, error_m: float) -> tuple[NamedPlace, ...]:
    """Communities and areas with what the public sees of them."""
    reader = policy.view(None, kinds=registry.kinds)
    found: list[NamedPlace] = []
    for kind in ("settlement", "administrative_area"):
        accuracy = {r.id: reach_m(r, error_m) for r in registry.records(kind)}
        for r in reader.records(registry.records(kind)):
            name = str(r.values.get("name") or "").strip()
            if not name or r.geometry is None or r.geometry.is_empty:
                continue
            off = accuracy.get(r.id, error_m)
            found.append(NamedPlace(
                r.id, name, str(r.values.get("municipality_name") or ""), kind, r.geometry,
                around_m + off if kind == "settlement" else 0.0,
                off if kind == "settlement" else 0.0))
    return tuple(sorted(found, key=lambda p: (p.name.casefold(), p.of, p.id)))


def _bounds(registry: Registry, cells: Sequence[Ground], released: Sequence[Ground],
            names: Sequence[NamedPlace]) -> Bounds | None:
    stated = programme_bounds(registry)
    if stated is not None:
        return stated
    shapes = [*cells, *released, *(n.place for n in names)]
    if not shapes:
        return None
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    return float(west), float(south), float(east), float(north)


# --- questions -----------------------------------------------------------------------------------


def ask_point(view: PublicView, text: str) -> Reply:
    """The answer for a place as somebody writes it: degrees in any spelling, latitude first, UTM or
    MGRS, on WGS 84. What is written with few decimals is a large place.

    Raises PUB-010: it cannot be read, or has two readings.
    """
    (x, y), off = read_place(view, text)
    return _reply(view, shapely.Point(x, y), view.place_m + off, "point")


def ask_spot(view: PublicView, longitude: float, latitude: float, off_m: float) -> Reply:
    """The answer for a spot on a map, `off_m` the width of what the hand can tell apart, m."""
    return _reply(view, shapely.Point(longitude, latitude), view.place_m + off_m, "point")


def ask_area(view: PublicView, corners: str) -> Reply:
    """The answer for a field, from its corners in order, one a line.

    Raises PUB-010 for a corner that cannot be read, PUB-012 for fewer than three or too many.
    """
    lines = [line for line in (part.strip() for part in corners.splitlines()) if line]
    places = [read_place(view, line) for line in lines[:MOST_CORNERS + 1]]
    if not len({xy for xy, _ in places}) >= 3 or len(places) > MOST_CORNERS:
        raise LandReleaseError(AREA_OF_FEW_CORNERS, found=len(places), most=MOST_CORNERS)
    shape = shapely.Polygon([xy for xy, _ in places])
    return _reply(view, shape, view.place_m + max(off for _, off in places), "area")


def ask_shape(view: PublicView, shape: BaseGeometry, off_m: float) -> Reply:
    """The answer for a drawn area, or for a point, in degrees on WGS 84, which its transformation
    may have put `off_m` off, m (S04)."""
    return _reply(view, shape, view.place_m + off_m,
                  "point" if shape.geom_type == "Point" else "area")


def named(view: PublicView, name: str) -> list[NamedPlace]:
    """What a name may mean: those that are called so, else those that begin so, else those that
    hold it; without regard to capitals, accents and apostrophes, and in either of the scripts of
    Serbian. The municipality may stand behind the name.
    All of them: whoever shows them shows `MOST_NAMES`, and says so.

    Raises PUB-011: there is none.
    """
    wanted = _look(name)
    cyrillic, latin = _is_cyrillic(name), _look(_in_latin(name))
    if wanted:
        # Within a script as it is written; from one script to the other by the letters of both.
        looks = [(_look(p.name), _look(p.of), wanted, p) if _is_cyrillic(p.name) == cyrillic else
                 (_look(_in_latin(p.name)), _look(_in_latin(p.of)), latin, p) for p in view.names]
        for fits in (lambda look, of, said: said in (look, f"{look} {of}"),
                     lambda look, of, said: f"{look} {of}".startswith(said),
                     lambda look, of, said: said in f"{look} {of}" and said not in of):
            found = [p for look, of, said, p in looks if fits(look, of, said)]
            if found:
                return found
    raise LandReleaseError(NAME_NOT_FOUND, found=name.strip()[:80])


def ask_named(view: PublicView, place: NamedPlace) -> Reply:
    """The answer for a community and its surroundings, or for a whole area."""
    return dataclasses.replace(
        _reply(view, place.place, place.within_m, place.kind),
        name=f"{place.name} ({place.of})" if place.of else place.name)


def _reply(view: PublicView, place: BaseGeometry, within_m: float, kind: str) -> Reply:
    return Reply(view.land.answer(place, within_m), place, "", within_m, kind, view.contact,
                 view.office, view.synthetic)


def read_place(view: PublicView, text: str) -> tuple[tuple[float, float], float]:
    """(longitude, latitude) of what somebody wrote, and by how much its rounding may be off, m.

    Raises PUB-010.
    """
    from landrelease.records import coordinates

    cells = {"place": [text.strip()[:200]]}
    notation = coordinates.propose_notation(cells)
    if notation.form == "degrees":  # also where the first number is no latitude
        notation = dataclasses.replace(notation, order="latitude_first")
    bounds = view.bounds
    if bounds is not None:
        west, south, east, north = bounds
        margin = _BOUNDS_MARGIN_DEG
        bounds = west - margin, south - margin, east + margin, north + margin
    try:
        found = coordinates.read_positions(cells, notation, "WGS 84", bounds)
    except LandReleaseError:
        found = None
    if found is None or not np.isfinite(found.xy[0]).all():
        raise LandReleaseError(PLACE_NOT_UNDERSTOOD, found=text.strip()[:80])
    x, y = found.xy[0].tolist()
    off = float(found.accuracy_m[0])
    return (x, y), off if math.isfinite(off) else 0.0


def _look(name: str) -> str:
    """A name without capitals, accents, apostrophes, brackets, commas and doubled blanks; Arabic
    letters that are written one for the other as one of them."""
    plain = unicodedata.normalize("NFKD", name.casefold().translate(_WRITTEN_ALIKE))
    return " ".join("".join(" " if c in "()," else c for c in plain
                            if not unicodedata.combining(c)).split())


_WRITTEN_ALIKE = str.maketrans({**dict.fromkeys("'\u2019\u02bc\u2018`\u00b4\u2032\u02b9\uff07"),
                                "đ": "d", "ł": "l", "ة": "ه", "ى": "ي"})
# Serbian Cyrillic as its Latin letters; letters of other languages stay.
_LATIN = str.maketrans({"љ": "lj", "њ": "nj", "џ": "dž", **dict(zip(
    "абвгдђежзијклмнопрстћуфхцчш", "abvgdđežzijklmnoprstćufhcčš", strict=True))})


def _in_latin(name: str) -> str:
    return name.casefold().translate(_LATIN)


def _is_cyrillic(name: str) -> bool:
    return any("\u0400" <= c <= "\u04ff" for c in name)


# --- as a document -------------------------------------------------------------------------------


def document(reply: Reply) -> Mapping[str, Any]:
    """A reply as plain values: what leaves as JSON."""
    a = reply.answer
    return {
        **({"synthetic": True} if reply.synthetic else {}),
        "answer": a.told, "name": reply.name or None, "kind": reply.kind,
        "within_m": round(reply.within_m, 1),
        "released": [{"outcome_type": r.outcome_type, "depth_m": r.depth_m,
                      "information_date": None if r.released_on is None
                      else r.released_on.isoformat()} for r in a.releases],
        "reasons": list(a.reasons), "nearest_hazardous_cell_m": a.nearest_m,
        "reported_on": None if a.reported_on is None else a.reported_on.isoformat(),
        "towards": a.towards or None, "contact": reply.contact or None,
    }
