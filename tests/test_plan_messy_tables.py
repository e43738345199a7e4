"""Tables of a problem in which nothing fits: a plan stands, and what conflicts is said in words."""

import csv
import shutil

import pytest

from landrelease.plan import check
from landrelease.plan.works import solved
from landrelease.store.problem_tables import read_problem, write_problem
from landrelease.workflows.explaining import conflict_of
from test_plan_tables import changed, everything


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("messy")
    write_problem(folder, everything())
    return folder


def column(name, value):
    def change(rows):
        at = rows[0].index(name)
        return [rows[0], *([*r[:at], value, *r[at + 1:]] for r in rows[1:])]
    return change


def all_closed(folder):
    with (folder / "slots.csv").open(newline="") as file:
        last = len(list(csv.reader(file))) - 3
    return lambda rows: [rows[0], rows[1], *([r[0], f"0-{last}", *r[2:]] for r in rows[2:])]


@pytest.mark.parametrize("changes, words", [
    ([("options.csv", column("first_from_slot", "9")), ("options.csv", column(
        "first_until_slot", "3"))], "nts-a is accredited on no day of the plan"),
    ([("teams.csv", column("opens_slot", "20")), ("teams.csv", column("closes_slot", "10"))],
     "nts-a is there on no day of the plan"),
    ([("teams.csv", column("teams_in_plan", "0"))], "nts-a has 0 team(s)"),
    ([("money.csv", column("arrived", "0"))], "demining has 0 USD, 0 of it at the start"),
    ([("equipment.csv", column("units", "0"))], None),
    ([("calendars.csv", all_closed)], "no work 2027-04-01 to ")])
def test_what_keeps_all_work_from_being_done_is_named_alone(tables, tmp_path, changes, words):
    folder = tmp_path / "tables"
    shutil.copytree(tables, folder)
    for name, change in changes:
        changed(folder, name, change(folder) if change is all_closed else change)
    problem = read_problem(folder)
    plan = solved(problem, iterations=1, bound_iterations=2, seed=1)
    assert check.violations(problem, plan.schedule) == []
    assert plan.bound <= plan.score + 1e-6
    undone = [s for s, f in zip(problem.stage_ids, plan.schedule.finish, strict=True) if f < 0]
    if words is None:  # the machine cannot come: by hand it can be done
        assert undone == []
        return
    found = conflict_of(plan, [undone[0]])
    assert found is not None and found.proven
    assert len(found.requirements) == 1 and found.requirements[0].words.startswith(words), [
        r.words for r in found.requirements]


def test_where_nothing_weighs_anything_there_is_a_plan(tables, tmp_path):
    folder = tmp_path / "tables"
    shutil.copytree(tables, folder)
    for name, of in (("weight", "stages.csv"), ("season_weight", "stages.csv"),
                     ("weight", "projects.csv")):
        changed(folder, of, column(name, "0"))
    problem = read_problem(folder)
    plan = solved(problem, iterations=2, bound_iterations=2, seed=1)
    assert check.violations(problem, plan.schedule) == []
    assert plan.score == plan.bound == 0 and (plan.schedule.finish >= 0).all()


def test_sums_that_no_solver_counts_in_hundredths_are_explained(tables, tmp_path):
    folder = tmp_path / "tables"
    shutil.copytree(tables, folder)
    changed(folder, "options.csv", column("cost", "1e15"))
    problem = read_problem(folder)
    plan = solved(problem, iterations=0, bound_iterations=2, seed=1)
    found = conflict_of(plan, [problem.stage_ids[0]])
    assert [r.kind for r in found.requirements] == ["money"]
