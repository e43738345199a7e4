"""What only a person who may decide can say is no answer of a phone: it waits, changes nothing."""

from datetime import date

import pytest
import shapely

import release_world as world
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import identities, imports, operating, public, quarantine, sharing
from test_openrosa import A, B, C, survey, take
from test_release import release

AROUND = shapely.box(16.99, 43.99, 17.02, 44.02)


@pytest.fixture
def registry(tmp_path):
    """A cleared field, the gate of which had passed; the office has no word on who may enter."""
    create_registry(tmp_path / "r.gpkg", office="Travnik").close()
    with open_registry(tmp_path / "r.gpkg") as made:
        made.keep_setting("utc_offset_hours", "2")
        ana, _ = world.keys(made, tmp_path)
        world.programme(made)
        world.accreditation(made, ana)
        world.hazard(made, "h1", world.FIELD)
        world.cleared(made, "h1", world.FIELD)
        yield made


def meta(instance, replaces=""):
    old = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    return f"<meta><instanceID>{instance}</instanceID>{old}</meta>"


def permit(instance, state, replaces="", said=True):
    word = f"<state>{state}</state>" if said else ""
    return f"""<landrelease_permit id="landrelease_permit"><permit>
      <identifier>permit-1</identifier><holder_organisation>Org A</holder_organisation>
      <information_date>2026-04-01</information_date>
      <valid_from_time>2026-04-01T00:00:00Z</valid_from_time>
      <valid_until_time>2026-05-01T00:00:00Z</valid_until_time>{word}
      <place>43.99 16.99 0 3; 43.99 17.02 0 3; 44.02 17.02 0 3; 44.02 16.99 0 3; 43.99 16.99 0 3
      </place></permit>{meta(instance, replaces)}</landrelease_permit>""".encode()


def passes(registry):
    """Whether the gate of the day passes, and which of its checks do not."""
    (gate,) = operating.gate_of(registry, sharing.reader_of(registry, "authority"), "t-h1-1",
                                world.DAY)
    return gate.passed, [c.name for c in gate.checks if c.state != "passed"]


def codes(registry, kind):
    return [[f.code for f in e.row.findings if f.fate == "quarantined"]
            for e in registry.quarantine() if e.row.kind == kind]


def test_safety_S08_a_phone_grants_itself_no_permit(registry):
    assert passes(registry) == (True, [])
    world.record(registry, "permit", "permit-permit-1", AROUND, holder_organisation="Org A",
                 state="refused", identifier="permit-1", information_date=date(2026, 4, 1))
    take(registry, permit(A, "granted"), permit(B, "granted", A))
    assert passes(registry) == (False, ["permits"])
    assert registry.records("permit")[0].values["state"] == "refused"
    (entry,) = registry.quarantine()
    assert entry.row.values["instanceID"] == B  # the edit says all of the first again
    (finding,) = (f for f in entry.row.findings if f.code == "FRM-024")
    assert finding.field == "state" and all(word in finding.problem for word in (
        "landrelease_permit", "state is granted", "requested"))
    for change in ({}, {"state": "Granted "}, {"state": "refused"}):  # nor does a second look
        assert quarantine.retry_quarantined(registry, entry.number, change).quarantined == 1
    assert passes(registry) == (False, ["permits"]) and not registry.audit()


def test_safety_S08_an_edit_grants_nothing_and_what_was_asked_for_stands(registry):
    take(registry, permit(A, "requested"))
    assert not codes(registry, "permit") and passes(registry) == (False, ["permits"])
    take(registry, permit(B, "granted", A))
    assert codes(registry, "permit") == [["FRM-024"]] and passes(registry) == (False, ["permits"])
    (asked,) = registry.records("permit")
    assert asked.values["state"] == "requested" and len(registry.history(asked.id)) == 1
    (entry,) = registry.quarantine()
    report = quarantine.retry_quarantined(registry, entry.number, {"state": "requested"})
    assert not report.quarantined and not registry.quarantine()
    assert passes(registry) == (False, ["permits"])


