"""Loops that are compiled when they are called: the same source, compiled or not, says the same."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

from landrelease.core.loops import Loop, loop
from landrelease.plan import check
from landrelease.plan.decoder import decode
from landrelease.plan.rules import rules
from landrelease.plan.works import first_plan
from tiny_worlds import behind_roads, bound_by, tiny

STEP = 3


@loop(no_cpython_wrapper=True)
def _more(n):
    return n + STEP


@loop()
def _summed(values):
    total = 0
    for value in values:
        total += _more(value)
    return total


def test_a_loop_calls_others_compiled_and_not():
    values = np.arange(5)
    assert isinstance(_summed, Loop) and _summed.__name__ == "_summed"
    assert _summed._compiled is None and _summed.plain(values) == 25
    assert _summed._compiled is None  # nothing was compiled for it
    assert _summed(values) == 25
    assert len(_summed.compiled.signatures) == 1


@pytest.mark.parametrize("seed", range(40))
def test_a_schedule_is_the_same_without_compiled_code(seed):
    """Tiny worlds of every condition: equipment, calendars, leave, pins, funds with lines and last
    days, promises, roads, communities, works."""
    problem = bound_by(seed) if seed % 4 else behind_roads(seed)
    chance = np.random.default_rng(seed)
    orders = [*rules(problem).values(), *chance.random((5, len(problem.stage_ids)))]
    for k, order in enumerate(orders):
        chosen = None
        if k % 2:  # options that are preferred, of some stages
            many = np.diff(problem.option_start)
            chosen = np.where((chance.random(len(many)) < 0.5) & (many > 0), problem.option_start[
                :-1] + (chance.random(len(many)) * many).astype(int), -1)
        one = decode(problem, order, chosen=chosen)
        two = decode(problem, order, chosen=chosen, compiled=False)
        for name in ("option", "start", "first_finish", "second_start", "finish", "team",
                     "second_team", "project_start", "project_finish"):
            assert np.array_equal(getattr(one, name), getattr(two, name)), name


@pytest.mark.parametrize("problem", [tiny(4, hazards=12, horizon=20), behind_roads(3)])
def test_the_first_plan_is_that_of_its_rule(problem):
    found = first_plan(problem)
    schedule = decode(problem, rules(problem)[found.rule])
    assert found.score == pytest.approx(check.score(problem, schedule))
    assert found.planned == (schedule.finish >= 0).sum() and found.stages == len(schedule.finish)


def test_the_first_plan_is_shown_before_anything_compiled_is_loaded(region, tmp_path):
    """What loads numba waits for it half a second, and a first plan needs none of it."""
    def landrelease(*words):
        return subprocess.run([sys.executable, "-m", "landrelease", *map(str, words)],
                              check=False, capture_output=True, text=True)

    registry = tmp_path / "r.gpkg"
    landrelease("init", registry)
    landrelease("import", region / "suspected_areas.geojson", *sorted(
        region.glob("settlements_1991*")), "--into", registry, "--crs", "EPSG:4326", "--quiet")
    script = textwrap.dedent("""
        import sys
        from landrelease.apps import cli, plan_commands
        def shown(first):
            loaded = {"numba", "scipy", "ortools", "pyogrio"} & set(sys.modules)
            print(first.planned, sorted(loaded))
            raise SystemExit(7)
        plan_commands.show_first = shown
        cli.main()
        """)
    ended = subprocess.run(
        [sys.executable, "-c", script, "plan", "make", str(registry), "--out",
         str(tmp_path / "plan"), "--iterations", "0", "--start", "2027-04-01", "--as", "planner",
         "--quiet"], check=False, capture_output=True, text=True)
    assert ended.returncode == 7, ended.stderr
    planned, loaded = ended.stdout.strip().splitlines()[-1].split(" ", 1)
    assert int(planned) > 0 and loaded == "[]"
