"""Small synthetic programmes, thousands in minutes, with known truth: arrays instead of files.

Nothing here is drawn from a model of `landrelease.forecast`, and nothing of it is imported. A day
is simulated after the other: weather in spells with a season of its own, closures of sectors in
tense months, each day of which makes the next likelier, teams with days of good and bad pace that
follow each other, learning, staff that leave, areas that are harder than they look, areas that turn
out empty, inspections that fail, areas that people report and areas that work beside them finds.
Teams go to the nearest open work of their kind, not to the first of a list.

Every programme has rates, shares and luck of its own, drawn within the ranges that the domain
reference reports (10 to 50 m² a deminer and day; a third to two thirds of the ground released by
survey; 5 to 30 % of days lost). All of it is synthetic and lies nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numba import njit

START = date(2031, 1, 6)  # a Monday
DAYS = 40 * 366
SEASON = (3, 11)  # months
SECTORS = 4
MOST_REPORTS = 400_000


@dataclass(frozen=True, slots=True)
class Programme:
    """Days count from `START`. A areas, T teams, N reports, one a team and day of the season."""

    area_m2: np.ndarray  # (A,)
    found_day: np.ndarray  # (A,) day from which it is on record; -1: from the start
    surveyed_day: np.ndarray  # (A,)
    clear_m2: np.ndarray  # (A,) what survey left
    done_day: np.ndarray  # (A,)
    failed_day: np.ndarray  # (A,) day on which it failed inspection, -1: never
    passed_day: np.ndarray  # (A,) day of the last inspection, -1: none
    team_kind: np.ndarray  # (T,) 0 survey, 1 clearance
    day: np.ndarray  # (N,)
    team: np.ndarray  # (N,)
    area: np.ndarray  # (N,) -1: at no task
    m2: np.ndarray  # (N,)
    worked: np.ndarray  # (N,) share of a day
    ended: np.ndarray  # (N,) bool
    finish: float  # day; inf: not within DAYS

    def day_of_progress(self, share: float) -> int:
        """The first day on which this share of all ground (found or not) was released."""
        order = np.argsort(self.done_day)
        released = np.cumsum(self.area_m2[order])
        k = int(np.searchsorted(released, share * released[-1]))
        return int(self.done_day[order][min(k, len(order) - 1)])


def make(seed: int) -> Programme:
    g = np.random.default_rng([seed, 2031])
    teams = int(g.integers(3, 8))
    surveyors = int(g.integers(1, 3))
    years = g.uniform(2.0, 5.0)
    manual = np.exp(g.uniform(np.log(220), np.log(480)))
    survey = np.exp(g.uniform(np.log(4_500), np.log(14_000)))
    empty = g.uniform(0.2, 0.55)
    cleared_of_rest = g.uniform(0.45, 0.85)
    typical = np.exp(g.uniform(np.log(9_000), np.log(22_000)))
    mean_left = (1 - empty) * cleared_of_rest
    capacity = teams * manual * 190 * years
    known = int(np.clip(capacity / (typical * 1.25 * mean_left), 25, 160))
    hidden = int(g.poisson(known * g.gamma(1.5, 0.08)))
    total = known + hidden
    area = np.clip(np.exp(g.normal(np.log(typical), 0.7, total)), 1_500, 70_000)
    xy = g.random((total, 2)) * 40
    sector = (xy[:, 0] > 20).astype(int) * 2 + (xy[:, 1] > 20).astype(int)
    is_empty = g.random(total) < empty
    skew = g.gamma(2.0 * cleared_of_rest + 0.4, size=total)
    share = np.where(is_empty, 0.0, skew / (skew + g.gamma(2.0 * (1 - cleared_of_rest) + 0.4,
                                                            size=total)))
    hard = np.exp(-np.abs(g.normal(0, g.uniform(0.2, 0.45), total)) + 0.2)
    # Half of what is hidden is reported by people in time, the rest is found by work beside it.
    reported = np.full(total, -1)
    by_people = g.random(total) < 0.5
    reported[known:] = np.where(by_people[known:],
                                g.exponential(365 * years * 0.6, hidden).astype(int) + 20, -2)
    kind = np.concatenate([np.zeros(surveyors), np.ones(teams)]).astype(np.int64)
    rate = np.where(kind == 0, survey, manual) * np.exp(
        g.normal(0, g.uniform(0.08, 0.3), len(kind)))
    dates = np.array([(START + timedelta(days=d)).month for d in range(DAYS)])
    weekday = (np.arange(DAYS) % 7) < 6
    season = (dates >= SEASON[0]) & (dates <= SEASON[1]) & weekday
    closed = _closed(g, dates, DAYS)
    out = _play(
        int(g.integers(0, 2**31)), area, share, hard, xy, sector, reported, kind, rate, season,
        closed, g.uniform(0.1, 0.3), g.uniform(25, 60), g.uniform(0.0, 0.012),
        g.uniform(0.001, 0.004), g.uniform(0.01, 0.10), g.uniform(0.12, 0.35), known)
    day, team, where, m2, worked, ended, count, found, surveyed, clear, done, failed, passed = out
    count = int(count)
    real = done != -2  # what nobody ever finds is no part of the programme
    number = np.cumsum(real) - 1
    finish = float(done[real].max()) if np.all(done[real] >= 0) else np.inf
    return Programme(area[real], found[real], surveyed[real], clear[real],
                     np.where(done < 0, DAYS, done)[real], failed[real], passed[real], kind,
                     day[:count], team[:count], number[where[:count]], m2[:count], worked[:count],
                     ended[:count], finish)


def _closed(g: np.random.Generator, month: np.ndarray, days: int) -> np.ndarray:
    """bool (days, SECTORS): weather for all, trouble by sector."""
    wet_begin = g.uniform(0.015, 0.05)
    wet_end = g.uniform(0.4, 0.7)
    trouble = g.uniform(0.0, 0.012)
    return _close(int(g.integers(0, 2**31)), month, days, wet_begin, wet_end, trouble)


@njit(cache=True)
def _close(seed, month, days, wet_begin, wet_end, trouble):
    np.random.seed(seed)
    out = np.zeros((days, SECTORS), dtype=np.bool_)
    heat = np.zeros(SECTORS)
    wet = tense = False
    for d in range(days):
        spring = month[d] in (3, 4, 10, 11)
        chance = np.random.random()
        wet = chance >= wet_end if wet else chance < wet_begin * (1.8 if spring else 1.0)
        if d % 15 == 0:
            tense = np.random.random() < (0.6 if tense else 0.15)
        for z in range(SECTORS):
            rate = trouble * (4.0 if tense else 0.6) + 0.4 * heat[z]
            hit = np.random.random() < 1 - np.exp(-rate)
            heat[z] = 0.55 * heat[z] + (0.55 if hit else 0.0)
            out[d, z] = wet or hit
    return out


@njit(cache=True)
def _play(seed, area, share, hard, xy, sector, reported, kind, rate, season, closed, slow, tau,
          leaves, sick, fails, wobble, known):
    np.random.seed(seed)
    total, teams, days = len(area), len(kind), len(season)
    found = np.full(total, -1)
    found[known:] = days
    surveyed = np.full(total, -1)
    clear = np.zeros(total)
    done = np.full(total, -1)
    failed = np.full(total, -1)
    passed = np.full(total, -1)
    inspect_on = np.full(total, -1)
    left = area.copy()  # of the current stage
    stage = np.zeros(total, dtype=np.int64)  # 0 survey, 1 clearance, 2 done
    taken = np.zeros(total, dtype=np.bool_)
    at = np.full(teams, -1)
    place = np.random.random((teams, 2)) * 40
    moving = np.zeros(teams, dtype=np.int64)
    away = np.zeros(teams, dtype=np.int64)
    mood = np.zeros(teams)
    skill = np.random.random(teams) * 40
    out_day = np.zeros(MOST_REPORTS, dtype=np.int64)
    out_team = np.zeros(MOST_REPORTS, dtype=np.int64)
    out_area = np.zeros(MOST_REPORTS, dtype=np.int64)
    out_m2 = np.zeros(MOST_REPORTS)
    out_worked = np.zeros(MOST_REPORTS)
    out_ended = np.zeros(MOST_REPORTS, dtype=np.bool_)
    n = 0
    for d in range(days):
        open_left = False
        for a in range(total):
            if reported[a] >= 0 and found[a] == days and reported[a] <= d:
                found[a] = d
            if inspect_on[a] == d:
                passed[a] = d
                if failed[a] < 0 and np.random.random() < fails:
                    failed[a] = d
                    stage[a] = 1
                    left[a] = clear[a]
                    done[a] = -1
            if (stage[a] < 2 and found[a] <= d) or inspect_on[a] > d:
                open_left = True
        if not open_left:
            # All that is known is done and passed: the programme ends. What nobody has found by
            # then is no part of it.
            for a in range(total):
                if stage[a] < 2:
                    done[a] = -2
            break
        if not season[d]:
            continue
        for t in range(teams):
            if away[t] > 0:
                away[t] -= 1
                if at[t] >= 0:
                    out_day[n], out_team[n], out_area[n] = d, t, at[t]
                    n += 1
                continue
            if at[t] < 0:
                best, nearest = -1, 1e18
                for a in range(total):
                    if stage[a] == kind[t] and not taken[a] and found[a] <= d and left[a] > 0:
                        away2 = (xy[a, 0] - place[t, 0])**2 + (xy[a, 1] - place[t, 1])**2
                        if away2 < nearest:
                            best, nearest = a, away2
                if best < 0:
                    continue
                at[t] = best
                taken[best] = True
                place[t, 0], place[t, 1] = xy[best, 0], xy[best, 1]
                moving[t] = 1 if np.random.random() < 0.5 else 2
            a = at[t]
            out_day[n], out_team[n], out_area[n] = d, t, a
            if moving[t] > 0:
                moving[t] -= 1
                n += 1
                continue
            if closed[d, sector[a]] or np.random.random() < sick * 8:
                n += 1
                continue
            if np.random.random() < leaves * 0.25:
                away[t] = 3 + int(np.random.random() * 15)
                skill[t] *= 0.3
                n += 1
                continue
            mood[t] = 0.6 * mood[t] + wobble * np.random.standard_normal()
            part = 1.0 if np.random.random() < 0.8 else 0.4 + 0.5 * np.random.random()
            pace = rate[t] * (1 - slow * np.exp(-skill[t] / tau)) * np.exp(mood[t]) * part
            if kind[t] == 1:
                pace *= hard[a]
            skill[t] += part
            m2 = min(pace, left[a])
            left[a] -= m2
            out_m2[n], out_worked[n] = m2, part
            if left[a] <= 1e-6:
                out_ended[n] = True
                taken[a] = False
                at[t] = -1
                if stage[a] == 0:
                    surveyed[a] = d
                    clear[a] = area[a] * share[a]
                    left[a] = clear[a]
                    stage[a] = 1
                    if clear[a] <= 1.0:
                        clear[a] = 0.0
                        stage[a] = 2
                        done[a] = d
                else:
                    stage[a] = 2
                    done[a] = d
                    if failed[a] < 0:
                        inspect_on[a] = d + 5 + int(np.random.random() * 25)
                # Work beside it finds some of what nobody knew of.
                for b in range(known, total):
                    if found[b] == days and reported[b] == -2:
                        close = (xy[b, 0] - xy[a, 0])**2 + (xy[b, 1] - xy[a, 1])**2 < 36
                        if close and np.random.random() < 0.5:
                            found[b] = d
            n += 1
            if n >= MOST_REPORTS - teams:
                return (out_day, out_team, out_area, out_m2, out_worked, out_ended, n, found,
                        surveyed, clear, done, failed, passed)
    return (out_day, out_team, out_area, out_m2, out_worked, out_ended, n, found, surveyed, clear,
            done, failed, passed)
