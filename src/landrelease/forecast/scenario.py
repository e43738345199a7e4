"""Scenarios: named changes to what a forecast assumes, read from a file's content.

A scenario changes teams, rates, assumptions and what happens on the way; everything that it does
not name stays as it is, and the random numbers stay too, so that scenarios differ by their changes.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.work import Plan
from landrelease.errors import SCENARIO_WRONG, LandReleaseError
from landrelease.forecast.circumstances import (
    ALL,
    Breakdowns,
    Circumstances,
    Closing,
    Learning,
    Renewed,
    Shut,
    Tranche,
    Turnover,
)
from landrelease.forecast.outlook import Learned

KINDS = ("nts", "ts", "manual", "mechanical", "animal")
SETTINGS = ("name", "teams", "rates", "assumptions", "closures", "closure_process", "months",
            "breakdowns", "turnover", "learning", "money", "renewed")


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is to be forecast: the plan with its teams, the assumptions, what happens on the way."""

    name: str
    plan: Plan
    assumptions: Assumptions
    circumstances: Circumstances
    rate_factor: Mapping[str, float]
    own_lost: bool = False  # it states the days lost: what reports taught does not count then
    notes: tuple[str, ...] = ()  # what of it counts twice, or changes nothing
    taught: tuple[Assumption, ...] = ()  # by the records; none of what the scenario states

    def learned(self, found: Mapping[str, Learned]) -> dict[str, Learned]:
        """Learned rates with the scenario's factors."""
        return {kind: dataclasses.replace(
            own, low=own.low * self.rate_factor.get(kind, 1.0),
            value=own.value * self.rate_factor.get(kind, 1.0),
            high=own.high * self.rate_factor.get(kind, 1.0)) for kind, own in found.items()}


def as_planned(plan: Plan, assumptions: Assumptions, taught: tuple[Assumption, ...] = ()
               ) -> Scenario:
    return Scenario("as planned", plan, assumptions, Circumstances(), {}, taught=taught)


