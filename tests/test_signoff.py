"""Sign-off on a real registry, and the commands about who, from the command line."""

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.apps.cli import app
from landrelease.core.kind import ValidationLevel
from landrelease.core.revision import Chain, Revision, StoredRevision, link
from landrelease.core.signature import SigningKey
from landrelease.errors import LandReleaseError
from landrelease.store import layout
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import checkpoints, identities

AT = datetime(2027, 5, 1, 8, tzinfo=UTC)
GROUND = shapely.box(17, 44, 17.1, 44.1)
FAR = "b" * 32
INSIDE = ("--as", "administrator")


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("LANDRELEASE_KEYS", str(tmp_path / "keys"))
    monkeypatch.delenv("LANDRELEASE_PASSPHRASE", raising=False)


@pytest.fixture
def registry(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as made:
        yield made


@pytest.fixture(params=["geopackage", "postgis"])
def either(request, tmp_path):
    """A registry in each of the two stores."""
    address = tmp_path / "r.gpkg" if request.param == "geopackage" else \
        request.getfixturevalue("postgres_address")
    with create_registry(address, office="A") as made:
        yield made


def hazard(record_id="h1", status="open", hours=1, **more):
    return Revision("hazard", record_id, {"status": status}, more.pop("ground", GROUND),
                    AT + timedelta(hours=hours), "landrelease test", "why", "", **more)


def person(registry, folder, name, **more):
    more.setdefault("role", "authority")
    made = identities.create_identity(registry, folder / f"{name}.pem", name=name, by="Office",
                                      now=AT, **more)
    return made.person, identities.read_key(folder / f"{name}.pem", more.get("passphrase"))


def from_far(registry, *revisions):
    """Revisions that another office's package brought."""
    stored, head = [], "0" * 64
    for n, revision in enumerate(revisions, 1):
        stored.append(StoredRevision(n, revision, head, link(head, revision.canonical()), FAR, n))
        head = stored[-1].hash
    receipt = Revision("source", f"source:{'d' * 64}", {
        "sha256": "d" * 64, "chain": FAR, "first_position": 1, "last_position": len(stored),
        "last_hash": head}, None, AT + timedelta(hours=20), "landrelease test", "package", "")
    registry.admit(Chain(FAR, "B", "0" * 64, 1, len(stored), head, False), stored, receipt=receipt)
    return stored


def test_levels_go_up_and_a_withdrawal_says_why(registry):
    registry.append([hazard()])
    levels = ("operator", "operations", "information_management")
    for n, level in enumerate(levels, 2):
        identities.sign_off(registry, ["h1", "h1"], level, reason="", by="Ana",
                            now=AT + timedelta(hours=n))
        (record,) = registry.records("hazard")
        assert record.validation == level and record.geometry.equals(GROUND)
    with pytest.raises(LandReleaseError, match=r"SIG-010.*--reason"):
        identities.sign_off(registry, ["h1"], "entered", reason=" ", by="Ana")
    (last,) = identities.sign_off(registry, ["h1"], "entered", reason="wrong sheet", by="Ana")
    assert last.revision.reason == "wrong sheet"
    assert len(registry.history("h1")) == 5 and registry.audit() == []


def test_a_record_that_is_unknown_stops_the_whole_sign_off(registry):
    registry.append([hazard()])
    with pytest.raises(LandReleaseError, match="CLI-106"):
        identities.sign_off(registry, ["h1", "h2"], "operator", reason="", by="Ana")
    assert registry.count() == 1


def test_what_counts_is_a_choice_of_level(registry):
    levels: list[ValidationLevel] = ["entered", "operator", "operations",
                                     "information_management", "authority"]
    registry.append([hazard(f"h{n}", validation=level) for n, level in enumerate(levels)])
    records = registry.records("hazard")
    for n, level in enumerate(levels):
        assert [r.id for r in identities.at_level(records, level)] == [
            f"h{m}" for m in range(n, 5)]


def test_no_sign_off_while_offices_disagree(registry, tmp_path):
    _, key = person(registry, tmp_path, "Ana")
    registry.append([hazard()])
    first = registry.history("h1")[0].hash
    from_far(registry, hazard(status="worked_on", hours=2, follows=(first,)))
    registry.append([replace(hazard(status="suspended", hours=3), follows=(first,))])
    assert registry.contested() == ["h1"]
    with pytest.raises(LandReleaseError, match="SIG-011"):
        identities.sign_off(registry, ["h1"], "authority", reason="", key=key)


def test_safety_S09_imported_decisions_that_nobody_signed_are_left_out(registry):
    registry.append([hazard(status="handed_over"),
                     Revision("outcome", "o1", {"outcome_type": "cleared", "method": "manual"},
                              GROUND, AT, "landrelease import", "import", "")])
    (closed,) = identities.standing_records(registry, "hazard")
    assert closed.value("status") == "not_reported" and closed.geometry.equals(GROUND)
    (cleared,) = identities.standing_records(registry, "outcome")
    assert identities.doubts(registry, "outcome") == {"o1": "nobody signed it"}
    assert cleared.value("outcome_type") == "not_reported" and cleared.values["method"] == "manual"


def test_safety_S01_ground_that_came_with_an_unsigned_closing_stays_hazardous(registry):
    more = shapely.box(17.1, 44, 17.2, 44.1)
    registry.append([hazard()])
    registry.append([hazard(status="closed", hours=2, ground=more)])
    (stands,) = identities.standing_records(registry, "hazard")
    assert stands.value("status") == "open" and stands.geometry.covers(GROUND.union(more))


def test_safety_S09_many_records_stand_as_one_by_one(registry, monkeypatch):
    registry.append([hazard(f"h{n}") for n in range(6)])
    registry.append([hazard(f"h{n}", "closed", 2) for n in range(0, 6, 2)])
    singly = identities.standing_records(registry, "hazard")
    monkeypatch.setattr(identities, "_PIECE", 2)
    assert identities.standing_records(registry, "hazard") == singly
    assert {r.values["status"] for r in singly} == {"open"}


def test_safety_S09_of_a_signed_revision_any_change_in_the_file_is_found(registry, tmp_path):
    """Also where whoever changed it wrote all hashes anew."""
    _, key = person(registry, tmp_path, "Ana")
    registry.append([hazard()])
    closing = identities.signed(hazard(status="closed", hours=2), key,
                                identities.owner(registry, key), registry.tips("h1"))
    registry.append([closing])
    assert identities.standing_records(registry, "hazard")[0].values["status"] == "closed"
    db = sqlite3.connect(tmp_path / "r.gpkg")
    layout.register_functions(db)
    wider = shapely.to_wkb(shapely.box(17, 44, 17.3, 44.3), byte_order=1)
    number = db.execute("SELECT max(number) FROM revision").fetchone()[0]
    for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' "
                              "AND tbl_name = 'revision'").fetchall():
        db.execute(f"DROP TRIGGER {name}")
    before = registry.history("h1")[-1]
    forged = replace(before.revision, geometry=shapely.from_wkb(wider))
    db.execute("UPDATE revision SET geometry = ?, hash = ? WHERE number = ?",
               (wider, link(before.previous_hash, forged.canonical()), number))
    db.execute("UPDATE setting SET value = ? WHERE name = 'head'",
               (link(before.previous_hash, forged.canonical()),))
    db.commit()
    db.close()
    (verdict,) = identities.verdicts(registry, "h1").values()
    assert verdict.standing == "unverified" and "does not fit" in verdict.reason
    assert identities.standing_records(registry, "hazard")[0].values["status"] == "open"


