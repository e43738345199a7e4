"""Money over time in two phases, with what donors gave it for: funds and expenses in.

A fund may be spent in some areas, on some kinds of work, or until some day only. Funds on which the
same holds are one; the stages and works that the same funds may pay for are one budget line
(`core.conditions.Money`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import shapely

from landrelease.core.conditions import Money, Projects
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.core.recorded import Note, Recorded, by_name, listed
from landrelease.core.work import ACTIVITIES, Problem
from landrelease.plan.recorded.done import task_id
from landrelease.plan.recorded.slots import first_day

PHASES = ("demining", "rebuilding")
# What counts as money: what has come, what is certain, or all that was announced.
COUNTS = {"received": ("received",), "committed": ("received", "committed"),
          "announced": ("received", "committed", "announced", NOT_REPORTED), "none": ()}
# An amount, its currency and its day -> the amount in the plan's currency; None: no rate is known.
Exchange = Callable[[float, str, date], float | None]
_NAMES = 2  # funds named in the name of several


@dataclass(slots=True)
class _Account:
    """Funds of which the same holds. `areas`, `activities` empty: everywhere, on everything."""

    phases: tuple[str, ...]
    areas: tuple[str, ...]
    activities: tuple[str, ...]
    until: date | None
    came: list[tuple[date, float]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    spent: float = 0.0

    @property
    def is_free(self) -> bool:
        return not self.areas and not self.activities and self.until is None

    def title(self) -> str:
        phase = self.phases[0] if len(self.phases) == 1 else "both phases"
        if self.is_free:
            return phase
        more = len(self.names) - _NAMES
        return f"{phase}: {', '.join(self.names[:_NAMES])}" + (f" and {more} more" if more > 0
                                                               else "")

    def there(self, day: date) -> float:
        return sum(a for d, a in self.came if d <= day)


@dataclass(frozen=True, slots=True)
class Paid:
    """`money` None: nothing binds. `works` (W,): line of each project, -1: nobody's."""

    money: Money | None
    works: np.ndarray
    read: Recorded


