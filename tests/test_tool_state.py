"""TRK-T: whether the tool worked, how deep, how fast and how well placed: as the log has it, as a
signal of the autopilot has it, or as a person says; never guessed."""

import dataclasses
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.errors import LandReleaseError
from landrelease.operate.tool_times import with_tool_times
from landrelease.records import dataflash, mavlink
from landrelease.records.tool_signal import ToolState, tool_signal
from landrelease.records.track_csv import seconds_of
from landrelease.records.tracks import read_track
from landrelease.workflows import operate
from test_bad_tracks import GROUND, STATED, degrees
from test_coverage_proof import RULES, TASK, codes, prove, tool
from test_records_tracks import (
    GPS,
    HEADS,
    described,
    extra_byte,
    gps,
    packet,
    pos,
    position,
    receiver,
    record,
    said,
    sentence,
    written,
)
from tracks_made import lanes, track

# --- in the log itself ---------------------------------------------------------------------------

POINT = ('<trkpt lat="45.{k}" lon="10.5"><time>2026-05-01T06:00:0{k}Z</time>{inside}'
         "<extensions>{more}</extensions></trkpt>")


def gpx(*points):
    body = "".join(POINT.format(k=k, inside=inside, more=more)
                   for k, (inside, more) in enumerate(points, 1))
    return ('<gpx version="1.1" xmlns="http://www.topografix.com/GPX/1/1" xmlns:t="urn:t">'
            f"<trk><trkseg>{body}</trkseg></trk></gpx>")


def test_gpx_extensions_say_tool_depth_heading_speed_and_error(tmp_path):
    got = read_track(written(tmp_path, gpx(
        ("<hdop>0.8</hdop>", "<engaged>1</engaged><depth_m>0.15</depth_m>"),
        ("<speed>0.4</speed>", "<t:tool><t:engaged>no</t:engaged><t:heading>90</t:heading>"
         "</t:tool><accuracy>0.03</accuracy>"),
        ("<fix>none</fix>", ""), ("", "<engaged>perhaps</engaged>"),
        ("", "<depth_m>15</depth_m>"), ("<course>12</course>", "<depth>3</depth>")), "k.gpx"))
    assert got.row.tolist() == [1, 2, 5, 6]
    assert got.engaged.tolist() == [1, 0, -2, -2]  # left blank where others say it
    assert got.depth_m[0] == 0.15 and got.depth_m[2] == 15 and np.isnan(got.depth_m[[1, 3]]).all()
    assert got.heading_deg[1] == 90 and np.isnan(got.heading_deg[[0, 2, 3]]).all()
    assert got.hdop[0] == 0.8 and got.speed_m_s[1] == 0.4 and got.accuracy_m[1] == 0.03
    assert [f.first_row for f in got.findings] == [3, 4]


def test_safety_S05_a_gpx_point_that_says_twice_whether_the_tool_worked_is_not_used(tmp_path):
    """Neither the last word nor the first holds, in whichever order they stand."""
    for first, last in (("1", "0"), ("0", "1"), ("1", ""), ("on", "off")):
        got = read_track(written(tmp_path, gpx(
            ("", "<engaged>1</engaged>"),
            ("", f"<engaged>{first}</engaged><x><engaged>{last}</engaged></x>"),
            ("", "<engaged>1</engaged>"), ("", "<engaged>yes</engaged><engaged>1</engaged>")),
            "k.gpx"))
        assert got.row.tolist() == [1, 3, 4] and got.engaged.tolist() == [1, 1, 1]
        assert got.broken.tolist() == [False, True, False]
        (told,) = got.findings
        assert told.code == "TRK-001" and not told.counted
        assert f"engaged is {first or 'blank'} and {last or 'blank'}" in told.text
    got = read_track(written(tmp_path, gpx(
        ("", "<depth_m>0.2</depth_m><depth_m>0.1</depth_m><speed_m_s>0.51</speed_m_s>"
         "<speed>0.5</speed>"), ("", "<heading>10</heading><heading_deg>90</heading_deg>"),
        ("", "<heading>10</heading><heading_deg>10.0</heading_deg>"),
        ("", "<depth_m>0.2</depth_m><depth_m></depth_m>")), "k.gpx"))
    assert got.row.tolist() == [1, 3, 4] and got.depth_m[0] == 0.1 and got.speed_m_s[0] == 0.51
    assert np.isnan(got.depth_m[2]) and "heading_deg is 10 and 90" in got.findings[0].text


