"""What records put on a plan: closures, teams and their leave, machines, money, works, orders."""

import dataclasses
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease import workflows
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import Hazard, Land
from landrelease.core.record import Record
from landrelease.core.recorded import Sources
from landrelease.core.risk import HazardAssessment, Prior
from landrelease.core.work import TeamPool
from landrelease.errors import LandReleaseError
from landrelease.plan import check
from landrelease.plan.cash import cash
from landrelease.plan.recorded.slots import last_days
from landrelease.plan.works import solved
from landrelease.workflows import Binding

START = date(2027, 4, 1)
STATED = workflows.load_assumptions()


def square(n, side=0.004):
    return shapely.box(0.02 * n, -47.0, 0.02 * n + side, -47.0 + side / 2)


def land_of(count=3):
    hazards = tuple(Hazard(f"h{n}", square(n), geodesic_area_m2(square(n)), "SHA", "open", "")
                    for n in range(count))
    return Land(hazards, (), (), (), (), (), "")


def assessed(land):
    return tuple(HazardAssessment(h.id, 100.0 + 10 * n, 0.0, 200.0, 0, 0, 0, 0.0,
                                  Prior(0.2, 0.1, 0.3, True, ()), "")
                 for n, h in enumerate(land.hazards))


def pool(name, kind, teams=1, rate=2_000.0, organisation="A", **more):
    return TeamPool(name, kind, organisation, "base", 0.0, -47.01, teams, rate, rate, rate, 100.0,
                    "USD", more.get("opens"), more.get("closes"), "made up")


POOLS = (pool("nts-a", "nts", rate=50_000.0), pool("ts-a", "ts", rate=8_000.0),
         pool("manual-a", "manual", 3), pool("machine-a", "mechanical", 2, 9_000.0))


def asked(sources=None, pools=POOLS, land=None, **binding):
    land = land or land_of()
    return workflows.planning_problem(
        land, assessed(land), pools, STATED, start=START,
        binding=Binding(sources or Sources(), **binding))


def record(kind, name, ground=None, /, **values):
    return Record(kind, name, values, ground)


def at(*when):
    return datetime(*when, tzinfo=UTC)


def words(found, kind):
    return " | ".join(n.words for n in found.read.notes if n.kind == kind)


def planned(problem, iterations=3):
    plan = solved(problem, iterations=iterations, bound_iterations=4, seed=1)
    assert check.violations(plan.problem, plan.schedule) == []
    assert check.score(plan.problem, plan.schedule) == pytest.approx(plan.score)
    assert plan.bound <= plan.score + 1e-9
    return plan


def steps(problem, schedule):
    """(stage, pool, first slot, slot after the last) of every step."""
    for s, o in enumerate(schedule.option.tolist()):
        if o >= 0:
            yield s, int(problem.first_pool[o]), schedule.start[s], schedule.first_finish[s]
            if problem.second_pool[o] >= 0:
                yield s, int(problem.second_pool[o]), schedule.second_start[s], schedule.finish[s]


def test_without_records_a_plan_is_made_as_without_a_registry():
    land = land_of()
    free = workflows.planning_problem(land, assessed(land), POOLS, STATED, start=START).problem
    bound = asked()
    for field in dataclasses.fields(free):
        one, other = (getattr(p, field.name) for p in (free, bound.problem))
        if isinstance(one, np.ndarray):
            assert np.array_equal(one, other), field.name
    terms = bound.problem.conditions
    assert [getattr(terms, n) for n in ("calendars", "windows", "equipment", "money", "projects",
                                        "decisions")] == [None] * 6
    assert not terms.season_weight.any() and bound.read.notes == ()
    assert solved(free, iterations=2, seed=1).score == solved(
        bound.problem, iterations=2, seed=1).score


closure_spans = st.lists(st.tuples(
    st.integers(0, 2), st.integers(-40, 900), st.integers(0, 80), st.booleans()), max_size=4)


@settings(max_examples=15, deadline=None)
@given(closure_spans)
def test_no_work_begins_or_ends_where_and_when_ground_is_closed(spans):
    closures = tuple(
        record("closure", f"c{k}", square(n).buffer(0.001) if placed else None,
               closed_from=at(2027, 4, 1, 8) + timedelta(days=first),
               closed_until=at(2027, 4, 1, 16) + timedelta(days=first + length))
        for k, (n, first, length, placed) in enumerate(spans))
    found = asked(Sources(closures=closures, utc_offset=timedelta(0)))
    plan = planned(found.problem, iterations=1)
    problem, lasts = found.problem, last_days(found.problem)
    for s, _, begin, end in steps(problem, plan.schedule):
        for n, first, length, placed in spans:
            if placed and int(problem.hazard[s]) != n:
                continue
            closed = [START + timedelta(days=first + k) for k in range(length + 1)]
            for t in (int(begin), int(end) - 1):
                assert not any(problem.slot_starts[t] <= d <= lasts[t] for d in closed)


