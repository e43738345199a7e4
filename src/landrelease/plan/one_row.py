"""Requirements that nothing can keep, told from the tables alone.

A team that leaves before it comes, a start that is decided for after the latest one, a closure for
as long as the plan lasts, a team or a thing of which there are none: one such row conflicts by
itself, whatever else is given up, and no solver has to be asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from landrelease.core.work import Problem

Row = tuple[str, str]  # kind and key, as those of `core.conflict.Requirement`


def rows_that_nothing_keeps(problem: Problem, asked: Iterable[int]) -> tuple[set[Row], bool]:
    """Rows of which each by itself keeps a stage that was asked for from being done by the horizon;
    and whether all can be done with every row given up.

    A stage waits for those before it on its own ground alone, each as short as its shortest option:
    so a row that is told conflicts. Those that conflict only through teams, money or roads that
    several stages share are not among them.
    """
    found: set[Row] = set()
    done: set[tuple[int, ...]] = set()
    for last in asked:
        chain = [last]
        while (before := int(problem.predecessor[chain[-1]])) >= 0:
            chain.append(before)
        if tuple(chain[::-1]) not in done:
            done.add(tuple(chain[::-1]))
            of_chain, possible = _of_chain(problem, chain[::-1])
            if not possible:
                return set(), False
            found |= of_chain
    return found, True


def _of_chain(problem: Problem, chain: list[int]) -> tuple[set[Row], bool]:
    shortest = []
    for s in chain:
        lengths = [sum(x[2] for x in steps) for _, steps in _options(problem, s)]
        if not lengths:
            return set(), False
        shortest.append(min(lengths))
    if sum(shortest) > problem.horizon:
        return set(), False
    found: set[Row] = set()
    for k, s in enumerate(chain):
        begin, end = sum(shortest[:k]), problem.horizon - sum(shortest[k + 1:])
        found |= _decided(problem, s, begin, end - shortest[k])
        # A row conflicts where it forbids each option; one that is too long anyway says nothing.
        forbid = [_forbidding(problem, o, steps, begin, end)
                  for o, steps in _options(problem, s)
                  if begin + sum(x[2] for x in steps) <= end]
        if forbid:
            found |= set.intersection(*forbid)
    return found, True


def _options(problem: Problem, s: int) -> Iterator[tuple[int, list[tuple[str, int, int]]]]:
    """(Option, its steps) of a stage that fit in the plan; a step: which, pool, slots."""
    for o in range(int(problem.option_start[s]), int(problem.option_start[s + 1])):
        steps = [(which, pool, int(getattr(problem, f"{which}_slots")[o]))
                 for which in ("first", "second")
                 if (pool := int(getattr(problem, f"{which}_pool")[o])) >= 0]
        if all(slots <= problem.horizon for _, _, slots in steps):
            yield o, steps


def _decided(problem: Problem, s: int, begin: int, latest: int) -> set[Row]:
    decided = problem.conditions.decisions
    if decided is None:
        return set()
    low, high = max(int(decided.earliest[s]), begin), min(int(decided.latest[s]), latest)
    return {("decided", problem.stage_ids[s])} if low > high else set()


def _forbidding(problem: Problem, o: int, steps: list[tuple[str, int, int]], begin: int, end: int
                ) -> set[Row]:
    """Rows of which each forbids an option that may begin and has to end in these slots."""
    terms, stage = problem.conditions, int(np.searchsorted(problem.option_start, o, "right")) - 1
    found: set[Row] = set()
    if terms.decisions is not None and not bool(terms.decisions.allowed[o]):
        found.add(("forbidden", f"{problem.stage_ids[stage]} {o}"))
    for k, (which, pool, slots) in enumerate(steps):
        first = begin + sum(x[2] for x in steps[:k])
        last = end - sum(x[2] for x in steps[k + 1:])
        name = problem.pools[pool].id
        if int(problem.pool_teams[pool]) == 0:
            found.add(("teams", name))
        if not _fits(int(problem.pool_opens[pool]), int(problem.pool_closes[pool]), slots, first,
                     last):
            found.add(("presence", name))
        if terms.windows is not None:
            low, high = (int(getattr(terms.windows, f"{which}_{n}")[o]) for n in ("from", "until"))
            if not _fits(low, high, slots, first, last):
                found.add(("accreditation", f"{name} {low} {high}"))
        gear = terms.equipment
        if gear is not None and (thing := int(getattr(gear, which)[o])) >= 0 and (
                int(gear.units[thing]) == 0):
            found.add(("equipment", gear.ids[thing]))
        if terms.calendars is not None:
            calendar = int(getattr(terms.calendars, which)[o])
            if slots > 0 and int(terms.calendars.open[calendar][first:last].sum()) < slots:
                found.add(("closure", terms.calendars.ids[calendar]))
    return found


def _fits(low: int, high: int, slots: int, first: int, last: int) -> bool:
    """Whether so many slots on end fit between two, and within a window."""
    return max(low, first) + slots <= min(high, last)
