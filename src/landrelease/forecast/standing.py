"""A forecast from the records alone, as they stood on a day: no plan, only what was reported.

It is what back-testing judges. Open areas go through survey and clearance by the teams that are at
work; how fast, how many days are lost, how much survey leaves for clearance, how much turns up and
how much fails inspection is learned from what was reported until then, with the stated assumptions
as priors.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

import numpy as np

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.team_days import TeamDays
from landrelease.core.work import Problem, TeamPool
from landrelease.errors import FORECAST_NO_AREAS, FORECAST_NO_TEAMS, LandReleaseError
from landrelease.forecast.areas import areas_of
from landrelease.forecast.calendar import DAYS_PER_YEAR, Calendar
from landrelease.forecast.dispatch import ways_of, workforce_of
from landrelease.forecast.effects import no_effects
from landrelease.forecast.ground import time_of_rates
from landrelease.forecast.rates import Lost, Range, Rate, fit_lost, fit_rates, rate_priors
from landrelease.forecast.simulate import Runs, model_of, simulate
from landrelease.forecast.uncertain import Uncertain, read_assumptions

Z80 = 1.2815515655446004
SURVEY, CLEARANCE = ("TS", "not_reported"), ("clearance", "manual")
NTS = ("NTS", "not_reported")
MOST_PIECES = 12  # into which the clearance of one area is cut
AREAS_WORTH = 6.0  # the stated shares count as much as this many areas that were surveyed here


@dataclass(frozen=True, slots=True)
class Standing:
    """What was known on a day. A areas, all that were on record by then; m².

    An area is surveyed (TS), which leaves a part of it for clearance, and is then cleared. Where
    `cancelled_m2` is given, NTS comes before, as a step of its own that cancels a part.
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
    cancelled_m2: np.ndarray | None = None  # (A,) taken out by NTS so far
    seen: np.ndarray | None = None  # bool (A,) NTS of it has ended
    seen_m2: np.ndarray | None = None  # (A,) worked so far by NTS, of those where it has not
    piece_m2: float = math.inf  # what one decision of clearance usually covers
    # Of kinds of survey: the share of working days on which a team was at work at all, because it
    # waits for those who follow it.
    busy: dict[tuple[str, str], float] = field(default_factory=dict)
    season_sd_days: float = 0.0  # how far the season may begin and end beside its months
    ground: tuple[str, ...] = ()  # A grounds, as reports name them, "" not known; (): none is
    battle: np.ndarray | None = None  # bool (A,) cleared by battle area clearance; None: none is
    # (A,) of areas that came on record late: after which share of the time so far; None: not known
    late_after: np.ndarray | None = None
    # bool (A,) cleared, and waits for an inspection that it may fail; None: none is known to wait
    waiting: np.ndarray | None = None

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


def step_of(kind: tuple[str, str]) -> str:
    """The step of an area's work that a kind of work does: BAC clears as clearance does."""
    return "clearance" if kind[0] == "BAC" else kind[0]


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


NOTHING_OPEN = "No area is open and none is known to wait for its inspection: all is done."
ONLY_WAITING = (
    "No area is open, and not all is done: {n} that are cleared wait for an inspection that they "
    "may fail. What fails it is cleared again; this forecast counts none of that.")


def _waits(standing: Standing) -> np.ndarray:
    """Areas that are cleared and wait for an inspection that they may fail: their numbers."""
    if standing.waiting is None:
        return np.zeros(0, dtype=np.int64)
    return np.flatnonzero(standing.waiting & ~standing.open & (standing.clear_m2 > 1.0))


