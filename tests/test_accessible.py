"""WEB-A11Y: no page of the web app, of the public or of what is published has a serious finding of
axe-core (WCAG 2.0 to 2.2, A and AA, and its good practice), light and dark, in both directions.

The rules of axe find what a machine can find; `test_first_hour.py` goes the way of a person.
"""

import re
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest

from browsing import browsing, served
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.store.open import utc_now
from landrelease.store.shelf import Shelf
from test_access_ways_out import command, marked
from web_asked import ASKED

pytestmark = pytest.mark.browser
# What the page of the map draws by itself.
VIEWS = ("/#map", "/#tables/hazard", "/#record/hazard/{ID:hazard}", "/#waiting", "/#import",
         "/#sign_in")
# Addresses whose page is one that is looked at already, with other rows in it.
TWINS = re.compile(r"nothing|code=(X|GEO-310|7K2M)|\?by=(?!team)|kind=(accident|task)|=wrong|=soon"
                   r"|unsigned|corners=44.1001|e=0|one=|/language|propose\?task")


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Each field of each kind holds a value; with a plan and a forecast on file, both in force."""
    made = marked(tmp_path_factory.mktemp("accessible"))
    plans, forecasts = (Shelf(made.address, what) for what in ("plans", "forecasts"))
    plan, forecast = plans.folder / "spring", forecasts.folder / "outlook"
    assert command("plan", "make", made.address, "--out", plan, "--iterations", 0, "--as",
                   "planner", "--quiet")[0] == 0
    assert command("forecast", "make", made.address, "--plan", plan, "--out",
                   forecast / "forecast.json", "--json", forecast / "summary.json", "--runs", 5,
                   "--as", "planner", "--quiet")[0] == 0
    plans.put_in_force("spring", "a test", utc_now())
    forecasts.put_in_force("outlook", "a test", utc_now())
    return made


def pages(world, url):
    """Every address of the app that answers with a page: (address, status)."""
    ids = {}
    for r in world.records:
        ids.setdefault(r.kind, r.record_id)
    app = make_app(Settings(str(world.address), f"{world.address}.other"))
    found = []
    for route in app.routes:
        if "GET" in getattr(route, "route_handler_map", {}):
            found += ASKED.get(route.path, [route.path])
    found = [re.sub(r"\{ID:(\w+)\}", lambda m: ids[m[1]], one) for one in (*found, *VIEWS)]
    out = []
    for one in (f for f in found if "{F:" not in f and not TWINS.search(f)):
        try:
            answer = urllib.request.urlopen(url.rstrip("/") + quote(one, safe="/?&=%,:'~+#"))
        except urllib.error.HTTPError as error:
            answer = error
        if "html" in answer.headers.get("content-type", ""):
            out.append(one)
    return out


def findings(page, axe, *, colours=False):
    """What axe finds on a page; `colours`: only what a dark page can do otherwise."""
    only = {"runOnly": {"type": "rule", "values": ["color-contrast"]}} if colours else {}
    found = axe.run(page, options={"resultTypes": ["violations"], **only})
    return [(v["impact"], v["id"], n["html"][:160], n["failureSummary"][:200])
            for v in found.response["violations"] for n in v["nodes"]]


def serious(found):
    return [f for f in found if f[0] in ("serious", "critical")]


@pytest.fixture(scope="module")
def axe():
    from axe_playwright_python.sync_playwright import Axe

    return Axe()


def settled(page):
    page.wait_for_selector("h1")
    if page.locator("#plan-map").count():
        page.wait_for_selector("#plan-map[data-ready=yes]")
    if "#" in page.url:  # what it shows is asked for afterwards
        page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_no_page_of_the_app_has_a_serious_finding(world, chromium_path, axe, lang):
    wrong, seen = {}, 0
    with (served(world.address, "--as", "administrator") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page(lang=lang)
        for one in pages(world, url):
            page.emulate_media(color_scheme="light")
            page.goto("about:blank")
            page.goto(url.rstrip("/") + one)
            settled(page)
            assert page.locator("html").get_attribute("dir") in (
                ("rtl",) if lang == "ar" else ("ltr", None)) or "lang=" in one, one
            found = findings(page, axe)
            page.emulate_media(color_scheme="dark")
            found += findings(page, axe, colours=True)
            seen += 1
            if serious(found):
                wrong[one] = serious(found)
    assert seen > 35 and not wrong, wrong


def test_the_page_on_a_phone_has_no_serious_finding_with_its_menu_open(world, chromium_path, axe):
    with (served(world.address, "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        for path in ("#tables/hazard", "plans"):
            page = browser.page(width=390, height=800)
            page.goto(url + path)
            settled(page)
            assert not page.locator("nav#nav").is_visible()
            page.focus("button.menu")
            page.keyboard.press("Enter")
            assert page.locator("nav#nav").is_visible()
            assert not serious(findings(page, axe))
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.closest('nav')?.id") == "nav"
            page.keyboard.press("Escape")
            assert not page.locator("nav#nav").is_visible()
            assert page.evaluate("document.activeElement.className") == "menu"
            page.click("button.menu")
            page.click("nav#nav >> text=Figures")
            page.wait_for_selector("h1:has-text('Figures')")
            assert not page.locator("nav#nav").is_visible()
        browser.check()


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_no_page_is_wider_than_a_phone(world, chromium_path, lang):
    wide = {}
    hazard = quote(next(r.record_id for r in world.records if r.kind == "hazard"), safe="")
    with (served(world.address, "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page(width=390, height=800, lang=lang)
        for one in ("#map", "#tables/hazard", "#waiting", "#import", "figures",
                    "figures/hazardous_m2", "#record/hazard/{ID}", "#sign_in",
                    "plans", "plans/spring", "plans/spring/map", "plans/spring/why",
                    "forecasts/outlook", "claims", "work", "validation", "inspection",
                    "releases", "teams", "quality", "documents",
                    "certificate", "public"):
            page.goto("about:blank")
            page.goto(url + one.replace("{ID}", hazard))
            settled(page)
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            if over > 0:
                wide[one] = over
        browser.check()
    assert not wide


def test_the_menu_opens_without_a_script(world, chromium_path):
    with (served(world.address, "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page(width=390, height=800, java_script_enabled=False)
        page.goto(url + "plans")
        assert not page.locator("nav#nav").is_visible()
        page.click("button.menu")
        page.click("nav#nav >> text=Teams")
        page.wait_for_selector("h1:has-text('Teams')")


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1440])
def test_no_published_page_has_a_serious_finding(tmp_path, chromium_path, axe, dark, width):
    from landrelease.publish.page import render_page, render_public
    from test_publish_report import Everything, public_report, region_report

    (tmp_path / "planner.html").write_text(render_page(region_report(), Everything()),
                                           encoding="utf-8")
    (tmp_path / "public.html").write_text(render_public(public_report()), encoding="utf-8")
    with browsing(chromium_path, tmp_path.as_uri()) as browser:
        for name in ("planner", "public"):
            page = browser.page(width=width, dark=dark)
            page.goto((tmp_path / f"{name}.html").as_uri())
            page.wait_for_selector("html[data-ready=yes]")
            assert not serious(findings(page, axe)), name
        browser.check()
