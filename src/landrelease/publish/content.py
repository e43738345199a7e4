"""Core values in, what a page or the document shows out: plain lists, dictionaries and numbers.

All that depends on the reader is decided here, before anything is written: what `view` refuses is
not in the content, so it cannot be in the page (S14).
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Protocol

import numpy as np
import shapely

from landrelease.core.hazard import Land
from landrelease.core.outlook import Outlook
from landrelease.core.report import PublicReport, Reopening, Report
from landrelease.core.work import ACTIVITIES, Plan
from landrelease.errors import PUB_NOT_FOR_ROLE, PUB_PUBLIC_FACTS, LandReleaseError
from landrelease.publish.cells import cells_content
from landrelease.publish.encode import STEPS_PER_DEGREE, places, rings


class View(Protocol):
    """What one reader may see, in the words of the policy (`access/policy.py` is one such view)."""

    def may(self, subject: str, field: str = "") -> bool: ...

    def precision(self, subject: str) -> str: ...


@dataclass(frozen=True, slots=True)
class Sight:
    """What a view means for the page and the document; docs/pages.md has the same table."""

    assessment: bool
    accident_counts: bool  # by area
    accident_total: bool
    lifted_counts: bool
    outcome: bool
    accident: bool
    lifted: bool
    settlement: bool
    administrative_area: bool
    dates: bool
    priority: bool
    teams: bool
    quality: bool
    forecast: bool
    cost: bool
    assumptions: bool
    ledger: bool
    ledger_accidents: bool
    figures: bool
    records: bool
    imports: bool
    contamination: bool


def sight_of(view: View) -> Sight:
    """Ask a view all that publish needs to know.

    Layers are drawn record by record, so a reader who gets them as cells, rounded inward or in
    totals gets none here: that reader's page is the public one.

    Raises LandReleaseError PUB-001: the reader may not see hazards as they are recorded. Without
    them a map would show danger as blank ground.
    """
    def exact(subject: str, field: str = "") -> bool:
        return view.precision(subject) == "exact" and view.may(subject, field)

    if not exact("hazard"):
        raise LandReleaseError(PUB_NOT_FOR_ROLE)
    return Sight(
        assessment=all(view.may("assessment", f) for f in (
            "people_nearby", "people_low", "people_high", "prior", "next_action")),
        accident_counts=(view.may("assessment", "accidents_inside")
                         and view.may("assessment", "accidents_nearby")),
        accident_total=view.may("accident_counts", "accidents"),
        lifted_counts=view.may("assessment", "lifted_nearby"),
        outcome=exact("outcome"), accident=exact("accident_points", "place"),
        lifted=exact("activity"), settlement=exact("settlement"),
        administrative_area=exact("administrative_area"), dates=exact("plan_dates"),
        priority=exact("plan_priority"), teams=exact("plan_teams"),
        quality=view.may("plan_quality"), forecast=view.may("forecast"),
        cost=view.may("forecast", "cost"), assumptions=view.may("forecast", "assumptions"),
        ledger=view.may("ledger"), ledger_accidents=view.may("ledger", "accidents"),
        figures=view.may("figures"), records=view.may("figures", "records"),
        imports=view.may("imports", "reports"), contamination=view.may("contamination_map"),
    )


@dataclass(frozen=True, slots=True)
class PlanDates:
    """The plan by hazard. N hazards of the land, M tasks; days count from `start`, -1: never.

    `first`, `done`: day on which the first stage starts, and on which the last one is finished.
    `nts`, `ts`, `clearance`: day of the last finish of that stage; -2 where it has no such stage.
    `order`: 1 is started first. Tasks: `task_from[i] .. task_from[i + 1]` are those of hazard i,
    with their area and finish of TS and clearance. `curve_days` (H + 1), `curve_m2` (3, H + 1):
    expected area given back by then as cancelled, reduced, cleared (S03).
    """

    start: date
    end: date
    first: np.ndarray
    done: np.ndarray
    nts: np.ndarray
    ts: np.ndarray
    clearance: np.ndarray
    order: np.ndarray
    task_from: np.ndarray
    task_m2: np.ndarray
    task_ts: np.ndarray
    task_clearance: np.ndarray
    modes: tuple[str, ...]
    hazard_modes: tuple[tuple[int, ...], ...]
    teams: tuple[str, ...]
    hazard_teams: tuple[tuple[int, ...], ...]
    curve_days: np.ndarray
    curve_m2: np.ndarray
    stages: int
    unfinished: int

    def released_by_end(self) -> np.ndarray:
        """(cancelled, reduced, cleared) in m² at the end of the plan."""
        return self.curve_m2[:, -1]


def plan_dates(
    plan: Plan, hazard_ids: list[str], *, with_priority: bool = True
) -> PlanDates:
    """Read a plan's schedule by hazard; see `PlanDates`.

    A finish at slot f is the END of slot f - 1: `delay_days[f]` calendar days, rounded up, so that
    no date is earlier than the plan says. Without `with_priority` areas that start on the same day
    stand in the order of their ids.
    """
    problem, schedule = plan.problem, plan.schedule
    n, horizon = len(hazard_ids), problem.horizon
    position = {hazard_id: i for i, hazard_id in enumerate(hazard_ids)}
    hazard = np.array([position.get(h, -1) for h in problem.hazard_ids], dtype=np.int64)
    of = hazard[problem.hazard] if len(problem.hazard) else np.zeros(0, dtype=np.int64)
    activity = np.asarray(problem.activity, dtype=np.int64)
    finish = np.asarray(schedule.finish, dtype=np.int64)
    begun = np.asarray(schedule.start, dtype=np.int64)
    start = problem.slot_starts[0]
    end_days = np.ceil(np.asarray(problem.delay_days) - 1e-9).astype(np.int64)
    start_days = np.array([(d - start).days for d in problem.slot_starts], dtype=np.int64)
    finished = finish >= 0
    finish_day = np.where(finished, end_days[np.clip(finish, 0, horizon)], -1)
    begin_day = np.where(begun >= 0, start_days[np.clip(begun, 0, horizon)], -1)

    known = of >= 0
    last = {}
    for a, name in enumerate(ACTIVITIES):
        pick = known & (activity == a)
        day = np.full(n, -2, dtype=np.int64)
        np.maximum.at(day, of[pick], finish_day[pick])
        late = pick & ~finished
        day[of[late]] = -1
        last[name] = day
    first = np.full(n, np.iinfo(np.int64).max)
    np.minimum.at(first, of[known & (begun >= 0)], begin_day[known & (begun >= 0)])
    first[first == np.iinfo(np.int64).max] = -1
    done = np.maximum.reduce([last[name] for name in ACTIVITIES])
    for name in ACTIVITIES:
        done[last[name] == -1] = -1
    done[done == -2] = -1

    # The order is that in which the plan starts the areas; what it does not reach comes last, in
    # the order of dispatch.
    priority = np.full(n, np.inf)
    if with_priority:
        np.minimum.at(priority, of[known], np.asarray(plan.priority, dtype=float)[known])
    when = np.where(first < 0, np.inf, first.astype(float))
    order = np.empty(n, dtype=np.int64)
    order[np.lexsort((np.array(hazard_ids, dtype=object).astype(str), priority, when))] = np.arange(
        1, n + 1
    )

    tasks = len(problem.tasks)
    task = np.asarray(problem.task, dtype=np.int64)
    task_ts, task_clearance = np.full(tasks, -2), np.full(tasks, -2)
    for values, name in ((task_ts, "TS"), (task_clearance, "clearance")):
        pick = (activity == ACTIVITIES.index(name)) & (task >= 0)
        values[task[pick]] = finish_day[pick]
    owner = np.array([position.get(t.hazard_id, -1) for t in problem.tasks], dtype=np.int64)
    by_owner = np.argsort(owner, kind="stable")
    by_owner = by_owner[owner[by_owner] >= 0] if tasks else by_owner
    task_from = np.searchsorted(owner[by_owner], np.arange(n + 1))
    task_m2 = np.array([t.area_m2 for t in problem.tasks], dtype=float)

    modes: dict[str, int] = {}
    teams: dict[str, int] = {}
    hazard_modes: list[set[int]] = [set() for _ in range(n)]
    hazard_teams: list[set[int]] = [set() for _ in range(n)]
    option = np.asarray(schedule.option, dtype=np.int64)
    for s in np.flatnonzero(known & (option >= 0)).tolist():
        o, h = int(option[s]), int(of[s])
        if ACTIVITIES[activity[s]] == "clearance":
            mode = problem.option_mode[o]
            hazard_modes[h].add(modes.setdefault(mode, len(modes)))
        for p in (int(problem.first_pool[o]), int(problem.second_pool[o])):
            if p >= 0:
                hazard_teams[h].add(teams.setdefault(problem.pools[p].id, len(teams)))

    curve = np.zeros((len(ACTIVITIES), horizon + 1))
    for a in range(len(ACTIVITIES)):
        pick = (activity == a) & finished
        np.add.at(curve[a], finish[pick], np.asarray(problem.released_m2)[pick])
    return PlanDates(
        start=start,
        end=problem.slot_starts[-1],
        first=first,
        done=done,
        nts=last["NTS"],
        ts=last["TS"],
        clearance=last["clearance"],
        order=order,
        task_from=task_from,
        task_m2=task_m2[by_owner],
        task_ts=task_ts[by_owner],
        task_clearance=task_clearance[by_owner],
        modes=tuple(modes),
        hazard_modes=tuple(tuple(sorted(m)) for m in hazard_modes),
        teams=tuple(teams),
        hazard_teams=tuple(tuple(sorted(m)) for m in hazard_teams),
        curve_days=end_days,
        curve_m2=np.cumsum(curve, axis=1),
        stages=len(finish),
        unfinished=int((~finished).sum()),
    )


def visible_dates(report: Report, sight: Sight) -> PlanDates | None:
    """The plan by hazard where there is one and the reader may see its dates."""
    if report.plan is None or not sight.dates:
        return None
    return plan_dates(report.plan, [h.id for h in report.land.hazards],
                      with_priority=sight.priority)


def order_of(report: Report, sight: Sight, dates: PlanDates | None) -> tuple[np.ndarray, str]:
    """The rank of each hazard, 1 first, and what it follows: "plan", "people" or "records"."""
    if dates is not None:
        return dates.order, "plan"
    if report.assessments and sight.assessment:
        return people_order(report), "people"
    return np.arange(1, len(report.land.hazards) + 1), "records"


def people_order(report: Report) -> np.ndarray:
    """Rank by residents nearby, 1 the most; areas without an assessment come last."""
    people = {a.hazard_id: a.people_nearby for a in report.assessments}
    n = len(report.land.hazards)
    key = np.array([-people.get(h.id, -1.0) for h in report.land.hazards])
    order = np.empty(n, dtype=np.int64)
    order[np.lexsort((np.array([h.id for h in report.land.hazards]), key))] = np.arange(1, n + 1)
    return order


def origin_of(land_bounds: tuple[float, float, float, float]) -> tuple[int, int]:
    west, south, _, _ = land_bounds
    return math.floor(west * STEPS_PER_DEGREE), math.floor(south * STEPS_PER_DEGREE)


def bounds_of(land: Land) -> tuple[float, float, float, float]:
    """West, south, east, north of the hazards, or of the municipalities where there are none."""
    shapes = (
        [h.ground for h in land.hazards]
        or [o.ground for o in land.outcomes]
        or [m.ground for m in land.municipalities]
    )
    if not shapes:
        return (-1.0, -1.0, 1.0, 1.0)
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    return float(west), float(south), float(east), float(north)


def _whole(value: float) -> int | None:
    return None if value is None or not math.isfinite(value) else round(value)


class _Table:
    """Each different text once; rows hold its number."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        return self.numbers.setdefault(text, len(self.numbers))

    @property
    def texts(self) -> list[str]:
        return list(self.numbers)


