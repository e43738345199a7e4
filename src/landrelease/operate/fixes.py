"""Fixes that count and fixes that do not: a track in, its steps with a verdict each out (S05).

A step leads from one kept fix to the next. Verdicts look only backwards, so fixes may come one at
a time while the machine works and give the same answer as the whole log afterwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from landrelease.core.track import ENGAGED_BLANK, Track, TrackFinding
from landrelease.errors import (
    TRACK_CLOCK_BACK,
    TRACK_DOUBLED,
    TRACK_ENGAGED_BLANK,
    TRACK_FAR,
    TRACK_GAP,
    TRACK_HEADING_UNKNOWN,
    TRACK_LEAP,
    TRACK_LONG,
    TRACK_SAME_TIME,
    TRACK_SHALLOW,
    TRACK_SIDEWAYS,
    TRACK_TOO_FAST,
    TRACK_ZERO,
    Message,
)

# Verdicts on the step that ends at a fix.
(COUNTS, START, OFF, NEW_PASS, GAP, FAST, LEAP, CLOCK, SAME_TIME, DOUBLED, ZERO, FAR, SHALLOW,
 SIDEWAYS, HEADING, BLANK, LONG) = range(17)
MESSAGES: dict[int, Message] = {
    GAP: TRACK_GAP, FAST: TRACK_TOO_FAST, LEAP: TRACK_LEAP, CLOCK: TRACK_CLOCK_BACK,
    SAME_TIME: TRACK_SAME_TIME, DOUBLED: TRACK_DOUBLED, ZERO: TRACK_ZERO, FAR: TRACK_FAR,
    SHALLOW: TRACK_SHALLOW, SIDEWAYS: TRACK_SIDEWAYS, HEADING: TRACK_HEADING_UNKNOWN,
    BLANK: TRACK_ENGAGED_BLANK, LONG: TRACK_LONG,
}
_DROPPED = (LEAP, DOUBLED, ZERO, FAR)  # the fix itself is not used
# "Covered at best" takes these steps in: the tool may have worked there.
_AT_BEST = (COUNTS, GAP, LONG, FAST, CLOCK, SAME_TIME, SIDEWAYS, BLANK)


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
    slack_m: float = 0.0  # by which the errors of both places lengthen a way, for the speed


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
        out = _judge(
            self._state, self._count, track.time_s, np.ascontiguousarray(x),
            np.ascontiguousarray(y), track.in_pass, track.engaged, track.depth_m,
            track.heading_deg, zero, self._bounds, r.gap_s, r.leap_m_s, r.speed_m_s, r.depth_m,
            r.sideways_deg, r.forward_m, r.right_m, r.step_m, r.slack_m)
        made = Steps(track.time_s, out[0], out[1], track.in_pass, out[2], out[3], out[4],
                     track.row)
        self._parts.append(made)
        self._count += len(x)
        return made

    def steps(self) -> Steps:
        if len(self._parts) == 1:
            return self._parts[0]
        return Steps(*(np.concatenate([getattr(p, name) for p in self._parts])
                       for name in Steps.__slots__)) if self._parts else _none()


def _none() -> Steps:
    f, i = np.empty(0), np.empty(0, np.int64)
    return Steps(f, f, f, np.empty(0, np.int32), f, np.empty(0, np.int8), i, i)


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
                sideways=rules.sideways_deg,
                found_m_s=round(metres / seconds, 2) if seconds and seconds > 0 else "unknown",
                found_m=float(steps.depth_m[first])),
            int(steps.row[first]), int(steps.row[last]), len(group), kind == DOUBLED))
    return found


def lines(steps: Steps, *, at_best: bool, keep: np.ndarray | None = None
          ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fixes in unbroken lines: x, y (V,) and the first vertex of each line (R + 1,).

    `keep` (N,) bool leaves out the steps that end where it is False.
    """
    good = np.isin(steps.verdict, _AT_BEST if at_best else (COUNTS,))
    if keep is not None:
        good &= keep
    return _lines(steps.x, steps.y, steps.before, good)


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
def _judge(state, number, time, x, y, in_pass, engaged, depth, heading, zero, bounds, gap, leap,
           speed, least_depth, sideways, forward, right, longest, slack):
    """State: 0 time, 1 x, 2 y (antenna of the last good fix), 3 pass, 4 engaged, 5 depth,
    6 its number, 7 broken by a bad fix, 8 doubtful place is held, 9 time, 10 x, 11 y of that,
    12 the heading at the last good fix is known.
    """
    n = len(time)
    tool_x, tool_y, shallower = np.empty(n), np.empty(n), np.full(n, np.nan)
    verdict, before = np.empty(n, np.int8), np.full(n, -1, np.int64)
    lever = math.hypot(forward, right)
    for k in range(n):
        tool_x[k], tool_y[k] = x[k], y[k]
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
            if passed == 0.0 and way == 0.0 and in_pass[k] == state[3]:
                verdict[k] = DOUBLED
                continue
            if in_pass[k] != state[3]:
                verdict[k] = NEW_PASS
            elif way > leap * max(passed, 0.0) and passed > 0.0:
                held = state[8] == 1.0 and (
                    math.hypot(x[k] - state[10], y[k] - state[11])
                    <= leap * max(time[k] - state[9], 0.0))
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
                if least_depth > 0.0 and not min(depth[k], state[5]) >= least_depth:
                    verdict[k] = SHALLOW
                elif not math.isnan(heading[k]) and way > 0.0:
                    course = math.degrees(math.atan2(x[k] - state[1], y[k] - state[2]))
                    apart = abs((heading[k] - course + 90.0) % 180.0 - 90.0)
                    if apart > sideways:
                        verdict[k] = SIDEWAYS
            shallower[k] = min(depth[k], state[5])
        if lever > 0.0:
            towards = heading[k]
            if math.isnan(towards) and not math.isnan(state[0]) and (
                    x[k] != state[1] or y[k] != state[2]):
                towards = math.degrees(math.atan2(x[k] - state[1], y[k] - state[2]))
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
