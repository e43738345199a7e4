"""Why work cannot be planned: the smallest conflict, held against enumeration of tiny worlds."""

import dataclasses
import itertools
from datetime import timedelta

import numpy as np
import pytest

import exact
import tiny_worlds
from landrelease.core import conditions as terms
from landrelease.errors import LandReleaseError
from landrelease.plan.conflicts import conflict, pinned


def longer(problem):
    """The problem with a slot more at its end in which nobody works, far in the future."""
    c, horizon = problem.conditions, problem.horizon
    parts = {}
    if c.calendars is not None:
        parts["calendars"] = dataclasses.replace(c.calendars, open=np.column_stack(
            [c.calendars.open, np.ones(len(c.calendars.open), bool)]))
    if c.money is not None:
        parts["money"] = dataclasses.replace(c.money, arrived=np.column_stack(
            [c.money.arrived, c.money.arrived[:, -1]]))
    if c.decisions is not None:
        latest = np.where(c.decisions.latest == horizon, horizon + 1, c.decisions.latest)
        parts["decisions"] = dataclasses.replace(c.decisions, latest=latest.astype(np.int32))
    if c.windows is not None:
        w = c.windows
        parts["windows"] = dataclasses.replace(
            w, first_until=np.minimum(w.first_until, horizon),
            second_until=np.minimum(w.second_until, horizon))
    return dataclasses.replace(
        problem, delay_days=np.append(problem.delay_days, 1e4),
        slot_starts=(*problem.slot_starts, problem.slot_starts[-1] + timedelta(days=1)),
        conditions=dataclasses.replace(c, projects=None, promises=None, seasons_missed=None,
                                       season_weight=None, **parts))


def can(problem, asked):
    """Whether some plan finishes all stages that were asked for: by enumeration."""
    far = longer(problem)
    far = dataclasses.replace(far, objective=terms.Objective(),
                              weight=np.isin(np.arange(len(far.stage_ids)), asked).astype(float))
    if far.access is not None:
        far = dataclasses.replace(far, access=dataclasses.replace(
            far.access, community_weight=np.zeros(len(far.access.community_weight))))
    return exact.optimum(far) < 1e4 - 1


def without(problem, kept):
    """The problem with only some requirements, by (kind, key)."""
    c = problem.conditions
    stages, horizon = len(problem.stage_ids), problem.horizon
    parts = {}
    if c.decisions is not None:
        d = c.decisions
        earliest, latest, allowed = d.earliest.copy(), d.latest.copy(), d.allowed.copy()
        for s, name in enumerate(problem.stage_ids):
            if ("decided", name) not in kept:
                earliest[s], latest[s] = 0, horizon
            for o in range(problem.option_start[s], problem.option_start[s + 1]):
                if ("forbidden", f"{name} {o}") not in kept:
                    allowed[o] = True
        after = np.array([p for p in d.after.tolist() if ("after", f"{p[0]} {p[1]}") in kept],
                         np.int32).reshape(-1, 2)
        parts["decisions"] = terms.Decisions(earliest, latest, allowed, after)
    if c.calendars is not None:
        shut = [("closure", name) in kept for name in c.calendars.ids]
        parts["calendars"] = dataclasses.replace(c.calendars, open=np.where(
            np.array(shut)[:, None], c.calendars.open, True))
    opens, closes, teams = (problem.pool_opens.copy(), problem.pool_closes.copy(),
                            problem.pool_teams.copy())
    for i, pool in enumerate(problem.pools):
        if ("presence", pool.id) not in kept:
            opens[i], closes[i] = 0, horizon
        if ("teams", pool.id) not in kept:
            teams[i] = 2 * stages
    if c.windows is not None:
        new = {}
        for which in ("first", "second"):
            low, high = (getattr(c.windows, f"{which}_{n}").copy() for n in ("from", "until"))
            for o in range(len(low)):
                p = int(getattr(problem, f"{which}_pool")[o])
                if p >= 0 and ("accreditation",
                               f"{problem.pools[p].id} {low[o]} {high[o]}") not in kept:
                    low[o], high[o] = 0, horizon
            new |= {f"{which}_from": low, f"{which}_until": high}
        parts["windows"] = terms.Windows(**new)
    if c.equipment is not None:
        parts["equipment"] = dataclasses.replace(c.equipment, units=np.array(
            [u if ("equipment", n) in kept else 2 * stages
             for n, u in zip(c.equipment.ids, c.equipment.units, strict=True)], np.int32))
    if c.money is not None:
        on = [("money", n) in kept for n in c.money.fund_ids]
        nobody = np.array([not len(own) and ("money", f"line {k}") not in kept
                           for k, own in enumerate(c.money.payers())])
        parts["money"] = dataclasses.replace(
            c.money, arrived=np.array([a if o else np.full(horizon, 1e9) for o, a in zip(
                on, c.money.arrived, strict=True)]),
            until=None if c.money.until is None else np.where(
                on, c.money.until, horizon).astype(np.int32),
            stage_fund=np.where(nobody[c.money.stage_fund], -1, c.money.stage_fund).astype(
                np.int32))
    access = problem.access if ("roads", "roads") in kept else None
    return dataclasses.replace(
        problem, pool_opens=opens, pool_closes=closes, pool_teams=teams, access=access,
        conditions=dataclasses.replace(c, **parts))