def test_safety_S17_a_file_is_erased_and_the_audit_stays_clean(either, tmp_path):
    path = tmp_path / "areas.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "geometry": shapely.geometry.mapping(GROUND),
         "properties": {"id": "H-1", "telephone": "+387 555"}},
        {"type": "Feature", "geometry": None,
         "properties": {"id": "H-2", "telephone": "+387 556"}}]}))
    (report,) = workflows.import_files(either, [path], kind="hazard")
    assert (report.accepted, report.quarantined) == (1, 1)
    identities.erase_source(either, report.source, by="Ana", reason="held telephone numbers")
    with pytest.raises(LandReleaseError):
        either.source_content(report.source)
    (entry,) = either.quarantine()
    assert "556" not in str(entry.row.values) and either.audit() == []
    decision = either.history(f"source:{report.source}")[-1].revision
    assert decision.reason == "erased: held telephone numbers"
    assert either.name_of(decision.recorded_by) == "Ana"
    with pytest.raises(LandReleaseError, match="STO-012"):
        identities.erase_source(either, "0" * 64, by="Ana", reason="x")


def test_safety_S09_the_whole_way_in_each_store(either, tmp_path):
    """A key, a vouched second one, an unsigned and a signed closing, a revocation, an erasure."""
    first, ana = person(either, tmp_path, "Ana", contact="+387 555")
    second, bo = person(either, tmp_path, "Bo")
    either.append([hazard()])

    def status():
        return identities.standing_records(either, "hazard")[0].values["status"]

    either.append([hazard(status="closed", hours=2)])
    assert status() == "open"
    closing = identities.signed(hazard(status="closed", hours=3), bo, second, either.tips("h1"))
    either.append([closing])
    assert status() == "open"  # nobody vouched for Bo
    identities.vouch(either, second, ana, since=AT.date(), now=AT + timedelta(hours=4))
    assert status() == "closed"
    with pytest.raises(LandReleaseError, match="STO-024"):
        either.append([closing])
    identities.revoke(either, second, by="Ana", reason="stolen", now=AT + timedelta(days=1),
                      last_day=(AT - timedelta(days=1)).date())
    assert status() == "open"  # stolen before it signed
    held = checkpoints.make(either, tmp_path / "c.json", ana, AT + timedelta(days=2))
    assert checkpoints.compare(either, [held]) == []
    assert identities.erase_person(either, first, by="Bo", reason="asked") == 3
    assert either.name_of(first) == "erased person" and either.audit() == []
    assert checkpoints.compare(either, [held]) == []  # erasing changes no chain


