"""An independent checker of plans: plain Python, sharing no code with the decoder."""

from __future__ import annotations

import math
from collections.abc import Iterator

from landrelease.core.work import Problem, Schedule, can_do


def violations(problem: Problem, schedule: Schedule) -> list[str]:
    """What is wrong with a schedule, in words; an empty list means that it can be carried out."""
    wrong: list[str] = []
    busy: dict[tuple[int, int, int], int] = {}
    decided = problem.conditions.decisions

    def work(stage: int, pool: int, team: int, start: int, finish: int) -> None:
        name = problem.stage_ids[stage]
        if not 0 <= team < int(problem.pool_teams[pool]):
            wrong.append(f"{name}: team {team} is not in pool {problem.pools[pool].id}")
        if start < int(problem.pool_opens[pool]) or finish > int(problem.pool_closes[pool]):
            wrong.append(f"{name}: outside the time in which the pool is available")
        for slot in range(start, finish):
            other = busy.setdefault((pool, team, slot), stage)
            if other != stage:
                wrong.append(f"{name}: team is at {problem.stage_ids[other]} in slot {slot}")

    for stage, name in enumerate(problem.stage_ids):
        option = int(schedule.option[stage])
        before = int(problem.predecessor[stage])
        if option < 0:
            if int(schedule.finish[stage]) != -1:
                wrong.append(f"{name}: not planned, yet it finishes")
            continue
        low, high = int(problem.option_start[stage]), int(problem.option_start[stage + 1])
        if not low <= option < high:
            wrong.append(f"{name}: option {option} is not one of its own")
            continue
        start, middle = int(schedule.start[stage]), int(schedule.first_finish[stage])
        finish = int(schedule.finish[stage])
        if start < 0:
            wrong.append(f"{name}: starts before the plan")
            continue
        follow = int(problem.second_pool[option])
        if not can_do(int(problem.activity[stage]), problem.pools[int(problem.first_pool[option])],
                      None if follow < 0 else problem.pools[follow]):
            wrong.append(f"{name}: its teams cannot do this work (a machine or dogs clear only "
                         "with a follow-up by hand)")
        wrong += _step(problem, name, option, "first", start, middle)
        work(stage, int(problem.first_pool[option]), int(schedule.team[stage]), start, middle)
        if int(problem.second_pool[option]) >= 0:
            second = int(schedule.second_start[stage])
            if second < middle:
                wrong.append(f"{name}: the follow-up starts before the machine has finished")
            wrong += _step(problem, name, option, "second", second, finish)
            work(stage, int(problem.second_pool[option]), int(schedule.second_team[stage]),
                 second, finish)
        elif finish != middle:
            wrong.append(f"{name}: finishes at another time than its only step")
        if finish > problem.horizon:
            wrong.append(f"{name}: finishes after the horizon")
        if before >= 0:
            ends = int(schedule.finish[before])
            if ends < 0 or ends > start:
                wrong.append(f"{name}: starts before {problem.stage_ids[before]} has finished")
        if decided is not None:
            if not bool(decided.allowed[option]):
                wrong.append(f"{name}: its assignment is forbidden by a decision")
            if not int(decided.earliest[stage]) <= start <= int(decided.latest[stage]):
                wrong.append(f"{name}: starts outside the slots that were decided")
            for earlier, later in decided.after:
                if int(later) == stage and not 0 <= int(schedule.finish[earlier]) <= start:
                    wrong.append(f"{name}: was decided to come after "
                                 f"{problem.stage_ids[int(earlier)]}")
    if problem.access is not None:
        opens = zones_open(problem, schedule)
        for stage, name in enumerate(problem.stage_ids):
            zone = int(problem.access.zone[stage])
            if int(schedule.option[stage]) >= 0 and opens[zone] > int(schedule.start[stage]):
                wrong.append(f"{name}: starts before its place can be reached")
    return [*wrong, *_equipment(problem, schedule), *_projects(problem, schedule),
            *_money(problem, schedule)]


