"""NMEA 0183: positions of the sentences RMC and GGA, of any talker, each with a right checksum.

Written from the public description of the sentences. The date comes from RMC; where a log has
GGA too, the position is that of GGA, with its dilution of precision. A log without RMC has times of
the day only: seconds since the first midnight. The speed is that of RMC, the receiver's own figure
for its error that of GST; both belong to the fix of the same time of day. Where DTM says another
datum than WGS 84, positions are none.
"""

from __future__ import annotations

import bisect
import io
import math
import re
from datetime import UTC, datetime

from landrelease.core.track import CIRCLE, DIFFERENTIAL, FIXED, FLOAT, SINGLE
from landrelease.records.fix_table import FixTable, Problem

# Quality of GGA and mode of RMC that are positions of a receiver; what is estimated by dead
# reckoning (6, E), typed in (7, M) or simulated (8, S) is none.
QUALITY = {"1": SINGLE, "2": DIFFERENTIAL, "3": SINGLE, "4": FIXED, "5": FLOAT,
           "9": DIFFERENTIAL}
MODE = {"A": SINGLE, "P": SINGLE, "D": DIFFERENTIAL, "F": FLOAT, "R": FIXED, "": 0}
WGS_84 = "W84"  # of DTM; without such a sentence receivers write WGS 84
_DATUM = re.compile(rb"^\$[A-Z]{2}DTM,([^,*\r\n]*)[^\r\n]*", re.M)
DAY_S = 86_400.0
KNOT_M_S = 1852 / 3600
HELD_S = 2.0  # between two figures for the error that hold for the fixes between them


def positions(content: bytes) -> tuple[FixTable, list[Problem]]:
    """The fixes by line, and (line, field, found) of what cannot be used.

    A log with GGA never falls back to RMC: that GGA has no fix says more than a status of RMC,
    which in older logs does not tell a receiver from dead reckoning.
    The course of RMC is the way over the ground, not where the tool points; it is left out.
    """
    recommended, fixed = FixTable(), FixTable()
    problems: list[Problem] = []
    day = math.nan
    midnights, last = 0.0, -math.inf
    with_gga = False
    speeds: dict[float, float] = {}  # by the time of day
    errors: dict[float, float] = {}
    datum = _first_datum(content)
    for number, raw in enumerate(io.BytesIO(content), start=1):
        line = raw.strip()
        if not line.startswith(b"$") or line[3:6] not in (b"RMC", b"GGA", b"GST", b"DTM"):
            if line and not line.startswith((b"$", b"!")):
                problems.append((number, "sentence", repr(line[:40])))
            continue
        if not checksum_holds(line):
            problems.append((number, "checksum", line[-24:].decode("ascii", "replace")))
            continue
        part = line.split(b"*")[0].decode("ascii", "replace").split(",")
        kind = part[0][3:]
        if kind == "DTM":
            datum = part[1].strip().upper() if len(part) > 1 else ""
            continue
        if datum != WGS_84 and kind != "GST":  # metres off, or a hundred (S04)
            with_gga |= kind == "GGA"
            problems.append((number, "datum", datum or "empty"))
            continue
        try:
            clock = _clock(part[1])
            if kind == "RMC":
                if part[2] != "A":
                    problems.append((number, "status", part[2] or "empty"))
                    continue
                day = _day(part[9])
                mode = part[12] if len(part) > 12 else ""
                if mode not in MODE:
                    problems.append((number, "mode", mode))
                    continue
                latitude, longitude = _angle(part[3], part[4]), _angle(part[5], part[6])
                speed = _number(part[7]) * KNOT_M_S
                speeds[round(clock, 3)] = max(speed, speeds.get(round(clock, 3), 0.0))
                recommended.add(number, day + clock, longitude, latitude, fix=MODE[mode],
                                speed_m_s=speed)
            elif kind == "GST":
                # Of both axes the larger one; as the radius that receivers state elsewhere.
                error = CIRCLE * max(_number(part[6]), _number(part[7]))
                errors[round(clock, 3)] = max(error, errors.get(round(clock, 3), 0.0))
            else:
                with_gga = True
                if part[6] not in QUALITY:
                    problems.append((number, "quality", part[6] or "empty"))
                    continue
                latitude, longitude = _angle(part[2], part[3]), _angle(part[4], part[5])
                if math.isnan(day):
                    if clock < last - DAY_S / 2:
                        midnights += DAY_S
                    last = clock
                    moment = midnights + clock
                else:  # the sentence stands nearest to its own midnight
                    moment = day + clock
                    if len(recommended):
                        off = moment - recommended[-1][1]
                        moment -= DAY_S * round(off / DAY_S)
                fixed.add(number, moment, longitude, latitude, fix=QUALITY[part[6]],
                          hdop=_number(part[8] if len(part) > 8 else ""))
        except (ValueError, IndexError):
            problems.append((number, kind, line[:60].decode("ascii", "replace")))
    if len(fixed) and len(recommended) and fixed[0][1] < DAY_S:  # GGA before the first RMC
        shift = recommended[0][1] - recommended[0][1] % DAY_S
        times = fixed.columns["time_s"]
        for k, t in enumerate(times):
            if t < DAY_S:
                times[k] = t + shift
    found = fixed if with_gga else recommended
    for name, told in (("speed_m_s", speeds), ("accuracy_m", errors)):
        for k, t in enumerate(found.columns["time_s"] if told else ()):
            # Times of day are written with at most milliseconds.
            found.columns[name][k] = told.get(round(t % DAY_S, 3), math.nan)
    _errors_between(found, errors)
    return found, problems


