"""From the command line, on a registry that holds all that binds a plan (synthetic)."""

import json
import sys
from datetime import UTC, date, datetime

import pytest
import shapely

from landrelease.apps import cli
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import identities

AT = datetime(2027, 1, 1, tzinfo=UTC)
HEAD = ("id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
        "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n")
POOLS = (("nts", 1, 100_000), ("ts", 1, 8_000), ("manual", 2, 120), ("mechanical", 1, 600),
         ("animal", 1, 400))
SCOPE = {"nts": "NTS", "ts": "TS", "manual": "manual_clearance", "mechanical": "mechanical",
         "animal": "MDD"}


def command(*words):
    before, sys.argv = sys.argv, ["landrelease", *map(str, words)]
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


def told(kind, name, ground=None, /, **values):
    return Revision(kind, name, {"identifier": name, **values}, ground, AT, "landrelease test",
                    "made up", "", AT.date())


def square(n, side=0.004):
    return shapely.box(0.02 * n, -47.0, 0.02 * n + side, -47.0 + side / 2)


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    folder = tmp_path_factory.mktemp("records")
    path = folder / "r.gpkg"
    made = [told("settlement", "S1", shapely.Point(0.01, -47.01), name="Base", population=900)]
    made += [told("hazard", f"H{n}", square(n), hazard_type="SHA", status="open",
                  land_use_expected="farmland", vegetation="medium") for n in range(5)]
    rows = []
    for kind, count, rate in POOLS:
        rows.append(f"{kind},{kind},A,Base,0.01,-47.01,{count},{rate},{rate // 2},{2 * rate},100,"
                    "USD,,,made up")
        for t in range(count):
            made.append(told("team", f"{kind}-{t + 1}", organisation="A"))
            made.append(told("accreditation", f"A-{kind}-{t + 1}", team=f"{kind}-{t + 1}",
                             scope=SCOPE[kind], granted_on=date(2026, 1, 1),
                             expires_on=date(2029 + t, 12, 31), accreditation_status="granted"))
    made += [
        told("closure", "C1", square(1).buffer(0.001), closed_from="2027-03-01T00:00:00+00:00",
             closed_until="2027-09-01T00:00:00+00:00"),
        told("machine", "M1", machine_status="ready"),
        told("fund", "F1", phase="demining", amount=4e5, currency="USD",
             available_on=date(2027, 1, 1), fund_status="received"),
        told("fund", "F2", phase="rebuilding", amount=9e4, currency="EUR",
             available_on=date(2027, 6, 1), fund_status="announced"),
        told("exchange_rate", "R1", dated=date(2026, 12, 1), from_currency="EUR",
             to_currency="USD", rate=1.1),
        told("project", "P1", hazards=["H0"], cost=3e4, currency="USD", duration_days=60.0,
             beneficiaries=300, season_first_month=4, season_last_month=11),
        told("project", "P2", hazards=["H1"], cost=3e4, currency="USD", duration_days=60.0,
             beneficiaries=100, after_projects=["P1"]),
        told("task", "T2", hazard="H2", task_type="NTS", task_status="ordered",
             planned_start=date(2027, 5, 10))]
    with create_registry(path, office="made up") as opened:
        opened.keep_setting("synthetic", "yes")
        opened.append(made)
        identities.create_identity(opened, folder / "ana.pem", name="Ana", by="the office",
                                   role="planner", now=AT)
        key = identities.read_key(folder / "ana.pem", None)
        order = told("task", "T3", hazard="H3", task_type="NTS", task_status="ordered",
                     planned_start=date(2027, 5, 10))
        opened.append([identities.sign_revision(opened, order, key)])
    teams = folder / "teams.csv"
    teams.write_text(HEAD + "\n".join(rows) + "\n")
    return path, teams


MAKE = ("--iterations", 4, "--start", "2027-04-01", "--as", "planner", "--quiet")


@pytest.fixture(scope="module")
def plan(registry, tmp_path_factory):
    out = tmp_path_factory.mktemp("plan") / "plan"
    assert command("plan", "make", registry[0], "--teams", registry[1], "--out", out, *MAKE) == 0
    return out


