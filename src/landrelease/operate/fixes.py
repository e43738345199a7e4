"""Fixes that count and fixes that do not: a track in, its steps with a verdict each out (S05).

A step leads from one kept fix to the next. Fixes may come one at a time while the machine works
and give the same answer as the whole log afterwards. What one look backwards cannot tell is settled
over all fixes so far: the speed, over a second or more; a place that the track leaps to, by whether
the leap is taken back; a receiver that falls back to a worse kind of fix, by the best kind in the
log; a fix that stands twice, by the worse of what is said of it.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
from numba import njit

from landrelease.core.track import ENGAGED_BLANK, FIX_NAMES, Track, TrackFinding
from landrelease.errors import (
    TRACK_BACKWARDS,
    TRACK_BETWEEN,
    TRACK_CLOCK_BACK,
    TRACK_DOUBLED,
    TRACK_ENGAGED_BLANK,
    TRACK_EXCHANGED,
    TRACK_FAR,
    TRACK_GAP,
    TRACK_HEADING_UNKNOWN,
    TRACK_LEAP,
    TRACK_LONG,
    TRACK_SAME_TIME,
    TRACK_SHALLOW,
    TRACK_SIDEWAYS,
    TRACK_TOO_FAST,
    TRACK_WORSE,
    TRACK_ZERO,
    Message,
)

# Verdicts on the step that ends at a fix.
(COUNTS, START, OFF, NEW_PASS, GAP, FAST, LEAP, CLOCK, SAME_TIME, DOUBLED, ZERO, FAR, SHALLOW,
 SIDEWAYS, HEADING, BLANK, LONG, BETWEEN, WORSE, EXCHANGED, BACKWARDS, WAITING) = range(22)
MESSAGES: dict[int, Message] = {
    GAP: TRACK_GAP, FAST: TRACK_TOO_FAST, LEAP: TRACK_LEAP, CLOCK: TRACK_CLOCK_BACK,
    SAME_TIME: TRACK_SAME_TIME, DOUBLED: TRACK_DOUBLED, ZERO: TRACK_ZERO, FAR: TRACK_FAR,
    SHALLOW: TRACK_SHALLOW, SIDEWAYS: TRACK_SIDEWAYS, HEADING: TRACK_HEADING_UNKNOWN,
    BLANK: TRACK_ENGAGED_BLANK, LONG: TRACK_LONG, BETWEEN: TRACK_BETWEEN, WORSE: TRACK_WORSE,
    EXCHANGED: TRACK_EXCHANGED, BACKWARDS: TRACK_BACKWARDS,
}
WORSE_THAN_STATED, DILUTED = -1, -2  # in the place of a kind of fix: what a figure of the log says
SAYS_KIND, SAYS_ERROR = 1, 2  # bits of what a log states of a fix
_DROPPED = (LEAP, DOUBLED, ZERO, FAR)  # the fix itself is not used
# "Covered at best" takes these steps in: the tool may have worked there.
_AT_BEST = (COUNTS, GAP, LONG, FAST, CLOCK, SAME_TIME, SIDEWAYS, BLANK, BETWEEN, WORSE, WAITING)


@dataclass(frozen=True, slots=True)
class FixRules:
    """What a fix has to keep to. Metres, seconds, degrees."""

    gap_s: float  # longest time between two fixes
    leap_m_s: float  # faster than this no machine or person moves: the fix is wrong
    far_m: float  # farther outside the task than this a fix belongs to other work
    sideways_deg: float  # most between heading and way (or its opposite)
    speed_m_s: float = math.inf  # fastest that the tool still works at
    depth_m: float = 0.0  # least depth; 0: any
    forward_m: float = 0.0  # the tool's middle ahead of the antenna
    right_m: float = 0.0  # and to its right
    step_m: float = math.inf  # longest way between two fixes: what lies between them is not known
    slack_m: float = 0.0  # that the errors of both places may add to the way of a window
    step_slack_m: float = 0.0  # and to that of one step; no step faster than with it counts
    window_s: float = 1.0  # speed is judged over windows of at least this
    settle_s: float = 60.0  # a stretch next to a leap that is shorter than this is doubt
    agree_share: float = 0.9  # of the time, in which places that do not contradict have to lie
    least_fix: int = 0  # least kind of fix that counts (`core.track`); 0: the best of the log
    accuracy_m: float = math.inf  # fixes whose own figure for their error is more do not count
    exchanged: bool = False  # the axes of the whole track stand the wrong way round
    hdop: float = math.inf  # fixes with more dilution of precision, or none stated, do not count

    @property
    def logged_m_s(self) -> float:
        """Fastest speed of the log's own that counts: with the slack of one window."""
        return self.speed_m_s + self.slack_m / self.window_s


