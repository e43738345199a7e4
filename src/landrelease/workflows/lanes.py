"""Lanes from a task and a profile, as files for machines, receivers and the printer."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import WGS84, joined
from landrelease.errors import (
    ENTRY_NOT_SAFE,
    ENTRY_NOT_STATED,
    LANES_APPROACH,
    LANES_GIVEN_UP,
    LANES_KEEP_OUT,
    LANES_NOT_REACHED,
    LANES_OPTION,
    LANES_SAFE_GROUND,
    LANES_SLOPE,
    LANES_WIDTH,
    NOT_IN_RANGE,
    OUTSIDE_CONTROL,
    OVERLAP_NOT_STATED,
    PARTS_NOT_JOINED,
    PROFILE_WITHOUT_WIDTH,
    RADIUS_NOT_STATED,
    SLOPE_FROM_HEIGHTS,
    SLOPE_NOT_KNOWN,
    SLOPE_NOT_STATED,
    STANDOFF_NOT_STATED,
    TURNS_ON_NEW,
    LandReleaseError,
)
from landrelease.publish.words_lanes import AROUND_NOT_KNOWN
from landrelease.workflows.operate import SYNTHETIC, Ground, check_width, read_ground

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.profile import Profile
    from landrelease.operate.lanes import Drive, LanePlan, NewGround
    from landrelease.publish.words import Words
    from landrelease.store.registry import Registry
    from landrelease.workflows.slopes import Relief

SKETCH_M = 0.01  # bends of a stretch that are smaller are not on the sketch
JOINED_M = 1e-4  # stretches that are nearer than this, end to start, are one path
FENCE_M = 1e-3  # a fence is drawn this much inside; rounding to 9 decimals moves it by 0.1 mm
FENCE_MOST_M = 0.1
LEFT_M2 = 0.05  # ground in no lane that is worth a word
CONTROL_STEP = 72  # candidate control positions round the task,
CONTROL_RINGS = 9  # at so many distances, from the stand-off on, within the range and
CONTROL_OUT_M = 500.0  # no farther out than this: hazards beyond are not looked at
FAR_M = 100_000.0  # beyond that a plane of the task says nothing
ON_EDGE_M = 0.05  # an entry may lie so far within an edge
ANY_SLOPE_DEG = 90.0  # no ground is steeper
CLOSED = "closed: nobody enters"  # names of ground in the files
KEPT_OUT = "kept out: in no lane"
BY_HAND = "ground that the machine cannot reach"


@dataclass(frozen=True, slots=True)
class LaneOptions:
    """What the user may say; None takes the profile's figure."""

    plane: bool = False
    width_m: float | None = None
    overlap_m: float | None = None
    radius_m: float | None = None
    entry: tuple[float, float] | None = None  # in the task's coordinates
    standoff_m: float | None = None  # None: not stated
    control_m: float | None = None
    slope_deg: float | None = None
    keep_out: tuple[Path, ...] = ()
    back: bool = False  # the path ends where it begins
    headland_first: bool | None = None  # rounds along edges before swaths that end there
    run_up_m: float | None = None  # out of the way, to turn where ground is done (see lanes.plan)
    safe: tuple[Path, ...] = ()  # ground beside the task on which the machine may be
    elevation: Path | None = None  # GeoTIFF of heights in m
    relief: Relief | None = None  # what `with_relief` made of it
    forbidden: tuple[BaseGeometry, ...] = ()  # more ground not to enter, in the task's metres
    danger: tuple[BaseGeometry, ...] | None = None  # all hazards that stand, and closures, in the
    # task's metres, the task's own among them; None: nothing is known of the ground around
    lang: str = "en"  # of the sketch
    stated: Assumptions | None = None  # None: those of the package


@dataclass(frozen=True, slots=True)
class NotWorked:
    """Ground of a task that a plan leaves out, each square metre once, in the metres of the task.

    `closed`: other hazards and closures; nobody enters it. `kept_out`: as the user draws it,
    whatever its slope. `steep`: more than this profile may go, or not known to be less.
    """

    closed: BaseGeometry
    kept_out: BaseGeometry
    steep: BaseGeometry

    @property
    def shut(self) -> BaseGeometry:
        """What is no hand work either."""
        return joined([self.closed, self.kept_out])

    @property
    def areas(self) -> dict[str, float]:
        return {"closed_m2": self.closed.area, "keep_out_m2": self.kept_out.area,
                "steep_m2": self.steep.area}


def make_lanes(task: Path | Ground, profile: str, out: Path, options: LaneOptions,
               profiles: Path | None = None, notes: Sequence[str] = (),
               known: Mapping[str, Profile] | None = None) -> dict[str, Any]:
    """Plan the lanes and write all files into `out`; what was planned, for people and programs.

    notes : findings about the ground that its reader has already.
    known : profiles with what the programme measured of them, before those of the file

    Raises LAN-001 to LAN-006, LAN-021, LAN-022, LAN-033, and what `read_ground` raises.
    """
    check_options(options)
    chosen = chosen_profile(profile, profiles, known)
    ground = task if isinstance(task, Ground) else read_ground(task, plane=options.plane)
    options = with_relief(options, ground)
    allowed, not_worked, slopes = allowed_ground(ground, chosen, options)
    entry = entry_of(ground, [chosen], options)
    width = width_of(chosen, options.width_m, options)
    if chosen.kind != "machine":
        made = people(ground, allowed, not_worked, chosen, width, entry, options)
    else:
        made = _machine(ground, allowed, not_worked, chosen, width, entry, options)
        made["result"]["findings"][:0] = taken(
            [chosen], made["result"]["radius_m"], made["result"]["overlap_m"], options, slopes,
            ground)
    made["result"]["findings"][:0] = notes
    figure = chosen.figure("width_m") if options.width_m is None else None
    benchmark = entry if entry is not None else corner(ground.geometry)
    result = {**({"synthetic": SYNTHETIC} if ground.synthetic else {}), **made["result"],
              "profile": chosen.id, "width_m": width,
              "width_source": f"{figure.basis}: {figure.source}" if figure else "as stated",
              "task_m2": ground.geometry.area, **not_worked.areas,
              "not_known": list(chosen.not_known)}
    result["files"] = [str(p) for p in write(out, ground, made, benchmark, chosen, result,
                                              options.lang)]
    return result


