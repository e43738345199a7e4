"""What is widened, contested, waiting or revoked counts as wide and as long for every reader: the
answer of the public, who looks a certificate up, the map of the staff, whoever signs (S01, S04,
S11, S15)."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyogrio
import pytest
import shapely
from pyproj import Transformer

from landrelease.access import policy
from landrelease.core.certificate import OUTCOME, RELEASE
from landrelease.core.reading import facts_in
from landrelease.core.revision import Revision
from landrelease.core.signature import SigningKey
from landrelease.errors import POSITION_TRANSFORMED
from landrelease.store.open import create_registry
from landrelease.workflows import (
    certificates,
    collections,
    exchange,
    filtering,
    hazards_that_stand,
    identities,
    import_files,
    public,
    reports,
    retry_quarantined,
    submissions,
    waiting_hazards,
)
from landrelease.workflows.behind import OnFile
from landrelease.workflows.unsigned import unsigned
from release_world import AT, keys, record

DAY = date(2026, 4, 20)
FIELD, MIDDLE = shapely.box(17, 44, 17.01, 44.01), (17.005, 44.005)
WEST, EAST = shapely.box(17, 44, 17.005, 44.01), shapely.box(17.005, 44, 17.01, 44.01)
SAID = {"hazard_type": "SHA", "status": "open", "information_date": "2026-05-05"}


def new(folder, office="A"):
    return create_registry(folder / f"{office}.gpkg", office=office)


def hazard(registry, name, ground=FIELD, **values):
    record(registry, "hazard", name, ground, **(SAID | {
        "identifier": name, "information_date": DAY} | values))


def revise(registry, record_id, key=None, ground=None, **values):
    now = identities.current_revision(registry, record_id).revision
    made = replace(now, values={**now.values, **values}, recorded_at=datetime.now(UTC), source="",
                   geometry=now.geometry if ground is None else ground, follows=(), commitments={},
                   signed_by="", signature="", validation="entered")
    registry.append([made if key is None else identities.sign_revision(registry, made, key)])


def release(registry, name, key, ground=FIELD, *, number=1, close=True, day=DAY):
    """Ground of a hazard, released by a signed proposal; the id of its outcome."""
    proposal = hashlib.sha256(f"{name} {number}".encode()).hexdigest()
    at = AT + timedelta(hours=number)
    outcome = OUTCOME + proposal[:12]
    made = [Revision("outcome", outcome, {
        "outcome_type": "cleared", "hazard": name, "depth_m": 0.2, "decided_on": day,
        "information_date": day}, ground, at, "", "why", proposal, day),
        Revision("handover", RELEASE + proposal[:12], {
            "outcomes": [outcome], "handover_status": "planned"}, ground, at, "", "why", proposal,
            day)]
    if close:
        now = identities.current_revision(registry, name).revision
        made.append(replace(now, values={**now.values, "status": "closed"}, recorded_at=at,
                            reason="why", source=proposal, follows=(), commitments={}))
    for revision in made:
        registry.append([identities.sign_revision(registry, replace(
            revision, signed_by="", signature=""), key)])
    return outcome


def asked(registry, place=MIDDLE):
    return public.ask_spot(public.VIEWS.of(registry), *place, 0).answer


def told(registry, place=MIDDLE):
    return asked(registry, place).told


def table(folder, name, *rows):
    """Hazards as GeoJSON: (values, shape) each."""
    path = folder / f"{name}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": values, "geometry": shapely.geometry.mapping(shape)}
        for values, shape in rows]}))
    return path


def taken(registry, folder, name, *rows):
    import_files(registry, [table(folder, name, *rows)], kind="hazard")
    return [f.code for e in registry.quarantine("waiting") for f in e.row.findings]


@pytest.fixture
def released(tmp_path):
    """A field that was released, and a hazard far away."""
    with new(tmp_path) as registry:
        ana, _ = keys(registry, tmp_path)
        hazard(registry, "h1")
        hazard(registry, "far", shapely.box(17.5, 44.5, 17.51, 44.51))
        release(registry, "h1", ana)
        assert told(registry) == "released"
        yield registry, ana, tmp_path


# --- what waits ----------------------------------------------------------------------------------

NEAR = shapely.box(17.035, 44, 17.036, 44.001)  # 2 km from the field


@pytest.mark.parametrize("kind", ["SHA", "rumour!"])  # taken in, waits
def test_safety_S04_a_hazard_that_waits_is_as_wide_as_its_accuracy(released, kind):
    registry, _, folder = released
    codes = taken(registry, folder, "n", ({**SAID, "identifier": "L1", "hazard_type": kind,
                                           "position_accuracy_m": 3000}, NEAR))
    assert bool(codes) == (kind != "SHA")
    assert told(registry) == "hazardous" and asked(registry, (18, 45)).reasons == ()


@pytest.mark.parametrize(("said", "reasons"), [
    ("3 km", ()), ("some km", ("unplaced",)), ("unknown", ()), (None, ()), (9e6, ("unplaced",))])
def test_safety_S04_an_accuracy_is_read_as_at_the_import_or_the_place_is_not_known(
        released, said, reasons):
    registry, _, folder = released
    taken(registry, folder, "n", ({**SAID, "identifier": "L1", "hazard_type": "rumour!",
                                   "position_accuracy_m": said}, NEAR))
    away = asked(registry, (19, 45))
    assert (away.told, away.reasons) == ("no_information", reasons)
    assert told(registry) == ("hazardous" if said in ("3 km", 9e6) else "released")


def test_safety_S04_few_decimals_widen_a_hazard_that_waits(tmp_path):
    """44.1, 17.5 is a place of 7 km."""
    path = tmp_path / "h.csv"
    path.write_text("identifier,hazard_type,status,latitude,longitude\n"
                    "P1,SHA,open,44.1,17.5\nP2,SHA,open,44.123456,17.923456\n")
    mapping = tmp_path / "map.yaml"
    mapping.write_text("kind: hazard\ncrs: EPSG:4326\ncolumns: {identifier: identifier, "
                       "hazard_type: hazard_type, status: status, latitude: latitude, "
                       "longitude: longitude}\n")
    with new(tmp_path) as registry:
        import_files(registry, [path], kind="hazard", mapping_path=mapping)
        assert not registry.records("hazard")
        assert told(registry, (17.55, 44.1)) == "hazardous"
        assert told(registry, (17.97, 44.123456)) == "no_information"


def test_safety_S04_what_a_receiver_states_widens_what_waits(released):
    registry, _, _ = released
    outline = "44 17.035 0 {0}; 44 17.036 0 {0}; 44.001 17.036 0 {0}; 44 17.035 0 {0}"
    survey = f"""<landrelease_nts id="landrelease_nts"><activity><identifier>a-1</identifier>
      <activity_type>NTS</activity_type><information_date>2026-05-04</information_date>
      <place>44 17.035 0 3</place><hazard><identifier>P-1</identifier><status>open</status>
      <information_date>2026-05-04</information_date><hazard_type>zzz</hazard_type>
      <place>{outline.format(2000)}</place></hazard></activity>
      <meta><instanceID>uuid:1</instanceID></meta></landrelease_nts>"""
    submissions.receive(registry, survey.encode(), {}, by="p")
    assert "hazard" in [e.row.kind for e in registry.quarantine("waiting")]
    assert "P-1" not in registry.ids("hazard")
    assert told(registry, (17.0, 44.0)) == "hazardous", "2.8 km of 90 %, from 2,000 m as stated"


def item(quantity):
    return f"""<landrelease_item id="landrelease_item"><item><identifier>i-1</identifier>
      <ordnance_category>ap_mine</ordnance_category><quantity>{quantity}</quantity>
      <found_on>2026-11-01</found_on><place>44.0 17.035 0 3000</place></item>
      <meta><instanceID>uuid:2</instanceID></meta></landrelease_item>""".encode()


def test_safety_S11_a_find_that_waits_reaches_as_far_as_it_was_measured(released):
    registry, _, _ = released
    submissions.receive(registry, item("zz"), {}, by="p")
    assert registry.quarantine("waiting") and told(registry) == "hazardous"
    assert [w.kind for w in OnFile(registry).waiting(FIELD)] == ["item"], "nobody signs past it"


def test_safety_S15_a_report_of_a_phone_reaches_as_far_as_it_was_measured(released):
    registry, _, _ = released
    form = b"""<landrelease_community id="landrelease_community"><complaint>
      <identifier>c-1</identifier><complaint_type>suspicion</complaint_type>
      <received_on>2026-05-04</received_on><place>44.0 17.035 0 3000</place></complaint>
      <meta><instanceID>uuid:3</instanceID></meta></landrelease_community>"""
    submissions.receive(registry, form, {}, by="p")
    assert registry.quarantine("waiting") and asked(registry).reasons == ("reported",)


# --- without an outline --------------------------------------------------------------------------

@pytest.mark.parametrize("shape", [
    shapely.Point(MIDDLE), shapely.LineString([(17.004, 44.004), (17.006, 44.006)]),
    shapely.MultiPoint([(17.004, 44.004), (17.006, 44.004), (17.005, 44.006)]),
    shapely.Polygon([MIDDLE, MIDDLE, MIDDLE])])
def test_safety_S15_a_hazard_without_an_outline_lies_at_its_place(released, shape):
    registry, _, folder = released
    assert taken(registry, folder, "n", ({**SAID, "identifier": "P1"}, shape))
    assert told(registry) == "hazardous"
    assert asked(registry, (17.2, 44.2)).reasons == ("unplaced",), "nobody knows how far it goes"
    assert [w.kind for w in OnFile(registry).waiting(FIELD)] == ["hazard"]
    for role in policy.ROLES:
        reader = policy.view(role, "Org A", kinds=registry.kinds)
        if reader.precision("hazard") == "exact":
            listed = collections.items(registry, reader, collections.UNRECORDED).items
            assert any(i.geometry.area > 0 and i.geometry.intersects(shapely.Point(MIDDLE))
                       for i in listed), role


def test_safety_S15_an_area_that_is_stated_is_how_far_a_point_reaches(released):
    registry, _, folder = released
    away = shapely.Point(17.025, 44.005)  # 1.2 km from the field
    taken(registry, folder, "n", ({**SAID, "identifier": "P1"}, away))
    assert told(registry) == "released"
    taken(registry, folder, "m", ({**SAID, "identifier": "P2", "reported_area_m2": 3_000_000},
                                  away))
    assert told(registry) == "hazardous"


# --- how far a hazard on record may be off -------------------------------------------------------

BESIDE = (17.05, 44.005)  # 3.2 km from the field


def off(registry):
    return {r.id: r.values.get("position_accuracy_m") for r in hazards_that_stand(registry)}


@pytest.mark.parametrize("now", [5, None, "unknown"])
def test_safety_S04_an_import_makes_no_hazard_reach_less_far(tmp_path, now):
    row = {**SAID, "identifier": "H1"}
    with new(tmp_path) as registry:
        taken(registry, tmp_path, "a", ({**row, "position_accuracy_m": 5000}, FIELD))
        assert told(registry, BESIDE) == "hazardous"
        codes = taken(registry, tmp_path, "b", (
            {**row, "information_date": "2026-06-05", "position_accuracy_m": now}, FIELD))
        assert codes == ["GEO-025"] and told(registry, BESIDE) == "hazardous"
        (entry,) = registry.quarantine("waiting")
        said = entry.row.findings[0]
        assert "5,000 m" in said.problem and "H1" in said.problem and "signed" in said.remedy


def test_an_outline_that_is_drawn_as_wide_as_it_was_off_may_be_more_exact(tmp_path):
    row = {**SAID, "identifier": "H1"}
    with new(tmp_path) as registry:
        taken(registry, tmp_path, "a", ({**row, "position_accuracy_m": 500}, FIELD))
        wide = shapely.box(16.99, 43.99, 17.02, 44.02)
        assert not taken(registry, tmp_path, "b", (
            {**row, "information_date": "2026-06-05", "position_accuracy_m": 5}, wide))
        assert not taken(registry, tmp_path, "c", (
            {**row, "information_date": "2026-07-05", "position_accuracy_m": 4.5}, wide))
        assert off(registry) == {"H1": 4.5}


@pytest.mark.parametrize("less", [{"position_accuracy_m": 5.0}, {"position_accuracy_m": None},
                                  {"ground": True}, {"no_place": True}])
@pytest.mark.parametrize("way", ["append", "exchange", "resolved", "deminer"])
def test_safety_S01_no_way_in_makes_a_hazard_reach_less_far_without_the_authority(
        tmp_path, offices_of, way, less):
    """The office's own later revision, or that of another, which no import has checked."""
    (a, b), sync, (ana, ivo) = offices_of
    ground, off_m = shapely.box(17.1, 44, 17.11, 44.01), 3000.0
    edge = (17.145, 44.005)  # 2.8 km from it: within what was off alone
    hazard(a, "h5", ground, position_accuracy_m=off_m)
    assert told(a, edge) == "hazardous"
    sync(a, b)
    values = {k: v for k, v in less.items() if k == "position_accuracy_m"}

    def narrow(registry, key=None):
        now = identities.current_revision(registry, "h5").revision
        made = replace(
            now, values={k: v for k, v in {**now.values, **values}.items() if v is not None},
            geometry=None if "no_place" in less else
            shapely.box(17.1, 44, 17.1005, 44.0005) if "ground" in less else now.geometry,
            recorded_at=datetime.now(UTC), source="", follows=(), commitments={}, signed_by="",
            signature="")
        registry.append([made if key is None else identities.sign_revision(registry, made, key)])

    if way in ("append", "deminer"):
        narrow(a, ivo if way == "deminer" else None)
    else:
        narrow(b)
        if way == "resolved":
            revise(a, "h5", name="x")
        assert sync(b, a) == (("h5",) if way == "resolved" else ())
        if way == "resolved":
            theirs = next(c for c in exchange.conflicts(a)[0].sayings if c.office == "B")
            exchange.resolve(a, "h5", theirs.hash, reason="newer", by="x")
            assert not a.contested()
    assert told(a, edge) == "hazardous"
    (stands,) = (r for r in hazards_that_stand(a) if r.id == "h5")
    assert stands.geometry.covers(ground) and stands.values["position_accuracy_m"] == off_m
    for role in policy.ROLES:
        reader = policy.view(role, "Org A", kinds=a.kinds)
        if reader.precision("hazard") == "exact":
            shown = collections.item(a, reader, "hazard", "h5")
            assert shown.values["widened"] and shown.geometry.covers(ground), role
            assert shown.values["position_accuracy_m"] == off_m, role
    # Each later one is held against all that was said, not against the last alone.
    narrow(a)
    assert told(a, edge) == "hazardous"
    if "no_place" not in less:
        narrow(a, ana)
        assert told(a, edge) == "no_information", "the authority signed it"


