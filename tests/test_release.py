"""Release: proposed from records, blocked, signed by the authority, reopened by a find (S11)."""

import dataclasses
import hashlib
import json
from datetime import date, timedelta

import pytest
import shapely
from typer.testing import CliRunner

import release_world as world
from landrelease import workflows
from landrelease.apps.cli import app
from landrelease.core.revision import Revision
from landrelease.core.signature import SigningKey
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import certificates, exchange, identities, maps, releasing, sharing
from release_world import AT, DAY, EAST, FIELD, OTHER

SIGNED_AT = AT.replace(month=5)  # 2026-05-01
FOUND = date(2026, 6, 1)


@pytest.fixture
def registry(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as made:
        made.keep_setting("utc_offset_hours", "2")
        yield made


@pytest.fixture
def ready(registry, tmp_path):
    """A registry with a field that was cleared and inspected; the keys of Ana and Ivo."""
    ana, ivo = world.keys(registry, tmp_path)
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", FIELD)
    world.cleared(registry, "h1", FIELD)
    world.inspection(registry, "h1", ana)
    return registry, ana, ivo


def propose(registry, hazard="h1", *, at=SIGNED_AT, **more):
    reader = sharing.reader_of(registry, "authority")
    return releasing.propose(registry, hazard, reader, workflows.load_assumptions(None, registry),
                             by="Ana", now=at, **more)


def answered(registry, folder, hazard="h1", *, at=SIGNED_AT, no=(), skip=(), **more):
    """A proposal whose open items a person answered."""
    first = propose(registry, hazard, at=at, **more)
    return propose(registry, hazard, at=at + timedelta(minutes=1),
                   answers=world.answers(first, folder / "answers.csv", no=no, skip=skip), **more)


def release(registry, folder, key, hazard="h1", *, at=SIGNED_AT, **more):
    made = answered(registry, folder, hazard, at=at, **more)
    assert not made.blocking, made.blocking
    return releasing.sign(registry, made, key, now=at + timedelta(hours=1))


def states(made):
    return {a["id"]: a["state"] for a in made.document["checklist"]["items"]}


def standing(registry):
    return {r.id: r.value("status") for r in workflows.hazards_that_stand(registry)}


def mine(registry, record_id="mine-9", place=None, *, hours=24 * 60, **values):
    place = FIELD.centroid if place is None else place
    world.record(registry, "item", record_id, place, hours=hours, **({
        "ordnance_category": "ap_mine_blast", "found_on": FOUND} | values))


# --- proposals ---------------------------------------------------------------------------------


def test_a_cleared_and_inspected_field_waits_only_for_what_persons_answer(ready):
    registry, _, _ = ready
    made = propose(registry)
    found = states(made)
    assert {i for i, s in found.items() if s == "open"} == {
        "boundary_marked", "community_informed", "documents_complete"}
    assert set(found.values()) == {"met", "open"}
    d = made.document
    assert (d["outcome"], d["depth_m"], d["methods"]) == ("cleared", 0.2, ["manual"])
    assert d["says"] == "evidence not complete" and "authority" in d["decides"]
    assert d["hands"] == [["team-a", "d1"]] and d["chain_head"]
    assert {"h1", "o-h1-1", "a-h1-1", "i-h1-1", "t-h1-1", "g-h1-1"} <= set(d["evidence"])
    assert d["evidence"]["o-h1-1"] == list(registry.tips("o-h1-1"))
    assert registry.audit() == []


def test_safety_S12_the_residual_statement_carries_its_interval(ready):
    registry, _, _ = ready
    words = " ".join(propose(registry).document["residual_statement"])
    assert "chance that nothing is left" in words and "interval" in words and "prior" in words


def test_safety_S09_nothing_is_signed_while_an_item_is_open_or_denied(ready, tmp_path):
    registry, ana, _ = ready
    with pytest.raises(LandReleaseError, match=r"REL-011.*boundary_marked"):
        releasing.sign(registry, propose(registry), ana, now=SIGNED_AT)
    denied = answered(registry, tmp_path, no=("community_informed",))
    with pytest.raises(LandReleaseError, match=r"REL-011.*community_informed"):
        releasing.sign(registry, denied, ana, now=SIGNED_AT)
    assert standing(registry) == {"h1": "open"}


def test_safety_S09_only_the_authority_signs(ready, tmp_path):
    registry, _, ivo = ready
    made = answered(registry, tmp_path)
    with pytest.raises(LandReleaseError, match=r"REL-010.*deminer"):
        releasing.sign(registry, made, ivo, now=SIGNED_AT + timedelta(hours=1))
    # A word that somebody adds to a person's record gives no right.
    person = identities.owner(registry, ivo)
    said = registry.history(person)[-1].revision
    registry.append([dataclasses.replace(
        said, values={**said.values, "role": "authority"}, signed_by="", signature="",
        follows=(), commitments={}, recorded_at=SIGNED_AT)])
    with pytest.raises(LandReleaseError, match=r"REL-010.*deminer"):
        releasing.sign(registry, made, ivo, now=SIGNED_AT + timedelta(hours=1))
    assert standing(registry) == {"h1": "open"}


def test_safety_S09_what_changed_since_has_to_be_proposed_again(ready, tmp_path):
    registry, ana, _ = ready
    made = answered(registry, tmp_path)
    mine(registry, hours=1, disposal="destroyed", found_on=DAY)
    with pytest.raises(LandReleaseError, match=r"REL-012.*mine-9 is new"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
    assert standing(registry) == {"h1": "open"}
    again = answered(registry, tmp_path, at=SIGNED_AT + timedelta(hours=2))
    releasing.sign(registry, again, ana, now=SIGNED_AT + timedelta(hours=3))
    with pytest.raises(LandReleaseError, match="REL-013"):
        releasing.sign(registry, again, ana, now=SIGNED_AT + timedelta(hours=4))
    assert standing(registry) == {}


def test_safety_S09_a_proposal_that_was_changed_is_refused(ready, tmp_path):
    registry, _, _ = ready
    made = propose(registry)
    path = tmp_path / "proposal.json"
    path.write_bytes(made.content.replace(b'"state": "open"', b'"state": "met"'))
    with pytest.raises(LandReleaseError, match="REL-007"):
        releasing.load_proposal(registry, str(path))
    path.write_bytes(b'{"nonce": 1}')
    with pytest.raises(LandReleaseError, match="REL-006"):
        releasing.load_proposal(registry, str(path))
    path.write_bytes(made.content)
    assert releasing.load_proposal(registry, str(path)).id == made.id
    assert releasing.load_proposal(registry, made.id).blocking == made.blocking


def test_safety_S09_a_signature_covers_the_evidence(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    (outcome,) = [r for r in registry.records("outcome") if r.id.startswith("release-outcome-")]
    stored = registry.history(outcome.id)[-1]
    proposal = json.loads(registry.source_content(stored.revision.source))
    assert proposal["evidence"]["i-h1-1"] == list(registry.tips("i-h1-1"))
    assert stored.revision.source.encode() in stored.revision.signable()
    assert name == f"release-{stored.revision.source[:12]}"
    verdict = identities.verdicts(registry, outcome.id)[stored.hash]
    assert verdict.standing == "verified" and registry.audit() == []


def test_safety_S07_what_only_a_machine_searched_cannot_be_proposed_as_cleared(ready, tmp_path):
    registry, _, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", OTHER, method="mechanical", follow_up="open")
    with pytest.raises(LandReleaseError, match=r"REL-004.*o-h2-1.*S07"):
        propose(registry, "h2", outcome="cleared")
    world.record(registry, "outcome", "o-h2-1", OTHER, hours=2, outcome_type="cleared",
                 method="mechanical then manual", follow_up="done", depth_m=0.2, hazard="h2",
                 activity="a-h2-1", information_date=DAY)
    assert states(propose(registry, "h2", outcome="cleared"))["machine_followed_up"] == "met"


def test_safety_S08_days_in_spite_of_the_gate_block_until_the_authority_reviewed(ready, tmp_path):
    registry, ana, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", OTHER, gate=False)
    made = answered(registry, tmp_path, "h2")
    assert states(made)["gate_credit"] == "not_met"
    assert made.document["gate"] == {"days_in_spite": 1, "without_credit": 1}
    with pytest.raises(LandReleaseError, match=r"REL-011.*gate_credit"):
        releasing.sign(registry, made, ana, now=SIGNED_AT)
    identities.sign_off(registry, ["a-h2-1"], "authority", reason="says so", by="Ivo", now=AT)
    assert states(propose(registry, "h2"))["gate_credit"] == "not_met"
    identities.sign_off(registry, ["a-h2-1"], "authority", reason="reviewed", key=ana,
                        now=SIGNED_AT)
    assert states(propose(registry, "h2"))["gate_credit"] == "met"


def test_safety_S09_an_inspection_that_nobody_signed_does_not_count(ready):
    registry, _, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", OTHER)
    world.record(registry, "inspection", "i-h2", outcomes=["o-h2-1"], result="accepted")
    assert states(propose(registry, "h2"))["inspected"] == "not_met"


def test_a_nonconformity_blocks_until_it_is_corrected(ready):
    registry, ana, _ = ready
    world.inspection(registry, "h1", ana, number=2, outcomes=["o-h1-1"], result="conditional",
                     nonconformity_type="marking", nonconformity_severity="minor")
    assert states(propose(registry))["nonconformities_closed"] == "not_met"
    world.inspection(registry, "h1", ana, number=2, outcomes=["o-h1-1"], result="conditional",
                     nonconformity_type="marking", nonconformity_severity="minor",
                     corrected_on=DAY)
    assert states(propose(registry))["nonconformities_closed"] == "met"


@pytest.mark.parametrize(("said", "state"), [
    ({"nonconformity_severity": "critical"}, "not_met"),  # of a type that nobody reported
    ({"nonconformity_severity": "major", "corrected_on": DAY}, "not_met"),  # the operator's word
    ({"nonconformity_type": "marking", "corrected_on": DAY}, "not_met"),  # severity not reported
    ({"nonconformity_severity": "major", "corrected_on": DAY, "closed_on": DAY}, "met"),
    ({"nonconformity_severity": "major", "closed_on": DAY}, "not_met"),  # no measure
    ({"nonconformity_severity": "major", "corrected_on": DAY + timedelta(days=1),
      "closed_on": DAY}, "not_met"),
    ({"nonconformity_severity": "major", "corrected_on": DAY - timedelta(days=1),
      "closed_on": DAY}, "not_met"),  # before it was found
    ({"nonconformity_severity": "minor", "corrected_on": DAY - timedelta(days=1)}, "not_met"),
    # What is dated after the day of the proposal (1 May) has not happened.
    ({"nonconformity_severity": "major", "corrected_on": DAY, "closed_on": date(2026, 5, 2)},
     "not_met"),
    ({"nonconformity_severity": "minor", "corrected_on": date(2026, 5, 2)}, "not_met"),
    ({"nonconformity_severity": "none"}, "met")])
def test_what_is_open_for_the_list_is_open_for_a_release(ready, said, state):
    registry, _, _ = ready
    world.record(registry, "inspection", "visit-1", outcomes=["o-h1-1"], inspected_on=DAY,
                 inspection_part="visit", inspection_type="monitoring", **said)
    assert states(propose(registry))["nonconformities_closed"] == state


@pytest.mark.parametrize("said", [{"visit_refused": "yes"}, {"result": "refused"}])
def test_a_refused_visit_blocks_until_a_visit_was_made(ready, said):
    registry, _, _ = ready
    day = DAY + timedelta(days=3)
    visit = {"inspection_part": "visit", "inspection_type": "monitoring", "task": "t-h1-1"}
    world.record(registry, "inspection", "visit-1", inspected_on=day, **visit, **said)
    made = propose(registry)
    assert states(made)["nonconformities_closed"] == "not_met"
    world.record(registry, "inspection", "visit-1", inspected_on=day, corrected_on=day,
                 closed_on=day, **visit, **said)
    made = propose(registry)  # that somebody wrote a day of a measure is no visit
    assert states(made)["nonconformities_closed"] == "not_met"
    assert any("visit was refused" in b and "visit-1" in b for b in made.blocking)
    for days, more, state in ((-1, {}, "not_met"), (1, {"visit_refused": "yes"}, "not_met"),
                              (1, {}, "met")):
        world.record(registry, "inspection", "visit-2", hours=1,
                     inspected_on=day + timedelta(days=days), **visit | more)
        assert states(propose(registry))["nonconformities_closed"] == state


def test_safety_S12_nobodys_word_takes_the_place_of_the_statement_of_what_may_remain(
        ready, tmp_path, monkeypatch):
    from landrelease.errors import RESIDUAL_NO_AREA
    from landrelease.workflows import risk

    def fails(*_, **__):
        raise LandReleaseError(RESIDUAL_NO_AREA, hazard="h1", problem="it cannot be computed")

    registry, ana, _ = ready
    monkeypatch.setattr(risk, "residual_of_hazard", fails)
    made = answered(registry, tmp_path)
    assert states(made)["residual_stated"] == "open"
    with pytest.raises(LandReleaseError, match=r"REL-011.*residual_stated"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))


def _failed_test(registry, ana, ivo):
    world.record(registry, "detector", "d1", team="team-a", tested_on=DAY, test_result="failed",
                 information_date=DAY, hours=300)
    return "gate_credit"


def _closure(registry, ana, ivo):
    world.record(registry, "closure", "closed", FIELD, hours=300, closure_reason="security")
    return "gate_credit"


def _withdrawn(registry, ana, ivo):
    world.signed_record(registry, "accreditation", "acc", ana, hours=300, team="team-a",
                        scope="manual_clearance", accreditation_status="withdrawn",
                        granted_on=date(2026, 1, 1), expires_on=date(2026, 12, 31))
    return "gate_credit"


def _deeper(registry, ana, ivo):
    registry.load_extension(
        "name: Deeper\nversion: '1'\nthresholds:\n  - {name: required_depth_m, value: 0.5, "
        "unit: m, definition: Depth of clearance., source: National standard}\n")
    return "searched_to_depth"


@pytest.mark.parametrize("change", [_failed_test, _closure, _withdrawn, _deeper])
def test_safety_S08_what_the_gates_and_settings_say_is_asked_again_at_the_signature(
        ready, tmp_path, change):
    registry, ana, ivo = ready
    if change is _deeper:  # the area states no depth of its own
        world.record(registry, "hazard", "h1", FIELD, hours=2, identifier="H1", status="open",
                     hazard_type="CHA", information_date=date(2026, 3, 1))
    made = answered(registry, tmp_path)
    assert not made.blocking
    item = change(registry, ana, ivo)
    with pytest.raises(LandReleaseError, match=f"REL-012.*{item}"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
    assert standing(registry) == {"h1": "open"}


def test_safety_S09_an_inspectors_key_that_ended_before_is_seen_at_the_signature(
        registry, tmp_path):
    ana, _ = world.keys(registry, tmp_path)
    ida = identities.create_identity(registry, tmp_path / "ida.pem", name="Ida", by="x",
                                     role="inspector", voucher=ana, now=AT - timedelta(days=40))
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", FIELD)
    world.cleared(registry, "h1", FIELD)
    world.inspection(registry, "h1", identities.read_key(tmp_path / "ida.pem", None))
    made = answered(registry, tmp_path)
    assert not made.blocking
    identities.revoke(registry, ida.person, by="Ana", reason="lost",
                      last_day=(AT - timedelta(days=1)).date(),
                      now=SIGNED_AT + timedelta(minutes=30))
    with pytest.raises(LandReleaseError, match=r"REL-012.*inspected"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))


def test_an_item_that_is_still_there_and_one_found_after_the_search_block(ready):
    registry, _, _ = ready
    mine(registry, found_on=DAY, disposal="left_marked")
    assert states(propose(registry))["finds_dealt_with"] == "not_met"
    mine(registry, found_on=DAY, disposal="destroyed")
    assert states(propose(registry))["finds_dealt_with"] == "met"
    mine(registry, found_on=DAY + timedelta(days=5), disposal="destroyed")
    made = propose(registry)
    assert states(made)["finds_dealt_with"] == "not_met" and any("again" in b
                                                                 for b in made.blocking)


@pytest.mark.parametrize(("ground", "values", "words"), [
    (OTHER, {"depth_m": 0.1}, "searched to 0.1 m"),
    (shapely.box(17.01, 44, 17.0105, 44.001), {}, "without a search to 0.2 m"),
    (OTHER, {"information_date": date(2025, 1, 1)}, "before 2026-03-01"),
    (OTHER, {"method": "visual"}, "a visual search has no depth"),
])
def test_less_depth_less_ground_and_an_earlier_search_do_not_count(ready, ground, values, words):
    registry, _, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", ground, **values)
    made = propose(registry, "h2", outcome="cleared")
    assert states(made)["searched_to_depth"] == "not_met"
    assert any(words in b for b in made.blocking)


def test_safety_S11_a_find_on_other_ground_of_the_same_work_puts_its_search_in_doubt(
        ready, tmp_path):
    registry, ana, _ = ready
    release(registry, tmp_path, ana, ground=world.shape_file(tmp_path / "east.geojson", EAST))
    made = answered(registry, tmp_path, "h1/2")
    assert not made.blocking
    mine(registry, place=EAST.centroid, disposal="destroyed")  # on what was released already
    with pytest.raises(LandReleaseError, match=r"REL-012.*mine-9 is new"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=9))
    again = propose(registry, "h1/2")
    assert states(again)["finds_dealt_with"] == "not_met"
    assert any("missed what was found later" in b for b in again.blocking)
    assert again.document["items"] == []  # it is not on this ground
    day = date(2026, 6, 20)
    world.cleared(registry, "h1/2", FIELD.difference(EAST), day=day, number=2)
    later = propose(registry, "h1/2", at=SIGNED_AT + timedelta(days=60))
    assert states(later)["finds_dealt_with"] == "met"


@pytest.fixture
def unproven(registry, tmp_path):
    """A field that was cleared and inspected, of whose coverage nothing is on record."""
    ana, _ = world.keys(registry, tmp_path)
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", FIELD)
    world.cleared(registry, "h1", FIELD, proof=False)
    world.inspection(registry, "h1", ana)
    return registry, ana


def test_safety_S05_nobodys_word_takes_the_place_of_a_proof_of_coverage(unproven, tmp_path):
    registry, ana = unproven
    made = answered(registry, tmp_path)
    assert states(made)["coverage_gaps"] == "open" and made.document["says"] == (
        "evidence not complete")
    with pytest.raises(LandReleaseError, match=r"REL-011.*coverage_gaps"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))


