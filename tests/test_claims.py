"""CLM: the published series of a border programme, clean series, every finding, unreadable rows.

The series ships with the package (`claims example`): dates, numbers and sources as published; the
findings are those that the arithmetic of the domain reference asks for.
"""

import csv
import importlib.resources
from collections import Counter
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.claim import HEAVIER, Place
from landrelease.core.currency import Rate, RateTable
from landrelease.core.ledger import Figure
from landrelease.core.said_numbers import numbers, one_number
from landrelease.core.said_words import fold, vocabulary
from landrelease.figures.claims_check import check_claims
from landrelease.figures.claims_codes import CODES
from landrelease.figures.claims_date import days_of
from landrelease.figures.claims_ours import Ours
from landrelease.figures.claims_people import ours_of
from landrelease.figures.claims_read import COLUMNS, columns_of, read, scope_of
from landrelease.figures.claims_units import unit_of
from landrelease.records.claims import read_places, word_rows
from landrelease.workflows import load_assumptions
from landrelease.worlds.claims import clean_series
from landrelease.worlds.claims_full import DAMAGES, clean_programme, places_with
from landrelease.worlds.claims_people import clean_people

WORDS = vocabulary(word_rows())
PLACES = read_places()
ASSUMED = load_assumptions()
TODAY = date(2035, 1, 1)


def check(rows, **more):
    return check_claims(rows, WORDS, PLACES, ASSUMED, today=TODAY, **more)


def row(as_of, metric, value, unit="", words="", scope="Programme X", source="A", published=None):
    return {"source": source, "published": published or as_of, "as_of": as_of, "scope": scope,
            "metric": metric, "value": value, "unit": unit, "words": words}


def codes(rows):
    return {code for j in check(rows) for code in j.codes}


# --- the published series ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def border():
    text = (importlib.resources.files("landrelease.data") / "claims_border.csv").read_text()
    rows = list(csv.DictReader(text.splitlines()))
    return {(j.claim.row["as_of"], j.claim.row["metric"], j.claim.row["value"]): j
            for j in check(rows)}


def found(border, as_of, metric, value=None):
    return next(j for (a, m, v), j in border.items()
                if a == as_of and m == metric and value in (None, v))


@pytest.mark.parametrize(("as_of", "metric", "code", "verdict"), [
    ("2025-04-23", "cleared area", "verb_ambiguous", "cannot_be_checked"),
    ("2025-06-01", "settlements safe", "total_falls", "impossible"),  # 45 -> 39
    ("2025-06-30", "cleared area", "comparison_off", "impossible"),  # Connecticut
    ("2025-06-30", "cost of the first phase", "denominator_missing", "cannot_be_checked"),
    ("2025-06-30", "promise of finish", "promise_needs_faster_pace", "implausible"),
    ("2025-12-02", "explosive items destroyed", "pace_breaks", "implausible"),  # 2.7 M
    ("2025-12-02", "settlements safe", "definition_changed", "cannot_be_checked"),  # "visited"
    ("", "cleared area", "subset_not_additive", "cannot_be_checked"),  # MChS
    ("", "explosive items destroyed", "subset_not_additive", "cannot_be_checked"),
    ("2025-11-01", "people working", "sources_disagree", "differs"),  # hundreds; 6,000
    ("2025-11-14", "casualties", "share_does_not_match", "impossible"),  # 4,000 of 12,000
])
def test_each_detector_fires_on_the_published_series(border, as_of, metric, code, verdict):
    j = found(border, as_of, metric)
    assert code in j.codes and j.verdict == verdict


def test_what_adds_up_in_the_published_series_is_said_to_agree(border):
    for as_of, metric in (("2025-06-01", "share of planned area cleared"),  # 8 % of 500,000
                          ("2025-06-30", "share of settlements inaccessible")):  # 37 of 64
        assert found(border, as_of, metric).verdict == "agrees"
    # 2,200 is 4 % of 55,200: the share fits, which says nothing for the week itself.
    week = found(border, "2025-06-30", "cleared area in a week")
    assert week.verdict == "cannot_be_checked" and any("4.0% fits" in r for r in week.reasons)


def test_three_years_at_the_best_pace_raise_nothing_where_eighteen_months_do(border):
    months = found(border, "2025-06-30", "promise of finish", "18")
    years = found(border, "2025-06-30", "promise of finish", "36")
    assert months.codes == ("promise_needs_faster_pace",) and years.codes == ()
    # 444,800 ha in 18 months of 30.44 days: "up to" leaves 17 to 18 of them.
    assert any("444,800 ha" in r for r in months.reasons)


def test_the_published_series_has_the_arithmetic_of_the_reference(border):
    density = " ".join(found(border, "2025-06-30", "explosive items destroyed").reasons)
    assert "9.96 items per hectare" in density
    weekly = " ".join(found(border, "2025-07-14", "cleared area in a week").reasons)
    assert "84,000" in weekly and "4,200" in weekly and "140 machines" in weekly
    assert "5.4 times what all States Parties" in weekly
    assert "consistent with search or survey, not with clearance to depth" in weekly
    jump = found(border, "2025-12-02", "explosive items destroyed").findings[0]
    assert "104,255 a week" in jump.reason


def test_the_rest_of_the_published_series_raises_nothing(border):
    clean = [j for j in border.values() if not j.codes]
    assert len(clean) == len(border) - 11
    assert {j.verdict for j in clean} == {"agrees", "cannot_be_checked"}


# --- clean series --------------------------------------------------------------------------------


def test_clean_series_raise_no_alarm():
    """A part of the 1,000 series of benchmarks/bench_claims.py: at most 1 % may raise anything."""
    alarms = [seed for seed in range(40) if codes(clean_series(seed))]
    assert len(alarms) <= 0.01 * 40


def beside_people(seed):
    people = clean_people(seed)
    return people, check(people.rows, ours=ours_of(people.communities, "head", Ours(
        {}, {frozenset(): "all"})))


def test_clean_numbers_of_people_beside_communities_raise_no_alarm():
    """A part of the 1,000 of benchmarks/bench_claims.py: at most 1 % may raise what rests on
    communities; and where one reports no population, it is said."""
    alarms, told = 0, Counter()
    for seed in range(60):
        people, judged = beside_people(seed)
        alarms += any("people_exceed_residents" in j.codes for j in judged)
        silent = {scope for _, name, area, count in people.communities if count is None
                  for scope in (name, area, "all")}
        for j in judged:
            said = any("report no population" in r for r in j.reasons)
            assert said == (j.claim.row["scope"] in silent), j
            told["silent" if said else "share"] += 1
    assert alarms == 0 and told["silent"] > 20 and told["share"] > 200, told


def test_more_people_than_live_there_is_said_and_nothing_where_nobody_knows():
    for seed in range(20):
        people, _ = beside_people(seed)
        silent = {scope for _, name, area, count in people.communities if count is None
                  for scope in (name, area, "all")}
        lives = Counter()
        for _, name, area, count in people.communities:
            for scope in (name, area, "all"):
                lives[scope] += count or 0
        rows = [row("2026-01-01", "beneficiaries", f"{2 * count + 7}", "people", scope=scope)
                for scope, count in lives.items()]
        judged = check(rows, ours=ours_of(people.communities, "head", Ours(
            {}, {frozenset(): "all"})))
        assert {j.claim.row["scope"] for j in judged if "people_exceed_residents" in j.codes} == {
            s for s in lives if s not in silent}


def test_two_communities_of_one_name_are_no_place_to_compare_with():
    ours = ours_of([("a", "Upper", "", 10), ("b", "Upper", "", 20), ("c", "Lower", "", 10)],
                   "head", Ours({}, {frozenset(): "all"}))
    twice, once = check([row("2026-01-01", "beneficiaries", "999", "people", scope="Upper"),
                         row("2026-01-01", "returnees", "999", "people", scope="Lower")],
                        ours=ours)
    assert twice.codes == () and once.codes == ("people_exceed_residents",)
    assert once.verdict == "differs" and "People who live elsewhere" in once.reasons[0]


