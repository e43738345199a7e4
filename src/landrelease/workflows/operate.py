"""Proof of coverage and lanes: task and tracks from files, results to files."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from landrelease.core.assumption import Assumptions
from landrelease.core.geometry import LocalPlane, joined, plane_for
from landrelease.core.track import CIRCLE, ENGAGED_BLANK, Track
from landrelease.errors import (
    COVERAGE_OPTION,
    RECEIVER_NOT_SO_GOOD,
    SWATH_NOT_POSITIVE,
    TASK_NOT_PLANE,
    TASK_WITHOUT_GROUND,
    TRACK_AXES_UNTOLD,
    TRACK_COLUMNS_UNUSED,
    TRACK_MANY_PASSES,
    TRACK_NOT_IN_TASK,
    TRACK_TOOL_NOT_LOGGED,
    TRACK_TOOL_TURNED,
    TRACK_TWICE,
    WIDTH_NOT_OF_PROFILE,
    WIDTH_TOO_WIDE,
    LandReleaseError,
    Message,
)

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.operate.fixes import FixRules
    from landrelease.operate.proof import Proof, Work
    from landrelease.operate.spots import Spots
    from landrelease.operate.swath import Tool
    from landrelease.operate.tool_times import Times
    from landrelease.records.tool_signal import ToolSignal

# Of fixes that say whether the tool worked: so many inside and outside the task, and shares of
# those at which it did, beyond which the log may mean the opposite.
TURNED_LEAST, TURNED_INSIDE, TURNED_OUTSIDE = 20, 0.3, 0.8
DEPTH_STEP_M = 0.05  # of the table by depth; display only
SYNTHETIC = "synthetic: made up, not about real ground"


@dataclass(frozen=True, slots=True)
class Ground:
    """A task as read: its geometry in metres, and the plane that leads back to degrees."""

    file: str
    geometry: BaseGeometry  # Polygon or MultiPolygon, metres
    plane: LocalPlane | None  # None: the file itself is in metres
    synthetic: bool = False

    def metres(self, track: Track) -> tuple[np.ndarray, np.ndarray]:
        """The fixes of a track in the metres of the task."""
        if self.plane is None:
            return track.x, track.y
        x, y = self.plane.points(track.x, track.y)
        bad = ~(np.isfinite(x) & np.isfinite(y))  # the far side of the earth
        return np.where(bad, 1e12, x), np.where(bad, 1e12, y)

    def back(self, geometries: Any) -> Any:
        """Metres to the coordinates of the file."""
        return geometries if self.plane is None else self.plane.to_degrees(geometries)


def read_ground(path: Path, *, plane: bool) -> Ground:
    """The polygons of a file, joined, in metres.

    A polygon that crosses itself counts as the union of its readings, so that no ground is lost
    (S01). Raises COV-004 no ground, COV-006 degrees with `plane` or metres without, and what
    `readers.read` raises.
    """
    from landrelease.records import readers
    from landrelease.records.shapes import polygons_of, readings
    from landrelease.workflows.areas import read_shapes

    if plane:
        table = readers.read(path)
        shapes = [row.geometry for row in table.rows if row.geometry is not None]
    else:
        shapes = read_shapes(path)
    whole = joined([p for s in shapes for p in ([polygons_of(s)] if s.is_valid else readings(s))],
                   degrees=not plane)
    if whole.is_empty:
        raise LandReleaseError(TASK_WITHOUT_GROUND)
    west, south, east, north = whole.bounds
    if not plane and not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise LandReleaseError(TASK_NOT_PLANE, file=path.name,
                               found=f"from {west:g}, {south:g} to {east:g}, {north:g}",
                               expected="degrees lie within 180 and 90")
    synthetic = b'"synthetic"' in path.read_bytes()[:100_000] if path.is_file() else False
    if plane:
        return Ground(path.name, whole, None, synthetic)
    local = plane_for((west, south, east, north))
    return Ground(path.name, local.to_plane(whole), local, synthetic)


@dataclass(frozen=True, slots=True)
class TrackLimits:
    """What holds for the tracks of one kind of work alone; None takes the stated assumption."""

    speed_m_s: float | None = None
    depth_m: float = 0.0
    forward_m: float = 0.0
    right_m: float = 0.0
    step_m: float | None = None  # longest way between two fixes
    tool_on: Times = ()  # when the tool worked, said by hand: s from and until
    tool_off: Times = ()
    tool_signal: ToolSignal | None = None  # of a MAVLink log


@dataclass(frozen=True, slots=True)
class TrackFile:
    """One file of fixes and the tool that made them."""

    path: Path
    by: str  # machine, manual, animal
    width_m: float
    position_error_m: float
    limits: TrackLimits | None = None  # its own; None: those of the options
    profile: str | None = None  # of the tool that made it; its width is held against `width_m`


@dataclass(frozen=True, slots=True)
class ProofOptions:
    """What the user may say of a proof; None takes the stated assumption."""

    confidence: float
    plane: bool = False
    speed_m_s: float | None = None
    gap_s: float | None = None
    depth_m: float = 0.0
    forward_m: float = 0.0
    right_m: float = 0.0
    heading_error_deg: float | None = None
    bias_m: float = 0.0  # one standard deviation of what a whole track is off by
    smallest_m: float | None = None
    detection: float | None = None
    step_m: float | None = None  # longest way between two fixes
    least_fix: int = 0  # least kind of fix that counts (`core.track`); 0: the best of each log
    tool_on: Times = ()  # as in `TrackLimits`
    tool_off: Times = ()
    tool_signal: ToolSignal | None = None
    hdop: float | None = None  # most dilution of precision that counts; None: any, and none

    def limits(self, file: TrackFile) -> TrackLimits:
        """Offsets and limits of a track. Those of the machine never fall on the hand's (S05)."""
        return file.limits or TrackLimits(
            self.speed_m_s, self.depth_m, self.forward_m, self.right_m, self.step_m, self.tool_on,
            self.tool_off, self.tool_signal)


