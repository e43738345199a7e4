"""Forecast: from the records of a registry to `forecast make`, end to end.

All figures here are synthetic and lie in the open sea.
"""

import dataclasses
import json
import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from landrelease import workflows
from landrelease.access import policy
from landrelease.core.revision import Revision
from landrelease.core.work import TeamPool
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.store.results import save_plan
from landrelease.workflows import load_assumptions, outlooks, scenarios
from test_forecast_reports import report, run

MOMENT = datetime(2032, 1, 10, 8, 0, tzinfo=UTC)
FIRST, START = date(2030, 12, 2), date(2032, 4, 1)
AREAS = 8


def box(n, more=0.0):
    x = 0.01 * n
    return shapely.box(x - more, -47.0 - more, x + 0.002 + more, -46.999 + more)


def pool(kind, rate, teams=1):
    return TeamPool(kind, kind, "Org A", "Base", 0.0, -46.99, teams, rate, rate / 2, rate * 2,
                    500.0, "USD", None, None, "made up")


POOLS = (pool("nts", 50_000.0), pool("ts", 8_000.0), pool("manual", 400.0, 2))


class Sea:
    """A registry of eight areas in a row, and what is said of them."""

    def __init__(self, path):
        self.path = path
        self.registry = create_registry(path, office="Test")
        self.registry.keep_setting("synthetic", "yes")
        self.author = self.registry.author("Somebody")
        self._revisions = []
        for x, name in ((-0.01, "West"), (0.035, "East")):
            self.add("administrative_area", name, {"name": name, "level": 1},
                     shapely.box(x, -47.1, x + 0.045, -46.9))
        for n in range(AREAS):
            self.add("hazard", f"A-{n}", {"identifier": f"A-{n}", "status": "open",
                                          "hazard_type": "CHA"}, box(n), date(2030, 1, 1))

    def add(self, kind, name, values, shape=None, on=FIRST):
        self._revisions.append(Revision(kind, name, values, shape, MOMENT, self.author, "made up",
                                        "", on))

    def reports(self, m2=380.0, months=12, slow=1.0, lost=0.1, teams=("team 1", "team 2")):
        """Days of clearance, six a week; in the months November to March at `slow` times the
        rate."""
        generator = np.random.default_rng(5)
        for k in range(int(30.4 * months)):
            day = FIRST + timedelta(days=k)
            if day.weekday() == 6:
                continue
            for t, team in enumerate(teams):
                off = generator.random() < lost
                pace = m2 * (slow if day.month in (11, 12, 1, 2, 3) else 1.0)
                done = 0.0 if off else float(np.exp(generator.normal(math.log(pace), 0.2)))
                self.add("activity", f"activity-{k}-{t}", report(
                    f"{k}-{t}", day, team=team, m2=round(done, 1), hours=0.0 if off else 6.0,
                    area=f"A-{(k // 30) % AREAS}").values, None, day)

    def close(self, name, first, last, areas, more=0.0):
        values = {"closed_from": datetime.combine(first, datetime.min.time(), UTC)}
        if last is not None:
            values["closed_until"] = datetime.combine(last, datetime.min.time(), UTC)
        self.add("closure", name, values, shapely.union_all([box(n, more) for n in areas]), first)

    def planned(self, pools=POOLS, stated=None):
        """The registry, its land and a plan of it."""
        self.registry.append(self._revisions)
        stated = stated or load_assumptions(None, self.registry)
        land = workflows.load_land(self.registry, stated)
        saved = workflows.make_plan(land, workflows.assess(land, stated), pools, stated,
                                    start=START, iterations=0, seed=1)
        return land, saved


@pytest.fixture
def sea(tmp_path):
    made = Sea(tmp_path / "sea.gpkg")
    yield made
    made.registry.close()


def forecast(sea, saved, role="planner", **kind):
    return outlooks.forecast_on(sea.registry, policy.view(role), saved, runs=40, **kind)


