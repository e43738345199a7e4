"""The chance of contamination of land that nobody has surveyed, learned from land where one has.

    chance = 1 / (1 + exp(-(a + b value)))

`value` is the regression on likeness (`regression.py`) to the searched cells: how near they lie,
and how like their covariates are. Settings are chosen, and a and b fitted (Platt), on values of
whole groups (municipalities) whose labels were hidden. The scores that are reported hide one group
more: for each group the choice and the calibration are made again without it, so that nothing of a
group's labels enters what is said of it. A random split is never used to choose or to judge: cells
lie beside each other, and such a split mostly asks for what the neighbour has shown.

Labels: 1 found, 0 searched and free, -1 not searched. Unsearched cells are not taken as free. Where
no cell is searched and free (records of finds only), the unsearched cells stand in for the
background, and the result only orders cells; it says `relative`.

It orders survey. It never cancels land (S09), and cells that stand low are not thereby safe.

Sources: Platt 1999 (calibration); Roberts et al. 2017, Ecography 40:913 (block validation);
Phillips et al. 2009, Ecological Applications 19:181 (presence and background).
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from landrelease.assess import likeness, scoring
from landrelease.assess.covariates import ColumnUse, choose_columns
from landrelease.assess.likeness import Cells, Coded, Coder
from landrelease.assess.regression import Fit, fit, inverse_of
from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    PRIOR_GROUPS_TOO_FEW,
    PRIOR_NOTHING_TO_LEARN,
    PRIOR_ONE_CLASS,
    LandReleaseError,
)

FOLDS = 25  # more groups than this are joined into so many folds; scores stay by group
REACH_KM_OF_SPACINGS = 5.0  # searched cells within so many cell widths are counted in the reasons
BATCH = 2000  # cells predicted at a time
CENTRAL_80 = 1.2815515655446004


@dataclass(frozen=True, slots=True)
class Setting:
    """Lengths in cell widths (the median distance of a cell to its nearest neighbour)."""

    short: float
    long: float
    place: float  # weight of the kernel
    numbers: float
    categories: float
    noise: float


# Categories weigh little in most of them: marks of climate or relief that fit the searched land
# often turn round elsewhere. The last is for land where they do carry.
SETTINGS = (
    *(Setting(short, 5 * short, 1.0, weight, weight / 10, 1.0)
      for short, weight in itertools.product((1.5, 4.0), (0.1, 0.3, 1.0))),
    Setting(1.5, 7.5, 1.0, 1.0, 1.0, 1.0))


@dataclass(frozen=True, slots=True)
class Calibration:
    """log odds = a + b value."""

    a: float
    b: float

    def chance(self, value: np.ndarray) -> np.ndarray:
        from scipy.special import expit

        return np.clip(expit(self.a + self.b * value), 1e-6, 1 - 1e-6)


@dataclass(frozen=True, slots=True, eq=False)
class Validation:
    """What the method scored on groups that it had not seen.

    chance : (N,) of the training cells, each from other groups only; NaN where unsearched.
    chosen : group -> the setting chosen without it.
    """

    chance: np.ndarray
    by_group: tuple[scoring.GroupScore, ...]
    intervals: dict[str, scoring.Interval]
    reliability: tuple[scoring.Band, ...]
    chosen: dict[str, Setting]
    buffered: dict[float, float]  # km kept clear around the hidden group -> pooled AUROC


@dataclass(frozen=True, slots=True, eq=False)
class UnsurveyedPrior:
    """A learned prior: give it to `predict`."""

    coder: Coder
    known: Coded
    labels: np.ndarray
    regression: Fit
    calibration: Calibration
    setting: Setting
    spacing_km: float
    columns: tuple[ColumnUse, ...]
    validation: Validation
    relative: bool
    used_cells: int
    given_cells: int
    notes: tuple[str, ...] = field(default=())


def learn(
    train: Cells, labels: np.ndarray, groups: np.ndarray, *, other: Cells | None = None,
    named: Sequence[str] = (), largest: int = 5000, seed: int = 0, draws: int = 500,
    settings: Sequence[Setting] = SETTINGS, progress: Progress = silent,
) -> UnsurveyedPrior:
    """Learn from cells whose label is known.

    Parameters
    ----------
    train : Cells, N of them.
    labels : (N,) int of 1, 0 and -1.
    groups : (N,) of text: the municipality (or block of ground) of each cell.
    other : the cells to predict for; columns that they lack are not learned from.
    named : columns that are no covariates (label, group, coordinates).
    largest : searched cells used at most; of more a random part is taken, all groups alike.
    seed : of that part, of the folds and of the bootstrap.

    Raises
    ------
    LandReleaseError
        ASS-404 one class only, ASS-405 fewer than two groups that can be learned from,
        ASS-406 neither coordinates nor a column that can be used.
    """
    notes: list[str] = []
    labels = np.asarray(labels)
    relative = not np.any(labels == 0)
    if not np.any(labels == 1) or (relative and not np.any(labels == -1)):
        raise LandReleaseError(PRIOR_ONE_CLASS, found=_counts(labels))
    found = labels.copy()
    if relative:
        found = np.where(labels == 1, 1, 0)
        notes.append("No cell is labelled 0 (searched and free): the unsearched cells stand in as "
                     "background. The values only order cells; they are no chances.")
    rng = np.random.default_rng(seed)
    index = np.flatnonzero(found >= 0)
    given = len(index)
    if given > largest:
        index = _part(found, groups, index, largest, rng, keep_finds=relative)
        notes.append(f"{len(index):,} of {given:,} "
                     + ("cells were used, with all finds." if relative and
                        np.sum(found == 1) <= largest / 2 else
                        "searched cells were used, all groups and classes alike."))
    names = np.array([str(g) for g in np.asarray(groups)[index]], dtype=object)
    if len(set(names.tolist())) < 2:
        raise LandReleaseError(PRIOR_GROUPS_TOO_FEW, found=len(set(names.tolist())))
    y = found[index].astype(np.int64)
    cells = train.take(index)
    if cells.place_km is not None and other is not None and other.place_km is None:
        cells = replace(cells, place_km=None)
        notes.append("The table to predict for has no coordinates: nearness is not used.")
    columns = choose_columns(train, other, np.asarray([str(g) for g in groups], dtype=object),
                             named)
    coder = Coder(cells, tuple(c.name for c in columns if c.role == "number"),
                  tuple(c.name for c in columns if c.role == "category"))
    coded = coder.code(cells)
    if coded.place_km is None and not coder.numbers and not coder.levels:
        raise LandReleaseError(PRIOR_NOTHING_TO_LEARN,
                               found="; ".join(f"{c.name}: {c.why}" for c in columns) or "none")
    spacing = spacing_km(coded.place_km)
    if coded.place_km is None or not (coder.numbers or coder.levels):
        settings = _distinct(settings, coded.place_km is not None)
    folds = _folds(names, rng)
    parts = Parts(coded, coder, spacing)
    alone = np.empty((len(settings), len(y)))
    pairs = np.full((len(settings), folds.max() + 1, len(y)), np.nan)
    for s, setting in enumerate(settings):
        progress("Trying settings on hidden groups", s / len(settings))
        alone[s], pairs[s] = _hidden_values(parts, setting, y, folds)
    best = int(np.argmax([_merit(y, alone[s], names) for s in range(len(settings))]))
    calibration = _calibrated(y, alone[best])
    if calibration.b == 0:
        notes.append("Hidden groups showed no skill at all: every cell gets the usual chance.")
    chance = np.full(len(labels), np.nan)
    chosen: dict[str, Setting] = {}
    for f in range(folds.max() + 1):
        mine = folds == f
        rest = np.flatnonzero(~mine)
        if len(set(y[rest].tolist())) < 2:
            continue
        pick = int(np.argmax([_merit(y[rest], pairs[s, f, rest], names[rest])
                              for s in range(len(settings))]))
        chance[index[mine]] = _calibrated(y[rest], pairs[pick, f, rest]).chance(alone[pick, mine])
        chosen |= dict.fromkeys(sorted(set(names[mine].tolist())), settings[pick])
    setting = settings[best]
    validation = _validated(parts, setting, y, names, folds, chance, index, chosen, seed, draws)
    if not validation.by_group:
        notes.append("No group holds both found and free cells: the order inside a group could "
                     "not be checked.")
    regression = fit(parts.kernel(setting, np.float64), y.astype(np.float64), setting.noise)
    return UnsurveyedPrior(coder, coded, y, regression, calibration, setting, spacing, columns,
                           validation, relative, len(y), given, tuple(notes))


class Parts:
    """The kernels between the training cells, each computed once."""

    def __init__(self, coded: Coded, coder: Coder, spacing: float):
        self.spacing, self.n = spacing, len(coded)
        self.distance = None if coded.place_km is None else likeness.distance_km(
            coded.place_km, coded.place_km)
        self.numbers = likeness.numbers_kernel(coded.scores, coded.scores) \
            if coder.numbers else None
        self.categories = likeness.categories_kernel(coded.marks, coded.marks, coder.usual) \
            if coder.levels else None

    def kernel(self, setting: Setting, dtype: type = np.float32) -> np.ndarray:
        total: np.ndarray = np.zeros((self.n, self.n), dtype=dtype)
        if self.distance is not None:
            total += setting.place * likeness.place_kernel(
                self.distance, setting.short * self.spacing, setting.long * self.spacing)
        if self.numbers is not None:
            total += np.float32(setting.numbers) * self.numbers
        if self.categories is not None:
            total += np.float32(setting.categories) * self.categories
        return total


def _hidden_values(parts: Parts, setting: Setting, y: np.ndarray, folds: np.ndarray
                   ) -> tuple[np.ndarray, np.ndarray]:
    """Values with the own fold hidden (N,), and with another fold hidden as well (F, N)."""
    inverse = inverse_of(parts.kernel(setting), y, setting.noise)
    members = [np.flatnonzero(folds == f) for f in range(folds.max() + 1)]
    alone = np.empty(len(y))
    pairs = np.full((len(members), len(y)), np.nan)
    for f, mine in enumerate(members):
        alone[mine] = inverse.hidden(mine)
        for g in range(f):
            value = inverse.hidden(np.concatenate([mine, members[g]]))
            pairs[g, mine] = value[:len(mine)]
            pairs[f, members[g]] = value[len(mine):]
    return alone, pairs


def _merit(y: np.ndarray, value: np.ndarray, names: np.ndarray) -> float:
    """What settings are chosen by: the mean log likelihood after calibration."""
    p = _calibrated(y, value).chance(value)
    return float(np.mean(np.where(y == 1, np.log(p), np.log1p(-p))))


def _calibrated(y: np.ndarray, value: np.ndarray) -> Calibration:
    """Logistic regression on one number, by Newton's method (maximum likelihood).

    A slope that is not above 0 shows no skill: then the usual chance, whatever the value. The
    slope is held back a little (a prior of variance 1e4 in units of the value's spread), so that
    values that part the classes wholly give a finite one.
    """
    from scipy.special import expit, logit

    usual = Calibration(float(logit(np.clip(y.mean(), 1e-6, 1 - 1e-6))), 0.0)
    spread = float(np.std(value))
    if len(set(y.tolist())) < 2 or spread < 1e-12:
        return usual
    x = (value - value.mean()) / spread
    a, b = usual.a, 0.0
    for _ in range(100):
        p = expit(a + b * x)
        w = np.maximum(p * (1 - p), 1e-12)
        rest = y - p
        s0, s1, s2 = w.sum(), (w * x).sum(), (w * x * x).sum() + 1e-4
        g0, g1 = rest.sum(), (rest * x).sum() - 1e-4 * b
        determinant = s0 * s2 - s1 * s1
        step_a, step_b = (s2 * g0 - s1 * g1) / determinant, (s0 * g1 - s1 * g0) / determinant
        size = max(abs(step_a), abs(step_b), 1.0)  # never more than 1 at once: it cannot run away
        a, b = a + step_a / size, b + step_b / size
        if max(abs(step_a), abs(step_b)) < 1e-10:
            break
    if b <= 0:
        return usual
    return Calibration(float(a - b * value.mean() / spread), float(b / spread))


def _validated(parts: Parts, setting: Setting, y: np.ndarray, names: np.ndarray,
               folds: np.ndarray, chance: np.ndarray, index: np.ndarray,
               chosen: dict[str, Setting], seed: int, draws: int) -> Validation:
    own = chance[index]
    groups = scoring.by_group(names, y, own)
    good = np.isfinite(own)
    intervals = scoring.resampled(names[good], y[good], {"prior": own[good]}, seed=seed,
                                  draws=draws)["prior"] if groups and draws else {}
    return Validation(chance, groups, intervals, scoring.reliability(y, own), chosen,
                      buffered(parts, setting, y, names, folds))


def buffered(parts: Parts, setting: Setting, y: np.ndarray, names: np.ndarray,
             folds: np.ndarray, widths: Sequence[float] = (0.0, 3.0, 10.0)) -> dict[float, float]:
    """Pooled AUROC when the ground around the hidden fold is hidden too.

    `widths` in cell widths; keys of the result in km. It tells how much of the skill is nearness
    to searched ground across the border: land far from any survey gets the value of the last one.
    Settings are those chosen for all groups.
    """
    if parts.distance is None:
        return {}
    inverse = inverse_of(parts.kernel(setting), y, setting.noise)
    out = {}
    for width in widths:
        value = np.full(len(y), np.nan)
        for f in range(folds.max() + 1):
            mine = np.flatnonzero(folds == f)
            near = np.flatnonzero(parts.distance[mine].min(axis=0) <= width * parts.spacing)
            hidden = np.union1d(mine, near) if width else mine
            if len(hidden) < len(y):
                value[mine] = inverse.hidden(hidden)[np.searchsorted(hidden, mine)]
        out[round(width * parts.spacing, 3)] = scoring.pooled_auroc(
            scoring.by_group(names, y, value))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """M cells: chance, central 80 % of the regression's doubt, and what drove each.

    pushes : part -> (M,) log odds against the mean training cell. They and `start` sum to the log
        odds of the chance exactly (before it is clipped to 1e-6).
    """

    chance: np.ndarray
    low: np.ndarray
    high: np.ndarray
    start: float
    pushes: dict[str, np.ndarray]
    near_cells: np.ndarray  # (M,) searched cells within `reach_km`
    near_found: np.ndarray
    reach_km: float
    outside: dict[str, float]  # column -> share of values beyond those of training


def predict(prior: UnsurveyedPrior, cells: Cells, progress: Progress = silent) -> Scores:
    """Chance and reasons of M cells that have the columns the prior was learned from."""
    coded = prior.coder.code(cells)
    count, b, s = len(cells), prior.calibration.b, prior.setting
    names = _part_names(prior)
    value, doubt = np.empty(count), np.empty(count)
    raw = {n: np.empty(count) for n in names}
    reach = REACH_KM_OF_SPACINGS * prior.spacing_km
    near, hits = np.zeros(count, dtype=np.int64), np.zeros(count, dtype=np.int64)
    for start in range(0, count, BATCH):
        progress("Cells", start / count)
        rows = slice(start, min(start + BATCH, count))
        batch = coded.take(rows)
        total = np.zeros((len(batch), len(prior.known)))
        for name, kernel in _kernels(prior, batch):
            raw[name][rows] = kernel @ prior.regression.weights
            total += kernel
        own = np.full(len(batch), (s.place if prior.known.place_km is not None else 0.0)
                      + (s.numbers if prior.coder.numbers else 0.0))
        own += s.categories * (batch.marks ** 2).sum(axis=1) / prior.coder.usual
        value[rows] = prior.regression.value(total)
        doubt[rows] = prior.regression.doubt(total, own)
        if prior.known.place_km is not None and batch.place_km is not None:
            within = likeness.distance_km(batch.place_km, prior.known.place_km) <= reach
            near[rows], hits[rows] = within.sum(axis=1), (within & (prior.labels == 1)).sum(1)
    usual = _usual(prior)
    pushes = {n: b * (raw[n] - usual[n]) for n in names}
    level = prior.calibration.a + b * (prior.regression.level() + sum(usual.values()))
    half = CENTRAL_80 * doubt
    return Scores(prior.calibration.chance(value), prior.calibration.chance(value - half),
                  prior.calibration.chance(value + half), level, pushes, near, hits, reach,
                  prior.coder.outside(cells))


def _part_names(prior: UnsurveyedPrior) -> tuple[str, ...]:
    place = ("place",) if prior.known.place_km is not None else ()
    return (*place, *prior.coder.numbers,
            *dict.fromkeys(name for name, _ in prior.coder.levels))


def _kernels(prior: UnsurveyedPrior, batch: Coded) -> Any:
    """Name -> (M, N) float64 of each part, weighted."""
    s, known, coder = prior.setting, prior.known, prior.coder
    if known.place_km is not None and batch.place_km is not None:
        yield "place", s.place * likeness.place_kernel(
            likeness.distance_km(batch.place_km, known.place_km).astype(np.float64),
            s.short * prior.spacing_km, s.long * prior.spacing_km)
    for j, name in enumerate(coder.numbers):
        yield name, s.numbers / len(coder.numbers) * likeness.number_kernel(
            batch.scores[:, j], known.scores[:, j])
    for name in dict.fromkeys(n for n, _ in coder.levels):
        mine = [q for q, (n, _) in enumerate(coder.levels) if n == name]
        yield name, s.categories / coder.usual * (batch.marks[:, mine] @ known.marks[:, mine].T)


def _usual(prior: UnsurveyedPrior) -> dict[str, float]:
    """Mean push of each part over the training cells, before calibration."""
    totals = dict.fromkeys(_part_names(prior), 0.0)
    for start in range(0, len(prior.known), BATCH):
        batch = prior.known.take(slice(start, start + BATCH))
        for name, kernel in _kernels(prior, batch):
            totals[name] += float((kernel @ prior.regression.weights).sum())
    return {n: t / len(prior.known) for n, t in totals.items()}


def _counts(labels: np.ndarray) -> str:
    values, counts = np.unique(labels, return_counts=True)
    return ", ".join(f"{c:,} x {v}" for v, c in zip(values, counts, strict=True)) or "no cell"


def _distinct(settings: Sequence[Setting], place: bool) -> tuple[Setting, ...]:
    """Settings that differ only in a part that is not there are one."""
    same = [replace(s, numbers=1.0, categories=1.0) if place else
            replace(s, short=1.0, long=1.0, place=0.0) for s in settings]
    return tuple(dict.fromkeys(same))


def _part(found: np.ndarray, groups: np.ndarray, index: np.ndarray, largest: int,
          rng: np.random.Generator, *, keep_finds: bool) -> np.ndarray:
    """A random part, the same share of each class in each group, at least one of each.

    `keep_finds`: all finds (as long as they are no more than half), and a part of the rest; for an
    order only, because it changes how common finds are.
    """
    if keep_finds and (finds := index[found[index] == 1]).size <= largest / 2:
        rest = index[found[index] != 1]
        return np.sort(np.concatenate([finds, _part(found, groups, rest, largest - len(finds), rng,
                                                    keep_finds=False)]))
    keys = np.array([f"{g}\0{y}" for g, y in zip(groups[index], found[index], strict=True)])
    share = largest / len(index)
    taken = []
    for key in np.unique(keys):
        mine = index[keys == key]
        taken.append(rng.choice(mine, max(1, int(len(mine) * share)), replace=False))
    return np.sort(np.concatenate(taken))


def _folds(names: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fold of each cell: its group, or with very many groups a set of whole groups."""
    groups, codes = np.unique(names.astype(str), return_inverse=True)
    if len(groups) <= FOLDS:
        return codes
    fold_of = np.empty(len(groups), dtype=np.int64)
    sizes = np.bincount(codes)
    load = np.zeros(FOLDS)
    for g in np.lexsort((rng.random(len(groups)), -sizes)):
        fold_of[g] = int(np.argmin(load))
        load[fold_of[g]] += sizes[g]
    return fold_of[codes]


def spacing_km(place: np.ndarray | None) -> float:
    """Median distance to the nearest other place."""
    if place is None:
        return 1.0
    from scipy.spatial import cKDTree

    distinct = np.unique(place, axis=0)
    if len(distinct) < 2:
        return 1.0
    return float(np.median(cKDTree(distinct).query(distinct, k=2)[0][:, 1]))
