"""Roads, communities and money beside the plan: files in, access and reopening out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import shapely

from landrelease.core.assumption import Assumptions
from landrelease.core.hazard import Land
from landrelease.core.money import Fund, Work
from landrelease.core.outlook import Outlook
from landrelease.core.report import Phase, Reopening
from landrelease.core.work import Access, Plan, Problem

LONGEST_SEGMENT_M = 500.0  # longer ones are cut, so that a hazard leaves the ground before it free


@dataclass(frozen=True, slots=True)
class RoadFiles:
    """Where the roads and the bases are: any format of `records.roads`, and id, longitude, latitude
    of the bases."""

    roads: Path
    bases: Path


def access_over_roads(
    problem: Problem, land: Land, files: RoadFiles, assumptions: Assumptions
) -> Access:
    """Zones and gates of the plan from a road network, and the communities behind them.

    A hazard within `road_margin_m` of a segment blocks it. A community is the land's settlement;
    its own hazards are those within `community_hazard_distance_m`; it is weighed by
    `access_weight` for each of its people, and by the mean of the reported numbers where its own is
    not reported. Closures in time are not in the plan: they are days lost.

    Raises what reading roads and bases raises, and PLN-201 for a base far from every road.
    """
    from landrelease.core.geometry import plane_for
    from landrelease.core.roads import Place
    from landrelease.plan import reach
    from landrelease.records.roads import read_places, read_roads

    network = read_roads(files.roads).network
    nearest = assumptions.value("road_distance_m")
    network, places = reach.attach(network, [
        Place(s.id, s.name, s.place.x, s.place.y, s.population) for s in land.settlements
    ], max_distance_m=nearest)
    network, bases = reach.attach(network, read_places(files.bases), max_distance_m=nearest,
                                  required=True)
    network = reach.subdivide(network, LONGEST_SEGMENT_M)
    known = {hazard.id: hazard for hazard in land.hazards}
    hazards = [known[name] for name in problem.hazard_ids]
    grounds = [hazard.ground for hazard in hazards]
    blocks = reach.blocking(network, problem.hazard_ids, grounds,
                            assumptions.value("road_margin_m"))
    plane = plane_for(network.bounds)
    near = shapely.STRtree(plane.to_plane(np.array(grounds, dtype=object))).query(
        plane.to_plane(np.array([s.place for s in land.settlements], dtype=object)),
        predicate="dwithin", distance=assumptions.value("community_hazard_distance_m"))
    own: list[list[int]] = [[] for _ in land.settlements]
    for settlement, hazard in zip(*near, strict=True):
        own[int(settlement)].append(int(hazard))
    people = places.people
    mean = float(np.nanmean(people)) if np.isfinite(people).any() else 0.0
    made = reach.planner_access(
        network, reach.graph(network), places, bases.node, blocks, grounds, problem.hazard,
        [sorted(o) for o in own],
        assumptions.value("access_weight") * np.where(np.isnan(people), mean, people))
    return made.access


def communities_of(plan: Plan, outlook: Outlook | None, land: Land) -> Reopening | None:
    """When the plan's communities reopen; None where the plan knows no roads."""
    from landrelease.plan.reach import NEVER, community_openings, zone_openings

    problem, finish = plan.problem, plan.schedule.finish
    if problem.access is None:
        return None

    def days(slots: np.ndarray) -> np.ndarray:
        return np.where(slots == NEVER, math.inf,
                        problem.delay_days[np.minimum(slots, problem.horizon)])

    names = {s.id: s.name for s in land.settlements}
    return Reopening(
        start=problem.slot_starts[0],
        names=tuple(names.get(c) or c for c in problem.access.community_ids),
        weight=problem.access.community_people,
        plan_day=days(zone_openings(problem.access, finish)[problem.access.community_zone]),
        run_day=None if outlook is None else outlook.community_day,
        free_day=days(community_openings(problem.access, finish)))


def stages_of_works(problem: Problem, works: Sequence[Work]) -> list[np.ndarray]:
    """The stages (int) that each work waits for: all of the hazards on its land."""
    index = {name: h for h, name in enumerate(problem.hazard_ids)}
    return [np.flatnonzero(np.isin(problem.hazard, [index[h] for h in w.hazards if h in index]))
            for w in works]


def phases_of(
    plan: Plan, outlook: Outlook, funds: Sequence[Fund], works: Sequence[Work]
) -> tuple[Phase, ...]:
    """Phase one pays for demining, phase two for the works on land that is handed back."""
    problem, finish = plan.problem, plan.schedule.finish
    days = np.zeros(len(works))
    for k, stages in enumerate(stages_of_works(problem, works)):
        last = finish[stages]
        if len(last):
            days[k] = math.inf if (last < 0).any() else problem.delay_days[int(last.max())]
    out = []
    for number in sorted({fund.phase for fund in funds}):
        own = [fund for fund in funds if fund.phase == number]
        paid: list[tuple[date, float]] = sorted((fund.announced_for, fund.amount) for fund in own)
        reopening = None
        if number == 2 and works:
            reopening = Reopening(
                start=problem.slot_starts[0], names=tuple(w.id for w in works),
                weight=np.array([w.budget for w in works]), plan_day=days,
                run_day=outlook.work_day)
        out.append(Phase(f"Phase {number}", sum(a for _, a in paid), own[0].currency, tuple(paid),
                         outlook.cost if number == 1 else None, reopening))
    return tuple(out)


def community_rows(found: Reopening) -> list[dict[str, object]]:
    """Rows of communities.csv: the days by the plan's own dates, empty where not within it."""
    def day(days: float) -> str:
        return "" if not math.isfinite(days) else date.fromordinal(
            found.start.toordinal() + math.ceil(days)).isoformat()

    free = found.plan_day if found.free_day is None else found.free_day
    return [{"community": name, "people": "" if math.isnan(people) else int(people),
             "cut_off_now": reached > 0, "reached": day(reached), "own_hazards_released": day(own)}
            for name, people, reached, own in zip(
                found.names, found.weight.tolist(), found.plan_day.tolist(), free.tolist(),
                strict=True)]
