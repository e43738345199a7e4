"""INS: lots, draws and results as records of a registry, and what the command line says of them."""

import dataclasses
import json
import sys
from datetime import date, timedelta

import pytest
import shapely

from inspected import M, field, fill, later, programme, record
from landrelease import workflows
from landrelease.access import policy
from landrelease.core.assumption import Assumptions
from landrelease.core.evidence import collect_evidence
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from landrelease.verify.draw import draw, seed_of
from landrelease.workflows import identities, inspecting

DAY = date(2026, 4, 8)
STATED = workflows.load_assumptions()
INSPECTOR = policy.view("inspector")


@pytest.fixture
def registry(tmp_path):
    return fill(create_registry(tmp_path / "r.gpkg", office="Test"), programme())


def lots(registry, **change):
    made = inspecting.propose_lots(registry, INSPECTOR, "t1", STATED, **{"unit_m": 10, **change})
    return inspecting.record_lots(registry, made, by="i", now=later(5)), made


def held(registry, id_):
    return next(r for r in registry.records("inspection") if r.id == id_)


def drawn_of(registry, lot, **change):
    return inspecting.draw_of(registry, INSPECTOR, lot, by="i", now=later(6), **change)


def record_all(registry, lot, found=None, **change):
    units = [u["unit"] for u in drawn_of(registry, lot)["units"]]
    results = dict.fromkeys(units, 0) | (found(units) if found else {})
    return inspecting.record_results(registry, INSPECTOR, lot, results,
                                     **{"day": DAY, "by": "i", "now": later(7), **change})


def authority(registry, tmp_path):
    identities.create_identity(registry, tmp_path / "a.pem", name="A", by="A", role="authority",
                               now=later(-90))
    return identities.read_key(tmp_path / "a.pem", None)


# --- lots ----------------------------------------------------------------------------------------


def test_lots_hold_the_completed_ground_of_a_task_once(registry):
    ids, made = lots(registry)
    assert ids == ["lot:t1:1", "lot:t1:2"]
    assert [lot["teams"] for lot in made] == [["team-a"], ["team-b"]]
    assert [lot["organisation"] for lot in made] == ["Org A", "Org B"]
    assert [lot["outcomes"] for lot in made] == [["o-team-a"], ["o-team-b"]]
    whole = shapely.union_all([lot["ground"] for lot in made])
    assert whole.symmetric_difference(field(0, 0, 200, 100)).area < 1e-6 * whole.area
    stored = held(registry, "lot:t1:1").values
    assert stored["lot_size"] == made[0]["units"] and stored["inspection_level"] == "normal"
    with pytest.raises(LandReleaseError, match=r"INS-004.*in 2 lots"):
        lots(registry)


def test_only_new_ground_becomes_a_lot_and_open_follow_up_is_not_completed(registry):
    lots(registry)
    fill(registry, [
        record("outcome", "o-new", field(0, 100, 30, 30), outcome_type="cleared",
               activity="w-team-a", decided_on=date(2026, 4, 9)),
        record("outcome", "o-machine", field(50, 100, 30, 30), outcome_type="searched",
               activity="w-team-a", follow_up="open"),
        record("outcome", "o-cancelled", field(90, 100, 30, 30), outcome_type="cancelled",
               activity="w-team-a")], later(8))
    ids, made = lots(registry)
    assert ids == ["lot:t1:3"] and made[0]["outcomes"] == ["o-new"]


def test_the_sample_follows_the_settings_and_the_options(registry):
    (one, _) = inspecting.propose_lots(registry, INSPECTOR, "t1", STATED, unit_m=5)
    assert (one["units"], one["tolerable"], one["confidence"]) == (400, 5, 0.95)
    (strict, _) = inspecting.propose_lots(
        registry, INSPECTOR, "t1", STATED, unit_m=5,
        strictness=inspecting.Strictness(1.0, 5, 0.95))
    assert strict["sample"] == 180  # as the design has it
    # A few large units: no fewer defects are asked for than the search of all would show.
    (coarse, _) = inspecting.propose_lots(registry, INSPECTOR, "t1", STATED, unit_m=20)
    assert (1 - 0.92) ** coarse["tolerable"] <= 0.05


@pytest.fixture
def mechanical(tmp_path):
    """Task t2 of 100 m x 100 m that a machine searched; a part of it was searched by hand after."""
    def made(**follow_up):
        rows = [record("hazard", "h2", field(0, 0, 100, 100), status="open"),
                record("task", "t2", field(0, 0, 100, 100), task_status="started", hazard="h2"),
                record("activity", "w2", activity_type="clearance", task="t2", teams=["team-a"],
                       started_on=DAY, ended_on=DAY, operational_method="mechanical"),
                record("outcome", "o2", field(0, 0, 100, 100), outcome_type="cleared",
                       activity="w2", decided_on=DAY, depth_m=0.2, **follow_up)]
        return fill(create_registry(tmp_path / "m.gpkg", office="Test"), rows)
    return made


