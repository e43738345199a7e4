"""Residual risk from the records of a hazard: what counts, what does not, and what is not known."""

import json
from datetime import UTC, date, datetime

import pytest
import shapely

from landrelease.assess.residual import residual
from landrelease.assess.stratum import Evidence, Trial, beta_of, describe
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.geometry import plane_for
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from landrelease.workflows import load_assumptions
from landrelease.workflows.risk import read_trials
from test_cli import run  # noqa: F401

STATED = load_assumptions()
PLANE = plane_for((17.0, 44.0, 17.001, 44.001))
SURVEYED = date(2026, 3, 1)


def square(west, south, size):
    """A square in metres of the plane, in degrees."""
    return PLANE.to_degrees(shapely.box(west, south, west + size, south + size))


def record(kind, number, geometry=None, when=date(2026, 5, 1), **values):
    return Record(kind, f"{kind}-{number}", values, geometry, when)


HAZARD = record("hazard", 1, square(0, 0, 200), SURVEYED, identifier="SHA-1")
CLEARED = record("outcome", 1, square(0, 0, 100), outcome_type="cleared", method="manual",
                 organisation="A", depth_m=0.2, hazard_identifier="SHA-1")
NOTHING = record("activity", 1, None, activity_type="clearance", items_found=0, hazard="SHA-1")


def item(number, x, y, when=date(2026, 4, 20), **values):
    return record("item", number, PLANE.to_degrees(shapely.Point(x, y)), when,
                  organisation="A", **values)


def visit(number=1, **values):
    return record("inspection", number, None, date(2026, 5, 9), **{
        "outcomes": ["outcome-1"], "lot_size": 10_000, "sample_size": 2_500, "items_found": 0,
        "result": "accepted", **values})


def strata(*records, trials=(), surveyed=SURVEYED, pi=0.3, hazard=HAZARD):
    def of(kind):
        return [r for r in records if r.kind == kind]

    found = describe(Evidence(hazard, surveyed, of("outcome"), of("activity"), of("item"),
                              of("inspection"), trials, pi, STATED["items_per_hectare"]),
                     PLANE, STATED)
    return found, {s["stratum"]: s for s in found.strata}


def test_cleared_ground_and_the_whole_hazard_are_described():
    found, by = strata(CLEARED, NOTHING)
    cleared, whole = by["cleared ground"], by["the whole hazard"]
    assert cleared["area_m2"] == pytest.approx(10_000, rel=1e-3)
    assert whole["area_m2"] == pytest.approx(40_000, rel=1e-3)
    assert sum(o["share"] for o in whole["overlay"] if o["passes"]) == pytest.approx(0.25, rel=1e-3)
    assert [p["finds"] for p in cleared["passes"]] == [0]
    out = residual(cleared)
    assert out["probability_none_left"] > 0.95
    assert residual(whole)["probability_none_left"] < 0.8
    assert found.records == ["hazard-1", "outcome-1", "activity-1"]
    assert any("Detection of manual" in words for words in found.assumed)


def test_safety_S12_what_nobody_reported_is_not_zero():
    _, by = strata(CLEARED)
    assert "finds" not in by["cleared ground"]["passes"][0]
    out = residual(by["cleared ground"])
    assert any("not reported" in note for note in out["notes"])
    _, told = strata(CLEARED, NOTHING)
    assert residual(told["cleared ground"])["expected_items_left"] < out["expected_items_left"]


def test_safety_S10_an_item_counts_once_and_for_the_search_that_found_it():
    items = [item(1, 10, 10), item(2, 30, 40, quantity=2), item(3, 20, 90, when=date(2026, 5, 9))]
    _, by = strata(CLEARED, *items, visit())
    finds = {p["name"]: p["finds"] for p in by["cleared ground"]["passes"]}
    assert finds == {"manual by A to 0.2 m": 3, "inspection": 1}
    assert len(by["cleared ground"]["finds_xy"]) == 3
    said = [words for words in strata(CLEARED, *items, visit())[0].assumed
            if "no whole number" in words]  # S12: at least one item each
    assert [words.split()[0] for words in said] == ["item-1", "item-3"]
    # the operator's own total says the same and adds nothing
    _, again = strata(CLEARED, *items, visit(), record(
        "activity", 2, None, activity_type="clearance", items_found=3, hazard="SHA-1"))
    assert again["cleared ground"]["passes"] == by["cleared ground"]["passes"]
    assert residual(by["cleared ground"])["warnings"]


def test_a_find_on_ground_that_nobody_searched_proves_contamination():
    found, by = strata(CLEARED, NOTHING, item(1, 150, 150))
    assert by["the whole hazard"]["pi"] == 1 and by["cleared ground"]["passes"][0]["finds"] == 0
    assert any("prove contamination" in words for words in found.assumed)