def _first_datum(content: bytes) -> str:
    """The datum of the positions before the first sentence that names one: the same."""
    for found in _DATUM.finditer(content):
        if checksum_holds(found.group().strip()):
            return found.group(1).decode("ascii", "replace").strip().upper()
    return WGS_84


def _errors_between(found: FixTable, errors: dict[float, float]) -> None:
    """Receivers write GST less often than fixes: between two of them, close in time, holds the
    larger error of both."""
    times, column = sorted(errors), found.columns["accuracy_m"]
    for k, t in enumerate(found.columns["time_s"] if times else ()):
        at = bisect.bisect(times, t % DAY_S)
        if math.isnan(column[k]) and 0 < at < len(times) and (
                times[at] - times[at - 1] <= HELD_S):
            column[k] = max(errors[times[at - 1]], errors[times[at]])


def _number(text: str) -> float:
    """nan where the field is empty. ValueError: it is no number."""
    return float(text) if text else math.nan


def checksum_holds(line: bytes) -> bool:
    """The two hex digits after * are the exclusive or of all bytes between $ and *."""
    body, star, digits = line[1:].partition(b"*")
    if not star or len(digits.strip()) != 2:
        return False
    value = 0
    for byte in body:
        value ^= byte
    try:
        return value == int(digits, 16)
    except ValueError:
        return False


def _clock(text: str) -> float:
    seconds = 3600 * int(text[0:2]) + 60 * int(text[2:4]) + float(text[4:])
    if not 0 <= seconds < DAY_S + 1:
        raise ValueError(text)
    return seconds


def _day(text: str) -> float:
    day, month, year = int(text[0:2]), int(text[2:4]), int(text[4:6])
    return datetime(2000 + year if year < 80 else 1900 + year, month, day, tzinfo=UTC).timestamp()


def _angle(text: str, side: str) -> float:
    """Degrees of ddmm.mmmm or dddmm.mmmm."""
    point = text.index(".") if "." in text else len(text)
    value = int(text[:point - 2] or "0") + float(text[point - 2:]) / 60
    if side not in ("N", "S", "E", "W") or value > (90 if side in "NS" else 180):
        raise ValueError(text)
    return -value if side in "SW" else value
