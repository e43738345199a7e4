"""Outcomes that are pointed to other reports of work, and reports that are called otherwise, keep
what the work that they named before takes from them (S08, S11)."""

import dataclasses
from datetime import timedelta

import pytest

import release_world as world
from landrelease.workflows.credit import without_credit
from landrelease.workflows.identities import sign_revision
from release_world import AT, FIELD
from test_release import propose, ready, registry, states

__all__ = ["ready", "registry"]  # fixtures


def now(programme, kind, name):
    return next(r for r in programme.records(kind) if r.id == name)


def change(programme, kind, name, *, hours=500, **values):
    record = now(programme, kind, name)
    world.record(programme, kind, name, record.geometry, hours=hours, **record.values | values)


def flagged(programme):
    return set(without_credit(programme, programme.records("outcome")))


@pytest.fixture
def bad(ready):
    """Beside the work in order another search whose gate nobody recorded."""
    programme, ana, _ = ready
    world.cleared(programme, "h1", FIELD, number=2, gate=False)
    assert flagged(programme) == {"o-h1-2"}
    return programme, ana


def test_safety_S08_an_outcome_that_is_pointed_to_another_report_gets_no_credit(bad):
    programme, ana = bad
    change(programme, "outcome", "o-h1-2", activity="a-h1-1")
    assert flagged(programme) == {"o-h1-2"}
    change(programme, "outcome", "o-h1-2", activity=None, hours=501)
    assert flagged(programme) == {"o-h1-2"}
    # The work in order was named before by mistake: that takes nothing.
    change(programme, "outcome", "o-h1-1", activity="no such report")
    change(programme, "outcome", "o-h1-1", activity="a-h1-1", hours=501)
    assert flagged(programme) == {"o-h1-2"}
    # The authority looked at the outcome as it is.
    change(programme, "outcome", "o-h1-2", activity="a-h1-1", hours=502)
    programme.append([sign_revision(programme, dataclasses.replace(
        programme.history("o-h1-2")[-1].revision, recorded_at=AT + timedelta(hours=503),
        validation="authority", follows=()), ana)])
    assert flagged(programme) == set()


def test_safety_S08_a_report_that_gets_another_identifier_keeps_its_outcomes(bad):
    programme, _ = bad
    change(programme, "activity", "a-h1-2", identifier="R 2")
    change(programme, "outcome", "o-h1-2", activity="R 2")
    change(programme, "activity", "a-h1-2", identifier="R 9", hours=501)
    change(programme, "activity", "a-h1-1", identifier="R 2", hours=501)
    change(programme, "outcome", "o-h1-1", activity="a-h1-1", hours=501)
    assert flagged(programme) == {"o-h1-2"}


def test_safety_S08_a_release_asks_the_gates_of_all_work_that_its_outcomes_ever_named(ready):
    programme, _, _ = ready
    world.record(programme, "activity", "far", None, activity_type="clearance",
                 started_on=world.DAY, ended_on=world.DAY, task="none", identifier="R 7")
    change(programme, "outcome", "o-h1-1", activity=" r 7", hours=400)
    change(programme, "outcome", "o-h1-1", activity="a-h1-1")
    made = propose(programme)
    assert "far" in {w["record"] for w in made.document["work"]}
    assert states(made)["gate_credit"] == "not_met"
