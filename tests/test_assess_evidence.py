"""Evidence: each piece once, SHA or CHA by visible weights, the chance, the next survey action."""

import dataclasses
import itertools
import math
from datetime import UTC, date, datetime

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.access.policy import RESULTS
from landrelease.assess import actions
from landrelease.assess.hazards import assess_hazards, assess_whole
from landrelease.assess.next_survey import plan_survey
from landrelease.assess.pieces import once, pieces_of
from landrelease.assess.prior import posterior_probability
from landrelease.assess.shapes import plane_of
from landrelease.assess.types import (
    BOTH,
    CHA,
    MISSING,
    RANK,
    SHA,
    SLIVER_M2,
    _parts,
    propose_type,
)
from landrelease.assess.weights import CLASS_OF, Weights
from landrelease.core import lineage
from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.evidence import Evidence, collect_evidence
from landrelease.core.extension import read_extension
from landrelease.core.geometry import LocalPlane, geodesic_area_m2
from landrelease.core.hazard import Accident, Hazard, Land, Outcome
from landrelease.core.record import KINDS, Record
from landrelease.errors import LandReleaseError
from landrelease.store.exports import write_geojson
from landrelease.workflows import load_assumptions
from landrelease.workflows.areas import read_shapes
from landrelease.workflows.assessing import (
    load_weights,
    survey_rows,
    type_parts,
    type_rows,
    weights_of_extension,
)

PLANE = LocalPlane(17.5, 44.0)
STATED = load_assumptions()
WEIGHTS = load_weights(STATED)
HOME = shapely.box(0, 0, 1_000, 1_000)  # 100 ha


def degrees(shape):
    return None if shape is None else PLANE.to_degrees(shape)


def land(*evidence, hazard_type="SHA", status="open", ground=HOME, **others):
    made = degrees(ground)
    hazard = Hazard("h", made, geodesic_area_m2(made), hazard_type, status, "")
    empty = dict.fromkeys(("outcomes", "accidents", "lifted", "settlements", "municipalities"), ())
    return Land((hazard,), **{**empty, **others}, chain_head="", evidence=evidence)


def told(kind, name="e", place=None, hazard=True, letter="A", digit="1", **others):
    return Evidence("evidence", name, kind, reliability=letter, credibility=digit,
                    place=degrees(place), hazard_ids=("h",) if hazard else (), **others)


def found(x, y, name="item"):
    return Evidence("item", name, "item_found", says="contaminated", accuracy_m=0.0,
                    place=degrees(shapely.Point(x, y)))


def proposal(*evidence, weights=WEIGHTS, **others):
    world = land(*evidence, **others)
    plane = plane_of(world)
    pieces, = pieces_of(world, plane, STATED, weights)
    return propose_type(world.hazards[0], pieces, plane, weights)


def national(**values):
    return Weights(Assumptions(dict(WEIGHTS.by_name)), Assumptions({
        n: Assumption(n, v, v, v, "", "", "national standard")
        for n, v in ((k.replace("__", "."), v) for k, v in values.items())}))


# --- weights -------------------------------------------------------------------------------------

def test_every_word_of_evidence_has_a_weight_and_a_source():
    words = {f.name: f for f in KINDS["evidence"].fields}["evidence_kind"].choices
    for word in words:
        if word != "not_reported":
            assert f"weight.{word}" in WEIGHTS.by_name
            assert word in CLASS_OF or word == "other"
    assert all(a.source for a in WEIGHTS)


def test_a_weight_is_kind_times_the_mean_of_source_and_information():
    assert WEIGHTS.weight(told("verbal_report", letter="B", digit="3")) == pytest.approx(
        0.3 * (0.8 + 0.6) / 2)
    assert WEIGHTS.weight(told("sign_or_fence", letter="not_reported", digit="6")) == pytest.approx(
        0.8 * 0.5)
    assert WEIGHTS.weight(told("verbal_report", weight=0.77)) == 0.77


