"""Search and finds in the contamination map: overlay, one-sided doubt, updates, records."""

import itertools
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import workflows
from landrelease.assess.contamination import (
    contamination_map,
    density_of,
    prepare,
    standing_map,
    state_of,
    update_map,
    windows_between,
)
from landrelease.assess.effort import faces_of, swept_ground
from landrelease.assess.left import Density, Ground, left
from landrelease.assess.residual import residual
from landrelease.core.assumption import Assumption
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import Hazard, Land
from landrelease.core.record import Record
from landrelease.core.risk import HazardAssessment, Prior
from landrelease.core.search import EPOCH, Effort, Find, SearchPass, build_effort
from landrelease.errors import LandReleaseError

STATED = workflows.load_assumptions()
DENSITY = density_of(STATED)
PLANE = LocalPlane(17.5, 44.0)
FRAME = [shapely.box(-1_000, -1_000, -990, -990), shapely.box(990, 990, 1_000, 1_000)]


def detection(value=0.9, low=None, high=None):
    return Assumption("trial", value, value if low is None else low, value if high is None else
                      high, "probability", "", "test")


def search(name, ground, found=None, depth=0.2, **more):
    return SearchPass(name, PLANE.to_degrees(ground), found or detection(), depth, **more)


def world(shapes, chances):
    hazards = tuple(Hazard(f"h{i}", PLANE.to_degrees(s), 0.0, "SHA", "open", "")
                    for i, s in enumerate([*FRAME, *shapes]))
    chances = [(0.2, 0.1, 0.3)] * 2 + list(chances)
    return Land(hazards, (), (), (), (), (), ""), tuple(
        HazardAssessment(h.id, 0, 0, 0, 0, 0, 0, 0, Prior(*chance, True, ()), "")
        for h, chance in zip(hazards, chances, strict=True))


def drawn(shapes, chances, effort=None, cell=100.0):
    return standing_map(*world(shapes, chances), DENSITY, cell, effort=effort or Effort())


