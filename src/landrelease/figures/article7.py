"""What an Article 7 report asks, and which of it records of a programme hold: types destroyed,
measures of warning, victims of the year, and for each form or paragraph a table or "not held here".

The headings follow the text of the treaties (Article 7, paragraph 1, of the Anti-Personnel Mine Ban
Convention, with the letters of its forms, and of the Convention on Cluster Munitions). Stockpiles,
production, retained mines, laws and victim assistance are no records of land release: they are
named, so that nobody takes their absence for a zero (S12).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.moment import day_within
from landrelease.core.record import Record
from landrelease.figures.items import GROUPS, SMALL_ARMS, amounts
from landrelease.figures.people import WHO
from landrelease.figures.treaty import NOT_REPORTED, WITHHELD, TreatyTable

NOT_HELD = "not held here"
NOTHING = "nothing on record"
BY_ROW = ("obligation", "warning")  # tables of which each row counts something of its own
UNTYPED = "model not stated"

# Treaty -> (form or paragraph, what it asks, the tables that answer it; () none is held here).
FORMS: dict[str, tuple[tuple[str, str, tuple[str, ...]], ...]] = {
    "apmbc": (
        ("Form A, Article 9", "National implementation measures", ()),
        ("Form B, 7.1 (b)", "Stockpiled anti-personnel mines", ()),
        ("Form C, 7.1 (c)", "Location of mined areas and suspected mined areas", ("areas",)),
        ("Form D, 7.1 (d)", "Mines retained or transferred for training or destruction", ()),
        ("Form E, 7.1 (e)", "Conversion or decommissioning of production facilities", ()),
        ("Form F, 7.1 (f)", "Programmes for the destruction of mines in mined areas",
         ("release", "obligation", "projection")),
        ("Form F, 7.1 (f)", "Programmes for the destruction of stockpiled mines", ()),
        ("Form G, 7.1 (g)", "Mines destroyed in mined areas after entry into force",
         ("destroyed", "types")),
        ("Form G, 7.1 (g)", "Stockpiled mines destroyed after entry into force", ()),
        ("Form H, 7.1 (h)", "Technical characteristics of mines produced or held", ()),
        ("Form I, 7.1 (i)", "Measures to provide an immediate and effective warning",
         ("warning",)),
        ("Form J", "Other relevant matters: victims of the year", ("victims",)),
        ("Form J, Article 6", "Assistance to victims, cooperation and assistance", ()),
    ),
    "ccm": (
        ("7.1 (a)", "National implementation measures", ()),
        ("7.1 (b)", "Stockpiled cluster munitions and explosive submunitions", ()),
        ("7.1 (c)", "Technical characteristics of types produced or held", ()),
        ("7.1 (d)", "Conversion or decommissioning of production facilities", ()),
        ("7.1 (e)", "Programmes for the destruction of stockpiles", ()),
        ("7.1 (f)", "Stockpiled cluster munitions destroyed", ()),
        ("7.1 (g)", "Stockpiles discovered after the programme was reported as complete", ()),
        ("7.1 (h)", "Size and location of contaminated areas", ("areas",)),
        ("7.1 (i)", "Clearance and destruction of cluster munition remnants",
         ("release", "destroyed", "types", "obligation", "projection")),
        ("7.1 (j)", "Risk reduction education and warning of civilians", ("warning",)),
        ("7.1 (k)", "Victims of the year, by sex and age", ("victims",)),
        ("7.1 (k), Article 5", "Assistance to victims", ()),
        ("7.1 (l)", "Institutions mandated, and how to reach them", ()),
        ("7.1 (m)", "National resources, financial and in kind", ()),
        ("7.1 (n)", "International cooperation and assistance", ()),
        ("3.8", "Cluster munitions retained", ()),
    ),
}


def contents_table(treaty: str, made: Collection[TreatyTable], elsewhere: Mapping[str, str],
                   hidden: Collection[str]) -> TreatyTable | None:
    """Each form or paragraph with the table that answers it; None: the treaty has none (donors).

    elsewhere : paragraph -> where in this software records of it are, beside these tables. hidden :
    names of tables that are not for the reader
    """
    if treaty not in FORMS:
        return None
    rows = {t.name for t in made if t.rows}

    def held(form: str, tables: Sequence[str]) -> str:
        if form in elsewhere:
            return elsewhere[form]
        there = [name for name in tables if name in rows]
        if there:
            return "table " + ", ".join(there)
        if any(name in hidden for name in tables):
            return WITHHELD
        return NOTHING if tables else NOT_HELD

    return TreatyTable(
        "contents", "What a report under Article 7 asks, and where it stands here",
        ("form or paragraph", "what it asks", "here"),
        tuple((form, asks, held(form, tables)) for form, asks, tables in FORMS[treaty]))


def types_table(table: Columns, group: str, year: int, joint: Mapping[str, str]) -> TreatyTable:
    """Items destroyed in a year by category and model; of a treaty's group of ordnance alone, ""
    for all. Small-arms rounds are in no row."""
    count, _, _ = amounts(table, joint)
    gone = table.among("disposal", ("destroyed",)) & np.array(
        [str(d).startswith(f"{year}-") for d in table.cells["destroyed_on"].tolist()], dtype=bool)
    gone &= table.among("ordnance_category", GROUPS[group]) if group else ~table.among(
        "ordnance_category", (SMALL_ARMS,))
    spot = table.among("spot_task", ("yes",))
    sums: dict[tuple[str, str], list[float]] = {}
    named: dict[tuple[str, str], tuple[list[str], list[str]]] = {}
    categories, models = table.cells["ordnance_category"], table.cells["model"]
    for n in np.flatnonzero(gone & (count > 0)).tolist():
        model = str(models[n] or "").strip()
        key = (str(categories[n] or NOT_REPORTED), model or UNTYPED)
        own = sums.setdefault(key, [0.0, 0.0])
        own[0] += count[n]
        own[1] += count[n] if spot[n] else 0.0
        every, in_spots = named.setdefault(key, ([], []))
        every.append(str(table.ids[n]))
        if spot[n]:
            in_spots.append(str(table.ids[n]))
    return TreatyTable(
        "types", f"Types of items destroyed in {year}",
        ("category", "model", "destroyed", "of these in spot tasks"),
        tuple((category.replace("_", " "), model, round(all_), round(spots))
              for (category, model), (all_, spots) in sorted(sums.items())), table.named(gone),
        tuple(((), (), *map(tuple, named[key])) for key in sorted(sums)))


def day_of(record: Record, *names: str) -> date | None:
    """The first of some days that a record states, else that of its information."""
    for name in names:
        if (day := day_within(record.values.get(name))) is not None:
            return day
    return record.valid_from


def _added(records: Iterable[Record], field: str) -> int | str:
    known = [v for r in records if isinstance(v := r.values.get(field), int)]
    return sum(known) if known else NOT_REPORTED


def warning_table(sessions: Sequence[Record], markings: Sequence[Record], year: int
                  ) -> TreatyTable:
    """Sessions of risk education in the year and whom they reached; signs and fences that were
    placed in it and that stand at its end. No row of what nothing is on record of."""
    rows: list[tuple[str, int | str]] = []
    used: list[str] = []
    under: list[tuple[tuple[str, ...], ...]] = []

    def rests_on(records: Iterable[Record]) -> None:
        under.append(((), tuple(r.id for r in records)))

    if sessions:
        held = [r for r in sessions if (d := day_of(r, "held_on")) is not None and d.year == year]
        used += [r.id for r in held]
        rows.append(("sessions of risk education", len(held)))
        rows += [(f"{who} reached by them", _added(held, f"reached_{who}") if held else 0)
                 for who in WHO]
        for field in ("", *(f"reached_{who}" for who in WHO)):
            rests_on(r for r in held if not field or isinstance(r.values.get(field), int))
    if markings:
        end = date(year, 12, 31)
        placed = [(r, day_of(r, "placed_on")) for r in markings]
        there = [r for r, d in placed if (d is None or d <= end) and not _gone(r, end)]
        used += [r.id for r, d in placed if r in there or (d is not None and d.year == year)]
        rows.append(("signs and fences placed in the year",
                     sum(d is not None and d.year == year for _, d in placed)))
        rows.append(("signs and fences that stand at its end", len(there)))
        rows.append(("of these damaged or missing at the last visit",
                     sum(r.values.get("state") in ("damaged", "missing") for r in there)))
        rests_on(r for r, d in placed if d is not None and d.year == year)
        rests_on(there)
        rests_on(r for r in there if r.values.get("state") in ("damaged", "missing"))
    return TreatyTable("warning", f"Warning and risk education in {year}", ("what", "value"),
                       tuple(rows), tuple(used), tuple(under))


def _gone(marking: Record, end: date) -> bool:
    removed = marking.values.get("removed_on")
    return removed <= end if isinstance(removed, date) else marking.values.get(
        "state") == "removed"


def victims_table(accidents: Sequence[Record], year: int) -> tuple[TreatyTable, int]:
    """People killed and injured in accidents of the year by sex and age, and how many accidents say
    no day."""
    columns = ("accidents", "number", *(f"{fate} {who}" for fate in ("killed", "injured")
                                        for who in WHO), "victims")
    known = [(r, day_of(r, "occurred_at")) for r in accidents]
    own = [r for r, d in known if d is not None and d.year == year]
    rows, under = [], []
    for name, kinds in (("with ordnance", ("ordnance_accident",)),
                        ("of demining", ("demining_accident",)),
                        ("of no stated class", (None, "not_reported"))):
        there = [r for r in own if r.values.get("accident_class") in kinds]
        if there:
            rows.append(_victims(name, there))
            under.append(_under(there))
    if rows:  # incidents hurt nobody
        there = [r for r in own if r.values.get("accident_class") != "incident"]
        rows.append(_victims("total", there))
        under.append(_under(there))
    return TreatyTable("victims", f"People killed and injured in {year}", columns,
                       tuple(rows), tuple(r.id for r in own), tuple(under)), sum(
                           d is None for _, d in known)


def _under(records: Sequence[Record]) -> tuple[tuple[str, ...], ...]:
    """The records under each cell of a row of `_victims`: those that state its field."""
    return ((), tuple(r.id for r in records), *(
        tuple(r.id for r in records if isinstance(r.values.get(field), int))
        for field in (*(f"{fate}_{who}" for fate in ("killed", "injured") for who in WHO),
                      "victims")))


def _victims(name: str, records: Sequence[Record]) -> tuple[str | int, ...]:
    return (name, len(records), *(_added(records, f"{fate}_{who}") for fate in (
        "killed", "injured") for who in WHO), _added(records, "victims"))
