"""PUB: the pages in a real browser, from file://, with every other request refused."""

from __future__ import annotations

import dataclasses
import math
import os
import shutil
from datetime import date

import numpy as np
import pytest
import shapely

from landrelease.access.answer import PublicLand, Release, ReleasedPart
from landrelease.assess.contamination import contamination_map, density_of
from landrelease.core.geometry import LocalPlane
from landrelease.core.report import Reopening, ReportedGround
from landrelease.publish.page import render_page, render_public
from landrelease.workflows import load_assumptions
from test_publish_report import Everything, public_report, region_report

pytestmark = pytest.mark.browser
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture(scope="module")
def browser():
    where = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    if not where:
        pytest.skip("no Chromium: apt-get install chromium, or set CHROMIUM to its path")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as p:
        running = p.chromium.launch(executable_path=where, args=list(ARGUMENTS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    report = region_report()
    report = dataclasses.replace(
        report, contamination=contamination_map(
            report.land, report.assessments, density_of(load_assumptions()))
    )
    (folder / "planner.html").write_text(render_page(report, Everything()), encoding="utf-8")
    (folder / "public.html").write_text(render_public(public_report()), encoding="utf-8")
    return folder


@pytest.fixture
def opened(browser, files):
    """Opens a page; afterwards: no error was written and no request left."""
    contexts, said, left = [], [], []

    def open_page(name, width=1440, height=900, dark=False):
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)

        def route(r):
            if r.request.url.startswith(("file:", "data:")):
                r.continue_()
            else:
                left.append(r.request.url)
                r.abort()

        context.route("**/*", route)
        page = context.new_page()
        page.on("console", lambda m: said.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda e: said.append(str(e)))
        page.goto((files / f"{name}.html").as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=20_000)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == [] and left == []


PIXELS = """() => {
  const c = document.getElementById('canvas'), d = c.getContext('2d').getImageData(
    0, 0, c.width, c.height).data, seen = new Set();
  for (let i = 0; i < d.length; i += 4) seen.add(d[i] << 16 | d[i + 1] << 8 | d[i + 2]);
  let sum = 0;
  for (let i = 0; i < d.length; i++) sum = (sum * 31 + d[i]) | 0;
  return [seen.size, sum];
}"""


def frame(page):
    page.evaluate("() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")


def test_the_map_is_drawn_and_the_slider_moves_the_plan(opened):
    page = opened("planner")
    colours, before = page.evaluate(PIXELS)
    assert colours > 20
    assert said(page).startswith("1 Apr 2027: 0 of 486 areas finished")
    page.fill("#day", "1400")
    frame(page)
    text = said(page)
    assert "of 486 areas finished" in text and not text.startswith("1 Apr 2027")
    assert page.evaluate(PIXELS)[1] != before
    page.evaluate(
        "() => { const d = document.getElementById('day'); d.value = d.max;"
        " d.dispatchEvent(new Event('input')); }"
    )
    assert "486 of 486 areas finished, 0 in work, 0 not started" in said(page)


def said(page):
    """What is read aloud, once the slider has come to rest."""
    page.wait_for_timeout(450)
    return page.evaluate("() => document.getElementById('state').textContent")


def test_the_slider_works_with_keys_and_tells_date_area_and_people(opened):
    page = opened("planner")
    assert page.inner_text("#date") == "1 Apr 2027"
    assert page.inner_text("#now-areas") == "0 of 486" and page.inner_text("#now-people") == "0"
    given = page.inner_text("#now-given")
    assert given.startswith("0 ha of 7,4") and given.endswith(" ha")
    page.focus("#day")
    seen = []
    for key, day in (("ArrowRight", "8 Apr 2027"), ("ArrowLeft", "1 Apr 2027"),
                     ("PageUp", "30 Mar 2028"), ("PageUp", "29 Mar 2029"),
                     ("PageDown", "30 Mar 2028"), ("End", None), ("Home", "1 Apr 2027")):
        page.keyboard.press(key)
        assert day is None or page.inner_text("#date") == day
        if key == "End":
            seen = [page.inner_text(f"#now-{k}") for k in ("areas", "given", "people")]
            value = page.get_attribute("#day", "aria-valuetext")
            aloud = said(page)
    assert seen[0] == "486 of 486" and seen[1].split(" of ")[0] != "0 ha"
    assert seen[2].startswith("At most ")
    for text in (value, aloud):
        assert "486 of 486" in text and " ha " in text and "At most " in text
    assert all(word in aloud for word in ("cancelled", "reduced", "cleared"))  # S03
    assert len(page.locator("#years span").all()) >= 3


def test_the_slider_counts_the_communities_where_roads_were_looked_at(browser, tmp_path):
    report = region_report()
    start = report.plan.problem.slot_starts[0]
    found = Reopening(start, ("A", "B", "C"), np.array([100.0, np.nan, 40.0]),
                      np.array([0.0, 30.5, np.inf]))
    path = tmp_path / "roads.html"
    path.write_text(render_page(dataclasses.replace(report, communities=found), Everything()))
    page = browser.new_page()
    page.goto(path.as_uri())
    assert page.inner_text("#now-people") == "100 people"
    assert page.inner_text("#note-people") == "in 1 of 3 communities that can be reached"
    page.focus("#day")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    assert page.inner_text("#now-people") == "100 people"
    assert page.inner_text("#note-people") == (
        "in 2 of 3 communities that can be reached (1 of them did not report their people)")
    page.close()


def test_play_runs_and_stops(opened):
    page = opened("planner")
    page.click("#play")
    page.wait_for_function("() => Number(document.getElementById('day').value) > 60")
    page.click("#play")
    assert page.get_attribute("#play", "aria-pressed") == "false"


def test_search_filters_and_sort_sorts(opened):
    page = opened("planner")
    assert page.inner_text("#count") == "1 to 50 of 486"
    page.fill("#search", "hazard-0170")
    assert page.locator("#areas-body tr").count() == 1
    page.fill("#search", "no such area")
    assert page.inner_text("#count") == "No area matches."
    page.fill("#search", "")
    page.click("[data-sort=area]")
    page.click("[data-sort=area]")
    sizes = [
        float(t.replace(",", ""))
        for t in page.locator("#areas-body td[data-label=Hectares]").all_inner_texts()
    ]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) == 50
    assert page.get_attribute("th:has([data-sort=area])", "aria-sort") == "descending"
    page.click("#next")
    assert page.inner_text("#count") == "51 to 100 of 486"
    page.select_option("#filter-municipality", "=Travnik")
    assert page.inner_text("#count") == "1 to 50 of 75"


