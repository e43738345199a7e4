"""The contamination map: exact coverage, doubt in one direction only, overlaps counted once."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import workflows
from landrelease.assess import cells
from landrelease.assess import contamination as module
from landrelease.assess.contamination import (
    cell_coverage,
    contamination_blocks,
    density_of,
)
from landrelease.assess.contamination import contamination_map as drawn_map
from landrelease.assess.shapes import plane_of
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import Hazard, Land
from landrelease.core.risk import HazardAssessment, Prior
from landrelease.errors import LandReleaseError

PLANE = LocalPlane(17.5, 44.0)
DENSITY = density_of(workflows.load_assumptions())
BETA = DENSITY.rate
# Two far corners keep the plane and the grid the same whatever else is in the world.
FRAME = [shapely.box(-2_000, -2_000, -1_990, -1_990), shapely.box(1_990, 1_990, 2_000, 2_000)]
BASE = [(0.2, 0.1, 0.3)] * 2


def contamination_map(land, assessed, cell=100.0, **more):
    return drawn_map(land, assessed, DENSITY, cell, **more)


def world(shapes, chances):
    hazards = tuple(Hazard(f"h{i}", PLANE.to_degrees(s), 0.0, "SHA", "open", "")
                    for i, s in enumerate(shapes))
    assessments = tuple(
        HazardAssessment(h.id, 0, 0, 0, 0, 0, 0, 0, Prior(*chance, True, ()), "")
        for h, chance in zip(hazards, chances, strict=True))
    return Land(hazards, (), (), (), (), (), ""), assessments


def shape_of(seed, corners=9, radius=400.0):
    rng = np.random.default_rng(seed)
    angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
    r = radius * rng.uniform(0.2, 1, corners)
    centre = rng.uniform(-500, 500, 2)
    outer = shapely.make_valid(shapely.Polygon(
        np.column_stack([r * np.cos(angle), r * np.sin(angle)]) + centre))
    return max(shapely.get_parts(outer.difference(shapely.Point(centre).buffer(30))),
               key=shapely.area)


def cells_of(made):
    rows, columns = made.bands.shape[1:]
    west = made.west + made.cell_m * np.arange(columns)
    north = made.north - made.cell_m * np.arange(rows)
    return shapely.box(west[None, :], north[:, None] - made.cell_m,
                       west[None, :] + made.cell_m, north[:, None])


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), st.floats(8, 250), st.booleans())
def test_coverage_is_exact(seed, cell, whole):
    shape = shape_of(seed)
    if whole:  # corners and edges on the grid itself
        shape = shapely.set_precision(shape, cell)
        if shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            return
    top, left, share = cell_coverage(shape, 0.0, 0.0, cell)
    column, row = np.meshgrid(np.arange(share.shape[1]) + left, np.arange(share.shape[0]) + top)
    cells = shapely.box(column * cell, -(row + 1) * cell, (column + 1) * cell, -row * cell)
    exact = shapely.area(shapely.intersection(cells, shape)) / cell ** 2
    assert np.maximum(share, 0) == pytest.approx(exact, abs=1e-9)
    assert share[share > 0].sum() * cell ** 2 == pytest.approx(shape.area, rel=1e-9)
    # S15: whatever the polygon touches is marked, and nothing that lies apart.
    assert (share[shapely.intersects(cells, shape)] >= 0).all()
    assert (shapely.distance(cells, shape)[share >= 0] <= 1e-6 * cell).all()


def test_a_hole_and_a_second_part():
    shape = shapely.MultiPolygon([
        shapely.box(0, -40, 40, 0).difference(shapely.box(5, -35, 35, -5)),
        shapely.box(50, -40, 55, -30)])
    top, left, share = cell_coverage(shape, 0.0, 0.0, 10.0)
    share = share[-top:, -left:]  # edges on the grid touch the cells beyond as well
    assert (share[1:3, 1:3] == -1).all()  # inside the hole
    assert share[0, 0] == pytest.approx(0.75) and share[0, 1] == pytest.approx(0.5)
    assert share[3, 5] == pytest.approx(0.5)


def test_probability_is_the_closed_form_of_the_covered_ground():
    land, assessed = world([shapely.box(-250, -250, 250, 250)], [(0.2, 0.05, 0.44)])
    made = contamination_map(land, assessed, 100.0)
    probability, low, high, coverage, _ = made.bands
    a = np.maximum(coverage.astype(float) * 100 ** 2, 1.0)
    filled = np.isfinite(coverage)
    for band, chance, mean in ((probability, 0.2, DENSITY.mean), (low, 0.05, DENSITY.low),
                               (high, 0.44, DENSITY.high)):
        some = 1 - (1 / mean) / (1 / mean + a)
        assert band[filled] == pytest.approx((chance * some)[filled], rel=1e-5)
    # Integrated over the density it is the chance of at least one item: simulation.
    rng = np.random.default_rng(1)
    items = rng.poisson(rng.gamma(1.0, 1 / BETA, 200_000) * 100 ** 2)
    assert np.nanmax(probability) == pytest.approx(0.2 * np.mean(items > 0), rel=0.01)


def test_the_grid_lies_on_multiples_of_the_cell():
    land, assessed = world([shape_of(5)], [(0.2, 0.1, 0.3)])
    made = contamination_map(land, assessed, 70.0)
    assert made.west % 70 == 0 and made.north % 70 == 0
    assert made.bands.dtype == np.float32 and made.bands.shape[0] == len(made.names)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.floats(20, 300))
def test_safety_S15_a_touched_cell_has_a_value_and_no_other(seed, cell):
    shapes = [shape_of(seed + i, radius=300) for i in range(4)]
    land, assessed = world(shapes, [(0.2, 0.05, 0.44)] * 4)
    made = contamination_map(land, assessed, cell)
    ground = shapely.union_all(plane_of(land).to_plane(np.array([h.ground for h in land.hazards])))
    cells = cells_of(made)
    touched = shapely.intersects(cells, ground)
    assert np.isfinite(made.bands[:4, touched]).all() and (made.bands[:3, touched] > 0).all()
    apart = shapely.distance(cells, ground) > 1e-3
    assert np.isnan(made.bands[:, apart]).all()  # no information, never zero
    # S03: overlapping hazards cover the area of their union.
    exact = shapely.area(shapely.intersection(cells, ground)) / cell ** 2
    assert np.nan_to_num(made.bands[3]) == pytest.approx(exact, abs=2e-7)
    assert (made.bands[1][touched] <= made.bands[0][touched]).all()
    assert (made.bands[0][touched] <= made.bands[2][touched]).all()


CHANCE = st.tuples(*[st.floats(0.01, 0.99)] * 3).map(lambda t: (sorted(t)[1], min(t), max(t)))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10**6), CHANCE, CHANCE)
def test_safety_S01_a_cell_is_never_less_dangerous_through_overlap(seed, first, second):
    a, b = shape_of(seed), shape_of(seed + 1)
    both = contamination_map(*world([*FRAME, a, b], [*BASE, first, second]), 100.0)
    for shape, chance in ((a, first), (b, second)):
        alone = contamination_map(*world([*FRAME, shape], [*BASE, chance]), 100.0)
        known = np.isfinite(alone.bands[0])
        assert (both.bands[:4, known] >= alone.bands[:4, known] - 1e-6).all()


def test_safety_S10_the_same_ground_read_twice_counts_once():
    shape = shape_of(3)
    once = contamination_map(*world([shape], [(0.3, 0.1, 0.5)]), 100.0)
    twice = contamination_map(*world([shape, shape], [(0.3, 0.1, 0.5)] * 2), 100.0)
    assert np.array_equal(once.bands, twice.bands, equal_nan=True)


def test_different_ground_in_one_cell_adds_as_independent():
    halves = [shapely.box(-90, -90, -50, -10), shapely.box(-50, -90, -10, -10)]
    made = contamination_map(
        *world([*FRAME, *halves], [*BASE, (0.3, 0.1, 0.5), (0.6, 0.5, 0.7)]), 100.0)
    some = 1 - BETA / (BETA + 40 * 80)
    row, column = int(made.north // 100), int(-made.west // 100) - 1
    assert made.bands[0, row, column] == pytest.approx(
        1 - (1 - 0.3 * some) * (1 - 0.6 * some), rel=1e-4)


def test_strips_and_batches_change_nothing(monkeypatch):
    land, assessed = world([shape_of(i) for i in range(8)], [(0.1 + 0.1 * i, 0.05, 0.95)
                                                             for i in range(8)])
    whole = contamination_map(land, assessed, 7.0, blocks=1)
    monkeypatch.setattr(module, "STRIP_CELLS", 900)
    monkeypatch.setattr(cells, "STRIP_CELLS", 900)
    split = contamination_map(land, assessed, 7.0, blocks=5)
    assert np.array_equal(whole.bands, split.bands, equal_nan=True)
    grid, strips = contamination_blocks(land, assessed, DENSITY, 7.0, rows=13)
    assert (grid.west, grid.north) == (whole.west, whole.north)
    joined = np.concatenate([bands for _, bands in strips], axis=1)
    assert np.array_equal(whole.bands, joined, equal_nan=True)


def test_refusals_name_what_to_do():
    land, assessed = world([shapely.box(0, 0, 500, 500)], [(0.2, 0.1, 0.3)])
    for cell in (0, -5, float("nan"), float("inf"), "100"):
        with pytest.raises(LandReleaseError, match="ASS-005"):
            contamination_map(land, assessed, cell)
    with pytest.raises(LandReleaseError, match=r"ASS-005.*cells"):
        contamination_map(land, assessed, 0.01)
    with pytest.raises(LandReleaseError, match=r"ASS-004.*h0"):
        contamination_map(land, (), 100.0)
    with pytest.raises(LandReleaseError, match="ASS-002"):
        contamination_map(Land((), (), (), (), (), (), ""), (), 100.0)
    broken = world([shapely.box(0, 0, 500, 500)], [(1.2, 0.1, 0.3)])
    with pytest.raises(LandReleaseError, match=r"ASS-004.*outside 0 to 1"):
        contamination_map(*broken, 100.0)