def test_safety_S09_nobodys_word_takes_the_place_of_an_inspection(ready, tmp_path):
    registry, ana, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", OTHER)
    made = answered(registry, tmp_path, "h2")
    assert states(made)["inspected"] == "open"
    with pytest.raises(LandReleaseError, match=r"REL-011.*inspected"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))


@pytest.mark.parametrize(("hole_m", "state"), [(0.05, "not_met"), (0.005, "met")])
def test_safety_S05_no_hole_into_which_a_mine_fits_is_too_small_to_tell(registry, tmp_path, hole_m,
                                                                       state):
    ana, _ = world.keys(registry, tmp_path)
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", FIELD)
    hole = shapely.Point(17.0004, 44.0004).buffer(hole_m / 111_000 / 2)
    world.cleared(registry, "h1", FIELD.difference(hole))
    assert states(propose(registry))["searched_to_depth"] == state


def test_safety_S05_gaps_of_the_proof_of_coverage_block(unproven, tmp_path):
    registry, _ = unproven
    gap = shapely.box(17.0002, 44.0002, 17.00021, 44.00021)
    made = propose(registry, gaps=world.shape_file(tmp_path / "gaps.geojson", gap))
    assert states(made)["coverage_gaps"] == "not_met"
    (tmp_path / "none.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    # A file does not say of which work it is; a proof on record does.
    assert states(propose(registry, gaps=tmp_path / "none.geojson"))["coverage_gaps"] == "open"


def test_safety_S09_a_lot_that_a_deminer_accepted_is_not_inspected(registry, tmp_path):
    ana, ivo = world.keys(registry, tmp_path)
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", FIELD)
    world.cleared(registry, "h1", FIELD)
    world.inspection(registry, "h1", ivo)
    assert states(propose(registry))["inspected"] == "not_met"


def test_safety_S05_only_ground_that_proofs_on_record_cover_counts_as_searched(unproven):
    registry, _ = unproven
    assert states(propose(registry))["coverage_gaps"] == "open"
    hole = shapely.box(17.0002, 44.0002, 17.00025, 44.00025)
    world.record(registry, "coverage", "coverage-1", FIELD.difference(hole), hours=300,
                 task="t-h1-1", activity="a-h1-1", coverage_by="manual",
                 proven_by="measured_lanes", confidence=0.95)
    made = propose(registry)
    assert states(made)["coverage_gaps"] == states(made)["searched_to_depth"] == "not_met"
    assert made.document["coverage_proof"]["records"] == ["coverage-1"]
    assert "coverage-1" in made.document["evidence"], "a proof that changes asks for a new proposal"
    world.record(registry, "coverage", "coverage-1", FIELD, hours=301, task="t-h1-1",
                 activity="a-h1-1", coverage_by="manual",
                 proven_by="measured_lanes", confidence=0.95)
    whole = states(propose(registry))
    assert whole["coverage_gaps"] == whole["searched_to_depth"] == "met"


def test_safety_S01_a_row_in_quarantine_that_touches_the_ground_blocks(ready, tmp_path):
    registry, _, _ = ready
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"id": "Q", "slope_deg": "steep"},
         "geometry": shapely.geometry.mapping(shapely.box(17.0009, 44, 17.002, 44.001))}]}))
    workflows.import_files(registry, [path], kind="hazard")
    made = propose(registry)
    assert states(made)["quarantine_clear"] == "not_met"
    assert made.document["quarantine"][0]["number"] == 1


