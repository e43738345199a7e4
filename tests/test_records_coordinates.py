"""Places as people write them, and datums by official points (S04)."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from landrelease.errors import LandReleaseError
from landrelease.records import places
from landrelease.records.coordinates import (
    Notation,
    other_zones,
    propose_notation,
    read_positions,
    readings_within,
)
from landrelease.records.traverses import read_traverse

BOSNIA = (15.7, 42.5, 19.7, 45.3)
WGS = Geod(ellps="WGS84")


def one(cell, form="degrees", datum="WGS 84", bounds=None, **said):
    found = read_positions({"place": [cell]}, Notation(form, **said), datum, bounds)
    return found.xy[0], float(found.accuracy_m[0]), [m.code for _, m, _ in found.problems]


@pytest.mark.parametrize("cell", [
    "44°12'30\"N 17°30'00\"E", "N 44 12 30 E 17 30 00", "44 12.5 N, 17 30.0 E",
    "44°12′30″ с.ш. 17°30′00″ в.д.", "44°12'30'' пн.ш., 17°30'00'' сх.д.",
    "44d12m30s N 17d30m00s E",
    "44º12’30” N 17º30’00” E", "17°30'00\"E 44°12'30\"N", "٤٤°١٢'٣٠\" شمال ١٧°٣٠'٠٠\" شرق",
    "44.208333N17.5E", "N44,208333 E17,5", "S 44°12'30\" I 17°30'00\""])
def test_one_place_in_many_spellings(cell):
    xy, accuracy, codes = one(cell, letters="slavic")
    assert codes == []
    assert WGS.inv(*xy, 17.5, 44 + 12.5 / 60)[2] < 1
    assert accuracy > 0


def test_safety_S04_two_readings_are_decided_by_the_area_or_by_nobody():
    for cell in ("44.2, 17.5", "44 12 S 17 30 E"):
        xy, _, codes = one(cell)
        assert np.isnan(xy).all() and codes in (["GEO-202"], ["GEO-203"])
        assert one(cell, bounds=BOSNIA)[0] == pytest.approx([17.5, 44.2])
    angola = (11.6, -18.1, 24.1, -4.3)
    assert one("12.5 S 17.5 E", bounds=angola)[0] == pytest.approx([17.5, -12.5])
    assert one("12.5 S 17.5 O")[2] == ["GEO-203"]
    assert one("12.5 S 17.5 O", letters="french")[0] == pytest.approx([-17.5, -12.5])


def test_safety_S04_utm_band_or_hemisphere():
    assert one("33T 654321 4901234", "utm")[0] == pytest.approx([16.932882, 44.247992], abs=1e-5)
    assert one("33S 654321 4901234", "utm")[2] == ["GEO-204"]
    assert one("33S 654321 4901234", "utm", bounds=BOSNIA)[0][1] == pytest.approx(44.248, abs=1e-3)
    assert one("33T 654321 5901234", "utm")[2] == ["GEO-206"]
    assert one("654321 4901234", "utm")[2] == ["GEO-205"]
    assert one("32T 654321 4901234", "utm", bounds=BOSNIA)[2] == ["GEO-212"]


@pytest.mark.parametrize("cell, lat, lon, within_m", [
    # Reference values computed with GEOTRANS 2.4.2 of the NGA (south-west corners).
    ("18S UJ 23370 06519", 38.88980512, -77.03653729, 1),
    ("32VKM9847", 59.91560874, 5.39543433, 800),
    ("33XVG74594359", 77.86550839, 13.91731047, 8), ("31XFH1698975490", 79.0, 8.5, 2),
    ("56HLH3490052288", -33.8568, 151.2153, 2), ("36NSF8830501106", 0.01, 30.2, 2),
    ("36MSE8830598893", -0.01, 30.2, 2), ("34TBP9209459165", 43.8563, 18.4131, 2),
    ("4QFJ12346789", 21.40984184, -157.91608058, 8),
    ("50TMK5045027900", 39.99983275, 116.41951846, 1),
    ("ZBA0611398202", 84.5, 10, 2), ("YZH8906601927", 89.9, -100, 2),
    ("ATR7449457041", -85, -50, 2), ("BAL1927990660", -89, 170, 2)])
def test_grid_references_are_the_centre_of_their_square(cell, lat, lon, within_m):
    xy, accuracy, _ = one(cell, "mgrs")
    assert WGS.inv(*xy, lon, lat)[2] <= within_m
    assert accuracy >= math.sqrt(0.5) - 1e-9


@pytest.mark.parametrize("cell", [
    "33TYJ", "33TYJ123", "33T YJ 1234 567", "61TYJ1212", "33IYJ1212", "34XEJ1212", "33TAJ1212",
    "33TYV1212", "31VHH1212"])
def test_grid_references_that_do_not_exist_wait(cell):
    xy, _, codes = one(cell, "mgrs")
    assert np.isnan(xy).all() and codes[0] in ("GEO-201", "GEO-206")


def test_safety_S04_grid_references_of_older_lettering_are_refused():
    assert one("33TYJ1234512345", "mgrs", "NAD27")[2] == ["GEO-207"]


# Published points, from the documents of those who keep the datums:
# ED50: IOGP 373-7-2 (EPSG Guidance Note 7-2), geocentric translations, North Sea.
# Tokyo: Geospatial Information Authority of Japan, origin of the horizontal datum by the Survey Act
#   of 1949 and by its change of 2002.
# OSGB36: Ordnance Survey, A guide to coordinate systems in Great Britain (Caister water tower);
#   test point St Mary's of OSTN15.
# NAD27: origin Meades Ranch; NAD 83 from the data sheet KG0640 of the National Geodetic Survey.
# MGI Austria: atlas of the Land of Carinthia (KAGIS), a point in GK M31 and on WGS 84.
# MGI 1901: virtual tie points 3.0 of the Surveying and Mapping Authority of Slovenia, in D48/GK and
#   in D96/TM (EPSG:3794, a projection of ETRS89): numbers 1, 47, 100, 256 and 305.
@pytest.mark.parametrize("datum, form, cell, lat, lon", [
    ("ED50", "degrees", "53°48'36.565\"N 2°07'51.477\"E", 53 + 48 / 60 + 33.82 / 3600,
     2 + 7 / 60 + 46.38 / 3600),
    ("Tokyo", "degrees", "35°39'17.5148\"N 139°44'40.5020\"E", 35 + 39 / 60 + 29.1572 / 3600,
     139 + 44 / 60 + 28.8759 / 3600),
    ("EPSG:27700", "grid", (651409.804, 313177.450), 52 + 39 / 60 + 28.8282 / 3600,
     1 + 42 / 60 + 57.8663 / 3600),
    ("EPSG:27700", "grid", (91492.146, 11318.804), 49.92226393730, -6.29977752014),
    ("NAD27", "degrees", "39°13'26.686\"N 98°32'30.506\"W", 39 + 13 / 60 + 26.7122 / 3600,
     -(98 + 32 / 60 + 31.7454 / 3600)),
    ("EPSG:31255", "grid", (70534.8, 165013.4), 46.620721, 14.253560),
    ("MGI 1901", "gauss_kruger", (5596934.420, 5186755.317), (596567, 187238), "EPSG:3794"),
    ("MGI 1901", "gauss_kruger", (5575587.022, 5140096.345), (575218, 140580), "EPSG:3794"),
    ("MGI 1901", "gauss_kruger", (5428992.831, 5126984.433), (428622, 127472), "EPSG:3794"),
    ("MGI 1901", "gauss_kruger", (5529053.514, 5130203.952), (528684, 130689), "EPSG:3794"),
    ("MGI 1901", "gauss_kruger", (5428645.357, 5144961.064), (428275, 145449), "EPSG:3794")])
def test_safety_S04_official_points_land_within_the_stated_accuracy(datum, form, cell, lat, lon):
    if isinstance(lat, tuple):  # the point is published on a grid of ETRS89
        lon, lat = Transformer.from_crs(lon, "EPSG:4765", always_xy=True).transform(*lat)
    columns = {"place": [cell]} if form == "degrees" else {
        "easting": [cell[0]], "northing": [cell[1]]}
    found = read_positions(columns, Notation(form), datum)
    assert found.problems == []
    assert WGS.inv(*found.xy[0], lon, lat)[2] <= found.accuracy_m[0] <= 25


def _cartesian(lat, lon, a, inverse):
    f = 1 / inverse
    e2, sin = f * (2 - f), math.sin(math.radians(lat))
    n = a / math.sqrt(1 - e2 * sin * sin)
    cos = math.cos(math.radians(lat))
    return np.array([n * cos * math.cos(math.radians(lon)), n * cos * math.sin(math.radians(lon)),
                     n * (1 - e2) * sin])


@pytest.mark.parametrize("lat, lon", [
    (59 + 46 / 60 + 18.55 / 3600, 30 + 19 / 60 + 42.09 / 3600),  # Pulkovo, origin of the datum
    (48.0, 37.8), (55.75, 37.62), (43.3, 45.7)])
def test_safety_S04_sk_42_goes_by_the_state_standard(lat, lon):
    """No pair of measured points is published. GOST R 51794-2008 states SK-42 to PZ-90.02
    (23.93, -141.03, -79.98 m; 0, -0.35", -0.79"; -0.22e-6) and PZ-90.02 to WGS 84 (-0.36, 0.08,
    0.18 m); worked out here step by step, in geocentric coordinates."""
    x = _cartesian(lat, lon, 6378245.0, 298.3)
    wy, wz = (math.radians(s / 3600) for s in (-0.35, -0.79))
    turn = np.array([[1, wz, -wy], [-wz, 1, 0], [wy, 0, 1]])
    expected = (1 - 0.22e-6) * turn @ x + [23.93, -141.03, -79.98] + [-0.36, 0.08, 0.18]
    found = read_positions({"place": [f"{lat:.9f} N {lon:.9f} E"]}, Notation("degrees"), "СК-42")
    ours = _cartesian(*found.xy[0][::-1], 6378137.0, 298.257223563)
    # The height on the ellipsoid is left out: what remains is across it.
    up = ours / np.linalg.norm(ours)
    off = expected - ours
    assert np.linalg.norm(off - up * (off @ up)) < 0.2 < found.accuracy_m[0] < 10


def test_the_meridian_of_paris_and_gons():
    """Definition of NTF (Paris): 2°20'14.025" east of Greenwich; 1 gon is 0.9 degrees."""
    paris = read_positions({"longitude": ["0"], "latitude": ["52.00000"]}, Notation("degrees"),
                           "NTF (Paris)")
    green = read_positions({"longitude": [2 + 20 / 60 + 14.025 / 3600], "latitude": [46.8]},
                           Notation("degrees"), "NTF")
    assert paris.xy[0] == pytest.approx(green.xy[0], abs=1e-8)
    assert one("52°30' N 0°10' E", datum="NTF (Paris)")[2] == ["GEO-201"]


