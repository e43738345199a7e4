"""The programme, played out many times: stated shares and ranges in, R runs out.

What each run finds is drawn before it is played, from a random stream of its own, so that neither
the number of threads nor another number of teams changes what is drawn.
"""

from __future__ import annotations

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from landrelease.core.progress import Progress
from landrelease.forecast.areas import Areas, turn_out
from landrelease.forecast.calendar import Calendar
from landrelease.forecast.dispatch import Ways, Workforce, play
from landrelease.forecast.uncertain import Draws, Uncertain


@dataclass(frozen=True, slots=True)
class Simulated:
    """What R runs gave. `finish_slot` is inf where a run did not finish; areas in m²."""

    finish_slot: np.ndarray  # (R,)
    cost: np.ndarray  # (R,) team-days on the books
    work_cost: np.ndarray  # (R,) team-days worked
    found_m2: np.ndarray  # (R,) area nobody knew of, released or not
    released_m2: np.ndarray  # (R, 3, B) cancelled, reduced, cleared within each bin of time
    community_slot: np.ndarray  # (R, C) can be reached from here on; inf where not
    work_slot: np.ndarray  # (R, K) its land is free from here on; inf where not


def simulate(
    areas: Areas,
    workforce: Workforce,
    ways: Ways,
    uncertain: Uncertain,
    draws: Draws,
    calendar: Calendar,
    *,
    bin_days: float,
    bins: int,
    seed: int,
    workers: int | None,
    progress: Progress,
) -> Simulated:
    """Play all runs on `workers` threads (None: one a processor); the answer does not depend on it.

    The kernel lets go of the interpreter, so threads do run side by side; `progress` may raise
    KeyboardInterrupt between portions of runs.
    """
    runs = len(draws.rate)
    out = Simulated(
        finish_slot=np.full(runs, np.inf),
        cost=np.zeros(runs),
        work_cost=np.zeros(runs),
        found_m2=np.zeros(runs),
        released_m2=np.zeros((runs, 3, bins)),
        community_slot=np.full((runs, len(ways.community_zone)), np.inf),
        work_slot=np.zeros((runs, ways.works)),
    )
    threads = max(1, min(workers or os.cpu_count() or 1, runs))
    edges = np.linspace(0, runs, min(runs, max(threads, 32)) + 1).astype(int).tolist()

    def portion(first: int, last: int) -> None:
        for run in range(first, last):
            _one(run, areas, workforce, ways, uncertain, draws, calendar, bin_days, bins, seed, out)

    with ThreadPoolExecutor(threads) as executor:
        waiting = [executor.submit(portion, a, b) for a, b in itertools.pairwise(edges)]
        try:
            for number, future in enumerate(waiting):
                future.result()
                progress("simulating the programme", (number + 1) / len(waiting))
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
    return out


def _one(
    run: int,
    areas: Areas,
    workforce: Workforce,
    ways: Ways,
    uncertain: Uncertain,
    draws: Draws,
    calendar: Calendar,
    bin_days: float,
    bins: int,
    seed: int,
    out: Simulated,
) -> None:
    # A key of its own: [seed, run] would give run 0 the stream that drew the factors.
    stream = np.random.SeedSequence(seed, spawn_key=(run,))
    generator = np.random.Generator(np.random.PCG64(stream))
    found = turn_out(
        areas, uncertain, draws.shares[run], draws.undiscovered[run], draws.rework[run], generator
    )
    out.found_m2[run] = found.found_m2
    finish, busy_until, worked, opens = play(
        workforce, ways, found.stage, found.parent, found.work, found.known,
        1.0 / draws.rate[run], 1.0 / draws.available[run])
    out.work_cost[run] = worked @ workforce.cost
    first = np.repeat(np.maximum(workforce.opens, 0.0), np.diff(workforce.pool_start))
    paid = np.where(busy_until >= 0, busy_until - first, 0.0)
    out.cost[run] = paid @ np.repeat(workforce.cost, np.diff(workforce.pool_start))
    out.community_slot[run] = opens[ways.community_zone]
    if len(finish) == 0:
        out.finish_slot[run] = 0.0
        return
    out.finish_slot[run] = finish.max()
    of_stage = np.empty(len(areas.activity))
    of_stage[found.stage[found.known]] = finish[found.known]
    np.maximum.at(out.work_slot[run], ways.work, of_stage[ways.work_stage])
    released = np.isfinite(finish) & (found.released_m2 > 0)
    day = calendar.days(finish[released])
    point = np.minimum(np.ceil(day / bin_days), bins - 1).astype(np.int64)
    activity = areas.activity[found.stage[released]]
    out.released_m2[run] = np.bincount(
        activity * bins + point, found.released_m2[released], minlength=3 * bins
    ).reshape(3, bins)