def test_a_closure_without_an_end_lasts_as_long_as_assumed_and_is_named():
    found = asked(Sources(closures=(
        record("closure", "c1", square(0), closed_from=at(2027, 1, 1)),
        record("closure", "c2", square(1), closed_from=at(2020, 1, 1), closed_until=at(2020, 2, 1)),
        record("closure", "c3", square(2)))))
    assert found.read.counts["closure"] == (3, 2)
    assert "it has no end" in words(found, "closure") and "from when" in words(found, "closure")
    plan = planned(found.problem)
    first = {h: min(int(plan.schedule.start[s]) for s in np.flatnonzero(found.problem.hazard == h))
             for h in range(3)}
    assert found.problem.slot_starts[first[0]] >= date(2028, 4, 1) > found.problem.slot_starts[
        first[1]]
    # Doubt closes: the one that says neither from nor until is closed already.
    assert found.problem.slot_starts[first[2]] >= date(2028, 3, 30)


@pytest.mark.parametrize("days", [(date(2029, 6, 1), date(2027, 1, 1)),
                                  (date(2027, 1, 1), date(2029, 6, 1)), (None, date(2029, 6, 1))])
def test_a_closure_whose_days_are_turned_or_lack_the_first_closes(days):
    given = {n: at(d.year, d.month, d.day) for n, d in zip(
        ("closed_from", "closed_until"), days, strict=True) if d}
    found = asked(Sources(closures=(record("closure", "c1", square(0), **given),),
                          utc_offset=timedelta(0)))
    plan = planned(found.problem)
    assert found.problem.slot_starts[int(plan.schedule.start[found.problem.hazard == 0].min())
                                     ] >= date(2029, 6, 1)
    said = words(found, "closure")
    assert ("ends before it begins" in said) == (days[0] == date(2029, 6, 1))
    assert ("from when" in said) == (days[0] is None)


def accredited(name, team="", scope="manual_clearance", begin=date(2027, 1, 1),
               end=date(2030, 12, 31), status="granted", **more):
    return record("accreditation", name, team=team, scope=scope, granted_on=begin, expires_on=end,
                  accreditation_status=status, **more)


CREW = tuple(record("team", f"team-{n}", identifier=n, organisation="A") for n in (
    "nts-a-1", "ts-a-1", "manual-a-1", "manual-a-2", "manual-a-3"))
WHOLE = tuple(accredited(f"org-{scope}", scope=scope, accredited_organisation="A",
                         end=date(2040, 1, 1)) for scope in ("NTS", "TS", "mechanical"))


def test_teams_work_inside_their_accreditations_and_are_parted_by_them():
    leave = (accredited("one", "manual-a-1", end=date(2027, 8, 31)),
             accredited("two", "team-manual-a-2", begin=date(2028, 5, 1)),
             accredited("gone", "manual-a-3", status="suspended"),
             accredited("old", "manual-a-3", end=date(2026, 12, 31)), *WHOLE)
    found = asked(Sources(teams=CREW, accreditations=leave))
    problem = found.problem
    manual = [p for p, q in enumerate(problem.pools) if q.kind == "manual"]
    assert [problem.pools[p].members for p in manual] == [("team-manual-a-1",),
                                                         ("team-manual-a-2",)]
    assert "no accreditation for manual_clearance is in force" in words(found, "team")
    plan = planned(problem)
    lasts, seen = last_days(problem), set()
    for _, p, begin, end in steps(problem, plan.schedule):
        if p == manual[0]:
            assert lasts[int(end) - 1] <= date(2027, 8, 31)
        if p == manual[1]:
            assert problem.slot_starts[int(begin)] >= date(2028, 5, 1)
        seen.add(p)
    assert set(manual) & seen
    assert found.read.counts["accreditation"] == (7, 5)


@pytest.mark.parametrize(("status", "end"), [
    ("suspended", date(2030, 1, 1)), ("withdrawn", date(2030, 1, 1)),
    ("granted", date(2027, 3, 31))])
def test_a_pool_whose_organisation_has_lost_its_leave_is_not_planned(status, end):
    """No team of it is on record, so what its organisation may do counts."""
    others = tuple(a for a in WHOLE if a.values["scope"] != "mechanical")
    lost = accredited("m", scope="mechanical", accredited_organisation="A", status=status, end=end)
    found = asked(Sources(accreditations=(*others, lost)))
    assert not any(p.kind == "mechanical" for p in found.problem.pools)
    assert "no accreditation of A for mechanical is in force" in words(found, "team")
    # Where nothing is on record of that scope, the file counts, as before.
    free = asked(Sources(accreditations=others))
    assert any(p.kind == "mechanical" for p in free.problem.pools)


