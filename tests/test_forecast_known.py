"""Forecast: programmes so small that the distribution of their finish is known."""

import dataclasses
import math
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.work import Access
from landrelease.forecast.areas import areas_of, turn_out
from landrelease.forecast.outlook import make_outlook
from landrelease.forecast.uncertain import read_assumptions
from test_forecast_calendar import CERTAIN, assumptions, plan_of, pool, problem, region, slots
from test_forecast_simulate import finish_of

START = date(2030, 1, 1)
NO_MOVE = {**CERTAIN, "move_days": (0, 0, 0)}
SAME = (1.0, 1.0, 1.0)  # a rate without spread


def every_day(years=2):
    """A slot each day of the year: slots are days."""
    count = (date(START.year + years, 1, 1) - START).days
    return np.arange(count + 1.0), tuple(START + timedelta(days=k) for k in range(count + 1))


def forecast(stages, options, pools, *, runs=1, calendar=None, changed=None, **other):
    made = problem(stages, options, pools, hazards=1 + max(s[2] for s in stages),
                   calendar=calendar or every_day(), slot_days=1.0, **other)  # fmt: skip
    return make_outlook(plan_of(made), assumptions(**{**NO_MOVE, **(changed or {})}), runs=runs,
                        seed=11)  # fmt: skip


def normal_below(z):
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


# --- one team ------------------------------------------------------------------------------------


def test_one_team_with_a_lognormal_rate_has_a_lognormal_finish():
    # Half to twice the stated rate holds 80 %: 100 days are planned, the finish is 100 / rate.
    team = pool("nts", 1, rate=(50.0, 100.0, 200.0))
    outlook = forecast([(0, -1, 0, 10_000.0)], [[(0, 100, -1, 0)]], [team], runs=1000)
    found = np.quantile(outlook.finish_day, [0.1, 0.5, 0.9])
    assert found == pytest.approx([50, 100, 200], rel=0.01)
    spread = math.log(2) / 1.2815515655446
    assert np.log(outlook.finish_day).std() == pytest.approx(spread, rel=0.02)
    assert outlook.stated_finish_day == 100
    assert [(d.name, round(d.share, 2)) for d in outlook.drivers] == [("rate_nts", 1.0)]


def test_cost_is_days_times_rate():
    team = pool("nts", 3, rate=(50.0, 100.0, 200.0), cost=70.0)
    outlook = forecast([(0, -1, 0, 10_000.0)], [[(0, 100, -1, 0)]], [team], runs=200)
    assert outlook.cost == pytest.approx(outlook.finish_day * 70.0)  # two teams never get work
    assert np.array_equal(outlook.cost, outlook.work_cost)


def test_the_share_of_runs_past_the_horizon_is_that_of_the_distribution():
    # One year: a run of 250 / rate days does not end in it when the rate is below 250 / 365.25.
    team = pool("nts", 1, rate=(50.0, 100.0, 200.0), cost=70.0)
    outlook = forecast([(0, -1, 0, 10_000.0)], [[(0, 250, -1, 0)]], [team], runs=1000,
                       changed={"forecast_horizon_years": (1, 1, 1)})  # fmt: skip
    never = normal_below(math.log(250 / 365.0) / (math.log(2) / 1.2815515655446))
    assert np.isinf(outlook.finish_day).mean() == pytest.approx(never, abs=0.002)
    # Their cost is the cost until then, and no quantile of cost hides that.
    assert outlook.cost.max() == pytest.approx(365 * 70.0)
    value, known = outlook.cost_quantile(0.5)
    assert known and value == pytest.approx(250 * 70.0, rel=0.01)
    assert outlook.cost_quantile(0.9) == (pytest.approx(365 * 70.0), False)
    share = f"{1 - np.isinf(outlook.finish_day).mean():.0%}"
    assert any(f"above the {share} quantile" in note for note in outlook.notes)


# --- what an area turns out to be ----------------------------------------------------------------

ONE_AREA = [(0, -1, 0, 320.0), (1, 0, 0, 240.0), (2, 1, 0, 440.0)]
ONE_OF_EACH = [[(0, 10, -1, 0)], [(1, 20, -1, 0)], [(2, 44, -1, 0)]]


