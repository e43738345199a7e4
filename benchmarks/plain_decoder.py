"""A serial decoder in plain Python, for the worlds of `planning_worlds.py`: what a compiled one is
held against. The same order gives the same schedule as `landrelease.plan.decoder`."""

from __future__ import annotations

from landrelease.core.work import Problem

NEVER = 2**30


class PlainDecoder:
    """Everything of a problem that decoding reads, as lists."""

    def __init__(self, problem: Problem):
        terms, access = problem.conditions, problem.access
        assert terms.windows is None and terms.equipment is None and terms.decisions is None
        assert terms.calendars is not None and access is not None and terms.projects is not None
        self.horizon, self.teams = problem.horizon, [int(n) for n in problem.pool_teams]
        self.before = problem.predecessor.tolist()
        self.options = [[
            (int(problem.first_pool[o]), int(problem.first_slots[o]),
             int(terms.calendars.first[o]), int(problem.second_pool[o]),
             int(problem.second_slots[o]), int(terms.calendars.second[o]),
             float(problem.option_cost[o]), o)
            for o in range(problem.option_start[s], problem.option_start[s + 1])]
            for s in range(len(self.before))]
        self.open = [[t for t in range(self.horizon) if row[t]] for row in terms.calendars.open]
        self.place = []  # open slots before t
        for row in terms.calendars.open:
            count, places = 0, []
            for t in range(self.horizon):
                places.append(count)
                count += bool(row[t])
            self.place.append([*places, count])
        self.weight, self.delay = problem.weight.tolist(), problem.delay_days.tolist()
        self.zone, self.zones = access.zone.tolist(), access.zones
        self.gates = [(int(a), int(b), access.gate_stage[i:j].tolist()) for a, b, i, j in zip(
            access.gate_from, access.gate_to, access.gate_start[:-1], access.gate_start[1:],
            strict=True)]
        self.blocks: dict[int, list[int]] = {}
        for g, (_, _, stages) in enumerate(self.gates):
            for s in stages:
                self.blocks.setdefault(s, []).append(g)
        self.ways: list[list[int]] = [[] for _ in range(self.zones)]
        for g, gate in enumerate(self.gates):
            self.ways[gate[0]].append(g)
        self.communities = [(float(w), int(z), access.community_stage[i:j].tolist())
                            for w, z, i, j in zip(
                                access.community_weight, access.community_zone,
                                access.community_start[:-1], access.community_start[1:],
                                strict=True)]
        works, money = terms.projects, terms.money
        self.projects = [(works.stage[works.start[w]:works.start[w + 1]].tolist(),
                          int(works.slots[w]), float(works.cost[w]),
                          int(works.fund[w]) if money is not None else -1, int(works.earliest[w]),
                          float(works.weight[w])) for w in range(len(works.ids))]
        self.fund = [-1] * len(self.before) if money is None else money.stage_fund.tolist()
        self.arrived = [] if money is None else money.arrived.tolist()

    def runs(self, free: list[list[int]], pool: int, slots: int, calendar: int, low: int
             ) -> tuple[int, int] | None:
        """First start from `low` on, and its finish."""
        place, slot, row, t = self.place[calendar], self.open[calendar], free[pool], low
        while t < self.horizon:
            w = place[t]
            if w + slots > len(slot):
                return None
            t = slot[w]
            end = slot[w + slots - 1] + 1
            full = next((u for u in range(t, end) if row[u] == 0), -1)
            if full < 0:
                return t, end
            t = full + 1
        return None

    def payable(self, left: list[float], cost: float, most: float) -> int:
        least, t = cost - 1e-9 * (1.0 + most), self.horizon - 1
        while t >= 0 and left[t] >= least:
            t -= 1
        return NEVER if t == self.horizon - 1 else t + 1

    def decode(self, order: list[int], chosen: list[int]) -> tuple[float, list[int]]:
        """Score and finishes (S,), -1 where undone, of an order and of options, -1 where free."""
        horizon, before, delay = self.horizon, self.before, self.delay
        free = [[n] * horizon for n in self.teams]
        left = [row[:] for row in self.arrived]
        finish, tried = [-1] * len(before), [0] * len(before)
        opens, missing, passed = [NEVER] * self.zones, [len(g[2]) for g in self.gates], [0] * len(
            self.gates)

        def spread(zone: int, at: int) -> bool:
            if at >= opens[zone]:
                return False
            new, opens[zone], heap = opens[zone] == NEVER, at, [zone]
            while heap:
                here = heap.pop()
                for g in self.ways[here]:
                    there, later = self.gates[g][1], max(opens[here], passed[g])
                    if missing[g] == 0 and later < opens[there]:
                        new |= opens[there] == NEVER
                        opens[there] = later
                        heap.append(there)
            return new

        spread(0, 0)
        k, waiting, total = 0, len(order), 0.0
        while k < len(order):
            s = order[k]
            k += 1
            if tried[s] == 1:
                continue
            release, first = opens[self.zone[s]], before[s]
            if release >= horizon:
                waiting = min(waiting, k - 1)
                continue
            if first >= 0:
                if tried[first] != 1:
                    tried[first] = 2
                    waiting = min(waiting, k - 1)
                    continue
                if finish[first] < 0:
                    tried[s] = 1
                    total += self.weight[s] * delay[horizon]
                    continue
                release = max(release, finish[first])
            opened = tried[s] == 2
            tried[s] = 1
            best: tuple | None = None
            offers = self.options[s]
            for offer in ([o for o in offers if o[7] == chosen[s]], offers):
                for pool, slots, calendar, second, more, other, cost, _ in offer:
                    low = release
                    if self.fund[s] >= 0 and cost > 0:
                        low = max(low, self.payable(left[self.fund[s]], cost,
                                                    self.arrived[self.fund[s]][-1]))
                    one = self.runs(free, pool, slots, calendar, low)
                    if one is None:
                        continue
                    end, used, two = one[1], one[1] - one[0], None
                    if second >= 0:
                        two = self.runs(free, second, more, other, end)
                        if two is None:
                            continue
                        end, used = two[1], used + two[1] - two[0]
                    if best is None or (end, used) < best[:2]:
                        best = (end, used, pool, one, second, two, cost)
                if best is not None:
                    break
            if best is None:
                total += self.weight[s] * delay[horizon]
                continue
            end, _, pool, one, second, two, cost = best
            for t in range(*one):
                free[pool][t] -= 1
            if two is not None:
                for t in range(*two):
                    free[second][t] -= 1
            if self.fund[s] >= 0:
                row = left[self.fund[s]]
                for t in range(one[0], horizon):
                    row[t] -= cost
            finish[s] = end
            total += self.weight[s] * delay[end]
            for g in self.blocks.get(s, ()):
                missing[g] -= 1
                passed[g] = max(passed[g], end)
                if missing[g] == 0:
                    opened |= spread(self.gates[g][1], max(opens[self.gates[g][0]], passed[g]))
            if opened and waiting < len(order):
                k, waiting = min(k, waiting), len(order)
        total += sum(self.weight[s] * delay[horizon] for s in order if tried[s] != 1)
        for weight, zone, stages in self.communities:
            at = min(opens[zone], horizon)
            for s in stages:
                at = horizon if finish[s] < 0 else max(at, finish[s])
            total += weight * delay[at]
        waits = list(range(len(self.projects)))
        while waits:  # the project that can start first, then the one worth most for its money
            ready = []
            for w in waits:
                stages, _, cost, fund, at, weight = self.projects[w]
                for s in stages:
                    at = NEVER if finish[s] < 0 else max(at, finish[s])
                if fund >= 0 and cost > 0:
                    at = max(at, self.payable(left[fund], cost, self.arrived[fund][-1]))
                ready.append((at, -weight / (cost + 1e-9), w))
            at, _, w = min(ready)
            waits.remove(w)
            _, slots, cost, fund, _, weight = self.projects[w]
            end = horizon
            if at < NEVER and at + slots <= horizon:
                end = at + slots
                if fund >= 0:
                    for t in range(at, horizon):
                        left[fund][t] -= cost
            total += weight * delay[end]
        return total, finish