def money(problem: Problem, funds: Sequence[Record], expenses: Sequence[Record],
          exchange: Exchange, currency: str, *, counting: str = "announced",
          works: Projects | None = None, places: Mapping[str, Any] | None = None,
          grounds: Mapping[str, Any] | None = None, areas: Sequence[Record] = (),
          waiting: bool = True, tasks: Sequence[Record] = ()) -> Paid:
    """Money that had arrived by each slot, less what was spent before the plan, and on what.

    counting : "received", "committed" (or received), "announced" (all that is on record), or
        "none": recorded money binds nothing
    works, places : projects, and a point of each where it is known (degrees)
    grounds : hazard id -> ground (degrees); areas : administrative areas, for earmarks
    tasks : as they were reported, so that an expense's task is known for a step of the plan
    Money that is bound (`expense_status` committed) is spent before the plan as well, but for what
    is bound for a step or work of the plan: that is in its cost already. An expense that names its
    fund is taken from it, another one from what runs out first.
    exchange : see `Exchange`. A phase without any fund on record binds nothing: who pays for it is
        not known. Ground lies in the area that holds a point inside of it. What starts on the last
        day of a fund is still paid from it.
    """
    notes: list[Note] = []
    many = 0 if works is None else len(works.ids)
    nothing = np.full(many, -1, np.int32)
    if counting == "none" and (funds or expenses):
        return Paid(None, nothing, Recorded(
            {"fund": (len(funds), 0), "expense": (len(expenses), 0)}, (Note(
                "fund", "", "left out, as asked: the plan looks at no money"),)))
    start = first_day(problem)
    ground_of = _Areas(areas)
    accounts: dict[tuple[Any, ...], _Account] = {}
    of_fund: dict[str, _Account | None] = {}
    used = 0
    for record in funds:
        account, own, day = _account(record, exchange, currency, counting, ground_of, notes)
        of_fund[record.id] = None
        if account is None or day is None:
            continue
        used += 1
        key = (account.phases, account.areas, account.activities, account.until)
        kept = accounts.setdefault(key, account)
        kept.came.append((day, own))
        if kept is not account:
            kept.names += account.names
        of_fund[record.id] = kept
    spent_used, by_phase = _expenses(expenses, by_name(funds), of_fund, exchange, start, notes,
                                     _Ahead.of(problem, works, tasks))
    if not waiting and any("rebuilding" in a.phases for a in accounts.values()):
        notes.append(Note("fund", "", "money for rebuilding: no project waits for it"))
        accounts = {k: a for k, a in accounts.items() if a.phases != ("rebuilding",)}
    listed_ = [accounts[k] for k in sorted(accounts, key=lambda k: (
        PHASES.index(k[0][0]), not accounts[k].is_free, len(k[0]), accounts[k].names))]
    for name in PHASES:
        own_of = [a for a in listed_ if name in a.phases]
        # Before what names no fund is taken from them: it counts once.
        spent = by_phase[name] + sum(a.spent for a in own_of if a.phases == (name,))
        _take(own_of, by_phase[name], start)
        total = sum(x for a in own_of for _, x in a.came)
        if own_of and total > 0 and sum(a.spent for a in own_of) >= total:
            notes.append(Note("expense", "", f"{spent:,.0f} {currency} were spent on {name} "
                              f"before the plan, and all money on record for it is {total:,.0f}: "
                              "nothing can be paid (--money none leaves money out)"))
    if not listed_:
        if funds and used == 0:
            notes.append(Note("fund", "", f"none of the {len(funds)} on record counts, so that no "
                              "money binds the plan"))
        return Paid(None, nothing, Recorded(
            {"fund": (len(funds), used), "expense": (len(expenses), spent_used)}, tuple(notes)))
    lines = _Lines(listed_, ground_of)
    inside = ground_of.inside([_ground(problem, grounds or {}, s)
                               for s in range(len(problem.stage_ids))])
    demining = any("demining" in a.phases for a in listed_)
    stage_line = np.array([
        lines.of("demining", ACTIVITIES[int(problem.activity[s])], inside[s]) if demining else -1
        for s in range(len(problem.stage_ids))], dtype=np.int32)
    work_line = nothing
    if works is not None and any("rebuilding" in a.phases for a in listed_):
        held = ground_of.inside([(places or {}).get(name) for name in works.ids])
        work_line = np.array([lines.of("rebuilding", "", held[w]) if works.cost[w] > 0 else -1
                              for w in range(many)], dtype=np.int32)
    if lines.simple:
        stage_line, work_line = lines.fund_of[stage_line], lines.fund_of[work_line]
    made = _made(problem, listed_, lines, currency, stage_line)
    if made.later is not None and made.later_day is not None:
        last = problem.slot_starts[problem.horizon - 1]
        notes.append(Note("fund", "", f"{made.later.sum():,.0f} {currency} come after {last}, the "
                          "last day on which the plan begins work (the first on "
                          f"{date.fromordinal(int(made.later_day.min()))}): no step of the plan is "
                          "paid from it; cash.csv shows it by month, and a plan that ends later "
                          "would plan with it"))
    if not lines.simple:
        unpaid = [k for k, own in enumerate(lines.payers) if not own]
        count = int(np.isin(stage_line, unpaid).sum()) + int(np.isin(work_line, unpaid).sum())
        if count:
            notes.append(Note("fund", "", f"no fund on record may be spent on {count} stages and "
                              "works (by their area or kind of work): they are left undone"))
        idle = [f for a in listed_ if not any(a in own for own in lines.owners) for f in a.names]
        if idle:
            notes.append(Note("fund", "", f"nothing in the plan may be paid from "
                              f"{', '.join(idle[:3])}{' ...' if len(idle) > 3 else ''}"))
    read = Recorded({"fund": (len(funds), used), "expense": (len(expenses), spent_used)},
                    tuple(notes))
    return Paid(made, work_line, read)


