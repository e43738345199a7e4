"""Tracks of machines and detectors: the true path, and what the receiver wrote down.

Positions have a bias for the day, errors correlated over a minute or two, reflections near trees
(jumps of metres for some seconds) and gaps. One track in four is damaged on its way.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import shapely

from landrelease.worlds.people import KINDS, Teams
from landrelease.worlds.sizes import START, Dice
from landrelease.worlds.work import MANUAL, MECHANICAL, Report, Strip, Work, turn

RECEIVERS = {"rtk": (0.01, 0.015, 0.0005), "corrected": (0.25, 0.18, 0.002),
             "hand-held": (1.3, 0.9, 0.004)}  # bias m, correlated m, chance a second of a jump
DAMAGE = ("swapped axes", "clock jumps", "cut off", "fixes doubled", "zero fixes", "leap")


@dataclass(frozen=True, slots=True)
class Track:
    """N fixes of one team and day. `true_xy` is where the tool's middle really was."""

    id: str
    team: str
    area: int
    kind: str
    day: int
    width_m: float
    spacing_m: float
    receiver: str
    damage: str
    seconds: np.ndarray  # float64 (N,) since midnight UTC
    true_xy: np.ndarray  # (N, 2)
    seen_xy: np.ndarray  # (N, 2)
    lane: np.ndarray  # int32 (N,)
    engaged: np.ndarray  # bool (N,)
    depth_m: np.ndarray  # float64 (N,)
    heading_deg: np.ndarray  # float64 (N,)
    missing: np.ndarray  # bool (N,) fixes that the receiver did not write
    ground: shapely.Geometry  # what was to be covered that day
    uncovered: shapely.Geometry  # the truth

    @property
    def start(self) -> datetime:
        return datetime(START.year, START.month, START.day) + timedelta(days=self.day)