def _to_beta(a: Assumption) -> tuple[float, float]:
    """A Beta with the mean and the spread of a stated share; `low` and `high` hold 80 %."""
    mean = min(max((a.low + a.value + a.high) / 3, 0.001), 0.99)
    sd = max((a.high - a.low) / (2 * Z80), 1e-3)
    worth = max(mean * (1 - mean) / sd**2 - 1, 1.0)
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
    waits = _waits(standing)
    if not standing.open.any():
        return Finish(np.zeros(runs), horizon_days, 0, np.zeros((runs, bins)), bin_days, (),
                      fit_lost(standing.reports, uncertain.lost_days, seed=seed, draws=draws),
                      (NOTHING_OPEN if not len(waits) else ONLY_WAITING.format(
                          n=len(waits)),))
    if not any(count for _, count in standing.teams):
        raise LandReleaseError(FORECAST_NO_TEAMS, day=standing.day.isoformat())
    priors = rate_priors(assumptions)
    rates = fit_rates(standing.reports, prior_of, priors, seed=seed, draws=draws)
    losses = [_lost_of(standing.reports, kind, uncertain.lost_days, seed, draws)
              for kind, count in standing.teams if count > 0]
    generator = np.random.Generator(np.random.PCG64([seed, 3]))
    pick = np.resize(generator.permutation(draws), runs)  # each as often as any other
    notes = [note for rate in rates for note in rate.notes if rate.from_prior]

    kinds = [kind for kind, count in standing.teams if count > 0]
    by_kind = {(r.activity, r.method): r for r in rates}
    shares, whole, alike = _shares(standing, uncertain, runs, generator)
    mean = None if standing.cancelled_m2 is None else np.median(shares, axis=0)
    held = _held_back(standing, kinds)
    months = standing.months if standing.season_sd_days <= 0 else _wider(standing.months)
    calendar = season_calendar(standing.day, months, standing.days_a_week, horizon_days)
    slow = np.concatenate([
        1.0 / _pace(by_kind[kind], count, standing.names.get(kind, ()), pick, generator)
        / _usual_month(by_kind[kind], calendar, pick)[:, None]
        / (1.0 - _long_run(lost, pick))[:, None]
        / _at_work(None if k in held else standing.busy.get(kind), runs, generator)[:, None]
        for k, ((kind, count), lost) in enumerate(zip(
            [pair for pair in standing.teams if pair[1] > 0], losses, strict=True))], axis=1)
    # The runs are played in working days of the long run; which of them fall on which day of the
    # calendar is the luck of the months, that all teams share.
    done = _working_days(
        calendar, losses[-1], by_kind[kinds[-1]], pick, generator,
        None if months == standing.months else (standing.months, standing.season_sd_days))
    ends = np.searchsorted(calendar.ends, np.arange(bins) * bin_days, side="right")
    passed = done[:, np.minimum(ends, done.shape[1] - 1)]  # (R, B)
    step = max(float(passed.max()) / FINE_BINS, 1e-9)
    grounds = sorted({g for g in standing.ground if g})
    ground_of = np.array([1 + grounds.index(g) if g else 0 for g in standing.ground],
                         dtype=np.int64)
    none = np.zeros(runs)  # what turns up and what fails are laid out part by part
    runs_all = Runs(shares, none, none, np.ones(runs), np.ascontiguousarray(slow),
                    time_of_rates(grounds, [by_kind[k] for k in kinds], pick, seed))
    slots_of_time = np.arange(len(calendar.begins) + 1, dtype=float)
    # Which area comes next, which ones fail inspection, how much turns up and how far ahead survey
    # goes, nobody has said: each part of the runs has an order, a fate and a limit of its own. The
    # last areas decide the end: one may be large.
    parts = []
    edges = np.linspace(0, runs, min(ORDERS, runs) + 1).astype(int).tolist()
    comes = _turns_up(standing, uncertain, len(edges) - 1, generator)
    fails = _rework(standing, uncertain, len(edges) - 1, generator)
    own = [by_kind[kind] for kind in kinds]
    typical = [float(np.median(rate.per_day())) for rate in own]
    layout = Layout(standing, kinds, own, uncertain, mean, [
        _unfilled(standing.reports, kind, m2) for kind, m2 in zip(kinds, typical, strict=True)],
        typical)
    time = Calendar(standing.day, slots_of_time[:-1], slots_of_time[1:])
    nothing = no_effects(0, len(kinds), int(slow.shape[1]), calendar)
    for k, (begin, end) in enumerate(itertools.pairwise(edges)):
        by_work, by_people = (
            _fresh(standing, int(generator.poisson(comes.left[k] * part)), float(hazard[k]),
                   generator) for part, hazard in (
                (comes.by_work[k], comes.hazard), (1 - comes.by_work[k], comes.hazard_people)))
        luck = Luck(generator.permutation(len(standing.area_m2)), float(fails[k]),
                    by_work + by_people, int(pick[begin]), generator)
        problem, priority, template, known = layout.problem(luck)
        certain = Uncertain(
            uncertain.cancelled, uncertain.reduced, uncertain.cleared, uncertain.lost_days,
            uncertain.turnover, uncertain.undiscovered, uncertain.rework, 0.0,
            _stage_spread(problem, own, typical, luck.draw), alike, whole,
            horizon_days / DAYS_PER_YEAR, standing.months)
        workforce = workforce_of(problem, calendar, 0.0)._replace(
            watches=np.array([held[p][0] if p in held else -1 for p in range(len(kinds))]),
            limit=np.array([round(held[p][1] * math.exp(LIMIT_SD * generator.standard_normal()))
                            if p in held else 0 for p in range(len(kinds))]))
        count = len(problem.stage_ids)
        effects = nothing._replace(sector=np.full(count, -1, dtype=np.int64),
                                   line=np.zeros(count, dtype=np.int64))
        model = model_of(areas_of(problem, priority, layout.planned,
                                  ground_of[template] if len(ground_of) else None, known),
                         workforce, ways_of(problem), certain, effects, time,
                         bin_days=step, bins=FINE_BINS + 2)
        parts.append(simulate(model, Runs(*(part[begin:end] for part in runs_all)),
                              seed=seed + k * ANOTHER_SEED, workers=workers))
    finish = np.concatenate([part.finish_slot for part in parts])
    released = np.concatenate([part.released_m2.sum(axis=1) for part in parts])
    slots = np.array([np.interp(at, own, np.arange(len(own)), right=np.inf)
                      for at, own in zip(finish, done, strict=True)])
    days = calendar.days(slots)
    capped = int(np.sum(~np.isfinite(days)))
    fine = np.cumsum(released, axis=1)
    place = np.clip(np.floor(passed / step + 1e-9).astype(int), 0, fine.shape[1] - 1)
    return Finish(np.minimum(days, horizon_days), horizon_days, capped,
                  np.take_along_axis(fine, place, axis=1), bin_days, rates, losses[-1],
                  tuple(notes))


ORDERS = 160  # parts of the runs, each with its own order of the areas that nobody has begun
ANOTHER_SEED = 1_000_003
HELD_BACK = 0.85  # of the days: a kind of survey that is at work on fewer of them waits for others
FEWEST_ENDED = 5  # areas, to learn what a day is worth on which one ends
FEWEST_CLOCK = 20  # days of a kind of work, to reckon how many are left
FEWEST_CERTAIN = 8  # areas with clearance left for certain, to time by them what turns up
LIMIT_SD = 0.35  # of the logarithm of how far ahead it goes
FINE_BINS = 1_500  # of working time, so that months of any luck can be cut out of them
FOLLOWS = 0.2  # how much of the luck of a month the next one has (see `fit_lost`)


def _at_work(share: float | None, runs: int, generator: np.random.Generator) -> np.ndarray:
    """(R,) share of the working days to come on which survey is at work. It waits for those who
    follow it, now more and now less: the past share is a rough measure of it."""
    if share is None:
        return np.ones(runs)
    at = min(max(share, 0.03), 0.97)
    drawn: np.ndarray = 1 / (1 + np.exp(-(math.log(at / (1 - at))
                                          + 0.8 * generator.standard_normal(runs))))
    return np.clip(drawn, 0.02, 1.0)


