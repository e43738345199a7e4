"""Transfer of the prior of unsurveyed land: one municipality hidden at a time, all methods at once.

    python benchmarks/bench_prior.py [--data ../shared/data/reland-colombia] [--small]
        [--part transfer|squares|random]

The grid of Colombia (RELand, MIT licence): 7,019 cells, 19 municipalities, 18 of them with found
and free cells. Each method learns from the other municipalities and is scored on the order inside
the hidden one: AUROC and average precision, their means over the 18, and AUROC pooled over all
pairs inside a municipality. Paired bootstrap intervals over municipalities and cells.

Peers (untuned, named in the output): LightGBM on all columns, a random forest and a logistic
regression on the columns of cells, and a random forest that is given the coordinates too, because
ours sees where a cell lies. Ours is `landrelease.assess.unsurveyed`: for each hidden municipality
its settings and calibration are chosen without it. What nesting cannot remove: the method itself
was developed on these 18 municipalities. The other tables bound that: squares of ground, and
ground hidden around the municipality. The random split is only there to show what it flatters. The
paper's blockCV folds hide one municipality each, eleven of which are in this grid: they are rows of
the first table.
`--small`: forests of 50 trees, 200 bootstrap draws. `--part`: one of the tables.
"""

from __future__ import annotations

import argparse
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from landrelease.assess import scoring, unsurveyed
from landrelease.workflows.unsurveyed import CellTable, groups_of, labels_of, read_cells

LABEL, GROUP = "mines_outcome", "Municipio"
PLACE = ("LATITUD_Y", "LONGITUD_X")


def peers(trees: int, seed: int):
    from lightgbm import LGBMClassifier
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def forest():
        return RandomForestClassifier(trees, n_jobs=2, random_state=seed)

    return {
        "LightGBM, all columns": (
            lambda: LGBMClassifier(verbose=-1, n_jobs=2, random_state=seed), "all"),
        "random forest, columns of cells": (forest, "cell"),
        "random forest, cells and coordinates": (forest, "place"),
        "logistic regression, columns of cells": (
            lambda: make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)), "cell"),
    }


def matrices(table, groups):
    numbers = table.cells.numbers
    names = [n for n in numbers if n not in (LABEL, *PLACE)]
    own = [n for n in names
           if any(len(np.unique(numbers[n][groups == g])) > 1 for g in np.unique(groups))]

    def matrix(columns):
        m = np.column_stack([numbers[n] for n in columns])
        return np.where(np.isfinite(m), m, np.nanmedian(m, axis=0))

    return {"all": matrix(names), "cell": matrix(own), "place": matrix([*own, *PLACE])}


def hidden(make, x, y, folds):
    """Score of each labelled cell by a model that has seen no cell of its fold."""
    score = np.full(len(y), np.nan)
    for fold in np.unique(folds):
        test = (folds == fold) & (y >= 0)
        train = (folds != fold) & (y >= 0)
        if test.any():
            score[test] = make().fit(x[train], y[train]).predict_proba(x[test])[:, 1]
    return score


def show(title, run, scores, against):
    good = run.y >= 0
    cut, y, groups = {k: v[good] for k, v in scores.items()}, run.y[good], run.groups[good]
    alone = scoring.resampled(groups, y, cut, seed=run.seed, draws=run.draws)
    print(f"\n{title}\n{'':40s}{'mean AUROC':>22s}{'mean AP':>22s}{'pooled AUROC':>22s}")
    for name, row in alone.items():
        cells = "".join(f"{i.value:8.3f} ({i.low:.3f}-{i.high:.3f})" for i in row.values())
        print(f"{name:40s}{cells}")
    for peer in against:
        pair = {k: cut[k] for k in ("ours", peer)}
        row = scoring.resampled(groups, y, pair, seed=run.seed, draws=run.draws,
                                against=peer)["ours"]
        cells = "".join(f"{i.value:+8.3f} ({i.low:+.3f},{i.high:+.3f})" for i in row.values())
        print(f"{'ours - ' + peer:40.40s}{cells}", flush=True)


def main() -> None:
    warnings.filterwarnings("ignore", message="X does not have valid feature names")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data/reland-colombia"))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--part", choices=("transfer", "squares", "random"))
    given = parser.parse_args()
    trees, draws = (50, 200) if given.small else (300, 1000)
    table = read_cells(given.data / "antioquia_grid.csv.gz")
    y, groups = labels_of(table, LABEL), groups_of(table, GROUP, None)
    x = matrices(table, groups)
    print(f"{len(y):,} cells, {(y >= 0).sum():,} labelled, {(y == 1).sum():,} found; seed "
          f"{given.seed}")

    every = peers(trees, given.seed)
    forest = "random forest, columns of cells"
    run = Run(table, y, groups, x, (LABEL, GROUP, *PLACE), given.seed, draws, every)
    if given.part in (None, "transfer"):
        transfer(run)
    if given.part in (None, "squares"):
        for side in (10.0, 20.0):
            blocks = groups_of(table, None, side)
            show(f"Squares of {side:g} km hidden, order inside a municipality", run,
                 {"ours": run.ours(blocks).validation.chance, forest: run.peer(forest, blocks)},
                 [forest])
    if given.part in (None, "random"):
        split = np.random.default_rng(given.seed).integers(0, 10, len(y)).astype(str)
        blocks = split.astype(object)
        show("For contrast only: a random split in ten (flatters)", run,
             {"ours": run.ours(blocks).validation.chance, forest: run.peer(forest, blocks)},
             [forest])


@dataclass(frozen=True)
class Run:
    table: CellTable
    y: np.ndarray
    groups: np.ndarray
    x: dict[str, np.ndarray]
    named: tuple[str, ...]
    seed: int
    draws: int
    peers: dict

    def ours(self, blocks):
        return unsurveyed.learn(self.table.cells, self.y, blocks, named=self.named,
                                seed=self.seed, draws=0)

    def peer(self, name, blocks):
        make, columns = self.peers[name]
        return hidden(make, self.x[columns], self.y, blocks)


def transfer(run):
    begin = time.perf_counter()
    ours = run.ours(run.groups)
    took = time.perf_counter() - begin
    scores = {"ours": ours.validation.chance}
    for name in run.peers:
        scores[name] = run.peer(name, run.groups)
    show("One municipality hidden", run, scores, list(run.peers))
    chosen = list(ours.validation.chosen.values())
    print(f"ours: learning and checking {took:.1f} s; settings chosen: " + ", ".join(
        f"{chosen.count(s)} x short {s.short:g} weight {s.numbers:g}" for s in set(chosen)))
    print("calibration of hidden cells (said, observed): " + ", ".join(
        f"{b.said:.2f} {b.observed:.2f}" for b in ours.validation.reliability))
    print("pooled AUROC with the ground around hidden too: " + ", ".join(
        f"{v:.3f} at {k:.1f} km" for k, v in ours.validation.buffered.items()))
    for g in ours.validation.by_group:
        print(f"    {g.group:24s}{g.cells:6d} cells {g.found:5d} found  AUROC {g.auroc:.3f}  "
              f"AP {g.average_precision:.3f}")


if __name__ == "__main__":
    main()