# --- from the records to the forecast ------------------------------------------------------------


def test_what_reports_say_is_in_the_forecast_and_what_none_touched_is_a_prior(sea, tmp_path):
    sea.reports()
    land, saved = sea.planned()
    made = forecast(sea, saved)
    said = " ".join(made.notes)
    assert "Pace over areas, learned from daily reports" in said and "manual teams" in said
    (priors,) = [n for n in made.notes if "no daily report of this programme has touched" in n]
    assert "TS teams" in priors and "manual" not in priors
    assert "Days lost as reported here: 1" in said
    # Nothing of the pool's own rate is left: with twice the stated rate the plan's stages take half
    # of the time and are twice as slow.
    other = sea.registry
    twice = workflows.make_plan(land, workflows.assess(land, saved.assumptions), tuple(
        dataclasses.replace(p, m2_per_day=800.0, m2_per_day_low=400.0, m2_per_day_high=1600.0)
        if p.kind == "manual" else p for p in POOLS), saved.assumptions, start=START,
        iterations=0, seed=1)
    again = outlooks.forecast_on(other, policy.view("planner"), twice, runs=40)
    assert np.median(again.outlook.finish_day) == pytest.approx(
        np.median(made.outlook.finish_day), rel=0.15)
    # Without reports the stated rate is all there is, and the notes say so.
    save_plan(tmp_path / "plan", saved)
    assert run("forecast", "make", sea.path, "--plan", tmp_path / "plan", "--as", "planner",
               "--runs", 20, "--no-backtest", "--json", tmp_path / "f.json", "--quiet") == 0
    document = json.loads((tmp_path / "f.json").read_bytes())
    assert any("Pace over areas, learned" in n for n in document["notes"])


def test_months_are_on_the_screen_and_what_runs_leave_open_stands_beside_a_chance(
        sea, tmp_path, capsys):
    _, saved = sea.planned()
    save_plan(tmp_path / "plan", saved)
    out = tmp_path / "f.json"

    def said(*words):
        assert run("forecast", "make", sea.path, "--plan", tmp_path / "plan", "--as", "planner",
                   "--runs", 40, "--no-backtest", "--quiet", "--json", out, *words) == 0
        return capsys.readouterr().out, json.loads(out.read_bytes())

    text, document = said("--by", "2034-06-30", "--budget", 10_000)
    day = START + timedelta(days=math.ceil(document["years_until_done"]["p50"] * 365.25 - 1e-6))
    assert f"all done by {day.strftime('%B %Y')} (median)" in text
    low, high = document["chance_by_interval"]
    assert low <= document["chance_by"] <= high and high - low < 0.25
    assert f"{document['chance_by']:.0%} ({low:.0%} to {high:.0%}, as far as 40 runs" in text
    # A day that has passed with work left is no matter of chance any more, and that is said.
    before = START - timedelta(days=100)
    text, document = said("--by", before, "--chance", 0.8)
    assert document["chance_by"] == 0 and document["chance_by_interval"] == [0, 0]
    assert f"{before}: 0% (the day has passed: the forecast begins on {START}" in text
    assert [n["more"] for n in document["needed"]] == [None]
    assert "no teams and no money reach it any more" in text
    # Beyond the horizon runs that have not ended may still keep a date: the chance is the least.
    short = tmp_path / "short.json"
    short.write_text(json.dumps({"name": "short", "assumptions": {"forecast_horizon_years": 1.2}}))
    text, document = said("--by", "2050-01-01", "--scenario", short)
    assert document["chance_by_open_runs"] > 0 and document["chance_by"] < 1
    assert "at least" in text.split("Chance of being done by 2050-01-01")[1].splitlines()[0]
    assert document["chance_by_interval"][1] == pytest.approx(1.0)


