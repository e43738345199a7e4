"""Plan and assumptions in; the distribution of the finish, of the cost and of released land out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.outlook import Driver, Outlook
from landrelease.core.progress import Progress, silent
from landrelease.core.work import ACTIVITIES, Plan, Problem, TeamPool
from landrelease.errors import FORECAST_SETTING, FORECAST_TOO_LARGE, LandReleaseError
from landrelease.forecast.areas import areas_of
from landrelease.forecast.calendar import DAYS_PER_YEAR, Calendar, extend
from landrelease.forecast.drivers import MOST_FACTORS, explained_shares
from landrelease.forecast.uncertain import (
    LARGEST_LOSS,
    Draws,
    Uncertain,
    check_pools,
    draw,
    read_assumptions,
)
from landrelease.units import area_words

if TYPE_CHECKING:
    from landrelease.forecast.circumstances import Circumstances
    from landrelease.forecast.effects import Effects
    from landrelease.forecast.simulate import Model, Spread

QUANTILES = np.array([0.05, 0.10, 0.25, 0.50, 0.75, 0.90, 0.95])
CURVE_POINTS = 720  # a month each, over 60 years
CURVE_POINTS_SHOWN = 240
LARGEST_CURVES_BYTES = 1_000_000_000

POLICY = (
    "Whenever a team is free, it takes, of all stages that its pool can do and that are ready, the "
    "one that comes first in the plan's order; if the first in the order cannot be done, because "
    "the stage before it has not ended or its teams are busy, the team does not wait for it but "
    "takes the next one that it can do. Where several free teams could do a stage, the pool with "
    "the shortest planned time does it. What was begun is finished. A machine's pass is followed "
    "up by a team of the second pool when one is free. A pool that leaves begins nothing new. "
    "Ground behind a blocked road waits until the road is open. Stages keep the plan's rounding to "
    "whole slots. The work goes on after the plan's horizon, in the same season each year."
)
COST_DEFINITION = (
    "Team-days times the pool's cost a day. A team is paid for each working day from the day on "
    "which its pool opens to the end of its last stage in the run (or to the forecast's horizon), "
    "waiting included, but not between seasons; a team that never gets work is not paid. work_cost "
    "is the part for days at work. Nothing else is in it: no equipment, no overhead, no change of "
    "prices."
)

AREA_QUANTILES = (0.1, 0.5, 0.9)
REPORTED = "daily reports"  # source of an assumption that reports of the programme taught


@dataclass(frozen=True, slots=True)
class Learned:
    """What daily reports taught about a kind of team: its pace over areas that differ
    (`Rate.of_work`), m² a team and day, central 80 %."""

    low: float
    value: float
    high: float
    team_spread: float  # standard deviation of the logarithm between teams
    days: int  # whole days that it rests on
    # Of teams that reported: mean and standard deviation of the logarithm of their rate over it.
    own: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    # The same of grounds that they have been on, and how much grounds differ.
    ground: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    ground_spread: float = 0.0


_FACTORS = {
    "lost_day_share": "working days lost to weather, closures and stand-downs",
    "team_turnover_share": "team-days lost to staff that leave and are replaced",
    "undiscovered_share": "area that nobody knew of and that turns up",
    "rework_share": "cleared area that fails inspection and is cleared again",
    "share_cleared": "share of the area that survey leaves for clearance",
}
_KINDS = {"nts": "NTS teams", "ts": "TS teams", "manual": "manual teams", "mechanical": "machines",
          "animal": "dog teams"}


def make_outlook(
    plan: Plan,
    assumptions: Assumptions,
    *,
    runs: int,
    seed: int,
    workers: int | None = None,
    works: Sequence[np.ndarray] = (),
    learned: Mapping[str, Learned] | None = None,
    rate_factor: Mapping[str, float] | None = None,
    lost: tuple[float, float, float] | None = None,
    taught: Sequence[Assumption] = (),
    circumstances: Circumstances | None = None,
    groups: Mapping[str, Sequence[str]] | None = None,
    spread: Spread | None = None,
    progress: Progress = silent,
) -> Outlook:
    """Simulate the policy of a plan `runs` times, past the plan's horizon.

    In each run one draw holds for the whole programme: the rate of each kind of team, lost days,
    turnover, the mean shares cancelled, reduced and cleared, the area not yet discovered, rework.
    Then each area gets an outcome of its own, each stage a time of its own. Medians over the runs
    are the stated values, so that skewed ranges do move the forecast away from the plan.

    Parameters
    ----------
    plan
        Its problem gives stages, options, pools and season; its `priority` gives the order. Of
        its schedule nothing is used.
    runs
        1 or more. 500 give the quantiles shown with an error of a few months in a decade.
    seed
        0 or more; same seed, same outlook, whatever the number of `workers` (threads; None: one a
        processor).
    works
        Of each work of the second phase the stages of the plan that its land waits for.
    learned
        By kind of team, rates that the programme's own reports taught; a kind that is not named
        keeps the range of its pool, and the notes say which are which.
    rate_factor
        By kind of team, what the rates of its pools are multiplied by (a scenario); `learned` ones
        are taken as they are given.
    lost
        Low, value and high of the share of team-days lost, as reports taught it; they hold what
        staff that left cost as well, so that `team_turnover_share` is not taken off again.
    taught
        Assumptions that take the place of the stated ones in the runs, as the records taught them;
        the plan itself rests on the stated ones.
    circumstances
        What may happen on the way beside the assumptions; None: nothing of it.
    groups
        Names of communities or districts -> ids of their areas: when the last one is done.
    spread
        Plays the runs elsewhere, see `simulate.dask_spread`.
    progress
        Told after each portion of runs; may raise KeyboardInterrupt.

    Returns
    -------
    Outlook
        `start` is the first day of the plan. Runs that do not finish within
        `forecast_horizon_years` have finish_day = inf and are counted in `notes`.

    Raises
    ------
    LandReleaseError
        FOR-001 to FOR-006: what was asked or assumed makes no sense; see each text.
    """
    from landrelease.forecast.circumstances import Circumstances, effects_of
    from landrelease.forecast.dispatch import ways_of, workforce_of
    from landrelease.forecast.effects import no_effects
    from landrelease.forecast.ground import ground_note, grounds_of, time_on
    from landrelease.forecast.luck import luck_of
    from landrelease.forecast.simulate import model_of, runs_of, simulate

    _check("runs", runs, 1, 1_000_000, "500")
    _check("seed", seed, 0, 2**63 - 1, "1")
    if workers is not None:
        _check("workers", workers, 1, 1024, "2")
    uncertain = read_assumptions(assumptions)
    problem = plan.problem
    currency = check_pools(problem.pools)
    horizon_days = uncertain.horizon_years * DAYS_PER_YEAR
    needed = runs * 3 * CURVE_POINTS * 8
    if needed > LARGEST_CURVES_BYTES:
        raise LandReleaseError(
            FORECAST_TOO_LARGE, runs=runs, bins=CURVE_POINTS, found=f"{needed / 1e9:.1f} GB",
            expected=f"{LARGEST_CURVES_BYTES / 1e9:.0f} GB")  # fmt: skip
    progress("drawing what is not known", 0.0)
    calendar = extend(problem, uncertain.season_months, horizon_days)
    used = _used_pools(problem)
    mean_shares = np.array([
        uncertain.cancelled.value, uncertain.reduced.value, uncertain.cleared.value,
    ], dtype=float)  # whole numbers would compile all of the runs a second time
    made = circumstances or Circumstances()
    grounds, of_hazard = grounds_of(problem, made.ground)
    areas = areas_of(problem, plan.priority, mean_shares, of_hazard)
    workforce, ways = workforce_of(problem, calendar, uncertain.move_days), ways_of(problem, works)
    learned = learned or {}
    factor = rate_factor or {}
    drawn_pools = tuple(_with_rates(pool, learned.get(pool.kind), factor.get(pool.kind, 1.0))
                        for pool in problem.pools)
    drawn = uncertain if not taught else read_assumptions(Assumptions(
        {**assumptions.by_name, **{a.name: a for a in taught}}))
    drawn = drawn if lost is None else _with_lost(drawn, lost)
    draws = draw(drawn, drawn_pools, used, runs, seed)
    # The plan's times rest on the pools' stated rates.
    faster = [(p.m2_per_day / q.m2_per_day) for p, q in zip(drawn_pools, problem.pools,
                                                            strict=True)]
    planned = (1 - drawn.lost_days.value) / (1 - uncertain.lost_days.value)
    draws = dataclasses.replace(draws, rate=draws.rate * np.array(faster).reshape(1, -1),
                                available=draws.available * planned)
    pace = _team_pace(workforce.pool_start, problem.pools, learned, runs, seed)
    seen = {kind: (x.ground, x.ground_spread) for kind, x in learned.items()}
    on_ground = time_on(grounds, problem.pools, seen, runs, seed)
    bin_days = horizon_days / (CURVE_POINTS - 1)

    nothing = no_effects(len(problem.stage_ids), len(problem.pools),
                         int(workforce.pool_start[-1]), calendar)
    effects = effects_of(made, problem, workforce, calendar)

    def model(uncertain: Uncertain, effects: Effects) -> Model:
        return model_of(areas, workforce, ways, uncertain, effects, calendar,
                        bin_days=bin_days, bins=CURVE_POINTS)

    real, drawn_runs = model(drawn, effects), runs_of(
        draws, workforce, pace, on_ground, len(grounds))
    simulated = simulate(real, drawn_runs, seed=seed, workers=workers, spread=spread,
                         progress=progress)
    finish = calendar.days(simulated.finish_slot)
    certain, stated_draws = _without_chance(uncertain, problem, mean_shares)
    stated = simulate(model(certain, nothing), runs_of(
        stated_draws, workforce, grounds=len(grounds)), seed=seed, workers=1)
    stated_day = float(calendar.days(stated.finish_slot)[0])

    released = np.cumsum(simulated.released_m2, axis=2)  # (R, 3, T)
    days = np.arange(CURVE_POINTS) * bin_days
    shown = _shown(released, bool(np.isinf(finish).any()))
    total = released[:, :, shown].sum(axis=1)
    usual = np.where(np.isfinite(simulated.finish_slot), simulated.finish_slot,
                     float(len(calendar.begins)))
    at = float(np.median(usual))
    paid = float(simulated.cost.sum())
    busy = float(simulated.work_cost.sum()) / paid if paid > 0 else 1.0
    luck = luck_of(
        real, drawn_runs, seed=seed, slots=at * busy, pace=pace,
        days=min(float(calendar.days(np.array([at]))[0]), horizon_days)
        ) if len(draws.names) < MOST_FACTORS else {}
    drivers, explained, chance_share = _drivers(
        draws, luck, finish, released[:, :, -1].sum(axis=1), drawn, drawn_pools, used, learned)
    progress("the forecast is made", 1.0)
    return Outlook(
        start=calendar.start,
        horizon_days=horizon_days,
        finish_day=finish,
        cost=simulated.cost,
        currency=currency,
        quantiles=QUANTILES.copy(),
        curve_days=days[shown],
        released_m2=np.quantile(total, QUANTILES, axis=0),
        total_m2=float(areas.hazard_m2.sum()),
        drivers=drivers,
        seed=seed,
        policy=POLICY,
        cancelled_m2=np.median(released[:, 0][:, shown], axis=0),
        reduced_m2=np.median(released[:, 1][:, shown], axis=0),
        cleared_m2=np.median(released[:, 2][:, shown], axis=0),
        work_cost=simulated.work_cost,
        cost_definition=COST_DEFINITION,
        found_m2=simulated.found_m2,
        stated_finish_day=stated_day if math.isfinite(stated_day) else None,
        explained=explained,
        chance_share=chance_share,
        notes=(*_notes(problem, uncertain, finish, simulated.cost, simulated.found_m2),
               *_rate_notes(problem.pools, used, learned),
               *([] if lost is None else [
                   f"Days lost as reported here: {lost[1]:.0%} ({lost[0]:.0%} to {lost[2]:.0%}), "
                   "staff that left included."]),
               *_taught_notes(taught, circumstances, problem.pools),
               *([] if on_ground is None else [
                   ground_note(grounds, of_hazard, problem.pools, seen, _KINDS)]),
               *_money_notes(simulated.stopped_slot, calendar)),
        area_ids=problem.hazard_ids,
        area_quantiles=np.array(AREA_QUANTILES),
        area_day=calendar.days(np.quantile(
            simulated.area_slot, AREA_QUANTILES, axis=0, method="inverted_cdf").ravel()
            ).reshape(len(AREA_QUANTILES), -1),
        groups=() if groups is None else tuple(groups),
        group_day=None if groups is None else _group_days(simulated.area_slot, groups, problem,
                                                          calendar),
        scenario=made.name,
        community_ids=() if problem.access is None else problem.access.community_ids,
        community_day=None if problem.access is None else calendar.days(
            simulated.community_slot.ravel()).reshape(simulated.community_slot.shape),
        work_day=None if not works else calendar.days(
            simulated.work_slot.ravel()).reshape(simulated.work_slot.shape),
    )


def _with_rates(pool: TeamPool, found: Learned | None, factor: float) -> TeamPool:
    if found is None:
        return pool if factor == 1.0 else dataclasses.replace(
            pool, m2_per_day=pool.m2_per_day * factor, m2_per_day_low=pool.m2_per_day_low * factor,
            m2_per_day_high=pool.m2_per_day_high * factor)
    return dataclasses.replace(pool, m2_per_day=found.value, m2_per_day_low=min(
        found.low, found.value), m2_per_day_high=max(found.high, found.value))


def _with_lost(uncertain: Uncertain, lost: tuple[float, float, float]) -> Uncertain:
    def replaced(a: Assumption, low: float, value: float, high: float) -> Assumption:
        return Assumption(a.name, value, low, high, a.unit, a.definition, REPORTED)

    low, value, high = (min(max(x, 0.0), LARGEST_LOSS) for x in lost)
    return dataclasses.replace(
        uncertain, lost_days=replaced(uncertain.lost_days, min(low, value), value,
                                      max(high, value)),
        turnover=replaced(uncertain.turnover, 0.0, 0.0, 0.0))


def _team_pace(pool_start: np.ndarray, pools: tuple[TeamPool, ...],
               learned: Mapping[str, Learned], runs: int, seed: int) -> np.ndarray | None:
    """(R, T) how teams of a kind differ, where reports taught it: a team that reported by its own
    rate, another one by chance, so that the mean of their rates is 1."""
    if not learned:
        return None
    count = int(pool_start[-1])
    middle, spread = np.zeros(count), np.zeros(count)
    for pool, first, end in zip(pools, pool_start[:-1].tolist(), pool_start[1:].tolist(),
                                strict=True):
        found = learned.get(pool.kind)
        if found is None:
            continue
        middle[first:end] = -0.5 * found.team_spread**2
        spread[first:end] = found.team_spread
        for t, name in enumerate(pool.members[:end - first]):
            if name in found.own:
                middle[first + t], spread[first + t] = found.own[name]
    generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(9,))))
    pace: np.ndarray = np.exp(generator.standard_normal((runs, count)) * spread + middle)
    return pace


def _taught_notes(taught: Sequence[Assumption], made: Circumstances | None,
                  pools: tuple[TeamPool, ...]) -> list[str]:
    """What else the records taught, and how new teams begin, in words."""
    said = []
    for a in taught:
        if a.name in _FACTORS:
            said.append(f"{_FACTORS[a.name]} {a.value:.0%} ({a.low:.0%} to {a.high:.0%})")
        elif a.name == "task_duration_spread":
            said.append(f"how much areas differ in the time that they take: {a.value:.2f} of the "
                        "logarithm")
    if made is not None and made.month is not None and made.months_reported:
        slow, fast = int(np.argmin(made.month)), int(np.argmax(made.month))
        said.append(f"rates by month, from {made.month[slow]:.2f} of the mean in {_MONTHS[slow]} "
                    f"to {made.month[fast]:.2f} in {_MONTHS[fast]}")
    notes = [] if not said else ["Learned from the records as well: " + "; ".join(said) + "."]
    new = {} if made is None else made.newcomers
    if made is not None and new:
        learning = {p.kind: made.learning[p.kind] for p in pools if new.get(p.id)
                    and p.kind in made.learning}
        notes.append(f"{sum(new.values())} teams are new on the first day" + "".join(
            f"; {_KINDS.get(kind, kind)} are {x.share:.0%} slower then, and a third of that after "
            f"{x.days:,.0f} days at work" for kind, x in learning.items()) + ".")
    return notes


_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September",
           "October", "November", "December")


def _rate_notes(pools: tuple[TeamPool, ...], used: np.ndarray, learned: Mapping[str, Learned]
                ) -> list[str]:
    kinds = sorted({p.kind for p, works in zip(pools, used, strict=True) if works})
    own = [k for k in kinds if k in learned]
    stated = [k for k in kinds if k not in learned]
    notes = []
    if own:
        notes.append("Pace over areas, learned from daily reports (the mean time of an area; a "
                     "full day on an ordinary one brings more): " + ", ".join(
            f"{_KINDS.get(k, k)} {learned[k].value:,.0f} m² a day ({learned[k].low:,.0f} to "
            f"{learned[k].high:,.0f}, {learned[k].days:,} days)" for k in own) + ".")
    if stated:
        notes.append("Rates that no daily report of this programme has touched (priors): "
                     + ", ".join(_KINDS.get(k, k) for k in stated) + ".")
    return notes


def _money_notes(stopped: np.ndarray, calendar: Calendar) -> list[str]:
    """The day on which money first kept work from being begun."""
    known = np.isfinite(stopped)
    if not known.any():
        return []
    day = calendar.days(np.array([np.quantile(stopped[known], 0.5, method="inverted_cdf")]))[0]
    on = calendar.start + timedelta(days=int(day))
    return [f"In {known.mean():.0%} of the runs money that had not arrived kept work from being "
            f"begun; half of them by {on.isoformat()}."]


def _group_days(area_slot: np.ndarray, groups: Mapping[str, Sequence[str]], problem: Problem,
                calendar: Calendar) -> np.ndarray:
    """(Q, G) days by which all areas of a group are done; 0 where none of them is in the plan."""
    number = {name: h for h, name in enumerate(problem.hazard_ids)}
    found = np.zeros((len(AREA_QUANTILES), len(groups)))
    for g, ids in enumerate(groups.values()):
        own = [number[i] for i in ids if i in number]
        if own:
            last = area_slot[:, own].max(axis=1)
            found[:, g] = calendar.days(np.quantile(last, AREA_QUANTILES, method="inverted_cdf"))
    return found


def _check(name: str, found: int, least: int, most: int, example: str) -> None:
    if isinstance(found, bool) or not isinstance(found, (int, np.integer)) or not (
        least <= found <= most
    ):  # fmt: skip
        raise LandReleaseError(
            FORECAST_SETTING, name=name, found=found, example=example,
            expected=f"a whole number from {least} to {most}")  # fmt: skip


def _used_pools(problem: Problem) -> np.ndarray:
    used = np.zeros(len(problem.pools), dtype=bool)
    used[np.asarray(problem.first_pool, dtype=np.int64)] = True
    second = np.asarray(problem.second_pool, dtype=np.int64)
    used[second[second >= 0]] = True
    return used & (np.asarray(problem.pool_teams) > 0)


def _without_chance(
    uncertain: Uncertain, problem: Problem, mean_shares: np.ndarray
) -> tuple[Uncertain, Draws]:
    """The plan's own durations and shares: nothing turns up, nothing is done twice."""
    certain = dataclasses.replace(
        uncertain, task_spread=0.0, concentration=math.inf, whole_area_share=0.0
    )
    return certain, Draws(
        names=(),
        factors=np.empty((1, 0)),
        rate=np.ones((1, len(problem.pools))),
        available=np.array([1 - uncertain.turnover.value]),
        shares=mean_shares[None, :],
        undiscovered=np.zeros(1),
        rework=np.zeros(1),
    )


