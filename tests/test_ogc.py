"""OGC API Features at our door: the abstract tests of Part 1 (core, GeoJSON, OpenAPI 3.0), Part 2
(CRS) and Part 3 (queryables, filter) by their names, and CQL2 over what the reader sees.

Source of the names: OGC 17-069r4 Annex A, 18-058r1 Annex A, 19-079r2 Annex A, 21-065r2.
"""

import json
import re
from datetime import UTC, date, datetime
from itertools import accumulate
from urllib.parse import quote

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from litestar.testing import TestClient

from landrelease.apps.web.app import make_app
from landrelease.apps.web.features import CRS84, CRS3857, CRS4326, SYSTEMS
from landrelease.apps.web.settings import Settings
from landrelease.core.kind import Field
from landrelease.core.revision import Revision
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import imports
from landrelease.workflows.filtering import matcher, read_filter
from stores import STORES, Place, place_of

HOST = "testserver.local"


def box(x, y, d=0.01):
    return [[[x, y], [x + d, y], [x + d, y + d], [x, y + d], [x, y]]]


# Two beside the antimeridian, on either side.
PLACES = [(17.5, 44.1), (17.52, 44.1), (17.54, 44.1), (17.56, 44.1), (17.58, 44.1),
          (179.9, -17.0), (-179.95, -17.0)]
HAZARDS = {"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {
        "identifier": f"H-{n}", "name": f"Meadow {n}" if n % 2 else f"Ébène {n}",
        "hazard_type": "SHA" if n == 3 else "CHA", "status": "open",
        **({"information_date": f"2026-0{n}-01"} if n != 6 else {})},
     "geometry": {"type": "Polygon", "coordinates": box(*place)}}
    for n, place in enumerate(PLACES, 1)]}
TEAMS = "identifier,name,organisation,team_type\nA,North,Operator A,manual\nB,South,Operator B,TS\n"


@pytest.fixture(scope="module", params=STORES)
def place(request, tmp_path_factory):
    made = place_of(request, tmp_path_factory.mktemp("ogc"))
    folder = made.folder
    create_registry(made.address, office="Travnik").close()
    (folder / "hazard.geojson").write_text(json.dumps(
        {**HAZARDS, "features": HAZARDS["features"][:5]}))
    (folder / "team.csv").write_text(TEAMS)
    (folder / "settlement.csv").write_text(
        "name,population,latitude,longitude\nUpper,120,44.1,17.49\nLower,80,44.2,17.6\n")
    with open_registry(made.address) as registry:
        for name, kind in (("hazard.geojson", "hazard"), ("team.csv", "team"),
                           ("settlement.csv", "settlement")):
            imports.import_files(registry, [folder / name], kind=kind, crs="EPSG:4326")
        registry.append([  # too far from the others for an import to take them without a question
            Revision("hazard", f"H-{n}", {k: date.fromisoformat(v) if k == "information_date" else v
                                          for k, v in one["properties"].items()},
                     shapely.from_geojson(json.dumps(one["geometry"])),
                     datetime(2026, 1, 1, tzinfo=UTC), "test", "for the test", "",
                     date(2026, 7, 1) if n == 7 else None)
            for n, one in enumerate(HAZARDS["features"], 1) if n > 5])
    return made


def served(place, role):
    return TestClient(make_app(Settings(str(place.address), f"{place.accounts}.{role}", role=role,
                                        hosts=(HOST,))))


@pytest.fixture(scope="module")
def planner(place):
    with served(place, "planner") as made:
        yield made


@pytest.fixture(scope="module")
def public(place):
    with served(place, "public") as made:
        yield made


@pytest.fixture(scope="module")
def api(planner):
    return planner.get("/ogc/api").json()


ITEMS = "/ogc/collections/hazard/items"


def ids(client, query="", path=ITEMS):
    answer = client.get(f"{path}?limit=1000&{query}")
    assert answer.status_code == 200, answer.text
    return {f["id"] for f in answer.json()["features"]}


def every(first, last):
    return {f"H-{n}" for n in range(first, last + 1)}


def link(body, rel):
    return [k for k in body["links"] if k["rel"] == rel]


def parameter(api, name):
    return next(p for p in api["paths"]["/ogc/collections/{name}/items"]["get"]["parameters"]
                if p["name"] == name)


# --- Part 1: core --------------------------------------------------------------------------------

