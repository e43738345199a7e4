"""What a constraint costs, in weeks and counted by hand; which constraints can be asked about."""

import dataclasses
import json
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely

import tiny_worlds
from landrelease.core.conditions import Decisions, Windows
from landrelease.core.recorded import Sources
from landrelease.core.revision import Revision
from landrelease.plan.check import violations
from landrelease.plan.search import make_plan
from landrelease.plan.variants import leave_kept, undecided
from landrelease.plan.waiting import waits
from landrelease.store.open import create_registry
from landrelease.store.results import load_plan
from landrelease.workflows.explaining import asked_of, changed, price, worth_asking
from test_plan_of_records import HEAD, command
from test_plan_recorded import asked, pool, record

AT = datetime(2027, 1, 1, tzinfo=UTC)


def told(kind, name, ground, /, **values):
    return Revision(kind, name, {"identifier": name, **values}, ground, AT, "landrelease test",
                    "made up", "", AT.date())


@pytest.fixture(scope="module")
def two_valleys(tmp_path_factory):
    """A base between two villages; a confirmed area lies on the road to each of them."""
    folder = tmp_path_factory.mktemp("valleys")
    with create_registry(folder / "r.gpkg", office="made up") as registry:
        registry.keep_setting("synthetic", "yes")
        made = [told("road", "R", shapely.LineString([(-0.08, -47), (0, -47), (0.08, -47)]))]
        for side, name, people in ((1, "east", 900), (-1, "west", 300)):
            made += [told("settlement", name, shapely.Point(0.08 * side, -47), name=name,
                          population=people, position_accuracy_m=10.0),
                     told("hazard", f"H-{name}", shapely.box(
                         0.05 * side - 0.002, -47.001, 0.05 * side + 0.002, -46.999),
                         hazard_type="CHA", status="open")]
        registry.append(made)
    (folder / "teams.csv").write_text(HEAD + "\n".join(
        f"{kind},{kind},A,Base,0.0,-47.0,1,{rate},{rate},{rate},100,USD,,,made up"
        for kind, rate in (("ts", 40_000), ("manual", 1_100))) + "\n")
    out = folder / "plan"
    assert command("plan", "make", folder / "r.gpkg", "--teams", folder / "teams.csv", "--start",
                   "2027-04-01", "--iterations", 4, "--out", out, "--as", "planner",
                   "--quiet") == 0
    return folder / "r.gpkg", out


def test_one_more_team_reopens_the_second_village_so_many_weeks_sooner(two_valleys, tmp_path,
                                                                       capsys):
    """One team clears one road after the other. A second one begins when the second road has been
    surveyed: sooner by one clearance less one survey, as one team surveys both."""
    path, out = two_valleys
    problem = load_plan(out).plan.problem
    assert sorted(problem.access.community_ids) == ["east", "west"]
    survey, clear = (int(problem.first_slots[problem.option_start[s]]) for s in (0, 1))
    assert (problem.first_slots == [survey, clear] * 2).all() and clear > survey + 4
    last = survey + 2 * clear
    assert problem.slot_starts[last].year == problem.slot_starts[0].year  # no winter between
    days = problem.delay_days[last] - problem.delay_days[2 * survey + clear]
    json_ = tmp_path / "o.json"
    common = ("--iterations", 4, "--as", "planner", "--quiet", "--json", json_)
    capsys.readouterr()
    assert command("plan", "price", path, out, "--change", "teams:manual:1", "--change",
                   "teams:ts:1", *common) == 0
    rows = {r["change"]: r for r in json.loads(json_.read_text())["changes"]}
    more = rows["1 more team(s) in manual"]
    assert more["communities_sooner"] == 1 and more["communities_later"] == 0
    assert more["weeks_sooner_median"] == pytest.approx(days / 7, abs=0.05)
    # The gain is what the people of the west wait less, and the owners of its land.
    people = problem.access.community_weight.min()
    assert more["gain"] == pytest.approx(days * (people + problem.weight[[1, 3]].min()), rel=1e-6)
    assert more["gain"] <= more["at_most"] * (1 + 1e-9)
    assert (date.fromisoformat(more["finish_without"])
            - date.fromisoformat(more["finish_with"])).days == days
    # A second survey team saves one survey of one area at most, and clearance waits for its team.
    assert rows["1 more team(s) in ts"]["communities_sooner"] == 0
    said = capsys.readouterr().out
    assert "1 communities sooner, half of them by" in said


def test_a_road_that_others_open_is_open_wherever_the_same_area_blocks_it(two_valleys, tmp_path):
    """The area lies on several pieces of the road; its village is free from the first day. Where it
    is the first one of the plan the team goes to the other at once, so that both are sooner."""
    path, out = two_valleys
    problem = load_plan(out).plan.problem
    gates = dict.fromkeys(problem.access.gate_ids)
    json_ = tmp_path / "o.json"
    assert command("plan", "price", path, out, *(w for g in gates for w in (
        "--change", f"road:{g}")), "--iterations", 2, "--as", "planner", "--quiet", "--json",
        json_) == 0
    rows = json.loads(json_.read_text())["changes"]
    assert len(rows) == len(gates) > 2
    assert [r["communities_sooner"] for r in rows] == [2, 2, 1, 1]
    assert all(r["gain"] > 0 for r in rows)


