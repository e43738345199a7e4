"""Webhooks: at the account's tier, signed, again after failures, and never to a private address.
The resolver is ours; the server that receives speaks TLS on the loopback address."""

import dataclasses
import datetime as dt
import hashlib
import hmac
import http.server
import ipaddress
import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from litestar.testing import TestClient

from landrelease.apps.web import outward, webhooks
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.core.record import KINDS
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Account, Accounts
from landrelease.store.open import create_registry, open_registry
from landrelease.store.webhooks import FAILURES, Webhooks
from test_access_ways_out import ORGANISATION, found_in, marked, named, reader_of

PASSWORD = "four random words do"
PUBLIC = "93.184.216.34"


# --- where to ------------------------------------------------------------------------------------

@pytest.mark.parametrize("address", [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "0.0.0.0",
    "100.64.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1", "198.18.0.1",
    "192.88.99.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fec0::1", "ff02::1",
    "::ffff:10.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
    "2001::1", "2001:db8::1", "", "nonsense"])
def test_addresses_that_are_not_public(address):
    assert not outward.is_public(address)


def test_addresses_that_are_public():
    for address in (PUBLIC, "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", f"::ffff:{PUBLIC}"):
        assert outward.is_public(address), address


@pytest.mark.parametrize("url", [
    "http://a.example/", "ftp://a.example", "https://", "https://u:p@a.example/",
    "https://u@a.example", "https://a.example:22/", "https://a.example:99999/", "file:///etc/passwd",
    "https://a.example/#x", "https://a .example/", "https://exämple/", "https://[::1", "",
    "https://a.example/" + "x" * 2000, "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.7/",
    "https://localhost/", "https://LocalHost./x", "https://a.localhost/", "https://2130706433/",
    "https://0x7f.1/", "https://[::ffff:192.168.0.1]/", "https://169.254.169.254/latest"])
def test_urls_that_may_not_be_named(url):
    with pytest.raises(LandReleaseError) as caught:
        outward.checked(url)
    assert caught.value.code == "WEB-060"


class Wire(httpcore.NetworkBackend):
    """Connects to the loopback port of the test whatever the address, and notes the address."""

    def __init__(self, port):
        self.port, self.went_to = port, []

    def connect_tcp(self, host, port, timeout=None, local_address=None, socket_options=None):
        self.went_to.append(host)
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", self.port, timeout)


@pytest.mark.parametrize("answers", [
    ["10.0.0.1"], [PUBLIC, "127.0.0.1"], ["::1"], ["::ffff:192.168.0.1"], []])
def test_a_name_that_leads_into_a_private_network_is_not_connected_to(answers):
    wire = Wire(1)
    backend = outward.Public(lambda host, port: answers, wire)
    with pytest.raises(LandReleaseError):
        outward.post("https://hook.example/", b"{}", {}, backend=backend)
    assert wire.went_to == []


@pytest.mark.parametrize("host", ["127.0.0.1", "[::1]", "2130706433", "0x7f000001", "0177.0.0.1",
                                  "127.1", "localhost"])
def test_other_ways_to_write_this_machine_lead_nowhere(host):
    wire = Wire(1)
    with pytest.raises((LandReleaseError, httpcore.ConnectError)):
        outward.post(f"https://{host}/", b"{}", {}, backend=outward.Public(inner=wire))
    assert wire.went_to == []


# --- a real exchange -----------------------------------------------------------------------------

class Receiver(http.server.ThreadingHTTPServer):
    """Takes messages over TLS as hook.example."""

    def __init__(self, folder):
        super().__init__(("127.0.0.1", 0), Take)
        self.got, self.status = [], 204
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "hook.example")])
        now = datetime.now(UTC)
        cert = (x509.CertificateBuilder().subject_name(name).issuer_name(name)
                .public_key(key.public_key()).serial_number(1)
                .not_valid_before(now - dt.timedelta(days=1))
                .not_valid_after(now + dt.timedelta(days=1))
                .add_extension(x509.SubjectAlternativeName([x509.DNSName("hook.example")]), False)
                .sign(key, hashes.SHA256()))
        pem = cert.public_bytes(serialization.Encoding.PEM)
        (folder / "c.pem").write_bytes(pem + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption()))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder / "c.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True)
        self.trust = ssl.create_default_context(cadata=pem.decode())

    def handle_error(self, *_):
        pass