def test_gauss_krueger_zones_lead_the_easting():
    xy, accuracy, codes = one("6532000 4858000", "gauss_kruger", "MGI 1901")
    same = read_positions({"easting": [6532000], "northing": [4858000]}, Notation("grid"),
                          "EPSG:8678")
    assert codes == [] and WGS.inv(*xy, *same.xy[0])[2] < 0.01 and accuracy >= 1
    xy, _, _ = one("7412345 5401234", "gauss_kruger", "СК-42")
    assert 37 < xy[0] < 39 and 48 < xy[1] < 49
    assert one("9532000 4858000", "gauss_kruger", "MGI 1901")[2] == ["GEO-201"]
    for name in ("MGI", "SK-63"):
        with pytest.raises(LandReleaseError, match="GEO-208"):
            one("6532000 4858000", "gauss_kruger", name)


CELLS = st.sampled_from([
    ("degrees", {"place": ["44.2N 17.5E"]}), ("degrees", {"latitude": [44.2], "longitude": [17.5]}),
    ("utm", {"place": ["33T 654321 4901234"]}), ("mgrs", {"place": ["33TYJ1234512345"]}),
    ("gauss_kruger", {"place": ["6532000 4858000"]}),
    ("grid", {"easting": [6532000], "northing": [4858000]}),
    ("bearing", {"place": ["44.2N 17.5E"], "bearing": [12], "distance": [100]})])


