"""INS: lots, draws, switching, teams compared, missed share: the arithmetic of inspection."""

import itertools
from datetime import date
from fractions import Fraction
from math import comb, prod

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from shapely import Polygon, box

from landrelease.errors import LandReleaseError
from landrelease.verify import teams as teams_module
from landrelease.verify.draw import allocate, draw, plan_sample, seed_of, worst_accept
from landrelease.verify.lots import SLIVER, Piece, disjoint, form_lots, strata_of, units_of
from landrelease.verify.missed import FoundTwice, missed_share
from landrelease.verify.sampling import accept_probability, sample_size
from landrelease.verify.switching import Rule, Standing, next_level, tightest
from landrelease.verify.teams import InspectedLot, compare

# --- lots and units ------------------------------------------------------------------------------


@st.composite
def grounds(draw_):
    """Star-shaped ground of some ten metres with a hole, now and then in two parts."""
    count = draw_(st.integers(3, 9))
    radius = draw_(st.lists(st.floats(4, 30), min_size=count, max_size=count))
    turn = draw_(st.floats(0, 6))
    angle = turn + np.arange(count) * 2 * np.pi / count
    x, y = draw_(st.floats(-50, 50)), draw_(st.floats(-50, 50))
    star = Polygon(np.c_[x + radius * np.cos(angle), y + radius * np.sin(angle)])
    star = star.difference(box(x - 1, y - 1, x + 1.5, y + 1))
    if draw_(st.booleans()):
        star = star.union(box(x + 40, y, x + 47, y + 3))
    return star


@settings(max_examples=60, deadline=None)
@given(grounds(), st.floats(2, 12), st.floats(-60, 60))
def test_units_are_a_partition_of_the_lot_within_strata(ground, side, cut):
    west = ground.intersection(box(-200, -200, cut, 200))
    pieces = [Piece("p1", west, ("a",)), Piece("p2", ground.difference(west), ("b",))]
    units = units_of(ground, [p for p in pieces if not p.ground.is_empty], side)
    shapes = np.array([u.ground for u in units], dtype=object)
    assert [u.number for u in units] == list(range(1, len(units) + 1))
    # All of the lot, nothing twice, nothing outside; unions move corners by up to 0.1 µm, and what
    # is thinner than a hundredth of a millimetre beside a line of the grid is nobody's.
    edge = 1e-2
    assert shapely.area(shapes).sum() == pytest.approx(ground.area, abs=edge)
    assert shapely.union_all(shapes).symmetric_difference(ground).area < edge
    assert all(u.ground.difference(ground).area < edge for u in units)
    held = strata_of(ground, pieces)
    assert {u.stratum for u in units} == {s.name for s in held}
    for stratum in held:
        own = [u for u in units if u.stratum == stratum.name]
        assert shapely.union_all([u.ground for u in own]).symmetric_difference(
            stratum.ground).area < edge
        assert all(u.teams == stratum.teams for u in own)
    # A sliver stays alone only where no larger unit of its stratum lies beside it.
    for u in units:
        if u.ground.area < SLIVER * side ** 2:
            beside = [v for v in units if v.stratum == u.stratum and v is not u
                      and v.ground.area > u.ground.area
                      and v.ground.intersection(u.ground).length > 1e-6]
            assert not beside


def test_the_same_ground_gives_the_same_units():
    ground = Polygon([(0, 0), (43, 4), (39, 30), (2, 26)])
    first = units_of(ground, [Piece("p", ground, ("a",))], 5)
    again = units_of(ground, [Piece("p", ground, ("a",))], 5)
    assert [u.ground.wkb for u in first] == [u.ground.wkb for u in again]
    assert {u.stratum for u in first} == {"all"} and first[0].teams == ("a",)


def test_ground_that_was_worked_twice_belongs_to_the_last_work():
    early = Piece("p1", box(0, 0, 20, 10), ("a",), day=date(2026, 3, 1))
    late = Piece("p2", box(10, 0, 30, 10), ("b",), day=date(2026, 3, 9))
    unknown = Piece("p0", box(0, 0, 30, 12), ("c",))
    left = {p.id: p.ground.area for p in disjoint([late, unknown, early])}
    assert left == {"p0": pytest.approx(60), "p1": pytest.approx(100), "p2": pytest.approx(200)}
    covered = disjoint([early, Piece("p3", box(0, 0, 50, 50), day=date(2026, 3, 2))])
    assert [p.id for p in covered] == ["p3"]


