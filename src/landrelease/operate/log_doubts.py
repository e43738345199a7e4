"""What a log as a whole says twice, or in another unit: settled before its steps are judged (S05,
S10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from landrelease.core.track import COLUMNS, ENGAGED_BLANK, Track, TrackFinding
from landrelease.errors import TRACK_AGAIN, TRACK_DEPTH_UNIT, TRACK_DOUBLED

_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))  # odd, as in hash functions
_LEAST = 10  # places that have to agree, in order, before a way counts as the same one
_SOME = 16  # of a long log every so many places are compared
_LONG = 20_000
_CLOCKS = 20  # of one log that are looked for
_AGREE_S = 0.6  # two clocks run evenly beside each other to this
_STEP_S = 5.0  # fixes no farther apart show a way whole
_NEAR = 32  # fixes within that time


def keys(*columns: np.ndarray) -> np.ndarray:
    """(N,) uint64: a number for the values of each row, the same for the same values."""
    key = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        key = (key ^ np.ascontiguousarray(column, dtype=np.float64).view(np.uint64)) * _MIX[0]
        key = (key ^ (key >> np.uint64(29))) * _MIX[1]
    return key


def left_out(track: Track, copies: np.ndarray) -> Track:
    """Without the fixes (N,) bool that are copies of others. A copy beside a fix of its own stays,
    so that no step is lost; where the clock goes back to it there is no step to lose. No step leads
    over what is left out to another place: nothing says that the tool went there straight."""
    inner = copies.copy()
    inner[1:] &= copies[:-1] | (np.diff(track.time_s) < 0)
    inner[:-1] &= copies[1:]
    if not inner.any():
        return track
    track = _parted(track, inner)
    rows = track.row[inner]
    cuts = np.flatnonzero(np.diff(np.flatnonzero(inner)) > 1) + 1
    told = tuple(TrackFinding(TRACK_DOUBLED.code, TRACK_DOUBLED.text(
        file=track.file, row=int(some[0]), count=len(some)), int(some[0]), int(some[-1]),
        len(some), True) for some in np.split(rows, cuts))
    columns = {name: value[~inner] for name in COLUMNS
               if (value := getattr(track, name)) is not None}
    return replace(track, findings=(*track.findings, *told), **columns)


def _parted(track: Track, gone: np.ndarray) -> Track:
    """A track whose steps over the fixes (N,) bool that go lead nowhere, but where they begin."""
    kept = np.flatnonzero(~gone)
    after = kept[1:][np.diff(kept) > 1]
    before = kept[:-1][np.diff(kept) > 1]
    moved = (track.x[after] != track.x[before]) | (track.y[after] != track.y[before])
    if not moved.any():
        return track
    broken = np.zeros(len(track), dtype=bool) if track.broken is None else track.broken.copy()
    broken[after[moved]] = True
    return replace(track, broken=broken)


def once(track: Track) -> Track:
    """A track in which a fix that stood before, same time and place, is left out, whatever pass it
    names; of such two the worse counts: the tool off or left blank, the lesser depth or none, the
    worse kind of fix (S05). Fixes that stand twice side by side are settled step by step."""
    n = len(track)
    if n < 2 or not (np.diff(track.time_s) < 0).any():  # a copy goes back in time
        return track
    key = keys(track.time_s, track.x, track.y)
    order = np.argsort(key, kind="stable")
    same = np.concatenate([[False], key[order][1:] == key[order][:-1]])
    head = np.maximum.accumulate(np.where(~same, np.arange(n), 0))
    first = np.empty(n, dtype=np.int64)
    first[order] = order[head]
    copies = first < np.arange(n)
    beside = copies & (np.concatenate([[-1], first[:-1]]) == first)
    copies &= ~beside
    if not copies.any():
        return track
    at = np.flatnonzero(copies)
    return left_out(_worse(track, first[copies], track, at), copies)


def _worse(track: Track, to: np.ndarray, other: Track, at: np.ndarray) -> Track:
    """A track whose fixes `to` say the worse of what they and the fixes `at` of another say. What
    the other log has no word of at all says nothing."""
    def rank(engaged: np.ndarray) -> np.ndarray:
        return np.select([engaged == 0, engaged == ENGAGED_BLANK], [0, 1], 2)

    least = rank(track.engaged)
    was = least.copy()
    np.minimum.at(least, to, rank(other.engaged)[at])
    engaged = track.engaged.copy()
    engaged[(least == 0) & (was > 0)] = 0
    engaged[(least == 1) & (was > 1)] = ENGAGED_BLANK
    depth, heading = track.depth_m.copy(), track.heading_deg.copy()
    more: dict[str, Any] = {}
    with np.errstate(invalid="ignore"):  # nan where either does not say
        if np.isfinite(other.depth_m).any():
            np.minimum.at(depth, to, other.depth_m[at])
        if np.isfinite(other.heading_deg).any():
            np.minimum.at(heading, to, np.where(
                other.heading_deg[at] == track.heading_deg[to], other.heading_deg[at], np.nan))
    if track.fix is not None and other.fix is not None:
        kind = np.where(track.fix == 0, np.int8(127), track.fix)
        np.minimum.at(kind, to, np.where(other.fix == 0, np.int8(127), other.fix)[at])
        more["fix"] = np.where(kind == 127, np.int8(0), kind).astype(track.fix.dtype)
    for name in ("accuracy_m", "speed_m_s", "hdop"):
        value, said = getattr(track, name), getattr(other, name)
        if value is not None and said is not None:
            worse = value.copy()
            with np.errstate(invalid="ignore"):
                np.maximum.at(worse, to, said[at])
            more[name] = worse
    return replace(track, engaged=engaged, depth_m=depth, heading_deg=heading, **more)


def with_depths(track: Track, deepest_m: float) -> Track:
    """A track without its depths where one of them is deeper than tools work: they are in another
    unit, and then the shallowest of them would count as the deepest."""
    deep = np.flatnonzero(track.depth_m > deepest_m)
    if not len(deep):
        return track
    first, last = int(track.row[deep[0]]), int(track.row[deep[-1]])
    told = TrackFinding(TRACK_DEPTH_UNIT.code, TRACK_DEPTH_UNIT.text(
        file=track.file, row=first, found=f"{track.depth_m[deep[0]]:g}", deepest=deepest_m,
        count=len(deep)), first, last, len(deep), False)
    return replace(track, depth_m=np.full(len(track), np.nan),
                   findings=(*track.findings, told))


# --- one way in two logs, or with two clocks -----------------------------------------------------


def each_once(logs: Sequence[Track]) -> list[Track]:
    """Logs of the same kind of work in which each way stands once (S10): fixes that an earlier log
    holds as well, at the same time or on another clock, are left out, and the worse of what both
    say counts (S05)."""
    out: list[Track] = []
    for track in logs:
        for n in range(len(out)):
            out[n], track = _without_fixes_of(out[n], track)
            out[n], track = _without_way_of(out[n], track)
        out.append(track)
    return out


def same_way(one: Track, other: Track) -> bool:
    """Whether two logs share half of the fixes of the shorter one, on whichever clock: they cannot
    be of a machine and of a hand both (S07)."""
    left = _without_way_of(*_without_fixes_of(one, other))[1]
    same = len(other) - len(left)
    return same >= _LEAST and 2 * same >= min(len(one), len(other))


def on_one_clock(track: Track) -> Track:
    """A log without the parts that hold the places of an earlier part of it in the same order,
    always so many seconds later: nobody drives a way again to the last digit, so that it is one
    way with two clocks (S10)."""
    return _without_way_of(track, track)[1]


def _without_fixes_of(earlier: Track, track: Track) -> tuple[Track, Track]:
    if not len(earlier) or not len(track):
        return earlier, track
    known, key = (keys(t.time_s, t.x, t.y) for t in (earlier, track))
    order = np.argsort(known, kind="stable")
    at = np.minimum(np.searchsorted(known[order], key), len(known) - 1)
    copies = known[order][at] == key
    if not copies.any():
        return earlier, track
    copies, first = _between(track, copies, np.where(copies, order[at], -1))
    return (_worse(earlier, first[copies], track, np.flatnonzero(copies)),
            left_out(track, copies))


def _without_way_of(earlier: Track, track: Track) -> tuple[Track, Track]:
    """Both, the second without the ways of the first on another clock. Where they are the same log
    the first of its parts stays."""
    own = earlier is track
    for _ in range(_CLOCKS):
        for shift in _shifts(earlier, track):
            copies, first = _copies(earlier, track, shift)
            if own:
                copies &= first < np.arange(len(track))
                while len(again := np.flatnonzero(copies & copies[first])):  # the first of three
                    first[again] = first[first[again]]
            if np.count_nonzero(copies) >= _LEAST:
                break
        else:
            break
        copies, first = _between(track, copies, first)
        at = np.flatnonzero(copies)
        a, b = int(earlier.row[first[at[0]]]), int(track.row[at[0]])
        told = TrackFinding(TRACK_AGAIN.code, TRACK_AGAIN.text(
            file=track.file, row=b, count=len(at), other=earlier.file, first=a,
            seconds=round(shift, 2)), b, int(track.row[at[-1]]), len(at), True)
        earlier = _worse(earlier, first[at], track, at)
        left = left_out(earlier if own else track, copies)
        if len(left) == len(track):  # each of them stands beside fixes of its own
            break
        track = replace(left, findings=(*track.findings, told))
        if own:
            earlier = track
    return earlier, track


def _between(track: Track, copies: np.ndarray, first: np.ndarray
             ) -> tuple[np.ndarray, np.ndarray]:
    """Copies (N,) bool, and of which fix each is one, with the fixes between two of them that
    stand side by side in the earlier log: one way, written down more often."""
    at = np.flatnonzero(copies)
    if len(at) < 2:
        return copies, first
    lapse = np.diff(track.time_s[at])
    whole = np.isin(np.diff(first[at]), (0, 1)) & (lapse >= 0) & (lapse <= _STEP_S)
    n = np.arange(len(track))
    p = np.searchsorted(at, n, side="right") - 1
    fill = ~copies & (p >= 0) & (p < len(at) - 1)
    fill[fill] = whole[p[fill]]
    first = first.copy()
    first[fill] = first[at[p[fill] + 1]]
    return copies | fill, first


def _shifts(earlier: Track, track: Track) -> list[float]:
    """Seconds by which places of a log come later than in an earlier one, the most frequent first;
    clocks agree to a second."""
    own = earlier is track
    some = 1 if len(earlier) + (0 if own else len(track)) < _LONG else _SOME
    places, times, second = [], [], []
    for k, log in enumerate((earlier,) if own else (earlier, track)):
        key = keys(log.x, log.y)
        moved = np.concatenate([[True], key[1:] != key[:-1]])  # a machine that stands goes nowhere
        take = (moved & (key % np.uint64(some) == 0))[:len(key)]
        places.append(key[take])
        times.append(log.time_s[take])
        second.append(np.full(int(take.sum()), own or k == 1))
    key, time_s, late = map(np.concatenate, (places, times, second))
    order = np.lexsort((np.arange(len(key)), key))
    same = np.flatnonzero(key[order][1:] == key[order][:-1]) + 1
    was, now = order[same - 1], order[same]
    mine = late[now] & (np.full(len(now), own) | ~late[was])
    was, now = was[mine], now[mine]
    later = time_s[now] - time_s[was]
    # A log that holds itself a moment later stands, and says the same place again.
    wanted = np.abs(later) > (2 * _AGREE_S if own else 1e-3)
    was, now, later = was[wanted], now[wanted], later[wanted]
    found: list[float] = []
    whole, many = np.unique(np.round(later), return_counts=True)
    for n in np.argsort(-many, kind="stable")[:_CLOCKS].tolist():
        if 2 * many[n] < _LEAST:
            break
        if any(abs(whole[n] - s) <= 1 + _AGREE_S for s in found):
            continue
        shift = float(np.median(later[np.abs(later - whole[n]) <= _AGREE_S]))
        pair = np.flatnonzero(np.abs(later - shift) <= _AGREE_S)
        pair = pair[np.argsort(time_s[now[pair]], kind="stable")]  # rows may be sorted otherwise
        a = was[pair]
        # In the same order, and not a receiver that stands and writes the same few places.
        if len(np.unique(key[a])) >= _LEAST and (
                np.count_nonzero(np.diff(time_s[a]) > 0) >= 0.9 * (len(a) - 1)):
            found.append(shift)
    return found


def _copies(earlier: Track, track: Track, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """(N,) bool: fixes of a log whose place stands in the earlier one so many seconds before; and
    (N,) which of its fixes that is, -1 for none."""
    order = np.argsort(earlier.time_s, kind="stable")
    when = earlier.time_s[order]
    wanted = track.time_s - shift
    low = np.searchsorted(when, wanted - _AGREE_S)
    first = np.full(len(track), -1, dtype=np.int64)
    for k in range(_NEAR):
        at = np.minimum(low + k, len(when) - 1)
        j = order[at]
        same = (first < 0) & (np.abs(when[at] - wanted) <= _AGREE_S) & (
            earlier.x[j] == track.x) & (earlier.y[j] == track.y)
        first[same] = j[same]
    return first >= 0, first
