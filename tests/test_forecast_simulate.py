"""Forecast: the dispatch rule against a plain list schedule, chance against a second generator."""

import dataclasses
import math
import random
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.progress import silent
from landrelease.errors import LandReleaseError
from landrelease.forecast.areas import areas_of, turn_out
from landrelease.forecast.calendar import extend
from landrelease.forecast.dispatch import Ways, Workforce, play
from landrelease.forecast.outlook import make_outlook
from landrelease.forecast.uncertain import read_assumptions
from test_forecast_calendar import (
    CERTAIN,
    RANGES,
    assumptions,
    plan_of,
    pool,
    problem,
    region,
    slots,
)

STATED = np.array([0.32, 0.24, 0.44])


def zones_at(gates, finish, now):
    """Zones that walks over open gates lead to; a gate is (from, to, elements)."""
    found, grown = {0}, True
    while grown:
        more = {there for here, there, needs in gates
                if here in found and all(finish.get(e, math.inf) <= now for e in needs)}
        grown = not more <= found
        found |= more
    return found


def list_schedule(parent, options, work, teams, opens, closes, horizon, move=0.0,
                  slowness=None, lost=1.0, zone=None, gates=()):  # fmt: skip
    """The dispatch rule once more, slowly: finish of each element, by time points and lists."""
    pools = len(teams)
    zone = zone or [0] * len(parent)
    slowness = slowness or [1.0] * pools
    finish, state, alone = {}, dict.fromkeys(range(len(parent)), "waiting"), set()
    chosen, running, free = {}, [], [0] * pools
    alive = [teams[p] > 0 and closes[p] > opens[p] for p in range(pools)]
    moments = {0.0, *[float(opens[p]) for p in range(pools) if alive[p]],
               *[float(closes[p]) for p in range(pools) if alive[p] and closes[p] < horizon]}
    gone = [not alive[p] for p in range(pools)]
    while moments:
        now = min(moments)
        if now > horizon:
            break
        moments.discard(now)
        for p in range(pools):
            if alive[p] and opens[p] == now:
                free[p] += teams[p]
            if alive[p] and closes[p] == now:
                gone[p] = True
        for end, e, p, last in [r for r in running if r[0] == now]:
            running.remove((end, e, p, last))
            free[p] += 1
            if last:
                finish[e], state[e] = now, "done"
            else:
                state[e] = "between"
        for e in state:
            if state[e] == "between" and gone[options[e][chosen[e]][2]]:
                state[e] = "ready"
                alone.add(e)
        changed = True
        while changed:
            changed = False
            for e in state:
                if state[e] == "waiting" and (
                    zone[e] in zones_at(gates, finish, now) if parent[e] < 0
                    else finish.get(parent[e]) is not None
                ):  # fmt: skip
                    state[e], changed = "ready", True
                if state[e] == "ready" and work[e] == 0:
                    finish[e], state[e], changed = now, "done", True
        for e in sorted(state):
            step, option = None, None
            if state[e] == "ready":
                usable = [
                    (one[1] + one[3], i) for i, one in enumerate(options[e])
                    if free[one[0]] > 0 and not gone[one[0]]
                    and (one[2] < 0 or (e not in alone and not gone[one[2]]))
                ]  # fmt: skip
                if usable:
                    option, step = min(usable)[1], 0
            elif state[e] == "between":
                p = options[e][chosen[e]][2]
                if free[p] > 0 and not gone[p]:
                    option, step = chosen[e], 1
            if step is None:
                continue
            chosen[e] = option
            p, planned = options[e][option][2 * step], options[e][option][2 * step + 1]
            fixed = min(move, planned)
            end = now + (fixed + (planned - fixed) * work[e] * slowness[p]) * lost
            state[e] = "first" if step == 0 else "second"
            free[p] -= 1
            running.append((end, e, p, step == 1 or options[e][option][2] < 0))
            moments.add(end)
    return [finish.get(e, math.inf) for e in range(len(parent))]


def workforce(options, teams, opens=None, closes=None, horizon=10_000.0, move=0.0):
    """Made by hand, with every element a stage of its own."""
    flat = [o for own in options for o in own]
    pools = len(teams)
    return Workforce(
        option_start=np.concatenate([[0], np.cumsum([len(o) for o in options])]).astype(np.int64),
        option=np.array(flat, dtype=np.int32).reshape(-1, 4),
        pool_start=np.concatenate([[0], np.cumsum(teams)]).astype(np.int64),
        opens=np.zeros(pools) if opens is None else np.array(opens, dtype=float),
        closes=np.full(pools, np.inf) if closes is None else np.array(closes, dtype=float),
        cost=np.ones(pools),
        move_slots=move,
        horizon=horizon,
    )


