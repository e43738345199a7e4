"""COV-R: logs as they come from the field never count more than they show (S04, S05)."""

import numpy as np
import pytest

from landrelease.errors import LandReleaseError
from landrelease.workflows import operate
from test_bad_tracks import GROUND, STATED, degrees
from test_coverage_doubt import falling
from test_records_tracks import sentence
from tracks_made import lanes


def proven(path, error=0.02, **options):
    return operate.prove_on(GROUND, [operate.TrackFile(path, "machine", 1.7, error)],
                            operate.ProofOptions(0.95, **options), STATED)


def written(path, more="", cells=lambda n, lane: "", begin=0):
    """The lanes as CSV in degrees, with further columns."""
    t, x, y, p = lanes()
    rows = [f"time,latitude,longitude,pass{more}"]
    rows += [f"{a},{c:.9f},{b:.9f},{d}{cells(n, d)}" for n, (a, b, c, d) in enumerate(
        zip(t, *degrees(x, y), p, strict=True))]
    path.write_text("\n".join(rows[:1] + rows[1 + begin:]) + "\n")
    return path


# --- receivers -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("fix", "kind", "least"), [
    (1, "single", 1.0), (2, "differential", 0.3), (5, "float", 0.1)])
def test_safety_S05_a_receiver_without_rtk_proves_nothing_to_centimetres(tmp_path, fix, kind,
                                                                         least):
    path = tmp_path / "k.nmea"
    path.write_bytes(falling("nmea", fix, fix))
    with pytest.raises(LandReleaseError, match=f"COV-018.*{kind}.*{least:g} m"):
        proven(path)
    assert proven(path, least_fix=fix if fix < 5 else 3).proof.certain_m2 == pytest.approx(
        270, abs=0.2)
    assert proven(path, error=least).proof.certain_m2 < 270


def test_a_receiver_that_states_its_own_error_is_taken_at_its_word(tmp_path):
    path = written(tmp_path / "k.csv", ",fix_kind,accuracy_m", lambda n, lane: ",single,0.02")
    assert proven(path).proof.certain_m2 == pytest.approx(270, abs=0.2)
    written(path, ",fix_kind,accuracy_m", lambda n, lane: ",single,")
    with pytest.raises(LandReleaseError, match="COV-018"):
        proven(path)


@pytest.mark.parametrize(("head", "good", "bad", "counts"), [
    ("quality", "1", "5", False), ("Fix Type", "RTK", "", False), ("gps_valid", "1", "0", False),
    ("Q", "1", "2", False), ("rtk_status", "4", "4", True), ("fix_age", "1", "2", True),
    ("fix_no", "1", "2", True), ("altitude", "1", "2", True)])
def test_safety_S05_a_column_that_may_speak_of_the_fix_is_a_doubt(tmp_path, head, good, bad,
                                                                    counts):
    path = written(tmp_path / "k.csv", f",{head}", lambda n, lane: f",{bad if lane == 2 else good}")
    got = proven(path)
    assert "TRK-028" in {n["code"] for n in got.result["notes"]}
    assert got.proof.certain_m2 == pytest.approx(270 if counts else 0, abs=0.2)


# --- datum ---------------------------------------------------------------------------------------


def datum(code):
    return sentence(f"GPDTM,{code},,0.0,N,0.0,E,0.0,W84").encode() + b"\r\n"


def test_safety_S04_positions_on_another_datum_are_none(tmp_path):
    path, log = tmp_path / "k.nmea", falling("nmea", 4, 4)
    path.write_bytes(datum("W84") + log)
    assert proven(path).proof.certain_m2 == pytest.approx(270, abs=0.2)
    lines = log.splitlines(keepends=True)
    half = len(lines) // 2
    path.write_bytes(b"".join([datum("W84"), *lines[:half], datum("999"), *lines[half:]]))
    got = proven(path).proof
    assert got.certain_m2 < 150 and any("datum" in f.text for f in got.findings)
    path.write_bytes(b"".join([*lines[:half], datum("P90"), *lines[half:]]))
    with pytest.raises(LandReleaseError, match="TRK-019"):
        proven(path)


@pytest.mark.parametrize("word", ["MGI", "EPSG:31275", "SK-42", "WGS 84 / UTM zone 33N", ""])
def test_safety_S04_rows_that_name_another_datum_are_none(tmp_path, word):
    path = written(tmp_path / "k.csv", ",Datum",
                   lambda n, lane: ",WGS-84" if lane < 3 else f",{word}")
    got = proven(path).proof
    assert 130 < got.certain_m2 < 150 and any("datum" in f.text for f in got.findings)


@pytest.mark.parametrize("word", ["WGS84", "wgs 84", "EPSG:4326", "4326",
                                  "World Geodetic System 1984", "urn:ogc:def:crs:OGC:1.3:CRS84",
                                  "EPSG:4979", ""])
def test_names_of_wgs_84_are_known(tmp_path, word):
    path = written(tmp_path / "k.csv", ",crs", lambda n, lane: f",{word}")
    assert proven(path).proof.certain_m2 == pytest.approx(270, abs=0.2)


# --- logs that were joined -----------------------------------------------------------------------


@pytest.mark.parametrize("turned", [True, False])
def test_safety_S05_rows_below_headings_in_another_order_are_none(tmp_path, turned):
    """Whether the tool worked stands where the depth stood: 1 m deep at a tool that was off."""
    one = written(tmp_path / "a.csv", ",engaged,depth_m", lambda n, lane: ",1,0.2").read_text()
    rows = one.splitlines()
    half = next(n for n, r in enumerate(rows[1:], 1) if r.split(",")[3] == "3")
    if turned:
        below = [rows[0].replace("engaged,depth_m", "depth_m,engaged"),
                 *(r.removesuffix(",1,0.2") + ",1,0" for r in rows[half:])]
    else:
        below = [rows[0], *rows[half:]]
    path = tmp_path / "k.csv"
    path.write_text("\n".join([*rows[:half], *below]) + "\n")
    got = proven(path).proof
    assert got.certain_m2 == pytest.approx(140 if turned else 270, abs=10)
    assert any(f.code == "TRK-001" for f in got.findings)


# --- the tool ------------------------------------------------------------------------------------


def test_safety_S05_a_tool_that_works_on_the_way_and_rests_in_the_task_proves_nothing(tmp_path):
    """0 where it works: what is logged as work is the way there, and the turns."""
    t, x, y, p = lanes()
    way = np.linspace(-15, 0, 31)[:-1]
    t, p = np.concatenate([t[0] + way, t]), np.concatenate([0 * way, p]).astype(int)
    inside = np.concatenate([way < -99, (y > 2) & (y < 28)])
    x, y = np.concatenate([x[0] + 0 * way, x]), np.concatenate([y[0] + way, y])
    lon, lat = degrees(x, y)

    def log(off, on):
        path = tmp_path / "k.csv"
        path.write_text("time,latitude,longitude,pass,engaged\n" + "".join(
            f"{a},{c:.9f},{b:.9f},{d},{off if e else on}\n" for a, b, c, d, e in zip(
                t, lon, lat, p, inside, strict=True)))
        return proven(path)

    turned = log(0, 1)
    assert turned.proof.certain_m2 == 0
    assert "TRK-033" in {n["code"] for n in turned.result["notes"]}
    right = log(1, 0)
    assert right.proof.certain_m2 > 220 and "TRK-033" not in {
        n["code"] for n in right.result["notes"]}
