"""The commands that explain, price, vary and order a plan, as a user runs them."""

import csv
import json
import sys
from datetime import UTC, date, datetime

import pytest

from landrelease.apps import cli
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import open_registry
from landrelease.workflows.explaining import asked_of


def command(*words):
    before, sys.argv = sys.argv, ["landrelease", *map(str, words)]
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


@pytest.fixture(scope="module")
def planned(region, tmp_path_factory):
    """A registry with the forty smallest areas of the region, and a plan of it."""
    folder = tmp_path_factory.mktemp("planned")
    features = json.loads((region / "suspected_areas.geojson").read_text())
    features["features"] = sorted(
        features["features"], key=lambda f: len(json.dumps(f["geometry"])))[:40]
    few = folder / "suspected_areas.geojson"
    few.write_text(json.dumps(features))
    registry, plan = folder / "r.gpkg", folder / "plan"
    assert command("init", registry) == 0
    assert command("import", few, *sorted(region.glob("settlements_1991*")), "--into", registry,
                   "--crs", "EPSG:4326", "--quiet") in (0, 1)
    assert command("plan", "make", registry, "--out", plan, "--iterations", 5, "--start",
                   "2027-04-01", "--quiet", "--as", "planner") == 0
    return registry, plan


def test_explain_names_what_binds_and_why_one_comes_first(planned, tmp_path, capsys):
    registry, plan = planned
    out = tmp_path / "o.json"
    assert command("plan", "explain", registry, plan, "--as", "planner", "--json", out) == 0
    found = json.loads(out.read_text())
    assert found["binding"] and found["waits"]
    assert found["binding"] == sorted(found["binding"], key=lambda b: -b["points"])
    hazards = list(dict.fromkeys(w["stage"].split(":")[0].split("/")[0] for w in found["waits"]))
    saved = json.loads((plan / "plan.json").read_text())
    a, b = saved["hazard_ids"][:2]
    capsys.readouterr()
    assert command("plan", "explain", registry, plan, "--why", a, b, "--as", "planner") == 0
    assert "If they change places" in capsys.readouterr().out and hazards
    assert command("plan", "explain", registry, plan, "--why", a, a, "--as", "planner") == 2
    assert command("plan", "explain", registry, plan, "--as", "operator") == 2


def test_teams_that_reach_nothing_are_said_before_anything_is_planned(planned, tmp_path, capsys):
    registry, _ = planned
    columns = ("id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
               "m2_per_day_high,cost_per_day,currency,available_from,available_until,source")
    rest = "1,9000,8000,10000,600,USD,,,synthetic"
    far, no_ts = tmp_path / "far.csv", tmp_path / "no_ts.csv"
    far.write_text(f"{columns}\nn,nts,o,Sea,44.2,-17.9,{rest}\n")  # a base with places exchanged
    no_ts.write_text(f"{columns}\nn,nts,o,Zenica,17.9,44.2,{rest}\n")
    ask = ("plan", "problem", registry, "--as", "planner", "--quiet", "--out", tmp_path / "p")
    assert command(*ask, "--teams", far) == 2
    said = capsys.readouterr().err
    assert "PLN-011" in said and "(Sea, of n)" in said and not (tmp_path / "p").exists()
    assert command(*ask, "--teams", no_ts) == 0
    said = capsys.readouterr().out
    assert "steps of TS (no team of kind ts)" in said
    assert "steps of clearance (no team of kind manual)" in said and "steps of NTS" not in said


def test_work_that_cannot_be_planned_says_why(planned, tmp_path, capsys):
    registry, plan = planned
    hazard = json.loads((plan / "plan.json").read_text())["hazard_ids"][0]
    assert command("plan", "conflicts", registry, plan, "--as", "planner", "--quiet") == 0
    code = command("plan", "conflicts", registry, plan, "--stage", hazard, "--as", "planner",
                   "--quiet")
    said = capsys.readouterr().out
    assert (code, "Nothing conflicts" in said) in ((0, True), (1, False))
    assert command("plan", "conflicts", registry, plan, "--stage", "nobody", "--as", "planner",
                   "--quiet") == 2


def test_a_plan_is_played_on_sampled_outcomes(planned, tmp_path):
    registry, plan = planned
    out = tmp_path / "o.json"
    assert command("plan", "policy", registry, plan, "--samples", 5, "--every", 200, "--as",
                   "planner", "--json", out, "--quiet") == 0
    found = json.loads(out.read_text())
    assert found["samples"] == 5 and found["remade"] > 0
    assert found["plan"]["low"] <= found["plan"]["median"] <= found["plan"]["high"]


def test_a_price_is_never_below_nothing_nor_above_what_is_proven(planned, tmp_path):
    registry, plan = planned
    saved, out = json.loads((plan / "plan.json").read_text()), tmp_path / "o.json"
    pool = saved["pools"][0]["id"]
    assert command("plan", "price", registry, plan, "--change", f"teams:{pool}:2", "--change",
                   f"teams:{pool}:1:2028-05-01", "--iterations", 2, "--as", "planner", "--json",
                   out, "--quiet") == 0
    rows = json.loads(out.read_text())["changes"]
    assert len(rows) == 2 and all(0 <= r["gain"] <= r["at_most"] + 1e-6 for r in rows)
    assert command("plan", "price", registry, plan, "--most", 1, "--iterations", 1, "--as",
                   "planner", "--quiet") == 0
    assert command("plan", "price", registry, plan, "--change", "teams:nobody", "--as",
                   "planner", "--quiet") == 2