@pytest.mark.parametrize("way", ["append", "deminer", "exchange"])
def test_safety_S01_only_the_authority_makes_a_suspected_area_of_a_confirmed_one(offices_of, way):
    (a, b), sync, (ana, ivo) = offices_of
    hazard(a, "h5", shapely.box(17.1, 44, 17.11, 44.01), hazard_type="CHA")
    sync(a, b)

    def lower(registry, key=None):
        now = identities.current_revision(registry, "h5").revision
        made = replace(now, values={**now.values, "hazard_type": "SHA"}, source="", follows=(),
                       recorded_at=datetime.now(UTC), commitments={}, signed_by="", signature="")
        registry.append([made if key is None else identities.sign_revision(registry, made, key)])

    def stands():
        return next(r.value("hazard_type") for r in hazards_that_stand(a) if r.id == "h5")

    lower(b if way == "exchange" else a, ivo if way == "deminer" else None)
    sync(b, a)
    assert stands() == "CHA"
    lower(a)
    assert stands() == "CHA"
    lower(a, ana)
    assert stands() == "SHA", "the authority signed it"


@pytest.mark.parametrize("more", [0, 0.0001])
def test_safety_S04_children_may_be_off_as_far_as_their_parents(tmp_path, more):
    with new(tmp_path) as registry:
        ana, _ = keys(registry, tmp_path)
        hazard(registry, "H1", position_accuracy_m=5000.0)
        child = shapely.box(17 - more, 44 - more, 17.01 + more, 44.01 + more)
        hazard(registry, "C1", child, parents=["H1"])
        hazard(registry, "C2", child, parents=["C1"], position_accuracy_m=7.0)
        hazard(registry, "B1", shapely.box(17.3, 44, 17.31, 44.01), parents=["H1"])
        assert off(registry) == {"C2": 5000, "B1": None}, "apart from its parent"
        assert told(registry, BESIDE) == "hazardous"
        for role in policy.ROLES:  # whoever sees the area sees how far off it may be, and why
            reader = policy.view(role, "Org A", kinds=registry.kinds)
            if reader.precision("hazard") == "exact":
                said = collections.item(registry, reader, "hazard", "C2").values
                assert said["position_accuracy_m"] == 5000 and said["widened"], role
                assert said["accuracy_from"] == "H1", role
                shown = {i.id: i.values.get("accuracy_from") for i in collections.items(
                    registry, reader, "hazard").items}
                assert shown["C2"] == "H1" and shown["B1"] is shown["H1"] is None, role
                fields = {f.name: f for f in collections.collection(
                    registry, reader, "hazard").fields}
                keep = filtering.read_filter("accuracy_from LIKE 'H%'", "cql2-text", fields)
                assert [i.id for i in collections.items(
                    registry, reader, "hazard", keep=keep).items] == ["C2"]
        identities.sign_off(registry, ["C2"], "authority", reason="surveyed", key=ana)
        assert off(registry)["C2"] == 7
        said = collections.item(registry, reader, "hazard", "C2").values
        assert said["position_accuracy_m"] == 7 and "accuracy_from" not in said
        assert not said["widened"]


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_safety_S04_tables_go_by_the_accuracy_that_they_show(tmp_path, down, limit):
    """C1 says 5 m and C2 says 7 m; they stand with the 50 m and 90 m of where they came from."""
    child = shapely.box(17, 44, 17.01, 44.01)
    with new(tmp_path) as registry:
        for n, off_m in enumerate((50.0, 90.0), 1):
            hazard(registry, f"H{n}", position_accuracy_m=off_m)
            hazard(registry, f"C{n}", child, parents=[f"H{n}"], position_accuracy_m=3.0 + 2 * n)
        for n, off_m in enumerate((6.0, 8.0, 60.0, None)):
            hazard(registry, f"D{n}", **({} if off_m is None else {"position_accuracy_m": off_m}))
        reader = policy.view("planner", kinds=registry.kinds)
        order, rows, after = collections.Order("position_accuracy_m", down), [], ""
        while True:
            page = collections.items(registry, reader, "hazard", order=order, limit=limit,
                                     after=after)
            rows += [(i.id, i.values.get("position_accuracy_m")) for i in page.items]
            if not (after := page.after):
                break
        said = [("D0", 6), ("D1", 8), ("C1", 50), ("H1", 50), ("D2", 60), ("C2", 90), ("H2", 90)]
        if down:
            said = sorted(said, key=lambda r: (-r[1], r[0]))
        assert rows == [*said, ("D3", None)]
        found = collections.items(registry, reader, "hazard",
                                  where={"position_accuracy_m": 50.0}, order=order, limit=limit)
        assert {i.id for i in found.items} <= {"C1", "H1"} and found.items
        assert {i.id for page in collections.every(
            registry, reader, "hazard", where={"position_accuracy_m": 50.0}) for i in page
        } == {"C1", "H1"}
        assert not [i for page in collections.every(
            registry, reader, "hazard", where={"position_accuracy_m": 5.0}) for i in page]
        fields = {f.name: f for f in collections.collection(registry, reader, "hazard").fields}
        keep = filtering.read_filter("position_accuracy_m > 40", "cql2-text", fields)
        assert [i.id for page in collections.every(registry, reader, "hazard", keep=keep,
                                                   order=order) for i in page] == [
            name for name, off_m in said if off_m > 40]


