"""A signed release rests only on searches, proofs and acceptances that stand for that ground after
it was last opened, and on nothing that what came since puts in doubt."""

import dataclasses
import json
from datetime import date, timedelta

import pytest
import shapely

import release_world as world
from landrelease import workflows
from landrelease.core.gate import can_be_held_against_gates
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from landrelease.workflows import (
    areas,
    certificates,
    identities,
    public,
    releasing,
    sharing,
    unsigned,
)
from release_world import AT, DAY, EAST, FIELD, OTHER

SIGNED_AT = AT.replace(month=5)  # 2026-05-01
FOUND = date(2026, 6, 1)
LATER = SIGNED_AT + timedelta(days=60)  # 2026-06-30
BETWEEN = date(2026, 4, 20)  # after the search, before the signature


@pytest.fixture
def ready(tmp_path):
    """A registry with a field that was cleared and inspected; the key of Ana."""
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        field(registry, ana)
        yield registry, ana


def field(registry, ana, name="h1", ground=FIELD, /, *, accepted=None, **values):
    world.hazard(registry, name, ground)
    world.cleared(registry, name, ground, **values)
    world.inspection(registry, name, ana, **accepted or {})


def propose(registry, name="h1", *, at=SIGNED_AT, **more):
    return releasing.propose(registry, name, sharing.reader_of(registry, "authority"),
                             workflows.load_assumptions(None, registry), by="Ana", now=at, **more)


def told(made):
    return {a["id"]: (a["state"], a["words"]) for a in made.document["checklist"]["items"]}


def denied(made):
    return {i for i, (state, _) in told(made).items() if state != "met"} - world.PERSONS


def release(registry, folder, key, name="h1", *, at=SIGNED_AT):
    made = propose(registry, name, at=at)
    made = propose(registry, name, at=at + timedelta(minutes=1),
                   answers=world.answers(made, folder / "answers.csv"))
    assert not made.blocking, made.blocking
    return releasing.sign(registry, made, key, now=at + timedelta(hours=1))


def standing(registry):
    return {r.id: r.value("status") for r in workflows.hazards_that_stand(registry)}


def changed(registry, record_id, *, at=AT, shape=None, **values):
    was = registry.history(record_id)[-1].revision
    registry.append([dataclasses.replace(
        was, values={**was.values, **values}, geometry=shape or was.geometry, recorded_at=at,
        signature="", signed_by="", follows=())])


def mine(registry, record_id="mine-9", *, place=FIELD.centroid, hours=24 * 60, **values):
    world.record(registry, "item", record_id, place, hours=hours, **({
        "ordnance_category": "ap_mine_blast", "found_on": FOUND, "disposal": "destroyed"} | values))


def searched_again(registry, ana, name="h1", ground=FIELD, /, *, day=date(2026, 6, 20), **values):
    world.record(registry, "detector", "d1", team="team-a", tested_on=day, test_result="passed",
                 information_date=day, hours=world.morning(day))
    world.cleared(registry, name, ground, day=day, number=2, **values)
    world.inspection(registry, name, ana, number=2, day=day)


@pytest.fixture
def doubted(ready, tmp_path):
    """A field that was released, and reopened because of a find of its team and detector on
    another field."""
    registry, ana = ready
    field(registry, ana, "h2", OTHER)
    release(registry, tmp_path, ana)
    release(registry, tmp_path, ana, "h2", at=SIGNED_AT + timedelta(days=1))
    mine(registry)
    return registry, ana


# --- since when --------------------------------------------------------------------------------


@pytest.mark.parametrize("recorded", [True, False])
@pytest.mark.parametrize("status", ["worked_on", "suspended", "open"])
def test_safety_S11_a_search_in_doubt_stays_so_whatever_the_status_says_later(
        doubted, tmp_path, status, recorded):
    registry, ana = doubted
    if recorded:
        certificates.record_reopenings(registry, now=SIGNED_AT + timedelta(days=40))
    changed(registry, "h2", at=SIGNED_AT + timedelta(days=45), status=status)
    made = propose(registry, "h2", at=LATER)
    assert {"searched_to_depth", "inspected", "coverage_gaps"} <= denied(made)
    assert "when the area was recorded or reopened" in told(made)["searched_to_depth"][1]
    # Searched and inspected again it is released.
    searched_again(registry, ana, "h2", OTHER)
    assert denied(propose(registry, "h2", at=LATER)) == (
        {"gate_credit"} if status == "suspended" else set())  # work on it is suspended


