"""What each area turns out to be in one run: stated shares and chance in, work to do out."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from landrelease.core.work import Problem
from landrelease.forecast.chance import INNER, QUICK, beta_draw, fork, normal, uniform
from landrelease.forecast.uncertain import Uncertain

CLEARANCE = 2  # index in `ACTIVITIES`
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


def areas_of(problem: Problem, priority: np.ndarray, stated: np.ndarray) -> Areas:
    """Read the expectations off the problem. `stated` (3,) are the programme's mean shares."""
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


class Elements(NamedTuple):
    """Room for what one run finds, for up to C elements; `share` (H, 3) of the known areas."""

    stage: np.ndarray
    parent: np.ndarray
    work: np.ndarray
    known: np.ndarray
    released_m2: np.ndarray
    share: np.ndarray
    extra: np.ndarray  # int64 (H,) areas that turn up beside each
    first: np.ndarray  # int64 (S + 1,) first element of each place in the order
    ratio: np.ndarray  # (1, 6) by activity: area released and work of one area, over planned


def elements(areas: Areas, capacity: int) -> Elements:
    return Elements(
        np.zeros(capacity, dtype=np.int64), np.zeros(capacity, dtype=np.int64), np.zeros(capacity),
        np.zeros(capacity, dtype=np.bool_), np.zeros(capacity),
        np.zeros((len(areas.hazard_m2), 3)), np.zeros(len(areas.hazard_m2), dtype=np.int64),
        np.zeros(len(areas.activity) + 1, dtype=np.int64), np.zeros((1, 6)))


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
    chances = chances_of(uncertain)
    room = elements(areas, count_elements(key, areas, chances, undiscovered))
    count, found = lay_out(key, areas, chances, np.asarray(mean_shares, dtype=float),
                           float(undiscovered), float(rework), room)
    return Outcome(room.stage[:count], room.parent[:count], room.work[:count], room.known[:count],
                   room.released_m2[:count], found, room.share)


# --- compiled ------------------------------------------------------------------------------------


@njit(**QUICK)
def count_elements(key, areas, chances, undiscovered):
    """How many elements a run has."""
    total = len(areas.activity)
    extras = fork(key, 10)
    for h in range(len(areas.hazard_m2)):
        own = areas.stages_start[h + 1] - areas.stages_start[h]
        if own > 0 and areas.hazard_m2[h] > 0.0:
            total += own * int(undiscovered + uniform(extras, h))
    if chances.renewed:
        for s in range(len(areas.activity)):
            if areas.activity[s] == CLEARANCE:
                total += 1
    return total


@njit(**QUICK)
def lay_out(key, areas, chances, mean_shares, undiscovered, rework, room):
    """Fill `room` with one run; returns the number of elements, and the area that turns up, m².

    The numbers of an area and a stage are keyed by it and by the copy, so that an area has the same
    luck whatever else is in the programme.
    """
    stages, hazards = len(areas.activity), len(areas.hazard_m2)
    extras, splits, times = fork(key, 10), fork(key, 11), fork(key, 12)
    fates, finds = fork(key, 13), fork(key, 14)
    found = 0.0
    for h in range(hazards):
        own = areas.stages_start[h + 1] - areas.stages_start[h]
        room.extra[h] = 0
        if own > 0 and areas.hazard_m2[h] > 0.0:
            room.extra[h] = int(undiscovered + uniform(extras, h))
            found += room.extra[h] * areas.hazard_m2[h]
    room.first[0] = 0
    for q in range(stages):
        s = areas.order[q]
        again = 1 if chances.renewed and areas.activity[s] == CLEARANCE else 0
        room.first[q + 1] = room.first[q] + 1 + room.extra[areas.hazard[s]] + again

    ratio = room.ratio[0]
    for h in range(hazards):
        for copy in range(room.extra[h] + 1):
            own = fork(fork(splits, h), copy)
            _shares_found(own, areas, chances, mean_shares, h, ratio)
            if copy == 0:
                room.share[h, 0], room.share[h, 1], room.share[h, 2] = ratio[0], ratio[1], ratio[2]
            _ratios(areas, h, ratio)
            begin, end = areas.stages_start[h], areas.stages_start[h + 1]
            found_after = areas.stages[begin] if end > begin else 0
            if copy > 0:
                place = int(uniform(fork(finds, h), copy) * (end - begin))
                found_after = areas.stages[begin + min(place, end - begin - 1)]
            for i in range(begin, end):
                s = areas.stages[i]
                e = room.first[areas.rank[s]] + copy
                before = areas.predecessor[s]
                activity = areas.activity[s]
                room.stage[e] = s
                room.known[e] = copy == 0
                if before >= 0:
                    room.parent[e] = room.first[areas.rank[before]] + copy
                elif copy > 0:
                    room.parent[e] = room.first[areas.rank[found_after]]
                else:
                    room.parent[e] = -1
                work = ratio[3 + activity]
                if work > 0.0 and chances.task_spread > 0.0:
                    spread = chances.task_spread  # mean 1: the spread alone makes nothing longer
                    work *= math.exp(spread * normal(fork(times, copy), s) - 0.5 * spread * spread)
                if activity == CLEARANCE and uniform(fork(fates, copy), s) < rework:
                    work *= 2.0
                room.work[e] = work
                room.released_m2[e] = areas.released_m2[s] * ratio[activity]
                if chances.renewed and activity == CLEARANCE and copy == 0:
                    again = room.first[areas.rank[s] + 1] - 1
                    room.stage[again] = s
                    room.known[again] = False
                    room.parent[again] = -2 - e
                    room.work[again] = chances.renewed_part
                    room.released_m2[again] = 0.0
    return room.first[stages], found