def test_safety_S09_personal_values_do_not_come_with_a_signed_revision(either, tmp_path):
    """Their commitments would stand in it without being signed."""
    _, key = person(either, tmp_path, "Ana")
    seen = Revision("evidence", "e1", {"says": "contaminated"}, None, AT, "x", "seen", "")
    count = either.count()
    with pytest.raises(LandReleaseError, match=r"STO-010.*a revision of their own"):
        either.append([identities.sign_revision(either, seen, key)],
                      personal={"e1": {"informant": "Zlatan"}})
    assert either.count() == count and either.personal("e1") == []
    either.append([seen], personal={"e1": {"informant": "Zlatan"}})
    either.append([identities.sign_revision(either, seen, key)])
    assert identities.verdicts(either, "e1")[either.tips("e1")[0]].standing == "verified"


def test_a_key_is_made_once_and_a_new_one_after_its_end(registry, tmp_path):
    who, _ = person(registry, tmp_path, "Ana")
    second, key = person(registry, tmp_path, "Bo")
    with pytest.raises(LandReleaseError, match="SIG-007"):
        identities.create_identity(registry, tmp_path / "again.pem", name="Ana", by="x", now=AT)
    assert not (tmp_path / "again.pem").exists()
    with pytest.raises(LandReleaseError, match="CLI-104"):  # no key file is written over
        identities.create_identity(registry, tmp_path / "Ana.pem", name="Cy", by="x", now=AT)
    with pytest.raises(LandReleaseError, match="SIG-009"):
        identities.vouch(registry, who, key, now=AT)
    ana = identities.read_key(tmp_path / "Ana.pem", None)
    identities.vouch(registry, second, ana, may_vouch=True, now=AT)
    identities.revoke(registry, who, by="Bo", reason="lost", now=AT + timedelta(days=2))
    later = AT + timedelta(days=3)
    made = identities.create_identity(registry, tmp_path / "new.pem", name="Ana", by="Bo",
                                      now=later)
    assert made.person == who and made.key_until is None
    assert made.standing.startswith("unverified")
    with pytest.raises(LandReleaseError, match="SIG-008"):
        identities.vouch(registry, who, key, fingerprint_seen="0000", now=later)
    trusted = identities.vouch(registry, who, key, fingerprint_seen=made.fingerprint.upper(),
                               now=later)
    assert trusted.standing == f"counts; vouched for by {second}"
    assert registry.audit() == []