def test_safety_S08_teams_of_whose_leave_nothing_is_on_record_are_named_one_by_one():
    """Those of a file that no record knows: as the file says, and each pool and work is told."""
    from types import SimpleNamespace

    from landrelease.apps.web import results
    from landrelease.core.recorded import as_if_accredited

    pools = (*POOLS[:2], pool("manual-a", "manual", 3), pool("manual-b", "manual", 2,
                                                             organisation="B"))
    leave = (accredited("one", "manual-a-1"), *WHOLE)
    found = asked(Sources(teams=CREW[:3], accreditations=leave), pools=pools)
    told = {n.record: n.words for n in as_if_accredited(found.read)}
    assert set(told) == {"manual-a", "manual-b"}
    assert "its teams (2) are planned as if they had it" in told["manual-a"]  # one is on record
    assert "none of B for manual_clearance is on record" in told["manual-b"]
    assert "(S08)" in told["manual-b"] and "On record: A" in told["manual-b"]
    both = asked(Sources(accreditations=leave), pools=(POOLS[0], dataclasses.replace(
        pools[1], teams=1, also=("manual=900",))))
    assert ["manual_clearance is on record" in n.words for n in as_if_accredited(both.read)] == [
        True]
    assert not as_if_accredited(asked(Sources(teams=CREW[:3]), pools=pools).read)
    page = str(results.as_if_accredited(SimpleNamespace(recorded=found.read)))
    assert page.count("<li>") == 2 and "manual-b: none of B for manual_clearance" in page


def test_safety_S08_leave_that_lapsed_binds_teams_beside_recorded_ones_too():
    """Two of three teams of a pool are not on record: what their organisation may do counts."""
    lost = accredited("m", accredited_organisation="A", end=date(2027, 3, 31))
    found = asked(Sources(teams=CREW[:3], accreditations=(
        accredited("one", "manual-a-1"), lost, *WHOLE)))
    assert [p.members for p in found.problem.pools if p.kind == "manual"] == [("team-manual-a-1",)]
    assert "2 teams of manual-a: no accreditation of A for manual_clearance" in words(found, "team")


def test_machines_of_an_organisation_spelled_otherwise_are_said():
    found = asked(Sources(machines=(
        record("machine", "m1", organisation="Contractor A", machine_status="ready"),)))
    assert "belongs to A" in words(found, "machine") and "Contractor A" in words(found, "machine")
    assert not words(asked(Sources(machines=(
        record("machine", "m1", organisation="a", machine_status="ready"),))), "machine")


def test_leave_with_a_gap_and_leave_that_is_renewed():
    leave = (accredited("one", "manual-a-1", end=date(2027, 7, 31)),
             accredited("more", "manual-a-1", begin=date(2028, 6, 1)),
             accredited("two", "manual-a-2"), accredited("three", "manual-a-3"), *WHOLE)
    found = asked(Sources(teams=CREW, accreditations=leave))
    problem, lasts = found.problem, last_days(found.problem)
    alone = next(p for p, q in enumerate(problem.pools) if q.members == ("team-manual-a-1",))
    options = np.flatnonzero(problem.first_pool == alone)
    row = problem.conditions.calendars.open[problem.conditions.calendars.first[options[0]]]
    shut = [t for t in range(problem.horizon) if not row[t]]
    assert shut and all(problem.slot_starts[t] < date(2028, 6, 1)
                        and lasts[t] > date(2027, 7, 31) for t in shut)
    assert "--renewed" in words(found, "accreditation")
    # `more` begins later and follows on: renewed, the first spell has no end and no gap is left.
    again = asked(Sources(teams=CREW, accreditations=leave), renew=True)
    assert again.problem.conditions.calendars is None
    assert "--renewed" not in words(again, "accreditation")


def test_safety_S09_leave_that_nobody_signed_gives_none_and_still_narrows():
    unsigned = (dataclasses.replace(accredited("u", "manual-a-1", end=date(2027, 8, 31)), values={
        "team": "manual-a-1", "scope": "manual_clearance", "granted_on": date(2027, 1, 1),
        "expires_on": date(2027, 8, 31)}),)
    found = asked(Sources(teams=CREW[:3], accreditations=(*unsigned, *WHOLE),
                          unsigned=frozenset({"u"})))
    one = next(p for p in range(len(found.problem.pools))
               if found.problem.pools[p].members == ("team-manual-a-1",))
    at_most = found.problem.conditions.windows.first_until[found.problem.first_pool == one]
    assert at_most.max() < 60 and "nobody signed" in words(found, "accreditation")
    # The same words without a claim to be granted are no leave at all.
    none = asked(Sources(teams=CREW[:3], accreditations=(*unsigned, *WHOLE)))
    assert "not planned" in words(none, "team")


