"""ORS: our forms in ODK Web Forms in Chromium: all load; one is filled in, sent, and edited; an
outline and a line are drawn, and what is none is refused while it is drawn."""

import hashlib
import json
import math
import os
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from landrelease.records.forms import FORMS
from landrelease.store.accounts import Account, Accounts
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import imports

sys.path.insert(0, str(Path(__file__).parent.parent / "benchmarks"))

import field_day
import odk_web_forms

pytestmark = pytest.mark.browser
PACKAGES = Path(os.environ.get("WEB_FORMS") or Path(__file__).parent.parent / ".web-forms")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    folder = tmp_path_factory.mktemp("forms")
    path = folder / "r.gpkg"
    create_registry(path, office="Travnik").close()
    (folder / "team.csv").write_text("identifier,name,organisation\nA,Northern team,Operator A\n")
    with open_registry(path) as registry:
        imports.import_files(registry, [folder / "team.csv"], kind="team")
    return path


@pytest.fixture(scope="module")
def site(address):
    if not (PACKAGES / "web-forms" / "index.js").exists():
        pytest.skip("needs ODK Web Forms: `python tools/web_forms.py .web-forms` (needs npm)")
    accounts = Accounts(Path(f"{address}.accounts"))
    accounts.add(Account("one.field", "operator", "Operator A"), "four random words do")
    token = accounts.make_token("one.field", "phone", 30)
    accounts.close()
    server = field_day.Server(address)
    server.start()
    made = odk_web_forms.Site(PACKAGES, server.port, "one.field", token)
    yield made
    made.close()
    server.kill()


