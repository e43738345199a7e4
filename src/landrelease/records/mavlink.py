"""MAVLink telemetry logs (.tlog): positions of GLOBAL_POSITION_INT (33) or GPS_RAW_INT (24).

With a signal of the tool (`tool_signal`) also SERVO_OUTPUT_RAW (36, port 0), RC_CHANNELS (65) or
RELAY_STATUS (376).

A log is a row of records: eight bytes of time (microseconds since 1970, big-endian), then one
packet of MAVLink 1 (0xFE) or 2 (0xFD). Each packet that is used has a right checksum
(CRC-16/MCRF4XX over header, payload and the extra byte of its message). Other messages are passed
over; a signature is skipped, not verified. Written from the public protocol description.
Data-flash logs (.bin) stand in `dataflash`.
"""

from __future__ import annotations

import math
import struct

from landrelease.core.track import DIFFERENTIAL, FIXED, FLOAT, SINGLE
from landrelease.records.fix_table import FixTable, Problem
from landrelease.records.tool_signal import ToolSignal, ToolState

# Message id -> name, extra byte of the checksum, layout, length.
GLOBAL_POSITION, GPS_RAW, SERVO_OUTPUT, RC_CHANNELS, RELAY_STATUS = 33, 24, 36, 65, 376
EXTRA = {GLOBAL_POSITION: 104, GPS_RAW: 24, SERVO_OUTPUT: 222, RC_CHANNELS: 118, RELAY_STATUS: 199}
_LENGTH = {GLOBAL_POSITION: 28, GPS_RAW: 30, SERVO_OUTPUT: 37, RC_CHANNELS: 42, RELAY_STATUS: 8}
_ACCURACY_AT = 34  # of h_acc in GPS_RAW_INT, in mm; an extension of MAVLink 2
_NAME = {GLOBAL_POSITION: "GLOBAL_POSITION_INT", GPS_RAW: "GPS_RAW_INT",
         SERVO_OUTPUT: "SERVO_OUTPUT_RAW", RC_CHANNELS: "RC_CHANNELS",
         RELAY_STATUS: "RELAY_STATUS"}
_SIGNALS = {"servo": SERVO_OUTPUT, "channel": RC_CHANNELS, "relay": RELAY_STATUS}
# GPS_FIX_TYPE; below 3 it is no fix in space. 7 is typed in, 8 a precise point position.
FIX_TYPE = {3: SINGLE, 4: DIFFERENTIAL, 5: FLOAT, 6: FIXED, 8: DIFFERENTIAL}
FIX_LASTS_S = 2.0  # a receiver that says nothing for longer has no fix any more