def _shown(released: np.ndarray, unfinished: bool) -> np.ndarray:
    """Indices of the points that a curve shows: up to the last release in any run."""
    points = released.shape[2]
    last = points - 1
    if not unfinished:
        moved = np.flatnonzero(np.diff(released.sum(axis=(0, 1))) > 0)
        last = min(points - 1, int(moved[-1]) + 1 if len(moved) else 1)
    step = max(1, math.ceil((last + 1) / CURVE_POINTS_SHOWN))
    return np.unique(np.concatenate([np.arange(0, last + 1, step), [last]]))


def _drivers(
    draws: Draws,
    luck: Mapping[str, np.ndarray],
    finish: np.ndarray,
    released_at_end: np.ndarray,
    uncertain: Uncertain,
    pools: tuple[TeamPool, ...],
    used: np.ndarray,
    learned: Mapping[str, Learned],
) -> tuple[tuple[Driver, ...], str, float | None]:
    from landrelease.forecast.luck import CAUSES

    runs = len(finish)
    unfinished = int(np.isinf(finish).sum())
    by_area = 2 * unfinished > runs
    outcome = -released_at_end if by_area else finish
    of_what = "area released by the forecast's horizon" if by_area else "time of the finish"
    why = (
        f", because {unfinished} of {runs} runs do not finish by then" if by_area else ""
    )  # fmt: skip
    if runs < len(draws.names) + 3:
        return (), (f"{runs} runs are too few to say what moves the {of_what}."), None
    if np.all(outcome == outcome[0]):
        return (), f"All runs have the same {of_what}: there is no spread to explain.", None
    factors, causes = draws.factors, _strongest(luck, outcome, draws.factors)
    if runs >= len(draws.names) + len(causes) + 3:
        factors = np.column_stack([factors, *causes.values()])
    else:
        causes = {}
    shares = explained_shares(factors, outcome)
    drivers = [
        Driver(name, float(share), _driver_words(name, uncertain, pools, used, learned,
                                                 float(share)))
        for name, share in zip(draws.names, shares[:len(draws.names)], strict=True)
    ] + [
        Driver(f"chance_{name}", float(share), f"{CAUSES[name]}: chance, which no better knowledge "
               f"of the stated ranges takes away ({share:.0%} of the spread).")
        for name, share in zip(causes, shares[len(draws.names):], strict=True)
    ]
    drivers.sort(key=lambda driver: (-driver.share, driver.name))
    rest = max(0.0, 1.0 - float(shares.sum()))
    return tuple(drivers), (
        f"Shares of the spread (of ranks) of the {of_what}{why}. {rest:.0%} is no single one of "
        "these: in which order things happen, and what acts only together."
    ), rest  # fmt: skip


