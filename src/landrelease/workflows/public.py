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
from landrelease.access.answer import Answer, PublicLand, Release, ReleasedPart
from landrelease.errors import (
    AREA_OF_FEW_CORNERS,
    NAME_NOT_FOUND,
    NOTHING_HAZARDOUS,
    PLACE_NOT_UNDERSTOOD,
    LandReleaseError,
)
from landrelease.workflows import (
    is_synthetic,
    load_assumptions,
    load_land,
    programme_bounds,
    public_grid,
    public_ground,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.core.hazard import Ground, Outcome
    from landrelease.store.registry import Registry

Bounds = tuple[float, float, float, float]
MOST_CORNERS = 200
MOST_NAMES = 30
_BOUNDS_MARGIN_DEG = 0.5


@dataclass(frozen=True, slots=True)
class NamedPlace:
    """A community or an administrative area that a name may mean. `within_m`: its surroundings."""

    id: str
    name: str
    of: str  # municipality, or "" where none is recorded
    kind: str
    place: BaseGeometry
    within_m: float


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
        # Nothing on record that could be shown: then there is no information anywhere.
        from landrelease.core.geometry import LocalPlane

        answering, cell_m = PublicLand(LocalPlane(0.0, 0.0), (), (), land.unplaced), 0.0
    else:
        cells, released = public_ground(land, grid)
        parts = tuple(ReleasedPart(
            Release(outcome.outcome_type, outcome.depth_m, outcome.released_on), shape,
            outcome.id not in land.unverified) for outcome, shape in released)
        answering, cell_m = PublicLand(grid.plane, cells, parts, land.unplaced), grid.cell_m
    names = _names(registry, assumptions.value("exposure_distance_m"),
                   2.146 * assumptions.value("settlement_error_m"))
    return PublicView(
        answering, cell_m, tuple(cells), tuple(released), names,
        _bounds(registry, cells, [shape for _, shape in released], names),
        assumptions.value("public_place_m"), contact_of(registry), registry.office,
        is_synthetic(registry))


def _names(registry: Registry, around_m: float, error_m: float) -> tuple[NamedPlace, ...]:
    """Communities and areas with what the public sees of them."""
    reader = policy.view(None, kinds=registry.kinds)
    found: list[NamedPlace] = []
    for kind in ("settlement", "administrative_area"):
        accuracy = {r.id: r.values.get("position_accuracy_m") for r in registry.records(kind)}
        for r in reader.records(registry.records(kind)):
            name = str(r.values.get("name") or "").strip()
            if not name or r.geometry is None or r.geometry.is_empty:
                continue
            said = accuracy.get(r.id)
            off = float(said) if isinstance(said, (int, float)) else error_m
            found.append(NamedPlace(
                r.id, name, str(r.values.get("municipality_name") or ""), kind, r.geometry,
                around_m + off if kind == "settlement" else 0.0))
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


def ask_shape(view: PublicView, shape: BaseGeometry) -> Reply:
    """The answer for a drawn area, in degrees."""
    return _reply(view, shape, view.place_m, "area")


def named(view: PublicView, name: str) -> list[NamedPlace]:
    """What a name may mean: those that are called so, else those that begin so, else those that
    hold it; without regard to capitals and accents. At most 30.

    Raises PUB-011: there is none.
    """
    wanted = _look(name)
    looks = [(_look(p.name), p) for p in view.names]
    if wanted:
        for fits in (lambda look: look == wanted, lambda look: look.startswith(wanted),
                     lambda look: wanted in look):
            found = [p for look, p in looks if fits(look)]
            if found:
                return found[:MOST_NAMES]
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
    """A name without capitals, accents and doubled blanks."""
    plain = unicodedata.normalize("NFKD", name.casefold()).replace("đ", "d").replace("ł", "l")
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


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
        "towards": a.towards or None, "contact": reply.contact or None,
    }