@pytest.mark.parametrize("form", ["team", "day", "size"])
def test_lots_are_disjoint_and_hold_all_completed_ground(form):
    pieces = [Piece("p1", box(0, 0, 60, 40), ("a",), ("d1",), "manual", date(2026, 3, 1)),
              Piece("p2", box(60, 0, 100, 40), ("b", "a"), ("d2",), "manual", date(2026, 3, 2)),
              Piece("p3", box(50, 30, 80, 70), ("b",), (), "", date(2026, 3, 2)),
              Piece("p4", box(0, 40, 20, 45))]
    whole = shapely.union_all([p.ground for p in pieces])
    lots = form_lots(pieces, form, unit_m=5, size_m2=1_000)
    assert shapely.union_all([lot.ground for lot in lots]).symmetric_difference(whole).area < 1e-6
    assert sum(lot.ground.area for lot in lots) == pytest.approx(whole.area)
    assert all(lot.ground.area <= 1_000 + 25 for lot in lots)
    if form != "size":
        names = {lot.name.rsplit(" ", 1)[0] if lot.name[-1].isdigit() and " " in lot.name
                 else lot.name for lot in lots}
        assert names == ({"a", "b+a", "b", "team not reported"} if form == "team" else
                         {"2026-03-01", "2026-03-02", "day not reported"})
    assert {i for lot in lots for i in lot.pieces} == {"p1", "p2", "p3", "p4"}


@pytest.mark.parametrize(("form", "unit", "size"), [
    ("week", 5, None), ("team", 0.1, None), ("size", 5, None), ("size", 5, 3.0),
    ("team", float("nan"), None)])
def test_settings_that_no_lot_can_have(form, unit, size):
    with pytest.raises(LandReleaseError, match="INS-001"):
        form_lots([Piece("p", box(0, 0, 50, 50))], form, unit_m=unit, size_m2=size)


def test_too_many_units_are_refused_before_they_are_made():
    with pytest.raises(LandReleaseError, match=r"INS-002.*larger squares"):
        units_of(box(0, 0, 20_000, 20_000), [], 1.0)


# --- draws ---------------------------------------------------------------------------------------


@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(1, 40), min_size=1,
                       max_size=6), st.data())
def test_a_sample_is_spread_in_proportion(sizes, data):
    total = sum(sizes.values())
    sample = data.draw(st.integers(0, total))
    found = allocate(sizes, sample)
    assert sum(found.values()) == sample
    for name, size in sizes.items():
        assert 0 <= found[name] <= size
        assert abs(found[name] - sample * size / total) < 1


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(1, 7), min_size=1, max_size=4), st.integers(0, 5),
       st.integers(1, 20), st.data())
def test_the_worst_place_of_defects_is_found_by_enumeration(sizes, defects, twentieths, data):
    named = {str(n): size for n, size in enumerate(sizes)}
    taken = {n: data.draw(st.integers(0, size)) for n, size in named.items()}
    q = Fraction(twentieths, 20)

    def exact(size, d, n):
        return sum(Fraction(comb(d, j) * comb(size - d, n - j), comb(size, n)) * (1 - q) ** j
                   for j in range(max(0, n - size + d), min(d, n) + 1))

    spread = [s for s in itertools.product(*(range(min(size, defects) + 1) for size in sizes))
              if sum(s) == defects]
    worst = max((prod(exact(size, d, taken[str(n)])
                      for n, (size, d) in enumerate(zip(sizes, s, strict=True)))
                 for s in spread), default=Fraction(0))
    assert worst_accept(named, taken, defects, float(q)) == pytest.approx(float(worst), rel=1e-9,
                                                                          abs=1e-12)


@pytest.mark.parametrize(("detection", "wanted"), [(1.0, 180), (0.9, 200), (0.7, 257)])
def test_sample_sizes_of_the_design_in_one_stratum_and_in_several(detection, wanted):
    plan = plan_sample({"all": 400}, 5, detection, 0.95)
    assert plan.sample == plan.simple == wanted
    assert plan.accept == pytest.approx(accept_probability(400, 5, wanted, detection))
    parts = {"a": 130, "b": 170, "c": 100}
    spread = plan_sample(parts, 5, detection, 0.95)
    assert spread.simple == wanted <= spread.sample <= wanted + 6
    assert sum(spread.by_stratum.values()) == spread.sample
    assert spread.accept <= 0.05
    # One unit less would not do, wherever the defects lie.
    if spread.sample > wanted:
        assert worst_accept(parts, allocate(parts, spread.sample - 1), 5, detection) > 0.05


