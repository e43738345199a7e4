"""The commands of `operate` on the ground itself: proof of coverage, lanes."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from landrelease.apps.common import (
    DONE,
    FINDINGS,
    UNVERIFIED,
    AssumptionsOption,
    JsonOption,
    RegistryArgument,
    RoleOption,
    as_date,
    heard,
    put_json,
    say,
    synthetic_label,
)
from landrelease.apps.reading import OrganisationOption, reading

if TYPE_CHECKING:
    from landrelease.core.assumption import Assumptions
    from landrelease.core.profile import Profile
    from landrelease.workflows.coverage import AllDays
    from landrelease.workflows.lanes import LaneOptions
    from landrelease.workflows.operate import Ground, ProofOptions, Proven, TrackFile
    from landrelease.workflows.task_lanes import TaskGround

SHOWN = 20


def register(operate: typer.Typer) -> None:
    operate.command("proof")(operate_proof)
    operate.command("measured")(operate_measured)
    operate.command("lanes")(operate_lanes)
    operate.command("profiles")(operate_profiles)


TaskOption = Annotated[Path, typer.Option("--task", metavar="T.geojson",
                                          help="The polygon to be covered.")]
TaskFileOption = Annotated[Path | None, typer.Option(
    "--task", metavar="T.geojson", help="The polygon to be covered, where it is not on record.")]
PlaneOption = Annotated[bool, typer.Option("--plane", help="Coordinates are metres.")]


def operate_proof(
    track: Annotated[list[Path], typer.Option(
        "--track", metavar="K.csv", help="Fixes as CSV, GPX, NMEA or MAVLink .tlog or .bin; "
        "may be repeated.")],
    width: Annotated[float, typer.Option("--width", metavar="M", help="Working width in m.")],
    position_error: Annotated[float, typer.Option(
        "--position-error", metavar="M", help="One standard deviation across the track, in m.")],
    confidence: Annotated[float, typer.Option(
        "--confidence", metavar="C", help="That the tool was where the proof takes it to be.")],
    uncovered: Annotated[Path, typer.Option(
        "--uncovered", metavar="G.geojson", help="Where to write the uncovered polygons.")],
    registry: Annotated[str | None, typer.Argument(
        metavar="REGISTRY", help="A .gpkg path or a postgresql:// address.")] = None,
    recorded: Annotated[str | None, typer.Argument(
        metavar="TASK", help="Id of the task there.")] = None,
    task: TaskFileOption = None,
    plane: PlaneOption = False,
    by: Annotated[str, typer.Option(
        "--by", metavar="machine|manual|animal", help="Who made the tracks.")] = "machine",
    manual: Annotated[list[Path] | None, typer.Option(
        "--manual", metavar="K.csv", help="Track of the follow-up by hand; may be repeated.")]
    = None,
    manual_width: Annotated[float | None, typer.Option(
        "--manual-width", metavar="M", help="Its width; has to be stated with --manual, but "
        "where the other tracks are by hand too.")] = None,
    manual_position_error: Annotated[float | None, typer.Option(
        "--manual-position-error", metavar="M", help="Its error, likewise.")] = None,
    manual_depth: Annotated[float, typer.Option(
        "--manual-depth", metavar="M", min=0.0, help="As --depth, of the tracks of --manual; what "
        "is said of the others never holds for these.")] = 0.0,
    manual_speed_limit: Annotated[float | None, typer.Option(
        "--manual-speed-limit", metavar="M/S", min=0.0)] = None,
    manual_step_limit: Annotated[float | None, typer.Option(
        "--manual-step-limit", metavar="M", min=0.0)] = None,
    manual_forward: Annotated[float, typer.Option(
        "--manual-tool-forward", metavar="M")] = 0.0,
    manual_right: Annotated[float, typer.Option("--manual-tool-right", metavar="M")] = 0.0,
    depth: Annotated[float, typer.Option(
        "--depth", metavar="M", min=0.0, help="Count only ground worked at least so deep.")] = 0.0,
    speed_limit: Annotated[float | None, typer.Option(
        "--speed-limit", metavar="M/S", min=0.0, help="Fastest that the tool works at; else the "
        "profile's, else what is assumed of machines, people and animals.")] = None,
    profile: Annotated[str | None, typer.Option(
        "--profile", metavar="P", help="Machine or detector of the tracks (operate profiles): its "
        "speed limits the steps that count, and --width is held against its width.")] = None,
    step_limit: Annotated[float | None, typer.Option(
        "--step-limit", metavar="M", min=0.0, help="Longest way between two fixes that counts; "
        "else what is assumed of machines, people and animals.")] = None,
    gap: Annotated[float | None, typer.Option(
        "--gap", metavar="S", min=0.0, help="Longest time between fixes that counts.")] = None,
    forward: Annotated[float, typer.Option(
        "--tool-forward", metavar="M", help="The tool's middle ahead of the antenna.")] = 0.0,
    right: Annotated[float, typer.Option(
        "--tool-right", metavar="M", help="The tool's middle to the right of the antenna.")] = 0.0,
    tool_on: Annotated[list[str] | None, typer.Option(
        "--tool-on", metavar="FROM/UNTIL", help="The tool worked in these times only, said by "
        "hand; may be repeated.")] = None,
    tool_off: Annotated[list[str] | None, typer.Option(
        "--tool-off", metavar="FROM/UNTIL", help="The tool did not work in these times; may be "
        "repeated.")] = None,
    manual_tool_on: Annotated[list[str] | None, typer.Option(
        "--manual-tool-on", metavar="FROM/UNTIL", help="As --tool-on, of the tracks of --manual.")]
    = None,
    manual_tool_off: Annotated[list[str] | None, typer.Option(
        "--manual-tool-off", metavar="FROM/UNTIL")] = None,
    tool_signal: Annotated[str | None, typer.Option(
        "--tool-signal", metavar="SIGNAL", help="What in the MAVLink logs of --track says that the "
        "tool works: servo:N>PULSE, channel:N>PULSE (or <), relay:N=on or relay:N=off.")] = None,
    most_hdop: Annotated[float | None, typer.Option(
        "--most-hdop", metavar="H", help="Fixes with more dilution of precision, or of none that "
        "is logged, do not count.")] = None,
    least_fix: Annotated[str | None, typer.Option(
        "--least-fix", metavar="single|differential|float|fixed", help="Kind of fix that the "
        "stated position error holds for, at least; else the best kind in each log.")] = None,
    heading_error: Annotated[float | None, typer.Option(
        "--heading-error", metavar="DEG", min=0.0, help="One standard deviation.")] = None,
    bias: Annotated[float, typer.Option(
        "--bias", metavar="M", help="One standard deviation of an error that a whole track "
        "shares.")] = 0.0,
    smallest: Annotated[float | None, typer.Option(
        "--smallest", metavar="M", min=0.0, help="Radius of the largest inscribed circle down to "
        "which spots are listed.")] = None,
    detection: Annotated[float | None, typer.Option(
        "--detection", metavar="P", min=0.0, max=1.0, help="Chance that a pass finds an item "
        "that it passes over.")] = None,
    follow: Annotated[bool, typer.Option(
        "--follow", help="The tracks are still being written: say after each look what is proven, "
        "machine and hand apart, until none has grown for --idle seconds; then the whole proof.")]
    = False,
    every: Annotated[float, typer.Option(
        "--every", metavar="S", min=0.1, help="With --follow: seconds between looks.")] = 5.0,
    idle: Annotated[float, typer.Option(
        "--idle", metavar="S", min=0.0, help="With --follow: when to stop.")] = 60.0,
    store: Annotated[bool, typer.Option(
        "--store", help="Record tracks and covered ground in the registry: the contamination map "
        "and residual risk then give credit on it only.")] = False,
    add: Annotated[bool, typer.Option(
        "--add", help="With --store: beside the tracks of this task and work that are on record "
        "already, of days before, and not in their place.")] = False,
    pass_only: Annotated[bool, typer.Option(
        "--pass-only", help="The question is what this pass covered: ground that waits for the "
        "follow-up by hand is no finding.")] = False,
    activity: Annotated[str | None, typer.Option(
        "--activity", metavar="ID", help="With --store: the work that it proves; else all work of "
        "the task.")] = None,
    machine: Annotated[str | None, typer.Option(
        "--machine", metavar="ID", help="With --store: the machine on record that made the "
        "tracks of --track.")] = None,
    recorded_by: Annotated[str, typer.Option(
        "--recorded-by", metavar="WHO", help="With --store: who records it.")] = UNVERIFIED,
    role: RoleOption = None, organisation: OrganisationOption = None,
    assumptions: AssumptionsOption = None, json: JsonOption = None,
) -> None:
    """What the tracks prove of a task: covered for certain, at best, and every gap as a polygon.

    Doubt counts as uncovered: gaps in time, leaps, tool not engaged, ground past the last fix.
    Exit status 1 where ground is not proven covered, waits for the follow-up by hand (but for
    --pass-only) or a track has findings. The task is a file
    (--task), or one on record: REGISTRY TASK, with --store also to be recorded.

    Example: landrelease operate proof --task T.geojson --track K.csv --width 1.75
    --position-error 0.03 --confidence 0.95 --uncovered G.geojson
    """
    from landrelease import workflows
    from landrelease.errors import BAD_OPTION, LandReleaseError
    from landrelease.workflows import operate

    if by not in ("machine", "manual", "animal"):
        raise LandReleaseError(BAD_OPTION, option="--by", found=by,
                               expected="machine, manual or animal")
    if detection is not None and detection >= 1:
        raise LandReleaseError(BAD_OPTION, option="--detection", found=detection,
                               expected="less than 1: no detection is certain (S06)")
    # The swath of a machine is no detector's, nor its receiver the one on a person's back (S05).
    for option, stands in (("--manual-width", manual_width),
                           ("--manual-position-error", manual_position_error)):
        if manual and by != "manual" and stands is None:
            raise LandReleaseError(
                BAD_OPTION, option=option, found="nothing",
                expected=f"the follow-up by hand in m, which is not that of the {by}")
    files = [operate.TrackFile(p, by, width, position_error, profile=profile) for p in track]
    files += [operate.TrackFile(
        p, "manual", manual_width if manual_width is not None else width,
        manual_position_error if manual_position_error is not None else position_error,
        operate.TrackLimits(
            manual_speed_limit, manual_depth, manual_forward, manual_right, manual_step_limit,
            operate.tool_times(manual_tool_on or (), "--manual-tool-on"),
            operate.tool_times(manual_tool_off or (), "--manual-tool-off")))
        for p in manual or ()]
    options = operate.ProofOptions(
        confidence, plane, speed_limit, gap, depth, forward, right, heading_error, bias, smallest,
        detection, step_limit, operate.kind_of_fix(least_fix),
        operate.tool_times(tool_on or (), "--tool-on"),
        operate.tool_times(tool_off or (), "--tool-off"), operate.signal_of_tool(tool_signal),
        most_hdop)
    if profile is not None and speed_limit is None:
        options = dataclasses.replace(options, speed_m_s=operate.profile_speed(profile))
    stated = workflows.load_assumptions(assumptions)
    if follow and (recorded is None) != (task is None):
        _followed(operate.read_ground(task, plane=plane) if task is not None else
                  _recorded_ground(str(registry), str(recorded), role, organisation),
                  files, options, stated, every, idle)
    if registry is None or recorded is None:
        if task is None or store:
            raise LandReleaseError(
                BAD_OPTION, option="REGISTRY TASK", found=f"{registry or 'nothing'}",
                expected="a registry and the id of a task of it, or --task without --store")
        made, stored, days = operate.prove_on(operate.read_ground(task, plane=plane), files,
                                              options, stated), None, None
        _written(made, None, uncovered, json)
    else:
        if task is not None or plane:
            raise LandReleaseError(BAD_OPTION, option="--task, --plane", found="given",
                                   expected="neither, where the task is on record")
        if add and not store:
            raise LandReleaseError(BAD_OPTION, option="--add", found="without --store",
                                   expected="--store")
        made, stored, days = _on_record(
            registry, recorded, files, options, assumptions, store, add, activity, machine,
            recorded_by, role, organisation,
            lambda done, earlier: _written(done, earlier, uncovered, json))
    proof, result = made.proof, made.result
    if "synthetic" in result:
        say(synthetic_label())
    for line in operate.proof_words(result):
        say(line)
    others = [f for f in proof.findings if f.code not in ("COV-005", "COV-013")]
    for finding in others[:SHOWN]:
        say(finding.text)
    if len(others) > SHOWN:
        say(f"... and {len(others) - SHOWN:,} more findings; --json lists all.")
    spots, waiting = (proof.spots, proof.waiting) if days is None else (days.left, days.waiting)
    say(f"{uncovered}: {len(spots.polygons) + len(waiting.polygons):,} polygons")
    if stored is not None:
        say(f"{stored[0]} records of tracks and covered ground are stored; {stored[1]:,.2f} m2 of "
            "the task are covered for certain by no kind of work.")
    left_m2, waits_m2 = proof.uncovered_most_m2, proof.machine_only_m2
    if days is not None and stored is not None:
        left_m2, waits_m2 = stored[1], days.machine_only_m2
        say(f"With the {days.tracks} tracks of days before: " + ", ".join(
            f"{kind} {ground.area:,.2f} m2" for kind, ground in days.covered.items())
            + f" covered for certain; {waits_m2:,.2f} m2 by machine or animal only.")
    waits = waits_m2 > 1e-6 and not pass_only
    done = left_m2 <= 1e-6 and not proof.findings and not waits
    raise typer.Exit(DONE if done else FINDINGS)


def _written(made: Proven, days: AllDays | None, uncovered: Path, json: Path | None) -> None:
    from landrelease.store.results import write_parts
    from landrelease.workflows import operate

    spots, waiting = (made.proof.spots, made.proof.waiting) if days is None else (
        days.left, days.waiting)
    weak = made.proof.confidence if made.proof.weak else None
    write_parts(uncovered, operate.uncovered_text(made.ground, spots, waiting, weak))
    put_json(json, made.result if days is None else made.result | {"all_days": days.result()})


def _recorded_ground(registry: str, task: str, role: str | None, organisation: str | None
                     ) -> Ground:
    """The registry is not held open while the machine works."""
    from landrelease.workflows import coverage

    with reading(registry, "operate proof", role, organisation) as (opened_registry, reader):
        return coverage.recorded_ground(opened_registry, reader, task)[1]


def _followed(ground: Ground, files: list[TrackFile], options: ProofOptions,
              stated: Assumptions, every: float, idle: float) -> None:
    from landrelease.workflows import follow

    say("The first look ever takes longer: loops are compiled for this machine, and kept.")
    with contextlib.suppress(KeyboardInterrupt):  # what stands in the log until now is proven
        for look in follow.following(ground, files, options, stated, every_s=every, idle_s=idle):
            for line in follow.look_words(look):
                say(line)


def _on_record(registry: str, task: str, files: list[TrackFile], options: ProofOptions,
               assumptions: Path | None, store: bool, add: bool, activity: str | None,
               machine: str | None, by: str, role: str | None, organisation: str | None,
               written: Callable[[Proven, AllDays | None], None]
               ) -> tuple[Proven, tuple[int, float] | None, AllDays | None]:
    """`written` before anything is stored: what cannot be written leaves the registry as it was."""
    from landrelease import workflows
    from landrelease.workflows import coverage, operate

    with reading(registry, "operate proof", role, organisation) as (opened_registry, reader):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        record, ground = coverage.recorded_ground(opened_registry, reader, task)
        made = operate.prove_on(ground, files, options, stated)
        made.result["notes"] += coverage.said_before(opened_registry, record, files, made, activity)
        if store:  # before anything is written
            coverage.check_storable(options.confidence, stated.value("proof_confidence_least"))
        days = coverage.all_days(
            opened_registry, record, made, files, options.confidence, activity=activity,
            smallest_m=made.proof.spots.smallest_m,
            widest_m=operate.widest_m(stated)) if add else None
        written(made, days)
        if not store:
            return made, None, None
        return made, coverage.store_proof(
            opened_registry, record, files, made, options.confidence, activity=activity,
            machine=machine, by=by, days=days), days


def operate_measured(
    registry: RegistryArgument,
    task: Annotated[str, typer.Argument(metavar="TASK", help="Id of the task.")],
    lanes: Annotated[Path, typer.Option(
        "--lanes", metavar="L.geojson", help="Polygons of the lanes that people searched, as they "
        "were measured.")],
    position_error: Annotated[float, typer.Option(
        "--position-error", metavar="M", help="One standard deviation of a measured mark, in m.")],
    confidence: Annotated[float, typer.Option("--confidence", metavar="C")],
    depth: Annotated[float, typer.Option(
        "--depth", metavar="M", help="To which the lanes were searched.")],
    day: Annotated[str, typer.Option("--day", metavar="DAY", help="Last day of the work.")],
    uncovered: Annotated[Path, typer.Option(
        "--uncovered", metavar="G.geojson", help="Where to write the uncovered polygons.")],
    activity: Annotated[str | None, typer.Option(
        "--activity", metavar="ID", help="The work that it proves; else all work of the task.")]
    = None,
    store: Annotated[bool, typer.Option(
        "--store", help="Record the covered ground in the registry.")] = False,
    recorded_by: Annotated[str, typer.Option(
        "--recorded-by", metavar="WHO", help="With --store: who records it.")] = UNVERIFIED,
    role: RoleOption = None, organisation: OrganisationOption = None,
    assumptions: AssumptionsOption = None, json: JsonOption = None,
) -> None:
    """What measured lanes of people cover of a recorded task, where there are no tracks.

    Lanes side by side share the mark between them; round the rim and each hole the ground is
    narrowed by what the measurement may be off. Exit status 1 where ground is not covered for
    certain.

    Example: landrelease operate measured district.gpkg task-12 --lanes L.geojson
    --position-error 0.05 --confidence 0.95 --depth 0.2 --day 2027-05-02 --uncovered G.geojson
    --store --as inspector
    """
    from landrelease import workflows
    from landrelease.store.results import dump, write_atomically
    from landrelease.workflows import coverage
    from landrelease.workflows.operate import certain_words

    with reading(registry, "operate measured", role, organisation) as (opened_registry, reader):
        stated = workflows.load_assumptions(assumptions, opened_registry)
        record, ground = coverage.recorded_ground(opened_registry, reader, task)
        least = stated.value("proof_confidence_least")

        def proven(*, keep: bool) -> dict[str, Any]:
            return coverage.prove_measured(
                opened_registry, record, ground, lanes, position_error_m=position_error,
                confidence=confidence, depth_m=depth, day=as_date("--day", day),
                activity=activity, by=recorded_by, smallest_m=stated.value("spot_radius_m"),
                store=keep, confidence_least=least)

        if store:  # before anything is written
            coverage.check_storable(confidence, least)

        found = proven(keep=False)
        spots = found.pop("spots")
        # What cannot be written leaves the registry as it was.
        write_atomically(uncovered, dump(spots))
        put_json(json, found | {"stored": store})
        if store:
            proven(keep=True)
    for doubt in found["findings"]:
        say(doubt["text"])
    weak = any(doubt["code"] == "COV-013" for doubt in found["findings"])
    certain = certain_words(weak=weak)
    say(f"{found['lanes']} lanes, {found['task_m2']:,.2f} m2 of task: {certain} "
        f"{found['covered_certain_m2']:,.2f} m2, not proven {found['uncovered_most_m2']:,.2f} m2.")
    say(f"{uncovered}: {len(spots['features']):,} polygons")
    say("Stored as a proof of hand work." if store else "Nothing was stored; --store records it.")
    raise typer.Exit(FINDINGS if spots["features"] or weak else DONE)


def operate_lanes(
    profile: Annotated[list[str], typer.Option(
        "--profile", metavar="P", help="mv-10, uran-6, gcs-200, detector, ... (operate profiles); "
        "repeat for machines, and people behind them, at one time.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR")],
    registry: Annotated[str | None, typer.Argument(
        metavar="REGISTRY", help="A .gpkg path or a postgresql:// address.")] = None,
    recorded: Annotated[str | None, typer.Argument(
        metavar="TASK", help="Id of the task there.")] = None,
    task: TaskFileOption = None,
    on: Annotated[str | None, typer.Option(
        "--on", metavar="DAY", help="Of a task on record: local day on which closures are looked "
        "at; else today.")] = None,
    plane: PlaneOption = False,
    width: Annotated[float | None, typer.Option(
        "--width", metavar="M", help="Working width as measured; else the profile's.")] = None,
    overlap: Annotated[float | None, typer.Option(
        "--overlap", metavar="M", help="By which swaths overlap.")] = None,
    radius: Annotated[float | None, typer.Option(
        "--radius", metavar="M", help="Of the disc that holds the machine in every heading; else "
        "the profile's or half the width.")] = None,
    entry: Annotated[str | None, typer.Option(
        "--entry", metavar="X,Y", help="A point on the safe side (longitude,latitude, or metres "
        "with --plane); also the benchmark of the sketch.")] = None,
    keep_out: Annotated[list[Path] | None, typer.Option(
        "--keep-out", metavar="FILE", help="Polygons not to enter; with slope_deg only where "
        "steeper than the machine may go.")] = None,
    safe: Annotated[list[Path] | None, typer.Option(
        "--safe", metavar="FILE", help="Polygons of safe ground beside the task, on which a "
        "machine may come, turn and work edges from.")] = None,
    back: Annotated[bool, typer.Option(
        "--back", help="The path ends where it begins.")] = False,
    headland_first: Annotated[bool | None, typer.Option(
        "--headland-first/--headland-later", help="Rounds along edges before the swaths that end "
        "there, so that the machine turns on ground that is done; else as the profile says, else "
        "first.")] = None,
    run_up: Annotated[float | None, typer.Option(
        "--run-up", metavar="M", help="So far one machine goes out of its way to turn onto the "
        "round of a keep-out on ground that is done; else as two swaths lie apart.")] = None,
    slope_limit: Annotated[float | None, typer.Option(
        "--slope-limit", metavar="DEG", help="Steepest ground to go on; else the profile's."
        )] = None,
    elevation: Annotated[Path | None, typer.Option(
        "--elevation", metavar="FILE.tif", help="Heights in m: ground that is steeper than the "
        "machine may go is left to hand work.")] = None,
    standoff: Annotated[float | None, typer.Option(
        "--stand-off", metavar="M", min=0.0, help="Of the operator from the task.")] = None,
    control_range: Annotated[float | None, typer.Option(
        "--control-range", metavar="M", help="Of the remote control; else the profile's.")] = None,
    machines: Annotated[int, typer.Option(
        "--machines", metavar="N", help="So many machines of the profile at one time.")] = 1,
    apart: Annotated[float | None, typer.Option(
        "--apart", metavar="M", min=0.0, help="Safety distance between machines.")] = None,
    people_apart: Annotated[float | None, typer.Option(
        "--people-apart", metavar="M", min=0.0, help="Safety distance between people and "
        "machines.")] = None,
    speed: Annotated[float | None, typer.Option(
        "--speed", metavar="M/S", help="Of the machines; else the profile's.")] = None,
    lang: Annotated[str, typer.Option(
        "--lang", metavar="L", callback=heard,
        help="Language of the sketch: en, fr, es, ru, uk, ar.")] = "en",
    profiles: Annotated[Path | None, typer.Option(
        "--profiles", metavar="FILE.csv", help="Your own profiles.")] = None,
    role: RoleOption = None, organisation: OrganisationOption = None,
    assumptions: AssumptionsOption = None, json: JsonOption = None,
) -> None:
    """Lanes that cover all ground the machine or the people can reach, as files to work by.

    Writes lanes.geojson, sketch.pdf, lanes.json and, unless --plane, lanes.gpx, lanes.kml and (for
    machines) lanes.waypoints and lanes.plan, or a pair for each part of the path that is not joined
    to the others. What had to be taken because it was not stated is a finding. Exit status 1
    where something is left to be settled. The task is a file (--task), or one on record, REGISTRY
    TASK: then other hazards and closures are left out, and the entry lies on released ground or a
    road that can be passed.

    Example: landrelease operate lanes --task T.geojson --profile uran-6 --overlap 0.2 --out lanes
    """
    from landrelease import workflows
    from landrelease.errors import BAD_OPTION, LandReleaseError
    from landrelease.workflows import lanes

    place = None
    if entry is not None:
        try:
            x, y = (float(v) for v in entry.split(","))
            place = (x, y)
        except ValueError:
            raise LandReleaseError(BAD_OPTION, option="--entry", found=entry,
                                   expected="two numbers as 10.25,45.5") from None
    options = lanes.LaneOptions(
        plane, width, overlap, radius, place, standoff, control_range, slope_limit,
        tuple(keep_out or ()), back, headland_first, run_up, tuple(safe or ()),
        elevation, lang=lang, stated=workflows.load_assumptions(assumptions))
    where: Path | Ground
    notes: tuple[str, ...] = ()
    known: dict[str, Profile] | None = None
    if registry is None or recorded is None:
        if task is None:
            raise LandReleaseError(
                BAD_OPTION, option="REGISTRY TASK", found=f"{registry or 'nothing'}",
                expected="a registry and the id of a task of it, or --task")
        where = task
    else:
        if task is not None or plane:
            raise LandReleaseError(BAD_OPTION, option="--task, --plane", found="given",
                                   expected="neither, where the task is on record")
        found = _task_ground(registry, recorded, options, assumptions, on, role, organisation,
                             profiles)
        where, options, notes, known = (found.ground, found.options, found.findings,
                                        found.profiles)
    if len(profile) == machines == 1:
        result = lanes.make_lanes(where, profile[0], out, options, profiles, notes, known)
        words = lanes.lane_words(result)
    else:
        from landrelease.workflows import fleet

        result = fleet.make_fleet(where, profile, machines, out, options, profiles, apart_m=apart,
                                  people_apart_m=people_apart, speed_m_s=speed, notes=notes,
                                  known=known)
        words = fleet.fleet_words(result)
    put_json(json, result)
    if "synthetic" in result:
        say(synthetic_label())
    for line in words:
        say(line)
    raise typer.Exit(FINDINGS if result["findings"] or result.get("not_joined") else DONE)


def _task_ground(registry: str, task: str, options: LaneOptions, assumptions: Path | None,
                 on: str | None, role: str | None, organisation: str | None,
                 profiles: Path | None) -> TaskGround:
    from landrelease import workflows
    from landrelease.workflows import task_lanes

    with reading(registry, "operate lanes", role, organisation) as (opened_registry, reader):
        return task_lanes.of_task(
            opened_registry, reader, task, options,
            workflows.load_assumptions(assumptions, opened_registry),
            as_date("--on", on) if on else date.today(), profiles=profiles)


def operate_profiles(
    registry: Annotated[str | None, typer.Argument(
        metavar="REGISTRY", help="Its reports of work and machines give measured figures.")] = None,
    profiles: Annotated[Path | None, typer.Option(
        "--profiles", metavar="FILE.csv", help="Your own profiles.")] = None,
    role: RoleOption = None, organisation: OrganisationOption = None, json: JsonOption = None,
) -> None:
    """Machines, detectors and animals for `operate lanes`: what is known of each, and who says so.

    With a registry, what its own records measured stands beside the maker's figures.

    Example: landrelease operate profiles
    """
    from landrelease.workflows import lanes

    if registry is None:
        known = lanes.known_profiles(profiles)
    else:
        with reading(registry, "operate exposure", role, organisation) as (opened_, reader):
            known = lanes.measured_profiles(opened_, reader, profiles)
    put_json(json, [dataclasses.asdict(p) | {"not_known": p.not_known} for p in known.values()])
    for line in lanes.profile_words(known):
        say(line)