def test_gpx_without_a_word_on_the_tool_says_nothing(tmp_path):
    got = read_track(written(tmp_path, gpx(("", "<hr>80</hr>"), ("", "")), "k.gpx"))
    assert got.engaged.tolist() == [-1, -1] and got.hdop is None and got.accuracy_m is None


@pytest.mark.parametrize("text", [
    '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx><trk><trkseg/></trk></gpx>', "<gpx>" + "<a>" * 5000])
def test_gpx_that_declares_entities_or_has_no_bottom_is_refused(tmp_path, text):
    with pytest.raises(LandReleaseError, match=r"FIL-01[12]"):
        read_track(written(tmp_path, text, "k.gpx"))


def test_gpx_is_read_to_its_last_whole_point(tmp_path):
    whole = gpx(("", ""), ("", ""), ("", ""))
    got = read_track(written(tmp_path, whole[:whole.index("06:00:03")], "k.gpx"))
    assert got.row.tolist() == [1, 2] and [f.first_row for f in got.findings] == [3]
    with pytest.raises(LandReleaseError, match="FIL-004"):
        read_track(written(tmp_path, whole[:120], "k.gpx"))


def test_a_csv_says_speed_error_dilution_and_kind_of_fix(tmp_path):
    got = read_track(written(tmp_path, (
        "time,x,y,pass,speed_m_s,accuracy_m,hdop,fix_kind\n0,0,0,1,0.5,0.02,0.9,fixed\n"
        "1,0,1,1,,,,\n2,0,2,1,-1,0.02,1,fixed\n3,0,3,1,1,0.02,1,good\n")), plane=True)
    assert got.row.tolist() == [1, 2] and got.fix.tolist() == [4, 0]
    assert got.speed_m_s[0] == 0.5 and np.isnan(got.speed_m_s[1])
    assert got.accuracy_m[0] == 0.02 and got.hdop[0] == 0.9
    assert [f.first_row for f in got.findings] == [3, 4]


def test_nmea_says_speed_dilution_and_error_of_the_fix_of_the_same_time(tmp_path):
    lines = []
    for k, (speed, error) in enumerate((("1.0", "0.02"), ("", ""))):
        at = f"12000{k}.00"
        lines += [sentence(f"GNRMC,{at},A,4530.0000,N,01015.0000,E,{speed},0,010526,,"),
                  sentence(f"GNGGA,{at},4530.0000,N,01015.0000,E,4,12,0.7,1,M,1,M,,")]
        if error:
            lines.append(sentence(f"GNGST,{at},0.03,0.02,0.01,45,0.01,{error},0.04"))
    got = read_track(written(tmp_path, "\r\n".join(lines) + "\r\n", "k.nmea"))
    assert got.hdop.tolist() == [0.7, 0.7]
    assert got.speed_m_s[0] == pytest.approx(0.514444, abs=1e-6) and np.isnan(got.speed_m_s[1])
    assert got.accuracy_m[0] == pytest.approx(1.51 * 0.02) and np.isnan(got.accuracy_m[1])


@pytest.mark.parametrize(("apart", "held"), [(1, True), (4, False)])
def test_nmea_errors_between_two_of_them_are_the_larger_one(tmp_path, apart, held):
    lines = []
    for k in range(2 * apart + 1):
        at = f"1200{k / 2:05.2f}"
        lines.append(sentence(f"GNGGA,{at},4530.0000,N,01015.0000,E,4,12,0.7,1,M,1,M,,"))
        if k % (2 * apart) == 0:
            lines.append(sentence(f"GNGST,{at},,,,,0.01,{0.02 + k / 100},0.04"))
    got = read_track(written(tmp_path, "\r\n".join(lines) + "\r\n", "k.nmea"))
    between = got.accuracy_m[1:-1]
    assert got.accuracy_m[0] == pytest.approx(1.51 * 0.02)
    assert np.isfinite(between).all() == held
    assert not held or between == pytest.approx(1.51 * 0.04)


# --- what follows from it ------------------------------------------------------------------------


def with_columns(made, **columns):
    return dataclasses.replace(made, **columns)


