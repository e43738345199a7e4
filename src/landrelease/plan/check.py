"""An independent checker of plans: plain Python, sharing no code with the decoder."""

from __future__ import annotations

import math

from landrelease.core.work import Problem, Schedule


def violations(problem: Problem, schedule: Schedule) -> list[str]:
    """What is wrong with a schedule, in words; an empty list means that it can be carried out."""
    wrong: list[str] = []
    busy: dict[tuple[int, int, int], int] = {}

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
        if middle - start != int(problem.first_slots[option]):
            wrong.append(f"{name}: the first step has the wrong length")
        work(stage, int(problem.first_pool[option]), int(schedule.team[stage]), start, middle)
        if int(problem.second_pool[option]) >= 0:
            second = int(schedule.second_start[stage])
            if second < middle:
                wrong.append(f"{name}: the follow-up starts before the machine has finished")
            if finish - second != int(problem.second_slots[option]):
                wrong.append(f"{name}: the follow-up has the wrong length")
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
    if problem.access is not None:
        opens = zones_open(problem, schedule)
        for stage, name in enumerate(problem.stage_ids):
            zone = int(problem.access.zone[stage])
            if int(schedule.option[stage]) >= 0 and opens[zone] > int(schedule.start[stage]):
                wrong.append(f"{name}: starts before its place can be reached")
    return wrong


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
    """Weighted delay, added up stage by stage and community by community."""
    total = 0.0
    for stage in range(len(problem.stage_ids)):
        finish = int(schedule.finish[stage])
        slot = finish if finish >= 0 else problem.horizon
        total += float(problem.weight[stage]) * float(problem.delay_days[slot])
    access = problem.access
    if access is not None:
        opens = zones_open(problem, schedule)
        for c, weight in enumerate(access.community_weight):
            own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
            ends = [int(schedule.finish[s]) for s in own]
            last = max([opens[int(access.community_zone[c])],
                        *(end if end >= 0 else math.inf for end in ends)])
            total += float(weight) * float(problem.delay_days[int(min(last, problem.horizon))])
    return total
