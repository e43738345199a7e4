"""Rows of claims as published in; claims that can be reckoned with out, with what is unreadable.

A row that cannot be read is kept and says why; nothing is guessed where two readings remain.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Days, Mode, Quantity, Raised
from landrelease.core.labels import label
from landrelease.core.said_numbers import (
    LETTER_M,
    TWO_WAYS,
    Decimal,
    Number,
    decimal_mark,
    numbers,
    quantity,
    vague,
)
from landrelease.core.said_words import Vocabulary, fold
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_date import NOT_STATED, days_of
from landrelease.figures.claims_period import clause_of, period_of
from landrelease.figures.claims_plan import is_plan
from landrelease.figures.claims_units import BASE, Unit, unit_from_value, unit_of

COLUMNS: dict[str, tuple[str, ...]] = {
    "source": ("source", "claim source", "who", "publisher"),
    "published": ("published", "published on", "publication date", "date published"),
    "as_of": ("as of", "asof", "date", "as at"),
    "scope": ("scope", "place", "where"),
    "metric": ("metric", "what", "indicator"),
    "value": ("value", "number", "figure"),
    "unit": ("unit", "units"),
    "words": ("words", "quote", "text", "note", "notes"),
}
_COUNTED = ("items", "settlements", "buildings", "people", "teams", "machines", "accidents",
            "victims", "hazards")
_STATES = ("hazardous", "remaining", "in_work", "inaccessible", "planned")
_STATE_SUBJECTS = ("people", "teams", "machines", "money", "share", "finish", "comparison",
                   "density", "unit_cost", "person_rate", "machine_rate", "person_items",
                   "machine_items")
_RATES = ("person_rate", "machine_rate", "person_items", "machine_items")
_ORDER = ("comparison", "finish", "money", "share", "victims", "accidents", "settlements", "roads",
          "buildings", "machines", "teams", "people", "items", "hazards", "area")
_BY_UNIT = {"area": "area", "money": "money", "share": "share", "time": "finish"}
_FITS = {"area": ("area",), "roads": ("length",), "share": ("share",), "money": ("money",),
         "finish": ("time",), "comparison": ("area",), "items": ("count", "mass"),
         **dict.fromkeys(_COUNTED[1:], ("count",))}
_AT_A_DAY = ("hazardous", "remaining", "in_work", "inaccessible")
_WORK = ("cleared", "searched", "destroyed", "in_work")  # what people do, not what they are
# People that do not do the work, each a thing of its own: none is a part of those who do.
_OTHERS = {name: re.compile(rf"(?<!\w)(?:{words})") for name, words in (
    ("residents", r"resident|population|inhabitant|жител|населен|мешкан|stanovni|habitant|poblaci|"
     r"سكان|السكان"), ("women", r"women"),
    ("children", r"child|дет(?:и|ей)(?!\w)"), ("civilians", r"civilian"),
    ("displaced", r"displaced|evacu|refugee|idps?(?!\w)|déplacé|deplace|desplazad"),
    ("beneficiaries", r"beneficiar|bénéficiair|beneficiair|benefit|reached|helped|served|protected|"
     r"risk education|бенефициар|благополучател|бенефіціар|korisni|مستفيد|المستفيد"))}
_ROUNDS = re.compile(r"(?<!\w)(?:rounds?|cartridge|патрон)")
_CYRILLIC = re.compile(r"[а-яґєії]")
_COMMA_OF_THREE = re.compile(r"(?<![\d.,])[1-9]\d{0,2},\d{3}(?![\d.,])")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_WHOLE = ("all", "whole", "programme", "program", "total", "whole programme", "country", "national",
          "everything", "the programme", "весь", "всего", "ukupno")
_UNSTATED_SCOPE = frozenset(("?",))
_SPLIT = re.compile(r"[,;>/()|\[\]]| [-–—] | within | part of |: ")
_ADMIN = re.compile(r"\b(?:oblast|region|province|state|область|области|the)\b")
_SUBSET = re.compile(r"(?<!\w)(?:subset|of which|thereof|part of the total|mchs|emercom|мчс|"
                     r"в том числе|из них|od toga|dont)(?!\w)")
_PER_AREA = re.compile(r"(?<!\w)(?:per|/|на) ?(hectares?|ha|m2|m²|km2|km²|square metres?|"
                       r"гектар|га)(?!\w)")
_PER_PERSON = re.compile(r"(?<!\w)(?:per|a|each) (?:person|deminer|sapper|searcher|man)(?!\w)|"
                         r"(?<!\w)(?:person|deminer|sapper|man)[- ]day")
_PER_MACHINE = re.compile(r"(?<!\w)(?:per|a|each) (?:machine|robot|flail)(?!\w)|machine[- ]day")


@dataclass(frozen=True)
class Reading:
    """Claims as understood, and what was unreadable in them."""

    claims: tuple[Claim, ...]
    findings: tuple[Raised, ...]


def columns_of(headings: Iterable[object]) -> dict[str, Any]:
    """Our column -> heading of the table, by name whatever its case, spaces and underscores."""
    known = {fold(h): h for h in headings}
    return {name: known[word] for name, words in COLUMNS.items()
            for word in reversed(words) if word in known}


def read(rows: Sequence[Mapping[str, Any]], words: Vocabulary, assumptions: Assumptions) -> Reading:
    """rows : R rows with the columns of `COLUMNS`, any of them missing, any cell of any type."""
    marks = decimal_mark([(fold(r.get("value")), unit_of(r.get("unit"), words).measures == "count")
                          for r in rows])
    claims, found = [], []
    rounding = assumptions.value("claim_rounding_share")
    for number, row in enumerate(rows, 1):
        claim, problems = _claim(number, row, words, marks,
                                 assumptions.value("claim_about_share"))
        if claim.quantity is not None:  # zeros at the end are rounding up to a share of it only
            claim = replace(claim, quantity=claim.quantity.narrowed(rounding))
        claims.append(claim)
        found += problems
    return Reading(tuple(_subsets(claims)), tuple(found))


def _subsets(claims: Sequence[Claim]) -> list[Claim]:
    """Rows that say of themselves that they are a part get a scope within the commonest one."""
    rest = [c.scope for c in claims if not _SUBSET.search(f"{fold(c.scope_words)} {c.words}")]
    if not rest:
        return list(claims)
    common = Counter(rest).most_common(1)[0][0]
    out = []
    for c in claims:
        mark = _SUBSET.search(
            f"{fold(c.scope_words)} {c.words} {fold(c.row.get('metric'))}")
        whole = common - _UNSTATED_SCOPE
        if mark and not c.scope > whole:
            c = replace(c, scope=whole | (c.scope - _UNSTATED_SCOPE) | {mark.group().strip()})
        out.append(c)
    return out


def _claim(number: int, row: Mapping[str, Any], words: Vocabulary, marks: Decimal,
           about: float) -> tuple[Claim, list[Raised]]:
    problems: list[Raised] = []

    def problem(code: str, reason: str) -> None:
        problems.append(raised(number, code, reason))

    published = _day(row.get("published"), None, "published", problem)
    year = published.last.year if published else None
    stated = _day(row.get("as_of"), year, "as_of", problem)
    # A day that is stated but cannot be read is not that of publication: it is not known.
    unread = any(p.reason.startswith("as_of:") for p in problems)
    as_of = stated or (replace(published, stated=False) if published and not unread else None)
    if as_of is None and not any(p.code == "date_unreadable" for p in problems):
        problem("date_missing", "Neither the day that the number is about nor the day of "
                "publication is stated.")
    metric, text = fold(row.get("metric")), fold(row.get("words"))
    unit = unit_of(row.get("unit"), words)
    value_text = fold(row.get("value"))
    behind = unit_from_value(row.get("value"), words)
    two_units = bool(behind and unit.name and behind != unit.name
                     and not {"count", "date"} & {behind, unit.name})
    if not unit.name and behind:
        unit = replace(unit, name=behind, known=True)
    if not unit.per and (per := _PER_AREA.search(metric)) and unit.measures in ("", "count",
                                                                              "money"):
        unit = replace(unit, name=unit.name or "count", known=True,
                       per=words.whole("unit", per.group(1)) or "ha")
    elif _PER_PERSON.search(fold(row.get("unit"))) or _PER_MACHINE.search(fold(row.get("unit"))):
        metric, unit = f"{metric} {fold(row.get('unit'))}", replace(unit, per="")
    claim = Claim(
        number, row, source=" ".join(str(row.get("source") or "").split()), published=published,
        as_of=as_of, scope=scope_of(fold(row.get("scope"))),
        scope_words=" ".join(str(row.get("scope") or "").split()),
        words=text)
    subject = _subject(metric, unit, words)
    if not metric:
        problem("metric_missing", "The row does not say what was counted.")
    elif not subject:
        problem("metric_unknown", f"What \"{row.get('metric')}\" counts is not known; known are "
                "areas, items, minefields, settlements, roads, buildings, people, teams, machines, "
                "accidents, victims, money, shares, promised ends and comparisons with places.")
    verb = _verb(subject, metric, text, words)
    part = _part(subject, metric, fold(row.get("unit")), words)
    counted = subject in _COUNTED
    amount, ambiguous, promised = _value(
        row.get("value"), value_text, unit, subject,
        f"{metric} {fold(row.get('unit'))} {text}", words, marks, counted, about, problem)
    period = unit.period_days
    inside = _in_words(amount, unit, text, words, marks, counted, about)
    if inside is not None and amount is not None:
        if not amount.qualifier and inside.quantity.qualifier:
            amount = replace(inside.quantity)
        if ambiguous and not inside.ambiguous:
            ambiguous = False
    alone = _speaks_of_one(text, words, marks)
    clause = clause_of(text, inside) if inside is not None else text if alone else ""
    planned = ""
    if subject not in ("", "finish") and is_plan(subject, metric, clause, words):
        verb, planned = "planned", verb if verb != "planned" else ""
    if not period and subject in ("area", "items", "settlements", "roads", "buildings",
                                  "accidents", "victims", "hazards") and verb not in _AT_A_DAY:
        period, end = period_of(metric, text, inside, alone, as_of, words)
        if end is not None:
            claim = replace(claim, as_of=end)
    elif not period and subject in _RATES:
        period = _period(metric, words)
    if ambiguous and amount is not None:
        problem("value_ambiguous", f"\"{row.get('value')}\" may be {amount.value:,.3f} or "
                f"{amount.value * 1000:,.0f}.")
        amount = None
    if amount is not None and amount.value < 0 and (
            subject in ("area", "roads", *_COUNTED) or (subject == "money" and not period)):
        problem("value_negative", f"{amount.value:,g} is below zero.")
        amount = None
    if amount is not None and two_units and promised is None:
        problem("units_conflict", f"The value \"{row.get('value')}\" and the unit "
                f"\"{row.get('unit')}\" name two units.")
        amount = None
    if amount is not None and subject and not unit.known:
        problem("unit_unknown", f"The unit \"{row.get('unit')}\" is not known.")
        amount = None
    elif amount is not None and promised is None and subject and not unit.name and subject in (
            "area", "comparison", "money", "roads", "share", "finish"):
        problem("unit_missing", f"A number of {label(subject)} needs a unit, and none is stated." if
                subject != "share" else f"{amount.value:g} may be {amount.value:g} % or "
                f"{amount.value:.0%}: % or fraction is not stated, and a share says of what it is "
                "a share.")
        amount = None
    elif amount is not None and unit.name and unit.measures not in _FITS.get(
            subject, (unit.measures,)):
        problem("unit_unfit", f"\"{row.get('unit')}\" does not measure {label(subject)}.")
        amount = None
    if subject in _RATES and amount is not None and not period:
        problem("unit_missing", "A rate needs the time that it is for: a day, a week.")
        amount = None
    currency = unit.name if unit.measures == "money" else ""
    base = BASE.get(unit.measures, "")
    if amount is not None:
        amount = amount.scaled(unit.size)
    if subject in ("density", "unit_cost") and amount is not None:
        amount = amount.scaled(1.0 / unit_size(unit.per))
        base = "per m²"
    if subject in _RATES and amount is not None:
        amount = amount.scaled(1.0 / period)
        base = "m² a day" if subject in ("person_rate", "machine_rate") else "items a day"
    mode: Mode = ("period" if period and subject not in _STATE_SUBJECTS else
                  "state" if verb in _STATES or subject in _STATE_SUBJECTS else "total")
    finish = promised
    if subject == "finish" and finish is None and amount is not None and as_of is not None:
        finish = _after(as_of, amount)
    return replace(
        claim, subject=subject, verb=verb, part=part, mode=mode,
        period_days=period if mode == "period" else 0.0, quantity=amount, currency=currency,
        unit=currency or base, finish=finish, planned=planned), problems


def unit_size(name: str) -> float:
    from landrelease.figures.claims_units import SIZES

    return SIZES[name][1] if name else 1.0


def _day(cell: object, year: int | None, column: str, problem) -> Days | None:
    try:
        return days_of(cell, year)
    except (ValueError, OverflowError) as error:
        problem("date_unreadable", f"{column}: \"{cell}\" cannot be read as a day ({error}).")
        return None


def scope_of(text: str) -> frozenset[str]:
    """The scope as a set of names: with more names it is a part. Of a scope that is not stated
    nothing is known; "all" or "programme" is the whole.

    >>> sorted(scope_of("sudzha district, kursk oblast")), sorted(scope_of("all"))
    (['kursk', 'sudzha district'], [])
    """
    if not text:
        return _UNSTATED_SCOPE
    names = set()
    for piece in _SPLIT.split(text):
        name = " ".join(_ADMIN.sub(" ", piece).split())
        if name and name not in _WHOLE:
            names.add(name)
    return frozenset(names)


def _subject(metric: str, unit: Unit, words: Vocabulary) -> str:
    if unit.measures == "area" and not unit.per:
        if _PER_PERSON.search(metric):
            return "person_rate"
        if _PER_MACHINE.search(metric):
            return "machine_rate"
    if unit.per and unit.measures in ("count", "money") and unit.per in ("ha", "m2", "km2"):
        return "density" if unit.measures == "count" else "unit_cost"
    found = words.meanings("subject", metric)
    verbs = words.meanings("verb", metric)
    if unit.measures in ("", "count") and "items" in found:
        if _PER_PERSON.search(metric):
            return "person_items"
        if _PER_MACHINE.search(metric):
            return "machine_items"
    if {"killed", "injured"} & set(verbs) and set(found) & {"people"} and set(found) <= {
            "people", "items", "hazards", "area"} and unit.measures in ("", "count"):
        return "victims"
    if "items" in found and re.search(r"(?<!\w)by(?!\w)", metric) and {
            "destroyed", "found", "cleared"} & set(verbs):
        # "mines destroyed by sappers": who did it does not make it a number of sappers.
        found = [s for s in found if s not in ("people", "teams", "machines", "hazards")
                 or found.index(s) < found.index("items")]
    by_unit = _BY_UNIT.get(unit.measures, "")
    if by_unit == "area" and "comparison" in found:
        return "comparison"
    if by_unit in found or (by_unit and metric and not found):
        return by_unit
    if by_unit == "share" and found:  # "cleared area", 8 %
        return "share"
    if by_unit == "area" and found and set(found) <= {"items", "area", "hazards"}:
        return "area"  # "mine clearance", "minefields cleared", ha
    first = next((s for s in _ORDER if s in found), "")
    if not first and metric and words.find("verb", metric):  # "cleared", with items or ha
        return by_unit or ("items" if unit.measures == "count" else "")
    return first


def _verb(subject: str, metric: str, text: str, words: Vocabulary) -> str:
    if subject == "money":  # received, paid and announced money are different things
        found = words.meanings("flow", metric) or words.meanings("flow", text)
        return found[0] if len(found) == 1 else ""
    if subject in ("finish", "comparison", "density", "unit_cost", "machines", "teams",
                   "person_items", "machine_items"):
        return ""
    if subject == "people":  # "deminers" says nothing of ground
        return next((v for v in words.meanings("verb", metric) if v not in _WORK), "")
    found = words.meanings("verb", metric)
    # "Total area cleared" is no more of the whole than "cleared area in total": a plan is told by
    # `is_plan`.
    found = [v for v in found if v != "planned"] or found or (
        words.meanings("verb", text) if subject != "share" else [])
    if subject == "hazards" and not found:
        found = ["hazardous"]
    if subject == "items":
        found = ["destroyed" if v in ("cleared", "safe") else v for v in found]
        found = [v for v in found if v in ("destroyed", "found")] or found
    if subject == "victims":
        found = [v for v in found if v in ("killed", "injured")]
    return found[0] if found else ""


def _part(subject: str, metric: str, unit: str, words: Vocabulary) -> str:
    if subject == "share":  # a share of what: shares of different things are no series
        return "/".join(s for s in words.meanings("subject", metric) if s != "share")
    if subject == "people":  # others than those who work
        return "/".join(name for name, words in _OTHERS.items() if words.search(metric))
    if subject != "items":
        return ""
    found = words.meanings("part", metric)
    if not found and _ROUNDS.search(unit):
        return "small_arms"
    return found[0] if len(found) == 1 else ""


def _period(text: str, words: Vocabulary) -> float:
    hits = words.find("period", text)
    return float(hits[0].meaning) if hits else 0.0


def _value(cell: Any, text: str, unit: Unit, subject: str, said: str, words: Vocabulary,
           marks: Decimal, counted: bool, about: float, problem
           ) -> tuple[Quantity | None, bool, Days | None]:
    """(the quantity before its unit, whether a mark is ambiguous, a day where it is one)."""
    if text in ("declined", "refused", "declined to comment", "no comment"):
        problem("value_declined", "The number was declined; that is not zero.")
        return None, False, None
    if text in NOT_STATED:
        problem("value_missing", "No number is stated; not reported is not zero.")
        return None, False, None
    # A year stated as a number "of years" is the year in which it ends.
    if subject == "finish" and (unit.name in ("", "date") or (_YEAR.search(text) and (
            unit.name == "year" or not text.isdigit()))):
        try:
            day = days_of(cell)
        except (ValueError, OverflowError):
            day = None
        if day is not None:
            return Quantity(0.0, 0.0, 0.0, 0.0, 0.0), False, day
    if (open_wide := vague(text)) is not None:
        return open_wide, False, None
    if unit.measures == "money":
        text = LETTER_M.sub(" million", text)
    if TWO_WAYS.search(text) or (LETTER_M.search(text) and unit.name not in ("m", "km")):
        problem("value_unreadable", f"\"{cell}\" is not one number: brackets, a letter m behind "
                "the digits or \"and a half\" may change it.")
        return None, False, None
    negative = bool(re.match(r"[-−–]\s*\d", text))
    try:
        found = numbers(text.lstrip("-−– ") if negative else text, words, decimal=marks,
                        counted=counted, about_share=about, scale=unit.scale, qualifier=unit.bound)
    except (OverflowError, ValueError):
        found = []
    if not found and re.fullmatch(r"\d{4}", text):  # a count that looks like a year
        found = [Number(0, 4, quantity(float(text) * unit.scale, unit.scale, 4, unit.bound,
                                       counted=counted, about_share=about))]
    if not found and (parts := words.find("fraction", text)) and subject == "share":
        share = float(parts[0].meaning) / (unit.size or 1.0)
        spread = 0.05 / (unit.size or 1.0)
        return Quantity(share, share - spread / 2, share + spread / 2, share - spread,
                        share + spread, spread, 1, "about"), False, None
    if len(found) != 1 or not math.isfinite(found[0].quantity.value) or \
            abs(found[0].quantity.value) > 1e18:
        problem("value_unreadable", f"\"{cell}\" is not one number.")
        return None, False, None
    amount = found[0].quantity
    if unit.name == "share" and amount.step > 5 and not amount.qualifier:
        # 60 % is seldom rounded to tens of a percent; to five at most.
        amount = quantity(amount.value, 5.0, amount.digits, "", counted=False, about_share=about)
    if negative:
        amount = Quantity(-amount.value, -amount.high, -amount.low, -amount.most, -amount.least,
                          amount.step, amount.digits, amount.qualifier)
    # "12,345 га": where decimals are parted by a comma it may be twelve and a bit.
    doubled = marks == "" and not counted and bool(_CYRILLIC.search(said + text)) and bool(
        _COMMA_OF_THREE.search(text))
    return amount, found[0].ambiguous or doubled, None


def _in_words(amount: Quantity | None, unit: Unit, text: str, words: Vocabulary, marks: Decimal,
              counted: bool, about: float) -> Number | None:
    """The same number where the words state it."""
    if amount is None or not text:
        return None
    try:
        found = numbers(text, words, decimal=marks, counted=counted, about_share=about)
    except (OverflowError, ValueError):
        return None
    return next((n for n in found if math.isclose(n.quantity.value, amount.value, rel_tol=1e-6)
                 or (n.ambiguous and math.isclose(n.quantity.value * 1000, amount.value))), None)


def _speaks_of_one(text: str, words: Vocabulary, marks: Decimal) -> bool:
    """Whether words state no number of their own; "past 24 hours" is none."""
    taken = words.find("period", text)
    try:
        found = numbers(text, words, decimal=marks, counted=False, about_share=0.0)
    except (OverflowError, ValueError):
        return False
    return all(any(h.start <= n.start < h.end for h in taken) for n in found)


def _after(start: Days, length: Quantity) -> Days | None:
    try:
        return Days(start.first + timedelta(days=round(length.low)),
                    start.last + timedelta(days=round(length.high)))
    except OverflowError:
        return Days(date.max, date.max)
