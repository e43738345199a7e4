"""A centre as deploy/ sets it up: PostgreSQL that database-start.sh made, the app as compose.yaml
starts it (through container-start), Caddy with the Caddyfile before it. A phone, a planner and
somebody of the public come through the proxy; the backup comes back.

What is not run: the containers themselves (there is no container engine here).
"""

import base64
import http.client
import json
import os
import re
import shlex
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from landrelease.store.open import open_registry
from test_deploy import DEPLOY, DOCS, SERVICES, free, need, until
from test_openrosa import item

NAME, NOW = "mines.localhost", datetime.now(UTC)
PASSWORD, DATABASE_PASSWORD = "four random words do", "s3cret: '\\\" of the database"


class Centre:
    """The three parts, each started from the files in deploy/."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server
        self.own, self.outside, self.plain = free(), free(), free()
        self.secret = folder / "db_password"
        self.secret.write_text(DATABASE_PASSWORD)
        bin_ = folder / "bin"
        bin_.mkdir()
        program = bin_ / "landrelease"
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m landrelease "$@"\n')
        program.chmod(0o755)
        self.environment = {**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}",
                            "OMP_NUM_THREADS": "1"}
        self.environment.pop("PGPASSWORD", None)
        self.accounts, self.backups = folder / "accounts", folder / "backup"
        self.processes, self.serving = [], {}
        self.access = server.data / "pg_hba.conf"
        self.trusting = self.access.read_text()

    def script(self, name):
        """A script of deploy/ that finds its secret here instead of in /run/secrets."""
        path = self.folder / name
        path.write_text((DEPLOY / name).read_text().replace(
            "/run/secrets/db_password", str(self.secret)))
        path.chmod(0o755)
        return path

    def database(self):
        """The login and its database, as the image of the database makes them at its first start;
        from then on that login is asked for its password."""
        psql = self.server.bin / "psql"
        environment = {**self.environment, "PGHOST": "127.0.0.1", "PGPORT": str(self.server.port),
                       "POSTGRES_USER": "owner", "PATH": f"{psql.parent}:{os.environ['PATH']}"}
        done = subprocess.run(["bash", self.script("database-start.sh")], env=environment,
                              capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        self.access.write_text(
            "host all landrelease 127.0.0.1/32 scram-sha-256\n" + self.trusting)
        self.server.execute("SELECT pg_reload_conf()", "postgres")

    def forget_database(self):
        self.access.write_text(self.trusting)
        for said in ("SELECT pg_reload_conf()", "DROP DATABASE IF EXISTS landrelease WITH (FORCE)",
                     "DROP ROLE IF EXISTS landrelease"):
            self.server.execute(said, "postgres")

    @property
    def registry(self):
        return f"postgresql://landrelease@127.0.0.1:{self.server.port}/landrelease"

    def words(self, *said):
        """A command in the container `app`, with the addresses that it has here."""
        here = {"${REGISTRY:-postgresql://landrelease@db/landrelease}":
                    self.serving.get("registry", self.registry),
                "--host=0.0.0.0": "--host=127.0.0.1", "--port=8080": f"--port={self.own}",
                "--name=${SITE_NAME:?}": f"--name={NAME}",
                "--proxy=172.28.5.2": "--proxy=127.0.0.1",
                "--accounts=${ACCOUNTS:-/var/lib/landrelease/accounts}":
                    f"--accounts={self.serving.get('accounts', self.accounts)}"}
        return [self.script("container-start"), *(here.get(w, w) for w in said)]

    def run(self, *said, typed=""):
        return subprocess.run(self.words(*map(str, said)), env=self.environment, input=typed,
                              capture_output=True, text=True, timeout=120)

    def start(self):
        caddy = need("caddy")
        self.processes = [
            subprocess.Popen(self.words(*SERVICES["app"]["command"]), env=self.environment,
                             stdout=subprocess.DEVNULL,
                             stderr=(self.folder / "app.log").open("w")),
            subprocess.Popen(
                [caddy, "run", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"],
                env={**self.environment, "SITE_NAME": NAME, "TLS": "internal",
                     "UPSTREAM": f"127.0.0.1:{self.own}", "HTTP_PORT": str(self.plain),
                     "HTTPS_PORT": str(self.outside), "XDG_DATA_HOME": str(self.folder),
                     "XDG_CONFIG_HOME": str(self.folder), "HOME": str(self.folder)},
                stdout=subprocess.DEVNULL, stderr=(self.folder / "caddy.log").open("w"))]
        root = self.folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        until(root.read_bytes)
        self.context = ssl.create_default_context(cafile=root)
        until(lambda: self.ask("GET", "/health", want=200))

    def stop(self):
        for process in self.processes:
            process.terminate()
            process.wait(30)
        self.processes = []

    def ask(self, method, path, body=None, headers=None, want=None, chunked=False):
        """(status, headers, text) through the proxy, over https."""
        link = http.client.HTTPSConnection("127.0.0.1", self.outside, timeout=60)
        link.sock = self.context.wrap_socket(
            socket.create_connection(("127.0.0.1", self.outside), 60), server_hostname=NAME)
        link.request(method, path, body, {"Host": f"{NAME}:{self.outside}", **(headers or {})},
                     encode_chunked=chunked)
        answer = link.getresponse()
        text = answer.read().decode()
        link.close()
        if want is not None and answer.status != want:
            raise OSError(f"{answer.status}: {text[:200]}")
        return answer.status, answer.headers, text


@pytest.fixture(scope="module")
def centre(tmp_path_factory, postgres_server):
    made = Centre(tmp_path_factory.mktemp("centre"), postgres_server)
    made.database()
    try:
        done = made.run("init", made.registry, "--office", "Centre")
        assert done.returncode == 0, done.stderr
        done = made.run("account", "add", made.registry, "one.field", "--role", "planner",
                        "--accounts", made.accounts, typed=f"{PASSWORD}\n{PASSWORD}\n")
        assert done.returncode == 0, done.stdout + done.stderr
        made.start()
        yield made
    finally:
        made.stop()
        made.forget_database()


def test_the_login_of_the_app_owns_its_database_and_nothing_else(centre):
    import psycopg

    with pytest.raises(psycopg.OperationalError):  # the wrong password
        psycopg.connect(centre.registry, password="wrong", connect_timeout=5)
    with psycopg.connect(centre.registry, password=DATABASE_PASSWORD) as db:
        (rights,) = db.execute("SELECT rolsuper OR rolcreatedb OR rolcreaterole FROM pg_roles "
                               "WHERE rolname = 'landrelease'").fetchone()
        assert rights is False
    # The secret is no word of a process that others can see.
    for process in centre.processes:
        line = Path(f"/proc/{process.pid}/cmdline").read_bytes()
        assert DATABASE_PASSWORD.encode() not in line


def test_signing_in_gives_a_cookie_for_https_alone(centre):
    status, headers, text = centre.ask(
        "POST", "/api/session", json.dumps({"name": "one.field", "password": PASSWORD}),
        {"X-CSRF-Token": "page", "Content-Type": "application/json"})
    assert status == 200, text
    (cookie,) = headers.get_all("set-cookie")
    for said in ("Secure", "HttpOnly", "SameSite=", "Path=/"):
        assert said.lower() in cookie.lower(), cookie
    assert cookie.startswith("__Host-") and "domain" not in cookie.lower()
    session = {"Cookie": cookie.split(";")[0]}
    who = json.loads(centre.ask("GET", "/api/session", headers=session)[2])
    assert (who["account"], who["role"]) == ("one.field", "planner")
    assert centre.ask("GET", "/api/quarantine", headers=session)[0] == 200
    assert centre.ask("GET", "/api/quarantine")[0] == 403
    # A change without the page's token is refused, with it the session ends.
    assert centre.ask("POST", "/api/session/end", "{}", {**session, "Content-Type":
                                                         "application/json"})[0] == 403
    ended = centre.ask("POST", "/api/session/end", "{}", {
        **session, "Content-Type": "application/json", "X-CSRF-Token": who["csrf"]})
    assert ended[0] in (200, 204)
    assert centre.ask("GET", "/api/quarantine", headers=session)[0] in (401, 403)


def phone_of(centre):
    """Headers of a phone with a token of its own."""
    made = centre.run("account", "token", centre.registry, "one.field", "--label", "phone",
                      "--accounts", centre.accounts)
    assert made.returncode == 0, made.stderr
    secret = re.search(r"\S{30,}", made.stdout)[0]
    return {"X-OpenRosa-Version": "1.0", "Authorization": "Basic " + base64.b64encode(
        f"one.field:{secret}".encode()).decode()}


def send_item(centre, phone, name, picture=b"\xff\xd8\xff\xe0picture", *, chunked=False):
    """A submission with a photograph, through the proxy; the headers of the answer."""
    content = item(f"item-{name}", f"uuid:0000000{name}", end=NOW.isoformat(),
                   found_on=(NOW - timedelta(days=1)).date().isoformat())
    body = b""
    for part, kind, said in (("xml_submission_file", "text/xml", content),
                             (f"{name}.jpg", "image/jpeg", picture)):
        body += (f'--edge\r\nContent-Disposition: form-data; name="{part}"; '
                 f'filename="{part}"\r\nContent-Type: {kind}\r\n\r\n').encode() + said \
            + b"\r\n"
    body += b"--edge--\r\n"
    pieces = [body[i:i + 10_000] for i in range(0, len(body), 10_000)]
    status, headers, text = centre.ask(
        "POST", "/openrosa/submission", iter(pieces) if chunked else body,
        {**phone, "Content-Type": "multipart/form-data; boundary=edge",
         **({"Transfer-Encoding": "chunked"} if chunked else {})}, chunked=chunked)
    assert status == 201, text
    return headers


def test_a_phone_sends_its_form_through_the_proxy_whole_and_in_pieces(centre):
    """OpenRosa: HTTP 1.1, also in chunks; addresses with the readers' scheme and name."""
    phone = phone_of(centre)
    base = f"https://{NAME}:{centre.outside}/openrosa"
    status, headers, text = centre.ask("GET", "/openrosa/formList", headers=phone)
    urls = re.findall(r"<downloadUrl>([^<]+)<", text)
    assert status == 200 and urls and all(u.startswith(f"{base}/forms/") for u in urls)
    assert headers["date"] and headers["x-openrosa-version"] == "1.0"
    status, headers, _ = centre.ask("HEAD", "/openrosa/submission", headers=phone)
    assert status == 204 and headers["location"] == f"{base}/submission"
    most = int(headers["x-openrosa-accept-content-length"])
    assert centre.ask("GET", "/openrosa/formList")[0] == 401

    picture = b"\xff\xd8\xff\xe0" + os.urandom(300_000)
    for n, chunked in enumerate((False, True)):
        for _ in range(2):  # the answer was not heard
            headers = send_item(centre, phone, n, picture, chunked=chunked)
            assert int(headers["x-openrosa-accept-content-length"]) == most
    with open_registry(centre.registry.replace("landrelease@", "owner@")) as registry:
        assert {r.id for r in registry.records("item")} == {"item-item-0", "item-item-1"}
        assert len([r for r in registry.records("source")
                    if r.values["source_type"] == "photograph"]) == 2  # of two submissions
        assert not registry.quarantine() and not registry.audit()


