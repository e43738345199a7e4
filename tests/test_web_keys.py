"""WEB: personal keys on the page: one's own made in the browser, whose private part never comes to
the server; vouched for with a key and a fingerprint that was heard; ended."""

import re
from datetime import date, timedelta

import pytest
from litestar.testing import TestClient

from browsing import browsing, served
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.signature import SigningKey
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Account, Accounts
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import identities
from test_web_account import sign_in

OLD, PASSPHRASE = "four random words do", "a phrase of the key"
KEY = SigningKey.from_seed(bytes(range(32)))
OTHER = SigningKey.from_seed(bytes(range(1, 33)))


@pytest.fixture
def place(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        first = identities.create_identity(registry, tmp_path / "first.pem", name="Ana", by="test",
                                           role="authority", passphrase=PASSPHRASE)
        second = registry.author("Ivo")
        registry.append([_person(second)])
    accounts = Accounts(tmp_path / "r.gpkg.accounts")
    for name, role, person in (("ana", "authority", first.person), ("ivo", "inspector", second),
                               ("one.admin", "administrator", ""), ("one.planner", "planner", ""),
                               ("one.operator", "operator", ""), ("one.donor", "donor", "")):
        accounts.add(Account(name, role, "", (), person), OLD)
    accounts.close()
    return tmp_path


def _person(person):
    from landrelease.core.revision import Revision
    from landrelease.store.open import utc_now

    return Revision("person", person, {"organisation": "Operator A"}, None, utc_now(), "test",
                    "test", "")


@pytest.fixture
def app(place):
    return make_app(Settings(str(place / "r.gpkg"), str(place / "r.gpkg.accounts"),
                             hosts=("testserver.local",)))


@pytest.fixture
def client(app):
    with TestClient(app) as made:
        yield made


def known(place):
    with open_registry(place / "r.gpkg", writable=False) as registry:
        return {i.person: i for i in identities.identities(registry)}, registry.author("Ivo")


def record(client, name="ivo", key=KEY, password=OLD):
    headers = sign_in(client, name)
    return client.post("/api/keys", headers=headers, json={
        "public_key": key.public_key, "password": password})


def vouch(client, place, name="ana", *, person, heard, password=OLD, **more):
    headers = sign_in(client, name)
    return client.post("/api/keys/vouch", headers=headers, data={
        "person": person, "fingerprint": heard, "passphrase": PASSPHRASE, "password": password,
        **more}, files={"key": ("first.pem", (place / "first.pem").read_bytes())})


def test_safety_S09_a_key_counts_once_it_was_vouched_for_with_its_fingerprint(place, client):
    assert record(client).status_code == 201
    found, ivo = known(place)
    assert found[ivo].since is None and found[ivo].public_key == KEY.public_key
    assert vouch(client, place, person=ivo, heard="9d7e " * 8).json()["code"] == "SIG-008"
    assert known(place)[0][ivo].since is None
    heard = found[ivo].fingerprint.upper().replace(" ", "")
    told = vouch(client, place, person=ivo, heard=heard, role="inspector", may_vouch="no")
    assert told.status_code == 200, told.text
    one = known(place)[0][ivo]
    assert one.since is not None and one.role == "inspector" and not one.may_vouch
    page = client.get("/keys").text
    for shown in (one.fingerprint, one.vouched_by, one.since.date().isoformat()):
        assert shown in page
    assert "Ivo" not in page and "Ana" not in page, "names are shown by `personal` alone (S17)"


def test_nobody_vouches_with_the_key_of_another_or_without_the_password(place, client):
    record(client)
    found, ivo = known(place)
    heard = found[ivo].fingerprint
    assert vouch(client, place, "ivo", person=ivo, heard=heard).json()["code"] == "WEB-042"
    assert vouch(client, place, person=ivo, heard=heard, password="x").status_code == 401
    assert known(place)[0][ivo].since is None


@pytest.mark.parametrize(("key", "code"), [
    ("x", "WEB-027"), ("0" * 64, "WEB-027"), ("01" + "0" * 62, "WEB-027"),
    ("first", "WEB-027")])
def test_what_is_no_key_of_ones_own_is_not_recorded(place, client, key, code):
    if key == "first":
        key = next(iter(known(place)[0].values())).public_key
    headers = sign_in(client, "ivo")
    answer = client.post("/api/keys", headers=headers, json={"public_key": key, "password": OLD})
    assert answer.json()["code"] == code and known(place)[1] not in known(place)[0]


def test_without_a_person_a_password_or_a_first_key_none_is_recorded(place, client, tmp_path):
    assert record(client, "one.admin").json()["code"] == "WEB-028"
    assert record(client, password="a guess").status_code == 401
    assert record(client, "ana").json()["code"] == "SIG-007", "a key that counts is ended first"
    with create_registry(tmp_path / "new.gpkg", office="Office") as registry:
        registry.append([_person(registry.author("Ivo"))])
        with pytest.raises(LandReleaseError, match="WEB-029"):
            identities.record_key(registry, registry.author("Ivo"), KEY.public_key, by="test")


def test_a_key_is_ended_by_its_person_an_administrator_or_the_authority(place, client):
    record(client)
    found, ivo = known(place)
    vouch(client, place, person=ivo, heard=found[ivo].fingerprint)
    ana = next(p for p in found if p != ivo)

    def end(name, person, password=OLD):
        return client.post("/api/keys/revoke", headers=sign_in(client, name), json={
            "person": person, "reason": "lost", "password": password})

    assert end("one.planner", ivo).status_code == 403
    assert end("ivo", ana).status_code == 403
    assert end("one.admin", ivo, "a guess").status_code == 401
    assert known(place)[0][ivo].key_until is None
    assert end("ivo", ivo).status_code == 200
    assert known(place)[0][ivo].key_until == date.today() - timedelta(days=1)
    assert end("one.admin", ana).status_code == 200
    assert record(client, key=OTHER).status_code == 201, "a new key after the old one"


@pytest.mark.parametrize("who", ["", "one.donor", "one.operator", "token"])
def test_safety_S14_keys_are_for_whom_the_list_of_identities_is(place, app, client, who):
    before = known(place)[0]
    headers = {"x-csrf-token": "page"}
    if who == "token":
        secret = app.state.accounts.make_token("ivo", "test", 1)
        headers |= {"authorization": f"Bearer {secret}"}
    elif who:
        headers = sign_in(client, who)
    fingerprint = next(iter(before.values())).fingerprint
    page = client.get("/keys", headers=headers)
    assert (fingerprint in page.text) == (who == "token"), "a token reads, as its account does"
    for path, body in (("/api/keys", {"public_key": KEY.public_key, "password": OLD}),
                       ("/api/keys/revoke", {"person": next(iter(before)), "reason": "x",
                                             "password": OLD})):
        assert client.post(path, headers=headers, json=body).status_code in (401, 403), path
    assert known(place)[0] == before


@pytest.mark.browser
@pytest.mark.parametrize(("width", "dark", "lang"), [(1280, True, "en"), (390, False, "ar")])
def test_a_key_made_in_the_browser_opens_with_its_passphrase_and_never_left_it(
        place, chromium_path, width, dark, lang):
    from axe_playwright_python.sync_playwright import Axe

    from test_accessible import findings, serious

    sent = []
    with (served(place / "r.gpkg") as url, browsing(chromium_path, url) as browser):
        page = browser.page(width=width, dark=dark, lang=lang)
        page.on("request", lambda r: sent.append(r.post_data or ""))
        page.goto(url + "#sign_in")
        page.fill("input[autocomplete=username]", "ivo")
        page.fill("input[type=password]", OLD)
        page.keyboard.press("Enter")
        page.wait_for_selector("#reader a:has-text('ivo')")
        page.goto(url + "keys")
        for name, words in (("passphrase", PASSPHRASE), ("again", "another phrase"),
                            ("password", OLD)):
            page.fill(f"#own-key input[name={name}]", words)
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('#own-key [role=alert]').textContent")
        page.fill("#own-key input[name=again]", PASSPHRASE)
        page.focus("#own-key input[name=password]")
        page.keyboard.press("Enter")
        page.wait_for_selector(".once a[download]")
        assert not serious(findings(page, Axe()))
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        browser.snap(page, f"keys-{width}-{lang}")
        with page.expect_download() as saved:
            page.click(".once a[download]")
        content = saved.value.path().read_bytes()
        browser.check()
    key = SigningKey.from_pem(content, PASSPHRASE, "the file")
    found, ivo = known(place)
    assert found[ivo].public_key == key.public_key
    with pytest.raises(LandReleaseError, match="SIG-002"):
        SigningKey.from_pem(content, "another phrase", "the file")
    assert PASSPHRASE not in "".join(sent)
    posted = [s for s in sent if "public_key" in s]
    assert len(posted) == 1 and re.findall(r"[0-9a-f]{60,}", posted[0]) == [key.public_key]
