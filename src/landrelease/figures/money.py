"""Money of a programme: funds and expenses in; totals, what is left, and doubts out.

An amount stands in the currency in which it was recorded and, where a recorded rate allows it, in
one currency for all (`core.currency`). What cannot be converted is listed apart and is in no sum of
another currency. Sums of one currency are sums of decimal numbers: adding up the records again
gives the same cents. What nobody reported is None, which is not zero (S12).

By phase money stands where it came from: an expense that names a fund is taken off the phase of
that fund, whatever phase it was spent on (`phase_of`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from landrelease.core.currency import Converted, RateTable
from landrelease.core.kind import DECLINED, NOT_REPORTED
from landrelease.core.ledger import Figure
from landrelease.core.links import Links
from landrelease.core.plurals import counted, several
from landrelease.core.record import Record
from landrelease.errors import (
    EXPENSE_EARMARK_UNKNOWN,
    EXPENSE_FUND_UNKNOWN,
    EXPENSE_NO_DAY,
    EXPENSE_NOT_EARMARKED,
    EXPENSE_TWICE,
    FUND_OVERSPENT,
    FUND_SPENT_EARLY,
    RATES_DIFFER,
    Message,
)
from landrelease.figures.metric import Metric

State = Literal["announced", "committed", "received", "bound", "paid", "not_reported"]
FUND_STATES: tuple[State, ...] = ("announced", "committed", "received", "not_reported")
SPENT_STATES: tuple[State, ...] = ("bound", "paid")
PHASES = ("demining", "rebuilding", "both", NOT_REPORTED)
UNNAMED = NOT_REPORTED  # a donor, an activity, a method that nobody reported


@dataclass(frozen=True, slots=True)
class Entry:
    """One fund or expense. `amount` is in `currency`; `value` in the programme's, None where no
    recorded rate can be used. `day`: when it came in or went out, for what lies ahead when it is
    meant to; None: not reported. `fund`: id of the fund that paid an expense, "" not reported."""

    id: str
    kind: Literal["fund", "expense"]
    state: State
    phase: str
    donor: str
    amount: float
    currency: str
    day: date | None
    value: float | None
    path: str
    rates: tuple[str, ...]
    fund: str = ""
    project: str = ""
    activity: str = UNNAMED
    method: str = UNNAMED
    organisation: str = ""
    areas: tuple[str, ...] = ()  # of a fund: for which alone; of an expense: where, and around it
    activities: tuple[str, ...] = ()  # of a fund: for which alone
    until: date | None = None  # of a fund: last day on which it may be spent
    came_in: date | None = None  # of a fund: the day on which it came in, where one is stated
    charged: str = ""  # of an expense: phase of the fund that it names, whose money it took
    document: str = ""  # of an expense: number of the invoice


@dataclass(frozen=True, slots=True)
class Doubt:
    """What is wrong or unclear with a record: a message of the catalogue, with its facts."""

    message: Message
    record: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def code(self) -> str:
        return self.message.code

    @property
    def words(self) -> str:
        return self.message.text(record=self.record, **self.facts)


@dataclass(frozen=True, slots=True)
class Account:
    """All entries as of a day, in the order of their ids.

    `unusable`: records of funds and expenses without a usable amount, currency or with a day after
    `as_of`, by the reason: they are in no sum. `bound_undated`: orders of which no record tells
    since when they are bound: they are in the account of every day.
    """

    as_of: date
    currency: str
    entries: tuple[Entry, ...]
    doubts: tuple[Doubt, ...]
    unusable: dict[str, tuple[str, ...]]
    bound_undated: tuple[str, ...] = ()

    @property
    def funds(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.kind == "fund")

    @property
    def expenses(self) -> tuple[Entry, ...]:
        return tuple(e for e in self.entries if e.kind == "expense")


@dataclass(frozen=True, slots=True)
class Total:
    """Sums of one currency over the entries of a group. None: no such record.

    `promised` is announced and committed, not yet received. `left` is received - paid - bound; None
    where nothing received is on record.
    """

    group: str
    currency: str
    announced: float | None
    committed: float | None
    received: float | None
    paid: float | None
    bound: float | None
    left: float | None
    unclear: float | None  # funds whose state nobody reported: in no other column
    records: tuple[str, ...]


# --- records in ----------------------------------------------------------------------------------


def account(
    funds: Sequence[Record],
    expenses: Sequence[Record],
    rates: RateTable,
    *,
    currency: str,
    as_of: date,
    tasks: Sequence[Record] = (),
    areas: Sequence[Record] = (),
    then: Mapping[str, Record] | None = None,
) -> Account:
    """Funds and expenses as entries, with what is doubtful about them.

    currency : into which amounts are converted, ISO 4217. tasks : an expense that names a task and
    no kind of work is of the task's kind and method. areas : administrative areas; what was spent
    in a part of an area was spent in the area.

    A received fund is converted at the day on which it came in, an expense at the day on which it
    was paid, what lies ahead at `as_of`. An expense without a state is paid. A fund with a day of
    receipt after `as_of` counts as committed.
    """
    fund_links, orders = Links(funds), Links(tasks)
    phases = {r.id: _word(r, "phase") or NOT_REPORTED for r in funds}
    wider = _Wider(areas)
    entries: list[Entry] = []
    by_id: dict[str, Entry] = {}
    doubts: list[Doubt] = []
    unusable: dict[str, list[str]] = defaultdict(list)
    standing = {r.id: r if then is None else _stood(r, then, as_of) for r in expenses}
    for own in sorted((*funds, *expenses), key=lambda r: (r.kind != "fund", r.id)):
        r = own if own.kind == "fund" else standing[own.id]
        if r is None:
            unusable[f"bound after {as_of.isoformat()}"].append(own.id)
            continue
        amount, said = r.values.get("amount"), _word(r, "currency").upper()
        if isinstance(amount, bool) or not isinstance(amount, (int, float)):
            unusable["declined" if amount == DECLINED else "amount not reported"].append(r.id)
            continue
        if not math.isfinite(amount):
            unusable["amount is no number"].append(r.id)
            continue
        if not said:
            unusable["currency not reported"].append(r.id)
            continue
        made = (_fund(r, said, as_of) if r.kind == "fund"
                else _expense(r, said, as_of, fund_links, orders, doubts))
        if made is None:
            unusable[f"after {as_of.isoformat()}"].append(r.id)
            continue
        day = None if made.day is None else min(made.day, as_of)
        found: Converted | None = rates.convert(made.amount, said, currency, day)
        more: dict[str, Any] = {} if found is None else {
            "value": found.value, "path": found.words, "rates": found.rate_ids}
        if made.areas:
            more["areas"] = (wider.around if made.kind == "expense" else wider.ids)(made.areas)
        if made.kind == "expense":
            more |= {"charged": phases.get(made.fund, ""), **_of_fund(made, by_id)}
        entries.append(replace(made, **more))
        if made.kind == "fund":  # funds come before expenses
            by_id[made.id] = entries[-1]
    doubts += _twice(e for e in entries if e.kind == "expense")
    doubts += _earmarks([e for e in entries if e.kind == "expense"], by_id)
    doubts += _overspent(entries, by_id, rates)
    doubts += [Doubt(RATES_DIFFER, second.id, {
        "other": first.id, "rate": second.rate, "held": first.rate,
        "pair": f"{first.before} to {first.after}", "day": first.day.isoformat()})
        for first, second in rates.doubled]
    return Account(as_of, currency, tuple(entries), tuple(doubts),
                   {k: tuple(v) for k, v in sorted(unusable.items())}, tuple(
                       e.id for e in entries if e.state == "bound"
                       and (r := standing[e.id]) is not None and r.valid_from is None))


def is_bound(expense: Record) -> bool:
    """Whether it is an order or a contract that is not paid."""
    return _word(expense, "expense_status") == "committed"


def bound_or_paid_after(expense: Record, as_of: date) -> bool:
    """Whether what was bound on a day has to be asked of the past of this expense (`_stood`)."""
    paid = _day(expense, "paid_on")
    return is_bound(expense) or (paid is not None and paid > as_of)


def _stood(r: Record, then: Mapping[str, Record], as_of: date) -> Record | None:
    """An expense as it stood on a day; None: it was bound later, by its date of information.

    What is bound now counts as its record stood then. What was paid after the day was bound on it
    where its record said so. What was paid by then was paid, whenever it came on record.
    """
    before = then.get(r.id)
    if is_bound(r):
        return before
    return before if before is not None and is_bound(before) and bound_or_paid_after(
        r, as_of) else r


class _Wider:
    """Administrative areas by id, and those that each of them is part of."""

    def __init__(self, areas: Sequence[Record]):
        self.links = Links(areas)

    def ids(self, words: Iterable[str]) -> tuple[str, ...]:
        """The ids behind words; a word that names no recorded area stays as it is."""
        out: dict[str, None] = {}
        for word in words:
            found = self.links.of(word)
            out |= dict.fromkeys([r.id for r in found] or [word])
        return tuple(out)

    def around(self, words: Iterable[str]) -> tuple[str, ...]:
        """The same, with all areas that they are part of."""
        out: dict[str, None] = {}
        waiting = list(self.ids(words))
        while waiting:
            name = waiting.pop(0)
            if name in out:
                continue
            out[name] = None
            waiting += [r.id for own in self.links.of(name)
                        for r in self.links.of(own.values.get("part_of"))]
        return tuple(out)


def _word(record: Record, name: str) -> str:
    value = record.values.get(name)
    return "" if value in (None, NOT_REPORTED, DECLINED) else str(value).strip()


def _day(record: Record, *names: str) -> date | None:
    return next((v for n in names if isinstance(v := record.values.get(n), date)), None)


def _words(record: Record, name: str) -> tuple[str, ...]:
    value = record.values.get(name)
    listed = value if isinstance(value, (list, tuple)) else ()
    return tuple(str(v) for v in listed if v not in (NOT_REPORTED, DECLINED, ""))


def _fund(r: Record, currency: str, as_of: date) -> Entry | None:
    received = _day(r, "received_on")
    said = _word(r, "fund_status")
    state: State = "not_reported"
    if said in ("announced", "committed", "received"):
        state = said  # type: ignore[assignment]
    elif received is not None:
        state = "received"
    if state == "received" and received is not None and received > as_of:
        state = "committed"
    pledged = _day(r, "pledged_on")
    if pledged is not None and pledged > as_of and state != "received":
        return None
    day = received or _day(r, "available_on") or pledged
    return Entry(r.id, "fund", state, _word(r, "phase") or NOT_REPORTED,
                 _word(r, "donor") or UNNAMED, float(r.values["amount"]), currency, day, None, "",
                 (), fund=r.id, areas=_words(r, "earmark_areas"),
                 activities=_words(r, "earmark_activities"), until=_day(r, "spend_until"),
                 came_in=received)


def _expense(r: Record, currency: str, as_of: date, funds: Links, tasks: Links,
             doubts: list[Doubt]) -> Entry | None:
    paid, due = _day(r, "paid_on"), _day(r, "due_on")
    bound = is_bound(r)
    if paid is not None and paid > as_of and not bound:
        return None
    day = (due or paid) if bound else paid
    if day is None:
        doubts.append(Doubt(EXPENSE_NO_DAY, r.id))
    fund = ""
    named = _word(r, "fund")
    if named:
        found = funds.of(named)
        if len(found) == 1:
            fund = found[0].id
        else:
            doubts.append(Doubt(EXPENSE_FUND_UNKNOWN, r.id, {"fund": named, "found": len(found)}))
    activity, method = _word(r, "activity_type"), _word(r, "method")
    for task in tasks.of(r.values.get("task")):
        activity = activity or _word(task, "task_type")
        method = method or _word(task, "method")
    place = _word(r, "area")
    return Entry(r.id, "expense", "bound" if bound else "paid", _word(r, "phase") or NOT_REPORTED,
                 _word(r, "donor") or UNNAMED, float(r.values["amount"]), currency, day, None, "",
                 (), fund=fund, project=_word(r, "project"), activity=activity or UNNAMED,
                 method=method or UNNAMED, organisation=_word(r, "organisation"),
                 areas=(place,) if place else (), document=_word(r, "document"))


def _of_fund(expense: Entry, funds: dict[str, Entry]) -> dict[str, Any]:
    """An expense without a donor or a phase has those of the fund that paid it."""
    paid_by = funds.get(expense.fund)
    if paid_by is None:
        return {}
    return {"donor": paid_by.donor if expense.donor == UNNAMED else expense.donor,
            "phase": paid_by.phase if expense.phase == NOT_REPORTED and paid_by.phase != "both"
            else expense.phase}


# --- booked twice --------------------------------------------------------------------------------


def _twice(expenses: Iterable[Entry]) -> list[Doubt]:
    """Expenses of one amount, currency, day, organisation and number of an invoice under several
    ids: one may be the other. Both count until a person says. Without the number of an invoice
    nothing is said: wages of a day are often alike."""
    first: dict[tuple[Any, ...], str] = {}
    out = []
    for e in expenses:
        invoice = "".join(e.document.split()).casefold()
        if not invoice:
            continue
        key = (invoice, e.amount, e.currency, e.day, " ".join(e.organisation.split()).casefold())
        other = first.setdefault(key, e.id)
        if other != e.id:
            out.append(Doubt(EXPENSE_TWICE, e.id, {"other": other, "document": e.document}))
    return out


# --- earmarks ------------------------------------------------------------------------------------


def _earmarks(expenses: Iterable[Entry], funds: dict[str, Entry]) -> list[Doubt]:
    """Expenses that their fund was not given for, and those of which nobody can tell."""
    out: list[Doubt] = []
    for e in expenses:
        fund = funds.get(e.fund)
        if fund is None:
            continue

        def unfit(what: str, found: str, expected: str, e: Entry = e, fund: Entry = fund) -> None:
            out.append(Doubt(EXPENSE_NOT_EARMARKED, e.id, {
                "what": what, "found": found, "fund": fund.id, "expected": expected}))

        def unknown(what: str, expected: str, e: Entry = e, fund: Entry = fund) -> None:
            out.append(Doubt(EXPENSE_EARMARK_UNKNOWN, e.id, {
                "what": what, "fund": fund.id, "expected": expected}))

        if fund.phase not in (e.phase, "both") and NOT_REPORTED not in (e.phase, fund.phase):
            unfit("phase", e.phase, fund.phase)
        given = ", ".join(fund.activities)
        if fund.activities and e.activity == UNNAMED:
            unknown("kind of work", given)
        elif fund.activities and e.activity not in fund.activities:
            unfit("kind of work", e.activity, given)
        given = ", ".join(fund.areas)
        if fund.areas and not e.areas:
            unknown("area", given)
        elif fund.areas and not set(e.areas) & set(fund.areas):
            unfit("area", e.areas[0], given)
        if fund.until is not None and e.day is not None and e.day > fund.until:
            unfit("day", e.day.isoformat(), f"at most {fund.until.isoformat()}")
    return out


def _overspent(entries: Sequence[Entry], funds: dict[str, Entry], rates: RateTable
               ) -> list[Doubt]:
    """Funds of which more was spent than came in, or was spent before it came in, in their own
    currency. What cannot be converted may have been spent on top; where a refund is among it,
    nobody can tell."""
    out = []
    spent: dict[str, list[Entry]] = defaultdict(list)
    for e in entries:
        if e.kind == "expense" and e.fund:
            spent[e.fund].append(e)
    for total in by_fund(entries, rates):
        fund = funds[total.group]
        known = total.left
        at_least = ""
        if known is None and total.received is not None and all(
                e.amount >= 0 or _in_fund(e, fund, rates) is not None for e in spent[fund.id]):
            known = exact_sum((total.received, -(total.paid or 0.0), -(total.bound or 0.0)))
            at_least = "at least "
        if fund.state == "received" and known is not None and known < 0:
            out.append(Doubt(FUND_OVERSPENT, fund.id, {
                "amount": round(-known, 2), "currency": fund.currency, "at_least": at_least}))
        elif fund.state == "received" and fund.came_in is not None and (early := [
                amount for e in spent[fund.id] if e.state == "paid" and e.day is not None
                and e.day < fund.came_in
                and (amount := _in_fund(e, fund, rates)) is not None and amount > 0]):
            out.append(Doubt(FUND_SPENT_EARLY, fund.id, {
                "amount": round(exact_sum(early), 2), "currency": fund.currency,
                "state": f"not received until {fund.came_in.isoformat()}"}))
        elif fund.state != "received" and (total.paid or 0) > 0:
            out.append(Doubt(FUND_SPENT_EARLY, fund.id, {
                "amount": round(total.paid or 0, 2), "currency": fund.currency,
                "state": f"{fund.state}, not received"}))
    return out


def _in_fund(expense: Entry, fund: Entry, rates: RateTable) -> float | None:
    """An expense in the currency of its fund; None: no recorded rate can be used."""
    if expense.currency == fund.currency:
        return expense.amount
    there = rates.convert(expense.amount, expense.currency, fund.currency, expense.day)
    return None if there is None else there.value


# --- sums ----------------------------------------------------------------------------------------


def exact_sum(amounts: Iterable[float]) -> float:
    """The sum of amounts as the decimal numbers that they are written as."""
    return float(sum((Decimal(repr(float(a))) for a in amounts), Decimal(0)))


def totals(entries: Iterable[Entry], group: Callable[[Entry], str], *,
           currency: str | None = None) -> tuple[Total, ...]:
    """Sums by group and recorded currency; with `currency` those in that currency alone, of what
    could be converted. In the order of the groups' names."""
    cells: dict[tuple[str, str], dict[State, list[Entry]]] = defaultdict(lambda: defaultdict(list))
    for e in entries:
        if currency is not None and e.value is None:
            continue
        cells[group(e), currency or e.currency][e.state].append(e)
    return tuple(_total(name, unit, found, converted=currency is not None)
                 for (name, unit), found in sorted(cells.items()))


