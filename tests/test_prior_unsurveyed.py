"""Prior of unsurveyed land: exact leave-out, honest validation, reasons that add up, messy tables.

ASS-R5: nothing of a group's labels enters what is said of it; what only names a group is not
learned; an order, never a cancellation (S09).
"""

import csv
import json
import math
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.apps import cli
from landrelease.assess import regression, scoring, unsurveyed
from landrelease.assess.covariates import choose_columns
from landrelease.assess.likeness import Cells, Coder, sphere_km
from landrelease.errors import LandReleaseError
from landrelease.workflows import unsurveyed as tables

FEW = (unsurveyed.Setting(2.0, 10.0, 1.0, 0.3, 0.3, 1.0),
       unsurveyed.Setting(4.0, 20.0, 1.0, 0.03, 0.03, 0.5))


def kernel_of(n, seed=1):
    xy = np.random.default_rng(seed).random((n, 2)) * 8
    return np.exp(-np.linalg.norm(xy[:, None] - xy[None], axis=2) / 2)


def world(n=360, seed=2, groups=6):
    """Cells in strips (groups); finds lie near roads and in one region; two columns are noise."""
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(44, 44.3, n), rng.uniform(16, 16.5, n)
    group = np.array([f"M{int(v)}" for v in (lon - 16) / 0.5 * groups], dtype=object)
    road = rng.exponential(2, n)
    odds = 3 * np.sin(lat * 25) + 1.5 - 1.2 * road
    y = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(int)
    number = {"road_km": road, "noise": rng.normal(size=n),
              "victims": np.array([float(hash_of(g)) for g in group])}
    cells = Cells(n, number, {"relief": np.where(road > 2, "hill", "plain").astype(object)},
                  sphere_km(lat, lon))
    return cells, y, group, lat, lon


def hash_of(name):
    return sum(map(ord, name)) % 7


# --- the regression ------------------------------------------------------------------------------

@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 3))
def test_a_hidden_block_is_what_a_fit_without_it_says(seed, noise):
    rng = np.random.default_rng(seed)
    kernel, y = kernel_of(40, seed), rng.integers(0, 2, 40).astype(float)
    y[:2] = 0, 1
    block = np.sort(rng.choice(40, 9, replace=False))
    rest = np.setdiff1d(np.arange(40), block)
    inverse = regression.inverse_of(kernel.copy(), y, noise)
    k = kernel[np.ix_(rest, rest)] + 1 + noise * np.eye(len(rest))
    expected = 0.5 + (kernel[np.ix_(block, rest)] + 1) @ np.linalg.solve(k, y[rest] - 0.5)
    assert inverse.hidden(block) == pytest.approx(expected, abs=1e-9)


def test_single_precision_is_enough_to_compare_settings():
    kernel, y = kernel_of(300), np.random.default_rng(0).integers(0, 2, 300)
    single = regression.inverse_of(kernel.astype(np.float32), y, 0.5)
    double = regression.inverse_of(kernel.copy(), y, 0.5)
    block = np.arange(50)
    assert single.hidden(block) == pytest.approx(double.hidden(block), abs=1e-3)


def test_the_doubt_is_that_of_the_gaussian_process():
    kernel, y = kernel_of(30), np.random.default_rng(0).integers(0, 2, 30).astype(float)
    made = regression.fit(kernel[:25, :25].copy(), y[:25], 0.7)
    k = kernel[:25, :25] + 1 + 0.7 * np.eye(25)
    cross = kernel[25:, :25] + 1
    variance = 2 - np.einsum("ij,ji->i", cross, np.linalg.solve(k, cross.T))
    centred = y[:25] - 0.5
    scale = centred @ np.linalg.solve(k, centred) / 25
    assert made.doubt(kernel[25:, :25], np.ones(5)) == pytest.approx(np.sqrt(scale * variance))
    assert made.value(kernel[25:, :25]) == pytest.approx(
        0.5 + cross @ np.linalg.solve(k, centred))


def test_the_calibration_is_a_logistic_regression():
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(2)
    value = rng.normal(0.3, 0.2, 500)
    y = (rng.random(500) < 1 / (1 + np.exp(-(6 * value - 2)))).astype(int)
    model = LogisticRegression(C=1e9, tol=1e-10, max_iter=1000).fit(value[:, None], y)
    made = unsurveyed._calibrated(y, value)
    assert (made.a, made.b) == pytest.approx((model.intercept_[0], model.coef_[0, 0]), rel=1e-3)
    assert unsurveyed._calibrated(y, -value).b == 0
    parted = unsurveyed._calibrated(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9]))
    assert np.isfinite(parted.b) and parted.b > 0


