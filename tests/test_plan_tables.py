"""A problem as tables: what is written is read back equal, and what is wrong is named."""

import csv
import dataclasses
import json
import sys
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.apps import cli
from landrelease.core import conditions as terms
from landrelease.core.instance import fingerprint
from landrelease.core.recorded import Sources
from landrelease.errors import LandReleaseError
from landrelease.plan import check
from landrelease.plan.works import solved
from landrelease.store.problem_tables import FILES, parted, read_problem, write_problem
from landrelease.store.problem_tables import _list as joined
from test_plan_recorded import (
    CREW,
    POOLS,
    WHOLE,
    accredited,
    asked,
    at,
    fund,
    order,
    record,
    square,
)
from tiny_worlds import bound_by


def command(*words):
    before, sys.argv = sys.argv, ["landrelease", *map(str, words)]
    try:
        cli.main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


def same(one, other, where="problem"):
    """Every value, array and dimension, bit by bit."""
    if dataclasses.is_dataclass(one):
        assert type(one) is type(other), where
        for field in dataclasses.fields(one):
            same(getattr(one, field.name), getattr(other, field.name), f"{where}.{field.name}")
    elif isinstance(one, np.ndarray):
        assert one.shape == other.shape and np.array_equal(
            one, other, equal_nan=one.dtype.kind == "f"), where
    elif isinstance(one, tuple):
        assert len(one) == len(other), where
        for n, (a, b) in enumerate(zip(one, other, strict=True)):
            same(a, b, f"{where}[{n}]")
    else:
        assert one == other, where


floats = st.floats(0, 1e12, allow_subnormal=True)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_what_is_written_is_read_back_equal(tmp_path_factory, seed, data):
    problem = bound_by(seed)
    stages = len(problem.stage_ids)
    drawn = np.array(data.draw(st.lists(floats, min_size=stages, max_size=stages)))
    name = data.draw(st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1))
    names = tuple(f"{name}{k}" for k in range(stages))
    terms_ = problem.conditions
    if data.draw(st.booleans()):
        terms_ = dataclasses.replace(terms_, outcomes=terms.Outcomes(
            np.minimum(1.0, drawn + 0.1), drawn))
    problem = dataclasses.replace(
        problem, weight=drawn, stage_ids=names, conditions=terms_,
        benefits=terms.Benefits(drawn, drawn[::-1].copy(), data.draw(st.sampled_from(
            [None, drawn / 3]))))
    folder = tmp_path_factory.mktemp("tables")
    write_problem(folder, problem, synthetic=data.draw(st.booleans()))
    again = read_problem(folder)
    same(problem, again)
    assert fingerprint(again) == fingerprint(problem)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_lists_in_a_cell_come_back(names):
    assert parted(joined(names)) == names


def everything():
    leave = (accredited("one", "manual-a-1", end=date(2027, 7, 31)),
             accredited("more", "manual-a-1", begin=date(2028, 6, 1)), *WHOLE)
    return asked(Sources(
        teams=CREW, accreditations=leave,
        closures=(record("closure", "c1", square(0), closed_from=at(2027, 4, 1),
                         closed_until=at(2027, 6, 1)),),
        machines=(record("machine", "m1"),), funds=(fund("f", 9e4, date(2027, 1, 1)),
                                                    fund("g", 9e4, date(2028, 1, 1), "rebuilding"),
                                                    fund("h", 7e3, date(2045, 1, 1))),
        projects=(record("project", "p", hazards=["h0"], cost=1.0, currency="USD",
                         season_first_month=5, season_last_month=9),
                  record("project", "q", after_projects=["p"])),
        hazards=(record("hazard", "h0", land_use_expected="forest"),),
        tasks=(order("T", hazard="h1", task_type="NTS", start_by=date(2027, 9, 1)),
               order("U", hazard="h2", task_type="NTS", after_tasks=["T"])))).problem


def test_a_problem_from_records_goes_there_and_back_and_gives_the_same_plan(tmp_path):
    problem = everything()
    assert None not in [getattr(problem.conditions, n) for n in (
        "calendars", "windows", "equipment", "money", "projects", "decisions")]
    assert {p.name for p in write_problem(tmp_path, problem)} == set(FILES) - {
        "gates.csv", "shut_roads.csv", "communities.csv", "funds.csv", "budget_lines.csv"}
    again = read_problem(tmp_path)
    same(problem, again)
    assert solved(problem, iterations=2, seed=3).score == solved(again, iterations=2, seed=3).score
    # A smaller problem leaves nothing of the larger one behind.
    write_problem(tmp_path, asked(pools=POOLS).problem)
    assert read_problem(tmp_path).conditions.money is None


