"""All that records say, laid on a planning problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np

from landrelease.core.assumption import Assumptions
from landrelease.core.conditions import (
    CALENDAR_PARTS,
    Calendars,
    Equipment,
    Windows,
    no_leave_of,
)
from landrelease.core.recorded import KINDS_NOT_READ, Note, Recorded, Sources
from landrelease.core.work import Problem
from landrelease.plan.objective import growing
from landrelease.plan.recorded.closures import Closed
from landrelease.plan.recorded.crew import (
    Crew,
    Steps,
    resting,
    steps_of,
    unsigned_notes,
    windows,
    without_leave,
)
from landrelease.plan.recorded.decided import decisions
from landrelease.plan.recorded.means import places_of, projects, waiting
from landrelease.plan.recorded.money import Exchange, money


@dataclass(frozen=True, slots=True)
class Bound:
    problem: Problem
    read: Recorded


def bind(problem: Problem, sources: Sources, made: Crew, grounds: Mapping[str, Any],
         closed: Closed, assumptions: Assumptions, exchange: Exchange, *,
         counting: str = "announced") -> Bound:
    """The problem with the conditions that records put on it, and what was read.

    grounds : hazard id -> ground in degrees. Where nothing of a kind binds, its condition is None,
    so that a registry without such records plans as without any. Growing seasons are always there:
    their weight (assumption `season_weight`) is 0 unless a user sets it.
    """
    read = Recorded(made.read.counts, (
        *made.read.notes, *unsigned_notes(sources),
        *(Note(kind, "", f"{there} on record: {KINDS_NOT_READ[kind]}")
          for kind, there in sources.others.items())))
    read = read.and_also(closed.read)
    currency = problem.pools[0].currency if problem.pools else ""
    weight = assumptions.value("infrastructure_weight")
    works, of_works = projects(problem, sources.projects, sources.handovers, grounds, exchange,
                               currency, usual_days=assumptions.value("project_days"),
                               weight=weight, hazards=sources.hazards)
    bills = money(problem, sources.funds, sources.expenses, exchange, currency, counting=counting,
                  works=works, places=places_of(sources.projects, grounds, sources.settlements),
                  grounds=grounds, areas=sources.areas, waiting=waiting(sources.projects),
                  tasks=sources.reported)
    paid = bills.money
    if works is not None and paid is not None:
        works = replace(works, fund=bills.works)
    read = read.and_also(bills.read).and_also(of_works)
    decided, told = decisions(problem, sources)
    read = read.and_also(told)
    season = assumptions.value("season_weight")
    steps = steps_of(problem)
    terms = replace(
        problem.conditions,
        calendars=calendars_of(problem, steps, closed, without_leave(problem, made, steps)),
        windows=_windows(problem, made, steps), equipment=_equipment(problem, made), money=paid,
        projects=works, decisions=decided,
        seasons_missed=seasons_missed(problem, int(assumptions.value("sowing_month"))))
    if problem.benefits is not None:
        terms = replace(terms, season_weight=season * growing(problem.benefits))
    read = read.and_also(Recorded({}, _ends_early(problem, made)))
    return Bound(replace(problem, conditions=terms, objective=replace(
        problem.objective, season_weight=season, infrastructure_weight=weight)), read)


def seasons_missed(problem: Problem, month: int) -> np.ndarray:
    """(H + 1,) growing seasons that land misses which is back at the end of slot t - 1: the days of
    sowing (the first of a month) from the first day of the plan until then."""
    begin = problem.slot_starts[0]
    last = begin.toordinal() + int(problem.delay_days[-1])
    sowing = np.array([d.toordinal() for year in range(
        begin.year, date.fromordinal(last).year + 1)
        if (d := date(year, month, 1)) > begin], dtype=np.int64)
    back = begin.toordinal() + np.ceil(problem.delay_days - 1e-9)
    return np.searchsorted(sowing, back, side="left").astype(np.float64)


def calendars_of(problem: Problem, steps: Steps, closed: Closed | None = None,
                 gaps: np.ndarray | None = None) -> Calendars | None:
    """A calendar for each set of closures, gap in leave and rest that meet in a step. The one
    without the gap is there as well: what holds if the leave did (`variants`).

    gaps : bool (R, H) slots in which the pools of `steps` have no leave for their kind of work.
    """
    if gaps is None:
        gaps = np.zeros((len(steps.pairs), problem.horizon), dtype=bool)
    rests = resting(problem, steps)
    of_stage = closed.of_stage if closed is not None else ((),) * len(problem.stage_ids)
    gappy, rested = np.asarray(gaps.any(axis=1)), np.asarray(rests.any(axis=1))
    if not gappy.any() and not rested.any() and not any(of_stage):
        return None
    stage_of = np.repeat(np.arange(len(problem.stage_ids)), np.diff(problem.option_start))
    rows = [np.ones(problem.horizon, dtype=bool)]
    names = ["always"]
    number: dict[tuple[tuple[int, ...], int, int], int] = {((), -1, -1): 0}

    def row(closures: tuple[int, ...], pair: int, *, leave: bool = True) -> int:
        gap = pair if pair >= 0 and gappy[pair] and leave else -1
        rest = -1 if pair < 0 or not rested[pair] else steps.pairs[pair][0]
        key = (closures, gap, rest)
        if key not in number:
            if gap >= 0:
                row(closures, pair, leave=False)
            is_open = np.ones(problem.horizon, dtype=bool)
            words = []
            if closures and closed is not None:
                for k in closures:
                    is_open &= ~closed.closed[k]
                words.append(closed.words(closures))
            if gap >= 0:
                is_open &= ~gaps[gap]
                pool, kind = steps.pairs[gap]
                words.append(no_leave_of(problem.pools[pool].id) + (
                    "" if kind == problem.pools[pool].kind else f" for {kind}"))
            if rest >= 0:
                is_open &= ~rests[pair]
                words.append(f"rest of {problem.pools[rest].id}")
            number[key] = len(rows)
            rows.append(is_open)
            name = CALENDAR_PARTS.join(words)
            names.append(name if name not in names else f"{name} ({len(rows)})")
        return number[key]

    # Few sets of closures and few pools: each pair of them is looked at once.
    sets = {own: n for n, own in enumerate(dict.fromkeys(of_stage))}
    listed = list(sets)
    set_of = np.array([sets[own] for own in of_stage], dtype=np.int64)[stage_of]
    many = len(steps.pairs) + 1

    def of(pair: np.ndarray) -> np.ndarray:
        pairs, at = np.unique(set_of * many + pair + 1, return_inverse=True)
        return np.array([row(listed[k // many], k % many - 1) for k in pairs.tolist()],
                        dtype=np.int32)[at]

    first = of(steps.first)
    second = np.where(steps.second >= 0, of(steps.second), 0).astype(np.int32)
    return Calendars(tuple(names), np.array(rows), first, second)


def _windows(problem: Problem, made: Crew, steps: Steps) -> Windows | None:
    if not made.bound:
        return None
    low, high = windows(problem, made, steps)
    two = steps.second >= 0
    second = np.maximum(steps.second, 0)
    return Windows(low[steps.first], high[steps.first],
                   np.where(two, low[second], 0).astype(np.int32),
                   np.where(two, high[second], problem.horizon).astype(np.int32))


def _equipment(problem: Problem, made: Crew) -> Equipment | None:
    """Machines that teams share; things of which there is one for every team bind nothing."""
    wanted = [sum(pool.teams for p, pool in enumerate(made.pools) if made.thing[p] == e)
              for e in range(len(made.things))]
    scarce = [e for e, units in enumerate(made.units) if units < wanted[e]]
    if not scarce:
        return None
    number = np.full(len(made.things) + 1, -1, dtype=np.int32)  # the last one: of "none", -1
    number[scarce] = np.arange(len(scarce))
    thing = number[np.array(made.thing, dtype=np.int64)]
    return Equipment(tuple(made.things[e] for e in scarce),
                     np.array([made.units[e] for e in scarce], np.int32),
                     thing[problem.first_pool].astype(np.int32),
                     np.where(problem.second_pool >= 0,
                              thing[np.maximum(problem.second_pool, 0)], -1).astype(np.int32))


def _ends_early(problem: Problem, made: Crew) -> tuple[Note, ...]:
    """Leave that ends within the plan, in one line: usually it is renewed, and nobody knows yet."""
    last = problem.slot_starts[-1]
    early = [(spells[-1][1], pool.teams) for pool, spells in zip(
        made.pools, made.leave, strict=True) if spells and spells[-1][1] < last]
    if not early:
        return ()
    return (Note("accreditation", "", f"the leave of {sum(n for _, n in early)} teams ends within "
                 f"the plan, the first on {min(d for d, _ in early).isoformat()}; nothing is "
                 "planned for them afterwards (--renewed takes it to be renewed)"),)

