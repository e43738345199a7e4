"""Money of a plan month by month: what arrives in each fund, what its work binds, what is left."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from landrelease.core.conditions import Money
from landrelease.core.work import Plan

DEMINING, WORKS = 0, 1  # survey and clearance; works of the second phase
_UNPAID = 1e3  # the price of what no fund can pay, beside the places of funds in their order


@dataclass(frozen=True, slots=True)
class CashRow:
    """A fund in a month. `left`: what had arrived by its end less what was bound by then; nothing
    of it may be spent once the fund has `ended`. An empty fund: bills that no fund can pay.
    `after_plan`: what comes when no work of the plan can begin any more; the plan spends none of
    it."""

    month: date
    fund: str
    arrived: float
    bound_demining: float
    bound_works: float
    left: float
    ended: bool
    after_plan: bool = False


@dataclass(frozen=True, slots=True)
class _Bill:
    slot: int
    line: int
    amount: float
    what: int


def cash(plan: Plan) -> tuple[CashRow, ...]:
    """Month by month and fund by fund, from the first slot until nothing arrives or is bound any
    more, then what comes after the plan; () where no money binds the plan.

    A bill counts in the month in which its work starts. Where several funds may pay for a budget
    line, bills are divided among them so that every bill is paid, each as far as that goes by the
    fund that pays first (`Money.payers`).
    """
    problem, money = plan.problem, plan.problem.conditions.money
    if money is None or not len(money.fund_ids):
        return ()
    bills, funds = list(_bills(plan)), len(money.fund_ids)
    paid = _divided(plan, bills)  # (bills, funds + 1)
    arrived = np.diff(money.arrived, axis=1, prepend=0.0)
    last = max([bill.slot for bill in bills]
               + np.flatnonzero((arrived != 0).any(axis=0)).tolist(), default=0)
    month = [day.replace(day=1) for day in problem.slot_starts[:last + 1]]
    months = sorted(set(month))
    at = np.array([months.index(m) for m in month])
    came, bound = np.zeros((len(months), funds + 1)), np.zeros((2, len(months), funds + 1))
    np.add.at(came, at, np.column_stack([arrived[:, :last + 1].T, np.zeros(last + 1)]))
    for bill, parts in zip(bills, paid, strict=True):
        bound[bill.what, at[bill.slot]] += parts
    left = np.cumsum(came - bound.sum(axis=0), axis=0)
    ends, names = money.ends(), (*money.fund_ids, "")
    rows = [
        CashRow(first, names[f], float(came[m, f]), float(bound[DEMINING, m, f]),
                float(bound[WORKS, m, f]), float(left[m, f]),
                f < funds and int(ends[f]) <= int(np.flatnonzero(at == m)[-1]))
        for m, first in enumerate(months)
        for f in range(funds + bool((paid[:, -1] > 0).any()))]
    rest = {names[f]: float(left[-1, f]) for f in range(funds)}
    for first, f, amount in _after(money):
        rest[names[f]] += amount
        rows.append(CashRow(first, names[f], amount, 0.0, 0.0, rest[names[f]],
                            int(ends[f]) < problem.horizon, after_plan=True))
    return tuple(rows)


def _after(money: Money) -> list[tuple[date, int, float]]:
    """(month, fund, amount) of what comes after the last slot has begun."""
    if money.later is None or money.later_fund is None or money.later_day is None:
        return []
    sums: dict[tuple[date, int], float] = {}
    for f, day, amount in zip(money.later_fund.tolist(), money.later_day.tolist(),
                              money.later.tolist(), strict=True):
        key = (date.fromordinal(day).replace(day=1), f)
        sums[key] = sums.get(key, 0.0) + amount
    return [(month, f, amount) for (month, f), amount in sorted(sums.items())]


def _bills(plan: Plan) -> Iterable[_Bill]:
    problem, schedule = plan.problem, plan.schedule
    money, works = problem.conditions.money, problem.conditions.projects
    assert money is not None
    for s in np.flatnonzero(schedule.option >= 0).tolist():
        cost = float(problem.option_cost[schedule.option[s]])
        if int(money.stage_fund[s]) >= 0 and cost > 0:
            yield _Bill(int(schedule.start[s]), int(money.stage_fund[s]), cost, DEMINING)
    if works is None or schedule.project_start is None:
        return
    for w, start in enumerate(schedule.project_start.tolist()):
        if 0 <= start < problem.horizon and int(works.fund[w]) >= 0 and float(works.cost[w]) > 0:
            yield _Bill(start, int(works.fund[w]), float(works.cost[w]), WORKS)


def _divided(plan: Plan, bills: list[_Bill]) -> np.ndarray:
    """What each fund pays of each bill (bills, funds + 1); the last column: what none can pay.

    A linear program over bills of one line between two changes of the money: what was bound up to
    each change is at most what had arrived, and what pays later costs more.
    """
    money, horizon = plan.problem.conditions.money, plan.problem.horizon
    assert money is not None
    funds = len(money.fund_ids)
    out = np.zeros((len(bills), funds + 1))
    if money.may_pay is None and money.until is None:
        for b, bill in enumerate(bills):
            out[b, bill.line] = bill.amount
        return out
    from scipy.optimize import linprog
    from scipy.sparse import coo_array

    ends, payers = money.ends(), money.payers()
    change = (np.diff(money.arrived, axis=1, prepend=0.0) != 0).any(axis=0)
    change[ends[ends < horizon]] = True
    part = np.cumsum(change)  # of a slot: between which changes it lies
    groups: dict[tuple[int, int], float] = {}
    for bill in bills:
        key = (int(part[bill.slot]), bill.line)
        groups[key] = groups.get(key, 0.0) + bill.amount
    first_slot = {int(p): int(t) for t, p in reversed(list(enumerate(part)))}
    keys = sorted(groups)
    cells = [(g, f) for g, (p, line) in enumerate(keys)
             for f in [*(int(f) for f in payers[line] if first_slot[p] < ends[f]), funds]]
    if not cells:
        return out
    price = np.array([_UNPAID if f == funds else float(payers[keys[g][1]].tolist().index(f))
                      for g, f in cells])
    scale = max(max(groups.values()), 1.0)
    sums = coo_array((np.ones(len(cells)), ([g for g, _ in cells], range(len(cells)))),
                     shape=(len(keys), len(cells))).tocsr()
    parts = sorted({p for p, _ in keys})
    limits: list[float] = []
    rows: list[int] = []
    columns: list[int] = []
    for p in parts:
        for f in range(funds):
            own = [c for c, (g, of) in enumerate(cells) if of == f and keys[g][0] <= p]
            if own:
                rows += [len(limits)] * len(own)
                columns += own
                limits.append(float(money.arrived[f, first_slot[p]]) / scale)
    most = coo_array((np.ones(len(rows)), (rows, columns)),
                     shape=(len(limits), len(cells))).tocsr() if limits else None
    found = linprog(price, A_eq=sums, b_eq=np.array([groups[k] for k in keys]) / scale, A_ub=most,
                    b_ub=np.array(limits) * (1 + 1e-9) if limits else None, bounds=(0, None),
                    method="highs")
    share = np.zeros((len(keys), funds + 1))
    for (g, f), x in zip(cells, found.x, strict=True):
        share[g, f] = max(0.0, float(x)) * scale / groups[keys[g]]
    number = {key: g for g, key in enumerate(keys)}
    for b, bill in enumerate(bills):
        out[b] = bill.amount * share[number[int(part[bill.slot]), bill.line]]
    out[:, -1][out[:, -1] < 1e-6 * scale] = 0.0  # rounding of the program
    return out
