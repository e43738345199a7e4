"""Forecast: made-up problems that the other forecast tests share, and working time in days.

All figures here are synthetic; no place is named.
"""

from datetime import date, timedelta

import numpy as np
import pytest

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.work import Plan, Problem, Schedule, TeamPool
from landrelease.forecast.calendar import extend, stays

RANGES = {  # name: low, value, high
    "share_cancelled": (0.25, 0.32, 0.48), "share_reduced": (0.20, 0.24, 0.30),
    "share_cleared": (0.22, 0.44, 0.55), "lost_day_share": (0.05, 0.15, 0.30),
    "team_turnover_share": (0.0, 0.05, 0.15), "undiscovered_share": (0.0, 0.1, 0.3),
    "rework_share": (0.01, 0.03, 0.08), "move_days": (1, 2, 4),
    "forecast_horizon_years": (60, 60, 60), "season_first_month": (3, 4, 4),
    "season_last_month": (10, 11, 12), "task_duration_spread": (0.4, 0.4, 0.4),
    "outcome_concentration": (2.0, 2.0, 2.0), "whole_area_share": (0.5, 0.5, 0.5),
}  # fmt: skip
CERTAIN = {
    "lost_day_share": (0, 0, 0), "team_turnover_share": (0, 0, 0),
    "undiscovered_share": (0, 0, 0), "rework_share": (0, 0, 0),
    "task_duration_spread": (0, 0, 0), "outcome_concentration": (np.inf,) * 3,
    "whole_area_share": (0, 0, 0), "share_cancelled": (0.32,) * 3, "share_reduced": (0.24,) * 3,
    "share_cleared": (0.44,) * 3,
}  # fmt: skip


def assumptions(**changed):
    """Those of a real programme's file with some changed: name=(low, value, high)."""
    return Assumptions({
        name: Assumption(name, value, low, high, "", "", "made up")
        for name, (low, value, high) in {**RANGES, **changed}.items()
    })


def pool(kind, teams, *, rate=(200.0, 400.0, 500.0), cost=800.0, **changed):
    number = changed.pop("number", 0)
    low, value, high = rate
    stated = {
        "id": f"{kind}-{number}", "kind": kind, "organisation": "made up", "base": "made up",
        "longitude": 0.0, "latitude": 0.0, "teams": teams, "m2_per_day": value,
        "m2_per_day_low": low, "m2_per_day_high": high, "cost_per_day": cost, "currency": "USD",
        "available_from": None, "available_until": None, "source": "made up",
    }  # fmt: skip
    return TeamPool(**{**stated, **changed})


def slots(years=10, per_year=70, start=date(2030, 4, 1)):
    """(delay_days, slot_starts) of seasons of `per_year` slots, 3.5 days each, from 1 April."""
    begins = [
        date(start.year + y, start.month, start.day) + timedelta(days=round(3.5 * k))
        for y in range(years) for k in range(per_year)
    ]  # fmt: skip
    ends = [
        date(start.year + y, start.month, start.day) + timedelta(days=round(3.5 * (k + 1)))
        for y in range(years) for k in range(per_year)
    ]  # fmt: skip
    delay = np.array([0.0] + [float((end - start).days) for end in ends])
    return delay, (*begins, ends[-1])


def problem(stages, options, pools, *, hazards, calendar=None, slot_days=3.0, **changed):
    """`stages`: (activity, predecessor, hazard, released m²) each; `options`: for each stage a list
    of (first_pool, first_slots, second_pool, second_slots)."""
    delay, starts = calendar or slots()
    horizon = len(delay) - 1
    flat = [o for own in options for o in own]
    start = np.concatenate([[0], np.cumsum([len(own) for own in options])]).astype(np.int32)
    column = [np.array([o[i] for o in flat], dtype=np.int32) for i in range(4)]
    table = np.array(stages, dtype=float).reshape(-1, 4)
    values = {
        "stage_ids": tuple(f"stage {s}" for s in range(len(stages))),
        "activity": table[:, 0].astype(np.int8), "predecessor": table[:, 1].astype(np.int32),
        "hazard": table[:, 2].astype(np.int32), "task": np.full(len(stages), -1, dtype=np.int32),
        "weight": np.ones(len(stages)), "work_m2": table[:, 3], "released_m2": table[:, 3],
        "option_start": start, "first_pool": column[0], "first_slots": column[1],
        "second_pool": column[2], "second_slots": column[3],
        "option_cost": np.zeros(len(flat)), "option_mode": ("made up",) * len(flat),
        "pools": tuple(pools), "pool_teams": np.array([p.teams for p in pools], dtype=np.int32),
        "pool_opens": np.zeros(len(pools), dtype=np.int32),
        "pool_closes": np.full(len(pools), horizon, dtype=np.int32), "delay_days": delay,
        "slot_starts": starts, "slot_days": slot_days,
        "hazard_ids": tuple(f"hazard {h}" for h in range(hazards)), "tasks": (),
    }  # fmt: skip
    return Problem(**{**values, **changed})


def plan_of(problem, priority=None):
    count = len(problem.stage_ids)
    nothing = np.full(count, -1, dtype=np.int32)
    order = np.arange(count, dtype=float) if priority is None else np.asarray(priority, float)
    return Plan(problem, Schedule(*[nothing] * 7), order, 1.0, 1.0, {"none": 1.0}, 0.0, 0, 1)