def map_content(report: Report, sight: Sight, dates: PlanDates | None,
                say: Callable[[str], str] = str) -> dict[str, Any]:
    """What the script of the planner page needs, as columns: value i belongs to hazard i.

    say : what the reader's language says for the sentences of a stage.
    """
    say = functools.cache(say)
    land = report.land
    bounds = bounds_of(land)
    origin = origin_of(bounds)
    names = {m.id: m.name for m in land.municipalities}
    table = _Table()
    # Admitted in this order, so that the names of municipalities have the smallest numbers.
    municipality = [table(names.get(h.municipality_id, "")) for h in land.hazards]
    assessed = {a.hazard_id: a for a in report.assessments} if sight.assessment else {}
    found = [assessed.get(h.id) for h in land.hazards]
    hazards: dict[str, Any] = {
        "id": [h.id for h in land.hazards],
        "rings": [rings(h.ground, origin, record_id=h.id) for h in land.hazards],
        "m": municipality,
        "area": [_whole(h.area_m2) for h in land.hazards],
        "class": [table(h.hazard_type) for h in land.hazards],
        "status": [table(h.status) for h in land.hazards],
        "order": order_of(report, sight, dates)[0].tolist(),
    }
    if assessed:
        hazards |= {
            "people": [None if a is None else _whole(a.people_nearby) for a in found],
            "people_low": [None if a is None else _whole(a.people_low) for a in found],
            "people_high": [None if a is None else _whole(a.people_high) for a in found],
            "chance": [None if a is None else _share(a.prior.probability) for a in found],
            "chance_low": [None if a is None else _share(a.prior.low) for a in found],
            "chance_high": [None if a is None else _share(a.prior.high) for a in found],
            "is_prior": [None if a is None else int(a.prior.is_prior) for a in found],
            "overlap": [None if a is None else _whole(a.cleared_overlap_m2) for a in found],
            "next": [None if a is None else table(say(a.next_action)) for a in found],
            "why": [[] if a is None else [table(say(r)) for r in a.prior.reasons] for a in found],
        }
        if sight.accident_counts:
            hazards |= {
                "inside": [None if a is None else a.accidents_inside for a in found],
                "near": [None if a is None else a.accidents_nearby for a in found],
            }
        if sight.lifted_counts:
            hazards["lifted"] = [None if a is None else a.lifted_nearby for a in found]
    content: dict[str, Any] = {
        "steps": STEPS_PER_DEGREE,
        "origin": list(origin),
        "bounds": list(bounds),
        "hazards": hazards,
        "texts": table.texts,
    }
    if dates is not None:
        content["plan"] = _plan_content(dates, with_teams=sight.teams)
        if report.communities is not None:
            content["plan"]["reach"] = _reach_content(report.communities, dates)
    if sight.outcome:
        content["outcomes"] = {
            "rings": [rings(o.ground, origin, record_id=o.id) for o in land.outcomes],
            "kind": [o.outcome_type for o in land.outcomes],
        }
    if sight.accident:
        content["accidents"] = places([a.place for a in land.accidents], origin)
    if sight.lifted:
        content["lifted"] = places([a.place for a in land.lifted], origin)
    if sight.settlement:
        chosen = sorted(land.settlements, key=lambda s: (-(s.population or 0), s.name))
        content["settlements"] = {
            "name": [s.name for s in chosen],
            "xy": places([s.place for s in chosen], origin),
            "error": [_whole(s.position_error_m) for s in chosen],
        }
    if sight.administrative_area:
        content["municipalities"] = municipality_content(land.municipalities, origin)
    if sight.contamination and report.contamination is not None:
        cells = cells_content(report.contamination, origin,
                              [a.prior.is_prior for a in report.assessments])
        if cells is not None:
            content["cells"] = cells
    return content


