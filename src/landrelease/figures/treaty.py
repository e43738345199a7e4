"""Tables of a year for treaty and donor reports: areas, release, items destroyed.

The layout follows the practice of Article 7 reports and of the Oslo Action Plan: per area the
suspected and confirmed ground at the start and at the end, what was newly recorded, what was
cancelled, reduced and cleared in the year, and the items destroyed by category. It is not the form
of the treaty itself, which the authority fills in.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.ledger import LedgerRow
from landrelease.figures.items import GROUPS, SMALL_ARMS, amounts

# Treaty -> (title, group of ordnance that it is about; "" for all).
TREATIES: dict[str, tuple[str, str]] = {
    "apmbc": ("Anti-Personnel Mine Ban Convention, Articles 5 and 7", "ap_mine"),
    "ccm": ("Convention on Cluster Munitions, Articles 4 and 7", "submunition"),
    "all": ("All explosive ordnance, for donors", ""),
}
NOT_REPORTED = "not reported"
WITHHELD = "withheld"  # of so few that it would show a single record (S14); never 0 (S12)
# Whole words of free text that name a group, as the field device_category is filled in practice; a
# model's number may follow: PMA-2, PROM1, BLU-97.
_WORDS = {
    "ap_mine": r"ap[_ -]?mines?|anti-?personnel|apm|pma[- ]?\w{0,3}|pmr[- ]?\w{0,3}|"
               r"prom[- ]?\d?\w?|mrud",
    "av_mine": r"(?:at|av)[_ -]?mines?|anti-?(?:vehicle|tank)|tmm[- ]?\w{0,3}|tma[- ]?\w{0,3}",
    "submunition": r"submunitions?|cluster|cmr|bomblets?|blu[- ]?\d+\w*|kasetna",
}
_NAMES = {group: re.compile(rf"(?<!\w)(?:{words})(?!\w)") for group, words in _WORDS.items()}
# What follows such a word, up to the end of the clause, is said not to be there.
_NOT = re.compile(r"(?<!\w)(?:no|not|none|without|free of|nema|bez|нема|без|нет|немає)(?!\w).*")
_CLAUSE = re.compile(r"[,;.:()]|(?<!\w)but(?!\w)")
PARTS = ("cancelled", "reduced", "cleared")


@dataclass(frozen=True, slots=True)
class TreatyTable:
    """A table: headings with their units, and rows of cells; a total last. `records`: what it rests
    on, for who may see records; () of a table that rests on other tables alone. `under`: of each
    cell its own records, in the shape of `rows`; () of a table whose cells all rest on all."""

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    records: tuple[str, ...] = ()
    under: tuple[tuple[tuple[str, ...], ...], ...] = ()

    def under_cell(self, row: int, column: int) -> tuple[str, ...]:
        """The records under one number."""
        return self.under[row][column] if self.under else self.records


@dataclass(frozen=True, slots=True)
class Ends:
    """The ledger of one class of ground at one day: by type of hazard, and of all types. None:
    withheld from the reader."""

    all: Sequence[LedgerRow] | None
    by_type: Mapping[str, Sequence[LedgerRow] | None]


def groups_of(values: Mapping[str, Any]) -> frozenset[str]:
    """Which groups of ordnance a hazard holds, as suspected, confirmed or said in free text; empty
    where nobody stated any."""
    named = {str(w) for f in ("ordnance_suspected", "ordnance_confirmed")
             for w in _listed(values.get(f))}
    found = {group for group, words in GROUPS.items() if named & set(words)}
    text = " , ".join(_NOT.sub(" ", clause) for clause in
                      _CLAUSE.split(str(values.get("device_category") or "").casefold()))
    found |= {group for group, name in _NAMES.items() if name.search(text)}
    if named - {"not_reported", "none_found"} and not found:
        found.add("other")
    return frozenset(found)


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, (list, tuple)) else (() if value is None else (value,))


def area_table(start: Ends, end: Ends, new: Mapping[str, tuple[int, float]] | None,
               new_ids: Mapping[str, tuple[str, ...]]) -> TreatyTable:
    """Suspected and confirmed ground at the start and the end of the year, in m².

    new : id of the administrative area -> hazards recorded in the year, and their area; None:
    withheld. new_ids : the ids of these.
    """
    columns = ["area"]
    for when in ("start", "end"):
        for kind in ("SHA", "CHA", "not_reported"):
            columns += [f"{kind} {when}, areas", f"{kind} {when}, m²"]
    columns += ["newly recorded, areas", "newly recorded, m²"]
    rows, under = [], []
    for area_id, name in _areas(start.all, end.all):
        cells: list[Any] = [name]
        ids: list[tuple[str, ...]] = [()]
        for ends in (start, end):
            for kind in ("SHA", "CHA", "not_reported"):
                table = ends.by_type.get(kind, ())
                row = _row(table, area_id) or _nothing_there(table)
                cells += [WITHHELD] * 2 if table is None else [
                    row.hazards if row.hazards_known else NOT_REPORTED,
                    NOT_REPORTED if row.hazardous_m2 is None else round(row.hazardous_m2)]
                ids += [row.hazard_ids] * 2
        ids += [new_ids.get(area_id, ())] * 2
        under.append(tuple(ids))
        if new is None:
            cells += [WITHHELD] * 2
        elif end.all and not end.all[-1].hazards_known:
            cells += [NOT_REPORTED] * 2
        else:
            count, size = new.get(area_id, (0, 0.0))
            cells += [count, round(size)]
        rows.append(tuple(cells))
    return TreatyTable("areas", "Suspected (SHA) and confirmed (CHA) hazardous areas",
                       tuple(columns), tuple(rows), under=tuple(under))


def _nothing_there(table: Sequence[LedgerRow] | None) -> LedgerRow:
    """The row of an area in which a table has nothing: not reported where nothing of it is on
    record anywhere."""
    known = bool(table) and table[-1].hazardous_m2 is not None  # type: ignore[index]
    return LedgerRow("", "", 0, 0.0 if known else None, None, None, None, None, None, (), ())


def release_table(start: Ends, end: Ends) -> TreatyTable:
    """What was cancelled, reduced and cleared in the year: its end less its start (S03).

    Withheld where either of them is. Below zero where ground was opened again.
    """
    rows: list[tuple[Any, ...]] = []
    under: list[tuple[tuple[str, ...], ...]] = []
    for area_id, name in _areas(start.all, end.all):
        own = [r for table in (start.all, end.all) if (r := _row(table, area_id)) is not None]
        ids = tuple(dict.fromkeys(i for r in own for i in (*r.outcome_ids, *r.hazard_ids)))
        under.append(((), *[ids] * 5))
        if start.all is None or end.all is None:
            rows.append((name, *[WITHHELD] * 5))
            continue
        before, after = _row(start.all, area_id), _row(end.all, area_id)
        cells: list[Any] = []
        parts = []
        for part in PARTS:
            then = getattr(before, f"{part}_m2") if before else 0.0
            now = getattr(after, f"{part}_m2") if after else 0.0
            if now is None:
                cells.append(NOT_REPORTED)
                continue
            parts.append(now - (then or 0.0))
            cells.append(round(parts[-1]))
        rows.append((name, *cells, round(sum(parts)) if parts else NOT_REPORTED,
                     0 if after is None else NOT_REPORTED if after.contested_m2 is None
                     else round(after.contested_m2)))
    return TreatyTable(
        "release", "Land released in the year",
        ("area", *(f"{p}, m²" for p in PARTS), "released (the three together), m²",
         "contested at the end, m²"), tuple(rows), under=tuple(under))


def opened_again(table: TreatyTable) -> bool:
    """Whether any number of a table of release is below zero: ground of earlier years came back."""
    return any(isinstance(cell, (int, float)) and cell < 0 for row in table.rows for cell in row)


def _areas(*tables: Sequence[LedgerRow] | None) -> list[tuple[str, str]]:
    """Areas of all tables in the order of their names; the total last."""
    found = {r.area_id: r.name for rows in tables for r in rows or () if r.area_id != "total"}
    ordered = sorted(found.items(), key=lambda x: x[1])
    return [*ordered, ("total", "total")]


def _row(rows: Sequence[LedgerRow] | None, area_id: str) -> LedgerRow | None:
    return next((r for r in rows or () if r.area_id == area_id), None)


def destroyed_table(table: Columns, areas: np.ndarray, names: Mapping[str, str], year: int,
                    joint: Mapping[str, str], few: Callable[[int], bool] | None = None
                    ) -> tuple[TreatyTable, int]:
    """Items destroyed in a year by category and area, and how many that are destroyed say no day.

    areas : (N,) id of the administrative area of each item, "" outside all. few : of a reader who
    sees no single item, which numbers of records are so few that they are withheld; such a reader
    gets the total alone.
    """
    count, _, _ = amounts(table, joint)
    gone = table.among("disposal", ("destroyed",))
    days = table.cells["destroyed_on"].tolist()
    undated = gone & np.array([d is None for d in days], dtype=bool)
    of_year = gone & np.array([str(d).startswith(f"{year}-") for d in days], dtype=bool)
    masks = {"AP mines": GROUPS["ap_mine"], "AV mines": GROUPS["av_mine"],
             "submunitions": GROUPS["submunition"], "IEDs and booby traps": GROUPS["ied"],
             "other UXO and AXO": GROUPS["other"]}
    rounds = table.among("ordnance_category", (SMALL_ARMS,))
    spot = table.among("spot_task", ("yes",))
    ended = ~table.among("disposal", ("",))

    def cell(mask: np.ndarray, of: np.ndarray, stated: np.ndarray = ended) -> int | str:
        """The items; not reported where of those that are meant none states what decides (S12)."""
        if few is not None and few(int(mask.sum())):
            return WITHHELD
        if of.any() and not (of & stated).any():
            # Who sees no single item is not told that there are any (S16).
            return NOT_REPORTED if few is None else WITHHELD
        return round(float(count[mask].sum()))

    rows, under = [], []
    present = [] if few is not None else sorted(set(areas[of_year].tolist()),
                                                key=lambda a: names.get(a, "~"))
    for area in [*present, "total"]:
        here = of_year if area == "total" else of_year & (areas == area)
        name = "total" if area == "total" else names.get(area, "outside the recorded areas")
        sorts = {n: table.among("ordnance_category", words) for n, words in masks.items()}
        rows.append((name, *(cell(here & own, own) for own in sorts.values()),
                     cell(here & spot & ~rounds, of_year & ~rounds,
                          ~table.among("spot_task", ("",))),
                     cell(here & rounds, rounds)))
        under.append(((), *(table.named(here & own) for own in sorts.values()),
                      table.named(here & spot & ~rounds), table.named(here & rounds)))
    return TreatyTable(
        "destroyed", f"Items destroyed in {year}",
        ("area", *masks, "of these in spot tasks", "small-arms rounds (in no other column)"),
        tuple(rows), table.named(of_year), tuple(under)), int(count[undated & ~rounds].sum())
