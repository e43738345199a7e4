"""Forecast: the report says what the forecast says, and can be read by people and by programs.

All figures here are synthetic; no place is named.
"""

import csv
import dataclasses
import io
import json
import math
import re
from datetime import date, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from landrelease import workflows
from landrelease.core.outlook import TrackRecord, TrackRow
from landrelease.forecast.circumstances import Circumstances, Closing
from landrelease.forecast.outlook import make_outlook
from landrelease.publish import charts
from landrelease.workflows.forecast_report import write_report
from landrelease.workflows.scenarios import finish_words
from test_forecast_calendar import assumptions, plan_of, region

pypdf = pytest.importorskip("pypdf")

BY, BUDGET = date(2033, 12, 31), 9e6
# Names that people give: markup, right to left, Cyrillic, a very long one.
HOSTILE = 'Зима & <script>alert("1")</script> سنة'
TRACK = TrackRecord(9, (TrackRow(1, 9, 12_300.0, 45_600.0, 78_900.0, {
    "50%": 4 / 9, "80%": 7 / 9, "95%": 1.0}, -2_000.0),), ("The scores are too kind.",))


@pytest.fixture(scope="module")
def made():
    plan = plan_of(region(12, seed=3, bases=1).problem)
    stated = assumptions()
    first = make_outlook(plan, stated, runs=100, seed=4)
    closed = Circumstances(
        name=HOSTILE, sector=np.zeros(len(plan.problem.stage_ids), dtype=int),
        closings=(Closing(20.0, 1.0, 10.0, 0.5),))
    second = make_outlook(plan, stated, runs=100, seed=4, circumstances=closed)
    return dataclasses.replace(first, track=TRACK), second


@pytest.fixture(scope="module")
def written(made, tmp_path_factory):
    out = tmp_path_factory.mktemp("report")
    paths = write_report(out, list(made), title="Forecast", chain_head="ab" * 32, synthetic=True,
                         made_on=date(2030, 2, 3), by=BY, budget=BUDGET,
                         needed=["3 more teams of manual reach 80 %."], notes=["Said beside it."])
    return out, paths


def test_so_few_runs_tell_no_interval_anywhere(made):
    from landrelease.publish import charts
    from landrelease.workflows import outlook_words
    from landrelease.workflows.scenarios import interval_words

    many = made[0]
    few = dataclasses.replace(many, finish_day=many.finish_day[:40], cost=many.cost[:40])
    assert few.few and not many.few
    words = " ".join(outlook_words(few))
    assert "40, too few for an interval, at least 100 are needed" in words and "80 %" not in words
    assert interval_words(few) == "too few runs (40)"
    assert "80 % of 100 runs between" in " ".join(outlook_words(many))
    assert " to " in interval_words(many)
    assert "c-band" in charts.fan_chart(many, None, "") and "c-band" not in charts.fan_chart(
        few, None, "")
    # One run has ends of its own at no distance: it is the worst of all.
    one = dataclasses.replace(few, finish_day=few.finish_day[:1], cost=few.cost[:1])
    assert one.few and "80 %" not in " ".join(outlook_words(one))


class Page(HTMLParser):
    """Tables by the heading before them, the list items, and every address that is loaded."""

    def __init__(self, text):
        super().__init__()
        self.tables, self.notes, self.loads, self.tags, self.shown = {}, [], [], [], ""
        self._heading, self._cell = "", None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.loads += [v for k, v in attrs if k in ("src", "href", "action") and v]
        if tag in ("h2", "th", "td", "li", "figcaption"):
            self._cell = ""
        if tag == "tr":
            self.tables.setdefault(self._heading, []).append([])

    def handle_endtag(self, tag):
        if tag in ("th", "td"):
            self.tables[self._heading][-1].append(self._cell)
        elif tag == "h2":
            self._heading = self._cell
        elif tag == "li":
            self.notes.append(self._cell)
        if tag in ("h2", "th", "td", "li", "figcaption"):
            self._cell = None

    def handle_data(self, data):
        self.shown += data
        if self._cell is not None:
            self._cell += data