def test_teams_on_record_are_the_teams_where_no_file_is_given():
    towns = (record("settlement", "s1", shapely.Point(0.01, -47.01), name="Base"),)
    teams = (record("team", "t1", team_type="NTS", base="Base", organisation="A"),
             record("team", "t2", team_type="TS", base="Base", organisation="A",
                    mobilised_on=date(2027, 6, 1)),
             record("team", "t3", team_type="manual", base="Base", organisation="A"),
             record("team", "t4", team_type="manual", base="Base", organisation="A",
                    stood_down_on=date(2027, 9, 30)),
             record("team", "t5", team_type="medical", base="Base"),
             record("team", "t6", team_type="manual", base="nowhere"),
             record("team", "t7", team_type="manual", base="Base", team_status="stood_down"))
    found = asked(Sources(teams=teams, settlements=towns), teams_given=False)
    pools = {q.members: q for q in found.problem.pools}
    assert set(pools) == {("t1",), ("t2",), ("t3",), ("t4",)}
    assert pools["t4",].available_until == date(2027, 9, 30)
    assert pools["t2",].available_from == date(2027, 6, 1) and pools["t3",].m2_per_day == 2_000
    # Who came before the first day is simply there.
    early = tuple(dataclasses.replace(t, values={**t.values, "mobilised_on": date(2020, 1, k + 1)})
                  for k, t in enumerate(teams[2:3] * 2))
    early = (early[0], dataclasses.replace(early[1], id="t3b"))
    merged = asked(Sources(teams=(*teams[:2], *early), settlements=towns), teams_given=False)
    assert ("t3", "t3b") in {q.members for q in merged.problem.pools}
    said = words(found, "team")
    for why in ("no work for it", "nowhere", "stood down", "assumed"):
        assert why in said
    planned(found.problem)


def test_no_leave_to_survey_is_an_error_that_says_why():
    with pytest.raises(LandReleaseError) as caught:
        asked(Sources(teams=CREW, accreditations=(accredited("x", "manual-a-1"),)))
    assert caught.value.code == "PLN-702" and "NTS" in str(caught.value)


def test_machines_are_shared_and_stay_off_steep_ground_and_dogs_come_before_people():
    machines = (record("machine", "m1", machine_status="ready", max_slope_deg=15.0),
                record("machine", "m2", machine_status="repair", max_slope_deg=45.0))
    hazards = (record("hazard", "h0", slope_deg=25.0, vegetation="forest"),
               record("hazard", "h1", slope_deg=5.0))
    found = asked(Sources(machines=machines, hazards=hazards),
                  pools=(*POOLS, pool("dogs-a", "animal", 1, 4_000.0)))
    problem = found.problem
    gear = problem.conditions.equipment
    assert gear.ids == ("machines",) and gear.units.tolist() == [1]
    assert found.read.counts["machine"] == (2, 1) and "repair" in words(found, "machine")
    stage_of = np.repeat(np.arange(len(problem.stage_ids)), np.diff(problem.option_start))
    modes = {}
    for o, mode in enumerate(problem.option_mode):
        modes.setdefault(int(problem.hazard[stage_of[o]]), set()).add(mode)
        if mode in ("machine then manual", "dogs then manual"):
            assert problem.pools[int(problem.second_pool[o])].kind == "manual"  # S07
    assert "machine then manual" not in modes[0] and "machine then manual" in modes[1]
    assert all("dogs then manual" in own for own in modes.values())
    free = asked(pools=(*POOLS, pool("dogs-a", "animal", 1, 4_000.0))).problem
    slow = [problem.first_slots[problem.option_start[s]] for s in np.flatnonzero(
        (problem.hazard == 0) & (problem.activity == 2))]
    fast = [free.first_slots[free.option_start[s]] for s in np.flatnonzero(
        (free.hazard == 0) & (free.activity == 2))]
    assert min(slow) > max(fast) and found.read.counts["hazard"] == (3, 2)
    planned(problem)


def fund(name, amount, day, phase="demining", currency="USD", **more):
    return record("fund", name, amount=amount, available_on=day, phase=phase, currency=currency,
                  fund_status=more.pop("status", "received"), **more)