@settings(max_examples=40, deadline=None)
@given(CELLS, st.sampled_from(["", " "]), st.booleans())
def test_safety_S04_no_notation_is_accepted_without_a_datum(cell, datum, known):
    form, columns = cell
    found = read_positions(columns, Notation(form, north="true"), datum, BOSNIA if known else None)
    assert np.isnan(found.xy).all() and [m.code for _, m, _ in found.problems] == ["GEO-001"]


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30), st.sampled_from(["degrees", "utm", "mgrs", "gauss_kruger"]))
def test_any_text_gives_a_position_or_a_reason(text, form):
    found = read_positions({"place": [text]}, Notation(form),
                           "MGI 1901" if form == "gauss_kruger" else "WGS 84")
    propose_notation([text])
    assert len(found.xy) == 1


def test_readings_inside_the_programme_are_proposed_and_nothing_is_changed():
    xy = np.array([[17.5, 44.2], [44.2, 17.5], [-17.5, 44.2], [44.2, -17.5], [0.0, 0.0]])
    assert [np.flatnonzero(r).tolist() for r in readings_within(xy, BOSNIA)] == [
        [0], [1], [3], [6], []]
    found = read_positions({"longitude": xy[:, 0].tolist(), "latitude": xy[:, 1].tolist()},
                           Notation("degrees"), "EPSG:4326", BOSNIA)
    assert [(i, m.code) for i, m, _ in found.problems] == [(k, "GEO-212") for k in (1, 2, 3)]
    assert np.isnan(found.xy[1:4]).all() and found.xy[0] == pytest.approx([17.5, 44.2])
    assert other_zones(np.array([[10.9, 44.2]]), 32, BOSNIA) == [[33]]