def one_of_each(**kind):
    return [pool(k, 1, rate=SAME) for k in ("nts", "ts", "manual")]


def test_all_or_nothing_gives_three_finishes_with_the_stated_chances():
    # Each area is cancelled, reduced or cleared as a whole: after NTS (10), after TS of all of it
    # (20 / 0.68), or after clearance of all of it (44 / 0.44).
    outlook = forecast(ONE_AREA, ONE_OF_EACH, one_of_each(), runs=1500,
                       changed={"whole_area_share": (1, 1, 1)})  # fmt: skip
    after_ts = 10 + 20 / 0.68
    for finish, chance in ((10, 0.32), (after_ts, 0.24), (after_ts + 100, 0.44)):
        here = np.abs(outlook.finish_day - finish) < 1e-6
        assert here.mean() == pytest.approx(chance, abs=0.03)
    assert np.unique(outlook.finish_day.round(6)).size == 3


def test_area_that_nobody_knew_of_comes_after_the_area_beside_it():
    outlook = forecast([(0, -1, 0, 1000.0)], [[(0, 10, -1, 0)]], [pool("nts", 2, rate=SAME)],
                       runs=5, changed={"undiscovered_share": (2, 2, 2)})  # fmt: skip
    # Two more areas turn up when the first is done, and two teams take one each.
    assert outlook.finish_day.tolist() == [20] * 5
    assert outlook.found_m2.tolist() == [2000] * 5
    assert outlook.work_cost.tolist() == [30 * 800] * 5


def test_what_fails_inspection_is_cleared_twice():
    outlook = forecast(ONE_AREA, ONE_OF_EACH, one_of_each(), changed={"rework_share": (1, 1, 1)})
    assert outlook.finish_day.tolist() == [pytest.approx(10 + 20 + 2 * 44)]


# --- several teams -------------------------------------------------------------------------------


@given(st.integers(1, 5), st.integers(1, 12), st.integers(1, 9))
@settings(max_examples=25, deadline=None)
def test_equal_teams_share_equal_areas_in_rounds(teams, areas, days):
    found, _, worked = finish_of([-1] * areas, [[(0, days, -1, 0)]] * areas, [1.0] * areas, [teams])
    assert found.max() == math.ceil(areas / teams) * days
    assert worked.tolist() == [areas * days]


def test_two_teams_with_an_area_each_end_with_the_slower():
    # P(both done by t) = P(one done by t) ** 2, the time of a stage being lognormal with mean 100.
    outlook = forecast([(0, -1, h, 100.0) for h in range(2)], [[(0, 100, -1, 0)]] * 2,
                       [pool("nts", 2, rate=SAME)], runs=1000,
                       changed={"task_duration_spread": (0.4, 0.4, 0.4)})  # fmt: skip
    for day in (80.0, 100.0, 130.0, 170.0):
        one = normal_below((math.log(day / 100) + 0.08) / 0.4)
        assert np.mean(outlook.finish_day <= day) == pytest.approx(one**2, abs=0.04)
    # Each team is paid to the end of its own area.
    assert outlook.cost.mean() == pytest.approx(200 * 800, rel=0.02)
    assert [d.name for d in outlook.drivers] == ["chance_area_work"]  # nothing else differs
    assert outlook.drivers[0].share > 0.7


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_one_more_team_or_less_work_is_never_later_without_predecessors(data):
    # With one pool and no order between stages each start is the earliest end of another: more
    # teams or less work make none later. With predecessors or pools this is not so (Graham 1969).
    lengths = data.draw(st.lists(st.integers(1, 9), min_size=1, max_size=15))
    work = data.draw(
        st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=len(lengths), max_size=len(lengths)))
    teams = data.draw(st.integers(1, 4))
    options = [[(0, n, -1, 0)] for n in lengths]
    none = [-1] * len(lengths)
    found = finish_of(none, options, work, [teams])[0]
    assert np.all(finish_of(none, options, work, [teams + 1])[0] <= found)
    less = [w * data.draw(st.sampled_from([0.5, 1.0])) for w in work]
    assert np.all(finish_of(none, options, less, [teams])[0] <= found)


