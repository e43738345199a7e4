"""WEB: the map in use: the base map that the user brings, gaps of coverage, the time slider, and
all of it without a pointer."""

import pytest
import shapely

import pmtiles_made
from browsing import browsing, served
from landrelease.publish import tiles
from test_web_layers import GAPS, place  # noqa: F401  a fixture

pytestmark = pytest.mark.browser
DRAWN = """layers => {
  const map = document.getElementById("map").view;
  return [...new Set(map.queryRenderedFeatures({ layers: layers.filter(l => map.getLayer(l)) })
    .map(f => `${f.layer.id} ${f.properties.state ?? f.properties.id ?? f.properties.kind}`))]
    .sort();
}"""


def opened(browser, url, **how):
    page = browser.page(**how)
    page.goto(url)
    page.wait_for_selector("#map[data-drawn=yes]")
    return page


def until_drawn(page, layers, wanted):
    page.wait_for_function(
        f"([layers, wanted]) => JSON.stringify(({DRAWN})(layers)) === JSON.stringify(wanted)",
        arg=[layers, sorted(wanted)])


def pressed(page, at):
    """The cards after a press on a place of the map: their words and where they lead."""
    return page.evaluate("""at => { const m = document.getElementById('map').view;
        m.fire('click', { point: m.project(at), lngLat: { lng: at[0], lat: at[1] } });
        return [...document.querySelectorAll('.side .card')].map(c => ({
            text: c.innerText, href: c.querySelector('a')?.getAttribute('href') ?? null })); }
        """, at)


def picture(page):
    """A piece of the map without ground of ours, as it stands on the screen."""
    box = page.locator("#map").bounding_box()
    page.evaluate("() => new Promise(r => { const map = document.getElementById('map').view; "
                  "map.once('idle', r); map.triggerRepaint(); })")
    return page.screenshot(clip={"x": box["x"] + 20, "y": box["y"] + 20, "width": 30,
                                 "height": 30})


@pytest.mark.parametrize("dark", [False, True])
def test_a_base_map_of_pictures_lies_under_all_else(place, tmp_path, chromium_path, dark):  # noqa: F811
    (tmp_path / "base.pmtiles").write_bytes(pmtiles_made.archive())
    with (served(place / "r.gpkg", "--as", "planner", "--basemap", tmp_path / "base.pmtiles")
          as url, browsing(chromium_path, url) as browser):
        page = opened(browser, url, dark=dark)
        order = page.evaluate("() => document.getElementById('map').view.getStyle().layers"
                              ".map(l => l.id)")
        assert order[0] == "basemap"
        assert page.evaluate("() => document.getElementById('map').view.isSourceLoaded('basemap')")
        seen = picture(page)
        page.evaluate("() => document.getElementById('map').view"
                      ".setLayoutProperty('basemap', 'visibility', 'none')")
        assert picture(page) != seen, "it stood on the screen"
        browser.check()


def test_a_base_map_of_vectors_is_drawn_without_its_names(place, tmp_path, chromium_path):  # noqa: F811
    lake = tiles.tile({"water": ([shapely.box(10, 40, 20, 50)], [{"kind": "lake"}]),
                       "places": ([shapely.Point(17.05, 44.01)], [{"kind": "town"}])}, 0, 0, 0)
    (tmp_path / "base.pmtiles").write_bytes(pmtiles_made.archive(
        lake, vector_layers=[{"id": "water", "fields": {}}, {"id": "places", "fields": {}}]))
    with (served(place / "r.gpkg", "--as", "planner", "--basemap", tmp_path / "base.pmtiles")
          as url, browsing(chromium_path, url) as browser):
        page = opened(browser, url)
        until_drawn(page, ["base-water-area", "base-places-area", "base-places-line"],
                    ["base-water-area lake"])
        order = page.evaluate("() => document.getElementById('map').view.getStyle().layers"
                              ".map(l => [l.id, l.type])")
        ours = next(n for n, (name, _) in enumerate(order) if not name.startswith("base-"))
        assert all(not name.startswith("base-") for name, _ in order[ours:])
        assert {kind for name, kind in order[:ours]} == {"fill", "line"}
        # A press on it alone tells nothing: it is no record.
        page.evaluate("() => document.getElementById('map').view.jumpTo("
                      "{ center: [15, 45], zoom: 10 })")
        page.wait_for_function("() => document.getElementById('map').view.queryRenderedFeatures()"
                               ".some(f => f.source === 'basemap')")
        assert pressed(page, [15, 45]) == []
        browser.check()


