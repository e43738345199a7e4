"""Proof of coverage: a task and the tracks of its work in, a bracket of what was covered out.

"Covered for certain" takes each swath narrowed and shortened by what the position may be off, and
only steps of the track that no doubt touches (S05). "Covered at best" takes the widest. What lies
between is for the receiver to settle, not for this software. A machine's pass is no clearance: its
ground is listed apart until the manual follow-up is on record (S07). Planar metres.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import joined
from landrelease.core.track import Track, TrackFinding
from landrelease.errors import (
    CONFIDENCE_NOT_BETWEEN,
    CONFIDENCE_WEAK,
    ERROR_NEGATIVE,
    NOTHING_PROVEN,
    SWATH_NOT_POSITIVE,
    TASK_WITHOUT_GROUND,
    TRACK_CUT_OFF,
    LandReleaseError,
)
from landrelease.operate import fixes, swath
from landrelease.operate.fixes import FixRules, Judge, Steps
from landrelease.operate.pieces import Block, alone, pieces_of
from landrelease.operate.spots import Spots, join
from landrelease.operate.swath import Tool
from landrelease.operate.sweep import Runs, covered_m2, each_rest, rest

KINDS = ("machine", "manual", "animal")
OVERLAY_PASSES = 6  # of more passes the overlay is not taken apart; they count as one (S06)
TABLE_PASSES = 400  # of more there is no table by pass


@dataclass(frozen=True, slots=True)
class Work:
    """One track with its tool. `by` is machine, manual or animal; others count as machine."""

    name: str
    by: str
    tool: Tool
    rules: FixRules
    steps: Steps
    passes: tuple[str, ...]
    read: tuple[TrackFinding, ...] = ()  # what the reader could not use
    ended: bool = True  # the log is whole; not while it is followed


@dataclass(frozen=True, slots=True)
class Part:
    """Ground covered for certain by a part of the work: a pass, a depth, a kind."""

    name: str
    certain_m2: float
    length_m: float


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work apart: machine, manual or animal. Areas in m²."""

    name: str
    certain_m2: float
    best_m2: float
    length_m: float  # of swaths that count
    overlap_m2: float  # swept more than once by this kind, at least
    hours: float  # in which its tool worked and its steps count
    hectares_per_hour: float | None  # None: no hours
    depth_m: float  # least depth that was asked of it; 0: any


@dataclass(frozen=True, slots=True)
class Proof:
    """Areas in m². `uncovered_most` counts only what is certain, `uncovered_least` the best."""

    task_m2: float
    uncovered_most_m2: float
    uncovered_least_m2: float
    spots: Spots
    swept_m2: float  # length times width of the certain swaths inside the task
    hours: float  # in which the tool worked and its steps count
    length_m: float
    by_pass: tuple[Part, ...]  # none where there are more than `TABLE_PASSES`
    by_depth: tuple[Part, ...]
    by_kind: tuple[Kind, ...]
    machine_only_m2: float  # covered for certain by machine or animal, not by hand (S07)
    waiting: Spots  # that ground, where some was done by hand; none where there are no such tracks
    manual_m2: float  # covered for certain by hand
    findings: tuple[TrackFinding, ...]
    passes: int  # names of passes, machine and hand apart
    half_m: float  # least half width that is left for certain; not positive: nothing is proven
    confidence: float
    confidence_least: float = 0.0  # with less nothing of it is certain

    @property
    def weak(self) -> bool:
        return is_weak(self.confidence, self.confidence_least)

    @property
    def certain_m2(self) -> float:
        return max(0.0, self.task_m2 - self.uncovered_most_m2)

    @property
    def best_m2(self) -> float:
        return max(0.0, self.task_m2 - self.uncovered_least_m2)

    @property
    def overlap_m2(self) -> float:
        """Swept more than once, at least: swept area less the area of its union (S03)."""
        return max(0.0, self.swept_m2 - self.certain_m2)

    @property
    def hectares_per_hour(self) -> float | None:
        return self.certain_m2 / 1e4 / self.hours if self.hours > 0 else None

    @property
    def provable(self) -> bool:
        return self.half_m > 0