def test_safety_S04_a_missing_grid_is_an_error_that_names_it():
    at = np.array([[-98.0, 32.0]])
    with pytest.raises(LandReleaseError, match=r"GEO-209.*us_noaa"):
        places.carriage("EPSG:4267", "f", at, worst_accuracy_m=5)
    assert "us_noaa" in places.carriage("EPSG:4267", "f", at).missing_grid
    with pytest.raises(LandReleaseError, match="GEO-210"):
        places.carriage("EPSG:4209", "f", np.array([[30.0, -18.0]]))


def test_accuracies_combine_as_the_root_of_the_sum_of_squares():
    assert places.combined_accuracy(3, 4) == 5
    found = read_positions({"place": ["33T YJ 12345 67890"], "accuracy": ["3"]}, Notation("mgrs"),
                           "WGS 84")
    assert found.accuracy_m[0] == pytest.approx(math.hypot(3, math.sqrt(0.5)))


def test_bearing_and_distance_need_a_stated_north():
    columns = {"place": ["44.200000 N 17.500000 E"], "bearing": ["80"], "distance": ["100"]}

    def end(**said):
        return read_positions(columns, Notation("bearing", **said), "WGS 84")

    assert [m.code for _, m, _ in end().problems] == ["GEO-213"]
    assert [m.code for _, m, _ in end(north="magnetic").problems] == ["GEO-213"]
    east = end(north="magnetic", declination_deg=10.0).xy[0]
    assert WGS.inv(17.5, 44.2, *east)[::2] == pytest.approx((90, 100), abs=1e-6)
    grid = end(north="grid", grid="EPSG:32633").xy[0]
    # East of the central meridian the grid's north lies east of true north.
    assert WGS.inv(17.5, 44.2, *grid)[0] == pytest.approx(
        80 + math.degrees(math.radians(2.5) * math.sin(math.radians(44.2))), abs=0.01)


def test_a_traverse_shows_its_closure_and_is_never_adjusted():
    square = [("0", "50"), ("90", "100.0"), ("180", "100.0"), ("270", "100.0"), ("0", "99.0")]
    north = Notation("bearing", north="true")
    found = read_traverse((17.5, 44.2), 5.0, square, north, name="A", returns=True)
    assert found.closure_m == pytest.approx(1.0, abs=0.01)
    assert [m.code for _, m, _ in found.problems] == ["GEO-215"]
    assert len(found.ring) == 5 and found.accuracy_m > 5
    wrong = [*square[:-1], ("0", "60")]
    found = read_traverse((17.5, 44.2), 5.0, wrong, north, name="A", returns=True)
    assert found.ring is None and [m.code for _, m, _ in found.problems] == ["GEO-214"]
    found = read_traverse((17.5, 44.2), 5.0, square[:-1], north, name="A", returns=False)
    assert math.isnan(found.closure_m) and [m.code for _, m, _ in found.problems] == ["GEO-216"]
    found = read_traverse((17.5, 44.2), 5.0, square[:2], north, name="A", returns=False)
    assert found.ring is None and [m.code for _, m, _ in found.problems] == ["GEO-217"]