def test_scenarios_side_by_side_say_their_chance_with_its_interval_and_their_notes(
        sea, tmp_path, capsys):
    sea.reports(months=6)
    _, saved = sea.planned()
    save_plan(tmp_path / "plan", saved)
    (tmp_path / "s.yaml").write_text("name: poor\nmoney: [{day: 2032-04-01, amount: 3000}]\n")
    assert run("forecast", "compare", sea.path, "--plan", tmp_path / "plan", "--as", "planner",
               "--scenario", tmp_path / "s.yaml", "--by", "2040-01-01", "--budget", 1000,
               "--runs", 40, "--quiet", "--json", tmp_path / "c.json") == 0
    said = capsys.readouterr().out
    told = json.loads((tmp_path / "c.json").read_bytes())["scenarios"]
    assert len(told) == 2 and said.count("as far as 40 runs can tell") == 4
    for row in told:
        assert f"done by 2040-01-01: {workflows.chance_words(row, 'chance_by')}" in said
        assert f"are enough: {workflows.chance_words(row, 'chance_of_budget')}" in said
        assert row["notes"] and all(said.count(note) == 1 for note in row["notes"])


def test_twice_the_reported_ground_ends_sooner(tmp_path):
    ends = []
    for m2 in (250.0, 500.0):
        made = Sea(tmp_path / f"{m2:.0f}.gpkg")
        made.reports(m2)
        _, saved = made.planned()
        ends.append(float(np.median(forecast(made, saved).outlook.finish_day)))
        made.registry.close()
    assert ends[1] < 0.8 * ends[0]


def test_districts_and_communities_end_with_their_areas_also_where_two_have_one_name(sea):
    for n, (name, at) in enumerate((("Lipa", 0), ("Lipa", 7), ("Gaj", 3))):
        sea.add("settlement", f"S-{n}", {"name": name, "population": 100},
                shapely.Point(0.01 * at + 0.001, -46.9985))
    _, saved = sea.planned()
    made = forecast(sea, saved)
    areas = {r["area"]: r for r in made.document["areas"]}
    groups = {r["group"]: r for r in made.document["groups"]}
    assert {"district East", "district West", "community Gaj"} < set(groups)
    lipas = [g for g in groups if g.startswith("community Lipa")]
    assert len(lipas) == 2  # two places of one name are two
    west, east = groups["district West"], groups["district East"]
    for level in ("p10", "p50", "p90"):
        assert west[level] >= max(areas[f"A-{n}"][level] for n in range(3))
        assert east[level] >= max(areas[f"A-{n}"][level] for n in range(4, 8))
    last = max(west["p50"], east["p50"])
    assert abs((date.fromisoformat(last) - made.outlook.start).days
               - float(np.median(made.outlook.finish_day))) < 60


def test_the_chance_and_what_reaches_it_are_those_of_the_runs(sea):
    _, saved = sea.planned()
    plain = forecast(sea, saved)
    by = plain.outlook.start + timedelta(days=math.ceil(float(
        np.quantile(plain.outlook.finish_day, 0.6, method="inverted_cdf"))))
    budget = float(np.median(plain.outlook.cost))
    made = forecast(sea, saved, by=by, budget=budget, chance=0.7)
    assert made.document["chance_by"] == pytest.approx(0.6, abs=0.03)
    assert made.document["chance_of_budget"] == pytest.approx(0.5, abs=0.05)
    assert made.needed and all(n.chance >= 0.7 for n in made.needed if n.more)
    assert any(n.more for n in made.needed), [n.words for n in made.needed]


def test_dates_of_areas_are_for_who_sees_dated_plans_and_closures_for_who_sees_them(sea):
    sea.close("now", START - timedelta(days=30), START + timedelta(days=60), [0])
    _, saved = sea.planned()
    assert any("reach into the plan" in n for n in forecast(sea, saved).notes)
    donor = forecast(sea, saved, role="donor")
    assert donor.document["areas"] is None and donor.document["groups"] is None
    assert not any(("closure" in n and "sector" in n) or "reach into" in n for n in donor.notes)


