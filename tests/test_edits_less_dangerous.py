"""An edit takes the place of what waits only where it is no less dangerous; else both wait."""

from datetime import UTC, datetime, timedelta

import pytest

import release_world as world
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import imports, operating, quarantine, sharing
from landrelease.workflows.credit import without_credit
from test_openrosa import A, B, item, take, waits
from test_phone_decides_nothing import meta, passes, registry
from test_release import propose

__all__ = ["registry"]


@pytest.fixture
def file(tmp_path):
    create_registry(tmp_path / "f.gpkg", office="Travnik").close()
    with open_registry(tmp_path / "f.gpkg") as made:
        yield made


def found(instance, category="ap_mine", count="2", on="2026-09-01", replaces="", end=""):
    said = item("item-1", instance, quantity=count, found_on=on, replaces=replaces, end=end)
    return said.replace(b"ap_mine", category.encode())


EDITS = [
    ({}, True), ({"count": "3"}, True), ({"on": "2026-09-02"}, True),
    ({"category": "none_found"}, False), ({"category": "small_arms_ammunition"}, False),
    ({"category": "av_mine"}, False), ({"count": "1"}, False), ({"count": "few"}, False),
    ({"on": "2020-09-01"}, False)]


@pytest.mark.parametrize(("change", "holds"), EDITS, ids=lambda v: str(v))
@pytest.mark.parametrize("first", [True, False], ids=["in order", "the edit first"])
def test_safety_S11_an_edit_that_says_less_of_a_find_takes_none_off(file, change, holds, first):
    late = found(A, end="2091-01-01T10:00:00Z")
    edit = found(B, **change, replaces=A)
    take(file, *((late, edit) if first else (edit, late)))
    take(file, edit, late)
    assert (A in [w[0] for w in waits(file, "item")]) is not holds
    if not holds:
        assert (A, "item-1", "FRM-022") in waits(file, "item")
    assert not file.audit()


@pytest.mark.parametrize(("change", "holds"), EDITS, ids=lambda v: str(v))
def test_safety_S11_a_sound_find_that_comes_after_a_harmless_edit_waits_beside_it(
        file, change, holds):
    take(file, found(B, **change, replaces=A), found(A), found(A))
    if change.get("count") == "few":  # the edit waits: the first is the only one on record
        assert [i.values["quantity"] for i in file.records("item")] == [2]
    else:
        assert ((A, "item-1", "FRM-022") in waits(file, "item")) is not holds


def test_safety_S12_an_edit_of_about_five_to_one_takes_none_off(file):
    take(file, found(A, count="ca. 5"), found(B, count="1", replaces=A))
    assert [w[0] for w in waits(file, "item")] == [A]


def test_what_nobody_could_read_is_what_an_edit_mends(file):
    """A harmless word is no mending of a find whose kind nobody could read."""
    take(file, found(A, count="several"), found(B, replaces=A))
    assert not file.quarantine()
    take(file, item("item-2", "uuid:0000000D").replace(b"ap_mine", b"a grey thing"))
    take(file, item("item-2", "uuid:0000000E", replaces="uuid:0000000D").replace(
        b"ap_mine", b"none_found"))
    assert [w[0] for w in waits(file, "item")] == ["uuid:0000000D"]


def inspection(instance, result, items, replaces="", late=True, task="t-h1-1"):
    end = "<end>2091-01-01T10:00:00Z</end>" if late else ""
    place = "44.0 17.0 0 3; 44.0 17.001 0 3; 44.001 17.001 0 3; 44.001 17.0 0 3; 44.0 17.0 0 3"
    return f"""<landrelease_inspection id="landrelease_inspection">{end}<inspection>
      <identifier>insp-1</identifier><inspected_on>2026-04-12</inspected_on>
      <inspection_type>sampling</inspection_type><task>{task}</task>
      <visit_refused>no</visit_refused><lot_size>400</lot_size><sample_size>180</sample_size>
      <items_found>{items}</items_found><result>{result}</result><place>{place}</place>
      </inspection>{meta(instance, replaces)}</landrelease_inspection>""".encode()