def test_safety_S05_a_speed_that_the_log_states_over_the_limit_does_not_count():
    made = track(*lanes())
    speed = np.full(len(made), 0.5)
    speed[30:34] = 2.0
    rules = dataclasses.replace(RULES, speed_m_s=1.5)
    assert prove(with_columns(made, speed_m_s=speed), rules=RULES).uncovered_most_m2 < 1e-6
    got = prove(with_columns(made, speed_m_s=speed), rules=rules)
    assert [f.count for f in got.findings] == [5] and codes(got) == ["TRK-004"]
    assert "2.0 m/s" in got.findings[0].text
    assert got.uncovered_most_m2 > 0.5 * 5 * 1.3 * 0.9 and got.uncovered_least_m2 < 1e-6


def test_safety_S05_more_dilution_than_asked_for_or_none_logged_does_not_count():
    made = track(*lanes())
    rules = dataclasses.replace(RULES, hdop=2.0)
    dilution = np.full(len(made), 1.0)
    assert prove(with_columns(made, hdop=dilution), rules=rules).uncovered_most_m2 < 1e-6
    dilution[40] = 5.0
    got = prove(with_columns(made, hdop=dilution), rules=rules)
    assert codes(got) == ["TRK-021"] and "dilution" in got.findings[0].text
    for none in (None, np.full(len(made), np.nan)):
        got = prove(with_columns(made, hdop=none), rules=rules)
        assert got.certain_m2 == 0 and got.best_m2 == pytest.approx(270)


# --- a signal of the autopilot -------------------------------------------------------------------


@pytest.mark.parametrize(("text", "on", "off", "unknown"), [
    ("servo:9>1500", 1900, 1100, 0), ("servo:9<1300", 1100, 1900, 65535),
    ("channel:7>1700", 1701, 1700, 0), ("relay:0=on", 1, 0, None), ("relay:2=off", 0, 1, None)])
def test_a_signal_says_when_the_tool_works(text, on, off, unknown):
    signal = tool_signal(text)
    assert [signal.engaged(v) for v in (on, off, unknown)] == [True, False, None]


@pytest.mark.parametrize("text", ["servo", "servo:9", "servo:0>1500", "servo:17>1500",
                                  "relay:16=on", "relay:1>1500", "channel:19>1500", "servo:9=on"])
def test_a_signal_that_is_none_says_what_to_write(text):
    with pytest.raises(LandReleaseError, match="COV-010"):
        tool_signal(text)


def test_the_extra_bytes_of_the_signals_follow_from_the_definitions():
    assert extra_byte("SERVO_OUTPUT_RAW", [
        ("uint32_t", "time_usec"), *(("uint16_t", f"servo{k}_raw") for k in range(1, 9)),
        ("uint8_t", "port")]) == mavlink.EXTRA[mavlink.SERVO_OUTPUT]
    assert extra_byte("RC_CHANNELS", [
        ("uint32_t", "time_boot_ms"), *(("uint16_t", f"chan{k}_raw") for k in range(1, 19)),
        ("uint8_t", "chancount"), ("uint8_t", "rssi")]) == mavlink.EXTRA[mavlink.RC_CHANNELS]
    assert extra_byte("RELAY_STATUS", [
        ("uint32_t", "time_boot_ms"), ("uint16_t", "on"), ("uint16_t", "present")]
    ) == mavlink.EXTRA[mavlink.RELAY_STATUS]


def outputs(pulse, port=0, number=9):
    pulses = [1500] * 16
    pulses[number - 1] = pulse
    return packet(36, struct.pack("<I8HB8H", 5, *pulses[:8], port, *pulses[8:]), extra=222)


def channels(pulse, number=7):
    pulses = [1500] * 18
    pulses[number - 1] = pulse
    return packet(65, struct.pack("<I18HBB", 5, *pulses, 18, 200), extra=118)


def relays(on, present=3):
    return packet(376, struct.pack("<IHH", 5, on, present), extra=199)


@pytest.mark.parametrize(("text", "on", "off", "other"), [
    ("servo:9>1500", outputs(1900), outputs(1100), outputs(1900, port=1)),
    ("channel:7>1700", channels(1900), channels(1100), outputs(1900)),
    ("relay:1=on", relays(2), relays(1), channels(1900))])