def at(made, east, north):
    grid = made.map
    return grid.bands[:, int((grid.north - north) // grid.cell_m),
                      int((east - grid.west) // grid.cell_m)].astype(float)


def blob(rng, radius=300.0):
    angle = np.sort(rng.uniform(0, 2 * np.pi, 8))
    r = radius * rng.uniform(0.3, 1, 8)
    shape = shapely.make_valid(shapely.Polygon(np.column_stack(
        [r * np.cos(angle), r * np.sin(angle)]) + rng.uniform(-400, 400, 2)))
    return max(shapely.get_parts(shape), key=shapely.area)


def passes(rng, count, first=0):
    return tuple(search(f"p{first + i:03d}", blob(rng, 200.0), detection(
        float(rng.uniform(0.3, 0.95)))) for i in range(count))


# --- S06: the overlay ----------------------------------------------------------------------------


def brute(ground, swaths, p, independent):
    """Swept and found area, by the areas of all combinations of swaths."""
    swept = found = 0.0
    for size in range(1, len(swaths) + 1):
        for who in itertools.combinations(range(len(swaths)), size):
            face = ground
            for j, swath in enumerate(swaths):
                face = face.intersection(swath) if j in who else face.difference(swath)
            missed = np.prod([1 - p[j] for j in who]) if independent else min(
                1 - p[j] for j in who)
            swept += face.area
            found += face.area * (1 - missed)
    return swept, found


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.booleans())
def test_safety_S06_passes_combine_where_they_really_overlap(seed, independent):
    rng = np.random.default_rng(seed)
    ground, swaths = blob(rng), [blob(rng) for _ in range(4)]
    p = rng.uniform(0.3, 0.99, 4)
    listed = [search(f"p{i}", s, detection(float(q)))
              for i, (s, q) in enumerate(zip(swaths, p, strict=True))]
    swept = swept_ground(listed, PLANE, independent)
    faces = faces_of(np.array([ground], dtype=object), np.zeros(1), np.full(1, np.nan),
                     swept).get(0, ())
    area = np.array([f.ground.area for f in faces])
    found = np.array([f.found[1] for f in faces]).reshape(len(faces))
    expected = brute(ground, list(swept.ground), p, independent)
    assert area.sum() == pytest.approx(expected[0], rel=1e-9, abs=1e-6)
    assert area @ found == pytest.approx(expected[1], rel=1e-9, abs=1e-6)


def test_safety_S06_two_passes_over_the_same_half_find_0495():
    half = shapely.box(0, 0, 50, 100)
    cell = shapely.box(0, 0, 100, 100)
    for independent, share in ((True, 0.495), (False, 0.45)):
        ready = drawn([cell], [(0.2, 0.1, 0.3)], Effort(
            (search("a", half), search("b", half)), independent=independent)).ready
        faces = [f for d in ready.drawn for fs in d.faces.values() for f in fs]
        assert sum(f.ground.area * f.found[1] for f in faces) == pytest.approx(
            share * 10_000, rel=1e-5)  # the map's plane is centred on all hazards


def test_safety_S06_a_pass_less_deep_than_asked_finds_nothing():
    cell = shapely.box(0, 0, 100, 100)
    plain = drawn([cell], [(0.2, 0.1, 0.3)])
    shallow = Effort((search("a", cell, depth=0.1),), depth_m=0.13)
    assert np.array_equal(drawn([cell], [(0.2, 0.1, 0.3)], shallow).map.bands, plain.map.bands,
                          equal_nan=True)
    asked = Effort((search("a", cell, depth=0.2),), depth_m=0.13, required_depth_m={"h2": 0.3})
    assert np.array_equal(drawn([cell], [(0.2, 0.1, 0.3)], asked).map.bands, plain.map.bands,
                          equal_nan=True)


@pytest.mark.parametrize(("day", "counts"), [
    (date(2026, 5, 2), True), (date(2026, 5, 1), True), (date(2026, 4, 30), False), (None, False)])
def test_a_search_before_the_hazard_was_recorded_says_nothing_of_it(day, counts):
    cell = shapely.box(0, 0, 100, 100)
    plain = drawn([cell], [(0.2, 0.1, 0.3)])
    made = drawn([cell], [(0.2, 0.1, 0.3)], Effort(
        (search("a", cell, day=day),), since={"h2": date(2026, 5, 1)}))
    assert (at(made, 50, 50)[0] < at(plain, 50, 50)[0]) == counts


def test_safety_S06_no_detection_is_1():
    with pytest.raises(LandReleaseError, match="ASS-201"):
        swept_ground([search("a", shapely.box(0, 0, 1, 1), detection(1.0))], PLANE, True)
    with pytest.raises(LandReleaseError, match="ASS-206"):
        swept_ground([search("a", shapely.box(0, 0, 1, 1))] * 2, PLANE, True)


# --- what is left, against the residual risk -----------------------------------------------------


def one(pi, area, swept, found, items=0):
    return Ground(np.array([[pi, pi, pi]]), np.array([area]), np.array([swept]),
                  np.array([found], dtype=float), np.array([float(items)]), np.array([items]),
                  np.array([found], dtype=float))


@settings(max_examples=60, deadline=None)
@given(st.floats(0.01, 0.99), st.floats(0.5, 3), st.floats(100, 20_000), st.floats(50, 20_000),
       st.floats(0.05, 1), st.floats(0.1, 0.9), st.integers(0, 4))
def test_what_is_left_is_the_residual_risk(pi, alpha, beta, area, share, p, items):
    density = Density(alpha, alpha / beta, alpha / beta, alpha / beta)
    levels = [p, p + 0.03, p + 0.06]
    got = left(one(pi, area, share * area, [share * area * q for q in levels], items), density)
    spec = {"pi": pi, "alpha": alpha, "beta": beta, "area_m2": area, "passes": [{
        "name": "a", "swept_share": share, "finds": items, "detection": {"mixture": [
            {"p": q, "weight": w} for q, w in zip(levels, (0.3, 0.4, 0.3), strict=True)]}}]}
    expected = 1 - residual(spec)["probability_none_left"]
    before = pi * -np.expm1(-alpha * np.log1p(area / beta))
    if not items:  # cutting the ground in two must not raise its chance
        assert got[0, 0] <= before * (1 + 1e-12)
    if items or share == 1:
        assert got[0, 0] == pytest.approx(expected, rel=1e-7, abs=1e-12)
    else:
        assert got[0, 0] <= expected * (1 + 1e-9)
        assert got[0, 0] >= min(expected, before) * 0.9
    assert got[1, 0] <= got[0, 0] <= got[2, 0]


@settings(max_examples=60, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(0, 0.4), st.floats(0.05, 1), st.floats(0.1, 0.8),
       st.floats(0, 0.15), st.tuples(*[st.floats(0, 1)] * 3))
def test_lower_and_upper_hold_whatever_the_three_are_inside_their_ranges(
        pi, spread, share, p, doubt, where):
    low, high = max(0.01, pi - spread), min(0.99, pi + spread)
    area, density = 2_500.0, DENSITY
    ground = Ground(np.array([[pi, low, high]]), np.array([area]), np.array([share * area]),
                    share * area * np.array([[p, p + doubt, p + 2 * doubt]]), np.zeros(1),
                    np.zeros(1), np.zeros((1, 3)))
    _, lower, upper = left(ground, density)[:, 0]
    mean = density.low * (density.high / density.low) ** where[0]
    some = low + (high - low) * where[1]
    found = p + 2 * doubt * where[2]
    true = left(one(some, area, share * area, [share * area * found] * 3),
                Density(1.0, mean, mean, mean))[0, 0]
    assert lower * (1 - 2e-3) <= true <= upper * (1 + 2e-3)


def test_a_cell_of_the_map_is_what_the_residual_risk_says():
    cell = shapely.box(0, 0, 100, 100)
    swath = shapely.box(0, 0, 60, 100)
    sure = detection(0.9, 0.8, 0.95)
    made = drawn([cell], [(0.2, 0.1, 0.3)], Effort((search("a", swath, sure),)))
    spec = {"pi": 0.2, "alpha": 1.0, "beta": DENSITY.rate, "area_m2": 10_000, "passes": [{
        "name": "a", "swept_share": 0.6, "finds": 0, "detection": {"mixture": [
            {"p": 0.8, "weight": 0.3}, {"p": 0.9, "weight": 0.4}, {"p": 0.95, "weight": 0.3}]}}]}
    expected = 1 - residual(spec)["probability_none_left"]
    assert at(made, 50, 50)[0] == pytest.approx(expected, rel=1e-3)  # edges touch the next cells
    found = Effort((search("a", swath, sure),), (Find("f", PLANE.to_degrees(
        shapely.Point(30, 50)), 2),))
    spec["passes"][0]["finds"] = 2
    expected = 1 - residual(spec)["probability_none_left"]
    assert at(drawn([cell], [(0.2, 0.1, 0.3)], found), 50, 50)[0] == pytest.approx(
        expected, rel=2e-3)


# --- doubt goes one way --------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(40, 160))
def test_safety_S10_a_clean_search_changes_only_what_it_swept_and_never_raises(seed, cell):
    rng = np.random.default_rng(seed)
    shapes, chances = [blob(rng) for _ in range(3)], [(0.3, 0.1, 0.6)] * 3
    plain = drawn(shapes, chances, cell=cell).map
    done = passes(rng, 3)
    after = drawn(shapes, chances, Effort(done, independent=True), cell).map
    known = np.isfinite(plain.bands[0])
    assert (after.bands[:3, known] <= plain.bands[:3, known]).all()
    assert np.array_equal(np.isnan(after.bands[0]), ~known)  # never out of the map
    ground = shapely.union_all(PLANE.to_plane(np.array([p.ground for p in done])))
    rows, columns = plain.bands.shape[1:]
    west = plain.west + cell * np.arange(columns)
    north = plain.north - cell * np.arange(rows)
    cells = shapely.box(west[None, :], north[:, None] - cell, west[None, :] + cell,
                        north[:, None])
    apart = shapely.distance(cells, ground) > 1e-3
    assert np.array_equal(after.bands[:, apart], plain.bands[:, apart], equal_nan=True)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.floats(40, 160))
def test_safety_S01_rasterising_never_makes_a_chance_less(seed, cell):
    """No cell falls below the chance that its part of one hazard leaves, computed by shapely."""
    rng = np.random.default_rng(seed)
    shape, done = blob(rng), passes(rng, 2)
    made = drawn([shape], [(0.3, 0.1, 0.6)], Effort(done), cell)
    shape, swaths = made.ready.whole[2], made.ready.swept.ground
    p = [x.detection.value for x in done]
    grid = made.map
    for row, column in np.argwhere(np.isfinite(grid.bands[0]))[::7]:
        x, y = grid.west + column * cell, grid.north - row * cell
        part = shapely.box(x, y - cell, x + cell, y).intersection(shape)
        if part.area < 1.0:
            continue
        swept, found = brute(part, list(swaths), p, False)
        true = left(one(0.3, part.area, swept, [found] * 3), DENSITY)[0, 0]
        assert grid.bands[0, row, column] >= true * (1 - 1e-9)
        assert grid.bands[0, row, column] <= true * (1 + 1e-3) + 1e-6


def test_a_find_raises_the_doubt_of_its_whole_hazard_and_of_no_other():
    shapes = [shapely.box(0, 0, 400, 400), shapely.box(500, 500, 700, 700)]
    chances = [(0.2, 0.1, 0.3)] * 2
    plain = drawn(shapes, chances)
    find = Find("f", PLANE.to_degrees(shapely.Point(50, 50)), 3)
    after = drawn(shapes, chances, Effort(finds=(find,)))
    for east, north in ((50, 50), (350, 350)):
        assert (at(after, east, north)[:3] > at(plain, east, north)[:3]).all()
    assert np.array_equal(at(after, 600, 600), at(plain, 600, 600), equal_nan=True)
    named = Effort(unplaced={"h2": 1, "no such hazard": 2})
    assert (at(drawn(shapes, chances, named), 350, 350)[:3] > at(plain, 350, 350)[:3]).all()
    searched = Effort((search("a", shapes[0]),), (find,))
    assert at(drawn(shapes, chances, searched), 350, 350)[0] < at(after, 350, 350)[0]


def test_safety_S04_the_accuracy_of_a_search_narrows_it():
    cell = shapely.box(0, 0, 300, 300)
    sharp = drawn([cell], [(0.2, 0.1, 0.3)], Effort((search("a", cell),)))
    blunt = drawn([cell], [(0.2, 0.1, 0.3)], Effort((search("a", cell, accuracy_m=50.0),)))
    assert at(blunt, 50, 50)[0] > at(sharp, 50, 50)[0]
    assert at(blunt, 150, 150)[0] == at(sharp, 150, 150)[0]


def test_the_band_of_the_last_change_counts_days_and_says_nothing_without_a_date():
    shapes = [shapely.box(10, 10, 290, 90), shapely.box(510, 510, 590, 590)]
    ground = PLANE.to_degrees(shapely.box(10, 10, 90, 90))
    point = PLANE.to_degrees(shapely.Point(150, 50))
    made = drawn(shapes, [(0.2, 0.1, 0.3)] * 2, Effort(
        dated=(("a", ground, date(2026, 5, 1)), ("b", ground, date(2025, 1, 1)),
               ("f", point, date(2026, 6, 1))),
        surveyed={"h2": date(2024, 1, 1)}))
    assert at(made, 50, 50)[4] == (date(2026, 5, 1) - EPOCH).days
    assert at(made, 150, 50)[4] == (date(2026, 6, 1) - EPOCH).days
    assert at(made, 250, 50)[4] == (date(2024, 1, 1) - EPOCH).days
    assert np.isnan(at(made, 550, 550)[4]) and np.isfinite(at(made, 550, 550)[0])  # S12


# --- one day's reports ---------------------------------------------------------------------------


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6), st.integers(0, 2), st.booleans())
def test_an_update_is_the_map_drawn_anew(seed, gone, found):
    rng = np.random.default_rng(seed)
    shapes = [blob(rng) for _ in range(4)]
    chances = [tuple(sorted(rng.uniform(0.05, 0.9, 3))[i] for i in (1, 0, 2)) for _ in range(4)]
    finds = (Find("f", PLANE.to_degrees(shapely.Point(blob(rng).centroid)), 2),) if found else ()
    done = passes(rng, 4)
    dated = tuple((p.id, p.ground, date(2026, 1, 1 + i)) for i, p in enumerate(done))
    before = Effort(done, finds, dated=dated, independent=bool(seed % 2))
    old = drawn(shapes, chances, before, 50.0)
    was = old.map.bands.copy()
    come = passes(rng, 2, first=1)[1:] + passes(rng, 1, first=90)  # one replaces, one is new
    now = {p.id: p for p in done[gone:] + come}
    later = Effort(tuple(now.values()), finds, independent=before.independent, dated=tuple(
        (p.id, p.ground, date(2026, 2, 1)) for p in come))
    new, windows = update_map(old, later)
    again = drawn(shapes, chances, later, 50.0)
    assert np.array_equal(new.map.bands, again.map.bands, equal_nan=True)
    outside = np.ones(was.shape[1:], dtype=bool)
    for top, first, bottom, end in windows:
        outside[top:bottom, first:end] = False
    assert np.array_equal(was[:, outside], new.map.bands[:, outside], equal_nan=True)
    assert np.array_equal(*(np.sort(state_of(r)["key"]) for r in (new.ready, again.ready)))
    once_more, windows = update_map(new, later)
    assert not windows and once_more.map is new.map


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 10**6))
def test_an_update_of_hazards_priors_and_finds_is_the_map_drawn_anew(seed):
    rng = np.random.default_rng(seed)
    shapes, chances = [blob(rng) for _ in range(4)], [(0.3, 0.1, 0.6)] * 4
    old = drawn(shapes, chances, Effort(passes(rng, 2)), 50.0)
    shapes[1], chances[2] = blob(rng), (0.5, 0.2, 0.7)
    effort = Effort(passes(rng, 2), (Find("f", PLANE.to_degrees(shapes[0].centroid), 1),))
    land, assessed = world(shapes, chances)
    with pytest.raises(ValueError, match="land"):
        update_map(old, effort)
    new, windows = update_map(old, effort, land, assessed)
    again = standing_map(land, assessed, DENSITY, 50.0, effort=effort, grid=old.ready.grid)
    assert np.array_equal(new.map.bands, again.map.bands, equal_nan=True)
    assert windows and windows_between(state_of(new.ready), state_of(again.ready),
                                       new.ready.grid) == []


