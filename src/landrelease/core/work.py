"""Work: teams, tasks, the planning problem and the schedule that solves it.

A hazard is surveyed first (NTS); what is left is cut into tasks; each task goes TS -> clearance.
Together the stages of a hazard form an out-tree: one NTS stage, then a TS and a clearance stage
per task. Time runs in slots of working time (half weeks of the season); what a delay costs runs in
calendar days, so that a winter counts for those who wait for their land.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal, cast

import numpy as np

from landrelease.core.conditions import FREE, SUM_OF_DELAYS, Benefits, Conditions, Objective
from landrelease.core.hazard import Ground

Activity = Literal["NTS", "TS", "clearance"]
TeamKind = Literal["nts", "ts", "manual", "mechanical", "animal"]
MOST_UNITS = 32_000  # teams in a pool, units of a shared thing: planning counts them in 16 bits
ACTIVITIES: tuple[Activity, ...] = ("NTS", "TS", "clearance")


@dataclass(frozen=True, slots=True)
class TeamPool:
    """`teams` identical teams of one kind at one base (a row of the teams file).

    `m2_per_day` is m² a team and working day on the ground that it is sent to; `low` and `high`
    bound the central 80 % of what is thought possible. Money is in the currency of the file.

    `also` names other kinds of work that the same teams can do, one at a time, with their rate, as
    "manual=120"; `rest` spans of days on which they rest, every year ("12-20/01-10") or once
    ("2027-07-01/2027-07-14"), both ends included.
    """

    id: str
    kind: TeamKind
    organisation: str
    base: str
    longitude: float
    latitude: float
    teams: int
    m2_per_day: float
    m2_per_day_low: float
    m2_per_day_high: float
    cost_per_day: float
    currency: str
    available_from: date | None
    available_until: date | None
    source: str
    members: tuple[str, ...] = ()  # ids of the teams on record, by number; "" where one has none
    also: tuple[str, ...] = ()
    rest: tuple[str, ...] = ()

    def speeds(self) -> dict[TeamKind, float]:
        """m² a team and working day of each kind of work that these teams can do, their own first.
        """
        others = (text.partition("=") for text in self.also)
        return {self.kind: self.m2_per_day,
                **{cast(TeamKind, kind): float(rate) for kind, _, rate in others}}

    def rests_on(self, day: date) -> bool:
        """Whether the teams rest on a day."""
        return any(_within(day, *span.split("/")) for span in self.rest)


def can_do(activity: int, first: TeamPool, second: TeamPool | None) -> bool:
    """Whether these teams can do the work: survey by teams for it, clearance by hand or, where a
    machine or dogs go first, with teams that follow up by hand (S07).

    activity : index into `ACTIVITIES`
    """
    by_hand: TeamKind = ("nts", "ts", "manual")[activity]
    if second is not None:
        return (activity == 2 and "manual" in second.speeds()
                and not {"manual", "mechanical", "animal"}.isdisjoint(first.speeds()))
    return by_hand in first.speeds()


def _within(day: date, first: str, last: str) -> bool:
    if len(first) > 5:
        return date.fromisoformat(first) <= day <= date.fromisoformat(last)
    at = f"{day.month:02d}-{day.day:02d}"
    return first <= at <= last if first <= last else at >= first or at <= last


@dataclass(frozen=True, slots=True)
class Task:
    """A workable piece of a hazard. `ground` is longitude/latitude; a partition of the hazard."""

    id: str
    hazard_id: str
    ground: Ground
    area_m2: float
    longitude: float  # a point on the ground
    latitude: float


@dataclass(frozen=True, slots=True)
class Access:
    """Roads as the plan sees them: Z zones of ground joined by G gates, and C communities.

    Zone 0 holds the bases and is open from the start. Gate g leads from zone `gate_from[g]` to
    `gate_to[g]` and opens when all its stages, `gate_stage[gate_start[g] .. gate_start[g+1]]`, are
    finished; a gate without stages is open. A zone is open from the earliest slot at which open
    gates lead to it from zone 0 (either-or: any chain will do). A stage starts when its zone is
    open. A road is two gates, there and back; ground beside a blocked road, which can be reached
    from either end, is a zone of its own with a gate without stages from each end.

    Community c gets `community_weight[c]` points a day back when its zone is open and all of its
    own stages, `community_stage[community_start[c] .. community_start[c+1]]`, are finished.
    `community_held[c]`: land of its own is worked through and nobody has released it, so that no
    plan can say when it is free; None: of no community. Its points count as if it were in time.
    """

    zone: np.ndarray  # int32 (S,)
    zones: int
    gate_ids: tuple[str, ...]
    gate_from: np.ndarray  # int32 (G,)
    gate_to: np.ndarray  # int32 (G,)
    gate_start: np.ndarray  # int32 (G + 1,)
    gate_stage: np.ndarray  # int32
    community_ids: tuple[str, ...]
    community_people: np.ndarray  # float64 (C,) NaN: not reported
    community_weight: np.ndarray  # float64 (C,)
    community_zone: np.ndarray  # int32 (C,)
    community_start: np.ndarray  # int32 (C + 1,)
    community_stage: np.ndarray  # int32
    community_held: np.ndarray | None = None  # bool (C,)
    # Roads that no work of the plan opens: their names, and the zones that each would join, one
    # way. They bear on no plan; they say what it would be worth if others opened them.
    shut_ids: tuple[str, ...] = ()
    shut_zones: np.ndarray | None = None  # int32 (K, 2) from, to

    def shut(self) -> list[tuple[str, int, int]]:
        """Name, from and to of each road that no work opens."""
        return [] if self.shut_zones is None else [
            (name, int(a), int(b)) for name, (a, b) in zip(
                self.shut_ids, self.shut_zones.tolist(), strict=True)]


@dataclass(frozen=True, slots=True)
class Problem:
    """A planning problem as plain arrays. S stages, O options, P pools, H slots.

    `conditions` bind it further and are neutral by default; `objective` names the weights.

    Stage s (0..S-1): `activity[s]` indexes `ACTIVITIES`; `predecessor[s]` is a stage before it in
    the arrays, or -1; `hazard[s]` indexes `hazard_ids`; `task[s]` indexes `tasks` or is -1 for NTS,
    which is done for the whole hazard; `weight[s]` is the benefit lost per calendar day until the
    stage is finished (score units a day).

    Options of stage s: `option_start[s] .. option_start[s+1]`. Option o uses a team of
    `first_pool[o]` for `first_slots[o]` slots, then, where `second_pool[o]` >= 0, a team of that
    pool for `second_slots[o]` slots, not before the first has finished (machine, then the manual
    follow-up that makes it clearance: S07). `option_cost[o]` is money.

    Pools: `pool_teams[p]`, usable in slots `pool_opens[p] <= t < pool_closes[p]`.

    `delay_days` (H + 1, non-decreasing): calendar days from `slot_starts[0]` to the END of slot
    h - 1; `delay_days[0]` is 0. A stage finished at slot f (0..H) costs
    weight * delay_days[f]; one not finished by slot H costs weight * delay_days[H].
    """

    stage_ids: tuple[str, ...]
    activity: np.ndarray  # int8 (S,)
    predecessor: np.ndarray  # int32 (S,)
    hazard: np.ndarray  # int32 (S,)
    task: np.ndarray  # int32 (S,)
    weight: np.ndarray  # float64 (S,)
    work_m2: np.ndarray  # float64 (S,) expected m² worked by this stage
    released_m2: np.ndarray  # float64 (S,) expected m² that go back when it is finished
    option_start: np.ndarray  # int32 (S + 1,)
    first_pool: np.ndarray  # int32 (O,)
    first_slots: np.ndarray  # int32 (O,)
    second_pool: np.ndarray  # int32 (O,)
    second_slots: np.ndarray  # int32 (O,)
    option_cost: np.ndarray  # float64 (O,)
    option_mode: tuple[str, ...]  # O words: "manual", "machine then manual", ...
    pools: tuple[TeamPool, ...]
    pool_teams: np.ndarray  # int32 (P,)
    pool_opens: np.ndarray  # int32 (P,)
    pool_closes: np.ndarray  # int32 (P,)
    delay_days: np.ndarray  # float64 (H + 1,)
    slot_starts: tuple[date, ...]  # H + 1 dates: first day of each slot, and the horizon
    slot_days: float  # working days in a slot
    hazard_ids: tuple[str, ...]
    tasks: tuple[Task, ...]
    access: Access | None = None  # None: all ground can be reached from the start
    conditions: Conditions = FREE  # calendars, accreditations, money, fixed decisions ...
    objective: Objective = SUM_OF_DELAYS  # the weights that `weight` was made with
    benefits: Benefits | None = None  # what comes back, before weights

    @property
    def horizon(self) -> int:
        return len(self.delay_days) - 1


@dataclass(frozen=True, slots=True)
class Schedule:
    """A dated schedule of a `Problem`; -1 everywhere for a stage not finished by the horizon.

    The first step of stage s runs in slots start .. first_finish - 1, the second (where its option
    has one) in second_start .. finish - 1; `team` and `second_team` count within their pools.
    """

    option: np.ndarray  # int32 (S,) absolute option index
    start: np.ndarray  # int32 (S,)
    first_finish: np.ndarray  # int32 (S,)
    second_start: np.ndarray  # int32 (S,)
    finish: np.ndarray  # int32 (S,)
    team: np.ndarray  # int32 (S,)
    second_team: np.ndarray  # int32 (S,)
    project_start: np.ndarray | None = None  # int32 (W,) of `Conditions.projects`; None: none
    project_finish: np.ndarray | None = None  # int32 (W,) -1: not within the horizon


@dataclass(frozen=True, slots=True)
class Plan:
    """A schedule with its score, what simple rules reach, and how good any plan could be.

    Scores are weighted delays (score unit x days): smaller is better. `bound` is proven: no plan
    of the problem has a smaller score.
    """

    problem: Problem
    schedule: Schedule
    priority: np.ndarray  # float64 (S,): smaller is dispatched first; the policy to re-make it
    score: float
    bound: float
    rules: dict[str, float]  # name of a simple rule -> its score, by the same decoder
    floor: float  # delay that even unlimited teams cannot avoid
    iterations: int
    seed: int
    interrupted: bool = False  # stopped by hand: another run may give another plan

    @property
    def best_rule(self) -> tuple[str, float]:
        return min(self.rules.items(), key=lambda item: (item[1], item[0]))

    @property
    def room_closed(self) -> float | None:
        """(best rule - plan) / (best rule - bound), in 0..1; None where there is no room."""
        best = self.best_rule[1]
        room = best - self.bound
        # A rule that scores better leaves undone what people ordered and the plan does.
        none = room <= 1e-9 * max(1.0, abs(best)) or best < self.score
        return None if none else (best - self.score) / room

    @property
    def gap(self) -> float:
        """(plan - bound) / bound."""
        return (self.score - self.bound) / self.bound if self.bound > 0 else 0.0
