"""Days and slots of a plan: first days that are no edge of a slot, winters, what begins after them.
"""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from landrelease import workflows
from landrelease.core.recorded import Sources
from landrelease.forecast.calendar import extend
from landrelease.plan.compare import end_of, start_of
from landrelease.plan.progress import promised
from landrelease.plan.recorded.slots import last_days, touching
from landrelease.plan.works import solved
from landrelease.store.results import plan_rows
from landrelease.workflows import Binding
from test_plan_recorded import STATED, accredited, assessed, land_of, planned, pool, record

STARTS = [date(2027, 4, 1), date(2027, 1, 15), date(2027, 5, 3), date(2025, 8, 31)]
FAST = tuple(pool(f"{kind}-a", kind, 2, 2e6) for kind in ("nts", "ts", "manual"))


def asked_on(start, sources=None, pools=FAST):
    land = land_of()
    return workflows.planning_problem(land, assessed(land), pools, STATED, start=start,
                                      binding=Binding(sources or Sources())).problem


@pytest.mark.parametrize("start", STARTS)
def test_a_slot_ends_the_day_before_the_next_one_or_a_winter(start):
    problem = asked_on(start)
    starts, lasts = problem.slot_starts, last_days(problem)
    assert starts[0] >= start and problem.delay_days[0] == 0
    winters = 0
    for t, last in enumerate(lasts):
        assert 3 <= (last - starts[t]).days + 1 <= 4
        gap = (starts[t + 1] - last).days
        assert gap == 1 or 100 < gap < 130  # December to March
        winters += gap > 1
    assert winters >= 9


@pytest.mark.parametrize("start", STARTS)
def test_work_of_a_slot_takes_half_a_week_and_goes_on_without_a_gap(start):
    problem = asked_on(start)
    assert (problem.first_slots == 1).all()
    rows = plan_rows(planned(problem))
    for row in rows:
        assert 3 <= (date.fromisoformat(row["finish"]) - date.fromisoformat(row["start"])).days <= 4
    first = min(date.fromisoformat(row["start"]) for row in rows)
    assert first == problem.slot_starts[0]


@pytest.mark.parametrize("start", STARTS)
def test_closures_leave_and_works_last_as_long_as_they_do(start):
    begin = asked_on(start).slot_starts[20]
    last = begin + timedelta(days=6)
    moment = datetime(begin.year, begin.month, begin.day, tzinfo=UTC)
    leave_ends = begin + timedelta(days=1)
    problem = asked_on(start, Sources(
        closures=(record("closure", "c", closed_from=moment,
                         closed_until=moment + timedelta(days=6, hours=23)),),
        teams=(record("team", "manual-a-1", identifier="manual-a-1", organisation="A"),),
        accreditations=(accredited("one", "manual-a-1", begin=date(2020, 1, 1), end=leave_ends),),
        projects=(record("project", "p", hazards=["h0"], cost=1.0, currency="USD",
                         duration_days=180.0, beneficiaries=9),),
        utc_offset=timedelta(0)))
    shut = np.flatnonzero(~problem.conditions.calendars.open[1:].all(axis=0))
    assert 2 <= len(shut) <= 3 and shut.tolist() == list(range(shut[0], shut[-1] + 1))
    for t in range(problem.horizon):
        inside = problem.slot_starts[t] <= last and last_days(problem)[t] >= begin
        assert inside == (t in shut)
    assert (touching(problem, begin, last) == np.isin(np.arange(problem.horizon), shut)).all()
    assert 50 <= int(problem.conditions.projects.slots[0]) <= 53
    manual = [p for p, q in enumerate(problem.pools) if q.members]
    until = {int(u) for p, u in zip(problem.first_pool, problem.conditions.windows.first_until,
                                    strict=True) if p in manual}
    assert until == {20}  # slot 20 ends after the leave, slot 19 before it begins to count


def test_a_team_that_leaves_works_until_then():
    stays = date(2027, 6, 30)
    problem = asked_on(date(2027, 1, 15), pools=(*FAST, pool("manual-b", "manual", closes=stays)))
    last = int(problem.pool_closes[-1])
    assert last_days(problem)[last - 1] <= stays < last_days(problem)[last]


@pytest.mark.parametrize("start", STARTS)
def test_a_forecast_counts_from_the_same_day(start):
    problem = asked_on(start)
    calendar = extend(problem, (4, 11), float(problem.delay_days[-1]))
    assert calendar.start == problem.slot_starts[0]
    assert np.array_equal(calendar.ends[:problem.horizon], problem.delay_days[1:])
    begins = [(d - calendar.start).days for d in problem.slot_starts[:problem.horizon]]
    assert calendar.begins[:problem.horizon].tolist() == begins


@pytest.mark.parametrize("start", STARTS)
def test_an_unchanged_plan_made_again_on_another_day_promises_the_same_days(start):
    """Whatever the first day, a promise is a day of the calendar."""
    slow = tuple(pool(f"{k}-a", k, 1, r) for k, r in (
        ("nts", 5_000.0), ("ts", 2_000.0), ("manual", 300.0)))
    before = solved(asked_on(start, pools=slow), iterations=1, bound_iterations=1, seed=1)
    made = promised(asked_on(start, pools=slow), before, late_price=1, change_price=1)
    told = made.conditions.promises.finish
    assert (told == before.schedule.finish).all() and (told > 0).any()
    later = asked_on(before.problem.slot_starts[0] + timedelta(days=30), pools=slow)
    moved = promised(later, before, late_price=1, change_price=1).conditions.promises.finish
    for old, new in zip(before.schedule.finish.tolist(), moved.tolist(), strict=True):
        if old > 12:
            assert end_of(later, new) == end_of(before.problem, old)


def test_what_starts_after_a_winter_starts_after_it_and_what_ends_before_it_ends_before_it():
    problem = asked_on(date(2027, 4, 1))
    spring = next(t for t in range(1, problem.horizon)
                  if problem.slot_starts[t].year > problem.slot_starts[t - 1].year)
    assert start_of(problem, spring) == date(2028, 4, 1)
    assert end_of(problem, spring) == date(2027, 12, 1)
    assert start_of(problem, 1) == end_of(problem, 1)
    assert start_of(problem, -1) is None and end_of(problem, problem.horizon + 1) is None
