"""Tracks as CSV: the text of a file in, its columns as numbers and what cannot be used out.

The text is read in blocks of about a megabyte, so that no more of it than that stands beside the
numbers. Whatever cannot be used is a problem with its row; nothing is guessed.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np

from landrelease.core.track import ENGAGED_BLANK, FIX_NAMES

YEARS_S = 62_000_000_000  # of seconds about 1970 that are days of the years 5 to 3934
YES = frozenset({"1", "true", "yes", "y", "t", "on", "engaged", "working", "down", "lowered"})
NO = frozenset({"0", "false", "no", "n", "f", "off", "disengaged", "idle", "up", "raised"})
# Further columns of numbers: the least and the most that can be meant.
MEASURED = {"depth_m": (0.0, np.inf), "heading_deg": (-np.inf, np.inf), "speed_m_s": (0.0, 1e3),
            "accuracy_m": (0.0, 1e6), "hdop": (0.0, 1e6)}
# What loggers and people write for the headings that are read; metres, degrees and m/s alone.
_ALSO = {
    "time": ("timestamp", "datetime", "date_time", "time_utc", "utc_time", "utc", "gps_time"),
    "latitude": ("lat", "latitude_deg", "lat_deg"),
    "longitude": ("lon", "long", "lng", "longitude_deg", "lon_deg"),
    "x": ("easting", "x_m", "easting_m", "east"), "y": ("northing", "y_m", "northing_m", "north"),
    "pass": ("pass_id", "pass_no", "pass_number", "pass_name", "lane", "lane_id", "lane_no"),
    "engaged": ("tool_engaged", "engaged_tool", "is_engaged", "tool_on", "tool_down",
                "tool_working", "tool_state", "tool_status", "implement_engaged", "implement_on",
                "working"),
    "depth_m": ("tool_depth_m", "working_depth_m", "depth_in_m"),
    "heading_deg": ("heading", "heading_degrees"),
    "speed_m_s": ("speed_ms", "speed_mps", "speed_m_per_s"),
    "accuracy_m": ("accuracy", "h_acc_m", "hacc_m", "horizontal_accuracy_m"),
    "fix_kind": ("kind_of_fix",),
    "datum": ("geodetic_datum", "crs", "srs", "epsg", "srid", "coordinate_system",
              "coordinate_reference_system", "reference_system"),
}
READ = ("time", "latitude", "longitude", "x", "y", "pass", "engaged", *MEASURED, "fix_kind",
        "datum", "synthetic")
_OF_TOOL = re.compile("tool|raise|lift")  # in a heading that is not known
# ... and the word of one that says which tool it is, not what it does.
_WHICH_TOOL = re.compile(
    "(?<![a-z])(id|name|type|model|make|maker|serial|number|no|width|length|weight)(?![a-z])")
_OF_FIX = re.compile(r"(?<![a-z])(fix|quality|rtk|solution|valid|q)(?![a-z])")
# ... of one that may say how good the fix was, in words or numbers that makers use differently; and
# the word of one that counts or dates it.
_NO_KIND = re.compile(r"(?<![a-z])(id|number|no|num|count|time|age|date|used|ratio)(?![a-z])")
_MEANS = {other: name for name, others in _ALSO.items() for other in others}
_WGS_84 = re.compile("(wgs|worldgeodeticsystem)(19)?84|(epsg|^)(4326|4979)|crs84")
_OTHER_ORDER = "below headings in another order"
_DECODED = 1 << 20  # bytes that are tried at a time


@dataclass(slots=True)
class Columns:
    """K rows that have as many cells as there are headings, and all that was wrong with others.

    `bad` : place among the rows -> field and what was found; these are not to be used.
    """

    heads: list[str]  # lower case
    time_s: np.ndarray = field(default_factory=lambda: np.empty(0))
    x: np.ndarray = field(default_factory=lambda: np.empty(0))
    y: np.ndarray = field(default_factory=lambda: np.empty(0))
    engaged: np.ndarray = field(default_factory=lambda: np.empty(0, np.int8))
    measured: dict[str, np.ndarray] = field(default_factory=dict)  # those that the file has
    fix: np.ndarray | None = None  # int8 kind of fix, 0: left blank
    passes: list[str] = field(default_factory=list)
    in_pass: np.ndarray = field(default_factory=lambda: np.empty(0, np.int32))
    rows: np.ndarray = field(default_factory=lambda: np.empty(0, np.int64))
    synthetic: bool = False
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    problems: list[tuple[int, str, str]] = field(default_factory=list)  # rows of another length


def headings(content: bytes) -> tuple[list[str], str]:
    """Headings as they are read (`READ`) or, of columns that are not, in lower case; and the mark
    between cells. Where several columns could be the same, the one that has its very name is read,
    else the first; of the others `further` says what they mean."""
    end = content.find(b"\n")
    first = content[:end if end >= 0 else len(content)]
    delimiter = ";" if first.count(b";") > first.count(b",") else (
        "\t" if first.count(b"\t") > first.count(b",") else ",")
    cells = next(csv.reader([first.decode("utf-8", "replace").strip("\r")], delimiter=delimiter))
    said = [h.strip().lower() for h in cells]
    heads: list[str] = []
    for cell in said:
        name = _meaning(cell)
        heads.append(cell if name in said or name in heads else name)
    return heads, delimiter


def _meaning(cell: str) -> str:
    return _MEANS.get(re.sub(r"[\s\-./()\[\]]+", "_", cell).strip("_"), cell)


def further(heads: Sequence[str]) -> dict[int, str]:
    """Columns that say once more what another one says, and which: of both the worse counts."""
    return {k: name for k, head in enumerate(heads)
            if (name := _meaning(head)) != head and name in ("engaged", "fix_kind", *MEASURED)}


def of_tool(heads: Sequence[str]) -> tuple[str, ...]:
    """Headings that are not known and may say that the tool did not work, whatever `engaged` has.
    """
    return tuple(h for h in heads if _OF_TOOL.search(h) and not _WHICH_TOOL.search(h)
                 and h not in READ and _meaning(h) == h)


def of_fix(heads: Sequence[str]) -> tuple[str, ...]:
    """Headings that are not known and may say that the fix of some rows was worse."""
    return tuple(h for h in heads if _OF_FIX.search(h.replace("_", " "))
                 and not _NO_KIND.search(h.replace("_", " ")) and h not in READ
                 and _meaning(h) == h)


def columns(content: bytes, *, plane: bool) -> Columns:
    """The columns of a text in UTF-8 without a mark of its order; its headings are there."""
    heads, delimiter = headings(content)
    out = Columns(heads)
    parts: dict[str, list[np.ndarray]] = {}
    names: dict[str, int] = {}
    count = 0
    place = ("x", "y") if plane else ("longitude", "latitude")
    comma = delimiter != ","  # a number may have it for its point
    at = {h: k for k, h in enumerate(heads) if h}
    again, doubt = further(heads), bool(of_tool(heads))
    turned, first_datum = False, ""
    kinds: dict[str, set[str]] = {h: set() for h in of_fix(heads)}
    for batch in _batches(content, len(heads), delimiter, out.problems):
        column = {h: batch.column(k) for h, k in at.items()}
        bad: dict[int, tuple[str, str]] = {}
        x, y = (_numbers(column[c], c, bad, comma) for c in place)
        made = {"x": x, "y": y, "time_s": _times(column["time"], bad, comma)}
        if not plane:
            for k in np.flatnonzero((np.abs(x) > 180) | (np.abs(y) > 90)).tolist():
                which = "latitude" if abs(y[k]) > 90 else "longitude"
                bad.setdefault(k, (which, f"{(y if which == 'latitude' else x)[k]:g}"))
        made["engaged"] = (_coded(column["engaged"], _engaged, "engaged", bad).astype(np.int8)
                           if "engaged" in at else np.full(len(x), -1, np.int8))
        for name, (low, high) in MEASURED.items():
            if name in at:
                values = _numbers(column[name], name, bad, comma, may_be_empty=True)
                for k in np.flatnonzero((values < low) | (values > high)).tolist():
                    bad.setdefault(k, (name, f"{values[k]:g}"))
                made[name] = values
        if "fix_kind" in at:
            made["fix"] = _coded(column["fix_kind"], _kind, "fix_kind", bad).astype(np.int8)
        for head, words in kinds.items():
            if len(words) < 2:  # two are enough
                words.update(w or "" for w in column[head].unique()[:2].to_pylist())
        if "datum" in at:
            first_datum = _other_datum(column["datum"], first_datum, bad, plane=plane)
        turned = _below_other_headings(batch, heads, turned, bad)
        for k, name in again.items():
            _worse(made, name, batch.column(k), comma)
        if doubt:
            made["engaged"][made["engaged"] != 0] = ENGAGED_BLANK
        made["in_pass"] = (_coded(column["pass"], lambda w: names.setdefault(
            w.strip() or "not stated", len(names)), "pass", bad).astype(np.int32)
            if "pass" in at else np.zeros(len(x), np.int32))
        if not count and "synthetic" in at and len(x):
            out.synthetic = str(column["synthetic"][0]).strip().lower() in YES
        for name, values in made.items():
            parts.setdefault(name, []).append(values)
        out.bad |= {count + k: what for k, what in bad.items()}
        count += len(x)
    whole = {name: np.concatenate(parts.pop(name)) for name in list(parts)}
    if any(len(words) > 1 for words in kinds.values()):
        whole["engaged"][whole["engaged"] != 0] = ENGAGED_BLANK
    for name in ("time_s", "x", "y", "engaged", "fix", "in_pass"):
        if name in whole:
            setattr(out, name, whole.pop(name))
    out.measured = whole
    out.passes = list(names) if "pass" in at else ["1"]
    out.rows = np.arange(1, count + len(out.problems) + 1)
    if out.problems:
        out.rows = np.setdiff1d(out.rows, [p[0] for p in out.problems])[:count]
    return out


def _other_datum(column: Any, first: str, bad: dict[int, tuple[str, str]], *, plane: bool) -> str:
    """Mark rows whose place is on another datum than the proof reads: not WGS 84, or in metres
    another one than the `first`; and blank ones among others. The first that is named (S04)."""
    words = _words(column)
    plain = {w: re.sub("[^a-z0-9]", "", w.lower()) for w in set(words)}
    first = first or next((plain[w] for w in words if plain[w]), "")
    fits = {w: p == first if plane or not first else bool(
        _WGS_84.search(p)) and "utm" not in p for w, p in plain.items()}
    for k, word in enumerate(words):
        if not fits[word]:
            bad.setdefault(k, ("datum", word or "blank"))
    return first


def _below_other_headings(batch: Any, heads: Sequence[str], turned: bool,
                          bad: dict[int, tuple[str, str]]) -> bool:
    """Mark the rows below headings that stand once more in another order, as where two logs were
    joined: until the first ones stand again. Whether that goes on after the batch."""
    own = [_meaning(h) for h in heads]
    again = {}
    for k in sorted(k for k, (_, word) in bad.items() if _meaning(word.strip().lower()) in READ):
        cells = [_meaning((batch.column(j)[k].as_py() or "").strip().lower())
                 for j in range(len(heads))]
        if sum(c in READ for c in cells) >= 3:  # time and both of the place
            again[k] = cells != own
    begin = 0
    for k in [*again, len(batch)]:
        if turned:
            for row in range(begin, k):
                bad.setdefault(row, ("row", _OTHER_ORDER))
        begin, turned = k, again.get(k, turned)
    return turned


def _worse(made: dict[str, np.ndarray], name: str, column: Any, comma: bool) -> None:
    """Put into `made` the worse of what it has and of what a further column of the same meaning
    says, for each row (S05). A cell that cannot be read is blank: it is a doubt, and no error of
    the row. Which of two headings is the worse one, nobody can tell: neither counts."""
    if name == "engaged":
        other = _coded(column, lambda w: ENGAGED_BLANK if (c := _engaged(w)) is None else c,
                       name, {})
        own = made["engaged"]
        own[(own != 0) & (other == ENGAGED_BLANK)] = ENGAGED_BLANK
        own[other == 0] = 0
    elif name == "fix_kind":
        made["fix"] = np.minimum(made["fix"], _coded(column, lambda w: _kind(w) or 0, name, {})
                                 ).astype(np.int8)
    else:
        low, high = MEASURED[name]
        other = _numbers(column, name, {}, comma, may_be_empty=True)
        other[~np.isfinite(other) | (other < low) | (other > high)] = np.nan
        own = made[name]
        made[name] = (np.minimum(own, other) if name == "depth_m" else
                      np.fmax(own, other) if name == "speed_m_s" else
                      np.where(own == other, own, np.nan) if name == "heading_deg" else
                      np.maximum(own, other))


def in_utf8(content: bytes) -> bool:
    """Whether a text is UTF-8, without a copy of it."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    whole = memoryview(content)
    try:
        for k in range(0, len(content), _DECODED):
            decoder.decode(whole[k:k + _DECODED])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _batches(content: bytes, many: int, delimiter: str, problems: list[tuple[int, str, str]]
             ) -> Iterator[Any]:
    """Blocks of rows as columns of text; rows of another length go to the problems."""
    import pyarrow as pa
    import pyarrow.csv as arrow

    def short(row: Any) -> str:
        problems.append((row.number - 1, "row", f"{row.actual_columns} cells, not "
                         f"{row.expected_columns}: {row.text[:60]}"))
        return "skip"

    names = [f"{k}" for k in range(many)]
    if content.find(b"\n") < 0:
        return  # headings only
    yield from arrow.open_csv(
        pa.BufferReader(content),
        read_options=arrow.ReadOptions(column_names=names, skip_rows=1, use_threads=False,
                                       encoding="utf-8"),
        parse_options=arrow.ParseOptions(delimiter=delimiter, invalid_row_handler=short),
        convert_options=arrow.ConvertOptions(
            column_types={n: pa.string() for n in names}, strings_can_be_null=False,
            check_utf8=False),
        memory_pool=pa.system_memory_pool())  # the other pool keeps what it once had