def positions(content: bytes, signal: ToolSignal | None = None
              ) -> tuple[FixTable, list[Problem]]:
    """The fixes by record, and (record, field, found) of what cannot be used.

    Where the filter's position is there, GPS_RAW_INT gives only the kind of fix: the filter goes on
    by its own motion when the receiver has none, so its positions count only while GPS_RAW_INT had
    a fix in the last two seconds of the log. The time is that of the first record plus the
    vehicle's own clock, which does not depend on the radio's delay.
    """
    filtered, raw = FixTable(), FixTable()
    problems: list[Problem] = []
    at = number = kind = 0
    last_fix = accuracy = hdop = math.nan
    with_filter = False
    offset = {GLOBAL_POSITION: math.nan, GPS_RAW: math.nan}
    tool = ToolState(signal)
    wanted = {GLOBAL_POSITION, GPS_RAW} | ({_SIGNALS[signal.source]} if signal else set())
    while at + 8 < len(content):
        stamp = struct.unpack_from(">Q", content, at)[0] / 1e6
        packet = _packet(content, at + 8)
        number += 1
        if packet is None:  # lost the thread: look for the next record that holds
            tool.lost()
            following = _next(content, at + 1)
            if following < 0:
                problems.append((number, "record", f"cut off or damaged at byte {at}"))
                break
            problems.append((number, "record", f"{following - at} bytes damaged at byte {at}"))
            at = following
            continue
        message, payload, end, right = packet
        at = end
        if message not in wanted:
            continue
        if not right:
            problems.append((number, "checksum", _NAME[message]))
            if signal and message == _SIGNALS[signal.source]:
                tool.lost()
            continue
        whole = payload
        payload = payload[:_LENGTH[message]].ljust(_LENGTH[message], b"\0")
        if message == GLOBAL_POSITION:
            boot, lat, lon = struct.unpack_from("<Iii", payload)
            north, east = struct.unpack_from("<hh", payload, 20)
            clock, heading = boot / 1e3, struct.unpack_from("<H", payload, 26)[0]
            with_filter = True
            if math.isnan(offset[message]):
                offset[message] = stamp - clock
            if not abs(stamp - last_fix) <= FIX_LASTS_S:  # nan: none yet
                problems.append((number, _NAME[message], "no fix of the receiver"))
                continue
            filtered.add(number, offset[message] + clock, lon / 1e7, lat / 1e7, fix=kind,
                         heading_deg=heading / 100 if heading != 65_535 else math.nan,
                         accuracy_m=accuracy, hdop=hdop, engaged=tool.at(stamp),
                         speed_m_s=math.hypot(north, east) / 100)
        elif message == GPS_RAW:
            micro, lat, lon = struct.unpack_from("<Qii", payload)
            if payload[28] not in FIX_TYPE:
                problems.append((number, "fix_type", str(payload[28])))
                last_fix = math.nan
                continue
            last_fix, kind = stamp, FIX_TYPE[payload[28]]
            figure = int.from_bytes(whole[_ACCURACY_AT:_ACCURACY_AT + 4], "little")
            accuracy = figure / 1e3 if figure else math.nan  # 0: not stated
            dilution, speed = (math.nan if v == 65_535 else v / 100 for v in (
                *struct.unpack_from("<H", payload, 20), *struct.unpack_from("<H", payload, 24)))
            hdop = dilution
            clock = micro / 1e6
            if math.isnan(offset[message]):
                offset[message] = stamp - clock
            raw.add(number, offset[message] + clock, lon / 1e7, lat / 1e7, fix=kind,
                    accuracy_m=accuracy, hdop=hdop, speed_m_s=speed,
                    # Where the filter writes too, it is that one which is asked.
                    engaged=-1 if with_filter else tool.at(stamp))
        else:
            assert signal is not None
            known, value = _signal(message, payload, signal.number)
            if known:
                tool.hear(stamp, value)
    return filtered if with_filter else raw, problems


def _signal(message: int, payload: bytes, number: int) -> tuple[bool, float | None]:
    """Whether a message speaks of an output, channel or relay, and what it says: µs, or 1 or 0."""
    if message == RELAY_STATUS:
        on, present = struct.unpack_from("<HH", payload, 4)
        there = present >> number & 1
        return True, float(on >> number & 1) if there else None
    if message == RC_CHANNELS:
        return True, float(struct.unpack_from("<H", payload, 4 + 2 * (number - 1))[0])
    if payload[20] != 0:
        return False, None  # another port
    place = 4 + 2 * (number - 1) if number <= 8 else 21 + 2 * (number - 9)
    return True, float(struct.unpack_from("<H", payload, place)[0])


def _packet(content: bytes, at: int) -> tuple[int, bytes, int, bool] | None:
    """Message, payload, end and whether the checksum is right; None where no whole packet is."""
    if at + 8 > len(content):
        return None
    length = content[at + 1]
    if content[at] == 0xFE:
        head, message, signature = 6, content[at + 5], 0
    elif content[at] == 0xFD:
        if at + 12 > len(content):
            return None
        head, message = 10, int.from_bytes(content[at + 7:at + 10], "little")
        signature = 13 if content[at + 2] & 1 else 0
    else:
        return None
    end = at + head + length + 2 + signature
    if end > len(content):
        return None
    payload = content[at + head:at + head + length]
    if message not in EXTRA:
        return message, payload, end, True
    crc = checksum(content[at + 1:at + head + length] + bytes([EXTRA[message]]))
    sent = int.from_bytes(content[at + head + length:at + head + length + 2], "little")
    return message, payload, end, crc == sent


def _next(content: bytes, at: int) -> int:
    """The next byte at which a record of one of our messages holds, or the end."""
    while at + 16 < len(content):
        if content[at + 8] in (0xFE, 0xFD):
            packet = _packet(content, at + 8)
            if packet is not None and packet[0] in EXTRA and packet[3]:
                return at
        at += 1
    return -1


def checksum(data: bytes) -> int:
    """CRC-16/MCRF4XX, which MAVLink calls X.25."""
    crc = 0xFFFF
    for byte in data:
        low = (byte ^ crc) & 0xFF
        low ^= (low << 4) & 0xFF
        crc = (crc >> 8) ^ (low << 8) ^ (low << 3) ^ (low >> 4)
    return crc & 0xFFFF