def test_money_arrives_over_time_less_what_was_spent():
    sources = Sources(
        funds=(fund("f1", 20_000.0, date(2026, 1, 1)), fund("f2", 9_000.0, date(2028, 5, 1)),
               fund("f3", 5_000.0, date(2027, 1, 1), "rebuilding"),
               fund("f4", 7_000.0, date(2027, 1, 1), currency="EUR"),
               fund("f5", 1_000.0, date(2027, 1, 1), status="announced"),
               record("fund", "f6", amount=5.0)),
        expenses=(record("expense", "e1", amount=17_000.0, paid_on=date(2026, 9, 1),
                         phase="demining", currency="USD"),
                  record("expense", "e2", amount=1.0)),
        projects=(record("project", "p1", hazards=["h0"], cost=4_000.0, currency="USD",
                         duration_days=30.0, beneficiaries=70),))
    found = asked(sources)
    money = found.problem.conditions.money
    assert money.fund_ids == ("demining", "rebuilding") and money.currency == "USD"
    assert money.arrived[0, 0] == 20_000 - 17_000 + 1_000 and money.arrived[0, -1] == 13_000
    assert money.arrived[1, 0] == 5_000
    assert found.read.counts["fund"] == (6, 4) and found.read.counts["expense"] == (2, 1)
    assert "EUR" in words(found, "fund") and "left out" in words(found, "expense")
    # 1 EUR was worth 1.1 USD: the fund in euro counts, by the rate of its day.
    rated = dataclasses.replace(sources, exchange_rates=(
        record("exchange_rate", "r1", dated=date(2026, 12, 30), from_currency="USD",
               to_currency="EUR", rate=1 / 1.1),))
    assert asked(rated).problem.conditions.money.arrived[0, 0] == pytest.approx(4_000 + 7_700)
    bound = dataclasses.replace(sources, expenses=(*sources.expenses, record(
        "expense", "e3", amount=500.0, phase="demining", currency="USD",
        expense_status="committed", due_on=date(2027, 9, 1))))
    assert asked(bound).problem.conditions.money.arrived[0, 0] == 3_500
    committed = asked(sources, counting="committed").problem.conditions.money
    assert committed.arrived[0, 0] == 3_000
    assert asked(sources, counting="none").problem.conditions.money is None
    assert money.later is None  # all of it comes while the plan still begins work
    late = asked(dataclasses.replace(sources, funds=(
        *sources.funds, fund("f7", 800.0, date(2051, 3, 1)),
        fund("f8", 60.0, date(2052, 4, 2), "rebuilding"))))
    after = late.problem.conditions.money
    assert after.later.tolist() == [800.0, 60.0] and after.later_fund.tolist() == [0, 1]
    assert [date.fromordinal(d) for d in after.later_day] == [date(2051, 3, 1), date(2052, 4, 2)]
    assert np.array_equal(after.arrived, money.arrived)  # it binds nothing
    assert "860 USD come after" in words(late, "fund") and "2051-03-01" in words(late, "fund")
    *_, before, last = cash(planned(late.problem))
    assert (before.month, before.arrived, before.after_plan) == (date(2051, 3, 1), 800.0, True)
    assert (last.fund, last.arrived, last.bound_works) == ("rebuilding", 60.0, 0.0)
    plan = planned(found.problem)
    assert not any(r.after_plan for r in cash(plan))
    assert plan.schedule.project_start[0] >= plan.schedule.finish[found.problem.hazard == 0].max()


def test_what_names_no_fund_is_counted_once_in_what_was_spent():
    def paid(name, amount, **more):
        return record("expense", name, amount=amount, paid_on=date(2026, 9, 1), phase="demining",
                      currency="USD", **more)

    found = asked(Sources(funds=(fund("f1", 1_000.0, date(2026, 1, 1)),),
                          expenses=(paid("e1", 900.0, fund="f1"), paid("e2", 200.0))))
    assert "1,100 USD were spent on demining" in words(found, "expense")


