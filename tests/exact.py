"""Exact optima of tiny planning problems with every condition, by plain enumeration.

Shares no code with the decoder or the bound: slots are counted one by one, and a whole plan is
priced by `plan.check`, which the tests hold to the words of `core.conditions`.
"""

import itertools

import numpy as np

from landrelease.core.work import Problem, Schedule
from landrelease.plan import check


def optimum(problem: Problem, known: float = np.inf) -> float:
    """The least score of any plan.

    known : the score of a plan that `plan.check` has accepted, if there is one: only better plans
        are looked for, and it comes back where there is none.
    """
    terms, horizon = problem.conditions, problem.horizon
    stages, pools = len(problem.stage_ids), len(problem.pools)
    things = 0 if terms.equipment is None else len(terms.equipment.ids)
    use = np.zeros((pools + things, horizon), int)
    units = [*problem.pool_teams, *(() if things == 0 else terms.equipment.units)]
    rows = {name: np.full(stages, -1, np.int32)
            for name in ("option", "start", "first_finish", "second_start", "finish")}
    best = [known]
    staged = []

    def runs(option, which, low, high):
        """(start, finish) of a step from `low` to `high`, by working slot after slot."""
        pool = int(getattr(problem, f"{which}_pool")[option])
        needed = int(getattr(problem, f"{which}_slots")[option])
        row = (np.ones(horizon, bool) if terms.calendars is None else
               terms.calendars.open[int(getattr(terms.calendars, which)[option])])
        begin, end = int(problem.pool_opens[pool]), int(problem.pool_closes[pool])
        if terms.windows is not None:
            begin = max(begin, int(getattr(terms.windows, f"{which}_from")[option]))
            end = min(end, int(getattr(terms.windows, f"{which}_until")[option]))
        thing = -1 if terms.equipment is None else int(getattr(terms.equipment, which)[option])
        taken = [pool] + ([pools + thing] if thing >= 0 else [])
        for start in range(max(low, begin), min(high, horizon - 1) + 1):
            if not row[start]:
                continue
            done, t = 0, start
            while t < horizon and done < needed:
                done += bool(row[t])
                t += 1
            if done == needed and t <= end and all(
                    (use[r, start:t] < units[r]).all() for r in taken):
                yield start, t, taken

    def leaf():
        works = terms.projects
        orders = [()] if works is None else itertools.permutations(range(len(works.ids)))
        for order in orders:
            begin = np.full(len(order), -1, np.int32)
            end = np.full(len(order), -1, np.int32)
            bills = []
            for w in order:
                needs = works.stage[works.start[w]:works.start[w + 1]]
                if any(rows["finish"][s] < 0 for s in needs):
                    continue
                before = [] if works.after is None else [
                    int(end[a]) for a, b in works.after.tolist() if b == w]
                if any(at < 0 for at in before):
                    continue
                low = max([int(works.earliest[w]), *(int(rows["finish"][s]) for s in needs),
                           *before])
                for t in range(low, horizon - int(works.slots[w]) + 1):
                    bill = (t, int(works.fund[w]), float(works.cost[w]))
                    if works.may_start is not None and not works.may_start[w][t]:
                        continue
                    if not affordable([*staged, *bills, bill]):
                        continue
                    begin[w], end[w] = t, t + int(works.slots[w])
                    bills.append(bill)
                    break
            plan = Schedule(**rows, team=rows["option"], second_team=rows["option"],
                            project_start=None if works is None else begin,
                            project_finish=None if works is None else end)
            if problem.access is not None:
                opens = check.zones_open(problem, plan)
                if any(rows["option"][s] >= 0 and opens[int(problem.access.zone[s])]
                       > rows["start"][s] for s in range(stages)):
                    continue
            best[0] = min(best[0], check.score(problem, plan))

    def affordable(bills):
        """Whether funds can be divided among bills (slot, line, cost): every set of bills finds
        enough in the arrivals that may pay any of them (P. Hall 1935)."""
        bills = [bill for bill in bills if bill[1] >= 0 and bill[2] > 0]
        money = terms.money
        if money is None or not bills:
            return True
        if money.may_pay is None and money.until is None:
            spent = dict.fromkeys(range(len(money.arrived)), 0.0)
            for t, line, cost in sorted(bills):
                spent[line] += cost
                if spent[line] > money.arrived[line][min(t, horizon - 1)] + 1e-9:
                    return False
            return True
        came = np.diff(money.arrived, axis=1, prepend=0.0)
        funds, slots = came.shape
        groups = {}
        for t, line, cost in bills:
            able = frozenset(
                (f, u) for f in range(funds) for u in range(min(t, slots - 1) + 1)
                if came[f, u] > 0
                and (f == line if money.may_pay is None else money.may_pay[line, f])
                and (money.until is None or t < money.until[f]))
            groups[able] = groups.get(able, 0.0) + cost
        sets = list(groups)
        for many in range(1, len(sets) + 1):
            for some in itertools.combinations(sets, many):
                there = sum(came[f, u] for f, u in frozenset().union(*some))
                if sum(groups[one] for one in some) > there + 1e-9:
                    return False
        return True

    def own_cost(s, slot):
        """Less than the stage costs in any plan."""
        day, last = float(problem.delay_days[slot]), float(problem.delay_days[-1])
        return float(problem.weight[s]) * last * (day / last) ** problem.objective.worst_off

    # No stage is finished sooner than after its own work and that of the stages before it.
    soonest = np.zeros(stages, int)
    for s in range(stages):
        before = int(problem.predecessor[s])
        work = [int(problem.first_slots[o]) + max(0, int(problem.second_slots[o]))
                for o in range(problem.option_start[s], problem.option_start[s + 1])]
        soonest[s] = min(horizon, (soonest[before] if before >= 0 else 0) + min(
            work, default=horizon))
    assert all(problem.predecessor[s] < s for s in range(stages))
    rest = np.zeros(stages + 1)
    for s in reversed(range(stages)):
        rest[s] = rest[s + 1] + own_cost(s, soonest[s])

    def go(s, cost):
        if cost + rest[s] >= best[0]:
            return
        if s == stages:
            return leaf()
        before, decided = int(problem.predecessor[s]), terms.decisions
        release, last = 0, horizon
        possible = before < 0 or rows["finish"][before] >= 0
        if possible and before >= 0:
            release = int(rows["finish"][before])
        if decided is not None:
            release, last = max(release, int(decided.earliest[s])), int(decided.latest[s])
        for o in range(problem.option_start[s], problem.option_start[s + 1]) if possible else ():
            if decided is not None and not decided.allowed[o]:
                continue
            two = int(problem.second_pool[o]) >= 0
            for a, f, taken in runs(o, "first", release, last):
                if terms.money is not None:
                    bill = (a, int(terms.money.stage_fund[s]), float(problem.option_cost[o]))
                    if not affordable([*staged, bill]):
                        continue
                    staged.append(bill)
                use[taken, a:f] += 1
                for b, g, more in (runs(o, "second", f, horizon) if two else ((-1, f, []),)):
                    if two:
                        use[more, b:g] += 1
                    for name, value in zip(rows, (o, a, f, b, g), strict=True):
                        rows[name][s] = value
                    if decided is None or all(
                            0 <= rows["finish"][x] <= rows["start"][y]
                            for x, y in decided.after if max(x, y) == s
                            and rows["option"][y] >= 0):
                        go(s + 1, cost + own_cost(s, g))
                    if two:
                        use[more, b:g] -= 1
                use[taken, a:f] -= 1
                if terms.money is not None:
                    staged.pop()
        for name in rows:
            rows[name][s] = -1
        if decided is None or not any(x == s and rows["option"][y] >= 0
                                      for x, y in decided.after):
            go(s + 1, cost + own_cost(s, horizon))

    go(0, 0.0)
    return best[0]
