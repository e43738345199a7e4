"""Tracks on record that are one log: what rests on it counts once (S07, S10).

The same drive may stand on record as several tracks: under another name, for other work, as a
machine's and as a hand's, thinned, in another order, with another place of the tool at the antenna
or on another clock. Nobody drives or walks a way again to the last digit in the same time. So a
track keeps a sketch of its fixes: of some of its places, always the same ones, when the antenna was
there.

Source: A. Broder, On the resemblance and containment of documents, SEQUENCES 1997 (the places with
the least hashes are a sample of those of the whole log, and of every part of it).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from landrelease.core.geometry import LocalPlane, joined, plane_for
from landrelease.core.moment import listed, moment_of, number_of
from landrelease.core.record import Record

SKETCH = 512  # places of a log that are kept
LEAST = 10  # places that have to agree
LEAST_CORNERS = 6  # of a line that tells one drive from another
AGREE_S = 0.6  # two clocks run evenly beside each other to this
PLACE = 1e8  # places are told apart to 1e-8 of a degree, 1 mm
LINE_M = 0.1  # to which the line of a track on record is kept
APART_M = 10.0  # farther from its antenna no tool is
MANY = 40  # tracks with one place in common of which all pairs are looked at
ROUNDING_M2 = 1e-4  # two outlines of the same ground differ by so much
ONE_PASS = ("it rests on the same log as {other}, on the same ground: there they are one pass "
            "(S10)")
_ENTRY = np.dtype([("place", "<u8"), ("ds", "<u4")])
_MIX = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
# What a log counts as where it stands for several kinds of work: the one that clears least.
WORST_FIRST = ("machine", "animal", "manual")


def sketch_of(time_s: np.ndarray, longitude: np.ndarray, latitude: np.ndarray) -> str:
    """Of fixes (N,) of the antenna in s and degrees: some of its places with the first time there,
    as text; "" where they are too few to tell one log from another."""
    key = _places(longitude, latitude)
    order = np.lexsort((time_s, key))
    key, time_s = key[order], time_s[order]
    first = np.concatenate([[True], key[1:] != key[:-1]])[:len(key)]
    key, time_s = key[first][:SKETCH], time_s[first][:SKETCH]  # sorted: the least hashes
    if len(key) < LEAST:
        return ""
    begin = float(np.floor(time_s.min()))
    entries = np.empty(len(key), _ENTRY)
    entries["place"] = key
    entries["ds"] = np.clip(np.rint(10 * (time_s - begin)), 0, 2**32 - 1)
    return f"{begin:.0f}:" + base64.urlsafe_b64encode(entries.tobytes()).decode("ascii")


def _places(longitude: np.ndarray, latitude: np.ndarray) -> np.ndarray:
    """(N,) uint64: a number for each place, the same for the same one."""
    key = np.zeros(len(longitude), np.uint64)
    for column in (longitude, latitude):
        key = (key ^ np.rint(PLACE * np.asarray(column)).astype(np.int64).view(np.uint64)) * _MIX[0]
        key = (key ^ (key >> np.uint64(29))) * _MIX[1]
        key ^= key >> np.uint64(32)
    return key


def _read(text: object) -> tuple[np.ndarray, np.ndarray] | None:
    """Places and times of a sketch; None where there is none that can be read."""
    if not isinstance(text, str) or not text:
        return None
    try:
        begin, _, rest = text.partition(":")
        entries = np.frombuffer(base64.urlsafe_b64decode(rest), _ENTRY)
        return entries["place"].astype(np.uint64), float(begin) + entries["ds"] / 10
    except (ValueError, binascii.Error):
        return None


@dataclass(frozen=True, slots=True)
class Logs:
    """Tracks on record: which of them are one log, and whose they are.

    `later`: (one, other) -> s by which the other stands later in it, for each pair of one log; nan
    where nobody knows. `by`: track -> those of machine, manual and animal that it is on record as.
    """

    tracks: Mapping[str, Record]
    later: Mapping[tuple[str, str], float]
    by: Mapping[str, frozenset[str]]

    def alike(self, one: str, other: str) -> bool:
        return one == other or (one, other) in self.later

    def of(self, coverages: Iterable[Record]) -> frozenset[str]:
        """The logs that proofs of one kind of work rest on; lanes that were measured by their file.
        """
        out: set[str] = set()
        for c in coverages:
            by = str(c.values.get("coverage_by"))
            named = listed(c.values.get("tracks"))
            out.update(t for t in named if t not in self.by or by in self.by[t])
            if not named:
                out.update(f"file {sha}" for sha in c.sources)
        return frozenset(out)


def one_log(tracks: Sequence[Record]) -> dict[tuple[str, str], float]:
    """Pairs of tracks that are one log, both ways round -> s by which the second one's clock is
    later; nan where the tracks do not say.

    Two tracks with a sketch are one log where `LEAST` places agree, always so many seconds apart,
    and they are half of all places that both hold: of logs that are written so coarsely that two
    drives share their places, the times do not agree. Where one of them was recorded without a
    sketch: the same file or fixes; half of the corners of the shorter line; or as many fixes in the
    same time on lines that begin and end as far apart, as with another place of the tool.
    """
    found: dict[tuple[str, str], float] = {}

    def told(a: Record, b: Record, later: float) -> None:
        found.setdefault((a.id, b.id), later)
        found.setdefault((b.id, a.id), -later)

    same: dict[str, Record] = {}
    for t in tracks:
        for name in ("file_sha256", "fixes_sha256"):
            if said := t.values.get(name):
                other = same.setdefault(f"{name} {said}", t)
                if other.id != t.id:
                    told(other, t, 0.0)
    read = [_read(t.values.get("fixes_sketch")) for t in tracks]
    some = [n for n, r in enumerate(read) if r is not None]
    if len(some) > 1:
        place = np.concatenate([r[0] for r in read if r is not None])
        time_s = np.concatenate([r[1] for r in read if r is not None])
        of = np.repeat(some, [len(r[0]) for r in read if r is not None])
        for a, b, lag in _common(place, of, time_s):
            if (shift := _shift(lag)) is not None:
                told(tracks[a], tracks[b], shift)
    old = {n for n, r in enumerate(read) if r is None}
    if old:
        _by_lines(tracks, old, told)
    return found


def _common(place: np.ndarray, of: np.ndarray, time_s: np.ndarray
            ) -> Iterable[tuple[int, int, np.ndarray]]:
    """Pairs of tracks with places in common, and (P,) by how much the second was there later."""
    order = np.lexsort((of, place))
    place, of, time_s = place[order], of[order], time_s[order]
    one: list[np.ndarray] = []
    other: list[np.ndarray] = []
    for k in range(1, MANY):
        at = np.flatnonzero(place[k:] == place[:-k])
        if not len(at):
            break
        one.append(at)
        other.append(at + k)
    if not one:
        return
    a, b = np.concatenate(one), np.concatenate(other)
    apart = of[a] != of[b]
    a, b = a[apart], b[apart]
    order = np.lexsort((of[b], of[a]))
    a, b = a[order], b[order]
    pair = np.column_stack([of[a], of[b]])
    cuts = np.flatnonzero((np.diff(pair, axis=0) != 0).any(axis=1)) + 1
    for which in np.split(np.arange(len(a)), cuts):
        if len(which):
            yield (int(of[a[which[0]]]), int(of[b[which[0]]]),
                   time_s[b[which]] - time_s[a[which]])


def _shift(lag: np.ndarray) -> float | None:
    """The lag (P,) that half of the places agree on, at least `LEAST` of them; None: none."""
    if len(lag) < LEAST:
        return None
    lag = np.sort(lag)
    until = np.searchsorted(lag, lag + 2 * AGREE_S, side="right")
    best = int(np.argmax(until - np.arange(len(lag))))
    many = int(until[best]) - best
    return float(np.median(lag[best:until[best]])) if many >= max(LEAST, len(lag) / 2) else None


def _by_lines(tracks: Sequence[Record], old: set[int], told) -> None:
    """The same of tracks that were recorded without a sketch, `old`, with any other."""
    corners = [np.empty(0, np.uint64) if t.geometry is None else np.unique(_places(
        *shapely.get_coordinates(t.geometry).T)) for t in tracks]
    place = np.concatenate(corners)
    of = np.repeat(np.arange(len(tracks)), [len(c) for c in corners])
    for a, b, lag in _common(place, of, np.zeros(len(place))):
        least = min(len(corners[a]), len(corners[b]))
        if (a in old or b in old) and len(lag) >= LEAST_CORNERS and 2 * len(lag) >= least:
            told(tracks[a], tracks[b], np.nan)
    alike: dict[float, list[int]] = {}
    for n, t in enumerate(tracks):
        if t.geometry is not None and not t.geometry.is_empty and (
                many := number_of(t.values.get("fixes"))) is not None and many >= 2 * LEAST:
            alike.setdefault(many, []).append(n)
    for group in alike.values():
        begin = shapely.points([shapely.get_coordinates(tracks[n].geometry)[0] for n in group])
        north = min(89.0, float(np.abs(shapely.get_y(begin)).max()))
        near = 2 * APART_M / 111_000 / np.cos(np.radians(north))  # in degrees, either way
        for k, m in zip(*shapely.STRtree(begin).query(begin, "dwithin", near), strict=True):
            a, b = group[k], group[m]
            if b < a and (a in old or b in old) and _beside(tracks[b], tracks[a]):
                told(tracks[b], tracks[a], np.nan)


def _beside(one: Record, other: Record) -> bool:
    """Whether two lines were driven in the same time, never farther from each other than a tool
    from its antenna, and begin and end as far apart."""
    lasts = [None if a is None or b is None else (b - a).total_seconds() for a, b in (
        [moment_of(t.values.get(n)) for n in ("started_at", "ended_at")] for t in (one, other))]
    if lasts[0] is None or lasts[1] is None or abs(lasts[0] - lasts[1]) > AGREE_S:
        return False
    assert one.geometry is not None and other.geometry is not None
    plane = plane_for(one.geometry.bounds)
    a, b = (plane.to_plane(t.geometry) for t in (one, other))
    ends = [shapely.get_coordinates(g)[[0, -1]] for g in (a, b)]
    begin, end = np.hypot(*(ends[0] - ends[1]).T)
    return bool(max(begin, end) <= APART_M and abs(begin - end) <= 2 * LINE_M
                and shapely.hausdorff_distance(a, b) <= APART_M)


# --- proofs that rest on one log -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Once:
    """Ground that counts once: what it was taken off, and the record that it counts for."""

    record: str
    other: str
    reason: str


def _swath(logs: Logs, name: str, plane: LocalPlane, lanes: Mapping[str, BaseGeometry], *,
           widest: bool) -> BaseGeometry:
    """The most, or the least, that a log covered for certain; metres."""
    if name in lanes:
        return lanes[name]
    track = logs.tracks.get(name)
    if track is None or track.geometry is None:
        return Polygon()
    half = (number_of(track.values.get("width_m")) or 0.0) / 2
    line = plane.to_plane(track.geometry)
    if widest:
        return shapely.buffer(line, half + 1.5 * LINE_M)
    half -= LINE_M + 2 * (number_of(track.values.get("position_error_m")) or 0.0)
    return shapely.buffer(line, half, cap_style="flat") if half > 0 else Polygon()


def as_one_kind(coverages: Sequence[Record], logs: Logs) -> tuple[list[Record], list[Once]]:
    """Proofs in which a log that stands for several kinds of work counts as the one that clears
    least: a machine's log is no log of the hand that followed it (S07). The others lose the ground
    of its swath."""
    standing = [c for c in coverages if c.geometry is not None]
    rests: dict[str, set[str]] = {}  # track -> kinds
    for c in standing:
        for name in logs.of([c]):
            rests.setdefault(name, set()).add(str(c.values.get("coverage_by")))
    worst: dict[str, tuple[int, str]] = {}  # track -> its rank among those of its log, and which
    for a in rests:
        ranks = [(min(map(_rank, rests[b])), b) for b in (a, *(
            y for x, y in logs.later if x == a)) if b in rests]
        worst[a] = min(ranks)
    told: list[Once] = []
    out = []
    for c in coverages:
        rank = _rank(str(c.values.get("coverage_by")))
        bad = [] if c.geometry is None else sorted(
            name for name in logs.of([c]) if name in worst and worst[name][0] < rank)
        if bad and c.geometry is not None:
            plane = plane_for(c.geometry.bounds)
            gone = joined([_swath(logs, name, plane, {}, widest=True) for name in bad])
            left = _polygons(shapely.difference(plane.to_plane(c.geometry), gone))
            told += [Once(c.id, worst[name][1], (
                f"its track {name} is the log of {worst[name][1]}, which is on record as work by "
                f"{WORST_FIRST[worst[name][0]]}: it counts as that alone (S07)")) for name in bad]
            c = replace(c, geometry=None if left.is_empty else _valid(plane.to_degrees(left)),
                        values={**c.values, "covered_m2": left.area})
        out.append(c)
    return out, told


def _rank(kind: str) -> int:
    return WORST_FIRST.index(kind) if kind in WORST_FIRST else 0


Rests = Sequence[tuple[frozenset[str], Sequence[Record]]]  # logs and proofs, by kind of work


def each_log_once(outcomes: Sequence[Record], rests: Mapping[str, Rests], logs: Logs
                  ) -> tuple[list[Record], list[Once]]:
    """Searches with the ground on which each is a pass of its own.

    outcomes : with the ground that their proofs show. rests : of each that may count, for every
    kind of work that its proof needs, the logs and the proofs. Two searches of the same ground are
    two passes where one kind of work of the one rests on other logs than one of the other, or where
    different logs of theirs really overlap; elsewhere the log counts once, for the search that
    finds less: of different work the less deep, of the same work the deepest. An outcome of which
    nothing is left has no ground. Longitude and latitude.
    """
    depth = {o.id: number_of(o.values.get("depth_m")) or 0.0 for o in outcomes}
    work = {o.id: str(o.values.get("activity") or o.id) for o in outcomes}
    least: dict[str, float] = {}
    for o in outcomes:
        least[work[o.id]] = min(least.get(work[o.id], np.inf), depth[o.id])
    order = sorted(
        (o for o in outcomes if o.geometry is not None and rests.get(o.id)), key=lambda o: (
            least[work[o.id]], o.valid_from is not None, str(o.valid_from), work[o.id],
            -depth[o.id], o.id))
    ground = {o.id: o.geometry for o in outcomes}
    told: list[Once] = []
    by_log: dict[str, list[str]] = {}
    for o in order:
        every = frozenset().union(*(names for names, _ in rests[o.id]))
        near = dict.fromkeys(other for name in every for alike in (
            name, *(b for a, b in logs.later if a == name)) for other in by_log.get(alike, ()))
        shared = []
        for other in near:
            here = ground[o.id]
            if here is None or here.is_empty:
                break
            if not here.intersects(ground[other]) or any(
                    not _one(a, b, logs) for a, _ in rests[o.id] for b, _ in rests[other]):
                continue
            shared.append(other)
            left = _twice([here, ground[other]], [rests[o.id], rests[other]], logs)
            if left is not None:
                ground[o.id] = left
                told.append(Once(o.id, other, ONE_PASS.format(other=other)))
        here = ground[o.id]
        if len(shared) > 1 and here is not None and not here.is_empty:
            left = _more_than_logs([here, *(ground[n] for n in shared)],
                                   [rests[o.id], *(rests[n] for n in shared)], logs)
            if left is not None:
                ground[o.id] = left
                told.append(Once(o.id, shared[0], ONE_PASS.format(other=", ".join(shared))))
        for name in every:
            by_log.setdefault(name, []).append(o.id)
    cut = {one.record for one in told}
    return [replace(o, geometry=ground[o.id]) if o.id in cut else o for o in outcomes], told


def _one(one: Iterable[str], other: Iterable[str], logs: Logs) -> bool:
    others = list(other)
    return any(logs.alike(a, b) for a in one for b in others)


def _swaths(names: Iterable[str], rests: Sequence[Rests], plane: LocalPlane, logs: Logs, *,
            widest: bool) -> dict[str, BaseGeometry]:
    lanes = {f"file {sha}": plane.to_plane(c.geometry) for units in rests for _, proofs in units
             for c in proofs if c.geometry is not None for sha in c.sources}
    return {n: _swath(logs, n, plane, lanes, widest=widest) for n in names}


def _names(units: Rests) -> list[str]:
    return sorted(frozenset().union(*(names for names, _ in units)))


def _twice(grounds: Sequence[BaseGeometry], rests: Sequence[Rests], logs: Logs
           ) -> BaseGeometry | None:
    """What is left of the first of two searches, where the second rests on the same logs; None:
    all of it."""
    plane = plane_for(grounds[0].bounds)
    own, other = (plane.to_plane(g) for g in grounds)
    a, b = map(_names, rests)
    most, surely = (_swaths({*a, *b}, rests, plane, logs, widest=w) for w in (True, False))
    once, apart = [], []
    for x in a:
        for y in b:
            if logs.alike(x, y):
                once.append(shapely.intersection(most[x], most[y]))
            else:
                apart.append(shapely.intersection(surely[x], surely[y]))
    return _less(own, shapely.intersection(other, shapely.difference(joined(once), joined(apart))),
                 plane)


def _more_than_logs(grounds: Sequence[BaseGeometry], rests: Sequence[Rests], logs: Logs
                    ) -> BaseGeometry | None:
    """What is left of the first of several searches, where the others are as many as the logs are
    that they all rest on; None: all of it."""
    plane = plane_for(grounds[0].bounds)
    own, *others = (plane.to_plane(g) for g in grounds)
    different: list[str] = []
    for name in sorted({n for units in rests for n in _names(units)}):
        if not any(logs.alike(name, n) for n in different):
            different.append(name)
    surely = _levels(_swaths(different, rests, plane, logs, widest=False).values())
    gone = [shapely.difference(level, surely[k + 1] if k + 1 < len(surely) else Polygon())
            for k, level in enumerate(_levels(others)) if k > 0]
    return _less(own, joined(gone), plane)


def _levels(shapes: Iterable[BaseGeometry]) -> list[BaseGeometry]:
    """Ground that lies in one of the shapes, in two, in three, ..."""
    out: list[BaseGeometry] = []
    for shape in shapes:
        carried = shape
        for k, level in enumerate(out):
            out[k], carried = joined([level, carried]), shapely.intersection(level, carried)
        out.append(_polygons(carried))
    return out


def _less(own: BaseGeometry, gone: BaseGeometry, plane: LocalPlane) -> BaseGeometry | None:
    gone = _polygons(shapely.intersection(own, gone))
    if not gone.area > ROUNDING_M2:
        return None
    left = _polygons(shapely.difference(own, gone))
    return Polygon() if left.area <= ROUNDING_M2 else _valid(plane.to_degrees(left))


def _polygons(shape: BaseGeometry) -> BaseGeometry:
    return joined([p for p in shapely.get_parts(shape) if p.geom_type == "Polygon" and p.area > 0])


def _valid(shape: BaseGeometry) -> BaseGeometry:
    """Polygons whose corners, moved to degrees, may touch."""
    if shape.is_valid:
        return shape
    parts = shapely.get_parts(shapely.make_valid(shape, method="structure"))
    return joined([p for p in parts if p.geom_type == "Polygon"], degrees=True)
