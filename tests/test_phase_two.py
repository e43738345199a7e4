"""Works of phase two: state by land, start by land, order, season and money; what came back."""

import csv
import json
from datetime import UTC, date, datetime, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from landrelease.apps import cli
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.figures import phase_two as two
from landrelease.figures.money import Apart
from landrelease.figures.runway import Money
from landrelease.store.open import create_registry

AS_OF = date(2027, 6, 1)
FREE = two.Site(True, date(2027, 5, 1))


def project(name, **said):
    return Record("project", name, {"project_type": "road", "cost": 100.0, "currency": "USD",
                                    "duration_days": 30, **said})


def outlook(projects, sites, money=None, released=None, spent=None, no_money=""):
    rows = two.works_outlook(
        projects, sites, as_of=AS_OF, released_on=released, handover_days=10, money=money,
        no_money=no_money,
        in_currency=lambda amount, unit: amount if unit == "USD" else None, spent=spent or {})
    return {r.id: r for r in rows}


# --- seasons -------------------------------------------------------------------------------------


@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.integers(1, 700), st.integers(1, 12),
       st.integers(1, 12))
def test_work_within_its_season_counts_only_days_of_the_season(earliest, days, first, last):
    start, finish = two.within_season(earliest, days, first, last)
    assert start >= earliest and finish is not None
    all_year = (first - last) % 12 == 1
    assert all_year or two.in_season(start, first, last)
    inside = [d for n in range((finish - start).days)
              if two.in_season(d := start + timedelta(days=n), first, last)]
    assert len(inside) == days and (all_year or inside[-1] == finish - timedelta(days=1))
    length = sum(two.in_season(date(2027, 1, 1) + timedelta(days=n), first, last)
                 for n in range(365))
    if days <= length and not all_year:
        assert (finish - start).days == days  # in one piece

        def fits(day):  # and no earlier day would do
            return all(two.in_season(day + timedelta(days=n), first, last) for n in range(days))

        assert not any(fits(earliest + timedelta(days=n)) for n in range((start - earliest).days))


def test_a_field_that_cannot_be_sown_in_time_is_sown_next_year():
    assert two.within_season(date(2027, 5, 20), 30, 3, 5) == (date(2028, 3, 1), date(2028, 3, 31))
    assert two.within_season(date(2027, 4, 20), 30, 3, 5) == (date(2027, 4, 20),
                                                              date(2027, 5, 20))
    assert two.within_season(date(2027, 12, 20), 20, 11, 2)[0] == date(2027, 12, 20)
    assert two.within_season(date(2027, 12, 20), None, 3, 5) == (date(2028, 3, 1), None)


# --- states and schedule -------------------------------------------------------------------------


def test_a_work_is_blocked_until_all_of_its_land_is_handed_over():
    blocked = two.Site(False, None, ("area a is still hazardous",), ("a", "b"))
    rows = outlook(
        [project("free"), project("waits"), project("done", project_status="completed"),
         project("busy", started_on=date(2027, 5, 5)), project("off", project_status="cancelled")],
        {"free": FREE, "waits": blocked, "done": FREE, "busy": FREE, "off": FREE},
        released={"a": date(2027, 8, 1), "b": date(2027, 9, 1)})
    assert {i: r.state for i, r in rows.items()} == {
        "free": "unlocked", "waits": "blocked", "done": "done", "busy": "under_way",
        "off": "cancelled"}
    assert rows["free"].start == AS_OF
    assert rows["waits"].land_on == rows["waits"].start == date(2027, 9, 11)  # 10 days later
    assert rows["waits"].finish == date(2027, 10, 11) and rows["waits"].held_by == "land"