# --- days and seasons ----------------------------------------------------------------------------


def test_nobody_works_before_the_pool_comes_and_nobody_is_paid():
    outlook = forecast([(0, -1, 0, 100.0)], [[(0, 5, -1, 0)]], [pool("nts", 1, rate=SAME)],
                       pool_opens=np.array([30], dtype=np.int32))  # fmt: skip
    assert outlook.finish_day.tolist() == [35] and outlook.cost.tolist() == [5 * 800.0]


def test_a_pool_that_leaves_before_it_can_begin_leaves_the_work_undone():
    # The first stage ends on day 5, and the second would begin then: its pool leaves that day.
    stages = [(0, -1, 0, 100.0), (1, 0, 0, 100.0)]
    pools = [pool("nts", 1, rate=SAME), pool("ts", 1, rate=SAME)]
    options = [[(0, 5, -1, 0)], [(1, 5, -1, 0)]]
    shares = {"share_cancelled": (0.5,) * 3, "share_reduced": (0.5,) * 3,
              "share_cleared": (0,) * 3}  # fmt: skip
    for leaves, finish in ((5, math.inf), (6, 10)):
        outlook = forecast(stages, options, pools, changed=shares,
                           pool_closes=np.array([730, leaves], dtype=np.int32))  # fmt: skip
        assert outlook.finish_day.tolist() == [finish]


def test_work_that_does_not_fit_into_a_season_ends_in_the_next():
    # Seasons of 70 slots from 1 April: the 75th slot is the 5th of the second season.
    delay, starts = slots(3)
    outlook = forecast([(0, -1, 0, 100.0)], [[(0, 75, -1, 0)]], [pool("nts", 1, rate=SAME)],
                       calendar=(delay, starts))  # fmt: skip
    assert outlook.finish_day.tolist() == [delay[75]]
    assert 365 < delay[75] < 365 + 20
    assert outlook.cost.tolist() == [75 * 800.0]  # nobody is paid in winter


# --- roads, works, and what turns up -------------------------------------------------------------


def behind_a_road(extra):
    """Hazards 0 and 1 (2 and 9 days, a team each) block the road to hazard 2 (one day)."""
    none = np.zeros(0, dtype=np.int32)
    access = Access(
        zone=np.array([0, 0, 1], dtype=np.int32), zones=2, gate_ids=("road",),
        gate_from=np.array([0], dtype=np.int32), gate_to=np.array([1], dtype=np.int32),
        gate_start=np.array([0, 2], dtype=np.int32), gate_stage=np.array([0, 1], dtype=np.int32),
        community_ids=("village",), community_people=np.array([10.0]),
        community_weight=np.array([1.0]), community_zone=np.array([1], dtype=np.int32),
        community_start=np.zeros(2, dtype=np.int32), community_stage=none)  # fmt: skip
    made = problem([(0, -1, h, 100.0) for h in range(3)],
                   [[(0, days, -1, 0)] for days in (2, 9, 1)], [pool("nts", 3, rate=SAME)],
                   hazards=3, calendar=every_day(), slot_days=1.0, access=access)  # fmt: skip
    return make_outlook(
        plan_of(made), assumptions(**{**NO_MOVE, "undiscovered_share": (extra,) * 3}), runs=3,
        seed=1, works=[np.array([1, 2]), np.array([0])])  # fmt: skip


@pytest.mark.parametrize("extra", [0, 2])
def test_a_road_opens_when_the_known_hazards_on_it_are_done_whatever_turns_up(extra):
    outlook = behind_a_road(extra)
    # Hazards that turn up beside hazard 0 are done on day 4: they do not stand for hazard 1.
    assert outlook.community_day.tolist() == [[9]] * 3
    assert outlook.work_day.tolist() == [[10, 2]] * 3
    # What turns up beside hazard 1 on day 9 takes 9 days more, by two of the three teams.
    assert outlook.finish_day.tolist() == [18 if extra else 10] * 3


