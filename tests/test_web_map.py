"""WEB: what the map draws: each class of ground with a sign of its own, never colour alone; what
nobody signed is not drawn as decided (S09); closures by their time."""

from datetime import UTC, datetime, timedelta

import pytest
import shapely

import release_world as world
from browsing import browsing, served
from landrelease.store.open import create_registry, open_registry
from test_release import release
from test_tiles import decoded, tile_of

NOW = datetime.now(UTC)
CLOSURES = {"now": (-1, 1), "ended": (-2, -1), "later": (1, 2), "open_end": (-1, None)}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    with create_registry(folder / "r.gpkg", office="Office") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(registry, folder)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "h1", world.FIELD)
        world.cleared(registry, "h1", world.FIELD)
        world.inspection(registry, "h1", ana)
        release(registry, folder, ana)
        world.hazard(registry, "h2", world.OTHER)
        world.record(registry, "hazard", "h3", shapely.box(17.02, 44, 17.021, 44.001),
                     hazard_type="CHA", status="closed")
        for n, what in enumerate(("cleared", "reduced", "cancelled", "searched")):
            world.record(registry, "outcome", f"unsigned-{what}", shapely.box(
                17 + n * .003, 44.003, 17.002 + n * .003, 44.004), outcome_type=what)
        for n, (name, (begins, ends)) in enumerate(CLOSURES.items()):
            world.record(registry, "closure", name, shapely.box(
                17 + n * .003, 44.006, 17.002 + n * .003, 44.007), closure_reason="weather",
                closed_from=NOW + timedelta(days=begins),
                **({} if ends is None else {"closed_until": NOW + timedelta(days=ends)}))
        for n, kind in enumerate(("item", "accident", "activity", "settlement")):
            world.record(registry, kind, f"{kind}-1", shapely.Point(17 + n * .003, 44.005), **(
                {"name": "Village"} if kind == "settlement" else {}))
    return folder / "r.gpkg"


class Watched:
    """A registry that notes of which kinds and settings it was asked."""

    def __init__(self, registry):
        self._registry, self.kinds_read, self.settings = registry, set(), set()

    def __getattr__(self, name):
        found = getattr(self._registry, name)
        if name == "setting":
            return lambda key: (self.settings.add(key), found(key))[1]
        if name not in ("records", "find", "ids", "boxes", "last", "revised"):
            assert name in ("kinds", "address", "chains", "chain", "head", "count", "sources",
                            "source_content", "quarantine", "quarantine_state", "imports",
                            "history", "office"), f"{name}: does a mark follow from it?"
            return found

        def read(kind, *args, **more):
            self.kinds_read.add(kind)
            return found(kind, *args, **more)

        return read


def test_safety_S09_marks_are_made_anew_when_any_kind_that_they_rest_on_changes(place):
    from landrelease.workflows import unsigned

    with open_registry(place) as registry:
        watched = Watched(registry)
        for kind in unsigned.DECIDED:
            assert unsigned._found(watched, kind, None, None).ids
        assert watched.kinds_read <= set(unsigned.RESTS_ON), watched.kinds_read
        assert {"item", "accident", "person", "handover"} <= watched.kinds_read
        assert watched.settings <= {"extension"}


def test_safety_S11_a_find_that_waits_takes_the_mark_away_at_once(place, tmp_path):
    """A row that waits appends no revision: the head stays, the released ground reopens."""
    import csv
    import shutil

    from litestar.testing import TestClient

    from landrelease.apps.web.app import make_app
    from landrelease.apps.web.settings import Settings
    from landrelease.workflows import imports

    path = tmp_path / "r.gpkg"
    shutil.copy(place, path)
    with (tmp_path / "item.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([
            ("identifier", "quantity", "latitude", "longitude"),
            ("I-1", "several", *reversed(world.FIELD.centroid.coords[0]))])
    app = make_app(Settings(str(path), str(tmp_path / "a"), role="planner",
                            hosts=("testserver.local",)))
    with TestClient(app) as client, open_registry(path) as registry:
        def marks():
            found = client.get("/ogc/collections/outcome/items").json()["features"]
            _, (z, x, y) = tile_of(world.FIELD, z=14)
            tile = decoded(client.get(f"/tiles/outcome/{z}/{x}/{y}").content)["outcome"]
            listed = {f["id"]: f["properties"].get("verified") for f in found}
            drawn = {v["id"]: v.get("verified") for _, _, v in tile}
            assert drawn == {i: listed[i] for i in drawn} and len(drawn) > 1
            return {i for i, counts in listed.items() if counts}

        assert len(marks()) == 1
        head = registry.head()
        imports.import_files(registry, [tmp_path / "item.csv"], kind="item", crs="EPSG:4326")
        assert registry.head() == head and registry.quarantine_state()[0] == 1
        assert marks() == set()


