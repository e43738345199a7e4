"""Windows of a finished plan re-optimised exactly by CP-SAT, beside annealing from the same plan.

    python benchmarks/windows_by_cpsat.py [--tasks 500 --teams 60] [--seeds 1] [--search 20]
        [--each 20] [--sizes 20 40 60] [--limit 2.0]

A world of `planning_worlds.py` is planned for `--search` seconds. From that plan, with the same
seconds of the processor each: annealing as in `search.py`, at its last temperature and at three
times that; and windows: the stages around a random one that share its pools (or its gates,
community or project) in time are freed, all others stay where they are, CP-SAT finds the best
places and options of the freed ones (one worker, stopped by its deterministic time), and the full
decoder decides whether the plan is better. Printed: points gained a second of the processor, how
many windows were proven and how many were better, and where the time of a window goes.

What a window keeps: teams of a pool and calendars (work pauses in a closed slot), options, the
stage before and behind, money as what is left of each instalment, roads with either-or among the
zones that a freed stage can open, communities and projects behind freed stages.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from landrelease.plan import search
from landrelease.plan.anneal import anneal, groups_of, soonest_costs
from landrelease.plan.arrays import NEVER
from landrelease.plan.decoder import arrays, place_all, room_of
from planning_worlds import make_world


class Windows:
    """A plan (order, options, placement) and windows of it."""

    def __init__(self, problem, order, placed, projects):
        self.problem, self.world, self.room = problem, arrays(problem), None
        self.room = room_of(self.world)
        self.groups = groups_of(problem)
        self.price = np.zeros((len(self.world.resource), problem.horizon + 1))
        stages = len(order)
        self.value = np.ones(stages)
        self.stages = stages
        self.after = [[] for _ in range(stages)]
        for s, before in enumerate(problem.predecessor):
            if before >= 0:
                self.after[before].append(s)
        # The weights of slots are linear in worlds of this kind: a slot is half a week.
        self.step = float(self.world.loss[1])
        assert np.allclose(np.diff(self.world.loss), self.step)
        self.seconds = {"build": 0.0, "solve": 0.0, "decode": 0.0}
        self.decode(order, placed[0])

    def decode(self, order, chosen):
        tick = time.process_time()
        placed, projects, taken, score = place_all(
            order.astype(np.int32), self.world, self.room, self.value, self.price,
            np.ascontiguousarray(chosen, dtype=np.int32), 0.0)
        self.seconds["decode"] += time.process_time() - tick
        if not hasattr(self, "score") or score < self.score - 1e-9:
            self.score, self.placed, self.projects, self.order = score, placed, projects, taken
            return True
        return False

    def pick(self, size, chance):
        """Stages around a random one: the others of its groups, then those that share a pool with
        any of them, by how near in time they start."""
        start = self.placed[1]
        done = np.flatnonzero(start >= 0)
        seed = int(done[int(len(done) * chance.random() ** 1.5)]) if len(done) else 0
        seed = int(self.order[np.isin(self.order, done)][int(len(done) * chance.random() ** 1.5)])
        inside = {seed}
        own = self.groups.of[self.groups.of_start[seed]:self.groups.of_start[seed + 1]]
        near = []
        for n in own:
            near += self.groups.stage[self.groups.start[n]:self.groups.start[n + 1]].tolist()
        near = sorted({s for s in near if start[s] >= 0}, key=lambda s: abs(start[s] - start[seed]))
        inside.update(near[:size // 3])
        pools = set()
        for s in inside:
            o = self.placed[0, s]
            pools |= {self.problem.first_pool[o], self.problem.second_pool[o]}
        pools.discard(-1)
        o = self.placed[0, done]
        shares = np.isin(self.problem.first_pool[o], list(pools)) | np.isin(
            self.problem.second_pool[o], list(pools))
        others = done[shares]
        others = others[np.argsort(np.abs(start[others] - start[seed])
                                   + chance.random(len(others)), kind="stable")]
        for s in others.tolist():
            if len(inside) >= size:
                break
            inside.add(s)
        return np.array(sorted(inside))

    def solve(self, free, pad, limit, seed):
        """The best places of the freed stages; True where the decoder says the plan is better."""
        from ortools.sat.python import cp_model

        tick = time.process_time()
        problem, world, horizon = self.problem, self.world, self.problem.horizon
        access, terms = problem.access, problem.conditions
        option, start, first, second, finish = self.placed
        is_free = np.zeros(self.stages, bool)
        is_free[free] = True
        low = max(0, int(start[free].min()) - pad)
        high = min(horizon, int(finish[free].max()) + pad)
        pools = len(problem.pool_teams)
        # What fixed stages leave of the teams.
        room = np.zeros((pools, horizon))
        for p in range(pools):
            room[p, problem.pool_opens[p]:problem.pool_closes[p]] = problem.pool_teams[p]
        fixed = np.flatnonzero(~is_free & (option >= 0))
        for s in fixed.tolist():
            o = option[s]
            room[problem.first_pool[o], start[s]:first[s]] -= 1
            if second[s] >= 0:
                room[problem.second_pool[o], second[s]:finish[s]] -= 1
        model = cp_model.CpModel()
        cost = []
        at_work = [[] for _ in range(pools)]
        begin, end, pick_of = {}, {}, {}
        hints = []

        def moment(a=low, b=high, hint=None):
            v = model.new_int_var(int(a), int(max(a, b)), "")
            if hint is not None:
                hints.append((v, int(hint)))
            return v

        def step(pick, pool, calendar, slots, hint):
            """(start, end) of one step, on open slots of its calendar."""
            worked, slot_of = world.worked[calendar], world.slot_of[calendar]
            starts = np.arange(low, high)
            opened = starts[np.diff(worked)[low:high] > 0]
            ends = np.array([slot_of[worked[a] + slots - 1] + 1
                             if worked[a] + slots <= worked[horizon] else NEVER for a in opened])
            opened, ends = opened[ends <= high], ends[ends <= high]
            if not len(opened):
                model.add(pick == 0)
                return None
            a = model.new_int_var_from_domain(cp_model.Domain.from_values(opened.tolist()), "")
            length = ends - opened
            if (length == length[0]).all():
                f, size = a + int(length[0]), int(length[0])
                at_work[pool].append(model.new_optional_fixed_size_interval_var(a, size, pick, ""))
                last = f
            else:
                f = moment(ends.min(), ends.max())
                size = moment(length.min(), length.max())
                table = np.full(high - low, -1)
                table[opened - low] = ends
                model.add_element(a - low, [int(v) for v in table], f)
                at_work[pool].append(model.new_optional_interval_var(a, size, f, pick, ""))
                last = f
                if hint is not None:
                    hints.append((f, hint[1]))
                    hints.append((size, hint[1] - hint[0]))
            if hint is not None:
                hints.append((a, hint[0]))
            return a, last

        bills = []
        for s in free.tolist():
            begin[s], end[s] = moment(hint=start[s]), moment(hint=finish[s])
            own = []
            for o in range(problem.option_start[s], problem.option_start[s + 1]):
                pick = model.new_bool_var("")
                is_it = o == option[s]
                hints.append((pick, int(is_it)))
                own.append(pick)
                got = step(pick, problem.first_pool[o], terms.calendars.first[o],
                           int(problem.first_slots[o]),
                           (int(start[s]), int(first[s])) if is_it else None)
                if got is None:
                    continue
                model.add(begin[s] == got[0]).only_enforce_if(pick)
                last = got[1]
                if problem.second_pool[o] >= 0:
                    more = step(pick, problem.second_pool[o], terms.calendars.second[o],
                                int(problem.second_slots[o]),
                                (int(second[s]), int(finish[s])) if is_it else None)
                    if more is None:
                        continue
                    model.add(more[0] >= last).only_enforce_if(pick)
                    last = more[1]
                model.add(end[s] == last).only_enforce_if(pick)
            model.add_exactly_one(own)
            pick_of[s] = own
            bills.append(s)
            before = problem.predecessor[s]
            if before >= 0:
                if is_free[before]:
                    model.add(begin[s] >= end[int(before)])
                else:
                    model.add(begin[s] >= int(finish[before]))
            for later in self.after[s]:
                if not is_free[later] and start[later] >= 0:
                    model.add(end[s] <= int(start[later]))
            cost.append((float(problem.weight[s]), end[s]))
        for p in range(pools):
            if not at_work[p]:
                continue
            top = int(problem.pool_teams[p])
            intervals, demands = list(at_work[p]), [1] * len(at_work[p])
            taken = top - room[p, low:high]
            edge = 0
            for t in range(1, len(taken) + 1):
                if t == len(taken) or taken[t] != taken[edge]:
                    if taken[edge] > 0:
                        intervals.append(model.new_fixed_size_interval_var(
                            low + edge, t - edge, ""))
                        demands.append(int(taken[edge]))
                    edge = t
            model.add_cumulative(intervals, demands, top)
        # Roads: zones that a freed stage can open (through others as well).
        opens = {}
        zone_now = self._zones(finish)
        if access is not None:
            zone_free = self._zones(np.where(is_free, low, finish))
            moved = [z for z in range(1, access.zones) if zone_free[z] != zone_now[z]
                     and zone_now[z] < NEVER]
            rank = {z: moment(1, len(moved) + 1) for z in moved}
            for z in moved:
                opens[z] = moment(zone_free[z], high, hint=min(zone_now[z], high))
            for z in moved:
                ways = []
                for g in np.flatnonzero(access.gate_to == z).tolist():
                    a = int(access.gate_from[g])
                    own = access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]
                    if a not in opens and zone_now[a] >= NEVER:
                        continue
                    known = 0 if a in opens else int(zone_now[a])
                    if any(finish[s] < 0 for s in own):
                        continue
                    known = max([known] + [int(finish[s]) for s in own if not is_free[s]])
                    if known > high:
                        continue
                    use = model.new_bool_var("")
                    ways.append(use)
                    model.add(opens[z] >= known).only_enforce_if(use)
                    if a in opens:
                        model.add(opens[z] >= opens[a]).only_enforce_if(use)
                        model.add(rank[z] >= rank[a] + 1).only_enforce_if(use)
                    for s in own:
                        if is_free[s]:
                            model.add(opens[z] >= end[int(s)]).only_enforce_if(use)
                if not ways:
                    self.seconds["build"] += time.process_time() - tick
                    return None
                model.add_exactly_one(ways)
                late = start[(access.zone == z) & ~is_free & (start >= 0)]
                if len(late):
                    model.add(opens[z] <= int(max(late.min(), zone_now[z])))
            for s in free.tolist():
                z = int(access.zone[s])
                if z in opens:
                    model.add(begin[s] >= opens[z])
                elif z:
                    model.add(begin[s] >= int(zone_now[z]))
            for c in range(len(access.community_ids)):
                own = access.community_stage[
                    access.community_start[c]:access.community_start[c + 1]]
                z = int(access.community_zone[c])
                touched = [int(s) for s in own if is_free[s]]
                if not touched and z not in opens:
                    continue
                if any(finish[s] < 0 for s in own) or zone_now[z] >= NEVER:
                    continue
                known = max([0 if z in opens else int(zone_now[z])]
                            + [int(finish[s]) for s in own if not is_free[s]])
                if known >= high:
                    continue
                back = moment(max(low, known), high)
                for s in touched:
                    model.add(back >= end[s])
                if z in opens:
                    model.add(back >= opens[z])
                cost.append((float(access.community_weight[c]), back))
        works = terms.projects
        if works is not None:
            for w in range(len(works.ids)):
                own = works.stage[works.start[w]:works.start[w + 1]]
                touched = [int(s) for s in own if is_free[s]]
                if not touched or any(finish[s] < 0 for s in own):
                    continue
                known = max([int(works.earliest[w]), low] + [
                    int(finish[s]) for s in own if not is_free[s]])
                if terms.money is not None and works.fund[w] >= 0:
                    arrived = terms.money.arrived[works.fund[w]]
                    known = max(known, int(np.searchsorted(arrived, works.cost[w])))
                if known >= high:
                    continue
                ready = moment(known, high)
                for s in touched:
                    model.add(ready >= end[s])
                cost.append((float(works.weight[w]), ready))
        # Money: what freed stages have begun by the end of each stretch.
        money = terms.money
        if money is not None:
            begins, arrived = world.tranche_from, world.arrived
            stretch_end = np.append(begins[1:], horizon)
            for j, until in enumerate(stretch_end.tolist()):
                if until <= low or begins[j] >= high:
                    continue
                spent = sum(float(problem.option_cost[option[s]]) for s in fixed
                            if money.stage_fund[s] == 0 and start[s] < until)
                left = float(arrived[0, j]) - spent
                dearest = sum(float(problem.option_cost[
                    problem.option_start[s]:problem.option_start[s + 1]].max()) for s in bills)
                if dearest <= left:
                    continue
                terms_of = []
                for s in bills:
                    by_then = model.new_bool_var("")
                    model.add(begin[s] >= until).only_enforce_if(~by_then)
                    for k, o in enumerate(range(problem.option_start[s],
                                                problem.option_start[s + 1])):
                        both = model.new_bool_var("")
                        model.add_bool_or(both, ~by_then, ~pick_of[s][k])
                        terms_of.append((int(np.ceil(100 * problem.option_cost[o])), both))
                        hints.append((both, int(start[s] < until and o == option[s])))
                    hints.append((by_then, int(start[s] < until)))
                model.add(sum(c * b for c, b in terms_of) <= int(np.floor(100 * left + 1e-6)))
        scale = 1000.0
        model.minimize(sum(max(1, round(scale * w)) * v for w, v in cost))
        for variable, value in hints:
            model.add_hint(variable, value)
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.max_deterministic_time = limit
        solver.parameters.random_seed = seed
        solver.parameters.symmetry_level = 0
        self.seconds["build"] += time.process_time() - tick
        tick = time.process_time()
        status = solver.solve(model)
        self.seconds["solve"] += time.process_time() - tick
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            return solver.status_name(status), False
        chosen, at = option.copy(), start.astype(float).copy()
        for s in free.tolist():
            at[s] = solver.value(begin[s])
            chosen[s] = problem.option_start[s] + [solver.value(p) for p in pick_of[s]].index(1)
        at[at < 0] = horizon + 1
        place = np.empty(self.stages)
        place[self.order] = np.arange(self.stages)
        order = np.lexsort((place, at))
        better = self.decode(order, chosen)
        return solver.status_name(status), better

    def _zones(self, finish):
        access = self.problem.access
        if access is None:
            return np.zeros(1)
        at = np.full(access.zones, NEVER)
        at[0] = 0
        gate = []
        for g in range(len(access.gate_ids)):
            own = finish[access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]]
            gate.append(NEVER if (own < 0).any() else int(own.max(initial=0)))
        moved = True
        while moved:
            moved = False
            for g, opened in enumerate(gate):
                later = max(at[access.gate_from[g]], opened)
                if later < at[access.gate_to[g]]:
                    at[access.gate_to[g]] = later
                    moved = True
        return at


def by_annealing(problem, order, chosen, score, seconds, heat, seed):
    """Points gained by one chain at a fixed temperature's cooling, in seconds of the processor."""
    world = arrays(problem)
    asked = (world, room_of(world), soonest_costs(world), groups_of(problem),
             np.array(search._MOVE_WEIGHTS))
    began, best, k = time.process_time(), score, 0
    state = (order.astype(np.int32), chosen.astype(np.int32))
    weights, record = asked[4], np.zeros((6, 3))
    while time.process_time() - began < seconds:
        share = (time.process_time() - began) / seconds
        now = heat * (search._HEAT[1] * score / heat) ** share
        end = anneal(*state, asked[0], asked[1], asked[2], asked[3], weights, 800, now, 1.0,
                     seed * 1000 + k, 0, np.full((5, len(state[0])), -1, np.int32))
        best = min(best, end[0])
        state = (end[3], end[4]) if k % 10 < 9 else (end[1], end[2])
        record = 0.7 * record + end[5]
        weights = search._weights(record)
        k += 1
    return score - best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tasks", type=int, default=500)
    parser.add_argument("--teams", type=int, default=60)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1])
    parser.add_argument("--search", type=float, default=20)
    parser.add_argument("--each", type=float, default=20)
    parser.add_argument("--sizes", type=int, nargs="+", default=[20, 40, 60])
    parser.add_argument("--limit", type=float, default=0.5, help="deterministic time of a window")
    parser.add_argument("--pad", type=int, default=8)
    asked = parser.parse_args()
    from bench_plan_worlds import ProcessorClock, linear

    for seed in asked.seeds:
        problem = make_world(asked.tasks, asked.teams, seed)
        search.make_plan(make_world(20, 6, 1), iterations=1, bound_iterations=2)  # compiles
        clock = ProcessorClock()
        search.time, linear.time, linear.solve = clock, clock, clock.solve
        plan = search.make_plan(problem, seconds=asked.search, seed=seed, iterations=10**6,
                                bound_iterations=10**3)
        order = np.argsort(plan.priority, kind="stable").astype(np.int32)
        schedule = plan.schedule
        rows = np.vstack([schedule.option, schedule.start, schedule.first_finish,
                          schedule.second_start, schedule.finish]).astype(np.int32)
        print(f"seed {seed}: plan {plan.score:,.1f}, bound {plan.bound:,.1f}, gap {plan.gap:.2%}",
              flush=True)
        for times in (1.0, 3.0):
            gain = by_annealing(problem, order, rows[0], plan.score, asked.each,
                                times * search._HEAT[1] * plan.score, seed)
            print(f"  annealing from {times:g} x the last temperature: {gain:,.1f} points in "
                  f"{asked.each:g} s, {gain / asked.each:.2f} a second", flush=True)
        for size in asked.sizes:
            made = Windows(problem, order, rows, None)
            by_start = np.lexsort((np.arange(len(order))[np.argsort(order)],
                                   np.where(rows[1] < 0, 10**6, rows[1])))
            made.decode(by_start, rows[0])
            first, chance = made.score, np.random.default_rng(seed)
            began, count, tally = time.process_time(), 0, {}
            made.seconds = dict.fromkeys(made.seconds, 0.0)
            while time.process_time() - began < asked.each:
                found = made.solve(made.pick(size, chance), asked.pad, asked.limit, count)
                tally[found] = tally.get(found, 0) + 1
                count += 1
            used = time.process_time() - began
            print(f"  windows of {size}: {plan.score - made.score:,.1f} points "
                  f"({plan.score - first:,.1f} by decoding in the order of starts) in {used:.0f} "
                  f"s, {(first - made.score) / used:.2f} a second; {count} windows {tally}; "
                  + ", ".join(f"{k} {v / used:.0%}" for k, v in made.seconds.items()), flush=True)


if __name__ == "__main__":
    main()
