"""Tracks in: CSV, GPX 1.0 and 1.1, NMEA 0183 (RMC, GGA), MAVLink logs (.tlog, data-flash .bin).

Whatever a file holds that cannot be used is a finding with its row; nothing is guessed. Times are
UTC; a CSV may give plain seconds instead. Positions are WGS 84, or metres with `plane`.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from landrelease.core.track import DIFFERENTIAL, ENGAGED_BLANK, SINGLE, Track, TrackFinding
from landrelease.errors import (
    COLUMNS_MISSING,
    FILE_EMPTY,
    FILE_FORMAT_UNKNOWN,
    FILE_MISSING,
    FILE_WITHOUT_ROWS,
    TRACK_PLANE_FILE,
    TRACK_ROW,
    TRACK_UNREADABLE,
    TRACK_WITHOUT_FIX,
    LandReleaseError,
    Message,
)

FORMATS = ".csv, .txt (also .gz), .gpx, .nmea, .nma, .tlog, .bin"
YEARS_S = 62_000_000_000  # of seconds about 1970 that are days of the years 5 to 3934
DEEPEST_M = 5.0  # of a tool; what is deeper is in another unit
GPX_FIX = {"2d": SINGLE, "3d": SINGLE, "pps": SINGLE, "dgps": DIFFERENTIAL}
_YES = {"1", "true", "yes", "y", "t", "on"}
_NO = {"0", "false", "no", "n", "f", "off"}


def read_track(path: Path | str, *, plane: bool = False) -> Track:
    """Read the fixes of one file, in its order.

    Raises
    ------
    LandReleaseError
        FIL-001 missing, FIL-002 empty, FIL-003 to FIL-005 an archive or a text that is damaged, too
        large or another thing, FIL-006 ending, FIL-007 no rows, FIL-008 encoding, FIL-015 columns
        missing, TRK-002 metres asked of a format that has degrees only, TRK-018 no row is readable,
        TRK-019 no fix.
    """
    path = Path(path)
    if not path.is_file():
        raise LandReleaseError(FILE_MISSING, file=path.name or str(path))
    return track_of(path.name, path.read_bytes(), plane=plane)


def track_of(name: str, content: bytes, *, plane: bool = False) -> Track:
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
    if ending in (".csv", ".txt"):
        return _from_csv(name, content, plane)
    if ending not in (".gpx", ".nmea", ".nma", ".tlog", ".bin"):
        raise LandReleaseError(FILE_FORMAT_UNKNOWN, file=name, ending=ending or "none",
                               expected=FORMATS)
    if plane:
        raise LandReleaseError(TRACK_PLANE_FILE, file=name, found=ending)
    if ending == ".gpx":
        return _from_gpx(name, content)
    if ending == ".tlog":
        from landrelease.records.mavlink import positions

        fixes, problems = positions(content)
    elif ending == ".bin":
        from landrelease.records.dataflash import positions as logged

        fixes, problems = logged(content)
    else:
        from landrelease.records.nmea import positions as sentences

        fixes, problems = sentences(content)
    return _track(name, fixes, problems)


def whole_lines(name: str, content: bytes) -> bytes:
    """What of a log that is still being written can be read: of text only whole lines."""
    if Path(name).suffix.lower() in (".tlog", ".bin"):
        return content
    return content[:content.rfind(b"\n") + 1]


def _track(file: str, fixes: Sequence[Sequence[Any]], problems: Sequence[tuple[int, str, str]]
           ) -> Track:
    """From (row, time, longitude, latitude, heading, pass, kind of fix, accuracy) and
    (row, field, found)."""
    problems = [*problems, *((int(f[0]), "time", f"{f[1]:g}") for f in fixes
                             if not abs(f[1]) <= YEARS_S)]
    fixes = [f for f in fixes if abs(f[1]) <= YEARS_S]
    if not fixes:
        raise LandReleaseError(TRACK_WITHOUT_FIX, file=file)
    names = tuple(dict.fromkeys(str(f[5]) for f in fixes))
    number = {n: k for k, n in enumerate(names)}
    values = np.array([f[:5] for f in fixes], dtype=np.float64)
    count = len(fixes)
    return Track(
        file, False, values[:, 1].copy(), values[:, 2].copy(), values[:, 3].copy(), names,
        np.array([number[str(f[5])] for f in fixes], dtype=np.int32),
        np.full(count, -1, dtype=np.int8), np.full(count, np.nan), values[:, 4].copy(),
        values[:, 0].astype(np.int64), grouped(file, problems),
        fix=np.array([f[6] for f in fixes], dtype=np.int8),
        accuracy_m=np.array([f[7] for f in fixes], dtype=np.float64))


def grouped(file: str, problems: Iterable[tuple[int, str, str]], message: Message = TRACK_ROW
            ) -> tuple[TrackFinding, ...]:
    """One finding for rows on end with the same fault."""
    out: list[TrackFinding] = []
    run: list[tuple[int, str, str]] = []

    def close() -> None:
        if run:
            row, what, found = run[0]
            out.append(TrackFinding(message.code, message.text(
                file=file, row=row, field=what, found=found, count=len(run)),
                row, run[-1][0], len(run), False))

    for problem in sorted(problems):
        if run and (problem[0] - run[-1][0] > 1 or problem[1] != run[-1][1]):
            close()
            run = []
        run.append(problem)
    close()
    return tuple(out)


# --- CSV ---------------------------------------------------------------------------------------


def _from_csv(file: str, content: bytes, plane: bool) -> Track:
    columns, rows, problems = _cells(_utf8(file, content))
    place = ("x", "y") if plane else ("longitude", "latitude")
    missing = [c for c in ("time", *place) if c not in columns]
    if missing:
        raise LandReleaseError(
            COLUMNS_MISSING, file=file, found=", ".join(missing),
            expected="time, x, y, pass (metres, with --plane) or time, latitude, longitude, pass")
    count = len(rows)
    if not count:
        raise LandReleaseError(
            FILE_WITHOUT_ROWS, file=file, found="headings only" if content.count(b"\n") < 2 else
            "a quotation mark that is never closed, or rows of another length than the headings")
    bad: dict[int, tuple[str, str]] = {}
    x, y = (_numbers(columns[c], c, bad) for c in place)
    time_s = _times(columns["time"], bad)
    if not plane:
        for k in np.flatnonzero((np.abs(x) > 180) | (np.abs(y) > 90)).tolist():
            which = "latitude" if abs(y[k]) > 90 else "longitude"
            bad.setdefault(k, (which, f"{(y if which == 'latitude' else x)[k]:g}"))
    engaged = np.full(count, -1, dtype=np.int8)
    if "engaged" in columns:
        engaged[:] = ENGAGED_BLANK
        for k, word in enumerate(_words(columns["engaged"])):
            low = word.strip().lower()
            if low in _YES:
                engaged[k] = 1
            elif low in _NO:
                engaged[k] = 0
            elif low:
                bad.setdefault(k, ("engaged", word))
    empty = np.full(count, np.nan)
    depth = _numbers(columns["depth_m"], "depth_m", bad, True) if "depth_m" in columns else empty
    for k in np.flatnonzero((depth < 0) | (depth > DEEPEST_M)).tolist():
        bad.setdefault(k, ("depth_m", f"{depth[k]:g}"))
    heading = (_numbers(columns["heading_deg"], "heading_deg", bad, True)
               if "heading_deg" in columns else empty)
    names, in_pass = _passes(columns.get("pass"), count)
    keep = np.ones(count, dtype=bool)
    keep[list(bad)] = False
    problems += [(int(rows[k]), *what) for k, what in bad.items()]
    if not keep.any():
        row, field, found = problems[0]
        raise LandReleaseError(TRACK_UNREADABLE, file=file, count=count, row=row, field=field,
                               found=found.strip()[:60] or "nothing", deepest=DEEPEST_M)
    synthetic = "synthetic" in columns and any(
        w.strip().lower() in _YES for w in _words(columns["synthetic"])[:1])
    return Track(file, plane, time_s[keep], x[keep], y[keep], names, in_pass[keep], engaged[keep],
                 depth[keep], heading[keep], rows[keep], grouped(file, problems), synthetic)


def _utf8(file: str, content: bytes) -> bytes:
    """The same text in UTF-8. Raises FIL-003, FIL-008."""
    from landrelease.records.text import detect_encoding

    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return content.decode(detect_encoding(content, file).name).encode("utf-8")
    return content


def _cells(content: bytes) -> tuple[dict[str, Any], np.ndarray, list[tuple[int, str, str]]]:
    """Columns of text by lower-case heading, the row of each, and rows of another length."""
    import pyarrow as pa
    import pyarrow.csv as arrow

    if content[:3] == b"\xef\xbb\xbf":
        content = content[3:]
    first = content.split(b"\n", 1)[0]
    delimiter = ";" if first.count(b";") > first.count(b",") else (
        "\t" if first.count(b"\t") > first.count(b",") else ",")
    heads = [h.strip().lower() for h in next(csv.reader(
        [first.decode("utf-8", "replace").strip("\r")], delimiter=delimiter))]
    problems: list[tuple[int, str, str]] = []

    def short(row: Any) -> str:
        problems.append((row.number - 1, "row", f"{row.actual_columns} cells, not "
                         f"{row.expected_columns}: {row.text[:60]}"))
        return "skip"

    names = [f"{k}" for k in range(len(heads))]
    table = arrow.read_csv(
        io.BytesIO(content),
        read_options=arrow.ReadOptions(column_names=names, skip_rows=1, use_threads=False,
                                       encoding="utf-8"),
        parse_options=arrow.ParseOptions(delimiter=delimiter, invalid_row_handler=short),
        convert_options=arrow.ConvertOptions(
            column_types={n: pa.string() for n in names}, strings_can_be_null=False,
            check_utf8=False))
    rows = np.arange(1, table.num_rows + len(problems) + 1)
    if problems:
        rows = np.setdiff1d(rows, [p[0] for p in problems])[:table.num_rows]
    return {h: table.column(k) for k, h in enumerate(heads) if h}, rows, problems


def _words(column: Any) -> list[str]:
    return [w or "" for w in column.to_pylist()]


def _numbers(column: Any, name: str, bad: dict[int, tuple[str, str]], may_be_empty: bool = False
             ) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as compute

    try:
        out = compute.cast(column, pa.float64()).to_numpy()
    except pa.ArrowInvalid:
        words = _words(column)
        out = np.full(len(words), np.nan)
        for k, word in enumerate(words):
            try:
                out[k] = float(word)
            except ValueError:
                if word.strip() or not may_be_empty:
                    bad.setdefault(k, (name, word))
    infinite = ~np.isfinite(out)
    for k in np.flatnonzero(infinite & ~np.isnan(out) if may_be_empty else infinite).tolist():
        bad.setdefault(k, (name, str(column[k])))
    return np.array(out, dtype=np.float64)


def _times(column: Any, bad: dict[int, tuple[str, str]]) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as compute

    try:
        out = np.array(compute.cast(column, pa.float64()).to_numpy(), dtype=np.float64)
        # Not a number, or no day of any calendar: nothing can be told from such a time.
        for k in np.flatnonzero(~(np.abs(out) <= YEARS_S)).tolist():
            bad.setdefault(k, ("time", str(column[k])))
        return out
    except pa.ArrowInvalid:
        pass
    for kind in (pa.timestamp("us", tz="UTC"), pa.timestamp("us")):
        try:
            stamps = compute.cast(column, kind)
            return compute.cast(stamps, pa.int64()).to_numpy() / 1e6
        except pa.ArrowInvalid:
            pass
    words = _words(column)
    out = np.full(len(words), np.nan)
    for k, word in enumerate(words):
        try:
            out[k] = float(word)
            if not abs(out[k]) <= YEARS_S:
                raise ValueError
        except ValueError:
            try:
                out[k] = seconds_of(word)
            except ValueError:
                bad.setdefault(k, ("time", word))
    return out


def seconds_of(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 moment; without a zone it is UTC. ValueError if none."""
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _passes(column: Any, count: int) -> tuple[tuple[str, ...], np.ndarray]:
    if column is None:
        return ("1",), np.zeros(count, dtype=np.int32)
    encoded = column.combine_chunks().dictionary_encode()
    names = tuple((w or "").strip() or "not stated" for w in encoded.dictionary.to_pylist())
    return names, np.array(encoded.indices.to_numpy(), dtype=np.int32)