def scenario_of(document: Any, file: str, plan: Plan, assumptions: Assumptions,
                base: Circumstances | None = None, taught: tuple[Assumption, ...] = ()
                ) -> Scenario:
    """A scenario from a mapping of settings; docs/forecast.md lists them.

    Raises
    ------
    LandReleaseError
        FOR-009: a setting that is not known, or a value that makes no sense; the text names it.
    """
    def wrong(where: str, found: Any, expected: str) -> LandReleaseError:
        return LandReleaseError(SCENARIO_WRONG, file=file, field=where, found=repr(found),
                                expected=expected)

    def number(value: Any, where: str, low: float, high: float = math.inf,
               above: bool = False) -> float:
        fits = isinstance(value, (int, float)) and not isinstance(value, bool) and (
            math.isfinite(value) and (low < value if above else low <= value) and value <= high)
        if not fits:
            raise wrong(where, value, f"a number {'above' if above else 'from'} {low:g}"
                        + ("" if high == math.inf else f" to {high:g}"))
        return float(value)

    def day(value: Any, where: str) -> date:
        try:
            return value if isinstance(value, date) else date.fromisoformat(value)
        except (TypeError, ValueError):
            raise wrong(where, value, "a date as 2027-04-01") from None

    def block(name: str, kind: type) -> Any:
        value = document.get(name)
        if value is not None and not isinstance(value, kind):
            raise wrong(name, value, "a list" if kind is list else "a list of `name: value`")
        return value or kind()

    def fields(value: Any, where: str, needed: tuple[str, ...], more: tuple[str, ...] = ()) -> dict:
        if not isinstance(value, dict):
            raise wrong(where, value, "settings " + ", ".join((*needed, *more)))
        for one in value:
            if one not in (*needed, *more):
                raise wrong(f"{where}: {one}", value[one], "one of " + ", ".join((*needed, *more)))
        for one in needed:
            if one not in value:
                raise wrong(f"{where}: {one}", "nothing", "a value")
        return value

    def by_kind(name: str) -> dict[str, Any]:
        value = block(name, dict)
        for one in value:
            if one not in KINDS:
                raise wrong(f"{name}: {one}", value[one], "one of " + ", ".join(KINDS))
            if one not in present:
                raise wrong(f"{name}: {one}", value[one], "a kind of which the plan has teams: "
                            + (", ".join(present) or "none") + "; a kind that it lacks is added to "
                            "the plan, not to a scenario")
        return value

    pools = plan.problem.pools
    present = [k for k in KINDS if any(p.kind == k for p in pools)]
    if not isinstance(document, dict):
        raise wrong("the whole", type(document).__name__, "settings " + ", ".join(SETTINGS))
    for one in document:
        if one not in SETTINGS:
            raise wrong(str(one), document[one], "one of " + ", ".join(SETTINGS))
    name = document.get("name")
    if not isinstance(name, str) or not name.strip():
        raise wrong("name", name, "a name for the scenario")

    counts = {k: _team_change(v, lambda v=v, k=k: wrong(
        f"teams: {k}", v, "a whole number, +2, -1 or x1.5")) for k, v in by_kind("teams").items()}
    rates = {k: number(v, f"rates: {k}", 0, above=True) for k, v in by_kind("rates").items()}
    changed = dict(assumptions.by_name)
    for one, value in block("assumptions", dict).items():
        if one not in changed:
            raise wrong(f"assumptions: {one}", value, "the name of an assumption")
        three = value if isinstance(value, list) else [value] * 3
        if len(three) != 3:
            raise wrong(f"assumptions: {one}", value, "a number, or low, value and high")
        low, middle, high = (number(x, f"assumptions: {one}", -math.inf) for x in three)
        changed[one] = Assumption(one, middle, low, high, changed[one].unit,
                                  changed[one].definition, f"scenario {name}")

    made = base or Circumstances()
    shut = []
    for i, value in enumerate(block("closures", list)):
        own = fields(value, f"closures: {i + 1}", ("from", "until"), ("sector",))
        sector = own.get("sector", "ALL")
        if sector != "ALL" and (not isinstance(sector, int) or not 0 <= sector < made.sectors):
            raise wrong(f"closures: {i + 1}: sector", sector, "ALL, or the number of a sector")
        first, last = day(own["from"], f"closures: {i + 1}: from"), day(
            own["until"], f"closures: {i + 1}: until")
        if last < first:
            raise wrong(f"closures: {i + 1}: until", last.isoformat(), f"a day not before {first}")
        shut.append(Shut(ALL if sector == "ALL" else sector, first, last))
    closings, sector_of = made.closings, made.sector
    if (value := document.get("closure_process")) is not None:
        own = fields(value, "closure_process", ("open_days", "closed_days"),
                     ("open_shape", "closed_spread", "areas"))
        one_closing = Closing(
            number(own["open_days"], "closure_process: open_days", 0, above=True),
            number(own.get("open_shape", 1.0), "closure_process: open_shape", 0.1, 10),
            number(own["closed_days"], "closure_process: closed_days", 0, above=True),
            number(own.get("closed_spread", 0.5), "closure_process: closed_spread", 0, 5))
        which = own.get("areas", "touched")
        if which not in ("touched", "all"):
            raise wrong("closure_process: areas", which, "touched (areas that a closure on record "
                        "has ever touched), or all")
        if which == "all":
            # Areas that no closure has touched are one more sector, that closes as one.
            sector_of = np.zeros(len(plan.problem.stage_ids), dtype=np.int64) \
                if sector_of is None else np.where(sector_of < 0, made.sectors, sector_of)
        if sector_of is None or not np.any(sector_of >= 0):
            raise wrong("closure_process: areas", which, "all: no closure on record touches an "
                        "area of the plan, so that nothing says which ground would close")
        # Where several places close by themselves, closures come so many times as often.
        often = dict(enumerate(made.often))
        closings = tuple(
            dataclasses.replace(one_closing, open_days=one_closing.open_days / often.get(k, 1))
            for k in range(int(sector_of.max()) + 1))
    month = made.month
    if (value := document.get("months")) is not None:
        if not isinstance(value, list) or len(value) != 12:
            raise wrong("months", value, "twelve numbers, the rate of each month over the year's")
        month = np.array([number(x, "months", 0) for x in value])
        if not month.any():
            raise wrong("months", value, "a rate above zero in one month at least: with twelve "
                        "zeros no work is ever done")
    breakdowns = {k: Breakdowns(number(fields(v, f"breakdowns: {k}", (
        "days_between", "days_off"))["days_between"], f"breakdowns: {k}: days_between", 0,
        above=True), number(v["days_off"], f"breakdowns: {k}: days_off", 0))
        for k, v in by_kind("breakdowns").items()}
    turnover = {k: Turnover(number(fields(v, f"turnover: {k}", (
        "days_between", "days_off"))["days_between"], f"turnover: {k}: days_between", 0,
        above=True), number(v["days_off"], f"turnover: {k}: days_off", 0))
        for k, v in by_kind("turnover").items()}
    learning = {k: Learning(number(fields(v, f"learning: {k}", ("share", "days"))["share"],
                                   f"learning: {k}: share", 0, 0.95),
                            number(v["days"], f"learning: {k}: days", 0, above=True))
                for k, v in by_kind("learning").items()}
    money = made.money
    if document.get("money") == "enough":
        money = None
    elif "money" in document:
        money = tuple(
            Tranche(day(fields(v, f"money: {i + 1}", ("day", "amount"),
                               ("late_days", "until"))["day"], f"money: {i + 1}: day"),
                    number(v["amount"], f"money: {i + 1}: amount", 0),
                    number(v.get("late_days", 0), f"money: {i + 1}: late_days", 0),
                    day(v["until"], f"money: {i + 1}: until") if "until" in v else None)
            for i, v in enumerate(block("money", list)))
    renewed = made.renewed
    if (value := document.get("renewed")) is not None:
        own = fields(value, "renewed", ("share_a_year", "until"), ("part",))
        renewed = Renewed(number(own["share_a_year"], "renewed: share_a_year", 0, 0.99),
                          day(own["until"], "renewed: until"),
                          number(own.get("part", 1.0), "renewed: part", 0, 10, above=True))
    teams = _changed_teams(plan, counts)
    problem = dataclasses.replace(plan.problem, pool_teams=teams, pools=tuple(
        dataclasses.replace(p, teams=int(n)) for p, n in zip(pools, teams, strict=True)))
    newcomers = _newcomers(plan, teams, made.newcomers)
    own = block("assumptions", dict)
    notes = []
    if (shut or closings) and "lost_day_share" not in own:
        notes.append("Days lost hold what closures cost as well (lost_day_share); the closures of "
                     "the scenario come on top of them. `assumptions: {lost_day_share: ...}` "
                     "states what is lost without closures.")
    if turnover and "team_turnover_share" not in own:
        if all(p.kind in turnover for p in pools):
            a = changed["team_turnover_share"]
            changed["team_turnover_share"] = Assumption(
                a.name, 0.0, 0.0, 0.0, a.unit, a.definition, f"scenario {name}: turnover")
        else:
            notes.append("team_turnover_share stays, for the kinds of team of which the scenario "
                         "simulates no turnover: what it costs the others counts twice.")
        if "lost_day_share" not in own:
            notes.append("Days lost that reports taught hold staff that left as well; the turnover "
                         "of the scenario comes on top of them.")
    for kind in learning:
        new = any(newcomers.get(p.id) for p in pools if p.kind == kind)
        if not new and kind not in turnover and kind not in made.turnover:
            notes.append(f"learning: {kind} changes nothing: no such team is new in this scenario, "
                         "and no staff leave.")
    return Scenario(
        name, dataclasses.replace(plan, problem=problem), Assumptions(changed),
        dataclasses.replace(
            made, name=name, shut=(*made.shut, *shut), closings=closings, sector=sector_of,
            month=month, months_reported=made.months_reported and month is made.month,
            breakdowns={**made.breakdowns, **breakdowns},
            turnover={**made.turnover, **turnover}, learning={**made.learning, **learning},
            newcomers=newcomers, money=money, renewed=renewed), rates,
        "lost_day_share" in own, tuple(notes), _not_stated(taught, own))


