"""Large problems searched region by region: one part is made anew while the rest stands.

A change of an order costs the decoding of all that comes behind it, so ten times the stages are ten
times the cost of a try, and ten times the tries are needed. Here the stages of some neighbouring
hazards are taken out of the plan, annealed within what the others leave over as a small problem of
their own, and put back. The whole schedule, nothing before its time, is then placed again, and
stands if it is better (large neighbourhood search: P. Shaw, CP 1998). Every score that counts is
one of the whole problem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from landrelease.core.work import Problem
from landrelease.plan.anneal import Groups, anneal, hold
from landrelease.plan.arrays import (
    EARLIEST,
    FIRST_GEAR,
    FIRST_POOL,
    GATE_FROM,
    GATE_TO,
    PREDECESSOR,
    SECOND_FROM,
    SECOND_GEAR,
    SECOND_POOL,
    WEIGHT,
    ZONE,
    Arrays,
)
from landrelease.plan.decoder import Room, dispatch_order, place_all, place_behind, room_of

WINDOW = 400  # stages of a region
_REPAIRS = 8  # orders tried to give a schedule again


@dataclass(slots=True)
class Standing:
    """The schedule that stands: placing (5, S), projects (2, W) and score."""

    placed: np.ndarray
    projects: np.ndarray
    score: float


class Small(NamedTuple):
    """A region as a problem of its own. The last stages of `world` are markers of what stands
    outside: placed, without options, worth nothing."""

    world: Arrays
    room: Room  # what the others leave over
    inside: np.ndarray  # (N,) its stages
    option: np.ndarray  # its options
    placed: np.ndarray  # (5, N + M)
    soonest: np.ndarray  # (N + M + C,)
    groups: Groups


def places(problem: Problem) -> np.ndarray:
    """Where each hazard lies: (H, 2) degrees, the mean of its tasks, longitudes shrunk by the
    latitude; without tasks the mean of all."""
    hazards = len(problem.hazard_ids)
    of = np.full(len(problem.tasks), -1, dtype=np.int64)
    with_task = problem.task >= 0
    of[problem.task[with_task]] = problem.hazard[with_task]
    xy = np.array([(t.longitude, t.latitude) for t in problem.tasks], dtype=float).reshape(-1, 2)
    known = of >= 0
    if not known.any():
        return np.zeros((hazards, 2))
    out = np.tile(xy[known].mean(axis=0), (hazards, 1))
    count = np.bincount(of[known], minlength=hazards)
    for axis in range(2):
        total = np.bincount(of[known], xy[known, axis], minlength=hazards)
        out[count > 0, axis] = total[count > 0] / count[count > 0]
    out[:, 0] *= np.cos(np.radians(out[:, 1]))
    return out


class Regions:
    """A large problem, laid out to be searched region by region."""

    def __init__(self, problem: Problem, world: Arrays, soonest: np.ndarray, groups: Groups,
                 chains: int):
        self.problem, self.world = problem, world
        self.soonest, self.groups = soonest, groups
        self.rooms = [room_of(world) for _ in range(chains)]
        self.where = places(problem)
        self.size = np.bincount(problem.hazard, minlength=len(problem.hazard_ids))
        self.fixed_room = room_of(world)
        stages = len(world.stage)
        self.ones, self.free = np.ones(stages), np.zeros((len(world.resource), len(world.delay)))

    def inside(self, centre: int, window: int) -> np.ndarray:
        """Stages (N,) of the hazards nearest to one, whole hazards, at most about `window`; what
        is equally far, by how far its number is."""
        far = ((self.where - self.where[centre]) ** 2).sum(axis=1)
        near = np.lexsort((np.abs(np.arange(len(far)) - centre), far))
        taken = near[np.cumsum(self.size[near]) <= max(window, self.size[near[0]])]
        chosen = np.zeros(len(far), dtype=bool)
        chosen[taken] = True
        return np.flatnonzero(chosen[self.problem.hazard])

    def search(self, chain: int, centre: int, stands: Standing, weights: np.ndarray, tries: int,
               heat: float, cooling: float, seed: int, window: int = WINDOW
               ) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
        """Anneal one region around a hazard; one call at a time for a chain.

        Returns its stages (N,), where they are placed now (5, N), the record of moves as `anneal`
        gives it, and the points gained if all else can stand.
        """
        small = self.small(self.rooms[chain], self.inside(centre, window), stands)
        count = len(small.inside)
        markers = np.arange(count, small.placed.shape[1])
        key = _starts(stands.placed[:, small.inside], len(self.world.delay))
        order = np.concatenate([markers, np.argsort(key, kind="stable")]).astype(np.int32)
        before = Room(*(np.array(part) for part in small.room))
        best, seq, chosen, _, _, record, _, first = anneal(
            order, np.ascontiguousarray(small.placed[0]), small.world, small.room, small.soonest,
            small.groups, weights, tries, heat, cooling, seed, len(markers), small.placed)
        placed = place_behind(seq, small.world, before, small.placed, chosen, len(markers))
        placed = placed[:, :count]
        done = placed[0] >= 0
        placed[0, done] = small.option[placed[0, done]]
        return small.inside, placed, record, first - best

    def small(self, room: Room, inside: np.ndarray, stands: Standing) -> Small:
        """Cut a region out. room : of the whole problem, overwritten."""
        world, placed = self.world, stands.placed
        stages, count, horizon = len(world.stage), len(inside), len(world.delay) - 1
        own = np.zeros(stages, dtype=bool)
        own[inside] = True
        outside = np.flatnonzero(~own)
        start = _starts(placed[:, outside], horizon + 1)
        works = self.works(own)
        hold(world, room, outside[np.argsort(start, kind="stable")].astype(np.int32), placed,
             stands.projects, np.flatnonzero(~works).astype(np.int32))
        new = np.full(stages, -1, dtype=np.int64)
        new[inside] = np.arange(count)
        markers: list[int] = []  # finishes of what stands outside

        def marked(finish: int) -> int:
            markers.append(finish)
            return count + len(markers) - 1

        # Options and the resources that they take.
        option = np.concatenate([np.arange(world.option_start[s], world.option_start[s + 1])
                                 for s in inside]).astype(np.int64)
        counts = np.diff(world.option_start)[inside]
        table = world.option[option].copy()
        columns = [FIRST_POOL, FIRST_GEAR, SECOND_POOL, SECOND_GEAR]
        used = np.unique(table[:, columns])
        used = used[used >= 0]
        number = np.full(len(world.resource) + 1, -1)
        number[used] = np.arange(len(used))
        table[:, columns] = number[table[:, columns]]
        # What was decided to come before.
        after_start, after = [0], []
        for s in inside.tolist():
            for earlier in world.after_stage[world.after_start[s]:world.after_start[s + 1]]:
                after.append(int(new[earlier]) if own[earlier] else marked(int(placed[4, earlier])))
            after_start.append(len(after))
        gates, gate_start = _rows(world.stage_gate_start, world.stage_gate, inside)
        moved = self._affected(room, gates)
        # Communities whose day may change, and guards of the zones that others work in.
        weight, zone, own_start, own_stage, soonest = [], [], [0], [], []
        for c in range(len(world.community_weight)):
            members = world.community_stage[world.community_start[c]:world.community_start[c + 1]]
            if not own[members].any() and not moved[world.community_zone[c]]:
                continue
            own_stage += new[members[own[members]]].tolist()
            others = placed[4, members[~own[members]]]
            if len(others):
                own_stage.append(marked(-1 if (others < 0).any() else int(others.max())))
            own_start.append(len(own_stage))
            weight.append(float(world.community_weight[c]))
            zone.append(int(world.community_zone[c]))
            soonest.append(float(self.soonest[stages + c]))
        for z, points, finish in self._guards(placed, outside, moved):
            own_stage.append(marked(finish))
            own_start.append(len(own_stage))
            weight.append(points)
            zone.append(z)
            soonest.append(0.0)
        kept, works_start, works_stage = np.flatnonzero(works), [0], []
        for w in kept:
            members = world.project_stage[world.project_start[w]:world.project_start[w + 1]]
            works_stage += new[members[own[members]]].tolist()
            others = placed[4, members[~own[members]]]
            if len(others):
                works_stage.append(marked(-1 if (others < 0).any() else int(others.max())))
            works_start.append(len(works_stage))
        follow, follow_start = _rows(world.follow_start, world.follow, kept)
        turn = np.full(len(world.project), -1)
        turn[kept] = np.arange(len(kept))
        marked(0)  # at least one, so that there is something that stands
        many = len(markers)
        stage = np.vstack([world.stage[inside], np.zeros((many, world.stage.shape[1]), np.int32)])
        before = stage[:count, PREDECESSOR]
        stage[:count, PREDECESSOR] = np.where(before >= 0, new[before], -1)
        stage[count:, PREDECESSOR] = -1
        there = placed[:, inside].copy()
        back = np.full(len(world.option) + 1, -1)
        back[option] = np.arange(len(option))
        there[0] = back[there[0]]
        ends = np.full((5, many), -1, np.int32)
        ends[4] = markers
        full = np.concatenate([[0], np.cumsum(counts), np.full(many, counts.sum())])
        made = world._replace(
            option=table, money=world.money[option], option_start=full.astype(np.int32),
            stage=np.ascontiguousarray(stage),
            worth=np.vstack([world.worth[inside], np.zeros((many, world.worth.shape[1]))]),
            resource=world.resource[used], after_start=_whole(after_start + [len(after)] * many),
            after_stage=_whole(after),
            stage_gate_start=_whole([*gate_start, *[len(gates)] * many]), stage_gate=_whole(gates),
            community_weight=np.array(weight, dtype=float), community_zone=_whole(zone),
            community_start=_whole(own_start), community_stage=_whole(own_stage),
            project_start=_whole(works_start), project_stage=_whole(works_stage),
            project=np.ascontiguousarray(world.project[kept]),
            project_worth=np.ascontiguousarray(world.project_worth[kept]),
            follow_start=_whole(follow_start), follow=_whole(turn[follow]),
            season=np.ascontiguousarray(world.season[kept if len(world.season) else []]))
        reserved = np.full((3, count + many), -1, np.int32)
        reserved[:, :count] = room.reserved[:, inside]
        reserved[0, :count] = back[reserved[0, :count]]
        left = Room(room.free[used], room.skip[used], room.slack.copy(), room.gate_left.copy(),
                    room.gate_opens.copy(), room.zone_opens.copy(),
                    np.concatenate([room.pinned[inside], np.zeros(many, np.int8)]), reserved,
                    np.hstack([room.lent[:, inside], np.zeros((len(room.lent), many))]))
        return Small(made, left, inside, option, np.ascontiguousarray(np.hstack([there, ends])),
                     np.concatenate([self.soonest[inside], np.zeros(many), soonest]),
                     within(self.groups, new, count + many))

    def works(self, own: np.ndarray) -> np.ndarray:
        """(W,) whether a project waits for a stage of a region, or follows one that does, or comes
        before it. own (S,) bool : the region's stages."""
        world, count = self.world, len(self.world.project)
        of = np.repeat(np.arange(count), np.diff(world.project_start))
        out = np.bincount(of[own[world.project_stage]], minlength=count) > 0
        later = np.repeat(np.arange(count), np.diff(world.follow_start))
        while (out[later] != out[world.follow]).any():
            out[later] |= out[world.follow]
            out[world.follow] |= out[later]
        return out

    def _affected(self, room: Room, gates: np.ndarray) -> np.ndarray:
        """(Z,) whether the day on which a zone opens may depend on some gates."""
        world = self.world
        out = np.zeros(world.zones, dtype=bool)
        front = np.unique(world.gate[gates, GATE_TO]) if len(gates) else np.zeros(0, np.int32)
        while len(front):
            out[front] = True
            leads = out[world.gate[:, GATE_FROM]] & ~out[world.gate[:, GATE_TO]]
            front = np.unique(world.gate[leads, GATE_TO])
        out &= room.zone_opens > 0
        return out

    def _guards(self, placed: np.ndarray, outside: np.ndarray, moved: np.ndarray
                ) -> list[tuple[int, float, int]]:
        """(zone, points a day, finish of the first stage) of the zones in which stages outside
        wait for a region's roads.

        What stands stays where it is while a region is searched, though ground behind a road that
        opens later would wait. As a community without people it costs nothing before its first
        stage is finished, and what all its stages are worth behind that.
        """
        world = self.world
        zone = world.stage[outside, ZONE]
        waits = moved[zone] & (placed[1, outside] >= 0)
        stages, zone = outside[waits], zone[waits]
        points = np.bincount(zone, world.worth[stages, WEIGHT], minlength=world.zones)
        order = np.lexsort((placed[4, stages], zone))
        zones, first = np.unique(zone[order], return_index=True)
        finish = placed[4, stages[order[first]]]
        return [(int(z), float(points[z]), int(f)) for z, f in zip(zones, finish, strict=True)]

    def settle(self, stands: Standing, parts: list[tuple[np.ndarray, np.ndarray]]) -> Standing:
        """Put regions back: all at its time, or as soon after it as roads, teams and money let it.

        parts : stages (N,) and their placing (5, N)
        """
        placed = stands.placed.copy()
        for inside, there in parts:
            placed[:, inside] = there
        world = self.world
        stage, option = world.stage.copy(), world.option.copy()
        stage[:, EARLIEST] = np.maximum(stage[:, EARLIEST], placed[1])
        two = np.flatnonzero(placed[3] >= 0)
        o = placed[0, two]
        option[o, SECOND_FROM] = np.maximum(option[o, SECOND_FROM], placed[3, two])
        found, projects, _, score = place_all(
            dispatch_order(self.problem, _starts(placed, len(world.delay)).astype(float)),
            world._replace(stage=stage, option=option), self.fixed_room, self.ones, self.free,
            np.ascontiguousarray(placed[0]), 0.0)
        return Standing(found, projects, score)

    def orders(self, stands: Standing) -> list[np.ndarray]:
        """Orders (S,) whose decoding comes near a schedule: by start, and what comes out too late
        earlier by so much, some times over."""
        placed = stands.placed
        key = _starts(placed, len(self.world.delay)).astype(float)
        wanted = _finishes(placed, len(self.world.delay))
        out = []
        for _ in range(_REPAIRS):
            order = dispatch_order(self.problem, key)
            out.append(order)
            got = place_all(order, self.world, self.fixed_room, self.ones, self.free,
                            np.ascontiguousarray(placed[0]), 0.0)[0]
            late = _finishes(got, len(self.world.delay)) - wanted
            key = key - np.maximum(late, 0) + 0.1 * np.maximum(-late, 0)
        return out


