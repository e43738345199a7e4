"""Plan commands on files that are damaged, of others, or not what they should be: one clear line,
exit status 2, nothing half-written."""

import contextlib
import dataclasses
import json
import shutil
import signal
import subprocess
import sys
import time
from datetime import date

import numpy as np
import pytest

from landrelease.errors import LandReleaseError
from landrelease.store.problem_tables import read_problem, write_problem
from test_plan_commands import command
from tiny_worlds import tiny

TEAMS = """\
id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,m2_per_day_high,\
cost_per_day,currency,available_from,available_until,source
n,nts,o,B,17.0,44.0,1,9000,8000,10000,600,USD,,,made up
t,ts,o,B,17.0,44.0,2,5000,4000,6000,600,USD,,,made up
m,manual,o,B,17.0,44.0,3,400,300,500,600,USD,,,made up
"""


def registry_of(folder, prefix, count):
    ring = [[17, 44], [17.003, 44], [17.003, 44.003], [17, 44.003], [17, 44]]
    areas = folder / f"{prefix}.geojson"
    areas.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"identifier": f"{prefix}-{n}"},
         "geometry": {"type": "Polygon", "coordinates": [[[x + 0.02 * n, y] for x, y in ring]]}}
        for n in range(count)]}))
    address = folder / f"{prefix}.gpkg"
    assert command("init", address) == 0
    assert command("import", areas, "--into", address, "--kind", "hazard", "--crs", "EPSG:4326",
                   "--quiet") == 0
    return address


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    folder = tmp_path_factory.mktemp("messy")
    (folder / "teams.csv").write_text(TEAMS)
    registry = registry_of(folder, "A", 4)
    assert make(folder, registry, folder / "plan") == 0
    return folder


def make(folder, registry, out, *more):
    return command("plan", "make", registry, "--teams", folder / "teams.csv", "--out", out,
                   "--iterations", 2, "--start", "2027-04-01", "--as", "planner", "--quiet", *more)


@pytest.mark.parametrize(("spoil", "said"), [
    (lambda d: [], "holds no plan"),
    (lambda d: d.pop("chain_head") and d, "chain_head is missing"),
    (lambda d: d | {"score": "much"}, "score is 'much', expected a number"),
    (lambda d: d | {"bound": None}, "bound is None, expected a number"),
    (lambda d: d | {"rules": [1]}, "PLN-101"),
    (lambda d: d | {"pools": "x"}, "PLN-101"),
    (lambda d: d | {"stage_ids": d["stage_ids"][:3]}, "3 stages, but activity has 12 values"),
    (lambda d: d | {"hazard_ids": d["hazard_ids"][:1]}, "1 hazards, but hazard names others"),
    (lambda d: d | {"pools": d["pools"][:2]}, "2 pools, but pool_teams has 3 values"),
    (lambda d: d | {"option_mode": []}, "0 options, but"),
    (lambda d: d | {"slot_starts": d["slot_starts"][1:]}, "days, but delay_days has"),
])
def test_a_damaged_plan_is_refused_by_what_is_wrong_with_it(here, tmp_path, capsys, spoil, said):
    plan = shutil.copytree(here / "plan", tmp_path / "plan")
    (plan / "plan.json").write_text(json.dumps(spoil(json.loads(
        (plan / "plan.json").read_text()))))
    for words in (("check",), ("explain",), ("orders", "--until", "2028-01-01")):
        capsys.readouterr()
        assert command("plan", words[0], here / "A.gpkg", plan, *words[1:], "--as", "planner") == 2
        error = capsys.readouterr().err
        assert "[PLN-101]" in error and said in error


