"""A world in figures, beside what the domain reference says of real programmes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import shapely

from landrelease.units import M2_PER_HECTARE
from landrelease.worlds.closures import in_season
from landrelease.worlds.sizes import AS_OF

if TYPE_CHECKING:
    from landrelease.worlds.make import World


@dataclass(frozen=True, slots=True)
class Statistic:
    """`low` and `high` are what is published, with the source; None where nothing is."""

    name: str
    value: float
    unit: str
    low: float | None
    high: float | None
    source: str

    @property
    def within(self) -> bool | None:
        if self.low is None or self.high is None:
            return None
        return bool(self.low <= self.value <= self.high)


def describe_world(world: World) -> tuple[Statistic, ...]:
    """Densities, clustering, shares, rates and lost days of a world, computed from its truth."""
    ground, data, survey, work = world.ground, world.contamination, world.survey, world.work
    area_ha = float(survey.area_m2.sum()) / M2_PER_HECTARE
    held = np.bincount(survey.item_area[survey.item_area >= 0], minlength=len(survey.shapes))
    footprint = float(shapely.area(data.footprint).sum()) / M2_PER_HECTARE
    released = {kind: sum((p.high - p.low) * float(survey.area_m2[p.area])
                          for p in work.pieces if p.kind == kind)
                for kind in ("cancelled", "reduced", "cleared")}
    total = max(1.0, sum(released.values()))
    near, evidence = _neighbours(data.xy), _front_density(data)
    out = [
        Statistic("items per hectare of suspected area", len(data.xy) / area_ha, "1/ha", 2.0, 28.0,
                  "domain reference 3.5: Cambodia 2019 2.0, States Parties 5.7 to 7.7, claims of "
                  "the border programme 7 to 10, MChS 28"),
        Statistic("suspected areas that hold an item", float((held > 0).mean()), "share of areas",
                  0.022, 0.45, "domain reference 4.1: Downs under 5 %, a third (HI Mozambique "
                  "2008); 2.2 to 45 % is the range set for worlds"),
        Statistic("contaminated ground of suspected ground", footprint / area_ha, "share of area",
                  0.02, 0.20, "domain reference 0.1, 4.1: McAslan 5 of 100 acres; officials in "
                  "Ukraine 15 to 20 % needs clearance"),
        Statistic("items outside every suspected area",
                  float((survey.item_area < 0).mean()), "share of items", None, None, ""),
        Statistic("mines in belts and rows, per kilometre of front", evidence, "1/km", 100.0,
                  2_400.0, "domain reference 3.5: K5 belt 2,400 per running km, the upper end; the "
                  "lower end is our own"),
        Statistic("densest 20 m cell", _densest(data.xy, 20.0), "1/m²", 0.0, 2.5,
                  "domain reference 3.5: extreme of 2.5 mines per m²"),
        Statistic("distance to the next item, median", float(np.median(near)), "m", None, None, ""),
        Statistic("clustering (mean distance to the next item over that of scattered items)",
                  float(near.mean()) / (0.5 / np.sqrt(
                      len(data.xy) / (ground.size.width_m * ground.size.height_m))), "ratio",
                  None, None, ""),
        Statistic("pairs of items 5 to 10 m apart, over scattered items", _pairs(world, 5.0, 10.0),
                  "ratio", None, None, ""),
        Statistic("pairs of items 100 to 120 m apart, over scattered items",
                  _pairs(world, 100.0, 120.0), "ratio", None, None, ""),
        Statistic("items of a site, median", float(np.median(np.diff(data.first()))), "items",
                  None, None, ""),
        Statistic("released by survey (cancelled and reduced)",
                  (released["cancelled"] + released["reduced"]) / total, "share of released area",
                  0.56, 0.95, "domain reference 3.6: States Parties 2022 56 %, Cambodia 63 to 68 %,"
                  " farmland in Ukraine 95 %"),
        Statistic("cleared", released["cleared"] / total, "share of released area", 0.05, 0.44,
                  "domain reference 3.6: 5 % (farmland in Ukraine) to 44 % (States Parties 2022)"),
    ]
    rate = {k: np.array([r.m2 for r in work.reports if r.activity == k and r.lost < 0])
            for k in range(4)}
    for k, name, low, high, source in (
            (2, "manual clearance, median", 100.0, 500.0,
             "domain reference 3.1: 10 to 50 m² a deminer and day, ten deminers"),
            (3, "mechanical clearance, median", 1_000.0, 5_000.0,
             "domain reference 3.3: older projects 5,000 m² a day for a system; field rates are "
             "lower; 1,000 m² an hour Digger D-3")):
        if len(rate[k]):
            out.append(Statistic(name, float(np.median(rate[k])), "m² a team and day", low, high,
                                 source))
    out += _days(world)
    found = work.found_day >= 0
    alarms = sum(r.alarms for r in work.reports if r.activity == 2)
    dug = sum(r.found for r in work.reports if r.activity == 2)
    out += [
        Statistic("items among the signals dug out by hand", dug / max(1, alarms), "share", 0.0005,
                  0.2, "domain reference 3.5: 0.019 at 1 item in 1,000 m² and 5 false alarms in "
                  "100 m²; the range is that of 0.1 to 10 times the density"),
        Statistic("items found so far", float(found.mean()), "share of items", None, None, ""),
        Statistic("communities cut off", float(world.cut_off.sum()) / len(world.cut_off),
                  "share of communities", 0.0, 0.6,
                  "domain reference 6.1: 37 of 64 communities inaccessible (58 %)"),
    ]
    return tuple(out)


def _days(world: World) -> list[Statistic]:
    """Days of the season, and the share of team-days that was lost."""
    lost = sum(report.lost >= 0 for report in world.work.reports)
    whole_year = [date(AS_OF.year, 1, 1) + timedelta(days=d) for d in range(365)]
    season = sum(in_season(day) for day in whole_year)
    return [
        Statistic("days of the working season", season, "days a year", 180.0, 230.0,
                  "domain reference 3.1: 180 to 230 used as an assumption; Sundays and winter off"),
        Statistic("days lost to closures, weather, equipment and staff",
                  lost / max(1, len(world.work.reports)), "share of team-days",
                  0.05, 0.30, "not measured anywhere; 5 to 30 % is the programme's assumption "
                  "lost_day_share"),
    ]


def _neighbours(xy: np.ndarray) -> np.ndarray:
    from scipy.spatial import cKDTree

    return cKDTree(xy).query(xy, k=2)[0][:, 1]


def _densest(xy: np.ndarray, cell_m: float) -> float:
    cells = np.floor(xy / cell_m).astype(np.int64)
    _, count = np.unique(cells[:, 0] * 1_000_003 + cells[:, 1], return_counts=True)
    return float(count.max()) / cell_m**2


def _pairs(world: World, low: float, high: float) -> float:
    """Pair correlation: pairs at that distance over those of scattered items (a sample)."""
    from scipy.spatial import cKDTree

    xy = world.contamination.xy
    step = max(1, len(xy) // 4_000)
    tree = cKDTree(xy)
    centres = xy[::step]
    count = (tree.query_ball_point(centres, high, return_length=True)
             - tree.query_ball_point(centres, low, return_length=True))
    density = len(xy) / (world.ground.size.width_m * world.ground.size.height_m)
    return float(count.mean() / (density * np.pi * (high**2 - low**2)))


def _front_density(data) -> float:
    """Mines of belts and rows over the length of those sites' longer sides."""
    first = data.first()
    mines = length = 0.0
    for s in np.flatnonzero(data.site_kind <= 1).tolist():
        xy = data.xy[first[s]:first[s + 1]]
        if len(xy) < 5:
            continue
        spread = xy - xy.mean(axis=0)
        angle = 0.5 * np.arctan2(2 * (spread[:, 0] * spread[:, 1]).sum(),
                                 (spread[:, 0]**2 - spread[:, 1]**2).sum())
        along = spread[:, 0] * np.cos(angle) + spread[:, 1] * np.sin(angle)
        mines += len(xy)
        length += float(np.ptp(along))
    return mines / max(length / 1_000.0, 1e-9)
