"""The certificate of a release, the code to look it up, the ground of a release, templates."""

import io
import itertools
import random
import re
from datetime import date, timedelta

import numpy as np
import openpyxl
import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from typer.testing import CliRunner

import release_world as world
from landrelease.access.policy import view
from landrelease.apps.cli import app
from landrelease.core.certificate import ALPHABET, code_read, lookup_code
from landrelease.core.checklist import CHECKS, read_checklist
from landrelease.core.extension import read_extension
from landrelease.core.geometry import geodesic_area_m2
from landrelease.errors import LandReleaseError
from landrelease.publish import templates
from landrelease.publish.certificate import turning_points
from landrelease.release.ground import cut, on_paper
from landrelease.release.reopening import Find, Released, reopenings, same_grounds
from landrelease.store.open import open_registry
from landrelease.units import at_least_m2, at_least_percent, circle_m2
from landrelease.workflows import areas, certificates, packaged, releasing
from landrelease.workflows.releasing import checklist_of
from release_world import EAST, FIELD, shape_file
from test_release import SIGNED_AT, mine, propose, ready, registry, release

pypdf = pytest.importorskip("pypdf")
__all__ = ["ready", "registry"]  # fixtures


def text_of(pdf: bytes) -> str:
    return " ".join(" ".join(p.extract_text().split())
                    for p in pypdf.PdfReader(io.BytesIO(pdf)).pages)


# --- the code ----------------------------------------------------------------------------------


def test_a_code_is_read_as_it_is_printed_and_as_people_type_it():
    code = lookup_code(b"\x01" * 32)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{2}", code)
    assert code_read(code) == code_read(code.lower().replace("-", " ")) == code
    typed = code.replace("0", "o").replace("1", "l")
    assert code_read(typed) == code
    assert code_read("") is None and code_read(code + "A") is None
    made = {lookup_code(bytes([n, m] * 16)) for n in range(40) for m in range(40)}
    assert len(made) == 1600


@given(st.binary(min_size=32, max_size=32))
def test_every_wrong_symbol_and_every_two_that_changed_places_are_noticed(secret):
    symbols = lookup_code(secret).replace("-", "")
    for place, wrong in itertools.product(range(10), ALPHABET):
        typed = symbols[:place] + wrong + symbols[place + 1:]
        assert (code_read(typed) is not None) == (typed == symbols)
    for a, b in itertools.combinations(range(10), 2):
        swapped = list(symbols)
        swapped[a], swapped[b] = swapped[b], swapped[a]
        assert (code_read("".join(swapped)) is not None) == ("".join(swapped) == symbols)


# --- the ground --------------------------------------------------------------------------------


def star(seed: int, corners: int, x: float, y: float, size: float):
    """A polygon with a corner in each direction, in degrees."""
    rng = random.Random(seed)
    angles = sorted(rng.uniform(0, 2 * np.pi) for _ in range(corners))
    return shapely.Polygon([(x + size * rng.uniform(0.2, 1) * np.cos(a),
                             y + size * rng.uniform(0.2, 1) * np.sin(a)) for a in angles])


stars = st.builds(star, st.integers(0, 10**6), st.integers(3, 30), st.floats(16.9995, 17.0005),
                  st.floats(43.9995, 44.0005), st.floats(1e-5, 1e-3))


@given(hazard=stars, wanted=stars)
def test_safety_S01_released_ground_never_exceeds_the_record_nor_what_was_asked_for(hazard, wanted):
    assume(hazard.is_valid and wanted.is_valid)
    made = cut(hazard, wanted)
    assert made.ground.is_empty or (hazard.covers(made.ground) and wanted.covers(made.ground))
    # Nothing is lost: what is not released stays hazardous, what lies outside is apart.
    assert geodesic_area_m2(hazard.difference(made.ground.union(made.left))) < 1e-4
    assert made.left.intersection(made.ground).area < 1e-18
    assert made.outside.intersection(hazard).area < 1e-15
    drawn_back = geodesic_area_m2(hazard.intersection(wanted)) - geodesic_area_m2(made.ground)
    assert -1e-3 <= drawn_back < 0.05  # areas of slivers are noisy on the ellipsoid


@given(hazard=stars, decimals=st.sampled_from([5, 6, 7]))
def test_safety_S01_coordinates_on_paper_are_rounded_inward(hazard, decimals):
    assume(hazard.is_valid)
    rounded = on_paper(hazard, decimals)
    assert rounded.is_valid and (hazard.covers(rounded) or rounded.is_empty)
    xy = shapely.get_coordinates(rounded)
    assert np.array_equal(xy, xy.round(decimals))