def width_of(profile: Profile, width_m: float | None, options: LaneOptions) -> float:
    """The working width in m, as stated or of the profile. Raises LAN-005 not known, LAN-001 no
    positive number, COV-011 in another unit: lanes so far apart leave ground between them."""
    from landrelease.workflows import load_assumptions

    width = width_m if width_m is not None else profile.value("width_m")
    if width is None:
        raise LandReleaseError(PROFILE_WITHOUT_WIDTH, found=profile.title)
    if not 0 < width < math.inf:
        raise LandReleaseError(LANES_WIDTH, found=width)
    check_width(f"profile {profile.id}" if width_m is None else "--width", width,
                "manual" if profile.kind == "person" else profile.kind,
                options.stated or load_assumptions())
    return width


def chosen_profile(name: str, profiles: Path | None, known: Mapping[str, Profile] | None
                   ) -> Profile:
    """The profile of a name. Raises LAN-004."""
    from landrelease.records.profiles import profile_of

    found = known.get(name) if known is not None else None
    return found or profile_of(name, profiles)


def check_options(options: LaneOptions) -> None:
    """LAN-021: an option that says nothing, as a range below 0 m or a slope that is no number.
    REL-023: a language that there is not."""
    from landrelease.workflows.languages import asked_for

    def wrong(name: str, found: object, expected: str) -> LandReleaseError:
        return LandReleaseError(LANES_OPTION, name=name, found=found, expected=expected)

    asked_for(options.lang)
    if options.entry is not None and not all(map(math.isfinite, options.entry)):
        raise wrong("--entry", options.entry, "two numbers as 10.25,45.5")
    if options.entry is not None and not options.plane and not (
            abs(options.entry[0]) <= 180 and abs(options.entry[1]) <= 90):
        raise wrong("--entry", options.entry, "longitude,latitude; metres only with --plane")
    for name, value, least in (("--radius", options.radius_m, 0.0),
                               ("--control-range", options.control_m, 0.0)):
        if value is not None and not least < value < math.inf:
            raise wrong(name, value, "metres above 0")
    if options.run_up_m is not None and not 0 <= options.run_up_m < math.inf:
        raise wrong("--run-up", options.run_up_m, "metres from 0")
    if options.standoff_m is not None and not 0 <= options.standoff_m < math.inf:
        raise wrong("--stand-off", options.standoff_m, "metres from 0")
    if options.slope_deg is not None and not 0 <= options.slope_deg <= 90:
        raise wrong("--slope-limit", options.slope_deg, "degrees from 0 to 90")


def with_relief(options: LaneOptions, ground: Ground) -> LaneOptions:
    """The options with the slopes of the task, where a raster of heights is given. LAN-030."""
    if options.elevation is None:
        return options
    from landrelease.workflows.slopes import relief_of

    return replace(options, relief=relief_of(ground, options.elevation))


def entry_of(ground: Ground, profiles: Sequence[Profile], options: LaneOptions
             ) -> tuple[float, float] | None:
    """The entry in the metres of the task. LAN-033: it is no place on the safe side, being in the
    task or round by its ground, on a hazard (widened), a closure or a keep-out, or farther off than
    `lane_entry_m`."""
    from landrelease.workflows import load_assumptions

    entry = in_metres(ground, options.entry)
    if options.entry is None or entry is None:
        return entry
    most = (options.stated or load_assumptions()).value("lane_entry_m")
    place = shapely.Point(entry)
    outer = joined([shapely.Polygon(p.exterior) for p in shapely.get_parts(ground.geometry)])
    away = _away(ground, outer, options.entry)
    why = ""
    if not away <= most:
        turned = _away(ground, outer, options.entry[::-1])
        why = f"it is {away / 1000:,.1f} km from the task" if away < math.inf else (
            "it is nowhere near the task")
        if turned <= most:
            why += "; with its two numbers exchanged it is near (longitude comes first)"
    elif _deep(place, outer):
        why = "it lies in the task" if _deep(place, ground.geometry) else (
            "ground of the task lies all round it")
    elif any(_deep(place, shape) for shape in options.danger or ()):
        why = "it lies on a hazard, as far as that may be off, or on a closure"
    elif any(_deep(place, shape) for p in dict.fromkeys(profiles)
             for shape in kept_out(ground, p, replace(options, relief=None, slope_deg=(
                 ANY_SLOPE_DEG)))[0]):
        why = "it lies on ground not to enter (--keep-out)"
    if why:
        raise LandReleaseError(ENTRY_NOT_SAFE, found=f"{options.entry[0]:g},{options.entry[1]:g}",
                               why=why, most=most)
    return entry


def _away(ground: Ground, outer: BaseGeometry, place: tuple[float, float]) -> float:
    """Metres from the task to a place in its coordinates; on the ellipsoid where it is far off.
    Infinite where there is no such place."""
    x, y = place
    if ground.plane is None:
        return float(shapely.distance(outer, shapely.Point(place)))
    if not (abs(x) <= 180 and abs(y) <= 90):
        return math.inf
    middle = shapely.get_coordinates(ground.plane.to_degrees(outer.centroid))[0]
    far = float(WGS84.inv(middle[0], middle[1], x, y)[2])
    near = in_metres(ground, place)
    return far if far > FAR_M or near is None else float(
        shapely.distance(outer, shapely.Point(near)))