def test_safety_S11_released_ground_on_which_something_was_found_is_shown_as_confirmed(released):
    registry, _, _ = released
    reader = policy.view("planner", kinds=registry.kinds)
    assert "recorded_type" not in collections.item(registry, reader, "hazard", "h1").values
    record(registry, "item", "i1", shapely.Point(MIDDLE), found_on=date(2026, 6, 1),
           ordnance_category="ap_mine")
    said = collections.item(registry, reader, "hazard", "h1").values
    assert said["hazardous"] and said["status"] == "closed"
    assert (said["hazard_type"], said["recorded_type"]) == ("CHA", "SHA")
    assert [i.id for i in collections.items(registry, reader, "hazard",
                                            where={"hazard_type": "CHA"}).items] == ["h1"]


# --- offices that disagree -----------------------------------------------------------------------

@pytest.fixture
def offices_of(tmp_path):
    """Office B has all of office A's records, a released field among them: both, how one sends the
    other what it has, and the keys of the authority and of a deminer."""
    number = iter(range(100))

    def key(office):
        return SigningKey.from_seed(office.encode().ljust(32, b"."))

    def sync(a, b):
        path = tmp_path / f"{next(number)}.lrx"
        exchange.pack(a, path, key=key(a.office))
        return exchange.unpack(b, path, by="t").conflicts

    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        ana, ivo = keys(a, tmp_path)
        hazard(a, "h1")
        hazard(a, "far", shapely.box(17.5, 44.5, 17.51, 44.51))
        release(a, "h1", ana)
        yield (a, b), sync, (ana, ivo)


