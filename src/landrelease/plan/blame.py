"""Who is to blame for a delay: what communities and projects wait for, as prices on stages.

A community is not back at a moment if one of the things that it waits for is not done at it: its
own stages, or the road. For any shares of blame >= 0 that add up to 1, at each moment,

    [community not back]  >=  sum over what it waits for of share * [that is not done],

so the community's loss can be laid on stages, with shares that change over time. A zone of ground
is closed as long as every way to it is: for each set of blockers that cuts it off from the bases
one of them at least must be gone,

    [zone closed]  >=  sum over the blockers of the cut of [blocker not gone]  -  (number - 1),

and never less than 0: a zone may lay its part on no cut at all. A blocker is not gone while one of
its stages is not finished. All of it is true for every plan, so a bound made with it holds for any
shares; the ascent looks for good ones. Cuts of one blocker are the dominators of the zone; larger
ones keep something of the either-or.

A project that a fund pays may start later than its land is released. For any mass M(t) >= 0 that is
laid on [its land not released at t], it costs at least

    sum over t of M(t) * [land not released at t]
        + min over its start a of (delay it then has + price of its money - sum of M(t), t < a),

because its land is released when it starts. Source of the duality of cuts and ways: L. Ford, D.
Fulkerson, Canadian J. of Mathematics 8 (1956).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_array

from landrelease.core.conditions import Projects
from landrelease.core.work import Problem
from landrelease.plan.arrays import NEVER, loss_curve


@dataclass(frozen=True, slots=True)
class Lean:
    """How closed zones are (Z, H); how much later than its parent each edge is, of nodes, zones and
    blockers (E, H); by how much the land of paid projects is later than they; and the sum of what
    is laid on each times its square."""

    zone: np.ndarray
    wait: np.ndarray
    cut: np.ndarray
    blocker: np.ndarray
    mass: np.ndarray
    length: float


@dataclass(slots=True)
class Blame:
    """The network of blame. Nodes: communities and projects that can be done at all, then zones,
    cuts and blockers. `shares` are what the ascent changes, one row an edge and a column a slot."""

    stages: np.ndarray  # int64 (B,) stages that can be blamed, row i + 1 of `curves`
    row: np.ndarray  # int32 (S,) row of a stage in `curves`, 0: never blamed
    loss: np.ndarray  # float64 (C, H) loss of a node per slot in which it waits, where it can vary
    sure: float  # points that no plan avoids
    # Edges of the three layers: node -> stage or zone; zone -> cut; blocker -> stage.
    wait_of: np.ndarray
    wait_stage: np.ndarray  # row of `stages`, -1: waits for the zone
    wait_zone: np.ndarray
    wait_shift: np.ndarray  # slots between the stage's end and the node's
    zone_sure: np.ndarray  # bool (Z, H) the zone cannot be open yet
    cut_zone: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    cuts: list[tuple[int, ...]] = field(default_factory=list)  # blockers of each cut
    blocker_of: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    blocker_stage: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    blockers: int = 0
    wait_share: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    cut_share: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    blocker_share: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    toll_stage: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    toll_zone: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    # Projects that a fund pays: node, fund, first and last start, slots, and cost, weight.
    bill: np.ndarray = field(default_factory=lambda: np.zeros((0, 5), np.int64))
    bill_worth: np.ndarray = field(default_factory=lambda: np.zeros((0, 2)))
    mass: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))  # (C, H) laid on a node

    @property
    def slots(self) -> int:
        return self.zone_sure.shape[1]

    def curves(self, toll: np.ndarray) -> tuple[np.ndarray, float]:
        """Points (B + 1, H + 1) of each stage by the slot of its finish, and points that are sure.

        toll (T, H) : prices of `toll_stage` having started while its zone is closed.
        """
        horizon = self.slots
        each = np.zeros((len(self.stages) + 1, horizon))
        sure = self.sure
        waits = self.wait_share * self.mass[self.wait_of]
        for shift in np.unique(self.wait_shift):
            at = np.flatnonzero((self.wait_shift == shift) & (self.wait_stage >= 0))
            moved = np.zeros((len(at), horizon))
            moved[:, :horizon - shift] = waits[at, shift:]
            # Before slot `shift` the node waits whatever happens.
            sure += float(waits[at, :shift].sum())
            each[1:] += _sum(self.wait_stage[at], len(self.stages)) @ moved
        on_zone = self.wait_stage < 0
        zones = len(self.zone_sure)
        closed = _sum(self.wait_zone[on_zone], zones) @ waits[on_zone]
        if len(self.toll_zone):
            closed = closed + _sum(self.toll_zone, zones) @ toll
            sure -= float(toll.sum())
        sure += float(closed[self.zone_sure].sum())
        closed = np.where(self.zone_sure, 0.0, closed)
        if len(self.cuts):
            on_cut = self.cut_share * closed[self.cut_zone]
            sizes = np.array([max(1, len(c)) for c in self.cuts])
            sure -= float(((sizes - 1)[:, None] * on_cut).sum())
            on_blocker = self._members() @ on_cut
            on_stage = self.blocker_share * on_blocker[self.blocker_of]
            each[1:] += _sum(self.blocker_stage, len(self.stages)) @ on_stage
        curves = np.zeros((len(self.stages) + 1, horizon + 1))
        np.cumsum(each, axis=1, out=curves[:, 1:])
        return curves, sure

    def paid_projects(self, bills: np.ndarray, curve: np.ndarray) -> tuple[float, np.ndarray]:
        """Points of the projects that a fund pays, at prices and mass, and their starts (N,), the
        horizon where one is better not started. bills (F, H + 1): price of a unit of money bound
        at slot t; curve (H + 1,): loss of a point that comes back at t."""
        horizon, total = self.slots, 0.0
        starts = np.full(len(self.bill), horizon, dtype=np.int64)
        for i, (node, fund, low, high, slots) in enumerate(self.bill.tolist()):
            cost, weight = self.bill_worth[i]
            laid = np.concatenate([[0.0], np.cumsum(self.mass[node])])
            least = weight * float(curve[horizon]) - float(laid[horizon])
            if low <= high:
                points = (weight * curve[low + slots:high + slots + 1] - laid[
                    low + slots:high + slots + 1] + cost * bills[fund, low:high + 1])
                at = int(np.argmin(points))
                if points[at] < least:
                    least, starts[i] = float(points[at]), low + at
            total += least
        return total, starts

    def shares(self) -> tuple[np.ndarray, ...]:
        """A copy of all that the ascent changes."""
        return tuple(a.copy() for a in (self.wait_share, self.cut_share, self.blocker_share,
                                        self.mass))

    def restore(self, kept: tuple[np.ndarray, ...]) -> None:
        """Take a copy of `shares` back; shares of cuts that were added since stay out of it."""
        if len(kept[1]) == len(self.cut_share):
            self.wait_share, self.cut_share, self.blocker_share, self.mass = (
                a.copy() for a in kept)

    def _members(self) -> csr_array:
        which = np.repeat(np.arange(len(self.cuts)), [len(c) for c in self.cuts])
        what = np.array([b for c in self.cuts for b in c], dtype=np.int64)
        return csr_array((np.ones(len(what)), (what, which)),
                         shape=(self.blockers, len(self.cuts)))

    def closed_zones(self, unfinished: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """How closed zones (Z, H), cuts (K, H) and blockers (E, H) are, by the shares, when stages
        are unfinished (B, H); edges of blockers as they stand."""
        of_edge = unfinished[self.blocker_stage]
        gone = _sum(self.blocker_of, self.blockers) @ (self.blocker_share * of_edge)
        sizes = np.array([max(1, len(c)) for c in self.cuts])
        cut = self._members().T @ gone - (sizes - 1)[:, None]
        zone = _sum(self.cut_zone, len(self.zone_sure)) @ (self.cut_share * cut)
        return np.where(self.zone_sure, 1.0, zone), cut, of_edge

    def lean(self, unfinished: np.ndarray, toll: np.ndarray, waiting: np.ndarray) -> Lean:
        """Where blame should move: to what is done last.

        unfinished (B, H), waiting (N, H) : how far stages are not finished and paid projects not
            back at a moment, on average over relaxed plans; toll (T, H) as in `curves`
        """
        zone = np.zeros(self.zone_sure.shape)
        laid, waits = np.zeros_like(zone), self.wait_share * self.mass[self.wait_of]
        none = np.zeros((0, self.slots))
        cut_gain = blocker_gain = wait_gain = mass_gain = none
        length = 0.0
        if len(self.cuts):
            zone, cut, of_edge = self.closed_zones(unfinished)
            on_zone = self.wait_stage < 0
            laid = _sum(self.wait_zone[on_zone], len(zone)) @ waits[on_zone]
            if len(self.toll_zone):
                laid = laid + _sum(self.toll_zone, len(zone)) @ toll
            laid = np.where(self.zone_sure, 0.0, laid)
            cut_gain = cut - _mean(self.cut_share, cut, self.cut_zone)
            on_cut = self.cut_share * laid[self.cut_zone]
            length += float((on_cut * cut_gain * cut_gain).sum())
            blocker_gain = of_edge - _mean(self.blocker_share, of_edge, self.blocker_of)
            on_blocker = (self._members() @ on_cut)[self.blocker_of] * self.blocker_share
            length += float((on_blocker * blocker_gain * blocker_gain).sum())
        if len(self.wait_of):
            late = np.where((self.wait_stage < 0)[:, None], zone[self.wait_zone], 0.0)
            for shift in np.unique(self.wait_shift):
                at = np.flatnonzero((self.wait_shift == shift) & (self.wait_stage >= 0))
                late[at, shift:] = unfinished[self.wait_stage[at], :self.slots - shift]
                late[at, :shift] = 1.0
            wait_gain = late - _mean(self.wait_share, late, self.wait_of)
            length += float((waits * wait_gain * wait_gain).sum())
            if len(self.bill):
                node = self.bill[:, 0]
                total = _sum(self.wait_of, len(self.mass)) @ (self.wait_share * late)
                mass_gain = total[node] - waiting
                length += float((self.mass[node] * mass_gain * mass_gain).sum())
        return Lean(zone, wait_gain, cut_gain, blocker_gain, mass_gain, length)

    def follow(self, lean: Lean, step: float, block: np.ndarray) -> None:
        """Move blame: each part times exp(step * how late it is), by blocks of slots (H,)."""
        for share, gain, of in ((self.wait_share, lean.wait, self.wait_of),
                                (self.cut_share, lean.cut, self.cut_zone),
                                (self.blocker_share, lean.blocker, self.blocker_of)):
            if len(of) and len(gain):
                _shift(share, np.clip(step * gain, -0.7, 0.7), of, block)
        if len(lean.mass):
            node = self.bill[:, 0]
            least = 1e-6 * float(self.loss[node].max(initial=0.0))
            self.mass[node] = np.maximum(self.mass[node], np.where(lean.mass > 0, least, 0.0)
                                         ) * np.exp(np.clip(step * lean.mass, -0.7, 0.7))
            for node_, _, _, _, slots in self.bill.tolist():
                self.mass[node_, :slots] = 0.0

    def point_at(self, finish: np.ndarray) -> None:
        """Begin with the blame where a schedule (finish (B,) slots, the horizon where undone) is
        late: nearly all of it, at every moment, on what is done last."""
        gone = np.zeros(self.blockers)
        np.maximum.at(gone, self.blocker_of, finish[self.blocker_stage])
        # A cut lets through when the first of its blockers is gone, a zone opens with its last cut.
        cut = np.array([gone[list(c)].min(initial=np.inf) if c else -1.0 for c in self.cuts])
        opens = np.zeros(len(self.zone_sure))
        np.maximum.at(opens, self.cut_zone, cut)
        wait = np.where(self.wait_stage < 0, opens[self.wait_zone], 0.0)
        own = self.wait_stage >= 0
        wait[own] = finish[self.wait_stage[own]]
        for share, of, at in ((self.wait_share, self.wait_of, wait),
                              (self.cut_share, self.cut_zone, cut),
                              (self.blocker_share, self.blocker_of, finish[self.blocker_stage])):
            if len(of):
                order = np.lexsort((at, of))  # the last of each parent
                last = order[np.append(np.flatnonzero(np.diff(of[order])), len(of) - 1)]
                share[:] = 0.02 / np.bincount(of)[of][:, None]
                share[last] += 0.98
        # From the moment at which a zone opens nothing is laid on its cuts.
        nothing = np.array([not c for c in self.cuts], dtype=bool)
        is_open = np.arange(self.slots) >= opens[self.cut_zone][:, None]
        siblings = np.bincount(self.cut_zone)[self.cut_zone][:, None] if self.cuts else 1
        self.cut_share[:] = np.where(
            is_open, np.where(nothing[:, None], 0.98, 0.0) + 0.02 / siblings, self.cut_share)

    def add(self, cuts: Iterable[tuple[int, tuple[int, ...]]]) -> int:
        """Add cuts of zones that are not there yet, with small shares; returns how many."""
        known = set(zip(self.cut_zone.tolist(), self.cuts, strict=True))
        new = []
        for zone, cut in cuts:
            if cut and (zone, cut) not in known and zone in self.cut_zone:
                known.add((zone, cut))
                new.append((zone, cut))
        if not new:
            return 0
        self.cut_zone = np.concatenate([self.cut_zone, np.array([z for z, _ in new], np.int64)])
        self.cuts = [*self.cuts, *(cut for _, cut in new)]
        self.cut_share = np.concatenate([self.cut_share, np.full((len(new), self.slots), 0.02)])
        adds = _sum(self.cut_zone, len(self.zone_sure))
        self.cut_share /= (adds @ self.cut_share)[self.cut_zone]
        return len(new)

    def add_cuts(self, problem: Problem, unfinished: np.ndarray, most: int = 400) -> int:
        """Add, for zones that are blamed, cuts that a relaxed solution violates: the ways are less
        open than the blockers that it has removed say. Returns how many were added."""
        return _new_cuts(self, problem, unfinished, most)


def _sum(of: np.ndarray, count: int) -> csr_array:
    return csr_array((np.ones(len(of)), (of, np.arange(len(of)))), shape=(count, len(of)))


def _mean(share: np.ndarray, late: np.ndarray, of: np.ndarray) -> np.ndarray:
    """How late the parent of each edge is by its shares (E, H)."""
    return (_sum(of, int(of.max(initial=-1)) + 1) @ (share * late))[of]


def _shift(share: np.ndarray, move: np.ndarray, of: np.ndarray, block: np.ndarray) -> None:
    """Shares of each parent `of`, multiplied by exp(move), kept above a little."""
    starts = np.flatnonzero(np.diff(block, prepend=-1))
    if len(starts) < len(block):
        mean = np.add.reduceat(move, starts, axis=1) / np.diff(starts, append=len(block))
        move = mean[:, block]
    share *= np.exp(move)
    count = int(of.max()) + 1
    adds = _sum(of, count)
    siblings = np.bincount(of, minlength=count)
    share /= (adds @ share)[of]
    floor = 1e-5 / siblings[of]
    np.maximum(share, floor[:, None], out=share)
    share /= (adds @ share)[of]


def last_of(stages: np.ndarray, predecessor: np.ndarray) -> np.ndarray:
    """Those of some stages that no other of them comes after: finished last in any plan."""
    inside = {int(s) for s in stages}
    early: set[int] = set()
    for s in inside:
        at = int(predecessor[s])
        while at >= 0:
            early.add(at)
            at = int(predecessor[at])
    return np.array(sorted(inside - early), dtype=np.int64)


def in_turn(works: Projects, soonest: np.ndarray, predecessor: np.ndarray, horizon: int
            ) -> tuple[list[int], list[dict[int, int]]]:
    """Slots (W,) before which no plan starts a work, the horizon where none does; and the stages
    that it waits for, its own and those of the works that it follows, with the slots from the end
    of each to its own end at the least."""
    count = len(works.ids)
    follows: list[list[int]] = [[] for _ in range(count)]
    for a, w in [] if works.after is None else works.after.tolist():
        follows[w].append(a)
    begins, waits = [-1] * count, [dict[int, int]() for _ in range(count)]
    left = set(range(count))
    while left:
        ready = sorted(w for w in left if not left.intersection(follows[w]))
        if not ready:  # a circle: none of them ever starts
            for w in left:
                begins[w] = horizon
            break
        for w in ready:
            lasts, own = int(works.slots[w]), waits[w]
            begin = int(works.earliest[w])
            for s in last_of(works.stage[works.start[w]:works.start[w + 1]], predecessor).tolist():
                own[s] = lasts
                begin = max(begin, int(soonest[s]))
            for a in follows[w]:
                begin = max(begin, begins[a] + int(works.slots[a]))
                for s, lag in waits[a].items():
                    own[s] = max(own.get(s, 0), lag + lasts)
            if works.may_start is not None and begin < horizon:
                able = np.flatnonzero(works.may_start[w, begin:])
                begin = begin + int(able[0]) if len(able) else horizon
            begins[w] = min(begin, horizon)
        left -= set(ready)
    return begins, waits


def network(problem: Problem, opens: np.ndarray, soonest: np.ndarray,
            behind: list[np.ndarray | None]) -> Blame:
    """Lay out the blame of a problem.

    opens (Z,) : slots before which no plan opens a zone (`access.earliest_openings`)
    soonest (S,) : slots before which no plan finishes a stage
    behind : dominators of each zone, None where no way leads
    """
    horizon = problem.horizon
    curve = loss_curve(problem)
    steps = np.diff(curve)
    access, works = problem.access, problem.conditions.projects
    sure = 0.0
    losses: list[np.ndarray] = []
    bills: list[tuple[int, int, int, int, int]] = []
    worths: list[tuple[float, float]] = []
    edges: list[tuple[int, int, int, int]] = []  # node, stage or -1, zone, shift

    def node(weight: float, earliest: int, what: list[tuple[int, int, int]]) -> float:
        """Lay out a node; returns points that are sure."""
        first = min(max(earliest, 0), horizon)
        lost = weight * float(curve[first])
        if weight > 0 and what:
            each = weight * steps
            each[:first] = 0.0
            edges.extend((len(losses), *w) for w in what)
            losses.append(each)
        return lost

    never = 2**20
    if access is not None:
        for c, weight in enumerate(access.community_weight):
            zone = int(access.community_zone[c])
            own = last_of(access.community_stage[
                access.community_start[c]:access.community_start[c + 1]], problem.predecessor)
            impossible = behind[zone] is None or any(soonest[s] >= never for s in own)
            earliest = max([int(min(opens[zone], never)), *(int(soonest[s]) for s in own)])
            what = [(int(s), -1, 0) for s in own]
            if not impossible and int(opens[zone]) > 0:
                what.append((-1, zone, 0))
            sure += node(float(weight), horizon if impossible else earliest,
                         [] if impossible else what)
    money = problem.conditions.money
    payers = None if money is None else money.payers()
    if works is not None:
        begins, waits = in_turn(works, soonest, problem.predecessor, horizon)
        for w in range(len(works.ids)):
            lasts = int(works.slots[w])
            impossible = begins[w] >= horizon or (
                payers is not None and works.fund[w] >= 0 and works.cost[w] > 0
                and not len(payers[int(works.fund[w])]))
            earliest = begins[w] + lasts
            if (problem.conditions.money is not None and works.fund[w] >= 0
                    and works.cost[w] > 0 and not impossible and lasts < horizon):
                bills.append((len(losses), int(works.fund[w]), begins[w], horizon - lasts, lasts))
                worths.append((float(works.cost[w]), float(works.weight[w])))
                edges.extend((len(losses), s, -1, lag) for s, lag in waits[w].items())
                each = float(works.weight[w]) * steps
                each[:min(earliest, horizon)] = 0.0
                losses.append(each)
                continue
            sure += node(float(works.weight[w]), horizon if impossible else earliest,
                         [] if impossible or lasts >= horizon else
                         [(s, -1, lag) for s, lag in waits[w].items()])
    zones = 1 if access is None else access.zones
    zone_sure = np.zeros((zones, horizon), bool)
    for z in range(zones):
        zone_sure[z, :int(min(opens[z], horizon))] = True
    # Blockers: sets of stages that open gates together; gates without stages block nothing.
    blockers: dict[bytes, tuple[int, np.ndarray]] = {}
    if access is not None:
        for g in range(len(access.gate_ids)):
            own = last_of(access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]],
                          problem.predecessor)
            if len(own):
                blockers.setdefault(own.tobytes(), (len(blockers), own))
    blocker_edges = [(b, int(s)) for b, own in blockers.values() for s in own]
    blamed = np.unique(np.array([e[1] for e in edges if e[1] >= 0]
                                + [s for _, s in blocker_edges], dtype=np.int64))
    row = np.zeros(len(problem.predecessor), np.int32)
    row[blamed] = np.arange(len(blamed)) + 1
    made = Blame(
        stages=blamed, row=row, loss=np.array(losses).reshape(-1, horizon), sure=sure,
        wait_of=np.array([e[0] for e in edges], dtype=np.int64),
        wait_stage=np.array([row[e[1]] - 1 if e[1] >= 0 else -1 for e in edges], dtype=np.int64),
        wait_zone=np.array([max(e[2], 0) for e in edges], dtype=np.int64),
        wait_shift=np.array([e[3] for e in edges], dtype=np.int64), zone_sure=zone_sure,
        blocker_of=np.array([b for b, _ in blocker_edges], dtype=np.int64),
        blocker_stage=np.array([row[s] - 1 for _, s in blocker_edges], dtype=np.int64),
        blockers=len(blockers), bill=np.array(bills, dtype=np.int64).reshape(-1, 5),
        bill_worth=np.array(worths).reshape(-1, 2))
    made.mass = made.loss.copy()
    for each_bill in bills:  # where there is no land to wait for, nothing is laid on any
        if each_bill[0] not in set(made.wait_of.tolist()):
            made.mass[each_bill[0]] = 0.0
    made.wait_share = _even(made.wait_of, horizon)
    made.blocker_share = _even(made.blocker_of, horizon)
    made.cut_share = np.zeros((0, horizon))
    if access is not None:
        asked = set(made.wait_zone[made.wait_stage < 0].tolist())
        own = np.flatnonzero((problem.predecessor < 0) & (access.zone != 0))
        own = np.array([s for s in own if behind[int(access.zone[s])] is not None
                        and opens[int(access.zone[s])] > 0], dtype=np.int64)
        made.toll_stage, made.toll_zone = own, access.zone[own].astype(np.int64)
        asked |= set(made.toll_zone.tolist())
        _first_cuts(made, problem, sorted(asked), behind)
    return made


def _even(of: np.ndarray, horizon: int) -> np.ndarray:
    if not len(of):
        return np.zeros((0, horizon))
    return np.repeat(1.0 / np.bincount(of)[of][:, None], horizon, axis=1)


def _blocker_of_gates(problem: Problem) -> np.ndarray:
    """Blocker (G,) of each gate, -1 where it is open."""
    access = problem.access
    assert access is not None
    numbers: dict[bytes, int] = {}
    out = np.full(len(access.gate_ids), -1, np.int64)
    for g in range(len(access.gate_ids)):
        own = last_of(access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]],
                      problem.predecessor)
        if len(own):
            out[g] = numbers.setdefault(own.tobytes(), len(numbers))
    return out


def smallest_cut(problem: Problem, blocker: np.ndarray, cost: np.ndarray, zone: int
                 ) -> tuple[float, tuple[int, ...]]:
    """The blockers (G,) of least cost (B,), 0..1, that cut a zone off from the bases: value and
    their indices; (inf, ()) where open gates lead there.

    A blocker that stands on several gates counts once: each is an arc of its own from "before" to
    "behind", which all its gates share.
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import breadth_first_order, maximum_flow

    access = problem.access
    assert access is not None
    zones, count = access.zones, len(cost)
    scale, whole = 10_000, 2**29
    if zone == 0:
        return np.inf, ()
    here, there = access.gate_from.astype(np.int64), access.gate_to.astype(np.int64)
    shut = blocker >= 0
    # zone -> before(b) -> behind(b) -> zone for every gate of the blocker. A walk may enter by one
    # gate of a blocker and leave by another: only shorter ways, so the cut is no cheaper than it
    # should be, and it is still a cut.
    source = [here[~shut], here[shut], zones + count + blocker[shut], zones + np.arange(count)]
    target = [there[~shut], zones + blocker[shut], there[shut], zones + count + np.arange(count)]
    room = [np.full((~shut).sum(), whole), np.full(shut.sum(), whole),
            np.full(shut.sum(), whole), np.round(cost * scale).astype(np.int64)]
    size = zones + 2 * count
    graph = coo_array((np.concatenate(room).astype(np.int32),
                       (np.concatenate(source), np.concatenate(target))),
                      shape=(size, size)).tocsr()
    graph.data = np.minimum(graph.data, whole)
    flow = maximum_flow(graph, 0, zone)
    if flow.flow_value >= whole:
        return np.inf, ()
    left = (graph - flow.flow).tocsr()
    left.data = (left.data > 0).astype(np.int32)
    left.eliminate_zeros()
    reached = np.zeros(size, bool)
    reached[breadth_first_order(left, 0, return_predecessors=False)] = True
    cut = np.flatnonzero(reached[zones:zones + count] & ~reached[zones + count:])
    return flow.flow_value / scale, tuple(int(b) for b in cut)