def test_safety_S13_a_national_programme_changes_weights_and_what_is_direct():
    sign = told("sign_or_fence")
    assert proposal(sign).proposed == CHA
    assert proposal(sign, weights=national(direct__sign_or_fence=0)).proposed == SHA
    assert proposal(sign, weights=national(cha_threshold=0.9)).proposed == SHA
    assert proposal(told("drone_image"), weights=national(weight__drone_image=0.9)).total_weight \
        == pytest.approx(0.9)


@pytest.mark.parametrize(("values", "code"), [
    ({"source_reliability__G": 0.5}, "ASS-302"), ({"ratio__rumour": 2}, "ASS-302"),
    ({"weight__sign_or_fence": 1.5}, "ASS-303"), ({"ratio__find": 0}, "ASS-303"),
    ({"cha_threshold": 0}, "ASS-303"), ({"weight__other": math.nan}, "ASS-303")])
def test_wrong_weights_are_refused(values, code):
    with pytest.raises(LandReleaseError, match=code):
        national(**values)


def test_a_weight_of_a_word_that_no_evidence_can_have_is_refused():
    with pytest.raises(LandReleaseError, match=r"ASS-302.*drone_imag"):
        national(weight__drone_imag=0.9).check_words(["drone_image"])


def test_an_extension_with_a_weight_that_nothing_uses_is_refused_when_it_is_loaded():
    text = """
name: Landia
version: "1"
words: {evidence.evidence_kind: [drone_image]}
thresholds:
  - {name: weight.WORD, value: 0.6, unit: weight, source: National standard}
"""
    assert weights_of_extension(read_extension(text.replace("WORD", "drone_image")))[
        "weight.drone_image"].value == 0.6
    with pytest.raises(LandReleaseError, match=r"ASS-302.*drone_imgae"):
        weights_of_extension(read_extension(text.replace("WORD", "drone_imgae")))


# --- of which ground evidence speaks ------------------------------------------------------------

def test_direct_evidence_makes_a_CHA_of_the_ground_it_touches_and_only_of_that():
    made = proposal(found(500, 500))
    assert made.proposed == BOTH
    cha, sha = made.parts
    assert cha.area_m2 == pytest.approx(math.pi * 50**2, rel=0.01)  # evidence_reach_m
    assert cha.area_m2 + sha.area_m2 == pytest.approx(1e6, rel=1e-5)
    whole = proposal(told("visual_observation"))  # somewhere in the area: nobody said where
    assert whole.proposed == CHA and whole.cha_share == 1


def test_safety_S01_the_parts_are_the_whole_of_the_recorded_ground():
    made = proposal(*(found(x, y, f"{x} {y}") for x in (10, 400, 990) for y in (5, 700)))
    ground = land().hazards[0].ground
    left = ground.difference(shapely.union_all([p.ground for p in made.parts]))
    assert geodesic_area_m2(left) < 1e-3
    assert sum(p.area_m2 for p in made.parts) == pytest.approx(
        geodesic_area_m2(ground), rel=2e-5)  # between more corners an edge runs elsewhere


def test_many_places_lose_no_ground():
    rng = np.random.default_rng(5)
    for side in (180, 420):
        ground = shapely.box(0, 0, side, side)
        whole = land(ground=ground).hazards[0].ground
        for n in range(10):
            made = proposal(*(found(*rng.uniform(0, side, 2), f"{n} {k}") for k in range(45)),
                            ground=ground)
            grounds = [p.ground for p in made.parts]
            assert all(g.is_valid for g in grounds) and made.proposed in (CHA, BOTH)
            lost = whole  # one after the other: joining the parts first would round
            for part in grounds:
                lost = lost.difference(part)
            assert lost.is_empty
            assert all(p.area > SLIVER_M2 for p in shapely.get_parts(PLANE.to_plane(grounds[0])))


