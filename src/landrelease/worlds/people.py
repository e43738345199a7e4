"""Who works: organisations of several schools, their teams, and what their search really finds.

The chance that a search finds an item is a logistic sum over causes that are shared: the school in
which an organisation was trained, the organisation, the team, its detector, and the item itself
(how it lies, what hides it), which every search of it shares. Misses are therefore correlated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from landrelease.worlds.contamination import CATEGORIES, METAL, Contamination
from landrelease.worlds.ground import Ground
from landrelease.worlds.sizes import Dice

ORGANISATIONS = ("Operator A", "Operator B", "Operator C", "Operator D", "Operator E")
SCHOOLS = ("lane school", "signal school", "field school")
SCHOOL_OF = (0, 1, 1, 2, 0)
KINDS = ("nts", "ts", "manual", "mechanical")
# m² a team and day: what the programme assumes (low and high bound its central 80 %), USD a day.
ASSUMED = {
    "nts": (100_000, 50_000, 200_000, 600,
            "synthetic; own assumption, no rate of NTS was found in public sources"),
    "ts": (8_000, 4_000, 16_000, 1_500,
           "synthetic; own assumption, no rate of TS was found in public sources"),
    "manual": (400, 200, 500, 800,
               "synthetic; 10 deminers at 10 to 50 m² a day each (HALO, Manual demining)"),
    "mechanical": (5_000, 3_000, 8_000, 4_000,
                   "synthetic; older projects 5,000 m² a day for the system; brochures 1,000 to "
                   "5,000 m² an hour"),
}
METHOD_SKILL = {"ts": 1.6, "manual": 4.4, "mechanical": 1.5, "inspection": 4.2}
REACH_M = {"ts": 0.15, "manual": 0.20, "mechanical": 0.22, "inspection": 0.20}


@dataclass(frozen=True, slots=True)
class Teams:
    """T teams in P pools: a pool is one kind of one organisation at one base."""

    pool_kind: np.ndarray  # int8 (P,) index of KINDS
    pool_organisation: np.ndarray  # int8 (P,)
    pool_base: np.ndarray  # int64 (P,) community
    pool: np.ndarray  # int64 (T,)
    rate: np.ndarray  # float64 (T,) true m² a full day on easy ground
    skill: np.ndarray  # float64 (T,) shift of the logistic sum by team and detector
    joined_day: np.ndarray  # int64 (T,) first day of work, days after START

    @property
    def kind(self) -> np.ndarray:
        return self.pool_kind[self.pool]

    @property
    def organisation(self) -> np.ndarray:
        return self.pool_organisation[self.pool]

    def pool_id(self, p: int) -> str:
        letter = ORGANISATIONS[self.pool_organisation[p]][-1].lower()
        return f"{KINDS[self.pool_kind[p]]}-{letter}-{self.pool_base[p] + 1:03d}"

    def team_id(self, t: int) -> str:
        p = int(self.pool[t])
        return f"{self.pool_id(p)}-{t - int(np.searchsorted(self.pool, p)) + 1:02d}"


@dataclass(frozen=True, slots=True)
class Detection:
    """Shifts of the logistic sum. `item` (I,) is shared by all searches of one item."""

    school: np.ndarray  # float64 (schools, categories)
    organisation: np.ndarray  # float64 (organisations,)
    item: np.ndarray  # float64 (I,)
    soil: np.ndarray  # float64 (P,) mineral soil of a municipality makes detectors worse

    def chance(self, method: str, organisation: int, skill: float, category: np.ndarray,
               depth_m: np.ndarray, item: np.ndarray, soil: float) -> np.ndarray:
        """Chance (N,) that one careful pass finds each item; 0 below the reach of the method."""
        score = (METHOD_SKILL[method] + self.organisation[organisation] + skill + soil + item
                 + self.school[SCHOOL_OF[organisation], category]
                 + 2.2 * (METAL[category] - 0.7)
                 - 9.0 * np.maximum(0.0, depth_m - 0.05))
        found = 1.0 / (1.0 + np.exp(-score))
        reach = REACH_M[method] * (1.0 + 1.5 * (METAL[category] > 0.9))
        return np.where(depth_m <= reach, found, 0.0)


def make_teams(ground: Ground, dice: Dice) -> Teams:
    """The teams of `size.teams`, spread over bases and organisations; pools in a fixed order."""
    size = ground.size
    rng = dice("teams")
    members: list[tuple[int, int, int]] = []
    for kind, count in enumerate(size.teams):
        members += [(kind, (k + kind) % len(ORGANISATIONS) if size.name != "village" else kind % 2,
                     (k // 2) % size.bases) for k in range(count)]
    members.sort(key=lambda m: (m[2], m[0], m[1]))
    pools = sorted(set(members), key=lambda m: (m[2], m[0], m[1]))
    index = {p: k for k, p in enumerate(pools)}
    pool = np.array([index[m] for m in members])
    kind_of = np.array([m[0] for m in members])
    organisation_of = np.array([m[1] for m in members])
    count = len(members)
    typical = np.array([70_000, 6_500, 330, 4_300])[kind_of]
    house = np.exp(rng.normal(0, 0.12, len(ORGANISATIONS)))[organisation_of]
    rate = typical * house * np.exp(rng.normal(0, 0.16, count))
    bound = np.array([[50_000, 4_000, 150, 2_500], [150_000, 14_000, 480, 7_500]])
    rate = np.clip(rate, bound[0][kind_of], bound[1][kind_of])
    joined = np.where(rng.random(count) < 0.3, 0, rng.integers(40, 440, count))
    if size.name == "village":
        joined[:] = 0
    skill = rng.normal(0, 0.35, count) + rng.normal(0, 0.25, count)  # team, its detector
    return Teams(np.array([p[0] for p in pools], dtype=np.int8),
                 np.array([p[1] for p in pools], dtype=np.int8),
                 np.array([p[2] for p in pools]), pool, np.round(rate, 1), skill, joined)


def make_detection(ground: Ground, contamination: Contamination, dice: Dice) -> Detection:
    rng = dice("detection")
    return Detection(
        rng.normal(0, 0.55, (len(SCHOOLS), len(CATEGORIES))),
        rng.normal(0, 0.4, len(ORGANISATIONS)),
        dice("item difficulty").normal(0, 0.8, len(contamination.xy)),
        -np.abs(rng.normal(0, 0.5, len(ground.municipalities))))


def blind_trials(detection: Detection, dice: Dice) -> list[dict[str, object]]:
    """Blind trials of each organisation, 30 buried targets a method and category (CWA 14747)."""
    rng = dice("blind trials")
    rows: list[dict[str, object]] = []
    for organisation, name in enumerate(ORGANISATIONS):
        for method in ("manual", "mechanical"):
            for category, word in ((0, "ap_mine_blast"), (2, "av_mine"), (3, "submunition")):
                depth = np.round(rng.uniform(0.0, 0.13, 30), 2)
                # Targets of a trial lie better than those in the field: no hard ones among them.
                easy = rng.normal(0.3, 0.5, 30)
                found = rng.random(30) < detection.chance(
                    method, organisation, float(rng.normal(0, 0.35)), np.full(30, category), depth,
                    easy, 0.0)
                rows.append({"organisation": name, "school": SCHOOLS[SCHOOL_OF[organisation]],
                             "method": method, "device_category": word, "targets": 30,
                             "found": int(found.sum()), "depth_from_m": float(depth.min()),
                             "depth_to_m": float(depth.max())})
    return rows