def test_a_plan_says_what_it_read_and_the_checker_accepts_it(registry, plan, tmp_path, capsys):
    path, teams = registry
    json_ = tmp_path / "o.json"
    assert command("plan", "make", path, "--teams", teams, "--out", tmp_path / "p", "--json", json_,
                   *MAKE) == 0
    said = capsys.readouterr().out
    assert "First plan:" in said and "From the records:" in said
    kinds = json.loads(json_.read_text())["recorded"]["kinds"]
    assert kinds == {
        "team": {"records": 6, "used": 6}, "accreditation": {"records": 6, "used": 6},
        "machine": {"records": 1, "used": 1}, "detector": {"records": 0, "used": 0},
        "closure": {"records": 1, "used": 1}, "fund": {"records": 2, "used": 2},
        "expense": {"records": 0, "used": 0}, "project": {"records": 2, "used": 2},
        "task": {"records": 2, "used": 1}, "hazard": {"records": 5, "used": 5}}
    saved = json.loads((plan / "plan.json").read_text())
    assert set(saved["conditions"]) >= {"calendars", "windows", "money", "projects", "decisions"}
    assert saved["recorded"]["kinds"] == kinds
    assert command("plan", "check", path, plan, "--as", "planner") == 0
    assert command("plan", "explain", path, plan, "--as", "planner") == 0
    assert command("plan", "make", path, "--teams", teams, "--out", tmp_path / "q", "--money",
                   "tomorrow", *MAKE) == 2


def test_safety_S09_only_an_order_that_is_signed_holds_the_plan(plan):
    saved = json.loads((plan / "plan.json").read_text())
    rows = {r.split(",")[0]: r.split(",") for r in (plan / "plan.csv").read_text().splitlines()}
    assert "2027-05-10" <= rows["H3:NTS"][5] <= "2027-05-13"  # in half weeks, never before it
    assert not any("T2" in note["record"] for note in saved["recorded"]["notes"])
    from landrelease.store.results import load_plan

    problem = load_plan(plan).plan.problem
    fixed = problem.conditions.decisions
    number = {n: s for s, n in enumerate(problem.stage_ids)}
    assert fixed.latest[number["H3:NTS"]] < problem.horizon == fixed.latest[number["H2:NTS"]]


def test_other_weights_work_with_conditions_from_records(registry, plan, tmp_path):
    path, json_ = registry[0], tmp_path / "o.json"
    common = ("--iterations", 2, "--as", "planner", "--quiet", "--json", json_)
    assert command("plan", "what-if", path, plan, "--weight", "season_weight=500", "--weight",
                   "infrastructure_weight=9", "--weight", "worst_off=3", *common) == 0
    found = json.loads(json_.read_text())
    assert found["lost_before"]["seasons"] > 0 and found["lost_before"]["infrastructure"] > 0
    # Judged alike, the plan by the new weights loses no more points than the one before.
    for name, weight in (("lost_after", 1), ("lost_before", -1)):
        found[name] = weight * (found[name]["people"] + found[name]["land"]
                                + 500 * found[name]["seasons"] + 9 * found[name]["infrastructure"])
    assert found["lost_after"] + found["lost_before"] <= 1e-6 * found["lost_after"]
    for parts in (("infrastructure", "land"), ("seasons", "people")):
        assert command("plan", "pareto", path, plan, "--parts", *parts, "--points", 2,
                       *common) == 0
        rows = json.loads(json_.read_text())["plans"]
        assert rows[0][parts[0]] <= rows[-1][parts[0]] * (1 + 1e-9)
    assert command("plan", "price", path, plan, "--change", "money:rebuilding:100000",
                   "--change", "teams:ts:1", *common) == 0
    assert all(r["gain"] >= 0 for r in json.loads(json_.read_text())["changes"])
    assert command("plan", "policy", path, plan, "--samples", 4, "--every", 100, "--as", "planner",
                   "--quiet", "--json", json_) == 0
    assert json.loads(json_.read_text())["samples"] == 4


def test_orders_name_the_teams_on_record_and_the_plan_is_made_again_with_them(registry, plan,
                                                                             tmp_path):
    import shutil

    path, teams = tmp_path / "r.gpkg", registry[1]
    shutil.copy(registry[0], path)
    json_ = tmp_path / "o.json"
    assert command("plan", "orders", path, plan, "--by", "Operations", "--json", json_) == 0
    assert json.loads(json_.read_text())["new"]
    with open_registry(path) as opened:
        tasks = {t.id: t for t in opened.records("task")}
    assert tasks["task:H0:NTS"].value("teams") == ["nts-1"]
    cleared = [t for t in tasks.values() if t.value("task_type") == "clearance"]
    assert cleared and all(set(t.values["teams"]) <= {
        "manual-1", "manual-2", "mechanical-1", "animal-1"} for t in cleared)
    assert command("plan", "make", path, "--teams", teams, "--standing", plan, "--out",
                   tmp_path / "again", *MAKE) == 0
    assert command("plan", "check", path, tmp_path / "again", "--as", "planner") == 0


