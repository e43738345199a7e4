"""What lies in deploy/: parsed, validated by the programs that read it, and run as far as one
machine allows. `docs/deploy.md` says how it is used."""

import importlib.metadata
import ipaddress
import os
import re
import shutil
import socket
import sqlite3
import ssl
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml

from landrelease.store.accounts import ADDRESS_FAILURES
from landrelease.store.open import create_registry

DEPLOY = Path(__file__).parents[1] / "deploy"
DOCS = (DEPLOY.parent / "docs" / "deploy.md").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
SERVICES = COMPOSE["services"]


def need(program):
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"needs {program}")
    return found


# --- what the files hold -------------------------------------------------------------------------


def test_only_the_proxy_is_reached_from_outside():
    assert {n for n, s in SERVICES.items() if "ports" in s} == {"proxy"}
    assert COMPOSE["networks"]["inside"]["internal"] is True
    assert SERVICES["app"]["networks"] == SERVICES["db"]["networks"] == ["inside"]


def test_the_app_believes_the_address_that_the_proxy_has():
    address = SERVICES["proxy"]["networks"]["inside"]["ipv4_address"]
    assert f"--proxy={address}" in SERVICES["app"]["command"]
    assert "--https" in SERVICES["app"]["command"] and address in DOCS


def test_no_address_that_is_given_out_is_the_one_that_is_fixed():
    """Else the database, which starts first, may take that of the proxy."""
    for name, network in COMPOSE["networks"].items():
        fixed = [ipaddress.ip_address(where[name]["ipv4_address"])
                 for service in SERVICES.values()
                 if isinstance(where := service["networks"], dict)
                 and "ipv4_address" in (where.get(name) or {})]
        if not fixed:
            continue
        (pool,) = network["ipam"]["config"]
        subnet, given = (ipaddress.ip_network(pool[n]) for n in ("subnet", "ip_range"))
        assert given.subnet_of(subnet) and given.num_addresses > 2 * len(SERVICES)
        assert len(set(fixed)) == len(fixed)
        for address in fixed:  # the first of the network is the gateway's
            assert address in subnet and address not in given
            assert address not in (subnet[0], subnet[1], subnet[-1])


def test_services_may_do_little():
    for name in ("app", "backup", "proxy"):
        service = SERVICES[name]
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"]
    for name in ("app", "backup"):
        assert SERVICES[name]["user"] == "10001:10001" and "cap_add" not in SERVICES[name]
    for service in SERVICES.values():
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert not service.get("privileged") and "network_mode" not in service
        assert not any("docker.sock" in str(v) for v in service.get("volumes", []))


def test_every_image_is_pinned_and_every_mount_is_there():
    for name, service in SERVICES.items():
        assert re.search(r":\d[\w.]*(-[\w.]+)?$", service["image"]), name
        for volume in service["volumes"]:
            source = volume.split(":")[0]
            if source.startswith("./") and source not in ("./certificates",):
                assert (DEPLOY / source).exists(), source
    assert set(COMPOSE["volumes"]) == {v.split(":")[0] for s in SERVICES.values()
                                       for v in s["volumes"] if re.match(r"[a-z]", v)}


