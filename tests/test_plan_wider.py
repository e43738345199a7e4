"""Accepted areas count as far out as they may be off, on roads and on the way to others (S04)."""

import dataclasses
import json
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import workflows
from landrelease.access import policy
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import Hazard
from landrelease.core.recorded import Sources
from landrelease.core.roads import Place
from landrelease.plan import reach
from landrelease.plan.compare import community_slots
from landrelease.plan.waiting import NEVER
from landrelease.store.open import create_registry
from landrelease.workflows import Binding, ranking
from landrelease.workflows.reachable import reach_layer
from landrelease.workflows.roads import RoadFiles, reach_of
from test_plan_recorded import STATED, assessed, words
from test_plan_roads_closed import START, land
from test_plan_roads_recorded import AT_ROAD, LINES, planned, road
from test_reach import at_nodes, drawn
from test_web_layers import put

BESIDE = shapely.box(0.052, -46.99955, 0.054, -46.998)  # stops 50 m short of the only road east


def area(name, ground, off_m):
    return Hazard(name, ground, geodesic_area_m2(ground), "SHA", "open", "", off_m)


def with_area(*more):
    where = land()
    return dataclasses.replace(where, hazards=(*where.hazards, *more))


def asked(where):
    return workflows.planning_problem(
        where, assessed(where), AT_ROAD, STATED, start=START,
        binding=Binding(Sources(roads=(road("west"), road("east")))))


def first(found, schedule, name):
    own = found.problem.hazard == found.problem.hazard_ids.index(name)
    return int(schedule.start[own].min()), int(schedule.finish[own].max())


def test_safety_S04_an_area_blocks_the_road_as_far_off_as_it_may_be():
    for off_m, waits in ((20.0, False), (200.0, True), (None, False)):
        found = asked(with_area(area("h2", BESIDE, off_m)))
        schedule = planned(found)
        assert (schedule.finish >= 0).all()
        assert (first(found, schedule, "h1")[0] >= first(found, schedule, "h2")[1]) == waits
        access = found.problem.access
        names = [{found.problem.hazard_ids[found.problem.hazard[s]] for s in own}
                 for own in np.split(access.gate_stage, access.gate_start[1:-1])]
        assert ({"h2"} in names) == waits
    assert "how far the outlines of 1 areas may be off" in words(found, "hazard")


def test_safety_S04_an_area_on_the_way_from_the_road_to_another_is_worked_on_first():
    between = shapely.box(0.0425, -47.0018, 0.0435, -47.0012)  # east of the way to h0 as drawn
    free = asked(with_area(area("h2", between, 10.0)))
    assert "behind" not in words(free, "hazard")
    found = asked(with_area(area("h2", between, 90.0)))
    schedule = planned(found)
    assert (schedule.finish >= 0).all()
    assert first(found, schedule, "h0")[0] >= first(found, schedule, "h2")[1]
    assert "h0 (behind h2)" in words(found, "hazard")


def test_safety_S09_nobody_goes_over_an_area_that_is_done_and_not_released():
    """No work of the plan takes it away: what lies behind it gets no date, and the plan says so."""
    network = drawn([(0, 1)], spot=[(10.0, -45.0), (10.02, -45.0)])
    near, far = (shapely.box(10.005, -45 + y, 10.01, -44.999 + y) for y in (0.001, 0.003))
    made = reach.planner_access(
        network, reach.graph(network), at_nodes([[0]]), np.array([0]),
        reach.blocking(network, ["near", "far"], [near, far], 0.0), [near, far], [1], [[]],
        np.zeros(1), held=np.array([True, False]), wider_m=[10.0, 10.0])
    assert made.apart == {1: "behind"} and made.barrier == {1: 0}
    assert reach.zone_openings(made.access, np.array([3]))[made.access.zone[0]] == reach.NEVER


@given(st.lists(st.tuples(st.floats(0, 0.05), st.floats(-0.02, 0.02), st.floats(0.0002, 0.01),
                          st.floats(0.0002, 0.01), st.sampled_from([0.0, 30.0, 200.0, 900.0])),
                min_size=2, max_size=8))
@settings(max_examples=60)
def test_no_two_areas_wait_for_each_other(drawn_areas):
    """Property: worked on as they can be entered, all areas are entered in the end."""
    network = drawn([(0, 1), (1, 2), (2, 3)])
    west, south, _, _ = network.bounds
    grounds = [shapely.box(west + x, south + y, west + x + w, south + y + h)
               for x, y, w, h, _ in drawn_areas]
    wider = [off for *_, off in drawn_areas]
    names = [f"h{n}" for n in range(len(grounds))]
    made = reach.planner_access(
        network, reach.graph(network), at_nodes([[0]]), np.array([0]),
        reach.blocking(network, names, grounds, np.array(wider)), grounds,
        list(range(len(grounds))), [[]], np.zeros(1), wider_m=wider)
    assert not made.apart
    finish = np.full(len(grounds), -1)
    for day in range(1, len(grounds) + 1):
        opens = reach.zone_openings(made.access, finish)[made.access.zone]
        finish = np.where((finish < 0) & (opens < day), day, finish)
    assert (finish > 0).all()


def test_safety_S04_a_community_waits_for_an_area_that_may_lie_beside_it():
    by = shapely.box(0.079, -46.9948, 0.08, -46.994)  # 580 m from the village; its own from 500 m
    for off_m, own in ((10.0, False), (150.0, True)):
        found = asked(with_area(area("h2", by, off_m)))
        access = found.problem.access
        h2 = found.problem.hazard_ids.index("h2")
        assert (h2 in found.problem.hazard[access.community_stage]) == own
        assert community_slots(found.problem, planned(found))[0] != NEVER


@pytest.fixture
def files(tmp_path):
    (tmp_path / "roads.geojson").write_text(json.dumps({
        "type": "FeatureCollection", "features": [
            {"type": "Feature", "properties": {"id": name, "highway": "secondary"},
             "geometry": {"type": "LineString", "coordinates": line}}
            for name, line in LINES.items()]}))
    (tmp_path / "bases.csv").write_text("id,longitude,latitude\nbase,0.0,-47.0\n")
    return RoadFiles(tmp_path / "roads.geojson", tmp_path / "bases.csv")


def test_safety_S04_reach_and_ranking_count_it_too(files):
    for off_m, reached in ((20.0, 1), (200.0, 0)):
        where = with_area(area("h2", BESIDE, off_m))
        assert reach_of(where, files, STATED, on=START).summary["reached"] == reached
        gain = ranking._reconnected(where, files, STATED)
        assert gain[2] == (0.0 if reached else 300.0)


def test_safety_S04_the_layer_of_the_map_counts_it_too(tmp_path):
    for off_m, state in ((20.0, "reached"), (200.0, "cut_off")):
        with create_registry(tmp_path / f"{off_m}.gpkg", office="Office") as registry:
            for name, line in LINES.items():
                put(registry, "road", name, shapely.LineString(line), road_class="secondary")
            put(registry, "settlement", "v", shapely.Point(0.0795, -47.0), name="Village")
            put(registry, "hazard", "h2", BESIDE, identifier="H2", hazard_type="SHA",
                status="open", information_date=date(2026, 5, 1), position_accuracy_m=off_m)
            found = reach_layer(registry, policy.view("planner"), STATED,
                                [Place("base", "", 0.0, -47.0, None)], date(2026, 6, 1))
        assert [c.state for c in found.communities] == [state]
        assert any("h2" in b.by for b in found.blocked) == (state == "cut_off")