def _share(value: float) -> float:
    return round(float(value), 4)


def _plan_content(dates: PlanDates, *, with_teams: bool) -> dict[str, Any]:
    content: dict[str, Any] = {
        "start": dates.start.isoformat(),
        "days": (dates.end - dates.start).days,
        "first": dates.first.tolist(),
        "done": dates.done.tolist(),
        "nts": dates.nts.tolist(),
        "ts": dates.ts.tolist(),
        "clearance": dates.clearance.tolist(),
        "task_from": dates.task_from.tolist(),
        "task_area": [round(v) for v in dates.task_m2.tolist()],
        "task_ts": dates.task_ts.tolist(),
        "task_clearance": dates.task_clearance.tolist(),
        "modes": list(dates.modes),
        "hazard_modes": [list(m) for m in dates.hazard_modes],
    }
    if with_teams:
        content |= {
            "teams": list(dates.teams),
            "hazard_teams": [list(t) for t in dates.hazard_teams],
        }
    # Only where something changes: the curve has steps at the ends of slots.
    total = dates.curve_m2.sum(axis=0)
    keep = np.flatnonzero(np.diff(total, prepend=-1.0) != 0)
    content["curve"] = {
        "day": dates.curve_days[keep].tolist(),
        **{
            name: [round(v) for v in dates.curve_m2[i, keep].tolist()]
            for i, name in enumerate(("cancelled", "reduced", "cleared"))
        },
    }
    return content


