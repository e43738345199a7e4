"""Annealing of an order: small changes, decoded again from the first stage that they touch.

Serial placing depends on what was placed before and on nothing else, so a changed order shares all
that comes before its first change. The state of the decoder is kept at marks along the order; a
try starts from the last mark before its first change and is given up when it can no longer be
accepted. Source of the schedule of temperatures: S. Kirkpatrick, C. Gelatt, M. Vecchi, Science 220
(1983).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from landrelease.core.loops import loop
from landrelease.core.work import Problem
from landrelease.plan.arrays import (
    CHARGE,
    FIRST_FROM,
    FIRST_SLOTS,
    GATE_FROM,
    GATE_TO,
    LATEST,
    PREDECESSOR,
    PROJECT_COST,
    PROJECT_FUND,
    SECOND_FROM,
    SECOND_POOL,
    SECOND_SLOTS,
    STAGE_FUND,
    Arrays,
)
from landrelease.plan.decoder import (
    INNER,
    clear_room,
    copy_row,
    copy_table,
    pay,
    place_from,
    place_projects,
    release_pin,
    spread,
    stage_cost,
    take,
)

MARKS = 20
MOVES = ("one stage", "neighbours", "group forward", "group", "two stages", "option")


class Groups(NamedTuple):
    """Stages that are worth moving together: of a task, a hazard, a gate, what a community waits
    for, what a project waits for. `of_start`, `of` : the groups of a stage."""

    start: np.ndarray  # int32 (N + 1,)
    stage: np.ndarray  # int32
    of_start: np.ndarray  # int32 (S + 1,)
    of: np.ndarray  # int32


def groups_of(problem: Problem, behind: list[np.ndarray | None] | None = None) -> Groups:
    """The groups of a problem. behind : for each zone the stages that every way to it needs
    (`access.dominators`), None without roads."""
    stages = len(problem.predecessor)
    sets: dict[bytes, np.ndarray] = {}

    def add(members: np.ndarray) -> None:
        whole = np.unique(np.asarray(members, dtype=np.int32))
        if 1 < len(whole) <= max(60, stages // 8):
            sets.setdefault(whole.tobytes(), whole)

    before = problem.predecessor
    chain = [[s] for s in range(stages)]
    for s in range(stages):
        at = int(before[s])
        while at >= 0:
            chain[s].append(at)
            at = int(before[at])
    leaves = np.setdiff1d(np.arange(stages), before[before >= 0])
    for s in leaves:
        add(np.array(chain[s]))
    for members in np.split(np.argsort(problem.hazard, kind="stable"),
                            np.flatnonzero(np.diff(np.sort(problem.hazard))) + 1):
        add(members)
    access = problem.access
    if access is not None:
        for g in range(len(access.gate_ids)):
            add(access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]])
        for c in range(len(access.community_ids)):
            own = access.community_stage[access.community_start[c]:access.community_start[c + 1]]
            add(own)
            way = None if behind is None else behind[int(access.community_zone[c])]
            if way is not None:
                add(way)
                add(np.concatenate([own, way]))
    works = problem.conditions.projects
    if works is not None:
        for w in range(len(works.ids)):
            add(np.concatenate([chain[s] for s in
                                works.stage[works.start[w]:works.start[w + 1]]] or [[]]))
    found = list(sets.values())
    start = np.cumsum([0] + [len(m) for m in found]).astype(np.int32)
    stage = (np.concatenate(found) if found else np.zeros(0)).astype(np.int32)
    of = np.repeat(np.arange(len(found)), np.diff(start))[np.argsort(stage, kind="stable")]
    count = np.bincount(stage, minlength=stages)
    return Groups(start, stage, np.concatenate([[0], np.cumsum(count)]).astype(np.int32),
                  of.astype(np.int32))


def soonest_costs(world: Arrays) -> np.ndarray:
    """Points (S + C,) that stages and communities cost even with a team for every stage at once,
    roads aside: what is still to come costs at least that."""
    stages, horizon = len(world.stage), len(world.delay) - 1
    out = np.zeros(stages + len(world.community_weight))
    _soonest(world, out, np.full(stages, -1, np.int32), horizon)
    return out


@loop(cache=True, nogil=True)
def _soonest(world, out, finish, horizon):
    stages = len(world.stage)
    left = stages
    while left > 0:
        left = 0
        for s in range(stages):
            before = world.stage[s, PREDECESSOR]
            if finish[s] >= 0:
                continue
            if before >= 0 and finish[before] < 0:
                left += 1
                continue
            release = 0 if before < 0 else finish[before]
            soonest = horizon
            for o in range(world.option_start[s], world.option_start[s + 1]):
                f = max(release, world.option[o, FIRST_FROM]) + world.option[o, FIRST_SLOTS]
                if world.option[o, SECOND_POOL] >= 0:
                    f = max(f, world.option[o, SECOND_FROM]) + world.option[o, SECOND_SLOTS]
                soonest = min(soonest, f)
            finish[s] = soonest
            out[s] = stage_cost(s, soonest, world.worth, world.loss, world.seasons, world.delay)
    for c in range(len(world.community_weight)):
        at = 0
        for i in range(world.community_start[c], world.community_start[c + 1]):
            at = max(at, finish[world.community_stage[i]])
        out[stages + c] = world.community_weight[c] * world.loss[min(at, horizon)]


@loop(cache=True, nogil=True, **INNER)
def keep(mark, i, room):
    """Copy the decoder's state into mark i."""
    copy_table(room.free, mark[0][i])
    copy_table(room.skip, mark[1][i])
    copy_table(room.slack, mark[2][i])
    copy_row(room.gate_left, mark[3][i])
    copy_row(room.gate_opens, mark[4][i])
    copy_row(room.zone_opens, mark[5][i])
    copy_row(room.pinned, mark[6][i])


