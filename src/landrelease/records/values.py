"""Values as people write them: text of one cell in, a value of a field out, or why not.

Numbers come out in the unit of their field (m, m²), dates as `datetime.date`. An empty cell, and
a cell that says that nobody reported it, is None: not reported (S12), never zero.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from landrelease.core.record import DECLINED, NOT_REPORTED, Field
from landrelease.errors import (
    CHOICE_UNKNOWN,
    DATE_AMBIGUOUS,
    DATE_IN_FUTURE,
    DATE_NOT_ONE_DAY,
    DATE_NOT_READABLE,
    DATE_TOO_OLD,
    MOMENT_NOT_READABLE,
    MOMENT_WITHOUT_ZONE,
    NUMBER_AMBIGUOUS,
    NUMBER_NOT_CERTAIN,
    TEXT_DAMAGED,
    UNIT_AMBIGUOUS,
    UNIT_UNKNOWN,
    VALUE_CONVERTED,
    VALUE_IS_FORMULA,
    VALUE_NOT_A_NUMBER,
    VALUE_NOT_WHOLE,
    VALUE_OUT_OF_RANGE,
    YEAR_NOT_CERTAIN,
    Message,
)

OLDEST = date(1900, 1, 1)
LONGEST_TEXT = 100_000

_ABSENT = frozenset(("", "-", "--", "–", "—", "n/a", "na", "n.a.", "none", "null", "nan", "nil",
                     "not reported", "not_reported", "unknown", "nepoznato", "?", "#n/a",
                     "неизвестно", "невідомо", "inconnu", "desconocido"))
_DECLINED = frozenset(("declined", "refused", "refused to answer"))



def _month_names(line: str) -> list[str]:
    """Names that are parted by spaces; names of two words stand behind a bar."""
    single, *double = line.split("|")
    return single.split() + double


# Unit words and their size in the unit of the field. A dunum is the metric one, 1,000 m², where
# the column says nothing else (`Style.units`).
_UNITS: dict[str, dict[str, float]] = {
    "m²": {"m²": 1, "m2": 1, "m^2": 1, "sqm": 1, "sq m": 1, "sq. m": 1, "square metres": 1,
           "square meters": 1, "кв.м": 1, "кв. м": 1, "кв м": 1, "м2": 1, "м²": 1,
           "м кв": 1, "mètres carrés": 1, "metres carres": 1, "metros cuadrados": 1,
           "kvadratnih metara": 1, "м.кв": 1, "م²": 1, "م2": 1, "متر مربع": 1,
           "ha": 10_000, "hectare": 10_000, "hectares": 10_000, "га": 10_000,
           "hectáreas": 10_000, "hectárea": 10_000, "hektar": 10_000, "hektara": 10_000,
           "хектара": 10_000, "هكتار": 10_000,
           "km²": 1_000_000, "km2": 1_000_000, "km^2": 1_000_000, "sq km": 1_000_000,
           "км2": 1_000_000, "км²": 1_000_000, "كم²": 1_000_000,
           "كم2": 1_000_000,
           "a": 100, "ar": 100, "ari": 100, "are": 100, "сотка": 100, "сотки": 100, "соток": 100,
           "dunum": 1_000, "dunums": 1_000, "dunam": 1_000, "dunams": 1_000, "dulum": 1_000,
           "dulums": 1_000, "dönüm": 1_000, "donum": 1_000, "dunuma": 1_000, "дунум": 1_000,
           "дулум": 1_000},
    "m": {"m": 1, "metre": 1, "metres": 1, "meter": 1, "meters": 1, "м": 1, "mètres": 1,
          "metros": 1, "metara": 1, "م": 1, "متر": 1,
          "cm": 0.01, "centimetre": 0.01, "centimetres": 0.01, "см": 0.01, "سم": 0.01,
          "mm": 0.001, "мм": 0.001, "km": 1_000, "км": 1_000, "كم": 1_000},
    "": {},
}


def unit_sizes(unit: str) -> Mapping[str, float]:
    """The words for units of area or length that a heading may state, and their size in `unit`
    ("m²" or "m"). Without the are: in a heading its words are others in too many languages."""
    return {w: size for w, size in _UNITS.get(unit, {}).items()
            if w not in ("a", "ar", "ari", "are")}


# Measures of land that have another size in another country or time; the column must say which.
_UNITS_OF_A_COUNTRY = {
    **dict.fromkeys(("iraqi dunam", "iraqi dunum", "iraqi donum", "mishara", "meshara", "دونم",
                     "دونمات"),
                    "1,000 m² in most countries, 2,500 m² in Iraq"),
    **dict.fromkeys(("jerib", "jeribs", "jarib", "jaribs", "جريب"),
                    "about 2,000 m² in Afghanistan, 1,000 or 10,000 m² elsewhere"),
    **dict.fromkeys(("feddan", "feddans", "faddan", "فدان"),
                    "about 4,200 m² in Egypt and Sudan, other sizes elsewhere"),
    **dict.fromkeys(("manzana", "manzanas"), "about 7,000 m², other sizes by country"),
    **dict.fromkeys(("fanegada", "fanegadas", "plaza", "plazas"), "6,400 m² in Colombia, other "
                                                                  "sizes elsewhere"),
    **dict.fromkeys(("sao", "sào"), "360, 497 or 1,000 m² by region"),
    **dict.fromkeys(("libneh", "lebnah", "libna", "لبنة"), "about 44 m², other sizes by region"),
}
_MONTHS = {
    name: number for number, names in enumerate((
        ("january jan januar januara siječanj siječnja enero ene janvier janv январь января янв "
         "січень січня січ јануар јануара јан يناير|كانون الثاني"),
        ("february feb februar februara veljača veljače febrero février fevrier févr fév fevr "
         "февраль февраля фев февр лютий лютого лют фебруар фебруара феб فبراير شباط"),
        ("march mar mart marta ožujak ožujka marzo mars март марта мар березень березня бер "
         "مارس آذار اذار"),
        ("april apr aprila travanj travnja abril abr avril avr апрель апреля апр квітень квітня "
         "квіт април априла أبريل ابريل إبريل نيسان"),
        ("may maj maja svibanj svibnja mayo mai май мая травень травня трав мај маја مايو أيار "
         "ايار"),
        ("june jun juni juna lipanj lipnja junio juin июнь июня июн червень червня черв јун јуна "
         "јуни يونيو يونيه حزيران"),
        ("july jul juli jula srpanj srpnja julio juillet juil июль июля июл липень липня лип јул "
         "јула јули يوليو يوليه تموز"),
        ("august aug avgust avgusta augusta kolovoz kolovoza agosto ago août aout август августа "
         "авг серпень серпня серп أغسطس اغسطس آب"),
        ("september sep sept septembar septembra rujan rujna septiembre setiembre septembre "
         "сентябрь сентября сен сент вересень вересня вер септембар септембра сеп سبتمبر أيلول "
         "ايلول"),
        ("october oct okt oktobar oktobra listopad listopada octubre octobre октябрь октября окт "
         "жовтень жовтня жовт октобар октобра أكتوبر اكتوبر|تشرين الأول|تشرين الاول"),
        ("november nov novembar novembra studeni studenog studenoga noviembre novembre ноябрь "
         "ноября ноя листопад листопада лист новембар новембра нов نوفمبر|تشرين الثاني"),
        ("december dec decembar decembra prosinac prosinca diciembre dic décembre decembre déc "
         "декабрь декабря дек грудень грудня груд децембар децембра дец ديسمبر|كانون الأول|"
         "كانون الاول"),
    ), start=1) for name in _month_names(names)
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
    # Size of a unit word in the unit of the field, where the mapping states it: ("dunam", 2500.0).
    units: tuple[tuple[str, float], ...] = ()
    century: int = 0  # 1900 or 2000, of years of two digits; 0 where nobody stated it


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
        word = value.strip().casefold()
        if word in _DECLINED and word not in field.choices:  # an answer: the permit is refused
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


# --- columns -----------------------------------------------------------------------------------

def convert_column(field: Field, cells: Sequence[Any] | np.ndarray, style: Style, today: date
                   ) -> tuple[list[Any], list[tuple[int, Message, dict[str, Any]]]]:
    """The values of a whole column, equal to those of `convert`, cell by cell.

    `cells` is a list, or a numpy array of objects, texts or numbers, of N cells.

    Returns
    -------
    values : list of N; None where nothing was reported or the cell was refused.
    problems : (index, message, facts) in the order of the cells. With `VALUE_CONVERTED` the value
        stands and was read in a way worth telling; with every other message it was refused.

    Plain numbers and plain texts are converted as arrays, other texts once for each distinct one.
    """
    plain: list[Any] = cells.tolist() if isinstance(cells, np.ndarray) else list(cells)
    values: list[Any] = [None] * len(plain)
    rest: Iterable[int] = range(len(plain))
    kinds = set(map(type, plain))
    if kinds <= {str, type(None)} and str in kinds and field.type in ("number", "integer", "text"):
        rest = _plain_texts(field, plain, style, values)
    elif field.type == "number" and kinds and kinds <= {int, float, np.float64}:
        rest = _plain_numbers(field, plain, values)
    known: dict[Any, tuple[Any, Message | None, dict[str, Any] | None]] = {}
    problems: list[tuple[int, Message, dict[str, Any]]] = []
    many = field.type in ("choices", "references")
    for i in rest:
        cell = plain[i]
        if cell is None:
            continue
        if type(cell) is str:
            hit = known.get(cell)
            if hit is None:
                hit = known[cell] = _outcome(field, cell, style, today)
        else:
            hit = _outcome(field, cell, style, today)
        value, message, facts = hit
        # A list of its own for each row: what one row changes must not change another.
        values[i] = list(value) if many and type(value) is list else value
        if message is not None:
            problems.append((i, message, dict(facts or {})))
    return values, problems


def _outcome(field: Field, cell: Any, style: Style, today: date
             ) -> tuple[Any, Message | None, dict[str, Any] | None]:
    try:
        value, told = convert(field, cell, style, today)
    except Refused as refusal:
        return None, refusal.message, refusal.facts
    return value, told, None if told is None else {"found": shown(cell)}


# Latin, Greek, Cyrillic and Arabic letters, digits and signs: none of them a combining mark, a
# space or a control sign, and none that Unicode's normal form C writes in another way.
_STABLE = "!-~\u00a1-\u02ff\u0388-\u03ff\u0400-\u0482\u048a-\u052f\u0621-\u064a\u0660-\u0669"


def _plain_texts(field: Field, cells: list[Any], style: Style, values: list[Any]) -> Iterable[int]:
    """Fill in what needs no reading; the rows that remain.

    Plain is: digits with at most one point that cannot be a thousands mark; or letters and signs
    that no normalisation changes, without outer spaces. Each text that this passes over is left to
    `convert`.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if field.type == "text":
        pattern = f"^[{_STABLE}](?:[ {_STABLE}]*[{_STABLE}])?$"
    elif field.type == "integer":
        pattern = r"^-?[0-9]{1,15}$"
    elif style.decimal == ",":  # 1.234 is 1,234 there
        pattern = r"^-?[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{4,15}))?$"
    else:
        pattern = r"^-?[0-9]{1,15}(?:\.[0-9]{1,15})?$"
    try:
        column = pa.array(cells, type=pa.string())
    except (pa.ArrowException, UnicodeError):
        return range(len(cells))
    fits = pc.fill_null(pc.match_substring_regex(column, pattern), False)
    if field.type == "text":
        fits = pc.and_(fits, pc.fill_null(pc.less_equal(pc.utf8_length(column), LONGEST_TEXT),
                                          False))
        mask = fits.to_numpy(zero_copy_only=False)
        if mask.all():
            values[:] = cells
            return ()
        for i in np.flatnonzero(mask).tolist():
            values[i] = cells[i]
        return np.flatnonzero(~mask).tolist()
    mask = fits.to_numpy(zero_copy_only=False)
    index = np.flatnonzero(mask)
    chosen = column if mask.all() else column.filter(fits)
    kind = pa.int64() if field.type == "integer" else pa.float64()
    return _take(field, chosen.cast(kind).to_numpy(zero_copy_only=False), index, mask, values)