@pytest.mark.parametrize("descent", ["split", "merged"])
def test_safety_S11_a_search_in_doubt_stays_so_for_what_the_area_became(doubted, descent):
    registry, _ = doubted
    certificates.record_reopenings(registry, now=SIGNED_AT + timedelta(days=40))
    parents = ["h2"]
    if descent == "merged":
        world.hazard(registry, "h5", shapely.box(17.011, 44.0, 17.0111, 44.001))
        parents += ["h5"]
    world.record(registry, "hazard", "h2b", OTHER, hours=24 * 85, identifier="H2B",
                 hazard_type="SHA", status="open", required_depth_m=0.2, parents=parents,
                 descent=descent, information_date=date(2026, 3, 1))
    assert {"searched_to_depth", "inspected"} <= denied(propose(registry, "h2b", at=LATER))


def test_safety_S11_a_part_that_was_searched_again_does_not_release_all_of_it(ready, tmp_path):
    registry, ana = ready
    release(registry, tmp_path, ana)
    mine(registry)
    certificates.record_reopenings(registry, now=SIGNED_AT + timedelta(days=40))
    changed(registry, "h1", at=SIGNED_AT + timedelta(days=45), status="worked_on")
    spot = shapely.box(*FIELD.centroid.buffer(5e-5).bounds)
    searched_again(registry, ana, "h1", spot)
    made = propose(registry, at=LATER)
    assert {"searched_to_depth", "coverage_gaps", "inspected"} <= denied(made)


def test_safety_S11_work_that_began_before_the_area_was_opened_again_does_not_count(
        ready, tmp_path):
    """Its report was only made longer: which part of it was done since, nobody can say."""
    registry, ana = ready
    release(registry, tmp_path, ana)
    mine(registry)
    day = date(2026, 6, 20)
    for name, more in (("a-h1-1", {"ended_on": day}), ("o-h1-1", {}), ("c-h1-1", {})):
        was = registry.history(name)[-1].revision
        registry.append([dataclasses.replace(was, values={**was.values, **more},
                                             recorded_at=AT + timedelta(days=80), valid_from=day)])
    state, words = told(propose(registry, at=LATER))["searched_to_depth"]
    assert state == "not_met" and "its work began on 2026-04-10, before 2026-06-01" in words


def test_safety_S11_a_revoked_release_asks_for_a_search_since_it_was_revoked(ready, tmp_path):
    registry, ana = ready
    name = release(registry, tmp_path, ana)
    certificates.revoke(registry, name, reason="wrong lot", by="Ivo",
                        now=SIGNED_AT + timedelta(days=30))
    assert "before 2026-05-31" in told(propose(registry, at=LATER))["searched_to_depth"][1]


def test_safety_S12_an_area_without_a_day_counts_from_when_it_came_on_record(ready):
    registry, _ = ready
    world.record(registry, "hazard", "h3", FIELD, hours=24 * 20, identifier="H3",
                 hazard_type="CHA", status="open", required_depth_m=0.2)
    assert "before 2026-04-21" in told(propose(registry, "h3"))["searched_to_depth"][1]


def test_a_search_that_has_not_come_does_not_count(ready):
    registry, ana = ready
    field(registry, ana, "h4", OTHER, day=date(2026, 5, 10))
    state, words = told(propose(registry, "h4"))["searched_to_depth"]
    assert state == "not_met" and "dated 2026-05-10, which has not come" in words


# --- whose proof -------------------------------------------------------------------------------


def test_safety_S05_the_proof_of_a_search_in_doubt_proves_nothing_of_the_next(ready, tmp_path):
    registry, ana = ready
    release(registry, tmp_path, ana)
    mine(registry)
    certificates.record_reopenings(registry, now=SIGNED_AT + timedelta(days=40))
    searched_again(registry, ana, proof=False)
    assert denied(propose(registry, at=LATER)) == {"coverage_gaps"}


def test_safety_S05_the_proof_of_a_rejected_search_proves_nothing_of_the_next(ready):
    registry, ana = ready
    world.signed_record(
        registry, "inspection", "i-bad", ana, inspected_on=date(2026, 4, 12),
        inspection_type="sampling", outcomes=["o-h1-1"], lot_size=400, sample_size=180,
        result="rejected", information_date=date(2026, 4, 12), nonconformity_severity="major",
        corrected_on=date(2026, 4, 14), closed_on=date(2026, 4, 15))
    searched_again(registry, ana, day=date(2026, 4, 14), proof=False)
    made = propose(registry)
    assert denied(made) == {"coverage_gaps"}
    assert "no search that counts and has a proof" in told(made)["coverage_gaps"][1]