@pytest.mark.parametrize("decimals", [None, 7])
def test_the_parts_divide_the_area_when_they_are_read_again(tmp_path, decimals):
    """Whole coordinates always fit; rounded to a centimetre a file may be refused, never crash."""
    rng = np.random.default_rng(3)
    for n in range(6):
        ground = shapely.box(0, 0, 400, 400)
        made = proposal(*(found(*rng.uniform(0, 400, 2), f"{n} {k}") for k in range(12)),
                        ground=ground)
        path = tmp_path / f"{n}.geojson"
        write_geojson(path, *type_parts([made]), decimals=decimals)
        parent = Record("hazard", "h", {"hazard_type": "SHA"}, degrees(ground))
        try:
            _, *children = lineage.split(parent, read_shapes(path), at=datetime.now(UTC), by="x",
                                         reason="type")
        except LandReleaseError as error:
            assert decimals == 7 and error.code in ("LIN-001", "LIN-002")
            continue
        left = parent.geometry
        for child in children:
            left = left.difference(child.geometry)
        assert geodesic_area_m2(left) < SLIVER_M2


def test_safety_S01_a_ring_that_crosses_itself_in_degrees_makes_the_CHA_larger():
    class Folding:
        """Stands in for rounding: what comes back from the plane crosses itself."""

        def to_degrees(self, shape):
            return shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])

    hazard = dataclasses.replace(land().hazards[0], ground=shapely.box(0, 0, 2, 3))
    cha, sha = _parts(hazard, shapely.box(0, 0, 9, 9), Folding())
    triangles = shapely.MultiPolygon([shapely.Polygon([(0, 0), (1, 1), (0, 2)]),
                                      shapely.Polygon([(2, 2), (1, 1), (2, 0)])])
    assert cha.ground.covers(triangles)
    assert (cha.proposed, sha.proposed) == (CHA, SHA)
    assert shapely.union(cha.ground, sha.ground).equals(hazard.ground)


def test_a_place_is_widened_by_its_accuracy():
    near, far = (dataclasses.replace(found(500, 500), accuracy_m=a) for a in (0.0, 100.0))
    assert proposal(far).parts[0].area_m2 == pytest.approx(9 * proposal(near).parts[0].area_m2,
                                                           rel=0.01)


def test_weak_direct_evidence_adds_up_only_where_it_overlaps():
    west = told("sign_or_fence", "a", shapely.box(0, 0, 600, 1_000), letter="D", digit="5")
    east = told("record_high_reliability", "b", shapely.box(400, 0, 1_000, 1_000), letter="E",
                digit="4")
    assert proposal(west).proposed == SHA
    made = proposal(west, east)
    assert made.proposed == BOTH
    assert made.cha_share == pytest.approx(0.2, abs=1e-3)  # the strip that both speak of
    assert made.direct_weight == pytest.approx(0.8 * 0.3 + 0.9 * 0.3)


def test_evidence_elsewhere_that_names_the_area_confirms_no_ground_of_it():
    lost = told("visual_observation", place=shapely.box(5_000, 0, 5_100, 100))
    made = proposal(lost)
    assert made.proposed == SHA and made.log[0].extent == "no known ground of it"


# --- each piece once -----------------------------------------------------------------------------

def test_safety_S10_the_same_class_or_the_same_document_counts_once():
    reports = [told("verbal_report", n) for n in "abc"]
    assert proposal(*reports).total_weight == pytest.approx(0.3)
    # One document copied into two forms, under two headings.
    twice = [told("old_survey", "a", document="survey 1998/12"),
             told("former_combat_zone", "b", document="survey 1998/12")]
    assert proposal(*twice).total_weight == pytest.approx(0.3)
    assert proposal(twice[0], told("former_combat_zone", "b")).total_weight == pytest.approx(0.6)


def test_safety_S10_an_accident_in_two_channels_counts_once():
    place = shapely.Point(500, 500)
    record = Evidence("accident", "a1", "accident_recorded", says="contaminated",
                      place=degrees(place))
    report = told("accident_known_place", "e1", place)
    both = proposal(record, report)
    assert both.total_weight == proposal(record).total_weight == 1.0
    assert [(e.counted, e.same_as) for e in both.log] == [
        ("yes", ""), ("no: one class counts once", "a1")]
    one, = assess_hazards(land(record, report, accidents=(Accident("a1", degrees(place)),)),
                          STATED, weights=WEIGHTS)
    assert one.prior.probability == pytest.approx(posterior_probability(0.2, [6]))


