"""The teams file: one row a pool of identical teams at one base."""

from __future__ import annotations

import math
import re
from datetime import date
from pathlib import Path
from typing import cast, get_args

from landrelease.core.work import MOST_UNITS, TeamKind, TeamPool
from landrelease.errors import TEAM_CURRENCIES_DIFFER, LandReleaseError
from landrelease.records.readers import SourceRow, read
from landrelease.records.tables import Cells, cells_of, unique, with_optional

COLUMNS = ("id", "kind", "organisation", "base", "longitude", "latitude", "teams", "m2_per_day",
           "m2_per_day_low", "m2_per_day_high", "cost_per_day", "currency", "available_from",
           "available_until", "source")
OPTIONAL = ("also", "rest")
_PEOPLE = ("nts", "ts", "manual")  # kinds that may be combined: machines and animals need their own


def read_teams(path: Path | str) -> tuple[TeamPool, ...]:
    """Read a teams file (CSV or XLSX) in the order of its rows.

    Rates are m² a team and working day, `low` to `high` the central 80 %; money is a day and team,
    in one currency for the whole file (ISO 4217); places are degrees, WGS 84; dates may be empty.
    Two columns may be missing: `also`, other kinds of work of the same teams with their rates
    ("manual=120", several parted by ;), and `rest`, days on which they do not work, every year
    ("12-20/01-10") or once ("2027-07-01/2027-07-14"), parted by ;.

    Raises
    ------
    LandReleaseError
        FIL-015 missing columns, FIL-021 a wrong cell (unknown kind, a rate that is not positive,
        low > rate > high, repeated id, wrong date), FIL-024 several currencies; and what
        `readers.read` raises.
    """
    table = read(path)
    cells = with_optional(cells_of(table, COLUMNS), OPTIONAL)
    unique(cells, "id")
    pools: list[TeamPool] = []
    for row in table.rows:
        kind = cells.text(row, "kind").casefold()
        if kind not in get_args(TeamKind):
            raise cells.wrong(row, "kind", cells.text(row, "kind"),
                              "one of " + ", ".join(get_args(TeamKind)), "Choose one of them.")
        rate = cells.number(row, "m2_per_day", above=0)
        low = cells.number(row, "m2_per_day_low", above=0)
        high = cells.number(row, "m2_per_day_high", above=0)
        if not low <= rate <= high:
            raise cells.wrong(row, "m2_per_day", f"{rate:g} with low {low:g} and high {high:g}",
                              "low <= m2_per_day <= high", "Correct the three rates.")
        currency = cells.text(row, "currency")
        if not re.fullmatch(r"[A-Z]{3}", currency):
            raise cells.wrong(row, "currency", currency, "three capital letters such as USD",
                              "Enter the code of the currency (ISO 4217).")
        if pools and currency != pools[0].currency:
            raise LandReleaseError(TEAM_CURRENCIES_DIFFER, file=table.file, row=row.row,
                                   found=currency, expected=pools[0].currency)
        opens, closes = cells.day(row, "available_from"), cells.day(row, "available_until")
        if opens is not None and closes is not None and closes < opens:
            raise cells.wrong(row, "available_until", closes, f"a day not before {opens}",
                              "Correct one of the two dates.")
        longitude = cells.number(row, "longitude", low=-180, high=180)
        latitude = cells.number(row, "latitude", low=-90, high=90)
        if longitude == 0 and latitude == 0:
            raise cells.wrong(row, "longitude, latitude", "0, 0", "the place of the base",
                              "Enter the coordinates of the base.")
        pools.append(TeamPool(
            id=cells.text(row, "id"), kind=cast(TeamKind, kind),
            organisation=cells.text(row, "organisation"), base=cells.text(row, "base"),
            longitude=longitude, latitude=latitude,
            teams=int(cells.number(row, "teams", low=1, high=MOST_UNITS, whole=True)),
            m2_per_day=rate, m2_per_day_low=low, m2_per_day_high=high,
            cost_per_day=cells.number(row, "cost_per_day", low=0), currency=currency,
            available_from=opens, available_until=closes, source=cells.text(row, "source"),
            also=_also(cells, row, kind), rest=_rest(cells, row)))
    return tuple(pools)


def _parts(cells: Cells, row: SourceRow, name: str) -> list[str]:
    text = cells.text(row, name, required=False)
    return [part.strip() for part in text.split(";") if part.strip()]


def _also(cells: Cells, row: SourceRow, kind: str) -> tuple[str, ...]:
    found: dict[str, float] = {}
    for part in _parts(cells, row, "also"):
        name, _, rate = (piece.strip().casefold() for piece in part.partition("="))
        try:
            number = float(rate)
        except ValueError:
            number = math.nan
        if name not in _PEOPLE or kind not in _PEOPLE or name == kind or name in found or not (
                0 < number < math.inf):
            raise cells.wrong(row, "also", part, "another kind of work with its m² a day, as "
                              "manual=120; nts, ts and manual can be combined",
                              "Correct it, or give machines and animals a row of their own.")
        found[name] = number
    return tuple(f"{name}={rate:.15g}" for name, rate in found.items())


def _rest(cells: Cells, row: SourceRow) -> tuple[str, ...]:
    found = _parts(cells, row, "rest")
    for span in found:
        first, _, last = span.partition("/")
        try:  # a year with a 29th of February
            days = [date.fromisoformat(day if len(day) > 5 else f"2028-{day}")
                    for day in (first, last)]
            wrong = len(first) != len(last) or len(first) not in (5, 10) or (
                len(first) > 5 and days[1] < days[0])
        except ValueError:
            wrong = True
        if wrong:
            raise cells.wrong(row, "rest", span, "days of every year as 12-20/01-10, or of one as "
                              "2027-07-01/2027-07-14", "Enter the first and the last day.")
    return tuple(found)
