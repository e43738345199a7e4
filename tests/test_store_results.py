"""STO: a plan is saved whole and loaded whole, with access over roads too."""

import dataclasses
from datetime import date

import numpy as np
import pytest

from landrelease.core import conditions as terms
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.outlook import Driver, Outlook
from landrelease.core.work import Access, Problem
from landrelease.errors import LandReleaseError
from landrelease.plan.search import make_plan
from landrelease.store.results import (
    PlanFile,
    load_outlook,
    load_plan,
    save_outlook,
    save_plan,
)
from tiny_worlds import behind_roads, bound_by, tiny

STATED = Assumptions({"a": Assumption("a", 1.0, 0.5, 2.0, "m", "what", "where")})


def same(one, two) -> bool:
    if isinstance(one, (Problem, Access, terms.Conditions, terms.Calendars, terms.Windows,
                        terms.Equipment, terms.Money, terms.Projects, terms.Decisions,
                        terms.Promises, terms.Outcomes)):
        return all(same(getattr(one, f.name), getattr(two, f.name))
                   for f in dataclasses.fields(one))
    if isinstance(one, np.ndarray):
        return one.dtype == two.dtype and np.array_equal(one, two)
    return one == two


@pytest.mark.parametrize("make", [tiny, behind_roads, bound_by])
def test_a_plan_comes_back_as_it_was_saved(tmp_path, make):
    plan = make_plan(make(4), iterations=5, seed=1)
    saved = PlanFile(plan, STATED, "0" * 64, date(2027, 4, 1), {"person_weight": 1.0})
    save_plan(tmp_path, saved)
    back = load_plan(tmp_path / "plan.json")
    assert same(plan.problem, back.plan.problem)
    assert np.array_equal(plan.schedule.finish, back.plan.schedule.finish)
    assert (back.plan.score, back.plan.bound, back.plan.rules) == (
        plan.score, plan.bound, plan.rules)
    assert (back.chain_head, back.start, dict(back.weights)) == (
        saved.chain_head, saved.start, saved.weights)
    assert list(back.assumptions) == list(STATED)


def test_a_plan_whose_arrays_were_exchanged_is_refused(tmp_path):
    for number in (1, 2):
        plan = make_plan(tiny(number), iterations=1, seed=1)
        save_plan(tmp_path / str(number), PlanFile(plan, STATED, "", date(2027, 4, 1), {}))
    (tmp_path / "1" / "problem.npz").write_bytes((tmp_path / "2" / "problem.npz").read_bytes())
    with pytest.raises(LandReleaseError, match="PLN-101"):
        load_plan(tmp_path / "1")


def test_a_forecast_comes_back_with_runs_that_did_not_finish(tmp_path):
    outlook = Outlook(
        start=date(2027, 4, 1), horizon_days=100.0, finish_day=np.array([10.0, np.inf]),
        cost=np.array([1.0, 2.0]), currency="USD", quantiles=np.array([0.5]),
        curve_days=np.array([0.0, 50.0]), released_m2=np.array([[0.0, 9.0]]), total_m2=9.0,
        drivers=(Driver("rate", 0.5, "how fast"),), seed=1, policy="who comes first",
        community_ids=("a", "b"), community_day=np.array([[0.0, 5.0], [np.inf, 7.0]]))
    save_outlook(tmp_path / "forecast.json", outlook, "head")
    back, head = load_outlook(tmp_path / "forecast.json")
    assert head == "head"
    for field in dataclasses.fields(Outlook):
        one, two = getattr(outlook, field.name), getattr(back, field.name)
        assert np.array_equal(one, two) if isinstance(one, np.ndarray) else (
            tuple(one) == tuple(two) if isinstance(one, tuple) else one == two), field.name
