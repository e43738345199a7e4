"""The lines for the shell of a server in docs/deploy.md, run into a folder of their own: what is
not of this machine (users, services, containers, the package index) is noted instead of run."""

import os
import re
import shutil
import stat
import subprocess
import tempfile

import pytest

from doc_commands import ROOT, pages
from test_deploy import DOCS, need

NOTED = '#!/bin/sh\nprintf "%s\\n" "$(basename "$0") $*" >> "$NOTES"\n'
# `python3 -m venv FOLDER`: programs in it that are noted as well.
VENV = NOTED + ('mkdir -p "$3/bin"; for p in python landrelease; do '
                'cp "$(dirname "$0")/docker" "$3/bin/$p"; done\n')
BLOCKS = re.findall(r"```sh\n(.*?)```", DOCS, re.S)


def block(said):
    (found,) = [b for b in BLOCKS if said in b]
    return found


def run(folder, lines):
    """The lines in a copy of what they need, absolute places below the folder; what was noted."""
    for name in ("deploy", "docs"):
        shutil.copytree(ROOT / name, folder / name, dirs_exist_ok=True)
    stubs = folder / "stubs"
    stubs.mkdir(exist_ok=True)
    for name in ("docker", "useradd", "systemctl", "runuser", "chown", "python3",
                 "curl"):
        (stubs / name).write_text(VENV if name == "python3" else NOTED)
        (stubs / name).chmod(0o755)
    for name in ("etc/systemd/system", "usr/local", "opt", "var/lib", "var/backups", "mnt"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    lines = re.sub(r"(?<![\w./])/(opt|etc|var|usr/local)/", rf"{folder}/\1/", lines)
    lines = lines.replace("-o landrelease -g landrelease ", "")
    notes = folder / "notes"
    notes.write_text("")
    done = subprocess.run(["bash", "-eu", "-c", lines], cwd=folder, text=True, capture_output=True,
                          env={**os.environ, "PATH": f"{stubs}:{os.environ['PATH']}",
                               "NOTES": str(notes)})
    assert done.returncode == 0, done.stderr
    return notes.read_text().replace(f"{folder}/", "/").splitlines()


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def test_a_server_has_all_that_its_units_name(tmp_path):
    noted = run(tmp_path, block("useradd --system"))
    assert noted[0].startswith("useradd --system --home-dir /var/lib/landrelease ")
    assert any("--require-hashes -r requirements.txt" in n for n in noted)
    assert mode(tmp_path / "etc/landrelease/landrelease.env") == 0o600
    assert mode(tmp_path / "var/lib/landrelease") == mode(
        tmp_path / "var/backups/landrelease") == 0o700
    units = {p.name: p.read_text() for p in (tmp_path / "usr/local/lib/systemd/system").iterdir()}
    assert {p.name for p in (ROOT / "deploy").iterdir()
            if p.suffix in (".service", ".timer")} == set(units)
    named = {m for text in units.values() for m in re.findall(
        r"^(?:ExecStart|EnvironmentFile|Documentation|WorkingDirectory)=(?:file:|-)?(/\S+)", text,
        re.M)}
    assert len(named) >= 4
    for path in named - {"/bin/sh", "/usr/bin/logger"}:
        assert (tmp_path / path[1:]).exists(), path
    backup = tmp_path / "opt/landrelease/bin/landrelease-backup"
    assert os.access(backup, os.X_OK)
    noted = run(tmp_path, block("systemctl enable"))
    assert noted[-1] == "systemctl enable --now landrelease.service landrelease-backup.timer"
    for unit in noted[-1].split()[3:]:
        assert unit in units
    folder = run(tmp_path, block("folder.conf"))
    assert folder == ["systemctl daemon-reload"]
    drop = tmp_path / "etc/systemd/system/landrelease-backup.service.d/folder.conf"
    assert drop.read_text() == "[Service]\nReadWritePaths=/mnt/backups\n"


def test_an_upgrade_of_a_server_keeps_what_its_keeper_edited(tmp_path):
    run(tmp_path, block("useradd --system"))
    env = tmp_path / "etc/landrelease/landrelease.env"
    env.write_text(env.read_text().replace("mines.example.org", "mines.example.net"))
    env.write_text(env.read_text().replace("\nOPTIONS=\n", "\nOPTIONS=--basemap /etc/x.pmtiles\n"))
    unit = tmp_path / "usr/local/lib/systemd/system/landrelease.service"
    unit.write_text("of the version before")
    edited = tmp_path / "etc/systemd/system/landrelease.service"  # systemctl edit --full
    edited.write_text("of the keeper")
    noted = run(tmp_path, block("--force-reinstall"))
    assert "SITE_NAME=mines.example.net" in env.read_text() and mode(env) == 0o600
    assert "\nOPTIONS=--basemap /etc/x.pmtiles\n" in env.read_text()
    assert edited.read_text() == "of the keeper"
    assert unit.read_text() == (ROOT / "deploy/landrelease.service").read_text()
    order = [next(n for n, said in enumerate(noted) if word in said) for word in (
        "start landrelease-backup.service", "stop landrelease.service", "--require-hashes",
        "--force-reinstall", "landrelease migrate", "landrelease audit", "daemon-reload",
        "start landrelease.service", "/health")]
    assert order == sorted(order)
    registry = re.search(r"^REGISTRY=(/\S+)", env.read_text(), re.M)[1]
    assert any(n.endswith(f"landrelease migrate {registry}") for n in noted)


def test_a_restore_on_a_server_is_what_the_service_then_serves(tmp_path):
    run(tmp_path, block("useradd --system"))
    noted = run(tmp_path, block("landrelease restore /var/backups"))
    env = (tmp_path / "etc/landrelease/landrelease.env").read_text().replace(f"{tmp_path}/", "/")
    restored = re.search(r"landrelease restore \S+ (\S+) --accounts (\S+)", "\n".join(noted))
    assert re.search(r"^REGISTRY=(\S+)$", env, re.M)[1] == restored[1]
    assert re.search(r"^ACCOUNTS=(\S+)$", env, re.M)[1] == restored[2]
    assert len(re.findall(r"^(?:REGISTRY|ACCOUNTS)=", env, re.M)) == 2
    assert noted[0].startswith("systemctl stop landrelease.service")
    assert noted[-1].startswith("systemctl start landrelease.service")


def test_containers_have_their_secrets_and_folders(tmp_path):
    noted = run(tmp_path, block("deploy/secrets/db_owner_password"))
    secrets = tmp_path / "deploy/secrets"
    assert mode(secrets) == mode(tmp_path / "deploy/backups") == 0o700
    said = [secrets / n for n in ("db_owner_password", "db_password")]
    assert all(mode(p) == 0o444 and len(p.read_text().strip()) == 32 for p in said)
    assert said[0].read_text() != said[1].read_text()
    assert (tmp_path / "deploy/.env").read_text() == (
        ROOT / "deploy/compose.env.sample").read_text()
    assert noted[0] == "chown 10001:10001 deploy/backups deploy/settings"
    assert mode(tmp_path / "deploy/settings") == 0o700
    assert all(n.startswith("docker compose -f deploy/compose.yaml ") for n in noted[1:])


def test_every_block_for_a_shell_is_run_by_some_test():
    """Here, in test_deploy_postgres.py (containers) or test_doc_commands_run.py (our program)."""
    here = {block(s) for s in ("useradd --system", "systemctl enable", "folder.conf",
                               "--force-reinstall", "landrelease restore /var/backups",
                               "deploy/secrets/db_owner_password", "gpg")}
    for lines in set(BLOCKS) - here:
        for line in lines.splitlines():
            assert re.match(r"docker (compose -f deploy/compose\.yaml|tag) |landrelease ", line)


def test_a_backup_is_encrypted_as_the_docs_say(tmp_path):
    gpg = need("gpg")
    (tmp_path / "backups").mkdir()
    copy = tmp_path / "backups/district-2027-05-01.gpkg"
    copy.write_bytes(b"a registry " * 1000)
    with tempfile.TemporaryDirectory() as home:  # its agent listens in it: a short path
        environment = {**os.environ, "GNUPGHOME": home}

        def run_gpg(*words):
            return subprocess.run([gpg, "--batch", "--quiet", *words], env=environment, check=True,
                                  capture_output=True).stdout

        run_gpg("--passphrase", "", "--quick-generate-key", "keeper@example.org", "future-default")
        subprocess.run(["bash", "-eu", "-c", block("gpg")], cwd=tmp_path, env=environment,
                       check=True, capture_output=True)
        assert run_gpg("--decrypt", f"{copy}.gpg") == copy.read_bytes()
        subprocess.run(["gpgconf", "--kill", "all"], env=environment, check=False)


# `python benchmarks/NAME.py OPTIONS` of all pages, up to the end of the mark or the paragraph.
_NAMED = re.compile(r"python ((?:benchmarks|tools)/\w+\.py)((?:[^`\n]|\n(?!\n))*?)"
                    r"(?=`|\n\n|\n\|)")
SCRIPTS = sorted({(script, *sorted(set(re.findall(r"(?<!\S)--[a-z][a-z-]+", words))))
                  for page in pages()
                  for script, words in _NAMED.findall(page.read_text(encoding="utf-8"))})


@pytest.mark.parametrize("named", SCRIPTS, ids=lambda n: n[0] if isinstance(n, tuple) else str(n))
def test_benchmarks_and_tools_that_are_named_are_there_with_their_options(named):
    script, *options = named
    text = (ROOT / script).read_text(encoding="utf-8")
    assert not [o for o in options if f'"{o}"' not in text]


def test_scripts_are_found_in_the_docs():
    assert len({s for s, *_ in SCRIPTS}) > 20
    assert any("--gigabytes" in options for _, *options in SCRIPTS)
