"""Money: totals that add up again, what is left, earmarks, unit costs, the day it ends."""

import csv
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from landrelease.apps import cli
from landrelease.core.currency import Rate, RateTable
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.figures import money, runway, unit_costs
from landrelease.store.open import create_registry

AS_OF = date(2027, 6, 30)
NO_RATES = RateTable((), 31)


def fund(name="f1", **said):
    return Record("fund", name, {"phase": "demining", "donor": "Donor A", "amount": 1000.0,
                                 "currency": "USD", "fund_status": "received",
                                 "received_on": date(2027, 1, 1), **said})


def expense(name="e1", **said):
    return Record("expense", name, {"phase": "demining", "amount": 100.0, "currency": "USD",
                                    "paid_on": date(2027, 2, 1), **said})


def book(funds=(), expenses=(), rates=NO_RATES, currency="USD", as_of=AS_OF, tasks=()):
    return money.account(list(funds), list(expenses), rates, currency=currency, as_of=as_of,
                         tasks=list(tasks))


def total(found, by=lambda e: "all", **said):
    return {t.group: t for t in money.totals(found.entries, by, **said)}


# --- totals --------------------------------------------------------------------------------------


def test_received_paid_bound_and_left():
    found = book([fund(), fund("f2", amount=500.0, fund_status="committed", received_on=None),
                  fund("f3", amount=70.0, fund_status="announced", received_on=None)],
                 [expense(), expense("e2", amount=30.0, expense_status="committed",
                                     paid_on=None, due_on=date(2027, 9, 1)),
                  expense("e3", amount=-20.0)])
    t = total(found)["all"]
    assert (t.received, t.committed, t.announced) == (1000, 500, 70)
    assert (t.paid, t.bound, t.left) == (80, 30, 890)
    assert set(t.records) == {"f1", "f2", "f3", "e1", "e2", "e3"}


def test_safety_S12_money_that_nobody_reported_is_not_zero():
    t = total(book([], [expense()]))["all"]
    assert t.received is None and t.left is None and t.bound is None and t.paid == 100
    found = book([fund("a", amount="declined"), fund("b", amount=None), fund("c", currency=None)])
    assert not found.entries
    assert found.unusable == {"declined": ("a",), "amount not reported": ("b",),
                              "currency not reported": ("c",)}


def test_what_lies_after_the_day_of_the_account_is_not_in_it():
    found = book([fund(), fund("later", received_on=date(2027, 7, 5)),
                  fund("unborn", fund_status="committed", received_on=None,
                       pledged_on=date(2027, 8, 1))],
                 [expense("later-e", paid_on=date(2027, 7, 1))])
    assert {e.id: e.state for e in found.entries} == {"f1": "received", "later": "committed"}
    assert found.unusable == {"after 2027-06-30": ("unborn", "later-e")}


def test_amounts_without_a_rate_stay_apart_and_in_their_own_currency():
    rates = RateTable([Rate("r", date(2027, 2, 1), "EUR", "USD", 1.1)], 31)
    found = book([fund()], [expense("eur", currency="EUR"), expense("bam", currency="BAM")], rates)
    assert total(found, currency="USD")["all"].paid == pytest.approx(110)
    own = {t.currency: t.paid for t in money.totals(found.entries, lambda e: "all")}
    assert own == {"USD": None, "EUR": 100, "BAM": 100}
    figures = {f.id: f for f in money.money_figures(found, "head")}
    assert figures["money_paid"].records == ("eur", "r")
    assert "1 records in BAM" in figures["money_paid"].note


amounts = st.decimals(-10_000, 10_000, places=2, allow_nan=False)


@given(st.lists(st.tuples(st.sampled_from(["demining", "rebuilding"]), amounts), max_size=30))
def test_totals_are_those_of_decimal_arithmetic_and_parts_add_up(listed):
    found = book([], [expense(f"e{n}", phase=p, amount=float(a))
                      for n, (p, a) in enumerate(listed)])
    want = {}
    for phase, amount in listed:
        want[phase] = want.get(phase, Decimal(0)) + amount
    parts = total(found, lambda e: e.phase)
    assert {k: Decimal(repr(t.paid)) for k, t in parts.items()} == want
    if listed:
        assert Decimal(repr(total(found)["all"].paid)) == sum(want.values())