def test_core_root_op_and_success(planner):
    answer = planner.get("/ogc")
    assert answer.status_code == 200
    for rel in ("service-desc", "conformance", "data"):
        assert link(answer.json(), rel), rel
    for one in answer.json()["links"]:
        assert planner.get(one["href"]).status_code == 200, one


def test_core_api_definition_op_and_success_oas30(planner, api):
    (said, *_) = link(planner.get("/ogc").json(), "service-desc")
    answer = planner.get(said["href"])
    assert answer.headers["content-type"] == said["type"] and api["openapi"].startswith("3.0")
    text = answer.text
    assert '"null"' not in text and '"const"' not in text and "$defs" not in text
    for ref in set(re.findall(r'"#/components/schemas/(\w+)"', text)):
        assert ref in api["components"]["schemas"]
    for path in ("/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/{name}",
                 "/ogc/collections/{name}/items", "/ogc/collections/{name}/items/{item_id}"):
        assert "200" in api["paths"][path]["get"]["responses"], path


def test_core_conformance_op_and_success(planner):
    classes = planner.get("/ogc/conformance").json()["conformsTo"]
    for name in ("features-1/1.0/conf/core", "features-1/1.0/conf/geojson",
                 "features-1/1.0/conf/oas30", "features-2/1.0/conf/crs",
                 "features-3/1.0/conf/filter"):
        assert f"http://www.opengis.net/spec/ogcapi-{name}" in classes


def test_core_http(planner):
    assert planner.get("/ogc/collections/nothing").status_code == 404
    assert planner.put("/ogc").status_code == 405
    assert planner.get(f"{ITEMS}?limit=x").status_code == 400


def test_core_fc_md_op_success_links_items(planner):
    body = planner.get("/ogc/collections").json()
    assert link(body, "self") and all(k.get("type") for k in body["links"])
    assert {"hazard", "team", "settlement"} <= {c["id"] for c in body["collections"]}
    for one in body["collections"]:
        (items,) = link(one, "items")
        assert items["type"] == "application/geo+json"
        west, south, east, north = one["extent"]["spatial"]["bbox"][0]
        assert -180 <= west <= east <= 180 and -90 <= south <= north <= 90
        # sfc-md-op, sfc-md-success: the collection itself says the same
        assert planner.get(f"/ogc/collections/{one['id']}").json() == one


def test_core_fc_op_fc_response_and_links(planner):
    answer = planner.get(f"{ITEMS}?limit=3")
    body = answer.json()
    assert answer.headers["content-type"] == "application/geo+json"  # geojson/content
    assert body["type"] == "FeatureCollection"
    assert body["numberReturned"] == len(body["features"]) == 3
    assert datetime.fromisoformat(body["timeStamp"]).tzinfo
    assert link(body, "self") and link(body, "next") and link(body, "collection")
    assert all(k["rel"] and k["type"] for k in body["links"])  # fc-rel-type
    shape = shapely.from_geojson(json.dumps(body["features"][0]["geometry"]))
    assert shape.bounds[0] == pytest.approx(17.5)  # crs84: longitude first


def test_core_pages_give_each_item_once(planner):
    seen, path = [], f"{ITEMS}?limit=2"
    while path:
        page = planner.get(path).json()
        seen += [f["id"] for f in page["features"]]
        path = next((k["href"] for k in link(page, "next")), None)
    assert sorted(seen) == sorted(set(seen)) and set(seen) == every(1, 7)


def test_core_fc_bbox_definition(api):
    found = parameter(api, "bbox")
    assert found["schema"] == {"type": "array", "minItems": 4, "maxItems": 6,
                               "items": {"type": "number"}}
    assert found["style"] == "form" and found["explode"] is False and not found.get("required")


def test_core_fc_bbox_response(planner):
    assert ids(planner, "bbox=17.49,44,17.535,44.2") == {"H-1", "H-2"}
    assert ids(planner, "bbox=17.49,44,-5,17.535,44.2,5") == {"H-1", "H-2"}, "six numbers"
    # The item itself, not only its box, and all of what only touches.
    assert ids(planner, "bbox=17.51,44.1,17.515,44.11") == {"H-1"}
    assert ids(planner, "bbox=17.511,44.1,17.515,44.11") == set()
    # what has no place lies in every window (7.15.3)
    assert len(ids(planner, "bbox=0,0,1,1", "/ogc/collections/team/items")) == 2


