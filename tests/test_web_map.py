"""WEB: what the map draws: each class of ground with a sign of its own, never colour alone; what
nobody signed is not drawn as decided (S09); closures by their time."""

from datetime import UTC, date, datetime, timedelta

import pytest
import shapely

import release_world as world
from browsing import browsing, served
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry, open_registry, utc_now
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
        if name not in ("records", "find", "ids", "boxes", "last", "revised", "matching"):
            assert name in ("kinds", "address", "chains", "chain", "head", "count", "sources",
                            "source_content", "quarantine", "quarantine_state", "imports",
                            "history", "histories", "office", "contested", "drawn"), (
                                f"{name}: does a mark follow from it?")
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


def test_safety_S11_who_follows_from_outside_learns_that_released_ground_reopened(place, tmp_path):
    """No value changes, and no revision comes: only the mark is another."""
    import csv
    import shutil

    from landrelease.access import policy
    from landrelease.workflows import following, imports

    path = tmp_path / "r.gpkg"
    shutil.copy(place, path)
    with (tmp_path / "item.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([
            ("identifier", "quantity", "latitude", "longitude"),
            ("I-1", "several", *reversed(world.FIELD.centroid.coords[0]))])
    with open_registry(path) as registry:
        reader = policy.view("planner", kinds=registry.kinds)

        def heard(marks):
            return following.changed(registry, reader, ["outcome", "item"], registry.count(), marks)

        first = heard(None)
        assert first.items == {} and heard(first.marks).items == {}
        imports.import_files(registry, [tmp_path / "item.csv"], kind="item", crs="EPSG:4326")
        told = heard(first.marks).items
        (item,) = told.pop("outcome")  # the one that counted until now
        assert item.id.startswith("release-outcome-") and item.values["verified"] is False
        assert told == {}