def test_a_fund_in_another_currency_is_spent_in_its_own():
    rates = RateTable([Rate("r", date(2027, 2, 1), "EUR", "USD", 1.25)], 31)
    found = book([fund(currency="EUR")], [expense(fund="f1"), expense("e2", fund="f1",
                                                                       currency="XAF")], rates)
    (t,) = money.by_fund(found.entries, rates)
    assert t.paid == pytest.approx(80) and t.left is None  # what was paid in XAF is not known
    (t,) = money.by_fund([e for e in found.entries if e.id != "e2"], rates)
    assert t.left == pytest.approx(920)


def test_unlinked_expenses_are_charged_first_in_first_out_and_say_so_apart():
    funds = [fund("new", received_on=date(2027, 2, 1), amount=1000.0),
             fund("old", received_on=date(2027, 1, 1), amount=60.0),
             fund("kept", received_on=date(2026, 1, 1), amount=500.0,
                  earmark_activities=["risk_education"]),
             fund("joint", phase="both", received_on=date(2026, 1, 1), amount=5.0)]
    (loose,) = money.charge_unlinked(book(funds, [expense(paid_on=date(2027, 1, 15)),
                                                  expense("e2", paid_on=date(2027, 2, 2))]))
    # January: 60 of "old", 5 of "joint", nothing else had come in; February: 100 of "new".
    assert loose.charged == {"old": 60, "joint": 5, "new": 100}
    assert loose.amount == 200 and loose.rest == 35


# --- earmarks and doubts -------------------------------------------------------------------------


def test_expenses_that_a_fund_was_not_given_for():
    given_for = fund(earmark_areas=["A1"], earmark_activities=["NTS"],
                     spend_until=date(2027, 3, 1))
    cases = {
        "fits": {"area": "A1", "activity_type": "NTS"},
        "area": {"area": "A2", "activity_type": "NTS"},
        "work": {"area": "A1", "activity_type": "clearance"},
        "late": {"area": "A1", "activity_type": "NTS", "paid_on": date(2027, 4, 1)},
        "phase": {"area": "A1", "activity_type": "NTS", "phase": "rebuilding"},
        "silent": {}}
    found = book([given_for], [expense(n, fund="f1", amount=1.0, **s) for n, s in cases.items()])
    told = {(d.record, d.code, d.facts.get("what")) for d in found.doubts}
    assert told == {("area", "MON-002", "area"), ("work", "MON-002", "kind of work"),
                    ("late", "MON-002", "day"), ("phase", "MON-002", "phase"),
                    ("silent", "MON-003", "kind of work"), ("silent", "MON-003", "area")}


def test_a_part_of_an_area_lies_in_the_area_however_it_is_named():
    areas = [Record("administrative_area", "aa-1", {"identifier": "NORTH"}),
             Record("administrative_area", "aa-2", {"identifier": "VALLEY", "part_of": "NORTH"}),
             Record("administrative_area", "aa-3", {"identifier": "SOUTH", "part_of": "aa-3"})]
    listed = [expense("in", fund="f1", area="VALLEY"), expense("out", fund="f1", area="aa-3"),
              expense("named", fund="f1", area="aa-1")]
    found = money.account([fund(earmark_areas=["NORTH"])], listed, NO_RATES, currency="USD",
                          as_of=AS_OF, areas=areas)
    assert [(d.record, d.code) for d in found.doubts] == [("out", "MON-002")]


def test_the_task_says_what_an_expense_was_for():
    task = Record("task", "t1", {"task_type": "clearance", "method": "manual"})
    found = book([], [expense(task="t1"), expense("e2", task="t1", activity_type="NTS")],
                 tasks=[task])
    assert [(e.activity, e.method) for e in found.expenses] == [("clearance", "manual"),
                                                                ("NTS", "manual")]


def test_overspent_unknown_and_early_funds_are_said():
    found = book([fund(amount=50.0), fund("f2", fund_status="committed", received_on=None)],
                 [expense(fund="f1"), expense("e2", fund="f2"), expense("e3", fund="nobody")])
    assert {(d.record, d.code) for d in found.doubts} == {
        ("f1", "MON-004"), ("f2", "MON-005"), ("e3", "MON-001")}


# --- the day the money ends ----------------------------------------------------------------------