@loop(cache=True, nogil=True, **INNER)
def take_back(mark, i, room):
    """Copy mark i into the decoder's state."""
    copy_table(mark[0][i], room.free)
    copy_table(mark[1][i], room.skip)
    copy_table(mark[2][i], room.slack)
    copy_row(mark[3][i], room.gate_left)
    copy_row(mark[4][i], room.gate_opens)
    copy_row(mark[5][i], room.zone_opens)
    copy_row(mark[6][i], room.pinned)


@loop(cache=True, nogil=True)
def hold(world, room, stages, placed, projects, works):
    """Make `room` what some stages leave over that stay where `placed` (5, S) has them, in the
    order given, and some projects `works` where `projects` (2, W) has them; zones open as far as
    these stages open them."""
    clear_room(world, room)
    for i in range(len(stages)):
        s = np.int64(stages[i])
        o = placed[0, s]
        if room.pinned[s] == 1:
            if o == room.reserved[0, s] and placed[1, s] == room.reserved[1, s] and (
                    placed[3, s] == room.reserved[2, s]):
                o = -1  # reserved as it stands
            else:
                release_pin(s, world, room)
        if o >= 0:
            take(np.int64(o), world.stage[s, STAGE_FUND], placed[1, s], placed[3, s], world.option,
                 world.money, world.worked, world.slot_of, world.tranche_from,
                 world.payer_start, world.payer, room.free, room.skip, room.slack)
        if placed[4, s] < 0:
            continue
        for j in range(world.stage_gate_start[s], world.stage_gate_start[s + 1]):
            g = world.stage_gate[j]
            room.gate_left[g] -= 1
            room.gate_opens[g] = max(room.gate_opens[g], placed[4, s])
            if room.gate_left[g] == 0:
                at = max(room.zone_opens[world.gate[g, GATE_FROM]], room.gate_opens[g])
                spread(world.gate[g, GATE_TO], at, world.gate, world.zone_gate_start,
                       world.zone_gate, room.gate_left, room.gate_opens, room.zone_opens)
    for i in range(len(works)):
        w = works[i]
        if projects[0, w] >= 0 and world.project[w, PROJECT_FUND] >= 0:
            pay(world.project[w, PROJECT_FUND], world.project_worth[w, PROJECT_COST],
                projects[0, w], world.tranche_from, room.slack, world.payer_start, world.payer)


