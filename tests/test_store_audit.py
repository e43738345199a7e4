"""A changed past is found: whoever edits the file behind the registry's back is told apart."""

# The statements of an intruder.
# ruff: noqa: S608
import shutil
import sqlite3

import pytest
import shapely

from landrelease.core.record import KINDS
from landrelease.store import layout
from landrelease.store.open import create_registry, open_registry
from test_store_geopackage import SQUARE, date, intake, revision


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    path = tmp_path_factory.mktemp("audit") / "r.gpkg"
    with create_registry(path, office="A") as registry:
        registry.take_in(intake(
            [revision(f"h{n}", name=f"area {n}", day=date(2020, 1, 1)) for n in range(6)], 2))
        registry.append([revision("h2", name="later", day=date(2021, 1, 1)),
                         revision("h3", name="earlier", day=date(2019, 1, 1)),
                         revision("p1", kind="accident", geometry=shapely.Point(17, 44))])
    return path


def audited(original, tmp_path, *statements):
    """Codes that the audit finds after somebody ran statements on the bare file."""
    path = tmp_path / "tampered.gpkg"
    shutil.copy(original, path)
    db = sqlite3.connect(path)
    layout.register_functions(db)
    for trigger in ("revision_stays", "revision_is_kept"):
        db.execute(f"DROP TRIGGER {trigger}")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
    with open_registry(path) as registry:
        return [(f.code, f.number, f.record_id) for f in registry.audit()]


def test_untouched_is_clean(original, tmp_path):
    assert audited(original, tmp_path) == []


CHANGES = [
    ("kind = 'outcome'", 4), ("record_id = 'h9'", 4), ("recorded_by = 'someone else'", 4),
    ("recorded_at = '2020-05-01T08:00:00.000000+00:00'", 4), ("reason = 'another'", 4),
    ("source = ''", 4), ("valid_from = '2018-01-01'", 4), ("validation = 'authority'", 4),
    ("\"values\" = '{}'", 4), ("\"values\" = 'broken'", 4), ("geometry = NULL", 4),
    ("geometry = x'00'", 4), ("\"values\" = replace(\"values\", ':', ': ')", 4),
    ("hash = previous_hash", 4), ("previous_hash = hash", 4),
]


@pytest.mark.parametrize("change, number", CHANGES)
def test_a_changed_revision_is_found(original, tmp_path, change, number):
    found = audited(original, tmp_path, f"UPDATE revision SET {change} WHERE number = {number}")
    assert any(code in ("STO-101", "STO-103") and n in (number, number + 1)
               for code, n, _ in found)


def test_a_removed_revision_is_found(original, tmp_path):
    found = audited(original, tmp_path, "DELETE FROM revision WHERE number = 3")
    assert ("STO-102", 4, "h3") in found
    renumbered = audited(original, tmp_path, "DELETE FROM revision WHERE number = 3", *(
        f"UPDATE revision SET number = {n - 1} WHERE number = {n}" for n in range(4, 10)))
    assert ("STO-103", 3, "h3") in renumbered


def test_a_cut_end_is_found(original, tmp_path):
    found = audited(original, tmp_path, "DELETE FROM revision WHERE number > 7")
    assert "STO-104" in {code for code, _, _ in found}


def test_swapped_revisions_are_found(original, tmp_path):
    found = audited(
        original, tmp_path, "UPDATE revision SET number = -1 WHERE number = 2",
        "UPDATE revision SET number = 2 WHERE number = 5",
        "UPDATE revision SET number = 5 WHERE number = -1")
    assert {("STO-103", 2, "h4"), ("STO-103", 5, "h1")} <= set(found)


def test_an_inserted_revision_is_found(original, tmp_path):
    copy = ("INSERT INTO revision SELECT 10, chain, 10, kind, 'h77', recorded_at, recorded_by, "
            'reason, source, valid_from, validation, "values", geometry, follows, commitments, '
            "signed_by, signature, known_from, hash, hash FROM revision WHERE number = 9")
    found = {code for code, _, _ in audited(original, tmp_path, copy)}
    assert {"STO-101", "STO-104", "STO-106"} <= found


@pytest.mark.parametrize("statement, code, record", [
    ("UPDATE hazard SET status = 'closed' WHERE record_id = 'h1'", "STO-105", "h1"),
    ("UPDATE hazard SET geom = (SELECT geom FROM accident) WHERE record_id = 'h1'",
     "STO-105", "h1"),
    ("UPDATE hazard SET revision = 3 WHERE record_id = 'h2'", "STO-105", "h2"),
    ("UPDATE hazard SET geom = NULL WHERE record_id = 'h1'", "STO-105", "h1"),
    ("DELETE FROM hazard WHERE record_id = 'h1'", "STO-106", "h1"),
    ("INSERT INTO hazard (record_id, revision, validation, recorded_at, recorded_by, source) "
     "VALUES ('mine', 1, 'entered', '', '', '')", "STO-107", "mine"),
    ("DELETE FROM source_file", "STO-108", ""),
    ("UPDATE source_file SET content = x'00'", "STO-108", ""),
    ("DELETE FROM quarantine WHERE number = 1", "STO-109", ""),
    ("DELETE FROM rtree_hazard_geom WHERE id = 2", "STO-110", ""),
    ("UPDATE rtree_hazard_geom SET maxx = 17.005 WHERE id = 2", "STO-110", ""),
])
def test_a_changed_layer_source_quarantine_or_index_is_found(
        original, tmp_path, statement, code, record):
    found = audited(original, tmp_path, statement)
    assert [(c, r) for c, _, r in found] == [(code, record)]


def test_an_edit_in_a_gis_is_found_and_the_record_stays(original, tmp_path):
    path = tmp_path / "edited.gpkg"
    shutil.copy(original, path)
    db = sqlite3.connect(path)
    layout.register_functions(db)
    (moved,) = layout.blobs([shapely.box(1, 1, 2, 2)], KINDS["hazard"])
    db.execute("UPDATE hazard SET geom = ? WHERE record_id = 'h0'", (moved,))
    db.commit()
    db.close()
    with open_registry(path) as registry:
        (finding,) = registry.audit()
        assert finding.code == "STO-105" and "geom" in finding.problem and finding.number == 1
        assert registry.records("hazard")[0].geometry.equals(SQUARE)


def test_a_revision_cannot_be_edited_by_accident(original, tmp_path):
    path = tmp_path / "r.gpkg"
    shutil.copy(original, path)
    db = sqlite3.connect(path)
    for statement in ("UPDATE revision SET reason = 'x'", "DELETE FROM revision"):
        with pytest.raises(sqlite3.IntegrityError):
            db.execute(statement)
    db.close()