def test_the_public_asks_and_reports_through_the_proxy(centre):
    status, headers, text = centre.ask("GET", "/public?at=44.1000,17.5000")
    assert status == 200 and 'class="answer no_information"' in text
    assert headers["cache-control"] == "no-store" and "max-age" in headers[
        "strict-transport-security"]
    token = re.search(r'name="token" value="([^"]+)"', centre.ask("GET", "/public/report")[2])[1]
    form = "about=suspicion&what=Rusty+thing&lang=en&token=" + token
    sent = centre.ask("POST", "/public/report", form, {
        "Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"})
    code = re.search(r"code of your report is ([0-9A-F-]{19})", sent[2])[1]
    stands = centre.ask("POST", "/public/report/state", f"code={code}", {
        "Content-Type": "application/x-www-form-urlencoded"})
    assert stands[0] == 200 and "Nobody has looked at it yet" in stands[2]
    plain = http.client.HTTPConnection("127.0.0.1", centre.plain, timeout=30)
    plain.request("GET", "/public", headers={"Host": NAME})
    led = plain.getresponse()
    assert led.status in (301, 308) and led.headers["location"].startswith(f"https://{NAME}")


# --- what docs/deploy.md tells the keeper to do ---------------------------------------------------


def steps(heading, said):
    """The lines of the first block of docs/deploy.md after a heading that holds some words."""
    text = DOCS[DOCS.index(f"## {heading}"):]
    return next(block.splitlines() for block in re.findall(r"```sh\n(.*?)```", text, re.S)
                if said in block)


