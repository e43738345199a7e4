"""Forecast: distributions that hold what the assumptions say, drivers, promises turned round."""

import dataclasses
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.assumption import Assumptions
from landrelease.core.outlook import Outlook
from landrelease.errors import LandReleaseError
from landrelease.forecast.drivers import explained_shares
from landrelease.forecast.inverse import day_for, inverse, quantile
from landrelease.forecast.outlook import make_outlook
from landrelease.forecast.uncertain import (
    check_pools,
    draw,
    mean_shares,
    read_assumptions,
    two_piece,
    two_piece_log,
)
from test_forecast_calendar import CERTAIN, RANGES, assumptions, pool, region

U = (np.arange(20_000) + 0.5) / 20_000


def quantiles_of(values):
    return np.quantile(values, [0.1, 0.5, 0.9])


def normal():
    from scipy.special import ndtri

    return ndtri(U)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.01, 1e5), min_size=3, max_size=3).map(sorted))
def test_rates_have_the_stated_quantiles(stated):
    assert quantiles_of(two_piece_log(normal(), *stated)) == pytest.approx(stated, rel=1e-2)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 0.9), min_size=3, max_size=3).map(sorted))
def test_shares_have_the_stated_quantiles(stated):
    found = two_piece(normal(), *stated, 0, 1)
    assert quantiles_of(found) == pytest.approx(stated, abs=1e-3)
    assert found.min() >= 0 and found.max() <= 1


def test_shares_that_fit_together_keep_all_three_ranges():
    found = mean_shares(read_assumptions(assumptions()), normal())
    for column, name in enumerate(("share_cancelled", "share_reduced", "share_cleared")):
        assert quantiles_of(found[:, column]) == pytest.approx(RANGES[name], abs=2e-3)
    assert found.sum(axis=1) == pytest.approx(np.ones(len(U)))


@settings(max_examples=15, deadline=None)
@given(st.lists(st.floats(0, 1), min_size=3, max_size=3), st.lists(st.floats(0, 0.6), min_size=6,
                                                                  max_size=6))  # fmt: skip
def test_shares_are_shares_and_what_is_cleared_keeps_its_range(weights, widths):
    value = (np.array(weights) + 1e-3) / (sum(weights) + 3e-3)
    low = np.maximum(value - widths[:3], 0)
    high = np.minimum(value + widths[3:], 1)
    names = ("share_cancelled", "share_reduced", "share_cleared")
    stated = {n: (low[i], value[i], high[i]) for i, n in enumerate(names)}
    found = mean_shares(read_assumptions(assumptions(**stated)), normal())
    assert np.all(found >= 0) and found.sum(axis=1) == pytest.approx(np.ones(len(U)))
    assert found[len(U) // 2] == pytest.approx(value, abs=1e-3)
    kept = found[:, 0] + found[:, 1] > 0  # where survey releases nothing all is cleared
    if kept.all():
        assert quantiles_of(found[:, 2]) == pytest.approx([low[2], value[2], high[2]], abs=2e-3)


def test_what_survey_cannot_release_is_cleared():
    nothing = {"share_cancelled": (0,) * 3, "share_reduced": (0,) * 3, "share_cleared": (0.5, 1, 1)}
    found = mean_shares(read_assumptions(assumptions(**nothing)), normal())
    assert np.array_equal(found, np.tile([0.0, 0.0, 1.0], (len(U), 1)))


def test_every_draw_means_what_the_assumptions_say():
    uncertain = read_assumptions(assumptions())
    pools = (pool("manual", 3), pool("manual", 1, number=1, rate=(100.0, 300.0, 600.0)))
    draws = draw(uncertain, pools, np.array([True, True]), 4000, 1)
    assert quantiles_of(draws.rate[:, 0] * 400) == pytest.approx([200, 400, 500], rel=0.01)
    assert quantiles_of(draws.rate[:, 1] * 300) == pytest.approx([100, 300, 600], rel=0.01)
    # One good year is a good year for all teams of a kind.
    assert np.array_equal(np.argsort(draws.rate[:, 0]), np.argsort(draws.rate[:, 1]))
    assert quantiles_of(draws.shares[:, 2]) == pytest.approx([0.22, 0.44, 0.55], abs=0.005)
    assert draws.shares.sum(axis=1) == pytest.approx(np.ones(4000))
    assert quantiles_of(draws.undiscovered) == pytest.approx([0, 0.1, 0.3], abs=0.005)
    assert quantiles_of(draws.rework) == pytest.approx([0.01, 0.03, 0.08], abs=0.002)
    assert np.abs(np.corrcoef(draws.factors.T) - np.eye(draws.factors.shape[1])).max() < 0.06


def test_what_is_certain_is_no_factor_and_does_not_change_the_other_draws():
    pools = (pool("manual", 3),)
    some = draw(read_assumptions(assumptions()), pools, np.array([True]), 50, 1)
    less = draw(read_assumptions(assumptions(rework_share=(0.03,) * 3)), pools, np.array([True]),
                50, 1)  # fmt: skip
    assert set(some.names) - set(less.names) == {"rework_share"}
    assert np.array_equal(some.rate, less.rate) and np.array_equal(some.shares, less.shares)
    none = draw(read_assumptions(assumptions(**CERTAIN)), (pool("nts", 1, rate=(5, 5, 5)),),
                np.array([True]), 9, 1)  # fmt: skip
    assert none.names == () and none.factors.shape == (9, 0)
    assert none.shares == pytest.approx(np.tile([0.32, 0.24, 0.44], (9, 1)))


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"lost_day_share": (0.3, 0.15, 0.05)}, "FOR-003"),
        ({"lost_day_share": (0.1, 0.2, 1.0)}, "FOR-003"),
        ({"undiscovered_share": (0.0, 0.1, float("inf"))}, "FOR-003"),
        ({"rework_share": (0.0, float("nan"), 0.1)}, "FOR-003"),
        ({"outcome_concentration": (0.0, 0.0, 0.0)}, "FOR-003"),
        ({"forecast_horizon_years": (0.0, 0.0, 0.0)}, "FOR-003"),
        ({"share_cleared": (0.5, 0.5, 0.5)}, "FOR-004"),
    ],
)
def test_assumptions_that_make_no_sense_say_which(changed, code):
    with pytest.raises(LandReleaseError) as raised:
        read_assumptions(assumptions(**changed))
    assert raised.value.code == code and next(iter(changed)) in str(raised.value)