def test_an_update_touches_only_the_day_s_ground():
    shapes = [shapely.box(-800 + 200 * i, -800, -650 + 200 * i, 800) for i in range(8)]
    old = drawn(shapes, [(0.2, 0.1, 0.3)] * 8, cell=10.0)
    day = search("day", shapely.box(-300, 0, -280, 30))
    _, windows = update_map(old, Effort((day,)))
    cells = sum((b - t) * (e - f) for t, f, b, e in windows)
    assert 0 < cells <= 30 and len(windows) == 1


def test_a_hazard_outside_the_standing_grid_is_refused():
    old = drawn([shapely.box(0, 0, 100, 100)], [(0.2, 0.1, 0.3)])
    land, assessed = world([shapely.box(5_000, 0, 5_100, 100)], [(0.2, 0.1, 0.3)])
    with pytest.raises(LandReleaseError, match="ASS-207"):
        update_map(old, Effort(), land, assessed)


# --- from records --------------------------------------------------------------------------------

GROUND = PLANE.to_degrees(shapely.box(0, 0, 100, 100))


def outcome(name, **values):
    return Record("outcome", name, {"outcome_type": "cleared", "depth_m": 0.2, **values}, GROUND,
                  date(2026, 3, 1))


def effort_of(outcomes=(), items=(), activities=(), inspections=(), gates=(), hazards=()):
    return build_effort(outcomes=outcomes, items=items, activities=activities,
                        inspections=inspections, gates=gates, hazards=hazards, assumptions=STATED)


