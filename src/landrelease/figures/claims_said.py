"""What words and sources say: two things in one number, changed definitions, contradictions."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Quantity, Raised
from landrelease.core.labels import label
from landrelease.core.said_numbers import numbers
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_show import amount_words, number_words
from landrelease.figures.claims_units import SIZES

# Pairs that follow from each other or that people say in one breath without counting two things.
_ONE_STEP = {frozenset(p) for p in (
    ("found", "destroyed"), ("cleared", "released"), ("cleared", "safe"), ("cleared", "returned"),
    ("released", "returned"), ("safe", "released"), ("planned", "cleared"), ("killed", "injured"),
    ("remaining", "hazardous"), ("cleared", "destroyed"), ("searched", "found"),
    ("searched", "destroyed"), ("remaining", "planned"), ("in_work", "cleared"),
    ("in_work", "safe"), ("hazardous", "planned"))}
_STAGES = ("hazardous", "cleared", "searched", "released", "safe", "cancelled", "reduced",
           "destroyed", "found", "inaccessible", "planned", "remaining")
_STATE_LIKE = ("people", "teams", "machines")


def check_words(claims: Sequence[Claim], words: Vocabulary) -> list[Raised]:
    """Two things joined in one number; words that say another thing than the metric."""
    found = []
    for c in claims:
        metric = fold(c.row.get("metric"))
        joined = _joined(metric, words) or (
            _joined(c.words, words) if c.subject in ("area", "settlements", "roads", "items",
                                                     "buildings") else None)
        if joined:
            found.append(raised(
                c.number, "verb_ambiguous", f"\"{joined}\" joins two different things in one "
                "number; which part is which is not stated."))
            continue
        if c.subject not in ("area", "settlements", "roads", "buildings") or not c.verb:
            continue
        stated = words.meanings("verb", metric)
        hits = [h for h in words.find("verb", c.words) if h.meaning in _STAGES]
        said = [h.meaning for h in hits]
        if stated and said and not c.verbs & set(said) and not any(
                frozenset((own, v)) in _ONE_STEP for own in c.verbs for v in said):
            found.append(raised(
                c.number, "words_differ_from_metric", f"The metric says \"{metric}\"; the words "
                f"say \"{', '.join(dict.fromkeys(c.words[h.start:h.end] for h in hits))}\"."))
    return found


_COUNTS = ("area", "items", "settlements", "buildings", "people", "teams", "machines")
_BESIDE = 24  # characters between a number and the word for what it counts


def check_values(claims: Sequence[Claim], words: Vocabulary) -> list[Raised]:
    """A value beside another number of the same thing, the only number of its own words.

    Words of a stretch of time, of a part ("of 12,000 mines"), of another work or kind of item may
    be of another number: they are passed over, and so is a number that can be read in two ways.
    """
    found = []
    for c in claims:
        if not c.usable or c.subject not in _COUNTS or words.find("period", c.words):
            continue
        said = _said_number(c, words)
        if said is not None and said.apart(c.amount):
            found.append(raised(
                c.number, "value_differs_from_words", f"The value is {amount_words(c)}; its words "
                f"say {number_words(said.value, c.unit)}."))
    return found


def _said_number(c: Claim, words: Vocabulary) -> Quantity | None:
    """The one number in a claim's words, where it is of what the claim counts."""
    try:
        all_of_them = numbers(c.words, words, decimal="", counted=c.unit != "m²", about_share=0.05)
    except (OverflowError, ValueError):
        return None
    if len(all_of_them) != 1 or all_of_them[0].ambiguous:
        return None
    number = all_of_them[0]
    stages = [v for v in words.meanings("verb", c.words) if v in _STAGES]
    if stages and not c.verbs & set(stages):
        return None
    if any(h.end <= number.start and len(c.words[h.end:number.start].strip()) <= 4
           for h in words.find("of", c.words)):
        return None
    behind = re.split(r"[\d.,;:()]", c.words[number.end:])[0]
    if c.subject == "area":
        unit = next((h for h in words.find("unit", c.words)
                     if 0 <= h.start - number.end <= 1), None)
        kind, factor = SIZES.get(unit.meaning, ("", 0.0)) if unit is not None else ("", 0.0)
        return number.quantity.scaled(factor) if kind == "area" else None
    near = behind[:_BESIDE]
    if set(words.meanings("subject", near)) != {c.subject} or not set(
            words.meanings("part", behind)) <= {c.part}:
        return None
    return number.quantity


