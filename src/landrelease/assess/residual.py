"""What is left after search: a description of one stratum in, residual risk with its doubt out.

Model. With probability `pi` the stratum is contaminated; if so, items lie as a Poisson process of
density λ ~ Gamma(alpha, beta) per m². A pass finds each item on the ground that it swept with
probability p, fixed or uncertain (Beta, from blind trials); passes of one operator share one p, so
that their misses are correlated. Over the overlay of the swaths an item is found with probability

    q = Σ_S f_S (1 - Π_{j in S} (1 - p_j))                                              (S06)

Given p, the finds are Poisson thinnings of the same items: with E_j the area times the chance that
pass j finds an item first, n_j ~ Poisson(λ E_j). So λ goes to Gamma(alpha + n, beta + E), E the
sum over the passes whose finds are reported; nothing found takes pi to πm / (1 - π + πm), with
m = (beta / (beta + E))^alpha; and the items left are zero-inflated negative binomial. p comes last:
each of its values is weighed with its prior times the probability of what was found, and results
are mixed over these weights by Gauss-Jacobi quadrature. No Monte Carlo.

Ground that no pass swept keeps its prior after a clean search (S10): it is its own stratum, unless
`unsearched_ground` says "same_as_searched" (a stated spatial correlation of 1). After a find it
counts as contaminated, with the prior or the updated density, whichever leaves more: a find raises
the doubt about its surroundings, and a clean search does not lower it.

Source: the design's model, "Contamination and residual risk"; G. H. Golub and J. H. Welsch,
Calculation of Gauss quadrature rules, Math. Comp. 23 (1969), for the nodes.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from landrelease.errors import (
    RESIDUAL_COVERAGE,
    RESIDUAL_FIELD,
    RESIDUAL_FINDS,
    RESIDUAL_PERFECT,
    RESIDUAL_PROBABILITY,
    RESIDUAL_SIZE,
    LandReleaseError,
)

NODES = {0: 1, 1: 64, 2: 40, 3: 24, 4: 14}  # per uncertain detection, by how many there are
MOST_COMBINATIONS = 50_000
MOST_ITEMS = 1 << 17  # support of the distribution of a sum of two kinds of ground
ROUNDING = 1e-9

_KNOWN = {"pi", "alpha", "beta", "area_m2", "finds", "passes", "overlay", "passes_independent",
          "unsearched_ground", "interval"}
_KNOWN_PASS = {"name", "operator", "detection", "swept_share", "finds"}


@dataclass(frozen=True, slots=True)
class _Pass:
    name: str
    operator: str
    finds: int | None  # None: not reported


@dataclass(frozen=True, slots=True)
class _Stratum:
    pi: float
    alpha: float
    beta: float
    area_m2: float
    passes: tuple[_Pass, ...]
    detection: dict[str, tuple[np.ndarray, np.ndarray]]  # operator -> values of p, weights
    overlay: tuple[tuple[float, tuple[int, ...]], ...]  # share, passes in order
    independent: bool
    unsearched_same: bool
    finds: int | None  # of all passes together; None where each pass reports its own
    interval: float


def residual(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Residual risk of one stratum; `spec` and the result are plain JSON values.

    Fields of `spec`
    ----------------
    pi : 0..1, chance that there is contamination at all
    alpha, beta : > 0, density λ ~ Gamma(alpha, beta), beta in m²; the mean is alpha / beta per m²
    area_m2 : > 0
    passes : list, in the order of the work, of {"name", "detection", "swept_share", "operator",
        "finds"}. detection is a number in 0..1 without 1, {"a", "b"} of a Beta distribution, or
        {"mixture": [{"p", "weight"}, ..]}. swept_share (default 1) is used where no overlay is
        given. operator (default: the name): passes with the same one share one p.
        finds: items found by this pass, or null where they are not reported.
    finds : items found by all passes together; instead of finds by pass
    overlay : list of {"passes": [names], "share"}: which ground was swept by which passes. Without
        it shares are nested, the pessimistic reading: the smaller lies inside the larger.
    passes_independent : required where ground was swept more than once. true: misses on the same
        ground are independent, given p; false: further passes over it find nothing that the best
        of them does not.
    unsearched_ground : "prior" (default) or "same_as_searched"
    interval : width of the central interval, default 0.95

    Result
    ------
    expected_items_left, probability_none_left, items_left_low, items_left_high, interval;
    probability_contaminated (either part), probability_contaminated_searched and _unsearched (null
    where there is no such ground); expected_found_share (q before and q_after the finds);
    effective_effort_m2 (area x q, after the finds); prior_share (of the expected items left, the
    part that stands on the prior density and not on finds and effort); detection_after
    (operator -> mean, and weights of a mixture); log_evidence; notes.

    Raises
    ------
    LandReleaseError
        ASS-006 a field is missing, unknown or not of its kind; ASS-007 a probability outside 0..1;
        ASS-008 a detection of 1; ASS-009 coverage over 100 %; ASS-010 finds that cannot be;
        ASS-011 more uncertain detections, or items, than are computed exactly.
    """
    s = _read(spec)
    operators = sorted(s.detection)
    indices = list(itertools.product(*(range(len(s.detection[o][0])) for o in operators)))
    index = np.array(indices, dtype=int).reshape(len(indices), len(operators))
    p = {o: s.detection[o][0][index[:, i]] for i, o in enumerate(operators)}  # (G,) each
    prior = np.ones(len(indices))
    for i, o in enumerate(operators):
        prior *= s.detection[o][1][index[:, i]]
    first, q = _found(s, p, len(indices))  # (J, G), (G,)

    searched = sum(share for share, who in s.overlay if who)
    searched = 1.0 if searched > 1.0 - ROUNDING else searched
    area = s.area_m2 * (1.0 if s.unsearched_same else searched)
    rest = s.area_m2 - area
    count, effort, log_like = _likelihood(s, first)
    log_marginal = (log_like + _log_rising(s.alpha, count) - count * np.log(s.beta + effort)
                    - s.alpha * np.log1p(effort / s.beta))
    with np.errstate(divide="ignore"):
        log_weight = np.log(prior) + (
            np.logaddexp(math.log1p(-s.pi) if s.pi < 1 else -np.inf, np.log(s.pi) + log_marginal)
            if count == 0 else np.log(s.pi) + log_marginal)
    top = log_weight.max()
    if not math.isfinite(top):
        raise LandReleaseError(
            RESIDUAL_FINDS, field="finds", found=count,
            problem="the prior or the detection leaves no room for any find")
    weight = np.exp(log_weight - top)
    log_evidence = float(top + math.log(weight.sum()))
    weight /= weight.sum()

    # Given p: searched ground, then ground that no pass swept.
    with np.errstate(divide="ignore"):
        there = (np.ones(len(weight)) if count else
                 np.exp(np.log(s.pi) + log_marginal
                        - np.logaddexp(math.log1p(-s.pi) if s.pi < 1 else -np.inf,
                                       np.log(s.pi) + log_marginal)))
    parts, stands_on_prior = [], []
    if area > 0:
        parts.append(_Left(there, s.alpha + count, s.beta + effort,
                           np.maximum(area - s.area_m2 * q, 0.0)))
        stands_on_prior.append(s.beta / (s.beta + effort))
    if rest > 0:
        updated = (count > 0) & ((s.alpha + count) / (s.beta + effort) > s.alpha / s.beta)
        parts.append(_Left(
            np.full(len(weight), 1.0 if count else s.pi),
            np.where(updated, s.alpha + count, s.alpha),
            np.where(updated, s.beta + effort, s.beta), np.full(len(weight), rest)))
        stands_on_prior.append(np.where(updated, s.beta / (s.beta + effort), 1.0))
    expected = [float(weight @ part.mean()) for part in parts]
    total = sum(expected)
    none = np.prod([part.none() for part in parts], axis=0)
    low, high = _interval(parts, weight, s.interval)
    share = [float(weight @ (part.mean() * on))
             for part, on in zip(parts, stands_on_prior, strict=True)]
    free = np.prod([1.0 - part.there for part in parts], axis=0)
    return {
        "expected_items_left": total,
        "probability_none_left": float(weight @ none),
        "items_left_low": low,
        "items_left_high": high,
        "interval": s.interval,
        "probability_contaminated": float(1.0 - weight @ free),
        "probability_contaminated_searched":
            float(weight @ there) if searched > 0 or s.unsearched_same else None,
        "probability_contaminated_unsearched": float(weight @ parts[-1].there) if rest > 0 else
            (float(weight @ there) if searched < 1 else None),
        "expected_found_share": float(prior @ q),
        "expected_found_share_after": float(weight @ q),
        "effective_effort_m2": float(weight @ q) * s.area_m2,
        "prior_share": sum(share) / total if total > 0 else None,
        "detection_after": {o: _detection_after(s, o, index[:, i], weight)
                            for i, o in enumerate(operators)},
        "log_evidence": log_evidence,
        "notes": _notes(s, searched, count),
    }


