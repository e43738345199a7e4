"""How much of its working time a plan gives to travel, and how much of it the model leaves out.

    python benchmarks/plan_moves.py PLAN

The plan charges every step the way from the base to its ground, whatever the team did before, and
no way back. Said here beside it, over each team's steps in their order: the ways from ground to
ground, and those with a way home between any two steps. Shares are of all team-days of the plan.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from landrelease.core.geometry import geodesic_distance_m
from landrelease.core.work import Problem, Schedule
from landrelease.plan.problem import TRAVEL_HOME_EVERY_DAYS
from landrelease.store.results import load_plan


def places(problem: Problem) -> np.ndarray:
    """(S, 2) a point on the ground of each stage; of a whole area the middle of its tasks."""
    at = np.array([(t.longitude, t.latitude) for t in problem.tasks])
    hazard = np.array([problem.hazard_ids.index(t.hazard_id) for t in problem.tasks])
    count = np.bincount(hazard, minlength=len(problem.hazard_ids))
    middle = np.column_stack([np.bincount(hazard, at[:, k], len(count)) for k in (0, 1)])
    middle /= np.maximum(count, 1)[:, None]
    task = problem.task[:, None]
    return np.where(task >= 0, at[np.maximum(problem.task, 0)], middle[problem.hazard])


Works = dict[tuple[int, int], list[tuple[int, int, int]]]


def steps(problem: Problem, schedule: Schedule) -> Works:
    """(begin, end, stage) of each team (pool, number), in order of time."""
    found: Works = {}
    for s in np.flatnonzero(schedule.option >= 0).tolist():
        o = int(schedule.option[s])
        found.setdefault((int(problem.first_pool[o]), int(schedule.team[s])), []).append(
            (int(schedule.start[s]), int(schedule.first_finish[s]), s))
        if problem.second_pool[o] >= 0:
            found.setdefault((int(problem.second_pool[o]), int(schedule.second_team[s])),
                             []).append((int(schedule.second_start[s]), int(schedule.finish[s]), s))
    return {team: sorted(works) for team, works in found.items()}


def km(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return geodesic_distance_m(*one.T, *other.T) / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("plan", type=Path)
    saved = load_plan(parser.parse_args().plan)
    problem, value = saved.plan.problem, saved.assumptions.value
    hours, speed = value("working_hours_per_day"), value("travel_speed_km_per_hour")
    at = places(problem)
    days = out = between = home = travel = 0.0
    count = camping = 0
    teams = steps(problem, saved.plan.schedule)
    for (pool, _), works in teams.items():
        where = at[[s for _, _, s in works]]
        base = np.repeat([[problem.pools[pool].longitude, problem.pools[pool].latitude]],
                         len(where), axis=0)
        far = km(base, where)
        on_site = np.array([end - begin for begin, end, _ in works]) * problem.slot_days
        camps = far > value("camp_distance_km")
        days += float(on_site.sum())
        out += float(far.sum())
        between += float(far[0] + km(where[:-1], where[1:]).sum())
        home += float(2 * far.sum() - far[-1])
        travel += float((on_site * 2 * far / speed / hours / np.where(
            camps, TRAVEL_HOME_EVERY_DAYS, 1.0)).sum())
        count, camping = count + len(works), camping + int(camps.sum())
    day = speed * hours * days
    print(f"{count:,} steps of {len(teams)} teams, {days:,.0f} team-days, {camping} of the steps "
          "from a camp")
    print(f"as planned: daily and weekly ways {travel / days:.2%}, setting up "
          f"{count * value('move_days') / days:.2%}, the way out from the base {out / day:.2%}")
    print(f"ways from ground to ground instead: {between / day:.2%}; home between any two steps: "
          f"{home / day:.2%}")


if __name__ == "__main__":
    main()
