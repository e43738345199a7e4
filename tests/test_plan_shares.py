"""What survey is expected to find of each area, and what is on record as done already."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import workflows
from landrelease.core.recorded import Sources
from landrelease.core.risk import Prior
from landrelease.errors import LandReleaseError
from landrelease.plan import policy
from landrelease.plan.shares import expected_shares
from landrelease.workflows import Binding
from test_plan_recorded import POOLS, START, STATED, assessed, land_of, planned, pool, record, words

CANCELLED, REDUCED = 0.32, 0.24


def problem_of(chances, types=None, sources=None, pools=POOLS):
    """Equal areas, but for their chance and their type."""
    land = land_of(len(chances))
    land = dataclasses.replace(land, hazards=tuple(
        dataclasses.replace(h, hazard_type=kind) for h, kind in zip(
            land.hazards, types or ["SHA"] * len(chances), strict=True)))
    found = tuple(dataclasses.replace(a, prior=Prior(p, p, p, True, ())) for a, p in zip(
        assessed(land), chances, strict=True))
    return workflows.planning_problem(land, found, pools, STATED, start=START,
                                      binding=Binding(sources or Sources()))


def back(problem):
    """Share of each area that comes back with each activity, (N, 3)."""
    out = np.zeros((len(problem.hazard_ids), 3))
    np.add.at(out, (problem.hazard, problem.activity), problem.released_m2)
    return out / out.sum(axis=1, keepdims=True)


numbers = st.floats(0.01, 0.99)


@settings(max_examples=60)
@given(st.lists(st.tuples(numbers, st.floats(1.0, 1e6), st.booleans()), min_size=1, max_size=9),
       st.floats(0.02, 0.9), numbers)
def test_the_mean_over_what_waits_is_the_national_share(areas, cancelled, part):
    chance, area, surveyed = (np.array(c) for c in zip(*areas, strict=True))
    reduced = part * (1 - cancelled)
    shares = expected_shares(chance, area, surveyed, cancelled, reduced)
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(area)))
    assert (shares >= 0).all() and (shares[surveyed, 0] == 0).all()
    waits = ~surveyed
    if waits.any():
        assert np.average(shares[waits, 0], weights=area[waits]) == pytest.approx(cancelled)
        assert np.average(shares[waits, 1], weights=area[waits]) == pytest.approx(reduced)
        # The odds of an area move as those that there is nothing, by one factor for all.
        odds = shares[waits, 0] / (1 - shares[waits, 0]) * chance[waits] / (1 - chance[waits])
        assert odds == pytest.approx(np.full(waits.sum(), odds[0]))
    # What survey leaves is divided alike everywhere.
    assert shares[:, 1] == pytest.approx((1 - shares[:, 0]) * part)


def test_areas_of_one_chance_have_the_national_shares():
    shares = expected_shares(np.full(3, 0.2), np.array([1.0, 5.0, 9.0]), np.zeros(3, bool), 0.3,
                             0.2)
    assert (shares[:, 0] == 0.3).all() and shares[:, 2] == pytest.approx([0.5] * 3)
    assert expected_shares(np.array([0.1, 0.9]), np.ones(2), np.zeros(2, bool), 1.0, 0.0)[:, 0] \
        == pytest.approx([1.0, 1.0])


def test_a_likely_area_loses_less_to_survey_and_more_work_waits_behind():
    assert (STATED.value("share_cancelled"), STATED.value("share_reduced")) == (CANCELLED, REDUCED)
    problem = problem_of([0.1, 0.8]).problem
    shares = back(problem)
    assert shares[0, 0] > CANCELLED > shares[1, 0] > 0
    assert shares[:, 0].mean() == pytest.approx(CANCELLED, rel=1e-4)
    work = [problem.work_m2[(problem.hazard == h) & (problem.activity == 2)].sum() for h in (0, 1)]
    assert work[1] > 1.5 * work[0]


def test_a_confirmed_area_needs_no_first_survey():
    found = problem_of([0.2, 0.2], ["SHA", "CHA"])
    problem = found.problem
    assert [n for n in problem.stage_ids if n.endswith(":NTS")] == ["h0:NTS"]
    assert back(problem)[1] == pytest.approx([0, REDUCED / 0.68, 0.44 / 0.68])
    assert back(problem)[0] == pytest.approx([CANCELLED, REDUCED, 0.44])
    first = np.flatnonzero((problem.hazard == 1) & (problem.activity == 1))
    assert (problem.predecessor[first] == -1).all()
    # The whole of it is surveyed technically: nothing was cancelled before.
    assert problem.work_m2[first].sum() == pytest.approx(
        sum(t.area_m2 for t in problem.tasks if t.hazard_id == "h1"))
    assert "1 of 2 areas are confirmed" in words(found, "hazard")
    planned(problem)


def test_what_is_on_record_as_completed_is_no_work_of_a_plan():
    free = problem_of([0.2] * 3 + [0.1]).problem
    task = next(t.id for t in free.tasks if t.hazard_id == "h2")
    found = problem_of([0.2] * 3 + [0.1], sources=Sources(
        activities=(record("activity", "a", activity_type="NTS", hazard="h0",
                           activity_status="completed"),
                    record("activity", "b", activity_type="NTS", hazard="h1",
                           activity_status="started"),
                    record("activity", "c", activity_type="clearance", hazard="h1",
                           activity_status="completed", area_m2=1_250.0),
                    record("activity", "d", activity_type="clearance", hazard="elsewhere",
                           activity_status="completed", area_m2=9_000.0)),
        reported=(record("task", f"task:{task}:TS", task_status="completed"),
                  record("task", "T-1", hazard="h3", task_type="NTS", task_status="completed"),
                  record("task", "T-2", hazard="h1", task_type="TS", task_status="completed"))))
    problem = found.problem
    gone = {"h0:NTS", "h2:NTS", "h3:NTS", f"{task}:TS"}
    assert set(free.stage_ids) - set(problem.stage_ids) == gone
    assert set(found.since.done) == gone and found.since.unplaced == ("T-2",)
    assert "planned as open" in words(found, "task")
    # Work on an area of the plan that names no task: which step it was is not known, and is said.
    assert "1,250 m²" in words(found, "activity") and "on h1:" in words(found, "activity")
    shares = back(problem)
    assert shares[0] == pytest.approx([0, REDUCED / 0.68, 0.44 / 0.68])
    assert shares[1] == pytest.approx([CANCELLED, REDUCED, 0.44])
    # Of a piece that TS left, all is cleared.
    last = problem.stage_ids.index(f"{task}:clearance")
    whole = next(t.area_m2 for t in problem.tasks if t.id == task)
    assert problem.work_m2[last] == problem.released_m2[last] == pytest.approx(whole)
    assert problem.predecessor[last] == -1
    assert "3 steps of NTS, 1 steps of TS" in words(found, "activity")
    planned(problem)


def test_no_survey_team_is_asked_for_where_nothing_waits_for_one():
    others = tuple(p for p in POOLS if p.kind != "nts")
    assert len(problem_of([0.2], ["CHA"], pools=others).problem.stage_ids) >= 2
    with pytest.raises(LandReleaseError, match="PLN-002"):
        problem_of([0.2, 0.2], ["CHA", "SHA"], pools=others)


def test_areas_are_drawn_empty_as_often_as_their_own_chance_says():
    problem = problem_of([0.1, 0.8, 0.3], ["SHA", "SHA", "CHA"], pools=(
        *POOLS[:2], pool("manual-a", "manual", 3, 90_000.0))).problem
    outcomes = problem.conditions.outcomes
    draws = [policy.draw(problem, outcomes, np.random.default_rng(n)) for n in range(4_000)]
    needed = np.mean([d.needed for d in draws], axis=0)
    whole = STATED.value("whole_area_share")
    shares = back(problem)
    for h in range(3):
        for act in (1, 2):
            own = np.flatnonzero((problem.hazard == h) & (problem.activity == act))[:1]
            chance = 1 - whole * shares[h, 0]
            if act == 2:
                chance *= 1 - whole * shares[h, 1] / (1 - shares[h, 0])
            assert needed[own] == pytest.approx(chance, abs=0.03)
    assert shares[0, 0] > 2 * shares[1, 0] and shares[2, 0] == 0
    mean = np.mean([d.needed * d.factor for d in draws], axis=0)
    assert mean == pytest.approx(np.ones(len(mean)), abs=0.1)
