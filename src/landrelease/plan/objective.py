"""The same problem judged by other weights, and what a plan is worth in each part of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from landrelease.core.conditions import Benefits, Objective
from landrelease.core.work import Plan, Problem, Schedule
from landrelease.errors import PLAN_VALUE_OUT_OF_RANGE, LandReleaseError
from landrelease.plan.arrays import loss_curve
from landrelease.plan.compare import community_slots
from landrelease.plan.waiting import NEVER

# What people see of an objective; each is a weight in `Objective`.
PARTS = {"people": "person_weight", "land": "hectare_weight", "seasons": "season_weight",
         "access": "access_weight", "infrastructure": "infrastructure_weight"}


def weighted(problem: Problem, objective: Objective) -> Problem:
    """The problem with other weights; teams, roads and money stay as they are, and promises keep
    their prices unless the objective has another `promise_price` or `change_price`.

    Raises PLN-009: a weight that is not a number of 0 or more, an exponent below 1, a price where
    nothing was promised, or a problem that does not hold its benefits before weights.
    """
    for name in (*PARTS.values(), "promise_price", "change_price"):
        value = getattr(objective, name)
        if not 0 <= value < np.inf:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=value,
                                   expected="a number of 0 or more")
    if not 1 <= objective.worst_off < np.inf:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="worst_off",
                               found=objective.worst_off, expected="1 or more")
    benefits, access, terms = problem.benefits, problem.access, problem.conditions
    if benefits is None:
        raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="the benefits of the problem",
                               found="none", expected="people and hectares before weights: make "
                               "the plan again")
    if access is not None:
        access = replace(access, community_weight=objective.access_weight
                         * _reported(access.community_people))
    if terms.projects is not None:
        terms = replace(terms, projects=replace(
            terms.projects, weight=objective.infrastructure_weight
            * _reported(terms.projects.people)))
    if terms.seasons_missed is not None:
        terms = replace(terms, season_weight=objective.season_weight * growing(benefits))
    weight = objective.person_weight * benefits.people + (
        objective.hectare_weight * benefits.hectares)
    told, before = terms.promises, problem.objective
    for name in ("promise_price", "change_price"):
        price = getattr(objective, name)
        if price == getattr(before, name):
            continue
        if told is None:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name=name, found=price,
                                   expected="a plan that was made again (`plan make --standing`): "
                                   "this one holds no promises")
        told = replace(told, late_price=late_prices(price, told.finish, weight)) if (
            name == "promise_price") else replace(
                told, change_price=np.where(told.option >= 0, price, 0.0))
    return replace(problem, objective=objective, access=access, weight=weight,
                   conditions=replace(terms, promises=told))


def late_prices(price: float, finish: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """Points a day (S,) that a stage is later than promised: `price` of what its day costs."""
    return np.where(finish >= 0, price * np.maximum(weight, 0.0), 0.0)


def growing(benefits: Benefits) -> np.ndarray:
    """Hectares (S,) on which something grows: all, where nobody says what the land is used for."""
    return benefits.hectares if benefits.growing is None else benefits.growing


def _reported(people: np.ndarray) -> np.ndarray:
    """People, and their mean where nobody reported them (S12: not zero)."""
    known = np.isfinite(people)
    mean = float(people[known].mean()) if known.any() else 0.0
    return np.where(known, people, mean)


@dataclass(frozen=True, slots=True)
class Losses:
    """What is lost until the horizon, in its own unit and before any weight; smaller is better."""

    people: float  # residents nearby x days until their land is back
    land: float  # hectares x days
    seasons: float  # hectares x growing seasons missed
    access: float  # residents of communities cut off x days
    infrastructure: float  # beneficiaries of works x days


def losses(problem: Problem, schedule: Schedule) -> Losses:
    """The parts of the objective that a schedule leaves. `worst_off` bends days as in the score."""
    loss, horizon = loss_curve(problem), problem.horizon
    slot = np.where(schedule.finish >= 0, schedule.finish, horizon)
    benefits, access, terms = problem.benefits, problem.access, problem.conditions
    people = land = seasons = cut_off = works = 0.0
    if benefits is not None:
        people = float((benefits.people * loss[slot]).sum())
        land = float((benefits.hectares * loss[slot]).sum())
        if terms.seasons_missed is not None:
            seasons = float((growing(benefits) * terms.seasons_missed[slot]).sum())
    if access is not None:
        at = community_slots(problem, schedule)
        at = np.where(at >= NEVER, horizon, np.minimum(at, horizon))
        cut_off = float((_reported(access.community_people) * loss[at]).sum())
    if terms.projects is not None and schedule.project_finish is not None:
        end = np.where(schedule.project_finish >= 0, schedule.project_finish, horizon)
        works = float((_reported(terms.projects.people) * loss[end]).sum())
    return Losses(people, land, seasons, cut_off, works)


def best_bounds(shares: Sequence[float], bounds: Sequence[float]) -> list[float]:
    """The best proven bound for each of several weightings of two parts, from all their bounds.

    shares : in 0..1, of the weight on the second part; 1 - share lies on the first. The least
    score of any plan is a concave function of the weights (it is a minimum of linear ones), and
    does not fall when a weight grows. So a bound between two weightings is at least on the line
    between theirs, and one weighting's bound, scaled so that no weight is exceeded, holds for
    another.
    """
    out = []
    for at in shares:
        best = 0.0
        for a, first in zip(shares, bounds, strict=True):
            fits = min((1 - at) / (1 - a) if a < 1 else np.inf, at / a if a > 0 else np.inf)
            best = max(best, fits * first)
            for b, second in zip(shares, bounds, strict=True):
                if a < at < b:
                    best = max(best, ((b - at) * first + (at - a) * second) / (b - a))
        out.append(best)
    return out


def front(plans: list[Plan], one: str, other: str) -> list[int]:
    """Which plans no other one beats in both of two parts of the objective, by the first part.

    Of plans that are equal in both the first given one stays. Raises PLN-009: an unknown part.
    """
    for name in (one, other):
        if name not in PARTS:
            raise LandReleaseError(PLAN_VALUE_OUT_OF_RANGE, name="a part of the objective",
                                   found=name, expected=" or ".join(PARTS))
    points = []
    for i, plan in enumerate(plans):
        lost = losses(plan.problem, plan.schedule)
        points.append((getattr(lost, one), getattr(lost, other), i))
    out, least = [], np.inf
    for _, second, i in sorted(points):
        if second < least - 1e-9 * max(1.0, abs(second)):
            out.append(i)
            least = second
    return out
