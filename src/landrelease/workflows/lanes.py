"""Lanes from a task and a profile, as files for machines, receivers and the printer."""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import WGS84, joined
from landrelease.errors import (
    ENTRY_NOT_STATED,
    LANES_KEEP_OUT,
    LANES_OPTION,
    LANES_SLOPE,
    OUTSIDE_CONTROL,
    OVERLAP_NOT_STATED,
    PARTS_NOT_JOINED,
    PROFILE_WITHOUT_WIDTH,
    RADIUS_NOT_STATED,
    SLOPE_NOT_KNOWN,
    SLOPE_NOT_STATED,
    STANDOFF_NOT_STATED,
    LandReleaseError,
)
from landrelease.workflows.operate import SYNTHETIC, Ground, read_ground

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.profile import Profile
    from landrelease.operate.lanes import Drive
    from landrelease.store.registry import Registry

ROWS = 400  # of the table on the sketch; all are in the files
JOINED_M = 1e-4  # stretches that are nearer than this, end to start, are one path
FENCE_M = 1e-3  # a fence is drawn this much inside; rounding to 9 decimals moves it by 0.1 mm
FENCE_MOST_M = 0.1
CONTROL_STEP = 72  # candidate control positions round the task


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
    headland_first: bool | None = None  # the round along the outer edge before all else
    forbidden: tuple[BaseGeometry, ...] = ()  # more ground not to enter, in the task's metres


def make_lanes(task: Path | Ground, profile: str, out: Path, options: LaneOptions,
               profiles: Path | None = None, notes: Sequence[str] = ()) -> dict[str, Any]:
    """Plan the lanes and write all files into `out`; what was planned, for people and programs.

    notes : findings about the ground that its reader has already.

    Raises LAN-001 to LAN-006, LAN-021, LAN-022, and what `read_ground` raises.
    """
    from landrelease.records.profiles import profile_of

    check_options(options)
    chosen = profile_of(profile, profiles)
    ground = task if isinstance(task, Ground) else read_ground(task, plane=options.plane)
    allowed, kept_out, slopes = allowed_ground(ground, chosen, options)
    entry = in_metres(ground, options.entry)
    width = options.width_m if options.width_m is not None else chosen.value("width_m")
    if width is None:
        raise LandReleaseError(PROFILE_WITHOUT_WIDTH, found=chosen.title)
    if chosen.kind != "machine":
        made = people(ground, allowed, chosen, width, entry)
    else:
        made = _machine(ground, allowed, chosen, width, entry, options)
        made["result"]["findings"][:0] = taken(
            [chosen], made["result"]["radius_m"], made["result"]["overlap_m"], options, slopes)
    made["result"]["findings"][:0] = notes
    benchmark = entry if entry is not None else corner(ground.geometry)
    result = {**({"synthetic": SYNTHETIC} if ground.synthetic else {}), **made["result"],
              "profile": chosen.id, "width_m": width, "task_m2": ground.geometry.area,
              "keep_out_m2": kept_out, "not_known": list(chosen.not_known)}
    result["files"] = [str(p) for p in write(out, ground, made, benchmark, chosen, result)]
    return result


