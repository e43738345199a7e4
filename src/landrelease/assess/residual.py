"""What is left after search: a description of one stratum in, residual risk with its doubt out.

Model. With probability `pi` the stratum is contaminated; if so, items of each category lie as a
Poisson process whose density per m² is Gamma(alpha, beta), or a mixture of such. A pass finds each
item on the ground that it swept, down to its depth, with probability p: a number, or uncertain
(Beta; a blind trial with a discount for the field; a mixture). Passes of one operator share one p,
so that their misses are correlated. Over the overlay of the swaths an item is found with

    q = Σ_S f_S (1 - P(all passes of S miss))                                           (S06)

where P(all miss) is Π (1 - p_j) for independent misses, min (1 - p_j) where a further pass finds
nothing that the best does not, and in between a one-factor Gaussian copula: a part of each item
that all passes share (`detection.missed_given_cause`).

Given p, the finds are Poisson thinnings of the same items: with E_j the area times the chance that
pass j finds an item first, n_j ~ Poisson(λ E_j). So λ goes to Gamma(alpha + n, beta + E), E the
sum over the passes whose finds are reported; nothing found takes pi to πm / (1 - π + πm), with
m = (beta / (beta + E))^alpha; and the items left are zero-inflated negative binomial. p comes last:
each of its values is weighed with its prior times the probability of what was found, and results
are mixed over these weights by Gauss quadrature. No Monte Carlo. Categories are independent, given
that there is contamination.

Ground that no pass swept keeps its prior after a clean search (S10): it is its own stratum, unless
`unsearched_ground` states a spatial correlation. After a find it counts as contaminated, with the
prior or the updated density, whichever leaves more: a find raises the doubt about its surroundings,
and a clean search does not lower it.

With three or more uncertain detections the nodes follow what was found: for each detection the
prior is first multiplied by its profile likelihood (the others at few values), Gauss nodes are
taken of that product, and the profile is divided out again, so that few nodes sit where the weight
is (importance quadrature).

Source: the design's model, "Contamination and residual risk"; see `detection` for the quadrature.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from landrelease.assess.detection import beta_nodes, gauss_of
from landrelease.assess.residual_evidence import Looked, evidence_by_density, look
from landrelease.assess.residual_input import Settings, Stratum, read
from landrelease.errors import (
    RESIDUAL_FINDS,
    RESIDUAL_SIZE,
    LandReleaseError,
)

__all__ = ["Posterior", "beta_nodes", "evidence_by_density", "posterior", "posterior_of",
           "residual"]

MOST_ITEMS = 1 << 17  # support of the distribution of a sum of several kinds of ground
NEIGHBOURS = 600  # values of the missed ground that are told apart before that
GROUPS = 24  # values of the missed ground by which a distribution is held, for each shape


def residual(spec: Mapping[str, Any], settings: Settings | None = None, *, explain: bool = True
             ) -> dict[str, Any]:
    """Residual risk of one stratum; `spec` and the result are plain JSON values.

    `settings`: thresholds of the warnings and ranges of the sensitivity; default: those that ship
    with the package. `explain`: whether evidence and sensitivity are worked out.

    Fields of `spec`
    ----------------
    pi : 0..1, chance that there is contamination at all
    alpha, beta : > 0, density λ ~ Gamma(alpha, beta), beta in m²; the mean is alpha / beta per m².
        Or density: [{"weight", "alpha", "beta"}], a mixture. Or categories: a list of {"name",
        "alpha", "beta" (or "density"), "depths"}; depths, [{"share", "depth_m"}], says how deep
        the items lie: which share no deeper than what.
    area_m2 : > 0
    depth_m : to which the ground is to be free; deeper items are counted apart. Default: any depth
    survey_date : day of the survey; a pass before it is refused
    passes : list, in the order of the work, of {"name", "detection", "swept_share", "operator",
        "finds", "method", "date", "depth_m", "reach_m", "evidence"}. detection is a number in 0..1
        without 1; {"a", "b"} of a Beta distribution; {"found", "missed", "prior": {"a", "b"},
        "discount": {"logit", "sd"}} of a blind trial, whose log-odds are lower in the field by the
        discount; {"mixture": [{"p", "weight"}, ..]}; or {"by_category": {name: one of these}}.
        swept_share (default 1) is used where no overlay is given. operator (default: the name):
        passes with the same one share one p. finds: items found by this pass, or null where they
        are not reported; by category an object. depth_m: to which it searched (default: its reach);
        items that lie deeper are not found.
    finds : items found by all passes together; instead of finds by pass
    overlay : list of {"passes": [names], "share"}: which ground was swept by which passes. Without
        it shares are nested, the pessimistic reading: the smaller lies inside the larger.
    passes_independent : required where ground was swept more than once. true: misses on the same
        ground are independent, given p; false: further passes over it find nothing that the best
        of them does not; {"correlation": 0..1} between the two, or a {"mixture": [{"correlation",
        "weight"}]} where nobody knows.
    unsearched_ground : "prior" (default), "same_as_searched", or {"correlation": 0..1}: the chance
        that it is like the searched ground
    finds_xy : places of finds in m, for the warning about clusters
    interval : width of the central interval, default 0.95
    sensitivity : ranges, see `sensitivity`

    Result
    ------
    expected_items_left, probability_none_left, items_left_low, items_left_high, interval;
    expected_items_deeper (than depth_m; null where that, or how deep items lie, is not given);
    probability_contaminated (either part), probability_contaminated_searched and _unsearched (null
    where there is no such ground); expected_found_share (q before and q_after the finds);
    effective_effort_m2 (area x q, after the finds); prior_share (of the expected items left, the
    part that stands on the prior density and not on finds and effort); detection_after
    (operator -> mean, and weights of a mixture; by category where there are several);
    correlation_after; log_evidence; categories (name -> expected_items_left,
    probability_none_left); not_clearance_share (ground searched by machines or animals only, S07);
    notes; warnings (those of the notes that say an assumption is visibly not met); evidence (how
    each search moved the result, see `residual_why.ledger`); sensitivity (what the result would be
    at either end of each assumption, see `residual_why.sensitivity`).

    Raises
    ------
    LandReleaseError
        ASS-006 a field is missing, unknown or not of its kind; ASS-007 a probability outside 0..1;
        ASS-008 a detection of 1; ASS-009 coverage over 100 %; ASS-010 finds that cannot be;
        ASS-011 more uncertain detections, or items, than are computed exactly; ASS-101 a search
        before its survey; ASS-102 passes not in their order; ASS-103 depth below the tool's reach.
    """
    s = read(spec)
    made = posterior_of(s)
    low, high = made.interval(s.interval)
    from landrelease.assess.residual_notes import not_clearance_share, notes_of
    from landrelease.assess.residual_why import why

    settings = settings or Settings()
    notes, warnings = notes_of(s, made, settings)
    return {
        "stratum": spec.get("stratum"),
        "expected_items_left": made.expected,
        "probability_none_left": made.none,
        "items_left_low": low,
        "items_left_high": high,
        "interval": s.interval,
        "expected_items_deeper": made.deeper if _depths_known(s) else None,
        "probability_contaminated": made.contaminated,
        "probability_contaminated_searched": made.contaminated_searched,
        "probability_contaminated_unsearched": made.contaminated_unsearched,
        "expected_found_share": made.found_share_before,
        "expected_found_share_after": made.found_share,
        "effective_effort_m2": made.found_share * s.area_m2,
        "prior_share": made.prior_share,
        "detection_after": made.detection,
        "correlation_after": made.correlation,
        "log_evidence": made.log_evidence,
        "categories": {name: {"expected_items_left": e, "probability_none_left": n}
                       for name, (e, n) in made.by_category.items()},
        "not_clearance_share": not_clearance_share(s),
        "warnings": warnings,
        "notes": notes,
        **(why(s, settings) if explain else {}),
    }


def _depths_known(s: Stratum) -> bool:
    """Whether a depth is asked for and it is said how deep the items of each category lie."""
    return s.depth_m is not None and all(
        depth is not None for c in s.categories for _, depth in c.layers)


Law = Callable[[int], float]


@dataclass(frozen=True, slots=True)
class _Items:
    """Items left of one category on contaminated ground: N combinations of what is not known, each
    negative binomial with its shape and missed / rate on the searched ground and on the rest.
    """

    weight: np.ndarray
    shape: np.ndarray
    ratio: np.ndarray
    rest_shape: np.ndarray
    rest_ratio: np.ndarray

    def none(self) -> float:
        return float(self.weight @ np.exp(-self.shape * np.log1p(self.ratio)
                                          - self.rest_shape * np.log1p(self.rest_ratio)))

    def mean(self) -> float:
        return float(self.weight @ (self.shape * self.ratio + self.rest_shape * self.rest_ratio))

    def grouped(self) -> _Items:
        """The same mixture by fewer values: of the combinations with the same shapes and rest, the
        Gauss nodes of their ratios.
        """
        if len(self.weight) <= GROUPS:
            return self
        _, label = np.unique(self.shape + 1j * self.rest_shape, return_inverse=True)
        rows = []
        for number in range(int(label.max()) + 1):
            at = np.flatnonzero(label == number)
            weight, ratio, rest = (x[at] for x in (self.weight, self.ratio, self.rest_ratio))
            same_rest = bool((rest == rest[0]).all())
            most = NEIGHBOURS if same_rest else 8 * GROUPS
            if len(at) > most:  # neighbours that weigh little together are joined first
                order = np.argsort(ratio + rest, kind="stable")
                share = np.cumsum(weight[order])
                cut = np.minimum((share / share[-1] * most).astype(int), most - 1)
                joined = np.bincount(cut, weight[order])
                held = joined > 0
                joined = joined[held]
                ratio, rest = (np.bincount(cut, weight[order] * x[order])[held] / joined
                               for x in (ratio, rest))
                weight = joined
            if same_rest:
                rest_value = float(self.rest_ratio[at[0]])
                ratio, weight = gauss_of(ratio, weight, GROUPS)
                rest = np.full(len(ratio), rest_value)
            rows.append(np.column_stack([
                weight, np.full(len(weight), self.shape[at[0]]), ratio,
                np.full(len(weight), self.rest_shape[at[0]]), rest]))
        return _Items(*np.concatenate(rows).T)

    def generating(self, z: np.ndarray) -> np.ndarray:
        """E z^items at complex z."""
        out = np.zeros(len(z), dtype=complex)
        for weight, shape, ratio, rest_shape, rest in zip(
                self.weight, self.shape, self.ratio, self.rest_shape, self.rest_ratio, strict=True):
            log = shape * _log1p(ratio * (1.0 - z))
            if rest > 0:
                log = log + rest_shape * _log1p(rest * (1.0 - z))
            out += weight * np.exp(-log)
        return out

    def most(self) -> float:
        """A number of items that is hardly ever exceeded."""
        return max(float(np.max(_binomial(self.shape, self.ratio).isf(1e-9))),
                   float(np.max(_binomial(self.rest_shape, self.rest_ratio).isf(1e-9))), 0.0)


def _log1p(x: np.ndarray) -> np.ndarray:
    """log(1 + x) of complex numbers by parts, so that a very large shape loses no digits."""
    return 0.5 * np.log1p(2 * x.real + x.real ** 2 + x.imag ** 2) \
        + 1j * np.arctan2(x.imag, 1.0 + x.real)


def _binomial(shape: np.ndarray, ratio: np.ndarray) -> Any:
    from scipy.stats import nbinom

    return nbinom(np.maximum(shape, 1e-12), 1.0 / (1.0 + ratio))


@dataclass(frozen=True, slots=True)
class _Scenario:
    """One reading of the unsearched ground: chance of contamination, items by category, and what
    lies independently on ground that keeps its prior.
    """

    weight: float
    contaminated: float
    items: tuple[_Items, ...]
    apart: float  # chance that the ground that keeps its prior is contaminated
    prior: tuple[_Items, ...]

    def none(self) -> float:
        return (1 - self.contaminated + self.contaminated * math.prod(
            i.none() for i in self.items)) * (
            1 - self.apart + self.apart * math.prod(i.none() for i in self.prior))

    def means(self) -> np.ndarray:
        """Expected items by category."""
        out = self.contaminated * np.array([i.mean() for i in self.items])
        return out + self.apart * np.array([i.mean() for i in self.prior]) if self.prior else out


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known after the search. `cdf` and `interval` are of the items left (to `depth_m`)."""

    expected: float
    none: float
    deeper: float
    contaminated: float
    contaminated_searched: float | None
    contaminated_unsearched: float | None
    found_share_before: float
    found_share: float
    prior_share: float | None
    detection: dict[str, Any]
    correlation: float | None
    log_evidence: float
    by_category: dict[str, tuple[float, float]]
    finds: int
    scenarios: tuple[_Scenario, ...]

    def cdf(self, items: Sequence[int], below: Law | None = None) -> np.ndarray:
        """Chance that at most so many items are left, for each of some numbers (below 0: 0)."""
        below = below or self.law(max(max(items), 0))
        return np.array([0.0 if k < 0 else below(k) for k in items])

    def interval(self, width: float, below: Law | None = None) -> tuple[int, int]:
        """Central quantiles of the items left. `below`: the law, where it was asked for before."""
        tail = (1.0 - width) / 2
        below = below or self.law()

        def quantile(level: float) -> int:
            # Rounding must not push a quantile that lies on a step over it.
            high = 1
            while below(high - 1) < level - 1e-9:
                high *= 2
            low = 0
            while low < high - 1:
                middle = (low + high - 1) // 2
                low, high = (low, middle + 1) if below(middle) >= level - 1e-9 else \
                    (middle + 1, high)
            return low

        return quantile(tail), quantile(1.0 - tail)

    def law(self, at_least: int = 0) -> Law:
        """The distribution function of the items left, for whole numbers from 0."""
        plain = all(len(s.items) == 1 and not s.prior and
                    (s.items[0].rest_ratio == 0).all() for s in self.scenarios)
        if plain:
            parts = [(s.weight * s.contaminated, s.items[0].grouped()) for s in self.scenarios]
            laws = [(w, i.weight, _binomial(i.shape, i.ratio)) for w, i in parts]
            return lambda k: 1.0 - sum(w * float(v @ law.sf(k)) for w, v, law in laws)
        # The sum of several kinds of ground or of items: invert its generating function on the
        # unit circle by a fast Fourier transform.
        grouped = [(s, [i.grouped() for i in s.items], [i.grouped() for i in s.prior])
                   for s in self.scenarios]
        support = max(sum(i.most() for i in items) + sum(i.most() for i in prior)
                      for _, items, prior in grouped)
        support = max(support, float(at_least))
        if not support < MOST_ITEMS:
            raise LandReleaseError(
                RESIDUAL_SIZE,
                problem=f"up to {support:,.0f} items may be left, and sums of several kinds of "
                        f"ground are computed up to {MOST_ITEMS:,}")
        size = 1 << max(4, math.ceil(math.log2(2 * (support + 2))))
        z = np.exp(-2j * np.pi * np.arange(size // 2 + 1) / size)
        transform = np.zeros(len(z), dtype=complex)
        for s, items, prior in grouped:
            both = np.full(len(z), s.contaminated, dtype=complex)
            for i in items:
                both *= i.generating(z)
            apart = np.full(len(z), s.apart, dtype=complex)
            for i in prior:
                apart *= i.generating(z)
            transform += s.weight * (1 - s.contaminated + both) * (1 - s.apart + apart)
        below = np.cumsum(np.fft.irfft(transform, size))
        return lambda k: float(min(1.0, below[min(int(k), size - 1)]))


def posterior(spec: Mapping[str, Any]) -> Posterior:
    """What `residual` computes, with the whole distribution of the items left."""
    return posterior_of(read(spec))


def posterior_of(s: Stratum) -> Posterior:
    """The same of a stratum that was read."""
    looked = [look(s, k) for k in range(len(s.categories))]
    count = sum(one.count for one in looked)
    log_z = sum(one.log_z for one in looked)
    possible = math.log(s.pi) + log_z if s.pi > 0 else -math.inf
    if count:
        log_evidence, there = possible, 1.0
    else:
        nothing = math.log1p(-s.pi) if s.pi < 1 else -math.inf
        log_evidence = float(np.logaddexp(nothing, possible))
        there = math.exp(possible - log_evidence)
    if not math.isfinite(log_evidence):
        raise LandReleaseError(
            RESIDUAL_FINDS, field="finds", found=count,
            problem="the prior or the detection leaves no room for any find")
    searched = s.searched
    # Without any search, all of the ground is one part that keeps its prior.
    same = 1.0 if searched >= 1 else s.unsearched
    scenarios, on_prior = [], []
    for weight, together in ((same, True), (1.0 - same, False)):
        if weight > 0:
            made, stands = _scenario(s, looked, count, there, together)
            scenarios.append(replace(made, weight=weight))
            on_prior.append((weight, stands))
    by_category = {}
    expected = np.sum([x.weight * x.means() for x in scenarios], axis=0)
    for k, one in enumerate(looked):
        none = sum(x.weight * (1 - x.contaminated + x.contaminated * x.items[k].none())
                   * (1 - x.apart + (x.apart * x.prior[k].none() if x.prior else x.apart))
                   for x in scenarios)
        by_category[one.category.name] = (float(expected[k]), float(none))
    total = float(expected.sum())
    stands = sum(w * v for w, v in on_prior)
    apart = sum(x.weight * (x.apart if x.prior else x.contaminated) for x in scenarios)
    either = sum(x.weight * (1 - (1 - x.contaminated) * (1 - x.apart)) for x in scenarios)
    share = np.array([one.category.mean_density() for one in looked])
    share = share / share.sum()
    after = [there * float(one.weight @ one.q) + (1 - there) * one.found_before for one in looked]
    deeper = float(sum(there * one.weight @ (one.shape * one.deeper / one.rate) for one in looked))
    return Posterior(
        total, float(sum(x.weight * x.none() for x in scenarios)), deeper, either,
        there if searched > 0 or same == 1 else None, apart if searched < 1 else None,
        float(share @ [one.found_before for one in looked]), float(share @ after),
        stands / total if total > 0 else None, _detection_after(s, looked, there),
        _correlation_after(s, looked, there), log_evidence, by_category, count, tuple(scenarios))


def _scenario(s: Stratum, looked: Sequence[Looked], count: int, there: float, together: bool
              ) -> tuple[_Scenario, float]:
    """What is left where unsearched ground is like the searched (`together`), or keeps its prior;
    and how many of the expected items stand on the prior density.
    """
    searched = s.searched
    rest = 0.0 if together else s.area_m2 * (1.0 - searched)
    items, prior, stands = [], [], 0.0
    for one in looked:
        nothing = np.zeros(len(one.weight))
        # `missed` holds all ground; what no pass swept is a part of it.
        missed = np.maximum(one.missed - rest * one.shallow, 0.0)
        missed[missed < s.area_m2 * 1e-15] = 0.0
        left = _Items(one.weight, one.shape, missed / one.rate, nothing, nothing)
        stands += there * float(
            one.weight @ (one.shape * missed / one.rate * one.beta / one.rate))
        if rest > 0:
            density = one.category
            fresh = _Items(density.weight, density.alpha, rest * one.shallow / density.beta,
                           np.zeros(len(density.weight)), np.zeros(len(density.weight)))
            if not count:
                prior.append(fresh)
                stands += s.pi * fresh.mean()
            else:
                left, on_prior = _beside_finds(one, left, fresh, rest * one.shallow)
                stands += there * on_prior
        items.append(left)
    keeps = s.pi if prior else 0.0
    # With no searched ground at all there is one part only.
    if prior and searched == 0:
        return _Scenario(1.0, 0.0, tuple(items), s.pi, tuple(prior)), stands
    return _Scenario(1.0, there, tuple(items), keeps, tuple(prior)), stands


def _beside_finds(one: Looked, left: _Items, fresh: _Items, rest: float) -> tuple[_Items, float]:
    """Ground beside finds: the updated density or the prior one, whichever is higher."""
    updated = one.shape / one.rate > one.category.mean_density()
    parts = [np.column_stack([
        left.weight, left.shape, left.ratio, one.shape, rest / one.rate])[updated]]
    low = np.flatnonzero(~updated)
    stands = float(one.weight[updated] @ (
        one.shape * rest / one.rate * one.beta / one.rate)[updated])
    for weight, shape, ratio in zip(fresh.weight, fresh.shape, fresh.ratio, strict=True):
        parts.append(np.column_stack([
            left.weight[low] * weight, left.shape[low], left.ratio[low],
            np.full(len(low), shape), np.full(len(low), ratio)]))
    stands += float(one.weight[low].sum()) * fresh.mean()
    return _Items(*np.concatenate(parts).T), stands


def _detection_after(s: Stratum, looked: Sequence[Looked], there: float) -> dict[str, Any]:
    """Operator -> mean before and after the finds; by category where there are several."""
    made: dict[str, Any] = {}
    for one in looked:
        for operator, (mean, after) in one.detection.items():
            values, prior = one.category.detection[operator]
            before = float(prior @ values)
            found: dict[str, Any] = {"mean_before": before,
                                     "mean": there * mean + (1 - there) * before}
            if len(values) <= 8:
                found["weights"] = [
                    {"p": float(v), "weight": float(there * a + (1 - there) * b)}
                    for v, a, b in zip(values, after, prior, strict=True)]
            if len(looked) > 1:
                made.setdefault(operator, {})[one.category.name] = found
            else:
                made[operator] = found
    return made


def _correlation_after(s: Stratum, looked: Sequence[Looked], there: float) -> float | None:
    """Mean correlation of misses after the finds, over the categories; null where it is given."""
    if len(s.correlation) == 1:
        return None
    values, prior = np.array(s.correlation).T
    after = np.mean([one.correlation for one in looked], axis=0)
    return float(values @ (there * after + (1 - there) * prior))