def _reach_content(found: Reopening, dates: PlanDates) -> dict[str, Any]:
    """Communities by the day from which they can be reached, -1 where not within the plan."""
    shift = (found.start - dates.start).days
    return {
        "day": [int(max(0, math.ceil(d + shift))) if math.isfinite(d) else -1
                for d in found.plan_day],
        "people": [None if math.isnan(v) else round(float(v)) for v in found.weight],
    }


def municipality_content(areas: Any, origin: tuple[int, int]) -> dict[str, Any]:
    """Outlines for orientation only, simplified by about 30 m: they bound no hazard."""
    shapes = [shapely.simplify(a.ground, 0.0003) for a in areas]
    inner = [shapely.get_coordinates(shapely.point_on_surface(a.ground))[0] for a in areas]
    return {
        "name": [a.name for a in areas],
        "rings": [rings(s, origin, record_id=a.id) for s, a in zip(shapes, areas, strict=True)],
        "at": [
            [
                round(float(x * STEPS_PER_DEGREE)) - origin[0],
                round(float(y * STEPS_PER_DEGREE)) - origin[1],
            ]
            for x, y in inner
        ],
    }


# --- forecast ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Finish:
    """Quantiles (10, 50, 90 %) of the finish; None stands for "not by the horizon"."""

    low: date | None
    median: date | None
    high: date | None
    horizon: date
    never: float  # share of runs
    years: tuple[int, ...]
    shares: tuple[float, ...]  # of the runs, by year; `never` is apart