def test_a_proposal_says_only_what_its_plan_says_and_none_overwrites_a_newer_one(
        registry, plan, tmp_path, capsys):
    import dataclasses
    import shutil

    from landrelease.store.results import load_plan
    from landrelease.workflows.orders import propose_orders

    path, teams = tmp_path / "r.gpkg", registry[1]
    shutil.copy(registry[0], path)
    old = tmp_path / "old"
    shutil.copytree(plan, old)
    assert command("plan", "orders", path, old, "--by", "Operations") == 0
    # Another team, which is not on record, takes the surveys over.
    saved = load_plan(old)
    problem = saved.plan.problem
    pools = tuple(dataclasses.replace(p, id="contractor", members=()) if p.kind == "nts" else p
                  for p in problem.pools)
    other = dataclasses.replace(saved, plan=dataclasses.replace(
        saved.plan, problem=dataclasses.replace(problem, pools=pools)))
    with open_registry(path) as opened:
        tasks = {t.id: t for t in opened.records("task")}
        assert tasks["task:H0:NTS"].value("teams") == ["nts-1"]
        propose_orders(opened, other, by="Operations")
        tasks = {t.id: t for t in opened.records("task")}
        assert "teams" not in tasks["task:H0:NTS"].values
        assert tasks["task:H0:NTS"].value("instructions") == "NTS: contractor-1"
    # A plan of the records as they are now is proposed; then the old one is refused.
    new = tmp_path / "new"
    assert command("plan", "make", path, "--teams", teams, "--out", new, *MAKE) == 0
    assert command("plan", "orders", path, new, "--by", "Operations") == 0
    capsys.readouterr()
    assert command("plan", "orders", path, old, "--by", "Operations") == 2
    assert "PLN-102" in capsys.readouterr().err
    assert command("plan", "orders", path, new, "--by", "Operations") == 0  # repeating is no news
    assert "0 tasks proposed, 0 changed" in capsys.readouterr().out


def test_orders_after_a_winter_start_on_the_day_that_the_plan_gives_them(registry, tmp_path):
    """All ground is closed from June to November: most work begins in April of the next year."""
    import csv
    import shutil

    path, teams = tmp_path / "r.gpkg", registry[1]
    shutil.copy(registry[0], path)
    with open_registry(path) as opened:
        opened.append([told("closure", "C9", closed_from="2027-06-01T00:00:00+00:00",
                            closed_until="2027-12-01T00:00:00+00:00")])
    out, json_ = tmp_path / "plan", tmp_path / "o.json"
    assert command("plan", "make", path, "--teams", teams, "--out", out, *MAKE) == 0
    assert command("plan", "orders", path, out, "--until", "2027-12-31", "--by", "Operations") == 0
    with open_registry(path) as opened:
        early = {t.id: t for t in opened.records("task") if t.id.startswith("task:")}
    assert early and all(t.value("planned_start").year == 2027 for t in early.values())
    assert command("plan", "orders", path, out, "--by", "Operations", "--json", json_) == 0
    with open(out / "plan.csv", newline="", encoding="utf-8") as file:
        rows = {f"task:{r['stage']}": r for r in csv.DictReader(file)}
    with open_registry(path) as opened:
        tasks = {t.id: t for t in opened.records("task") if t.id in rows}
    assert set(early) < set(tasks)
    for name, task in tasks.items():
        assert task.value("planned_start").isoformat() == rows[name]["start"]
        assert task.value("planned_finish").isoformat() == rows[name]["finish"]
    assert any(r["start"] == "2028-04-01" for r in rows.values())


def test_decisions_that_cannot_be_kept_are_explained_by_the_smallest_set(registry, tmp_path,
                                                                        capsys):
    import shutil

    path, teams = tmp_path / "r.gpkg", registry[1]
    shutil.copy(registry[0], path)
    with open_registry(path) as opened:
        key = identities.read_key(registry[0].parent / "ana.pem", None)
        # The only survey team is to be at H1 while its ground is closed; at H4 later is no trouble.
        opened.append([identities.sign_revision(opened, told(
            "task", name, hazard=hazard, task_type="NTS", task_status="ordered",
            start_by=day), key) for name, hazard, day in (
                ("T5", "H1", date(2027, 6, 1)), ("T6", "H4", date(2028, 6, 1)))])
    out, json_ = tmp_path / "plan", tmp_path / "o.json"
    capsys.readouterr()
    assert command("plan", "make", path, "--teams", teams, "--out", out, "--json", json_,
                   *MAKE) == 1
    said = capsys.readouterr().out
    assert "H1:NTS: ordered, to start by 2027-05" in said and "and not in the plan" in said
    assert f"landrelease plan conflicts {path} {out}" in said and f"Written to {out}" in said
    assert [w.split(":")[0] for w in json.loads(json_.read_text())["unkept"]] == ["H1"]
    assert command("plan", "check", path, out, "--as", "planner") == 1
    capsys.readouterr()
    assert command("plan", "conflicts", path, out, "--as", "planner", "--quiet", "--json",
                   json_) == 1
    found = json.loads(json_.read_text())["conflict"]
    kinds = sorted(r["kind"] for r in found["requirements"])
    said = capsys.readouterr().out
    assert kinds == ["closure", "decided"] and found["proven"]
    assert "H1:NTS starts by 2027-05" in said and "no work 2027-04-01 to 2027-09-05: C1" in said


