"""Numbers, days and sizes as a language writes them.

English as it stands in this program is the pattern (12,345.6; 4 May 2026; 5 %). Digits are European
in every language, in Arabic too, so that a number on paper and on a screen is the same one;
coordinates, codes and dates of the form 2026-05-04 are not words and stay as they are everywhere.

Source: Unicode CLDR, read with Babel.
"""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING

from landrelease.units import area_words

if TYPE_CHECKING:
    from landrelease.core.texts import Texts

_NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d+)*(?:\.\d+)?(?![\w.]*\d)")
MILLION, BILLION = "{value} million", "{value} billion"
UNITS = ("m", "m²", "m³", "ha", "km", "km²", "cm", "m/s", "h", "kg")
TEXTS: tuple[str, ...] = (*UNITS, MILLION, BILLION)


@cache
def signs(code: str) -> tuple[str, str]:
    """What stands between thousands, and before decimals."""
    if code == "en":
        return ",", "."
    from babel.numbers import get_decimal_symbol, get_group_symbol

    return get_group_symbol(code), get_decimal_symbol(code)


def figure(written: str, texts: Texts) -> str:
    """A text with numbers as English writes them, with the signs of the language.

    >>> from landrelease.core.texts import Texts
    >>> figure("> 12,345.5 %", Texts("es", "Español"))
    '> 12.345,5 %'
    """
    between, before = signs(texts.code)
    if (between, before) == (",", "."):
        return written

    def put(found: re.Match[str]) -> str:
        whole, dot, rest = found[0].partition(".")
        return whole.replace(",", between) + (before + rest if dot else "")

    return _NUMBER.sub(put, written)


def day(when: date, texts: Texts) -> str:
    """A day, its month as a word: 4 May 2026."""
    if texts.code == "en":
        return f"{when.day} {when:%B} {when.year}"
    from babel.dates import format_date

    return format_date(when, "long", texts.code)


def month(when: date, texts: Texts) -> str:
    """A month of a year: May 2026."""
    if texts.code == "en":
        return f"{when:%B} {when.year}"
    from babel.dates import format_skeleton

    return format_skeleton("yMMMM", when, locale=texts.code)


def unit(symbol: str, texts: Texts) -> str:
    """A unit as the language writes it; what is no unit of ours stays."""
    return texts(symbol) if symbol in UNITS else symbol


def measured(written: str, texts: Texts) -> str:
    """A number and its unit as English writes them, apart by a blank: 12.3 ha."""
    value, _, symbol = written.rpartition(" ")
    return f"{figure(value, texts)} {unit(symbol, texts)}"


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")
_MONTH = re.compile(rf"({'|'.join(_MONTHS)}) (\d{{4}})")


def written(english: str, texts: Texts) -> str:
    """A number, a unit, both, or a month of a year, as English writes them."""
    if found := _MONTH.fullmatch(english):
        return month(date(int(found[2]), 1 + _MONTHS.index(found[1]), 1), texts)
    if english in UNITS:
        return unit(english, texts)
    return measured(english, texts) if english.rpartition(" ")[2] in UNITS else figure(
        english, texts)


def area(m2: float, texts: Texts) -> str:
    """An area: m² below one hectare, ha below 100 km², then km²."""
    return measured(area_words(m2), texts)


def length(metres: float, texts: Texts) -> str:
    """A length: m, from 1,000 m on km."""
    return measured(f"{metres / 1000:.1f} km" if metres >= 1000 else f"{metres:.0f} m", texts)


def money(value: float, texts: Texts) -> str:
    """An amount without its currency: 1.25 million."""
    for size, words in ((1e9, BILLION), (1e6, MILLION)):
        if abs(value) >= size:
            return texts.told(words, value=figure(f"{value / size:.3g}", texts))
    return figure(f"{value:,.0f}", texts)
