"""Tables of cells to the prior of unsurveyed land and to the next survey, and back to files."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from landrelease.core.progress import Progress, silent
from landrelease.errors import (
    CELLS_NONE,
    PRIOR_COLUMN_MISSING,
    PRIOR_LABEL,
    PRIOR_NO_GROUPS,
    PRIOR_PLACE,
    PRIOR_ROW,
    LandReleaseError,
)

if TYPE_CHECKING:
    from landrelease.assess.likeness import Cells
    from landrelease.assess.unsurveyed import Scores, UnsurveyedPrior
    from landrelease.records.readers import SourceTable

NUMBERS_FROM = 0.9  # a column is one of numbers where so many of its given cells are
NOT_GIVEN = "(not given)"
_NORTH = r"(lat|latitude|latitud|breite|northing|y)([_\W].*)?$"
_EAST = r"(lon|lng|long|longitude|longitud|länge|easting|x)([_\W].*)?$"
CAUTION = ("This orders survey. It cancels no land, and a low value does not mean that a cell is "
           "safe.")


@dataclass(frozen=True, slots=True, eq=False)
class CellTable:
    """A file of cells: the cells, and the file itself to write back."""

    file: str
    source: SourceTable
    headings: tuple[str, ...]  # as they stand in the file, not trimmed
    cells: Cells
    place_columns: tuple[str, ...]
    degrees: bool
    notes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.source)


def read_cells(path: Path, x: str | None = None, y: str | None = None) -> CellTable:
    """Read a table of cells; `x` and `y` name its coordinates, else they are looked for by name.

    Coordinates named latitude and longitude (or x and y inside +-180 and +-90) are degrees of
    WGS 84; others metres on a plane. Cells that are no number in a column of numbers count as not
    given, and are noted.

    Raises
    ------
    LandReleaseError
        ASS-401, ASS-403, ASS-407, ASS-409, and what `readers.read` raises.
    """
    from landrelease.assess.likeness import Cells, sphere_km
    from landrelease.records.readers import read

    table = read(path)
    if not len(table):
        raise LandReleaseError(CELLS_NONE, file=table.file)
    for i, problem in table.problems.items():
        raise LandReleaseError(PRIOR_ROW, file=table.file, row=i + 1, found=(
            f"{problem.facts.get('found', 'another number of')} cells, "
            f"{len(table.columns)} headings"))
    headings = _headings(table)
    repeated = [h for h in headings if headings.count(h) > 1]
    if repeated:
        raise LandReleaseError(PRIOR_ROW, file=table.file, row="of headings",
                               found=f"the heading {repeated[0]!r} stands there twice")
    numbers: dict[str, np.ndarray] = {}
    texts: dict[str, np.ndarray] = {}
    notes: list[str] = []
    for name in table.columns:
        values, bad = _numbers(table.cells[name])
        if values is None:
            texts[name] = np.array(["" if _absent(v) else " ".join(str(v).split())
                                    for v in table.cells[name]], dtype=object)
            continue
        numbers[name] = values
        if bad:
            notes.append(f"{name}: {len(bad)} cells are no numbers and count as not given, the "
                         f"first in row {bad[0] + 1}: {str(table.cells[name][bad[0]])[:40]!r}.")
    north, east = _place_names(table, numbers, x, y)
    place, degrees = None, False
    if north and east:
        lat, lon = numbers[north], numbers[east]
        by_name = re.match(r"(lat|lon|lng|breite|länge)", north.casefold()) is not None
        degrees = by_name or (np.nanmax(np.abs(lat)) <= 90 and np.nanmax(np.abs(lon)) <= 180)
        wrong = ~(np.isfinite(lat) & np.isfinite(lon))
        if degrees:
            wrong |= (np.abs(lat) > 90) | (np.abs(lon) > 180)
        if wrong.any():
            i = int(np.flatnonzero(wrong)[0])
            raise LandReleaseError(
                PRIOR_PLACE, file=table.file, row=i + 1,
                found=f"{table.cells[north][i]!r}, {table.cells[east][i]!r}",
                expected="degrees, north within 90 and east within 180" if degrees else
                "two numbers in metres")
        place = sphere_km(lat, lon) if degrees else np.column_stack([lon, lat]) / 1000
    cells = Cells(len(table), numbers, texts, place)
    return CellTable(table.file, table, headings, cells, (north, east) if place is not None
                     else (), degrees, tuple(notes))


def _headings(table: SourceTable) -> tuple[str, ...]:
    """The headings as they stand in a text file, so that they leave as they came."""
    from landrelease.records import text

    if not re.search(r"\.(csv|tsv|txt)(\.gz)?$", table.file.casefold()):
        return table.columns
    try:
        content = table.content
        if content[:2] == b"\x1f\x8b":
            import gzip

            content = gzip.decompress(content)
        encoding = text.detect_encoding(content, table.file)
        delimiter = text.detect_delimiter(text.sample_of(content, encoding.name))
        first = next(iter(text.read_cells(content, encoding.name, delimiter, table.file)))
    except (LandReleaseError, StopIteration, OSError):
        return table.columns
    raw = tuple(str(h).lstrip("\ufeff") for h in first)
    same = len(raw) == len(table.columns) and all(
        " ".join(r.split()) in ("", c) or c.startswith(" ".join(r.split()))
        for r, c in zip(raw, table.columns, strict=True))
    return tuple(r if r.strip() else c for r, c in zip(raw, table.columns, strict=True)) \
        if same else table.columns


def _absent(value: Any) -> bool:
    from landrelease.records.values import is_absent

    return is_absent(value)


def _numbers(column: Sequence[Any]) -> tuple[np.ndarray | None, list[int]]:
    """A column as numbers and where it holds none, or None where it is one of texts."""
    from landrelease.records.values import Refused, Style, parse_number, style_of

    values = list(column)
    try:
        plain = np.array(values, dtype=np.float64)
        return np.where(np.isfinite(plain), plain, np.nan), []
    except (TypeError, ValueError):
        pass
    style: Style = style_of(values)
    out = np.full(len(values), np.nan)
    known: dict[Any, float | None] = {}
    bad: list[int] = []
    given = 0
    for i, value in enumerate(values):
        if value not in known:
            if _absent(value):
                known[value] = math.nan
            else:
                try:
                    known[value] = parse_number(value, "", style)[0]
                except Refused:
                    known[value] = None
        number = known[value]
        if number is None:
            bad.append(i)
            given += 1
        else:
            out[i] = number
            given += not math.isnan(number)
    if given and len(bad) > (1 - NUMBERS_FROM) * given:
        return None, []
    return out, bad


def _place_names(table: SourceTable, numbers: Mapping[str, np.ndarray], x: str | None,
                 y: str | None) -> tuple[str, str]:
    def one(stated: str | None, pattern: str) -> str:
        if stated is not None:
            name = column(table, stated)
            if name not in numbers:
                raise LandReleaseError(PRIOR_PLACE, file=table.file, row=1,
                                       found=f"in {name} are no numbers", expected="numbers")
            return name
        found = [n for n in numbers if re.match(pattern, n.casefold())
                 and np.isfinite(numbers[n]).any()]
        return found[0] if found else ""

    return one(y, _NORTH), one(x, _EAST)


def column(table: SourceTable, name: str) -> str:
    """The heading that is meant, whatever its blanks. Raises ASS-401."""
    wanted = " ".join(name.split())
    exact = [c for c in table.columns if c == wanted]
    close = [c for c in table.columns if c.casefold() == wanted.casefold()]
    if not exact and len(close) != 1:
        raise LandReleaseError(PRIOR_COLUMN_MISSING, file=table.file, found=name,
                               expected=", ".join(table.columns))
    return exact[0] if exact else close[0]


def labels_of(table: CellTable, name: str) -> np.ndarray:
    """(N,) of 1, 0 and -1; an empty cell is -1. Raises ASS-401, ASS-402."""
    heading = column(table.source, name)
    raw = table.source.cells[heading]
    values = table.cells.numbers.get(heading)
    if values is None:
        values = np.full(len(raw), np.nan)
    given = np.array([not _absent(v) for v in raw])
    wrong = given & ~np.isin(values, (1, 0, -1))
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise LandReleaseError(PRIOR_LABEL, file=table.file, row=i + 1, field=heading,
                               found=str(raw[i])[:60])
    return np.where(given, np.nan_to_num(values, nan=-1), -1).astype(np.int64)


def groups_of(table: CellTable, name: str | None, block_km: float | None) -> np.ndarray:
    """(N,) of text: the column, or squares of ground with sides of `block_km`."""
    if block_km is not None:
        place = table.cells.place_km
        if place is None:
            raise LandReleaseError(PRIOR_NO_GROUPS, file=table.file,
                                   found="there are no coordinates to make blocks from")
        if table.degrees:  # rows of equal height, and columns as wide as in the middle
            north, east = (table.cells.numbers[n] for n in table.place_columns)
            scale = 111.195
            place = np.column_stack([
                east * scale * np.cos(np.radians(float(np.mean(north)))), north * scale])
        square = np.floor(place / block_km).astype(np.int64)
        return np.array([f"block {a} {b}" for a, b in square[:, :2]], dtype=object)
    if name is None:
        raise LandReleaseError(PRIOR_NO_GROUPS, file=table.file, found="no group is named")
    raw = table.source.cells[column(table.source, name)]
    return np.array([NOT_GIVEN if _absent(v) else " ".join(str(v).split()) for v in raw],
                    dtype=object)


@dataclass(frozen=True, slots=True, eq=False)
class PriorRun:
    prior: UnsurveyedPrior
    scores: Scores
    train: CellTable
    other: CellTable
    notes: tuple[str, ...]


def prior_of_cells(
    train: Path, label: str, group: str | None, other: Path, *, block_km: float | None = None,
    x: str | None = None, y: str | None = None, largest: int = 5000, seed: int = 0,
    progress: Progress = silent,
) -> PriorRun:
    """Learn from the cells of `train` and predict those of `other`.

    Raises LandReleaseError ASS-401 to ASS-409.
    """
    from landrelease.assess import unsurveyed

    known = read_cells(train, x, y)
    labels = labels_of(known, label)
    groups = groups_of(known, group, block_km)
    ahead = read_cells(other, *_stated_in(other, x, y))
    notes = [f"{t.file}: {n}" for t in (known, ahead) for n in t.notes]
    if known.cells.place_km is not None and ahead.cells.place_km is not None \
            and known.degrees != ahead.degrees:
        raise LandReleaseError(PRIOR_PLACE, file=ahead.file, row=1,
                               found="in another system than those of the training table",
                               expected="degrees" if known.degrees else "metres")
    named = {column(known.source, label), *known.place_columns, *ahead.place_columns}
    if group is not None:
        named.add(column(known.source, group))
    prior = unsurveyed.learn(known.cells, labels, groups, other=ahead.cells, named=tuple(named),
                             largest=largest, seed=seed, progress=progress)
    scores = unsurveyed.predict(prior, ahead.cells, progress)
    if known.cells.place_km is None:
        notes.append("The training table has no coordinates: nearness is not used.")
    elif ahead.cells.place_km is not None:
        far = float(np.mean(scores.near_cells == 0))
        if far:
            notes.append(f"{far:.0%} of the cells have no searched cell within "
                         f"{scores.reach_km:.3g} km: there the value rests on covariates and the "
                         "usual level.")
    beyond = [f"{n} {s:.0%}" for n, s in scores.outside.items() if s > 0.2]
    if beyond:
        notes.append("Values beyond those of training, counted as the end of its range: "
                     + ", ".join(beyond) + ".")
    return PriorRun(prior, scores, known, ahead, (*prior.notes, *notes))


def _stated_in(path: Path, x: str | None, y: str | None) -> tuple[str | None, str | None]:
    """The names of coordinates that the second table has too; else they are looked for."""
    if x is None and y is None:
        return None, None
    from landrelease.records.readers import read

    columns = {c.casefold() for c in read(path).columns}
    return tuple(n if n is not None and " ".join(n.split()).casefold() in columns else None
                 for n in (x, y))  # type: ignore[return-value]


def write_scores(run: PriorRun, out: Path) -> None:
    """The columns and the order of the other table, with `probability` after them."""
    write_with(run.other, {"probability": run.scores.chance}, out)


def write_with(table: CellTable, more: Mapping[str, Sequence[Any] | np.ndarray], out: Path,
               rows: np.ndarray | None = None) -> None:
    """A table as it came (or these rows of it), with columns after its own.

    A column of the same name is replaced.
    """
    from landrelease.store.exports import unprotected, write_csv

    def bare(value: Any) -> Any:
        # What came protected leaves so, with no apostrophe more each time.
        return unprotected(value) if isinstance(value, str) else value

    which = range(len(table)) if rows is None else rows.tolist()
    own = [(h, [bare(table.source.cells[c][i]) for i in which]) for h, c in
           zip(table.headings, table.source.columns, strict=True) if h not in more]
    names = [h for h, _ in own] + list(more)
    columns = [c for _, c in own] + [list(v) for v in more.values()]
    write_csv(out, ({n: _out(v) for n, v in zip(names, row, strict=True)}
                    for row in zip(*columns, strict=True)), names)


def _out(value: Any) -> Any:
    return float(f"{value:.6g}") if isinstance(value, (float, np.floating)) else value


def write_reasons(run: PriorRun, out: Path) -> None:
    """One row for each cell: chance with its interval, words, and the push of each part.

    `push` columns are changes of the log odds against the mean training cell; with `start` they
    sum to the log odds of the chance.
    """
    from landrelease.store.exports import write_csv

    s = run.scores
    words = reasons(run)
    names = list(s.pushes)
    write_csv(out, (
        {"row": i + 1, "probability": _out(s.chance[i]), "low": _out(s.low[i]),
         "high": _out(s.high[i]), "reasons": words[i], "start": _out(s.start),
         **{f"push {n}": _out(s.pushes[n][i]) for n in names}}
        for i in range(len(s.chance))), ["row", "probability", "low", "high", "reasons", "start",
                                         *(f"push {n}" for n in names)])


def reasons(run: PriorRun, most: int = 3) -> list[str]:
    """What drove each cell most, in plain words: the largest pushes, factors on the odds."""
    s, cells, kind = run.scores, run.other.cells, _cells(run.prior)
    names = list(s.pushes)
    if not names:
        return [""] * len(cells)
    pushes = np.column_stack([s.pushes[n] for n in names])
    order = np.argsort(-np.abs(pushes), axis=1)[:, :most]
    lower: dict[str, np.ndarray] = {}
    train = run.train.cells
    for name in names:
        if name in cells.numbers and name in run.prior.coder.numbers:
            known = np.sort(train.numbers[name][np.isfinite(train.numbers[name])])
            lower[name] = np.searchsorted(known, cells.numbers[name]) / len(known)
    out = []
    for i, picks in enumerate(order):
        said = []
        for j in picks:
            push = float(pushes[i, j])
            if abs(push) < 0.01:
                continue
            effect = f"odds x {math.exp(push):.2g}"
            name = names[j]
            if name == "place":
                what = (f"{s.near_found[i]} of {s.near_cells[i]} {kind} within "
                        f"{s.reach_km:.2g} km had finds" if s.near_cells[i] else
                        f"none of the {kind} within {s.reach_km:.2g} km")
            elif name in lower:
                value = cells.numbers[name][i]
                what = (f"{name} not given, taken as the middle" if not np.isfinite(value) else
                        f"{name} {value:.3g}, {lower[name][i]:.0%} of training cells are lower")
            else:
                value = cells.texts[name][i] if name in cells.texts else \
                    f"{cells.numbers[name][i]:g}"
                what = f"{name} {value or 'not given'}"
            said.append(f"{what}: {effect}")
        out.append("; ".join(said) or "as the usual cell")
    return out


def _cells(prior: UnsurveyedPrior) -> str:
    return "cells" if prior.relative else "searched cells"


def prior_document(run: PriorRun) -> dict[str, Any]:
    """The report as JSON: what was used, how it was checked, and what it may not be used for."""
    prior, check = run.prior, run.prior.validation
    importance = {n: float(np.mean(np.abs(v))) for n, v in run.scores.pushes.items()}
    return {
        "use": CAUTION,
        "relative": prior.relative,
        "notes": list(run.notes),
        "method": "regression on likeness (Gaussian process) on 0 and 1, Platt calibration; "
                  "settings and calibration chosen on hidden groups",
        "training": {"file": run.train.file, "rows": len(run.train),
                     "searched_cells": prior.given_cells, "searched_cells_used": prior.used_cells,
                     "found": int(prior.labels.sum()), "cell_width_km": prior.spacing_km},
        "validation": {
            "what": "each group predicted without any of its labels; settings and calibration "
                    "chosen without it too",
            "groups": [dataclasses.asdict(g) for g in check.by_group],
            "means": {k: dataclasses.asdict(v) for k, v in check.intervals.items()},
            "reliability": [dataclasses.asdict(b) for b in check.reliability],
            "pooled_auroc_with_ground_around_hidden_too_km": {
                f"{k:g}": v for k, v in check.buffered.items()},
            "settings_by_group": {g: dataclasses.asdict(s) for g, s in check.chosen.items()},
        },
        "setting": dataclasses.asdict(prior.setting),
        "columns": [dataclasses.asdict(c) for c in prior.columns],
        "place": list(run.other.place_columns) if prior.known.place_km is not None else [],
        "importance": dict(sorted(importance.items(), key=lambda kv: -kv[1])),
        "importance_is": "mean absolute change of the log odds over the predicted cells",
        "predicted": {"file": run.other.file, "rows": len(run.other),
                      "values_beyond_training": run.scores.outside},
    }


def prior_words(run: PriorRun) -> list[str]:
    """The result in a few lines: what it rests on and how well it did on hidden groups."""
    prior, check = run.prior, run.prior.validation
    used = [c.name for c in prior.columns if c.role != "left out"]
    lines = [f"Learned from {prior.used_cells:,} {_cells(prior)}, {int(prior.labels.sum()):,} with "
             f"finds; {'nearness and ' if prior.known.place_km is not None else ''}"
             f"{len(used)} of {len(prior.columns)} columns."]
    if check.intervals:
        mean, pooled = check.intervals["auroc"], check.intervals["pooled_auroc"]
        lines.append(
            f"On {len(check.by_group)} hidden groups: order inside a group (AUROC) mean "
            f"{mean.value:.2f} ({mean.low:.2f} to {mean.high:.2f}), pooled {pooled.value:.2f} "
            f"({pooled.low:.2f} to {pooled.high:.2f}); 0.5 is no order at all.")
    if len(check.buffered) > 1:
        lines.append("With the ground around the hidden group hidden too: " + ", ".join(
            f"{v:.2f} at {k:.3g} km" for k, v in check.buffered.items() if k > 0) + ".")
    if prior.relative:
        lines.append("Relative: `probability` only orders the cells.")
    return [*lines, *run.notes]