def test_core_fc_bbox_response_across_the_antimeridian(planner):
    assert ids(planner, "bbox=179,-18,-179,-16") == {"H-6", "H-7"}
    assert ids(planner, f"bbox=-18,179,-16,-179&bbox-crs={CRS4326}") == {"H-6", "H-7"}
    assert ids(planner, "bbox=179.95,-18,-179.99,-16") == set()
    seen, path = [], f"{ITEMS}?limit=1&bbox=17.53,-90,17.52,90"  # nearly all round
    while path:
        page = planner.get(path).json()
        seen += [f["id"] for f in page["features"]]
        path = next((k["href"] for k in link(page, "next")), None)
    assert seen == sorted(every(1, 7))  # H-2 touches the end of both


def test_core_fc_limit_definition_and_response(planner, api):
    schema = parameter(api, "limit")["schema"]
    assert schema["type"] == "integer" and schema["minimum"] == 1
    assert schema["default"] <= schema["maximum"]
    assert len(planner.get(f"{ITEMS}?limit=1").json()["features"]) == 1
    assert planner.get(f"{ITEMS}?limit={schema['maximum'] + 1}").status_code == 200, "capped"


def test_core_fc_time_definition_and_response(planner, api):
    assert parameter(api, "datetime")["schema"]["type"] == "string"
    undated = {"H-6"}  # a feature without a time is in every time (7.15.4)
    assert ids(planner, "datetime=2026-02-01") == {"H-2"} | undated
    assert ids(planner, "datetime=2026-02-01T10:00:00Z") == {"H-2"} | undated
    assert ids(planner, "datetime=2026-02-01/2026-03-31") == every(2, 3) | undated
    assert ids(planner, "datetime=2026-04-01/..") == every(4, 5) | {"H-7"} | undated
    assert ids(planner, "datetime=../2026-01-31") == ids(planner, "datetime=/2026-01-31")


def test_core_f_op_f_success_f_links(planner):
    answer = planner.get(f"{ITEMS}/H-1")
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.json()["type"] == "Feature" and answer.json()["id"] == "H-1"
    assert link(answer.json(), "self") and link(answer.json(), "collection")
    assert planner.get(f"{ITEMS}/H-99").status_code == 404


@pytest.mark.parametrize("path", ["/ogc", "/ogc/api", "/ogc/conformance", "/ogc/collections",
                                  "/ogc/collections/hazard", "/ogc/collections/hazard/queryables",
                                  ITEMS, f"{ITEMS}/H-1", f"{ITEMS}.parquet"])
def test_core_query_param_unknown(planner, path):
    assert planner.get(f"{path}?colour=red").status_code == 400


@pytest.mark.parametrize("query", [
    "bbox=1,2,3", "bbox=1,2,3,4,5", "bbox=a,b,c,d", "bbox=nan,1,2,3", "bbox=1,9,5,1", "bbox=",
    "bbox=0,0,1,100", "bbox=999,0,1,1", "datetime=yesterday", "datetime=../..", "datetime=/",
    "datetime=2027-01-01/2026-01-01", "datetime=2026-01-01/2026-02-01/2026-03-01", "limit=0",
    "limit=-1", "limit=many", "limit=1.5", "f=xml", "after=~none", "filter-lang=sql&filter=a",
    "information_date=soon"])
def test_core_query_param_invalid(planner, query):
    answer = planner.get(f"{ITEMS}?{query}")
    assert answer.status_code == 400 and answer.json()["code"].startswith("WEB-01"), answer.text


# --- Part 2: coordinate reference systems --------------------------------------------------------

def test_crs_md_crs_list_and_storage_crs(planner):
    body = planner.get("/ogc/collections").json()
    for one in body["collections"]:
        assert one["crs"][0] == CRS84 and set(one["crs"]) == set(SYSTEMS)
        assert one["storageCrs"] in one["crs"]
        for name in one["crs"]:  # crs-uri
            assert re.fullmatch(r"http://www\.opengis\.net/def/crs/\w+/[\d.]+/\w+", name)


def test_crs_definitions(api):
    for name in ("crs", "bbox-crs"):
        assert parameter(api, name)["schema"] == {"type": "string", "format": "uri"}
        assert parameter(api, name)["explode"] is False