@pytest.mark.parametrize(("metric", "unit", "part"), [
    ("beneficiaries", "people", "beneficiaries"), ("people who benefit", "", "beneficiaries"),
    ("people reached", "people", "beneficiaries"), ("population", "people", "residents"),
    ("bénéficiaires", "personnes", "beneficiaries"), ("мешканців", "осіб", "residents"),
    ("жителей", "человек", "residents"), ("stanovnika", "ljudi", "residents"),
    ("habitantes", "personas", "residents"), ("المستفيدون", "", "beneficiaries"),
    ("displaced people", "people", "displaced"), ("deminers", "people", ""),
])
def test_people_whom_the_work_is_for_are_no_workforce(metric, unit, part):
    (claim,) = read([row("2026-01-01", metric, "12", unit)], WORDS, ASSUMED).claims
    assert (claim.subject, claim.part, claim.usable) == ("people", part, True)


def codes_of(rows, seed):
    return {c for j in check_claims(rows, WORDS, places_with(seed, PLACES), ASSUMED, today=TODAY)
            for c in j.codes}


def test_clean_programmes_that_say_something_to_every_detector_raise_no_alarm():
    """A part of the 1,000 of benchmarks/bench_claims.py."""
    assert [seed for seed in range(40) if codes_of(clean_programme(seed), seed)] == []


@pytest.mark.parametrize("code", DAMAGES)
def test_each_finding_is_raised_where_a_clean_programme_is_damaged(code):
    """So the clean ones do say something to its detector."""
    for seed in range(3):
        rows = clean_programme(seed)
        DAMAGES[code](rows)
        assert code in codes_of(rows, seed)


def test_every_finding_has_a_damage_but_those_of_files_and_of_ours():
    assert set(CODES) - set(DAMAGES) == {"row_damaged", "value_ambiguous", "differs_from_ours",
                                         "people_exceed_residents"}


def test_items_on_ground_that_is_only_planned_are_no_density_of_a_whole():
    part = [row("2030-01-01", "cleared area", "100", "ha", scope="District Y, Programme X"),
            row("2030-01-01", "explosive items destroyed", "900", "items",
                scope="District Y, Programme X")]
    whole = [row("2030-01-01", "planned area", "9,000", "ha"),
             row("2030-01-01", "explosive items destroyed", "2,000", "items")]
    assert "subset_not_additive" not in codes(part + whole)
    done = [{**whole[0], "metric": "cleared area"}, whole[1]]
    assert "subset_not_additive" in codes(part + done)


def test_clean_series_have_amounts_of_periods_by_their_words():
    rows = [r for seed in range(10) for r in clean_series(seed) if r["metric"].startswith("cleared")
            and any(w in r["metric"] + r["words"] for w in ("in 20", "this year", "today",
                                                            "during", "за сутки"))]
    claims = read(rows, WORDS, ASSUMED).claims
    assert len(claims) > 10 and {c.mode for c in claims} == {"period"}


def test_a_clean_series_that_is_damaged_raises_the_alarm():
    raised = 0
    for seed in range(20):
        rows = clean_series(seed)
        totals = [r for r in rows if r["metric"] == "explosive items destroyed"]
        totals[-1]["value"] = "about 1"
        raised += "total_falls" in codes(rows)
    assert raised == 20


# --- one finding each ----------------------------------------------------------------------------

TOTALS = [row(f"2030-0{m}-01", "cleared area", v, "ha") for m, v in (
    (1, "1,000"), (2, "1,110"), (3, "1,205"), (4, "1,320"))]
ALARMS = {
    "row_damaged": None,  # from the reader of files: see the test of the command
    "value_missing": [row("2030-01-01", "cleared area", "", "ha")],
    "value_declined": [row("2030-01-01", "people working", "declined", "people")],
    "value_unreadable": [row("2030-01-01", "cleared area", "very much", "ha")],
    "value_ambiguous": [row("2030-01-01", "cleared area", "55.200", "ha")],
    "value_negative": [row("2030-01-01", "cleared area", "-5", "ha")],
    "metric_missing": [row("2030-01-01", "", "5", "ha")],
    "metric_unknown": [row("2030-01-01", "morale", "5", "points")],
    "unit_missing": [row("2030-01-01", "cleared area", "5")],
    "unit_unknown": [row("2030-01-01", "cleared area", "5", "furlongs")],
    "unit_unfit": [row("2030-01-01", "explosive items destroyed", "5", "USD")],
    "units_conflict": [row("2030-01-01", "cleared area", "100 km2", "m2")],
    "date_missing": [row("", "cleared area", "5", "ha")],
    "date_unreadable": [row("04/05/2030", "cleared area", "5", "ha", published="2030-06-01")],
    "date_in_future": [row("2026-08-01", "cleared area", "5", "ha", published="2026-07-01")],
    "verb_ambiguous": [row("2030-01-01", "cleared area", "5", "ha", "5 ha cleared or surveyed")],
    "words_differ_from_metric": [row("2030-01-01", "cleared area", "5", "ha", "5 ha inspected")],
    "value_differs_from_words": [
        row("2030-01-01", "explosive items destroyed", "1,200", "", "12,000 items destroyed")],
    "definition_changed": [
        row("2030-01-01", "cleared area", "50", "ha"),
        row("2030-02-01", "cleared area", "55", "ha"),
        row("2030-03-01", "inspected area", "90", "ha")],
    "unit_suspect": [*TOTALS, row("2030-05-01", "cleared area", "13,300", "ha")],
    "total_falls": [*TOTALS, row("2030-05-01", "cleared area", "1,100", "ha")],
    "total_corrected": [*TOTALS, row("2030-05-01", "cleared area", "1,100", "ha",
                                     "1,100 ha by the corrected count")],
    "pace_breaks": [*TOTALS, row("2030-05-01", "cleared area", "9,000", "ha")],
    "period_exceeds_rise": [*TOTALS, row("2030-03-20", "cleared area in a week", "900", "ha")],
    "period_differs_from_rise": [
        row("2030-01-01", "cleared area", "1,003", "ha"),
        row("2030-01-08", "cleared area", "1,051", "ha"),
        row("2030-01-08", "cleared area in a week", "20", "ha")],
    "number_repeated": [*TOTALS[:3], row("2030-04-01", "cleared area", "1,391", "ha"),
                        row("2030-06-01", "cleared area", "1,391", "ha")],
    "share_does_not_match": [row("2030-01-01", "share of roads open", "68", "%", "37 of 64")],
    "share_out_of_range": [row("2030-01-01", "share of roads open", "140", "%", "of all roads")],
    "denominator_missing": [row("2030-01-01", "cost", "120", "million USD")],
    "parts_do_not_add_up": [row("2030-01-01", f"area {v}", n, "ha") for v, n in (
        ("released", 951), ("cancelled", 311), ("reduced", 205), ("cleared", 211))],
    "part_exceeds_whole": [row("2030-01-01", "cleared area", "500", "ha"),
                           row("2030-01-01", "cleared area", "611", "ha",
                               scope="District Y, Programme X")],
    "parts_exceed_whole": [row("2030-01-01", "cleared area", "500", "ha"),
                           row("2030-01-01", "cleared area", "311", "ha",
                               scope="District Y, Programme X"),
                           row("2030-01-01", "cleared area", "322", "ha",
                               scope="District Z, Programme X")],
    "plan_not_done_and_left": [row("2030-01-01", f"{v} area", n, "ha") for v, n in (
        ("planned", 951), ("cleared", 311), ("remaining", 205))],
    "shares_exceed_whole": [row("2030-01-01", f"share of area {v}", n, "%") for v, n in (
        ("cleared", 61), ("remaining", 52))],
    "subset_not_additive": [row("2030-01-01", "cleared area", "500", "ha"),
                            row("", "cleared area", "40", "ha", scope="District Y, Programme X")],
    "area_exceeds_place": [row("2030-01-01", "cleared area", "452", "km2", scope="Malta")],
    "comparison_off": [row("2030-01-01", "cleared area", "552", "km2",
                           "roughly the size of Connecticut")],
    "density_out_of_range": [row("2030-01-01", "cleared area", "10", "ha"),
                             row("2030-01-01", "explosive items destroyed", "90,000", "items")],
    "cost_out_of_range": [row("2030-01-01", "cleared area", "10", "ha"),
                          row("2030-01-01", "cost", "900", "million USD", "for 10 ha cleared")],
    "rate_out_of_range": [row("2030-01-01", "area cleared per deminer per day", "5000", "m2")],
    "capacity_short": [row("2030-01-01", "cleared area in a week", "2,940", "ha"),
                       row("2030-01-01", "people working", "300", "deminers")],
    "machines_short": [row("2030-01-01", "cleared area in a week", "29,400", "ha"),
                       row("2030-01-01", "machines", "3", "machines")],
    "items_beyond_workforce": [row("2030-01-01", "explosive items destroyed in a week", "17,555",
                                   "items"),
                               row("2030-01-01", "people working", "300", "deminers")],
    "pace_beyond_clearance": [row("2030-01-01", "cleared area in a week", "29,400", "ha")],
    "promise_needs_faster_pace": [*TOTALS, row("2030-04-01", "area planned", "90,000", "ha"),
                                  row("2030-04-01", "promise of finish", "2031-01-01")],
    "promise_not_kept": [row("2030-01-01", "promise of finish", "2031-01-01"),
                         row("2031-03-01", "remaining area", "311", "ha")],
    "finish_moved": [row("2030-01-01", "promise of finish", "2031-01-01"),
                     row("2030-06-01", "promise of finish", "2032-01-01")],
    "sources_disagree": [row("2030-01-01", "cleared area", "500", "ha"),
                         row("2030-01-01", "cleared area", "611", "ha", source="B")],
    "differs_from_ours": None,  # with a registry: see below
    "people_exceed_residents": None,
}


