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
COST_WORKED = Metric(
    "cost_per_m2_worked", "Cost per m² worked on", "What was paid for work by a method, for each "
    "m² that reports say was worked on by it; by method, as cost_per_m2_worked:METHOD.",
    "currency per m²", _COUNTS, "money", "area worked on by the method, as reported",
    subject="expense", field="amount")
METRICS = (*COST_OF.values(), COST_WORKED)


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
    `by_method`: per m² that was worked on by each method, with NTS as one of them. `joint` costs
    name no kind of work; `unspread` of them are on no row."""

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


def cost_figures(costs: UnitCosts, currency: str, head: str) -> tuple[Figure, ...]:
    """The costs as figures that name the expenses, the land and the reports under them."""
    found = []
    for rows, of in ((costs.by_outcome, True), (costs.by_method, False)):
        for row in rows:
            metric = COST_OF.get(row.name) if of else COST_WORKED
            if metric is None:  # other work has no area
                continue
            made = metric.figure(row.per_m2, row.records, head, scope="all" if of else row.name,
                                 low=row.low, high=row.high, note=row.why)
            found.append(replace(made, unit=f"{currency} per m²"))
    return tuple(found)


def outcome_name(e: Entry) -> str:
    """The outcome that an expense was for, or the kind of other work; "" joint."""
    return "" if e.activity == NOT_REPORTED else OUTCOME_OF.get(e.activity, e.activity)


def method_name(e: Entry) -> str:
    """The method that an expense was for; NTS stands beside the methods as one of its own."""
    return "NTS" if e.activity == "NTS" else "" if e.method == NOT_REPORTED else e.method


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
        known = m2 is not None and m2 > 0 and not why
        rows.append(UnitCost(
            name, m2, cost, part, ((cost or 0.0) + part) / m2 if known and m2 else None,
            (cost / m2 if cost is not None else 0.0) if known and m2 else None,
            ((cost or 0.0) + joint) / m2 if known and m2 else None, currency, why,
            tuple(sorted({*(e.id for e in own), *(done.records if done else ()),
                          *((e.id for e in shared) if part else ())}))))
    return (tuple(rows), joint, 0.0 if whole > 0 else joint,
            tuple(sorted(e.id for e in shared)))
