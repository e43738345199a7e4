"""Exposure, evidence nearby and prior: closed forms, simulation, and the rules of doubt."""

import itertools
import math

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ncx2, norm

from landrelease.assess.exposure import chance_within, exposure
from landrelease.assess.hazards import assess_hazards
from landrelease.assess.nearby import nearby
from landrelease.assess.prior import PriorModel, posterior_probability
from landrelease.assess.shapes import plane_of
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.geometry import LocalPlane
from landrelease.core.hazard import (
    Accident,
    Hazard,
    Land,
    LiftedMinefield,
    Outcome,
    Settlement,
)
from landrelease.errors import LandReleaseError

PLANE = LocalPlane(17.5, 44.0)
STATED = {
    "contaminated_probability": (0.2, 0.05, 0.44),
    "accident_inside_likelihood_ratio": (6, 2, 20),
    "accident_nearby_likelihood_ratio": (1.5, 1, 3),
    "lifted_nearby_likelihood_ratio": (2, 1, 4),
    "nearby_distance_m": (500, 250, 1000),
    "exposure_distance_m": (1000, 500, 2000),
}


def assumptions(**changed):
    return Assumptions({name: Assumption(name, *numbers, "", "", "test")
                        for name, numbers in {**STATED, **changed}.items()})


def degrees(shape):
    return PLANE.to_degrees(shape)


def land(hazards, **others):
    made = tuple(h if isinstance(h, Hazard) else
                 Hazard(f"h{i}", degrees(h), 0.0, "not_reported", "not_reported", "")
                 for i, h in enumerate(hazards))
    empty = dict.fromkeys(("outcomes", "accidents", "lifted", "settlements", "municipalities"), ())
    return Land(made, **{**empty, **others}, chain_head="")


def home(x, y, population=100, sigma=1360.0, name="s"):
    return Settlement(name, name, degrees(shapely.Point(x, y)), population, sigma)


def one_chance(ground, x, y, sigma, distance):
    return chance_within(np.array([ground], dtype=object), np.array([float(x)]),
                         np.array([float(y)]), np.array([float(sigma)]), np.array([0]),
                         np.array([0]), distance)[0]


# --- exposure ----------------------------------------------------------------------------------


@pytest.mark.parametrize("x", [-3_000, -1_000, 0, 700, 4_000])
def test_half_plane_is_the_normal_distribution(x):
    ground = shapely.box(-200_000, -200_000, -1_000, 200_000)  # 1,000 m farther: x <= 0
    assert one_chance(ground, x, 0, 1360, 1_000) == pytest.approx(norm.cdf(-x / 1360), abs=1e-7)


@pytest.mark.parametrize(("x", "y"), [(0, 0), (900, 0), (1_500, -2_000), (-4_000, 3_000)])
def test_disc_is_the_noncentral_chi_square(x, y):
    # A point-like hazard within 1,000 m is a disc of that radius.
    ground = shapely.Point(0, 0).buffer(0.01)
    exact = ncx2.cdf((1_000 / 1360) ** 2, 2, (x * x + y * y) / 1360 ** 2)
    assert one_chance(ground, x, y, 1360, 1_000) == pytest.approx(exact, abs=1e-3)


def test_a_hole_and_two_parts_agree_with_simulation():
    ring = shapely.Polygon([(0, 0), (9_000, 500), (8_000, 9_000), (-500, 8_000)],
                           [[(2_500, 2_500), (6_500, 2_500), (6_500, 6_500), (2_500, 6_500)]])
    ground = shapely.MultiPolygon([ring, shapely.box(10_000, 0, 11_000, 400)])
    rng = np.random.default_rng(3)
    for x, y in ((4_500, 4_500), (9_500, 300)):
        true = shapely.points(rng.normal([x, y], 1360, (40_000, 2)))
        tree = shapely.STRtree(true)
        share = len(tree.query(ground, predicate="dwithin", distance=600)) / 40_000
        assert one_chance(ground, x, y, 1360, 600) == pytest.approx(share, abs=0.01)