def proof_of(registry, by, ground):
    return fill(registry, [record("coverage", f"c-{by}", ground, task="t2", activity="w2",
                                  coverage_by=by, proven_by="measured_lanes",
                                  confidence=0.95)], later(1))


@pytest.mark.parametrize(("said", "words"), [
    ({}, "not recorded as done"), ({"follow_up": "open"}, "follow-up is open"),
    ({"follow_up": "not_required"}, "not recorded as done"),
    ({"follow_up": "done"}, "by hand is proven nowhere"),
    ({"method": "flail then manual"}, "by hand is proven nowhere")])
def test_safety_S07_ground_that_only_a_machine_searched_is_in_no_lot(mechanical, said, words):
    registry = mechanical(**said)
    proof_of(registry, "machine", field(0, 0, 100, 100))
    with pytest.raises(LandReleaseError, match=f"INS-004.*o2: .*{words}"):
        inspecting.propose_lots(registry, INSPECTOR, "t2", STATED, unit_m=10)


def test_safety_S07_a_lot_holds_what_hands_are_proven_to_have_searched_and_says_the_rest(
        mechanical):
    registry = mechanical(follow_up="done")
    proof_of(registry, "machine", field(0, 0, 100, 100))
    proof_of(registry, "manual", field(0, 0, 60, 100))
    (lot,) = inspecting.propose_lots(registry, INSPECTOR, "t2", STATED, unit_m=10)
    assert lot["ground"].symmetric_difference(field(0, 0, 60, 100)).area < 1e-9 * M
    (rest,) = lot["left_out"]
    assert rest["outcome"] == "o2" and "by hand" in rest["reason"]
    assert rest["area_m2"] == pytest.approx(4000, rel=0.01)
    assert lot["area_m2"] + rest["area_m2"] == pytest.approx(10_000, rel=0.01)
    # Recorded and drawn: the units are computed again from the records, whole outcomes and all.
    (name,) = inspecting.record_lots(registry, [lot], by="i", now=later(5))
    drawn = inspecting.draw_of(registry, INSPECTOR, name, by="i", now=later(6))
    assert drawn["agrees"] and drawn["units_in_lot"] == lot["units"]
    again = inspecting.draw_of(registry, INSPECTOR, name, by="i", now=later(7))
    assert again["agrees"]
    # A search by hand of its own finishes the rest, and nothing is left out any more.
    fill(registry, [
        record("activity", "w3", activity_type="clearance", task="t2", teams=["team-b"],
               started_on=DAY, ended_on=DAY, operational_method="manual"),
        record("outcome", "o3", field(60, 0, 40, 100), outcome_type="cleared", activity="w3",
               decided_on=DAY + timedelta(days=1), depth_m=0.2)], later(8))
    (second,) = inspecting.propose_lots(registry, INSPECTOR, "t2", STATED, unit_m=10)
    assert second["outcomes"] == ["o3"] and second["left_out"] == []
    assert second["ground"].symmetric_difference(field(60, 0, 40, 100)).area < 1e-9 * M


def test_where_the_standard_asks_for_no_search_by_hand_the_record_of_the_follow_up_is_enough(
        mechanical):
    registry = mechanical(follow_up="done")
    name = "follow_up_by_hand_machine"
    by_record = Assumptions({**STATED.by_name,
                             name: dataclasses.replace(STATED[name], value=0.0)})
    (lot,) = inspecting.propose_lots(registry, INSPECTOR, "t2", by_record, unit_m=10)
    assert lot["area_m2"] == pytest.approx(10_000, rel=0.01) and lot["left_out"] == []
    proof_of(registry, "machine", field(0, 0, 70, 100))  # its own tracks are held against it (S05)
    (lot,) = inspecting.propose_lots(registry, INSPECTOR, "t2", by_record, unit_m=10)
    (rest,) = lot["left_out"]
    assert rest["area_m2"] == pytest.approx(3000, rel=0.01) and "tracks" in rest["reason"]


# --- draws ---------------------------------------------------------------------------------------


def test_units_lie_in_their_lot_and_nobody_can_draw_again(registry):
    lots(registry)
    first = drawn_of(registry, "lot:t1:1")
    lot = held(registry, "lot:t1:1")
    shapes = [shapely.from_wkt(u["ground"]) for u in first["units"]]
    assert all(s.difference(lot.geometry).area <= 1e-9 * s.area for s in shapes)
    assert sum(s.area for s in shapes) == pytest.approx(shapely.union_all(shapes).area)
    assert first["recorded"] and first["agrees"] and first["sample"] == lot.values["sample_size"]
    # Whatever is recorded afterwards, a second draw is the first one.
    fill(registry, [record("outcome", "o-team-a", field(0, 0, 50, 100), outcome_type="cleared",
                           activity="w-team-a", decided_on=date(2026, 4, 20)),
                    record("team", "team-a", organisation="Org C")], later(9))
    again = drawn_of(registry, "lot:t1:1")
    assert [u["unit"] for u in again["units"]] == [u["unit"] for u in first["units"]]
    assert again["seed"] == first["seed"] and again["agrees"]
    assert registry.audit() == []
    with pytest.raises(LandReleaseError, match=r"INS-007.*--thrown"):
        drawn_of(registry, "lot:t1:1", thrown="6")