@loop(cache=True, nogil=True)
def anneal(order, chosen, world, room, soonest, groups, weights, tries, heat, cooling, seed, fixed,
           placed):
    """Simulated annealing: `tries` small changes at temperature heat * cooling ** try.

    order (S,), chosen (S,) as in `place_all`. weights (6,) : how often each of `MOVES` is tried.
    fixed : so many stages at the head of the order stay where `placed` (5, S) has them, and `room`
        holds what they left over (`hold`); 0: all are free, and both are overwritten.

    Returns (best score, its order, its options, the end's order and options, (6, 3) tries,
    acceptances and points gained of each move, stages placed).
    """
    np.random.seed(seed)
    stages, horizon = len(order), len(world.delay) - 1
    communities = len(world.community_weight)
    no_price = np.zeros((len(world.resource), horizon + 1))
    value = np.ones(stages)
    projects = np.empty((2, len(world.project)), np.int32)
    marks = min(MARKS, stages - fixed)
    step = (stages - fixed + marks - 1) // marks
    resources = len(world.resource)
    mark = (np.empty((marks, resources, horizon + 1), np.int16),
            np.empty((marks, resources, horizon + 1), np.int16),
            np.empty((marks, room.slack.shape[0], room.slack.shape[1])),
            np.empty((marks, len(room.gate_left)), np.int32),
            np.empty((marks, len(room.gate_left)), np.int32),
            np.empty((marks, len(room.zone_opens)), np.int32),
            np.empty((marks, stages), np.int8))
    mark_spent = np.empty(marks)
    base = 0.0
    for i in range(stages + communities):
        base += soonest[i]
    # The state of the order that stands.
    finish = np.empty((5, stages), np.int32)
    trial = np.empty((5, stages), np.int32)
    tried = np.empty(stages, np.int8)
    taken = np.empty(stages, np.int32)
    seq, new = order.copy(), order.copy()
    chosen = chosen.copy()
    at = np.empty(stages, np.int32)
    inside = np.zeros(stages, np.bool_)
    nought = np.int64(0)  # a literal would be another type, and all be compiled twice
    if fixed == 0:
        clear_room(world, room)
    keep(mark, nought, room)
    for s in range(stages):
        tried[s], finish[4, s] = 0, -1
    for j in range(fixed):
        s = seq[j]
        taken[j], tried[s] = s, 1
        for i in range(5):
            finish[i, s] = trial[i, s] = placed[i, s]
        ends = np.int64(placed[4, s] if placed[4, s] >= 0 else horizon)
        base += stage_cost(np.int64(s), ends, world.worth, world.loss, world.seasons, world.delay)
        base -= soonest[s]
        if placed[0, s] >= 0:
            base += world.money[placed[0, s], CHARGE]
    mark_spent[0] = base
    place_from(seq, np.int64(fixed), np.int64(stages), world, room, finish, tried, value, no_price,
               chosen, taken, base, np.inf, soonest, 0.0)
    copy_row(taken, seq)
    copy_row(taken, new)
    take_back(mark, nought, room)
    reached, now = settle(seq, nought, step, world, room, finish, tried, value, no_price, chosen,
                          taken, soonest, mark, mark_spent, projects, fixed)
    first_now = now
    best, best_seq, best_chosen = now, seq.copy(), chosen.copy()
    for s in range(stages):
        at[seq[s]] = s
    record = np.zeros((len(weights), 3))
    total = weights.sum()
    placed = 0
    for _ in range(tries):
        draw, kind = np.random.random() * total, 0
        while kind < len(weights) - 1 and draw >= weights[kind]:
            draw -= weights[kind]
            kind += 1
        record[kind, 0] += 1
        first, switched, old_option = change(kind, seq, new, at, inside, chosen, world, groups,
                                             fixed)
        if first < 0:
            heat *= cooling
            continue
        if switched >= 0:
            old_option, chosen[switched] = chosen[switched], old_option
        i = (min(min(first, reached), stages - 1) - fixed) // step
        k = fixed + i * step
        limit = now - heat * np.log(np.random.random())
        take_back(mark, i, room)
        for j in range(fixed, k):
            s = seq[j]
            tried[s] = 1
            trial[4, s] = finish[4, s]
            taken[j] = s
        for j in range(k, stages):
            s = seq[j]
            tried[s] = 0
            trial[4, s] = -1
        score = place_from(new, k, stages, world, room, trial, tried, value, no_price, chosen,
                           taken, mark_spent[i], limit, soonest, 0.0)
        placed += stages - k
        if score <= limit and len(world.project) > 0:
            score += place_projects(world, room, trial, projects)
        if score == now and np.random.random() < 0.9:
            score = np.inf  # most changes without effect are not worth a second decoding
        if score <= limit:
            record[kind, 1] += 1
            record[kind, 2] += max(0.0, now - score)
            now = score
            for j in range(k, stages):
                seq[j] = taken[j]
                at[taken[j]] = j
                new[j] = taken[j]
            take_back(mark, i, room)
            reached, _ = settle(seq, i, step, world, room, finish, tried, value, no_price, chosen,
                                taken, soonest, mark, mark_spent, projects, fixed)
            if now < best - 1e-9 * abs(best):
                best = now
                copy_row(seq, best_seq)
                copy_row(chosen, best_chosen)
        else:
            if switched >= 0:
                chosen[switched] = old_option
            for j in range(first, stages):
                new[j] = seq[j]
        heat *= cooling
    return best, best_seq, best_chosen, seq, chosen, record, placed, first_now


