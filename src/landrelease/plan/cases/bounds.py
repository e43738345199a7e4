"""Earliest starts, and ends that no plan can be before."""

from __future__ import annotations

from itertools import combinations

from landrelease.plan.cases.case import Activity, Case
from landrelease.plan.cases.sound import order

_MOST_SETS = 40  # of skills whose people are counted
_LARGEST_SET = 8  # skills; more of them only as far as they add nobody


def heads(case: Case) -> tuple[dict[int, int], dict[int, int]]:
    """By activity: periods that must pass before its start, and after its end."""
    shortest = {a.id: min(m.duration for m in a.modes) for a in case.activities}
    after = {a.id: a.successors for a in case.activities}
    sequence = order(case)
    head, tail = dict.fromkeys(sequence, 0), dict.fromkeys(sequence, 0)
    for a in sequence:
        for b in after[a]:
            head[b] = max(head[b], head[a] + shortest[a])
    for a in reversed(sequence):
        tail[a] = max((tail[b] + shortest[b] for b in after[a]), default=0)
    return head, tail


def skill_sets(case: Case) -> list[tuple[frozenset[int], int]]:
    """Sets of skills, each with the number of people who master at least one of them.

    At any time the people wanted in a set of skills are at most these (Hall's condition). Of sets
    with the same people only the largest counts; of many, those with the most work a person.
    """
    wanted = [s for s in range(1, case.skills + 1)
              if any(a.people and a.people[s - 1] for a in case.activities)]
    largest: dict[frozenset[int], frozenset[int]] = {}
    for size in range(1, min(len(wanted), _LARGEST_SET) + 1):
        for chosen in combinations(wanted, size):
            skills = frozenset(chosen)
            persons = frozenset(p for p, m in enumerate(case.masters) if skills & m)
            largest[persons] = largest.get(persons, frozenset()) | skills
    work = {s: sum(a.people[s - 1] * min(m.duration for m in a.modes)
                   for a in case.activities if a.people) for s in wanted}
    found = sorted(((skills, len(persons)) for persons, skills in largest.items()),
                   key=lambda item: (-sum(work[s] for s in item[0]) / max(1, item[1]),
                                     sorted(item[0])))
    return found[:_MOST_SETS]


def of_skills(activity: Activity, skills: frozenset[int]) -> int:
    """People whom an activity wants in any of these skills."""
    return sum(activity.people[s - 1] for s in skills) if activity.people else 0


def first_bound(case: Case) -> int:
    """The largest of: the longest chain; the work of each resource over what there is of it,
    between the least time before and the least time after the activities that use it; the same for
    the people of each set of skills.
    """
    head, tail = heads(case)
    shortest = {a.id: min(m.duration for m in a.modes) for a in case.activities}
    best = max((head[a] + shortest[a] + tail[a] for a in head), default=0)
    loads = [({a.id: min(m.duration * m.renewable[r] for m in a.modes) for a in case.activities},
              there) for r, there in enumerate(case.renewable)]
    loads += [({a.id: shortest[a.id] * of_skills(a, skills) for a in case.activities}, there)
              for skills, there in skill_sets(case)]
    for work, there in loads:
        users = [a for a in head if work[a] > 0]
        if users and there:
            total = sum(work.values())
            best = max(best, min(head[a] for a in users) + -(-total // there)
                       + min(tail[a] for a in users))
    return best
