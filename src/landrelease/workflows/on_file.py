"""Plans and forecasts on file as a reader may see them (S14, S16).

A plan whole (order, dates, teams, cost, quality) is for who sees all of these; for others who see
dated plans there are the dates and their own teams of the plan in force, for donors its quality.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.work import ACTIVITIES
from landrelease.errors import NOT_FOUND_HERE, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.outlook import Outlook
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile
    from landrelease.store.shelf import Kept, Shelf


def sees_plans(reader: View) -> bool:
    """Whether a reader sees plans whole."""
    from landrelease.access.policy import WAYS_OUT

    return all(reader.may(s, f) for s, f in WAYS_OUT["plan explain"].needs)


def sees_dates(reader: View) -> bool:
    """Whether a reader sees the dates of the plan in force."""
    return reader.may("plan_dates", "start")


def sees_quality(reader: View) -> bool:
    return reader.may("plan_quality", "gap")


def _whole(kept: Kept, areas: Sequence[str]) -> bool:
    """Whether what is on file holds nothing beyond the areas of a reader."""
    return not areas or (kept.areas is not None and set(kept.areas) == set(areas))


def _named(shelf: Shelf, name: str) -> Kept:
    """The one of that name, or the one in force for an empty name. Raises WEB-010."""
    if not name:
        standing = shelf.in_force()
        name = "" if standing is None else standing.name
    found = shelf.find(name) if name else None
    if found is None:
        raise LandReleaseError(NOT_FOUND_HERE, found=f"plan {name}" if name else "plan in force")
    return found


def plans_on_file(shelf: Shelf, reader: View, areas: Sequence[str]) -> list[Kept]:
    """The plans that a reader may look at whole, the newest first."""
    return [k for k in shelf.all() if _whole(k, areas)] if sees_plans(reader) else []


def plan_on_file(shelf: Shelf, reader: View, name: str, areas: Sequence[str]) -> Kept:
    """A plan for who sees plans whole; an empty name is the one in force.

    Raises ACC-101 for other roles, WEB-010: there is none of that name for this reader.
    """
    reader.check("plan explain")
    found = _named(shelf, name)
    if not _whole(found, areas):
        raise LandReleaseError(NOT_FOUND_HERE, found=f"plan {found.name}")
    return found


def plan_to_forecast(shelf: Shelf, reader: View, name: str, areas: Sequence[str]) -> Kept:
    """A plan that a reader may have simulated: any for who sees plans, else the one in force.

    Raises ACC-101, WEB-010.
    """
    reader.check("forecast make")
    if sees_plans(reader):
        return plan_on_file(shelf, reader, name, areas)
    found = _named(shelf, "")
    if name not in ("", found.name) or not _whole(found, areas):
        raise LandReleaseError(NOT_FOUND_HERE, found=f"plan {name or found.name}")
    return found


def plan_in_force(shelf: Shelf, reader: View) -> Kept | None:
    """The plan in force for who sees anything of it. Raises ACC-101 for who sees nothing."""
    if not (sees_dates(reader) or sees_quality(reader)):
        reader.check("plan explain")
    standing = shelf.in_force()
    return None if standing is None else shelf.find(standing.name)


def forecasts_on_file(shelf: Shelf, reader: View, areas: Sequence[str]) -> list[Kept]:
    """The forecasts that a reader may look at: all for who sees plans, else the one in force and,
    for who may make forecasts, those that the reader's own organisation made."""
    if not reader.may("forecast", "finish"):
        return []
    standing = shelf.in_force()
    may_make = reader.may("forecast", "cost") and sees_quality(reader)
    out = []
    for k in shelf.all():
        current = standing is not None and k.name == standing.name
        own = may_make and bool(reader.organisation) and (
            k.about.get("organisation") == reader.organisation
            and k.about.get("role") == reader.role and _whole(k, areas))
        if current or own or (sees_plans(reader) and _whole(k, areas)):
            out.append(k)
    return out


