"""Schemathesis on the whole description: whatever is sent, no server error, and every answer is as
the description says. `benchmarks/bench_web_schema.py` runs the same for longer."""

import pytest
from litestar.testing import TestClient

from landrelease.access import policy
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from web_schema import app_for, cases, operations, probe, small_registry


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    return small_registry(tmp_path_factory.mktemp("schema"))


def probed(address, folder, roles, examples, items, malformed=False):
    """What went wrong, and to how many of how many operations something was sent."""
    made, wrong = [], []
    for role in roles:
        app, headers = app_for(address, folder, role)
        with TestClient(app, raise_server_exceptions=False) as client:
            made = made or [cases(o, items if o.path.endswith("/items") else examples, malformed)
                            for o in operations(client)]
            wrong += [f"{role}: {words}" for one in made for words in probe(client, one, headers)]
    return wrong, sum(bool(one) for one in made), len(made)


MOST = ("planner", "administrator")  # who may do most is asked most


@pytest.mark.parametrize("roles", [MOST, [r for r in policy.ROLES if r not in MOST]])
def test_whatever_is_sent_the_answer_is_as_described(address, tmp_path, roles):
    examples = (3, 20) if roles is MOST else (1, 6)
    failures, asked, all_of = probed(address, tmp_path, roles, *examples)
    assert not failures, "\n".join(failures[:10])
    assert asked == all_of


def test_whatever_is_malformed_is_refused_as_described(address, tmp_path):
    failures, asked, all_of = probed(address, tmp_path, ("public", "administrator"), 2, 10,
                                     malformed=True)
    assert not failures, "\n".join(failures[:10])
    assert asked > all_of / 2  # the others take nothing that could be malformed


@pytest.mark.parametrize(("roles", "examples"), [(["public", "operator"], 1),
                                                 (["administrator"], 2)])
def test_from_postgis_the_answer_is_as_described(postgres_address, tmp_path, roles, examples):
    address = small_registry(tmp_path, postgres_address)
    failures, _, _ = probed(address, tmp_path, roles, examples, 6)
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