def ways(zone, gates):
    """Made by hand, with every element a stage of its own."""
    pairs = sorted((e, g) for g, (_, _, needs) in enumerate(gates) for e in needs)
    none = np.zeros(0, dtype=np.int64)
    return Ways(
        zone=np.array(zone, dtype=np.int64), zones=4,
        gate_from=np.array([g[0] for g in gates], dtype=np.int64),
        gate_to=np.array([g[1] for g in gates], dtype=np.int64),
        gate_size=np.array([len(g[2]) for g in gates], dtype=np.int64),
        stage_gate_start=np.searchsorted([e for e, _ in pairs], np.arange(len(zone) + 1)),
        stage_gate=np.array([g for _, g in pairs], dtype=np.int64),
        community_zone=none,
        works=0, work=none, work_stage=none)


def finish_of(parent, options, work, teams, opens=None, closes=None, horizon=10_000.0, move=0.0,
              zone=None, gates=()):  # fmt: skip
    made = workforce(options, teams, opens, closes, horizon, move)
    count = len(parent)
    return play(made, ways(zone or [0] * count, gates), np.arange(count),
                np.array(parent, dtype=np.int64), np.array(work, dtype=float),
                np.ones(count, dtype=bool), np.ones(len(teams)), 1.0)[:3]  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_dispatch_is_the_list_schedule_in_plain_python(data):
    pools = data.draw(st.integers(1, 4))
    count = data.draw(st.integers(0, 14))
    teams = data.draw(st.lists(st.integers(0, 3), min_size=pools, max_size=pools))
    opens = data.draw(st.lists(st.integers(0, 5), min_size=pools, max_size=pools))
    closes = [
        data.draw(st.one_of(st.just(math.inf), st.integers(0, 30))) for _ in range(pools)
    ]  # fmt: skip
    pool_number, length = st.integers(0, pools - 1), st.integers(1, 6)
    single = st.tuples(pool_number, length, st.just(-1), st.just(0))
    double = st.tuples(pool_number, length, pool_number, length)
    options = [
        data.draw(st.lists(st.one_of(single, double), max_size=4)) for _ in range(count)
    ]  # fmt: skip
    # Numbers are priorities, so a predecessor may well come later in the order.
    order = data.draw(st.permutations(range(count)))
    parent = [-1] * count
    for i in range(1, count):
        parent[order[i]] = data.draw(st.sampled_from([-1, *order[:i]]))
    work = [data.draw(st.sampled_from([0.0, 0.5, 1.0, 2.0])) for _ in range(count)]
    horizon = data.draw(st.sampled_from([20.0, 1000.0]))
    move = data.draw(st.sampled_from([0.0, 1.0, 3.0]))
    zone = [data.draw(st.sampled_from([0, 0, 1, 2, 3])) for _ in range(count)]
    gates = [
        (data.draw(st.integers(0, 3)), data.draw(st.integers(0, 3)),
         data.draw(st.lists(st.integers(0, count - 1), max_size=3, unique=True)) if count else [])
        for _ in range(data.draw(st.integers(0, 6)))
    ]  # fmt: skip
    found, _, _ = finish_of(
        parent, options, work, teams, opens, closes, horizon, move, zone, gates)
    assert found.tolist() == list_schedule(
        parent, options, work, teams, opens, closes, horizon, move, zone=zone, gates=gates
    )


@given(st.lists(st.integers(1, 9), min_size=1, max_size=30))
@settings(max_examples=30, deadline=None)
def test_one_team_finishes_after_the_sum_of_its_work(lengths):
    found, busy, worked = finish_of(
        [-1] * len(lengths), [[(0, n, -1, 0)] for n in lengths], [1.0] * len(lengths), [1]
    )
    assert found.tolist() == np.cumsum(lengths).tolist()
    assert busy.tolist() == [sum(lengths)] and worked.tolist() == [sum(lengths)]


def test_a_blocked_team_takes_the_next_stage_that_it_can_do():
    # Element 0 needs pool 1, whose only team comes at 10; element 1 comes after it in the order.
    found, _, _ = finish_of([-1, -1], [[(1, 1, -1, 0)], [(0, 1, -1, 0)]], [1, 1], [1, 1], [0, 10])
    assert found.tolist() == [11, 1]


