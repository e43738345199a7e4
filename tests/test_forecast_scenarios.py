"""Forecast: what happens on the way, by hand; scenarios, scores and baselines.

All figures here are synthetic; no place is named.
"""

import dataclasses
import json
import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import LandReleaseError
from landrelease.forecast import pace, scores
from landrelease.forecast.circumstances import (
    ALL,
    Breakdowns,
    Circumstances,
    Closing,
    Learning,
    Renewed,
    Shut,
    Tranche,
    Turnover,
)
from landrelease.forecast.closings import fit_closing, fit_weibull
from landrelease.forecast.outlook import Learned, make_outlook
from landrelease.forecast.scenario import divided, scenario_of
from landrelease.forecast.simulate import dask_spread
from test_forecast_calendar import CERTAIN, assumptions, plan_of, pool, problem, region

START = date(2030, 1, 1)
SAME = (1.0, 1.0, 1.0)
NO_MOVE = {**CERTAIN, "move_days": (0, 0, 0)}


def every_day(years=4):
    count = (date(START.year + years, 1, 1) - START).days
    return np.arange(count + 1.0), tuple(START + timedelta(days=k) for k in range(count + 1))


def one_stage(days=100, teams=1, **circumstances):
    """One team, one stage of `days` days; slots are days."""
    made = problem([(0, -1, 0, 1000.0)], [[(0, days, -1, 0)]], [pool("nts", teams, rate=SAME)],
                   hazards=1, calendar=every_day(), slot_days=1.0)
    return plan_of(made), Circumstances(**circumstances)


def finish(plan, made, runs=1, seed=3, **changed):
    return make_outlook(plan, assumptions(**{**NO_MOVE, **changed}), runs=runs, seed=seed,
                        circumstances=made)


def day(n):
    return START + timedelta(days=n)


# --- what happens on the way ---------------------------------------------------------------------


def test_a_closure_with_dates_makes_the_team_wait_and_go_on_after_it():
    plan, made = one_stage(shut=(Shut(ALL, day(40), day(59)),))  # closed on 20 days
    assert finish(plan, made).finish_day.tolist() == [120]
    plan, made = one_stage(shut=(Shut(ALL, day(0), day(9)), Shut(ALL, day(5), day(19))))
    assert finish(plan, made).finish_day.tolist() == [120]  # what overlaps counts once


def test_a_free_team_takes_nothing_that_lies_in_a_closed_sector():
    made = problem([(0, -1, 0, 10.0), (0, -1, 1, 10.0)], [[(0, 10, -1, 0)], [(0, 10, -1, 0)]],
                   [pool("nts", 1, rate=SAME)], hazards=2, calendar=every_day(), slot_days=1.0)
    closed = Circumstances(sector=np.array([0, 1]), shut=(Shut(0, day(0), day(29)),))
    found = finish(plan_of(made), closed)
    assert found.finish_day.tolist() == [40]  # the second first, then idle until day 30
    assert found.area_day[1].tolist() == [40, 10]


@pytest.mark.parametrize("shape", [0.7, 1.0, 2.0])
def test_a_renewal_process_closes_its_share_of_the_days(shape):
    closing = Closing(30.0, shape, 8.0, 0.5)
    plan, made = one_stage(days=900, sector=np.zeros(1, dtype=int), closings=(closing,))
    found = finish(plan, made, runs=400)
    # 900 days of presence take 900 / (1 - share) days in the long run.
    assert found.finish_day.mean() == pytest.approx(900 / (1 - closing.share), rel=0.02)
    assert found.finish_day.std() > 10


def chances(outlook):
    return {d.name.removeprefix("chance_"): d.share for d in outlook.drivers
            if d.name.startswith("chance_")}


def test_what_comes_by_chance_on_the_way_is_among_the_drivers():
    plan = region(10, seed=1)
    sector = np.zeros(len(plan.problem.stage_ids), dtype=int)
    plain = make_outlook(plan, assumptions(), runs=60, seed=1)
    assert set(chances(plain)) == {"empty_areas", "area_work"}
    held = make_outlook(plan, assumptions(), runs=60, seed=1, circumstances=Circumstances(
        sector=sector, closings=(Closing(20.0, 0.7, 60.0, 1.0),),
        money=(Tranche(START, 1e9, late_days=90.0),)))
    assert set(chances(held)) == {"closures", "late_money", "empty_areas", "area_work"}
    assert sum(d.share for d in held.drivers) + held.chance_share == pytest.approx(1)


@pytest.mark.parametrize(("cause", "made"), [
    ("closures", {"sector": np.zeros(1, dtype=int), "closings": (Closing(30.0, 1.0, 8.0, 0.5),)}),
    ("breakdowns", {"breakdowns": {"nts": Breakdowns(20.0, 8.0)}}),
    ("turnover", {"turnover": {"nts": Turnover(40.0, 20.0)}}),
    ("late_money", {"money": (Tranche(START, 1e9, late_days=200.0),)}),
])
def test_the_only_chance_that_there_is_explains_the_spread(cause, made):
    plan, happens = one_stage(days=600, **made)
    found = chances(finish(plan, happens, runs=400))
    assert list(found) == [cause]
    assert found[cause] > 0.9