def test_safety_S05_the_proof_of_a_shallow_search_proves_nothing_of_a_deep_one(ready):
    registry, ana = ready
    world.hazard(registry, "h4", OTHER)
    world.cleared(registry, "h4", OTHER, depth_m=0.1)
    world.cleared(registry, "h4", OTHER, number=2, proof=False)
    world.inspection(registry, "h4", ana, number=2)
    assert denied(propose(registry, "h4")) == {"coverage_gaps"}


def test_safety_S07_the_proof_of_a_machine_proves_nothing_of_hand_work(ready):
    registry, ana = ready
    world.hazard(registry, "h4", OTHER)
    world.cleared(registry, "h4", OTHER, method="mechanical")
    changed(registry, "c-h4-1", coverage_by="machine")
    world.cleared(registry, "h4", OTHER, number=2, proof=False)
    world.inspection(registry, "h4", ana, number=2)
    assert denied(propose(registry, "h4")) == {"coverage_gaps", "machine_followed_up"}
    world.record(registry, "coverage", "c-h4-2", OTHER, task="t-h4-2", activity="a-h4-2",
                 coverage_by="manual",
                 proven_by="measured_lanes", confidence=0.95, information_date=DAY)
    assert denied(propose(registry, "h4")) == set()


# --- what was found ----------------------------------------------------------------------------


@pytest.mark.parametrize("says", [
    {"activity": "a-h1-1"}, {"activity": "A-h1-1 "}, {"hazard": "h1 "}, {"hazard": "H1 "},
])
def test_safety_S11_a_find_without_a_place_is_seen_however_it_names_the_ground(
        ready, tmp_path, says):
    registry, ana = ready
    mine(registry, "there", place=None, hours=24 * 19, found_on=DAY, disposal="found", **says)
    state, words = told(propose(registry))["finds_dealt_with"]
    assert state == "not_met" and "there" in words
    changed(registry, "there", at=AT + timedelta(days=20), disposal="destroyed")
    name = release(registry, tmp_path, ana)
    mine(registry, "after", place=None, disposal="found", **says)
    assert standing(registry) == {"h1": "reopened"}
    assert certificates.find_release(registry, name).status == "reopened"


def test_a_find_without_a_place_of_work_that_names_another_area_is_of_that_area(ready):
    registry, ana = ready
    field(registry, ana, "h2", OTHER)
    mine(registry, "there", place=None, hours=24 * 19, disposal="found", activity="a-h2-1")
    assert "finds_dealt_with" not in denied(propose(registry))
    assert "finds_dealt_with" in denied(propose(registry, "h2"))


@pytest.mark.parametrize("kind", ["item", "accident"])
def test_safety_S11_what_the_search_missed_reopens_though_it_was_found_before_the_signature(
        ready, tmp_path, kind):
    registry, ana = ready
    name = release(registry, tmp_path, ana)
    if kind == "item":
        mine(registry, found_on=BETWEEN)
    else:
        world.record(registry, kind, "acc1", FIELD.centroid, hours=24 * 60,
                     information_date=BETWEEN, accident_class="ordnance_accident", killed_men=1)
    assert standing(registry) == {"h1": "reopened"}
    assert certificates.find_release(registry, name).status == "reopened"


@pytest.mark.parametrize(("values", "is_missed"), [
    ({"place": None, "hazard": "h1", "found_on": BETWEEN}, True),
    ({"found_on": None, "information_date": BETWEEN}, True),
    ({"found_on": None}, True),  # no day at all: nobody can say that the search found it (S12)
    ({"found_on": None, "activity": "a-h1-1"}, False),
    ({"place": None, "activity": "a-h1-1", "found_on": DAY}, False),
    ({"place": None, "hazard": "h1", "found_on": DAY}, False),
])
def test_safety_S11_what_was_found_after_the_last_search_was_missed_by_it(ready, values,
                                                                          is_missed):
    registry, _ = ready
    mine(registry, hours=24 * 19, **values)
    state, words = told(propose(registry))["finds_dealt_with"]
    assert ("found after the last search" in words) == is_missed
    assert state == ("not_met" if is_missed else "met")


