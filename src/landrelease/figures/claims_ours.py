"""A claim beside a figure of ours: the same metric, scope and day, or why there is none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Raised
from landrelease.core.ledger import Figure
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_show import amount_words, number_words

# (subject, verb) -> name of the metric in our catalogue; parts of items have names of their own.
METRICS: dict[tuple[str, str], str] = {
    ("area", "cleared"): "cleared_m2", ("area", "reduced"): "reduced_m2",
    ("area", "cancelled"): "cancelled_m2", ("area", "released"): "released_m2",
    ("area", "hazardous"): "hazardous_m2", ("area", "remaining"): "hazardous_m2",
    ("area", "searched"): "searched_m2",
    ("items", "destroyed"): "items_made_safe", ("items", "found"): "items_found",
    ("items", ""): "items_found", ("accidents", ""): "accident_count",
    ("victims", ""): "victims", ("victims", "killed"): "victims_killed",
    ("victims", "injured"): "victims_injured", ("people", ""): "people_employed",
    ("teams", ""): "team_count", ("machines", ""): "machine_count",
}


@dataclass(frozen=True)
class Ours:
    """Figures of a registry by the day that they are about (None: now), and its names of scopes.

    figures : day -> figures. scopes : folded name -> scope of the figures ("all" or an area).
    """

    figures: Mapping[date | None, Sequence[Figure]]
    scopes: Mapping[frozenset[str], str]
    levels: str = ""  # least level of validation that counted, "" for all
    known_at: str = ""


@dataclass(frozen=True)
class Beside:
    """What setting a claim beside ours gave."""

    reason: str
    agrees: bool = False
    finding: Raised | None = None
    figure: Mapping[str, Any] | None = None


def metric_of(claim: Claim) -> str:
    """Our metric for a claim; "" where we have none."""
    if claim.subject == "items" and claim.part:
        what = "destroyed" if claim.verb == "destroyed" else "found"
        if claim.part == "small_arms":
            return f"small_arms_rounds_{what}"
        return "" if claim.part == "uxo" else f"items_{what}_{claim.part}"
    return METRICS.get((claim.subject, claim.verb), "")


def beside(claim: Claim, ours: Ours, assumptions: Assumptions) -> Beside:
    """Set a claim beside the figure of the same metric, scope and day."""
    if not claim.usable or claim.quantity is None:
        return Beside("It cannot be read as a number of something.")
    metric = metric_of(claim)
    if not metric:
        return Beside(f"We keep no figure of {claim.subject} {claim.verb}".rstrip() + ".")
    scope = ours.scopes.get(claim.scope)
    if scope is None:
        return Beside(f"Our records hold no scope \"{claim.scope_words or 'not stated'}\".")
    day = claim.day.last if claim.as_of else None
    figures = ours.figures.get(day)
    if figures is None:
        return Beside("We have no figures for that day.")
    figure = _figure(figures, metric, scope)
    if figure is None or figure.value is None:
        return Beside("Our records do not report it, or not to this reader; that is not zero.")
    value, low, high = figure.value, figure.low, figure.high
    how = f"as of {day.isoformat() if day else 'now'}"
    if claim.mode == "period":
        from datetime import timedelta

        start = day - timedelta(days=round(claim.period_days)) if day else None
        before = _figure(ours.figures.get(start, ()), metric, scope)
        if before is None or before.value is None:
            return Beside("We have no figure for the start of its period.")
        value, low, high = value - before.value, None, None
        how = f"between {start.isoformat() if start else ''} and {day.isoformat() if day else ''}"
    share = assumptions.value("claim_agrees_share")
    bottom = (low if low is not None else value) * (1 - share)
    top = (high if high is not None else value) * (1 + share)
    shown = {"id": figure.id, "value": value, "unit": figure.unit, "scope": figure.scope,
             "low": low, "high": high, "chain_head": figure.chain_head, "as_of":
             day.isoformat() if day else "", "known_at": ours.known_at, "level": ours.levels,
             "note": figure.note}
    level = f"validated at least at level {ours.levels}" if ours.levels else \
        "at any level of validation"
    words = (f"Ours {how}: {number_words(value, claim.unit)}"
             + (f" ({number_words(low, claim.unit)} to {number_words(high, claim.unit)})"
                if low is not None and high is not None else "")
             + (f", {len(figure.records):,} records" if figure.records else "") + f", {level}"
             + (f"; {figure.note}" if figure.note else ""))
    if claim.amount.least <= top and claim.amount.most >= bottom:
        return Beside(words + ".", True, None, shown)
    off = claim.amount.value - value
    part = f", {off / value:+.1%}" if value else ""
    return Beside(words, False, raised(
        claim.number, "differs_from_ours", f"{words}; the claim is "
        f"{amount_words(claim, abs(off))} {'more' if off > 0 else 'less'}{part}.", low=bottom,
        high=top, unit=claim.unit), shown)


def _figure(figures: Sequence[Figure], metric: str, scope: str) -> Figure | None:
    return next((f for f in figures if f.id.split(":")[0] == metric and f.scope == scope), None)