def within(groups: Groups, new: np.ndarray, stages: int) -> Groups:
    """What groups have inside a region. new (S,) : number of a stage in it, -1 outside; stages :
    so many stages the region has, markers included."""
    of_group = np.repeat(np.arange(len(groups.start) - 1), np.diff(groups.start))
    kept = new[groups.stage] >= 0
    count = np.bincount(of_group[kept], minlength=max(1, len(groups.start) - 1))
    kept &= count[of_group] > 1
    stage = new[groups.stage[kept]]
    _, number = np.unique(of_group[kept], return_inverse=True)
    order = np.argsort(stage, kind="stable")
    return Groups(
        _whole(np.concatenate([[0], np.cumsum(np.bincount(number))])), _whole(stage),
        _whole(np.concatenate([[0], np.cumsum(np.bincount(stage, minlength=stages))])),
        _whole(number[order]))


def _starts(placed: np.ndarray, never: int) -> np.ndarray:
    return np.where(placed[1] >= 0, placed[1], never)


def _finishes(placed: np.ndarray, never: int) -> np.ndarray:
    return np.where(placed[4] >= 0, placed[4], never)


def _rows(start: np.ndarray, of: np.ndarray, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows of a ragged table: their values one behind the other, and where each starts (N + 1,)."""
    counts = np.diff(start)[rows]
    at = np.concatenate([[0], np.cumsum(counts)])
    index = np.repeat(start[rows] - at[:-1], counts) + np.arange(at[-1])
    return of[index], at


def _whole(values: object) -> np.ndarray:
    return np.ascontiguousarray(np.asarray(values, dtype=np.int64), dtype=np.int32)
