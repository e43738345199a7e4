"""Whether a case can be done at all, as far as that is seen at once."""

from __future__ import annotations

import dataclasses

from landrelease.errors import (
    CASE_ACTIVITY_IMPOSSIBLE,
    CASE_CIRCLE,
    CASE_STOCK_TOO_SMALL,
    LandReleaseError,
)
from landrelease.plan.cases.case import Case


def sound(case: Case) -> Case:
    """The case, or an error that says why no plan can exist.

    Raises
    ------
    LandReleaseError
        PLN-304: activities wait for each other in a circle; PLN-305: an activity wants more than
        there is; PLN-306: even the modes that use least need more consumables than there are.
    """
    order(case)
    for activity in case.activities:
        able = [m for m in activity.modes
                if all(m.renewable[r] <= there for r, there in enumerate(case.renewable))
                and all(m.consumable[k] <= there for k, there in enumerate(case.consumable))]
        if not able:
            least = activity.modes[0]
            raise LandReleaseError(
                CASE_ACTIVITY_IMPOSSIBLE, file=case.name, activity=activity.id,
                found=f"{[*least.renewable, *least.consumable]} in its first mode",
                expected=str([*case.renewable, *case.consumable]))
        if crew(activity.people, case.masters) is None:
            raise LandReleaseError(
                CASE_ACTIVITY_IMPOSSIBLE, file=case.name, activity=activity.id,
                found=f"people by skill: {list(activity.people)}",
                expected=f"{len(case.masters)} people, by skill mastered: "
                f"{[sum(s in m for m in case.masters) for s in range(1, case.skills + 1)]}")
    for kind, there in enumerate(case.consumable):
        least_sum = sum(min(m.consumable[kind] for m in a.modes) for a in case.activities)
        if least_sum > there:
            raise LandReleaseError(CASE_STOCK_TOO_SMALL, file=case.name, kind=kind + 1,
                                   found=least_sum, expected=there)
    return case


def order(case: Case) -> list[int]:
    """Ids in an order that puts each activity after those before it; smallest id first.

    Raises
    ------
    LandReleaseError
        PLN-304: activities wait for each other in a circle.
    """
    import heapq

    waits = {activity.id: 0 for activity in case.activities}
    after = {activity.id: activity.successors for activity in case.activities}
    for activity in case.activities:
        for later in activity.successors:
            waits[later] += 1
    ready = [name for name, count in waits.items() if count == 0]
    heapq.heapify(ready)
    done: list[int] = []
    while ready:
        name = heapq.heappop(ready)
        done.append(name)
        for later in after[name]:
            waits[later] -= 1
            if waits[later] == 0:
                heapq.heappush(ready, later)
    if len(done) < len(waits):
        raise LandReleaseError(CASE_CIRCLE, file=case.name,
                               found=" → ".join(map(str, _circle(after, set(waits) - set(done)))))
    return done


def _circle(after: dict[int, tuple[int, ...]], left: set[int]) -> list[int]:
    """One circle; everything in `left` waits for something in `left`."""
    before = {b: a for a in sorted(left) for b in after[a] if b in left}
    at = min(left)
    seen: list[int] = []
    while at not in seen:
        seen.append(at)
        at = before[at]
    return [*reversed(seen[seen.index(at):]), seen[-1]]


def crew(wanted: tuple[int, ...], masters: tuple[frozenset[int], ...]
         ) -> tuple[tuple[int, int], ...] | None:
    """People for one activity on its own, as (person, skill); None when they do not suffice.

    Matching by augmenting paths.
    """
    seats = [skill for skill, count in enumerate(wanted, 1) for _ in range(count)]
    holder: dict[int, int] = {}

    def seat(place: int, tried: set[int]) -> bool:
        for person, skills in enumerate(masters, 1):
            if seats[place] in skills and person not in tried:
                tried.add(person)
                if person not in holder or seat(holder[person], tried):
                    holder[person] = place
                    return True
        return False

    if len(seats) > len(masters) or not all(seat(i, set()) for i in range(len(seats))):
        return None
    return tuple(sorted((person, seats[place]) for person, place in holder.items()))


def reduced(case: Case) -> tuple[Case, dict[int, tuple[int, ...]]]:
    """Without modes that no best plan needs; also the old number of each mode that stays.

    A mode goes that wants more than there is, that exceeds a stock even beside the thriftiest
    modes of all others, or to which another is nowhere worse (Sprecher, Hartmann and Drexl 1997).
    """
    ways = {a.id: dict(enumerate(a.modes, 1)) for a in case.activities}
    while True:
        least = [[min(m.consumable[k] for m in ways[a.id].values()) for a in case.activities]
                 for k in range(len(case.consumable))]
        sums = [sum(values) for values in least]
        gone = False
        for i, activity in enumerate(case.activities):
            mine = ways[activity.id]
            for number, mode in list(mine.items()):
                fits = (all(x <= y for x, y in zip(mode.renewable, case.renewable, strict=True))
                        and all(sums[k] - least[k][i] + x <= case.consumable[k]
                                for k, x in enumerate(mode.consumable)))
                beaten = any(
                    other != number and _covers(m, mode)
                    and (not _covers(mode, m) or other < number) for other, m in mine.items())
                if (not fits or beaten) and len(mine) > 1:
                    del mine[number]
                    gone = True
        if not gone:
            break
    return (dataclasses.replace(case, activities=tuple(
        dataclasses.replace(a, modes=tuple(ways[a.id].values())) for a in case.activities)),
        {name: tuple(modes) for name, modes in ways.items()})


def _covers(a, b) -> bool:
    """Mode `a` is nowhere worse than mode `b`."""
    return (a.duration <= b.duration
            and all(x <= y for x, y in zip(a.renewable, b.renewable, strict=True))
            and all(x <= y for x, y in zip(a.consumable, b.consumable, strict=True)))
