"""What inspection says of the ground of a release: accepted, rejected, cleared again by lots."""

import dataclasses
from datetime import timedelta

import pytest
import shapely

import release_world as world
from landrelease import workflows
from landrelease.access import policy
from landrelease.core.geometry import geodesic_area_m2
from landrelease.store.open import create_registry
from landrelease.workflows import identities, inspecting, releasing, sharing
from release_world import AT, DAY, FIELD

STATED = workflows.load_assumptions()
INSPECTOR = policy.view("inspector")
PROPOSED_AT = AT + timedelta(days=90)


@pytest.fixture
def field(tmp_path):
    """A field that one outcome clears whole, in three lots that nobody has inspected yet."""
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", FIELD)
        world.cleared(registry, "h1", FIELD)
        yield registry, ana, lots(registry, form="size", size_m2=3200)


def lots(registry, *, days=10, **more):
    made = inspecting.propose_lots(registry, INSPECTOR, "t-h1-1", STATED, unit_m=10, **more)
    return inspecting.record_lots(registry, made, by="i", now=AT + timedelta(days=days))


def inspect(registry, lot, key=None, *, day=DAY, days=11, found=0):
    """Search the drawn units of a lot again; accept it with a key."""
    now = AT + timedelta(days=days)
    units = [u["unit"] for u in inspecting.draw_of(registry, INSPECTOR, lot, by="i",
                                                   now=now)["units"]]
    results = dict.fromkeys(units, 0) | ({units[0]: found} if found else {})
    inspecting.record_results(registry, INSPECTOR, lot, results, day=day, by="i", now=now)
    if key is not None:
        inspecting.record_results(registry, INSPECTOR, lot, {}, day=day, key=key, accept=True,
                                  now=now + timedelta(minutes=1))


def asked(registry, **more):
    made = releasing.propose(registry, "h1", sharing.reader_of(registry, "authority"), STATED,
                             by="Ana", now=PROPOSED_AT, outcome="cleared", **more)
    return {a["id"]: (a["state"], a["words"]) for a in made.document["checklist"]["items"]}


def ground(registry, record_id):
    return next(r.geometry for r in registry.records("inspection") if r.id == record_id)


def test_safety_S09_one_accepted_lot_does_not_stand_for_all_of_its_outcome(field):
    registry, ana, names = field
    assert len(names) == 3
    inspect(registry, names[0], ana)
    left = geodesic_area_m2(FIELD) - geodesic_area_m2(ground(registry, names[0]))
    state, words = asked(registry)["inspected"]
    assert state == "not_met" and f"{left:,.0f} m² are in no lot" in words
    for name in names[1:]:
        inspect(registry, name, ana)
    assert asked(registry)["inspected"][0] == "met"


def test_safety_S09_ground_that_was_added_after_the_acceptance_is_not_inspected(tmp_path):
    west = shapely.box(17.0, 44.0, 17.0005, 44.001)
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", FIELD)
        world.cleared(registry, "h1", west)
        world.inspection(registry, "h1", ana)  # a sampling in one record, without ground
        world.cleared(registry, "h1", FIELD)  # the same outcome, enlarged
        state, words = asked(registry)["inspected"]
        assert state == "not_met" and "are in no lot" in words


def test_safety_S09_an_acceptance_does_not_outlast_a_rejection_nor_a_later_search(field):
    registry, ana, names = field
    for name in names:
        inspect(registry, name, ana)
    # Somebody looks again and rejects the middle.
    world.record(registry, "inspection", "later", ground(registry, names[1]), hours=400,
                 inspection_type="post_clearance", inspected_on=DAY + timedelta(days=5),
                 result="rejected", corrected_on=DAY + timedelta(days=6))
    assert asked(registry)["inspected"][0] == "not_met"


