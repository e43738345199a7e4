"""Proofs of coverage and the registry: a recorded task in, tracks and covered ground stored.

What is stored is read by the contamination map and by residual risk (`core.coverage`): work whose
tracks are proven gets credit on covered ground only.
"""

from __future__ import annotations

import hashlib
import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from shapely import Polygon

from landrelease.core.geometry import geodesic_area_m2, joined
from landrelease.core.moment import day_of, listed, moment_of
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import (
    CONFIDENCE_WEAK,
    COVERAGE_TASK,
    MEASURED_DEPTH,
    PROOF_BEFORE_WORK,
    PROOF_OF_OTHER_KIND,
    SHAPE_REPAIRED,
    TASK_WITHOUT_GROUND,
    TRACK_OF_OTHER_WORK,
    TRACK_ON_RECORD,
    TRACK_TOO_WIDE,
    TRACK_TWICE,
    LandReleaseError,
    Message,
)
from landrelease.units import area_words
from landrelease.workflows.operate import Ground, Proven, TrackFile, fixes_sha256, ground_of

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.one_log import Logs
    from landrelease.core.track import Track
    from landrelease.operate.proof import CoveredPart, Work
    from landrelease.operate.spots import Spots
    from landrelease.store.registry import Registry

EVER = datetime(9999, 1, 1, tzinfo=UTC)
SAME_PLACE_M = 2e-3  # corners of a line on record are fixes; degrees round them
REST_S = 600.0  # that a log may go on after the last place of it that counts
LINE_M = 0.1  # the line of a track is kept to this; the proof is made from the fixes
COARSE_M = 0.25  # of logs written in coarser steps two drives share places by chance


def coverages(registry: Registry, known_at: datetime | None = None) -> list[Record]:
    """All stored proofs, whoever asks: they only take credit away. Also of a registry that was
    made before there was this kind. A log that stands for a machine and for the hand that followed
    it counts as the machine's alone (S07); what is recorded stays as it is."""
    from landrelease.core.one_log import as_one_kind

    proofs = recorded_proofs(registry, known_at)
    logs = logs_of(registry, proofs, known_at)
    return as_one_kind(proofs, logs)[0] if logs.later or any(
        len(kinds) > 1 for kinds in logs.by.values()) else proofs


def recorded_proofs(registry: Registry, known_at: datetime | None = None) -> list[Record]:
    """The same as they were recorded."""
    return registry.records("coverage", known_at=known_at or EVER)


def logs_of(registry: Registry, proofs: Sequence[Record], known_at: datetime | None = None) -> Logs:
    """The tracks that proofs rest on, and which of them are one log."""
    from landrelease.core.one_log import Logs, one_log

    kinds: dict[str, dict[str, str]] = {}  # track -> kind of work -> a proof
    for c in proofs:
        if c.geometry is not None:
            for name in listed(c.values.get("tracks")):
                kinds.setdefault(name, {}).setdefault(str(c.values.get("coverage_by")), c.id)
    tracks = {r.id: r for r in registry.records("track", known_at=known_at) if r.id in kinds} \
        if kinds else {}
    by = {}
    for name, track in tracks.items():
        made = track.values.get("made_by")
        by[name] = frozenset(
            k for k, proof in kinds[name].items() if len(kinds[name]) == 1
            or (made == k if made else _made_then(registry, name, proof) in (k, "")))
    return Logs(tracks, one_log(list(tracks.values())), by)


def _made_then(registry: Registry, track: str, proof: str) -> str:
    """As whose work a track was recorded when a proof first rested on it, of those that have held
    since; "": nobody said. A proof of one run names all tracks of that run, of machines and of
    people."""
    since = None
    for s in sorted(registry.history(proof), key=lambda s: s.number):
        if track not in listed(s.revision.values.get("tracks")):
            since = None
        elif since is None:
            since = s.revision.recorded_at
    said = [s.revision for s in sorted(registry.history(track), key=lambda s: s.number)
            if since is None or s.revision.recorded_at <= since]
    word = said[-1].reason.rpartition(", ")[2] if said else ""
    return word if word in ("machine", "manual", "animal") else ""