# --- the command line --------------------------------------------------------------------------


def run(*words, status=0, enter=None):
    result = CliRunner().invoke(app, [str(w) for w in words], input=enter)
    if isinstance(result.exception, LandReleaseError):
        assert status == str(result.exception)[1:8], result.exception
        return str(result.exception)
    assert result.exit_code == status, result.output
    return result.output


def test_from_the_first_key_to_a_signed_record_and_an_erased_person(tmp_path, monkeypatch):
    path, key, other = tmp_path / "r.gpkg", tmp_path / "a.pem", tmp_path / "b.pem"
    run("init", path, "--office", "A")
    with open_registry(path) as registry:
        registry.append([hazard()])
    secret = "four words are long"
    said = run("identity", "new", path, key, "--name", "Ana", "--role", "authority",
               enter=f"{secret}\n{secret}\n")
    assert "first key of this office" in said and secret not in said
    assert b"ENCRYPTED" in key.read_bytes()
    run("identity", "new", path, other, "--name", "Bo", status="SIG-012", enter="short\nshort\n")
    assert not other.exists()
    run("identity", "new", path, other, "--name", "Bo", "--no-passphrase")
    said = run("identity", "list", path, *INSIDE, "--json", tmp_path / "list.json")
    assert "unverified: nobody vouched" in said
    assert "Ana" not in said and "Bo" not in said  # names stand in `landrelease personal`
    with open_registry(path) as registry:
        listed = {registry.name_of(i["person"]): i
                  for i in json.loads((tmp_path / "list.json").read_text())}
    run("identity", "vouch", path, "Bo", "--key", key, "--fingerprint", "1234", status="SIG-008",
        enter=f"{secret}\n")
    run("identity", "vouch", path, "Bo", "--key", key, "--fingerprint",
        listed["Bo"]["fingerprint"], status="SIG-002", enter="wrong words\n")
    monkeypatch.setenv("LANDRELEASE_PASSPHRASE", secret)
    said = run("identity", "vouch", path, "Bo", "--key", key, "--fingerprint",
               listed["Bo"]["fingerprint"], "--role", "planner")
    assert f"vouched for by {listed['Ana']['person']}" in said and "role planner" in said

    assert "(unverified)" in run("sign-off", path, "h1", "--level", "operator", "--by", "Cy")
    said = run("sign-off", path, "h1", "--level", "authority", "--by", "Cy", status=1)
    assert "unsigned" in said
    said = run("sign-off", path, "h1", "--level", "authority", "--key", other, status=1)
    assert "decided by authority; the role that was vouched for is planner" in said
    run("identity", "vouch", path, "Bo", "--key", key, "--fingerprint",
        listed["Bo"]["fingerprint"], "--role", "authority")
    monkeypatch.delenv("LANDRELEASE_PASSPHRASE")
    said = run("sign-off", path, "h1", "--level", "authority", "--key", other)
    assert "authority by Bo verified" in said
    run("sign-off", path, "h1", "--level", "operator", "--by", "Cy", status="SIG-010")

    run("checkpoint", path, tmp_path / "c.json")
    run("checkpoint", path, tmp_path / "d.json", "--key", other)
    said = run("audit", path, *INSIDE, "--checkpoint", tmp_path / "c.json", "--checkpoint",
               tmp_path / "d.json")
    assert "signed by Bo" in said and "the office A" in said and "unchanged" in said
    said = run("audit", path, "--as", "public", "--checkpoint", tmp_path / "d.json")
    assert "Bo" not in said and "a key that is known here" in said  # names are for the programme
    monkeypatch.setenv("LANDRELEASE_KEYS", str(tmp_path / "elsewhere"))
    said = run("audit", path, *INSIDE, "--checkpoint", tmp_path / "c.json", "--json",
               tmp_path / "f.json", status=1)
    assert "not known here" in said
    assert [f["code"] for f in json.loads((tmp_path / "f.json").read_text())] == ["STO-117"]

    said = run("identity", "revoke", path, "Bo", "--reason", "left")
    assert "counts up to" in said
    who = listed["Bo"]["person"]
    assert "erased" in run("identity", "erase", path, who, "--reason", "asked", "--by", "Ana")
    with open_registry(path) as registry:
        assert registry.name_of(who) == "erased person"
    # Revoked to the day before: what it signed today, a checkpoint too, does not count any more.
    assert "STO-117" in run("audit", path, *INSIDE, "--checkpoint", tmp_path / "d.json", status=1)
    with open_registry(path) as registry:
        assert registry.audit() == []


