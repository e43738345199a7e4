"""Money: totals that add up again, what is left, earmarks, unit costs, the day it ends."""

import csv
import json
import shutil
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from landrelease.apps import cli
from landrelease.core.currency import Rate, RateTable
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.figures import money, runway, unit_costs
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import cost_ground
from landrelease.workflows.cost_ground import Behind, Report

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
    assert "1 record in BAM" in figures["money_paid"].note


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


def test_a_refund_goes_back_the_way_that_the_money_came():
    funds = [fund(amount=60.0), fund("f2", amount=40.0, received_on=date(2027, 1, 2))]

    def charged(*amounts):
        (loose,) = money.charge_unlinked(book(funds, [
            expense(f"e{n}", amount=amount, paid_on=date(2027, 2, 1 + n))
            for n, amount in enumerate(amounts)]))
        return loose.charged, loose.rest, loose.over

    # First what no fund covered, then what was charged last; nothing is below zero in the end.
    assert charged(120.0, -30.0) == ({"f1": 60, "f2": 30}, 0, 0)
    assert charged(90.0, -40.0, 20.0) == ({"f1": 60, "f2": 10}, 0, 0)
    # What comes back first pays what comes later, and is named where nothing does.
    assert charged(-100.0, 130.0) == ({"f1": 30}, 0, 0)
    assert charged(-100.0) == ({}, 0, 100)
    assert charged(30.0, -100.0) == ({}, 0, 70)


# --- the phase whose money it is -----------------------------------------------------------------


def test_an_expense_is_taken_off_the_phase_of_the_fund_that_it_names():
    found = book([fund("FR", phase="rebuilding", amount=1_000_000.0), fund("FB", phase="both"),
                  fund("FD", amount=5000.0)],
                 [expense("X1", fund="FR", amount=1_000_000.0),
                  expense("Y1", fund="FR", phase="rebuilding", amount=2000.0),
                  expense("Z1", fund="FB", amount=300.0, expense_status="committed"),
                  expense("D1", amount=70.0), expense("D2", fund="elsewhere", amount=7.0)])
    by_phase, by_fund = total(found, money.phase_of, currency="USD"), {
        t.group: t.left for t in money.by_fund(found.entries, NO_RATES)}
    # What is left of the funds of a phase is what is left of the phase, and never more.
    assert by_phase["rebuilding"].left == by_fund["FR"] == -2000
    assert by_phase["both"].left == by_fund["FB"] == 700
    assert by_phase["demining"].left == by_fund["FD"] - 77 == 4923
    assert sum(t.left for t in by_phase.values()) == total(found)["all"].left
    told = {f.id: f.value for f in money.money_figures(found, "head")}
    for phase in by_phase:
        assert told[f"money_left:{phase}"] == by_phase[phase].left
        assert runway.money_of(found, "received", phase=phase).left == by_phase[phase].left
    # That phases do not match is said; what was paid for demining costs demining all the same.
    (doubt,) = [d for d in found.doubts if d.code == "MON-002"]
    assert doubt.record == "X1" and "rebuilding" in doubt.words and "phase" in doubt.words
    made = unit_costs.unit_costs(found, {}, {}, "none")
    assert made.joint + made.unspread >= 1_000_000


def test_a_fund_without_a_usable_amount_keeps_its_expenses_off_other_phases():
    found = book([fund(), fund("silent", phase="rebuilding", amount=None)],
                 [expense(fund="silent", amount=900.0)])
    assert runway.money_of(found, "received", phase="demining").left == 1000
    assert runway.money_of(found, "received", phase="rebuilding").left == -900


# --- booked twice --------------------------------------------------------------------------------


def test_an_expense_that_may_be_booked_twice_is_said_and_counts():
    bill = {"document": "2027/114", "organisation": "Fuel Ltd"}
    found = book([fund()], [expense("e1", **bill), expense("e2", **bill),
                            expense("e3", **{**bill, "document": " 2027 / 114"})])
    told = [d for d in found.doubts if d.code == "MON-009"]
    assert [(d.record, d.facts["other"]) for d in told] == [("e2", "e1"), ("e3", "e1")]
    assert "2027/114" in told[0].words and total(found)["all"].paid == 300
    for other in ({"document": "2027/115"}, {"amount": 101.0}, {"currency": "EUR"},
                  {"paid_on": date(2027, 2, 2)}, {"organisation": "Food Ltd"}, {"document": None}):
        found = book([fund()], [expense("e1", **bill), expense("e2", **{**bill, **other})])
        assert not [d for d in found.doubts if d.code == "MON-009"], other
    # Without the number of an invoice two wages of a day are no doubt.
    assert not book([fund()], [expense("e1"), expense("e2")]).doubts


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


def test_money_that_no_rate_brings_into_the_currency_is_not_called_none():
    bare = runway.runway("all", "received", runway.money_of(book([fund(currency="XXX")]),
                                                            "received"), runway.Pace((), (), ()),
                         runs=5, seed=1)
    assert "no rate on record leads to USD: 1 fund " in bare.why and bare.day is None
    part = ends([fund(), fund("f2", currency="XXX")], spent(8, 1.0))
    assert "1 fund without a usable rate is not in it" in part.why
    gone = runway.money_of(book([fund(spend_until=date(2027, 3, 1))]), "received")
    assert (gone.left, gone.lost) == (0.0, 1000.0)
    assert "1,000 USD lapsed unspent" in runway.runway(
        "all", "received", gone, runway.Pace((), (), ()), runs=5, seed=1).why


