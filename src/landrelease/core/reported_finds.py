"""What reports of work say that was found, beside the records of items: numbers alone, without a
word of what became of it. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from landrelease.core.certificate import is_decision_outcome
from landrelease.core.gate import days_of_work
from landrelease.core.moment import day_of, number_of
from landrelease.core.record import Record

REPORTS = ("activity", "outcome")  # kinds


def items_reported(record: Record) -> int:
    """How many items a report says were found; 0 where it says of none, or says nothing: that is
    no zero, but nobody said that there was anything (S12). The decision on work is no report."""
    if record.kind not in REPORTS or is_decision_outcome(record.id):
        return 0
    said = number_of(record.values.get("items_found"))
    return max(0, int(said)) if said is not None else 0


def last_day(record: Record) -> date | None:
    """The last day of which a report tells; None where nobody says it."""
    if record.kind == "activity":
        return days_of_work(record)[1]
    return day_of(record.values.get("decided_on")) or record.valid_from


def says_more(now: Record, was: Record, on: Callable[[Record], bool]) -> bool:
    """Whether a report tells of more finds than it did: of more items, of a later day or of none,
    or of a place on which it was not (`on`)."""
    if not items_reported(now):
        return False
    day, then = last_day(now), last_day(was)
    return (items_reported(now) > items_reported(was)
            or (then is not None and (day is None or day > then))
            or (on(now) and not on(was)))