def test_what_is_not_known_of_the_land_is_said():
    needs = two.Site(False, None, ("w",), ("a", "b"))
    assert "not within the plan: area b" in outlook(
        [project("p")], {"p": needs}, released={"a": AS_OF, "b": None})["p"].why
    assert "no plan was given" in outlook([project("p")], {"p": needs})["p"].why
    nowhere = outlook([project("p")], {}, released={})["p"]
    assert nowhere.state == "blocked" and nowhere.start is None and "no area" in nowhere.why
    early = outlook([project("p", project_status="started")], {"p": needs})["p"]
    assert early.state == "under_way" and "not handed over" in early.why


def test_safety_S11_a_work_that_is_done_on_land_that_is_not_handed_over_is_said_first():
    again = two.Site(False, None, ("area h1 is still hazardous",), ("h1",))
    rows = two.works_outlook(
        [project("a"), project("school", project_status="completed"),
         project("z", project_status="completed")],
        {"a": FREE, "school": again, "z": FREE}, as_of=AS_OF, released_on=None, handover_days=10,
        money=None, in_currency=lambda amount, unit: amount, spent={})
    assert [r.id for r in rows] == ["school", "a", "z"]
    assert rows[0].state == "done" and rows[0].waits_for == ("area h1 is still hazardous",)
    assert "not handed over: area h1 is still hazardous" in rows[0].why and rows[2].why == ""


def test_works_follow_their_order_and_a_circle_is_said():
    rows = outlook([project("a"), project("b", after_projects=["a"]),
                    project("c", after_projects=["d"]), project("d", after_projects=["c"]),
                    project("e", after_projects=["nobody"])], dict.fromkeys("abcde", FREE))
    assert rows["b"].start == rows["a"].finish and rows["b"].held_by == "order: after a"
    assert "circle" in rows["c"].why and "circle" in rows["d"].why
    assert rows["c"].start is None and "not on record" in rows["e"].why


def test_money_goes_in_the_order_of_the_sequence():
    money = Money(AS_OF, "USD", 120.0, ((date(2027, 9, 1), 100.0),))
    rows = outlook([project("a", sequence=2), project("b", sequence=1),
                    project("c"), project("eur", currency="EUR"), project("free", cost=0.0)],
                   dict.fromkeys(("a", "b", "c", "eur", "free"), FREE), money)
    assert rows["b"].start == AS_OF
    assert rows["a"].start == date(2027, 9, 1) and rows["a"].held_by == "money"
    assert rows["c"].start is None and "does not cover" in rows["c"].why
    assert "no recorded rate" in rows["eur"].why and rows["eur"].start == AS_OF


def test_a_work_for_which_no_money_is_named_says_so():
    rows = outlook([project("road"), project("dear", cost=None), project("done",
                   project_status="completed")], dict.fromkeys(("road", "dear", "done"), FREE),
                   no_money="no money named")
    assert rows["road"].start == AS_OF and rows["road"].why == "no money named"
    assert rows["dear"].why == "no money named" and rows["done"].why == ""
    # Where money is not to bind anything, there is nothing to say.
    assert outlook([project("road")], {"road": FREE})["road"].why == ""


def test_work_under_way_keeps_the_money_that_it_still_needs():
    money = Money(AS_OF, "USD", 120.0)
    projects = [project("busy", project_status="started"), project("next")]
    sites = {"busy": FREE, "next": FREE}
    assert outlook(projects, sites, money)["next"].start is None
    assert outlook(projects, sites, money, spent={"busy": 80.0})["next"].start == AS_OF


def test_a_work_does_not_start_on_money_that_may_be_spent_already():
    apart = (Apart("UAH", 1, 3_500_000.0, 3_500_000.0),)
    rows = outlook([project("a", sequence=1), project("b", sequence=2),
                    project("free", cost=0.0), project("dear", cost=9e9)],
                   dict.fromkeys(("a", "b", "free", "dear"), FREE),
                   Money(AS_OF, "USD", 1000.0, apart=apart))
    for name in ("a", "b"):
        assert rows[name].start is None and rows[name].held_by == "money"
        assert "cannot be told: 1 expense of 3,500,000 UAH" in rows[name].why
    assert rows["free"].start == AS_OF  # it asks for none
    alone = outlook([project("dear", cost=9e9)], {"dear": FREE},
                    Money(AS_OF, "USD", 1000.0, apart=apart))
    assert "does not cover" in alone["dear"].why


