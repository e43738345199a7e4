"""WEB: one's own account: another password with the old one, own sessions and tokens, and nobody
else's."""

import asyncio
import sqlite3
from collections import OrderedDict
from types import SimpleNamespace

import pytest
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import FAILURES, Account, Accounts
from landrelease.store.open import create_registry

OLD, NEW = "four random words do", "five other words also do"


@pytest.fixture
def place(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Office").close()
    accounts = Accounts(tmp_path / "r.gpkg.accounts")
    for name, role in (("one.donor", "donor"), ("two.planner", "planner")):
        accounts.add(Account(name, role, "Org A"), OLD)
    accounts.close()
    return tmp_path


@pytest.fixture
def app(place):
    return make_app(Settings(str(place / "r.gpkg"), str(place / "r.gpkg.accounts"),
                             hosts=("testserver.local",)))


@pytest.fixture
def client(app):
    with TestClient(app) as made:
        yield made


def test_a_registry_without_hazards_has_a_map_without_bounds(client):
    for account in (None, "one.donor"):
        if account:
            sign_in(client, account)
        answer = client.get("/api/map")
        assert answer.status_code == 200 and answer.json()["bounds"] is None


def sign_in(client, name="one.donor", password=OLD):
    client.cookies.clear()
    answer = client.post("/api/session", json={"name": name, "password": password},
                         headers={"x-csrf-token": "page"})
    if answer.status_code != 200:
        return answer.status_code
    return {"x-csrf-token": answer.json()["csrf"]}


def change(client, headers, old=OLD, new=NEW, again=None):
    return client.post("/api/account/password", headers=headers, json={
        "old": old, "new": new, "again": new if again is None else again})


def test_another_password_ends_all_but_the_session_that_made_it(app, client):
    accounts = app.state.accounts
    token = accounts.make_token("one.donor", "GIS", 30)
    sign_in(client)
    elsewhere = client.cookies["landrelease_session"]
    headers = sign_in(client)
    before = client.cookies["landrelease_session"]
    answer = change(client, headers)
    assert answer.status_code == 200, answer.text
    after = client.cookies["landrelease_session"]
    assert after != before, "a new session for a new password (ASVS 7.2.4)"
    assert client.get("/api/session").json()["account"] == "one.donor"
    for ended in (before, elsewhere):
        client.cookies.clear()
        client.cookies.set("landrelease_session", ended)
        assert client.get("/api/session").json()["account"] == ""
    client.cookies.clear()
    assert client.get("/api/session", headers={"authorization": f"Bearer {token}"}
                      ).status_code == 401
    assert sign_in(client, password=OLD) == 401 and isinstance(sign_in(client, password=NEW), dict)
    assert isinstance(sign_in(client, "two.planner"), dict), "nobody else's changed"


def test_it_is_kept_as_argon2id_and_stands_in_the_log_without_the_words(app, client, place):
    headers = sign_in(client)
    change(client, headers, old="not the right one")
    change(client, headers)
    with sqlite3.connect(place / "r.gpkg.accounts") as db:
        (kept,) = db.execute("SELECT password FROM account WHERE name = 'one.donor'").fetchone()
    assert kept.startswith("$argon2id$")
    rows = app.state.accounts.logged(20)
    assert [r[3] for r in rows[:2]] == ["password changed", "password refused"]
    assert {r[1] for r in rows[:2]} == {"one.donor"}
    assert not [w for w in (OLD, NEW, "not the right one") if w in str(rows)]


@pytest.mark.parametrize(("words", "code"), [
    ({"old": "not the right one"}, "WEB-006"), ({"again": NEW + "?"}, "WEB-007"),
    ({"new": "short"}, "WEB-003"), ({"new": "one.donor is my name"}, "WEB-003")])
def test_what_is_wrong_changes_nothing(app, client, words, code):
    headers = sign_in(client)
    answer = change(client, headers, **words)
    assert answer.status_code == 400 and answer.json()["code"] == code
    assert client.get("/api/session").json()["account"] == "one.donor"
    assert isinstance(sign_in(client), dict)


def test_guesses_of_the_old_password_wait_as_those_of_signing_in(client):
    headers = sign_in(client)
    for n in range(FAILURES):
        assert change(client, headers, old=f"not the right one {n}").status_code == 400
    answer = change(client, headers)
    assert answer.status_code == 429 and answer.json()["code"] == "WEB-014"
    assert client.get("/api/session").json()["account"] == "one.donor", "the session goes on"
    assert isinstance(sign_in(client), dict), "signing in is counted apart"


def test_safety_S11_failures_of_strangers_hold_back_nobody_who_is_signed_in(client):
    """Anybody can make a name wait for signing in; the password once more is counted apart."""
    headers = sign_in(client)
    mine = dict(client.cookies)
    for _ in range(FAILURES + 1):
        refused = sign_in(client, password="a stranger's guess")
    assert refused == 429
    client.cookies.update(mine)
    assert change(client, headers).status_code == 200


def test_safety_S11_a_crowd_of_sign_ins_leaves_a_thread_for_who_decides():
    from landrelease.apps.web.guessing import MOST_WAITING, Guesses

    guesses = Guesses()
    guesses._waiting[False] = MOST_WAITING
    try:
        with pytest.raises(LandReleaseError, match="waits"):
            asyncio.run(guesses.check(_request(), "one.donor", OLD))
        assert asyncio.run(guesses.check(_request(), "one.donor", OLD, again=True)) == "one.donor"
    finally:
        guesses.close()


def _request():
    """As much of a request as the looking at passwords asks for."""
    accounts = SimpleNamespace(check=lambda name, password, **_: name, log=lambda *_: None)
    state = SimpleNamespace(accounts=accounts, noted=OrderedDict())
    return SimpleNamespace(app=SimpleNamespace(state=state), client=None)


def test_without_a_session_or_its_token_nothing_is_changed(client):
    headers = sign_in(client)
    assert change(client, {"x-csrf-token": "guessed"}).status_code == 403
    client.cookies.clear()
    assert change(client, headers).status_code == 401
    page = client.get("/account")
    assert page.status_code == 401 and "<form" not in page.text.replace("<form class", "")
    assert isinstance(sign_in(client), dict)


def test_own_sessions_and_tokens_are_listed_and_ended_and_no_others(app, client):
    accounts = app.state.accounts
    other, _ = accounts.begin("two.planner")
    token = accounts.make_token("one.donor", "QGIS of the office", 30)
    sign_in(client)
    elsewhere = client.cookies["landrelease_session"]
    headers = sign_in(client)
    page = client.get("/account").text
    signs = {o.sign for o in accounts.sessions_of("one.donor")}
    (kept,) = accounts.tokens_of("one.donor")
    assert len(signs) == 2 and kept.label == "QGIS of the office" and kept.label in page
    assert "this one" in page and page.count('value="' + kept.sign) == 1
    assert not [s for s in (token, elsewhere, client.cookies["landrelease_session"]) if s in page]
    (not_mine,) = accounts.sessions_of("two.planner")
    assert not_mine.sign not in page
    blank = client.post("/api/account/end", json={"sign": " "}, headers=headers)
    assert "There is no such session here" in blank.text
    gone = client.post("/api/account/end", json={"sign": not_mine.sign}, headers=headers)
    assert gone.status_code == 404 and accounts.session(other) is not None
    from landrelease.store.accounts import sign_of

    for secret in (elsewhere, token):
        assert client.post("/api/account/end", json={"sign": sign_of(secret)},
                           headers=headers).status_code == 200
    assert accounts.session(elsewhere) is None and accounts.of_token(token) is None
    assert client.get("/api/session").json()["account"] == "one.donor"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
def test_a_person_changes_the_password_and_goes_on(place, chromium_path, width, dark):
    from axe_playwright_python.sync_playwright import Axe

    from test_accessible import findings, serious

    with (served(place / "r.gpkg") as url, browsing(chromium_path, url) as browser):
        page = browser.page(width=width, dark=dark)
        page.goto(url + "#sign_in")
        page.fill("input[autocomplete=username]", "one.donor")
        page.fill("input[type=password]", OLD)
        page.keyboard.press("Enter")
        page.click("#reader a:has-text('one.donor')")
        page.wait_for_selector("h1:has-text('Your account')")
        assert not serious(findings(page, Axe()))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        form = "form[action='/api/account/password'] "
        for name, words in (("old", "wrong password it is"), ("new", NEW), ("again", NEW)):
            page.fill(f"{form}input[name={name}]", words)
        page.click(form + "button")
        page.wait_for_selector(form + "[role=alert]:has-text('WEB-006')")
        for name, words in (("old", OLD), ("new", NEW), ("again", NEW)):
            page.fill(f"{form}input[name={name}]", words)
        page.click(form + "button")
        page.wait_for_selector("#said:has-text('The password was changed.')")
        page.wait_for_selector(".mark.good:has-text('this one')")
        browser.check("400 (Bad Request)")