def check_tool(tool: Tool) -> None:
    """COV-001 width, COV-002 position error, COV-003 confidence."""
    if not 0 < tool.width_m < math.inf:
        raise LandReleaseError(SWATH_NOT_POSITIVE, found=tool.width_m)
    for name, value in (("position error", tool.position_error_m),
                        ("heading error", tool.heading_error_rad)):
        if not 0 <= value < math.inf:
            raise LandReleaseError(ERROR_NEGATIVE, name=name, found=value)
    if not 0 < tool.confidence < 1:
        raise LandReleaseError(CONFIDENCE_NOT_BETWEEN, found=tool.confidence)


def work_of(track: Track, x: np.ndarray, y: np.ndarray, by: str, tool: Tool, rules: FixRules,
            bounds: tuple[float, float, float, float]) -> Work:
    """A track with its places (N,) in the task's metres, judged. COV-001 to COV-003."""
    check_tool(tool)
    return Work(track.file, by, tool, rules, fixes.judge(track, x, y, rules, bounds),
                track.passes, track.findings)


class LiveWork:
    """The same, fix by fix or chunk by chunk while the machine works."""

    def __init__(self, name: str, by: str, tool: Tool, rules: FixRules,
                 bounds: tuple[float, float, float, float]):
        check_tool(tool)
        self._name, self._by, self._tool, self._rules = name, by, tool, rules
        self._judge = Judge(rules, bounds)
        self._passes: tuple[str, ...] = ()
        self._told: set[tuple[str, int]] = set()

    def add(self, track: Track, x: np.ndarray, y: np.ndarray) -> list[TrackFinding]:
        """Take in more fixes of the same track; what is doubtful about them, at once, and what they
        show to be doubtful about those before.

        `track.in_pass` numbers the passes of the whole track; `track.passes` names those so far.
        """
        self._passes = track.passes
        steps = self._judge.add(track, x, y)
        return self._new(ended=False, since=int(steps.row[0]) if len(steps.row) else None)

    def axes(self, *, exchanged: bool) -> None:
        """Whether the axes of the whole log stand the wrong way round: then nothing counts."""
        self._rules = self._judge.rules = replace(self._rules, exchanged=exchanged)

    def end(self) -> list[TrackFinding]:
        """What is doubtful because the log has ended."""
        return self._new(ended=True, since=None)

    def _new(self, *, ended: bool, since: int | None) -> list[TrackFinding]:
        found = fixes.findings(self._judge.steps(ended=ended), self._rules, self._name)
        new = [f for f in found if (f.code, f.first_row) not in self._told
               or (since is not None and f.last_row >= since)]
        self._told.update((f.code, f.first_row) for f in new)
        return new

    def work(self, *, ended: bool = True) -> Work:
        """All so far; until the log has `ended`, what may still be taken back does not count."""
        return Work(self._name, self._by, self._tool, self._rules,
                    self._judge.steps(ended=ended), self._passes, ended=ended)


