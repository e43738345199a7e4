"""Claims of money: what a m² cost, and amounts of two currencies set beside each other.

Currencies meet by recorded exchange rates alone (`core.currency`); without one it is said.
"""

from __future__ import annotations

from collections.abc import Sequence

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.claim import Claim, Quantity, Raised
from landrelease.core.currency import RateTable
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_parts import numbers_in, size_behind
from landrelease.figures.claims_show import amount_words, number_words
from landrelease.figures.claims_units import SIZES

_NOT_WORKED = ("hazardous", "remaining", "in_work", "inaccessible", "planned")
_DONE = ("cleared", "searched", "released", "reduced", "cancelled", "safe")


def into(c: Claim, currency: str, rates: RateTable | None) -> tuple[float | None, str]:
    """(what one unit of the claim's money is in a currency at its day, by which rates); None: no
    recorded rate can be used, and the words say so."""
    if c.currency == currency:
        return 1.0, ""
    found = rates.convert(1.0, c.currency, currency, c.day.last if c.as_of else None) if (
        rates is not None) else None
    if found is None:
        return None, f"no recorded rate leads from {c.currency} to {currency} at its day"
    return found.value, f" ({found.words})"


def check_cost(claims: Sequence[Claim], words: Vocabulary, assumptions: Assumptions,
               rates: RateTable | None) -> tuple[list[Raised], dict[int, str]]:
    """Money per m²: of what is it the cost, and is that within what programmes report."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    band = assumptions["claim_cost_usd_per_m2"]
    for c in claims:
        if not c.usable or c.quantity is None:
            continue
        if c.subject not in ("unit_cost", "money"):
            continue
        factor, by = into(c, "USD", rates)
        if c.subject == "unit_cost":
            if factor is None:
                notes[c.number] = f"Programmes report {band.low:g} to {band.high:g} USD; {by}."
            elif c.amount.held[0] * factor > band.high or c.amount.held[1] * factor < band.low:
                found.append(_cost(c, c.amount.value * factor, band, f"as stated{by}"))
            continue
        areas = [a for a in claims if a.usable and a.subject == "area" and a.mode != "period"
                 and a.scope == c.scope and a.amount.held[0] > 0
                 # Money to come is for ground that is still to be worked on.
                 and (c.verb != "planned" or a.verb not in _DONE)]
        listed = "; ".join(
            f"{c.amount.value / a.amount.value:,.3g} {c.currency} per m² on the "
            f"{amount_words(a)} of row {a.number}" for a in areas[:4])
        metric = fold(c.row.get("metric"))
        flow = words.find("money", metric) and "cost" not in words.meanings("money", metric)
        if flow:  # money that came in or went out says nothing of ground on which nothing was done
            areas = [a for a in areas if a.verb not in _NOT_WORKED]
        spoken: Quantity | str = "" if flow else _own_area(c, words, assumptions)
        if isinstance(spoken, Quantity):
            per = c.amount.value / spoken.value
            where = f"on the {number_words(spoken.value, 'm²')} that its words name"
            if factor is not None and (
                    c.amount.held[0] * factor / spoken.held[1] > band.high
                    or c.amount.held[1] * factor / spoken.held[0] < band.low):
                found.append(_cost(c, per * factor, band, f"{where}{by}"))
            else:
                notes[c.number] = (f"{per:,.3g} {c.currency} per m² {where}; programmes report "
                                   f"{band.low:g} to {band.high:g} USD"
                                   + ("." if factor is not None else f"; {by}."))
            continue
        if not spoken and not flow:  # money that came in or went out is the cost of no unit
            found.append(raised(
                c.number, "denominator_missing", f"{amount_words(c)} for what area is not stated"
                + (f"; it would be {listed}." if listed else ".")))
            continue
        if factor is not None and len(areas) == 1:
            a = areas[0]
            per = c.amount.value * factor / a.amount.value
            if c.amount.held[0] * factor / a.amount.held[1] > band.high or \
                    c.amount.held[1] * factor / a.amount.held[0] < band.low:
                found.append(_cost(c, per, band,
                                   f"on the {amount_words(a)} of {a.called()}{by}"))
                continue
        if spoken:
            notes[c.number] = spoken + (f" It would be {listed}." if listed else "")
        elif listed:
            notes[c.number] = (f"{listed}; programmes report {band.low:g} to {band.high:g} USD"
                               + ("." if factor is not None else f"; {by}."))
    return found, notes


def _own_area(c: Claim, words: Vocabulary, assumptions: Assumptions) -> Quantity | str:
    """The one area that the words of a cost name, in m²; else that it could not be used; "" where
    they name none."""
    if not any(SIZES.get(h.meaning, ("", 1.0))[0] == "area" for h in words.find("unit", c.words)):
        return ""
    sized = [(n, size_behind(c.words, n.end, words)) for n in numbers_in(
        c.words, words, assumptions.value("claim_about_share"))]
    areas = [n.quantity.narrowed(assumptions.value("claim_rounding_share")).scaled(size)
             for n, size in sized if size is not None and not n.ambiguous]
    if len(areas) == 1 and areas[0].held[0] > 0:
        return areas[0]
    return "Its words name an area, but not one by which the cost could be divided."


def _cost(c: Claim, per: float, band: Assumption, where: str) -> Raised:
    return raised(c.number, "cost_out_of_range", f"{per:,.3g} USD per m² {where}; "
                  "programmes report "
                  f"{band.low:g} to {band.high:g} ({band.source}).", low=band.low, high=band.high,
                  unit="USD per m²")


def check_currencies(claims: Sequence[Claim], assumptions: Assumptions, rates: RateTable | None
                     ) -> list[Raised]:
    """Money of two sources in two currencies, of the same thing and day, by recorded rates."""
    found = []
    loose = assumptions.value("claim_agrees_share")
    groups: dict[tuple, list[Claim]] = {}
    for c in claims:
        if c.usable and c.subject == "money" and c.as_of is not None and c.source:
            groups.setdefault((*c.key, c.mode, c.as_of), []).append(c)
    for group in groups.values():
        for n, one in enumerate(group):
            for two in group[:n]:
                if one.currency == two.currency or one.source.casefold() == two.source.casefold():
                    continue
                factor, by = into(two, one.currency, rates)
                if factor is None:
                    continue
                there = two.amount.scaled(factor)
                if one.amount.least > there.most * (1 + loose) or \
                        there.least > one.amount.most * (1 + loose):
                    found.append(raised(
                        one.number, "sources_disagree", f"{amount_words(one)}; {two.called()} says "
                        f"{amount_words(two)}, which is {amount_words(one, there.value)}{by}."))
                    break
    return found
