"""The day on which what a record tells of happened, as the record itself states it.

An account "as of a day" counts what had happened by then. A day leaves out what is released or done
and nothing else: no hazard and no item is off a map because of a day in its record (S01).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np

from landrelease.core.columns import Columns
from landrelease.core.moment import day_within
from landrelease.core.record import Record

# Kind -> fields that say the day, the first that is stated counts.
DAYS: Mapping[str, tuple[str, ...]] = {
    "outcome": ("decided_on",), "handover": ("handed_over_on",),
    "activity": ("ended_on", "started_on"), "session": ("held_on",),
    "inspection": ("inspected_on",), "complaint": ("received_on",), "team": ("mobilised_on",),
}
# What an answer about a day that is past says first (S15).
PAST_WORDS = "The past, not today: there may be more hazards now than are shown. "
# What takes ground out of a hazard, or gives it back: where no day is known it is in no account of
# a day.
RELEASE = ("outcome", "handover")


def happened_on(record: Record) -> date | None:
    """The day that the record states, else that of its information; None: no day is known."""
    for name in DAYS.get(record.kind, ()):
        if (day := day_within(record.values.get(name))) is not None:
            return day
    return record.valid_from


def by_day(records: Iterable[Record], until: date | None) -> tuple[list[Record], tuple[str, ...]]:
    """(what had happened by a day, ids of releases whose day is not known and that are left out).

    Other records whose day is not known count at every day. until None: all of them.
    """
    listed = list(records)
    if until is None:
        return listed, ()
    kept, undated = [], []
    for record in listed:
        day = happened_on(record)
        if day is None and record.kind in RELEASE:
            undated.append(record.id)
        elif day is None or day <= until:
            kept.append(record)
    return kept, tuple(undated)


def later(table: Columns, names: Iterable[str], until: date) -> np.ndarray:
    """(N,) whether the first stated of some days of a record is after a day."""
    out = np.zeros(len(table), dtype=bool)
    said = np.zeros(len(table), dtype=bool)
    known: dict[Any, tuple[bool, bool]] = {None: (False, False)}
    for name in names:
        column = table.cells[name].tolist()
        for word in {v for v in column if v not in known}:
            day = day_within(word)
            known[word] = (day is not None, day is not None and day > until)
        stated, after = (np.fromiter((known[v][k] for v in column), bool, len(column))
                         for k in (0, 1))
        out |= after & ~said
        said |= stated
    return out