def prove(task: BaseGeometry, works: Sequence[Work], *, smallest_m: float, bias_m: float = 0.0,
          depths_m: Sequence[float] = (), threads: int | None = None,
          confidence_least: float = 0.0) -> Proof:
    """What the tracks show of a task.

    Parameters
    ----------
    task : Polygon or MultiPolygon [m], valid
    works : judged tracks
    smallest_m : radius of the largest inscribed circle down to which spots are listed
    bias_m : margin of an error that a whole track shares (datum, base station), with the same
        confidence; it moves the lanes of a track together, so that it opens no gaps between them,
        only at the rim. Certain coverage of a track is that which stays under every such shift.
    depths_m : depths of the table by depth
    confidence_least : with less than this the proof is weak, and says so as a finding (COV-013)

    Raises
    ------
    LandReleaseError
        COV-004: the task has no area.

    Source: rule S05; the shift is an erosion (Minkowski) of the joined swaths of one track.
    """
    if task.is_empty or not task.area > 0:
        raise LandReleaseError(TASK_WITHOUT_GROUND)
    # One after the other, and nothing is kept that is not needed: a large field has many pieces.
    least = _left_at_best(task, [_at_best(w, bias_m) for w in works], threads)
    sure = [_certain(w) for w in works]
    pieces: Sequence[Block] = ()
    if bias_m > 0 or len({w.by for w in works}) > 1:  # pieces are asked for once more
        pieces, most = _uncovered(task, sure, bias_m, threads)
        open_ground = join(pieces, smallest_m)
    else:
        open_ground, most = _joined_as_it_comes(task, together(sure), smallest_m, threads)
    least = min(least, most)
    halves = [w.tool.certain_half_m for w in works]
    found = list(itertools.chain.from_iterable(
        [*w.read, *fixes.findings(w.steps, w.rules, w.name)] for w in works))
    if works and min(halves) <= 0:
        worst = works[halves.index(min(halves))]
        message = NOTHING_PROVEN
        found.insert(0, TrackFinding(message.code, message.text(
            file=worst.name, width=worst.tool.width_m, margin=round(worst.tool.margin_m, 3),
            error=worst.tool.position_error_m,
            confidence=round(100 * worst.tool.confidence, 3)), 0, 0, len(worst.steps.row), False))
    found += [f for w in works if (f := _cut_off(w, open_ground)) is not None]
    confidence = max((w.tool.confidence for w in works), default=0)
    weak = weak_confidence(confidence, confidence_least) if works else None
    if weak is not None:
        found.insert(0, weak)
    by_kind, by_hand = _kinds(task, works, sure, bias_m, (most, least), threads)
    manual = sum(k.certain_m2 for k in by_kind if k.name == "manual")
    return Proof(
        task.area, min(most, task.area), least, open_ground,
        sum(_swept(task, r) for r in sure), sum(_hours(w.steps) for w in works),
        sum(r.length_m for r in sure), _by_pass(task, works, bias_m, threads),
        _by_depth(task, works, depths_m, bias_m, threads), by_kind,
        max(0.0, task.area - most - manual), _waiting(by_hand, pieces, smallest_m), manual,
        tuple(found), len({n for w in works for n in _labels(w, works)}),
        min(halves, default=0.0), confidence, confidence_least)


def is_weak(confidence: float, least: float) -> bool:
    return 0 < confidence < least - 1e-9


def weak_confidence(confidence: float, least: float) -> TrackFinding | None:
    """COV-013 where a proof states less confidence than `least`; None where it does not."""
    if not is_weak(confidence, least):
        return None
    return TrackFinding(CONFIDENCE_WEAK.code, CONFIDENCE_WEAK.text(
        found=100 * confidence, least=100 * least, level=least), 0, 0, 0, False)


def _cut_off(work: Work, left: Spots) -> TrackFinding | None:
    """A log that ends while the tool may work and moves towards ground of the task that is not
    covered: one width ahead of its last place."""
    end = fixes.goes_on(work.steps, work.rules) if work.ended else None
    if end is None:
        return None
    last, east, north, speed = end
    ahead = work.tool.width_m
    if not shapely.contains_xy(left.polygons, work.steps.x[last] + ahead * east,
                               work.steps.y[last] + ahead * north).any():
        return None
    row = int(work.steps.row[last])
    return TrackFinding(TRACK_CUT_OFF.code, TRACK_CUT_OFF.text(
        file=work.name, row=row, found_m_s=round(speed, 2)), row, row, 1, False)


def _certain(work: Work, keep: np.ndarray | None = None) -> Runs:
    return swath.certain(*fixes.lines(work.steps, at_best=False, keep=keep), work.tool,
                         fixes.headings(work.steps, keep=keep))


def _at_best(work: Work, bias_m: float) -> Runs:
    if work.tool.lever_m > 0 and np.isin(
            work.steps.verdict, (fixes.HEADING, fixes.BACKWARDS)).any():
        # The tool is somewhere round the antenna, and its bar points anywhere.
        runs = swath.at_best(*fixes.antenna_lines(work.steps), work.tool,
                             wider_m=work.tool.lever_m + work.tool.width_m / 2)
    else:
        runs = swath.at_best(*fixes.lines(work.steps, at_best=True), work.tool)
    return Runs(runs.x, runs.y, runs.half_m + bias_m, runs.first)


