"""A programme's own records as its prior: many searched strata in, pi and a density out.

Strata whose finds are on record say how often ground is contaminated and how densely. The density
of contaminated ground is a mixture of Gammas on a fixed ladder of means; its weights, and the share
of ground that holds nothing, are those that make the finds of all strata most probable (empirical
Bayes). What is learned here never uses what is left in the ground, only what was found.

Source: H. Robbins, An empirical Bayes approach to statistics (1956); J. Kiefer and J. Wolfowitz,
Annals of Mathematical Statistics 27 (1956), for the mixing distribution without a stated form;
A. P. Dempster, N. M. Laird and D. B. Rubin, J. R. Statist. Soc. B 39 (1977), for its computation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from landrelease.assess.residual import evidence_by_density
from landrelease.assess.residual_input import read

# Mean items per hectare of contaminated ground: from one in two hectares to one in 20 m² (domain
# reference 3.5: 2 to 28 per hectare of hazard; belts are far denser).
LADDER_PER_HA = (0.5, 1.5, 4.5, 13.0, 40.0, 120.0, 360.0)
SHAPE = 1.5  # of each Gamma: neighbours on the ladder overlap
PSEUDO = 0.5  # strata that speak for each rung before any is seen, in all


@dataclass(frozen=True, slots=True)
class Learned:
    """Chance of contamination, and the density as the `density` of a description."""

    pi: float
    density: tuple[tuple[float, float, float], ...]  # weight, alpha, beta
    log_evidence: float  # of all strata together
    strata: int

    def fields(self) -> dict[str, Any]:
        """The fields of a description that it stands for."""
        return {"pi": self.pi, "density": [
            {"weight": w, "alpha": a, "beta": b} for w, a, b in self.density]}


def ladder(per_ha: Sequence[float] = LADDER_PER_HA) -> list[dict[str, float]]:
    """The rungs as a density with equal weights."""
    return [{"weight": 1.0 / len(per_ha), "alpha": SHAPE, "beta": SHAPE * 10_000.0 / mean}
            for mean in per_ha]


def evidence_of(spec: Mapping[str, Any], rungs: Sequence[Mapping[str, float]] | None = None
                ) -> np.ndarray:
    """log probability of the finds of a stratum on each rung, and on empty ground: (C + 1,).

    `spec` is a description as for `residual`; its own prior is not used. Raises as `residual`.
    """
    rungs = ladder() if rungs is None else list(rungs)
    plain = {k: v for k, v in spec.items() if k not in ("pi", "alpha", "beta", "density")}
    s = read({**plain, "pi": 0.5, "density": rungs})
    nothing = not any(n for one in s.passes for n in one.finds if n) and not any(s.finds or ())
    return np.append(evidence_by_density(s), 0.0 if nothing else -np.inf)


def learn(evidence: np.ndarray, rungs: Sequence[Mapping[str, float]] | None = None, *,
          stands_for: np.ndarray | None = None, rounds: int = 2_000) -> Learned:
    """Weights of the rungs, and of empty ground, that make all finds most probable.

    `evidence` : (S, C + 1) rows of `evidence_of`; `stands_for` (S,) of how many strata each is one
    where only a sample was looked at. `PSEUDO` strata, spread over the rungs, stand for the doubt
    while there are few. The iteration (EM) never lowers the probability; it ends after `rounds` or
    when no weight moves by more than 1e-7.
    """
    rungs = ladder() if rungs is None else list(rungs)
    count = len(rungs) + 1
    top = evidence.max(axis=1, keepdims=True)
    likely = np.exp(evidence - top)
    many = np.ones(len(evidence)) if stands_for is None else np.asarray(stands_for, dtype=float)
    weight = np.full(count, 1.0 / count)
    for _ in range(rounds):
        share = likely * weight
        share /= share.sum(axis=1, keepdims=True)
        new = many @ share + PSEUDO / count
        new /= new.sum()
        moved, weight = float(np.abs(new - weight).max()), new
        if moved < 1e-7:
            break
    pi = float(1.0 - weight[-1])
    inside = weight[:-1] / weight[:-1].sum()
    return Learned(pi, tuple(
        (float(w), float(r["alpha"]), float(r["beta"]))
        for w, r in zip(inside, rungs, strict=True)),
        float(many @ (np.log(likely @ weight) + top[:, 0])), int(many.sum()))
