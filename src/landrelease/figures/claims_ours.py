"""A claim beside a figure of ours: the same metric, scope and day, or why there is none."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Raised
from landrelease.core.labels import label
from landrelease.core.ledger import Figure
from landrelease.core.outlook import Outlook
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_show import amount_words, number_words
from landrelease.figures.money import APART

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
    ("money", "received"): "money_received", ("money", "paid"): "money_paid",
    ("money", "committed"): "money_committed", ("money", "announced"): "money_announced",
    ("money", "left"): "money_left",
    ("settlements", "returned"): "settlements_returned",
    ("settlements", "released"): "settlements_returned",
    ("settlements", "cleared"): "settlements_returned",
    ("settlements", "safe"): "settlements_returned",
    ("roads", "released"): "roads_returned_m", ("roads", "cleared"): "roads_returned_m",
    ("roads", "safe"): "roads_returned_m", ("people", "returned"): "people_returned",
    ("hazards", "hazardous"): "hazard_count",
}
# Words of kinds of administrative areas: our records name the place alone.
_KIND_OF_AREA = re.compile(
    r"(?<!\w)(?:municipality|district|county|raion|rayon|commune|okrug|opština|opstina|općina|"
    r"opcina|grad|kanton|canton|район|общины?|община|општина|громада|района|району|округ)(?!\w)")
# Of shares of ground: verb -> our figure of the part.
PARTS = {"cleared": "cleared_m2", "reduced": "reduced_m2", "cancelled": "cancelled_m2",
         "released": "released_m2", "safe": "released_m2", "remaining": "hazardous_m2"}
NEEDED = frozenset({"released_m2", "hazardous_m2"})  # what shares are shares of


@dataclass(frozen=True)
class Ours:
    """Figures of a registry by the day that they are about (None: now), and its names of scopes.

    figures : day -> figures. scopes : folded name -> scope of the figures ("all" or an area).
    """

    figures: Mapping[date | None, Sequence[Figure]]
    scopes: Mapping[frozenset[str], str]
    levels: str = ""  # least level of validation that counted, "" for all
    known_at: str = ""
    # Money by day and currency of the claim, converted by recorded rates.
    money: Mapping[tuple[date | None, str], Sequence[Figure]] = field(default_factory=dict)
    outlook: Outlook | None = None  # our forecast of the end
    outlook_words: str = ""  # at which state of the records it was made; why there is none
    today: date | None = None  # a promised end before it has come true or not
    residents: Sequence[Figure] = ()  # of all and of each area, as community records stand
    # Residents of each community by its folded name; two may be called alike.
    communities: Mapping[str, Sequence[Figure]] = field(default_factory=dict)


@dataclass(frozen=True)
class Beside:
    """What setting a claim beside ours gave."""

    reason: str
    agrees: bool = False
    finding: Raised | None = None
    figure: Mapping[str, Any] | None = None


def metric_of(claim: Claim) -> str:
    """Our metric for a claim; "" where we have none."""
    if claim.verb == "planned":
        return ""  # a plan is not held against what was done
    if claim.subject == "items" and claim.part:
        what = "destroyed" if claim.verb == "destroyed" else "found"
        if claim.part == "small_arms":
            return f"small_arms_rounds_{what}"
        return "" if claim.part == "uxo" else f"items_{what}_{claim.part}"
    if claim.subject == "people" and claim.part not in ("", "residents") and not (
            claim.part == "displaced" and claim.verb == "returned"):
        return ""  # women, children: of none of them we keep a figure
    if (claim.subject, claim.verb, claim.part) == ("people", "", "residents"):
        return "residents"
    return METRICS.get((claim.subject, claim.verb), "")


def share_parts(claim: Claim, words: Vocabulary) -> tuple[str, str, bool] | None:
    """Of a share of ground: (our figure of the part, that of the whole, whether the claim says what
    it is a share of); None where it is a share of something else. "known": hazardous + released.
    """
    metric = fold(claim.row.get("metric"))
    if claim.part not in ("", "area"):
        return None
    verbs = words.meanings("verb", metric) or words.meanings("verb", claim.words)
    if "planned" in verbs or claim.verb == "planned":
        return None
    done = [v for v in verbs if v in PARTS and (v != "released" or len(verbs) == 1
                                                or set(verbs) <= {"released", "hazardous"})]
    if len(done) != 1:
        return None
    said = f"{metric} {claim.words}"
    if "released" in verbs and done[0] != "released":
        return PARTS[done[0]], "released_m2", True
    stated = "hazardous" in verbs or bool(words.find("total", said)) or "known" in said
    return PARTS[done[0]], "known", stated


def beside(claim: Claim, ours: Ours, words: Vocabulary, assumptions: Assumptions) -> Beside:
    """Set a claim beside the figure of the same metric, scope and day."""
    if claim.subject == "finish" and claim.finish is not None:
        return _finish(claim, ours, assumptions)
    if not claim.usable or claim.quantity is None:
        return Beside("It cannot be read as a number of something.")
    if claim.as_of is None:  # a figure of today is not one of a day that nobody could read
        return Beside(NO_DAY)
    if ours.today is not None and (claim.as_of.first - ours.today).days > 1:
        return Beside(NOT_YET)
    if claim.subject == "share":
        return _share(claim, ours, words, assumptions)
    if claim.subject == "money" and not claim.verb:
        return Beside("Whether the money was announced, committed, received or spent is not said: "
                      "ours are kept apart.")
    metric = metric_of(claim)
    if not metric:
        return Beside("We keep no figure of " + ", ".join(filter(None, (
            label(claim.subject), label(claim.verb), label(claim.planned), label(claim.part))))
            + ".")
    scope = scope_in(claim, ours)
    if scope is None and metric == "residents":
        return _of_community(claim, ours, assumptions)
    if scope is None:
        return _no_scope(claim)
    day = claim.day.last
    figures = (ours.money.get((day, claim.currency)) if claim.subject == "money"
               else ours.figures.get(day))
    if figures is None:
        return Beside("We have no figures for that day.")
    figure = _figure(figures, metric, scope)
    if metric == "residents" and figure is not None and figure.uncounted:
        return Beside("")  # said by `claims_people`, and no verdict follows
    if figure is None and scope != "all" and _figure(figures, metric, "all") is not None:
        return Beside(f"We compute this figure for the whole programme, not for {scope}.")
    if figure is not None and metric == "hazardous_m2" and _no_land(figures, scope):
        return Beside(NO_LAND)
    if figure is None or figure.value is None:
        return Beside("Our records do not report it, or not to this reader; that is not zero.")
    if claim.subject == "money" and figure.unit != claim.currency:
        return Beside(f"Ours is in {figure.unit}, and no recorded rate leads to {claim.currency}.")
    if claim.subject == "money" and APART in figure.note:
        return Beside(f"Ours lacks money that no recorded rate converts into {claim.currency} "
                      f"({figure.note}): the two cannot be set beside each other.")
    value, low, high = figure.value, figure.low, figure.high
    how = f"as of {day.isoformat()}"
    if claim.mode == "period":
        start = day - timedelta(days=round(claim.period_days))
        before = _figure(ours.figures.get(start, ()), metric, scope)
        if before is None or before.value is None:
            return Beside("We have no figure for the start of its period.")
        value, low, high = value - before.value, None, None
        how = f"between {start.isoformat()} and {day.isoformat()}"
    return _held(claim, ours, assumptions, figure, value, low, high, how)


def _of_community(claim: Claim, ours: Ours, assumptions: Assumptions) -> Beside:
    """Residents of one community, as its record stands."""
    figure = residents_of(claim, ours)
    if figure is None:
        return _no_scope(claim)
    if figure.value is None:
        return Beside("")  # said by `claims_people`
    return _held(claim, ours, assumptions, figure, figure.value, None, None, "as of now")


def residents_of(claim: Claim, ours: Ours) -> Figure | None:
    """The residents of the place that a claim names, as community records stand: of the programme,
    an administrative area or a community; None: we hold no such place, or more than one."""
    scope = scope_in(claim, ours)
    if scope is not None:
        return next((f for f in ours.residents if f.scope == scope), None)
    found = [f for name in claim.scope for f in ours.communities.get(name, ())]
    return found[0] if len(found) == 1 else None


def scope_in(claim: Claim, ours: Ours) -> str | None:
    """The scope of ours that a claim speaks of; None: we hold none. The kind of the area may stand
    beside its name, unless a place of ours is called so."""
    found = ours.scopes.get(claim.scope)
    if found is None:
        bare = frozenset(" ".join(_KIND_OF_AREA.sub(" ", name).split()) for name in claim.scope)
        found = ours.scopes.get(bare) if all(bare) else None
    return found


def _no_scope(claim: Claim) -> Beside:
    return Beside(f"Our records hold no scope \"{claim.scope_words or 'not stated'}\".")


def _held(claim: Claim, ours: Ours, assumptions: Assumptions, figure: Figure, value: float,
          low: float | None, high: float | None, how: str) -> Beside:
    """The claim against a number of ours; `how`: of which day or period, or of what."""
    day = claim.day.last if claim.as_of else None
    share = assumptions.value("claim_agrees_share")
    bottom = (low if low is not None else value) * (1 - share)
    top = (high if high is not None else value) * (1 + share)
    shown = {"id": figure.id, "value": value, "unit": figure.unit, "scope": figure.scope,
             "low": low, "high": high, "chain_head": figure.chain_head, "as_of":
             day.isoformat() if day else "", "known_at": ours.known_at, "level": ours.levels,
             "note": figure.note, "denominator": figure.denominator}
    level = f"validated at least at level {ours.levels}" if ours.levels else \
        "at any level of validation"
    words = (f"Ours {how}: {number_words(value, claim.unit)}"
             + (f" ({number_words(low, claim.unit)} to {number_words(high, claim.unit)})"
                if low is not None and high is not None else "")
             + (f", {len(figure.records):,} records" if figure.records else "") + f", {level}"
             + (f"; {figure.note}" if figure.note else ""))
    if claim.amount.least <= top and claim.amount.most >= bottom:
        return Beside(words + ".", True, None, shown)
    if figure.uncounted and claim.amount.least > top:
        return Beside(f"{words}. {NOT_IN_OURS}", False, None, shown)
    off = claim.amount.value - value
    part = f", {off / value:+.1%}" if value else ""
    return Beside(words, False, raised(
        claim.number, "differs_from_ours", f"{words}; the claim is "
        f"{amount_words(claim, abs(off))} {'more' if off > 0 else 'less'}{part}.", low=bottom,
        high=top, unit=claim.unit), shown)


def _share(claim: Claim, ours: Ours, words: Vocabulary, assumptions: Assumptions) -> Beside:
    """A share of ground beside the same share of ours, with what it is a share of."""
    parts = share_parts(claim, words)
    if parts is None:
        return Beside("We keep no figure of such a share.")
    part, whole, stated = parts
    scope = scope_in(claim, ours)
    if scope is None:
        return _no_scope(claim)
    day = claim.day.last
    figures = ours.figures.get(day)
    if figures is None:
        return Beside("We have no figures for that day.")
    known = {name: f for name in {part, *NEEDED}
             if (f := _figure(figures, name, scope)) is not None and f.value is not None}
    hazardous, released = known.get("hazardous_m2"), known.get("released_m2")
    of = (released.value if whole == "released_m2" and released is not None else
          (hazardous.value or 0.0) + (released.value or 0.0)
          if whole == "known" and hazardous is not None and released is not None else None)
    if part not in known or not of:
        return Beside("Our records do not report the parts of it, or not to this reader; that is "
                      "not zero.")
    value = (known[part].value or 0.0) / of
    what = ("released area" if whole == "released_m2" else
            "area that is released or still recorded as hazardous")
    if not stated:
        return Beside(f"Of what it is a share is not said; of the {what} it is {value:.1%} in our "
                      "records.")
    figure = Figure(
        f"share_{part.removesuffix('_m2')}", "", "", value, "share", scope, tuple(dict.fromkeys(
            r for f in known.values() for r in f.records)), known[part].chain_head,
        denominator=what)
    return _held(claim, ours, assumptions, figure, value, None, None,
                 f"as of {day.isoformat()}, of the {what}")


def _finish(claim: Claim, ours: Ours, assumptions: Assumptions) -> Beside:
    """A promised end beside our forecast: how likely it is, not whether it will come. One that has
    passed: beside what our records hold of that day."""
    outlook = ours.outlook
    if ours.today is not None and claim.end.last < ours.today and (
            kept := _passed(claim, ours)) is not None:
        return kept
    if outlook is None:
        return Beside(ours.outlook_words or "No forecast of ours was given to set it beside.")
    if scope_in(claim, ours) != "all":
        return _no_scope(claim)
    chance = outlook.chance_by(claim.end.last)
    least = assumptions.value("claim_finish_chance")
    ends = []
    for q in (0.1, 0.5, 0.9):
        days = float(np.quantile(outlook.finish_day, q, method="inverted_cdf"))
        ends.append((outlook.start + timedelta(days=math.ceil(days))).isoformat()
                    if math.isfinite(days) else
                    f"after {outlook.start.year + round(outlook.horizon_days / 365.25)}")
    before = ("The day lies before our forecast begins, which has work left. "
              if outlook.passed(claim.end.last) else "")
    said = (f"{before}By our forecast ({outlook.scenario}, from {outlook.start.isoformat()}, "
            f"{outlook.runs:,} runs{ours.outlook_words and ', ' + ours.outlook_words}) all is done "
            f"by {claim.end.last.isoformat()} in {chance:.0%} of the runs; 80 % of them end "
            f"between {ends[0]} and {ends[2]}, half by {ends[1]}")
    shown = {"id": "finish", "chance": chance, "p10": ends[0], "p50": ends[1], "p90": ends[2],
             "scope": "all", "scenario": outlook.scenario, "runs": outlook.runs}
    if chance >= least:
        return Beside(said + ".", True, None, shown)
    return Beside(said, False, raised(
        claim.number, "differs_from_ours", f"{said}. The promise is sooner than all but "
        f"{chance:.0%} of them; below {least:.0%} it does not fit.", low=least, high=1.0,
        unit="chance"), shown)


NO_DAY = ("The day that it is about is not stated or cannot be read: nothing stands in for it, and "
          "no figure of ours is set beside it.")
NOT_YET = "It is about a day that is still to come: our records say nothing of it yet."
NOT_IN_OURS = "What is not reported is not in ours: no verdict follows."
NO_LAND = ("Our records hold neither hazardous nor released ground there at that day: nobody "
           "reported any, which is not none.")


def _no_land(figures: Sequence[Figure], scope: str) -> bool:
    """Whether nothing is on record of the land: a registry without areas proves no end of work."""
    return not any((f := _figure(figures, name, scope)) is not None and f.value
                   for name in ("hazardous_m2", "released_m2"))


def _passed(claim: Claim, ours: Ours) -> Beside | None:
    """What our records hold as hazardous on a promised end that has passed; None: no figure."""
    scope = scope_in(claim, ours)
    if scope is None:
        return None
    day = claim.end.last
    left = _figure(ours.figures.get(day, ()), "hazardous_m2", scope)
    if left is None:
        return None
    if left.value is None or _no_land(ours.figures[day], scope):
        return Beside(f"The promised end, {day.isoformat()}, has passed. {NO_LAND}")
    shown = {"id": left.id, "value": left.value, "unit": left.unit, "scope": left.scope,
             "chain_head": left.chain_head, "as_of": day.isoformat(), "known_at": ours.known_at,
             "level": ours.levels, "note": left.note, "low": left.low, "high": left.high}
    said = (f"That day has passed: as of {day.isoformat()} our records hold "
            f"{number_words(left.value, 'm²')} as hazardous, {len(left.records):,} records")
    if left.value > 0:
        return Beside(said, False, raised(claim.number, "differs_from_ours", f"{said}."), shown)
    return Beside(f"{said}.", True, None, shown)


def _figure(figures: Sequence[Figure], metric: str, scope: str) -> Figure | None:
    return next((f for f in figures if f.id.split(":")[0] == metric and f.scope == scope), None)