@pytest.fixture
def offices(offices_of):
    (a, b), sync, (ana, _) = offices_of
    return a, b, ana, sync


def test_safety_S04_while_offices_disagree_a_hazard_is_off_as_far_as_one_says(offices):
    a, b, _, sync = offices
    place = (17.15, 44.005)
    hazard(a, "h5", shapely.box(17.1, 44, 17.101, 44.001), position_accuracy_m=6000.0)
    sync(a, b)
    revise(a, "h5", position_accuracy_m=6001.0)
    revise(b, "h5", position_accuracy_m=5.0)
    assert sync(b, a) == ("h5",) and told(a, place) == "hazardous"
    assert off(a)["h5"] == 6001
    for role in policy.ROLES:
        reader = policy.view(role, "Org A", kinds=a.kinds)
        if reader.precision("hazard") == "exact":
            said = collections.item(a, reader, "hazard", "h5").values
            assert said["position_accuracy_m"] == 6001 and said["widened"], role


@pytest.mark.parametrize("later", ["A", "B"])
def test_safety_S11_while_offices_disagree_a_find_lies_wherever_one_says(offices, later):
    a, b, _, sync = offices
    record(a, "item", "i1", shapely.Point(MIDDLE), found_on=date(2026, 6, 1),
           ordnance_category="ap_mine")
    sync(a, b)

    def moves():
        revise(b, "i1", ground=shapely.Point(17.2, 44.2))

    def stays():
        revise(a, "i1", found_on=date(2026, 6, 2))

    for say in (stays, moves) if later == "B" else (moves, stays):
        say()
    assert sync(b, a) == ("i1",) and told(a) == "hazardous"
    (found,) = certificates.releases(a)
    assert found.status == "reopened"


