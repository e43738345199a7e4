"""FIG: what no record says is not reported and never 0; numbers of a treaty come out again."""

import json
from datetime import UTC, date, datetime

import pytest
import shapely
from typer.testing import CliRunner

from landrelease.access import policy
from landrelease.apps.cli import app
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.revision import Revision
from landrelease.figures import catalogue
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import claims, figures, treaties
from landrelease.workflows.release_lag import release_lags, release_note

AT = datetime(2026, 1, 5, 8, tzinfo=UTC)
LATER = datetime(2026, 3, 5, 8, tzinfo=UTC)


def revision(kind, n, values, shape=None, *, day=date(2025, 6, 1), at=AT):
    return Revision(kind=kind, record_id=f"{kind}-{n}", recorded_at=at, recorded_by="test",
                    reason="test", source="", valid_from=day, validation="entered", values=values,
                    geometry=shape)


def square(n, size=0.004):
    return shapely.box(-40 + n / 100, 20.0, -40 + n / 100 + size, 20.0 + size)


def hazard(n, shape=None, kind="SHA", **said):
    return revision("hazard", n, {"hazard_type": kind, "status": "open", **said}, shape,
                    day=date(2024, 1, 1))


def kept(tmp_path, made):
    path = tmp_path / "r.gpkg"
    with create_registry(str(path), office="Synthetic office") as registry:
        if made:
            registry.append(made)
    return path


def values(path, role="planner"):
    with open_registry(str(path)) as registry:
        return {f.id: f for f in figures.all_figures(registry, policy.view(role)).figures}


def run(*words):
    return CliRunner().invoke(app, [str(w) for w in words])


def code(result):
    return getattr(result.exception, "code", None)


LAND = ("hazard_count", "hazardous_m2", "contested_m2", "hazard_count_SHA", "hazardous_m2_CHA",
        "share_released_of_known")


def test_safety_S12_without_any_hazard_on_record_no_figure_says_that_there_is_none(tmp_path):
    path = kept(tmp_path, [revision("outcome", 1, {"outcome_type": "cleared"}, square(0))])
    found = values(path)
    for name in (*LAND, "accident_count"):
        assert found[name].value is None and "not reported" in found[name].note, name
    assert found["cleared_m2"].value > 0
    out = tmp_path / "ledger.csv"
    told = run("figures", "tables", path, "--out", out, "--as", "planner")
    assert told.exit_code == 0 and "not reported" in told.output
    assert "not reported" in out.read_text().splitlines()[-1].split(",")[1]  # the hazards
    with open_registry(str(path)) as registry:
        made = treaties.tables(registry, policy.view("planner"), "all", 2025,
                               made_on=date(2026, 7, 1),
                               obligation=treaties.obligation_of(date(2029, 1, 1), None))
    tables = {t.name: t for t in made.tables}
    assert set(tables["areas"].rows[-1][1:]) == {"not reported"}
    said = dict(tables["obligation"].rows)
    assert said["hazardous area at the end of 2025, m²"] == "not reported"
    assert said["needed a year to keep it, m²"] == "not reported"  # and not "nothing is left"
    assert "no hazard is on record" in " ".join(made.notes)


def test_no_hazard_on_record_and_all_closed_are_two_things():
    from landrelease.core.hazard import Land
    from landrelease.release.ledger import ledger

    closed = Land((), (), (), (), (), (), "", hazards_on_record=True)
    assert (row := ledger(closed)[-1]).hazardous_m2 == 0 and row.hazards_known
    silent = Land((), (), (), (), (), (), "")
    assert (row := ledger(silent)[-1]).hazardous_m2 is None and not row.hazards_known


def test_safety_S01_a_hazard_without_a_place_counts_and_its_area_is_not_zero(tmp_path):
    path = kept(tmp_path, [hazard(1)])
    found = values(path)
    assert found["hazard_count"].value == found["hazard_count_SHA"].value == 1
    assert found["hazard_count"].records == ("hazard-1",)
    assert found["hazardous_m2"].value is None and found["hazardous_m2_SHA"].value is None
    assert found["hazard_count_CHA"].value == found["hazardous_m2_CHA"].value == 0
    assert "have no place" in found["hazardous_m2"].note
    more = tmp_path / "more"
    more.mkdir()
    both = values(kept(more, [hazard(1), hazard(2, square(1), "CHA"), revision(
        "administrative_area", 1, {"name": "West", "level": 1}, square(1, 0.01))]))
    assert both["hazard_count"].value == 2 and both["hazardous_m2"].value == pytest.approx(
        geodesic_area_m2(square(1)))
    assert both["hazard_count:elsewhere"].value == 1
    with open_registry(str(path)) as registry:
        for treaty in ("all", "apmbc"):  # of apmbc nobody knows: it states no ordnance
            made = treaties.tables(registry, policy.view("planner"), treaty, 2025,
                                   made_on=date(2026, 7, 1),
                                   obligation=treaties.obligation_of(date(2029, 1, 1), None))
            left = dict({t.name: t for t in made.tables}["obligation"].rows)
            assert "not known" in left["hazardous area at the end of 2025, m²"]