def _plain(array: Any, kind: Any) -> np.ndarray:
    """An array without nulls as numpy; `to_numpy` would load a library of tables for it."""
    size = np.dtype(kind).itemsize
    return np.frombuffer(array.buffers()[1], dtype=kind, count=len(array),
                         offset=array.offset * size)


def _coded(column: Any, code: Callable[[str], int | None], name: str,
           bad: dict[int, tuple[str, str]]) -> np.ndarray:
    """A code for each word; words without one are bad rows, coded 0."""
    encoded = column.dictionary_encode()
    words = [w or "" for w in encoded.dictionary.to_pylist()]
    codes = [code(w) for w in words]
    which = _plain(encoded.indices, np.int32)
    for n, found in enumerate(codes):
        if found is None:
            for k in np.flatnonzero(which == n).tolist():
                bad.setdefault(k, (name, words[n]))
    return np.array([c or 0 for c in codes], dtype=np.int64)[which]


def yes_or_no(word: str) -> int | None:
    """1 or 0, also as a number with decimals (1.0); None: neither."""
    low = word.strip().lower()
    if low in YES or low in NO:
        return int(low in YES)
    try:
        return {1.0: 1, 0.0: 0}.get(float(low.replace(",", ".")))
    except ValueError:
        return None


def _engaged(word: str) -> int | None:
    return yes_or_no(word) if word.strip() else ENGAGED_BLANK


