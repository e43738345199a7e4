"""Calibration of residual risk on worlds whose truth is known and not drawn from the model.

    python benchmarks/bench_calibration.py [--small] [--worlds 2000] [--cache DIR] [--sets A,B,C]

Three sets, the same strata (pieces of cleared ground in villages of the generator):

A  assumptions hold: how many items lay in each piece is the generator's; they are scattered, each
   operator's detection is drawn once a piece, passes miss independently, blind trials are drawn
   from the same detection.
B  the generator as it is (belts and heaps, misses shared by item, school, team and soil; trials
   easier than the field) against the full model: prior, discount of the trials and correlation of
   the misses learned from the finds of other worlds, never from what is left.
C  the same ground against the simple model: the trial is the truth, misses are independent.

Every detection is known from 30 trials only. Prints the randomised probability integral transform
(a distribution that is right gives uniform values), predicted bands of "none left" against the
observed share with error bars over worlds, what was called at least 0.99 clear, and how many true
counts the 95 % intervals hold. Baseline: accepting a lot because its inspection found nothing.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calibration_strata import CHUNK, METHODS, SHARE, TARGETS, Strata, load
from landrelease.assess import learned, residual, residual_input, residual_notes

TRAINED_ON = range(2_000, 2_400)
GRID = [(logit, sd, correlation) for logit in (0.0, 0.7, 1.4, 2.1) for sd in (0.5, 1.0)
        for correlation in (0.0, 0.15, 0.3, 0.6)]
SAMPLE = 1_500  # strata with finds, and as many without, from which the prior is learned
BANDS: tuple[float, ...] = (0, 0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1.0 + 1e-12)
TRUE_BETA = ((12.0, 6.0), (14.0, 5.0), (40.0, 3.0), (40.0, 3.0))  # set A: detection by method


@dataclass
class Result:
    """One row a stratum."""

    world: np.ndarray
    found: np.ndarray
    left: np.ndarray
    none: np.ndarray
    below: np.ndarray  # chance of fewer items than there are
    upto: np.ndarray  # chance of at most as many
    low: np.ndarray
    high: np.ndarray
    warned: np.ndarray
    clustered: np.ndarray
    seconds: float


# --- descriptions ------------------------------------------------------------------------------


def description(s: Strata, i: int, model: dict[str, Any]) -> dict[str, Any]:
    """Stratum i as the JSON of `assess residual`, under a model of detection."""
    passes = []
    for k, method in enumerate(METHODS):
        if s.share[i, k] == 0:
            continue
        detection: dict[str, Any] = {
            "found": int(s.trials[i, k]), "missed": TARGETS - int(s.trials[i, k]),
            "prior": {"a": model["prior"][k][0], "b": model["prior"][k][1]}}
        if model.get("discount"):
            detection["discount"] = model["discount"]
        passes.append({
            "name": method, "detection": detection, "swept_share": float(s.share[i, k]),
            "finds": int(s.finds[i, k]),
            "method": {"ts": "technical_survey"}.get(method, method)})
    part = slice(s.first[i], s.first[i + 1])
    seen = (s.item_by[part] >= 0) & (s.item_depth[part] <= 0.2)
    places = np.column_stack([s.item_x[part][seen], s.item_y[part][seen]])
    return {"area_m2": float(s.m2[i]), "passes": passes, "passes_independent": model["independent"],
            "unsearched_ground": "same_as_searched", "finds_xy": places.tolist(),
            **model.get("density", {})}


def where_assumptions_hold(s: Strata, seed: int) -> Strata:
    """The generator's counts of items with scattered places and independent misses."""
    rng = np.random.default_rng(seed)
    items = s.items()
    finds, trials = np.zeros_like(s.finds), np.zeros_like(s.trials)
    left = items.copy()
    p = np.column_stack([rng.beta(a, b, len(s)) for a, b in TRUE_BETA])
    for k in range(4):
        trials[:, k] = rng.binomial(TARGETS, p[:, k])
    # Nested, as the description reads shares: a uniform place for each item decides who swept it.
    for i in np.flatnonzero(items):
        place = rng.random(items[i])
        there = np.ones(items[i], dtype=bool)
        for k in range(4):
            hit = there & (place < s.share[i, k]) & (rng.random(items[i]) < p[i, k])
            finds[i, k] = hit.sum()
            there &= ~hit
        left[i] = there.sum()
    nowhere = np.zeros(0, np.float32)
    return Strata(s.seed, s.area, s.m2, s.share, s.team, finds, trials, left, s.deeper,
                  np.zeros(len(s) + 1, np.int64), nowhere, nowhere, nowhere.astype(np.int8),
                  nowhere.astype(np.int8), nowhere, nowhere)