def test_a_plan_without_teams_says_so(sea, tmp_path, capsys):
    _, saved = sea.planned(pools=(pool("ts", 8_000.0),))
    save_plan(tmp_path / "plan", saved)
    assert run("forecast", "make", sea.path, "--plan", tmp_path / "plan", "--as", "planner",
               "--runs", 20, "--no-backtest", "--by", "2035-12-31", "--quiet",
               "--json", tmp_path / "f.json") == 0
    said = capsys.readouterr().out
    assert "20 of 20 runs do not finish" in said
    assert "Chance of being done by 2035-12-31: 0% (0% to 8%, as far as 20 runs can tell)" in said
    assert "team-days alone" in said
    document = json.loads((tmp_path / "f.json").read_bytes())
    assert any("no team that can do them" in n for n in document["notes"])
    assert document["years_until_done"]["p50"] is None


def test_the_answer_is_the_same_wherever_the_runs_are_played(sea, tmp_path, capsys):
    _, saved = sea.planned()
    save_plan(tmp_path / "plan", saved)
    found = []
    for n, words in enumerate(((), ("--workers", 1), ("--scheduler", "processes"))):
        assert run("forecast", "make", sea.path, "--plan", tmp_path / "plan", "--as", "planner",
                   "--runs", 60, "--no-backtest", "--quiet", "--json", tmp_path / f"{n}.json",
                   *words) == 0
        found.append(json.loads((tmp_path / f"{n}.json").read_bytes()))
    assert found[0] == found[1] == found[2]
    for wrong in ("nowhere", "tcp://127.0.0.1:1"):
        capsys.readouterr()
        assert run("forecast", "make", sea.path, "--plan", tmp_path / "plan", "--as", "planner",
                   "--scheduler", wrong) == 2
        assert "CLI-103" in capsys.readouterr().err


# --- closures on record --------------------------------------------------------------------------


def past(sea, areas=(0, 1), more=0.0, count=6, name="past"):
    for k in range(count):
        first = date(2031, 1, 10) + timedelta(days=50 * k)
        sea.close(f"{name} {k}", first, first + timedelta(days=20), areas, more * k)


def closed_areas(sea, tmp_path, process="fitted"):
    land, saved = sea.planned()
    closed = scenarios.closures_of(sea.registry, saved.plan, land, saved.assumptions)
    path = tmp_path / "s.json"
    path.write_text(json.dumps({"name": "again", "closure_process": process}))
    _, chosen = scenarios.scenarios_of([path], saved.plan, saved.assumptions, closed)
    sector = chosen.circumstances.sector
    ids = np.array(saved.plan.problem.hazard_ids)[saved.plan.problem.hazard]
    assert sector.max() + 1 == len(chosen.circumstances.closings)
    return sorted(set(ids[sector >= 0].tolist())), closed, chosen


def test_past_closures_of_a_strip_close_the_strip_and_no_other_ground(sea, tmp_path):
    past(sea)
    shut, closed, chosen = closed_areas(sea, tmp_path)
    assert shut == ["A-0", "A-1"]
    (process,) = chosen.circumstances.closings
    assert process.closed_days == pytest.approx(21, abs=1) and closed.circumstances.shut == ()
    assert any("1 sectors: 0 is A-0 and 1 more" in n for n in closed.notes)


def test_a_closure_in_force_elsewhere_changes_nothing_of_that(sea, tmp_path):
    past(sea)
    sea.close("now", START - timedelta(days=3), START + timedelta(days=40), [5])
    shut, closed, _ = closed_areas(sea, tmp_path)
    assert shut == ["A-0", "A-1", "A-5"]
    (one,) = closed.circumstances.shut
    assert one.first == START and one.last == START + timedelta(days=40)
    sectors = closed.circumstances.sector
    assert len(set(sectors[sectors >= 0].tolist())) == 2


