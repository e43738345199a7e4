"""How many items a record speaks of: exactly so many, or at least so many (S12). Pure."""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

# One number with nothing beside it that could be a number too; "3-5" is read from its first.
_ONE = re.compile(r"^\D*?(\d{1,6}(?:[.,]\d{1,3})?)(?:\s*(?:-|–|\.\.|to|/)\s*\d{1,6})?\D*$")


class HowMany(NamedTuple):
    """`least`: no fewer than these. `stated`: the record says a whole number, so that there are
    neither more nor fewer; without it `least` is a bound and never the number itself."""

    least: int
    stated: bool


def how_many(value: Any) -> HowMany:
    """What a record's number of items says.

    A whole number is that number. A part of a number ("2.5") is at least the next whole one; a text
    with one number ("ca. 5", "3-5") at least that one; "several", "declined" and nothing at all are
    at least 1, since there is a record of a find.
    """
    if isinstance(value, str):
        found = _ONE.match(value)
        if found is None:
            return HowMany(1, False)
        text = found[1].replace(",", ".")
        whole = value.strip() == text and "." not in text
        return HowMany(int(text), True) if whole else HowMany(max(1, math.ceil(float(text))), False)
    if value is None or isinstance(value, bool):
        return HowMany(1, False)
    try:
        number = float(value)
    except (TypeError, ValueError):
        return HowMany(1, False)
    if not math.isfinite(number) or number < 0:
        return HowMany(1, False)
    return HowMany(int(number), True) if number.is_integer() else HowMany(math.ceil(number), False)
