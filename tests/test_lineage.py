"""Descent of areas: no ground is lost or counted twice (S01, S02)."""

from datetime import UTC, datetime

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core import lineage
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.record import KINDS, Record
from landrelease.errors import LandReleaseError

AT = datetime(2027, 5, 1, tzinfo=UTC)
SQUARE = shapely.box(17, 44, 17.01, 44.01)
HOW = {"at": AT, "by": "person:x", "reason": "TS report 7"}


def hazard(shape=SQUARE, record="h1", **values):
    return Record("hazard", record, {"identifier": record, **values}, shape)


def as_records(revisions, before=()):
    held = {r.id: r for r in before}
    for r in revisions:
        if r.kind == "hazard":
            held[r.record_id] = Record("hazard", r.record_id, r.values, r.geometry)
    return list(held.values())


def union(records):
    return shapely.union_all([r.geometry for r in records])


boxes = st.tuples(st.floats(17, 17.009), st.floats(44, 44.009), st.floats(1e-4, 5e-3),
                  st.floats(1e-4, 5e-3)).map(
    lambda b: shapely.box(b[0], b[1], b[0] + b[2], b[1] + b[3]).intersection(SQUARE))


@settings(max_examples=60)
@given(st.lists(boxes, min_size=1, max_size=4), st.data())
def test_safety_S01_splits_and_mergers_never_lose_ground(parts, data):
    apart, taken = [], shapely.MultiPolygon()
    for part in parts:
        left = lineage._areas(part.difference(taken))
        if geodesic_area_m2(left) > 5:
            apart.append(left)
            taken = taken.union(part)
    if not apart:
        return
    records = as_records(lineage.split(hazard(), apart, **HOW), [hazard()])
    stands = lineage.standing(records)
    assert "h1" not in {r.id for r in stands}
    assert geodesic_area_m2(SQUARE.difference(union(stands))) < 1
    total = sum(geodesic_area_m2(r.geometry) for r in stands)
    assert total == pytest.approx(geodesic_area_m2(SQUARE), rel=2e-5)  # none twice
    chosen = data.draw(st.lists(st.sampled_from(stands), min_size=2, unique_by=lambda r: r.id,
                                max_size=len(stands))) if len(stands) > 1 else []
    if len(chosen) > 1:
        records = as_records(lineage.merge(chosen, "m1", **HOW), records)
        stands = lineage.standing(records)
        assert geodesic_area_m2(SQUARE.difference(union(stands))) < 1
        assert sum(geodesic_area_m2(r.geometry) for r in stands) == pytest.approx(
            geodesic_area_m2(SQUARE), rel=2e-5)
        line = lineage.lineage(records)
        assert set(line.ancestors("m1")) == {"h1", *(r.id for r in chosen)}
        assert "m1" in line.descendants("h1")


def test_a_child_inherits_and_says_where_it_came_from():
    parent, one, rest = lineage.split(
        hazard(hazard_type="SHA", status="open", reported_area_m2=5.0),
        [shapely.box(17, 44, 17.005, 44.01)], **HOW)
    assert one.values == {"identifier": "h1/1", "hazard_type": "SHA", "status": "open",
                          "parents": ["h1"], "descent": "split"}
    assert rest.values["descent"] == "remainder" and rest.record_id == "h1/2"
    assert parent.values["status_reason"] == "became h1/1, h1/2" and parent.geometry == SQUARE
    assert parent.values["status"] == "open"  # closing is a decision


def test_safety_S01_a_parent_counts_where_its_children_do_not_lie():
    small = hazard(shapely.box(17, 44, 17.002, 44.002), "h1/1", parents=["h1"])
    whole, child = lineage.standing([hazard(), small])
    assert child == small and whole.id == "h1"
    assert geodesic_area_m2(whole.geometry.intersection(small.geometry)) < 1e-3
    assert geodesic_area_m2(SQUARE.difference(union([whole, child]))) < 1
    # A child without a shape, and a circle in bad data, take nothing away.
    assert lineage.standing([hazard(), hazard(None, "c", parents=["h1"])])[0].geometry == SQUARE
    a, b = hazard(record="a", parents=["b"]), hazard(record="b", parents=["a"])
    assert union(lineage.standing([a, b])).equals(SQUARE)


def test_safety_S01_bad_lines_of_descent_take_no_ground_away():
    itself = hazard(record="a", parents=["a"])
    assert lineage.standing([itself]) == [itself]
    ring = [hazard(record=r, parents=[p]) for r, p in ("ab", "bc", "ca")]
    assert union(lineage.standing(ring)).equals(SQUARE)
    crossing = shapely.Polygon([(17, 44), (17.01, 44.01), (17.01, 44), (17, 44.01)])
    parent = hazard(record="p")
    stands = lineage.standing([parent, hazard(crossing, "c", parents=["p"])])[0]
    assert stands.id == "p" and stands.geometry.equals(parent.geometry)


def test_safety_S02_a_part_outside_the_boundary_is_refused():
    for parts, code in (
            ([shapely.box(17.005, 44, 17.02, 44.01)], "LIN-001"),
            ([shapely.box(17, 44, 17.006, 44.01), shapely.box(17.005, 44, 17.01, 44.01)],
             "LIN-002"), ([], "LIN-003"), ([shapely.Polygon()], "LIN-003")):
        with pytest.raises(LandReleaseError, match=code):
            lineage.split(hazard(), parts, **HOW)


def test_a_merger_keeps_the_widest_doubt_and_refuses_a_smaller_shape():
    a = hazard(shapely.box(17, 44, 17.01, 44.01), "a", hazard_type="SHA", position_accuracy_m=10.0,
               soil="clay")
    b = hazard(shapely.box(17.01, 44, 17.02, 44.01), "b", hazard_type="CHA", soil="clay",
               position_accuracy_m=50.0)
    merged = lineage.merge([a, b], "c", **HOW)[0]
    assert merged.values["hazard_type"] == "CHA" and merged.values["soil"] == "clay"
    assert merged.values["position_accuracy_m"] == 50 and merged.values["parents"] == ["a", "b"]
    with pytest.raises(LandReleaseError, match="LIN-004"):
        lineage.merge([a, b], "c", geometry=shapely.box(17, 44, 17.019, 44.01), **HOW)
    wide = lineage.merge([a, b], "c", geometry=shapely.box(16.9, 43.9, 17.1, 44.1), **HOW)[0]
    assert wide.geometry.covers(a.geometry)
    with pytest.raises(LandReleaseError, match="LIN-003"):
        lineage.merge([a], "c", **HOW)


def test_a_part_is_suspended_and_a_part_released_by_a_decision_of_its_own():
    part = shapely.box(17, 44, 17.005, 44.01)
    suspended = lineage.suspend_part(hazard(status="open"), part, **HOW)
    assert suspended[1].values["status"] == "suspended"
    assert suspended[2].values["status"] == "open"
    made, decision = lineage.release_part(hazard(status="open"), part, "cleared",
                                          values={"depth_m": 0.2}, **HOW)
    outcome, closed = decision
    assert made[1].values["status"] == "open" and closed.values["status"] == "closed"
    assert outcome.geometry.equals(part) and outcome.values["hazard"] == "h1/1"
    assert [KINDS[r.kind].decision_in(r.values) for r in decision] == [
        ("outcome_type",), ("status",)]