def test_accidents_without_a_place_are_counted(tmp_path):
    found = values(kept(tmp_path, [hazard(1, square(0)), revision(
        "accident", 1, {"accident_class": "incident"})]))
    assert found["accident_count"].value == 1


def test_safety_S12_a_number_of_residents_names_who_is_not_in_it(tmp_path):
    area = [revision("administrative_area", n, {"name": name, "level": 1},
                     shapely.box(-40 + n, 20, -39 + n, 21))
            for n, name in enumerate(("West", "East"))]
    places = [revision("settlement", n, {"name": f"Place {n}", **said}, shape)
              for n, (said, shape) in enumerate([
                  ({"population": 80}, shapely.Point(-39.5, 20.5)),
                  ({"population": 40}, shapely.Point(-38.5, 20.5)),
                  ({}, shapely.Point(-38.4, 20.5)),
                  ({"population": "declined"}, shapely.Point(-38.3, 20.5)),
                  ({"population": 7}, None)])]
    path = kept(tmp_path, [*area, *places, hazard(1, square(1))])
    found = values(path)
    assert found["residents"].value == 127  # one without a place lives somewhere
    assert found["residents"].uncounted == ("settlement-2", "settlement-3")
    assert found["residents"].note == "2 settlements do not report a population"
    west, east = found["residents:administrative_area-0"], found["residents:administrative_area-1"]
    assert (west.value, west.uncounted, west.scope) == (80, (), "West")
    assert (east.value, east.uncounted) == (40, ("settlement-2", "settlement-3"))
    assert found["residents:elsewhere"].value == 7
    # The names are for who sees the records, the number for everybody.
    seen = values(path, "public")["residents"]
    assert seen.value == 127 and seen.records == () and seen.uncounted == ()
    listed = run("figures", "list", path, "--as", "planner", "--quiet")
    assert "Residents of the recorded settlements (2 do not report it)" in listed.output
    traced = run("figures", "trace", path, "residents", "--as", "planner", "--quiet", "--json",
                 tmp_path / "f.json")
    assert "not reported, and in no sum: 2 records\n  settlement-2\n  settlement-3" in traced.output
    assert json.loads((tmp_path / "f.json").read_text())["uncounted"] == [
        "settlement-2", "settlement-3"]
    assert run("figures", "recompute", path, tmp_path / "f.json", "--as", "planner",
               "--quiet").exit_code == 0


def test_safety_S12_items_of_which_nobody_says_what_became_are_not_none_destroyed(tmp_path):
    item = {"ordnance_category": "ap_mine_blast", "quantity": 3}
    place = shapely.Point(-40, 20)
    path = kept(tmp_path, [hazard(1, square(0)), revision("item", 1, item, place)])
    found = values(path)
    assert found["items_found"].value == found["items_unstated"].value == 3
    for name in ("items_destroyed", "items_made_safe", "items_left", "items_spot_task",
                 "items_destroyed_ap_mine"):
        assert found[name].value is None and "no record states" in found[name].note, name
    assert found["items_destroyed_av_mine"].value == 0  # none was found
    assert "items_destroyed_ap_mine" not in values(path, "public")  # that there are any (S16)
    with open_registry(str(path)) as registry:
        made = treaties.tables(registry, policy.view("planner"), "all", 2025,
                               made_on=date(2026, 7, 1))
    table = next(t for t in made.tables if t.name == "destroyed")
    total = dict(zip(table.columns, table.rows[-1], strict=True))
    assert (total["AP mines"], total["AV mines"]) == ("not reported", 0)


def test_a_figure_of_which_nothing_is_on_record_is_traced_as_not_reported(tmp_path):
    path = kept(tmp_path, [hazard(1, square(0))])
    for name in ("works_done", "money_received", "handover_count", "without_credit_m2"):
        told = run("figures", "trace", path, name, "--as", "authority")
        assert told.exit_code == 0 and "not reported" in told.output, (name, told.output)
    assert code(run("figures", "trace", path, "works_dome", "--as", "authority")) == "CLI-105"
    assert code(run("figures", "trace", path, "money_received")) == "CLI-105"  # for the public