def test_a_mavlink_log_says_by_its_signal_when_the_tool_worked(tmp_path, text, on, off, other):
    steps = [other, on, None, off, on, None, "damage", on, "late"]
    log, now = record(1000.0, packet(24, receiver(1000.0, 45.5, 10.5))), 1000.0
    for k, step in enumerate(steps):
        now += 0.2 if step != "late" else 5.0
        if isinstance(step, bytes):
            log += record(now, step)
        elif step == "damage":
            log += b"\x07" * 11
        log += record(now, packet(24, receiver(now, 45.5, 10.5)))
        log += record(now, packet(33, position(5000 + 200 * k, 45.5, 10.5)))
    path = written(tmp_path, log, "k.tlog")
    assert read_track(path).engaged.tolist() == [-1] * 9
    got = read_track(path, signal=tool_signal(text))
    # On again at the fix 4, and off on the way to it; after damage and 5 s without a word: unknown.
    assert got.engaged.tolist() == [-2, 1, 1, 0, 0, 1, -2, 1, -2]


RELY = (20, "QBB", "TimeUS,Instance,State", "<QBB")
RELY_OLD = (20, "QB", "TimeUS,State", "<QB")
RCOU = (21, "Q" + "H" * 14, "TimeUS," + ",".join(f"C{k}" for k in range(1, 15)), "<Q14H")


def test_a_data_flash_log_says_by_its_signal_when_the_tool_worked(tmp_path):
    def out(second, pulse):
        return said(RCOU, round(second * 1e6), *[1500] * 8, pulse, *[1500] * 5)

    def relay(second, instance, state):
        return said(RELY, round(second * 1e6), instance, state)

    heads = HEADS + described("RCOU", *RCOU) + described("RELY", *RELY)
    log = heads + b"".join([
        gps(100.0, 45.5, 10.5), pos(100.1, 45.5, 10.5), out(100.2, 1900), relay(100.2, 1, 1),
        pos(100.3, 45.6, 10.5), relay(100.35, 0, 0), out(100.4, 1000), out(100.45, 1900),
        pos(100.5, 45.7, 10.5), gps(101.5, 45.8, 10.5), pos(103.0, 45.8, 10.5)])
    path = written(tmp_path, log, "k.bin")
    assert read_track(path).engaged.tolist() == [-1] * 4
    assert read_track(path, signal=tool_signal("servo:9>1500")).engaged.tolist() == [-2, 1, 0, -2]
    # A relay is written down when it changes: its state lasts.
    assert read_track(path, signal=tool_signal("relay:1=on")).engaged.tolist() == [-2, 1, 1, 1]
    assert read_track(path, signal=tool_signal("relay:1=off")).engaged.tolist() == [-2, 0, 0, 0]
    assert read_track(path, signal=tool_signal("channel:7>1500")).engaged.tolist() == [-2] * 4
    old = HEADS + described("RELY", *RELY_OLD) + gps(100.0, 45.5, 10.5) + said(
        RELY_OLD, 100_050_000, 0b10) + pos(100.1, 45.5, 10.5)
    fixes, _ = dataflash.positions(old, tool_signal("relay:1=on"))
    assert list(fixes.columns["engaged"]) == [1]


def test_a_data_flash_log_keeps_speed_and_dilution_of_its_receiver():
    fixes, _ = dataflash.positions(HEADS + said(
        GPS, 100_000_000, 0, 6, 216_018_000, 2190, 12, 80, 455_000_000, 105_000_000, 0, 0.5, 0, 0,
        0, 1) + pos(100.1, 45.5, 10.5))
    assert fixes.columns["hdop"][0] == pytest.approx(0.8)
    assert fixes.columns["speed_m_s"][0] == pytest.approx(0.5)


def test_a_signal_asked_of_another_format_is_refused(tmp_path):
    with pytest.raises(LandReleaseError, match="COV-010"):
        read_track(written(tmp_path, "time,x,y,pass\n0,0,0,1\n"), plane=True,
                   signal=tool_signal("relay:0=on"))


@settings(deadline=None, max_examples=200)
@given(events=st.lists(st.tuples(st.sampled_from(["on", "off", "none", "fix", "lost"]),
                                 st.floats(0.01, 1.5)), max_size=30))
def test_safety_S05_a_tool_counts_as_engaged_only_where_all_that_was_said_is_on(events):
    state, now, heard, words = ToolState(tool_signal("relay:0=on")), 0.0, None, []
    for what, passed in events:
        now += passed
        if what == "lost":
            state.lost()
            words.append("none")
        elif what == "fix":
            got = state.at(now)
            if got == 1:
                assert words and set(words) == {"on"} and now - heard <= 2.0
            elif got == 0:
                assert "off" in words
            words = [w for w in words[-1:] if w != "none"]  # a step from there is blank anyway
        else:
            state.hear(now, {"on": 1.0, "off": 0.0, "none": None}[what])
            heard = now
            words.append(what)