@dataclass(frozen=True, slots=True)
class Steps:
    """N fixes of the tool's middle in metres with the verdict on the step to each."""

    time_s: np.ndarray  # float64 (N,)
    x: np.ndarray  # float64 (N,)
    y: np.ndarray  # float64 (N,)
    in_pass: np.ndarray  # int32 (N,)
    depth_m: np.ndarray  # float64 (N,) lesser depth of both ends of the step; nan: not stated
    verdict: np.ndarray  # int8 (N,)
    before: np.ndarray  # int64 (N,) the fix that the step comes from; -1: none
    row: np.ndarray  # int64 (N,)
    antenna_x: np.ndarray  # float64 (N,) the fix itself; x where the tool has no offset
    antenna_y: np.ndarray  # float64 (N,)
    fix: np.ndarray  # int8 (N,) kind (`core.track`); or WORSE_THAN_STATED, DILUTED
    speed: np.ndarray  # float32 (N,) m/s as the log has it; 0: it does not say
    heading: np.ndarray  # float64 (N,) degrees from north; nan: it does not say
    engaged: np.ndarray  # int8 (N,) as `core.track` has it
    own_depth_m: np.ndarray  # float64 (N,) at the fix itself; nan: not stated
    says: np.ndarray  # int8 (N,) SAYS_KIND, SAYS_ERROR: what the log states of the fix


class Judge:
    """Judges fixes chunk by chunk; `steps()` holds all so far."""

    def __init__(self, rules: FixRules, bounds: tuple[float, float, float, float]):
        """`bounds`: west, south, east, north of the task in m."""
        self.rules = rules
        self._bounds = np.array(bounds, dtype=np.float64) + rules.far_m * np.array(
            [-1.0, -1.0, 1.0, 1.0])
        self._state = np.full(13, np.nan)
        self._state[7] = self._state[8] = self._state[12] = 0.0
        self._parts: list[Steps] = []
        self._count = 0

    def add(self, track: Track, x: np.ndarray, y: np.ndarray) -> Steps:
        """Judge N more fixes; `x`, `y` (N,) are the antenna in the task's metres."""
        r = self.rules
        zero = np.zeros(len(x), dtype=bool) if track.plane else (
            (np.asarray(track.x) == 0) & (np.asarray(track.y) == 0))
        x, y = np.ascontiguousarray(x), np.ascontiguousarray(y)
        broken = np.zeros(len(x), dtype=bool) if track.broken is None else track.broken
        out = _judge(
            self._state, self._count, track.time_s, x, y, track.in_pass, track.engaged,
            track.depth_m, track.heading_deg, zero, broken, self._bounds, r.gap_s, r.leap_m_s,
            r.speed_m_s, r.depth_m, r.sideways_deg, r.forward_m, r.right_m, r.step_m,
            r.step_slack_m)
        offset = r.forward_m != 0 or r.right_m != 0
        tool_x, tool_y = out[:2] if offset else (x, y)
        fix = np.zeros(len(x), np.int8) if track.fix is None else track.fix.astype(np.int8)
        says = (fix > 0).astype(np.int8) * SAYS_KIND
        if track.accuracy_m is not None:
            says |= np.isfinite(track.accuracy_m).astype(np.int8) * np.int8(SAYS_ERROR)
            fix[track.accuracy_m > r.accuracy_m] = WORSE_THAN_STATED
        if math.isfinite(r.hdop):
            fix[~(track.hdop <= r.hdop) if track.hdop is not None else slice(None)] = DILUTED
        speed = np.zeros(len(x), np.float32)
        if track.speed_m_s is not None:
            speed[:] = np.nan_to_num(track.speed_m_s)
        made = Steps(track.time_s, tool_x, tool_y, track.in_pass, out[2], out[3], out[4],
                     track.row, x, y, fix, speed, track.heading_deg, track.engaged, track.depth_m,
                     says)
        self._parts.append(made)
        self._count += len(x)
        return made

    def steps(self, *, ended: bool = True) -> Steps:
        """All steps so far, settled. Until the log has `ended`, a stretch that is too young to say
        whether it will stand waits and does not count."""
        if not self._parts:
            return _none()
        if len(self._parts) > 1:
            self._parts = [Steps(*(np.concatenate([getattr(p, name) for p in self._parts])
                                   for name in Steps.__slots__))]
        return _settled(self._parts[0], self.rules, ended)


