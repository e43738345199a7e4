"""A clean search over a grid: exact within a known error, which never takes doubt away."""

import dask.array as da
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from landrelease.assess import update as module
from landrelease.assess.residual import residual
from landrelease.assess.update import nested, update, update_block, update_dask
from landrelease.errors import LandReleaseError


def exact(chance, share, p, alpha, x):
    """The closed form in float64; `chance` and `share` as float32 hold them."""
    chance, share = chance.astype(float), np.nan_to_num(share.astype(float))
    g = -np.expm1(-alpha * np.log1p(x))
    pi = np.minimum(chance / g, 1)
    m = (1 + p * x * share) ** -alpha
    t = -np.expm1(-alpha * np.log1p(x * share * (1 - p) / (1 + p * x * share)))
    a = pi * m * t / (1 - pi + pi * m)
    b = pi * -np.expm1(-alpha * np.log1p((1 - share) * x))
    return np.minimum(chance, (a + b - a * b) * np.maximum(1, chance / g))


@njit
def _powers(u, z, log, power):
    for i in range(u.size):
        log[i] = module._log2(u[i])
        power[i] = module._exp2(z[i])


def test_safety_S01_the_polynomials_keep_their_error_over_every_mantissa():
    u = np.arange(0x3F800000, 0x40000000, dtype=np.int32).view(np.float32)  # all of [1, 2)
    z = np.linspace(-30, 0, u.size, dtype=np.float32)
    log, power = np.empty_like(u), np.empty_like(u)
    _powers(u, z, log, power)
    assert np.abs(log - np.log2(u.astype(float))).max() < 1.3e-7
    true = np.exp2(z.astype(float))
    assert np.abs(power - true).max() < 1.6e-7
    for alpha in (0.3, 1.0, 5.0, module.MOST_SHAPE):
        # What is compared with the bound: a whole power, from the rounded sum 1 + y on.
        top = min(20.0, 100.0 / alpha)
        y = (2.0 ** np.linspace(0, top, 200_001) - 1).astype(np.float32)
        one = (np.float32(1) + y).astype(np.float32)
        _powers(one, one, log[:one.size], power[:one.size])
        exponent = (np.float32(-alpha) * log[:one.size]).astype(np.float32)
        _powers(one, exponent, log[:one.size], power[:one.size])
        true = (1 + y.astype(float)) ** -float(np.float32(alpha))
        assert np.abs(power[:one.size] / true - 1).max() < module.error_of(alpha, y[-1])


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 0.999), st.floats(0.2, 10) | st.just(1.0),
       st.floats(-4, 3))
def test_safety_S01_float32_never_gives_less_than_the_exact_chance(seed, p, alpha, magnitude):
    rng = np.random.default_rng(seed)
    x = 10.0 ** magnitude
    top = -np.expm1(-alpha * np.log1p(x))
    chance = (rng.random(2_000) * min(1.0, 1.2 * top)).astype(np.float32)
    share = np.clip(rng.random(2_000) * 1.4 - 0.2, 0, 1).astype(np.float32)
    chance[:3], share[3:6] = (0, min(1, top), 1), (0, 1, np.nan)
    got = update(chance, share, detection=p, shape=alpha, rate_m2=100.0, cell_m2=100.0 * x)
    true = exact(chance, share, p, alpha, x)
    assert (got >= true * (1 - 1e-15)).all() and (got <= chance).all()
    ordinary = chance < 0.9 * top  # nearer to it, the rounding of π alone says more than this
    loose = 1e-5 if alpha == 1 else 10 * module.error_of(alpha, x)
    assert (got - true)[ordinary].max(initial=0) < loose


@settings(max_examples=25, deadline=None)
@given(st.floats(0.05, 0.9), st.floats(0.1, 1), st.floats(0.05, 0.95))
def test_a_cell_is_the_residual_risk_of_one_pass(pi, share, p):
    alpha, beta, area = 0.8, 1_200.0, 400.0
    before = pi * -np.expm1(-alpha * np.log1p(area / beta))
    chance, swept = (np.array([v], dtype=np.float32) for v in (before, share))
    got = float(update(chance, swept, detection=p, shape=alpha, rate_m2=beta, cell_m2=area)[0])
    expected = 1 - residual({"pi": pi, "alpha": alpha, "beta": beta, "area_m2": area, "passes": [
        {"name": "a", "swept_share": float(swept[0]), "detection": p, "finds": 0}]}
    )["probability_none_left"]
    assert got == pytest.approx(min(expected, before), abs=5e-6)