def test_safety_S09_an_unsaid_state_grants_nothing_either(registry):
    take(registry, permit(A, "", said=False))
    assert passes(registry) == (False, ["permits"])


def test_safety_S09_an_export_of_the_form_is_held_to_the_same(registry, tmp_path):
    path = tmp_path / "landrelease_permit.csv"
    path.write_text(
        "permit-identifier,permit-holder_organisation,permit-information_date,permit-state,"
        "permit-place,KEY\n"
        f"permit-1,Org A,2026-04-01,granted,43.99 16.99 0 3; 43.99 17.02 0 3; 44.02 17.02 0 3; "
        f"43.99 16.99 0 3,{A}\n"
        f"permit-2,Org A,2026-04-01,requested,43.99 16.99 0 3; 43.99 17.02 0 3; 44.02 17.02 0 3; "
        f"43.99 16.99 0 3,{B}\n")
    imports.import_files(registry, [path])
    assert codes(registry, "permit") == [["FRM-024"]]
    assert [p.values["state"] for p in registry.records("permit")] == ["requested"]


# --- what the office said of a record stands ---------------------------------------------------


def decided(registry, folder, how, state="refused"):
    """What the office says of the permit that the phone asks for."""
    if how == "by a file":
        path = folder / "permits.csv"
        path.write_text("identifier,holder_organisation,information_date,state,geometry\n"
                        f'permit-1,Org A,2026-04-01,{state},"{AROUND.wkt}"\n')
        imports.import_files(registry, [path], kind="permit", crs="EPSG:4326")
    else:
        world.record(registry, "permit", "permit-permit-1", AROUND, holder_organisation="Org A",
                     state=state, identifier="permit-1", information_date=date(2026, 4, 1))
    (found,) = registry.records("permit")
    assert found.values["state"] == state
    return found


@pytest.mark.parametrize("how", ["by hand", "by a file"])
@pytest.mark.parametrize("state", ["refused", "granted"])
@pytest.mark.parametrize("known", [True, False], ids=["asked before", "first"])
def test_safety_S08_a_new_submission_takes_no_decision_of_the_office_back(
        registry, tmp_path, how, state, known):
    if known:
        take(registry, permit(A, "requested"))
    before = decided(registry, tmp_path, how, state)
    take(registry, permit(B, "requested"), permit(B, "requested"))
    (after,) = registry.records("permit")
    assert after.values == before.values
    (entry,) = registry.quarantine()
    (finding,) = (f for f in entry.row.findings if f.fate == "quarantined")
    assert entry.row.values["instanceID"] == B and finding.code == "FRM-025"
    assert "permit-permit-1" in finding.problem
    # A person may take what the phone says.
    assert quarantine.retry_quarantined(registry, entry.number, {}).accepted == 1
    assert registry.records("permit")[0].values["state"] == "requested" and not registry.audit()


def test_what_has_a_level_of_the_office_waits_for_a_person_as_well(registry, tmp_path):
    take(registry, survey(A, 1, 2))
    identities.sign_off(registry, ["hazard-1"], "operations", reason="looked at",
                        key=identities.read_key(tmp_path / "ana.pem", None))
    take(registry, survey(B, 1, 2).replace(b"SHA", b"CHA"))
    assert codes(registry, "hazard") == [["FRM-025"], ["FRM-027"]]
    assert {r.id: r.values["hazard_type"] for r in registry.records("hazard")
            if r.id != "h1"} == {"hazard-1": "SHA", "hazard-2": "SHA"}


def test_what_a_person_mended_waits_for_a_person_as_well(registry):
    take(registry, survey(A, 1).replace(b"SHA", b"sure"))
    (entry,) = registry.quarantine()
    assert quarantine.retry_quarantined(registry, entry.number, {"hazard_type": "CHA"}).accepted
    take(registry, survey(B, 1))
    assert codes(registry, "hazard") == [["FRM-025"]]
    assert [r.values["hazard_type"] for r in registry.records("hazard") if r.id != "h1"] == ["CHA"]


