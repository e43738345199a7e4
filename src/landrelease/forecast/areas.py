"""What each area turns out to be in one run: stated shares and chance in, work to do out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

from landrelease.core.work import Problem
from landrelease.forecast.calendar import Calendar
from landrelease.forecast.chance import INNER, QUICK, beta_draw, fork, normal, uniform
from landrelease.forecast.uncertain import Uncertain

if TYPE_CHECKING:
    from landrelease.forecast.scene import Scene

CLEARANCE = 2  # index in `ACTIVITIES`
NO_COPY = 1 << 40  # forks of an area from here on are none of its copies
LEAST = 1e-9  # of a parameter of a Beta: below it the part is 0 (or 1) for certain


class Areas(NamedTuple):
    """The plan's expectations. S stages, H hazards."""

    activity: np.ndarray  # int64 (S,)
    hazard: np.ndarray  # int64 (S,)
    predecessor: np.ndarray  # int64 (S,)
    order: np.ndarray  # int64 (S,) the plan's order
    rank: np.ndarray  # int64 (S,) place of each stage in the plan's order
    released_m2: np.ndarray  # (S,)
    shares: np.ndarray  # (H, 3) planned shares cancelled, reduced, cleared
    follows: np.ndarray  # (H,) how far the hazard follows the programme's mean shares, 0..1
    hazard_m2: np.ndarray  # (H,)
    stages_start: np.ndarray  # (H + 1,) stages of each hazard
    stages: np.ndarray  # (S,)
    place: np.ndarray  # int64 (S,) of each stage within its hazard
    stated: np.ndarray  # (3,) the programme's stated mean shares
    ground: np.ndarray  # int64 (S,) row of `simulate.Runs.ground`; 0: ordinary, or not known
    certain: np.ndarray  # int64 (S,) 1: its time has no luck of its own, the planned one is it


class Outcome(NamedTuple):
    """One run. E elements, each a stage of a known area or of one that turns up, by priority.

    `parent` (E,) is the element after whose end this one becomes ready, -1 where it is ready from
    the start, -2 - parent where it becomes ready only if that ground is contaminated again, some
    time after its end; `work` (E,) multiplies the planned work, 0 where nothing is left to do.
    """

    stage: np.ndarray  # int64 (E,)
    parent: np.ndarray  # int64 (E,)
    work: np.ndarray  # (E,)
    known: np.ndarray  # bool (E,) False: of an area that turned up
    released_m2: np.ndarray  # (E,)
    found_m2: float
    shares: np.ndarray  # (H, 3) of the known areas


def areas_of(problem: Problem, priority: np.ndarray, stated: np.ndarray,
             ground: np.ndarray | None = None, certain: np.ndarray | None = None) -> Areas:
    """Read the expectations off the problem. `stated` (3,) are the programme's mean shares;
    `ground` (H,) the ground of each hazard, `certain` bool (S,), see `Areas`; None: all is
    ordinary, nothing certain."""
    stages, hazards = len(problem.stage_ids), len(problem.hazard_ids)
    activity = np.asarray(problem.activity, dtype=np.int64)
    hazard = np.asarray(problem.hazard, dtype=np.int64)
    released = np.maximum(np.asarray(problem.released_m2, dtype=np.float64), 0.0)
    order = np.lexsort((np.arange(stages), np.asarray(priority, dtype=np.float64)))
    rank = np.empty(stages, dtype=np.int64)
    rank[order] = np.arange(stages)
    area = np.zeros((hazards, 3))
    np.add.at(area, (hazard, activity), released)
    total = area.sum(axis=1)
    shares = np.divide(area, total[:, None], out=np.zeros_like(area), where=total[:, None] > 0)
    # A hazard's shares are the programme's mean, as much of it as leaves none below 0, and a rest
    # that stays as it is: so they are shares, and the plan's where the run draws the stated ones.
    follows = np.ones(hazards)
    for i in range(3):
        if stated[i] > 0:
            follows = np.minimum(follows, shares[:, i] / stated[i])
    by_hazard = np.argsort(hazard, kind="stable")
    first = np.searchsorted(hazard[by_hazard], np.arange(hazards + 1))
    place = np.empty(stages, dtype=np.int64)
    place[by_hazard] = np.arange(stages) - np.repeat(first[:-1], np.diff(first))
    return Areas(
        activity=activity,
        hazard=hazard,
        predecessor=np.asarray(problem.predecessor, dtype=np.int64),
        order=order,
        rank=rank,
        released_m2=released,
        shares=shares,
        follows=np.clip(follows, 0.0, 1.0),
        hazard_m2=total,
        stages_start=first,
        stages=by_hazard,
        place=place,
        stated=np.asarray(stated, dtype=np.float64),
        ground=np.zeros(stages, dtype=np.int64) if ground is None else np.asarray(
            ground, dtype=np.int64)[hazard],
        certain=np.zeros(stages, dtype=np.int64) if certain is None else np.asarray(
            certain, dtype=np.int64),
    )