def _held_back(standing: Standing, kinds: list[tuple[str, str]]) -> dict[int, tuple[int, float]]:
    """Of kinds of survey that wait for those who follow them: the activity (1 TS, 2 clearance) that
    they watch, and how many pieces of it wait for a team now, which is as far ahead as survey goes.

    A kind whose teams are at work on nearly all days waits for nobody.
    """
    pieces = 0.0
    for a in np.flatnonzero(standing.open & standing.surveyed).tolist():
        left = float(standing.clear_m2[a] - standing.cleared_m2[a])
        pieces += min(max(math.ceil(left / standing.piece_m2 - 0.5), 1), MOST_PIECES) if (
            math.isfinite(standing.piece_m2)) else 1
    seen = np.zeros(len(standing.area_m2), dtype=bool) if standing.seen is None else standing.seen
    ready = (float(np.sum(standing.open & seen & ~standing.surveyed)), pieces)
    teams = [sum(count for kind, count in standing.teams if step_of(kind) == name)
             for name in ("TS", "clearance")]
    found = {}
    for p, kind in enumerate(kinds):
        if kind[0] in ("NTS", "TS") and standing.busy.get(kind, 1.0) < HELD_BACK:
            after = 0 if kind[0] == "NTS" and any(k[0] == "TS" for k in kinds) else 1
            found[p] = (after + 1, max(ready[after] - teams[after], float(teams[after]), 1.0))
    return found


def _wider(months: tuple[int, int]) -> tuple[int, int]:
    """A month more at both ends; all year where that closes the gap."""
    first, last = months
    if (last - first) % 12 >= 9:
        return (1, 12) if (first, last) != (1, 12) else months
    return (first - 2) % 12 + 1, last % 12 + 1


def _in_season(dates: list[date], months: tuple[int, int], sd_days: float, runs: int,
               generator: np.random.Generator) -> np.ndarray:
    """bool (R, N) whether each slot lies in the season, which begins and ends some days beside
    its months, each year by other ones."""
    first, last = months
    inside = np.ones((runs, len(dates)), dtype=bool)
    after = last % 12 + 1
    months_of = np.array([d.month for d in dates])
    years_of = np.array([d.year for d in dates])
    ordinal = np.array([d.toordinal() for d in dates])
    before = (first - 2) % 12 + 1
    for year in range(int(years_of.min()) - 1, int(years_of.max()) + 2):
        begins = date(year, first, 1).toordinal() + generator.normal(0, sd_days, runs)
        near = np.flatnonzero((abs(ordinal - date(year, first, 1).toordinal()) < 62)
                              & np.isin(months_of, (first, before)))
        inside[:, near] &= ordinal[near][None, :] >= begins[:, None]
        end_year = year + (after < first or after == 1)
        ends = date(end_year, after, 1).toordinal() + generator.normal(0, sd_days, runs)
        near = np.flatnonzero((abs(ordinal - date(end_year, after, 1).toordinal()) < 62)
                              & np.isin(months_of, (last, after)))
        inside[:, near] &= ordinal[near][None, :] < ends[:, None]
    return inside


def _usual_month(rate: Rate, calendar: Calendar, pick: np.ndarray) -> np.ndarray:
    """(R,) the pace of the mean month of the season over that of the mean level.

    Months that reports have seen say what the level and their own effects are together, much better
    than either alone: the two belong to the same draw.
    """
    if rate.from_prior or not len(calendar.begins):
        return np.ones(len(pick))
    first = calendar.start.toordinal()
    inside = np.unique([date.fromordinal(first + int(day)).month - 1
                        for day in calendar.begins[:366]])
    found: np.ndarray = np.exp(rate.month[pick][:, inside]).mean(axis=1)
    return found


def _working_days(calendar: Calendar, lost: Lost, rate: Rate, pick: np.ndarray,
                  generator: np.random.Generator,
                  season: tuple[tuple[int, int], float] | None = None) -> np.ndarray:
    """(R, N + 1) long-run working days that have passed by the end of each of the N slots.

    Each month has a share of lost days of its own, on the logit around the long run, and the rate
    of its time of the year; a month's luck is shared by all teams and areas, so that it does not
    average out over them. What is expected of the mean month is taken off.

    season : months, and how far it may begin and end beside them; None: all slots lie in it
    """
    count, runs = len(calendar.begins), len(pick)
    first = calendar.start.toordinal()
    dates = [date.fromordinal(first + int(day)) for day in calendar.begins]
    months = np.array([d.year * 12 + d.month - 1 for d in dates], dtype=np.int64)
    names, place = np.unique(months, return_inverse=True)
    luck = generator.standard_normal((runs, len(names)))
    for k in range(1, len(names)):
        luck[:, k] = FOLLOWS * luck[:, k - 1] + math.sqrt(1 - FOLLOWS**2) * luck[:, k]
    share = np.clip(lost.share[pick], 1e-4, 0.95)[:, None]
    score = np.log(share / (1 - share))
    worked = 1 - np.clip(1 / (1 + np.exp(-(score + lost.month_sd * luck))), 0.0, 0.98)
    # The long run is the mean over months: the middle month is a little better than it.
    expected = 1 - np.clip(1 / (1 + np.exp(-(score + lost.month_sd * _NODES))), 0.0, 0.98)
    pace = worked / (expected @ _WEIGHTS)[:, None]
    if not rate.from_prior:
        month = rate.month[pick]  # (R, 12)
        inside = np.unique(names % 12)
        month = month - np.log(np.exp(month[:, inside]).mean(axis=1))[:, None]
        pace = pace * np.exp(month[:, names % 12])
    if season is not None and count:
        there = _in_season(dates, *season, runs, generator)
        return np.concatenate([np.zeros((runs, 1)), np.cumsum(pace[:, place] * there, axis=1)],
                              axis=1)
    slots = np.bincount(place, minlength=len(names)).astype(float)
    before = np.cumsum(pace * slots, axis=1) - pace * slots
    begins = np.concatenate([[0.0], np.cumsum(slots)[:-1]])
    inside_month = np.arange(count) - begins[place] + 1.0
    done = before[:, place] + pace[:, place] * inside_month
    return np.concatenate([np.zeros((runs, 1)), done], axis=1)