def test_a_bound_above_the_plan_is_found_and_not_taken_for_a_proof(here, tmp_path, capsys):
    plan = shutil.copytree(here / "plan", tmp_path / "plan")
    assert command("plan", "bound", here / "A.gpkg", plan, "--seconds", 0, "--as", "planner",
                   "--quiet") == 0
    assert command("plan", "check", here / "A.gpkg", plan, "--as", "planner") == 0
    told = []
    for name in ("plan.json", "bound.json"):
        document = json.loads((plan / name).read_text())
        (plan / name).write_text(json.dumps(document | {"bound": 1e7}))
        capsys.readouterr()
        told.append(command("plan", "check", here / "A.gpkg", plan, "--as", "planner"))
        said = capsys.readouterr().out
        (plan / name).write_text(json.dumps(document))
        if name == "plan.json":
            assert "The bound 10,000,000.00 is above the plan's own score" in said
        else:  # left out
            bound = json.loads((plan / "plan.json").read_text())["bound"]
            assert f"not below the bound {bound:,.0f}" in said
    assert told == [1, 0]


@pytest.mark.parametrize("words", [
    ("check",), ("explain",), ("conflicts",), ("price",), ("policy",), ("bound", "--seconds", "1"),
    ("what-if", "--weight", "access_weight=3"), ("pareto", "--parts", "people", "land"),
    ("orders", "--until", "2028-01-01")])
def test_a_plan_of_another_registry_is_refused(here, capsys, words):
    other = here / "B.gpkg"
    if not other.exists():
        registry_of(here, "B", 3)
    capsys.readouterr()
    assert command("plan", words[0], other, here / "plan", *words[1:], "--as", "planner") == 2
    assert "[PLN-103]" in capsys.readouterr().err


def test_a_plan_of_another_registry_is_no_standing_plan(here, tmp_path, capsys):
    other = here / "B.gpkg"
    if not other.exists():
        registry_of(here, "B", 3)
    assert make(here, other, tmp_path / "o", "--standing", here / "plan") == 2
    assert "[PLN-103]" in capsys.readouterr().err and not (tmp_path / "o").exists()


@pytest.mark.parametrize(("words", "said"), [
    (("--start", "9998-01-01"), "9998-01-01"), (("--start", "0207-04-01"), "0207-04-01"),
    (("--start", "1.4.2027"), "[CLI-103]"), (("--seed", "-1"), "--seed"),
    (("--seconds", "nan"), "[PLN-009]"), (("--money", "much"), "[CLI-103]"),
    (("--standing", "nowhere"), "plan.json: No such file")])
def test_options_that_make_no_sense_are_told_and_nothing_is_written(here, tmp_path, capsys, words,
                                                                    said):
    out = tmp_path / "o"
    assert make(here, here / "A.gpkg", out, *words) == 2
    assert said in capsys.readouterr().err and not out.exists()


@pytest.mark.parametrize(("text", "said"), [
    ("area_ha: 3\narea_ha: 4\n", "line 2: found area_ha stands twice; expected each name once"),
    ("area_ha: much\n", "a number of 0 or more"), ("area_ha: .nan\n", "a number of 0 or more"),
    ("area: 3\n", "an unknown criterion")])
def test_a_mistake_in_weights_is_told_before_anything_is_assessed(here, tmp_path, capsys, text,
                                                                  said):
    weights = tmp_path / "w.yaml"
    weights.write_text(text)
    capsys.readouterr()
    assert command("plan", "rank", here / "A.gpkg", "--weights", weights, "--as", "planner") == 2
    error = capsys.readouterr().err
    assert "[PLN-503]" in error and said in error and "hazards assessed" not in error


@pytest.mark.parametrize("option", ["--json", "--csv"])
def test_a_folder_is_no_place_for_a_file(here, tmp_path, capsys, monkeypatch, option):
    (tmp_path / "w.yaml").write_text("area_ha: 3\n")
    monkeypatch.chdir(tmp_path)
    assert command("plan", "rank", here / "A.gpkg", "--weights", "w.yaml", "--as", "planner",
                   "--quiet", option, ".") == 2
    assert ". cannot be written" in capsys.readouterr().err