@pytest.mark.parametrize(("result", "items", "task", "holds"), [
    ("accepted", "0", "t-h1-1", False), ("rejected", "0", "t-h1-1", False),
    ("accepted", "1", "t-h1-1", False), ("rejected", "1", "elsewhere", False),
    ("rejected", "2", "t-h1-1", True)])
def test_a_rejected_inspection_that_waits_goes_on_waiting_after_a_milder_edit(
        file, result, items, task, holds):
    take(file, inspection(A, "rejected", "1"),
         inspection(B, result, items, A, late=False, task=task))
    assert bool([w for w in waits(file, "inspection") if w[0] == A]) is not holds


def test_a_rejected_inspection_that_comes_after_its_milder_edit_waits(file):
    take(file, inspection(B, "accepted", "0", A, late=False), inspection(A, "rejected", "1"))
    assert waits(file, "inspection") == [(A, "insp-1", "FRM-022")]


def gate(instance, word, replaces="", late=True, team="team-a", day="2026-04-10"):
    end = "<end>2091-01-01T10:00:00Z</end>" if late else ""
    checks = "".join(f"<{c}>passed</{c}>" for c in (
        "medic", "ambulance", "communications", "weather", "threat", "closures", "accreditation",
        "detector_test"))
    return f"""<landrelease_gate id="landrelease_gate">{end}<gate><identifier>gate-1</identifier>
      <day>{day}</day><checked_at>2026-04-10T04:00:00Z</checked_at><task>t-h1-1</task>
      <team>{team}</team><briefing>{word}</briefing>{checks}
      <result>passed</result></gate>{meta(instance, replaces)}</landrelease_gate>""".encode()


@pytest.mark.parametrize(("word", "team", "day", "shut"), [
    ("failed", "team-a", "2026-04-10", True), ("faild", "team-a", "2026-04-10", True),
    ("failed", " TEAM-A", "2026-04-10", True), ("failed", "nobody knows", "2026-04-10", True),
    ("passed", "team-a", "2026-04-10", False), ("failed", "team-a", "2026-04-11", False)])
def test_safety_S08_a_failed_gate_that_waits_shuts_the_gate_of_its_day(
        registry, word, team, day, shut):
    assert passes(registry)[0]
    take(registry, gate(A, word, team=team, day=day))
    assert registry.quarantine() and passes(registry) == (not shut, ["briefing"] * shut)
    if shut:  # a person decides
        for entry in registry.quarantine():
            quarantine.reject_quarantined(registry, entry.number, "a wrong phone")
        assert passes(registry) == (True, [])


@pytest.fixture
def comes(registry, monkeypatch):
    """Says on which day rows come in; those of the day itself by default."""
    def on(day):
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        monkeypatch.setattr(registry, "_now", lambda: at)
    on(world.DAY)
    return on


@pytest.mark.parametrize(("day", "word", "shut"), [
    ("the tenth", "failed", True), ("", "failed", True), ("2026-13-45", "faild", True),
    ("the tenth", "passed", False)])
def test_safety_S08_a_failure_whose_day_nobody_can_read_shuts_every_day_until_it_is_mended(
        registry, comes, day, word, shut):
    take(registry, gate(A, word, day=day))
    assert registry.quarantine() and passes(registry) == (not shut, ["briefing"] * shut)
    (seen,) = operating.gate_of(registry, sharing.reader_of(registry, "authority"), "t-h1-1",
                                world.DAY)
    (check,) = (c for c in seen.checks if c.name == "briefing")
    assert ("nobody can read its day" in check.reason) is shut
    assert any(r.startswith("quarantine-") for r in check.records) is shut
    for entry in registry.quarantine():
        quarantine.reject_quarantined(registry, entry.number, "a wrong phone")
    assert passes(registry) == (True, [])


def imported(registry, tmp_path, kind, head, row):
    path = tmp_path / f"{kind}.csv"
    path.write_text(f"{head}\n{row}\n")
    imports.import_files(registry, [path], kind=kind)
    assert [e.row.kind for e in registry.quarantine()] == [kind]


