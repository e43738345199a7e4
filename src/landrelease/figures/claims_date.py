"""Days as claims state them: a day, a month, a quarter or a year in; first and last day out."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime

from landrelease.core.claim import Days
from landrelease.core.said_words import fold

MONTHS = {name: n for n, names in enumerate((
    "january jan januar января январь janvier enero", "february feb februar февраля февраль "
    "février fevrier febrero", "march mar mart марта март mars marzo",
    "april apr апреля апрель avril abril", "may maj мая май mai mayo",
    "june jun juni июня июнь juin junio", "july jul juli июля июль juillet julio",
    "august aug avgust августа август août aout agosto",
    "september sep sept septembar сентября сентябрь septembre septiembre",
    "october oct oktobar октября октябрь octobre octubre",
    "november nov novembar ноября ноябрь novembre noviembre",
    "december dec decembar декабря декабрь décembre decembre diciembre"), 1)
    for name in names.split()}
_ISO = re.compile(r"(\d{4})-(\d{1,2})(?:-(\d{1,2}))?(?:[t ].*)?")
_NUMERIC = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})")
_WORDS = re.compile(r"(?:(\d{1,2})(?:st|nd|rd|th|\.)? )?([^\W\d]+)\.?"
                    r"(?: (\d{1,2})(?:st|nd|rd|th)?,?)?(?:,? (\d{4}))?")
_QUARTER = re.compile(r"q([1-4]) (\d{4})|(\d{4}) ?q([1-4])")
_LEADING = re.compile(r"^(?:as of|as at|by|until|since|on|in|end of|late|early|mid|по состоянию на|"
                      r"на|к|до|au|le|el|al)\s+|^[~≈]\s*")
NOT_STATED = ("", "-", "–", "n/a", "na", "none", "unknown", "undated", "not stated", "?",
              "not reported", "no date", "nan")


def days_of(value: object, year: int | None = None) -> Days | None:
    """The first and last day that a text can mean; None where it states none.

    year : where the text leaves it out ("as of June"), the year of publication.
    Raises ValueError: it says something that is no date, or a day that may be two (04/05/2025).
    """
    if isinstance(value, datetime):
        return Days(value.date(), value.date())
    if isinstance(value, date):
        return Days(value, value)
    text = fold(value)
    if text in NOT_STATED:
        return None
    previous = ""
    while previous != text:
        previous, text = text, _LEADING.sub("", text).strip(" .,")
    if match := _ISO.fullmatch(text):
        return _span(int(match[1]), int(match[2]), int(match[3]) if match[3] else None)
    if match := _NUMERIC.fullmatch(text):
        one, two = int(match[1]), int(match[2])
        if one > 12 or one == two or "." in text:
            return _span(int(match[3]), two, one)
        if two > 12:
            return _span(int(match[3]), one, two)
        raise ValueError("day and month may be exchanged")
    if match := _QUARTER.fullmatch(text):
        quarter, of = int(match[1] or match[4]), int(match[2] or match[3])
        return Days(date(of, 3 * quarter - 2, 1), _span(of, 3 * quarter, None).last)
    if re.fullmatch(r"(?:19|20)\d{2}", text):
        return Days(date(int(text), 1, 1), date(int(text), 12, 31))
    if (match := _WORDS.fullmatch(text)) and match[2] in MONTHS:
        stated = int(match[4]) if match[4] else year
        if stated is None:
            raise ValueError("no year")
        day = match[1] or match[3]
        return _span(stated, MONTHS[match[2]], int(day) if day else None)
    raise ValueError("not a date")


def _span(year: int, month: int, day: int | None) -> Days:
    if not 1 <= month <= 12:
        raise ValueError("no such month")
    if year < 1 or (day is not None and not 1 <= day <= calendar.monthrange(year, month)[1]):
        raise ValueError("no such day")
    if day is not None:
        return Days(date(year, month, day), date(year, month, day))
    return Days(date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1]))
