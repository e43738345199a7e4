"""The commands that explain, price, vary and order a plan, as a user runs them."""

import csv
import dataclasses
import json
import re
import sys
from datetime import UTC, date, datetime

import numpy as np
import pytest

from landrelease.apps import cli
from landrelease.core.revision import Revision
from landrelease.core.work import Schedule
from landrelease.errors import LandReleaseError
from landrelease.plan.objective import losses
from landrelease.store.open import open_registry
from landrelease.store.results import load_plan, save_plan
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
    capsys.readouterr()
    assert command("plan", "conflicts", registry, plan, "--stage", hazard, "--as", "planner",
                   "--quiet") == 0
    assert "Nothing conflicts" in capsys.readouterr().out
    # Without a survey team that is there long enough nothing of it can be done, and that is why.
    saved = load_plan(plan)
    problem = saved.plan.problem
    closes = problem.pool_closes.copy()
    closes[[p.kind == "nts" for p in problem.pools]] = 0
    nothing = np.full(len(problem.stage_ids), -1, np.int32)
    save_plan(tmp_path / "gone", dataclasses.replace(saved, plan=dataclasses.replace(
        saved.plan, problem=dataclasses.replace(problem, pool_closes=closes),
        schedule=Schedule(*[nothing] * 7))))
    assert command("plan", "conflicts", registry, tmp_path / "gone", "--stage", f"{hazard}:NTS",
                   "--as", "planner", "--quiet") == 1
    said = capsys.readouterr().out
    assert "Nothing conflicts" not in said and "is there on no day of the plan" in said
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
    gain = {r["change"].split()[0]: r["gain"] for r in rows}
    assert gain["2"] > 0, "two more teams at once are worth something"
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
    assert {p.name for p in made.iterdir()} == {"plan.json", "problem.npz", "plan.csv",
                                               "plan.geojson"}
    assert command("plan", "check", registry, made, "--as", "planner") == 0
    # The same plan, judged by another exponent, is no gain: both sides count days alike.
    assert command("plan", "what-if", registry, plan, "--weight", "worst_off=3", "--iterations", 0,
                   "--as", "planner", "--json", out, "--quiet") == 0
    bent = json.loads(out.read_text())
    assert bent["lost_before"]["people"] < 0.9 * found["lost_before"]["people"]
    if all(r["change"] == "same" for r in bent["stages"]):
        assert bent["lost_before"] == pytest.approx(bent["lost_after"])
    assert bent["lost_after"]["people"] + bent["lost_after"]["land"] <= (
        bent["lost_before"]["people"] + bent["lost_before"]["land"]) * (1 + 1e-9)
    for price in ("promise_price=2", "change_price=2"):  # it was promised to nobody
        assert command("plan", "what-if", registry, plan, "--weight", price, "--as", "planner",
                       "--quiet") == 2
    fronts = tmp_path / "fronts"
    assert command("plan", "pareto", registry, plan, "--parts", "people", "land", "--points", 3,
                   "--iterations", 2, "--as", "planner", "--json", out, "--quiet", "--out",
                   fronts) == 0
    rows = json.loads(out.read_text())["plans"]
    assert sorted(p.name for p in fronts.iterdir()) == ["0", "100", "50"]
    for row in rows:
        assert command("plan", "check", registry, fronts / row["folder"], "--as", "planner") == 0
        document = json.loads((fronts / row["folder"] / "plan.json").read_text())
        assert document["objective"]["person_weight"] == row["weights"]["person_weight"]
        assert document["objective"]["hectare_weight"] == row["weights"]["hectare_weight"]
        assert document["score"] == pytest.approx(row["score"])
        assert row["score"] == pytest.approx(sum(
            row["weights"][w] * row[part] for w, part in (("person_weight", "people"),
                                                          ("hectare_weight", "land"))))
    kept = [r for r in rows if r["on_the_front"]]
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