def _none() -> Steps:
    f, i = np.empty(0), np.empty(0, np.int64)
    return Steps(f, f, f, np.empty(0, np.int32), f, np.empty(0, np.int8), i, i, f, f,
                 np.empty(0, np.int8), np.empty(0, np.float32), f, np.empty(0, np.int8), f,
                 np.empty(0, np.int8))


def judge(track: Track, x: np.ndarray, y: np.ndarray, rules: FixRules,
          bounds: tuple[float, float, float, float]) -> Steps:
    """All fixes of a track at once; the same as `Judge` fix by fix."""
    judged = Judge(rules, bounds)
    judged.add(track, x, y)
    return judged.steps()


def findings(steps: Steps, rules: FixRules, file: str) -> list[TrackFinding]:
    """Doubts in the order of the file; steps of one kind on end are one finding."""
    found: list[TrackFinding] = []
    verdict = steps.verdict
    told = np.isin(verdict, list(MESSAGES))
    at = np.flatnonzero(told)
    found += _clock_between_passes(steps, file)
    if not len(at):
        return found
    breaks = np.flatnonzero((np.diff(at) > 1) | (np.diff(verdict[at].astype(np.int64)) != 0)) + 1
    for group in np.split(at, breaks):
        kind = int(verdict[group[0]])
        first, last = int(group[0]), int(group[-1])
        from_fix = int(steps.before[first])
        seconds = float(steps.time_s[first] - steps.time_s[from_fix]) if from_fix >= 0 else math.nan
        metres = float(math.hypot(steps.x[first] - steps.x[from_fix],
                                  steps.y[first] - steps.y[from_fix])) if from_fix >= 0 else (
                                      math.nan)
        message = MESSAGES[kind]
        found.append(TrackFinding(
            message.code, message.text(
                file=file, row=int(steps.row[first]), count=len(group), seconds=round(seconds, 2),
                metres=round(metres, 2), gap=rules.gap_s, leap=rules.leap_m_s,
                speed=rules.speed_m_s, step=rules.step_m, depth=rules.depth_m, far=rules.far_m,
                sideways=rules.sideways_deg, settle=rules.settle_s,
                fix=_fix_words(steps, group) if kind == WORSE else "",
                found_m_s=round(max(metres / seconds, float(steps.speed[first])), 2)
                if seconds and seconds > 0 else "unknown",
                found_m=float(steps.depth_m[first])),
            int(steps.row[first]), int(steps.row[last]), len(group), kind == DOUBLED))
    return sorted(found, key=lambda f: f.first_row)


def _clock_between_passes(steps: Steps, file: str) -> list[TrackFinding]:
    """Where a pass begins before the one before it in the log had ended. No step leads there."""
    at = np.flatnonzero((steps.verdict == NEW_PASS) & (steps.before >= 0))
    passed = steps.time_s[at] - steps.time_s[steps.before[at]]
    return [TrackFinding(TRACK_CLOCK_BACK.code, TRACK_CLOCK_BACK.text(
        file=file, row=int(steps.row[k]), seconds=round(float(s), 2)), int(steps.row[k]),
        int(steps.row[k]), 1, True) for k, s in zip(at.tolist(), passed, strict=True) if s < 0]