@pytest.mark.parametrize("of", ["activity", "outcome"])
def test_safety_S12_items_that_were_reported_are_on_record_or_the_ground_waits(ready, of):
    registry, _ = ready
    changed(registry, "a-h1-1" if of == "activity" else "o-h1-1", items_found=3)
    state, words = told(propose(registry))["finds_dealt_with"]
    assert state == "not_met" and "3 of a-h1-1" in words
    mine(registry, "m1", hours=24 * 19, found_on=DAY, activity="a-h1-1", quantity=2)
    assert "1 of a-h1-1" in told(propose(registry))["finds_dealt_with"][1]
    mine(registry, "m2", hours=24 * 19, found_on=DAY, quantity=1)  # names no work, and lies there
    assert told(propose(registry))["finds_dealt_with"] == (
        "met", "3 items found, all destroyed or removed")


_FAR = shapely.Point(17.5, 44.5)


@pytest.mark.parametrize("edit", [
    {"shape": _FAR}, {"ordnance_category": "none_found"},
    {"ordnance_category": "small_arms_ammunition"}, {"shape": _FAR, "disposal": "destroyed"},
    {"ordnance_category": "none_found", "disposal": "destroyed"}])
def test_safety_S01_a_find_counts_where_it_was_recorded_until_its_disposal_is_on_record_there(
        ready, edit):
    registry, _ = ready
    mine(registry, "m1", hours=24 * 19, found_on=DAY, disposal="left_marked")
    assert denied(propose(registry)) == {"finds_dealt_with"}
    changed(registry, "m1", at=AT + timedelta(days=20), **edit)
    state, words = told(propose(registry))["finds_dealt_with"]
    assert state == "not_met" and "m1" in words and "without a signature" in words
    changed(registry, "m1", at=AT + timedelta(days=21), shape=FIELD.centroid,
            ordnance_category="ap_mine", disposal="destroyed")
    assert denied(propose(registry)) == set()
    changed(registry, "m1", at=AT + timedelta(days=22), shape=_FAR)  # its disposal stays on record
    assert denied(propose(registry)) == set()


@pytest.mark.parametrize(("first", "edit", "counts"), [
    ({"quantity": 3, "disposal": "left_marked"}, {"quantity": 1, "disposal": "destroyed"}, True),
    ({"quantity": 3, "disposal": "left_marked"}, {"quantity": None, "disposal": "removed"}, True),
    ({"quantity": 3, "disposal": "left_marked"}, {"quantity": 3, "disposal": "destroyed"}, False),
    ({"quantity": 3, "disposal": "destroyed"}, {"quantity": 1}, False),
    ({"quantity": 1, "disposal": "left_marked"}, {"quantity": 2, "disposal": "destroyed"}, False)])
def test_safety_S01_pieces_that_an_edit_leaves_out_were_dealt_with_by_nobody(
        ready, first, edit, counts):
    registry, ana = ready
    mine(registry, "m1", hours=24 * 19, found_on=DAY, **first)
    changed(registry, "m1", at=AT + timedelta(days=20), **edit)
    state, words = told(propose(registry))["finds_dealt_with"]
    assert (state == "not_met") is counts and ("without a signature" in words) is counts
    if counts:
        identities.sign_off(registry, ["m1"], "authority", reason="there was one", key=ana)
        assert denied(propose(registry)) == set()


def neighbour(registry, name="h9", *, by=0.0005, hours=24 * 19, **values):
    """An area 40 m east of the field."""
    east = FIELD.bounds[2] + by
    world.record(registry, "hazard", name, shapely.box(east, 44.0, east + 0.001, 44.001),
                 hours=hours, hazard_type="SHA", status="open",
                 information_date=date(2026, 3, 1), **values)


@pytest.mark.parametrize(("values", "blocks"), [
    ({"position_accuracy_m": 50.0}, True), ({"position_accuracy_m": 30.0}, False), ({}, False)])
def test_safety_S04_a_neighbour_keeps_ground_as_far_as_it_may_be_off(
        ready, tmp_path, values, blocks):
    registry, ana = ready
    name = release(registry, tmp_path, ana)
    neighbour(registry, hours=24 * 60, **values)
    found = certificates.find_release(registry, name)
    assert found.why == (("another area that is hazardous may lie on it, as far off as it may be: "
                          "h9",) if blocks else ())
    assert found.status == ("reopened" if blocks else "valid")


def test_safety_S04_a_neighbour_that_may_lie_on_the_ground_keeps_it_from_being_signed(ready):
    registry, _ = ready
    neighbour(registry, position_accuracy_m=50.0)
    assert denied(propose(registry)) == {"no_other_hazard"}
    assert "h9" in told(propose(registry))["no_other_hazard"][1]


