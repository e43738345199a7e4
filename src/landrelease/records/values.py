"""Values as people write them: text of one cell in, a value of a field out, or why not.

Numbers come out in the unit of their field (m, m²), dates as `datetime.date`. An empty cell, and
a cell that says that nobody reported it, is None: not reported (S12), never zero.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from landrelease.core.record import DECLINED, NOT_REPORTED, Field
from landrelease.errors import (
    CHOICE_UNKNOWN,
    DATE_AMBIGUOUS,
    DATE_IN_FUTURE,
    DATE_NOT_READABLE,
    DATE_TOO_OLD,
    MOMENT_NOT_READABLE,
    MOMENT_WITHOUT_ZONE,
    NUMBER_AMBIGUOUS,
    TEXT_DAMAGED,
    UNIT_UNKNOWN,
    VALUE_CONVERTED,
    VALUE_IS_FORMULA,
    VALUE_NOT_A_NUMBER,
    VALUE_NOT_WHOLE,
    VALUE_OUT_OF_RANGE,
    Message,
)

OLDEST = date(1900, 1, 1)
LONGEST_TEXT = 100_000

_ABSENT = frozenset(("", "-", "--", "–", "—", "n/a", "na", "n.a.", "none", "null", "nan", "nil",
                     "not reported", "not_reported", "unknown", "nepoznato", "?", "#n/a",
                     "неизвестно", "невідомо", "inconnu", "desconocido"))
_DECLINED = frozenset(("declined", "refused", "refused to answer"))

# Unit words and their size in the unit of the field. A dunum is the metric one, 1,000 m².
_UNITS: dict[str, dict[str, float]] = {
    "m²": {"m²": 1, "m2": 1, "m^2": 1, "sqm": 1, "sq m": 1, "sq. m": 1, "square metres": 1,
           "square meters": 1, "кв.м": 1, "кв. м": 1, "м2": 1, "м²": 1,
           "ha": 10_000, "hectare": 10_000, "hectares": 10_000, "га": 10_000,
           "km²": 1_000_000, "km2": 1_000_000, "sq km": 1_000_000, "км2": 1_000_000,
           "км²": 1_000_000, "a": 100, "ar": 100, "ari": 100, "are": 100,
           "dunum": 1_000, "dunums": 1_000, "dunam": 1_000, "dunams": 1_000, "dulum": 1_000,
           "dulums": 1_000, "dönüm": 1_000, "donum": 1_000, "dunuma": 1_000, "дунум": 1_000,
           "дулум": 1_000},
    "m": {"m": 1, "metre": 1, "metres": 1, "meter": 1, "meters": 1, "м": 1,
          "cm": 0.01, "centimetre": 0.01, "centimetres": 0.01, "см": 0.01,
          "mm": 0.001, "мм": 0.001, "km": 1_000, "км": 1_000},
    "": {},
}
_MONTHS = {
    name: number for number, names in enumerate((
        ("january", "jan", "januar", "siječanj", "enero", "janvier", "января", "січня"),
        ("february", "feb", "februar", "veljača", "febrero", "février", "февраля", "лютого"),
        ("march", "mar", "mart", "ožujak", "marzo", "mars", "марта", "березня"),
        ("april", "apr", "travanj", "abril", "avril", "апреля", "квітня"),
        ("may", "maj", "svibanj", "mayo", "mai", "мая", "травня"),
        ("june", "jun", "juni", "lipanj", "junio", "juin", "июня", "червня"),
        ("july", "jul", "juli", "srpanj", "julio", "juillet", "июля", "липня"),
        ("august", "aug", "avgust", "kolovoz", "agosto", "août", "августа", "серпня"),
        ("september", "sep", "sept", "septembar", "rujan", "septiembre", "septembre", "сентября",
         "вересня"),
        ("october", "oct", "okt", "oktobar", "listopad", "octubre", "octobre", "октября",
         "жовтня"),
        ("november", "nov", "novembar", "studeni", "noviembre", "novembre", "ноября",
         "листопада"),
        ("december", "dec", "decembar", "prosinac", "diciembre", "décembre", "декабря", "грудня"),
    ), start=1) for name in names
}
_CHOICE_WORDS = {
    "suspected hazardous area": "SHA", "confirmed hazardous area": "CHA",
    "non technical survey": "NTS", "technical survey": "TS",
    "battle area clearance": "BAC", "handed over": "handed_over", "canceled": "cancelled",
}


class Refused(Exception):
    """A value that cannot be taken; `facts` fill the message besides file, row and field."""

    def __init__(self, message: Message, **facts: Any):
        self.message, self.facts = message, facts
        super().__init__(message.code)


@dataclass(frozen=True, slots=True)
class Style:
    """How one column writes numbers and dates, where its cells or the mapping prove it."""

    decimal: str = ""  # ".", "," or "" where nothing proves it
    date_order: str = ""  # "dmy", "mdy" or ""


def shown(value: Any) -> str:
    """A value as it is quoted in a message: one line, at most 120 characters."""
    line = " ".join(str(value).split())
    return line if len(line) <= 120 else line[:117] + "..."


def is_absent(value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, float):
        return math.isnan(value)
    return isinstance(value, str) and value.strip().casefold() in _ABSENT


def convert(field: Field, value: Any, style: Style, today: date) -> tuple[Any, Message | None]:
    """The value of a field, and a message where it was converted in a way worth telling.

    Returns (None, None) for what is not reported. Raises `Refused`.
    """
    if field.type == "text":
        return _text(value), None
    if is_absent(value):
        return None, None
    if isinstance(value, str):
        if value.strip().casefold() in _DECLINED:
            return DECLINED, None
        if value.lstrip().startswith("="):
            raise Refused(VALUE_IS_FORMULA, found=shown(value))
    if field.type == "number":
        number, told = parse_number(value, field.unit, style)
        return _in_range(field, number, value), VALUE_CONVERTED if told else None
    if field.type == "integer":
        number, told = parse_number(value, "", style, whole=True)
        if number != math.floor(number):
            raise Refused(VALUE_NOT_WHOLE, found=shown(value))
        return int(_in_range(field, number, value)), VALUE_CONVERTED if told else None
    if field.type == "date":
        return parse_date(value, style, date.max if field.future else today)
    if field.type == "moment":
        return parse_moment(value), None
    if field.type == "reference":
        return " ".join(str(_text(value) or "").split()) or None, None
    if field.type in ("choices", "references"):
        listed = value if isinstance(value, (list, tuple)) else re.split(r"[;,|\n]", str(value))
        words = [" ".join(str(word).split()) for word in listed]
        found = [_choice(field, word) if field.type == "choices" else word
                 for word in words if word]
        return list(dict.fromkeys(word for word in found if word)) or None, None
    return _choice(field, value), None


def _text(value: Any) -> str | None:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # 12.0 from a sheet is the number 12
    if isinstance(value, (date, datetime)):
        value = value.isoformat()
    text = unicodedata.normalize("NFC", str(value)).strip()
    if not text:
        return None
    if len(text) > LONGEST_TEXT:
        raise Refused(TEXT_DAMAGED, found=f"{len(text):,} characters; at most {LONGEST_TEXT:,}")
    bad = next((c for c in text if (ord(c) < 32 and c not in "\n\r\t")
                or 0xD800 <= ord(c) <= 0xDFFF), None)
    if bad is not None:
        raise Refused(TEXT_DAMAGED, found=f"U+{ord(bad):04X}")
    return text


def _in_range(field: Field, number: float, value: Any) -> float:
    low, high = field.minimum, field.maximum
    if (low is not None and number < low) or (high is not None and number > high):
        expected = (f"at least {low:g}" if high is None else
                    f"at most {high:g}" if low is None else f"{low:g} to {high:g}")
        raise Refused(VALUE_OUT_OF_RANGE, found=shown(value),
                      expected=expected + (f" {field.unit}" if field.unit else ""))
    return number


# --- numbers -----------------------------------------------------------------------------------

_SPACES = re.compile(r"[\s\u00a0\u2007\u2009\u202f'’]+")
_SPLIT = re.compile(r"^([+\-−]?[\d.,'’\s\u00a0\u2007\u2009\u202f]*\d[.,]?(?:[eE][+\-]?\d+)?)"
                    r"\s*([^\d\s].*)?$")
_PLAIN = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?$")


def parse_number(value: Any, unit: str, style: Style, *, whole: bool = False
                 ) -> tuple[float, bool]:
    """A finite number in `unit`, and whether a mark or a unit was read away.

    Raises `Refused`: not a number, ambiguous mark, unknown unit.

    >>> parse_number("1.234,5", "", Style()), parse_number("12,5 ha", "m²", Style())
    ((1234.5, True), (125000.0, True))
    """
    expected = f"a number in {unit}" if unit else "a number"
    if isinstance(value, (bool, date, datetime)):
        raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
    if isinstance(value, (int, float)):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
        return number, False
    text = unicodedata.normalize("NFC", str(value)).strip()
    match = _SPLIT.match(text) if len(text) <= 200 else None
    if match is None:
        raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
    digits, word = match.group(1).replace("−", "-"), (match.group(2) or "").strip()
    factor = 1.0
    if word:
        known = _UNITS.get(unit, {})
        key = " ".join(word.casefold().split()).rstrip(".")
        if key not in known:
            raise Refused(UNIT_UNKNOWN if known else VALUE_NOT_A_NUMBER, found=shown(value),
                          expected=unit if known else expected)
        factor = known[key]
    plain = _marks(digits, value, style, whole)
    if not _PLAIN.match(plain):
        raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
    number = float(plain)
    # Division by the exact reciprocal keeps 15 cm at 0.15 m.
    number = number / round(1 / factor) if factor < 1 else number * factor
    if not math.isfinite(number):
        raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
    return number, factor != 1.0 or plain.lstrip("+-") != digits.strip().lstrip("+-")


def _marks(digits: str, value: Any, style: Style, whole: bool) -> str:
    """Digits with thousands marks taken out and a point as the decimal mark."""
    compact = digits.strip()
    if _SPACES.search(compact):
        groups = _SPACES.split(compact)
        last = re.split(r"[.,]", groups[-1])[0]
        if any(len(g) != 3 for g in groups[1:-1]) or len(last) != 3 or len(
                groups[0].lstrip("+-")) > 3:
            raise Refused(VALUE_NOT_A_NUMBER, found=shown(value),
                          expected="digits in groups of three")
        compact = "".join(groups)
    body = re.split(r"[eE]", compact)[0]
    commas, points = body.count(","), body.count(".")
    if commas and points:
        mark = "," if body.rfind(",") > body.rfind(".") else "."
        other = "." if mark == "," else ","
        whole_part, _, fraction = body.rpartition(mark)
        if mark in whole_part or not _grouped(whole_part, other):
            raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected="one decimal mark")
        return whole_part.replace(other, "") + "." + fraction + compact[len(body):]
    mark = "," if commas else "."
    count = commas or points
    if count == 0:
        return compact
    if count > 1:
        if not _grouped(body, mark):
            raise Refused(VALUE_NOT_A_NUMBER, found=shown(value),
                          expected="digits in groups of three")
        return compact.replace(mark, "")
    head, tail = body.lstrip("+-").split(mark)
    thousands = len(tail) == 3 and 1 <= len(head) <= 3 and head[0] != "0"
    if not thousands or style.decimal == mark:
        return compact.replace(",", ".")
    if style.decimal or whole:  # a number of people has no decimals: 1.234 is 1,234 people
        return compact.replace(mark, "")
    if mark == ".":
        return compact  # the point is the decimal mark of data files unless the column differs
    raise Refused(NUMBER_AMBIGUOUS, found=shown(value))


def _grouped(digits: str, mark: str) -> bool:
    groups = digits.lstrip("+-").split(mark)
    return 1 <= len(groups[0]) <= 3 and all(len(g) == 3 for g in groups[1:])


def style_of(cells: Iterable[Any], decimal: str = "", date_order: str = "") -> Style:
    """What a column's cells prove: a cell that reads one way only decides for the doubtful ones.

    Cells that contradict each other prove nothing.
    """
    decimals: set[str] = set()
    orders: set[str] = set()
    for cell in cells:
        if not isinstance(cell, str):
            continue
        text = cell.strip()
        if not decimal and (m := re.match(r"^[+-]?\d[\d\s\u00a0.,]*", text)) is not None:
            body = m.group(0).strip().lstrip("+-")
            commas, points = body.count(","), body.count(".")
            if commas and points:
                decimals.add("," if body.rfind(",") > body.rfind(".") else ".")
            elif commas + points > 1:
                decimals.add("." if commas else ",")
            elif commas + points == 1:
                mark = "," if commas else "."
                head, tail = body.split(mark)
                if len(tail) != 3 or len(head) > 3 or head in ("", "0"):
                    decimals.add(mark)
        if not date_order and (m := re.match(r"^(\d{1,2})[/\-](\d{1,2})[/\-]\d{4}", text)):
            first, second = int(m.group(1)), int(m.group(2))
            if first > 12 >= second:
                orders.add("dmy")
            elif second > 12 >= first:
                orders.add("mdy")
    return Style(decimal or (decimals.pop() if len(decimals) == 1 else ""),
                 date_order or (orders.pop() if len(orders) == 1 else ""))


# --- dates -------------------------------------------------------------------------------------

def parse_date(value: Any, style: Style, today: date) -> tuple[date, Message | None]:
    """A date from 1900 to today. Raises `Refused`: unreadable, ambiguous, future, too old.

    With points the day stands first (31.3.2024), as is the custom where points are used.
    """
    told: Message | None = None
    if isinstance(value, datetime):
        found = value.date()
    elif isinstance(value, date):
        found = value
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        found, told = _from_serial(value), VALUE_CONVERTED
    else:
        found = _date_of(str(value).strip(), style, value)
    if found > today:
        raise Refused(DATE_IN_FUTURE, found=found.isoformat(), expected=today.isoformat())
    if found < OLDEST:
        raise Refused(DATE_TOO_OLD, found=found.isoformat(), expected=OLDEST.isoformat())
    return found, told


def parse_moment(value: Any) -> str:
    """An instant with its zone, as ISO 8601 in UTC. Raises `Refused`: unreadable, without a zone.

    >>> parse_moment("2027-05-01T06:30+02:00")
    '2027-05-01T04:30:00+00:00'
    """
    try:
        found = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
    except ValueError as error:
        raise Refused(MOMENT_NOT_READABLE, found=shown(value)) from error
    if found.tzinfo is None:
        raise Refused(MOMENT_WITHOUT_ZONE, found=shown(value))
    return found.astimezone(UTC).isoformat()


def _from_serial(value: float) -> date:
    """A day number of a spreadsheet (1900 system), within 1950 to 2100; other numbers are none."""
    if 19000101 <= value <= 21001231 and float(value).is_integer():
        return _make(int(value) // 10000, int(value) // 100 % 100, int(value) % 100, value)
    if not 18264 <= value <= 73415:
        raise Refused(DATE_NOT_READABLE, found=shown(value))
    return date(1899, 12, 30) + timedelta(days=int(value))


def _date_of(text: str, style: Style, value: Any) -> date:
    if m := re.match(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})\.?(?:[T\s].*)?$", text):
        return _make(int(m[1]), int(m[2]), int(m[3]), value)
    if m := re.match(r"^(\d{4})(\d{2})(\d{2})$", text):
        return _make(int(m[1]), int(m[2]), int(m[3]), value)
    if m := re.match(r"^(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4})\.?(?:\s.*)?$", text):
        return _make(int(m[3]), int(m[2]), int(m[1]), value)
    if m := re.match(r"^(\d{1,2})[/\-](\d{1,2})[/\-](\d{4})(?:\s.*)?$", text):
        first, second, year = int(m[1]), int(m[2]), int(m[3])
        if first > 12 or (style.date_order == "dmy" and second <= 12) or first == second:
            return _make(year, second, first, value)
        if second > 12 or style.date_order == "mdy":
            return _make(year, first, second, value)
        raise Refused(DATE_AMBIGUOUS, found=shown(value))
    words = re.match(r"^(\d{1,2})(?:st|nd|rd|th|\.)?[\s\-]+(?:de\s+)?([^\W\d_]+)\.?,?[\s\-]+"
                     r"(?:de\s+)?(\d{4})\.?$", text)
    if words and words[2].casefold() in _MONTHS:
        return _make(int(words[3]), _MONTHS[words[2].casefold()], int(words[1]), value)
    words = re.match(r"^([^\W\d_]+)\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})$", text)
    if words and words[1].casefold() in _MONTHS:
        return _make(int(words[3]), _MONTHS[words[1].casefold()], int(words[2]), value)
    raise Refused(DATE_NOT_READABLE, found=shown(value))


def _make(year: int, month: int, day: int, value: Any) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Refused(DATE_NOT_READABLE, found=shown(value)) from error


# --- choices -----------------------------------------------------------------------------------

def _choice(field: Field, value: Any) -> str | None:
    key = " ".join(re.split(r"[\s_\-]+", str(value).strip().casefold()))
    for choice in field.choices:
        if key == choice.casefold().replace("_", " "):
            return None if choice == NOT_REPORTED else choice
    meaning = _CHOICE_WORDS.get(key)
    if meaning in field.choices:
        return meaning
    raise Refused(CHOICE_UNKNOWN, found=shown(value), expected=", ".join(field.choices))
