"""What a plan never does: it costs up to the end of the plan, and its cause has a name and a price.
"""

import csv
import dataclasses
import json

import numpy as np
import pytest
import shapely

import tiny_worlds
from landrelease.core import conditions as terms
from landrelease.core.work import Access
from landrelease.plan.search import make_plan
from landrelease.plan.undone import everything, undone
from landrelease.plan.variants import roads_open
from landrelease.plan.waiting import waits
from landrelease.store.open import create_registry
from landrelease.workflows.explaining import Asked, asked_of, price, worth_asking
from test_plan_of_records import HEAD, command
from test_plan_price import told


def poor(seed):
    """Two areas, survey and clearance each; money for the first survey alone."""
    problem = tiny_worlds.tiny(seed, hazards=2, horizon=40)
    arrived = np.zeros((1, 40))
    arrived[0] = 1.0
    return dataclasses.replace(
        problem, option_cost=np.ones(len(problem.first_pool)),
        conditions=terms.Conditions(money=terms.Money(
            ("gifts",), "USD", arrived, np.zeros(len(problem.stage_ids), np.int32))))


@pytest.mark.parametrize("seed", range(8))
def test_money_that_keeps_work_from_ever_being_done_is_named_with_its_price(seed):
    problem = poor(seed)
    plan = make_plan(problem, iterations=2, seed=1)
    done = plan.schedule.finish >= 0
    assert done.sum() == 1
    left = undone(problem, plan.schedule)
    assert {h.index for h in left.held} == set(np.flatnonzero(~done).tolist())
    assert {(c.kind, c.name) for h in left.held for c in h.causes} == {("money", "gifts")}
    # With room for all at once the price is what the plan without the constraint gains.
    wide = dataclasses.replace(problem, pool_teams=np.full(3, 9, np.int32),
                               pool_opens=np.zeros(3, np.int32))
    plan = make_plan(wide, iterations=2, seed=1)
    rich = dataclasses.replace(wide, conditions=terms.FREE)
    best = make_plan(rich, iterations=2, seed=1).score
    first = everything(wide, waits(wide, plan.schedule), undone(wide, plan.schedule))[0]
    assert (first.kind, first.name) == ("money", "gifts") and first.never == 3
    assert first.points == pytest.approx(plan.score - best)
    assert worth_asking(plan, 1) == [Asked("money", "gifts", 1.0)]


def test_what_takes_too_long_and_what_nobody_can_do_are_told_apart():
    problem = tiny_worlds.tiny(1, hazards=1, horizon=3)
    long = dataclasses.replace(problem, first_slots=np.full(len(problem.first_slots), 9, np.int32))
    held = undone(long, make_plan(long, iterations=1).schedule).held
    assert [h.cause.kind for h in held] == ["end", "survey"]
    nobody = dataclasses.replace(problem, option_start=np.array([0, 0, 0], np.int32), **{
        n: getattr(problem, n)[:0] for n in ("first_pool", "first_slots", "second_pool",
                                             "second_slots", "option_cost", "option_mode")})
    held = undone(nobody, make_plan(nobody, iterations=1).schedule).held
    assert [h.cause.kind for h in held] == ["nobody", "nobody"]


def test_several_that_hold_together_are_all_named_and_none_has_a_price():
    problem = poor(3)
    decided = terms.Decisions(
        np.zeros(4, np.int32), np.full(4, 40, np.int32), np.zeros(len(problem.first_pool), bool),
        np.zeros((0, 2), np.int32))
    money = dataclasses.replace(problem.conditions.money, arrived=np.zeros((1, 40)))
    problem = dataclasses.replace(problem, conditions=terms.Conditions(
        money=money, decisions=decided))
    plan = make_plan(problem, iterations=1)
    left = undone(problem, plan.schedule)
    root = next(h for h in left.held if h.index == 0)
    assert {c.kind for c in root.causes} == {"money", "decision"} and root.gain == 0
    assert not left.points


def test_work_that_could_be_done_as_planned_is_left_to_no_constraint():
    for seed in range(25):
        problem = tiny_worlds.bound_by(seed)
        plan = make_plan(problem, iterations=1, seed=1)
        left = undone(problem, plan.schedule)
        assert all(points >= 0 for points in left.points.values())
        missing = set(np.flatnonzero(plan.schedule.option < 0).tolist())
        assert {h.index for h in left.held if h.what == "stage"} == missing


def behind_a_shut_road():
    """One area that can be reached, one behind a road that no work opens, with a community."""
    problem = tiny_worlds.tiny(2, hazards=2, horizon=60)
    none = np.zeros(0, np.int32)
    return dataclasses.replace(problem, access=Access(
        zone=np.array([0, 0, 1, 1], np.int32), zones=2, gate_ids=(), gate_from=none, gate_to=none,
        gate_start=np.zeros(1, np.int32), gate_stage=none, community_ids=("far",),
        community_people=np.ones(1), community_weight=np.array([7.0]),
        community_zone=np.ones(1, np.int32), community_start=np.zeros(2, np.int32),
        community_stage=none, shut_ids=("bridge",), shut_zones=np.array([[0, 1]], np.int32)))