def tool_of(file: TrackFile, options: ProofOptions, stated: Assumptions) -> Tool:
    from landrelease.operate.swath import Tool

    limits = options.limits(file)
    error = (options.heading_error_deg if options.heading_error_deg is not None
             else stated.value("heading_error_deg"))
    return Tool(file.width_m, file.position_error_m, options.confidence, math.radians(error),
                math.hypot(limits.forward_m, limits.right_m),
                math.radians(stated.value("track_turn_deg")))


def check_tool(file: TrackFile, options: ProofOptions, stated: Assumptions) -> Tool:
    """The tool of a track, whose figures a proof may be made with.

    Raises COV-001 to COV-003; COV-011: wider than any tool of its kind, so that the width is in
    another unit; COV-012: wider than the named profile by more than `width_over_profile_share`.
    Too wide a swath covers what was left out (S05); too narrow a one only costs a second look.
    """
    from landrelease.operate import proof as proving
    from landrelease.records.profiles import profile_of

    tool = tool_of(file, options, stated)
    proving.check_tool(tool)
    check_width(file.path.name, file.width_m, file.by, stated)
    figure = profile_of(file.profile).figure("width_m") if file.profile is not None else None
    if figure is not None and figure.value is not None:
        share = stated.value("width_over_profile_share")
        most = figure.value * (1 + share)
        if file.width_m > most + 1e-9:
            raise LandReleaseError(
                WIDTH_NOT_OF_PROFILE, file=file.path.name, found=file.width_m,
                profile=file.profile, width=figure.value, source=figure.source,
                share=100 * share, most=most)
    return tool


def check_width(what: str, width_m: float, by: str, stated: Assumptions) -> None:
    """COV-011: no tool of a `machine`, of a person (`manual`) or an `animal` works so wide.
    COV-001: the width is no positive number."""
    if not 0 < width_m < math.inf:
        raise LandReleaseError(SWATH_NOT_POSITIVE, found=width_m)
    kind = by if by in ("manual", "animal") else "machine"
    setting = f"widest_tool_{kind}_m"
    if width_m > (widest := stated.value(setting)) + 1e-9:
        raise LandReleaseError(
            WIDTH_TOO_WIDE, file=what, found=width_m, widest=widest, setting=setting,
            by="person" if kind == "manual" else kind)


def widest_m(stated: Assumptions) -> float:
    """The widest that anything works: of a track on record nobody says who made it."""
    return max(stated.value(f"widest_tool_{kind}_m") for kind in ("machine", "manual", "animal"))


def profile_speed(name: str) -> float | None:
    """The speed of a profile in m/s, None where it is not known. Raises LAN-004."""
    from landrelease.records.profiles import profile_of

    return profile_of(name).value("speed_m_s")