def _joined(text: str, words: Vocabulary) -> str | None:
    hits = [h for h in words.find("verb", text) if h.meaning in _STAGES]
    joints = words.find("joint", text)
    for one, two in pairwise(hits):
        pair = frozenset((one.meaning, two.meaning))
        # "Planned and cleared" is two things, although a plan of clearance is one.
        if len(pair) == 1 or (pair in _ONE_STEP and "planned" not in pair):
            continue
        between = text[one.end:two.start]
        if len(between) > 14 or re.search(r"\d|[.;]", between):
            continue
        joint = between.strip() in ("/", "and/or") or any(
            one.end <= j.start and j.end <= two.start for j in joints)
        if joint:
            return text[one.start:two.end]
    return None


def check_definitions(claims: Sequence[Claim], words: Vocabulary) -> list[Raised]:
    """A series that goes on while what is said of the number changes.

    The old words are not used any more from that day on, and the new number goes on from the old
    one: a reader takes it for the same series.
    """
    found: list[Raised] = []
    groups: dict[tuple, list[Claim]] = {}
    for c in claims:
        if c.usable and c.mode == "total" and c.as_of is not None and c.subject in (
                "area", "settlements", "items", "roads", "buildings"):
            groups.setdefault((c.scope, c.subject, c.part, c.unit), []).append(c)
    for group in groups.values():
        group.sort(key=lambda c: (c.day.middle, c.number))
        said = [_verbs(c, words) for c in group]
        for n in range(1, len(group)):
            before, later = group[n - 1], group[n]
            old, new = said[n - 1], said[n]
            if not old or not new or old & new or before.day.last >= later.day.first:
                continue
            if any(frozenset((a, b)) in _ONE_STEP - {frozenset(("cleared", "released"))}
                   for a in old for b in new):
                continue
            goes_on = later.amount.most >= before.amount.least
            if goes_on and not any(old & v for v in said[n:]) and not any(
                    new & v for v in said[:n]):
                found.append(raised(
                    later.number, "definition_changed", f"{amount_words(later)} "
                    f"\"{', '.join(map(label, sorted(new)))}\" follows {amount_words(before)} "
                    f"\"{', '.join(map(label, sorted(old)))}\" of {before.called()}: numbers of "
                    "another definition do not go on in one series."))
    return found


def _verbs(c: Claim, words: Vocabulary) -> frozenset[str]:
    """What is said of the number: by its words, else by its metric."""
    said = [v for v in words.meanings("verb", c.words) if v in _STAGES]
    if c.subject == "items":
        said = [v for v in said if v in ("destroyed", "found")]
    return frozenset(said) or (frozenset((c.verb,)) if c.verb else frozenset())


def check_sources(claims: Sequence[Claim], assumptions: Assumptions) -> list[Raised]:
    """Different numbers of the same thing and day from different sources."""
    found = []
    factor = assumptions.value("claim_sources_factor")
    groups: dict[tuple, list[Claim]] = {}
    for c in claims:
        if c.usable and c.as_of is not None and c.subject not in ("finish", "comparison"):
            groups.setdefault((*c.key, c.mode, round(c.period_days), c.unit, c.currency),
                              []).append(c)
    for group in groups.values():
        for n, one in enumerate(group):
            for two in group[:n]:
                if one.source.casefold() == two.source.casefold() or not one.source \
                        or not two.source:
                    continue
                loose = one.subject in _STATE_LIKE
                same_day = (abs(one.day.middle - two.day.middle) <= 31 if loose
                            else one.as_of == two.as_of and one.day.first == one.day.last
                            and one.day.stated and two.day.stated)
                apart = one.amount.apart(two.amount) if not loose else (
                    one.amount.held[0] > factor * two.amount.held[1]
                    or two.amount.held[0] > factor * one.amount.held[1])
                if same_day and apart:
                    a, b = one.amount.value, two.amount.value
                    low, high = min(a, b), max(a, b)
                    found.append(raised(
                        one.number, "sources_disagree", f"{amount_words(one)}; {two.called()} says "
                        f"{amount_words(two)}: they differ by {amount_words(one, high - low)}"
                        + (f", {high / low:,.2f} times." if low > 0 else ".")))
                    break
    return found


def check_dates(claims: Sequence[Claim], today: date) -> list[Raised]:
    """Counts as of a day after their publication, or after today. A day off is a time zone.

    Plans may be of days to come, and so may money that is committed or announced, and money of
    which nobody says that it came or was spent.
    """
    found = []
    for c in claims:
        if c.subject == "finish" or c.verb == "planned" or c.as_of is None or not c.day.stated:
            continue
        if c.subject == "money" and c.verb in ("committed", "announced", ""):
            continue
        if c.published is not None and (c.day.first - c.published.last).days > 1:
            found.append(raised(
                c.number, "date_in_future", f"It is about {c.day.words()} and was published on "
                f"{c.published.words()}."))
        elif (c.day.first - today).days > 1:
            found.append(raised(
                c.number, "date_in_future", f"It is about {c.day.words()}, after today "
                f"({today.isoformat()})."))
    return found
