"""What binds a plan besides teams and roads, as plain values; each part may be missing.

S stages, O options, P pools, H slots as in `core.work.Problem`. All arrays are read only by
convention. A slot `t` is the time from `slot_starts[t]` to `slot_starts[t + 1]`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Objective:
    """What a plan is judged by: named weights that the user sets and sees.

    The score is what people lose until the horizon; smaller is better.
    """

    person_weight: float = 1.0  # points a resident nearby and day until the land is back
    hectare_weight: float = 1.0  # points a hectare and day
    season_weight: float = 0.0  # points a hectare and growing season that is missed
    access_weight: float = 1.0  # points a resident of a cut-off community and day
    infrastructure_weight: float = 1.0  # points a beneficiary of a project and day
    # 1: every day of waiting counts alike (the sum). Above 1 a wait of d days out of a horizon of
    # D counts as D (d / D) ** worst_off days: long waits count most, and the larger the exponent,
    # the nearer it comes to "the longest wait first" (an Lp norm; worst-off first).
    worst_off: float = 1.0
    promise_price: float = 0.0  # points a day by which a stage finishes later than was promised
    change_price: float = 0.0  # points where a promised stage is given to other teams


@dataclass(frozen=True, slots=True)
class Benefits:
    """What comes back when a stage is finished, before any weight: expectations.

    With them a problem can be judged by other weights (`plan.objective.weighted`).
    """

    people: np.ndarray  # float64 (S,) residents nearby, by the share of land that comes back
    hectares: np.ndarray  # float64 (S,)
    growing: np.ndarray | None = None  # float64 (S,) hectares on which something grows; None: all


CALENDAR_PARTS = "; "  # between the parts of a calendar's name: ground that is closed, leave, rest


def no_leave_of(pool: str) -> str:
    """The part of a calendar's name that says that a pool has no leave for a time."""
    return f"no leave of {pool}"


@dataclass(frozen=True, slots=True)
class Calendars:
    """When work goes on. Row 0 is always open.

    A step of an option works in the open slots of its calendar only: it starts in an open slot,
    and what it has begun before a closed slot it goes on with after it; its team stays bound to
    it in between. Ground that is closed for a time (weather, security), rest weeks of teams and
    seasons of dogs are all calendars.
    """

    ids: tuple[str, ...]
    open: np.ndarray  # bool (K, H)
    first: np.ndarray  # int32 (O,) calendar of the first step
    second: np.ndarray  # int32 (O,) of the second; 0 where there is none


@dataclass(frozen=True, slots=True)
class Windows:
    """Accreditations: a step of an option may run in slots from <= t < until only."""

    first_from: np.ndarray  # int32 (O,)
    first_until: np.ndarray  # int32 (O,)
    second_from: np.ndarray  # int32 (O,)
    second_until: np.ndarray  # int32 (O,)


@dataclass(frozen=True, slots=True)
class Equipment:
    """Things that teams share, such as one low loader or one ambulance: a step that needs one
    holds a unit of it as long as it holds its team."""

    ids: tuple[str, ...]
    units: np.ndarray  # int32 (E,)
    first: np.ndarray  # int32 (O,) thing that the first step needs, -1: none
    second: np.ndarray  # int32 (O,)


@dataclass(frozen=True, slots=True)
class Money:
    """Money over time: what was spent up to any slot may not exceed what had arrived by then.

    The cost of an option (`Problem.option_cost`) is bound when its first step starts, that of a
    project when it starts.

    Where donors give money for some ground, some work or some time only, `may_pay` and `until` say
    so: a stage or project belongs to a budget line, and each of the funds that may pay for this
    line and have not run out by the slot in which it starts may pay a part of it. Without them
    line f is fund f.
    """

    fund_ids: tuple[str, ...]
    currency: str
    arrived: np.ndarray  # float64 (F, H) money that had arrived by slot t, not decreasing
    stage_fund: np.ndarray  # int32 (S,) line that pays for a stage; -1: paid from elsewhere
    line_ids: tuple[str, ...] = ()
    may_pay: np.ndarray | None = None  # bool (L, F) which funds may pay what a line spends
    until: np.ndarray | None = None  # int32 (F,) first slot in which it can no longer be spent
    # What comes after the last slot has begun: it binds nothing here, and is shown (K rows).
    later_fund: np.ndarray | None = None  # int32 (K,)
    later_day: np.ndarray | None = None  # int32 (K,) its day, as `date.toordinal` counts
    later: np.ndarray | None = None  # float64 (K,)

    @property
    def lines(self) -> tuple[str, ...]:
        """Names of the budget lines."""
        return self.fund_ids if self.may_pay is None else self.line_ids

    def payers(self) -> tuple[np.ndarray, ...]:
        """Of each line its funds (int32) in the order in which they pay: what runs out first, then
        what may be spent on least, then as they stand."""
        if self.may_pay is None:
            return tuple(np.array([f], np.int32) for f in range(len(self.fund_ids)))
        many = self.may_pay.sum(axis=0)
        ends = self.ends()
        return tuple(np.array(sorted(np.flatnonzero(row).tolist(), key=lambda f: (
            int(ends[f]), int(many[f]), f)), np.int32) for row in self.may_pay)

    def ends(self) -> np.ndarray:
        """int32 (F,) `until`, the horizon where a fund has no last day."""
        horizon = self.arrived.shape[1]
        return (np.full(len(self.fund_ids), horizon, np.int32) if self.until is None
                else np.minimum(self.until, horizon).astype(np.int32))