def finish_of(outlook: Outlook) -> Finish:
    """The distribution of the finish. Quantiles are of the ordered runs (no interpolation), so a
    run that never finishes counts as later than any date."""
    days = np.sort(np.asarray(outlook.finish_day, dtype=float))
    horizon = outlook.start + timedelta(days=int(outlook.horizon_days))

    def at(share: float) -> date | None:
        value = days[min(len(days) - 1, math.ceil(share * len(days)) - 1)]
        return outlook.start + timedelta(days=math.ceil(value)) if math.isfinite(value) else None

    ended = [(outlook.start + timedelta(days=math.ceil(d))).year for d in days if math.isfinite(d)]
    years = tuple(range(min(ended), max(ended) + 1)) if ended else ()
    counts = {year: ended.count(year) for year in years}
    return Finish(
        low=at(0.1),
        median=at(0.5),
        high=at(0.9),
        horizon=horizon,
        never=float(np.mean(~np.isfinite(days))),
        years=years,
        shares=tuple(counts[y] / len(days) for y in years),
    )


def cost_quantiles(outlook: Outlook) -> tuple[float, float, float]:
    low, median, high = np.quantile(np.asarray(outlook.cost, dtype=float), [0.1, 0.5, 0.9])
    return float(low), float(median), float(high)


@dataclass(frozen=True, slots=True)
class Chance:
    """The share of the runs that are done by the end of a day."""

    day: date
    share: float
    announced: bool  # somebody promised this day