def test_the_draw_can_be_computed_by_anybody_from_what_it_states(registry):
    lots(registry)
    found = drawn_of(registry, "lot:t1:2", thrown="417")
    first = registry.history("lot:t1:2")[0]
    assert found["lot_hash"] == first.hash
    assert found["seed"] == seed_of(first.hash, "lot:t1:2", "417")
    units = draw({"all": range(1, found["units_in_lot"] + 1)}, {"all": found["sample"]},
                 found["seed"])
    assert [u["unit"] for u in found["units"]] == list(units)
    stored = held(registry, f"lot:t1:2:unit:{units[0]}").values
    assert stored["draw_seed"] == found["seed"] and stored["draw_number"] == "417"


def test_other_units_than_the_seed_gives_are_seen(registry):
    lots(registry)
    found = drawn_of(registry, "lot:t1:1")
    wanted = {u["unit"] for u in found["units"]}
    other = next(k for k in range(1, 101) if k not in wanted)
    moved = held(registry, f"lot:t1:1:unit:{min(wanted)}")
    registry.append([Revision("inspection", moved.id, {**moved.values, "unit_number": other},
                              moved.geometry, later(8), "x", "moved", "")])
    assert not drawn_of(registry, "lot:t1:1")["agrees"]


def test_who_is_inspected_learns_the_places_only_with_the_result(registry):
    lots(registry)
    drawn_of(registry, "lot:t1:1")

    def seen():
        reader = policy.view("operator", organisation="Org A")
        return [r for r in reader.records(registry.records("inspection"))
                if r.value("inspection_part") == "unit"]

    assert seen() == []
    lot = held(registry, "lot:t1:1")
    assert "draw_seed" not in lot.values
    record_all(registry, "lot:t1:1")
    assert len(seen()) == held(registry, "lot:t1:1").values["sample_size"]
    for way in ("verify draw", "verify record"):
        with pytest.raises(LandReleaseError, match="ACC-101"):
            policy.view("operator", organisation="Org A").check(way)
        INSPECTOR.check(way)


def test_strata_share_the_sample(registry):
    _, (lot,) = lots(registry, form="size", size_m2=30_000)
    found = drawn_of(registry, "lot:t1:1")
    assert set(lot["strata"]) == {"team-a, 2026-03-01", "team-b, 2026-03-02"}
    share = {name: sum(u["stratum"] == name for u in found["units"]) / found["sample"]
             for name in lot["strata"]}
    for name, size in lot["strata"].items():
        assert share[name] == pytest.approx(size / lot["units"], abs=1 / found["sample"])
    assert found["accept_probability"] <= 0.05


# --- results -------------------------------------------------------------------------------------


def test_one_item_rejects_at_once_and_stays(registry):
    lots(registry)
    unit = drawn_of(registry, "lot:t1:2")["units"][0]["unit"]
    found = inspecting.record_results(registry, INSPECTOR, "lot:t1:2", {unit: 2}, day=DAY, by="i",
                                      due_days=7)
    assert found["result"] == "rejected" and found["searched"] == 1 < found["sample"]
    lot = held(registry, "lot:t1:2").values
    assert (lot["items_found"], lot["nonconformity_severity"]) == (2, "critical")
    assert lot["due_on"] == DAY + timedelta(days=7) and lot["sample_size"] == 1
    with pytest.raises(LandReleaseError, match=r"INS-007.*stays found"):
        inspecting.record_results(registry, INSPECTOR, "lot:t1:2", {unit: 0}, day=DAY, by="i")
    rest = {u["unit"]: 0 for u in drawn_of(registry, "lot:t1:2")["units"]} | {unit: 2}
    assert inspecting.record_results(registry, INSPECTOR, "lot:t1:2", rest, day=DAY, by="i"
                                     )["result"] == "rejected"
    with pytest.raises(LandReleaseError, match="INS-012"):
        inspecting.record_results(registry, INSPECTOR, "lot:t1:2", {}, day=DAY, by="i",
                                  accept=True)


def edit(registry, record_id, shape=None, **values):
    """A change of a record by anybody."""
    old = held(registry, record_id)
    registry.append([Revision("inspection", record_id, {
        k: v for k, v in (old.values | values).items() if v is not None},
        old.geometry if shape is None else shape, later(8), "x", "edit", "")])


