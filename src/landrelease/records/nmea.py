"""NMEA 0183: positions of the sentences RMC and GGA, of any talker, each with a right checksum.

Written from the public description of the two sentences. The date comes from RMC; where a log has
GGA too, the position is that of GGA. A log without RMC has times of the day only: seconds since
the first midnight.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from landrelease.core.track import DIFFERENTIAL, FIXED, FLOAT, SINGLE

# Quality of GGA and mode of RMC that are positions of a receiver; what is estimated by dead
# reckoning (6, E), typed in (7, M) or simulated (8, S) is none.
QUALITY = {"1": SINGLE, "2": DIFFERENTIAL, "3": SINGLE, "4": FIXED, "5": FLOAT,
           "9": DIFFERENTIAL}
MODE = {"A": SINGLE, "P": SINGLE, "D": DIFFERENTIAL, "F": FLOAT, "R": FIXED, "": 0}
DAY_S = 86_400.0


def positions(content: bytes) -> tuple[list[tuple[Any, ...]], list[tuple[int, str, str]]]:
    """(line, time, longitude, latitude, nan, pass, kind, nan) of each fix; (line, field, found).

    A log with GGA never falls back to RMC: that GGA has no fix says more than a status of RMC,
    which in older logs does not tell a receiver from dead reckoning.
    The course of RMC is the way over the ground, not where the tool points; it is left out.
    """
    recommended: list[tuple[Any, ...]] = []
    fixed: list[tuple[Any, ...]] = []
    problems: list[tuple[int, str, str]] = []
    day = math.nan
    midnights, last = 0.0, -math.inf
    with_gga = False
    for number, raw in enumerate(content.split(b"\n"), start=1):
        line = raw.strip()
        if not line.startswith(b"$") or line[3:6] not in (b"RMC", b"GGA"):
            if line and not line.startswith((b"$", b"!")):
                problems.append((number, "sentence", repr(line[:40])))
            continue
        if not checksum_holds(line):
            problems.append((number, "checksum", line[-24:].decode("ascii", "replace")))
            continue
        part = line.split(b"*")[0].decode("ascii", "replace").split(",")
        kind = part[0][3:]
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
                recommended.append((number, day + clock, longitude, latitude, math.nan, "1",
                                    MODE[mode], math.nan))
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
                    if recommended:
                        off = moment - recommended[-1][1]
                        moment -= DAY_S * round(off / DAY_S)
                fixed.append((number, moment, longitude, latitude, math.nan, "1",
                              QUALITY[part[6]], math.nan))
        except (ValueError, IndexError):
            problems.append((number, kind, line[:60].decode("ascii", "replace")))
    if fixed and not math.isnan(day) and fixed[0][1] < DAY_S:  # GGA before the first RMC
        shift = recommended[0][1] - recommended[0][1] % DAY_S
        fixed = [(n, t + shift if t < DAY_S else t, *rest) for n, t, *rest in fixed]
    return fixed if with_gga else recommended, problems


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