def together(runs: Sequence[Runs]) -> Runs:
    """Runs of several tracks as one."""
    some = [r for r in runs if len(r.first) > 1]
    if not some:
        return swath.nothing()
    if len(some) == 1:
        return some[0]
    shifts = np.concatenate([[0], np.cumsum([len(r.x) for r in some])])
    first = np.concatenate([*(r.first[:-1] + s for r, s in zip(some, shifts, strict=False)),
                            shifts[-1:]])
    return Runs(np.concatenate([r.x for r in some]), np.concatenate([r.y for r in some]),
                np.concatenate([r.half_m for r in some]), first)


def _uncovered(task: BaseGeometry, runs: Sequence[Runs], bias_m: float, threads: int | None
               ) -> tuple[Sequence[Block], float]:
    """What is left of the task, as pieces that do not overlap, and its area."""
    if bias_m <= 0:
        left = rest(task, together(runs), threads=threads)
        return left.blocks, left.area_m2
    around = shapely.buffer(task, bias_m * 1.01 + 0.01, join_style="mitre")
    grown = bias_m / math.cos(math.pi / 64) + 1e-6  # the polygon of 64 corners holds the circle
    gone: BaseGeometry = task
    for r in runs:
        holes = _whole(rest(around, r, threads=threads).blocks)
        spread = joined(shapely.buffer(holes, grown, quad_segs=16))
        gone = shapely.intersection(gone, spread)
    parts = shapely.get_parts(gone)
    parts = parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) > 0)]
    return (alone(pieces_of(parts)),), float(shapely.area(parts).sum())


def _joined_as_it_comes(task: BaseGeometry, runs: Runs, smallest_m: float, threads: int | None
                        ) -> tuple[Spots, float]:
    """Spots of what is left of the task, and its area; no piece is kept longer than it is needed.
    """
    areas: list[float] = []

    def blocks() -> Iterator[Block]:
        for area, block in each_rest(task, runs, threads=threads):
            areas.append(area)
            yield block

    return join(blocks(), smallest_m), math.fsum(areas)


def _whole(pieces: Sequence[Block]) -> np.ndarray:
    """Pieces that touch as one polygon each, none left out."""
    return join(pieces, 0.0, circles=False).polygons


def _left(task: BaseGeometry, runs: Sequence[Runs], bias_m: float, threads: int | None) -> float:
    """The area alone."""
    if bias_m <= 0:
        return max(0.0, task.area - covered_m2(task, together(runs), threads=threads))
    return _uncovered(task, runs, bias_m, threads)[1]


def _left_at_best(task: BaseGeometry, runs: Sequence[Runs], threads: int | None) -> float:
    return max(0.0, task.area - covered_m2(task, together(runs), outer_arcs=True,
                                           threads=threads))


def _swept(task: BaseGeometry, runs: Runs) -> float:
    if len(runs.x) < 2:
        return 0.0
    dx, dy = np.diff(runs.x), np.diff(runs.y)
    inside = shapely.contains_xy(task, runs.x[:-1] + dx / 2, runs.y[:-1] + dy / 2)
    inside[runs.first[1:-1] - 1] = False
    return float((2 * runs.half_m[:-1] * np.hypot(dx, dy))[inside].sum())


def _hours(steps: Steps) -> float:
    good = np.flatnonzero(steps.verdict == fixes.COUNTS)
    return float((steps.time_s[good] - steps.time_s[steps.before[good]]).sum() / 3600)


