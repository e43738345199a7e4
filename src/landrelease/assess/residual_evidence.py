"""One category of items on contaminated ground: how probable its finds are, and what they leave.

What goes in: a stratum that was read. What comes out: all combinations of correlation, detections
and density that the finds leave possible, with their weights, the updated Gamma of each and the
ground on which items are still hidden. The model is stated in `residual`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from landrelease.assess.detection import common_cause, gauss_of, missed_given_cause
from landrelease.assess.residual_input import MOST_COMBINATIONS, Category, Nodes, Stratum
from landrelease.errors import RESIDUAL_FINDS, RESIDUAL_SIZE, LandReleaseError

NEGLIGIBLE = 1e-11  # weight of a combination that is left out of the result
COARSE = 4  # values of the other detections while one of them is looked at
SMOOTH = 5  # values of each of many detections where nothing was found


@dataclass(frozen=True, slots=True)
class Looked:
    """A category after its finds, given contamination: R x G x C combinations of correlation,
    detections and density, flat; those that weigh nothing are left out. `missed` and `deeper` are
    ground (m²) that holds what is left, to the stated depth and below it.
    """

    category: Category
    count: int
    log_z: float
    weight: np.ndarray
    shape: np.ndarray
    rate: np.ndarray
    beta: np.ndarray
    q: np.ndarray
    missed: np.ndarray
    deeper: np.ndarray
    found_before: float
    shallow: float  # share of the items that lie no deeper than the stated depth
    detection: dict[str, tuple[float, np.ndarray]]  # operator -> mean after, weights of a mixture
    correlation: np.ndarray  # weights of its values, after


def look(s: Stratum, k: int) -> Looked:
    category = s.categories[k]
    nodes = _nodes(s, k)
    log_m, q, missed, deeper, effort, count, prior = _evidence(s, k, nodes)
    with np.errstate(divide="ignore"):
        log_weight = log_m + np.log(prior)
    top = float(log_weight.max())
    if not math.isfinite(top):
        raise LandReleaseError(
            RESIDUAL_FINDS, field="finds", found=count,
            problem="the prior or the detection leaves no room for any find")
    weight = np.exp(log_weight - top)
    log_z = top + math.log(weight.sum())
    weight /= weight.sum()
    # (R, G, C) from here on
    by_correlation = weight.sum(axis=(1, 2))
    by_grid = weight.sum(axis=(0, 2)).reshape([len(v) for v, _ in nodes.values()] or [1])
    detection = {}
    for axis, (operator, (values, _)) in enumerate(nodes.items()):
        others = tuple(a for a in range(len(nodes)) if a != axis)
        after = by_grid.sum(axis=others)
        detection[operator] = (float(after @ values), after)
    shape = np.broadcast_to(category.alpha + count, weight.shape)
    rate = category.beta + effort[..., None]
    held = weight > NEGLIGIBLE

    def flat(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, weight.shape)[held]

    shallow = sum(share for share, depth in category.layers
                  if s.depth_m is None or depth is None or depth <= s.depth_m + 1e-9)
    return Looked(
        category, count, log_z, weight[held] / weight[held].sum(), flat(shape), flat(rate),
        flat(np.broadcast_to(category.beta, weight.shape)), flat(q[..., None]),
        flat(missed[..., None]), flat(deeper[..., None]), _found_before(s, k), shallow, detection,
        by_correlation)


def evidence_by_density(s: Stratum, k: int = 0) -> np.ndarray:
    """Logarithm of the probability of what was found, given contamination, for each component of
    the density of category k: (C,). From it a programme's prior is learned.
    """
    nodes = _nodes(s, k)
    log_m, *_, prior = _evidence(s, k, nodes)
    with np.errstate(divide="ignore"):
        log_weight = log_m + np.log(prior / s.categories[k].weight)
    top = log_weight.max(axis=(0, 1))
    return top + np.log(np.exp(log_weight - top).sum(axis=(0, 1)))


def _evidence(s: Stratum, k: int, nodes: Mapping[str, Nodes]) -> tuple:
    """(R, G, C) log probability of the finds; (R, G) q, missed and deeper ground, effort; count;
    (R, G, C) prior weights. R correlations, G detections, C densities.
    """
    category = s.categories[k]
    first, q, missed, deeper = _found(s, k, nodes)
    count, effort, log_like = _likelihood(s, k, first)
    log_m = (log_like[..., None] + _log_rising(category.alpha, count)
             - count * np.log(category.beta + effort[..., None])
             - category.alpha * np.log1p(effort[..., None] / category.beta))
    grid = np.ones(1)
    for _, weight in nodes.values():
        grid = np.multiply.outer(grid, weight).ravel()
    correlated = np.array([w for _, w in s.correlation])
    prior = correlated[:, None, None] * grid[None, :, None] * category.weight[None, None, :]
    return log_m, q, missed, deeper, effort, count, prior


def _found(s: Stratum, k: int, nodes: Mapping[str, Nodes]) -> tuple[np.ndarray, ...]:
    """Chance that an item is first found by each pass (R, J, G) and by any (R, G); ground (R, G)
    that still hides items to the stated depth and deeper.
    """
    shape = tuple(len(values) for values, _ in nodes.values()) or (1,)
    size = math.prod(shape)
    first = np.zeros((len(s.correlation), len(s.passes), size))
    missed, deeper = (np.zeros((len(s.correlation), size)) for _ in range(2))
    bare = sum(share for share, who in s.overlay if not who) + max(
        0.0, 1.0 - sum(share for share, _ in s.overlay))
    layers: dict[tuple[tuple[int, ...], bool], float] = {}
    for share, depth in s.categories[k].layers:
        can = tuple(j for j, one in enumerate(s.passes)
                    if depth is None or one.depth_m is None or depth <= one.depth_m + 1e-9)
        shallow = s.depth_m is None or depth is None or depth <= s.depth_m + 1e-9
        layers[can, shallow] = layers.get((can, shallow), 0.0) + share
    for r, (correlation, _) in enumerate(s.correlation):
        missing = _Missing(nodes, [one.operator for one in s.passes], correlation)
        for (can, shallow), part in layers.items():
            hidden = np.full(shape, bare)
            for share, who in s.overlay:
                able = tuple(j for j in who if j in can)
                if share == 0 or not who:
                    continue
                for n, j in enumerate(able):
                    gain = missing.by(able[:n]) - missing.by(able[:n + 1])
                    first[r, j] += (part * share) * np.broadcast_to(gain, shape).ravel()
                hidden = hidden + share * missing.by(able)
            (missed if shallow else deeper)[r] += part * hidden.ravel()
    q = first.sum(axis=1)
    return first, q, s.area_m2 * missed, s.area_m2 * deeper


class _Missing:
    """Chance that several passes all miss an item, over the product of the detections' values."""

    def __init__(self, nodes: Mapping[str, Nodes], operators: list[str], correlation: float):
        dims = max(len(nodes), 1)
        self.correlation = correlation
        self.known: dict[tuple[int, ...], np.ndarray] = {(): np.ones((1,) * dims)}
        self.misses: list[np.ndarray] = []  # of each pass, broadcastable over the grid
        between = 0 < correlation < 1
        place = {o: tuple(-1 if a == b else 1 for b in range(dims)) for a, o in enumerate(nodes)}
        for operator in operators:
            values, at = nodes[operator][0], place[operator]
            if between:
                given = missed_given_cause(values, correlation)
                self.misses.append(given.reshape([len(values) if n < 0 else 1 for n in at] + [-1]))
            else:
                self.misses.append((1.0 - values).reshape(at))
        if between:
            self.cause = common_cause(correlation)[1]
            self.running: dict[tuple[int, ...], np.ndarray] = {
                (): np.ones((1,) * dims + (1,))}

    def by(self, who: tuple[int, ...]) -> np.ndarray:
        """Chance that all of these passes (in their order) miss."""
        if who in self.known:
            return self.known[who]
        before, miss = self.by(who[:-1]), self.misses[who[-1]]
        if 0 < self.correlation < 1:
            self.running[who] = self.running[who[:-1]] * miss
            self.known[who] = self.running[who] @ self.cause
        elif self.correlation == 0:
            self.known[who] = before * miss
        else:
            self.known[who] = np.minimum(before, miss)
        return self.known[who]


