"""The options of a stage, by hand: the way there, the daily way or a camp, moves, the ground."""

import dataclasses
import math
from datetime import date

import numpy as np
import pytest

from landrelease import workflows
from landrelease.core.recorded import Sources
from landrelease.errors import LandReleaseError
from landrelease.plan.problem import calendar
from test_plan_recorded import STATED, asked, land_of, pool, record


def at_km(name, kind, km, rate, teams=1):
    """A pool whose base lies so many kilometres west of the first area."""
    made = pool(name, kind, teams, rate)
    return dataclasses.replace(made, longitude=0.002 - km / 76.05, latitude=-46.999)


def expected_slots(work_m2, m2_per_day, km, slot_days, factor=1.0):
    """docs/plan.md in numbers of the assumptions: 40 km/h, a day of 8 hours, a camp beyond 60 km
    with the way home once in five days, 15 % of days lost, 2 days of setting up."""
    hours = 8 * (1 if km <= 60 else 5)
    share = 1 - 2 * km / 40 / hours
    days = work_m2 / (m2_per_day * share * factor) / 0.85 + 2 + km / (40 * 8)
    return max(1, math.ceil(days / slot_days - 1e-9))


@pytest.mark.parametrize("km", [1.0, 30.0, 59.0, 61.0, 120.0, 300.0])
def test_travel_camps_and_moves_take_the_time_that_they_take(km):
    for name, value in (("camp_distance_km", 60), ("travel_speed_km_per_hour", 40),
                        ("working_hours_per_day", 8), ("lost_day_share", 0.15),
                        ("move_days", 2)):
        assert STATED.value(name) == value, "the numbers of this test are those of the assumptions"
    problem = asked(land=land_of(1), pools=(
        at_km("n", "nts", km, 9_000.0), at_km("t", "ts", km, 700.0),
        at_km("m", "manual", km, 90.0))).problem
    assert len(problem.first_pool) == len(problem.stage_ids) > 2
    for s in range(len(problem.stage_ids)):
        rate = (9_000.0, 700.0, 90.0)[problem.activity[s]]
        most = expected_slots(problem.work_m2[s] * 1.001, rate, km * 1.003, problem.slot_days)
        least = expected_slots(problem.work_m2[s], rate, km * 0.997, problem.slot_days)
        assert least <= problem.first_slots[s] <= most, problem.stage_ids[s]


def test_nearer_a_camp_than_a_long_daily_way():
    """From 59 to 61 km a team stops driving every day, and works faster for it."""
    daily, camping = (asked(land=land_of(1), pools=(
        at_km("n", "nts", 1, 9_000.0), at_km("t", "ts", 1, 700.0),
        at_km("m", "manual", km, 20.0))).problem for km in (59.0, 61.0))
    last = np.flatnonzero(daily.activity == 2)
    assert (daily.first_slots[last] > camping.first_slots[last]).all()


def test_rates_are_those_of_the_ground():
    """Vegetation and slope slow all search, metal detectors; surveys by asking are not slowed."""
    def with_ground(**values):
        return asked(Sources(hazards=(record("hazard", "h0", **values),)), land=land_of(1), pools=(
            at_km("n", "nts", 1, 100.0), at_km("t", "ts", 1, 60.0), at_km("m", "manual", 1, 20.0),
            at_km("x", "mechanical", 1, 50.0))).problem

    plain = with_ground(vegetation="not_reported")
    for values, people, machines in (
            ({"vegetation": "high"}, 0.6, 0.6), ({"slope_deg": 25.0}, 0.7, 0.7),
            ({"metal_contamination": "high"}, 0.55, 1.0),
            ({"vegetation": "high", "slope_deg": 25.0, "metal_contamination": "high"},
             0.6 * 0.7 * 0.55, 0.42)):
        made = with_ground(**values)
        assert made.option_mode == plain.option_mode
        stage = np.repeat(np.arange(len(plain.stage_ids)), np.diff(plain.option_start))
        for o, mode in enumerate(plain.option_mode):
            factor = {"NTS": 1.0, "TS": machines, "manual": people,
                      "machine then manual": machines}[mode]
            rate = {"NTS": 100.0, "TS": 60.0, "manual": 20.0, "machine then manual": 50.0}[mode]
            slots = expected_slots(plain.work_m2[stage[o]], rate, 1.0, plain.slot_days, factor)
            assert abs(made.first_slots[o] - slots) <= 1, (values, mode)
            if factor < 1.0:
                assert made.first_slots[o] > plain.first_slots[o], (values, mode)
            else:
                assert made.first_slots[o] == plain.first_slots[o], (values, mode)


def test_teams_on_record_that_cannot_be_planned_are_told_with_the_error():
    """Land in the open sea, teams on record without a base: not as if no team were on record."""
    teams = tuple(record("team", f"t{n}", team_type="manual") for n in range(3))
    with pytest.raises(LandReleaseError) as error:
        asked(Sources(teams=teams), pools=workflows.load_teams(None), teams_given=False)
    assert error.value.code == "PLN-011"
    assert ("none of the 3 on record can be planned (t0: its base (not reported) is no settlement "
            "on record") in str(error.value)


@pytest.mark.parametrize("day", [date(207, 4, 1), date(9998, 1, 1)])
def test_a_first_day_in_no_year_of_ours_is_refused(day):
    with pytest.raises(LandReleaseError) as error:
        calendar(STATED, day)
    assert error.value.code == "PLN-009" and day.isoformat() in str(error.value)