def test_a_missing_assumption_is_named():
    with pytest.raises(LandReleaseError, match=r"FOR-002.*share_cancelled"):
        read_assumptions(Assumptions({}))


@pytest.mark.parametrize(
    ("pools", "code"),
    [
        ([pool("nts", 1, rate=(5.0, 4.0, 6.0))], "FOR-003"),
        ([pool("nts", 1, rate=(0.0, 4.0, 6.0))], "FOR-003"),
        ([pool("nts", 1, cost=-1.0)], "FOR-003"),
        ([pool("nts", 1), pool("ts", 1, currency="EUR")], "FOR-005"),
    ],
)
def test_teams_that_make_no_sense_say_which(pools, code):
    with pytest.raises(LandReleaseError) as raised:
        check_pools(tuple(pools))
    assert raised.value.code == code


# --- drivers -------------------------------------------------------------------------------------


def test_drivers_of_a_known_sum_are_its_variances():
    g = np.random.default_rng(3)
    x = g.standard_normal((4000, 4))
    y = np.exp(2 * x[:, 0] - 1 * x[:, 1] + 1 * g.standard_normal(4000))
    shares = explained_shares(x, y)
    assert shares == pytest.approx([4 / 6, 1 / 6, 0, 0], abs=0.03)


def test_factors_that_explain_nothing_get_nothing_on_average():
    g = np.random.default_rng(4)
    sums = [
        explained_shares(g.standard_normal((60, 6)), g.standard_normal(60)).sum() for _ in range(40)
    ]
    assert np.mean(sums) < 0.06  # unadjusted, chance alone would explain 6 / 59


@pytest.mark.parametrize(
    "outcome", [np.full(30, 7.0), np.full(30, np.inf), np.r_[np.full(28, np.inf), 1.0, 2.0]]
)
def test_drivers_of_constant_or_infinite_outcomes_are_finite(outcome):
    shares = explained_shares(np.random.default_rng(5).standard_normal((30, 3)), outcome)
    assert np.all(shares >= 0) and shares.sum() <= 1


def test_too_few_runs_explain_nothing():
    assert explained_shares(np.ones((4, 3)), np.arange(4.0)).tolist() == [0, 0, 0]
    outlook = make_outlook(region(3), assumptions(), runs=1, seed=1)
    assert outlook.drivers == () and "too few" in outlook.explained