def test_safety_S07_a_machine_needs_its_follow_up():
    machine = record("outcome", 1, square(0, 0, 100), outcome_type="cleared", organisation="A",
                     method="flail", follow_up="open", depth_m=0.2, hazard="hazard-1")
    _, by = strata(machine, NOTHING)
    assert residual(by["cleared ground"])["not_clearance_share"] == 1
    done = Record("outcome", "outcome-1", {**machine.values, "follow_up": "done"},
                  machine.geometry, machine.valid_from)
    _, by = strata(done, NOTHING)
    assert [p["method"] for p in by["cleared ground"]["passes"]] == ["mechanical", "manual"]
    assert residual(by["cleared ground"])["not_clearance_share"] == 0
    both = Record("outcome", "outcome-1", {**machine.values, "method": "machine, then manual"},
                  machine.geometry, machine.valid_from)
    _, by = strata(both, NOTHING)
    assert [p["method"] for p in by["cleared ground"]["passes"]] == ["mechanical", "manual"]


def test_ground_without_a_recorded_search_counts_as_not_searched():
    reduced = record("outcome", 2, square(100, 100, 80), outcome_type="reduced", hazard="hazard-1")
    cancelled = record("outcome", 3, square(0, 100, 80), outcome_type="cancelled",
                       hazard="hazard-1")
    early = record("outcome", 4, square(100, 0, 80), date(2026, 2, 1), outcome_type="cleared",
                   method="manual", hazard="hazard-1")
    outside = record("outcome", 5, square(500, 0, 80), outcome_type="cleared", hazard="hazard-1")
    undated = record("outcome", 6, square(100, 0, 80), None, outcome_type="cleared",
                     method="manual", hazard="hazard-1")
    decided = record("outcome", 7, square(100, 0, 80), None, outcome_type="cleared",
                     method="manual", hazard="hazard-1", decided_on=date(2026, 2, 1))
    found, by = strata(CLEARED, NOTHING, reduced, cancelled, early, outside, undated, decided)
    assert sum(o["share"] for o in by["the whole hazard"]["overlay"] if o["passes"]) \
        == pytest.approx(0.25, rel=1e-3)
    why = {r["record"]: r["reason"] for r in found.left_out}
    assert "technical survey" in why["outcome-2"] and "without a search" in why["outcome-3"]
    assert "before the survey" in why["outcome-4"] and "S02" in why["outcome-5"]
    assert "not reported" in why["outcome-6"] and "2026-02-01" in why["outcome-7"]


def test_two_methods_overlap_where_they_really_do():  # S06
    machine = record("outcome", 2, square(50, 0, 100), date(2026, 4, 1), outcome_type="searched",
                     assets=["mechanical"], organisation="B", hazard="hazard-1")
    _, by = strata(CLEARED, machine)
    shares = {tuple(o["passes"]): o["share"] for o in by["the whole hazard"]["overlay"]}
    machine_name, people = "mechanical by B", "manual by A to 0.2 m"
    assert shares[machine_name, people] == pytest.approx(5_000 / 40_000, rel=1e-3)
    assert shares[machine_name,] == pytest.approx(5_000 / 40_000, rel=1e-3)
    assert sum(shares.values()) == pytest.approx(1)
    assert "mixture" in by["the whole hazard"]["passes_independent"]
    residual(by["the whole hazard"], explain=False)


def test_inspections_count_by_their_sample_and_not_when_refused():
    found, by = strata(CLEARED, NOTHING, visit(), visit(2, visit_refused="yes"),
                       visit(3, sample_size=None), visit(4, items_found=None))
    shares = {tuple(o["passes"]): o["share"] for o in by["cleared ground"]["overlay"]}
    assert shares["manual by A to 0.2 m", "inspection"] == pytest.approx(0.25)
    reasons = {r["record"]: r["reason"] for r in found.left_out}
    assert "refused" in reasons["inspection-2"] and "not reported" in reasons["inspection-3"]
    assert "not reported" in reasons["inspection-4"]
    with pytest.raises(LandReleaseError, match="ASS-008"):
        residual(strata(CLEARED, NOTHING, visit(detection_probability=1.0))[1]["cleared ground"])


def test_items_deeper_than_the_ground_is_to_be_free_are_not_its_finds():
    found, by = strata(CLEARED, item(1, 10, 10, depth_m=0.1), item(2, 20, 20, depth_m=0.5),
                       item(3, 30, 30, ordnance_category="small_arms_ammunition"))
    assert by["cleared ground"]["passes"][0]["finds"] == 1
    assert [r["record"] for r in found.left_out] == ["item-2"]