def test_safety_S02_the_whole_area_is_taken_as_it_stands():
    made = cut(FIELD)
    assert made.ground is FIELD and made.whole and made.outside.is_empty
    assert cut(FIELD, FIELD.buffer(1)).whole


def test_turning_points_lead_round_the_ground_clockwise_and_back():
    ring = FIELD.difference(shapely.box(17.0004, 44.0004, 17.0006, 44.0006))
    points = turning_points(ring)
    assert [p.name for p in points] == ["A1", "A2", "A3", "A4", "A-h11", "A-h12", "A-h13", "A-h14"]
    north_west = points[0]
    assert (north_west.longitude, north_west.latitude) == (17.0, 44.001)
    assert [round(p.bearing) for p in points[:4]] == [90, 180, 270, 0]
    # One thousandth of a degree: 111.1 m on the meridian, 80.2 m on the parallel of 44 degrees.
    assert points[1].distance_m == pytest.approx(111.1, abs=0.1)
    assert points[0].distance_m == pytest.approx(80.2, abs=0.1)
    assert points[3].to == "A1"


# --- what reopens, as plain values -------------------------------------------------------------


def unit(name, **more):
    return Released(name, name, shapely.box(0, 0, 0.001, 0.001), date(2026, 5, 1), SIGNED_AT,
                    **more)


def test_safety_S11_on_the_same_grounds():
    base = unit("a", decision="p", hands=frozenset({("t1", "d1")}), lots=frozenset({"i1"}),
                evidence=frozenset({"e1"}))
    for more, why in (({"decision": "p"}, "same decision"),
                      ({"lots": frozenset({"i1"})}, "same lot"),
                      ({"evidence": frozenset({"e1", "e2"})}, "same evidence"),
                      ({"hands": frozenset({("t1", "d1")})}, "same team and detector"),
                      ({"hands": frozenset({("t1", "")})}, "same team"),
                      ({"hands": frozenset({("t1", "d2"), ("t2", "d1")})}, ""),
                      ({}, "")):
        found = same_grounds(base, unit("b", **more))
        assert found.endswith(why) if why else found == ""
    assert same_grounds(unit("a"), unit("b")) == ""  # nothing known is nothing shared


def test_safety_S11_a_decision_that_had_the_find_before_it_has_answered_it():
    place = shapely.Point(0.0005, 0.0005)
    find = Find("f", "item", place, 0.0, date(2026, 5, 1), SIGNED_AT)  # on the day of the decision
    assert [r.released for r in reopenings([unit("a")], [find])] == ["a"]
    assert reopenings([unit("a", known=frozenset({"f"}))], [find]) == ()
    twin = unit("b", known=frozenset({"f"}), hands=frozenset({("t", "d")}))
    both = reopenings([unit("a", hands=frozenset({("t", "d")})), twin], [find])
    assert [r.released for r in both] == ["a"]


# --- the checklist -----------------------------------------------------------------------------


def test_safety_S13_the_checklist_ships_with_a_source_for_every_item():
    with packaged("all_reasonable_effort.yaml") as path:
        ships = read_checklist(path.read_text(), path.name)
    assert all(i.source and i.question.endswith("?") for i in ships.items)
    assert {i.check for i in ships.items if i.check} == set(CHECKS)


def test_safety_S09_a_national_list_replaces_ours_but_leaves_no_safety_rule_out(ready, tmp_path):
    registry, _, _ = ready
    path = tmp_path / "national.yaml"
    path.write_text("""
name: Example
version: "1"
checklist:
  name: National
  version: "3"
  items:
    - {id: owner, question: "Was the owner there?", source: NS 07.11}
    - {id: depth, question: "To 0.2 m?", source: NS 09.10, check: searched_to_depth}
""")
    areas.load_extension(registry, path, by="Ana")
    d = propose(registry).document["checklist"]
    asked = [i["id"] for i in d["items"]]
    assert (d["name"], d["version"]) == ("National", "3") and asked[:2] == ["owner", "depth"]
    assert {"machine_followed_up", "gate_credit", "coverage_gaps", "finds_dealt_with",
            "quarantine_clear", "inside_boundary"} <= set(asked)
    assert "inspected" not in asked


