"""REL: closings from before the programme, adopted in bulk: none is released silently."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
import shapely
from typer.testing import CliRunner

import release_world as world
from landrelease import workflows
from landrelease.apps.cli import app
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from landrelease.workflows import adopting, certificates, releasing, sharing
from release_world import AT, FIELD, OTHER

THEN, UNTIL = date(1999, 6, 1), date(2005, 1, 1)
SIGNED_AT = AT.replace(month=5)
HEAD = ",".join(adopting.COLUMNS)
THIRD = shapely.box(17.02, 44.0, 17.021, 44.001)


@pytest.fixture
def old(tmp_path):
    """Three areas of 1997 on record; the document of an old decision; the keys of Ana and Ivo."""
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.keep_setting("utc_offset_hours", "2")
        ana, ivo = world.keys(registry, tmp_path)
        for name, ground in (("h1", FIELD), ("h2", OTHER), ("h3", THIRD)):
            world.record(registry, "hazard", name, ground, identifier=name.upper(),
                         hazard_type="CHA", status="open", information_date=date(1997, 3, 1))
        for name in ("one", "two"):
            (tmp_path / f"{name}.pdf").write_bytes(f"decision {name}".encode())
        yield registry, ana, ivo


def line(hazard, document="one.pdf", outcome="cleared", decided="1999-06-01",
         authority="Ministry of Interior", rules="Instruction 7/1998", by="Ana", depth="0.1",
         ground="", note=""):
    out = io.StringIO()
    csv.writer(out, lineterminator="").writerow(
        (hazard, outcome, decided, authority, rules, document, by, depth, ground, note))
    return out.getvalue()


def adopt(registry, folder, *rows, head=HEAD, at=SIGNED_AT, **more):
    path = folder / "closings.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    return adopting.adopt(registry, sharing.reader_of(registry, "authority"), path,
                          until=more.pop("until", UNTIL), by="Ana", now=at, **more)


def standing(registry):
    return {r.id for r in workflows.hazards_that_stand(registry)}


def states(registry):
    return {r.hazard: r.status for r in certificates.releases(registry)}


def test_safety_S09_reading_and_proposing_releases_nothing(old, tmp_path):
    registry, _, _ = old
    head = registry.head()
    (row,) = adopt(registry, tmp_path, line("h1"), dry_run=True)
    assert (row.state, row.reasons, row.release) == ("ready", (), "")
    assert registry.head() == head and not registry.sources()
    (row,) = adopt(registry, tmp_path, line("h1"))
    assert row.state == "proposed" and row.release
    assert standing(registry) == {"h1", "h2", "h3"} and not registry.records("handover")


def test_safety_S09_each_closing_has_its_own_signature_source_and_certificate(old, tmp_path):
    registry, ana, _ = old
    rows = adopt(registry, tmp_path, line("h1"), line("H2", "two.pdf", "cancelled", depth=""),
                 key=ana)
    assert [r.state for r in rows] == ["released", "released"]
    assert standing(registry) == {"h3"} and states(registry) == {"h1": "valid", "h2": "valid"}
    outcome = next(o for o in registry.records("outcome") if o.values["hazard"] == "h1")
    assert outcome.values["decided_on"] == THEN and outcome.values["depth_m"] == 0.1
    assert "Ministry of Interior" in outcome.values["restrictions"]
    assert "no record of how the ground was searched" in outcome.values["restrictions"]
    assert b"decision one" in {registry.source_content(s) for s in registry.sources()}
    made = releasing.kept_proposal(registry, rows[0].release)
    assert made.document["adopted"]["authority"] == "Ministry of Interior"
    assert {a["state"] for a in made.document["checklist"]["items"]} == {"met"}
    assert registry.audit() == []
    # Once more: they stand no longer as hazards, so there is nothing to adopt.
    again = adopt(registry, tmp_path, line("h1"), key=ana, at=SIGNED_AT + timedelta(days=1))
    assert again[0].state == "refused" and "released" in again[0].reasons[0]


def test_the_certificate_of_an_adopted_closing_says_what_it_is(old, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    registry, ana, _ = old
    (row,) = adopt(registry, tmp_path, line("h1"), key=ana)
    _, pdf = certificates.certificate(registry, row.release)
    words = " ".join("".join(
        p.extract_text() for p in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
    assert "Closing under earlier rules" in words and "Ministry of Interior" in words
    assert "no record of how the ground was searched" in words.replace("- ", "")


def test_safety_S09_only_the_authority_adopts(old, tmp_path):
    registry, _, ivo = old
    head = registry.head()
    with pytest.raises(LandReleaseError, match="REL-010"):
        adopt(registry, tmp_path, line("h1"), key=ivo)
    assert registry.head() == head and standing(registry) == {"h1", "h2", "h3"}


def test_safety_S11_a_find_after_the_old_decision_reopens_whenever_it_came_in(old, tmp_path):
    """Found in 2003, between the decision of 1999 and the adoption; recorded after it."""
    registry, ana, _ = old
    adopt(registry, tmp_path, line("h1"), line("h2"), line("h3", "two.pdf"), key=ana)
    assert standing(registry) == set()
    world.record(registry, "item", "mine", FIELD.centroid, hours=24 * 90,
                 ordnance_category="ap_mine_blast", found_on=date(2003, 5, 5))
    # h2 rests on the same document; h3 on another.
    assert states(registry) == {"h1": "reopened", "h2": "reopened", "h3": "valid"}
    assert standing(registry) == {"h1", "h2"}


@pytest.mark.parametrize(("kind", "values", "words"), [
    ("item", {"ordnance_category": "ap_mine_blast", "found_on": date(2003, 5, 5),
              "disposal": "destroyed"}, "nothing_since.*found since"),
    ("item", {"ordnance_category": "ap_mine_blast"}, "nothing_since.*no day"),
    ("item", {"ordnance_category": "ap_mine_blast", "found_on": date(1998, 5, 5)},
     "nothing_since.*not on record as destroyed"),
    ("accident", {"accident_class": "ordnance_accident", "information_date": date(2001, 5, 5)},
     "nothing_since.*accident since"),
    ("evidence", {"evidence_type": "indirect", "says": "contaminated",
                  "observed_on": date(2010, 1, 1)}, "nothing_since.*evidence since"),
    ("gate", {"day": date(1999, 1, 1)}, "before_programme.*gates begin")])
def test_safety_S11_what_speaks_against_a_closing_refuses_it(old, tmp_path, kind, values, words):
    registry, ana, _ = old
    world.record(registry, kind, "x", None if kind == "gate" else FIELD.centroid, **values)
    row, other = adopt(registry, tmp_path, line("h1"), line("h3"), key=ana)
    assert row.state == "refused"
    assert re.search(words, "\n".join(row.reasons)), row.reasons
    assert "h1" in standing(registry)
    assert other.state == ("refused" if kind == "gate" else "released")


@pytest.mark.parametrize(("kind", "values", "edit"), [
    ("item", {"ordnance_category": "ap_mine_blast", "found_on": date(1998, 5, 5),
              "disposal": "left_marked"}, {"ordnance_category": "none_found"}),
    ("item", {"ordnance_category": "ap_mine_blast", "found_on": date(2003, 5, 5),
              "disposal": "destroyed"}, {"found_on": date(1998, 5, 5)}),
    ("accident", {"information_date": date(2001, 5, 5)}, {"shape": OTHER.centroid}),
    ("evidence", {"evidence_type": "direct", "says": "contaminated",
                  "observed_on": date(2010, 1, 1)}, {"says": "not_contaminated"})])
def test_safety_S01_what_was_said_before_an_edit_speaks_against_a_closing(
        old, tmp_path, kind, values, edit):
    registry, ana, _ = old
    world.record(registry, kind, "x", FIELD.centroid, **values)
    shape = edit.pop("shape", FIELD.centroid)
    world.record(registry, kind, "x", shape, hours=1, **(values | edit))
    (row,) = adopt(registry, tmp_path, line("h1"), key=ana)
    assert row.state == "refused" and "nothing_since: x" in "".join(row.reasons)


@pytest.mark.parametrize(("off", "state"), [(50.0, "refused"), (10.0, "released")])
def test_safety_S04_a_neighbour_refuses_a_closing_as_far_as_it_may_be_off(
        old, tmp_path, off, state):
    registry, ana, _ = old
    world.record(registry, "hazard", "h9", shapely.box(17.0015, 44.0, 17.002, 44.001),
                 status="open", position_accuracy_m=off, information_date=date(1997, 3, 1))
    (row,) = adopt(registry, tmp_path, line("h1"), key=ana)
    assert row.state == state


def test_safety_S01_an_area_recorded_again_after_the_decision_is_not_adopted(old, tmp_path):
    registry, ana, _ = old
    world.record(registry, "hazard", "h4", shapely.box(17.03, 44, 17.031, 44.001),
                 status="open", information_date=date(2002, 1, 1))
    world.record(registry, "hazard", "h5", shapely.box(17.04, 44, 17.041, 44.001), status="open")
    world.record(registry, "hazard", "h6", FIELD.buffer(1e-4), status="open",
                 information_date=date(2020, 1, 1))
    rows = adopt(registry, tmp_path, line("h4"), line("h5"), line("h1"), line("nosuch"),
                 line("h3"), line("H3"), key=ana)
    assert [r.state for r in rows] == ["refused"] * 4 + ["released", "refused"]
    assert "recorded on 2002-01-01, after the decision" in rows[0].reasons[0]
    assert "no day says when the area was recorded" in rows[1].reasons[0]
    assert "no_other_hazard: it lies on h6" in rows[2].reasons
    assert "REL-002" in rows[3].reasons[0]
    assert "REL-002" in rows[5].reasons[0] or "same area" in rows[5].reasons[0]
    assert standing(registry) == {"h1", "h2", "h4", "h5", "h6"}


def test_safety_S02_ground_outside_the_boundary_is_listed_and_not_released(old, tmp_path):
    registry, ana, _ = old
    half = shapely.box(17.0005, 44.0, 17.002, 44.001)
    (row,) = adopt(registry, tmp_path, line("h1", ground=half.wkt), key=ana)
    assert row.state == "released" and row.outside_m2 == pytest.approx(2 * row.area_m2, rel=0.01)
    (left,) = [r for r in workflows.hazards_that_stand(registry) if r.id not in ("h2", "h3")]
    assert left.geometry.covers(shapely.box(17.0, 44.0, 17.0005, 44.001).buffer(-1e-9))
    assert FIELD.covers(next(o for o in registry.records("outcome")).geometry)


def test_safety_S11_what_changed_between_proposal_and_signature_has_to_be_proposed_again(
        old, tmp_path):
    registry, ana, _ = old
    (row,) = adopt(registry, tmp_path, line("h1"))
    world.record(registry, "hazard", "h9", FIELD, hours=2, status="open",
                 information_date=date(2021, 1, 1))
    with pytest.raises(LandReleaseError, match=r"REL-012.*no_other_hazard"):
        releasing.sign(registry, releasing.kept_proposal(registry, row.release), ana,
                       now=SIGNED_AT + timedelta(hours=3))
    assert "h1" in standing(registry)


@pytest.mark.parametrize(("change", "words"), [
    ({"outcome": "safe"}, "outcome: safe; expected cancelled, reduced, cleared"),
    ({"decided": "01.06.1999"}, "decided_on: 01.06.1999"), ({"decided": ""}, "decided_on: nothing"),
    ({"authority": ""}, "authority: nothing"), ({"rules": " "}, "rules: nothing"),
    ({"document": "none.pdf"}, "document: none.pdf"), ({"document": "."}, "document: ."),
    ({"by": ""}, "checked_by: nothing"), ({"depth": "deep"}, "depth_m: deep"),
    ({"depth": "25"}, "depth_m: 25"), ({"depth": "\u00b2"}, "depth_m"),
    ({"ground": "POLYGON((0"}, "ground: POLYGON"), ({"ground": "POINT(17 44)"}, "ground: POINT"),
    ({"ground": "POLYGON((500000 0,500001 0,500001 1,500000 0))"}, "ground: POLYGON"),
    ({"decided": "2010-01-01"}, "before_programme: decided on 2010-01-01"),
    ({"decided": "1996-01-01"}, "recorded_before: the area was recorded on 1997-03-01")])
def test_a_row_that_lacks_something_is_refused_with_its_reason(old, tmp_path, change, words):
    registry, ana, _ = old
    rows = adopt(registry, tmp_path, line("h1", **change), line("h3"), key=ana)
    assert [r.state for r in rows] == ["refused", "released"]
    assert any(words in reason for reason in rows[0].reasons), rows[0].reasons
    assert "h1" in standing(registry)


@pytest.mark.parametrize("text", ["", "hazard,outcome\nh1,cleared\n", HEAD + "\n", "\udcff"])
def test_a_list_that_cannot_be_read_as_a_whole_says_why(old, tmp_path, text):
    path = tmp_path / "c.csv"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(LandReleaseError, match=r"REL-026.*c\.csv"):
        adopting.adopt(old[0], sharing.reader_of(old[0], "authority"), path, until=UNTIL, by="A",
                       now=SIGNED_AT)


def test_the_command_writes_every_row_and_releases_only_with_a_key(old, tmp_path):
    registry, _, _ = old
    address, rows = registry.address, tmp_path / "rows.csv"
    registry.close()
    (tmp_path / "closings.csv").write_text(
        "\n".join([HEAD, line("h1"), line("h2", authority="")]) + "\n")
    arguments = ["release", "adopt", str(address), str(tmp_path / "closings.csv"), "--until",
                 "2005-01-01", "--out", str(rows), "--as", "authority"]
    got = CliRunner().invoke(app, [*arguments, "--dry-run"])
    assert got.exit_code == 1 and "1 ready, 1 refused" in got.output, got.output
    got = CliRunner().invoke(app, arguments)
    assert got.exit_code == 1 and "nothing is released before the authority signs" in got.output
    listed = list(csv.DictReader(rows.open()))
    assert [r["state"] for r in listed] == ["proposed", "refused"]
    assert "authority: nothing" in listed[1]["reasons"]
    got = CliRunner().invoke(app, [*arguments[:-1], "operator"])
    assert isinstance(got.exception, LandReleaseError) and "ACC-101" in str(got.exception)


def test_answers_that_are_no_table_are_refused_with_the_file(tmp_path):
    from landrelease.core.cells import CELL_LIMIT
    from landrelease.core.checklist import read_checklist
    from landrelease.workflows import packaged

    with packaged("all_reasonable_effort.yaml") as path:
        listed = read_checklist(path.read_text(encoding="utf-8"), path.name)
    answers = tmp_path / "checklist.csv"
    answers.write_text(
        "item,answer,note,by\ninspected,yes,\"" + "x" * (CELL_LIMIT + 1) + "\",Ana\n")
    with pytest.raises(LandReleaseError, match=r"REL-005.*checklist\.csv"):
        releasing.read_answers(None, answers, listed, "cleared")