def test_documents_and_classes_are_matched_so_that_most_counts():
    # The heaviest first would take a (class 1, document X) and then nothing else.
    a = told("visual_observation", "a", document="x")
    b = told("sign_or_fence", "b", document="x")
    c = told("visual_observation", "c", letter="B", digit="2", document="y")
    assert proposal(a, b, c).total_weight == pytest.approx(0.8 + 0.8)


kinds = st.sampled_from(["detonation", "accident_known_place", "visual_observation",
                         "sign_or_fence", "record_high_reliability", "verbal_report", "old_survey",
                         "former_combat_zone", "productive_land_unused", "other"])


@st.composite
def evidence(draw, name=None):
    x, y = draw(st.integers(-2, 9)) * 100, draw(st.integers(-2, 9)) * 100
    w, h = draw(st.integers(1, 6)) * 100, draw(st.integers(1, 6)) * 100
    place = draw(st.sampled_from([None, shapely.box(x, y, x + w, y + h), shapely.Point(x, y)]))
    return told(draw(kinds), name or f"e{draw(st.integers(0, 99))}", place,
                hazard=draw(st.booleans()), letter=draw(st.sampled_from("ABCDEF")),
                digit=draw(st.sampled_from("123456")),
                document=draw(st.sampled_from(["", "", "doc a", "doc b"])),
                evidence_type=draw(st.sampled_from(["not_reported", "direct", "indirect"])))


pieces_drawn = st.lists(evidence(), max_size=6, unique_by=lambda e: e.record_id)


@settings(deadline=None, max_examples=60)
@given(pieces_drawn, evidence("new"))
def test_safety_S01_direct_evidence_never_lowers_the_type(listed, more):
    more = dataclasses.replace(more, evidence_type="direct")
    before, after = proposal(*listed), proposal(*listed, more)
    assert RANK[after.proposed] >= RANK[before.proposed]
    assert after.direct_weight >= before.direct_weight - 1e-12
    assert after.total_weight >= before.total_weight - 1e-12
    confirmed = [shapely.union_all([p.ground for p in one.parts if p.proposed == CHA
                                    and one.proposed in (CHA, BOTH)]) for one in (before, after)]
    assert geodesic_area_m2(shapely.difference(*confirmed)) < 1.0


@settings(deadline=None, max_examples=40)
@given(pieces_drawn, st.randoms(use_true_random=False))
def test_safety_S10_order_and_doubles_change_nothing(listed, dice):
    made = proposal(*listed)
    mixed = list(listed)
    dice.shuffle(mixed)
    assert proposal(*mixed) == made
    # The same record from another office, or typed in a second time.
    doubles = [dataclasses.replace(e, record_id=e.record_id + " again") for e in listed]
    again = proposal(*listed, *doubles)
    assert again.proposed == made.proposed
    assert again.cha_share == pytest.approx(made.cha_share, rel=1e-5)  # unions are on a grid
    chance, = assess_hazards(land(*listed), STATED, weights=WEIGHTS)
    assert again.total_weight == pytest.approx(made.total_weight)
    twice, = assess_hazards(land(*listed, *doubles), STATED, weights=WEIGHTS)
    assert twice.prior.probability == pytest.approx(chance.prior.probability)


@settings(deadline=None, max_examples=60)
@given(pieces_drawn)
def test_the_sum_is_the_largest_of_all_ways_to_count_once(listed):
    world = land(*listed)
    pieces, = pieces_of(world, plane_of(world), STATED, WEIGHTS)
    best = 0.0
    for picks in itertools.product((0, 1), repeat=len(pieces)):
        kept = [p for p, pick in zip(pieces, picks, strict=True) if pick]
        if len({p.group for p in kept}) == len({p.document for p in kept}) == len(kept):
            best = max(best, sum(p.weight for p in kept))
    total, taken = once(pieces)
    assert total == pytest.approx(best)
    assert len({p.group for p in taken}) == len({p.document for p in taken}) == len(taken)


