"""Plausibility per hectare, per person and day and per m²; capacity that a pace or a promise needs.

Ranges are assumptions with their sources (S13). A number outside of a range is implausible, with
the range beside it; nothing is said of anybody's intent.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.claim import Claim, Quantity, Raised
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_show import amount_words, number_words, plain
from landrelease.figures.claims_totals import series_of

_WORKED = ("cleared", "safe", "released", "searched", "")


def near(one: Claim, other: Claim, days: float) -> bool:
    return (one.as_of is not None and other.as_of is not None
            and abs(one.day.middle - other.day.middle) <= days)


def check_density(claims: Sequence[Claim], assumptions: Assumptions, skip: frozenset[int]
                  ) -> tuple[list[Raised], dict[int, str]]:
    """Items per hectare of one scope, day and kind of number against the range of programmes."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    band = assumptions["claim_items_per_hectare"]
    usable = [c for c in claims if c.usable and c.number not in skip]
    for c in usable:
        if c.subject == "density" and c.quantity is not None:
            per = c.amount.scaled(1e4)
            if per.low > band.high or per.high < band.low:
                found.append(_density(c, per.value, band, "as stated"))
    for i in usable:
        if i.subject != "items" or i.part or i.unit or i.as_of is None or i.mode == "state":
            continue
        areas = [a for a in usable if a.subject == "area" and a.scope == i.scope
                 and a.mode == i.mode and near(a, i, 7) and a.verb in _WORKED
                 and (a.mode != "period" or math.isclose(a.period_days, i.period_days, rel_tol=0.1))
                 and a.amount.low > 0]
        if not areas:
            continue
        a = min(areas, key=lambda a: (a.source != i.source,
                                      abs(a.day.middle - i.day.middle)))
        low = i.amount.low / a.amount.high * 1e4
        high = i.amount.high / a.amount.low * 1e4
        both = i.amount.value / a.amount.value * 1e4
        if low > band.high or high < band.low:
            found.append(_density(i, both, band, f"on the {amount_words(a)} of {a.called()}"))
        else:
            notes[i.number] = (f"{plain(both)} items per hectare on the {amount_words(a)} of row "
                               f"{a.number}; {band.low:g} to {band.high:g} are known.")
    return found, notes


def _density(c: Claim, per: float, band: Assumption, where: str) -> Raised:
    return raised(c.number, "density_out_of_range", f"{plain(per)} items per hectare {where}; "
                  f"programmes report {band.low:g} to {band.high:g} ({band.source}).",
                  low=band.low, high=band.high, unit="items per hectare")


def paces(claims: Sequence[Claim], skip: frozenset[int]) -> list[tuple[Claim, float, float, str]]:
    """Every pace of area that is stated or follows from totals: (claim, pace in m² a day, what
    rounding leaves of it at least, how)."""
    out = []
    for c in claims:
        if c.usable and c.subject == "area" and c.mode == "period" and c.period_days and \
                c.verb in _WORKED and c.number not in skip:
            out.append((c, c.amount.value / c.period_days, c.amount.least / c.period_days,
                        "as stated"))
    for series in series_of([c for c in claims if c.subject == "area" and c.verb in _WORKED], skip):
        for before, later in pairwise(series.claims):
            days = later.day.middle - before.day.middle
            rise = later.amount.value - before.amount.value
            if days >= 5 and rise > 0:
                least = max(0.0, later.amount.low - before.amount.high)
                out.append((later, rise / days, least / days, f"since {before.called()}"))
    return out


