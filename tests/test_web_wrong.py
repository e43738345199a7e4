"""WEB: what a browser is shown where an address cannot be answered; programs go on getting JSON."""

import pytest
from litestar.testing import TestClient

from landrelease.access import policy
from landrelease.apps.web import pages
from landrelease.apps.web.answers import prefers_html
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.errors import COLLECTION_UNKNOWN, LOOK_UPS_WAIT, NOT_FOUND_HERE, LandReleaseError
from landrelease.store.open import create_registry

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    path = tmp_path_factory.mktemp("wrong") / "r.gpkg"
    create_registry(path, office="Test").close()
    with TestClient(make_app(Settings(str(path), f"{path}.accounts", role="public",
                                      hosts=("testserver.local",))),
                    raise_server_exceptions=False) as made:
        yield made


def test_a_browser_is_shown_a_page_and_a_program_gets_json(client):
    shown = client.get("/<script>alert(1)</script>", headers=BROWSER)
    assert shown.status_code == 404 and "<h1>" in shown.text and "<script>a" not in shown.text
    assert 'href="/public"' in shown.text
    for accept in ("*/*", "application/json", ""):
        assert client.get("/nothing", headers={"accept": accept}).json()["code"] == "404"


def test_a_fault_of_the_server_is_a_page_that_says_nothing_of_it(client, monkeypatch):
    def fault(*_):
        raise RuntimeError("a secret")

    monkeypatch.setattr(pages, "_answer", fault)
    shown = client.get("/favicon.ico", headers=BROWSER)
    assert shown.status_code == 500 and "<h1>" in shown.text and "secret" not in shown.text
    assert client.get("/favicon.ico").json()["code"] == "500"


@pytest.mark.parametrize(("method", "path", "status"), [
    ("POST", "/public", 405), ("PUT", "/public/report", 405), ("DELETE", "/api/session", 405),
    ("POST", "/api/session", 400), ("POST", "/nothing", 404), ("GET", "/api/nothing", 404),
    ("GET", "/ogc/collections/nothing", 404), ("GET", "/jobs/nothing", 404)])
def test_a_form_that_is_refused_is_answered_with_a_page_in_a_browser(client, method, path, status):
    sent = {"x": "<script>alert(1)</script>"} if method == "POST" else None
    csrf = {"x-csrf-token": "page"}
    shown = client.request(method, path, data=sent, headers={**BROWSER, **csrf})
    assert shown.status_code == status and "<h1>" in shown.text and "<script>a" not in shown.text
    assert shown.headers["content-type"].startswith("text/html")
    for accept in ("*/*", "application/json", "application/json, text/html, */*;q=0.5"):
        told = client.request(method, path, data=sent, headers={"accept": accept, **csrf})
        assert told.status_code == status and told.json()["code"], accept


def test_who_has_to_wait_is_told_on_a_page_in_a_browser(client, monkeypatch):
    async def wait(*_):
        raise LandReleaseError(LOOK_UPS_WAIT, seconds=7)

    monkeypatch.setattr(client.app.state.guesses, "check", wait)
    sent = {"json": {"name": "a", "password": "b"}}
    for accept, begins in ((BROWSER["accept"], "<!doctype html>"), ("*/*", "{")):
        answer = client.post("/api/session", **sent, headers={
            "accept": accept, "x-csrf-token": "page"})
        assert answer.status_code == 429 and answer.text.startswith(begins)
        assert answer.headers["retry-after"] == "7"


@pytest.mark.parametrize(("accept", "page"), [
    ("text/html", True), ("text/html;q=0.5, */*;q=0.1", True), ("text/html;q=0, */*", False),
    ("text/html;q=x", False), ("*/*", False), ("", False), ("application/json, text/html", False),
    ("application/geo+json;q=0.9, text/html", True)])
def test_a_page_is_for_who_names_html_before_json(accept, page):
    assert prefers_html(accept) is page


def test_a_browser_that_calls_the_server_by_another_name_gets_a_page(client):
    for accept, kind in ((BROWSER["accept"], "text/html"), ("*/*", "application/json")):
        refused = client.get("/", headers={"host": "elsewhere.example", "accept": accept})
        assert refused.status_code == 400 and refused.headers["content-type"].startswith(kind)
        assert "not known by this name" in refused.text


def test_a_phone_hears_of_it_as_before(client):
    answer = client.get("/openrosa/nothing", headers={**BROWSER, "x-openrosa-version": "1.0"})
    assert answer.status_code == 404 and answer.headers["content-type"].startswith("text/xml")


def test_safety_S14_what_is_not_there_and_what_is_not_for_a_reader_are_told_in_the_same_words(
        client):
    for message in (COLLECTION_UNKNOWN, NOT_FOUND_HERE):
        said = str(policy.view().hushed(LandReleaseError(message, found="hazard/h1 of a plan")))
        assert "There is no such thing here, or not for this reader." in said
        assert "h1" not in said and "withheld" not in said
    missing, hidden = (client.get(f"/ogc/collections/{name}", headers={"accept-language": "fr"})
                       for name in ("nothing", "track"))
    assert missing.json() == hidden.json() and missing.status_code == hidden.status_code == 404
    assert "chose de ce nom" in missing.json()["description"]
