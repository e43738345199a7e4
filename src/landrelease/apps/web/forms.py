"""Values as forms send them: days and numbers in words, or nothing."""

from __future__ import annotations

import math
from datetime import date

from landrelease.errors import PARAMETER_WRONG, LandReleaseError


def day_of_form(name: str, text: str) -> date | None:
    """A day; None for nothing. WEB-011."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise LandReleaseError(PARAMETER_WRONG, name=name, found=text[:40],
                               expected="it is a day, as 2027-05-02") from None


def number_of_form(name: str, text: str, *, least: float) -> float | None:
    """A number from `least` on; None for nothing. WEB-011."""
    if not text.strip():
        return None
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not least <= found < 1e12:
        raise LandReleaseError(PARAMETER_WRONG, name=name, found=text[:40],
                               expected=f"it is a number from {least:g} on")
    return found


def count_of_form(name: str, text: str) -> int | None:
    """A whole number from 0; None for nothing. WEB-011."""
    if not text.strip():
        return None
    if not text.strip().isdecimal() or len(text.strip()) > 7:
        raise LandReleaseError(PARAMETER_WRONG, name=name, found=text[:40],
                               expected="it is a whole number from 0")
    return int(text)