# --- the measures --------------------------------------------------------------------------------

def test_measures_agree_with_scikit_learn_also_with_ties():
    from sklearn.metrics import average_precision_score, roc_auc_score

    rng = np.random.default_rng(5)
    for _ in range(20):
        y, s = rng.integers(0, 2, 30), rng.integers(0, 6, 30) / 6
        y[:2] = 0, 1
        area, precision, _ = scoring._one(y, s, (np.flatnonzero(y == 1), np.flatnonzero(y == 0)))
        assert area == pytest.approx(roc_auc_score(y, s))
        assert scoring.auroc(y, s) == pytest.approx(area)
        assert scoring.average_precision(y, s) == pytest.approx(precision)
        assert precision == pytest.approx(average_precision_score(y, s))


def test_a_score_that_only_knows_the_group_is_worth_nothing():
    groups = np.repeat(np.array(["a", "b"], dtype=object), 50)
    found = np.concatenate([np.arange(50) < 5, np.arange(50) < 45]).astype(int)
    score = np.repeat([0.1, 0.9], 50)
    each = scoring.by_group(groups, found, score)
    assert [g.auroc for g in each] == [0.5, 0.5]
    assert scoring.pooled_auroc(each) == 0.5
    assert scoring.auroc(found, score) == pytest.approx(0.9)  # what a pooled score would claim


def test_paired_intervals_see_a_small_difference_that_single_ones_do_not():
    rng = np.random.default_rng(1)
    groups = np.repeat(np.array([f"g{i}" for i in range(8)], dtype=object), 60)
    found = rng.integers(0, 2, 480)
    good = found + rng.normal(0, 1.2, 480)
    worse = good + rng.normal(0, 0.7, 480)
    alone = scoring.resampled(groups, found, {"good": good, "worse": worse}, seed=3, draws=300)
    paired = scoring.resampled(groups, found, {"good": good, "worse": worse}, seed=3, draws=300,
                               against="worse")["good"]["auroc"]
    assert paired.low > 0
    assert alone["good"]["auroc"].low < alone["worse"]["auroc"].high
    again = scoring.resampled(groups, found, {"good": good, "worse": worse}, seed=3, draws=300,
                              against="worse")["good"]["auroc"]
    assert again == paired


# --- columns -------------------------------------------------------------------------------------

def test_columns_that_cannot_carry_knowledge_are_left_out_and_say_why():
    n = 50
    rng = np.random.default_rng(0)
    group = np.repeat(np.array(["a", "b"], dtype=object), 25)
    road = rng.random(n)
    train = Cells(n, {
        "road": road, "road again": road.copy(), "count": np.repeat([3.0, 9.0], 25),
        "row": np.arange(n) + 5.0, "same": np.ones(n), "nothing": np.full(n, np.nan),
        "flag": rng.integers(0, 2, n).astype(float), "only here": rng.random(n),
        "typed": rng.random(n)},
        {"name": np.array([f"cell {i}" for i in range(n)], dtype=object),
         "relief": rng.choice(["hill", "plain"], n).astype(object)})
    other = Cells(3, {"road": np.ones(3), "road again": np.ones(3), "count": np.ones(3),
                      "row": np.ones(3), "same": np.ones(3), "nothing": np.ones(3),
                      "flag": np.ones(3), "only there": np.ones(3)},
                  {"name": np.array(["x", "y", "z"], dtype=object),
                   "relief": np.array(["hill", "", "new"], dtype=object),
                   "typed": np.array(["x", "y", "z"], dtype=object)})
    why = {c.name: (c.role, c.why) for c in choose_columns(train, other, group)}
    assert why["road"] == ("number", "used")
    assert why["flag"] == ("category", "used")
    assert why["relief"] == ("category", "used")
    assert why["road again"][1] == "the same values as road"
    assert "only names the group" in why["count"][1]
    assert why["row"][1] == "it numbers the rows"
    assert why["same"][1] == "the same value in every cell"
    assert why["nothing"][1] == "empty"
    assert "names the cells" in why["name"][1]
    assert why["only here"][1] == "not in the table to predict for"
    assert why["only there"][1] == "not in the training table"
    assert why["typed"][1] == "numbers in training, text in the table to predict for"


