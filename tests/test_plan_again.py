"""Plans made again: what is done is gone and changes nothing else; promises have a price."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest

import tiny_worlds
from landrelease.core import conditions as terms
from landrelease.errors import LandReleaseError
from landrelease.plan.check import score, unkept, violations
from landrelease.plan.compare import community_slots, difference, end_of, why
from landrelease.plan.progress import begun, partly_done, promised, slot_by, without
from landrelease.plan.search import make_plan


def kept(problem, schedule, stages):
    """The schedule of the stages that are left, by the numbers of the smaller problem."""
    number = np.full(len(problem.first_pool) + 1, -1)
    gone = np.ones(len(problem.stage_ids), bool)
    gone[stages] = False
    stage_of = np.repeat(np.arange(len(gone)), np.diff(problem.option_start))
    number[np.flatnonzero(~gone[stage_of])] = np.arange((~gone[stage_of]).sum())
    rows = {f.name: np.asarray(getattr(schedule, f.name)) for f in dataclasses.fields(schedule)
            if getattr(schedule, f.name) is not None}
    return type(schedule)(**{
        name: values if name.startswith("project") else
        number[values[stages]].astype(np.int32) if name == "option" else values[stages]
        for name, values in rows.items()})


@pytest.mark.parametrize("seed", range(20))
def test_what_is_done_leaves_and_the_rest_stands_as_it_was(seed):
    """Taking out stages that a plan has finished leaves a schedule that the checker accepts."""
    problem = tiny_worlds.bound_by(seed)
    plan = make_plan(problem, iterations=2, seed=seed)
    order = np.argsort(np.where(plan.schedule.finish < 0, 10**6, plan.schedule.finish))
    done = []
    for s in order[:len(order) // 2].tolist():
        before = int(problem.predecessor[s])
        if plan.schedule.finish[s] >= 0 and (before < 0 or before in done):
            done.append(s)
    if problem.conditions.money is not None:  # their bills fall away with them
        problem = dataclasses.replace(problem, conditions=dataclasses.replace(
            problem.conditions, money=None))
    smaller = without(problem, done)
    left = [s for s in range(len(problem.stage_ids)) if s not in done]
    assert smaller.stage_ids == tuple(problem.stage_ids[s] for s in left)
    assert violations(smaller, kept(problem, plan.schedule, left)) == []
    assert make_plan(smaller, iterations=1, seed=1).bound <= score(
        smaller, kept(problem, plan.schedule, left)) + 1e-6


def test_nothing_done_is_the_same_problem_and_clearance_before_survey_is_refused():
    problem = tiny_worlds.tiny(3)
    assert without(problem, []) is problem
    with pytest.raises(LandReleaseError, match="finished before it"):
        without(problem, [1])
    with pytest.raises(LandReleaseError, match="PLN-009"):
        without(problem, [99])


def test_roads_open_for_what_is_done():
    for seed in range(20):
        problem = tiny_worlds.behind_roads(seed)
        all_done = without(problem, range(len(problem.stage_ids)))
        assert len(all_done.stage_ids) == 0 and not len(all_done.access.gate_stage)


def test_half_done_takes_half_and_never_nothing():
    problem = tiny_worlds.tiny(1)
    s = 1
    half = partly_done(problem, {s: problem.work_m2[s] / 2})
    o = slice(problem.option_start[s], problem.option_start[s + 1])
    assert (half.first_slots[o] == np.ceil(problem.first_slots[o] / 2)).all()
    assert half.work_m2[s] == problem.work_m2[s] / 2
    over = partly_done(problem, {s: 10 * problem.work_m2[s]})
    assert (over.first_slots[o] >= 1).all() and over.work_m2[s] > 0
    rest = np.ones(len(problem.first_slots), bool)
    rest[o] = False
    assert (half.first_slots[rest] == problem.first_slots[rest]).all()


@pytest.mark.parametrize("seed", range(12))
def test_a_high_price_keeps_promises_and_no_price_forgets_them(seed):
    problem = tiny_worlds.tiny(seed)
    standing = make_plan(problem, iterations=1, seed=seed)
    # The weights turn over: another order would be better.
    turned = dataclasses.replace(problem, weight=problem.weight[::-1].copy())
    dear = promised(turned, standing, late_price=1e6, change_price=1e6)
    again = make_plan(dear, iterations=20, seed=seed)
    told, now = standing.schedule.finish, again.schedule.finish
    weighed = (told >= 0) & (turned.weight > 0)
    assert ((now[weighed] >= 0) & (now[weighed] <= told[weighed])).all()
    free = promised(turned, standing, late_price=0, change_price=0)
    assert make_plan(free, iterations=20, seed=seed).score == pytest.approx(
        make_plan(turned, iterations=20, seed=seed).score)
    with pytest.raises(LandReleaseError, match="PLN-009"):
        promised(turned, standing, late_price=-1, change_price=0)


@pytest.mark.parametrize("seed", range(10))
def test_a_standing_plan_is_never_made_worse(seed):
    problem = tiny_worlds.bound_by(seed)
    good = make_plan(problem, iterations=20, seed=1)
    again = make_plan(problem, iterations=0, seed=2, standing=(
        good.priority, good.schedule.option))
    assert again.score <= good.score + 1e-9
    free = make_plan(problem, iterations=0, standing=(
        good.priority, np.full(len(good.priority), 10**6)))  # options of no stage are free
    assert violations(problem, free.schedule) == []


@pytest.mark.parametrize("back", [False, True])
def test_promises_know_a_pool_that_the_records_part(back):
    problem = tiny_worlds.tiny(3)
    first, *rest = problem.pools
    parted = dataclasses.replace(problem, pools=(dataclasses.replace(first, id=f"{first.id}.2"),
                                                 *rest))
    one, two = (parted, problem) if back else (problem, parted)
    standing = make_plan(one, iterations=1, seed=1)
    told = promised(two, standing, late_price=1, change_price=1).conditions.promises
    assert (told.option == standing.schedule.option).all() and (told.option >= 0).any()


def test_promises_are_days_not_slots():
    problem = tiny_worlds.tiny(2)
    standing = make_plan(problem, iterations=1, seed=1)
    later = dataclasses.replace(problem, slot_starts=tuple(
        d + timedelta(days=2) for d in problem.slot_starts))
    made = promised(later, standing, late_price=1, change_price=1).conditions.promises
    kept = [(s, slot) for s, slot in enumerate(made.finish.tolist()) if slot >= 0]
    assert len(kept) >= 4
    for s, slot in kept:
        end = end_of(problem, int(standing.schedule.finish[s]))
        assert slot == slot_by(later, end)
        assert slot == 0 or end_of(later, slot) <= end


@pytest.mark.parametrize("seed", range(10))
def test_work_that_has_begun_goes_on_at_once_with_its_team(seed):
    problem = tiny_worlds.tiny(seed)
    option = int(problem.option_start[2])
    plan = make_plan(begun(problem, {2: option}), iterations=3, seed=1)
    assert plan.schedule.start[2] == 0 and plan.schedule.option[2] == option
    assert violations(plan.problem, plan.schedule) == []
    with pytest.raises(LandReleaseError, match="PLN-009"):
        begun(problem, {2: 0})


def free_world(seed=1, horizon=60):
    """Room for everything: what is undone there was dropped."""
    problem = tiny_worlds.tiny(seed, horizon=horizon)
    return dataclasses.replace(problem, pool_opens=np.zeros(3, np.int32))


def all_planned(problem, started):
    plan = make_plan(begun(problem, started), iterations=2, seed=1)
    assert violations(plan.problem, plan.schedule) == []
    assert unkept(plan.problem, plan.schedule) == []
    assert (plan.schedule.finish >= 0).all()
    for s, option in started.items():
        assert plan.schedule.option[s] == option
    return plan


@pytest.mark.parametrize("closed", [1, 3, 8])
def test_work_that_has_begun_waits_for_its_ground_and_is_not_dropped(closed):
    problem = free_world()
    is_open = np.ones((2, problem.horizon), bool)
    is_open[1, :closed] = False
    option = int(problem.option_start[2])
    row = np.zeros(len(problem.first_pool), np.int32)
    row[option] = 1
    problem = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, calendars=terms.Calendars(("always", "shut"), is_open, row, 0 * row)))
    assert all_planned(problem, {2: option}).schedule.start[2] == closed


def test_work_that_has_begun_waits_for_leave_and_for_its_team():
    problem = free_world()
    options, option = len(problem.first_pool), int(problem.option_start[0])
    zero, last = np.zeros(options, np.int32), np.full(options, problem.horizon, np.int32)
    late = zero.copy()
    late[option] = 5
    leave = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, windows=terms.Windows(late, last, zero, last)))
    assert all_planned(leave, {0: option}).schedule.start[0] == 5
    away = dataclasses.replace(problem, pool_opens=np.array([4, 0, 0], np.int32))
    assert all_planned(away, {0: option}).schedule.start[0] == 4


def test_more_work_has_begun_than_teams_are_left():
    problem = free_world()
    surveys = {s: int(problem.option_start[s]) for s in (0, 2, 4)}
    assert problem.pool_teams[0] == 1
    plan = all_planned(problem, surveys)
    starts = sorted(int(plan.schedule.start[s]) for s in surveys)
    assert starts[0] == 0 and len(set(starts)) == 3
    # A person's own pin for the only team, between the two, is kept as well.
    between = int(problem.first_slots[surveys[0]])
    last = np.full(6, problem.horizon, np.int32)
    first = np.zeros(6, np.int32)
    first[2] = last[2] = between
    pinned = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, decisions=terms.Decisions(
            first, last, np.ones(len(problem.first_pool), bool), np.zeros((0, 2), np.int32))))
    plan = all_planned(pinned, {s: surveys[s] for s in (0, 4)})
    assert plan.schedule.start[0] == 0 and plan.schedule.start[2] == between
    assert plan.schedule.start[4] == plan.schedule.finish[2]


@pytest.mark.parametrize("there", [0.0, 1.0, 50.0])
def test_what_begun_work_still_costs_is_bound_and_waits_for_no_money(there):
    problem = free_world()
    option, horizon = int(problem.option_start[2]), problem.horizon
    cost = np.zeros(len(problem.first_pool))
    cost[option] = 3.0
    arrived = np.full((1, horizon), there)
    problem = dataclasses.replace(problem, option_cost=cost, conditions=dataclasses.replace(
        problem.conditions, money=terms.Money(
            ("f",), "USD", arrived, np.zeros(len(problem.stage_ids), np.int32))))
    made = begun(problem, {2: option})
    assert made.conditions.money.arrived[0, -1] == max(0.0, there - 3.0)
    assert all_planned(problem, {2: option}).schedule.start[2] == 0


def test_who_is_at_work_behind_a_blocked_road_has_got_there():
    problem = next(p for p in map(tiny_worlds.behind_roads, range(60))
                   if p.access.zone[2] > 0 and p.pool_opens[0] == 0)
    plan = make_plan(begun(problem, {2: int(problem.option_start[2])}), iterations=2, seed=1)
    assert plan.schedule.start[2] == 0


def test_a_plan_differs_from_itself_in_nothing_and_from_another_by_days():
    plan = make_plan(tiny_worlds.behind_roads(4), iterations=2, seed=1)
    same = difference(plan, plan)
    assert {c.change for c in same.stages} == {"same"} and not any(
        c.other_team for c in same.stages)
    moved = dataclasses.replace(plan, problem=dataclasses.replace(
        plan.problem, slot_starts=tuple(
            d + timedelta(days=3) for d in plan.problem.slot_starts)))
    later = difference(plan, moved)
    assert all(c.days == 3 and c.change == "later" for c in later.stages if c.after)
    fewer = without(plan.problem, [0])
    gone = difference(plan, make_plan(fewer, iterations=1, seed=1))
    assert gone.stages[0].change == "gone" and gone.count("gone") == 1
    assert difference(make_plan(fewer, iterations=1, seed=1), plan).count("new") == 1


@pytest.mark.parametrize("seed", range(20))
def test_an_exchange_is_a_plan_of_the_same_decoder(seed):
    plan = make_plan(tiny_worlds.bound_by(seed), iterations=3, seed=1)
    problem = plan.problem
    found = why(plan, problem.hazard_ids[0], problem.hazard_ids[1])
    assert found.exchanged >= plan.bound - 1e-6
    assert found.first.id == problem.hazard_ids[0]
    with pytest.raises(LandReleaseError, match="PLN-009"):
        why(plan, problem.hazard_ids[0], problem.hazard_ids[0])
    with pytest.raises(LandReleaseError, match="PLN-009"):
        why(plan, problem.hazard_ids[0], "nowhere")


def test_the_exchange_of_a_clear_case():
    """Two areas, one team: the one with ten times the weight comes first, and it shows."""
    problem = tiny_worlds.tiny(1, hazards=2, horizon=40)
    ones = np.ones(len(problem.first_slots), np.int32)
    problem = dataclasses.replace(
        problem, weight=np.array([0.0, 10.0, 0.0, 1.0]), first_slots=ones,
        second_slots=np.where(problem.second_pool >= 0, ones, 0).astype(np.int32),
        pool_teams=np.ones(3, np.int32), pool_opens=np.zeros(3, np.int32),
        delay_days=np.arange(41.0))
    plan = make_plan(problem, iterations=5, seed=1)
    found = why(plan, "h0", "h1")
    assert found.loss > 0 and found.first.points_per_day == pytest.approx(10)
    assert found.first.points_per_team_day > found.second.points_per_team_day


@pytest.mark.parametrize("seed", range(15))
def test_communities_reopen_as_the_score_counts_them(seed):
    problem = tiny_worlds.behind_roads(seed)
    plan = make_plan(problem, iterations=2, seed=1)
    only = dataclasses.replace(problem, weight=np.zeros(len(problem.weight)))
    slots = np.minimum(community_slots(problem, plan.schedule), problem.horizon)
    assert score(only, plan.schedule) == pytest.approx(
        float((problem.access.community_weight * problem.delay_days[slots]).sum()))


@pytest.mark.parametrize("seed", range(20))
def test_how_many_communities_reopen_and_when_as_the_checker_sees_it(seed):
    import math

    from landrelease.plan.check import zones_open
    from landrelease.workflows.planning import communities_reopened

    plan = make_plan(tiny_worlds.behind_roads(seed), iterations=1, seed=1)
    problem, finish = plan.problem, plan.schedule.finish
    access, opens = problem.access, zones_open(problem, plan.schedule)
    at = [opens[z] for z in access.community_zone]
    reached = sorted(a for a in at if 0 < a < math.inf)
    found = communities_reopened(plan)
    assert found["all"] == len(at) and found["cut_off"] == sum(a > 0 for a in at)
    assert found["reached"] == len(reached)
    days = [problem.slot_starts[0] + timedelta(days=float(problem.delay_days[int(a)]))
            for a in reached]
    assert found["first"] == (days[0].isoformat() if days else None)
    assert found["last"] == (days[-1].isoformat() if days else None)
    own = [access.community_stage[access.community_start[c]:access.community_start[c + 1]]
           for c in range(len(at))]
    assert found["released"] == sum(0 < a < math.inf and (finish[mine] >= 0).all()
                                    for a, mine in zip(at, own, strict=True))
    assert communities_reopened(make_plan(tiny_worlds.tiny(seed), iterations=0)) is None


def test_other_roads_teams_and_days_than_those_of_the_standing_plan_are_named():
    from landrelease.workflows.orders import otherwise

    problem = next(p for p in map(tiny_worlds.bound_by, range(40)) if p.access is not None)
    assert otherwise(problem, problem) == []
    bare = dataclasses.replace(problem, access=None)
    assert "made with roads and this one without" in otherwise(problem, bare)[0]
    assert "made with roads and the standing one without" in otherwise(bare, problem)[0]
    first, *rest = problem.pools
    more = dataclasses.replace(problem, pools=(
        dataclasses.replace(first, teams=first.teams + 1), *rest))
    said = otherwise(problem, more)
    assert len(said) == 1 and f"1 changed ({first.id})" in said[0]
    renamed = dataclasses.replace(problem, pools=(
        dataclasses.replace(first, id="other"), *rest))
    assert f"1 gone ({first.id}), 1 new (other)" in otherwise(problem, renamed)[0]
    later = dataclasses.replace(problem, slot_starts=tuple(
        d.replace(year=d.year + 1) if (d.month, d.day) != (2, 29) else d
        for d in problem.slot_starts))
    assert len(otherwise(problem, later)) == 2
