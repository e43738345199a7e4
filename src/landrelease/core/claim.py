"""A number that somebody published, as it can be reckoned with, and what a check makes of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

VerdictWord = Literal["agrees", "differs", "cannot_be_checked", "implausible", "impossible"]
# The heavier word is a claim's verdict where several findings speak of it. Arithmetic alone earns
# "impossible"; "agrees" needs a number of ours, or parts that give the number.
HEAVIER: tuple[VerdictWord, ...] = (
    "agrees", "cannot_be_checked", "differs", "implausible", "impossible")

Mode = Literal["total", "period", "state"]  # up to a day; within a stretch of time; on a day


@dataclass(frozen=True, slots=True)
class Quantity:
    """A published number with what rounding and words such as "about" leave open, in base units.

    value : as said. low, high : where it most likely lies. least, most : what it can be at all
    without the words being wrong ("more than 550,000": 550,000 to no end). Zeros at the end may
    all be rounding there; how much of that a check allows is `sure`'s.
    """

    value: float
    low: float
    high: float
    least: float
    most: float
    step: float = 0.0  # of the last digit that is given
    digits: int = 0  # significant digits that are given
    qualifier: str = ""  # about, at_least, at_most, range or ""
    written: float = 0.0  # place of the last digit that is written, a zero too

    @property
    def half(self) -> float:
        """Half the likely width."""
        return (self.high - self.low) / 2

    @property
    def middle(self) -> float:
        return (self.high + self.low) / 2

    @property
    def held(self) -> tuple[float, float]:
        """What a range is held against: where it most likely lies, no wider than what it can be at
        all."""
        return max(self.low, self.least), min(self.high, self.most)

    def apart(self, other: Quantity) -> bool:
        """Whether the two cannot be the same number, whatever was rounded."""
        return self.least > other.most or other.least > self.most

    def scaled(self, factor: float) -> Quantity:
        return Quantity(self.value * factor, self.low * factor, self.high * factor,
                        self.least * factor, self.most * factor, self.step * factor, self.digits,
                        self.qualifier, self.written * factor)

    def sure(self, share: float) -> tuple[float, float]:
        """Least and most where zeros at the end are taken for rounding up to `share` of the number
        at the most ("10,000" is not "5,000 to 15,000"), twice that where it is "about"; half the
        place of the last digit that is written at least ("1 km²" is not "0 to 2").
        """
        if self.qualifier not in ("", "about") or not self.written:
            return self.least, self.most
        most = max((2 if self.qualifier else 1) * share * abs(self.value), self.written / 2)
        return max(self.least, self.value - most), min(self.most, self.value + most)

    def narrowed(self, share: float) -> Quantity:
        """The same number with `sure(share)` as its least and most."""
        least, most = self.sure(share)
        return replace(self, least=least, most=most)


@dataclass(frozen=True, slots=True)
class Days:
    """The day that a number is about, as exactly as it was said: first and last possible day."""

    first: date
    last: date
    stated: bool = True  # False: taken from the day of publication

    @property
    def middle(self) -> float:
        """As an ordinal."""
        return (self.first.toordinal() + self.last.toordinal()) / 2

    def words(self) -> str:
        if self.first == self.last:
            return self.first.isoformat()
        return f"{self.first.isoformat()} to {self.last.isoformat()}"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of claims as it was understood. What could not be read is "" or None.

    subject : area, items, settlements, people, share, money, finish ... ; verb : what is said of
    it (cleared, searched, hazardous, destroyed ...); part : a kind of item, or "". scope : the
    ground or programme, as a set of words: a scope with more words is a part of one with fewer.
    planned : what is to be done, where the number is a plan, a target or a forecast of it (the
    verb is then "planned"); "" where it is of the whole of a programme.
    period_days : of an amount within a stretch of time. Areas in m², money in `currency`, shares
    as 0 to 1, lengths in m, durations in days.
    """

    number: int  # row of data, from 1
    row: Mapping[str, Any]
    source: str = ""
    published: Days | None = None
    as_of: Days | None = None
    scope: frozenset[str] = frozenset()
    scope_words: str = ""
    subject: str = ""
    verb: str = ""
    part: str = ""
    mode: Mode = "total"
    period_days: float = 0.0
    quantity: Quantity | None = None
    currency: str = ""
    unit: str = ""
    words: str = ""
    finish: Days | None = None  # promised end
    planned: str = ""

    @property
    def key(self) -> tuple[frozenset[str], str, str, str, str]:
        """What the number is about: claims with the same key speak of the same thing."""
        return (self.scope, self.subject, self.verb, self.part, self.planned)

    @property
    def verbs(self) -> frozenset[str]:
        """All that is said of the number: of a plan of clearance that it is planned and cleared."""
        return frozenset((self.verb, self.planned)) - {""}

    @property
    def usable(self) -> bool:
        return self.quantity is not None and self.subject != ""

    @property
    def amount(self) -> Quantity:
        """The quantity of a claim that has one."""
        assert self.quantity is not None
        return self.quantity

    @property
    def day(self) -> Days:
        """The day of a claim that has one."""
        assert self.as_of is not None
        return self.as_of

    @property
    def end(self) -> Days:
        """The promised end of a claim that has one."""
        assert self.finish is not None
        return self.finish

    def called(self) -> str:
        """How another claim's reason names it."""
        at = self.as_of.words() if self.as_of else "undated"
        return f"row {self.number} ({self.source or 'no source'}, {at})"


@dataclass(frozen=True, slots=True)
class Raised:
    """One finding on one claim."""

    number: int  # of the claim
    code: str
    verdict: VerdictWord
    reason: str
    low: float | None = None  # the range that the number was held against, in `unit`
    high: float | None = None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was found on one claim; `findings` without those that only say what agreed."""

    claim: Claim
    verdict: VerdictWord
    findings: tuple[Raised, ...]
    reasons: tuple[str, ...]
    ours: Mapping[str, Any] | None = None  # the figure of ours beside it

    @property
    def told(self) -> bool:
        """Whether there is more to say than that there was nothing to set it beside."""
        return bool(self.findings) or self.verdict == "agrees" or len(self.reasons) > 1

    @property
    def codes(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(f.code for f in self.findings))


@dataclass(frozen=True, slots=True)
class Place:
    """A place that numbers are compared with; area in m²."""

    name: str
    kind: str
    area_m2: float
    names: tuple[str, ...] = field(default=())


def overlap(one: Quantity, low: float, high: float) -> bool:
    """Whether a quantity may lie in a range."""
    return one.high >= low and one.low <= high and not math.isnan(one.value)