_NODES, _WEIGHTS = (np.polynomial.hermite_e.hermegauss(9)[0],
                    np.polynomial.hermite_e.hermegauss(9)[1] / math.sqrt(2 * math.pi))


class Luck(NamedTuple):
    """What chance did to one part of the runs."""

    turn: np.ndarray  # (A,) the place of each area in the order of those that are not begun
    fails: float  # chance that a cleared area fails inspection
    # Areas that turn up: the one on record that each is like in size and ground, and after which
    # share of the open work it is found.
    fresh: list[tuple[int, float]]
    draw: int  # of the posterior of the rates
    generator: np.random.Generator


def _fresh(standing: Standing, count: int, hazard: float, generator: np.random.Generator
           ) -> list[tuple[int, float]]:
    """`count` areas that turn up, each like one on record, see `Luck`.

    hazard : of being found, over all the open work: what is easily found is found first
    """
    like = generator.choice(np.flatnonzero(standing.area_m2 > 0), count)
    u = generator.random(count)
    after = u if hazard < 1e-6 else -np.log1p(-u * -math.expm1(-hazard)) / hazard
    return list(zip(like.tolist(), after.tolist(), strict=True))


def _stage_spread(problem: Problem, rates: list[Rate], typical: list[float], draw: int) -> float:
    """How much areas differ in their time, in one draw of the posterior: kinds of work count by
    the team-days that are left for them."""
    first = problem.option_start[:-1][np.diff(problem.option_start) > 0]
    pool, m2 = problem.first_pool[first], problem.first_slots[first].astype(float)
    days = np.bincount(pool, m2, minlength=len(rates)) / np.array(typical)
    variance = np.array([float(rate.deviation["area"][draw]) ** 2 for rate in rates])
    return float(np.sqrt(days @ variance / max(days.sum(), 1e-9)))


def _unfilled(reports: TeamDays, kind: tuple[str, str], typical: float) -> float:
    """What is left of the day on which the work of an area ends, in days: the team begins nothing
    else on it. As the reports of such days say, of which the rates know nothing."""
    if kind not in reports.kinds:
        return 0.0
    rows = (reports.kind == reports.kinds.index(kind)) & reports.ended & (reports.m2 > 0)
    if rows.sum() < FEWEST_ENDED:
        return 0.0
    filled = np.minimum(reports.m2[rows] / typical, reports.worked[rows])
    return float(np.mean(reports.worked[rows] - filled))


# A stage of the work on an area, as it is whatever the luck of a run. `before` is its place in the
# table, `group` who can do it, `m2` the work, `twice` the work where it fails inspection, `at` its
# place within the work on the area; `new`: a team has to come, `ends`: it ends on part of a day;
# `seen`: reports show the pace on this very area.
STAGE = np.dtype([("activity", "i1"), ("before", "i4"), ("hazard", "i4"), ("area", "i4"),
                  ("group", "i4"), ("released", "f8"), ("m2", "f8"), ("twice", "f8"),
                  ("at", "f8"), ("new", "?"), ("ends", "?"), ("seen", "?")])
GROUPS = ("NTS", "TS", "clearance", "BAC")


