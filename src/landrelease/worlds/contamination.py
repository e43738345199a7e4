"""What really lies in the ground: belts, rows, strikes, shelling, abandoned and single items.

No item is drawn from a Poisson or gamma process. Rows have a spacing with jitter, lanes and losses;
a strike is a ring-shaped pattern of what one container scatters, of which some failed; shells fall
in salvos along a line of fire. Planar metres, depth in m.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from landrelease.worlds.ground import Ground
from landrelease.worlds.sizes import Dice

CATEGORIES = ("ap_mine_blast", "ap_mine_fragmentation", "av_mine", "submunition", "mortar",
              "projectile", "rocket", "grenade", "aircraft_bomb")
# Metal content decides what a detector can hear: 0 nearly none, 1 much.
METAL = np.array([0.25, 0.8, 0.55, 0.75, 0.95, 1.0, 0.95, 0.7, 1.0])
SITES = ("belt", "row", "strike", "shelling", "abandoned", "single")
_SHARE = np.array([0.46, 0.14, 0.18, 0.10, 0.06, 0.06])


@dataclass(frozen=True, slots=True)
class Contamination:
    """I items on S sites. `site_kind[s]` indexes SITES, `category[i]` CATEGORIES."""

    xy: np.ndarray  # float64 (I, 2)
    depth_m: np.ndarray  # float64 (I,) depth of the top
    category: np.ndarray  # int8 (I,)
    site: np.ndarray  # int32 (I,), non-decreasing
    row: np.ndarray  # int16 (I,) number of the row within a belt or row site; -1 elsewhere
    site_kind: np.ndarray  # int8 (S,)
    site_segment: np.ndarray  # int64 (S,) road segment that the site was laid to block; -1: none
    footprint: np.ndarray  # object (S,) Polygon: the hull of the items, 5 m wider

    def first(self) -> np.ndarray:
        """int64 (S + 1,): items of site s are first[s] .. first[s + 1] - 1."""
        return np.searchsorted(self.site, np.arange(len(self.site_kind) + 1))


def make_contamination(ground: Ground, blocked: np.ndarray, dice: Dice) -> Contamination:
    """Exactly `size.items` items.

    `blocked` are the road segments that must not be passable: a quarter of them are mined, the
    others are only believed to be (see `survey`).
    """
    size = ground.size
    mined = blocked[dice("mined roads").random(len(blocked)) < 0.25]
    half = np.array([size.width_m, size.height_m]) / 2 - 60
    pull = _pull(ground)
    parts: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    kinds: list[int] = []
    segments: list[int] = []
    total = number = 0
    while total < size.items:
        rng = dice("site", number)
        on_road = number < len(mined)
        kind = 1 if on_road else int(rng.choice(len(SITES), p=_SHARE))
        if kind == 5 and number % 3 and size.name == "village":
            kind = 1
        centre, along = (_on_road(rng, ground, int(mined[number])) if on_road
                         else _place(rng, ground, kind, pull))
        xy, category, row = _MAKERS[kind](rng, size.site_items / 620)
        turn = np.array([[np.cos(along), -np.sin(along)], [np.sin(along), np.cos(along)]])
        xy = np.einsum("ij,kj->ik", xy, turn) + centre
        inside = np.all(np.abs(xy) <= half, axis=1)
        xy, category, row = xy[inside], category[inside], row[inside]
        room = size.items - total
        xy, category, row = xy[:room], category[:room], row[:room]
        number += 1
        if not len(xy):
            continue
        parts.append((xy, category, row))
        kinds.append(kind)
        segments.append(int(mined[number - 1]) if on_road else -1)
        total += len(xy)
    xy = np.round(np.concatenate([p[0] for p in parts]), 2)
    category = np.concatenate([p[1] for p in parts]).astype(np.int8)
    site = np.repeat(np.arange(len(parts), dtype=np.int32), [len(p[0]) for p in parts])
    row = np.concatenate([p[2] for p in parts]).astype(np.int16)
    footprint = np.array([shapely.buffer(shapely.convex_hull(shapely.multipoints(p[0])), 5.0,
                                         quad_segs=2) for p in parts], dtype=object)
    return Contamination(xy, _depth(dice("depth"), category), category, site, row,
                         np.array(kinds, dtype=np.int8), np.array(segments, dtype=np.int64),
                         footprint)


def _pull(ground: Ground) -> tuple[np.ndarray, np.ndarray]:
    """Chance of each road segment and each community to draw a site: by distance from the line."""
    height = ground.size.height_m
    middle = shapely.get_coordinates(shapely.line_interpolate_point(
        ground.roads.lines, 0.5, normalized=True))
    roads = np.exp(-ground.front_distance_m(middle) / (0.28 * height))
    homes = np.exp(-ground.front_distance_m(ground.settlements.xy) / (0.35 * height))
    return roads / roads.sum(), homes / homes.sum()


def _place(rng: np.random.Generator, ground: Ground, kind: int,
           pull: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, float]:
    """Centre (2,) and direction: belts follow the line, the rest lies around it and on roads."""
    size, front = ground.size, ground.front
    k = int(rng.integers(6, len(front) - 6))
    step = front[min(k + 5, len(front) - 1)] - front[k - 5]
    along = float(np.arctan2(step[1], step[0]))
    if kind == 0:
        away = rng.normal(0, 0.035 * size.height_m)
        if rng.random() < 0.3:  # a second line behind
            away -= 0.24 * size.height_m
        centre = front[k] + away * np.array([-np.sin(along), np.cos(along)])
        return centre, along + rng.normal(0, 0.15)
    if kind == 1 or (kind in (2, 3, 4) and rng.random() < 0.4):
        m = int(rng.choice(len(pull[0]), p=pull[0]))
        place = shapely.get_coordinates(shapely.line_interpolate_point(
            ground.roads.lines[m], rng.uniform(0.2, 0.8), normalized=True))[0]
        return place + rng.normal(0, 140, 2), float(rng.uniform(0, np.pi))
    if kind in (2, 3) and rng.random() < 0.5:
        s = int(rng.choice(len(pull[1]), p=pull[1]))
        return ground.settlements.xy[s] + rng.normal(0, 700, 2), float(rng.uniform(0, np.pi))
    away = rng.normal(0, 0.22 * size.height_m)
    return front[k] + np.array([0.0, away]), along + np.pi / 2 + rng.normal(0, 0.3)


def _on_road(rng: np.random.Generator, ground: Ground, m: int) -> tuple[np.ndarray, float]:
    """The middle of a segment, rows across it."""
    line = ground.roads.lines[m]
    at = rng.uniform(0.42, 0.58)
    a, b, c = (shapely.get_coordinates(shapely.line_interpolate_point(
        line, at + d, normalized=True))[0] for d in (-0.02, 0.0, 0.02))
    return b, float(np.arctan2(c[1] - a[1], c[0] - a[0]) + np.pi / 2)


def _rows(rng: np.random.Generator, lengths: np.ndarray, offsets: np.ndarray,
          spacings: np.ndarray, categories: np.ndarray) -> tuple[np.ndarray, ...]:
    """Rows along x with jitter, lanes left open, and items that are gone."""
    xy, category, row = [], [], []
    for k, (length, offset, spacing, kind) in enumerate(zip(
            lengths, offsets, spacings, categories, strict=True)):
        x = np.arange(-length / 2, length / 2, spacing) + rng.uniform(0, spacing)
        x = x + rng.normal(0, 0.12 * spacing, len(x))
        for _ in range(rng.poisson(length / 500)):  # a lane that those who laid it kept open
            start = rng.uniform(-length / 2, length / 2)
            x = x[(x < start) | (x > start + rng.uniform(6, 30))]
        for _ in range(rng.poisson(length / 700)):  # lifted or detonated since
            start = rng.uniform(-length / 2, length / 2)
            gone = (x > start) & (x < start + rng.uniform(10, 90)) & (rng.random(len(x)) < 0.8)
            x = x[~gone]
        x = x[rng.random(len(x)) > 0.05]
        sway = rng.normal(0, 3.0) * np.sin(2 * np.pi * x / max(length, 60) + rng.uniform(0, 6))
        xy.append(np.column_stack([x, offset + sway + rng.normal(0, 0.25, len(x))]))
        category.append(np.full(len(x), kind))
        row.append(np.full(len(x), k))
    return np.concatenate(xy), np.concatenate(category), np.concatenate(row)


def _belt(rng: np.random.Generator, scale: float):
    """Two to five rows over 250 m to 2 km; vehicle mines in front, others behind or between."""
    length = float(np.clip(np.exp(rng.normal(np.log(780), 0.55)), 250, 2_200)) * min(1.0, scale)
    count = int(rng.integers(2, 6))
    offsets = np.cumsum(rng.uniform(6, 26, count))
    vehicle = np.arange(count) < max(1, round(count * rng.uniform(0.2, 0.7)))
    kind = np.where(vehicle, 2, np.where(rng.random(count) < 0.65, 0, 1))
    spacing = np.where(kind == 2, rng.uniform(4, 6.5, count), np.where(
        kind == 0, rng.uniform(1.8, 3.2, count), rng.uniform(5, 10, count)))
    lengths = length * rng.uniform(0.75, 1.0, count)
    return _rows(rng, lengths, offsets - offsets.mean(), spacing, kind)


def _row(rng: np.random.Generator, scale: float):
    """One to three short rows across a road, a bridge approach or an entrance."""
    count = int(rng.integers(1, 4))
    kind = np.where(rng.random(count) < 0.5, 2, np.where(rng.random(count) < 0.6, 0, 1))
    spacing = np.where(kind == 2, rng.uniform(3, 6, count), rng.uniform(1.5, 4, count))
    lengths = rng.uniform(30, 260, count) * min(1.0, scale)
    return _rows(rng, lengths, (np.arange(count) - (count - 1) / 2) * rng.uniform(4, 12),
                 spacing, kind)


def _strike(rng: np.random.Generator, scale: float):
    """One to four containers along a line of flight; the failed part of what each scattered."""
    xy = []
    step = rng.uniform(90, 260)
    across, along = rng.uniform(28, 75), rng.uniform(50, 150)
    for k in range(int(rng.integers(1, 5))):
        scattered = int(rng.choice([72, 88, 150, 202, 247, 640])) * scale
        left = rng.binomial(max(4, int(scattered)), rng.uniform(0.08, 0.35))
        radius = np.clip(rng.normal(0.75, 0.22, left), 0.0, 1.5)  # a ring with a thin middle
        angle = rng.uniform(0, 2 * np.pi, left)
        drift = rng.normal(0, 12, 2)
        xy.append(np.column_stack([k * step + along * radius * np.cos(angle),
                                   across * radius * np.sin(angle)]) + drift)
    placed = np.concatenate(xy)
    return placed, np.full(len(placed), 3), np.full(len(placed), -1)


def _shelling(rng: np.random.Generator, scale: float):
    """Salvos at a few points of aim, spread more in range than across; one in ten failed."""
    kind = int(rng.choice([4, 5, 6, 8], p=[0.42, 0.4, 0.14, 0.04]))
    xy = []
    for _ in range(int(rng.integers(2, 8))):
        aim = rng.normal(0, 120, 2)
        failed = rng.binomial(int(rng.integers(12, 90)), rng.uniform(0.05, 0.18))
        salvo = np.column_stack([rng.normal(0, 55, failed), rng.normal(0, 18, failed)])
        xy.append(aim + salvo)
    placed = np.concatenate(xy)
    if not len(placed):
        placed = np.zeros((1, 2))
    return placed, np.full(len(placed), kind), np.full(len(placed), -1)


def _abandoned(rng: np.random.Generator, scale: float):
    """Left in a position: heaps a few steps wide."""
    xy = []
    for _ in range(int(rng.integers(1, 4))):
        xy.append(rng.normal(0, 25, 2) + rng.uniform(-2.5, 2.5, (int(rng.integers(3, 22)), 2)))
    placed = np.concatenate(xy)
    kind = rng.choice([4, 5, 6, 7], len(placed), p=[0.4, 0.15, 0.15, 0.3])
    return placed, kind, np.full(len(placed), -1)


def _single(rng: np.random.Generator, scale: float):
    count = int(rng.choice([1, 2, 3], p=[0.7, 0.2, 0.1]))
    kind = int(rng.choice([0, 2, 4, 5, 7, 8], p=[0.25, 0.2, 0.2, 0.2, 0.1, 0.05]))
    return rng.normal(0, 18, (count, 2)), np.full(count, kind), np.full(count, -1)


_MAKERS = (_belt, _row, _strike, _shelling, _abandoned, _single)


def _depth(rng: np.random.Generator, category: np.ndarray) -> np.ndarray:
    """Depth of the top in m: as laid or as it struck, deeper where soil was washed over it."""
    count = len(category)
    typical = np.array([0.03, 0.02, 0.08, 0.03, 0.12, 0.35, 0.2, 0.03, 1.3])[category]
    depth = typical * np.exp(rng.normal(0, 0.45, count))
    washed = rng.random(count) < 0.06
    depth = depth + washed * rng.uniform(0.02, 0.18, count)
    surface = (rng.random(count) < np.array([0.03, 0.35, 0.05, 0.35, 0.2, 0.1, 0.2, 0.5, 0.0]
                                            )[category])
    return np.round(np.where(surface, 0.0, depth), 3)