def filled(text):
    """A compose file as it is read with the names of the sample's defaults."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text)
    return re.sub(r"\$\{SITE_NAME[^}]*\}", "mines.example.org", text)


def test_the_compose_file_is_one_by_the_compose_specification():
    """Held against the specification by a library that refuses what it does not name. No container
    is started here: docs/deploy.md says so."""
    from compose_spec import PyCompose

    text = filled((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert "${" not in text
    assert set(PyCompose.from_yaml(text).service_names()) == set(SERVICES)
    for right, wrong in (("mem_limit:", "mem_limt:"), ("service_healthy", "healthy"),
                         ("restart: unless-stopped", "restart: sometimes"),
                         ("interval: 10s", "interval: ten")):
        assert right in text
        with pytest.raises(ValueError):
            PyCompose.from_yaml(text.replace(right, wrong))


def test_no_secret_stands_in_a_file():
    ignored = (DEPLOY / ".gitignore").read_text().split()
    assert {".env", "secrets/"} <= set(ignored)
    for path in DEPLOY.iterdir():
        if not path.is_file():
            continue
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.lstrip().startswith("#"):
                found = re.search(
                    r"(?i)(password|secret|token)\w*\s*[=:]\s*['\"]?(?!\W|/)\w{6,}$", line)
                assert not found, (path.name, line)
    assert all("file" in s for s in COMPOSE["secrets"].values())


def test_every_name_in_the_samples_is_used_and_every_used_name_is_in_a_sample():
    def sample(name):
        return set(re.findall(r"^#? ?([A-Z_]+)=", (DEPLOY / name).read_text(), re.M))

    used = set(re.findall(r"\$\{([A-Z_]+)", (DEPLOY / "compose.yaml").read_text()))
    assert sample("compose.env.sample") == used
    units = "".join(p.read_text() for p in DEPLOY.glob("*.service"))
    # What a unit needs is put there by a step of the documentation, or by the system.
    for path in re.findall(r"Documentation=file:(\S+)", units):
        assert path in DOCS
    folder = re.search(r"^BACKUP_FOLDER=(\S+)", (DEPLOY / "landrelease.env.sample").read_text(),
                       re.M)[1]
    assert f"ReadWritePaths=-{folder}\n" in units and "landrelease-backup.service.d" in DOCS
    script = (DEPLOY / "landrelease-backup").read_text()
    used = set(re.findall(r"\$\{?([A-Z_]+)", units + script))
    assert sample("landrelease.env.sample") - {"PGPASSFILE"} - {"REGISTRY"} == used - {"REGISTRY"}


def test_the_container_is_pinned_and_runs_as_nobody_special():
    lines = (DEPLOY / "Containerfile").read_text()
    assert re.search(r"^ARG BASE=\S+:3\.11\.\d+-slim-\w+$", lines, re.M)
    assert "--require-hashes" in lines and "requirements.txt" in lines
    assert lines.rindex("USER 10001:10001") < lines.rindex("ENTRYPOINT")
    for source in re.findall(r"^COPY (?:--\S+ )?(.+) \S+$", lines, re.M):
        if "--from" not in source and "/opt/" not in source:
            assert all((DEPLOY.parent / name).exists() for name in source.split()), source
    assert "/health" in lines


# What the base of the container has: the C library, and what its Python and its packages rest on.
_SLIM = {"ld-linux-x86-64.so.2", "libc.so.6", "libdl.so.2", "libm.so.6", "libpthread.so.0",
         "libresolv.so.2", "librt.so.1", "libutil.so.1", "libgcc_s.so.1", "libstdc++.so.6",
         "libz.so.1"}
_DEBIAN = {"libexpat.so.1": "libexpat1"}  # in a package of Debian that the Containerfile names
# Ways of numba to run loops at once that it does without where they are not there.
_OPTIONAL = {"omppool", "tbbpool"}


def needed(path):
    """Names of the libraries that an ELF file of 64 bits asks for (its DT_NEEDED entries)."""
    held = path.read_bytes()
    if held[:5] != b"\x7fELF\x02":
        return set()
    start, (size, count) = struct.unpack_from("<Q", held, 40)[0], struct.unpack_from(
        "<HH", held, 58)
    sections = [struct.unpack_from("<IIQQQQII", held, start + n * size) for n in range(count)]
    found = set()
    for _, kind, _, _, at, length, link, _ in sections:
        for entry in range(at, at + length, 16) if kind == 6 else ():
            tag, value = struct.unpack_from("<qQ", held, entry)
            if tag == 1:
                name = sections[link][4] + value
                found.add(held[name:held.index(b"\0", name)].decode())
    return found


def test_the_container_has_every_library_that_the_pinned_wheels_ask_for():
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        pytest.skip("the wheels of the container are those of Linux on x86-64")
    pinned = re.findall(r"^([\w.-]+)==", (DEPLOY.parent / "requirements.txt").read_text(), re.M)
    files = []
    for name in pinned:
        try:
            found = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:  # of another system
            continue
        files += [Path(str(found.locate_file(f))) for f in found.files or ()
                  if re.search(r"\.so(\.|$)", f.name)]
    assert len(files) > 100
    brought = {f.name for f in files}
    missing = {}
    for file in files:
        if file.name.split(".")[0] not in _OPTIONAL:
            for library in needed(file) - brought - _SLIM:
                missing.setdefault(library, set()).add(
                    file.relative_to(Path(str(importlib.metadata.distribution(
                        "numpy").locate_file("")))).parts[0].split(".")[0])
    assert set(missing) <= set(_DEBIAN), missing
    last = (DEPLOY / "Containerfile").read_text().split("\nFROM ")[-1]
    for library, users in missing.items():
        assert re.search(rf"apt-get install .*\b{_DEBIAN[library]}\b", last), library
        # What asks for it is loaded while the image is made.
        loaded = re.search(r'"import (.*)"\]', last)[1]
        assert {u.removesuffix("_libs") for u in users} <= set(loaded.split(", ")), users


@pytest.mark.parametrize("name", ["landrelease-backup", "landrelease-nightly", "container-start",
                                  "database-start.sh"])
def test_scripts_can_be_read_by_their_shell(name):
    shell = (DEPLOY / name).read_text().splitlines()[0].removeprefix("#!")
    subprocess.run([shell, "-n", DEPLOY / name], check=True)


def test_commands_of_compose_and_units_are_commands_of_ours():
    import shlex

    from doc_commands import problem

    line = next(x for x in (DEPLOY / "landrelease.service").read_text().splitlines()
                if x.startswith("ExecStart="))
    for words in (shlex.split(line)[1:], SERVICES["app"]["command"],
                  *(shlex.split(x.strip())[1:] for x in (DEPLOY / "landrelease-backup").read_text(
                      ).splitlines() if x.strip().startswith("landrelease "))):
        words = [re.sub(r"\$\{PORT\}", "8080", w) for w in words if w != "$OPTIONS"]
        assert problem(words) is None, words
        if words[0] != "serve":
            continue
        for sample in ("landrelease.env.sample", "compose.env.sample"):
            (said,) = re.findall(r"^# OPTIONS=(.+)$", (DEPLOY / sample).read_text(), re.M)
            assert problem([*words, *said.split()]) is None, said
            assert set(re.findall(r"--\w+", said)) == {"--basemap", "--oidc", "--templates"}


def test_containers_are_backed_up_every_night_as_a_server_is(tmp_path):
    """Of the same registry, to the folder that is the keeper's, as many as he says."""
    backup, app = SERVICES["backup"], SERVICES["app"]
    program, registry, folder, accounts = backup["command"]
    assert program == "landrelease-nightly" and registry == app["command"][1]
    assert f"--accounts={accounts}" in app["command"]
    assert {v for v in app["volumes"] if "/etc/" not in v} == set(backup["volumes"])
    assert any(v.endswith(f":{folder}") for v in backup["volumes"])
    assert backup["environment"]["KEEP"] == "${KEEP:-14}" and backup["secrets"] == app["secrets"]
    for name in ("proxy", "app"):  # nobody is told to stop the one and leave the other writing
        assert "stop proxy app backup\n" in DOCS and f"stop {name}\n" not in DOCS
    lines = (DEPLOY / "Containerfile").read_text()
    assert "deploy/landrelease-nightly" in lines
    shown = subprocess.run([DEPLOY / "container-start", program, "x"], text=True,
                           capture_output=True, env={**os.environ, "PATH": f"{tmp_path}"})
    assert "landrelease-nightly" in shown.stderr, "it becomes that program"