@dataclass(frozen=True, slots=True)
class _Left:
    """Items left on one part of the ground for each of G values of p: zero with 1 - there, else
    negative binomial, from Gamma(shape, rate) and `missed_m2` of ground not effectively searched.
    """

    there: np.ndarray
    shape: Any
    rate: Any
    missed_m2: np.ndarray

    def mean(self) -> np.ndarray:
        return self.there * self.shape * self.missed_m2 / self.rate

    def none(self) -> np.ndarray:
        return 1.0 - self.there * -np.expm1(-self.shape * np.log1p(self.missed_m2 / self.rate))

    def generating(self, z: np.ndarray, g: int) -> np.ndarray:
        """E z^items at complex z, for the g-th value of p."""
        ratio = self.missed_m2[g] / (self.rate[g] if np.ndim(self.rate) else self.rate)
        shape = self.shape[g] if np.ndim(self.shape) else self.shape
        # log1p of a complex number, by parts, so that a very large shape loses no digits
        x = ratio * (1.0 - z)
        log = 0.5 * np.log1p(2 * x.real + x.real ** 2 + x.imag ** 2) \
            + 1j * np.arctan2(x.imag, 1.0 + x.real)
        return 1.0 - self.there[g] + self.there[g] * np.exp(-shape * log)

    def items(self) -> Any:
        """The negative binomial of contaminated ground, for all values of p at once."""
        from scipy.stats import nbinom

        theta = self.rate / (self.rate + self.missed_m2)
        return nbinom(np.broadcast_to(self.shape, theta.shape), theta)