def test_without_position_error_the_distance_decides():
    ground = shapely.box(0, 0, 100, 100)
    assert one_chance(ground, 1_099, 50, 0, 1_000) == 1.0
    assert one_chance(ground, 1_101, 50, 0, 1_000) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 9_000), st.floats(0, 9_000), st.floats(0, 2 * math.pi),
       st.floats(10, 3_000), st.floats(10, 3_000))
def test_a_hazard_moved_nearer_never_lowers_exposure(a, b, angle, width, height):
    near, far = sorted((a, b))

    def at(distance):
        x, y = distance * math.cos(angle), distance * math.sin(angle)
        return one_chance(shapely.box(x - width, y - height, x + width, y + height), 0, 0,
                          1360, 1_000)

    assert at(near) >= at(far) - 1e-9
    assert 0 <= at(far) <= 1


@settings(max_examples=30, deadline=None)
@given(st.floats(-5_000, 5_000), st.floats(-5_000, 5_000), st.floats(0, 2_000))
def test_safety_S01_a_grown_hazard_never_lowers_exposure(x, y, more):
    small = shapely.box(0, 0, 1_000, 500)
    grown = shapely.box(-more, 0, 1_000, 500 + more)
    assert one_chance(grown, x, y, 1360, 1_000) >= one_chance(small, x, y, 1360, 1_000) - 1e-9


def test_people_interval_equals_all_cases_written_out():
    homes = tuple(home(900 * i - 2_000, 700 * i, 50 + 37 * i * i, name=f"s{i}") for i in range(6))
    world = land([shapely.box(0, 0, 800, 800)], settlements=homes)
    plane = plane_of(world)
    found = exposure(world, plane, assumptions())
    x, y = plane.points([s.place.x for s in homes], [s.place.y for s in homes])
    ground = plane.to_plane(world.hazards[0].ground)
    p = [one_chance(ground, *xy, 1360, 1_000) for xy in zip(x, y, strict=True)]
    people = [s.population for s in homes]
    cases = sorted(
        (sum(n for n, yes in zip(people, case, strict=True) if yes),
         math.prod(q if yes else 1 - q for q, yes in zip(p, case, strict=True)))
        for case in itertools.product((False, True), repeat=6))
    values, below = np.array([c[0] for c in cases]), np.cumsum([c[1] for c in cases])
    mean = sum(n * q for n, q in zip(people, p, strict=True))
    assert found.expected[0] == pytest.approx(mean, rel=1e-9)
    assert found.low[0] == pytest.approx(min(mean, values[np.argmax(below >= 0.1)]))
    assert found.high[0] == pytest.approx(max(mean, values[np.argmax(below >= 0.9)]))


def test_many_settlements_keep_the_mean_and_the_quantiles():
    rng = np.random.default_rng(8)
    homes = tuple(home(x, y, int(n), name=f"s{i}") for i, (x, y, n) in enumerate(
        zip(rng.normal(0, 2_500, 60), rng.normal(0, 2_500, 60), rng.integers(20, 3_000, 60),
            strict=True)))
    world = land([shapely.box(-500, -500, 500, 500)], settlements=homes)
    plane = plane_of(world)
    found = exposure(world, plane, assumptions())
    x, y = plane.points([s.place.x for s in homes], [s.place.y for s in homes])
    true = rng.normal(0, 1360, (20_000, 60, 2)) + np.column_stack([x, y])
    square = plane.to_plane(world.hazards[0].ground).bounds
    dx = np.maximum(np.maximum(square[0] - true[..., 0], true[..., 0] - square[2]), 0)
    dy = np.maximum(np.maximum(square[1] - true[..., 1], true[..., 1] - square[3]), 0)
    people = (np.hypot(dx, dy) <= 1_000) @ np.array([s.population for s in homes])
    assert found.expected[0] == pytest.approx(people.mean(), rel=0.01)
    assert found.low[0] == pytest.approx(np.quantile(people, 0.1), rel=0.03)
    assert found.high[0] == pytest.approx(np.quantile(people, 0.9), rel=0.03)


