"""Residual risk: worked figures, closed forms, simulation, and what is refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from landrelease.assess.residual import beta_nodes, residual
from landrelease.errors import LandReleaseError

# Twenty items expected on one hectare, known well: a Gamma so narrow that it is a fixed density.
TWENTY = {"pi": 1, "alpha": 1e9, "beta": 1e9 * 10_000 / 20, "area_m2": 10_000}
FIELD = {"pi": 0.3, "alpha": 0.8, "beta": 900.0, "area_m2": 10_000}


def clearance(p=0.99, **more):
    return {"name": "clearance", "detection": p, **more}


def inspection(share, q=0.9, finds=None):
    return {"name": "inspection", "detection": q, "swept_share": share, "finds": finds}


def test_worked_residual_risk_before_and_after_inspection():  # domain reference 4.1
    cleared = residual({**TWENTY, "passes": [clearance()]})
    assert cleared["expected_items_left"] == pytest.approx(0.2)
    assert 1 - cleared["probability_none_left"] == pytest.approx(0.181, abs=5e-4)
    inspected = residual({**TWENTY, "passes": [clearance(), inspection(0.1)],
                          "passes_independent": True})
    assert 1 - inspected["probability_none_left"] == pytest.approx(0.166, abs=5e-4)


@pytest.mark.parametrize(("share", "bad"), [(0.1, 0.073), (0.4, 0.028)])
def test_worked_mixture_of_a_good_and_a_bad_process(share, bad):  # domain reference 4.1
    process = {"mixture": [{"p": 0.99, "weight": 0.9}, {"p": 0.80, "weight": 0.1}]}
    out = residual({**TWENTY, "passes": [clearance(process), inspection(share, finds=0)],
                    "passes_independent": True})
    assert out["detection_after"]["clearance"]["weights"][1]["weight"] == pytest.approx(
        bad, abs=6e-4)


def two_passes(independent, **pieces):
    return residual({**TWENTY, **pieces, "passes_independent": independent, "passes": [
        {"name": n, "detection": 0.9, "swept_share": 0.5} for n in ("first", "second")]})


def test_safety_S06_passes_combine_where_they_overlap():
    both = [{"passes": ["first", "second"], "share": 0.5}]
    apart = [{"passes": ["first"], "share": 0.5}, {"passes": ["second"], "share": 0.5}]
    assert two_passes(True, overlay=both)["expected_found_share"] == pytest.approx(0.495)
    assert two_passes(False, overlay=both)["expected_found_share"] == pytest.approx(0.45)
    assert two_passes(True, overlay=apart)["expected_found_share"] == pytest.approx(0.9)
    # Shares alone are read pessimistically: nested.
    assert two_passes(True)["expected_found_share"] == pytest.approx(0.495)


def test_a_clean_search_updates_as_the_closed_form_says():
    out = residual({**FIELD, "finds": 0, "passes": [clearance(0.9)]})
    effort = 9_000.0
    m = (900 / (900 + effort)) ** 0.8
    after = 0.3 * m / (0.7 + 0.3 * m)
    assert out["probability_contaminated"] == pytest.approx(after, rel=1e-12)
    assert out["expected_items_left"] == pytest.approx(
        after * 0.8 / (900 + effort) * 1_000, rel=1e-12)
    assert out["probability_none_left"] == pytest.approx(
        1 - after + after * ((900 + effort) / (900 + 10_000)) ** 0.8, rel=1e-12)
    assert out["prior_share"] == pytest.approx(900 / (900 + effort))


def test_uncertain_detection_agrees_with_adaptive_integration():
    a, b, finds = 27.0, 4.0, 3
    out = residual({**FIELD, "finds": finds, "passes": [clearance({"a": a, "b": b})]})

    def evidence(p):
        effort = 10_000 * p
        return stats.beta.pdf(p, a, b) * stats.nbinom.pmf(finds, 0.8, 900 / (900 + effort))

    def none(p):
        return evidence(p) * ((900 + 10_000 * p) / (900 + 10_000)) ** (0.8 + finds)

    norm = integrate.quad(evidence, 0, 1, epsabs=0, epsrel=1e-11)[0]
    assert out["probability_none_left"] == pytest.approx(
        integrate.quad(none, 0, 1, epsabs=0, epsrel=1e-11)[0] / norm, rel=1e-8)
    assert out["log_evidence"] == pytest.approx(math.log(0.3 * norm), rel=1e-8)


def test_simulated_fields_leave_what_is_predicted():
    """Two passes by one operator whose skill nobody knows; finds by pass; half swept twice."""
    rng = np.random.default_rng(11)
    runs = 400_000
    spec = {"pi": 0.6, "alpha": 1.5, "beta": 3_000.0, "area_m2": 5_000, "passes_independent": True,
            "passes": [{"name": "a", "operator": "x", "detection": {"a": 6, "b": 3}, "finds": 2},
                       {"name": "b", "operator": "x", "detection": {"a": 6, "b": 3}, "finds": 1,
                        "swept_share": 0.5}]}
    out = residual(spec)
    p = rng.beta(6, 3, runs)
    density = np.where(rng.random(runs) < 0.6, rng.gamma(1.5, 1 / 3_000, runs), 0.0)
    twice, once = rng.poisson(density * 2_500), rng.poisson(density * 2_500)
    found_twice, found_once = rng.binomial(twice, p), rng.binomial(once, p)
    second = rng.binomial(twice - found_twice, p)
    left = twice - found_twice - second + once - found_once
    left = left[(found_twice + found_once == 2) & (second == 1)]
    error = 4 / math.sqrt(len(left))
    assert len(left) > 3_000
    assert out["probability_none_left"] == pytest.approx(np.mean(left == 0), abs=0.5 * error)
    assert out["expected_items_left"] == pytest.approx(left.mean(), abs=error * left.std())
    assert np.mean(left <= out["items_left_high"]) >= 0.975 - error
    assert np.mean(left <= out["items_left_high"] - 1) <= 0.975 + error
    assert math.exp(out["log_evidence"]) == pytest.approx(len(left) / runs, rel=0.08)


def test_the_interval_of_one_part_is_that_of_the_negative_binomial():
    out = residual({**FIELD, "pi": 1, "finds": 4, "passes": [clearance(0.5)], "interval": 0.8})
    left = stats.nbinom(4.8, (900 + 5_000) / (900 + 10_000))
    assert (out["items_left_low"], out["items_left_high"]) == (left.ppf(0.1), left.ppf(0.9))


def test_the_sum_of_two_parts_is_their_convolution():
    out = residual({**FIELD, "finds": 0, "passes": [clearance(0.5, swept_share=0.4)]})
    k = np.arange(4_000)
    there = out["probability_contaminated_searched"]
    one = there * stats.nbinom.pmf(k, 0.8, (900 + 2_000) / (900 + 4_000)) + (1 - there) * (k == 0)
    two = 0.3 * stats.nbinom.pmf(k, 0.8, 900 / (900 + 6_000)) + 0.7 * (k == 0)
    below = np.cumsum(np.convolve(one, two)[:4_000])
    assert out["items_left_low"] == np.argmax(below >= 0.025)
    assert out["items_left_high"] == np.argmax(below >= 0.975)
    assert out["probability_none_left"] == pytest.approx(below[0], rel=1e-9)


def test_safety_S10_a_clean_search_reassures_only_the_ground_searched():
    half = residual({**FIELD, "finds": 0, "passes": [clearance(0.9, swept_share=0.5)]})
    assert half["probability_contaminated_unsearched"] == 0.3
    assert half["probability_contaminated_searched"] < 0.1
    stated = residual({**FIELD, "finds": 0, "passes": [clearance(0.9, swept_share=0.5)],
                       "unsearched_ground": "same_as_searched"})
    assert stated["probability_contaminated_unsearched"] < 0.1
    assert half["expected_items_left"] > stated["expected_items_left"]


def test_safety_S10_a_find_raises_the_doubt_about_ground_nearby():
    found = residual({**FIELD, "finds": 1, "passes": [clearance(0.9, swept_share=0.5)]})
    assert found["probability_contaminated_unsearched"] == 1.0
    none = residual({**FIELD, "finds": 0, "passes": [clearance(0.9, swept_share=0.5)]})
    assert found["expected_items_left"] > none["expected_items_left"]


def test_safety_S12_without_search_the_result_is_called_a_prior():
    out = residual({**FIELD, "passes": []})
    assert out["prior_share"] == 1.0 and "prior" in out["notes"][0]
    assert out["probability_contaminated"] == pytest.approx(0.3)
    assert out["probability_none_left"] == pytest.approx(
        0.7 + 0.3 * (900 / 10_900) ** 0.8, rel=1e-12)


def test_safety_S09_the_result_is_no_decision():
    text = json.dumps(residual({**FIELD, "finds": 0, "passes": [clearance()]})).lower()
    assert "not a decision" in text
    assert not any(word in text for word in ("safe", "cancel", "may be released"))


FIELDS = st.fixed_dictionaries({
    "pi": st.floats(0, 1), "alpha": st.floats(0.05, 5), "beta": st.floats(300, 1e6),
    "area_m2": st.floats(1, 2e4)})


@settings(max_examples=40, deadline=None)
@given(FIELDS, st.floats(0.01, 0.98), st.floats(0.001, 0.01), st.floats(0, 1))
def test_more_detection_or_more_ground_never_leaves_more(field, p, more, share):
    def left(detection, swept):
        return residual({**field, "finds": 0, "passes": [clearance(detection, swept_share=swept)]})

    base, better, wider = left(p, share), left(p + more, share), left(p, min(1.0, share + more))
    for improved in (better, wider):
        assert improved["expected_items_left"] <= base["expected_items_left"] * (1 + 1e-9) + 1e-300
    # Not of `wider`: searched ground is a part with a chance of its own, so that a little more of
    # it may lower the chance that both parts hold nothing (S10: elsewhere nothing is reassured).
    assert better["probability_none_left"] >= base["probability_none_left"] - 1e-12


@settings(max_examples=40, deadline=None)
@given(FIELDS, st.floats(0.5, 200), st.floats(0.5, 200), st.integers(0, 20), st.floats(0.05, 1))
def test_results_are_probabilities_and_json(field, a, b, finds, share):
    field["pi"] = max(field["pi"], 0.01)
    out = residual({**field, "finds": finds,
                    "passes": [clearance({"a": a, "b": b}, swept_share=share)]})
    json.dumps(out, allow_nan=False)
    for name in ("probability_none_left", "probability_contaminated",
                 "probability_contaminated_searched", "expected_found_share", "prior_share"):
        assert -1e-12 <= out[name] <= 1 + 1e-12
    assert 0 <= out["items_left_low"] <= out["items_left_high"]
    assert out["expected_items_left"] >= 0
    if finds:
        assert out["probability_contaminated_searched"] == pytest.approx(1)


@pytest.mark.parametrize(("a", "b"), [(1, 1), (0.3, 0.4), (30, 1), (5_000, 20), (1, 0.5)])
def test_quadrature_has_the_moments_of_the_beta(a, b):
    x, w = beta_nodes(a, b, 12)
    assert ((x >= 0) & (x <= 1)).all() and (w > 0).all()
    for k in range(1, 20):
        assert w @ x ** k == pytest.approx(stats.beta.moment(k, a, b), rel=1e-9)


@pytest.mark.parametrize(("change", "code", "field"), [
    ({"pi": 1.2}, "ASS-007", "pi"),
    ({"pi": -0.1}, "ASS-007", "pi"),
    ({"pi": None}, "ASS-006", "pi"),
    ({"pi": True}, "ASS-006", "pi"),
    ({"pi": float("nan")}, "ASS-006", "pi"),
    ({"alpha": 0}, "ASS-006", "alpha"),
    ({"area_m2": 0}, "ASS-006", "area_m2"),
    ({"area_m2": -5}, "ASS-006", "area_m2"),
    ({"area": 5}, "ASS-006", "area"),
    ({"finds": -1}, "ASS-006", "finds"),
    ({"finds": 1.5}, "ASS-006", "finds"),
    ({"interval": 1}, "ASS-007", "interval"),
    ({"passes": {}}, "ASS-006", "passes"),
    ({"passes": [{"name": "x"}]}, "ASS-006", "detection"),
    ({"passes": [clearance(1.0)]}, "ASS-008", "detection"),
    ({"passes": [clearance(1.3)]}, "ASS-007", "detection"),
    ({"passes": [clearance({"a": 0, "b": 1})]}, "ASS-006", "a"),
    ({"passes": [clearance({"mixture": [{"p": 1, "weight": 1}]})]}, "ASS-008", "mixture"),
    ({"passes": [clearance({"mixture": [{"p": 0.5, "weight": 0.5}]})]}, "ASS-006", "mixture"),
    ({"passes": [clearance(0.9, swept_share=1.2)]}, "ASS-009", "swept_share"),
    ({"passes": [clearance(0.9, swept_share=-0.2)]}, "ASS-007", "swept_share"),
    ({"passes": [clearance(), clearance()]}, "ASS-006", "name"),
    ({"passes": [clearance(), inspection(0.1)]}, "ASS-006", "passes_independent"),
    ({"overlay": [{"passes": ["clearance"], "share": 0.7}, {"passes": [], "share": 0.4}]},
     "ASS-009", "overlay"),
    ({"overlay": [{"passes": ["other"], "share": 0.7}]}, "ASS-006", "overlay"),
    ({"passes": [clearance(0.0)], "finds": 2}, "ASS-010", "finds"),
    ({"pi": 0, "finds": 2}, "ASS-010", "finds"),
    ({"passes": [], "finds": 2}, "ASS-010", "finds"),
    ({"unsearched_ground": "safe"}, "ASS-006", "unsearched_ground"),
    ({"alpha": 1e6, "beta": 1.0, "passes": [clearance(0.9, swept_share=0.5)]}, "ASS-011", "items"),
])
def test_wrong_input_is_refused_with_its_field(change, code, field):
    with pytest.raises(LandReleaseError, match=f"{code}.*{field}"):
        residual({**FIELD, "passes": [clearance(0.9)], **change})