def test_a_wait_for_a_road_names_the_gate_that_opened_last():
    found = 0
    for seed in range(40):
        problem = tiny_worlds.behind_roads(seed)
        plan = make_plan(problem, iterations=1, seed=1)
        access, finish = problem.access, plan.schedule.finish
        for cause in (c for w in waits(problem, plan.schedule) for c in w.causes
                      if c.kind == "road"):
            g = access.gate_ids.index(cause.name)
            own = access.gate_stage[access.gate_start[g]:access.gate_start[g + 1]]
            assert finish[own].max() == cause.until and cause.stages[0] in own
            found += 1
    assert found > 9


def test_roads_leave_and_decisions_are_proposed_where_they_bind():
    kinds = set()
    for problem in (*map(tiny_worlds.behind_roads, range(12)),
                    *map(tiny_worlds.bound_by, range(25))):
        plan = make_plan(problem, iterations=1, seed=1)
        for ask in worth_asking(plan, 9):
            kinds.add(ask.kind)
            grown = changed(problem, ask)
            assert ask.words and ask.name in ask.words
            if ask.kind in ("leave", "decision"):
                assert violations(grown, plan.schedule) == []
    assert {"road", "leave", "decision", "ground", "teams"} <= kinds


def test_leave_that_ends_has_its_price():
    """Most of the clearance lies behind the day on which leave ends; if it held, all is done."""
    problem = tiny_worlds.tiny(1, hazards=3, horizon=40)
    options = len(problem.first_pool)
    until = np.where(problem.first_pool == 1, 4, 40).astype(np.int32)
    zero, all_ = np.zeros(options, np.int32), np.full(options, 40, np.int32)
    ends = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, windows=Windows(zero, until, zero, np.where(
            problem.second_pool == 1, 4, all_).astype(np.int32))))
    held = leave_kept(ends, problem.pools[1].id)
    assert (held.conditions.windows.first_until == 40).all()
    assert (held.conditions.windows.second_until == 40).all()
    plan, free = (make_plan(p, iterations=3, seed=1) for p in (ends, problem))
    row = price(plan, [asked_of(f"leave:{problem.pools[1].id}")], iterations=3, seed=1)[0]
    assert plan.score > free.score
    assert row["gain"] == pytest.approx(plan.score - free.score)


def test_gaps_in_leave_go_with_the_leave_and_closures_stay():
    accreditations = tuple(record(
        "accreditation", f"a{n}", scope="manual_clearance", accredited_organisation="A",
        granted_on=since, expires_on=until, accreditation_status="granted")
        for n, (since, until) in enumerate(((date(2027, 1, 1), date(2027, 6, 30)),
                                            (date(2027, 9, 1), date(2060, 1, 1)))))
    closure = record("closure", "c", shapely.box(0.0, -47.0, 0.004, -46.998),
                     closed_from=datetime(2027, 5, 1, tzinfo=UTC),
                     closed_until=datetime(2027, 5, 20, tzinfo=UTC))
    everyone = tuple(record("accreditation", f"b{k}", scope=k, accredited_organisation="A",
                            granted_on=date(2027, 1, 1), expires_on=date(2060, 1, 1),
                            accreditation_status="granted") for k in ("NTS", "TS"))
    problem = asked(Sources(closures=(closure,), accreditations=(*accreditations, *everyone)),
                    pools=(pool("nts-a", "nts", rate=50_000.0), pool("ts-a", "ts", rate=8_000.0),
                           pool("manual-a", "manual", 2))).problem
    calendars = problem.conditions.calendars
    assert {"no leave of manual-a", "c; no leave of manual-a"} <= set(calendars.ids)
    held = leave_kept(problem, "manual-a").conditions.calendars
    names = np.array(held.ids)[held.first]
    assert not any("no leave" in n for n in names)
    was = np.array(calendars.ids)[calendars.first]
    assert (names == [n.replace("; no leave of manual-a", "").replace(
        "no leave of manual-a", "always") for n in was]).all()


def test_a_decision_is_priced_and_what_nobody_decided_is_named():
    problem = tiny_worlds.tiny(3, hazards=2, horizon=30)
    stages, options = len(problem.stage_ids), len(problem.first_pool)
    late = np.zeros(stages, np.int32)
    late[0] = 9
    held = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, decisions=Decisions(
            late, np.where(late > 0, late, 30).astype(np.int32), np.ones(options, bool),
            np.array([[2, 1]], np.int32))))
    plan = make_plan(held, iterations=3, seed=1)
    row = price(plan, [asked_of(f"decision:{problem.stage_ids[0]}")], iterations=3, seed=1)[0]
    assert row["gain"] > 0
    free = undecided(held, [0]).conditions.decisions
    assert free.earliest[0] == 0 and free.latest[0] == 30 and free.after.tolist() == [[2, 1]]
    assert undecided(held, [1]).conditions.decisions.after.tolist() == []


def test_an_interrupted_comparison_says_nothing():
    """One search that was cut short beside others that were not would show a gain that is none."""
    problem = tiny_worlds.tiny(1)
    plan = make_plan(problem, iterations=1, seed=1)
    calls = []

    def once(what, share):
        calls.append(share)
        if len(calls) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        price(plan, [asked_of(f"teams:{problem.pools[0].id}")], iterations=3, seed=1, progress=once)