def _deep(place: BaseGeometry, shape: BaseGeometry) -> bool:
    """Whether a place lies in a shape and not only on its edge."""
    return bool(shapely.intersects(shape, place)
                and shapely.distance(shapely.boundary(shape), place) > ON_EDGE_M)


def in_metres(ground: Ground, place: tuple[float, float] | None) -> tuple[float, float] | None:
    if place is None or ground.plane is None:
        return place
    x, y = ground.plane.points(np.array([place[0]]), np.array([place[1]]))
    return float(x[0]), float(y[0])


def corner(shape: BaseGeometry) -> tuple[float, float]:
    """The vertex of the task that is farthest to the south-west: a mark that can be found."""
    xy = shapely.get_coordinates(shape)
    x, y = xy[int(np.argmin(xy.sum(axis=1)))]
    return float(x), float(y)


def allowed_ground(ground: Ground, profile: Profile, options: LaneOptions
                   ) -> tuple[BaseGeometry, NotWorked, bool]:
    """The task less what is closed and kept out, and less ground that is steeper than the profile
    may go; what that takes off; whether any polygon states a slope. Raises what `kept_out` raises.
    """
    drawn, steep, slopes = kept_out(ground, profile, options)
    task = ground.geometry
    closed = _within(task, options.forbidden)
    kept = areas(shapely.difference(_within(task, drawn), closed))
    gone = [*options.forbidden, *drawn, *steep]
    if not gone:
        return task, NotWorked(closed, kept, shapely.Polygon()), slopes
    allowed = areas(shapely.difference(task, joined(gone)))
    return allowed, NotWorked(closed, kept, areas(shapely.difference(
        _within(task, steep), joined([closed, kept])))), slopes


def _within(task: BaseGeometry, shapes: Sequence[BaseGeometry]) -> BaseGeometry:
    return areas(shapely.intersection(task, joined(list(shapes)))) if shapes else shapely.Polygon()


def areas(shape: BaseGeometry) -> BaseGeometry:
    """The polygons of a shape; what rounding leaves between two is none."""
    return joined([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon"
                   and p.area > 1e-6])


def kept_out(ground: Ground, profile: Profile, options: LaneOptions
             ) -> tuple[list[BaseGeometry], list[BaseGeometry], bool]:
    """Ground that the user keeps out, also outside the task; ground that is too steep for the
    profile; whether any polygon states a slope.

    Raises LAN-006, LAN-022 a slope that is none, LAN-023 a keep-out that is no polygon, and what
    `read_places` raises: a keep-out that cannot be read is never passed over.
    """
    from landrelease.records.shapes import polygons_of
    from landrelease.workflows.areas import read_places

    limit = options.slope_deg if options.slope_deg is not None else profile.value("slope_deg")
    gone: list[BaseGeometry] = []
    too_steep: list[BaseGeometry] = []
    slopes = False
    for path in options.keep_out:
        for number, place, values in read_places(path, plane=ground.plane is None):
            shape = polygons_of(place)
            if shape.is_empty:
                raise LandReleaseError(LANES_KEEP_OUT, file=path.name, row=number,
                                       found=place.geom_type)
            steep = values.get("slope_deg")
            if steep not in (None, ""):
                slopes = True
                if limit is None:
                    raise LandReleaseError(SLOPE_NOT_KNOWN, file=path.name, found=profile.title)
                if _slope(path.name, number, steep) <= limit:
                    continue
            (gone if steep in (None, "") else too_steep).append(
                shape if ground.plane is None else ground.plane.to_plane(shape))
    if options.relief is not None:
        if limit is None:
            raise LandReleaseError(SLOPE_NOT_KNOWN, file=options.relief.file, found=profile.title)
        slopes = True
        too_steep += [s for s in (options.relief.steeper(limit),
                                  options.relief.outside(ground.geometry)) if not s.is_empty]
    return gone, too_steep, slopes


def unsafe_around(ground: Ground, allowed: BaseGeometry, profiles: Sequence[Profile],
                  options: LaneOptions) -> BaseGeometry:
    """Where nobody stands and no way leads: keep-outs, hazards that stand and closures, as far as
    they are known; less the ground that the lanes are for.
    """
    gone = [*options.forbidden, *(g for p in dict.fromkeys(profiles)
                                  for kind in kept_out(ground, p, options)[:2] for g in kind)]
    return shapely.difference(joined([*gone, *(options.danger or ())]), allowed) if (
        gone or options.danger) else shapely.Polygon()


def safe_beside(ground: Ground, unsafe: BaseGeometry, options: LaneOptions
                ) -> BaseGeometry | None:
    """Safe ground beside the task as the user states it, less what is known to be unsafe; None:
    none is stated.

    Raises LAN-032 where it is no polygon, and what `read_places` raises.
    """
    from landrelease.records.shapes import polygons_of
    from landrelease.workflows.areas import read_places

    if not options.safe:
        return None
    shapes = []
    for path in options.safe:
        for number, place, _ in read_places(path, plane=ground.plane is None, narrow=True):
            shape = polygons_of(place)
            if shape.is_empty and not place.is_empty:
                raise LandReleaseError(LANES_SAFE_GROUND, file=path.name, row=number,
                                       found=place.geom_type)
            shapes.append(shape if ground.plane is None else ground.plane.to_plane(shape))
    left = shapely.difference(joined(shapes), unsafe)
    parts = [p for p in shapely.get_parts(left) if p.geom_type == "Polygon" and p.area > 1e-6]
    return joined(parts) if parts else None


def _slope(file: str, row: int, value: object) -> float:
    """Degrees, also with a decimal comma. Raises LAN-022."""
    try:
        found = float(str(value).strip().replace(",", "."))
    except ValueError:
        found = math.nan
    if not 0 <= found <= 90:
        raise LandReleaseError(LANES_SLOPE, file=file, row=row, found=str(value)[:40])
    return found


