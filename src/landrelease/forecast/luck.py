"""What chance did in each run, one number a cause: runs in, factors of the spread out.

What happens on the way (closures, breakdowns, staff that leave, late money, renewed contamination)
and what single areas turn out to be has no stated value that could explain the spread. Here each
cause is one number a run, from the same random numbers as the run itself: how much of it there
would be until a usual finish. So a run does not count as unlucky because it takes long.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

from landrelease.forecast.areas import lay_out, most_elements
from landrelease.forecast.chance import QUICK, exponential, fork, normal, uniform
from landrelease.forecast.scene import scene_of

if TYPE_CHECKING:
    from landrelease.forecast.simulate import Model, Runs

# In the order of the columns of `_luck`.
CAUSES: Mapping[str, str] = {
    "closures": "When closures come and how long they last",
    "breakdowns": "When machines and teams break down",
    "turnover": "When staff leave",
    "late_money": "How late money comes",
    "renewed": "What is contaminated again",
    "empty_areas": "Which areas turn out empty",
    "area_work": "How long the work on single areas takes, what fails and where more turns up",
    "teams": "How fast single teams are",
    "ground": "How much the ground of the areas slows the work",
}


def luck_of(model: Model, runs: Runs, *, seed: int, slots: float, days: float,
            pace: np.ndarray | None = None) -> dict[str, np.ndarray]:
    """(R,) of each cause that differs from run to run, the larger the more of it.

    days, slots : a usual finish, until which closures are counted, and a team's time on tasks until
        then, until which breakdowns and departures are
    pace : (R, T) how teams of a kind differ, see `runs_of`
    """
    ways, effects = model.ways, model.effects
    most = float(np.max(runs.undiscovered, initial=0.0))
    scene = scene_of(model.areas, model.workforce, ways, model.chances, effects, model.comings,
                     max(most_elements(model.areas, model.chances, most), 1))
    # Planned slots of each stage, at its shortest.
    option, starts = model.workforce.option, model.workforce.option_start
    length = (option[:, 1] + option[:, 3]).astype(float)
    planned = np.array([length[a:b].min() if b > a else 0.0
                        for a, b in zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)])
    weight = np.zeros(max(len(effects.open_scale), 1))
    inside = effects.sector >= 0
    np.add.at(weight, effects.sector[inside], planned[inside])
    out = np.zeros((len(runs.lost), 7))
    _luck(np.uint64(seed), runs, scene, planned, weight / max(weight.sum(), 1e-300), slots, days,
          out)
    found = dict(zip(CAUSES, out.T, strict=False))
    found["area_work"] = np.log(np.maximum(found["area_work"], 1e-9))
    if pace is not None and pace.shape[1]:
        found["teams"] = -np.log(pace).mean(axis=1)
    if runs.ground.shape[1] > 1:
        pools = np.unique(option[option[:, 0] >= 0, 0])
        share = np.bincount(model.areas.ground, planned, minlength=runs.ground.shape[1])
        found["ground"] = np.log(runs.ground[:, :, pools]).mean(axis=2) @ (
            share / max(share.sum(), 1e-300))
    return {name: values for name, values in found.items()
            if len(values) and float(np.ptp(values)) > 1e-9 * (1.0 + abs(float(values[0])))}


def beside(values: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """What of `values` (R,) no `factors` (R, F) explain: a rest that is independent of them."""
    if not factors.shape[1] or len(values) < factors.shape[1] + 3:
        return values
    x = np.column_stack([np.ones(len(values)), factors])
    return np.asarray(values - x @ np.linalg.lstsq(x, values, rcond=None)[0])


@njit(**QUICK)
def _luck(seed, runs, scene, planned, weight, slots, days, out):
    chance, hazards, elements = scene.chance, scene.hazards, scene.elements
    total = 0.0
    for h in range(len(hazards)):
        total += hazards[h].m2
    at_risk = 1.0 - math.exp(-0.5 * chance.renewed_rate * chance.renewed_until)
    for r in range(len(runs.lost)):
        key = fork(seed, r)
        count, _ = lay_out(key, scene, runs.shares[r, 0], runs.shares[r, 1], runs.shares[r, 2],
                           runs.undiscovered[r], runs.rework[r])
        closures, lasts, money, renews = fork(key, 2), fork(key, 3), fork(key, 4), fork(key, 5)
        for z in range(len(scene.sectors)):
            sector = scene.sectors[z]
            if sector.scale == math.inf:
                continue
            own, day, k, closed = fork(closures, z), 0.0, 0, 0.0
            while day < days:
                if k == 0 and sector.at_start > 0.0:
                    begins, ends = 0.0, sector.at_start
                else:
                    begins = day + sector.scale * exponential(own, 2 * k) ** (1.0 / sector.shape)
                    ends = begins + math.exp(sector.log_mean
                                             + sector.log_sd * normal(own, 2 * k + 1))
                closed += max(0.0, min(ends, days) - begins)
                day = ends
                k += 1
            out[r, 0] += weight[z] * closed
        for p in range(len(scene.pools)):
            pool = scene.pools[p]
            # Of its time on tasks that at work; the rest it is off.
            work = slots / (1.0 + pool.fail_rate * pool.repair + pool.leave_rate * pool.gap)
            for team in range(pool.first, pool.end):
                own = fork(lasts, team)
                if pool.fail_rate > 0.0:
                    at, k = exponential(own, 1) / pool.fail_rate, 1
                    while at < work:
                        out[r, 1] += pool.repair * exponential(own, 4 * k)
                        at += exponential(own, 4 * k + 1) / pool.fail_rate
                        k += 1
                if pool.leave_rate > 0.0:
                    at, k = exponential(own, 3) / pool.leave_rate, 1
                    while at < work:
                        out[r, 2] += pool.gap * exponential(own, 4 * k + 2)
                        at += exponential(own, 4 * k + 3) / pool.leave_rate
                        k += 1
        whole = 0.0
        for f in range(len(scene.funds)):
            fund = scene.funds[f]
            whole += fund.amount
            if fund.late > 0.0:
                out[r, 3] += fund.amount * fund.late * exponential(money, f)
        if whole > 0.0:
            out[r, 3] /= whole
        for e in range(count):
            element = elements[e]
            work = planned[element.stage] * element.work
            if element.parent < -1:
                if uniform(renews, e) > 1.0 - at_risk:
                    out[r, 4] += work
            else:
                out[r, 6] += work
        empty = 0.0
        for h in range(len(hazards)):
            if hazards[h].share_cleared <= 0.0:
                empty += hazards[h].m2
        out[r, 5] = empty / total if total > 0.0 else 0.0