def test_safety_S09_a_visit_to_work_that_goes_on_accepts_no_ground(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", FIELD)
        world.cleared(registry, "h1", FIELD)
        world.inspection(registry, "h1", ana, inspection_type="monitoring")
        assert asked(registry)["inspected"][0] == "open"
        world.inspection(registry, "h1", ana, inspected_on=DAY - timedelta(days=1))
        assert asked(registry)["inspected"][0] == "not_met", "it came before the search"
        world.inspection(registry, "h1", ana)
        assert asked(registry)["inspected"][0] == "met"
        # Reported a week later, the work had ended before.
        world.record(registry, "outcome", "o-h1-1", FIELD, outcome_type="cleared", method="manual",
                     depth_m=0.2, hazard="h1", activity="a-h1-1",
                     information_date=DAY + timedelta(days=7))
        world.inspection(registry, "h1", ana)
        assert asked(registry)["inspected"][0] == "met"


def test_a_rejected_lot_is_searched_again_before_its_ground_counts(field):
    registry, ana, names = field
    inspect(registry, names[0], found=1)
    for name in names[1:]:
        inspect(registry, name, ana)
    one = geodesic_area_m2(ground(registry, names[0]))
    state, words = asked(registry)["searched_to_depth"]
    assert state == "not_met" and f"{one:,.2f} m² are on record without a search" in words
    # That somebody says so, and that a visit closes it, is no search.
    rejected = next(r for r in registry.records("inspection") if r.id == names[0])
    world.record(registry, "inspection", names[0], rejected.geometry, hours=600, **(
        rejected.values | {"corrective_action": "cleared again",
                           "corrected_on": DAY + timedelta(days=2),
                           "closed_on": DAY + timedelta(days=3)}))
    found = asked(registry)
    assert found["searched_to_depth"][0] == "not_met" and found["inspected"][0] == "not_met"
    assert found["nonconformities_closed"][0] == "met"
    day = DAY + timedelta(days=2)
    world.record(registry, "detector", "d1", team="team-a", tested_on=day, test_result="passed",
                 information_date=day, hours=world.morning(day))
    world.cleared(registry, "h1", rejected.geometry, day=day, number=2)
    assert asked(registry)["searched_to_depth"][0] == "met"
    assert asked(registry)["inspected"][0] == "not_met", "searched again, not inspected again"
    made = inspecting.propose_lots(registry, INSPECTOR, "t-h1-1", STATED, unit_m=10,
                                   again=names[0])
    (new,) = inspecting.record_lots(registry, made, by="i", now=AT + timedelta(days=15))
    inspect(registry, new, ana, day=DAY + timedelta(days=4), days=16)
    assert asked(registry)["inspected"][0] == "met"


def test_a_rejection_is_not_unsaid_by_a_change_of_the_record(field):
    registry, ana, names = field
    inspect(registry, names[0], found=1)
    for name in names[1:]:
        inspect(registry, name, ana)
    lot = next(r for r in registry.records("inspection") if r.id == names[0])
    kept = {k: v for k, v in lot.values.items() if not k.startswith("nonconformity")}
    for result in ("conditional", "accepted", None):
        world.record(registry, "inspection", names[0], lot.geometry, hours=600,
                     **kept | {"result": result, "items_found": 0})
        found = asked(registry)
        assert {found[n][0] for n in ("searched_to_depth", "inspected",
                                      "nonconformities_closed")} == {"not_met"}


def test_safety_S09_an_acceptance_that_was_signed_after_a_rejection_counts_for_nothing(field):
    """As records of before have it: the same lot, accepted without being cleared again."""
    registry, ana, names = field
    inspect(registry, names[0])
    for name in names[1:]:
        inspect(registry, name, ana)
    lot = next(r for r in registry.records("inspection") if r.id == names[0])
    world.record(registry, "inspection", names[0], lot.geometry, hours=500, **(
        lot.values | {"result": "rejected", "corrected_on": DAY, "closed_on": DAY}))
    world.signed_record(registry, "inspection", names[0], ana, lot.geometry, hours=600,
                        **lot.values | {"result": "accepted"})
    found = asked(registry)
    assert {found[n][0] for n in ("searched_to_depth", "inspected")} == {"not_met"}


@pytest.mark.parametrize(("strictness", "words"), [
    (inspecting.Strictness(confidence=0.5), "confidence 0.5 instead of 0.95"),
    (inspecting.Strictness(detection=0.99), "detection 0.99 taken for its inspection instead of"),
    (inspecting.Strictness(tolerable=40), "40 units with an item tolerated instead of"),
    (None, "")])
def test_safety_S13_a_lot_that_asks_for_too_little_accepts_nothing(tmp_path, strictness, words):
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", FIELD)
        world.cleared(registry, "h1", FIELD)
        (name,) = lots(registry, strictness=strictness)
        inspect(registry, name, ana)
        state, said = asked(registry)["inspected"]
        assert state == ("not_met" if words else "met") and name in said
        assert (words in said) if words else "less than" not in said


def test_what_an_inspection_found_is_on_record_as_an_item(field):
    registry, ana, names = field
    for name in names[1:]:
        inspect(registry, name, ana)
    inspect(registry, names[0], found=1)
    state, words = asked(registry)["finds_dealt_with"]
    unit = next(r for r in registry.records("inspection") if r.value("unit_result") == "item_found")
    assert state == "not_met" and unit.id in words
    world.record(registry, "item", "mine-1", unit.geometry.centroid, hours=500,
                 ordnance_category="ap_mine_blast", found_on=DAY, disposal="destroyed")
    assert asked(registry)["finds_dealt_with"][0] == "met"


def test_safety_S01_what_an_inspection_found_is_not_unsaid_by_a_change_of_its_record(field):
    registry, ana, names = field
    for name in names[1:]:
        inspect(registry, name, ana)
    inspect(registry, names[0], found=1)
    unit = next(r for r in registry.records("inspection") if r.value("unit_result") == "item_found")
    clean = dict(unit.values, unit_result="clear", items_found=0)
    world.record(registry, "inspection", unit.id, unit.geometry, hours=500, **clean)
    state, words = asked(registry)["finds_dealt_with"]
    assert state == "not_met" and "changed without a signature" in words and unit.id in words
    # The authority looked at it.
    registry.append([identities.sign_revision(registry, dataclasses.replace(
        registry.history(unit.id)[-1].revision, recorded_at=AT + timedelta(hours=501),
        validation="authority", follows=()), ana)])
    assert asked(registry)["finds_dealt_with"][0] == "met"


@pytest.mark.parametrize("said", [
    {"method": "mechanical then manual", "follow_up": "done"}, {"method": "machine then manual"},
    {"method": "mechanical", "follow_up": "done"}, {"assets": ["mixed"], "follow_up": "done"},
    {"method": "dogs then manual", "follow_up": "done"}, {"method": None}])
def test_safety_S07_follow_up_is_ground_and_not_a_word(tmp_path, said):
    from landrelease.workflows.maps import load_effort
    from landrelease.workflows.risk import residual_of_hazard

    by = "animal" if "dogs" in str(said) else "machine"
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", FIELD)
        world.cleared(registry, "h1", FIELD, proof=False, **said)
        world.record(registry, "coverage", "c-1", FIELD, task="t-h1-1", activity="a-h1-1",
                     coverage_by=by,
                     proven_by="measured_lanes", confidence=0.95, information_date=DAY)

        def credit():
            found = residual_of_hazard(registry, "h1", INSPECTOR, STATED)
            return (bool(load_effort(registry, STATED).passes),
                    "cleared ground" in [s["stratum"] for s in found["strata"]])

        found = asked(registry)
        assert found["coverage_gaps"][0] == found["searched_to_depth"][0] == "not_met"
        assert said["method" if "method" in said else "assets"] is None or \
            found["machine_followed_up"][0] == "not_met"
        assert credit() == (False, False)
        # The search by hand, on half of the ground, then on all of it.
        half = shapely.box(17.0, 44.0, 17.0005, 44.001)
        world.record(registry, "coverage", "c-2", half, hours=1, task="t-h1-1", activity="a-h1-1",
                     coverage_by="manual",
                     proven_by="measured_lanes", confidence=0.95, information_date=DAY)
        assert asked(registry)["coverage_gaps"][0] == "not_met"
        world.record(registry, "coverage", "c-2", FIELD, hours=2, task="t-h1-1",
                     activity="a-h1-1", coverage_by="manual",
                     proven_by="measured_lanes", confidence=0.95,
                     information_date=DAY)
        found = asked(registry)
        # A search of which nobody says how gets no credit, whatever its proof.
        assert found["coverage_gaps"][0] == ("open" if said.get("method", "") is None else "met")
        assert found["machine_followed_up"][0] == "met"


def test_safety_S07_the_national_standard_says_which_follow_up():
    from landrelease.core.coverage import proven_outcomes
    from landrelease.core.record import Record
    from landrelease.core.search import by_word

    done = Record("outcome", "o", {"outcome_type": "cleared", "method": "mine detection dogs",
                                   "follow_up": "done", "depth_m": 0.2, "activity": "a"}, FIELD)
    work = Record("activity", "a", {"task": "t"})
    proof = Record("coverage", "c", {"activity": "a", "coverage_by": "animal"}, FIELD)
    assert by_word(STATED) == frozenset()
    kept, why = proven_outcomes([done], [work], [proof])
    assert set(why) == {"o"}
    kept, why = proven_outcomes([done], [work], [proof], by_word=frozenset({"animal"}))
    assert not why and kept[0].geometry.equals(FIELD)
    _, why = proven_outcomes([done], [work], [proof], by_word=frozenset({"machine"}))
    assert set(why) == {"o"}
