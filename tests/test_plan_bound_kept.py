"""A bound that is kept apart from the plan: by the hash of its instance, better or not at all."""

import dataclasses
import json
from datetime import date

import numpy as np
import pytest

from landrelease import workflows
from landrelease.core.instance import as_recorded, fingerprint
from landrelease.errors import LandReleaseError
from landrelease.plan import search
from landrelease.store.bounds import keep_bound, load_bound
from landrelease.store.results import PlanFile, load_plan, save_plan
from landrelease.workflows import proving
from tiny_worlds import bound_by, tiny

STATED = workflows.load_assumptions()


def saved(problem, folder):
    plan = search.make_plan(problem, iterations=2, bound_iterations=1, seed=1)
    save_plan(folder, PlanFile(plan, STATED, "head", date(2027, 4, 1), {}, True))
    return load_plan(folder).plan


def test_the_hash_is_that_of_all_that_a_problem_says_and_of_nothing_else():
    problems = [bound_by(seed) for seed in range(12)]
    hashes = [fingerprint(p) for p in problems]
    assert len(set(hashes)) == len(hashes) and hashes == [fingerprint(bound_by(s))
                                                          for s in range(12)]
    one = problems[0]
    wide = dataclasses.replace(one, first_slots=one.first_slots.astype(np.int64),
                               pool_teams=one.pool_teams.astype(np.int16))
    assert fingerprint(wide) == fingerprint(one)
    for field in dataclasses.fields(one):
        value = getattr(one, field.name)
        if isinstance(value, np.ndarray) and value.size:
            other = value.copy()
            other.flat[-1] += 1
            assert fingerprint(dataclasses.replace(one, **{field.name: other})) != hashes[0]
    assert fingerprint(dataclasses.replace(one, objective=dataclasses.replace(
        one.objective, worst_off=2.0))) != hashes[0]


def test_waiting_that_a_plan_put_on_its_works_is_not_part_of_the_instance():
    problem = next(p for p in map(bound_by, range(50)) if p.conditions.projects is not None)
    works = problem.conditions.projects
    moved = dataclasses.replace(problem, conditions=dataclasses.replace(
        problem.conditions, projects=dataclasses.replace(
            works, earliest=works.earliest + 2, asked_earliest=works.earliest)))
    assert fingerprint(moved) == fingerprint(problem)
    assert np.array_equal(as_recorded(moved).conditions.projects.earliest, works.earliest)


def test_a_bound_is_taken_up_again_where_the_instance_is_the_same(tmp_path):
    plan = saved(bound_by(3), tmp_path)
    better = 0.5 * (plan.bound + plan.score)
    instance = fingerprint(plan.problem)
    assert keep_bound(tmp_path, instance, better, 5.0).seconds == 5.0
    assert load_plan(tmp_path).plan.bound == better
    # A worse one does not replace it; the time adds up.
    again = keep_bound(tmp_path, instance, 0.9 * better, 2.0)
    assert (again.bound, again.seconds) == (better, 7.0)
    # Of another instance it says nothing, and it is replaced.
    other = saved(tiny(4), tmp_path)
    assert other.bound == json.loads((tmp_path / "plan.json").read_text())["bound"]
    proved = proving.prove_on(tmp_path, other, 0.2, synthetic=True)
    assert proved.fresh and proved.before <= proved.bound <= proved.score + 1e-9
    assert load_bound(tmp_path).instance == fingerprint(other.problem)
    # No bound is above the score of a real plan: it proves nothing, whatever the file says.
    keep_bound(tmp_path, fingerprint(other.problem), 1e30, 0.0)
    assert load_plan(tmp_path).plan.bound == json.loads(
        (tmp_path / "plan.json").read_text())["bound"] < other.score


def test_a_bound_holds_whenever_it_is_stopped(tmp_path):
    plan = saved(bound_by(7), tmp_path)

    def stop(what, share):
        raise KeyboardInterrupt

    found = proving.prove_on(tmp_path, plan, 30.0, synthetic=True, progress=stop)
    assert plan.bound <= found.bound <= plan.score + 1e-9
    assert load_bound(tmp_path).bound == found.bound


@pytest.mark.parametrize("text", ["", "{}", '{"instance": "x", "bound": null, "seconds": 1}',
                                  '{"instance": "x", "bound": NaN, "seconds": 1}'])
def test_a_broken_file_of_a_bound_is_said(tmp_path, text):
    saved(tiny(1), tmp_path)
    (tmp_path / "bound.json").write_text(text)
    with pytest.raises(LandReleaseError) as caught:
        load_plan(tmp_path)
    assert caught.value.code == "PLN-101" and "bound.json" in str(caught.value)
