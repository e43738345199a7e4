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
    assert "Rates learned from daily reports: manual teams" in said
    assert "no daily report of this programme has touched (priors): NTS teams, TS teams" in said
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
    assert document["notes"] == [*forecast_notes(document)]
    assert any("Rates learned" in n for n in document["notes"])


def forecast_notes(document):
    return [n for n in document["notes"] if n.strip()]


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
        np.quantile(plain.outlook.finish_day, 0.3, method="inverted_cdf"))))
    budget = float(np.median(plain.outlook.cost))
    made = forecast(sea, saved, by=by, budget=budget, chance=0.5)
    assert made.document["chance_by"] == pytest.approx(0.3, abs=0.03)
    assert made.document["chance_of_budget"] == pytest.approx(0.5, abs=0.05)
    assert made.needed and all(n.chance >= 0.5 for n in made.needed if n.more)
    assert any(n.more for n in made.needed), [n.words for n in made.needed]


def test_dates_of_areas_are_for_who_sees_dated_plans_and_closures_for_who_sees_them(sea):
    sea.close("now", START - timedelta(days=30), START + timedelta(days=60), [0])
    _, saved = sea.planned()
    assert any("reach into the plan" in n for n in forecast(sea, saved).notes)
    donor = forecast(sea, saved, role="donor")
    assert donor.document["areas"] is None and donor.document["groups"] is None
    assert not any(("closure" in n and "sector" in n) or "reach into" in n for n in donor.notes)


def test_a_plan_without_teams_says_so(sea, tmp_path, capsys):
    _, saved = sea.planned(pools=(pool("nts", 50_000.0),))
    save_plan(tmp_path / "plan", saved)
    assert run("forecast", "make", sea.path, "--plan", tmp_path / "plan", "--as", "planner",
               "--runs", 20, "--no-backtest", "--by", "2035-12-31", "--quiet",
               "--json", tmp_path / "f.json") == 0
    said = capsys.readouterr().out
    assert "20 of 20 runs do not finish" in said and "0%" in said
    document = json.loads((tmp_path / "f.json").read_bytes())
    assert any("no team that can do them" in n for n in document["notes"])
    assert document["years_until_done"]["p50"] is None


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