def test_what_turns_up_lies_beside_the_area_that_it_is_found_with():
    plan = region(20, seed=5)
    uncertain = read_assumptions(assumptions())
    areas = areas_of(plan.problem, plan.priority, np.array([0.32, 0.24, 0.44]))
    found = turn_out(areas, uncertain, np.array([0.32, 0.24, 0.44]), 2.0, 0.0,
                     np.random.default_rng(3))  # fmt: skip
    assert len(found.stage) == 3 * len(areas.order)  # two more of each
    hazard, before = areas.hazard[found.stage], found.parent
    linked = before >= 0
    assert np.array_equal(hazard[linked], hazard[before[linked]])
    # Known stages follow their own predecessor; of every two copies the first stage is found by
    # a known one, by any of the hazard's.
    assert found.known.sum() == len(areas.order)
    first = areas.predecessor[found.stage] < 0
    assert np.all(before[first & found.known] == -1)
    assert np.all(found.known[before[first & ~found.known]])
    assert np.array_equal(
        areas.predecessor[found.stage[~first]], found.stage[before[~first]])  # fmt: skip


# --- a machine without its follow-up -------------------------------------------------------------


def test_ground_that_lost_its_follow_up_is_not_given_to_another_machine():
    # Pool 1 leaves on day 2, when the machine of pool 0 is done; pools 2 and 3 are another pair.
    options = [[(0, 2, 1, 3), (2, 5, 3, 1), (4, 20, -1, 0)]]
    found, _, _ = finish_of([-1], options, [1.0], [1] * 5, [0] * 5,
                            [math.inf, 2, math.inf, math.inf, math.inf])  # fmt: skip
    assert found.tolist() == [22]


def test_survey_that_waited_for_clearance_is_forecast_to_wait_on():
    from landrelease.core.team_days import TeamDays
    from landrelease.forecast.rates import Range
    from landrelease.forecast.standing import CLEARANCE, SURVEY, Standing, forecast_standing
    from landrelease.workflows import load_assumptions

    none, count = np.zeros(0, dtype=np.int64), 30
    reports = TeamDays(none, none, none, none, none, np.zeros(0), np.zeros(0),
                       np.zeros(0, dtype=bool), (), (), tuple(map(str, range(count))))
    surveyed = np.arange(count) < 3

    def released(at_work):
        standing = Standing(
            date(2031, 4, 1), np.full(count, 40_000.0), surveyed, np.zeros(count),
            np.where(surveyed, 20_000.0, 0.0), np.zeros(count), np.zeros(count, dtype=bool),
            np.zeros(count, dtype=bool), 0, 0, reports, ((SURVEY, 1), (CLEARANCE, 1)),
            months=(4, 11), busy={SURVEY: at_work})
        made = forecast_standing(
            standing, load_assumptions(),
            {SURVEY: Range(8_000, 7_000, 9_000), CLEARANCE: Range(400, 390, 410)},
            runs=240, seed=1, draws=40)
        return np.quantile(made.released_m2[:, 7], [0.1, 0.2, 0.8])

    waits, runs_ahead = released(0.3), released(1.0)
    # One clearance team does about 60,000 m² in the season, the survey team all 27 areas.
    assert runs_ahead[1] > waits[2]
    assert waits[0] > 20_000  # it does not stand still for good


def test_battle_areas_are_cleared_by_their_teams_and_mined_ones_are_not():
    from landrelease.core.team_days import TeamDays
    from landrelease.forecast.rates import Range
    from landrelease.forecast.standing import CLEARANCE, Standing, forecast_standing
    from landrelease.workflows import load_assumptions

    none, count, bac = np.zeros(0, dtype=np.int64), 10, ("BAC", "visual_search")
    reports = TeamDays(none, none, none, none, none, np.zeros(0), np.zeros(0),
                       np.zeros(0, dtype=bool), (), (), tuple(map(str, range(count))))

    def done(battle, teams):
        """Median share of the ground that is done after four months."""
        area = np.full(count, 40_000.0)
        made = forecast_standing(
            Standing(date(2031, 4, 1), area, np.ones(count, dtype=bool), np.zeros(count), area,
                     np.zeros(count), np.zeros(count, dtype=bool), np.zeros(count, dtype=bool), 0,
                     0, reports, teams, battle=np.array(battle)), load_assumptions(),
            {bac: Range(10_000, 9_500, 10_500), CLEARANCE: Range(400, 390, 410)}, runs=60, seed=1,
            draws=40)
        return np.median(made.released_m2[:, 4]) / area.sum()

    both = ((bac, 1), (CLEARANCE, 1))
    half = [True] * 5 + [False] * 5
    # A fast team of battle areas does its own five; the mined ones wait for the slow one.
    assert 0.45 < done(half, both) < 0.7
    assert done([True] * 10, both) > 0.9 and done([False] * 10, both) < 0.2
    # Where there is only one of the two kinds, what there is clears all.
    assert done(half, ((bac, 1),)) > 0.9