def _total(name: str, unit: str, found: dict[State, list[Entry]], *, converted: bool) -> Total:
    def of(state: State, kind: str) -> float | None:
        listed = [e for e in found.get(state, []) if e.kind == kind]
        if not listed:
            return None
        return exact_sum((e.value or 0.0) if converted else e.amount for e in listed)

    received, paid, bound = of("received", "fund"), of("paid", "expense"), of("bound", "expense")
    left = None if received is None else exact_sum((received, -(paid or 0.0), -(bound or 0.0)))
    records = sorted(e.id for listed in found.values() for e in listed)
    return Total(name, unit, of("announced", "fund"), of("committed", "fund"), received, paid,
                 bound, left, of("not_reported", "fund"), tuple(records))


def by_fund(entries: Iterable[Entry], rates: RateTable) -> tuple[Total, ...]:
    """What came in, was spent and is left of each fund, in the fund's own currency.

    An expense in another currency counts at the rate of its day; where there is none it is in no
    column, and the fund's `left` is None: more may have been spent than is known.
    """
    listed = list(entries)
    spent: dict[str, list[Entry]] = defaultdict(list)
    for e in listed:
        if e.kind == "expense" and e.fund:
            spent[e.fund].append(e)
    out = []
    for fund in (e for e in listed if e.kind == "fund"):
        found: dict[State, list[Entry]] = {fund.state: [fund]}
        unknown = False
        for e in spent[fund.id]:
            there = _in_fund(e, fund, rates)
            if there is None:
                unknown = True
                continue
            found.setdefault(e.state, []).append(
                e if e.currency == fund.currency else
                replace(e, amount=there, currency=fund.currency))
        made = _total(fund.id, fund.currency, found, converted=False)
        out.append(replace(made, left=None) if unknown else made)
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Unlinked:
    """Expenses that name no fund, of one phase, and how much of them a stated rule charges to
    funds. `rest`: what no fund of the phase covers. `over`: what came back beyond all that was
    spent: no fund is charged then, and none is given it."""

    phase: str
    currency: str
    amount: float
    charged: dict[str, float]
    rest: float
    records: tuple[str, ...]
    over: float = 0.0