@pytest.mark.parametrize("system", SYSTEMS)
def test_crs_action_header_and_bbox_crs(planner, system):
    from pyproj import Transformer

    authority, code = ("OGC", "CRS84") if system == CRS84 else ("EPSG", system.rsplit("/", 1)[1])
    to = Transformer.from_crs("OGC:CRS84", f"{authority}:{code}")  # the system's order of axes
    for path in (ITEMS, f"{ITEMS}/H-1"):
        answer = planner.get(f"{path}?crs={system}")
        assert answer.headers["content-crs"] == f"<{system}>"
        body = answer.json()
        shape = (body["features"][0] if "features" in body else body)["geometry"]
        corner = sorted(map(tuple, shape["coordinates"][0]))[0]
        expected = sorted(to.transform(x, y) for x, y in box(17.5, 44.1)[0])[0]
        assert corner == pytest.approx(expected, abs=1e-3 if system == CRS3857 else 1e-9)
    corners = [to.transform(17.49, 44.0), to.transform(17.535, 44.2)]
    (a, b), (c, d) = corners
    assert ids(planner, f"bbox={a},{b},{c},{d}&bbox-crs={system}") == {"H-1", "H-2"}


def test_crs_default_and_wrong_values(planner):
    assert planner.get(ITEMS).headers["content-crs"] == f"<{CRS84}>"
    for name in ("crs", "bbox-crs"):
        for wrong in ("EPSG:4326", "http://www.opengis.net/def/crs/EPSG/0/27700", ""):
            answer = planner.get(f"{ITEMS}?bbox=1,1,2,2&{name}={wrong}")
            assert answer.status_code == 400, (name, wrong)


# --- Part 3: queryables and filters --------------------------------------------------------------

# --- odd ids, odd numbers, fields of several values ----------------------------------------------

def test_an_id_with_slashes_and_other_signs_is_found(tmp_path):
    names = ["BIH/2021/034", "a b", "ä?x=1", "50%/2", "x#y", "../up"]
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        registry.append([Revision(
            "hazard", name, {"hazard_type": "CHA", "status": "open"},
            shapely.box(17, 44, 17.1, 44.1), datetime(2026, 1, 1, tzinfo=UTC), "test", "why", "")
            for name in names])
    with served(Place(tmp_path, tmp_path / "r.gpkg"), "planner") as client:
        for name in names:
            found = client.get(f"{ITEMS}/{quote(name, safe='')}")
            assert found.status_code == 200 and found.json()["id"] == name, name
            past = client.get(f"/api/records/{quote(name, safe='')}")
            assert past.status_code == 200, name


@pytest.mark.parametrize("query", [
    f"{ITEMS}?limit={'9' * 5_000}", f"{ITEMS}?limit={'0' * 5_000}", f"{ITEMS}?after=%00",
    f"/ogc/collections/hazard_cells/items?after={'9' * 5_000}",
    "/tiles/hazard/8/140/92?known_at=0001-01-01T00:00:00%2B14:00",
    "/tiles/hazard/8/140/92?known_at=9999-12-31T23:59:59-14:00",
    "/api/layers/reach?known_at=0001-01-01T00:00:00%2B14:00"])
def test_numbers_and_days_beyond_all_bounds_are_no_fault_of_ours(planner, public, query):
    for client in (planner, public):
        assert client.get(query).status_code in (200, 400, 403, 404), query


