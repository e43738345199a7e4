"""Data-flash logs of MAVLink autopilots (.bin): positions of POS, else of GPS.

The log describes itself: a row of messages, each of two bytes 0xA3 0x95, a number and the values.
Messages of the number 128 (FMT) name the others: number, length, name, a letter for the type of
each value, and the labels. POS is the position that the autopilot steers by; it goes on for a while
without a receiver, so it counts only while GPS has a fix. Messages carry no checksum: one counts
where another one or the end of the log follows it; values that were changed show only as a leap.
With a signal of the tool (`tool_signal`) also RCOU and RCO2 (outputs), RCIN and RCI2 (channels) or
RELY (relays; written when one changes, so that its state lasts until the next).
Written from the public description of the format.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass

from landrelease.records.fix_table import FixTable, Problem
from landrelease.records.mavlink import FIX_LASTS_S, FIX_TYPE
from landrelease.records.tool_signal import SIGNAL_LASTS_S, ToolSignal, ToolState

HEAD = b"\xa3\x95"
FMT, FMT_LENGTH = 128, 89
GPS_EPOCH_S = 315_964_800  # 1980-01-06 in seconds since 1970
WEEK_S = 604_800
# Seconds by which GPS time is ahead of UTC, and the GPS second from which on (IERS Bulletin C).
LEAP_SECONDS = ((1_167_264_017, 18), (1_119_744_016, 17), (1_025_136_015, 16), (0, 15))
# Letter -> layout and factor. Letters that are not here make a message unreadable.
TYPES: dict[str, tuple[str, float]] = {
    "a": ("64s", 1), "b": ("b", 1), "B": ("B", 1), "h": ("h", 1), "H": ("H", 1), "i": ("i", 1),
    "I": ("I", 1), "f": ("f", 1), "d": ("d", 1), "n": ("4s", 1), "N": ("16s", 1), "Z": ("64s", 1),
    "c": ("h", 0.01), "C": ("H", 0.01), "e": ("i", 0.01), "E": ("I", 0.01), "L": ("i", 1e-7),
    "M": ("B", 1), "q": ("q", 1), "Q": ("Q", 1), "g": ("e", 1)}
USED = {"POS": ("TimeUS", "Lat", "Lng"), "GPS": ("TimeUS", "Status", "Lat", "Lng"),
        "ATT": ("TimeUS", "Yaw")}
SIGNALS = {"servo": ("RCOU", "RCO2"), "channel": ("RCIN", "RCI2"), "relay": ("RELY",)}


@dataclass(frozen=True, slots=True)
class _Layout:
    name: str
    length: int  # with the three bytes of the head
    unpack: struct.Struct | None  # None: not one of those that are used
    at: dict[str, tuple[int, float]]  # label -> index and factor


def positions(content: bytes, signal: ToolSignal | None = None
              ) -> tuple[FixTable, list[Problem]]:
    """The fixes by message, and (message, field, found) of what cannot be used.

    Time is UTC: the vehicle's own clock, set once by the first GPS message with a fix. Heading is
    the last yaw of the autopilot.
    """
    layouts: dict[int, _Layout] = {FMT: _Layout("FMT", FMT_LENGTH, None, {})}
    steered, raw = FixTable(), FixTable()
    problems: list[Problem] = []
    offset = yaw = last_fix = hdop = speed = math.nan
    spoken = SIGNALS[signal.source] if signal else ()
    used = USED | {name: ("TimeUS", "State") if name == "RELY" else ("TimeUS",)
                   for name in spoken}
    tool = ToolState(signal, math.inf if spoken == ("RELY",) else SIGNAL_LASTS_S)
    at = number = kind = 0
    with_filter = False
    while at < len(content):
        layout = _whole(content, at, layouts)
        number += 1
        if layout is None:
            tool.lost()
            following = _next(content, at + 1, layouts)
            words = "cut off" if following < 0 else f"{following - at} bytes damaged"
            problems.append((number, "message", f"{words} at byte {at}"))
            if following < 0:
                break
            at = following
            continue
        body = content[at + 3:at + layout.length]
        at += layout.length
        if layout.name == "FMT":
            code, made, problem = _described(body, used)
            if problem:
                problems.append((number, "FMT", problem))
            else:
                layouts[code] = made
            continue
        if layout.unpack is None:
            continue
        values = layout.unpack.unpack(body)
        clock = values[layout.at["TimeUS"][0]] / 1e6
        if layout.name == "ATT":
            yaw = _value(layout, values, "Yaw") % 360
            continue
        if layout.name not in ("POS", "GPS"):
            assert signal is not None
            known, value = _signal(layout, values, signal)
            if known:
                tool.hear(clock, value)
            continue
        x, y = _value(layout, values, "Lng"), _value(layout, values, "Lat")
        if not (abs(x) <= 180 and abs(y) <= 90):
            problems.append((number, layout.name, f"{y:g}, {x:g}"))
            continue
        if layout.name == "GPS":
            if "I" in layout.at and _value(layout, values, "I") != 0:
                continue  # a second receiver, at another place of the machine
            if _value(layout, values, "Status") not in FIX_TYPE:
                problems.append((number, "Status", f"{_value(layout, values, 'Status'):g}"))
                last_fix = math.nan
                continue
            last_fix, kind = clock, FIX_TYPE[int(_value(layout, values, "Status"))]
            if math.isnan(offset):
                offset = _utc(layout, values) - clock
            hdop, speed = (_value(layout, values, n) if n in layout.at else math.nan
                           for n in ("HDop", "Spd"))
            raw.add(number, offset + clock, x, y, heading_deg=yaw, fix=kind, hdop=hdop,
                    speed_m_s=speed, engaged=-1 if with_filter else tool.at(clock))
            continue
        with_filter = True
        if not clock - last_fix <= FIX_LASTS_S:  # nan: none yet
            problems.append((number, "POS", "no fix of the receiver"))
        else:
            steered.add(number, offset + clock, x, y, heading_deg=yaw, fix=kind, hdop=hdop,
                        speed_m_s=speed, engaged=tool.at(clock))
    return steered if with_filter else raw, problems


def _signal(layout: _Layout, values: tuple, signal: ToolSignal) -> tuple[bool, float | None]:
    """Whether a message speaks of an output, channel or relay, and what it says: µs, or 1 or 0."""
    if signal.source != "relay":
        label = f"C{signal.number}"
        return (True, _value(layout, values, label)) if label in layout.at else (False, None)
    state = int(_value(layout, values, "State"))
    if "Instance" not in layout.at:  # a bit for each relay
        return True, float(state >> signal.number & 1)
    if _value(layout, values, "Instance") != signal.number:
        return False, None
    return True, float(state != 0)


def _value(layout: _Layout, values: tuple, label: str) -> float:
    index, factor = layout.at[label]
    return float(values[index] * factor)


def _described(body: bytes, used: Mapping[str, tuple[str, ...]]) -> tuple[int, _Layout, str]:
    """What an FMT message says: number of the message, its layout, and what is wrong with it."""
    code, length = body[0], body[1]
    name, letters, labels = (
        part.split(b"\0", 1)[0].decode("ascii", "replace") for part in (
            body[2:6], body[6:22], body[22:86]))
    names = labels.split(",") if labels else []
    unpack = None
    at: dict[str, tuple[int, float]] = {}
    if length < 3:
        return code, _Layout(name, 3, None, {}), f"{name} has a length of {length}"
    if code == FMT and length != FMT_LENGTH:
        return code, _Layout(name, FMT_LENGTH, None, {}), f"FMT has a length of {length}"
    if name in used:
        if len(names) != len(letters) or not set(letters) <= set(TYPES):
            return code, _Layout(name, length, None, {}), f"{name} has the types {letters!r}"
        unpack = struct.Struct("<" + "".join(TYPES[c][0] for c in letters))
        at = {n: (k, TYPES[c][1]) for k, (n, c) in enumerate(zip(names, letters, strict=True))}
        missing = [n for n in used[name] if n not in at]
        if unpack.size != length - 3 or missing:
            words = f"no {missing[0]}" if missing else f"{unpack.size + 3} bytes, not {length}"
            return code, _Layout(name, length, None, {}), f"{name} has {words}"
    return code, _Layout(name, length, unpack, at), ""


def _utc(layout: _Layout, values: tuple) -> float:
    """Seconds since 1970 of a GPS message; where it has no week, the vehicle's own clock."""
    if not {"GWk", "GMS"} <= set(layout.at) or not _value(layout, values, "GWk"):
        return _value(layout, values, "TimeUS") / 1e6
    gps = _value(layout, values, "GWk") * WEEK_S + _value(layout, values, "GMS") / 1e3
    return GPS_EPOCH_S + gps - next(s for since, s in LEAP_SECONDS if gps >= since)


def _whole(content: bytes, at: int, layouts: dict[int, _Layout]) -> _Layout | None:
    """The layout of the message that stands here, where another one or the end follows it: of a
    message that lost or gained bytes the values are not what they seem.
    """
    if not content.startswith(HEAD, at) or at + 2 >= len(content):
        return None
    layout = layouts.get(content[at + 2])
    if layout is None:
        return None
    end = at + layout.length
    return layout if end == len(content) or content.startswith(HEAD, end) else None


def _next(content: bytes, at: int, layouts: dict[int, _Layout]) -> int:
    """The next byte at which a whole message stands, or -1."""
    while (at := content.find(HEAD, at)) >= 0:
        if _whole(content, at, layouts) is not None:
            return at
        at += 1
    return -1
