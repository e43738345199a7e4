"""Forecasts of the finish at 10, 30, 50 and 70 % of progress, in programmes with known truth.

    python benchmarks/bench_backtest.py [--worlds 1000] [--runs 400] [--seed 1] [--workers 2]
    python benchmarks/bench_backtest.py --small

Each programme (`quick_programmes.py`, another model in code of its own) is stopped at four points;
the forecast sees what was reported until then, and nothing else. Printed for each point: how often
the 50, 80 and 95 % intervals of the finish hold, with the range that chance alone allows for so
many worlds (two standard errors), the CRPS in days beside that of the block-bootstrapped pace and
of the pace carried straight on, paired, with twice the standard error of the difference, and a
test that the randomised probability integral transform is uniform. Runs past the horizon are capped
and counted.
"""

from __future__ import annotations

import argparse
import functools
import importlib.resources
import json
import math
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path

import numpy as np

import quick_programmes
from landrelease.core.assumption import Assumptions
from landrelease.core.team_days import TeamDays
from landrelease.forecast import pace, scores
from landrelease.forecast.rates import Range
from landrelease.forecast.standing import CLEARANCE, SURVEY, Standing, forecast_standing
from landrelease.records.assumptions import read_assumptions
from quick_programmes import SEASON, START, Programme

POINTS = (0.1, 0.3, 0.5, 0.7)
HORIZON_DAYS = 30 * 365.25
PRIORS = {SURVEY: Range(8_000, 4_000, 16_000, "assumptions of the teams file"),
          CLEARANCE: Range(400, 200, 500, "10 to 50 m² a deminer and day, ten deminers")}


@functools.lru_cache(maxsize=1)
def packaged() -> Assumptions:
    with importlib.resources.as_file(
            importlib.resources.files("landrelease.data") / "assumptions.csv") as path:
        return read_assumptions(path)


def standing_of(made: Programme, at: int) -> Standing:
    """What was on record on a day."""
    known = np.flatnonzero(made.found_day <= at)
    number = np.full(len(made.area_m2), -1)
    number[known] = np.arange(len(known))
    rows = made.day <= at
    day, team, area = made.day[rows], made.team[rows], made.area[rows]
    m2, worked, ended = made.m2[rows], made.worked[rows], made.ended[rows]
    kind = made.team_kind[team]
    surveyed = (made.surveyed_day[known] >= 0) & (made.surveyed_day[known] <= at)
    clear = np.where(surveyed, made.clear_m2[known], 0.0)
    survey = np.bincount(area[kind == 0], m2[kind == 0], minlength=len(number))[known]
    failed = (made.failed_day >= 0) & (made.failed_day <= at)
    counts = (kind == 1) & (day > np.where(failed, made.failed_day, -1)[area])
    cleared = np.bincount(area[counts], m2[counts], minlength=len(number))[known]
    teams = tuple(f"team {t}" for t in range(len(made.team_kind)))
    reports = TeamDays(
        day + START.toordinal(), team, kind, number[area], np.full(len(day), -1), m2, worked, ended,
        teams, (SURVEY, CLEARANCE), tuple(map(str, known)),
        joined=np.ones(len(teams), dtype=bool))
    # A lot is inspected within some weeks of the day on which its clearance ended.
    ended_on = np.full(len(made.area_m2), -1)
    last = np.flatnonzero(ended & (kind == 1))
    ended_on[area[last]] = day[last]
    waiting = (ended_on >= 0) & ~((made.passed_day >= ended_on) & (made.passed_day <= at)) & ~failed
    inspected = (made.passed_day >= 0) & (made.passed_day <= at)
    at_work = [tuple(teams[t] for t in range(len(teams)) if made.team_kind[t] == k and np.any(
        team == t)) for k in (0, 1)]
    counts_of = [max(len(at_work[k]), 1) for k in (0, 1)]
    return Standing(
        START + timedelta(days=at), made.area_m2[known], surveyed,
        np.where(surveyed, 0.0, survey), clear, cleared, np.zeros(len(known), dtype=bool),
        made.found_day[known] >= 0, int(inspected.sum()), int(failed.sum()), reports,
        ((SURVEY, counts_of[0]), (CLEARANCE, counts_of[1])),
        {SURVEY: at_work[0], CLEARANCE: at_work[1]}, SEASON, 6.0,
        late_after=np.clip((made.found_day[known] - day[0]) / max(at - day[0], 1), 0.0, 1.0),
        waiting=waiting[known])


def by_month(made: Programme, at: int) -> tuple[np.ndarray, float]:
    """Released in each month so far, m²; and what is left of the ground that is known."""
    known = made.found_day <= at
    surveyed = known & (made.surveyed_day >= 0) & (made.surveyed_day <= at)
    done = known & (made.done_day <= at)
    days = np.concatenate([made.surveyed_day[surveyed], made.done_day[done]])
    m2 = np.concatenate([(made.area_m2 - made.clear_m2)[surveyed], made.clear_m2[done]])
    months = max(1, int((at + 1) / pace.MONTH_DAYS))
    length = (at + 1) / months
    place = np.minimum((days / length).astype(int), months - 1)
    history = np.bincount(place, m2, minlength=months) * pace.MONTH_DAYS / length
    return history, float(made.area_m2[known].sum() - m2.sum())


