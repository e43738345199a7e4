"""Points of OWASP ASVS 5.0, level 2, that no other test holds; `docs/asvs.md` says which test holds
which point."""

import contextlib

import pytest
from litestar.testing import TestClient

from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry

PASSWORD = "four random words do"


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    path = tmp_path_factory.mktemp("asvs") / "r.gpkg"
    create_registry(path, office="Test").close()
    return path


@pytest.fixture
def app(registry, tmp_path):
    made = make_app(Settings(str(registry), str(tmp_path / "a"), hosts=("testserver.local",),
                             secure=True))
    made.state.accounts.add(Account("one.donor", "donor"), PASSWORD)
    return made


def served(app):
    return TestClient(app, base_url="https://testserver.local")


def signed_in(client):
    answer = client.post("/api/session", json={"name": "one.donor", "password": PASSWORD},
                         headers={"x-csrf-token": "page"})
    assert answer.status_code == 200, answer.text
    return {"x-csrf-token": answer.json()["csrf"]}


def test_v3_4_1_browsers_ask_by_https_only(app, registry, tmp_path):
    with served(app) as client:
        for path in ("/", "/ogc", "/api/nothing"):
            assert "max-age=63072000" in client.get(path).headers["strict-transport-security"]
    plain = make_app(Settings(str(registry), str(tmp_path / "b"), hosts=("testserver.local",)))
    with TestClient(plain) as client:
        assert "strict-transport-security" not in client.get("/").headers


def test_v14_3_2_nothing_of_a_reader_is_kept(app):
    with served(app) as client:
        for path in ("/api/session", "/api/about", "/api/figures", "/ogc/collections",
                     "/schema/openapi.json"):
            assert "no-store" in client.get(path).headers["cache-control"], path
        head = signed_in(client)
        out = client.post("/api/session/end", headers=head)
        assert '"storage"' in out.headers["clear-site-data"]


def test_v7_5_2_all_sessions_can_be_seen_and_ended(app):
    with served(app) as client:
        signed_in(client)
        other = client.cookies["__Host-landrelease_session"]
        client.cookies.clear()
        head = signed_in(client)
        listed = client.get("/api/session/all").json()
        assert len(listed) == 2 and set(listed[0]) == {"made_at", "seen_at"}
        assert client.post("/api/session/all/end", headers=head).json() == {"ended": 2}
        for secret in ("", other):
            client.cookies.clear()
            if secret:
                client.cookies.set("__Host-landrelease_session", secret)
            assert client.get("/api/session").json()["account"] == ""
            assert client.get("/api/session/all").status_code == 401


def test_v16_3_signing_in_out_and_refusals_stand_in_the_log(app):
    accounts = app.state.accounts
    with served(app) as client:
        for name in ("one.donor", "my password typed here"):
            client.post("/api/session", json={"name": name, "password": "not the right one"},
                        headers={"x-csrf-token": "page"})
        head = signed_in(client)
        assert client.get("/api/quarantine").status_code == 403
        client.post("/api/session/end", headers=head)
    rows = [(account, subject, detail) for _, account, _, subject, detail in accounts.logged(50)]
    assert [r[:2] for r in reversed(rows)] == [
        ("one.donor", "sign-in refused"), ("unknown", "sign-in refused"),
        ("one.donor", "signed in"), ("one.donor", "refused"), ("one.donor", "signed out")]
    text = str(rows)
    assert "/api/quarantine" in text
    assert PASSWORD not in text and "typed here" not in text and "right one" not in text


def test_v16_4_1_an_entry_cannot_look_like_another(app):
    app.state.accounts.log("one.donor", "donor", "hazard", "H-1\n2026-01-01 other\x1b[2J\u202e")
    (row,) = app.state.accounts.logged(1)
    assert row[4] == "H-1?2026-01-01 other?[2J?"


def test_v4_1_3_what_anybody_can_write_into_a_header_is_not_who_asks():
    from landrelease.apps.web.proxies import Proxies

    def asked(peer, *forwarded, proxies=("127.0.0.1", "10.1.0.0/24"), proto=()):
        heads = [(b"X-Forwarded-For", f.encode()) for f in forwarded]
        heads += [(b"x-forwarded-proto", p.encode()) for p in proto]
        scope = {"type": "http", "client": (peer, 5), "scheme": "http", "headers": heads}

        async def app(scope, receive, send):
            pass

        with contextlib.suppress(StopIteration):
            Proxies(proxies).handle(scope, None, None, app).send(None)
        return scope["client"][0] if not proto else scope["scheme"]

    assert asked("127.0.0.1", "6.6.6.6, 8.8.8.8") == "8.8.8.8", "what the proxy added"
    assert asked("127.0.0.1", "6.6.6.6", "8.8.8.8") == "8.8.8.8", "the same as two headers"
    assert asked("127.0.0.1", "6.6.6.6, 8.8.8.8, 10.1.0.7") == "8.8.8.8", "two proxies of ours"
    assert asked("::ffff:127.0.0.1", "8.8.8.8") == "8.8.8.8", "IPv4 as IPv6 writes it"
    assert asked("127.0.0.1", "8.8.8.8, nonsense") == "127.0.0.1"
    assert asked("127.0.0.1", "8.8.8.8", proxies=()) == "127.0.0.1", "no proxy was stated"
    for peer in ("9.9.9.9", "10.2.0.1", "192.168.1.1"):
        assert asked(peer, "8.8.8.8") == peer, "not from a proxy of ours"
        assert asked(peer, "8.8.8.8", proto=["https"]) == "http"
    assert asked("127.0.0.1", proto=["https"]) == "https"
    assert asked("127.0.0.1", proto=["https", "http"]) == asked("127.0.0.1", proto=["ws"]) == "http"


@pytest.mark.parametrize("stated", ["0.0.0.0/0", "::/0", "proxy.example", "", "10.0.0.1/24"])
def test_v4_1_3_a_proxy_is_an_address_and_never_everybody(stated):
    from landrelease.apps.web.proxies import networks

    with pytest.raises(LandReleaseError, match="WEB-019"):
        networks([stated])


def test_v13_4_the_server_names_no_version_and_lists_no_folder(app):
    with served(app) as client:
        for path in ("/static/", "/static", "/.git/config", "/.env", "/server-status"):
            assert client.get(path).status_code in (404, 405), path
        heads = client.get("/").headers
        assert "x-powered-by" not in heads and "litestar" not in str(heads).lower()