def not_proofs(registry: Registry, proofs: Sequence[Record], stated: Assumptions,
               known_at: datetime | None = None) -> dict[str, str]:
    """Those of some proofs that prove nothing, and why; the same rule for a release, the map, the
    residual risk and lots (`core.coverage.only_a_word`)."""
    from landrelease.core.coverage import only_a_word
    from landrelease.workflows.operate import widest_m

    if not proofs:
        return {}
    tracks = {t.id: t for t in registry.records("track", known_at=known_at)}
    return only_a_word(proofs, tracks, stated.value("proof_confidence_least"), widest_m(stated))


def recorded_ground(registry: Registry, reader: View, task: str) -> tuple[Record, Ground]:
    """A task on record and its ground: its own outline, else that of its hazard.

    Raises COV-007: there is no such task for the reader. COV-004: neither has an outline.
    """
    from landrelease.workflows import is_synthetic

    found = {r.id: r for r in reader.inside(registry.records("task"))}
    if task not in found:
        raise LandReleaseError(COVERAGE_TASK, found=task)
    record, shape = found[task], found[task].geometry
    if shape is None:
        hazards = {r.id: r for r in reader.inside(registry.records("hazard"))}
        hazard = hazards.get(str(record.values.get("hazard")))
        shape = None if hazard is None else hazard.geometry
    return record, ground_of(task, shape, synthetic=bool(is_synthetic(registry)))


@dataclass(frozen=True, slots=True)
class AllDays:
    """A proof together with what stands on record of days before; metres."""

    parts: tuple[CoveredPart, ...]  # of the new tracks alone
    covered: Mapping[str, BaseGeometry]  # for certain on any day, by kind of work
    tracks: int  # of days before
    confidence: float  # the least of all days
    left: Spots  # covered by nobody
    waiting: Spots  # by machine or animal, where somebody worked by hand, and not by hand (S07)

    def result(self) -> dict[str, Any]:
        """For people and programs: m²."""
        return {"tracks_before": self.tracks, "confidence": self.confidence,
                "covered_certain_m2": joined(self.covered.values()).area,
                "uncovered_most_m2": _m2(self.left),
                "by_kind": {kind: g.area for kind, g in self.covered.items()},
                "machine_or_animal_only_m2": self.machine_only_m2}

    @property
    def machine_only_m2(self) -> float:
        by_hand = self.covered.get("manual", Polygon())
        others = joined([g for kind, g in self.covered.items() if kind != "manual"])
        return float(shapely.difference(others, by_hand).area)


def _m2(spots: Spots) -> float:
    return float(spots.area_m2.sum()) + spots.small_m2


