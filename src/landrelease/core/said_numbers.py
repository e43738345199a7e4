"""Numbers as people publish them: digits, marks, scales and bounds in; a `Quantity` out.

Rounding is read from the digits: "55,200" was given to the hundred, "2.7 million" to the hundred
thousand. "About" leaves more open, "more than" leaves no upper end.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal

from landrelease.core.claim import Quantity
from landrelease.core.said_words import Vocabulary, fold

_SPACES = "   "
DIGITS = re.compile(rf"(?<![\w.,])\d{{1,3}}(?:[{_SPACES}'’.,]\d{{3}})+(?!\d)(?:[.,]\d+)?"
                    r"|(?<![\w.,])\d+(?:[.,]\d+)?(?:e[+-]?\d+)?|(?<![\w])[.,]\d+")
_SIGNS = {"~": "about", "≈": "about", "±": "about", ">": "at_least", "≥": "at_least",
          "<": "at_most", "≤": "at_most"}
_BETWEEN = re.compile(r"\s*(?:-|–|—|to|and|до|bis)\s*")
# What changes a number in a way that its digits do not show: brackets, in which accountants write
# what is below zero, and halves in words.
TWO_WAYS = re.compile(r"^\(\s*\d[^()]*\)$|\b(?:et demie?|and a half|y medi[oa]|"
                      r"с половиной|з половиною)\b")
LETTER_M = re.compile(r"(?<=\d)\s?m(?!\w)")  # millions, or metres
Decimal = Literal["", ".", ","]
VAGUE = {"dozens": (24, 99), "scores": (40, 99), "hundreds": (200, 999),
         "thousands": (2_000, 9_999), "tens of thousands": (20_000, 99_999),
         "hundreds of thousands": (200_000, 999_999), "сотни": (200, 999),
         "тысячи": (2_000, 9_999), "десятки": (20, 99)}


@dataclass(frozen=True, slots=True)
class Number:
    """A number found in a text: from `start` to `end`, with scale and qualifier taken in."""

    start: int
    end: int
    quantity: Quantity
    ambiguous: bool = False  # a mark that may part thousands or decimals


def quantity(value: float, step: float, digits: int, qualifier: str, *, counted: bool,
             about_share: float, written: float = 0.0) -> Quantity:
    """What a number leaves open.

    A count to the last unit is exact. Else it lies within half a step, and within a whole one
    whoever rounded how; "about" leaves at least `about_share` of the number open.
    """
    half = 0.0 if counted and step <= 1 else step / 2
    low, high, least, most = value - half, value + half, value - 2 * half, value + 2 * half
    if qualifier == "about":
        wide = max(half, about_share * abs(value))
        low, high, least, most = value - wide, value + wide, value - 2 * wide, value + 2 * wide
    elif qualifier == "at_least":
        low, high, least, most = value, value + max(step, 1.0 if counted else 0.0), value, math.inf
    elif qualifier == "at_most":
        low, high, least, most = value - max(step, 1.0 if counted else 0.0), value, -math.inf, value
    if value >= 0:
        low, least = max(0.0, low), max(0.0, least)
    return Quantity(value, low, high, least, most, step, digits, qualifier, written)


def digits_of(text: str, decimal: Decimal, counted: bool) -> tuple[float, float, int, bool]:
    """(value, step of the last digit given, significant digits, whether a mark is ambiguous).

    Raises ValueError: marks that part no groups of three ("12.345.67").

    decimal : the mark that the other cells of the column use, "" where they do not show it.
    """
    plain = text.strip()
    exponent = 0
    if "e" in plain:
        plain, _, power = plain.partition("e")
        exponent = int(power)
    for space in _SPACES + "'’":
        plain = plain.replace(space, "")
    marks = [c for c in plain if c in ".,"]
    ambiguous = False
    if len(set(marks)) == 2:
        mark = marks[-1]
        if marks.count(mark) > 1 or not _in_threes(plain.split(mark)[0]):
            raise ValueError(text)
        plain = plain.replace("," if mark == "." else ".", "").replace(mark, ".")
    elif len(marks) > 1:
        if not _in_threes(plain):
            raise ValueError(text)
        plain = plain.replace(marks[0], "")
    elif marks:
        head, tail = plain.split(marks[0])
        grouped = len(tail) == 3 and 1 <= len(head) <= 3 and not head.startswith("0")
        if not grouped or (decimal == marks[0] and not counted):
            plain = f"{head or '0'}.{tail}"
        elif marks[0] == "," or decimal == "," or counted:
            ambiguous = decimal == marks[0] and counted
            plain = head + tail
        else:  # "55.200" of something that is not counted
            ambiguous = decimal == ""
            plain = f"{head}.{tail}"
    value = float(plain) * 10.0 ** exponent
    if "." in plain:
        step = 10.0 ** (exponent - len(plain.split(".")[1]))
        significant = len(plain.replace(".", "").lstrip("0"))
    else:
        kept = plain.rstrip("0") or "0"
        step = 10.0 ** (exponent + len(plain) - len(kept)) if value else 1.0
        significant = len(kept.lstrip("0")) or 1
    return value, step, max(1, significant), ambiguous


def _in_threes(plain: str) -> bool:
    """Whether the marks in digits part groups of three, as thousands are written."""
    head, *groups = re.split(r"[.,]", plain)
    return not groups or (1 <= len(head) <= 3 and all(len(g) == 3 for g in groups))


def decimal_mark(cells: list[tuple[str, bool]]) -> Decimal:
    """The decimal mark that a column shows: that of a number that can be read in one way only.

    cells : (text, whether it counts whole things, so that "185,000" has no decimals).
    """
    found: set[Decimal] = set()
    for text, counted in cells:
        for match in DIGITS.finditer(text):
            plain = match.group()
            marks = [c for c in plain if c in ".,"]
            if len(set(marks)) == 2:
                found.add("." if marks[-1] == "." else ",")
            elif len(marks) == 1 and len(plain.split(marks[0])[1]) != 3:
                found.add("." if marks[0] == "." else ",")
            elif (len(marks) > 1 and _in_threes(plain)) or (len(marks) == 1 and counted):
                found.add("," if marks[0] == "." else ".")
    return next(iter(found)) if len(found) == 1 else ""


def numbers(text: str, words: Vocabulary, *, decimal: Decimal, counted: bool, about_share: float,
            scale: float = 1.0, qualifier: str = "") -> list[Number]:
    """All numbers of a folded text, with the scale behind and the bound before each. Raises
    ValueError: marks in one of them that can be read in no way.

    scale, qualifier : what the column of units says of every number ("thousand", "over").
    """
    matches = list(DIGITS.finditer(text))
    bounds = words.find("bound", text)
    scales = words.find("scale", text)
    found: list[Number] = []
    skip = -1
    for n, match in enumerate(matches):
        if n <= skip or _is_date(text, match):
            continue
        if re.match(r"[.,]\d", text[match.end():]):  # "12,34,567"
            raise ValueError(text)
        value, step, significant, ambiguous = digits_of(match.group(), decimal, counted)
        factor, end = _scale_after(text, match.end(), scales)
        start, bound = _bound_before(text, match.start(), bounds)
        if end < len(text) and text[end] == "+":
            bound, end = bound or "at_least", end + 1
        # A range: "20-25 thousand", "between 20 and 25".
        second = matches[n + 1] if n + 1 < len(matches) else None
        joined = _BETWEEN.fullmatch(text, end, second.start()) if second else None
        said_between = "between" in text[max(0, start - 9):start + 1] or (
            joined is not None and joined.group().strip() != "and")
        if second is not None and joined is not None and said_between and (
                joined.group().strip() != "до" or factor):
            other, other_step, _, _ = digits_of(second.group(), decimal, counted)
            other_factor, other_end = _scale_after(text, second.end(), scales)
            last = (other_factor or 1.0) * scale
            first = (factor or other_factor or 1.0) * scale
            if value * first < other * last:
                low, high = value * first, other * last
                less, more = low - step * first, high + other_step * last
                said = bound or qualifier
                if said == "about":  # "about 20-25": neither end is one
                    low, high = low - about_share * low, high + about_share * high
                    less, more = min(less, low), max(more, high)
                elif said == "at_least":
                    more = math.inf
                elif said == "at_most":
                    less = -math.inf if low < 0 else 0.0
                found.append(Number(start, other_end, Quantity(
                    (low + high) / 2, low, high, less, more,
                    max(step * first, other_step * last), significant, "range"), ambiguous))
                skip = n + 1
                continue
        size = (factor or 1.0) * scale
        found.append(Number(start, end, quantity(
            value * size, step * size, significant, bound or qualifier, counted=counted,
            about_share=about_share, written=min(1.0, step) * size), ambiguous))
    return found


def vague(text: str) -> Quantity | None:
    """"Hundreds", "tens of thousands of mines" as the range that such a word leaves open."""
    bare = re.sub(r"\bof\b(?! thousands).*", "", text).strip()
    if bare not in VAGUE:
        return None
    low, high = VAGUE[bare]
    return Quantity((low * high) ** 0.5, low, high, low / 2, high * 2, low, 1, "range")


def one_number(cell: object, words: Vocabulary, decimal: str) -> Quantity | None:
    """The one number of a cell as officials write it: "~26,000", "about 550 thousand", ">10 000",
    "20-25", "hundreds"; None where it is not one number, or one that can be read in two ways.

    What "about" leaves open is not in it: that is an assumption of who reads it.
    """
    mark: Decimal = "." if decimal == "." else "," if decimal == "," else ""
    text = fold(cell)
    if len(text) > 120:
        return None
    if (found := vague(text)) is not None:
        return found
    if TWO_WAYS.search(text) or LETTER_M.search(text):
        return None
    try:
        several = numbers(text, words, decimal=mark, counted=True, about_share=0.0)
    except (OverflowError, ValueError):
        return None
    if len(several) != 1 or several[0].ambiguous or text.startswith(("-", "−", "–")):
        return None
    amount = several[0].quantity
    return amount if math.isfinite(amount.value) and abs(amount.value) <= 1e18 else None


def _is_date(text: str, match: re.Match[str]) -> bool:
    """Whether digits are a year or a part of a date, not a number."""
    plain = match.group()
    after = text[match.end():match.end() + 3]
    if len(plain) == 4 and plain.isdigit() and 1900 <= int(plain) <= 2100:
        return not after.lstrip().startswith(("ha", "га", "%"))
    return bool(re.match(r"[-/.]\d", text[match.end():])) and bool(
        re.match(r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}",
                 text[match.start():]))


def _scale_after(text: str, end: int, scales: list) -> tuple[float, int]:
    for hit in scales:
        if hit.start >= end and not text[end:hit.start].strip(" ." if hit.start > end else " "):
            return float(hit.meaning), hit.end
    letter = text[end:end + 1]
    if letter in ("k", "m") and not text[end + 1:end + 2].isalnum() and letter == "k":
        return 1e3, end + 1
    return 0.0, end


def _bound_before(text: str, start: int, bounds: list) -> tuple[int, str]:
    at, bound = start, ""
    while at > 0 and (text[at - 1] in _SIGNS or text[at - 1] == " "):
        at -= 1
        bound = _SIGNS.get(text[at], bound)
    if bound:
        return at, bound
    for hit in bounds:
        between = text[hit.end:start]
        if hit.end <= start and len(between) <= 6 and between.strip(" .$€£₽₴") in (
                "", "usd", "eur", "the", "a"):
            bound, at = hit.meaning, hit.start
    return (at, bound) if bound else (start, "")