def follow(centre, lines, copy=None):
    """Do what the lines say of our containers, with the addresses that there are here."""
    here = {"postgresql://landrelease@db/landrelease": centre.registry,
            "postgresql://landrelease@db/landrelease?schema=second":
                f"{centre.registry}?schema=second",
            "/var/lib/landrelease/accounts": centre.accounts, "/backup": centre.backups,
            "/var/lib/landrelease/accounts-second": f"{centre.accounts}-second",
            "/backup/registry-20270501T010000Z.gpkg": copy}
    done = []
    for line in lines:
        words = shlex.split(line)
        if words[:2] == ["docker", "tag"]:
            continue
        assert words[:4] == ["docker", "compose", "-f", "deploy/compose.yaml"], line
        match words[4:]:
            case ["build"]:
                pass
            case ["stop", "proxy", "app", "backup"]:
                centre.stop()
            case ["up", "-d"]:
                centre.start()
            case ["run", "--rm", "app", *inside]:
                result = centre.run(*(here.get(w, w) for w in inside))
                assert result.returncode == 0, (line, result.stdout, result.stderr)
                done.append(inside[0])
            case _:
                raise AssertionError(line)
    return done


@pytest.fixture(scope="module")
def kept(centre):
    """A phone that may sign in, one item with its photograph, and the backup of both."""
    phone = phone_of(centre)
    send_item(centre, phone, 7)
    folder = centre.backups
    folder.mkdir(exist_ok=True)
    script = centre.folder / "bin" / "landrelease-backup"
    script.write_bytes((DEPLOY / "landrelease-backup").read_bytes())
    script.chmod(0o755)
    return phone