def all_days(registry: Registry, task: Record, made: Proven, files: Sequence[TrackFile],
             confidence: float, *, activity: str | None, smallest_m: float,
             widest_m: float = math.inf) -> AllDays:
    """What new tracks cover of a recorded task together with its proofs on record (`--add`).

    Ground that is covered for certain on one day stays so on the next: the union, which counts no
    ground twice, also where a log holds fixes of the day before once more (S10). Hours of such
    fixes would count twice, so that a log that is on record is refused.

    Raises COV-009: the same file, or the same fixes in another file, is on record. COV-014: a track
    on record was proven wider than `widest_m`, so that its width was in another unit.
    """
    from landrelease.operate.proof import covered_parts
    from landrelease.operate.spots import join

    standing = [c for c in coverages(registry)
                if c.values.get("task") == task.id and c.values.get("activity") == activity
                and c.values.get("proven_by") != MEASURED]
    before = sorted({str(t) for c in standing for t in c.values.get("tracks") or ()})
    on_record = {r.id: r for r in registry.records("track") if r.id in before}
    for r in on_record.values():
        width = r.values.get("width_m")
        if isinstance(width, float | int) and width > widest_m + 1e-9:
            raise LandReleaseError(TRACK_TOO_WIDE, found=r.id, width=width, widest=widest_m)
    for file, track in zip(files, made.tracks, strict=True):
        same = {_sha(file.path), fixes_sha256(track)}
        for r in on_record.values():
            if same & {r.values.get("file_sha256"), r.values.get("fixes_sha256")}:
                raise LandReleaseError(TRACK_TWICE, file=track.file, other=f"{r.id} on record")
    parts = covered_parts(made.ground.geometry, made.works, bias_m=made.bias_m,
                          depths_m=made.depths_m)
    whole = {c.values.get("coverage_by"): c for c in standing
             if not c.values.get("pass_name") and c.values.get("depth_m") is None}
    covered = {str(kind): _with(made.ground, c, None) for kind, c in whole.items()}
    covered |= {p.by: _with(made.ground, whole.get(p.by), p.ground) for p in parts
                if not p.name and p.depth_m is None}
    left = shapely.difference(made.ground.geometry, joined(covered.values()))
    waits: BaseGeometry = Polygon()
    if "manual" in covered:
        waits = shapely.difference(joined([g for kind, g in covered.items() if kind != "manual"]),
                                   covered["manual"])
    stated = [v for c in standing if isinstance(v := c.values.get("confidence"), float)]
    return AllDays(parts, covered, len(before), min([confidence, *stated]),
                   join(_parts(left), smallest_m), join(_parts(waits), smallest_m))


def _with(ground: Ground, old: Record | None, new: BaseGeometry | None) -> BaseGeometry:
    """Ground of a proof on record and of a new one, inside the task as it is now; metres."""
    assert ground.plane is not None
    shapes = [] if new is None else [new]
    if old is not None and old.geometry is not None:
        stored = _multi(ground.plane.to_plane(old.geometry))
        if stored is not None:
            shapes.append(shapely.intersection(stored, ground.geometry))
    return joined(shapes)


def _parts(shape: BaseGeometry) -> np.ndarray:
    parts = shapely.get_parts(shape)
    return parts[shapely.get_type_id(parts) == 3]