class Layout:
    """The work that is left on the areas of a standing: made once, dealt out to each part of the
    runs with its luck (see `problem`). `slots` of an option are m²: nothing is rounded away.

    mean : (3,) shares cancelled, reduced, cleared, where NTS is a step of its own. None: survey is
        one step, and cancels or reduces all that the shares do not leave for clearance.
    unfilled : (P,) days of each kind that are left over on the day on which an area ends
    typical : (P,) m² a day of each kind
    """

    def __init__(self, standing: Standing, kinds: list[tuple[str, str]], rates: list[Rate],
                 uncertain: Uncertain, mean: np.ndarray | None, unfilled: list[float],
                 typical: list[float]) -> None:
        self.standing, self.rates, self.typical = standing, rates, np.array(typical)
        self.two_steps = mean is not None and NTS in kinds
        pool_of: dict[str, list[int]] = {name: [] for name in GROUPS}
        for p, (activity, _) in enumerate(kinds):
            # Where survey is one step, whoever does it does all of it.
            pool_of["TS" if activity == "NTS" and not self.two_steps else activity].append(p)
        self.has = {name: bool(pools) for name, pools in pool_of.items()}
        self.count = np.array([len(pool_of[name]) for name in GROUPS])
        self.first = np.concatenate([[0], np.cumsum(self.count)])
        self.pool = np.array([p for name in GROUPS for p in pool_of[name]], dtype=np.int64)
        # Days of setting up are among the lost days of the reports, where there are any.
        self.move = 0.0 if len(standing.reports) else uncertain.move_days
        self.unfilled = np.array(unfilled)
        left_share = min(max(uncertain.cleared.value, 0.01), 0.99)
        planned = np.array([0.0, 1 - left_share, left_share])
        if mean is not None:
            mean = np.clip(mean, 0.005, 1.0)
            planned = mean / mean.sum()
            if not self.two_steps:
                planned = np.array([0.0, planned[0] + planned[1], planned[2]])
        self.planned = planned
        # (P, A) column of each area in the effects that reports of a kind taught; -1: not seen.
        self.column = np.full((len(rates), len(standing.area_m2)), -1)
        for p, rate in enumerate(rates):
            self.column[p, list(rate.areas)] = np.arange(len(rate.areas))
        self._fresh: dict[int, np.ndarray] = {}
        self._open()
        self.pools = tuple(
            TeamPool(f"{activity} {method}", "manual", "", "", 0.0, 0.0, n, 1.0, 1.0, 1.0, 0.0, "",
                     None, None, "") for (activity, method), n in standing.teams if n > 0)

    def _clear(self, rows: list[tuple], a: int, hazard: int, before: int, work: float,
               released: float, at: float, new: bool, whole: float, fresh: bool = False) -> None:
        """Clearance of an area, in pieces of the usual size: teams share it, and each counts. What
        fails inspection is cleared again: a piece, or all of an area that has none, `whole`."""
        piece = self.standing.piece_m2
        pieces = min(max(math.ceil(work / piece - 0.5), 1), MOST_PIECES) if math.isfinite(
            piece) else 1
        part = max(work, 1.0) / pieces
        for k in range(pieces):
            rows.append((2, before, hazard, a, GROUPS.index(self._clears(a)),
                         max(released, 1.0) / pieces, part, part if math.isfinite(piece) else whole,
                         at + 0.4 * k / pieces, new and k == 0, k == 0, not fresh))

    def _clears(self, a: int) -> str:
        """Who clears an area: ground of a battle area is BAC's, and mined ground is not, as long as
        there is a team of that kind."""
        battle = self.standing.battle
        own = "BAC" if battle is not None and bool(battle[a]) else "clearance"
        other = "clearance" if own == "BAC" else "BAC"
        return own if self.has[own] or not self.has[other] else other

    def _survey(self, rows: list[tuple], a: int, hazard: int, fresh: bool) -> None:
        """Survey of an area, and the clearance that follows. `fresh`: nobody has begun."""
        standing, planned, before = self.standing, self.planned, -1
        area = float(standing.area_m2[a])
        cut = 0.0 if fresh or standing.cancelled_m2 is None else float(standing.cancelled_m2[a])
        after = planned
        if cut > 0:
            area = max(area - cut, 1.0)
            after = np.array([0.0, planned[1], planned[2]]) / (planned[1] + planned[2])
        elif self.two_steps and (fresh or standing.seen is None or not standing.seen[a]):
            done = 0.0 if fresh or standing.seen_m2 is None else float(standing.seen_m2[a])
            rows.append((0, before, hazard, a, 0, area * planned[0], max(area - done, 1.0), 0.0,
                         0.0, False, False, False))
            before = len(rows) - 1
        else:
            after = np.array([0.0, planned[0] + planned[1], planned[2]])
        rest = area * (after[1] + after[2])
        done = 0.0 if fresh else float(standing.survey_done_m2[a])
        rows.append((1, before, hazard, a, 1, area * after[1], max(rest - done, 1.0), 0.0, 0.1,
                     done <= 0, True, not fresh))
        self._clear(rows, a, hazard, len(rows) - 1, area * after[2], area * after[2], 0.5, True,
                    area * after[2], fresh)

    def _open(self) -> None:
        standing = self.standing
        rows: list[tuple] = []
        self.areas = np.flatnonzero(standing.open)
        for hazard, a in enumerate(self.areas.tolist()):
            if not standing.surveyed[a]:
                self._survey(rows, a, hazard, False)
                continue
            left = float(standing.clear_m2[a] - standing.cleared_m2[a])
            if standing.again[a]:
                left = max(left, 0.0) + float(standing.clear_m2[a])
            released = float(standing.clear_m2[a])
            if math.isfinite(standing.piece_m2):  # what is cleared has been released in pieces
                released = min(released, left)
            self._clear(rows, a, hazard, -1, left, released, 0.0, standing.cleared_m2[a] <= 0,
                        max(float(standing.clear_m2[a]), 1.0))
        self.base = np.array(rows, dtype=STAGE)
        # What waits for its inspection has nothing left to do, unless it fails.
        waiting = _waits(standing)
        again: list[tuple] = []
        for a in waiting.tolist():
            m2 = float(standing.clear_m2[a])
            self._clear(again, a, -1, -1, m2, 0.0, 0.0, False, m2)
        self.again = np.array(again, dtype=STAGE)
        self.begun = (standing.survey_done_m2 > 0) | (standing.cleared_m2 > 0)
        # What turns up is found when clearance of an open area has ended, and comes in its turn.
        # Where survey will find areas empty, their clearance ends early: those count that are
        # surveyed.
        clearance = np.flatnonzero(self.base["activity"] == 2)
        certain = clearance[standing.surveyed[self.base["area"][clearance]]]
        self.ends = certain if len(certain) >= FEWEST_CERTAIN else clearance

    def problem(self, luck: Luck) -> tuple[Problem, np.ndarray, np.ndarray, np.ndarray]:
        """Stages of the open areas and of those that turn up; their order; of which area on record
        each hazard has the ground; and of which stages the time is known as far as it can be."""
        generator, standing, base = luck.generator, self.standing, self.base
        rank = np.where(self.begun, 0.0, 1e6) + luck.turn
        template, ranks = [*self.areas.tolist()], [rank[self.areas]]
        order = rank[base["area"]] + base["at"]
        ends = self.ends[np.argsort(order[self.ends], kind="stable")]
        tables, total = [base], len(base)
        for a, after_share in luck.fresh:
            if a not in self._fresh:
                rows: list[tuple] = []
                self._survey(rows, a, 0, True)
                self._fresh[a] = np.array(rows, dtype=STAGE)
            own = self._fresh[a].copy()
            before = int(ends[min(int(after_share * len(ends)), len(ends) - 1)])
            own["before"][1:] += total
            own["before"][0] = before
            own["hazard"] = len(template)
            # Of those that wait then, it may be the next or the last one.
            last = 1e6 + len(standing.area_m2)
            ranks.append(np.array([generator.uniform(max(order[before], 1e6), last)]))
            template.append(a)
            tables.append(own)
            total += len(own)
        stages = np.concatenate(tables)
        cleared = np.flatnonzero(stages["activity"] == 2)
        cleared = cleared[generator.random(len(cleared)) < luck.fails]
        failed = stages[cleared]
        failed["before"] = cleared
        failed["at"] += 0.01
        waits = self.again[generator.random(len(self.again)) < luck.fails]
        for k, a in enumerate(waits["area"].tolist()):
            waits["hazard"][k] = len(template)
            template.append(a)
            ranks.append(np.array([rank[a]]))
        failed = np.concatenate([failed, waits])
        failed["released"], failed["new"], failed["ends"] = 0.0, True, True
        failed["m2"] = failed["twice"]
        stages = np.concatenate([stages, failed])
        order = np.concatenate(ranks)[stages["hazard"]] + stages["at"]

        many = self.count[stages["group"]]
        start = np.concatenate([[0], np.cumsum(many)])
        of = np.repeat(np.arange(len(stages)), many)
        pool = self.pool[self.first[stages["group"][of]] + np.arange(len(of)) - start[of]]
        time, known = self._own_pace(luck.draw, pool, stages["area"][of], stages["seen"][of])
        allowed = (stages["new"][of] * self.move + stages["ends"][of] * self.unfilled[pool])
        slots = np.maximum(1.0, np.round(stages["m2"][of] * time + allowed * self.typical[pool]))
        certain = np.ones(len(stages), dtype=bool)
        certain[of[~known]] = False
        certain[many == 0] = False
        count, minus = len(stages), np.full(len(of), -1, dtype=np.int32)
        problem = Problem(
            tuple(map(str, range(count))), stages["activity"].copy(), stages["before"].copy(),
            stages["hazard"].copy(), np.full(count, -1, np.int32), np.ones(count),
            stages["released"].copy(), stages["released"].copy(), start.astype(np.int32),
            pool.astype(np.int32), slots.astype(np.int32), minus, np.zeros(len(of), np.int32),
            np.zeros(len(of)), ("",) * len(of), self.pools,
            np.array([p.teams for p in self.pools], np.int32),
            np.zeros(len(self.pools), np.int32), np.full(len(self.pools), 1, np.int32),
            np.zeros(2), (standing.day, standing.day), 1.0, tuple(map(str, range(len(template)))),
            ())
        return problem, order, np.array(template, dtype=np.int64), certain

    def _own_pace(self, draw: int, pool: np.ndarray, area: np.ndarray, seen: np.ndarray
                  ) -> tuple[np.ndarray, np.ndarray]:
        """(O,) time of an option over that of an area of which nothing is known, and whether it is
        known: an area that is begun shows its own pace."""
        time, known = np.ones(len(pool)), np.zeros(len(pool), dtype=bool)
        for p, rate in enumerate(self.rates):
            here = np.flatnonzero(seen & (pool == p))
            here = here[self.column[p, area[here]] >= 0]
            if len(here) and len(rate.area):
                # The pace of teams is that of the mean time of areas (`Rate.of_work`).
                time[here] = np.exp(-rate.area[draw, self.column[p, area[here]]]
                                    - 0.5 * rate.deviation["area"][draw] ** 2)
                known[here] = True
        return time, known


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

    # The stated value is the median, low and high hold 80 %: two halves of a normal.
    centre = logit(1 - cleared.value)
    below = max((centre - logit(1 - cleared.high)) / Z80, 0.05)
    above = max((logit(1 - cleared.low) - centre) / Z80, 0.05)
    score = np.where(centre > LOGITS, -0.5 * ((LOGITS - centre) / below) ** 2 - math.log(below),
                     -0.5 * ((LOGITS - centre) / above) ** 2 - math.log(above))
    known = standing.surveyed & (standing.area_m2 > 0)
    part = 1 - np.clip(standing.clear_m2[known] / standing.area_m2[known], 0.0, 1.0)
    whole, alike = uncertain.whole_area_share, uncertain.concentration
    if len(part):
        at = float(np.clip(part.mean(), 0.03, 0.97))
        # Variance of one area around the mean, with the prior's pulled in for a few areas.
        prior_variance = at * (1 - at) * (whole * 0.6 + 0.3)
        variance = (np.sum((part - at) ** 2) + 4 * prior_variance) / (len(part) + 4)
        error = math.sqrt(variance / len(part)) / (at * (1 - at))
        score = score - 0.5 * ((LOGITS - logit(at)) / error) ** 2
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
    below_it = np.cumsum(np.exp(score - score.max()))
    drawn = 1 / (1 + np.exp(-np.interp(_evenly(runs, generator), below_it / below_it[-1], LOGITS)))
    if standing.cancelled_m2 is not None:
        return _two_shares(standing, uncertain, runs, generator), float(
            min(max(whole, 0.0), 0.98)), float(alike)
    return (np.ascontiguousarray(np.column_stack([np.zeros(runs), drawn, 1 - drawn])),
            float(min(max(whole, 0.0), 0.98)), float(alike))


