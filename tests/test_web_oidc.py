"""Signing in at a provider of OpenID Connect: a provider of our own on the loopback address, that
tells the truth or one lie at a time."""

import base64
import dataclasses
import hashlib
import http.server
import json
import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from litestar.testing import TestClient

from landrelease.apps.web.app import make_app
from landrelease.apps.web.oidc import read_client
from landrelease.apps.web.settings import Settings
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import ADDRESS_FAILURES, Account, Accounts
from landrelease.store.open import create_registry, utc_now

PASSWORD = "four random words do"
SECRET = "a secret of the client"
CALLBACK = "http://127.0.0.1:9/api/oidc/callback"


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


class Provider(http.server.ThreadingHTTPServer):
    """A provider; `lie` changes what the ID token says."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}"
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self.codes, self.lie, self.header, self.other_key, self.raw = {}, {}, {}, None, ""
        self.asked_with = []

    def claims(self, nonce):
        now = int(time.time())
        return {"iss": self.issuer, "aud": "landrelease", "sub": "subject-7", "iat": now,
                  "exp": now + 60, "nonce": nonce, "email": "m.office@example.org",
                  "email_verified": True, **self.lie}

    def token(self, nonce):
        claims, key = self.claims(nonce), self.other_key or self.key
        if self.raw:
            return self.raw
        return jwt.encode({"alg": "RS256", "kid": "one", **self.header},
                          {k: v for k, v in claims.items() if v is not None}, key,
                          algorithms=["RS256", "HS256"])


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def say(self, body, status=200):
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_GET(self):
        at = self.server.issuer
        if self.path == "/.well-known/openid-configuration":
            self.say({"issuer": at, "authorization_endpoint": f"{at}/authorize",
                      "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/keys",
                      "end_session_endpoint": f"{at}/end"})
        else:
            self.say({"keys": [self.server.key.as_dict(private=False)]})

    def do_POST(self):
        said = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
        self.server.asked_with.append(self.headers.get("authorization", ""))
        kept = self.server.codes.pop(said["code"], None)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(
            said["code_verifier"].encode()).digest()).rstrip(b"=").decode()
        if kept is None or kept["code_challenge"] != challenge or said["redirect_uri"] != CALLBACK:
            return self.say({"error": "invalid_grant"}, 400)
        self.say({"id_token": self.server.token(kept["nonce"]), "access_token": "x",
                  "token_type": "Bearer"})


@pytest.fixture(scope="module")
def provider():
    made = Provider()
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    path = tmp_path_factory.mktemp("oidc") / "r.gpkg"
    create_registry(path, office="Test").close()
    return path


@pytest.fixture
def app(provider, registry, tmp_path):
    provider.lie, provider.header, provider.other_key, provider.raw = {}, {}, None, ""
    (tmp_path / "secret").write_text(SECRET + "\n")
    (tmp_path / "secret").chmod(0o600)
    (tmp_path / "oidc.yaml").write_text(
        f"issuer: {provider.issuer}\nclient_id: landrelease\ncallback: {CALLBACK}\n"
        "label: The office\nclient_secret_file: secret\n")
    made = make_app(Settings(str(registry), str(tmp_path / "a"), hosts=("testserver.local",),
                             oidc=str(tmp_path / "oidc.yaml")))
    made.state.accounts.add(Account("m.office", "planner", "Operator A"), PASSWORD)
    return made


@pytest.fixture
def client(app):
    with TestClient(app) as made:
        yield made


def begun(client, provider):
    """Go to the provider and come back with a code: the address of the answer."""
    answer = client.get("/api/oidc/start", follow_redirects=False)
    assert answer.status_code == 303
    at = urlsplit(answer.headers["location"])
    asked = {k: v[0] for k, v in parse_qs(at.query).items()}
    assert answer.headers["location"].startswith(f"{provider.issuer}/authorize?")
    assert asked["response_type"] == "code" and asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == CALLBACK and len(asked["state"]) >= 43
    provider.codes["code"] = asked
    return f"/api/oidc/callback?code=code&state={asked['state']}&iss={provider.issuer}", answer


def test_an_identity_opens_the_account_that_it_is_linked_to(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    address, first = begun(client, provider)
    said = first.headers["set-cookie"]
    assert "HttpOnly" in said and "SameSite=lax" in said and "subject" not in said
    answer = client.get(address)
    assert answer.status_code == 200 and 'content="0;url=/"' in answer.text
    cookies = answer.headers.get_list("set-cookie")
    assert any("landrelease_session=" in c and "SameSite=strict" in c for c in cookies)
    who = client.get("/api/session").json()
    assert who["account"] == "m.office" and who["role"] == "planner"
    assert base64.b64decode(provider.asked_with[-1].split()[1]).decode() == f"landrelease:{SECRET}"
    assert client.get(address).status_code == 403, "an answer counts once"
    logged = [r for r in app.state.accounts.logged(5) if r[3] == "signed in"]
    assert logged and "OpenID" in logged[0][4]
    out = client.post("/api/session/end", headers={"x-csrf-token": who["csrf"]}).json()
    assert out["sign_out_at"].startswith(f"{provider.issuer}/end?client_id=landrelease")
    assert client.get("/api/session").json()["account"] == ""


def test_no_account_is_made_for_who_has_none(app, client, provider):
    address, _ = begun(client, provider)
    answer = client.get(address)
    assert answer.status_code == 403 and "WEB-052" in answer.text and "subject-7" in answer.text
    assert client.get("/api/session").json()["account"] == ""
    assert [a.name for a in app.state.accounts.all()] == ["m.office"]


def test_its_pages_speak_the_language_of_the_reader(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    arabic = {"accept-language": "ar"}
    page = client.get(begun(client, provider)[0], headers=arabic)
    assert page.status_code == 200 and '<html lang="ar" dir="rtl">' in page.text
    assert "Signed in." not in page.text and ">Map<" not in page.text
    provider.lie = {"aud": "another"}
    refused = client.get(begun(client, provider)[0], headers=arabic)
    assert refused.status_code == 403 and "WEB-051" in refused.text
    assert "Sign in" not in refused.text and 'href="/#sign_in"' in refused.text


def test_a_verified_address_binds_the_first_subject(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, email="M.Office@example.org")
    for lie in ({"email_verified": False}, {"email_verified": "true"}, {"email": None}):
        provider.lie = lie
        assert client.get(begun(client, provider)[0]).status_code == 403, lie
    provider.lie = {}
    assert client.get(begun(client, provider)[0]).status_code == 200
    provider.lie = {"sub": "somebody-else"}  # with the same address
    assert client.get(begun(client, provider)[0]).status_code == 403
    provider.lie = {"email": "new@example.org"}
    assert client.get(begun(client, provider)[0]).status_code == 200


def test_a_closed_account_stays_closed(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    app.state.accounts.disable("m.office")
    assert client.get(begun(client, provider)[0]).status_code == 403


def test_a_provider_that_asked_less_strongly_lets_nobody_in(app, client, provider):
    """ASVS 5.0, 6.8.4: where the office states how strongly the provider has to ask, a token that
    says less, or nothing, opens no account."""
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    said = app.state.provider.client
    app.state.provider.client = dataclasses.replace(said, acr=("strong", "stronger"))
    for lie, status in (({}, 403), ({"acr": "weak"}, 403), ({"acr": "stronger"}, 200)):
        provider.lie = lie
        address, first = begun(client, provider)
        assert "acr_values=strong+stronger" in first.headers["location"]
        assert client.get(address).status_code == status, lie
    app.state.provider.client = dataclasses.replace(said, amr=("mfa", "hwk"))
    for lie, status in (({"amr": "mfa"}, 403), ({"amr": ["pwd"]}, 403),
                        ({"amr": ["pwd", "hwk"]}, 200)):
        provider.lie = lie
        address, first = begun(client, provider)
        assert "acr_values" not in first.headers["location"]
        assert client.get(address).status_code == status, lie


LIES = [
    {"iss": "http://127.0.0.1:1"}, {"aud": "another"}, {"aud": ["landrelease", "another"]},
    {"azp": "another"}, {"exp": 1}, {"exp": None}, {"iat": None}, {"iat": 1},
    {"iat": 99999999999}, {"nbf": 99999999999}, {"nonce": "another"}, {"nonce": None},
    {"sub": None}, {"sub": ""}]


def test_an_id_token_that_says_something_else_is_refused(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    times = []
    for lie in LIES:
        provider.lie = lie
        app.state.accounts.now = lambda n=len(times): utc_now() + timedelta(minutes=20 * n)
        times.append(lie)  # so that no failure is near another
        answer = client.get(begun(client, provider)[0])
        assert answer.status_code == 403 and "WEB-051" in answer.text, lie
        assert client.get("/api/session").json()["account"] == ""


def test_an_id_token_that_another_signed_is_refused(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    provider.other_key = RSAKey.generate_key(2048, {"kid": "one"})
    assert client.get(begun(client, provider)[0]).status_code == 403
    provider.other_key = OctKey.import_key("a shared secret, long enough for its algorithm")
    provider.header = {"alg": "HS256"}
    assert client.get(begun(client, provider)[0]).status_code == 403
    address, first = begun(client, provider)
    nonce = dict(parse_qsl(urlsplit(first.headers["location"]).query))["nonce"]
    provider.raw = f"{part({'alg': 'none'})}.{part(provider.claims(nonce))}."
    assert client.get(address).status_code == 403


def test_new_keys_of_the_provider_are_fetched(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    assert client.get(begun(client, provider)[0]).status_code == 200
    provider.key = RSAKey.generate_key(2048, {"kid": "two", "use": "sig", "alg": "RS256"})
    provider.header = {"kid": "two"}
    assert client.get(begun(client, provider)[0]).status_code == 200


def test_an_answer_that_nobody_began_here_is_refused(app, client, provider):
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    address, _ = begun(client, provider)
    query = dict(parse_qsl(urlsplit(address).query))
    for wrong in (address.replace(query["state"], "x"), address.replace(provider.issuer, "y"),
                  "/api/oidc/callback", f"/api/oidc/callback?error=x&state={query['state']}"):
        begun(client, provider)
        assert client.get(wrong).status_code == 403
    client.cookies.clear()
    assert client.get(address).status_code == 403


def test_failures_make_an_address_wait(app, client, provider):
    for _ in range(ADDRESS_FAILURES):
        client.get("/api/oidc/callback")
    app.state.accounts.link("m.office", provider.issuer, subject="subject-7")
    answer = client.get(begun(client, provider)[0])
    assert answer.status_code == 429 and "WEB-014" in answer.text
    assert 0 < int(answer.headers["retry-after"]) <= 15 * 60
    waits = app.state.accounts.waits("address testclient")
    for _ in range(5):
        client.get("/api/oidc/callback")
    assert 0 < app.state.accounts.waits("address testclient") <= waits, "asking makes none longer"


def test_the_settings_are_checked_and_the_secret_shows_nowhere(tmp_path):
    file = tmp_path / "o.yaml"
    good = "issuer: https://id.example\nclient_id: a\ncallback: https://b.example/api/oidc/callback\n"
    file.write_text(good)
    client = read_client(file, {"LANDRELEASE_OIDC_SECRET": "hush"})
    assert client.secret == "hush" and "hush" not in repr(client) and client.label == "id.example"
    (tmp_path / "s").write_text("x")
    (tmp_path / "s").chmod(0o644)
    for bad in ("", "- a\n", good.replace("https://id", "http://id"), good + "colour: red\n",
                "issuer: https://id.example\n", good + "client_secret_file: s\n",
                good + "client_secret_file: nothing\n"):
        file.write_text(bad)
        with pytest.raises(LandReleaseError) as caught:
            read_client(file, {})
        assert caught.value.code == "WEB-050"


def test_an_identity_opens_one_account(tmp_path):
    accounts = Accounts(tmp_path / "a")
    for name in ("one.a", "two.b"):
        accounts.add(Account(name, "planner"), PASSWORD)
    accounts.link("one.a", "https://id.example", subject="7")
    for more in ({"subject": "7"}, {}, {"subject": "8", "email": "a@b.c"}):
        with pytest.raises(LandReleaseError) as caught:
            accounts.link("two.b", "https://id.example", **more)
        assert caught.value.code == "WEB-053"
    assert accounts.of_identity("https://other.example", "7", "") is None
    assert accounts.unlink("one.a") == 1
    assert accounts.of_identity("https://id.example", "7", "") is None