def test_every_code_has_a_case():
    assert set(ALARMS) == set(CODES)


@pytest.mark.parametrize("code", [c for c, rows in ALARMS.items() if rows])
def test_a_case_raises_its_code_and_its_verdict(code):
    raised = [j for j in check(ALARMS[code]) if code in j.codes]
    assert raised
    worst = max((f.verdict for f in raised[0].findings), key=HEAVIER.index)
    assert raised[0].verdict == worst
    assert CODES[code][0] in {f.verdict for f in raised[0].findings if f.code == code}


@pytest.mark.parametrize("words", [
    "45 of 60 settlements (60%)", "45 of 80 settlements, 70%", "30 of 60 settlements, 60%"])
def test_a_share_in_words_is_held_to_five_points_and_few_are_counted_exactly(words):
    judged = check([row("2030-01-01", "settlements safe", words.split()[0], "settlements", words)])
    assert {c for j in judged for c in j.codes} == {"share_does_not_match"}


def test_no_items_on_much_ground_are_a_density_out_of_range():
    assert "density_out_of_range" in codes([
        row("2030-01-01", "cleared area", "20,000", "ha"),
        row("2030-01-01", "explosive items destroyed", "0", "items")])


def test_only_arithmetic_earns_impossible():
    ranges = {"density_out_of_range", "cost_out_of_range", "capacity_short", "pace_breaks",
              "pace_beyond_clearance", "promise_needs_faster_pace", "rate_out_of_range",
              "items_beyond_workforce"}
    assert all(CODES[c][0] == "implausible" for c in ranges)
    assert all(f.low is not None and f.high is not None for c in ranges
               for j in check(ALARMS[c]) for f in j.findings if f.code == c)


@pytest.mark.parametrize(("rows", "fallen"), [
    # A second source of the same day does not hide a fall from the first one's total.
    ([row("2030-02-01", "cleared area", "1,200", "ha"),
      row("2030-02-01", "cleared area", "1,000", "ha", source="B"),
      row("2030-03-01", "cleared area", "1,050", "ha")], [3]),
    # Nor do many small steps, each of which rounding could explain.
    ([row(f"2030-0{n}-01", "cleared area", f"about {100 - 5 * n}", "ha") for n in range(1, 8)],
     [5]),
    # After a fall the series starts anew: one fall is said once.
    ([row("2030-01-01", "cleared area", "1,200", "ha"),
      row("2030-02-01", "cleared area", "1,000", "ha"),
      row("2030-03-01", "cleared area", "1,050", "ha"),
      row("2030-04-01", "cleared area", "1,100", "ha")], [2])])
def test_a_total_is_held_against_the_largest_before_it(rows, fallen):
    judged = [n for n, j in enumerate(check(rows), 1) if "total_falls" in j.codes]
    assert judged[:1] == fallen[:1] and len(judged) == len(fallen), judged


@pytest.mark.parametrize(("rows", "code"), [
    # Rounding alone is no fall, no mismatch, no disagreement.
    ([row("2030-01-01", "cleared area", "55,200", "ha"),
      row("2030-02-01", "cleared area", "about 55,000", "ha")], "total_falls"),
    ([row("2030-01-01", "items destroyed", "554,000", "items"),
      row("2030-01-08", "items destroyed", "550,000", "items")], "total_falls"),
    ([row("2030-01-01", "cleared area", "552", "km2"),
      row("2030-02-01", "cleared area", "55,200", "ha")], "total_falls"),
    ([row("2030-01-01", "share of area cleared", "about 4", "%", "2,200 of 55,200 ha")],
     "share_does_not_match"),
    ([row("2030-01-01", "cleared area", "55,219", "ha"),
      row("2030-01-01", "cleared area", "more than 55,000", "ha", source="B")],
     "sources_disagree"),
    # Work that stops or slows is no break of the pace.
    ([*TOTALS, row("2030-05-01", "cleared area", "1,321", "ha")], "pace_breaks"),
    # A district of the same day is no other number of the same thing.
    ([row("2030-01-01", "cleared area", "500", "ha"),
      row("2030-01-01", "cleared area", "100", "ha", source="B",
          scope="District Y, Programme X")], "sources_disagree"),
    # What is hazardous may fall.
    ([row("2030-01-01", "suspected area", "500", "ha"),
      row("2030-02-01", "suspected area", "300", "ha")], "total_falls"),
    ([row("2030-01-01", "cleared area", "140", "ha", "as large as 196 football pitches")],
     "comparison_off"),
    # Most tasks find nothing: 20 ha at 0.02 items a hectare are expected to hold less than one.
    ([row("2030-01-01", "cleared area", "20", "ha"),
      row("2030-01-01", "explosive items destroyed", "0", "items")], "density_out_of_range"),
    # A share that was rounded to five points.
    ([row("2030-01-01", "settlements safe", "45", "settlements", "45 of 60 settlements (75%)")],
     "share_does_not_match"),
    ([row("2030-01-01", "settlements safe", "37", "settlements", "37 of 64 settlements (60%)")],
     "share_does_not_match"),
])
def test_no_alarm_where_there_is_none(rows, code):
    assert code not in codes(rows)


# --- reading -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "value", "low", "high", "qualifier"), [
    ("55,200", 55_200, 55_150, 55_250, ""),
    ("55 200", 55_200, 55_150, 55_250, ""),
    ("1.234,5", 1234.5, 1234.45, 1234.55, ""),
    ("2.7 million", 2_700_000, 2_650_000, 2_750_000, ""),
    ("2,7 млн", 2_700_000, 2_650_000, 2_750_000, ""),
    ("over 550 thousand", 550_000, 550_000, 560_000, "at_least"),
    ("более 550 тыс.", 550_000, 550_000, 560_000, "at_least"),
    ("~26 000", 26_000, 24_700, 27_300, "about"),
    ("plus de 40 000", 40_000, 40_000, 50_000, "at_least"),
    ("20-25 thousand", 22_500, 20_000, 25_000, "range"),
    ("٥٥٢", 552, 552, 552, ""),
    ("550,000+", 550_000, 550_000, 560_000, "at_least"),
])
def test_a_number_is_read_with_what_it_leaves_open(text, value, low, high, qualifier):
    found = numbers(fold(text), WORDS, decimal="", counted=text == "٥٥٢", about_share=0.05)
    assert len(found) == 1
    q = found[0].quantity
    assert (q.value, q.low, q.high, q.qualifier) == (
        pytest.approx(value), pytest.approx(low), pytest.approx(high), qualifier)


@pytest.mark.parametrize(("cell", "name", "scale", "days"), [
    ("ha", "ha", 1, 0), ("thousand hectares", "ha", 1000, 0), ("тыс. га", "ha", 1000, 0),
    ("square miles", "square_mile", 1, 0), ("ha per week", "ha", 1, 7), ("m²", "m2", 1, 0),
    ("million USD", "USD", 1e6, 0), ("items", "count", 1, 0), ("%", "share", 1, 0),
    ("explosive items", "count", 1, 0), ("km²/month", "km2", 1, 30.44),
])
def test_a_unit_is_read_with_its_scale_and_period(cell, name, scale, days):
    unit = unit_of(cell, WORDS)
    assert (unit.name, unit.scale, unit.period_days) == (name, scale, days)