def _account(record: Record, exchange: Exchange, currency: str, counting: str, areas: _Areas,
             notes: list[Note]) -> tuple[_Account | None, float, date | None]:
    """What a fund is for, its amount in the plan's currency and its day; None: left out."""
    amount = record.values.get("amount")
    day = next((d for name in (("received_on", "available_on") if
                               record.value("fund_status") == "received" else
                               ("available_on", "received_on"))
                if isinstance(d := record.values.get(name), date)), None)
    phase = record.value("phase")
    where = listed(record, "earmark_areas")
    unknown = [name for name in where if not areas.known(name)]
    why = ("its amount is not reported" if not isinstance(amount, (int, float)) else
           "its day is not reported" if day is None else
           "its phase is not reported" if phase not in (*PHASES, "both") else
           f"it is only {record.value('fund_status')}"
           if record.value("fund_status") not in COUNTS[counting] else
           f"no boundary is on record of {', '.join(unknown)}, for which alone it may be spent"
           if where and len(unknown) == len(where) else "")
    if why:
        notes.append(Note("fund", record.id, f"{why}: left out"))
        return None, 0.0, None
    assert day is not None and isinstance(amount, (int, float))
    own = exchange(float(amount), str(record.values.get("currency") or ""), day)
    if own is None:
        notes.append(Note("fund", record.id, f"no rate from "
                          f"{record.values.get('currency') or 'an unnamed currency'} to "
                          f"{currency} is known: left out"))
        return None, 0.0, None
    if unknown:
        notes.append(Note("fund", record.id, f"no boundary is on record of {', '.join(unknown)}: "
                          "nothing is paid from it there"))
    if record.values.get("conditions"):
        notes.append(Note("fund", record.id, "it has conditions in words, which the plan does not "
                          "know"))
    last = record.values.get("spend_until")
    given = tuple(sorted(a for a in listed(record, "earmark_activities") if a != NOT_REPORTED))
    return _Account(
        PHASES if phase == "both" else (str(phase),),
        tuple(sorted({areas.id_of(n) for n in where if areas.known(n)})), given,
        last if isinstance(last, date) else None,
        names=[str(record.values.get("identifier") or record.id)]), own, day


@dataclass(slots=True)
class _Ahead:
    """What the steps and works of the plan still cost, by the names that an expense may give."""

    key: dict[str, str]  # id or identifier of a task or project -> step or work
    cost: dict[str, float]  # of each, the least that it can cost
    taken: int = 0

    @classmethod
    def of(cls, problem: Problem, works: Projects | None, tasks: Sequence[Record]) -> _Ahead:
        own = {name: float(problem.option_cost[low:high].min()) for name, low, high in zip(
            problem.stage_ids, problem.option_start[:-1].tolist(),
            problem.option_start[1:].tolist(), strict=True) if high > low}
        key = {name: name for name in own} | {task_id(name): name for name in own}
        for task in tasks:
            name = str(task.values.get("identifier") or "")
            stage = key.get(task.id) or key.get(name)
            if stage is not None:
                key[task.id] = stage
                if name:
                    key.setdefault(name, stage)
        if works is not None:
            own |= dict(zip(works.ids, works.cost.tolist(), strict=True))
            key |= {name: name for name in works.ids}
        return cls(key, own)

    def without(self, record: Record, amount: float) -> float:
        """What of a bound amount is for nothing that the plan pays for."""
        name = next((self.key[n] for field in ("task", "project")
                     if (n := str(record.values.get(field) or "")) in self.key), None)
        part = 0.0 if name is None else min(amount, self.cost[name])
        if name is None or part <= 0:
            return amount
        self.cost[name] -= part
        self.taken += 1
        return amount - part


