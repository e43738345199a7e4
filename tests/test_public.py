"""PUB: what the public is told of a place, and what the public may report (S14 to S18)."""

import dataclasses
import hashlib
import html
import json
import re
from datetime import date

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from litestar.testing import TestClient
from typer.testing import CliRunner

from landrelease import workflows
from landrelease.access import policy
from landrelease.access.answer import PublicLand, Release, ReleasedPart
from landrelease.apps.cli import app as cli
from landrelease.apps.web import public as web
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.throttle import Throttle
from landrelease.core.certificate import OUTCOME
from landrelease.core.certificate import RELEASE as RELEASE_ID
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.geometry import LocalPlane
from landrelease.core.record import Record
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Account
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import identities, languages, public, public_words, reports
from landrelease.workflows.cautions import reported_danger
from landrelease.workflows.complaints import by_code
from landrelease.workflows.quarantine import (
    reject_quarantined,
    retry_quarantined,
    visible_quarantine,
)
from release_world import AT, keys, record, signed_record

PLANE = LocalPlane(17.5, 44.0)
DAY = date(2026, 5, 4)
RELEASE = Release("cleared", 0.2, DAY)
JPEG = b"\xff\xd8\xff\xe0" + b"picture" * 20


def square(east, north, side):
    """A square in degrees, from metres in the plane."""
    return PLANE.to_degrees(shapely.box(east, north, east + side, north + side))


def spot(east, north):
    return PLANE.to_degrees(shapely.Point(east, north))


# --- the answer ----------------------------------------------------------------------------------

LAND = PublicLand(PLANE, [square(0, 0, 1000)], [
    ReleasedPart(RELEASE, square(2000, 0, 400), True),
    ReleasedPart(Release("reduced", None, None), square(2100, 100, 200), True),
    ReleasedPart(RELEASE, square(3000, 0, 400), False)])


@pytest.mark.parametrize(("place", "within", "told", "reasons"), [
    (spot(500, 500), 0, "hazardous", ()),
    (spot(1020, 500), 10, "no_information", ()),
    (spot(1020, 500), 25, "hazardous", ()),
    (spot(2050, 50), 10, "released", ()),
    (spot(2050, 50), 60, "no_information", ("partly",)),
    (spot(3050, 50), 10, "no_information", ("unsigned",)),
    (spot(5000, 5000), 10, "no_information", ()),
    (square(2010, 10, 380), 5, "released", ()),
    (square(1900, 10, 380), 5, "no_information", ("partly",)),
    (square(900, 10, 1480), 5, "hazardous", ())])
def test_safety_S15_three_answers_and_the_worst_of_all_that_may_be_meant(place, within, told,
                                                                         reasons):
    found = LAND.answer(place, within)
    assert (found.told, found.reasons) == (told, reasons)


def test_all_releases_are_told_the_least_known_depth_first():
    assert LAND.answer(spot(2200, 200), 10).releases == (Release("reduced", None, None), RELEASE)


def test_a_field_that_crosses_itself_stands_for_all_that_it_may_enclose():
    corners = [spot(900, 1100), spot(1500, 1900), spot(1500, 1100), spot(900, 1900)]
    bow = shapely.Polygon(corners)
    assert not bow.is_valid and LAND.answer(bow, 10).told == "no_information"
    low = shapely.Polygon([spot(900, 900), spot(1500, 1900), spot(1500, 900), spot(900, 1900)])
    assert LAND.answer(low, 10).told == "hazardous"


def test_the_nearest_cell_is_told_with_its_direction_and_never_farther_than_it_is():
    found = LAND.answer(spot(1840, 500), 10)
    assert (found.nearest_m, found.towards) == (800.0, "west")
    assert LAND.answer(spot(500, -2060), 10).towards == "north"
    empty = PublicLand(PLANE, [], [], unplaced=True)
    assert empty.answer(spot(0, 0), 10) == empty.answer(shapely.Point(-162.5, -44.0), 10)
    assert empty.answer(spot(0, 0), 10).reasons == ("unplaced",)


@given(x=st.floats(-3000, 5000), y=st.floats(-3000, 3000), within=st.floats(0, 900),
       more=st.floats(0, 900))
def test_safety_S15_who_knows_the_place_less_well_is_never_told_better(x, y, within, more):
    """Hazardous stays hazardous with more doubt about the place, and released never appears."""
    near, far = LAND.answer(spot(x, y), within), LAND.answer(spot(x, y), within + more)
    assert near.told != "hazardous" or far.told == "hazardous"
    assert far.told != "released" or near.told == "released"


# --- a world with known truth --------------------------------------------------------------------

def blob(rng, east, north, size):
    angle = np.sort(rng.uniform(0, 2 * np.pi, rng.integers(4, 14)))
    radius = size * rng.uniform(0.4, 1.0, len(angle))
    return PLANE.to_degrees(shapely.Polygon(np.column_stack(
        [east + radius * np.cos(angle), north + radius * np.sin(angle)])).buffer(0.01))