@pytest.mark.parametrize("seed", range(60))
def test_the_answer_is_a_smallest_conflict(seed):
    problem = tiny_worlds.bound_by(seed)
    chance = np.random.default_rng(seed)
    asked = sorted({*pinned(problem), *chance.choice(6, 2, replace=False).tolist()})
    found = conflict(problem, asked)
    assert (found is None) == can(problem, asked)
    if found is None:
        return
    assert found.asked == tuple(problem.stage_ids[s] for s in asked)
    if not found.requirements:
        assert found.never and not can(without(problem, set()), asked)
        return
    kept = {(r.kind, r.key) for r in found.requirements}
    assert found.proven and not can(without(problem, kept), asked)
    for size in range(len(kept)):
        for fewer in itertools.combinations(sorted(kept), size):
            assert can(without(problem, set(fewer)), asked), fewer


def test_a_pin_in_a_closure_is_told_in_words():
    problem = tiny_worlds.tiny(1, hazards=2, horizon=20)
    options = len(problem.first_pool)
    is_open = np.ones((2, 20), bool)
    is_open[1, 3:9] = False
    latest = np.full(4, 20, np.int32)
    earliest = np.zeros(4, np.int32)
    earliest[0], latest[0] = 4, 6
    row = np.zeros(options, np.int32)
    row[0] = 1
    made = dataclasses.replace(problem, conditions=terms.Conditions(
        calendars=terms.Calendars(("always", "the valley"), is_open, row, row),
        decisions=terms.Decisions(earliest, latest, np.ones(options, bool),
                                  np.zeros((0, 2), np.int32))))
    found = conflict(made)
    assert {r.kind for r in found.requirements} == {"decided", "closure"}
    words = " / ".join(r.words for r in found.requirements)
    assert "h0/NTS starts between" in words and ": the valley" in words
    assert conflict(problem) is None and conflict(problem, [0]) is None


def held(seed):
    """A world with one survey team, another stage pinned to slot 0 for as long as there is."""
    problem = tiny_worlds.tiny(seed, hazards=2, horizon=20)
    slots = problem.first_slots.copy()
    slots[problem.option_start[0]] = 20
    latest = np.full(4, 20, np.int32)
    latest[0] = 0
    return dataclasses.replace(problem, first_slots=slots, conditions=terms.Conditions(
        decisions=terms.Decisions(np.zeros(4, np.int32), latest, np.ones(len(slots), bool),
                                  np.zeros((0, 2), np.int32))))


def test_what_people_have_fixed_elsewhere_counts_as_a_requirement():
    problem = held(1)
    assert conflict(problem, [2]) is None
    found = conflict(problem, [2], kept=[0])
    assert {(r.kind, r.key) for r in found.requirements} == {("decided", "h0/NTS"), ("teams", "n")}
    assert conflict(problem, [0], kept=[0]) is None


def test_what_the_solver_cannot_answer_is_unknown_and_no_conflict(monkeypatch):
    from landrelease.plan import conflicts

    for seed in range(6):
        problem = tiny_worlds.bound_by(seed)
        monkeypatch.setattr(conflicts, "SECONDS", 0.0)
        unknown = [conflict(problem, [s]) for s in range(6)]
        monkeypatch.setattr(conflicts, "SECONDS", 20.0)
        for s, found in enumerate(unknown):
            if found is None:
                assert can(problem, [s])
            elif found.proven or found.requirements:
                assert not can(problem, [s])
            else:
                assert found.unknown and "not found out" in found.never
    # An answer that is unknown at every question but the last is no proof.
    real = conflicts._Model.keeps

    def doubtful(model, on):
        if len(on) < len(model.requirements):
            model.unsure = True
            return None
        return real(model, on)

    problem = held(1)
    monkeypatch.setattr(conflicts._Model, "keeps", doubtful)
    found = conflict(problem, [2], kept=[0])
    assert not found.never and not found.proven
    assert len(found.requirements) == len(conflicts._Model(
        problem, (2,), frozenset({0}), 0).requirements)


