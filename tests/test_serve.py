"""SRV: pages are served on the loopback address only, and nothing else is."""

import http.client
import threading

import pytest

from landrelease.apps.static_server import make_server
from landrelease.errors import LandReleaseError


@pytest.fixture
def server(tmp_path):
    folder = tmp_path / "pages"
    (folder / "public").mkdir(parents=True)
    (folder / "index.html").write_text("<p>page</p>")
    (folder / "public" / "index.html").write_text("<p>public</p>")
    (folder / "registry.gpkg").write_text("secret")
    (tmp_path / "outside.html").write_text("outside")
    (folder / "link.html").symlink_to(tmp_path / "outside.html")
    made = make_server(folder, 0)
    thread = threading.Thread(target=made.serve_forever, daemon=True)
    thread.start()
    yield made
    made.shutdown()
    made.server_close()


def get(server, path, method="GET", host=None):
    connection = http.client.HTTPConnection("127.0.0.1", server.server_address[1], timeout=10)
    port = server.server_address[1]
    connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode(), dict(answer.getheaders())


def test_it_listens_on_the_loopback_address_only(server):
    assert server.server_address[0] == "127.0.0.1"


def test_pages_come_with_careful_headers(server):
    status, text, headers = get(server, "/")
    assert status == 200 and "page" in text
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"
    assert get(server, "/public/")[1] == "<p>public</p>"


@pytest.mark.parametrize("path", [
    "/registry.gpkg", "/../outside.html", "/%2e%2e/outside.html", "/link.html", "/nothing.html",
    "/public/../../outside.html", "/index.html/", "/.git/config", "//etc/passwd",
])
def test_nothing_else_is_served(server, path):
    status, text, _ = get(server, path)
    assert status == 404 and "outside" not in text and "secret" not in text


def test_another_host_name_is_refused(server):
    assert get(server, "/", host="example.org")[0] == 403


def test_a_taken_port_is_said_in_words(server, tmp_path):
    with pytest.raises(LandReleaseError, match="CLI-107"):
        make_server(tmp_path, server.server_address[1])