def _interval(parts: Sequence[_Left], weight: np.ndarray, width: float) -> tuple[int, int]:
    """Central quantiles of the items left, mixed over p."""
    tail = (1.0 - width) / 2
    if len(parts) == 1:
        one, = parts
        items = one.items()
        most = int(np.max(items.isf(min(tail, 1e-9) / 2)))

        def quantile(level: float) -> int:
            low, high = 0, most
            while low < high:
                middle = (low + high) // 2
                below = weight @ (1.0 - one.there * items.sf(middle))
                low, high = (low, middle) if below >= level - 1e-12 else (middle + 1, high)
            return low

        return quantile(tail), quantile(1.0 - tail)
    # The sum of two kinds of ground: invert its generating function on the unit circle by a fast
    # Fourier transform. Values of p that weigh nothing are left out.
    support = float(np.sum([np.max(part.items().isf(1e-9)) for part in parts]))
    if not support < MOST_ITEMS:
        raise LandReleaseError(
            RESIDUAL_SIZE, problem=f"up to {support:,.0f} items may be left, and sums of two kinds "
                                   f"of ground are computed up to {MOST_ITEMS:,}")
    size = 1 << max(4, math.ceil(math.log2(2 * (support + 2))))
    z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
    transform = np.zeros(len(z), dtype=complex)
    for g in np.flatnonzero(weight > 1e-12):
        product = np.full(len(z), weight[g], dtype=complex)
        for part in parts:
            product *= part.generating(z, int(g))
        transform += product
    below = np.cumsum(np.fft.irfft(transform, size))
    # Rounding of the transform must not push a quantile that lies on a step over it.
    return int(np.argmax(below >= tail - 1e-9)), int(np.argmax(below >= 1.0 - tail - 1e-9))


def _found(s: _Stratum, p: dict[str, np.ndarray], size: int) -> tuple[np.ndarray, np.ndarray]:
    """Chance that an item of the stratum is first found by each pass (J, G), and by any (G,)."""
    first = np.zeros((len(s.passes), size))
    for share, who in s.overlay:
        missed = np.ones(size)
        for j in who:
            chance = p[s.passes[j].operator]
            still = missed * (1.0 - chance) if s.independent else np.minimum(missed, 1.0 - chance)
            first[j] += share * (missed - still)
            missed = still
    return first, first.sum(axis=0)


