"""VER, INS: trials with seeded targets as the source of an inspection's detection."""

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from inspected import fill, later, programme, record
from landrelease import workflows
from landrelease.access import policy
from landrelease.assess.stratum import Trial
from landrelease.core.checks import checker
from landrelease.core.record import KINDS
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.verify.follow_up import visits
from landrelease.verify.sampling import accept_probability, sample_size
from landrelease.verify.trials import TrialCount, detection_of_trials
from landrelease.workflows import inspecting, risk, trials

STATED = workflows.load_assumptions()
INSPECTOR = policy.view("inspector")
DAY = date(2026, 3, 20)


@pytest.fixture
def registry(tmp_path):
    return fill(create_registry(tmp_path / "r.gpkg", office="Test"), programme())


def tried(registry, found, targets=30, **change):
    return trials.record_trial(registry, **{
        "organisation": "Team Q", "method": "inspection", "targets": targets, "found": found,
        "day": DAY, "by": "i", "now": later(1), **change})


# --- the bound -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("found", "missed"), [(29, 0), (28, 2), (5, 5), (0, 7), (400, 3)])
def test_targets_of_worked_ground_give_the_quantiles_of_their_beta(found, missed):
    got = detection_of_trials([TrialCount(found, missed, spared=False)], 0.95)
    beta = stats.beta(found + 1, missed + 1)
    assert [got.least, got.median, got.most] == pytest.approx(beta.ppf([0.05, 0.5, 0.95]), abs=1e-9)
    assert not got.discounted and got.targets == found + missed


def test_without_a_miss_the_bound_is_the_known_closed_form():
    got = detection_of_trials([TrialCount(n, 0, spared=False) for n in (10, 19)], 0.95)
    assert got.least == pytest.approx(0.05 ** (1 / 30))


def test_a_test_field_counts_with_its_discount_as_draws_of_both_give_it():
    got = detection_of_trials([TrialCount(27, 3)], 0.9, miss_odds=(2, 1, 4))
    rng = np.random.default_rng(5)
    p = rng.beta(28, 4, 400_000)
    odds = (1 - p) / p * np.exp(np.log(2) + rng.normal(size=p.size) * np.log(4) / 2.5631)
    wanted = np.quantile(1 / (1 + odds), [0.1, 0.5, 0.9])
    assert [got.least, got.median, got.most] == pytest.approx(wanted, abs=2e-3)
    assert got.discounted


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.6, 0.99), st.floats(1, 5))
def test_more_misses_a_stricter_bound_and_a_discount_only_lower_the_least(found, missed, c, odds):
    if found + missed == 0:
        return
    one = detection_of_trials([TrialCount(found, missed)], c)
    assert 0 < one.least <= one.median <= one.most < 1
    assert detection_of_trials([TrialCount(found, missed + 1)], c).least < one.least
    assert detection_of_trials([TrialCount(found, missed)], c + 0.005).least < one.least
    less = detection_of_trials([TrialCount(found, missed)], c, miss_odds=(odds, odds, odds)).least
    assert less <= one.least + 1e-9


@pytest.mark.parametrize(("counts", "confidence", "code"), [
    ([], 0.95, "VER-001"), ([TrialCount(0, 0)], 0.95, "VER-001"),
    ([TrialCount(3, -1)], 0.95, "VER-001"), ([TrialCount(3, 1)], 0.4, "VER-002"),
    ([TrialCount(3, 1)], 1.0, "VER-002")])
def test_trials_that_cannot_be_are_refused(counts, confidence, code):
    with pytest.raises(LandReleaseError, match=code):
        detection_of_trials(counts, confidence)


def test_inspections_whose_detection_a_trial_bounds_hold_their_confidence():
    """Inspectors of unknown skill are tried, sample by the bound, and meet a bad lot: the share
    of bad lots that they accept is at most what the two confidences allow together."""
    rng = np.random.default_rng(11)
    accepted = []
    for q in rng.uniform(0.7, 0.98, 400):
        found = int(rng.binomial(40, q))
        least = detection_of_trials([TrialCount(found, 40 - found, spared=False)], 0.95).least
        try:
            sample = sample_size(400, 12, least, 0.95)
        except LandReleaseError:
            continue  # too weak to accept any lot: none is accepted
        accepted.append(accept_probability(400, 12, sample, float(q)))
    assert len(accepted) > 300
    assert np.mean(accepted) < 0.05 and np.mean(np.array(accepted) > 0.05) < 0.05 + 0.03