def test_a_field_of_several_values_is_asked_for_by_one_of_them(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        registry.append([Revision(
            "hazard", f"h{n}", {"hazard_type": "CHA", "status": "open",
                                **({"ordnance_confirmed": kinds} if kinds else {})},
            shapely.box(17, 44, 17.1, 44.1), datetime(2026, 1, 1, tzinfo=UTC), "test", "why", "")
            for n, kinds in enumerate((["ap_mine", "av_mine"], ["av_mine"], [], None))])
    with served(Place(tmp_path, tmp_path / "r.gpkg"), "planner") as client:
        assert ids(client, "ordnance_confirmed=av_mine") == {"h0", "h1"}
        assert ids(client, "ordnance_confirmed=ap_mine&hazard_type=CHA") == {"h0"}
        assert not ids(client, "ordnance_confirmed=av_mine&filter=hazard_type%20IN%20('SHA')")


def test_queryables_are_the_fields_that_the_reader_sees(planner, public):
    answer = planner.get("/ogc/collections/hazard/queryables")
    body = answer.json()
    assert answer.headers["content-type"].startswith("application/schema+json")
    assert body["$id"].endswith("/ogc/collections/hazard/queryables")
    assert body["properties"]["status"]["enum"] and "geometry" in body["properties"]
    assert ids(planner, "hazard_type=SHA") == {"H-3"}  # queryables-query-parameters
    assert public.get("/ogc/collections/hazard/queryables").status_code == 404
    seen = public.get("/ogc/collections/settlement/queryables").json()["properties"]
    assert set(seen) == {"name", "municipality_name", "population", "population_year", "geometry"}


FILTERS = {
    "hazard_type = 'SHA'": {3}, "hazard_type <> 'SHA'": {1, 2, 4, 5, 6, 7},
    "NOT (hazard_type = 'SHA')": {1, 2, 4, 5, 6, 7},
    "hazard_type = 'SHA' OR identifier = 'H-1'": {1, 3},
    "name LIKE 'Mea%'": {1, 3, 5, 7}, "name LIKE 'meadow _'": set(),
    "CASEI(name) LIKE CASEI('meadow _')": {1, 3, 5, 7},
    "ACCENTI(name) LIKE ACCENTI('Ebene%')": {2, 4, 6},
    "identifier IN ('H-1','H-2','X')": {1, 2}, "identifier BETWEEN 'H-2' AND 'H-4'": {2, 3, 4},
    "information_date IS NULL": {6}, "information_date IS NOT NULL": {1, 2, 3, 4, 5, 7},
    # null is unknown: neither it nor its opposite
    "information_date < DATE('2026-03-01')": {1, 2},
    "NOT (information_date < DATE('2026-03-01'))": {3, 4, 5, 7},
    "information_date < '2026-03-01'": {1, 2},
    "T_AFTER(information_date, DATE('2026-04-01'))": {5, 7},
    "T_DURING(information_date, INTERVAL('2026-01-01', '2026-04-01'))": {2, 3},
    "T_INTERSECTS(information_date, INTERVAL('..', '2026-02-01'))": {1, 2},
    "S_INTERSECTS(geometry, BBOX(17.49,44,17.535,44.2))": {1, 2},
    "S_WITHIN(geometry, POLYGON((17.49 44, 17.535 44, 17.535 44.2, 17.49 44.2, 17.49 44)))": {1, 2},
    "S_DISJOINT(geometry, BBOX(17,44,18,45))": {6, 7},
    "S_CONTAINS(geometry, POINT(17.545 44.105)) AND hazard_type = 'SHA'": {3},
    "name = identifier": set(),
}


@pytest.mark.parametrize("text", FILTERS)
def test_filter_cql2_text_and_json_agree(planner, text):
    import cql2

    expected = {f"H-{n}" for n in FILTERS[text]}
    answer = planner.get(ITEMS, params={"filter": text})
    assert {f["id"] for f in answer.json()["features"]} == expected, answer.text[:300]
    tree = json.dumps(cql2.parse_text(text).to_json())
    answer = planner.get(ITEMS, params={"filter": tree, "filter-lang": "cql2-json"})
    assert {f["id"] for f in answer.json()["features"]} == expected, answer.text[:300]


def test_filter_with_the_other_parameters_and_pages(planner):
    seen, path = [], f"{ITEMS}?limit=1&bbox=17,44,18,45&filter=name LIKE 'Mea%'"
    while path:
        page = planner.get(path).json()
        seen += [f["id"] for f in page["features"]]
        path = next((k["href"] for k in link(page, "next")), None)
    assert seen == ["H-1", "H-3", "H-5"]


def test_filter_crs(planner):
    text = "S_INTERSECTS(geometry, BBOX(44,17.49,44.2,17.535))"
    answer = planner.get(ITEMS, params={"filter": text, "filter-crs": CRS4326})
    assert {f["id"] for f in answer.json()["features"]} == {"H-1", "H-2"}


@pytest.mark.parametrize("text", [
    "", "name =", "name = 'x' AND (", "'a' = 1", "population = 1", "name > 5", "f(name) = 1",
    "name + 1 = 2", "name LIKE identifier", "name LIKE '" + "%" * 500 + "'",
    "(" * 30 + "name = 'x'" + ")" * 30, "(" * 3000, "NOT " * 900 + "name = 'x'",
    " OR ".join(["name = 'x'"] * 300), "S_INTERSECTS(geometry, POLYGON((0 0, 1 1)))",
    "S_INTERSECTS(name, POINT(1 1))", "information_date = DATE('soon')", "geometry = 'x'",
    "S_INTERSECTS(geometry, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))", "name IN ()",
    "T_AFTER(name, DATE('2026-01-01'))", "A_CONTAINS(name, ('x'))"])
def test_filters_that_cannot_be_used_are_refused_with_words(planner, text):
    answer = planner.get(ITEMS, params={"filter": text})
    assert answer.status_code == 400 and answer.json()["code"] in ("WEB-012", "WEB-018")


def test_safety_S14_a_filter_on_what_is_hidden_is_refused_like_on_what_there_is_not(public):
    path = "/ogc/collections/settlement/items"
    for text in ("{} = 'x'", "{} IS NULL", "NOT ({} IS NULL)", "name = {}", "{} LIKE 'a%'",
                 "{} IN ('a')", "T_AFTER({}, DATE('2026-01-01'))", "S_INTERSECTS({}, POINT(1 1))",
                 "name = 'x' OR name = 'y' AND CASEI({}) = 'a'"):
        answers = [public.get(path, params={"filter": text.format(name)})
                   for name in ("district", "nothing_like_it")]
        assert [a.status_code for a in answers] == [400, 400], text
        one, other = (a.text.replace(n, "") for a, n in
                      zip(answers, ("district", "nothing_like_it"), strict=True))
        assert one == other, text
    found = public.get(path, params={"filter": "population > 100"}).json()["features"]
    assert [f["properties"]["name"] for f in found] == ["Upper"]


FIELDS = {"n": Field("n", "number", ""), "s": Field("s", "text", ""),
          "l": Field("l", "choices", "", choices=("a", "b", "c"))}


@settings(max_examples=150)
@given(st.recursive(
    st.sampled_from(["n = 1", "n < 2", "n > 0.5", "n IS NULL", "s = 'a'", "s LIKE 'a%'",
                     "s IN ('a','b')", "n BETWEEN 0 AND 1"]),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda p: f"({p[0]} AND {p[1]})"),
        st.tuples(inner, inner).map(lambda p: f"({p[0]} OR {p[1]})"),
        inner.map(lambda p: f"(NOT {p})")), max_leaves=5),
    st.fixed_dictionaries({}, optional={"n": st.sampled_from([0, 1, 2, 3]),
                                        "s": st.sampled_from(["a", "b", "abc", ""])}))
