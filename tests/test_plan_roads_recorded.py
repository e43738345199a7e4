"""Recorded roads in a plan: the same plan as from a file, and what a road's own record says."""

import dataclasses
import json

import numpy as np
import pytest
import shapely

from landrelease import workflows
from landrelease.core.recorded import Sources
from landrelease.plan import check
from landrelease.plan.works import solved
from landrelease.workflows import Binding
from landrelease.workflows.roads import RoadFiles
from test_plan_recorded import POOLS, STATED, assessed, record, words
from test_plan_roads_closed import START, land

AT_ROAD = tuple(dataclasses.replace(p, latitude=-47.0) for p in POOLS)
#   base 0 ---- 0.02 ---- 0.04 (h0 beside it) -- 0.05 -- 0.06 ---- 0.08 (h1 beside it, a village)
LINES = {"west": [(0, -47), (0.02, -47), (0.04, -47), (0.05, -47)],
         "east": [(0.05, -47), (0.06, -47), (0.08, -47)]}


def asked(*roads, files=None, pools=AT_ROAD, where=None, over_roads=True):
    where = where or land()
    return workflows.planning_problem(
        where, assessed(where), pools, STATED, start=START, roads=files,
        binding=Binding(Sources(roads=roads), over_roads=over_roads))


def road(name, line=None, **values):
    return record("road", name, shapely.LineString(line or LINES[name]),
                  road_class="secondary", **values)


def planned(found):
    plan = solved(found.problem, iterations=3, bound_iterations=4, seed=1)
    assert check.violations(found.problem, plan.schedule) == []
    return plan.schedule


def on_the_road():
    """A third area, on the road between the two others: nobody passes it."""
    where = land()
    ground = shapely.box(0.052, -47.001, 0.054, -46.999)
    third = dataclasses.replace(where.hazards[0], id="h2", ground=ground, area_m2=float(
        where.hazards[0].area_m2 * ground.area / where.hazards[0].ground.area))
    return dataclasses.replace(where, hazards=(*where.hazards, third))


@pytest.fixture
def files(tmp_path):
    (tmp_path / "roads.geojson").write_text(json.dumps({
        "type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"id": name, "highway": "secondary"},
             "geometry": {"type": "LineString", "coordinates": line}}
            for name, line in LINES.items()]}))
    (tmp_path / "bases.csv").write_text("id,longitude,latitude\nbase,0.0,-47.0\n")
    return RoadFiles(tmp_path / "roads.geojson", tmp_path / "bases.csv")


def test_a_plan_over_recorded_roads_is_that_over_a_file_of_them(files):
    one = asked(files=files, where=on_the_road())
    other = asked(road("west"), road("east"), where=on_the_road())
    access = other.problem.access
    assert access.zones > 1 and len(access.gate_ids)
    for field in dataclasses.fields(access):
        if field.name != "gate_ids":  # named by the source's numbers
            assert np.array_equal(getattr(one.problem.access, field.name),
                                  getattr(access, field.name), equal_nan=field.name in (
                                      "community_people", "community_weight")), field.name
    assert planned(one).start.tolist() == planned(other).start.tolist()
    assert other.read.counts["road"] == (2, 2) and words(other, "road") == ""
    schedule, hazard = planned(other), other.problem.hazard
    assert schedule.start[hazard == 1].min() >= schedule.finish[hazard == 2].max()


def test_files_go_before_records_and_both_may_be_left_out(files):
    found = asked(road("west", passable="no"), files=files)
    assert found.problem.access is not None and found.read.counts["road"] == (1, 0)
    assert "--roads are used in their place" in words(found, "road")
    found = asked(road("west"), over_roads=False)
    assert found.problem.access is None and "left out, as asked for" in words(found, "road")
    assert asked().problem.access is None and "road" not in asked().read.counts


@pytest.mark.parametrize("said", [{"passable": "no"}, {"passable": "unknown"},
                                  {"road_state": "suspected"}, {"road_state": "closed"}])
def test_a_road_that_its_record_keeps_shut_is_opened_by_no_work(said):
    found = asked(road("west"), road("east", **said))
    problem, schedule = found.problem, planned(found)
    assert (schedule.finish[problem.hazard == 1] < 0).all()
    assert (schedule.finish[problem.hazard == 0] >= 0).all()
    assert "no work of the plan opens them" in words(found, "road")


@pytest.mark.parametrize("said", [{"passable": "yes"}, {"road_state": "open"},
                                  {"road_state": "cleared"}, {"passable": "not_reported"}])
def test_what_a_record_does_not_say_shuts_nothing(said):
    found = asked(road("west"), road("east", **said))
    assert found.problem.access.zones == 1 and (planned(found).finish >= 0).all()


def test_a_road_opens_with_the_area_that_its_record_names_or_that_lies_on_it():
    """h0 lies beside the road and blocks it only by name; h2 lies on it and blocks it by place."""
    found = asked(road("west"), road("east", passable="no", hazard="h0"))
    problem, schedule = found.problem, planned(found)
    end = schedule.finish[problem.hazard == 0].max()
    assert end > 0 and schedule.start[problem.hazard == 1].min() >= end
    assert words(found, "road") == ""
    found = asked(road("west"), road("east", road_state="suspected"), where=on_the_road())
    problem, schedule = found.problem, planned(found)
    assert (schedule.finish >= 0).all()
    assert schedule.start[problem.hazard == 1].min() >= schedule.finish[problem.hazard == 2].max()


def test_without_a_base_on_a_recorded_road_all_can_be_reached_and_that_is_said():
    far = tuple(dataclasses.replace(p, latitude=-47.2) for p in POOLS)
    found = asked(road("west"), road("east", passable="no"), pools=far)
    assert found.problem.access is None and found.read.counts["road"] == (2, 0)
    assert "no base of the teams lies within" in words(found, "road")
    found = asked(record("road", "x"))
    assert found.problem.access is None and "none of them has a line" in words(found, "road")
    # One base on a road is enough; the other is named.
    other = dataclasses.replace(POOLS[2], id="manual-b", base="Far", latitude=-47.2)
    found = asked(road("west"), road("east"), pools=(*AT_ROAD, other))
    assert found.problem.access is not None and "the base Far lies on none" in words(found, "road")