def signed_release(registry, n, key, shape, **values):
    """An outcome and its certificate, signed under one proposal, whose content is elsewhere."""
    proposal = hashlib.sha256(f"proposal {n}".encode()).hexdigest()
    for kind, prefix, ground, said in (
            ("outcome", OUTCOME, shape, values),
            ("handover", RELEASE_ID, shape, {"outcomes": [OUTCOME + proposal[:12]],
                                             "handover_status": "planned"})):
        registry.append([identities.sign_revision(registry, Revision(
            kind, prefix + proposal[:12], said, ground, AT, "", "released", proposal, DAY), key)])


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A registry of 25 hazards and 50 outcomes, every second one signed; 5 lie on hazards."""
    folder = tmp_path_factory.mktemp("public")
    path, rng = folder / "r.gpkg", np.random.default_rng(11)
    create_registry(path, office="Test office").close()
    hazards, released = [], []
    with open_registry(path) as registry:
        registry.keep_setting("synthetic", "yes")
        ana, _ = keys(registry, folder)
        for n in range(25):
            shape = blob(rng, *rng.uniform(-9000, 9000, 2), rng.uniform(30, 400))
            accuracy = float(rng.choice([5.0, 60.0, 350.0]))
            record(registry, "hazard", f"h{n}", shape, identifier=f"H-{n}", hazard_type="SHA",
                   status="open", name=f"Secret meadow {n}", position_accuracy_m=accuracy,
                   information_date=DAY)
            hazards.append((shape, max(100.0, accuracy)))
        for n in range(50):
            at = rng.uniform(-9000, 9000, 2)
            if n < 5:
                flat = PLANE.to_plane(hazards[n][0]).centroid
                at = flat.x + 150, flat.y
            shape, kind = blob(rng, *at, rng.uniform(80, 500)), ("cleared", "reduced")[n % 2]
            values = {"outcome_type": kind, "depth_m": 0.2, "information_date": DAY}
            if n % 2:
                signed_release(registry, n, ana, shape, **values)
                released.append(shape)
            else:
                record(registry, "outcome", f"o{n}", shape, **values)
        searched = blob(rng, 12_000, 0, 300)
        signed_record(registry, "outcome", "os", ana, searched, outcome_type="searched",
                      information_date=DAY)
        for n, place in enumerate((spot(0, 0), spot(4000, -4000), spot(-9000, 9000))):
            record(registry, "settlement", f"s{n}", place, name=("Gornje Šilo", "Donje Šilo",
                                                               "Kraj")[n],
                   position_accuracy_m=50.0, population=100 + n)
    return path, hazards, released, searched


def apart_m(point, flat):
    """Distances from one point to shapes of the plane: brute force, true to 1 cm here."""
    return shapely.distance(flat, PLANE.to_plane(point))


def test_safety_S15_never_released_on_other_ground_never_silent_near_a_hazard(world):
    """The promise, held against brute force; benchmarks/bench_public_answers.py asks 10,000."""
    path, hazards, released, searched = world
    rng = np.random.default_rng(5)
    points = [spot(*rng.uniform(-10_000, 10_000, 2)) for _ in range(250)]
    for shape in (*(h for h, _ in hazards), *released, searched):  # where it matters: at the edges
        ring = PLANE.to_plane(shape).exterior
        for share in rng.uniform(0, 1, 3):
            on = ring.interpolate(share, normalized=True)
            points.append(spot(on.x + rng.normal(0, 120), on.y + rng.normal(0, 120)))
        points.append(PLANE.to_degrees(PLANE.to_plane(shape).representative_point()))
    with open_registry(path) as registry:
        view = public.VIEWS.of(registry)
    told = []
    flat, good = (PLANE.to_plane(np.array(s, dtype=object)) for s in (
        [h for h, _ in hazards], released))
    for point in points:
        reply = public.ask_spot(view, point.x, point.y, 0.0)
        told.append(reply.answer.told)
        away = apart_m(point, flat)
        if (away <= [w for _, w in hazards]).any():
            assert reply.answer.told == "hazardous", point
        if reply.answer.told == "released":
            assert apart_m(point, good).min() == 0 and (away > 0).all(), point
    assert {told.count(t) > 10 for t in ("hazardous", "released", "no_information")} == {True}


def test_a_hazard_that_comes_in_or_waits_counts_at_once(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        view = public.VIEWS.of(registry)
        assert public.ask_point(view, "44.0, 17.5").answer.told == "no_information"
        record(registry, "hazard", "h1", square(0, 0, 50), hazard_type="SHA", status="open")
        assert public.ask_spot(public.VIEWS.of(registry), 17.5, 44.0, 0).answer.told == "hazardous"
        record(registry, "hazard", "h2", None, hazard_type="SHA", status="open")
        found = public.ask_spot(public.VIEWS.of(registry), 17.9, 44.0, 0).answer
        assert found.told == "no_information" and found.reasons == ("unplaced",)


def waiting(shape, *codes, number=0):
    """A hazard as it waits in quarantine, with these findings."""
    wkt = "" if shape is None else shapely.to_wkt(shape, rounding_precision=-1)
    content = f"{wkt} {codes} {number}".encode()
    source = hashlib.sha256(content).hexdigest()
    findings = tuple(Finding(code, "h.geojson", 1, "geometry", "x", "Why.", "How.", "quarantined")
                     for code in codes)
    row = QuarantinedRow("h.geojson", source, 1, "hazard", {"identifier": f"W-{number}"}, wkt,
                         findings)
    return Intake(ImportReport("h.geojson", source, "hazard", 1, 0, 0, 1, findings), (), (row,),
                  content)


def published(registry, folder, day=DAY):
    """The text of the published page for everybody, without its scripts, and what its map holds."""
    (page,) = workflows.publish(registry, folder, reader=policy.view(None), made_on=day)
    text = page.read_text()
    data = re.search(r'id="data">(.*?)</script>', text, re.S)[1]
    return re.sub(r"<script.*?</script>", "", text, flags=re.S), json.loads(data)["map"]


def test_safety_S15_hazards_that_only_wait_are_told_and_shown(tmp_path):
    """Nobody has accepted a hazard yet; of one that waits the place is known, of another not."""
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        registry.take_in(waiting(square(0, 0, 50), "VAL-001"))
        view = public.VIEWS.of(registry)
        inside, away = (public.ask_spot(view, p.x, p.y, 0).answer for p in (
            spot(25, 25), spot(9000, 0)))
        assert inside.told == "hazardous"
        assert (away.told, away.reasons, away.towards) == ("no_information", (), "west")
        text, data = published(registry, tmp_path / "one")
        assert len(data["cells"]) == 1 and public_words.UNPLACED not in text
        registry.take_in(waiting(None, "GEO-007"))
        assert public.ask_spot(public.VIEWS.of(registry), 17.9, 44, 0).answer.reasons == (
            "unplaced",)
        assert public_words.UNPLACED in published(registry, tmp_path / "two")[0]


def test_safety_S15_a_waiting_hazard_lies_where_its_cells_say(tmp_path):
    """WKT in a spreadsheet, as a shape beside the row; what puts the place in doubt, anywhere."""
    path, table = tmp_path / "r.gpkg", tmp_path / "h.csv"
    create_registry(path, office="Test").close()

    def rows(*wkt):
        table.write_text("identifier,slope_deg,geometry\n" + "".join(
            f'H{n},steep,"{w}"\n' for n, w in enumerate(wkt)))
        return table

    with open_registry(path) as registry:
        workflows.import_files(registry, [rows(square(0, 0, 50).wkt)], kind="hazard",
                               crs="EPSG:4326")
        assert len(registry.quarantine()) == 1 and not registry.quarantine()[0].row.geometry_wkt
        view = public.VIEWS.of(registry)
        inside, away = (public.ask_spot(view, p.x, p.y, 0).answer for p in (
            spot(25, 25), spot(9000, 0)))
        assert inside.told == "hazardous" and away.reasons == ()
        workflows.import_files(registry, [rows(square(500, 0, 50).wkt, "POLYGON ((1, 2")],
                               kind="hazard", crs="EPSG:4326")
        far = public.ask_spot(public.VIEWS.of(registry), spot(9000, 0).x, spot(9000, 0).y, 0)
        assert far.answer.reasons == ("unplaced",), "one of them cannot be read"


@pytest.mark.parametrize("code", ["GEO-001", "GEO-011", "GEO-012", "GEO-014", "GEO-018"])
def test_safety_S15_a_waiting_hazard_of_doubtful_place_may_lie_anywhere(tmp_path, code):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        ana, _ = keys(registry, tmp_path)
        signed_release(registry, 1, ana, square(5000, 0, 400), outcome_type="cleared",
                       depth_m=0.2, information_date=DAY)
        released = spot(5200, 200)
        before = public.ask_spot(public.VIEWS.of(registry), released.x, released.y, 0).answer
        assert (before.told, before.reasons) == ("released", ())
        registry.take_in(waiting(square(0, 0, 50), code))
        view = public.VIEWS.of(registry)
        after = public.ask_spot(view, released.x, released.y, 0)
        assert (after.answer.told, after.answer.reasons) == ("released", ("unplaced",))
        assert public_words.UNPLACED in public_words.words_of(
            after, languages.texts("en")).lines, "in full size"
        assert public_words.UNPLACED in published(registry, tmp_path / "page")[0]


def test_safety_S15_when_all_is_released_and_signed_the_public_is_told_so(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        with pytest.raises(LandReleaseError, match="STO-020"):
            published(registry, tmp_path / "none")
        ana, _ = keys(registry, tmp_path)
        signed_record(registry, "hazard", "h1", ana, square(0, 0, 400), identifier="h1",
                      hazard_type="CHA", status="open", information_date=DAY)
        signed_release(registry, 1, ana, square(0, 0, 400), outcome_type="cleared", depth_m=0.2,
                       information_date=DAY, hazard="h1")
        middle = spot(200, 200)
        assert public.ask_spot(
            public.VIEWS.of(registry), middle.x, middle.y, 0).answer.told == "hazardous"
        signed_record(registry, "hazard", "h1", ana, square(0, 0, 400), hours=2, identifier="h1",
                      hazard_type="CHA", status="closed", information_date=DAY)
        assert not workflows.hazards_that_stand(registry)
        view = public.VIEWS.of(registry)
        assert public.ask_spot(view, middle.x, middle.y, 0).answer.told == "released"
        assert public.ask_spot(view, 17.6, 44, 0).answer.told == "no_information"
        _, data = published(registry, tmp_path / "page")
        assert len(data["released"]["rings"]) == 1 and data["cells"] == []


@pytest.mark.parametrize(("text", "told", "within"), [
    ("44.00010, 17.50010", "point", 15), ("44,0001 17,5001", "point", 25),
    ("44°00'00.4\" N 17°30'00.4\" E", "point", 15), ("44.0 17.5", "point", 7000)])
def test_places_are_read_in_many_spellings_and_few_decimals_are_a_large_place(world, text, told,
                                                                              within):
    with open_registry(world[0]) as registry:
        view = public.VIEWS.of(registry)
    reply = public.ask_point(view, text)
    assert reply.kind == told and within / 3 < reply.within_m < within
    assert abs(reply.place.x - 17.5) < 2e-4 and abs(reply.place.y - 44.0) < 2e-4


@pytest.mark.parametrize("text", ["17.5001, 44.0001", "here", "", "44.1"])
def test_swapped_and_unreadable_places_are_refused_with_words(world, text):
    with open_registry(world[0]) as registry:
        view = public.VIEWS.of(registry)
    with pytest.raises(LandReleaseError, match=r"PUB-010.*44\.2083, 17\.6612"):
        public.ask_point(view, text)


@pytest.mark.parametrize("text", ["91, 17", "91.0005 17.0005", "120.5, 44.1"])
def test_a_first_number_that_is_no_latitude_is_refused_also_where_nothing_says_the_area(tmp_path,
                                                                                      text):
    create_registry(tmp_path / "r.gpkg", office="Test").close()
    with open_registry(tmp_path / "r.gpkg") as registry:
        view = public.VIEWS.of(registry)
    with pytest.raises(LandReleaseError, match="PUB-010"):
        public.ask_point(view, text)
    for right in ("44.1, 120.5", "120.5 E, 44.1 N", "E 120.5 N 44.1"):
        place = public.ask_point(view, right).place
        assert (place.x, place.y) == (120.5, 44.1)


def test_names_are_found_without_capitals_and_accents_and_never_answer_for_a_field(world):
    with open_registry(world[0]) as registry:
        view = public.VIEWS.of(registry)
    assert [p.name for p in public.named(view, "gornje silo")] == ["Gornje Šilo"]
    assert len(public.named(view, "SILO")) == 2
    with pytest.raises(LandReleaseError, match=r"PUB-011.*treat it as dangerous"):
        public.named(view, "Nowhere")
    reply = public.ask_named(view, public.named(view, "kraj")[0])
    assert reply.within_m > 1000 and reply.name == "Kraj"


# --- in words ------------------------------------------------------------------------------------

def test_safety_S15_no_answer_in_any_language_calls_ground_safe():
    said = " ".join(t.lower() for t in public_words.TEXTS)
    assert not re.search(r"\bsafe|\bsafety|harmless|no danger", said)
    for texts in languages.all_texts():
        for english in public_words.TEXTS:
            words = texts(english).lower()
            assert not re.search(r"безопас(?!н[а-я]* место)|(?<!не)безпечн|\bsegur[oa]\b|\bsûr|آمن",
                                 words), words


def test_safety_S18_every_language_says_whether_it_was_reviewed(world):
    with open_registry(world[0]) as registry:
        view = public.VIEWS.of(registry)
    reply = public.ask_point(view, "44.00010, 17.50010")
    for texts in languages.all_texts():
        cautions = " ".join(public_words.words_of(reply, texts).cautions)
        assert texts.reviewed or texts(public_words.UNREVIEWED) in cautions


def test_the_command_answers_the_same_for_every_role(world, tmp_path):
    path, _, released, _ = world
    out = tmp_path / "a.json"
    (tmp_path / "field.geojson").write_text(json.dumps(shapely.geometry.mapping(
        PLANE.to_degrees(PLANE.to_plane(released[-1]).representative_point().buffer(3)))))
    said = set()
    for role in ("public", "authority"):
        for call in (["--at", "44.00010, 17.50010"], ["--place", "silo"],
                     ["--area", str(tmp_path / "field.geojson")]):
            done = CliRunner().invoke(cli, ["ask", str(path), *call, "--json", str(out),
                                            "--as", role])
            assert done.exit_code == 0, done.output
            documents = json.loads(out.read_text())
            assert all(d["synthetic"] and d["answer"] in ("hazardous", "released",
                                                          "no_information") for d in documents)
            assert "Secret meadow" not in done.output + out.read_text()
            assert done.stdout.startswith("SYNTHETIC"), "S19"
            said.add((call[0], done.stdout))
    assert len(said) == 3
    done = CliRunner().invoke(cli, ["ask", str(path), "--place", "silo", "--lang", "uk"])
    label = languages.texts("uk")("SYNTHETIC DATA: made up. Nothing here is about real ground.")
    assert label in done.stderr and "made up" not in done.output, "S19, in the language asked for"
    for wrong, code in (([], "PUB-013"), (["--at", "x", "--place", "y"], "PUB-013"),
                        (["--at", "x"], "PUB-010"),
                        (["--at", "44.1, 17.5", "--lang", "xx"], "FRM-002")):
        assert CliRunner().invoke(cli, ["ask", str(path), *wrong]).exception.code == code


def test_whom_to_call_comes_from_the_extension_and_is_never_invented(world, tmp_path):
    from landrelease.workflows.areas import load_extension

    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        (tmp_path / "e.yaml").write_text(
            'name: E\nversion: "1"\ncontact: "Office, by the bridge"\n')
        english = languages.texts("en")
        before = public.ask_point(public.VIEWS.of(registry), "44.00010, 17.50010")
        assert "not stated here" in public_words.words_of(before, english).contact
        load_extension(registry, tmp_path / "e.yaml", by="x")
        after = public.ask_point(public.VIEWS.of(registry), "44.00010, 17.50010")
        assert public_words.words_of(after, english).contact == "Who to call: Office, by the bridge"


# --- the page ------------------------------------------------------------------------------------

@pytest.fixture
def app(world, tmp_path):
    with open_registry(world[0]) as registry:
        registry.backup(tmp_path / "r.gpkg")
    made = make_app(Settings(str(tmp_path / "r.gpkg"), str(tmp_path / "accounts"),
                             hosts=("testserver.local",)))
    made.state.accounts.add(Account("one.planner", "planner", "Operator A"), "four random words do")
    return made


@pytest.fixture
def client(app):
    with TestClient(app) as made:
        made.app_under_test = app
        yield made


def token_in(answer):
    return re.search(r'name="token" value="([^"]+)"', answer.text)[1]


def send(client, *, token=None, photograph=None, headers=None, **said):
    said = {"about": "suspicion", "what": "Something rusty beside the well", **said}
    files = {"photograph": ("p.jpg", photograph, "image/jpeg")} if photograph else {
        "photograph": ("", b"", "application/octet-stream")}
    return client.post("/public/report", headers=headers, files=files, data={
        **said, "token": token or token_in(client.get("/public/report"))})


def test_the_page_asks_by_press_name_coordinates_and_corners_without_a_script(client, world):
    first = client.get("/public")
    assert first.status_code == 200 and "<script" not in first.text
    assert "Do not approach. Do not touch." in first.text and "SYNTHETIC" in first.text
    flat = PLANE.to_plane(world[1][3][0]).centroid
    where = {"e": f"{flat.x:.1f}", "n": f"{flat.y:.1f}", "s": "1"}
    by_name = client.get("/public", params={"place": "kraj"}).text
    assert 'class="answer ' in by_name and "Kraj" in by_name
    many = client.get("/public", params={"place": "silo"}).text
    assert "Which one?" in many and many.count("&amp;id=") == 2
    by_place = client.get("/public", params={"at": "44.00010, 17.50010"}).text
    assert 'class="answer ' in by_place and "44.00010, 17.50010" in by_place
    pressed = client.get("/public", params={**where, "size": "wide", "map.x": "360",
                                            "map.y": "230"}).text
    assert 'class="answer ' in pressed
    marked = client.get("/public", params={
        **where, "size": "narrow", "press": "corner", "corners": "44.1, 17.5", "map.x": "10",
        "map.y": "20"}).text
    corners = re.search(r"<textarea[^>]*>([^<]*)</textarea>", marked)[1].splitlines()
    assert len(corners) == 2 and 'class="answer ' not in marked
    field = client.get("/public", params={
        "field": "1", "corners": "44.1001, 17.5001\n44.1002, 17.5001\n44.1002, 17.5003"}).text
    assert 'class="answer no_information"' in field and "a field of 3 corners" in field
    assert "PUB-012" in client.get("/public", params={"field": "1", "corners": "44.1, 17.5"}).text
    moved = client.get("/public", params={**where, "go": "wider"}).text
    assert 'name="s" value="2"' in moved


def test_a_press_asks_about_the_place_that_was_pressed(client, world):
    """The middle of the picture is the middle of the frame; a corner is half a picture away."""
    with open_registry(client.app_under_test.state.registries.address) as registry:
        view = public.VIEWS.of(registry)
    frame = web.drawing.Frame(1000.0, -2000.0, 5.0)
    for px, (dx, dy) in (((360, 230), (0, 0)), ((0, 0), (-1800, 1150)),
                         ((720, 460), (1800, -1150))):
        made = web._Question(view, {"e": "1000", "n": "-2000", "s": "5", "size": "wide",
                                    "map.x": str(px[0]), "map.y": str(px[1])})
        made.ask()
        flat = view.land.plane.to_plane(made.replies[0].place)
        assert abs(flat.x - 1000 - dx) < 0.01 and abs(flat.y + 2000 - dy) < 0.01
        assert made.replies[0].within_m == pytest.approx(10 + 4 * 5)
    assert frame == made.frame


def test_safety_S14_whoever_is_signed_in_reads_the_publics_page(client):
    plain = client.get("/public", params={"at": "44.00010, 17.50010"}).text
    signed = client.post("/api/session", headers={"x-csrf-token": "page"}, json={
        "name": "one.planner", "password": "four random words do"})
    assert signed.status_code == 200
    assert client.get("/public", params={"at": "44.00010, 17.50010"}).text == plain
    assert "Secret" not in plain


def test_safety_S15_the_picture_holds_no_corner_of_a_hazard_and_only_whole_cells(client, world):
    picture = client.get("/public/map.svg").content
    assert picture.startswith(b"<svg") and b"script" not in picture
    with open_registry(client.app_under_test.state.registries.address) as registry:
        view = public.VIEWS.of(registry)
    frame = web.drawing.Frame(0.0, 0.0, 50.0)
    text = web.drawing.picture(view, frame, web.drawing.SIZES["wide"]).decode()
    cell_px = view.cell_m / 50
    lines = re.findall(r'<path d="([^"]+)" fill="url\(#h\)"', text)
    ends = [tuple(map(float, p.split())) for line in lines
            for p in re.findall(r"[ML]([\d.-]+ [\d.-]+)", line)]
    assert len(ends) > 20
    for x, y in ends:  # each corner lies on the grid of cells, or on the edge of the picture
        on_grid = [abs((v + o) / cell_px - round((v + o) / cell_px)) < 0.02
                   or v in (-10.0, s + 10.0) for v, o, s in ((x, -360, 720), (y, -230, 460))]
        assert any(on_grid), (x, y)


@pytest.mark.parametrize("name", ["at", "place", "corners", "e", "n", "s", "lang", "map.x", "id"])
def test_nothing_that_is_typed_becomes_part_of_the_page(client, name):
    wrong = "<script>alert(1)</script>\"'&"
    params = {"field": "1", **({"place": "silo"} if name == "id" else {}), name: wrong}
    for address in ("/public", "/public/map.svg", "/public/report"):
        answer = client.get(address, params={**params, "where": wrong})
        assert answer.status_code == 200 and "<script>" not in answer.text


def test_every_language_has_its_page_and_arabic_runs_from_right_to_left(client):
    for texts in languages.all_texts():
        page = client.get("/public", params={"lang": texts.code}).text
        assert texts(public_words.TITLE) in page.replace("&#x27;", "'")
        assert (' dir="rtl"' in page.split("<head>")[0]) == (texts.code == "ar")
    asked = client.get("/public", headers={"accept-language": "xx, uk;q=0.8, en;q=0.5"}).text
    assert '<html lang="uk"' in asked


# --- reports -------------------------------------------------------------------------------------

def test_a_report_waits_becomes_a_record_by_retry_and_keeps_the_contact_apart(client):
    address = client.app_under_test.state.registries.address
    with open_registry(address) as registry:
        before, head = registry.quarantine(), registry.head()
    answer = send(client, where="44.01000, 17.51000", reach="door number 7 please",
                  photograph=JPEG)
    assert answer.status_code == 201, answer.text
    with open_registry(address) as registry:
        (entry,) = registry.quarantine()[len(before):]
        assert registry.head() == head, "nothing of the public enters the chain by itself"
        assert entry.row.kind == "complaint" and not registry.records("complaint")
        assert entry.row.findings[0].code == "PUB-030"
        shown = visible_quarantine(registry, policy.view("planner"), entry.number)[0]
        assert "door number" not in repr(shown)
        digest = re.search(r"[0-9a-f]{64}", entry.row.values["source_label"])[0]
        assert registry.source_content(digest) == JPEG
        report = retry_quarantined(registry, entry.number, {}, decided_by="Ana")
        assert report.accepted == 1, report.findings
        (made,) = registry.records("complaint")
        assert made.values["complaint_type"] == "suspicion" and made.geometry.x == 17.51
        assert "reporter_contact" not in made.values
        assert [p.value for p in registry.personal(made.id)] == ["door number 7 please"]
        assert not registry.audit()


def test_a_report_without_a_place_keeps_the_words_and_can_be_mended(client):
    address = client.app_under_test.state.registries.address
    assert send(client, where="behind the old mill", about="conduct").status_code == 201
    with open_registry(address) as registry:
        entry = registry.quarantine()[-1]
        assert "behind the old mill" in entry.row.values["description"]
        report = retry_quarantined(registry, entry.number, {"geometry": "POINT (17.5 44.0)"})
        assert report.accepted == 1, report.findings
        (made,) = registry.records("complaint")
        assert made.values["complaint_type"] == "conduct" and made.geometry.x == 17.5


@pytest.mark.parametrize(("lang", "words"), [
    ("en", "could not be read"), ("fr", "pas pu être lu"), ("es", "no se pudo leer"),
    ("ru", "не удалось прочитать"), ("uk", "не вдалося прочитати"), ("ar", "تعذّرت قراءة")])
def test_who_sent_a_place_that_cannot_be_read_is_told_and_can_say_it_again(client, lang, words):
    address = client.app_under_test.state.registries.address
    first = send(client, where="44.01 <x>, mill", lang=lang, photograph=JPEG, reach="the baker")
    assert first.status_code == 201 and words in first.text and "<x>" not in first.text
    assert "44.01 &lt;x&gt;, mill" in first.text and "44.2083, 17.6612" in first.text
    said = {k: html.unescape(v) for k, v in re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)"', first.text)}
    again = client.post("/public/report", data={**said, "where": "44.01000, 17.51000"})
    assert again.status_code == 201 and words not in again.text
    with open_registry(address) as registry:
        (row,) = [e.row for e in registry.quarantine() if e.row.kind == "complaint"]
        assert float(row.values["latitude"]) == pytest.approx(44.01)
        assert "mill" in row.values["description"] and row.values["reporter_contact"] == "the baker"
        assert hashlib.sha256(JPEG).hexdigest() in row.values["source_label"]
    for fine in ("", "44.01000, 17.51000"):
        assert words not in send(client, where=fine, lang=lang).text


def test_the_same_form_sent_twice_is_one_report(client):
    address = client.app_under_test.state.registries.address
    token = token_in(client.get("/public/report"))
    numbers = {re.search(r"code of your report is ([0-9A-F-]+)",
                         send(client, token=token).text)[1] for _ in range(2)}
    assert len(numbers) == 1
    with open_registry(address) as registry:
        assert len([e for e in registry.quarantine() if e.row.kind == "complaint"]) == 1


def rows_of(client, status="waiting"):
    with open_registry(client.app_under_test.state.registries.address) as registry:
        return [e for e in registry.quarantine(status) if e.row.kind == "complaint"]


@pytest.mark.parametrize("other", [
    {"about": "compensation", "what": "When is my money paid?"}, {"where": "44.55000, 17.51000"},
    {"where": "somewhere near the well"}, {"where": ""}, {"what": "There is no mine by the path"}])
def test_safety_S01_who_sent_a_report_of_danger_takes_it_away_by_no_other_word(client, other):
    """Also not by sending the first words again: they were thanked for, and counted for nothing."""
    first = {"about": "suspicion", "what": "A mine by the path", "where": "44.00500, 17.50500"}
    token = token_in(client.get("/public/report"))
    said = "goes on counting until somebody has looked at it"
    assert said not in send(client, token=token, **first).text
    for sent in (other, first, other):
        answer = send(client, token=token, **first | sent)
        assert answer.status_code == 201 and said in answer.text
        assert len(rows_of(client)) == 2 and not rows_of(client, "rejected")
    with open_registry(client.app_under_test.state.registries.address) as registry:
        place = shapely.Point(17.505, 44.005)
        assert any(shapely.dwithin(r.place, place, 1e-5) for r in reported_danger(registry))
        number = rows_of(client)[0].row.values["identifier"].removeprefix("public-")
        before = len(reported_danger(registry))
        reject_quarantined(registry, rows_of(client)[0].number, "a joke of his brother")
        assert len(reported_danger(registry)) == before - 1
        assert by_code(registry, number).told == "received"  # the other word
    # What a person rejected is not dropped where it is sent once more.
    assert send(client, token=token, **first).status_code == 201
    assert sum(e.row.values["description"] == "A mine by the path"
               and e.row.values["latitude"] == "44.005" for e in rows_of(client)) == 1


def test_a_report_that_was_put_right_and_is_sent_with_its_first_words_stands_again(client):
    token = token_in(client.get("/public/report"))
    first = {"about": "compensation", "what": "My fence"}
    for sent in (first, {"what": "A shell by the mill"}, first):
        assert send(client, token=token, **sent).status_code == 201
    assert [e.row.values["description"] for e in rows_of(client)] == [
        "A shell by the mill", "My fence"]
    (gone,) = rows_of(client, "rejected")
    assert gone.reason == "put right by whoever sent it"
    assert gone.row.values["description"] == "My fence"


def test_the_later_word_of_a_report_on_record_waits_beside_it_and_names_it(client):
    address = client.app_under_test.state.registries.address
    token = token_in(client.get("/public/report"))
    assert send(client, token=token, what="A shell by the mill").status_code == 201
    (first,) = rows_of(client)
    number = first.row.values["identifier"].removeprefix("public-")
    with open_registry(address) as registry:
        assert retry_quarantined(registry, first.number, {}).accepted == 1
        assert by_code(registry, number).told == "open"
        assert send(client, token=token, what="The new mill", where="44.6, 17.5").status_code == 201
        (later,) = rows_of(client)
        (record,) = registry.records("complaint")
        assert record.values["description"] == "A shell by the mill"
        beside = reports.near(registry, policy.view("planner"), [later])[later.number]
        assert beside[0].same_report and beside[0].id == record.id
        assert by_code(registry, number).told == "received"
        reject_quarantined(registry, later.number, "seen: nothing there")
        assert by_code(registry, number).told == "open"


def test_what_lies_near_is_for_who_looks_through_and_never_for_the_public(client):
    for n, what in enumerate(("A rusty thing by the road", "a RUSTY  thing by the road", "Noise")):
        answer = send(client, what=what, where=f"44.0100{n}, 17.51000")
        assert answer.status_code == 201 and "rusty" not in answer.text.lower()
    assert send(client, what="Far away", where="44.05000, 17.51000").status_code == 201
    assert client.get("/api/quarantine").status_code == 403
    client.post("/api/session", headers={"x-csrf-token": "page"}, json={
        "name": "one.planner", "password": "four random words do"})
    rows = [r for r in client.get("/api/quarantine").json()["rows"] if r["kind"] == "complaint"]
    first = rows[0]["near"]
    assert first[0]["same_words"] and first[0]["number"] == rows[1]["number"]
    assert first[0]["distance_m"] < 5 and "Far away" not in json.dumps(first)
    assert not any(n["kind"] == "complaint" for n in rows[3]["near"])


def test_reports_are_throttled_and_what_was_typed_comes_back(client):
    answers = [send(client, what=f"Report {n}") for n in range(7)]
    assert [a.status_code for a in answers] == [201] * 5 + [429] * 2
    assert "PUB-022" in answers[-1].text and "Report 6" in answers[-1].text
    assert int(answers[-1].headers["retry-after"]) > 0 and "retry-after" not in answers[0].headers


@pytest.mark.parametrize(("wrong", "code"), [
    ({"what": " "}, "PUB-020"), ({"photograph": b"MZ" + bytes(99)}, "PUB-021"),
    ({"photograph": JPEG + bytes(reports.MOST_PHOTO_BYTES)}, "PUB-026"),
    ({"token": "1.2.3"}, "PUB-023"), ({"token": ""}, None)])
def test_what_cannot_be_taken_leaves_nothing_and_says_why(client, wrong, code):
    address = client.app_under_test.state.registries.address
    if wrong.get("token") == "":
        answer = client.post("/public/report", data={"what": "Report without a form"})
        code = "PUB-023"
    else:
        answer = send(client, **wrong)
    assert answer.status_code == 400 and code in answer.text
    with open_registry(address) as registry:
        assert not [e for e in registry.quarantine() if e.row.kind == "complaint"]


@pytest.mark.parametrize(("lang", "megabytes", "said"), [
    ("en", 5.5, "larger than 5 MB"), ("en", 7, "larger than 5 MB"), ("ar", 7, "ميغابايت"),
    ("fr", 5.5, "5 Mo"), ("es", 7, "5 MB"), ("ru", 5.5, "5 МБ"), ("uk", 7, "5 МБ")])
def test_a_photograph_that_is_too_large_gives_back_what_was_typed_in_its_language(
        client, lang, megabytes, said):
    answer = send(client, lang=lang, what="A mine <b>", where="44.005, 17.505", reach="the baker",
                  photograph=JPEG + bytes(int(megabytes * 1_000_000)),
                  headers={"accept": "text/html", "accept-language": "en"})
    assert answer.status_code == (400 if megabytes < 6 else 413)
    assert answer.headers["content-type"].startswith("text/html")
    problem = re.search(r'role="alert">([^<]*)<', answer.text)[1]
    assert said in problem and "PUB-026" in problem and "withheld" not in problem
    for typed in ("A mine &lt;b&gt;", 'value="44.005, 17.505"', 'value="the baker"',
                  f'<html lang="{lang}"'):
        assert typed in answer.text
    assert not rows_of(client)


def test_what_is_no_photograph_is_said_in_the_language_and_nothing_is_withheld(client):
    answer = send(client, lang="uk", photograph=b"MZ" + bytes(99))
    problem = re.search(r'role="alert">([^<]*)<', answer.text)[1]
    assert "JPEG" in problem and "withheld" not in problem and "photograph" not in problem


def test_what_no_form_of_ours_would_send_is_refused_on_a_page_in_its_language(client):
    headers = {"accept": "text/html", "accept-language": "ar"}
    for answer in (send(client, headers=headers, photograph=JPEG + bytes(41_000_000)),
                   send(client, headers={**headers, "sec-fetch-site": "cross-site"}),
                   client.delete("/public/report", headers=headers)):
        assert answer.status_code in (403, 405, 413)
        assert '<html lang="ar" dir="rtl"' in answer.text.replace("'", '"'), answer.text[:300]
        assert not re.search("Too Large|Not Allowed|only be sent", answer.text)


def test_another_site_cannot_send_the_form(client):
    assert send(client, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert not rows_of(client)


def test_safety_S01_a_report_whose_unseen_field_was_filled_in_waits_marked_and_throttled(client):
    answers = [send(client, web="http://spam", what=f"A mine {n}", where="44.005, 17.505")
               for n in range(6)]
    assert [a.status_code for a in answers] == [201] * 5 + [429]
    assert "code of your report is" in answers[0].text
    for entry in rows_of(client):
        assert [f.code for f in entry.row.findings] == ["PUB-030", "PUB-033"]
    with open_registry(client.app_under_test.state.registries.address) as registry:
        assert len(reported_danger(registry)) == len(rows_of(client)) == 5
        assert retry_quarantined(registry, rows_of(client)[0].number, {}).accepted == 1


def test_forms_are_sealed_for_hours_only():
    key, other = web.new_key(), web.new_key()
    token = web.seal(key, 1_000_000.0)
    assert web.sealed(key, token, 1_000_000.0 + 11 * 3600)
    for k, t, now in ((other, token, 1e6), (key, token, 1e6 + 13 * 3600), (key, token, 1e6 - 99),
                      (key, "é" + token, 1e6), (key, "", 1e6)):
        assert not web.sealed(k, t, now)


def test_the_throttle_forgets_and_stops_a_flood_from_many_addresses():
    throttle = Throttle(one=2, everybody=5, minutes=1)
    assert [throttle.take("a", n) for n in (0, 1, 2)] == [0, 0, 58]
    assert throttle.take("a", 61) == 0
    assert [throttle.take(f"b{n}", 62) for n in range(5)] == [0, 0, 0, 0, 59]


def test_nearness_is_for_complaints_alone_and_sees_records(world, tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        record(registry, "hazard", "h1", square(0, 0, 50), hazard_type="SHA", status="open",
               name="Meadow")
        record(registry, "complaint", "c1", spot(30, 200), description="Same words",
               complaint_type="suspicion")
        view = public.VIEWS.of(registry)
        reports.receive(registry, view, reports.PublicReport(
            "suspicion", "same  WORDS", "44.0000, 17.5000", "", "key-1"), today=date.today())
        entries = registry.quarantine()
        near = reports.near(registry, policy.view("planner"), entries)[entries[0].number]
        assert [(n.kind, n.id, n.same_words) for n in near] == [
            ("complaint", "c1", True), ("hazard", "h1", False)]
        hushed = reports.near(registry, policy.view("public"), entries)[entries[0].number]
        assert hushed == []


def test_the_record_of_now_is_what_is_looked_up(world):
    """`few.record_of` finds ids by their order, whatever their last letter is."""
    from landrelease.workflows import few

    with open_registry(world[0]) as registry:
        for record_id in ("h0", "h1", "h10", "h24"):
            found = few.record_of(registry, "hazard", record_id)
            assert isinstance(found, Record) and found.id == record_id
        assert few.record_of(registry, "hazard", "h") is None
        assert few.record_of(registry, "hazard", "zz") is None


def test_what_cannot_be_answered_is_said_in_the_language_that_was_asked_in(world):
    path = world[0]
    app = make_app(Settings(str(path), f"{path}.accounts", hosts=("testserver.local",)))
    with TestClient(app) as client:
        for lang, words in (("uk", "не записано"), ("ar", "لا يوجد في السجلات")):
            said = client.get("/public", params={"place": "Nowhere", "lang": lang}).text
            assert "[PUB-011]" in said and words in said and "No community" not in said
    done = CliRunner().invoke(cli, ["ask", str(path), "--place", "Nowhere", "--lang", "fr"])
    assert done.exit_code != 0 and "Aucune communauté" in str(done.exception)


# --- what is added to an answer ------------------------------------------------------------------

def a_release(tmp_path):
    """A registry with one signed release, the middle of it, and a question about that."""
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        ana, _ = keys(registry, tmp_path)
        signed_release(registry, 1, ana, square(5000, 0, 400), outcome_type="cleared",
                       depth_m=0.2, information_date=DAY, hazard="h9")
    middle = spot(5200, 200)

    def ask(registry, place=middle):
        return public.ask_spot(public.VIEWS.of(registry), place.x, place.y, 0)

    return path, middle, ask


def reported(registry, about, place, key="k"):
    return reports.receive(registry, public.VIEWS.of(registry), reports.PublicReport(
        about, "a mine by the tree", f"{place.y:.6f}, {place.x:.6f}", "", key), today=DAY)


def test_safety_S01_danger_that_somebody_reported_stands_beside_released_until_it_is_dealt_with(
        tmp_path):
    path, middle, ask = a_release(tmp_path)
    english = languages.texts("en")
    with open_registry(path) as registry:
        assert (ask(registry).answer.told, ask(registry).answer.reasons) == ("released", ())
        reported(registry, "delay", middle, "other")
        assert ask(registry).answer.reasons == (), "about something else"
        reported(registry, "suspicion", middle)
        found = ask(registry)
        assert (found.answer.told, found.answer.reasons, found.answer.reported_on) == (
            "released", ("reported",), DAY)
        words = public_words.words_of(found, english)
        (line,) = [w for w in words.lines if "Somebody reported" in w]
        assert "4 May 2026" in line or "2026-05-04" in line
        assert "tree" not in " ".join((*words.lines, *words.cautions))
        assert public.document(found)["reported_on"] == "2026-05-04"
        assert ask(registry, spot(20_000, 0)).answer.reasons == (), "elsewhere"
        assert public_words.REPORTED_SOMEWHERE in published(registry, tmp_path / "page")[0]
        (entry,) = [e for e in registry.quarantine()
                    if e.row.values["complaint_type"] == "suspicion"]
        assert retry_quarantined(registry, entry.number, {}).accepted == 1
        assert ask(registry).answer.reasons == ("reported",), "on record and open"
        (made,) = registry.records("complaint")
        record(registry, "complaint", made.id, made.geometry, hours=2, **{
            **made.values, "complaint_status": "answered", "answer": "An old pipe."})
        assert ask(registry).answer.reasons == ()
        assert public_words.REPORTED_SOMEWHERE not in published(registry, tmp_path / "two")[0]


def test_safety_S17_a_report_is_told_of_in_whole_cells_on_page_and_map(tmp_path):
    path, middle, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        reported(registry, "suspicion", middle)
        view = public.VIEWS.of(registry)
        (part,) = view.land.reported
        assert PLANE.to_plane(part.ground).area >= 0.9 * view.cell_m**2
        assert ask(registry, spot(5250, 250)).answer.reasons == ("reported",)
    app = make_app(Settings(str(path), f"{path}.accounts", hosts=("testserver.local",)))
    with TestClient(app) as client:
        asked = {"at": f"{middle.y:.6f}, {middle.x:.6f}"}
        page = client.get("/public", params=asked).text
        assert "<p>Somebody reported something dangerous" in page, "in full size"
        drawn = client.get(re.search(r'src="(/public/map.svg[^"]*)"', page)[1].replace(
            "&amp;", "&")).text
        assert "stroke-dasharray" in drawn
    done = CliRunner().invoke(cli, ["ask", str(path), "--at", asked["at"]])
    assert "Somebody reported something dangerous" in done.stdout


@pytest.mark.parametrize("kind", ["item", "accident"])
def test_safety_S11_a_find_without_a_place_and_an_area_puts_a_caution_beside_every_answer(
        tmp_path, kind):
    path, _, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        said = {"ordnance_category": "ap_mine"} if kind == "item" else {
            "accident_class": "incident"}
        record(registry, "hazard", "h1", square(0, 0, 50), identifier="Meadow", hazard_type="SHA",
               status="open")
        record(registry, kind, "named", None, hazard="Meadow", **said)
        assert ask(registry).answer.reasons == (), "the area that it names is on the map"
        record(registry, kind, "lost", None, **said)
        assert (ask(registry).answer.told, ask(registry).answer.reasons) == (
            "released", ("unplaced",))


@pytest.mark.parametrize("kind", ["item", "accident"])
def test_safety_S11_so_does_one_that_waits(tmp_path, kind):
    path, _, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        intake = waiting(None, "GEO-007")
        (row,) = intake.quarantined
        registry.take_in(dataclasses.replace(
            intake, report=dataclasses.replace(intake.report, kind=kind),
            quarantined=(dataclasses.replace(row, kind=kind),)))
        assert ask(registry).answer.reasons == ("unplaced",)


def test_more_places_of_a_name_than_are_shown_are_told_and_the_municipality_tells_them_apart(
        tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        for n in range(public.MOST_NAMES + 1):
            record(registry, "settlement", f"s{n}", spot(1000 * n, 0), name="Brdo",
                   municipality_name=f"District {chr(65 + n)}", population=10)
        found = public.named(public.VIEWS.of(registry), "brdo")
        assert len(found) == public.MOST_NAMES + 1
        for said in ("Brdo (District C)", "brdo district c", "Brdo, District C"):
            assert [p.id for p in public.named(public.VIEWS.of(registry), said)] == ["s2"]
    app = make_app(Settings(str(path), f"{path}.accounts", hosts=("testserver.local",)))
    with TestClient(app) as client:
        page = client.get("/public", params={"place": "Brdo"}).text
        assert "more than 30" in page and page.count("id=s") == 30
    done = CliRunner().invoke(cli, ["ask", str(path), "--place", "Brdo"])
    assert "more than 30" in done.stdout


# --- nothing less than is on record --------------------------------------------------------------

FOUND = date(2026, 6, 1)


@pytest.mark.parametrize("find", [
    {"hazard": "h9", "ordnance_category": "ap_mine"}, {"hazard": "outcome",
                                                       "ordnance_category": "ap_mine"},
    {"accident_class": "ordnance_accident", "hazard": "h9"}],
    ids=["its area", "its outcome", "accident"])
def test_safety_S11_a_find_that_names_released_ground_makes_it_hazardous_without_its_hazard(
        tmp_path, find):
    """The hazard of the release is not on record: its ground comes back as an area of its own. How
    far the area reached beyond the release nobody knows here, so that the caution stays."""
    path, _, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        assert ask(registry).answer.told == "released"
        (outcome,) = registry.records("outcome")
        find = {**find, "hazard": outcome.id if find["hazard"] == "outcome" else "h9"}
        kind, day = ("accident", "information_date") if "accident_class" in find else (
            "item", "found_on")
        record(registry, kind, "f1", None, **find, **{day: FOUND})
        assert (ask(registry).answer.told, ask(registry).answer.reasons) == (
            "hazardous", ("unplaced",))
        (back,) = workflows.hazards_that_stand(registry)
        assert back.value("status") == "reopened" and back.geometry is not None
        data = published(registry, tmp_path / "page")[1]
        assert data["cells"] and not data["released"]["rings"] and data["unplaced"]


def test_safety_S11_a_find_on_such_ground_and_a_revoked_certificate_do_so_too(tmp_path):
    path, middle, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        record(registry, "item", "f1", middle, ordnance_category="ap_mine", found_on=FOUND)
        assert (ask(registry).answer.told, ask(registry).answer.reasons) == ("hazardous", ())
    (tmp_path / "b").mkdir()
    path, middle, ask = a_release(tmp_path / "b")
    with open_registry(path) as registry:
        (paper,) = registry.records("handover")
        record(registry, "handover", paper.id, paper.geometry, hours=2, **{
            **paper.values, "handover_status": "revoked", "revoked_reason": "a doubt"})
        assert ask(registry).answer.told == "hazardous"


def test_safety_S01_a_report_without_a_place_is_about_the_area_that_it_names(tmp_path):
    path, _, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        record(registry, "complaint", "c0", None, complaint_type="suspicion",
               complaint_status="open", received_on=DAY)
        assert ask(registry).answer.reasons == (), "it names nothing"
        record(registry, "complaint", "c1", None, complaint_type="suspicion",
               complaint_status="open", received_on=DAY, hazard="h9")
        found = ask(registry).answer
        assert (found.told, found.reasons, found.reported_on) == ("released", ("reported",), DAY)
        assert ask(registry, spot(20_000, 0)).answer.reasons == ()
        record(registry, "hazard", "h2", square(9000, 0, 100), identifier="Far meadow",
               hazard_type="SHA", status="open")
        record(registry, "complaint", "c2", None, complaint_type="suspicion", hazard="Far meadow",
               complaint_status="open", received_on=DAY)
        assert ask(registry, spot(9050, 50)).answer.reasons == ("reported",)


def test_safety_S01_the_answer_hazardous_says_what_was_reported_and_what_nobody_can_place(tmp_path):
    path, middle, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        record(registry, "hazard", "h1", square(5100, 100, 100), hazard_type="SHA", status="open")
        record(registry, "hazard", "h2", None, hazard_type="SHA", status="open")
        reported(registry, "suspicion", middle)
        found = ask(registry)
        assert (found.answer.told, found.answer.reasons, found.answer.reported_on) == (
            "hazardous", ("reported", "unplaced"), DAY)
        words = public_words.words_of(found, languages.texts("en"))
        assert public_words.UNPLACED in words.lines
        assert any("Somebody reported" in line for line in words.lines)


def test_safety_S01_a_report_is_told_where_nothing_else_is_on_record(tmp_path):
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        record(registry, "complaint", "c1", spot(0, 0), complaint_type="suspicion",
               complaint_status="open", received_on=DAY)
        view = public.VIEWS.of(registry)
        assert public.ask_spot(view, 17.5, 44.0, 0).answer.reasons == ("reported",)
        assert public.ask_spot(view, 17.9, 44.0, 0).answer.reasons == ()
        assert registry.setting("public_grid_centre") is None, "a report fixes no grid"


def test_safety_S15_the_published_page_holds_the_cells_of_reports_and_their_days(tmp_path):
    path, middle, _ = a_release(tmp_path)
    with open_registry(path) as registry:
        text, data = published(registry, tmp_path / "none")
        assert data["reported"] == {"rings": [], "on": []} and "fill-reported\"" not in text
        reported(registry, "suspicion", middle)
        text, data = published(registry, tmp_path / "page")
        assert data["reported"]["on"] == ["2026-05-04"] and len(data["reported"]["rings"]) == 1
        assert 'class="fill-reported"' in text and "a mine by the tree" not in text
        (part,) = public.VIEWS.of(registry).land.reported
        xs, ys = np.cumsum(np.array(data["reported"]["rings"][0][0]).reshape(-1, 2), axis=0).T
        west, _, _, north = part.ground.bounds
        origin, steps = data["origin"], data["steps"]
        assert (origin[0] + xs.min()) / steps == pytest.approx(west, abs=2e-5)
        assert (origin[1] + ys.max()) / steps == pytest.approx(north, abs=2e-5)


# --- a place that is known to 100 m or worse -----------------------------------------------------

@pytest.mark.parametrize("off", [100.0, 350.0, 2_500.0])
def test_safety_S04_a_rough_place_keeps_its_accuracy_in_answers_maps_and_pages(tmp_path, off):
    """Nothing that is known to 100 m or worse is drawn or answered as exact."""
    path = tmp_path / "r.gpkg"
    create_registry(path, office="Test").close()
    with open_registry(path) as registry:
        record(registry, "hazard", "h1", square(0, 0, 10), hazard_type="SHA", status="open",
               position_accuracy_m=off)
        record(registry, "settlement", "s1", spot(30_000, 0), name="Brdo", population=10,
               position_accuracy_m=off)
        record(registry, "complaint", "c1", spot(60_000, 0), complaint_type="suspicion",
               complaint_status="open", received_on=DAY, position_accuracy_m=off)
        view = public.VIEWS.of(registry)

        def at(east, north=5):
            place = spot(east, north)
            return public.ask_spot(view, place.x, place.y, 0)

        # The hazard and the report count wherever they may lie.
        for away in (off - 1, -off + 11):
            assert at(away).answer.told == "hazardous"
            assert "reported" in at(60_000 + away, 0).answer.reasons
        # A community is asked with all ground about any place where it may lie.
        (place,) = public.named(view, "Brdo")
        reply = public.ask_named(view, place)
        around = workflows.load_assumptions(None, registry).value("exposure_distance_m")
        assert place.off_m == off and reply.within_m >= around + off
        # What is asked with few decimals stays as large, in the words too.
        rough = public.ask_point(view, "44.0, 17.5")
        assert rough.within_m > 5_000
        assert public_words.words_of(rough, languages.texts("en")).asked.endswith("44.00, 17.50")
        from landrelease.apps.web import public_map as drawing

        frame = drawing.frame_of(view, "", "", "", place.place)
        drawn = drawing.picture(view, frame, (720, 460), rough.place, None, rough.within_m).decode()
        (about,) = re.findall(r'class="about"[^>]* r="([\d.]+)"', drawn)
        assert float(about) == pytest.approx(max(4.0, off / frame.scale), abs=0.06)
        assert '" r="3"' not in drawn, "no dot for a place that is not known so well"
        near = drawing.Frame(0.0, 0.0, 50.0)
        drawn = drawing.picture(view, near, (720, 460), rough.place, None, rough.within_m).decode()
        (within,) = re.findall(r'class="within"[^>]* r="([\d.]+)"', drawn)
        assert float(within) >= rough.within_m / 50 - 0.1 and '" r="2"' not in drawn
        # On the published page the cells cover all of it, and names say that they are rough.
        data = published(registry, tmp_path / "page")[1]
        steps, (west, south) = data["steps"], data["origin"]
        plane = view.land.plane
        cells = shapely.union_all([shapely.Polygon(np.cumsum(
            np.array(ring).reshape(-1, 2), axis=0) / steps + np.array([west, south]) / steps)
            for one in data["cells"] for ring in one])
        where = plane.to_plane(spot(5, 5))
        assert plane.to_plane(cells).buffer(2).contains(where.buffer(off))


def test_safety_S15_a_report_from_the_other_end_of_the_earth_keeps_no_answer_back(tmp_path):
    """Anybody may send one: the answers and the page are there for everybody else all the same."""
    path, _, ask = a_release(tmp_path)
    with open_registry(path) as registry:
        for n, (x, y) in enumerate([(-162.5, -44.0), (180, 0), (17.5, 89.9999), (0, -90),
                                    (-180, 10)]):
            record(registry, "complaint", f"c{n}", shapely.Point(x, y), received_on=DAY,
                   complaint_type="suspicion", complaint_status="open")
            assert (ask(registry).answer.told, ask(registry).answer.reasons) == ("released", ())
        assert published(registry, tmp_path / "page")[1]["reported"]["rings"] == []
    create_registry(tmp_path / "empty.gpkg", office="Test").close()
    with open_registry(tmp_path / "empty.gpkg") as registry:
        for n, y in enumerate((-90, 89.99)):
            record(registry, "complaint", f"c{n}", shapely.Point(0, y), received_on=DAY,
                   complaint_type="suspicion", complaint_status="open")
        assert public.ask_spot(public.VIEWS.of(registry), 17.5, 44.0, 0).answer.reasons == ()
