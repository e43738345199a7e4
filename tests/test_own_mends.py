"""Who may not decide on rows that wait mends one's own rows, and mends no danger away."""

import dataclasses
from datetime import date

import pytest
import shapely

from landrelease.access import policy
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import mending, own_imports, quarantine

OPERATOR, PLANNER = policy.view("operator"), policy.view("planner")
FIELD = "POLYGON((17.2 44.2,17.21 44.2,17.21 44.21,17.2 44.21,17.2 44.2))"


WIDER = FIELD.replace("44.21", "44.22")


@pytest.fixture
def registry(tmp_path):
    create_registry(tmp_path / "f.gpkg", office="Travnik").close()
    with open_registry(tmp_path / "f.gpkg") as made:
        yield made


def brought(registry, folder, kind, text):
    """The number of the row of a file of one row, which waits."""
    path = folder / f"{kind}.csv"
    path.write_text(text)
    done = own_imports.bring_in(registry, OPERATOR, path, folder / "t.csv", folder / "l.jsonl",
                                kind=kind, crs="EPSG:4326", recorded_by="one of the operator")
    (number,) = done["waiting"]
    return number


def hazard(registry, folder):
    return brought(registry, folder, "hazard", "identifier,hazard_type,status,geometry\n"
                   f'L1,rumour!,open,"{FIELD}"\n')


def mine(registry, folder):
    return brought(registry, folder, "item", "identifier,ordnance_category,found_on,quantity,"
                   "latitude,longitude\nX1,ap_mine_blast,2026-06-01,several,44.005,17.005\n")


def mend(registry, number, reader=OPERATOR, **changes):
    return own_imports.mend(registry, reader, [number], number, changes, decided_by="one")


def stays(registry, number):
    return [e.number for e in registry.quarantine() if e.number == number] == [number]


@pytest.mark.parametrize("changes", [
    {"geometry": "POLYGON((17.9 44.9,17.901 44.9,17.901 44.901,17.9 44.9))"},
    {"geometry": "POLYGON((17.2 44.2,17.21 44.2,17.21 44.201,17.2 44.2))"},
    {"status": "closed"}])
def test_safety_S01_an_operator_moves_no_waiting_hazard_away(registry, tmp_path, changes):
    number = hazard(registry, tmp_path)
    left = mend(registry, number, hazard_type="SHA", **changes)
    assert [f.code for f in left if f.fate == "quarantined"] == ["ROW-045"]
    assert stays(registry, number) and not registry.ids("hazard")
    assert shapely.from_wkt(FIELD).equals(shapely.from_wkt(
        quarantine.quarantine_entry(registry, number).row.values["geometry"]))
    assert not mend(registry, number, PLANNER, hazard_type="SHA", **changes)
    assert registry.ids("hazard") and not stays(registry, number) and not registry.audit()


def test_an_operator_mends_what_keeps_the_hazard(registry, tmp_path):
    number = hazard(registry, tmp_path)
    wider = "POLYGON((17.19 44.19,17.22 44.19,17.22 44.22,17.19 44.22,17.19 44.19))"
    assert not mend(registry, number, hazard_type="SHA", geometry=wider)
    assert not registry.quarantine() and registry.ids("hazard") == {"L1"}


@pytest.mark.parametrize(("changes", "holds"), [
    ({}, True), ({"found_on": "2026-06-02"}, True), ({"ordnance_category": "none_found"}, False),
    ({"ordnance_category": "small_arms_ammunition"}, False), ({"found_on": "2020-06-01"}, False),
    ({"latitude": "44.9"}, False)], ids=str)
