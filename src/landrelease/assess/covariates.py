"""Which columns of a table of cells can carry knowledge to other ground, and why others cannot."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

import numpy as np

from landrelease.assess.likeness import MOST_LEVELS, Cells

Role = Literal["number", "category", "left out"]


@dataclass(frozen=True, slots=True)
class ColumnUse:
    """What became of one column, in plain words."""

    name: str
    role: Role
    why: str


def choose_columns(train: Cells, other: Cells | None, groups: np.ndarray,
                   named: Collection[str] = ()) -> tuple[ColumnUse, ...]:
    """The columns to learn from: given in both tables, and different inside the groups.

    A column with one value in each group (counts of a municipality, its name) only names the group:
    a model that learns it has learned nothing about other groups. `named` are columns that the
    caller uses otherwise (label, group, coordinates). `other` is the table to predict for; without
    it only the training table counts.
    """
    out: list[ColumnUse] = []
    kept: dict[str, np.ndarray] = {}
    codes = np.unique(groups, return_inverse=True)[1]
    for name in (*train.numbers, *train.texts):
        if name in named:
            continue
        text = name in train.texts
        column = train.texts[name] if text else train.numbers[name]
        role, why = _judged(name, column, text, train, other, codes)
        if role != "left out":
            same = next((n for n, v in kept.items() if _equal(v, column)), None)
            if same is not None:
                role, why = "left out", f"the same values as {same}"
            else:
                kept[name] = column
        out.append(ColumnUse(name, role, why))
    if other is not None:
        known = {*train.numbers, *train.texts, *named}
        out += [ColumnUse(n, "left out", "not in the training table")
                for n in (*other.numbers, *other.texts) if n not in known]
    return tuple(out)


def _judged(name: str, column: np.ndarray, text: bool, train: Cells, other: Cells | None,
            codes: np.ndarray) -> tuple[Role, str]:
    if other is not None:
        if name not in other.numbers and name not in other.texts:
            return "left out", "not in the table to predict for"
        if text != (name in other.texts):
            there = other.texts if not text else other.numbers
            if not _empty(there[name], not text):
                kinds = ("text", "numbers") if text else ("numbers", "text")
                return "left out", f"{kinds[0]} in training, {kinds[1]} in the table to predict for"
            return "left out", "empty in the table to predict for"
        if _empty((other.texts if text else other.numbers)[name], text):
            return "left out", "empty in the table to predict for"
    if _empty(column, text):
        return "left out", "empty"
    value = np.unique(column, return_inverse=True)[1] if text else column
    given = (column != "") if text else np.isfinite(column)
    levels = np.unique(column[given])
    if len(levels) < 2 and given.all():
        return "left out", "the same value in every cell"
    if len(levels) < 2 and not text:
        return "left out", "one value wherever it is given"
    if codes.max(initial=0) > 0 and _names_the_group(value.astype(float), given, codes):
        return "left out", "one value in each group: it only names the group"
    if text:
        if len(levels) > MOST_LEVELS:
            return "left out", f"{len(levels)} different texts: it names the cells"
        return "category", "used"
    if (len(levels) > 2 and given.all() and np.all(np.diff(column) > 0)
            and np.all(column == np.round(column))):
        return "left out", "it numbers the rows"
    return ("number", "used") if len(levels) > 2 else ("category", "used")


def _empty(column: np.ndarray, text: bool) -> bool:
    return not (np.any(column != "") if text else np.any(np.isfinite(column)))


def _names_the_group(value: np.ndarray, given: np.ndarray, codes: np.ndarray) -> bool:
    v, g = value[given], codes[given]
    high = np.full(codes.max() + 1, -np.inf)
    low = np.full(codes.max() + 1, np.inf)
    np.maximum.at(high, g, v)
    np.minimum.at(low, g, v)
    seen = np.isfinite(high)
    spread = float(v.max() - v.min())
    return bool(np.all(high[seen] - low[seen] <= 1e-9 * max(spread, 1e-300)))


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    return a.dtype == b.dtype and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
