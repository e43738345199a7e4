"""A world of `planning_worlds.py` as a model of CP-SAT, all of it: options, calendars, teams, roads
with either-or, communities, money of work and projects. Plans and scores are those of the checker.
"""

from __future__ import annotations

import numpy as np

from landrelease.core.work import Problem, Schedule
from landrelease.plan.arrays import loss_curve


def solve(problem: Problem, seconds: float, hint: Schedule | None = None, workers: int = 2
          ) -> tuple[Schedule | None, float]:
    """(plan or None, proven bound) after so many seconds; `hint` is a plan to begin with."""
    from ortools.sat.python import cp_model

    model, horizon = cp_model.CpModel(), problem.horizon
    terms, access = problem.conditions, problem.access
    assert access is not None and terms.calendars is not None and terms.projects is not None
    assert terms.windows is None and terms.equipment is None and terms.decisions is None
    curve = [round(1000 * float(v)) for v in loss_curve(problem)]
    stages = len(problem.stage_ids)
    hints: list[tuple] = []

    def moment():
        return model.new_int_var(0, horizon, "")

    def say(variable, value) -> None:
        hints.append((variable, int(value)))

    def lost(weight: float, at):
        value = model.new_int_var(0, curve[-1], "")
        model.add_element(at, curve, value)
        costs.append((float(weight), value))

    # Closed runs of each calendar: a step ends before one, begins after it, or waits through it.
    closed: list[list[tuple[int, int]]] = []
    for row in terms.calendars.open:
        edges = np.flatnonzero(np.diff(np.concatenate([[0], ~row, [0]]).astype(int)))
        closed.append([(int(x), int(y)) for x, y in zip(edges[::2], edges[1::2], strict=True)])

    def run(pick, a, f, calendar: int, slots: int) -> None:
        through = []
        for first, last in closed[calendar]:
            early, late, spans = (model.new_bool_var("") for _ in range(3))
            model.add_exactly_one(early, late, spans)
            model.add(f <= first).only_enforce_if(pick, early)
            model.add(a >= last).only_enforce_if(pick, late)
            model.add(a <= first - 1).only_enforce_if(pick, spans)
            model.add(f >= last + 1).only_enforce_if(pick, spans)
            through.append((last - first) * spans)
        model.add(f == a + slots + sum(through)).only_enforce_if(pick)

    costs: list[tuple] = []
    at_work: list[list] = [[] for _ in problem.pools]
    bills: dict[int, list[tuple]] = {}
    done, begin, end = [], [], []
    picks: list[tuple[int, object, list]] = []
    for s in range(stages):
        done.append(model.new_bool_var(""))
        begin.append(moment())
        end.append(moment())
        own = []
        for o in range(problem.option_start[s], problem.option_start[s + 1]):
            pick, parts, last = model.new_bool_var(""), [], None
            own.append(pick)
            for which in ("first", "second"):
                pool = int(getattr(problem, f"{which}_pool")[o])
                if pool < 0:
                    continue
                slots = int(getattr(problem, f"{which}_slots")[o])
                calendar = int(getattr(terms.calendars, which)[o])
                a, f, size = moment(), moment(), model.new_int_var(0, horizon, "")
                run(pick, a, f, calendar, slots)
                at_work[pool].append(model.new_optional_interval_var(a, size, f, pick, ""))
                if last is None:
                    model.add(begin[s] == a).only_enforce_if(pick)
                else:
                    model.add(a >= last).only_enforce_if(pick)
                last = f
                parts += [a, f]
            model.add(end[s] == last).only_enforce_if(pick)
            picks.append((o, pick, parts))
            if terms.money is not None and terms.money.stage_fund[s] >= 0:
                bills.setdefault(int(terms.money.stage_fund[s]), []).append(
                    (begin[s], pick, float(problem.option_cost[o])))
        model.add(sum(own) == done[s])
        model.add(end[s] == horizon).only_enforce_if(~done[s])
        before = int(problem.predecessor[s])
        if before >= 0:
            model.add_implication(done[s], done[before])
            model.add(begin[s] >= end[before]).only_enforce_if(done[s])
        lost(problem.weight[s], end[s])
    for pool, intervals in enumerate(at_work):
        model.add_cumulative(intervals, [1] * len(intervals), int(problem.pool_teams[pool]))
    # Roads: each zone is opened by one gate or stays closed; ranks keep circles out.
    is_open = [model.new_bool_var("") for _ in range(access.zones)]
    opens = [moment() for _ in range(access.zones)]
    rank = [model.new_int_var(0, access.zones, "") for _ in range(access.zones)]
    model.add(is_open[0] == 1)
    model.add(opens[0] == 0)
    ways: list[list] = [[] for _ in range(access.zones)]
    for g in range(len(access.gate_ids)):
        a, b = int(access.gate_from[g]), int(access.gate_to[g])
        if b == 0:
            continue
        use = model.new_bool_var("")
        ways[b].append(use)
        model.add_implication(use, is_open[a])
        model.add(opens[b] >= opens[a]).only_enforce_if(use)
        model.add(rank[b] >= rank[a] + 1).only_enforce_if(use)
        for s in access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]:
            model.add_implication(use, done[int(s)])
            model.add(opens[b] >= end[int(s)]).only_enforce_if(use)
    for zone in range(1, access.zones):
        model.add(sum(ways[zone]) == is_open[zone])
    for s in range(stages):
        zone = int(access.zone[s])
        if zone:
            model.add_implication(done[s], is_open[zone])
            model.add(begin[s] >= opens[zone]).only_enforce_if(done[s])
    for c, weight in enumerate(access.community_weight):
        back, zone = moment(), int(access.community_zone[c])
        model.add(back >= opens[zone])
        model.add(back == horizon).only_enforce_if(~is_open[zone])
        for s in access.community_stage[access.community_start[c]:access.community_start[c + 1]]:
            model.add(back >= end[int(s)])
        lost(weight, back)
    works = terms.projects
    project = []
    for w in range(len(works.ids)):
        a, f, on = moment(), moment(), model.new_bool_var("")
        project.append((a, f, on))
        model.add(a >= int(works.earliest[w])).only_enforce_if(on)
        model.add(f == a + int(works.slots[w])).only_enforce_if(on)
        model.add(f == horizon).only_enforce_if(~on)
        for s in works.stage[works.start[w]:works.start[w + 1]]:
            model.add_implication(on, done[int(s)])
            model.add(a >= end[int(s)]).only_enforce_if(on)
        if terms.money is not None and works.fund[w] >= 0:
            bills.setdefault(int(works.fund[w]), []).append((a, on, float(works.cost[w])))
        lost(works.weight[w], f)
    # Money: what is bound from its start to the horizon; what has not arrived is bound by nobody.
    for fund, of in bills.items():
        arrived = np.floor(100 * terms.money.arrived[fund]).astype(int)
        top = int(arrived[-1])
        intervals, demands = [], []
        for t in np.flatnonzero(np.diff(arrived)).tolist():
            intervals.append(model.new_fixed_size_interval_var(0, t + 1, ""))
            demands.append(int(arrived[t + 1] - arrived[t]))
        for a, on, cost in of:
            length = model.new_int_var(0, horizon, "")
            intervals.append(model.new_optional_interval_var(a, length, horizon, on, ""))
            demands.append(int(np.ceil(100 * cost)))
        model.add_cumulative(intervals, demands, top)
    model.minimize(sum(weight * value for weight, value in costs))
    if hint is not None:
        for s in range(stages):
            say(done[s], hint.option[s] >= 0)
            say(end[s], hint.finish[s] if hint.option[s] >= 0 else horizon)
            if hint.option[s] >= 0:
                say(begin[s], hint.start[s])
        stage_of = np.repeat(np.arange(stages), np.diff(problem.option_start))
        for o, pick, parts in picks:
            s = int(stage_of[o])
            say(pick, hint.option[s] == o)
            if hint.option[s] == o:
                for variable, value in zip(parts, (
                        hint.start[s], hint.first_finish[s], hint.second_start[s],
                        hint.finish[s]), strict=False):
                    say(variable, value)
        for w, (a, f, on) in enumerate(project):
            some = hint.project_start is not None and hint.project_start[w] >= 0
            say(on, some)
            if some:
                say(a, hint.project_start[w])
                say(f, hint.project_finish[w])
        for variable, value in hints:
            model.add_hint(variable, value)
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds, solver.parameters.num_workers = seconds, workers
    status = solver.solve(model)
    bound = solver.best_objective_bound / 1000
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        return None, bound
    rows = np.full((5, stages), -1, np.int32)
    for o, pick, parts in picks:
        if solver.value(pick):
            s = int(np.searchsorted(problem.option_start, o, side="right") - 1)
            values = [solver.value(v) for v in parts]
            rows[:, s] = (o, values[0], values[1], values[2] if len(values) > 2 else -1,
                          values[-1])
    starts = np.array([solver.value(a) if solver.value(on) else -1 for a, _, on in project])
    finishes = np.array([solver.value(f) if solver.value(on) else -1 for _, f, on in project])
    from landrelease.plan.decoder import to_schedule

    return to_schedule(problem, rows, np.vstack([starts, finishes]).astype(np.int32)), bound