def test_an_area_that_shares_an_edge_is_not_off_the_ground(ready, tmp_path):
    """They were drawn against each other; each may be proposed beside the other."""
    registry, ana = ready
    neighbour(registry, by=0.0, position_accuracy_m=50.0)
    changed(registry, "h1", at=AT + timedelta(days=20), position_accuracy_m=50.0)
    assert denied(propose(registry)) == set()
    path = world.shape_file(tmp_path / "west.geojson", shapely.box(17.0, 44.0, 17.0009, 44.001))
    assert denied(propose(registry, ground=path)) == set(), "a strip is left between"
    name = release(registry, tmp_path, ana)
    assert certificates.find_release(registry, name).status == "valid"


@pytest.mark.parametrize("accuracy", [50.0, None])
def test_safety_S04_joining_two_areas_makes_neither_of_them_better_known(ready, tmp_path, accuracy):
    registry, _ = ready
    neighbour(registry, by=0.0002, position_accuracy_m=accuracy)
    areas.merge(registry, ["h1", "h9"], "m", by="Ana", reason="one area", now=AT + timedelta(
        days=20))
    path = world.shape_file(tmp_path / "old.geojson", FIELD)
    assert ("no_other_hazard" in denied(propose(registry, "m", ground=path))) is bool(accuracy)


def test_the_rest_of_an_area_is_not_off_the_part_that_was_released(ready, tmp_path):
    """They are cut along one line, whatever the outline of the area may be off."""
    registry, ana = ready
    changed(registry, "h1", at=AT + timedelta(days=20), position_accuracy_m=30.0)
    path = world.shape_file(tmp_path / "east.geojson", EAST)
    made = propose(registry, ground=path)
    made = propose(registry, ground=path, at=SIGNED_AT + timedelta(minutes=1),
                   answers=world.answers(made, tmp_path / "answers.csv"))
    name = releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
    assert certificates.find_release(registry, name).status == "valid"
    assert denied(propose(registry, "h1/2", at=LATER)) == set()


def test_safety_S01_the_authority_signs_a_find_away(ready):
    registry, ana = ready
    mine(registry, "m1", hours=24 * 19, found_on=DAY, disposal="left_marked")
    changed(registry, "m1", at=AT + timedelta(days=20), shape=_FAR)
    assert denied(propose(registry)) == {"finds_dealt_with"}
    identities.sign_off(registry, ["m1"], "authority", reason="a wrong place", by="Ana")
    assert denied(propose(registry)) == {"finds_dealt_with"}, "a word is no signature"
    identities.sign_off(registry, ["m1"], "authority", reason="a wrong place", key=ana)
    assert denied(propose(registry)) == set()


@pytest.mark.parametrize("edit", [
    {"shape": _FAR}, {"says": "not_contaminated"}, {"evidence_type": "indirect"},
    {"information_date": date(2026, 3, 1)}])
def test_safety_S10_direct_evidence_counts_where_it_was_recorded(ready, tmp_path, edit):
    registry, ana = ready
    world.record(registry, "evidence", "e1", FIELD.centroid, hours=24 * 19, says="contaminated",
                 evidence_type="direct", information_date=BETWEEN)
    changed(registry, "e1", at=AT + timedelta(days=20), **edit)
    assert denied(propose(registry)) == {"no_direct_evidence"}
    searched_again(registry, ana, day=date(2026, 4, 25))
    assert denied(propose(registry)) == set()
    name = release(registry, tmp_path, ana)
    world.record(registry, "evidence", "e2", FIELD.centroid, hours=24 * 60, says="contaminated",
                 evidence_type="direct", information_date=FOUND)
    changed(registry, "e2", at=LATER, **edit)
    assert certificates.find_release(registry, name).status == "reopened"
    assert answer(registry) == "no_information"
    identities.sign_off(registry, ["e2"], "authority", reason="looked at", key=ana)
    kept = edit.keys() == {"information_date"}
    assert certificates.find_release(registry, name).status == ("reopened" if kept else "valid")


# --- evidence, gates, acceptances --------------------------------------------------------------


@pytest.mark.parametrize("values", [{"information_date": BETWEEN}, {}])
@pytest.mark.parametrize("place", [FIELD.centroid, EAST, None])
def test_safety_S10_direct_evidence_after_the_search_waits_for_another_one(ready, place, values):
    registry, ana = ready
    world.record(registry, "evidence", "e1", place, hours=24 * 25, evidence_type="direct",
                 says="contaminated", hazard="h1", **values)
    made = propose(registry)
    assert denied(made) == {"no_direct_evidence"} and "e1" in told(made)["no_direct_evidence"][1]
    if values:
        searched_again(registry, ana, day=date(2026, 4, 25))
        assert denied(propose(registry)) == set()