@pytest.mark.parametrize(("text", "first", "last"), [
    ("2025-06", "2025-06-01", "2025-06-30"), ("as of June 2025", "2025-06-01", "2025-06-30"),
    ("23 Apr 2025", "2025-04-23", "2025-04-23"), ("14 июля 2025", "2025-07-14", "2025-07-14"),
    ("23.04.2025", "2025-04-23", "2025-04-23"), ("Q2 2025", "2025-04-01", "2025-06-30"),
    ("2024", "2024-01-01", "2024-12-31"),
])
def test_a_day_is_read_as_exactly_as_it_was_said(text, first, last):
    assert days_of(text) is not None
    assert (days_of(text).first.isoformat(), days_of(text).last.isoformat()) == (first, last)


@pytest.mark.parametrize(("metric", "unit", "subject", "verb", "mode"), [
    ("cleared area", "ha", "area", "cleared", "total"),
    ("area_cleared_m2", "m2", "area", "cleared", "total"),
    ("разминировано территории", "га", "area", "cleared", "total"),
    ("обезврежено взрывоопасных предметов", "шт", "items", "destroyed", "total"),
    ("suspected hazardous area", "km2", "area", "hazardous", "state"),
    ("items destroyed per week", "items", "items", "destroyed", "period"),
    ("superficie despejada", "hectáreas", "area", "cleared", "total"),
    ("items per hectare", "", "density", "", "state"),
    ("sappers", "people", "people", "", "state"),
    ("accidents", "", "accidents", "", "total"),
    ("completion", "months", "finish", "", "state"),
])
def test_a_metric_is_read(metric, unit, subject, verb, mode):
    claim = read([row("2030-01-01", metric, "5", unit)], WORDS, ASSUMED).claims[0]
    assert (claim.subject, claim.verb, claim.mode) == (subject, verb, mode)


@pytest.mark.parametrize(("metric", "unit", "subject", "verb", "part"), [
    ("area not yet cleared", "ha", "area", "remaining", ""),
    ("uncleared area", "ha", "area", "remaining", ""),
    ("area still to be cleared", "ha", "area", "remaining", ""),
    ("mine-free area", "ha", "area", "safe", ""),
    ("anti-personnel mines destroyed", "", "items", "destroyed", "ap_mine"),
    ("antipersonnel mines destroyed", "mines", "items", "destroyed", "ap_mine"),
    ("children killed by mines", "", "victims", "killed", ""),
    ("people killed", "people", "victims", "killed", ""),
    ("mines destroyed by sappers", "mines", "items", "destroyed", ""),
    ("mine clearance personnel", "", "people", "", ""),
    ("deminers", "people", "people", "", ""), ("deminers deployed", "", "people", "", ""),
    ("сапёры", "человек", "people", "", ""), ("pyrotechnicians", "", "people", "", ""),
    ("residents returned", "people", "people", "returned", "residents"),
    ("ammunition destroyed", "rounds", "items", "destroyed", "small_arms"),
    ("minefields", "", "hazards", "hazardous", ""),
    ("minefields cleared", "ha", "area", "cleared", ""),
])
def test_a_metric_is_not_taken_for_another(metric, unit, subject, verb, part):
    reading = read([row("2030-01-01", metric, "500", unit)], WORDS, ASSUMED)
    claim = reading.claims[0]
    assert (claim.subject, claim.verb, claim.part) == (subject, verb, part)
    assert not reading.findings


@pytest.mark.parametrize(("as_of", "metric", "words", "days", "end"), [
    ("2025-12-31", "area cleared in 2025", "", 365, "2025-12-31"),
    ("2026-03-01", "area cleared in 2025", "", 365, "2025-12-31"),
    ("2025-03-31", "area cleared in 2025", "", 90, "2025-03-31"),
    ("2025", "area cleared", "cleared this year", 365, "2025-12-31"),
    ("2025-02", "area cleared", "5 ha were cleared during February", 28, "2025-02-28"),
    ("2025-02-28", "area cleared in February 2025", "", 28, "2025-02-28"),
    ("2025-06-30", "area cleared in Q2 2025", "", 91, "2025-06-30"),
    ("2025-02-01", "area cleared today", "", 1, "2025-02-01"),
    ("2025-02-01", "area cleared", "cleared over the past 24 hours", 1, "2025-02-01"),
    ("2025-02-01", "area cleared", "За сутки разминировано 5 га", 1, "2025-02-01"),
    ("2025-02-01", "area cleared", "5 ha cleared, 9 ha surveyed this year", 0, "2025-02-01"),
    ("2025-02-01", "area cleared", "5 ha cleared since work began in 2022", 0, "2025-02-01"),
    ("2025-06-01", "area cleared", "In May 2025, 5 ha were cleared", 31, "2025-05-31"),
    ("2025-06-01", "area cleared", "Work began in 2022", 0, "2025-06-01"),
    ("2025-06-01", "area cleared", "Work went on in May, 5 ha are clear", 0, "2025-06-01"),
    ("2025-02-01", "area cleared to date", "5 ha", 0, "2025-02-01"),
    ("2025-02-01", "area cleared", "weekly report: 5 ha cleared", 0, "2025-02-01"),
])
def test_an_amount_of_a_period_is_no_total(as_of, metric, words, days, end):
    claim = read([row(as_of, metric, "5", "ha", words)], WORDS, ASSUMED).claims[0]
    assert (claim.period_days, claim.mode) == (days, "period" if days else "total")
    assert claim.as_of.last.isoformat() == end


@pytest.mark.parametrize(("subject", "unit", "before", "later", "falls"), [
    ("area cleared", "ha", "10,000", "6,000", True), ("area cleared", "ha", "100", "90", True),
    ("items destroyed", "items", "1000", "600", True),
    ("area cleared", "ha", "about 10,000", "about 6,000", True),
    ("area cleared", "million m2", "2", "1.6", False),  # 2 may be 1.6 rounded
    ("area cleared", "ha", "10,000", "9,600", False),
    ("area cleared", "ha", "about 10,000", "9,100", False),
    ("area cleared", "ha", "more than 550", "550", False),
])
def test_zeros_at_the_end_do_not_hide_a_large_fall(subject, unit, before, later, falls):
    rows = [row("2030-01-01", subject, before, unit), row("2030-02-01", subject, later, unit)]
    assert ("total_falls" in codes(rows)) is falls


@pytest.mark.parametrize("rows", [
    [row("2030-01-01", "people working", "0", "people"),
     row("2030-01-01", "area cleared per week", "123", "ha per week")],
    [*TOTALS[:1], row("2030-01-01", "area planned", "90", "ha"),
     row("2030-01-01", "area cleared per week", "0", "ha per week"),
     row("2030-01-01", "promise of finish", "2031-01-01")],
    [row("2030-01-01", "area cleared", "less than 1", "ha"),
     row("2030-01-01", "cost", "5", "USD", "for less than 1 ha")],
    [row("2030-01-01", "machines", "0", "machines"), row("2030-01-01", "teams", "0", "teams"),
     row("2030-01-01", "area cleared per week", "123", "ha per week")],
])
def test_nothing_is_divided_by_zero(rows):
    assert all(j.reasons for j in check(rows))


@pytest.mark.parametrize(("words", "code", "note"), [
    ("USD 120 million for 55.2 ha", {"cost_out_of_range"}, ""),  # 217 USD per m²
    ("USD 120 million for 5,520,000 m²", set(), ""),
    ("USD 120 million for 5520 ha", set(), "2.17 USD per m² on the 5,520 ha that its words name"),
    ("USD 120 million at 2 USD per hectare", set(), "name an area"),
    ("USD 120 million for 55.2 ha of 500 ha", set(), "name an area"),
    ("120 million has been earmarked", {"denominator_missing"}, ""),
    ("120 million, said on Red Square", {"denominator_missing"}, ""),
])
def test_a_cost_is_held_against_the_area_that_its_words_name(words, code, note):
    [only] = check([row("2030-01-01", "cost", "120", "million USD", words)])
    assert set(only.codes) == code and any(note in r for r in only.reasons)


def test_a_total_that_is_lower_within_its_rounding_is_noted():
    later = check([row("2030-03-01", "cleared area", "14,000", "ha"),
                   row("2030-04-01", "cleared area", "13,000", "ha")])[1]
    assert later.codes == () and any("7.1 % lower than 14,000 ha" in r for r in later.reasons)


