"""WEB: accounts of other people on the page: for administrators alone, each change with the own
password once more, each secret shown once, and nothing of it by a token."""

import shutil
import sqlite3
from datetime import timedelta

import pytest
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import FAILURES, ONE_TIME_HOURS, Account, Accounts
from landrelease.store.open import create_registry, utc_now
from landrelease.store.webhooks import Webhooks
from test_web_account import sign_in

OLD, NEW = "four random words do", "five other words also do"
AREA = {"name": "North", "identifier": "A-1"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A registry and an account of each role."""
    tmp_path = tmp_path_factory.mktemp("kept")
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        registry.append([Revision("administrative_area", "area-1", AREA, None, utc_now(), "test",
                                  "test", "")])
    accounts = Accounts(tmp_path / "r.gpkg.accounts")
    for role in policy.ROLES:
        accounts.add(Account(f"one.{role}", role, "Org A"), OLD)
    accounts.add(Account("north.admin", "administrator", "", ("North",)), OLD)
    accounts.close()
    return tmp_path


@pytest.fixture
def place(made, tmp_path):
    for path in made.iterdir():
        shutil.copy(path, tmp_path)
    return tmp_path


@pytest.fixture
def app(place):
    return make_app(Settings(str(place / "r.gpkg"), str(place / "r.gpkg.accounts"),
                             hosts=("testserver.local",)))


@pytest.fixture
def client(app):
    with TestClient(app) as made:
        yield made


ASKED = [("GET", "/accounts", None), ("GET", "/accounts/one.donor", None),
         ("POST", "/api/accounts", {"name": "new.one", "role": "donor"}),
         ("POST", "/api/accounts/one.donor/change", {"role": "administrator"}),
         *(("POST", f"/api/accounts/one.donor/{what}", {}) for what in (
             "lock", "unlock", "reset", "end")),
         *(("POST", f"/api/accounts/one.donor/webhooks/none/{what}", {}) for what in (
             "pause", "remove")),
         ("POST", "/api/accounts/one.donor/tokens", {"label": "x", "scope": "write", "days": 9})]


def ask(client, method, path, body, headers):
    return client.request(method, path, headers=headers,
                          json=None if body is None else {"password": OLD, **body})


@pytest.mark.parametrize("who", [
    "", *(f"one.{r}" for r in policy.ROLES if r != "administrator"), "north.admin", "token"])
def test_safety_S14_nobody_but_an_administrator_of_all_ground_keeps_accounts(app, client, who):
    """`token`: of an administrator: a program makes no accounts and no tokens."""
    accounts = app.state.accounts
    before = (accounts.all(), accounts.tokens_of("one.donor"))
    if who == "token":
        secret = accounts.make_token("one.administrator", "test", 1)
        headers = {"authorization": f"Bearer {secret}", "x-csrf-token": "program"}
    else:
        headers = sign_in(client, who) if who else {"x-csrf-token": "page"}
    for method, path, body in ASKED:
        answer = ask(client, method, path, body, headers)
        assert answer.status_code == (401 if who in ("", "token") else 403), (path, answer.text)
        assert "north.admin" not in answer.text or who == "north.admin", "no account is named"
    assert 'href="/accounts"' not in client.get("/figures", headers=headers).text
    assert (accounts.all(), accounts.tokens_of("one.donor")) == before


def test_an_administrator_makes_changes_locks_and_opens_an_account(app, client):
    accounts = app.state.accounts
    headers = sign_in(client, "one.administrator")
    made = ask(client, "POST", "/api/accounts", {
        "name": "new.one", "role": "planner", "organisation": " Org B ",
        "areas": "North\n17,44,18,45\n"}, headers)
    assert made.status_code == 201, made.text
    assert accounts.account("new.one") == Account(
        "new.one", "planner", "Org B", ("North", "17,44,18,45"))
    page = client.get("/accounts").text
    assert "new.one" in page and made.json()["once"]["value"] not in page
    assert ask(client, "POST", "/api/accounts/new.one/change", {"role": "inspector"},
               headers).status_code == 200
    assert accounts.account("new.one") == Account("new.one", "inspector")
    for what, disabled in (("lock", True), ("unlock", False)):
        assert ask(client, "POST", f"/api/accounts/new.one/{what}", {}, headers).status_code == 200
        assert accounts.account("new.one").disabled is disabled
    rows = [(r[3], r[4]) for r in reversed(accounts.logged(20)) if r[1] == "one.administrator"]
    assert [r[0] for r in rows][1:] == ["account made", "accounts", "account changed",
                                        "account locked", "account unlocked"]
    assert "planner" in rows[3][1] and "inspector" in rows[3][1], "what it was and what it is"


@pytest.mark.parametrize(("body", "code"), [
    ({"role": "king"}, "ACC-001"), ({"areas": "Nowhere"}, "ACC-005"), ({"name": "a b"}, "WEB-001"),
    ({"name": "one.donor"}, "WEB-002"), ({"person": "person:x"}, "WEB-026")])
def test_what_is_wrong_with_an_account_is_said_and_makes_none(app, client, body, code):
    headers, before = sign_in(client, "one.administrator"), app.state.accounts.all()
    answer = ask(client, "POST", "/api/accounts", {"name": "new.one", "role": "donor", **body},
                 headers)
    assert answer.status_code == 400 and answer.json()["code"] == code
    assert app.state.accounts.all() == before


def test_without_the_own_password_nothing_is_changed_and_guesses_wait(app, client):
    headers, before = sign_in(client, "one.administrator"), app.state.accounts.all()
    for n in range(FAILURES):
        method, path, body = ASKED[2 + n]
        answer = ask(client, method, path, {**body, "password": "a guess"}, headers)
        assert answer.status_code == 401 and answer.json()["code"] == "WEB-023", (path, answer.text)
    assert ask(client, *ASKED[3], headers).status_code == 429
    assert app.state.accounts.all() == before
    assert sum(r[3] == "password refused" for r in app.state.accounts.logged(20)) == FAILURES


def test_a_change_from_another_site_is_refused(app, client):
    sign_in(client, "one.administrator")
    assert ask(client, *ASKED[3], {"x-csrf-token": "guessed"}).status_code == 403
    assert app.state.accounts.account("one.donor").role == "donor"


def test_nobody_changes_the_own_account_where_others_are_kept(app, client):
    headers = sign_in(client, "one.administrator")
    for _, path, body in (a for a in ASKED[3:] if not a[1].endswith(("/end", "pause", "remove"))):
        answer = ask(client, "POST", path.replace("one.donor", "one.administrator"), body, headers)
        assert answer.status_code == 400 and answer.json()["code"] == "WEB-022", path
    assert not app.state.accounts.account("one.administrator").disabled


def test_v6_4_1_a_one_time_word_is_for_choosing_a_password_alone(app, client):
    accounts = app.state.accounts
    token = accounts.make_token("one.authority", "GIS", 30)
    headers = sign_in(client, "one.administrator")
    answer = ask(client, "POST", "/api/accounts/one.authority/reset", {}, headers)
    word = answer.json()["once"]["value"]
    assert answer.status_code == 200 and len(word) == 23
    assert word not in str(accounts.logged(50)) and word not in client.get(
        "/accounts/one.authority").text
    assert accounts.of_token(token) is None
    assert sign_in(client, "one.authority", OLD) == 401
    headers = sign_in(client, "one.authority", word)
    # Until there is a password it is the public's view, and nothing is sent.
    assert client.get("/api/session").json()["role"] == "public"
    assert client.get("/ogc/collections/team/items").status_code == 404
    for path, body in (("/api/webhooks", {"url": "https://a.example", "kinds": ["hazard"]}),
                       ("/api/account/tokens", {"label": "x", "scope": "read", "days": 1,
                                                "password": word}),
                       ("/jobs/claims", {"claims": ""})):
        refused = client.post(path, json=body, headers=headers)
        assert refused.status_code == 403 and refused.json()["code"] == "WEB-021", path
    assert client.get("/api/webhooks").json()["code"] == "WEB-021"
    page = client.get("/account").text
    assert "/api/account/password" in page and "/api/account/tokens" not in page
    change = {"old": word, "new": word, "again": word}
    kept = client.post("/api/account/password", json=change, headers=headers)
    assert kept.json()["code"] == "WEB-009"
    done = client.post("/api/account/password", headers=headers, json={
        **change, "new": NEW, "again": NEW})
    assert done.status_code == 200, done.text
    assert client.get("/api/session").json()["role"] == "authority"
    assert sign_in(client, "one.authority", word) == 401


def test_v6_4_1_a_one_time_word_ends(tmp_path):
    now = utc_now()
    accounts = Accounts(tmp_path / "a", now=lambda: now)
    accounts.add(Account("m.office", "planner"), OLD)
    word = accounts.one_time_word("m.office")
    now += timedelta(hours=ONE_TIME_HOURS, seconds=-1)
    assert accounts.check("m.office", word).name == "m.office"
    now += timedelta(seconds=2)
    assert accounts.check("m.office", word) is None
    accounts.set_password("m.office", NEW)
    assert accounts.check("m.office", NEW).name == "m.office"
    assert not accounts.begin("m.office")[1].renew


def test_who_signs_in_at_a_provider_is_asked_for_no_password(tmp_path):
    accounts = Accounts(tmp_path / "a")
    accounts.add(Account("m.office", "planner"), OLD)
    accounts.one_time_word("m.office")
    for by, renew in (("", True), ("https://id.example", False)):
        secret, session = accounts.begin("m.office", by=by)
        assert session.renew is renew and accounts.session(secret).renew is renew


def test_safety_S14_messages_made_for_another_role_are_not_sent(app, client):
    hooks = Webhooks(app.state.accounts)
    made, _ = hooks.add("one.planner", "https://a.example/x", ("team",), 0)
    hooks.keep(made, [b"{}"], 1)
    headers = sign_in(client, "one.administrator")
    assert ask(client, "POST", "/api/accounts/one.planner/change", {
        "role": "planner", "organisation": "Org A"}, headers).status_code == 200
    assert len(hooks.due()) == 1, "nothing was changed"
    assert ask(client, "POST", "/api/accounts/one.planner/change", {
        "role": "donor", "organisation": "Org A"}, headers).status_code == 200
    (one,) = hooks.of("one.planner")
    assert one.disabled and hooks.due() == []


def test_sessions_and_tokens_of_another_are_ended(app, client):
    accounts = app.state.accounts
    token = accounts.make_token("one.donor", "GIS", 30)
    secret, _ = accounts.begin("one.donor")
    headers = sign_in(client, "one.administrator")
    (kept,) = accounts.tokens_of("one.donor")
    page = client.get("/accounts/one.donor").text
    assert kept.sign in page and token not in page
    assert ask(client, "POST", "/api/accounts/one.donor/end", {"sign": ""},
               headers).status_code == 200
    assert accounts.session(secret) is None and accounts.of_token(token) is not None
    assert ask(client, "POST", "/api/accounts/one.donor/end", {"sign": kept.sign},
               headers).status_code == 200
    assert accounts.of_token(token) is None
    assert ask(client, "POST", "/api/accounts/one.donor/end", {"sign": "x"},
               headers).status_code == 404
    assert ask(client, "POST", "/api/accounts/nobody/lock", {}, headers).json()["code"] == "WEB-004"


def test_v7_5_3_a_token_of_ones_own_takes_the_password_and_does_what_its_scope_says(app, client):
    headers = sign_in(client, "one.planner")
    body = {"label": "QGIS", "days": "9", "password": OLD}
    wrong = client.post("/api/account/tokens", headers=headers, json={
        **body, "scope": "read", "password": "a guess"})
    assert wrong.status_code == 401
    for scope, status in (("read", 403), ("write", 201)):
        made = client.post("/api/account/tokens", headers=headers, json={**body, "scope": scope})
        assert made.status_code == 201, made.text
        secret = made.json()["token"]
        assert secret == made.json()["once"]["value"] and secret not in client.get("/account").text
        program = {"authorization": f"Bearer {secret}", "x-csrf-token": "program"}
        cookies = dict(client.cookies)
        client.cookies.clear()
        assert client.get("/api/session", headers=program).json()["role"] == "planner"
        answer = client.post("/api/webhooks", headers=program, json={
            "url": "https://a.example", "kinds": ["hazard"]})
        assert answer.status_code == status
        phone = client.post("/openrosa/submission", headers={
            **program, "X-OpenRosa-Version": "1.0"}, data={"x": "y"})
        assert ("may read alone" in phone.text) == (scope == "read")
        none = client.post("/api/account/tokens", headers=program, json={**body, "scope": scope})
        assert none.status_code == (403 if scope == "read" else 401), "no token makes a token"
        client.cookies.update(cookies)
    for wrong in ({"days": "0"}, {"days": "400"}, {"scope": "all"}, {"label": "x" * 81}):
        answer = client.post("/api/account/tokens", headers=headers, json={
            **body, "scope": "read", **wrong})
        assert answer.status_code == 400, (wrong, answer.text)


def test_a_file_of_accounts_of_an_earlier_version_is_brought_up(tmp_path):
    made = Accounts(tmp_path / "a")
    made.add(Account("m.office", "planner"), OLD)
    made.close()
    with sqlite3.connect(tmp_path / "a") as db:
        db.execute("ALTER TABLE token DROP COLUMN scope")
        db.execute("INSERT INTO token VALUES ('x', 'm.office', 'phone', '2020', '2999')")
    (token,) = Accounts(tmp_path / "a").tokens_of("m.office")
    assert token.scope == "write", "a phone goes on sending"


def test_the_command_line_does_the_same(place, monkeypatch, capsys):
    from test_access_ways_out import command

    address = place / "r.gpkg"
    accounts = Accounts(place / "r.gpkg.accounts")
    assert command("account", "change", address, "one.donor", "--role", "inspector", "--area",
                   "North")[0] == 0
    assert accounts.account("one.donor") == Account("one.donor", "inspector", "Org A", ("North",))
    assert command("account", "change", address, "one.donor", "--everywhere")[0] == 0
    assert accounts.account("one.donor").areas == ()
    word = command("account", "reset", address, "one.donor")[1].strip()
    assert accounts.check("one.donor", word) and accounts.one_time_until("one.donor")
    assert command("account", "disable", address, "one.donor")[0] == 0
    assert accounts.check("one.donor", word) is None
    assert command("account", "enable", address, "one.donor")[0] == 0
    assert accounts.check("one.donor", word)
    secret = command("account", "token", address, "one.donor", "--scope", "read")[1].strip()
    assert accounts.opened_by(secret)[1] == "read"
    with pytest.raises(LandReleaseError, match="WEB-004"):
        accounts.enable("nobody")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark", "lang"), [(1280, False, "en"), (390, True, "ar")])
def test_a_person_makes_an_account_and_its_owner_chooses_a_password(
        place, chromium_path, width, dark, lang):
    from axe_playwright_python.sync_playwright import Axe

    from test_accessible import findings, serious

    axe = Axe()
    with (served(place / "r.gpkg") as url, browsing(chromium_path, url) as browser):
        page = browser.page(width=width, dark=dark, lang=lang)

        def looked_at(name):
            assert not serious(findings(page, axe)), name
            assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, name
            browser.snap(page, f"keeping-{name}-{width}-{lang}")

        def enter(name, password):
            page.goto("about:blank")
            page.goto(url + "#sign_in")
            page.fill("input[autocomplete=username]", name)
            page.fill("input[type=password]", password)
            page.keyboard.press("Enter")

        enter("one.administrator", OLD)
        page.wait_for_selector("#reader a:has-text('one.administrator')")
        page.goto(url + "accounts")
        looked_at("list")
        form = "form[action='/api/accounts'] "
        page.fill(form + "input[name=name]", "new.one")
        page.select_option(form + "select[name=role]", "planner")
        page.fill(form + "input[name=password]", "not the right one")
        page.keyboard.press("Enter")
        page.wait_for_selector(form + "[role=alert]:has-text('WEB-023')")
        page.fill(form + "input[name=password]", OLD)
        page.keyboard.press("Enter")
        page.wait_for_selector(".once input")
        word = page.input_value(".once input")
        assert page.evaluate("document.activeElement.className") == "card once"
        assert word not in page.evaluate("JSON.stringify({...sessionStorage, ...localStorage})")
        looked_at("word")
        page.click(".once a")
        page.wait_for_selector("h1:has-text('new.one')")
        assert word not in page.content()
        for summary in page.locator("main details > summary").all():
            summary.click()
        looked_at("one")
        page.context.clear_cookies()
        enter("new.one", word)
        page.wait_for_selector("form[action='/api/account/password']")
        looked_at("first")
        for name, words in (("old", word), ("new", NEW), ("again", NEW)):
            page.fill(f"input[name={name}]", words)
        page.keyboard.press("Enter")
        page.wait_for_selector(".mark.good")
        looked_at("account")
        browser.check("401 (Unauthorized)")


def test_the_log_of_an_account_is_in_the_language_of_the_reader(client, app):
    sign_in(client, "one.donor", OLD)
    client.cookies.clear()
    sign_in(client, "one.administrator", OLD)
    page = client.get("/accounts/one.donor", headers={"Accept-Language": "fr"}).text
    assert "connecté" in page and "mot de passe, depuis" in page and "signed in" not in page