def rules_of(track: Track, file: TrackFile, options: ProofOptions, stated: Assumptions
             ) -> FixRules:
    """What fixes have to keep to: as the user says, else the assumptions for who made the track.

    A slow log shows where the tool was and not how it came there: whatever the time between two
    fixes, they count only where they are near each other and the tool was not too fast (S05). A
    speed limit that nobody stated leaves room for the errors of both places, once in each window
    over which the speed is judged.
    """
    from landrelease.core.track import FIXED
    from landrelease.operate.fixes import FixRules, gap_limit_s
    from landrelease.operate.swath import Tool

    by = file.by if file.by in ("manual", "animal") else "machine"
    limits = options.limits(file)
    gap = options.gap_s if options.gap_s is not None else gap_limit_s(
        track.time_s, stated.value("track_gap_s"), stated.value("track_gap_intervals"),
        stated.value("track_gap_most_s"))
    errors = 2 * Tool(1.0, file.position_error_m, options.confidence).margin_m
    return FixRules(
        gap_s=gap, leap_m_s=stated.value("track_leap_m_s"), far_m=stated.value("track_far_m"),
        sideways_deg=stated.value("track_turn_deg"),
        speed_m_s=limits.speed_m_s if limits.speed_m_s is not None else stated.value(
            f"track_speed_{by}_m_s"),
        depth_m=limits.depth_m, forward_m=limits.forward_m, right_m=limits.right_m,
        step_m=limits.step_m if limits.step_m is not None else stated.value(
            f"track_step_{by}_m"),
        slack_m=0.0 if limits.speed_m_s is not None else errors, step_slack_m=errors,
        window_s=stated.value("track_speed_window_s"), settle_s=stated.value("track_settle_s"),
        agree_share=stated.value("track_agree_share"),
        least_fix=options.least_fix if _floor_of(track, file, options, stated) is None else FIXED,
        accuracy_m=CIRCLE * file.position_error_m or math.inf,
        hdop=math.inf if options.hdop is None else options.hdop)


def track_in(file: TrackFile, options: ProofOptions, stated: Assumptions,
             content: bytes | None = None) -> Track:
    """The fixes of a file, each once, with what was said by hand of its tool; `content` while it
    grows."""
    from landrelease.operate.log_doubts import on_one_clock, once, with_depths
    from landrelease.operate.tool_times import with_tool_times
    from landrelease.records.tracks import read_track, track_of

    limits = options.limits(file)
    track = (read_track(file.path, plane=options.plane, signal=limits.tool_signal)
             if content is None else track_of(file.path.name, content, plane=options.plane,
                                              signal=limits.tool_signal))
    track = with_tool_times(track, limits.tool_on, limits.tool_off)
    return with_depths(on_one_clock(once(track)), stated.value("deepest_tool_m"))


def check_written(track: Track, file: TrackFile) -> None:
    """COV-010: the log writes its places in steps so coarse that the error which was stated of
    them cannot hold (S05)."""
    from landrelease.operate.resolution import FINE_M, written_step_m

    half = written_step_m(track) / 2
    if half > max(file.position_error_m, FINE_M):
        raise LandReleaseError(
            COVERAGE_OPTION, name="--position-error", found=file.position_error_m,
            expected=f"{math.ceil(half * 100) / 100:g} m or more, half of the step in which "
            f"{track.file} writes its places, or a log with more decimals")


def check_receiver(track: Track, file: TrackFile, options: ProofOptions, stated: Assumptions
                   ) -> None:
    """COV-018: the best kind of fix in the log cannot be as good as the error that was stated of
    it, and neither a figure of its own nor `--least-fix` says that it is (S05)."""
    from landrelease.core.track import FIX_NAMES

    if (setting := _floor_of(track, file, options, stated)) is not None:
        raise LandReleaseError(
            RECEIVER_NOT_SO_GOOD, file=track.file, fix=FIX_NAMES[int(_kinds(track).max())],
            found=file.position_error_m, least=stated.value(setting), setting=setting)


