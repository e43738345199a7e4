"""WEB: subscriptions on the page: made with the secret shown once, tested, paused, woken, removed,
with what became of the last attempts; those of others for who keeps the accounts alone."""

import httpcore
import pytest
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.errors import ADDRESS_REFUSED, LandReleaseError
from landrelease.store.webhooks import ATTEMPTS, Webhooks
from test_web_account import sign_in
from test_web_keeping import OLD, made, place

__all__ = ["made", "place"]  # fixtures
URL = "https://hook.example/in/a-secret-of-the-receiver"


@pytest.fixture
def app(place):
    return make_app(Settings(str(place / "r.gpkg"), str(place / "r.gpkg.accounts"),
                             hosts=("testserver.local",)))


@pytest.fixture
def client(app):
    with TestClient(app) as one:
        yield one


def subscribed(client, name="one.planner"):
    headers = sign_in(client, name)
    answer = client.post("/api/webhooks", headers=headers, json={"url": URL, "kinds": ["hazard"]})
    assert answer.status_code == 201, answer.text
    return headers, answer.json()


def test_a_subscription_is_shown_with_its_attempts_and_its_secret_once(app, client):
    headers, told = subscribed(client)
    assert told["once"]["value"] == told["secret"]
    sent = []

    def send(url, body, head):
        sent.append((url, body))
        if len(sent) == 2:
            raise httpcore.ReadTimeout("a secret of the network")
        if len(sent) == 3:
            raise LandReleaseError(ADDRESS_REFUSED, found="an address that is not public")
        return 200 if len(sent) == 1 else 500

    app.state.send = send
    outcomes = [client.post(f"/api/webhooks/{told['id']}/test", headers=headers).json()["outcome"]
                for _ in range(4)]
    assert outcomes == ["sent", "ReadTimeout", "WEB-060", "status 500"]
    assert sent[0][0] == URL and b'"type":"test"' in sent[0][1] and b"features" not in sent[0][1]
    page = client.get("/webhooks").text
    assert URL in page and told["secret"] not in page and "of the network" not in page
    for words in ("it arrived", "did not answer in time", "the address is not public",
                  "status 500"):
        assert words in page
    (one,) = app.state.webhooks.of("one.planner")
    assert one.failures == 0, "a test is no failure of a message"


def test_tests_are_few_in_a_quarter_of_an_hour(app, client):
    headers, told = subscribed(client)
    app.state.send = lambda *_: 200
    codes = [client.post(f"/api/webhooks/{told['id']}/test", headers=headers).status_code
             for _ in range(6)]
    assert codes == [200] * 5 + [429]


@pytest.mark.parametrize("url", ["https://127.0.0.1/x", "https://10.0.0.1/", "http://a.example/",
                                 "https://localhost/", "https://name:word@a.example/"])
def test_no_address_that_is_not_public_is_subscribed(app, client, url):
    headers = sign_in(client, "one.planner")
    answer = client.post("/api/webhooks", headers=headers, json={"url": url, "kinds": ["hazard"]})
    assert answer.status_code == 400 and answer.json()["code"] == "WEB-060"
    assert app.state.webhooks.of("one.planner") == []


def test_a_name_that_leads_inside_is_not_sent_to(app, client, monkeypatch):
    from landrelease.apps.web import outward

    headers, told = subscribed(client)
    monkeypatch.setattr(outward, "resolved", lambda *_: ["192.168.0.1"])
    app.state.send = lambda url, body, head: outward.Public(lambda *_: ["192.168.0.1"]).connect_tcp(
        "hook.example", 443)
    assert client.post(f"/api/webhooks/{told['id']}/test", headers=headers
                       ).json()["outcome"] == "WEB-060"


def test_what_is_paused_is_not_sent_until_it_is_woken(app, client):
    headers, told = subscribed(client)
    hooks: Webhooks = app.state.webhooks
    hooks.keep(told["id"], [b"{}"], 1)
    assert client.post(f"/api/webhooks/{told['id']}/pause", headers=headers).status_code == 200
    assert hooks.due() == [] and "paused" in client.get("/webhooks").text
    assert client.post(f"/api/webhooks/{told['id']}/wake", headers=headers).status_code == 200
    assert [one.id for one in hooks.awake()] == [told["id"]] and hooks.due() == []


def test_safety_S14_others_subscriptions_are_for_who_keeps_the_accounts(app, client):
    _, told = subscribed(client)
    for what in ("test", "pause", "wake", "remove"):
        other = sign_in(client, "one.authority")
        assert client.post(f"/api/webhooks/{told['id']}/{what}", headers=other).status_code == 404
    assert "hook.example" not in client.get("/webhooks").text
    headers = sign_in(client, "one.administrator")
    page = client.get("/webhooks").text
    assert "hook.example" in page and "a-secret-of-the-receiver" not in page
    at = f"/api/accounts/one.planner/webhooks/{told['id']}"
    assert client.post(f"{at}/pause", headers=headers, json={"password": "x"}).status_code == 401
    assert client.post(f"{at}/pause", headers=headers, json={"password": OLD}).status_code == 200
    (one,) = app.state.webhooks.of("one.planner")
    assert one.disabled
    assert client.post(f"{at}/remove", headers=headers, json={"password": OLD}).status_code == 200
    assert app.state.webhooks.of("one.planner") == []
    assert [r[3] for r in app.state.accounts.logged(3)][:2] == ["webhook removed",
                                                                "webhook paused"]


def test_only_the_last_attempts_are_kept(app):
    hooks: Webhooks = app.state.webhooks
    made_, _ = hooks.add("one.planner", URL, ("hazard",), 0)
    for n in range(ATTEMPTS + 5):
        hooks.tried(made_, f"status {n}")
    assert [o for _, o in hooks.attempts(made_)] == [f"status {n + 5}" for n in
                                                     reversed(range(ATTEMPTS))]
    hooks.remove("one.planner", made_)
    assert hooks.attempts(made_) == []
    hooks.tried(made_, "sent")
    assert hooks.attempts(made_) == []


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark", "lang"), [(1280, False, "en"), (390, True, "ar")])
def test_a_person_subscribes_and_pauses(place, chromium_path, width, dark, lang):
    from axe_playwright_python.sync_playwright import Axe

    from test_accessible import findings, serious

    axe = Axe()
    with (served(place / "r.gpkg") as url, browsing(chromium_path, url) as browser):
        page = browser.page(width=width, dark=dark, lang=lang)
        page.goto(url + "#sign_in")
        page.fill("input[autocomplete=username]", "one.administrator")
        page.fill("input[type=password]", OLD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#reader a:has-text('one.administrator')")
        page.goto(url + "webhooks")
        page.fill("input[name=url]", "https://127.0.0.1/x")
        page.check("input[value=hazard]")
        page.keyboard.press("Enter")
        page.wait_for_selector("[role=alert]:has-text('WEB-060')")
        page.fill("input[name=url]", URL)
        page.keyboard.press("Enter")
        page.wait_for_selector(".once input")
        page.click(".once a")
        page.wait_for_selector("h2.address")
        page.click("form[action$='/pause'] button")
        page.wait_for_selector(".mark.open")
        assert not serious(findings(page, axe))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        browser.snap(page, f"hooks-{width}-{lang}")
        browser.check("400 (Bad Request)")
