"""LED: each square metre of the land has one outcome; figures name the records they rest on."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point, box

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.geometry import geodesic_area_m2, plane_for
from landrelease.core.hazard import AdministrativeArea, Hazard, Land, Outcome
from landrelease.core.land import build_land
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.figures.catalogue import land_figures, trace
from landrelease.release.ledger import ledger

ASSUMPTIONS = Assumptions(
    {"settlement_error_m": Assumption("settlement_error_m", 1360, 1, 2, "m", "", "")})
M = 1e-3  # of a degree: about 111 m


def land(hazards=(), outcomes=(), municipalities=()):
    return Land(
        hazards=tuple(
            Hazard(f"h{i}", g, geodesic_area_m2(g), NOT_REPORTED, "open", "")
            for i, g in enumerate(hazards)),
        outcomes=tuple(
            Outcome(f"o{i}", g, geodesic_area_m2(g), kind, "")
            for i, (kind, g) in enumerate(outcomes)),
        accidents=(), lifted=(), settlements=(),
        municipalities=tuple(
            AdministrativeArea(f"m{i}", f"M{i}", 3, g) for i, g in enumerate(municipalities)),
        chain_head="head")


def test_geodesic_area_agrees_with_a_published_value():
    # The area of a one-degree cell at the equator, from the closed form of the authalic sphere of
    # WGS 84 (Snyder 1987, eq. 3-12): R²·Δλ·(sin β2 - sin β1).
    def sin_authalic(latitude):
        e2 = 0.0066943799901413165
        e, s = np.sqrt(e2), np.sin(np.radians(latitude))

        def q(x):
            return (1 - e2) * (x / (1 - e2 * x * x) - np.log((1 - e * x) / (1 + e * x)) / (2 * e))
        return q(s) / 2 * 6378137.0**2

    cell = shapely.segmentize(box(10, 0, 11, 1), 0.001)
    exact = np.radians(1) * (sin_authalic(1) - sin_authalic(0))
    assert geodesic_area_m2(cell) == pytest.approx(exact, rel=1e-6)


def test_holes_are_not_area():
    ring = box(17, 44, 17.01, 44.01).difference(box(17.002, 44.002, 17.004, 44.004))
    whole = geodesic_area_m2(box(17, 44, 17.01, 44.01))
    hole = geodesic_area_m2(box(17.002, 44.002, 17.004, 44.004))
    assert geodesic_area_m2(ring) == pytest.approx(whole - hole)


def test_safety_S03_area_is_the_area_of_the_union():
    a, b = box(17, 44, 17.002, 44.001), box(17.001, 44, 17.003, 44.001)
    total = ledger(land([a, b]))[-1]
    assert total.hazardous_m2 == pytest.approx(geodesic_area_m2(a | b))
    assert total.hazardous_m2 < geodesic_area_m2(a) + geodesic_area_m2(b)


def test_safety_S03_released_stands_with_its_three_parts():
    rows = ledger(land([box(17, 44, 17.001, 44.001)],
                       [("cleared", box(17.1, 44, 17.101, 44.001)),
                        ("cancelled", box(17.2, 44, 17.201, 44.001))]))
    figures = land_figures(land([]), rows)
    ids = [f.id for f in figures]
    at = ids.index("released_m2")
    assert ids[at - 3:at] == ["cancelled_m2", "reduced_m2", "cleared_m2"]


def test_safety_S12_not_reported_is_not_zero():
    nothing = ledger(land([box(17, 44, 17.001, 44.001)]))[-1]
    assert nothing.cleared_m2 is None and nothing.reduced_m2 is None
    some = ledger(land([box(17, 44, 17.001, 44.001)],
                       [("cleared", box(17, 44, 17.001, 44.001))]))[-1]
    assert some.cleared_m2 == 0.0 and some.cancelled_m2 is None


def test_safety_S02_work_outside_a_boundary_takes_nothing_from_it():
    hazard = box(17, 44, 17.002, 44.002)
    work = box(17.001, 44, 17.004, 44.002)  # half in, the rest outside
    row = ledger(land([hazard], [("cleared", work)]))[-1]
    assert row.hazardous_m2 == pytest.approx(geodesic_area_m2(hazard))
    assert row.contested_m2 == pytest.approx(geodesic_area_m2(work & hazard))
    assert row.cleared_m2 == pytest.approx(geodesic_area_m2(work - hazard))


boxes = st.lists(
    st.tuples(st.integers(0, 12), st.integers(0, 12), st.integers(1, 5), st.integers(1, 5)),
    max_size=6)


def grounds(corners):
    return [box(17 + x * M, 44 + y * M, 17 + (x + w) * M, 44 + (y + h) * M)
            for x, y, w, h in corners]


@settings(max_examples=40, deadline=None)
@given(hazards=boxes, cleared=boxes, reduced=boxes)
def test_every_square_metre_is_counted_once(hazards, cleared, reduced):
    """Rows of municipalities add up to the total, and the classes to the union of all ground."""
    halves = [box(17, 44, 17 + 6.5 * M, 45), box(17 + 6.5 * M, 44, 18, 45)]
    outcomes = [("cleared", g) for g in grounds(cleared)] + [
        ("reduced", g) for g in grounds(reduced)]
    whole = land(grounds(hazards), outcomes, halves)
    *rows, total = ledger(whole)
    # An edge along a parallel that is cut in two is two geodesics: a few parts in a million.
    for column in ("hazardous_m2", "cleared_m2", "reduced_m2", "contested_m2"):
        assert sum(getattr(r, column) or 0 for r in rows) == pytest.approx(
            getattr(total, column) or 0, rel=1e-5, abs=0.1)
    everything = shapely.union_all(grounds(hazards) + [g for _, g in outcomes])
    counted = (total.hazardous_m2 or 0) + (total.cleared_m2 or 0) + (total.reduced_m2 or 0)
    assert counted == pytest.approx(geodesic_area_m2(everything), rel=1e-5, abs=0.1)


@settings(max_examples=25, deadline=None)
@given(hazards=boxes, cleared=boxes, more=boxes)
def test_safety_S01_another_clearance_never_shrinks_a_hazard(hazards, cleared, more):
    before = ledger(land(grounds(hazards), [("cleared", g) for g in grounds(cleared)]))[-1]
    after = ledger(land(grounds(hazards), [("cleared", g) for g in grounds(cleared + more)]))[-1]
    assert after.hazardous_m2 == pytest.approx(before.hazardous_m2)


def test_ground_outside_every_municipality_has_a_row():
    rows = ledger(land([box(17, 44, 17.01, 44.01)], [], [box(17.005, 43, 18, 45)]))
    assert [r.name for r in rows] == ["M0", "outside the recorded municipalities", "all"]
    assert rows[0].hazardous_m2 + rows[1].hazardous_m2 == pytest.approx(rows[2].hazardous_m2)


def test_safety_S09_a_status_without_a_signature_takes_no_ground_off_the_map():
    made = build_land(
        hazards=[Record("hazard", word, {"status": word}, box(17, 44, 17.1, 44.1))
                 for word in ("closed", "handed_over", "open")],
        outcomes=[], accidents=[], activities=[], settlements=[], administrative_areas=[],
        assumptions=ASSUMPTIONS, chain_head="")
    assert [h.id for h in made.hazards] == ["closed", "handed_over", "open"]


def test_only_clearance_that_ended_is_a_lifted_minefield():
    works = {
        "done": {"activity_status": "completed"},
        "sheet": {"source_label": "Lifted Minefields"},
        "report": {"report_type": "completion"},
        "going on": {"activity_status": "active", "source_label": "lifted"},
        "given up": {"activity_status": "abandoned", "report_type": "completion"},
        "unsaid": {},
        "daily": {"report_type": "progress"},
    }
    made = build_land(
        hazards=[], outcomes=[], accidents=[], settlements=[], administrative_areas=[],
        activities=[*(Record("activity", i, {"activity_type": "clearance", **v}, Point(17, 44))
                      for i, v in works.items()),
                    Record("activity", "survey", {
                        "activity_type": "NTS", "activity_status": "completed"}, Point(17, 44))],
        assumptions=ASSUMPTIONS, chain_head="")
    assert [m.id for m in made.lifted] == ["done", "sheet", "report"]


def test_an_area_belongs_to_the_municipality_with_most_of_it():
    west, east = box(16, 43, 17, 45), box(17, 43, 18, 45)
    records = [Record("administrative_area", n, {"name": n, "level": 3}, g)
               for n, g in (("west", west), ("east", east))]
    country = Record("administrative_area", "entity", {"name": "entity", "level": 1}, west | east)
    made = build_land(
        hazards=[Record("hazard", "a", {}, box(16.99, 44, 17.03, 44.01)),
                 Record("hazard", "far", {}, box(20, 44, 20.1, 44.1))],
        outcomes=[], accidents=[], activities=[],
        settlements=[Record("settlement", "s", {"name": "S"}, Point(17, 44))],
        administrative_areas=[*records, country], assumptions=ASSUMPTIONS, chain_head="")
    assert [(h.id, h.municipality_id) for h in made.hazards] == [("a", "east"), ("far", "")]
    assert [m.name for m in made.municipalities] == ["west", "east"]
    assert made.settlements[0].population is None  # S12: not reported, not zero


def test_a_figure_opens_down_to_its_records():
    made = land([box(17, 44, 17.001, 44.001)], [("cleared", box(17.1, 44, 17.101, 44.001))])
    figures = land_figures(made, ledger(made))
    figure = trace(figures, "hazardous_m2")
    assert figure.records == ("h0",) and figure.chain_head == "head"
    # Anyone with the records computes the same number again.
    again = shapely.union_all([h.ground for h in made.hazards if h.id in figure.records])
    assert figure.value == pytest.approx(geodesic_area_m2(again))
    assert trace(figures, "no such figure") is None


@given(st.floats(-170, 170), st.floats(-70, 70))
@settings(max_examples=30, deadline=None)
def test_the_local_plane_keeps_areas_and_comes_back(longitude, latitude):
    there = box(longitude, latitude, longitude + 0.05, latitude + 0.05)
    plane = plane_for(there.bounds)
    flat = plane.to_plane(there)
    assert flat.area == pytest.approx(geodesic_area_m2(there), rel=2e-5)
    back = plane.to_degrees(flat)
    assert np.allclose(shapely.get_coordinates(back), shapely.get_coordinates(there), atol=1e-9)