def test_safety_S07_a_machine_pass_without_its_follow_up_never_finishes_clearance():
    machine_then_manual = [[(0, 2, 1, 5)]]
    found, _, _ = finish_of([-1], machine_then_manual, [1.0], [1, 0])
    assert found.tolist() == [math.inf]  # there is no manual team at all
    found, _, _ = finish_of([-1], machine_then_manual, [1.0], [1, 1], [0, 0], [math.inf, 2])
    assert found.tolist() == [math.inf]  # it has left when the machine is done
    found, _, _ = finish_of([-1], machine_then_manual, [1.0], [1, 1])
    assert found.tolist() == [7]


def test_ground_half_done_by_a_machine_is_worked_in_full_when_the_follow_up_has_left():
    options = [[(0, 2, 1, 3), (2, 20, -1, 0)]]
    found, _, _ = finish_of([-1], options, [1.0], [1, 1, 1], [0, 0, 0], [math.inf, 2, math.inf])
    assert found.tolist() == [22]


@pytest.mark.parametrize(("limit", "ends"), [
    (0, [1, 2, 12]), (1, [1, 2, 3]), (None, [1, 2, 3])])
def test_survey_begins_nothing_while_too_much_waits_for_clearance(limit, ends):
    # Three areas, each surveyed in a day and cleared in ten; one team of each kind.
    options = [[(0, 1, -1, 0)], [(1, 10, -1, 0)]] * 3
    made = workforce(options, [1, 1])
    if limit is not None:
        made = made._replace(watches=np.array([2, -1]), limit=np.array([limit, 0]))
    found = play(made, ways([0] * 6, []), np.arange(6), np.array([-1, 0, -1, 2, -1, 4]),
                 np.ones(6), np.ones(6, dtype=bool), np.ones(2), 1.0,
                 activity=np.array([1, 2] * 3))[0]
    assert found[::2].tolist() == ends and found[1::2].tolist() == [11, 21, 31]


# --- the whole forecast, nothing uncertain -------------------------------------------------------


def certain_plan(hazards=12, seed=3):
    made = region(hazards, seed=seed, bases=2).problem
    pools = tuple(
        dataclasses.replace(p, m2_per_day_low=p.m2_per_day, m2_per_day_high=p.m2_per_day)
        for p in made.pools
    )
    priority = np.random.default_rng(seed).random(len(made.stage_ids))
    return plan_of(dataclasses.replace(made, pools=pools), priority)


def test_without_uncertainty_the_forecast_is_the_list_schedule():
    plan = certain_plan()
    made = plan.problem
    outlook = make_outlook(plan, assumptions(**CERTAIN), runs=3, seed=5)
    order = np.argsort(plan.priority)
    at = np.argsort(order)
    parent = [-1 if made.predecessor[s] < 0 else int(at[made.predecessor[s]]) for s in order]
    options = [
        [
            (int(made.first_pool[o]), float(made.first_slots[o]), int(made.second_pool[o]),
             float(made.second_slots[o]))
            for o in range(made.option_start[s], made.option_start[s + 1])
        ]
        for s in order
    ]  # fmt: skip
    pools = len(made.pools)
    expected = list_schedule(
        parent, options, [1.0] * len(parent), made.pool_teams.tolist(),
        [0] * pools, [math.inf] * pools, 10_000, 2 / made.slot_days,
    )  # fmt: skip
    calendar = extend(made, (4, 11), 60 * 365.25)
    finish = calendar.days(np.array(expected))
    assert outlook.finish_day == pytest.approx([finish.max()] * 3)
    assert outlook.stated_finish_day == pytest.approx(finish.max())
    assert outlook.drivers == () and "no spread" in outlook.explained
    # Each released m² is on the curve at the first point after its stage has ended.
    area = made.released_m2[order]
    for day, m2 in zip(outlook.curve_days, outlook.released_m2[3], strict=True):
        assert m2 == pytest.approx(area[finish <= day + 1e-9].sum())
    assert outlook.found_m2.tolist() == [0, 0, 0]


