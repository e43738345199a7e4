"""The assumptions file: one row a stated assumption with its range, unit, meaning and source."""

from __future__ import annotations

import csv
import functools
import importlib.resources
from dataclasses import replace
from pathlib import Path

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.errors import ASSUMPTIONS_MISSING, ASSUMPTIONS_UNKNOWN, LandReleaseError
from landrelease.records.readers import read
from landrelease.records.tables import cells_of, unique

COLUMNS = ("name", "value", "low", "high", "unit", "definition", "source")
# Zero is a meaningful value of these; of all others that are no shares it would stop the work.
_MAY_BE_ZERO = ("person_weight", "hectare_weight", "move_days", "settlement_error_m",
                "road_margin_m", "community_hazard_distance_m", "access_weight",
                "promise_price", "change_price", "season_weight", "infrastructure_weight")
_SHARES = ("share_cancelled", "share_reduced", "share_cleared")


@functools.lru_cache(maxsize=1)
def known_units() -> dict[str, str]:
    """Name -> unit of every assumption, from the file that comes with the package."""
    packaged = importlib.resources.files("landrelease.data") / "assumptions.csv"
    rows = csv.DictReader(packaged.read_text(encoding="utf-8").splitlines())
    return {row["name"]: row["unit"] for row in rows}


def read_assumptions(path: Path | str, otherwise: Assumptions | None = None) -> Assumptions:
    """Read an assumptions file (CSV or XLSX), all in their units.

    otherwise : what stands for assumptions that the file does not hold, such as those that came
        after it was written; `filled` names them. None: all must be there.

    Raises
    ------
    LandReleaseError
        FIL-015 missing columns, FIL-021 a wrong cell (low > value > high, another unit, a share
        outside 0 to 1, repeated name, no source), FIL-022 missing, FIL-023 unknown names; and what
        `readers.read` raises.
    """
    table = read(path)
    cells = cells_of(table, COLUMNS)
    unique(cells, "name")
    units = known_units()
    names = [cells.text(row, "name") for row in table.rows]
    if unknown := [name for name in names if name not in units]:
        raise LandReleaseError(ASSUMPTIONS_UNKNOWN, file=table.file, found=", ".join(unknown),
                               expected=", ".join(units))
    missing = [name for name in units if name not in names]
    if missing and otherwise is None:
        raise LandReleaseError(ASSUMPTIONS_MISSING, file=table.file, found=", ".join(missing))
    found = {}
    for row, name in zip(table.rows, names, strict=True):
        unit = cells.text(row, "unit")
        if unit != units[name]:
            raise cells.wrong(row, "unit", unit, units[name],
                              "Convert value, low and high into this unit.")
        top = (1.0 if unit.startswith(("share", "probability")) else
               12.0 if unit == "month" else 24.0 if unit == "h" else
               366.0 if name == "working_days_per_year" else float("inf"))
        share = unit.startswith(("share", "probability"))
        value, low, high = (
            cells.number(row, column, low=1.0 if unit == "month" else 0.0, high=top,
                         above=None if share or name in _MAY_BE_ZERO else 0.0)
            for column in ("value", "low", "high"))
        if not low <= value <= high:
            raise cells.wrong(row, "value", f"{value:g} with low {low:g} and high {high:g}",
                              "low <= value <= high", "Correct the three numbers.")
        found[name] = Assumption(name, value, low, high, unit, cells.text(row, "definition"),
                                 cells.text(row, "source"))
    filled = [] if otherwise is None else [name for name in missing if name in otherwise.by_name]
    if otherwise is not None:
        found = {name: found.get(name) or replace(
            otherwise[name], source=f"not in {table.file}: {otherwise[name].source}")
            for name in units if name in found or name in filled}
    total = sum(found[name].value for name in _SHARES if name in found)
    if all(name in found for name in _SHARES) and abs(total - 1) > 0.001:
        last = [name for name in _SHARES if name in names]
        row = table.rows[names.index(last[-1])] if last else table.rows[0]
        raise cells.wrong(row, "value", f"{total:.3f} as the sum of {', '.join(_SHARES)}", "1",
                          "Each square metre is cancelled, reduced or cleared: make the sum 1.")
    return Assumptions(found, tuple(filled))


def read_weights(path: Path | str) -> Assumptions:
    """Read a table of weights of evidence, in the columns of an assumptions file.

    Which names there must be, and in which range, is checked where they are used. Raises FIL-015
    missing columns, FIL-021 a wrong cell, a repeated name, no source.
    """
    table = read(path)
    cells = cells_of(table, COLUMNS)
    unique(cells, "name")
    found = {}
    for row in table.rows:
        name = cells.text(row, "name")
        value, low, high = (cells.number(row, column, low=0.0)
                            for column in ("value", "low", "high"))
        found[name] = Assumption(name, value, low, high, cells.text(row, "unit"),
                                 cells.text(row, "definition"), cells.text(row, "source"))
    return Assumptions(found)