def test_money_of_which_nothing_is_on_record_is_said(tmp_path):
    found = values(kept(tmp_path, [hazard(1, square(0)), revision("fund", 1, {
        "amount": 5.0, "currency": "USD", "phase": "demining", "fund_status": "announced"})]))
    assert found["money_announced"].value == 5 and found["money_paid"].value is None


@pytest.mark.parametrize("words", [
    "hazardous area,0,m²", "hazardous area,12,ha", "minefields,0,", "accidents,0,"])
def test_a_claim_beside_what_is_not_reported_is_never_wrong(tmp_path, words):
    file = tmp_path / "claims.csv"
    metric, value, unit = words.split(",")
    file.write_text("source,published,as_of,scope,metric,value,unit,words\n"
                    f"A,2026-02-01,2026-01-31,all,{metric},{value},{unit},\n")
    path = kept(tmp_path, [revision("outcome", 1, {"outcome_type": "searched"}, square(0))])
    with open_registry(str(path)) as registry:
        made = claims.check_file(file, today=date(2026, 3, 1), registry=registry,
                                 reader=policy.view("planner"))
    assert made.judgements[0].verdict in ("cannot_be_checked", "agrees")
    assert "differs_from_ours" not in made.judgements[0].codes
    assert made.judgements[0].ours is None


def test_every_metric_says_what_counts_and_every_ratio_what_it_is_a_ratio_of():
    known = catalogue.metrics()
    for m in known:
        assert m.definition and m.unit and m.counts and m.name, m.id
        if m.unit in ("share", "ratio") or " per " in m.unit or " a year" in m.unit:
            assert m.denominator, m.id
    names = [m.name for m in known]
    assert len(set(names)) == len(names)
    states = [m for m in known if m.id.startswith("works_") and "done_" not in m.id]
    assert len({m.definition for m in states}) == len({m.counts for m in states}) == 5


# --- treaties ------------------------------------------------------------------------------------


def programme(tmp_path):
    return kept(tmp_path, [
        revision("administrative_area", 1, {"name": "West", "level": 1},
                 shapely.box(-40.001, 19.9, -39.975, 20.1)),
        revision("administrative_area", 2, {"name": "East", "level": 1},
                 shapely.box(-39.975, 19.9, -39.9, 20.1)),
        *(hazard(n, square(n), ordnance_confirmed=["ap_mine_blast"]) for n in range(4)),
        revision("hazard", 8, {"hazard_type": "CHA", "ordnance_confirmed": ["ap_mine_blast"]},
                 shapely.box(-50, 20, -49.99, 20.01), day=date(2025, 5, 1)),  # in no area
        revision("outcome", 1, {"outcome_type": "cleared", "hazard": "hazard-0"}, square(6)),
        revision("item", 1, {"ordnance_category": "ap_mine_blast", "quantity": 3, "model": "M1",
                             "disposal": "destroyed", "destroyed_on": date(2025, 3, 1)},
                 shapely.Point(-39.999, 20.001)),
        revision("session", 1, {"held_on": date(2025, 2, 1), "reached_women": 7}),
        revision("accident", 1, {"accident_class": "ordnance_accident", "victims": 2,
                                 "killed_men": 2},
                 shapely.Point(-39.999, 20.001))])


@pytest.mark.parametrize("treaty", ["apmbc", "ccm", "all"])
def test_all_numbers_of_a_treaty_come_out_again_in_one_command(tmp_path, treaty):
    path, out = programme(tmp_path), tmp_path / "tables.json"
    made = run("figures", "treaty", path, "--treaty", treaty, "--year", 2025, "--deadline",
               "2029-01-01", "--out", tmp_path / "t", "--as", "authority", "--json", out)
    assert made.exit_code == 0, made.output
    document = json.loads(out.read_text())
    cells = [c for t in document["tables"] if t["name"] != "contents" for row in t["rows"]
             for c in row if isinstance(c, (int, float))]
    numbers = [n for n in document["numbers"] if isinstance(n["value"], (int, float))]
    # Each number of each table but the number of accidents' classes is one of them.
    assert len(numbers) == len(cells)
    again = ("figures", "recompute", path, out, "--as", "authority")
    told = run(*again)
    assert told.exit_code == 0 and "They come out again" in told.output, told.output
    # What was recorded since changes nothing of them: they are of the chain head.
    with open_registry(str(path)) as registry:
        registry.append([
            revision("hazard", 9, {"hazard_type": "SHA", "ordnance_confirmed": ["ap_mine_blast"]},
                     square(9), day=date(2024, 1, 1), at=LATER),
            revision("fund", 1, {"amount": 5.0}, at=LATER)])
    assert run(*again).exit_code == 0
    for number in document["numbers"]:
        if number["what"] == "SHA end, areas" and number["row"] == "total":
            number["value"] = 77
            number["records"] = [*number["records"], "hazard-77"]
    out.write_text(json.dumps(document))
    wrong = run(*again)
    assert wrong.exit_code == 1 and "exported as 77" in wrong.output
    assert "1 records are not under it" in wrong.output


