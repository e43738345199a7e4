"""Ranking by weighted criteria: known results, brute force, what always holds."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core.ranking import Criterion, Stability
from landrelease.errors import LandReleaseError
from landrelease.plan.rank import rank, reasons, why
from landrelease.records.weights import read_weights

FEW = Stability(samples=50)


def criteria(*weights, **more):
    return [Criterion(f"c{k}", f"criterion {k}", "", w, **more) for k, w in enumerate(weights)]


def test_weighted_sum_on_paper():
    made = rank("abc", criteria(3, 1), [[10, 0], [0, 10], [5, 5]], stability=FEW)
    assert made.score == pytest.approx([0.75, 0.25, 0.5])
    assert made.rank.tolist() == [1, 3, 2]
    assert [made.area_ids[i] for i in made.order] == ["a", "c", "b"]


def test_topsis_on_paper():
    """Points (.75, 0), (0, .25), (.375, .125); the best is (.75, .25)."""
    made = rank("abc", criteria(3, 1), [[10, 0], [0, 10], [5, 5]], method="topsis", stability=FEW)
    middle = np.hypot(0.375, 0.125)
    assert made.score == pytest.approx([0.75 / (0.75 + 0.25), 0.25 / (0.25 + 0.75),
                                        middle / (2 * middle)])


def test_less_is_better_and_stated_ends_clip():
    made = rank("abcd", [Criterion("d", "distance", "m", 1, "less", 0.0, 100.0)],
                [[0], [50], [100], [900]], stability=FEW)
    assert made.score == pytest.approx([1, 0.5, 0, 0])
    assert made.rank.tolist() == [1, 2, 3, 3]  # equal scores share the better rank


def test_an_area_far_off_moves_nobody_where_ends_are_stated():
    stated = [Criterion("x", "x", "", 1, "more", 0.0, 10.0), Criterion("y", "y", "", 1, "more",
                                                                      0.0, 10.0)]
    few = rank("ab", stated, [[4, 7], [6, 4]], stability=FEW)
    more = rank("abc", stated, [[4, 7], [6, 4], [900, 900]], stability=FEW)
    assert more.score[:2] == pytest.approx(few.score)


def test_safety_S12_not_reported_is_not_zero_and_its_rank_says_so():
    made = rank("abc", criteria(1), [[10], [np.nan], [0]], stability=Stability(samples=2_000))
    assert made.score == pytest.approx([1, 0.5, 0])
    assert (made.rank_low[1], made.rank_high[1]) == (2, 2)  # between nothing and all of it
    wide = rank("abcd", criteria(1), [[6], [np.nan], [4], [0]],
                stability=Stability(samples=2_000))
    assert (wide.rank_low[1], wide.rank_high[1]) == (2, 3)  # above 4 or below it
    assert "not reported, counts half: criterion 0" in reasons(wide, "b")


def test_intervals_of_values_reach_the_ranks():
    exact = rank("ab", criteria(1), [[6], [5]], stability=Stability(samples=500))
    assert exact.rank_low.tolist() == exact.rank_high.tolist() == [1, 2]
    doubt = rank("ab", [Criterion("c", "c", "", 1, "more", 0.0, 10.0)], [[6], [5]],
                 [[2], [5]], [[9], [5]], stability=Stability(samples=4_000, first=1))
    assert (doubt.rank_low[0], doubt.rank_high[0]) == (1, 2)
    # Uniform in 2..9 is above 5 with chance 4/7; four standard errors of 4,000 draws.
    assert doubt.chance_first[0] == pytest.approx(4 / 7, abs=4 * np.sqrt(0.25 / 4_000))


areas = st.integers(2, 6)
tables = areas.flatmap(lambda n: st.tuples(
    st.lists(st.lists(st.integers(0, 8), min_size=3, max_size=3), min_size=n, max_size=n),
    st.lists(st.integers(1, 5), min_size=3, max_size=3)))


@given(tables)
def test_holds_is_exact(drawn):
    """Just inside the stated share no corner of the weights turns the order; just outside one does.

    A linear function over a box takes its least value in a corner, so that corners are enough.
    """
    table, weights = drawn
    ids = [str(i) for i in range(len(table))]
    stated = [Criterion(f"c{k}", "", "", w, "more", 0.0, 8.0) for k, w in enumerate(weights)]
    made = rank(ids, stated, table, stability=Stability(samples=1))
    order = made.order
    for place, i in enumerate(order[:-1]):
        holds = made.holds[i]

        def least(share, i=i, place=place):
            return min(
                float(((made.utility[i] - made.utility[j])
                       * made.weights * (1 + share * np.array(corner))).sum())
                for j in order[place + 1:] for corner in itertools.product((-1, 1), repeat=3))

        assert 0 <= holds <= 1
        assert least(max(0.0, holds - 1e-9)) >= -1e-9
        if holds < 1 - 1e-9:
            assert least(holds + 1e-6) < 1e-9
    assert made.holds[order[-1]] is None


@given(tables)
def test_the_swap_turns_the_order_and_a_smaller_change_does_not(drawn):
    table, weights = drawn
    stated = [Criterion(f"c{k}", "", "", w, "more", 0.0, 8.0) for k, w in enumerate(weights)]
    made = rank(["a", "b", *map(str, range(len(table) - 2))], stated, table,
                stability=Stability(samples=1))
    found = why(made, "a", "b")
    assert sum(p for _, p in found.parts) == pytest.approx(found.score, abs=1e-12)
    if found.swap is None:
        return
    name, factor = found.swap

    def after(by):
        parts = dict(found.parts)
        return sum(parts.values()) + (by - 1) * parts[name]

    assert after(factor) == pytest.approx(0, abs=1e-9)
    assert after(1 + (factor - 1) * 0.5) >= -1e-9


@given(tables, st.permutations([0, 1, 2]))
def test_order_of_criteria_and_scale_of_weights_change_nothing(drawn, order):
    table, weights = drawn
    ids = [str(i) for i in range(len(table))]
    stated = criteria(*weights)
    a = rank(ids, stated, table, stability=Stability(samples=1))
    b = rank(ids, [Criterion(stated[k].name, "", "", 7.0 * weights[k]) for k in order],
             np.array(table)[:, order], stability=Stability(samples=1))
    assert b.score == pytest.approx(a.score) and b.rank.tolist() == a.rank.tolist()


def test_same_seed_same_result_and_criteria_that_tell_nothing():
    table = np.random.default_rng(3).uniform(size=(40, 3))
    table[:, 2] = 5.0
    one, two = (rank([str(i) for i in range(40)], criteria(1, 2, 3), table,
                     stability=Stability(samples=300, seed=9)) for _ in range(2))
    assert (one.rank_low == two.rank_low).all() and one.agreement == two.agreement
    assert one.idle == ("c2",) and 0.3 < one.agreement < 1


def test_no_spread_and_exact_values_give_one_ranking():
    table = np.random.default_rng(4).uniform(size=(12, 2))
    made = rank([str(i) for i in range(12)], criteria(1, 1), table,
                stability=Stability(spread=0.0, samples=20))
    assert (made.rank_low == made.rank).all() and (made.rank_high == made.rank).all()
    assert made.agreement == pytest.approx(1)


@pytest.mark.parametrize(("change", "code"), [
    ({"area_ids": [], "values": np.zeros((0, 2))}, "PLN-501"),
    ({"criteria": criteria(0, 0)}, "PLN-501"),
    ({"criteria": criteria(-1, 1)}, "PLN-502"),
    ({"criteria": [*criteria(1), *criteria(1)]}, "PLN-502"),
    ({"values": [[1, np.inf], [0, 0]]}, "PLN-502"),
    ({"values": [[1], [0]]}, "PLN-502"),
    ({"low": [[2, 0], [0, 0]]}, "PLN-502"),
    ({"method": "by feeling"}, "PLN-502"),
    ({"stability": Stability(spread=2)}, "PLN-502"),
    ({"area_ids": ["a", "a"]}, "PLN-502"),
    ({"values": [[1, 1e300], [0, -1e300]]}, r"PLN-502.*c1 of a: found 1e\+300.*less than 1e\+15"),
    ({"criteria": criteria(1, 1e300)}, r"PLN-502.*weight of c1: found 1e\+300.*less than 1e\+15"),
])
def test_what_cannot_be_ranked_says_why(change, code):
    given_ = {"area_ids": ["a", "b"], "criteria": criteria(1, 1),
              "values": [[1, 2], [3, 4]]} | change
    with pytest.raises(LandReleaseError, match=code):
        rank(given_.pop("area_ids"), given_.pop("criteria"), given_.pop("values"), **given_)


KNOWN = {c.name: c for c in (Criterion("people", "people", "people", 0.0),
                             Criterion("distance", "distance", "m", 0.0, "less"))}


def test_a_short_and_a_long_file_of_weights(tmp_path):
    short, full = tmp_path / "a.yaml", tmp_path / "b.yaml"
    short.write_text("people: 40\ndistance: 20\n")
    read = read_weights(short, KNOWN)
    assert [(c.name, c.weight, c.better) for c in read.criteria] == [
        ("people", 40, "more"), ("distance", 20, "less")]
    full.write_text("method: topsis\ncriteria:\n  people: {weight: 3, low: 0, high: 500}\n"
                    "  field:land_owner: 1\nscores: {land_owner: {clear: 1, disputed: 0}}\n"
                    "stability: {spread: 0.3, samples: 10, first: 5, seed: 2}\n")
    read = read_weights(full, KNOWN)
    assert read.method == "topsis" and read.criteria[0].high == 500
    assert read.criteria[1].title == "land owner" and read.scores["land_owner"]["disputed"] == 0
    assert (read.stability.spread, read.stability.first) == (0.3, 5)


@pytest.mark.parametrize(("text", "said"), [
    ("", "FIL-002"), ("people: 1\nb: [", "line 2"), ("- 1", "the whole"),
    ("nobody: 1", "unknown criterion"),
    ("people: many", "criteria: people: weight"), ("people: -1", "0 or more"),
    ("people: .nan", "criteria: people: weight"), ("people: 0", "all 0"),
    ("criteria: {people: {low: 1}}", "no weight"), ("criteria: {people: {weight: 1, wight: 2}}",
                                                    "wight"),
    ("criteria: {people: {weight: 1, better: big}}", "more or less"),
    ("criteria: {people: {weight: 1, low: 5, high: 2}}", "low < high"),
    ('criteria: {people: {weight: 1, low: "10"}}', r'people: low: found "10", which is a text'),
    ("people: 1e300", r'found "1e300", which is a text; expected a number, without quotes'),
    ("people: 1.0e+300", r"found 1e\+300; expected a number of 0 or more and less than 1e\+15"),
    ("criteria: {people: 1}\nmethod: magic", "method"),
    ("criteria: {people: 1}\nstability: {spread: 3}", "spread"),
    ("criteria: {people: 1}\nstability: {samples: 1.5}", "samples"),
    ("criteria: {people: 1}\nscores: {x: 3}", "scores: x"),
    ("criteria: {people: 1}\nother: 3", "other"),
])
def test_a_file_of_weights_that_is_wrong_names_the_place(tmp_path, text, said):
    path = tmp_path / "w.yaml"
    path.write_text(text)
    with pytest.raises(LandReleaseError, match=said):
        read_weights(path, KNOWN)


def test_from_the_command_line(region, tmp_path, capsys):
    from landrelease.apps import cli

    def command(*words):
        import sys

        before, sys.argv = sys.argv, ["landrelease", *map(str, words)]
        try:
            cli.main()
        except SystemExit as stop:
            return int(stop.code or 0)
        finally:
            sys.argv = before
        return 0

    registry, weights = tmp_path / "r.gpkg", tmp_path / "w.yaml"
    assert command("init", registry) == 0
    assert command("import", *sorted(region.glob("*.geojson")),
                   *sorted(region.glob("settlements_1991*")),
                   "--into", registry, "--crs", "EPSG:4326", "--quiet") in (0, 1)
    weights.write_text("people_nearby: 50\naccidents_inside: 30\nsettlement_distance_m: 10\n"
                       "farmland_ha: 10\n")
    capsys.readouterr()
    out, csv = tmp_path / "o.json", tmp_path / "o.csv"
    assert command("plan", "rank", registry, "--weights", weights, "--as", "planner", "--json",
                   out, "--csv", csv, "--quiet") == 0
    document = json.loads(out.read_text())
    said = capsys.readouterr().out
    assert "farmland_ha" in said and "tells no area from another" in said
    assert len(document["areas"]) == 486 and document["areas"][0]["priority"] == 1
    first = document["areas"][0]
    assert first["rank_low"] <= 1 <= first["rank_high"] and first["parts"]["people_nearby"] > 0
    assert len(csv.read_text().splitlines()) == 487
    last = document["areas"][-1]["hazard_id"]
    assert command("plan", "rank", registry, "--weights", weights, "--as", "planner", "--quiet",
                   "--why", last, first["hazard_id"]) == 0
    assert f"{first['hazard_id']} before {last}" in capsys.readouterr().out
    assert command("plan", "rank", registry, "--weights", weights, "--as", "public") == 2
    weights.write_text("people_reconnected: 1\n")
    assert command("plan", "rank", registry, "--weights", weights, "--as", "planner") == 2
    assert "PLN-504" in capsys.readouterr().err


def test_two_areas_with_equal_parts_are_said_to_be_tied(capsys):
    from landrelease.apps.plan_commands import show_difference
    from landrelease.core.ranking import Difference

    show_difference(Difference("A", "B", 0.0, (("people", 0.0), ("land", 0.0)), None, None))
    said = capsys.readouterr().out
    assert "A and B are tied" in said and "all their parts are equal" in said
    assert "before" not in said
    show_difference(Difference("A", "B", 0.0, (("people", 0.2), ("land", -0.2)), None, 0.0))
    said = capsys.readouterr().out
    assert "A and B are tied" in said and "+0.200  people" in said and "before" not in said
    show_difference(Difference("A", "B", 0.1, (("people", 0.1),), None, None))
    assert "A before B by 0.100" in capsys.readouterr().out


def test_one_criterion_alone_says_that_no_weight_turns_the_order(capsys):
    from landrelease.apps.plan_commands import show_difference

    made = rank(["a", "b"], criteria(3), [[5], [2]], stability=Stability(samples=5))
    between = why(made, "b", "a")
    assert between.swap is None and between.first == "a"
    show_difference(between)
    said = capsys.readouterr().out
    assert "only criterion" in said and "multiplied" not in said
    # Where all but one weigh nothing between the two, it is as little turned by that one.
    two = rank(["a", "b"], criteria(3, 1), [[5, 1], [2, 1]], stability=Stability(samples=5))
    assert why(two, "a", "b").swap is None


def test_a_field_that_there_is_not_is_refused_with_its_neighbours(tmp_path):
    from landrelease import workflows
    from landrelease.access import policy
    from landrelease.workflows.ranking import rank_hazards

    weights = tmp_path / "w.yaml"
    weights.write_text("area_ha: 1\nfield:slope_dge: 1\n")
    with beside_a_silent_settlement(tmp_path, ("s", 0, 5)) as registry:
        stated = workflows.load_assumptions()
        land = workflows.load_land(registry, stated)
        made = workflows.assess(land, stated)
        with pytest.raises(LandReleaseError, match=r"PLN-502.*found field:slope_dge.*slope_deg"):
            rank_hazards(registry, policy.view("planner"), land, made, weights, stated)
        weights.write_text("area_ha: 1\nfield:slope_deg: 1\n")
        found = rank_hazards(registry, policy.view("planner"), land, made, weights, stated)
        assert "field:slope_deg" in found.ranking.idle


def beside_a_silent_settlement(tmp_path, *settlements):
    """Land with two areas far from each other, the second of them beside a settlement that states
    no population, and what of it is on record."""
    from datetime import UTC, date, datetime

    import shapely

    from landrelease.core.revision import Revision
    from landrelease.store.open import create_registry

    def revision(kind, name, values, shape):
        return Revision(kind=kind, record_id=name, recorded_at=datetime(2026, 1, 5, tzinfo=UTC),
                        recorded_by="test", reason="test", source="", valid_from=date(2025, 6, 1),
                        values=values, geometry=shape)

    made = create_registry(str(tmp_path / "r.gpkg"), office="Synthetic office")
    made.append([
        *(revision("hazard", f"h{n}", {"hazard_type": "SHA", "status": "open"},
                   shapely.box(17.0 + n, 44.0, 17.005 + n, 44.005)) for n in (0, 1)),
        *(revision("settlement", name, {"name": name, **({} if people is None else {
            "population": people})}, shapely.Point(17.0025 + n, 44.0065))
          for name, n, people in settlements)])
    return made


def counted(tmp_path, *settlements):
    from landrelease import workflows
    from landrelease.access import policy
    from landrelease.workflows.ranking import rank_hazards
    from landrelease.workflows.residents import residents, words_of

    weights = tmp_path / "w.yaml"
    weights.write_text("people_nearby: 1\n")
    with beside_a_silent_settlement(tmp_path, *settlements) as registry:
        stated = workflows.load_assumptions(None, registry)
        land = workflows.load_land(registry, stated)
        found = residents(land, workflows.assess(land, stated), stated)
        reader = policy.view("planner")
        ranked = rank_hazards(registry, reader, land, workflows.assess(land, stated), weights,
                              stated)
        return found, words_of(found, reader), ranked


def test_safety_S12_people_of_whom_nobody_reported_a_number_are_not_zero(tmp_path):
    found, words, ranked = counted(tmp_path, ("Alpha", 0, 300), ("Far", 5, 100),
                                   ("Gamma", 1, None))
    known, silent = found.assessments
    assert known.people_nearby > 0 and silent.people_low == 0
    # Gamma lies like Alpha and counts as the mean of the two that report; up to the largest.
    assert silent.people_nearby == pytest.approx(known.people_nearby * 200 / 300, rel=0.02)
    assert silent.people_high == pytest.approx(300)
    assert "Gamma" in words and "200 people" in words and ranked.uncounted == words
    assert [row["hazard_id"] for row in ranked.rows] == ["h0", "h1"]
    assert ranked.rows[1]["values"]["people_nearby"] > 0


@pytest.mark.parametrize("settlements", [(), (("Gamma", 1, None),)])
def test_safety_S12_where_nobody_reports_any_number_residents_are_not_reported(
        tmp_path, settlements):
    found, words, ranked = counted(tmp_path, *settlements)
    assert found.unknown.tolist() == ([True, True] if not settlements else [False, True])
    assert "not known" in words
    silent = next(row for row in ranked.rows if row["hazard_id"] == "h1")
    assert silent["values"]["people_nearby"] is None