def _likelihood(s: Stratum, k: int, first: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Finds n, effort E (R, G), and the logarithm of Π E_j^n_j / n_j! (R, G)."""
    from scipy.special import gammaln

    groups: list[tuple[int, np.ndarray]] = []
    if s.finds is not None:
        groups.append((s.finds[k], s.area_m2 * first.sum(axis=1)))
    else:
        groups += [(n, s.area_m2 * first[:, j])
                   for j, one in enumerate(s.passes) if (n := one.finds[k]) is not None]
    count = sum(n for n, _ in groups)
    nothing = np.zeros((first.shape[0], first.shape[2]))
    effort = sum((e for _, e in groups), nothing)
    logarithm = nothing.copy()
    with np.errstate(divide="ignore"):
        for n, e in groups:
            if n:
                logarithm += n * np.log(e) - gammaln(n + 1)
    return count, effort, logarithm


def _log_rising(alpha: np.ndarray, n: int) -> np.ndarray:
    """log of alpha (alpha + 1) .. (alpha + n - 1); exact also for a very large alpha."""
    from scipy.special import gammaln

    if n <= 1_000:
        return np.log(alpha[:, None] + np.arange(n)).sum(axis=1)
    return gammaln(alpha + n) - gammaln(alpha)


def _found_before(s: Stratum, k: int) -> float:
    """q before any finds: over the prior of the detections."""
    few = _few(s.categories[k].detection, COARSE if len(s.categories[k].detection) > 2 else 12)
    _, q, _, _ = _found(s, k, few)
    grid = np.ones(1)
    for _, weight in few.values():
        grid = np.multiply.outer(grid, weight).ravel()
    return float(np.array([w for _, w in s.correlation]) @ q @ grid)


def _few(detection: Mapping[str, Nodes], count: int) -> dict[str, Nodes]:
    return {o: (v, w) if len(v) <= 8 else gauss_of(v, w, count) for o, (v, w) in detection.items()}


def _nodes(s: Stratum, k: int) -> dict[str, Nodes]:
    """Values and weights by operator, few enough for a product of all."""
    detection = dict(s.categories[k].detection)
    size = math.prod(len(v) for v, _ in detection.values())
    uncertain = [o for o, (v, _) in detection.items() if len(v) > 8]
    if len(uncertain) <= 2 and size <= MOST_COMBINATIONS:
        return detection
    if s.finds is None and not any(n for one in s.passes if (n := one.finds[k])):
        return _few(detection, SMOOTH)  # nothing found: what is integrated hardly bends
    coarse = _few(detection, COARSE)
    # What the nodes follow may be rough: it is divided out again. One correlation will do.
    middle = sum(c * w for c, w in s.correlation)
    rough = replace(s, correlation=((middle if middle < 0.9 else 1.0, 1.0),))
    out = dict(detection)
    for operator in uncertain:
        def profile(values: np.ndarray, operator: str = operator) -> np.ndarray:
            at = {**coarse, operator: (values, np.ones(len(values)))}
            log_m, *_, prior = _evidence(rough, k, at)
            with np.errstate(divide="ignore"):
                log = log_m + np.log(prior)
            log = np.logaddexp.reduce(np.logaddexp.reduce(log, axis=0), axis=1)
            axis = list(at).index(operator)
            log = log.reshape([len(v) for v, _ in at.values()])
            others = tuple(a for a in range(len(at)) if a != axis)
            return np.logaddexp.reduce(log, axis=others) if others else log

        values, weights = detection[operator]
        log = profile(values)
        top = log.max()
        if not math.isfinite(top):
            out[operator] = coarse[operator]
            continue
        likely = np.exp(log - top)
        counted = weights > weights.max() * 1e-6
        spread = float(np.ptp(np.maximum(log[counted], top - 50)))
        count = (4 if spread < 1 else 6 if spread < 4 else 9) if len(uncertain) < 5 else \
            (4 if spread < 1 else 5 if spread < 4 else 7)
        node, weight = gauss_of(values, weights * np.maximum(likely, 1e-300), count)
        out[operator] = (node, weight / np.exp(profile(node) - top))
    if math.prod(len(v) for v, _ in out.values()) > MOST_COMBINATIONS:
        raise LandReleaseError(RESIDUAL_SIZE, problem="more combinations of detections than "
                                                      f"{MOST_COMBINATIONS:,}")
    return out