def nights(tmp_path, at, *, newest=None, fails=0, leaves=None):
    """What the loop does until it sleeps: (backups asked for, for how long it then sleeps)."""
    folder, bin_ = tmp_path / "backups", tmp_path / "bin"
    for made in (folder, bin_):
        made.mkdir(exist_ok=True)
    if newest is not None:
        (folder / time.strftime("registry-%Y%m%dT%H%M%SZ.gpkg", time.gmtime(newest))).touch()
    asked = tmp_path / "asked"
    asked.write_text("")
    for name, lines in (("landrelease-backup", f'echo "$@ $KEEP" >> {asked}\n' + (
                            "" if leaves is None else f"touch {folder}/{leaves}\n")
                         + f"exit {fails}"),
                        ("sleep", f"echo $1 > {tmp_path}/slept; exit 1")):
        (bin_ / name).write_text(f"#!/bin/sh\n{lines}\n")
        (bin_ / name).chmod(0o755)
    subprocess.run([DEPLOY / "landrelease-nightly", "REG", folder, "ACC"], text=True,
                   capture_output=True, timeout=60, env={
                       **os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "KEEP": "3",
                       "BACKUP_AT": at, "FAILED": str(tmp_path / "failed")})
    return asked.read_text().splitlines(), int((tmp_path / "slept").read_text())