def test_missing_and_unknown_values_count_as_the_middle_and_as_none():
    train = Cells(5, {"h": np.array([1.0, 2, 3, 4, np.nan])},
                  {"t": np.array(["a", "b", "a", "b", ""], dtype=object)})
    coder = Coder(train, ("h",), ("t",))
    coded = coder.code(Cells(3, {"h": np.array([np.nan, 99, 1])},
                             {"t": np.array(["", "never seen", "a"], dtype=object)}))
    assert coded.scores[0, 0] == 0
    assert coded.scores[1, 0] == coder.code(train).scores[3, 0]  # the end of the range
    assert coded.marks.tolist() == [[0, 0], [0, 0], [1, 0]]


# --- learning ------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def learned():
    cells, y, group, _, _ = world()
    labels = np.where(np.arange(len(y)) % 9 == 0, -1, y)
    return cells, labels, group, unsurveyed.learn(cells, labels, group, settings=FEW, draws=100)


def test_it_finds_the_order_in_groups_it_has_not_seen(learned):
    _, labels, _, prior = learned
    assert prior.validation.intervals["auroc"].value > 0.75
    assert np.isnan(prior.validation.chance[labels == -1]).all()
    assert np.isfinite(prior.validation.chance[labels >= 0]).all()
    used = {c.name for c in prior.columns if c.role != "left out"}
    assert used == {"road_km", "noise", "relief"}


def test_nothing_of_a_group_enters_what_is_said_of_it(learned):
    cells, labels, group, prior = learned
    mine = group == "M2"
    turned = np.where(mine & (labels >= 0), 1 - labels, labels)
    other = unsurveyed.learn(cells, turned, group, settings=FEW, draws=0)
    a, b = (v.validation.chance[mine & (labels >= 0)] for v in (prior, other))
    assert a == pytest.approx(b, abs=1e-4)  # single precision
    assert prior.validation.chosen["M2"] == other.validation.chosen["M2"]


def test_reasons_sum_to_the_log_odds(learned):
    cells, _, _, prior = learned
    scores = unsurveyed.predict(prior, cells)
    total = scores.start + sum(scores.pushes.values())
    assert np.log(scores.chance / (1 - scores.chance)) == pytest.approx(total, abs=1e-8)
    assert np.all(scores.low < scores.chance) and np.all(scores.chance < scores.high)
    road = scores.pushes["road_km"]
    assert np.corrcoef(road, cells.numbers["road_km"])[0, 1] < -0.7


def test_calibrated_on_hidden_groups(learned):
    _, labels, _, prior = learned
    bands = prior.validation.reliability
    assert sum(b.cells for b in bands) == int((labels >= 0).sum())
    off = np.average([abs(b.said - b.observed) for b in bands], weights=[b.cells for b in bands])
    assert off < 0.1


def test_the_same_seed_the_same_result():
    cells, y, group, _, _ = world(150)
    a, b = (unsurveyed.predict(unsurveyed.learn(cells, y, group, settings=FEW[:1], largest=100,
                                                seed=4, draws=20), cells) for _ in range(2))
    assert np.array_equal(a.chance, b.chance)


def test_a_part_of_very_many_cells_keeps_every_group_and_class():
    cells, y, group, _, _ = world(300)
    prior = unsurveyed.learn(cells, y, group, settings=FEW[:1], largest=100, draws=0)
    assert prior.used_cells <= 112 and prior.given_cells == 300
    assert any("were used" in n for n in prior.notes)


def test_more_groups_than_folds_are_joined_whole():
    names = np.array([f"g{i % 60}" for i in range(600)], dtype=object)
    folds = unsurveyed._folds(names, np.random.default_rng(0))
    assert set(folds.tolist()) == set(range(unsurveyed.FOLDS))
    assert all(len(set(folds[names == n].tolist())) == 1 for n in set(names.tolist()))


def test_finds_only_gives_an_order_and_says_so():
    cells, y, group, _, _ = world()
    prior = unsurveyed.learn(cells, np.where(y == 1, 1, -1), group, settings=FEW, draws=0)
    assert prior.relative and any("only order" in n for n in prior.notes)
    scores = unsurveyed.predict(prior, cells)
    assert scoring.auroc(y, scores.chance) > 0.7


