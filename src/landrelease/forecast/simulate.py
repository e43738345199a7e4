"""The programme, played out many times: stated shares and ranges in, R runs out.

A run depends on the seed and its own number alone: neither the number of workers, nor the order in
which they work, nor another number of teams changes what it finds.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
from numba import njit

from landrelease.core.progress import Progress, silent
from landrelease.forecast.areas import (
    Areas,
    Chances,
    chances_of,
    lay_out,
    most_elements,
)
from landrelease.forecast.calendar import Calendar
from landrelease.forecast.chance import QUICK, fork
from landrelease.forecast.dispatch import (
    Comings,
    Ways,
    Workforce,
    _play,
    comings_of,
)
from landrelease.forecast.effects import Effects
from landrelease.forecast.scene import scene_of
from landrelease.forecast.uncertain import Draws, Uncertain

PORTIONS = 32  # of the runs; a worker takes one after the other
FEWEST_RUNS = 25  # of a portion: laying out the room for it takes as long as a few runs


@dataclass(frozen=True, slots=True)
class Simulated:
    """What R runs gave. Slots are inf where it did not happen by the horizon; areas in m²."""

    finish_slot: np.ndarray  # (R,)
    cost: np.ndarray  # (R,) team-days on the books
    work_cost: np.ndarray  # (R,) team-days on tasks
    found_m2: np.ndarray  # (R,) area nobody knew of, released or not
    released_m2: np.ndarray  # (R, 3, B) cancelled, reduced, cleared within each bin of time
    community_slot: np.ndarray  # (R, C) can be reached from here on
    work_slot: np.ndarray  # (R, K) its land is free from here on
    area_slot: np.ndarray  # float32 (R, H) each known area done, with what turned up beside it
    stopped_slot: np.ndarray  # (R,) money first kept work from being begun


class Model(NamedTuple):
    """All that the runs share."""

    areas: Areas
    workforce: Workforce
    ways: Ways
    chances: Chances
    effects: Effects
    comings: Comings
    begins: np.ndarray  # (N,) days, see Calendar
    ends: np.ndarray
    bin_days: float
    bins: int


class Runs(NamedTuple):
    """The programme-wide draws of R runs."""

    shares: np.ndarray  # (R, 3)
    undiscovered: np.ndarray  # (R,)
    rework: np.ndarray  # (R,)
    lost: np.ndarray  # (R,) calendar slots over slots worked
    slow: np.ndarray  # (R, T) each team's time over the planned time
    # (R, G, P) a pool's time on each kind of ground over that on ordinary ground; row 0 is ordinary
    ground: np.ndarray


# How portions of runs are played: (function, portions) -> results in the same order. Threads do it
# here; a cluster does it as well, see `dask_spread`.
Spread = Callable[[Callable[..., Simulated], Sequence[tuple]], "list[Simulated]"]


def model_of(areas: Areas, workforce: Workforce, ways: Ways, uncertain: Uncertain, effects: Effects,
             calendar: Calendar, *, bin_days: float, bins: int) -> Model:
    part = effects.renewed_part if effects.renewed_rate > 0.0 else 0.0
    return Model(areas, workforce, ways, chances_of(uncertain, part), effects,
                 comings_of(workforce), calendar.begins, calendar.ends, float(bin_days), int(bins))


def runs_of(draws: Draws, workforce: Workforce, pace: np.ndarray | None = None,
            ground: np.ndarray | None = None, grounds: int = 0) -> Runs:
    """`pace` (R, T): each team's m² a day over that of its pool in the run; None: all the same.
    `ground`: see `Runs`; None: all of the `grounds` that areas lie on are ordinary."""
    sizes = np.diff(workforce.pool_start)
    slow = np.repeat(1.0 / draws.rate, sizes, axis=1)
    if pace is not None:
        slow = slow / pace
    return Runs(np.ascontiguousarray(draws.shares), draws.undiscovered, draws.rework,
                1.0 / draws.available, slow, ground if ground is not None else
                np.ones((draws.rate.shape[0], 1 + grounds, draws.rate.shape[1])))


def simulate(
    model: Model,
    runs: Runs,
    *,
    seed: int,
    workers: int | None = None,
    spread: Spread | None = None,
    progress: Progress = silent,
) -> Simulated:
    """Play all runs; the answer depends neither on `workers` nor on `spread`.

    workers : threads, None: one a processor. The kernel lets go of the interpreter, so threads do
        run side by side; `progress` may raise KeyboardInterrupt between portions of runs.
    spread : plays the portions elsewhere, for example on a cluster
    """
    count = len(runs.lost)
    threads = max(1, min(workers or os.cpu_count() or 1, count))
    portions = min(count, max(threads, min(PORTIONS, count // FEWEST_RUNS)))
    edges = np.linspace(0, count, portions + 1).astype(int).tolist()
    spans = list(itertools.pairwise(edges))
    parts = [(model, Runs(*(part[a:b] for part in runs)), seed, a) for a, b in spans]
    names = [field.name for field in fields(Simulated)]
    if spread is not None:
        done = spread(play_portion, parts)
        return Simulated(*(np.concatenate([getattr(part, name) for part in done])
                           for name in names))
    whole = _room_for(model, count)  # threads write into it: nothing is copied
    if len(parts) == 1:  # here and now: many short calls, as of back-testing, need no thread
        play_portion(*parts[0], whole)
        progress("simulating the programme", 1.0)
        return whole
    with ThreadPoolExecutor(threads) as executor:
        waiting = [
            executor.submit(play_portion, *part,
                            Simulated(*(getattr(whole, name)[a:b] for name in names)))
            for part, (a, b) in zip(parts, spans, strict=True)]
        try:
            for number, future in enumerate(waiting):
                future.result()
                progress("simulating the programme", (number + 1) / len(waiting))
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return whole


def _room_for(model: Model, count: int) -> Simulated:
    return Simulated(
        finish_slot=np.full(count, np.inf), cost=np.zeros(count), work_cost=np.zeros(count),
        found_m2=np.zeros(count), released_m2=np.zeros((count, 3, model.bins)),
        community_slot=np.full((count, len(model.ways.community_zone)), np.inf),
        work_slot=np.zeros((count, model.ways.works)),
        area_slot=np.zeros((count, len(model.areas.hazard_m2)), dtype=np.float32),
        stopped_slot=np.full(count, np.inf))


def play_portion(model: Model, runs: Runs, seed: int, first: int, out: Simulated | None = None
                 ) -> Simulated:
    """Play some runs; `first` is the number of the first of them among all.

    A function of its arguments alone, so that it may run anywhere. It writes into `out` where one
    is given, fresh from `_room_for`.
    """
    ways = model.ways
    if out is None:
        out = _room_for(model, len(runs.lost))
    most = float(np.max(runs.undiscovered, initial=0.0))
    scene = scene_of(model.areas, model.workforce, ways, model.chances, model.effects,
                     model.comings, max(most_elements(model.areas, model.chances, most), 1))
    _play_all(np.uint64(seed), first, runs, scene, model.begins, model.ends, model.bin_days,
              ways.community_zone, ways.work, ways.work_stage,
              out.finish_slot, out.cost, out.work_cost, out.found_m2, out.released_m2,
              out.community_slot, out.work_slot, out.area_slot, out.stopped_slot)
    return out


def dask_spread(scheduler: object = "processes") -> Spread:
    """Portions as Dask tasks: `scheduler` is "processes", "threads", "synchronous" or a client."""

    def spread(function: Callable[..., Simulated], portions: Sequence[tuple]) -> list[Simulated]:
        import dask

        tasks = [dask.delayed(function, pure=False)(*portion) for portion in portions]
        if hasattr(scheduler, "compute"):  # a distributed client
            return list(scheduler.gather(scheduler.compute(tasks)))  # type: ignore[attr-defined]
        return list(dask.compute(*tasks, scheduler=scheduler))

    return spread


# --- compiled ------------------------------------------------------------------------------------


@njit(**QUICK)
def _play_all(seed, first, runs, scene, begins, ends, bin_days, community_zone, work, work_stage,
              finish_slot, cost, work_cost, found_m2, released_m2, community_slot, work_slot,
              area_slot, stopped_slot):
    elements, stages, pools, teams = scene.elements, scene.stages, scene.pools, scene.teams
    bins = released_m2.shape[2]
    for r in range(len(runs.lost)):
        key = fork(seed, first + r)
        count, found_m2[r] = lay_out(key, scene, runs.shares[r, 0], runs.shares[r, 1],
                                     runs.shares[r, 2], runs.undiscovered[r], runs.rework[r])
        _play(key, count, runs.slow[r], runs.lost[r], runs.ground[r], scene)
        total = paid = 0.0
        for p in range(len(pools)):
            pool = pools[p]
            total += pool.worked * pool.cost
            opens = max(pool.opens, 0.0)
            for team in range(pool.first, pool.end):
                if teams[team].busy_until >= 0.0:
                    paid += (teams[team].busy_until - opens) * pool.cost
        cost[r], work_cost[r] = paid, total
        for c in range(len(community_zone)):
            community_slot[r, c] = scene.zones[community_zone[c]].opens
        last = 0.0
        for e in range(count):
            element = elements[e]
            at = element.finish
            last = max(last, at)
            stage = stages[element.stage]
            area_slot[r, stage.hazard] = max(area_slot[r, stage.hazard], np.float32(at))
            if at < np.inf and element.released > 0.0:
                k = max(int(np.ceil(at)) - 1, 0)
                day = 0.0
                if at > 0.0:
                    day = begins[k] + (at - k) * (ends[k] - begins[k])
                point = min(int(np.ceil(day / bin_days)), bins - 1)
                released_m2[r, stage.activity, point] += element.released
        finish_slot[r] = last
        stopped_slot[r] = scene.stopped[0]
        for w in range(len(work)):
            at = elements[scene.first[stages[work_stage[w]].rank]].finish
            work_slot[r, work[w]] = max(work_slot[r, work[w]], at)
