"""The tutorial, followed to the letter: its files saved, its commands run, each with its status."""

import re
import shlex
from pathlib import Path

from typer.testing import CliRunner

from doc_commands import ROOT
from landrelease.apps.cli import app
from landrelease.errors import LandReleaseError

PASSPHRASE = "four random words do\n" * 2  # asked for where a key is made or used
NOT_RUN = {"landrelease demo": "the main job: .ci/run runs it"}
STEP = re.compile(r"^`([\w.-]+)`\n\n```csv\n(.*?)^```|^```sh\n(.*?)^```", re.M | re.S)


def steps(text):
    """("file", name, content) or ("command", words, expected status), in their order."""
    for name, content, commands in STEP.findall(text):
        if name:
            yield "file", name, content
        for line in commands.splitlines():
            status = re.search(r"# status (\d)", line)
            yield "command", shlex.split(line, comments=True), int(status[1]) if status else 0


def test_a_newcomer_who_follows_the_tutorial_gets_a_certificate(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, ran, said = "", 0, {}
    for kind, what, expected in steps((ROOT / "docs/tutorial.md").read_text(encoding="utf-8")):
        if kind == "file":
            Path(what).write_text(expected, encoding="utf-8")
            continue
        if " ".join(what) in NOT_RUN:
            continue
        words = [code if w == "CODE" else w for w in what[1:]]
        done = CliRunner().invoke(app, words, input=PASSPHRASE)
        status = 2 if isinstance(done.exception, LandReleaseError) else done.exit_code
        assert status == expected, (what, done.output, done.exception)
        if what[1:3] == ["release", "sign"]:
            code = re.search(r"Code of the certificate: (\S+)", done.output)[1]
        said.setdefault(" ".join(what[1:]), []).append(done.output)
        ran += 1
    assert ran > 25
    assert Path("certificate.pdf").read_bytes().startswith(b"%PDF")
    asked = said["ask village.gpkg --at -46.9985, 2.0512"]
    assert "Released." in asked[0] and "Hazardous" in asked[1]
    assert "Hazardous" in said["ask village.gpkg --place Mill"][0]
    looked = said["release lookup village.gpkg CODE"]
    assert "valid" in looked[0] and "reopened" in looked[1]