def test_filters_agree_with_sql(text, values):
    """Three-valued logic as a database has it."""
    import sqlite3

    from hypothesis import assume

    depths = accumulate((c == "(") - (c == ")") for c in text)
    assume(max(depths) <= 9)
    db = sqlite3.connect(":memory:")
    db.execute("PRAGMA case_sensitive_like = ON")
    sql = f"SELECT ({text}) FROM (SELECT ? AS n, ? AS s)"  # noqa: S608
    (expected,) = db.execute(sql, (values.get("n"), values.get("s"))).fetchone()
    db.close()
    assert read_filter(text, "cql2-text", FIELDS).passes(values, None) is bool(expected)


@settings(max_examples=150)
@given(st.text("ab%_", max_size=8), st.text("ab", max_size=8))
def test_like_agrees_with_a_regular_expression(pattern, text):
    made = re.escape(pattern).replace("%", ".*").replace("_", ".")
    assert matcher(pattern)(text) is bool(re.fullmatch(made, text, re.S))


def test_lists_and_words_that_stand_for_numbers():
    assert read_filter("A_CONTAINS(l, ('a'))", "cql2-text", FIELDS).passes({"l": ["a", "b"]}, None)
    assert not read_filter("A_EQUALS(l, ('a'))", "cql2-text", FIELDS).passes(
        {"l": ["a", "b"]}, None)
    assert not read_filter("n > 1", "cql2-text", FIELDS).passes({"n": "declined"}, None)  # S12
    with pytest.raises(LandReleaseError):
        read_filter("l = 'a'", "cql2-text", FIELDS)


# --- downloads -----------------------------------------------------------------------------------