def _sha(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def check_storable(confidence: float, least: float) -> None:
    """COV-013: what is weak is not recorded, where it would stand as a proof and in the place of a
    better one."""
    from landrelease.operate.proof import is_weak

    if is_weak(confidence, least):
        raise LandReleaseError(CONFIDENCE_WEAK, found=100 * confidence, least=100 * least,
                               level=least)


def store_proof(registry: Registry, task: Record, files: Sequence[TrackFile], made: Proven,
                confidence: float, *, activity: str | None, by: str, machine: str | None = None,
                days: AllDays | None = None, now: datetime | None = None) -> tuple[int, float]:
    """Record the tracks and the ground that they cover for certain; number of records, and m² that
    no kind of work covered for certain.

    It takes the place of an earlier proof of the same task and activity: ground of that proof that
    is not there any more counts as not proven, and never as if there had been no proof. With `days`
    it stands together with the earlier ones.

    Raises COV-013: the proof is weak. COV-015: one of the logs stands on record as work of another
    kind, of whatever task or activity.
    """
    from landrelease.core.one_log import sketch_of
    from landrelease.operate.proof import covered_parts

    check_storable(made.proof.confidence, made.proof.confidence_least)
    _check_kinds(registry, files, made, set() if days is not None else {
        c.id for c in _standing(registry, task.id, activity)
        if c.values.get("proven_by") != MEASURED})
    at, who = now or datetime.now(UTC), registry.author(by)
    base = {"task": task.id} | ({"activity": activity} if activity else {})
    name = ":".join([task.id, *([activity] if activity else [])])
    revisions, track_ids = [], []
    for file, track, work in zip(files, made.tracks, made.works, strict=True):
        sha = _sha(file.path)
        track_ids.append(f"{name}:track:{sha[:16]}")
        by_machine = machine if file.by == "machine" else None
        first, last = (datetime.fromtimestamp(t, UTC) for t in (
            _first_new(registry, track.time_s, work, made.ground, by_machine),
            track.time_s.max()))
        values = {"task": task.id, "file_sha256": sha, "fixes_sha256": fixes_sha256(track),
                  "started_at": first.isoformat(), "ended_at": last.isoformat(),
                  "width_m": file.width_m, "position_error_m": file.position_error_m,
                  "fixes": len(track), "made_by": _kind(file.by)}
        if sketch := sketch_of(track.time_s, track.x, track.y):
            values["fixes_sketch"] = sketch
        if by_machine:
            values["machine"] = by_machine
        revisions.append(Revision("track", track_ids[-1], values, _line(work, made.ground), at, who,
                                  f"Track of {track.file}, {file.by}", sha, last.date()))
    day = max((r.valid_from for r in revisions if r.valid_from), default=at.date())
    parts = days.parts if days is not None else covered_parts(
        made.ground.geometry, made.works, bias_m=made.bias_m, depths_m=made.depths_m)
    standing = {c.id: c for c in _standing(registry, task.id, activity)
                if c.values.get("proven_by") != MEASURED}
    reason = f"Proof from {len(files)} tracks at {100 * confidence:g} % confidence"
    said = {**base, "task_m2": made.proof.task_m2, "confidence": confidence, "tracks": track_ids}
    if days is not None:
        reason += f", beside {days.tracks} tracks on record"
        said["confidence"] = days.confidence
    for part in parts:
        record, values = f"{name}:coverage:{part.by}", {**said, "coverage_by": part.by}
        if part.name:
            record, values["pass_name"] = f"{record}:pass {part.name}", part.name
        if part.depth_m is not None:
            record, values["depth_m"] = f"{record}:{part.depth_m:g} m", part.depth_m
        old, shape = standing.pop(record, None), part.ground
        if days is not None:
            shape = _with(made.ground, old, shape)
            earlier = [] if old is None else list(old.values.get("tracks") or ())
            values["tracks"] = [*earlier, *(t for t in track_ids if t not in earlier)]
        values["covered_m2"] = shape.area
        ground = None if shape.is_empty else _multi(made.ground.back(shape))
        revisions.append(Revision("coverage", record, values, ground, at, who, reason, "", day))
    if days is None:
        revisions += [_nothing(old, at, who, day) for old in standing.values()
                      if old.geometry is not None]
    registry.append(revisions)
    covered = joined([p.ground for p in parts] if days is None else days.covered.values())
    return len(revisions), float(shapely.difference(made.ground.geometry, covered).area)


def _kind(by: str) -> str:
    return by if by in ("manual", "animal") else "machine"


def _check_kinds(registry: Registry, files: Sequence[TrackFile], made: Proven,
                 replaced: set[str]) -> None:
    """COV-015: a log of a machine is no log of the hand that followed it, nor the other way round
    (S07, S10); neither as another file, on another clock, with another place of the tool nor in
    part. Proofs that the new one takes the place of do not stand."""
    standing = [c for c in recorded_proofs(registry) if c.id not in replaced]
    logs = logs_of(registry, standing)
    for file, track, work in zip(files, made.tracks, made.works, strict=True):
        others = [r for r in logs.tracks.values() if logs.by[r.id] - {_kind(file.by)}]
        same = _same_logs(others, file, track, work, made.ground)
        for r in others:
            if r.id in same or _one_way(r, track, work, made.ground):
                raise LandReleaseError(
                    TRACK_OF_OTHER_WORK, file=track.file, by=file.by, other=r.id,
                    kind=", ".join(sorted(logs.by[r.id] - {_kind(file.by)})))


def _same_logs(records: Sequence[Record], file: TrackFile, track: Track, work: Work,
               ground: Ground) -> set[str]:
    """Those of the tracks on record that are one log with a new one."""
    from landrelease.core.one_log import one_log, sketch_of

    if not records or not len(track):
        return set()
    begin, end = (datetime.fromtimestamp(t, UTC).isoformat() for t in (
        track.time_s.min(), track.time_s.max()))
    new = Record("track", "", {
        "file_sha256": _sha(file.path), "fixes_sha256": fixes_sha256(track), "fixes": len(track),
        "fixes_sketch": sketch_of(track.time_s, track.x, track.y), "started_at": begin,
        "ended_at": end}, _line(work, ground))
    return {b for a, b in one_log([*records, new]) if a == ""}


def said_before(registry: Registry, task: Record, files: Sequence[TrackFile], made: Proven,
                activity: str | None) -> list[dict[str, str]]:
    """Notes for people on logs that stand for more than one work on record: those of this proof,
    and those of the task (S07, S10)."""
    from landrelease.core.one_log import as_one_kind

    proofs = recorded_proofs(registry)
    logs = logs_of(registry, proofs)
    out = []

    def note(message: Message, **facts: object) -> None:
        said = {"code": message.code, "text": message.text(**facts)}
        if said not in out:
            out.append(said)

    works: dict[str, set[tuple[str, str]]] = {}  # track -> task and activity
    for c in proofs:
        for name in listed(c.values.get("tracks")) if c.geometry is not None else ():
            works.setdefault(name, set()).add(
                (str(c.values.get("task")), str(c.values.get("activity") or "")))
    began = next((day_of(a.values.get("started_on")) for a in registry.records("activity")
                  if a.id == activity), None)
    for track in made.tracks:
        day = datetime.fromtimestamp(track.time_s.max(), UTC).date() if len(track) else None
        # A day less, as `core.coverage.proofs_of` has it.
        if began is not None and day is not None and day < began - timedelta(days=1):
            note(PROOF_BEFORE_WORK, file=track.file, day=day, work=activity, began=began)
    this = (task.id, activity or "")
    others = [r for r in logs.tracks.values() if works[r.id] - {this}]
    for file, track, work in zip(files, made.tracks, made.works, strict=True):
        for name in sorted(_same_logs(others, file, track, work, made.ground)):
            note(TRACK_ON_RECORD, file=track.file, other=name, work=_works(works[name] - {this}))
    for a, b in logs.later:
        if a < b and works[a] | works[b] != works[a] & works[b] and any(
                t == task.id for t, _ in works[a] | works[b]):
            note(TRACK_ON_RECORD, file=a, other=b, work=_works(works[b]))
    for name in sorted(works):  # one record for several works
        if name in logs.tracks and len(works[name]) > 1 and any(
                t == task.id for t, _ in works[name]):
            note(TRACK_ON_RECORD, file=name, other=name, work=_works(works[name]))
    of_task = {c.id for c in proofs if c.values.get("task") == task.id}
    for one in as_one_kind(proofs, logs)[1]:
        if one.record in of_task:
            note(PROOF_OF_OTHER_KIND, found=one.record, reason=one.reason)
    return out


def _works(works: set[tuple[str, str]]) -> str:
    return ", ".join(f"{t} {a}".strip() for t, a in sorted(works))


def _one_way(record: Record, track: Track, work: Work, ground: Ground) -> bool:
    """Whether a log goes over half of the corners of a track on record, or of its own, to the
    digit: nobody drives or walks a way again so. Where places are written so coarsely that two
    drives share them, over all of them in their order and in the same time."""
    from landrelease.core.one_log import LEAST_CORNERS
    from landrelease.operate.resolution import written_step_m

    if record.geometry is None or ground.plane is None or not len(work.steps.x):
        return False
    if written_step_m(track) > COARSE_M:
        return _passes(record, work, ground, float(work.steps.time_s.min())) is not None
    corners = np.unique(shapely.get_coordinates(ground.plane.to_plane(record.geometry)), axis=0)
    steps = work.steps
    places = np.concatenate([np.column_stack([steps.x, steps.y]),
                             np.column_stack([steps.antenna_x, steps.antenna_y])])
    at = shapely.STRtree(shapely.points(places)).query(
        shapely.points(corners), predicate="dwithin", distance=SAME_PLACE_M)[0]
    same, own = len(np.unique(at)), _line(work, ground)
    least = min(len(corners), shapely.get_num_coordinates(own) if own is not None else 0)
    return same >= LEAST_CORNERS and 2 * same >= least


def _first_new(registry: Registry, time_s: np.ndarray, work: Work, ground: Ground,
               machine: str | None) -> float:
    """The first fix of a log that is later than the tracks on record of the same machine which
    reach over its begin: what the log holds of them once more is no further time of work. So are
    the places of a track on record, in their order, with which the log begins on another clock.
    """
    first = float(time_s.min())
    if machine is None:
        return first
    from landrelease.operate.exposure import SAME_S

    spans = [(a.timestamp(), b.timestamp()) for r in registry.records("track")
             if r.values.get("machine") == machine
             if (a := moment_of(r.values.get("started_at"))) is not None
             and (b := moment_of(r.values.get("ended_at"))) is not None]
    for begin, end in sorted(spans):
        if begin <= first <= end and (later := time_s[time_s > end]).size:
            first = float(later.min())
    for r in sorted(registry.records("track"), key=lambda r: str(r.values.get("started_at"))):
        if r.values.get("machine") == machine and (
                until := _passes(r, work, ground, first)) is not None and (
                later := time_s[time_s > until + SAME_S]).size:
            first = float(later.min())
    return first


def _passes(record: Record, work: Work, ground: Ground, first: float) -> float | None:
    """When a log that from `first` on drives a track on record once more, on another clock, comes
    to its end; None: it does not."""
    from landrelease.operate.exposure import SAME_S

    a, b = (moment_of(record.values.get(n)) for n in ("started_at", "ended_at"))
    if record.geometry is None or ground.plane is None or a is None or b is None:
        return None
    until = first + (b - a).total_seconds()
    last = _end_of(work, shapely.get_coordinates(ground.plane.to_plane(record.geometry)), first)
    return until if last is not None and until - REST_S <= last <= until + SAME_S else None


def _end_of(work: Work, corners: np.ndarray, first: float) -> float | None:
    """When a log comes to the last of these corners (C, 2), in m, that it passes in their order
    and not all before `first`; None: it does not, or they are too few to tell."""
    from landrelease.core.one_log import LEAST_CORNERS

    if len(corners) < LEAST_CORNERS or not len(work.steps.x):
        return None
    places = np.column_stack([work.steps.x, work.steps.y])
    tree = shapely.STRtree(shapely.points(places))
    which, near = tree.query(shapely.points(corners), predicate="dwithin", distance=SAME_PLACE_M)
    at = -1
    for k in range(len(corners)):
        later = near[which == k]
        later = later[later >= at]
        if not len(later):
            return None
        at = int(later.min())
    last = float(work.steps.time_s[at])
    return last if last >= first else None


MEASURED = "measured_lanes"  # of `proven_by`; without it a proof rests on tracks


def prove_measured(registry: Registry, task: Record, ground: Ground, lanes: Path, *,
                   position_error_m: float, confidence: float, depth_m: float, day: date,
                   activity: str | None, by: str, smallest_m: float, store: bool,
                   confidence_least: float = 0.0,
                   now: datetime | None = None) -> dict[str, Any]:
    """What lanes that people searched and measured cover of a recorded task; with `store` recorded
    as a proof of hand work, in the place of an earlier one of measured lanes.

    The result holds areas in m² and `spots`, GeoJSON of what is not covered for certain, and as
    `findings` the lanes whose outline crosses itself: of these only the ground counts on which all
    readings of the outline agree (S01); and whether the confidence is less than `confidence_least`.

    Raises COV-013 with `store`: that confidence; COV-002, COV-003, COV-004 (the lanes have no
    ground), COV-008 (the depth), and what reading the file raises.
    """
    from landrelease.operate.measured import covered_for_certain
    from landrelease.operate.proof import weak_confidence
    from landrelease.operate.spots import join
    from landrelease.workflows.areas import read_places, read_shapes
    from landrelease.workflows.operate import spot_features

    if not 0 < depth_m <= 5:
        raise LandReleaseError(MEASURED_DEPTH, found=depth_m)
    assert ground.plane is not None
    read = read_places(lanes, narrow=True)
    shapes = [ground.plane.to_plane(shape) for _, shape, _ in read]
    findings = [_narrowed(lanes.name, row, shape, widest)
                for (row, shape, _), widest in zip(read, read_shapes(lanes), strict=True)
                if shape != widest]
    if (weak := weak_confidence(confidence, confidence_least)) is not None:
        findings.insert(0, {"code": weak.code, "row": 0, "text": weak.text})
    if joined(shapes).is_empty:
        raise LandReleaseError(TASK_WITHOUT_GROUND)
    covered = covered_for_certain(ground.geometry, shapes, position_error_m=position_error_m,
                                  confidence=confidence)
    left = shapely.get_parts(shapely.difference(ground.geometry, covered))
    spots = join(left[shapely.get_type_id(left) == 3], smallest_m)
    result: dict[str, Any] = {
        "task": task.id, "task_m2": ground.geometry.area, "covered_certain_m2": covered.area,
        "uncovered_most_m2": max(0.0, ground.geometry.area - covered.area), "lanes": len(shapes),
        "depth_m": depth_m, "confidence": confidence, "stored": store,
        "spots": spot_features(
            ground, spots, weak=confidence if weak is not None else None), "findings": findings}
    if not store:
        return result
    check_storable(confidence, confidence_least)
    at, who = now or datetime.now(UTC), registry.author(by)
    content = lanes.read_bytes()
    sha = hashlib.sha256(content).hexdigest()
    base = {"task": task.id} | ({"activity": activity} if activity else {})
    name = ":".join([task.id, *([activity] if activity else []), "coverage", MEASURED])
    record = f"{name}:{depth_m:g} m"
    revisions = [Revision("coverage", record, {
        **base, "coverage_by": "manual", "proven_by": MEASURED, "depth_m": depth_m,
        "covered_m2": covered.area, "task_m2": ground.geometry.area, "confidence": confidence},
        None if covered.is_empty else _multi(ground.back(covered)), at, who,
        f"{len(shapes)} measured lanes at {100 * confidence:g} % confidence, standard error "
        f"{position_error_m:g} m", sha, day)]
    revisions += [_nothing(old, at, who, day) for old in _standing(registry, task.id, activity)
                  if old.values.get("proven_by") == MEASURED and old.id != record
                  and old.geometry is not None]
    if not registry.knows_source(sha):
        registry.keep_source(sha, lanes.name, content)
    registry.append(revisions)
    return result


def _narrowed(file: str, row: int, shape: BaseGeometry, widest: BaseGeometry) -> dict[str, Any]:
    area = geodesic_area_m2(shape)
    return {"code": SHAPE_REPAIRED.code, "row": row, "text": SHAPE_REPAIRED.text(
        file=file, row=row, found="it crosses itself",
        rule="only ground on which all readings agree was taken", area=area_words(area),
        difference=area_words(geodesic_area_m2(widest) - area))}


def _standing(registry: Registry, task: str, activity: str | None) -> list[Record]:
    """Proofs on record of a task and some of its work."""
    return [c for c in recorded_proofs(registry)
            if c.values.get("task") == task and c.values.get("activity") == activity]


def _nothing(old: Record, at: datetime, who: str, day: date) -> Revision:
    return Revision("coverage", old.id, {**old.values, "covered_m2": 0.0}, None, at, who,
                    "A later proof of the task does not show it", "", day)


def _line(work: Work, ground: Ground) -> Any:
    """The way of the tool where its steps count, simplified; degrees."""
    from landrelease.operate import fixes

    x, y, first = fixes.lines(work.steps, at_best=False)
    lines = [shapely.LineString(np.column_stack([x[a:b], y[a:b]]))
             for a, b in itertools.pairwise(first) if b - a > 1]
    if not lines:
        return None
    return ground.back(shapely.multilinestrings(shapely.simplify(lines, LINE_M)))


def _multi(shape: Any) -> Any:
    """Polygons whose corners, moved to degrees, may touch: valid, and never more than before."""
    if shape.is_valid:
        return shape
    parts = [p for p in shapely.get_parts(shapely.make_valid(shape, method="structure"))
             if p.geom_type == "Polygon" and p.area > 0]
    return joined(parts, degrees=True) if parts else None


# States of ground that is left.
NOT_PROVEN, MACHINE_ONLY, NO_TRACK = "not_proven", "machine_only", "no_track"
# Work that searches no ground: nothing has to be covered.
_SEARCHES_NOTHING = frozenset({"NTS", "EOD_spot_task", "risk_education", "stockpile_destruction"})


def gaps(registry: Registry, reader: View) -> list[tuple[str, str, BaseGeometry, float]]:
    """What proofs of coverage on record leave of each task: (task, state, ground in degrees, m²).

    "not_proven": no proof covers it. "machine_only": a machine or an animal does, and no hand work,
    so that it waits for its follow-up (S07). "no_track": the task says that it is completed, and
    neither a proof nor a track of it is on record: all of its ground. Tracks without a proof prove
    nothing: "not_proven". Tasks that go on and have no proof yet, those that search no ground, and
    those that hand work covers whole, are not in it. A proof that is a word, or too weak, covers
    nothing. A task without an outline has that of its
    hazard. What is left is never smaller than what the proofs leave (S05).
    """
    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.workflows import load_assumptions

    # Whoever asks: of a task of which anything is on record it is not said that there is nothing.
    proofs = coverages(registry)
    words = not_proofs(registry, proofs, load_assumptions(None, registry))
    proofs = [replace(r, geometry=None) if r.id in words else r for r in proofs]
    proven = {str(r.values.get("task")) for r in proofs if r.geometry is not None}
    tracked = {str(r.values.get("task")) for r in (*proofs, *registry.records("track"))}
    covered: dict[str, dict[bool, list[BaseGeometry]]] = {}
    for r in reader.inside(proofs):
        if r.geometry is not None and r.values.get("task"):
            covered.setdefault(str(r.values["task"]), {True: [], False: []})[
                r.values.get("coverage_by") == "manual"].append(r.geometry)
    tasks = [t for t in reader.inside(registry.records("task"))
             if t.id in covered or _to_be_covered(t)]
    areas: dict[str, BaseGeometry | None] = {}
    if any(t.geometry is None for t in tasks):
        areas = {h.id: h.geometry for h in reader.inside(registry.records("hazard"))}
    out = []
    for task in tasks:
        ground = areas.get(str(task.values.get("hazard"))) if task.geometry is None \
            else task.geometry
        if ground is None:
            continue
        if task.id not in covered:
            names = {task.id, str(task.values.get("identifier") or task.id)}
            whole = _polygons(ground)
            if not names & proven and not whole.is_empty:
                out.append((task.id, NOT_PROVEN if names & tracked else NO_TRACK, whole,
                            geodesic_area_m2(whole)))
            continue
        by_hand, others = (shapely.union_all(np.array(covered[task.id][k], dtype=object))
                           for k in (True, False))
        waits = ground.difference(by_hand)
        for state, left in ((NOT_PROVEN, waits.difference(others)),
                            (MACHINE_ONLY, waits.intersection(others))):
            left = _polygons(left)
            if not left.is_empty:
                out.append((task.id, state, left, geodesic_area_m2(left)))
    return out


def _to_be_covered(task: Record) -> bool:
    """Whether a task says that it is completed, and its work has to cover its ground."""
    return (task.values.get("task_status") == "completed"
            and task.value("task_type") not in _SEARCHES_NOTHING)


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    parts = [p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0]
    return shapely.multipolygons(parts) if len(parts) > 1 else (
        parts[0] if parts else shapely.Polygon())