def test_money_bound_for_work_of_the_plan_is_not_counted_twice():
    funds = (fund("f1", 900_000.0, date(2026, 1, 1)),
             fund("f2", 90_000.0, date(2026, 1, 1), "rebuilding"))

    def first(*expenses, **more):
        found = asked(Sources(funds=funds, expenses=expenses, **more))
        return found.problem.conditions.money.arrived[:, 0].tolist(), found

    def bound(number, amount, phase="demining", **more):
        return record("expense", f"e{number}", amount=amount, phase=phase, currency="USD",
                      expense_status="committed", due_on=date(2027, 9, 1), **more)

    _, free = first()
    stages = list(free.problem.stage_ids)
    s = stages.index("h1:NTS")
    cost = float(free.problem.option_cost[free.problem.option_start[s]:
                                          free.problem.option_start[s + 1]].min())
    assert cost > 10.0
    # Bound for a task of the plan, by the id that the plan proposes or by its identifier.
    (left, *_), found = first(bound(1, 10.0, task="task:h1:NTS"))
    assert left == 900_000.0 and "not counted twice" in words(found, "expense")
    task = record("task", "office-7", hazard="h1", identifier="h1:NTS", task_status="assigned")
    (left, *_), _ = first(bound(1, 10.0, task="office-7"), reported=(task,))
    assert left == 900_000.0
    # What is more than the work costs is for something else; so is what names other work.
    (left, *_), _ = first(bound(1, 0.75 * cost, task="task:h1:NTS"),
                         bound(2, 0.75 * cost, task="task:h1:NTS"))
    assert left == pytest.approx(900_000.0 - 0.5 * cost)
    (left, *_), found = first(bound(1, 10.0, task="task:elsewhere"))
    assert left == 899_990.0 and "counted twice" not in words(found, "expense")
    # A task that is done is in no plan: its bill is still to be paid.
    done = record("task", "office-7", hazard="h1", identifier="h1:NTS", task_status="completed")
    (left, *_), _ = first(bound(1, 10.0, task="office-7"), reported=(done,))
    assert left == 899_990.0
    # Paid is paid, whatever it was for.
    paid = record("expense", "e1", amount=10.0, phase="demining", currency="USD",
                  paid_on=date(2026, 9, 1), task="task:h1:NTS")
    assert first(paid)[0][0] == 899_990.0
    # Works of phase two as well.
    work = record("project", "p1", hazards=["h0"], cost=4_000.0, currency="USD",
                  duration_days=30.0, beneficiaries=70)
    (_, left), _ = first(bound(1, 5_000.0, "rebuilding", project="p1"), projects=(work,))
    assert left == 89_000.0


def test_works_keep_their_sequence_and_their_season():
    def work(name, **values):
        return record("project", name, **{"cost": 10.0, "currency": "USD", "duration_days": 20.0,
                                          "beneficiaries": 50, **values})

    found = asked(Sources(
        handovers=(record("handover", "ho", hazard="h2", handover_status="planned"),),
        projects=(
            work("school", after_projects=["road"], hazards=["h0"]),
            work("road", hazards=["h1"], planned_start=date(2028, 6, 1)),
            work("sowing", season_first_month=9, season_last_month=10, handovers=["ho"]),
            work("done", project_status="completed"), work("late", after_projects=["nobody"]))))
    works = found.problem.conditions.projects
    assert works.ids == ("late", "road", "school", "sowing")
    assert "nobody" in words(found, "project") and found.read.counts["project"] == (5, 4)
    plan = planned(found.problem)
    problem, begin, end = plan.problem, plan.schedule.project_start, plan.schedule.project_finish
    assert begin[2] >= end[1] >= 0 and problem.slot_starts[begin[1]] >= date(2028, 6, 1)
    assert {problem.slot_starts[t].month for t in range(begin[3], end[3])} <= {9, 10}
    assert begin[3] >= plan.schedule.finish[problem.hazard == 2].max()
    # The checker shares no code with it, and finds a plan that keeps to neither.
    wrong = dataclasses.replace(plan.schedule, project_start=np.zeros(4, np.int32),
                                project_finish=works.slots.copy())
    said = " ".join(check.violations(found.problem, wrong))
    assert "which it follows" in said and "outside its season" in said


def test_works_that_follow_each_other_in_a_circle_are_named():
    found = asked(Sources(projects=(
        record("project", "a", after_projects=["b"]), record("project", "b",
                                                             after_projects=["a"]))))
    assert "circle" in words(found, "project")
    assert found.problem.conditions.projects.after is None
    assert "do not say how many people" in words(found, "project")


def order(name, status="ordered", **values):
    return record("task", name, values.pop("ground", None), task_status=status, **values)