LOGITS = np.linspace(-5.0, 5.0, 801)  # of a mean share


def _evenly(runs: int, generator: np.random.Generator) -> np.ndarray:
    """(R,) uniform numbers, one in each of R equal parts of 0..1, in any order: what is drawn by
    them is known better from as many runs (McKay 1979)."""
    return (generator.permutation(runs) + generator.random(runs)) / runs


TAUGHT_DRAWS = 4_000


def taught(standing: Standing, assumptions: Assumptions, *, seed: int = 1
           ) -> dict[str, tuple[float, float, float]]:
    """What the records teach of the assumptions beside rates and lost days: low, value and high of
    each that any record has touched; the others are not in it.

    The shares that survey cancels, reduces and leaves for clearance, as `forecast_standing` learns
    them; rework from inspections; area that turns up from what came on record after the start.
    """
    uncertain = read_assumptions(assumptions)
    generator = np.random.Generator(np.random.PCG64([seed, 11]))
    found: dict[str, tuple[float, float, float]] = {}

    def middle(name: str, values: np.ndarray) -> None:
        low, value, high = np.quantile(values, [0.1, 0.5, 0.9])
        found[name] = float(low), float(value), float(high)

    if standing.inspected:
        middle("rework_share", _rework(standing, uncertain, TAUGHT_DRAWS, generator))
    if standing.late.any() or np.any(~standing.open):
        left = _turns_up(standing, uncertain, TAUGHT_DRAWS, generator).left
        middle("undiscovered_share", left / max(float(np.sum(standing.open)), 1.0))
    if np.any(standing.surveyed & (standing.area_m2 > 0)):
        shares = _shares(standing, uncertain, TAUGHT_DRAWS, generator)[0]
        if standing.cancelled_m2 is None:  # survey is one step: divided as it is stated
            a, b = uncertain.cancelled.value, uncertain.reduced.value
            part = a / (a + b) if a + b > 0 else 0.0
            shares = np.column_stack([shares[:, 1] * part, shares[:, 1] * (1 - part),
                                      shares[:, 2]])
        value = np.median(shares, axis=0)
        value /= value.sum()
        for k, name in enumerate(("share_cancelled", "share_reduced", "share_cleared")):
            low, high = np.quantile(shares[:, k], [0.1, 0.9])
            found[name] = (float(min(low, value[k])), float(value[k]), float(max(high, value[k])))
    return found