def test_other_weights_and_the_front_between_two_parts(planned, tmp_path):
    registry, plan = planned
    out, made = tmp_path / "o.json", tmp_path / "made"
    assert command("plan", "what-if", registry, plan, "--weight", "hectare_weight=50", "--out",
                   made, "--iterations", 3, "--as", "planner", "--json", out, "--quiet") == 0
    found = json.loads(out.read_text())
    assert found["lost_after"]["land"] <= found["lost_before"]["land"] * (1 + 1e-9)
    assert json.loads((made / "plan.json").read_text())["objective"]["hectare_weight"] == 50
    assert command("plan", "pareto", registry, plan, "--parts", "people", "land", "--points", 3,
                   "--iterations", 2, "--as", "planner", "--json", out, "--quiet") == 0
    kept = [r for r in json.loads(out.read_text())["plans"] if r["on_the_front"]]
    people, land = ([r[k] for r in sorted(kept, key=lambda r: r["people"])]
                    for k in ("people", "land"))
    assert kept and people == sorted(people) and land == sorted(land, reverse=True)
    for wrong in ("hectare_weight", "beauty=1", "hectare_weight=-1", "worst_off=0.1"):
        assert command("plan", "what-if", registry, plan, "--weight", wrong, "--as", "planner",
                       "--quiet") == 2
    assert command("plan", "pareto", registry, plan, "--parts", "people", "people", "--as",
                   "planner", "--quiet") == 2


def test_orders_are_proposals_and_the_plan_is_made_again_from_what_was_done(planned, tmp_path,
                                                                            capsys):
    registry, plan = planned
    out = tmp_path / "o.json"
    assert command("plan", "orders", registry, plan, "--by", "Operations", "--json", out) == 0
    first = json.loads(out.read_text())
    assert first["new"] and not first["changed"]
    assert command("plan", "orders", registry, plan, "--by", "Operations", "--json", out) == 0
    again = json.loads(out.read_text())
    assert again["same"] == first["new"] and not again["new"]
    with open_registry(registry) as opened:
        tasks = {t.id: t for t in opened.records("task")}
        assert {t.value("task_status") for t in tasks.values()} == {"proposed"}
        surveys = sorted(i for i, t in tasks.items() if t.value("task_type") == "NTS")
        done, begun, ordered = surveys[:3]
        author = opened.author("tester")

        def told(task, state):
            old = tasks[task]
            return Revision("task", task, {**old.values, "task_status": state}, old.geometry,
                            datetime(2027, 5, 1, tzinfo=UTC), author, "told", "",
                            date(2027, 5, 1))

        opened.append([told(done, "completed"), told(begun, "started"), told(ordered, "ordered")])
    # What a person decided on is left alone by the next proposals.
    assert command("plan", "orders", registry, plan, "--by", "Operations", "--json", out) == 0
    assert sorted(json.loads(out.read_text())["standing"]) == sorted([done, begun, ordered])
    made = tmp_path / "again"
    capsys.readouterr()
    assert command("plan", "make", registry, "--standing", plan, "--out", made, "--iterations", 3,
                   "--start", "2027-05-03", "--as", "planner", "--quiet") == 0
    said = capsys.readouterr().out
    assert "1 stages were done and 1 have begun" in said
    assert "The standing plan starts 2027-04" in said, said
    assert "The teams are not" not in said and "roads" not in said
    saved = json.loads((made / "plan.json").read_text())
    assert done.removeprefix("task:") not in saved["stage_ids"]
    with open(made / "changes.csv", newline="", encoding="utf-8") as file:
        changes = {r["id"]: r for r in csv.DictReader(file)}
    assert changes[done.removeprefix("task:")]["change"] == "gone"
    with open(made / "plan.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    key = next(k for k in rows[0] if "stage" in k or k in ("id", "task_id", "task"))
    started = [r for r in rows if begun.removeprefix("task:") in r.values()]
    assert key and started and started[0]["start"] == saved["slot_starts"][0]


@pytest.mark.parametrize("text", [
    "", "teams", "teams:", "teams:a:0", "teams:a:1.5", "teams:a:1:soon", "money:a", "money:a:-3",
    "money:a:1:2027-01-01:x", "equipment:a:1:2", "peace:now"])
def test_changes_that_are_not_understood_say_what_is(text):
    with pytest.raises(LandReleaseError, match="PLN-511"):
        asked_of(text)


def test_changes_that_are():
    asked = asked_of("teams:Mechanical A:2:2027-05-01")
    assert (asked.name, asked.amount, asked.since) == ("Mechanical A", 2, date(2027, 5, 1))
    assert asked_of("road:g:1").name == "g:1" and asked_of("ground:a:b").name == "a:b"
    assert asked_of("money:f:1e6").words == "1,000,000 more in f"