@pytest.mark.parametrize(("said", "state"), [
    ({"started_on": -100, "finished_on": -10, "project_status": "completed"}, "done"),
    ({"started_on": -10, "finished_on": 10, "project_status": "completed"}, "under_way"),
    ({"started_on": 10, "finished_on": 100, "project_status": "completed"}, "unlocked"),
    ({"started_on": 10, "project_status": "started"}, "unlocked"),
    ({"started_on": -10, "project_status": "planned"}, "under_way"),
    ({"finished_on": 10, "project_status": "completed"}, "under_way"),
    ({"project_status": "completed"}, "done"), ({"project_status": "started"}, "under_way")])
def test_the_day_decides_whether_a_work_is_done_and_the_status_only_without_one(said, state):
    dated = {k: AS_OF + timedelta(days=v) if isinstance(v, int) else v for k, v in said.items()}
    row = outlook([project("p", **dated)], {"p": FREE})["p"]
    assert row.state == state
    if state == "under_way" and "finished_on" in said:
        assert row.finish == dated["finished_on"]
    share = {f.id: f.value for f in two.phase_two_figures([row], None, AS_OF, "head")}
    assert share["works_done"] == share["share_works_done"] == float(state == "done")


@pytest.mark.parametrize(("months", "said"), [
    ({"season_first_month": 3}, "one month alone"), ({"season_last_month": 3}, "one month alone"),
    ({"season_first_month": 3, "season_last_month": 2}, "from month 3 to month 2, is all the year"),
    ({"season_first_month": 1, "season_last_month": 12}, ""), ({}, "")])
def test_a_season_that_is_none_is_said(months, said):
    row = outlook([project("p", **months)], {"p": FREE})["p"]
    assert row.start == AS_OF and (said in row.why if said else row.why == "")


def test_money_that_lapses_before_a_work_starts_does_not_pay_it():
    money = Money(AS_OF, "USD", 1000.0, lapses=((date(2028, 3, 1), 1000.0, AS_OF),))
    late = project("late", cost=900.0, planned_start=date(2028, 5, 1))
    assert outlook([late], {"late": FREE}, money)["late"].start is None
    early = project("early", cost=900.0, planned_start=date(2028, 2, 1))
    assert outlook([early], {"early": FREE}, money)["early"].start == date(2028, 2, 1)
    # What lapses pays the first, what comes later the second, whichever got money first.
    more = Money(AS_OF, "USD", 1000.0, ((date(2028, 4, 1), 900.0),), lapses=money.lapses)
    rows = outlook([project("a", cost=900.0, planned_start=date(2028, 5, 1), sequence=1), early],
                   {"a": FREE, "early": FREE}, more)
    assert (rows["a"].start, rows["early"].start) == (date(2028, 5, 1), date(2028, 2, 1))


def test_what_was_paid_for_a_work_before_it_begins_is_not_taken_twice():
    money = Money(AS_OF, "USD", 20.0)
    assert outlook([project("a")], {"a": FREE}, money)["a"].start is None
    assert outlook([project("a")], {"a": FREE}, money, spent={"a": 80.0})["a"].start == AS_OF


def test_work_under_way_ends_after_its_days_and_what_follows_it_starts_then():
    began = AS_OF - timedelta(days=10)
    projects = [project("busy", started_on=began, duration_days=30),
                project("next", after_projects=["busy"])]
    rows = outlook(projects, {"busy": FREE, "next": FREE})
    assert rows["busy"].state == "under_way" and rows["busy"].finish == began + timedelta(days=30)
    assert rows["next"].start == rows["busy"].finish and rows["next"].held_by == "order: after busy"
    late = outlook([project("busy", started_on=AS_OF - timedelta(days=90), duration_days=30),
                    projects[1]], {"busy": FREE, "next": FREE})
    assert late["busy"].finish == AS_OF and "would have ended" in late["busy"].why
    unknown = outlook([project("busy", project_status="started", duration_days=30), projects[1]],
                      {"busy": FREE, "next": FREE})
    assert unknown["next"].start is None and "when it ends is not known" in unknown["next"].why