def rows_of(path):
    return list(csv.DictReader(
        line for line in path.read_text("utf-8-sig").splitlines() if not line.startswith("#")))


def test_the_table_of_the_report_holds_the_numbers_of_the_json(made, written):
    page = Page((written[0] / "forecast.html").read_text("utf-8"))
    head, *rows = page.tables["When and for how much"]
    assert head[-2:] == [f"by {BY}", "within budget"] and len(rows) == 2
    for outlook, row in zip(made, rows, strict=True):
        told = json.loads(json.dumps(
            workflows.outlook_summary(outlook, by=BY, budget=BUDGET)))
        cell = dict(zip(head, row, strict=True))
        assert cell["scenario"] == outlook.scenario
        dates = {k: (outlook.start + timedelta(days=math.ceil(v * 365.25 - 1e-6))).isoformat()
                 for k, v in told["years_until_done"].items()}
        assert cell["done (median)"] == dates["p50"]
        assert cell["80 % of the runs"] == f"{dates['p10']} to {dates['p90']}"
        millions = told["cost"]["p10"] >= 1e7  # one format for what stands beside each other
        money = {k: f"{v / 1e6:,.0f} M" if millions else f"{v:,.0f}"
                 for k, v in told["cost"].items()}
        assert cell["cost (median)"] == f"{money['p50']} {told['currency']}"
        assert cell["80 %"] == f"{money['p10']} to {money['p90']}"
        assert cell["not finished"] == f"{told['not_finished']} of {told['runs']}"
        assert cell[f"by {BY}"] == f"{told['chance_by']:.0%}"
        assert cell["within budget"] == f"{told['chance_of_budget']:.0%}"


def test_the_report_says_drivers_scores_needs_notes_and_the_rule(made, written):
    page = Page((written[0] / "forecast.html").read_text("utf-8"))
    first = made[0]
    for driver in first.drivers:
        assert driver.words in page.notes
    assert first.explained in page.notes and first.cost_definition in page.notes
    assert any(first.policy in note for note in page.notes)
    assert {"3 more teams of manual reach 80 %.", "Said beside it.",
            "The scores are too kind."} <= set(page.notes)
    head, row = page.tables["How good such forecasts were"]
    cell = dict(zip(head, row, strict=True))
    assert cell == {"months ahead": "1", "forecasts": "9", "inside 50 %": "44%",
                    "inside 80 %": "78%", "inside 95 %": "100%", "CRPS, ha": "1.23",
                    "pace drawn again, ha": "4.56", "straight, ha": "7.89"}


def test_what_the_charts_draw_is_in_tables_and_is_the_forecast(made, written):
    fan, ends = rows_of(written[0] / "fan.csv"), rows_of(written[0] / "finish.csv")
    cost, track = rows_of(written[0] / "cost.csv"), rows_of(written[0] / "backtest.csv")
    for outlook in made:
        own = [r for r in fan if r["scenario"] == outlook.scenario]
        assert len(own) == len(outlook.curve_days)
        for k, q in enumerate(outlook.quantiles):
            values = [float(r[f"released_m2_p{round(100 * q)}"]) for r in own]
            assert values == pytest.approx(outlook.released_m2[k].tolist(), abs=0.06)
        by_day = {r["date"]: float(r["chance_done"]) for r in ends
                  if r["scenario"] == outlook.scenario}
        assert by_day[BY.isoformat()] == pytest.approx(outlook.chance_by(BY), abs=1e-4)
        assert list(by_day.values()) == sorted(by_day.values())
        assert max(by_day.values()) == pytest.approx(
            np.isfinite(outlook.finish_day).mean(), abs=1e-4)
        sums = {float(r["share_of_runs"]): r for r in cost if r["scenario"] == outlook.scenario}
        for share in (0.1, 0.5, 0.9):
            money, known = outlook.cost_quantile(share)
            assert float(sums[share]["cost"]) == pytest.approx(money, abs=0.006)
            assert sums[share]["known"] == ("yes" if known else "at least")
    assert float(track[0]["crps_m2"]) == 12_300 and float(track[0]["inside_80"]) == 0.7778