# --- types ---------------------------------------------------------------------------------------

def test_indirect_evidence_alone_never_makes_a_CHA():
    every = [told(k, k) for k in ("old_survey", "former_combat_zone", "verbal_report",
                                  "productive_land_unused", "accident_unknown_place", "other")]
    made = proposal(*every)
    assert made.proposed == SHA and made.total_weight > 1 and made.direct_weight == 0


def test_no_evidence_is_said_and_takes_nothing_away():
    made = proposal(hazard_type="CHA")
    assert made.proposed == MISSING and [p.proposed for p in made.parts] == [MISSING]
    assert any("look for the evidence" in r for r in made.reasons)
    assert any("stays as hazardous" in r for r in made.reasons)


def test_evidence_against_lowers_no_type():
    for says in (told("clean_survey"), told("land_in_use"),
                 told("verbal_report", "v", says="not_contaminated")):
        assert proposal(found(5, 5), says).parts == proposal(found(5, 5)).parts
        assert proposal(says).log[-1].counted == "no: it has no weight for the type"


def test_safety_S09_a_proposal_says_who_decides():
    for made in (proposal(), proposal(found(500, 500)), proposal(told("old_survey"))):
        assert made.reasons[-1] == "A proposal: a person decides and signs."


# --- the chance ----------------------------------------------------------------------------------

def one(*pieces, **others):
    made, = assess_whole(land(*pieces, **others), STATED, WEIGHTS)
    return made


def test_a_clean_survey_of_the_whole_area_is_the_worked_example():
    stated = Assumptions({**STATED.by_name, "contaminated_probability": Assumption(
        "contaminated_probability", 0.15, 0.05, 0.4, "", "", "test")})
    made, = assess_whole(land(told("clean_survey")), stated, WEIGHTS)
    chance = made.assessment.prior
    assert chance.probability == pytest.approx(posterior_probability(0.15, [0.3]))
    assert f"{chance.probability:.3f}" == "0.050" and not made.known.passes
    assert made.action != actions.COMPLETE


@pytest.mark.parametrize("share", [0.25, 0.5, 1.0])
def test_safety_S10_a_clean_survey_reassures_its_own_ground_only(share):
    part = shapely.box(0, 0, 1_000 * share, 1_000)
    chance = one(told("clean_survey", place=part)).assessment.prior.probability
    assert chance == pytest.approx(posterior_probability(0.2, [1 - share * 0.7]), rel=1e-4)
    # The same ground a second time reassures no more.
    again = one(told("clean_survey", place=part), told("clean_survey", "f", place=part))
    assert again.assessment.prior.probability == pytest.approx(chance)
    # A point says that somebody was there, not which ground is clean.
    at = one(told("clean_survey", place=shapely.Point(500, 500))).assessment.prior
    assert at.probability == 0.2 and at.is_prior


def test_safety_S12_a_prior_stays_one_until_local_evidence_touches_it():
    assert one().assessment.prior.is_prior
    done = Evidence("activity", "n", "survey_done", says="unclear", hazard_ids=("h",), detail="NTS")
    assert one(done).assessment.prior.is_prior  # that somebody went there says nothing yet
    touched = one(told("verbal_report", letter="F", digit="6")).assessment.prior
    assert not touched.is_prior and touched.probability == pytest.approx(
        posterior_probability(0.2, [2**0.5]))
    assert touched.low < touched.probability < touched.high


def test_a_find_and_a_failed_inspection_raise_doubt():
    failed = Evidence("inspection", "i", "inspection_failed", says="contaminated",
                      hazard_ids=("h",))
    before = one().assessment.prior.probability
    for piece, word in ((found(9, 9), "how far the find reaches"),
                        (failed, "the inspection that failed")):
        made = one(piece, told("clean_survey", "c", letter="A", digit="1"))
        assert made.assessment.prior.probability > one(
            told("clean_survey", "c")).assessment.prior.probability
        assert word in made.assessment.next_action and made.action != actions.COMPLETE
    assert one(failed).assessment.prior.probability > before