def test_safety_S12_population_not_reported_is_counted_not_taken_as_zero():
    world = land([shapely.box(0, 0, 500, 500)],
                 settlements=(home(0, 0, None), home(10, 10, 80, sigma=0.0, name="t")))
    found = exposure(world, plane_of(world), assumptions())
    assert found.settlements_without_population == 1
    assert (found.expected[0], found.low[0], found.high[0]) == (80, 80, 80)


@pytest.mark.parametrize("bad", [home(0, 0, -5), home(0, 0, 5, sigma=-1.0),
                                 home(0, 0, 5, sigma=float("nan"))])
def test_a_settlement_that_cannot_be_is_named(bad):
    world = land([shapely.box(0, 0, 500, 500)], settlements=(bad,))
    with pytest.raises(LandReleaseError, match=r"ASS-012.*Settlement s"):
        exposure(world, plane_of(world), assumptions())


# --- nearby ------------------------------------------------------------------------------------


def test_counts_and_areas_of_a_small_world():
    def at(x, y):
        return degrees(shapely.Point(x, y))

    world = land(
        [shapely.box(0, 0, 1_000, 1_000), shapely.box(5_000, 0, 6_000, 1_000)],
        accidents=tuple(Accident(str(i), at(*xy)) for i, xy in enumerate(
            [(500, 500), (1_400, 500), (-300, -300), (1_600, 500), (5_500, 10)])),
        lifted=(LiftedMinefield("l", at(1_200, 0)), LiftedMinefield("m", at(100, 100))),
        outcomes=(
            Outcome("a", degrees(shapely.box(-100, -100, 100, 100)), 0, "cleared", ""),
            Outcome("b", degrees(shapely.box(50, 0, 150, 100)), 0, "cleared", ""),
            Outcome("c", degrees(shapely.box(0, 0, 900, 900)), 0, "searched", "")))
    found = nearby(world, PLANE, assumptions())
    assert found.accidents_inside.tolist() == [1, 1]
    assert found.accidents_nearby.tolist() == [2, 0]
    assert found.lifted_nearby.tolist() == [2, 0]
    # S03: two clearance records that overlap count once; searched ground is not cleared.
    assert found.cleared_overlap_m2 == pytest.approx([150 * 100, 0], rel=1e-5)


def test_safety_S03_cleared_overlap_is_the_area_of_the_union():
    rng = np.random.default_rng(2)
    boxes = [shapely.box(x, y, x + 200, y + 150) for x, y in rng.uniform(-100, 900, (30, 2))]
    hazard = shapely.box(0, 0, 1_000, 1_000)
    world = land([hazard], outcomes=tuple(
        Outcome(str(i), degrees(b), 0, "cleared", "") for i, b in enumerate(boxes)))
    found = nearby(world, PLANE, assumptions())
    exact = shapely.union_all(boxes).intersection(hazard).area
    assert found.cleared_overlap_m2[0] == pytest.approx(exact, rel=1e-5)


# --- prior -------------------------------------------------------------------------------------


def test_non_technical_survey_as_a_likelihood_ratio():  # domain reference 4.1
    assert posterior_probability(0.15, [0.3]) == pytest.approx(0.0503, abs=5e-5)
    assert posterior_probability(0.15, [0.3]) > 0.05  # not below the threshold: no rounding down


def test_safety_S10_each_piece_of_evidence_enters_once():
    model = PriorModel(assumptions())
    inside = posterior_probability(0.2, [6])
    assert model.prior(1, 0, 0, 500).probability == pytest.approx(inside)
    # More accidents, or one inside that also lies nearby, change nothing more.
    assert model.prior(7, 3, 0, 500).probability == pytest.approx(inside)
    assert model.prior(0, 2, 0, 500).probability == pytest.approx(posterior_probability(0.2, [1.5]))
    assert model.prior(1, 1, 9, 500).probability == pytest.approx(
        posterior_probability(0.2, [6, 2]))


