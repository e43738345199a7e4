"""Lanes for several machines at once, and for people behind them: a folder each, one schedule."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core.geometry import joined
from landrelease.errors import (
    FLEET_APART,
    FLEET_COUNT,
    FLEET_MIXED,
    PEOPLE_APART,
    STANDOFF_NOT_STATED,
    LandReleaseError,
)
from landrelease.publish.words_lanes import AROUND_NOT_KNOWN, HOLDS, OPENS
from landrelease.workflows import lanes
from landrelease.workflows.lanes import LaneOptions
from landrelease.workflows.operate import SYNTHETIC, Ground, read_ground

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.core.profile import Profile
    from landrelease.operate.fleet import FleetPlan, Hold

COLUMNS = ("machine", "stretch", "kind", "length_m", "start_s", "leave_s", "holds_until")


def make_fleet(task: Path | Ground, names: Sequence[str], machines: int, out: Path,
               options: LaneOptions, profiles: Path | None = None, *, apart_m: float | None,
               people_apart_m: float | None = None, speed_m_s: float | None = None,
               notes: Sequence[str] = (), known: Mapping[str, Profile] | None = None
               ) -> dict[str, Any]:
    """Plan and write all files: `machine-1`, `machine-2` and so on, `people`, `schedule.csv`.

    `names`: profiles; one name and `machines` times the same machine, or several names. Machines of
    different profiles drive lanes for the narrowest tool and the largest body among them. A profile
    of people or animals gets lanes over all of the ground, each with what has to be away first.

    Raises LAN-001 to LAN-006, LAN-008 to LAN-011, LAN-021, LAN-022, LAN-033, and
    what `read_ground` raises.
    """
    lanes.check_options(options)
    from landrelease.operate import fleet
    from landrelease.operate.lanes import new_ground, with_safe
    from landrelease.store.results import dump, write_atomically

    chosen = [lanes.chosen_profile(n, profiles, known) for n in names]
    drive, walk = _sorted(chosen, machines)
    if apart_m is None:
        raise LandReleaseError(FLEET_APART, found="not stated")
    if walk is not None and (people_apart_m is None or not people_apart_m >= 0):
        raise LandReleaseError(PEOPLE_APART, found=(
            "not stated" if people_apart_m is None else people_apart_m))
    ground = task if isinstance(task, Ground) else read_ground(task, plane=options.plane)
    options = lanes.with_relief(options, ground)
    # Steep ground is closed to all where it is to one of them.
    allowed = ground.geometry
    slopes = False
    steep: list[BaseGeometry] = []
    for profile in dict.fromkeys(drive):
        own_ground, not_worked, slopes = lanes.allowed_ground(ground, profile, options)
        allowed = shapely.intersection(allowed, own_ground)
        steep.append(not_worked.steep)
    allowed = lanes.areas(allowed)
    not_worked = replace(not_worked, steep=joined(steep))
    widths = [w for p in drive if (w := _width(p, options)) is not None]
    overlap = options.overlap_m if options.overlap_m is not None else max(
        p.value("overlap_m") or 0.0 for p in drive)
    radii = [r for p in drive if (r := options.radius_m or p.value("radius_m"))]
    speeds = [_speed(p, speed_m_s, min(widths) - overlap) for p in drive]
    entry = lanes.entry_of(ground, chosen, options)
    first = any(lanes.headland(options, p) for p in drive)
    unsafe = lanes.unsafe_around(ground, allowed, drive, options)
    safe = lanes.safe_beside(ground, unsafe, options)
    made = fleet.plan_fleet(
        allowed, speeds, apart_m=apart_m, width_m=min(widths), overlap_m=overlap,
        radius_m=max(radii, default=None), entry=entry, headland_first=first,
        safe=safe)
    by_hand = joined([made.plan.by_hand, not_worked.steep])
    new = new_ground([[(s.start_s, s.drive) for s in path] for path in made.paths], min(widths),
                     made.radius_m, safe)
    result: dict[str, Any] = ({"synthetic": SYNTHETIC} if ground.synthetic else {}) | {
        "kind": "machines", "machines": [], "width_m": min(widths), "overlap_m": overlap,
        "radius_m": made.radius_m, "apart_m": apart_m, "task_m2": ground.geometry.area,
        **not_worked.areas, "reachable_m2": made.plan.reachable.area, "by_hand_m2": by_hand.area,
        "length_m": made.plan.length_m, "headland_first": first, "seconds": made.seconds,
        "safe_m2": 0.0 if safe is None else safe.area,
        "not_joined": made.plan.apart, "around_known": options.danger is not None,
        **lanes.on_new_ground(new),
        "findings": [*notes, *lanes.taken(drive, made.radius_m, overlap, options, slopes,
                                             ground),
                     *lanes.turns_on_new(new), *lanes.given_up(made.plan)],
        "not_known": sorted({n for p in drive for n in p.not_known}),
        "clearance": "a machine's pass is not clearance until the follow-up by hand is on record "
                     "(S07)"}
    files: list[Path] = []
    stated = list(result["findings"])
    benchmark = entry if entry is not None else lanes.corner(ground.geometry)
    for m, (profile, path, speed) in enumerate(zip(drive, made.paths, speeds, strict=True)):
        own = {"kind": "machine", "profile": profile.id, "speed_m_s": speed,
               "length_m": sum(s.drive.length_m for s in path), "stretches": len(path),
               "waits": sum(bool(s.holds) for s in path),
               "enters_s": path[0].start_s if path else None,
               "leaves_s": path[-1].leave_s if path else None}
        result["machines"].append(own)
        if not path:
            continue
        lines = [(s.drive.kind, f"{n}", _shape(s.drive.xy)) for n, s in enumerate(path, start=1)]
        reach = options.control_m if options.control_m is not None else profile.value(
            "control_range_m")
        places, out_m = lanes.control(
            ground.geometry, [s.drive for s in path], options.standoff_m or 0.0, reach, unsafe
            ) if reach else ([], 0.0)
        own |= {"control_range_m": reach, "control_positions": len(places),
                "standoff_m": options.standoff_m or 0.0}
        controlled = lanes.from_control(places, out_m, options, reach) if reach else []
        for text in controlled:
            text = text if text == STANDOFF_NOT_STATED.text() else f"Machine {m + 1}: {text}"
            result["findings"] += [text] if text not in result["findings"] else []
        leg, crossing = lanes.approach(entry, path[0].drive.xy[0], made.radius_m, unsafe)
        result["findings"] += [t for t in crossing if t not in result["findings"]]
        told = {"lines": lines, "by_hand": by_hand, "not_worked": not_worked,
                "control": places, "allowed": allowed if safe is None else with_safe(allowed, safe),
                "approach": leg, "safe": safe,
                "holds": {n: _words(s.holds) for n, s in enumerate(path) if s.holds},
                "after": {n: _short(s.holds) for n, s in enumerate(path)}}
        apart = lanes.not_joined([shape for _, _, shape in lines])
        result["findings"] += [f"Machine {m + 1}: {text}" for text in apart]
        shown = {**result, **own, "findings": [*stated, *controlled, *crossing, *apart, HOLDS]}
        files += lanes.write(out / f"machine-{m + 1}", ground, told, benchmark, profile, shown,
                             options.lang)
    lines_of_people: list[list[str]] = []
    if walk is not None and people_apart_m is not None:
        written, lines_of_people = _people(out / "people", ground, walk, options, entry, benchmark,
                                           made, people_apart_m, result, notes)
        files += written
    rows = io.StringIO()
    writer = csv.writer(rows, lineterminator="\n")
    if ground.synthetic:
        writer.writerow([SYNTHETIC])
    writer.writerow(COLUMNS)
    for m, path in enumerate(made.paths, start=1):
        writer.writerows([m, n, s.drive.kind, f"{s.drive.length_m:.2f}", f"{s.start_s:.1f}",
                          f"{s.leave_s:.1f}", _words(s.holds)] for n, s in enumerate(path, 1))
    writer.writerows(lines_of_people)
    write_atomically(out / "schedule.csv", rows.getvalue().encode())
    result["files"] = [str(p) for p in (*files, out / "schedule.csv", out / "lanes.json")]
    write_atomically(out / "lanes.json", dump(result))
    return result


def _sorted(chosen: Sequence[Profile], machines: int) -> tuple[list[Profile], Profile | None]:
    drive = [p for p in chosen if p.kind == "machine"]
    walk = [p for p in chosen if p.kind != "machine"]
    if not drive or len(walk) > 1:
        raise LandReleaseError(FLEET_MIXED, found=", ".join(p.id for p in chosen))
    if machines < 1 or (machines > 1 and len(drive) > 1):
        raise LandReleaseError(FLEET_COUNT, found=f"{machines} times {len(drive)} profiles",
                               most=8)
    return drive * machines, walk[0] if walk else None


def _width(profile: Profile, options: LaneOptions) -> float:
    return lanes.width_of(profile, options.width_m, options)


def _speed(profile: Profile, stated: float | None, spacing: float) -> float:
    """As the user says, else the profile's, else what its rate comes to, else an assumption."""
    from landrelease.workflows import load_assumptions

    if stated is not None:
        return stated
    rate = profile.value("rate_m2_h")
    return profile.value("speed_m_s") or (
        rate / 3600 / spacing if rate and spacing > 0 else load_assumptions().value(
            "lane_speed_m_s"))


