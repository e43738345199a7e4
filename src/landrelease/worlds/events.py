"""Inspections of finished ground, accidents, spot tasks: what follows from what was left behind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from landrelease.worlds.contamination import Contamination
from landrelease.worlds.ground import Ground
from landrelease.worlds.people import ORGANISATIONS, Detection, Teams
from landrelease.worlds.sizes import AS_OF, START, Dice
from landrelease.worlds.survey import Survey
from landrelease.worlds.work import WORKED_DAYS, Work


@dataclass(frozen=True, slots=True)
class Inspection:
    piece: int  # index of work.pieces
    day: date
    inspector: str
    refused: bool
    sample_m2: float
    found: int
    severity: str  # "", minor, major, critical
    action: str
    left_in_sample: int  # the truth, before the inspection
    left_in_lot: int
    items: tuple[int, ...]  # what it found, destroyed on that day


@dataclass(frozen=True, slots=True)
class Accident:
    day: date
    xy: tuple[float, float]
    item: int
    accident_class: str
    activity: str
    women: int
    men: int
    girls: int
    boys: int
    team: int  # -1 for others than deminers

    @property
    def exploded(self) -> bool:
        """An incident is one that could have harmed: the item is still there."""
        return self.accident_class != "incident"


@dataclass(frozen=True, slots=True)
class SpotTask:
    day: date
    xy: tuple[float, float]
    item: int
    organisation: int


def make_inspections(contamination: Contamination, survey: Survey, teams: Teams,
                     detection: Detection, work: Work, dice: Dice) -> list[Inspection]:
    """Most cleared pieces, a tenth to four tenths of the ground, with a search that errs."""
    rng = dice("inspections")
    order = np.argsort(survey.item_area, kind="stable")
    start = np.searchsorted(survey.item_area[order], np.arange(len(survey.shapes) + 1))
    out: list[Inspection] = []
    for k, piece in enumerate(work.pieces):
        if piece.kind != "cleared" or rng.random() > 0.85:
            continue
        day = START + timedelta(days=piece.day + int(rng.integers(2, 30)))
        if day > AS_OF:
            continue
        inspector = f"Inspection team {int(rng.integers(1, 4))}"
        size = (piece.high - piece.low) * float(survey.area_m2[piece.area])
        if rng.random() < 0.06:
            out.append(Inspection(k, day, inspector, True, 0.0, 0, "", "", 0, 0, ()))
            continue
        share = float(rng.uniform(0.1, 0.4))
        a = piece.low + float(rng.uniform(0, 1 - share)) * (piece.high - piece.low)
        b = a + share * (piece.high - piece.low)
        items = order[start[piece.area]:start[piece.area + 1]]
        items = items[(work.found_day[items] < 0) | (work.found_day[items] > piece.day)]
        u = work.strips[piece.area].u(contamination.xy[items])
        in_lot = (u >= piece.low) & (u <= piece.high)
        sampled = items[(u >= a) & (u <= b)]
        organisation = int(teams.organisation[piece.team])
        chance = detection.chance("inspection", organisation, 0.2, contamination.category[sampled],
                                  contamination.depth_m[sampled], detection.item[sampled], 0.0)
        hit = sampled[rng.random(len(sampled)) < chance]
        found = len(hit)
        work.found_day[hit] = (day - START).days
        severity = ("critical" if found else
                    str(rng.choice(["", "minor", "major"], p=[0.9, 0.08, 0.02])))
        action = ("lot cleared again" if severity in ("critical", "major") else
                  "briefing repeated" if severity else "")
        out.append(Inspection(k, day, inspector, False, share * size, found, severity, action,
                              len(sampled), int(in_lot.sum()), tuple(hit.tolist())))
    return out


def make_accidents(ground: Ground, contamination: Contamination, work: Work, dice: Dice
                   ) -> list[Accident]:
    """Accidents of residents since two years before the work, and of deminers during it."""
    rng = dice("accidents")
    size = ground.size
    out: list[Accident] = []
    may = np.where((contamination.depth_m < 0.2) & (work.found_day < 0), 1.0, 0.0)
    for home in ground.settlements.xy:
        near = np.hypot(*(contamination.xy - home).T)
        chance = np.exp(-near / 1_300.0) * may
        weight = float(chance.sum())
        many = int(rng.random() < 1 - np.exp(-0.0025 * weight)) + int(
            rng.random() < 1 - np.exp(-0.0004 * weight))
        for _ in range(many):
            chance = chance * (may > 0)
            item = int(rng.choice(len(chance), p=chance / chance.sum()))
            day = AS_OF - timedelta(days=int(rng.integers(1, 1_180)))
            may[item] = 0.0  # it is gone
            out.append(_of_residents(rng, contamination, item, day))
    if not out:
        item = int(np.flatnonzero(may)[0])
        out.append(_of_residents(rng, contamination, item, AS_OF - timedelta(days=400)))
    worked = [r for r in work.reports if r.lost < 0 and r.activity == 2]
    many = rng.binomial(max(1, len(worked)), 1 / 6_500) if size.name != "village" else 0
    for k in rng.permutation(len(worked))[:many].tolist():
        report = worked[k]
        strip = work.strips[report.area]
        middle = strip.piece(report.u0, report.u1).representative_point()
        kind = str(rng.choice(["excavating a signal", "moving in the lane", "handling"],
                              p=[0.66, 0.24, 0.10]))
        woman = bool(rng.random() < 0.25)
        out.append(Accident(START + timedelta(days=report.day), (middle.x, middle.y), -1,
                            "demining_accident", kind, int(woman), int(not woman), 0, 0,
                            report.team))
    out.sort(key=lambda a: (a.day, a.xy))
    return out


def _of_residents(rng: np.random.Generator, contamination: Contamination, item: int, day: date
                  ) -> Accident:
    victims = rng.multinomial(1 + int(rng.random() < 0.3), [0.2, 0.5, 0.1, 0.2])
    kind = str(rng.choice(["farming", "herding", "gathering wood", "travelling", "playing"],
                          p=[0.34, 0.2, 0.16, 0.2, 0.1]))
    incident = rng.random() < 0.15
    if incident:
        victims = np.zeros(4, dtype=int)
    x, y = contamination.xy[item]
    return Accident(day, (float(x), float(y)), item,
                    "incident" if incident else "ordnance_accident", kind, int(victims[0]),
                    int(victims[1]), int(victims[2]), int(victims[3]), -1)


def make_spot_tasks(ground: Ground, contamination: Contamination, survey: Survey, work: Work,
                    dice: Dice) -> list[SpotTask]:
    """Items outside all areas that residents called in: near homes, on the surface."""
    rng = dice("spot tasks")
    outside = np.flatnonzero((survey.item_area < 0) & (contamination.depth_m == 0.0)
                             & (contamination.category >= 3))
    if not len(outside):
        return []
    xy, homes = contamination.xy[outside], ground.settlements.xy
    away = np.full(len(outside), np.inf)
    for home in homes:
        away = np.minimum(away, np.hypot(*(xy - home).T))
    called = outside[rng.random(len(outside)) < 0.5 * np.exp(-away / 1_500.0)]
    days = rng.integers(0, WORKED_DAYS, len(called))
    work.found_day[called] = days
    out = [SpotTask(START + timedelta(days=int(d)),
                    (float(contamination.xy[i, 0]), float(contamination.xy[i, 1])), int(i),
                    int(rng.integers(len(ORGANISATIONS))))
           for i, d in zip(called.tolist(), days.tolist(), strict=True)]
    out.sort(key=lambda s: (s.day, s.item))
    return out
