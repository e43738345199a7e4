"""Survey in sequence: finds met within 10, 25 and 50 % of the budget, all ways of ordering at once.

    python benchmarks/bench_sequential.py [--data ../shared/data/reland-colombia] [--seeds 20]
        [--forest] [--small] [--part new|nothing]

The labelled cells of the Colombian grid are surveyed in batches of 5 % of all cells; each result is
known after its batch. Two situations:

new municipality   the other municipalities are surveyed already, one is surveyed from nothing; for
                   each of the 18 with both labels
from nothing       1 % of all cells, drawn at random, are known; the rest of the grid is surveyed

random             cells in random order
static             one ranking, by what is known at the start
greedy             the ranking is made again after each batch
ours               greedy, but a share of each batch is drawn by chance with known propensity
                   (`sequential.next_batch`, `survey_exploration_share` of the assumptions)

All but the forest rest on the same regression with one setting fixed beforehand (the second of
`unsurveyed.SETTINGS`), so that only the ordering differs. `--forest`
adds a random forest refitted on the columns of cells and the coordinates (new municipality only,
one seed). Printed: mean over seeds, with the standard deviation between seeds.
"""

from __future__ import annotations

import argparse
import csv
import importlib.resources
from pathlib import Path

import numpy as np

from bench_prior import GROUP, LABEL, PLACE, matrices
from landrelease.assess import regression, sequential, unsurveyed
from landrelease.assess.covariates import choose_columns
from landrelease.assess.likeness import Coder
from landrelease.workflows.unsurveyed import groups_of, labels_of, read_cells

SHARES = (0.1, 0.25, 0.5)
BATCHES = 20
SETTING = unsurveyed.SETTINGS[1]


def explore_share() -> float:
    path = importlib.resources.files("landrelease.data") / "assumptions.csv"
    rows = csv.DictReader(path.read_text(encoding="utf-8").splitlines())
    return next(float(r["value"]) for r in rows if r["name"] == "survey_exploration_share")


def survey(mean, covariance, found, explore, rng, last=0.5, static=False):
    """The order in which all cells are surveyed; beyond `last` of them as the ranking stands.

    mean (M,), covariance (M, M) with the noise of the labels on its diagonal, given what is known
    at the start.
    """
    count = len(found)
    size = max(round(count / BATCHES), 1)
    done = np.empty(0, dtype=np.int64)
    value = mean
    while len(done) < count:
        waiting = np.setdiff1d(np.arange(count), done)
        if static or len(done) > last * count:
            return np.concatenate([done, waiting[np.argsort(-value[waiting], kind="stable")]])
        batch = sequential.next_batch(np.clip(value[waiting], 0.01, 0.99),
                                      min(size, len(waiting)), explore, rng)
        done = np.concatenate([done, waiting[batch.order]])
        weights = np.linalg.solve(covariance[np.ix_(done, done)], found[done] - mean[done])
        value = mean + covariance[:, done] @ weights
    return done


def table_of(name, rows):
    """rows: (seeds, situations, shares)."""
    over = rows.mean(axis=1)
    cells = "".join(f"{m:12.3f} +- {s:.3f}" for m, s in zip(
        over.mean(axis=0), over.std(axis=0, ddof=1) if len(over) > 1 else np.zeros(3),
        strict=True))
    print(f"{name:28s}{cells}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/reland-colombia"))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--forest", action="store_true")
    parser.add_argument("--small", action="store_true", help="2 seeds")
    parser.add_argument("--part", choices=("new", "nothing"))
    given = parser.parse_args()
    seeds = range(2 if given.small else given.seeds)
    table = read_cells(given.data / "antioquia_grid.csv.gz")
    labels, groups = labels_of(table, LABEL), groups_of(table, GROUP, None)
    known = np.flatnonzero(labels >= 0)
    y, names = labels[known], groups[known]
    cells = table.cells.take(known)
    columns = choose_columns(table.cells, None, groups, (LABEL, GROUP, *PLACE))
    coder = Coder(cells, tuple(c.name for c in columns if c.role == "number"),
                  tuple(c.name for c in columns if c.role == "category"))
    coded = coder.code(cells)
    parts = unsurveyed.Parts(coded, coder, unsurveyed.spacing_km(coded.place_km))
    share = explore_share()
    ways = {"random": None, "static": None, "greedy": 0.0, f"ours, explore {share:g}": share}
    head = "".join(f"{f'recall at {s:.0%}':>21s}" for s in SHARES)

    if given.part in (None, "new"):
        new_municipality(parts, y, names, ways, seeds, head,
                         matrices(table, groups)["place"][known] if given.forest else None)
    if given.part in (None, "nothing"):
        from_nothing(parts, y, ways, seeds, head)


