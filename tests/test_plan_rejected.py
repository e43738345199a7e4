"""Work that was reported as done and whose ground an inspection rejected is work of the plan."""

from datetime import date

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.recorded import Sources
from test_plan_recorded import asked, planned, record, square

FREE = asked().problem
TASK = next(t for t in FREE.tasks if t.hazard_id == "h1")
CLEARED, SURVEYED = f"{TASK.id}:clearance", f"{TASK.id}:TS"
LOT_DAY = date(2026, 9, 10)
DONE = record("task", f"task:{CLEARED}", task_status="completed", task_type="clearance",
              hazard="h1")
WORK = record("activity", "a1", activity_type="clearance", hazard="h1", task=f"task:{CLEARED}",
              activity_status="completed", ended_on=date(2026, 9, 8))


def west(ground, share):
    """The western part of a rectangle."""
    x0, y0, x1, y1 = ground.bounds
    return shapely.intersection(ground, shapely.box(x0 - 1, y0 - 1, x0 + share * (x1 - x0), y1 + 1))


def lot(name="LOT-1", result="rejected", day=LOT_DAY, ground=None, **values):
    return record("inspection", name, west(TASK.ground, 0.25) if ground is None else ground,
                  **{"inspection_part": "lot", "inspection_type": "sampling", "result": result,
                     "inspected_on": day, "task": f"task:{CLEARED}",
                     "activities": ["a1"], **values})


def problem_of(*inspections, activities=(WORK,), tasks=(DONE,), outcomes=()):
    return asked(Sources(activities=activities, reported=tasks, inspections=inspections,
                         outcomes=outcomes))


def test_a_rejected_lot_is_cleared_again_and_only_its_ground():
    before = problem_of()
    assert CLEARED not in before.problem.stage_ids and SURVEYED not in before.problem.stage_ids
    found = problem_of(lot())
    assert set(found.problem.stage_ids) - set(before.problem.stage_ids) == {CLEARED}
    s = found.problem.stage_ids.index(CLEARED)
    for values in (found.problem.work_m2, found.problem.released_m2):
        assert values[s] == pytest.approx(TASK.area_m2 / 4, rel=1e-3)
    # The people near it wait for a quarter of what they waited for behind its survey.
    whole = problem_of(activities=(), tasks=(record(
        "task", f"task:{SURVEYED}", task_status="completed"),)).problem
    assert found.problem.weight[s] == pytest.approx(
        whole.weight[whole.stage_ids.index(CLEARED)] / 4, rel=1e-3)
    said = [n for n in found.read.notes if n.kind == "inspection"]
    assert [n.record for n in said] == ["LOT-1"]
    assert f"{CLEARED} (25%)" in said[0].words and "planned again" in said[0].words
    assert found.read.counts["inspection"] == (1, 1)
    plan = planned(found.problem)
    assert plan.schedule.finish[s] > 0


@pytest.mark.parametrize("name, inspections, activities", [
    ("accepted", (lot(result="accepted"),), (WORK,)),
    ("the lot after it was accepted", (lot(), lot("LOT-2", "accepted", date(2026, 10, 1),
                                                  lot="LOT-1")), (WORK,)),
    ("all of its ground was accepted later", (
        lot(), lot("LOT-2", "accepted", date(2026, 10, 1), TASK.ground)), (WORK,)),
    ("completed again later", (lot(),), (WORK, record(
        "activity", "a2", task=f"task:{CLEARED}", activity_status="completed",
        ended_on=date(2026, 9, 20)))),
    ("work that went on when it was visited was completed later", (lot(
        inspection_part="visit", inspection_type="monitoring", day=date(2026, 9, 1)),), (WORK,)),
    ("elsewhere", (lot(ground=square(2), task="", activities=[]),), (WORK,)),
    ("one unit of a sample is no verdict", (lot(inspection_part="unit"),), (WORK,)),
])
def test_what_was_put_right_is_done(name, inspections, activities):
    assert CLEARED not in problem_of(*inspections, activities=activities).problem.stage_ids, name


@pytest.mark.parametrize("name, inspections, activities", [
    ("a measure is no search", (lot(corrected_on=date(2026, 9, 20),
                                    closed_on=date(2026, 9, 25)),), (WORK,)),
    ("the lot after it was rejected too", (
        lot(), lot("LOT-2", "rejected", date(2026, 10, 1), lot="LOT-1")), (WORK,)),
    ("the lot after it waits for its inspection", (
        lot(), lot("LOT-2", "not_reported", None, lot="LOT-1")), (WORK,)),
    ("accepted before", (lot(), lot("LOT-0", "accepted", date(2026, 9, 1), TASK.ground)), (WORK,)),
    ("accepted in part", (lot(), lot("LOT-2", "accepted", date(2026, 10, 1),
                                     west(TASK.ground, 0.2))), (WORK,)),
    ("a visit accepts no ground", (lot(), lot("V", "accepted", date(2026, 10, 1), TASK.ground,
                                              inspection_part="visit",
                                              inspection_type="monitoring")), (WORK,)),
    ("completed on the day of the rejection", (lot(),), (WORK, record(
        "activity", "a2", task=f"task:{CLEARED}", activity_status="completed",
        ended_on=LOT_DAY))),
    ("completed, nobody says when", (lot(),), (WORK, record(
        "activity", "a2", task=f"task:{CLEARED}", activity_status="completed"))),
    ("the same work, dated later", (lot(),), (record(
        "activity", "a1", task=f"task:{CLEARED}", activity_status="completed",
        ended_on=date(2026, 12, 1)),)),
    ("the rejection has no day", (lot(day=None),), (WORK, record(
        "activity", "a2", task=f"task:{CLEARED}", activity_status="completed",
        ended_on=date(2026, 12, 1)))),
    ("more work on it, not completed", (lot(),), (WORK, record(
        "activity", "a2", task=f"task:{CLEARED}", activity_status="active",
        ended_on=date(2026, 12, 1)))),
])
def test_what_was_not_put_right_is_open(name, inspections, activities):
    assert CLEARED in problem_of(*inspections, activities=activities).problem.stage_ids, name