def test_a_manual_clearance_is_credited_with_its_date():
    made = effort_of([outcome("o", method="manual"), outcome("s", outcome_type="searched",
                                                             method="Manual, 2 teams")])
    assert [p.id for p in made.passes] == ["o", "s"]
    assert made.passes[0].detection == STATED["detection_manual"]
    assert made.dated[0][2] == date(2026, 3, 1) and not made.uncredited


@pytest.mark.parametrize(("values", "why"), [
    ({"method": "machine"}, "follow-up"),
    ({"method": "mine detection dogs"}, "follow-up"),
    ({"assets": ["animal_detection"], "follow_up": "open"}, "follow-up"),
    ({"assets": ["mechanical", "manual"]}, "follow-up"),  # not said that one followed the other
    ({"assets": ["mechanical"], "follow_up": "not_required"}, "follow-up"),
    ({"method": "machine, then manual", "follow_up": "open"}, "follow-up"),
])
def test_safety_S07_a_machine_or_an_animal_alone_gives_no_credit(values, why):
    made = effort_of([outcome("o", **values)])
    assert not made.passes and why in made.uncredited[0][1]


def test_safety_S07_with_its_follow_up_it_does():
    made = effort_of([
        outcome("a", method="machine, then manual"),
        outcome("b", assets=["mechanical"], follow_up="done"),
        outcome("c", assets=["animal_detection"], follow_up="done"),
        outcome("d", assets=["mixed"], follow_up="done")])
    assert [p.detection.name for p in made.passes] == [
        "detection_manual", "detection_mechanical", "detection_animal_detection", "detection_mixed"]