# --- what a forecast from records does not know yet ----------------------------------------------


def known_areas(day=date(2032, 4, 1), areas=60, still_open=30, late_after=(), reports=None):
    """Areas of 10,000 m², the last `still_open` surveyed and not begun, the first ones late."""
    from landrelease.core.team_days import TeamDays
    from landrelease.forecast.standing import CLEARANCE, Standing

    none = np.zeros(0, dtype=np.int64)
    if reports is None:
        reports = TeamDays(none, none, none, none, none, np.zeros(0), np.zeros(0),
                           np.zeros(0, dtype=bool), (), (), tuple(map(str, range(areas))))
    area, late = np.full(areas, 10_000.0), np.arange(areas) < len(late_after)
    after = np.zeros(areas)
    after[late] = late_after
    clear = area / 2
    cleared = np.where(np.arange(areas) < areas - still_open, clear, 0.0)
    return Standing(day, area, np.ones(areas, dtype=bool), np.zeros(areas), clear, cleared,
                    np.zeros(areas, dtype=bool), late, 0, 0, reports, ((CLEARANCE, 2),),
                    late_after=after)


def turning_up(standing, runs=4_000):
    from landrelease.forecast.standing import _turns_up
    from landrelease.forecast.uncertain import read_assumptions
    from landrelease.workflows import load_assumptions

    return _turns_up(standing, read_assumptions(load_assumptions()), runs,
                     np.random.default_rng(5))


def test_areas_that_came_on_record_early_leave_fewer_to_be_found_than_ones_that_came_late():
    early, late = (turning_up(known_areas(late_after=np.linspace(low, high, 12)))
                   for low, high in ((0.0, 0.3), (0.4, 1.0)))
    assert np.median(early[0]) < 0.6 * np.median(late[0])
    assert np.median(early[1]) > np.median(late[1])  # and they are found sooner
    # The nearer the end, the fewer are left, though as many were found.
    ends = [np.median(turning_up(known_areas(still_open=n, late_after=np.linspace(0, 1, 12)))[0])
            for n in (40, 20, 5)]
    assert ends == sorted(ends, reverse=True) and ends[-1] < 0.3 * ends[0]
    # With none found where half is done, fewer than the stated share are expected.
    none = turning_up(known_areas())[0]
    assert 0 < np.mean(none) < 0.5 * 0.133 * 60


def test_the_number_that_turns_up_holds_the_truth_of_programmes_with_a_finite_number():
    generator, inside, gap = np.random.default_rng(8), [], []
    for _ in range(60):
        progress = generator.uniform(0.5, 0.9)  # surveyed and open areas count half
        hazard = np.exp(0.7 * generator.standard_normal())
        hidden = generator.poisson(generator.gamma(1.3, 0.133 / 1.3) * 60)
        # Of those found in the end: when, as a share of all the work.
        when = -np.log1p(-generator.random(hidden) * -np.expm1(-hazard)) / hazard
        found = when[when <= progress] / progress
        areas = 60 + len(found)
        standing = known_areas(areas=areas, late_after=found,
                               still_open=min(round(2 * areas * (1 - progress)), areas))
        left = generator.poisson(turning_up(standing, 400)[0])
        true = hidden - len(found)
        inside.append(np.quantile(left, 0.1) <= true <= np.quantile(left, 0.9))
        gap.append(np.mean(left) - true)
    assert np.mean(inside) >= 0.75  # whole numbers: the interval holds more than its 80 %
    assert abs(np.mean(gap)) < 3 * np.std(gap) / np.sqrt(len(gap)) + 0.2


