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
    count_elements,
    elements,
    lay_out,
)
from landrelease.forecast.calendar import Calendar
from landrelease.forecast.chance import QUICK, fork
from landrelease.forecast.dispatch import (
    Comings,
    Ways,
    Workforce,
    _play,
    buffers,
    comings_of,
)
from landrelease.forecast.effects import Effects
from landrelease.forecast.uncertain import Draws, Uncertain

PORTIONS = 32  # of the runs; a worker takes one after the other


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


# How portions of runs are played: (function, portions) -> results in the same order. Threads do it
# here; a cluster does it as well, see `dask_spread`.
Spread = Callable[[Callable[..., Simulated], Sequence[tuple]], "list[Simulated]"]


def model_of(areas: Areas, workforce: Workforce, ways: Ways, uncertain: Uncertain, effects: Effects,
             calendar: Calendar, *, bin_days: float, bins: int) -> Model:
    part = effects.renewed_part if effects.renewed_rate > 0.0 else 0.0
    return Model(areas, workforce, ways, chances_of(uncertain, part), effects,
                 comings_of(workforce), calendar.begins, calendar.ends, float(bin_days), int(bins))


def runs_of(draws: Draws, workforce: Workforce, pace: np.ndarray | None = None) -> Runs:
    """`pace` (R, T): each team's m² a day over that of its pool in the run; None: all the same."""
    sizes = np.diff(workforce.pool_start)
    slow = np.repeat(1.0 / draws.rate, sizes, axis=1)
    if pace is not None:
        slow = slow / pace
    return Runs(np.ascontiguousarray(draws.shares), draws.undiscovered, draws.rework,
                1.0 / draws.available, slow)


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
    edges = np.linspace(0, count, min(count, max(threads, PORTIONS)) + 1).astype(int).tolist()
    portions = [(model, Runs(*(part[a:b] for part in runs)), seed, a)
                for a, b in itertools.pairwise(edges)]
    if spread is not None:
        done = spread(play_portion, portions)
    else:
        done = []
        with ThreadPoolExecutor(threads) as executor:
            waiting = [executor.submit(play_portion, *portion) for portion in portions]
            try:
                for number, future in enumerate(waiting):
                    done.append(future.result())
                    progress("simulating the programme", (number + 1) / len(waiting))
            except BaseException:
                for future in waiting:
                    future.cancel()
                raise
    return Simulated(*(np.concatenate([getattr(part, field.name) for part in done])
                       for field in fields(Simulated)))


def play_portion(model: Model, runs: Runs, seed: int, first: int) -> Simulated:
    """Play some runs; `first` is the number of the first of them among all.

    A function of its arguments alone, so that it may run anywhere.
    """
    count, ways = len(runs.lost), model.ways
    out = Simulated(
        finish_slot=np.full(count, np.inf), cost=np.zeros(count), work_cost=np.zeros(count),
        found_m2=np.zeros(count), released_m2=np.zeros((count, 3, model.bins)),
        community_slot=np.full((count, len(ways.community_zone)), np.inf),
        work_slot=np.zeros((count, ways.works)),
        area_slot=np.zeros((count, len(model.areas.hazard_m2)), dtype=np.float32),
        stopped_slot=np.full(count, np.inf))
    capacity = int(_most_elements(np.uint64(seed), first, model.areas, model.chances,
                                  runs.undiscovered))
    _play_all(np.uint64(seed), first, model, runs, elements(model.areas, capacity),
              buffers(model.workforce, ways, model.effects, capacity),
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
def _most_elements(seed, first, areas, chances, undiscovered):
    most = 0
    for r in range(len(undiscovered)):
        most = max(most, count_elements(fork(seed, first + r), areas, chances, undiscovered[r]))
    return most


@njit(**QUICK)
def _play_all(seed, first, model, runs, room, buffer, finish_slot, cost, work_cost, found_m2,
              released_m2, community_slot, work_slot, area_slot, stopped_slot):
    areas, workforce, ways = model.areas, model.workforce, model.ways
    pools = len(workforce.opens)
    for r in range(len(runs.lost)):
        key = fork(seed, first + r)
        count, found = lay_out(key, areas, model.chances, runs.shares[r], runs.undiscovered[r],
                               runs.rework[r], room)
        found_m2[r] = found
        _play(key, count, room.stage, room.parent, room.work, room.known, runs.slow[r],
              runs.lost[r], workforce, ways, model.effects, model.comings, buffer)
        total = paid = 0.0
        for p in range(pools):
            total += buffer.worked[p] * workforce.cost[p]
            begins = max(workforce.opens[p], 0.0)
            for team in range(workforce.pool_start[p], workforce.pool_start[p + 1]):
                if buffer.busy_until[team] >= 0.0:
                    paid += (buffer.busy_until[team] - begins) * workforce.cost[p]
        cost[r], work_cost[r] = paid, total
        for c in range(len(ways.community_zone)):
            community_slot[r, c] = buffer.zone_opens[ways.community_zone[c]]
        last = 0.0
        for e in range(count):
            at = buffer.finish[e]
            last = max(last, at)
            s = room.stage[e]
            h = areas.hazard[s]
            area_slot[r, h] = max(area_slot[r, h], np.float32(at))
            if at < np.inf and room.released_m2[e] > 0.0:
                k = max(int(np.ceil(at)) - 1, 0)
                day = 0.0
                if at > 0.0:
                    day = model.begins[k] + (at - k) * (model.ends[k] - model.begins[k])
                point = min(int(np.ceil(day / model.bin_days)), model.bins - 1)
                released_m2[r, areas.activity[s], point] += room.released_m2[e]
        finish_slot[r] = last
        stopped_slot[r] = buffer.stopped[0]
        for w in range(len(ways.work)):
            s = ways.work_stage[w]
            at = buffer.finish[room.first[areas.rank[s]]]
            work_slot[r, ways.work[w]] = max(work_slot[r, ways.work[w]], at)