def chances(outlook: Outlook, promised: tuple[date, ...]) -> list[Chance]:
    """P(all done by a day): the days that were announced, then at most twelve ends of years."""
    announced = [Chance(day, outlook.chance_by(day), True) for day in sorted(set(promised))]
    return announced + [Chance(date(year, 12, 31), outlook.chance_by(date(year, 12, 31)), False)
                        for year in chance_years(outlook)]


def chance_years(outlook: Outlook, most: int = 12) -> list[int]:
    """Years for the table: even steps while the runs end, then the last one.

    From before the first run ends until nine in ten have, so that a few late runs do not stretch
    the table; the last is the year of the last run, or the last whole one where runs never end.
    """
    finish = finish_of(outlook)
    end = finish.horizon.year - 1
    first = finish.years[0] if finish.years else end
    last = max(first, min(end, finish.years[-1]) if finish.years and not finish.never else end)
    late = min(last, finish.high.year if finish.high is not None else last)
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if (late - first) // s + 3 <= most)
    return sorted({y for y in range(first - 1, late + 1) if y % step == 0} | {last})


def curve_rows(outlook: Outlook, most: int = 12) -> list[tuple[date, float, float, float]]:
    """The curve as a table: the end of a year, and the area (m²) given back by then in the lowest,
    the middle and the highest of the quantiles of the runs."""
    levels = np.asarray(outlook.quantiles, dtype=float)
    rows = [int(np.argmin(levels)), int(np.argmin(np.abs(levels - 0.5))), int(np.argmax(levels))]
    curves = np.asarray(outlook.released_m2, dtype=float)[rows]
    days = np.asarray(outlook.curve_days, dtype=float)
    grows = np.flatnonzero(np.diff(curves[0], append=curves[0][-1]) > 0)
    last = outlook.start + timedelta(days=int(days[grows[-1]]) if len(grows) else 0)
    ends = [date(y, 12, 31) for y in range(outlook.start.year, last.year + 1)]
    ends = ends[:: max(1, math.ceil(len(ends) / most))]
    at = [(day - outlook.start).days for day in ends]
    low, middle, high = (np.interp(at, days, curve).tolist() for curve in curves)
    return list(zip(ends, low, middle, high, strict=True))


# --- the public ----------------------------------------------------------------------------------


def public_content(report: PublicReport) -> dict[str, Any]:
    """What the script of the public page needs: cells, released ground, outlines, names.

    Raises LandReleaseError PUB-004: cells without a width.
    """
    if not (math.isfinite(report.cell_m) and report.cell_m > 0):
        raise LandReleaseError(PUB_PUBLIC_FACTS, found=f"cells of {report.cell_m} m")
    # What is recorded fills the map; outlines alone only where nothing is.
    shapes = [*report.hazardous, *(r.ground for r in report.released),
              *(r.ground for r in report.reported)] or [
        m.ground for m in report.municipalities]
    bounds = (
        (-1.0, -1.0, 1.0, 1.0)
        if not shapes
        else tuple(float(v) for v in shapely.total_bounds(np.array(shapes, dtype=object)))
    )
    origin = origin_of(bounds)  # type: ignore[arg-type]
    chosen = sorted(report.places, key=lambda s: (-(s.population or 0), s.name))
    return {
        "steps": STEPS_PER_DEGREE,
        "origin": list(origin),
        "bounds": list(bounds),
        "place_m": report.place_m,
        "cells": [rings(g, origin, record_id="a cell") for g in report.hazardous],
        "reported": {
            "rings": [rings(r.ground, origin, record_id="a cell") for r in report.reported],
            "on": [None if r.day is None else r.day.isoformat() for r in report.reported],
        },
        "unplaced": report.unplaced,
        "released": {
            "rings": [
                rings(r.ground, origin, record_id="released ground") for r in report.released
            ],
            "depth": [r.depth_m for r in report.released],
            "on": [
                None if r.released_on is None else r.released_on.isoformat()
                for r in report.released
            ],
            "signed": [r.signed for r in report.released],
        },
        "municipalities": municipality_content(report.municipalities, origin),
        "settlements": {
            "name": [s.name for s in chosen],
            "xy": places([s.place for s in chosen], origin),
            "error": [_whole(s.position_error_m) for s in chosen],
        },
    }