def test_a_strip_that_is_drawn_a_little_differently_each_time_is_one_place(sea, tmp_path):
    past(sea, more=1e-5)  # a metre more each time
    shut, closed, _ = closed_areas(sea, tmp_path)
    assert shut == ["A-0", "A-1"] and closed.fitted is not None


def test_land_beside_a_closed_sector_is_not_closed_with_it(sea, tmp_path):
    """Sectors lie side by side, and an area lies across each border: each closes by itself."""
    for n in range(0, AREAS, 2):
        past(sea, areas=(n, n + 1, n + 2), name=f"sector {n}")
    sea.close("now", START - timedelta(days=3), START + timedelta(days=40), [0, 1, 2])
    shut, closed, chosen = closed_areas(sea, tmp_path)
    assert shut == [f"A-{n}" for n in range(AREAS)]
    own = np.isin(closed.circumstances.sector, [s.sector for s in closed.circumstances.shut])
    assert np.count_nonzero(own) < len(own) / 2
    often = sorted(chosen.circumstances.often)
    assert set(often) == {1, 2}
    by_often = {n: c.open_days for n, c in zip(chosen.circumstances.often,
                                               chosen.circumstances.closings, strict=True)}
    assert by_often[2] == pytest.approx(by_often[1] / 2)


def test_closures_that_touch_no_area_of_the_plan_teach_but_close_nothing(sea, tmp_path):
    past(sea, areas=(20,), name="far")
    with pytest.raises(LandReleaseError, match="FOR-009"):
        closed_areas(sea, tmp_path)


def test_a_closure_without_an_end_lasts_as_assumed_and_that_is_said(sea):
    sea.close("now", START - timedelta(days=3), None, [2])
    land, saved = sea.planned()
    closed = scenarios.closures_of(sea.registry, saved.plan, land, saved.assumptions)
    days = round(saved.assumptions.value("closure_open_days"))
    assert closed.circumstances.shut[0].last == START + timedelta(days=days)
    assert any(f"taken to last {days} days" in n for n in closed.notes)
    ends = [forecast(sea, saved, scenario=None).document["areas"][k]["p50"]
            for k in range(AREAS)]
    with open_registry(sea.path) as opened:
        assert opened.count() and max(ends) >= (START + timedelta(days=days)).isoformat()


# --- what back-testing sees of the records -------------------------------------------------------


def known(sea):
    from landrelease.workflows import forecasting

    sea.registry.append(sea._revisions)
    sea._revisions = []
    return forecasting._Known(sea.registry, policy.view("planner"), None, None,
                              load_assumptions(None, sea.registry))


def cleared(sea, name, shape, hazard, on=date(2031, 3, 1), kind="cleared"):
    sea.add("outcome", name, {"outcome_type": kind, "hazard": hazard, "identifier": name}, shape,
            on)


def half(n, second=False):
    west, south, east, north = box(n).bounds
    middle = (west + east) / 2
    return shapely.box(middle, south, east, north) if second else shapely.box(
        west, south, middle, north)


def test_safety_S03_ground_that_two_outcomes_hold_is_released_once(sea):
    from landrelease.core.geometry import geodesic_area_m2

    cleared(sea, "O-1", half(0), "A-0")
    cleared(sea, "O-2", box(0), "A-0", date(2031, 4, 1))
    cleared(sea, "O-3", half(0), "A-0", date(2031, 5, 1))
    cleared(sea, "O-4", half(1), "A-1", kind="reduced")
    cleared(sea, "O-5", half(1), "A-1", kind="cleared")
    found = known(sea)
    one, whole = geodesic_area_m2(half(0)), geodesic_area_m2(box(0))
    by_day = dict.fromkeys([d for d, _ in found.released()], 0.0)
    for day, m2 in found.released():
        by_day[day] += m2
    assert by_day[date(2031, 4, 1)] == pytest.approx(whole - one, rel=1e-6)
    assert by_day[date(2031, 5, 1)] == pytest.approx(0, abs=1e-3)
    assert found.left_m2() == pytest.approx(
        found.area.sum() - whole - geodesic_area_m2(half(1)), rel=1e-9)
    standing = found.standing(START)
    assert not standing.open[0]  # all of it is cleared, once
    assert standing.cleared_m2[1] == pytest.approx(geodesic_area_m2(half(1)), rel=1e-6)
    assert standing.clear_m2[1] == pytest.approx(found.area[1], rel=1e-6)  # nothing was reduced


