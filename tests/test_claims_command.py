"""CLM: `claims check` from the command line: files as people have them, a registry, roles."""

import json
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.apps import cli
from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.figures.claims_read import columns_of
from landrelease.records.claims import read_claims
from landrelease.store.open import create_registry, open_registry

CLEARED = shapely.box(17.0, 44.0, 17.01, 44.01)
HAZARD = shapely.box(17.02, 44.0, 17.03, 44.01)
CLEARED_HA = geodesic_area_m2(CLEARED) / 1e4


@pytest.fixture
def run(monkeypatch, capsys, tmp_path):
    def call(*words):
        monkeypatch.setattr(sys, "argv", ["landrelease", *map(str, words)])
        try:
            cli.main()
            status = 0
        except SystemExit as stop:
            status = 0 if stop.code is None else int(stop.code)
        out, err = capsys.readouterr()
        return status, out, err
    return call


@pytest.fixture
def verdicts(run, tmp_path):
    def call(text, *more, name="claims.csv"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        out = tmp_path / "out.json"
        status, said, err = run("claims", "check", path, "--json", out, *more)
        return status, json.loads(out.read_text()) if out.exists() else None, said + err
    return call


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    path = tmp_path_factory.mktemp("claims") / "r.gpkg"
    made = create_registry(str(path), office="Synthetic office")
    at = datetime(2026, 1, 5, 8, tzinfo=UTC)

    def revision(kind, n, values, shape=None, day=date(2025, 6, 1)):
        return Revision(kind=kind, record_id=f"{kind}-{n}", recorded_at=at, recorded_by="test",
                        reason="test", source="", valid_from=day, validation="entered",
                        values=values, geometry=shape)

    made.append([
        revision("administrative_area", 1, {"name": "Alpha", "level": 1},
                 shapely.box(16.9, 43.9, 17.2, 44.2)),
        revision("hazard", 1, {"hazard_type": "CHA", "status": "open"}, HAZARD,
                 date(2025, 1, 1)),
        *(revision("hazard", n, {"hazard_type": "SHA", "status": "open"},
                   shapely.box(17.04, 44.0 + n / 100, 17.05, 44.005 + n / 100), date(2025, 1, 1))
          for n in range(2, 6)),
        revision("outcome", 1, {"outcome_type": "cleared", "depth_m": 0.13}, CLEARED),
        revision("claim", 1, {"claim_source": "A", "published_on": "2025-07-01", "as_of":
                              "2025-07-01", "scope": "Alpha", "metric": "cleared area",
                              "value": 900.0, "unit": "ha", "words": "900 ha cleared"}),
    ])
    made.close()
    return path


HEAD = "source,published,as_of,scope,metric,value,unit,words\n"


def test_the_example_runs_and_says_that_there_are_findings(run, tmp_path):
    assert run("claims", "example", tmp_path / "c.csv")[0] == 0
    status, said, _ = run("claims", "check", tmp_path / "c.csv", "--json", tmp_path / "o.json")
    entries = json.loads((tmp_path / "o.json").read_text())
    assert status == 1 and "total_falls" in said and len(entries) == 33
    assert all(set(e) >= {"claim", "verdict", "codes", "reasons"} for e in entries)
    assert entries[0]["claim"]["metric"] == "cleared area"


def test_a_claim_is_set_beside_our_figure(verdicts, registry):
    status, found, _ = verdicts(
        HEAD + f"A,2025-07-01,2025-07-01,Alpha,cleared area,{CLEARED_HA:.1f},ha,\n"
        f"A,2025-07-01,2025-07-01,all,cleared area,{2 * CLEARED_HA:.1f},ha,\n"
        "A,2025-07-01,2025-07-01,Beta,cleared area,5,ha,\n"
        "A,2024-07-01,2024-07-01,all,cleared area,5,ha,\n",
        "--registry", registry, "--as", "planner")
    assert status == 1
    assert [e["verdict"] for e in found] == ["agrees", "differs", "cannot_be_checked",
                                             "cannot_be_checked"]
    assert found[1]["codes"] == ["differs_from_ours"] and "+100.0%" in found[1]["reasons"][0]
    assert found[0]["ours"]["chain_head"] and found[0]["ours"]["as_of"] == "2025-07-01"
    # Before the outcome was so, nothing is reported: that is not zero (S12).
    assert found[3]["ours"] is None


@pytest.mark.parametrize(("metric", "value", "verdict"), [
    ("cleared area", "10,000", "differs"), ("cleared area", "1000", "differs"),
    ("cleared area", "90", "agrees"), ("cleared area", "20", "differs")])
def test_a_round_number_far_from_ours_differs(verdicts, registry, metric, value, verdict):
    assert 88 < CLEARED_HA < 90
    _, found, _ = verdicts(
        HEAD + f'A,2025-07-01,2025-07-01,Alpha,{metric},"{value}",ha,\n'
        "A,2025-07-01,2025-07-01,Alpha,minefields,10,,\n"
        "A,2025-07-01,2025-07-01,Alpha,minefields,5,,\n",
        "--registry", registry, "--as", "planner")
    assert [e["verdict"] for e in found] == [verdict, "differs", "agrees"]


def test_a_claim_of_an_area_is_set_beside_the_figure_of_that_area(verdicts, registry):
    _, found, _ = verdicts(
        HEAD + f"A,2025-07-01,2025-07-01,Alpha,released area,{CLEARED_HA:.1f},ha,\n"
        f"A,2025-07-01,2025-07-01,Alpha municipality,cleared area,{CLEARED_HA:.1f},ha,\n"
        "A,2025-07-01,2025-07-01,općina Alpha,released area,9000,ha,\n"
        "A,2025-07-01,2025-07-01,Alpha,items found,5,items,\n",
        "--registry", registry, "--as", "planner")
    assert [e["verdict"] for e in found] == ["agrees", "agrees", "differs", "cannot_be_checked"]
    assert found[0]["ours"]["id"].startswith("released_m2:")
    assert "for the whole programme, not for Alpha" in " ".join(found[3]["reasons"])


def test_safety_S14_who_may_not_see_a_figure_is_not_told_it_by_a_claim(verdicts, tmp_path):
    with create_registry(str(tmp_path / "one.gpkg"), office="Synthetic office") as made:
        made.append([Revision(
            kind="hazard", record_id="hazard-1", recorded_at=datetime(2026, 1, 5, 8, tzinfo=UTC),
            recorded_by="test", reason="test", source="", valid_from=date(2025, 1, 1),
            validation="entered", values={"hazard_type": "CHA", "status": "open"},
            geometry=HAZARD)])
    text = HEAD + "A,2025-07-01,2025-07-01,all,suspected area,5,ha,\n"
    _, seen, _ = verdicts(text, "--registry", tmp_path / "one.gpkg", "--as", "planner")
    _, unseen, _ = verdicts(text, "--registry", tmp_path / "one.gpkg")  # one record: too few
    area = geodesic_area_m2(HAZARD)
    assert seen[0]["ours"]["value"] == pytest.approx(area) and seen[0]["verdict"] == "differs"
    assert unseen[0]["ours"] is None and unseen[0]["verdict"] == "cannot_be_checked"
    assert f"{area / 1e4:.1f}" not in json.dumps(unseen)


def test_recorded_claims_are_checked_without_a_file(run, registry, tmp_path):
    out = tmp_path / "o.json"
    status, _, _ = run("claims", "check", "--registry", registry, "--as", "planner", "--json", out)
    (entry,) = json.loads(out.read_text())
    assert status == 1 and entry["verdict"] == "differs"
    assert entry["claim"]["record"] == "claim-1"
    status, _, err = run("claims", "check", "--registry", registry)
    assert status == 2 and "ACC-101" in err


@pytest.mark.parametrize(("text", "verdict", "code"), [
    ("Metric;Value;Unit\ncleared area;55,2;ha\n", "cannot_be_checked", "date_missing"),
    (HEAD + "A,2025-01-01,2025-01-01,X,cleared area,five hundred,ha,\n", "cannot_be_checked",
     "value_unreadable"),
    (HEAD + "A,2025-01-01,2025-01-01,X\n", "cannot_be_checked", "value_missing"),
    (HEAD + "A,2025-01-01,2025-01-01,X\n", "cannot_be_checked", "row_damaged"),
    (HEAD + "A,2025-01-01,2025-01-01,X,cleared area,5,ha,,more\n", "cannot_be_checked",
     "row_damaged"),
    (HEAD + '"A,2025-01-01,2025-01-01,X,cleared area,5,ha,\n', "cannot_be_checked",
     "row_damaged"),
    (HEAD + 'A,2025-01-01,2025-01-01,X,cleared area,5,ha,"so\n'
     "A,2025-01-01,2025-01-01,X,cleared area,6,ha,\n", "cannot_be_checked", "row_damaged"),
    (HEAD + "A,not a day,,X,cleared area,5,ha,\n", "cannot_be_checked", "date_unreadable"),
    (HEAD + "A,2025-01-01,2025-01-01,X,happiness,5,,\n", "cannot_be_checked", "metric_unknown"),
])
def test_a_messy_file_gives_a_finding_a_row_and_no_crash(verdicts, text, verdict, code):
    status, found, said = verdicts(text)
    assert "Traceback" not in said and status == 0
    assert found[0]["verdict"] == verdict and code in found[0]["codes"]


def test_words_left_out_at_the_end_of_a_row_damage_nothing(verdicts):
    _, found, _ = verdicts(HEAD + "A,2025-01-01,2025-01-01,X,cleared area,5,ha\n")
    assert found[0]["codes"] == []


@given(st.text(alphabet='ab5,;"\n\r\t= .\x00é', max_size=60))
@settings(max_examples=60, deadline=None)
def test_whatever_a_file_holds_it_is_read_or_refused_as_a_whole(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "claims.csv"
        path.write_text("value,metric,unit\n" + text, encoding="utf-8", newline="")
        try:
            table = read_claims(path, columns_of)
        except LandReleaseError:
            return
    assert all(1 <= n <= len(table.rows) and words for n, words in table.problems.items())


def test_a_file_that_is_no_table_of_claims_says_what_is_missing(verdicts):
    status, _, said = verdicts("colour,size\nred,5\n")
    assert status == 2 and "CLM-001" in said and "colour" in said


@pytest.mark.parametrize("head", ["value,value", "value, Value ,VALUE", "metric,value,metric"])
def test_a_column_that_is_there_twice_is_refused_in_words(verdicts, head):
    if head.startswith("metric"):
        text = f"{head},unit\ncleared area,10,found area,ha\n"
    else:
        text = f"metric,{head},unit\ncleared area{',10' * len(head.split(','))},ha\n"
    status, found, said = verdicts(text)
    assert status == 2 and found is None and "CLM-003" in said and "more than once" in said


def test_a_fault_of_our_figures_is_told_and_not_taken_for_no_records(
        verdicts, registry, monkeypatch):
    from landrelease.errors import GRID_SETTING
    from landrelease.workflows import figures

    def broken(*_, **__):
        raise LandReleaseError(GRID_SETTING, name="x", found="y", expected="z")

    monkeypatch.setattr(figures, "all_figures", broken)
    status, found, said = verdicts(HEAD + "A,2025-07-01,2025-07-01,Alpha,cleared area,5,ha,\n",
                                   "--registry", registry, "--as", "planner")
    assert status != 0 and found is None and GRID_SETTING.code in said


def test_nothing_to_check_says_so(run, tmp_path):
    assert run("claims", "check")[0] == 2
    made = create_registry(str(tmp_path / "empty.gpkg"), office="x")
    made.close()
    status, _, err = run("claims", "check", "--registry", tmp_path / "empty.gpkg", "--as",
                         "planner")
    assert status == 2 and "CLM-002" in err


# --- claims as officials write them, and more of ours beside them --------------------------------


def test_imported_claims_keep_what_their_words_leave_open(run, tmp_path):
    path = tmp_path / "claims.csv"
    path.write_text(
        "claim_source,published_on,as_of,scope,metric,value,unit,words\n"
        "A,2025-07-01,2025-07-01,all,explosive items destroyed,\"~26,000\",items,\n"
        "A,2025-08-01,2025-08-01,all,explosive items destroyed,about 550 thousand,items,\n"
        "A,2025-08-01,2025-08-01,all,deminers,>10 000,people,\n"
        "A,2025-08-01,2025-08-01,all,machines,20-25,machines,\n"
        "A,2025-08-01,2025-08-01,all,teams,12,teams,\n"
        "A,2025-08-01,2025-08-01,all,accidents,many,,\n", encoding="utf-8")
    address = tmp_path / "r.gpkg"
    assert run("init", address)[0] == 0
    run("import", path, "--kind", "claim", "--into", address, "--quiet")
    with open_registry(str(address)) as opened:
        kept = {r.values["metric"] + r.values["as_of"]: r.values for r in opened.records("claim")}
        waiting = opened.quarantine("waiting")
    assert len(kept) == 5 and len(waiting) == 1 and "many" in str(waiting[0])
    items = kept["explosive items destroyed2025-07-01"]
    assert (items["value"], items["value_said"], items["value_bound"]) == (
        26_000, "~26,000", "about")
    assert kept["explosive items destroyed2025-08-01"]["value"] == 550_000
    assert kept["deminers2025-08-01"]["value_bound"] == "at_least"
    machines = kept["machines2025-08-01"]
    assert (machines["value_low"], machines["value_high"]) == (20, 25)
    assert "value_said" not in kept["teams2025-08-01"]
    out = tmp_path / "o.json"
    run("claims", "check", "--registry", address, "--as", "planner", "--json", out)
    read_ = {(e["claim"]["metric"], e["claim"]["as_of"]): e["read"]
             for e in json.loads(out.read_text())}
    first = read_["explosive items destroyed", "2025-07-01"]
    assert first["low"] < 26_000 < first["high"]
    assert read_["machines", "2025-08-01"]["low"] == 20


def test_money_shares_people_and_promised_ends_stand_beside_ours(verdicts, registry, tmp_path):
    from landrelease.core.outlook import Outlook
    from landrelease.store.results import save_outlook

    path = tmp_path / "more.gpkg"
    path.write_bytes(Path(registry).read_bytes())
    at = datetime(2026, 2, 1, 8, tzinfo=UTC)
    with open_registry(str(path)) as made:
        made.append([
            Revision(kind=kind, record_id=name, recorded_at=at, recorded_by="test", reason="test",
                     source="", valid_from=date(2025, 6, 1), validation="entered", values=values,
                     geometry=shape) for kind, name, values, shape in (
                ("fund", "f1", {"amount": 1000.0, "currency": "USD", "fund_status": "received",
                                "received_on": date(2025, 3, 1)}, None),
                ("expense", "e1", {"amount": 400.0, "currency": "USD", "expense_status": "paid",
                                   "paid_on": date(2025, 4, 1)}, None),
                *(("accident", f"a{n}", {"accident_class": "ordnance_accident", "victims": 3,
                                         "killed_men": 1, "injured_women": 2},
                   shapely.Point(17.02, 44.0)) for n in range(3)))])
    forecast = tmp_path / "forecast.json"
    days = np.linspace(400, 900, 100)
    save_outlook(forecast, Outlook(
        date(2125, 1, 1), 10_000.0, days, days * 10, "USD", np.array([0.1, 0.5, 0.9]),
        np.array([0.0, 900.0]), np.zeros((3, 2)), 1.0, (), 1, "a rule"), "head")
    hazardous = 0.0
    with open_registry(str(path)) as opened:
        from landrelease.access import policy
        from landrelease.workflows import figures
        ours = {f.id: f.value for f in figures.all_figures(
            opened, policy.view("planner"), figures.At(date(2025, 7, 1))).figures}
    hazardous = ours["hazardous_m2"]
    share = 100 * ours["cleared_m2"] / (ours["cleared_m2"] + hazardous)
    status, found, _ = verdicts(
        HEAD + "A,2025-07-01,2025-07-01,all,funds received,1000,USD,\n"
        "A,2025-07-01,2025-07-01,all,money spent,900,USD,\n"
        "A,2025-07-01,2025-07-01,all,budget,900,USD,\n"
        f"A,2025-07-01,2025-07-01,all,share of the suspected area cleared,{share:.1f},%,\n"
        f"A,2025-07-01,2025-07-01,all,share of the suspected area cleared,{share / 2:.1f},%,\n"
        "B,2025-07-01,2025-07-01,all,people killed by mines,3,people,\n"
        "B,2025-07-01,2025-07-01,all,people injured by mines,60,people,\n"
        "C,2025-07-01,2025-07-01,all,promised end,2125-12-31,,\n"
        "D,2025-07-01,2025-07-01,all,promised end,2127-01-31,,\n"
        "E,2025-01-01,2025-01-01,all,promised end,2025-07-01,,\n",
        "--registry", path, "--as", "planner", "--forecast", forecast)
    assert status == 1
    assert [e["verdict"] for e in found] == [
        "agrees", "differs", "cannot_be_checked", "agrees", "differs", "agrees", "differs",
        "differs", "agrees", "differs"]
    # That day has passed: what our records held then says whether it came true.
    assert found[9]["ours"]["value"] == hazardous and "has passed" in found[9]["reasons"][0]
    assert found[1]["ours"]["value"] == 400 and "differs_from_ours" in found[1]["codes"]
    assert found[3]["ours"]["denominator"]
    assert found[7]["ours"]["chance"] == 0.0 and "80 % of them" in " ".join(found[7]["reasons"])


def test_people_are_set_beside_the_residents_of_the_place(verdicts, tmp_path):
    path = tmp_path / "people.gpkg"
    with create_registry(str(path), office="Synthetic office") as made:
        made.append([
            Revision(kind, name, said, shape, datetime(2025, 6, 1, tzinfo=UTC), "test", "why", "")
            for kind, name, said, shape in (
                ("administrative_area", "w", {"name": "West", "level": 1},
                 shapely.box(17, 44, 18, 45)),
                ("administrative_area", "e", {"name": "East", "level": 1},
                 shapely.box(18, 44, 19, 45)),
                ("settlement", "s1", {"name": "Upper", "population": 300},
                 shapely.Point(17.5, 44.5)),
                ("settlement", "s2", {"name": "Lower", "population": 100},
                 shapely.Point(17.6, 44.5)),
                ("settlement", "s3", {"name": "Mill"}, shapely.Point(18.5, 44.5)))])
    rows = [("West", "beneficiaries", 900), ("West", "beneficiaries", 100),
            ("Upper, West", "returnees", 301), ("Upper, West", "returnees", 900),
            ("East", "beneficiaries", 900), ("all", "people reached", 9000),
            ("Upper", "population", 300), ("Upper", "residents", 500),
            ("West", "residents", 400), ("all", "residents", 5000), ("Nowhere", "women", 10)]
    status, found, _ = verdicts(
        HEAD + "".join(f"S{n},2025-07-01,2025-07-01,\"{scope}\",{metric},{count},people,\n"
                       for n, (scope, metric, count) in enumerate(rows)),
        "--registry", path, "--as", "planner")
    assert status == 1
    own = [{c for c in e["codes"] if c in ("people_exceed_residents", "differs_from_ours")}
           for e in found]
    over = {"people_exceed_residents"}
    assert own == [over, set(), set(), over, set(), set(), set(), {"differs_from_ours"}, set(),
                   set(), set()]
    text = [" ".join(e["reasons"]) for e in found]
    assert "community records report 400 residents there (2 records)" in text[0]
    assert "That is 25.0% of the 400 residents" in text[1]
    assert all("report no population" in text[n] for n in (4, 5, 9))
    assert "1 of 1 communities there" in text[4] and "1 of 3 communities there" in text[5]
    assert found[0]["verdict"] == "differs"


def test_safety_S12_a_registry_without_land_proves_no_end_of_work(verdicts, tmp_path):
    create_registry(str(tmp_path / "none.gpkg"), office="Synthetic office").close()
    status, found, _ = verdicts(
        HEAD + "A,2025-01-01,2025-01-01,all,promised end,2025-07-01,,\n"
        "A,2025-01-01,2025-01-01,all,remaining area,0,ha,\n",
        "--registry", tmp_path / "none.gpkg", "--as", "planner")
    assert status == 0 and [e["verdict"] for e in found] == ["cannot_be_checked"] * 2
    assert all("which is not none" in " ".join(e["reasons"]) for e in found)


def test_residents_are_set_beside_residents_and_money_that_lacks_a_rate_beside_nothing(
        verdicts, tmp_path):
    at = datetime(2026, 1, 5, 8, tzinfo=UTC)

    def revision(kind, n, values, shape=None):
        return Revision(kind=kind, record_id=f"{kind}-{n}", recorded_at=at, recorded_by="test",
                        reason="test", source="", valid_from=date(2025, 1, 1), values=values,
                        geometry=shape)

    def paid(n, amount, currency):
        return revision("expense", n, {"amount": amount, "currency": currency, "phase": "demining",
                                       "paid_on": date(2025, 2, 1)})

    with create_registry(str(tmp_path / "m.gpkg"), office="Synthetic office") as made:
        made.append([
            *(revision("hazard", n, {"hazard_type": "CHA", "status": "open"},
                       shapely.box(17.04, 44.0 + n / 100, 17.05, 44.005 + n / 100))
              for n in range(1, 5)),
            *(revision("person", n, {"organisation": "A"}) for n in range(1, 5)),
            *(revision("settlement", n, {"name": f"S{n}", "population": 500},
                       shapely.Point(17.0 + n / 100, 44.0)) for n in range(1, 4)),
            paid(1, 100.0, "EUR"), paid(2, 20.0, "EUR"), paid(3, 20.0, "EUR"),
            paid(4, 1_000_000.0, "CHF"),
            *(revision("fund", n, {"amount": 700.0, "currency": "EUR", "fund_status": "received",
                                   "received_on": date(2025, 1, 5), "phase": "demining"})
              for n in range(1, 4))])
    text = (HEAD + "A,2025-06-10,2025-06-10,all,residents,1502,people,\n"
            "A,2025-06-10,2025-06-10,all,deminers,4,people,\n"
            "A,2025-06-10,2025-06-10,all,women,4,people,\n"
            "A,2025-06-10,2025-06-10,all,money spent,140,EUR,\n"
            "A,2025-06-10,2025-06-10,all,money received,2100,EUR,\n")
    _, found, _ = verdicts(text, "--registry", tmp_path / "m.gpkg", "--as", "authority")
    assert [e["verdict"] for e in found] == ["agrees", "agrees", "cannot_be_checked",
                                             "cannot_be_checked", "agrees"]
    assert found[0]["ours"]["id"] == "residents"
    assert any("CHF" in reason for reason in found[3]["reasons"])