# --- learning ----------------------------------------------------------------------------------


def beta_of_trials(s: Strata, *, shared: bool) -> list[tuple[float, float]]:
    """Beta prior of detection by method, from the spread of the programmes' blind trials
    (beta-binomial); one trial a row.
    """
    from scipy.optimize import minimize
    from scipy.special import betaln

    out = []
    for k in range(4):
        found = s.trials[s.share[:, k] > 0, k]
        if shared:  # all strata of a world stand on the same trial
            found = s.trials[np.flatnonzero(s.share[:, k] > 0)[
                np.unique(s.seed[s.share[:, k] > 0], return_index=True)[1]], k]

        def loss(x: np.ndarray, found: np.ndarray = found) -> float:
            a, b = np.exp(x)
            return -float(np.sum(betaln(a + found, b + TARGETS - found) - betaln(a, b)))

        best = minimize(loss, [2.0, 0.0], method="Nelder-Mead")
        a, b = np.exp(np.clip(best.x, -2, 5))
        out.append((float(a), float(b)))
    return out


def learn_density(s: Strata, model: dict[str, Any], which: np.ndarray, weights: np.ndarray
                  ) -> learned.Learned:
    """The prior from the finds of strata `which`, each of which stands for `weights` strata."""
    rows = np.array([learned.evidence_of(description(s, int(i), model)) for i in which])
    return learned.learn(rows, stands_for=weights)