def test_the_largest_driver_comes_first_and_is_the_only_one_that_varies():
    plan = region(60, seed=2)
    pools = tuple(
        p if p.kind == "manual" else dataclasses.replace(
            p, m2_per_day_low=p.m2_per_day, m2_per_day_high=p.m2_per_day)
        for p in plan.problem.pools
    )  # fmt: skip
    plan = dataclasses.replace(plan, problem=dataclasses.replace(plan.problem, pools=pools))
    spread = {**CERTAIN, "rework_share": (0.0, 0.01, 0.02)}
    outlook = make_outlook(plan, assumptions(**spread), runs=60, seed=2)
    # What chance does is said apart: here only which clearances fail.
    assert [d.name for d in outlook.drivers if not d.name.startswith("chance_")] == [
        "rate_manual", "rework_share"]
    assert outlook.drivers[0].name == "rate_manual"
    assert outlook.drivers[0].share > 0.8
    assert sum(d.share for d in outlook.drivers) + outlook.chance_share == pytest.approx(1)
    assert "manual teams" in outlook.drivers[0].words


# --- a promise turned round ----------------------------------------------------------------------


def outlook_of(days, cost=None):
    days = np.asarray(days, dtype=float)
    return Outlook(
        start=date(2030, 1, 1), horizon_days=3652.5, finish_day=days,
        cost=np.zeros(len(days)) if cost is None else np.asarray(cost, dtype=float), currency="USD",
        quantiles=np.zeros(0), curve_days=np.zeros(0), released_m2=np.zeros((0, 0)), total_m2=0.0,
        drivers=(), seed=1, policy="",
    )  # fmt: skip


def test_quantiles_never_mix_finite_and_infinite():
    values = [1.0, 2.0, 3.0, np.inf]
    assert quantile(values, 0.75) == 3
    assert quantile(values, 0.76) == np.inf
    assert quantile([np.inf] * 3, 0.5) == np.inf


@settings(max_examples=50)
@given(
    st.lists(st.one_of(st.floats(0, 3000), st.just(float("inf"))), min_size=1, max_size=40),
    st.floats(0.01, 0.99),
)
def test_the_date_for_a_chance_has_that_chance_and_the_day_before_has_not(days, chance):
    outlook = outlook_of(days)
    day = day_for(outlook, chance)
    if day is None:
        assert outlook.chance_by(date(2060, 1, 1)) < chance
    else:
        assert outlook.chance_by(day) >= chance - 1e-9
        assert outlook.chance_by(day - timedelta(days=1)) < chance


def test_a_promise_has_a_chance_and_an_interval():
    outlook = outlook_of([100, 200, 300, np.inf], cost=[10, 40, 20, 5])
    answer = inverse(outlook, by=date(2030, 1, 1) + timedelta(days=300))
    assert answer.chance == 0.75 and answer.low < 0.75 < answer.high
    assert "3 of 4 runs" in answer.words
    both = inverse(outlook, by=date(2030, 1, 1) + timedelta(days=300), budget=25)
    assert both.chance == 0.5
    # A run that did not finish is not within a budget, however little was spent so far.
    assert inverse(outlook, budget=1000).chance == 0.75
    # It costs 5 until then: perhaps it ends within 25, so the chance is the least that it can be.
    open_end = inverse(outlook, budget=25)
    assert open_end.open_runs == 1 and open_end.chance == 0.5 and open_end.high > 0.75
    assert "at least 50%" in open_end.words and "not known" in open_end.words
    assert inverse(outlook, budget=3).open_runs == 0  # it has cost more than that already
    # By a date past the ten years that were simulated it may be done, by one within them not.
    assert inverse(outlook, by=date(2045, 1, 1)).open_runs == 1
    within = inverse(outlook, by=date(2035, 1, 1))
    assert within.open_runs == 0 and "at least" not in within.words
    never = inverse(outlook, chance=0.9)
    assert never.day is None and "No date" in never.words
    assert inverse(outlook, chance=0.5).day == date(2030, 1, 1) + timedelta(days=200)


@pytest.mark.parametrize("question", [{}, {"chance": 0.0}, {"chance": 1.0}, {"budget": -5.0},
                                      {"budget": float("nan")}])  # fmt: skip
def test_questions_without_an_answer_say_so(question):
    with pytest.raises(LandReleaseError, match="FOR-001"):
        inverse(outlook_of([1.0]), **question)