def test_orders_hold_stages_to_their_days_their_teams_and_their_sequence():
    found = asked(Sources(teams=CREW, tasks=(
        order("task:h2:NTS", identifier="h2:NTS", planned_start=date(2027, 5, 3)),
        order("T-7", hazard="h1", task_type="NTS", after_tasks=["task:h2:NTS"],
              not_before=date(2027, 6, 1)),
        order("T-8", hazard="h1", task_type="clearance", method="manual",
              excluded_teams=["nobody"]),
        order("T-9", "proposed", hazard="h0", task_type="NTS", planned_start=date(2029, 5, 1)),
        order("T-10", hazard="gone", task_type="NTS"),
        order("T-11", "completed", hazard="h0", task_type="clearance"),
        order("T-12", "suspended", hazard="h0", task_type="TS")),
        reported=(order("T-11", "completed", hazard="h0", task_type="clearance"),)))
    problem, fixed = found.problem, found.problem.conditions.decisions
    plan = planned(problem)
    number = {n: s for s, n in enumerate(problem.stage_ids)}
    start = [problem.slot_starts[int(t)] for t in plan.schedule.start]
    first = number["h2:NTS"]
    assert fixed.earliest[first] == fixed.latest[first]
    before = problem.slot_starts[int(plan.schedule.start[first]) - 1]
    assert before < date(2027, 5, 3) <= start[first]  # in half weeks, never before the signed day
    assert plan.schedule.start[number["h1:NTS"]] >= plan.schedule.finish[first]
    assert start[number["h1:NTS"]] >= date(2027, 6, 1)
    assert start[number["h0:NTS"]] < date(2028, 1, 1)  # a proposal binds nobody
    cleared = np.flatnonzero((problem.hazard == 1) & (problem.activity == 2))
    assert {problem.option_mode[int(plan.schedule.option[s])] for s in cleared} == {"manual"}
    assert found.read.counts["task"] == (7, 4)
    for why in ("completed", "not in the plan", "suspended", "excluded"):
        assert why in words(found, "task")


def test_an_order_for_after_the_end_of_the_plan_says_that_and_no_other_day():
    found = asked(Sources(tasks=(
        order("T-1", hazard="h0", task_type="NTS", planned_start=date(2090, 5, 3)),
        order("T-2", hazard="h1", task_type="NTS", not_before=date(2091, 6, 1)))))
    told = words(found, "task")
    assert "to start on 2090-05-03, after the end of the plan: no work on it is dated" in told
    assert "not to start before 2091-06-01, after the end of the plan" in told
    left = check.unkept(found.problem, planned(found.problem).schedule)
    assert left == [f"{step}: ordered, to start after the end of the plan, and not in the plan"
                    for step in ("h0:NTS", "h1:NTS")]


def test_an_order_keeps_the_method_that_a_plan_proposes():
    from landrelease.workflows.orders import _METHOD

    modes = set(asked().problem.option_mode)
    assert {"manual", "machine then manual"} <= modes
    for mode in ("manual", "machine then manual"):
        found = asked(Sources(tasks=(order("T", hazard="h0", task_type="clearance",
                                           method=_METHOD[mode]),)))
        problem, fixed = found.problem, found.problem.conditions.decisions
        for s in np.flatnonzero((problem.hazard == 0) & (problem.activity == 2)):
            own = range(problem.option_start[s], problem.option_start[s + 1])
            kept = {problem.option_mode[o] for o in own if fixed.allowed[o]}
            assert kept == {mode}


def test_an_order_for_a_day_in_winter_is_planned_in_spring_and_says_so():
    found = asked(Sources(tasks=(
        order("W", hazard="h0", task_type="NTS", planned_start=date(2027, 12, 15)),
        order("S", hazard="h1", task_type="NTS", planned_start=date(2027, 6, 16)))))
    problem, fixed = found.problem, found.problem.conditions.decisions
    s = int(np.flatnonzero((problem.hazard == 0) & (problem.activity == 0))[0])
    assert problem.slot_starts[int(fixed.latest[s])] == date(2028, 4, 1)
    told = [n for n in found.read.notes if n.kind == "task"]
    assert [n.record for n in told] == ["W"]
    assert "2027-12-15, is outside the working season: planned from 2028-04-01" in told[0].words


def test_an_order_names_its_teams_and_shuts_out_others():
    leave = tuple(accredited(f"l{k}", f"manual-a-{k}", end=date(2040 + k, 1, 1))
                  for k in (1, 2, 3))
    tasks = (order("T", hazard="h0", task_type="clearance", teams=["manual-a-2"]),
             order("U", hazard="h1", task_type="clearance", excluded_teams=["team-manual-a-2"]))
    found = asked(Sources(teams=CREW, accreditations=(*leave, *WHOLE), tasks=tasks))
    problem = found.problem
    plan = planned(problem)
    came = {0: set(), 1: set(), 2: set()}
    for s, p, _, _ in steps(problem, plan.schedule):
        if problem.activity[s] == 2 and problem.pools[p].kind == "manual":
            came[int(problem.hazard[s])].add(problem.pools[p].members)
    assert came[0] == {("team-manual-a-2",)}
    assert came[1] and ("team-manual-a-2",) not in came[1]