def test_the_page_stands_alone_and_a_name_is_never_markup(written):
    text = (written[0] / "forecast.html").read_text("utf-8")
    page = Page(text)
    assert "script" not in page.tags and page.loads == []
    assert HOSTILE in page.shown and "SYNTHETIC" in page.shown.upper()
    assert page.tags.count("figure") == 4  # fan, finish, cost, scenarios


def test_the_charts_are_pictures_of_the_forecast(made, written):
    for path in written[1]:
        if path.suffix == ".svg":
            root = ElementTree.fromstring(path.read_text("utf-8"))
            assert root.tag.endswith("svg") and "synthetic" in path.read_text("utf-8")
    tree = ElementTree.fromstring((written[0] / "finish.svg").read_text("utf-8"))
    words = [t.text for t in tree.iter("{http://www.w3.org/2000/svg}text")]
    assert HOSTILE in words and "100 %" in words


def test_the_s_curve_ends_at_the_share_of_the_runs_that_finish(made):
    outlook = dataclasses.replace(made[0], finish_day=np.array([100.0, 200.0, np.inf, np.inf]),
                                  cost=np.array([1e6, 2e6, 9e6, 9e6]))
    for cost in (False, True):
        line = re.search(r'stroke-dasharray="[^"]*" d="M([^"]+)"',
                         charts.s_curve([outlook], "", cost=cost)).group(1)
        at = [tuple(map(float, p.split())) for p in line.split("L")]
        bottom, top = at[0][1], 22.0
        shares = [(bottom - y) / (bottom - top) for _, y in at]
        assert shares == pytest.approx([0, 0.25, 0.5, 0.5], abs=0.01)  # half is never done
        assert [x for x, _ in at] == sorted(x for x, _ in at)


def test_costs_of_runs_that_do_not_finish_are_lower_bounds_in_the_report(made, tmp_path):
    never = dataclasses.replace(made[0], finish_day=np.full(100, np.inf))
    write_report(tmp_path, [never], title="Forecast", chain_head="ab" * 32, synthetic=False,
                 made_on=date(2030, 2, 3))
    page = Page((tmp_path / "forecast.html").read_text("utf-8"))
    head, row = page.tables["When and for how much"]
    cell = dict(zip(head, row, strict=True))
    assert cell["not finished"] == "100 of 100" and cell["cost (median)"].startswith("at least ")
    assert cell["done (median)"].startswith("after ") and finish_words(never)[1] == cell[
        "done (median)"]
    assert all(r["known"] == "at least" for r in rows_of(tmp_path / "cost.csv"))
    assert {r["chance_done"] for r in rows_of(tmp_path / "finish.csv")} == {"0.0"}


def test_the_document_says_what_the_page_says(made, written):
    reader = pypdf.PdfReader(io.BytesIO((written[0] / "forecast.pdf").read_bytes()))
    said = " ".join(" ".join(p.extract_text() for p in reader.pages).split())
    page = Page((written[0] / "forecast.html").read_text("utf-8"))
    for row in page.tables["When and for how much"][1:]:
        for cell in row[1:]:
            assert cell in said
    assert "Зима" in said and "SYNTHETIC" in said.upper()
    assert "3 more teams of manual reach 80 %." in said
    box = reader.pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)


def test_the_same_forecast_gives_the_same_report(made, written, tmp_path):
    write_report(tmp_path, list(made), title="Forecast", chain_head="ab" * 32, synthetic=True,
                 made_on=date(2030, 2, 3), by=BY, budget=BUDGET,
                 needed=["3 more teams of manual reach 80 %."], notes=["Said beside it."])
    for path in written[1]:
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