def _strongest(luck: Mapping[str, np.ndarray], outcome: np.ndarray, factors: np.ndarray
               ) -> dict[str, np.ndarray]:
    """As many causes as can be told apart beside the factors, those that go with the outcome most;
    of each what the factors and the causes before it do not explain."""
    from landrelease.forecast.luck import CAUSES, beside

    order = sorted(luck, key=lambda name: -abs(_together(luck[name], outcome)))
    found: dict[str, np.ndarray] = {}
    for name in sorted(order[:MOST_FACTORS - factors.shape[1]], key=list(CAUSES).index):
        found[name] = beside(luck[name], np.column_stack([factors, *found.values()]))
    return found


def _together(a: np.ndarray, b: np.ndarray) -> float:
    from scipy.stats import rankdata

    x, y = rankdata(a), rankdata(b)
    x, y = x - x.mean(), y - y.mean()
    return float(x @ y / max(math.sqrt(float(x @ x) * float(y @ y)), 1e-300))


def _driver_words(
    name: str, uncertain: Uncertain, pools: tuple[TeamPool, ...], used: np.ndarray,
    learned: Mapping[str, Learned], share: float,
) -> str:
    if name.startswith("rate_"):
        kind = name.removeprefix("rate_")
        own = [p for p, works in zip(pools, used, strict=True) if works and p.kind == kind]
        low, high = min(p.m2_per_day_low for p in own), max(p.m2_per_day_high for p in own)
        values = sorted({p.m2_per_day for p in own})
        stated = " to ".join(f"{value:,.0f}" for value in sorted({values[0], values[-1]}))
        return (
            f"How fast {_KINDS.get(kind, kind)} work: {stated} m² a team and day "
            f"{'over areas, as reports teach' if kind in learned else 'are stated'}, "
            f"{low:,.0f} to {high:,.0f} "
            f"are thought possible ({share:.0%} of the spread)"
            + ("." if kind in learned else
               "; a prior, which no daily report of this programme has touched.")
        )
    a = {
        "lost_day_share": uncertain.lost_days,
        "team_turnover_share": uncertain.turnover,
        "undiscovered_share": uncertain.undiscovered,
        "rework_share": uncertain.rework,
        "share_cleared": uncertain.cleared,
    }[name]
    words = _FACTORS[name]
    return (
        f"{words[0].upper()}{words[1:]}: {a.value:.0%} "
        f"{'reported' if a.source == REPORTED else 'stated'}, {a.low:.0%} to {a.high:.0%} thought "
        f"possible ({share:.0%} of the spread)"
        + ("." if a.source == REPORTED else "; an assumption, not learned here.")
    )