def _plain_numbers(field: Field, cells: list[Any], values: list[Any]) -> Iterable[int]:
    try:
        numbers = np.array(cells, dtype=float)
    except OverflowError:
        return range(len(cells))
    mask = np.isfinite(numbers)
    return _take(field, numbers[mask], np.flatnonzero(mask), mask, values)


def _take(field: Field, numbers: np.ndarray, index: np.ndarray, mask: np.ndarray,
          values: list[Any]) -> Iterable[int]:
    """Put numbers into `values` at `index`; rows out of range or outside the mask remain."""
    good = np.ones(len(numbers), dtype=bool)
    if field.minimum is not None:
        good &= numbers >= field.minimum
    if field.maximum is not None:
        good &= numbers <= field.maximum
    if len(index) == len(values) and good.all():
        values[:] = numbers.tolist()
        return ()
    for i, number in zip(index[good].tolist(), numbers[good].tolist(), strict=True):
        values[i] = number
    left = ~mask
    left[index[~good]] = True
    return np.flatnonzero(left).tolist()


# --- numbers -----------------------------------------------------------------------------------

_GROUP = "\\s\u00a0\u2007\u2009\u202f'’٬"
_SPACES = re.compile(f"[{_GROUP}]+")
_SPLIT = re.compile(f"^([+\\-−]?[\\d.,{_GROUP}]*\\d[.,]?(?:[eE][+\\-]?\\d+)?)\\s*([^\\d\\s].*)?$")
_ABOUT = re.compile(
    r"^(?:approx(?:imately)?|about|around|circa|ca|cca|c|oko|otprilike|environ|env|aprox|"
    r"aproximadamente|unos|около|прибл|ок|приблизно|близько|حوالي|نحو|تقريبا|more than|less than|"
    r"over|under|up to|at least|at most|min|max|preko|do|više od|manje od|plus de|moins de|"
    r"más de|menos de|более|менее|до|свыше|понад|[~≈≃<>≤≥±])[.:]?\s*[~≈]?\s*[+\-−]?[.,]?\d",
    re.IGNORECASE)
