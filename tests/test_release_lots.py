"""What inspection says of the ground of a release: accepted, rejected, cleared again, lot by lot."""

from datetime import date, timedelta

import pytest
import shapely

import release_world as world
from landrelease import workflows
from landrelease.access import policy
from landrelease.core.geometry import geodesic_area_m2
from landrelease.store.open import create_registry
from landrelease.workflows import inspecting, releasing, sharing
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