def test_numbers_that_are_not_read_as_parts_of_a_share_are_said():
    only = check([row("2030-03-01", "share of area cleared", "60", "%",
                      "60% of 500 ha, 200 ha cleared")])[0]
    assert only.codes == () and any("not read as the parts" in r for r in only.reasons)


def test_a_scope_is_quoted_as_it_was_written():
    rows = [row("2030-01-01", "cleared area", "500", "ha"),
            row("2030-01-01", "cleared area", "611", "ha", scope="District Y,  Programme X")]
    assert "(cleared in District Y, Programme X)" in check(rows)[1].reasons[0]


@pytest.mark.parametrize("as_of", ["bad", "04/05/2025"])
def test_a_day_that_cannot_be_read_is_not_the_day_of_publication(as_of):
    later = check([row("2025-06-01", "settlements safe", "45"),
                   row(as_of, "settlements safe", "40", published="2025-07-01")])[1]
    assert later.codes == ("date_unreadable",) and later.verdict == "cannot_be_checked"
    assert later.claim.as_of is None


def test_an_undated_pace_is_not_held_against_a_promise():
    rows = [row("", "area cleared per week", "5", "ha"), row("2030-01-01", "area planned", "90",
                                                             "ha"),
            row("2030-01-01", "area cleared", "5", "ha"),
            row("2030-01-01", "promise of finish", "2031-01-01")]
    assert [j.codes for j in check(rows)] == [("date_missing",), (), (), ()]


def test_no_people_at_all_for_a_pace_is_said_in_words():
    rows = [row("2030-01-01", "people working", "0", "people"),
            row("2030-01-01", "area cleared per week", "123", "ha per week")]
    assert "no people are claimed (0)" in check(rows)[1].reasons[1]
    assert check(rows)[1].codes == ()


@pytest.mark.parametrize(("teams", "code"), [
    ([("2025-09-01", "0")], set()),  # of another time, and zero
    ([("2024-12-31", "0")], set()),  # of the same time: others may have worked
    ([("2025-09-01", "1")], set()),  # of another time
    ([("2024-06-01", "1")], {"items_beyond_workforce"}),
    ([("2024-06-01", "1"), ("2024-12-31", "0")], {"items_beyond_workforce"}),
    ([("2023-12-15", "1")], {"items_beyond_workforce"}),
])
def test_a_pace_is_held_against_who_worked_at_that_time(teams, code):
    rows = [*(row(day, "teams", n, "teams") for day, n in teams),
            row("2024-12-31", "mines destroyed in 2024", "500,000", "mines")]
    assert codes(rows) == code
    few = [*rows[:-1], row("2024-12-31", "mines destroyed in 2024", "5", "mines")]
    assert codes(few) == set()


PLANS = [
    ("planned cleared area", "ha", ""), ("cleared area planned", "ha", ""),
    ("clearance target", "ha", ""), ("items expected to be destroyed", "items", ""),
    ("people to be employed", "people", ""), ("people to employ", "people", ""),
    ("money to be received", "USD", ""), ("money committed", "USD", ""),
    ("money foreseen", "USD", ""), ("teams planned", "teams", ""),
    ("cleared area", "ha", "the plan foresees 500000 ha cleared by 2030"),
    ("cleared area", "ha", "500,000 ha will be cleared by 2030"),
    ("beneficiaries reached", "people", "500,000 people are expected to benefit"),
    ("площадь разминирования, план", "га", ""),
    ("разминировано", "га", "к 2030 году будет разминировано 500000 га"),
    ("розмінована площа (план)", "га", ""), ("superficie à dépolluer prévue", "ha", ""),
    ("superficie desminada prevista", "ha", ""), ("očišćena površina, planirano", "ha", ""),
    ("المساحة المخطط تطهيرها", "ha", ""),
]


@pytest.mark.parametrize(("metric", "unit", "words"), PLANS)
def test_a_plan_for_a_day_to_come_is_no_mistake(metric, unit, words):
    verdict, = check_claims(
        [row("2030-12-31", metric, "500000", unit, words, published="2025-07-01")], WORDS, PLACES,
        ASSUMED, today=date(2026, 1, 1), ours=cleared_nothing())
    assert (verdict.verdict, verdict.codes, verdict.ours) == ("cannot_be_checked", (), None)


@pytest.mark.parametrize(("metric", "unit", "words"), [
    p for p in PLANS if p[0] != "money committed"])
def test_a_plan_of_a_past_day_is_not_held_against_what_was_done(metric, unit, words):
    verdict, = check_claims(
        [row("2025-07-01", metric, "500000", unit, words)], WORDS, PLACES, ASSUMED,
        today=date(2026, 1, 1), ours=cleared_nothing(date(2025, 7, 1)))
    assert (verdict.verdict, verdict.ours) == ("cannot_be_checked", None)
    assert verdict.claim.verb == "planned"


def cleared_nothing(day=date(2030, 12, 31)):
    """Ours: nothing done of anything, at that day."""
    ids = ("cleared_m2", "items_made_safe", "items_found", "people_employed", "team_count",
           "residents")
    money = Figure("money_received", "", "", 0.0, "USD", "all", (), "head")
    return Ours({day: tuple(Figure(i, "", "", 0.0, "", "all", (), "head") for i in ids)},
                {scope_of(fold("Programme X")): "all"}, today=date(2026, 1, 1),
                money={(day, "USD"): (money,)})


@pytest.mark.parametrize(("metric", "words"), [
    ("cleared area", ""), ("total area cleared", ""),
    ("cleared area", "500,000 ha cleared, as planned"),
    ("cleared area", "500,000 ha cleared, more than the target"),
    ("cleared area", "500,000 ha cleared will be handed over"),
    ("cleared area", "500,000 ha cleared; 900,000 ha are planned"),
])
def test_words_of_a_plan_beside_it_make_no_plan_of_a_count(metric, words):
    verdict, = check_claims(
        [row("2030-12-31", metric, "500000", "ha", words, published="2025-07-01")], WORDS, PLACES,
        ASSUMED, today=date(2026, 1, 1))
    assert verdict.codes == ("date_in_future",)
    done, = check_claims([row("2025-07-01", metric, "500000", "ha", words)], WORDS, PLACES,
                         ASSUMED, today=date(2026, 1, 1), ours=cleared_nothing(date(2025, 7, 1)))
    assert done.codes == ("differs_from_ours",)


@pytest.mark.parametrize(("metric", "words"), [
    ("cleared area", "500,000 ha were cleared in the target area"),
    ("cleared area", "we cleared 500,000 ha in target communities"),
    ("area cleared in target districts", ""), ("cleared area in targeted villages", ""),
    ("cleared area", "500,000 ha cleared since the project was scheduled"),
    ("cleared area", "500,000 ha have been cleared on land that is scheduled for farming"),
    ("items destroyed", "500,000 targets destroyed"),
])
def test_words_of_a_plan_of_something_else_take_no_claim_out_of_the_checks(metric, words):
    unit = "items" if metric == "items destroyed" else "ha"
    done, = check_claims([row("2025-07-01", metric, "500000", unit, words)], WORDS, PLACES,
                         ASSUMED, today=date(2026, 1, 1), ours=cleared_nothing(date(2025, 7, 1)))
    assert (done.claim.verb != "planned", done.codes) == (True, ("differs_from_ours",))


@pytest.mark.parametrize(("metric", "words", "verb"), [
    ("contaminated area", "120 ha are expected to be contaminated", "hazardous"),
    ("contaminated area", "an expected 120 ha are contaminated", "hazardous"),
    ("area expected to be contaminated", "", "hazardous"),
    ("cleared area", "120 ha are expected to be cleared", "planned"),
    ("cleared area", "we plan to have cleared 120 ha", "planned"),
    ("cleared area", "a planned 120 ha were cleared", "planned"),
    ("area", "the target area is 120 ha", "planned"),
    ("cleared area", "the target is that 120 ha have been cleared", "planned"),
])
def test_what_is_expected_of_a_state_is_an_estimate_and_of_work_a_plan(metric, words, verb):
    judged, = check([row("2025-07-01", metric, "120", "ha", words)])
    assert judged.claim.verb == verb


