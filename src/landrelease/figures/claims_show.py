"""Numbers of claims in the words of a reason: areas as people write them, paces a week."""

from __future__ import annotations

import math

from landrelease.core.claim import Claim
from landrelease.units import M2_PER_HECTARE


def number_words(value: float, unit: str) -> str:
    """A number in a base unit, as a reader expects it; areas in ha, lengths in km."""
    if not math.isfinite(value):
        return "no upper end" if value > 0 else "no lower end"
    if unit == "m²":
        return f"{plain(value / M2_PER_HECTARE)} ha"
    if unit == "m":
        return f"{plain(value / 1000)} km"
    if unit == "share":
        return f"{value:.1%}"
    return f"{plain(value)} {unit}".rstrip()


def plain(value: float) -> str:
    if value == 0 or abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.1f}".removesuffix(".0") if abs(value) >= 10 else f"{value:.3g}"


def amount_words(claim: Claim, value: float | None = None) -> str:
    """The claim's number, or another one of the same unit; with what its words leave open."""
    if value is not None:
        return number_words(value, claim.unit)
    before = {"about": "about ", "at_least": "more than ", "at_most": "at most ", "": ""}
    if claim.amount.qualifier == "range":
        return range_words(claim.amount.low, claim.amount.high, claim.unit)
    return before[claim.amount.qualifier] + number_words(claim.amount.value, claim.unit)


def range_words(low: float, high: float, unit: str) -> str:
    return f"{number_words(low, unit)} to {number_words(high, unit)}"


def pace_words(a_day: float, claim: Claim) -> str:
    return f"{number_words(a_day * 7, claim.unit)} a week"
