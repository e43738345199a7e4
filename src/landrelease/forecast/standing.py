"""A forecast from the records alone, as they stood on a day: no plan, only what was reported.

It is what back-testing judges. Open areas go through survey and clearance by the teams that are at
work; how fast, how many days are lost, how much survey leaves for clearance, how much turns up and
how much fails inspection is learned from what was reported until then, with the stated assumptions
as priors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.team_days import TeamDays
from landrelease.core.work import Problem, TeamPool
from landrelease.errors import FORECAST_NO_AREAS, FORECAST_NO_TEAMS, LandReleaseError
from landrelease.forecast.areas import areas_of
from landrelease.forecast.calendar import DAYS_PER_YEAR, Calendar
from landrelease.forecast.dispatch import ways_of, workforce_of
from landrelease.forecast.effects import no_effects
from landrelease.forecast.rates import Lost, Range, Rate, fit_lost, fit_rates, rate_priors
from landrelease.forecast.simulate import Runs, model_of, simulate
from landrelease.forecast.uncertain import Uncertain, read_assumptions

Z80 = 1.2815515655446004
SURVEY, CLEARANCE = ("TS", "not_reported"), ("clearance", "manual")
AREAS_WORTH = 6.0  # the stated shares count as much as this many areas that were surveyed here


@dataclass(frozen=True, slots=True)
class Standing:
    """What was known on a day. A areas, all that were on record by then; m².

    An area is surveyed (TS), which leaves a part of it for clearance, and is then cleared.
    """

    day: date
    area_m2: np.ndarray  # (A,)
    surveyed: np.ndarray  # bool (A,)
    survey_done_m2: np.ndarray  # (A,) worked so far by survey, of those not yet surveyed
    clear_m2: np.ndarray  # (A,) what survey left for clearance; of those that were surveyed
    cleared_m2: np.ndarray  # (A,) of it, cleared so far
    again: np.ndarray  # bool (A,) failed inspection and is to be cleared again
    late: np.ndarray  # bool (A,) was not known when the programme began
    inspected: int  # areas inspected so far
    failed: int  # of them, failed
    reports: TeamDays  # until the day; `areas` are the A areas in order
    # Kinds of work, as SURVEY and CLEARANCE, and how many teams are at work on each.
    teams: tuple[tuple[tuple[str, str], int], ...]
    names: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)  # of those teams
    months: tuple[int, int] = (1, 12)  # season, first and last month
    days_a_week: float = 6.0

    @property
    def open(self) -> np.ndarray:
        return (~self.surveyed | (self.clear_m2 - self.cleared_m2 > 1.0) | self.again) & (
            self.area_m2 > 0)

    @property
    def released_m2(self) -> float:
        """Released so far: reduced with its survey, cleared when its clearance has ended."""
        done = self.surveyed & ~self.open
        reduced = np.where(self.surveyed, self.area_m2 - self.clear_m2, 0.0)
        return float(np.where(done, self.area_m2, reduced).sum())


@dataclass(frozen=True, slots=True)
class Finish:
    """R runs: days from the standing's day to the end; `horizon_days` where it is not by then."""

    days: np.ndarray  # (R,)
    horizon_days: float
    capped: int  # runs that had not ended by the horizon
    released_m2: np.ndarray  # (R, B) released from now on by the end of each bin
    bin_days: float
    rates: tuple[Rate, ...]
    lost: Lost
    notes: tuple[str, ...] = ()


def _two_piece_to_beta(a: Assumption, worth: float) -> tuple[float, float]:
    mean = min(max(a.value, 0.01), 0.99)
    return mean * worth, (1 - mean) * worth


def season_calendar(start: date, months: tuple[int, int], days_a_week: float, horizon_days: float
                    ) -> Calendar:
    """Slots of one working day each, spread evenly over the days of the season."""
    count = int(horizon_days)
    ordinal = start.toordinal()
    month = np.array([date.fromordinal(ordinal + d).month for d in range(count)])
    first, last = months
    inside = ((month >= first) & (month <= last)) if first <= last else (
        (month >= first) | (month <= last))
    worked = np.cumsum(inside) * (days_a_week / 7.0)
    slots = np.floor(worked + 1e-9).astype(int)
    ends = np.flatnonzero(np.diff(np.concatenate([[0], slots])) > 0) + 1.0
    begins = np.maximum(np.concatenate([[0.0], ends[:-1]]), ends - 7.0 / days_a_week)
    return Calendar(start, begins, ends)