def test_lost_days_beyond_the_plans_make_all_longer_by_that():
    one = [(0, -1, 0, 1000.0)]
    made = plan_of(problem(one, [[(0, 40, -1, 0)]], [pool("nts", 1, rate=(1, 1, 1))], hazards=1))
    certain = {**CERTAIN, "move_days": (0, 0, 0)}
    stated = make_outlook(made, assumptions(**certain), runs=1, seed=1)
    turnover = {**certain, "team_turnover_share": (0.2, 0.2, 0.2)}
    longer = make_outlook(made, assumptions(**turnover), runs=1, seed=1)
    calendar = extend(made.problem, (4, 11), 60 * 365.25)
    assert stated.finish_day == pytest.approx(calendar.days(np.array([40.0])))
    assert longer.finish_day == pytest.approx(calendar.days(np.array([50.0])))
    assert stated.cost.tolist() == [40 * 3.0 * 800.0]
    # What the plan's working days leave out already does not count again.
    lost = {**certain, "lost_day_share": (0.5, 0.5, 0.5)}
    assert make_outlook(made, assumptions(**lost), runs=1, seed=1).finish_day == pytest.approx(
        calendar.days(np.array([40.0]))
    )


def test_waiting_teams_are_paid_until_their_last_stage_and_never_after_it():
    # NTS for 2 slots, then clearance for 5: the manual team waits 2 slots, the NTS team leaves.
    stages = [(0, -1, 0, 320.0), (1, 0, 0, 240.0), (2, 1, 0, 440.0)]
    pools = [pool("nts", 1, rate=(1, 1, 1), cost=100.0), pool("manual", 2, rate=(1, 1, 1), cost=10)]
    made = plan_of(problem(
        stages, [[(0, 2, -1, 0)], [(0, 1, -1, 0)], [(1, 5, -1, 0)]], pools, hazards=1, slot_days=3.0
    ))  # fmt: skip
    outlook = make_outlook(made, assumptions(**CERTAIN), runs=1, seed=1)
    assert outlook.work_cost.tolist() == [3 * (3 * 100 + 5 * 10)]
    assert outlook.cost.tolist() == [3 * (3 * 100 + 8 * 10)]


# --- chance --------------------------------------------------------------------------------------


def test_the_mean_of_the_shares_is_the_plans():
    made = region(400, seed=2)
    uncertain = read_assumptions(assumptions())
    areas = areas_of(made.problem, made.priority, STATED)
    generator = np.random.default_rng(11)
    mean = np.mean([
        areas.hazard_m2 @ turn_out(areas, uncertain, STATED, 0.0, 0.0, generator).shares
        for _ in range(300)
    ], axis=0) / areas.hazard_m2.sum()  # fmt: skip
    assert mean == pytest.approx(STATED, abs=0.01)


def test_hazards_with_shares_of_their_own_keep_them_on_average():
    stages = [(0, -1, 0, 80.0), (1, 0, 0, 15.0), (2, 1, 0, 5.0), (2, -1, 1, 50.0)]
    made = problem(stages, [[]] * 4, [], hazards=2)
    areas = areas_of(made, np.arange(4.0), STATED)
    uncertain = read_assumptions(assumptions())
    generator = np.random.default_rng(12)
    # The programme's mean moves as well, around the stated one.
    away = np.array([0.2, 0.1, -0.3])
    found = np.mean([
        turn_out(areas, uncertain, STATED + away * sign, 0, 0, generator).shares
        for _ in range(1500) for sign in (-1, 1)
    ], axis=0)  # fmt: skip
    assert found[0] == pytest.approx([0.80, 0.15, 0.05], abs=0.02)
    assert found[1] == pytest.approx([0, 0, 1])  # cleared without survey: nothing else can be


def test_many_areas_turn_out_empty_and_empty_means_no_work():
    made = region(400, seed=2)
    areas = areas_of(made.problem, made.priority, STATED)
    uncertain = read_assumptions(assumptions())
    found = turn_out(areas, uncertain, STATED, 0.0, 0.0, np.random.default_rng(5))
    # Half of the cancelled ground lies in areas that are cancelled whole: 16 % of the areas.
    whole = found.shares[:, 0] == 1
    assert whole.mean() == pytest.approx(0.16, abs=0.06)
    after_nts = areas.activity[found.stage] > 0
    empty = whole[areas.hazard[found.stage]]
    assert np.all(found.work[after_nts & empty] == 0)
    assert np.all(found.work[~after_nts] > 0)