@pytest.mark.parametrize("row", ["gone", "accredited", "latest", "closed", "none", "gear", "late",
                                 "forbidden"])
def test_what_one_row_makes_impossible_is_told_without_a_solver(row, monkeypatch):
    """A team that leaves before it comes, a latest start before the earliest, and their like."""
    from landrelease.plan import conflicts

    def asked(*_):
        raise AssertionError("a solver was asked")

    monkeypatch.setattr(conflicts._Model, "keeps", asked)
    problem = dataclasses.replace(tiny_worlds.tiny(1, hazards=2, horizon=20), access=None)
    options, s, stages = len(problem.first_pool), 1, len(problem.stage_ids)
    whole = {"first_from": np.zeros(options, np.int32), "second_from": np.zeros(options, np.int32),
             "first_until": np.full(options, 20, np.int32),
             "second_until": np.full(options, 20, np.int32)}
    own = slice(int(problem.option_start[s]), int(problem.option_start[s + 1]))
    pool = int(problem.first_pool[own][0])
    own_only = dataclasses.replace(problem, first_pool=np.where(
        np.isin(np.arange(options), np.arange(own.start, own.stop)), pool,
        problem.first_pool).astype(np.int32))
    decided = {"earliest": np.zeros(stages, np.int32), "latest": np.full(stages, 20, np.int32),
               "allowed": np.ones(options, bool), "after": np.zeros((0, 2), np.int32)}
    calendars = np.zeros(options, np.int32)
    changes, parts = {}, {}
    if row == "gone":
        changes = {"pool_opens": np.where(np.arange(len(problem.pools)) == pool, 12, 0),
                   "pool_closes": np.where(np.arange(len(problem.pools)) == pool, 3, 20)}
    elif row == "accredited":
        whole["first_from"][own], whole["first_until"][own] = 15, 4
        parts["windows"] = terms.Windows(**whole)
    elif row in ("latest", "late"):
        decided["earliest"][s], decided["latest"][s] = (9, 8) if row == "latest" else (20, 25)
        parts["decisions"] = terms.Decisions(**decided)
    elif row == "forbidden":
        own_only = dataclasses.replace(own_only, option_start=np.array(
            [0, 1, *np.full(stages - 1, 2)], np.int32))
        decided["allowed"][own_only.option_start[s]] = False
        parts["decisions"] = terms.Decisions(**decided)
    elif row == "closed":
        calendars[own] = 1
        parts["calendars"] = terms.Calendars(
            ("always", "storm"), np.array([np.ones(20, bool), np.zeros(20, bool)]), calendars,
            np.zeros(options, np.int32))
    elif row == "none":
        changes = {"pool_teams": np.where(np.arange(len(problem.pools)) == pool, 0, 2)}
    else:
        things = np.full(options, -1, np.int32)
        things[own] = 0
        parts["equipment"] = terms.Equipment(
            ("flail",), np.zeros(1, np.int32), things, np.full(options, -1, np.int32))
    made = dataclasses.replace(own_only, **{k: v.astype(np.int32) for k, v in changes.items()})
    made = dataclasses.replace(made, conditions=dataclasses.replace(made.conditions, **parts))
    found = conflict(made, [s])
    kinds = {"gone": "presence", "accredited": "accreditation", "latest": "decided",
             "late": "decided", "closed": "closure", "none": "teams", "gear": "equipment",
             "forbidden": "forbidden"}
    (told,) = found.requirements
    assert told.kind == kinds[row] and found.proven
    if row == "late":
        assert told.words.endswith("starts after the end of the plan: decided")


def test_no_team_at_all_and_no_time_at_all():
    problem = tiny_worlds.tiny(1)
    none = dataclasses.replace(
        problem, option_start=np.array([0, 1, *(problem.option_start[2:] * 0 + 1)], np.int32),
        first_pool=problem.first_pool[:1], first_slots=problem.first_slots[:1],
        second_pool=problem.second_pool[:1], second_slots=problem.second_slots[:1],
        option_cost=problem.option_cost[:1], option_mode=problem.option_mode[:1])
    assert "no team can do h0/clear (clearance)" in conflict(none, [1]).never
    long = dataclasses.replace(problem, first_slots=problem.first_slots * 0 + problem.horizon)
    assert "longer than there is time" in conflict(long, [1]).never
    with pytest.raises(LandReleaseError, match="PLN-009"):
        conflict(problem, [99])