def grids(shape=(70, 130), seed=3):
    rng = np.random.default_rng(seed)
    chance = (rng.random(shape) * 0.06).astype(np.float32)
    chance[rng.random(shape) < 0.3] = np.nan
    return chance, rng.random(shape).astype(np.float32)


SETTINGS = {"rate_m2": 1_492.5, "cell_m2": 100.0}


@pytest.mark.parametrize("alpha", [1.0, 0.7])
def test_threads_blocks_places_and_dask_give_the_same_bits(alpha, monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 1_000)
    monkeypatch.setattr(module, "SCRATCH", 77)
    chance, swept = grids()
    whole = update(chance, swept, detection=0.9, shape=alpha, threads=1, **SETTINGS)
    assert np.isnan(whole).sum() == np.isnan(chance).sum()  # no information stays so
    assert np.array_equal(whole, update(
        chance, swept, detection=0.9, shape=alpha, threads=3, **SETTINGS), equal_nan=True)
    place = chance.copy()
    assert update(place, swept, detection=0.9, shape=alpha, out=place, **SETTINGS) is place
    assert np.array_equal(whole, place, equal_nan=True)
    blocks = [da.from_array(a, chunks=(32, 50)) for a in (chance, swept)]
    lazy = update_dask(*blocks, detection=0.9, shape=alpha, **SETTINGS)
    assert lazy.dtype == np.float32
    assert np.array_equal(whole, lazy.compute(scheduler="threads"), equal_nan=True)
    each = np.full_like(swept, np.nextafter(np.float32(0.9), np.float32(0)))
    assert np.array_equal(whole, update_block(chance, swept, each, shape=alpha, **SETTINGS),
                          equal_nan=True)


def test_safety_S10_ground_that_was_not_swept_keeps_its_chance():
    chance, swept = grids()
    swept[:20] = 0
    for alpha in (1.0, 0.7, 4.0):
        after = update(chance, swept, detection=0.9, shape=alpha, **SETTINGS)
        assert np.array_equal(after[:20], chance[:20], equal_nan=True)
        assert np.nanmin((chance - after)[20:]) >= 0


def test_safety_S06_shares_alone_are_read_as_nested():
    half = np.full(3, 0.5, dtype=np.float32)
    share, p = nested([half, half], [0.9, 0.9], independent=True)
    assert share * p == pytest.approx(np.full(3, 0.495), abs=1e-6)  # and not 0.70
    share, p = nested([half, half], [0.9, 0.8], independent=False)
    assert share * p == pytest.approx(np.full(3, 0.45), abs=1e-6)
    rng = np.random.default_rng(5)
    shares, detections = [rng.random(1) for _ in range(3)], [0.5, 0.9, 0.7]
    share, p = nested(shares, detections, independent=True)
    told = residual({"pi": 0.5, "alpha": 1.0, "beta": 100.0, "area_m2": 10.0,
                     "passes_independent": True, "passes": [
                         {"name": str(i), "detection": d, "swept_share": float(s[0]),
                          "finds": None} for i, (s, d) in enumerate(zip(
                              shares, detections, strict=True))]})["expected_found_share"]
    assert float(share[0] * p[0]) == pytest.approx(told, abs=1e-6)
    assert float(share[0]) <= max(float(s[0]) for s in shares)  # rounded down


def test_wrong_input_is_refused_with_a_reason():
    chance, swept = grids()

    def run(chance=chance, swept=swept, detection=0.9, shape=1.0, **more):
        return update(chance, swept, detection=detection, shape=shape, **{**SETTINGS, **more})

    for p in (1.0, 1.2, -0.1, float("nan"), np.full_like(chance, 1.0),
              np.full_like(chance, np.nan)):
        with pytest.raises(LandReleaseError, match="ASS-201"):
            run(detection=p)
    with pytest.raises(LandReleaseError, match=r"ASS-202.*1\.01"):
        run(swept=np.full_like(swept, 1.01))
    with pytest.raises(LandReleaseError, match=r"ASS-203.*-0\.5"):
        run(chance=np.full_like(chance, -0.5))
    for bad in ({"shape": 0.0}, {"shape": 50.0}, {"rate_m2": 0.0}, {"cell_m2": float("inf")}):
        with pytest.raises(LandReleaseError, match="ASS-204"):
            run(**bad)
    for bad in ({"swept": swept[:5]}, {"chance": chance.astype(float)}, {"swept": swept.T},
                {"out": np.empty(3, dtype=np.float32)}):
        with pytest.raises(LandReleaseError, match="ASS-205"):
            run(**bad)
    with pytest.raises(LandReleaseError, match="ASS-202"):
        nested([np.array([1.5])], [0.9], independent=True)
    with pytest.raises(LandReleaseError, match="ASS-205"):
        nested([], [], independent=True)
