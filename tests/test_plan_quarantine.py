"""What waits in quarantine and a plan: nobody drives through a hazard unseen (S01)."""

import dataclasses
import json
from datetime import date, timedelta

import numpy as np
import pytest
import shapely

from landrelease import workflows
from landrelease.access import policy
from landrelease.core.record import Record
from landrelease.core.recorded import Sources, Waiting, WaitingGround
from landrelease.errors import LandReleaseError
from landrelease.plan.compare import community_slots
from landrelease.plan.recorded.closures import closed_days
from landrelease.plan.waiting import NEVER
from landrelease.store.open import create_registry
from landrelease.workflows import Binding, imports
from landrelease.workflows.recorded import recorded_words, sources_of
from landrelease.workflows.roads import RoadFiles, reach_of
from test_plan_recorded import STATED, assessed, words
from test_plan_roads_closed import START, land
from test_plan_roads_recorded import AT_ROAD, LINES, on_the_road, planned, road

ON_EAST = shapely.box(0.052, -47.001, 0.054, -46.999)  # over the only road to h1 and the village


def asked(*hazards, where=None, **more):
    where = where or land()
    return workflows.planning_problem(
        where, assessed(where), AT_ROAD, STATED, start=START, binding=Binding(Sources(
            roads=(road("west"), road("east")), waiting=Waiting(hazards, **more))))


def waits(ground, off_m=0.0, known=True):
    return WaitingGround("quarantine-7", "HQ (new.csv, row 1)", ground, off_m, known)


def test_safety_S01_no_plan_drives_through_a_hazard_that_waits():
    free = asked()
    assert (planned(free).finish >= 0).all() and words(free, "quarantine") == ""
    found = asked(waits(ON_EAST))
    problem, schedule = found.problem, planned(found)
    assert (schedule.finish[problem.hazard == 1] < 0).all()
    assert (schedule.finish[problem.hazard == 0] >= 0).all()
    said = words(found, "quarantine")
    assert "1 rows that may be hazards wait" in said and "keeps east shut" in said
    assert any("HQ (new.csv, row 1)" in line for line in recorded_words(found.read))
    assert found.read.counts["quarantine"] == (1, 1)


def test_safety_S04_it_blocks_as_far_as_it_may_be_off():
    beside = shapely.box(0.052, -47.004, 0.054, -47.002)  # 222 m from the road
    assert (planned(asked(waits(beside))).finish >= 0).all()
    found = asked(waits(beside, off_m=250.0))
    assert (planned(found).finish[found.problem.hazard == 1] < 0).all()


def test_safety_S01_it_bars_the_way_from_the_road_and_gives_communities_no_day():
    between = shapely.box(0.039, -47.0015, 0.043, -47.0005)  # off the road, before h0
    found = asked(waits(between))
    problem, schedule = found.problem, planned(found)
    assert (schedule.finish[problem.hazard == 0] < 0).all()
    assert (schedule.finish[problem.hazard == 1] >= 0).all()
    assert "lies on the way from the road to h0" in words(found, "quarantine")
    by_village = shapely.box(0.079, -46.998, 0.0795, -46.997)
    found = asked(waits(by_village))
    assert found.problem.access.community_held.tolist() == [True]
    assert community_slots(found.problem, planned(found))[0] == NEVER
    assert "lies beside Village" in words(found, "quarantine")
    assert asked().problem.access.community_held is None


def test_what_waits_within_an_area_of_the_plan_opens_with_it():
    """The same outline that came in a second time does not shut the road for good."""
    inside = shapely.box(0.0525, -47.0005, 0.0535, -46.9995)
    found = asked(waits(inside), where=on_the_road())
    assert (planned(found).finish >= 0).all()
    assert "1 hazards that wait lie within areas of the plan" in words(found, "quarantine")
    for other in (waits(inside, off_m=40.0), waits(inside, known=False),
                  waits(shapely.box(0.0525, -47.0005, 0.0545, -46.9995))):
        found = asked(other, where=on_the_road())
        assert (planned(found).finish[found.problem.hazard == 1] < 0).all()