def test_safety_S11_a_mark_that_changed_while_no_server_ran_is_told_once_at_the_next_start(
        place, tmp_path):
    import csv
    import json
    import shutil
    from datetime import UTC, datetime

    from landrelease.apps.web import webhooks
    from landrelease.store.accounts import Account, Accounts
    from landrelease.store.webhooks import Webhooks
    from landrelease.workflows import imports

    path = tmp_path / "r.gpkg"
    shutil.copy(place, path)
    accounts = Accounts(tmp_path / "a", now=lambda: datetime.now(UTC))
    accounts.add(Account("one.planner", "planner"), "four random words do")

    def heard():
        """What a server sends that starts now, and in its second round."""
        hooks = Webhooks(accounts)
        sent = []
        with open_registry(path) as registry:
            for _ in range(2):
                webhooks.collect(registry, hooks)
                webhooks.deliver(hooks, lambda url, body, headers: sent.append(body) or 200)
        return [json.loads(body) for body in sent]

    with open_registry(path) as registry:
        Webhooks(accounts).add("one.planner", "https://hook.example/", ("outcome",),
                               registry.count())
    assert heard() == []
    with (tmp_path / "item.csv").open("w", newline="") as stream:
        csv.writer(stream).writerows([
            ("identifier", "quantity", "latitude", "longitude"),
            ("I-1", "several", *reversed(world.FIELD.centroid.coords[0]))])
    with open_registry(path) as registry:  # no server runs
        imports.import_files(registry, [tmp_path / "item.csv"], kind="item", crs="EPSG:4326")
    (message,) = heard()
    (feature,) = message["features"]
    assert message["kind"] == "outcome" and feature["properties"]["verified"] is False
    assert heard() == [], "once"


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
def test_safety_S12_what_nobody_reported_of_a_hazard_has_signs_of_its_own(tmp_path, chromium_path):
    """Neither open nor confirmed is what a record without status and type is drawn as, and no
    hazard is without an outline."""
    statuses = ("open", "worked_on", "suspended", "reopened", "not_reported")
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        for n, status in enumerate(statuses):
            for k, kind in enumerate(("CHA", "SHA", "not_reported")):
                registry.append([Revision(
                    "hazard", f"{status}-{kind}", {"hazard_type": kind, "status": status},
                    shapely.box(17 + n / 100, 44 + k / 100, 17.006 + n / 100, 44.006 + k / 100),
                    utc_now(), "test", "test", "")])
    with (served(tmp_path / "r.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        types = {"CHA": "hazard-cha", "SHA": "hazard-sha", "not_reported": "hazard-unknown"}
        edges = {s: f"hazard-{s}" for s in statuses[:-1]} | {
            "not_reported": "hazard-status_not_reported"}
        wanted = sorted(f"{layer} {status}-{kind}" for status in statuses for kind in types
                        for layer in (types[kind], edges[status]))
        until(page, DRAWN, [*types.values(), *edges.values(), "hazard-closed"],
              lambda found: found == wanted)
        legend = page.inner_text(".legend-list")
        for words in ("type not reported", "status not reported", "suspended", "reopened"):
            assert words in legend
        browser.check()


@pytest.mark.browser
def test_disputed_ground_and_outcomes_that_say_nothing_have_signs_and_words(
        tmp_path, chromium_path):
    from test_exchange import made, new, pack, take

    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        said = {"status": "open", "hazard_type": "SHA"}
        a.append([made("disputed", **said), made("closed", geometry=shapely.box(
            17.2, 44, 17.3, 44.1), **said)])
        take(b, pack(a, tmp_path, "a1"), minutes=1)
        b.append([made("disputed", 10, name="y", **said)])
        a.append([made("disputed", 20, geometry=shapely.box(17, 44, 17.05, 44.1), **said),
                  # A closing that nobody signed, with less ground.
                  made("closed", 20, geometry=shapely.box(17.25, 44, 17.3, 44.1),
                       hazard_type="SHA", status="closed"),
                  made("plain", 21, geometry=shapely.box(17.4, 44, 17.5, 44.1), **said),
                  # Nobody signed that it is no longer confirmed.
                  *(made("lowered", 22 + n, geometry=shapely.box(17.55, 44, 17.6, 44.1),
                         status="open", hazard_type=t) for n, t in enumerate(("CHA", "SHA")))])
        take(a, pack(b, tmp_path, "b1"), minutes=30)
        a.append([Revision("outcome", name, values, shapely.box(
            17.31 + .03 * n, 44.03, 17.33 + .03 * n, 44.07), utc_now(), "t", "t", "")
                  for n, (name, values) in enumerate((
                      ("searched", {"outcome_type": "searched"}), ("nothing", {}),
                      ("unknown", {"outcome_type": "not_reported"})))])
    with (served(tmp_path / "A.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        layers = ["hazard-contested", "hazard-widened", "outcome-searched",
                  "outcome-outcome_not_reported"]
        until(page, DRAWN, layers, lambda found: found == sorted([
            "hazard-contested disputed", "hazard-widened disputed", "hazard-widened closed",
            "outcome-searched searched", "outcome-outcome_not_reported nothing",
            "outcome-outcome_not_reported unknown"]))
        legend = page.inner_text(".legend-list")
        for words in ("what became of it is not reported", "wider than it was recorded",
                      "offices disagree"):
            assert words in legend
        told = """at => { const m = document.getElementById('map').view;
            m.fire('click', { point: m.project(at), lngLat: { lng: 0, lat: 0 } });
            return document.querySelector('.side .card').innerText; }"""
        text = page.evaluate(told, [17.02, 44.05])
        assert "offices disagree" in text and "wider" in text
        until(page, DRAWN, ["hazard-cha"], lambda found: found == ["hazard-cha lowered"])
        text = page.evaluate(told, [17.575, 44.05])
        assert "confirmed hazardous area (CHA) · open" in text
        assert "type recorded last, which does not count: suspected hazardous area (SHA)" in text
        page.fill("#find-words", "lowered")
        page.keyboard.press("Enter")
        page.wait_for_selector(".found li")
        assert "does not count: suspected hazardous area (SHA)" in page.inner_text(".found li")
        page.goto(f"{url}#record/hazard/lowered")
        page.wait_for_selector("dt:has-text('type recorded last, which does not count')")
        browser.check()


@pytest.mark.browser
def test_each_class_has_a_sign_of_its_own_and_unsigned_is_never_drawn_as_decided(
        place, chromium_path):
    with (served(place, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        linked, read = page.evaluate("""() => [
            Object.keys(document.getElementById('map').view.painter.programCache.programs),
            performance.getEntriesByType('resource').map(r => r.name.split('/').pop())]""")
        assert any(name.startswith("fill") for name in linked) and "map.js" in read
        assert not [name for name in linked if name.startswith(("sky", "background", "fillOutline"))
                    ], "none is waited for that draws nothing of ours"
        assert not {"pmtiles.mjs", "tables.js", "record.js", "import.js"} & set(read)
        for kind in ("closure", "item", "accident", "activity"):
            page.check(f"#layer-{kind}")
        until(page, DRAWN, ["item-point", "accident-point"], lambda found: len(found) == 2)
        # What the field of the search and the controls take of the map hides nothing that is asked.
        page.evaluate("""() => { const map = document.getElementById("map").view;
                                 map.jumpTo({ zoom: map.getZoom() - 1 }); }""")
        until(page, DRAWN, ["closure-fill", "closure-later"], lambda found: len(set(found)) == 3)
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


AGAIN = """() => { const m = document.getElementById('map').view;
    const of = layer => [...new Set(m.queryRenderedFeatures({ layers: [layer] })
        .map(f => f.properties.id))];
    return { open: of('hazard-open').includes('h1'), again: of('hazard-reopened').includes('h1'),
             closed: of('hazard-closed').includes('h1'),
             released: of('outcome-cleared').length, unsigned: of('outcome-unsigned').some(
                 i => i.startsWith('release-outcome-')) }; }"""


@pytest.mark.browser
@pytest.mark.parametrize("why", ["find", "revoked"])
def test_safety_S11_ground_that_reopens_stands_as_hazardous_on_an_open_map(
        place, tmp_path, chromium_path, why):
    """A mine found on it, or the certificate revoked: sign, card and record say so, and neither
    pattern nor outline of what is released stays."""
    import shutil

    from landrelease.workflows import certificates

    path = tmp_path / "r.gpkg"
    shutil.copy(place, path)
    with (served(path, "--as", "planner") as url, browsing(chromium_path, url) as browser):
        page = browser.page()
        page.goto(url)
        page.wait_for_selector("#map[data-drawn=yes]")
        page.evaluate("at => document.getElementById('map').view.jumpTo({ center: at, zoom: 15 })",
                      list(world.FIELD.centroid.coords[0]))
        with open_registry(path) as registry:
            (outcome,) = [i for i in registry.ids("outcome") if i.startswith("release-outcome-")]
        until_so(page, {"open": False, "again": False, "closed": True, "released": 1,
                        "unsigned": False})
        with open_registry(path) as registry:
            if why == "find":
                world.record(registry, "item", "mine-9", shapely.Point(17.0002, 44.0002),
                             hours=24 * 60, ordnance_category="ap_mine_blast",
                             found_on=date(2026, 5, 1))
            else:
                (name,) = {i for i in registry.ids("handover") if i.startswith("release-")}
                certificates.revoke(registry, name, reason="wrong lot", by="Ivo")
        page.evaluate("() => dispatchEvent(new Event('online'))")  # asks at once what changed
        until_so(page, {"open": why == "find", "again": why == "revoked", "closed": False,
                        "released": 0, "unsigned": True})
        cards = page.evaluate("""at => { const m = document.getElementById('map').view;
            m.fire('click', { point: m.project(at), lngLat: { lng: 0, lat: 0 } });
            return Object.fromEntries([...document.querySelectorAll('.side .card')].map(c => [
                c.querySelector('a').getAttribute('href').split('/')[1], c.innerText])); }""",
                              list(world.FIELD.centroid.coords[0]))
        assert ("still hazardous" if why == "find" else "reopened") in cards["hazard"]
        assert "it counts for nothing" in cards["outcome"] and "released" not in cards["outcome"]
        page.goto(f"{url}#record/hazard/h1")
        page.wait_for_selector("main dl")
        assert ("it does not count: still hazardous" if why == "find" else "wrong lot"
                ) in page.inner_text("main dl")
        browser.snap(page, f"reopened-{why}")
        page.goto(f"{url}#record/outcome/{outcome}")
        page.wait_for_selector("strong.doubt")
        browser.check()


def until_so(page, wanted):
    page.wait_for_function(f"wanted => JSON.stringify(({AGAIN})()) === JSON.stringify(wanted)",
                           arg=wanted)