def test_weights_are_set_and_seen_and_kept_when_the_plan_is_made_again(planned, tmp_path, capsys):
    registry, _ = planned
    make = ("plan", "make", registry, "--iterations", 2, "--start", "2027-04-01", "--quiet", "--as",
            "planner")
    first, again, other, out = (tmp_path / n for n in ("first", "again", "other", "o.json"))
    capsys.readouterr()
    assert command(*make, "--out", first, "--weight", "worst_off=3", "--weight",
                   "hectare_weight=7", "--json", out) == 0
    said = capsys.readouterr().out
    assert re.search(r"worst_off +3\n", said) and re.search(
        r"hectare_weight +7 +[\d,]+ hectare-days lost", said)
    told = {r["name"]: r for r in json.loads(out.read_text())["objective"]}
    assert told["worst_off"]["value"] == 3 and told["hectare_weight"]["value"] == 7
    saved = load_plan(first)
    lost = losses(saved.plan.problem, saved.plan.schedule)
    assert told["hectare_weight"]["lost"] == pytest.approx(lost.land)
    assert saved.plan.score == pytest.approx(lost.people + 7 * lost.land)
    assert command("plan", "check", registry, first, "--as", "planner") == 0
    capsys.readouterr()
    assert command(*make, "--standing", first, "--out", again) == 0
    kept = json.loads((again / "plan.json").read_text())["objective"]
    assert kept["worst_off"] == 3 and kept["hectare_weight"] == 7
    assert "Weights are kept as in the standing plan" in capsys.readouterr().out
    assert command(*make, "--standing", first, "--out", other, "--weight", "worst_off=1",
                   "--weight", "promise_price=2") == 0
    said = capsys.readouterr().out
    assert "Weights are not those of the standing plan: worst_off 3 -> 1." in said
    mixed = json.loads((other / "plan.json").read_text())["objective"]
    assert mixed["worst_off"] == 1 and mixed["hectare_weight"] == 7 and mixed["promise_price"] == 2
    # A plan that was promised: its price can be asked about.
    assert command("plan", "what-if", registry, other, "--weight", "promise_price=0",
                   "--iterations", 1, "--as", "planner", "--quiet", "--json", out) == 0
    for wrong in ("worst_off=0", "beauty=1", "person_weight=-1", "promise_price=1"):
        assert command(*make, "--out", tmp_path / "w", "--weight", wrong) == 2
    assert command(*make, "--out", tmp_path / "w", "--until-stopped", "--seconds", 5) == 2
    assert not (tmp_path / "w").exists()


def test_what_would_keep_a_plan_from_being_written_is_said_before_the_search(planned, tmp_path,
                                                                            monkeypatch):
    from landrelease.plan import search

    def never(*_, **__):
        raise AssertionError("it was searched")

    registry, plan = planned
    monkeypatch.setattr(search, "make_plan", never)
    broken, file = tmp_path / "broken", tmp_path / "file"
    broken.mkdir()
    (broken / "bound.json").write_text("{")
    file.write_text("")
    for out in (broken, file, file / "below"):
        assert command("plan", "make", registry, "--out", out, "--as", "planner", "--quiet") == 2
    for words in (("what-if", registry, plan, "--weight", "access_weight=2"),
                  ("pareto", registry, plan, "--parts", "people", "land")):
        assert command("plan", *words, "--out", broken, "--as", "planner", "--quiet") == 2
    assert sorted(p.name for p in tmp_path.iterdir()) == ["broken", "file"]


def test_a_plan_of_tables_alone_is_checked_without_a_registry_behind_it(planned, tmp_path, capsys):
    registry, plan = planned
    tables, out = tmp_path / "tables", tmp_path / "out"
    assert command("plan", "problem", registry, "--plan", plan, "--out", tables, "--as", "planner",
                   "--quiet") == 0
    capsys.readouterr()
    assert command("plan", "make", "--problem", tables, "--out", out, "--iterations", 1,
                   "--quiet") == 0
    assert "First plan:" in capsys.readouterr().out
    assert command("plan", "check", registry, out, "--as", "planner") == 0


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
