"""The forecast beside peers: a SimPy model of the same programme, and programmes with known truth.

Small and seeded parts of benchmarks/bench_simulation.py and benchmarks/bench_backtest.py.
"""

import random
import sys
from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import bench_backtest
import bench_simulation
from landrelease.forecast.simulate import Simulated, dask_spread, simulate

RUNS, PEER_RUNS = 400, 60


@pytest.fixture(scope="module")
def world():
    return bench_simulation.world_of(*bench_simulation.SMALL)


@pytest.fixture(scope="module")
def played(world):
    return simulate(world.model, bench_simulation.draws_of(RUNS, world.problem, 2), seed=11,
                    workers=1)


def test_a_simpy_model_of_the_same_programme_has_the_same_distribution(world, played):
    """Another program with random numbers of its own, written from the words of the policy: with
    all that may happen on the way."""
    from scipy.stats import ks_2samp

    peer, chance = world.peer(), random.Random(11)
    theirs = np.array([peer.run(chance) for _ in range(PEER_RUNS)])
    past = 2.0 * len(world.calendar.begins)  # runs past the horizon count as the last
    for ours, other in ((np.minimum(played.finish_slot, past), np.minimum(theirs[:, 0], past)),
                        (played.cost, theirs[:, 1])):
        assert ks_2samp(ours, other).pvalue > 0.01
        assert np.median(ours) == pytest.approx(np.median(other), rel=0.1)


def test_the_peer_notices_a_programme_that_is_half_as_slow_again(world):
    from scipy.stats import ks_2samp

    draws = bench_simulation.draws_of(RUNS, world.problem, 2)
    slow = simulate(world.model, draws._replace(slow=draws.slow * 1.5), seed=11, workers=1)
    peer, chance = world.peer(), random.Random(11)
    theirs = np.array([peer.run(chance)[0] for _ in range(PEER_RUNS)])
    past = 2.0 * len(world.calendar.begins)
    assert ks_2samp(np.minimum(slow.finish_slot, past), np.minimum(theirs, past)).pvalue < 0.01


@pytest.mark.parametrize("how", [{"workers": 3}, {"spread": dask_spread("synchronous")},
                                 {"spread": dask_spread("threads")}])
def test_all_effects_at_once_give_the_same_whoever_plays_the_runs(world, played, how):
    other = simulate(world.model, bench_simulation.draws_of(RUNS, world.problem, 2), seed=11, **how)
    for field in fields(Simulated):
        assert np.array_equal(getattr(played, field.name), getattr(other, field.name)), field.name


def test_known_truths_lie_in_the_intervals_and_the_plain_pace_is_beaten():
    """Ten programmes of another generator, stopped at four points each, which share the luck of
    theirs: two and a half standard errors of 20 forecasts. The benchmark holds them closer."""
    rows = [row for seed in range(2_000_000, 2_000_010)
            for row in bench_backtest.one_world((seed, 100))]
    assert len(rows) == 40 and all(r["true"] < bench_backtest.HORIZON_DAYS for r in rows)
    held = np.mean([r["inside"] for r in rows], axis=0)
    assert 0.22 <= held[0] <= 0.78 and held[1] >= 0.57 and held[2] >= 0.82
    for share in bench_backtest.POINTS:
        own = [r for r in rows if r["share"] == share]
        assert sum(r["crps"] for r in own) < 0.9 * sum(r["boot"] for r in own)


def test_a_back_test_world_depends_on_its_seed_alone():
    first, again = (bench_backtest.one_world((1_000_003, 60)) for _ in range(2))
    assert first == again