@pytest.mark.parametrize(("detection", "sample"), [(1.0, 180), (0.9, 200), (0.7, 257)])
def test_draws_accept_bad_lots_as_often_as_the_formula_says(detection, sample):
    """The draws themselves, over seeds: 400 units, 5 of them with an item."""
    rng = np.random.default_rng(7)
    runs = 1_500
    accepted = 0
    for run in range(runs):
        drawn = draw({"all": range(1, 401)}, {"all": sample}, seed_of(str(run), "lot"))
        hits = len({3, 77, 78, 211, 400} & set(drawn))
        accepted += not (rng.random(hits) < detection).any()
    expected = accept_probability(400, 5, sample, detection)
    assert expected <= 0.05
    assert accepted / runs == pytest.approx(expected, abs=4 * np.sqrt(expected / runs))


def test_a_draw_follows_from_its_seed_alone_and_every_unit_is_as_likely():
    strata = {"a": range(1, 31), "b": range(31, 41)}
    seed = seed_of("0" * 64, "lot:t:1")
    assert draw(strata, {"a": 6, "b": 2}, seed) == draw(strata, {"a": 6, "b": 2}, seed)
    assert draw(strata, {"a": 6, "b": 2}, seed_of("0" * 64, "lot:t:1", "417")) != draw(
        strata, {"a": 6, "b": 2}, seed)
    # A larger sample holds the smaller one.
    assert set(draw(strata, {"a": 6}, seed)) <= set(draw(strata, {"a": 9}, seed))
    counts = np.zeros(40)
    runs = 3_000
    for run in range(runs):
        for k in draw(strata, {"a": 6, "b": 2}, seed_of(str(run), "lot")):
            counts[k - 1] += 1
    assert counts[:30].sum() == 6 * runs and counts[30:].sum() == 2 * runs
    expected = runs * 0.2
    statistic = ((counts - expected) ** 2 / (expected * 0.8)).sum()
    assert stats.chi2.sf(statistic, 38) > 1e-3


def test_no_sample_that_the_inspection_cannot_keep():
    with pytest.raises(LandReleaseError, match="VER-003"):
        plan_sample({"a": 10, "b": 10}, 1, 0.9, 0.95)


# --- switching -----------------------------------------------------------------------------------

A, R = True, False


@pytest.mark.parametrize(("results", "level", "stopped"), [
    ([], "normal", False), ([A, A, R, A], "normal", False), ([R, R], "tightened", False),
    ([R, A, A, A, R], "tightened", False), ([R, A, A, A, A, R], "normal", False),
    ([R, R, A, A, A, A], "tightened", False), ([R, R, A, A, A, A, A], "normal", False),
    ([R, R, A, A, A, A, A, R], "normal", False), ([A] * 14, "normal", False),
    ([A] * 15, "reduced", False), ([A] * 15 + [R], "normal", False),
    ([A] * 15 + [R, R], "tightened", False), ([R, R, R, R, R, R], "tightened", False),
    ([R, R, R, R, R, R, R], "tightened", True), ([R, R] + [R, A] * 5, "tightened", True)])
def test_switching_rules(results, level, stopped):
    found = next_level(results, Rule())
    assert (found.level, found.stopped) == (level, stopped) and found.reason


def test_the_tightest_of_several_teams_counts():
    found = tightest([Standing("reduced", ""), Standing("tightened", "x"), Standing("normal", "")])
    assert found.level == "tightened" and tightest([]).level == "normal"


# --- teams ---------------------------------------------------------------------------------------


def gamma_prior(shape, mean_per_m2):
    def priors(edges):
        mass = np.diff(stats.gamma(shape, scale=mean_per_m2 / shape).cdf(edges))
        mass = np.maximum(mass, 1e-300)[None]
        return mass / mass.sum()
    return priors


