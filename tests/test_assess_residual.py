"""Residual risk: worked figures, closed forms, simulation, and what is refused."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from landrelease.assess import learned
from landrelease.assess.detection import gauss_of, missed_given_cause, trial_nodes
from landrelease.assess.residual import beta_nodes, posterior, residual
from landrelease.assess.residual_evidence import look
from landrelease.assess.residual_input import Settings, read
from landrelease.assess.residual_notes import clark_evans
from landrelease.errors import LandReleaseError
from landrelease.workflows import load_assumptions
from landrelease.workflows.risk import settings_of

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


def test_safety_S12_a_description_that_says_there_is_nothing_is_no_evidence():
    out = residual({**FIELD, "pi": 0})
    assert "pi is 0" in out["warnings"][0]


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
    ({"survey_date": "2026-05-01", "passes": [clearance(0.9, date="2026-04-30")]},
     "ASS-101", "2026-04-30"),
    ({"passes": [clearance(0.9, date="2026-04-30"), inspection(0.0) | {"date": "2026-04-29"}]},
     "ASS-102", "2026-04-29"),
    ({"passes": [clearance(0.9, date="30.4.2026")]}, "ASS-006", "date"),
    ({"passes": [clearance(0.9, depth_m=0.3, reach_m=0.2)]}, "ASS-103", "0.3 m"),
    ({"passes": [clearance(0.9, depth_m=-0.3)]}, "ASS-006", "depth_m"),
    ({"passes": [clearance(0.9, method="guess")]}, "ASS-006", "method"),
    ({"passes": [clearance({"found": 31})]}, "ASS-006", "missed"),
    ({"passes": [clearance({"found": 28, "missed": 2, "discount": {"logit": 1}})]},
     "ASS-006", "discount"),
    ({"passes": [clearance({"found": 28, "missed": 2, "discount": {"logit": 1, "sd": -1}})]},
     "ASS-006", "sd"),
    ({"passes": [clearance({"by_category": {"other": 0.9}})]}, "ASS-006", "by_category"),
    ({"passes": [clearance(0.9, evidence="R1"), inspection(0.0) | {"evidence": "R1"}]},
     "ASS-006", "twice"),
    ({"passes_independent": {"correlation": 1.2}}, "ASS-007", "correlation"),
    ({"passes_independent": {"correlation": 0.99}}, "ASS-006", "correlation"),
    ({"passes_independent": {"mixture": [{"correlation": 0, "weight": 0.4}]}}, "ASS-006", "sum"),
    ({"unsearched_ground": {"correlation": 2}}, "ASS-007", "unsearched_ground"),
    ({"density": [{"weight": 1, "alpha": 1, "beta": 900}]}, "ASS-006", "density"),
    ({"categories": [{"name": "AP", "alpha": 1, "beta": 900}]}, "ASS-006", "alpha"),
    ({"finds_xy": [[1, 2], [3]]}, "ASS-006", "finds_xy"),
    ({"sensitivity": {"pi": [0.5, 1.5]}}, "ASS-007", "sensitivity.pi"),
    ({"sensitivity": {"pi": [0.5, 0.1]}}, "ASS-006", "sensitivity.pi"),
])
def test_wrong_input_is_refused_with_its_field(change, code, field):
    with pytest.raises(LandReleaseError, match=f"{code}.*{field}"):
        residual({**FIELD, "passes": [clearance(0.9)], **change})


# --- density, categories, depth ----------------------------------------------------------------


def test_a_mixture_of_densities_is_the_mixture_of_its_parts():
    parts = [(0.7, 1.5, 15_000.0), (0.3, 2.0, 200.0)]
    mixed = residual({"pi": 0.4, "area_m2": 5_000, "passes": [clearance(0.9)], "finds": 2,
                      "density": [{"weight": w, "alpha": a, "beta": b} for w, a, b in parts]},
                     explain=False)
    alone = [residual({"pi": 0.4, "area_m2": 5_000, "passes": [clearance(0.9)], "finds": 2,
                       "alpha": a, "beta": b}, explain=False) for _, a, b in parts]
    weight = np.array([w * math.exp(one["log_evidence"])
                       for (w, _, _), one in zip(parts, alone, strict=True)])
    assert mixed["log_evidence"] == pytest.approx(math.log(weight.sum()), rel=1e-12)
    for name in ("expected_items_left", "probability_none_left"):
        assert mixed[name] == pytest.approx(
            weight @ [one[name] for one in alone] / weight.sum(), rel=1e-12)


def test_categories_add_up_and_share_the_chance_of_contamination():
    kinds = {"AP": (1.5, 3_000.0, 0.8), "AV": (0.7, 9_000.0, 0.95)}
    spec = {"pi": 0.4, "area_m2": 5_000, "passes": [
        {"name": "clearance", "finds": 0,
         "detection": {"by_category": {k: p for k, (_, _, p) in kinds.items()}}}],
        "categories": [{"name": k, "alpha": a, "beta": b} for k, (a, b, _) in kinds.items()]}
    out = residual(spec)
    clean = math.prod((b / (b + 5_000 * p)) ** a for a, b, p in kinds.values())
    after = 0.4 * clean / (0.6 + 0.4 * clean)
    none = math.prod(((b + 5_000 * p) / (b + 5_000)) ** a for a, b, p in kinds.values())
    left = [after * a * 5_000 * (1 - p) / (b + 5_000 * p) for a, b, p in kinds.values()]
    assert out["probability_contaminated"] == pytest.approx(after, rel=1e-12)
    assert out["probability_none_left"] == pytest.approx(1 - after + after * none, rel=1e-12)
    assert out["expected_items_left"] == pytest.approx(sum(left), rel=1e-12)
    assert [out["categories"][k]["expected_items_left"] for k in kinds] == pytest.approx(left)
    found = residual({**spec, "passes": [{**spec["passes"][0], "finds": {"AP": 3, "AV": 0}}]})
    a, b, p = kinds["AV"]  # none of it was found, but the ground is contaminated
    assert found["categories"]["AV"]["expected_items_left"] == pytest.approx(
        a * 5_000 * (1 - p) / (b + 5_000 * p), rel=1e-12)
    with pytest.raises(LandReleaseError, match=r"ASS-006.*finds.*AP, AV"):
        residual({**spec, "passes": [{**spec["passes"][0], "finds": 3}]})


def test_the_distribution_over_categories_is_their_convolution():
    out = posterior({"pi": 1, "area_m2": 5_000, "passes": [clearance(0.9, finds={"a": 4, "b": 1})],
                     "categories": [{"name": "a", "alpha": 1.5, "beta": 3_000},
                                    {"name": "b", "alpha": 0.7, "beta": 9_000}]})
    k = np.arange(60)
    one = stats.nbinom.pmf(k, 5.5, 7_500 / 8_000)
    two = stats.nbinom.pmf(k, 1.7, 13_500 / 14_000)
    assert out.cdf(list(range(20))) == pytest.approx(np.cumsum(np.convolve(one, two))[:20])


def test_safety_S06_items_below_the_search_depth_are_not_found():
    spec = {**FIELD, "passes": [clearance(0.9, depth_m=0.2, finds=0)], "categories": [
        {"name": "bombs", "alpha": 0.8, "beta": 900.0,
         "depths": [{"share": 0.6, "depth_m": 0.2}, {"share": 0.4, "depth_m": 1.5}]}]}
    del spec["alpha"], spec["beta"]
    out = residual(spec)
    assert out["expected_found_share"] == pytest.approx(0.6 * 0.9)
    effort = 10_000 * 0.54
    m = (900 / (900 + effort)) ** 0.8
    after = 0.3 * m / (0.7 + 0.3 * m)
    assert out["expected_items_left"] == pytest.approx(after * 0.8 / (900 + effort) * 4_600)
    assert out["expected_items_deeper"] is None
    shallow = residual({**spec, "depth_m": 0.2})
    assert shallow["expected_items_left"] == pytest.approx(after * 0.8 / (900 + effort) * 600)
    assert shallow["expected_items_deeper"] == pytest.approx(after * 0.8 / (900 + effort) * 4_000)


# --- detection ---------------------------------------------------------------------------------


def test_a_blind_trial_without_a_discount_is_its_beta():
    trial = residual({**FIELD, "finds": 2, "passes": [clearance({"found": 28, "missed": 2})]})
    beta = residual({**FIELD, "finds": 2, "passes": [clearance({"a": 29, "b": 3})]})
    for name in ("expected_items_left", "probability_none_left", "log_evidence"):
        assert trial[name] == pytest.approx(beta[name], rel=1e-9)


def test_the_discount_of_a_trial_is_integrated():
    p, w = trial_nodes(29, 3, 0.7, 0.6)

    def field(t, z):
        odds = t / (1 - t) * np.exp(-(0.7 + 0.6 * z))
        return odds / (1 + odds)

    for power in (1, 2, 5):
        t = (np.arange(4_000) + 0.5) / 4_000  # midpoints
        z = np.linspace(-7, 7, 201)
        exact = np.sum(field(t[:, None], z) ** power * stats.norm.pdf(z) * 0.07
                       * stats.beta.pdf(t, 29, 3)[:, None]) / 4_000
        assert w @ p ** power == pytest.approx(exact, rel=1e-5)
    easier = residual({**FIELD, "finds": 2, "passes": [clearance({"found": 28, "missed": 2})]})
    honest = residual({**FIELD, "finds": 2, "passes": [clearance(
        {"found": 28, "missed": 2, "discount": {"logit": 0.7, "sd": 0.6}})]})
    assert honest["expected_items_left"] > easier["expected_items_left"]


def test_gauss_nodes_of_a_discrete_measure_keep_its_moments():
    rng = np.random.default_rng(3)
    x, w = rng.beta(8, 2, 300), rng.random(300)
    node, weight = gauss_of(x, w, 7)
    assert len(node) == 7 and (weight > 0).all()
    for k in range(14):
        assert weight @ node ** k == pytest.approx(w @ x ** k, rel=1e-10)


def both(value, p=0.9, q=0.8):
    return residual({**TWENTY, "passes_independent": value, "passes": [
        {"name": "a", "detection": p}, {"name": "b", "detection": q}]}, explain=False)


def test_correlation_lies_between_independent_passes_and_none_that_helps():
    found = [both(v)["expected_found_share"] for v in
             (True, {"correlation": 0.0}, {"correlation": 0.3}, {"correlation": 0.8},
              {"correlation": 1.0}, False)]
    assert found[0] == found[1] == pytest.approx(0.98) and found[4] == found[5] == 0.9
    assert found[0] > found[2] > found[3] > found[4]
    for rho in (0.1, 0.5, 0.9):  # a bivariate normal, integrated elsewhere
        together = stats.multivariate_normal.cdf(
            stats.norm.ppf([0.1, 0.2]), cov=[[1, rho], [rho, 1]])
        assert both({"correlation": rho})["expected_found_share"] == pytest.approx(
            1 - together, abs=1e-6)
    assert missed_given_cause(np.array([0.9]), 0.4).shape[0] == 1


def test_what_was_found_tells_correlated_misses_from_independent_ones():
    """The machine missed half and the people behind it found few of the many left: an inspection
    that still finds some speaks for misses that are shared."""
    unsure = {"mixture": [{"correlation": 0.0, "weight": 0.5}, {"correlation": 0.7, "weight": 0.5}]}
    passes = [{"name": "machine", "detection": 0.7, "finds": 140},
              {"name": "people", "detection": 0.9, "finds": 40},
              {"name": "inspection", "detection": 0.9, "finds": 9}]
    spec = {"pi": 1, "alpha": 1, "beta": 500, "area_m2": 10_000, "passes": passes}
    out = residual({**spec, "passes_independent": unsure}, explain=False)
    assert out["correlation_after"] > 0.6
    alone = [residual({**spec, "passes_independent": {"correlation": c}}, explain=False)
             for c in (0.0, 0.7)]
    weight = np.exp([one["log_evidence"] for one in alone])
    assert out["probability_none_left"] == pytest.approx(
        weight @ [one["probability_none_left"] for one in alone] / weight.sum(), rel=1e-9)


def four_passes(finds, **more):
    names = (("survey", 22, 8, 0.15), ("machine", 21, 9, 0.95), ("people", 29, 1, 1.0),
             ("inspection", 28, 2, 0.3))
    return {"pi": 0.5, "alpha": 1.0, "beta": 500.0, "area_m2": 12_000, "passes_independent": True,
            "passes": [{"name": n, "detection": {"found": a, "missed": b}, "swept_share": f,
                        "finds": k} for (n, a, b, f), k in zip(names, finds, strict=True)],
            **more}


@pytest.mark.parametrize("finds", [(0, 0, 0, 0), (0, 1, 2, 0), (5, 40, 30, 1), (20, 90, 2, 0)])
def test_many_uncertain_detections_are_integrated(finds, monkeypatch):
    """Nodes that follow the finds give what a full grid of 16 nodes each gives."""
    from landrelease.assess import residual_evidence

    spec = four_passes(finds)
    quick = posterior(spec)
    monkeypatch.setattr(residual_evidence, "_nodes", lambda s, k: {
        o: gauss_of(v, w, 16) for o, (v, w) in s.categories[k].detection.items()})
    full = posterior(spec)
    assert quick.log_evidence == pytest.approx(full.log_evidence, abs=1e-4)
    assert quick.expected == pytest.approx(full.expected, rel=2e-3)
    assert quick.none == pytest.approx(full.none, rel=2e-3)
    assert quick.interval(0.95) == full.interval(0.95)
    assert look(read(spec), 0).weight.sum() == pytest.approx(1)


# --- the whole model, simulated ------------------------------------------------------------------


def drawn(rng):
    """A stratum drawn from the model itself: two categories, three depths, three operators of whom
    one works twice, misses with a common cause, partly searched. (description, items left)"""
    area, pi, rho = 6_000.0, 0.7, 0.4
    kinds = {"AP": ((0.6, 1.5, 3_000.0), (0.4, 1.0, 400.0)), "AV": ((1.0, 2.0, 8_000.0),)}
    depths = ((0.5, 0.1), (0.3, 0.2), (0.2, 0.5))
    tools = {"x": (6, 3, 0.2), "y": (20, 3, 0.2), "z": (9, 1, 0.1)}  # Beta, depth
    order = (("first", "x", 0.9), ("second", "x", 0.6), ("people", "y", 0.8), ("check", "z", 0.3))
    there = rng.random() < pi
    finds, left = {n: {} for n, _, _ in order}, 0
    for kind, density in kinds.items():
        p = {o: rng.beta(a, b) for o, (a, b, _) in tools.items()}
        w = np.array([d[0] for d in density])
        _, shape, rate = density[rng.choice(len(w), p=w)]
        items = rng.poisson(rng.gamma(shape, 1 / rate) * area) if there else 0
        place, cause = rng.random(items), rng.standard_normal(items)
        depth = rng.choice([d for _, d in depths], items, p=[s for s, _ in depths])
        hidden = np.ones(items, bool)
        for name, operator, share in order:
            score = math.sqrt(rho) * cause + math.sqrt(1 - rho) * rng.standard_normal(items)
            hit = (hidden & (place < share) & (depth <= tools[operator][2])
                   & (score > stats.norm.ppf(1 - p[operator])))
            finds[name][kind] = int(hit.sum())
            hidden &= ~hit
        left += int((hidden & (depth <= 0.2)).sum())
    return {
        "pi": pi, "area_m2": area, "depth_m": 0.2, "passes_independent": {"correlation": rho},
        "unsearched_ground": "same_as_searched",
        "categories": [{
            "name": k, "density": [{"weight": w, "alpha": a, "beta": b} for w, a, b in density],
            "depths": [{"share": s, "depth_m": d} for s, d in depths]}
            for k, density in kinds.items()],
        "passes": [{"name": n, "operator": o, "swept_share": share, "finds": finds[n],
                    "depth_m": tools[o][2], "detection": {"a": tools[o][0], "b": tools[o][1]}}
                   for n, o, share in order]}, left


def test_monte_carlo_of_the_whole_model():
    """Strata drawn from the model: the randomised transform of the items left is uniform, the
    predicted chance of none is met, and the interval holds what it says."""
    rng = np.random.default_rng(20)
    transform, none, clear, held = [], [], [], []
    for _ in range(250):
        spec, left = drawn(rng)
        made = posterior(spec)
        law = made.law(left)
        below, upto = made.cdf([left - 1, left], law)
        transform.append(below + rng.random() * (upto - below))
        none.append(made.none)
        clear.append(left == 0)
        low, high = made.interval(0.9, law)
        held.append(low <= left <= high)
    none, clear = np.array(none), np.array(clear)
    assert stats.kstest(transform, "uniform").pvalue > 0.001
    assert abs((clear - none).sum()) < 3.3 * math.sqrt((none * (1 - none)).sum())
    for low, high in ((0, 0.3), (0.3, 0.7), (0.7, 1)):
        at = (none >= low) & (none <= high)
        error = math.sqrt((none * (1 - none))[at].sum())
        assert at.sum() > 15 and abs((clear - none)[at].sum()) < 3.5 * error
    assert np.mean(held) > 0.9 - 3.3 * math.sqrt(0.09 / len(held))


# --- why ---------------------------------------------------------------------------------------


def test_safety_S10_each_piece_of_evidence_enters_the_ledger_once():
    spec = four_passes((1, 3, 5, 0), passes_independent={"correlation": 0.3})
    out = residual(spec)
    entries = out["evidence"]
    assert [e["evidence"] for e in entries] == ["prior", "survey", "machine", "people",
                                                "inspection"]
    assert sum(e["log_evidence"] for e in entries) == pytest.approx(out["log_evidence"], abs=1e-4)
    assert entries[-1]["expected_items_left"] == pytest.approx(out["expected_items_left"], rel=1e-3)
    for before, after in itertools.pairwise(entries):
        assert after["expected_items_moved"] == pytest.approx(
            after["expected_items_left"] - before["expected_items_left"])
    assert [e["finds"] for e in entries] == [None, 1, 3, 5, 0]
    together = residual({**FIELD, "finds": 3, "passes": [clearance(0.9), inspection(0.2)],
                         "passes_independent": True})["evidence"]
    assert [e["evidence"] for e in together] == ["prior", "all passes"]
    assert together[-1]["finds"] == 3


def test_each_assumption_is_moved_both_ways():
    spec = {**FIELD, "passes": [clearance({"a": 29, "b": 2}, swept_share=0.8, finds=0),
                                inspection(0.2, finds=0)], "passes_independent": True}
    out = residual(spec)
    rows = {row["assumption"]: row for row in out["sensitivity"]}
    assert set(rows) == {
        "pi: chance of contamination at all", "alpha / beta: mean density",
        "alpha: how alike densities are", "detection of clearance", "detection of inspection",
        "independence of passes", "unsearched ground"}
    swing = [row["swing"] for row in out["sensitivity"]]
    assert swing == sorted(swing, reverse=True)
    row = rows["independence of passes"]
    dependent = residual({**spec, "passes_independent": False}, explain=False)
    assert row["probability_none_left"] == pytest.approx(
        [out["probability_none_left"], dependent["probability_none_left"]], rel=1e-9)
    row = rows["unsearched ground"]
    assert row["expected_items_left"][0] < row["expected_items_left"][1]
    stated = residual({**spec, "sensitivity": {"pi": [0.1, 0.9]}})
    row = next(r for r in stated["sensitivity"] if r["assumption"].startswith("pi"))
    assert (row["low"], row["high"]) == ("0.1", "0.9")
    assert row["probability_none_left"][1] == pytest.approx(
        residual({**spec, "pi": 0.9}, explain=False)["probability_none_left"])


def test_safety_S13_settings_are_those_of_the_assumptions():
    assert settings_of(load_assumptions()) == Settings()


def test_unsearched_ground_with_a_stated_correlation_lies_between():
    spec = {**FIELD, "finds": 0, "passes": [clearance(0.9, swept_share=0.5)]}
    left = [residual({**spec, "unsearched_ground": v}, explain=False)["expected_items_left"]
            for v in ("prior", {"correlation": 0.25}, "same_as_searched")]
    assert left[1] == pytest.approx(0.75 * left[0] + 0.25 * left[2])


# --- warnings ----------------------------------------------------------------------------------


def warned(out):
    return " ".join(out["warnings"])


def test_safety_S07_a_machine_alone_is_not_clearance():
    machine = {"name": "m", "detection": 0.6, "finds": 0, "method": "mechanical"}
    out = residual({**FIELD, "passes": [machine]})
    assert out["not_clearance_share"] == 1 and "not clearance" in " ".join(out["notes"])
    followed = residual({**FIELD, "passes_independent": True, "passes": [
        machine, {"name": "p", "detection": 0.9, "finds": 0, "method": "manual",
                  "swept_share": 0.7}]})
    assert followed["not_clearance_share"] == pytest.approx(0.3)


def test_what_speaks_against_the_assumptions_is_said():
    rng = np.random.default_rng(4)
    heaps = (rng.uniform(0, 100, (4, 1, 2)) + rng.normal(0, 1, (4, 6, 2))).reshape(-1, 2)
    scattered = rng.uniform(0, 100, (24, 2))
    assert clark_evans(scattered, 10_000) == pytest.approx(1, abs=0.25)
    assert clark_evans(heaps, 10_000) < 0.3 and clark_evans(heaps[:4], 10_000) is None
    spec = {**FIELD, "passes": [clearance(0.9, finds=24, method="manual"),
                                inspection(0.3, finds=0) | {"method": "inspection"}],
            "passes_independent": True}
    assert residual({**spec, "finds_xy": scattered.tolist()}, explain=False)["warnings"] == []
    assert "clusters" in warned(residual({**spec, "finds_xy": heaps.tolist()}, explain=False))
    alone = residual({**FIELD, "finds": 0, "passes": [clearance()]}, explain=False)
    assert "Only one operator" in warned(alone)
    late = residual({**spec, "passes": [spec["passes"][0], spec["passes"][1] | {"finds": 2}]},
                    explain=False)
    assert "2 items were found after the clearance" in warned(late)
    unlikely = residual({**FIELD, "pi": 1, "passes_independent": True, "passes": [
        clearance({"a": 19, "b": 1}, finds=6), inspection(1.0, finds=6)]}, explain=False)
    assert "speaks against the stated detection of clearance" in warned(unlikely)
    assert all(w in late["notes"] for w in late["warnings"])


# --- learning ------------------------------------------------------------------------------------


def test_a_prior_is_learned_from_finds_alone():
    """A third of the ground holds 40 items per hectare; only finds of a search are told."""
    rng = np.random.default_rng(6)
    rows, finds = [], []
    for _ in range(400):
        n = rng.poisson(0.8 * rng.gamma(1.5, 40 / 1.5)) if rng.random() < 1 / 3 else 0
        finds.append(n)
    known = {n: learned.evidence_of({"area_m2": 10_000, "passes": [clearance(0.8, finds=int(n))]})
             for n in set(finds)}
    rows = np.array([known[n] for n in finds])
    found = learned.learn(rows)
    assert found.pi == pytest.approx(1 / 3, abs=0.08)
    mean = sum(w * a / b for w, a, b in found.density) * 1e4
    assert mean == pytest.approx(np.mean([n for n in finds if n]) / 0.8, rel=0.15)
    same = learned.learn(rows[:200], stands_for=np.full(200, 2.0))
    assert same.strata == 400
    out = residual({**found.fields(), "area_m2": 10_000, "passes": [clearance(0.8, finds=0)]},
                   explain=False)
    assert out["probability_none_left"] > 0.97
