"""FIG: items and victims by district, a catalogue of every number, treaties and deadlines."""

import json
from datetime import UTC, date, datetime

import pytest
import shapely
from typer.testing import CliRunner

from landrelease.access import policy
from landrelease.apps.cli import app
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.figures import catalogue
from landrelease.figures.article7 import BY_ROW, FORMS
from landrelease.figures.treaty import WITHHELD
from landrelease.figures.treaty_metrics import metric_of
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import figures, treaties

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
NAMES_NOTHING = {"area", "year", "after the day that holds", "deadline of the treaty",
                 "extended to", "form or paragraph", "what it asks", "here", "category", "model",
                 "accidents"}


def revision(kind, n, values, shape=None, day=date(2025, 6, 1)):
    return Revision(kind=kind, record_id=f"{kind}-{n}", recorded_at=AT, recorded_by="test",
                    reason="test", source="", valid_from=day, validation="entered", values=values,
                    geometry=shape)


def field(n, size=0.002):
    return shapely.box(-47 + n / 100, 10.0, -47 + n / 100 + size, 10.0 + size)


def point(n):
    return shapely.Point(-47 + n / 100, 10.0005)


MADE = [
    revision("administrative_area", 1, {"name": "West", "level": 1},
             shapely.box(-47.005, 9.9, -46.965, 10.1)),
    revision("administrative_area", 2, {"name": "East", "level": 1},
             shapely.box(-46.965, 9.9, -46.9, 10.1)),
    *(revision("hazard", n, {"hazard_type": "CHA", "status": "open",
                             "ordnance_confirmed": ["ap_mine_blast"] if n < 4 else ["submunition"]},
               field(n), day=date(2024, 1, 1)) for n in range(6)),
    revision("item", 1, {"ordnance_category": "ap_mine_blast", "quantity": 3,
                         "disposal": "destroyed", "destroyed_on": date(2025, 3, 1)}, point(0)),
    revision("item", 2, {"ordnance_category": "submunition", "quantity": 5, "disposal": "found"},
             point(4)),
    revision("item", 3, {"ordnance_category": "small_arms_ammunition", "quantity": 700,
                         "disposal": "destroyed"}, point(5)),
    revision("item", 4, {"ordnance_category": "av_mine", "quantity": 2, "disposal": "found"},
             shapely.Point(-40, 10)),  # outside
    revision("accident", 1, {"accident_class": "ordnance_accident", "victims": 2,
                             "killed_men": 2}, point(5)),
    revision("accident", 2, {"accident_class": "ordnance_accident"}, point(0)),
    revision("fund", 1, {"amount": 100.0, "currency": "USD", "phase": "demining",
                         "fund_status": "received", "received_on": date(2025, 1, 1)}),
    revision("outcome", 1, {"outcome_type": "cleared", "method": "manual", "depth_m": 0.2},
             field(7), day=date(2025, 4, 1)),
    revision("activity", 1, {"activity_type": "clearance", "operational_method": "manual",
                             "area_m2": 20_000.0, "hours": 6.0, "started_on": date(2025, 3, 3),
                             "ended_on": date(2025, 3, 3), "teams": ["team-1"]}),
    revision("expense", 1, {"amount": 60.0, "currency": "USD", "phase": "demining",
                            "paid_on": date(2025, 4, 1), "activity_type": "clearance",
                            "method": "manual"}),
]


