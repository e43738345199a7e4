"""Missing history, no teams, no money, a plan that cannot end: said in words, on every command.

Never a division by zero, never a silent default: exit status 2 with a code, or a sentence.
"""

import json
import re
from datetime import UTC, date, datetime

import pytest
import shapely
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry

AT = datetime(2025, 1, 4, tzinfo=UTC)
TEAMS = ("id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
         "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n")
CREW = {"nts": "n,nts,A,B,-47,10,1,100000,50000,200000,100,USD,,,made up\n",
        "ts": "t,ts,A,B,-47,10,1,8000,4000,16000,100,USD,,,made up\n",
        "manual": "m,manual,A,B,-47,10,2,400,200,500,100,USD,,,made up\n"}


def run(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


def record(kind, name, values, shape=None):
    return Revision(kind, name, values, shape, AT, "landrelease test", "why", "")


@pytest.fixture
def land(tmp_path):
    """One area in the open sea, and nothing else: no report, no money, no item, no claim."""
    with create_registry(tmp_path / "r.gpkg", office="A") as made:
        made.append([record("hazard", "h1", {"hazard_type": "CHA", "status": "open"},
                            shapely.box(-47, 10, -46.998, 10.002))])
    return tmp_path / "r.gpkg"


def plan(land, out, kinds=("nts", "ts", "manual")):
    teams = out.parent / "teams.csv"
    teams.write_text(TEAMS + "".join(CREW[k] for k in kinds))
    return run("plan", "make", land, "--out", out, "--iterations", 0, "--start", "2025-02-01",
               "--teams", teams, "--as", "planner", "--quiet")


def forecast(land, folder, *more):
    return run("forecast", "make", land, "--plan", folder, "--runs", 40, "--as", "planner",
               "--quiet", *more)


def said(found, *words):
    """All of it in words: an error of the catalogue, or an answer; no crash."""
    text = found.output + (str(found.exception) if found.exception else "")
    assert found.exception is None or isinstance(found.exception, (LandReleaseError, SystemExit)), (
        repr(found.exception))
    for word in words:
        assert word in text, text
    assert not re.search(r"(?<!\w)(?:nan|inf|infinity)(?!\w)|Traceback|ZeroDivision", text), text
    return text


def test_no_history_at_all_is_said_where_rates_and_scores_are_asked_for(land):
    said(run("forecast", "backtest", land, "--as", "planner", "--quiet"),
         "no daily reports in the registry")
    said(run("forecast", "rates", land, "--as", "planner"), "all rates are priors")
    said(run("money", "summary", land, "--as", "planner"), "MON-020")
    said(run("money", "costs", land, "--as", "planner"), "MON-020")
    said(run("money", "runway", land, "--as", "planner"), "MON-020")
    said(run("projects", "list", land, "--as", "planner"), "MON-030")
    said(run("claims", "check", "--registry", land, "--as", "planner"), "CLM-002")


def test_a_forecast_without_history_or_money_marks_its_priors_and_counts_none(land, tmp_path):
    said(plan(land, tmp_path / "plan"))
    assert (tmp_path / "plan" / "plan.json").exists()
    out = tmp_path / "f.json"
    found = forecast(land, tmp_path / "plan", "--by", "2030-01-01", "--budget", 1, "--json", out)
    said(found, "no daily report of this programme has touched")
    document = json.loads(out.read_text())
    assert document["rates"]["lost_days"]["is_prior"]
    assert all(r["is_prior"] for r in document["rates"]["rates"])
    assert document["chance_of_budget"] == 0  # hardly any money pays for nothing


def test_a_plan_without_teams_is_refused_or_says_that_nothing_can_be_done(land, tmp_path):
    made = plan(land, tmp_path / "plan", ())
    if made.exit_code == 2 or made.exception is not None:
        said(made)
        return
    said(forecast(land, tmp_path / "plan"), "not")


@pytest.mark.parametrize("missing", ["nts", "ts", "manual"])
def test_a_plan_of_which_a_kind_of_team_is_missing_cannot_end_and_says_which(land, tmp_path,
                                                                             missing):
    kinds = tuple(k for k in CREW if k != missing)
    made = plan(land, tmp_path / "plan", kinds)
    said(made)
    if made.exit_code not in (0, 1) or not (tmp_path / "plan" / "plan.json").exists():
        return
    out = tmp_path / "f.json"
    found = forecast(land, tmp_path / "plan", "--by", "2030-01-01", "--chance", 0.8, "--json", out)
    text = said(found)
    document = json.loads(out.read_text())
    if document["not_finished"]:
        assert "no team that can do them" in text + " ".join(document["notes"])
        assert any(n["more"] is None for n in document["needed"])


def test_figures_of_nothing_are_not_reported_and_no_share_is_made_of_nothing(land, tmp_path):
    out = tmp_path / "f.json"
    assert run("figures", "list", land, "--as", "planner", "--json", out).exit_code == 0
    found = {f["id"]: f for f in json.loads(out.read_text())}
    for name in ("items_found", "cleared_m2", "victims", "team_hours", "share_hours_lost"):
        assert found[name]["value"] is None and "not reported" in found[name]["note"], name
    assert found["share_released_of_known"]["value"] is None
    assert found["items_per_hectare"]["value"] is None
    assert not any(name.startswith(("money_", "cost_per_m2")) for name in found)
    for treaty in ("apmbc", "ccm", "all"):
        made = run("figures", "treaty", land, "--treaty", treaty, "--year", 2026, "--deadline",
                   "2020-01-01", "--out", tmp_path / treaty, "--as", "authority")
        said(made, "not reported")


def test_money_that_was_never_spent_and_work_that_was_never_measured_are_said(land, tmp_path):
    with create_registry(tmp_path / "m.gpkg", office="A") as made:
        made.append([
            record("fund", "f1", {"amount": 0.0, "currency": "USD", "phase": "demining",
                                  "fund_status": "received", "received_on": date(2025, 1, 1)}),
            record("expense", "e1", {"amount": 5.0, "currency": "USD", "phase": "demining",
                                     "paid_on": date(2025, 1, 2), "activity_type": "clearance"})])
    path = tmp_path / "m.gpkg"
    said(run("money", "summary", path, "--as", "planner"), "-5")
    said(run("money", "costs", path, "--as", "planner"), "area not reported")
    said(run("money", "runway", path, "--as", "planner", "--as-of", "2025-06-30"),
         "no money is left")
    out = tmp_path / "c.json"
    assert run("figures", "list", path, "--as", "planner", "--json", out).exit_code == 0
    found = {f["id"]: f for f in json.loads(out.read_text())}
    assert found["cost_per_m2_cleared"]["value"] is None
    assert found["cost_per_m2_cleared"]["note"] == "area not reported"