def test_safety_S15_while_offices_disagree_a_report_is_open_as_long_as_one_says(offices):
    a, b, _, sync = offices
    record(a, "complaint", "c", shapely.Point(MIDDLE), complaint_type="suspicion",
           complaint_status="open")
    sync(a, b)
    assert asked(a).reasons == ("reported",)
    revise(a, "c", description="I saw a second one")
    revise(b, "c", complaint_status="closed")
    assert sync(b, a) == ("c",) and asked(a).reasons == ("reported",)


# --- revoked, found on ---------------------------------------------------------------------------

def lookup(registry):
    return {r.id: r.status for r in certificates.releases(registry)}


def test_safety_S11_a_revocation_holds_whatever_its_record_says_later(released):
    registry, ana, _ = released
    ((certificate, _),) = lookup(registry).items()
    revise(registry, certificate, handover_status="revoked", revoked_reason="a missed mine")
    assert told(registry) == "hazardous"
    revise(registry, certificate, handover_status="held", handed_over_on=DAY)
    (found,) = certificates.releases(registry)
    assert (found.status, found.why) == ("revoked", ("a missed mine",))
    assert told(registry) == "hazardous"
    release(registry, "h1", ana, number=2)
    assert told(registry) == "released"
    assert sorted(lookup(registry).values()) == ["revoked", "valid"]