def taken(profiles: Sequence[Profile], radius: float, overlap: float, options: LaneOptions,
          slopes: bool, ground: Ground) -> list[str]:
    """What a plan for machines takes because nobody stated it: findings LAN-012, 14 to 16; and
    LAN-031, where the heights are coarser than the machine, or do not cover the task."""
    out = []
    if options.radius_m is None:
        out += [RADIUS_NOT_STATED.text(found=p.title, taken=radius)
                for p in dict.fromkeys(profiles) if p.value("radius_m") is None]
    if options.entry is None:
        out.append(ENTRY_NOT_STATED.text(taken="the place nearest to the south-west corner"))
    if options.overlap_m is None:
        stated = any(p.value("overlap_m") is not None for p in profiles)
        out.append(OVERLAP_NOT_STATED.text(taken=overlap, basis=(
            "the profile's" if stated else "none")))
    if (relief := options.relief) is not None:
        unknown = relief.not_known(ground.geometry)
        if relief.cell_m > 2 * radius or unknown > LEFT_M2:
            out.append(SLOPE_FROM_HEIGHTS.text(cell=round(relief.cell_m, 2), file=relief.file,
                                               unknown=f"{unknown:,.1f}"))
    if not slopes:
        limits = [options.slope_deg if options.slope_deg is not None else p.value("slope_deg")
                  for p in profiles]
        known = [v for v in limits if v is not None]
        out.append(SLOPE_NOT_STATED.text(limit=(
            f"{min(known):g} degrees" if len(known) == len(limits) else "not known")))
    return out


def _machine(ground: Ground, allowed: BaseGeometry, not_worked: NotWorked, profile: Profile,
             width: float, entry: tuple[float, float] | None, options: LaneOptions
             ) -> dict[str, Any]:
    from landrelease.operate import lanes

    overlap = options.overlap_m if options.overlap_m is not None else (
        profile.value("overlap_m") or 0.0)
    radius = lanes.body_radius(width, options.radius_m if options.radius_m is not None
                               else profile.value("radius_m"))
    first = headland(options, profile)
    unsafe = unsafe_around(ground, allowed, [profile], options)
    safe = safe_beside(ground, unsafe, options)
    plan = lanes.plan(allowed, width_m=width, overlap_m=overlap, radius_m=radius, entry=entry,
                      back=options.back, headland_first=first, run_up_m=options.run_up_m, safe=safe)
    by_hand = joined([plan.by_hand, not_worked.steep])
    reach = options.control_m if options.control_m is not None else profile.value(
        "control_range_m")
    places, out_m = control(ground.geometry, plan.drives, options.standoff_m or 0.0, reach, unsafe
                            ) if reach else ([], 0.0)
    leg, crossing = approach(entry, plan.drives[0].xy[0], radius, unsafe)
    new = lanes.new_ground([list(enumerate(plan.drives))], width, radius, safe)
    rate = profile.figure("rate_m2_h")
    result: dict[str, Any] = {
        "kind": "machine", "overlap_m": overlap, "radius_m": radius,
        "reachable_m2": plan.reachable.area, "by_hand_m2": by_hand.area,
        "length_m": plan.length_m, "least_length_m": plan.least_m,
        "over_least": plan.length_m / plan.least_m - 1, "turn_deg": plan.turn_deg,
        "swaths": sum(d.kind == "swath" for d in plan.drives), "angle_deg": plan.angle_deg,
        "headland_first": first, "ends_where_it_begins": options.back,
        "safe_m2": 0.0 if safe is None else safe.area,
        "not_joined": plan.apart, "control_range_m": reach, "control_positions": len(places),
        "standoff_m": options.standoff_m or 0.0,
        "around_known": options.danger is not None, **on_new_ground(new),
        "findings": [*crossing, *turns_on_new(new), *given_up(plan)],
        "hours_at_stated_rate": plan.reachable.area / rate.value if rate and rate.value else None,
        "clearance": "a machine's pass is not clearance until the follow-up by hand is on record "
                     "(S07)"}
    if reach:
        result["findings"] += from_control(places, out_m, options, reach)
    stretches = [(d.kind, f"{n}", shapely.LineString(d.xy) if len(d.xy) > 1 else None)
                 for n, d in enumerate(plan.drives, start=1)]
    lines = [s for s in stretches if s[2] is not None]
    result["findings"] += not_joined([shape for _, _, shape in lines])
    return {"result": result, "lines": lines, "by_hand": by_hand, "not_worked": not_worked,
            "control": places, "approach": leg, "safe": safe,
            "allowed": allowed if safe is None else lanes.with_safe(allowed, safe)}


def on_new_ground(new: NewGround) -> dict[str, float]:
    return {"turns_on_new_ground": new.turns, "corners_on_new_ground": new.corners,
            "way_on_new_ground_m": new.way_m}


def turns_on_new(new: NewGround) -> list[str]:
    """LAN-027 where turns that could lie elsewhere are on ground that is not yet worked."""
    return [TURNS_ON_NEW.text(turns=new.turns, metres=round(new.way_m), corners=new.corners)] if (
        new.turns) else []


def given_up(plan: LanePlan) -> list[str]:
    """LAN-028 where ground that the machine reaches was left to hand work."""
    area = plan.given_up.area
    return [LANES_GIVEN_UP.text(area=f"{area:.2f}")] if area > 0 else []


def parts_of(lines: Sequence[BaseGeometry]) -> list[range]:
    """Which lines on end make one path: a new part begins where one does not begin at the end of
    that before it. No plan may have a leg from part to part; it would lead over any ground.
    """
    ends = [(shapely.get_coordinates(s)[0], shapely.get_coordinates(s)[-1]) for s in lines]
    cuts = [n for n in range(1, len(ends)) if math.dist(ends[n - 1][1], ends[n][0]) > JOINED_M]
    return [range(a, b) for a, b in itertools.pairwise([0, *cuts, len(ends)])]