@given(st.lists(st.tuples(st.integers(0, 3), st.floats(1, 100), st.integers(0, 60)), min_size=1,
                max_size=6), st.lists(st.tuples(st.integers(1, 400), st.floats(1, 200)),
                                      max_size=4), st.floats(0, 150))
def test_no_day_binds_more_money_than_has_arrived(works, later, left):
    money = Money(AS_OF, "USD", left,
                  tuple(sorted((AS_OF + timedelta(days=d), a) for d, a in later)))
    projects = [project(f"p{n}", cost=cost, sequence=order,
                        planned_start=AS_OF + timedelta(days=wait))
                for n, (order, cost, wait) in enumerate(works)]
    rows = outlook(projects, {p.id: FREE for p in projects}, money).values()
    for day in [r.start for r in rows if r.start]:
        bound = sum(r.cost for r in rows if r.start and r.start <= day)
        assert bound <= money.until(day) + 1e-3


# --- what came back ------------------------------------------------------------------------------


def test_safety_S12_planned_and_actual_returns_stand_beside_each_other():
    planned = [two.Return(date(2027, 5, 3), "A", 20_000), two.Return(date(2027, 6, 3), "A", 0, 70)]
    actual = [two.Return(date(2027, 5, 9), "A", 10_000, 0, ("h1",)),
              two.Return(date(2027, 5, 9), "B", 5_000, 0, ("h2",))]
    rows = two.returned(planned, actual)
    assert [(r.month, r.community, r.hectares_planned, r.hectares_actual) for r in rows] == [
        ("2027-05", "A", 2, 1), ("2027-05", "B", 0, 0.5), ("2027-06", "A", 0, 0)]
    whole = two.returned(planned, None, by_community=False)
    assert [(r.month, r.people_planned, r.people_actual) for r in whole] == [
        ("2027-05", 0, None), ("2027-06", 70, None)]
    figures = {f.id: f for f in two.phase_two_figures((), actual, AS_OF, "head")}
    assert figures["land_returned_m2"].value == 15_000
    assert figures["land_returned_m2"].records == ("h1", "h2")
    assert two.phase_two_figures((), None, AS_OF, "head")[-1].value is None
    # A community that reports no people is not one without people (S12).
    silent = [two.Return(date(2027, 5, 1), "A", 0.0, None, ("h1",), "a")]
    made = {f.id: f for f in two.phase_two_figures((), silent, AS_OF, "head")}
    assert made["people_land_returned"].value is None
    assert "1 settlement does not report" in made["people_land_returned"].note
    assert made["people_land_returned"].uncounted
    none = {f.id: f for f in two.phase_two_figures((), silent[:0], AS_OF, "head",
                                                   settlements=False)}
    assert none["people_land_returned"].value is None and none["land_returned_m2"].value == 0


# --- the command line ----------------------------------------------------------------------------


def call(*words):
    return CliRunner().invoke(cli.app, [str(w) for w in words])