def test_blind_trials_take_the_place_of_assumptions():
    trials = [Trial("A", "manual", 28, 2), Trial("A", "manual", 27, 3), Trial("B", "manual", 9, 9)]
    _, by = strata(CLEARED, NOTHING, trials=trials)
    detection = by["cleared ground"]["passes"][0]["detection"]
    assert (detection["found"], detection["missed"]) == (55, 5)
    assert detection["discount"]["logit"] == pytest.approx(0.693, abs=1e-3)
    other, by = strata(CLEARED, NOTHING, trials=trials[2:])
    assert by["cleared ground"]["passes"][0]["detection"]["found"] == 9
    assert any("all organisations" in words for words in other.assumed)


def test_more_organisations_than_can_be_told_apart_are_joined():
    many = [record("outcome", n, square(20 * n, 0, 20), outcome_type="cleared", method="manual",
                   organisation=f"O{n}", depth_m=0.2, hazard="hazard-1") for n in range(7)]
    _, by = strata(*many, NOTHING)
    assert len(by["cleared ground"]["passes"]) == 1
    residual(by["cleared ground"], explain=False)


def test_an_assumption_becomes_a_beta_of_its_mean_and_spread():
    beta = beta_of(Assumption("d", 0.9, 0.8, 0.96, "", "", ""))
    a, b = beta["a"], beta["b"]
    assert a / (a + b) == pytest.approx(0.9)
    assert (a * b / (a + b) ** 2 / (a + b + 1)) ** 0.5 == pytest.approx(0.16 / 2.5631, rel=1e-3)


@pytest.mark.parametrize(("value", "low", "high"), [(1, 0.8, 1), (0.9, 0.8, 1), (0, 0, 0.5)])
def test_safety_S06_an_assumed_detection_is_never_1(value, low, high):
    wrong = Assumptions({**STATED.by_name, "detection_manual": Assumption(
        "detection_manual", value, low, high, "probability", "", "")})
    with pytest.raises(LandReleaseError, match=r"ASS-501.*detection_manual"):
        describe(Evidence(HAZARD, SURVEYED, [CLEARED], [], [], [], (), 0.3,
                          STATED["items_per_hectare"]), PLANE, wrong)


def test_a_hazard_without_an_outline_is_refused():
    with pytest.raises(LandReleaseError, match=r"ASS-105.*hazard-1"):
        strata(CLEARED, hazard=Record("hazard", "hazard-1", {}, None))


# --- from the command line -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    path = tmp_path_factory.mktemp("risk") / "r.gpkg"
    made = create_registry(path, office="Test")
    made.keep_setting("synthetic", "yes")
    at = datetime(2026, 6, 1, 8, tzinfo=UTC)
    made.append([Revision(r.kind, r.id, dict(r.values), r.geometry, at, "tester", "entered", "",
                          r.valid_from)
                 for r in (HAZARD, CLEARED, NOTHING, visit(), item(1, 10, 10))])
    made.close()
    return path


def test_the_command_reads_a_registry(run, registry, tmp_path):  # noqa: F811
    trials = tmp_path / "trials.csv"
    trials.write_text("organisation,method,targets,found\nA,manual,30,29\n")
    out = tmp_path / "out.json"
    status, said, err = run("assess", "residual", registry, "--hazard", "SHA-1", "--as",
                            "inspector", "--trials", trials, "--json", out)
    assert status == 0, err
    made = json.loads(out.read_text())
    assert json.loads(said) == made
    assert made["synthetic"] and made["hazard"] == "hazard-1"
    names = [s["stratum"] for s in made["strata"]]
    assert names == ["cleared ground", "the whole hazard"]
    cleared = made["strata"][0]
    assert [e["finds"] for e in cleared["evidence"]] == [None, 1, 0]
    assert "nobody signed" in " ".join(cleared["notes"])
    assert "inspection-1" in made["records"]
    assert cleared["description"]["passes"][0]["detection"]["found"] == 29


def test_safety_S14_the_public_gets_no_residual_risk(run, registry):  # noqa: F811
    status, said, err = run("assess", "residual", registry, "--hazard", "SHA-1", "--as", "public")
    assert status == 2 and "ACC-101" in err and not said