@pytest.mark.parametrize("values", [
    {"information_date": date(2026, 3, 1)},  # that for which it was cleared
    {"information_date": BETWEEN, "says": "not_contaminated"},
    {"information_date": BETWEEN, "evidence_type": "indirect"},
])
def test_evidence_that_a_search_answered_keeps_nothing(ready, values):
    registry, _ = ready
    world.record(registry, "evidence", "e1", FIELD, hours=24 * 25, **({
        "evidence_type": "direct", "says": "contaminated", "hazard": "h1"} | values))
    assert denied(propose(registry)) == set()


def test_safety_S11_no_certificate_counts_after_direct_evidence_on_its_ground(ready, tmp_path):
    registry, ana = ready
    name = release(registry, tmp_path, ana)
    assert certificates.find_release(registry, name).why == ()
    world.record(registry, "evidence", "e1", FIELD.centroid, hours=24 * 60, evidence_type="direct",
                 says="contaminated", information_date=FOUND)
    found = certificates.find_release(registry, name)
    assert found.status == "reopened" and found.why == (
        "direct evidence that came since has to be looked at: e1",)
    with pytest.raises(LandReleaseError, match=r"REL-015.*e1"):
        certificates.hand_over(registry, name, ana, recipient="Zoran",
                               now=SIGNED_AT + timedelta(days=70))


def edited(registry, tmp_path, ana, before, after, *, place=FIELD.centroid, to=None, kind="item"):
    """A certificate whose decision had a find before it that was edited since."""
    base = {"ordnance_category": "ap_mine_blast", "found_on": DAY, "disposal": "destroyed",
            "quantity": 1, "activity": "a-h1-1"} if kind == "item" else {"information_date": DAY}
    world.record(registry, kind, "m1", place, hours=24 * 19, **(base | before))
    name = release(registry, tmp_path, ana)
    assert certificates.find_release(registry, name).status == "valid"
    changed(registry, "m1", at=LATER, shape=to, **after)
    return name


@pytest.mark.parametrize(("before", "after"), [
    ({"ordnance_category": "none_found", "disposal": "left_marked"},
     {"ordnance_category": "ap_mine_blast"}),
    ({}, {"disposal": "left_marked"}), ({}, {"disposal": "found", "quantity": 2}),
    ({}, {"found_on": FOUND}), ({}, {"found_on": None, "activity": None})])
def test_safety_S11_a_find_that_is_edited_to_more_after_the_signature_reopens(
        ready, tmp_path, before, after):
    registry, ana = ready
    name = edited(registry, tmp_path, ana, before, after)
    assert standing(registry) == {"h1": "reopened"}
    found = certificates.find_release(registry, name)
    assert found.status == "reopened" and "item m1 lies on it" in found.why
    assert answer(registry) == "hazardous"
    # The search from before it came on record does not count again.
    again = told(propose(registry, at=LATER + timedelta(days=5)))["searched_to_depth"]
    assert again[0] == "not_met"


@pytest.mark.parametrize("kind", ["item", "accident"])
def test_safety_S11_a_find_that_is_moved_onto_released_ground_reopens(ready, tmp_path, kind):
    registry, ana = ready
    field(registry, ana, "h2", OTHER)
    release(registry, tmp_path, ana, "h2")
    values = {"disposal": "left_marked", "activity": "a-h1-1"} if kind == "item" else {}
    beside = shapely.Point(FIELD.bounds[0] - 0.00005, FIELD.centroid.y)  # 4 m off, and so far off
    name = edited(registry, tmp_path, ana, {"position_accuracy_m": 10.0, "disposal": "destroyed"}
                  if kind == "item" else {"hazard": "h2"}, values | (
                      {} if kind == "item" else {"information_date": FOUND}),
                  place=beside if kind == "item" else OTHER.centroid, to=FIELD.centroid, kind=kind)
    assert "h1" in standing(registry)
    assert certificates.find_release(registry, name).status == "reopened"


@pytest.mark.parametrize("after", [
    {"quantity": 3}, {"ordnance_category": "av_mine"}, {"quantity": None}])
def test_safety_S11_what_was_dealt_with_and_says_more_since_has_to_be_looked_at(
        ready, tmp_path, after):
    registry, ana = ready
    name = edited(registry, tmp_path, ana, {}, after)
    found = certificates.find_release(registry, name)
    assert (found.status, answer(registry)) == ("reopened", "no_information")
    assert found.why == (
        "what lay before the decision says more of danger since, and has to be looked at: m1",)
    assert standing(registry) == {}  # it was destroyed, and its own search found it
    identities.sign_off(registry, ["m1"], "authority", reason="a word", by="Ana")
    assert certificates.find_release(registry, name).status == "reopened"
    identities.sign_off(registry, ["m1"], "authority", reason="looked at", key=ana)
    assert (certificates.find_release(registry, name).status, answer(registry)) == (
        "valid", "released")