@pytest.mark.parametrize(("share", "metric", "words", "area", "found"), [
    ("30", "share of Travnik contaminated", "", "contaminated area", {"share_does_not_match"}),
    ("50", "share of Travnik contaminated", "", "contaminated area", set()),
    ("30", "share contaminated", "30 % of the district of Travnik is contaminated",
     "contaminated area", {"share_does_not_match"}),
    # Of a part of the place, or of other ground: nothing is said.
    ("30", "share of contaminated area of Travnik cleared", "", "cleared area", set()),
    ("30", "share of Travnik cleared", "", "contaminated area", set()),
])
def test_a_share_of_a_place_is_held_against_its_area(share, metric, words, area, found):
    place = Place("Travnik", "municipality", 1000e6)
    rows = [row("2025-01-01", area, "500", "km²", scope="Travnik"),
            row("2025-01-01", metric, share, "%", words, scope="Travnik")]
    judged = check_claims(rows, WORDS, (place,), ASSUMED, today=date(2026, 1, 1))
    assert {code for j in judged for code in j.codes} == found
    assert (judged[1].verdict == "agrees") is (share == "50")


def test_a_target_is_no_whole_of_what_is_done_and_left():
    rows = [row("2030-01-01", "clearance target", "100", "ha"),
            row("2030-01-01", "cleared area", "90", "ha"),
            row("2030-01-01", "remaining area", "5000", "ha")]
    assert codes(rows) == set()
    assert "verb_ambiguous" in codes([row("2030-01-01", "cleared and planned area", "90", "ha")])


@pytest.mark.parametrize(("as_of", "published"), [
    ("31 Feb 2025", "2025-03-03"), ("2025-13-45", "2025-03-03"), ("03/04/2025", "2025-05-05"),
    ("", "")])
@pytest.mark.parametrize(("metric", "unit"), [
    ("cleared area", "ha"), ("area cleared per week", "ha"), ("people working", "people"),
    ("money received", "USD"), ("share of released area cleared", "%")])
def test_nothing_stands_in_for_a_day_that_cannot_be_read_beside_ours(as_of, published, metric,
                                                                     unit):
    now = dict.fromkeys((None, date(2025, 3, 3)), cleared_nothing(None).figures[None])
    ours = Ours(now, {scope_of(fold("Programme X")): "all"}, today=date(2026, 1, 1))
    verdict, = check_claims(
        [{**row(as_of, metric, "50", unit), "published": published}], WORDS, PLACES, ASSUMED,
        today=date(2026, 1, 1), ours=ours)
    assert (verdict.verdict, verdict.ours) == ("cannot_be_checked", None)
    assert set(verdict.codes) <= {"date_unreadable", "date_missing", "denominator_missing"}
    assert any(r.startswith("The day that it is about is not stated") for r in verdict.reasons)


def test_deminers_are_the_workforce_of_a_pace():
    rows = [row("2030-01-01", "deminers", "12", "people"),
            row("2030-01-01", "area cleared per week", "123", "ha per week")]
    assert "capacity_short" in codes(rows)
    rows[0]["metric"] = "children taught"
    assert "capacity_short" not in codes(rows)


@pytest.mark.parametrize(("value", "unit", "last"), [
    ("2027", "year", "2027-12-31"), ("2027", "", "2027-12-31"), ("2027-12-31", "", "2027-12-31"),
    ("December 2027", "date", "2027-12-31"), ("end of 2027", "year", "2027-12-31")])
def test_a_bare_year_is_when_it_ends(value, unit, last):
    reading = read([row("2025-02-28", "completion", value, unit)], WORDS, ASSUMED)
    assert reading.claims[0].finish.last.isoformat() == last and not reading.findings


@pytest.mark.parametrize("metric", ["funding received", "funds received", "expenses spent",
                                    "money spent"])
def test_money_that_is_no_cost_needs_no_area(metric):
    assert not codes([row("2030-01-01", metric, "12", "million USD")])


def test_a_scope_with_more_names_is_a_part():
    assert scope_of("district y, programme x") > scope_of("programme x")
    assert scope_of("kursk region") == scope_of("the kursk oblast")
    assert scope_of("all") < scope_of("programme x") and "?" in scope_of("")


def test_headings_are_found_whatever_their_case():
    assert columns_of(["Source", "As-of", "AS OF", "Metric ", "VALUE"]) == {
        "source": "Source", "as_of": "AS OF", "metric": "Metric ", "value": "VALUE"}


cell = st.one_of(st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans(),
                 st.dates(), st.sampled_from(["55,200", "1e400", "-", "9" * 400, "٣,٥", "1/0", "½",
                                              "0", "5 of 0", "3 %", "\ud800"]))


@given(st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(COLUMNS, cell)), max_size=6))
@settings(max_examples=150, deadline=None)
def test_nothing_in_a_row_makes_the_check_fail(rows):
    judged = check(rows)
    assert len(judged) == len(rows)
    assert all(j.verdict in HEAVIER and j.reasons for j in judged)


@given(st.permutations(list(range(len(ALARMS["total_falls"])))))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_rows_does_not_matter(order):
    rows = ALARMS["total_falls"]
    judged = check([rows[i] for i in order])
    assert {str(j.claim.row): j.codes for j in judged} == {
        str(j.claim.row): j.codes for j in check(rows)}


def test_the_page_lists_every_finding():
    import sys
    from pathlib import Path

    root = Path(__file__).parent.parent
    sys.path.insert(0, str(root / "tools"))
    try:
        from claims_page import table
    finally:
        sys.path.pop(0)
    assert table() in (root / "docs" / "claims.md").read_text(encoding="utf-8"), (
        "python tools/claims_page.py gives the table")


# --- sums over several claims --------------------------------------------------------------------


def day_of(*rows):
    return [row("2030-01-01", metric, value, unit, **more) for metric, value, unit, more in rows]


@pytest.mark.parametrize(("rows", "code"), [
    # Planned = done + left.
    ([("planned area", "505", "ha", {}), ("cleared area", "203", "ha", {}),
      ("remaining area", "251", "ha", {})], "plan_not_done_and_left"),
    ([("planned area", "500", "ha", {}), ("cleared area", "200", "ha", {}),
      ("remaining area", "300", "ha", {})], None),
    ([("planned area", "about 500", "ha", {}), ("cleared area", "198", "ha", {}),
      ("remaining area", "310", "ha", {})], None),  # rounding explains it
    # Kinds against all items; each alone would fit.
    ([("explosive items destroyed", "1,005", "items", {}),
      ("anti-personnel mines destroyed", "601", "items", {}),
      ("anti-tank mines destroyed", "503", "items", {})], "parts_do_not_add_up"),
    ([("explosive items destroyed", "1,205", "items", {}),
      ("anti-personnel mines destroyed", "601", "items", {}),
      ("anti-tank mines destroyed", "503", "items", {})], None),
    # Victims = killed + injured.
    ([("mine victims", "31", "people", {}), ("people killed by mines", "11", "people", {}),
      ("people injured by mines", "23", "people", {})], "parts_do_not_add_up"),
    ([("mine victims", "34", "people", {}), ("people killed by mines", "11", "people", {}),
      ("people injured by mines", "23", "people", {})], None),
    # Shares of one whole.
    ([("share of area cleared", "61", "%", {}), ("share of area remaining", "52", "%", {})],
     "shares_exceed_whole"),
    ([("share of area cleared", "61", "%", {}), ("share of area remaining", "39", "%", {})], None),
    ([("share of the total suspected area", "62", "%", {"scope": "Alpha district, Land"}),
      ("share of the total suspected area", "51", "%", {"scope": "Beta district, Land"})],
     "shares_exceed_whole"),
    ([("share of settlements open", "62", "%", {"scope": "Alpha district, Land"}),
      ("share of settlements open", "51", "%", {"scope": "Beta district, Land"})], None),
])
def test_sums_over_several_claims_of_one_day(rows, code):
    raised = codes(day_of(*rows)) & {"plan_not_done_and_left", "parts_do_not_add_up",
                                     "shares_exceed_whole"}
    assert raised == ({code} if code else set())


def test_a_share_without_a_unit_says_both_readings_and_that_its_whole_is_missing():
    (judged,) = check([row("2030-01-01", "share cleared", "0.5")])
    assert judged.verdict == "cannot_be_checked" and judged.codes == ("unit_missing",)
    assert "0.5 %" in judged.reasons[0] and "50%" in judged.reasons[0]
    assert "of what" in judged.reasons[0]


