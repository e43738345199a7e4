"""Reports of work that tell of items of which there is no record reopen released land (S11)."""

from datetime import timedelta

import shapely

import release_world as world
from landrelease.workflows import certificates
from release_world import DAY, EAST, FIELD
from test_release import FOUND, mine, propose, ready, registry, release, standing, two_fields

__all__ = ["ready", "registry"]  # fixtures

WEST = FIELD.difference(EAST)
LATER = 24 * 60  # hours: after the signature


def report(registry, name="later", place=None, *, hours=LATER, **values):
    world.record(registry, "activity", name, place, hours=hours, **({
        "activity_type": "EOD_spot_task", "started_on": FOUND, "ended_on": FOUND,
        "items_found": 2} | values))


def order(registry, name, ground, **values):
    world.record(registry, "task", name, ground, task_type="post_clearance", **values)


def test_safety_S11_work_that_tells_of_items_without_a_record_reopens_its_ground(ready, tmp_path):
    programme, ana, _ = ready
    names = two_fields(programme, tmp_path, ana)
    order(programme, "qc", shapely.box(17.0002, 44.0002, 17.0003, 44.0003))
    far = shapely.Point(17.1, 44.1)
    for n, (place, values) in enumerate((
            (FIELD.centroid, {}), (None, {"hazard": "h1 "}), (None, {"task": "t-h1-1"}),
            (far, {"task": "qc"}),  # where its team stays; its order says where it worked
            # Work from before the decision, that came on record after it.
            (FIELD.centroid, {"started_on": DAY, "ended_on": DAY}),
            (FIELD.centroid, {"started_on": None, "ended_on": None}))):
        report(programme, f"r{n}", place, **values)
        found = {r.id: r for r in certificates.releases(programme)}
        assert {f.status for f in found.values()} == {"reopened"}, n  # the same hands
        assert found[names[0]].why == (
            f"report r{n} tells of items on it of which there is no record",)
        # Its items may come later and lie elsewhere: nothing is recorded of it before.
        assert certificates.record_reopenings(programme) == []
        mine(programme, f"m{n}", far, activity=f"r{n}", quantity=2)
        assert standing(programme) == {}


def test_work_that_tells_of_no_items_or_of_other_ground_reopens_nothing(ready, tmp_path):
    programme, ana, _ = ready
    release(programme, tmp_path, ana)
    report(programme, "r1", FIELD.centroid, items_found=None)  # not reported
    report(programme, "r2", FIELD.centroid, items_found=0)
    report(programme, "r3", shapely.Point(17.1, 44.1))
    report(programme, "r4")  # nobody says where
    assert standing(programme) == {}


def test_work_beside_released_ground_in_an_area_that_is_open_reopens_nothing(ready, tmp_path):
    programme, ana, _ = ready
    name = release(programme, tmp_path, ana,
                   ground=world.shape_file(tmp_path / "east.geojson", EAST))
    rest = next(iter(standing(programme)))
    for task, ground in (("whole", FIELD), ("beside", WEST), ("east", EAST)):
        order(programme, task, ground)
    for n, (place, values, reopens) in enumerate((
            (None, {"hazard": rest}, False), (WEST.centroid, {"task": "whole"}, False),
            (None, {"hazard": "h1"}, False),  # of which something is hazardous still
            (None, {"task": "whole", "hazard": rest}, False), (None, {"task": "beside"}, False),
            (EAST.centroid, {"hazard": rest}, True), (None, {"task": "east", "hazard": rest}, True),
            (None, {"task": "whole"}, True))):
        report(programme, f"r{n}", place, **values)
        assert certificates.find_release(programme, name).status == (
            "reopened" if reopens else "valid"), n
        mine(programme, f"m{n}", shapely.Point(17.1, 44.1), activity=f"r{n}", quantity=2)


def test_items_on_record_of_a_report_count_as_items_alone(ready, tmp_path):
    programme, ana, _ = ready
    name = release(programme, tmp_path, ana)
    report(programme, place=FIELD.centroid, identifier="R 7", items_found=3)
    mine(programme, "m1", shapely.Point(17.1, 44.1), activity="r 7", quantity=2)
    assert certificates.find_release(programme, name).status == "reopened"
    # One that names no work, found on its day and in its ground.
    mine(programme, "m2", FIELD.centroid, ordnance_category="small_arms_ammunition")
    assert certificates.find_release(programme, name).status == "valid"
    # A record that says that there was none is no item; nor is one of another day.
    report(programme, "other", FIELD.centroid, items_found=1,
           started_on=FOUND + timedelta(days=3), ended_on=None)
    mine(programme, "m3", activity="other", ordnance_category="none_found")
    assert certificates.find_release(programme, name).why == (
        "report other tells of items on it of which there is no record",)


def test_safety_S11_a_number_that_is_lowered_afterwards_counts_as_it_was(
        ready, tmp_path):
    programme, ana, _ = ready
    name = release(programme, tmp_path, ana)
    report(programme, place=FIELD.centroid)
    report(programme, place=shapely.Point(17.1, 44.1), hours=LATER + 1, items_found=0)
    assert certificates.find_release(programme, name).status == "reopened"


def test_safety_S11_a_search_that_tells_of_items_without_a_record_reopens_its_ground(
        ready, tmp_path):
    programme, ana, _ = ready
    name = release(programme, tmp_path, ana)
    world.record(programme, "outcome", "again", EAST, hours=LATER, outcome_type="searched",
                 items_found=1, decided_on=FOUND)
    assert certificates.find_release(programme, name).why == (
        "report again tells of items on it of which there is no record",)


def test_what_the_searches_of_a_decision_are_said_to_have_found_since_is_looked_at(
        ready, tmp_path):
    """The work that a decision rests on found it: that is no miss, and nobody looked at it."""
    programme, ana, _ = ready
    name = release(programme, tmp_path, ana)
    now = next(r for r in programme.records("activity") if r.id == "a-h1-1")
    world.record(programme, "activity", "a-h1-1", now.geometry, hours=LATER,
                 **now.values | {"items_found": 1})
    found = certificates.find_release(programme, name)
    assert found.status == "reopened"
    assert found.why[0].startswith("what lay before the decision says more of danger since")
    assert standing(programme) == {}
    mine(programme, "m1", FIELD.centroid, activity="a-h1-1", found_on=DAY, disposal="destroyed")
    assert certificates.find_release(programme, name).status == "valid"


def test_safety_S11_an_outcome_that_is_pointed_away_leaves_its_ground_to_the_work_that_found(
        ready, tmp_path):
    programme, ana, _ = ready
    name = release(programme, tmp_path, ana)
    report(programme, "r1")
    for hours, work in ((LATER, "r1"), (LATER + 1, "a-h1-1")):
        world.record(programme, "outcome", "o9", EAST, hours=hours, outcome_type="searched",
                     activity=work, decided_on=FOUND)
    assert certificates.find_release(programme, name).status == "reopened"


def test_safety_S01_a_number_of_finds_that_is_lowered_keeps_ground_from_being_signed_for(ready):
    programme, _, _ = ready
    now = next(r for r in programme.records("activity") if r.id == "a-h1-1")
    for hours, found in ((400, 2), (401, 0)):
        world.record(programme, "activity", "a-h1-1", now.geometry, hours=hours,
                     **now.values | {"items_found": found})
    said = next(a for a in propose(programme).document["checklist"]["items"]
                if a["id"] == "finds_dealt_with")
    assert said["state"] == "not_met" and "2 of a-h1-1" in said["words"]
