"""TRK-R: tracks are read as they are; what cannot be used is a finding with its row."""

import gzip
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.track import ENGAGED_BLANK
from landrelease.errors import LandReleaseError
from landrelease.records import dataflash, mavlink, nmea
from landrelease.records.track_csv import seconds_of
from landrelease.records.tracks import read_track

HEAD = "time,latitude,longitude,pass,engaged,depth_m,heading_deg\n"


def written(tmp_path, text, name="k.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_a_csv_with_all_columns(tmp_path):
    got = read_track(written(tmp_path, HEAD + (
        "2026-05-01T06:00:00Z,45.5,10.25,1,1,0.2,90\n"
        "2026-05-01T06:00:01.5Z,45.6,10.26,1,0,,\n"
        "2026-05-01T08:00:02+02:00,45.7,10.27,second,yes,0.1,359.9\n")))
    assert got.time_s - seconds_of("2026-05-01T06:00:00Z") == pytest.approx([0, 1.5, 2])
    assert got.y.tolist() == [45.5, 45.6, 45.7] and got.x.tolist() == [10.25, 10.26, 10.27]
    assert got.passes == ("1", "second") and got.in_pass.tolist() == [0, 0, 1]
    assert got.engaged.tolist() == [1, 0, 1]
    assert np.isnan(got.depth_m[1]) and got.depth_m[2] == 0.1
    assert got.row.tolist() == [1, 2, 3] and not got.findings and not got.synthetic


def test_a_blank_cell_of_engaged_is_not_the_same_as_no_such_column(tmp_path):
    got = read_track(written(tmp_path, HEAD + "0,45,10,1,,,\n1,45,10,1, ,,\n2,45,10,1,1,,\n"))
    assert got.engaged.tolist() == [-2, -2, 1] and not got.findings
    got = read_track(written(tmp_path, "time,x,y,pass\n0,0,0,1\n"), plane=True)
    assert got.engaged.tolist() == [-1]


def test_seconds_semicolons_bom_and_gzip(tmp_path):
    text = "\ufeffTime;X;Y;Pass\n0;1.5;2;1\n0.5;1.5;2.5;1\n"
    path = tmp_path / "k.csv.gz"
    path.write_bytes(gzip.compress(text.encode()))
    got = read_track(path, plane=True)
    assert got.time_s.tolist() == [0, 0.5] and got.y.tolist() == [2, 2.5] and got.plane


@pytest.mark.parametrize("mark", [";", "\t"])
def test_a_decimal_comma_is_read_where_other_marks_stand_between_cells(tmp_path, mark):
    text = ("time,x,y,pass,depth_m\n0|1*5|2*25|1|0*2\n0*5|-1*5|2*5|1|\n"
            "1|1|3|1|0*1\n").replace(",", mark).replace("|", mark)
    got, same = (read_track(written(tmp_path, text.replace("*", point)), plane=True)
                 for point in ",.")
    assert not got.findings and got.x.tolist() == [1.5, -1.5, 1] and got.time_s[1] == 0.5
    for name in ("time_s", "x", "y", "depth_m"):
        np.testing.assert_array_equal(getattr(got, name), getattr(same, name))


def test_a_comma_that_may_be_a_point_or_not_is_none(tmp_path):
    got = read_track(written(tmp_path, "time;x;y\n0;1,500;2\n1;1.5;2\n2;2,5;3\n"), plane=True)
    assert got.row.tolist() == [2] and [f.first_row for f in got.findings] == [1, 3]
    with pytest.raises(LandReleaseError, match=r"FIL-007.*decimal comma"):
        read_track(written(tmp_path, "time,x,y\n0,1,5,2,5\n1,1,5,2,5\n"), plane=True)


@pytest.mark.parametrize("head", ["sep=;\n", "sep=;\r\n", ""])
def test_a_table_as_spreadsheets_write_it(tmp_path, head):
    got = read_track(written(tmp_path, head + (
        "Timestamp;Lat;Lon;Lane;Tool engaged;Altitude;tool-down;\n"
        "01.05.2026 06:00:00;45,5;10,25;1;working;200;x;\n"
        "01.05.2026 06:00:01;45,6;10,26;1;Off;200;x;\n")))
    assert got.time_s - seconds_of("2026-05-01T06:00:00Z") == pytest.approx([0, 1])
    assert got.y.tolist() == [45.5, 45.6] and got.x.tolist() == [10.25, 10.26]
    assert got.passes == ("1",) and not got.findings and got.unused == ("altitude",)
    assert got.engaged.tolist() == [ENGAGED_BLANK, 0], "of two the worse counts"


@pytest.mark.parametrize(("heads", "engaged", "unused"), [
    ("time,x,y,tool_engaged", [0, 1], ()), ("time,x,y,Tool On", [0, 1], ()),
    ("time,x,y,implement", [-1, -1], ("implement",)),
    ("time,x,y,depth", [-1, -1], ("depth",)), ("time,x,y,synthetic", [-1, -1], ())])
def test_a_column_that_nothing_is_read_of_is_named(tmp_path, heads, engaged, unused):
    got = read_track(written(tmp_path, heads + "\n0,0,0,0\n1,0,1,1\n"), plane=True)
    assert got.engaged.tolist() == engaged and got.unused == unused
    both = read_track(written(tmp_path, heads + ",engaged\n0,0,0,0,1\n1,0,1,1,0\n"), plane=True)
    assert both.engaged.tolist() == ([1, 0] if engaged == [-1, -1] else [0, 0])


@pytest.mark.parametrize(("heads", "one", "other", "said", "wanted"), [
    ("working,tool_state", "1", "raised", "engaged", [0, 0]),
    ("engaged,tool status", "1", "unclear", "engaged", [ENGAGED_BLANK] * 2),
    ("engaged,tool_on", "", "1", "engaged", [ENGAGED_BLANK] * 2),
    ("engaged,tool_raised", "1", "1", "engaged", [ENGAGED_BLANK] * 2),
    ("engaged,tool_raised", "0", "1", "engaged", [0, 0]),
    ("note,lift_position", "", "3", "engaged", [ENGAGED_BLANK] * 2),
    ("engaged,tool_id", "1", "7", "engaged", [1, 1]),
    ("engaged,tool name", "1", "flail", "engaged", [1, 1]),
    ("engaged,tool_idle", "1", "1", "engaged", [ENGAGED_BLANK] * 2),
    ("depth_m,tool_depth_m", "0.2", "0.1", "depth_m", [0.1] * 2),
    ("depth_m,tool_depth_m", "0.2", "deep", "depth_m", [np.nan] * 2),
    ("accuracy_m,h_acc_m", "0.02", "3", "accuracy_m", [3, 3]),
    ("accuracy_m,h_acc_m", "0.02", "", "accuracy_m", [np.nan] * 2),
    ("speed_m_s,speed_ms", "0.5", "2", "speed_m_s", [2, 2]),
    ("speed_m_s,speed_ms", "0.5", "", "speed_m_s", [0.5] * 2),
    ("heading_deg,heading", "90", "91", "heading_deg", [np.nan] * 2),
    ("heading_deg,heading", "90", "90", "heading_deg", [90, 90]),
    ("fix_kind,kind of fix", "fixed", "single", "fix", [1, 1]),
    ("fix_kind,kind of fix", "fixed", "", "fix", [0, 0])])
def test_safety_S05_of_two_columns_that_mean_the_same_the_worse_counts(
        tmp_path, heads, one, other, said, wanted):
    for turned in (False, True):
        a, b = (other, one) if turned else (one, other)
        names = ",".join(heads.split(",")[::-1]) if turned else heads
        got = read_track(written(tmp_path, f"time,x,y,{names}\n0,0,0,{a},{b}\n1,0,1,{a},{b}\n"),
                         plane=True)
        assert len(got) == 2 and not got.findings
        np.testing.assert_array_equal(getattr(got, said), wanted)


def test_rows_that_cannot_be_used_are_listed_with_their_row(tmp_path):
    got = read_track(written(tmp_path, "time,x,y,pass\n0,0,0,1\n1,zero,0,1\n2,,0,1\nnoon,0,3,1\n"
                             "4,0,4,1\n5,0,inf,1\n6,0"), plane=True)
    assert got.row.tolist() == [1, 5]
    assert [(f.first_row, f.last_row, f.count) for f in got.findings] == [
        (2, 3, 2), (4, 4, 1), (6, 6, 1), (7, 7, 1)]
    assert "row 2: x is zero" in got.findings[0].text
    assert all(f.code == "TRK-001" and not f.counted for f in got.findings)


@pytest.mark.parametrize("word", ["inf", "-inf", "nan", "1e300", "1746086400000", "yesterday"])
@pytest.mark.parametrize("others", ["0,1", "2026-05-01T08:00:00Z,2026-05-01T08:00:01Z"])
def test_safety_S05_a_time_that_is_none_never_counts(tmp_path, word, others):
    """Also where all the column looks like numbers: a gap of unknown length is no short one."""
    first, second = others.split(",")
    got = read_track(written(tmp_path, f"time,x,y,pass\n{first},0,0,1\n{word},0,1,1\n"
                             f"{second},0,2,1\n"), plane=True)
    assert got.row.tolist() == [1, 3] and np.isfinite(got.time_s).all()
    assert [(f.code, f.first_row) for f in got.findings] == [("TRK-001", 2)]


@pytest.mark.parametrize(("depth", "used"), [("0.15", True), ("0", True), ("", True),
                                             ("deep", False), ("-0.15", False), ("inf", False)])
def test_a_depth_with_another_sign_or_no_number_is_no_depth(tmp_path, depth, used):
    got = read_track(written(tmp_path, f"time,x,y,pass,depth_m\n0,0,0,1,0.1\n1,0,1,1,{depth}\n"),
                     plane=True)
    assert len(got) == 1 + used
    assert [f.text for f in got.findings if "depth_m" in f.text] == [
        f.text for f in got.findings] and len(got.findings) == 1 - used


@pytest.mark.parametrize("encoding", ["cp1252", "utf-16", "utf-8-sig"])
def test_names_of_passes_in_another_encoding(tmp_path, encoding):
    path = tmp_path / "k.csv"
    path.write_bytes("time,x,y,pass\n0,0,0,été\n1,0,1,été\n".encode(encoding))
    got = read_track(path, plane=True)
    assert got.passes == ("été",) and got.y.tolist() == [0, 1]


@pytest.mark.parametrize(("content", "code"), [
    (b"\x1f\x8b\x08garbage", "FIL-004"), (b"not an archive", "FIL-003"),
    (gzip.compress(b"time,x,y,pass\n0,0,0,1\n" * 50)[:-20], "FIL-004")])
def test_a_damaged_archive_says_so(tmp_path, content, code):
    path = tmp_path / "k.csv.gz"
    path.write_bytes(content)
    with pytest.raises(LandReleaseError, match=code):
        read_track(path, plane=True)


def test_a_log_whose_clock_ran_away_lists_its_fixes(tmp_path):
    log = b"".join([record(1000.1, packet(24, receiver(1, 45.5, 10.5))),
                    record(1000.1, packet(33, position(5000, 45.5, 10.5, 9000))),
                    record(9e12, packet(33, position(5200, 45.6, 10.6)))])
    got = read_track(written(tmp_path, log, "k.tlog"))
    assert np.abs(got.time_s).max() < 1e11


def test_degrees_outside_the_earth_are_listed(tmp_path):
    got = read_track(written(tmp_path, HEAD + "0,45,10,1,,,\n1,95,10,1,,,\n2,45,190,1,,,\n"))
    assert got.row.tolist() == [1] and len(got.findings) == 2


def test_the_synthetic_mark_is_kept(tmp_path):
    got = read_track(written(tmp_path, "time,x,y,pass,synthetic\n0,0,0,1,yes\n"), plane=True)
    assert got.synthetic


@pytest.mark.parametrize("name, text, code", [
    ("k.csv", "", "FIL-002"), ("k.csv", "\n\n", "FIL-002"), ("k.csv", "time,x,pass\n0,1,1\n",
                                                            "FIL-015"),
    ("k.csv", "time,x,y,pass\n", "FIL-007"), ("k.csv", "time,x,y,pass\na,b,c,d\n", "TRK-018"),
    ("k.csv", 'time,x,y,pass\n"0,0,0,1\n1,0,1,1\n', "FIL-007.*quotation mark"),
    ("k.doc", "x", "FIL-006"), ("k.gpx", "<gpx/>", "TRK-002"), ("k.ulg", "x", "FIL-006"),
    ("k.bin", "x", "TRK-002")])
def test_files_that_hold_no_track(tmp_path, name, text, code):
    with pytest.raises(LandReleaseError, match=code):
        read_track(written(tmp_path, text, name), plane=True)


def test_a_missing_file(tmp_path):
    with pytest.raises(LandReleaseError, match="FIL-001"):
        read_track(tmp_path / "no.csv")


def test_gpx_segments_are_passes(tmp_path):
    text = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"
     creator="t"><trk><trkseg><trkpt lat="45.5" lon="10.5"><time>2026-05-01T06:00:00Z</time>
     </trkpt><trkpt lat="45.6" lon="10.5"/></trkseg><trkseg><trkpt lat="45.7" lon="10.6">
     <time>2026-05-01T06:01:00Z</time></trkpt><trkpt lat="x" lon="10"><time>2026-05-01T06:01:01Z
     </time></trkpt></trkseg></trk></gpx>"""
    got = read_track(written(tmp_path, text, "k.gpx"))
    assert got.passes == ("1.1", "1.2") and got.y.tolist() == [45.5, 45.7]
    assert [f.first_row for f in got.findings] == [2, 4]


# Sentences as they stand in public descriptions of NMEA 0183, with their checksums.
RMC = "$GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W*6A"
GGA = "$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47"


def sentence(body):
    value = 0
    for byte in body.encode():
        value ^= byte
    return f"${body}*{value:02X}"


def test_nmea_sentences_of_public_descriptions(tmp_path):
    got = read_track(written(tmp_path, f"{RMC}\r\n{GGA}\r\n", "k.nmea"))
    assert got.y.tolist() == pytest.approx([48 + 7.038 / 60])
    assert got.x.tolist() == pytest.approx([11 + 31 / 60])
    assert got.time_s.tolist() == [seconds_of("1994-03-23T12:35:19Z")]


def test_nmea_wrong_checksums_and_no_fix_are_listed():
    lines = [RMC, RMC.replace("N", "S"), sentence("GNRMC,123520,V,,,,,,,230394,,"),
             sentence("GNGGA,123521,,,,,0,00,,,,,,,"), "$GPRMC,1235", sentence("GPGSV,1,1,00")]
    fixes, problems = nmea.positions("\r\n".join(lines).encode())
    assert len(fixes) == 0  # a log with GGA counts by its GGA, and that has no fix
    assert len(nmea.positions("\r\n".join(lines[:3] + lines[4:]).encode())[0]) == 1
    assert [(p[0], p[1]) for p in problems] == [
        (2, "checksum"), (3, "status"), (4, "quality"), (5, "checksum")]


def test_nmea_passes_midnight():
    late = sentence("GPRMC,235959.50,A,4530.0000,S,01015.0000,W,0,0,311225,,")
    early = sentence("GPRMC,000000.50,A,4530.0000,S,01015.0000,W,0,0,010126,,")
    fixes, _ = nmea.positions(f"{late}\n{early}\n".encode())
    assert fixes[1][1] - fixes[0][1] == 1.0 and fixes[0][2:4] == (-10.25, -45.5)
    only_gga = [sentence(f"GPGGA,{t},4530.0000,N,01015.0000,E,4,12,0.5,1,M,1,M,,")
                for t in ("235959.00", "000001.00")]
    fixes, _ = nmea.positions("\n".join(only_gga).encode())
    assert fixes[1][1] - fixes[0][1] == 2.0


def extra_byte(name, fields):
    """The extra byte of a message from its definition, as the protocol says it."""
    crc = mavlink.checksum("".join([f"{name} ", *(f"{t} {n} " for t, n in fields)]).encode())
    return (crc & 0xFF) ^ (crc >> 8)


def test_the_extra_bytes_follow_from_the_definitions():
    assert mavlink.checksum(b"123456789") == 0x6F91  # published check value of CRC-16/MCRF4XX
    assert extra_byte("GLOBAL_POSITION_INT", [
        ("uint32_t", "time_boot_ms"), ("int32_t", "lat"), ("int32_t", "lon"), ("int32_t", "alt"),
        ("int32_t", "relative_alt"), ("int16_t", "vx"), ("int16_t", "vy"), ("int16_t", "vz"),
        ("uint16_t", "hdg")]) == 104
    assert extra_byte("GPS_RAW_INT", [
        ("uint64_t", "time_usec"), ("int32_t", "lat"), ("int32_t", "lon"), ("int32_t", "alt"),
        ("uint16_t", "eph"), ("uint16_t", "epv"), ("uint16_t", "vel"), ("uint16_t", "cog"),
        ("uint8_t", "fix_type"), ("uint8_t", "satellites_visible")]) == 24


def packet(message, payload, version=2, extra=None, signed=False):
    extra = {33: 104, 24: 24, 0: 50}[message] if extra is None else extra
    if version == 1:
        body = struct.pack("<BBBBB", len(payload), 7, 1, 1, message) + payload
        start = b"\xfe"
    else:
        payload = payload.rstrip(b"\0") or b"\0"
        body = struct.pack("<BBBBBB", len(payload), 1 if signed else 0, 0, 7, 1, 1)
        body += message.to_bytes(3, "little") + payload
        start = b"\xfd"
    crc = mavlink.checksum(body + bytes([extra]))
    return start + body + struct.pack("<H", crc) + (b"s" * 13 if signed else b"")


def position(boot_ms, lat, lon, heading=65535):
    return struct.pack("<IiiiihhhH", boot_ms, round(lat * 1e7), round(lon * 1e7), 0, 0, 0, 0, 0,
                       heading)


def receiver(second, lat, lon, fix=6, accuracy_mm=0):
    """GPS_RAW_INT with the extension of MAVLink 2."""
    return struct.pack("<QiiiHHHHBBiI", round(second * 1e6), round(lat * 1e7), round(lon * 1e7), 0,
                       1, 1, 0, 0, fix, 9, 0, accuracy_mm)


def record(second, data):
    return struct.pack(">Q", round(second * 1e6)) + data


def test_a_mavlink_log(tmp_path):
    log = b"".join([
        record(1000.0, packet(0, b"\0" * 9)),  # a heartbeat is passed over
        record(1000.0, packet(24, receiver(1000.0, 45.5, 10.5))),
        record(1000.1, packet(33, position(5000, 45.5, 10.5, 9000))),
        record(1000.9, packet(33, position(5200, 45.6, 10.6), version=1)),  # late by radio
        record(1001.0, packet(33, position(5400, 45.7, 10.7), extra=1)),  # checksum wrong
        record(1001.0, packet(33, position(5600, 45.8, 0.0), signed=True)),
        b"\x07" * 11,  # damaged
        record(1001.2, packet(33, position(5800, 45.9, 10.9))),
        record(1001.4, packet(33, position(6000, 46.0, 11.0)))[:-5]])
    got = read_track(written(tmp_path, log, "k.tlog"))
    assert got.time_s == pytest.approx([1000.1, 1000.3, 1000.7, 1000.9])
    assert got.y == pytest.approx([45.5, 45.6, 45.8, 45.9])
    assert got.x == pytest.approx([10.5, 10.6, 0.0, 10.9])
    assert got.heading_deg[0] == 90 and np.isnan(got.heading_deg[1])
    assert len(got.findings) == 3


def test_a_mavlink_log_with_the_raw_receiver_only():
    def raw(fix):
        return struct.pack("<QiiiHHHHBB", 2_000_000, 455_000_000, -105_000_000, 0, 1, 1, 0, 0,
                           fix, 9)

    fixes, problems = mavlink.positions(record(50, packet(24, raw(3))) + record(
        51, packet(24, raw(1))))
    assert [f[1:4] for f in fixes] == [(50.0, -10.5, 45.5)]
    assert problems == [(2, "fix_type", "1")]


# --- data-flash logs ---------------------------------------------------------------------------

WEEK, MS = 2190, 216_018_000  # 2021-12-28 12:00:00 UTC: 18 leap seconds
NOON = seconds_of("2021-12-28T12:00:00Z")
GPS = (1, "QBBIHBcLLeffffB", "TimeUS,I,Status,GMS,GWk,NSats,HDop,Lat,Lng,Alt,Spd,GCrs,VZ,Yaw,U",
       "<QBBIHBhiiiffffB")
POS = (2, "QLLfff", "TimeUS,Lat,Lng,Alt,RelHomeAlt,RelOriginAlt", "<Qiifff")
ATT = (3, "Qcccccc", "TimeUS,DesRoll,Roll,DesPitch,Pitch,DesYaw,Yaw", "<Qhhhhhh")


def described(name, code, letters, labels, layout, length=None):
    return dataflash.HEAD + struct.pack(
        "<BBB4s16s64s", 128, code, length or 3 + struct.calcsize(layout), name.encode(),
        letters.encode(), labels.encode())


def said(kind, *values):
    return dataflash.HEAD + bytes([kind[0]]) + struct.pack(kind[3], *values)


def gps(second, lat, lon, status=6, instance=0):
    return said(GPS, round(second * 1e6), instance, status, MS + round((second - 100) * 1000), WEEK,
                12, 80, round(lat * 1e7), round(lon * 1e7), 0, 0.5, 0, 0, 0, 1)


def pos(second, lat, lon):
    return said(POS, round(second * 1e6), round(lat * 1e7), round(lon * 1e7), 0, 0, 0)


HEADS = b"".join([
    described("FMT", 128, "BBnNZ", "Type,Length,Name,Format,Columns", "<BB4s16s64s"),
    described("GPS", *GPS), described("POS", *POS), described("ATT", *ATT),
    described("MODE", 9, "QMB", "TimeUS,Mode,ModeNum", "<QBB")])


def test_a_data_flash_log(tmp_path):
    log = HEADS + b"".join([
        pos(99.0, 45.0, 10.0),  # before the first fix
        said(ATT, 99_500_000, 0, 0, 0, 0, 0, 9000), gps(100.0, 45.5, 10.5),
        said((9, "", "", "<QBB"), 0, 1, 1), gps(100.0, 46.5, 11.5, instance=1),
        pos(100.1, 45.5, 10.5), pos(100.3, 45.6, -10.6), gps(100.4, 0.0, 0.0, status=1),
        pos(100.5, 45.7, 10.7),  # no fix: the autopilot goes on by its own motion
        gps(101.0, 45.8, 10.8), pos(101.1, 45.8, 10.8), b"\x07" * 11, pos(101.3, 45.9, 10.9),
        pos(110.0, 45.9, 10.9),  # the receiver has said nothing for 9 s
        gps(110.1, 46.0, 11.0), pos(110.2, 46.0, 11.0)[:-5]])
    got = read_track(written(tmp_path, log, "k.bin"))
    assert got.time_s - NOON == pytest.approx([0.1, 0.3, 1.3], abs=1e-5)
    assert got.y == pytest.approx([45.5, 45.6, 45.9])  # what damage follows is not used either
    assert got.x == pytest.approx([10.5, -10.6, 10.9])
    assert got.heading_deg.tolist() == pytest.approx([90] * 3)
    assert sum(f.count for f in got.findings) == 6 and not any(f.counted for f in got.findings)


def test_a_data_flash_log_with_the_receiver_only_and_with_wrong_descriptions(tmp_path):
    wrong = described("POS", 2, "QL", "TimeUS,Lat,Lng", "<Qi")
    odd = described("ATT", 3, "QW", "TimeUS,Yaw", "<Qh")
    fixes, problems = dataflash.positions(described("GPS", *GPS) + wrong + odd + described(
        "X", 4, "B", "A", "<B", length=2) + gps(100.0, 45.5, 10.5) + gps(100.2, 45.6, 10.6))
    assert [f[1] - NOON for f in fixes] == pytest.approx([0, 0.2], abs=1e-5)
    assert np.isnan(fixes[0][4])
    assert len(problems) == 3
    with pytest.raises(LandReleaseError, match="TRK-019"):
        read_track(written(tmp_path, b"no log at all" * 20, "k.bin"))


@settings(max_examples=60, deadline=None)
@given(cut=st.integers(0, 400), at=st.integers(0, 400), junk=st.binary(max_size=6))
def test_damage_to_a_data_flash_log_never_makes_a_fix(cut, at, junk):
    """What is read of a damaged log stood in it, but for the message that was hit."""
    whole = HEADS + b"".join([gps(100 + k, 45 + k / 100, 10) for k in range(6)])
    body = len(HEADS)
    hit = whole[:body + at % (len(whole) - body)] + junk + whole[body + cut % (len(whole) - body):]
    true = {f[1:4] for f in dataflash.positions(whole)[0]}
    false = [f for f in dataflash.positions(hit)[0] if f[1:4] not in true]
    assert len(false) <= 1