def test_the_night_of_a_container(tmp_path):
    now = time.time()
    hour = time.strftime("%H:%M", time.gmtime(now - 7200))  # the last one was due two hours ago
    one = f"REG {tmp_path / 'backups'} ACC 3"
    assert nights(tmp_path, hour) == ([one], 60), "there is none yet"
    assert nights(tmp_path, hour, newest=now - 3 * 3600) == ([one], 60)
    assert nights(tmp_path, hour, newest=now - 4 * 3600, fails=2) == ([one], 3600)
    assert (tmp_path / "failed").exists(), "the container is shown as unhealthy"
    assert nights(tmp_path, hour) == ([one], 60) and not (tmp_path / "failed").exists()
    assert nights(tmp_path, hour, newest=now - 3600) == ([], 60), "made since it was due"
    ahead = time.strftime("%H:%M", time.gmtime(now + 7200))  # yesterday's is the last
    assert nights(tmp_path, ahead) == ([], 60)
    assert SERVICES["backup"]["healthcheck"]["test"] == ["CMD", "test", "!", "-e",
                                                         "/tmp/backup-failed"]
    done = subprocess.run([DEPLOY / "landrelease-nightly", "REG", tmp_path, "ACC"], text=True,
                          capture_output=True, env={**os.environ, "BACKUP_AT": "late"})
    assert done.returncode == 2 and "BACKUP_AT" in done.stderr


def test_a_backup_of_a_container_that_was_killed_is_tried_again_whatever_it_left(tmp_path):
    now = time.time()
    hour = time.strftime("%H:%M", time.gmtime(now - 7200))
    one = f"REG {tmp_path / 'backups'} ACC 3"
    tonight = time.strftime("registry-%Y%m%dT%H%M%SZ.gpkg", time.gmtime(now))
    assert nights(tmp_path, hour, fails=137, leaves=tonight) == ([one], 3600)
    assert (tmp_path / "failed").exists()
    assert nights(tmp_path, hour) == ([one], 60) and not (tmp_path / "failed").exists()
    assert nights(tmp_path, hour) == ([], 60)


def test_a_whole_backup_of_a_damaged_registry_is_not_made_every_hour(tmp_path):
    now = time.time()
    hour = time.strftime("%H:%M", time.gmtime(now - 7200))
    tonight = time.strftime("registry-%Y%m%dT%H%M%SZ.gpkg", time.gmtime(now))
    assert len(nights(tmp_path, hour, fails=1, leaves=tonight)[0]) == 1
    assert nights(tmp_path, hour) == ([], 60)
    assert (tmp_path / "failed").exists(), "the container is shown as unhealthy"


def test_a_backup_that_was_killed_is_none_and_a_whole_one_with_findings_is_one(tmp_path):
    folder, bin_ = tmp_path / "backups", tmp_path / "bin"
    for made in (folder, bin_):
        made.mkdir()
    for n in (1, 2):
        (folder / f"registry-2026010{n}T000000Z.gpkg").touch()

    def night(status, ends):
        """The program gives its files the name that it was told, and ends so."""
        program = bin_ / "landrelease"
        program.write_text("#!/bin/sh\n" + "".join(f'touch "$3{e}"\n' for e in ends)
                           + f"exit {status}\n")
        program.chmod(0o755)
        done = subprocess.run(
            [DEPLOY / "landrelease-backup", "REG", folder, "ACC"], text=True, capture_output=True,
            env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}", "KEEP": "2"})
        assert done.returncode == status, done.stderr
        return sorted(p.name for p in folder.iterdir() if p.name.startswith("registry-"))

    before = night(2, ())
    assert night(137, ("", ".accounts")) == before and len(list(folder.iterdir())) == 4
    assert night(2, ()) == before and len(list(folder.iterdir())) == 2, "what was left goes"
    found = night(1, ("", ".accounts", ".files.zip"))
    new = found[-1].removesuffix(".files.zip")
    assert found == [*before, new, f"{new}.accounts", f"{new}.files.zip"], "worth a copy"
    assert len([n for n in night(0, ("",)) if n.endswith(".gpkg")]) == 2
    assert not list(folder.glob("*unfinished*"))


def test_nobody_is_led_to_a_certificate_that_no_phone_trusts():
    sample = (DEPLOY / "compose.env.sample").read_text()
    assert re.search(r"^TLS=(\S+)$", sample, re.M)[1] != "internal"
    assert "no phone can send" in sample


