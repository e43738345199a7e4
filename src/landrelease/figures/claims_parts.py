"""Shares against their parts, parts against their whole, sums against what they add up from."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations, pairwise

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Quantity, Raised
from landrelease.core.labels import label
from landrelease.core.said_numbers import Number, numbers
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_places import Places
from landrelease.figures.claims_show import amount_words, number_words
from landrelease.figures.claims_units import SIZES

# What holds what: the right-hand number cannot be less than the left-hand one of the same ground.
_WITHIN = {("items", "destroyed"): ("items", "found"), ("area", "cleared"): ("area", "released"),
           ("area", "reduced"): ("area", "released"), ("area", "cancelled"): ("area", "released")}
_RELEASED = ("cancelled", "reduced", "cleared")
_WORKED = ("cleared", "safe", "released", "searched", "")


def check_shares(claims: Sequence[Claim], words: Vocabulary, assumptions: Assumptions,
                 places: Places | None = None
                 ) -> tuple[list[Raised], dict[int, str], dict[int, str]]:
    """places : by which a share of a named place is held against its area. Findings;
    share -> what its parts confirm; claim -> what else is to be said of it.

    A share that stands beside another number and fits its total says nothing for that number.
    """
    found: list[Raised] = []
    confirmed: dict[int, str] = {}
    notes: dict[int, str] = {}
    about = assumptions.value("claim_about_share")
    rounding = assumptions.value("claim_rounding_share")
    for c in claims:
        if not c.usable:
            continue
        said = _share_in(c, words, about)
        if said is None:
            continue
        share, rest = said
        if c.subject == "share" and not 0 <= share.low <= 1 + 1e-9 and not re.search(
                r"increas|grow|more than last|rise|rose|up by|рост", c.words):
            found.append(raised(c.number, "share_out_of_range",
                                f"A share of {share.value:.1%}.", low=0.0, high=1.0, unit="share"))
            continue
        parts = _parts_in(rest, words, about, rounding)
        if parts is not None:
            part, whole = parts
            where = "the parts that it names"
        else:
            other = _parts_of_series(c, rest, claims, words, about, rounding) or (
                _of_place(c, claims, places, words) if places is not None else None)
            if other is None:
                if c.subject == "share" and not _names_whole(c, words):
                    found.append(raised(
                        c.number, "denominator_missing", f"{share.value:.1%} of what is not "
                        "stated: neither a number nor a name of the whole."))
                if len(numbers_in(rest, words, about)) > 1:
                    notes[c.number] = ("Its words name more numbers, which were not read as the "
                                       "parts of the share.")
                continue
            part, whole, where = other
        if whole.least <= 0:
            continue
        low, high = part.least / whole.most, part.most / whole.least
        least, most = _left_open(share)
        if least > high or most < low:
            found.append(raised(
                c.number, "share_does_not_match", f"{share.value:.1%} is stated; "
                f"{number_words(part.value, '')} of {number_words(whole.value, '')} ({where}) is "
                f"{part.value / whole.value:.1%}.", low=low, high=high, unit="share"))
        else:
            told = confirmed if c.subject == "share" else notes
            told[c.number] = f"{share.value:.1%} fits {where}: {part.value / whole.value:.1%}."
    return found, confirmed, notes


def _left_open(share: Quantity) -> tuple[float, float]:
    """What a share can be, whoever rounded how: a step of its last digit either way; 60 % is seldom
    rounded to tens of a percent."""
    if share.qualifier:
        return share.least, share.most
    step = min(share.step, 0.05) if share.step else 0.0
    return (max(min(share.least, share.value - step), share.value - 0.05),
            min(max(share.most, share.value + step), share.value + 0.05))


def _share_in(c: Claim, words: Vocabulary, about: float) -> tuple[Quantity, str] | None:
    """The share that a claim states, and the text in which its parts may stand."""
    if c.subject == "share" and c.quantity is not None:
        return c.quantity, _without(c.words, words, c.quantity, about)
    hits = words.find("fraction", c.words)
    percents = _percents(c.words, words, about)
    if len(percents) == 1 and not hits:
        text = c.words[:percents[0].start] + " " + c.words[percents[0].end:].lstrip(" %")
        return percents[0].quantity.scaled(0.01), text
    if len(hits) == 1 and not percents:
        value = float(hits[0].meaning)
        return (Quantity(value, value - 0.05, value + 0.05, value - 0.08, value + 0.08, 0.0, 1,
                         "about"), c.words[:hits[0].start] + " " + c.words[hits[0].end:])
    return None


def _percents(text: str, words: Vocabulary, about: float) -> list[Number]:
    marks = [h.start for h in words.find("unit", text) if h.meaning == "share"]
    return [n for n in numbers_in(text, words, about)
            if any(0 <= m - n.end <= 1 for m in marks)]


def numbers_in(text: str, words: Vocabulary, about: float) -> list[Number]:
    try:
        return numbers(text, words, decimal="", counted=False, about_share=about)
    except (OverflowError, ValueError):
        return []


def _without(text: str, words: Vocabulary, share: Quantity, about: float) -> str:
    """The words without the share itself, so that it is not taken for one of its parts."""
    for n in _percents(text, words, about):
        if math.isclose(n.quantity.value * 0.01, share.value, rel_tol=1e-6):
            return text[:n.start] + " " + text[n.end:].lstrip(" %")
    return text


def _narrowed(found: list[Number], rounding: float) -> list[Number]:
    """Numbers of words with their rounding as claims have it."""
    return [replace(n, quantity=n.quantity.narrowed(rounding)) for n in found]


def _parts_in(text: str, words: Vocabulary, about: float, rounding: float
              ) -> tuple[Quantity, Quantity] | None:
    """Two numbers joined by "of", "out of" or a stroke: 37 of 64."""
    found = _narrowed(numbers_in(text, words, about), rounding)
    joints = words.find("of", text)
    for one, two in pairwise(found):
        between = text[one.end:two.start]
        if (between.strip() == "/" or any(one.end <= h.start and h.end <= two.start
                                          and len(between) <= 40 for h in joints)) and \
                not re.search(r"[.;=]", between):
            scale = size_behind(text, two.end, words) or 1.0
            first = size_behind(text, one.end, words) or scale  # "8 of 500 ha": ha both times
            if two.quantity.value > 0:
                return _counted(one.quantity).scaled(first), _counted(two.quantity).scaled(scale)
    return None


def _counted(count: Quantity) -> Quantity:
    """Few of anything beside "of" are counted, not rounded: 30 of 60 villages."""
    value = count.value
    if count.qualifier or value >= 100 or value != int(value):
        return count
    return replace(count, low=value, high=value, least=value, most=value)


def size_behind(text: str, end: int, words: Vocabulary) -> float | None:
    """Size of the unit of area that stands right behind a number; None where none does."""
    for h in words.find("unit", text):
        if 0 <= h.start - end <= 1 and SIZES.get(h.meaning, ("", 1.0))[0] == "area":
            return SIZES[h.meaning][1]
    return None


def _parts_of_series(c: Claim, text: str, claims: Sequence[Claim], words: Vocabulary, about: float,
                     rounding: float) -> tuple[Quantity, Quantity, str] | None:
    """Part or whole from other claims of the same scope and day: "2,200 ha = 4 % of the total",
    "8 % of about 500,000 ha" beside 40,000 ha."""
    found = _narrowed(numbers_in(text, words, about), rounding)
    near = [o for o in claims if o.usable and o.number != c.number and o.scope == c.scope
            and o.mode in ("total", "state") and o.as_of and c.as_of
            and o.day.first <= c.day.last and c.day.first <= o.day.last
            and o.subject in ("area", "items", "settlements", "people", "buildings", "roads")]
    subjects = words.meanings("subject", c.words)
    if len(found) == 1:
        n = found[0]
        size = size_behind(text, n.end, words)
        amount = n.quantity.scaled(size or 1.0)
        subject = "area" if size is not None else next(
            (s for s in subjects if s not in ("area", "share")), "")
        same = [o for o in near if o.subject == subject]
        of = any(h.end <= n.start and not text[h.end:n.start].strip(" ~≈")
                 for h in words.find("of", text))
        done = [o for o in same if o.verb in ("cleared", "released", "safe", "searched",
                                              "destroyed", "")]
        if of and len(done) == 1:
            return done[0].amount, amount, f"{done[0].called()} and the whole that it names"
        if not of and words.find("total", c.words):
            totals = [o for o in same if o.mode == "total" and o.part == ""]
            if len(totals) == 1:
                return amount, totals[0].amount, f"the total of {totals[0].called()}"
    return None


# Between "of" and the name of a place: what is said of the place as a whole, not of a part of it.
_WHOLE_PLACE = re.compile(r" ?(?:the )?(?:whole |entire |total )?"
                          r"(?:(?:territory|area|surface|land) of )?(?:the )?"
                          r"(?:(?:district|municipality|county|region|province|oblast|raion|"
                          r"country|state) (?:of )?)?")
_PLACE_ROUNDING = 0.01  # by which the area of a place is known


def _of_place(c: Claim, claims: Sequence[Claim], places: Places, words: Vocabulary
              ) -> tuple[Quantity, Quantity, str] | None:
    """"30 % of Travnik is contaminated" beside the one area that is claimed as contaminated there,
    of the area of the place."""
    if c.subject != "share" or not c.verb or c.verb == "planned" or c.as_of is None:
        return None
    place = next((p for text in (c.words, fold(c.row.get("metric")))
                  for start, _, p in places.named(text) for h in words.find("of", text)
                  if h.end <= start and _WHOLE_PLACE.fullmatch(text[h.end:start])), None)
    if place is None:
        return None
    parts = [o for o in claims if o.usable and o.subject == "area" and o.verb == c.verb
             and o.mode != "period" and o.as_of is not None and o.day.first <= c.day.last
             and c.day.first <= o.day.last and places.of_scope(o.scope) is place]
    if len(parts) != 1:
        return None
    size = place.area_m2
    low, high = size * (1 - _PLACE_ROUNDING), size * (1 + _PLACE_ROUNDING)
    return (parts[0].amount, Quantity(size, low, high, low, high),
            f"{parts[0].called()} and the area of {place.name}")


def _names_whole(c: Claim, words: Vocabulary) -> bool:
    """Whether the words or the metric say what the share is a share of."""
    metric = " ".join(str(c.row.get("metric") or "").split()).casefold().replace("_", " ")
    return any(words.find("of", t) for t in (c.words, metric)) or bool(words.find("total", metric))


def check_parts(claims: Sequence[Claim], assumptions: Assumptions) -> list[Raised]:
    """Parts of scopes, of kinds of item and of steps of the work against their whole."""
    found: list[Raised] = []
    usable = [c for c in claims if c.usable and c.as_of is not None and c.subject not in (
        "share", "money", "finish", "comparison", "density", "unit_cost")]
    reported: set[int] = set()
    by_subject: dict[str, list[Claim]] = {}
    for c in usable:
        by_subject.setdefault(c.subject, []).append(c)
    for group in by_subject.values():
        if len({c.key for c in group}) < 2:
            continue
        for part in group:
            for whole in group:
                if part.number in reported or not _part_of(part, whole):
                    continue
                if part.amount.least > whole.amount.most:
                    found.append(raised(
                        part.number, "part_exceeds_whole",
                        f"{amount_words(part)} ({_name(part)}) is a part of what {whole.called()} "
                        f"puts at {amount_words(whole)} ({_name(whole)}).",
                        low=0.0, high=whole.amount.most, unit=part.unit))
                    reported.add(part.number)
        found += _sums(group)
    found += _released(usable)
    return found


def _name(c: Claim) -> str:
    what = ", ".join(filter(None, map(label, (c.part, c.verb, c.planned)))) or label(c.subject)
    return f"{what} in {c.scope_words}" if c.scope_words else what


def _part_of(part: Claim, whole: Claim) -> bool:
    if part.unit != whole.unit or part.mode != whole.mode or part.mode == "period" or \
            part.planned != whole.planned:
        return False
    # Later totals may be larger than an earlier whole.
    if part.day.last > whole.day.last if part.mode == "total" else (
            part.day.first > whole.day.last or whole.day.first > part.day.last):
        return False
    if "?" in part.scope or "?" in whole.scope:
        if part.scope != whole.scope:
            return False
    elif not part.scope >= whole.scope:
        return False
    same = (part.verb, part.part) == (whole.verb, whole.part)
    narrower = part.scope > whole.scope
    kind = part.verb == whole.verb and part.part != "" and whole.part == "" \
        and part.part != "small_arms" and part.subject != "people"  # residents are no deminers
    step = part.part == whole.part and _WITHIN.get((part.subject, part.verb)) == (
        whole.subject, whole.verb)
    return (same and narrower) or kind or step


def _sums(group: Sequence[Claim]) -> list[Raised]:
    """Parts of one day and source, each a scope of its own, against the whole."""
    found = []
    for whole in group:
        if "?" in whole.scope or whole.mode == "period":
            continue
        parts = [c for c in group if len(c.scope - whole.scope) == 1 and c.scope > whole.scope
                 and (c.verb, c.planned, c.part, c.unit, c.mode) == (
                     whole.verb, whole.planned, whole.part, whole.unit, whole.mode)
                 and c.as_of == whole.as_of and c.source == whole.source]
        if len({c.scope for c in parts}) < 2:
            continue
        least = sum({c.scope: c.amount.least for c in parts}.values())
        if least > whole.amount.most and all(
                c.amount.least <= whole.amount.most for c in parts):
            found.append(raised(
                whole.number, "parts_exceed_whole", f"{len(parts)} parts of "
                f"{whole.scope_words or 'the whole'} add up to {amount_words(whole, least)}, more "
                f"than {amount_words(whole)}.", high=whole.amount.most, unit=whole.unit))
    return found


def _released(usable: Sequence[Claim]) -> list[Raised]:
    """Released = cancelled + reduced + cleared, where one source states all four for one day."""
    groups: dict[tuple, dict[str, Claim]] = {}
    for c in usable:
        if c.subject == "area" and c.verb in (*_RELEASED, "released"):
            groups.setdefault((c.source, c.scope, c.as_of, c.mode, round(c.period_days)),
                              {})[c.verb] = c
    found = []
    for g in groups.values():
        if "released" not in g or not all(v in g for v in _RELEASED):
            continue
        whole = g["released"].amount
        least = sum(g[v].amount.least for v in _RELEASED)
        most = sum(g[v].amount.most for v in _RELEASED)
        if least > whole.most or most < whole.least:
            total = sum(g[v].amount.value for v in _RELEASED)
            found.append(raised(
                g["released"].number, "parts_do_not_add_up", "Cancelled, reduced and cleared add "
                f"up to {number_words(total, 'm²')}; {amount_words(g['released'])} is stated as "
                "released.", low=least, high=most, unit="m²"))
    return found


def check_subsets(claims: Sequence[Claim], assumptions: Assumptions) -> list[Raised]:
    """A part beside its whole that is undated, or has another density than the whole."""
    found = []
    factor = assumptions.value("claim_part_density_factor")
    usable = [c for c in claims if c.usable and c.subject in ("area", "items")
              and c.mode != "state"]
    for part in usable:
        if not part.scope or "?" in part.scope:
            continue
        wholes = [w for w in usable if w.scope < part.scope and w.subject == part.subject
                  and w.part == part.part and w.unit == part.unit and w.mode == "total"]
        if not wholes:
            continue
        if part.as_of is None or not part.day.stated:
            found.append(raised(
                part.number, "subset_not_additive", f"{amount_words(part)} of "
                f"{part.scope_words} is a part of what {wholes[-1].called()} counts and has no day "
                "of its own: it is not added to it, and cannot be set beside it."))
    found += _unlike(usable, factor)
    return found


def _unlike(usable: Sequence[Claim], factor: float) -> list[Raised]:
    """Items per hectare of a part beside those of its whole."""
    densities = []
    for a, i in combinations(usable, 2):
        area, items = (a, i) if a.subject == "area" else (i, a)
        if (area.subject, items.subject) == ("area", "items") and area.scope == items.scope and \
                area.as_of == items.as_of and area.amount.held[0] > 0 and items.part == "" and \
                items.unit == "" and items.verb != "planned" and \
                (area.mode, area.source) == (items.mode, items.source) and \
                area.verb in _WORKED:  # items on ground that is only planned are no density
            densities.append((area, items))
    found = []
    for area, items in densities:
        per = items.amount.held[0] / area.amount.held[1]
        for a, i in densities:
            if a.scope < area.scope and a.mode == "total" and (
                    a.verb, i.verb) == (area.verb, items.verb):
                most = i.amount.held[1] / a.amount.held[0]
                if per > factor * most:
                    own = items.amount.value / area.amount.value * 1e4
                    all_ = i.amount.value / a.amount.value * 1e4
                    found.append(raised(
                        items.number, "subset_not_additive", f"{own:,.1f} items per hectare in "
                        f"{items.scope_words}, {all_:,.1f} in the whole of "
                        f"{i.called()}: the part is unlike the whole, and no basis for it."))
                    break
    return found
