"""Tracks as GPX 1.0 and 1.1: points with a time, each segment a pass of its own.

Beside the place and the time a point may hold `fix`, `hdop` and `speed` (m/s), and anywhere in its
`extensions` `engaged` (1 or 0), `depth_m` of the tool, `heading_deg` or `heading` (where the
machine points), `accuracy_m` or `accuracy` (m, radius that holds 68 %), `speed_m_s`. The `depth` of
some loggers is that of water, `course` and `bearing` are the way over the ground: not used.

Of two depths, speeds or errors in one point the worse counts; a point that says another of
them twice, and not the same, is a row that cannot be used.

A file that ends before its last tag is read to its last whole point, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any
from xml.parsers import expat

from landrelease.core.track import DIFFERENTIAL, ENGAGED_BLANK, SINGLE, Track
from landrelease.errors import (
    FILE_CUT_OFF,
    FILE_NOT_READABLE,
    FILE_XML_NOT_ALLOWED,
    LandReleaseError,
)
from landrelease.records.fix_table import FixTable, Problem, track_of
from landrelease.records.readers.table import LIMITS, short
from landrelease.records.track_csv import MEASURED, seconds_of, yes_or_no

FIX = {"2d": SINGLE, "3d": SINGLE, "pps": SINGLE, "dgps": DIFFERENTIAL}
_NUMBERS = {"hdop": "hdop", "speed": "speed_m_s", "speed_m_s": "speed_m_s",
            "accuracy": "accuracy_m", "accuracy_m": "accuracy_m", "depth_m": "depth_m",
            "heading": "heading_deg", "heading_deg": "heading_deg"}
_USED = {"time", "fix", "engaged", *_NUMBERS}
# Of two such in a point the worse counts; of all else nobody can tell which holds.
_WORSE: dict[str, Callable[[float, float], float]] = {
    "hdop": max, "speed_m_s": max, "accuracy_m": max, "depth_m": min}
_TEXT_MOST = 200  # letters of a value; what is longer is none


class _Declared(Exception):
    pass


class _TooDeep(Exception):
    pass


def read_gpx(file: str, content: bytes) -> Track:
    """Raises FIL-004 damaged in its first point, FIL-011, FIL-012, TRK-019 no fix."""
    points = _Points()
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = parser.EntityDeclHandler = _refuse
    parser.StartElementHandler = points.begin
    parser.EndElementHandler = points.end
    parser.CharacterDataHandler = points.letters
    try:
        parser.Parse(content, True)
    except _Declared as error:
        raise LandReleaseError(FILE_XML_NOT_ALLOWED, file=file) from error
    except _TooDeep as error:
        raise LandReleaseError(
            FILE_NOT_READABLE, file=file, expected="GPX",
            found=f"over {LIMITS.xml_depth} elements inside each other") from error
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset}"
        if not points.row:
            raise LandReleaseError(FILE_CUT_OFF, file=file, place=place,
                                   found=expat.ErrorString(error.code)) from error
        points.problems.append((points.row + 1, "file", f"cut off or damaged at {place}"))
    except (ValueError, LookupError) as error:
        raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="GPX",
                               found=short(error)) from error
    return track_of(file, points.made(), points.problems)


def _differ(field: str, one: str, other: str) -> bool:
    """Whether two texts of the same field say another thing."""
    if one == other:
        return False
    if field == "engaged":
        said = yes_or_no(one)
        return said is None or said != yes_or_no(other)
    try:
        return float(one) != float(other)
    except ValueError:
        return True


def _the(worse: Callable[[float, float], float], one: str, other: str) -> str:
    """The worse of two numbers; what is none stands, so that its point is refused."""
    for text in (one, other):
        try:
            float(text)
        except ValueError:
            return text
    return one if float(one) == worse(float(one), float(other)) else other


def _refuse(*_: Any) -> None:
    raise _Declared


class _Points:
    """Takes the events of the parser; a point counts when its end tag has come."""

    def __init__(self) -> None:
        self._fixes = FixTable()
        self.problems: list[Problem] = []
        self.row = 0
        self._tracks = self._parts = 0
        self._inside: list[str] = []
        self._point: dict[str, str] = {}
        self._twice: dict[str, str] = {}  # what the point says twice, and not the same
        self._place: dict[str, str] = {}
        self._text = ""
        self._takes = False
        self._with_tool = False

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._inside) >= LIMITS.xml_depth:
            raise _TooDeep
        tag = name.rsplit("}", 1)[-1]
        self._inside.append(tag)
        self._takes = False
        if tag == "trk" and len(self._inside) == 2:
            self._tracks, self._parts = self._tracks + 1, 0
        elif tag == "trkseg" and self._inside[1:] == ["trk", "trkseg"]:
            self._parts += 1
        elif tag == "trkpt" and self._inside[1:] == ["trk", "trkseg", "trkpt"]:
            self._place, self._point, self._twice = attributes, {}, {}
        elif tag in _USED and len(self._inside) > 4 and self._inside[3] == "trkpt" and (
                len(self._inside) == 5 or self._inside[4] == "extensions"):
            self._takes, self._text = True, ""

    def letters(self, text: str) -> None:
        if self._takes and len(self._text) < _TEXT_MOST:
            self._text += text

    def end(self, name: str) -> None:
        tag = self._inside.pop()
        if self._takes:
            field, text = _NUMBERS.get(tag, tag), self._text.strip()
            known = self._point.setdefault(field, text)
            if _differ(field, known, text):
                worse = _WORSE.get(field)
                if worse is None:
                    self._twice.setdefault(field, f"{known or 'blank'} and {text or 'blank'}")
                else:
                    self._point[field] = _the(worse, known, text)
            self._takes = False
        elif tag == "trkpt" and self._inside[1:] == ["trk", "trkseg"]:
            self.row += 1
            self._add(self._point)

    def _add(self, found: dict[str, str]) -> None:
        row, problems = self.row, self.problems
        if self._twice:  # which of them holds, nobody can tell (S05)
            self._with_tool |= "engaged" in found
            problems += [(row, field, told) for field, told in self._twice.items()][:1]
            return
        try:
            longitude, latitude = float(self._place["lon"]), float(self._place["lat"])
            if not (abs(longitude) <= 180 and abs(latitude) <= 90):
                raise ValueError
        except (KeyError, ValueError):
            problems.append((row, "lat, lon", str(dict(self._place))[:60]))
            return
        if found.get("fix") == "none":
            problems.append((row, "fix", "none"))
            return
        try:
            moment = seconds_of(found["time"])
        except (KeyError, ValueError):
            problems.append((row, "time", found.get("time", "missing")))
            return
        word = found.get("engaged", "")
        worked = yes_or_no(word) if word else -1
        if worked is None:
            problems.append((row, "engaged", word))
            return
        self._with_tool |= bool(word)
        values = {}
        for name in sorted(set(_NUMBERS.values())):
            text = found.get(name, "")
            low, high = MEASURED[name]
            try:
                value = float(text) if text else math.nan
                if math.isinf(value) or value < low or value > high:
                    raise ValueError
            except ValueError:
                problems.append((row, name, text))
                return
            values[name] = value
        self._fixes.add(row, moment, longitude, latitude, in_pass=f"{self._tracks}.{self._parts}",
                        fix=FIX.get(found.get("fix", ""), 0),
                        engaged=worked, **values)

    def made(self) -> FixTable:
        """All points. Where one of them says whether the tool worked, others left it blank."""
        if self._with_tool:
            engaged = self._fixes.columns["engaged"]
            for k, value in enumerate(engaged):
                if value == -1:
                    engaged[k] = ENGAGED_BLANK
        return self._fixes