def charge_unlinked(found: Account) -> tuple[Unlinked, ...]:
    """Expenses that name no fund, charged by a stated rule: first in, first out.

    The oldest received money of the phase (then of both phases) that is still left pays first; a
    fund that is given for single areas or kinds of work pays only what names one of them. In the
    programme's currency; what could not be converted is not in it. A refund goes back the way that
    money came, the last first: to what no fund covered, then to the funds charged last; what is
    left of it pays what comes later. The rule says who could have paid, not who paid: it stands
    apart from what vouchers say.
    """
    left: dict[str, Decimal] = {}
    for fund in found.funds:
        if fund.state == "received" and fund.value is not None:
            linked = exact_sum(e.value or 0.0 for e in found.expenses
                               if e.fund == fund.id and e.value is not None)
            left[fund.id] = Decimal(repr(max(0.0, exact_sum((fund.value, -linked)))))
    order = sorted((f for f in found.funds if left.get(f.id, 0) > 0),
                   key=lambda f: (f.phase == "both", f.day or date.max, f.id))
    loose: dict[str, list[Entry]] = defaultdict(list)
    for e in found.expenses:
        if not e.fund and e.value is not None:
            loose[e.phase].append(e)
    out = []
    for phase, listed in sorted(loose.items()):
        paid: list[tuple[str, Decimal]] = []  # what each fund was charged, in order
        rest = over = Decimal(0)
        for e in sorted(listed, key=lambda e: (e.day or date.max, e.id)):
            need = Decimal(repr(float(e.value or 0.0)))
            if need < 0:
                part = min(-need, rest)
                rest -= part
                need += part
                while need < 0 and paid:
                    name, last = paid.pop()
                    part = min(-need, last)
                    left[name] += part
                    need += part
                    if last > part:
                        paid.append((name, last - part))
                over -= need
                continue
            part = min(need, over)
            over -= part
            need -= part
            for fund in order:
                if fund.phase in (phase, "both") and _allowed(e, fund):
                    part = min(need, left[fund.id])
                    left[fund.id] -= part
                    need -= part
                    if part > 0:
                        paid.append((fund.id, part))
            rest += need
        charged: dict[str, Decimal] = defaultdict(Decimal)
        for name, part in paid:
            charged[name] += part
        out.append(Unlinked(phase, found.currency, exact_sum(e.value or 0.0 for e in listed),
                            {k: round(float(v), 2) for k, v in sorted(charged.items())},
                            round(float(rest), 2), tuple(sorted(e.id for e in listed)),
                            round(float(over), 2)))
    return tuple(out)


