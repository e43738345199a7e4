"""Findings, refused visits and rejections: which release waits for them, however they are named and
whatever was changed since."""

from datetime import date, timedelta

import pytest
import shapely

import release_world as world
from landrelease import workflows
from landrelease.access import policy
from landrelease.core.inspection import as_told
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry
from landrelease.workflows import corrections, identities, inspecting, releasing, sharing
from release_world import AT, DAY, FIELD, OTHER

STATED = workflows.load_assumptions()
INSPECTOR = policy.view("inspector")
LATER = date(2026, 4, 16)
FINDING = {"inspection_part": "nonconformity", "inspection_type": "monitoring",
           "inspected_on": LATER, "nonconformity_severity": "critical",
           "nonconformity_type": "marking"}
REFUSED = {"inspection_part": "visit", "inspection_type": "monitoring", "inspected_on": LATER,
           "visit_refused": "yes"}


@pytest.fixture
def field(tmp_path):
    """A field that is cleared, whose order, work and search have identifiers as well; and other
    ground of other hands."""
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.record(registry, "team", "team-z", organisation="Org Z", members=["p1"])
        for name, ground in (("h1", FIELD), ("h2", OTHER)):
            world.hazard(registry, name, ground)
            world.cleared(registry, name, ground)
        for kind in ("task", "activity", "outcome"):
            held = next(r for r in registry.records(kind) if r.id == f"{kind[0]}-h1-1")
            registry.append([identities.sign_revision(registry, Revision(
                kind, held.id, {**held.values, "identifier": f"{kind[:3].upper()}-12"},
                held.geometry, AT + timedelta(hours=5), "", "why", "", held.valid_from), ana)])
        yield registry


def inspection(registry, name, shape=None, *, days=16, **values):
    world.record(registry, "inspection", name, shape, hours=24 * days, **values)


def waits_for(registry, hazard="h1"):
    """The open findings and refusals that stand against a release, in words."""
    made = releasing.propose(registry, hazard, sharing.reader_of(registry, "authority"), STATED,
                             by="Ana", now=AT + timedelta(days=60), outcome="cleared")
    items = {a["id"]: a for a in made.document["checklist"]["items"]}
    return set(items["nonconformities_closed"]["records"]) if items["nonconformities_closed"][
        "state"] != "met" else set(), items["nonconformities_closed"]["words"]


def test_safety_S09_findings_and_refusals_block_however_they_name_the_work(field):
    for n, (name, word) in enumerate((("task", "tas-12"), ("activity", "ACT-12"),
                                      ("activity", "A-H1-1"))):
        inspection(field, f"f{n}", **FINDING, **{name: word})
    inspection(field, "f3", **FINDING, outcomes=["out-12 "])
    inspection(field, "f4", **FINDING, activities=["Act-12"])
    inspection(field, "f5", **FINDING, lot="f4")
    inspection(field, "r1", **REFUSED, task="TAS-12")
    assert waits_for(field)[0] == {"f0", "f1", "f2", "f3", "f4", "f5", "r1"}
    # A visit to the same order answers the refusal, by whichever name; a correction its finding.
    corrections.record_visit(field, INSPECTOR, task="t-h1-1", day=LATER, by="i",
                             now=AT + timedelta(days=17))
    for n in range(6):
        corrections.correct(field, INSPECTOR, f"F{n}" if n else "f0", measure="put up again",
                            corrected_on=LATER, closed_on=LATER, by="i",
                            now=AT + timedelta(days=17))
    assert waits_for(field)[0] == set()


def test_work_that_names_its_order_by_identifier_is_behind_it(field):
    held = next(r for r in field.records("activity") if r.id == "a-h1-1")
    world.record(field, "activity", "a-h1-1", held.geometry, hours=300, **{
        **held.values, "task": "tas-12"})
    inspection(field, "f1", **FINDING, task="t-h1-1")
    assert waits_for(field)[0] == {"f1"}