def test_with_small_units_and_a_known_prior_it_is_the_gamma_posterior(monkeypatch):
    """x finds of n units of a m² with detection q: Gamma(s + x, s/m + n a q) for small a."""
    monkeypatch.setattr(teams_module, "_priors", gamma_prior(1.5, 3e-4))
    lots = [InspectedLot("l1", ("a",), 4_000, 2, 0.5, 0.8), InspectedLot("l2", ("a",), 9_000, 1,
                                                                        0.5, 0.9)]
    (found,) = compare(lots, interval=0.9).groups
    posterior = stats.gamma(1.5 + 3, scale=1 / (1.5 / 3e-4 + 0.5 * (4_000 * 0.8 + 9_000 * 0.9)))
    assert found.mean == pytest.approx(posterior.mean() * 1e4, rel=5e-3)
    assert found.low == pytest.approx(posterior.ppf(0.05) * 1e4, rel=0.02)
    assert found.high == pytest.approx(posterior.ppf(0.95) * 1e4, rel=0.02)
    assert found.adjusted == pytest.approx(3 / (0.5 * (4_000 * 0.8 + 9_000 * 0.9)) * 1e4)


def test_what_is_left_in_a_lot_is_what_nobody_found(monkeypatch):
    monkeypatch.setattr(teams_module, "_priors", gamma_prior(2.0, 1e-4))
    lot = InspectedLot("l", ("a",), 200, 0, 25.0, 0.9, area_m2=10_000, accepted=True)
    found = compare([lot])
    # Gamma(s, s/m) with nothing found on n a q m² of effort, of Poisson items: closed form.
    rate = 2 / 1e-4
    chance = 25 * 200 * 0.9
    exact = 1 - ((rate + chance) / (rate + chance + 10_000 - chance)) ** 2
    # A unit counts once however many items it holds: at 1 a hectare that makes no difference.
    assert found.left_in_lot["l"] == pytest.approx(exact, abs=0.01)


def test_joint_work_counts_once_and_falls_to_both_alike():
    lots = [InspectedLot("l1", ("a", "b"), 100, 2, 25.0, 0.9, 10_000),
            InspectedLot("l2", ("c",), 100, 1, 25.0, 0.9, 10_000)]
    found = compare(lots)
    by = {g.group: g for g in found.groups}
    assert sum(g.units for g in found.groups) == pytest.approx(200)
    assert sum(g.defective for g in found.groups) == pytest.approx(3)
    assert sum(g.hectares for g in found.groups) == pytest.approx(0.5)
    assert by["a"].mean == pytest.approx(by["b"].mean) and by["a"].joint_lots == 1
    assert by["a"].units == 50 and by["c"].units == 100


def test_teams_with_the_same_results_are_not_ranked_whoever_they_are():
    lots = [InspectedLot(f"l{t}", (t,), 150, 1, 25.0, 0.9) for t in "abcd"]
    found = compare(lots)
    assert not found.told_apart
    assert all((g.rank_low, g.rank_high) == (1, 4) for g in found.groups)
    # Half the effort with twice the units of half the size is the same terms.
    halved = [InspectedLot(f"l{t}", (t,), 300, 1, 12.5, 0.9) for t in "abcd"]
    assert [g.mean for g in compare(halved).groups] == pytest.approx(
        [g.mean for g in found.groups], rel=0.03)


def test_a_team_that_leaves_far_more_is_told_apart_and_one_with_little_data_is_not():
    lots = [InspectedLot("l1", ("good",), 2_000, 0, 25.0, 0.9),
            InspectedLot("l2", ("bad",), 2_000, 30, 25.0, 0.9),
            InspectedLot("l3", ("new",), 5, 0, 25.0, 0.9)]
    found = {g.group: g for g in compare(lots).groups}
    assert found["good"].better_than == ("bad",) and found["bad"].rank_low >= 2
    assert found["new"].better_than == () and found["new"].rank_high == 3
    # A worse inspection hides defects: the same finds then mean more that was left.
    blind = [*lots[:1], InspectedLot("l2", ("bad",), 2_000, 30, 25.0, 0.45), lots[2]]
    assert next(g for g in compare(blind).groups if g.group == "bad").mean > 1.7 * found["bad"].mean


