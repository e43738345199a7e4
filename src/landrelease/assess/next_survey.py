"""The next survey of every area with what it rests on, and where survey effort is best spent.

Models order, people decide (S09): a row says which survey comes next, or that the evidence is
complete and ready for review. Search effort is planned for areas where the question is whether
there is anything at all; where something is confirmed, survey finds the edges instead.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from landrelease.assess.actions import COMPLETE, NON_TECHNICAL, TECHNICAL
from landrelease.assess.hazards import Assessed
from landrelease.assess.search_effort import (
    after_clean_search,
    allocate,
    choose_areas,
    effort_to_threshold,
    passes_threshold,
    survey_value,
)
from landrelease.assess.shapes import checked
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.hazard import Hazard
from landrelease.errors import SEARCH_NUMBER, LandReleaseError
from landrelease.units import M2_PER_HECTARE

UNIT = 0.1  # team-days: nobody plans finer


@dataclass(frozen=True, slots=True)
class NextSurvey:
    """One area. Effort in team-days of survey, value in hectares of clearance saved per hectare of
    survey; None where the question does not arise (nothing to search for, or confirmed)."""

    hazard_id: str
    area_m2: float
    action: str
    words: str
    reasons: tuple[str, ...]
    chance: float
    chance_low: float
    chance_high: float
    is_prior: bool
    threshold: float
    threshold_source: str
    passes: bool
    proposed_type: str
    people_nearby: float
    searched: bool  # whether it takes part in the planning of search effort
    value_per_hectare: float | None
    best_hectares: float | None
    next_hectare_value: float | None
    review_per_hectare: float | None
    days_to_threshold: float | None  # inf: no effort brings it there
    allocated_days: float | None  # to find most, of the budget
    chance_after: float | None  # after the allocated effort found nothing
    chosen: bool | None  # in the best set to bring to the threshold


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """Rows in the order of their value (then of people nearby), and what the budget achieves.

    `found`: expected number of contaminated areas in which the allocation finds something;
    `found_uniform`: the same when each area gets the same coverage. `found_total`: all of them.
    """

    rows: tuple[NextSurvey, ...]
    budget_days: float | None
    threshold: Assumption
    found: float | None
    found_uniform: float | None
    found_total: float
    reach_by_allocation: int | None
    chosen_count: int | None
    chosen_days: float | None
    chosen_ha: float | None
    words: tuple[str, ...]


def plan_survey(
    hazards: Sequence[Hazard], assessed: Sequence[Assessed], assumptions: Assumptions,
    budget_days: float | None = None, threshold: float | None = None,
) -> SurveyPlan:
    """The next survey of each area, and the best use of `budget_days` team-days of survey.

    threshold : in place of the national one; it is then called the user's.

    Effort acts by the exponential law with a = rate x detection / area per team-day
    (`survey_m2_per_team_day`, `survey_detection`). The choice of areas to bring to the threshold
    maximises the expected benefit (people nearby x person_weight + hectares x hectare_weight) x
    chance that nothing is found, within the budget.

    Raises ASS-001: assumptions; ASS-301: a budget or threshold that is none.
    """
    limit = checked(assumptions, "review_threshold", 0.0, 1.0)
    if threshold is not None:
        if not 0 < threshold < 1:
            raise LandReleaseError(SEARCH_NUMBER, name="the threshold", found=threshold,
                                   expected="a probability between 0 and 1, both excluded")
        limit = Assumption(limit.name, threshold, threshold, threshold, limit.unit,
                           limit.definition, "stated by the user for this run")
    if budget_days is not None and not 0 <= budget_days < math.inf:
        raise LandReleaseError(SEARCH_NUMBER, name="the effort", found=budget_days,
                               expected="team-days, a number from 0 on")
    rate = checked(assumptions, "survey_m2_per_team_day").value
    q = checked(assumptions, "survey_detection", 0.0, 1.0).value
    t = limit.value
    chance = np.array([a.assessment.prior.probability for a in assessed])
    area = np.array([max(h.area_m2, 1.0) for h in hazards])
    search = np.array([a.action in (NON_TECHNICAL, TECHNICAL, COMPLETE) and not a.known.confirmed
                       and h.hazard_type != "CHA"
                       for h, a in zip(hazards, assessed, strict=True)], dtype=bool)
    which = np.flatnonzero(search)
    p, a = chance[which], rate * q / area[which]
    to_threshold = np.full(len(area), np.nan)
    to_threshold[which] = effort_to_threshold(p, a, t)
    days = np.full(len(area), np.nan)
    after = np.full(len(area), np.nan)
    chosen = np.zeros(len(area), dtype=bool)
    found = uniform = chosen_days = chosen_ha = None
    reach = count = None
    if budget_days is not None:
        made = allocate(p, a, budget_days)
        days[which] = made.effort
        after[which] = [after_clean_search(*v) for v in zip(p, a, made.effort, strict=True)]
        found = made.found
        total = float(area[which].sum())
        uniform = float(np.sum(p * -np.expm1(-rate * q * budget_days / total))) if total else 0.0
        open_ = which[~(chance[which] < t)]
        reach = int(sum(passes_threshold(after[i], t) for i in open_))
        benefit = _benefit(area[open_], chance[open_], t, assumptions,
                           [assessed[i].assessment.people_nearby for i in open_])
        best = choose_areas(to_threshold[open_], benefit, budget_days, UNIT)
        chosen[open_[best.chosen]] = True
        count, chosen_days = int(best.chosen.sum()), best.effort
        chosen_ha = float(area[chosen].sum()) / M2_PER_HECTARE
    rows = []
    for i, (hazard, one) in enumerate(zip(hazards, assessed, strict=True)):
        value = (survey_value(float(chance[i]), t, area[i] / M2_PER_HECTARE, q) if search[i]
                 else None)
        prior = one.assessment.prior
        passes = passes_threshold(prior.probability, t)
        rows.append(NextSurvey(
            hazard.id, hazard.area_m2, one.action, one.assessment.next_action,
            (*prior.reasons, *_against_threshold(one, t, limit.source)),
            prior.probability, prior.low, prior.high, prior.is_prior, t, limit.source, passes,
            one.proposal.proposed if one.proposal else "", one.assessment.people_nearby,
            bool(search[i]),
            value.per_hectare if value else None, value.best_hectares if value else None,
            value.next_hectare if value else None, value.review_per_hectare if value else None,
            _number(to_threshold[i]), _number(days[i]), _number(after[i]),
            bool(chosen[i]) if budget_days is not None and search[i] else None))
    rows.sort(key=lambda r: (-(r.value_per_hectare or 0.0), -r.people_nearby, r.hazard_id))
    plan = SurveyPlan(tuple(rows), budget_days, limit, found, uniform, float(p.sum()), reach,
                      count, chosen_days, chosen_ha, ())
    return _with_words(plan, float(np.nanmin(to_threshold[which][p >= t]))
                       if (p >= t).any() else None)


def _benefit(area: np.ndarray, chance: np.ndarray, threshold: float, assumptions: Assumptions,
             people: Sequence[float]) -> np.ndarray:
    """Points of each area times the chance that the search to the threshold finds nothing."""
    points = (np.asarray(people) * assumptions.value("person_weight")
              + area / M2_PER_HECTARE * assumptions.value("hectare_weight"))
    # At the threshold p e^-x / (1 - p d) = t, so the chance of no find is (1 - p) / (1 - t).
    return points * np.minimum(1.0, (1 - chance) / (1 - threshold))


def _against_threshold(one: Assessed, threshold: float, source: str) -> list[str]:
    prior = one.assessment.prior
    passes = passes_threshold(prior.probability, threshold)
    out = [f"The chance {prior.probability:.4g} is {'below' if passes else 'not below'} the "
           f"threshold {threshold:g} ({source}); compared as computed, not rounded."]
    if passes and prior.high >= threshold:
        out.append(f"Its interval reaches {prior.high:.3g}, which is not below the threshold.")
    if passes and prior.is_prior:
        out.append("It is a prior that no local evidence has touched: that completes nothing.")
    if one.known.confirmed:
        out.append("Direct evidence confirms contamination on a part of it.")
    return out


def _with_words(plan: SurveyPlan, nearest: float | None) -> SurveyPlan:
    """The answers of the budget in plain words, "nothing" included."""
    from dataclasses import replace

    words = []
    n = sum(r.searched for r in plan.rows)
    if plan.budget_days is None:
        words.append("No effort was stated (--effort TEAM_DAYS): nothing is allocated.")
        return replace(plan, words=tuple(words))
    words.append(
        f"{plan.budget_days:g} team-days over {n:,} areas: spent where they find most, they find "
        f"something in {plan.found:.3g} of the {plan.found_total:.3g} contaminated areas that are "
        f"expected; spread evenly over the ground in {plan.found_uniform:.3g}.")
    if nearest is None:
        words.append("No area that is searched stands above the threshold.")
        return replace(plan, words=tuple(words))
    if not plan.reach_by_allocation:
        words.append("Spent so, and if nothing is found, no area reaches the threshold.")
    else:
        words.append(f"Spent so, and if nothing is found, {plan.reach_by_allocation:,} areas "
                     "reach the threshold.")
    if not plan.chosen_count:
        words.append("Nothing reaches the threshold with this effort" + (
            ": no amount of it brings an area there." if math.isinf(nearest) else
            f": the nearest area takes {nearest:,.1f} team-days."))
    else:
        words.append(
            f"Spent to bring areas to the threshold, {plan.chosen_count:,} areas of "
            f"{plan.chosen_ha:,.1f} ha come there with {plan.chosen_days:,.1f} team-days, unless "
            "something is found. They are then ready for review; nothing is decided by that.")
    return replace(plan, words=tuple(words))


def _number(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