def _allowed(expense: Entry, fund: Entry) -> bool:
    return ((not fund.activities or expense.activity in fund.activities)
            and (not fund.areas or bool(set(fund.areas) & set(expense.areas)))
            and (fund.until is None or expense.day is None or expense.day <= fund.until)
            and (fund.day is None or expense.day is None or fund.day <= expense.day))


def phase_of(entry: Entry) -> str:
    """The phase whose money it is: of a fund its own, of an expense that of the fund that it names
    (there the money is gone, whatever it was spent on), else the one that it states. "both" is a
    phase of its own: nobody has said how such a fund is shared."""
    return entry.charged or entry.phase


def day_of(entry: Entry) -> str:
    """"2027-03-31"; what has no day is of no day."""
    return NOT_REPORTED if entry.day is None else entry.day.isoformat()


def month_of(entry: Entry) -> str:
    """"2027-03"; what has no day is of no month."""
    return NOT_REPORTED if entry.day is None else f"{entry.day:%Y-%m}"


# --- figures -------------------------------------------------------------------------------------

_COUNTS = ("Fund and expense records with an amount, a currency and no day after that of the "
           "account, converted by recorded rates; what has no rate is in no sum and is said; also "
           "by phase, as money_...:PHASE, an expense in the phase of the fund that it names, whose "
           "money it is")
