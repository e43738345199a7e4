"""MAVLink telemetry logs (.tlog): positions of GLOBAL_POSITION_INT (33) or GPS_RAW_INT (24).

A log is a row of records: eight bytes of time (microseconds since 1970, big-endian), then one
packet of MAVLink 1 (0xFE) or 2 (0xFD). Each packet that is used has a right checksum
(CRC-16/MCRF4XX over header, payload and the extra byte of its message). Other messages are passed
over; a signature is skipped, not verified. Written from the public protocol description.
Data-flash logs (.bin) stand in `dataflash`.
"""

from __future__ import annotations

import math
import struct
from typing import Any

from landrelease.core.track import DIFFERENTIAL, FIXED, FLOAT, SINGLE

# Message id -> name, extra byte of the checksum, layout, length.
GLOBAL_POSITION, GPS_RAW = 33, 24
_EXTRA = {GLOBAL_POSITION: 104, GPS_RAW: 24}
_LENGTH = {GLOBAL_POSITION: 28, GPS_RAW: 30}
_ACCURACY_AT = 34  # of h_acc in GPS_RAW_INT, in mm; an extension of MAVLink 2
_NAME = {GLOBAL_POSITION: "GLOBAL_POSITION_INT", GPS_RAW: "GPS_RAW_INT"}
# GPS_FIX_TYPE; below 3 it is no fix in space. 7 is typed in, 8 a precise point position.
FIX_TYPE = {3: SINGLE, 4: DIFFERENTIAL, 5: FLOAT, 6: FIXED, 8: DIFFERENTIAL}
FIX_LASTS_S = 2.0  # a receiver that says nothing for longer has no fix any more


def positions(content: bytes) -> tuple[list[tuple[Any, ...]], list[tuple[int, str, str]]]:
    """(record, time, longitude, latitude, heading, pass, kind, accuracy) of each fix, and
    (record, field, found).

    Where the filter's position is there, GPS_RAW_INT gives only the kind of fix: the filter goes on
    by its own motion when the receiver has none, so its positions count only while GPS_RAW_INT had
    a fix in the last two seconds of the log. The time is that of the first record plus the
    vehicle's own clock, which does not depend on the radio's delay.
    """
    filtered: list[tuple[Any, ...]] = []
    raw: list[tuple[Any, ...]] = []
    problems: list[tuple[int, str, str]] = []
    at = number = kind = 0
    last_fix = accuracy = math.nan
    with_filter = False
    offset = {GLOBAL_POSITION: math.nan, GPS_RAW: math.nan}
    while at + 8 < len(content):
        stamp = struct.unpack_from(">Q", content, at)[0] / 1e6
        packet = _packet(content, at + 8)
        number += 1
        if packet is None:  # lost the thread: look for the next record that holds
            following = _next(content, at + 1)
            if following < 0:
                problems.append((number, "record", f"cut off or damaged at byte {at}"))
                break
            problems.append((number, "record", f"{following - at} bytes damaged at byte {at}"))
            at = following
            continue
        message, payload, end, right = packet
        at = end
        if message not in _EXTRA:
            continue
        if not right:
            problems.append((number, "checksum", _NAME[message]))
            continue
        whole = payload
        payload = payload[:_LENGTH[message]].ljust(_LENGTH[message], b"\0")
        if message == GLOBAL_POSITION:
            boot, lat, lon = struct.unpack_from("<Iii", payload)
            clock, heading = boot / 1e3, struct.unpack_from("<H", payload, 26)[0]
            with_filter = True
            if math.isnan(offset[message]):
                offset[message] = stamp - clock
            if not abs(stamp - last_fix) <= FIX_LASTS_S:  # nan: none yet
                problems.append((number, _NAME[message], "no fix of the receiver"))
                continue
            filtered.append((number, offset[message] + clock, lon / 1e7, lat / 1e7,
                             heading / 100 if heading != 65_535 else math.nan, "1", kind,
                             accuracy))
        else:
            micro, lat, lon = struct.unpack_from("<Qii", payload)
            if payload[28] not in FIX_TYPE:
                problems.append((number, "fix_type", str(payload[28])))
                last_fix = math.nan
                continue
            last_fix, kind = stamp, FIX_TYPE[payload[28]]
            figure = int.from_bytes(whole[_ACCURACY_AT:_ACCURACY_AT + 4], "little")
            accuracy = figure / 1e3 if figure else math.nan  # 0: not stated
            clock = micro / 1e6
            if math.isnan(offset[message]):
                offset[message] = stamp - clock
            raw.append((number, offset[message] + clock, lon / 1e7, lat / 1e7, math.nan, "1", kind,
                        accuracy))
    return filtered if with_filter else raw, problems


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
    if message not in _EXTRA:
        return message, payload, end, True
    crc = checksum(content[at + 1:at + head + length] + bytes([_EXTRA[message]]))
    sent = int.from_bytes(content[at + head + length:at + head + length + 2], "little")
    return message, payload, end, crc == sent


def _next(content: bytes, at: int) -> int:
    """The next byte at which a record of one of our messages holds, or the end."""
    while at + 16 < len(content):
        if content[at + 8] in (0xFE, 0xFD):
            packet = _packet(content, at + 8)
            if packet is not None and packet[0] in _EXTRA and packet[3]:
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
