"""Swaths from lines of fixes: narrowed and shortened for certain, widened for at best (S05).

Where the tool really was differs from the fix by at most r = z * sigma with the confidence asked
for. What the shifted swath covers wherever it lies within r is the swath narrowed by r on both
sides and shortened by r at both ends. The heading error moves a tool on a lever arm sideways by
(error * arm), which is taken off as well.

Where the log says the heading, the bar of the tool is taken as it lies: at an angle a to the square
of its own way (crabbing on a slope, swinging round a pivot) it covers cos(a) of its width, slanted
at the ends; beyond `turn_rad` nothing is certain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numba import njit

from landrelease.operate.sweep import LONGEST_M, Runs, end_of_run, longer

# The errors of nearer fixes alone make bends of 45 degrees: one in 28 at 6, every second at 2.
APART = 6.0


@dataclass(frozen=True, slots=True)
class Tool:
    """What was dragged over the ground and how well its place is known. Metres, radians."""

    width_m: float
    position_error_m: float  # one standard deviation across the track
    confidence: float  # that the tool was within the margin, both sides together
    heading_error_rad: float = 0.0
    lever_m: float = 0.0  # from antenna to tool
    turn_rad: float = math.pi / 4  # a sharper bend ends the swath

    @property
    def margin_m(self) -> float:
        """z * sigma + heading error * lever arm; z two-sided, 1.96 for 95 %."""
        z = NormalDist().inv_cdf((1 + self.confidence) / 2)
        return z * self.position_error_m + self.heading_error_rad * self.lever_m

    @property
    def certain_half_m(self) -> float:
        """Half of what a pass covers for certain; nothing or less: coverage cannot be proven."""
        return self.width_m / 2 - self.margin_m


def certain(x: np.ndarray, y: np.ndarray, first: np.ndarray, tool: Tool,
            heading: np.ndarray | None = None) -> Runs:
    """Runs whose swaths are covered for certain, from lines of fixes (V,) with R + 1 starts.

    heading : (V,) degrees from north, nan where it is not known: there the bar is taken to lie
    square to its way.

    Fixes nearer to the last kept one than `APART` position errors say little about the way; they
    are left out, and what they stray from the line is taken off the half width. Bends sharper
    than `turn_rad` end a run: how the tool came round is not known.
    """
    half = tool.certain_half_m
    if half <= 0 or not len(x):
        return nothing()
    known = np.full(len(x), np.nan) if heading is None else heading
    return Runs(*_certain(x, y, first, half, APART * tool.position_error_m,
                          math.cos(tool.turn_rad), tool.margin_m, known, tool.width_m / 2,
                          tool.heading_error_rad, tool.turn_rad))


def at_best(x: np.ndarray, y: np.ndarray, first: np.ndarray, tool: Tool, *,
            wider_m: float = 0.0) -> Runs:
    """Runs whose swaths are the most that may be covered: wider and longer by the margin, and by
    `wider_m` where the lines are not those of the tool."""
    if not len(x):
        return nothing()
    extra = tool.margin_m + wider_m
    return Runs(*_best(x, y, first, tool.width_m / 2 + extra, extra))


def nothing() -> Runs:
    return Runs(np.empty(0), np.empty(0), np.empty(0), np.zeros(1, np.int64))


@njit(cache=True, nogil=True)
def _certain(x, y, first, half, apart, least_cosine, trim, heading, bar, heading_error, most):
    total = len(x)
    kept = np.empty(total, np.int64)
    stray, askew = np.zeros(total), np.zeros(total)
    ends = np.empty(total + 1, np.int64)  # where runs begin among the kept
    many = runs = 0
    for line in range(len(first) - 1):
        low, high = first[line], first[line + 1]
        begin = many
        kept[many] = low
        many += 1
        for k in range(low + 1, high):
            j = kept[many - 1]
            if math.hypot(x[k] - x[j], y[k] - y[j]) > apart:
                kept[many] = k
                many += 1
        if many - begin > 1 and kept[many - 1] != high - 1:  # to the last fix, not beyond
            j, k = kept[many - 2], high - 1
            if math.hypot(x[k] - x[j], y[k] - y[j]) > apart:
                kept[many - 1] = k
        if many - begin < 2:
            many = begin
            continue
        for n in range(begin, many - 1):  # what the fixes left out stray from the line
            a, b = kept[n], kept[n + 1]
            dx, dy = x[b] - x[a], y[b] - y[a]
            norm = dx * dx + dy * dy
            for k in range(a + 1, b):
                t = min(1.0, max(0.0, ((x[k] - x[a]) * dx + (y[k] - y[a]) * dy) / norm))
                stray[n] = max(stray[n], math.hypot(x[k] - x[a] - t * dx, y[k] - y[a] - t * dy))
            course = math.degrees(math.atan2(dx, dy))
            for k in range(a, b + 1):  # the largest angle between the tool's own way and its bar
                if not math.isnan(heading[k]):
                    apart_deg = abs((heading[k] - course + 90.0) % 180.0 - 90.0)
                    askew[n] = max(askew[n], math.radians(apart_deg) + heading_error)
        ends[runs] = begin
        runs += 1
        for n in range(begin + 1, many - 1):
            a, b, c = kept[n - 1], kept[n], kept[n + 1]
            ux, uy, wx, wy = x[b] - x[a], y[b] - y[a], x[c] - x[b], y[c] - y[b]
            dot = ux * wx + uy * wy
            size = math.sqrt((ux * ux + uy * uy) * (wx * wx + wy * wy))
            if dot < least_cosine * size or (askew[n - 1] > most) != (askew[n] > most):
                ends[runs] = n
                runs += 1
    ends[runs] = many
    # Each run from its first kept fix to the first of the next one (a bend is shared).
    out_x, out_y, out_half = np.empty(4096), np.empty(4096), np.empty(4096)
    out_first = np.empty(runs + 1, np.int64)
    made = made_runs = 0
    for run in range(runs):
        a, z = ends[run], ends[run + 1]
        shared = run + 1 < runs and z < many and kept[z] <= end_of_run(first, kept[z - 1])
        stop = z if shared else z - 1
        length = 0.0
        for n in range(a, stop):
            length += math.hypot(x[kept[n + 1]] - x[kept[n]], y[kept[n + 1]] - y[kept[n]])
        # A slanted bar does not reach the ends of its way on one side.
        slant_a = slant_z = behind = ahead = 0.0
        for n in range(a, stop):
            if behind > bar:
                break
            slant_a = max(slant_a, bar * math.sin(min(askew[n], math.pi / 2)))
            behind += math.hypot(x[kept[n + 1]] - x[kept[n]], y[kept[n + 1]] - y[kept[n]])
        for n in range(stop - 1, a - 1, -1):
            if ahead > bar:
                break
            slant_z = max(slant_z, bar * math.sin(min(askew[n], math.pi / 2)))
            ahead += math.hypot(x[kept[n + 1]] - x[kept[n]], y[kept[n + 1]] - y[kept[n]])
        if length <= 2 * trim + slant_a + slant_z:
            continue
        need = made + (stop - a + 2) + int(length / LONGEST_M) + 2
        if need > len(out_x):
            size = max(need, 2 * len(out_x))
            out_x, out_y = longer(out_x, size), longer(out_y, size)
            out_half = longer(out_half, size)
        out_first[made_runs] = made
        made_runs += 1
        from_m, to_m, at = trim + slant_a, length - trim - slant_z, 0.0
        placed = False
        for n in range(a, stop):
            i, j = kept[n], kept[n + 1]
            dx, dy = x[j] - x[i], y[j] - y[i]
            step = math.hypot(dx, dy)
            low, high = max(from_m, at), min(to_m, at + step)
            if high > low and step > 0:
                h = 0.0 if askew[n] > most else max(
                    0.0, half - stray[n] - bar * (1.0 - math.cos(askew[n])))
                if not placed:
                    t = (low - at) / step
                    out_x[made], out_y[made] = x[i] + t * dx, y[i] + t * dy
                    made += 1
                    placed = True
                parts = max(1, math.ceil((high - low) / LONGEST_M))
                for part in range(1, parts + 1):
                    t = (low - at + (high - low) * part / parts) / step
                    out_half[made - 1] = h
                    if t == 1.0:
                        out_x[made], out_y[made] = x[j], y[j]
                    else:
                        out_x[made], out_y[made] = x[i] + t * dx, y[i] + t * dy
                    made += 1
            at += step
        out_half[made - 1] = 0.0
    out_first[made_runs] = made
    return (out_x[:made].copy(), out_y[:made].copy(), out_half[:made].copy(),
            out_first[:made_runs + 1].copy())


@njit(cache=True, nogil=True)
def _best(x, y, first, half, extra):
    extent = 0
    for k in range(len(x) - 1):
        extent += int(math.hypot(x[k + 1] - x[k], y[k + 1] - y[k]) / LONGEST_M)
    out_x = np.empty(len(x) + extent + 8)
    out_y, out_half = np.empty(len(out_x)), np.empty(len(out_x))
    out_first = np.empty(len(first), np.int64)
    made = runs = 0
    for line in range(len(first) - 1):
        low, high = first[line], first[line + 1]
        begin = made
        for k in range(low, high):
            if made > begin and x[k] == out_x[made - 1] and y[k] == out_y[made - 1]:
                continue
            if made > begin:
                px, py = out_x[made - 1], out_y[made - 1]
                parts = max(1, math.ceil(math.hypot(x[k] - px, y[k] - py) / LONGEST_M))
                for part in range(1, parts):
                    out_x[made] = px + (x[k] - px) * part / parts
                    out_y[made] = py + (y[k] - py) * part / parts
                    made += 1
            out_x[made], out_y[made] = x[k], y[k]
            made += 1
        if made - begin < 2:
            made = begin
            continue
        out_first[runs] = begin
        runs += 1
        if extra > 0:
            dx, dy = out_x[begin] - out_x[begin + 1], out_y[begin] - out_y[begin + 1]
            size = math.hypot(dx, dy)
            out_x[begin] += dx / size * extra
            out_y[begin] += dy / size * extra
            dx, dy = out_x[made - 1] - out_x[made - 2], out_y[made - 1] - out_y[made - 2]
            size = math.hypot(dx, dy)
            out_x[made - 1] += dx / size * extra
            out_y[made - 1] += dy / size * extra
        for k in range(begin, made):
            out_half[k] = half
    out_first[runs] = made
    return (out_x[:made].copy(), out_y[:made].copy(), out_half[:made].copy(),
            out_first[:runs + 1].copy())
