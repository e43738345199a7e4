"""Cost per m² by outcome and by method: expenses, areas and days of work in, costs out.

Cancelled, reduced and cleared stand apart and are never added (S03). Costs that name their kind of
work are direct; all others are joint and are spread by a stated rule. Each cost per m² stands
between what the direct costs alone say and what it would be if all joint costs were its own; what
nobody reported stays not reported (S12).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from landrelease.core.kind import NOT_REPORTED
from landrelease.core.ledger import Figure
from landrelease.figures.metric import Metric
from landrelease.figures.money import Account, Entry

Rule = Literal["team_days", "area", "none"]
RULES: tuple[Rule, ...] = get_args(Rule)
# Kinds of work, and the outcome that each leads to (IMAS 07.11: NTS cancels, TS reduces, clearance
# clears); BAC clears battle areas.
OUTCOME_OF = {"NTS": "cancelled", "TS": "reduced", "clearance": "cleared", "BAC": "cleared",
              "road_clearance": "cleared"}
WORDS = {
    "team_days": "joint costs are spread by the days that teams worked on each",
    "area": "joint costs are spread by area",
    "none": "joint costs are not spread: they stand apart",
}


_COUNTS = ("Expenses paid for demining, in the currency of most records; joint ones spread by the "
           "days that teams worked on each; low is direct costs alone, high with all joint costs "
           "on top; what has no recorded rate is in none")
COST_OF = {outcome: Metric(
    f"cost_per_m2_{outcome}", f"Cost per m² {outcome}", f"What was paid for the work that leads to "
    f"{outcome} land, for each m² of it; ground that is still on record as hazardous is in it, "
    "because the work was done.", "currency per m²", _COUNTS, "money", f"{outcome} area, each m² "
    "as its strongest release", subject="expense", field="amount")
    for outcome in ("cancelled", "reduced", "cleared")}
WORKED_BY = "area worked on by the method, as reported"
COST_WORKED = Metric(
    "cost_per_m2_worked", "Cost per m² worked on", "What was paid for work by a method, for each "
    "m² that reports say was worked on by it; by method, as cost_per_m2_worked:METHOD.",
    "currency per m²", _COUNTS, "money", WORKED_BY,
    subject="expense", field="amount")
COST_BY = {outcome: Metric(
    f"cost_per_m2_{outcome}_by", f"Cost per m² {outcome} by a method", "What was paid for the work "
    f"by a method that leads to {outcome} land, for each m² of it by that method; by method, as "
    f"cost_per_m2_{outcome}_by:METHOD.", "currency per m²", f"{_COUNTS}; days of work belong to "
    "the method of the ground that they led to; no figure where costs name one method and other "
    "ground is of several; high also with what names the outcome and no method", "money",
    f"{outcome} area whose records name the method alone, each m² as its strongest release",
    subject="expense", field="amount")
    for outcome in COST_OF}
METRICS = (*COST_OF.values(), COST_WORKED, *COST_BY.values())
SEVERAL = "several methods"  # ground of which records name more than one
# Work of which records name no ground that it released: not yet, not as that outcome, or not said.
NO_GROUND = "no released ground"
ALONE = ("NTS", "TS")  # kinds of work that stand beside the methods as one of their own
WHY_NO_GROUND = "records of this work name no ground that it released"
WHY_SEVERAL = ("costs name one method, and some of the released ground is of several: how much of "
               "them was for it is not reported")


@dataclass(frozen=True, slots=True)
class Work:
    """What was done of one outcome or method. m2: None where nobody reported it."""

    m2: float | None
    team_days: float
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnitCost:
    """Cost of one outcome or method. `low`: by direct costs alone, `high`: if all joint costs were
    its own. None: no such cost, no such area."""

    name: str
    m2: float | None
    direct: float | None
    joint: float
    per_m2: float | None
    low: float | None
    high: float | None
    currency: str
    why: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitCosts:
    """`by_outcome`: per m² that was cancelled, reduced, cleared; other work without an area.
    `by_method`: per m² that was worked on by each method, with NTS and TS as two of them. `joint`
    costs name no kind of work; `unspread` of them are on no row."""

    rule: Rule
    words: str
    by_outcome: tuple[UnitCost, ...]
    by_method: tuple[UnitCost, ...]
    joint: float
    unspread: float
    joint_records: tuple[str, ...]


def unit_costs(found: Account, outcomes: Mapping[str, Work], methods: Mapping[str, Work],
               rule: Rule, *, phases: Sequence[str] = ("demining", "both", NOT_REPORTED)
               ) -> UnitCosts:
    """Costs per m² of what the account says was paid for.

    outcomes : of "cancelled", "reduced", "cleared": geodesic area of unions, and the days that
    teams worked towards it. methods : of a method of work: area as reported, and days. Only what
    was paid, and could be converted, counts; expenses of phase two do not.
    """
    paid = [e for e in found.expenses
            if e.state == "paid" and e.value is not None and e.phase in phases]
    by_outcome, joint, unspread, records = _rows(
        paid, outcomes, outcome_name, rule, found.currency)
    by_method, *_ = _rows([e for e in paid if e.activity in (*OUTCOME_OF, NOT_REPORTED)], methods,
                          method_name, rule, found.currency)
    return UnitCosts(rule, WORDS[rule], by_outcome, by_method, joint, unspread, records)


@dataclass(frozen=True, slots=True)
class CrossWork:
    """What was done for the ground of one outcome and method. m2: of the outcome, each m² once,
    None where no record of the outcome names the method; worked_m2, team_days: of the reports that
    led to this ground, whatever their own method; of `NO_GROUND` those that led to none."""

    m2: float | None
    worked_m2: float | None
    team_days: float
    records: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CrossCost:
    """Cost of one outcome by one method. `method` "not_reported": what names the outcome alone;
    `outcome` of other work (spot tasks, risk education): its kind. `low`: direct costs alone;
    `high`: with all that names no outcome, or this outcome and no method, on top.

    share_of_cost : of all that was paid (`CrossCosts.paid`); share_of_m2 : of the area of the
    outcome. None: no such cost, no such area.
    """

    outcome: str
    method: str
    m2: float | None
    worked_m2: float | None
    team_days: float
    direct: float | None
    joint: float
    per_m2: float | None
    low: float | None
    high: float | None
    per_worked_m2: float | None
    share_of_cost: float | None
    share_of_m2: float | None
    currency: str
    why: str
    records: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CrossCosts:
    """The cross table. `paid` = the direct costs of all rows + `joint` (names no outcome, by the
    method that it names, "" none); `joint` = the joint costs of all rows + `unspread`. The rows of
    an outcome add up to its row of `UnitCosts.by_outcome`. `no_method`: what names an outcome and
    no method, by outcome."""

    rows: tuple[CrossCost, ...]
    paid: float
    joint: float
    joint_by_method: Mapping[str, float]
    unspread: float
    no_method: Mapping[str, float]
    outcome_m2: Mapping[str, float | None]
    currency: str
    words: str


def cross_costs(found: Account, outcomes: Mapping[str, Work],
                cells: Mapping[tuple[str, str], CrossWork], rule: Rule, *,
                phases: Sequence[str] = ("demining", "both", NOT_REPORTED)) -> CrossCosts:
    """Costs by outcome and method at once, of the same expenses as `unit_costs`.

    cells : (outcome, method, `NOT_REPORTED` where none is named, `SEVERAL`, `NO_GROUND`) -> what
    was done. Direct is what names both. What names the outcome alone stays on its row
    "not_reported": nobody said by which method. What names no outcome is joint and is spread by the
    rule over all rows. Where direct costs name one method and ground of the outcome is of several,
    neither row has a cost per m²: part of the costs may have been for that ground.
    """
    paid = [e for e in found.expenses
            if e.state == "paid" and e.value is not None and e.phase in phases]
    direct: dict[tuple[str, str], list[Entry]] = {}
    shared: list[Entry] = []
    for e in paid:
        if outcome := outcome_name(e):
            direct.setdefault((outcome, ground_method(method_name(e))), []).append(e)
        else:
            shared.append(e)
    joint = math.fsum(e.value or 0.0 for e in shared)
    total = math.fsum(e.value or 0.0 for e in paid)
    weight = {key: 0.0 if rule == "none" else w.team_days if rule == "team_days" else (w.m2 or 0.0)
              for key, w in cells.items()}
    whole = math.fsum(weight.values())
    no_method = {o: math.fsum(e.value or 0.0 for e in own)
                 for (o, method), own in direct.items() if method == NOT_REPORTED}
    mixed = {o for (o, method), w in cells.items() if method == SEVERAL and w.m2}
    named = {(o, method) for o, method in direct if o in mixed and method not in (
        NOT_REPORTED, SEVERAL)}
    withheld = named | {(o, SEVERAL) for o, _ in named}
    rows = []
    for key in sorted({*cells, *direct}):
        outcome, method = key
        done, own = cells.get(key), direct.get(key, [])
        cost = math.fsum(e.value or 0.0 for e in own) if own else None
        part = joint * weight.get(key, 0.0) / whole if whole > 0 else 0.0
        m2, worked = (None, None) if done is None else (done.m2, done.worked_m2)
        area = outcomes[outcome].m2 if outcome in outcomes else None
        why = ""
        if outcome not in outcomes:
            why = "no such work with an area is on record"
        elif method == NO_GROUND:
            why = WHY_NO_GROUND
        elif key in withheld:
            why = WHY_SEVERAL
        elif not m2:
            why = "no released ground on record names it" if method != NOT_REPORTED else \
                "no released ground without a method"
        elif cost is None and part == 0:
            why = "cost not reported by outcome and method"
        elif (cost or 0.0) + part < 0:
            why = "more was paid back than was paid"
        bare = no_method.get(outcome, 0.0) if method != NOT_REPORTED else 0.0
        spent = (cost or 0.0) + part
        rows.append(CrossCost(
            outcome, method, m2, worked, 0.0 if done is None else done.team_days, cost, part,
            None if why or not m2 else spent / m2,
            None if why or not m2 else (cost or 0.0) / m2,
            None if why or not m2 else ((cost or 0.0) + bare + joint) / m2,
            spent / worked if worked and key not in withheld and (cost is not None or part)
            else None,
            spent / total if total > 0 and (cost is not None or part) else None,
            m2 / area if m2 is not None and area else None, found.currency, why,
            tuple(sorted({*(e.id for e in own), *(done.records if done else ()),
                          *((e.id for e in shared) if part else ())}))))
    by_method: dict[str, list[float]] = {}
    for e in shared:
        by_method.setdefault(method_name(e), []).append(e.value or 0.0)
    return CrossCosts(
        tuple(rows), total, joint, {m: math.fsum(v) for m, v in sorted(by_method.items())},
        0.0 if whole > 0 else joint, dict(sorted(no_method.items())),
        {o: w.m2 for o, w in outcomes.items()}, found.currency, WORDS[rule])


def cross_figures(costs: CrossCosts, head: str, apart: str = "") -> tuple[Figure, ...]:
    """The cost per m² of each outcome by each method that records name, as figures."""
    return tuple(replace(
        COST_BY[row.outcome].figure(
            row.per_m2, row.records, head, scope=row.method, low=row.low, high=row.high,
            note="; ".join(filter(None, (row.why, apart)))), unit=f"{costs.currency} per m²")
        for row in costs.rows if row.outcome in COST_BY and row.m2
        and row.method != NOT_REPORTED)


def cost_figures(costs: UnitCosts, currency: str, head: str, apart: str = ""
                 ) -> tuple[Figure, ...]:
    """The costs as figures that name the expenses, the land and the reports under them.

    apart : expenses in other currencies that are in none of them, in words
    """
    found = []
    for rows, of in ((costs.by_outcome, True), (costs.by_method, False)):
        for row in rows:
            metric = COST_OF.get(row.name) if of else COST_WORKED
            if metric is None:  # other work has no area
                continue
            made = metric.figure(row.per_m2, row.records, head, scope="all" if of else row.name,
                                 low=row.low, high=row.high,
                                 note="; ".join(filter(None, (row.why, apart))))
            found.append(replace(made, unit=f"{currency} per m²"))
    return tuple(found)


def outcome_name(e: Entry) -> str:
    """The outcome that an expense was for, or the kind of other work; "" joint."""
    return "" if e.activity == NOT_REPORTED else OUTCOME_OF.get(e.activity, e.activity)


def method_name(e: Entry) -> str:
    """The method that an expense was for; NTS and TS stand beside the methods as their own."""
    return e.activity if e.activity in ALONE else "" if e.method == NOT_REPORTED else e.method


def ground_method(method: str) -> str:
    """A method as that of ground: "mixed" is several of them, none is not reported."""
    return SEVERAL if method == "mixed" else method or NOT_REPORTED


def _rows(paid: Sequence[Entry], work: Mapping[str, Work], name_of, rule: Rule, currency: str
          ) -> tuple[tuple[UnitCost, ...], float, float, tuple[str, ...]]:
    direct: dict[str, list[Entry]] = {}
    shared: list[Entry] = []
    for e in paid:
        name = name_of(e)
        if name:
            direct.setdefault(name, []).append(e)
        else:
            shared.append(e)
    joint = math.fsum(e.value or 0.0 for e in shared)
    weight = {name: 0.0 if rule == "none" else
              w.team_days if rule == "team_days" else (w.m2 or 0.0) for name, w in work.items()}
    whole = sum(weight.values())
    rows = []
    for name in sorted({*work, *direct}):
        done = work.get(name)
        own = direct.get(name, [])
        cost = math.fsum(e.value or 0.0 for e in own) if own else None
        part = joint * weight.get(name, 0.0) / whole if whole > 0 else 0.0
        m2 = None if done is None else done.m2
        why = ""
        if name not in work:
            why = "no such work with an area is on record"
        elif m2 is None:
            why = "area not reported"
        elif m2 <= 0:
            why = "no area"
        elif cost is None and part == 0:
            why = ("cost not reported by kind of work" if rule == "none" or not shared else
                   "no days of work on record to spread joint costs by")
        elif (cost or 0.0) + part < 0:
            why = "more was paid back than was paid"
        known = m2 is not None and m2 > 0 and not why
        rows.append(UnitCost(
            name, m2, cost, part, ((cost or 0.0) + part) / m2 if known and m2 else None,
            (cost / m2 if cost is not None else 0.0) if known and m2 else None,
            ((cost or 0.0) + joint) / m2 if known and m2 else None, currency, why,
            tuple(sorted({*(e.id for e in own), *(done.records if done else ()),
                          *((e.id for e in shared) if part else ())}))))
    return (tuple(rows), joint, 0.0 if whole > 0 else joint,
            tuple(sorted(e.id for e in shared)))
