"""The calibration benchmark, small: eight worlds, models as learned from others, seeded."""

import sys
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))
import bench_calibration as bench
from calibration_strata import strata_of, together

# As `model_of` learned them from worlds 2000 to 2399.
DENSITY = {"pi": 0.53, "density": [
    {"weight": w, "alpha": 1.5, "beta": 15_000.0 / per_ha}
    for w, per_ha in ((0.21, 0.5), (0.31, 1.5), (0.07, 4.5), (0.06, 13.0), (0.35, 40.0))]}
FIELD = {"prior": [[12.4, 4.4], [14.1, 5.8], [146.3, 4.4], [51.0, 1.9]],
         "discount": {"logit": 0.7, "sd": 0.5}, "density": DENSITY, "independent": {"mixture": [
             {"correlation": 0.15, "weight": 0.9}, {"correlation": 0.3, "weight": 0.1}]}}
HOLDS = {"prior": [list(b) for b in bench.TRUE_BETA], "independent": True, "density": DENSITY}


@pytest.fixture(scope="module")
def strata():
    return together([strata_of(seed) for seed in range(8)])


def test_what_the_generator_left_is_within_what_is_predicted(strata):
    made = bench.evaluate(strata, FIELD)
    clear = made.left == 0
    sure = made.none >= 0.99
    assert sure.sum() > 50
    # at least 98 % of what is called 0.99 clear: by no more than three errors less
    assert clear[sure].mean() >= 0.98 - 3 * np.sqrt(0.98 * 0.02 / sure.sum())
    found = made.found > 0
    held = (made.low <= made.left) & (made.left <= made.high)
    assert held[found].mean() >= 0.9 - 3 * np.sqrt(0.09 / found.sum())
    assert held[~made.warned].mean() >= 0.95 - 3 * np.sqrt(0.0475 / (~made.warned).sum())
    assert made.warned[made.clustered].all()
    # what it says of single strata tells them apart
    assert made.none[clear].mean() > made.none[~clear].mean() + 0.3


def test_where_the_assumptions_hold_the_transform_is_uniform(strata):
    made = bench.evaluate(bench.where_assumptions_hold(strata, 1), HOLDS)
    for at in (made.found >= 0, made.found > 0):
        assert stats.kstest(bench.transform(made, at), "uniform").pvalue > 0.001
    none = made.none
    error = np.sqrt((none * (1 - none)).sum())
    assert abs(((made.left == 0) - none).sum()) < 3.5 * error


def test_blocks_of_worlds_hold_the_same_strata(strata):
    parts = bench.parts_of(strata)
    assert sum(len(p) for p in parts) == len(strata)
    assert (together(parts).item_by == strata.item_by).all()
    assert (together(parts).first == strata.first).all()
