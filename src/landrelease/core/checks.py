"""The values of a record against its kind: one function for import, forms, API and store.

A check is prepared once for a kind; then it costs a few microseconds a record.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from landrelease.core.kind import DECLINED, NOT_REPORTED, Field, Kind

_KEY = re.compile("[0-9a-f]{64}")  # Ed25519, RFC 8032
_ABSENT = (None, NOT_REPORTED, DECLINED)
Known = Callable[[str, str], bool]  # (kind, record id) -> whether it is there


@dataclass(frozen=True, slots=True)
class Problem:
    """One value that does not fit: what was found, what was expected."""

    field: str
    found: Any
    expected: str


Check = Callable[[Mapping[str, Any]], list[Problem]]

# Field -> field: the first is not after the second.
_ORDER = (
    ("started_on", "ended_on"), ("closed_from", "closed_until"), ("found_on", "destroyed_on"),
    ("valid_from_time", "valid_until_time"), ("granted_on", "expires_on"),
    ("handed_over_on", "revoked_on"), ("available_on", "spend_until"),
    ("planned_start", "planned_finish"), ("started_at", "ended_at"), ("placed_on", "checked_on"),
    ("mobilised_on", "stood_down_on"), ("inspected_on", "corrected_on"),
    ("inspected_on", "closed_on"), ("corrected_on", "closed_on"),
    ("received_on", "answered_on"), ("first_position", "last_position"),
)
# A field -> the field without which it says nothing: nobody can have found corrected what nobody
# corrected.
_RESTS_ON = {"inspection": (("closed_on", "corrected_on"),)}
# Fields -> field: the sum of the first is at most the second.
_PARTS = {
    "accident": ((tuple(f"{what}_{who}" for what in ("killed", "injured")
                        for who in ("women", "men", "girls", "boys")), "victims"),),
    "inspection": ((("sample_size",), "lot_size"), (("items_found",), "sample_size"),
                   (("targets_found",), "targets")),
}


def checker(kind: Kind, *, whole: bool = True) -> Check:
    """A function that says what does not fit in the values of a record of this kind.

    `whole`: also what only shows in the record as a whole (what is required, order, sums). A
    revision of a record from before a field was required has to remain possible.

    "not_reported" and "declined" may stand in any field (S12). An unknown field, a personal one
    among the values, a missing required one, a wrong type, a word that is not allowed, a number out
    of range, dates in the wrong order and parts larger than their whole are problems.
    """
    tests = {f.name: _test(f) for f in kind.fields}
    personal = {f.name for f in kind.fields if f.personal}
    required = [f.name for f in kind.fields if f.required and whole]
    ordered = [(a, b) for a, b in _ORDER if a in tests and b in tests and whole]
    rests = _RESTS_ON.get(kind.name, ()) if whole else ()
    parts = _PARTS.get(kind.name, ()) if whole else ()

    def check(values: Mapping[str, Any]) -> list[Problem]:
        out: list[Problem] = []
        for name, value in values.items():
            test = tests.get(name)
            if test is None:
                out.append(Problem(name, value, "a field of " + kind.name))
                continue
            if name in personal:
                out.append(Problem(name, "a personal value", "beside the chain (S17)"))
                continue
            if value is None or value in (NOT_REPORTED, DECLINED):
                continue
            problem = test(value)
            if problem:
                out.append(Problem(name, value, problem))
        for name in required:
            if values.get(name) is None:
                out.append(Problem(name, "nothing", "a value: it is required"))
        for first, last in ordered:
            a, b = values.get(first), values.get(last)
            if a is not None and b is not None and type(a) is type(b) and a > b \
                    and NOT_REPORTED not in (a, b) and DECLINED not in (a, b):
                out.append(Problem(last, b, f"not before {first} ({a})"))
        for name, ground in rests:
            if values.get(name) not in _ABSENT and values.get(ground) in _ABSENT:
                out.append(Problem(name, values[name], f"{ground} beside it"))
        for names, total in parts:
            whole = values.get(total)
            counted = sum(v for n in names if isinstance(v := values.get(n), int))
            if isinstance(whole, int) and counted > whole:
                out.append(Problem(total, whole, f"at least {counted}, which its parts add up to"))
        return out

    return check


def column_fits(field: Field, column: Sequence[Any]) -> bool:
    """Whether all values of a column fit a field, told at once; False where it cannot be told.

    Far faster than value by value: what it cannot tell goes the slow way.
    """
    if field.personal:
        return False
    types = set(map(type, column))
    if types <= {str}:
        if field.type in ("text", "reference"):
            return field.name != "public_key" or all(map(_KEY.fullmatch, column))
        if field.type == "choice":
            return set(column) <= {*field.choices, NOT_REPORTED, DECLINED}
        if field.type == "date":
            return all(map(_is_day, set(column)))
        return False
    if types == {date}:
        return field.type == "date"
    if (types == {int} and field.type in ("integer", "number")) \
            or (types <= {int, float} and field.type == "number"):
        low, high = min(column), max(column)
        # Not a number is neither the least nor the largest: it spoils the sum.
        return (field.minimum is None or low >= field.minimum) and (
            field.maximum is None or high <= field.maximum) and math.isfinite(sum(column))
    return False


def suspects(kind: Kind, columns: Mapping[str, Sequence[Any]]) -> list[int]:
    """Rows of a table whose values may contradict their kind; `checker` says how.

    `columns`: field -> N values, None where nothing is said. Each row that `checker` objects to is
    among them, apart from what is required; most others are not.
    """
    count = max((len(column) for column in columns.values()), default=0)
    fields = {f.name: f for f in kind.fields}
    out: set[int] = set()
    for name, column in columns.items():
        there = [v for v in column if v is not None and v not in (NOT_REPORTED, DECLINED)] \
            if None in column or NOT_REPORTED in column or DECLINED in column else column
        if there and not column_fits(fields[name], there):
            return list(range(count))
    for first, last in _ORDER:
        if first in columns and last in columns:
            out.update(i for i, (a, b) in enumerate(zip(columns[first], columns[last], strict=True))
                       if a is not None and b is not None
                       and (type(a) is not type(b) or a > b))
    for name, ground in _RESTS_ON.get(kind.name, ()):
        if name in columns:
            out.update(i for i, v in enumerate(columns[name]) if v not in _ABSENT and (
                ground not in columns or columns[ground][i] in _ABSENT))
    for names, total in _PARTS.get(kind.name, ()):
        if total in columns and any(n in columns for n in names):
            out.update(i for i, v in enumerate(columns[total]) if v is not None)
    return sorted(out)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def references(kind: Kind, values: Mapping[str, Any], known: Known) -> list[Problem]:
    """References to records that are not there."""
    out = []
    for field in kind.fields:
        if field.type not in ("reference", "references"):
            continue
        value = values.get(field.name)
        listed = value if isinstance(value, (list, tuple)) else [value]
        out += [Problem(field.name, one, f"the id of a {field.refers_to} that is recorded")
                for one in listed if isinstance(one, str) and one not in (NOT_REPORTED, DECLINED)
                and not known(field.refers_to, one)]
    return out


def _test(field: Field) -> Callable[[Any], str]:
    """"" where a value fits, else what was expected."""
    low = -math.inf if field.minimum is None else field.minimum
    high = math.inf if field.maximum is None else field.maximum
    bounds = f" from {field.minimum}" * (field.minimum is not None) + \
        f" to {field.maximum}" * (field.maximum is not None)
    words = frozenset(field.choices)

    def text(value: Any) -> str:
        if field.name == "public_key":
            return "" if isinstance(value, str) and _KEY.fullmatch(value) else "64 hex digits"
        return "" if isinstance(value, str) else "a text"

    def integer(value: Any) -> str:
        fits = type(value) is int and low <= value <= high
        return "" if fits else "a whole number" + bounds

    def number(value: Any) -> str:
        fits = type(value) in (int, float) and low <= value <= high and abs(value) != math.inf
        return "" if fits else f"a number{' in ' + field.unit if field.unit else ''}{bounds}"

    def day(value: Any) -> str:
        if type(value) is date:
            return ""
        try:
            fits = isinstance(value, str) and date.fromisoformat(value).isoformat() == value
        except ValueError:
            fits = False
        return "" if fits else "a day such as 2027-05-01"

    def moment(value: Any) -> str:
        try:
            found = value if isinstance(value, datetime) else datetime.fromisoformat(value)
            fits = found.tzinfo is not None
        except (ValueError, TypeError):
            fits = False
        return "" if fits else "a time with its zone such as 2027-05-01T06:30:00+00:00"

    def choice(value: Any) -> str:
        return "" if value in words else "one of " + ", ".join(field.choices)

    def listed(value: Any) -> str:
        fits = isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)
        if field.type == "choices":
            fits = fits and words.issuperset(value)
            return "" if fits else "a list of " + ", ".join(field.choices)
        return "" if fits else f"a list of ids of {field.refers_to}"

    return {"text": text, "reference": text, "integer": integer, "number": number, "date": day,
            "moment": moment, "choice": choice, "choices": listed, "references": listed}[field.type]