class Take(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.got.append((dict(self.headers), body))
        self.send_response(self.server.status)
        self.send_header("location", "http://127.0.0.1/")
        self.send_header("content-length", "0")
        self.end_headers()


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    made = Receiver(tmp_path_factory.mktemp("tls"))
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()


def test_a_message_goes_to_the_address_that_was_judged_and_is_signed(receiver):
    # The name says something else each time it is asked (DNS rebinding).
    asked = iter([[PUBLIC], ["127.0.0.1"], ["127.0.0.1"]])
    wire = Wire(receiver.server_port)
    backend = outward.Public(lambda host, port: next(asked), wire)
    body = b'{"a":1}'
    head = {"X-Landrelease-Signature": webhooks.signed("hush", body, 1_700_000_000)}
    assert outward.post("https://hook.example/in", body, head, backend=backend,
                        tls=receiver.trust) == 204
    assert wire.went_to == [PUBLIC]
    headers, got = receiver.got[-1]
    made = hmac.new(b"hush", b"1700000000." + got, hashlib.sha256).hexdigest()
    assert headers["X-Landrelease-Signature"] == f"t=1700000000,v1={made}"
    assert headers["Host"] == "hook.example"


def test_a_redirect_is_not_followed_and_another_name_is_not_trusted(receiver):
    wire = Wire(receiver.server_port)
    backend = outward.Public(lambda host, port: [PUBLIC], wire)
    receiver.status = 302
    try:
        assert outward.post("https://hook.example/", b"{}", {}, backend=backend,
                            tls=receiver.trust) == 302
    finally:
        receiver.status = 204
    assert len(wire.went_to) == 1
    with pytest.raises(httpcore.ConnectError):
        outward.post("https://other.example/", b"{}", {}, backend=backend, tls=receiver.trust)


class Drip(httpcore.NetworkStream):
    """A receiver that is nine seconds over each byte, under the ten of a single wait; its clock is
    the one that `outward` reads."""

    def __init__(self, at, answer):
        self.at, self.left, self.took = at, answer, []

    def wait(self, timeout):
        assert 0 < timeout <= outward.TIMEOUT
        self.at[0] += min(9.0, timeout)
        if timeout < 9.0:
            raise httpcore.ReadTimeout("nothing came")

    def read(self, max_bytes, timeout=None):
        self.wait(timeout)
        first, self.left = self.left[:1], self.left[1:]
        return first

    def write(self, buffer, timeout=None):
        self.took.append(bytes(buffer))
        if len(self.left) == 0:
            self.wait(timeout)

    def start_tls(self, *_, **__):
        return self

    def close(self):
        pass

    def get_extra_info(self, info):
        return None


class Dripping(httpcore.NetworkBackend):
    def __init__(self, stream):
        self.stream = stream

    def connect_tcp(self, *_, **__):
        return self.stream


@pytest.mark.parametrize(("answer", "body"), [
    (b"HTTP/1.1 200 OK\r\n" + b"X-Slow: " + b"a" * 50_000, b"{}"), (b"", b"x" * 2_000_000)])
def test_a_receiver_that_drips_ends_at_the_deadline_and_the_next_is_served(
        hooks, monkeypatch, answer, body):
    at = [1_000.0]
    monkeypatch.setattr(outward.time, "monotonic", lambda: at[0])
    name = person(hooks)
    slow, _ = hooks.add(name, "https://slow.example/", ("hazard",), 0)
    quick, _ = hooks.add(name, "https://quick.example/", ("hazard",), 0)
    for one in (slow, quick):
        hooks.keep(one, [body], 1)
    served = []

    def send(url, body, headers):
        if "quick" in url:
            served.append(url)
            return 200
        return outward.post(url, body, headers, backend=outward.Public(
            lambda *_: [PUBLIC], Dripping(Drip(at, answer))))

    webhooks.deliver(hooks, send)
    assert at[0] <= 1_000 + outward.DEADLINE
    said = {one.url: one.last for one in hooks.of(name)}
    assert "Timeout" in said["https://slow.example/"], said
    assert served == ["https://quick.example/"] and "sent" in said["https://quick.example/"]


def test_a_message_in_many_pieces_comes_whole(receiver):
    body = bytes(range(256)) * 400
    backend = outward.Public(lambda *_: [PUBLIC], Wire(receiver.server_port))
    assert outward.post("https://hook.example/", body, {}, tls=receiver.trust,
                        backend=backend) == 204
    assert receiver.got[-1][1] == body


# --- subscriptions -------------------------------------------------------------------------------

class Clock:
    def __init__(self):
        self.at = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self):
        return self.at


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    return marked(tmp_path_factory.mktemp("marked-hooks"))