def test_safety_S01_what_a_new_submission_says_of_a_released_area_waits_and_counts(
        registry, tmp_path):
    ana = identities.read_key(tmp_path / "ana.pem", None)
    world.hazard(registry, "H2", world.OTHER)
    world.cleared(registry, "H2", world.OTHER)
    for name in ("h1", "H2"):
        world.inspection(registry, name, ana)
        release(registry, tmp_path, ana, name)
    closed = registry.history("H2")

    def told():
        place = world.OTHER.centroid.coords[0]
        return public.ask_spot(public.VIEWS.of(registry), *place, 0).answer.told

    assert told() == "released"
    take(registry, survey(A, 1).replace(b"hazard-1", b"H2").replace(b"44.1", b"44.0").replace(
        b"17.5", b"17.01"))
    assert codes(registry, "hazard") == [["FRM-025"]] and told() == "hazardous"
    assert registry.history("H2") == closed


def test_another_submission_under_the_same_identifier_puts_nothing_in_the_place_of_the_first(
        registry):
    """Two phones, or a submission that was copied: they may be two things."""
    take(registry, survey(A, 1), survey(B, 1).replace(b"SHA", b"CHA"))
    assert codes(registry, "hazard") == [["FRM-027"]]
    (entry,) = registry.quarantine()
    assert all(word in f.problem for f in entry.row.findings if f.code == "FRM-027"
               for word in ("hazard-1", A))

    def types():
        return {r.id: r.values["hazard_type"] for r in registry.records("hazard") if r.id != "h1"}

    assert types() == {"hazard-1": "SHA"}
    take(registry, survey(C, 1, 2))  # what says the same waits for nobody
    assert codes(registry, "hazard") == [["FRM-027"]] and types() == {
        "hazard-1": "SHA", "hazard-2": "SHA"}
    assert quarantine.retry_quarantined(registry, entry.number, {}).accepted  # it is the same one
    assert types() == {"hazard-1": "CHA", "hazard-2": "SHA"} and not registry.audit()


@pytest.mark.parametrize("name", ["landrelease_permit.csv", "submission.xml"])
@pytest.mark.parametrize("how", ["by hand", "by a file"])
def test_answers_that_come_as_a_file_take_no_decision_back_either(registry, tmp_path, name, how):
    decided(registry, tmp_path, how)
    path = tmp_path / name
    path.write_bytes(permit(A, "requested") if name.endswith("xml") else (
        "permit-identifier,permit-holder_organisation,permit-information_date,permit-state,"
        "permit-place,KEY\npermit-1,Org A,2026-04-01,requested,43.99 16.99 0 3; 43.99 17.02 0 3; "
        f"44.02 17.02 0 3; 43.99 16.99 0 3,{A}\n").encode())
    imports.import_files(registry, [path])
    of_export = name.endswith("csv") and how == "by hand"
    assert codes(registry, "permit") == [["FRM-020" if of_export else "FRM-025"]]
    assert registry.records("permit")[0].values["state"] == "refused"


def as_files(registry, tmp_path, *contents):
    for n, content in enumerate(contents):
        (tmp_path / f"{n}.xml").write_bytes(content)
        imports.import_files(registry, [tmp_path / f"{n}.xml"])
    return {r.id: r.values["hazard_type"] for r in registry.records("hazard") if r.id != "h1"}