def test_interval_agrees_with_simulation():
    from scipy.stats import norm

    made = one(told("sign_or_fence"), told("verbal_report", "v"), told("clean_survey", "c"))
    rng = np.random.default_rng(8)
    total = 0.0
    logit = [math.log(v / (1 - v)) for v in (0.05, 0.2, 0.44)]
    for low, middle, high in (logit, np.log([2, 6, 20]), np.log([1, 2, 5]),
                              np.log([0.15, 0.3, 0.6])):
        z = rng.standard_normal(300_000)
        total = total + middle + np.where(z < 0, middle - low, high - middle) / norm.ppf(0.9) * z
    low, high = 1 / (1 + np.exp(-np.quantile(total, [0.1, 0.9])))
    assert made.assessment.prior.low == pytest.approx(low, abs=4e-3)
    assert made.assessment.prior.high == pytest.approx(high, abs=4e-3)


# --- the next action -----------------------------------------------------------------------------

CLEAN = (told("clean_survey"), told("land_in_use", "u"))
NTS = Evidence("activity", "n", "survey_done", says="unclear", hazard_ids=("h",), detail="NTS")


def test_actions_in_the_order_of_what_is_known():
    assert one().action == actions.NON_TECHNICAL
    assert one(NTS).action == actions.TECHNICAL
    assert one(*CLEAN).action == actions.COMPLETE  # 0.022, below 0.05
    assert one(told("visual_observation"), *CLEAN[1:]).action == actions.TECHNICAL
    assert one(*CLEAN, hazard_type="CHA").action == actions.TECHNICAL
    assert one(*CLEAN, status="closed").action == actions.REVIEW_RECORD
    unclear = told("other", "x", says="unclear")
    assert one(*CLEAN, unclear).action == actions.NON_TECHNICAL
    overlap = Outcome("o", degrees(shapely.box(0, 0, 50, 50)), 2_500.0, "cleared", "")
    assert one(*CLEAN, outcomes=(overlap,)).action == actions.NON_TECHNICAL


@settings(deadline=None, max_examples=40)
@given(pieces_drawn, st.sampled_from(["SHA", "CHA", "not_reported"]))
def test_safety_S09_never_more_than_ready_for_review(listed, recorded):
    made = one(*listed, hazard_type=recorded)
    plain, = assess_hazards(land(*listed, hazard_type=recorded), STATED, weights=WEIGHTS)
    assert plain == made.assessment  # page and plan say the same
    assert made.action in actions.ACTIONS
    words = made.assessment.next_action.lower()
    assert not any(w in words for w in ("safe", "cancel", "reduce", "release"))
    if made.action == actions.COMPLETE:
        assert made.known.passes and made.known.touched and not made.known.finds


def test_safety_S13_the_threshold_is_the_national_one_with_its_source():
    world = land(*CLEAN)
    stricter = Assumptions({**STATED.by_name, "review_threshold": Assumption(
        "review_threshold", 0.01, 0.01, 0.01, "probability", "", "National standard 07.11")})
    made = assess_whole(world, stricter, WEIGHTS)
    assert made[0].action == actions.NON_TECHNICAL
    row, = plan_survey(world.hazards, made, stricter).rows
    assert (row.threshold, row.threshold_source) == (0.01, "National standard 07.11")
    assert any("not below the threshold 0.01 (National standard 07.11)" in r for r in row.reasons)


# --- effort over areas ---------------------------------------------------------------------------