def test_an_area_opens_from_the_table_and_from_the_keyboard(opened):
    page = opened("planner")
    page.click("#areas-body tr:first-child button")
    name = page.inner_text("#areas-body tr:first-child button")
    assert page.inner_text("#detail-title") == name
    assert "Order of work" in page.inner_text("#detail")
    frame(page)
    _, before = page.evaluate(PIXELS)
    page.focus("#canvas")
    for key in ("ArrowLeft", "+"):
        page.keyboard.press(key)
    frame(page)
    assert page.evaluate(PIXELS)[1] != before
    for _ in range(40):
        page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    assert "No information here: treat as dangerous." in page.inner_text("#detail")


def test_layers_and_colours_change_the_map(opened):
    page = opened("planner")
    seen = {page.evaluate(PIXELS)[1]}
    for choice in ("people", "chance", "class"):
        page.select_option("#colour", choice)
        frame(page)
        seen.add(page.evaluate(PIXELS)[1])
    page.uncheck("[data-layer=hazards]")
    frame(page)
    seen.add(page.evaluate(PIXELS)[1])
    assert len(seen) == 5


def test_the_contamination_map_is_a_layer_with_its_own_legend(opened):
    page = opened("planner")
    assert not page.is_visible("#cells-legend")
    before = page.evaluate(PIXELS)[1]
    page.check("[data-layer=cells]")
    frame(page)
    assert page.is_visible("#cells-legend") and page.evaluate(PIXELS)[1] != before
    assert "Prior." in page.inner_text("#cells-legend")
    page.click("#areas-body tr:first-child button")  # moves the map to an area
    page.evaluate("() => document.getElementById('canvas').scrollIntoView({behavior: 'instant'})")
    frame(page)
    box = page.locator("#canvas").bounding_box()
    said = set()
    for k in range(12):
        page.mouse.move(box["x"] + box["width"] * (0.44 + 0.01 * k), box["y"] + box["height"] / 2)
        frame(page)
        said.add(page.inner_text("#tip") if page.is_visible("#tip") else "")
    assert any("cell: " in text and "(prior)" in text for text in said)