def _kinds(task: BaseGeometry, works: Sequence[Work], sure: Sequence[Runs], bias_m: float,
           whole: tuple[float, float], threads: int | None
           ) -> tuple[tuple[Kind, ...], Sequence[Block] | None]:
    """Each kind apart, and the pieces that were not covered by hand where others worked as well.

    `whole` : uncovered at most and at least of all kinds together, in m².
    """
    kinds = list(dict.fromkeys(w.by for w in works))
    out, by_hand = [], None
    for kind in kinds:
        own = [k for k, w in enumerate(works) if w.by == kind]
        runs = [sure[k] for k in own]
        if len(kinds) == 1:
            most, least = whole
        else:
            if kind == "manual":
                by_hand, most = _uncovered(task, runs, bias_m, threads)
            else:
                most = _left(task, runs, bias_m, threads)
            least = min(most, _left_at_best(
                task, [_at_best(works[k], bias_m) for k in own], threads))
        certain = max(0.0, task.area - most)
        hours = sum(_hours(works[k].steps) for k in own)
        out.append(Kind(
            kind, certain, max(0.0, task.area - least), sum(r.length_m for r in runs),
            max(0.0, sum(_swept(task, r) for r in runs) - certain), hours,
            certain / 1e4 / hours if hours > 0 else None,
            min(works[k].rules.depth_m for k in own)))
    return tuple(out), by_hand


def _waiting(by_hand: Sequence[Block] | None, pieces: Sequence[Block], smallest_m: float
             ) -> Spots:
    """Ground that others covered and nobody by hand, as spots; none of it lost (S07)."""
    if by_hand is None:
        return join((), smallest_m)
    left, gone = _whole(by_hand), _whole(pieces)
    out = []
    tree = shapely.STRtree(gone)
    near, which = tree.query(left, predicate="intersects")
    order = np.argsort(near, kind="stable")
    cuts = np.searchsorted(near[order], np.arange(len(left) + 1))
    for k, ground in enumerate(left):
        own = gone[which[order[cuts[k]:cuts[k + 1]]]]
        out.append(shapely.difference(ground, joined(own)) if len(own) else ground)
    parts = shapely.get_parts(np.array(out, dtype=object))
    return join(parts[shapely.get_type_id(parts) == 3], smallest_m)


def _by_pass(task: BaseGeometry, works: Sequence[Work], bias_m: float, threads: int | None
             ) -> tuple[Part, ...]:
    labels = [_labels(w, works) for w in works]
    names = list(dict.fromkeys(itertools.chain.from_iterable(labels)))
    if len(names) > TABLE_PASSES:
        return ()
    out = []
    for name in names:
        own = [_certain(w, w.steps.in_pass == own_labels.index(name))
               for w, own_labels in zip(works, labels, strict=True) if name in own_labels]
        out.append(_part(name, task, own, bias_m, threads))
    return tuple(out)


def _part(name: str, task: BaseGeometry, runs: Sequence[Runs], bias_m: float,
          threads: int | None) -> Part:
    """What some runs cover of the task."""
    return Part(name, max(0.0, task.area - _left(task, runs, bias_m, threads)) if bias_m > 0 else
                covered_m2(task, together(runs), threads=threads), sum(r.length_m for r in runs))


def _labels(work: Work, works: Sequence[Work]) -> list[str]:
    """Names of passes; the same name by machine and by hand is not the same pass."""
    several = len({w.by for w in works}) > 1
    return [f"{work.by} {n}" if several else n for n in work.passes]


def _by_depth(task: BaseGeometry, works: Sequence[Work], depths_m: Sequence[float], bias_m: float,
              threads: int | None) -> tuple[Part, ...]:
    """At least so deep; each kind of work apart (S07), those whose tracks state depths."""
    kinds = list(dict.fromkeys(w.by for w in works))
    out = []
    for kind in kinds:
        works_of = [w for w in works if w.by == kind]
        if len(kinds) > 1 and not any(np.isfinite(w.steps.depth_m).any() for w in works_of):
            continue
        for depth in depths_m:
            own = [_certain(w, w.steps.depth_m >= depth) for w in works_of]
            name = f"{depth:g} m" if len(kinds) == 1 else f"{kind} {depth:g} m"
            out.append(_part(name, task, own, bias_m, threads))
    return tuple(out)


@dataclass(frozen=True, slots=True)
class CoveredPart:
    """Ground that one kind of work covered for certain; metres, with nothing of it rounded up."""

    by: str
    name: str  # of the pass; "": all passes together
    depth_m: float | None  # at least so deep; None: whatever the depth
    ground: BaseGeometry  # Polygon or MultiPolygon; empty where nothing is certain


