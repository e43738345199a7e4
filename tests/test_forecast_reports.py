"""Forecast: daily reports of a registry as team-days, rates, back-tests and the commands.

All figures here are synthetic and lie in the open sea.
"""

import json
import sys
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pytest
import shapely

from landrelease.access import policy
from landrelease.apps import cli
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import forecasting, languages, load_assumptions

MOMENT = datetime(2031, 12, 31, 8, 0, tzinfo=UTC)
FIRST = date(2031, 4, 1)


def report(number, day, team="team 1", m2=400.0, hours=6.0, area="A-1", **values):
    teams = [team] if isinstance(team, str) else list(team)
    said = {"identifier": f"R-{number}", "activity_type": "clearance", "teams": teams,
            "operational_method": "manual", "started_on": day, "ended_on": day, "hazard": area,
            "area_m2": m2, "hours": hours, **values}
    return Record("activity", f"activity-{number}", {k: v for k, v in said.items()
                                                    if v is not None}, valid_from=day)


def day(n):
    return FIRST + timedelta(days=n)


def lost_in(made):
    from landrelease.forecast.rates import fit_lost

    return fit_lost(made.days, load_assumptions()["lost_day_share"])


def test_safety_S12_reports_without_hours_say_nothing_of_days_lost():
    """The stated range stays where nobody reports hours or time lost."""
    silent = forecasting.reported_days([report(n, day(n), hours=None) for n in range(150)])
    found = lost_in(silent)
    assert found.from_prior and found.observed is None
    assert np.median(found.share) == pytest.approx(0.15, abs=0.03)
    # One who states hours counts, who states none does not make it less.
    some = [report(n, day(n), hours=3.0 if n % 2 else 6.0) for n in range(100)]
    silence = [report(100 + n, day(100 + n), hours=None) for n in range(100)]
    alone, beside = (lost_in(forecasting.reported_days(rows)) for rows in (some, some + silence))
    assert alone.observed == beside.observed == pytest.approx(0.25)
    assert not beside.from_prior and np.array_equal(alone.share, beside.share)


def test_where_lost_days_are_reported_a_day_with_area_alone_was_worked():
    made = forecasting.reported_days([
        report(n, day(n), hours=None, **({"m2": 0.0, "hours_lost": 6.0} if n % 5 == 0 else {}))
        for n in range(100)])
    found = lost_in(made)
    assert not found.from_prior and found.observed == pytest.approx(0.2)


def test_joint_work_is_divided_and_a_report_sent_again_counts_once():
    made = forecasting.reported_days([
        report(1, day(0), team=("one", "two"), m2=600.0), report(2, day(1), team="one", m2=300.0),
        report(3, day(1), team="one", m2=320.0)])
    assert made.days.m2.sum() == 600.0 + 320.0 and len(made.days) == 3
    assert sorted(made.days.m2.tolist()) == [300.0, 300.0, 320.0]
    assert any("sent again" in note for note in made.notes)


def test_lost_days_parts_of_days_and_what_teaches_nothing():
    made = forecasting.reported_days([
        report(1, day(0)), report(2, day(1), m2=0.0, hours=0.0, hours_lost=6.0),
        report(3, day(2), m2=150.0, hours=3.0), report(4, day(3)), report(5, day(4), area="A-2"),
        report(6, day(5), team=()), report(7, day(6), ended_on=day(20)),
        report(8, day(7), m2=None, hours=None), report(9, day(8), activity_type="EOD_spot_task")])
    assert made.days.worked.tolist() == [1, 0, 0.5, 1, 1]
    # The team went to another area after its fourth report: that was not a whole day.
    assert made.days.ended.tolist() == [False, False, False, True, False]
    words = " ".join(made.notes)
    assert "without a team" in words and "more than a day" in words and "without area" in words


def rate_of(reports):
    from landrelease.forecast.rates import fit_rates, rate_priors

    stated = load_assumptions()
    found = fit_rates(forecasting.reported_days(reports).days, forecasting.priors_of(stated),
                      rate_priors(stated))
    return next(r for r in found if (r.activity, r.method) == ("clearance", "manual"))