def test_safety_S01_from_afar_a_cell_shows_the_highest_chance_below_it(opened):
    page = opened("planner")
    wrong = page.evaluate(
        """() => {
          const data = JSON.parse(document.getElementById('data').textContent).map;
          const cells = new Cells(data.cells, new Plane(data)), wrong = [];
          const spread = (rows) => rows.map((row) => {
            const found = {};
            for (let i = 0; i < row.length; i += 3) {
              for (let c = row[i]; c < row[i + 1]; c++) found[c] = row[i + 2];
            }
            return found;
          });
          for (let n = 1; n < 4; n++) {
            const expected = spread(cells.level(n - 1)).reduce((all, row, r) => {
              const into = all[r >> 1] || (all[r >> 1] = {});
              for (const [c, k] of Object.entries(row)) {
                into[c >> 1] = Math.min(k, into[c >> 1] ?? 9);
              }
              return all;
            }, []);
            if (JSON.stringify(expected) !== JSON.stringify(spread(cells.level(n)))) wrong.push(n);
          }
          return wrong;
        }"""
    )
    assert wrong == []


@pytest.mark.parametrize("name", ["planner", "public"])
@pytest.mark.parametrize("width, dark", [(390, False), (390, True), (1600, True)])
def test_nothing_is_wider_than_the_screen(opened, name, width, dark):
    page = opened(name, width, 844, dark)
    assert page.evaluate("() => document.documentElement.scrollWidth") <= width


class Screen:
    """Where the public page's map shows which ground: its own fit to the whole, done anew."""

    def __init__(self, page, report):
        box = page.locator("#canvas").bounding_box()
        self.left, self.top, width, height = (box[k] for k in ("x", "y", "width", "height"))
        west, south, east, north = shapely.total_bounds(
            [*report.hazardous, *(r.ground for r in report.released)])
        self.lon0, lat0 = (west + east) / 2, math.radians((south + north) / 2)
        self.k, self.merc0 = 6_378_137 * math.cos(lat0), math.asinh(math.tan(lat0))
        x0, y0, x1, y1 = *self.world(west, north), *self.world(east, south)
        pad = min(40, width / 12)
        self.px = min((width - 2 * pad) / (x1 - x0), (height - 2 * pad) / (y1 - y0))
        self.tx = width / 2 - (x0 + x1) / 2 * self.px
        self.ty = height / 2 - (y0 + y1) / 2 * self.px

    def world(self, lon, lat):
        return (math.radians(lon - self.lon0) * self.k,
                -(math.asinh(math.tan(math.radians(lat))) - self.merc0) * self.k)

    def at(self, lon, lat):
        """Pixel of the canvas."""
        x, y = self.world(lon, lat)
        return x * self.px + self.tx, y * self.px + self.ty

    def place(self, x, y):
        """(longitude, latitude, m in one pixel there)."""
        x, y = (x - self.tx) / self.px, (y - self.ty) / self.px
        lat = math.atan(math.sinh(self.merc0 - y / self.k))
        metres = math.cos(lat) * 6_378_137 / self.k / self.px
        return self.lon0 + math.degrees(x / self.k), math.degrees(lat), metres


