"""A road opens when the ground on its way is released: the tasks of an area that block it."""

import dataclasses

import numpy as np
import pytest
import shapely

from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.recorded import Sources
from landrelease.plan import check
from landrelease.plan.works import solved
from landrelease.workflows import Binding, planning_problem
from test_plan_recorded import START, STATED, assessed, record, words
from test_plan_roads_closed import land
from test_plan_roads_recorded import AT_ROAD, road


def long_area():
    """Between the base and h1 an area that reaches far to the north of the road, in many tasks."""
    where = land()
    ground = shapely.box(0.052, -47.001, 0.054, -46.955)
    long = dataclasses.replace(where.hazards[0], id="h2", ground=ground,
                               area_m2=geodesic_area_m2(ground))
    return dataclasses.replace(where, hazards=(*where.hazards, long))


def asked(*reported, roads=(road("west"), road("east"))):
    where = long_area()
    return planning_problem(where, assessed(where), AT_ROAD, STATED, start=START,
                            binding=Binding(Sources(roads=roads, reported=reported)))


def done(name):
    return record("task", f"task:{name}", hazard="h2", task_type="clearance",
                  task_status="completed")


FREE = asked()
TASKS = [t for t in FREE.problem.tasks if t.hazard_id == "h2"]
ON_ROAD = [t.id for t in TASKS if t.ground.bounds[1] < -46.9998]
BESIDE = [t.id for t in TASKS if t.id not in ON_ROAD]


def waits(found):
    """Ids of the stages that each gate with stages waits for."""
    access = found.problem.access
    lists = np.split(access.gate_stage, access.gate_start[1:-1])
    return [{found.problem.stage_ids[s] for s in own} for own in lists if len(own)]


def test_a_road_waits_for_the_tasks_on_its_way():
    assert ON_ROAD and len(BESIDE) > 2
    wanted = {"h2:NTS", *(f"{t}:{kind}" for t in ON_ROAD for kind in ("TS", "clearance"))}
    assert waits(FREE) and all(own <= wanted for own in waits(FREE))
    assert set.union(*waits(FREE)) == wanted
    plan = solved(FREE.problem, iterations=3, bound_iterations=4, seed=1)
    assert check.violations(FREE.problem, plan.schedule) == []
    problem, finish = FREE.problem, plan.schedule.finish
    on = [s for s, name in enumerate(problem.stage_ids) if name in wanted]
    first = plan.schedule.start[problem.hazard == 1].min()
    assert finish[on].max() <= first
    assert words(FREE, "hazard") == ""


def test_safety_S09_done_ground_on_the_way_opens_with_the_release_of_the_whole():
    """Nobody has released it: the road waits for all that is left to do on the area."""
    found = asked(done(f"{ON_ROAD[0]}:clearance"))
    left = {name for name in found.problem.stage_ids if name.startswith("h2")}
    assert f"{ON_ROAD[0]}:clearance" not in left and len(left) > 2
    touching = [own for own in waits(found) if own == left]
    assert touching
    said = words(found, "hazard")
    assert "on east is on record as worked through and not released" in said
    plan = solved(found.problem, iterations=3, bound_iterations=4, seed=1)
    last = plan.schedule.finish[found.problem.hazard == 2].max()
    assert plan.schedule.start[found.problem.hazard == 1].min() >= last


def test_done_ground_beside_the_way_changes_nothing_for_the_road():
    found = asked(done(f"{BESIDE[0]}:clearance"))
    assert waits(found) == [own - {"h2:NTS"} for own in waits(FREE)]
    assert words(found, "hazard") == ""


def test_a_road_that_an_area_shuts_by_name_waits_for_all_of_it():
    """Nobody says where on it."""
    where = land()
    ground = shapely.box(0.052, -46.99, 0.054, -46.975)  # far beside the road
    long = dataclasses.replace(where.hazards[0], id="h2", ground=ground,
                               area_m2=geodesic_area_m2(ground))
    where = dataclasses.replace(where, hazards=(*where.hazards, long))
    found = planning_problem(
        where, assessed(where), AT_ROAD, STATED, start=START, binding=Binding(Sources(
            roads=(road("west"), road("east", passable="no", hazard="h2")))))
    every = {name for name in found.problem.stage_ids if name.startswith("h2")}
    assert len(every) > 3 and waits(found) and all(own == every for own in waits(found))


@pytest.mark.parametrize("margin", [0.0, 40.0])
def test_no_piece_of_road_opens_before_ground_within_its_margin(margin):
    """Property: whatever ground of an area lies within the margin of a piece of road belongs to
    the tasks that this piece waits for."""
    from landrelease.plan import reach
    from landrelease.records.roads import network_of_records
    from landrelease.workflows.roads import LONGEST_SEGMENT_M, _on_the_way

    where = long_area()
    network = reach.subdivide(network_of_records((road("west"), road("east"))), LONGEST_SEGMENT_M)
    index = reach.index_segments(network)
    blocks = reach.blocking(network, FREE.problem.hazard_ids, [h.ground for h in where.hazards],
                            margin, index)
    part, _ = _on_the_way(FREE.problem, blocks, network,
                          dict.fromkeys(FREE.problem.hazard_ids, margin), index)
    lines = index.plane.to_plane(network.lines())
    assert part
    for (m, h), stages in part.items():
        near = shapely.buffer(lines[m], margin)
        for n, task in enumerate(FREE.problem.tasks):
            if task.hazard_id == FREE.problem.hazard_ids[h] and shapely.intersects(
                    near, index.plane.to_plane(task.ground)):
                assert n in FREE.problem.task[stages]