@pytest.fixture(scope="module")
def opened(site, chromium_path):
    """Opens a form, for an edit with what was kept; nothing but this machine is asked."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context(permissions=["geolocation"], locale="en-GB", geolocation={
            "latitude": 44.1, "longitude": 17.5, "accuracy": 4})
        context.route(lambda url: not url.startswith((site.address, "blob:", "data:")),
                      lambda route: route.abort())

        def open_form(name, kept=None):
            page = context.new_page()
            page.set_default_timeout(120_000)
            if kept is not None:
                page.add_init_script(f"window.kept = {json.dumps(kept)}")
            page.goto(f"{site.address}/?form={name}")
            page.wait_for_selector(".question-container, .form-load-failure-dialog")
            assert not page.query_selector(".form-load-failure-dialog"), page.inner_text("body")
            return page

        yield open_form
        browser.close()


def question(page, words):
    return page.locator(".question-container").filter(has_text=words)


def type_into(page, words, value):
    field = question(page, words).locator("input")
    field.click()
    field.fill("")
    field.press_sequentially(value)
    field.press("Tab")


@pytest.mark.parametrize("name", FORMS)
def test_every_form_loads_and_asks_what_it_has_to_ask(opened, name):
    page = opened(name)
    needed = page.locator(".question-container label.required").all_inner_texts()
    assert needed, "every form has something that must be said"
    if name == "landrelease_progress":
        page.get_by_text("Northern team").wait_for()  # from the list that came with the form
    if name == "landrelease_community":
        assert page.locator(".question-container").first.inner_text().startswith("Do not approach")
    page.close()


def test_a_form_filled_in_sent_and_edited_is_one_record_with_its_photograph(opened, address):
    page = opened("landrelease_item")
    send = page.get_by_role("button", name="Send")
    question(page, "What was found?").locator(".p-select-label").click()
    page.get_by_role("option", name="anti-personnel mine, blast").click()
    type_into(page, "How many of this kind", "2")
    type_into(page, "Depth at which it was found", "0.15")
    send.click()
    page.locator(".validation-message:visible").wait_for()
    assert page.evaluate("window.sent") is None, "a place is needed"
    found_me(page, POINT)
    tap(page, POINT, (0, 0))
    tapped(page, POINT, "Point saved")
    picture = page.screenshot(type="jpeg")
    page.locator("input[type=file]").first.set_input_files(
        {"name": "find.jpg", "mimeType": "image/jpeg", "buffer": picture})
    # Shown once it is part of the answers.
    page.locator(".question-container img[src^='blob:']").wait_for()
    send.click()
    page.wait_for_selector("body[data-answer]")
    assert page.get_attribute("body", "data-answer") == "ready 201"
    first = page.evaluate("window.sent")
    page.close()
    with open_registry(address) as registry:
        assert not registry.quarantine()
        (record,) = registry.records("item")
        assert record.values["ordnance_category"] == "ap_mine_blast"
        assert (record.values["quantity"], record.values["depth_m"]) == (2, 0.15)
        assert (record.geometry.x, record.geometry.y) == pytest.approx((17.5, 44.1), abs=0.001)
        assert record.validation == "entered"
        (photograph,) = registry.records("source")
        digest = hashlib.sha256(registry.source_content(photograph.values["sha256"])).hexdigest()
        assert digest == photograph.values["sha256"]
        assert registry.source_content(digest).startswith(b"\xff\xd8\xff")

    page = opened("landrelease_item", kept=first)
    type_into(page, "Depth at which it was found", "0.3")
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("body[data-answer]")
    assert page.get_attribute("body", "data-answer") == "ready 201"
    second = page.evaluate("window.sent")
    assert said(second, "deprecatedID") == said(first, "instanceID") != said(second, "instanceID")
    page.close()
    with open_registry(address) as registry:
        (record,) = registry.records("item")
        assert record.values["depth_m"] == 0.3 and len(registry.history(record.id)) == 2
        assert not registry.quarantine() and not registry.audit()


OUTLINE, LINE, POINT = "Outline of the ground", "Line: draw it", "Wait until the accuracy"


def tap(page, words, *places):
    """Tap the map of a question, in pixels from its middle."""
    block = question(page, words).locator(".map-block")
    block.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    box = block.bounding_box()
    for east, south in places:
        page.mouse.click(box["x"] + box["width"] / 2 + east, box["y"] + box["height"] / 2 + south)
        page.wait_for_timeout(500)  # two taps in a moment are one that zooms


def found_me(page, words):
    """The map of a question, moved to where the phone is."""
    place = question(page, words)
    place.scroll_into_view_if_needed()
    place.get_by_title("Zoom to current location").click()
    page.wait_for_timeout(3000)  # it flies there


def tapped(page, words, text):
    question(page, words).locator(".map-status-bar-component").get_by_text(text).wait_for()


def refused(page, message):
    page.get_by_role("button", name="Send").click()
    page.locator(".validation-message:visible").get_by_text(message).wait_for()
    assert page.evaluate("window.sent") is None


def sent(page):
    page.get_by_role("button", name="Send").click()
    page.wait_for_selector("body[data-answer]")
    assert page.get_attribute("body", "data-answer") == "ready 201"
    return page.evaluate("window.sent")


def test_an_outline_is_drawn_and_what_is_none_is_refused_while_it_is_drawn(opened, address):
    page = opened("landrelease_permit")
    type_into(page, "Which organisation is to enter?", "Electricity works")
    found_me(page, OUTLINE)
    tap(page, OUTLINE, (-120, -80), (120, 80))
    refused(page, "Condition not satisfied: required")  # two corners are no outline
    tap(page, OUTLINE, (120, -80), (-120, 80))
    tapped(page, OUTLINE, "4 points saved")
    refused(page, "must not cross itself")  # a figure of eight: its halves cancel
    for _ in range(2):
        question(page, OUTLINE).get_by_title("Undo last change").click()
    tap(page, OUTLINE, (-120, 80))
    tapped(page, OUTLINE, "3 points saved")
    xml = sent(page)
    page.close()
    corners = [tuple(map(float, p.split()[:2])) for p in said(xml, "place").split(";")]
    assert len(corners) == 4 and corners[0] == corners[-1]
    with open_registry(address) as registry:
        (permit,) = registry.records("permit")
        assert not registry.quarantine() and permit.values["state"] == "requested"
    assert permit.geometry.is_valid and permit.geometry.geom_type == "Polygon"
    assert set(permit.geometry.exterior.coords) == {(x, y) for y, x in corners}
    west, south, east, north = permit.geometry.bounds
    # About the place where the phone is; as wide and as high as it was drawn.
    assert abs((west + east) / 2 - 17.5) < 0.01 and abs((south + north) / 2 - 44.1) < 0.01
    high, wide = north - south, (east - west) * math.cos(math.radians(44.1))
    assert wide / high == pytest.approx(240 / 160, rel=0.03)


def test_a_line_is_drawn(opened, address):
    page = opened("landrelease_marking")
    for words, answer in (("What marks the ground", "fence"), ("State at the last visit", "good")):
        choose(page, words, answer)
    found_me(page, LINE)
    tap(page, LINE, (-100, 0), (0, 60), (100, 0))
    tapped(page, LINE, "3 points saved")
    xml = sent(page)
    page.close()
    points = [tuple(map(float, p.split()[:2])) for p in said(xml, "place").split(";")]
    with open_registry(address) as registry:
        (marking,) = registry.records("marking")
        assert not registry.quarantine()
    assert list(marking.geometry.coords) == [(x, y) for y, x in points]
    assert [n for n, _ in marking.geometry.coords] == sorted(x for _, x in points)


def choose(page, words, answer):
    """One of a list, which stands open where it is short."""
    place = question(page, words).first
    if place.locator(".p-select-label").count():
        place.locator(".p-select-label").click()
        page.get_by_role("option", name=answer, exact=True).click()
    else:
        place.get_by_text(answer, exact=True).click()


def said(xml, name):
    (found,) = [e.text for e in ElementTree.fromstring(xml).iter()
                if e.tag.rsplit("}", 1)[-1] == name]
    return found