@pytest.mark.parametrize("unsaid", ["unit", "lot", "both"])
def test_safety_S09_a_lot_that_was_once_rejected_is_not_accepted(registry, tmp_path, unsaid):
    lots(registry)
    key, lot = authority(registry, tmp_path), "lot:t1:2"
    record_all(registry, lot, (lambda units: {units[0]: 1}) if unsaid != "lot" else None)
    if unsaid == "lot":  # for something else than an item
        edit(registry, lot, result="rejected", nonconformity_type="depth")
    else:
        unit = next(r.id for r in registry.records("inspection")
                    if r.value("unit_result") == "item_found")
        edit(registry, unit, unit_result="clear", items_found=0)
    closed = {"corrected_on": DAY + timedelta(days=1), "closed_on": DAY + timedelta(days=2)}
    edit(registry, lot, field(150, 0, 10, 10), **closed,
         **({} if unsaid == "unit" else {"result": None}))
    before = registry.head()
    with pytest.raises(LandReleaseError, match=r"INS-012.*cleared again.*typing error"):
        inspecting.record_results(registry, INSPECTOR, lot, {}, day=DAY, key=key, accept=True,
                                  now=later(10))
    assert registry.head() == before
    with pytest.raises(LandReleaseError, match=r"INS-009.*9,9.* m² .*without a search"):
        lots(registry, again=lot)  # the way out, for all of its ground


@pytest.mark.parametrize("change", ["outline", "another lot", "stratum", "number", "no unit"])
def test_safety_S09_a_sample_that_is_not_what_was_drawn_accepts_nothing(
        registry, tmp_path, change):
    lots(registry)
    key, lot = authority(registry, tmp_path), "lot:t1:1"
    record_all(registry, lot)
    names = sorted(r.id for r in registry.records("inspection") if r.values.get("lot") == lot)
    edit(registry, names[0], field(0, 0, 2, 2) if change == "outline" else None, **{
        "outline": {}, "another lot": {"lot": "lot:t1:2"}, "stratum": {"stratum": "other"},
        "number": {"unit_number": 9999}, "no unit": {"inspection_part": "visit"}}[change])
    assert not drawn_of(registry, lot)["agrees"]
    number = held(registry, names[0]).id.rpartition(":")[2]
    with pytest.raises(LandReleaseError, match=rf"INS-013.*\b{number}\b"):
        inspecting.record_results(registry, INSPECTOR, lot, {}, day=DAY, key=key, accept=True,
                                  now=later(10))


def test_safety_S09_what_is_accepted_is_the_lot_as_it_was_drawn(registry, tmp_path):
    lots(registry)
    key, lot = authority(registry, tmp_path), "lot:t1:1"
    formed = held(registry, lot)
    record_all(registry, lot)
    edit(registry, lot, field(0, 0, 200, 100), lot_size=9, outcomes=["o-team-a", "o-team-b"],
         inspection_level="reduced", confidence=0.99)
    inspecting.record_results(registry, INSPECTOR, lot, {}, day=DAY, key=key, accept=True,
                              now=later(10))
    (now,) = (r for r in identities.standing_records(registry, "inspection") if r.id == lot)
    assert now.value("result") == "accepted" and now.geometry.equals(formed.geometry)
    for name in ("lot_size", "outcomes", "inspection_level", "confidence"):
        assert now.values[name] == formed.values[name]


def test_what_a_unit_showed_is_evidence_once(registry):
    lots(registry)
    record_all(registry, "lot:t1:2", lambda units: {units[0]: 1})
    found = collect_evidence(inspections=registry.records("inspection"),
                             outcomes=registry.records("outcome"))
    assert [(e.record_id, e.kind) for e in found] == [("lot:t1:2", "inspection_failed")]


def test_safety_S09_acceptance_counts_with_a_key_only(registry, tmp_path):
    lots(registry)
    key = authority(registry, tmp_path)
    with pytest.raises(LandReleaseError, match=r"INS-007.*acceptance"):
        inspecting.record_results(registry, INSPECTOR, "lot:t1:1", {}, day=DAY, accept=True)
    assert record_all(registry, "lot:t1:1")["may_be_accepted"]
    done = inspecting.record_results(registry, INSPECTOR, "lot:t1:1", {}, day=DAY, by="i",
                                     accept=True, now=later(8))
    assert not done["signed"]

    def stands():
        return next(r.value("result") for r in identities.standing_records(registry, "inspection")
                    if r.id == "lot:t1:1")

    assert stands() == "not_reported"
    assert inspecting.record_results(registry, INSPECTOR, "lot:t1:1", {}, day=DAY, key=key,
                                     accept=True, now=later(9))["signed"]
    assert stands() == "accepted" and registry.audit() == []


@pytest.mark.parametrize(("results", "words"), [
    ({999: 0}, "unit of the draw"), ({0: 0}, "unit of the draw")])
def test_results_of_units_that_were_not_drawn(registry, results, words):
    lots(registry)
    drawn_of(registry, "lot:t1:1")
    with pytest.raises(LandReleaseError, match=f"INS-007.*{words}"):
        inspecting.record_results(registry, INSPECTOR, "lot:t1:1", results, day=DAY)