def test_geoparquet_holds_what_the_reader_sees(planner, public, tmp_path):
    import pyarrow.parquet as pq

    (said,) = link(planner.get("/ogc/collections/hazard").json(), "enclosure")
    answer = planner.get(said["href"])
    assert answer.status_code == 200 and answer.headers["content-type"] == said["type"]
    assert answer.headers["content-disposition"].startswith('attachment; filename="hazard.parquet')
    (tmp_path / "h.parquet").write_bytes(answer.content)
    table = pq.read_table(tmp_path / "h.parquet")
    assert set(table["record"].to_pylist()) == every(1, 7)
    geo = json.loads(table.schema.metadata[b"geo"])
    assert geo["primary_column"] == "geometry" and geo["version"] == "1.1.0"
    shapes = shapely.from_wkb(table["geometry"].to_pylist())
    assert shapely.area(shapes).sum() == pytest.approx(7 * 1e-4)
    assert public.get("/ogc/collections/hazard/items.parquet").status_code == 404
    answer = public.get("/ogc/collections/hazard_cells/items.parquet")
    (tmp_path / "c.parquet").write_bytes(answer.content)
    cells = pq.read_table(tmp_path / "c.parquet")
    assert len(cells) == len(public.get("/ogc/collections/hazard_cells/items?limit=10000"
                                        ).json()["features"])
    assert b"chain_head" not in cells.schema.metadata[b"about"]


def test_items_tiles_and_files_of_a_past_day_say_that_they_are_of_the_past(planner, public):
    """Both words of figures (`valid_at`, `known_at`), for who may see histories."""
    assert ids(planner, "valid_at=2026-03-15") == every(1, 3) | {"H-6"}  # one without a day counts
    assert ids(planner, "valid_at=2026-03-15&known_at=2026-06-01") == {"H-6"}
    then = planner.get(f"{ITEMS}?valid_at=2026-03-15&limit=2").json()
    assert then["valid_at"] == "2026-03-15" and then["known_at"] == "now"
    assert then["description"].startswith("The past, not today")
    assert {(f["properties"]["valid_at"], f["properties"]["known_at"])
            for f in then["features"]} == {("2026-03-15", "now")}
    following = link(then, "next")[0]["href"]
    assert "valid_at=2026-03-15" in following  # pages stay in the past
    assert planner.get(following.split(HOST)[1]).json()["valid_at"] == "2026-03-15"
    today = planner.get(ITEMS).json()
    assert "valid_at" not in today and "valid_at" not in today["features"][0]["properties"]
    assert planner.get(f"{ITEMS}/H-1?valid_at=2026-03-15").json()["properties"][
        "valid_at"] == "2026-03-15"
    assert planner.get(f"{ITEMS}/H-5?valid_at=2026-03-15").status_code == 404
    table = planner.get(f"{ITEMS}.csv?valid_at=2026-03-15").text
    assert "The past, not today" in table and "H-3" in table and "H-4" not in table
    assert "The past" not in planner.get(f"{ITEMS}.csv").text
    drawn = planner.get(f"{ITEMS}.parquet?valid_at=2026-03-15")
    assert b"The past, not today" in drawn.content and drawn.status_code == 200
    tiles = planner.get("/tiles/hazard.json?valid_at=2026-03-15").json()
    assert tiles["tiles"][0].endswith("?valid_at=2026-03-15") and "2026-03-15" in tiles["name"]
    assert tiles["description"].startswith("The past, not today")
    for wrong in (f"{ITEMS}?valid_at=yesterday", f"{ITEMS}?valid_at=2026-03-15&sortby=name",
                  f"{ITEMS}?valid_at=2026-03-15&valid_at=2026-03-16",
                  "/ogc/collections/unrecorded_hazards/items?valid_at=2026-03-15",
                  "/ogc/collections/unrecorded_hazards/items.csv?known_at=2026-03-15"):
        assert planner.get(wrong).status_code == 400, wrong
    # For others there is no such parameter: what the public sees is of now (S15).
    for name in ("/ogc/collections/hazard_cells/items", "/ogc/collections/hazard_cells/items.csv",
                 "/ogc/collections/hazard_cells/items.parquet", "/tiles/hazard_cells.json"):
        answer = public.get(f"{name}?valid_at=2026-03-15")
        assert answer.status_code == 400 and "WEB-012" in answer.text, (name, answer.text)
