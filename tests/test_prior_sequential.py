"""Survey in sequence: exact propensities, unbiased estimates, results that are taken in."""

import csv
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.assess import sequential as seq
from landrelease.errors import LandReleaseError
from test_prior_unsurveyed import command, world


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 60), st.floats(0, 1), st.data())
def test_a_batch_keeps_to_its_budget_and_its_chances(seed, count, explore, data):
    rng = np.random.default_rng(seed)
    chance = rng.random(count)
    budget = data.draw(st.integers(1, count))
    batch = seq.next_batch(chance, budget, explore, rng)
    assert len(batch.order) == budget == len(set(batch.order.tolist()))
    assert batch.propensity.sum() == pytest.approx(budget)
    assert np.all(batch.propensity[batch.order] > 0)
    if budget == count:
        return
    top = batch.order[~batch.drawn]
    rest = np.setdiff1d(np.arange(count), top)
    assert np.all(batch.propensity[top] == 1)
    if len(top):
        assert chance[top].min() >= chance[rest].max()
    if batch.drawn.any():  # every cell could have come in
        assert np.all(batch.propensity > 0)


def test_each_cell_is_drawn_as_often_as_its_propensity_says():
    rng = np.random.default_rng(4)
    chance = rng.random(30)
    times = np.zeros(30)
    for _ in range(4000):
        batch = seq.next_batch(chance, 10, 0.5, rng)
        times[batch.order] += 1
    assert times / 4000 == pytest.approx(batch.propensity, abs=0.035)


def test_the_estimate_is_unbiased_whatever_the_model_said():
    rng = np.random.default_rng(5)
    chance = rng.random(200)
    found = (rng.random(200) < 1 - chance).astype(int)  # the model is as wrong as can be
    top = seq.next_batch(chance, 50, 0.4, rng)
    left = np.setdiff1d(np.arange(200), top.order[~top.drawn])
    estimates, errors = [], []
    for _ in range(3000):
        batch = seq.next_batch(chance, 50, 0.4, rng)
        mine = batch.order[batch.drawn]
        made = seq.unordered_finds(batch.propensity[mine], found[mine])
        estimates.append(made.cells)
        errors.append(made.standard_error)
    assert np.mean(estimates) == pytest.approx(found[left].sum(), rel=0.03)
    assert np.std(estimates) < 1.1 * np.mean(errors)


def test_area_budgets_prefer_finds_for_the_ground_they_cost():
    chance = np.array([0.9, 0.5, 0.5, 0.1])
    area = np.array([10.0, 1.0, 2.0, 1.0])
    batch = seq.next_batch(chance, 3.0, 0.0, np.random.default_rng(0), area)
    assert batch.order.tolist() == [1, 2]
    whole = seq.next_batch(chance, 99.0, 0.2, np.random.default_rng(0), area)
    assert sorted(whole.order.tolist()) == [0, 1, 2, 3] and np.all(whole.propensity == 1)
    rng = np.random.default_rng(1)
    area, chance = rng.uniform(0.5, 2, 60), rng.random(60)
    used = [area[seq.next_batch(chance, 20.0, 0.5, rng, area).order].sum() for _ in range(800)]
    assert np.mean(used) == pytest.approx(20, abs=1.2)


def test_recall_at_shares_of_the_budget():
    found = np.array([0, 1, 0, 1])
    assert seq.recall_at([1, 0, 3, 2], found, [0.0, 0.25, 0.5, 0.75, 1.0]).tolist() == [
        0, 0.5, 0.5, 1, 1]
    assert seq.recall_at([1, 0, 3, 2], found, [0.5], np.array([1.0, 4, 1, 2])).tolist() == [0.5]


@pytest.mark.parametrize(("count", "budget", "code"), [
    (0, 1, "ASS-410"), (3, 0, "ASS-411"), (3, 1.5, "ASS-411"), (3, float("nan"), "ASS-411")])
def test_impossible_budgets_are_refused(count, budget, code):
    with pytest.raises(LandReleaseError, match=code):
        seq.next_batch(np.full(count, 0.5), budget, 0.1, np.random.default_rng(0))


# --- the command ---------------------------------------------------------------------------------

@pytest.fixture
def cells(tmp_path):
    made, y, group, lat, lon = world(200, groups=4)
    path = tmp_path / "cells.csv"
    waiting = np.random.default_rng(8).random(200) < 0.5
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["cell", "latitude", "longitude", "municipality", "road km", "found"])
        for i in range(200):
            out.writerow([f"c{i}", lat[i], lon[i], group[i], made.numbers["road_km"][i],
                          -1 if waiting[i] else y[i]])
    return path, y, waiting


