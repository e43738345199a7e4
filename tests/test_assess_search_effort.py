"""Search theory against its published vectors, brute force, scipy and its own properties."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from landrelease.assess import search_effort as se
from landrelease.assess.prior import posterior_probability
from landrelease.errors import LandReleaseError

P = (0.4, 0.3, 0.2, 0.1)
ONES = (1.0,) * 4
chances = st.floats(0.01, 0.95)
rates = st.floats(0.1, 4.0)
areas = st.lists(st.tuples(chances, rates), min_size=1, max_size=6)


# --- laws of detection: domain reference 4.1 -----------------------------------------------------

def test_random_search_vectors():
    assert se.random_search(0.5, 400, 100) == pytest.approx(0.865, abs=5e-4)
    assert se.random_search_length(0.95, 0.5, 100) == pytest.approx(599, abs=0.5)


@pytest.mark.parametrize(("law", "at_one", "for_99"), [
    ("definite", 1.0, 0.99), ("inverse_cube", 0.790, 2.06), ("random", 0.632, 4.61)])
def test_parallel_sweeps_vectors(law, at_one, for_99):
    assert se.detection(1.0, law) == pytest.approx(at_one, abs=5e-4)
    assert se.coverage_for(0.99, law) == pytest.approx(for_99, abs=5e-3)


@given(st.floats(0, 6))
def test_random_search_is_the_lowest_law(coverage):
    d, i, r = (se.detection(coverage, law) for law in ("definite", "inverse_cube", "random"))
    assert r <= i + 1e-12 and i <= d + 1e-12
    assert se.detection(se.coverage_for(r if r < 1 else 0.5, "random"), "random") == \
        pytest.approx(r if r < 1 else 0.5)


# --- optimal allocation --------------------------------------------------------------------------

def test_water_filling_vector():
    made = se.allocate(P, ONES, 2.0)
    assert made.effort == pytest.approx([0.994, 0.706, 0.300, 0.0], abs=5e-4)
    assert made.multiplier == pytest.approx(0.1481, abs=5e-5)
    assert made.found == pytest.approx(0.456, abs=5e-4)
    uniform = sum(p * -math.expm1(-0.5) for p in P)
    assert uniform == pytest.approx(0.393, abs=5e-4)
    assert P[0] * -math.expm1(-2) == pytest.approx(0.346, abs=5e-4)


def test_water_filling_vector_with_unequal_effectiveness():
    assert se.allocate(P, (0.5, 1, 2, 1), 2.0).found == pytest.approx(0.410, abs=5e-4)


@settings(deadline=None, max_examples=40)
@given(areas, st.floats(0, 8))
def test_no_other_allocation_of_scipy_finds_more(listed, budget):
    from scipy.optimize import minimize

    p, a = (np.array(v) for v in zip(*listed, strict=True))
    made = se.allocate(p, a, budget)
    assert made.effort.sum() == pytest.approx(budget, abs=1e-9)
    assert (made.effort >= 0).all()
    found = minimize(
        lambda z: -np.sum(p * -np.expm1(-a * z)), np.full(len(p), budget / len(p)),
        jac=lambda z: -p * a * np.exp(-a * z), bounds=[(0, None)] * len(p),
        constraints={"type": "eq", "fun": lambda z: z.sum() - budget}, method="SLSQP",
        options={"ftol": 1e-12, "maxiter": 300})
    if found.success:
        assert made.found >= -found.fun - 1e-7
        assert made.found == pytest.approx(-found.fun, abs=1e-5)


@given(st.lists(st.tuples(chances, rates), min_size=2, max_size=3), st.integers(1, 10))
def test_no_allocation_on_a_grid_finds_more(listed, steps):
    p, a = (np.array(v) for v in zip(*listed, strict=True))
    budget = 0.4 * steps
    best = max(
        float(np.sum(p * -np.expm1(-a * 0.4 * np.array(z))))
        for z in itertools.product(range(steps + 1), repeat=len(p)) if sum(z) == steps)
    assert se.allocate(p, a, budget).found >= best - 1e-12


@given(areas, st.floats(0, 5), st.floats(0, 5))
def test_plans_for_larger_budgets_only_add(listed, budget, more):
    p, a = zip(*listed, strict=True)
    small, large = se.allocate(p, a, budget), se.allocate(p, a, budget + more)
    assert (large.effort >= small.effort - 1e-9).all()


@given(areas, st.floats(0.1, 5))
def test_the_order_of_areas_does_not_matter(listed, budget):
    p, a = zip(*listed, strict=True)
    back = se.allocate(p[::-1], a[::-1], budget).effort[::-1]
    assert se.allocate(p, a, budget).effort == pytest.approx(back, abs=1e-9)


def test_areas_without_any_chance_get_nothing():
    assert se.allocate([0, 0], [1, 1], 3).effort.tolist() == [0, 0]
    assert se.allocate([], [], 3).found == 0


# --- the threshold -------------------------------------------------------------------------------

def test_safety_S09_no_convenient_rounding_at_the_threshold():
    chance = posterior_probability(0.15, [0.3])
    assert f"{chance:.3f}" == "0.050"
    assert not se.passes_threshold(chance, 0.05)
    assert not se.passes_threshold(0.05, 0.05)
    assert se.effort_to_threshold([chance], [1.0], 0.05)[0] > 0


@given(st.floats(0.02, 0.98), rates, st.floats(0.01, 0.5))
def test_effort_to_threshold_brings_there(p, a, threshold):
    z = float(se.effort_to_threshold([p], [a], threshold)[0])
    if p > threshold:
        assert se.after_clean_search(p, a, z) == pytest.approx(threshold)
    else:
        assert z == pytest.approx(0, abs=1e-9)


def test_120_hours_on_four_blocks_bring_none_to_five_percent():
    """60 hours cover a block once: two units of effort. The plan that finds most releases none."""
    plan = se.allocate(P, (1 / 60,) * 4, 120)
    after = [se.after_clean_search(p, 1 / 60, z) for p, z in zip(P, plan.effort, strict=True)]
    assert not any(se.passes_threshold(x, 0.05) for x in after)
    hours = se.effort_to_threshold(P, (1 / 60,) * 4, 0.05)
    assert hours == pytest.approx([152.3, 125.8, 93.5, 44.8], abs=0.1)
    # Spent on one block alone it would do; with 40 hours nothing does, and that is the answer.
    assert se.choose_areas(hours, ONES, 120).chosen.sum() == 1
    none = se.choose_areas(hours, ONES, 40)
    assert not none.chosen.any() and none.benefit == 0 and none.effort == 0


# --- which areas to bring there ------------------------------------------------------------------

@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(0, 8), st.floats(0, 9)), max_size=9), st.floats(0, 20))
@example([(0.1, 1.0), (0.2, 1.0)], 0.5)
@example([(0.3, 1.0)], 0.3)
def test_choice_is_the_best_of_all_sets(listed, budget):
    cost = [c for c, _ in listed]
    worth = [b for _, b in listed]
    made = se.choose_areas(cost, worth, budget)
    steps = [math.floor(c / made.unit * (1 + 1e-12)) + 1 for c in cost]
    size = math.floor(budget / made.unit * (1 + 1e-12))
    best = max(sum(b for b, pick in zip(worth, picks, strict=True) if pick)
               for picks in itertools.product((0, 1), repeat=len(cost))
               if sum(s for s, pick in zip(steps, picks, strict=True) if pick) <= size)
    assert made.benefit == pytest.approx(best)
    assert sum(c for c, pick in zip(cost, made.chosen, strict=True) if pick) <= budget
    assert made.effort <= budget * (1 + 1e-9)


def test_choice_agrees_with_a_mixed_integer_solver():
    from scipy.optimize import Bounds, LinearConstraint, milp

    rng = np.random.default_rng(4)
    cost, worth = rng.uniform(0.05, 30, 60), rng.uniform(0, 5, 60)
    made = se.choose_areas(cost, worth, 100)
    steps = np.floor(cost / 0.1) + 1
    other = milp(-worth, constraints=LinearConstraint(steps, ub=1000), integrality=np.ones(60),
                 bounds=Bounds(0, 1), options={"mip_rel_gap": 0})
    assert made.benefit == pytest.approx(-other.fun)


def test_exactly_at_the_threshold_needs_one_step_more():
    assert not se.choose_areas([0.3], [1.0], 0.3).chosen.any()
    assert se.choose_areas([0.3], [1.0], 0.41).chosen.all()


# --- the value of survey -------------------------------------------------------------------------

@settings(deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.01, 0.5), st.floats(0.1, 50), st.floats(0.1, 0.95))
def test_value_per_hectare_is_the_largest_of_a_fine_grid(p, threshold, area, q):
    value = se.survey_value(p, threshold, area, q)
    hectares = np.geomspace(1e-5, 60, 4000) * area / q
    rate = max(se.loss_reduction(p, threshold, area, -math.expm1(-q * h / area)) / h
               for h in hectares)
    assert value.per_hectare >= rate * (1 - 1e-9)
    assert value.per_hectare == pytest.approx(rate, rel=2e-3, abs=1e-9)
    if 0 < value.best_hectares < math.inf:
        assert value.best_hectares >= value.hectares_to_threshold * (1 - 1e-9)


@given(st.floats(0.06, 0.9), st.floats(0.1, 50))
def test_one_hectare_that_cannot_change_anything_is_worth_nothing(p, area):
    value = se.survey_value(p, 0.05, area, 0.8)
    assume(value.hectares_to_threshold > 1)
    assert value.next_hectare == 0 < value.per_hectare


def test_certainty_has_no_value_of_information():
    assert se.survey_value(0.0, 0.05, 1, 0.8).per_hectare == 0
    assert se.survey_value(1.0, 0.05, 1, 0.8).per_hectare == 0
    # Perfect information: the area comes free with the chance that it is empty.
    assert se.loss_reduction(0.3, 0.05, 10, 1.0) == pytest.approx(7.0)


def test_review_per_hectare_is_the_chance_of_no_find_over_the_effort():
    value = se.survey_value(0.2, 0.05, 10, 0.8)
    found = 0.2 * -math.expm1(-0.8 * value.hectares_to_threshold / 10)
    assert value.review_per_hectare == pytest.approx(
        (1 - found) * 10 / value.hectares_to_threshold)


@pytest.mark.parametrize("threshold", [0.05, 0.25, 1 / 3, 0.5])
def test_value_around_the_threshold_itself(threshold):
    p = threshold
    for _ in range(6):
        value = se.survey_value(p, threshold, 3.0, 0.8)
        assert value.per_hectare == pytest.approx(0.8 * (1 - threshold), rel=1e-6)
        assert value.hectares_to_threshold < 1e-6
        p = math.nextafter(p, 1)


# --- input that is wrong -------------------------------------------------------------------------

@pytest.mark.parametrize("call", [
    lambda: se.allocate([0.5], [0.0], 1), lambda: se.allocate([-0.1], [1.0], 1),
    lambda: se.allocate([0.5], [1.0, 2.0], 1), lambda: se.allocate([0.5], [1.0], math.nan),
    lambda: se.effort_to_threshold([1.2], [1.0], 0.05),
    lambda: se.effort_to_threshold([0.2], [1.0], 0.0), lambda: se.survey_value(1.1, 0.05, 1, 0.8),
    lambda: se.survey_value(0.5, 0.05, 0, 0.8), lambda: se.coverage_for(1.0, "random"),
    lambda: se.detection(1.0, "cubic"), lambda: se.choose_areas([1.0], [math.nan], 3),
    lambda: se.choose_areas([-1.0], [1.0], 3), lambda: se.random_search(1, 1, 0)])
def test_wrong_numbers_are_refused_with_what_was_expected(call):
    with pytest.raises(LandReleaseError, match=r"ASS-301.*expected"):
        call()