def many(*areas, budget=None, threshold=None, confirmed=()):
    """Areas (side in m, evidence) side by side, and their plan."""
    hazards, pieces = [], []
    for i, (side, kind) in enumerate(areas):
        ground = degrees(shapely.box(5_000 * i, 0, 5_000 * i + side, side))
        hazards.append(Hazard(f"h{i}", ground, geodesic_area_m2(ground),
                              "CHA" if i in confirmed else "SHA", "open", ""))
        if kind:
            pieces.append(dataclasses.replace(told(kind, f"e{i}"), hazard_ids=(f"h{i}",)))
    world = dataclasses.replace(land(*pieces), hazards=tuple(hazards))
    made = assess_whole(world, STATED, WEIGHTS)
    plan = plan_survey(world.hazards, made, STATED, budget, threshold)
    return plan, {r.hazard_id: r for r in plan.rows}


def test_nothing_reaches_the_threshold_is_an_answer():
    plan, rows = many((1_000, ""), (800, "verbal_report"), budget=1.0)
    assert plan.chosen_count == 0 and plan.reach_by_allocation == 0
    assert any("Nothing reaches the threshold with this effort" in w for w in plan.words)
    assert sum(r.allocated_days for r in rows.values()) == pytest.approx(1.0)


def test_days_to_threshold_do_what_they_say():
    plan, rows = many((300, ""), budget=100.0)
    row = rows["h0"]
    a = 8_000 * 0.8 / row.area_m2
    left = 0.2 * math.exp(-a * row.days_to_threshold)
    assert left / (0.8 + left) == pytest.approx(0.05)
    assert row.chosen and plan.chosen_count == plan.reach_by_allocation == 1
    assert row.chance_after < 0.05


def test_what_is_confirmed_takes_no_search_effort():
    _, rows = many((300, ""), (300, "visual_observation"), (300, ""), budget=5.0, confirmed=(2,))
    assert [rows[f"h{i}"].searched for i in range(3)] == [True, False, False]
    assert rows["h0"].allocated_days == pytest.approx(5.0)
    assert rows["h1"].allocated_days is None is rows["h1"].value_per_hectare


def test_the_allocation_finds_more_than_even_spread():
    plan, _ = many((300, ""), (700, "verbal_report"), (500, "clean_survey"), budget=20.0)
    assert plan.found_uniform < plan.found < plan.found_total


@pytest.mark.parametrize(("budget", "threshold"), [(-1, None), (math.nan, None), (5, 0.0),
                                                   (5, 1.0), (5, 7.0), (math.inf, None)])
def test_wrong_effort_and_threshold_are_refused(budget, threshold):
    with pytest.raises(LandReleaseError, match="ASS-301"):
        many((300, ""), budget=budget, threshold=threshold)


def test_a_failed_inspection_spreads_its_doubt_to_other_work_of_the_same_hands():
    def record(kind, name, **values):
        return Record(kind, name, values, None, date(2026, 1, 2))

    work = [record("activity", "w1", activity_type="clearance", hazard="h1", teams=["t1"]),
            record("activity", "w2", activity_type="clearance", hazard="h", teams=["t1", "t2"]),
            record("activity", "w3", activity_type="clearance", hazard="h3", teams=["t3"],
                   detectors=["d9"])]
    lot = record("outcome", "o", hazard="h1", activity="w1")
    failed = record("inspection", "q", result="rejected", outcomes=["o"])
    made = collect_evidence(activities=work, inspections=[failed], outcomes=[lot])
    assert [(e.kind, e.hazard_ids) for e in made if e.record_kind == "inspection"] == [
        ("inspection_failed", ("h1",)), ("same_team_failed", ("h",))]
    doubted = one(*(e for e in made if e.kind == "same_team_failed"), *CLEAN)
    assert doubted.assessment.prior.probability == pytest.approx(
        posterior_probability(0.2, [0.3, 0.3, 1.5]))
    assert doubted.action != actions.COMPLETE == one(*CLEAN).action
    assert "failed inspection elsewhere" in doubted.assessment.next_action
    # Nobody said who did the work: the doubt stays with the lot.
    alone = collect_evidence(activities=[], inspections=[failed], outcomes=[lot])
    assert [e.kind for e in alone] == ["inspection_failed"]


# --- records -------------------------------------------------------------------------------------