def not_joined(lines: Sequence[BaseGeometry]) -> list[str]:
    """The finding that a path is in several parts, or none."""
    count = len(parts_of(lines))
    return [PARTS_NOT_JOINED.text(count=count, files=f"lanes-1 to lanes-{count}, .waypoints and "
                                  ".plan, for tasks in degrees")] if count > 1 else []


def fence(ground: Ground, allowed: BaseGeometry, points: BaseGeometry
          ) -> tuple[list[tuple[float, float]], list[list[tuple[float, float]]]]:
    """The outline, and the holes, of that piece of the allowed ground which holds all points, in
    degrees as they are written; no ring closes. What they fence lies within the allowed ground.
    """
    from landrelease.publish.guidance import DECIMALS

    assert ground.plane is not None
    margin = FENCE_M
    while margin <= FENCE_MOST_M:
        inner = shapely.get_parts(shapely.buffer(allowed, -margin, join_style="mitre"))
        for piece in inner[shapely.covers(inner, points)]:
            rings = [np.round(shapely.get_coordinates(ground.plane.to_degrees(ring)), DECIMALS)
                     for ring in (piece.exterior, *piece.interiors)]
            written = ground.plane.to_plane(shapely.Polygon(rings[0], rings[1:]))
            if written.is_valid and shapely.covers(allowed, written):
                told = [[(float(x), float(y)) for x, y in ring[:-1]] for ring in rings]
                return told[0], told[1:]
        margin *= 2
    raise AssertionError("a path that no fence within the allowed ground holds")


def headland(options: LaneOptions, profile: Profile) -> bool:
    """Whether the rounds come first: as the user says, else the profile (0: no), else yes."""
    if options.headland_first is not None:
        return options.headland_first
    return profile.value("headland_first") != 0


def control(task: BaseGeometry, drives: Sequence[Drive], standoff: float, reach: float,
            unsafe: BaseGeometry) -> tuple[list[tuple[float, float]], float]:
    """Positions round the task from which the path is in range, and how many m of it are not.

    They lie at the stand-off, and farther out where at the stand-off the ground is `unsafe`; never
    on such ground nor nearer. Greedy cover: each next position brings most of what is left into
    range.
    """
    lines = [shapely.segmentize(shapely.LineString(d.xy), 20.0) for d in drives if d.length_m > 0]
    xy = shapely.get_coordinates([*lines, *(shapely.Point(d.xy[0]) for d in drives)])
    hull = joined([shapely.Polygon(p.exterior) for p in shapely.get_parts(task)])
    blocked = shapely.buffer(unsafe, 1e-3)
    shapely.prepare(blocked)
    out: list[tuple[float, float]] = []
    left = np.ones(len(xy), dtype=bool)
    farthest = max(standoff, min(reach, standoff + CONTROL_OUT_M))
    for away in np.linspace(max(standoff, 1e-3), farthest, CONTROL_RINGS):
        rim = shapely.get_rings(shapely.get_parts(shapely.buffer(hull, away * 1.003,
                                                                 quad_segs=16)))
        places = shapely.get_coordinates(shapely.line_interpolate_point(
            np.repeat(rim, CONTROL_STEP), np.tile(np.arange(CONTROL_STEP) / CONTROL_STEP,
                                                  len(rim)), normalized=True))
        places = places[~shapely.intersects(blocked, shapely.points(places))]
        if not len(places):
            continue
        covers = np.hypot(xy[:, 0][None, :] - places[:, 0][:, None],
                          xy[:, 1][None, :] - places[:, 1][:, None]) <= reach
        while (covers & left).any():
            best = int((covers & left).sum(axis=1).argmax())
            out.append((float(places[best, 0]), float(places[best, 1])))
            left &= ~covers[best]
        if not left.any():
            break
    out_of_range = shapely.multipoints(xy[left])
    return out, float(sum(shapely.length(shapely.intersection(
        line, shapely.buffer(out_of_range, 10.0))) for line in lines)) if left.any() else 0.0


def from_control(places: Sequence[tuple[float, float]], out_m: float, options: LaneOptions,
                 reach: float) -> list[str]:
    """Findings on control positions: LAN-007, 13, 25."""
    out = []
    standoff = options.standoff_m or 0.0
    if places and options.standoff_m is None:
        out.append(STANDOFF_NOT_STATED.text())
    if len(places) > 1:
        out.append(OUTSIDE_CONTROL.text(standoff=standoff, reach=reach, found=len(places)))
    if out_m > 0:
        out.append(NOT_IN_RANGE.text(metres=round(out_m), standoff=standoff, reach=reach))
    return out


def approach(entry: tuple[float, float] | None, begin: Sequence[float], radius: float,
             unsafe: BaseGeometry) -> tuple[BaseGeometry | None, list[str]]:
    """The straight way from the entry to where work begins, and LAN-026 where what is `radius` wide
    to both sides crosses unsafe ground on it.
    """
    if entry is None or math.dist(entry, begin) < 1e-3:
        return None, []
    line = shapely.LineString([entry, begin[:2]])
    # A place where work begins may lie `radius` from a keep-out, not nearer.
    crossed = shapely.length(shapely.intersection(
        line, shapely.buffer(unsafe, max(radius - 2e-3, 0.0), quad_segs=16)))
    return line, [LANES_APPROACH.text(metres=f"{crossed:.1f}")] if crossed > 1e-2 else []