DRAWN = """layers => {
  const map = document.getElementById("map").view;
  const found = map.queryRenderedFeatures({ layers: layers.filter(l => map.getLayer(l)) });
  return [...new Set(found.map(f => `${f.layer.id} ${f.properties.id}`))].sort();
}"""


def until(page, script, given, holds):
    for _ in range(300):
        if holds(page.evaluate(script, given)):
            return
        page.wait_for_timeout(200)
    raise AssertionError(page.evaluate(script, given))


@pytest.mark.browser
def test_each_class_has_a_sign_of_its_own_and_unsigned_is_never_drawn_as_decided(
        place, chromium_path):
    with (served(place, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        for kind in ("closure", "item", "accident", "activity"):
            page.check(f"#layer-{kind}")
        until(page, DRAWN, ["item-point", "accident-point"], lambda found: len(found) == 2)
        drawn = page.evaluate(DRAWN, [
            *(f"outcome-{n}" for n in ("cleared", "reduced", "cancelled", "searched", "unsigned")),
            "hazard-open", "hazard-closed", "closure-fill", "closure-later"])
        said = {}
        for line in drawn:
            layer, _, record = line.partition(" ")
            said.setdefault(layer, set()).add(record)
        assert said["outcome-unsigned"] == {
            "o-h1-1", "unsigned-cleared", "unsigned-reduced", "unsigned-cancelled"}
        assert said["outcome-searched"] == {"unsigned-searched"}
        assert "outcome-reduced" not in said and len(said["outcome-cleared"]) == 1
        assert said["hazard-open"] == {"h2", "h3"}, "a closing that nobody signed closes nothing"
        assert said["hazard-closed"] == {"h1"}
        assert said["closure-fill"] == {"now", "open_end"}
        assert said["closure-later"] == {"later"}
        # The legend without colour: no two signs are the same picture in black.
        signs = page.evaluate("""async () => {
          const out = {};
          for (const key of document.querySelectorAll(".legend-list .key")) {
            const canvas = document.createElement("canvas"), c = canvas.getContext("2d");
            canvas.width = 60; canvas.height = 40;
            let picture = key;
            if (!(key instanceof HTMLCanvasElement)) {
              const copy = key.cloneNode(true);
              copy.setAttribute("width", 60); copy.setAttribute("height", 40);
              picture = new Image();
              picture.src = "data:image/svg+xml," + encodeURIComponent(
                new XMLSerializer().serializeToString(copy));
              await picture.decode();
            }
            c.drawImage(picture, 0, 0, 60, 40);
            const data = c.getImageData(0, 0, 60, 40).data;
            // Darker and lighter than the sign itself on the whole: what is left without colour.
            const bright = [], there = [];
            for (let k = 0; k < data.length; k += 4) {
              there.push(data[k + 3] > 30);
              bright.push(255 + (.3 * data[k] + .59 * data[k + 1] + .11 * data[k + 2] - 255)
                * data[k + 3] / 255);
            }
            const all = bright.filter((_, k) => there[k]);
            const mean = all.reduce((p, q) => p + q, 0) / all.length;
            const shape = there.map((t, k) => !t ? "." : bright[k] < mean - 8 ? "#"
              : bright[k] > mean + 8 ? "o" : "+").join("");
            (out[shape] ??= []).push(key.parentElement.textContent);
          }
          return Object.values(out);
        }""")
        alike = [names for names in signs if len({n.strip() for n in names}) > 1]
        assert not alike, alike
        # A day of the past: what held then.
        page.fill("input[type=date][aria-label='As it was on']",
                  (NOW - timedelta(days=2)).date().isoformat())
        page.wait_for_selector("[data-past=yes]")
        assert page.evaluate("() => JSON.stringify(document.getElementById('map').view"
                             ".getFilter('closure-fill'))").count(str(
                                 int(datetime.combine((NOW - timedelta(days=2)).date(),
                                                      datetime.min.time(), UTC).timestamp())))
        browser.check()
