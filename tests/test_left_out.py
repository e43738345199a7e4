"""What a run on a clean checkout leaves out stands in its last line."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

RUN = Path(__file__).parents[1] / ".ci" / "run"
TOOLS = ("chromium", "pdftotext", "java", "ogrinfo", "caddy", "systemd-analyze", "gpg", "npm",
         "apt-get")


@pytest.mark.parametrize("reached", [True, False])
def test_the_last_line_repeats_what_was_left_out(tmp_path, reached):
    """Every command but the shell's own stands for one that works; only npm cannot be reached."""
    def script(path, text="exit 0"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    for name in TOOLS:
        script(tmp_path / "bin" / name)
    script(tmp_path / "bin" / "python3",
           f'case "$*" in *web_forms*) exit {0 if reached else 1};; esac')
    for name in (".venv/bin/python", ".venv/bin/ruff", ".venv/bin/mypy",
                 ".venv-docs/bin/properdocs"):
        script(tmp_path / name)
    for name in ("site/html/index.html", "site/html/reference-commands/index.html",
                 "demo/index.html", "demo/public/index.html", "demo/report.pdf"):
        script(tmp_path / name)
    (tmp_path / "README.md").write_text(
        "```sh\ntrue\n```\n\n```sh\necho options: $PYTEST_ADDOPTS\n```\n")
    script(tmp_path / ".ci" / "run")
    shutil.copy(RUN, tmp_path / ".ci" / "run")
    done = subprocess.run([tmp_path / ".ci" / "run"], capture_output=True, text=True, timeout=60,
                          env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stderr
    last = done.stdout.splitlines()[-1]
    assert last.startswith("== all done")
    assert ("LEFT OUT: tests/test_web_forms.py" in last) == (not reached)
    assert ("--ignore=tests/test_web_forms.py" in done.stdout) == (not reached)