def people(ground: Ground, allowed: BaseGeometry, not_worked: NotWorked, profile: Profile,
           width: float, entry: tuple[float, float] | None, options: LaneOptions
           ) -> dict[str, Any]:
    from landrelease.operate import by_hand

    made, base = by_hand.lanes(
        allowed, width_m=width, base_width_m=profile.value("base_width_m") or width,
        separation_m=profile.value("separation_m") or 0.0, entry=entry,
        rim=shapely.boundary(ground.geometry))
    findings = [ENTRY_NOT_STATED.text(taken="the longest edge of the task")] if (
        entry is None) else []
    lost = _cut_off([lane.name for lane in made], [lane.reached_from for lane in made])
    if lost:
        findings.append(LANES_NOT_REACHED.text(
            count=len(lost), found=", ".join(lost[:20]) + (" and more" if len(lost) > 20 else "")))
    left = shapely.difference(ground.geometry, allowed)
    # Ground that is too steep for these people is nobody's work either.
    not_worked = replace(not_worked, kept_out=joined([not_worked.kept_out, not_worked.steep]))
    leg, crossing = approach(entry, made[0].start, 0.0, unsafe_around(
        ground, allowed, [profile], options)) if made else (None, [])
    findings += crossing
    return {"result": {"kind": profile.kind, "lanes": len(made),
                       "lanes_m2": sum(lane.ground.area for lane in made),
                       "turns": len({lane.turn for lane in made}),
                       "separation_m": profile.value("separation_m"), "left_m2": left.area,
                       "not_reached": lost, "around_known": options.danger is not None,
                       "findings": findings},
            "lines": [(lane.kind, lane.name, lane.ground) for lane in made],
            "starts": [lane.start for lane in made], "turns": [lane.turn for lane in made],
            "reached": [lane.reached_from for lane in made],
            "line": [lane.line for lane in made], "base": base,
            "by_hand": shapely.Polygon(), "not_worked": not_worked, "control": [],
            "approach": leg}


def _cut_off(names: Sequence[str], reached: Sequence[str | None]) -> list[str]:
    """Lanes to which no way leads from the safe side, those reached only through such included."""
    lost: set[str] = set()
    for name, came in zip(names, reached, strict=True):  # each after the one it is reached from
        if came is None or came in lost:
            lost.add(name)
    return [n for n in names if n in lost]


def write(out: Path, ground: Ground, made: dict[str, Any], benchmark: tuple[float, float],
           profile: Profile, result: dict[str, Any], lang: str = "en") -> list[Path]:
    """Write the files; the sketch in the language that was asked for. REL-023: there is none."""
    from landrelease.publish import guidance, sketch
    from landrelease.publish.words import Words
    from landrelease.store.results import dump, write_atomically
    from landrelease.workflows.languages import asked_for

    mark = {"synthetic": SYNTHETIC} if ground.synthetic else {}
    holds: dict[int, str] = made.get("holds", {})  # line -> what has to be away before it
    features = [_feature(ground, shape, {"kind": kind, "name": name, **mark, **(
        {"turn": made["turns"][n], "reached_from": made["reached"][n]} if "turns" in made else {
            "order": n + 1}), **(
        {"holds_until": holds[n]} if n in holds else {})})
        for n, (kind, name, shape) in enumerate(made["lines"])]
    leg = made.get("approach")
    if leg is not None:
        features.insert(0, _feature(ground, leg, {"kind": "approach", "name": "A", "order": 0,
                                                  **mark}))
    shut = [(kind, name, shape) for kind, name, shape in (
        ("closed", CLOSED, made["not_worked"].closed),
        ("kept out", KEPT_OUT, made["not_worked"].kept_out)) if not shape.is_empty]
    features += [_feature(ground, shape, {"kind": kind, "name": name, **mark})
                 for kind, name, shape in [
                     *([] if made["by_hand"].is_empty else [("by hand", BY_HAND, made["by_hand"])]),
                     *shut]]
    if made.get("safe") is not None:
        features.append(_feature(ground, made["safe"], {
            "kind": "safe ground", "name": "as stated; not to be worked", **mark}))
    features += [_feature(ground, shapely.Point(p), {
        "kind": "control position", "name": f"C{n}", **mark})
        for n, p in enumerate(made["control"], start=1)]
    files: dict[str, bytes] = {"lanes.geojson": dump(
        {"type": "FeatureCollection", "name": "lanes", **mark, "features": features})}
    if ground.plane is not None:
        routes = []
        for kind, name, shape in made["lines"]:
            line = shape if shape.geom_type == "LineString" else shape.exterior
            xy = shapely.get_coordinates(ground.plane.to_degrees(line))
            routes.append((f"{name} {kind}", [(float(x), float(y)) for x, y in xy]))
        ways_in = [("A approach", [(float(x), float(y)) for x, y in shapely.get_coordinates(
            ground.plane.to_degrees(leg))])] if leg is not None else []
        words = "; ".join(filter(None, [mark.get("synthetic"), profile.title,
                                        "proposal: a person decides"]))
        stands = [(f"C{n} control position", (float(x), float(y))) for n, (x, y) in enumerate(
            shapely.get_coordinates(ground.plane.to_degrees(shapely.multipoints(made["control"]))
                                    ) if made["control"] else (), start=1)]
        outlines = [(name, [[(float(x), float(y)) for x, y in shapely.get_coordinates(ring)]
                            for ring in (part.exterior, *part.interiors)])
                    for _, name, shape in shut
                    for part in shapely.get_parts(ground.plane.to_degrees(shape))]
        files["lanes.gpx"] = guidance.gpx("lanes", ways_in + routes, words, stands,
                                          outlines).encode()
        files["lanes.kml"] = guidance.kml("lanes", ways_in + routes, words, stands,
                                          outlines).encode()
        if result["kind"] == "machine":
            shapes = [shape for _, _, shape in made["lines"]]
            parts = parts_of(shapes)
            for number, part in enumerate(parts, start=1):
                points: list[tuple[float, float]] = []
                stops: set[int] = set()
                for n in part:
                    for k, p in enumerate(routes[n][1]):
                        if not points or p != points[-1]:
                            points.append(p)
                        if k == 0 and n in holds:
                            stops.add(len(points) - 1)
                name = "lanes" if len(parts) == 1 else f"lanes-{number}"
                files[f"{name}.waypoints"] = guidance.waypoints(points, stops).encode()
                files[f"{name}.plan"] = guidance.plan(
                    points, *fence(ground, made["allowed"], shapely.multipoints(
                        shapely.get_coordinates([shapes[n] for n in part]))), words,
                    stops).encode()
    w = Words(asked_for(lang))
    files["sketch.pdf"] = sketch.render_sketch(sketch.told(
        _sketch(ground, made, benchmark, profile, result, w), w))
    files["lanes.json"] = dump(dict(result))
    for old in out.glob("lanes*"):  # a plan of an earlier run beside these might be driven
        if re.fullmatch(r"lanes(-\d+)?\.(waypoints|plan)", old.name) and old.name not in files:
            old.unlink()
    for name, content in files.items():
        write_atomically(out / name, content)
    return [out / name for name in files]