def test_an_area_that_was_divided_counts_once_and_its_parts_end_by_themselves(sea):
    for n, part in enumerate((half(0), half(0, True))):
        sea.add("hazard", f"A-0-{n}", {"identifier": f"A-0-{n}", "status": "open",
                                       "hazard_type": "CHA", "parents": ["A-0"]}, part)
    # Decided before the division, in the name of the whole; then a report of work on it.
    cleared(sea, "O-1", half(0, True), "A-0")
    sea.add("activity", "act-1", report(1, date(2031, 3, 3), m2=400.0, area="A-0").values, None,
            date(2031, 3, 3))
    found = known(sea)
    ids = [h.id for h in found.hazards]
    assert "A-0" not in ids and len(ids) == AREAS + 1
    standing = found.standing(START)
    left, right = ids.index("A-0-0"), ids.index("A-0-1")
    assert standing.open[left] and not standing.open[right]
    assert standing.cleared_m2[left] == pytest.approx(200.0, rel=0.01)


def test_a_lot_that_failed_is_not_cleared_until_it_is_cleared_or_accepted_again(sea):
    for n in range(4):
        cleared(sea, f"O-{n}", box(n), f"A-{n}")

    def inspected(name, lot, result, on):
        sea.add("inspection", name, {"outcomes": [lot], "result": result, "inspected_on": on}, None,
                on)

    inspected("I-1", "O-1", "rejected", date(2031, 3, 10))
    inspected("I-2", "O-2", "rejected", date(2031, 3, 10))
    inspected("I-3", "O-2", "accepted", date(2031, 5, 10))
    inspected("I-4", "O-3", "rejected", date(2031, 3, 10))
    sea.add("activity", "again", report(1, date(2031, 4, 1), m2=30_000.0, area="A-3").values, None,
            date(2031, 4, 1))
    standing = known(sea).standing(START)
    assert standing.open[:4].tolist() == [False, True, False, False]
    assert (standing.inspected, standing.failed) == (4, 3)


@pytest.mark.parametrize(("months", "season"), [
    (range(1, 13), (1, 12)), ([10, 11, 12, 1, 2, 3, 4, 5], (10, 5)), (range(4, 12), (4, 11)),
    ([6], (6, 6)), ([4, 5, 6, 9, 10], (4, 10))])
def test_the_season_is_that_of_the_reports_also_over_new_year(months, season):
    from landrelease.workflows.forecasting import season_of

    days = [m for m in months for _ in range(20)]
    assert season_of(days) == season
    assert season_of([*days, 12 if 12 not in months else 6]) == season  # one day more is chance


def test_one_sunday_makes_no_week_of_seven_days(sea):
    from landrelease.workflows.forecasting import days_a_week

    sea.reports(months=4)
    assert days_a_week(known(sea).reported.days) == 6.0
    sea.add("activity", "sunday", report("s", date(2031, 1, 5), area="A-0").values, None,
            date(2031, 1, 5))
    assert days_a_week(known(sea).reported.days) == 6.0


