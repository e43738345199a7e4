"""A table of cells and the results so far to the next cells to survey, and back to a file."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from landrelease.assess.sequential import Batch, Estimate
from landrelease.core.progress import Progress, silent
from landrelease.errors import SURVEY_NOTHING_LEFT, SURVEY_RESULT, LandReleaseError
from landrelease.workflows import unsurveyed
from landrelease.workflows.unsurveyed import CellTable, PriorRun

RESULT, CHOSEN, PROPENSITY = "result", "chosen_by", "propensity"
EXPECTED, DRAWN = "expectation", "draw"


@dataclass(frozen=True, slots=True, eq=False)
class NextSurvey:
    """`waiting`: row index in the table of each waiting cell; `batch` counts in waiting cells."""

    table: CellTable
    run: PriorRun
    waiting: np.ndarray
    batch: Batch
    estimates: tuple[tuple[str, Estimate], ...]  # of each results file
    explore: float


def next_survey(
    cells: Path, label: str, group: str | None, *, results: Sequence[Path] = (),
    identifier: str | None = None, budget: float, area: str | None = None, explore: float,
    block_km: float | None = None, x: str | None = None, y: str | None = None,
    largest: int = 5000, seed: int = 0, progress: Progress = silent,
) -> NextSurvey:
    """Take in the results, learn anew from all searched cells, and choose the next ones.

    results : files with `identifier` and `result` (1 or 0; empty: not done). Files that this
        function wrote before carry `chosen_by` and `propensity`: from their drawn cells follows how
        many cells with finds are among those that were not ordered at that time.
    budget : number of cells, or with `area` (a column) as much of it.
    Cells given but not done in the results wait on.

    Raises LandReleaseError ASS-401 to ASS-412.
    """
    from landrelease.assess import sequential
    from landrelease.assess import unsurveyed as model

    table = unsurveyed.read_cells(cells, x, y)
    labels = unsurveyed.labels_of(table, label)
    estimates = []
    for path in results:
        estimates += _take_in(table, labels, path, identifier)
    waiting = np.flatnonzero(labels == -1)
    if not len(waiting):
        raise LandReleaseError(SURVEY_NOTHING_LEFT)
    groups = unsurveyed.groups_of(table, group, block_km)
    named = {unsurveyed.column(table.source, label), *table.place_columns}
    named |= {unsurveyed.column(table.source, n) for n in (group, identifier, area) if n}
    prior = model.learn(table.cells, labels, groups, named=tuple(named), largest=largest,
                        seed=seed, progress=progress)
    ahead = dataclasses.replace(table, cells=table.cells.take(waiting))
    scores = model.predict(prior, ahead.cells, progress)
    size = _sizes(table, area)
    batch = sequential.next_batch(scores.chance, budget, explore, np.random.default_rng(seed),
                                  None if size is None else size[waiting])
    run = PriorRun(prior, scores, table, ahead, (*prior.notes, *table.notes))
    return NextSurvey(table, run, waiting, batch, tuple(estimates), explore)


def _sizes(table: CellTable, area: str | None) -> np.ndarray | None:
    if area is None:
        return None
    name = unsurveyed.column(table.source, area)
    size = table.cells.numbers.get(name)
    bad = np.flatnonzero(~(size > 0)) if size is not None else np.zeros(1, dtype=np.int64)
    if size is None or len(bad):
        raise LandReleaseError(
            SURVEY_RESULT, file=table.file, row=int(bad[0]) + 1, found=f"{name} is "
            f"{table.source.cells[name][int(bad[0])]!r}; expected a number above 0")
    return size


def _take_in(table: CellTable, labels: np.ndarray, path: Path, identifier: str | None
             ) -> list[tuple[str, Estimate]]:
    """Write the results into `labels`; the estimate of the file where it carries propensities."""
    from landrelease.assess import sequential

    found = unsurveyed.read_cells(path)

    def wrong(row: int, what: str) -> LandReleaseError:
        return LandReleaseError(SURVEY_RESULT, file=found.file, row=row + 1, found=what)

    if identifier is None:
        raise wrong(0, "no column is named that tells the cells apart (--id)")
    names = [_text(v) for v in table.source.cells[unsurveyed.column(table.source, identifier)]]
    place = {n: i for i, n in enumerate(names)}
    if len(place) < len(names):
        twice = next(i for i, n in enumerate(names) if place[n] != i)
        raise LandReleaseError(SURVEY_RESULT, file=table.file, row=twice + 1,
                               found=f"the id {names[twice]!r} stands in two rows")
    outcome = unsurveyed.labels_of(found, RESULT)
    mine = [_text(v) for v in found.source.cells[unsurveyed.column(found.source, identifier)]]
    seen: set[str] = set()
    for row, (name, value) in enumerate(zip(mine, outcome, strict=True)):
        if name not in place:
            raise wrong(row, f"no cell has the id {name!r}")
        if name in seen:
            raise wrong(row, f"the id {name!r} stands in two rows")
        seen.add(name)
        if value == -1:
            continue
        before = labels[place[name]]
        if before not in (-1, value):
            raise wrong(row, f"the result of {name!r} is {value}, the table or an earlier file "
                        f"has {before}")
        labels[place[name]] = value
    if CHOSEN not in found.source.columns or PROPENSITY not in found.cells.numbers:
        return []
    drawn = np.array([_text(v) == DRAWN for v in found.source.cells[CHOSEN]])
    chance = found.cells.numbers[PROPENSITY]
    bad = np.flatnonzero(drawn & ~((chance > 0) & (chance <= 1)))
    if len(bad):
        raise wrong(int(bad[0]), f"propensity {chance[bad[0]]:g}; expected above 0, at most 1")
    if not drawn.any() or (outcome[drawn] == -1).any():
        return []  # a draw of which a part was left out is no random draw
    return [(found.file, sequential.unordered_finds(chance[drawn], outcome[drawn]))]


def _text(value: Any) -> str:
    from landrelease.store.exports import unprotected

    return "" if value is None else unprotected(" ".join(str(value).split()))


def write_batch(made: NextSurvey, out: Path) -> None:
    """The chosen cells with all their columns, in order, and an empty column for the result."""
    scores, batch = made.run.scores, made.batch
    words = unsurveyed.reasons(made.run)
    rows = made.waiting[batch.order]
    columns = {
        "rank": np.arange(1, len(rows) + 1), "probability": scores.chance[batch.order],
        "low": scores.low[batch.order], "high": scores.high[batch.order],
        CHOSEN: [DRAWN if d else EXPECTED for d in batch.drawn],
        PROPENSITY: [float(batch.propensity[i]) for i in batch.order],
        "reasons": [words[i] for i in batch.order], RESULT: [None] * len(rows)}
    unsurveyed.write_with(made.table, columns, out, rows)


def write_log(made: NextSurvey, out: Path) -> None:
    """Every waiting cell with the chance with which it could come into this batch."""
    chosen = np.full(len(made.waiting), "", dtype=object)
    chosen[made.batch.order] = [DRAWN if d else EXPECTED for d in made.batch.drawn]
    unsurveyed.write_with(made.table, {
        "probability": made.run.scores.chance, CHOSEN: chosen,
        PROPENSITY: made.batch.propensity}, out, made.waiting)


def document(made: NextSurvey) -> dict[str, Any]:
    return {
        "use": unsurveyed.CAUTION, "waiting_cells": len(made.waiting),
        "searched_cells": made.run.prior.given_cells, "ordered": len(made.batch.order),
        "drawn": int(made.batch.drawn.sum()), "explore": made.explore,
        "finds_expected": float(made.run.scores.chance[made.batch.order].sum()),
        "relative": made.run.prior.relative,
        "unordered_finds": [{"file": f, **dataclasses.asdict(e)} for f, e in made.estimates],
        "prior": unsurveyed.prior_document(made.run),
    }


def words(made: NextSurvey) -> list[str]:
    batch, chance = made.batch, made.run.scores.chance
    lines = [*unsurveyed.prior_words(made.run),
             f"{len(batch.order):,} of {len(made.waiting):,} waiting cells ordered: "
             f"{int((~batch.drawn).sum()):,} by expectation, {int(batch.drawn.sum()):,} drawn by "
             "chance."]
    if not made.run.prior.relative:
        lines.append(f"Finds are expected in {chance[batch.order].sum():.1f} of them, and in "
                     f"{chance.sum() - chance[batch.order].sum():.1f} of those that wait on.")
    for file, e in made.estimates:
        lines.append(
            f"{file}: from its {e.drawn} drawn cells ({e.found} with finds) follows that "
            f"{e.cells:.1f} (standard error {e.standard_error:.1f}) of the cells not ordered by "
            "expectation had something." if e.found else
            f"{file}: none of its {e.drawn} drawn cells had a find. That does not show that the "
            "cells not ordered are free.")
    return lines