def check_capacity(claims: Sequence[Claim], assumptions: Assumptions, skip: frozenset[int]
                   ) -> tuple[list[Raised], dict[int, str]]:
    """People and machines that a claimed pace needs, against those claimed and those known."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    manual = assumptions["claim_manual_m2_per_day"]
    fast = assumptions["claim_search_m2_per_day"]
    machine = assumptions["claim_machine_m2_per_day"]
    most = assumptions["claim_workforce_most"]
    share = assumptions.value("claim_working_day_share")
    done: set[int] = set()
    for c, stated, least, how in paces(claims, skip):
        pace, sure = stated / share, least / share  # on a working day
        if c.number in done or pace <= 0:
            continue
        words = (f"{number_words(stated * 7, 'm²')} a week {how}, {number_words(pace, 'm²')} a "
                 f"working day")
        need = (f"by hand ({manual.low:g} to {manual.high:g} m² a person and day) "
                f"{plain(pace / manual.high)} to {plain(pace / manual.low)} people, with search by "
                f"machine and people ({fast.high:g} m²) {plain(pace / fast.high)}, or "
                f"{plain(math.ceil(pace / machine.high))} machines at the rate of brochures")
        there = [o for o in claims if o.usable and o.subject == "people" and o.verb == ""
                 and o.part == "" and o.scope == c.scope and near(o, c, 366)]
        machines = [o for o in claims if o.usable and o.subject == "machines"
                    and o.scope == c.scope and near(o, c, 366)]
        by_machines = max((m.amount.high for m in machines), default=0.0) * machine.high
        people = max((o.amount.high for o in there), default=None)
        if people is not None and sure > people * fast.high + by_machines:
            done.add(c.number)
            found.append(raised(
                c.number, "capacity_short", f"{words}: " + (
                    f"{plain(pace / people)} m² for each of at most {plain(people)} people claimed"
                    if people > 0 else "no people are claimed (0)")
                + (f", beside {plain(by_machines / machine.high)} machines" if machines else "")
                + f". Known are {manual.low:g} to {manual.high:g} m² by hand and up to "
                f"{fast.high:g} m² in search behind machines. It would need {need}.",
                low=0.0, high=people * fast.high + by_machines, unit="m² a day"))
        elif people is None and machines and sure > by_machines and \
                sure > most.high * fast.high:
            done.add(c.number)
            found.append(raised(
                c.number, "machines_short", f"{words}: {plain(by_machines / machine.high)} "
                f"machines are claimed. It would need {need}.", low=0.0, high=by_machines,
                unit="m² a day"))
        elif people is None and c.verb == "cleared" and sure > most.high * fast.high:
            done.add(c.number)
            found.append(raised(
                c.number, "pace_beyond_clearance", f"{words}. It would need {need}; the largest "
                f"workforce known is {plain(most.high)}. Such a pace is known of survey only.",
                low=0.0, high=most.high * fast.high, unit="m² a day"))
        elif c.verb == "cleared" and pace > manual.high * most.high and c.number not in notes:
            notes[c.number] = (f"{words}: it needs {need}. That is consistent with search or "
                               "survey, not with clearance to depth by hand.")
    return found, notes


def check_rates(claims: Sequence[Claim], assumptions: Assumptions) -> list[Raised]:
    """Stated m² a person and day, or a machine and day, against what is known of any method."""
    found = []
    manual, fast = assumptions["claim_manual_m2_per_day"], assumptions["claim_search_m2_per_day"]
    machine = assumptions["claim_machine_m2_per_day"]
    for c in claims:
        if not c.usable or c.subject not in ("person_rate", "machine_rate"):
            continue
        high, source = ((fast.high, fast.source) if c.subject == "person_rate"
                        else (machine.high, machine.source))
        if c.amount.low > high:
            found.append(raised(
                c.number, "rate_out_of_range", f"{plain(c.amount.value)} m² a day; known are up "
                f"to {plain(high)} ({source})"
                + (f", by hand {manual.low:g} to {manual.high:g}." if c.subject == "person_rate"
                   else "."), low=0.0, high=high, unit="m² a day"))
    return found


def check_cost(claims: Sequence[Claim], words: Vocabulary, assumptions: Assumptions
               ) -> tuple[list[Raised], dict[int, str]]:
    """Money per m²: of what is it the cost, and is that within what programmes report."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    band = assumptions["claim_cost_usd_per_m2"]
    for c in claims:
        if not c.usable or c.quantity is None:
            continue
        if c.subject == "unit_cost":
            if c.currency == "USD" and (c.amount.low > band.high or c.amount.high < band.low):
                found.append(_cost(c, c.amount.value, band, "as stated"))
            continue
        if c.subject != "money":
            continue
        areas = [a for a in claims if a.usable and a.subject == "area" and a.mode != "period"
                 and a.scope == c.scope and a.amount.low > 0]
        spoken = any(w in c.words for w in (" ha", "hectare", "km2", "km²", "square", "га", "m²"))
        listed = "; ".join(
            f"{c.amount.value / a.amount.value:,.3g} {c.currency} per m² on the "
            f"{amount_words(a)} of row {a.number}" for a in areas[:4])
        metric = fold(c.row.get("metric"))
        flow = words.find("money", metric) and "cost" not in words.meanings("money", metric)
        if not spoken and not flow:  # money that came in or went out is the cost of no unit
            found.append(raised(
                c.number, "denominator_missing", f"{amount_words(c)} for what area is not stated"
                + (f"; it would be {listed}." if listed else ".")))
            continue
        if c.currency == "USD" and len(areas) == 1:
            a = areas[0]
            per = c.amount.value / a.amount.value
            if c.amount.low / a.amount.high > band.high or \
                    c.amount.high / a.amount.low < band.low:
                found.append(_cost(c, per, band, f"on the {amount_words(a)} of {a.called()}"))
                continue
        if listed:
            notes[c.number] = f"{listed}; programmes report {band.low:g} to {band.high:g} USD."
    return found, notes