@pytest.mark.parametrize(("entry", "words"), [
    ("items: []", "list of questions"),
    ("items: [{id: A, question: q, source: s}]", "small letters"),
    ("items: [{id: a, question: q}]", "where it comes from"),
    ("items: [{id: a, question: q, source: s, check: luck}]", "searched_to_depth"),
    ("items: [{id: a, question: q, source: s, applies: [freed]}]", "cancelled"),
    ("items: [{id: a, question: q, source: s}, {id: a, question: q, source: s}]", "used once"),
])
def test_a_checklist_that_cannot_be_read_says_what_is_wrong(entry, words):
    with pytest.raises(LandReleaseError, match=rf"REL-001.*{words}"):
        read_extension(f'name: x\nversion: "1"\nchecklist:\n  name: n\n  version: "1"\n  {entry}')


def test_a_national_item_does_not_take_the_id_of_a_safety_rule(ready, tmp_path):
    registry, _, _ = ready
    file = tmp_path / "e.yaml"
    file.write_text('name: x\nversion: "1"\nchecklist:\n  name: n\n  version: "1"\n  items: [{id: '
                    'gate_credit, question: q, source: s}]\n')
    with pytest.raises(LandReleaseError, match=r"REL-001.*number 1: id.*check: gate_credit"):
        areas.load_extension(registry, file, by="Ana")
    registry.load_extension(file.read_text())  # as an earlier version did: it goes on being read
    assert areas.extension_of(registry).checklist.items[0].id == "gate_credit"
    assert "gate_credit" in {i.check for i in checklist_of(registry).of("cleared")}


@pytest.mark.parametrize(("rows", "words"), [
    ("item,answer\n", "by is no such column"),
    ("item,answer,note,by\nluck,yes,,Ana\n", "line 2: item is luck"),
    ("item,answer,note,by\nboundary_marked,maybe,,Ana\n", "answer is maybe"),
    ("item,answer,note,by\nboundary_marked,yes,,\n", "by is nothing"),
    ("item,answer,note,by\nboundary_marked,yes,,landrelease import\n", "by is landrelease import"),
])
def test_answers_that_cannot_be_read_say_where(ready, tmp_path, rows, words):
    registry, _, _ = ready
    (tmp_path / "a.csv").write_text(rows)
    with pytest.raises(LandReleaseError, match=f"REL-005.*{words}"):
        propose(registry, answers=tmp_path / "a.csv")


# --- the certificate ---------------------------------------------------------------------------


def test_the_certificate_says_what_was_released_and_how_it_is_known(ready, tmp_path):
    registry, ana, _ = ready
    mine(registry, found_on=date(2026, 4, 10), disposal="destroyed", quantity=2)
    name = release(registry, tmp_path, ana,
                   ground=shape_file(tmp_path / "east.geojson", EAST))
    found, pdf = certificates.certificate(registry, name)
    said = text_of(pdf)
    for words in ("Completion certificate", name, found.code, "h1/1", "cleared", "manual",
                  "0.2 m (required: 0.2 m)", "2026-04-10 – 2026-04-10", "i-h1-1",
                  "items met", "anti-personnel mine, blast: 2, destroyed",
                  "chance that nothing is left",
                  "interval", "WGS 84", "Turning points", "not yet handed over",
                  "do not approach, do not touch", "verified", "not reported"):
        assert words in said, words
    assert "Ana" not in said  # names are in no PDF (S17)
    place = next(re.finditer(r"A1 (44\.\d{7}) (17\.\d{7})", said))
    inside = shapely.Point(float(place[2]), float(place[1]))
    assert EAST.covers(inside) and inside.distance(EAST.boundary) < 1e-6
    assert certificates.certificate(registry, found.code)[1] == pdf  # the same bytes
    certificates.hand_over(registry, name, ana, recipient="Mara Example", land_use="farmland",
                           present={"women": 4, "men": None, "girls": 0, "boys": 2},
                           now=SIGNED_AT.replace(day=12))
    with pytest.raises(LandReleaseError, match=r"REL-031.*-12"):
        certificates.hand_over(registry, name, ana, recipient="Other Example",
                               present={"women": 9}, now=SIGNED_AT.replace(day=20))
    with pytest.raises(LandReleaseError, match=r"REL-023.*--on.*the day stays"):
        certificates.hand_over(registry, name, ana, recipient="", present={"men": 3},
                               on=date(2026, 5, 20), correct="a slip")
    with pytest.raises(LandReleaseError, match=r"REL-023.*--men.*0 to 10000"):
        certificates.hand_over(registry, name, ana, recipient="", present={"men": 99999999999},
                               correct="a slip")
    found = certificates.hand_over(registry, name, ana, recipient="", present={"boys": 3},
                                   correct="a slip", now=SIGNED_AT.replace(day=21))
    assert found.status == "valid" and found.handed_over_on == date(2026, 5, 12)
    assert found.record.values["present_women"] == 4  # what is not given stays
    assert registry.audit() == []
    after = text_of(certificates.certificate(registry, name)[1])
    assert "Completion and hand-over certificate" in after and "farmland" in after
    assert "Took part in the hand-over 4 not reported 0 3" in after and "Mara" not in after
    assert after.count("verified") == 3  # the release, the hand-over, and its correction