def test_a_rejected_lot_is_cleared_again_then_inspected_tighter(registry):
    lots(registry)
    record_all(registry, "lot:t1:2", lambda units: {units[0]: 1})
    with pytest.raises(LandReleaseError, match=r"INS-009.*cleared again"):
        lots(registry, again="lot:t1:2")
    with pytest.raises(LandReleaseError, match=r"INS-009.*not rejected"):
        lots(registry, again="lot:t1:1")
    rejected = held(registry, "lot:t1:2")
    registry.append([Revision("inspection", rejected.id, {
        **rejected.values, "corrected_on": DAY + timedelta(days=5)}, rejected.geometry, later(40),
        "x", "cleared again", "")])
    # A day in a field is no search; nor is the search that missed it, whenever it is reported.
    with pytest.raises(LandReleaseError, match=r"INS-009.*without a search to 0.13 m"):
        lots(registry, again="lot:t1:2")
    again = record("outcome", "o-again", field(100, 0, 100, 100), outcome_type="cleared",
                   method="manual", depth_m=0.2, activity="w-again",
                   decided_on=DAY + timedelta(days=5))
    work = record("activity", "w-again", activity_type="clearance", task="t1", teams=["team-a"],
                  started_on=DAY + timedelta(days=3), ended_on=DAY + timedelta(days=5),
                  operational_method="manual", hazard="h1")
    proof = dataclasses.replace(
        record("coverage", "c-again", field(100, 0, 100, 100), task="t1", activity="w-again",
               coverage_by="manual", proven_by="measured_lanes", confidence=0.95),
        valid_from=DAY + timedelta(days=5))
    fill(registry, [again, work], later(40))
    with pytest.raises(LandReleaseError, match=r"INS-009.*proven"):
        lots(registry, again="lot:t1:2")
    for change, words in (
            ({"geometry": field(100, 0, 99, 100)}, r"99\.\d\d m²"),
            ({"valid_from": DAY - timedelta(days=1)}, "proven"),
            ({"values": {**proof.values, "activity": "w-team-b"}}, "proven")):
        fill(registry, [dataclasses.replace(proof, **change)], later(40))
        with pytest.raises(LandReleaseError, match="INS-009.*" + words):
            lots(registry, again="lot:t1:2")
    fill(registry, [proof, dataclasses.replace(work, values={
        **work.values, "ended_on": DAY - timedelta(days=1)})], later(40))
    with pytest.raises(LandReleaseError, match=r"INS-009.*without a search"):
        lots(registry, again="lot:t1:2")
    fill(registry, [work], later(40))
    ids, (lot,) = lots(registry, again="lot:t1:2")
    assert ids == ["lot:t1:3"] and lot["level"] == "tightened" and lot["confidence"] == 0.99
    assert lot["ground"].equals(rejected.geometry) and lot["teams"] == ["team-a"]
    assert held(registry, "lot:t1:3").values["lot"] == "lot:t1:2"
    with pytest.raises(LandReleaseError, match=r"INS-009.*already"):
        lots(registry, again="lot:t1:2")


def _past(n, result, team="team-a", **more):
    return record("inspection", f"past:{n}", field(1_000 + n, 0, 1, 1), inspection_part="lot",
                  inspection_type="sampling", task="t0", teams=[team], result=result, lot_size=100,
                  sample_size=80, inspected_on=date(2026, 1, 1 + n), **more)


def test_the_level_of_a_team_follows_its_own_lots(registry):
    fill(registry, [_past(1, "rejected"), _past(2, "rejected"), _past(3, "rejected", "team-c"),
                    _past(4, "rejected", lot="past:1")])
    _, made = lots(registry)
    assert [(lot["level"], lot["confidence"]) for lot in made] == [
        ("tightened", 0.99), ("normal", 0.95)]
    assert made[0]["sample"] > made[1]["sample"]


@pytest.mark.parametrize("written", ["A-1", "a-1", " Team-A"])
def test_safety_S11_the_lots_of_a_team_are_its_own_however_it_is_written(registry, written):
    """Else a team whose lots are rejected is inspected as one that nobody inspected yet."""
    fill(registry, [record("team", "team-a", organisation="Org A", school="imas",
                           team_type="manual", identifier="A-1")], later(1))
    fill(registry, [_past(n, "rejected", team=written) for n in (1, 2)])
    (first, second) = lots(registry)[1]
    assert (first["level"], second["level"]) == ("tightened", "normal")
    fill(registry, [_past(3, "rejected"), _past(4, "not_reported", team=written)])
    found = inspecting.compare_teams(registry, INSPECTOR, STATED)
    doubt = {d["lot"]: d["because_of"] for d in found["lots_in_doubt"]}
    assert doubt["past:4"] == ["team team-a"]


def test_inspection_stops_until_the_cause_is_put_right(registry):
    fill(registry, [_past(n, "rejected") for n in range(1, 8)])
    with pytest.raises(LandReleaseError, match=r"INS-008.*team-a"):
        lots(registry)
    fill(registry, [_past(n, "rejected", closed_on=date(2026, 3, 1)) for n in range(1, 8)],
         later(1))
    with pytest.raises(LandReleaseError, match=r"INS-008.*team-a"):  # closed without a measure
        lots(registry)
    fill(registry, [_past(n, "rejected", corrected_on=date(2026, 3, 1), closed_on=date(2026, 3, 1))
                    for n in range(1, 8)], later(2))
    assert lots(registry)[1][0]["level"] == "tightened"