def test_what_turns_up_is_found_sooner_where_most_is_easily_found():
    from landrelease.forecast.standing import _fresh

    standing, places = known_areas(), []
    for hazard in (0.0, 4.0):
        found = _fresh(standing, 4_000, hazard, np.random.default_rng(2))
        assert all(0 <= at <= 1 for _, at in found)
        places.append(np.mean([at for _, at in found]))
    assert abs(places[0] - 0.5) < 0.02
    assert abs(places[1] - (1 / 4 - np.exp(-4) / (1 - np.exp(-4)))) < 0.02


def test_the_day_on_which_an_area_ends_is_no_whole_day():
    from landrelease.core.team_days import TeamDays
    from landrelease.forecast.standing import CLEARANCE, SURVEY, _unfilled

    days, ended = np.arange(40), np.arange(40) % 5 == 4
    m2 = np.where(ended, 100.0, 400.0)
    one = np.zeros(40, dtype=np.int64)
    reports = TeamDays(738_000 + days, one, one, days // 5, one - 1, m2, np.ones(40), ended,
                       ("A",), (CLEARANCE,), tuple(map(str, range(8))))
    assert abs(_unfilled(reports, CLEARANCE, 400.0) - 0.75) < 1e-9
    assert _unfilled(reports, SURVEY, 400.0) == 0.0  # nobody reported it
    assert _unfilled(reports.pick(days < 20), CLEARANCE, 400.0) == 0.0  # too few ends


def test_an_area_that_fails_inspection_is_cleared_again_as_a_whole():
    from landrelease.forecast.rates import Range
    from landrelease.forecast.standing import CLEARANCE, forecast_standing
    from landrelease.workflows import load_assumptions

    stated = load_assumptions()

    def days(failed):
        standing = known_areas(areas=30, still_open=30)
        # All but a tenth of each area is cleared: what fails costs ten times what is left.
        standing = dataclasses.replace(
            standing, cleared_m2=np.full(30, 4_500.0), inspected=200, failed=failed)
        made = forecast_standing(standing, stated, {CLEARANCE: Range(400, 390, 410)}, runs=160,
                                 seed=3, draws=40)
        return np.median(made.days)

    # A fifth fails: 30 x 500 m² left and 6 x 5,000 m² again, three times the work.
    assert 1.8 < days(40) / days(0) < 3.6


def day_reports(*areas, teams=2, day=date(2031, 3, 1)):
    """Whole days of clearance, by each team in turn; `areas`: the m² of each day on each area."""
    from landrelease.core.team_days import TeamDays
    from landrelease.forecast.standing import CLEARANCE

    rows = [(a, m2) for a, days in enumerate(areas) for m2 in days]
    count = len(rows)
    zeros = np.zeros(count, dtype=np.int64)
    where = np.array([a for a, _ in rows])
    return TeamDays(day.toordinal() + np.arange(count) // teams, where % teams, zeros, where,
                    zeros - 1, np.array([m2 for _, m2 in rows], dtype=float), np.ones(count),
                    np.zeros(count, dtype=bool), tuple(f"team {t}" for t in range(teams)),
                    (CLEARANCE,), tuple(map(str, range(len(areas)))),
                    joined=np.zeros(teams, dtype=bool))


def days_of(standing, **changes):
    from landrelease.forecast.rates import Range
    from landrelease.forecast.standing import CLEARANCE, forecast_standing
    from landrelease.workflows import load_assumptions

    return forecast_standing(dataclasses.replace(standing, **changes), load_assumptions(),
                             {CLEARANCE: Range(400, 200, 500)}, runs=160, seed=3, draws=80).days


