"""Funds and the works of the second phase, as tables that the user writes for one run."""

from __future__ import annotations

import re
from pathlib import Path

from landrelease.core.money import Fund, Work
from landrelease.records.readers import SourceRow, read
from landrelease.records.tables import Cells, cells_of, unique

FUNDS = ("id", "phase", "donor", "amount", "currency", "announced_for")
WORKS = ("id", "kind", "needs_hazards", "budget", "currency")


def read_funds(path: Path | str) -> tuple[Fund, ...]:
    """Read funds: one row a tranche. Columns `FUNDS`; phase 1 is demining, 2 rebuilding.

    Raises FIL-015 missing columns, FIL-021 a wrong cell, and what `readers.read` raises.
    """
    cells = cells_of(table := read(path), FUNDS)
    unique(cells, "id")
    out = []
    for row in table.rows:
        day = cells.day(row, "announced_for")
        if day is None:
            raise cells.wrong(row, "announced_for", "empty", "a day", "Enter the day.")
        out.append(Fund(
            cells.text(row, "id"), int(cells.number(row, "phase", low=1, high=9, whole=True)),
            cells.text(row, "donor", required=False), cells.number(row, "amount", low=0),
            _currency(cells, row), day))
    return tuple(out)


def read_works(path: Path | str) -> tuple[Work, ...]:
    """Read the works of the second phase. Columns `WORKS`; hazards are identifiers between
    semicolons, none where the land is free.

    Raises FIL-015 missing columns, FIL-021 a wrong cell, and what `readers.read` raises.
    """
    cells = cells_of(table := read(path), WORKS)
    unique(cells, "id")
    return tuple(Work(
        cells.text(row, "id"), cells.text(row, "kind"),
        tuple(h.strip() for h in cells.text(row, "needs_hazards", required=False).split(";")
              if h.strip()),
        cells.number(row, "budget", low=0), _currency(cells, row)) for row in table.rows)


def _currency(cells: Cells, row: SourceRow) -> str:
    currency = cells.text(row, "currency")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise cells.wrong(row, "currency", currency, "three capital letters such as USD",
                          "Enter the code of the currency (ISO 4217).")
    return currency