def _feature(ground: Ground, shape: BaseGeometry, properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties,
            "geometry": json.loads(shapely.to_geojson(ground.back(shape)))}


def _sketch(ground: Ground, made: dict[str, Any], benchmark: tuple[float, float],
            profile: Profile, result: dict[str, Any], w: Words) -> dict[str, Any]:
    from landrelease.publish import sketch

    leg = made.get("approach")
    after: Mapping[int, str] | None = made.get("after")
    heads, rows = _corner_rows(ground, made, benchmark) if "base" in made else (
        LEG_HEADS, control_rows(ground, made["control"], benchmark)
        + leg_rows(ground, [("approach", "A", leg)] if leg is not None else [], benchmark)
        + leg_rows(ground, made["lines"], benchmark))
    if after is not None:  # in the first row of each lane or stretch
        due = {made["lines"][n][1]: text for n, text in after.items()}
        heads = [*heads, AFTER]
        rows = [[*row, due.pop(row[0].partition(".")[0], "")] for row in rows]
    lines = [*([("approach", "A", leg)] if leg is not None else []), *made["lines"]]
    at = shapely.get_coordinates(ground.back(shapely.Point(benchmark)))[0]
    facts = [w("lanes.at" if ground.plane else "lanes.at_plane", machine=profile.title,
               width=f"{result['width_m']:g}", place=f"{at[1]:.7f}, {at[0]:.7f}" if ground.plane
               else f"{at[0]:.2f}, {at[1]:.2f}"),
             w("lanes.task", m2=f"{result['task_m2']:,.1f}")]
    if result["kind"] == "machine":
        facts.append(w("lanes.reach", m2=f"{result['reachable_m2']:,.1f}",
                       hand=f"{result['by_hand_m2']:,.1f}", metres=f"{result['length_m']:,.0f}"))
    facts += [w(f"lanes.{key}", m2=f"{shape.area:,.1f}") for key, shape in (
        ("closed", made["not_worked"].closed), ("kept_out", made["not_worked"].kept_out))
        if not shape.is_empty]
    if made["control"]:
        facts.append(w("lanes.control", count=len(made["control"]),
                       standoff=f"{result['standoff_m']:g}",
                       range=f"{result['control_range_m']:g}"))
    facts.append(w("lanes.true_north" if ground.plane else "lanes.grid_north"))
    for n, line in enumerate(made.get("base", ()), start=1):
        (to, far), (along, long) = (tuple(v[0] for v in _bearings(ground, [a], [b]))
                                    for a, b in ((benchmark, line.begin), (line.begin, line.end)))
        facts.append(w("lanes.base", n=n, far=f"{far:.2f}", to=f"{to:.3f}", along=f"{along:.3f}",
                       long=f"{long:.2f}"))
    if not result["around_known"]:
        facts.append(w("lanes.around"))
    return {"synthetic": w("synthetic") if ground.synthetic else "",
            "facts": facts, "findings": result["findings"],
            "svg": sketch.sketch_svg(ground.geometry, made["by_hand"],
                                     [(kind, shape) for kind, _, shape in lines], benchmark,
                                     made["control"], made.get("safe"),
                                     made["not_worked"].closed, made["not_worked"].kept_out),
            "heads": heads, "rows": rows}


AFTER = "only after"
LEG_HEADS = ["no.", "kind", "bearing of start", "distance of start", "bearing of leg",
             "length of leg", "bearing of end", "distance of end"]
CORNER_HEADS = ["lane", "kind", "turn", "entered from", "corner", "base line", "along", "offset",
                "bearing", "distance"]


def control_rows(ground: Ground, places: Sequence[tuple[float, float]],
                 benchmark: tuple[float, float]) -> list[list[str]]:
    """A row for each control position: where it is from the benchmark."""
    if not places:
        return []
    bearing, away = _bearings(ground, np.broadcast_to(np.array(benchmark), (len(places), 2)),
                              np.array(places))
    return [[f"C{n}", "control position", f"{b:.3f}°", f"{d:.2f} m", "", "", "", ""]
            for n, (b, d) in enumerate(zip(bearing, away, strict=True), start=1)]


def leg_rows(ground: Ground, lines: Sequence[tuple[str, str, BaseGeometry]],
             benchmark: tuple[float, float]) -> list[list[str]]:
    """A row for each straight leg of each stretch, "3.1", "3.2" where there are several: start and
    end from the benchmark, and the leg itself. Bends of less than `SKETCH_M` are left out.
    """
    names, kinds, ends = [], [], []
    for kind, name, shape in lines:
        xy = shapely.get_coordinates(shapely.simplify(shape, SKETCH_M))
        legs = np.stack([xy[:-1], xy[1:]], axis=1)
        names += [name if len(legs) == 1 else f"{name}.{n}" for n in range(1, len(legs) + 1)]
        kinds += [kind] * len(legs)
        ends.append(legs)
    if not ends:
        return []
    both = np.concatenate(ends)
    mark = np.broadcast_to(np.array(benchmark), both[:, 0].shape)
    columns = [v for a, b in ((mark, both[:, 0]), (both[:, 0], both[:, 1]), (mark, both[:, 1]))
               for v in _bearings(ground, a, b)]
    return [[name, kind, *(f"{v:.3f}°" if n % 2 == 0 else f"{v:.2f} m"
                           for n, v in enumerate(values))]
            for name, kind, *values in zip(names, kinds, *columns, strict=True)]