@pytest.mark.parametrize(("values", "why"), [
    ({"method": "manual", "depth_m": None}, "depth"), ({}, "method is not reported"),
    ({"method": "visual search"}, "visual"), ({"method": "radar"}, "not one that is known")])
def test_safety_S12_what_is_not_reported_gives_no_credit(values, why):
    made = effort_of([outcome("o", **values)])
    assert not made.passes and why in made.uncredited[0][1]


def test_cancelled_and_reduced_ground_is_no_search():
    made = effort_of([outcome("o", method="manual", outcome_type=kind) for kind in
                      ("cancelled", "reduced")])
    assert not made.passes and not made.uncredited and len(made.dated) == 2


def test_rejected_ground_and_work_in_spite_of_a_failed_gate_give_no_credit():
    rejected = Record("inspection", "i", {"result": "rejected", "outcomes": ["o"]})
    assert not effort_of([outcome("o", method="manual")], inspections=[rejected]).passes
    activity = Record("activity", "a", {"task": "t", "started_on": date(2026, 1, 1),
                                        "ended_on": date(2026, 1, 9)})
    gate = Record("gate", "g", {"task": "t", "day": date(2026, 1, 5), "worked_in_spite": "yes"})
    done = [outcome("o", method="manual", activity="a")]
    assert not effort_of(done, activities=[activity], gates=[gate]).passes
    reviewed = Record("gate", "g", gate.values, validation="authority")
    assert effort_of(done, activities=[activity], gates=[reviewed]).passes


def test_safety_S10_items_of_an_activity_and_of_its_outcome_count_once():
    place = PLANE.to_degrees(shapely.Point(10, 10))
    items = [Record("item", "i1", {"activity": "a", "hazard": "h", "quantity": 2}, place),
             Record("item", "i2", {"ordnance_category": "small_arms_ammunition",
                                   "quantity": 500}, place)]
    activity = Record("activity", "a", {"items_found": 3, "hazard": "h"}, place)
    made = effort_of([outcome("o", method="manual", activity="a", items_found=3)], items,
                     [activity])
    assert [(f.id, f.quantity) for f in made.finds] == [("i1", 2)]
    assert made.unplaced == {"h": 1}


def test_the_map_of_a_land_takes_no_effort_by_default():
    land, assessed = world([shapely.box(0, 0, 100, 100)], [(0.2, 0.1, 0.3)])
    plain = contamination_map(land, assessed, DENSITY)
    assert np.array_equal(plain.bands, contamination_map(
        land, assessed, DENSITY, effort=Effort()).bands, equal_nan=True)
    assert prepare(land, assessed, DENSITY, 100.0).items.sum() == 0