def test_safety_S03_released_is_the_sum_of_its_parts_and_never_more_than_there_is():
    plan = region(30, seed=4)
    nothing_new = assumptions(undiscovered_share=(0, 0, 0))
    outlook = make_outlook(plan, nothing_new, runs=40, seed=10)
    assert np.isfinite(outlook.finish_day).all()
    assert outlook.released_m2[:, -1] == pytest.approx([outlook.total_m2] * 7)
    assert np.all(np.diff(outlook.released_m2, axis=1) >= 0)
    assert np.all(np.diff(outlook.released_m2, axis=0) >= -1e-6)
    parts = outlook.cancelled_m2[-1], outlook.reduced_m2[-1], outlook.cleared_m2[-1]
    assert sum(parts) == pytest.approx(outlook.total_m2, rel=0.1)
    assert all(part > 0 for part in parts)


def test_area_that_nobody_knew_of_turns_up_in_the_stated_amount():
    plan = region(200, seed=6)
    outlook = make_outlook(plan, assumptions(undiscovered_share=(0.5, 0.5, 0.5)), runs=60, seed=2)
    assert outlook.found_m2.mean() == pytest.approx(0.5 * outlook.total_m2, rel=0.05)
    done = np.isfinite(outlook.finish_day)
    assert done.any()
    median = np.median(outlook.total_m2 + outlook.found_m2)
    assert outlook.released_m2[3, -1] == pytest.approx(median, rel=0.02)


def test_rework_adds_the_stated_share_of_clearance():
    plan = region(400, seed=6)
    areas = areas_of(plan.problem, plan.priority, STATED)
    uncertain = read_assumptions(assumptions(**CERTAIN))
    clear = areas.activity[np.argsort(areas.rank)] == 2
    draw = [
        turn_out(areas, uncertain, STATED, 0.0, 0.1, np.random.default_rng(seed)).work
        for seed in range(20)
    ]  # fmt: skip
    assert np.mean([work[clear].mean() for work in draw]) == pytest.approx(1.1, abs=0.02)
    assert all(np.all(work[~clear] == pytest.approx(1.0)) for work in draw)


def test_same_seed_same_outlook_whatever_the_number_of_workers():
    plan = region(40, seed=7)
    one = make_outlook(plan, assumptions(), runs=37, seed=4, workers=1)
    two = make_outlook(plan, assumptions(), runs=37, seed=4, workers=2)
    many = make_outlook(plan, assumptions(), runs=37, seed=4, workers=7)
    for field in dataclasses.fields(one):
        a, b, c = (getattr(o, field.name) for o in (one, two, many))
        assert np.array_equal(a, b) and np.array_equal(a, c), field.name
    other = make_outlook(plan, assumptions(), runs=37, seed=5)
    assert not np.array_equal(one.finish_day, other.finish_day)


def test_more_teams_are_not_later_in_distribution():
    few = region(80, seed=8, teams={"nts": 1, "ts": 1, "manual": 2, "mechanical": 1})
    more = region(80, seed=8, teams={"nts": 2, "ts": 2, "manual": 4, "mechanical": 1})
    a = make_outlook(few, assumptions(), runs=60, seed=3)
    b = make_outlook(more, assumptions(), runs=60, seed=3)
    assert np.array_equal(a.found_m2, b.found_m2)  # the same worlds
    assert np.all(np.sort(b.finish_day) <= np.sort(a.finish_day))
    # The same work in each world, mostly done earlier: a list schedule can be later with more
    # teams (Graham 1969), here where a free manual team begins what a machine would do faster.
    assert np.mean(b.finish_day < a.finish_day) > 0.9


# --- a second generator of worlds, in plain Python -----------------------------------------------

SMALL = {
    "nts": (50.0, 100.0, 200.0), "ts": (40.0, 80.0, 160.0), "manual": (20.0, 40.0, 50.0),
}  # fmt: skip
AREAS = (300.0, 900.0, 500.0, 1500.0, 700.0, 400.0, 1200.0)
PLANNED = ((6, 0), (9, 1), (22, 2))  # slots and pool of NTS, TS and clearance of 1,000 m²


def small_plan(slow=1.0):
    pools = [
        pool(kind, teams, rate=tuple(x / slow for x in SMALL[kind]))
        for kind, teams in (("nts", 1), ("ts", 1), ("manual", 2))
    ]
    stages, options = [], []
    for h, area in enumerate(AREAS):
        for a, share in enumerate((0.32, 0.24, 0.44)):
            stages.append((a, len(stages) - 1 if a else -1, h, share * area))
            options.append([(PLANNED[a][1], max(1, round(PLANNED[a][0] * area / 1000)), -1, 0)])
    return plan_of(problem(stages, options, pools, hazards=len(AREAS), calendar=slots(3)))


