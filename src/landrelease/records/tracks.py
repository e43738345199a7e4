"""Tracks in: CSV, GPX 1.0 and 1.1, NMEA 0183 (RMC, GGA), MAVLink logs (.tlog, data-flash .bin).

Whatever a file holds that cannot be used is a finding with its row; nothing is guessed. Times are
UTC; a CSV may give plain seconds instead. Positions are WGS 84, or metres with `plane`.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from landrelease.core.track import Track
from landrelease.errors import (
    COLUMNS_MISSING,
    COVERAGE_OPTION,
    FILE_EMPTY,
    FILE_FORMAT_UNKNOWN,
    FILE_MISSING,
    FILE_WITHOUT_ROWS,
    TRACK_HEADING_TWICE,
    TRACK_PLANE_FILE,
    TRACK_UNREADABLE,
    LandReleaseError,
)
from landrelease.records.fix_table import broken_at, grouped
from landrelease.records.fix_table import track_of as _track
from landrelease.records.tool_signal import ToolSignal
from landrelease.records.track_csv import READ, columns, further, headings, in_utf8

FORMATS = ".csv, .txt (also .gz), .gpx, .nmea, .nma, .tlog, .bin"


def read_track(path: Path | str, *, plane: bool = False, signal: ToolSignal | None = None
               ) -> Track:
    """Read the fixes of one file, in its order.

    signal : of a MAVLink log, what says whether the tool worked

    Raises
    ------
    LandReleaseError
        FIL-001 missing, FIL-002 empty, FIL-003 to FIL-005 an archive or a text that is damaged, too
        large or another thing, FIL-006 ending, FIL-007 no rows, FIL-008 encoding, FIL-015 columns
        missing, TRK-031 a column that is read stands twice, TRK-002 metres asked of a format that
        has degrees only, TRK-018 no row is readable, TRK-019 no fix, COV-010 a signal asked of a
        format that has none.
    """
    path = Path(path)
    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
    return track_of(path.name, path.read_bytes(), plane=plane, signal=signal)


def track_of(name: str, content: bytes, *, plane: bool = False, signal: ToolSignal | None = None
             ) -> Track:
    """The same from the content of a file; what it is, its name says."""
    ending = Path(name).suffix.lower()
    if ending == ".gz":
        from landrelease.records.readers.archives import gunzip
        from landrelease.records.readers.table import Limits

        content = gunzip(name, content, Limits())
        ending = Path(Path(name).stem).suffix.lower()
    if not content.strip(b"\x00\r\n\t "):
        raise LandReleaseError(FILE_EMPTY, file=name, found=f"{len(content)} bytes")
    if ending == ".txt" and content.lstrip()[:1] in (b"$", b"!"):
        ending = ".nmea"
    if ending not in (".csv", ".txt", ".gpx", ".nmea", ".nma", ".tlog", ".bin"):
        raise LandReleaseError(FILE_FORMAT_UNKNOWN, file=name, ending=ending or "none",
                               expected=FORMATS)
    if signal is not None and ending not in (".tlog", ".bin"):
        raise LandReleaseError(COVERAGE_OPTION, name="--tool-signal", found=name,
                               expected="a MAVLink log, .tlog or .bin")
    if ending in (".csv", ".txt"):
        return _from_csv(name, content, plane)
    if plane:
        raise LandReleaseError(TRACK_PLANE_FILE, file=name, found=ending)
    if ending == ".gpx":
        from landrelease.records.track_gpx import read_gpx

        return read_gpx(name, content)
    if ending == ".tlog":
        from landrelease.records.mavlink import positions

        return _track(name, *positions(content, signal))
    if ending == ".bin":
        from landrelease.records.dataflash import positions as logged

        return _track(name, *logged(content, signal))
    from landrelease.records.nmea import positions as sentences

    return _track(name, *sentences(content))


def whole_lines(name: str, content: bytes) -> bytes:
    """What of a log that is still being written can be read: of rows of text only whole lines."""
    if Path(name).suffix.lower() in (".tlog", ".bin", ".gpx"):
        return content
    return content[:content.rfind(b"\n") + 1]


def _from_csv(file: str, content: bytes, plane: bool) -> Track:
    if not in_utf8(content):
        from landrelease.records.text import detect_encoding

        content = content.decode(detect_encoding(content, file).name).encode("utf-8")
    content = content.removeprefix(b"\xef\xbb\xbf")
    if content[:5].lower() == b"sep=;" or content[:5].lower() == b"sep=,":  # of a spreadsheet
        content = content[content.find(b"\n") + 1:]
    heads, _ = headings(content)
    place = ("x", "y") if plane else ("longitude", "latitude")
    missing = [c for c in ("time", *place) if c not in heads]
    if missing:
        raise LandReleaseError(
            COLUMNS_MISSING, file=file, found=", ".join(missing),
            expected="time, x, y, pass (metres, with --plane) or time, latitude, longitude, pass")
    for head in READ:
        if (many := heads.count(head)) > 1:
            raise LandReleaseError(TRACK_HEADING_TWICE, file=file, found=head, count=many)
    found = columns(content, plane=plane)
    count = len(found.x)
    if not count:
        raise LandReleaseError(
            FILE_WITHOUT_ROWS, file=file, found="headings only" if content.count(b"\n") < 2 else
            "a quotation mark that is never closed, or rows of another length than the headings, "
            "as numbers with a decimal comma make them where commas stand between cells")
    keep: np.ndarray | slice = slice(None)  # all of them: no copies
    problems = found.problems + [(int(found.rows[k]), *what) for k, what in found.bad.items()]
    if found.bad:
        keep = np.ones(count, dtype=bool)
        keep[list(found.bad)] = False
        if not keep.any():
            row, field, cell = problems[0]
            raise LandReleaseError(TRACK_UNREADABLE, file=file, count=count, row=row, field=field,
                                   found=cell.strip()[:60] or "nothing")
    empty = np.full(count, np.nan)
    rows, again = found.rows[keep], further(heads)
    told = {name: values[keep] for name, values in found.measured.items()}
    return Track(
        file, plane, found.time_s[keep], found.x[keep], found.y[keep], tuple(found.passes),
        found.in_pass[keep], found.engaged[keep], told.get("depth_m", empty[keep]),
        told.get("heading_deg", empty[keep]), rows, grouped(file, problems),
        found.synthetic, fix=None if found.fix is None else found.fix[keep],
        accuracy_m=told.get("accuracy_m"), speed_m_s=told.get("speed_m_s"), hdop=told.get("hdop"),
        broken=broken_at(rows, problems),
        unused=tuple(h for k, h in enumerate(heads) if h and k not in again
                     and (h not in READ or h in _other(plane))))


def _other(plane: bool) -> tuple[str, str]:
    """The columns of a place that are not read."""
    return ("longitude", "latitude") if plane else ("x", "y")
