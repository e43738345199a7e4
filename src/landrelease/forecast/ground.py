"""What ground does to the work on it: what reports taught in, each run's time on it out.

A hazard's ground is one word (vegetation, soil, slope); "" where nobody reported it, which counts
as ordinary ground. A ground that reports have seen has its own effect on the rate, with its doubt;
one that they have not seen has an effect by chance, as large as grounds differ.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from landrelease.core.work import Problem, TeamPool
from landrelease.forecast.rates import Rate

Seen = Mapping[str, tuple[float, float]]  # ground -> mean and deviation of the logarithm of a rate


def grounds_of(problem: Problem, ground: Mapping[str, str]) -> tuple[tuple[str, ...], np.ndarray]:
    """The grounds of a plan, and (H,) of each hazard: 0 for none, else 1 + the place of its ground.

    ground : hazard id -> its ground, as reports name it
    """
    words = [ground.get(name, "") for name in problem.hazard_ids]
    names = tuple(sorted({w for w in words if w}))
    number = {"": 0} | {w: k for k, w in enumerate(names, 1)}
    return names, np.array([number[w] for w in words], dtype=np.int64)


def time_on(names: Sequence[str], pools: Sequence[TeamPool],
            seen: Mapping[str, tuple[Seen, float]], runs: int, seed: int) -> np.ndarray | None:
    """(R, 1 + G, P) time for the same work on each ground over that on ordinary ground (row 0).

    seen : by kind of team, what reports taught of grounds, and how much grounds differ (standard
        deviation of the logarithm). None where no kind of team was seen on any ground.
    """
    kinds = sorted({p.kind for p in pools if seen.get(p.kind, ({}, 0.0))[0]})
    if not names or not kinds:
        return None
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(10,))))
    found = np.ones((runs, 1 + len(names), len(pools)))
    for kind in kinds:
        own, spread = seen[kind]
        normal = generator.standard_normal((runs, len(names)))
        middle = np.array([own.get(name, (0.0, spread))[0] for name in names])
        doubt = np.array([own.get(name, (0.0, spread))[1] for name in names])
        for p, pool in enumerate(pools):
            if pool.kind == kind:
                found[:, 1:, p] = np.exp(-(middle + doubt * normal))
    return found


def time_of_rates(names: Sequence[str], rates: Sequence[Rate], pick: np.ndarray, seed: int
                  ) -> np.ndarray:
    """(R, 1 + G, P) the same from the draws of each pool's rate; `pick` (R,) says which draw."""
    generator = np.random.Generator(np.random.PCG64([seed, 13]))
    found = np.ones((len(pick), 1 + len(names), len(rates)))
    for p, rate in enumerate(rates):
        normal = generator.standard_normal((len(pick), len(names)))
        for g, name in enumerate(names):
            if name in rate.grounds:
                found[:, 1 + g, p] = np.exp(-rate.ground[pick, rate.grounds.index(name)])
            elif rate.grounds:
                found[:, 1 + g, p] = np.exp(-rate.deviation["ground"][pick] * normal[:, g])
    return found


def ground_note(names: Sequence[str], of_hazard: np.ndarray, pools: Sequence[TeamPool],
                seen: Mapping[str, tuple[Seen, float]], kind_words: Mapping[str, str]) -> str:
    """What ground does in a forecast, in words."""
    said = []
    for kind in sorted({p.kind for p in pools if seen.get(p.kind, ({}, 0.0))[0]}):
        own = {name: seen[kind][0][name] for name in names if name in seen[kind][0]}
        if own:
            in_order = sorted(own, key=own.__getitem__)
            slow, fast = in_order[0], in_order[-1]
            both = [slow] if slow == fast else [slow, fast]
            said.append(f"{kind_words.get(kind, kind)} " + " and ".join(
                f"{np.exp(own[n][0]):.2f} of the ordinary rate on {n}" for n in both))
    areas = int(np.sum(of_hazard > 0))
    new = [n for n in names if not any(n in own for own, _ in seen.values())]
    return (f"Ground is reported of {areas:,} of {len(of_hazard):,} areas and counts in the time "
            "that they take" + (f" ({'; '.join(said)})" if said else "")
            + "".join(f"; no report has been on {n}: its effect is by chance" for n in new[:3])
            + (f", and so on for {len(new) - 3} more" if len(new) > 3 else "")
            + ("" if areas == len(of_hazard) else "; the others count as ordinary ground") + ".")