def _floor_of(track: Track, file: TrackFile, options: ProofOptions, stated: Assumptions
              ) -> str | None:
    """The setting that the stated error is below, for the best fixes of a log; None: it is not."""
    from landrelease.core.track import FIX_NAMES, FIXED

    kinds = _kinds(track)
    best = int(kinds.max()) if len(kinds) else 0
    if not 0 < best < FIXED or 0 < options.least_fix <= best:
        return None
    if track.accuracy_m is not None and np.isfinite(own := track.accuracy_m[kinds == best]).any() \
            and np.nanmedian(own) <= CIRCLE * file.position_error_m:
        return None
    setting = f"least_error_{FIX_NAMES[best]}_m"
    return setting if file.position_error_m < stated.value(setting) - 1e-9 else None


def _kinds(track: Track) -> np.ndarray:
    return np.zeros(len(track), np.int8) if track.fix is None else track.fix


def turned_round(ground: Ground, track: Track) -> Track | None:
    """A log whose tool seems to work on the way to the task and to rest in it: what it says of the
    tool may mean the opposite, and none of it counts for certain. None: it does not."""
    told = track.engaged >= 0
    inside = shapely.contains_xy(ground.geometry, *ground.metres(track))
    on = track.engaged == 1
    here, away = told & inside, told & ~inside
    if min(here.sum(), away.sum()) < TURNED_LEAST or not (
            on[here].mean() < TURNED_INSIDE and on[away].mean() > TURNED_OUTSIDE):
        return None
    return dataclasses.replace(track, engaged=np.where(on, ENGAGED_BLANK, track.engaged).astype(
        track.engaged.dtype))


def signal_of_tool(text: str | None) -> ToolSignal | None:
    """What `--tool-signal` names. Raises COV-010."""
    from landrelease.records.tool_signal import tool_signal

    return tool_signal(text)


def tool_times(texts: Sequence[str], option: str) -> Times:
    """FROM/UNTIL as seconds: ISO 8601, or plain seconds as in the file. Raises COV-010."""
    from landrelease.records.track_csv import seconds_of

    out = []
    for text in texts:
        try:
            begin, end = (_seconds(part, seconds_of) for part in text.split("/"))
            if not begin < end:
                raise ValueError
        except ValueError as error:
            raise LandReleaseError(
                COVERAGE_OPTION, name=option, found=text, expected="FROM/UNTIL, the first before "
                "the second, as 2027-05-02T06:10:00Z/2027-05-02T07:25:00Z") from error
        out.append((begin, end))
    return tuple(out)