@pytest.mark.parametrize("first", [take, None], ids=["from a phone", "as a file"])
def test_another_submission_that_comes_as_a_file_takes_nobodys_place_either(
        registry, tmp_path, first):
    one, other = survey(A, 1), survey(B, 1).replace(b"SHA", b"CHA")
    if first:
        first(registry, one)
    assert as_files(registry, tmp_path, one, other) == {"hazard-1": "SHA"}
    assert codes(registry, "hazard") == [["FRM-027"]]
    edit = survey(C, 1, replaces=A).replace(b"SHA", b"CHA")
    assert as_files(registry, tmp_path, edit) == {"hazard-1": "CHA"}, "an edit is what it was"
    again = survey("uuid:0000000D", 1, replaces=C).replace(b"2026-05-04", b"2026-05-05")
    assert as_files(registry, tmp_path, again, edit, one) == {"hazard-1": "SHA"}
    assert codes(registry, "hazard") == [["FRM-027"]] and not registry.audit()


@pytest.mark.parametrize("first", [take, None], ids=["from a phone", "as a file"])
@pytest.mark.parametrize("last", [take, None], ids=["to a phone's", "to a file's"])
def test_an_original_that_is_copied_after_its_edit_does_not_replace_it(
        registry, tmp_path, first, last):
    """Where it says more of the ground it waits, and counts."""
    one, edit = survey(A, 1, 2), survey(B, 1, replaces=A).replace(b"SHA", b"CHA")
    one = one.replace(b"44.1 17.501 0 3", b"44.1 17.503 0 3")
    for how, content in ((first, edit), (last, one)):
        if how:
            how(registry, content)
        else:
            as_files(registry, tmp_path, content)
    assert as_files(registry, tmp_path)["hazard-1"] == "CHA"
    assert "FRM-022" in {code for found in codes(registry, "hazard") for code in found}
    assert not registry.audit()


@pytest.mark.parametrize(("form", "kind", "field", "word"), [
    ("handover", "handover", "handover_status", "held"),
    ("progress", "outcome", "outcome_type", "cleared"),
    ("progress", "outcome", "outcome_type", "cancelled"),
    ("nts", "hazard", "status", "closed"), ("nts", "activity", "activity_type", "clearance"),
    ("evacuation", "gate", "gate_type", "start_of_day")])
def test_safety_S09_no_other_word_of_a_decision_comes_from_a_phone(
        registry, form, kind, field, word):
    if form == "nts":
        content = survey(A, 1)
        content = content.replace(b"<status>open", f"<status>{word}".encode()) \
            if field == "status" else content.replace(b"<activity_type>NTS", (
                f"<activity_type>{word}").encode())
    else:
        place = ("44.505 17.505 0 3; 44.505 17.51 0 3; 44.51 17.51 0 3; 44.505 17.505 0 3")
        content = {
            "handover": f"""<handover><identifier>x-1</identifier>
              <handed_over_on>2026-04-10</handed_over_on><hazard>h1</hazard><depth_m>0.2</depth_m>
              <handover_status>{word}</handover_status><place>{place}</place></handover>""",
            "progress": f"""<activity><identifier>x-1</identifier>
              <activity_type>clearance</activity_type>
              <information_date>2026-04-10</information_date><organisation>Org A</organisation>
              <operational_method>manual</operational_method><area_m2>50</area_m2>
              <place>44.505 17.505 0 3</place><outcome><identifier>y-1</identifier>
              <outcome_type>{word}</outcome_type><information_date>2026-04-10</information_date>
              <assets>manual</assets><depth_m>0.2</depth_m><place>{place}</place></outcome>
              </activity>""",
            "evacuation": f"""<gate><identifier>x-1</identifier><gate_type>{word}</gate_type>
              <day>2026-04-10</day><task>t-h1-1</task><team>team-a</team></gate>"""}[form]
        name = f"landrelease_{form}"
        content = f'<{name} id="{name}">{content}{meta(A)}</{name}>'.encode()
    before = {r.id for r in registry.records(kind)}
    take(registry, content)
    assert any("FRM-024" in found for found in codes(registry, kind))
    assert {r.id for r in registry.records(kind)} == before and not registry.audit()