def test_expenses_without_a_rate_leave_no_day_and_are_named_with_their_amounts():
    hryvnia = expense("u", currency="UAH", amount=2_000_000.0, paid_on=date(2027, 3, 1))
    end = ends([fund(amount=2700.0)], [*spent(12), hryvnia])
    assert (end.day, end.low, end.median, end.high) == (None,) * 4
    assert end.not_later_than == date(2028, 9, 30)  # what the rest alone says
    assert "not later than 2028-09-30" in end.why and "1 expense of 2,000,000 UAH" in end.why
    assert [(a.currency, a.records, a.amount) for a in end.expenses_apart] == [
        ("UAH", 1, 2_000_000.0)]
    # Nobody can call it a limit where money may have come back, or come in, on top.
    back = ends([fund(amount=2700.0)], [*spent(12), hryvnia, expense(
        "back", currency="UAH", amount=-5.0)])
    assert back.not_later_than is None and "not later" not in back.why
    assert ends([fund(amount=2700.0), fund("f2", currency="XXX")],
                [*spent(12), hryvnia]).not_later_than is None
    # All of it without a rate: there is spending on record, and no pace.
    months = [expense(f"u{n}", currency="UAH", paid_on=date(2026, 8 + n, 5)) for n in range(4)]
    none = ends([fund()], months)
    assert "could be converted" in none.why and "4 expenses of 400 UAH" in none.why
    assert none.not_later_than is None and none.per_month is None
    held = runway.money_of(book([fund()], months), "received")
    costs = [(date(2027, 7, 1), 90.0, "a"), (date(2027, 8, 1), 20.0, "b")]
    plan = runway.plan_runway("p", "received", held, costs)
    assert plan.missing < 0 and not plan.enough and "400 UAH" in plan.why
    sure = runway.money_of(book([fund()]), "received")
    assert runway.plan_runway("p", "received", sure, costs).enough
    assert not runway.plan_runway("p", "received", sure, costs, "1 costs are not in it").enough
    late = runway.plan_runway("p", "received", held, [*costs, (date(2027, 9, 1), 5e3, "c")])
    assert (late.day, late.at_most) == (date(2027, 9, 1), True)


def test_no_number_and_more_back_than_paid_are_said():
    found = book([fund(amount=float("nan"))], [expense(amount=float("inf"))])
    assert found.unusable == {"amount is no number": ("f1", "e1")} and not found.entries
    back = unit_costs.unit_costs(book([], [expense(amount=-5.0, activity_type="clearance")]),
                                 {"cleared": unit_costs.Work(10.0, 1.0)}, {}, "none")
    assert back.by_outcome[0].per_m2 is None and "paid back" in back.by_outcome[0].why


def test_an_expense_without_a_rate_hides_no_overspending():
    def doubts(*expenses, **said):
        return {d.code: d.words for d in book([fund(**said)], expenses).doubts}

    over = expense(fund="f1", amount=1_100.0)
    said = doubts(over, expense("e2", fund="f1", amount=10.0, currency="GBP"))
    assert "at least 100.00 USD more" in said["MON-004"]
    assert "at least" not in doubts(over)["MON-004"]
    # A refund that cannot be converted may make it good: nobody can tell.
    assert "MON-004" not in doubts(over, expense("e2", fund="f1", amount=-10.0, currency="GBP"))


def test_what_was_spent_before_a_fund_came_in_is_said_afterwards_too():
    found = book([fund(received_on=date(2027, 6, 1))],
                 [expense(fund="f1", amount=900.0, paid_on=date(2027, 3, 1)),
                  expense("e2", fund="f1", amount=50.0, paid_on=date(2027, 6, 1))])
    (doubt,) = found.doubts
    assert (doubt.code, doubt.record) == ("MON-005", "f1")
    assert "900.00 USD were spent" in doubt.words and "not received until 2027-06-01" in doubt.words


def test_only_the_figures_that_lack_an_amount_say_so():
    found = book([fund(), fund("f2", currency="EUR", fund_status="committed", received_on=None)],
                 [expense(), expense("e2", currency="GBP")])
    notes = {f.id: f.note for f in money.money_figures(found, "head")}
    assert notes["money_received"] == "" and "1 record in GBP" in notes["money_paid"]
    assert "EUR" not in notes["money_paid"] and "GBP" in notes["money_left"]


def test_a_cost_of_two_currencies_names_what_no_rate_brings_into_it():
    paid = [expense(activity_type="clearance"), expense("e2", currency="EUR",
                                                        activity_type="clearance")]
    work = {"cleared": unit_costs.Work(50.0, 3.0, ("o1",))}

    def cost(rates):
        found = book([fund()], paid, rates)
        (row,) = unit_costs.cost_figures(unit_costs.unit_costs(found, work, {}, "none"), "USD",
                                         "head", money.apart_words(found.expenses))
        return row.value, row.note

    assert cost(NO_RATES) == (2.0, "not converted and not in it: 1 record in EUR (100)")
    both = RateTable((Rate("r", date(2027, 2, 1), "EUR", "USD", 1.5),), 31)
    assert cost(both) == (5.0, "")


