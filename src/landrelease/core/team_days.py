"""Daily reports as the rates are learned from them: one row a team and day."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np


@dataclass(frozen=True, slots=True)
class TeamDays:
    """N days of teams. Indices point into the names; -1: not reported.

    A lost day is one on which the team was to work and did not: `worked` 0, `m2` 0. A part of a day
    (`worked` 0..1) counts with that share as worked and with the rest as lost.
    """

    day: np.ndarray  # int64 (N,) proleptic ordinals
    team: np.ndarray  # int64 (N,)
    kind: np.ndarray  # int64 (N,) index of `kinds`
    area: np.ndarray  # int64 (N,)
    ground: np.ndarray  # int64 (N,)
    m2: np.ndarray  # (N,) of the whole report
    worked: np.ndarray  # (N,) share of a full day, 0..1
    ended: np.ndarray  # bool (N,) the work ended with this day, so that it was not a whole one
    teams: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]  # activity and method
    areas: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()
    joined: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))  # (T,) True: its
    # first day is on record, so that it is known how long it has worked
    # bool (N,) the report says how much of the day was worked; () where all of them do
    timed: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))
    # bool (N,) 0 m² were reported of a day at work, which is another thing than no area; () none
    nothing: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=bool))

    def __len__(self) -> int:
        return len(self.day)

    def until(self, day: date) -> TeamDays:
        """Only the days up to and including one."""
        return self.pick(self.day <= day.toordinal())

    def pick(self, keep: np.ndarray) -> TeamDays:
        return replace(self, day=self.day[keep], team=self.team[keep], kind=self.kind[keep],
                       area=self.area[keep], ground=self.ground[keep], m2=self.m2[keep],
                       worked=self.worked[keep], ended=self.ended[keep],
                       timed=self.timed[keep] if len(self.timed) else self.timed,
                       nothing=self.nothing[keep] if len(self.nothing) else self.nothing)

    @property
    def with_time(self) -> TeamDays:
        """Only the days of which it is reported how much was worked: silence is not a whole day."""
        return self.pick(self.timed) if len(self.timed) else self

    @property
    def span(self) -> tuple[date, date] | None:
        if not len(self.day):
            return None
        return date.fromordinal(int(self.day.min())), date.fromordinal(int(self.day.max()))
