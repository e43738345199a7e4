"""Tasks and orders that name an area and a kind of work, not a step of the plan."""

import dataclasses
import json
import shutil
from datetime import date

import pytest

from landrelease.core.recorded import Sources
from landrelease.store.open import open_registry
from landrelease.workflows import orders
from landrelease.workflows.explaining import never_there
from landrelease.workflows.recorded import exchange_of, rate_notes
from test_plan_of_records import MAKE, command, plan, registry  # noqa: F401
from test_plan_recorded import POOLS, record, words
from test_plan_shares import problem_of

CHANCES, TYPES = [0.2, 0.2], ["CHA", "SHA"]
FREE = problem_of(CHANCES, TYPES).problem
CLEARED = [n for n in FREE.stage_ids if n.startswith("h0") and n.endswith(":clearance")]
WHOLE = next(t.area_m2 for t in FREE.tasks if t.hazard_id == "h0")


def since(tasks, *reports, **more):
    return problem_of(CHANCES, TYPES, sources=Sources(
        reported=tasks, activities=tuple(record("activity", f"a{n}", **values)
                                         for n, values in enumerate(reports)), **more)).since


def task(status="started", hazard="h0", kind="clearance", **values):
    return record("task", "T-3", hazard=hazard, task_type=kind, task_status=status, **values)


def report(area=None, task="T-3", kind="clearance", status="active"):
    return {"activity_type": kind, "activity_status": status, "task": task, "hazard": "h0",
            **({} if area is None else {"area_m2": area})}


def test_reports_on_a_task_of_an_area_count_for_the_step_that_it_means():
    assert len(CLEARED) == 1, "the area is one piece"
    found = since((task(identifier="T3/26"),), report(0.25 * WHOLE), report(0.25 * WHOLE, "T3/26"))
    assert found.begun == {CLEARED[0]: pytest.approx(0.5 * WHOLE)} and not found.unknown
    # By the area's own identifier as well; done when it is reported on all of the ground.
    known = (record("hazard", "h0", identifier="MF-12"),)
    found = since((task(hazard="MF-12"),), report(WHOLE, status="completed"), hazards=known)
    assert CLEARED[0] in found.done
    found = since((task(),), report(0.5 * WHOLE, status="completed"))
    assert found.short == {CLEARED[0]: pytest.approx(0.5)}


def test_safety_nothing_is_closed_by_words_without_ground():
    for reports in ((), (report(status="completed"),), (report(WHOLE, kind="TS"),),
                    (report(WHOLE, task="T-99", status="completed"),)):
        found = since((task("completed"),), *reports)
        assert found.done == () and not found.begun and not found.short, reports
        assert found.unplaced == ("T-3",) and sum(found.unknown.values()) == len(reports)


def test_an_order_of_an_area_and_kind_stands_in_place_of_a_proposal(
        registry, plan, tmp_path):  # noqa: F811
    path = tmp_path / "r.gpkg"
    shutil.copy(registry[0], path)
    out = tmp_path / "o.json"
    assert command("plan", "orders", path, plan, "--by", "Operations", "--json", out) == 0
    with open_registry(path) as opened:
        tasks = {t.id: t.value("task_status") for t in opened.records("task")}
    assert "task:H3:NTS" not in tasks and '"T3"' in out.read_text(), "signed"
    assert tasks["task:H2:NTS"] == "proposed", "nobody signed T2"


def test_an_order_never_starts_before_its_signed_day():
    """Slots are half weeks: the first that begins on the day or after it."""
    for day in (date(2027, 5, 9), date(2027, 5, 10), date(2027, 5, 12)):
        problem = problem_of(CHANCES, TYPES, sources=Sources(tasks=(record(
            "task", "T-1", hazard="h1", task_type="NTS", task_status="ordered",
            planned_start=day),))).problem
        s = problem.stage_ids.index("h1:NTS")
        low = int(problem.conditions.decisions.earliest[s])
        assert low == int(problem.conditions.decisions.latest[s])
        assert problem.slot_starts[low] >= day > problem.slot_starts[low - 1]


def test_no_day_that_has_passed_is_proposed(
        registry, plan, tmp_path, monkeypatch, capsys):  # noqa: F811
    path, out = tmp_path / "r.gpkg", tmp_path / "o.json"
    shutil.copy(registry[0], path)
    monkeypatch.setattr(orders, "today", lambda: date(2027, 4, 2))
    assert command("plan", "orders", path, plan, "--by", "Operations", "--json", out) == 0
    found = json.loads(out.read_text())
    assert found["past"] and "a day that has passed" in capsys.readouterr().out
    with open_registry(path) as opened:
        tasks = {t.id: t for t in opened.records("task")}
    assert not set(found["past"]) & tasks.keys()
    days = [tasks[name].values["planned_start"] for name in found["new"]]
    assert days and min(days) >= date(2027, 4, 2)


def test_rates_that_contradict_each_other_are_named_and_not_used():
    def rate(name, value, before="EUR", after="USD", day=date(2027, 1, 5)):
        return record("exchange_rate", name, dated=day, from_currency=before, to_currency=after,
                      rate=value)

    def changed(*rates):
        found = Sources(exchange_rates=rates)
        return (exchange_of(found, "USD", date(2027, 2, 1), 60)(100.0, "EUR", date(2027, 2, 1)),
                [n.words for n in rate_notes(found).notes])

    assert changed(rate("x1", 1.1)) == (pytest.approx(110.0), [])
    assert changed(rate("x1", 1.1), rate("x2", 1.102)) == (pytest.approx(110.0), [])
    value, told = changed(rate("x1", 1.1), rate("x2", 110.0))
    assert value is None and len(told) == 1 and "1.1 USD for 1 EUR (x1) and 110" in told[0]
    assert changed(rate("x1", 1.1), rate("x2", 0.0091, "USD", "EUR"))[0] is None
    # An earlier day on which all agree still holds.
    earlier = rate("x0", 1.2, day=date(2027, 1, 3))
    assert changed(earlier, rate("x1", 1.1), rate("x2", 110.0))[0] == pytest.approx(120.0)
    assert "not used" in changed(rate("x1", None))[1][0]
    found = problem_of(CHANCES, TYPES, sources=Sources(exchange_rates=(
        rate("x1", 1.1), rate("x2", 110.0))))
    assert "contradict" in words(found, "exchange_rate")


def test_teams_that_are_there_on_no_day_of_the_plan_are_named():
    gone = tuple(dataclasses.replace(p, available_until=date(2024, 1, 1)) if p.kind == "manual"
                 else p for p in POOLS)
    ids = [p.id for p in gone if p.kind == "manual"]
    assert never_there(FREE) == []
    told = never_there(problem_of(CHANCES, TYPES, pools=gone).problem)
    assert len(told) == len(ids) and all(
        t.startswith(name) and "until 2024-01-01" in t for t, name in zip(told, ids, strict=True))