def _shape(xy: Any) -> BaseGeometry:
    return shapely.LineString(xy)


def _words(holds: Sequence[Hold]) -> str:
    return "; ".join(f"machine {h.machine + 1} has left its stretch {h.stretch + 1}"
                     for h in holds)


def _short(holds: Sequence[Hold]) -> str:
    """As the column of a printed table has it."""
    return ", ".join(f"M{h.machine + 1} {h.stretch + 1}" for h in holds)


def _people(out: Path, ground: Ground, profile: Profile, options: LaneOptions,
            entry: tuple[float, float] | None, benchmark: tuple[float, float], made: FleetPlan,
            apart_m: float, result: dict[str, Any], notes: Sequence[str]
            ) -> tuple[list[Path], list[list[str]]]:
    """The files of the people's lanes, and their rows of the schedule; what is to be told of the
    lanes joins the findings of `result`."""
    from landrelease.operate import fleet

    width = lanes.width_of(profile, None, options)  # --width is of the machines
    # So is --slope-limit: what is too steep for them is work of people, but where their own profile
    # says how steep they may go.
    limit = profile.value("slope_deg")
    options = replace(options, slope_deg=lanes.ANY_SLOPE_DEG if limit is None else None,
                      relief=None if limit is None else options.relief)
    allowed, not_worked, _ = lanes.allowed_ground(ground, profile, options)
    told = lanes.people(ground, allowed, not_worked, profile, width, entry, options)
    opens: dict[int, str] = {}
    short: dict[int, str] = {}
    first: list[float] = []
    rows: list[list[str]] = []
    for n, (kind, name, shape) in enumerate(told["lines"]):
        holds = fleet.open_after(shape, made, apart_m)
        first.append(max((made.paths[h.machine][h.stretch].leave_s for h in holds), default=0.0))
        short[n] = _short(holds)
        if holds:
            opens[n] = _words(holds)
        rows.append(["people", name, kind, "", f"{first[-1]:.1f}", "", opens.get(n, "")])
    told |= {"holds": opens, "after": short}
    result["findings"] += [f"People: {text}" for text in told["result"]["findings"]]
    own = told["result"] | not_worked.areas | {"profile": profile.id, "width_m": width,
                                               "apart_m": apart_m,
                            "first_opens_s": min(first, default=0.0),
                            "last_opens_s": max(first, default=0.0)}
    result["people"] = own
    return lanes.write(out, ground, told, benchmark, profile,
                       {**result, **own, "findings": [*notes, *own["findings"], OPENS]},
                       options.lang), rows