def test_all_channels_are_read_in_one_order():
    def record(kind, name, place=None, **values):
        return Record(kind, name, values, place, date(2026, 1, 2))

    point = shapely.Point(17.5, 44.0)
    channels = {
        "evidence": [record("evidence", "e", evidence_kind="sign_or_fence", hazard="h",
                            source_reliability="B", source_reference="Sheet 12")],
        "items": [record("item", "i", point, ordnance_category="ap_mine"),
                  record("item", "s", point, ordnance_category="small_arms_ammunition")],
        "accidents": [record("accident", "a", point)],
        "activities": [record("activity", "n", point, activity_type="NTS", hazard="h",
                              source_reference="17"),
                       record("activity", "p", activity_type="TS", activity_status="planned"),
                       record("activity", "l", point, activity_type="clearance", items_found=3,
                              activity_status="completed"),
                       record("activity", "going on", point, activity_type="clearance",
                              activity_status="active")],
        "inspections": [record("inspection", "q", result="rejected", outcomes=["o"]),
                        record("inspection", "k", result="accepted", items_found=0)],
        "outcomes": [record("outcome", "o", hazard_identifier="h")],
    }
    made = collect_evidence(**channels)
    assert [(e.record_id, e.kind, e.hazard_ids, e.document) for e in made] == [
        ("a", "accident_recorded", (), ""), ("l", "find_without_place", (), ""),
        ("l", "lifted_minefield", (), ""), ("n", "survey_done", ("h",), ""),
        ("e", "sign_or_fence", ("h",), "sheet 12"), ("q", "inspection_failed", ("h",), ""),
        ("i", "item_found", (), "")]
    assert collect_evidence(**{k: v[::-1] for k, v in channels.items()}) == made


def test_evidence_speaks_of_the_area_that_it_names_by_its_own_identifier():
    """Not only by its id: what would be lost makes an area look safer than it is."""
    def record(kind, name, **values):
        return Record(kind, name, values, None, date(2026, 1, 2))

    areas = [record("hazard", "id-1", identifier="MF-7"),
             record("hazard", "id-2", identifier="SHA 2"),
             record("hazard", "id-3", identifier="SHA 2")]

    def hazards(*records, **more):
        return [e.hazard_ids for e in collect_evidence(evidence=records, hazards=areas, **more)]

    assert hazards(record("evidence", "e", evidence_kind="sign_or_fence", hazard="MF-7")) == [
        ("id-1",)]
    assert hazards(record("evidence", "e", evidence_kind="sign_or_fence", hazard="id-1",
                          hazard_identifier="MF-7")) == [("id-1",)]
    # Of an identifier that two areas share it speaks of both; an unknown word stays as it is.
    assert hazards(record("evidence", "e", evidence_kind="sign_or_fence",
                          hazard_identifier="SHA 2")) == [("id-2", "id-3")]
    assert hazards(record("evidence", "e", evidence_kind="sign_or_fence", hazard="gone")) == [
        ("gone",)]
    # The doubt of a failed inspection goes to other areas only, however they are named.
    work = [record("activity", "w1", activity_type="clearance", hazard="MF-7", teams=["t"]),
            record("activity", "w2", activity_type="clearance", hazard="id-2", teams=["t"])]
    lot = record("outcome", "o", hazard="id-1", activity="w1")
    failed = record("inspection", "q", result="rejected", outcomes=["o"])
    assert hazards(activities=work, inspections=[failed], outcomes=[lot]) == [("id-1",), ("id-2",)]


def test_safety_S14_the_policy_names_every_field_of_both_results():
    world = land(found(1, 1))
    plan = plan_survey(world.hazards, assess_whole(world, STATED, WEIGHTS), STATED, 3.0)
    assert set(survey_rows(plan)[0]) == set(RESULTS["next_survey"])
    row, = type_rows([proposal(found(1, 1))], visible={"nothing"})
    assert set(row) == set(RESULTS["type_proposal"])
    assert [e["record_id"] for e in row["log"]] == ["(withheld)"]