def test_growing_seasons_are_counted_by_the_day_of_sowing_on_land_that_is_farmed():
    found = asked(Sources(hazards=(record("hazard", "h0", land_use_expected="forest"),
                                   record("hazard", "h1", blockage=["farmland"]))))
    problem, terms = found.problem, found.problem.conditions
    missed = terms.seasons_missed
    back = [START + timedelta(days=int(np.ceil(d))) for d in problem.delay_days]
    assert missed.tolist() == [sum(date(y, 4, 1) < d for y in range(2028, 2040)) for d in back]
    growing = problem.benefits.growing
    assert not growing[problem.hazard == 0].any()
    assert np.array_equal(growing[problem.hazard > 0], problem.benefits.hectares[
        problem.hazard > 0])


# --- money with earmarks --------------------------------------------------------------------------


def region(name, west, east, **more):
    return record("administrative_area", name, None if west is None else shapely.box(
        west, -48.0, east, -46.0), **{"name": name.title(), **more})


def test_money_is_spent_where_on_what_and_as_long_as_donors_gave_it():
    """h0 lies in the west, h1 and h2 in the east; the north has no boundary of its own."""
    areas = (region("west", -1.0, 0.01), region("east", 0.01, 1.0, part_of="north"),
             region("north", None, None), region("south", None, None))
    funds = (fund("f0", 4_000.0, date(2027, 1, 1), earmark_activities=["NTS", "TS"]),
             fund("f1", 60_000.0, date(2027, 1, 1), earmark_areas=["West"]),
             fund("f2", 50_000.0, date(2027, 1, 1), earmark_areas=["north"],
                  spend_until=date(2027, 8, 1)),
             fund("f3", 9_000.0, date(2027, 1, 1), earmark_areas=["south"]),
             fund("f4", 9_000.0, date(2027, 1, 1), "both", conditions="by word of mouth"))
    found = asked(Sources(funds=funds, areas=areas, projects=(
        record("project", "p", square(0), cost=4_000.0, currency="USD", duration_days=9.0),)))
    money, problem = found.problem.conditions.money, found.problem
    assert money.fund_ids == ("both phases", "demining: f0", "demining: f1", "demining: f2")
    assert "no boundary is on record of south" in words(found, "fund")
    assert "conditions in words" in words(found, "fund")
    assert found.read.counts["fund"] == (5, 4)
    assert money.line_ids == ("NTS and TS in West", "clearance in West", "NTS and TS in North",
                              "clearance in North", "rebuilding elsewhere")
    west, east = problem.hazard == 0, problem.hazard > 0
    survey = problem.activity < 2
    assert set(money.stage_fund[west & survey]) == {0}
    assert set(money.stage_fund[east & ~survey]) == {3}
    assert money.may_pay.tolist() == [
        [True, True, True, False], [True, False, True, False], [True, True, False, True],
        [True, False, False, True], [True, False, False, False]]
    assert money.until[3] == sum(d <= date(2027, 8, 1) for d in problem.slot_starts[:-1])
    assert [p.tolist() for p in money.payers()][2] == [3, 1, 0]  # what runs out first
    plan = planned(problem)
    spent = dict.fromkeys(range(4), 0.0)
    for s in np.flatnonzero(plan.schedule.option >= 0):
        cost = problem.option_cost[plan.schedule.option[s]]
        if east[s] and not survey[s]:
            spent[3] += cost * (plan.schedule.start[s] < money.until[3])
    assert 0 < spent[3] <= 50_000 + 9_000
    # Without a fund for the east, nothing is done there.
    left = asked(Sources(funds=(funds[1],), areas=areas)).problem
    done = planned(left).schedule
    assert (done.finish[left.hazard > 0] < 0).all() and (done.finish[left.hazard == 0] >= 0).any()
    assert "no fund on record may be spent on" in words(asked(Sources(
        funds=(funds[1],), areas=areas)), "fund")
    # An expense is taken from the fund that it names, another from what runs out first.
    paid = asked(Sources(funds=funds, areas=areas, expenses=tuple(
        record("expense", f"e{n}", amount=1_000.0, paid_on=date(2027, 2, 1), phase="demining",
               currency="USD", **more) for n, more in enumerate((
                   {"fund": "f1"}, {}, {"fund": "f3"}))))).problem.conditions.money
    assert paid.arrived[:, 0].tolist() == [9_000, 4_000, 59_000, 49_000]


def test_funds_without_earmarks_stay_one_fund_a_phase():
    free = asked(Sources(funds=(fund("f0", 5.0, date(2027, 1, 1)),
                                fund("f1", 5.0, date(2027, 1, 1))))).problem.conditions.money
    assert free.fund_ids == ("demining",) and free.may_pay is None and free.until is None
    assert set(free.stage_fund) == {0} and free.arrived[0, 0] == 10


def test_kinds_that_a_plan_does_not_read_are_named():
    found = asked(Sources(others={"parcel": 3, "permit": 2}))
    assert "3 on record" in words(found, "parcel") and "2 on record" in words(found, "permit")