def copies(centre):
    return sorted(centre.backups.glob("registry-*.gpkg"))


def served_again(centre, phone, schema=""):
    """The app serves what was restored: who signed in then may now, and all that came is there."""
    assert centre.ask("GET", "/openrosa/formList", headers=phone)[0] == 200
    owner = centre.registry.replace("landrelease@", "owner@") + schema
    with open_registry(owner) as registry, open_registry(copies(centre)[0]) as file:
        assert registry.head() == file.head() and registry.count() == file.count()
        assert set(registry.sources()) == set(file.sources()) and not registry.audit()
        before = len(registry.records("item"))
    send_item(centre, phone, f"after{schema[-6:]}".replace("=", ""))
    with open_registry(owner) as registry:
        assert len(registry.records("item")) == before + 1


def test_the_documented_upgrade(centre, kept):
    """The last thing before the new image is started: `migrate`, then `audit`; nothing is lost."""
    lines = steps("Upgrade", "docker compose -f deploy/compose.yaml run")
    assert follow(centre, lines) == ["landrelease-backup", "migrate", "audit"]
    (copy,) = copies(centre)
    assert copy.with_name(f"{copy.name}.accounts").exists()
    assert centre.ask("GET", "/health")[0] == 200
    assert centre.ask("GET", "/openrosa/formList", headers=kept)[0] == 200


def test_the_documented_restore_beside_what_is_there(centre, kept):
    (copy,) = copies(centre)
    centre.serving = {"registry": f"{centre.registry}?schema=second",
                      "accounts": f"{centre.accounts}-second"}
    lines = steps("Restore", "schema=second\" --accounts")
    assert follow(centre, lines, copy) == ["restore", "audit"]
    served_again(centre, kept, "?schema=second")
    refused = centre.run("restore", copy, f"{centre.registry}?schema=second")
    assert refused.returncode == 2 and "STO-002" in refused.stderr  # nothing is written over


def test_the_documented_restore_on_a_new_machine(centre, kept):
    """An empty database, no accounts: the backup is all that there is."""
    (copy,) = copies(centre)
    centre.stop()
    centre.forget_database()
    for end in ("", "-wal", "-shm"):  # a new machine has nothing of a server that was killed
        centre.accounts.with_name(centre.accounts.name + end).unlink(missing_ok=True)
    centre.serving = {}
    centre.database()
    lines = [*steps("Restore", "docker compose -f deploy/compose.yaml build")]
    assert follow(centre, lines, copy) == ["restore", "audit"]
    served_again(centre, kept)