def signed(path, folder, *tasks):
    """Orders of Ana, signed."""
    with open_registry(path) as opened:
        key = identities.read_key(folder / "ana.pem", None)
        opened.append([identities.sign_revision(opened, task, key) for task in tasks])


def test_orders_that_follow_each_other_are_named_wherever_the_plan_is_looked_at(registry, tmp_path,
                                                                               capsys):
    import shutil

    path, teams = tmp_path / "r.gpkg", registry[1]
    shutil.copy(registry[0], path)
    signed(path, registry[0].parent, *(
        told("task", name, hazard=hazard, task_type="NTS", task_status="ordered",
             after_tasks=[other]) for name, hazard, other in (("T5", "H1", "T6"),
                                                              ("T6", "H4", "T5"))))
    out, json_ = tmp_path / "plan", tmp_path / "o.json"
    capsys.readouterr()
    assert command("plan", "make", path, "--teams", teams, "--out", out, *MAKE) == 1
    said = capsys.readouterr().out
    assert "orders put work behind itself: H1:NTS, H4:NTS" in said
    assert "H1:NTS: ordered, and not in the plan" in said and "H4:NTS: ordered" in said
    assert command("plan", "check", path, out, "--as", "planner") == 1
    assert "H4:NTS: ordered, and not in the plan" in capsys.readouterr().out
    assert command("plan", "conflicts", path, out, "--as", "planner", "--quiet", "--json",
                   json_) == 1
    found = json.loads(json_.read_text())["conflict"]
    assert found["proven"] and [r["kind"] for r in found["requirements"]] == ["after", "after"]


def test_a_team_that_is_ordered_elsewhere_is_part_of_the_conflict(registry, tmp_path, capsys):
    """The only survey team is held all season: whoever asks for its work then is told by whom."""
    import shutil

    path, teams = tmp_path / "r.gpkg", tmp_path / "teams.csv"
    shutil.copy(registry[0], path)
    teams.write_text("".join(  # a survey that takes more than a season
        line.replace("100000,50000,200000", "1000,500,2000")
        for line in registry[1].read_text().splitlines(keepends=True)))
    signed(path, registry[0].parent, told(
        "task", "T5", hazard="H2", task_type="NTS", task_status="ordered", start_by="2027-04-02"))
    out, json_ = tmp_path / "plan", tmp_path / "o.json"
    assert command("plan", "make", path, "--teams", teams, "--out", out, *MAKE) in (0, 1)
    rows = {r.split(",")[0]: r.split(",") for r in (out / "plan.csv").read_text().splitlines()}
    assert rows["H2:NTS"][5] == "2027-04-01"
    capsys.readouterr()
    assert command("plan", "conflicts", path, out, "--stage", "H3:NTS", "--as", "planner",
                   "--quiet", "--json", json_) == 1
    found = json.loads(json_.read_text())["conflict"]
    assert "H2:NTS starts by 2027-04-01: decided" in {r["words"] for r in found["requirements"]}


def test_the_bound_goes_on_and_the_problem_comes_as_tables(registry, plan, tmp_path):
    path, teams = registry
    json_, tables = tmp_path / "o.json", tmp_path / "tables"
    assert command("plan", "bound", path, plan, "--seconds", 0.3, "--as", "planner", "--quiet",
                   "--json", json_) == 0
    found = json.loads(json_.read_text())
    assert found["before"] <= found["bound"] <= found["score"] * (1 + 1e-9)
    assert (plan / "bound.json").exists()
    assert command("plan", "problem", path, "--teams", teams, "--start", "2027-04-01", "--out",
                   tables, "--as", "planner", "--quiet") == 0
    assert "synthetic" in (tables / "teams.csv").read_text().splitlines()[0]
    out = tmp_path / "plan"
    assert command("plan", "make", path, "--problem", tables, "--out", out, "--iterations", 4,
                   "--as", "planner", "--quiet") == 0
    one, other = (json.loads((p / "plan.json").read_text()) for p in (plan, out))
    assert one["score"] == pytest.approx(other["score"])
    assert command("plan", "problem", path, "--out", tables, "--quiet", "--as", "operator") == 2
    assert command("plan", "problem", path, "--plan", plan, "--out", tmp_path / "t2", "--as",
                   "planner", "--quiet") == 0
    assert (tmp_path / "t2" / "stages.csv").read_text() == (tables / "stages.csv").read_text()