def test_works_and_returns_of_a_registry_with_a_plan(tmp_path):
    at = datetime(2027, 6, 1, tzinfo=UTC)
    registry = tmp_path / "r.gpkg"
    with create_registry(registry, office="A") as made:
        made.append([Revision(kind, name, said, shape, at, "landrelease test", "why", "")
                     for kind, name, said, shape in (
            ("hazard", "h1", {"hazard_type": "CHA", "identifier": "SHA-1"},
             shapely.box(17, 44, 17.002, 44.002)),
            ("settlement", "s1", {"name": "Upper", "population": 80}, shapely.Point(17.001, 44)),
            ("project", "road", {"hazards": ["SHA-1"], "cost": 10.0, "currency": "USD",
                                 "duration_days": 5}, None),
            ("project", "school", {"hazards": ["SHA-1"], "project_status": "completed"}, None),
            ("project", "free", {"cost": 1.0, "currency": "USD"}, shapely.box(18, 44, 18.1, 44.1)),
            ("handover", "g1", {"handover_status": "held",
                                "handed_over_on": date(2027, 3, 2)},
             shapely.box(17.01, 44, 17.011, 44.001)))])
    plan = tmp_path / "plan"
    done = call("plan", "make", registry, "--out", plan, "--iterations", "0", "--start",
                "2027-07-01", "--as", "planner", "--quiet")
    assert done.exit_code in (0, 1), done.output
    found = call("projects", "outlook", registry, "--plan", plan, "--as", "planner", "--as-of",
                 "2027-06-01", "--json", tmp_path / "p.json", "--csv", tmp_path / "p.csv")
    assert found.exit_code == 0, found.output
    document = json.loads((tmp_path / "p.json").read_text())
    works = {w["id"]: w for w in document["works"]}
    assert works["free"]["state"] == "unlocked" and "no money named" in works["free"]["why"]
    assert "no money named" in found.output
    assert document["works"][0]["id"] == "school" and works["school"]["state"] == "done"
    assert "h1 is still hazardous" in works["school"]["why"]
    assert works["road"]["state"] == "blocked" and works["road"]["needs"] == ["h1"]
    hectares = sum(r["hectares_planned"] for r in document["by_month"])
    assert 3.0 < hectares < 4.0  # 160 m x 222 m, all of it comes back by the plan
    assert sum(r["people_planned"] for r in document["by_month"]) == 80
    for day, code in (("2027-06-01", None), ("2027-05-31", "MON-030")):  # before it was known
        listed = call("projects", "list", registry, "--as", "planner", "--known-at", day)
        assert getattr(listed.exception, "code", None) == code, listed.output
    assert call("projects", "list", registry, "--as", "planner", "--known-at", "2027-06-01",
                "--plan", plan).exception.code == "CLI-103"
    # A hand-over that nobody signed counts for nothing (S09).
    assert all(r["hectares_actual"] is None for r in document["by_month"])
    assert {r["community"] for r in csv.DictReader((tmp_path / "p.csv").open(
        encoding="utf-8-sig"))} == {"Upper"}
    assert call("projects", "list", registry, "--as", "planner", "--money", "all"
                ).exit_code != 0


def test_safety_S11_land_that_is_hazardous_again_is_not_back_and_none_counts_twice(
        tmp_path, monkeypatch):
    from landrelease import workflows
    from landrelease.core.geometry import geodesic_area_m2
    from landrelease.workflows import identities
    from landrelease.workflows import phase_two as works

    at = datetime(2027, 6, 1, tzinfo=UTC)
    given = [shapely.box(17, 44, 17.002, 44.001), shapely.box(17.001, 44, 17.003, 44.001)]
    reopened = shapely.box(17, 44, 17.0005, 44.001)
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.append([Revision(kind, name, said, shape, at, "landrelease test", "why", "")
                         for kind, name, said, shape in (
            ("hazard", "h1", {"status": "reopened"}, reopened),
            ("settlement", "near", {"name": "Near", "population": 5}, shapely.Point(17, 44)),
            ("settlement", "far", {"name": "Far", "population": 9}, shapely.Point(17.009, 44)),
            ("handover", "g1", {"handover_status": "held", "handed_over_on": date(2027, 2, 1)},
             given[0]),
            ("handover", "g2", {"handover_status": "held", "handed_over_on": date(2027, 3, 1)},
             given[1]))])
        signed = registry.records("handover")  # as if an authority had signed them
        before = identities.standing_records
        monkeypatch.setattr(identities, "standing_records", lambda r, kind, **said: (
            signed if kind == "handover" else before(r, kind, **said)))
        planned, actual = works.returns(registry, workflows.load_assumptions(), None, 30)
    assert planned is None
    want = shapely.union_all(given).difference(reopened)
    assert sum(r.m2 for r in actual) == pytest.approx(geodesic_area_m2(want), rel=1e-9)
    assert [(r.day, r.records) for r in actual if r.m2] == [
        (date(2027, 2, 1), ("g1",)), (date(2027, 3, 1), ("g2",))]
    # "Near" has a hazard beside it: its people are not counted; "Far" is 480 m from g2.
    assert [(r.community, r.people, r.day) for r in actual if r.people] == [
        ("Far", 9, date(2027, 3, 1))]