def test_money_that_was_received_and_money_that_was_spent_are_two_things():
    rows = [row("2030-01-01", "funds received", "5", "million USD", source="A"),
            row("2030-01-01", "funds spent", "3", "million USD", source="B")]
    assert [c.verb for c in read(rows, WORDS, ASSUMED).claims] == ["received", "paid"]
    assert "sources_disagree" not in codes(rows)


@pytest.mark.parametrize(("said", "value", "low", "high", "bound"), [
    ("~26,000", 26_000, None, None, "about"), ("about 550 thousand", 550_000, None, None, "about"),
    (">10 000", 10_000, None, None, "at_least"), ("20-25", 22.5, 20, 25, "range"),
    ("более 550 тыс.", 550_000, None, None, "at_least"), ("up to 300", 300, None, None, "at_most"),
    ("hundreds", 446.99, 200, 999, "range"), ("2.7 million", 2_700_000, None, None, "")])
def test_numbers_as_officials_write_them(said, value, low, high, bound):
    amount = one_number(said, WORDS, "")
    assert amount.value == pytest.approx(value, rel=1e-4) and amount.qualifier == bound
    if low is not None:
        assert (amount.low, amount.high) == (low, high)


@pytest.mark.parametrize("said", ["some", "12.500 or so of 3", "", "between", "-5 to -3", "=1+1"])
def test_what_is_not_one_number_is_none(said):
    assert one_number(said, WORDS, "") is None


@pytest.mark.parametrize(("cell", "unit", "m2"), [
    ("٥٥٬٢٠٠", "هكتار", 552e6), ("۵۵٬۲۰۰", "ha", 552e6), ("١٬٢٣٤٫٥", "ha", 12_345_000.0)])
def test_arabic_marks_of_thousands_and_decimals_are_read(cell, unit, m2):
    found = read([row("2030-01-01", "cleared area", cell, unit)], WORDS, ASSUMED)
    assert found.claims[0].quantity.value == m2


def test_a_share_with_an_arabic_sign_is_a_share():
    judged = check([row("2030-01-01", "share of roads open", "١٤٠٪", "", "of all roads")])
    assert "share_out_of_range" in judged[0].codes


def test_a_total_of_money_below_zero_cannot_be_and_a_refund_in_a_month_can():
    judged = check([row("2030-01-01", "money spent", "-200", "USD")])
    assert judged[0].codes == ("value_negative",)
    assert "value_negative" not in check(
        [row("2030-01-01", "money spent", "-200", "USD per month")])[0].codes


# --- round numbers -------------------------------------------------------------------------------


@given(st.integers(1, 9), st.integers(0, 9), st.sampled_from(["ha", "km2", "items"]))
@settings(max_examples=80)
def test_a_round_number_reaches_neither_zero_nor_twice_itself(digit, zeros, unit):
    metric = "items destroyed" if unit == "items" else "cleared area"
    value = digit * 10 ** zeros
    if 1900 <= value <= 2100:
        return
    amount = read([row("2025-07-01", metric, str(value), unit)], WORDS, ASSUMED).claims[0].amount
    assert 0.5 * amount.value <= amount.least <= amount.value <= amount.most <= 1.5 * amount.value
    if zeros >= 2:  # rounding to a place that is not written is 5 % at the most
        assert amount.least >= 0.95 * amount.value and amount.most <= 1.05 * amount.value


@pytest.mark.parametrize(("rows", "code"), [
    ([("planned area", "500000"), ("cleared area", "100000"), ("remaining area", "200000")],
     "plan_not_done_and_left"),
    ([("released area", "9000"), ("cancelled area", "1000"), ("reduced area", "2000"),
      ("cleared area", "3000")], "parts_do_not_add_up"),
    ([("cleared area", "1000"), ("cleared area", "2000", "Programme X, North")],
     "part_exceeds_whole"),
    ([("cleared area", "20000", "Paris")], "area_exceeds_place"),
    ([("cleared area", "4000000", "Kursk Oblast")], "area_exceeds_place"),
])
def test_zeros_at_the_end_do_not_hide_what_does_not_add_up(rows, code):
    made = [row("2025-07-01", metric, value, "ha", scope=scope[0] if scope else "Programme X")
            for metric, value, *scope in rows]
    assert codes(made) == {code}


def only(value, unit, metric="cleared area", words=""):
    reading = read([row("2030-01-01", metric, value, unit, words)], WORDS, ASSUMED)
    return reading.claims[0].quantity, {f.code for f in reading.findings}


def test_a_range_with_about_leaves_its_ends_open():
    plain, about, over = (only(f"{said}10-12", "ha")[0] for said in ("", "about ", "more than "))
    assert (plain.low, plain.high) == (100_000, 120_000)
    assert about.low < plain.low and about.high > plain.high
    assert over.most == float("inf") and over.low == plain.low


@pytest.mark.parametrize("said", ["3M", "3 m", "(5)", "2 millions et demi", "two and a half",
                                  "2 millones y medio", "3 миллиона с половиной"])
def test_what_may_change_a_number_is_not_passed_over(said):
    amount, codes_ = only(said, "ha")
    assert amount is None and codes_ == {"value_unreadable"}
    assert one_number(said, WORDS, "") is None


def test_a_letter_m_stands_for_millions_of_money_and_for_metres_of_roads():
    assert only("$3m", "", "money spent")[0].value == 3e6
    assert only("3 m", "m", "roads cleared")[0].value == 3
    assert only("300 m2", "", "cleared area")[0].value == 300


def test_a_comma_before_three_digits_in_cyrillic_may_part_decimals():
    assert only("12,345", "га", "очищенная площадь") == (None, {"value_ambiguous"})
    assert only("12,345", "ha")[0].value == 123_450_000
    assert only("12,345", "", "уничтожено предметов")[0].value == 12_345
    rows = [row("2030-01-01", "очищенная площадь", "12,345", "га"),
            row("2030-02-01", "очищенная площадь", "13,4", "га")]
    first = read(rows, WORDS, ASSUMED).claims[0].quantity
    assert first.value == pytest.approx(123_450)  # the other row shows what a comma is


@pytest.mark.parametrize("said", ["12.345.67", "12,345,67", "1.234.567.8", "12,34,567"])
def test_marks_that_part_no_groups_of_three_are_not_read(said):
    j, = check([row("2025-07-01", "cleared area", said, "ha")])
    assert j.verdict == "cannot_be_checked" and "value_unreadable" in j.codes
    assert j.claim.quantity is None and one_number(said, WORDS, "") is None


@pytest.mark.parametrize(("said", "value"), [
    ("12.345.678", 12_345_678), ("1,234,567.5", 1_234_567.5), ("1.234.567,5", 1_234_567.5)])
def test_marks_that_part_groups_of_three_are_read(said, value):
    assert one_number(said, WORDS, "").value == value


def test_what_was_rounded_to_a_twentieth_still_adds_up():
    assert not codes([row("2025-07-01", "planned area", "500000", "ha"),
                      row("2025-07-01", "cleared area", "310000", "ha"),
                      row("2025-07-01", "remaining area", "200000", "ha")])


# --- items a day, promises that have passed, currencies, shares ---------------------------------


@pytest.mark.parametrize(("value", "people", "unit", "raised"), [
    ("6,203", "301", "deminers", False),  # 886 a day: below 301 x 1,000 m2 x 30 per ha = 903
    ("6,523", "301", "deminers", True),
    ("6,523", "30", "teams", False),  # 30 x 15,000 m2 of a team that searches by eye = 1,350
    ("6,523", "19", "teams", True),
    ("6,523", "11", "machines", False),  # 11 x 30,000 m2 = 990
    ("6,523", "9", "machines", True)])
def test_items_a_day_are_held_against_those_who_work(value, people, unit, raised):
    rows = [row("2030-01-01", "explosive items destroyed in a week", value, "items"),
            row("2030-01-01", {"deminers": "people working"}.get(unit, unit), people, unit)]
    assert ("items_beyond_workforce" in codes(rows)) is raised


def test_teams_are_a_workforce_of_a_pace_too():
    week = row("2030-01-01", "cleared area in a week", "29,400", "ha")
    assert "capacity_short" in codes([week, row("2030-01-01", "teams", "30", "teams")])
    assert "capacity_short" not in codes([week, row("2030-01-01", "teams", "3,000", "teams")])