def goes_on(steps: Steps, rules: FixRules) -> tuple[int, float, float, float] | None:
    """Whether a log ends while the tool may work and is on its way: the last fix, the way ahead as
    a vector of 1 m, and the speed in m/s; None: it stands, rests or was lost before.

    On its way: over the last `window_s` seconds it went farther than the errors of its places may
    add, and at half its usual speed or more. A machine that has done its work stands before the
    logger is turned off.
    """
    moves = _one_of(_AT_BEST)
    used = np.flatnonzero(~_one_of(_DROPPED)[steps.verdict])
    if not len(used) or not moves[steps.verdict[used[-1]]]:
        return None
    last = begin = int(used[-1])
    while moves[steps.verdict[begin]] and steps.time_s[last] - steps.time_s[begin] \
            < rules.window_s - 1e-3 and steps.before[begin] >= 0:
        begin = int(steps.before[begin])
    passed = float(steps.time_s[last] - steps.time_s[begin])
    east = float(steps.antenna_x[last] - steps.antenna_x[begin])
    north = float(steps.antenna_y[last] - steps.antenna_y[begin])
    way = math.hypot(east, north)
    if not passed > 0 or not way > rules.step_slack_m:
        return None
    good = np.flatnonzero(moves[steps.verdict])
    good = good[steps.before[good] >= 0]
    came = steps.before[good]
    took = steps.time_s[good] - steps.time_s[came]
    ways = np.hypot(steps.antenna_x[good] - steps.antenna_x[came],
                    steps.antenna_y[good] - steps.antenna_y[came])
    usual = float(np.median((ways / np.where(took > 0, took, np.nan))[took > 0]))
    return (last, east / way, north / way, way / passed) if way / passed >= usual / 2 else None


def _fix_words(steps: Steps, group: np.ndarray) -> str:
    """The worst kind of fix at either end of the steps of a finding."""
    ends = np.concatenate([group, steps.before[group]])
    worst = int(steps.fix[ends].min())
    if worst == DILUTED:
        return "of more dilution of precision than asked for, or of none that is logged"
    if worst < 0:
        return "worse than stated by its own figure"
    if _unsaid(steps)[ends].any():
        return "of a kind or an error that is left blank"
    return FIX_NAMES[worst]


