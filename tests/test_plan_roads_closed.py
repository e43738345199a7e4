"""Closures on record close the roads that cross them: travel to work, and access."""

from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

from landrelease import workflows
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import Hazard, Land, Settlement
from landrelease.core.record import Record
from landrelease.core.recorded import Sources
from landrelease.plan import check
from landrelease.plan.works import solved
from landrelease.workflows import Binding
from landrelease.workflows.roads import RoadFiles
from test_plan_recorded import POOLS, STATED, assessed

START = date(2027, 4, 1)


@pytest.fixture
def roads(tmp_path):
    """A road from the base (west) to the east, and a way round in the north to its middle:

        base 0 ---- 0.02 ---- 0.04 (h0 beside it) ---- 0.06 ---- 0.08 (h1 beside it, a village)
    """
    import json

    lines = {"main": [(0, -47), (0.02, -47), (0.04, -47), (0.06, -47), (0.08, -47)],
             "north": [(0, -47), (0.02, -46.98), (0.04, -47)]}
    (tmp_path / "roads.geojson").write_text(json.dumps({
        "type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"id": name, "highway": "secondary"},
             "geometry": {"type": "LineString", "coordinates": line}}
            for name, line in lines.items()]}))
    (tmp_path / "bases.csv").write_text("id,longitude,latitude\nbase,0.0,-47.0\n")
    return RoadFiles(tmp_path / "roads.geojson", tmp_path / "bases.csv")


def land():
    grounds = [shapely.box(x, -47.004, x + 0.002, -47.002) for x in (0.04, 0.08)]
    hazards = tuple(Hazard(f"h{n}", g, geodesic_area_m2(g), "SHA", "open", "", 0.0)
                    for n, g in enumerate(grounds))
    village = Settlement("v", "Village", shapely.Point(0.0795, -47.0), 300, 10.0)
    return Land(hazards, (), (), (), (village,), (), "")


def asked(roads, *closures):
    where = land()
    found = workflows.planning_problem(
        where, assessed(where), POOLS, STATED, start=START, roads=roads,
        binding=Binding(Sources(closures=closures)))
    return found, solved(found.problem, iterations=3, bound_iterations=4, seed=1)


def closure(name, west, east, south=-47.001, north=-46.999, *, since=date(2027, 4, 1),
            until=date(2027, 7, 1)):
    ends = {} if until is None else {
        "closed_until": datetime(until.year, until.month, until.day, tzinfo=UTC)}
    return Record("closure", name, {"closed_from": datetime(
        since.year, since.month, since.day, tzinfo=UTC), **ends},
        shapely.box(west, south, east, north))


def begins(found, plan, hazard):
    starts = plan.schedule.start[found.problem.hazard == hazard]
    return START if starts.min() == 0 else found.problem.slot_starts[int(starts.min())]


def test_a_closure_on_the_only_road_stops_work_behind_it(roads):
    free, plan = asked(roads)
    assert begins(free, plan, 1) < date(2027, 5, 1)
    found, plan = asked(roads, closure("c", 0.05, 0.055))
    assert check.violations(found.problem, plan.schedule) == []
    assert begins(found, plan, 1) >= date(2027, 6, 30) and begins(found, plan, 0) < date(2027, 5, 1)
    assert any("1 cross roads: 1 areas" in n.words for n in found.read.notes)
    assert found.read.counts["closure"] == (1, 1)
    assert any("the road, by c" in name for name in found.problem.conditions.calendars.ids)


def test_a_way_round_keeps_work_going(roads):
    found, plan = asked(roads, closure("c", 0.01, 0.012))
    assert found.problem.conditions.calendars is None and begins(found, plan, 0) < date(2027, 5, 1)
    both = closure("d", 0.001, 0.03, south=-46.999, north=-46.9)
    found, plan = asked(roads, closure("c", 0.01, 0.012), both)
    assert begins(found, plan, 0) >= date(2027, 6, 30)
    assert any("2 cross roads: 2 areas" in n.words for n in found.read.notes)


def test_a_closure_of_the_whole_plan_takes_its_road_away(roads):
    found, plan = asked(roads, closure("c", 0.05, 0.055, until=date(2099, 1, 1)))
    problem = found.problem
    assert (plan.schedule.finish[problem.hazard == 1] < 0).all()
    assert (plan.schedule.finish[problem.hazard == 0] >= 0).any()
    opens = check.zones_open(problem, plan.schedule)
    assert opens[int(problem.access.community_zone[0])] == np.inf
    assert any("the roads in 1 are shut for the whole plan" in n.words for n in found.read.notes)


def test_without_roads_it_is_said_that_none_is_closed():
    where = land()
    found = workflows.planning_problem(
        where, assessed(where), POOLS, STATED, start=START,
        binding=Binding(Sources(closures=(closure("c", 0.05, 0.055),))))
    assert any("no roads were given" in n.words for n in found.read.notes)
