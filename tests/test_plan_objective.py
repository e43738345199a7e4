"""Other weights on the same problem: the score is the weighted sum of its parts."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny_worlds
from landrelease.core.conditions import Benefits, Objective
from landrelease.errors import LandReleaseError
from landrelease.plan.check import score, violations
from landrelease.plan.objective import best_bounds, front, losses, weighted
from landrelease.plan.search import make_plan
from landrelease.workflows.explaining import nothing_at_stake, pareto, what_if


def with_benefits(seed):
    problem = tiny_worlds.bound_by(seed)
    chance = np.random.default_rng(seed)
    stages = len(problem.stage_ids)
    problem = dataclasses.replace(problem, benefits=Benefits(
        chance.integers(0, 50, stages).astype(float), chance.integers(0, 9, stages).astype(float)))
    conditions = dataclasses.replace(problem.conditions, promises=None)
    return dataclasses.replace(problem, conditions=conditions)


weights = st.floats(0, 5)


@given(st.integers(0, 30), st.builds(
    Objective, person_weight=weights, hectare_weight=weights, season_weight=weights,
    access_weight=weights, infrastructure_weight=weights,
    worst_off=st.sampled_from([1.0, 2.0])))
def test_the_score_is_the_weighted_sum_of_what_is_lost(seed, objective):
    problem = weighted(with_benefits(seed), objective)
    plan = make_plan(problem, iterations=0, seed=1)
    lost = losses(problem, plan.schedule)
    total = (objective.person_weight * lost.people + objective.hectare_weight * lost.land
             + objective.season_weight * lost.seasons + objective.access_weight * lost.access
             + objective.infrastructure_weight * lost.infrastructure)
    assert plan.score == pytest.approx(total, rel=1e-6, abs=1e-6)
    assert score(problem, plan.schedule) == pytest.approx(total, rel=1e-6, abs=1e-6)
    assert violations(problem, plan.schedule) == []


def test_not_reported_people_are_not_zero():
    problem = with_benefits(3)
    for seed in range(30):
        problem = with_benefits(seed)
        if problem.access is not None:
            break
    people = problem.access.community_people.copy()
    people[:] = (10.0, np.nan, 30.0)
    made = weighted(dataclasses.replace(problem, access=dataclasses.replace(
        problem.access, community_people=people)), Objective(access_weight=2.0))
    assert made.access.community_weight.tolist() == [20.0, 40.0, 60.0]


def test_wrong_weights_and_old_problems_are_refused():
    problem = with_benefits(1)
    for wrong in (Objective(person_weight=-1), Objective(hectare_weight=float("nan")),
                  Objective(worst_off=0.5)):
        with pytest.raises(LandReleaseError, match="PLN-009"):
            weighted(problem, wrong)
    with pytest.raises(LandReleaseError, match="make the plan again"):
        weighted(dataclasses.replace(problem, benefits=None), Objective())


def test_the_front_holds_what_nobody_beats():
    plans = [make_plan(weighted(with_benefits(5), Objective(
        person_weight=w, hectare_weight=1 - w)), iterations=3, seed=1) for w in (0, 0.5, 1)]
    kept = front(plans, "people", "land")
    points = [(losses(p.problem, p.schedule).people, losses(p.problem, p.schedule).land)
              for p in plans]
    for i in range(3):
        beaten = any(a <= points[i][0] and b <= points[i][1] and (a, b) != points[i]
                     for a, b in points)
        assert (i in kept) <= (not beaten)
        if not beaten:
            assert any(points[j] == pytest.approx(points[i]) for j in kept)
    with pytest.raises(LandReleaseError, match="PLN-009"):
        front(plans, "people", "happiness")


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), min_size=1, max_size=6),
       st.lists(st.floats(0, 1), min_size=2, max_size=6), st.lists(
           st.floats(0, 1), min_size=6, max_size=6))
def test_bounds_of_other_weightings_are_never_above_the_best_plan(plans, shares, loose):
    best = [min((1 - t) * a + t * b for a, b in plans) for t in shares]
    proven = [b * part for b, part in zip(best, loose, strict=False)]
    found = best_bounds(shares, proven)
    for bound, own, truth in zip(found, proven, best, strict=True):
        assert own * (1 - 1e-12) - 1e-12 <= bound <= truth * (1 + 1e-9) + 1e-9


def test_a_bound_between_two_weightings_lies_on_the_line_between_theirs():
    assert best_bounds([0.0, 0.5, 1.0], [10.0, 0.0, 4.0]) == pytest.approx([10.0, 7.0, 4.0])


def test_prices_of_promises_are_weights_where_something_was_promised():
    from landrelease.plan import progress

    problem = with_benefits(3)
    problem = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, promises=None))
    plan = make_plan(weighted(problem, Objective()), iterations=3, seed=1)
    with pytest.raises(LandReleaseError, match="holds no promises"):
        weighted(plan.problem, dataclasses.replace(plan.problem.objective, promise_price=1.0))
    told = progress.promised(plan.problem, plan, late_price=1.0, change_price=2.0)
    assert (told.objective.promise_price, told.objective.change_price) == (1.0, 2.0)
    other = weighted(told, dataclasses.replace(told.objective, promise_price=3.0))
    asked = progress.promised(plan.problem, plan, late_price=3.0, change_price=2.0)
    for name in ("late_price", "change_price", "finish", "option"):
        assert np.array_equal(getattr(other.conditions.promises, name),
                              getattr(asked.conditions.promises, name)), name
    same = weighted(told, dataclasses.replace(told.objective, person_weight=2.0))
    assert np.array_equal(same.conditions.promises.late_price,
                          told.conditions.promises.late_price)


def test_the_same_plan_loses_the_same_by_another_exponent():
    """Both sides of a what-if count days as the other weights say."""
    plan = make_plan(weighted(with_benefits(3), Objective()), iterations=3, seed=1)
    found = what_if(plan, {"worst_off": 3.0}, iterations=0, seed=1)
    if np.array_equal(found.plan.schedule.finish, plan.schedule.finish):
        assert found.lost_before == pytest.approx(found.lost_after)
    judged = weighted(plan.problem, dataclasses.replace(plan.problem.objective, worst_off=3.0))
    assert found.lost_before == dataclasses.asdict(losses(judged, plan.schedule))
    assert found.plan.score <= score(judged, plan.schedule) + 1e-9


def test_prices_of_promises_and_parts_without_loss_do_not_spoil_the_gap_of_a_front():
    from landrelease.plan import progress

    for seed in range(40):
        problem = with_benefits(seed)
        if problem.conditions.projects is None and problem.access is None:
            break
    empty = dataclasses.replace(problem, benefits=dataclasses.replace(
        problem.benefits, people=np.zeros(len(problem.stage_ids))))
    plan = make_plan(weighted(empty, Objective()), iterations=3, seed=1)
    hurried = dataclasses.replace(plan, schedule=dataclasses.replace(
        plan.schedule, finish=np.where(plan.schedule.finish >= 0, 1, -1)))
    dear = progress.promised(plan.problem, hurried, late_price=1e6, change_price=1e6)
    standing = make_plan(dear, iterations=3, seed=1)
    assert standing.score > 100 * losses(dear, standing.schedule).land
    found = pareto(standing, "people", "land", points=3, iterations=20, seed=1)
    for row, plan in zip(found.rows, found.plans, strict=True):
        assert plan.score == pytest.approx(score(plan.problem, plan.schedule))
        assert violations(plan.problem, plan.schedule) == []
        assert row["people"] == 0 and row["bound"] <= row["score"] * (1 + 1e-9)
        assert row["gap"] < 10  # with the promises in the score it was above a thousand
        assert row["on_the_front"]
    said = nothing_at_stake(standing.problem, ("people", "land"))
    assert len(said) == 1 and "no resident is on record" in said[0]