def test_an_inspection_without_references_is_of_the_ground_that_it_rejected():
    ground = west(TASK.ground, 0.5)
    for how in ({"ground": ground}, {"ground": shapely.Point(), "outcomes": ["O-1"],
                                     "inspection_part": "not_reported"}):
        found = problem_of(lot(task="", activities=[], **how), outcomes=(
            record("outcome", "o1", ground, identifier="O-1"),))
        # Of the last step that is done there: its survey stays done.
        assert set(found.since.again) == {CLEARED}
        assert found.since.again[CLEARED].share == pytest.approx(0.5, rel=1e-3)


def test_ground_that_nobody_knows_is_all_of_it():
    found = problem_of(lot(ground=shapely.Point(), inspection_part="not_reported"))
    assert found.since.again[CLEARED].share == 1.0


def test_survey_that_was_rejected_opens_what_came_after_it():
    found = problem_of(lot(task=f"task:{SURVEYED}", activities=[]), tasks=(
        DONE, record("task", f"task:{SURVEYED}", task_status="completed")))
    assert set(found.since.again) == {CLEARED, SURVEYED}
    s, after = (found.problem.stage_ids.index(n) for n in (SURVEYED, CLEARED))
    assert found.problem.predecessor[after] == s
    assert found.problem.work_m2[s] == pytest.approx(TASK.area_m2 / 4, rel=1e-3)
    whole = problem_of(lot(task="task:h1:NTS", activities=[]))
    assert whole.since.again[CLEARED].share == whole.since.again["h1:NTS"].share == 1.0
    planned(whole.problem)


def test_where_survey_is_open_again_what_it_left_elsewhere_is_cleared_whole():
    found = problem_of(
        lot(task=f"task:{SURVEYED}", activities=[]), activities=(),
        tasks=(record("task", f"task:{SURVEYED}", task_status="completed"),))
    problem = found.problem
    s, after = (problem.stage_ids.index(n) for n in (SURVEYED, CLEARED))
    whole = asked(Sources(reported=(record("task", "t", hazard="h1", task_type="NTS",
                                           task_status="completed"),))).problem
    usual = whole.work_m2[whole.stage_ids.index(CLEARED)]
    assert problem.work_m2[after] == pytest.approx(0.75 * TASK.area_m2 + 0.25 * usual, rel=1e-3)
    given_back = problem.released_m2[[s, after]].sum()
    assert given_back == pytest.approx(TASK.area_m2, rel=1e-3)


def test_only_work_after_the_rejection_makes_what_is_open_again_shorter():
    def reports(*days):
        return [record("activity", f"r{n}", task=f"task:{CLEARED}", activity_status="active",
                       area_m2=100.0, started_on=day, ended_on=day) for n, day in enumerate(days)]

    found = problem_of(lot(), activities=(WORK, *reports(
        date(2026, 9, 1), LOT_DAY, date(2026, 9, 11), date(2026, 9, 12))))
    assert found.since.begun == {CLEARED: 200.0}
    ordered = record("task", f"task:{CLEARED}", task_status="started")
    assert problem_of(lot(), tasks=(ordered,)).since.begun == {CLEARED: 0.0}


@given(share=st.floats(0.01, 1.0), cut=st.floats(0.0, 1.0))
@settings(max_examples=30, deadline=None)
def test_no_ground_that_was_rejected_is_left_out(share, cut):
    """However rejections overlap, and whatever part of them was accepted since."""
    low, _, high, _ = TASK.ground.bounds
    rejected = west(TASK.ground, share)
    accepted = west(TASK.ground, cut * share)
    found = problem_of(lot(ground=rejected), lot("L2", ground=west(TASK.ground, share / 2)),
                       lot("A", "accepted", date(2026, 11, 1), accepted))
    if cut >= 1.0:
        assert CLEARED not in found.since.again
    else:
        least = shapely.area(shapely.difference(rejected, accepted)) / shapely.area(TASK.ground)
        again = found.since.again.get(CLEARED)
        assert (0.0 if again is None else again.share) >= least - 2.0 / TASK.area_m2
    assert high > low