def sample(s: Strata, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Strata with finds and without; those without stand for as many as there are."""
    rng = np.random.default_rng(seed)
    with_finds = np.flatnonzero(s.finds.sum(axis=1) > 0)
    without = np.flatnonzero(s.finds.sum(axis=1) == 0)
    a = rng.permutation(with_finds)[:size]
    b = rng.permutation(without)[:size]
    return np.concatenate([a, b]), np.concatenate([
        np.full(len(a), len(with_finds) / len(a)), np.full(len(b), len(without) / len(b))])


def pruned(found: learned.Learned) -> dict[str, Any]:
    """Its fields without the rungs that hardly weigh."""
    fields = found.fields()
    held = [d for d in fields["density"] if d["weight"] > 1e-3]
    total = sum(d["weight"] for d in held)
    return {"pi": fields["pi"], "density": [{**d, "weight": d["weight"] / total} for d in held]}


def model_of(name: str, s: Strata, size: int, said) -> dict[str, Any]:
    """The model of a set, learned from the training strata `s`."""
    if name == "A":
        s = where_assumptions_hold(s, 7)
    model: dict[str, Any] = {"prior": beta_of_trials(s, shared=name != "A"), "independent": True}
    said("   learned: detection in trials as Beta " + ", ".join(
        f"({a:.1f}, {b:.1f})" for a, b in model["prior"]))
    which, weights = sample(s, size, 3)
    if name == "B":
        tried = []
        few, few_weights = sample(s, max(40, size // 8), 5)
        for logit, sd, correlation in GRID:
            at = {**model, "discount": {"logit": logit, "sd": sd},
                  "independent": {"correlation": correlation}}
            tried.append(learn_density(s, at, few, few_weights).log_evidence)
        weight = np.exp(np.array(tried) - max(tried))
        weight /= weight.sum()
        logit, sd, correlation = np.array(GRID).T
        mean = float(weight @ logit)
        # What is left open about the mean adds to the spread between grounds.
        spread = float(np.sqrt(weight @ sd ** 2 + weight @ (logit - mean) ** 2))
        mixture = [{"correlation": float(c), "weight": float(weight[correlation == c].sum())}
                   for c in sorted(set(correlation))]
        held = [m for m in mixture if m["weight"] > 0.01]
        total = sum(m["weight"] for m in held)
        model["discount"] = {"logit": mean, "sd": spread}
        model["independent"] = {"mixture": [
            {**m, "weight": m["weight"] / total} for m in held]}
        said(f"   learned: discount {mean:.2f} (sd {spread:.2f}) in log-odds; correlation of "
             "misses " + ", ".join(f"{m['correlation']:g}: {m['weight']:.2f}" for m in mixture))
    found = learn_density(s, model, which, weights)
    model["density"] = pruned(found)
    said(f"   learned: pi {found.pi:.3f}; density per ha " + ", ".join(
        f"{a / b * 1e4:.3g}: {w:.2f}" for w, a, b in found.density))
    return model


def cached_model(name: str, trained: Strata, size: int, given: argparse.Namespace, said
                 ) -> dict[str, Any]:
    path = None if given.cache is None else given.cache / f"model_{name}_{size}.json"
    if path is not None and path.is_file():
        model = json.loads(path.read_text())
        said(f"   model of an earlier run: {json.dumps(model)}")
        return model
    model = model_of(name, trained, size, said)
    if path is not None:
        path.write_text(json.dumps(model))
    return model


# --- evaluation --------------------------------------------------------------------------------


def evaluate(s: Strata, model: dict[str, Any]) -> Result:
    begin = time.process_time()
    settings = residual_input.Settings()
    n = len(s)
    none, below, upto = (np.zeros(n) for _ in range(3))
    low, high = np.zeros(n, int), np.zeros(n, int)
    warned, clustered = np.zeros(n, bool), np.zeros(n, bool)
    for i in range(n):
        stratum = residual_input.read(description(s, i, model))
        made = residual.posterior_of(stratum)
        none[i] = made.none
        law = made.law(int(s.left[i]))
        below[i], upto[i] = made.cdf([int(s.left[i]) - 1, int(s.left[i])], law)
        if made.none < 0.975:
            low[i], high[i] = made.interval(0.95, law)
        ratio = residual_notes.clark_evans(stratum.finds_xy, stratum.area_m2)
        clustered[i] = ratio is not None and ratio < settings.clustered_ratio
        warned[i] = bool(residual_notes.notes_of(stratum, made, settings)[1])
    return Result(s.seed, s.finds.sum(axis=1), s.left, none, below, upto, low, high, warned,
                  clustered, time.process_time() - begin)


def over_worlds(r: Result, value: np.ndarray, at: np.ndarray, rounds: int = 400
                ) -> tuple[float, float]:
    """Mean of a value over some strata, and its standard error by resampling worlds."""
    if not at.any():
        return float("nan"), float("nan")
    worlds, index = np.unique(r.world[at], return_inverse=True)
    sums = np.bincount(index, value[at])
    counts = np.bincount(index)
    rng = np.random.default_rng(1)
    draws = rng.multinomial(len(worlds), np.full(len(worlds), 1 / len(worlds)), rounds)
    means = (draws @ sums) / np.maximum(draws @ counts, 1)
    return float(sums.sum() / counts.sum()), float(means.std())


def transform(r: Result, at: np.ndarray) -> np.ndarray:
    v = np.random.default_rng(2).random(len(r.left))
    return (r.below + v * (r.upto - r.below))[at]


def report(name: str, r: Result, said) -> dict[str, float]:
    """Print the tables of a set; the figures that the issue asks for come back."""
    from scipy import stats

    said(f"\nSet {name}: {len(r.left):,} strata of {len(np.unique(r.world)):,} worlds, "
         f"{(r.found > 0).mean():.3f} with finds, {(r.left > 0).mean():.3f} with something left; "
         f"{r.seconds:,.0f} s of processor")
    out: dict[str, float] = {}
    for words, at in (("all strata", np.ones(len(r.left), bool)), ("with finds", r.found > 0)):
        u = transform(r, at)
        test = stats.kstest(u, "uniform")
        decile = np.histogram(u, np.linspace(0, 1, 11))[0] / max(1, len(u))
        said(f"  transform, {words}: largest distance from uniform {test.statistic:.4f} "
             f"(5 % limit {1.358 / np.sqrt(max(1, len(u))):.4f}), mean {u.mean():.4f}; tenths "
             + " ".join(f"{x:.3f}" for x in decile))
        out[f"ks_{words}"], out[f"p_{words}"] = float(test.statistic), float(test.pvalue)
    said("  predicted none left   strata   predicted   observed +- error over worlds")
    clear = (r.left == 0).astype(float)
    for a, b in itertools.pairwise(BANDS):
        at = (r.none >= a) & (r.none < b)
        if at.any():
            seen, error = over_worlds(r, clear, at)
            said(f"  {a:6.2f} to {min(b, 1):4.2f}     {at.sum():8,}    {r.none[at].mean():8.4f}   "
                 f"{seen:8.4f} +- {error:.4f}")
    sure = r.none >= 0.99
    out["clear_when_sure"], error = over_worlds(r, clear, sure)
    said(f"  called at least 0.99 clear: {sure.sum():,}; clear {out['clear_when_sure']:.4f} "
         f"+- {error:.4f}")
    held = ((r.low <= r.left) & (r.left <= r.high)).astype(float)
    for words, at in (("all", np.ones(len(held), bool)), ("with finds", r.found > 0),
                      ("clustered finds", r.clustered), ("without a warning", ~r.warned),
                      ("with finds, without a warning", (r.found > 0) & ~r.warned)):
        share, error = over_worlds(r, held, at)
        said(f"  95 % interval holds, {words}: {share:.4f} +- {error:.4f} ({at.sum():,} strata, "
             f"{r.warned[at].mean() if at.any() else float('nan'):.3f} with a warning)")
        out[f"held_{words}"] = share
    return out


def baseline(s: Strata, said) -> None:
    inspected = s.share[:, 3] > 0
    accepted = inspected & (s.finds[:, 3] == 0)
    some = s.items() > 0
    said(f"\nBaseline: of {inspected.sum():,} inspected lots {accepted.sum():,} pass on zero "
         f"finds; of the {int((inspected & (s.left > 0)).sum()):,} with something left, "
         f"{(accepted & (s.left > 0)).sum() / max(1, (inspected & (s.left > 0)).sum()):.3f} pass. "
         f"Of lots that held items, {(s.left[some] > 0).mean():.3f} still do.")
    detected = [s.finds[:, k].sum() / max(1, (s.finds[:, k:].sum() + s.left[:].sum()))
                for k in range(3)]
    said("Found by each pass of what was still there: " + ", ".join(
        f"{m} {d:.3f}" for m, d in zip(METHODS, detected, strict=False))
        + "; in trials " + ", ".join(
        f"{m} {s.trials[s.share[:, k] > 0, k].mean() / TARGETS:.3f}"
        for k, m in enumerate(METHODS)) + f"; coverage {SHARE}")


def main(argv: list[str] | None = None, said=None) -> dict[str, dict[str, float]]:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--small", action="store_true", help="30 worlds, learned from 20 others")
    parser.add_argument("--worlds", type=int, default=2_000)
    parser.add_argument("--cache", type=Path, help="folder for what was read off the worlds")
    parser.add_argument("--sets", default="A,B,C")
    given = parser.parse_args(argv)
    if said is None:
        def said(text: str) -> None:
            print(text, flush=True)
    worlds = range(30) if given.small else range(given.worlds)
    training = range(2_000, 2_020) if given.small else TRAINED_ON
    size = 60 if given.small else SAMPLE

    def quiet(*_: Any, **__: Any) -> None:
        pass

    s = load(worlds, given.cache, said=quiet)
    trained = load(training, given.cache, said=quiet)
    said(f"{len(worlds)} worlds (seeds {worlds.start} to {worlds.stop - 1}), {len(s):,} strata; "
         f"learned from {len(training)} others (seeds {training.start} to {training.stop - 1})")
    baseline(s, said)
    out = {}
    for name in given.sets.split(","):
        said(f"\nSet {name}")
        model = cached_model(name, trained, size, given, said)
        ground = where_assumptions_hold(s, 8) if name == "A" else s
        made = [evaluated(name, part, model, given.cache, said) for part in parts_of(ground)]
        out[name] = report(name, joined(made), said)
    return out


def parts_of(s: Strata) -> list[Strata]:
    """The strata by blocks of `CHUNK` worlds."""
    block = s.seed // CHUNK
    out = []
    for number in np.unique(block):
        at = np.flatnonzero(block == number)
        a, b = int(at[0]), int(at[-1]) + 1
        items = slice(s.first[a], s.first[b])
        out.append(Strata(**{
            name: (value[a:b + 1] - value[a] if name == "first" else
                   value[items] if name.startswith("item_") else value[a:b])
            for name, value in vars(s).items()}))
    return out


def evaluated(name: str, part: Strata, model: dict[str, Any], cache: Path | None, said) -> Result:
    """The result of a block of worlds, from the cache where the same model was run before."""
    key = hashlib.sha256(json.dumps([name, model], sort_keys=True).encode()).hexdigest()[:12]
    path = None if cache is None else \
        cache / f"result_{key}_{part.seed[0]}_{part.seed[-1]}.npz"
    if path is not None and path.is_file():
        with np.load(path) as kept:
            return Result(**{k: kept[k] for k in kept.files})
    made = evaluate(part, model)
    if path is not None:
        np.savez_compressed(path, **vars(made))
    said(f"   worlds {part.seed[0]} to {part.seed[-1]}: {len(part):,} strata, "
         f"{float(made.seconds):.0f} s")
    return made


def joined(parts: list[Result]) -> Result:
    return Result(**{
        name: sum(float(p.seconds) for p in parts) if name == "seconds" else
        np.concatenate([getattr(p, name) for p in parts]) for name in vars(parts[0])})


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