def test_without_a_base_map_the_ground_is_blank(place, chromium_path):  # noqa: F811
    with (served(place / "r.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = opened(browser, url)
        assert page.evaluate("() => document.getElementById('map').view.getStyle().layers"
                             ".filter(l => l.id.startsWith('base')).length") == 0
        browser.check()


def test_gaps_of_coverage_tell_what_nothing_covers_from_what_only_a_machine_did(
        place, chromium_path):  # noqa: F811
    with (served(place / "r.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = opened(browser, url)
        x, y = GAPS.centroid.coords[0]
        page.evaluate("at => document.getElementById('map').view.jumpTo({ center: at, zoom: 15 })",
                      [x, y])
        layers = ["coverage_gaps-fill", "coverage_gaps-hand"]
        assert page.evaluate(DRAWN, layers) == []
        page.check("#layer-coverage_gaps")
        until_drawn(page, layers, ["coverage_gaps-fill not_proven",
                                   "coverage_gaps-hand machine_only"])
        # A press on each part says what it is, and leads to the task, which there is.
        for share, said in ((.25, "only a machine or an animal covered it"),
                            (.95, "nothing on record covers it")):
            west, south, east, north = GAPS.bounds
            cards = pressed(page, [west + share * (east - west), (south + north) / 2])
            card = next(c for c in cards if said in c["text"])
            assert card["href"] == "#record/task/t-gaps"
            assert not any("coverage_gaps" in (c["href"] or "") for c in cards)
        assert page.request.get(f"{url}/ogc/collections/task/items/t-gaps").ok
        # Of a day of the past there is no such layer.
        page.fill("input[type=date][aria-label='As we knew it on']", "2026-03-01")
        page.keyboard.press("Tab")
        page.wait_for_selector("[data-past=yes]")
        until_drawn(page, layers, [])
        assert page.is_disabled("#layer-coverage_gaps")
        page.get_by_role("button", name="Now", exact=False).press("Enter")
        page.wait_for_selector("[data-past=no]")
        until_drawn(page, layers, ["coverage_gaps-fill not_proven",
                                   "coverage_gaps-hand machine_only"])
        # Finished work of which no track is on record has a sign of its own.
        page.evaluate("at => document.getElementById('map').view.jumpTo({ center: at, zoom: 15 })",
                      [17.0302, 44.0101])
        until_drawn(page, ["coverage_gaps-none", "coverage_gaps-fill"],
                    ["coverage_gaps-none no_track", "coverage_gaps-fill not_proven"])
        assert "no track on record" in page.inner_text(".legend-list")
        assert any("no track on record" in c["text"] for c in pressed(page, [17.0302, 44.0101]))
        page.uncheck("#layer-coverage_gaps")
        until_drawn(page, layers, [])
        browser.check()
    with (served(place / "r.gpkg", "--as", "donor") as url,
          browsing(chromium_path, url) as browser):
        page = opened(browser, url)
        assert page.query_selector("#layer-coverage_gaps") is None
        browser.check()


def test_the_slider_shows_another_day_and_says_so_by_keys_alone(place, chromium_path):  # noqa: F811
    """The hazard is known from 1 May 2026 on: the day before, it is not on the map."""
    hazard = ["hazard-fill"]
    with (served(place / "r.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = opened(browser, url)
        until_drawn(page, hazard, ["hazard-fill h1"])
        slider = page.locator("input[type=range][aria-label='As it was on']")
        assert not page.is_visible("p.then")
        slider.focus()
        page.keyboard.press("Home")
        page.wait_for_selector("[data-past=yes]")
        first = page.input_value("input[type=date][aria-label='As it was on']")
        assert first == "2026-05-01", "from the first day that a hazard speaks of"
        assert first in page.inner_text("p.then")
        until_drawn(page, hazard, ["hazard-fill h1"])
        page.fill("input[type=date][aria-label='As we knew it on']", "2026-01-01")
        page.keyboard.press("Tab")
        until_drawn(page, hazard, [])
        page.get_by_role("button", name="Now", exact=False).press("Enter")
        page.wait_for_selector("[data-past=no]")
        until_drawn(page, hazard, ["hazard-fill h1"])
        assert not page.is_visible("p.then")
        browser.check()


def test_the_map_is_used_without_a_pointer(place, chromium_path):  # noqa: F811
    state = ("() => { const m = document.getElementById('map').view, c = m.getCenter(); "
             "return [c.lng, c.lat, m.getZoom()]; }")
    with (served(place / "r.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = opened(browser, url)
        assert "Arrow keys" in page.inner_text("#map-keys")
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.matches('#map canvas')"):
                break
        else:
            raise AssertionError("the map cannot be reached by Tab")

        def after(key):
            before = page.evaluate(state)
            page.keyboard.press(key)
            page.wait_for_function(
                f"before => JSON.stringify(({state})()) !== JSON.stringify(before) "
                "&& !document.getElementById('map').view.isMoving()", arg=before)
            return before, page.evaluate(state)

        before, now = after("=")
        assert now[2] > before[2] and now[:2] == pytest.approx(before[:2], abs=1e-6)
        before, now = after("ArrowRight")
        assert now[0] > before[0] and now[2] == before[2]
        before, now = after("-")
        assert now[2] < before[2]
        page.evaluate("() => document.getElementById('map').view.jumpTo({ center: [17.071, 44], "
                      "zoom: 15 })")
        until_drawn(page, ["hazard-fill"], ["hazard-fill h1"])
        page.keyboard.press("Enter")
        page.wait_for_selector(".side .card a[href='#record/hazard/h1']")
        # On to what stands beside the map, and into the record.
        for _ in range(60):
            page.keyboard.press("Tab")
            if page.evaluate("() => document.activeElement.getAttribute('href') "
                             "=== '#record/hazard/h1'"):
                break
        page.keyboard.press("Enter")
        page.wait_for_selector("h2:has-text('Its past')")
        browser.check()
