"""Running totals: where they fall, where their pace breaks, amounts within a period, repetitions.

The pace test. A pace over D days, measured as a rise of a total, varies around the long pace of
its series with a variance on the log scale of s² · 7 / D (weekly weather, chance) + τ² (seasons
and growth) + the rounding of both totals; s and τ are assumptions, and where the series itself
shows more spread, its own takes their place. A pace breaks where it is faster than the whole
history by more than `claim_pace_z` standard deviations and faster than the fastest stretch before
by `claim_pace_factor`. Slower is not a break: work stops for winters, closures and funds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from landrelease.core.assumption import Assumptions
from landrelease.core.claim import Claim, Quantity, Raised
from landrelease.core.said_words import Vocabulary
from landrelease.figures.claims_codes import raised
from landrelease.figures.claims_show import amount_words, pace_words, range_words

_SLIPS = {10.0: "one digit", 100.0: "hectares and km²", 10_000.0: "m² and hectares",
          2.471054: "hectares and acres", 2.589988: "km² and square miles",
          1000.0: "a scale of thousand"}


@dataclass(frozen=True, slots=True)
class Series:
    """Totals of one thing by the day that they are about; C claims."""

    claims: tuple[Claim, ...]

    def steps(self) -> Iterator[tuple[Claim, Claim]]:
        """Each total with the next one of the same source: two sources that differ make no rise."""
        last: dict[str, Claim] = {}
        for c in self.claims:
            source = c.source.casefold()
            if source in last:
                yield last[source], c
            last[source] = c


def series_of(claims: Sequence[Claim], skip: frozenset[int]) -> Iterator[Series]:
    """Totals with the same key and unit, dated, in the order of their days; `skip`: rows whose
    number is of two things at once."""
    groups: dict[tuple, list[Claim]] = {}
    for c in claims:
        if c.usable and c.mode == "total" and c.as_of is not None and c.number not in skip:
            groups.setdefault((*c.key, c.unit), []).append(c)
    for found in groups.values():
        yield Series(tuple(sorted(found, key=lambda c: (c.day.middle, c.number))))


def check_totals(claims: Sequence[Claim], words: Vocabulary, assumptions: Assumptions,
                 skip: frozenset[int]) -> tuple[list[Raised], dict[int, str]]:
    """Findings, and claim -> that it is lower than one before, within its rounding."""
    found: list[Raised] = []
    notes: dict[int, str] = {}
    periods = [c for c in claims if c.usable and c.mode == "period" and c.as_of is not None]
    for series in series_of(claims, skip):
        falls = _falls(series, words)
        found += falls
        fallen = {f.number for f in falls}
        notes |= _lower(series, fallen)
        found += _breaks(series, assumptions, fallen)
        found += _repeated(series, assumptions)
        found += _within(series, [p for p in periods if p.key == series.claims[0].key])
    return found, notes


def _falls(series: Series, words: Vocabulary) -> list[Raised]:
    """Totals that are certainly less than an earlier one: the largest of those since the last fall,
    so that neither a second source of the same day nor many small steps hide it.
    """
    found = []
    start = 0
    for n, later in enumerate(series.claims):
        earlier = [c for c in series.claims[start:n] if c.day.last < later.day.first]
        if not earlier:
            continue
        before = max(earlier, key=lambda c: c.amount.least)
        least = before.amount.least
        if later.amount.most < least:
            code = "total_corrected" if words.find("correction", later.words) else "total_falls"
            found.append(raised(
                later.number, code, f"{amount_words(later)} after {amount_words(before)} in "
                f"{before.called()}: as totals of the same thing the two cannot both be right"
                + (", and the words speak of a correction." if code == "total_corrected" else "."),
                low=least, unit=later.unit))
            found += _slip(before, later)
            start = n
    return found


def _lower(series: Series, fallen: set[int]) -> dict[int, str]:
    """Totals lower than the highest of the series before, by no more than their rounding."""
    notes: dict[int, str] = {}
    top: Claim | None = None
    for later in series.claims:
        if top is None or later.number in fallen or later.amount.value >= top.amount.value:
            top = later
        elif top.day.last < later.day.first:
            less = 1 - later.amount.value / top.amount.value
            notes[later.number] = (f"It is {100 * less:.2g} % lower than {amount_words(top)} in "
                                   f"{top.called()}, within what rounding and words leave open.")
    return notes


def _slip(before: Claim, later: Claim) -> list[Raised]:
    """Whether a mistaken unit or digit would explain a step from one total to the next."""
    a, b = before.amount.middle, later.amount.middle
    if a <= 0 or b <= 0:
        return []
    for factor, words in _SLIPS.items():
        if factor == 10.0 and later.amount.digits < 3:
            continue
        for ratio in (factor, 1 / factor):
            # What is left after taking the slip out has to be a step that a series makes.
            left = b / (a * ratio)
            if 1.0 <= left <= 1.02:
                return [raised(later.number, "unit_suspect", f"The step to {amount_words(later)} "
                               f"from {amount_words(before)} is close to a factor of {ratio:,.4g}: "
                               f"{words} exchanged would explain it.")]
    return []


@dataclass(frozen=True, slots=True)
class _Stretch:
    """A rise between two totals; `pace` a day, `error` one standard deviation by rounding."""

    days: float
    pace: float
    error: float


def _stretch(before: Claim, later: Claim, digits: int) -> _Stretch | None:
    """digits : significant digits that the series is given to; a number with more zeros at its end
    ("10,000" after "9,990") is then not rounded more by a whole place."""
    days = later.day.middle - before.day.middle
    if days < 1:
        return None
    (one, half), (two, other) = _place(before.amount, digits), _place(later.amount, digits)
    rise = two - one
    rounding = math.hypot(half, other) / math.sqrt(3)
    # A total of a whole month may be of any of its days.
    loose = math.hypot((before.day.last - before.day.first).days,
                       (later.day.last - later.day.first).days) / math.sqrt(12)
    pace = rise / days
    return _Stretch(days, pace, math.hypot(rounding / days, pace * loose / days))


def _place(q: Quantity, digits: int) -> tuple[float, float]:
    """Middle and half width of a total, its rounding judged by the series that it stands in."""
    if q.value <= 0 or q.qualifier == "range":
        return q.middle, q.half
    usual = 10.0 ** (math.floor(math.log10(q.value) + 1e-9) - digits + 1)
    half = min(q.half, 5 * usual)
    return (q.value + half if q.qualifier == "at_least" else
            q.value - half if q.qualifier == "at_most" else q.value), half


def _digits(series: Series) -> int:
    given = sorted(c.amount.digits for c in series.claims)
    return given[len(given) // 2]


def _breaks(series: Series, assumptions: Assumptions, fallen: set[int]) -> list[Raised]:
    z_limit = assumptions.value("claim_pace_z")
    factor = assumptions.value("claim_pace_factor")
    weekly = assumptions.value("claim_pace_weekly_spread")
    slow = assumptions.value("claim_pace_slow_spread")
    found: list[Raised] = []
    start, digits = 0, _digits(series)
    claims = series.claims
    history: list[_Stretch] = []
    for n in range(1, len(claims)):
        if claims[n].number in fallen:  # a new start
            start, history = n, []
            continue
        stretch = _stretch(claims[n - 1], claims[n], digits)
        if stretch is None:
            continue
        whole = _stretch(claims[start], claims[n - 1], digits)
        if len(history) >= 2 and whole is not None and whole.pace > 0 and stretch.pace > 0:
            most = max(s.pace + s.error for s in history)
            variance = (weekly**2 * 7 * (1 / stretch.days + 1 / whole.days) + slow**2
                        + (stretch.error / stretch.pace)**2 + (whole.error / whole.pace)**2)
            z = math.log(stretch.pace / whole.pace) / math.sqrt(
                variance * _spread(history, whole, weekly, slow))
            if z > z_limit and stretch.pace - stretch.error > factor * most:
                c = claims[n]
                top = most
                found.append(raised(
                    c.number, "pace_breaks",
                    f"From {claims[n - 1].called()} to here the total rose by "
                    f"{pace_words(stretch.pace, c)}, {stretch.pace / whole.pace:,.1f} times the "
                    f"{pace_words(whole.pace, c)} of the whole series before and "
                    f"{stretch.pace / top:,.1f} times its fastest stretch ({z:.1f} standard "
                    f"deviations; limit {z_limit:g}, and {factor:g} times the fastest). Another "
                    "definition, a wider scope or another unit would explain it.",
                    low=0.0, high=factor * most * 7, unit=f"{c.unit or 'number'} a week"))
                found += _slip(claims[n - 1], c)
                start, history = n, []
                continue
        history.append(stretch)
    return found


def _spread(history: Sequence[_Stretch], whole: _Stretch, weekly: float, slow: float) -> float:
    """How many times the assumed variance the series itself shows; at least 1."""
    total, count = 0.0, 0
    for s in history:
        if s.pace > 0:
            expected = weekly**2 * 7 / s.days + slow**2 + (s.error / s.pace)**2
            total += math.log(s.pace / whole.pace)**2 / expected
            count += 1
    return max(1.0, total / max(1, count - 1)) if count > 1 else 1.0


def _repeated(series: Series, assumptions: Assumptions) -> list[Raised]:
    """The same exact number for a later day although the pace would have moved it well."""
    found = []
    days_least = assumptions.value("claim_repeat_days")
    for n in range(2, len(series.claims)):
        before, later = series.claims[n - 1], series.claims[n]
        whole = _stretch(series.claims[0], before, _digits(series))
        days = later.day.middle - before.day.middle
        if (whole is None or whole.pace <= 0 or days < days_least
                or later.amount.digits < 4 or later.amount.value != before.amount.value
                or before.published == later.published):
            continue
        expected = whole.pace * days
        if expected > 20 * max(later.amount.step, later.amount.half):
            found.append(raised(
                later.number, "number_repeated", f"{amount_words(later)} was also stated in "
                f"{before.called()}, {days:,.0f} days before; at the pace of the series about "
                f"{amount_words(later, expected)} would have come to it. Either the work stood "
                "still, or the number is the earlier one."))
    return found


def _within(series: Series, periods: Sequence[Claim]) -> list[Raised]:
    """Amounts within a period against the totals around it."""
    found = []
    for p in periods:
        end = p.day.middle
        start = end - p.period_days
        before = [c for c in series.claims if c.day.last.toordinal() <= start + 0.5]
        after = [c for c in series.claims if c.day.first.toordinal() >= end - 0.5]
        if not before or not after or p.unit != after[0].unit:
            continue
        a, b = before[-1], after[0]
        most = b.amount.most - a.amount.least
        least = b.amount.least - a.amount.most
        if p.amount.least > most >= 0:
            found.append(raised(
                p.number, "period_exceeds_rise", f"{amount_words(p)} within {p.period_days:,.0f} "
                f"days, while the total rose by at most {amount_words(p, most)} from {a.called()} "
                f"to {b.called()}, a longer time.", low=0.0, high=most, unit=p.unit))
        elif (abs(a.day.middle - start) <= 0.5 and abs(b.day.middle - end) <= 0.5
              and p.amount.most < least):
            found.append(raised(
                p.number, "period_differs_from_rise", f"{amount_words(p)} within "
                f"{p.period_days:,.0f} days, while the totals of its two ends differ by "
                f"{range_words(least, most, p.unit)}.", low=least, high=most, unit=p.unit))
    return found