def worlds(count, seed, slow=1.0):
    """Finish slots of `count` programmes made with `random`, by the stated assumptions."""
    g = random.Random(seed)
    move = 2 / 3.0

    def skewed(low, value, high):
        z = g.gauss(0, 1)
        return value + z * ((high - value) if z > 0 else (value - low)) / 1.2815515655446

    def skewed_log(low, value, high):
        z = g.gauss(0, 1)
        return (high / value if z > 0 else value / low) ** (z / 1.2815515655446)

    def share(name, most):
        return min(max(skewed(*RANGES[name]), 0.0), most)

    def part(mean):
        if g.random() < 0.5 * mean:
            return 1.0
        rest = mean * 0.5 / (1 - 0.5 * mean)
        return g.betavariate(2 * rest, 2 * (1 - rest)) if 0 < rest < 1 else rest

    finishes = []
    for _ in range(count):
        speed = [skewed_log(*SMALL[kind]) / slow for kind in ("nts", "ts", "manual")]
        worked = (1 - share("lost_day_share", 0.95)) * (1 - share("team_turnover_share", 0.95))
        unknown, again = share("undiscovered_share", 9), share("rework_share", 1)
        # Survey does well or badly in all the programme: one score for the three shares.
        z = g.gauss(0, 1) / 1.2815515655446
        left = 0.44 + z * (0.11 if z > 0 else 0.22)
        cancelled = 0.32 - z * (0.07 if z > 0 else 0.16)
        reduced = 0.24 - z * (0.04 if z > 0 else 0.06)
        left = min(max(left, 0.0), 1.0)
        cancelled, reduced = max(cancelled, 0.0), max(reduced, 0.0)
        cancelled, reduced = (
            (1 - left) * part / (cancelled + reduced) for part in (cancelled, reduced)
        )
        items = []  # (priority, key, key of the predecessor, work, option)
        for h, area in enumerate(AREAS):
            copies = int(unknown + g.random())
            for k in range(copies + 1):
                c = part(cancelled)
                r = part(reduced / (reduced + left))
                ratio = (1.0, (1 - c) / 0.68, (1 - c) * (1 - r) / 0.44)
                before = None if k == 0 else (0, h, g.randrange(3))
                for a in range(3):
                    work = ratio[a] * math.exp(g.gauss(0, 0.4) - 0.08)
                    if a == 2 and g.random() < again:
                        work *= 2
                    planned = float(max(1, round(PLANNED[a][0] * area / 1000)))
                    items.append(((3 * h + a, k), (k, h, a), before, work,
                                  [(PLANNED[a][1], planned, -1, 0.0)]))  # fmt: skip
                    before = (k, h, a)
        items.sort(key=lambda item: item[0])
        number = {item[1]: i for i, item in enumerate(items)}
        finishes.append(max(list_schedule(
            [-1 if item[2] is None else number[item[2]] for item in items],
            [item[4] for item in items], [item[3] for item in items], [1, 1, 2],
            [0, 0, 0], [math.inf] * 3, 1e9, move, [1 / s for s in speed], (1 - 0.15) / worked,
        )))  # fmt: skip
    return np.array(finishes)


def transform(outlook, days, seed):
    """Randomised probability integral transform of each day among the runs."""
    g = np.random.default_rng(seed)
    below = np.array([np.sum(outlook.finish_day < day) for day in days])
    same = np.array([np.sum(outlook.finish_day == day) for day in days])
    return (below + g.random(len(days)) * (same + 1)) / (outlook.runs + 1)


def test_intervals_hold_in_worlds_made_by_another_generator():
    from scipy.stats import kstest

    plan = small_plan()
    outlook = make_outlook(plan, assumptions(), runs=1000, seed=21)
    calendar = extend(plan.problem, (4, 11), 60 * 365.25)
    u = transform(outlook, calendar.days(worlds(300, 22)), 23)
    assert kstest(u, "uniform").pvalue > 0.02
    assert np.mean((u > 0.1) & (u < 0.9)) == pytest.approx(0.8, abs=0.06)
    # The test can fail: teams that are 1.4 times as slow as assumed are found out.
    slow = transform(outlook, calendar.days(worlds(300, 22, slow=1.4)), 23)
    assert kstest(slow, "uniform").pvalue < 1e-4