def test_safety_S12_days_at_work_with_0_m2_lower_the_rate_and_unreported_ones_do_not():
    """All m² that were reported are all that the rate gives for all the days at work."""
    worked = [report(n, day(n), m2=0.0 if n % 3 else 250.0) for n in range(120)]
    found = rate_of(worked)
    assert np.median(found.per_day()) == pytest.approx(250 / 3, rel=0.15)
    (check,) = [c for c in found.checks if c.name == "without_output"]
    assert not check.fine and "of 80 of 120 days at work" in check.words
    assert "by 67%" in check.words
    noted = forecasting.output_notes(SimpleNamespace(rates=[found]))
    assert noted == ("0 m² were reported of 80 of 120 days at work of clearance, manual: they "
                     "lower the rate by 67%.",)
    assert all(languages.texts("fr").said(words) != words for words in (*noted, check.words))
    # Not reported is not zero: such days teach nothing, and the rate says how many they were.
    silent = rate_of([report(n, day(n), m2=None if n % 3 else 250.0) for n in range(120)])
    assert np.median(silent.per_day()) == pytest.approx(250, rel=0.15)
    assert (silent.output == 1).all() and "without_output" not in {c.name for c in silent.checks}
    assert any("80 days at work without a reported area" in note for note in silent.notes)
    # A day that was lost is none at work.
    lost = rate_of([report(n, day(n), m2=0.0 if n % 3 else 250.0,
                           **({"hours": 0.0, "hours_lost": 6.0} if n % 3 else {}))
                    for n in range(120)])
    assert (lost.output == 1).all()


def test_teams_that_come_later_are_new_and_the_first_ones_are_not():
    made = forecasting.reported_days([report(k, day(k)) for k in range(5)]
                                     + [report(9, day(100), team="late")]).days
    assert dict(zip(made.teams, made.joined.tolist(), strict=True)) == {
        "team 1": False, "late": True}


def test_a_report_without_a_method_has_that_of_its_task():
    orders = [Record("task", "t1", {"identifier": "T-1", "method": "visual_search"}),
              Record("task", "t2", {"identifier": "T-2"})]
    made = forecasting.reported_days([
        report(1, day(0), activity_type="BAC", operational_method=None, task="T-1"),
        report(2, day(1), operational_method=None, task="T-2"),
        report(3, day(2), task="T-1")], (), orders).days
    assert [made.kinds[k] for k in made.kind] == [
        ("BAC", "visual_search"), ("clearance", "not_reported"), ("clearance", "manual")]


def programme(tmp_path, months=9, reports=True, **work):
    """Eight areas in a row; two teams survey and clear them; outcomes as they end."""
    path = tmp_path / "sea.gpkg"
    registry = create_registry(path, office="Test")
    registry.keep_setting("synthetic", "yes")
    author = registry.author("Somebody")
    generator = np.random.default_rng(5)
    revisions = []

    def add(kind, name, values, shape, on):
        revisions.append(Revision(kind, name, values, shape, MOMENT, author, "made up", "", on))

    for h in range(8):
        x = 0.01 * h
        box = shapely.box(x, -47.0, x + 0.002, -46.999)
        add("hazard", f"A-{h}", {"identifier": f"A-{h}", "status": "open", "hazard_type": "SHA"},
            box, FIRST - timedelta(days=90))
    area, left, number = 0, 16_000.0, 0
    for k in range(30 * months if reports else 0):
        if k % 7 == 6:
            continue
        for team in ("team 1", "team 2"):
            number += 1
            lost = generator.random() < 0.2
            m2 = 0.0 if lost else float(np.exp(generator.normal(np.log(380), 0.3)))
            left -= m2
            add("activity", f"activity-{number}", report(
                number, day(k), team=team, m2=round(m2, 1), hours=0.0 if lost else 6.0,
                area=f"A-{area}", **work).values, None, day(k))
        if left <= 0 and area < 7:
            x = 0.01 * area
            add("outcome", f"O-{area}", {
                "outcome_type": "cleared", "hazard_identifier": f"A-{area}", "identifier":
                f"O-{area}"}, shapely.box(x, -47.0, x + 0.002, -46.999), day(k))
            area, left = area + 1, 16_000.0
    registry.append(revisions)
    registry.close()
    return path


def run(*words):
    """The exit status of a command."""
    before, sys.argv = sys.argv, ["landrelease", *map(str, words)]
    try:
        cli.main()
    except SystemExit as end:
        return end.code or 0
    finally:
        sys.argv = before
    return 0