_SHARES = frozenset({"share_cancelled", "share_reduced", "share_cleared"})


def _not_stated(taught: tuple[Assumption, ...], own: Mapping[str, Any]) -> tuple[Assumption, ...]:
    """What the records taught of what a scenario does not state; the three shares go together."""
    stated = set(own) | (_SHARES if _SHARES & set(own) else set())
    return tuple(a for a in taught if a.name not in stated)


def _newcomers(plan: Plan, teams: np.ndarray, before: Mapping[str, int]) -> dict[str, int]:
    """By pool id, the teams that are new: those that a plan has more of than another."""
    more = {p.id: max(int(n) - int(now), 0) + before.get(p.id, 0) for p, n, now in zip(
        plan.problem.pools, teams, plan.problem.pool_teams, strict=True)}
    return {name: count for name, count in more.items() if count}


def _team_change(value: Any, wrong) -> tuple[str, float]:
    """("=", 4), ("+", -2) or ("x", 1.5) from 4, "+2", "-2" or "x1.5"."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return "=", float(value)
    if isinstance(value, str) and value[:1] in ("+", "-", "x"):
        try:
            amount = float(value[1:] if value[0] in "+x" else value)
        except ValueError:
            raise wrong() from None
        if math.isfinite(amount) and (value[0] != "x" or amount >= 0):
            return ("x" if value[0] == "x" else "+"), amount
    raise wrong()


def _changed_teams(plan: Plan, counts: Mapping[str, tuple[str, float]]) -> np.ndarray:
    """Teams of each pool; what is added to or taken from a kind is divided as its teams are now."""
    teams = np.array(plan.problem.pool_teams, dtype=np.int64).copy()
    for kind, (how, amount) in counts.items():
        own = [i for i, p in enumerate(plan.problem.pools) if p.kind == kind]
        if not own:
            continue
        now = int(teams[own].sum())
        target = max(round({"=": amount, "+": now + amount, "x": now * amount}[how]), 0)
        teams[own] = divided(teams[own], target)
    return teams.astype(np.int32)


def divided(now: np.ndarray, target: int) -> np.ndarray:
    """`target` teams over pools in proportion to what is there, largest remainders first."""
    share = now / now.sum() if now.sum() > 0 else np.full(len(now), 1 / len(now))
    exact = share * target
    found = np.floor(exact + 1e-9).astype(np.int64)
    rest = target - int(found.sum())
    found[np.argsort(-(exact - found), kind="stable")[:rest]] += 1
    return found


def with_teams(scenario: Scenario, kinds: tuple[str, ...], more: int) -> Scenario:
    """So many more teams of each of some kinds, divided as they are now; they are new."""
    plan = scenario.plan
    teams = _changed_teams(plan, {k: ("+", float(more)) for k in kinds})
    made = scenario.circumstances
    return dataclasses.replace(
        scenario, plan=dataclasses.replace(plan, problem=dataclasses.replace(
            plan.problem, pool_teams=teams)),
        circumstances=dataclasses.replace(
            made, newcomers=_newcomers(plan, teams, made.newcomers)))