def unkept(problem: Problem, schedule: Schedule) -> list[str]:
    """Decisions of people that the plan does not keep, in words: what it leaves undone of what they
    ordered or fixed a start for."""
    decided, horizon, out = problem.conditions.decisions, problem.horizon, []
    if decided is None:
        return []
    for s, name in enumerate(problem.stage_ids):
        low, high = int(decided.earliest[s]), int(decided.latest[s])
        if int(schedule.option[s]) >= 0 or (high >= horizon and not (
                decided.ordered is not None and bool(decided.ordered[s]))):
            continue
        when = [] if low <= 0 else ["after the end of the plan"] if low >= horizon else [
            f"from {problem.slot_starts[low].isoformat()} on"]
        if high < horizon:
            when.append(f"by {problem.slot_starts[high].isoformat()}")
        out.append(f"{name}: ordered" + (f", to start {' and '.join(when)}" if when else "")
                   + ", and not in the plan")
    return out


def _step(problem: Problem, name: str, option: int, which: str, start: int, finish: int
          ) -> Iterator[str]:
    """A step works in open slots only, begins and ends in one, and inside its accreditation."""
    needed = int(getattr(problem, f"{which}_slots")[option])
    calendars, windows = problem.conditions.calendars, problem.conditions.windows
    if calendars is None:
        worked = finish - start
    else:
        row = calendars.open[int(getattr(calendars, which)[option])]
        days = [bool(row[t]) for t in range(start, min(finish, problem.horizon))]
        worked = sum(days)
        if days and not (days[0] and days[-1]):
            yield f"{name}: begins or ends while its ground is closed"
    if worked != needed:
        yield f"{name}: the {which} step works {worked} slots and needs {needed}"
    if windows is not None and not (int(getattr(windows, f"{which}_from")[option]) <= start
                                    and finish <= int(getattr(windows, f"{which}_until")[option])):
        yield f"{name}: the {which} step is outside the accreditation of its team"


def _equipment(problem: Problem, schedule: Schedule) -> Iterator[str]:
    shared = problem.conditions.equipment
    if shared is None:
        return
    for thing, name in enumerate(shared.ids):
        in_use = [0] * problem.horizon
        for stage in range(len(problem.stage_ids)):
            option = int(schedule.option[stage])
            if option < 0:
                continue
            steps = []
            if int(shared.first[option]) == thing:
                steps.append((schedule.start[stage], schedule.first_finish[stage]))
            if int(problem.second_pool[option]) >= 0 and int(shared.second[option]) == thing:
                steps.append((schedule.second_start[stage], schedule.finish[stage]))
            for begin, end in steps:
                for slot in range(max(0, int(begin)), min(int(end), problem.horizon)):
                    in_use[slot] += 1
        for slot, units in enumerate(in_use):
            if units > int(shared.units[thing]):
                yield f"{name}: {units} are needed in slot {slot}, {shared.units[thing]} are there"


def _projects(problem: Problem, schedule: Schedule) -> Iterator[str]:
    works = problem.conditions.projects
    if works is None:
        return
    if schedule.project_start is None or schedule.project_finish is None:
        yield "the plan says nothing about the projects"
        return
    for w, name in enumerate(works.ids):
        begin, end = int(schedule.project_start[w]), int(schedule.project_finish[w])
        if begin < 0:
            continue
        if begin < int(works.earliest[w]):
            yield f"{name}: starts before its earliest day"
        if end != begin + int(works.slots[w]) or end > problem.horizon:
            yield f"{name}: does not take the time that it needs"
        for stage in works.stage[works.start[w]:works.start[w + 1]]:
            if not 0 <= int(schedule.finish[stage]) <= begin:
                yield f"{name}: starts before {problem.stage_ids[int(stage)]} is finished"
        if works.may_start is not None and not bool(works.may_start[w][begin]):
            yield f"{name}: starts outside its season"
        for earlier, later in () if works.after is None else works.after:
            if int(later) == w and not 0 <= int(schedule.project_finish[earlier]) <= begin:
                yield f"{name}: starts before {works.ids[int(earlier)]}, which it follows, is done"


