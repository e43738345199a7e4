"""Money: records in under a reader's role; totals, unit costs and the day the money ends out."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from landrelease.core.kind import NOT_REPORTED
from landrelease.core.record import Record
from landrelease.errors import (
    MONEY_CURRENCY,
    MONEY_NOTHING,
    MONEY_RATE_SOURCE,
    LandReleaseError,
)
from landrelease.workflows.cost_ground import (
    Report,
    counted_once,
    names_at,
    reports_behind,
    work_of,
)

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.assumption import Assumptions
    from landrelease.core.columns import Columns
    from landrelease.core.currency import RateTable
    from landrelease.core.ledger import Figure
    from landrelease.figures.money import Account, Total
    from landrelease.figures.runway import Money
    from landrelease.store.registry import Registry
    from landrelease.store.results import PlanFile


JOINT_RULES = ("team_days", "area", "none")  # how `costs` spreads what names no kind of work


@dataclass(frozen=True, slots=True)
class Books:
    """The account, the rates by which it was converted, and what they were read from."""

    account: Account
    rates: RateTable
    assumptions: Assumptions
    chain_head: str
    synthetic: bool
    chosen: str  # how the currency was chosen, in words
    unusable_rates: tuple[str, ...]
    known_at: datetime | None = None  # up to when records were known; None: all of them


def books(registry: Registry, reader: View, *, as_of: date, currency: str | None = None,
          rate_source: str = "", level: str | None = None, valid_at: date | None = None,
          known_at: datetime | None = None,
          held: Mapping[str, Sequence[Record]] | None = None) -> Books:
    """Funds and expenses that the reader may see, as of a day, in one currency. Orders count from
    the date of information of their records on.

    currency : None: the one of most funds and expenses. level : only records validated at least so
    far. valid_at, known_at : see `Registry.records`. held : kind -> its records of then, where
    they were read already.

    Raises MON-020: no funds and no expenses that this reader may see; MON-021: a currency that is
    no code; MON-022: no rate of that publisher.
    """
    from landrelease.core.currency import RateTable, rates_of
    from landrelease.figures.money import account, bound_or_paid_after
    from landrelease.workflows import is_synthetic, load_assumptions
    from landrelease.workflows.identities import at_level

    def records(kind: str) -> list[Record]:
        found = (held or {}).get(kind)
        if found is None:
            found = registry.records(kind, valid_at=valid_at, known_at=known_at)
        return reader.records(at_level(found, level) if level else found)

    stated = load_assumptions(None, registry)
    funds, expenses = records("fund"), records("expense")
    if not funds and not expenses:
        raise LandReleaseError(MONEY_NOTHING, role=reader.role)
    rates, unusable = rates_of(reader.records(registry.records("exchange_rate",
                                                               known_at=known_at)))
    if rate_source and not any(r.source.casefold() == rate_source.casefold() for r in rates):
        raise LandReleaseError(MONEY_RATE_SOURCE, found=rate_source, expected=", ".join(
            sorted({r.source for r in rates if r.source})) or "none is recorded")
    chosen = "as asked for"
    if currency is None:
        said = Counter(word for r in (*funds, *expenses) if _is_code(
            word := str(r.values.get("currency") or "").strip().upper()))
        currency = min(said, key=lambda c: (-said[c], c)) if said else "USD"
        chosen = (f"that of most records: {said[currency]} of {len(funds) + len(expenses)}"
                  if said else "no record states a code")
    currency = currency.strip().upper()
    if not _is_code(currency):
        raise LandReleaseError(MONEY_CURRENCY, found=currency)
    table = RateTable(rates, int(stated.value("exchange_rate_age_days")), rate_source)
    then = None
    if any(bound_or_paid_after(r, as_of) for r in expenses):
        day = as_of if valid_at is None else min(as_of, valid_at)
        then = {r.id: r for r in reader.records(registry.records("expense", valid_at=day,
                                                                 known_at=known_at))}
    made = account(funds, expenses, table, currency=currency, as_of=as_of, tasks=records("task"),
                   areas=records("administrative_area"), then=then)
    return Books(made, table, stated, registry.head(), is_synthetic(registry), chosen, unusable,
                 known_at)


def _is_code(word: str) -> bool:
    return len(word) == 3 and word.isalpha() and word.isascii()


# --- totals --------------------------------------------------------------------------------------


def summary(found: Books) -> dict[str, Any]:
    """Totals by phase, donor, currency, month, day and fund; what is apart; what is doubtful."""
    from landrelease.figures import money

    account, to = found.account, found.account.currency
    entries = account.entries

    def rows(by, **said) -> list[dict[str, Any]]:
        return [_total_row(t) for t in money.totals(entries, by, **said)]

    apart = money.totals([e for e in entries if e.value is None], lambda e: e.currency)
    return {
        **_about(found),
        "total": rows(lambda e: "all", currency=to),
        "by_phase": rows(money.phase_of, currency=to),
        "by_donor": rows(lambda e: e.donor, currency=to),
        "by_currency": rows(lambda e: e.currency),
        "by_month": rows(money.month_of, currency=to),
        "by_day": rows(money.day_of, currency=to),
        "by_fund": [_total_row(t) for t in money.by_fund(entries, found.rates)],
        "not_converted": [_total_row(t) for t in apart],
        "expenses_apart": [dataclasses.asdict(a) for a in money.apart_of(account.expenses)],
        "without_fund": [dataclasses.asdict(u) for u in money.charge_unlinked(account)],
        "without_fund_rule": "first in, first out: the oldest money of the phase that is left "
                             "pays first; nobody recorded that it did",
        "doubts": doubts(found),
        "figures": [dataclasses.asdict(f) for f in
                    money.money_figures(account, found.chain_head)],
        "entries": [{**dataclasses.asdict(e), "day": e.day and e.day.isoformat(),
                     "until": e.until and e.until.isoformat()} for e in entries],
    }


def figures_of(registry: Registry, reader: View, *, level: str | None = None,
               valid_at: date | None = None, known_at: datetime | None = None,
               currency: str | None = None, costs: bool = True, reports: Columns | None = None,
               joint: Mapping[str, str] | None = None) -> tuple[Figure, ...]:
    """The figures of money that the reader may see; none where no money is on record, or none that
    this reader may see. In `currency`, else in that of most records. As of `valid_at`, else of the
    last day on which money came in, went out or was bound: the same records give the same figures
    on every day. costs : also the cost per m²; reports : columns `REPORT_FIELDS` of work, where
    they were read already, and `joint` what `joint_work` makes of them."""
    from landrelease.figures.money import is_bound, money_figures

    held: dict[str, list[Record]] = {}
    last = valid_at
    if last is None:
        held = {kind: registry.records(kind, known_at=known_at) for kind in ("fund", "expense")}
        last = max((day for kind, name in (("fund", "received_on"), ("expense", "paid_on"))
                    for r in reader.records(held[kind])
                    if isinstance(day := (r.valid_from if kind == "expense" and is_bound(r) else
                                          r.values.get(name)), date)), default=date.min)
    try:
        found = books(registry, reader, as_of=last, level=level, valid_at=valid_at,
                      known_at=known_at, currency=currency, held=held)
    except LandReleaseError as error:
        if error.code != "MON-020":
            raise
        return ()
    made = money_figures(found.account, found.chain_head)
    if costs and any(e.state == "paid" for e in found.account.expenses):
        made += _cost_figures(found, registry, reader, level, valid_at, known_at, reports,
                              joint)
    return reader.figures(made)


REPORT_FIELDS = ("activity_type", "operational_method", "activity_status", "started_on",
                 "ended_on", "hours", "teams", "area_m2", "hazard", "task")
# More that says which reports are of one joint work (`core.joint`).
JOINT_FIELDS = ("organisation", "joint_with")


def _cost_figures(found: Books, registry: Registry, reader: View, level: str | None,
                  valid_at: date | None, known_at: datetime | None, reports: Columns | None,
                  joint: Mapping[str, str] | None) -> tuple[Figure, ...]:
    """Cost per m² by outcome and by method; reports of work are read as columns: they are many."""
    from landrelease.core.happened import by_day, happened_on
    from landrelease.figures import work
    from landrelease.figures.money import apart_words
    from landrelease.figures.unit_costs import (
        cost_figures,
        cross_costs,
        cross_figures,
        unit_costs,
    )
    from landrelease.workflows.figures import At, columns_at
    from landrelease.workflows.identities import at_level

    if reports is None:
        reports = columns_at(registry, reader, "activity", (*REPORT_FIELDS, *JOINT_FIELDS),
                             At(valid_at, known_at, level))
        joint = None
    outcomes = by_day(registry.records("outcome", valid_at=valid_at, known_at=known_at),
                      valid_at)[0]
    last = found.account.as_of
    grounds = [r for r in reader.records(at_level(outcomes, level) if level else outcomes)
               if (day := happened_on(r)) is None or day <= last]
    by_outcome, by_method, cells = work_of(
        grounds, _worked(reports, last, work.joint_work(reports)[1] if joint is None else joint),
        found.assumptions, reports_behind(reports, grounds), names_at(registry, reader, known_at))
    made = unit_costs(found.account, by_outcome, by_method, "team_days")
    apart = apart_words(e for e in found.account.expenses if e.state == "paid")
    return (*cost_figures(made, found.account.currency, found.chain_head, apart),
            *cross_figures(cross_costs(found.account, by_outcome, cells, "team_days"),
                           found.chain_head, apart))


def _worked(table: Columns, until: date, joint: Mapping[str, str]) -> list[Report]:
    """What `once`, `team_days` and `counted_once` make of records, from columns: the last of equal
    reports. joint : see `counted_once`"""
    known: dict[tuple[Any, Any], tuple[date | None, date | None, int]] = {}

    def day(text: Any) -> date | None:
        try:
            return date.fromisoformat(text)
        except (TypeError, ValueError):
            return None

    def days_of(begun: Any, done: Any) -> tuple[date | None, date | None, int]:
        """Of the days that a report states: the last, the one where it is one day alone, how many
        (0: not from a first to a last)."""
        first, last = day(begun), day(done)
        return (last or first,
                first if last in (None, first) else last if first is None else None,
                (last - first).days + 1 if first is not None and last is not None
                and last >= first else 0)

    kept: dict[Any, Report] = {}
    for name, kind, method, status, begun, done, hours, teams, area, hazard, task in zip(
            table.ids.tolist(), *(table.cells[f].tolist() for f in REPORT_FIELDS), strict=True):
        if (begun, done) not in known:
            known[begun, done] = days_of(begun, done)
        at, one, days = known[begun, done]
        if status == "planned" or (at is not None and at > until):
            continue
        own = tuple(teams) if isinstance(teams, (list, tuple)) else (teams,) if teams else ()
        hours = hours if isinstance(hours, (int, float)) and hours == hours else None
        worked = 0.0
        if hours is None or hours > 0:
            days = days or (1 if at is not None or hours is not None else 0)
            worked = float(days * max(1, len(own)))
        key = (one, own if len(own) < 2 else tuple(sorted(map(str, own))), kind, method,
               hazard) if own and one else name
        kept[key] = Report(name, str(kind or NOT_REPORTED), str(method or NOT_REPORTED), worked,
                           float(area) if isinstance(area, (int, float)) and area == area
                           else None, str(hazard or ""), str(task or ""), own)
    return counted_once(list(kept.values()), joint)


def _about(found: Books) -> dict[str, Any]:
    account = found.account
    return {
        "as_of": account.as_of.isoformat(), "currency": account.currency,
        "known_at": found.known_at.isoformat() if found.known_at else "now",
        "currency_chosen": found.chosen, "chain_head": found.chain_head,
        "synthetic": found.synthetic,
        "rates": {"recorded": len(found.rates), "max_age_days": found.rates.max_age_days,
                  "unusable": list(found.unusable_rates)},
        "not_counted": {k: list(v) for k, v in account.unusable.items()},
        "bound_undated": list(account.bound_undated),
    }


def _total_row(total: Total) -> dict[str, Any]:
    return dataclasses.asdict(total)


def doubts(found: Books) -> list[dict[str, str]]:
    """What is doubtful, with its code, the record, and both in words."""
    return [{"code": d.code, "record": d.record, "words": d.words} for d in found.account.doubts]


# --- cost per m² ---------------------------------------------------------------------------------


def costs(found: Books, registry: Registry, reader: View, *, rule: str,
          since: date | None = None, until: date | None = None) -> dict[str, Any]:
    """Cost per m² by outcome and method, of expenses and work within a period.

    rule : one of `JOINT_RULES`. since, until : days, both within; None: all until `as_of`. Ground
    counts on the day of its decision, as in all figures, else on that of its information. Ground
    and work without a day are left out where a period is given, and counted. Both are as they were
    known when the books were (`Books.known_at`).
    """
    from landrelease.core.columns import columns_of
    from landrelease.core.happened import happened_on
    from landrelease.figures import work
    from landrelease.figures.unit_costs import RULES, cross_costs, unit_costs

    chosen = next(r for r in RULES if r == rule)
    last = min(until or found.account.as_of, found.account.as_of)

    def within(day: date | None) -> bool:
        return day is not None and (since is None or since <= day) and day <= last

    bounded = since is not None or until is not None
    kept = tuple(e for e in found.account.entries if e.kind == "fund"
                 or (within(e.day) if bounded else e.day is None or within(e.day)))
    account = dataclasses.replace(found.account, entries=kept)
    activities = [r for r in reader.records(registry.records("activity", known_at=found.known_at))
                  if r.values.get("activity_status") != "planned"]
    dated = [r for r in activities if within(_day_of(r)) or (not bounded and _day_of(r) is None)]
    outcomes = reader.records(registry.records("outcome", known_at=found.known_at))
    grounds = [r for r in outcomes
               if within(happened_on(r)) or (not bounded and happened_on(r) is None)]
    table = columns_of("activity", activities, (*REPORT_FIELDS, *JOINT_FIELDS))
    by_outcome, by_method, cells = work_of(
        grounds, counted_once(_reports(dated), work.joint_work(table)[1]), found.assumptions,
        reports_behind(table, grounds), names_at(registry, reader, found.known_at))
    made = unit_costs(account, by_outcome, by_method, chosen)
    cross = cross_costs(account, by_outcome, cells, chosen)
    left_out = [e for e in found.account.expenses if e.value is None]
    return {
        **_about(found), "since": since and since.isoformat(), "until": last.isoformat(),
        **dataclasses.asdict(made),
        "cross": [dataclasses.asdict(row) for row in cross.rows],
        "cross_totals": {
            "paid": cross.paid, "direct": cross.paid - cross.joint, "joint": cross.joint,
            "joint_by_method": {m or NOT_REPORTED: v for m, v in cross.joint_by_method.items()},
            "spread": cross.joint - cross.unspread, "unspread": cross.unspread,
            "no_method": dict(cross.no_method), "outcome_m2": dict(cross.outcome_m2)},
        "cross_shares": {
            "share_of_cost": "of all that was paid for demining and could be converted "
                             "(cross_totals.paid)",
            "share_of_m2": "of the area of the outcome, each m² as its strongest release "
                           "(cross_totals.outcome_m2)"},
        "not_converted": _apart(left_out),
        "undated": {"outcome": sum(happened_on(r) is None for r in outcomes),
                    "activity": sum(_day_of(r) is None for r in activities),
                    "expense": sum(e.day is None for e in found.account.expenses)},
        "undated_counted": not bounded,
        "unverified": _unverified(registry, grounds, found.known_at),
    }


def _unverified(registry: Registry, grounds: Sequence[Record], known_at: datetime | None) -> int:
    from landrelease.workflows.identities import doubts
    from landrelease.workflows.unsigned import unsigned

    by_nobody = (doubts(registry, "outcome") if known_at is None
                 else unsigned(registry, "outcome", known_at=known_at).ids)
    return sum(r.id in by_nobody for r in grounds)


def _apart(entries: Iterable[Any]) -> dict[str, float]:
    from landrelease.figures.money import exact_sum

    found: dict[str, list[float]] = {}
    for e in entries:
        found.setdefault(e.currency, []).append(e.amount)
    return {unit: exact_sum(amounts) for unit, amounts in sorted(found.items())}


def _day_of(activity: Record) -> date | None:
    for name in ("ended_on", "started_on"):
        if isinstance(day := activity.values.get(name), date):
            return day
    return activity.valid_from


def team_days(activity: Record) -> float:
    """Days that teams worked, as a report tells it: days from the first to the last, for each of
    the teams that it names (one where it names none); a report of one day without any hours is 0.
    A record that names neither days nor hours tells of no days."""
    first, last = activity.values.get("started_on"), activity.values.get("ended_on")
    hours, teams = activity.values.get("hours"), activity.values.get("teams")
    if isinstance(hours, (int, float)) and hours <= 0:
        return 0.0
    if isinstance(first, date):
        days = (last - first).days + 1 if isinstance(last, date) and last >= first else 1
    elif isinstance(last, date) or isinstance(hours, (int, float)):
        days = 1
    else:
        return 0.0
    return float(days * max(1, len(teams) if isinstance(teams, (list, tuple)) else 1))


def once(activities: Sequence[Record]) -> list[Record]:
    """Of several reports of the same teams on one day, area and kind of work the last one."""
    kept: dict[tuple[Any, ...], Record] = {}
    for r in sorted(activities, key=lambda r: (r.valid_from or date.min, r.id)):
        first, last = r.values.get("started_on"), r.values.get("ended_on")
        teams = r.values.get("teams")
        day = first or last
        if teams and isinstance(day, date) and first in (None, day) and last in (None, day):
            listed = (teams,) if isinstance(teams, str) else tuple(sorted(map(str, teams)))
            key: tuple[Any, ...] = (day, listed, *(r.values.get(n) for n in (
                "activity_type", "operational_method", "hazard")))
        else:
            key = (r.id,)
        kept[key] = r
    return list(kept.values())


def _reports(activities: Sequence[Record]) -> list[Report]:
    out = []
    for r in once(activities):
        area, teams = r.values.get("area_m2"), r.values.get("teams")
        out.append(Report(
            r.id, str(r.values.get("activity_type", NOT_REPORTED)),
            str(r.values.get("operational_method", NOT_REPORTED)), team_days(r),
            float(area) if isinstance(area, (int, float)) else None,
            str(r.values.get("hazard") or ""), str(r.values.get("task") or ""),
            tuple(map(str, teams)) if isinstance(teams, (list, tuple)) else
            (str(teams),) if teams else ()))
    return out


# --- the day the money ends ----------------------------------------------------------------------


def runways(found: Books, *, runs: int, seed: int, plan: PlanFile | None = None,
            projects: Sequence[tuple[date | None, float, str, str]] = ()) -> dict[str, Any]:
    """The day the money ends, by phase, by fund and in total, for each count of promises.

    plan : its costs end the money of demining. projects : (day, cost, currency, id) of phase two.
    """
    from landrelease.figures import runway
    from landrelease.figures.money import phase_of

    account = found.account
    most = int(found.assumptions.value("money_pace_months"))
    by_pace, by_plan = [], []

    def pace(scope: str, money_of, expenses) -> None:
        past = runway.pace_of(expenses, account.as_of, most)
        seen = None
        for basis in runway.BASES:
            money = money_of(basis)
            if seen is not None and (money.whole, money.arrives) == (seen.whole, seen.arrives):
                continue  # no further promise: the same answer
            seen = money
            by_pace.append({"undated": money.undated, **dataclasses.asdict(runway.runway(
                scope, basis, money, past, runs=runs, seed=seed))})

    def costs_of(listed) -> tuple[list[tuple[date | None, float, str]], list[str]]:
        out, unknown = [], []
        for day, cost, unit, name in listed:
            there = found.rates.convert(cost, unit, account.currency, account.as_of)
            if there is None:
                unknown.append(f"{name} in {unit}")
            else:
                out.append((day, there.value, name))
        return out, unknown

    end = None if plan is None else plan.plan.problem.slot_starts[-1] - timedelta(days=1)

    def planned(scope: str, money_of, listed) -> None:
        costs, unknown = costs_of(listed)
        why = "" if not unknown else (
            f"{len(unknown)} costs have no recorded rate into {account.currency} and are not in it")
        for basis in runway.BASES:
            by_plan.append(dataclasses.asdict(runway.plan_runway(
                scope, basis, money_of(basis), costs, why, end)))

    pace("total", lambda b: runway.money_of(account, b), account.expenses)
    for phase in sorted({phase_of(e) for e in account.entries}):
        pace(f"phase {phase}", lambda b, p=phase: runway.money_of(account, b, phase=p),
             [e for e in account.expenses if phase_of(e) == phase])
    for fund in account.funds:
        own = [e for e in account.expenses if e.fund == fund.id]
        if own:
            pace(f"fund {fund.id}", lambda b, f=fund.id: runway.money_of(account, b, keep=[f]), own)
    silent = [f.id for f in account.funds if not any(e.fund == f.id for e in account.expenses)]
    if plan is not None:
        planned("phase demining", lambda b: _for_phase(account, b, "demining"), plan_costs(plan))
    if projects:
        planned("phase rebuilding", lambda b: _for_phase(account, b, "rebuilding"), projects)
    return {
        **_about(found), "pace": {"most_months": most, "runs": runs, "seed": seed,
                                  "horizon_months": runway.HORIZON_MONTHS},
        "by_pace": [_dated(r) for r in by_pace], "by_plan": [_dated(r) for r in by_plan],
        "funds_without_expenses": silent, "doubts": doubts(found),
    }


def _for_phase(account: Account, basis: Any, phase: str) -> Money:
    """Money of a phase alone, without what is for both: nobody has said how that is shared."""
    from landrelease.figures import runway

    return runway.money_of(account, basis, phase=phase)


def plan_costs(saved: PlanFile) -> list[tuple[date | None, float, str, str]]:
    """What each stage of a plan costs, on the day on which it starts: that binds the money."""
    problem, schedule = saved.plan.problem, saved.plan.schedule
    currency = problem.pools[0].currency if problem.pools else "USD"
    out: list[tuple[date | None, float, str, str]] = []
    for s, name in enumerate(problem.stage_ids):
        option, start = int(schedule.option[s]), int(schedule.start[s])
        if option >= 0 and start >= 0:
            out.append((problem.slot_starts[start], float(problem.option_cost[option]), currency,
                        name))
        else:
            first, end = int(problem.option_start[s]), int(problem.option_start[s + 1])
            if end > first:
                out.append((None, float(problem.option_cost[first:end].min()), currency, name))
    return out


def _dated(row: Mapping[str, Any]) -> dict[str, Any]:
    return {k: v.isoformat() if isinstance(v, date) else v for k, v in row.items()}