def test_without_skill_every_cell_gets_the_usual_chance():
    rng = np.random.default_rng(3)
    y = rng.integers(0, 2, 200)
    group = np.array([f"g{i // 20}" for i in range(200)], dtype=object)
    # A column that turns round from one half of the groups to the other.
    column = (2 * y - 1) * np.where(np.arange(200) < 100, 1, -1) + rng.normal(0, 0.1, 200)
    prior = unsurveyed.learn(Cells(200, {"c": column}, {}), y, group, draws=0)
    if prior.calibration.b == 0:
        assert np.ptp(unsurveyed.predict(prior, Cells(200, {"c": column}, {})).chance) == 0
        assert any("no skill" in n for n in prior.notes)
    assert np.mean([g.auroc for g in prior.validation.by_group]) < 0.6


@pytest.mark.parametrize(("labels", "groups", "code"), [
    (np.ones(30), np.repeat(["a", "b"], 15), "ASS-404"),
    (np.zeros(30), np.repeat(["a", "b"], 15), "ASS-404"),
    (np.full(30, -1), np.repeat(["a", "b"], 15), "ASS-404"),
    (np.arange(30) % 2, np.repeat(["a", "a"], 15), "ASS-405"),
])
def test_what_cannot_be_learned_is_refused(labels, groups, code):
    cells = Cells(30, {"v": np.random.default_rng(0).random(30)}, {})
    with pytest.raises(LandReleaseError, match=code):
        unsurveyed.learn(cells, labels.astype(int), groups.astype(object))


def test_nothing_in_common_is_refused():
    cells = Cells(30, {"v": np.random.default_rng(0).random(30)}, {})
    with pytest.raises(LandReleaseError, match=r"ASS-406.*v: not in the table"):
        unsurveyed.learn(cells, np.arange(30) % 2, np.repeat(["a", "b"], 15).astype(object),
                         other=Cells(2, {"w": np.ones(2)}, {}))


# --- files ---------------------------------------------------------------------------------------

HEAD = ["cell id", "Latitud  Y", "LONGITUD_X", "Município", "road km", "relief", "victims", "found"]


def write(path, rows, columns=range(8), encoding="utf-8", decimal=".", delimiter=",", head=HEAD):
    with path.open("w", newline="", encoding=encoding) as file:
        out = csv.writer(file, delimiter=delimiter)
        out.writerow([head[c] for c in columns])
        for r in rows:
            out.writerow([f"{r[c]:.5f}".replace(".", decimal) if isinstance(r[c], float) else r[c]
                          for c in columns])


@pytest.fixture(scope="module")
def rows():
    cells, y, group, lat, lon = world(260)
    road = cells.numbers["road_km"]
    return [[f"c{i}", float(lat[i]), float(lon[i]), group[i].replace("M1", "ÑANDÚ"),
             "" if i % 11 == 0 else float(road[i]), cells.texts["relief"][i], hash_of(group[i]),
             -1 if i % 13 == 0 else int(y[i])] for i in range(len(y))]


def command(*words):
    before = sys.argv
    sys.argv = ["landrelease", *map(str, words)]
    try:
        cli.main()
    except SystemExit as stop:
        return 0 if stop.code is None else int(stop.code)
    finally:
        sys.argv = before
    return 0


def prior_command(folder, *more):
    return command("assess", "prior", "--train", folder / "a.csv", "--label", "found", "--group",
                   "Município", "--predict", folder / "b.csv", "--out", folder / "s.csv",
                   "--quiet", *more)