def test_a_road_that_no_work_opens_is_named_and_can_be_priced():
    problem = behind_a_shut_road()
    plan = make_plan(problem, iterations=2, seed=1)
    assert (plan.schedule.finish < 0).tolist() == [False, False, True, True]
    left = undone(problem, plan.schedule)
    assert {(h.what, h.index, h.cause.kind, h.cause.name) for h in left.held} == {
        ("stage", 2, "road", "bridge"), ("stage", 3, "road", "bridge"),
        ("community", 0, "road", "bridge")}
    assert Asked("road", "bridge") in worth_asking(plan, 9)
    row = price(plan, [Asked("road", "bridge")], iterations=2, seed=1)[0]
    assert row["gain"] > 0 and row["communities_sooner"] == 1
    weeks = float(problem.delay_days[-1]) / 7  # it is opened on the first day
    assert row["weeks_sooner_median"] == pytest.approx(weeks, abs=0.05)
    open_ = roads_open(problem, {"bridge"})
    assert open_.access.shut_ids == () and open_.access.gate_ids == ("bridge",)
    best = make_plan(open_, iterations=2, seed=1)
    assert (best.schedule.finish >= 0).all()
    # To first order: the teams of the second area are those of the first.
    assert left.points["road", "bridge"] == pytest.approx(plan.score - best.score, rel=0.2)


def test_a_work_that_never_starts_for_want_of_money_is_named_with_what_it_lacks():
    problem = tiny_worlds.tiny(4, hazards=1, horizon=30)
    last = len(problem.stage_ids) - 1
    problem = dataclasses.replace(problem, conditions=terms.Conditions(
        money=terms.Money(("stones",), "USD", np.full((1, 30), 100.0), np.full(
            last + 1, -1, np.int32)),
        projects=terms.Projects(
            ids=("school",), start=np.array([0, 1], np.int32), stage=np.array([last], np.int32),
            slots=np.array([2], np.int32), cost=np.array([900.0]), fund=np.zeros(1, np.int32),
            earliest=np.zeros(1, np.int32), people=np.array([50.0]), weight=np.array([50.0]))))
    plan = make_plan(problem, iterations=1, seed=1)
    work = next(h for h in undone(problem, plan.schedule).held if h.what == "work")
    assert (work.cause.kind, work.cause.name, work.lacks) == ("money", "stones", 800.0)
    land = int(plan.schedule.finish[last])
    assert work.gain == pytest.approx(50 * (problem.delay_days[-1] - problem.delay_days[land + 2]))
    asked = worth_asking(plan, 1)
    assert asked == [Asked("money", "stones", 800)]
    assert price(plan, asked, iterations=1, seed=1)[0]["gain"] == pytest.approx(work.gain)


def test_names_with_colons_can_be_asked_about():
    asked = asked_of("money:both phases: F9:1000:2027-05-01")
    assert (asked.name, asked.amount) == ("both phases: F9", 1000.0)
    assert asked.since.isoformat() == "2027-05-01"
    assert asked_of("money:rebuilding: F2:5e3").name == "rebuilding: F2"
    assert asked_of("equipment:loader: big").name == "loader: big"


def test_a_plan_says_which_road_keeps_its_work_undone(tmp_path, capsys):
    """East of the base an area lies on an open road; west of it another one behind a road that its
    record calls suspected, on which no area is recorded."""
    path, out, json_ = tmp_path / "r.gpkg", tmp_path / "plan", tmp_path / "o.json"
    with create_registry(path, office="made up") as registry:
        registry.keep_setting("synthetic", "yes")
        made = [told("road", "R", shapely.LineString([(0, -47), (0.08, -47)])),
                told("road", "W", shapely.LineString([(-0.04, -47), (0, -47)]),
                     road_state="suspected"),
                told("road", "W2", shapely.LineString([(-0.08, -47), (-0.04, -47)]))]
        for side, name in ((1, "east"), (-1, "west")):
            made += [told("settlement", name, shapely.Point(0.08 * side, -47), name=name,
                          population=500, position_accuracy_m=10.0),
                     told("hazard", f"H-{name}", shapely.box(
                         0.07 * side - 0.002, -46.999, 0.07 * side + 0.002, -46.997),
                         hazard_type="CHA", status="open")]
        registry.append(made)
    (tmp_path / "t.csv").write_text(HEAD + "\n".join(
        f"{kind},{kind},A,Base,0.0,-47.0,1,{rate},{rate},{rate},100,USD,,,made up"
        for kind, rate in (("ts", 40_000), ("manual", 2_000))) + "\n")
    assert command("plan", "make", path, "--teams", tmp_path / "t.csv", "--start", "2027-04-01",
                   "--iterations", 2, "--out", out, "--as", "planner", "--quiet") == 0
    with open(out / "plan.csv", newline="", encoding="utf-8") as file:
        rows = {r["stage"]: r for r in csv.DictReader(file)}
    late = {s for s, r in rows.items() if r["state"] != "planned"}
    assert late and all("west" in s for s in late)
    assert {rows[s]["held_by"] for s in late} == {"the road to it W"}
    assert {r["held_by"] for s, r in rows.items() if s not in late} == {""}
    capsys.readouterr()
    assert command("plan", "explain", path, out, "--why", "H-west", "H-east", "--json", json_,
                   "--as", "planner") == 0
    said, found = capsys.readouterr().out, json.loads(json_.read_text())
    assert (found["binding"][0]["kind"], found["binding"][0]["name"]) == ("road", "W")
    assert "is never done: waits for the road to it W" in said
    side = next(s for s in found["why"]["sides"] if s["id"] == "H-west")
    assert side["team_days"] > 0 and side["undone"]
    assert command("plan", "price", path, out, "--iterations", 2, "--json", json_, "--as",
                   "planner", "--quiet") == 0
    best = json.loads(json_.read_text())["changes"][0]
    assert best["change"] == "W is opened by others" and best["communities_sooner"] == 1
    tables = tmp_path / "tables"
    assert command("plan", "problem", path, "--plan", out, "--out", tables, "--as", "planner",
                   "--quiet") == 0
    assert command("plan", "make", "--problem", tables, "--out", tmp_path / "again",
                   "--iterations", 2, "--quiet") == 0
    assert command("plan", "price", path, tmp_path / "again", "--change", "road:W",
                   "--iterations", 1, "--as", "planner", "--quiet") == 0