def test_a_certificate_marks_a_lot_whose_sample_asked_for_less_than_the_settings(ready, tmp_path):
    import release_world as world

    registry, ana, _ = ready
    world.inspection(registry, "h1", ana, confidence=0.5)
    world.inspection(registry, "h1", ana, number=9, outcomes=["o-h1-1"])
    name = release(registry, tmp_path, ana)
    said = text_of(certificates.certificate(registry, name)[1])
    assert "i-h1-1 (its sample asks for less than the programme's settings do)" in said


def test_a_certificate_without_a_computed_residual_states_none_and_does_not_fail():
    from landrelease.publish.certificate import residual_lines
    from landrelease.publish.words import Words

    assert residual_lines("it cannot be computed", Words()) == []


def test_safety_S11_a_certificate_that_no_longer_holds_says_so_across_the_page(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    mine(registry)
    registry.close()
    path, out = str(tmp_path / "r.gpkg"), tmp_path / "c.pdf"
    run = CliRunner()
    call = ["release", "certificate", path, name, "--out", str(out), "--as", "authority"]
    assert run.invoke(app, call).exit_code == 1
    assert "REOPENED" in text_of(out.read_bytes()) and "mine-9" in text_of(out.read_bytes())
    assert run.invoke(app, ["release", "revoke", path, name, "--reason", "found", "--key",
                            str(tmp_path / "ana.pem")]).exit_code == 0
    assert run.invoke(app, call).exit_code == 1
    assert "REVOKED" in text_of(out.read_bytes())
    refused = run.invoke(app, call[:-2])
    assert isinstance(refused.exception, LandReleaseError)
    assert refused.exception.code == "ACC-101"
    with open_registry(path) as again, pytest.raises(LandReleaseError, match=r"REL-023.*en"):
        certificates.certificate(again, name, lang="tlh")


def test_safety_S19_a_synthetic_certificate_says_so(ready, tmp_path):
    registry, ana, _ = ready
    registry.keep_setting("synthetic", "yes")
    name = release(registry, tmp_path, ana)
    assert "SYNTHETIC" in text_of(certificates.certificate(registry, name)[1])
    sheets = sheets_of(certificates.certificate_sheet(registry, name)[1])
    assert "SYNTHETIC" in str(sheets["Completion certificate"])
    assert ["synthetic", "made up; nothing here is about real ground"] in sheets["about the file"]


# --- the spreadsheet ---------------------------------------------------------------------------


def sheets_of(content):
    """Sheet -> rows of values, as another program reads them."""
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {s.title: [[c.value for c in row] for row in s.iter_rows()] for s in book.worksheets}


def test_the_spreadsheet_of_a_certificate_holds_what_the_paper_holds(ready, tmp_path):
    registry, ana, _ = ready
    mine(registry, found_on=date(2026, 4, 10), disposal="destroyed", quantity=2)
    name = release(registry, tmp_path, ana, ground=shape_file(tmp_path / "east.geojson", EAST))
    certificates.hand_over(registry, name, ana, recipient="Mara Example", land_use="farmland",
                           present={"women": 4, "men": None, "girls": 0, "boys": 2},
                           now=SIGNED_AT.replace(day=12))
    found, content = certificates.certificate_sheet(registry, name)
    assert certificates.certificate_sheet(registry, found.code)[1] == content  # the same bytes
    sheets = sheets_of(content)
    title, paper = "Completion and hand-over certific", text_of(
        certificates.certificate(registry, name)[1])
    words = next(rows for sheet, rows in sheets.items() if sheet.startswith(title[:31]))
    flat = str(words)
    for said in (name, found.code, "h1/1", "cleared", "0.2 m (required: 0.2 m)", "farmland",
                 "anti-personnel mine, blast: 2, destroyed", "interval", "items met",
                 "do not approach, do not touch"):
        assert said in flat and said in paper, said
    assert "Mara" not in str(sheets) and "Ana" not in str(sheets)  # names are on none (S17)
    days = [row[4].date() for row in words if row[4] is not None and row[4] != "day"]
    assert days == [found.decided_on, found.handed_over_on]
    area = next(row[3] for row in words if row[1] and str(row[1]).endswith("(m²)"))
    assert area == pytest.approx(geodesic_area_m2(found.ground))
    points = sheets["turning points"]
    assert len(points) == 1 + 4
    for row in points[1:]:
        assert EAST.covers(shapely.Point(row[2], row[1]))  # rounded inward
        assert f"{row[1]:.7f} {row[2]:.7f}" in paper
    assert sheets["people"][2][1:] == [4, None, 0, 2]  # not reported is no zero (S12)
    assert [row[4] for row in sheets["signatures"][1:]] == ["verified", "verified"]
    assert ["code", found.code] in sheets["about the file"]


def test_safety_S11_the_spreadsheet_of_a_revoked_certificate_says_so(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    registry.close()
    path, out = str(tmp_path / "r.gpkg"), tmp_path / "c.xlsx"
    run = CliRunner()
    call = ["release", "certificate", path, name, "--out", str(out), "--as", "authority"]
    assert run.invoke(app, call).exit_code == 0
    assert run.invoke(app, ["release", "revoke", path, name, "--reason", "found", "--key",
                            str(tmp_path / "ana.pem")]).exit_code == 0
    assert run.invoke(app, call).exit_code == 1
    sheets = sheets_of(out.read_bytes())
    assert "REVOKED" in str(sheets["Completion certificate"])
    assert ["state", "revoked"] in sheets["about the file"]
    wrong = run.invoke(app, [*call[:5], str(tmp_path / "c.odt"), *call[6:]])
    assert isinstance(wrong.exception, LandReleaseError) and wrong.exception.code == "PUB-041"


# --- templates ---------------------------------------------------------------------------------


def test_a_centre_changes_a_template(ready, tmp_path):
    registry, ana, _ = ready
    name = release(registry, tmp_path, ana)
    folder = tmp_path / "ours"
    folder.mkdir()
    with pytest.raises(LandReleaseError, match=r"REL-030.*certificate\.typ"):
        certificates.certificate(registry, name, templates=folder)
    (folder / "certificate.typ").write_text(
        "#show: sheet.with(title: doc.title, foot: doc.foot)\n#banner\nOur centre: #doc.title\n")
    said = text_of(certificates.certificate(registry, name, templates=folder)[1])
    assert "Our centre: Completion certificate" in said and "Turning points" not in said
    (folder / "certificate.typ").write_text("#nothing-of-that-name")
    with pytest.raises(LandReleaseError, match="PUB-003"):
        certificates.certificate(registry, name, templates=folder)


def test_the_templates_that_ship():
    assert {"common.typ", "report.typ", "sketch.typ", "certificate.typ"} <= set(templates.names())
    content = {"title": "#panic($x$)", "synthetic": "", "facts": ["*a*"], "svg":
               '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>',
               "heads": ["a"], "rows": [["_b_"]], "key": "k", "lang": "en", "dir": "ltr",
               "unreviewed": ""}
    made = templates.typeset("sketch", content)
    assert made == templates.typeset("sketch", content)
    assert "#panic($x$)" in text_of(made) and "*a*" in text_of(made) and "_b_" in text_of(made)


# --- the proof of coverage ---------------------------------------------------------------------


def test_safety_S05_the_certificate_says_what_is_proven_at_which_confidence(ready, tmp_path):
    registry, ana, _ = ready  # all of it proven at 95 %

    def proof(n, ground, confidence, by="manual"):
        world.record(registry, "coverage", f"c-{n}", ground, hours=n, task="t-h1-1",
                     activity="a-h1-1", coverage_by=by,
                     proven_by="measured_lanes", confidence=confidence,
                     information_date=world.DAY)

    def shares():
        found = propose(registry).document["coverage_proof"]["confidence"]
        return [(x["confidence"], round(x["share"], 3)) for x in found]

    assert shares() == [(0.95, 1.0)]
    proof(1, EAST, 0.99)
    assert shares() == [(0.99, 0.5), (0.95, 0.5)]
    proof(2, FIELD, 0.999, by="machine")  # the search is by hand: its proof decides
    assert shares() == [(0.99, 0.5), (0.95, 0.5)]
    proof(3, shapely.box(17.0, 44.0, 17.0001, 44.001), None)
    assert shares() == [(0.99, 0.5), (0.95, 0.5)]  # a better one is there
    name = release(registry, tmp_path, ana)
    pdf = text_of(certificates.certificate(registry, name)[1])
    # Both halves, to the lower end: 50.00 % or 49.99 % as the sphere has it.
    assert len(re.findall(r"at least (?:50\.00|49\.99) % of the ground \(4,4", pdf)) == 2
    assert "no gap found that holds a circle of 0.01 m radius (0.00032 m²)" in pdf
    assert "the least confidence is 95 %" in pdf
    assert "proven covered at 99 % confidence" in pdf
    sheet = openpyxl.load_workbook(io.BytesIO(
        certificates.certificate_sheet(registry, name)[1]), read_only=True)
    cells = " ".join(str(c) for s in sheet for row in s.iter_rows(values_only=True) for c in row)
    assert "the least confidence is 95 %" in cells
    assert certificates.looked_up(registry, view("public"), certificates.find_release(
        registry, name).code) == {"status": "valid"}


@pytest.mark.parametrize(("share", "words"), [
    (1.0, "100"), (1 - 1e-12, "99.99"), (0.9999, "99.99"), (0.5, "50.00"), (0.29, "29.00"),
    (0.62519, "62.51"), (1e-9, "0.00"), (0.0, "0.00")])
def test_safety_S05_the_lower_end_of_a_share_is_never_rounded_up(share, words):
    assert at_least_percent(share) == words


def test_safety_S05_areas_at_least_are_rounded_down_and_the_size_of_gaps_up():
    assert at_least_m2(8_899.999) == "8,899 m²" and at_least_m2(0.7) == "0 m²"
    assert circle_m2(0.01) == "0.00032 m²" and circle_m2(0.5) == "0.79 m²"
    assert circle_m2(0.0) == "0 m²"


def test_a_proof_with_a_gap_does_not_say_that_none_was_found(ready):
    registry, _, _ = ready
    assert propose(registry).document["coverage_proof"]["no_gap_radius_m"] == 0.01
    hole = shapely.difference(FIELD, shapely.box(17.0002, 44.0002, 17.000204, 44.000204))
    world.record(registry, "coverage", "c-h1-1", hole, hours=1, task="t-h1-1", activity="a-h1-1",
                 coverage_by="manual",
                 proven_by="measured_lanes", confidence=0.95, information_date=world.DAY)
    found = propose(registry).document["coverage_proof"]
    assert found["no_gap_radius_m"] is None
    assert at_least_percent(found["confidence"][0]["share"]) == "99.99"


@pytest.mark.parametrize(("said", "words"), [
    ({"confidence": 0.99}, "no measured lanes: it is a word"),
    ({"confidence": 0.99, "tracks": ["t-nowhere"]}, "not on record, of the tracks"),
    ({"confidence": 0.99, "tracks": ["t-wide"]}, "wider than the 5 m of any tool"),
    ({"confidence": 0.01, "proven_by": "measured_lanes"}, "confidence of 1 % is less than 95 %"),
    ({"confidence": 0.9499, "proven_by": "measured_lanes"}, "94.99 % is less than 95 %"),
    ({"proven_by": "measured_lanes"}, "it states no confidence")])
def test_safety_S05_a_word_and_a_weak_proof_release_nothing(registry, tmp_path, said, words):
    ana, _ = world.keys(registry, tmp_path)
    world.programme(registry)
    world.accreditation(registry, ana)
    world.hazard(registry, "h1", FIELD)
    world.cleared(registry, "h1", FIELD, proof=False)
    world.inspection(registry, "h1", ana)
    world.record(registry, "track", "t-wide", None, width_m=17.5)  # of 1.75 m, say
    world.record(registry, "coverage", "c", FIELD, activity="a-h1-1", coverage_by="manual",
                 information_date=world.DAY, **said)
    made = propose(registry)
    (found,) = (a for a in made.document["checklist"]["items"] if a["id"] == "coverage_gaps")
    assert found["state"] == "open" and words in found["words"] and "c" in found["records"]
    assert made.document["coverage_proof"]["confidence"] == []
    with pytest.raises(LandReleaseError, match=r"REL-011.*coverage_gaps"):
        releasing.sign(registry, made, ana, now=SIGNED_AT + timedelta(hours=1))