# --- teams and what is open ----------------------------------------------------------------------


def test_teams_of_all_schools_stand_in_one_table_and_a_failure_raises_doubt(registry):
    fill(registry, [
        record("outcome", "o-more", field(0, 100, 100, 100), outcome_type="cleared",
               activity="w-more", decided_on=date(2026, 3, 9)),
        record("activity", "w-more", activity_type="clearance", task="t1", teams=["team-b"],
               started_on=date(2026, 3, 9), items_found=2, operational_method="manual")])
    lots(registry, form="day")
    assert [r.values["teams"] for r in registry.records("inspection")] == [
        ["team-a"], ["team-b"], ["team-b"]]
    record_all(registry, "lot:t1:1")
    record_all(registry, "lot:t1:2", lambda units: dict.fromkeys(units[:4], 1))
    record_all(registry, "lot:t1:3")
    found = inspecting.compare_teams(registry, INSPECTOR, STATED)
    by = {g["group"]: g for g in found["groups"]}
    assert by["team-a"]["school"] == "imas" and by["team-b"]["school"] == "military_engineer"
    assert by["team-a"]["left_per_hectare"] < by["team-b"]["left_per_hectare"]
    assert by["team-b"]["units_with_item"] == 4
    assert by["team-a"]["missed_share"] < by["team-b"]["missed_share"]
    assert by["team-b"]["detection"]["a"] > 0
    assert by["team-b"]["items_at_least"] == []
    (doubt,) = found["lots_in_doubt"]
    assert doubt["lot"] == "lot:t1:3" and doubt["because_of"] == ["team team-b"]
    assert doubt["rejected"] == ["lot:t1:2"] and 0 < doubt["chance_of_item_left"] < 1
    for group_by, names in (("organisation", {"Org A", "Org B"}),
                            ("school", {"imas", "military_engineer"}),
                            ("detector", {"d-team-a", "d-team-b"})):
        table = inspecting.compare_teams(registry, INSPECTOR, STATED, group_by)
        assert {g["group"] for g in table["groups"]} == names
    with pytest.raises(LandReleaseError, match="INS-001"):
        inspecting.compare_teams(registry, INSPECTOR, STATED, "flag")
    # A find that states no number counts as the least that it can be, and that is told (S12).
    fill(registry, [record("item", "i-many", field(110, 10, 1, 1).centroid, activity="w-team-b",
                           ordnance_category="ap_mine")], later(9))
    told = {g["group"]: g for g in inspecting.compare_teams(
        registry, INSPECTOR, STATED)["groups"]}
    assert told["team-b"]["items_at_least"] == ["i-many"]
    assert told["team-a"]["items_at_least"] == []
    assert told["team-b"]["missed_share"] <= by["team-b"]["missed_share"]


def test_a_lot_of_two_teams_is_told_by_who_worked_where(registry):
    lots(registry, form="size", size_m2=30_000)
    strata = {u["unit"]: u["stratum"] for u in drawn_of(registry, "lot:t1:1")["units"]}
    record_all(registry, "lot:t1:1", lambda units: {
        next(u for u in units if strata[u].startswith("team-b")): 1})
    by = {g["group"]: g for g in inspecting.compare_teams(registry, INSPECTOR, STATED)["groups"]}
    assert (by["team-a"]["units_with_item"], by["team-b"]["units_with_item"]) == (0, 1)
    assert sum(g["units"] for g in by.values()) == len(strata)
    assert all(g["joint_lots"] == 0 for g in by.values())


def test_a_sampling_that_came_in_as_one_record_counts_or_says_why_not(registry):
    fill(registry, [
        record("inspection", "s1", inspection_type="sampling", outcomes=["o-team-a"],
               lot_size=10_000, sample_size=2_500, items_found=1, result="rejected",
               inspected_organisation="Org A"),
        record("inspection", "s2", inspection_type="sampling", outcomes=["nowhere"],
               lot_size=10_000, sample_size=2_500, items_found=0),
        record("inspection", "s3", inspection_type="sampling", outcomes=["o-team-b"],
               lot_size=10_000, sample_size=2_500),
        record("inspection", "s4", inspection_type="sampling", outcomes=["o-team-b"],
               lot_size=10_000, sample_size=2_500, visit_refused="yes")])
    found = inspecting.compare_teams(registry, INSPECTOR, STATED)
    (one,) = found["groups"]
    assert one["group"] == "team-a" and one["hectares"] == pytest.approx(0.25, rel=0.01)
    assert {x["lot"] for x in found["left_out"]} == {"s2", "s3"}