@pytest.fixture
def hooks(tmp_path):
    clock = Clock()
    accounts = Accounts(tmp_path / "a", now=clock)
    made = Webhooks(accounts)
    made.clock = clock
    return made


def person(hooks, role="planner"):
    name = f"one.{role}"
    with hooks.accounts.opened() as db:  # no password is needed here
        db.execute("INSERT INTO account (name, password, role, organisation, areas, person, "
                   "made_at) VALUES (?, '', ?, ?, '', '', '')", (name, role, ORGANISATION))
    return name


def change(registry, world, kinds, number=0, **values):
    """Record the first records of these kinds again, with other values."""
    chosen = {}
    for r in world.records:
        chosen.setdefault(r.kind, []).append(r)
    registry.append([dataclasses.replace(
        chosen[k][number], reason="again",
        values={**chosen[k][number].values,
                **{f: v for f, v in values.items() if any(f == x.name for x in KINDS[k].fields)}},
        recorded_at=datetime.now(UTC)) for k in kinds])


@pytest.mark.parametrize("role", ["public", "donor", "operator", "inspector", "planner"])
def test_safety_S14_a_message_holds_what_the_account_may_see(hooks, world, role):
    name = person(hooks, role)
    reader = reader_of(world, role, organisation=ORGANISATION)
    kinds = tuple(k for k in reader.kinds)  # also those that it may not name
    with open_registry(world.address) as registry:
        for number in (0, 1):
            change(registry, world, ["task", "settlement", "team", "accident"], number)
        hooks.add(name, "https://hook.example/", kinds, registry.count())
        change(registry, world, [k for k in kinds if k != "ordnance"], 0)
        webhooks.collect(registry, hooks)  # the same values again: no change
        assert hooks.due() == []
        change(registry, world, ["task", "settlement", "team", "accident"], 0,
               name=f"Another name {role}",
               narrative=f"Another story {role}")
        change(registry, world, ["team"], 1, name=f"Another name {role}")
        webhooks.collect(registry, hooks)
    sent = []
    for _ in range(20):
        webhooks.deliver(hooks, lambda url, body, headers: sent.append(body) or 200)
    text = b"\n".join(sent).decode()
    assert not found_in(text, world) - named(world, reader)
    told = {json.loads(body)["kind"] for body in sent}
    assert "Another story" not in text or reader.may("accident", "narrative")
    assert told <= {k for k in kinds if reader.precision(k) == "exact"}
    assert "settlement" in told, "everybody sees its name"
    assert all(json.loads(body)["synthetic"] for body in sent)


def test_safety_S14_a_change_of_a_hidden_field_is_no_message(hooks, world):
    name = person(hooks, "inspector")
    with open_registry(world.address) as registry:
        change(registry, world, ["accident"], 0)
        hooks.add(name, "https://hook.example/", ("accident",), registry.count())
        change(registry, world, ["accident"], 0, narrative="Only the office reads this")
        webhooks.collect(registry, hooks)
    assert hooks.due() == []