@njit(**INNER)
def _shares_found(key, areas, chances, mean_shares, h, share):
    """Shares cancelled, reduced and cleared of area h, into `share[:3]`."""
    follows = areas.follows[h]
    m0 = max(areas.shares[h, 0] + follows * (mean_shares[0] - areas.stated[0]), 0.0)
    m1 = max(areas.shares[h, 1] + follows * (mean_shares[1] - areas.stated[1]), 0.0)
    m2 = max(areas.shares[h, 2] + follows * (mean_shares[2] - areas.stated[2]), 0.0)
    share[0] = share[1] = share[2] = 0.0
    # Where the plan has no such step, nothing can be cancelled, reduced or left in it.
    if areas.hazard_m2[h] > 0.0:
        share[0] = _part(fork(key, 0), m0, chances)
        share[1] = (1.0 - share[0]) * _part(fork(key, 1), m1 / (m1 + m2) if m1 + m2 > 0.0 else 0.0,
                                            chances)
        share[2] = 1.0 - share[0] - share[1] if share[0] + share[1] < 1.0 else 0.0


@njit(**INNER)
def _part(key, mean, chances):
    """The part of an area that goes: all of it with chance whole * mean, else Beta; E is `mean`."""
    mean = min(max(mean, 0.0), 1.0)
    if mean >= 1.0:
        return 1.0
    if mean <= 0.0:
        return 0.0
    if uniform(key, 0) < chances.whole * mean:
        return 1.0
    part = mean * (1.0 - chances.whole) / (1.0 - chances.whole * mean)
    if chances.concentration == math.inf:
        return part
    a, b = part * chances.concentration, (1.0 - part) * chances.concentration
    if a <= LEAST or b <= LEAST:
        return 1.0 if part > 0.5 else 0.0
    return beta_draw(fork(key, 1), a, b)


@njit(**INNER)
def _ratios(areas, h, ratio):
    """From the shares in `ratio[:3]`: area released over planned (:3), work over planned (3:)."""
    cancelled = ratio[0]
    planned = areas.shares[h]
    for i in range(3):
        ratio[i] = ratio[i] / planned[i] if planned[i] > 0.0 else 0.0
    after = planned[1] + planned[2]
    ratio[3] = 1.0  # NTS always looks at the whole area
    # Rounded, so that what is as planned takes the planned time to the last digit: who is free
    # first must not hang on how a sum was rounded.
    ratio[4] = _rounded((1.0 - cancelled) / after) if after > 0.0 else 1.0
    ratio[5] = _rounded(ratio[2]) if planned[2] > 0.0 else 1.0


@njit(**INNER)
def _rounded(value):
    return math.floor(value * 1e12 + 0.5) / 1e12