def _money(problem: Problem, schedule: Schedule) -> Iterator[str]:
    money, works = problem.conditions.money, problem.conditions.projects
    if money is None:
        return
    if money.may_pay is not None or money.until is not None:
        yield from _earmarked(problem, schedule)
        return
    for fund, name in enumerate(money.fund_ids):
        bills: list[tuple[int, float]] = []
        for stage in range(len(problem.stage_ids)):
            option = int(schedule.option[stage])
            if option >= 0 and int(money.stage_fund[stage]) == fund:
                bills.append((int(schedule.start[stage]), float(problem.option_cost[option])))
        if works is not None and schedule.project_start is not None:
            bills += [(int(begin), float(works.cost[w]))
                      for w, begin in enumerate(schedule.project_start)
                      if int(begin) >= 0 and int(works.fund[w]) == fund]
        spent = 0.0
        for slot, cost in sorted(bills):
            spent += cost
            there = float(money.arrived[fund][min(slot, problem.horizon - 1)])
            if cost > 0 and spent > there * (1 + 1e-9) + 1e-6:
                yield (f"{name}: {spent:,.2f} {money.currency} are spent by slot {slot}, "
                       f"{there:,.2f} had arrived")
                break


def _earmarked(problem: Problem, schedule: Schedule) -> Iterator[str]:
    """Whether funds that may be spent on some things, and in some time only, can pay the bills.

    A flow from bills to arrivals of money (L. R. Ford, D. R. Fulkerson 1956): a bill takes from
    what had arrived in a fund that may pay it, before that fund's last slot.
    """
    money, works = problem.conditions.money, problem.conditions.projects
    assert money is not None
    horizon, funds = problem.horizon, len(money.fund_ids)
    bills: list[tuple[int, int, float, str]] = []  # slot, line, cost, name
    for stage, name in enumerate(problem.stage_ids):
        option, line = int(schedule.option[stage]), int(money.stage_fund[stage])
        if option >= 0 and line >= 0 and float(problem.option_cost[option]) > 0:
            bills.append((int(schedule.start[stage]), line, float(problem.option_cost[option]),
                          name))
    if works is not None and schedule.project_start is not None:
        bills += [(int(begin), int(works.fund[w]), float(works.cost[w]), works.ids[w])
                  for w, begin in enumerate(schedule.project_start)
                  if int(begin) >= 0 and int(works.fund[w]) >= 0 and float(works.cost[w]) > 0]
    bills.sort()
    tranches: list[tuple[int, int]] = []  # fund, slot
    left: list[float] = []
    for fund in range(funds):
        before = 0.0
        for slot in range(horizon):
            there = float(money.arrived[fund][slot])
            if there > before:
                tranches.append((fund, slot))
                left.append(there - before)
                before = there

    def able(bill: int, tranche: int) -> bool:
        fund, since = tranches[tranche]
        slot, line, _, _ = bills[bill]
        given = line == fund if money.may_pay is None else bool(money.may_pay[line][fund])
        last = horizon if money.until is None else int(money.until[fund])
        # A work that takes no time may begin as the horizon ends, with money that has no last day.
        return given and since <= slot and (slot < last or last >= horizon)

    rounding = 1e-6 + 2e-9 * (funds + sum(float(row[-1]) for row in money.arrived))
    takes: list[dict[int, float]] = [{} for _ in bills]  # bill -> tranche -> money
    users: list[set[int]] = [set() for _ in tranches]
    may = [[t for t in range(len(tranches)) if able(b, t)] for b in range(len(bills))]
    for b, (slot, line, cost, name) in enumerate(bills):
        open_ = cost
        while open_ > 1e-9 * (1.0 + cost):
            # The shortest way from this bill to money that is left, over bills that can do with
            # other money.
            came: dict[int, tuple[int, int]] = {}  # tranche -> (bill that takes it, its tranche)
            queue, seen, end = [(b, -1)], {b}, -1
            for who, gives in queue:
                for t in may[who]:
                    if t in came:
                        continue
                    came[t] = (who, gives)
                    if left[t] > 1e-9:
                        end = t
                        break
                    for other in users[t]:
                        if other not in seen and takes[other].get(t, 0.0) > 1e-9:
                            seen.add(other)
                            queue.append((other, t))
                if end >= 0:
                    break
            if end < 0:
                break
            part, t = min(open_, left[end]), end
            while t >= 0:
                who, gives = came[t]
                if gives >= 0:
                    part = min(part, takes[who][gives])
                t = gives
            left[end] -= part
            t = end
            while t >= 0:
                who, gives = came[t]
                takes[who][t] = takes[who].get(t, 0.0) + part
                users[t].add(who)
                if gives >= 0:
                    takes[who][gives] -= part
                t = gives
            open_ -= part
        if open_ > rounding:
            where = money.lines[line]
            yield (f"{name}: starts in slot {slot} and costs {cost:,.2f} {money.currency}; of the "
                   f"money that may be spent on {where} then, {open_:,.2f} are missing")
            return