def test_failures_wait_longer_each_time_and_then_it_rests(hooks):
    name = person(hooks)
    made, secret = hooks.add(name, "https://hook.example/", ("hazard",), 0)
    assert secret == hooks.secret(made) and len(secret) == 64
    hooks.keep(made, [b"one", b"two"], 1)
    waits, tries = [], []
    for _ in range(FAILURES):
        while not hooks.due():
            hooks.clock.at += timedelta(seconds=5)
        tries.append(hooks.clock.at)
        webhooks.deliver(hooks, lambda *_: 500)
    waits = [(b - a).total_seconds() for a, b in pairwise(tries)]
    assert waits == sorted(waits) and waits[0] == 10 and waits[-1] == 3600
    (one,) = hooks.of(name)
    assert one.disabled and "status 500" in one.last
    hooks.clock.at += timedelta(days=1)
    assert hooks.due() == [] and hooks.awake() == []
    hooks.wake(name, made, 7)
    (one,) = hooks.of(name)
    assert not one.disabled and one.failures == 0 and one.seen == 7


def test_messages_keep_their_order_and_a_success_begins_anew(hooks):
    name = person(hooks)
    made, _ = hooks.add(name, "https://hook.example/", ("hazard",), 0)
    hooks.keep(made, [b"one", b"two"], 1)
    got, answers = [], [500, 200, 200]
    for _ in range(3):
        hooks.clock.at += timedelta(hours=1)
        webhooks.deliver(hooks, lambda u, body, h: got.append(body) or answers.pop(0))
    assert got == [b"one", b"one", b"two"]
    assert hooks.of(name)[0].failures == 0


def test_a_refused_address_counts_as_a_failure(hooks):
    name = person(hooks)
    made, _ = hooks.add(name, "https://hook.example/", ("hazard",), 0)
    hooks.keep(made, [b"one"], 1)

    def private(url, body, headers):
        return outward.post(url, body, headers, backend=outward.Public(lambda *_: ["10.0.0.1"]))

    webhooks.deliver(hooks, private)
    assert "WEB-060" in hooks.of(name)[0].last


def test_a_closed_account_is_sent_nothing(hooks, world):
    name = person(hooks)
    with open_registry(world.address) as registry:
        made, _ = hooks.add(name, "https://hook.example/", ("hazard",), 0)
        hooks.keep(made, [b"one"], 1)
        hooks.accounts.disable(name)
        webhooks.collect(registry, hooks)
    sent = []
    webhooks.deliver(hooks, lambda *a: sent.append(a) or 200)
    assert not sent and hooks.of(name)[0].disabled


def test_subscriptions_over_the_api_are_the_accounts_own(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Test").close()
    app = make_app(Settings(str(tmp_path / "r.gpkg"), str(tmp_path / "a"),
                            hosts=("testserver.local",)))
    heads = {}
    for name, role in (("one.planner", "planner"), ("two.donor", "donor")):
        app.state.accounts.add(Account(name, role), PASSWORD)
        token = app.state.accounts.make_token(name, "test", 1)
        heads[name] = {"authorization": f"Bearer {token}", "x-csrf-token": "program"}
    with TestClient(app) as client:
        def ask(who, path, **body):
            return client.post(path, json=body, headers=heads.get(who, {"x-csrf-token": "p"}))

        good = {"url": "https://hook.example/x", "kinds": ["hazard"]}
        assert ask("", "/api/webhooks", **good).status_code == 401
        assert ask("two.donor", "/api/webhooks", **good).status_code == 404, "not its tier"
        assert ask("one.planner", "/api/webhooks", **{**good, "url": "https://10.0.0.1:22/"}
                   ).json()["code"] == "WEB-060"
        made = ask("one.planner", "/api/webhooks", **good)
        assert made.status_code == 201 and len(made.json()["secret"]) == 64
        name = made.json()["id"]
        listed = client.get("/api/webhooks", headers=heads["one.planner"])
        assert [w["id"] for w in listed.json()] == [name] and "secret" not in listed.text
        assert client.get("/api/webhooks", headers=heads["two.donor"]).json() == []
        for what in ("remove", "wake"):
            assert ask("two.donor", f"/api/webhooks/{name}/{what}").status_code == 404
        assert ask("one.planner", f"/api/webhooks/{name}/wake").status_code == 200
        assert ask("one.planner", f"/api/webhooks/{name}/remove").status_code == 200
        for _ in range(10):
            assert ask("one.planner", "/api/webhooks", **good).status_code == 201
        assert ask("one.planner", "/api/webhooks", **good).json()["code"] == "WEB-061"
    assert ipaddress.ip_address(PUBLIC).is_global