def cuts_at(problem: Problem, when: np.ndarray) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Cuts that keep a zone closed until it opens, when blockers are removed at times (B,): of the
    blockers that then still stand, those next to what is open, and those next to the zone."""
    access = problem.access
    if access is None:
        return
    blocker = _blocker_of_gates(problem)
    here, there = access.gate_from.tolist(), access.gate_to.tolist()
    out_of: list[list[int]] = [[] for _ in range(access.zones)]
    into: list[list[int]] = [[] for _ in range(access.zones)]
    for g, (a, b) in enumerate(zip(here, there, strict=True)):
        out_of[a].append(g)
        into[b].append(g)
    gone = [0.0 if b < 0 else float(when[b]) for b in blocker.tolist()]
    opens = np.full(access.zones, np.inf)
    opens[0] = 0.0
    heap = [(0.0, 0)]
    while heap:
        at, zone = heapq.heappop(heap)
        if at > opens[zone]:
            continue
        for g in out_of[zone]:
            later = max(at, gone[g])
            if later < opens[there[g]]:
                opens[there[g]] = later
                heapq.heappush(heap, (later, there[g]))

    def reach(first: int, gates: list[list[int]], end: list[int], pass_by) -> set[int]:
        seen, new = {first}, [first]
        while new:
            zone = new.pop()
            for g in gates[zone]:
                if end[g] not in seen and pass_by(g, end[g]):
                    seen.add(end[g])
                    new.append(end[g])
        return seen

    for at in np.unique(opens[(opens > 0) & np.isfinite(opens)]):
        inside = reach(0, out_of, there, lambda g, _, at=at: gone[g] < at)
        for zone in np.flatnonzero(opens == at).tolist():
            back = reach(zone, into, here, lambda _, z, inside=inside: z not in inside)
            cut = {int(blocker[g]) for z in inside for g in out_of[z] if there[g] in back
                   and there[g] not in inside}
            yield zone, tuple(sorted(cut))
            near = reach(zone, into, here, lambda g, _, at=at: gone[g] < at)
            if 0 in near:
                continue
            forth = reach(0, out_of, there, lambda _, z, near=near: z not in near)
            cut = {int(blocker[g]) for z in near for g in into[z] if here[g] in forth
                   and here[g] not in near}
            yield zone, tuple(sorted(cut))


def _first_cuts(blame: Blame, problem: Problem, asked: list[int],
                behind: list[np.ndarray | None]) -> None:
    """Dominating blockers of each zone, and one cut of fewest blockers."""
    blocker = _blocker_of_gates(problem)
    zones: list[int] = []
    cuts: list[tuple[int, ...]] = []
    of_blocker = [set(blame.stages[blame.blocker_stage[blame.blocker_of == b]].tolist())
                  for b in range(blame.blockers)]
    for z in asked:
        if z == 0 or behind[z] is None:
            continue
        must = {int(s) for s in behind[z]}  # type: ignore[union-attr]
        found: list[tuple[int, ...]] = [(b,) for b in range(blame.blockers)
                                        if of_blocker[b] <= must]
        value, cut = smallest_cut(problem, blocker, np.ones(blame.blockers), z)
        if np.isfinite(value) and cut and len(cut) > 1:
            found.append(cut)
        for one in [(), *found]:  # (): the zone may be open, and nothing is laid on its cuts
            zones.append(z)
            cuts.append(one)
    blame.cut_zone, blame.cuts = np.array(zones, dtype=np.int64), cuts
    blame.cut_share = _even(blame.cut_zone, blame.slots)


def _new_cuts(blame: Blame, problem: Problem, unfinished: np.ndarray, most: int) -> int:
    blocker = _blocker_of_gates(problem)
    edges = unfinished[blame.blocker_stage]
    shut = np.zeros((blame.blockers, blame.slots))
    np.maximum.at(shut, blame.blocker_of, edges)  # gone when its last stage is finished
    known = set(zip(blame.cut_zone.tolist(), blame.cuts, strict=True))
    zone, _, _ = (blame.closed_zones(unfinished) if blame.cuts else
                  (np.zeros(blame.zone_sure.shape), 0, 0))
    asked = sorted(set(blame.wait_zone[blame.wait_stage < 0].tolist())
                   | set(blame.toll_zone.tolist()))
    best = zone.copy()
    for k, (z, cut) in enumerate(zip(blame.cut_zone.tolist(), blame.cuts, strict=True)):
        del k
        if not cut:
            continue
        best[z] = np.maximum(best[z], shut[list(cut)].sum(axis=0) - (len(cut) - 1))
    found: list[tuple[float, int, tuple[int, ...]]] = []
    for z in asked:
        if z == 0:
            continue
        free = np.flatnonzero(~blame.zone_sure[z])
        for t in free[:: max(1, len(free) // 8)]:
            value, cut = smallest_cut(problem, blocker, 1 - shut[:, t], z)
            if not cut or not np.isfinite(value):
                continue
            gain = (1 - value) - best[z, t]  # this cut says that the zone is more closed
            if gain > 0.02 and (z, cut) not in known:
                known.add((z, cut))
                found.append((gain, z, cut))
    found.sort(key=lambda item: (-item[0], item[1], item[2]))
    found = found[:most]
    if not found:
        return 0
    zones = np.array([z for _, z, _ in found], dtype=np.int64)
    blame.cut_zone = np.concatenate([blame.cut_zone, zones])
    blame.cuts = [*blame.cuts, *(cut for _, _, cut in found)]
    share = np.full((len(found), blame.slots), 0.05)
    blame.cut_share = np.concatenate([blame.cut_share, share])
    adds = _sum(blame.cut_zone, len(blame.zone_sure))
    blame.cut_share /= (adds @ blame.cut_share)[blame.cut_zone]
    return len(found)


__all__ = ["NEVER", "Blame", "cuts_at", "last_of", "network", "smallest_cut"]