@pytest.mark.parametrize("width", [390, 1440])
def test_safety_S15_a_tap_on_the_published_map_is_answered_as_on_the_page_for_everybody(
        opened, width):
    """At the edges of cells and of released ground, where a pixel is far more than a step."""
    report = public_report()
    page = opened("public", width)
    page.evaluate("() => document.getElementById('canvas').scrollIntoView({behavior: 'instant'})")
    screen, rng = Screen(page, report), np.random.default_rng(3)
    land = PublicLand(LocalPlane(17.15, 44.05), report.hazardous, [
        ReleasedPart(Release(r.outcome_type, r.depth_m, r.released_on), r.ground, r.signed)
        for r in report.released])
    told = set()
    grounds = [*report.hazardous[:8], *(r.ground for r in report.released)]
    for ground in grounds:
        for _ in range(4 if width == 390 else 6):
            on = ground.exterior.interpolate(rng.uniform(0, 1), normalized=True)
            if rng.uniform() < 0.3:
                on = ground.centroid
            x, y = (int(v + rng.normal(0, 6)) for v in screen.at(on.x, on.y))
            page.mouse.click(screen.left + x, screen.top + y)
            kind = page.get_attribute("#answer", "class").split()[-1]
            lon, lat, metres = screen.place(x, y)
            answer = land.answer(shapely.Point(lon, lat), 10 + 4 * metres).told
            near = land.answer(shapely.Point(lon, lat), 10 + 3 * metres).told
            far = land.answer(shapely.Point(lon, lat), 10 + 5 * metres).told
            said = {"hazard": "hazardous", "released": "released", "blank": "no_information"}[kind]
            told.add(said)
            assert said in {near, answer, far}, (lon, lat, said, answer)
    assert {"hazardous", "no_information"} <= told and (width == 390 or "released" in told)


def test_safety_S15_a_tap_on_the_public_map_answers_hazardous_or_no_information(opened):
    page = opened("public")
    page.focus("#canvas")
    page.keyboard.press("Enter")
    first = page.inner_text("#answer")
    page.evaluate("() => document.getElementById('canvas').scrollIntoView({behavior: 'instant'})")
    answers = {first}
    for share in (0.38, 0.42, 0.5, 0.58, 0.62):
        for up in (0.5, 0.52, 0.54, 0.56, 0.58, 0.6, 0.62, 0.05):
            box = page.locator("#canvas").bounding_box()
            page.mouse.click(box["x"] + box["width"] * share, box["y"] + box["height"] * up)
            answers.add(page.inner_text("#answer"))
    for words in ("HAZARDOUS. Do not enter. Do not approach, do not touch. The answer is about all",
                  "No information about this place. Treat it as dangerous. The answer is about"):
        assert any(a.startswith(words) for a in answers), words
    assert not any("safe" in a.lower() for a in answers)


def test_safety_S01_a_tap_tells_what_was_reported_there_and_the_map_draws_it(opened, files):
    """On released and on hazardous ground; elsewhere nothing but what nobody can place."""
    bare = public_report()
    cells = [shapely.box(*bare.released[0].ground.bounds), shapely.box(*bare.hazardous[0].bounds)]
    report = dataclasses.replace(bare, unplaced=True, reported=(
        ReportedGround(cells[0], date(2026, 5, 4)), ReportedGround(cells[1], None)))
    for name, shown in (("without", bare), ("reported", report)):
        (files / f"{name}.html").write_text(render_public(shown), encoding="utf-8")
    before = opened("without").evaluate(PIXELS)[1]
    page = opened("reported")
    assert page.evaluate(PIXELS)[1] != before
    assert page.locator(".legend .fill-reported").count() == 1
    page.evaluate("() => document.getElementById('canvas').scrollIntoView({behavior: 'instant'})")
    screen = Screen(page, report)

    def tap(place):
        x, y = screen.at(place.x, place.y)
        page.mouse.click(screen.left + x, screen.top + y)
        return page.get_attribute("#answer", "class").split(), page.inner_text("#answer")

    for place, day in ((cells[0].centroid, "4 May 2026"), (cells[1].centroid, "not reported")):
        kinds, said = tap(place)
        assert "reported" in kinds and {"hazard", "released"} & set(kinds)
        assert f"Somebody reported something dangerous at or near this place (day: {day})" in said
        assert "Of some recorded hazards nobody knows the place" in said
    kinds, said = tap(report.hazardous[-1].centroid)
    assert "reported" not in kinds and "Somebody" not in said and "nobody knows" in said