def test_ground_outside_of_a_system_waits_and_each_row_may_have_its_datum():
    assert one("-33.5 S 17.5 E", datum="ED50")[2] == ["GEO-201"]
    assert one("33°30'00\" S 17°30'00\" E", datum="ED50", letters="english")[2] == ["GEO-211"]
    found = read_positions({"latitude": [44.2, 44.2, 44.2], "longitude": [17.5, 17.5, 17.5],
                            "datum": ["WGS 84", "MGI 1901", ""]}, Notation("degrees"), "")
    assert found.xy[0] == pytest.approx([17.5, 44.2]) and not np.isnan(found.xy[1]).any()
    assert WGS.inv(*found.xy[0], *found.xy[1])[2] > 100
    assert [(i, m.code) for i, m, _ in found.problems] == [(2, "GEO-001")]


def test_the_notation_is_proposed_with_its_reason():
    assert propose_notation(["33TYJ1234512345", "33T YJ 12 34"]).form == "mgrs"
    assert propose_notation(["33T 654321 4901234"]).form == "utm"
    assert propose_notation(["6532000 4858000"]).form == "gauss_kruger"
    assert propose_notation(["17.5, 44.2", "117.5 4.2"]).order == "longitude_first"
    assert propose_notation(["44.2, 17.5"]).order == ""
    assert propose_notation(["S 44 12 I 17 30"]).letters == "slavic"
    assert propose_notation(["44 N 17 E", "4 S 17 E"]).letters == "english"


def test_zeros_that_were_written_count_as_measured():
    for cells, decimals in ((("17.500000", "44.200000"), 6), (("17,50", "44,20"), 2),
                            ((17.5, 44.2), 1)):
        found = read_positions({"longitude": [cells[0]], "latitude": [cells[1]]},
                               Notation("degrees"), "WGS 84")
        assert found.accuracy_m[0] == pytest.approx(
            math.hypot(1, math.cos(math.radians(44.2))) * 111_320 / 2 / 10 ** decimals)


marks = st.sampled_from(["°", "º", "° ", " ", "d"]), st.sampled_from(["'", "′", "’ ", "m", " "]), (
    st.sampled_from(['"', "″", "''", "s", ""]))
spelled = st.one_of(
    st.builds("{}{}{}{}{}{}{}{}".format, st.sampled_from(["", "N ", "-", "e", " +"]),
              st.integers(0, 181), marks[0], st.integers(0, 61), marks[1],
              st.sampled_from(["30", "5.25", "59,9", "60", ""]), marks[2],
              st.sampled_from(["", "N", " E", "s", "W", "O", "J", "x"])),
    st.builds("{}{}{}".format, st.sampled_from(["", "-", "N", " +"]),
              st.sampled_from(["44.5", "17", "90.25", "180", "200.1", "44,5", "1.2.3"]),
              st.sampled_from(["", "°", " N", "E", "°W"])),
    st.floats(-200, 200), st.integers(-200, 200), st.none(), st.text(max_size=6), st.booleans())


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(spelled, spelled), min_size=1, max_size=4),
       st.sampled_from(["", "english", "slavic", "french", "german"]))
def test_many_cells_at_once_give_what_each_gives_alone(rows, letters):
    from landrelease.records import coordinates

    # A cell in words keeps both ways off the one for columns of plain numbers.
    columns = {"latitude": [*(a for a, _ in rows), "44 12 30 N"],
               "longitude": [*(b for _, b in rows), "17 30 0 E"]}
    notation = Notation("degrees", letters=letters)
    fast = read_positions(columns, notation, "WGS 84")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(coordinates, "_common_degrees",
                      lambda columns, *_: np.zeros(len(columns["latitude"]), dtype=bool))
        slow = read_positions(columns, notation, "WGS 84")
    assert np.allclose(fast.xy, slow.xy, rtol=0, atol=1e-12, equal_nan=True)
    assert np.allclose(fast.accuracy_m, slow.accuracy_m, rtol=1e-9, equal_nan=True)
    assert [(i, m.code) for i, m, _ in fast.problems] == [(i, m.code) for i, m, _ in slow.problems]