def test_a_programme_learns_from_its_other_hazards(run, tmp_path):  # noqa: F811
    path = tmp_path / "many.gpkg"
    made = create_registry(path, office="Test")
    rows = [HAZARD, CLEARED, NOTHING]
    for n in range(10, 34):  # two of three hold nothing, the others 50 items per hectare
        rows += [
            record("hazard", n, square(300 * n, 0, 200), SURVEYED, identifier=f"SHA-{n}"),
            record("outcome", n, square(300 * n, 0, 100), outcome_type="cleared", depth_m=0.2,
                   method="manual", organisation="A", hazard=f"hazard-{n}"),
            record("activity", n, None, activity_type="clearance", hazard=f"hazard-{n}",
                   items_found=0 if n % 3 else 50)]
    made.append([Revision(r.kind, r.id, dict(r.values), r.geometry,
                          datetime(2026, 6, 1, 8, tzinfo=UTC), "tester", "entered", "",
                          r.valid_from) for r in rows])
    made.close()
    status, said, err = run("assess", "residual", path, "--hazard", "SHA-1", "--as", "inspector",
                            "--learn")
    assert status == 0, err
    made = json.loads(said)
    assert made["learned_from_strata"] == 24
    cleared, whole = (s["description"] for s in made["strata"])
    assert cleared["pi"] == pytest.approx(1 / 3, abs=0.12) and whole["pi"] != cleared["pi"]
    assert cleared["density"] == whole["density"]
    weights = {round(d["alpha"] / d["beta"] * 1e4): d["weight"] for d in cleared["density"]}
    assert weights[40] > 0.6


def test_safety_S08_work_in_spite_of_a_failed_gate_gets_no_credit(run, tmp_path):  # noqa: F811
    path = tmp_path / "gate.gpkg"
    made = create_registry(path, office="Test")
    cleared = Record("outcome", "outcome-1", {**CLEARED.values, "activity": "activity-1"},
                     CLEARED.geometry, CLEARED.valid_from)
    work = Record("activity", "activity-1", {**NOTHING.values, "task": "task-1"}, None,
                  NOTHING.valid_from)
    gate = record("gate", 1, None, task="task-1", day=date(2026, 4, 20), result="failed",
                  worked_in_spite="yes")
    made.append([Revision(r.kind, r.id, dict(r.values), r.geometry,
                          datetime(2026, 6, 1, 8, tzinfo=UTC), "tester", "entered", "",
                          r.valid_from) for r in (HAZARD, cleared, work, gate)])
    made.close()
    status, said, err = run("assess", "residual", path, "--hazard", "SHA-1", "--as", "inspector")
    assert status == 0, err
    made = json.loads(said)
    assert [s["stratum"] for s in made["strata"]] == ["the whole hazard"]
    assert "S08" in next(r["reason"] for r in made["left_out"] if r["record"] == "outcome-1")


@pytest.mark.parametrize(("values", "counts"), [
    ({"result": "rejected", "items_found": None}, False),
    ({"result": "rejected", "items_found": None, "corrected_on": date(2026, 5, 20)}, False),
    ({"result": "rejected", "items_found": 1}, True), ({"result": "accepted"}, True)])
def test_rejected_ground_counts_only_with_what_was_found(run, tmp_path, values, counts):  # noqa: F811
    path = tmp_path / "rejected.gpkg"
    made = create_registry(path, office="Test")
    made.append([Revision(r.kind, r.id, dict(r.values), r.geometry,
                          datetime(2026, 6, 1, 8, tzinfo=UTC), "tester", "entered", "",
                          r.valid_from) for r in (HAZARD, CLEARED, NOTHING, visit(**values))])
    made.close()
    status, said, err = run("assess", "residual", path, "--hazard", "SHA-1", "--as", "inspector")
    assert status == 0, err
    assert ("cleared ground" in [s["stratum"] for s in json.loads(said)["strata"]]) == counts


@pytest.mark.parametrize(("words", "code"), [
    (["--hazard", "SHA-9"], "ASS-104"), ([], "CLI-103"),
    (["--hazard", "SHA-1", "--learn"], "ASS-107")])
def test_the_command_says_what_is_wrong(run, registry, words, code):  # noqa: F811
    status, _, err = run("assess", "residual", registry, *words, "--as", "inspector")
    assert status == 2 and code in err


@pytest.mark.parametrize(("text", "line", "field"), [
    ("organisation,method,targets\nA,manual,30\n", 1, "found"),
    ("organisation,method,targets,found\nA,manual,30,31\n", 2, "found"),
    ("organisation,method,targets,found\nA,manual,30,29\nA,guessing,30,2\n", 3, "method"),
    ("organisation,method,targets,found\nA,manual,many,29\n", 2, "targets")])
def test_trials_are_checked_line_by_line(tmp_path, text, line, field):
    path = tmp_path / "trials.csv"
    path.write_text(text)
    with pytest.raises(LandReleaseError, match=rf"ASS-106.*line {line}, field {field}"):
        read_trials(path)