def test_each_number_of_a_treaty_names_its_own_records(tmp_path):
    path, out = programme(tmp_path), tmp_path / "f.json"
    trace = ("figures", "trace", path, "treaty_area_m2", "--treaty", "apmbc", "--year", 2025,
             "--as", "authority", "--json", out)
    assert run(*trace, "--scope", "West").exit_code == 0
    told = json.loads(out.read_text())
    west = {n["what"]: n for n in told["numbers"]}
    assert set(west["SHA end, m²"]["records"]) == {"hazard-0", "hazard-1", "hazard-2"}
    # Its boundary came on record in the year: what lay in it lay there at the start as well.
    assert west["SHA start, m²"]["value"] == west["SHA end, m²"]["value"] > 0
    assert west["CHA end, m²"]["value"] == 0 and west["CHA end, m²"]["records"] == []
    assert run("figures", "recompute", path, out, "--as", "authority").exit_code == 0
    assert code(run(*trace, "--scope", "Nowhere")) == "CLI-103"
    assert run(*trace).exit_code == 0
    assert {n["row"] for n in json.loads(out.read_text())["numbers"]} > {"West", "East", "total"}
    assert run("figures", "recompute", path, out, "--as", "authority").exit_code == 0
    run("figures", "trace", path, "treaty_new_count", "--treaty", "apmbc", "--year", 2025, "--as",
        "authority", "--json", out)
    new = {n["row"]: n for n in json.loads(out.read_text())["numbers"]}
    assert new["outside the recorded municipalities"]["value"] == 1  # it lies in none of them
    assert new["total"]["records"] == ["hazard-8"]
    run("figures", "trace", path, "treaty_destroyed_type", "--treaty", "apmbc", "--year", 2025,
        "--as", "authority", "--json", out)
    assert json.loads(out.read_text())["numbers"][0]["records"] == ["item-1"]
    run("figures", "trace", path, "treaty_reached", "--treaty", "all", "--year", 2025, "--as",
        "authority", "--json", out)
    by = {n["what"]: n for n in json.loads(out.read_text())["numbers"]}
    assert by["women reached by them"]["records"] == ["session-1"]
    assert by["men reached by them"]["records"] == []


def test_safety_S14_the_public_sees_no_records_under_the_numbers_of_a_treaty(tmp_path):
    path, out = programme(tmp_path), tmp_path / "p.json"
    assert run("figures", "treaty", path, "--treaty", "all", "--year", 2025, "--out",
               tmp_path / "t", "--json", out).exit_code == 0
    assert not any(n["records"] for n in json.loads(out.read_text())["numbers"])
    assert code(run("figures", "recompute", path, out)) == "ACC-101"


def test_a_file_that_holds_no_table_is_refused(tmp_path):
    path, out = programme(tmp_path), tmp_path / "x.json"
    out.write_text(json.dumps({"treaty": "apmbc", "year": 2025}))
    told = run("figures", "recompute", path, out, "--as", "authority")
    assert code(told) == "FIG-001"


# --- between the work and its release ------------------------------------------------------------


def test_the_days_between_the_last_work_and_a_release_are_said_and_added_to_nothing(tmp_path):
    def work(n, day, **said):
        return revision("activity", n, {"activity_type": "clearance", "started_on": day,
                                        "ended_on": day, **said}, shapely.Point(-40, 20))

    def outcome(n, day, **said):
        return revision("outcome", n, {"outcome_type": "cleared", "decided_on": day, **said},
                        square(n))

    path = kept(tmp_path, [
        hazard(1, square(0)), work(1, date(2025, 3, 1), hazard="hazard-1"),
        work(2, date(2025, 3, 11), hazard="hazard-1"), work(3, date(2025, 5, 1)),
        work(4, date(2025, 9, 1), hazard="hazard-1"),  # after the release: of other work
        outcome(1, date(2025, 3, 31), hazard="hazard-1"),
        outcome(2, date(2025, 5, 31), activity="activity-3"),
        outcome(3, date(2025, 7, 1)), outcome(4, date(2025, 1, 1), hazard="hazard-1")])
    with open_registry(str(path)) as registry:
        assert release_lags(registry) == [20, 30]
        said = release_note(registry, policy.view("planner"))
        assert "30 days" in said or "20 days" in said
        assert "2 releases" in said and "nothing is added" in said
        assert "say how long they take" in release_note(registry, policy.view())  # so few
