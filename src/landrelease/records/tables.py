"""Cells of a settings table (teams, assumptions): read strictly, one wrong cell refuses the file.

Unlike records these tables are written by the user for one run, so a doubtful cell is not
quarantined: the run would rest on a table that nobody meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from landrelease.errors import COLUMNS_MISSING, TABLE_VALUE_WRONG, LandReleaseError
from landrelease.records.mapping import fold
from landrelease.records.readers import SourceRow, SourceTable
from landrelease.records.values import (
    Refused,
    Style,
    is_absent,
    parse_date,
    parse_number,
    shown,
    style_of,
)


@dataclass(frozen=True, slots=True)
class Cells:
    """The rows of a table by the names of its columns, whatever their case and spaces."""

    table: SourceTable
    headings: dict[str, str]
    styles: dict[str, Style]

    def wrong(self, row: SourceRow, name: str, found: Any, expected: str, remedy: str
              ) -> LandReleaseError:
        return LandReleaseError(TABLE_VALUE_WRONG, file=self.table.file, row=row.row, field=name,
                                found=shown(found) or "empty", expected=expected, remedy=remedy)

    def raw(self, row: SourceRow, name: str) -> Any:
        return row.values.get(self.headings.get(name, ""))

    def text(self, row: SourceRow, name: str, *, required: bool = True) -> str:
        cell = self.raw(row, name)
        text = "" if cell is None else " ".join(str(cell).split())
        if required and not text:
            raise self.wrong(row, name, "empty", "a text", f"Enter the {name}.")
        return text

    def number(self, row: SourceRow, name: str, *, low: float = -math.inf, high: float = math.inf,
               above: float | None = None, whole: bool = False) -> float:
        """A number from `low` to `high`, or greater than `above`."""
        cell = self.raw(row, name)
        bounded = -math.inf < low and high < math.inf
        limits = (f"a number from {low:g} to {high:g}" if bounded else
                  f"a number greater than {above:g}" if above is not None else
                  f"a number of at least {low:g}" if low > -math.inf else "a number")
        try:
            if is_absent(cell):
                raise Refused(TABLE_VALUE_WRONG)
            number, _ = parse_number(cell, "", self.styles.get(name, Style()), whole=whole)
        except Refused as refusal:
            raise self.wrong(row, name, "empty" if is_absent(cell) else cell, limits,
                             "Enter it without unit and thousands marks, for example 400."
                             ) from refusal
        if (number < low or number > high or (above is not None and number <= above)
                or (whole and number != math.floor(number))):
            raise self.wrong(row, name, cell, limits, "Correct the number.")
        return number

    def day(self, row: SourceRow, name: str) -> date | None:
        cell = self.raw(row, name)
        if is_absent(cell):
            return None
        try:
            return parse_date(cell, self.styles.get(name, Style()), date.max)[0]
        except Refused as refusal:
            raise self.wrong(row, name, cell, "a date such as 2026-04-01, or empty",
                             "Enter the date as year-month-day.") from refusal


def cells_of(table: SourceTable, required: Sequence[str]) -> Cells:
    """Find the columns by name. Raises FIL-015 with the missing ones, FIL-021 for a broken row."""
    found = {fold(h): h for h in reversed(table.columns)}
    headings = {name: found[fold(name)] for name in required if fold(name) in found}
    missing = [name for name in required if name not in headings]
    if missing:
        raise LandReleaseError(COLUMNS_MISSING, file=table.file, found=", ".join(missing),
                               expected=", ".join(required))
    cells = Cells(table, headings, {
        name: style_of(row.values.get(heading) for row in table.rows)
        for name, heading in headings.items()})
    for row in table.rows:
        if row.problem is not None:
            facts = {"file": table.file, "row": row.row, **row.problem.facts}
            raise cells.wrong(row, "the row", f"{facts.get('found', '')} cells",
                              f"{len(table.columns)} cells", row.problem.message.remedy)
    return cells


def with_optional(cells: Cells, names: Sequence[str]) -> Cells:
    """The same with columns that may be missing; a cell of a missing one is empty."""
    found = {fold(h): h for h in reversed(cells.table.columns)}
    more = {name: found[fold(name)] for name in names if fold(name) in found}
    return Cells(cells.table, {**cells.headings, **more}, cells.styles)


def unique(cells: Cells, name: str) -> None:
    """Refuse a text that stands in two rows, whatever its case."""
    rows: dict[str, int] = {}
    for row in cells.table.rows:
        text = cells.text(row, name)
        other = rows.setdefault(text.casefold(), row.row)
        if other != row.row:
            raise cells.wrong(row, name, text, f"a {name} that no other row has (row {other} "
                              "has it too)", "Give each row its own, or remove one of the rows.")