def test_what_a_centre_adds_reaches_the_app_on_a_server_and_in_a_container(tmp_path):
    """Each word of OPTIONS is a word of `serve`, of no other command, and none becomes files."""
    line = re.search(r"^ExecStart=(.*)$", (DEPLOY / "landrelease.service").read_text(), re.M)[1]
    assert line.endswith(" $OPTIONS"), "without braces systemd splits it into words"
    app = SERVICES["app"]
    assert app["environment"]["OPTIONS"] == "${OPTIONS:-}"
    assert "${SETTINGS_FOLDER:-./settings}:/etc/landrelease:ro" in app["volumes"]
    program = tmp_path / "landrelease"
    program.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    program.chmod(0o755)

    def started(*words, **said):
        done = subprocess.run([DEPLOY / "container-start", *words], cwd=tmp_path, text=True,
                              capture_output=True, check=True, env={
                                  **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", **said})
        return done.stdout.splitlines()

    more = "--basemap /etc/landrelease/g.pmtiles --label *"
    assert started("serve", "a b", OPTIONS=more) == ["serve", "a b", *more.split()]
    assert started("serve", "r", OPTIONS="") == started("serve", "r") == ["serve", "r"]
    assert started("audit", "r", OPTIONS=more) == ["audit", "r"]


@pytest.mark.parametrize("unit", ["landrelease.service", "landrelease-backup.service",
                                  "landrelease-backup-failed.service",
                                  "landrelease-backup.timer"])
def test_systemd_takes_the_units(unit, tmp_path):
    analyze = need("systemd-analyze")
    for path in DEPLOY.iterdir():
        if path.suffix in (".service", ".timer"):  # the programs are not installed here
            (tmp_path / path.name).write_text(
                re.sub(r"(/opt/landrelease/bin|/usr/bin)/\S+", "/bin/true", path.read_text()))
    done = subprocess.run([analyze, "verify", "--man=no", tmp_path / unit], capture_output=True,
                          text=True, env={**os.environ, "SYSTEMD_LOG_LEVEL": "warning"})
    said = [x for x in done.stderr.splitlines() if unit.split(".")[0] in x]
    assert done.returncode == 0 and said == [], done.stderr
    if unit.endswith(".service"):
        done = subprocess.run([analyze, "security", "--offline=true", "--no-pager",
                               "--threshold=20", tmp_path / unit], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout[-400:]  # exposure of at most 2.0 of 10


# --- run -----------------------------------------------------------------------------------------


def free():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(work, seconds=60):
    end = time.monotonic() + seconds
    while True:
        try:
            return work()
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def behind(tmp_path_factory):
    """The app as the unit starts it, behind Caddy with the Caddyfile: its ports and authority."""
    caddy = need("caddy")
    folder = tmp_path_factory.mktemp("deploy")
    create_registry(folder / "r.gpkg", office="Test").close()
    own, outside, plain = free(), free(), free()
    words = {**os.environ, "OMP_NUM_THREADS": "1"}
    app = subprocess.Popen(
        [sys.executable, "-m", "landrelease", "serve", folder / "r.gpkg", "--port", str(own),
         "--name", "mines.localhost", "--https", "--proxy", "127.0.0.1"],
        env=words, stdout=subprocess.DEVNULL)
    proxy = subprocess.Popen(
        [caddy, "run", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile"],
        env={**words, "SITE_NAME": "mines.localhost", "TLS": "internal",
             "UPSTREAM": f"127.0.0.1:{own}", "HTTP_PORT": str(plain), "HTTPS_PORT": str(outside),
             "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "HOME": str(folder)},
        stdout=subprocess.DEVNULL, stderr=(folder / "caddy.log").open("w"))
    try:
        root = folder / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        until(root.read_bytes)
        until(lambda: urllib.request.urlopen(f"http://127.0.0.1:{own}/health", timeout=5))
        yield outside, own, plain, root
    finally:
        for process in (proxy, app):
            process.terminate()
            process.wait(20)


def ask(behind, path, *, through=True, source="127.0.0.1", body=None, headers=None):
    """(status, headers, text) of an answer, through the proxy or straight from an address."""
    import http.client

    outside, own, _, root = behind
    if through:
        link = http.client.HTTPSConnection("127.0.0.1", outside, timeout=30,
                                           source_address=(source, 0))
        context = ssl.create_default_context(cafile=root)
        link.sock = context.wrap_socket(
            socket.create_connection(("127.0.0.1", outside), 30, (source, 0)),
            server_hostname="mines.localhost")
    else:
        link = http.client.HTTPConnection("127.0.0.1", own, timeout=30, source_address=(source, 0))
    link.request("GET" if body is None else "POST", path, body,
                 {"Host": f"mines.localhost:{outside}", **(headers or {})})
    answer = link.getresponse()
    text = answer.read().decode()
    link.close()
    return answer.status, answer.headers, text


def test_behind_the_proxy_links_have_the_readers_scheme_and_name(behind):
    until(lambda: ask(behind, "/health"))
    status, headers, text = ask(behind, "/ogc")
    assert status == 200 and f"https://mines.localhost:{behind[0]}/ogc" in text
    assert "http://" not in text.replace("http://www.opengis.net", "")
    assert "max-age" in headers["strict-transport-security"] and headers["server"] is None
    assert headers.get_all("content-security-policy") and headers["x-frame-options"] == "DENY"
    # What a reader writes himself is not the scheme, nor the name.
    text = ask(behind, "/ogc", headers={"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil",
                                        "Forwarded": "host=evil;proto=http"})[2]
    assert "evil" not in text and f"https://mines.localhost:{behind[0]}/ogc" in text


def test_who_asks_is_whom_the_proxy_saw_and_nobody_believes_the_reader(behind):
    until(lambda: ask(behind, "/health"))

    def fails(n, **how):
        return ask(behind, "/api/session", body=f'{{"name":"nobody.{n}","password":"wrong words"}}',
                   headers={"X-Forwarded-For": f"8.8.8.{n}", "X-CSRF-Token": "x",
                            "Content-Type": "application/json"}, **how)[0]

    # Thirty failures close an address, whatever it says of itself; another address goes on.
    tries = range(ADDRESS_FAILURES + 1)
    assert [fails(n, source="127.0.0.5") for n in tries][-1] == 429
    assert fails(99, source="127.0.0.6") != 429
    # Straight to the app from an address that is not the proxy's: the header counts for nothing.
    assert [fails(100 + n, source="127.0.0.9", through=False) for n in tries][-1] == 429
    assert f"http://mines.localhost:{behind[0]}/ogc" in ask(
        behind, "/ogc", source="127.0.0.9", through=False,
        headers={"X-Forwarded-Proto": "https"})[2]


def test_the_proxy_leads_to_https_and_refuses_what_is_too_large(behind):
    class Stay(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    asked = urllib.request.Request(f"http://127.0.0.1:{behind[2]}/x",
                                   headers={"Host": "mines.localhost"})
    with pytest.raises(urllib.error.HTTPError) as found:
        urllib.request.build_opener(Stay).open(asked, timeout=30)
    assert found.value.code in (301, 308) and found.value.headers["location"].startswith("https://")
    try:
        status = ask(behind, "/api/session", body=b"x" * 26_000_000,
                     headers={"X-CSRF-Token": "x", "Content-Type": "application/json"})[0]
    except OSError:
        status = 413  # it hangs up while the rest is still being sent
    assert status == 413


def test_the_backup_of_the_night(tmp_path):
    """The script as the timer runs it: tried, the oldest go, what is not its own stays."""
    create_registry(tmp_path / "r.gpkg", office="Test").close()
    sqlite3.connect(tmp_path / "r.gpkg").close()
    folder, bin_ = tmp_path / "backups", tmp_path / "bin"
    folder.mkdir()
    bin_.mkdir()
    program = bin_ / "landrelease"
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m landrelease "$@"\n')
    program.chmod(0o755)
    from landrelease.store.accounts import Accounts

    Accounts(tmp_path / "a").close()
    for old in ("registry-20260101T000000Z.gpkg", "registry-20260102T000000Z.gpkg",
                "registry-20260102T000000Z.gpkg.accounts", "mine.gpkg"):
        (folder / old).write_bytes(b"old")

    def night(registry, keep):
        return subprocess.run(
            [DEPLOY / "landrelease-backup", registry, folder, tmp_path / "a"], text=True,
            capture_output=True, env={**os.environ, "PATH": f"{bin_}:{os.environ['PATH']}",
                                      "KEEP": keep})

    failed = night(tmp_path / "none.gpkg", "1")
    assert failed.returncode == 2 and len(list(folder.iterdir())) == 4, "nothing is removed"
    assert night(tmp_path / "r.gpkg", "0").returncode == 2
    done = night(tmp_path / "r.gpkg", "2")
    assert done.returncode == 0, done.stderr
    names = sorted(p.name for p in folder.iterdir())
    new = [n for n in names if n.startswith("registry-2") and not n.startswith("registry-20260")]
    assert len(new) == 2 and new[1] == f"{new[0]}.accounts"
    assert set(names) - set(new) == {"mine.gpkg", "registry-20260102T000000Z.gpkg",
                                     "registry-20260102T000000Z.gpkg.accounts"}