class Chances(NamedTuple):
    """How areas differ from what is expected of them; the same in all runs."""

    task_spread: float  # standard deviation of the logarithm of a stage's time
    concentration: float  # of the Beta, inf: all alike
    whole: float  # share of the ground that goes in areas cancelled or reduced as a whole
    renewed: bool  # elements for ground that is contaminated again are laid out
    renewed_part: float


def chances_of(uncertain: Uncertain, renewed_part: float = 0.0) -> Chances:
    return Chances(uncertain.task_spread, uncertain.concentration, uncertain.whole_area_share,
                   renewed_part > 0.0, renewed_part)


def turn_out(
    areas: Areas,
    uncertain: Uncertain,
    mean_shares: np.ndarray,
    undiscovered: float,
    rework: float,
    generator: np.random.Generator,
) -> Outcome:
    """Draw what one run finds.

    `mean_shares` (3,), `undiscovered` (share of the known area) and `rework` (share of the cleared
    area) are the run's programme-wide draws. Of each known area, `undiscovered` copies turn up on
    average, each when one stage of that area, drawn by chance, has ended: so area is found while
    the work goes on, near where it goes on. A copy has an outcome of its own, and no copies.
    What is drawn depends on the areas, never on the teams.

    First what NTS cancels, then what TS reduces of the rest; what is left is cleared. Each step is
    all or nothing in part and Beta else (see `_part`); the two are independent, so that the mean
    of each share over the areas is the one that was drawn for the programme.
    """
    key = np.uint64(generator.integers(0, 2**64, dtype=np.uint64))
    scene = _scene_of(areas, chances_of(uncertain), undiscovered)
    count, found = lay_out(key, scene, *map(float, mean_shares), float(undiscovered),
                           float(rework))
    made, own = scene.elements[:count], scene.hazards
    return Outcome(
        made["stage"].astype(np.int64), made["parent"].astype(np.int64), made["work"].copy(),
        made["known"] > 0, made["released"].copy(), found,
        np.column_stack([own["share_cancelled"], own["share_reduced"], own["share_cleared"]]))


def most_elements(areas: Areas, chances: Chances, undiscovered: float) -> int:
    """How many elements a run may have at most."""
    copies = 1 + math.floor(max(undiscovered, 0.0) + 1.0)
    again = int(np.sum(areas.activity == CLEARANCE)) if chances.renewed else 0
    return copies * len(areas.activity) + again


def _scene_of(areas: Areas, chances: Chances, undiscovered: float) -> Scene:
    """Room to draw areas in, without teams."""
    from landrelease.forecast.dispatch import Ways, Workforce, comings_of
    from landrelease.forecast.effects import no_effects
    from landrelease.forecast.scene import scene_of

    count, none = len(areas.activity), np.zeros(0, dtype=np.int64)
    nobody = Workforce(np.zeros(count + 1, dtype=np.int64), np.zeros((0, 4), dtype=np.int32),
                       np.zeros(1, dtype=np.int64), np.zeros(0), np.zeros(0), np.zeros(0), 0.0, 0.0)
    ways = Ways(np.zeros(count, dtype=np.int64), 1, none, none, none,
                np.zeros(count + 1, dtype=np.int64), none, none, 0, none, none)
    return scene_of(areas, nobody, ways, chances, no_effects(count, 0, 0, Calendar.empty()),
                    comings_of(nobody), most_elements(areas, chances, undiscovered))


# --- compiled ------------------------------------------------------------------------------------