@pytest.mark.parametrize("after", [
    {"model": "a typing error mended"}, {"depth_m": 0.1}, {"quantity": 1, "condition": "corroded"},
    {"hazard": "h1"}])
def test_an_edit_that_says_no_more_of_danger_reopens_nothing(ready, tmp_path, after):
    registry, ana = ready
    name = edited(registry, tmp_path, ana, {}, after)
    assert (certificates.find_release(registry, name).status, answer(registry)) == (
        "valid", "released")
    changed(registry, "m1", at=LATER + timedelta(days=1), shape=shapely.Point(
        FIELD.centroid.x + 0.00002, FIELD.centroid.y))  # 2 m beside, as exactly as it was known
    assert certificates.find_release(registry, name).status == "valid"


def test_safety_S11_a_find_that_said_more_for_a_while_counts_until_the_authority_signs(
        ready, tmp_path):
    registry, ana = ready
    name = edited(registry, tmp_path, ana, {}, {"disposal": "left_marked", "quantity": 2})
    changed(registry, "m1", at=LATER + timedelta(days=1), disposal="destroyed", quantity=1)
    assert certificates.find_release(registry, name).status == "reopened"
    identities.sign_off(registry, ["m1"], "authority", reason="looked at", key=ana)
    assert certificates.find_release(registry, name).status == "valid"


def test_safety_S11_a_late_report_of_what_still_lies_there_reopens(ready, tmp_path):
    registry, ana = ready
    name = release(registry, tmp_path, ana)
    mine(registry, "gone", found_on=DAY, activity="a-h1-1")
    assert certificates.find_release(registry, name).status == "valid"
    mine(registry, "there", found_on=DAY, activity="a-h1-1", disposal="left_marked")
    assert certificates.find_release(registry, name).status == "reopened"
    assert standing(registry) == {"h1": "reopened"}


@pytest.mark.parametrize(("before", "after", "counts"), [
    ({"evidence_type": "indirect"}, {"evidence_type": "direct"}, True),
    ({"says": "not_contaminated"}, {"says": "contaminated"}, True),
    ({}, {"information_date": FOUND}, True),
    ({}, {"says": "unclear"}, False), ({}, {"source_reference": "mended"}, False)])
def test_safety_S11_evidence_that_is_edited_to_more_after_the_signature_counts(
        ready, tmp_path, before, after, counts):
    registry, ana = ready
    name = edited(registry, tmp_path, ana, {
        "evidence_type": "direct", "says": "contaminated"} | before, after, kind="evidence")
    found = certificates.find_release(registry, name)
    assert (found.status, answer(registry)) == (
        ("reopened", "no_information") if counts else ("valid", "released"))
    assert found.why == (("direct evidence that came since has to be looked at: m1",)
                         if counts else ())


def answer(registry, place=FIELD.centroid):
    """What the public is told of a place."""
    return public.ask_spot(public.VIEWS.of(registry), place.x, place.y, 0.0).answer.told


def waits(registry, folder, name, kind, place, **values):
    """A row that waits, because one of its cells cannot be read."""
    path = folder / f"{name}.geojson"
    path.write_text(json.dumps({"type": "Feature", "geometry": shapely.geometry.mapping(place),
                                "properties": {"id": name, **values}}))
    workflows.import_files(registry, [path], kind=kind)
    return registry.quarantine()[-1].number


@pytest.mark.parametrize("record", [
    ("evidence", FIELD.centroid, {"evidence_type": "direct", "says": "contaminated"}),
    ("evidence", None, {"evidence_type": "direct", "hazard": "h1"}),
    ("hazard", shapely.box(17.0, 44.0, 17.00001, 44.00001), {"status": "open"}),
])
def test_safety_S15_nobody_is_told_released_of_ground_whose_certificate_is_reopened(
        ready, tmp_path, record):
    registry, ana = ready
    name = release(registry, tmp_path, ana)
    assert answer(registry) == "released"
    kind, place, values = record
    world.record(registry, kind, "late", place, hours=24 * 60, information_date=FOUND, **values)
    assert certificates.find_release(registry, name).status == "reopened"
    assert answer(registry) == ("hazardous" if kind == "hazard" else "no_information")
    land = workflows.load_land(registry, workflows.load_assumptions(None, registry))
    assert not land.in_force and not public.VIEWS.of(registry).released
    assert unsigned.unsigned(registry, "outcome").ids == {"o-h1-1", *(
        o.id for o in land.outcomes)}  # and on the map it is drawn as nobody's release