def _expenses(expenses: Sequence[Record], funds: Mapping[str, Record],
              of_fund: Mapping[str, _Account | None], exchange: Exchange, start: date,
              notes: list[Note], ahead: _Ahead) -> tuple[int, dict[str, float]]:
    """Take expenses from the funds that they name; returns how many were read, and what of each
    phase names none."""
    rest = dict.fromkeys(PHASES, 0.0)
    count = left_out = elsewhere = 0
    for record in expenses:
        amount, day = record.values.get("amount"), record.values.get("paid_on")
        fund = funds.get(str(record.values.get("fund") or ""))
        phase = record.value("phase")
        if phase not in PHASES and fund is not None and fund.value("phase") in PHASES:
            phase = fund.value("phase")
        bound = record.value("expense_status") == "committed"
        if bound:
            day = min(day, start) if isinstance(day, date) else start  # it is gone already
        own = (exchange(float(amount), str(record.values.get("currency") or ""), day)
               if isinstance(amount, (int, float)) and isinstance(day, date)
               and (phase in PHASES or fund is not None) and (day < start or bound) else None)
        if own is None:
            left_out += 1
            continue
        if fund is not None and of_fund.get(fund.id) is None:
            elsewhere += 1
            continue
        count += 1
        own = ahead.without(record, own) if bound else own
        account = None if fund is None else of_fund[fund.id]
        if account is not None:
            account.spent += own
        else:
            rest[str(phase)] += own
    if ahead.taken:
        notes.append(Note("expense", "", f"{ahead.taken} bound for work that is in the plan: paid "
                          "with it, and not counted twice"))
    if left_out:
        notes.append(Note("expense", "", f"{left_out} without an amount, a day before the plan, "
                          "one phase or a rate of exchange: left out"))
    if elsewhere:
        notes.append(Note("expense", "", f"{elsewhere} paid from funds that are left out: left "
                          "out"))
    return count, rest


def _take(accounts: Sequence[_Account], spent: float, start: date) -> None:
    """Take what names no fund from what had come, what runs out first before the others, and what
    that lacks from what will come."""
    order = sorted(accounts, key=lambda a: (a.until is None, a.until or start, not a.is_free,
                                            len(a.phases)))
    for day in (start, date.max):
        for account in order:
            part = min(spent, max(0.0, account.there(day) - account.spent))
            account.spent += part
            spent -= part
    if order:  # more than there is, or a refund
        order[-1].spent += spent


def _made(problem: Problem, accounts: Sequence[_Account], lines: _Lines, currency: str,
          stage_line: np.ndarray) -> Money:
    horizon = problem.horizon
    starts = np.array([d.toordinal() for d in problem.slot_starts[:horizon]])
    arrived = np.zeros((len(accounts), horizon))
    until = np.full(len(accounts), horizon, np.int32)
    later: list[tuple[int, int, float]] = []
    for f, account in enumerate(accounts):
        for day, amount in account.came:
            arrived[f, starts >= day.toordinal()] += amount
        so_far = max(account.there(problem.slot_starts[horizon - 1]) - account.spent, 0.0)
        for day in sorted({d for d, _ in account.came if d.toordinal() > starts[-1]}):
            now = max(account.there(day) - account.spent, 0.0)
            if now > so_far and (account.until is None or account.until >= day):
                later.append((f, day.toordinal(), now - so_far))
            so_far = max(so_far, now)
        arrived[f] = np.maximum.accumulate(np.maximum(arrived[f] - account.spent, 0.0))
        if account.until is not None:
            until[f] = int((starts <= account.until.toordinal()).sum())
    after: dict[str, np.ndarray] = {} if not later else {
        "later_fund": np.array([f for f, _, _ in later], np.int32),
        "later_day": np.array([day for _, day, _ in later], np.int32),
        "later": np.array([amount for _, _, amount in later])}
    names: list[str] = []
    for account in accounts:
        title = account.title()
        names.append(title if title not in names else f"{title} ({len(names) + 1})")
    if lines.simple:
        return Money(tuple(names), currency, arrived, stage_line, (), None, None, **after)
    may_pay = np.array([[a in own for a in accounts] for own in lines.owners], dtype=bool)
    return Money(tuple(names), currency, arrived, stage_line, lines.names(),
                 may_pay.reshape(len(lines.owners), len(accounts)),
                 until if (until < horizon).any() else None, **after)


