"""What is reported as done is not released: no road opens, and reports close no more than they say.
"""


import numpy as np
import pytest

from landrelease.core.recorded import Sources
from landrelease.plan.compare import community_slots
from landrelease.plan.reach import NEVER, community_openings
from landrelease.plan.waiting import NEVER as NOT_WITHIN
from landrelease.plan.works import solved
from landrelease.store.results import PlanFile, load_plan, save_plan
from landrelease.workflows import Binding, planning_problem
from test_plan_recorded import START, STATED, assessed, record, words
from test_plan_roads_recorded import AT_ROAD, on_the_road, planned, road


def asked(**sources):
    where = on_the_road()
    return planning_problem(
        where, assessed(where), AT_ROAD, STATED, start=START,
        binding=Binding(Sources(roads=(road("west"), road("east")), **sources)))


FREE = asked()
TASK = next(t for t in FREE.problem.tasks if t.hazard_id == "h2")
CLEARED = f"{TASK.id}:clearance"


def report(name="a1", /, **values):
    return record("activity", name, **{"activity_type": "clearance", "hazard": "h2",
                                       "task": f"task:{CLEARED}", "report_type": "completion",
                                       **values})


ALL = [f"{t.id}:clearance" for t in FREE.problem.tasks if t.hazard_id == "h2"]
DONE = tuple(record("task", f"task:{name}", hazard="h2", task_type="clearance",
                    task_status="completed") for name in ALL)


@pytest.mark.parametrize("sources", [
    {"reported": DONE},
    {"activities": tuple(report(f"a{n}", task=f"task:{name}") for n, name in enumerate(ALL))}])
def test_safety_S09_what_is_done_and_not_released_opens_no_road(sources):
    """h2 lies on the only road to h1 and to the village behind it."""
    before = planned(FREE)
    assert (before.finish[FREE.problem.hazard == 1] >= 0).all()
    found = asked(**sources)
    problem, schedule = found.problem, planned(found)
    assert "h2" in problem.hazard_ids and 2 not in problem.hazard
    assert (schedule.finish[problem.hazard == 1] < 0).all()
    assert (schedule.finish[problem.hazard == 0] >= 0).all()
    said = [n for n in found.read.notes if n.kind == "hazard" and n.record == "h2"]
    assert len(said) == 1 and "east" in said[0].words and "no release" in said[0].words


def test_safety_S09_a_community_gets_no_day_for_land_that_nobody_released(tmp_path):
    found = asked()
    near = np.flatnonzero(np.diff(found.problem.access.community_start) > 0)
    assert len(near) and found.problem.access.community_held is None
    own = {int(found.problem.hazard[s]) for s in found.problem.access.community_stage[
        found.problem.access.community_start[near[0]]:
        found.problem.access.community_start[near[0] + 1]]}
    names = [found.problem.hazard_ids[h] for h in own]
    done = tuple(record("task", f"task:{t.id}:clearance", hazard=t.hazard_id,
                        task_type="clearance", task_status="completed")
                 for t in found.problem.tasks if t.hazard_id in names)
    after = asked(reported=done)
    access, schedule = after.problem.access, planned(after)
    c = access.community_ids.index(found.problem.access.community_ids[near[0]])
    assert access.community_held[c]
    assert community_slots(after.problem, schedule)[c] == NOT_WITHIN
    assert community_openings(access, schedule.finish)[c] == NEVER
    assert "no day is given" in words(after, "hazard")
    # The files of a plan keep it.
    plan = solved(after.problem, iterations=0, seed=1)
    save_plan(tmp_path, PlanFile(plan, STATED, "", START, {}))
    kept = load_plan(tmp_path).plan
    assert kept.problem.access.community_held.tolist() == access.community_held.tolist()
    assert community_slots(kept.problem, kept.schedule)[c] == NOT_WITHIN


def test_safety_S09_works_wait_for_the_release_of_land_that_is_done():
    work = record("project", "p1", hazards=["h2"], cost=10.0, currency="USD", duration_days=20.0,
                  beneficiaries=50)
    assert planned(asked(projects=(work,))).project_start[0] > 0
    found = asked(projects=(work,), reported=DONE)
    assert planned(found).project_start[0] < 0
    assert "nobody has released" in words(found, "project")