def test_what_is_open_overdue_corrected_and_refused(registry):
    def visit(n, severity="minor", **said):
        return record("inspection", f"v{n}", inspection_part="visit", inspection_type="monitoring",
                      inspected_on=date(2026, 4, 1), inspected_organisation="Org A",
                      nonconformity_severity=severity, nonconformity_type="marking", **said)

    fill(registry, [
        visit(1), visit(2, "critical"), visit(3, due_on=date(2026, 4, 3)),
        visit(4, "major", corrected_on=date(2026, 4, 10)), visit(
            5, corrected_on=date(2026, 4, 19), closed_on=date(2026, 4, 20)),
        visit(6, "none"), record("inspection", "n1", inspection_part="nonconformity",
                                 inspected_organisation="Org A", finding="no board at the entry"),
        record("inspection", "v7", inspection_part="visit", visit_refused="yes",
               inspected_organisation="Org A", refusal_reason="no escort",
               inspected_on=date(2026, 5, 2))])
    found = inspecting.open_items(registry, INSPECTOR, STATED, date(2026, 4, 15))
    assert {n["record"]: n["state"] for n in found["nonconformities"]} == {
        "v1": "open", "v2": "overdue", "v3": "overdue", "v4": "corrected", "v5": "open",
        "n1": "open"}
    assert next(n for n in found["nonconformities"] if n["record"] == "v2")["days_over"] == 7
    assert found["counts"] == {"overdue": 2, "open": 3, "corrected": 1, "closed": 0}
    later_on = inspecting.open_items(registry, INSPECTOR, STATED, date(2026, 5, 15))
    assert later_on["counts"]["closed"] == 1 and later_on["counts"]["overdue"] == 3
    assert [(v["visits"], v["refused"]) for v in found["visits"]] == [(6, 0)]  # v7 is later
    (org,) = later_on["visits"]
    assert (org["organisation"], org["visits"], org["refused"]) == ("Org A", 7, 1)
    assert org["refused_records"] == ("v7",) and org["reasons"] == ("no escort",)


def test_operators_see_their_own_only(registry):
    lots(registry)
    record_all(registry, "lot:t1:2", lambda units: {units[0]: 1})
    own = policy.view("operator", organisation="Org A")
    assert inspecting.open_items(registry, own, STATED, DAY)["counts"]["open"] == 0
    assert inspecting.compare_teams(registry, own, STATED)["rejected_lots"] == []


def test_a_failure_elsewhere_raises_the_residual_risk_of_the_same_hands(registry):
    from landrelease.workflows.risk import residual_of_hazard

    def other(found):
        return [record("hazard", "h2", field(0, 500, 100, 100), status="open"),
                record("outcome", "o-h2", field(0, 500, 100, 100), outcome_type="cleared",
                       hazard="h2", organisation="Org A", method="manual", depth_m=0.2,
                       decided_on=date(2026, 3, 20)),
                record("activity", "w-h2", activity_type="clearance", teams=["team-a"],
                       items_found=6, hazard="h2"),
                record("inspection", "s-h2", inspection_type="sampling", outcomes=["o-h2"],
                       activity="w-h2", lot_size=400, sample_size=200, items_found=found,
                       result="rejected" if found else "not_reported")]

    fill(registry, [
        # Of its own, as that of the programme names work for which no gate is on record (S08).
        record("outcome", "o-h1", field(0, 0, 100, 100), outcome_type="cleared",
               hazard="h1", organisation="Org A", method="manual", depth_m=0.2,
               decided_on=date(2026, 3, 1))], later(1))

    def left():
        found = residual_of_hazard(registry, "h1", INSPECTOR, STATED)
        return found["strata"][0], found["assumed"]

    before, assumed = left()
    assert not any("other ground" in words for words in assumed)
    fill(registry, other(0), later(2))
    clean, _ = left()
    fill(registry, other(4)[-1:], later(3))
    failed, assumed = left()
    assert any("on other ground found 4 items after 6" in words for words in assumed)
    assert failed["description"]["pi"] == before["description"]["pi"]
    chance = [s["probability_none_left"] for s in (failed, before, clean)]
    assert chance == sorted(chance) and chance[0] < chance[2]
    # Its own inspection is not in it: it enters its own calculation (S10).
    own = next(r for r in registry.records("hazard") if r.id == "h2")
    assert inspecting.detection_elsewhere(registry, INSPECTOR, STATED, own) == {}


# --- the command line ----------------------------------------------------------------------------


@pytest.fixture
def command(registry, tmp_path, capsys, monkeypatch):
    address = registry.address
    registry.close()

    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        from landrelease.apps import cli
        with pytest.raises(SystemExit) as stop:
            cli.main()
            raise SystemExit(0)
        said = capsys.readouterr()
        return int(stop.value.code or 0), said.out, said.err
    call.address, call.out = address, tmp_path / "o.json"
    return call


