"""Points of OWASP ASVS 5.0, level 2, that no other test holds; `docs/asvs.md` says which test holds
which point."""

import ast
import contextlib
import html
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from litestar.testing import TestClient

import landrelease
from landrelease.apps.web import layout
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, utc_now

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


# --- text, links, queries ------------------------------------------------------------------------

HOSTILE = "<img src=x onerror=alert(1)>\"'&</td>"


@given(st.text(), st.text())
def test_v1_2_1_text_goes_into_a_page_as_text(child, value):
    class Read(HTMLParser):
        def __init__(self):
            super().__init__(convert_charrefs=True)
            self.tags, self.text = [], ""

        def handle_starttag(self, tag, attrs):
            self.tags.append((tag, dict(attrs)))

        def handle_data(self, data):
            self.text += data

    read = Read()
    # A page has no null and no line ends but one: both are what HTML itself makes of them.
    child, value = (t.replace("\0", "").replace("\r", "") for t in (child, value))
    read.feed(layout.tag("td", child, title=value))
    read.close()
    assert read.tags == [("td", {"title": value})] and read.text == child


def test_v1_2_1_what_a_record_says_is_text(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office=HOSTILE) as registry:
        registry.append([Revision(kind, f"{kind}-1", values, None, utc_now(), "test", HOSTILE, "")
                         for kind, values in (("hazard", {"name": HOSTILE, "status": "closed"}),
                                              ("team", {"name": HOSTILE, "base": HOSTILE}))])
    made = make_app(Settings(str(tmp_path / "r.gpkg"), str(tmp_path / "a"), role="authority",
                             hosts=("testserver.local",)))
    seen = 0
    with TestClient(made) as client:
        for path in ("/teams", "/teams/team-1", "/quality?checks=yes", "/validation?kind=hazard",
                     "/validation/record/hazard-1", "/releases", "/documents", "/public",
                     "/quality/records?what=without_place&kind=hazard"):
            page = client.get(path).text
            assert "<img" not in page, path
            seen += "&lt;img src=x onerror=alert(1)&gt;" in page
    assert seen > 5


@given(st.text(min_size=1))
@example("javascript:alert(1)")
@example("//elsewhere.example/")
@example("../../api/session/end")
def test_v1_2_2_a_link_to_a_record_leads_to_us(words):
    (href,) = re.findall(r'href="([^"]*)"', layout.record_link(words, words))
    assert re.fullmatch(r"/#record/[\w.~%-]*(/[\w.~%-]*)*", html.unescape(href), re.ASCII)