# --- said by hand --------------------------------------------------------------------------------


def test_times_by_hand_say_when_the_tool_worked():
    made = track(np.arange(10.0), np.zeros(10), np.arange(10.0))
    assert with_tool_times(made, (), ()) is made
    got = with_tool_times(made, [(2, 4), (6, 8)], ())
    assert got.engaged.tolist() == [0, 0, 1, 1, 1, 0, 1, 1, 1, 0]
    got = with_tool_times(made, (), [(2, 4)])
    assert got.engaged.tolist() == [1, 1, 0, 0, 0, 1, 1, 1, 1, 1]
    # Off between two fixes, and a log that says itself that the tool was off.
    assert with_tool_times(made, (), [(2.2, 2.8)]).engaged.tolist()[2:4] == [1, -2]
    assert with_tool_times(made, [(0, 2.2), (2.8, 9)], ()).engaged.tolist()[2:4] == [1, -2]
    told = track(np.arange(3.0), np.zeros(3), np.arange(3.0), engaged=[1, 0, -2])
    assert with_tool_times(told, [(0, 9)], ()).engaged.tolist() == [1, 0, 1]


@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_safety_S05_what_is_certain_lies_in_the_times_said_by_hand(data):
    """Against the ground of steps that lie whole in a time; at best holds it too."""
    t, x, y, p = lanes(count=3)
    edges = sorted(data.draw(st.lists(st.floats(0, float(t[-1])), min_size=2, max_size=6,
                                      unique=True)))
    times = list(zip(edges[::2], edges[1::2], strict=False))
    inside = [any(a <= t[k - 1] and t[k] <= b for a, b in times) and p[k] == p[k - 1]
              for k in range(1, len(t))]
    got = prove(with_tool_times(track(t, x, y, p), times, ()), tool=tool(1.4))
    length = sum(min(30, max(y[k], y[k + 1])) - max(0, min(y[k], y[k + 1]))
                 for k, good in enumerate(inside) if good and 0 < y[k] + y[k + 1] < 60)
    assert got.certain_m2 <= 1.4 * length + 1e-6
    assert got.best_m2 >= got.certain_m2 - 1e-9
    off = prove(with_tool_times(track(t, x, y, p), (), times), tool=tool(1.4))
    whole = prove(track(t, x, y, p), tool=tool(1.4))
    assert off.certain_m2 + got.certain_m2 <= whole.certain_m2 + 1e-6


@pytest.mark.parametrize("text", ["", "10", "20/10", "10/10", "a/b", "1/2/3", "inf/nan",
                                  "2027-05-02T07:00:00Z/2027-05-02T06:00:00Z"])
def test_times_that_are_none_say_what_to_write(text):
    with pytest.raises(LandReleaseError, match=r"COV-010.*--tool-on"):
        operate.tool_times([text], "--tool-on")


def test_times_as_moments_or_seconds():
    assert operate.tool_times(["0/10.5"], "--tool-on") == ((0, 10.5),)
    (got,) = operate.tool_times(["2027-05-02T06:10:00Z/2027-05-02T09:00:00+02:00"], "--tool-on")
    assert got == (seconds_of("2027-05-02T06:10:00Z"), seconds_of("2027-05-02T07:00:00Z"))


def test_times_of_the_machine_never_fall_on_the_hand(tmp_path):
    t, x, y, p = lanes()
    longitude, latitude = degrees(x, y)
    files = []
    for name, by in (("m", "machine"), ("h", "manual")):
        path = tmp_path / f"{name}.csv"
        path.write_text("time,latitude,longitude,pass\n" + "".join(
            f"{a * (1 + (by == 'manual'))},{c:.9f},{b:.9f},{d}\n"
            for a, b, c, d in zip(t, longitude, latitude, p, strict=True)))
        files.append(operate.TrackFile(path, by, 1.7, 0.0,
                                       operate.TrackLimits() if by == "manual" else None))
    got = operate.prove_on(GROUND, files, operate.ProofOptions(0.95, tool_on=((0, 100),)), STATED)
    machine, manual = got.proof.by_kind
    assert 0 < machine.certain_m2 < 0.4 * TASK.area
    assert manual.certain_m2 == pytest.approx(TASK.area, abs=0.01)
    assert "TRK-023" not in {n["code"] for n in got.result["notes"]}