def _likelihood(s: _Stratum, first: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """Finds n, effort E (G,), and the logarithm of Π E_j^n_j / n_j! (G,)."""
    from scipy.special import gammaln

    groups: list[tuple[int, np.ndarray]] = []
    if s.finds is not None:
        groups.append((s.finds, s.area_m2 * first.sum(axis=0)))
    else:
        groups += [(one.finds, s.area_m2 * first[j])
                   for j, one in enumerate(s.passes) if one.finds is not None]
    count = sum(n for n, _ in groups)
    effort = np.sum([e for _, e in groups], axis=0) if groups else np.zeros(first.shape[1])
    logarithm = np.zeros(first.shape[1])
    with np.errstate(divide="ignore"):
        for n, e in groups:
            if n:
                logarithm += n * np.log(e) - gammaln(n + 1)
    return count, effort, logarithm


def _log_rising(alpha: float, n: int) -> float:
    """log of alpha (alpha + 1) .. (alpha + n - 1); exact also for a very large alpha."""
    from scipy.special import gammaln

    if n <= 1_000:
        return float(np.log(alpha + np.arange(n)).sum())
    return float(gammaln(alpha + n) - gammaln(alpha))


def beta_nodes(a: float, b: float, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Gauss nodes in (0, 1) and weights (sum 1) for the Beta(a, b) distribution.

    Exact for polynomials of degree 2 `count` - 1. Golub and Welsch (1969): eigenvalues of the
    three-term recurrence of the Jacobi polynomials.
    """
    from scipy.linalg import eigh_tridiagonal

    if count == 1:
        return np.array([a / (a + b)]), np.ones(1)
    right, left = b - 1.0, a - 1.0  # exponents of 1 - x and 1 + x on (-1, 1)
    k = np.arange(1, count, dtype=float)
    total = 2 * k + left + right
    diagonal = np.concatenate([
        [(left - right) / (left + right + 2)],
        (left - right) * (left + right) / (total * (total + 2))])
    # For k = 1 the factor (k + left + right) / (2k + left + right - 1) is 1, also where it is 0/0.
    factor = np.ones_like(k)
    factor[1:] = (k[1:] + left + right) / (total[1:] - 1)
    off = np.sqrt(4 * k * (k + left) * (k + right) * factor / (total ** 2 * (total + 1)))
    x, vectors = eigh_tridiagonal(diagonal, off)
    weight = vectors[0] ** 2
    return np.clip((x + 1) / 2, 0.0, 1.0), weight / weight.sum()


def _detection_after(s: _Stratum, operator: str, index: np.ndarray, weight: np.ndarray) -> dict:
    values, prior = s.detection[operator]
    after = np.bincount(index, weights=weight, minlength=len(values))
    found: dict[str, Any] = {"mean_before": float(prior @ values), "mean": float(after @ values)}
    if len(values) <= 8:
        found["weights"] = [{"p": float(v), "weight": float(w)}
                            for v, w in zip(values, after, strict=True)]
    return found


def _notes(s: _Stratum, searched: float, count: int) -> list[str]:
    notes = []
    if not s.passes or searched == 0:
        notes.append("Nothing was searched: every figure is a prior.")
    elif searched < 1 and not s.unsearched_same:
        notes.append(
            f"{100 * (1 - searched):.3g} % of the area was not searched; "
            + ("it counts as contaminated because of the finds beside it." if count else
               "a clean search elsewhere does not reassure about it."))
    elif searched < 1:
        notes.append("Ground that was not searched is taken to be like the searched ground: an "
                     "assumption of the input.")
    if s.finds is None and any(one.finds is None for one in s.passes):
        notes.append("Finds of some passes are not reported; those passes remove items but teach "
                     "nothing about the density.")
    notes.append("A model's result, not a decision: release needs a signature.")
    return notes


# --- reading -----------------------------------------------------------------------------------


def _read(spec: Mapping[str, Any]) -> _Stratum:
    if not isinstance(spec, Mapping):
        raise LandReleaseError(RESIDUAL_FIELD, field="(document)", found=_show(spec),
                               expected="a JSON object")
    _only(spec, _KNOWN, "")
    pi = _probability(spec, "pi")
    alpha, beta, area = (_positive(spec, name) for name in ("alpha", "beta", "area_m2"))
    listed = spec.get("passes", [])
    if not isinstance(listed, list):
        raise LandReleaseError(RESIDUAL_FIELD, field="passes", found=_show(listed),
                               expected="a list")
    passes: list[_Pass] = []
    shares: list[float] = []
    detection: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    stated: dict[str, Any] = {}
    for i, one in enumerate(listed):
        at = f"passes[{i}]"
        if not isinstance(one, Mapping):
            raise LandReleaseError(RESIDUAL_FIELD, field=at, found=_show(one),
                                   expected="an object")
        _only(one, _KNOWN_PASS, at + ".")
        name = one.get("name", f"pass {i + 1}")
        operator = one.get("operator", name)
        for field, value in (("name", name), ("operator", operator)):
            if not isinstance(value, str) or not value:
                raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.{field}", found=_show(value),
                                       expected="a text")
        if any(name == known.name for known in passes):
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.name", found=name,
                                   expected="a name that no other pass has")
        if "detection" not in one:
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.detection", found="nothing",
                                   expected='a number, {"a", "b"} or {"mixture"}')
        if stated.setdefault(operator, one["detection"]) != one["detection"]:
            raise LandReleaseError(
                RESIDUAL_FIELD, field=f"{at}.detection", found=_show(one["detection"]),
                expected=f"the same detection as in the other pass of operator {operator}")
        share = one.get("swept_share", 1.0)
        if _number(share, f"{at}.swept_share") > 1 + ROUNDING:
            raise LandReleaseError(RESIDUAL_COVERAGE, field=f"{at}.swept_share", found=share)
        if share < 0:
            raise LandReleaseError(RESIDUAL_PROBABILITY, field=f"{at}.swept_share", found=share)
        shares.append(min(1.0, float(share)))
        passes.append(_Pass(name, operator, _finds(one.get("finds"), f"{at}.finds")))
        _check_detection(one["detection"], f"{at}.detection")
    uncertain = sum(isinstance(d, Mapping) and "a" in d for d in stated.values())
    if uncertain not in NODES:
        raise LandReleaseError(
            RESIDUAL_SIZE, problem=f"{uncertain} uncertain detections, at most {max(NODES)}")
    for operator, value in stated.items():
        detection[operator] = _values(value, NODES[uncertain])
    combinations = math.prod(len(values) for values, _ in detection.values())
    if combinations > MOST_COMBINATIONS:
        raise LandReleaseError(RESIDUAL_SIZE, problem=f"{combinations:,} combinations of "
                               f"detections, at most {MOST_COMBINATIONS:,}")
    finds = _finds(spec.get("finds"), "finds")
    if finds is not None and any(one.finds is not None for one in passes):
        raise LandReleaseError(RESIDUAL_FIELD, field="finds", found=finds,
                               expected="finds either of all passes together or by pass")
    if finds and not passes:
        raise LandReleaseError(RESIDUAL_FINDS, field="finds", found=finds,
                               problem="no pass is given that could have found them")
    overlay = _overlay(spec["overlay"], passes) if spec.get("overlay") is not None else \
        _nested(shares)
    independent = spec.get("passes_independent")
    if independent is None and any(len(who) > 1 for _, who in overlay):
        raise LandReleaseError(
            RESIDUAL_FIELD, field="passes_independent", found="nothing",
            expected="true or false, because some ground was swept more than once")
    if independent is not None and not isinstance(independent, bool):
        raise LandReleaseError(RESIDUAL_FIELD, field="passes_independent",
                               found=_show(independent), expected="true or false")
    unsearched = spec.get("unsearched_ground", "prior")
    if unsearched not in ("prior", "same_as_searched"):
        raise LandReleaseError(RESIDUAL_FIELD, field="unsearched_ground", found=_show(unsearched),
                               expected='"prior" or "same_as_searched"')
    interval = _number(spec.get("interval", 0.95), "interval")
    if not 0 < interval < 1:
        raise LandReleaseError(RESIDUAL_PROBABILITY, field="interval", found=interval)
    return _Stratum(pi, alpha, beta, area, tuple(passes), detection, overlay,
                    bool(independent), unsearched == "same_as_searched", finds, interval)


def _overlay(listed: Any, passes: Sequence[_Pass]) -> tuple[tuple[float, tuple[int, ...]], ...]:
    if not isinstance(listed, list):
        raise LandReleaseError(RESIDUAL_FIELD, field="overlay", found=_show(listed),
                               expected="a list")
    number = {one.name: j for j, one in enumerate(passes)}
    overlay = []
    for i, piece in enumerate(listed):
        at = f"overlay[{i}]"
        names = piece.get("passes") if isinstance(piece, Mapping) else None
        if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
            raise LandReleaseError(RESIDUAL_FIELD, field=at, found=_show(piece),
                                   expected='{"passes": [names], "share": number}')
        _only(piece, {"passes", "share"}, at + ".")
        unknown = [n for n in names if n not in number]
        if unknown or len(set(names)) < len(names):
            raise LandReleaseError(
                RESIDUAL_FIELD, field=f"{at}.passes", found=_show(unknown or names),
                expected=f"names of passes, each once; known are {', '.join(number) or 'none'}")
        share = _number(piece.get("share"), f"{at}.share")
        if share < 0:
            raise LandReleaseError(RESIDUAL_PROBABILITY, field=f"{at}.share", found=share)
        overlay.append((share, tuple(sorted(number[n] for n in names))))
    total = sum(share for share, _ in overlay)
    if total > 1 + ROUNDING:
        raise LandReleaseError(RESIDUAL_COVERAGE, field="overlay", found=f"{total:.6g}")
    return tuple(overlay)


def _nested(shares: Sequence[float]) -> tuple[tuple[float, tuple[int, ...]], ...]:
    """The pessimistic overlay of shares (S06): every pass lies inside all that are larger."""
    steps = sorted(set(shares) - {0.0}) if shares else []
    overlay, below = [], 0.0
    for step in steps:
        overlay.append((step - below, tuple(j for j, f in enumerate(shares) if f >= step)))
        below = step
    return tuple(overlay)


def _check_detection(value: Any, at: str) -> None:
    if isinstance(value, Mapping) and "mixture" in value:
        _only(value, {"mixture"}, at + ".")
        pieces = value["mixture"]
        if not isinstance(pieces, list) or not pieces:
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.mixture", found=_show(pieces),
                                   expected='a list of {"p", "weight"}')
        total = 0.0
        for i, piece in enumerate(pieces):
            where = f"{at}.mixture[{i}]"
            if not isinstance(piece, Mapping):
                raise LandReleaseError(RESIDUAL_FIELD, field=where, found=_show(piece),
                                       expected='{"p", "weight"}')
            _only(piece, {"p", "weight"}, where + ".")
            _fixed(piece.get("p"), f"{where}.p")
            total += _probability(piece, "weight", where + ".")
        if abs(total - 1) > 1e-6:
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}.mixture", found=f"{total:.6g}",
                                   expected="weights that sum to 1")
    elif isinstance(value, Mapping):
        _only(value, {"a", "b"}, at + ".")
        _positive(value, "a", at + ".")
        _positive(value, "b", at + ".")
    else:
        _fixed(value, at)


def _values(value: Any, nodes: int) -> tuple[np.ndarray, np.ndarray]:
    if not isinstance(value, Mapping):
        return np.array([float(value)]), np.ones(1)
    if "mixture" in value:
        weights = np.array([float(m["weight"]) for m in value["mixture"]])
        return np.array([float(m["p"]) for m in value["mixture"]]), weights / weights.sum()
    return beta_nodes(float(value["a"]), float(value["b"]), nodes)


def _fixed(value: Any, at: str) -> None:
    p = _number(value, at)
    if p == 1:
        raise LandReleaseError(RESIDUAL_PERFECT, field=at, found=value)
    if not 0 <= p < 1:
        raise LandReleaseError(RESIDUAL_PROBABILITY, field=at, found=value)


def _probability(spec: Mapping[str, Any], name: str, at: str = "") -> float:
    value = _number(spec.get(name), at + name)
    if not 0 <= value <= 1:
        raise LandReleaseError(RESIDUAL_PROBABILITY, field=at + name, found=value)
    return value


def _positive(spec: Mapping[str, Any], name: str, at: str = "") -> float:
    value = _number(spec.get(name), at + name)
    if value <= 0:
        raise LandReleaseError(RESIDUAL_FIELD, field=at + name, found=value,
                               expected="a number above 0")
    return value


def _number(value: Any, at: str) -> float:
    # The bound keeps a whole number of 400 digits, which JSON allows, from overflowing.
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=_show(value), expected="a number")
    return float(value)


def _finds(value: Any, at: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 30:
        raise LandReleaseError(RESIDUAL_FIELD, field=at, found=_show(value),
                               expected="a whole number of items, or null where not reported")
    return value


def _only(spec: Mapping[str, Any], known: set[str], at: str) -> None:
    for name in spec:
        if name not in known:
            raise LandReleaseError(RESIDUAL_FIELD, field=f"{at}{name}", found="a field",
                                   expected=f"one of {', '.join(sorted(known))}")


def _show(value: Any) -> str:
    return "nothing" if value is None else repr(value)[:80]
