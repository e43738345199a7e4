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
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from landrelease.workflows import corrections, identities, inspecting, releasing, sharing
from landrelease.workflows.behind import OnFile
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


def proposed(registry, folder, rows=(), *, minutes=0):
    file = folder / "answers.csv"
    file.write_text("item,answer,note,by\n" + "".join(f"{r}\n" for r in rows))
    return releasing.propose(registry, "h1", sharing.reader_of(registry, "authority"), STATED,
                             by="Ana", now=AT + timedelta(days=60, minutes=minutes),
                             outcome="cleared", answers=file)


def answer(made, item):
    return next(a for a in made.document["checklist"]["items"] if a["id"] == item)


def test_safety_S09_what_a_person_denied_does_not_vanish(field, tmp_path):
    yes = [f"{i},yes,,Ana" for i in ("community_informed", "documents_complete")]
    with pytest.raises(LandReleaseError, match=r"REL-005.*line 3.*boundary_marked: no, then yes"):
        proposed(field, tmp_path, ["boundary_marked,no,signs are gone,Ivo",
                                   "boundary_marked,yes,,Ana"])
    # Before anybody denied it: what is signed later tells of the denial all the same.
    before = proposed(field, tmp_path, [*yes, "boundary_marked,yes,seen,Ana"])
    proposed(field, tmp_path, ["boundary_marked,no,signs are gone,Ivo"], minutes=1)
    assert "denials" in " ".join(releasing.told_otherwise(
        field, before, AT + timedelta(days=61), OnFile(field)))
    proposed(field, tmp_path, ["quarantine_clear,no,a sheet is missing,Ivo"], minutes=2)
    bare = proposed(field, tmp_path, [*yes, "boundary_marked,yes,,Ana"], minutes=3)
    for item in ("boundary_marked", "quarantine_clear"):
        assert answer(bare, item)["state"] == "open"
        assert "needs its reason" in answer(bare, item)["words"]
    said = proposed(field, tmp_path, [*yes, "boundary_marked,yes,put up on 3 May,Ana",
                                      "quarantine_clear,yes,it came in,Ana"], minutes=4)
    for item, words in (("boundary_marked", "signs are gone"),
                        ("quarantine_clear", "a sheet is missing")):
        told = answer(said, item)
        assert told["state"] == "met" and words in told["words"]
    assert [d["words"] for d in said.document["denials"]] == [
        "signs are gone", "a sheet is missing; no row that waits touches the ground"]
    reader = sharing.reader_of(field, "authority")
    again = releasing.propose_again(field, said, reader, STATED, said={}, by="Ana",
                                    now=AT + timedelta(days=60, minutes=5))
    assert answer(again, "boundary_marked")["words"] == answer(said, "boundary_marked")["words"]
    other = releasing.propose(field, "h2", reader, STATED, by="Ana", now=AT + timedelta(days=60))
    assert other.document["denials"] == []


def redone(registry, kind, name, *, hours=400, **values):
    held = next(r for r in registry.records(kind) if r.id == name)
    world.record(registry, kind, name, held.geometry, hours=hours, **{**held.values, **values})


@pytest.mark.parametrize("changed", [
    {"outcome": {"activity": "Act-12"}}, {"activity": {"task": "tas-12"}},
    {"outcome": {"activity": "ACT-12"}, "activity": {"task": "TAS-12"}}])
def test_lots_are_of_the_hands_that_worked_however_records_name_each_other(field, changed):
    redone(field, "task", "t-h1-1", teams=["team-a", "team-z"])
    for kind, values in changed.items():
        redone(field, kind, f"{kind[0]}-h1-1", **values)
    (lot,) = inspecting.propose_lots(field, INSPECTOR, "TAS-12", STATED, unit_m=20)
    assert (lot["task"], lot["teams"], lot["detectors"], lot["activities"]) == (
        "t-h1-1", ["team-a"], ["d1"], ["a-h1-1"])
    (name,) = inspecting.record_lots(field, [lot], by="i", now=AT + timedelta(days=30))
    drawn = inspecting.draw_of(field, INSPECTOR, name, by="i", now=AT + timedelta(days=31))
    assert drawn["agrees"] and drawn["units_in_lot"] == lot["units"]


