"""Money that comes over time in two phases, and the works of the second phase that it pays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import shapely

from landrelease.worlds.ground import LAND_USE, Ground
from landrelease.worlds.sizes import AS_OF, START, Dice
from landrelease.worlds.survey import Survey

PROJECTS = {  # kind: (USD low, USD high, days low, days high, first and last month of its season)
    "road": (150_000, 900_000, 40, 160, 4, 11),
    "bridge": (400_000, 2_500_000, 90, 260, 4, 11),
    "school": (350_000, 1_600_000, 150, 330, 1, 12),
    "clinic": (300_000, 1_200_000, 140, 300, 1, 12),
    "power_line": (80_000, 700_000, 30, 120, 1, 12),
    "water_network": (120_000, 900_000, 60, 200, 3, 11),
    "field_to_be_sown": (4_000, 40_000, 12, 45, 3, 5),
}


@dataclass(frozen=True, slots=True)
class Fund:
    id: str
    phase: int
    donor: str
    amount_usd: int
    pledged_on: date
    arrives_on: date  # the truth; what was announced is earlier
    announced_for: date


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    kind: str
    settlement: int
    hazards: tuple[int, ...]  # areas that must be handed over first
    parcel: int  # -1: none
    place: tuple[float, float]  # planar metres
    budget_usd: int
    days: int
    season: tuple[int, int]
    after: str  # another project that must be finished first; "" for none


def make_funds(ground: Ground, dice: Dice) -> tuple[Fund, ...]:
    """Tranches whose sum is exactly each phase's budget; many arrive late, none early."""
    rng = dice("funds")
    out: list[Fund] = []
    for phase, total in enumerate(ground.size.phases, start=1):
        tranches = 14 if phase == 1 else 9
        first = START if phase == 1 else AS_OF - timedelta(days=60)
        share = rng.dirichlet(np.full(tranches, 6.0))
        amounts = np.round(total * share, -3).astype(np.int64)
        amounts[-1] += int(total) - int(amounts.sum())
        for k in range(tranches):
            announced = first + timedelta(days=int(k * 91 + rng.integers(0, 25)))
            late = int(rng.choice(np.array([0, rng.integers(5, 40), rng.integers(40, 200)]),
                                  p=[0.45, 0.35, 0.2]))
            out.append(Fund(f"F{phase}-{k + 1:02d}", phase, f"Donor {int(rng.integers(1, 8))}",
                            int(amounts[k]), announced - timedelta(days=int(rng.integers(60, 300))),
                            announced + timedelta(days=late), announced))
    return tuple(out)


def make_projects(ground: Ground, survey: Survey, dice: Dice) -> tuple[Project, ...]:
    """Works that need land which is suspected now, within the budget of phase two."""
    rng = dice("projects")
    tree = shapely.STRtree(survey.shapes)
    roads = np.flatnonzero(survey.segment >= 0)
    settlements = ground.settlements
    left = ground.size.phases[1] * 0.94
    out: list[Project] = []
    kinds = list(PROJECTS)
    chance = [0.2, 0.06, 0.08, 0.06, 0.2, 0.12, 0.28]
    parcels = ground.parcels
    near = tree.query(parcels.shapes, predicate="intersects")
    limit = 60 * ground.size.communities
    for _ in range(limit):
        kind = kinds[int(rng.choice(len(kinds), p=chance))]
        low, high, short, long_, first, last = PROJECTS[kind]
        scale = ground.size.phases[1] / 80e6 if ground.size.name == "village" else 1.0
        budget = round(float(np.exp(rng.uniform(np.log(low), np.log(high)))) * max(scale, 0.05), -2)
        if budget > left or (len(out) >= 6 * ground.size.communities):
            break
        parcel, after = -1, ""
        if kind in ("road", "bridge") and len(roads):
            a = int(rng.choice(roads))
            hazards: tuple[int, ...] = (a,)
            place = shapely.get_coordinates(shapely.point_on_surface(survey.shapes[a]))[0]
        elif kind == "field_to_be_sown" and near.shape[1]:
            pick = int(rng.integers(near.shape[1]))
            parcel = int(near[0, pick])
            if LAND_USE[parcels.land_use[parcel]] == "forest":
                continue
            hazards = tuple(sorted(set(near[1][near[0] == parcel].tolist())))
            place = shapely.get_coordinates(shapely.centroid(parcels.shapes[parcel]))[0]
        else:
            s = int(rng.integers(len(settlements.xy)))
            place = settlements.xy[s] + rng.normal(0, 250, 2)
            found = tree.query(shapely.Point(place).buffer(rng.uniform(150, 900)),
                               predicate="intersects")
            if not len(found) and rng.random() < 0.7:
                continue
            hazards = tuple(sorted(found.tolist()[:4]))
            roads_here = [p.id for p in out if p.kind in ("road", "bridge")]
            if kind in ("school", "clinic") and roads_here and rng.random() < 0.3:
                after = str(rng.choice(roads_here))
        home = int(np.argmin(np.hypot(*(settlements.xy - place).T)))
        out.append(Project(f"P2-{len(out) + 1:03d}", kind, home, hazards, parcel,
                           (float(place[0]), float(place[1])), int(budget),
                           int(rng.integers(short, long_)), (first, last), after))
        left -= budget
    return tuple(out)