def region(hazards=500, *, seed=1, bases=3, teams=None, shares=(0.32, 0.24, 0.44)):
    """A problem like a region's: lognormal areas of 60,000 m² (median), cut at 200,000 m²."""
    generator = np.random.default_rng(seed)
    area = np.exp(generator.normal(np.log(60_000), 1.1, hazards))
    number = teams or {"nts": 1, "ts": 2, "manual": 6, "mechanical": 1}
    pools = [
        pool(kind, number[kind], rate=rate, cost=cost, number=b)
        for b in range(bases)
        for kind, rate, cost in (
            ("nts", (50_000.0, 100_000.0, 200_000.0), 600.0),
            ("ts", (4_000.0, 8_000.0, 16_000.0), 1500.0),
            ("manual", (200.0, 400.0, 500.0), 800.0),
            ("mechanical", (3_000.0, 5_000.0, 8_000.0), 4000.0),
        )
    ]

    def days(m2, rate):
        return max(1, int(np.ceil((m2 / rate / 0.75 + 2) / 2.86)))

    stages, options = [], []
    for h in range(hazards):
        nts = len(stages)
        near = generator.permutation(bases)[:3]  # as the plan does
        stages.append((0, -1, h, area[h] * shares[0]))
        options.append([(4 * b, days(area[h], 100_000), -1, 0) for b in near])
        for m2 in np.full(int(np.ceil(area[h] / 200_000)), 1.0) * area[h] / np.ceil(
            area[h] / 200_000
        ):
            stages.append((1, nts, h, m2 * shares[1]))
            options.append([(4 * b + 1, days(m2 * 0.68, 8_000), -1, 0) for b in near])
            stages.append((2, len(stages) - 1, h, m2 * shares[2]))
            options.append(
                [(4 * b + 2, days(m2 * 0.44, 400), -1, 0) for b in near]
                + [(4 * b + 3, days(m2 * 0.44, 5_000), 4 * b + 2, days(m2 * 0.44, 1_000))
                   for b in near]
            )  # fmt: skip
    made = problem(stages, options, pools, hazards=hazards, slot_days=200 / 70)
    weight = area / 10_000 * generator.lognormal(0, 1, hazards)
    return plan_of(made, -weight[made.hazard])


def test_the_season_of_the_last_year_is_repeated():
    made = problem([], [], [], hazards=0, calendar=slots(years=2))
    calendar = extend(made, (4, 11), 6 * 365.25)
    assert calendar.start == date(2030, 4, 1)
    assert len(calendar.begins) == 6 * 70
    for year in range(6):  # 1 April each year, 245 days of season, then a winter
        first = date(2030 + year, 4, 1).toordinal() - calendar.start.toordinal()
        assert calendar.begins[70 * year] == pytest.approx(first, abs=1)
        assert calendar.ends[70 * year + 69] == pytest.approx(first + 245, abs=1)
    assert np.all(calendar.begins[1:] >= calendar.ends[:-1] - 1e-9)


@pytest.mark.parametrize("start", [date(2026, 1, 1), date(2027, 3, 1), date(2028, 6, 1)])
@pytest.mark.parametrize("days", [1, 3, 7])
def test_work_all_the_year_has_no_gaps_whatever_the_leap_years(start, days):
    # Slots of so many days without end over two years; one of the years has 366 days.
    horizon = date(start.year + 2, start.month, start.day).toordinal() - start.toordinal()
    count = horizon // days
    delay = np.arange(count + 1) * float(days)
    starts = tuple(start + timedelta(days=days * k) for k in range(count + 1))
    made = problem([], [], [], hazards=0, calendar=(delay, starts))
    calendar = extend(made, (1, 12), 10 * 365.25)
    assert np.all(calendar.begins[1:] >= calendar.ends[:-1])
    assert np.all(calendar.ends >= calendar.begins)
    assert (calendar.begins[1:] - calendar.ends[:-1]).max() <= days
    worked = (calendar.ends - calendar.begins).sum()
    assert worked == pytest.approx(10 * 365.25, rel=0.005 if days < 7 else 0.02)


def test_a_whole_slot_ends_before_the_winter_and_the_next_begins_after_it():
    made = problem([], [], [], hazards=0, calendar=slots(years=2))
    calendar = extend(made, (4, 11), 6 * 365.25)
    days = calendar.days(np.array([0.0, 0.5, 70.0, 70.001, np.inf]))
    assert days == pytest.approx([0, 2, 245, 365, np.inf], abs=0.3)


def test_a_start_in_winter_is_found_from_the_delays():
    delay, starts = slots(years=2)
    made = problem([], [], [], hazards=0, calendar=(np.where(delay > 0, delay + 90, 0.0), starts))
    calendar = extend(made, (4, 11), 6 * 365.25)
    assert calendar.start == date(2030, 4, 1) - timedelta(days=90)
    assert calendar.begins[0] == 90


def test_a_plan_of_less_than_a_year_takes_the_stated_season():
    made = problem([], [], [], hazards=0, calendar=slots(years=1, per_year=10))
    calendar = extend(made, (4, 11), 3 * 365.25)
    months = {
        (calendar.start + timedelta(days=float(day))).month for day in calendar.begins
    }
    assert months == set(range(4, 12))
    assert calendar.ends[-1] <= 3 * 365.25


def test_a_forecast_horizon_within_the_plan_cuts_the_plan():
    made = problem([], [], [], hazards=0, calendar=slots(years=10))
    assert len(extend(made, (4, 11), 2 * 365.25).begins) == 140


def test_a_team_that_leaves_after_the_plans_horizon_leaves_then():
    pools = [pool("nts", 1), pool("ts", 1, available_until=date(2035, 4, 7))]
    made = problem([], [], pools, hazards=0, calendar=slots(years=2))
    opens, closes = stays(made, extend(made, (4, 11), 10 * 365.25))
    assert opens.tolist() == [0, 0]
    # Five seasons of 70 slots, and the slots that end on or before the evening of 7 April.
    assert closes.tolist() == [np.inf, 5 * 70 + 2]
