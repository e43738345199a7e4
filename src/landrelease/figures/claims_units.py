"""Units of published numbers: a cell such as "thousand ha per week" in, its parts out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from landrelease.core.currency import CODES
from landrelease.core.said_words import Vocabulary, fold

# Unit -> (what it measures, its size in the base unit). Square mile and acre: international.
SIZES: dict[str, tuple[str, float]] = {
    "m2": ("area", 1.0), "ha": ("area", 1e4), "km2": ("area", 1e6),
    "square_mile": ("area", 2_589_988.110336), "acre": ("area", 4_046.8564224),
    "dunam": ("area", 1e3),
    "m": ("length", 1.0), "km": ("length", 1e3), "mile": ("length", 1609.344),
    "share": ("share", 0.01), "fraction": ("share", 1.0),
    "day": ("time", 1.0), "week": ("time", 7.0), "month": ("time", 30.44), "year": ("time", 365.25),
    "date": ("time", 1.0), "count": ("count", 1.0), "tonne": ("mass", 1000.0),
    **dict.fromkeys(sorted(CODES), ("money", 1.0)),
}
BASE = {"area": "m²", "length": "m", "share": "share", "time": "days", "count": "", "mass": "kg",
        "money": ""}


@dataclass(frozen=True, slots=True)
class Unit:
    """What a cell of units says: `name` of `SIZES` ("" where it names none), scale, period, bound,
    and a second unit where the number is one per the other (items per ha)."""

    name: str = ""
    scale: float = 1.0
    period_days: float = 0.0
    bound: str = ""
    per: str = ""
    known: bool = True

    @property
    def measures(self) -> str:
        return SIZES[self.name][0] if self.name else ""

    @property
    def size(self) -> float:
        return SIZES[self.name][1] if self.name else 1.0


def unit_of(cell: object, words: Vocabulary) -> Unit:
    text = fold(cell)
    if not text:
        return Unit()
    period = words.find("period", text)
    bound = words.find("bound", text)
    taken = [(h.start, h.end) for h in (*period, *bound)]
    names = [h for h in words.find("unit", text)
             if not any(a <= h.start < b for a, b in taken)]
    scales = [h for h in words.find("scale", text)
              if not any(a <= h.start < b for a, b in taken)
              and not any(n.start <= h.start < n.end for n in names)]
    scale = 1.0
    for hit in scales:
        scale *= float(hit.meaning)
    money = _codes(cell)
    # "explosive items" are one unit although two words of it are known.
    different = list(dict.fromkeys([*money, *(h.meaning for h in names)]))
    if len(different) > 1 and "count" in different and not re.search(r"/| per | a ", text):
        different.remove("count")
    return Unit(
        name=different[0] if different else "", scale=scale,
        period_days=float(period[0].meaning) if period else 0.0,
        bound=bound[0].meaning if bound else "",
        per=different[1] if len(different) > 1 else "",
        known=bool(different or scales or period or bound))


def unit_from_value(cell: object, words: Vocabulary) -> str:
    """The unit that stands beside the digits of a value ("55,200 ha"); "" where none does."""
    found = [*_codes(cell), *(h.meaning for h in words.find("unit", fold(cell)))]
    return found[0] if len(set(found)) == 1 else ""


_CODE = re.compile(r"(?<![^\W\d_])[A-Z]{3}(?![^\W\d_])")


def _codes(cell: object) -> list[str]:
    """Codes of currencies, as they are written: in capitals ("ALL" is money, "all" is not)."""
    return [code for code in _CODE.findall(str(cell or "")) if code in CODES]