def check_options(options: LaneOptions) -> None:
    """LAN-021: an option that says nothing, as a range below 0 m or a slope that is no number."""
    def wrong(name: str, found: object, expected: str) -> LandReleaseError:
        return LandReleaseError(LANES_OPTION, name=name, found=found, expected=expected)

    if options.entry is not None and not all(map(math.isfinite, options.entry)):
        raise wrong("--entry", options.entry, "two numbers as 10.25,45.5")
    if options.entry is not None and not options.plane and not (
            abs(options.entry[0]) <= 180 and abs(options.entry[1]) <= 90):
        raise wrong("--entry", options.entry, "longitude,latitude; metres only with --plane")
    for name, value, least in (("--radius", options.radius_m, 0.0),
                               ("--control-range", options.control_m, 0.0)):
        if value is not None and not least < value < math.inf:
            raise wrong(name, value, "metres above 0")
    if options.standoff_m is not None and not 0 <= options.standoff_m < math.inf:
        raise wrong("--stand-off", options.standoff_m, "metres from 0")
    if options.slope_deg is not None and not 0 <= options.slope_deg <= 90:
        raise wrong("--slope-limit", options.slope_deg, "degrees from 0 to 90")


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
                   ) -> tuple[BaseGeometry, float, bool]:
    """The task less keep-outs, and less ground that is steeper than the machine may go; how many
    m² that takes off; whether any polygon states a slope.

    Raises LAN-006, LAN-022 a slope that is none, LAN-023 a keep-out that is no polygon, and what
    `read_places` raises: a keep-out that cannot be read is never passed over.
    """
    from landrelease.records.shapes import polygons_of
    from landrelease.workflows.areas import read_places

    limit = options.slope_deg if options.slope_deg is not None else profile.value("slope_deg")
    gone: list[BaseGeometry] = list(options.forbidden)
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
            gone.append(shape if ground.plane is None else ground.plane.to_plane(shape))
    if not gone:
        return ground.geometry, 0.0, slopes
    left = shapely.difference(ground.geometry, joined(gone))
    parts = [p for p in shapely.get_parts(left) if p.geom_type == "Polygon" and p.area > 1e-6]
    allowed = joined(parts)
    return allowed, ground.geometry.area - allowed.area, slopes


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
          slopes: bool) -> list[str]:
    """What a plan for machines takes because nobody stated it: findings LAN-012, 14 to 16."""
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
    if not slopes:
        limits = [options.slope_deg if options.slope_deg is not None else p.value("slope_deg")
                  for p in profiles]
        known = [v for v in limits if v is not None]
        out.append(SLOPE_NOT_STATED.text(limit=(
            f"{min(known):g} degrees" if len(known) == len(limits) else "not known")))
    return out


def _machine(ground: Ground, allowed: BaseGeometry, profile: Profile, width: float,
             entry: tuple[float, float] | None, options: LaneOptions) -> dict[str, Any]:
    from landrelease.operate import lanes

    overlap = options.overlap_m if options.overlap_m is not None else (
        profile.value("overlap_m") or 0.0)
    radius = options.radius_m if options.radius_m is not None else profile.value("radius_m")
    first = headland(options, profile)
    plan = lanes.plan(allowed, width_m=width, overlap_m=overlap, radius_m=radius, entry=entry,
                      back=options.back, headland_first=first)
    by_hand = joined([plan.by_hand, shapely.difference(ground.geometry, allowed)])
    reach = options.control_m if options.control_m is not None else profile.value(
        "control_range_m")
    standoff = options.standoff_m if options.standoff_m is not None else 0.0
    places = control(ground.geometry, plan.drives, standoff, reach) if reach else []
    rate = profile.figure("rate_m2_h")
    result: dict[str, Any] = {
        "kind": "machine", "overlap_m": overlap, "radius_m": radius or width / 2,
        "reachable_m2": plan.reachable.area, "by_hand_m2": by_hand.area,
        "length_m": plan.length_m, "least_length_m": plan.least_m,
        "over_least": plan.length_m / plan.least_m - 1, "turn_deg": plan.turn_deg,
        "swaths": sum(d.kind == "swath" for d in plan.drives), "angle_deg": plan.angle_deg,
        "headland_first": first, "ends_where_it_begins": options.back,
        "not_joined": plan.apart, "control_range_m": reach, "control_positions": len(places),
        "findings": [],
        "hours_at_stated_rate": plan.reachable.area / rate.value if rate and rate.value else None,
        "clearance": "a machine's pass is not clearance until the follow-up by hand is on record "
                     "(S07)"}
    if places and options.standoff_m is None:
        result["findings"].append(STANDOFF_NOT_STATED.text())
    if len(places) != 1 and reach:
        result["findings"].append(OUTSIDE_CONTROL.text(
            standoff=standoff, reach=reach, found=len(places)))
    stretches = [(d.kind, f"{n}", shapely.LineString(d.xy) if len(d.xy) > 1 else None)
                 for n, d in enumerate(plan.drives, start=1)]
    lines = [s for s in stretches if s[2] is not None]
    result["findings"] += not_joined([shape for _, _, shape in lines])
    return {"result": result, "lines": lines, "by_hand": by_hand, "control": places,
            "allowed": allowed}


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
    """Whether the outer round comes first: as the user says, else as the profile asks."""
    if options.headland_first is not None:
        return options.headland_first
    return bool(profile.value("headland_first"))