def run(path, *more):
    return command("assess", "survey-next", "--train", path, "--label", "found", "--group",
                   "municipality", "--id", "cell", "--quiet", "--out", path.with_name("next.csv"),
                   *more)


def read(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def done(path, y, out):
    rows = read(path)
    for row in rows:
        row["result"] = int(y[int(row["cell"][1:])])
    with out.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return rows


def test_survey_goes_on_from_the_results_until_nothing_waits(cells, capsys):
    path, y, waiting = cells
    files, seen = [], set()
    for turn in range(2):
        more = [v for f in files for v in ("--results", f)]
        assert run(path, "--cells", 40, "--explore", 0.2, *more, "--log",
                   path.with_name("log.csv"), "--json", path.with_name("r.json")) == 0
        out = path.with_name(f"done{turn}.csv")
        rows = done(path.with_name("next.csv"), y, out)
        files.append(out)
        assert len(rows) == 40 and sum(r["chosen_by"] == "draw" for r in rows) == 8
        assert [int(r["rank"]) for r in rows] == list(range(1, 41))
        mine = {r["cell"] for r in rows}
        assert not mine & seen and all(waiting[int(c[1:])] for c in mine)
        seen |= mine
        log = read(path.with_name("log.csv"))
        assert len(log) == waiting.sum() - 40 * turn
        assert sum(float(r["propensity"]) for r in log) == pytest.approx(40, abs=0.01)
        assert all(r["reasons"] for r in rows)
    report = json.loads(path.with_name("r.json").read_text(encoding="utf-8"))
    assert report["unordered_finds"][0]["drawn"] == 8
    assert report["searched_cells"] == 200 - waiting.sum() + 40
    assert "cancels no land" in capsys.readouterr().out
    more = [v for f in files for v in ("--results", f)]
    assert run(path, "--cells", 400, *more) == 0  # all that is left
    done(path.with_name("next.csv"), y, path.with_name("done2.csv"))
    assert run(path, "--cells", 4, *more, "--results", path.with_name("done2.csv")) == 2
    assert "ASS-410" in capsys.readouterr().err


@pytest.mark.parametrize(("line", "words"), [
    ("c9999,1", "no cell has the id 'c9999'"), ("{w},2", "ASS-402"),
    ("{w},1\n{w},1", "stands in two rows"), ("{k},{other}", "the table or an earlier file has"),
])
def test_wrong_results_are_refused(cells, capsys, line, words):
    path, y, waiting = cells
    known = int(np.flatnonzero(~waiting)[0])
    results = path.with_name("bad.csv")
    results.write_text("cell,result\n" + line.format(
        w=f"c{np.flatnonzero(waiting)[0]}", k=f"c{known}", other=1 - y[known]) + "\n")
    assert run(path, "--cells", 5, "--results", results) == 2
    assert words in capsys.readouterr().err


def test_the_budget_is_stated_in_one_way(cells, capsys):
    path, _, _ = cells
    assert run(path) == 2
    assert run(path, "--cells", 5, "--area", 3) == 2
    assert run(path, "--area", 3, "--area-column", "road km", "--explore", 0) == 0
    spent = [float(r["road km"]) for r in read(path.with_name("next.csv"))]
    assert 0 < sum(spent) <= 3


def test_safety_S09_cells_that_are_not_ordered_wait_on(cells, capsys):
    path, _, waiting = cells
    assert run(path, "--cells", 5, "--log", path.with_name("log.csv")) == 0
    said = capsys.readouterr().out
    assert "cancels no land" in said and "wait on" in said
    assert {r["cell"] for r in read(path.with_name("log.csv"))} == {
        f"c{i}" for i in np.flatnonzero(waiting)}


def test_ids_that_a_spreadsheet_would_run_come_back_as_they_left(cells):
    path, y, _ = cells
    text = path.read_text(encoding="utf-8").replace("\nc", "\n-c")  # ids as "-c17"
    path.write_text(text, encoding="utf-8")
    files = []
    for turn in range(2):
        assert run(path, "--cells", 5, *[v for f in files for v in ("--results", f)]) == 0
        rows = read(path.with_name("next.csv"))
        assert all(r["cell"].startswith("'-c") for r in rows)
        files.append(path.with_name(f"done{turn}.csv"))
        with files[-1].open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]))
            writer.writeheader()
            writer.writerows({**r, "result": int(y[int(r["cell"][3:])])} for r in rows)