@pytest.mark.parametrize("by", ["", "B"])
def test_safety_S11_so_does_one_of_another_office(offices, by):
    a, b, _, sync = offices
    sync(a, b)
    ((certificate, _),) = lookup(a).items()
    revise(a, certificate, handover_status="revoked", revoked_reason="a missed mine")
    if by:
        revise(b, certificate, handover_status="held", handed_over_on=DAY)
        assert sync(b, a) == (certificate,)
    assert told(a) == "hazardous" and lookup(a) == {certificate: "revoked"}


def test_safety_S11_a_find_on_one_of_several_released_pieces_reopens_the_area(tmp_path):
    with new(tmp_path) as registry:
        ana, _ = keys(registry, tmp_path)
        hazard(registry, "h1")
        hazard(registry, "far", shapely.box(17.5, 44.5, 17.51, 44.51))
        release(registry, "h1", ana, WEST, close=False)
        release(registry, "h1", ana, EAST, number=2)
        west, east = (17.002, 44.005), (17.008, 44.005)
        assert told(registry, west) == told(registry, east) == "released"
        record(registry, "item", "i1", shapely.Point(west), found_on=date(2026, 6, 1),
               ordnance_category="ap_mine", position_accuracy_m=5.0)
        assert told(registry, west) == "hazardous"
        (again,) = (r for r in hazards_that_stand(registry) if r.id == "h1")
        assert again.values["status"] == "reopened"
        # Released once more with the find in front of who signs, that piece alone.
        release(registry, "h1", ana, WEST, number=9000, close=False,
                day=date(2026, 7, 1))
        assert told(registry, west) == "released"


def test_safety_S11_ground_that_stands_again_without_its_hazard_is_in_every_layer(tmp_path):
    """Of a release whose hazard is not on record, where no other hazard is."""
    with new(tmp_path) as registry:
        ana, _ = keys(registry, tmp_path)
        release(registry, "h9", ana, close=False)
        assert told(registry) == "released" and unsigned(registry, "hazard").unrecorded == ()
        record(registry, "item", "i1", shapely.Point(MIDDLE), found_on=date(2026, 6, 1),
               ordnance_category="ap_mine", position_accuracy_m=5.0)
        assert told(registry) == "hazardous"
        (again,) = unsigned(registry, "hazard").unrecorded
        assert again.geometry.equals(FIELD) and again.values["status"] == "reopened"


def test_safety_S11_a_revocation_keeps_its_day_whatever_is_said_since(released):
    registry, _, _ = released
    (name,) = registry.ids("handover")
    revise(registry, name, handover_status="revoked", revoked_on=date(2026, 5, 9))
    revise(registry, name, handover_status="held")
    (again,) = (r for r in hazards_that_stand(registry) if r.id == "h1")
    assert again.values["status"] == "reopened"
    assert again.values["status_changed_on"] == date(2026, 5, 9)


# --- before the first hazard ---------------------------------------------------------------------

def test_safety_S15_a_report_is_told_of_before_there_is_any_hazard(tmp_path):
    with new(tmp_path) as registry:
        record(registry, "complaint", "c1", shapely.Point(17, 44), complaint_type="suspicion",
               complaint_status="open", received_on=DAY)
        found = asked(registry, (17, 44))
        assert (found.told, found.reasons, found.reported_on) == (
            "no_information", ("reported",), DAY)
        assert asked(registry, (17.5, 44.5)).reasons == ()
        before = public.VIEWS.of(registry).land.reported
        record(registry, "complaint", "c2", shapely.Point(17.02, 44.02),
               complaint_type="suspicion", complaint_status="open", received_on=DAY)
        cells = {p.ground.wkt for p in public.VIEWS.of(registry).land.reported}
        assert {p.ground.wkt for p in before} < cells, "the grid does not move (S17)"
        assert registry.setting("public_grid_centre") is None
        hazard(registry, "h1")
        assert told(registry) == "hazardous"
        assert asked(registry, (17, 44)).reasons == ("reported",)