_SPAN = re.compile(
    r"^[+]?\d[\d., ]*\s*[^\d\s]{0,3}\s*(?:-|–|—|−|\.\.+|/|to|do|à|a|до|bis|و|إلى|±|\+/-)\s*"
    r"\d[\d., ]*\s*(?:[^\d\s].{0,20})?$", re.IGNORECASE)
_OPEN = re.compile(r"^[+\-−]?\d[\d.,]*\s*(?:\+|\?|~|approx\.?|or more|or less|ili više|"
                   r"ou plus|o más|или больше|або більше)\s*\S{0,10}$", re.IGNORECASE)
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
    text = _western(unicodedata.normalize("NFC", str(value)).strip())
    if "٫" in text:  # the Arabic decimal mark means nothing else
        text, style = text.replace("٫", "."), replace(style, decimal=".")
        whole = False
    try:
        return _number_of(text, value, unit, style, whole, expected)
    except Refused as refusal:
        short = " ".join(text[:200].split())  # short, because these patterns try many ways
        if refusal.message is not UNIT_AMBIGUOUS and len(short) <= 60 and (
                _ABOUT.match(short) or _SPAN.match(short) or _OPEN.match(short)):
            raise Refused(NUMBER_NOT_CERTAIN, found=shown(value)) from refusal
        raise