def _kind(word: str) -> int | None:
    low = word.strip().lower()
    return 0 if not low else FIX_NAMES.index(low) if low in FIX_NAMES else None


def _words(column: Any) -> list[str]:
    return [w or "" for w in column.to_pylist()]


def _pointed(column: Any) -> Any:
    """A column of text whose numbers have a comma for their point, with points; else as it is. One
    that has both somewhere stays: which of them is the point, nobody knows."""
    import pyarrow.compute as compute

    if compute.any(compute.match_substring(column, ",")).as_py() and not compute.any(
            compute.match_substring_regex(column, r"\.|,.*,")).as_py():
        return compute.replace_substring(column, ",", ".")
    return column


def _numbers(column: Any, name: str, bad: dict[int, tuple[str, str]], comma: bool, *,
             may_be_empty: bool = False) -> np.ndarray:
    """`comma`: whether numbers may have a decimal comma."""
    import pyarrow as pa
    import pyarrow.compute as compute

    said, column = column, _pointed(column) if comma else column
    try:
        out = np.array(_plain(compute.cast(
            column, pa.float64(), memory_pool=pa.system_memory_pool()), np.float64))
    except pa.ArrowInvalid:
        words = _words(column)
        out = np.full(len(words), np.nan)
        for k, word in enumerate(words):
            try:
                out[k] = float(word)
            except ValueError:
                if word.strip() or not may_be_empty:
                    bad.setdefault(k, (name, str(said[k])))
    infinite = ~np.isfinite(out)
    for k in np.flatnonzero(infinite & ~np.isnan(out) if may_be_empty else infinite).tolist():
        bad.setdefault(k, (name, str(column[k])))
    return out


def _times(column: Any, bad: dict[int, tuple[str, str]], comma: bool) -> np.ndarray:
    import pyarrow as pa
    import pyarrow.compute as compute

    try:
        out = np.array(_plain(compute.cast(
            _pointed(column) if comma else column, pa.float64(),
            memory_pool=pa.system_memory_pool()), np.float64))
        # Not a number, or no day of any calendar: nothing can be told from such a time.
        for k in np.flatnonzero(~(np.abs(out) <= YEARS_S)).tolist():
            bad.setdefault(k, ("time", str(column[k])))
        return out
    except pa.ArrowInvalid:
        pass
    for kind in (pa.timestamp("us", tz="UTC"), pa.timestamp("us")):
        try:
            return _plain(compute.cast(column, kind), np.int64) / 1e6
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
                out[k] = seconds_of(_day_first.sub(r"\3-\2-\1", word.strip()))
            except ValueError:
                bad.setdefault(k, ("time", word))
    return out


_day_first = re.compile(r"^(\d\d)\.(\d\d)\.(\d{4})(?=[ T])")  # with dots the day always comes first


def seconds_of(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 moment; without a zone it is UTC. ValueError if none."""
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