def test_single_areas_and_what_is_contaminated_again_explain_the_spread_that_they_make():
    stages = [(2, -1, h, 100.0) for h in range(12)]
    made = problem(stages, [[(0, 50, -1, 0)]] * 12, [pool("manual", 1, rate=SAME)], hazards=12,
                   calendar=every_day(6), slot_days=1.0)
    found = chances(finish(plan_of(made), Circumstances(), runs=300,
                           task_duration_spread=(0.5, 0.5, 0.5)))
    assert list(found) == ["area_work"] and found["area_work"] > 0.95
    again = Circumstances(renewed=Renewed(0.3, day(500), 1.0))
    found = chances(finish(plan_of(made), again, runs=300))
    # A part of it: whether ground is contaminated again depends on when it was released as well.
    assert list(found) == ["renewed"] and found["renewed"] > 0.3


def test_ground_that_reports_have_been_on_changes_the_time_there_and_nowhere_else():
    made = problem([(2, -1, 0, 10.0), (2, -1, 1, 10.0)], [[(0, 100, -1, 0)], [(0, 100, -1, 0)]],
                   [pool("manual", 2, rate=SAME)], hazards=2, calendar=every_day(), slot_days=1.0)
    plan = plan_of(made)
    ids = plan.problem.hazard_ids
    learned = {"manual": Learned(1.0, 1.0, 1.0, 0.0, 50, {}, {"dense": (math.log(0.5), 0.0)}, 0.3)}

    def play(ground, learned=learned, runs=1):
        return make_outlook(plan, assumptions(**NO_MOVE), runs=runs, seed=3, learned=learned,
                            circumstances=Circumstances(ground=ground))

    found = play({ids[0]: "dense"})
    assert found.area_day[1] == pytest.approx([200, 100])  # half the rate there, twice the time
    assert any("0.50 of the ordinary rate on dense" in note for note in found.notes)
    assert play({ids[0]: "dense"}, learned={}).area_day[1] == pytest.approx([100, 100])
    # Ground that no report has been on: by chance, as much as grounds differ; said.
    new = play({ids[0]: "rock"}, runs=800)
    assert np.log(new.finish_day / 100).max() > 0.3
    assert any("no report has been on rock" in note for note in new.notes)
    assert {d.name for d in new.drivers} == {"chance_ground"}


def test_months_that_are_slow_make_work_longer():
    month = np.full(12, 0.5)
    plan, made = one_stage(month=month)
    assert finish(plan, made).finish_day[0] == pytest.approx(200)
    month = np.ones(12)
    month[0] = 0.25  # January: 31 days are worth 7.75
    plan, made = one_stage(month=month)
    assert finish(plan, made).finish_day[0] == pytest.approx(100 + 31 * 0.75)


def test_breakdowns_and_departures_cost_their_days():
    plan, made = one_stage(days=300, breakdowns={"nts": Breakdowns(20.0, 4.0)})
    found = finish(plan, made, runs=1500)
    assert found.finish_day.mean() == pytest.approx(300 + 300 / 20 * 4, rel=0.01)
    # Compound Poisson of exponentials: the variance is rate * 2 * mean squared.
    assert found.finish_day.var() == pytest.approx(300 / 20 * 2 * 16, rel=0.12)
    plan, made = one_stage(days=300, turnover={"nts": Turnover(100.0, 10.0)})
    assert finish(plan, made, runs=1500).finish_day.mean() == pytest.approx(330, rel=0.01)
    other = Circumstances(breakdowns={"manual": Breakdowns(1.0, 50.0)})
    assert finish(plan, other).finish_day.tolist() == [300]  # of another kind of team


def test_a_new_team_is_slower_as_the_learning_curve_says():
    learning = {"nts": Learning(0.4, 30.0)}
    plan, made = one_stage(learning=learning, experience={"nts-0": 0.0})
    took = finish(plan, made).finish_day[0]
    done = took - 0.4 * 30 * (1 - math.exp(-took / 30))  # the integral of the pace
    assert done == pytest.approx(100, abs=1e-4)
    plan, made = one_stage(learning=learning)  # experienced
    assert finish(plan, made).finish_day.tolist() == [100]
    plan, made = one_stage(learning=learning, turnover={"nts": Turnover(30.0, 0.0)})
    assert finish(plan, made, runs=200).finish_day.mean() > 110  # who comes has to learn


def test_nothing_is_begun_that_the_money_does_not_pay_for():
    made = problem([(0, -1, h, 10.0) for h in range(3)], [[(0, 10, -1, 0)]] * 3,
                   [pool("nts", 1, rate=SAME, cost=100.0)], hazards=3, calendar=every_day(),
                   slot_days=1.0)
    plan = plan_of(made)
    funds = Circumstances(money=(Tranche(day(0), 2000.0), Tranche(day(90), 1000.0)))
    found = finish(plan, funds)
    assert found.finish_day.tolist() == [100]
    assert any("money" in note and day(20).isoformat() in note for note in found.notes)
    never = finish(plan, Circumstances(money=(Tranche(day(0), 2999.0),)))
    assert np.isinf(never.finish_day).all() and np.isinf(never.area_day[1]).sum() == 1
    none = finish(plan, Circumstances(money=()))
    assert np.isinf(none.finish_day).all() and none.work_cost.tolist() == [0]
    late = finish(plan, Circumstances(money=(Tranche(day(0), 3000.0, late_days=25.0),)), runs=1500)
    assert late.finish_day.mean() == pytest.approx(30 + 25, rel=0.06)