def test_an_area_that_is_begun_goes_on_at_the_pace_that_its_reports_show():
    noise = np.exp(0.1 * np.random.default_rng(4).standard_normal((12, 15)))
    found = {}
    for pace in (200.0, 400.0, 800.0):
        paces = np.where(np.arange(12) == 0, pace, 400.0)
        standing = known_areas(areas=12, still_open=0,
                               reports=day_reports(*(noise * paces[:, None])))
        clear = np.where(np.arange(12) == 0, 20_000.0, 5_000.0)
        cleared = np.where(np.arange(12) == 0, 8_000.0, 5_000.0)
        found[pace] = np.median(days_of(standing, clear_m2=clear, cleared_m2=cleared))
    assert 1.4 < found[200.0] / found[400.0] < 2.2
    assert 0.4 < found[800.0] / found[400.0] < 0.75


def test_what_waits_for_its_inspection_may_fail_it():
    standing = known_areas(areas=30, still_open=5)
    done = ~standing.open
    changes = {"inspected": 200, "failed": 80}
    without, waits = (np.median(days_of(standing, waiting=w, **changes)) for w in (None, done))
    # Two fifths of 25 areas are cleared again, beside 7 of the 5 that are open.
    assert waits > 1.5 * without
    # What passes has nothing left to do.
    passes = np.median(days_of(standing, waiting=done, inspected=2_000, failed=0))
    assert passes < 1.2 * np.median(days_of(standing, inspected=2_000, failed=0))


def test_where_no_area_is_open_what_waits_for_its_inspection_is_not_said_to_be_done():
    from landrelease.forecast.rates import Range
    from landrelease.forecast.standing import CLEARANCE, forecast_standing
    from landrelease.workflows import load_assumptions

    def made(**changes):
        standing = dataclasses.replace(known_areas(areas=30, still_open=0), inspected=200,
                                       failed=80, **changes)
        return forecast_standing(standing, load_assumptions(), {CLEARANCE: Range(400, 200, 500)},
                                 runs=40, seed=3, draws=40)

    every = np.ones(30, dtype=bool)
    waits = made(waiting=every)
    assert "not all is done: 30 that are cleared wait for an inspection" in waits.notes[0]
    done = made(waiting=~every)
    assert not done.days.any() and done.notes[0].endswith("inspection: all is done.")


def test_before_any_survey_the_share_left_for_clearance_has_the_stated_range():
    from landrelease.forecast.standing import _shares
    from landrelease.forecast.uncertain import read_assumptions
    from landrelease.workflows import load_assumptions

    stated = read_assumptions(load_assumptions())
    standing = dataclasses.replace(known_areas(), surveyed=np.zeros(60, dtype=bool))
    drawn = _shares(standing, stated, 4_000, np.random.default_rng(1))[0][:, 2]
    a = stated.cleared
    assert np.allclose(np.quantile(drawn, [0.1, 0.5, 0.9]), [a.low, a.value, a.high], atol=0.02)


def test_ground_that_survey_released_is_little_of_the_work_by_which_areas_are_found():
    from landrelease.forecast.standing import _areas_so_far, _effort_so_far
    from landrelease.forecast.uncertain import read_assumptions
    from landrelease.workflows import load_assumptions

    stated = read_assumptions(load_assumptions())
    reports = day_reports(*np.full((60, 1), 500.0))  # 30,000 m² in 60 days
    standing = known_areas(still_open=30, reports=reports)
    # Of 30 areas 5,000 m² each are cleared in 60 days, so that 300 more are to come.
    assert abs(_effort_so_far(standing, stated) - 60 / (60 + 300)) < 1e-9
    assert _areas_so_far(standing) == 0.75
    # Without reports there is only the number of areas.
    assert _effort_so_far(known_areas(still_open=30), stated) == 0.75


def test_intervals_are_those_that_hold_the_next_draw_with_their_chance():
    from landrelease.forecast.scores import interval

    generator = np.random.default_rng(3)
    for count in (99, 399, 400):
        ranks = np.arange(1, count + 1, dtype=float)
        for level in (0.5, 0.8, 0.95):
            low, high = interval(generator.permutation(ranks), level)
            # The next draw is as likely to fall between any two of them, below or above all.
            assert abs((high - low) / (count + 1) - level) <= 1.001 / (count + 1)
    assert interval(np.array([3.0]), 0.8) == (3.0, 3.0)