# --- where longitudes meet -----------------------------------------------------------------------

@pytest.mark.parametrize("elsewhere", [False, True])
def test_safety_S15_a_report_about_an_area_where_longitudes_meet_is_told_there(tmp_path, elsewhere):
    ground = shapely.MultiPolygon([shapely.box(179.99, -17, 180, -16.99),
                                   shapely.box(-180, -17, -179.99, -16.99)])
    with new(tmp_path) as registry:
        ana, _ = keys(registry, tmp_path)
        if elsewhere:
            hazard(registry, "far", shapely.box(178, -17.5, 178.01, -17.49))
        hazard(registry, "h1", ground)
        release(registry, "h1", ana, ground)
        record(registry, "complaint", "c1", None, complaint_type="suspicion", hazard="h1",
               complaint_status="open", received_on=DAY)
        for longitude, reasons in ((179.995, ("reported",)), (-179.995, ("reported",)),
                                   (178.5, ())):
            assert asked(registry, (longitude, -16.995)).reasons == reasons


@pytest.mark.parametrize(("shape", "inside"), [
    (shapely.box(179.99, -17, 179.9995, -16.99), [(179.995, -16.995), (-179.9999, -16.995)]),
    (shapely.box(-179.9995, -17, -179.99, -16.99), [(-179.995, -16.995), (179.9999, -16.995)]),
    (shapely.MultiPolygon([shapely.box(179.99, -17, 180, -16.99),
                           shapely.box(-180, -17, -179.99, -16.99)]),
     [(179.995, -16.995), (-179.995, -16.995), (180, -16.995), (-180, -16.995)])])
@pytest.mark.parametrize("elsewhere", [False, True])
def test_safety_S15_a_hazard_where_longitudes_meet_is_told(tmp_path, shape, inside, elsewhere):
    with new(tmp_path) as registry:
        if elsewhere:
            hazard(registry, "first", shapely.box(178, -17.5, 178.01, -17.49))
            assert told(registry, (178.005, -17.495)) == "hazardous"
        hazard(registry, "h1", shape)
        for place in inside:
            assert told(registry, place) == "hazardous", place
        for place in ((0, -16.995), (179.5, -16.995), (-179.5, -16.995), (90, -16.995)):
            assert told(registry, place) == "no_information", place
        assert all(c.bounds[2] - c.bounds[0] < 1 for c in public.VIEWS.of(registry).cells)


def test_safety_S15_ground_released_where_longitudes_meet_is_told(tmp_path):
    ground = shapely.box(179.98, -17, 180, -16.98)
    with new(tmp_path) as registry:
        ana, _ = keys(registry, tmp_path)
        hazard(registry, "h1", ground)
        release(registry, "h1", ana, ground)
        assert told(registry, (179.99, -16.99)) == "released"
        assert told(registry, (-179.99, -16.99)) == told(registry, (0, -16.99)) == "no_information"


def test_safety_S15_a_point_where_longitudes_meet_waits_at_its_place(tmp_path):
    with new(tmp_path) as registry:
        taken(registry, tmp_path, "n", ({**SAID, "identifier": "P1"},
                                        shapely.Point(179.99999, -17)))
        for place in ((179.9999, -17), (-179.9999, -17)):
            assert told(registry, place) == "hazardous"
        assert told(registry, (0, -17)) == "no_information"


# --- places that are none ------------------------------------------------------------------------

def complain(registry, name, place, **values):
    record(registry, "complaint", name, place, **({
        "complaint_type": "suspicion", "complaint_status": "open", "received_on": DAY} | values))


@pytest.mark.parametrize("metres", [2e4, 9e5, 1e9])
@pytest.mark.parametrize("waits", [False, True])
def test_safety_S15_a_typing_error_in_one_report_warns_of_no_whole_district(
        released, waits, metres):
    registry, _, folder = released
    if waits:
        path = table(folder, "c", ({
            "identifier": "c1", "complaint_type": "suspicion", "complaint_status": "zzz",
            "received_on": "2026-05-04", "position_accuracy_m": metres}, shapely.Point(MIDDLE)))
        import_files(registry, [path], kind="complaint")
        (entry,) = registry.quarantine("waiting")
        codes = [f.code for f in entry.row.findings]
        assert ("GEO-026" in codes) == (metres > 1e5)
        assert float(entry.row.values["position_accuracy_m"]) == metres, "as it was said"
    else:
        complain(registry, "c1", shapely.Point(MIDDLE), position_accuracy_m=metres)
    assert asked(registry).reasons == ("reported",)
    assert asked(registry, (17.1, 44.005)).reasons == ("reported",), "7.6 km: bounded, not left out"
    assert asked(registry, (17.25, 44.005)).reasons == ()  # 19.6 km