def _number_of(text: str, value: Any, unit: str, style: Style, whole: bool, expected: str
               ) -> tuple[float, bool]:
    match = _SPLIT.match(text) if len(text) <= 200 else None
    if match is None:
        raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
    digits, word = match.group(1).replace("−", "-"), (match.group(2) or "").strip()
    factor = 1.0
    if word:
        known = {**_UNITS.get(unit, {}), **dict(style.units)}
        key = " ".join(word.casefold().split()).rstrip(".")
        if key not in known:
            if unit == "m²" and key in _UNITS_OF_A_COUNTRY:
                raise Refused(UNIT_AMBIGUOUS, found=shown(value),
                              expected=_UNITS_OF_A_COUNTRY[key])
            raise Refused(UNIT_UNKNOWN if known else VALUE_NOT_A_NUMBER, found=shown(value),
                          expected=unit if known else expected)
        factor = float(known[key])
    plain = _marks(digits, value, style, whole)
    if not _PLAIN.match(plain):
        raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
    number = float(plain)
    # Division by the exact reciprocal keeps 15 cm at 0.15 m.
    number = number / round(1 / factor) if factor < 1 else number * factor
    if not math.isfinite(number):
        raise Refused(VALUE_NOT_A_NUMBER, found=shown(value), expected=expected)
    return number, factor != 1.0 or plain.lstrip("+-") != digits.strip().lstrip("+-")