def _seconds(text: str, of_moment: Callable[[str], float]) -> float:
    try:
        value = float(text)
    except ValueError:
        return of_moment(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


@dataclass(frozen=True, slots=True)
class Proven:
    """A proof with what it rests on: the ground, the tracks as read, the work as judged."""

    ground: Ground
    proof: Proof
    result: dict[str, Any]  # for people and programs
    tracks: tuple[Track, ...]
    works: tuple[Work, ...]
    depths_m: tuple[float, ...]
    bias_m: float


def prove(task: Path, files: Sequence[TrackFile], options: ProofOptions, stated: Assumptions
          ) -> tuple[Ground, Proof, dict[str, Any]]:
    """Read, judge and prove; the ground, the proof, and the result for people and programs."""
    made = prove_on(read_ground(task, plane=options.plane), files, options, stated)
    return made.ground, made.proof, made.result


def prove_on(ground: Ground, files: Sequence[TrackFile], options: ProofOptions,
             stated: Assumptions) -> Proven:
    """The same on ground that was read already.

    Raises COV-001 to COV-006, COV-009 the same log twice (S10), COV-010, COV-018, and what readers
    raise.
    """
    from landrelease.operate import proof as proving
    from landrelease.operate.log_doubts import each_once, same_way
    from landrelease.operate.swath import Tool

    check_proof_options(options, files)
    works, synthetic = [], ground.synthetic
    tracks: list[Track] = []
    notes: list[dict[str, str]] = []
    depths: set[float] = set()
    seen: dict[str, str] = {}
    for file in files:
        check_tool(file, options, stated)
        track = track_in(file, options, stated)
        check_written(track, file)
        check_receiver(track, file, options, stated)
        if (turned := turned_round(ground, track)) is not None:
            track = turned
            notes.append({"code": TRACK_TOOL_TURNED.code,
                          "text": TRACK_TOOL_TURNED.text(file=track.file)})
        if (known := seen.get(key := fixes_sha256(track))) is not None:
            raise LandReleaseError(TRACK_TWICE, file=track.file, other=known)
        seen[key] = track.file
        for other, known_track in zip(files, tracks, strict=False):
            if other.by != file.by and same_way(known_track, track):
                raise LandReleaseError(TRACK_TWICE, file=track.file, other=known_track.file)
        tracks.append(track)
    counted = list(tracks)
    for by in {file.by for file in files}:
        own = [n for n, file in enumerate(files) if file.by == by]
        for n, track in zip(own, each_once([tracks[n] for n in own]), strict=True):
            counted[n] = track
    for file, track in zip(files, counted, strict=True):
        tool = tool_of(file, options, stated)
        synthetic = synthetic or track.synthetic
        depths.update(depth_steps(track.depth_m))
        axes = axes_of(ground, track)
        rules = dataclasses.replace(rules_of(track, file, options, stated),
                                    exchanged=axes == EXCHANGED)
        works.append(proving.work_of(track, *ground.metres(track), file.by, tool, rules,
                                     ground.geometry.bounds))
        if len(track):  # else all of it stands in an earlier log
            notes += notes_of(ground, track, works[-1], axes)
    if not 0 <= options.bias_m < math.inf:
        from landrelease.errors import ERROR_NEGATIVE

        raise LandReleaseError(ERROR_NEGATIVE, name="bias", found=options.bias_m)
    shift = Tool(1.0, options.bias_m, options.confidence).margin_m
    smallest = (options.smallest_m if options.smallest_m is not None
                else stated.value("spot_radius_m"))
    found = proving.prove(ground.geometry, works, smallest_m=smallest, bias_m=shift,
                          depths_m=sorted(depths),
                          confidence_least=stated.value("proof_confidence_least"))
    result = document(found, synthetic) | {"notes": notes}
    if options.detection is not None:
        shares = proving.overlay(ground.geometry, works, bias_m=shift)
        result["passes_overlay"] = [
            {"passes": sorted(names), "share": share} for names, share in
            sorted(shares.items(), key=lambda item: (len(item[0]), sorted(item[0])))]
        result["detection_share"] = proving.detection(shares, {}, options.detection)
    return Proven(dataclasses.replace(ground, synthetic=synthetic), found, result, tuple(tracks),
                  tuple(works), tuple(sorted(depths)), shift)


EXCHANGED, EITHER, AS_WRITTEN = "exchanged", "either", "as written"
SAMPLE = 2000  # fixes that are looked at to tell the axes


def axes_of(ground: Ground, track: Track) -> str:
    """Whether x and y of a track stand in their order: as written, exchanged, or either.

    Only where latitude and longitude (or x and y) of the task are much the same can a track with
    exchanged axes lie near it at all. Exchanged: with the axes the other way round more than half
    of the fixes lie in the task, and a quarter of all more than as written.
    """
    some = np.flatnonzero(track.engaged != 0)
    some = some[::max(1, len(some) // SAMPLE)]
    if not len(some):
        return AS_WRITTEN

    def inside(x: np.ndarray, y: np.ndarray) -> float:
        place = dataclasses.replace(track, x=x[some], y=y[some])
        return float(np.mean(shapely.contains_xy(ground.geometry, *ground.metres(place))))

    written, other = inside(track.x, track.y), inside(track.y, track.x)
    if other > 0.5 and other > written + 0.25:
        return EXCHANGED
    return EITHER if other > 0.25 and other > written - 0.1 else AS_WRITTEN


def notes_of(ground: Ground, track: Track, work: Work, axes: str) -> list[dict[str, str]]:
    """What a log as a whole cannot say, as code and text; the proof stands with it."""
    from landrelease.operate.fixes import NEW_PASS

    def note(message: Message, **facts: object) -> dict[str, str]:
        return {"code": message.code, "text": message.text(file=track.file, **facts)}

    out = []
    if work.by != "manual" and (track.engaged == -1).all():
        out.append(note(TRACK_TOOL_NOT_LOGGED))
    changes = int(np.count_nonzero(work.steps.verdict == NEW_PASS))
    if len(track) >= 10 and changes > len(track) / 2:
        out.append(note(TRACK_MANY_PASSES, count=changes, all=len(track)))
    if track.unused:
        out.append(note(TRACK_COLUMNS_UNUSED, found=", ".join(track.unused)[:200],
                        expected="engaged, depth_m, heading_deg, speed_m_s, accuracy_m, hdop, "
                        "fix_kind"))
    if axes == EITHER:
        out.append(note(TRACK_AXES_UNTOLD))
    if not shapely.contains_xy(ground.geometry, *ground.metres(track)).any():
        out.append(note(TRACK_NOT_IN_TASK, count=len(track)))
    return out


def depth_steps(depth_m: np.ndarray) -> list[float]:
    """The depths in m of the table by depth, for the depths (N,) that a track states."""
    deepest = np.nanmax(depth_m) if np.isfinite(depth_m).any() else 0.0
    return [float(np.round(k * DEPTH_STEP_M, 3))
            for k in range(1, min(20, int(min(deepest, 10.0) / DEPTH_STEP_M + 1e-9)) + 1)]


def check_proof_options(options: ProofOptions, files: Sequence[TrackFile]) -> None:
    """COV-010: an option that is no number, or not in its range."""
    def wrong(name: str, found: object, expected: str) -> LandReleaseError:
        return LandReleaseError(COVERAGE_OPTION, name=name, found=found, expected=expected)

    own = TrackLimits(options.speed_m_s, options.depth_m, options.forward_m, options.right_m,
                      options.step_m)
    for prefix, limits in (("--", own), *(("--manual-", f.limits) for f in files if f.limits)):
        for name, metres in (("tool-forward", limits.forward_m), ("tool-right", limits.right_m)):
            if not abs(metres) <= 100:
                raise wrong(prefix + name, metres, "metres from -100 to 100")
        for name, value in (("speed-limit", limits.speed_m_s), ("step-limit", limits.step_m),
                            ("depth", limits.depth_m)):
            if value is not None and not 0 <= value < math.inf:
                raise wrong(prefix + name, value, "a number from 0")
    for name, value in (("--gap", options.gap_s), ("--smallest", options.smallest_m),
                        ("--heading-error", options.heading_error_deg),
                        ("--most-hdop", options.hdop)):
        if value is not None and not 0 <= value < math.inf:
            raise wrong(name, value, "a number from 0")
    if options.detection is not None and not 0 <= options.detection < 1:
        raise wrong("--detection", options.detection, "from 0 to less than 1: no detection is "
                    "certain (S06)")


def kind_of_fix(name: str | None) -> int:
    """The number of a kind of fix, 0 for None. Raises COV-010."""
    from landrelease.core.track import FIX_NAMES

    known = FIX_NAMES[1:]
    if name is not None and name not in known:
        raise LandReleaseError(COVERAGE_OPTION, name="--least-fix", found=name,
                               expected=", ".join(known))
    return 0 if name is None else FIX_NAMES.index(name)


def fixes_sha256(track: Track) -> str:
    """What tells one log from another: time and place of its fixes."""
    out = hashlib.sha256()
    for column in (track.time_s, track.x, track.y):
        out.update(np.ascontiguousarray(column).data)
    return out.hexdigest()


def ground_of(name: str, shape: BaseGeometry | None, *, synthetic: bool) -> Ground:
    """A task as recorded, in degrees. Raises COV-004: it has no ground."""
    whole = joined([shape], degrees=True)
    if whole.is_empty:
        raise LandReleaseError(TASK_WITHOUT_GROUND)
    local = plane_for(whole.bounds)
    return Ground(name, local.to_plane(whole), local, synthetic)


def document(proof: Proof, synthetic: bool) -> dict[str, Any]:
    """The result as JSON; areas in m² as measured, nothing rounded."""
    made: dict[str, Any] = {"synthetic": SYNTHETIC} if synthetic else {}
    rate = proof.hectares_per_hour
    return made | {
        "task_m2": proof.task_m2,
        "provable": proof.provable,
        "confidence": proof.confidence,
        "weak": proof.weak,
        "covered_certain_m2": proof.certain_m2,
        "covered_best_m2": proof.best_m2,
        "covered_certain_share": proof.certain_m2 / proof.task_m2,
        "covered_best_share": proof.best_m2 / proof.task_m2,
        "uncovered_most_m2": proof.uncovered_most_m2,
        "uncovered_least_m2": proof.uncovered_least_m2,
        "half_width_certain_m": proof.half_m,
        "overlap_m2": proof.overlap_m2,
        "length_m": proof.length_m,
        "hours": proof.hours,
        "hectares_per_hour": rate,
        "spots": {"count": len(proof.spots.polygons), "smallest_radius_m": proof.spots.smallest_m,
                  "largest_radius_m": float(proof.spots.radius_m[0]) if len(
                      proof.spots.radius_m) else 0.0,
                  "not_listed": proof.spots.small, "not_listed_m2": proof.spots.small_m2},
        "waiting": {"count": len(proof.waiting.polygons), "not_listed": proof.waiting.small,
                    "not_listed_m2": proof.waiting.small_m2},
        "passes": proof.passes,
        "by_pass": [dataclasses.asdict(p) for p in proof.by_pass],
        "by_depth": [dataclasses.asdict(p) for p in proof.by_depth],
        "by_kind": [dataclasses.asdict(p) for p in proof.by_kind],
        "machine_or_animal_only_m2": proof.machine_only_m2,
        "manual_m2": proof.manual_m2,
        "clearance": "a pass of a machine or an animal is not clearance until the follow-up that "
                     "the national standard asks for is on record (S07)",
        "findings": [dataclasses.asdict(f) for f in proof.findings],
    }


WAITING = "machine or animal only, waits for hand"
AT_ONCE = 1000  # polygons that are written at a time


def uncovered_text(ground: Ground, spots: Spots, waiting: Spots, weak: float | None = None
                   ) -> Iterator[bytes]:
    """Spots as GeoJSON, in the coordinates of the task; full precision, so that none shrinks.

    `weak`: the confidence where it is too little to prove anything: file and features say so, for
    more ground is open than they show. None where it proves. Where there are tracks by hand, ground
    that others covered and nobody by hand is there too, with a state of its own (S07). Part by
    part: a large field can have a hundred thousand.
    """
    marks, name = _marks(ground, weak)
    head = json.dumps({"type": "FeatureCollection", "name": name, **marks})
    yield f'{head[:-1]}, "features": ['.encode()
    before = ""
    for some, state in ((spots, OPEN), (waiting, WAITING)):
        for k in range(0, len(some.polygons), AT_ONCE):
            features = _features(ground, some, state, slice(k, k + AT_ONCE), weak)
            yield (before + "\n" + ",\n".join(
                f'{{"type": "Feature", "properties": {json.dumps(properties)}, '
                f'"geometry": {shape}}}' for properties, shape in features)).encode()
            before = ","
    yield b"\n]}\n"


OPEN = "not proven covered"


def spot_features(ground: Ground, spots: Spots, state: str = OPEN, weak: float | None = None
                  ) -> dict[str, Any]:
    marks, name = _marks(ground, weak)
    return {"type": "FeatureCollection", "name": name, **marks, "features": [
        {"type": "Feature", "properties": properties, "geometry": json.loads(shape)}
        for properties, shape in _features(ground, spots, state, slice(None), weak)]}


def _marks(ground: Ground, weak: float | None) -> tuple[dict[str, Any], str]:
    marks: dict[str, Any] = {"synthetic": SYNTHETIC} if ground.synthetic else {}
    name = "uncovered" if ground.plane is not None else "uncovered (metres)"
    if weak is None:
        return marks, name
    return marks | {"weak": True, "confidence": weak}, f"{name}, proves nothing ({100 * weak:g} %)"


def _features(ground: Ground, spots: Spots, state: str, some: slice, weak: float | None
              ) -> Iterator[tuple[dict[str, Any], str]]:
    """Properties of each spot, and its geometry as text."""
    if not len(spots.polygons[some]):
        return
    marks, _ = _marks(ground, weak)
    for shape, area, radius in zip(
            shapely.to_geojson(ground.back(spots.polygons[some])), spots.area_m2[some],
            spots.radius_m[some], strict=True):
        yield marks | {"state": state, "area_m2": round(float(area), 4),
                       "largest_circle_radius_m": round(float(radius), 4)}, shape


def proof_words(result: Mapping[str, Any]) -> list[str]:
    """What the command says."""
    task = result["task_m2"]
    out = []
    for finding in result["findings"]:
        if finding["code"] in ("COV-005", "COV-013"):
            out.append(finding["text"])
    certain = certain_words(weak=result["weak"])
    out += [note["text"] for note in result["notes"]]
    out += [
        f"Task: {task:,.2f} m2. With {100 * result['confidence']:g} % confidence:",
        f"  {certain:<19} {result['covered_certain_m2']:>14,.2f} m2  "
        f"{_percent(result['covered_certain_share'], down=True)}",
        f"  covered at best     {result['covered_best_m2']:>14,.2f} m2  "
        f"{_percent(result['covered_best_share'], down=True)}",
        f"  not proven covered  {result['uncovered_most_m2']:>14,.2f} m2, at least "
        f"{result['uncovered_least_m2']:,.2f} m2 of it uncovered",
    ]
    spots = result["spots"]
    out.append(f"{spots['count']:,} uncovered spots down to a circle of "
               f"{spots['smallest_radius_m']:g} m radius; the largest holds one of "
               f"{spots['largest_radius_m']:.2f} m. Smaller: {spots['not_listed']:,}, "
               f"{spots['not_listed_m2']:.3f} m2 together.")
    if result["hectares_per_hour"] is not None:
        out.append(f"{result['length_m'] / 1000:,.2f} km of swaths that count in "
                   f"{result['hours']:.2f} h: {result['hectares_per_hour']:.3f} ha an hour; "
                   f"{result['overlap_m2']:,.1f} m2 covered more than once.")
    if len(result["by_kind"]) > 1:
        out.append("By kind:")
        for k in result["by_kind"]:
            pace = ("" if k["hectares_per_hour"] is None else
                    f", {k['hours']:.2f} h, {k['hectares_per_hour']:.3f} ha an hour")
            out.append(f"  {k['name']:<20}{k['certain_m2']:>14,.2f} m2 "
                       f"{certain.removeprefix('covered ')}, "
                       f"{k['best_m2']:,.2f} m2 at best, {k['length_m']:,.1f} m{pace}, "
                       f"{k['overlap_m2']:,.1f} m2 more than once")
    if result["passes"] > len(result["by_pass"]):
        out.append(f"{result['passes']:,} passes: too many for a table by pass.")
    for key, title in (("by_pass", "By pass"), ("by_depth", "At least this deep")):
        if len(result[key]) > (0 if key == "by_depth" else 1):
            out.append(f"{title} ({certain}):")
            out += [f"  {p['name']:<20}{p['certain_m2']:>14,.2f} m2 {p['length_m']:>12,.1f} m"
                    for p in result[key]]
    if "detection_share" in result:
        out.append(f"An item anywhere in the task is found with probability "
                   f"{result['detection_share']:.4f} (passes combined where they overlap; taken "
                   "as independent).")
    if result["machine_or_animal_only_m2"] > 0:
        out.append(f"Not clearance: {result['machine_or_animal_only_m2']:,.2f} m2 were worked by "
                   "machine or animal only and wait for the follow-up by hand.")
        if (waiting := result["waiting"])["count"]:
            out.append(f"  {waiting['count']:,} polygons of it stand in the file; smaller: "
                       f"{waiting['not_listed']:,}, {waiting['not_listed_m2']:.3f} m2 together.")
    return out


def certain_words(*, weak: bool) -> str:
    """What to call ground that the tracks prove, and ground that they do not prove well enough."""
    return "covered, not proven" if weak else "covered for certain"


def _percent(share: float, *, down: bool) -> str:
    """Two decimals, never rounded up to more than there is."""
    value = math.floor(share * 10_000) / 100 if down else math.ceil(share * 10_000) / 100
    return f"{value:.2f} %"


def warm_up() -> None:
    """Compile the loops of proof and lanes on a made-up field, so that the first real call is
    quick; what is compiled stays in the cache of this machine."""
    from landrelease.core.track import Track
    from landrelease.operate import lanes
    from landrelease.operate import proof as proving
    from landrelease.operate.fixes import FixRules
    from landrelease.operate.swath import Tool

    field = shapely.box(0, 0, 6, 9) - shapely.box(2, 4, 3, 5)
    y = np.tile(np.arange(0, 9.5, 0.5), 4)
    x = np.repeat(np.arange(4) * 1.5 + 0.75, 19)
    many = len(x)
    told = np.full(many, np.nan)
    track = Track("warm up", True, np.arange(many) + 0.0, x, y, ("1",),
                  np.zeros(many, np.int32), np.full(many, -1, np.int8), told, told.copy(),
                  np.arange(1, many + 1))
    work = proving.work_of(track, x, y, "machine", Tool(1.4, 0.02, 0.95),
                           FixRules(5, 5, 200, 45), field.bounds)
    proving.prove(field, [work], smallest_m=0.01)
    lanes.plan(field, width_m=1.0)