def test_safety_S12_a_past_month_is_forecast_from_what_was_known_then(tmp_path):
    """Records that came in month by month; a correction that came much later changes no forecast of
    the months before it."""
    from landrelease.workflows import forecasting

    def tested(name, *, corrected, at_once=False):
        made = Sea(tmp_path / f"{name}.gpkg")
        made.reports(months=9)
        for n in range(5):
            cleared(made, f"O-{n}", box(n), f"A-{n}", FIRST + timedelta(days=40 + 45 * n))
        late = datetime(2031, 10, 1, tzinfo=UTC)
        made.registry.append([dataclasses.replace(r, recorded_at=late if at_once else max(
            datetime.combine(r.valid_from + timedelta(days=3), datetime.min.time(), UTC),
            datetime(2030, 12, 2, tzinfo=UTC))) for r in made._revisions])
        if corrected:  # the reports of the first month were ten times too small
            made.registry.append([dataclasses.replace(
                r, recorded_at=late, reason="corrected",
                values={**r.values, "area_m2": r.values["area_m2"] * 10})
                for r in made._revisions if r.kind == "activity"
                and r.valid_from < date(2031, 2, 1)])
        found = forecasting.backtest(made.registry, policy.view("planner"), load_assumptions(),
                                     runs=40)
        made.registry.close()
        return found

    plain, corrected = (tested(f"{c}", corrected=c) for c in (False, True))
    assert plain.rows and plain.rows == corrected.rows
    assert not any("cannot be told" in n for n in corrected.notes)
    whole = [tested(f"once {c}", corrected=c, at_once=True) for c in (False, True)]
    assert whole[0].rows != whole[1].rows
    assert all(any("cannot be told" in n for n in w.notes) for w in whole)


# --- what reports teach beside rates -------------------------------------------------------------


def basis(sea, stated=None, pools=POOLS):
    land, saved = sea.planned(pools, stated)
    found = outlooks.basis_of(sea.registry, policy.view("planner"), saved.plan, saved.assumptions,
                              land)
    return found, saved


def changed(**values):
    stated = load_assumptions()
    return type(stated)({**stated.by_name, **{
        name: dataclasses.replace(stated[name], low=v, value=v, high=v)
        for name, v in values.items()}})


def test_a_slow_winter_in_the_reports_is_slow_in_the_forecast(sea):
    sea.reports(months=13, slow=0.4)
    found, _ = basis(sea, changed(season_first_month=1, season_last_month=12))
    month = found.closed.circumstances.month
    assert month[[0, 1, 11]].max() < 0.75 * month[[5, 6, 7]].min()
    (plan,) = found.scenarios([])
    flat = dataclasses.replace(plan, circumstances=dataclasses.replace(
        plan.circumstances, month=None))
    winter = dataclasses.replace(plan, circumstances=dataclasses.replace(
        plan.circumstances, month=np.full(12, month[[0, 1, 11]].mean())))
    slow, mean, all_winter = (float(np.median(found.play(s, runs=40, seed=1).finish_day))
                              for s in (plan, flat, winter))
    assert slow < all_winter and all_winter > 1.2 * mean
    said = " ".join(found.play(plan, runs=5, seed=1).notes)
    assert "rates by month, from 0." in said


def test_months_of_less_than_a_year_and_no_reports_teach_no_months(tmp_path):
    for name, months in (("short", 6), ("none", 0)):
        made = Sea(tmp_path / f"{name}.gpkg")
        made.reports(months=months)
        found, _ = basis(made)
        assert found.closed.circumstances.month is None
        if not months:
            assert found.taught == () and found.learned == {}
        made.registry.close()


def test_lots_that_failed_make_rework_likely_and_dear(tmp_path):
    costs, shares = [], []
    for result in ("accepted", "rejected"):
        made = Sea(tmp_path / f"{result}.gpkg")
        made.reports()
        for n in range(20):
            made.add("inspection", f"I-{n}", {"result": result, "inspected_on": date(2031, 5, 1)},
                     None, date(2031, 5, 1))
        found, _ = basis(made)
        outlook = found.play(found.scenarios([])[0], runs=200, seed=1)
        costs.append(float(np.mean(outlook.work_cost)))
        (rework,) = [a for a in found.taught if a.name == "rework_share"]
        shares.append(rework.value)
        words = [d.words for d in outlook.drivers if d.name == "rework_share"]
        assert all("reported" in w and "assumption" not in w for w in words)
        assert "fails inspection and is cleared again" in " ".join(outlook.notes)
        made.registry.close()
    assert shares[0] < 0.03 and shares[1] > 0.3 and costs[1] > 1.1 * costs[0]