def _two_shares(standing: Standing, uncertain: Uncertain, runs: int,
                generator: np.random.Generator) -> np.ndarray:
    """(R, 3) mean shares cancelled by NTS, reduced by TS of the rest, and cleared, in each run.

    Each of the two parts is learned on the logit from the areas where its step has ended, with the
    stated shares as prior.
    """
    assert standing.cancelled_m2 is not None
    known = standing.area_m2 > 0
    area = np.where(known, standing.area_m2, 1.0)
    cut = np.clip(standing.cancelled_m2 / area, 0.0, 1.0)
    ended = known & (standing.surveyed if standing.seen is None
                     else standing.seen | standing.surveyed)
    rest = np.maximum(area - standing.cancelled_m2, 1.0)
    reduced = np.clip(1 - standing.clear_m2 / rest, 0.0, 1.0)
    surveyed = standing.surveyed & (cut < 0.999)
    a, b, c = uncertain.cancelled, uncertain.reduced, uncertain.cleared
    of_rest = b.value / max(b.value + c.value, 1e-6)
    wide = max(b.high - b.low, c.high - c.low) / (2 * Z80 * max(b.value + c.value, 1e-6))
    first = _mean_share(cut[ended], area[ended], a.value, (a.high - a.low) / (2 * Z80), runs,
                        generator)
    second = _mean_share(reduced[surveyed], rest[surveyed], of_rest, wide, runs, generator)
    return np.ascontiguousarray(np.column_stack([
        first, (1 - first) * second, (1 - first) * (1 - second)]))


def _mean_share(parts: np.ndarray, m2: np.ndarray, stated: float, sd: float, runs: int,
                generator: np.random.Generator) -> np.ndarray:
    """(R,) the mean share of the ground, from areas (with their m²) and a stated one."""
    def logit(x: float) -> float:
        x = min(max(x, 0.02), 0.98)
        return math.log(x / (1 - x))

    centre = logit(stated)
    width = max(sd / (min(max(stated, 0.05), 0.95) * (1 - min(max(stated, 0.05), 0.95))), 0.05)
    mean, precision = centre, width**-2
    if len(parts):
        weight = m2 / m2.sum()
        at = float(np.clip(weight @ parts, 0.03, 0.97))
        variance = (float(np.sum((parts - at) ** 2)) + 4 * 0.6 * at * (1 - at)) / (len(parts) + 4)
        error = math.sqrt(variance * float(weight @ weight)) / (at * (1 - at))
        precision = width**-2 + error**-2
        mean = (centre * width**-2 + logit(at) * error**-2) / precision
    drawn: np.ndarray = 1 / (1 + np.exp(-(
        mean + generator.standard_normal(runs) / math.sqrt(precision))))
    return drawn


HAZARDS = np.exp(np.linspace(math.log(0.1), math.log(12.0), 32))
HAZARD_SD = 0.7  # of its logarithm, around 1: an own assumption
BY_WORK = 0.5  # of the areas that nobody knew of, found by work beside them: an own assumption


def _areas_so_far(standing: Standing) -> float:
    """Share of the areas that is done. Survey of an area and its clearance are half a chance each
    to find more beside it."""
    half = float(np.sum(standing.open & standing.surveyed)) / 2
    return (float(np.sum(~standing.open)) + half) / max(len(standing.open), 1)


def _effort_so_far(standing: Standing, uncertain: Uncertain) -> float:
    """Share of all team-days, lost ones included, that has passed: the clock by which areas are
    found. It runs with time as long as teams stay, and it is what `late_after` counts in.

    Ground that survey released took few of them: by areas the end would seem nearer than it is.
    Where too few days are reported, survey of an area and its clearance count half an area each.

    Source: J. D. Musa, IEEE Transactions on Software Engineering SE-1 (1975), 312: by the time at
    work, not by what is ready.
    """
    reports, still_open = standing.reports, standing.open
    surveyed = standing.surveyed & (standing.area_m2 > 0)
    left_share = (float(np.sum(standing.clear_m2[surveyed] / standing.area_m2[surveyed]))
                  + AREAS_WORTH * uncertain.cleared.value) / (surveyed.sum() + AREAS_WORTH)
    to_survey = np.where(still_open & ~standing.surveyed, standing.area_m2, 0.0)
    left_m2 = {
        "clearance": float(np.sum(np.where(
            still_open & standing.surveyed, np.maximum(
                standing.clear_m2 - standing.cleared_m2, 0.0), to_survey * left_share))),
        "TS": float(np.sum(np.maximum(to_survey - np.where(
            to_survey > 0, standing.survey_done_m2, 0.0), 0.0)))}
    done = left = 0.0
    for step, m2 in left_m2.items():
        own = np.isin(reports.kind, [k for k, kind in enumerate(reports.kinds)
                                     if step_of(kind) == step and kind[1] != "mechanical"])
        days, worked = int(own.sum()), float(reports.m2[own].sum())
        done += days
        if m2 > 0 and (days < FEWEST_CLOCK or worked <= 0):
            return _areas_so_far(standing)
        left += m2 * days / worked if m2 > 0 else 0.0
    return done / max(done + left, 1e-9)