def test_intervals_hold_the_truth_as_often_as_they_say():
    """60 programmes of 6 teams drawn from Gammas within the stated ranges."""
    rng = np.random.default_rng(11)
    inside = total = 0
    for _ in range(60):
        mean = np.exp(rng.uniform(np.log(0.3), np.log(20))) / 1e4
        shape = np.exp(rng.uniform(np.log(0.4), np.log(10)))
        lots = []
        density = rng.gamma(shape, mean / shape, 6)
        for t, d in enumerate(density):
            units = int(rng.integers(40, 900))
            hit = rng.binomial(units, 0.85 * -np.expm1(-d * 25))
            lots.append(InspectedLot(f"l{t}", (str(t),), units, int(hit), 25.0, 0.85))
        for g in compare(lots, interval=0.9).groups:
            inside += g.low <= density[int(g.group)] * 1e4 <= g.high
            total += 1
    assert 0.85 <= inside / total <= 0.95


@pytest.mark.parametrize("lot", [
    InspectedLot("l", ("a",), 3, 4, 25.0, 0.9), InspectedLot("l", ("a",), 3, -1, 25.0, 0.9),
    InspectedLot("l", ("a",), 3, 0, 0.0, 0.9), InspectedLot("l", ("a",), 3, 0, 25.0, 0.0),
    InspectedLot("l", ("a",), 3, 0, 25.0, 1.2)])
def test_lots_that_cannot_be(lot):
    with pytest.raises(LandReleaseError, match=r"INS-003.*Lot l"):
        compare([lot])


def test_nothing_inspected_says_nothing():
    found = compare([InspectedLot("l", (), 10, 0, 25.0, 0.9),
                     InspectedLot("m", ("a",), 0, 0, 1.0, 1.0)])
    assert found.groups == () and not found.told_apart


# --- missed share --------------------------------------------------------------------------------


@pytest.mark.parametrize(("by_team", "by_inspection"), [(0, 0), (45, 5), (3, 4), (200, 0)])
def test_a_perfect_inspection_of_all_is_the_conjugate_beta(by_team, by_inspection):
    found = missed_share([FoundTwice("l", by_team, by_inspection, 1.0, 1.0)], (8.0, 2.0),
                         interval=0.9)
    posterior = stats.beta(2 + by_inspection, 8 + by_team)  # of the missed share
    assert found.mean == pytest.approx(posterior.mean(), rel=1e-3)
    assert (found.low, found.high) == pytest.approx(posterior.ppf([0.05, 0.95]), abs=1e-3)
    assert (found.a, found.b) == pytest.approx((8 + by_team, 2 + by_inspection), rel=5e-3)


def test_part_of_the_ground_searched_again_agrees_with_integration():
    """Two lots, intensities integrated out by hand: (1 - m)^F (m f q)^x / (1 - m + m f q)^(F + x).
    """
    from scipy.integrate import quad

    lots = [FoundTwice("l1", 12, 1, 0.4, 0.9), FoundTwice("l2", 30, 2, 0.2, 0.8)]

    def density(m):
        out = stats.beta(1.5, 9).pdf(m)
        for one in lots:
            fq = one.share * one.detection
            out *= (1 - m) ** one.by_team * (m * fq) ** one.by_inspection / (
                1 - m + m * fq) ** (one.by_team + one.by_inspection)
        return out * 1e6

    total = quad(density, 0, 1)[0]
    mean = quad(lambda m: m * density(m), 0, 1)[0] / total
    assert missed_share(lots, (9.0, 1.5)).mean == pytest.approx(mean, rel=1e-3)


def test_a_failure_raises_the_share_that_is_missed_and_clean_samples_lower_it():
    prior = (12.0, 1.0)
    clean = missed_share([FoundTwice("l", 20, 0, 0.5, 0.9)], prior)
    failed = missed_share([FoundTwice("l", 20, 1, 0.5, 0.9)], prior)
    assert clean.mean < 1 / 13 < failed.mean
    unseen = missed_share([FoundTwice("l", 0, 0, 0.5, 0.9)], prior)
    assert unseen.mean == pytest.approx(1 / 13, rel=1e-3)  # nothing found: nothing learned
    half = missed_share([FoundTwice("l", 20, 1, 0.5, 0.9, weight=0.5)], prior)
    assert half.mean < failed.mean and half.items == pytest.approx(10.5)
    with pytest.raises(LandReleaseError, match="INS-003"):
        missed_share([FoundTwice("l", -1, 0, 0.5, 0.9)], prior)


def test_sample_size_is_the_one_of_sampling():
    assert plan_sample({"x": 60}, 3, 0.9, 0.9).sample == sample_size(60, 3, 0.9, 0.9)