def new_municipality(parts, y, names, ways, seeds, head, forest) -> None:
    inverse = regression.inverse_of(parts.kernel(SETTING, np.float64), y, SETTING.noise)
    starts = []
    for name in sorted(set(names.tolist())):
        mine = np.flatnonzero(names == name)
        if 0 < y[mine].sum() < len(mine):
            starts.append((mine, inverse.hidden(mine),
                           np.linalg.inv(inverse.g[np.ix_(mine, mine)])))
    print(f"New municipality, mean over {len(starts)}; {len(seeds)} seeds\n{'':28s}{head}")
    for way, explore in ways.items():
        rows = np.empty((len(seeds) if way not in ("static", "greedy") else 1, len(starts), 3))
        for s in range(len(rows)):
            for m, (mine, mean, covariance) in enumerate(starts):
                rng = np.random.default_rng((s, m))
                order = rng.permutation(len(mine)) if way == "random" else survey(
                    mean, covariance, y[mine], explore or 0.0, rng, static=way == "static")
                rows[s, m] = sequential.recall_at(order, y[mine], SHARES)
        table_of(way, rows)
    if forest is not None:
        forest_refitted(forest, y, [s[0] for s in starts])


def from_nothing(parts, y, ways, seeds, head) -> None:
    full = parts.kernel(SETTING, np.float64) + 1.0
    full[np.diag_indices(len(y))] += SETTING.noise
    print(f"\nFrom nothing, all {len(y):,} cells; {len(seeds)} seeds\n{'':28s}{head}")
    results = {way: np.empty((len(seeds), 1, 3)) for way in ways}
    for s in seeds:
        rng = np.random.default_rng(s)
        first = rng.choice(len(y), round(0.01 * len(y)), replace=False)
        rest = np.setdiff1d(np.arange(len(y)), first)
        gain = np.linalg.solve(full[np.ix_(first, first)], full[np.ix_(first, rest)])
        mean = regression.START + gain.T @ (y[first] - regression.START)
        covariance = full[np.ix_(rest, rest)] - full[np.ix_(rest, first)] @ gain
        for way, explore in ways.items():
            own = np.random.default_rng((s, 1))
            order = own.permutation(len(rest)) if way == "random" else survey(
                mean, covariance, y[rest], explore or 0.0, own, static=way == "static")
            results[way][s, 0] = sequential.recall_at(order, y[rest], SHARES)
    for way, rows in results.items():
        table_of(way, rows)


def forest_refitted(x, y, members) -> None:
    from sklearn.ensemble import RandomForestClassifier

    rows = np.empty((1, len(members), 3))
    for m, mine in enumerate(members):
        outside = np.setdiff1d(np.arange(len(y)), mine)
        size = max(round(len(mine) / BATCHES), 1)
        done = np.empty(0, dtype=np.int64)
        while len(done) <= 0.5 * len(mine):
            train = np.concatenate([outside, done])
            score = RandomForestClassifier(100, n_jobs=2, random_state=0).fit(
                x[train], y[train]).predict_proba(x[mine])[:, 1]
            waiting = np.setdiff1d(mine, done)
            value = score[np.searchsorted(mine, waiting)]
            done = np.concatenate([done, waiting[np.argsort(-value, kind="stable")][:size]])
        order = np.searchsorted(mine, np.concatenate([done, np.setdiff1d(mine, done)]))
        rows[0, m] = sequential.recall_at(order, y[mine], SHARES)
    table_of("forest refitted, greedy", rows)


if __name__ == "__main__":
    main()