@pytest.mark.parametrize("name, row, column, text, code", [
    ("stages.csv", 1, "hazard", "nobody", "PLN-705"),
    ("stages.csv", 0, "weight", "many", "PLN-705"),
    ("stages.csv", 0, "activity", "rest", "PLN-705"),
    ("stages.csv", 0, "after", "h0/1:TS", "PLN-705"),
    ("stages.csv", 1, "id", "h0:NTS", "PLN-705"),
    ("options.csv", 0, "stage", "h2:NTS", "PLN-705"),
    ("options.csv", 0, "first_team", "x", "PLN-705"),
    ("options.csv", 0, "first_slots", "-1", "PLN-705"),
    ("options.csv", 0, "first_slots", "1.5", "PLN-705"),
    ("options.csv", 0, "allowed", "perhaps", "PLN-705"),
    ("teams.csv", 0, "kind", "navy", "PLN-705"),
    ("teams.csv", 0, "available_from", "May", "PLN-705"),
    ("teams.csv", 0, "opens_slot", "9999", "PLN-705"),
    ("slots.csv", 1, "slot", "7", "PLN-705"),
    ("slots.csv", 3, "delay_days", "0.1", "PLN-705"),
    ("slots.csv", 2, "first_day", "", "PLN-705"),
    ("calendars.csv", 1, "closed_slots", "9-2", "PLN-705"),
    ("calendars.csv", 0, "closed_slots", "1", "PLN-705"),
    ("money.csv", 0, "arrived", "-5", "PLN-705"),
    ("projects.csv", 1, "after", "z", "PLN-705"),
    ("projects.csv", 0, "stages", "h0:NTS;z", "PLN-705"),
    ("tasks.csv", 0, "ground_wkb", "zz", "PLN-705"),
    ("decisions.csv", 0, "latest_slot", "-3", "PLN-705"),
    ("problem.csv", 0, "value", "x", "PLN-705"), ("problem.csv", 0, "value", "0", "PLN-705"),
    ("problem.csv", 1, "name", "person_wait", "PLN-705"),
    ("options.csv", 0, "first_slots", "99999999999", "PLN-705"),
    ("options.csv", 0, "cost", "1e300", "PLN-705"), ("money.csv", 0, "arrived", "1e16", "PLN-705"),
    ("teams.csv", None, "m2_per_day", "", "PLN-704"),
    ("options.csv", None, "first_calendar", "", "PLN-704"),
    ("hazards.csv", None, None, "", "PLN-703"),
    ("options.csv", 0, "first_slots", "0", "PLN-705"),
    ("stages.csv", 1, "weight", "-50", "PLN-705"),
    ("stages.csv", 1, "weight", "1_000", "PLN-705"),
    ("teams.csv", 0, "longitude", "181", "PLN-705"),
    ("teams.csv", 0, "also", "cooks=3", "PLN-705"),
    ("teams.csv", 0, "rest", "soon", "PLN-705"),
    ("slots.csv", 3, "first_day", "1999-01-01", "PLN-705"),
    ("stages.csv", None, "hectares", "", "PLN-704"),
])
def test_what_is_wrong_is_named_by_file_row_and_column(tmp_path, tables, name, row, column, text,
                                                      code):
    for path in tables.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / name
    if column is None:
        path.unlink()
    else:
        rows = list(csv.reader(path.open(newline="")))
        at_ = rows[0].index(column)
        if row is None:
            rows = [r[:at_] + r[at_ + 1:] for r in rows]
        else:
            rows[row + 1][at_] = text
        with path.open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    with pytest.raises(LandReleaseError) as caught:
        read_problem(tmp_path)
    assert caught.value.code == code and name in str(caught.value)
    if code != "PLN-703":
        assert column in str(caught.value) or code == "PLN-704"
    if row is not None and name != "options.csv":
        assert f"row {row + 1}" in str(caught.value)