@dataclass(frozen=True, slots=True)
class Projects:
    """Works of the second phase. A project starts, at the earliest in its slot, when all its
    stages are finished and its fund can pay it; its benefit begins when it is finished."""

    ids: tuple[str, ...]
    start: np.ndarray  # int32 (W + 1,) into `stage`
    stage: np.ndarray  # int32 stages whose land it needs
    slots: np.ndarray  # int32 (W,) how long it takes
    cost: np.ndarray  # float64 (W,)
    fund: np.ndarray  # int32 (W,) line that pays, as in `Money`; -1: paid from elsewhere
    earliest: np.ndarray  # int32 (W,)
    people: np.ndarray  # float64 (W,) beneficiaries
    weight: np.ndarray  # float64 (W,) points a day until it is finished
    after: np.ndarray | None = None  # int32 (E, 2): work [:, 1] starts when [:, 0] is finished
    may_start: np.ndarray | None = None  # bool (W, H): slots in which it may start, by its season
    # int32 (W,): `earliest` as it was asked for, where a plan moved it on to keep to the two above.
    asked_earliest: np.ndarray | None = None


@dataclass(frozen=True, slots=True)
class Decisions:
    """What people have fixed; the plan keeps to it or says that it cannot.

    A stage whose `latest` is below the horizon is pinned: it is reserved before all others.
    """

    earliest: np.ndarray  # int32 (S,) first slot in which a stage may start
    latest: np.ndarray  # int32 (S,) last slot in which it may start; the horizon: free
    allowed: np.ndarray  # bool (O,) false: this assignment is forbidden
    after: np.ndarray  # int32 (E, 2) stage after[:, 1] starts when after[:, 0] is finished
    # bool (S,) stages that people ordered, pinned or not; None: those that are pinned.
    ordered: np.ndarray | None = None

    def wanted(self, horizon: int) -> np.ndarray:
        """bool (S,): stages that people want done: ordered or pinned."""
        pinned = np.asarray(self.latest < horizon)
        return pinned if self.ordered is None else pinned | self.ordered


@dataclass(frozen=True, slots=True)
class Promises:
    """The standing plan: what was promised, and what it costs not to keep it."""

    finish: np.ndarray  # int32 (S,) slot by which a stage was promised; -1: nothing promised
    option: np.ndarray  # int32 (S,) option that was announced, -1: none
    late_price: np.ndarray  # float64 (S,) points a day later than promised
    change_price: np.ndarray  # float64 (S,) points for an option with other pools


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What surveys may find, for plans that are tested on sampled outcomes.

    A stage is needed with chance `needed[s]`, given that the stage before it was; work and time of
    what is needed are its expectation divided by that chance, times a lognormal factor of mean 1.
    """

    needed: np.ndarray  # float64 (S,) in (0, 1]
    spread: np.ndarray  # float64 (S,) standard deviation of the logarithm of its time


@dataclass(frozen=True, slots=True)
class Conditions:
    """Everything that binds a plan besides teams, roads and the order of survey and clearance."""

    calendars: Calendars | None = None
    windows: Windows | None = None
    equipment: Equipment | None = None
    money: Money | None = None
    projects: Projects | None = None
    decisions: Decisions | None = None
    promises: Promises | None = None
    outcomes: Outcomes | None = None
    # seasons (H + 1,): growing seasons missed by land that is back at the end of slot t - 1, and
    # the hectares (S,) that count in them, weighted.
    seasons_missed: np.ndarray | None = None
    season_weight: np.ndarray | None = None


FREE = Conditions()
SUM_OF_DELAYS = Objective()