def forecast_on_file(shelf: Shelf, reader: View, name: str, areas: Sequence[str]) -> Kept:
    """A forecast by its name, an empty one being that in force. Raises WEB-010, ACC-101."""
    if not reader.may("forecast", "finish"):
        reader.check("forecast make")
    if not name:
        standing = shelf.in_force()
        name = "" if standing is None else standing.name
    for kept in forecasts_on_file(shelf, reader, areas):
        if kept.name == name:
            return kept
    raise LandReleaseError(NOT_FOUND_HERE,
                           found=f"forecast {name}" if name else "forecast in force")


# --- the plan in rows ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of work of one team. `row` is the team's; `order` the place of its area."""

    team: str
    pool: str
    organisation: str
    stage: str
    hazard: str
    activity: str
    mode: str
    start: date
    finish: date
    order: int


@dataclass(frozen=True, slots=True)
class SeenPlan:
    """A plan as a reader may see it.

    bars : work of the teams that the reader sees, by team. rows : the dates of all stages, in order
    of their start, with the visible fields. whole : order, teams, costs and quality are in it.
    """

    bars: tuple[Bar, ...]
    rows: tuple[dict[str, Any], ...]
    whole: bool
    first: date
    last: date
    hidden_teams: bool


def order_of(saved: PlanFile) -> dict[str, int]:
    """Hazard -> its place, 1 first, by the start of its first stage, then by its id."""
    problem, schedule = saved.plan.problem, saved.plan.schedule
    first: dict[str, int] = {}
    for s in np.flatnonzero(schedule.start >= 0).tolist():
        name = problem.hazard_ids[int(problem.hazard[s])]
        first[name] = min(first.get(name, 1 << 30), int(schedule.start[s]))
    return {name: n for n, name in enumerate(
        sorted(first, key=lambda h: (first[h], h)), 1)}


def seen(saved: PlanFile, reader: View, registry: Registry) -> SeenPlan:
    """A plan's dates and teams under the policy; hazards outside a reader's areas fall out."""
    from landrelease.store.results import _slot_end

    problem, schedule = saved.plan.problem, saved.plan.schedule
    known: set[str] | None = None
    if reader.areas:
        known = {r.id for r in reader.inside(registry.records("hazard"))}
    place = order_of(saved)
    dates: list[dict[str, Any]] = []
    work: list[dict[str, Any]] = []
    for s in np.lexsort((np.arange(len(problem.stage_ids)), schedule.start)).tolist():
        option, hazard = int(schedule.option[s]), problem.hazard_ids[int(problem.hazard[s])]
        if option < 0 or (known is not None and hazard not in known):
            continue
        stage, activity = problem.stage_ids[s], ACTIVITIES[int(problem.activity[s])]
        mode = problem.option_mode[option]
        start = problem.slot_starts[int(schedule.start[s])]
        finish = date.fromisoformat(_slot_end(problem, schedule.finish[s]))
        dates.append({"task_id": stage, "hazard_id": hazard, "activity": activity,
                      "start": start, "finish": finish, "mode": mode,
                      "cost": float(problem.option_cost[option])})
        steps = [(int(problem.first_pool[option]), int(schedule.team[s]), start,
                  date.fromisoformat(_slot_end(problem, schedule.first_finish[s])))]
        if int(problem.second_pool[option]) >= 0:
            steps.append((int(problem.second_pool[option]), int(schedule.second_team[s]),
                          problem.slot_starts[int(schedule.second_start[s])], finish))
        for pool, number, begins, ends in steps:
            of = problem.pools[pool]
            named = of.members[number] if number < len(of.members) else ""
            work.append({
                "task_id": stage, "team": named or f"{of.id} {number + 1}", "pool": of.id,
                "organisation": of.organisation, "base": of.base, "start": begins,
                "finish": ends, "extra": (hazard, activity, mode, place[hazard])})
    extra = {(w["task_id"], w["team"], w["start"]): w.pop("extra") for w in work}
    bars = []
    for row in reader.rows(work, "plan_teams"):
        hazard, activity, mode, order = extra[row["task_id"], row["team"], row["start"]]
        bars.append(Bar(row["team"], row["pool"], row["organisation"], row["task_id"], hazard,
                        activity, mode, row["start"], row["finish"], order))
    bars.sort(key=lambda b: (b.organisation, b.pool, _natural(b.team), b.start))
    rows = [{**row, "order": place[row["hazard_id"]]} for row in reader.rows(dates, "plan_dates")]
    return SeenPlan(
        tuple(bars), tuple(rows), sees_plans(reader),
        min((d["start"] for d in dates), default=problem.slot_starts[0]),
        max((d["finish"] for d in dates), default=problem.slot_starts[-1]),
        len(bars) < len(work))