def test_an_expense_without_a_day_is_said_and_stays_in_the_totals():
    found = book([fund()], [expense(), expense("e2", paid_on=None), expense(
        "e3", paid_on=None, expense_status="committed")])
    assert {(d.record, d.code) for d in found.doubts} == {("e2", "MON-008"), ("e3", "MON-008")}
    assert (total(found)["all"].paid, total(found)["all"].bound) == (200, 100)
    assert total(found, money.month_of)["not_reported"].paid == 100
    # It is in no pace: nobody knows when the money went.
    assert sum(runway.pace_of(found.expenses, AS_OF, 12).amounts) == 100


# --- the day the money ends ----------------------------------------------------------------------


def spent(months, amount=100.0, first=date(2026, 7, 15)):
    out = []
    for n in range(months):
        at = first.year * 12 + first.month - 1 + n
        out.append(expense(f"m{n}", amount=amount, paid_on=date(at // 12, at % 12 + 1, 15)))
    return out


def ends(funds, expenses, basis="committed", runs=100, **said):
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
    # 82 days of it; then 9 days of the third month and 4.7 months from the other 500.
    assert end.day == end.median == date(2028, 2, 20)
    over = fund("over", amount=900.0, spend_until=date(2027, 3, 1))
    assert runway.money_of(book([fund(amount=200.0), over], []), "received").left == 200
    plan = runway.Money(AS_OF, "USD", 100.0, lapses=((date(2027, 8, 1), 80.0, AS_OF),))
    costs = [(date(2027, 7, 15), 30.0, "a"), (date(2027, 9, 1), 40.0, "b")]
    assert runway.plan_runway("p", "received", plan, costs).step == "b"  # 50 are lost
    assert runway.plan_runway("p", "received", plan, [(date(2027, 9, 1), 20.0, "b")]).day is None
    # What has lapsed by the last step is missing, not left over.
    short = runway.Money(AS_OF, "USD", 1000.0, lapses=((date(2028, 3, 1), 1000.0, AS_OF),))
    after = runway.plan_runway("p", "received", short, [(date(2028, 5, 1), 900.0, "a")])
    assert (after.day, after.missing) == (date(2028, 5, 1), 900)
    # What was spent before lapsing money came was not spent of it: all 80 of it are lost.
    late = runway.Money(AS_OF, "USD", 100.0, ((date(2027, 8, 15), 80.0),),
                        lapses=((date(2027, 8, 31), 80.0, date(2027, 8, 15)),))
    costs = [(date(2027, 7, 15), 90.0, "a"), (date(2027, 9, 1), 20.0, "b")]
    assert runway.plan_runway("p", "received", late, costs).step == "b"
    months = np.array([[90.0, 0.0, 0.0, 20.0, *[0.0] * 8]])
    assert runway._ends(months, late)[0] < 365
    assert np.isinf(runway._ends(months, runway.Money(AS_OF, "USD", 100.0, late.arrives))[0])


def test_money_ends_on_the_last_day_on_which_it_may_be_spent():
    short = runway.Money(date(2025, 6, 15), "EUR", 1_788.0, records=("f",),
                         lapses=((date(2025, 6, 30), 1_788.0, date(2025, 6, 15)),))
    pace = runway.Pace(("m",) * 12, (100.0,) * 12, ())
    end = runway.runway("f", "received", short, pace, runs=100, seed=1)
    assert end.day == end.low == end.high == date(2025, 6, 30)
    # What is spent before that day ends it sooner.
    soon = runway.runway("f", "received", short, runway.Pace(("m",) * 12, (6_000.0,) * 12, ()),
                         runs=100, seed=1)
    assert soon.day == date(2025, 6, 23)  # 1,788 of 6,000 are 8.9 of 30 days


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
    few = ends([fund(amount=6000.0)], [expense(f"u{n}", amount=90.0 + 5 * n % 30,
                                               paid_on=date(2026, 7 + n, 3)) for n in range(6)],
               runs=99)
    assert few.low is few.high is None and few.median is not None
    assert "too few runs for an interval: 99, at least 100" in few.why
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
    # What comes after the plan's last day pays none of its steps, and is said.
    assert (end.later, end.later_from) == (0.0, None)
    early = runway.plan_runway("p", "committed", held, costs, last=date(2027, 8, 31))
    assert (early.later, early.later_from) == (50.0, date(2027, 9, 1))
    assert runway.plan_runway("p", "committed", held, costs[:2]).later == 50.0


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


def crossed(expenses, cells, outcomes, rule="team_days"):
    found = book([], expenses)
    return (unit_costs.cross_costs(found, outcomes, cells, rule),
            unit_costs.unit_costs(found, outcomes, {}, rule))


def test_outcome_and_method_at_once_add_up_to_each_outcome_and_to_all_that_was_paid():
    cells = {("cancelled", "NTS"): unit_costs.CrossWork(10_000.0, 20_000.0, 10.0),
             ("cleared", "manual"): unit_costs.CrossWork(600.0, 1_500.0, 25.0),
             ("cleared", "mechanical"): unit_costs.CrossWork(300.0, None, 5.0),
             ("cleared", "not_reported"): unit_costs.CrossWork(100.0, None, 0.0)}
    outcomes = {"cancelled": unit_costs.Work(10_000.0, 10.0),
                "reduced": unit_costs.Work(None, 0.0), "cleared": unit_costs.Work(1_000.0, 30.0)}
    expenses = [
        expense("n", activity_type="NTS", amount=100.0),
        expense("c", activity_type="clearance", method="manual", amount=900.0),
        expense("m", activity_type="clearance", method="mechanical", amount=300.0),
        expense("o", activity_type="clearance", amount=70.0),  # of what method, nobody says
        expense("f", method="mechanical", amount=40.0),  # for what outcome, nobody says
        expense("j", amount=400.0), expense("later", phase="rebuilding"),
        expense("eod", activity_type="EOD_spot_task", amount=50.0)]
    made, apart = crossed(expenses, cells, outcomes)
    rows = {(r.outcome, r.method): r for r in made.rows}
    assert rows["cleared", "manual"].per_m2 == pytest.approx((900 + 440 * 25 / 40) / 600)
    assert rows["cleared", "manual"].low == pytest.approx(900 / 600)
    assert rows["cleared", "manual"].high == pytest.approx((900 + 70 + 440) / 600)
    assert rows["cleared", "manual"].per_worked_m2 == pytest.approx((900 + 275) / 1_500)
    assert rows["cleared", "not_reported"].direct == 70.0 == made.no_method["cleared"]
    assert rows["EOD_spot_task", "not_reported"].per_m2 is None
    # Everything that was paid is in one place.
    assert made.paid == 1_860 and made.joint == 440 == sum(made.joint_by_method.values())
    assert made.joint_by_method == {"": 400.0, "mechanical": 40.0} and made.unspread == 0
    assert sum(r.direct or 0 for r in made.rows) + made.joint == pytest.approx(made.paid)
    assert sum(r.joint for r in made.rows) == pytest.approx(made.joint)
    assert sum(r.share_of_cost or 0 for r in made.rows) == pytest.approx(1.0)
    assert sum(r.share_of_m2 or 0 for r in made.rows if r.outcome == "cleared") == pytest.approx(1)
    for row in apart.by_outcome:
        own = [r for r in made.rows if r.outcome == row.name]
        assert sum(r.direct or 0 for r in own) == pytest.approx(row.direct or 0)
        assert sum(r.joint for r in own) == pytest.approx(row.joint)
    bare, _ = crossed(expenses, cells, outcomes, "none")
    assert bare.unspread == 440 and not any(r.joint for r in bare.rows)
    assert {f.id for f in unit_costs.cross_figures(made, "head")} == {
        "cost_per_m2_cancelled_by:NTS", "cost_per_m2_cleared_by:manual",
        "cost_per_m2_cleared_by:mechanical"}
    nothing, _ = crossed([], {}, {})
    assert nothing.rows == () and nothing.paid == 0


def outcome(name, west, east, **said):
    return Record("outcome", name, {"outcome_type": "cleared", **said},
                  shapely.box(west, 44, east, 44.001))


def done_on(grounds, reports, behind=None, names=None):
    from landrelease.workflows import load_assumptions

    return cost_ground.work_of(grounds, reports, load_assumptions(None), behind or {}, names)


def test_ground_of_an_outcome_is_divided_among_the_methods_that_records_name():
    grounds = [outcome("a", 17.000, 17.002, method="Manual"),
               outcome("b", 17.001, 17.003, assets=["mechanical"]),  # half of it is of a as well
               outcome("c", 17.004, 17.005, activity="r1"), outcome("d", 17.006, 17.007)]
    _, _, cells = done_on(grounds, [Report("r1", "BAC", "visual_search", 3.0, 50.0)],
                          {"r1": Behind("visual_search")})
    whole = geodesic_area_m2(shapely.union_all([r.geometry for r in grounds]))
    m2 = {method: cell.m2 for (_, method), cell in cells.items()}
    assert set(m2) == {"manual", "mechanical", "visual_search", "not_reported",
                       unit_costs.SEVERAL}
    assert sum(m2.values()) == pytest.approx(whole)
    assert m2["manual"] == pytest.approx(m2[unit_costs.SEVERAL], rel=1e-3)
    assert cells["cleared", "visual_search"].worked_m2 == 50.0
    assert cells["cleared", unit_costs.SEVERAL].records == ("a", "b")


@pytest.mark.parametrize(("said", "want"), [
    ({"method": "Machine, then manual"}, unit_costs.SEVERAL), ({"method": "вручную"}, "manual"),
    ({"method": "manual demining"}, "manual"), ({"method": "chiens"}, "animal_detection"),
    ({"method": "mixed"}, unit_costs.SEVERAL), ({"method": "as agreed"}, "not_reported"),
    ({"method": "as agreed", "assets": ["mechanical"]}, "mechanical"),
    ({"assets": ["mechanical", "manual"]}, unit_costs.SEVERAL),
    ({"activity": "r1"}, "visual_search"), ({"method": "manual", "outcome_type": "reduced"}, "TS"),
    ({"method": "TS"}, "not_reported"), ({"outcome_type": "cancelled"}, "NTS")])
def test_words_of_a_method_are_those_of_the_vocabulary_or_several(said, want):
    assert cost_ground.method_of(outcome("o", 17, 17.001, **said),
                                 {"r1": Behind("visual_search")}) == want


# Of released grounds: hazard, kind, method that its record names, where it lies (they overlap).
LAND = st.lists(st.tuples(
    st.sampled_from("ABC"), st.sampled_from(["cleared", "reduced", "cancelled"]),
    st.sampled_from(["manual", "machine, then manual", ""]), st.integers(0, 8)), max_size=6)
# Of reports: hazard ("N": not released), kind, method, days, and whether its ground is reported.
REPORTS = st.lists(st.tuples(
    st.sampled_from("ABCN"), st.sampled_from(["NTS", "TS", "clearance", "BAC"]),
    st.sampled_from(["manual", "mechanical", "not_reported"]), st.integers(0, 9), st.booleans()),
    max_size=12)


@settings(max_examples=60, deadline=None)
@given(LAND, REPORTS)
def test_property_costs_of_all_rows_are_the_total_and_ground_of_all_rows_that_of_the_outcome(
        land, work):
    grounds = [outcome(f"o{n}", 17 + 0.001 * at, 17.0025 + 0.001 * at, outcome_type=kind,
                       method=method, hazard_identifier=hazard)
               for n, (hazard, kind, method, at) in enumerate(land)]
    reports = [Report(f"r{n}", kind, method, float(days), 100.0 if area else None, hazard)
               for n, (hazard, kind, method, days, area) in enumerate(work)]
    by_outcome, _, cells = done_on(grounds, reports)
    paid = [expense("j", amount=1_000.0), expense("t", activity_type="TS", amount=30.0)]
    made, rows = crossed(paid, cells, by_outcome)
    for name, whole in by_outcome.items():
        own = [r for r in made.rows if r.outcome == name]
        assert sum(r.m2 or 0.0 for r in own) == pytest.approx(whole.m2 or 0.0, abs=1e-3)
        assert sum(r.team_days for r in own) == pytest.approx(whole.team_days)
        assert sum(r.worked_m2 or 0.0 for r in own) == pytest.approx(sum(
            r.m2 or 0.0 for r in reports if unit_costs.OUTCOME_OF[r.kind] == name))
        (row,) = (r for r in rows.by_outcome if r.name == name)
        assert sum((r.direct or 0.0) + r.joint for r in own) == pytest.approx(
            (row.direct or 0.0) + row.joint)
    spread = sum((r.direct or 0.0) + r.joint for r in made.rows)
    assert spread + made.unspread == pytest.approx(made.paid) == pytest.approx(1_030)
    for row in made.rows:
        if row.method == unit_costs.NO_GROUND:
            assert row.m2 is None and row.per_m2 is None and row.why
        elif row.per_m2 is not None:
            assert row.per_m2 * row.m2 == pytest.approx((row.direct or 0.0) + row.joint)


def test_days_of_work_go_to_the_method_of_the_ground_that_they_led_to():
    grounds = [
        outcome("by_hand", 17.000, 17.002, method="manual", hazard="h1"),
        outcome("followed", 17.003, 17.009, method="machine, then manual", hazard="h1"),
        outcome("searched", 17.010, 17.012, outcome_type="reduced", method="TS", hazard="h2")]
    reports = [
        Report("machine", "clearance", "mechanical", 4.0, 9_000.0, "h1"),
        Report("hand", "clearance", "manual", 8.0, 9_000.0, "h1"),
        Report("still", "clearance", "manual", 5.0, 700.0, "h3"),  # not released yet
        Report("ts", "TS", "not_reported", 6.0, 500.0, "h2")]
    by_outcome, by_method, cells = done_on(grounds, reports)
    days = {key: cell.team_days for key, cell in cells.items()}
    # h1: 2 parts of 8 are cleared by hand, 6 by both, whatever method a report names.
    assert days == pytest.approx({
        ("cleared", "manual"): 3.0, ("cleared", unit_costs.SEVERAL): 9.0,
        ("cleared", unit_costs.NO_GROUND): 5.0, ("reduced", "TS"): 6.0}, rel=1e-3)
    assert set(by_method) == {"mechanical", "manual", "TS"}
    made, _ = crossed([expense("j", amount=2_300.0)], cells, by_outcome)
    price = {(r.outcome, r.method): r.per_m2 for r in made.rows}
    # The same ground, the same days: the same cost per m², and that of the reduced ground is there.
    assert price["cleared", "manual"] == pytest.approx(price["cleared", unit_costs.SEVERAL])
    assert price["cleared", "manual"] == pytest.approx(
        1_200 / by_outcome["cleared"].m2, rel=1e-3)
    assert price["reduced", "TS"] == pytest.approx(600 / by_outcome["reduced"].m2)
    assert price["cleared", unit_costs.NO_GROUND] is None
    # Costs of one method, and ground of several: nobody said how much of them was for it.
    named, _ = crossed([expense("j"), expense("c", activity_type="clearance", method="manual"),
                        expense("t", activity_type="TS", method="manual")], cells, by_outcome)
    found = {(r.outcome, r.method): r for r in named.rows}
    for method in ("manual", unit_costs.SEVERAL):
        row = found["cleared", method]
        assert (row.per_m2, row.per_worked_m2, row.why) == (None, None, unit_costs.WHY_SEVERAL)
    assert found["cleared", "manual"].direct == 100.0 and found["reduced", "TS"].per_m2
    said = {f.id: f for f in unit_costs.cross_figures(named, "head")}
    assert said["cost_per_m2_cleared_by:manual"].value is None
    assert said["cost_per_m2_cleared_by:manual"].note == unit_costs.WHY_SEVERAL
    # Ground that counts as cleared is none that was reduced.
    again = [*grounds, outcome("over", 17.010, 17.012, method="manual", hazard="h4")]
    assert done_on(again, reports)[2]["reduced", unit_costs.NO_GROUND].team_days == 6.0


def test_days_of_work_find_their_ground_by_report_task_or_hazard_however_it_is_named():
    grounds = [outcome("a", 17.000, 17.001, method="manual", activity="r1", hazard="SHA-1"),
               outcome("b", 17.002, 17.003, method="chien", activity="r2"),
               outcome("c", 17.004, 17.005, method="machine", hazard_identifier="sha-1 ")]
    names = cost_ground.Names({"h1": "h1", "sha-1": "h1"},
                              {"t1": ("t1", "SHA-1"), "to-2": ("t2", "h1"), "t9": ("t9", "h1")})
    behind = {"r1": Behind("", "h1", "t1"), "r2": Behind("", "", "TO-2")}

    def ground(name="x", **said):
        (cell,) = {k for k, v in done_on(
            grounds[:2], [Report(name, "clearance", "manual", 1.0, None, **said)], behind,
            names)[2].items() if v.team_days}
        return cell[1]

    assert ground("r1") == "manual" and ground("r2", hazard="h1") == "animal_detection"
    assert ground(task="t1") == "manual" and ground(task="t2") == "animal_detection"
    assert ground(task="t9") == unit_costs.NO_GROUND  # of another order on the same hazard
    assert ground() == ground(hazard="h7") == unit_costs.NO_GROUND
    days = {k[1]: v.team_days for k, v in done_on(
        grounds, [Report("x", "clearance", "manual", 3.0, None, "h1")], behind, names)[2].items()}
    assert days == pytest.approx({"manual": 1, "animal_detection": 1, "mechanical": 1}, rel=1e-3)


def test_safety_S03_ground_that_two_operators_worked_jointly_is_worked_on_once():
    from landrelease.core.columns import columns_of
    from landrelease.figures.work import joint_work
    from landrelease.workflows import money as of_money

    def report(name, teams, area, **said):
        return Record("activity", name, {
            "activity_type": "clearance", "operational_method": "manual", "hazard": "h1",
            "teams": teams, "area_m2": area, "started_on": date(2027, 2, 1), **said})

    sent = [report("a", ["t1", "t2"], 900.0), report("b", ["t2"], 700.0),
            report("c", ["t3"], 300.0, organisation="B", joint_with="C"),
            report("d", ["t4"], 200.0, organisation="C"),
            report("e", ["t5"], 50.0, operational_method="mechanical")]
    table = columns_of("activity", sent, (*of_money.REPORT_FIELDS, *of_money.JOINT_FIELDS))
    joint = joint_work(table)[1]
    one = cost_ground.counted_once(of_money._reports(sent), joint)
    assert of_money._worked(table, date(2027, 6, 30), joint) == one
    assert {r.id: (r.days, r.m2) for r in one} == {
        "a": (2.0, 900.0), "b": (0.0, None), "c": (1.0, 300.0), "d": (1.0, None), "e": (1.0, 50.0)}
    _, by_method, cells = done_on([outcome("o", 17, 17.001, method="manual", hazard="h1")], one)
    assert by_method["manual"].m2 == 1_200.0 and cells["cleared", "manual"].worked_m2 == 1_250.0


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
    # Of f1 was spent before it came in, which stays worth saying.
    assert out.exit_code == 1 and "MON-005" in out.output, out.output
    document = json.loads((tmp_path / "s.json").read_text())
    assert document["currency"] == "USD"
    (whole,) = document["total"]
    assert whole["received"] == 2500 and whole["paid"] == 300 and whole["left"] == 2200
    rows = list(csv.DictReader((tmp_path / "s.csv").open(encoding="utf-8-sig")))
    assert {"by_phase", "by_month", "by_fund"} <= {r["table"] for r in rows}
    assert call("money", "summary", registry, "--as", "planner", "--as-of", "2027-06-30",
                "--currency", "dollars").exit_code != 0
    assert document["known_at"] == "now"
    # As it was known: nothing was, before it was recorded.
    out = call("money", "summary", registry, "--as", "planner", "--as-of", "2027-06-30",
               "--known-at", "2099-01-01", "--json", tmp_path / "s.json")
    assert out.exit_code == 1 and "as known at 2099-01-01T23:59:59" in out.output
    assert json.loads((tmp_path / "s.json").read_text())["total"] == document["total"]
    for words in (("money", "summary"), ("money", "costs"), ("money", "runway")):
        out = call(*words, registry, "--as", "planner", "--known-at", "2001-01-01")
        assert getattr(out.exception, "code", "") == "MON-020", (words, out.output)
    out = call("money", "runway", registry, "--as", "planner", "--known-at", "2027-01-01",
               "--plan", tmp_path)
    assert getattr(out.exception, "code", "") == "CLI-103", out.output


def test_costs_by_outcome_and_method_of_a_registry_hold_its_totals_in_table_and_figures(tmp_path):
    from landrelease.access import policy
    from landrelease.workflows import figures
    from landrelease.workflows import money as of_money

    at, day = datetime(2027, 6, 30, tzinfo=UTC), date(2027, 1, 5)

    def work(name, hazard, kind, method, days, **said):
        return ("activity", name, {
            "activity_type": kind, "operational_method": method, "hazard": hazard,
            "started_on": day, "ended_on": day + timedelta(days=days - 1), **said},
            shapely.Point(17, 44))

    def released(name, west, hazard, kind, **said):
        return ("outcome", name, {"outcome_type": kind, "hazard_identifier": hazard, **said},
                shapely.box(west, 44, west + 0.002, 44.001))

    records = [
        *(("hazard", f"h{n}", {"identifier": f"SHA-{n}"}, shapely.box(
            17 + n / 100, 44, 17.009 + n / 100, 44.001)) for n in range(1, 5)),
        released("o1", 17.01, "SHA-1", "cleared", method="Manual"),
        released("o2", 17.02, "SHA-2", "cleared", method="machine, then manual"),
        released("o3", 17.03, "SHA-3", "reduced", method="TS"),
        work("a1", "SHA-1", "clearance", "manual", 10, area_m2=2_000.0, teams=["t1", "t2"]),
        work("a1-too", "SHA-1", "clearance", "manual", 10, area_m2=2_000.0, teams=["t2"]),
        work("a2", "SHA-2", "clearance", "mechanical", 2, area_m2=9_000.0),
        work("a3", "h2", "clearance", "manual", 4, area_m2=900.0),
        work("a4", "SHA-3", "TS", "not_reported", 6, area_m2=5_000.0),
        work("a5", "SHA-4", "clearance", "manual", 8, area_m2=1_500.0),  # not released yet
        *(("expense", r.id, dict(r.values), None) for r in (
            expense("e1", amount=4_000.0), expense("e2", activity_type="TS", amount=55.5)))]
    with create_registry(tmp_path / "r.gpkg", office="A") as made:
        made.append([Revision(kind, name, said, shape, at, "landrelease test", "why", "")
                     for kind, name, said, shape in records])
        reader = policy.view("planner")
        found = of_money.costs(of_money.books(made, reader, as_of=AS_OF), made, reader,
                               rule="team_days")
        listed = {f.id: f for f in figures.all_figures(made, reader).figures}
        traced = figures.trace(made, reader, "cost_per_m2_cleared_by:manual")
    rows = {(r["outcome"], r["method"]): r for r in found["cross"]}
    days = {key: r["team_days"] for key, r in rows.items()}
    # The second report of joint work by t1 and t2 tells of no further day.
    assert days == {("cleared", "manual"): 20, ("cleared", unit_costs.SEVERAL): 6,
                    ("cleared", unit_costs.NO_GROUND): 8, ("reduced", "TS"): 6}
    assert sum((r["direct"] or 0) + r["joint"] for r in rows.values()) == pytest.approx(4_055.5)
    for name, m2 in found["cross_totals"]["outcome_m2"].items():
        assert sum(r["m2"] or 0 for r in rows.values() if r["outcome"] == name) == pytest.approx(
            m2 or 0)
    methods = {r["name"]: r for r in found["by_method"]}
    assert methods["manual"]["m2"] == 4_400.0 and methods["TS"]["m2"] == 5_000.0
    hand = rows["cleared", "manual"]
    assert hand["joint"] == pytest.approx(4_000 * 20 / 40) and hand["worked_m2"] == 2_000.0
    figure = listed["cost_per_m2_cleared_by:manual"]
    assert figure.value == pytest.approx(hand["per_m2"]) == pytest.approx(2_000 / hand["m2"])
    assert figure == traced and set(figure.records) == {"e1", "o1", "a1", "a1-too"}
    assert {i for i in listed if "_by:" in i and i.startswith("cost_")} == {
        "cost_per_m2_cleared_by:manual", "cost_per_m2_reduced_by:TS",
        f"cost_per_m2_cleared_by:{unit_costs.SEVERAL}"}


def test_ground_counts_in_costs_on_the_day_of_its_decision(tmp_path):
    """Recorded in May as of December, decided in March: in the costs of March, as in figures."""
    from landrelease.access import policy
    from landrelease.workflows import money as of_money

    at = datetime(2027, 6, 1, tzinfo=UTC)

    def ground(name, west, known, decided=None):
        said = {"outcome_type": "cleared"} | ({"decided_on": decided} if decided else {})
        return Revision("outcome", name, said, shapely.box(west, 44, west + 0.001, 44.001), at,
                        "landrelease test", "why", "", known)

    with create_registry(tmp_path / "r.gpkg", office="A") as made:
        made.append([
            ground("decided", 17.00, date(2026, 12, 1), date(2027, 3, 10)),
            ground("later", 17.01, date(2027, 3, 10), date(2027, 5, 1)),
            ground("undecided", 17.02, date(2027, 3, 20)),
            Revision("expense", "e1", dict(expense("e1", amount=100.0).values), None, at,
                     "landrelease test", "why", "")])
        reader = policy.view("planner")

        def m2(since, until):
            found = of_money.costs(of_money.books(made, reader, as_of=AS_OF), made, reader,
                                   rule="none", since=since, until=until)
            return next(r["m2"] for r in found["by_outcome"] if r["name"] == "cleared") or 0.0

        one = m2(date(2027, 5, 1), date(2027, 5, 31))  # "later" alone
        assert one > 0 and m2(date(2026, 12, 1), date(2026, 12, 31)) == 0
        assert m2(date(2027, 3, 1), date(2027, 3, 31)) == pytest.approx(2 * one)


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
    assert out.exit_code == 1 and "MON-005" in out.output, out.output
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


def test_spending_without_a_rate_is_named_wherever_money_left_is_shown(registry, tmp_path):
    path = tmp_path / "uah.gpkg"
    shutil.copyfile(registry, path)
    with open_registry(path) as opened:
        opened.append([
            Revision("expense", name, {"phase": phase, "amount": 3_500_000.0, "currency": "UAH",
                                       "paid_on": date(2027, 2, 1)}, None,
                     datetime(2027, 6, 30, tzinfo=UTC), "landrelease test", "why", "")
            for name, phase in (("u1", "demining"), ("u2", "rebuilding"))] + [
            Revision("project", "school", {"project_type": "school", "cost": 100.0,
                                           "currency": "USD"}, shapely.box(17, 44, 17.001, 44.001),
                     datetime(2027, 6, 30, tzinfo=UTC), "landrelease test", "why", "")])
    as_of = ("--as", "planner", "--as-of", "2027-06-30", "--json", tmp_path / "j.json")
    out = call("money", "runway", path, *as_of, "--runs", "50")
    rows = {r["scope"]: r for r in json.loads((tmp_path / "j.json").read_text())["by_pace"]}
    assert rows["total"]["median"] is None and rows["total"]["not_later_than"]
    assert rows["total"]["expenses_apart"][0]["amount"] == 7_000_000.0
    assert "2 expenses of 7,000,000 UAH" in out.output and "not later than" in out.output
    assert rows["fund f1"]["median"] and not rows["fund f1"]["expenses_apart"]
    out = call("money", "summary", path, *as_of)
    assert "Not taken off what is left" in out.output and "7,000,000 UAH" in out.output
    out = call("projects", "list", path, *as_of)
    assert "less than 1,500 USD: 1 expense of 3,500,000 UAH" in out.output, out.output
    money = json.loads((tmp_path / "j.json").read_text())["money"]
    assert [(m["expenses_apart"][0]["amount"], m["at_most"]) for m in money] == [
        (3_500_000.0, True)] * 3
    out = call("figures", "trace", path, "money_left", "--as", "planner", "--json",
               tmp_path / "f.json")
    assert "2 records in UAH (7,000,000)" in json.loads((tmp_path / "f.json").read_text())["note"]


def test_what_was_bound_later_is_not_in_the_account_of_a_past_day(tmp_path):
    path, on = tmp_path / "r.gpkg", "information_date"
    order = {"amount": 100.0, "phase": "demining", "currency": "USD",
             "expense_status": "committed", "due_on": date(2027, 12, 1)}
    with create_registry(path, office="A") as made:
        def put(month, name, **said):
            made.append([Revision("fund" if name == "f1" else "expense", name,
                                  {k: v for k, v in said.items() if v is not None}, None,
                                  datetime(2027, month, 9, tzinfo=UTC), "test", "why", "",
                                  **({"valid_from": said[on]} if on in said else {}))])

        put(1, "f1", **fund().values)
        put(2, "early", **order, **{on: date(2027, 2, 1)})
        put(3, "early", **{**order, "amount": 40.0, on: date(2027, 8, 1)})  # corrected since
        put(4, "late", **{**order, "amount": 7.0, on: date(2027, 8, 1)})
        put(4, "undated", **{**order, "amount": 3.0})
        put(2, "since paid", **{**order, "amount": 500.0, on: date(2027, 2, 1)})
        put(8, "since paid", **{**order, "amount": 510.0, "expense_status": "paid",
                                "paid_on": date(2027, 8, 1), on: date(2027, 8, 1)})
        # Paid by then, and on record later: it was spent.
        put(9, "told late", amount=60.0, phase="demining", currency="USD",
            paid_on=date(2027, 3, 1), **{on: date(2027, 9, 1)})
    seen = {}
    for day in ("2027-06-30", "2027-08-31"):
        out = call("money", "summary", path, "--as", "planner", "--as-of", day, "--json",
                   tmp_path / "s.json")
        document = json.loads((tmp_path / "s.json").read_text())
        (seen[day],) = document["total"]
        assert document["bound_undated"] == ["undated"]
    assert (seen["2027-06-30"]["bound"], seen["2027-06-30"]["paid"]) == (603, 60), seen
    assert (seen["2027-08-31"]["bound"], seen["2027-08-31"]["paid"]) == (50, 570), seen
    out = call("money", "summary", path, "--as", "planner", "--as-of", "2020-06-30")
    assert "1 order states no day since when it is bound" in out.output, out.output
    assert "bound after 2020-06-30" in out.output


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