def test_safety_S09_findings_against_whose_work_it_is_block_it(field):
    world.record(field, "accident", "acc1", FIELD.centroid, hours=24 * 12,
                 accident_class="incident", information_date=date(2026, 4, 12))
    inspection(field, "org", **FINDING, inspected_organisation="Org B; org a")
    inspection(field, "team", **FINDING, teams=["Team-A"])
    inspection(field, "tool", **FINDING, detectors=["d1"])
    inspection(field, "rec", **{**FINDING, "inspection_part": "recommendation"}, accident="ACC1")
    inspection(field, "off", **REFUSED, inspected_organisation="Org A")
    # Of others, or of other ground on record.
    inspection(field, "x1", **FINDING, inspected_organisation="Org B")
    inspection(field, "x2", **FINDING, teams=["team-z"], inspected_organisation="Org A")
    inspection(field, "x3", **FINDING, task="t-h2-1", inspected_organisation="Org A")
    inspection(field, "x4", shapely.box(18, 44, 18.1, 44.1), **FINDING, teams=["team-a"])
    # Of an order that is not on record nobody knows which it is.
    inspection(field, "lost", **FINDING, task="t-99", inspected_organisation="Org A")
    found, words = waits_for(field)
    assert found == {"org", "team", "tool", "rec", "off", "lost"}
    for said in ("org (Org A)", "team (team-a)", "tool (d1)", "rec (accident ACC1)"):
        assert said in words
    corrections.record_visit(field, INSPECTOR, organisation="org A", day=LATER, by="i",
                             now=AT + timedelta(days=17))
    assert waits_for(field)[0] == {"org", "team", "tool", "rec", "lost"}


def edited(registry, name, *, days=20, **values):
    """A change that nobody signed; None: the field is left out."""
    held = next(r for r in registry.records("inspection") if r.id == name)
    said = {n: v for n, v in {**held.values, **values}.items() if v is not None}
    world.record(registry, "inspection", name, held.geometry, hours=24 * days, **said)


def test_safety_S09_no_change_of_a_record_unsays_a_rejection(field):
    """Neither for the next lot, nor for the comparison of teams, nor in the list of what is
    open, nor for what its search is taken to find."""
    for n in (1, 2):
        inspection(field, f"old{n}", inspection_part="lot", inspection_type="sampling",
                   result="rejected", teams=["TEAM-A"], inspected_on=date(2026, 3, n),
                   outcomes=["o-h2-1"], items_found=2, lot_size=400, sample_size=200,
                   detection_probability=0.9)

    def told():
        lot = inspecting.propose_lots(field, INSPECTOR, "t-h1-1", STATED, unit_m=10)[0]
        teams = inspecting.compare_teams(field, INSPECTOR, STATED)
        open_ = inspecting.open_items(field, INSPECTOR, STATED, date(2026, 5, 1))
        hazard = next(r for r in field.records("hazard") if r.id == "h1")
        return (lot["level"], sorted(teams["rejected_lots"]),
                [g["missed_share"] for g in teams["groups"]],
                sorted(n["record"] for n in open_["nonconformities"]),
                workflows_detection(field, hazard))

    def workflows_detection(registry, hazard):
        return inspecting.detection_elsewhere(registry, INSPECTOR, STATED, hazard)

    before = told()
    assert before[0] == "tightened" and before[1] == before[3] == ["old1", "old2"]
    edited(field, "old1", result=None, items_found=0)
    assert told() == before
    edited(field, "old1", result="rejected", lot="i-h2-1", teams=["team-z"],
           inspection_part="visit", days=21)
    # Who was named since is meant as well.
    assert told()[0] == "tightened" and told()[1] == ["old1", "old2"]
    assert corrections.correct(field, INSPECTOR, "old1", measure="cleared again",
                               corrected_on=date(2026, 4, 20), by="i",
                               now=AT + timedelta(days=30)).value("result") == "rejected"
    raw = next(r for r in field.records("inspection") if r.id == "old1")
    assert raw.value("inspection_part") == "visit"  # and what was recorded is not changed


def test_what_a_history_says_is_the_worst_of_it():
    def said(shape=None, **values):
        return Record("inspection", "i", {"inspected_on": DAY, **values}, shape)

    one, two = shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)
    first = said(one, inspection_part="lot", result="rejected", nonconformity_severity="minor",
                 outcomes=["a"], corrected_on=DAY, lot_size=9)
    second = said(two, inspection_part="unit", result="rejected", outcomes=["b"], lot="x",
                  nonconformity_severity="critical")
    now = said(shapely.box(5, 5, 6, 6), inspection_part="visit", result="accepted",
               visit_refused="yes", inspected_on=date(2020, 1, 1), lot="x", due_on=LATER)
    told = as_told(now, [first, second, now])
    assert told.values == {
        "inspection_part": "lot", "result": "rejected", "outcomes": ["a", "b"],
        "inspected_on": DAY, "nonconformity_severity": "critical", "due_on": LATER}
    assert told.geometry.equals(one.union(two))
    assert as_told(now, [now]) is now and as_told(first, [first]) is first
    found = said(items_found=2, result="conditional")
    assert as_told(said(result="conditional"), [found]).values["items_found"] == 2
    assert as_told(said(items_found=1), [found]).values["items_found"] == 1