def test_from_lot_to_result(command):
    r, out = command.address, command.out
    assert command("verify", "lots", r, "t1", "--as", "inspector")[0] == 0
    status, words, _ = command("verify", "lots", r, "t1", "--unit", 10, "--record", "--as",
                               "inspector")
    assert status == 0 and "2 lots recorded" in words
    status, words, _ = command("verify", "draw", r, "lot:t1:1", "--show", "--as", "inspector")
    assert status == 1 and "Nothing is drawn yet" in words and "  unit " not in words
    assert command("verify", "draw", r, "lot:t1:1", "--json", out, "--as", "inspector")[0] == 0
    units = [u["unit"] for u in json.loads(out.read_text())["units"]]
    file = out.with_suffix(".csv")
    file.write_text("unit,items\n" + "".join(f"{u},0\n" for u in units[1:]) + f"{units[0]},\n")
    status, words, _ = command("verify", "record", r, "lot:t1:1", "--results", file, "--day", DAY)
    assert status == 0 and f"{len(units) - 1} of {len(units)}" in words
    # What the file says was found, no option calls clear.
    file.write_text(f"unit,items\n{units[0]},2\n")
    for option in (("--clear", "all"), ("--found", f"{units[0]}=0")):
        status, _, error = command("verify", "record", r, "lot:t1:1", "--results", file, "--day",
                                   DAY, *option)
        assert status == 2 and option[0] in error
    status, words, _ = command("verify", "record", r, "lot:t1:1", "--found", f"{units[0]}=1",
                               "--day", DAY)
    assert status == 1 and "rejected" in words
    status, words, _ = command("verify", "teams", r, "--as", "inspector")
    assert status == 0 and "team-a" in words and "imas" in words
    status, words, _ = command("verify", "open", r, "--on", "2026-05-20", "--as", "inspector")
    assert status == 1 and "overdue   critical" in words
    assert command("audit", r)[0] == 0


@pytest.mark.parametrize(("words", "code"), [
    (("lots", "R", "t9"), "INS-004"), (("lots", "R", "t1", "--form", "moon"), "INS-001"),
    (("lots", "R", "t1", "--form", "size"), "INS-001"), (("draw", "R", "lot:t9"), "INS-005"),
    (("lots", "R", "t1", "--again", "lot:t9"), "INS-005"),
    (("record", "R", "lot:t9", "--clear", "1"), "INS-005"),
    (("lots", "R", "t1", "--detection", 1.5), "VER-002"),
    (("lots", "R", "t1", "--tolerable", 0), "VER-001"),
    (("teams", "R", "--group-by", "x"), "INS-001"), (("open", "R", "--on", "May"), "CLI-103"),
    (("teams", "R", "--as", "public"), "ACC-101"), (("draw", "R", "l", "--as", "operator"),
                                                    "ACC-101")])
def test_bad_input_says_what_to_do(command, words, code):
    status, out, error = command("verify", *(command.address if w == "R" else w for w in words))
    assert status == 2 and code in error, error + out


@pytest.mark.parametrize(("text", "words"), [
    ("a,b\n1,2\n", "columns unit, items"), ("unit,items\n1,x\n", "line 2"),
    ("unit,items\n1,0\n1,0\n", "each unit once")])
def test_files_of_results_that_cannot_be_read(tmp_path, text, words):
    file = tmp_path / "r.csv"
    file.write_text(text)
    with pytest.raises(LandReleaseError, match=f"INS-007.*{words}"):
        inspecting.read_results(file)


def test_a_metre_is_a_metre_in_these_tests():
    from landrelease.core.geometry import geodesic_area_m2

    assert geodesic_area_m2(field(0, 0, 100, 100)) == pytest.approx(10_000, rel=0.01)
    assert M > 0 and dataclasses.is_dataclass(INSPECTOR)


# --- input that cannot be ------------------------------------------------------------------------


@pytest.mark.parametrize(("change", "name"), [
    ({"detection": float("nan")}, "detection"), ({"detection": 0.0}, "detection"),
    ({"detection": 1.5}, "detection"), ({"confidence": 1.0}, "confidence"),
    ({"confidence": 2.0}, "confidence"), ({"confidence": float("nan")}, "confidence")])
def test_a_strictness_that_cannot_be_is_refused(registry, change, name):
    with pytest.raises(LandReleaseError, match=f"VER-002.*{name}"):
        lots(registry, strictness=inspecting.Strictness(**change))


def test_results_of_a_day_to_come_and_no_results_at_all_are_not_recorded(registry):
    (lot, _), _ = lots(registry)
    drawn_of(registry, lot)
    head = registry.head()
    with pytest.raises(LandReleaseError, match=r"INS-007.*day.*2099.*has come"):
        record_all(registry, lot, day=date(2099, 1, 1))
    with pytest.raises(LandReleaseError, match=r"INS-007.*results.*nothing"):
        inspecting.record_results(registry, INSPECTOR, lot, {}, day=DAY, by="i", now=later(7))
    assert registry.head() == head


@pytest.mark.parametrize("text", [
    "unit,items\n\u00b2,0\n", "unit,items\n1," + "9" * 5000 + "\n", "unit,items\n1,0\n1,0\n",
    "unit;items\n1;0\n", "", "unit,items\n1,\x00\n"])
def test_a_file_of_results_that_cannot_be_read_says_its_line(tmp_path, text):
    path = tmp_path / "results.csv"
    path.write_text(text)
    with pytest.raises(LandReleaseError, match=r"INS-007.*results\.csv, line \d"):
        inspecting.read_results(path)
    with pytest.raises(LandReleaseError, match=r"INS-007.*No such file"):
        inspecting.read_results(tmp_path / "none.csv")