def _notes(
    problem: Problem,
    uncertain: Uncertain,
    finish: np.ndarray,
    cost: np.ndarray,
    found_m2: np.ndarray,
) -> tuple[str, ...]:
    notes = []
    runs, unfinished = len(finish), int(np.isinf(finish).sum())
    if not problem.stage_ids:
        notes.append("There is no work in this plan, so that it ends on the first day. Areas that "
                     "wait for an inspection, a decision or a place in a plan are not in it.")
    if unfinished:
        known = float(np.mean(cost < cost[np.isinf(finish)].min()))
        notes.append(
            f"{unfinished} of {runs} runs do not finish within {uncertain.horizon_years:g} years; "
            "they are counted as not finished, and their cost is the cost until then: above the "
            f"{known:.0%} quantile, quantiles of cost are lower bounds."
        )
    stuck = _stuck(problem)
    for activity, count in stuck.items():
        notes.append(
            f"{count} {activity} {'stage has' if count == 1 else 'stages have'} no team that can "
            "do them: no run can finish. Add teams of the kind that is missing."
        )
    if found_m2.any():
        notes.append(
            f"Area that nobody knew of: {area_words(float(found_m2.mean()))} on average, from "
            f"{area_words(float(np.quantile(found_m2, 0.1)))} to "
            f"{area_words(float(np.quantile(found_m2, 0.9)))} in the central 80 % of runs. It "
            "turns up beside known areas while these are worked on, and it counts as released when "
            "it is done: curves may end above the known area."
        )
    return tuple(notes)


def _stuck(problem: Problem) -> dict[str, int]:
    """How many stages of each activity have no option whose pools ever have a team."""
    closes, opens = np.asarray(problem.pool_closes), np.asarray(problem.pool_opens)
    alive = (np.asarray(problem.pool_teams) > 0) & (closes > opens)
    first = np.asarray(problem.first_pool, dtype=np.int64)
    second = np.asarray(problem.second_pool, dtype=np.int64)
    works = alive[first] if len(first) else np.zeros(0, dtype=bool)
    if len(second):
        works &= np.where(second >= 0, alive[second], True)
    counts = np.diff(np.asarray(problem.option_start, dtype=np.int64))
    has = np.zeros(len(counts), dtype=bool)
    np.logical_or.at(has, np.repeat(np.arange(len(counts)), counts.tolist()), works)
    activity = np.asarray(problem.activity, dtype=np.int64)
    return {
        ACTIVITIES[a]: int(np.sum(~has & (activity == a)))
        for a in range(len(ACTIVITIES))
        if np.any(~has & (activity == a))
    }
