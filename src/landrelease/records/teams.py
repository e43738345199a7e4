"""The teams file: one row a pool of identical teams at one base."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast, get_args

from landrelease.core.work import TeamKind, TeamPool
from landrelease.errors import TEAM_CURRENCIES_DIFFER, LandReleaseError
from landrelease.records.readers import read
from landrelease.records.tables import cells_of, unique

COLUMNS = ("id", "kind", "organisation", "base", "longitude", "latitude", "teams", "m2_per_day",
           "m2_per_day_low", "m2_per_day_high", "cost_per_day", "currency", "available_from",
           "available_until", "source")


def read_teams(path: Path | str) -> tuple[TeamPool, ...]:
    """Read a teams file (CSV or XLSX) in the order of its rows.

    Rates are m² a team and working day, `low` to `high` the central 80 %; money is a day and team,
    in one currency for the whole file (ISO 4217); places are degrees, WGS 84; dates may be empty.

    Raises
    ------
    LandReleaseError
        FIL-015 missing columns, FIL-021 a wrong cell (unknown kind, a rate that is not positive,
        low > rate > high, repeated id, wrong date), FIL-024 several currencies; and what
        `readers.read` raises.
    """
    table = read(path)
    cells = cells_of(table, COLUMNS)
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
            teams=int(cells.number(row, "teams", low=1, whole=True)),
            m2_per_day=rate, m2_per_day_low=low, m2_per_day_high=high,
            cost_per_day=cells.number(row, "cost_per_day", low=0), currency=currency,
            available_from=opens, available_until=closes, source=cells.text(row, "source")))
    return tuple(pools)