def one_world(arguments: tuple[int, int]) -> list[dict]:
    seed, runs = arguments
    stated = packaged()
    made = quick_programmes.make(seed)
    found = []
    for share in POINTS:
        at = made.day_of_progress(share)
        standing = standing_of(made, at)
        forecast = forecast_standing(standing, stated, PRIORS, runs=runs, seed=seed,
                                     horizon_days=HORIZON_DAYS, draws=runs)
        true = min(made.finish - at, HORIZON_DAYS)
        history, left = by_month(made, at)
        generator = np.random.default_rng([seed, int(100 * share)])
        boot = pace.finish_by_pace(history, left, runs, HORIZON_DAYS, generator)
        straight = pace.finish_straight(history, left, HORIZON_DAYS)
        found.append({
            "seed": seed, "share": share, "true": true, "capped": forecast.capped,
            "median": float(np.median(forecast.days)),
            "inside": [lo <= true <= hi for lo, hi in
                       (scores.interval(forecast.days, level) for level in scores.LEVELS)],
            "transform": scores.transform(forecast.days, true, generator.random()),
            "crps": scores.crps(forecast.days, true), "boot": scores.crps(boot, true),
            "straight": abs(straight - true)})
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=400)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--skip", type=int, default=0, help="Worlds to leave out at the start.")
    parser.add_argument("--rows", type=Path, help="Append the scores of each world to this file as "
                        "soon as it is done, leave out the worlds that it holds, and print the "
                        "table of all: a run that was stopped goes on.")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    if options.small:
        options.worlds, options.runs = 16, 200
    from scipy.stats import kstest

    clock = time.perf_counter()
    seeds = [(options.seed * 1_000_000 + k, options.runs)
             for k in range(options.skip, options.skip + options.worlds)]
    rows, now = [], 0
    if options.rows is not None and options.rows.exists():
        rows = [json.loads(line) for line in options.rows.read_text().splitlines()]
        there = Counter(r["seed"] for r in rows)
        rows = [r for r in rows if there[r["seed"]] == len(POINTS)]  # none half written
        seeds = [s for s in seeds if there[s[0]] != len(POINTS)]
    if seeds:
        one_world(seeds[0])  # compiled before the processes begin
        with ProcessPoolExecutor(options.workers) as executor:
            for world in executor.map(one_world, seeds):
                rows += world
                now += 1
                if options.rows is not None:
                    with options.rows.open("a", encoding="utf-8") as file:
                        file.write("".join(json.dumps(r, default=bool) + "\n" for r in world))
    taken = time.perf_counter() - clock
    worlds = len({r["seed"] for r in rows})
    print(f"{worlds} worlds ({now} of them now) from seed {options.seed}, "
          f"{options.runs} runs a forecast, {taken:.0f} s with {options.workers} processes; "
          f"finish: {start_words(rows)}")
    print("progress | 50 % holds | 80 % holds | 95 % holds | CRPS days | bootstrap | straight | "
          "below bootstrap | PIT uniform, p | runs capped | truths past the horizon")
    for share in POINTS:
        own = [r for r in rows if r["share"] == share]
        count = len(own)
        cells = [f"{share:.0%}"]
        for k, level in enumerate(scores.LEVELS):
            held = np.mean([r["inside"][k] for r in own])
            error = 2 * math.sqrt(level * (1 - level) / count)
            mark = "" if abs(held - level) <= error else " *"
            cells.append(f"{held:.1%} (±{error:.1%}){mark}")
        ours, boot, straight = (np.array([r[n] for r in own]) for n in ("crps", "boot", "straight"))
        less = 1 - ours.mean() / boot.mean()
        error = float(np.std(ours - (1 - less) * boot) / math.sqrt(count) / boot.mean())
        pit = np.array([r["transform"] for r in own])
        cells += [f"{ours.mean():.1f}", f"{boot.mean():.1f}", f"{straight.mean():.1f}",
                  f"{less:.0%} (±{2 * error:.0%})", f"{kstest(pit, 'uniform').pvalue:.3f}, mean "
                  f"{pit.mean():.3f}",
                  f"{sum(r['capped'] for r in own)} of {count * options.runs}",
                  str(sum(r["true"] >= HORIZON_DAYS for r in own))]
        print(" | ".join(cells))
    print("* outside two standard errors of the stated level")


def start_words(rows: list[dict]) -> str:
    first = np.array([r["true"] for r in rows if r["share"] == POINTS[0]]) / 365.25
    return (f"median {np.median(first):.1f} years after the first point, "
            f"{np.quantile(first, 0.1):.1f} to {np.quantile(first, 0.9):.1f}")


if __name__ == "__main__":
    main()