_COLUMNS = {column: Metric(f"money_{column}", name, definition, "currency of most records",
                           f"{what}; {_COUNTS}", "money", subject=subject, field="amount")
            for column, subject, name, definition, what in (
    ("received", "fund", "Money received", "Funds whose money has come in.",
     "fund_status received, or a day on which it came in"),
    ("committed", "fund", "Money committed", "Funds that were committed and have not come in.",
     "fund_status committed"),
    ("announced", "fund", "Money announced", "Funds that were announced and not yet committed.",
     "fund_status announced"),
    ("paid", "expense", "Money spent", "Expenses that were paid, refunds taken off.",
     "expense_status other than committed"),
    ("bound", "expense", "Money bound", "Expenses bound by contract or order and not yet paid.",
     "expense_status committed"),
    ("left", "fund", "Money left", "Received, less what was paid and what is bound.",
     "the figures money_received, money_paid and money_bound"))}
METRICS = tuple(_COLUMNS.values())


APART = "not converted and not in it"


@dataclass(frozen=True, slots=True)
class Apart:
    """Entries of one currency without a usable rate: in no sum of another one. `least`: the
    smallest of the amounts; below zero where a refund is among them."""

    currency: str
    records: int
    amount: float
    least: float


def apart_of(entries: Iterable[Entry]) -> tuple[Apart, ...]:
    """What could not be converted, by currency."""
    found: dict[str, list[float]] = defaultdict(list)
    for e in entries:
        if e.value is None:
            found[e.currency].append(e.amount)
    return tuple(Apart(unit, len(amounts), exact_sum(amounts), min(amounts))
                 for unit, amounts in sorted(found.items()))