def spent(months, amount=100.0, first=date(2026, 7, 15)):
    out = []
    for n in range(months):
        at = first.year * 12 + first.month - 1 + n
        out.append(expense(f"m{n}", amount=amount, paid_on=date(at // 12, at % 12 + 1, 15)))
    return out


def ends(funds, expenses, basis="committed", runs=50, **said):
    found = book(funds, expenses, **said)
    return runway.runway("all", basis, runway.money_of(found, basis),
                         runway.pace_of(found.expenses, found.as_of, 12), runs=runs, seed=1)


def test_an_even_pace_ends_when_the_money_divided_by_it_says():
    # 12 months of 100 from 2,700: 1,500 are left, which are 15 months from 30 June 2027.
    end = ends([fund(amount=2700.0)], spent(12))
    assert end.per_month == 100 and end.money == 1500
    assert end.day == end.low == end.median == end.high == date(2028, 9, 30)
    assert end.not_ended == 0 and not end.why


def test_money_that_comes_later_lengthens_it_and_a_gap_only_makes_work_wait():
    more = fund("later", amount=300.0, fund_status="committed", received_on=None,
                available_on=date(2028, 3, 10))
    # 100 left for July; nothing until March 2028; then 300 for March, April and May.
    end = ends([fund(amount=1300.0), more], spent(12))
    assert end.day == date(2028, 5, 30)
    assert ends([fund(amount=1300.0), more], spent(12), "received").day == date(2027, 7, 30)


def test_money_that_lapses_before_it_is_spent_is_not_there_to_spend():
    # 1,500 are left, of which 1,000 may be spent until 20 September: three months of 100, then the
    # other 700 are lost, and 500 are five months more.
    lapsing = fund("short", amount=1000.0, received_on=date(2026, 1, 1),
                   spend_until=date(2027, 9, 20))
    end = ends([fund(amount=1700.0), lapsing], spent(12, amount=100.0))
    held = runway.money_of(book([fund(amount=1700.0), lapsing], [expense(
        f"x{n}", fund="f1", amount=100.0) for n in range(12)]), "committed")
    assert held.lapses == ((date(2027, 9, 20), 1000.0, AS_OF),) and held.left == 1500
    # Expenses that name no fund are taken from what lapses first of what had come by then.
    assert end.day == date(2028, 9, 30)  # nothing of it is left to lapse
    named = [expense(f"m{n}", fund="f1", amount=100.0, paid_on=date(
        2026 + (6 + n) // 12, (6 + n) % 12 + 1, 15)) for n in range(12)]
    end = ends([fund(amount=1700.0), lapsing], named)
    assert end.day == end.median == date(2028, 2, 29)  # 3 months, and 5 of the other 500
    over = fund("over", amount=900.0, spend_until=date(2027, 3, 1))
    assert runway.money_of(book([fund(amount=200.0), over], []), "received").left == 200
    plan = runway.Money(AS_OF, "USD", 100.0, lapses=((date(2027, 8, 1), 80.0, AS_OF),))
    costs = [(date(2027, 7, 15), 30.0, "a"), (date(2027, 9, 1), 40.0, "b")]
    assert runway.plan_runway("p", "received", plan, costs).step == "b"  # 50 are lost
    assert runway.plan_runway("p", "received", plan, [(date(2027, 9, 1), 20.0, "b")]).day is None
    # What was spent before lapsing money came was not spent of it: all 80 of it are lost.
    late = runway.Money(AS_OF, "USD", 100.0, ((date(2027, 8, 15), 80.0),),
                        lapses=((date(2027, 8, 31), 80.0, date(2027, 8, 15)),))
    costs = [(date(2027, 7, 15), 90.0, "a"), (date(2027, 9, 1), 20.0, "b")]
    assert runway.plan_runway("p", "received", late, costs).step == "b"
    months = np.array([[90.0, 0.0, 0.0, 20.0, *[0.0] * 8]])
    assert runway._ends(months, late)[0] < 365
    assert np.isinf(runway._ends(months, runway.Money(AS_OF, "USD", 100.0, late.arrives))[0])


def test_promises_without_a_day_ahead_are_counted_nowhere():
    found = book([fund(), fund("late", fund_status="committed", received_on=None,
                               available_on=date(2027, 2, 1)),
                  fund("undated", fund_status="announced", received_on=None)])
    assert runway.money_of(found, "committed").undated == 1000
    assert runway.money_of(found, "announced").undated == 2000
    assert runway.money_of(found, "announced").whole == 1000


def test_an_uneven_pace_has_an_interval_that_holds_the_mean():
    uneven = [expense(f"m{n}", amount=a, paid_on=date(2026 + (6 + n) // 12, (6 + n) % 12 + 1, 3))
              for n, a in enumerate([10, 10, 400, 50, 90, 10, 200, 10, 300, 10, 20, 90])]
    end = ends([fund(amount=6000.0)], uneven, runs=500)
    assert end.low < end.median < end.high and end.low < end.day < end.high
    again = ends([fund(amount=6000.0)], uneven, runs=500)
    assert again == end


def test_the_interval_holds_about_what_it_says_for_months_that_stand_alone():
    """400 programmes with a year of history and money for 18 months more: 80 % is promised."""
    import numpy as np

    rng = np.random.Generator(np.random.PCG64(5))
    held = 0
    for n in range(400):
        months = 100 * rng.lognormal(-0.03, 0.24, 12 + runway.HORIZON_MONTHS)
        money_there = runway.Money(AS_OF, "USD", 1800.0)
        day = runway._ends(months[None, 12:], money_there)[0]
        drawn = runway._ends(runway.simulated(months[:12], 100, n), money_there)
        held += np.quantile(drawn, 0.1) <= day <= np.quantile(drawn, 0.9)
    assert 0.74 < held / 400 < 0.95


def test_what_cannot_be_told_is_said_and_nothing_is_divided_by_zero():
    assert ends([fund()], []).why.startswith("no whole month of spending")
    assert ends([], [], "received").why == "no money is on record"
    assert "does not end" in ends([fund()], [expense(amount=0.0)]).why
    over = ends([fund(amount=250.0, received_on=date(2026, 7, 1))], spent(12))
    assert over.day == date(2026, 9, 15)  # 250 - 3 x 100
    assert over.money < 0 and "no money is left" in over.why
    one = ends([fund()], spent(1, first=date(2027, 6, 2)))
    assert one.day == date(2028, 3, 30) and one.median is None and "no interval" in one.why
    assert "only 2 months" in ends([fund()], spent(2, first=date(2027, 5, 2))).why
    forever = ends([fund(amount=10.0**9)], spent(12))
    assert forever.day is None and forever.not_ended == 1


@given(st.lists(st.floats(1, 500), min_size=12, max_size=12), st.floats(1, 20_000),
       st.lists(st.tuples(st.integers(1, 900), st.floats(1, 3000)), max_size=4))
def test_a_month_by_month_account_agrees(pace, left, later):
    arrives = tuple(sorted((AS_OF + timedelta(days=d), a) for d, a in later))
    held = runway.Money(AS_OF, "USD", left, arrives, records=("x",))
    end = runway.runway("x", "committed", held, runway.Pace(("m",) * 12, tuple(pace), ()), runs=1,
                        seed=1)
    mean, balance, at = sum(pace) / 12, left, 0
    starts = runway._month_starts(AS_OF, runway.HORIZON_MONTHS)
    while True:
        first, last = starts[at], starts[at + 1]
        balance += sum(a for d, a in arrives if first <= (d - AS_OF).days < last)
        ahead = any((d - AS_OF).days >= last for d, _ in arrives)
        if balance <= mean and not ahead:
            want = AS_OF + timedelta(days=int(first + (last - first) * balance / mean))
            break
        balance = max(0.0, balance - mean)
        at += 1
    assert abs((end.day - want).days) <= 1


def test_a_plan_ends_the_money_on_the_first_step_that_cannot_be_paid():
    held = runway.Money(AS_OF, "USD", 100.0, ((date(2027, 9, 1), 50.0),))
    costs = [(date(2027, 7, 1), 90.0, "a"), (date(2027, 8, 1), 20.0, "b"),
             (date(2027, 10, 1), 30.0, "c"), (None, 5.0, "d")]
    end = runway.plan_runway("p", "committed", held, costs)
    assert (end.day, end.step, end.unplanned) == (date(2027, 8, 1), "b", 1)
    assert end.cost == 145 and end.missing == -5
    assert runway.plan_runway("p", "committed", held, costs[:1]).day is None


# --- cost per m² ---------------------------------------------------------------------------------


def test_safety_S03_unit_costs_stand_apart_and_joint_costs_are_spread_by_days():
    found = book([], [expense("n", activity_type="NTS", amount=100.0),
                      expense("c", activity_type="clearance", method="manual", amount=900.0),
                      expense("j", amount=400.0), expense("later", phase="rebuilding"),
                      expense("eod", activity_type="EOD_spot_task", amount=50.0)])
    done = {"cancelled": unit_costs.Work(10_000.0, 10.0), "reduced": unit_costs.Work(None, 0.0),
            "cleared": unit_costs.Work(1_000.0, 30.0)}
    made = unit_costs.unit_costs(found, done, {"NTS": unit_costs.Work(20_000.0, 10.0),
                                               "manual": unit_costs.Work(1500.0, 30.0)},
                                 "team_days")
    rows = {r.name: r for r in made.by_outcome}
    assert set(rows) == {"cancelled", "reduced", "cleared", "EOD_spot_task"}
    assert rows["cancelled"].per_m2 == pytest.approx((100 + 100) / 10_000)
    assert rows["cleared"].per_m2 == pytest.approx((900 + 300) / 1_000)
    assert (rows["cleared"].low, rows["cleared"].high) == pytest.approx((0.9, 1.3))
    assert rows["reduced"].per_m2 is None and rows["reduced"].why == "area not reported"  # S12
    assert rows["EOD_spot_task"].direct == 50 and rows["EOD_spot_task"].per_m2 is None
    assert made.joint == 400 and made.unspread == 0
    methods = {r.name: r for r in made.by_method}
    assert methods["manual"].per_m2 == pytest.approx(1200 / 1500)
    apart = unit_costs.unit_costs(found, done, {}, "none")
    assert apart.unspread == 400
    assert {r.name: r.per_m2 for r in apart.by_outcome}["cleared"] == pytest.approx(0.9)


def test_days_of_teams_count_joint_work_once_and_a_report_sent_again_once():
    from landrelease.workflows.money import once, team_days

    def report(name, **said):
        return Record("activity", name, {"activity_type": "TS", "teams": ["t1"],
                                         "started_on": date(2027, 2, 1), "hours": 6.0, **said})

    sent = [report("a"), report("a-again", hours=7.0), report("other", hazard="h2"),
            report("joint", teams=["t1", "t2"], started_on=date(2027, 2, 2))]
    kept = once(sent)
    assert {r.id: team_days(r) for r in kept} == {"a-again": 1, "other": 1, "joint": 2}
    assert team_days(report("lost", hours=0.0)) == 0
    assert team_days(report("long", ended_on=date(2027, 2, 10))) == 10
    assert team_days(Record("activity", "silent", {"activity_type": "TS"})) == 0


def test_no_area_and_no_costs_are_said():
    made = unit_costs.unit_costs(book([], [expense()]), {"cleared": unit_costs.Work(0.0, 1.0),
                                                        "reduced": unit_costs.Work(5.0, 0.0)},
                                 {}, "team_days")
    rows = {r.name: r for r in made.by_outcome}
    assert rows["cleared"].why == "no area" and rows["cleared"].per_m2 is None
    assert "no days of work" in rows["reduced"].why and rows["reduced"].per_m2 is None


# --- the command line ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    path = tmp_path_factory.mktemp("money") / "r.gpkg"
    at = datetime(2027, 6, 30, tzinfo=UTC)
    cleared = shapely.box(17, 44, 17.001, 44.001)
    records = [
        *(("fund", r.id, dict(r.values), None) for r in (
            fund(), fund("f2", donor="Donor B", phase="rebuilding", currency="EUR"))),
        *(("expense", r.id, {**r.values, "fund": "f1"}, None) for r in spent(6, 50.0)),
        ("exchange_rate", "r1", {"dated": date(2026, 12, 20), "from_currency": "EUR",
                                 "to_currency": "USD", "rate": 1.5}, None),
        ("outcome", "o1", {"outcome_type": "cleared"}, cleared),
        ("activity", "a1", {"activity_type": "clearance", "operational_method": "manual",
                            "started_on": date(2027, 1, 1), "ended_on": date(2027, 1, 10),
                            "area_m2": 4000.0}, shapely.Point(17, 44))]
    with create_registry(path, office="A") as made:
        made.append([Revision(kind, name, {k: v for k, v in said.items() if v is not None}, shape,
                              at, "landrelease test", "why", "")
                     for kind, name, said, shape in records])
    return path


def call(*words):
    return CliRunner().invoke(cli.app, [str(w) for w in words])


def test_the_summary_on_the_command_line(registry, tmp_path):
    out = call("money", "summary", registry, "--as", "planner", "--as-of", "2027-06-30", "--json",
               tmp_path / "s.json", "--csv", tmp_path / "s.csv")
    assert out.exit_code == 0, out.output
    document = json.loads((tmp_path / "s.json").read_text())
    assert document["currency"] == "USD"
    (whole,) = document["total"]
    assert whole["received"] == 2500 and whole["paid"] == 300 and whole["left"] == 2200
    rows = list(csv.DictReader((tmp_path / "s.csv").open(encoding="utf-8-sig")))
    assert {"by_phase", "by_month", "by_fund"} <= {r["table"] for r in rows}
    assert call("money", "summary", registry, "--as", "planner", "--as-of", "2027-06-30",
                "--currency", "dollars").exit_code != 0


def test_unit_costs_and_runway_on_the_command_line(registry, tmp_path):
    out = call("money", "costs", registry, "--as", "planner", "--as-of", "2027-06-30", "--json",
               tmp_path / "c.json")
    assert out.exit_code == 0, out.output
    rows = {r["name"]: r for r in json.loads((tmp_path / "c.json").read_text())["by_outcome"]}
    assert rows["cleared"]["per_m2"] == pytest.approx(300 / rows["cleared"]["m2"])
    assert rows["cancelled"]["per_m2"] is None
    out = call("money", "runway", registry, "--as", "planner", "--as-of", "2026-12-31", "--json",
               tmp_path / "r.json", "--runs", "50")
    assert out.exit_code == 1, out.output  # spent before the fund came in, and said
    out = call("money", "runway", registry, "--as", "planner", "--as-of", "2027-06-30", "--json",
               tmp_path / "r.json", "--runs", "50")
    assert out.exit_code == 0, out.output
    scopes = {(r["scope"], r["basis"]) for r in json.loads(
        (tmp_path / "r.json").read_text())["by_pace"]}
    assert ("total", "received") in scopes and ("fund f1", "received") in scopes


def test_the_figures_of_money_are_traced_and_for_whom_the_policy_names(registry, tmp_path):
    out = call("figures", "trace", registry, "money_paid", "--as", "planner", "--json",
               tmp_path / "f.json")
    assert out.exit_code == 0, out.output
    found = json.loads((tmp_path / "f.json").read_text())
    assert found["value"] == 300 and set(found["records"]) == {f"m{n}" for n in range(6)}
    assert "money" not in call("figures", "list", registry).output


def test_safety_S14_money_is_for_whom_the_policy_names(registry):
    from landrelease.errors import LandReleaseError

    for role in (None, "public", "community", "operator", "inspector", "donor"):
        found = call("money", "summary", registry, *(["--as", role] if role else []))
        assert isinstance(found.exception, LandReleaseError) and found.exception.code == "ACC-101"
    own = call("money", "summary", registry, "--as", "donor", "--organisation", "Donor B",
               "--as-of", "2027-06-30")
    assert "Donor B" in own.output and "Donor A" not in own.output and "300" not in own.output


def test_the_money_of_a_synthetic_world_comes_back_to_the_cent(tmp_path):
    from landrelease.worlds.make import make_world

    make_world("village", 1, tmp_path / "world")
    registry = tmp_path / "w.gpkg"
    assert call("init", registry).exit_code == 0
    for kind in ("fund", "expense", "exchange_rate", "project"):
        out = call("import", tmp_path / "world" / f"{kind}s.csv", "--into", registry, "--mapping",
                   tmp_path / "world" / "mappings" / f"{kind}.yaml", "--quiet")
        assert out.exit_code == 0, out.output
    out = call("money", "summary", registry, "--as", "planner", "--as-of", "2025-08-31", "--json",
               tmp_path / "s.json")
    assert out.exit_code == 0, out.output
    document = json.loads((tmp_path / "s.json").read_text())
    want = {}
    for name, key in (("funds", "status"), ("expenses", None)):
        for row in csv.DictReader((tmp_path / "world" / f"{name}.csv").open()):
            state = {"received": "received", "pledged": "committed",
                     "announced": "announced"}[row[key]] if key else "paid"
            cell = (state, row["currency"])
            want[cell] = want.get(cell, Decimal(0)) + Decimal(row["amount"])
    got = {(state, t["currency"]): Decimal(repr(t[state])) for t in document["by_currency"]
           for state in ("received", "committed", "announced", "paid") if t[state] is not None}
    assert got == want
