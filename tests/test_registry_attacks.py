"""Small, seeded runs of the benchmarks of tampering, killing and many at once."""

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


def run(name, *words):
    done = subprocess.run([sys.executable, BENCHMARKS / name, *words], capture_output=True,
                          text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("seed", ["1", "2"])
def test_every_tampering_is_found_and_nothing_else(seed):
    said = run("bench_tamper.py", "--cases", "6", "--seed", seed)
    assert said.count("6 of 6 found") == 6 and "0 of 6 gave an alarm" in said


def test_killed_writers_leave_whole_files():
    assert "0 half writes, 0 acknowledged lost, 0 files" in run("bench_kill.py", "--writes", "12")


def test_many_at_once_on_a_server_that_is_killed(postgres_server):
    assert "0 lost, 0 doubled" in run("bench_postgis.py", "--small")
