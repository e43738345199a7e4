"""PLN: `plan check` says what speaks against a plan, from the command line."""

import ast
import dataclasses
import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from shapely import Point
from typer.testing import CliRunner

from landrelease.apps.cli import app
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.conditions import Decisions
from landrelease.core.revision import Revision
from landrelease.core.work import Schedule
from landrelease.plan import check
from landrelease.plan.cases import check as cases_check
from landrelease.plan.progress import without
from landrelease.plan.search import make_plan
from landrelease.store.open import create_registry
from landrelease.store.results import PlanFile, save_plan
from tiny_worlds import bound_by, tiny

VALUES = ("landrelease.plan.cases.case",)  # what a case and a plan of it are
STATED = Assumptions({"a": Assumption("a", 1.0, 0.5, 2.0, "m", "what", "where")})


@pytest.fixture
def registry(tmp_path):
    address = tmp_path / "r.gpkg"
    opened = create_registry(address, office="o")
    opened.append([Revision("hazard", f"h{n}", {}, Point(17 + n, 44).buffer(0.01),
                            datetime(2026, 5, 1, tzinfo=UTC), "test", "test", "", date(2026, 5, 1))
                   for n in range(3)])  # the areas of the plans
    head = opened.head()
    opened.close()
    return address, head


def run(registry, folder, out):
    result = CliRunner().invoke(app, ["plan", "check", str(registry), str(folder), "--json",
                                      str(out)])
    return result.exit_code, result.output, json.loads(out.read_text())


def test_a_sound_plan_passes_and_a_broken_one_says_why(tmp_path, registry):
    address, head = registry
    plan = make_plan(bound_by(3), iterations=3, seed=1, bound_iterations=10)
    saved = PlanFile(plan, STATED, head, date(2027, 4, 1), {})
    save_plan(tmp_path / "good", saved)
    code, words, found = run(address, tmp_path / "good", tmp_path / "good.json")
    assert code == 0 and "can be carried out" in words and found["violations"] == []
    early = dataclasses.replace(plan.schedule, start=np.where(
        plan.schedule.start >= 0, 0, -1).astype(np.int32))
    save_plan(tmp_path / "bad", dataclasses.replace(saved, chain_head="f" * 64, plan=(
        dataclasses.replace(plan, schedule=early, bound=plan.score * 2))))
    code, words, found = run(address, tmp_path / "bad", tmp_path / "bad.json")
    assert code == 1 and found["violations"] and len(found["doubts"]) == 2
    assert "works" in words and "above the plan's own score" in words


def test_the_checker_finds_every_kind_of_fault():
    """Each condition broken alone is found by its own words."""
    said = set()
    for seed in range(40):
        problem = bound_by(seed)
        plan = make_plan(problem, iterations=0, seed=1, bound_iterations=0)
        chance = np.random.default_rng(seed)
        rows = {f.name: getattr(plan.schedule, f.name) for f in dataclasses.fields(plan.schedule)}
        for name in ("start", "first_finish", "second_start", "finish"):
            move = chance.integers(-2, 3)
            rows[name] = np.where(plan.schedule.option >= 0, rows[name] + move, -1)
        if rows["project_start"] is not None:
            rows["project_start"] = np.maximum(rows["project_start"] - 1, -1)
        said |= {word for text in check.violations(problem, type(plan.schedule)(**rows))
                 for word in ("closed", "accreditation", "are needed in slot", "had arrived",
                              "slots that were decided", "does not take the time", "its place",
                              "before") if word in text}
    assert said >= {"closed", "accreditation", "had arrived", "slots that were decided",
                    "does not take the time", "before"}



def test_a_work_that_takes_no_time_is_paid_as_the_horizon_ends():
    """The school of this world waits for land that comes back in the last slot: whether there is
    money for it, and that it is bound then, hangs on no slot after the horizon."""
    problem = bound_by(770)
    money, works = problem.conditions.money, problem.conditions.projects
    plan = make_plan(problem, iterations=5, seed=770, bound_iterations=10)
    assert int(plan.schedule.project_start[1]) == problem.horizon and works.slots[1] == 0
    assert list(check.violations(problem, plan.schedule)) == []
    poor = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, projects=dataclasses.replace(
            works, cost=np.array([works.cost[0], money.arrived.sum()]))))
    kept = make_plan(poor, iterations=5, seed=770, bound_iterations=10)
    assert int(kept.schedule.project_start[1]) == -1
    assert any("are missing" in text for text in check.violations(poor, plan.schedule))
    twice = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, projects=dataclasses.replace(
            works, earliest=np.array([problem.horizon] * 2), slots=np.array([0, 0]),
            cost=np.array([6.0, 6.0]), stage=np.array([1, 1]), start=np.array([0, 1, 2]))))
    both = make_plan(twice, iterations=5, seed=1, bound_iterations=10)
    assert list(check.violations(twice, both.schedule)) == []
    assert sorted(both.schedule.project_start) == [-1, problem.horizon]  # money for one of them


def test_orders_that_stay_undone_are_unkept_pinned_or_not():
    problem = tiny(3, horizon=30)
    last = np.full(6, 30, np.int32)
    last[2] = 4
    ordered = np.array([True, False, False, False, False, True])
    problem = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, decisions=Decisions(
            np.zeros(6, np.int32), last, np.ones(len(problem.first_pool), bool),
            np.zeros((0, 2), np.int32), ordered)))
    plan = make_plan(problem, iterations=2, seed=1)
    assert check.unkept(problem, plan.schedule) == []
    nothing = Schedule(*[np.full(6, -1, np.int32)] * 7)
    assert check.unkept(problem, nothing) == [
        "h0/NTS: ordered, and not in the plan",
        "h1/NTS: ordered, to start by 2027-04-05, and not in the plan",
        "h2/clear: ordered, and not in the plan"]
    left = without(problem, [0, 1])  # what is done is not asked for any more
    assert [w.split(":")[0] for w in check.unkept(left, Schedule(
        *[np.full(4, -1, np.int32)] * 7))] == ["h1/NTS", "h2/clear"]


@pytest.mark.parametrize("checker", [check, cases_check])
def test_a_checker_imports_nothing_of_the_planner(checker):
    """What it shares with the planner is the values of `core`, and the rule of S07 in them."""
    tree = ast.parse(Path(checker.__file__).read_text(encoding="utf-8"))
    asked = {alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names}
    asked |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    ours = {name for name in asked if name.startswith("landrelease")}
    assert ours and all(name.startswith("landrelease.core.") or name in VALUES for name in ours)
    assert not {n.level for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)} - {0}