# --- GPX ---------------------------------------------------------------------------------------


def _from_gpx(file: str, content: bytes) -> Track:
    from landrelease.records.readers.xml import parse, tag

    root = parse(file, content, "GPX")
    fixes: list[tuple[Any, ...]] = []
    problems: list[tuple[int, str, str]] = []
    row = 0
    for number, item in enumerate((e for e in root if tag(e) == "trk"), start=1):
        for part, segment in enumerate((e for e in item if tag(e) == "trkseg"), start=1):
            for point in (e for e in segment if tag(e) == "trkpt"):
                row += 1
                found = {tag(e): (e.text or "") for e in point}
                try:
                    longitude, latitude = float(point.attrib["lon"]), float(point.attrib["lat"])
                    if not (abs(longitude) <= 180 and abs(latitude) <= 90):
                        raise ValueError
                except (KeyError, ValueError):
                    problems.append((row, "lat, lon", str(dict(point.attrib))[:60]))
                    continue
                if found.get("fix", "").strip() == "none":
                    problems.append((row, "fix", "none"))
                    continue
                try:
                    moment = seconds_of(found["time"])
                except (KeyError, ValueError):
                    problems.append((row, "time", found.get("time", "missing")))
                    continue
                fixes.append((row, moment, longitude, latitude, math.nan, f"{number}.{part}",
                              GPX_FIX.get(found.get("fix", "").strip(), 0), math.nan))
    return _track(file, fixes, problems)