class TurnsUp(NamedTuple):
    """Areas that still turn up; (R,)."""

    left: np.ndarray  # how many, on average
    hazard: np.ndarray  # of those that work finds, over the rest of the work (see `_fresh`)
    by_work: np.ndarray  # share of them that work finds
    hazard_people: np.ndarray  # of those that people report


def _turns_up(standing: Standing, uncertain: Uncertain, runs: int, generator: np.random.Generator
              ) -> TurnsUp:
    """Areas that still turn up, and how fast their number falls over the rest of the work.

    Of the areas that nobody knew of each is found by chance as the work goes on, so that there are
    fewer and fewer left to be found: by a share x of the work 1 - exp(-hx) of them. There are two
    ways, each with a hazard h of its own: work finds them beside it, by areas that are done, and
    people report them in time, that is by team-days. The hazards are learned from when areas came
    on record, their number from how many did, with the stated share as prior; all are drawn.

    Sources: A. L. Goel, K. Okumoto, IEEE Transactions on Reliability R-28 (1979), 206; M. Ohba,
    IBM Journal of Research and Development 28 (1984), 428, for faults of two kinds.
    """
    from scipy.special import gammaincinv, gammaln

    a = uncertain.undiscovered
    mean = max((a.low + a.value + a.high) / 3, 1e-6)
    sd = max((a.high - a.low) / (2 * Z80), 1e-6)
    late, known = float(standing.late.sum()), max(float(np.sum(~standing.late)), 1.0)
    shape, rate = (mean / sd) ** 2, mean / sd**2
    part = np.array([BY_WORK, 1 - BY_WORK])
    passed = np.array([_areas_so_far(standing), _effort_so_far(standing, uncertain)])
    # (H, 2) found by now and in the end, then all pairs of hazards.
    by_now, in_the_end = (-np.expm1(-HAZARDS[:, None] * x) * part for x in (passed, np.ones(2)))
    pairs = [np.indices((len(HAZARDS),) * 2)[k].ravel() for k in (0, 1)]
    now, end = (x[pairs[0], 0] + x[pairs[1], 1] for x in (by_now, in_the_end))
    prior = -0.5 * (np.log(HAZARDS) / HAZARD_SD) ** 2
    share = now / end
    score = (prior[pairs[0]] + prior[pairs[1]] + late * np.log(np.maximum(share, 1e-12))
             - (shape + late) * np.log(rate + known * share) + gammaln(shape + late))
    if standing.late_after is not None and late:
        when = _when_found(standing)
        falls = HAZARDS[:, None] * passed
        fall = [part[k] * falls[:, k, None] * np.exp(-falls[:, k, None] * when) for k in (0, 1)]
        each = np.log(fall[0][pairs[0]] + fall[1][pairs[1]])
        score = score + each.sum(axis=1) - late * np.log(np.maximum(now, 1e-12))
    weight = np.cumsum(np.exp(score - score.max()))
    picked = np.minimum(np.searchsorted(weight / weight[-1], _evenly(runs, generator)),
                        len(weight) - 1)
    work, people = pairs[0][picked], pairs[1][picked]
    hidden = gammaincinv(shape + late, _evenly(runs, generator)) / (rate + known * share[picked])
    later = in_the_end - by_now
    left = later[work, 0] + later[people, 1]
    return TurnsUp(
        hidden * known * left / end[picked], HAZARDS[work] * (1 - passed[0]),
        np.divide(later[work, 0], left, out=np.zeros(runs), where=left > 0),
        HAZARDS[people] * (1 - passed[1]))


def _when_found(standing: Standing) -> np.ndarray:
    """(late areas,) share of the team-days so far that had passed when each came on record."""
    assert standing.late_after is not None
    late, reports = standing.late_after[standing.late], standing.reports
    if reports.span is None or len(reports) < FEWEST_CLOCK:
        return late
    first = reports.span[0].toordinal()
    on = first + late * (standing.day.toordinal() - first)
    found: np.ndarray = np.searchsorted(np.sort(reports.day), on, side="right") / len(reports)
    return found


def _rework(standing: Standing, uncertain: Uncertain, runs: int, generator: np.random.Generator
            ) -> np.ndarray:
    from scipy.special import betaincinv

    a, b = _to_beta(uncertain.rework)
    found: np.ndarray = betaincinv(a + standing.failed, b + standing.inspected - standing.failed,
                                   _evenly(runs, generator))
    return found


def _lost_of(reports: TeamDays, kind: tuple[str, str], prior: Assumption, seed: int, draws: int
             ) -> Lost:
    """Days lost by teams of one kind: who moves often loses more of them."""
    own = reports.kind == reports.kinds.index(kind) if kind in reports.kinds else np.zeros(
        len(reports), dtype=bool)
    return fit_lost(reports.pick(own), prior, seed=seed, draws=draws)


def _long_run(lost: Lost, pick: np.ndarray) -> np.ndarray:
    """(R,) share lost in the long run."""
    share: np.ndarray = np.clip(lost.share[pick], 1e-4, 0.95)
    return share