def test_the_draw_of_a_lot_from_before_is_the_same(field):
    """Its work was listed as it was written, and counted as none where that was no id."""
    redone(field, "outcome", "o-h1-1", activity="ACT-12")
    (lot,) = inspecting.propose_lots(field, INSPECTOR, "t-h1-1", STATED, unit_m=20)
    (name,) = inspecting.record_lots(field, [{**lot, "activities": ["ACT-12"]}], by="i",
                                     now=AT + timedelta(days=30))
    drawn = inspecting.draw_of(field, INSPECTOR, name, by="i", now=AT + timedelta(days=31))
    (unit, *_) = [r for r in field.records("inspection") if r.value("inspection_part") == "unit"]
    assert drawn["agrees"] and not unit.values.get("detectors")


def test_no_unit_is_shown_before_its_draw_is_recorded(field):
    (lot,) = inspecting.propose_lots(field, INSPECTOR, "t-h1-1", STATED, unit_m=20)
    (name,) = inspecting.record_lots(field, [lot], by="i", now=AT + timedelta(days=30))
    for thrown in ("", "1", "2"):
        seen = inspecting.draw_of(field, INSPECTOR, name, thrown=thrown, record=False)
        assert (seen["units"], seen["seed"], seen["recorded"]) == ([], "", False)
    inspecting.draw_of(field, INSPECTOR, name, thrown="7", by="i", now=AT + timedelta(days=31))
    shown = inspecting.draw_of(field, INSPECTOR, name, record=False)
    assert shown["thrown"] == "7" and len(shown["units"]) == shown["sample"] > 0
    with pytest.raises(LandReleaseError, match=r"INS-007.*7, with which it was drawn"):
        inspecting.draw_of(field, INSPECTOR, name, thrown="8", record=False)


def test_safety_S05_a_rejected_lot_is_searched_again_to_its_own_depth(field):
    """Whichever order asks for it, and whatever its own asks for since."""
    (lot,) = inspecting.propose_lots(field, INSPECTOR, "t-h1-1", STATED, unit_m=20)
    (name,) = inspecting.record_lots(field, [lot], by="i", now=AT + timedelta(days=10))
    at = AT + timedelta(days=11)
    units = [u["unit"] for u in inspecting.draw_of(field, INSPECTOR, name, by="i",
                                                   now=at)["units"]]
    inspecting.record_results(field, INSPECTOR, name, {units[0]: 1}, day=date(2026, 4, 11), by="i",
                              now=at)
    again = date(2026, 4, 12)
    corrections.correct(field, INSPECTOR, name, measure="cleared again", corrected_on=again,
                        by="i", now=AT + timedelta(days=13))

    def search(number, depth):
        world.record(field, "task", f"t{number}", FIELD, hours=24 * 12, hazard="h1",
                     task_status="ordered", teams=["team-a"], required_depth_m=depth)
        world.record(field, "activity", f"a{number}", FIELD.centroid, hours=24 * 13,
                     operational_method="manual", started_on=again, ended_on=again, hazard="h1",
                     task=f"t{number}", teams=["team-a"], depth_m=depth)
        world.record(field, "outcome", f"o{number}", FIELD, hours=24 * 13, outcome_type="cleared",
                     method="manual", depth_m=depth, hazard="h1", activity=f"a{number}",
                     information_date=again)
        world.record(field, "coverage", f"c{number}", FIELD, hours=24 * 13, task=f"t{number}",
                     activity=f"a{number}", coverage_by="manual", proven_by="measured_lanes",
                     confidence=0.95, information_date=again)

    search(2, 0.05)
    redone(field, "task", "t-h1-1", required_depth_m=0.05)
    for task in ("t2", "t-h1-1"):
        with pytest.raises(LandReleaseError, match=r"INS-009.*without a search to 0\.2 m"):
            inspecting.propose_lots(field, INSPECTOR, task, STATED, unit_m=20, again=name)
    search(3, 0.2)
    (made,) = inspecting.propose_lots(field, INSPECTOR, "t2", STATED, unit_m=20, again=name)
    assert made["after"] == name and made["level"] == "tightened"