def test_tables_that_were_begun_are_no_problem(tmp_path, monkeypatch):
    """Stopped between two tables of another problem: neither the old one nor a mixture is read."""
    from landrelease.store import problem_tables

    write_problem(tmp_path, tiny(1))
    kept, done = problem_tables.write_atomically, []

    def stopped(path, content):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(path.name)
        kept(path, content)

    monkeypatch.setattr(problem_tables, "write_atomically", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_problem(tmp_path, tiny(2, hazards=5))
    with pytest.raises(LandReleaseError) as error:
        read_problem(tmp_path)
    assert error.value.code == "PLN-703" and "problem.csv" in str(error.value)
    monkeypatch.undo()
    write_problem(tmp_path, tiny(2, hazards=5))
    found = read_problem(tmp_path)
    assert np.array_equal(found.weight, tiny(2, hazards=5).weight)


# Of a process of its own, which knows what day it is: a first day that never has passed.
MAKE_FOR_LONG = ("--seconds", "60", "--start", f"{date.today().year + 1}-04-01", "--as", "planner",
                 "--quiet")


@pytest.mark.parametrize(("sent", "after"), [
    (signal.SIGINT, 0.0), (signal.SIGINT, 0.3), (signal.SIGINT, 2.5), (signal.SIGTERM, 0.3),
    (signal.SIGTERM, 1.0), (signal.SIGKILL, 0.0), (signal.SIGKILL, 1.0)])
def test_whatever_ends_the_search_leaves_the_best_plan_so_far(here, tmp_path, sent, after):
    """From the line of the first plan on there is a plan that stands up to the checker."""
    out = tmp_path / "o"
    running = subprocess.Popen(
        [sys.executable, "-m", "landrelease", "plan", "make", str(here / "A.gpkg"), "--teams",
         str(here / "teams.csv"), "--out", str(out), *MAKE_FOR_LONG], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    said = running.stdout.readline()
    assert said.startswith("First plan"), said + running.stderr.read()
    time.sleep(after)
    running.send_signal(sent)
    said, error = running.communicate(timeout=120)
    assert "Traceback" not in error, error
    if sent == signal.SIGKILL:
        assert running.returncode == -signal.SIGKILL
    else:
        assert running.returncode == 1 and "Interrupted" in said + error, (said, error)
        assert (out / "plan.csv").exists()
    assert command("plan", "check", here / "A.gpkg", out, "--as", "planner") == 0
    assert json.loads((out / "plan.json").read_text())["interrupted"] is True


def test_a_search_until_it_is_stopped_ends_well_when_it_is(here, tmp_path):
    out = tmp_path / "o"
    running = subprocess.Popen(
        [sys.executable, "-m", "landrelease", "plan", "make", str(here / "A.gpkg"), "--teams",
         str(here / "teams.csv"), "--out", str(out), "--until-stopped", *MAKE_FOR_LONG[2:]],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    first = running.stdout.readline()
    assert first.startswith("First plan"), first + running.stderr.read()
    time.sleep(6.0)
    assert running.poll() is None
    running.send_signal(signal.SIGTERM)
    said, error = running.communicate(timeout=120)
    assert running.returncode == 0 and "Written to" in said, (said, error)
    assert command("plan", "check", here / "A.gpkg", out, "--as", "planner") == 0
    score = float(first.split("score ")[1].split(" ")[0].replace(",", ""))
    assert json.loads((out / "plan.json").read_text())["score"] <= score + 1


def test_a_folder_that_holds_a_plan_keeps_it_until_the_new_one_is_done(here, tmp_path):
    out = tmp_path / "o"
    ask = ("plan", "make", here / "A.gpkg", "--teams", here / "teams.csv", "--out", out)
    assert command(*ask, "--iterations", "3", "--start", "2027-04-01", "--as", "planner",
                   "--quiet") == 0
    before = (out / "plan.json").read_bytes()
    running = subprocess.Popen(
        [sys.executable, "-m", "landrelease", *map(str, ask), *MAKE_FOR_LONG],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline().startswith("First plan")
    running.kill()
    running.communicate(timeout=60)
    assert (out / "plan.json").read_bytes() == before


def test_a_plan_that_is_put_in_the_place_of_another_is_never_half_there(here, tmp_path,
                                                                       monkeypatch):
    from landrelease.store import results

    old = results.load_plan(here / "plan")
    new = dataclasses.replace(old, plan=dataclasses.replace(
        old.plan, priority=old.plan.priority[::-1].copy(), seed=old.plan.seed + 1))
    kept, moved = results.write_atomically, results.os.replace
    for stop_at in range(6):
        folder = tmp_path / str(stop_at)
        results.save_plan(folder, old)
        calls = []

        def until(real, *args, calls=calls, stop_at=stop_at):
            calls.append(args)
            if len(calls) > stop_at:
                raise KeyboardInterrupt
            return real(*args)

        monkeypatch.setattr(results, "write_atomically", lambda *a, u=until: u(kept, *a))
        monkeypatch.setattr(results.os, "replace", lambda *a, u=until: u(moved, *a))
        with contextlib.suppress(KeyboardInterrupt):
            results.save_plan(folder, new)
        monkeypatch.undo()
        assert results.load_plan(folder).plan.seed in (old.plan.seed, new.plan.seed)
    assert results.load_plan(folder).plan.seed == new.plan.seed


@pytest.mark.parametrize("after", [0.0, 0.3, 1.0])
def test_ctrl_c_leaves_a_whole_plan_or_none(here, tmp_path, after):
    """Interrupted before there is any plan: exit status 130 and no folder; never a traceback."""
    out = tmp_path / "o"
    running = subprocess.Popen(
        [sys.executable, "-m", "landrelease", "plan", "make", str(here / "A.gpkg"), "--teams",
         str(here / "teams.csv"), "--out", str(out), "--seconds", "60", "--start", "2027-04-01",
         "--as", "planner", "--quiet"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # In the background of a shell a child inherits that it is ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    time.sleep(after)
    running.send_signal(signal.SIGINT)
    said, error = running.communicate(timeout=120)
    assert "Traceback" not in error, error
    if running.returncode != -signal.SIGINT:  # Python itself had not begun
        assert running.returncode in (1, 130) and "Interrupted" in said + error
    if running.returncode == 1 or (out / "plan.json").exists():
        assert command("plan", "check", here / "A.gpkg", out, "--as", "planner") == 0
        assert json.loads((out / "plan.json").read_text())["interrupted"] is True
    else:
        assert not out.exists()


def test_seeds_below_nothing_are_refused_by_every_command(here, capsys):
    assert command("plan", "policy", here / "A.gpkg", here / "plan", "--seed", "-1", "--as",
                   "planner") == 2
    assert "--seed" in capsys.readouterr().err


def test_what_cannot_bind_is_said(here, tmp_path, capsys):
    """A work that waits for land that nobody recorded; money of which none counts."""
    registry = shutil.copy(here / "A.gpkg", tmp_path / "r.gpkg")
    works, funds = tmp_path / "works.csv", tmp_path / "funds.csv"
    works.write_text("identifier,hazards,cost,currency,duration_days,beneficiaries\n"
                     "W1,A-0,50000,USD,60,500\nW2,A-9,50000,USD,60,500\n")
    funds.write_text("identifier,phase,amount,currency,available_on,fund_status\n"
                     "F1,demining,1000000,USD,2027-01-01,announced\n")
    for kind, file in (("project", works), ("fund", funds)):
        assert command("import", file, "--into", registry, "--kind", kind, "--quiet") in (0, 1)
    for counted in ("received", "announced"):
        capsys.readouterr()
        assert command("plan", "problem", registry, "--teams", here / "teams.csv", "--out",
                       tmp_path / counted, "--start", "2027-04-01", "--as", "planner", "--quiet",
                       "--money", counted) == 0
        said = capsys.readouterr().out
        assert "A-9, for which it waits, is not on record: not kept" in said
        assert ("none of the 1 on record counts, so that no money binds the plan" in said) == (
            counted == "received")
        assert (tmp_path / counted / "money.csv").exists() == (counted == "announced")