@pytest.fixture(scope="module")
def tables(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tables")
    write_problem(folder, everything())
    return folder


def test_a_row_with_a_missing_comma_and_a_file_that_is_no_text(tmp_path):
    write_problem(tmp_path, asked().problem)
    with (tmp_path / "hazards.csv").open("a") as file:
        file.write("h9,more\n")
    with pytest.raises(LandReleaseError, match=r"PLN-705.*hazards.csv, row 4.*2 cells"):
        read_problem(tmp_path)
    (tmp_path / "hazards.csv").write_bytes(b"id\n\xff\xfe\n")
    with pytest.raises(LandReleaseError, match=r"PLN-705.*UTF-8"):
        read_problem(tmp_path)


def test_tables_are_planned_from_the_command_line(tmp_path, capsys):
    folder, out, json_ = tmp_path / "tables", tmp_path / "plan", tmp_path / "o.json"
    write_problem(folder, everything())
    make = ("plan", "make", "--problem", folder, "--out", out, "--iterations", 2, "--quiet")
    assert command(*make, "--json", json_) == 0
    found = json.loads(json_.read_text())
    assert found["stages_planned"] > 0 and (out / "plan.csv").exists()
    assert Path(out / "plan.geojson").exists()
    assert command("plan", "make", "--out", out) == 2
    assert command(*make, "--roads", "roads.osm") == 2
    (folder / "stages.csv").unlink()
    capsys.readouterr()
    assert command(*make) == 2
    assert "PLN-703" in capsys.readouterr().err


def changed(folder, name, change):
    with (folder / name).open(newline="") as file:
        rows = list(csv.reader(file))
    rows = change(rows)
    with (folder / name).open("w", newline="") as file:
        csv.writer(file).writerows(rows)


@pytest.mark.parametrize("column, team", [("first_team", "nts-a"), ("first_team", "machine-a"),
                                          ("second_team", "machine-a")])
def test_ground_is_cleared_by_hand_or_with_a_follow_up_by_hand(tmp_path, column, team):
    """S07: a machine alone, or a team that only surveys, clears nothing."""
    write_problem(tmp_path, asked().problem)

    def change(rows):
        first, second = rows[0].index("first_team"), rows[0].index("second_team")
        for row in rows[1:]:
            if row[rows[0].index("stage")].endswith("clearance"):
                row[second] = ""
                row[rows[0].index("second_slots")] = "1"
                row[first if column == "first_team" else second] = team
        return rows

    changed(tmp_path, "options.csv", change)
    with pytest.raises(LandReleaseError, match=r"PLN-705.*options.csv.*can do clearance"):
        read_problem(tmp_path)


def test_the_checker_refuses_clearance_by_a_machine_alone():
    problem = asked().problem
    plan = solved(problem, iterations=1, seed=1)
    machine = [p.kind for p in problem.pools].index("mechanical")
    alone = np.where(problem.activity[np.repeat(np.arange(len(problem.stage_ids)), np.diff(
        problem.option_start))] == 2, machine, problem.first_pool).astype(np.int32)
    wrong = check.violations(dataclasses.replace(
        problem, first_pool=alone, second_pool=np.full_like(alone, -1)), plan.schedule)
    assert check.violations(problem, plan.schedule) == []
    assert any("follow-up by hand" in words for words in wrong)


def test_rows_are_numbered_as_in_the_file_and_columns_stand_once(tmp_path):
    write_problem(tmp_path, asked().problem)
    changed(tmp_path, "hazards.csv", lambda rows: [rows[0], [""], *rows[1:], rows[1]])
    with pytest.raises(LandReleaseError, match=r"hazards.csv, row 5.*than in row 2"):
        read_problem(tmp_path)
    write_problem(tmp_path, asked().problem)
    changed(tmp_path, "stages.csv", lambda rows: [[*r, "0" if n else "weight"]
                                                  for n, r in enumerate(rows)])
    with pytest.raises(LandReleaseError, match=r"PLN-705.*stages.csv.*'weight' twice"):
        read_problem(tmp_path)


@pytest.mark.parametrize("slots", [(4, 2), (4, 4)])
def test_money_of_a_fund_is_in_the_order_of_slots(tmp_path, tables, slots):
    """A row of an earlier slot would else take away what a row above it said."""
    for path in tables.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed(tmp_path, "money.csv", lambda rows: [rows[0], *(
        [rows[1][0], str(slot), "1000000"] for slot in slots), *rows[1:]])
    with pytest.raises(LandReleaseError, match=r"PLN-705.*money.csv, row 2: from_slot"):
        read_problem(tmp_path)


def test_a_stage_has_one_row_of_days(tmp_path, tables):
    for path in tables.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    changed(tmp_path, "decisions.csv", lambda rows: [*rows, rows[1]])
    with pytest.raises(LandReleaseError, match=r"PLN-705.*decisions.csv.*another stage"):
        read_problem(tmp_path)


def test_ground_of_many_corners_comes_back(tmp_path):
    """A cell may be longer than csv's own limit of 131,072 characters."""
    problem = asked().problem
    angle = np.linspace(0, 2 * np.pi, 9_000, endpoint=False)
    ring = shapely.Polygon(np.c_[0.001 * np.cos(angle), 0.001 * np.sin(angle) - 47])
    problem = dataclasses.replace(problem, tasks=(
        dataclasses.replace(problem.tasks[0], ground=ring), *problem.tasks[1:]))
    write_problem(tmp_path, problem)
    assert read_problem(tmp_path).tasks[0].ground.equals_exact(ring)


def test_a_plan_of_synthetic_tables_says_so(tmp_path):
    """S19, also where no registry says it."""
    folder, out = tmp_path / "tables", tmp_path / "plan"
    for synthetic in (True, False):
        write_problem(folder, everything(), synthetic=synthetic)
        assert command("plan", "make", "--problem", folder, "--out", out, "--iterations", 1,
                       "--quiet") == 0
        assert json.loads((out / "plan.json").read_text())["synthetic"] is synthetic


@pytest.mark.parametrize("words", [("--money", "none"), ("--renewed",), ("--no-roads",),
                                   ("--bases", "b.csv"), ("--as", "planner")])
def test_what_tables_say_is_not_asked_again(tmp_path, words, capsys):
    write_problem(tmp_path / "t", asked().problem)
    assert command("plan", "make", "--problem", tmp_path / "t", "--out", tmp_path / "p",
                   *words) == 2
    assert words[0].removeprefix("--") in capsys.readouterr().err


def cells(folder, name, *edits):
    """Cells of a table changed: (row of data, column, text), and rows added as dictionaries."""
    def change(rows):
        for edit in edits:
            if isinstance(edit, dict):
                rows.append([edit.get(c, "") for c in rows[0]])
            else:
                row, column, text = edit
                rows[row + 1][rows[0].index(column)] = text
        return rows

    changed(folder, name, change)


def copied(tables, folder):
    for path in tables.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def refused(folder):
    with pytest.raises(LandReleaseError) as caught:
        read_problem(folder)
    assert caught.value.code == "PLN-705"
    return str(caught.value)


def test_stages_in_a_circle_are_named_with_the_circle(tmp_path, tables):
    copied(tables, tmp_path)
    cells(tmp_path, "stages.csv", (0, "after", "h0/1:clearance"))
    said = refused(tmp_path)
    assert "stages.csv, row 1: after" in said and "no circle" in said
    for words in ("h0:NTS after h0/1:clearance", "h0/1:clearance after h0/1:TS",
                  "h0/1:TS after h0:NTS"):
        assert words in said
    assert "rows 1, 2, 3" in said
    copied(tables, tmp_path)
    cells(tmp_path, "stages.csv", (1, "after", "h0/1:TS"))
    assert "h0/1:TS after h0/1:TS" in refused(tmp_path)


def test_a_survey_does_not_follow_the_clearance_of_its_area(tmp_path, tables):
    copied(tables, tmp_path)
    # Clearance of a piece first, then its technical survey: in the order of the rows, no circle.
    cells(tmp_path, "stages.csv", (1, "activity", "clearance"), (2, "activity", "TS"))
    said = refused(tmp_path)
    assert "stages.csv, row 3: after" in said and "survey before clearance" in said
    assert "h0/1:TS (clearance) before h0/1:clearance (TS)" in said


def test_works_in_a_circle_are_named_with_the_circle(tmp_path, tables):
    copied(tables, tmp_path)
    cells(tmp_path, "projects.csv", (0, "after", "q"))
    said = refused(tmp_path)
    assert "projects.csv, row 1: after" in said and "p after q, q after p" in said
    copied(tables, tmp_path)
    cells(tmp_path, "projects.csv", (0, "after", "p"))
    assert "p after p" in refused(tmp_path)


def test_decisions_in_a_circle_are_named_with_the_circle(tmp_path, tables):
    """Also one that closes over the stages' own sequence."""
    copied(tables, tmp_path)
    cells(tmp_path, "decisions.csv", {"stage": "h1:NTS", "after": "h2:NTS"})
    said = refused(tmp_path)  # on record: h2:NTS follows h1:NTS
    assert "decisions.csv, row" in said and "h1:NTS after h2:NTS" in said
    assert "h2:NTS after h1:NTS" in said
    copied(tables, tmp_path)
    cells(tmp_path, "decisions.csv", {"stage": "h0:NTS", "after": "h0/1:clearance"})
    said = refused(tmp_path)
    assert "h0:NTS after h0/1:clearance" in said and "h0/1:TS after h0:NTS" in said
    copied(tables, tmp_path)
    cells(tmp_path, "decisions.csv", {"stage": "h0:NTS", "after": "h2:NTS"})
    assert read_problem(tmp_path).conditions.decisions is not None


@given(pairs=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=14))
@settings(max_examples=200, deadline=None)
def test_a_circle_is_found_where_there_is_one_and_is_one(pairs):
    from landrelease.core.circles import circle

    follows = {}
    for later, earlier in pairs:
        follows.setdefault(later, []).append(earlier)
    found = circle(follows)
    left = set(pairs)  # what nothing follows, taken away until nothing goes
    while (kept := {(a, b) for a, b in left if b in {x for x, _ in left}}) != left:
        left = kept
    assert bool(found) == bool(left)
    assert all(b in follows[a] for a, b in zip(found, [*found[1:], *found[:1]], strict=True))
    assert len(set(found)) == len(found)
