"""Amounts in one currency: recorded exchange rates in, a converted amount with its path out.

No rate is ever made up: an amount for which no recorded rate can be used stays in its own currency.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from landrelease.core.record import Record

# ISO 4217: codes of currencies in use, and of some that sums of the last years are stated in.
_CODES = """
AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
GNF GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD
KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD
SSP STN SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF
XPF YER ZAR ZMW ZWG"""
CODES = frozenset(_CODES.split())


@dataclass(frozen=True, slots=True)
class Rate:
    """What one unit of `before` was worth in `after` on a day; `source`: who published it."""

    id: str
    day: date
    before: str
    after: str
    rate: float
    source: str = ""


@dataclass(frozen=True, slots=True)
class Leg:
    """One step of a conversion. `inverse`: by the rate of the other direction."""

    rate: Rate
    inverse: bool
    age_days: int  # how many days older the rate is than the amount

    @property
    def factor(self) -> float:
        return 1.0 / self.rate.rate if self.inverse else self.rate.rate

    @property
    def words(self) -> str:
        r = self.rate
        said = (f"{r.after} to {r.before} by 1 / {r.rate:g}" if self.inverse else
                f"{r.before} to {r.after} by {r.rate:g}")
        old = f", {self.age_days} days older" if self.age_days else ""
        return f"{said} of {r.day.isoformat()}{old}" + (f" ({r.source})" if r.source else "")


@dataclass(frozen=True, slots=True)
class Converted:
    """An amount in another currency, and by which rates; no legs where it was in it already."""

    value: float
    currency: str
    legs: tuple[Leg, ...] = ()

    @property
    def words(self) -> str:
        """The path, for example "EUR to USD by 1.08 of 2027-03-01, 4 days older"."""
        return "; ".join(leg.words for leg in self.legs)

    @property
    def rate_ids(self) -> tuple[str, ...]:
        return tuple(leg.rate.id for leg in self.legs)


class RateTable:
    """Recorded rates by pair and day.

    max_age_days : a rate of an earlier day holds for so many days; a later one never does.
    source : only rates of this publisher; "": of all. Where several publishers give a rate of the
    same pair and day, the first by name holds, and `doubled` names the pairs that differ.
    """

    def __init__(self, rates: Iterable[Rate], max_age_days: int, source: str = ""):
        self.max_age_days = max_age_days
        self.doubled: list[tuple[Rate, Rate]] = []
        found: dict[tuple[str, str], dict[date, Rate]] = {}
        for r in sorted(rates, key=lambda r: (r.source.casefold(), r.id)):
            if source and r.source.casefold() != source.casefold():
                continue
            days = found.setdefault((r.before, r.after), {})
            held = days.setdefault(r.day, r)
            if held is not r and held.rate != r.rate:
                self.doubled.append((held, r))
        self._days = {pair: sorted(days) for pair, days in found.items()}
        self._rates = {pair: [days[d] for d in sorted(days)] for pair, days in found.items()}
        self._names = sorted({name for pair in found for name in pair})

    def __len__(self) -> int:
        return sum(len(r) for r in self._rates.values())

    def convert(self, amount: float, before: str, after: str, day: date | None
                ) -> Converted | None:
        """An amount of `day` in another currency; None where no recorded rate can be used.

        The rate of the day, else the last earlier one that is not older than `max_age_days`. In
        this order: the rate of the pair; 1 / the rate of the other direction; both steps over one
        third currency, of several such ways the one whose oldest rate is the newest (then by
        name). Without a day nothing is converted.
        """
        if before == after:
            return Converted(amount, after)
        if day is None:
            return None
        legs = self._way(before, after, day)
        if not legs:
            return None
        value = amount
        for leg in legs:
            value *= leg.factor
        return Converted(value, after, legs)

    def _way(self, before: str, after: str, day: date) -> tuple[Leg, ...]:
        one = self._leg(before, after, day)
        if one is not None:
            return (one,)
        ways = []
        for middle in self._names:
            if middle in (before, after):
                continue
            first, second = self._leg(before, middle, day), self._leg(middle, after, day)
            if first is not None and second is not None:
                ways.append((max(first.age_days, second.age_days), middle, (first, second)))
        return min(ways)[2] if ways else ()

    def _leg(self, before: str, after: str, day: date) -> Leg | None:
        direct = self._on(before, after, day)
        if direct is not None:
            return Leg(direct, False, (day - direct.day).days)
        back = self._on(after, before, day)
        return None if back is None else Leg(back, True, (day - back.day).days)

    def _on(self, before: str, after: str, day: date) -> Rate | None:
        days = self._days.get((before, after), [])
        at = bisect.bisect_right(days, day) - 1
        if at < 0 or (day - days[at]).days > self.max_age_days:
            return None
        return self._rates[before, after][at]


def rates_of(records: Iterable[Record]) -> tuple[tuple[Rate, ...], tuple[str, ...]]:
    """The usable rates of records, and the ids of those that are none: no day, no pair of two
    currencies, or a rate that is not above 0."""
    rates, unusable = [], []
    for r in records:
        day, value = r.values.get("dated"), r.values.get("rate")
        pair = [str(r.values.get(name) or "").strip().upper()
                for name in ("from_currency", "to_currency")]
        if (isinstance(day, date) and isinstance(value, (int, float)) and 0 < value < 1e12
                and all(pair) and pair[0] != pair[1]):
            rates.append(Rate(r.id, day, pair[0], pair[1], float(value),
                              str(r.values.get("rate_source") or "").strip()))
        else:
            unusable.append(r.id)
    return tuple(rates), tuple(unusable)
