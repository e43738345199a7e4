"""Money of a plan by month and fund: nothing is lost, no fund pays what it may not or has not."""

import dataclasses
from datetime import date, timedelta

import numpy as np
import pytest

import tiny_worlds
from landrelease.core.conditions import Money
from landrelease.plan.cash import cash
from landrelease.plan.search import make_plan


def with_money(seed):
    problem = tiny_worlds.bound_by(seed)
    return None if problem.conditions.money is None else dataclasses.replace(
        problem, slot_starts=tuple(date(2027, 1, 20) + timedelta(days=9 * i)
                                   for i in range(problem.horizon + 1)))


def bills_of(plan):
    """(slot, line, amount) of all that starts."""
    problem, schedule, money = plan.problem, plan.schedule, plan.problem.conditions.money
    out = [(int(schedule.start[s]), int(money.stage_fund[s]),
            float(problem.option_cost[schedule.option[s]]))
           for s in range(len(problem.stage_ids))
           if schedule.option[s] >= 0 and money.stage_fund[s] >= 0]
    works = problem.conditions.projects
    if works is not None:
        out += [(int(t), int(f), float(c)) for t, f, c in zip(
            schedule.project_start, works.fund, works.cost, strict=True)
            if 0 <= t < problem.horizon and f >= 0]
    return out


@pytest.mark.parametrize("seed", range(60))
def test_every_bill_is_paid_once_by_money_that_is_there(seed):
    problem = with_money(seed)
    if problem is None:
        return
    plan = make_plan(problem, iterations=2, seed=1)
    money, rows, bills = problem.conditions.money, cash(plan), bills_of(plan)
    month = [d.replace(day=1) for d in problem.slot_starts]
    assert sum(r.bound_demining + r.bound_works for r in rows) == pytest.approx(
        sum(b for _, _, b in bills))
    for first in {r.month for r in rows}:
        own = [r for r in rows if r.month == first]
        assert sum(r.bound_demining + r.bound_works for r in own) == pytest.approx(
            sum(b for t, _, b in bills if month[t] == first), abs=1e-6)
    assert all(r.fund and r.left >= -1e-6 for r in rows)
    for f, name in enumerate(money.fund_ids):
        own = [r for r in rows if r.fund == name]
        paid = {r.month: r.bound_demining + r.bound_works for r in own}
        end = problem.horizon if money.until is None else int(money.until[f])
        # Only what its lines start before its last slot.
        may = {month[t] for t, line, b in bills if t < end and (
            line == f if money.may_pay is None else money.may_pay[line, f])}
        assert {m for m, amount in paid.items() if amount > 1e-6} <= may
        assert sum(r.arrived for r in own) == pytest.approx(
            float(money.arrived[f, max(t for t in range(problem.horizon)
                                       if month[t] <= own[-1].month)]))


def test_most_seeds_have_money():
    """The test above is one of money."""
    found = [with_money(seed) for seed in range(60)]
    assert sum(p is not None for p in found) > 20
    assert sum(p is not None and p.conditions.money.may_pay is not None for p in found) > 8


def test_a_fund_that_ends_pays_first_and_the_other_one_the_rest():
    """Two bills of 6 on one line: A has 8 until slot 4, B has 4 from slot 3 on."""
    problem = tiny_worlds.tiny(1, hazards=2, horizon=8, shapes=("alone", "alone"))
    arrived = np.zeros((2, 8))
    arrived[0], arrived[1, 3:] = 8.0, 4.0
    options = len(problem.first_pool)
    problem = dataclasses.replace(
        problem, option_cost=np.full(options, 6.0), first_slots=np.ones(options, np.int32),
        slot_starts=tuple(date(2027, 1 + i, 1) for i in range(9)),
        conditions=dataclasses.replace(problem.conditions, money=Money(
            ("A", "B"), "USD", arrived, np.zeros(2, np.int32), ("all",),
            np.ones((1, 2), bool), np.array([5, 8], np.int32))))
    plan = make_plan(problem, iterations=5, seed=1)
    starts = sorted(plan.schedule.start.tolist())
    assert starts[0] in (0, 1) and starts[1] == 3  # the second waits for B
    rows = {(r.month.month, r.fund): r for r in cash(plan)}
    assert rows[4, "A"].bound_demining == pytest.approx(2) and abs(rows[4, "A"].left) < 1e-6
    assert rows[4, "B"].bound_demining == pytest.approx(4) and rows[4, "B"].arrived == 4
    assert not rows[4, "A"].ended