@njit(**QUICK)
def lay_out(key, scene, cancelled, reduced, cleared, undiscovered, rework):
    """Fill the elements with one run; returns how many there are, and the area that turns up, m².

    The numbers of an area and its stages are keyed by it and by the copy, so that an area has the
    same luck whatever else is in the programme.
    """
    chance, hazards, elements, first = scene.chance, scene.hazards, scene.elements, scene.first
    extras, splits = fork(key, 10), fork(key, 11)
    found = 0.0
    for h in range(len(hazards)):
        area = hazards[h]
        area.extra = 0
        if area.end > area.first and area.m2 > 0.0:
            area.extra = int(undiscovered + uniform(extras, h))
            found += area.extra * area.m2
    count = 0
    for q in range(len(scene.order)):
        stage = scene.stages[scene.order[q]]
        first[q] = count
        count += 1 + hazards[stage.hazard].extra
        if chance.renewed and stage.activity == CLEARANCE:
            count += 1
    first[len(scene.order)] = count

    spread = chance.task_spread
    for h in range(len(hazards)):
        area = hazards[h]
        stages = area.end - area.first
        keyed = fork(splits, h)
        m0 = max(area.cancelled + area.follows * (cancelled - chance.stated_cancelled), 0.0)
        m1 = max(area.reduced + area.follows * (reduced - chance.stated_reduced), 0.0)
        m2 = max(area.cleared + area.follows * (cleared - chance.stated_cleared), 0.0)
        after = area.reduced + area.cleared
        for copy in range(area.extra + 1):
            own = keyed if copy == 0 else fork(keyed, copy)
            # Where the plan has no such step, nothing can be cancelled, reduced or left in it.
            s0 = s1 = s2 = 0.0
            if area.m2 > 0.0:
                s0 = _part(own, 0, m0, chance.whole, chance.concentration)
                s1 = (1.0 - s0) * _part(own, 1, m1 / (m1 + m2) if m1 + m2 > 0.0 else 0.0,
                                        chance.whole, chance.concentration)
                s2 = 1.0 - s0 - s1 if s0 + s1 < 1.0 else 0.0
            if copy == 0:
                area.share_cancelled, area.share_reduced, area.share_cleared = s0, s1, s2
            # Rounded, so that what is as planned takes the planned time to the last digit: who is
            # free first must not hang on how a sum was rounded.
            survey = _rounded((1.0 - s0) / after) if after > 0.0 else 1.0
            clearance = _rounded(s2 / area.cleared) if area.cleared > 0.0 else 1.0
            found_after = 0
            if copy > 0 and stages > 0:
                place = min(int(uniform(own, 2) * stages), stages - 1)
                found_after = scene.of_hazard[area.first + place]
            for i in range(stages):
                s = scene.of_hazard[area.first + i]
                stage = scene.stages[s]
                e = first[stage.rank] + copy
                element = elements[e]
                before = stage.before
                parent = -1
                if before >= 0:
                    parent = first[scene.stages[before].rank] + copy
                elif copy > 0:
                    parent = first[scene.stages[found_after].rank]
                activity = stage.activity
                work, ratio = 1.0, 0.0  # NTS always looks at the whole area
                if activity == CLEARANCE:
                    work = clearance
                    ratio = s2 / area.cleared if area.cleared > 0.0 else 0.0
                elif activity == 1:
                    work = survey
                    ratio = s1 / area.reduced if area.reduced > 0.0 else 0.0
                elif area.cancelled > 0.0:
                    ratio = s0 / area.cancelled
                # The mean is 1: the spread alone makes nothing longer.
                if work > 0.0 and spread > 0.0 and not stage.certain:
                    work *= math.exp(spread * normal(own, 4 + 2 * i) - 0.5 * spread * spread)
                if activity == CLEARANCE and uniform(own, 5 + 2 * i) < rework:
                    work *= 2.0
                element.stage, element.parent, element.work = s, parent, work
                element.known = 1 if copy == 0 else 0
                element.released = stage.released * ratio
                if chance.renewed and activity == CLEARANCE and copy == 0:
                    again = elements[first[stage.rank + 1] - 1]
                    again.stage, again.parent, again.work = s, -2 - e, chance.renewed_part
                    again.known, again.released = 0, 0.0
    return count, found


@njit(**INNER)
def _part(key, step, mean, whole, concentration):
    """The part of an area that goes: all of it with chance whole * mean, else Beta; E is `mean`."""
    mean = min(max(mean, 0.0), 1.0)
    if mean >= 1.0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if uniform(key, step) < whole * mean:
        return 1.0
    part = mean * (1.0 - whole) / (1.0 - whole * mean)
    if concentration == math.inf:
        return part
    a, b = part * concentration, (1.0 - part) * concentration
    if a <= LEAST or b <= LEAST:
        return 1.0 if part > 0.5 else 0.0
    return beta_draw(fork(key, NO_COPY + step), a, b)


@njit(inline="always", **INNER)
def _rounded(value):
    return math.floor(value * 1e12 + 0.5) / 1e12