def test_a_completion_report_closes_no_more_than_its_area():
    short = asked(activities=(report(area_m2=10.0),))
    s = short.problem.stage_ids.index(CLEARED)
    assert short.since.short[CLEARED] == pytest.approx(1.0 - 10.0 / TASK.area_m2)
    assert short.problem.hazard[s] == 2 and "less than their ground" in words(short, "activity")
    assert CLEARED in words(short, "activity")
    # Survey on record, so that all of the ground is to be cleared: what is left of it.
    surveyed = record("task", f"task:{TASK.id}:TS", hazard="h2", task_type="TS",
                      task_status="completed")
    half = asked(activities=(report(area_m2=0.4 * TASK.area_m2, report_type="progress"),
                             report("a2", area_m2=0.1 * TASK.area_m2)), reported=(surveyed,))
    s = half.problem.stage_ids.index(CLEARED)
    assert half.problem.work_m2[s] == pytest.approx(0.5 * TASK.area_m2)
    for whole in ((report(area_m2=0.96 * TASK.area_m2),), (report(),),
                  (report(area_m2=0.9 * TASK.area_m2, report_type="progress"),
                   report("a2", area_m2=0.1 * TASK.area_m2))):
        assert CLEARED not in asked(activities=whole).problem.stage_ids
    tiny = asked(activities=(record("activity", "n", activity_type="NTS", hazard="h2",
                                    report_type="completion", area_m2=10.0),))
    assert "h2:NTS" in tiny.problem.stage_ids and "h2:NTS" in words(tiny, "activity")
    whole = asked(activities=(record("activity", "n", activity_type="NTS", hazard="h2",
                                     report_type="completion"),))
    assert "h2:NTS" not in whole.problem.stage_ids


@pytest.mark.parametrize("method, factor", [("mechanical", "follow_up_speed_factor"),
                                            ("animal_detection", "dog_follow_up_speed_factor")])
def test_safety_S07_the_pass_of_a_machine_or_dogs_leaves_the_follow_up(method, factor):
    first = report(operational_method=method, area_m2=TASK.area_m2)
    found = asked(activities=(first,))
    s = found.problem.stage_ids.index(CLEARED)
    own = slice(found.problem.option_start[s], found.problem.option_start[s + 1])
    assert set(found.problem.option_mode[own]) == {"manual"}
    assert f"{TASK.id}:TS" not in found.problem.stage_ids
    assert CLEARED in words(found, "activity") and "S07" in words(found, "activity")
    surveyed = record("task", f"task:{TASK.id}:TS", hazard="h2", task_type="TS",
                      task_status="completed")
    whole = asked(reported=(surveyed,)).problem
    w = whole.stage_ids.index(CLEARED)
    alone = [o for o in range(whole.option_start[w], whole.option_start[w + 1])
             if whole.option_mode[o] == "manual"]
    assert found.problem.first_slots[own].max() < whole.first_slots[alone].max()
    assert STATED.value(factor) > 1
    # A task that is said to be completed, and of which only their work is on record.
    task = record("task", f"task:{CLEARED}", hazard="h2", task_type="clearance",
                  task_status="completed")
    assert CLEARED in asked(activities=(first,), reported=(task,)).problem.stage_ids
    # With the follow-up on record, it is done; a part of the ground is the start of neither.
    hand = report("a2", operational_method="manual", area_m2=TASK.area_m2)
    assert CLEARED not in asked(activities=(first, hand)).problem.stage_ids
    part = asked(activities=(report(operational_method=method, area_m2=10.0),))
    assert part.since.short == {CLEARED: 1.0} and not part.since.followed
    begun = report("a3", operational_method="manual", area_m2=30.0, report_type="progress")
    assert asked(activities=(first, begun)).since.begun == {CLEARED: 30.0}


def test_reports_of_machines_make_no_clearance_shorter():
    going = report(operational_method="mechanical", area_m2=100.0, report_type="progress")
    hand = report("a2", operational_method="manual", area_m2=30.0, report_type="progress")
    assert asked(activities=(going, hand)).since.begun == {CLEARED: 30.0}