@pytest.mark.parametrize(("day", "result", "team", "shut"), [
    ("the tenth", "failed", "team-a", True), ("2026-04-10", "failed", "team-a", True),
    ("the tenth", "faild", "team-a", True), ("2026-04-11", "failed", "team-a", False),
    ("declined", "failed", "team-a", True), ("refused", "failed", "team-a", True),
    ("the tenth", "passed", "team-a", False)])
def test_safety_S08_a_failed_test_of_a_detector_that_waits_shuts_its_day(
        registry, comes, tmp_path, day, result, team, shut):
    imported(registry, tmp_path, "detector", "id,team,tested_on,test_result,test_depth_m",
             f"d9,{team},{day},{result},deep")
    assert passes(registry) == (not shut, ["detector_test"] * shut)


@pytest.mark.parametrize(("since", "until", "place", "shut"), [
    ("soon", "", "POLYGON((17 44,17.01 44,17.01 44.01,17 44.01,17 44))", True),
    ("2026-04-09T00:00:00Z", "?", "POLYGON((17 44,17.01 44,17.01 44.01,17 44.01,17 44))", True),
    ("soon", "", "POLYGON((18 44,18.01 44,18.01 44.01,18 44.01,18 44))", False),
    ("2026-04-12T00:00:00Z", "?", "POLYGON((17 44,17.01 44,17.01 44.01,17 44.01,17 44))", False)])
def test_safety_S08_a_closure_that_waits_shuts_its_ground(
        registry, comes, tmp_path, since, until, place, shut):
    imported(registry, tmp_path, "closure", "id,closed_from,closed_until,geometry",
             f'c9,{since},{until},"{place}"')
    assert passes(registry) == (not shut, ["closures"] * shut)


HERE = "POLYGON((17 44,17.01 44,17.01 44.01,17 44.01,17 44))"
UNDATED = [("gate", "id,task,team,day,briefing", "g9,t-h1-1,team-a,the tenth,failed", "briefing"),
           ("gate", "id,gate_type,day", "g9,evacuation,the tenth", "evacuation"),
           ("detector", "id,team,tested_on,test_result", "d9,team-a,the tenth,failed",
            "detector_test"),
           ("closure", "id,closed_from,geometry", "c9,soon,", "closures"),
           ("closure", "id,closed_from,geometry", f'c9,soon,"{HERE}"', "closures")]


@pytest.mark.parametrize(("kind", "head", "row", "check"), UNDATED)
@pytest.mark.parametrize(("came", "shut"), [
    (-400, True), (0, True), (60, True), (61, False), (230, False)])
def test_safety_S08_a_row_of_which_nobody_can_read_the_day_reaches_back_as_far_as_may_be_meant(
        registry, comes, tmp_path, kind, head, row, check, came, shut):
    """It shuts its day, days to come, and those before of which it may be: not all earlier work."""
    comes(world.DAY + timedelta(days=came))
    imported(registry, tmp_path, kind, head, row)
    assert passes(registry) == (not shut, [check] * shut)
    unproven = without_credit(registry, registry.records("outcome"))
    assert bool(unproven) is shut
    (entry,) = registry.quarantine()
    assert all(f"row {entry.number} in quarantine" in why for why in unproven.values())


def test_safety_S08_an_edit_takes_no_failed_gate_off_that_waits(registry):
    take(registry, gate(A, "failed"), gate(B, "passed", A, late=False))
    assert [w[0] for w in waits(registry, "gate")] == [A]
    assert passes(registry) == (False, ["briefing"])
    model = propose(registry)
    assert any("gate_credit" in line for line in model.blocking)


def test_safety_S08_a_gate_that_waits_passes_nothing(registry):
    other = gate(A, "passed").replace(b"2026-04-10", b"2026-04-11")
    take(registry, other)
    from datetime import date

    from landrelease.workflows import operating, sharing

    (seen,) = operating.gate_of(registry, sharing.reader_of(registry, "authority"), "t-h1-1",
                                date(2026, 4, 11))
    assert not seen.passed
    assert {c.state for c in seen.checks if c.name == "briefing"} == {"not_reported"}