def test_rates_and_lost_days_are_learned_and_kinds_without_reports_are_priors(tmp_path, capsys):
    path = programme(tmp_path)
    assert run("forecast", "rates", path, "--as", "planner", "--json", tmp_path / "r.json") == 0
    told = json.loads((tmp_path / "r.json").read_bytes())
    by = {(r["activity"], r["method"]): r for r in told["rates"]}
    manual = by["clearance", "manual"]
    assert not manual["is_prior"] and manual["whole_days"] > 200
    assert manual["m2_per_full_day"]["p50"] == pytest.approx(380 * np.exp(0.045), rel=0.12)
    assert by["TS", "not_reported"]["is_prior"] and told["synthetic"] is True
    assert told["lost_days"]["observed"] == pytest.approx(0.2, abs=0.06)
    said = capsys.readouterr().out
    assert "prior, not learned here" in said and "team-days" in said


def test_a_registry_without_reports_says_so_and_gives_the_priors(tmp_path, capsys):
    path = programme(tmp_path, reports=False)
    assert run("forecast", "rates", path, "--as", "planner") == 0
    assert "no daily reports" in capsys.readouterr().out
    assert run("forecast", "backtest", path, "--as", "planner") == 1
    assert "no past to test" in capsys.readouterr().out
    with open_registry(path) as registry:
        found = forecasting.learn(registry, policy.view("planner"), load_assumptions())
    assert not found.learned and all(r.from_prior for r in found.rates)
    assert forecasting.learned_of(found) == {} and forecasting.lost_of(found) is None


def test_past_months_are_forecast_and_scored_beside_two_simple_ways(tmp_path, capsys):
    path = programme(tmp_path)
    assert run("forecast", "backtest", path, "--as", "planner", "--runs", 60, "--quiet",
               "--json", tmp_path / "b.json") == 0
    told = json.loads((tmp_path / "b.json").read_bytes())
    one = told["scores"]["forecast"]["1"]
    assert one["forecasts"] >= 4 and len(one["randomised_pit"]) == one["forecasts"]
    assert set(told["scores"]) == set(forecasting.METHODS)
    assert all(0 <= u <= 1 for u in one["randomised_pit"])
    assert all(row["p10"] <= row["p50"] <= row["p90"] for row in told["forecasts"])
    # All came in on one day: what was known at each month cannot be told, and that is said.
    assert any("cannot be told" in note for note in told["notes"])
    assert "CRPS" in capsys.readouterr().out


def test_a_programme_of_battle_area_clearance_is_forecast_by_its_own_teams(tmp_path):
    path = programme(tmp_path, activity_type="BAC", operational_method="visual_search")
    with open_registry(path) as registry:
        known = forecasting._Known(registry, policy.view("planner"), None, None,
                                   load_assumptions())
        standing = known.standing(day(200))
        found = forecasting.learn(registry, policy.view("planner"), load_assumptions())
        tested = forecasting.backtest(registry, policy.view("planner"), load_assumptions(),
                                      runs=60)
    assert dict(standing.teams)["BAC", "visual_search"] == 2
    assert standing.battle.all()  # it was reported on each area
    # No plan has such a team: the forecast of a plan says that it does not use the rate.
    words = " ".join(forecasting.unused_rates(found, ["manual", "ts"]))
    assert "whole days of BAC, visual search, are on record; no team of the plan" in words
    ours = tested.scores["forecast"][1]
    assert ours.count >= 4 and not tested.notes[1:]
    # What its own teams did is what is forecast: without them nothing would be cleared.
    assert all(row["p90"] > 0 for row in tested.rows if row["months"] == 3)


def test_a_past_that_is_too_short_is_said(tmp_path, capsys):
    path = programme(tmp_path, months=2)
    assert run("forecast", "backtest", path, "--as", "planner") == 1
    assert "fewest" in capsys.readouterr().out


def test_without_a_role_that_may_the_commands_refuse(tmp_path):
    path = programme(tmp_path, months=1)
    for command in ("rates", "backtest"):
        assert run("forecast", command, path, "--as", "public") == 2


@pytest.mark.parametrize("command", [("make",), ("compare", "--scenario", "s.yaml")])
@pytest.mark.parametrize("budget", ["0", "-5", "nan", "inf"])
def test_a_budget_that_is_none_is_refused_and_not_a_chance_of_zero(
        command, budget, tmp_path, capsys):
    assert run("forecast", command[0], tmp_path / "none.gpkg", "--plan", tmp_path, *command[1:],
               "--budget", budget) == 2
    assert "above zero" in capsys.readouterr().err