def _natural(text: str) -> list[tuple[int, str]]:
    import re

    return [(int(part), "") if part.isdecimal() else (-1, part)
            for part in re.split(r"(\d+)", text) if part]


MAP_MOST = 4_000


def plan_map(saved: PlanFile, seen_plan: SeenPlan, registry: Registry, reader: View
             ) -> dict[str, Any]:
    """GeoJSON of the areas of a plan in their order: `order`, `class` (0 first to 4 last), dates.

    For who sees hazards as they stand and dated plans. At most `MAP_MOST` areas, the first ones;
    `left_out` says how many there are besides.
    """
    import shapely

    from landrelease.workflows import PLAN_WORDS

    if reader.precision("hazard") != "exact":
        reader.check("plan explain")
    dates: dict[str, dict[str, Any]] = {}
    for row in seen_plan.rows:
        at = dates.setdefault(row["hazard_id"], {"start": row["start"], "finish": row["finish"],
                                                 "order": row["order"]})
        at["start"], at["finish"] = min(at["start"], row["start"]), max(at["finish"],
                                                                        row["finish"])
    grounds: dict[str, list[Any]] = {}
    for task in saved.plan.problem.tasks:
        if task.hazard_id in dates:
            grounds.setdefault(task.hazard_id, []).append(task.ground)
    missing = set(dates) - set(grounds)
    if missing:
        for r in reader.inside(registry.records("hazard")):
            if r.id in missing and r.geometry is not None:
                grounds[r.id] = [r.geometry]
    ordered = sorted((h for h in dates if h in grounds), key=lambda h: dates[h]["order"])
    shown, total = ordered[:MAP_MOST], max(1, len(ordered))
    features = []
    for n, hazard in enumerate(shown):
        parts = [p for g in grounds[hazard] for p in getattr(g, "geoms", [g])]
        ground = parts[0] if len(parts) == 1 else shapely.MultiPolygon(
            [p for p in parts if p.geom_type == "Polygon"])
        at = dates[hazard]
        features.append({
            "type": "Feature", "id": n + 1,
            "properties": {"hazard": hazard, "order": at["order"], "class": 5 * n // total,
                           "start": at["start"].isoformat(), "finish": at["finish"].isoformat()},
            "geometry": shapely.geometry.mapping(ground)})
    return {"type": "FeatureCollection", "synthetic": saved.synthetic,
            "description": PLAN_WORDS, "left_out": len(ordered) - len(shown), "features": features}


# --- the forecast --------------------------------------------------------------------------------


def sees_forecasts_whole(reader: View, kept: Kept, areas: Sequence[str]) -> bool:
    """Whether a forecast is shown to a reader with dates of single areas, notes and scores."""
    return sees_plans(reader) and _whole(kept, areas)


def outlook_for(outlook: Outlook, document: dict[str, Any], reader: View, kept: Kept,
                areas: Sequence[str]) -> tuple[Outlook, dict[str, Any]]:
    """A forecast with what a reader may see of it: without cost, and without dates of single areas,
    districts and communities, for who may not (S14, S16)."""
    import dataclasses

    plans = sees_plans(reader)
    full = sees_forecasts_whole(reader, kept, areas)
    hidden = dict(document)
    if not reader.may("forecast", "cost") or (plans and not full):
        outlook = dataclasses.replace(outlook, cost=np.zeros_like(outlook.cost), work_cost=None,
                                      cost_definition="", currency="")
        for name in ("cost", "cost_known", "currency", "budget", "chance_of_budget",
                     "chance_of_budget_interval", "chance_of_budget_open_runs"):
            hidden.pop(name, None)
    if not full:
        outlook = dataclasses.replace(outlook, area_ids=(), area_quantiles=None, area_day=None,
                                      groups=(), group_day=None, notes=(), track=None)
        # Notes and needs name funds, closures and teams.
        for name in ("areas", "groups", "rates", "needed", "notes", "plan", "inputs",
                     "backtest"):
            hidden.pop(name, None)
    return outlook, hidden