def test_safety_S17_somebody_who_only_recorded_something_is_erased_by_name(tmp_path):
    path = tmp_path / "r.gpkg"
    run("init", path, "--office", "A")
    with open_registry(path) as registry:
        registry.append([hazard()])
    run("sign-off", path, "h1", "--level", "operator", "--by", "Zlatan Unmistakable")
    run("identity", "erase", path, "Nobody", "--reason", "asked", status="SIG-005")
    run("identity", "erase", path, "Zlatan Unmistakable", "--reason", "asked")
    with open_registry(path) as registry:
        assert registry.name_of(registry.history("h1")[-1].revision.recorded_by) == "erased person"
        assert registry.audit() == []
    assert b"Unmistakable" not in path.read_bytes()


def test_a_key_file_that_is_none_is_called_so(tmp_path):
    path = tmp_path / "r.gpkg"
    run("init", path, "--office", "A")
    (tmp_path / "note.txt").write_text("no key")
    for file, code in (("note.txt", "SIG-001"), ("missing.pem", "SIG-004"), (".", "SIG-004")):
        run("checkpoint", path, tmp_path / "c.json", "--key", tmp_path / file, status=code)
        assert not (tmp_path / "c.json").exists()


def test_a_cut_registry_is_found_from_the_command_line(tmp_path):
    path, cut = tmp_path / "r.gpkg", tmp_path / "cut.gpkg"
    run("init", path, "--office", "A")
    with open_registry(path) as registry:
        registry.append([hazard()])
        registry.backup(cut)
        registry.append([hazard(hours=2)])
    run("checkpoint", path, tmp_path / "c.json")
    assert "unchanged" in run("audit", path, *INSIDE, "--checkpoint", tmp_path / "c.json")
    assert "unchanged" in run("audit", cut, *INSIDE)  # alone it fits itself
    assert "STO-113" in run("audit", cut, *INSIDE, "--checkpoint", tmp_path / "c.json", status=1)


def test_the_office_key_is_for_its_owner_only(tmp_path):
    path = tmp_path / "r.gpkg"
    run("init", path, "--office", "A")
    run("checkpoint", path, tmp_path / "c.json")
    (key,) = (tmp_path / "keys").iterdir()
    assert key.stat().st_mode & 0o077 == 0
    assert isinstance(identities.read_key(key, None), SigningKey)
    assert key.read_bytes() not in path.read_bytes()


def test_safety_S09_figures_that_rest_on_unsigned_releases_say_so(tmp_path) -> None:
    with create_registry(tmp_path / "r.gpkg", office="o") as registry:
        registry.append([
            Revision("hazard", "h", {"status": "open"}, shapely.box(17, 44, 17.1, 44.1),
                     datetime(2026, 1, 1, tzinfo=UTC), "landrelease import", "import", ""),
            Revision("outcome", "outcome-1", {"outcome_type": "cleared"},
                     shapely.box(17.2, 44, 17.3, 44.1), datetime(2026, 1, 1, tzinfo=UTC),
                     "landrelease import", "import", ""),
            Revision("settlement", "settlement-1", {"name": "A", "population": "declined"},
                     shapely.Point(17.05, 44.05), datetime(2026, 1, 1, tzinfo=UTC),
                     "landrelease import", "import", "")])
        land = workflows.load_land(registry, workflows.load_assumptions())
        figures = {f.id: f for f in workflows.make_figures(land, workflows.make_ledger(land))}
    assert land.unverified == {"outcome-1"}
    assert land.settlements[0].population is None  # declined is no number (S12)
    for name in ("cleared_m2", "released_m2"):
        assert figures[name].value and figures[name].note.startswith("(unverified) 1 of 1 records")
    assert "unverified" not in figures["hazardous_m2"].note