def _corner_rows(ground: Ground, made: dict[str, Any], benchmark: tuple[float, float]
                 ) -> tuple[list[str], list[list[str]]]:
    """A row for each corner of each lane: along the base line and to its left, and from the
    benchmark. The first is the place where the lane is entered.
    """
    out = []
    for (kind, name, shape), start, turn, came, line in zip(
            made["lines"], made["starts"], made["turns"], made["reached"], made["line"],
            strict=True):
        xy = np.concatenate([[start], shapely.get_coordinates(
            shapely.simplify(shape, SKETCH_M).exterior)[:-1]])
        offsets = made["base"][line].offsets(xy)
        bearing, away = _bearings(ground, np.broadcast_to(np.array(benchmark), xy.shape), xy)
        entered = "nowhere" if came is None else came or "safe side"
        out += [[name, kind, f"{turn}", entered, "entry" if n == 0 else f"{n}", f"{line + 1}",
                 f"{along:.2f} m", f"{off:.2f} m", f"{b:.3f}°", f"{d:.2f} m"]
                for n, ((along, off), b, d) in enumerate(zip(offsets, bearing, away, strict=True))]
    return CORNER_HEADS, out


def _bearings(ground: Ground, a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Bearings from true north (grid north in metres) in degrees, and distances in m, from points
    a (K, 2) to points b (K, 2)."""
    a, b = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if ground.plane is None:
        way = b - a
        return np.degrees(np.arctan2(way[:, 0], way[:, 1])) % 360, np.hypot(*way.T)
    first, second = (shapely.get_coordinates(ground.plane.to_degrees(shapely.points(p)))
                     for p in (a, b))
    bearing, _, distance = WGS84.inv(*first.T, *second.T)
    return bearing % 360, distance


def shut_words(result: dict[str, Any]) -> list[str]:
    """What the command says of ground that is nobody's work."""
    return [text for text, m2 in (
        (f"Closed, nobody enters: {result['closed_m2']:,.1f} m2 of the task (lanes.geojson).",
         result["closed_m2"]),
        (f"Kept out, in no lane: {result['keep_out_m2']:,.1f} m2 of the task (lanes.geojson).",
         result["keep_out_m2"])) if m2 > LEFT_M2]


def lane_words(result: dict[str, Any]) -> list[str]:
    """What the command says."""
    out: list[str] = []
    if result["kind"] != "machine":
        out.append(f"{result['lanes']:,} lanes of {result['width_m']:g} m on "
                   f"{result['lanes_m2']:,.1f} m2; lanes of one turn are at least "
                   f"{result['separation_m'] or 0:g} m apart.")
        if result["left_m2"] > LEFT_M2:
            out.append(f"{result['left_m2']:,.1f} m2 of the task lie in no lane: they may not be "
                       "entered (lanes.geojson).")
        out += shut_words(result)
    else:
        out += [f"{result['swaths']:,} swaths of {result['width_m']:g} m, overlap "
                f"{result['overlap_m']:g} m, at {result['angle_deg']:.1f} degrees from east; "
                f"{result['length_m']:,.0f} m to drive, turns and ways included: "
                f"{100 * result['over_least']:.1f} % above area / (width - overlap).",
                f"Reachable {result['reachable_m2']:,.1f} m2; for hand work "
                f"{result['by_hand_m2']:,.1f} m2 of {result['task_m2']:,.1f} m2.",
                *shut_words(result)]
        out.append(f"Turns on ground that is not yet worked: {result['turns_on_new_ground']:,}, "
                   f"and {result['corners_on_new_ground']:,} corners of rounds; ways over such "
                   f"ground {result['way_on_new_ground_m']:,.0f} m, with the tool engaged.")
        if result["control_range_m"] is None:
            out.append("The range of the control is not known: check it on site.")
        out.append("A machine's pass is not clearance until the follow-up by hand is on record.")
    if not result["around_known"]:
        out.append(AROUND_NOT_KNOWN)
    if result["not_known"]:
        out.append("Not known of this profile: " + ", ".join(result["not_known"]) + ".")
    return out + result["findings"] + result["files"]


def known_profiles(path: Path | None = None) -> dict[str, Profile]:
    """Profiles by id, of the package or of a file. Raises FIL-015, FIL-021."""
    from landrelease.records.profiles import read_profiles

    return read_profiles(path)


def measured_profiles(registry: Registry, reader: View, path: Path | None = None
                      ) -> dict[str, Profile]:
    """The same with what the programme's own records measured of each."""
    from landrelease.operate.rates import with_measured

    machines = reader.inside(registry.records("machine"))
    activities = reader.inside(registry.records("activity"))
    tracks = reader.inside(registry.records("track"))
    return {name: with_measured(p, machines, activities, tracks)
            for name, p in known_profiles(path).items()}


def profile_words(known: dict[str, Profile]) -> list[str]:
    """Each profile with all that is said of it, by whom; the maker's figures beside the others."""
    out = []
    for profile in known.values():
        out.append(f"{profile.id}: {profile.title} ({profile.kind})")
        for f in profile.figures:
            if f.value is None:
                if profile.figure(f.name) is None:
                    out.append(f"  {f.name:<18}{'not known':>12}")
                continue
            spread = "" if f.low is None and f.high is None else " (" + " ".join(
                [*([] if f.low is None else [f"{f.low:g}"]),
                 *([] if f.high is None else [f"to {f.high:g}"])]) + ")"
            used = "" if profile.figure(f.name) is f else "; another figure is used"
            out.append(f"  {f.name:<18}{f.value:>12g} {f.unit}{spread}: {f.basis}{used}; "
                       f"{f.source}")
    return out