@loop(cache=True, nogil=True, **INNER)
def settle(seq, i, step, world, room, finish, tried, value, no_price, chosen, taken, soonest,
           mark, mark_spent, projects, fixed):
    """Decode an order in which every stage can be taken in its turn again from mark i, and set the
    marks after it.

    Returns how many stages are reached (those after them wait for roads that never open) and the
    score."""
    stages = len(seq)
    k = fixed + i * step
    for j in range(fixed, k):
        tried[seq[j]] = 1
    for j in range(k, stages):
        tried[seq[j]] = 0
        finish[4, seq[j]] = -1
    spent, reached = mark_spent[i], stages
    while k < stages:
        upto = min(k + step, stages)
        spent = place_from(seq, k, upto, world, room, finish, tried, value, no_price, chosen,
                           taken, spent, np.inf, soonest, 0.0)
        if reached == stages:
            for j in range(k, upto):
                if tried[seq[j]] != 1:
                    reached = j
                    break
        if upto < stages:
            i += 1
            keep(mark, i, room)
            mark_spent[i] = spent
        k = upto
    if len(world.project) > 0:
        spent += place_projects(world, room, finish, projects)
    return reached, spent


@loop(cache=True, nogil=True, **INNER)
def change(kind, seq, new, at, inside, chosen, world, groups, fixed):
    """Write a changed order into `new`, which equals `seq`, by one of `MOVES`, behind its first
    `fixed` stages.

    Returns the first place that changed (-1: nothing did), and the stage whose option changes to
    which option, -1 for none. `inside` is all false before and after. Early stages, which weigh
    more, are changed oftener.
    """
    stages = len(seq)
    i = fixed + int((stages - fixed) * np.random.random() ** 1.5)
    if kind == 5:
        s = seq[i]
        options = world.option_start[s + 1] - world.option_start[s]
        if options < 2 or world.stage[s, LATEST] < len(world.delay) - 1:
            return -1, -1, -1
        o = world.option_start[s] + int(np.random.random() * options)
        if np.random.random() < 0.2:
            o = -1
        return (-1 if o == chosen[s] else i), s, o
    if kind == 0:
        reach = 0.25 * (i - fixed + 20) * np.random.random()
        return shift(seq, new, i, i + int(np.random.normal() * reach), world, fixed), -1, -1
    if kind == 1:
        width = 1 + int(np.random.random() * 8)
        return shift(seq, new, i, i - width if np.random.random() < 0.5 else i + width,
                     world, fixed), -1, -1
    if kind == 4:  # two stages change places, as far as what precedes them lets them
        j = i + int(np.random.normal() * 0.1 * (i - fixed + 20))
        j = min(max(j, fixed), stages - 1)
        if i == j:
            return -1, -1, -1
        i, j = min(i, j), max(i, j)
        first = shift(seq, new, j, i, world, fixed)
        second = shift(new, new, i + 1, j, world, fixed)
        if first < 0 or 0 <= second < first:
            first = second
        return first, -1, -1
    s = seq[i]
    some = groups.of_start[s + 1] - groups.of_start[s]
    if some == 0:
        return -1, -1, -1
    n = groups.of[groups.of_start[s] + int(np.random.random() * some)]
    low, high = stages, -1
    for m in range(groups.start[n], groups.start[n + 1]):
        member = groups.stage[m]
        inside[member] = True
        low, high = min(low, at[member]), max(high, at[member])
    if kind == 2:  # all members that stand behind the target come to it
        target = low + int(np.random.normal() * 0.15 * (low - fixed + 20) * np.random.random())
    else:
        target = low + int(np.random.normal() * 0.3 * (low - fixed + 20) * np.random.random())
    target = min(max(target, fixed), stages - 1)
    first = -1
    if kind == 3 and target > low:  # members up to the target go behind it
        k = low
        for j in range(low, target + 1):
            if not inside[seq[j]]:
                new[k] = seq[j]
                k += 1
        for j in range(low, target + 1):
            if inside[seq[j]]:
                new[k] = seq[j]
                k += 1
        first = low
    else:
        k = target
        for j in range(target, high + 1):
            if inside[seq[j]]:
                new[k] = seq[j]
                k += 1
        for j in range(target, high + 1):
            if not inside[seq[j]]:
                new[k] = seq[j]
                k += 1
        first = target
    for m in range(groups.start[n], groups.start[n + 1]):
        inside[groups.stage[m]] = False
    while first < stages and new[first] == seq[first]:
        first += 1
    return (first if first < stages else -1), -1, -1


@loop(cache=True, nogil=True, **INNER)
def shift(seq, new, i, j, world, fixed):
    """Move the stage at place i to place j, not across its predecessor or successors nor before
    place `fixed`; returns the first place that changed, -1 if none. `new` may be `seq`."""
    stages = len(seq)
    j = min(max(j, fixed), stages - 1)
    s, start = seq[i], i
    while i > j and seq[i - 1] != world.stage[s, PREDECESSOR]:
        new[i] = seq[i - 1]
        i -= 1
    while i < j and world.stage[seq[i + 1], PREDECESSOR] != s:
        new[i] = seq[i + 1]
        i += 1
    new[i] = s
    return min(i, start) if i != start else -1