def forecast_standing(
    standing: Standing,
    assumptions: Assumptions,
    prior_of: dict[tuple[str, str], Range],
    *,
    runs: int,
    seed: int,
    horizon_days: float = 30 * DAYS_PER_YEAR,
    bins: int = 61,
    bin_days: float = DAYS_PER_YEAR / 12,
    workers: int | None = 1,
    draws: int = 200,
) -> Finish:
    """Simulate what is left, from what was known.

    Raises
    ------
    LandReleaseError
        FOR-007: no team was at work, so that nothing can be done. FOR-008: no area is on record.
        FOR-002 to FOR-004: what was assumed makes no sense.
    """
    uncertain = read_assumptions(assumptions)
    if not len(standing.area_m2):
        raise LandReleaseError(FORECAST_NO_AREAS, day=standing.day.isoformat())
    if not standing.open.any():
        return Finish(np.zeros(runs), horizon_days, 0, np.zeros((runs, bins)), bin_days, (),
                      fit_lost(standing.reports, uncertain.lost_days, seed=seed, draws=draws),
                      ("No area is open: all is done.",))
    if not any(count for _, count in standing.teams):
        raise LandReleaseError(FORECAST_NO_TEAMS, day=standing.day.isoformat())
    priors = rate_priors(assumptions)
    rates = fit_rates(standing.reports, prior_of, priors, seed=seed, draws=draws)
    losses = [_lost_of(standing.reports, kind, uncertain.lost_days, seed, draws)
              for kind, count in standing.teams if count > 0]
    generator = np.random.Generator(np.random.PCG64([seed, 3]))
    pick = generator.integers(0, draws, runs)
    notes = [note for rate in rates for note in rate.notes if rate.from_prior]

    kinds = [kind for kind, count in standing.teams if count > 0]
    by_kind = {(r.activity, r.method): r for r in rates}
    problem, priority, whole_shares = _problem(standing, kinds, by_kind, uncertain)
    luck = generator.standard_normal(runs)  # the months to come are the same for all teams
    slow = np.concatenate([
        1.0 / _pace(by_kind[kind], count, standing.names.get(kind, ()), pick, generator)
        / (1.0 - _lost_from_now(lost, pick, luck))[:, None]
        for (kind, count), lost in zip(
            [pair for pair in standing.teams if pair[1] > 0], losses, strict=True)], axis=1)
    shares, whole, alike = _shares(standing, uncertain, runs, generator)
    spread = float(np.mean([np.median(by_kind[k].deviation["area"]) for k in kinds]))
    certain = Uncertain(
        uncertain.cancelled, uncertain.reduced, uncertain.cleared, uncertain.lost_days,
        uncertain.turnover, uncertain.undiscovered, uncertain.rework, 0.0, spread, alike, whole,
        horizon_days / DAYS_PER_YEAR, standing.months)
    calendar = season_calendar(standing.day, standing.months, standing.days_a_week, horizon_days)
    workforce = workforce_of(problem, calendar, 0.0)
    areas = areas_of(problem, priority, whole_shares)
    teams = int(workforce.pool_start[-1])
    model = model_of(areas, workforce, ways_of(problem), certain,
                     no_effects(len(problem.stage_ids), len(problem.pools), teams, calendar),
                     calendar, bin_days=bin_days, bins=bins)
    found = simulate(model, Runs(
        shares, _undiscovered(standing, uncertain, runs, generator),
        _rework(standing, uncertain, runs, generator),
        np.ones(runs), np.ascontiguousarray(slow)), seed=seed, workers=workers)
    days = calendar.days(found.finish_slot)
    capped = int(np.sum(~np.isfinite(days)))
    return Finish(np.minimum(days, horizon_days), horizon_days, capped,
                  np.cumsum(found.released_m2.sum(axis=1), axis=1), bin_days, rates, losses[-1],
                  tuple(notes))