def make_tracks(work: Work, teams: Teams, count: int, dice: Dice) -> list[Track]:
    """Tracks of `count` days of work, the latest ones first to be drawn."""
    worked = [r for r in work.reports if r.lost < 0 and r.activity in (MANUAL, MECHANICAL)
              and r.m2 > 60]
    rng = dice("which tracks")
    out: list[Track] = []
    for kind, many in ((MECHANICAL, count - count // 3), (MANUAL, count // 3)):
        known = [r for r in worked if r.activity == kind][-max(8 * many, 40):]
        before = len(out)
        for k in rng.permutation(len(known)).tolist():
            if len(out) - before == many:
                break
            track = _track(known[k], work.strips[known[k].area], teams, dice("track", len(out)),
                           len(out))
            if track is not None:
                out.append(track)
    return out


def _track(report: Report, strip: Strip, teams: Teams, rng: np.random.Generator, number: int
           ) -> Track | None:
    mechanical = report.activity == MECHANICAL
    width = 1.75 if mechanical else 1.0
    spacing = width - (rng.uniform(0.1, 0.3) if mechanical else rng.uniform(0.02, 0.12))
    if rng.random() < 0.2:
        spacing = width + rng.uniform(0.0, 0.15)  # a careless day
    ground = strip.piece(report.u0, report.u1)
    if ground.is_empty:
        return None
    lanes = _lanes(turn(ground, -strip.angle), spacing)
    if not lanes:
        return None
    speed = rng.uniform(0.4, 0.9) if mechanical else rng.uniform(0.03, 0.06)
    step = 1.0 if mechanical else 8.0
    path, lane, engaged = _drive(rng, lanes, speed * step, mechanical)
    path = turn_points(path, strip.angle)
    count = len(path)
    move = np.gradient(path, axis=0)
    heading = np.degrees(np.arctan2(move[:, 0], move[:, 1])) % 360
    receiver = str(rng.choice(["rtk", "corrected", "hand-held"],
                              p=[0.5, 0.35, 0.15] if mechanical else [0.25, 0.35, 0.4]))
    seen, missing = _received(rng, path, receiver, step)
    seconds = 6 * 3600 + rng.integers(0, 1800) + np.arange(count) * step
    damage = DAMAGE[int(rng.integers(len(DAMAGE)))] if rng.random() < 0.25 else ""
    swath = _swath(path, lane, engaged, width)
    return Track(
        f"T{number + 1:04d}", teams.team_id(report.team), report.area, KINDS[report.activity],
        report.day, width, round(spacing, 2), receiver, damage, seconds, path, seen, lane, engaged,
        np.round(np.abs(rng.normal(0.18 if mechanical else 0.13, 0.015, count)), 3),
        np.round((heading + rng.normal(0, 1.5, count)) % 360, 1), missing, ground,
        shapely.difference(ground, swath))


def turn_points(xy: np.ndarray, angle: float) -> np.ndarray:
    c, s = np.cos(angle), np.sin(angle)
    return np.column_stack([c * xy[:, 0] - s * xy[:, 1], s * xy[:, 0] + c * xy[:, 1]])


def _lanes(ground: shapely.Geometry, spacing: float) -> list[np.ndarray]:
    """Lanes along y, left to right, up and down in turn; (2, 2) start and end of each."""
    west, south, east, north = ground.bounds
    x = np.arange(west + spacing / 2, east, spacing)
    lines = shapely.linestrings(np.stack([
        np.column_stack([x, np.full(len(x), south - 1)]),
        np.column_stack([x, np.full(len(x), north + 1)])], axis=1))
    out: list[np.ndarray] = []
    for k, cut in enumerate(shapely.intersection(lines, ground)):
        for part in shapely.get_parts(cut):
            xy = shapely.get_coordinates(part)
            if part.geom_type == "LineString" and len(xy) == 2 and abs(xy[1, 1] - xy[0, 1]) > 1:
                xy = xy[np.argsort(xy[:, 1])]
                out.append(xy if k % 2 == 0 else xy[::-1])
    return out


def _drive(rng: np.random.Generator, lanes: list[np.ndarray], step: float, mechanical: bool
           ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    path, lane, engaged = [], [], []
    sway = 0.0
    last: np.ndarray | None = None
    for k, ends in enumerate(lanes):
        if last is not None:  # from lane to lane the tool is lifted
            count = max(2, int(np.hypot(*(ends[0] - last)) / (2 * step)) + 1)
            t = np.linspace(0, 1, count + 1)[1:-1, None]
            path.append(last + t * (ends[0] - last))
            lane.append(np.full(len(t), k))
            engaged.append(np.zeros(len(t), dtype=bool))
        length = float(abs(ends[1, 1] - ends[0, 1]))
        count = max(2, int(length / step) + 1)
        t = np.linspace(0, 1, count)[:, None]
        points = ends[0] + t * (ends[1] - ends[0])
        drift = np.empty(count)
        shocks = rng.normal(0, 0.03 if mechanical else 0.015, count)
        for i in range(count):
            sway = 0.93 * sway + shocks[i]
            drift[i] = sway
        points[:, 0] += drift
        on = np.ones(count, dtype=bool)
        if rng.random() < 0.03 and count > 12:  # lifted over a stone
            at = int(rng.integers(2, count - 8))
            on[at:at + int(rng.integers(2, 6))] = False
        path.append(points)
        lane.append(np.full(count, k))
        engaged.append(on)
        last = points[-1]
    return np.concatenate(path), np.concatenate(lane).astype(np.int32), np.concatenate(engaged)


def _received(rng: np.random.Generator, path: np.ndarray, receiver: str, step: float
              ) -> tuple[np.ndarray, np.ndarray]:
    bias, scatter, jump = RECEIVERS[receiver]
    count = len(path)
    keep = float(np.exp(-step / 90.0))
    error = np.empty((count, 2))
    now = rng.normal(0, scatter, 2)
    shocks = rng.normal(0, scatter * np.sqrt(1 - keep**2), (count, 2))
    for i in range(count):
        now = keep * now + shocks[i]
        error[i] = now
    error += rng.normal(0, bias, 2)
    missing = np.zeros(count, dtype=bool)
    for start in np.flatnonzero(rng.random(count) < jump * step).tolist():
        many = max(1, int(rng.uniform(2, 25) / step))
        error[start:start + many] += rng.normal(0, 1, 2) * rng.uniform(0.8, 7.0)
    for start in np.flatnonzero(rng.random(count) < 0.0006 * step).tolist():
        missing[start:start + max(1, int(rng.uniform(4, 60) / step))] = True
    return path + error, missing


def _swath(path: np.ndarray, lane: np.ndarray, engaged: np.ndarray, width: float
           ) -> shapely.Geometry:
    """The ground that the tool really passed over."""
    cut = np.flatnonzero((np.diff(lane) != 0) | (np.diff(engaged.astype(np.int8)) != 0)) + 1
    pieces = [p for p, on in zip(np.split(path, cut), np.split(engaged, cut), strict=True)
              if on[0] and len(p) >= 2]
    if not pieces:
        return shapely.Polygon()
    lines = shapely.linestrings(np.concatenate(pieces), indices=np.repeat(
        np.arange(len(pieces)), [len(p) for p in pieces]))
    return shapely.union_all(shapely.buffer(lines, width / 2, cap_style="flat", quad_segs=4))
