"""ORS: our forms in ODK Web Forms in Chromium: all load; one is filled in, sent, and edited."""

import hashlib
import json
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
    question(page, "Wait until the accuracy").get_by_role("button", name="Get location").click()
    page.get_by_role("button", name="Save location").click()
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
        assert (record.geometry.x, record.geometry.y) == (17.5, 44.1)
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


def said(xml, name):
    (found,) = [e.text for e in ElementTree.fromstring(xml).iter()
                if e.tag.rsplit("}", 1)[-1] == name]
    return found
