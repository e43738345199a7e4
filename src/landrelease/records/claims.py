"""Files of claims: published numbers as tables, the places that they are compared with, the words.

A claims file is read tolerantly: a row that cannot be used is kept and says why, because who checks
claims does not write them.
"""

from __future__ import annotations

import csv
import functools
import importlib.resources
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from landrelease.core.claim import Place
from landrelease.core.said_words import fold
from landrelease.errors import CLAIMS_COLUMN_TWICE, CLAIMS_WITHOUT_COLUMNS, LandReleaseError
from landrelease.records.readers import read
from landrelease.records.tables import cells_of
from landrelease.units import M2_PER_KM2

_TEXTS = (".csv", ".tsv", ".txt")
_NUMBERED = re.compile(r"(?: \(column \d+\))+$")
PLACE_COLUMNS = ("place", "kind", "area_km2")


@dataclass(frozen=True)
class ClaimTable:
    """The rows of a file as they stand, and what is wrong with single ones, by number from 1."""

    rows: tuple[Mapping[str, Any], ...]
    problems: Mapping[int, str]


def read_claims(path: Path, columns_of) -> ClaimTable:
    """columns_of : headings -> (our column -> heading), of `figures.claims_read`.

    Raises CLM-001 where the file has none of the columns, CLM-003 where one of them is there twice;
    what `readers.read` raises.
    """
    table = read(path)
    known = columns_of(table.columns)
    if not {"metric", "value", "words"} & set(known):
        raise LandReleaseError(CLAIMS_WITHOUT_COLUMNS, file=table.file,
                               found=", ".join(map(str, table.columns)))
    bare = [_NUMBERED.sub("", str(c)) for c in table.columns]  # a repeated heading got a number
    for name in bare:
        if sum(fold(name) == fold(other) for other in bare) > 1 and columns_of([name]):
            raise LandReleaseError(CLAIMS_COLUMN_TWICE, file=table.file, found=name)
    rows, problems = [], {}
    for number, row in enumerate(table.rows, 1):
        rows.append(dict(row.values))
        damage = _damage(row.values, table.columns, known) if path.suffix.lower() in _TEXTS else ""
        if row.problem is not None:
            facts = {"file": table.file, "row": row.row, **row.problem.facts}
            problems[number] = row.problem.message.text(**facts)
        elif damage:
            problems[number] = damage
    return ClaimTable(tuple(rows), problems)


def _damage(values: Mapping[str, Any], columns: Sequence[str], known: Mapping[str, Any]) -> str:
    """What is wrong with a row of a text file whose line can be read all the same; "" for nothing.

    A cell that is not there is None, an empty one is "". Words may be left out at the end.
    """
    swallowed = any(isinstance(v, str) and any(
        line.count(mark) >= len(columns) - 1 for line in v.splitlines()[1:] for mark in ",;\t")
        for v in values.values())
    if len(columns) > 1 and swallowed:
        return "One cell holds the lines below it: a quote was opened and not closed."
    missing = [name for name, heading in known.items()
               if name != "words" and values.get(heading) is None]
    if missing:
        there = sum(values.get(c) is not None for c in columns)
        return (f"The row has {there} cells, the heading {len(columns)}; without a cell: "
                f"{', '.join(missing)}.")
    return ""


def read_places(path: Path | None = None) -> tuple[Place, ...]:
    """A table of places with their areas; without a path that of the package.

    Raises FIL-015 missing columns, FIL-021 a wrong cell.
    """
    if path is None:
        with importlib.resources.as_file(
                importlib.resources.files("landrelease.data") / "place_areas.csv") as packaged:
            return read_places(packaged)
    table = read(path)
    cells = cells_of(table, PLACE_COLUMNS)
    return tuple(Place(
        cells.text(row, "place"), cells.text(row, "kind", required=False),
        cells.number(row, "area_km2", above=0.0, low=0.0) * M2_PER_KM2,
        tuple(filter(None, str(row.values.get("names") or "").split("|"))))
        for row in table.rows)


@functools.lru_cache(maxsize=1)
def word_rows() -> Sequence[tuple[str, str, str]]:
    """(group, meaning, words) of every row of the package's words of claims."""
    packaged = importlib.resources.files("landrelease.data") / "claim_words.csv"
    return tuple(_rows(packaged.read_text(encoding="utf-8")))


def _rows(text: str) -> Iterator[tuple[str, str, str]]:
    for row in csv.DictReader(text.splitlines()):
        yield row["group"], row["meaning"], row["words"]