def _cost(c: Claim, per: float, band: Assumption, where: str) -> Raised:
    return raised(c.number, "cost_out_of_range", f"{per:,.3g} USD per m² {where}; "
                  "programmes report "
                  f"{band.low:g} to {band.high:g} ({band.source}).", low=band.low, high=band.high,
                  unit="USD per m²")


def check_finish(claims: Sequence[Claim], assumptions: Assumptions, skip: frozenset[int]
                 ) -> tuple[list[Raised], dict[int, str]]:
    """Promised ends: whether they moved, and the pace that they need against the best claimed."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    factor = assumptions.value("claim_promise_factor")
    promises = [c for c in claims if c.subject == "finish" and c.finish is not None
                and c.as_of is not None]
    groups: dict[tuple, list[Claim]] = {}
    for c in promises:
        groups.setdefault((c.scope, c.source), []).append(c)
    for group in groups.values():
        group.sort(key=lambda c: (c.day.middle, c.number))
        for before, later in pairwise(group):
            moved = later.end.middle - before.end.middle
            if before.end.last < later.end.first or later.end.last < before.end.first:
                found.append(raised(
                    later.number, "finish_moved", f"The end is {later.end.words()}; "
                    f"{before.called()} said {before.end.words()}: {abs(moved):,.0f} days "
                    f"{'later' if moved > 0 else 'sooner'}."))
    all_paces = paces(claims, skip)
    for c in promises:
        left = _left(c, claims, skip)
        own = [p for p in all_paces if p[0].scope == c.scope and p[0].as_of is not None
               and p[0].day.first <= c.day.last]
        days = c.end.middle - c.day.middle
        if left is None or days <= 0 or not own:
            continue
        amount, words = left
        best = max(own, key=lambda p: p[1])
        need = amount.value / days
        text = (f"{number_words(need * 7, 'm²')} a week until {c.end.words()} for the "
                f"{number_words(amount.value, 'm²')} that remain ({words})")
        slowest = min(own, key=lambda p: p[1])
        band = (f"{number_words(slowest[1] * 7, 'm²')} to {number_words(best[1] * 7, 'm²')} a "
                f"week")
        if amount.low / (c.end.last.toordinal() - c.day.first.toordinal()) > factor * best[1]:
            found.append(raised(
                c.number, "promise_needs_faster_pace", f"It needs {text}" + (
                    f", {need / best[1]:,.1f} times the best pace claimed" if best[1] > 0 else "")
                + f"; claimed were {band}.", low=slowest[1] * 7,
                high=best[1] * 7, unit="m² a week"))
        else:
            notes[c.number] = f"It needs {text}; claimed were {band}."
    return found, notes


def _left(c: Claim, claims: Sequence[Claim], skip: frozenset[int]) -> tuple[Quantity, str] | None:
    """The area that remains: as stated, else the whole less what was done; at the latest day that
    is not after the promise."""
    own = [a for a in claims if a.usable and a.subject == "area" and a.scope == c.scope
           and a.as_of is not None and a.day.first <= c.day.last and a.mode != "period"
           and a.number not in skip]
    latest = sorted(own, key=lambda a: a.day.middle)
    stated = [a for a in latest if a.verb in ("remaining", "hazardous")]
    if stated:
        return stated[-1].amount, f"row {stated[-1].number}"
    whole = [a for a in latest if a.verb == "planned"]
    done = [a for a in latest if a.verb in ("cleared", "released")]
    if not whole or not done:
        return None
    w, d = whole[-1].amount, done[-1].amount
    value = w.value - d.value
    if value <= 0:
        return None
    return (Quantity(value, w.low - d.high, w.high - d.low, w.low - d.high, w.high - d.low),
            f"row {whole[-1].number} less row {done[-1].number}")
