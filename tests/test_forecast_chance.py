"""Forecast: the keyed random numbers against published outputs and known distributions."""

import numpy as np
import pytest

from landrelease.forecast import chance

SEED = np.uint64(1234567)


@pytest.mark.filterwarnings("ignore:overflow")
def test_the_numbers_are_those_of_splitmix64():
    # Published outputs for the seed 1234567.
    golden = np.uint64(0x9E3779B97F4A7C15)
    found = [int(chance.mix(SEED + golden * np.uint64(k))) for k in (1, 2, 3)]
    assert found == [6457827717110365317, 3203168211198807973, 9817491932198370423]


def test_normal_quantiles_are_those_of_scipy():
    from scipy.special import ndtri

    for p in (1e-300, 1e-20, 1e-9, 0.01, 0.074, 0.3, 0.5, 0.77, 0.926, 0.9999, 1 - 1e-12):
        assert chance.normal_quantile(p) == pytest.approx(ndtri(p), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("a", "b"), [(0.3, 1.7), (1.0, 1.0), (0.02, 1.98), (6.0, 4.0)])
def test_beta_draws_have_their_distribution(a, b):
    from scipy import stats

    keys = [np.uint64(chance.fork(SEED, k)) for k in range(4000)]
    drawn = np.array([chance.beta_draw(key, a, b) for key in keys])
    assert np.all((drawn >= 0) & (drawn <= 1))
    assert stats.kstest(drawn, stats.beta(a, b).cdf).pvalue > 1e-3


def test_streams_do_not_meet():
    keys = [np.uint64(chance.fork(SEED, k)) for k in range(200)]
    keys += [np.uint64(chance.fork(key, k)) for key in keys[:20] for k in range(20)]
    drawn = np.array([[chance.uniform(key, k) for k in range(50)] for key in keys])
    assert len(np.unique(drawn)) == drawn.size
    together = np.corrcoef(drawn)
    assert abs(together[np.triu_indices(len(keys), 1)]).mean() < 0.13  # 50 numbers: 0.113
    assert drawn.mean() == pytest.approx(0.5, abs=0.006)
