"""Schemathesis on the whole description: whatever is sent, no server error, and every answer is as
the description says. `benchmarks/bench_web_schema.py` runs the same for longer."""

import pytest
from litestar.testing import TestClient

from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from web_schema import app_for, operations, probe, small_registry


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return small_registry(tmp_path_factory.mktemp("schema"))


def probed(address, folder, role, examples, items, malformed=False):
    """What went wrong, and to how many of how many operations something was sent."""
    app, headers = app_for(address, folder, role)
    with TestClient(app, raise_server_exceptions=False) as client:
        found = [probe(client, operation, items if operation.path.endswith("/items") else examples,
                       headers, malformed) for operation in operations(client)]
    asked = sum(sent > 0 for _, sent in found)
    return [words for wrong, _ in found for words in wrong], asked, len(found)


@pytest.mark.parametrize("role", policy.ROLES)
def test_whatever_is_sent_the_answer_is_as_described(address, tmp_path, role):
    most = role in ("planner", "administrator")  # who may do most is asked most
    failures, asked, all_of = probed(address, tmp_path, role, 3 if most else 1, 20 if most else 6)
    assert not failures, "\n".join(failures[:10])
    assert asked == all_of


@pytest.mark.parametrize("role", ["public", "administrator"])
def test_whatever_is_malformed_is_refused_as_described(address, tmp_path, role):
    failures, asked, all_of = probed(address, tmp_path, role, 2, 10, malformed=True)
    assert not failures, "\n".join(failures[:10])
    assert asked > all_of / 2  # the others take nothing that could be malformed


@pytest.mark.parametrize("role", ["public", "operator", "administrator"])
def test_from_postgis_the_answer_is_as_described(postgres_address, tmp_path, role):
    address = small_registry(tmp_path, postgres_address)
    failures, _, _ = probed(address, tmp_path, role, 2 if role == "administrator" else 1, 6)
    assert not failures, "\n".join(failures[:10])


def test_every_address_of_the_api_is_described(address):
    app = make_app(Settings(str(address), f"{address}.accounts", hosts=("testserver.local",)))
    with TestClient(app) as client:
        found = client.get("/schema/openapi.json").json()["paths"]
    for path in ("/ogc", "/tiles/{file}", "/api/import", "/openrosa/submission", "/health"):
        assert path in found
    for operations_of in found.values():
        for method, operation in operations_of.items():
            if method in ("get", "post", "head"):
                assert "4XX" in operation["responses"] or "default" in operation["responses"]


@pytest.mark.parametrize("kind,content", [
    ("", b"\xef\xb8"), ("text/plain; charset=nothing", b"x"),
    ("text/plain; charset=utf-16", b"x"), ("text/plain; charset=hex", b"x")])
def test_a_form_in_no_encoding_is_the_senders_fault(address, kind, content):
    app = make_app(Settings(str(address), f"{address}.accounts", role="administrator",
                            hosts=("testserver.local",)))
    head = f"Content-Type: {kind}\r\n" if kind else ""
    body = (b'--B\r\nContent-Disposition: form-data; name="record"\r\n' + head.encode() + b"\r\n"
            + content + b"\r\n--B--\r\n")
    with TestClient(app, raise_server_exceptions=False) as client:
        answer = client.post("/api/inspection/corrections", content=body, headers={
            "content-type": "multipart/form-data; boundary=B", "x-csrf-token": "program"})
    assert answer.status_code == 400 and "encoding" in answer.json()["description"], answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
