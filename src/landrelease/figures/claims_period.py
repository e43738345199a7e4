"""The stretch of time that a number is of, as metric and words state it: "in 2024", "during
January", "today", "за сутки". An amount of a period is no running total.
"""

from __future__ import annotations

import calendar
import re
from datetime import date

from landrelease.core.claim import Days
from landrelease.core.said_numbers import Number
from landrelease.core.said_words import Vocabulary
from landrelease.figures.claims_date import MONTHS

_NAMED = re.compile(
    r"(?<!\w)(?:in|during|for|within|throughout|over|в|за|протягом|у|u|tokom|en|durante|pendant) "
    r"(?:the (?:year|month|quarter)(?: of)? |all of |calendar year )?"
    r"(?:(?P<month>[^\W\d_]+)\.?,? ?(?:of )?(?P<of>(?:19|20)\d{2})?|q(?P<quarter>[1-4]) "
    r"(?P<in>(?:19|20)\d{2})|(?P<year>(?:19|20)\d{2}))(?!\w|[-/.]\d)")
# "area cleared 2024", "area cleared (2024)": of a metric alone, and not "by 2024".
_TAIL = re.compile(r"(?<!by|of|to)(?<!since|until)(?<!end)[ (]((?:19|20)\d{2})\)?$")
_SINCE = re.compile(r"(?<!\w)(?:to date|so far|in total|cumulative\w*|since (?!the (?:start|"
                    r"beginning) of the year)|(?:from|after) (?:19|20)\d{2}|"
                    r"began|begun|started|launched|start of work|начал\w* работ|"
                    r"с начала (?!года)|нарастающим|ukupno od|depuis|desde)")
# A pace in front of a number ("weekly work: 5 ha") is not said of the number.
_RATE = re.compile(r"(?:per|par|por|a|al|each|за один) |/|(?:daily|weekly|monthly|yearly|annual|"
                   r"ежеднев|еженед|ежегод|sedmično)|в (?:день|неделю|месяц|год)$")
_CALENDAR = {"this year": "year", "year to date": "year", "since the start of the year": "year",
             "since the beginning of the year": "year", "в этом году": "year",
             "за этот год": "year", "с начала года": "year", "this month": "month",
             "за этот месяц": "month", "в этом месяце": "month"}
_STOP = re.compile(r"[;.,(=:](?:\s|$)|\d")


def period_of(metric: str, text: str, inside: Number | None, alone: bool, day: Days | None,
              words: Vocabulary) -> tuple[float, Days | None]:
    """(days of the period, 0.0 where none is stated; the day at its end where that is another than
    `day`).

    metric, text : folded. inside : where the words state the number; alone : the words state no
    other number, so that all of them speak of it. day : what the row says it is about.
    """
    if _SINCE.search(metric):
        return 0.0, None
    if found := _stated(metric, day, words, tail=True):
        return found
    if inside is not None:
        before, behind = _clause(text, inside)
        if _SINCE.search(f"{before} {behind}"):
            return 0.0, None
        return (_stated(behind, day, words) or _stated(before, day, words, before=True)
                or _stated(_opening(text, inside), day, words, before=True) or (0.0, None))
    if alone and not _SINCE.search(text):
        return _stated(text, day, words, before=True) or (0.0, None)
    return 0.0, None


def _stated(text: str, day: Days | None, words: Vocabulary, *, tail: bool = False,
            before: bool = False) -> tuple[float, Days | None] | None:
    for match in _NAMED.finditer(text):
        if (span := _span(match, day)) is not None:
            return _within(span, day)
    if tail and (alone := _TAIL.search(text)):
        year = int(alone[1])
        return _within(Days(date(year, 1, 1), date(year, 12, 31)), day)
    for hit in words.find("period", text):
        said = text[hit.start:hit.end]
        if before and _RATE.match(said):
            continue
        if day is not None and (kind := _CALENDAR.get(said)):
            at = day.last
            return _within(_month(at.year, at.month) if kind == "month" else
                           Days(date(at.year, 1, 1), date(at.year, 12, 31)), day)
        return float(hit.meaning), None
    return None


def _span(match: re.Match[str], day: Days | None) -> Days | None:
    if match["year"]:
        return Days(date(int(match["year"]), 1, 1), date(int(match["year"]), 12, 31))
    if match["quarter"]:
        first = 3 * int(match["quarter"]) - 2
        return Days(date(int(match["in"]), first, 1), _month(int(match["in"]), first + 2).last)
    month = MONTHS.get(match["month"])
    if month is None:
        return None
    if match["of"]:
        return _month(int(match["of"]), month)
    if day is None:
        return None
    year = day.last.year if month <= day.last.month else day.last.year - 1
    return _month(max(1, year), month)


def _month(year: int, month: int) -> Days:
    return Days(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))


def _within(span: Days, day: Days | None) -> tuple[float, Days | None]:
    """The whole span, or what of it had passed on the day that the row is about."""
    length = (span.last - span.first).days + 1.0
    if day is None or day.last < span.first:
        return length, None
    if day.last >= span.last:
        return length, Days(span.last, span.last, day.stated)
    return (day.last - span.first).days + 1.0, Days(day.last, day.last, day.stated)


def _opening(text: str, number: Number) -> str:
    """"In May 2025," at the beginning of a sentence, which is said of what follows it."""
    first = re.split(r"[.;] ", text[:number.start])[-1].strip()
    opening, comma, _ = first.partition(",")
    if not comma or first.count(",") > 1 or len(opening.split()) > 5:
        return ""
    return opening if re.match(r"(?:in|during|for|over|throughout|this|past|last|today|yesterday|"
                               r"за|в|сегодня|вчера|en|durante|u|tokom)(?!\w)", opening) else ""


def clause_of(text: str, number: Number) -> str:
    """The words that speak of a number: before and behind it in its clause."""
    before, behind = _clause(text, number)
    return f"{before}{text[number.start:number.end]}{behind}"


def _clause(text: str, number: Number) -> tuple[str, str]:
    """The words before and behind a number, up to other numbers or the ends of its clause. Years
    are no other number."""
    plain = re.sub(r"(?<!\d)(?:19|20)\d{2}(?!\d)", lambda m: "y" * 4, text)
    behind = plain[number.end:]
    stop = _STOP.search(behind)
    end = number.end + (stop.start() if stop else len(behind))
    start = 0
    for stop in _STOP.finditer(plain[:number.start]):
        start = stop.end()
    return text[start:number.start], text[number.end:end]