@pytest.mark.parametrize("way", ["one", "many"])
def test_safety_S11_an_operator_mends_no_waiting_mine_to_nothing(
        registry, tmp_path, changes, holds, way):
    number = mine(registry, tmp_path)
    changes = {"quantity": "1", **changes}
    if way == "one":
        mend(registry, number, **changes)
    else:
        mending.mend_many(registry, mending.of_import(registry, OPERATOR, [number]), [number],
                          changes, decided_by="one")
    assert stays(registry, number) is not holds and bool(registry.ids("item")) is holds
    if not holds:
        assert mending.mend_many(registry, mending.of_reader(registry, PLANNER), [number],
                                 changes, decided_by="two")[0].status == "accepted"


def test_safety_S01_a_row_that_would_go_as_one_on_record_waits(registry, tmp_path):
    """Made alike to a record that is somewhere else, a waiting row would be gone."""
    import release_world as world

    world.record(registry, "item", "item-Y", shapely.Point(17.9, 44.9), identifier="Y",
                 ordnance_category="ap_mine_blast", found_on=date(2026, 6, 1), quantity=1)
    number = mine(registry, tmp_path)
    mend(registry, number, identifier="Y", quantity="1", latitude="44.9", longitude="17.9")
    assert stays(registry, number)


def test_safety_S08_an_operator_grants_no_permit_by_a_file(registry, tmp_path):
    number = brought(registry, tmp_path, "permit", "identifier,holder_organisation,state,geometry\n"
                     f'P1,Org A,Granted,"{FIELD}"\n')
    assert not registry.ids("permit")
    assert [f.code for f in registry.quarantine()[0].row.findings] == ["ROW-046"]
    mend(registry, number)
    assert stays(registry, number) and not registry.ids("permit")
    assert not mend(registry, number, PLANNER)
    assert registry.records("permit")[0].values["state"] == "granted"


def office_said(registry, kind, **values):
    """A record as the office left it."""
    import release_world as world

    values = {"identifier": "P1", "information_date": date(2026, 4, 1), **values}
    shape = None if kind == "accreditation" else shapely.from_wkt(FIELD)
    world.record(registry, kind, f"{kind}-P1", shape, **values)


def taken_in(registry, folder, kind, text, reader=OPERATOR, name="later.csv"):
    path = folder / name
    path.write_text(text)
    return own_imports.bring_in(registry, reader, path, folder / "t.csv", folder / "l.jsonl",
                                kind=kind, crs="EPSG:4326", recorded_by="one of the operator")


@pytest.mark.parametrize("state", ["granted", "refused", "withdrawn"])
@pytest.mark.parametrize("text", [
    f'identifier,holder_organisation,state,geometry\nP1,Org A,requested,"{FIELD}"\n',
    f'identifier,holder_organisation,geometry\nP1,Org A,"{FIELD}"\n',
    f'identifier,holder_organisation,state,geometry\nP1,Org A,{{state}},"{WIDER}"\n'],
    ids=["asked again", "unsaid", "wider"])
def test_safety_S08_a_file_of_an_operator_takes_no_decision_of_the_office_back(
        registry, tmp_path, state, text):
    """As no phone does (FRM-025); a person takes it, or the office brings it in."""
    text = text.replace("{state}", state)
    office_said(registry, "permit", holder_organisation="Org A", state=state)
    before = registry.history("permit-P1")
    done = taken_in(registry, tmp_path, "permit", text)
    assert registry.history("permit-P1") == before and len(done["waiting"]) == 1
    codes = {f.code for f in registry.quarantine()[0].row.findings if f.fate == "quarantined"}
    assert codes == {"ROW-046" if f",{state}," in text and state == "granted" else "ROW-048"}
    (number,) = done["waiting"]
    mend(registry, number)
    assert stays(registry, number) and registry.history("permit-P1") == before
    assert not mend(registry, number, PLANNER) and len(registry.history("permit-P1")) == 2
    assert not registry.audit()