def control(task: BaseGeometry, drives: Sequence[Drive], standoff: float, reach: float
            ) -> list[tuple[float, float]]:
    """Positions round the task, at the stand-off, from which all of the path is in range.

    Greedy cover: each next position brings most of what is left into range. Points that none
    brings into range stay out of it.
    """
    xy = np.concatenate([d.xy if d.length_m == 0 else shapely.get_coordinates(shapely.segmentize(
        shapely.LineString(d.xy), 20.0)) for d in drives])
    rim = shapely.get_rings(shapely.get_parts(shapely.buffer(
        joined([shapely.Polygon(p.exterior) for p in shapely.get_parts(task)]),
        max(standoff, 1e-3) * 1.003, quad_segs=16)))
    places = shapely.get_coordinates(shapely.line_interpolate_point(
        np.repeat(rim, CONTROL_STEP), np.tile(np.arange(CONTROL_STEP) / CONTROL_STEP, len(rim)),
        normalized=True))
    covers = np.hypot(xy[:, 0][None, :] - places[:, 0][:, None],
                      xy[:, 1][None, :] - places[:, 1][:, None]) <= reach
    left = covers.any(axis=0)
    out = []
    while left.any():
        best = int((covers & left).sum(axis=1).argmax())
        out.append((float(places[best, 0]), float(places[best, 1])))
        left &= ~covers[best]
    return out


def people(ground: Ground, allowed: BaseGeometry, profile: Profile, width: float,
            entry: tuple[float, float] | None) -> dict[str, Any]:
    from landrelease.operate import by_hand

    made = by_hand.lanes(allowed, width_m=width,
                         base_width_m=profile.value("base_width_m") or width,
                         separation_m=profile.value("separation_m") or 0.0, entry=entry)
    area = sum(lane.ground.area for lane in made)
    return {"result": {"kind": profile.kind, "lanes": len(made), "lanes_m2": area,
                       "turns": max((lane.turn for lane in made), default=0),
                       "separation_m": profile.value("separation_m"), "findings": [
                           ENTRY_NOT_STATED.text(taken="the longest edge of the task")]
                       if entry is None else []},
            "lines": [(lane.kind, lane.name, lane.ground) for lane in made],
            "starts": [lane.start for lane in made], "turns": [lane.turn for lane in made],
            "by_hand": shapely.Polygon(), "control": []}


