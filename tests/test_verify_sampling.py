"""Inspection: sample sizes and what a clean sample proves."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.errors import LandReleaseError
from landrelease.verify.sampling import (
    accept_probability,
    accept_probability_rate,
    accept_probability_share,
    operating_characteristic,
    sample_size,
)


@pytest.mark.parametrize(("detection", "wanted"), [(1.0, 180), (0.9, 200), (0.7, 257)])
def test_sample_sizes_of_the_design(detection, wanted):
    assert sample_size(400, 5, detection, 0.95) == wanted


def test_worked_figures_of_quality_assurance():  # domain reference 4.1
    assert accept_probability(400, 5, 40) == pytest.approx(0.589, abs=5e-4)
    assert accept_probability_rate(0.01, 50) == pytest.approx(0.605, abs=5e-4)
    by_items = [accept_probability_share(0.1, k, 0.9) for k in (1, 3, 5, 10)]
    assert by_items == pytest.approx([0.910, 0.754, 0.624, 0.389], abs=5e-4)
    # A share of 0.41 brings the risk at five items down to 10 %.
    assert accept_probability_share(0.41, 5, 0.9) == pytest.approx(0.10, abs=2e-3)


@given(st.data())
def test_equals_exact_rational_arithmetic(data):
    lot = data.draw(st.integers(1, 60))
    defects, sample = data.draw(st.integers(0, lot)), data.draw(st.integers(0, lot))
    q = Fraction(data.draw(st.integers(1, 20)), 20)
    exact = sum(
        Fraction(comb(defects, j) * comb(lot - defects, sample - j), comb(lot, sample))
        * (1 - q) ** j
        for j in range(max(0, sample - (lot - defects)), min(defects, sample) + 1))
    assert accept_probability(lot, defects, sample, float(q)) == pytest.approx(
        float(exact), rel=1e-11, abs=1e-15)


def test_equals_sampling_by_hand():
    rng = np.random.default_rng(5)
    runs = 20_000
    hits = rng.hypergeometric(6, 44, 15, size=runs)
    accepted = np.mean(rng.binomial(hits, 0.8) == 0)
    assert accept_probability(50, 6, 15, 0.8) == pytest.approx(accepted, abs=0.012)


@given(st.integers(2, 3_000), st.floats(0.3, 1), st.floats(0.5, 0.99), st.data())
def test_the_sample_is_enough_and_one_less_is_not(lot, detection, confidence, data):
    tolerable = data.draw(st.integers(1, lot))
    try:
        n = sample_size(lot, tolerable, detection, confidence)
    except LandReleaseError as error:
        assert error.code == "VER-003"
        assert (1 - detection) ** tolerable > 1 - confidence
        return
    assert accept_probability(lot, tolerable, n, detection) <= (1 - confidence) * (1 + 1e-9)
    assert accept_probability(lot, tolerable, n - 1, detection) > 1 - confidence


@given(st.integers(1, 500), st.floats(0.01, 1), st.data())
def test_more_defects_or_better_detection_never_help_a_bad_lot(lot, detection, data):
    sample = data.draw(st.integers(0, lot))
    curve = operating_characteristic(lot, sample, detection, most=lot)
    assert curve.accept[0] == 1.0
    assert list(curve) == [(d, accept_probability(lot, d, sample, detection))
                           for d in range(lot + 1)]
    assert (np.diff(curve.accept) <= 1e-12).all()
    assert ((curve.accept >= 0) & (curve.accept <= 1)).all()
    better = operating_characteristic(lot, sample, min(1.0, detection * 1.1), most=lot)
    assert (better.accept <= curve.accept + 1e-12).all()


def test_a_large_lot_agrees_with_the_binomial():
    assert accept_probability(1_000_000, 10_000, 50, 0.9) == pytest.approx(
        accept_probability_rate(0.01, 50, 0.9), rel=1e-4)


@pytest.mark.parametrize(("call", "code"), [
    (lambda: accept_probability(0, 0, 0), "VER-001"),
    (lambda: accept_probability(400, 401, 10), "VER-001"),
    (lambda: accept_probability(400, 5, -1), "VER-001"),
    (lambda: accept_probability(400.5, 5, 10), "VER-001"),
    (lambda: accept_probability(400, True, 10), "VER-001"),
    (lambda: accept_probability(400, 5, 10, 0.0), "VER-002"),
    (lambda: accept_probability(400, 5, 10, 1.01), "VER-002"),
    (lambda: accept_probability(400, 5, 10, float("nan")), "VER-002"),
    (lambda: accept_probability(400, 5, 10, "0.9"), "VER-002"),
    (lambda: sample_size(400, 0, 0.9, 0.95), "VER-001"),
    (lambda: sample_size(400, 5, 0.9, 1.0), "VER-002"),
    (lambda: sample_size(400, 5, 0.9, 95), "VER-002"),
    (lambda: sample_size(400, 1, 0.9, 0.95), "VER-003"),
    (lambda: accept_probability_share(1.2, 3), "VER-002"),
    (lambda: accept_probability_rate(-0.1, 3), "VER-002"),
    (lambda: operating_characteristic(400, 500), "VER-001"),
])
def test_nonsense_is_refused_with_a_reason(call, code):
    with pytest.raises(LandReleaseError, match=code):
        call()
