"""When the tool worked, said by hand: times in, the track with the state of its tool out."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from landrelease.core.track import ENGAGED_BLANK, Track

Times = Sequence[tuple[float, float]]  # from, until in s since 1970 (or of the file's own clock)


def with_tool_times(track: Track, on: Times, off: Times) -> Track:
    """The track with what a person says of its tool.

    With `on` the tool worked in these times only, with `off` not in these. A log that says itself
    that the tool was off is believed. The step over a time in which it was off, between two fixes
    at which it worked, does not count for certain: that the fix at its end is left blank says so.
    """
    if not on and not off:
        return track
    time, engaged = track.time_s, track.engaged.copy()
    worked = np.ones(len(time), dtype=bool)
    crossed = np.zeros(len(time), dtype=bool)
    before, after = np.minimum(time[:-1], time[1:]), np.maximum(time[:-1], time[1:])
    if on:
        merged = _merged(on)
        begins, ends = np.array(merged).T
        at = np.searchsorted(begins, time, side="right") - 1
        worked &= (at >= 0) & (time <= ends[at])
        crossed[1:] |= at[1:] != at[:-1]
    for begin, end in off:
        worked &= ~((time >= begin) & (time <= end))
        crossed[1:] |= (before < begin) & (after > end)
    crossed[1:] &= worked[1:] & worked[:-1]
    engaged[worked & (engaged != 0)] = 1
    engaged[crossed & (engaged == 1)] = ENGAGED_BLANK
    engaged[~worked] = 0
    return dataclasses.replace(track, engaged=engaged)


def _merged(times: Times) -> list[tuple[float, float]]:
    out: list[tuple[float, float]] = []
    for begin, end in sorted(times):
        if out and begin <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((begin, end))
    return out