def zones_open(problem: Problem, schedule: Schedule) -> list[float]:
    """Slot from which each zone can be reached; infinite where it cannot."""
    access = problem.access
    if access is None:
        return [0.0]
    opens = [math.inf] * access.zones
    opens[0] = 0.0
    gates = []
    for g in range(len(access.gate_ids)):
        stages = access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]
        ends = [int(schedule.finish[s]) for s in stages]
        at = math.inf if any(end < 0 for end in ends) else max(ends, default=0)
        gates.append((at, int(access.gate_from[g]), int(access.gate_to[g])))
    # Gates in the order in which they open: each joins what its first end joins at that time.
    for at, _, _ in sorted(gates):
        again = at < math.inf
        while again:
            again = False
            for other, here, there in gates:
                if other <= at and opens[here] <= at and opens[there] == math.inf:
                    opens[there] = at
                    again = True
    return opens


def score(problem: Problem, schedule: Schedule) -> float:
    """What people lose, added up stage by stage, community by community, project by project."""
    terms, horizon = problem.conditions, problem.horizon
    power, last = problem.objective.worst_off, float(problem.delay_days[-1])

    def loss(slot: int) -> float:
        day = float(problem.delay_days[slot])
        return day if power == 1 or last <= 0 else last * math.pow(day / last, power)

    total = 0.0
    for stage in range(len(problem.stage_ids)):
        finish = int(schedule.finish[stage])
        slot = min(finish, horizon) if finish >= 0 else horizon
        total += float(problem.weight[stage]) * loss(slot)
        if terms.season_weight is not None and terms.seasons_missed is not None:
            total += float(terms.season_weight[stage]) * float(terms.seasons_missed[slot])
        kept = terms.promises
        if kept is not None:
            told = int(kept.finish[stage])
            if told >= 0:
                late = float(problem.delay_days[slot]) - float(problem.delay_days[told])
                total += float(kept.late_price[stage]) * max(0.0, late)
            old, new = int(kept.option[stage]), int(schedule.option[stage])
            if old >= 0 and new >= 0 and (
                    int(problem.first_pool[old]) != int(problem.first_pool[new])
                    or int(problem.second_pool[old]) != int(problem.second_pool[new])):
                total += float(kept.change_price[stage])
    access = problem.access
    if access is not None:
        opens = zones_open(problem, schedule)
        for c, weight in enumerate(access.community_weight):
            own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
            ends = [int(schedule.finish[s]) for s in own]
            at = max([opens[int(access.community_zone[c])],
                      *(end if end >= 0 else math.inf for end in ends)])
            total += float(weight) * loss(int(min(at, horizon)))
    if terms.projects is not None and schedule.project_finish is not None:
        for weight, end in zip(terms.projects.weight, schedule.project_finish, strict=True):
            total += float(weight) * loss(int(end) if int(end) >= 0 else horizon)
    return total