# --- records -------------------------------------------------------------------------------------


def test_lots_and_samples_take_the_detection_of_trials_on_record(registry):
    before = inspecting.recorded_detection(registry, INSPECTOR, STATED)
    assert before["detection"] == STATED.value("detection_inspection") and not before["records"]
    trial = tried(registry, 29, ground="worked_ground")
    found = inspecting.recorded_detection(registry, INSPECTOR, STATED)
    bound = stats.beta(30, 2).ppf(0.05)
    assert found["records"] == [trial] and bound - 1e-4 < found["detection"] <= bound
    assert "29 of 30" in found["words"] and "Team Q" in found["words"]
    lots = inspecting.propose_lots(registry, INSPECTOR, "t1", STATED, unit_m=10)
    assert {lot["detection"] for lot in lots} == {found["detection"]}
    assert {lot["detection_from"] for lot in lots} == {found["words"]}
    stated = inspecting.propose_lots(registry, INSPECTOR, "t1", STATED, unit_m=10,
                                     strictness=inspecting.Strictness(detection=0.9))
    assert {(lot["detection"], lot["detection_from"]) for lot in stated} == {(0.9, "stated")}
    # A draw is computed again from the record alone.
    inspecting.record_lots(registry, lots, by="i", now=later(5))
    tried(registry, 3, day=DAY)  # a worse trial afterwards moves no draw that is fixed
    again = inspecting.draw_of(registry, INSPECTOR, lots[0]["id"], by="i", now=later(6))
    assert again["agrees"] and again["sample"] == lots[0]["sample"]


def test_of_several_organisations_the_least_counts_and_other_methods_say_nothing(registry):
    tried(registry, 30, organisation="Best")
    worst = tried(registry, 22, organisation="Worst")
    tried(registry, 1, method="manual", organisation="Org A")
    found = inspecting.recorded_detection(registry, INSPECTOR, STATED)
    assert found["records"] == [worst] and "22 of 30" in found["words"]


def test_trials_are_no_visits_and_say_nothing_about_lots(registry):
    tried(registry, 0)
    told = list(registry.records("inspection"))
    assert visits(told, DAY) == ()
    assert inspecting.compare_teams(registry, INSPECTOR, STATED)["groups"] == []
    assert inspecting.open_items(registry, INSPECTOR, STATED, DAY)["nonconformities"] == []


def test_residual_risk_takes_trials_on_record_and_a_file_in_their_place(registry, tmp_path):
    fill(registry, [record("outcome", "o-h", programme()[0].geometry, outcome_type="cleared",
                           hazard="h1", organisation="Org A", assets=["manual"], depth_m=0.2,
                           decided_on=date(2026, 4, 1), items_found=0)])
    reader = policy.view("authority")

    def detection(**change):
        made = risk.residual_of_hazard(registry, "h1", reader, STATED, **change)
        return [p["detection"] for s in made["strata"] for p in s["description"]["passes"]
                if p["name"].startswith("manual by Org A")]

    assumed = detection()
    assert assumed and all("found" not in d for d in assumed)
    tried(registry, 25, method="manual", organisation="Org A")
    on_record = detection()
    assert all((d["found"], d["missed"]) == (25, 5) and d["discount"]["logit"] > 0
               for d in on_record)
    file = tmp_path / "trials.csv"
    file.write_text("organisation,method,targets,found,ground\nOrg A,manual,30,10,worked_ground\n")
    assert all((d["found"], d["missed"]) == (10, 20) and "discount" not in d
               for d in detection(trials=file))


@pytest.mark.parametrize(("change", "field"), [
    ({"targets": 0, "found": 0}, "targets"), ({"found": 31}, "targets_found"),
    ({"found": -1}, "targets_found"), ({"method": "magic"}, "trial_method"),
    ({"ground": "the moon"}, "trial_ground"), ({"organisation": "  "}, "organisation"),
    ({"day": date(2100, 1, 1)}, "inspected_on")])