def _problem(standing: Standing, kinds: list[tuple[str, str]],
             by_kind: dict[tuple[str, str], Rate], uncertain: Uncertain
             ) -> tuple[Problem, np.ndarray, np.ndarray]:
    """Stages of the open areas. `slots` of an option are m², so that nothing is rounded away.

    Survey is one step here: it cancels or reduces all that the shares do not leave for clearance.
    """
    pool_of: dict[str, list[int]] = {"TS": [], "clearance": []}
    for p, (activity, _) in enumerate(kinds):
        pool_of.setdefault(activity, []).append(p)
    typical = [float(np.median(by_kind[k].per_day())) for k in kinds]
    # Days of setting up are among the lost days of the reports, where there are any.
    move = 0.0 if len(standing.reports) else uncertain.move_days
    left_share = min(max(uncertain.cleared.value, 0.01), 0.99)
    planned = np.array([0.0, 1 - left_share, left_share])
    stages: list[tuple[int, int, int, float]] = []
    options: list[list[tuple[int, int, int, int]]] = []
    order: list[float] = []
    hazards = 0

    def own(activity: str, m2: float, new: bool) -> list[tuple[int, int, int, int]]:
        return [(p, max(1, round(m2 + (move * typical[p] if new else 0.0))), -1, 0)
                for p in pool_of.get(activity, [])]

    begun = (standing.survey_done_m2 > 0) | (standing.cleared_m2 > 0)
    for a in np.flatnonzero(standing.open).tolist():
        area = float(standing.area_m2[a])
        rank = (0.0 if begun[a] else 1e6) + a
        if not standing.surveyed[a]:
            left = max(area - float(standing.survey_done_m2[a]), 1.0)
            stages.append((1, -1, hazards, area * planned[1]))
            options.append(own("TS", left, standing.survey_done_m2[a] <= 0))
            order.append(rank)
            stages.append((2, len(stages) - 1, hazards, area * planned[2]))
            options.append(own("clearance", area * planned[2], True))
            order.append(rank + 0.5)
        else:
            left = float(standing.clear_m2[a] - standing.cleared_m2[a])
            if standing.again[a]:
                left = max(left, 0.0) + float(standing.clear_m2[a])
            stages.append((2, -1, hazards, max(float(standing.clear_m2[a]), 1.0)))
            options.append(own("clearance", max(left, 1.0), standing.cleared_m2[a] <= 0))
            order.append(rank)
        hazards += 1
    flat = np.array([o for some in options for o in some], dtype=np.int32).reshape(-1, 4)
    count = len(stages)
    table = np.array(stages, dtype=float)
    pools = tuple(TeamPool(f"{activity} {method}", "manual", "", "", 0.0, 0.0, n, 1.0, 1.0, 1.0,
                           0.0, "", None, None, "")
                  for (activity, method), n in standing.teams if n > 0)
    problem = Problem(
        tuple(map(str, range(count))), table[:, 0].astype(np.int8), table[:, 1].astype(np.int32),
        table[:, 2].astype(np.int32), np.full(count, -1, np.int32), np.ones(count), table[:, 3],
        table[:, 3], np.cumsum([0, *map(len, options)]).astype(np.int32), flat[:, 0], flat[:, 1],
        flat[:, 2], flat[:, 3], np.zeros(len(flat)), ("",) * len(flat), pools,
        np.array([p.teams for p in pools], np.int32), np.zeros(len(pools), np.int32),
        np.full(len(pools), 1, np.int32), np.zeros(2), (standing.day, standing.day), 1.0,
        tuple(map(str, range(hazards))), ())
    return problem, np.array(order), planned


def _pace(rate: Rate, teams: int, names: tuple[str, ...], pick: np.ndarray,
          generator: np.random.Generator) -> np.ndarray:
    """(R, T) m² a day of each team at work: its own where it was seen, a new one's else."""
    base = np.log(rate.of_work())[pick]
    found = np.repeat(base[:, None], teams, axis=1)
    new = generator.standard_normal((len(pick), teams)) * rate.deviation["team"][pick][:, None]
    for t in range(teams):
        name = names[t] if t < len(names) else ""
        if name in rate.teams:
            found[:, t] += rate.team[pick, rate.teams.index(name)]
        else:
            found[:, t] += new[:, t]
    # What the area's ground adds is in the spread of the stages.
    return np.exp(found)