@pytest.mark.parametrize(("off", "people"), [(None, [9]), (30.0, [9]), (900.0, [])])
def test_safety_S04_a_community_counts_areas_as_far_off_as_they_may_be(
        tmp_path, monkeypatch, off, people):
    """A hazard 1,100 m away that may be 900 m off may lie within the 500 m of the settlement."""
    from landrelease import workflows
    from landrelease.workflows import identities
    from landrelease.workflows import phase_two as works

    at = datetime(2027, 6, 1, tzinfo=UTC)
    said = {"status": "open"} | ({} if off is None else {"position_accuracy_m": off})
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.append([Revision(kind, name, said, shape, at, "landrelease test", "why", "")
                         for kind, name, said, shape in (
            ("hazard", "h1", said, shapely.box(17.014, 44, 17.015, 44.001)),
            ("settlement", "s", {"name": "S", "population": 9}, shapely.Point(17, 44)),
            ("handover", "g", {"handover_status": "held", "handed_over_on": date(2027, 2, 1)},
             shapely.box(17, 44, 17.001, 44.001)))])
        signed = registry.records("handover")
        before = identities.standing_records
        monkeypatch.setattr(identities, "standing_records", lambda r, kind, **said: (
            signed if kind == "handover" else before(r, kind, **said)))
        _, actual = works.returns(registry, workflows.load_assumptions(), None, 30)
    assert [r.people for r in actual if r.people] == people


def test_safety_S04_a_work_waits_for_ground_that_may_reach_its_own(tmp_path):
    from landrelease.workflows.certificates import unlocked_projects
    from landrelease.workflows.phase_two import sites_of

    at = datetime(2027, 6, 1, tzinfo=UTC)
    beside = shapely.box(17.0021, 44, 17.003, 44.001)  # 88 m east of the field
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        def put(*rows):
            registry.append([Revision(kind, name, said, shape, at, "landrelease test", "why", "")
                             for kind, name, said, shape in rows])

        put(("project", "field", {}, shapely.box(17, 44, 17.001, 44.001)),
            ("hazard", "near", {"status": "open", "position_accuracy_m": 80.0}, beside))
        assert [p.unlocked for p in unlocked_projects(registry)] == [True]
        put(("hazard", "near", {"status": "open", "position_accuracy_m": 95.0}, beside))
        (found,) = unlocked_projects(registry)
        assert not found.unlocked and found.waits_for == ("area near is still hazardous",)
        sites, _ = sites_of(registry, registry.records("project"), None)
        assert sites["field"].needs == ("near",) and not sites["field"].unlocked


@pytest.mark.parametrize("role", [None, "public", "donor", "community", "operator", "inspector"])
def test_safety_S14_works_are_for_whom_the_policy_names(role, tmp_path):
    from landrelease.errors import LandReleaseError

    create_registry(tmp_path / "r.gpkg", office="A").close()
    found = call("projects", "list", tmp_path / "r.gpkg", *(["--as", role] if role else []))
    assert isinstance(found.exception, LandReleaseError) and found.exception.code == "ACC-101"