def test_a_trial_that_cannot_be_is_not_recorded(registry, change, field):
    head = registry.head()
    with pytest.raises(LandReleaseError, match=rf"INS-011.*{field}"):
        tried(registry, **{"found": 3, **change})
    assert registry.head() == head


def test_more_found_than_seeded_is_a_problem_of_a_row():
    check = checker(KINDS["inspection"])
    assert [p.field for p in check({"targets": 3, "targets_found": 4})] == ["targets"]
    assert check({"targets": 4, "targets_found": 4}) == []


def test_trials_come_in_with_the_mapping_of_the_docs(tmp_path):
    """The mapping in docs/verify.md, as it stands there."""
    words = (Path(__file__).parents[1] / "docs/verify.md").read_text()
    mapping = tmp_path / "m.yaml"
    mapping.write_text(words.split("```yaml\n")[1].split("```")[0])
    file = tmp_path / "trials.csv"
    file.write_text("organisation,method,targets,found,day\n"
                    "Team Q,inspection,30,29,2026-03-20\nOrg A,manual,30,40,2026-03-20\n")
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    done = run("import", file, "--into", path, "--mapping", mapping)
    assert done.returncode == 1, done.stdout + done.stderr  # more found than seeded waits
    with open_registry(path) as registry:
        assert [t for _, t in trials.trials_of(registry.records("inspection"))] == [
            Trial("Team Q", "inspection", 29, 1)]
        (row,) = registry.quarantine()
        assert "targets" in str(row)


# --- the command line ----------------------------------------------------------------------------


def run(*words):
    return subprocess.run([sys.executable, "-m", "landrelease", *map(str, words)],
                          capture_output=True, text=True, timeout=120)


def test_commands_record_trials_and_count_on_them(tmp_path):
    path, file = tmp_path / "r.gpkg", tmp_path / "trials.csv"
    fill(create_registry(path, office="Test"), programme()).close()
    done = run("verify", "trial", path, "--organisation", "Team Q", "--targets", "30", "--found",
               "29", "--ground", "worked_ground", "--day", "2026-03-20")
    assert done.returncode == 0, done.stderr
    file.write_text("organisation,method,targets,found,ground\n"
                    "Team Q,inspection,30,29,worked_ground\nTeam Q,manual,30,1,test_field\n")
    bound = stats.beta(30, 2).ppf(0.05)
    for source in (("--trials", file), ("--registry", path, "--as", "inspector")):
        out = tmp_path / "out.json"
        done = run("verify", "sample", "--lot", "400", "--tolerable", "5", *source, "--json", out)
        assert done.returncode == 0 and "29 of 30" in done.stdout, done.stderr
        assert json.loads(out.read_text())["sample"] == sample_size(
            400, 5, np.floor(bound * 1e4) / 1e4, 0.95)
    done = run("verify", "lots", path, "t1", "--as", "inspector")
    assert done.returncode == 0 and "29 of 30" in done.stdout, done.stderr


@pytest.mark.parametrize(("text", "code"), [
    ("organisation,method,targets,found\nA,manual,30,29\n", "VER-004"),
    ("organisation,method,targets,found\n", "VER-004"),
    ("organisation,method,targets,found\nA,inspection,3,4\n", "ASS-106"),
    ("organisation,method,targets,found\nA,inspection,\u00b2,1\n", "ASS-106"),
    ("organisation,method,targets,found\nA,inspection," + "9" * 5000 + ",1\n", "ASS-106"),
    ("organisation,method,targets,found,ground\nA,inspection,3,1,moon\n", "ASS-106"),
    ("method,targets\n", "ASS-106"), ("", "ASS-106")])
def test_a_file_of_trials_that_says_nothing_is_refused_with_its_line(tmp_path, text, code):
    file = tmp_path / "t.csv"
    file.write_text(text)
    with pytest.raises(LandReleaseError, match=code):
        trials.detection_of_file(file, STATED)