def expenses_said(apart: Iterable[Apart]) -> str:
    """ "2 expenses of 2,000,000 UAH" and so on; "" where there is none."""
    return ", ".join(f"{several(a.records, 'expense', 'expenses')} of {a.amount:,.0f} {a.currency}"
                     for a in apart)


def apart_words(entries: Iterable[Entry]) -> str:
    """What could not be converted and is in no sum; "" where all was."""
    found = apart_of(entries)
    return "" if not found else f"{APART}: " + ", ".join(
        counted("{records} records in {currency} ({amount})", records=f"{a.records:,}",
                currency=a.currency, amount=f"{a.amount:,.0f}") for a in found)


def money_figures(found: Account, chain_head: str) -> tuple[Figure, ...]:
    """One figure a column, for all phases and for each, in the programme's currency; what could
    not be converted is named in the note of each figure that it is missing from."""
    out = []
    groups: tuple[tuple[str, Callable[[Entry], str]], ...] = (
        ("", lambda e: "all"), (":phase", phase_of))
    for _, by in groups:
        for total in totals(found.entries, by, currency=found.currency):
            for column, metric in _COLUMNS.items():
                value = getattr(total, column)
                scope = total.group
                if value is None:  # of the whole it is said, of a phase there is no figure
                    if scope == "all":
                        out.append(replace(metric.figure(None, (), chain_head),
                                           unit=found.currency))
                    continue
                kinds = ("fund", "expense") if column == "left" else (metric.subject,)
                states = {"left": ("received", "paid", "bound")}.get(column, (column,))
                own = [e for e in found.entries if e.kind in kinds and e.state in states
                       and scope in ("all", phase_of(e))]
                note = apart_words(own)
                records = tuple(e.id for e in own if e.value is not None)
                used = set(records)
                rates = sorted({r for e in found.entries if e.id in used for r in e.rates})
                made = metric.figure(value, (*records, *rates), chain_head, scope=scope, note=note)
                out.append(replace(
                    made, name=made.name if scope == "all" else f"{made.name}, {scope}",
                    definition=f"{made.definition} As of {found.as_of.isoformat()}, in "
                               f"{found.currency}.", unit=found.currency))
    return tuple(out)