def _shares(standing: Standing, uncertain: Uncertain, runs: int, generator: np.random.Generator
            ) -> tuple[np.ndarray, float, float]:
    """Mean shares cancelled, reduced, cleared in each run; how much goes as a whole; concentration.

    The mean share that survey reduces is learned on the logit, areas as observations.
    """
    cleared = uncertain.cleared

    def logit(x: float) -> float:
        x = min(max(x, 0.02), 0.98)
        return math.log(x / (1 - x))

    centre = logit(1 - cleared.value)
    width = max((logit(1 - cleared.low) - logit(1 - cleared.high)) / (2 * Z80), 0.05)
    known = standing.surveyed & (standing.area_m2 > 0)
    part = 1 - np.clip(standing.clear_m2[known] / standing.area_m2[known], 0.0, 1.0)
    whole, alike = uncertain.whole_area_share, uncertain.concentration
    mean_of = centre
    precision = width**-2
    if len(part):
        at = float(np.clip(part.mean(), 0.03, 0.97))
        # Variance of one area around the mean, with the prior's pulled in for a few areas.
        prior_variance = at * (1 - at) * (whole * 0.6 + 0.3)
        variance = (np.sum((part - at) ** 2) + 4 * prior_variance) / (len(part) + 4)
        error = math.sqrt(variance / len(part)) / (at * (1 - at))
        precision = width**-2 + error**-2
        mean_of = (centre * width**-2 + logit(at) * error**-2) / precision
        all_of_it = float(np.sum(part > 0.999))
        expected = max(float(part.sum()), 1e-9)
        whole = (all_of_it + whole * AREAS_WORTH * at) / (expected + AREAS_WORTH * at)
        rest = part[part <= 0.999]
        if len(rest) >= 3:
            m, v = float(rest.mean()), float(rest.var())
            own = m * (1 - m) / max(v, 1e-4) - 1
            own = min(max(own, 0.3), 50.0)
            weight = len(rest) / (len(rest) + AREAS_WORTH)
            alike = math.exp(weight * math.log(own) + (1 - weight) * math.log(
                min(max(alike, 0.3), 50.0)))
    drawn = 1 / (1 + np.exp(-(mean_of + generator.standard_normal(runs) / math.sqrt(precision))))
    return (np.ascontiguousarray(np.column_stack([np.zeros(runs), drawn, 1 - drawn])),
            float(min(max(whole, 0.0), 0.98)), float(alike))


def _undiscovered(standing: Standing, uncertain: Uncertain, runs: int,
                  generator: np.random.Generator) -> np.ndarray:
    """(R,) areas that turn up for each open one: those that turned up for each that was done."""
    a = uncertain.undiscovered
    mean = max((a.low + a.value + a.high) / 3, 1e-6)
    sd = max((a.high - a.low) / (2 * Z80), 1e-6)
    shape = (mean / sd) ** 2
    # Survey of an area and its clearance are half a chance each to find more beside it.
    half = float(np.sum(standing.open & standing.surveyed)) / 2
    done, left = float(np.sum(~standing.open)) + half, float(np.sum(standing.open)) - half
    each = generator.gamma(shape + float(standing.late.sum()), 1.0, runs) / (shape / mean + done)
    return each * left / max(float(np.sum(standing.open)), 1.0)


def _rework(standing: Standing, uncertain: Uncertain, runs: int, generator: np.random.Generator
            ) -> np.ndarray:
    a, b = _two_piece_to_beta(uncertain.rework, 30.0)
    return generator.beta(a + standing.failed, b + standing.inspected - standing.failed, runs)


def _lost_of(reports: TeamDays, kind: tuple[str, str], prior: Assumption, seed: int, draws: int
             ) -> Lost:
    """Days lost by teams of one kind: who moves often loses more of them."""
    own = reports.kind == reports.kinds.index(kind) if kind in reports.kinds else np.zeros(
        len(reports), dtype=bool)
    return fit_lost(reports.pick(own), prior, seed=seed, draws=draws)


def _lost_from_now(lost: Lost, pick: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """(R,) share lost over what is left: the long-run share, and the luck of the months to come."""
    share = np.clip(lost.share[pick], 1e-4, 0.95)
    score = np.log(share / (1 - share)) + luck * lost.month_sd / math.sqrt(12.0)
    return np.clip(1 / (1 + np.exp(-score)), 0.0, 0.95)