def lines(steps: Steps, *, at_best: bool, keep: np.ndarray | None = None
          ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fixes in unbroken lines: x, y (V,) and the first vertex of each line (R + 1,).

    `keep` (N,) bool leaves out the steps that end where it is False.
    """
    good = _one_of(_AT_BEST if at_best else (COUNTS,))[steps.verdict]
    if keep is not None:
        good &= keep
    return _lines(steps.x, steps.y, steps.before, good)


def headings(steps: Steps, *, keep: np.ndarray | None = None) -> np.ndarray | None:
    """(V,) headings at the vertices of the lines that count for certain; None: the log has none."""
    if np.isnan(steps.heading).all():
        return None
    good = _one_of((COUNTS,))[steps.verdict]
    if keep is not None:
        good &= keep
    found: np.ndarray = _lines(steps.heading, steps.heading, steps.before, good)[0]
    return found


def antenna_lines(steps: Steps) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same at best of the antenna, with the steps of which nothing says where the tool was."""
    return _lines(steps.antenna_x, steps.antenna_y, steps.before,
                  _one_of((*_AT_BEST, HEADING, BACKWARDS))[steps.verdict])


def _one_of(verdicts: Sequence[int]) -> np.ndarray:
    table = np.zeros(WAITING + 1, dtype=bool)
    table[list(verdicts)] = True
    return table


# --- settled over all fixes so far ---------------------------------------------------------------

_SPEED = (COUNTS, FAST, SHALLOW, SIDEWAYS, HEADING)  # steps that nothing graver is said of


def _settled(steps: Steps, rules: FixRules, ended: bool) -> Steps:
    """Verdicts that need more than a look backwards; what was given before is not made better."""
    verdict, before = steps.verdict.copy(), steps.before
    steps = _doubles_settled(steps, rules, verdict)
    if math.isfinite(rules.speed_m_s):
        _mark_fast(steps.time_s, steps.antenna_x, steps.antenna_y, before, verdict,
                   _one_of(_SPEED), rules.window_s, rules.speed_m_s, rules.slack_m)
        quick = steps.speed > rules.logged_m_s
        if quick.any():
            verdict[(verdict == COUNTS) & (quick | quick[before])] = FAST
    if steps.fix.any() or steps.says.any():
        least = rules.least_fix or int(steps.fix.max())
        poor = (steps.fix < 0) | ((steps.fix > 0) & (steps.fix < least)) | _unsaid(steps)
        verdict[(verdict == COUNTS) & (poor | poor[before])] = WORSE
    if rules.forward_m or rules.right_m:
        verdict[_backwards(steps, verdict)] = BACKWARDS
    if rules.exchanged:
        verdict[verdict == COUNTS] = EXCHANGED
    if np.count_nonzero(verdict == START) > 1 or not ended:
        verdict, before = _leaps_settled(steps, rules, verdict, ended)
    return replace(steps, verdict=verdict, before=before)


def _backwards(steps: Steps, verdict: np.ndarray) -> np.ndarray:
    """(N,) bool: steps that count and run against the heading, where more than half of the way of
    a log does: machines reverse now and then, and a heading that is turned does all the time."""
    at = np.flatnonzero(verdict == COUNTS)
    came = steps.before[at]
    east = steps.antenna_x[at] - steps.antenna_x[came]
    north = steps.antenna_y[at] - steps.antenna_y[came]
    towards = np.radians(steps.heading[at])
    ahead = east * np.sin(towards) + north * np.cos(towards)
    out = np.zeros(len(verdict), dtype=bool)
    if np.nansum(ahead) < 0:
        out[at[ahead < 0]] = True
    return out


def _unsaid(steps: Steps) -> np.ndarray:
    """(N,) bool: fixes that leave blank what the log states of others, the kind of fix or the
    error: a receiver that has nothing to say of a fix is no better than at its worst."""
    return (steps.says & np.bitwise_or.reduce(steps.says)) != np.bitwise_or.reduce(steps.says)


def _doubles_settled(steps: Steps, rules: FixRules, verdict: np.ndarray) -> Steps:
    """The steps with the worse of what is said of fixes that stand twice; marks what does not
    count, and the fixes that say another thing than their double.

    Worse is: the tool off, or left blank; a lesser depth, or none; a worse kind of fix; a higher
    speed. Which of two headings is the worse one, nobody can tell: neither counts.
    """
    copies = np.flatnonzero(verdict == DOUBLED)
    if not len(copies):
        return steps
    before = steps.before
    kept = before[copies]
    fix, speed = np.where(steps.fix == 0, np.int8(127), steps.fix), steps.speed.copy()
    says = steps.says.copy()
    np.bitwise_or.at(says, kept, says[copies])
    np.minimum.at(fix, kept, fix[copies])
    np.maximum.at(speed, kept, speed[copies])
    fix[fix == 127] = 0

    def apart(values: np.ndarray) -> np.ndarray:
        one, other = values[copies], values[kept]
        return (one != other) & ~(np.isnan(one) & np.isnan(other))

    engaged, depths, turned = (apart(v) for v in (
        steps.engaged, steps.own_depth_m, steps.heading))

    def beside(differ: np.ndarray) -> np.ndarray:
        """Steps from or to a fix whose double is one of these."""
        at = np.zeros(len(verdict), dtype=bool)
        at[kept[differ]] = True
        return at | (at[before] & (before >= 0))

    for differ, told in ((engaged & (steps.engaged[copies] == 0), OFF),
                         (engaged & (steps.engaged[copies] == ENGAGED_BLANK), BLANK),
                         (turned, HEADING)):
        if differ.any():
            verdict[(verdict == COUNTS) & beside(differ)] = told
    depth_m = steps.depth_m
    if depths.any():
        own = steps.own_depth_m.copy()
        with np.errstate(invalid="ignore"):
            np.minimum.at(own, kept, own[copies])  # what is not stated stays so
        near = beside(depths)
        depth_m = depth_m.copy()
        depth_m[near] = np.minimum(depth_m[near], np.minimum(own[near], own[before[near]]))
        if rules.depth_m > 0:
            verdict[(verdict == COUNTS) & near & ~(depth_m >= rules.depth_m)] = SHALLOW
    verdict[copies[engaged | depths | turned]] = SAME_TIME
    return replace(steps, fix=fix, speed=speed, depth_m=depth_m, says=says)


@njit(cache=True, nogil=True)
def _mark_fast(time, x, y, before, verdict, judged, window, speed, slack):
    """Steps in any window of at least `window` seconds whose ends lie too far apart for the speed.

    Windows run over unbroken steps. A line of steps that is shorter than a window is one window,
    and its slack is cut in proportion: its speed is known no worse than that of a whole one.
    """
    n = len(time)
    line = np.empty(n + 1, np.int64)
    k = 0
    while k < n:
        if not judged[verdict[k]]:
            k += 1
            continue
        line[0], line[1] = before[k], k
        many = 2
        k += 1
        while k < n:  # fixes that are not used at all stand between two steps of a line
            if verdict[k] == DOUBLED:
                k += 1
                continue
            if not judged[verdict[k]] or before[k] != line[many - 1]:
                break
            line[many] = k
            many += 1
            k += 1
        start, marked = 0, 1
        long = time[line[many - 1]] - time[line[0]]
        if long < window - 1e-3:
            way = math.hypot(x[line[many - 1]] - x[line[0]], y[line[many - 1]] - y[line[0]])
            if way > speed * long + slack * long / window:
                for m in range(1, many):
                    verdict[line[m]] = FAST
            continue
        for end in range(1, many):
            while start + 1 < end and time[line[end]] - time[line[start + 1]] >= window - 1e-3:
                start += 1
            passed = time[line[end]] - time[line[start]]
            if passed < window - 1e-3:
                continue
            way = math.hypot(x[line[end]] - x[line[start]], y[line[end]] - y[line[start]])
            if way > speed * passed + slack:
                for m in range(max(marked, start + 1), end + 1):
                    verdict[line[m]] = FAST
                marked = end + 1


def _leaps_settled(steps: Steps, rules: FixRules, verdict: np.ndarray, ended: bool
                   ) -> tuple[np.ndarray, np.ndarray]:
    """Which of the stretches between leaps count, and what leads from one of these to the next.

    At one side of a leap the place is false, and the leap does not say at which. A stretch counts
    where it lasts `settle_s` and agrees with the others that count: the way from the one before it,
    and to the one after it, can be driven in the time. Of stretches that contradict each other the
    longest are taken; where what contradicts them is not taken back and is more than a tenth of the
    time, nothing counts.
    """
    verdict, before = verdict.copy(), steps.before.copy()
    used = np.flatnonzero(~_one_of(_DROPPED)[verdict])
    if not len(used):
        return verdict, before
    came = np.where(before[used] >= 0, before[used], used)
    passed = steps.time_s[used] - steps.time_s[came]
    clock = np.cumsum(np.maximum(passed, 0.0))
    worked = np.cumsum(np.clip(passed, 0.0, rules.gap_s))
    lever = 2 * math.hypot(rules.forward_m, rules.right_m)
    x, y = steps.antenna_x[used], steps.antenna_y[used]

    def way(a: Any, b: Any) -> Any:
        return np.hypot(x[b] - x[a], y[b] - y[a]) - lever

    # Passes that begin elsewhere, or on another clock, say nothing about each other.
    at = np.arange(len(used))
    from_at = np.searchsorted(used, came)
    apart = (verdict[used] == NEW_PASS) & (
        (passed <= 0) | (way(from_at, at) > rules.leap_m_s * passed + rules.step_slack_m))
    begins = np.flatnonzero((verdict[used] == START) | apart)
    begins = np.unique(np.concatenate([[0], begins]))
    ends = np.concatenate([begins[1:], [len(used)]]) - 1
    group = np.cumsum(apart)[begins]
    lasts = worked[ends] - worked[begins]

    def agree(a: int, b: int) -> bool:
        """From the end of stretch a the beginning of stretch b can be reached in time."""
        return bool(way(ends[a], begins[b]) <= rules.leap_m_s * (
            clock[begins[b]] - clock[ends[a]]) + rules.step_slack_m)

    counts = np.ones(len(begins), dtype=bool)
    for low, high in _runs_of(group):
        if high - low == 1:
            continue
        known: list[int] = []
        settled = [k for k in range(low, high) if lasts[k] >= rules.settle_s]
        for k in sorted(settled, key=lambda k: -lasts[k]):
            place = bisect_left(known, k)
            if (place == 0 or agree(known[place - 1], k)) and (
                    place == len(known) or agree(k, known[place])):
                known.insert(place, k)
        against = sum(float(lasts[k]) for k in settled
                      if known and not known[0] <= k <= known[-1])
        total = sum(float(lasts[k]) for k in known)
        if total < rules.agree_share * (total + against):
            known = []
        counts[low:high] = False
        counts[known] = True
        for a, b in pairwise(known):
            if b > a + 1:
                first = int(used[begins[b]])
                before[first], verdict[first] = used[ends[a]], GAP
    young = not ended and lasts[-1] < rules.settle_s
    for low, high in _loose_ends(begins, group, verdict[used], clock, worked, way, rules, young):
        own = used[low:high + 1]
        verdict[own[verdict[own] == COUNTS]] = BETWEEN
    out = ~counts
    out[-1] |= young
    for k in np.flatnonzero(out).tolist():
        own = used[begins[k]:ends[k] + 1]
        waits = young and k == len(begins) - 1
        verdict[own[verdict[own] == COUNTS]] = WAITING if waits else BETWEEN
    return verdict, before


# Over such a step a false place may become a true one, or the other way, and no leap tells.
_UNTOLD = (NEW_PASS, GAP, CLOCK, SAME_TIME)
_LOOK_FAR = 8  # stretches that are looked at for one that agrees


def _loose_ends(begins: np.ndarray, group: np.ndarray, verdict: np.ndarray, clock: np.ndarray,
                worked: np.ndarray, way: Callable[[Any, Any], Any], rules: FixRules, young: bool
                ) -> Iterator[tuple[int, int]]:
    """Ends of stretches, first and last fix, that may belong to a false place.

    A place that is false to the end of a pass leaps at its beginning only: at its end a step that
    is no leap leads to the true place. What lies between a leap and the nearest such step, and is
    shorter than `settle_s`, counts only where the way at the tool's speed leads to it from (or from
    it to) a stretch on the other side of the leap, farther than the next one. What a `young` last
    stretch says is waited for.
    """
    ends = np.concatenate([begins[1:], [len(verdict)]]) - 1
    untold = np.flatnonzero(_one_of(_UNTOLD)[verdict])
    speed = min(rules.speed_m_s, rules.leap_m_s)
    many = len(begins)

    def reached(a: int, b: int) -> bool:
        return bool(way(a, b) <= speed * (clock[b] - clock[a]) + rules.step_slack_m)

    for k in range(many):
        own = untold[np.searchsorted(untold, begins[k] + 1):np.searchsorted(untold, ends[k] + 1)]
        if not len(own):
            continue
        leapt = k > 0 and group[k - 1] == group[k]
        if leapt and worked[own[0] - 1] - worked[begins[k]] < rules.settle_s and not any(
                group[m] == group[k] and reached(ends[m], begins[k])
                for m in range(k - 2, max(-1, k - 2 - _LOOK_FAR), -1)):
            yield int(begins[k]), int(own[0]) - 1
        leaps = k + 1 < many and group[k + 1] == group[k] and not (young and k + 2 == many)
        if leaps and worked[ends[k]] - worked[own[-1]] < rules.settle_s and not any(
                group[m] == group[k] and reached(ends[k], begins[m])
                for m in range(k + 2, min(many, k + 2 + _LOOK_FAR))):
            yield int(own[-1]), int(ends[k])


def _runs_of(group: np.ndarray) -> Iterator[tuple[int, int]]:
    cuts = np.flatnonzero(np.diff(group)) + 1
    return pairwise([0, *cuts.tolist(), len(group)])


@njit(cache=True, nogil=True)
def _lines(x, y, before, good):
    count = 0
    last = -2
    for k in range(len(x)):
        if good[k]:
            count += 1 if before[k] == last else 2
            last = k
    out_x, out_y = np.empty(count), np.empty(count)
    first = np.empty(count + 1, np.int64)
    made = runs = 0
    last = -2
    for k in range(len(x)):
        if not good[k]:
            continue
        if before[k] != last:
            first[runs] = made
            runs += 1
            out_x[made], out_y[made] = x[before[k]], y[before[k]]
            made += 1
        out_x[made], out_y[made] = x[k], y[k]
        made += 1
        last = k
    first[runs] = made
    return out_x, out_y, first[:runs + 1].copy()


@njit(cache=True, nogil=True)
def _judge(state, number, time, x, y, in_pass, engaged, depth, heading, zero, broken, bounds, gap,
           leap, speed, least_depth, sideways, forward, right, longest, slack):
    """State: 0 time, 1 x, 2 y (antenna of the last good fix), 3 pass, 4 engaged, 5 depth,
    6 its number, 7 broken by a bad fix or row, 8 doubtful place is held, 9 time, 10 x, 11 y of
    that, 12 the heading at the last good fix is known.
    """
    n = len(time)
    tool_x, tool_y, shallower = np.empty(n), np.empty(n), np.full(n, np.nan)
    verdict, before = np.empty(n, np.int8), np.full(n, -1, np.int64)
    lever = math.hypot(forward, right)
    for k in range(n):
        tool_x[k], tool_y[k] = x[k], y[k]
        if broken[k]:
            state[7] = 1.0
        if zero[k]:
            verdict[k] = ZERO
            state[7] = 1.0
            continue
        if not (bounds[0] <= x[k] <= bounds[2] and bounds[1] <= y[k] <= bounds[3]):
            verdict[k] = FAR
            state[7] = 1.0
            continue
        if math.isnan(state[0]):
            verdict[k] = START
        else:
            passed = time[k] - state[0]
            way = math.hypot(x[k] - state[1], y[k] - state[2])
            before[k] = int(state[6])
            # Of a step with an end whose depth is not stated none is known; `min` forgets a nan.
            lesser = math.nan if math.isnan(state[5]) else min(depth[k], state[5])
            if passed == 0.0 and way == 0.0 and in_pass[k] == state[3]:
                verdict[k] = DOUBLED
                continue
            if in_pass[k] != state[3]:
                verdict[k] = NEW_PASS
            elif passed >= 0.0 and way > leap * (passed if passed > 0.0 else 1.0) + slack:
                held = state[8] == 1.0 and (
                    math.hypot(x[k] - state[10], y[k] - state[11])
                    <= leap * max(time[k] - state[9], 0.0) + slack)
                if not held:
                    verdict[k] = LEAP
                    state[8], state[9], state[10], state[11] = 1.0, time[k], x[k], y[k]
                    state[7] = 1.0
                    continue
                verdict[k] = START  # the doubtful place is confirmed: a new start from here
            elif passed < 0.0:
                verdict[k] = CLOCK
            elif passed == 0.0:
                verdict[k] = SAME_TIME
            elif engaged[k] == 0 or state[4] == 0.0:
                verdict[k] = OFF
            elif engaged[k] == ENGAGED_BLANK or state[4] == ENGAGED_BLANK:
                verdict[k] = BLANK
            elif passed > gap or state[7] == 1.0:
                verdict[k] = GAP
            elif way > longest:
                verdict[k] = LONG
            elif way > speed * passed + slack:
                verdict[k] = FAST
            else:
                verdict[k] = COUNTS
                if least_depth > 0.0 and not lesser >= least_depth:
                    verdict[k] = SHALLOW
                elif not math.isnan(heading[k]) and way > 0.0:
                    course = math.degrees(math.atan2(x[k] - state[1], y[k] - state[2]))
                    apart = abs((heading[k] - course + 90.0) % 180.0 - 90.0)
                    if apart > sideways:
                        verdict[k] = SIDEWAYS
            shallower[k] = lesser
        if lever > 0.0:
            # The way is no heading: a machine that reverses has its tool on the other side.
            towards = heading[k]
            if math.isnan(towards):
                known = 0.0
            else:
                known = 1.0
                s, c = math.sin(math.radians(towards)), math.cos(math.radians(towards))
                tool_x[k] = x[k] + forward * s + right * c
                tool_y[k] = y[k] + forward * c - right * s
            if verdict[k] == COUNTS and (known == 0.0 or state[12] == 0.0):
                verdict[k] = HEADING
            state[12] = known
        state[0], state[1], state[2], state[3] = time[k], x[k], y[k], in_pass[k]
        state[4], state[5], state[6] = engaged[k], depth[k], number + k
        state[7] = state[8] = 0.0
    return tool_x, tool_y, shallower, verdict, before


def gap_limit_s(time_s: Sequence[float] | np.ndarray, at_least_s: float, intervals: float,
                at_most_s: float) -> float:
    """Longest time between fixes that still counts: some usual intervals, within limits, in s."""
    steps = np.diff(np.asarray(time_s, dtype=np.float64))
    steps = steps[steps > 0]
    usual = float(np.median(steps)) if len(steps) else 0.0
    return float(min(max(at_least_s, intervals * usual), at_most_s))
