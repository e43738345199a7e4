"""What each area turns out to be in one run: stated shares and chance in, work to do out."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from landrelease.core.work import Problem
from landrelease.forecast.uncertain import Uncertain

CLEARANCE = 2  # index in `ACTIVITIES`


@dataclass(frozen=True, slots=True)
class Areas:
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """One run. E elements, each a stage of a known area or of one that turns up, by priority.

    `parent` (E,) is the element after whose end this one becomes ready, -1 where it is ready from
    the start; `work` (E,) multiplies the planned work, 0 where nothing is left to do.
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
    """
    stages, hazards = len(areas.activity), len(areas.hazard_m2)
    own = np.diff(areas.stages_start)
    extra = np.floor(undiscovered + generator.random(hazards)).astype(np.int64)
    extra[(own == 0) | (areas.hazard_m2 <= 0)] = 0
    at = np.concatenate([np.arange(hazards), np.repeat(np.arange(hazards), extra)])  # (A,)
    shares = _shares_found(areas, uncertain, mean_shares, at, generator)
    by_area, by_work = _ratios(areas, shares, at)

    # Elements: the stages of the known areas in the plan's order, then copy after copy.
    copies = at[hazards:]
    count = own[copies]
    first = np.cumsum(count) - count  # of each copy among the elements of copies
    inside = np.arange(int(count.sum())) - np.repeat(first, count)
    of_copy = areas.stages[np.repeat(areas.stages_start[copies], count) + inside]
    stage = np.concatenate([areas.order, of_copy])
    area = np.concatenate([
        areas.hazard[areas.order], np.repeat(np.arange(hazards, len(at)), count)])  # fmt: skip
    found_after = areas.stages[
        areas.stages_start[copies] + np.minimum(
            (generator.random(len(copies)) * own[copies]).astype(np.int64), own[copies] - 1)
    ]  # fmt: skip
    before = areas.predecessor[stage]
    element = areas.rank[before]  # of the known areas; of a stage without predecessor any
    element[stages:] = np.where(
        before[stages:] < 0, np.repeat(areas.rank[found_after], count),
        stages + np.repeat(first, count) + areas.place[before[stages:]])  # fmt: skip
    parent = np.where((before < 0) & (np.arange(len(stage)) < stages), -1, element)

    activity = areas.activity[stage]
    work = by_work[area, activity]
    spread = uncertain.task_spread  # mean 1: the spread alone makes nothing longer
    normal, chance = generator.standard_normal(len(stage)), generator.random(len(stage))
    work = work * np.exp(spread * normal - 0.5 * spread * spread)
    work = np.where((activity == CLEARANCE) & (chance < rework), 2 * work, work)

    order = np.argsort(areas.rank[stage], kind="stable")
    new = np.empty(len(stage), dtype=np.int64)
    new[order] = np.arange(len(stage))
    parent = parent[order]
    return Outcome(
        stage=stage[order],
        parent=np.where(parent < 0, -1, new[parent]),
        work=work[order],
        known=order < stages,
        released_m2=(areas.released_m2[stage] * by_area[area, activity])[order],
        found_m2=float(areas.hazard_m2[copies].sum()),
        shares=shares[:hazards],
    )


def _shares_found(
    areas: Areas,
    uncertain: Uncertain,
    mean_shares: np.ndarray,
    at: np.ndarray,
    generator: np.random.Generator,
) -> np.ndarray:
    """(A, 3) shares cancelled, reduced and cleared of the areas `at` (indices of hazards).

    First what NTS cancels, then what TS reduces of the rest; what is left is cleared. Each step is
    all or nothing in part and Beta else (see `_part`); the two are independent, so that the mean
    of each share over the areas is the one that was drawn for the programme.
    """
    mean = areas.shares + areas.follows[:, None] * (mean_shares - areas.stated)
    mean = np.maximum(mean, 0.0)[at]
    after_nts = mean[:, 1] + mean[:, 2]
    of_rest = np.divide(mean[:, 1], after_nts, out=np.zeros(len(at)), where=after_nts > 0)
    # Where the plan has no such step, nothing can be cancelled, reduced or left in it.
    known = areas.hazard_m2[at] > 0
    cancelled = _part(np.where(known, mean[:, 0], 0.0), uncertain, generator)
    reduced = _part(np.where(known, of_rest, 0.0), uncertain, generator)
    rest = np.where(known, 1 - cancelled, 0.0)
    return np.column_stack([cancelled, rest * reduced, rest * (1 - reduced)])


def _part(mean: np.ndarray, uncertain: Uncertain, generator: np.random.Generator) -> np.ndarray:
    """The part of an area that goes: all of it with chance whole * mean, else Beta; E is `mean`."""
    whole, concentration = uncertain.whole_area_share, uncertain.concentration
    mean = np.clip(mean, 0.0, 1.0)
    all_of_it = generator.random(len(mean)) < whole * mean
    other = np.divide(
        mean * (1 - whole), 1 - whole * mean, out=np.zeros(len(mean)), where=whole * mean < 1
    )
    part = other
    if math.isfinite(concentration):
        least = 1e-9  # of a parameter: below it the Beta is 0 (or 1) for certain
        inside = (other * concentration > least) & ((1 - other) * concentration > least)
        a = np.where(inside, other * concentration, 1.0)
        b = np.where(inside, (1 - other) * concentration, 1.0)
        part = np.where(inside, generator.beta(a, b), np.round(other))
    return np.where(all_of_it | (mean >= 1), 1.0, np.where(mean <= 0, 0.0, part))


def _ratios(areas: Areas, shares: np.ndarray, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(A, 3) by activity: area released over planned, and work over planned."""
    planned = areas.shares[at]
    by_area = np.divide(shares, planned, out=np.zeros_like(shares), where=planned > 0)
    after = planned[:, 1] + planned[:, 2]
    ts = np.divide(1 - shares[:, 0], after, out=np.ones(len(at)), where=after > 0)
    clearance = np.where(planned[:, 2] > 0, by_area[:, 2], 1.0)
    # NTS always looks at the whole area. Rounded, so that what is as planned takes the planned time
    # to the last digit: who is free first must not hang on how a sum was rounded.
    return by_area, np.round(np.column_stack([np.ones(len(at)), ts, clearance]), 12)
