"""Promised ends: whether they moved, which pace they need, and whether they were kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Quantity, Raised
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_rates import paces
from landrelease.figures.claims_show import amount_words, number_words
from landrelease.figures.claims_totals import series_of


def check_finish(claims: Sequence[Claim], assumptions: Assumptions, skip: frozenset[int],
                 today: date) -> tuple[list[Raised], dict[int, str]]:
    """Promised ends: whether they moved, the pace that they need against the best claimed, and
    where the day has passed, what later numbers say of it."""
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
        if c.end.last < today:
            going_on = _still_at_work(c, claims, skip)
            if going_on is not None:
                found.append(raised(c.number, "promise_not_kept", f"The promised end, "
                                    f"{c.end.words()}, has passed; {going_on}."))
            else:
                notes[c.number] = (f"The promised end, {c.end.words()}, has passed; no later "
                                   "number here says whether it was kept.")
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
        if amount.held[0] / (c.end.last.toordinal() - c.day.first.toordinal()) > factor * best[1]:
            found.append(raised(
                c.number, "promise_needs_faster_pace", f"It needs {text}" + (
                    f", {need / best[1]:,.1f} times the best pace claimed" if best[1] > 0 else "")
                + f"; claimed were {band}.", low=slowest[1] * 7,
                high=best[1] * 7, unit="m² a week"))
        else:
            notes[c.number] = " ".join(filter(None, (
                notes.get(c.number), f"It needs {text}; claimed were {band}.")))
    return found, notes


def _still_at_work(c: Claim, claims: Sequence[Claim], skip: frozenset[int]) -> str | None:
    """What a later number says of work after a promised end: ground that remains, or a total that
    still rises; None: nothing does."""
    after = [a for a in claims if a.usable and a.subject == "area" and a.scope == c.scope
             and a.as_of is not None and a.day.first > c.end.last and a.number not in skip]
    for a in sorted(after, key=lambda a: (a.day.middle, a.number)):
        if a.mode != "period" and a.verb in ("remaining", "hazardous") and a.amount.least > 0:
            return f"{a.called()} puts what remains at {amount_words(a)}"
    for series in series_of([a for a in after if a.verb in ("cleared", "released")], skip):
        for before, later in series.steps():
            if later.amount.least > before.amount.most:
                return (f"after it the total still rose, from {amount_words(before)} in "
                        f"{before.called()} to {amount_words(later)} in {later.called()}")
    return None


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
    whole = [a for a in latest if a.verb == "planned" and not a.planned]
    done = [a for a in latest if a.verb in ("cleared", "released")]
    if not whole or not done:
        return None
    w, d = whole[-1].amount, done[-1].amount
    value = w.value - d.value
    if value <= 0:
        return None
    low, high = w.held[0] - d.held[1], w.held[1] - d.held[0]
    return (Quantity(value, low, high, low, high),
            f"row {whole[-1].number} less row {done[-1].number}")
