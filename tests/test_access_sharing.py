"""Redacted copies, areas by word, personal values for a reason, counts that could show one."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime

import pyogrio
import pytest
import shapely

from landrelease.access import policy
from landrelease.core.ledger import Figure, LedgerRow
from landrelease.core.record import KINDS, Field
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import sharing

MOMENT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)


def revision(kind, record, values=None, shape=None, day=None):
    return Revision(kind, record, values or {}, shape, MOMENT, "landrelease test", "test", "", day)


def box(x, y, side=0.004):
    return shapely.box(x, y, x + side, y + side)


@pytest.fixture
def registry(tmp_path):
    made = create_registry(tmp_path / "r.gpkg", office="Test")
    made.append([
        revision("administrative_area", "west", {"name": "West  Town", "identifier": "W1"},
                 shapely.box(17, 44, 17.2, 44.2)),
        revision("administrative_area", "east", {"name": "East"},
                 shapely.box(17.2, 44, 17.4, 44.2)),
        *(revision("hazard", f"h{n}", {"status": "open", "reported_area_m2": 1.0 + n},
                   box(17.02 + 0.05 * n, 44.1)) for n in range(6)),
        revision("outcome", "o1", {"outcome_type": "cleared", "depth_m": 0.2, "method": "manual"},
                 box(17.05, 44.02, 0.01), date(2025, 5, 6)),
        revision("accident", "a1", {"victims": 2}, shapely.Point(17.05, 44.1)),
        revision("settlement", "s1", {"name": "Old Bridge", "population": 120},
                 shapely.Point(17.03, 44.03)),
        revision("road", "r1", {"name": "R"}, shapely.LineString([(17, 44), (17.1, 44)])),
        revision("team", "t1", {"name": "T", "organisation": "Alpha"}),
    ], personal={"a1": {"victim_names": "Somebody Known"}})
    yield made
    made.close()


def reader(registry, role, **scope):
    return sharing.reader_of(registry, role, scope.get("organisation"), scope.get("areas", ()))


def layers_of(path):
    return dict(pyogrio.list_layers(path).tolist())


def columns(path, layer):
    return list(pyogrio.read_info(path, layer=layer)["fields"])


def test_safety_S15_the_publics_copy_has_cells_and_inward_ground_and_no_hazard(registry, tmp_path):
    out = tmp_path / "public.gpkg"
    made = sharing.share(registry, out, reader(registry, None), made_at=MOMENT)
    assert set(layers_of(out)) == {
        "administrative_area", "settlement", "hazard_cells", "municipality_totals", "withheld",
        "about"} == set(made.layers) | {"withheld", "about"}
    assert columns(out, "settlement") == ["record_id", "name", "municipality_name", "population",
                                          "population_year"]
    frame = pyogrio.raw.read(out, layer="hazard_cells")
    cells = shapely.union_all(shapely.from_wkb(frame[2]))
    for hazard in registry.records("hazard"):
        assert cells.contains(hazard.geometry)
        assert not set(map(tuple, shapely.get_coordinates(cells))) & set(
            map(tuple, shapely.get_coordinates(hazard.geometry)))
    # Ground that somebody recorded as cleared, and nobody released, is ground without information:
    # no layer `released_ground` (tests/test_release.py has one).


def test_a_copy_is_a_geopackage_that_holds_nothing_else(registry, tmp_path):
    out = tmp_path / "office.gpkg"
    made = sharing.share(registry, out, reader(registry, "planner"), made_at=MOMENT)
    assert made.layers["hazard"] == 6 and made.layers["team"] == 1
    db = sqlite3.connect(out)
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    assert not tables & {"revision", "chain", "setting", "source_file", "quarantine", "import",
                         "person_name", "personal_value", "package"}
    assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert db.execute("PRAGMA application_id").fetchone() == (0x47504B47,)
    assert db.execute("PRAGMA freelist_count").fetchone() == (0,)
    about = dict(zip((c[1] for c in db.execute("PRAGMA table_info(about)")),
                     db.execute("SELECT * FROM about").fetchone(), strict=True))
    assert about["role"] == "planner" and about["chain_head"] == registry.head()
    assert about["synthetic"] == "no" and about["made_at"].startswith("2026-01-05T08:00:00")
    reasons = {(s, r) for s, r in db.execute("SELECT subject, reason FROM withheld")}
    assert any(s == "accident" and "S17" in r for s, r in reasons)
    db.close()
    assert b"Somebody Known" not in out.read_bytes()
    layers = layers_of(out)
    assert layers["hazard"] == "MultiPolygon" and layers["road"] == "MultiLineString"
    assert layers["team"] is None and layers["settlement"] == "Point"
    info = pyogrio.read_info(out, layer="hazard")
    assert info["crs"] == "EPSG:4326" and "reported_area_m2" in info["fields"]
    shapes = shapely.from_wkb(pyogrio.raw.read(out, layer="hazard")[2])
    assert {g.wkt for g in shapely.get_parts(shapes)} == {
        shapely.get_parts(h.geometry)[0].wkt for h in registry.records("hazard")}
    assert [p.name for p in tmp_path.iterdir() if "office" in p.name] == ["office.gpkg"]


def test_a_copy_appears_whole_or_not_at_all(registry, tmp_path, monkeypatch):
    out = tmp_path / "copy.gpkg"
    out.write_bytes(b"older")
    monkeypatch.setattr(sharing, "_settle", lambda path: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        sharing.share(registry, out, reader(registry, "planner"))
    assert out.read_bytes() == b"older"
    assert not [p for p in tmp_path.iterdir() if "copy" in p.name and p != out]


def test_safety_S12_a_word_among_numbers_is_kept(registry, tmp_path):
    registry.append([revision("team", "t2", {"deminers": 12}),
                     revision("team", "t3", {"deminers": "declined"})])
    sharing.share(registry, tmp_path / "c.gpkg", reader(registry, "planner"))
    db = sqlite3.connect(tmp_path / "c.gpkg")
    assert dict(db.execute("SELECT record_id, deminers FROM team")) == {
        "t1": None, "t2": "12", "t3": "declined"}
    db.close()


# --- who reads -----------------------------------------------------------------------------------


def test_areas_are_named_drawn_or_refused(registry):
    for word in ("west", "W1", "west town", " West Town "):
        (area,) = sharing.areas_of(registry, [word])
        assert area.ground.equals(shapely.box(17, 44, 17.2, 44.2))
    for word in ("17.2,44,17.4,44.2", "POLYGON((17.2 44,17.4 44,17.4 44.2,17.2 44.2,17.2 44))"):
        (area,) = sharing.areas_of(registry, [word])
        assert area.ground.equals(shapely.box(17.2, 44, 17.4, 44.2))
    for word in ("", "North", "17.4,44,17.2,44.2", "1,2,3", "POLYGON((0 0))", "POLYGON EMPTY",
                 "POLYGON((500000 0,500001 0,500001 1,500000 0))", "nan,nan,nan,nan"):
        with pytest.raises(LandReleaseError, match="ACC-005"):
            sharing.areas_of(registry, [word])


def test_an_area_narrows_by_ground_and_without_ground_by_name(registry):
    seen = reader(registry, "planner", areas=["East"])
    assert {r.id for r in seen.records(registry.records("hazard"))} == {"h4", "h5"}
    assert {r.id for r in seen.records(registry.records("team"))} == {"t1"}  # has no place
    nameless = policy.Record("settlement", "s9", {"municipality_name": " east "})
    assert seen.records([nameless]) == [nameless]
    assert not reader(registry, "planner", areas=["west"]).records([nameless])
    # What is coarser than the records is never narrowed: it would show less than there is (S15).
    public = reader(registry, None, areas=["East"])
    assert len(public.nearby(registry.records("hazard"))) == 6
    assert len(seen.nearby(registry.records("hazard"))) == 2


def test_safety_S14_organisations_are_compared_as_words(registry):
    teams = registry.records("team")
    for name, count in (("Alpha", 1), (" ALPHA ", 1), ("Alph", 0), ("", 0), ("*", 0), (None, 0)):
        assert len(reader(registry, "operator", organisation=name).records(teams)) == count


def test_safety_S14_a_field_of_an_extension_is_for_roles_that_see_all_fields():
    kind = KINDS["settlement"]
    kinds = {**KINDS, "settlement": replace(
        kind, fields=(*kind.fields, Field("national", "text", "Of a programme.")))}
    record = policy.Record("settlement", "s", {"national": "x", "name": "n"})
    for role in policy.ROLES:
        (shown,) = policy.view(role, kinds=kinds).records([record])
        assert ("national" in shown.values) == (role not in policy.OUTSIDE), role
        named = policy.view(role, kinds=kinds,
                            public_fields=frozenset({("settlement", "national")}))
        assert named.records([record])[0].values["national"] == "x"


# --- personal values -----------------------------------------------------------------------------


def test_safety_S17_personal_values_are_shown_for_a_reason_that_is_recorded(registry):
    before = registry.count()
    for role in ("public", "planner", "inspector"):
        with pytest.raises(LandReleaseError, match=r"ACC-101.*authority, administrator"):
            sharing.personal_values(registry, "a1", reader(registry, role), reason="x", by="B")
    seen = reader(registry, "authority")
    with pytest.raises(LandReleaseError, match="ACC-007"):
        sharing.personal_values(registry, "a1", seen, reason="  ", by="B")
    with pytest.raises(LandReleaseError, match="ACC-008"):
        sharing.personal_values(registry, "h1", seen, reason="x", by="B")
    with pytest.raises(LandReleaseError, match="CLI-106"):
        sharing.personal_values(registry, "none", seen, reason="x", by="B")
    assert registry.count() == before
    found = sharing.personal_values(registry, "a1", seen, reason="next of kin", by="Ben Looker",
                                    at=MOMENT)
    assert found == {"victim_names": "Somebody Known"}
    (look,) = [s.revision for s in registry.revisions() if s.revision.kind == "source"]
    assert "a1" in look.reason and "next of kin" in look.reason and "authority" in look.reason
    assert registry.name_of(look.recorded_by) == "Ben Looker"
    assert "Somebody" not in str(look) and "Ben" not in str(look)
    name = sharing.personal_values(registry, look.recorded_by, seen, reason="who was it", by="C")
    assert name["name"] == "Ben Looker"
    assert registry.audit() == []


def test_safety_S17_nothing_is_shown_that_cannot_be_recorded(registry, tmp_path, monkeypatch):
    def full(*_):
        raise LandReleaseError(policy.NOT_FOR_ROLE, role="", subject="", roles="")

    monkeypatch.setattr(registry, "append", full)
    with pytest.raises(LandReleaseError):
        sharing.personal_values(registry, "a1", reader(registry, "authority"), reason="x", by="B")


# --- counts --------------------------------------------------------------------------------------


def ledger_row(name, hazards, accidents=0, area=1.0):
    return LedgerRow(name, name, hazards, area, None, 0.0, area / 2, 0.0, accidents,
                     tuple(f"{name}{n}" for n in range(hazards)), ())


def total(*rows, beyond=0, area=0.0):
    ids = tuple(h for r in rows for h in r.hazard_ids) + tuple(f"x{n}" for n in range(beyond))
    return LedgerRow("", "all", len(ids), sum(r.hazardous_m2 for r in rows) + area, None, 0.0,
                     sum(r.cleared_m2 for r in rows), 0.0, sum(r.accidents for r in rows), ids, ())


def test_safety_S14_a_total_over_few_records_is_joined_with_others():
    rows = [ledger_row("a", 5, 3, area=50.0), ledger_row("b", 1, area=7.0),
            ledger_row("c", 4, 3, 40.0)]
    whole = [*rows, total(*rows)]
    *shown, last = policy.view().ledger(whole)
    assert last.hazardous_m2 == 97.0 and last.hazard_ids == ()
    assert [r.hazards for r in shown] == [5, 5]  # b is joined with c, the smallest that hides it
    joined = next(r for r in shown if r.area_id == "other")
    assert (joined.hazardous_m2, joined.accidents, joined.cleared_m2) == (47.0, 3, 23.5)
    assert joined.cancelled_m2 is None and joined.hazard_ids == ()
    assert policy.view("planner").ledger(whole) == tuple(whole)


def test_safety_S14_what_remains_of_the_total_shows_no_single_record_either():
    rows = [ledger_row("a", 5, area=50.0), ledger_row("b", 4, area=40.0)]
    whole = [*rows, total(*rows, beyond=1, area=3.0)]  # one hazard lies in no municipality
    *shown, last = policy.view().ledger(whole)
    for r in shown:
        assert not policy.view().few(r.hazards)
    assert sum(r.hazardous_m2 for r in shown) == last.hazardous_m2 == 93.0


@pytest.mark.parametrize("accidents", [0, 1, 2])
@pytest.mark.parametrize("counts", [(1,), (2, 0), (1, 1), (1, 1, 1), (9, 2), (3, 3, 0), (2, 2, 9)])
def test_safety_S14_no_row_and_no_difference_of_rows_is_of_few(counts, accidents):
    rows = [ledger_row(f"r{n}", c, accidents if n == 0 else 0) for n, c in enumerate(counts)]
    reader = policy.view()
    shown = reader.ledger([*rows, total(*rows)])
    if reader.few(sum(counts)):
        assert shown == ()
        return
    *single, last = shown
    assert not any(reader.few(r.hazards) for r in single)
    # One or two accidents are not told, neither where nor how many.
    assert {r.accidents for r in shown} == ({None} if accidents else {0})
    assert last.hazards - sum(r.hazards for r in single) == 0


def test_safety_S14_a_figure_over_few_records_is_not_shown_to_who_does_not_see_them():
    def figure(count, scope="all", name="f"):
        return Figure(name, "", "", 1.0, "", scope, tuple(f"r{n}" for n in range(count)), "head")

    made = [figure(n, name=str(n)) for n in (0, 1, 2, 3)] + [figure(9, "West", "west")]
    assert [f.id for f in policy.view().figures(made)] == ["0", "3"]
    assert [f.id for f in policy.view(small_count=2).figures(made)] == ["0", "2", "3"]
    assert len(policy.view("planner").figures(made)) == 5
    # An operator sees records, but not these.
    shown = policy.view("operator").figures(made, {"r0", "r1", "r2"})
    assert [f.id for f in shown] == ["0", "3", "west"] and shown[1].records == ()


def test_the_smallest_count_is_a_setting(registry):
    assert reader(registry, None).small_count == policy.SMALL_COUNT
    registry.keep_setting("small_count_minimum", "10")
    assert reader(registry, None).small_count == 10
    rows, figures = __import__("landrelease").workflows.visible_figures(
        registry, reader(registry, None))
    assert rows == () and not [f for f in figures if f.id == "hazardous_m2"]


def test_a_setting_that_is_no_count_is_refused(registry):
    registry.keep_setting("small_count_minimum", "few")
    with pytest.raises(LandReleaseError, match="ACC-006"):
        reader(registry, None)


# --- words ---------------------------------------------------------------------------------------


def test_safety_S14_errors_say_no_more_than_the_reader_may_know(registry):
    from landrelease.errors import GRID_LEFT, GRID_SETTING

    error = LandReleaseError(GRID_LEFT, record="hazard-secret", found="7,000 km", longitude=17.5,
                             latitude=44.5, expected="5,000 km")
    for role in policy.ROLES:
        said = str(policy.view(role).hushed(error))
        assert ("hazard-secret" in said) == (role not in policy.OUTSIDE)
        assert "ACC-003" in said
        assert ("17.5" in said) == (role not in policy.OUTSIDE)
    other = LandReleaseError(GRID_SETTING, name="n", found="x", expected="y")
    assert "(withheld)" in str(policy.view().hushed(other))  # also where a format is asked for


def test_safety_S14_a_record_that_may_not_be_known_of_is_not_told_from_none(registry):
    from landrelease import workflows

    seen = reader(registry, "planner", areas=["East"])
    assert workflows.visible_history(registry, "h5", seen)
    words = []
    for record in ("h0", "h99"):
        with pytest.raises(LandReleaseError) as error:
            workflows.visible_history(registry, record, seen)
        words.append(str(error.value).replace(record, "R"))
    assert words[0] == words[1]


def test_a_copy_is_opened_by_who_reads_the_file_only(registry, tmp_path):
    sharing.share(registry, tmp_path / "c.gpkg", reader(registry, None))
    with pytest.raises(LandReleaseError, match="STO-"):
        open_registry(tmp_path / "c.gpkg")  # a copy is no registry
