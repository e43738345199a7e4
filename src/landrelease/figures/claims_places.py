"""Areas against places: more ground than the place has, and comparisons such as "the size of"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Place, Quantity, Raised
from landrelease.core.said_numbers import numbers
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_read import scope_of
from landrelease.figures.claims_show import amount_words, number_words
from landrelease.figures.claims_units import SIZES

_TIMES = {"twice": 2.0, "double": 2.0, "two times": 2.0, "three times": 3.0, "triple": 3.0,
          "four times": 4.0, "five times": 5.0, "ten times": 10.0, "half": 0.5, "a third of": 1 / 3,
          "a quarter of": 0.25}
_SIZE = re.compile(r"(?:size of|as large as|as big as|larger than|bigger than|smaller than|area of|"
                   r"comparable to|compared (?:to|with)|equal to|equals?|=|размером с|больше)")
_ABOVE = re.compile(r"larger than|bigger than|больше")
_BELOW = re.compile(r"smaller than|меньше")


@dataclass(frozen=True)
class Places:
    """Places by every name that they are known by."""

    by_name: dict[str, Place]

    def of_scope(self, scope: frozenset[str]) -> Place | None:
        """The smallest known place among the names of a scope."""
        found = [self.by_name[n] for n in scope if n in self.by_name]
        return min(found, key=lambda p: p.area_m2) if found else None

    def named(self, text: str) -> list[tuple[int, int, Place]]:
        """Places that a folded text names: (start, end, place); of names in names the longer."""
        found: list[tuple[int, int, Place]] = []
        for name, place in sorted(self.by_name.items(), key=lambda x: -len(x[0])):
            for m in re.finditer(rf"(?<!\w){re.escape(name)}(?!\w)", text):
                if not any(a < m.end() and m.start() < b for a, b, _ in found):
                    found.append((m.start(), m.end(), place))
        return sorted(found, key=lambda x: x[0])


def places_of(listed: Sequence[Place]) -> Places:
    by_name: dict[str, Place] = {}
    for place in listed:
        for name in (place.name, *place.names):
            by_name.setdefault(fold(name), place)
            scope = scope_of(fold(name))
            if len(scope) == 1:
                by_name.setdefault(next(iter(scope)), place)
    return Places(by_name)


def check_places(claims: Sequence[Claim], places: Places, words: Vocabulary,
                 assumptions: Assumptions) -> tuple[list[Raised], dict[int, str]]:
    found: list[Raised] = []
    confirmed: dict[int, str] = {}
    loose = assumptions.value("claim_comparison_factor")
    for c in claims:
        if c.usable and c.unit == "m²":
            found += _larger_than_place(c, places)
        amount = _area(c, words)
        if amount is None:
            continue
        at = _SIZE.search(c.words)
        if at is not None:
            named = [p for p in places.named(c.words) if 0 <= p[0] - at.end() <= 60]
            before = c.words[max(0, at.start() - 16):at.start()]
            between = c.words[at.end():named[0][0]] if named else ""
        elif c.subject == "comparison":  # the row is nothing else than a comparison
            named = places.named(c.words) or places.named(fold(c.scope_words))
            before = between = ""
        else:
            continue
        if not named:
            continue
        place = named[0][2]
        times = _times(before, between, words)
        size = place.area_m2 * times
        ratio = amount.middle / size
        said = at.group() if at is not None else ""
        above, below = _ABOVE.match(said), _BELOW.match(said)
        off = (ratio < 1 / loose if above else ratio > loose if below
               else not 1 / loose <= ratio <= loose)
        what = (f"{'' if times == 1 else f'{times:g} times '}{place.name} "
                f"({number_words(size, 'm²')})")
        if off:
            found.append(raised(
                c.number, "comparison_off", f"{number_words(amount.value, 'm²')} is "
                f"{ratio:.3g} of {what}: the number and the comparison cannot both be right.",
                low=size / loose, high=size * loose, unit="m²"))
        else:
            confirmed[c.number] = f"The comparison holds: {ratio:.3g} of {what}."
    return found, confirmed


def _larger_than_place(c: Claim, places: Places) -> list[Raised]:
    place = places.of_scope(c.scope)
    if place is None or c.amount.least <= place.area_m2 * 1.01 or c.subject == "comparison":
        return []
    return [raised(c.number, "area_exceeds_place", f"{amount_words(c)}, while {place.name} has "
                   f"{number_words(place.area_m2, 'm²')} in all.",
                   low=0.0, high=place.area_m2, unit="m²")]


def _area(c: Claim, words: Vocabulary) -> Quantity | None:
    """The area that is compared: that of the claim, else the only one in its words."""
    if c.quantity is not None and c.unit == "m²":
        return c.quantity
    try:
        found = numbers(c.words, words, decimal="", counted=False, about_share=0.05)
    except (OverflowError, ValueError):
        return None
    sizes = [(n, h.meaning) for n in found for h in words.find("unit", c.words)
             if 0 <= h.start - n.end <= 1 and SIZES.get(h.meaning, ("",))[0] == "area"]
    return sizes[0][0].quantity.scaled(SIZES[sizes[0][1]][1]) if len(sizes) == 1 else None


def _times(before: str, between: str, words: Vocabulary) -> float:
    for text, times in _TIMES.items():
        if text in before or text in between:
            return times
    try:
        found = numbers(between, words, decimal="", counted=True, about_share=0.05)
    except (OverflowError, ValueError):
        return 1.0
    return found[-1].quantity.value if found else 1.0