@pytest.mark.parametrize(("said", "counts"), [
    ({"evidence_type": "direct"}, True), ({"evidence_type": "?"}, True), ({}, True),
    ({"evidence_type": "indirect"}, False),
    ({"evidence_type": "direct", "says": "not_contaminated"}, False)])
def test_safety_S15_direct_evidence_that_waits_keeps_released_ground_from_counting(
        ready, tmp_path, said, counts):
    registry, ana = ready
    name = release(registry, tmp_path, ana)
    number = waits(registry, tmp_path, "e1", "evidence", FIELD.centroid,
                   position_accuracy_m="near", **said)
    found = certificates.find_release(registry, name)
    assert (found.status, answer(registry)) == (
        ("reopened", "no_information") if counts else ("valid", "released"))
    assert found.why == ((f"row {number} in quarantine says that direct evidence lies on it",)
                         if counts else ())
    workflows.reject_quarantined(registry, number, "a typing error, checked on the ground")
    assert (certificates.find_release(registry, name).status, answer(registry)) == (
        "valid", "released")


def test_safety_S08_work_that_ended_before_it_began_has_no_gate_that_passed(ready):
    registry, ana = ready
    field(registry, ana, "h4", OTHER, gate=False)
    changed(registry, "a-h4-1", ended_on=date(2026, 4, 5))
    state, words = told(propose(registry, "h4"))["gate_credit"]
    assert state == "not_met" and "a-h4-1 (2026-04-10 to 2026-04-05)" in words
    assert not can_be_held_against_gates(DAY, DAY - timedelta(days=1))
    assert not can_be_held_against_gates(DAY, DAY + timedelta(days=4_000))
    assert can_be_held_against_gates(DAY, DAY)


@pytest.mark.parametrize(("accepted", "words"), [
    ({"items_found": 2}, "its sample showed 2 items, and accepts nothing"),
    ({"sample_size": 0}, "its sample is empty"),
    ({"inspected_on": date(2027, 1, 1)}, "dated 2027-01-01, which has not come"),
])
def test_safety_S09_what_calls_itself_an_acceptance_and_is_none(ready, accepted, words):
    registry, ana = ready
    field(registry, ana, "h4", OTHER, accepted=accepted)
    made = propose(registry, "h4")
    assert told(made)["inspected"][0] == "not_met" and words in told(made)["inspected"][1]
    assert ("searched_to_depth" in denied(made)) == ("items_found" in accepted)


@pytest.mark.parametrize(("accepted", "words"), [
    ({"sample_size": 1}, "1 of 400 units show"),
    ({"sample_size": None}, "does not say what its sample shows"),
    ({"lot_size": None}, "does not say what its sample shows"),
    ({"sample_size": 390}, ""),
])
def test_safety_S13_a_sampling_that_shows_too_little_accepts_nothing(ready, accepted, words):
    registry, ana = ready
    field(registry, ana, "h4", OTHER, accepted=accepted)
    state, said = told(propose(registry, "h4"))["inspected"]
    assert state == ("not_met" if words else "met")
    assert words in said if words else "less than" not in said


def test_the_words_of_a_refusal_are_in_all_languages(ready, tmp_path):
    from landrelease.workflows.languages import NAMES, asked_for

    for code in NAMES:
        texts = asked_for(code)
        for words in ("o-1: its work began on 2026-04-10, before 2026-06-01, when the area was "
                      "reopened", "work whose days cannot be held against gates: a-1 (x to y)",
                      "direct evidence of ordnance that no search of its place since answers: e1",
                      "i-1: its sample showed 2 items, and accepts nothing"):
            assert code == "en" or texts.said(words) != words, (code, words)


def test_safety_S11_the_signature_asks_again(ready, tmp_path):
    """A find of work of this ground that came in after the proposal makes it out of date."""
    registry, ana = ready
    made = propose(registry)
    made = propose(registry, at=SIGNED_AT + timedelta(minutes=1),
                   answers=world.answers(made, tmp_path / "answers.csv"))
    assert not made.blocking
    mine(registry, place=None, hours=24 * 29, activity="A-H1-1", disposal="found", found_on=DAY)
    with pytest.raises(LandReleaseError, match=r"REL-012.*mine-9 is new"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