def test_money_that_is_not_spent_by_its_last_day_is_lost():
    stages = [(0, -1, h, 10.0) for h in range(3)]
    made = problem(stages, [[(0, 10, -1, 0)]] * 3, [pool("nts", 1, rate=SAME, cost=10.0)],
                   hazards=3, calendar=every_day(), slot_days=1.0)

    def done(*money):
        found = finish(plan_of(made), Circumstances(money=money))
        return [None if math.isinf(d) else float(d) for d in found.area_day[1]]

    # Each area costs 100 and takes 10 days. Of 300 that lapse after day 14 two can be begun.
    assert done(Tranche(START, 300.0)) == [10, 20, 30]
    assert done(Tranche(START, 300.0, until=day(14))) == [10, 20, None]
    # What lapses first is spent first: the other 100 are still there for the third.
    assert done(Tranche(START, 100.0), Tranche(START, 200.0, until=day(14))) == [10, 20, 30]
    # What was spent before the lapsing money came was not spent of it.
    assert done(Tranche(START, 100.0), Tranche(day(5), 200.0, until=day(9)),
                Tranche(day(40), 100.0)) == [10, 50, None]


def with_lines(made, lines):
    """The problem with money whose budget lines the stages belong to."""
    from landrelease.core.conditions import Money

    money = Money(tuple(f"F{n}" for n in range(max(lines) + 1)), "USD",
                  np.zeros((max(lines) + 1, made.horizon)), np.array(lines, dtype=np.int32))
    return dataclasses.replace(made, conditions=dataclasses.replace(made.conditions, money=money))


def test_money_pays_for_what_it_was_given_for_and_other_work_goes_on():
    # Three areas of 10 days and 100 each, in this order; the first two belong to line 0.
    made = with_lines(problem([(0, -1, h, 10.0) for h in range(3)], [[(0, 10, -1, 0)]] * 3,
                              [pool("nts", 1, rate=SAME, cost=10.0)], hazards=3,
                              calendar=every_day(), slot_days=1.0), [0, 0, 1])

    def done(*money):
        found = finish(plan_of(made), Circumstances(money=money))
        return [None if math.isinf(d) else float(d) for d in found.area_day[1]]

    # 500 for line 1 do not pay for line 0, whose own money comes on day 40.
    assert done(Tranche(START, 500.0, lines=(1,)), Tranche(day(40), 200.0, lines=(0,))) == [
        50, 60, 10]
    # What may be spent on least is spent first: of the free money 100 are left for line 0.
    assert done(Tranche(START, 100.0), Tranche(START, 100.0, lines=(0,)),
                Tranche(START, 100.0, lines=(1,))) == [10, 20, 30]
    assert done(Tranche(START, 100.0), Tranche(START, 100.0, lines=(1,))) == [10, None, 20]
    # What lapses is lost for its own line alone.
    assert done(Tranche(START, 100.0, lines=(0,), until=day(3)),
                Tranche(day(5), 100.0, lines=(0,)), Tranche(START, 100.0, lines=(1,))) == [
        10, 20, 30]
    assert done(Tranche(START, 200.0, lines=(0,), until=day(3)),
                Tranche(START, 100.0, lines=(1,))) == [10, None, 20]


def test_money_for_the_only_line_that_there_is_is_money_without_lines():
    plan = region(4, seed=1)
    lines = [0] * len(plan.problem.stage_ids)
    plan = dataclasses.replace(plan, problem=with_lines(plan.problem, lines))
    closing = (Closing(20.0, 1.0, 3.0, 0.5),)
    sector = np.zeros(len(lines), dtype=np.int64)

    def played(of):
        return finish(plan, Circumstances(closings=closing, sector=sector, money=(
            Tranche(START, 40_000.0, lines=of), Tranche(day(200), 9e9, 30.0))), runs=20)

    one, other = played(None), played((0,))
    assert np.isfinite(one.finish_day).any() and np.array_equal(one.finish_day, other.finish_day)
    assert np.array_equal(one.cost, other.cost)


def test_what_donors_gave_for_some_areas_is_kept_in_the_forecast():
    from landrelease.workflows.scenarios import money_of

    made = with_lines(region(4, seed=1).problem, [n % 2 for n in range(len(
        region(4, seed=1).problem.stage_ids))])
    arrived = np.zeros((3, made.horizon))
    arrived[:, 5:] = np.array([[10.0], [20.0], [40.0]])
    money = dataclasses.replace(made.conditions.money, fund_ids=("a", "b", "all"), arrived=arrived,
                                line_ids=("one", "two"), may_pay=np.array(
                                    [[True, False, True], [False, True, True]]))
    plan = dataclasses.replace(region(4, seed=1), problem=dataclasses.replace(
        made, conditions=dataclasses.replace(made.conditions, money=money)))
    assert sorted((t.amount, t.lines) for t in money_of(plan)) == [
        (10.0, (0,)), (20.0, (1,)), (40.0, None)]


def test_ground_that_is_contaminated_again_is_cleared_again_in_the_stated_share():
    made = problem([(2, -1, h, 10.0) for h in range(50)], [[(0, 1, -1, 0)]] * 50,
                   [pool("manual", 50, rate=SAME)], hazards=50, calendar=every_day(),
                   slot_days=1.0)
    shares = {"share_cancelled": (0,) * 3, "share_reduced": (0,) * 3, "share_cleared": (1,) * 3}
    # One year after release: a share of 30 % a year.
    again = Circumstances(renewed=Renewed(0.3, day(1 + 365), 2.0))
    found = finish(plan_of(made), again, runs=60, **shares)
    extra = found.work_cost / 800.0 - 50
    assert extra.mean() / 2 / 50 == pytest.approx(0.3, abs=0.03)
    assert found.finish_day.max() <= 368 + 3 and found.finish_day.min() > 1
    assert found.released_m2[:, -1] == pytest.approx([500.0] * 7)  # counted once