def test_command_keeps_columns_and_order_and_adds_the_probability(tmp_path, rows, capsys):
    train = [r for r in rows if r[3] != "M5"]
    ahead = [r for r in rows if r[3] == "M5"][::-1]
    write(tmp_path / "a.csv", train, encoding="latin-1", decimal=",", delimiter=";")
    write(tmp_path / "b.csv", ahead, columns=(4, 0, 2, 1))
    assert prior_command(tmp_path, "--json", tmp_path / "r.json", "--reasons",
                         tmp_path / "why.csv") == 0
    said = capsys.readouterr().out
    assert "It cancels no land" in said and "AUROC" in said
    with (tmp_path / "b.csv").open(encoding="utf-8") as b, \
            (tmp_path / "s.csv").open(encoding="utf-8") as s:
        before, after = list(csv.reader(b)), list(csv.reader(s))
    assert after[0] == [*before[0], "probability"]
    assert [r[:4] for r in after[1:]] == before[1:]
    chances = [float(r[4]) for r in after[1:]]
    assert all(0 < c < 1 for c in chances) and len(set(chances)) > 10
    report = json.loads((tmp_path / "r.json").read_text(encoding="utf-8"))
    why = {c["name"]: c["why"] for c in report["columns"]}
    assert why["relief"] == "not in the table to predict for"
    assert report["validation"]["groups"] and report["validation"]["reliability"]
    with (tmp_path / "why.csv").open(encoding="utf-8") as file:
        reasons = list(csv.DictReader(file))
    assert len(reasons) == len(ahead)
    for row, chance in zip(reasons, chances, strict=True):
        pushed = float(row["start"]) + sum(float(v) for k, v in row.items()
                                           if k.startswith("push "))
        assert 1 / (1 + math.exp(-pushed)) == pytest.approx(chance, abs=1e-3)
        assert "odds x" in row["reasons"] or row["reasons"] == "as the usual cell"


def test_blocks_of_ground_serve_as_groups_and_plane_coordinates_as_places(tmp_path, rows):
    head = ["cell id", "northing", "easting", *HEAD[3:]]
    flat = [[r[0], (r[1] - 44) * 111_000, (r[2] - 16) * 80_000, *r[3:]] for r in rows]
    write(tmp_path / "a.csv", flat, head=head)
    table = tables.read_cells(tmp_path / "a.csv")
    assert not table.degrees and table.cells.place_km[:, 1].max() < 40
    blocks = tables.groups_of(table, None, 10.0)
    assert 6 < len(set(blocks.tolist())) < 25
    with pytest.raises(LandReleaseError, match="ASS-408"):
        tables.groups_of(table, None, None)


@pytest.mark.parametrize(("spoil", "code", "words"), [
    (lambda r: r[7].__setitem__(7, 3), "ASS-402", "row 8, column found: found 3"),
    (lambda r: r[7].__setitem__(7, "yes"), "ASS-402", "row 8, column found: found yes"),
    (lambda r: r[4].__setitem__(1, ""), "ASS-407", "row 5"),
    (lambda r: r[4].__setitem__(1, 4423.5), "ASS-407", "row 5"),
    (lambda r: [x.__setitem__(7, 1) for x in r], "ASS-404", "one class"),
    (lambda r: [x.__setitem__(3, "A") for x in r], "ASS-405", "1 group"),
])
def test_wrong_tables_are_refused_with_the_row(tmp_path, rows, capsys, spoil, code, words):
    mine = [list(r) for r in rows]
    spoil(mine)
    write(tmp_path / "a.csv", mine)
    write(tmp_path / "b.csv", rows[:5], columns=range(5))
    assert prior_command(tmp_path) == 2
    said = capsys.readouterr().err
    assert code in said and words in said
    assert not (tmp_path / "s.csv").exists()


def test_headings_are_checked(tmp_path, rows, capsys):
    write(tmp_path / "a.csv", rows, head=["found", *HEAD[1:]])
    write(tmp_path / "b.csv", rows[:5], columns=range(5))
    assert prior_command(tmp_path) == 2
    assert "'found' stands there twice" in capsys.readouterr().err
    write(tmp_path / "a.csv", rows, head=[*HEAD[:7], "outcome"])
    assert prior_command(tmp_path) == 2
    assert "ASS-401" in capsys.readouterr().err


def test_safety_S09_a_prior_orders_survey_and_says_so(tmp_path, rows, capsys):
    write(tmp_path / "a.csv", rows)
    write(tmp_path / "b.csv", rows[:5], columns=range(5))
    assert prior_command(tmp_path, "--json", tmp_path / "r.json") == 0
    assert "cancels no land" in capsys.readouterr().out
    assert "cancels no land" in json.loads((tmp_path / "r.json").read_text())["use"]
    with (tmp_path / "s.csv").open(encoding="utf-8") as file:
        assert all(0 < float(r["probability"]) < 1 for r in csv.DictReader(file))