HOLE_MARGIN_M = 1e-3  # by which holes grow before they are joined, so that joining closes none


def covered_parts(task: BaseGeometry, works: Sequence[Work], *, bias_m: float = 0.0,
                  depths_m: Sequence[float] = (), threads: int | None = None
                  ) -> tuple[CoveredPart, ...]:
    """What is covered for certain as polygons: by kind of work, by depth and by pass (S05, S07).

    Each kind apart, never joined: a machine's ground is not cleared ground. Passes stand alone
    where there are not more than `OVERLAY_PASSES` of a kind. Ground is the task less its gaps,
    each grown by 1 mm, so that no rounding makes covered ground.
    """
    out = []
    for by in dict.fromkeys(w.by for w in works):
        own = [w for w in works if w.by == by]
        names = list(dict.fromkeys(itertools.chain.from_iterable(w.passes for w in own)))
        # Tracks that state no depth are not proven to be shallow: they have no table by depth.
        told = any(np.isfinite(w.steps.depth_m).any() for w in own)
        wanted: list[tuple[str, float | None]] = [
            ("", None), *(("", d) for d in (depths_m if told else ()))]
        if 1 < len(names) <= OVERLAY_PASSES:
            wanted += [(n, None) for n in names]
        for name, depth in wanted:
            runs = []
            for w in own:
                keep = np.ones(len(w.steps.row), dtype=bool)
                if name:
                    keep &= w.steps.in_pass == (w.passes.index(name) if name in w.passes else -1)
                if depth is not None:
                    keep &= w.steps.depth_m >= depth
                runs.append(_certain(w, keep))
            gaps = _whole(_uncovered(task, runs, bias_m, threads)[0])
            left = shapely.difference(task, joined(shapely.buffer(
                gaps, HOLE_MARGIN_M, join_style="mitre", mitre_limit=2))) if len(gaps) else task
            parts = [p for p in shapely.get_parts(left) if p.geom_type == "Polygon" and p.area > 0]
            out.append(CoveredPart(by, name, depth, joined(parts)))
    return tuple(out)


def overlay(task: BaseGeometry, works: Sequence[Work], *, bias_m: float = 0.0,
            threads: int | None = None) -> dict[frozenset[str], float]:
    """Share of the task covered for certain by exactly each set of passes; shares sum to 1 (S06).

    Passes combine where they really overlap. More than `OVERLAY_PASSES` names are not taken
    apart: they count as one pass, which never finds more than they did.
    """
    labels = [_labels(w, works) for w in works]
    names = list(dict.fromkeys(itertools.chain.from_iterable(labels)))
    groups = [[n] for n in names] if len(names) <= OVERLAY_PASSES else [names]
    ground: dict[frozenset[str], BaseGeometry] = {frozenset(): task}
    for group in groups:
        own = [_certain(w, np.isin(w.steps.in_pass,
                                   [k for k, n in enumerate(own_labels) if n in group]))
               for w, own_labels in zip(works, labels, strict=True)]
        missed = joined(_whole(_uncovered(task, own, bias_m, threads)[0]))
        label = group[0] if len(group) == 1 else "all passes as one"
        parts: dict[frozenset[str], BaseGeometry] = {}
        for names_so_far, where in ground.items():
            parts[names_so_far] = shapely.intersection(where, missed)
            parts[names_so_far | {label}] = shapely.difference(where, missed)
        ground = parts
    return {names: where.area / task.area for names, where in ground.items() if where.area > 0}


def detection(shares: Mapping[frozenset[str], float], chance: Mapping[str, float],
              otherwise: float) -> float:
    """q = sum over sets S of f_S (1 - product over j in S of (1 - p_j)), rule S06.

    `chance` names the detection probability of a pass; `otherwise` is that of all others. A set
    of passes counted as one takes the least of all. Independence of passes is the caller's choice.
    """
    least = min([*chance.values(), otherwise])
    return float(sum(
        share * (1 - math.prod(1 - (least if name == "all passes as one" else
                                    chance.get(name, otherwise)) for name in names))
        for names, share in shares.items()))