class _Lines:
    """Budget lines: what the same accounts may pay for."""

    def __init__(self, accounts: Sequence[_Account], areas: _Areas):
        self.accounts, self.areas = accounts, areas
        self.number: dict[tuple[str, tuple[int, ...]], int] = {}
        self.payers: list[tuple[int, ...]] = []
        self.phase: list[str] = []
        self.kinds: list[set[str]] = []
        self.owners: list[list[_Account]] = []

    @property
    def simple(self) -> bool:
        """Whether each line has one fund of its own and all the time."""
        return all(a.is_free for a in self.accounts) and all(
            len(own) == 1 for own in self.payers) and len(set(self.payers)) == len(self.payers)

    @property
    def fund_of(self) -> np.ndarray:
        """Fund of each line where `simple`; the last one is that of line -1."""
        return np.array([*(own[0] for own in self.payers), -1], np.int32)

    def of(self, phase: str, kind: str, inside: frozenset[str]) -> int:
        """The line of what lies in these areas; kind "": not a kind of demining."""
        able = tuple(f for f, a in enumerate(self.accounts) if phase in a.phases
                     and (not a.activities or not kind or kind in a.activities)
                     and (not a.areas or not inside.isdisjoint(a.areas)))
        key = (phase, able)
        if key not in self.number:
            self.number[key] = len(self.payers)
            self.payers.append(able)
            self.owners.append([self.accounts[f] for f in able])
            self.phase.append(phase)
            self.kinds.append(set())
        line = self.number[key]
        self.kinds[line].add(kind)
        return line

    def names(self) -> tuple[str, ...]:
        made: list[str] = []
        all_kinds = set().union(*(k for k, p in zip(self.kinds, self.phase, strict=True)
                                  if p == "demining")) if self.kinds else set()
        limited = any(a.areas for a in self.accounts)
        for own, phase, kinds in zip(self.owners, self.phase, self.kinds, strict=True):
            name = phase if phase != "demining" or kinds == all_kinds else " and ".join(
                k for k in ACTIVITIES if k in kinds)
            where = sorted({self.areas.name(a) for account in own for a in account.areas})
            if where:
                name += " in " + ", ".join(where)
            elif limited:
                name += " elsewhere"
            made.append(name if name not in made else f"{name} ({len(made) + 1})")
        return tuple(made)


class _Areas:
    """Administrative areas, and which of them hold what. An area without a boundary is made of
    those that are part of it."""

    def __init__(self, records: Sequence[Record]):
        self.records = by_name(records)
        self.records |= {str(r.values["name"]): r for r in records if r.values.get("name")
                         and str(r.values["name"]) not in self.records}
        parts: dict[str, list[Record]] = {}
        for record in records:
            above = self.records.get(str(record.values.get("part_of") or ""))
            if above is not None and above.id != record.id:
                parts.setdefault(above.id, []).append(record)
        self.shapes: dict[str, Any] = {}
        for record in {r.id: r for r in self.records.values()}.values():
            found, queue, seen = [], [record], {record.id}
            for one in queue:
                if one.geometry is not None and not one.geometry.is_empty:
                    found.append(one.geometry)
                    continue
                new = [p for p in parts.get(one.id, ()) if p.id not in seen]
                seen |= {p.id for p in new}
                queue += new
            if found:
                self.shapes[record.id] = shapely.union_all(found)

    def known(self, name: str) -> bool:
        return name in self.records and self.records[name].id in self.shapes

    def id_of(self, name: str) -> str:
        return self.records[name].id

    def name(self, ident: str) -> str:
        record = self.records[ident]
        return str(record.values.get("name") or record.values.get("identifier") or ident)

    def inside(self, places: Sequence[Any]) -> list[frozenset[str]]:
        """The areas that hold each place, by a point inside of it; none where it has no place."""
        out: list[set[str]] = [set() for _ in places]
        known = [n for n, p in enumerate(places) if p is not None and not p.is_empty]
        if known and self.shapes:
            points = shapely.point_on_surface(np.array([places[n] for n in known], dtype=object))
            names = list(self.shapes)
            tree = shapely.STRtree(np.array([self.shapes[n] for n in names], dtype=object))
            for p, a in zip(*tree.query(points, predicate="intersects"), strict=True):
                out[known[int(p)]].add(names[int(a)])
        return [frozenset(one) for one in out]


def _ground(problem: Problem, grounds: Mapping[str, Any], stage: int) -> Any:
    task = int(problem.task[stage])
    if task >= 0:
        return problem.tasks[task].ground
    return grounds.get(problem.hazard_ids[int(problem.hazard[stage])])