def test_v1_2_4_words_of_a_query_language_are_words(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        registry.append([Revision("team", f"t-{n}", {"name": f"Team {n}"}, None, utc_now(), "test",
                                  "test", "") for n in range(3)])
    made = make_app(Settings(str(tmp_path / "r.gpkg"), str(tmp_path / "a"), role="planner",
                             hosts=("testserver.local",)))
    with TestClient(made) as client:
        def count(**asked):
            answer = client.get("/ogc/collections/team/items", params=asked)
            return answer.status_code, len(answer.json().get("features", ()))

        assert count(name="Team 1") == (200, 1)
        for words in ("' OR '1'='1", "Team 1' --", "x\"; DROP TABLE team; --", "%", "Team _"):
            assert count(name=words) == (200, 0), words
            assert count(filter="name = '" + words.replace("'", "''") + "'") == (200, 0), words
            assert count(after=words)[0] == 200
        assert count(filter="name = '' OR '1'='1'")[0] in (200, 400)
        assert count() == (200, 3)


def _plain_yaml(node, path):
    """Whether a loader of YAML is a safe one, or a class of the same file that is made of it."""
    (loader,) = [ast.unparse(n) for n in (*node.args[1:], *(k.value for k in node.keywords))]
    return "SafeLoader" in loader or f"class {loader}(yaml.SafeLoader)" in path.read_text(
        encoding="utf-8")


def test_v1_2_5_v1_3_2_v1_5_2_no_code_of_ours_runs_what_it_reads():
    """No shell, no eval, nothing unpickled, no YAML but plain values."""
    wrong = []
    for path in Path(landrelease.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                names = [node.module] if isinstance(node, ast.ImportFrom) else [
                    a.name for a in node.names]
                wrong += [(path.name, n) for n in names if n and n.split(".")[0] in (
                    "pickle", "marshal", "shelve", "dill", "joblib")]
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            named = {k.arg: ast.unparse(k.value) for k in node.keywords}
            if called in ("eval", "exec", "compile", "os.system", "os.popen", "yaml.unsafe_load",
                          "yaml.full_load") or named.get("shell") == "True" \
                    or named.get("allow_pickle") == "True" or (
                        called == "yaml.load" and not _plain_yaml(node, path)):
                wrong.append((path.name, node.lineno, called))
    assert wrong == []


# --- other origins, redirects, parameters --------------------------------------------------------

def test_v3_4_2_no_other_origin_is_let_in(app):
    with served(app) as client:
        for path in ("/", "/ogc/collections", "/api/session", "/tiles/hazard_cells/0/0/0"):
            answer = client.get(path, headers={"origin": "https://elsewhere.example"})
            assert not [h for h in answer.headers if h.startswith("access-control-")], path
        asked = client.options("/api/session", headers={
            "origin": "https://elsewhere.example", "access-control-request-method": "POST"})
        assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize("then", [
    "//elsewhere.example/", "https://elsewhere.example", "/\\e.example", "javascript:alert(1)",
    "/a\r\nSet-Cookie: x=y"])
def test_v3_7_2_a_page_leads_on_to_ours_alone(app, then):
    with served(app) as client:
        answer = client.get("/language", params={"lang": "en", "then": then},
                            follow_redirects=False)
    assert answer.status_code == 303 and answer.headers["location"] == "/"


def test_v15_3_7_a_parameter_that_comes_twice_is_refused(app):
    with served(app) as client:
        for path in ("/ogc/collections/hazard_cells/items?limit=1&limit=2",
                     "/ogc/collections?f=json&f=json", "/tiles/hazard_cells.json?f=json&f=json"):
            answer = client.get(path)
            assert answer.status_code == 400 and answer.json()["code"] == "WEB-011", path


def test_v3_7_1_no_page_asks_for_a_plug_in():
    """Nothing of what only old browsers run: no applet, plug-in, ActiveX, Flash or VBScript."""
    old = re.compile(r"<\s*(applet|object|embed|bgsound|marquee)\b|ActiveXObject|swfobject|"
                     r"application/x-(shockwave|silverlight|java)|vbscript|document\.all\b", re.I)
    web = Path(landrelease.__file__).parent / "apps/web"
    files = [f for f in (*web.glob("*.py"), *web.glob("static/*.*")) if f.suffix != ".svg"]
    assert len(files) > 60
    for file in files:
        assert not old.search(file.read_text(encoding="utf-8")), file.name
    # No tag of that sort is written by `layout.tag` or `make` either.
    for file in files:
        assert not re.search(r"(tag|make)\(\"(applet|object|embed)\"", file.read_text(
            encoding="utf-8")), file.name


def docs(name):
    return (Path(__file__).parent.parent / "docs" / f"{name}.md").read_text(encoding="utf-8")


def test_v5_1_1_the_limits_of_uploads_stand_in_the_documentation():
    from landrelease.apps.web import app as web_app
    from landrelease.apps.web.incoming import MOST_FILE

    page = docs("asvs")
    row = next(line for line in page.splitlines() if line.startswith("| 5.1.1 "))
    assert f"to {MOST_FILE // 10**6} MB as a job and {web_app._MOST_BODY // 10**6} MB else" in row
    assert f"to {MOST_FILE // 10**6} MB" in docs("web")
    assert "PNG, to 5 MB" in docs("public") and "20 MB" in docs("forms")
    for ending in ("csv", "xlsx", "geojson", "gpkg", "kml"):
        assert ending in docs("import").lower()


def test_v7_1_1_the_length_of_a_session_stands_in_the_documentation():
    from landrelease.store.accounts import IDLE_HOURS, SESSION_HOURS

    page = " ".join(docs("web").split())
    assert f"A session ends after {SESSION_HOURS} hours, or {IDLE_HOURS} without use" in page
    row = next(line for line in docs("asvs").splitlines() if line.startswith("| 7.1.1 "))
    assert f"{IDLE_HOURS} hours without use, {SESSION_HOURS} in all" in row


@pytest.mark.browser
def test_v15_3_6_names_that_every_object_has_are_names_like_others(tmp_path, chromium_path):
    from urllib.parse import quote

    from browsing import browsing
    from browsing import served as serving

    with create_registry(tmp_path / "r.gpkg", office="Test") as made:
        made.append([Revision("settlement", "constructor", {"name": "__proto__"}, None, utc_now(),
                              "a test", "test", "")])
    with (serving(tmp_path / "r.gpkg", "--as", "planner") as url,
          browsing(chromium_path, url) as browser):
        page = browser.page()
        for name in ("constructor", "__proto__", "toString"):
            page.goto(f"{url}#{name}")
            page.reload()
            page.wait_for_selector("#map")  # as any word that is no part of the page
            wanted = quote(f'[{{"field":"{name}","test":"is","value":"x"}}]', safe="")
            page.goto(f"{url}#tables/settlement/{name}/{wanted}")
            page.wait_for_selector("tbody tr")
            assert page.locator(".chips li").count() == 0
        page.goto(f"{url}#record/settlement/constructor")
        page.wait_for_selector("h1:has-text('constructor')")
        browser.check()


# --- the page of the list ------------------------------------------------------------------------

# The requirements of levels 1 and 2 of ASVS 5.0.0: section:numbers.
POINTS = """1.1:1-2 1.2:1-9 1.3:1-11 1.4:1-3 1.5:1-2 2.1:1-3 2.2:1-3 2.3:1-4 2.4:1 3.2:1-2 3.3:1-4
3.4:1-6 3.5:1-5 3.7:1-2 4.1:1-3 4.2:1 4.3:1-2 4.4:1-4 5.1:1 5.2:1-3 5.3:1-2 5.4:1-3 6.1:1-3 6.2:1-12
6.3:1-4 6.4:1-4 6.5:1-5 6.6:1-3 6.8:1-4 7.1:1-3 7.2:1-4 7.3:1-2 7.4:1-5 7.5:1-2 7.6:1-2 8.1:1-2
8.2:1-3 8.3:1 8.4:1 9.1:1-3 9.2:1-4 10.1:1-2 10.2:1-2 10.3:1-4 10.4:1-11 10.5:1-5 10.6:1-2 10.7:1-3
11.1:1-2 11.2:1-3 11.3:1-3 11.4:1-4 11.5:1 11.6:1 12.1:1-3 12.2:1-2 12.3:1-4 13.1:1 13.2:1-5
13.3:1-2 13.4:1-5 14.1:1-2 14.2:1-4 14.3:1-3 15.1:1-3 15.2:1-3 15.3:1-7 16.1:1 16.2:1-5 16.3:1-4
16.4:1-3 16.5:1-3 17.1:1 17.2:1-4 17.3:1-2"""


def listed_points():
    """(point, level 3 or not, test) of every row of docs/asvs.md."""
    page = (Path(__file__).parent.parent / "docs/asvs.md").read_text(encoding="utf-8")
    page = page.partition("## Cryptography")[0]
    for line in page.splitlines():
        cells = [c.strip() for c in line.strip("|").split("|")]
        if not line.startswith("|") or not re.match(r"\d", cells[0]):
            continue
        for first, last, high in re.findall(r"(\d+\.\d+\.\d+)(?: – (\d+\.\d+\.\d+))?(†?)",
                                            cells[0]):
            section, _, number = first.rpartition(".")
            until = int((last or first).rpartition(".")[2])
            for n in range(int(number), until + 1):
                yield f"{section}.{n}", bool(high), cells[2]


def test_every_point_of_levels_1_and_2_is_on_the_list_once():
    wanted = set()
    for part in POINTS.split():
        section, _, numbers = part.partition(":")
        first, _, last = numbers.partition("-")
        wanted |= {f"{section}.{n}" for n in range(int(first), int(last or first) + 1)}
    assert len(wanted) == 253
    found = [(point, high) for point, high, _ in listed_points()]
    assert len(found) == len(set(found)) == len({p for p, _ in found})
    assert {p for p, high in found if not high} == wanted


def test_every_test_that_the_list_names_is_there():
    folder, seen = Path(__file__).parent, 0
    for point, _, cell in listed_points():
        if cell == "–":
            continue
        for part in cell.split(";"):
            files, _, tests = part.partition(":")
            names = re.findall(r"`(\w+)`", files)
            assert names, (point, cell)
            for name in names:
                assert (folder / f"test_{name}.py").is_file(), (point, name)
            text = (folder / f"test_{names[-1]}.py").read_text(encoding="utf-8")
            known = re.findall(r"^def test_(?:v[\d_]+_(?=[a-z]))?(\w+)", text, re.M)
            known += re.findall(r"^def test_(\w+)", text, re.M)
            for name in re.findall(r"`(\w+)`", tests):
                seen += 1
                assert any(k == name or k.endswith(name) for k in known), (point, name)
    assert seen > 20


# Requests whose end two programs could see in two places, and what follows them.
_BEHIND = b"GET /health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
AMBIGUOUS = {
    "two lengths": b"Content-Length: 0\r\nContent-Length: 5\r\n\r\n",
    "a length that is none": b"Content-Length: +5\r\n\r\n",
    "lengths in a list": b"Content-Length: 0, 5\r\n\r\n",
    "an unknown coding": b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding after chunks": b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "a heading without its end": b"Content-Length : 5\r\n\r\n",
    "a folded heading": b"X: a\r\n Content-Length: 5\r\n\r\n",
    "a piece of no size": b"Transfer-Encoding: chunked\r\n\r\nx\r\n\r\n0\r\n\r\n",
    "a length and pieces": b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
}


def test_v4_2_1_where_a_request_ends_is_seen_in_one_place(registry):
    """A request whose end is in doubt is refused (400; where it is read by its pieces, for its
    page's token), and the line closed: what comes behind it is never taken for a request."""
    import socket
    from urllib.parse import urlsplit

    import browsing

    with browsing.served(registry) as url:
        at = urlsplit(url)

        def answers(heads):
            with socket.create_connection((at.hostname, at.port), 20) as line:
                line.sendall(b"POST /api/session HTTP/1.1\r\nHost: 127.0.0.1\r\n" + heads
                             + _BEHIND)
                out = b""
                while piece := line.recv(65_536):
                    out += piece
            return [int(code) for code in re.findall(rb"HTTP/1\.1 (\d{3})", out)]

        assert answers(b"Content-Length: 0\r\n\r\n")[1:] == [200], "two requests on one line"
        told = {what: answers(heads) for what, heads in AMBIGUOUS.items()}
    assert all(codes in ([400], [403]) for codes in told.values()), told
    assert sum(codes == [400] for codes in told.values()) == 7, told