def test_a_file_of_an_operator_goes_on_where_nobody_decided(registry, tmp_path):
    ask = ("identifier,holder_organisation,state,purpose,geometry\n"
           f'P1,Org A,requested,%s,"{FIELD}"\n')
    for n, purpose in enumerate(("water", "wood", "wood")):
        done = taken_in(registry, tmp_path, "permit", ask % purpose, name=f"{n}.csv")
        assert not done["waiting"]
    assert registry.records("permit")[0].values["purpose"] == "wood"
    assert len(registry.history("permit-P1")) == 2
    taken_in(registry, tmp_path, "permit", ask % "water", name="0.csv")  # the first file again
    assert len(registry.history("permit-P1")) == 2
    refused = ask.replace("requested", "refused") % "wood"  # the office's own file
    assert not taken_in(registry, tmp_path, "permit", refused, PLANNER, "office.csv")["waiting"]
    assert taken_in(registry, tmp_path, "permit", ask % "water, again", name="9.csv")["waiting"]
    assert registry.records("permit")[0].values["state"] == "refused"


def test_safety_S08_no_row_is_mended_to_the_name_of_what_was_decided(registry, tmp_path):
    office_said(registry, "permit", holder_organisation="Org A", state="refused")
    text = f'identifier,holder_organisation,state,geometry\nP2,Org A,perhaps,"{FIELD}"\n'
    (number,) = taken_in(registry, tmp_path, "permit", text)["waiting"]
    left = mend(registry, number, identifier="P1", state="requested")
    assert "ROW-045" in {f.code for f in left} and stays(registry, number)
    assert registry.records("permit")[0].values["state"] == "refused"


@pytest.mark.parametrize(("kind", "values", "later"), [
    ("accreditation", {"accreditation_status": "withdrawn", "accredited_organisation": "Org A"},
     "identifier,accredited_organisation,accreditation_status\nP1,Org A,requested\n"),
    ("handover", {"handover_status": "revoked", "hazard": "h1"},
     "identifier,hazard,handover_status,information_date\nP1,h1,planned,2026-04-01\n")])
def test_safety_S08_nor_what_was_withdrawn_or_revoked(registry, tmp_path, kind, values, later):
    office_said(registry, kind, **values)
    assert taken_in(registry, tmp_path, kind, later)["waiting"]
    assert len(registry.history(f"{kind}-P1")) == 1
    assert "ROW-048" in {f.code for f in registry.quarantine()[0].row.findings}


def test_safety_S09_what_the_office_gave_a_level_waits_for_it(registry, tmp_path):
    text = "identifier,name,organisation\nP1,%s,Org A\n"
    for level, waits in (("operator", 0), ("operations", 1)):
        taken_in(registry, tmp_path, "team", text % level, PLANNER, f"{level}.csv")
        revision = registry.history("team-P1")[-1].revision
        registry.append([dataclasses.replace(revision, validation=level, reason="looked at")])
        done = taken_in(registry, tmp_path, "team", text % f"not {level}", name=f"n{level}.csv")
        assert len(done["waiting"]) == waits
        assert done["reports"][0]["codes"][0]["code"] == ("ROW-048" if waits else "ROW-015")


@pytest.mark.parametrize("said", [
    "C1,suspicion,closed", "C1,compensation,open", "C2,suspicion,Closed"])
def test_safety_S15_an_operators_file_deals_with_no_complaint(registry, tmp_path, said):
    import release_world as world
    from landrelease.workflows.cautions import reported_danger

    world.record(registry, "complaint", "complaint-C1", shapely.Point(17.6, 44.3), identifier="C1",
                 complaint_type="suspicion", complaint_status="open", description="a mine",
                 information_date=date(2026, 5, 4))
    before = reported_danger(registry)
    assert len(before) == 1
    number = brought(registry, tmp_path, "complaint",
                     "identifier,complaint_type,complaint_status,description,latitude,"
                     f"longitude\n{said},a mine,44.3,17.6\n")
    assert "ROW-047" in [f.code for f in registry.quarantine()[0].row.findings]
    mend(registry, number)
    assert stays(registry, number)
    assert registry.records("complaint")[0].values["complaint_status"] == "open"
    assert before[0] in reported_danger(registry)