def test_safety_S12_a_prior_is_called_one_and_carries_its_interval():
    prior = PriorModel(assumptions()).prior(0, 0, 0, 500)
    assert prior.is_prior
    assert "prior" in prior.reasons[0]
    assert (prior.low, prior.probability, prior.high) == (0.05, 0.2, 0.44)


def test_interval_agrees_with_simulation():
    model = PriorModel(assumptions())
    prior = model.prior(1, 0, 1, 500)
    rng = np.random.default_rng(4)
    total = 0.0
    for low, middle, high in [tuple(math.log(v / (1 - v)) for v in (0.05, 0.2, 0.44)),
                              np.log([2, 6, 20]), np.log([1, 2, 4])]:
        z = rng.standard_normal(400_000)
        total = total + middle + np.where(z < 0, middle - low, high - middle) / norm.ppf(0.9) * z
    low, high = 1 / (1 + np.exp(-np.quantile(total, [0.1, 0.9])))
    assert prior.low == pytest.approx(low, abs=3e-3)
    assert prior.high == pytest.approx(high, abs=3e-3)


@pytest.mark.parametrize("changed", [
    {"contaminated_probability": (1.0, 0.5, 1.0)},
    {"contaminated_probability": (0.2, 0.3, 0.4)},
    {"lifted_nearby_likelihood_ratio": (2, 0, 4)},
    {"nearby_distance_m": (float("nan"), 1, 2)},
    {"exposure_distance_m": (-1000, -2000, 5)},
])
def test_an_assumption_out_of_range_is_named(changed):
    world = land([shapely.box(0, 0, 500, 500)])
    with pytest.raises(LandReleaseError, match=f"ASS-001.*{next(iter(changed))}"):
        assess_hazards(world, assumptions(**changed))


# --- all together ------------------------------------------------------------------------------


def test_assessment_of_each_hazard_in_order():
    world = land([shapely.box(0, 0, 500, 500), shapely.box(9_000, 0, 9_500, 500)],
                 accidents=(Accident("a", degrees(shapely.Point(9_100, 100))),),
                 settlements=(home(0, 0, 200),))
    first, second = assess_hazards(world, assumptions())
    assert (first.hazard_id, second.hazard_id) == ("h0", "h1")
    assert first.people_low <= first.people_nearby <= first.people_high
    assert first.people_nearby > second.people_nearby
    assert (first.accidents_inside, second.accidents_inside) == (0, 1)
    assert second.prior.probability > first.prior.probability
    assert assess_hazards(world, assumptions()) == (first, second)  # pure
    assert assess_hazards(land([]), assumptions()) == ()


def test_safety_S09_an_action_is_a_survey_step_never_a_decision():
    for kind, status in itertools.product(("SHA", "CHA", "not_reported"),
                                          ("open", "closed", "handed_over", "not_reported")):
        hazard = Hazard("h", degrees(shapely.box(0, 0, 500, 500)), 250_000.0, kind, status, "")
        for accidents in ((), (Accident("a", degrees(shapely.Point(100, 100))),)):
            one, = assess_hazards(land([hazard], accidents=accidents), assumptions())
            assert one.next_action.startswith(
                ("Non-technical survey", "Technical survey", "Review of the record"))
            assert not any(word in one.next_action.lower()
                           for word in ("safe", "cancel", "reduce", "release"))


def test_a_shape_that_is_not_a_polygon_is_named():
    bow = shapely.Polygon([(17, 44), (17.1, 44.1), (17.1, 44), (17, 44.1)])
    for ground in (bow, shapely.Polygon(), shapely.Point(17, 44)):
        hazard = Hazard("odd", ground, 0.0, "SHA", "open", "")
        with pytest.raises(LandReleaseError, match=r"ASS-003.*odd"):
            assess_hazards(Land((hazard,), (), (), (), (), (), ""), assumptions())