# --- what cannot finish, and what makes no sense -------------------------------------------------


def test_runs_that_do_not_finish_are_counted_and_never_dropped():
    plan = region(60, seed=3, teams={"nts": 1, "ts": 1, "manual": 1, "mechanical": 1})
    years = (8, 8, 8)
    outlook = make_outlook(plan, assumptions(forecast_horizon_years=years), runs=80, seed=3)
    unfinished = int(np.isinf(outlook.finish_day).sum())
    assert 0 < unfinished < 80 and len(outlook.finish_day) == 80
    assert any(note.startswith(f"{unfinished} of 80 runs do not finish") for note in outlook.notes)
    assert np.all(outlook.finish_day[np.isfinite(outlook.finish_day)] <= 8 * 365.25)
    assert outlook.chance_by(date(2090, 1, 1)) == (80 - unfinished) / 80
    assert np.isfinite(outlook.cost).all()
    assert outlook.curve_days[-1] == pytest.approx(8 * 365.25)


def test_a_missing_kind_of_team_means_that_no_run_finishes_and_says_which():
    plan = region(20, seed=3, teams={"nts": 1, "ts": 0, "manual": 2, "mechanical": 1})
    outlook = make_outlook(plan, assumptions(undiscovered_share=(0, 0, 0)), runs=30, seed=1)
    assert np.isinf(outlook.finish_day).all() and outlook.stated_finish_day is None
    assert any("TS stages have no team" in note for note in outlook.notes)
    assert "area released by the forecast's horizon" in outlook.explained
    assert np.isfinite(outlook.cost).all() and np.all(outlook.cost > 0)
    # NTS is done all the same: something is released.
    assert outlook.released_m2[3, -1] > 0 and outlook.cleared_m2[-1] == 0


def test_no_teams_at_all_cost_nothing_and_finish_nothing():
    plan = region(5, seed=3)
    made = dataclasses.replace(plan.problem, pool_teams=np.zeros(12, dtype=np.int32))
    outlook = make_outlook(plan_of(made), assumptions(), runs=20, seed=1)
    assert np.isinf(outlook.finish_day).all() and outlook.cost.tolist() == [0] * 20
    assert outlook.released_m2.max() == 0


@pytest.mark.parametrize("pools", [[], [pool("nts", 1)]])
def test_nothing_to_do_is_done_on_the_first_day(pools):
    outlook = make_outlook(
        plan_of(problem([], [], pools, hazards=0)), assumptions(), runs=20, seed=1
    )
    assert outlook.finish_day.tolist() == [0] * 20 and outlook.cost.tolist() == [0] * 20
    assert outlook.total_m2 == 0 and outlook.released_m2.max() == 0
    assert any("no work in this plan" in note for note in outlook.notes)


def test_stages_without_pools_stay_undone():
    outlook = make_outlook(
        plan_of(problem([(0, -1, 0, 10.0)], [[]], [], hazards=1)), assumptions(), runs=9, seed=1
    )
    assert np.isinf(outlook.finish_day).all() and outlook.currency == ""
    assert any("1 NTS stage has no team" in note for note in outlook.notes)


@pytest.mark.parametrize(
    ("setting", "code"),
    [({"runs": 0}, "FOR-001"), ({"runs": -3}, "FOR-001"), ({"runs": 2.5}, "FOR-001"),
     ({"seed": -1}, "FOR-001"), ({"workers": 0}, "FOR-001"), ({"runs": 900_000}, "FOR-006")],
)  # fmt: skip
def test_settings_that_make_no_sense_say_so(setting, code):
    with pytest.raises(LandReleaseError) as raised:
        make_outlook(region(2), assumptions(), **{"runs": 5, "seed": 1, **setting})
    assert raised.value.code == code and str(next(iter(setting))) in str(raised.value)


def test_progress_is_told_and_may_stop_the_work():
    told = []
    make_outlook(region(5), assumptions(), runs=40, seed=1,
                 progress=lambda what, share: told.append(share))  # fmt: skip
    assert told == sorted(told) and told[0] == 0 and told[-1] == 1

    def stop(what, share):
        if share > 0:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_outlook(region(5), assumptions(), runs=40, seed=1, progress=stop)
    make_outlook(region(5), assumptions(), runs=4, seed=1, progress=silent)