def run(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("scope") / "r.gpkg"
    with create_registry(str(path), office="Synthetic office") as made:
        made.append(MADE)
    return path


@pytest.fixture(scope="module")
def plan(path):
    teams = path.parent / "teams.csv"
    teams.write_text(
        "id,kind,organisation,base,longitude,latitude,teams,m2_per_day,m2_per_day_low,"
        "m2_per_day_high,cost_per_day,currency,available_from,available_until,source\n"
        "n,nts,A,B,-47,10,1,100000,50000,200000,100,USD,,,made up\n"
        "t,ts,A,B,-47,10,1,8000,4000,16000,100,USD,,,made up\n"
        "m,manual,A,B,-47,10,2,400,200,500,100,USD,,,made up\n")
    out = path.parent / "plan"
    made = run("plan", "make", path, "--out", out, "--iterations", 0, "--start", "2026-02-01",
               "--teams", teams, "--money", "none", "--as", "planner", "--quiet")
    assert made.exception is None or isinstance(made.exception, SystemExit), made.exception
    return out


def by_id(path, role="planner", **more):
    with open_registry(str(path)) as registry:
        return {f.id: f for f in figures.all_figures(registry, policy.view(role), **more).figures}


def test_items_and_victims_stand_by_district_and_small_arms_rounds_apart(path):
    found = by_id(path)
    west, east = "administrative_area-1", "administrative_area-2"
    assert [found[f"items_found:{a}"].value for a in (west, east, "elsewhere")] == [3, 5, 2]
    assert found["items_found"].value == 10
    assert found[f"items_destroyed_ap_mine:{west}"].records == ("item-1",)
    assert found[f"small_arms_rounds_found:{east}"].value == 700
    assert found[f"items_found:{east}"].records == ("item-2",)  # no round is an item
    assert found[f"victims:{east}"].value == 2
    assert found[f"victims_killed_men:{east}"].records == ("accident-1",)
    assert f"victims:{west}" not in found  # nobody reported any there, which is not zero (S12)


def test_a_scope_that_is_none_names_those_that_are(path):
    asked = run("figures", "list", path, "--scope", "Nowhere", "--as", "planner")
    names = {f.scope for f in by_id(path).values()}
    assert isinstance(asked.exception, LandReleaseError) and "Nowhere" in str(asked.exception)
    assert len(names) > 2 and all(name in str(asked.exception) for name in names)
    found = run("figures", "list", path, "--scope", sorted(names)[0], "--as", "planner")
    assert found.exit_code == 0


@pytest.mark.parametrize("role", ["public", "donor", "community"])
def test_safety_S16_who_sees_no_single_item_is_told_of_no_district(path, role):
    found = by_id(path, role)
    assert not [i for i in found if i.startswith(("items_", "victims", "small_arms"))
                and ":" in i]


def test_every_figure_that_can_be_asked_for_has_an_entry_that_says_what_counts(path, plan):
    from landrelease.store.results import load_plan

    known = {m.id: m for m in catalogue.metrics()}
    assert len(known) == len(catalogue.metrics())
    found = by_id(path, plan=load_plan(plan))
    assert {"finish_years", "cost", "plan_gap", "contaminated_expected", "cost_per_m2_cleared",
            "cost_per_m2_worked:manual", "money_paid", "money_paid:demining"} <= set(found)
    for name, figure in found.items():
        metric = known[name.split(":")[0]]
        assert figure.counts == metric.counts and metric.counts, name
        assert figure.denominator == metric.denominator, name
        assert figure.definition.startswith(metric.definition[:20]), name
        if figure.unit in ("share", "ratio") or " per " in figure.unit:
            assert figure.denominator, name
    assert found["cost_per_m2_cleared"].value == pytest.approx(
        60 / geodesic_area_m2(field(7)))
    assert set(found["cost_per_m2_cleared"].records) == {"expense-1", "outcome-1", "activity-1"}
    assert found["cost_per_m2_worked:manual"].value == pytest.approx(60 / 20_000)


@pytest.mark.parametrize("figure", ["finish_years", "plan_released_m2", "cost_per_m2_cleared",
                                    "money_paid:demining", "victims:administrative_area-2"])
def test_each_figure_is_traced_in_one_command_and_comes_out_again(path, plan, tmp_path, figure):
    out = tmp_path / "f.json"
    more = ("--plan", plan) if figure in ("finish_years", "plan_released_m2") else ()
    traced = run("figures", "trace", path, figure, "--as", "planner", "--json", out, *more)
    assert traced.exit_code == 0, traced.output
    assert json.loads(out.read_text())["records"]
    again = run("figures", "recompute", path, out, "--as", "planner", *more)
    assert again.exit_code == 0 and "comes out again" in again.output


def test_every_figure_that_is_listed_is_traced_to_the_same_number_and_records(path):
    """What only one figure needs is read then: no figure may change by that."""
    with open_registry(str(path)) as registry:
        reader = policy.view("planner")
        listed = figures.all_figures(registry, reader).figures
        for figure in listed:
            assert figures.trace(registry, reader, figure.id) == figure, figure.id
    assert len(listed) > 100


# --- treaties ------------------------------------------------------------------------------------


def made(path, treaty, role="authority", plan=None, **stated):
    from landrelease.store.results import load_plan

    with open_registry(str(path)) as registry:
        found = treaties.tables(
            registry, policy.view(role), treaty, 2025, made_on=date(2026, 7, 1),
            obligation=treaties.obligation_of(stated.get("deadline"), stated.get("extended_to")),
            plan=None if plan is None else load_plan(plan))
    return {t.name: t for t in found.tables}, " ".join(found.notes)


@pytest.mark.parametrize("treaty", ["apmbc", "ccm", "all"])
def test_every_column_of_every_table_has_an_entry_in_the_catalogue(path, plan, treaty):
    tables, _ = made(path, treaty, plan=plan, deadline=date(2029, 1, 1))
    assert set(tables) == {"areas", "release", "destroyed", "obligation", "projection", "types",
                           "warning", "victims"} | (set() if treaty == "all" else {"contents"})
    known = {m.id for m in catalogue.metrics()}
    for name, table in tables.items():
        columns = [r[0] for r in table.rows] if name in BY_ROW else table.columns
        for column in columns:
            found = metric_of(name, column)
            assert column in NAMES_NOTHING if found is None else found.id in known, (name, column)


def test_a_deadline_and_its_extension_ask_for_a_pace(path):
    tables, notes = made(path, "apmbc", deadline=date(2026, 12, 31),
                         extended_to=date(2029, 12, 31))
    rows = dict(tables["obligation"].rows)
    left = sum(geodesic_area_m2(field(n)) for n in range(4))  # AP mines alone
    assert rows["deadline of the treaty"] == "2026-12-31" and rows["extended to"] == "2029-12-31"
    assert rows["hazardous area at the end of 2025, m²"] == round(left)
    assert rows["years from the end of 2025 to the day that holds"] == 4.0
    assert rows["needed a year to keep it, m²"] == pytest.approx(left / 4, rel=1e-3)
    assert "no record holds them" in notes and "projection" not in tables
    gone, _ = made(path, "ccm", deadline=date(2020, 1, 1))
    assert dict(gone["obligation"].rows)["needed a year to keep it, m²"] == "the day has passed"
    with pytest.raises(LandReleaseError, match=r"CLI-103.*extended-to"):
        treaties.obligation_of(date(2029, 1, 1), date(2028, 1, 1))


def test_the_years_to_come_hold_the_land_of_the_treaty_alone(path, plan):
    tables, notes = made(path, "apmbc", plan=plan, deadline=date(2026, 12, 31))
    table = tables["projection"]
    rows = [dict(zip(table.columns, r, strict=True)) for r in table.rows]
    whole = sum(geodesic_area_m2(field(n)) for n in range(4))
    planned = sum(r["planned in the year (the three together), m²"] for r in rows)
    assert planned == pytest.approx(whole, rel=0.02)
    for r in rows:
        parts = sum(r[f"planned to be {p}, m²"] for p in ("cancelled", "reduced", "cleared"))
        assert r["planned in the year (the three together), m²"] == pytest.approx(parts, abs=2)
        done = [r[f"done by its end in {q} of the runs, m²"] for q in ("90 %", "50 %", "10 %")]
        assert done == sorted(done)
        assert r["left at its end in 50 % of the runs, m²"] == pytest.approx(whole - done[1], abs=2)
    assert rows[-1]["done by its end in 50 % of the runs, m²"] == pytest.approx(whole, rel=1e-3)
    assert [r["after the day that holds"] for r in rows] == [
        "yes" if r["year"] > 2026 else "no" for r in rows]
    assert "4 areas" not in notes


@pytest.mark.parametrize(("role", "count", "words"), [
    ("authority", 3, "not known: 3 areas"), ("donor", 1, WITHHELD), ("authority", 0, "")])
def test_safety_S12_nothing_is_left_only_where_every_area_states_its_ordnance(
        tmp_path, role, count, words):
    path = tmp_path / "r.gpkg"
    registry = create_registry(str(path), office="Synthetic office")
    registry.append([
        revision("administrative_area", 1, {"name": "West", "level": 1},
                 shapely.box(-47.1, 9.9, -46.9, 10.1)),
        *(revision("hazard", n, {"hazard_type": "CHA", "status": "open", **(
            {} if n < count else {"ordnance_confirmed": ["submunition"]})}, field(n),
            day=date(2024, 1, 1)) for n in range(6))])
    registry.close()
    tables, _ = made(path, "apmbc", role=role, deadline=date(2029, 1, 1))
    rows = dict(tables["obligation"].rows)
    left = rows["hazardous area at the end of 2025, m²"]
    needed = rows["needed a year to keep it, m²"]
    if not count:
        assert left == 0 and needed == "nothing is left"
        return
    assert left == needed and left.startswith(words)
    if words != WITHHELD:
        m2 = sum(geodesic_area_m2(field(n)) for n in range(count))
        assert left == f"not known: {count} areas ({m2:,.0f} m²) state no ordnance"


@pytest.mark.parametrize("role", ["public", "donor"])
def test_safety_S12_few_areas_and_items_are_withheld_and_never_zero(path, plan, role):
    """Two areas with submunitions and one record of AP mines destroyed: not shown, not none."""
    tables, notes = made(path, "ccm", role=role, plan=plan, deadline=date(2029, 1, 1))
    rows = dict(tables["obligation"].rows)
    assert rows["hazardous area at the end of 2025, m²"] == WITHHELD
    assert rows["needed a year to keep it, m²"] == WITHHELD
    assert "projection" not in tables and "Withheld is not 0" in notes
    destroyed = tables.get("destroyed")
    if destroyed is not None:  # three items and more are on record
        assert dict(zip(destroyed.columns, destroyed.rows[-1], strict=True))["AP mines"] == WITHHELD


# --- what Article 7 asks -------------------------------------------------------------------------


def beside(path, *more):
    """A registry like that of these tests with more records of 2025."""
    with create_registry(str(path), office="Synthetic office") as registry:
        registry.append([
            revision("hazard", 1, {"hazard_type": "CHA", "ordnance_suspected": ["ap_mine"]},
                     field(1), date(2024, 1, 1)), *more])
    return path


def test_an_article_7_report_has_each_form_with_its_table_or_says_not_held_here(tmp_path):
    path = beside(
        tmp_path / "a.gpkg",
        *(revision("item", n, {"ordnance_category": "ap_mine", "model": model, "quantity": many,
                               "disposal": "destroyed", "destroyed_on": date(2025, 5, n),
                               "spot_task": "yes" if n == 1 else "no"}, point(1))
          for n, (model, many) in enumerate((("PMA-2", 3), ("PMA-2", 2), (None, 1)), 1)),
        revision("item", 9, {"ordnance_category": "submunition", "model": "KB-1", "quantity": 4,
                             "disposal": "destroyed", "destroyed_on": date(2025, 5, 9)},
                 point(1)),
        revision("session", 1, {"held_on": date(2025, 3, 1), "reached_women": 12,
                                "reached_men": 5}),
        revision("session", 2, {"held_on": date(2024, 3, 1), "reached_women": 99}),
        revision("marking", 1, {"placed_on": date(2025, 2, 1), "state": "damaged"}, field(1)),
        revision("marking", 2, {"placed_on": date(2023, 2, 1), "removed_on": date(2025, 1, 9)},
                 field(1)),
        revision("accident", 1, {"accident_class": "ordnance_accident", "victims": 2,
                                 "killed_boys": 1, "injured_women": 1,
                                 "occurred_at": datetime(2025, 7, 1, 9, tzinfo=UTC)},
                 point(1)),
        revision("accident", 2, {"accident_class": "ordnance_accident", "victims": 5,
                                 "occurred_at": datetime(2024, 7, 1, 9, tzinfo=UTC)},
                 point(1)))
    tables, _ = made(path, "apmbc")
    assert tables["types"].rows == (("ap mine", "PMA-2", 5, 3),
                                    ("ap mine", "model not stated", 1, 0))
    warning = dict(tables["warning"].rows)
    assert warning["sessions of risk education"] == 1 and warning["women reached by them"] == 12
    assert warning["boys reached by them"] == "not reported"  # which is not none (S12)
    assert (warning["signs and fences placed in the year"],
            warning["signs and fences that stand at its end"],
            warning["of these damaged or missing at the last visit"]) == (1, 1, 1)
    total = dict(zip(tables["victims"].columns, tables["victims"].rows[-1], strict=True))
    assert (total["number"], total["victims"], total["killed boys"], total["injured women"],
            total["killed men"]) == (1, 2, 1, 1, "not reported")
    here = {(form, asks): where for form, asks, where in tables["contents"].rows}
    assert [form for form, _, _ in tables["contents"].rows] == [f for f, _, _ in FORMS["apmbc"]]
    assert here["Form B, 7.1 (b)", "Stockpiled anti-personnel mines"] == "not held here"
    assert here["Form C, 7.1 (c)",
                "Location of mined areas and suspected mined areas"] == "table areas"
    assert here["Form I, 7.1 (i)",
                "Measures to provide an immediate and effective warning"] == "table warning"
    # Of the other treaty: its own ordnance, its own paragraphs.
    tables, _ = made(path, "ccm")
    assert tables["types"].rows == (("submunition", "KB-1", 4, 0),)
    assert {f: w for f, _, w in tables["contents"].rows}["7.1 (m)"] == "not held here"
    # Donors ask for no form; all ordnance is in the types.
    tables, _ = made(path, "all")
    assert "contents" not in tables and len(tables["types"].rows) == 3


def test_what_nobody_recorded_of_article_7_is_said_and_is_not_zero(tmp_path):
    tables, _ = made(beside(tmp_path / "a.gpkg"), "apmbc")
    here = {form: where for form, _, where in tables["contents"].rows}
    assert tables["warning"].rows == tables["victims"].rows == () and "types" not in tables
    assert here["Form I, 7.1 (i)"] == here["Form J"] == "nothing on record"


def test_safety_S14_tables_of_people_are_for_who_sees_their_records(tmp_path):
    path = beside(tmp_path / "a.gpkg", revision(
        "accident", 1, {"accident_class": "ordnance_accident", "victims": 2,
                        "occurred_at": datetime(2025, 7, 1, 9, tzinfo=UTC)}, point(1)),
        revision("session", 1, {"held_on": date(2025, 3, 1), "reached_women": 12}))
    tables, _ = made(path, "apmbc", role="public")
    assert not {"types", "warning", "victims"} & set(tables)
    here = {form: where for form, _, where in tables["contents"].rows}
    assert here["Form I, 7.1 (i)"] == here["Form J"] == WITHHELD


def test_each_figure_of_a_treaty_is_traced_in_one_command(path, plan, tmp_path):
    from landrelease.figures.treaty_metrics import METRICS

    tables, _ = made(path, "apmbc", plan=plan, deadline=date(2029, 1, 1))
    of = {m.id for name, t in tables.items() if t.rows for column in (
        [r[0] for r in t.rows] if name in BY_ROW else t.columns)
        if (m := metric_of(name, column)) is not None}
    assert of <= {m.id for m in METRICS} and len(of) > 15
    out = tmp_path / "f.json"
    for figure in sorted(of):
        traced = run("figures", "trace", path, figure, "--treaty", "apmbc", "--year", 2025,
                     "--deadline", "2029-01-01", "--plan", plan, "--as", "authority", "--json", out)
        assert traced.exit_code == 0, traced.output
        told = json.loads(out.read_text())
        assert told["values"] and told["chain_head"] and told["counts"]
    cleared = run("figures", "trace", path, "treaty_cleared_m2", "--treaty", "all", "--year", 2025,
                  "--as", "authority", "--json", out)
    told = json.loads(out.read_text())
    assert "outcome-1" in told["records"] and "outcome-1" in cleared.output
    assert told["values"] == {"release: cleared, m²": round(geodesic_area_m2(field(7)))}
    # Who sees no records gets the number alone; without a year nobody knows which is meant.
    run("figures", "trace", path, "treaty_cleared_m2", "--treaty", "all", "--year", 2025,
        "--json", out)
    assert json.loads(out.read_text())["records"] == []
    asked = run("figures", "trace", path, "treaty_cleared_m2", "--as", "authority")
    assert asked.exit_code != 0
