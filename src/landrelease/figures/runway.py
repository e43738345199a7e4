"""The day the money ends: from the pace of spending, with its interval, and from a plan's costs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np

from landrelease.core.outlook import FEWEST_RUNS
from landrelease.core.plurals import several
from landrelease.figures.money import (
    Account,
    Apart,
    Entry,
    apart_of,
    expenses_said,
    phase_of,
)

Basis = Literal["received", "committed", "announced"]
BASES: tuple[Basis, ...] = ("received", "committed", "announced")
HORIZON_MONTHS = 360  # of the simulation; a run that does not end by then is counted as such


@dataclass(frozen=True, slots=True)
class Money:
    """What can be spent: `left` at `as_of`, and what comes in later (day, amount).

    `undated`: promised, without a day or with one that has passed: in no sum.
    """

    as_of: date
    currency: str
    left: float
    arrives: tuple[tuple[date, float], ...] = ()
    undated: float = 0.0
    records: tuple[str, ...] = ()
    below_since: date | None = None  # since when more was spent or bound than had come in
    # Last days on which a part of it may be spent, that part, and since when it is there: what is
    # left of it then is lost.
    lapses: tuple[tuple[date, float, date], ...] = ()
    lost: float = 0.0  # what lapsed unspent before `as_of`: in no sum
    unconverted: int = 0  # funds without a usable rate: in no sum
    apart: tuple[Apart, ...] = ()  # expenses without a usable rate: not taken off anything

    @property
    def at_most(self) -> bool:
        """Whether, with expenses that are not taken off, there is surely no more than is said."""
        return not self.unconverted and all(a.least >= 0 for a in self.apart)

    @property
    def untold(self) -> str:
        """What was spent and is not taken off, in words; "" where all was."""
        if not self.apart:
            return ""
        one = sum(a.records for a in self.apart) == 1
        return f"{expenses_said(self.apart)} " + (
            "has no usable rate and is not taken off" if one else
            "have no usable rate and are not taken off")

    def until(self, day: date) -> float:
        return self.left + sum(a for d, a in self.arrives if d <= day)

    @property
    def whole(self) -> float:
        return self.left + sum(a for _, a in self.arrives)


def without_rate(funds: int) -> str:
    """How many funds are in no sum because nobody said what their currency is worth."""
    said = several(funds, "fund", "funds")
    return f"{said} without a usable rate {'is' if funds == 1 else 'are'} not in it"


@dataclass(frozen=True, slots=True)
class Pace:
    """Spending a month, the oldest first; months without an expense are 0, months that are not
    over are left out. `records`: the expenses under it."""

    months: tuple[str, ...]
    amounts: tuple[float, ...]
    records: tuple[str, ...]

    @property
    def mean(self) -> float:
        return sum(self.amounts) / len(self.amounts) if self.amounts else 0.0


@dataclass(frozen=True, slots=True)
class Runway:
    """When some money ends. `day` by the mean pace, `low`/`median`/`high` the 10, 50 and 90 % of
    the simulated days; None: not within the horizon, or `why` says that it cannot be told.

    `not_ended`: share of the runs in which money is left at the horizon.
    """

    scope: str
    basis: str  # received, committed, announced: which promises are counted
    currency: str
    money: float  # all that is counted, now and later
    per_month: float | None
    day: date | None
    low: date | None
    median: date | None
    high: date | None
    not_ended: float | None
    months: int
    why: str
    records: tuple[str, ...]
    # Where expenses could not be converted there is no day: less is left than is said, and more is
    # spent a month. By the rest alone it would end on this one.
    not_later_than: date | None = None
    expenses_apart: tuple[Apart, ...] = ()


@dataclass(frozen=True, slots=True)
class PlanRunway:
    """When a plan's costs are more than the money that has arrived. `day`: None where it is
    enough. `missing`: with what lapsed unspent by the last step; below zero: what is left over.

    `expenses_apart`: could not be converted and are not taken off the money: it is not `enough`
    then, whatever `missing` says. `at_most`: there is surely no more money than is said, so that
    the day is the last possible one, and at least so much is missing.
    """

    scope: str
    basis: str
    currency: str
    money: float
    cost: float
    day: date | None
    step: str  # the first step that cannot be paid
    missing: float
    unplanned: int  # steps without a date: their cost is in `cost`, they end no money
    why: str = ""
    # Of `money`, what comes after the plan's last day, and the first day on which some of it does:
    # no step of the plan can be paid from it.
    later: float = 0.0
    later_from: date | None = None
    expenses_apart: tuple[Apart, ...] = ()
    enough: bool = False
    at_most: bool = True


def money_of(found: Account, basis: Basis, *, keep: Iterable[str] | None = None,
             phase: str | None = None) -> Money:
    """What can be spent, by which promises are counted; in the currency of the account.

    keep : ids of funds; None: all. phase : money of one phase only, and what was taken of it
    (`phase_of`; "both" is a phase of its own). With `keep` only expenses that name one of the funds
    are taken off. What could not be converted is not in it: funds are counted, expenses are named
    with their amounts (`apart`).
    """
    chosen = None if keep is None else set(keep)
    funds = [e for e in found.funds if e.value is not None
             and (chosen is None or e.id in chosen) and (phase is None or phase_of(e) == phase)]
    every = [e for e in found.expenses
             if (chosen is None or e.fund in chosen) and (phase is None or phase_of(e) == phase)]
    spent = [e for e in every if e.value is not None]
    counted = BASES[:BASES.index(basis) + 1]
    received = [e for e in funds if e.state == "received"]
    left = math.fsum([*(e.value or 0.0 for e in received), *(-(e.value or 0.0) for e in spent)])
    arrives, undated, ends = [], 0.0, [e for e in received if e.until is not None]
    for e in funds:
        if e.state in counted and e.state != "received":
            if e.day is not None and e.day > found.as_of:
                arrives.append((e.day, e.value or 0.0))
                ends += [e] if e.until is not None else []
            else:
                undated += e.value or 0.0
    lapses, lost = _lapses(ends, spent, found.as_of)
    used = [e.id for e in funds if e.state in counted] + [e.id for e in spent]
    return Money(found.as_of, found.currency, left - lost, tuple(sorted(arrives)), undated,
                 tuple(sorted(used)), _below_since(received, spent), lapses, lost, sum(
                     e.value is None and (chosen is None or e.id in chosen)
                     and (phase is None or phase_of(e) == phase) for e in found.funds),
                 apart_of(every))


def _lapses(funds: Sequence[Entry], spent: Sequence[Entry], as_of: date
            ) -> tuple[tuple[tuple[date, float, date], ...], float]:
    """What is left of funds with a last day, by that day, and what of it is lost already.

    An expense is taken from the fund that it names, else from what lapses first of what had not
    lapsed when it was paid.
    """
    rest = {e.id: e.value or 0.0 for e in funds}
    ordered = sorted(funds, key=lambda e: (e.until or date.max, e.id))
    loose = []
    for e in spent:
        if e.fund in rest:
            rest[e.fund] -= e.value or 0.0
        elif not e.fund:
            loose.append(e)
    for e in sorted(loose, key=lambda e: (e.day or date.min, e.id)):
        amount = e.value or 0.0
        for fund in ordered:
            if fund.until is not None and (e.day or date.min) <= fund.until and (
                    fund.day is None or e.day is None or fund.day <= e.day):
                part = min(max(amount, 0.0), max(rest[fund.id], 0.0))
                rest[fund.id] -= part
                amount -= part
    lapses = [(e.until, max(rest[e.id], 0.0), max(e.day or as_of, as_of)) for e in ordered
              if e.until is not None]
    return (tuple(lapse for lapse in lapses if lapse[0] >= as_of and lapse[1] > 0),
            math.fsum(amount for day, amount, _ in lapses if day < as_of))


def _below_since(funds: Sequence[Entry], spent: Sequence[Entry]) -> date | None:
    """The day from which on more was spent than had come in, until now; None: it is not so, or the
    day cannot be told. What has no day counts as there from the start."""
    moves = sorted((e.day or date.min, -(e.value or 0.0) if e.kind == "expense" else
                    (e.value or 0.0)) for e in (*funds, *spent))
    balance, since = 0.0, None
    for n, (day, amount) in enumerate(moves):
        balance += amount
        if n + 1 < len(moves) and moves[n + 1][0] == day:
            continue
        if balance >= 0:
            since = None
        elif since is None:
            since = day
    return None if since == date.min else since


def pace_of(expenses: Sequence[Entry], as_of: date, most_months: int) -> Pace:
    """What was paid in each of the last whole months, at most `most_months`, not before the first
    expense on record. Paid alone: what is only bound is already off what is left."""
    paid = [e for e in expenses if e.state == "paid" and e.value is not None and e.day is not None]
    if not paid:
        return Pace((), (), ())
    last = _index(as_of) if (as_of + timedelta(days=1)).month != as_of.month else _index(as_of) - 1
    first = max(min(_index(e.day) for e in paid if e.day), last - most_months + 1)
    if last < first:
        return Pace((), (), ())
    amounts = [0.0] * (last - first + 1)
    used = []
    for e in paid:
        at = _index(e.day) - first if e.day else -1
        if 0 <= at < len(amounts):
            amounts[at] += e.value or 0.0
            used.append(e.id)
    return Pace(tuple(f"{m // 12}-{m % 12 + 1:02d}" for m in range(first, last + 1)),
                tuple(amounts), tuple(sorted(used)))


def _index(day: date) -> int:
    return day.year * 12 + day.month - 1


def runway(scope: str, basis: str, money: Money, pace: Pace, *, runs: int, seed: int) -> Runway:
    """The day on which spending at the pace of the past has used up the money.

    See `simulated` for the months of each run. Money is spent evenly within a month and may be used
    from the month in which it arrives; where there is none, work waits for it: what was not spent
    is not caught up. Where expenses could not be converted there is no day; see `Runway`.
    """
    apart = "; ".join(filter(None, (
        "" if not money.unconverted or not money.records else
        without_rate(money.unconverted), money.untold)))

    def result(why: str, **said) -> Runway:
        if money.apart:
            by_rest = said.get("day")
            why = "; ".join(filter(None, (why, "no day can be told")))
            if by_rest is not None and money.at_most:
                why += f": not later than {by_rest.isoformat()}" + (
                    " at the mean pace of the rest" if money.whole > 0 else "")
            said = {"expenses_apart": money.apart,
                    "not_later_than": by_rest if money.at_most else None}
        return Runway(**{
            "scope": scope, "basis": basis, "currency": money.currency, "money": money.whole,
            "per_month": pace.mean if pace.amounts else None, "day": None, "low": None,
            "median": None, "high": None, "not_ended": None, "months": len(pace.amounts),
            "why": "; ".join(filter(None, (why, apart))),
            "records": tuple(sorted({*money.records, *pace.records})), **said})

    if money.whole <= 0:
        if not money.records:
            return result("no money is on record" if not money.unconverted else
                          f"no rate on record leads to {money.currency}: "
                          f"{several(money.unconverted, 'fund', 'funds')} "
                          f"{'is' if money.unconverted == 1 else 'are'} in no sum")
        since = money.below_since
        return result("no money is left" + (
            f": since {since.isoformat()} more is spent than came in" if since else
            f": {money.lost:,.0f} {money.currency} lapsed unspent" if money.lost > 0 else ""),
            day=since, not_ended=0.0)
    if not pace.amounts:
        return result("no whole month of spending is on record: there is no pace" if not money.apart
                      else "no whole month of spending could be converted: there is no pace")
    if pace.mean <= 0:
        return result("nothing was spent in the months of the pace, on balance: it does not end")
    by_mean = _ends(np.full((1, HORIZON_MONTHS), pace.mean), money)[0]
    if len(pace.amounts) < 2:
        return result("one month of spending says nothing of how it goes up and down: no interval",
                      day=_date(money.as_of, float(by_mean)))
    ends = _ends(simulated(np.array(pace.amounts), runs, seed), money)

    def quantile(q: float) -> date | None:
        return _date(money.as_of, float(np.quantile(ends, q, method="inverted_cdf")))

    if runs < FEWEST_RUNS:
        return result(f"too few runs for an interval: {runs}, at least {FEWEST_RUNS} are needed",
                      day=_date(money.as_of, float(by_mean)), median=quantile(0.5),
                      not_ended=float(np.mean(~np.isfinite(ends))))
    few = "" if len(pace.amounts) >= 6 else (
        f"only {len(pace.amounts)} months of spending are on record")
    return result(few, day=_date(money.as_of, float(by_mean)), low=quantile(0.1),
                  median=quantile(0.5), high=quantile(0.9),
                  not_ended=float(np.mean(~np.isfinite(ends))))


def simulated(past: np.ndarray, runs: int, seed: int) -> np.ndarray:
    """Months of spending (runs, HORIZON_MONTHS) that the past (M >= 2,) makes likely.

    Spending goes up and down around a mean, each month following the last one a little: a first
    order autoregression. A year of months says little of its mean, its spread and how far a month
    follows the last, so that each run draws these three first: the following from the large-sample
    law of the lag-one autocorrelation after the correction of its bias (Marriott and Pope 1954),
    from 0 to 0.9; the spread from the scaled inverse chi-squared law; the mean from the normal law
    with the variance of the mean of such a series. The run begins at the last month of the past. No
    month is below 0, and no mean below a tenth of the past one.
    """
    rng = np.random.Generator(np.random.PCG64(seed))
    count, mean = len(past), float(past.mean())
    rest = past - mean
    power = float(rest @ rest)
    if power <= 1e-18 * max(1.0, mean * mean):
        return np.full((runs, HORIZON_MONTHS), mean)
    lag = float(rest[1:] @ rest[:-1]) / power
    lag = min(0.9, max(0.0, lag + (1 + 3 * lag) / count))
    follows = np.clip(rng.normal(lag, math.sqrt((1 - lag * lag) / count), runs), 0.0, 0.9)
    longer = (1 + follows) / (1 - follows)  # months that tell as much as one that stands alone
    # Months that follow each other lie closer to their own mean than to the true one.
    short = np.maximum(0.2, 1 - (longer - 1) / (count - 1))
    spread = np.sqrt(power / rng.chisquare(count - 1, runs) / short)
    level = np.maximum(0.1 * mean, mean + rng.normal(size=runs) * spread * np.sqrt(longer / count))
    out = np.empty((runs, HORIZON_MONTHS))
    off = past[-1] - level
    fresh = spread * np.sqrt(1 - follows**2)
    for month in range(HORIZON_MONTHS):
        off = follows * off + fresh * rng.normal(size=runs)
        out[:, month] = np.maximum(0.0, level + off)
    return out


def _ends(spending: np.ndarray, money: Money) -> np.ndarray:
    """Days from `as_of` until the money ends for good, (R,); infinity: not within the months.

    spending : (R, M) a month. "For good": from then on until the horizon no money is left that
    could be spent; a gap before the next arrival only makes work wait. What lapses first is spent
    first, up to its last day, and what is left of it then is lost: where nothing else is left, the
    money ends on that day.
    """
    starts = _month_starts(money.as_of, spending.shape[1])
    # Stretches within which nothing lapses: months, divided after each last day.
    lasts = [(day - money.as_of).days for day, _, _ in sorted(money.lapses)]
    edges = np.union1d(starts, [float(d + 1) for d in lasts if 0 <= d < starts[-1] - 1])
    of = np.searchsorted(starts, edges[:-1], side="right") - 1  # the month of each stretch
    part_of = np.diff(edges) / np.diff(starts)[of]
    begins = np.searchsorted(edges, starts)  # the stretch with which each month begins
    count = len(of)

    def stretch(day: date) -> int:
        """The first of its month: what comes may be used from the month in which it arrives."""
        at = int(np.searchsorted(starts, (day - money.as_of).days, side="right")) - 1
        return int(begins[min(at, len(starts) - 1)])

    comes = np.zeros(count)
    for day, amount in money.arrives:
        if (at := stretch(day)) < count:
            comes[at] += amount
    rows = len(spending)
    left = np.full(rows, float(money.left))
    ended = np.full(rows, np.inf)
    # First and last stretch of each, what lapses first before the others, and what is left of it.
    lapsing = [(stretch(since), int(np.searchsorted(edges, last + 1)) - 1, last,
                np.full(rows, amount))
               for last, (_, amount, since) in zip(lasts, sorted(money.lapses), strict=True)]
    more = np.concatenate([np.cumsum(comes[::-1])[::-1][1:], [0.0]])  # after stretch m
    for m in range(count):
        have = left + comes[m]
        wants = spending[:, of[m]] * part_of[m]
        length = edges[m + 1] - edges[m]
        out = (have <= wants) & (more[m] <= 0) & np.isinf(ended)
        share = np.divide(np.maximum(have, 0.0), wants, out=np.zeros(rows), where=wants > 0)
        ended[out] = edges[m] + length * np.clip(share[out], 0.0, 1.0)
        # With more to come, work waits; a refund (below zero) is money that comes back.
        left = np.where(more[m] > 0, np.maximum(have - wants, np.minimum(have, 0.0)), have - wants)
        spent = np.clip(wants, 0.0, np.maximum(have, 0.0))
        for first, last, day_of_last, rest in lapsing:
            if first <= m <= last:
                part = np.minimum(spent, rest)
                spent -= part
                rest -= part
                if m == last:
                    lost = np.minimum(rest, np.maximum(left, 0.0))
                    left -= lost
                    ended[(lost > 0) & (left <= 1e-9 * lost) & (more[m] <= 0)
                          & np.isinf(ended)] = day_of_last
        if more[m] <= 0 and np.isfinite(ended).all():
            break
    return ended


def _month_starts(as_of: date, months: int) -> np.ndarray:
    """Days from `as_of` to the starts of `months` periods of one calendar month, and their end."""
    first = as_of.toordinal()
    out = []
    for m in range(months + 1):
        at = _index(as_of) + m
        last = (date(at // 12 + (at % 12 == 11), (at + 1) % 12 + 1, 1) - timedelta(days=1)).day
        out.append(date(at // 12, at % 12 + 1, min(as_of.day, last)).toordinal() - first)
    return np.array(out, dtype=float)


def _date(start: date, days: float) -> date | None:
    return start + timedelta(days=math.floor(days)) if math.isfinite(days) else None


def plan_runway(scope: str, basis: str, money: Money,
                costs: Sequence[tuple[date | None, float, str]], why: str = "",
                last: date | None = None) -> PlanRunway:
    """When the costs of a plan, each bound on its day, are more than the money that arrived.

    costs : (day, amount in the currency of the money, name of the step); a step without a day is
    not within the plan. why : what is not in the costs, in words: nobody can call it enough then.
    last : the last day of the plan; what comes after it pays none of its
    steps, and is said. None: the day of the last of the costs.
    """
    dated = sorted(((d, n, c) for d, c, n in costs if d is not None), key=lambda x: (x[0], x[1]))
    short, lost = uncovered(money, [(d, c) for d, _, c in dated])
    first = dated[short[0]] if short else None
    whole = math.fsum(c for _, c, _ in costs)
    last = last or max((d for d, _, _ in dated), default=None)
    sure = not money.apart and not why
    why = "; ".join(filter(None, (
        why, "" if not money.unconverted else
        without_rate(money.unconverted), money.untold)))
    after = [(d, a) for d, a in money.arrives if last is not None and d > last]
    return PlanRunway(scope, basis, money.currency, money.whole, whole,
                      None if first is None else first[0], "" if first is None else first[1],
                      whole + lost - money.whole, sum(d is None for d, _, _ in costs), why,
                      math.fsum(a for _, a in after), min((d for d, _ in after), default=None),
                      money.apart, sure and not short and whole + lost <= money.whole,
                      money.at_most)


def uncovered(money: Money, costs: Sequence[tuple[date, float]]) -> tuple[list[int], float]:
    """(indexes of costs (day, amount), in the order of their days, of which no money is there with
    all those before them; what lapsed, unspent, before the last of them)."""
    bound, lost = 0.0, 0.0
    short = []
    lapsing = sorted(money.lapses)
    rest = [amount for _, amount, _ in lapsing]
    at = 0  # those before it have lapsed
    for i, (on, cost) in enumerate(costs):
        # What could not be spent any more by then is lost; what lapses first is spent first.
        while at < len(lapsing) and lapsing[at][0] < on:
            lost += rest[at]
            at += 1
        bound, left = bound + cost, cost
        for n in range(at, len(lapsing)):
            if lapsing[n][2] <= on:
                part = min(left, rest[n])
                rest[n] -= part
                left -= part
        if bound + lost > money.until(max(on, money.as_of)) * (1 + 1e-12) + 1e-9:
            short.append(i)
    return short, lost