def test_safety_S01_reach_counts_hazards_that_wait(tmp_path):
    (tmp_path / "roads.geojson").write_text(json.dumps({
        "type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"id": name, "highway": "secondary"},
             "geometry": {"type": "LineString", "coordinates": line}}
            for name, line in LINES.items()]}))
    (tmp_path / "bases.csv").write_text("id,longitude,latitude\nbase,0.0,-47.0\n")
    files = RoadFiles(tmp_path / "roads.geojson", tmp_path / "bases.csv")
    where = land()
    assert reach_of(where, files, STATED, on=START).summary["reached"] == 1
    known = dataclasses.replace(where.hazards[0], id="quarantine-7", ground=ON_EAST)
    for found in (reach_of(where, files, STATED, on=START, waiting=[waits(ON_EAST)]),
                  reach_of(dataclasses.replace(where, unconfirmed=(known,)), files, STATED,
                           on=START)):
        assert found.summary["reached"] == 0
        assert any(row["hazards"] == "quarantine-7" for row in found.segments)


HAZARDS = """identifier,hazard_type,status,information_date,geometry
H0,SHA,open,2026-01-02,{0}
HQ,CHA,open,2026-13-02,{1}
HX,CHA,open,2026-01-02,nowhere
"""
CLOSURES = """identifier,closed_from,closed_until,cause,information_date,geometry
C1,2027-05-01T00:00Z,2027-06-01T00:00Z,shelling,2026-13-02,{0}
C2,2027-13-01T00:00Z,2027-06-01T00:00Z,shelling,2026-01-02,{0}
C3,2027-05-01T00:00Z,2027-06-01T00:00Z,shelling,2026-01-02,nowhere
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quarantine")
    own = f'"{shapely.box(0.04, -47.004, 0.042, -47.002).wkt}"'
    (folder / "hazard.csv").write_text(HAZARDS.format(own, f'"{ON_EAST.wkt}"'))
    (folder / "closure.csv").write_text(CLOSURES.format(own))
    with create_registry(folder / "r.gpkg", office="Office") as made:
        for kind in ("hazard", "closure"):
            imports.import_files(made, [folder / f"{kind}.csv"], kind=kind, crs="EPSG:4326")
        yield made


def test_rows_that_wait_are_read_for_a_plan(registry):
    found = sources_of(registry, policy.view("planner")).waiting
    assert [w.name for w in found.hazards] == ["HQ (hazard.csv, row 2)"]
    assert found.hazards[0].ground.covers(ON_EAST) and found.nowhere == 1
    days = {r.id: r.values for r in found.closures}
    assert sorted(len(v) for v in days.values()) == [1, 2], "one says not from when"
    first = next(v for v in days.values() if len(v) == 2)
    assert closed_days(Record("closure", "", first), timedelta(0)) == (
        date(2027, 5, 1), date(2027, 5, 31))
    assert found.unread == ("C3 (closure.csv, row 3)",)


def test_closures_that_wait_stop_work_and_are_named(registry):
    where = land()
    stands = sources_of(registry, policy.view("planner"))
    free = workflows.planning_problem(where, assessed(where), AT_ROAD, STATED, start=START,
                                      binding=Binding(Sources()))
    found = workflows.planning_problem(
        where, assessed(where), AT_ROAD, STATED, start=START,
        binding=Binding(Sources(waiting=stands.waiting)))
    assert free.problem.conditions.calendars is None
    shut = ~found.problem.conditions.calendars.open.all(axis=0)
    days = np.array(found.problem.slot_starts[:-1])[shut[:len(found.problem.slot_starts) - 1]]
    assert days.min() == START and date(2027, 5, 20) < days.max() < date(2027, 6, 2)
    said = words(found, "quarantine")
    assert "2 closures wait and count" in said and "C3 (closure.csv, row 3)" in said
    assert "of 1 nobody can read the place" in said


def test_a_check_names_what_may_lie_anywhere(registry):
    from landrelease.plan.works import solved

    where = land()
    stands = sources_of(registry, policy.view("planner"))
    for waiting, told in ((stands.waiting, 1), (Waiting(), 0)):
        found = workflows.planning_problem(where, assessed(where), AT_ROAD, STATED, start=START,
                                           binding=Binding(Sources(waiting=waiting)))
        plan = solved(found.problem, iterations=0, seed=1)
        saved = workflows.plan_file(plan, where, STATED, START, found.read)
        doubts = workflows.check_plan(saved, registry)["doubts"]
        assert sum("may lie on any road" in d for d in doubts) == told


def test_what_lies_far_from_every_road_or_on_an_island_is_named_and_not_dated():
    def moved(east, south):
        where = land()
        return dataclasses.replace(where, hazards=(
            where.hazards[0], dataclasses.replace(where.hazards[1], ground=shapely.box(
                east, south, east + 0.002, south + 0.002))))

    for where, told in ((moved(0.08, -47.2), "farther than 5,000 m"),
                        (moved(0.2, -47.001), "no base")):
        found = workflows.planning_problem(
            where, assessed(where), AT_ROAD, STATED, start=START, binding=Binding(Sources(
                roads=(road("west"), road("east"), road("far", [(0.2, -47), (0.22, -47)])))))
        schedule, hazard = planned(found), found.problem.hazard
        assert (schedule.finish[hazard == 1] < 0).all()
        assert (schedule.finish[hazard == 0] >= 0).all()
        said = [n for n in found.read.notes if n.record == "h1"]
        assert len(said) == 1 and told in said[0].words
    near = asked(where=moved(0.08, -47.03))  # 3 km: as near as people go
    assert (planned(near).finish >= 0).all()


def test_reports_orders_and_leave_that_the_plan_does_not_know_are_named():
    from test_plan_recorded import asked as of_records
    from test_plan_recorded import record

    def work(name, task, **more):
        return record("activity", name, activity_type="clearance", hazard="h0", task=task,
                      report_type="progress", area_m2=50.0, **more)

    found = of_records(Sources(
        activities=(work("a", "TASK-99"), work("b", "TASK-99"), work("c", "h0/1:clearance")),
        tasks=(record("task", "T-7", task_type="BAC", task_status="ordered", hazard="h0"),
               record("task", "T-8", task_type="NTS", task_status="ordered", hazard="gone")),
        accreditations=(record("accreditation", "x", scope="NTS", accredited_organisation="A Ltd",
                               granted_on=START, expires_on=date(2040, 1, 1),
                               accreditation_status="granted"),)))
    assert "2 reports on work that the plan does not know" in words(found, "activity")
    assert "TASK-99 (2)" in words(found, "activity")
    assert found.since.begun["h0/1:clearance"] == 50.0 and not found.since.done
    told = words(found, "task")
    assert "no work of the kind BAC" in told and "the area gone is not in the plan" in told
    assert "released" not in told
    assert "none of A for NTS is on record" in words(found, "accreditation")
    assert "A Ltd" in words(found, "accreditation")


def test_teams_whose_time_is_over_are_named():
    from test_plan_recorded import POOLS
    from test_plan_recorded import asked as of_records

    gone = dataclasses.replace(POOLS[2], available_until=date(2024, 1, 1))
    said = words(of_records(pools=(*POOLS[:2], gone, POOLS[3]), teams_given=True), "team")
    assert "the time of manual-a ended on 2024-01-01" in said
    assert "ended" not in words(of_records(teams_given=True), "team")


def test_safety_S01_a_plan_says_what_waits_since_it_was_made(registry, tmp_path):
    """An import whose rows all wait moves no chain: the plan is told to be old all the same."""
    from landrelease.plan.works import solved
    from landrelease.store.results import load_plan, save_plan

    at = workflows.load_land(registry, STATED)
    found = asked()
    made = workflows.plan_file(solved(found.problem, iterations=0, seed=1),
                               dataclasses.replace(land(), chain_head=at.chain_head,
                                                   quarantine_last=at.quarantine_last),
                               STATED, START, found.read)
    save_plan(tmp_path / "plan", made)
    saved = load_plan(tmp_path / "plan")

    def told():
        return [d for d in workflows.check_plan(saved, registry)["doubts"] if "came in after" in d]

    workflows.check_plan_is_current(saved, registry, tmp_path)
    assert told() == [] and not workflows.is_old(saved, registry)
    for kind, rows, count in (("settlement", "identifier,name,geometry\nS1,Village,nowhere\n", 0),
                              ("hazard", HAZARDS.splitlines()[0] + "\nHY,CHA,open,2026-01-02,x\n",
                               1)):
        (tmp_path / f"{kind}.csv").write_text(rows)
        imports.import_files(registry, [tmp_path / f"{kind}.csv"], kind=kind, crs="EPSG:4326")
        assert registry.head() == saved.chain_head
        assert len(told()) == count and workflows.is_old(saved, registry) == bool(count)
    with pytest.raises(LandReleaseError, match="PLN-102"):
        workflows.check_plan_is_current(saved, registry, tmp_path)
