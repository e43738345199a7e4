"""A project of the public libraries: activities, what each needs, and what there is of it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Mode:
    """One way to do an activity."""

    duration: int  # periods
    renewable: tuple[int, ...] = ()  # of each renewable resource, while it runs
    consumable: tuple[int, ...] = ()  # of each resource that is used up, once


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity; those that come after it are named by their ids."""

    id: int
    modes: tuple[Mode, ...]
    successors: tuple[int, ...] = ()
    people: tuple[int, ...] = ()  # people wanted for each skill, while it runs


@dataclass(frozen=True, slots=True)
class Case:
    """A whole problem: do every activity once, in one mode, and finish as soon as possible.

    An activity starts when all before it have ended and runs without a break. In a period the
    running activities together use at most `renewable`; all chosen modes together at most
    `consumable`. A person serves one activity at a time, in one skill that the person masters.
    """

    name: str
    activities: tuple[Activity, ...]
    renewable: tuple[int, ...] = ()
    consumable: tuple[int, ...] = ()
    skills: int = 0
    masters: tuple[frozenset[int], ...] = ()  # per person: skills, counted from 1


@dataclass(frozen=True, slots=True)
class Work:
    """When one activity starts, in which mode (from 1), and who serves in which skill."""

    id: int
    start: int
    mode: int = 1
    people: tuple[tuple[int, int], ...] = ()  # (person from 1, skill from 1)


@dataclass(frozen=True, slots=True)
class CasePlan:
    """A plan of a case. No plan can end before `bound`; the plan is optimal when it meets it."""

    case: Case
    works: tuple[Work, ...]
    makespan: int
    bound: int
    iterations: int
    seed: int
    interrupted: bool = False
    stories: tuple[str, ...] = field(default=())  # which step found or proved what

    @property
    def proved(self) -> bool:
        return self.makespan == self.bound
