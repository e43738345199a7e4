"""When nobody may work: shelling, drones and weather, in bursts. The truth until `HORIZON`.

Shelling excites itself: each day of it makes the next days likelier (Hawkes 1971), on top of quiet
and tense months that all sectors share. Drones come in spells that begin and end by chance. Weather
is one for the whole land: wet and dry spells, and a winter in which the ground is frozen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
import shapely

from landrelease.worlds.ground import Ground
from landrelease.worlds.sizes import HORIZON, START, Dice

CAUSES = ("shelling", "drones", "weather")
DAYS = (HORIZON - START).days + 1
# The working season (a continental year of the north, whatever the latitude): Monday to Saturday.
SEASON = ((3, 15), (12, 5))


@dataclass(frozen=True, slots=True)
class Closures:
    """C closures of K sectors (-1: all); `closed[d, k]` says whether any cause closed a day."""

    sectors: np.ndarray  # object (K,) Polygon
    sector: np.ndarray  # int64 (C,)
    cause: np.ndarray  # int8 (C,)
    start: tuple[datetime, ...]
    end: tuple[datetime, ...]
    cause_of_day: np.ndarray  # int8 (DAYS, K): index of CAUSES, -1: open

    def sector_of(self, xy: np.ndarray) -> np.ndarray:
        """int64 (N,): the sector of planar places (the nearest one at the edge)."""
        tree = shapely.STRtree(self.sectors)
        return tree.query_nearest(shapely.points(xy), all_matches=False)[1]


def in_season(day: date) -> bool:
    return SEASON[0] <= (day.month, day.day) <= SEASON[1] and day.weekday() < 6


def make_closures(ground: Ground, dice: Dice) -> Closures:
    size = ground.size
    step = 8_000.0 if size.name != "village" else 3_500.0
    columns, rows = (max(1, round(v / step)) for v in (size.width_m, size.height_m))
    x = np.linspace(-size.width_m / 2, size.width_m / 2, columns + 1)
    y = np.linspace(-size.height_m / 2, size.height_m / 2, rows + 1)
    sectors = np.array([shapely.box(x[i], y[j], x[i + 1], y[j + 1])
                        for j in range(rows) for i in range(columns)], dtype=object)
    middle = shapely.get_coordinates(shapely.centroid(sectors))
    near = np.exp(-ground.front_distance_m(middle) / 8_000.0)
    shelled = _shelling(dice("shelling"), near)
    drones = _spells(dice("drones"), 0.010 * near + 0.0004, np.full(len(near), 0.35))
    wet = _weather(dice("weather"))
    found: list[tuple[int, int, datetime, datetime]] = []
    for k in range(len(sectors)):
        found += _runs(dice("shelling hours", k), shelled[:, k], k, 0)
        found += _runs(dice("drone hours", k), drones[:, k], k, 1)
    found += _runs(dice("weather hours"), wet, -1, 2)
    found.sort(key=lambda f: (f[2], f[0], f[1]))
    cause = np.full((DAYS, len(sectors)), -1, dtype=np.int8)
    cause[wet, :] = 2
    cause[drones] = 1
    cause[shelled] = 0
    return Closures(sectors, np.array([f[0] for f in found], dtype=np.int64),
                    np.array([f[1] for f in found], dtype=np.int8),
                    tuple(f[2] for f in found), tuple(f[3] for f in found), cause)


def _shelling(rng: np.random.Generator, near: np.ndarray) -> np.ndarray:
    """bool (DAYS, K)."""
    out = np.zeros((DAYS, len(near)), dtype=bool)
    heat = np.zeros(len(near))
    tense = False
    for d in range(DAYS):
        if d % 15 == 0:
            tense = bool(rng.random() < (0.6 if tense else 0.18))
        rate = (0.055 if tense else 0.010) * near + 0.42 * heat
        out[d] = rng.random(len(near)) < 1.0 - np.exp(-rate)
        heat = 0.55 * heat + 0.55 * out[d]
    return out


def _spells(rng: np.random.Generator, begin: np.ndarray, end: np.ndarray) -> np.ndarray:
    out = np.zeros((DAYS, len(begin)), dtype=bool)
    now = np.zeros(len(begin), dtype=bool)
    for d in range(DAYS):
        dice = rng.random(len(begin))
        now = np.where(now, dice >= end, dice < begin)
        out[d] = now
    return out


def _weather(rng: np.random.Generator) -> np.ndarray:
    """bool (DAYS,): rain in spells, wetter in spring and autumn; storms and fog otherwise."""
    out = np.zeros(DAYS, dtype=bool)
    wet = False
    for d in range(DAYS):
        month = (START + timedelta(days=d)).month
        begin = 0.055 if month in (3, 4, 10, 11, 12) else 0.03
        wet = bool(rng.random() >= 0.5) if wet else bool(rng.random() < begin)
        out[d] = wet
    return out


def _runs(rng: np.random.Generator, days: np.ndarray, sector: int, cause: int
          ) -> list[tuple[int, int, datetime, datetime]]:
    """Days in a row as one closure, from an hour of the first day to an hour of the last."""
    edge = np.flatnonzero(np.diff(np.concatenate([[0], days.astype(np.int8), [0]])))
    out = []
    for first, after in zip(edge[::2].tolist(), edge[1::2].tolist(), strict=True):
        start = datetime(START.year, START.month, START.day) + timedelta(
            days=first, hours=float(rng.integers(0, 7)))
        end = datetime(START.year, START.month, START.day) + timedelta(
            days=after - 1, hours=float(rng.integers(16, 24)))
        out.append((sector, cause, start, end))
    return out
