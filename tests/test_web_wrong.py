"""WEB: what a browser is shown where an address cannot be answered; programs go on getting JSON."""

import pytest
from litestar.testing import TestClient

from landrelease.access import policy
from landrelease.apps.web import pages
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.errors import COLLECTION_UNKNOWN, NOT_FOUND_HERE, LandReleaseError
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