def test_small_arms_rounds_are_no_items_of_ground():
    assert codes([row("2030-01-01", "small-arms rounds destroyed in a week", "900,000", "rounds"),
                  row("2030-01-01", "people working", "30", "deminers")]) == set()


@pytest.mark.parametrize(("value", "raised"), [("2", False), ("40", True)])
def test_items_a_person_and_day_as_stated(value, raised):
    found = check([row("2030-01-01", "items destroyed per deminer per day", value, "items")])[0]
    assert found.claim.subject == "person_items"
    assert ("rate_out_of_range" in found.codes) is raised


PROMISE = row("2030-01-01", "promise of finish", "2031-01-01")


@pytest.mark.parametrize(("rows", "raised"), [
    ([], False), ([row("2031-03-01", "remaining area", "311", "ha")], True),
    ([row("2031-03-01", "remaining area", "0", "ha")], False),
    ([row("2030-12-01", "remaining area", "311", "ha")], False),  # before the end
    ([row("2031-02-01", "cleared area", "311", "ha"),
      row("2031-06-01", "cleared area", "402", "ha")], True),  # it still rises
    ([row("2030-02-01", "cleared area", "311", "ha"),
      row("2031-06-01", "cleared area", "402", "ha")], False)])  # it may have risen before
def test_a_promise_that_has_passed_is_held_against_what_came(rows, raised):
    found = check([PROMISE, *rows])[0]
    assert ("promise_not_kept" in found.codes) is raised
    assert "has passed" in " ".join(found.reasons)


def test_a_promise_that_has_not_passed_is_not_called_so():
    assert "has passed" not in " ".join(check(
        [row("2030-01-01", "promise of finish", "2041-01-01")])[0].reasons)


@pytest.mark.parametrize(("value", "unit", "currency", "amount"), [
    ("120", "million CHF", "CHF", 120e6), ("NOK 5 million", "", "NOK", 5e6),
    ("9", "XOF per ha", "XOF", 9e-4), ("120", "million USD", "USD", 120e6)])
def test_money_of_any_currency_is_read_by_its_code(value, unit, currency, amount):
    found = check([row("2030-01-01", "cost", value, unit, "for 10 ha")])[0].claim
    assert (found.currency, found.amount.value) == (currency, pytest.approx(amount))


RATES = RateTable([Rate("r1", date(2030, 1, 1), "CHF", "USD", 1.25, "Bank")], 31)


def test_a_cost_in_another_currency_is_held_against_the_range_by_a_recorded_rate():
    rows = [row("2030-01-05", "cleared area", "10", "ha"),
            row("2030-01-05", "cost", "900", "million CHF", "for 10 ha cleared")]
    with_rate, without = check(rows, rates=RATES)[1], check(rows)[1]
    assert "cost_out_of_range" in with_rate.codes
    assert "11,250 USD" in "".join(with_rate.reasons) or "1.12e+04" in "".join(with_rate.reasons)
    assert "CHF to USD by 1.25 of 2030-01-01" in "".join(with_rate.reasons)
    assert "cost_out_of_range" not in without.codes
    assert "no recorded rate leads from CHF to USD" in "".join(without.reasons)


@pytest.mark.parametrize(("value", "raised"), [("120", False), ("150", True)])
def test_money_of_two_sources_meets_by_a_recorded_rate(value, raised):
    rows = [row("2030-01-05", "money received", "96", "million CHF"),
            row("2030-01-05", "money received", value, "million USD", source="B")]
    assert any("sources_disagree" in j.codes for j in check(rows, rates=RATES)) is raised
    assert not any("sources_disagree" in j.codes for j in check(rows))  # no rate: nothing is said


@pytest.mark.parametrize(("share", "words", "raised"), [
    ("60", "48,000 of 100,000 ha", True),  # 48 %; zeros at the end leave 5 % open, not half
    ("60", "57,000 of 100,000 ha", False), ("8", "8% of about 500,000 ha", False),
    ("8", "61,000 of about 500,000 ha", True), ("57.8", "37 of 64", False)])
def test_rounding_does_not_hide_a_share_that_its_parts_do_not_give(share, words, raised):
    found = codes([row("2030-01-01", "share of area cleared", share, "%", words)])
    assert ("share_does_not_match" in found) is raised


# --- sources, people, rounding -------------------------------------------------------------------


def test_residents_women_and_children_are_no_part_of_those_who_work():
    rows = [row("2025-06-10", "deminers", "40", "people"),
            row("2025-06-10", "women reached by risk education", "2312", "people"),
            row("2025-06-10", "children living near minefields", "812", "people", source="B"),
            row("2025-06-10", "residents", "5000", "people", source="C")]
    assert not {"part_exceeds_whole", "sources_disagree"} & codes(rows)
    # Residents of a district are a part of those of the whole: arithmetic alone.
    assert "part_exceeds_whole" in codes([
        row("2025-06-10", "residents", "5000", "people"),
        row("2025-06-10", "residents", "6000", "people", scope="District, Programme X")])


def test_two_sources_that_differ_make_no_rise():
    standing = [row("2024-01-01", "promised end of clearance", "2024-12-31", "date", source="G")]
    for day in ("2025-03-01", "2025-04-01"):
        standing += [row(day, "area cleared", "1000", "ha"),
                     row(day[:-1] + "5", "area cleared", "912.3", "ha", source="F")]
    assert "promise_not_kept" not in codes(standing)
    standing[-1]["value"] = "990.1"  # F's own total rose after the promised end
    assert "promise_not_kept" in codes(standing)
    slow = [row("2025-03-01", "area cleared", "103.3", "ha"),
            row("2025-03-07", "area cleared", "3021.4", "ha", source="B"),
            row("2025-04-01", "area cleared", "104.1", "ha"),
            row("2025-04-07", "area cleared", "3025.2", "ha", source="B"),
            row("2025-04-07", "people", "100", "people")]
    assert "capacity_short" not in codes(slow)
    slow[3]["value"] = "3921.4"  # B's own pace
    assert "capacity_short" in codes(slow)


def test_zeros_at_the_end_leave_5_percent_open_in_densities_paces_and_workforce_too():
    dense = [row("2025-03-01", "area cleared", "100", "ha"),
             row("2025-03-01", "items destroyed", "4000", "items")]
    assert "density_out_of_range" in codes(dense)
    dense[1]["value"] = "3000"
    assert "density_out_of_range" not in codes(dense)
    fast = check([row("2025-01-01", "area cleared", "103.1", "ha"),
                  row("2025-03-01", "area cleared", "933.4", "ha"),
                  row("2025-03-01", "deminers", "100", "people")])
    said = " ".join(r for j in fast for r in j.reasons)
    assert "at most 105 people" in said and "150" not in said


def test_money_that_came_in_is_no_cost_of_ground_that_is_still_suspected():
    rates = [row("2025-06-01", "money received", "1500000", "USD"),
             row("2025-06-01", "suspected hazardous area", "100", "km2")]
    assert "cost_out_of_range" not in codes(rates)
    rates[1]["metric"] = "area cleared"
    assert "cost_out_of_range" in codes(rates)


@pytest.mark.parametrize(("metric", "value", "unit", "words", "told"), [
    ("mines destroyed", "1,200", "", "12,000 mines", True),
    ("mines destroyed", "1200", "", "уничтожено 12 000 мин", True),
    ("cleared area", "12", "ha", "1.2 km2 cleared", True),
    ("cleared area", "12", "ha", "120,000 m2 cleared", False),
    ("mines destroyed", "12,000", "", "12 thousand mines", False),
    ("mines destroyed", "1,200", "", "1,200 of 12,000 mines", False),  # two numbers
    ("mines destroyed", "1,200", "", "out of 12,000 mines", False),  # of the whole
    ("mines destroyed", "55,000", "", "12,000 mines this week", False),  # of a week
    ("explosive items destroyed", "55,000", "", "some 12,000 anti-vehicle mines", False),
    ("cleared area", "12", "ha", "3 settlements cleared", False),
    ("cleared area", "12", "ha", "order 1,077 of 2029", False),
    ("mines destroyed", "1,200", "", "about 1,250 mines", False)])
def test_a_value_is_held_against_the_one_number_of_its_own_words(metric, value, unit, words, told):
    found = codes([row("2030-01-01", metric, value, unit, words)])
    assert ("value_differs_from_words" in found) is told