def _western(text: str) -> str:
    """Text with the decimal digits of every script as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c
                   for c in text)


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


def style_of(cells: Iterable[Any], decimal: str = "", date_order: str = "",
             units: tuple[tuple[str, float], ...] = (), century: int = 0) -> Style:
    """What a column's cells prove: a cell that reads one way only decides for the doubtful ones.

    Cells that contradict each other prove nothing.
    """
    decimals: set[str] = set()
    orders: set[str] = set()
    for cell in _that_may_prove(cells, decimals):
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
                 date_order or (orders.pop() if len(orders) == 1 else ""), units, century)


# Most cells of most columns: 12, 2024-03-31 and 1.234 prove nothing; 12.5 proves the point.
_PROVES_NOTHING = r"^(?:-?[0-9]{1,15}|[0-9]{4}-[0-9]{2}-[0-9]{2}|-?[1-9][0-9]{0,2}\.[0-9]{3})$"
_PROVES_POINT = r"^-?(?:[0-9]{1,15}\.(?:[0-9]{1,2}|[0-9]{4,15})|(?:0|[0-9]{4,15})\.[0-9]{3})$"


def _that_may_prove(cells: Iterable[Any], decimals: set[str]) -> Iterable[Any]:
    """The cells that `style_of` must read one by one; a point that others prove is noted."""
    listed: Iterable[Any] = cells.tolist() if isinstance(cells, np.ndarray) else cells
    texts = [c for c in listed if isinstance(c, str)]
    if len(texts) < 1_000:
        return texts
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        column = pa.array(texts, type=pa.string())
    except (pa.ArrowException, UnicodeError):
        return texts
    point = pc.match_substring_regex(column, _PROVES_POINT)
    if pc.any(point).as_py():
        decimals.add(".")
    known = pc.or_(point, pc.match_substring_regex(column, _PROVES_NOTHING))
    return column.filter(pc.invert(known)).unique().to_pylist()


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
        found, told = _date_of(_western(str(value).strip()), style, value, today)
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


_TIME = (r"(?:[T\s,]+\d{1,2}[:.]\d{2}(?:[:.]\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?\s?[Mm]\.?)?\s*"
         r"(?:Z|UTC|GMT|[+\-]\d{2}:?\d{2})?)?$")
_YEAR_WORD = r"\.?\s*(?:г|г\.|года|році|року|р|р\.|godine|god|god\.|г\.г\.)?"
_YEAR_FIRST = re.compile(r"^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})\.?" + _TIME)
_COMPACT = re.compile(r"^(\d{4})(\d{2})(\d{2})" + _TIME.replace("[T\\s,]+", "T"))
_POINTS = re.compile(r"^(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{4}|\d{2})" + _YEAR_WORD + _TIME)
_SLASHES = re.compile(r"^(\d{1,2})([/\-])(\d{1,2})\2(\d{4}|\d{2})" + _TIME)
_SERIAL = re.compile(r"^\d{5}(?:\.\d+)?$")
_NAME = r"([^\W\d_]+(?:\s[^\W\d_]+)?)"
_DAY_NAME = re.compile(r"^(\d{1,2})(?:st|nd|rd|th|er|º|°|-го)?\.?[\s\-/]*(?:de\s+|of\s+)?" + _NAME
                       + r"[\s\-/.,]+(?:del?\s+)?(\d{4}|'?\d{2})" + _YEAR_WORD + _TIME,
                       re.IGNORECASE)
_NAME_DAY = re.compile(r"^" + _NAME + r"\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4}|'?\d{2})\.?"
                       + _TIME, re.IGNORECASE)
_YEAR_NAME = re.compile(r"^(\d{4})[\s\-/.,]+" + _NAME + r"[\s\-/.,]+(\d{1,2})\.?" + _TIME,
                        re.IGNORECASE)
_ROMAN = {word: number for number, word in enumerate(
    ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii"),
    start=1)}  # 5. IV 2020
_QUARTER = re.compile(
    r"^(?:q|t|кв|k)\s?[1-4][\s\-/.]*\d{4}$|^\d{4}[\s\-/]*(?:q|t|кв|k)\s?[1-4]$|"
    r"^(?:[1-4]|i|ii|iii|iv)\.?\s*(?:st|nd|rd|th|er|e|-?й)?\s*(?:quarter|kvartal|квартал|trimestre|"
    r"кв\.?)\s*(?:de\s+|of\s+)?\d{4}.?$", re.IGNORECASE)
_MONTH_ONLY = re.compile(r"^(?:\d{4}[-/.](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[-/.]\d{4})\.?$")
_NAMED_MONTH = re.compile(r"^" + _NAME + r"\.?,?[\s\-/]+(?:de\s+|of\s+)?\d{4}" + _YEAR_WORD + r"$",
                          re.IGNORECASE)
_DAYS_APART = re.compile(
    r"^(\d[\d./\-]{5,9})\s*(?:-|–|—|to|do|au|al|до|\.\.+|и|and|i)\s*(\d[\d./\-]{5,9})$|"
    r"^\d{1,2}\.?\s*[-–—/]\s*\d{1,2}\.?\s*\.?\s*(?:\d{1,2}\.|[^\W\d_]+)\s*\d{4}\.?$",
    re.IGNORECASE)


def _month(name: str) -> int | None:
    words = unicodedata.normalize("NFC", name.casefold()).split()
    if len(words) > 1 and words[-1] in ("de", "del", "of"):  # "31 de marzo de 2024"
        words.pop()
    key = " ".join(words)
    return _MONTHS.get(key) or _ROMAN.get(key)


def _date_of(text: str, style: Style, value: Any, today: date) -> tuple[date, Message | None]:
    """The day that a text names, and a message where its year or number was read into one."""
    if len(text) > 100:
        raise Refused(DATE_NOT_READABLE, found=shown(value))
    if m := _YEAR_FIRST.match(text):
        return _make(int(m[1]), int(m[3]), int(m[4]), value), None
    if m := _COMPACT.match(text):
        return _make(int(m[1]), int(m[2]), int(m[3]), value), None
    if m := _POINTS.match(text):
        year, told = _year(m[3], style, value, today)
        return _make(year, int(m[2]), int(m[1]), value), told
    if m := _SLASHES.match(text):
        first, second = int(m[1]), int(m[3])
        if first > 12 or (style.date_order == "dmy" and second <= 12) or first == second:
            day, month = first, second
        elif second > 12 or style.date_order == "mdy":
            day, month = second, first
        else:
            raise Refused(DATE_AMBIGUOUS, found=shown(value))
        if len(m[4]) == 2 and m[2] == "-" and 1 <= int(m[4]) <= 31 and style.date_order == "":
            raise Refused(DATE_AMBIGUOUS, found=shown(value))  # 24-03-12 may begin with the year
        year, told = _year(m[4], style, value, today)
        return _make(year, month, day, value), told
    if _SERIAL.match(text):
        return _from_serial(float(text)), VALUE_CONVERTED
    if (m := _DAY_NAME.match(text)) and (number := _month(m[2])):
        year, told = _year(m[3].lstrip("'"), style, value, today)
        return _make(year, number, int(m[1]), value), told
    if (m := _NAME_DAY.match(text)) and (number := _month(m[1])):
        year, told = _year(m[3].lstrip("'"), style, value, today)
        return _make(year, number, int(m[2]), value), told
    if (m := _YEAR_NAME.match(text)) and (number := _month(m[2])):
        return _make(int(m[1]), number, int(m[3]), value), None
    if _QUARTER.match(text) or _MONTH_ONLY.match(text) or _DAYS_APART.match(text) or (
            (m := _NAMED_MONTH.match(text)) and _month(m[1])):
        raise Refused(DATE_NOT_ONE_DAY, found=shown(value))
    raise Refused(DATE_NOT_READABLE, found=shown(value))


def _year(digits: str, style: Style, value: Any, today: date) -> tuple[int, Message | None]:
    """A year; of two digits by the century that is stated, else only where one century remains
    between 1900 and today."""
    if len(digits) == 4:
        return int(digits), None
    centuries = (style.century,) if style.century else (1900, 2000)
    possible = [century + int(digits) for century in centuries
                if century + int(digits) <= today.year or style.century]
    if len(possible) != 1:
        raise Refused(YEAR_NOT_CERTAIN, found=shown(value),
                      expected=" or ".join(str(year) for year in possible))
    return possible[0], VALUE_CONVERTED


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