def test_the_answer_is_the_same_under_dask_and_with_all_effects():
    plan = region(25, seed=7)
    made = Circumstances(
        closings=(Closing(40.0, 0.8, 5.0, 0.8),), sector=np.zeros(len(plan.problem.stage_ids),
                                                                  dtype=int),
        breakdowns={"mechanical": Breakdowns(25.0, 4.0)}, turnover={"manual": Turnover(200., 10.)},
        learning={"manual": Learning(0.3, 35.0)}, month=np.linspace(0.8, 1.2, 12),
        money=(Tranche(date(2030, 4, 1), 1e8, 20.0),), renewed=Renewed(0.02, date(2040, 1, 1)))
    kind = {"runs": 30, "seed": 4, "circumstances": made}
    one = make_outlook(plan, assumptions(), workers=1, **kind)
    two = make_outlook(plan, assumptions(), workers=3, **kind)
    dask = make_outlook(plan, assumptions(), spread=dask_spread("synchronous"), **kind)
    for name in ("finish_day", "cost", "work_cost", "area_day", "released_m2"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
        assert np.array_equal(getattr(one, name), getattr(dask, name)), name


def test_learned_rates_and_lost_days_take_the_place_of_the_stated_ones():
    plan, _ = one_stage()
    stated = make_outlook(plan, assumptions(**NO_MOVE), runs=1, seed=1)
    assert stated.finish_day.tolist() == [100] and any("prior" in n for n in stated.notes)
    learned = {"nts": Learned(2.0, 2.0, 2.0, 0.0, 60)}  # twice the stated rate
    found = make_outlook(plan, assumptions(**NO_MOVE), runs=1, seed=1, learned=learned)
    assert found.finish_day.tolist() == [50]
    assert any("60 days" in n for n in found.notes)
    lost = make_outlook(plan, assumptions(**NO_MOVE), runs=1, seed=1, lost=(0.2, 0.2, 0.2))
    assert lost.finish_day == pytest.approx([125])
    teams = make_outlook(plan, assumptions(**NO_MOVE), runs=4000, seed=1,
                         learned={"nts": Learned(1.0, 1.0, 1.0, 0.3, 60)})
    assert np.log(teams.finish_day).std() == pytest.approx(0.3, rel=0.05)


def test_groups_end_with_their_last_area():
    plan = region(20, seed=5)
    ids = plan.problem.hazard_ids
    found = make_outlook(plan, assumptions(), runs=50, seed=1,
                         groups={"west": ids[:10], "east": ids[10:], "nowhere": []})
    assert found.groups == ("west", "east", "nowhere")
    assert np.all(found.group_day[:, 0] >= found.area_day[:, :10].max(axis=1) - 1e-3)
    assert found.group_day[1, :2].max() <= np.median(found.finish_day) + 1e-3
    assert found.group_day[:, 2].tolist() == [0, 0, 0]


# --- scenarios -----------------------------------------------------------------------------------


def scenario(document):
    plan = region(10, seed=1)
    return plan, scenario_of(document, "s.yaml", plan, assumptions())


def test_a_scenario_changes_what_it_names_and_nothing_else():
    plan, made = scenario({
        "name": "more", "teams": {"manual": "+3", "ts": "x2", "nts": 1}, "rates": {"manual": 0.5},
        "assumptions": {"rework_share": [0.0, 0.1, 0.2], "undiscovered_share": 0.0},
        "closures": [{"from": "2031-01-01", "until": "2031-03-31"}],
        "money": [{"day": "2030-04-01", "amount": 1e6, "late_days": 30}],
        "renewed": {"share_a_year": 0.05, "until": "2035-01-01"}})
    kinds = np.array([p.kind for p in plan.problem.pools])
    before, after = plan.problem.pool_teams, made.plan.problem.pool_teams
    total = {k: (before[kinds == k].sum(), after[kinds == k].sum()) for k in set(kinds)}
    assert total == {"nts": (3, 1), "ts": (6, 12), "manual": (18, 21), "mechanical": (3, 3)}
    assert made.assumptions["rework_share"].high == 0.2
    assert made.assumptions["undiscovered_share"].value == 0
    assert made.assumptions["move_days"] == assumptions()["move_days"]
    assert made.rate_factor == {"manual": 0.5} and made.circumstances.renewed.part == 1.0
    assert made.circumstances.shut[0].sector == ALL
    assert np.array_equal(plan.problem.pool_teams, before)  # the plan stays as it is


@pytest.mark.parametrize(("document", "where"), [
    ([], "the whole"), ({}, "name"), ({"name": "x", "team": {}}, "team"),
    ({"name": "x", "teams": {"manual": "many"}}, "teams: manual"),
    ({"name": "x", "teams": {"sappers": 3}}, "teams: sappers"),
    ({"name": "x", "rates": {"manual": 0}}, "rates: manual"),
    ({"name": "x", "rates": {"manual": float("nan")}}, "rates: manual"),
    ({"name": "x", "assumptions": {"luck": 1}}, "assumptions: luck"),
    ({"name": "x", "assumptions": {"rework_share": [1, 2]}}, "assumptions: rework_share"),
    ({"name": "x", "closures": [{"from": "2031-01-01"}]}, "closures: 1: until"),
    ({"name": "x", "closures": [{"from": "2031-02-01", "until": "2031-01-01"}]}, "until"),
    ({"name": "x", "months": [1] * 11}, "months"),
    ({"name": "x", "months": [0] * 12}, "no work is ever done"),
    ({"name": "x", "money": [{"day": "soon", "amount": 1}]}, "money: 1: day"),
    ({"name": "x", "money": [{"day": "2031-01-01", "amount": -1}]}, "money: 1: amount"),
    ({"name": "x", "renewed": {"share_a_year": 1.5, "until": "2031-01-01"}}, "share_a_year"),
    ({"name": "x", "closure_process": {"open_days": 0, "closed_days": 1}}, "open_days"),
    # No closure is on record: which ground would close?
    ({"name": "x", "closure_process": {"open_days": 9, "closed_days": 1}}, "areas"),
    ({"name": "x", "closure_process": {"open_days": 9, "closed_days": 1, "areas": "some"}},
     "areas"),
])
def test_a_wrong_scenario_names_the_setting(document, where):
    with pytest.raises(LandReleaseError, match=r"FOR-009") as told:
        scenario(document)
    assert where in str(told.value)


@pytest.mark.parametrize("block", [
    {"teams": {"animal": 4}}, {"rates": {"animal": 2.0}},
    {"breakdowns": {"animal": {"days_between": 20, "days_off": 2}}},
    {"turnover": {"animal": {"days_between": 20, "days_off": 2}}},
    {"learning": {"animal": {"share": 0.3, "days": 30}}}])
def test_a_kind_of_which_the_plan_has_no_team_is_refused(block):
    with pytest.raises(LandReleaseError, match=r"FOR-009.*animal.*nts, ts, manual, mechanical"):
        scenario({"name": "dogs", **block})


def play_of(plan, document, **kind):
    from landrelease.workflows.scenarios import play

    stated = assumptions(**NO_MOVE)
    made = scenario_of({"name": "s", **document}, "s.yaml", plan, stated)
    return play(made, {}, runs=1, seed=1, **kind)


def test_teams_that_a_scenario_adds_have_to_learn_and_the_others_have_not():
    plan, _ = one_stage(days=100, teams=0)
    one = play_of(plan, {"teams": {"nts": "+1"}})
    assert one.finish_day.tolist() == [100]
    learning = {"learning": {"nts": {"share": 0.4, "days": 30}}}
    took = play_of(plan, {"teams": {"nts": "+1"}, **learning}).finish_day[0]
    assert took - 0.4 * 30 * (1 - math.exp(-took / 30)) == pytest.approx(100, abs=1e-4)
    # Nobody is new: nothing changes, and that is said.
    plan, _ = one_stage(days=100, teams=1)
    found = play_of(plan, learning)
    assert found.finish_day.tolist() == [100]
    assert any("learning: nts changes nothing" in n for n in found.notes)


def test_teams_that_the_inverse_adds_have_to_learn():
    from landrelease.forecast.scenario import as_planned
    from landrelease.workflows.scenarios import what_is_needed

    made = problem([(0, -1, h, 10.0) for h in range(12)], [[(0, 10, -1, 0)]] * 12,
                   [pool("nts", 1, rate=SAME)], hazards=12, calendar=every_day(), slot_days=1.0)
    stated = as_planned(plan_of(made), assumptions(**NO_MOVE))
    slow = dataclasses.replace(stated, circumstances=Circumstances(
        learning={"nts": Learning(0.6, 40.0)}))
    more = [what_is_needed(s, {}, None, day(40), 0.8, runs=2, seed=1)[0].more
            for s in (stated, slow)]
    assert more[0] == 2 and more[1] > 2


def test_what_counts_twice_is_said_or_taken_off():
    plan = region(10, seed=1)
    stated = assumptions()

    def made(**document):
        return scenario_of({"name": "s", **document}, "s.yaml", plan, stated)

    closed = {"closures": [{"from": "2031-01-01", "until": "2031-03-31"}]}
    assert any("come on top" in n for n in made(**closed).notes)
    assert made(**closed, assumptions={"lost_day_share": 0.1}).notes == ()
    leave = {"days_between": 200, "days_off": 10}
    some = made(turnover={"manual": leave})
    assert some.assumptions["team_turnover_share"] == stated["team_turnover_share"]
    assert any("counts twice" in n for n in some.notes)
    all_of_them = made(turnover=dict.fromkeys(("nts", "ts", "manual", "mechanical"), leave))
    assert all_of_them.assumptions["team_turnover_share"].high == 0
    assert not any("counts twice" in n for n in all_of_them.notes)


@given(st.lists(st.integers(0, 20), min_size=1, max_size=6), st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_teams_are_divided_without_rest(now, target):
    found = divided(np.array(now), target)
    assert found.sum() == target and np.all(found >= 0)


# --- closures of the past ------------------------------------------------------------------------


def test_weibull_times_with_censoring_are_fitted():
    generator = np.random.default_rng(2)
    times = 40 * generator.weibull(0.8, 4000)
    limit = 90.0
    shape, scale = fit_weibull(times[times < limit], np.full(int(np.sum(times >= limit)), limit))
    assert shape == pytest.approx(0.8, rel=0.06) and scale == pytest.approx(40, rel=0.06)


def test_a_process_is_fitted_from_closures_of_several_places_or_refused():
    generator = np.random.default_rng(3)
    places = []
    for _ in range(12):
        at, own = 0.0, []
        while at < 1500:
            at += generator.exponential(35.0)
            lasts = math.exp(generator.normal(math.log(4.0), 0.6))
            own.append((at, at + lasts))
            at += lasts
        places.append(own)
    found = fit_closing(places, 1500.0)
    assert found.open_days == pytest.approx(35, rel=0.15)
    assert found.open_shape == pytest.approx(1.0, rel=0.12)
    assert found.closed_days == pytest.approx(4.0, rel=0.1)
    assert fit_closing([[(1.0, 2.0), (5.0, 6.0)]], 100.0) is None
    assert fit_closing([], 100.0) is None


def test_a_closure_that_is_not_over_lasts_longer_than_it_has_so_far():
    generator = np.random.default_rng(6)
    whole = np.exp(generator.normal(math.log(30.0), 0.7, 1500))
    seen = generator.uniform(5, 60, 1500)  # how long each was watched
    over = whole < seen
    places = [[(0.0, float(t))] if done else [(1000.0 - float(w), np.inf)]
              for t, w, done in zip(whole, seen, over, strict=True)]
    places.append([(50.0 * k, 50.0 * k + 30) for k in range(8)])  # times between, to fit
    found = fit_closing(places, 1000.0)
    assert found.closed_days == pytest.approx(30, rel=0.1)
    assert found.closed_spread == pytest.approx(0.7, rel=0.15)


def test_a_process_closes_the_land_that_closures_touched_and_all_only_if_asked():
    made = problem([(0, -1, h, 10.0) for h in range(4)], [[(0, 10, -1, 0)]] * 4,
                   [pool("nts", 4, rate=SAME)], hazards=4, calendar=every_day(), slot_days=1.0)
    plan, touched = plan_of(made), Circumstances(sector=np.array([-1, 0, 0, -1]))
    process = {"open_days": 0.001, "closed_days": 50, "closed_spread": 0}  # closed at once
    for areas, late in (("touched", [False, True, True, False]), ("all", [True] * 4)):
        found = scenario_of({"name": "s", "closure_process": {**process, "areas": areas}}, "s.yaml",
                            plan, assumptions(**NO_MOVE), touched)
        ends = finish(plan, found.circumstances).area_day[1]
        assert (ends > 40).tolist() == late
        assert len(set(found.circumstances.sector.tolist())) == 2


# --- scores and baselines ------------------------------------------------------------------------


def test_the_crps_is_that_of_the_definition_and_of_the_normal():
    generator = np.random.default_rng(4)
    samples, true = generator.normal(size=40), 0.3
    pairs = np.abs(samples[:, None] - samples[None, :]).sum() / (40 * 39)
    assert scores.crps(samples, true) == pytest.approx(np.abs(samples - true).mean() - pairs / 2)
    # Closed form for the standard normal (Gneiting and Raftery 2007).
    many = generator.normal(size=200_000)
    density, below = math.exp(-0.045) / math.sqrt(2 * math.pi), 0.5 * (1 + math.erf(0.3 / 2**0.5))
    exact = 0.3 * (2 * below - 1) + 2 * density - 1 / math.sqrt(math.pi)
    assert scores.crps(many, true) == pytest.approx(exact, abs=0.004)
    assert scores.crps(np.array([5.0]), 3.0) == 2.0


def test_right_forecasts_cover_what_they_say_and_wrong_ones_do_not():
    generator = np.random.default_rng(5)
    truths = generator.normal(size=600)
    good = scores.score([generator.normal(size=199) for _ in truths], truths.tolist())
    assert [good.coverage[k] for k in ("50%", "80%", "95%")] == pytest.approx(
        [0.5, 0.8, 0.95], abs=0.05)
    assert np.mean(good.transforms) == pytest.approx(0.5, abs=0.04) and abs(good.bias) < 0.1
    narrow = scores.score([0.3 * generator.normal(size=199) for _ in truths], truths.tolist())
    assert narrow.coverage["80%"] < 0.4 and narrow.crps > good.crps
    assert scores.score([], []).crps is None and "nothing to score" in scores.score([], []).words


def test_ties_are_divided_by_chance_in_the_transform():
    same = np.full(9, 2.0)
    assert scores.transform(same, 2.0, 0.0) == 0 and scores.transform(same, 2.0, 1.0) == 1
    assert scores.transform(same, 3.0, 0.5) == pytest.approx(0.95)


def test_a_steady_pace_is_carried_on_exactly():
    history = np.full(10, 50.0)
    generator = np.random.default_rng(6)
    assert pace.finish_straight(history, 500.0, 1e5) == pytest.approx(10 * pace.MONTH_DAYS)
    assert pace.finish_by_pace(history, 500.0, 20, 1e5, generator) == pytest.approx(
        np.full(20, 10 * pace.MONTH_DAYS))
    assert pace.finish_by_pace(history, 0.0, 3, 1e5, generator).tolist() == [0, 0, 0]
    nothing = np.zeros(4)  # no pace: not within the horizon, never a division by zero
    assert pace.finish_straight(nothing, 5.0, 1000.0) == 1000.0
    assert pace.finish_straight(np.zeros(0), 5.0, 1000.0) == 1000.0
    assert pace.finish_by_pace(nothing, 5.0, 3, 1000.0, generator).tolist() == [1000.0] * 3


def test_months_of_a_block_follow_each_other():
    drawn = pace.bootstrap(np.arange(20.0), 9, 50, np.random.default_rng(7), block=3)
    steps = np.diff(drawn.reshape(50, 3, 3), axis=2)
    assert np.all(steps == 1) and drawn.max() <= 19


def test_changing_a_plan_leaves_the_other_dataclass_alone():
    plan, made = scenario({"name": "same"})
    assert dataclasses.replace(made.plan, problem=plan.problem) is not plan
    assert np.array_equal(made.plan.problem.pool_teams, plan.problem.pool_teams)


def test_a_plan_without_money_says_money_and_not_teams_alone(capsys):
    from landrelease.apps.plan_commands import show_plan
    from landrelease.core.conditions import Money
    from landrelease.forecast.scenario import as_planned
    from landrelease.plan.search import make_plan
    from landrelease.workflows.scenarios import money_words, unpaid_stages

    made = region(4, seed=1).problem
    stages, cost = len(made.stage_ids), np.full(len(made.option_cost), 10.0)
    made = dataclasses.replace(made, option_cost=cost)

    def planned(amount):
        money = Money(("F",), "USD", np.full((1, made.horizon), float(amount)),
                      np.zeros(stages, dtype=np.int32))
        return make_plan(dataclasses.replace(made, conditions=dataclasses.replace(
            made.conditions, money=money)), iterations=0, seed=1)

    none, some, enough = planned(5), planned(25), planned(1e9)
    assert unpaid_stages(none) == stages and unpaid_stages(enough) == 0
    assert int((some.schedule.finish >= 0).sum()) == 2 and unpaid_stages(some) == stages - 2
    assert "lacks money" in money_words(as_planned(none, assumptions()))
    assert money_words(as_planned(enough, assumptions())) is None
    own = dataclasses.replace(as_planned(none, assumptions()), circumstances=Circumstances(
        money=(Tranche(START, 1e6),)))
    assert money_words(own) is None
    show_plan(none)
    said = capsys.readouterr().out
    assert f"{stages} stages lack money" in said and "better" not in said
    show_plan(enough)
    assert "no plan can be more than" in capsys.readouterr().out


def test_a_forecast_waits_for_the_money_of_its_plan_unless_a_scenario_says_otherwise(tmp_path):
    from landrelease.core.conditions import Money
    from landrelease.plan.search import make_plan
    from landrelease.workflows.scenarios import Closed, money_of, money_words, play, scenarios_of

    made = region(4, seed=1).problem
    stages = len(made.stage_ids)
    arrived = np.full((3, made.horizon), 30.0)
    arrived[1, 20:] = 1e9
    money = Money(("F", "late", "works"), "USD", arrived, np.zeros(stages, dtype=np.int32),
                  ("demining", "works"), np.array([[True, True, False], [False, False, True]]),
                  np.full(3, made.horizon, np.int32))
    plan = make_plan(dataclasses.replace(
        made, option_cost=np.full(len(made.option_cost), 10.0), conditions=dataclasses.replace(
            made.conditions, money=money)), iterations=0, seed=1)
    came = money_of(plan)
    assert [(t.day, t.amount, t.until) for t in came] == [
        (made.slot_starts[0], 60.0, None), (made.slot_starts[20], 1e9 - 30, None)]
    short = dataclasses.replace(money, until=np.array([10, made.horizon, made.horizon], np.int32))
    assert [(t.day, t.amount, t.until) for t in money_of(dataclasses.replace(
        plan, problem=dataclasses.replace(plan.problem, conditions=dataclasses.replace(
            plan.problem.conditions, money=short))))] == [
        (made.slot_starts[0], 30.0, made.slot_starts[10] - timedelta(days=1)),
        (made.slot_starts[0], 30.0, None), (made.slot_starts[20], 1e9 - 30, None)]
    files = []
    for name, own in (("enough", "enough"), ("own", [{"day": "2030-01-01", "amount": 5}])):
        files.append(tmp_path / f"{name}.json")
        files[-1].write_text(json.dumps({"name": name, "money": own}))
    found = scenarios_of(files, plan, assumptions(), Closed(Circumstances(), None, ()))
    assert [s.circumstances.money for s in found[:2]] == [came, None]
    assert found[2].circumstances.money[0].amount == 5
    assert "waits for the money of the plan" in money_words(found[0])
    assert "Runs that need more do not finish" in money_words(found[0])
    more = scenarios_of([], plan, assumptions(), Closed(Circumstances(), None, ()), (), (
        Tranche(made.slot_starts[-1] + timedelta(days=90), 7.0),))[0]
    assert more.circumstances.money == (*came, Tranche(
        made.slot_starts[-1] + timedelta(days=90), 7.0))
    assert f"{1e9 + 37:,.0f} USD" in money_words(more)
    assert "count as one" not in money_words(found[0]) and money_words(found[2]) is None
    waits, free = (play(s, {}, runs=4, seed=1) for s in found[:2])
    assert (waits.finish_day >= free.finish_day).all() and waits.finish_day[0] > free.finish_day[0]
    assert money_of(dataclasses.replace(plan, problem=made)) is None


def needed_for(stages, options, pools, by, chance=0.8):
    from landrelease.forecast.scenario import as_planned
    from landrelease.workflows.scenarios import what_is_needed

    made = problem(stages, options, pools, hazards=len({s[2] for s in stages}),
                   calendar=every_day(), slot_days=1.0)
    scenario = as_planned(plan_of(made), assumptions(**NO_MOVE))
    return what_is_needed(scenario, {}, None, by, chance, runs=4, seed=1)


def test_the_teams_and_the_money_for_a_chance_by_a_date_are_the_fewest():
    # Twelve areas of 10 days each: one team needs 120 days, so by day 40 it takes three.
    stages, options = [(0, -1, h, 10.0) for h in range(12)], [[(0, 10, -1, 0)]] * 12
    one = [pool("nts", 1, rate=SAME, cost=100.0)]
    (found,) = needed_for(stages, options, one, day(40))
    assert (found.kinds, found.more, found.chance) == (("nts",), 2, 1.0)
    assert found.cost == pytest.approx(12 * 10 * 100.0)  # three teams for 40 days each
    (found,) = needed_for(stages, options, one, day(39))  # 12 areas by 3 teams take 40 days
    assert found.more == 3
    (found,) = needed_for(stages, options, one, day(120))
    assert found.more == 0 and "Nothing more is needed" in found.words


def needed_with_money(money, by, areas=3, days=10, chance=0.8):
    from landrelease.forecast.scenario import as_planned
    from landrelease.workflows.scenarios import what_is_needed

    made = problem([(0, -1, h, 10.0) for h in range(areas)], [[(0, days, -1, 0)]] * areas,
                   [pool("nts", 1, rate=SAME, cost=100.0)], hazards=areas, calendar=every_day(),
                   slot_days=1.0)
    scenario = dataclasses.replace(
        as_planned(plan_of(made), assumptions(**NO_MOVE)),
        circumstances=Circumstances(money=money))
    return what_is_needed(scenario, {}, None, by, chance, runs=3, seed=1)


def test_where_money_holds_it_the_money_that_is_missing_is_named():
    # Three areas of 1,000 each; money for two. By day 30 the one team would be done.
    found = needed_with_money((Tranche(day(0), 2000.0),), day(35))
    assert found[0].kinds == ("money",) and found[0].money == pytest.approx(1000, rel=0.01)
    assert "1,000" in found[0].words and all(n.more is None for n in found)
    assert any("money, roads" in n.words for n in found[1:])
    # It comes, but too late: it is needed on the first day.
    late = needed_with_money((Tranche(day(0), 2000.0), Tranche(day(300), 1000.0)), day(35))
    assert late[0].money == pytest.approx(1000, rel=0.01)
    assert needed_with_money((Tranche(day(0), 3000.0),), day(35))[0].more == 0


def test_where_neither_money_nor_teams_alone_reach_it_both_are_named():
    # By day 15 one team does one area of three: two more teams, and the money for all.
    alone, both, *_ = needed_with_money((Tranche(day(0), 1000.0),), day(15))
    assert alone.kinds == ("money",) and alone.money is None and "No money alone" in alone.words
    assert both.kinds == ("nts",) and both.more == 2
    assert both.money == pytest.approx(2000, rel=0.01)


def test_where_another_kind_holds_it_no_number_of_teams_is_named():
    # Survey of 10 days, then clearance of 100 in one piece: more survey teams never help.
    stages, options = [(0, -1, 0, 10.0), (2, 0, 0, 10.0)], [[(0, 10, -1, 0)], [(1, 100, -1, 0)]]
    teams = [pool("nts", 1, rate=SAME), pool("manual", 1, rate=SAME)]
    found = needed_for(stages, options, teams, day(60))
    assert [n.more for n in found] == [None] * 3 and all(n.cost is None for n in found)
    assert all("Something else holds it" in n.words for n in found)


def test_costs_of_runs_that_do_not_finish_are_lower_bounds():
    from landrelease.workflows.scenarios import cost_words

    outlook = make_outlook(*one_stage()[:1], assumptions(**NO_MOVE), runs=4, seed=3)
    cost = np.array([100.0, 200.0, 300.0, 400.0])
    whole = dataclasses.replace(outlook, cost=cost, finish_day=np.full(4, 9.0))
    assert cost_words(whole) == "200"
    held = dataclasses.replace(whole, finish_day=np.array([9.0, np.inf, np.inf, np.inf]))
    assert cost_words(held) == "at least 200" and cost_words(held, 0.25) == "100"


def test_quantiles_of_cost_that_stand_beside_each_other_have_one_format():
    from types import SimpleNamespace

    from landrelease.workflows import cost_words

    for costs, said in (((3_372_869, 14_000_000), ["3,372,869", "14,000,000"]),
                        ((90_000_000, 288_400_000), ["90 M", "288 M"])):
        asked = dict(zip((0.1, 0.9), costs, strict=True))
        outlook = SimpleNamespace(cost_quantile=lambda q, asked=asked: (asked[q], True))
        assert [cost_words(outlook, q) for q in (0.1, 0.9)] == said


@pytest.mark.parametrize(("off", "near"), [(None, ["a"]), (40.0, ["a"]), (700.0, ["a", "b"])])
def test_safety_S04_communities_count_areas_as_far_off_as_they_may_be(off, near):
    from types import SimpleNamespace

    import shapely

    from landrelease.core.hazard import Hazard, Land, Settlement
    from landrelease.workflows.scenarios import communities_near

    def area(name, west, accuracy):
        return Hazard(name, shapely.box(west, 44, west + 0.001, 44.001), 8_900.0, "CHA", "open", "",
                      accuracy)

    land = Land(hazards=(area("a", 17.001, None), area("b", 17.014, off)), outcomes=(),
                settlements=(Settlement("s", "Upper", shapely.Point(17, 44), 9, 0.0),),
                municipalities=(), accidents=(), lifted=(), chain_head="", synthetic=False)
    plan = SimpleNamespace(problem=SimpleNamespace(hazard_ids=["a", "b"]))
    assert communities_near(land, plan, 500.0) == {"Upper": near}