def test_direct_evidence_and_finds_speak_against_cancelling(ready):
    registry, _, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.record(registry, "activity", "nts", OTHER.centroid, activity_type="NTS", hazard="h2",
                 activity_status="completed", started_on=DAY, ended_on=DAY)
    assert states(propose(registry, "h2", outcome="cancelled"))["survey_done"] == "met"
    world.record(registry, "evidence", "e1", OTHER.centroid, evidence_type="direct", hazard="h2",
                 says="contaminated")
    mine(registry, "m2", OTHER.centroid, disposal="destroyed", found_on=DAY)
    found = states(propose(registry, "h2", outcome="cancelled"))
    assert found["no_direct_evidence"] == found["finds_dealt_with"] == "not_met"


def test_safety_S02_ground_outside_the_boundary_is_a_class_of_its_own(ready, tmp_path):
    registry, _, _ = ready
    wide = shapely.box(17.0005, 44.0, 17.002, 44.001)
    made = propose(registry, ground=world.shape_file(tmp_path / "wide.geojson", wide))
    ground = shapely.from_wkb(made.document["ground_wkb"])
    assert FIELD.covers(ground) and ground.equals(EAST)
    assert made.document["outside_recorded_m2"] == pytest.approx(8_900, rel=0.02)
    far = shapely.box(18, 44, 18.001, 44.001)
    with pytest.raises(LandReleaseError, match="REL-003"):
        propose(registry, ground=world.shape_file(tmp_path / "far.geojson", far))
    with pytest.raises(LandReleaseError, match="REL-002"):
        propose(registry, "nowhere")


# --- decisions ---------------------------------------------------------------------------------


def test_a_part_is_released_with_its_line_of_descent(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana,
                   ground=world.shape_file(tmp_path / "east.geojson", EAST))
    assert standing(registry) == {"h1/2": "open"}
    (left,) = workflows.hazards_that_stand(registry)
    assert left.geometry.union(EAST).equals(FIELD) and left.value("descent") == "remainder"
    found = certificates.find_release(registry, name)
    assert (found.status, found.hazard, found.decided_on) == (
        "valid", "h1/1", SIGNED_AT.date())
    assert found.ground.equals(EAST) and registry.audit() == []
    # The rest follows, with what is on record of the whole.
    release(registry, tmp_path, ana, "h1/2", at=SIGNED_AT + timedelta(days=1))
    assert standing(registry) == {}


def test_safety_S01_a_spot_that_is_left_out_stays_hazardous_however_small(ready, tmp_path):
    registry, ana, _ = ready
    spot = shapely.Point(17.0004, 44.0004).buffer(3e-6)  # some 0.3 m across
    release(registry, tmp_path, ana, ground=world.shape_file(
        tmp_path / "part.geojson", FIELD.difference(spot)))
    (left,) = workflows.hazards_that_stand(registry)
    assert left.geometry.covers(spot.buffer(-1e-9))


def test_safety_S09_an_unsigned_closing_changes_nothing(ready):
    registry, _, _ = ready
    world.record(registry, "hazard", "h1", FIELD, hours=5, status="closed")
    assert standing(registry) == {"h1": "open"}


# --- reopening ---------------------------------------------------------------------------------