def write(out: Path, ground: Ground, made: dict[str, Any], benchmark: tuple[float, float],
           profile: Profile, result: dict[str, Any]) -> list[Path]:
    from landrelease.publish import guidance, sketch
    from landrelease.store.results import dump, write_atomically

    mark = {"synthetic": SYNTHETIC} if ground.synthetic else {}
    holds: dict[int, str] = made.get("holds", {})  # line -> what has to be away before it
    features = [_feature(ground, shape, {"kind": kind, "name": name, **mark, **(
        {"turn": made["turns"][n]} if "turns" in made else {"order": n + 1}), **(
        {"holds_until": holds[n]} if n in holds else {})})
        for n, (kind, name, shape) in enumerate(made["lines"])]
    if not made["by_hand"].is_empty:
        features.append(_feature(ground, made["by_hand"], {
            "kind": "by hand", "name": "ground that the machine cannot reach", **mark}))
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
        words = "; ".join(filter(None, [mark.get("synthetic"), profile.title,
                                        "proposal: a person decides"]))
        files["lanes.gpx"] = guidance.gpx("lanes", routes, words).encode()
        files["lanes.kml"] = guidance.kml("lanes", routes, words).encode()
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
    files["sketch.pdf"] = sketch.render_sketch(_sketch(ground, made, benchmark, profile, result))
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
            profile: Profile, result: dict[str, Any]) -> dict[str, Any]:
    from landrelease.publish import sketch

    places = made.get("starts") or [shapely.get_coordinates(s)[0] for _, _, s in made["lines"]]
    rows = []
    for (kind, name, shape), place in zip(made["lines"][:ROWS], places[:ROWS], strict=True):
        bearing, distance = _from(ground, benchmark, place)
        size = (f"{shape.length:.1f} m" if shape.geom_type == "LineString"
                else f"{shape.area:.1f} m²")
        rows.append([name, kind, f"{bearing:05.1f}°", f"{distance:.2f} m", size])
    at = shapely.get_coordinates(ground.back(shapely.Point(benchmark)))[0]
    facts = [f"{profile.title}, working width {result['width_m']:g} m. Benchmark at "
             + (f"{at[1]:.7f}, {at[0]:.7f} (latitude, longitude, WGS 84)." if ground.plane
                else f"{at[0]:.2f}, {at[1]:.2f} (metres)."),
             f"Task {result['task_m2']:,.1f} m²."]
    if result["kind"] == "machine":
        facts.append(f"Reachable {result['reachable_m2']:,.1f} m²; by hand "
                     f"{result['by_hand_m2']:,.1f} m²; {result['length_m']:,.0f} m to drive.")
    if len(made["lines"]) > ROWS:
        facts.append(f"The table shows the first {ROWS} of {len(made['lines'])}; all are in the "
                     "files.")
    facts += result["findings"]
    return {"title": "Sketch of lanes", "synthetic": SYNTHETIC.upper() if ground.synthetic else "",
            "facts": facts,
            "svg": sketch.sketch_svg(ground.geometry, made["by_hand"],
                                     [(kind, shape) for kind, _, shape in made["lines"]],
                                     benchmark),
            "heads": ["no.", "kind", "bearing of start", "distance of start", "size"],
            "rows": rows}


def _from(ground: Ground, benchmark: tuple[float, float], place: Sequence[float]
          ) -> tuple[float, float]:
    """Bearing from true north (grid north in metres) in degrees, and distance in m."""
    if ground.plane is None:
        dx, dy = place[0] - benchmark[0], place[1] - benchmark[1]
        return math.degrees(math.atan2(dx, dy)) % 360, math.hypot(dx, dy)
    both = shapely.get_coordinates(ground.plane.to_degrees(
        shapely.points([benchmark, (place[0], place[1])])))
    bearing, _, distance = WGS84.inv(*both[0], *both[1])
    return bearing % 360, distance


def lane_words(result: dict[str, Any]) -> list[str]:
    """What the command says."""
    out = ["Synthetic data: made up. Nothing here is about real ground."] if (
        "synthetic" in result) else []
    if result["kind"] != "machine":
        out.append(f"{result['lanes']:,} lanes of {result['width_m']:g} m on "
                   f"{result['lanes_m2']:,.1f} m2; lanes of one turn are at least "
                   f"{result['separation_m'] or 0:g} m apart.")
    else:
        out += [f"{result['swaths']:,} swaths of {result['width_m']:g} m, overlap "
                f"{result['overlap_m']:g} m, at {result['angle_deg']:.1f} degrees from east; "
                f"{result['length_m']:,.0f} m to drive, turns and ways included: "
                f"{100 * result['over_least']:.1f} % above area / (width - overlap).",
                f"Reachable {result['reachable_m2']:,.1f} m2; for hand work "
                f"{result['by_hand_m2']:,.1f} m2 of {result['task_m2']:,.1f} m2."]
        if result["control_range_m"] is None:
            out.append("The range of the control is not known: check it on site.")
        out.append("A machine's pass is not clearance until the follow-up by hand is on record.")
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