def test_areas_that_survey_cancelled_teach_the_share_that_is_left(tmp_path):
    left = []
    for kind in ("cancelled", "cleared"):
        made = Sea(tmp_path / f"{kind}.gpkg")
        made.reports()
        for n in range(20, 32):
            made.add("hazard", f"A-{n}", {"identifier": f"A-{n}", "status": "open",
                                          "hazard_type": "SHA"}, box(n), date(2030, 1, 1))
            cleared(made, f"O-{n}", box(n), f"A-{n}", kind=kind)
        found, _ = basis(made)
        by = {a.name: a for a in found.taught}
        assert sum(by[f"share_{n}"].value for n in (
            "cancelled", "reduced", "cleared")) == pytest.approx(1)
        left.append(by["share_cleared"].value)
        # A scenario that states a share of its own is not overruled by what the records teach.
        path = tmp_path / "own.json"
        path.write_text(json.dumps({"name": "own", "assumptions": {
            "share_cancelled": 0.2, "share_reduced": 0.2, "share_cleared": 0.6,
            "rework_share": 0.5}}))
        own = found.scenarios([path])[1]
        assert not {"share_cleared", "rework_share"} & {a.name for a in own.taught}
        made.registry.close()
    assert left[0] < 0.7 * left[1]


def test_a_team_on_record_works_at_the_rate_that_it_reported(sea):
    sea.reports(teams=("team 1",), m2=200.0)
    generator = np.random.default_rng(9)
    for k in range(200):  # another one, three times as fast
        day = FIRST + timedelta(days=k)
        sea.add("activity", f"fast-{k}", report(
            f"f{k}", day, team="fast", m2=round(600 * float(np.exp(generator.normal(0, 0.2))), 1),
            area=f"A-{k % 4}").values, None, day)
    for name in ("team 1", "fast"):
        sea.add("team", f"team-{name}", {"identifier": name, "name": name})
    manual = pool("manual", 400.0, 1)
    found, _ = basis(sea, pools=(*POOLS[:2], manual))
    (plan,) = found.scenarios([])
    ends = {}
    for name in ("team-team 1", "team-fast"):
        pools = tuple(dataclasses.replace(p, members=(name,)) if p.kind == "manual" else p
                      for p in plan.plan.problem.pools)
        made = dataclasses.replace(plan, plan=dataclasses.replace(
            plan.plan, problem=dataclasses.replace(plan.plan.problem, pools=pools)))
        ends[name] = float(np.median(found.play(made, runs=60, seed=1).work_cost))
    assert ends["team-fast"] < 0.75 * ends["team-team 1"]


def test_new_teams_of_a_scenario_learn_as_the_reports_or_the_prior_say(sea, tmp_path):
    sea.reports()
    found, _ = basis(sea)
    path = tmp_path / "more.json"
    path.write_text(json.dumps({"name": "more", "teams": {"manual": "+2"}}))
    plan, more = found.scenarios([path])
    assert plan.circumstances.newcomers == {} and more.circumstances.newcomers == {"manual": 2}
    assert 0 < more.circumstances.learning["manual"].share < 0.5
    experienced = dataclasses.replace(more, circumstances=dataclasses.replace(
        more.circumstances, newcomers={}))
    new, old = (float(np.median(found.play(s, runs=40, seed=1).finish_day))
                for s in (more, experienced))
    assert new > old
    said = " ".join(found.play(more, runs=5, seed=1).notes)
    assert "new" in said and "slower" in said