def test_a_report_whose_place_is_not_known_waits_with_district_and_community(released):
    registry, _, folder = released
    record(registry, "administrative_area", "d1", shapely.box(16.5, 43.5, 17.5, 44.5), name="Donja",
           level=1)
    record(registry, "administrative_area", "m1", shapely.box(16.9, 43.9, 17.1, 44.1),
           name="Gornja", level=2)
    record(registry, "settlement", "s1", shapely.Point(17.02, 44.01), name="Selo")
    record(registry, "settlement", "s2", shapely.Point(17.04, 44.01), name="Other")
    said = {"complaint_type": "suspicion", "complaint_status": "zzz"}
    path = table(folder, "c", *(({**said, "identifier": f"c{n}", "position_accuracy_m": metres},
                                 shapely.Point(MIDDLE)) for n, metres in enumerate((5, 1e9))))
    import_files(registry, [path], kind="complaint")
    waiting = registry.quarantine("waiting")
    reader = policy.view("planner", kinds=registry.kinds)
    lost = reports.whereabouts(registry, reader, waiting)
    (number,) = (e.number for e in waiting if e.row.values["identifier"] == "c1")
    assert lost == {number: reports.Whereabouts(100_000.0, "Gornja", "Selo")}
    (beyond,) = (e for e in waiting if e.number == number)
    found = next(f for f in beyond.row.findings if f.code == "GEO-026")
    assert "1,000,000,000 m" in found.problem
    report = retry_quarantined(registry, number, {"complaint_status": "open"}, decided_by="t")
    assert report.quarantined and "GEO-026" in [f.code for f in report.findings]
    assert not retry_quarantined(registry, number, {
        "complaint_status": "open", "position_accuracy_m": "25"}, decided_by="t").quarantined


def test_safety_S04_a_hazard_on_record_that_may_lie_anywhere_says_so(tmp_path):
    with new(tmp_path) as registry:
        hazard(registry, "h1", position_accuracy_m=1e9)
        assert told(registry, (17.8, 44.0)) == "hazardous", "63 km, of 100"
        away = asked(registry, (19.5, 44.0))
        assert (away.told, away.reasons) == ("no_information", ("unplaced",))


def test_safety_S11_a_find_that_may_lie_anywhere_is_a_caution_beside_every_answer(released):
    registry, _, _ = released
    record(registry, "item", "i1", shapely.Point(19.5, 44.0), found_on=date(2026, 6, 1),
           ordnance_category="ap_mine", position_accuracy_m=1e9)
    assert told(registry) == "released", "200 km off"
    assert "unplaced" in asked(registry).reasons


def test_safety_S15_a_report_without_a_datum_is_told_where_longitudes_meet(tmp_path):
    path = tmp_path / "c.csv"
    path.write_text("identifier,complaint_type,complaint_status,received_on,latitude,longitude\n"
                    "c1,suspicion,open,2026-05-04,-17.000001,179.999999\n")
    with new(tmp_path) as registry:
        import_files(registry, [path], kind="complaint")
        (entry,) = registry.quarantine("waiting")
        assert "GEO-001" in [f.code for f in entry.row.findings]
        for elsewhere in (False, True):
            if elsewhere:
                hazard(registry, "far", shapely.box(178, -17.5, 178.01, -17.49))
            for longitude in (179.9999, -179.9999):
                assert asked(registry, (longitude, -17.0)).reasons == ("reported",)
            for longitude in (179.5, -179.5, 0):
                assert asked(registry, (longitude, -17.0)).reasons == ()


def test_safety_S04_what_a_transformation_leaves_widens_what_waits_and_what_it_becomes(tmp_path):
    """A shape that its file holds on another datum was carried at the import."""
    path = tmp_path / "h.gpkg"
    grid = Transformer.from_crs("EPSG:4326", "EPSG:3908", always_xy=True)
    shape = shapely.transform(FIELD, lambda xy: np.column_stack(grid.transform(*xy.T)))
    pyogrio.raw.write(
        path, shapely.to_wkb([shape]), [np.array([v], dtype=object) for v in (
            "H1", "rumour!", "open")], ["identifier", "hazard_type", "status"],
        geometry_type="Polygon", crs="EPSG:3908", driver="GPKG")
    with new(tmp_path) as registry:
        (report,) = import_files(registry, [path], kind="hazard")
        carried = next(f for f in report.findings if f.code == "GEO-006")
        metres = float(facts_in(POSITION_TRANSFORMED.problem, carried.problem)["accuracy"])
        assert metres >= 1
        (entry,) = registry.quarantine("waiting")
        ((waits,), _) = waiting_hazards(registry)
        assert waits.position_accuracy_m == metres
        assert not retry_quarantined(registry, entry.number, {"hazard_type": "SHA"},
                                     decided_by="t").quarantined
        assert off(registry) == {"H1": metres}