def test_safety_S11_a_find_reopens_released_land(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    assert certificates.find_release(registry, name).status == "valid"
    mine(registry)
    assert standing(registry) == {"h1": "reopened"}  # before anything was recorded
    found = certificates.find_release(registry, name)
    assert found.status == "reopened" and "mine-9" in found.why[0]
    (again,) = certificates.record_reopenings(registry, now=SIGNED_AT + timedelta(days=60))
    assert again.values["hazard_type"] == "CHA" and "mine-9" in again.values["status_reason"]
    assert certificates.record_reopenings(registry) == []
    assert standing(registry) == {"h1": "reopened"} and registry.audit() == []
    assert registry.history("h1")[-1].revision.signature == ""


def test_safety_S11_a_find_on_its_way_in_is_recorded_at_once(ready, tmp_path):
    registry, ana, _ = ready
    release(registry, tmp_path, ana)
    path = tmp_path / "items.csv"
    path.write_text("identifier,ordnance_category,found_on,latitude,longitude\n"
                    "X1,ap_mine_blast,2026-06-01,44.0005,17.0005\n")
    registry.close()
    found = CliRunner().invoke(app, ["import", str(path), "--into", str(tmp_path / "r.gpkg"),
                                     "--kind", "item", "--crs", "EPSG:4326"])
    assert found.exit_code == 1 and "REOPENED h1" in found.output, found.output
    from landrelease.store.open import open_registry

    with open_registry(tmp_path / "r.gpkg") as again:
        assert again.history("h1")[-1].revision.values["status"] == "reopened"


def test_safety_S11_a_find_in_quarantine_reopens_until_a_person_decides(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    path = tmp_path / "items.csv"
    path.write_text("identifier,ordnance_category,quantity,latitude,longitude\n"
                    "X1,ap_mine_blast,many,44.0005,17.0005\n")
    workflows.import_files(registry, [path], kind="item", crs="EPSG:4326")
    assert len(registry.quarantine()) == 1
    assert standing(registry) == {"h1": "reopened"}
    found = certificates.find_release(registry, name)
    assert found.status == "reopened" and "row-1-in-quarantine" in found.why[0]
    assert certificates.record_reopenings(registry) == []
    workflows.reject_quarantined(registry, 1, "a typing error, checked on the ground")
    assert standing(registry) == {} and certificates.find_release(registry, name).status == "valid"


WAITING = {  # what a row says of its place, and how its file is imported
    "WKT in a cell": ("geometry", "POINT (17.0005 44.0005)", "EPSG:4326"),
    "degrees, minutes": ("latitude,longitude", "44°00'01.8\"N,17°00'01.8\"E", "EPSG:4326"),
    "a map grid": ("easting,northing", "660388.15,4873873.84", "EPSG:32633"),
    "no datum": ("latitude,longitude", "44.0003,17.0015", ""),  # 40 m beside it
    "axes exchanged": ("latitude,longitude", "17.0005,44.0005", "EPSG:4326"),
    "near, as finds are off": ("geometry", "POINT (17.00108 44.0005)", "EPSG:4326"),  # 6 m
    "near, as it says": ("geometry,position_accuracy_m", "POINT (17.0015 44.0005),60", "EPSG:4326"),
    "the area's name alone": ("geometry,hazard", ",h1", "EPSG:4326"),
}


def waiting_item(registry, folder, columns, cells, crs):
    import csv

    world.record(registry, "administrative_area", "d", shapely.box(16.9, 43.9, 17.1, 44.1),
                 name="District")
    path = folder / "items.csv"
    with path.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(["identifier", "ordnance_category", "quantity", *columns.split(",")])
        rows.writerow(["X1", "ap_mine_blast", "many", *cells.split(",")])
    workflows.import_files(registry, [path], kind="item", crs=crs)
    (entry,) = registry.quarantine()
    return entry


@pytest.mark.parametrize(("columns", "cells", "crs"), WAITING.values(), ids=WAITING)
def test_safety_S11_a_find_that_waits_counts_however_its_file_says_the_place(
        ready, tmp_path, columns, cells, crs):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    entry = waiting_item(registry, tmp_path, columns, cells, crs)
    assert entry.row.geometry_wkt == "", "the place stands in the cells alone"
    assert standing(registry) == {"h1": "reopened"}
    assert certificates.find_release(registry, name).status == "reopened"
    workflows.reject_quarantined(registry, entry.number, "a typing error, checked on the ground")
    assert standing(registry) == {} and certificates.find_release(registry, name).status == "valid"


@pytest.mark.parametrize(("columns", "cells", "crs"), WAITING.values(), ids=WAITING)
def test_safety_S01_a_find_that_waits_blocks_however_its_file_says_the_place(
        ready, tmp_path, columns, cells, crs):
    registry, ana, _ = ready
    made = answered(registry, tmp_path)
    entry = waiting_item(registry, tmp_path, columns, cells, crs)
    with pytest.raises(LandReleaseError, match=r"REL-012.*in quarantine is new"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
    again = answered(registry, tmp_path, at=SIGNED_AT + timedelta(hours=2))
    assert [w["number"] for w in again.document["quarantine"]] == [entry.number]
    with pytest.raises(LandReleaseError, match=r"REL-011.*quarantine_clear"):
        releasing.sign(registry, again, ana, now=SIGNED_AT + timedelta(hours=3))
    assert standing(registry) == {"h1": "open"}


@pytest.mark.parametrize("cell", [
    "POLYGON ((17.0009 44.0001, 17.002 44.0001, 17.002 44.0004, 17.0009 44.0004, 17.0009 44.0001))",
    "POLYGON ((17.0009 44.0001, 17.002 44.0004, 17.002 44.0001, 17.0009 44.0004, 17.0009 44.0001))",
], ids=["sound", "crosses itself"])
def test_safety_S01_a_hazard_that_waits_with_its_outline_in_a_cell_blocks(ready, tmp_path, cell):
    registry, _, _ = ready
    path = tmp_path / "areas.csv"
    path.write_text(f'id,slope_deg,wkt\nQ,steep,"{cell}"\n')
    workflows.import_files(registry, [path], kind="hazard", crs="EPSG:4326")
    assert states(propose(registry))["quarantine_clear"] == "not_met"


@pytest.mark.parametrize(("form", "answers", "counts"), [
    ("landrelease_item", {"/place": "44.0005 17.0005 0 3"}, (True, True)),
    ("landrelease_item", {"/place": "44.0005 17.00108 0.0 NaN"}, (True, True)),  # 6 m beside it
    ("landrelease_item", {"/place": "44.2 17.2 0 3"}, (False, False)),
    ("landrelease_item", {"/hazard": "h1"}, (True, True)),
    ("landrelease_nts", {"/hazard[1]/place": "44 16.999 0 3; 44 17.002 0 3; 44.002 17 0 3"},
     (True, False)),
    ("an unknown form", {"/where": "44.0005 17.0005"}, (True, False))])
def test_safety_S11_a_submission_that_waits_as_a_whole_counts_where_its_answers_say(
        ready, tmp_path, form, answers, counts):
    from landrelease.core.finding import Finding
    from landrelease.workflows import submissions

    registry, ana, _ = ready
    blocks, reopens = counts

    def wait():
        submissions._wait_row(registry, "s.xml", b"<s/>", {
            "source_type": "form_submission", "title": form, "source_label": f"{form} uuid:1"},
            answers, Finding("FRM-021", "s.xml", 1, "", form, "Why.", "How.", "quarantined"))

    release(registry, tmp_path, ana)
    wait()
    assert standing(registry) == ({"h1": "reopened"} if reopens else {})
    world.hazard(registry, "h1b", FIELD.buffer(-1e-5))
    (entry,) = registry.quarantine()
    made = propose(registry, "h1b", at=SIGNED_AT + timedelta(days=1))
    named = "/hazard" in answers  # of another area: it says nothing of this one
    assert (states(made)["quarantine_clear"] == "not_met") is (blocks and not named)
    workflows.reject_quarantined(registry, entry.number, "a trial")
    assert "reopened" not in standing(registry).values()


def test_a_waiting_row_far_away_or_of_another_area_blocks_nothing(ready, tmp_path):
    registry, _, _ = ready
    path = tmp_path / "items.csv"
    path.write_text("identifier,ordnance_category,quantity,hazard,geometry\n"
                    "X1,ap_mine_blast,many,h1,POINT (17.2 44.2)\n"
                    "X2,ap_mine_blast,many,h2,\n")
    workflows.import_files(registry, [path], kind="item", crs="EPSG:4326")
    assert len(registry.quarantine()) == 2
    assert states(propose(registry))["quarantine_clear"] == "met"


def test_safety_S11_a_find_without_a_place_reopens_all_parts_of_the_area_that_it_names(
        ready, tmp_path):
    registry, ana, _ = ready
    release(registry, tmp_path, ana, ground=world.shape_file(tmp_path / "east.geojson", EAST))
    world.record(registry, "accident", "acc-1", hours=24 * 60, information_date=FOUND, hazard="h1")
    assert standing(registry) == {"h1/2": "open"}, "the part that is hazardous anyway is likelier"
    world.record(registry, "accident", "acc-1", hours=24 * 61, information_date=FOUND,
                 hazard="nowhere")
    identities.sign_off(registry, ["acc-1"], "authority", reason="of another area", key=ana)
    release(registry, tmp_path, ana, "h1/2", at=SIGNED_AT + timedelta(days=1))
    assert standing(registry) == {}
    world.record(registry, "accident", "acc-2", hours=24 * 62, information_date=FOUND, hazard="h1")
    assert standing(registry) == {"h1/1": "reopened", "h1/2": "reopened"}


def test_safety_S11_the_same_in_postgresql(postgres_address, tmp_path):
    with create_registry(postgres_address, office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, tmp_path)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", FIELD)
        world.cleared(registry, "h1", FIELD)
        world.inspection(registry, "h1", ana)
        name = release(registry, tmp_path, ana,
                       ground=world.shape_file(tmp_path / "east.geojson", EAST))
        assert standing(registry) == {"h1/2": "open"}
        mine(registry, place=EAST.centroid)
        assert [r.id for r in certificates.record_reopenings(registry)] == ["h1/1"]
        assert certificates.find_release(registry, name).status == "reopened"
        assert certificates.certificate(registry, name)[1].startswith(b"%PDF")
        assert registry.audit() == []


@pytest.mark.parametrize(("kind", "values", "reopens"), [
    ("item", {"ordnance_category": "ap_mine_blast", "found_on": FOUND}, True),
    ("item", {"ordnance_category": "ap_mine_blast"}, True),  # no day: recorded after the decision
    ("item", {"ordnance_category": "small_arms_ammunition", "found_on": FOUND}, False),
    # Before the decision, by the search: reported late, and on record as gone.
    ("item", {"ordnance_category": "mortar_bomb", "found_on": DAY, "disposal": "destroyed"}, False),
    # Nobody says that it is gone: it would have kept the ground from being signed (S12).
    ("item", {"ordnance_category": "mortar_bomb", "found_on": DAY}, True),
    ("item", {"ordnance_category": "mortar_bomb", "found_on": DAY, "disposal": "found"}, True),
    ("accident", {"accident_class": "ordnance_accident", "information_date": FOUND}, True),
])
def test_safety_S11_what_reopens_and_what_does_not(ready, tmp_path, kind, values, reopens):
    registry, ana, _ = ready
    release(registry, tmp_path, ana)
    world.record(registry, kind, "f1", FIELD.centroid, hours=24 * 60, **values)
    assert standing(registry) == ({"h1": "reopened"} if reopens else {})


def other_office(registry, folder, ana):
    """Another office, with what the first has sent it, where somebody vouched for Ana; and how each
    sends the other its records."""
    other = create_registry(folder / "b.gpkg", office="B")
    other.keep_setting("utc_offset_hours", "2")

    def send(sender, to, at):
        name = folder / f"{sender.office}{at:%m%d}.lrx"
        exchange.pack(sender, name, key=SigningKey.from_seed(sender.office.encode() * 32), now=at)
        exchange.unpack(to, name, by="x", now=at, accept_key=True)

    send(registry, other, AT + timedelta(days=5))
    identities.create_identity(other, folder / "eva.pem", name="Eva", by="x", role="authority",
                               now=AT + timedelta(days=6))
    identities.vouch(other, identities.owner(registry, ana),
                     identities.read_key(folder / "eva.pem", None), role="authority",
                     since=AT.date() - timedelta(days=60), now=AT + timedelta(days=6))
    return other, send


@pytest.mark.parametrize(("values", "status"), [
    ({"disposal": "found"}, "reopened"), ({}, "reopened"), ({"disposal": "destroyed"}, "valid")])
def test_safety_S11_what_another_office_knew_before_the_decision_speaks_against_it(
        ready, tmp_path, values, status):
    """Known is what an office has recorded or has been sent (rule 5 of the design): an item that
    another one recorded before the signature, and sends after it, was in front of nobody."""
    registry, ana, _ = ready
    other, send = other_office(registry, tmp_path, ana)
    with other:
        name = release(registry, tmp_path, ana)
        mine(other, hours=24 * 7, found_on=DAY - timedelta(days=1), **values)
        # The other office itself, which is sent the decision without its document.
        send(registry, other, SIGNED_AT + timedelta(days=1))
        assert standing(other) == ({"h1": "reopened"} if status == "reopened" else {})
        send(other, registry, SIGNED_AT + timedelta(days=3))
    found = certificates.find_release(registry, name)
    assert found.status == status
    if status == "reopened":
        # Searches from before it came to speak against the decision do not count any more.
        again = propose(registry, at=SIGNED_AT + timedelta(days=9))
        assert states(again)["searched_to_depth"] == "not_met"


def test_what_the_deciding_office_had_before_it_reopens_nothing_at_another(ready, tmp_path):
    """A third office gets the decision and the finds behind it later than they were made."""
    registry, ana, _ = ready
    other, send = other_office(registry, tmp_path, ana)
    with other:
        mine(registry, hours=24 * 7, found_on=DAY, disposal="destroyed", activity="a-h1-1")
        mine(registry, "undated", hours=24 * 7, found_on=None, disposal="destroyed",
             activity="a-h1-1")
        name = release(registry, tmp_path, ana)
        assert certificates.find_release(registry, name).status == "valid"
        send(registry, other, SIGNED_AT + timedelta(days=1))
        assert certificates.find_release(other, name).status == "valid"
        assert standing(other) == {}


def two_fields(registry, folder, ana):
    """The certificates of two fields of the same hands, signed one after the other."""
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", OTHER)
    world.inspection(registry, "h2", ana)
    return [release(registry, folder, ana, h, at=SIGNED_AT + timedelta(days=n))
            for n, h in enumerate(("h1", "h2"))]


MISSED = {"inspection_type": "post_clearance", "inspected_on": FOUND, "result": "rejected"}
UNIT = {"inspection_part": "unit", "lot": "i-h1-1", "unit_number": 1, "inspected_on": FOUND}


@pytest.mark.parametrize(("values", "ground", "both"), [
    (MISSED | {"items_found": 1}, FIELD, True),
    (MISSED, FIELD, True),  # rejected, and not said of how many items (S12)
    (MISSED | {"items_found": 0}, FIELD, False),
    (MISSED | {"items_found": 1, "outcomes": ["o-h1-1"]}, None, True),
    (MISSED | {"items_found": 1, "task": "t-h1-1"}, None, True),
    (UNIT | {"unit_result": "item_found"}, FIELD.centroid.buffer(0.00005), True),
    (UNIT | {"unit_result": "item_found"}, None, True),
    # Nobody says its day: it counts from when it came on record.
    (MISSED | {"items_found": 1, "inspected_on": None}, FIELD, True),
])
def test_safety_S11_an_inspection_that_finds_what_was_missed_reopens_the_ground(
        ready, tmp_path, values, ground, both):
    registry, ana, _ = ready
    first, second = two_fields(registry, tmp_path, ana)
    world.record(registry, "inspection", "qc", ground, hours=24 * 60, **values)
    found = [certificates.find_release(registry, n) for n in (first, second)]
    assert [f.status for f in found] == ["reopened", "reopened" if both else "valid"]
    assert "inspection qc" in found[0].why[0]
    assert [r.id for r in certificates.record_reopenings(registry)] == (
        ["h1", "h2"] if both else ["h1"])
    # The searches that missed it count no more.
    made = propose(registry, at=SIGNED_AT + timedelta(days=60))
    assert states(made)["searched_to_depth"] == "not_met"


def test_an_inspection_that_has_its_own_ground_reads_no_reports_of_work(
        ready, tmp_path, monkeypatch):
    from landrelease.workflows import found_by_inspection

    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    monkeypatch.setattr(found_by_inspection, "_Works", None)
    world.record(registry, "inspection", "qc", FIELD, hours=24 * 60, **MISSED)
    assert certificates.find_release(registry, name).status == "reopened"


@pytest.mark.parametrize(("values", "ground"), [
    (MISSED | {"items_found": 1}, shapely.box(17.001, 44, 17.002, 44.001)),  # a neighbour's lot
    (MISSED | {"result": "accepted", "items_found": 0}, FIELD),
    (MISSED | {"inspection_part": "trial", "items_found": 4}, FIELD),
    # Searched again since, as far as it was rejected.
    (MISSED | {"items_found": 1, "inspected_on": DAY - timedelta(days=1)}, EAST),
])
def test_an_inspection_that_says_nothing_against_released_ground_reopens_none(
        ready, tmp_path, values, ground):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    world.record(registry, "inspection", "qc", ground, hours=24 * 60, **values)
    assert certificates.find_release(registry, name).status == "valid"


@pytest.mark.parametrize("day", [DAY, FOUND])
def test_safety_S11_an_acceptance_that_is_rejected_since_reopens_wherever_it_came_from(
        ready, tmp_path, day):
    """Also where a later change of the record unsays it: only an acceptance that counts does."""
    registry, ana, _ = ready
    other, send = other_office(registry, tmp_path, ana)
    with other:
        name = release(registry, tmp_path, ana)
        was = other.history("i-h1-1")[-1].revision
        at = AT + timedelta(days=7)
        for n, said in enumerate(({"result": "rejected", "items_found": 1}, {})):
            other.append([Revision(
                "inspection", "i-h1-1", {**was.values, "inspected_on": day, **said}, was.geometry,
                at + timedelta(hours=n), "x", "seen again", "", was.valid_from)])
        send(other, registry, SIGNED_AT + timedelta(days=3))
    assert certificates.find_release(registry, name).status == "reopened"


@pytest.mark.parametrize(("teams", "detectors", "reopens"), [
    (["A-1"], ["d1"], True), ([" Team-A"], [" D1 "], True), (["a-1"], ["d7"], False),
    (["A-1"], [], True),  # nobody says with which detector
    (["team-b"], ["D1"], True),  # another team with the same detector
    (["team-b"], ["d7"], False)])
def test_safety_S11_the_same_hands_are_found_however_they_are_written(
        ready, tmp_path, teams, detectors, reopens):
    registry, ana, _ = ready
    team = registry.history("team-a")[-1].revision
    registry.append([dataclasses.replace(team, values={**team.values, "identifier": "A-1"},
                                         recorded_at=AT)])
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", OTHER)
    world.inspection(registry, "h2", ana)
    work = registry.history("a-h2-1")[-1].revision
    registry.append([dataclasses.replace(work, recorded_at=AT, values={
        **work.values, "teams": teams, "detectors": detectors})])
    identities.sign_off(registry, ["a-h2-1"], "authority", reason="reviewed", key=ana,
                        now=SIGNED_AT)
    release(registry, tmp_path, ana)
    second = release(registry, tmp_path, ana, "h2", at=SIGNED_AT + timedelta(days=1))
    mine(registry)
    assert certificates.find_release(registry, second).status == (
        "reopened" if reopens else "valid")


def test_safety_S11_on_cancelled_ground_a_find_of_an_earlier_day_that_comes_late_reopens(
        ready, tmp_path):
    """Nothing was searched there: what was found before the decision, which did not know of it,
    speaks against it as much as what is found later."""
    registry, ana, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.record(registry, "activity", "nts", OTHER.centroid, activity_type="NTS", hazard="h2",
                 activity_status="completed", started_on=DAY, ended_on=DAY)
    identities.sign_off(registry, ["nts"], "authority", reason="a survey needs no gate", key=ana,
                        now=SIGNED_AT)
    release(registry, tmp_path, ana, "h2", outcome="cancelled")
    assert standing(registry) == {"h1": "open"}
    world.record(registry, "item", "late", OTHER.centroid, hours=24 * 60,
                 ordnance_category="ap_mine_blast", found_on=DAY)
    assert standing(registry) == {"h1": "open", "h2": "reopened"}


def test_safety_S11_a_find_that_may_lie_on_it_reopens_it_and_one_in_an_open_hazard_does_not(
        ready, tmp_path):
    registry, ana, _ = ready
    release(registry, tmp_path, ana)
    beside = shapely.Point(17.00105, 44.0005)  # 4 m east of the field
    mine(registry, "near", beside)
    assert standing(registry) == {"h1": "reopened"}
    world.hazard(registry, "h9", shapely.box(17.00101, 44.0, 17.002, 44.001))
    assert standing(registry) == {"h9": "open"}
    mine(registry, "named", shapely.Point(17.5, 44.5), hazard="h1")
    assert standing(registry) == {"h1": "reopened", "h9": "open"}


def test_safety_S11_what_was_released_on_the_same_grounds_reopens_with_it(ready, tmp_path):
    registry, ana, _ = ready
    world.hazard(registry, "h2", OTHER)
    world.cleared(registry, "h2", OTHER)
    world.inspection(registry, "h2", ana)
    third = shapely.box(17.02, 44, 17.021, 44.001)
    world.hazard(registry, "h3", third)
    world.cleared(registry, "h3", third)
    world.inspection(registry, "h3", ana)
    world.record(registry, "team", "team-b", organisation="Org B", members=["p1", "p2"])
    for name, day in (("h1", 1), ("h2", 2)):
        release(registry, tmp_path, ana, name, at=SIGNED_AT + timedelta(days=day))
    # The third by another team with another detector, whose gate the authority has reviewed.
    work = registry.history("a-h3-1")[-1].revision
    registry.append([dataclasses.replace(work, values={
        **work.values, "teams": ["team-b"], "detectors": ["d2"]}, recorded_at=AT)])
    identities.sign_off(registry, ["a-h3-1"], "authority", reason="reviewed", key=ana,
                        now=SIGNED_AT)
    third_name = release(registry, tmp_path, ana, "h3", at=SIGNED_AT + timedelta(days=3))
    assert standing(registry) == {}
    mine(registry)
    assert standing(registry) == {"h1": "reopened", "h2": "reopened"}
    reasons = {r.id: r.values["status_reason"] for r in workflows.hazards_that_stand(registry)}
    assert "same team and detector as h1" in reasons["h2"] and "mine-9" in reasons["h2"]
    assert certificates.find_release(registry, third_name).status == "valid"
    certificates.record_reopenings(registry)
    assert {s: r.revision.values["status"] for s in ("h1", "h2", "h3")
            for r in registry.history(s)[-1:]} == {
                "h1": "reopened", "h2": "reopened", "h3": "closed"}


def test_safety_S11_reopened_land_is_searched_again_and_released_with_the_find_in_front(
        ready, tmp_path):
    registry, ana, _ = ready
    first = release(registry, tmp_path, ana)
    mine(registry, disposal="destroyed")
    certificates.record_reopenings(registry, now=SIGNED_AT + timedelta(days=40))
    later = SIGNED_AT + timedelta(days=60)
    made = propose(registry, at=later)
    # The search that missed it does not count a second time.
    assert states(made)["searched_to_depth"] == "not_met"
    # Nor does what may remain rest on it, or on its inspection (S10).
    left = made.document["residual"]
    assert {s["stratum"] for s in left["strata"]} == {"the whole hazard"}
    assert [s["description"]["passes"] for s in left["strata"]] == [[]]
    assert {"record": "o-h1-1", "reason": f"searched before {FOUND}, when the area was reopened"
            } in left["left_out"]
    assert left["strata"][0]["description"]["pi"] == 1.0  # the find proves contamination
    effort = maps.load_effort(registry, workflows.load_assumptions(None, registry))
    assert effort.since["h1"] == FOUND
    day = date(2026, 6, 20)
    world.record(registry, "detector", "d1", team="team-a", tested_on=day, test_result="passed",
                 information_date=day, hours=world.morning(day))
    world.cleared(registry, "h1", FIELD, day=day, number=2)
    world.inspection(registry, "h1", ana, number=2, day=day)
    left = propose(registry, at=later).document["residual"]
    assert {i for s in left["strata"] for p in s["description"]["passes"]
            for i in ("o-h1-1", "o-h1-2", "i-h1-1", "i-h1-2") if i in p["evidence"]} == {
                "o-h1-2", "i-h1-2"}
    assert not any(p.get("finds") for s in left["strata"] for p in s["description"]["passes"])
    second = release(registry, tmp_path, ana, at=later)
    assert standing(registry) == {}
    assert certificates.find_release(registry, second).status == "valid"
    found = certificates.find_release(registry, first)
    assert found.status == "superseded" and second in found.why[0]


def test_safety_S11_a_revoked_certificate_shows_as_revoked_and_its_ground_reopens(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    code = certificates.find_release(registry, name).code
    with pytest.raises(LandReleaseError, match="REL-022"):
        certificates.revoke(registry, code, reason=" ", by="Ivo")
    found, again = certificates.revoke(registry, code, reason="wrong lot", by="Ivo",
                                       now=SIGNED_AT + timedelta(days=3))
    assert (found.status, found.why) == ("revoked", ("wrong lot",))
    assert [r.id for r in again] == ["h1"] and standing(registry) == {"h1": "reopened"}
    assert "revoked: wrong lot" in again[0].values["status_reason"]


def test_safety_S09_a_signed_closing_without_a_proposal_releases_nothing(registry, tmp_path):
    ana, _ = world.keys(registry, tmp_path)
    world.hazard(registry, "h1", FIELD)
    world.record(registry, "outcome", "o1", OTHER, outcome_type="cleared", hazard="lost",
                 decided_on=DAY)
    for kind, record_id in (("hazard", "h1"), ("outcome", "o1")):
        before = registry.history(record_id)[-1].revision
        said = {"status": "closed", "status_changed_on": DAY} if kind == "hazard" else {}
        registry.append([identities.sign_revision(registry, dataclasses.replace(
            before, values={**before.values, **said}, recorded_at=AT, valid_from=DAY), ana)])
    assert standing(registry) == {"h1": "not_reported"} and certificates.released(registry) == []
    land = workflows.load_land(registry, workflows.load_assumptions())
    assert [h.id for h in land.hazards] == ["h1"] and land.unverified == {"o1"}
    # A source that some file has, or a certificate under another proposal, makes it none either.
    forged = "a" * 64
    for record_id in ("h1", "o1"):
        before = registry.history(record_id)[-1].revision
        registry.append([identities.sign_revision(registry, dataclasses.replace(
            before, source=forged, signed_by="", signature="", follows=()), ana)])
    assert standing(registry) == {"h1": "not_reported"} and certificates.released(registry) == []


def test_safety_S09_the_authoritys_sign_off_releases_nothing(ready, tmp_path):
    registry, ana, _ = ready
    world.record(registry, "hazard", "old", OTHER, status="closed", hazard_type="CHA")
    world.record(registry, "handover", "c1", OTHER, handover_status="held", outcomes=["o-h1-1"])
    for record_id in ("old", "o-h1-1", "c1"):
        with pytest.raises(LandReleaseError, match=f"SIG-013.*{record_id}.*release propose"):
            identities.sign_off(registry, [record_id], "authority", reason="x", key=ana)
    identities.sign_off(registry, ["old"], "operations", reason="checked", by="Ivo")
    assert set(standing(registry)) == {"h1", "old"}
    name = release(registry, tmp_path, ana)
    # A lower level leaves a release as it is.
    identities.sign_off(registry, ["h1", name], "operations", reason="checked", by="Ivo")
    assert set(standing(registry)) == {"old"}
    assert certificates.find_release(registry, name).status == "valid"


def test_safety_S11_the_public_sees_signed_releases_in_force_and_no_other_ground(ready, tmp_path):
    registry, ana, _ = ready
    third = shapely.box(17.02, 44, 17.021, 44.001)
    world.record(registry, "outcome", "o-imported", third, outcome_type="cleared", depth_m=0.2)
    world.hazard(registry, "h9", shapely.box(17.3, 44, 17.301, 44.001))  # far from all

    def shown():
        land = workflows.load_land(registry, workflows.load_assumptions())
        found = workflows.public_ground(land, workflows.public_grid(registry, land))[1]
        return {o.id: ground for o, ground in found}

    assert shown() == {}
    name = release(registry, tmp_path, ana)
    ((outcome, ground),) = shown().items()
    assert outcome == certificates.find_release(registry, name).outcome
    assert FIELD.contains(ground)
    made = sharing.share(registry, tmp_path / "public.gpkg", sharing.reader_of(registry, None))
    assert made.layers["released_ground"] == 1
    mine(registry)
    assert shown() == {}


def test_safety_S09_a_certificate_that_nobody_signed_is_unverified(registry):
    registry.append([Revision("handover", "c1", {"handover_status": "held", "certificate": "7",
                                                 "outcomes": ["o1"]}, FIELD, AT,
                              "landrelease import", "import", "")])
    found = certificates.find_release(registry, "7")
    assert found.status == "unverified" and found.signer == ""


# --- hand-over, phase two, lookup --------------------------------------------------------------


def test_a_hand_over_unlocks_the_project_that_waits_for_it(ready, tmp_path):
    registry, ana, _ = ready
    world.record(registry, "project", "road", FIELD, hazards=["h1"], project_status="planned")
    world.record(registry, "project", "mill", OTHER, project_status="planned")
    world.record(registry, "project", "dream", project_status="planned")

    def seen():
        return {p.project: p for p in certificates.unlocked_projects(registry)}

    assert not seen()["road"].unlocked and "h1 is still hazardous" in seen()["road"].waits_for[0]
    assert seen()["mill"].unlocked and not seen()["dream"].unlocked
    name = release(registry, tmp_path, ana)
    assert not seen()["road"].unlocked and "not yet handed over" in seen()["road"].waits_for[0]
    found = certificates.hand_over(
        registry, name, ana, recipient="Mara Example", land_use="farmland",
        present={"women": 4, "men": None, "girls": 0, "boys": 2},
        now=SIGNED_AT + timedelta(days=10))
    assert found.status == "valid" and found.handed_over_on == date(2026, 5, 11)
    assert found.record.values["present_girls"] == 0 and "present_men" not in found.record.values
    assert seen()["road"].unlocked and seen()["road"].since == date(2026, 5, 11)
    assert standing(registry) == {} and registry.audit() == []
    assert all("Mara" not in str(s.revision.values) for s in registry.history(name))
    assert [v.value for v in registry.personal(name)] == ["Mara Example"]
    identities.erase_person(registry, name, by="x", reason="asked")
    assert [v.value for v in registry.personal(name)] == [None] and registry.audit() == []
    assert certificates.find_release(registry, name).status == "valid"
    mine(registry)
    assert not seen()["road"].unlocked
    with pytest.raises(LandReleaseError, match=r"REL-015.*reopened"):
        certificates.hand_over(registry, name, ana, recipient="Mara Example")


def test_safety_S14_the_public_learns_the_state_alone(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    code = certificates.find_release(registry, name).code
    mine(registry)
    registry.close()
    path = str(tmp_path / "r.gpkg")
    run = CliRunner()
    out = run.invoke(app, ["release", "lookup", path, code.lower(), "--json",
                           str(tmp_path / "s.json")])
    assert out.exit_code == 1 and "reopened" in out.output
    assert json.loads((tmp_path / "s.json").read_text()) == {"status": "reopened"}
    assert "h1" not in out.output and "mine-9" not in out.output and name not in out.output
    for record in (name, "h1"):  # who may not know of records asks by the code alone
        refused = run.invoke(app, ["release", "lookup", path, record])
        assert refused.exception.code == "REL-020" and record not in str(refused.exception)
    inside = run.invoke(app, ["release", "lookup", path, code, "--as", "inspector"])
    assert "h1" in inside.output and "mine-9" in inside.output
    wrong = run.invoke(app, ["release", "lookup", path, code[:-1] + ("0" if code[-1] != "0"
                                                                     else "1"),
                             "--as", "planner"])
    assert wrong.exit_code != 0 and isinstance(wrong.exception, LandReleaseError)
    assert wrong.exception.code == "REL-021"


def test_the_commands_from_proposal_to_list(ready, tmp_path):
    registry, _, _ = ready
    registry.close()
    path, run = str(tmp_path / "r.gpkg"), CliRunner()
    out = tmp_path / "proposal"
    first = run.invoke(app, ["release", "propose", path, "h1", "--out", str(out), "--by", "Ana"])
    assert first.exit_code == 1 and "evidence not complete" in first.output, first.output
    rows = (out / "checklist.csv").read_text().splitlines()
    (out / "checklist.csv").write_text("\n".join(
        [rows[0]] + [r[:-3] + ",yes,seen,Ana" if ",open," in r else r for r in rows[1:]]) + "\n")
    second = run.invoke(app, ["release", "propose", path, "h1", "--out", str(out), "--answers",
                              str(out / "checklist.csv"), "--as", "planner"])
    assert second.exit_code == 0 and "ready for review" in second.output, second.output
    assert "released" not in second.output.replace("not released", "")
    signed = run.invoke(app, ["release", "sign", path, str(out), "--key",
                              str(tmp_path / "ana.pem")])
    assert signed.exit_code == 0 and "Code of the certificate" in signed.output, signed.output
    listed = run.invoke(app, ["release", "list", path, "--as", "authority"])
    assert listed.exit_code == 0 and "valid" in listed.output
    for role, code in (("public", "ACC-101"), ("operator", "ACC-101")):
        refused = run.invoke(app, ["release", "propose", path, "h1", "--out", str(out), "--as",
                                   role])
        assert isinstance(refused.exception, LandReleaseError)
        assert refused.exception.code == code


# --- a proposal says what the records say ------------------------------------------------------


@pytest.mark.parametrize("change", [
    {"ground_wkb": shapely.to_wkb(FIELD.buffer(0.001), hex=True)}, {"depth_m": 5.0},
    {"methods": ["manual", "dogs"]}, {"residual_statement": ["Nothing is left."]},
    {"area_m2": 72_511.0}, {"outcome": "reduced"}, {"hands": []}, {"searched": []},
    {"evidence_records": ["e9"]}, {"note": "one more entry"}])
def test_safety_S09_a_proposal_that_says_other_than_the_records_is_refused(
        ready, tmp_path, change):
    registry, ana, _ = ready
    made = answered(registry, tmp_path)
    content = json.dumps({**made.document, "nonce": "f" * 32, **change}).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    name = f"release-{sha256[:12]}"
    registry.keep_source(sha256, releasing.kept_name(name), content)
    forged = releasing.kept_proposal(registry, name)
    with pytest.raises(LandReleaseError, match="REL-012"):
        releasing.sign(registry, forged, ana, now=SIGNED_AT + timedelta(hours=1))
    with pytest.raises(LandReleaseError, match="REL-006"):  # of no content that is kept
        releasing.sign(registry, dataclasses.replace(made, content=content), ana,
                       now=SIGNED_AT + timedelta(hours=1))
    assert standing(registry) == {"h1": "open"} and not registry.records("handover")
    releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
    assert standing(registry) == {}


def test_safety_S09_a_file_that_came_in_is_no_proposal(ready, tmp_path):
    registry, _, _ = ready
    made = answered(registry, tmp_path)
    content = json.dumps({**made.document, "type": "FeatureCollection", "features": [{
        "type": "Feature", "properties": {"id": "s1", "name": "Mill"},
        "geometry": {"type": "Point", "coordinates": [17.02, 44.0]}}]}).encode()
    name = f"release-{hashlib.sha256(content).hexdigest()[:12]}"
    (tmp_path / f"{name}.json").write_bytes(content)
    address = registry.address
    registry.close()
    assert CliRunner().invoke(app, ["import", str(tmp_path / f"{name}.json"), "--into", address,
                                    "--kind", "settlement", "--quiet"]).exit_code == 0
    with open_registry(address) as again:
        assert name in {n.removesuffix(".json") for n in again.sources().values()}
        assert {p.id for p in releasing.proposals(again)} >= {made.id}
        assert name not in {p.id for p in releasing.proposals(again)}
        for what in (name, str(tmp_path / f"{name}.json")):
            with pytest.raises(LandReleaseError, match=r"REL-00[67]"):
                releasing.load_proposal(again, what)
        assert standing(again) == {"h1": "open"}


def test_a_proposal_with_a_file_of_gaps_is_signed_on_another_day(ready, tmp_path):
    registry, ana, _ = ready
    gaps = world.shape_file(tmp_path / "gaps.geojson", OTHER)
    made = answered(registry, tmp_path, gaps=gaps)
    gaps.unlink()
    releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(days=3))
    assert standing(registry) == {}


# --- what a certificate says is what was signed ------------------------------------------------


def public(registry):
    code = certificates.releases(registry)[0].code
    return certificates.looked_up(registry, sharing.reader_of(registry, "public"), code)["status"]


def test_safety_S09_a_later_word_is_no_part_of_a_signed_certificate(ready, tmp_path):
    registry, ana, ivo = ready
    name = release(registry, tmp_path, ana)
    before, facts = certificates._facts(registry, name)
    wide = FIELD.buffer(0.005)
    values = {**before.record.values, "depth_m": 9.0, "residual_statement": "Nothing is left.",
              "outcomes": [], "certificate": "0000-0000-00", "hazard": "h9"}
    world.record(registry, "handover", name, wide, hours=24 * 40, **values)
    world.signed_record(registry, "handover", name, ivo, wide, hours=24 * 41, **values)
    outcome = next(r for r in registry.records("outcome") if r.id == before.outcome)
    world.record(registry, "outcome", outcome.id, wide, hours=24 * 40,
                 **{**outcome.values, "restrictions": "none at all", "depth_m": 9.0})
    closed = next(r for r in registry.records("hazard") if r.id == "h1")
    world.record(registry, "hazard", "h1", FIELD, hours=24 * 40,
                 **{**closed.values, "name": "Safe field", "benchmark": "elsewhere"})
    land = workflows.load_land(registry, workflows.load_assumptions(None, registry))
    assert [o.ground for o in land.outcomes if o.id in land.in_force] == [FIELD]
    after, now = certificates._facts(registry, name)
    assert after.status == "valid" and after.ground == FIELD and after.code == before.code
    assert after.record.values == before.record.values
    assert after.why == ("its record was changed by 2 revisions that no authority signed; they are "
                         "no part of it",)
    assert dataclasses.replace(now, why=(), chain_head="", made_on=facts.made_on) == \
        dataclasses.replace(facts, why=(), chain_head="")
    # A hand-over signs what was released, not what somebody wrote since.
    held = certificates.hand_over(registry, name, ana, recipient="Zoran",
                                  now=SIGNED_AT + timedelta(days=50))
    assert (held.status, held.ground, held.handed_over_on) == (
        "valid", FIELD, date(2026, 6, 20))
    assert registry.records("handover")[0].geometry == FIELD
    assert held.record.values["depth_m"] == 0.2


@pytest.mark.parametrize("day", [date(2026, 5, 12), date(2026, 5, 1), date(2026, 3, 1), None])
@pytest.mark.parametrize("status", ["reopened", "open"])
def test_safety_S11_who_opens_an_area_again_is_heard_whatever_the_date(
        ready, tmp_path, day, status):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    closed = next(r for r in registry.records("hazard") if r.id == "h1")
    dated = {k: v for k, v in closed.values.items() if k != "information_date"}
    if day is not None:
        dated["information_date"] = day
    world.record(registry, "hazard", "h1", EAST, hours=24 * 40, **{**dated, "status": status})
    assert standing(registry) == {"h1": status}
    ground = workflows.hazards_that_stand(registry)[0].geometry
    assert day == date(2026, 5, 12) or ground.covers(EAST)
    found = certificates.find_release(registry, name)
    assert (found.status, public(registry)) == ("reopened", "reopened")
    assert found.why == ("its area h1 is hazardous again",)
    with pytest.raises(LandReleaseError, match=r"REL-015.*h1 is hazardous again"):
        certificates.hand_over(registry, name, ana, recipient="Zoran",
                               now=SIGNED_AT + timedelta(days=50))
    certificates.record_reopenings(registry)
    assert standing(registry) == {"h1": status if status == "open" else "reopened"}


def test_what_was_on_record_before_a_closing_opens_nothing_when_it_comes_in_again(ready, tmp_path):
    registry, ana, _ = ready
    before = next(r for r in registry.records("hazard") if r.id == "h1")
    name = release(registry, tmp_path, ana)
    world.record(registry, "hazard", "h1", before.geometry, hours=24 * 40, **before.values)
    assert standing(registry) == {}
    assert certificates.find_release(registry, name).status == "valid"


def test_safety_S01_nothing_is_released_on_which_another_hazard_stands(ready, tmp_path):
    registry, ana, _ = ready
    made = answered(registry, tmp_path)
    inside = shapely.box(17.0002, 44.0002, 17.0008, 44.0008)
    world.hazard(registry, "h2", inside)
    with pytest.raises(LandReleaseError, match=r"REL-012.*no_other_hazard.*h2"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
    again = answered(registry, tmp_path, at=SIGNED_AT + timedelta(hours=2))
    assert states(again)["no_other_hazard"] == "not_met"
    with pytest.raises(LandReleaseError, match=r"REL-011.*h2"):
        releasing.sign(registry, again, ana, now=SIGNED_AT + timedelta(hours=3))
    assert set(standing(registry)) == {"h1", "h2"}


def test_a_neighbour_that_shares_an_edge_keeps_nothing_back(ready, tmp_path):
    registry, ana, _ = ready
    world.hazard(registry, "h2", shapely.box(17.00099999, 44.0, 17.002, 44.001))
    name = release(registry, tmp_path, ana)
    assert certificates.find_release(registry, name).status == "valid"


@pytest.mark.parametrize("shape", [FIELD, EAST, FIELD.centroid.buffer(2e-6)])
@pytest.mark.parametrize("kind", ["SHA", "CHA"])
def test_safety_S01_a_certificate_is_not_valid_where_another_hazard_is_on_record(
        ready, tmp_path, shape, kind):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    world.record(registry, "hazard", "h3", shape, hours=24 * 45, identifier="H3",
                 hazard_type=kind, status="open", information_date=date(2026, 5, 14))
    found = certificates.find_release(registry, name)
    assert (found.status, public(registry)) == ("reopened", "reopened")
    assert found.why == ("another area that is hazardous lies on it: h3",)
    with pytest.raises(LandReleaseError, match=r"REL-015.*h3"):
        certificates.hand_over(registry, name, ana, recipient="Zoran",
                               now=SIGNED_AT + timedelta(days=50))


@pytest.mark.parametrize("day", [date(1990, 1, 1), date(2026, 4, 30), date(2090, 1, 1)])
def test_land_is_handed_over_between_its_release_and_today(ready, tmp_path, day):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    with pytest.raises(LandReleaseError, match=r"REL-023.*--on"):
        certificates.hand_over(registry, name, ana, recipient="Zoran", on=day,
                               now=SIGNED_AT + timedelta(days=20))
    assert certificates.find_release(registry, name).handed_over_on is None


def test_safety_S09_a_key_that_ended_signs_no_release_with_an_earlier_time(ready, tmp_path):
    registry, ana, _ = ready
    made = answered(registry, tmp_path)
    identities.revoke(registry, identities.owner(registry, ana), by="Eva", reason="lost",
                      last_day=date(2026, 5, 20), now=SIGNED_AT + timedelta(days=30))
    with pytest.raises(LandReleaseError, match=r"REL-010.*ended"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
    assert not registry.records("handover")


def test_safety_S11_who_opens_the_area_again_opens_what_was_released_of_it(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana,
                   ground=world.shape_file(tmp_path / "east.geojson", EAST))
    assert standing(registry) == {"h1/2": "open"}
    whole = next(r for r in registry.records("hazard") if r.id == "h1")
    world.record(registry, "hazard", "h1", FIELD, hours=24 * 40,
                 **{**whole.values, "status": "reopened"})
    assert standing(registry) == {"h1/1": "reopened", "h1/2": "open"}
    found = certificates.find_release(registry, name)
    assert (found.status, found.why) == ("reopened", ("its area h1/1 is hazardous again",))


def test_safety_S01_an_area_that_waits_in_quarantine_keeps_a_certificate_from_counting(
        ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    path = tmp_path / "waits.geojson"
    path.write_text(json.dumps({"type": "Feature", "properties": {"id": "h7", "slope_deg": "steep"},
        "geometry": shapely.geometry.mapping(EAST)}))
    workflows.import_files(registry, [path], kind="hazard")
    assert [e.row.kind for e in registry.quarantine()] == ["hazard"]
    found = certificates.find_release(registry, name)
    assert (found.status, public(registry)) == ("reopened", "reopened")
    assert found.why == ("row 1 in quarantine says that an area lies on it",)
    with pytest.raises(LandReleaseError, match=r"REL-015.*quarantine"):
        certificates.hand_over(registry, name, ana, recipient="Zoran",
                               now=SIGNED_AT + timedelta(days=50))
    workflows.reject_quarantined(registry, 1, "a typing error, checked on the ground")
    assert certificates.find_release(registry, name).status == "valid"