def fleet_words(result: dict[str, Any]) -> list[str]:
    """What the command says."""
    out: list[str] = []
    out.append(f"{len(result['machines'])} machines on lanes of {result['width_m']:g} m, never "
               f"nearer to each other than {result['apart_m']:g} m: {result['length_m']:,.0f} m "
               f"to drive, {result['seconds'] / 3600:.1f} h at the stated speeds.")
    out += [f"  machine {n} ({m['profile']}): {m['length_m']:,.0f} m, waits {m['waits']} times"
            + (f", on the ground from {m['enters_s'] / 60:,.0f} to {m['leaves_s'] / 60:,.0f} min"
               if m["stretches"] else "; no work is left for it")
            for n, m in enumerate(result["machines"], start=1)]
    if "people" in result:
        p = result["people"]
        out.append(f"  {p['lanes']} lanes for {p['profile']}, at least {p['apart_m']:g} m from "
                   f"machines: the first opens after {p['first_opens_s'] / 60:,.0f} min, the last "
                   f"after {p['last_opens_s'] / 60:,.0f} min.")
    out.append(f"Reachable {result['reachable_m2']:,.1f} m2; for hand work "
               f"{result['by_hand_m2']:,.1f} m2 of {result['task_m2']:,.1f} m2.")
    out += lanes.shut_words(result)
    if not result["around_known"]:
        out.append(AROUND_NOT_KNOWN)
    if result["not_joined"]:
        out.append(f"{result['not_joined']} pieces of ground cannot be reached from the first "
                   "without leaving allowed ground: bring the machine there from outside.")
    out.append("The holds keep the distance at any speed; the times are those of stated speeds. "
               "A machine's pass is not clearance until the follow-up by hand is on record.")
    return out + result["findings"] + result["files"]
