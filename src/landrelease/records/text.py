"""Text of unknown encoding and delimiter: bytes in, rows of cells out, with the reasons."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from landrelease.core.cells import CELL_LIMIT
from landrelease.errors import (
    FILE_ENCODING_UNREADABLE,
    FILE_NOT_AS_NAMED,
    FILE_TOO_LARGE,
    LandReleaseError,
)

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Bytes that tell Central from Western European text: the letters that are frequent in the
# languages of one code page and rare or impossible in those of the other.
_CENTRAL = frozenset(b"\xe8\xe6\xf0\xc8\xc6\xd0\x9a\x9e\x8a\x8e\xb9\xb3\x9c\xbf\xec\xf8\xef")
_WESTERN = frozenset(b"\xe0\xf1\xe3\xf5\xe5\xf2\xf9\xe2\xfb\xf4\xff\xaa\xba\xd1\xd5\xc3")
_DELIMITERS = ",;\t|"


@dataclass(frozen=True, slots=True)
class Encoding:
    """`guessed` is True where nothing in the file states or proves the encoding."""

    name: str
    reason: str
    guessed: bool


def detect_encoding(content: bytes, file: str) -> Encoding:
    """Say how bytes are to be read as text, and why.

    Order: a byte order mark; zero bytes at every second place (UTF-16); strict UTF-8; then one of
    the code pages 1251, 1250, 1252, told apart by which letters occur. Raises FIL-003 for bytes
    that are not text and FIL-008 for text that no rule explains.
    """
    for mark, name in _MARKS:
        if content.startswith(mark):
            _must_decode(content, name, file)
            return Encoding(name, "it begins with the byte order mark", False)
    head = content[:65536]
    if 0 in head:
        pairs = max(1, len(head) // 2)
        for name, zeros in (("utf-16-le", head[1::2]), ("utf-16-be", head[0::2])):
            other = head[0::2] if name == "utf-16-le" else head[1::2]
            if zeros.count(0) > 0.3 * pairs and other.count(0) < 0.05 * pairs:
                _must_decode(content, name, file)
                return Encoding(name, "every second byte is zero", True)
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending="of a text file",
                               found="binary data", expected="CSV text")
    try:
        codecs.lookup("utf-8").decode(content, "strict")
        return Encoding("utf-8", "all bytes are valid UTF-8", False)
    except UnicodeDecodeError as error:
        bad = error
    high = [byte for byte in content[:4_000_000] if byte >= 0x80]
    runs = sum(len(run) for run in re.findall(rb"[\x80-\xff]{3,}", content[:4_000_000]))
    if runs > 0.5 * len(high):
        candidates = [("cp1251", "whole words are of bytes above 127, as in Cyrillic text")]
    else:
        central = sum(byte in _CENTRAL for byte in high)
        western = sum(byte in _WESTERN for byte in high)
        candidates = [
            ("cp1250", f"{central} of {len(high)} bytes above 127 are letters of Central Europe"),
            ("cp1252", f"{western} of {len(high)} bytes above 127 are letters of Western Europe"),
        ]
        if western >= central:
            candidates.reverse()
    for name, reason in candidates:
        try:
            text = content.decode(name)
        except UnicodeDecodeError:
            continue
        if not re.search(r"[\x00-\x08\x0e-\x1f\x80-\x9f]", text[:4_000_000]):
            return Encoding(name, reason, True)
    raise LandReleaseError(FILE_ENCODING_UNREADABLE, file=file, place=bad.start,
                           found=f"0x{content[bad.start]:02x}",
                           expected="UTF-8, UTF-16, cp1251, cp1250 or cp1252")


def _must_decode(content: bytes, name: str, file: str) -> None:
    decoder = codecs.getincrementaldecoder(name)()
    place, step = 0, 1 << 20
    try:
        for place in range(0, len(content), step):
            decoder.decode(content[place:place + step])
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        at = min(place + error.start, len(content) - 1)
        raise LandReleaseError(FILE_ENCODING_UNREADABLE, file=file, place=at,
                               found=f"0x{content[at]:02x}", expected=name) from error


def detect_delimiter(sample: str) -> str:
    """The delimiter under which the first rows have the same number (> 1) of cells most often.

    With a tie the earlier of comma, semicolon, tab, bar wins. One column: a comma.
    """
    best, best_score = ",", (0.0, 0)
    for delimiter in _DELIMITERS:
        try:
            rows = [r for r in csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
                    if any(cell.strip() for cell in r)]
        except csv.Error:
            continue
        rows = rows[:-1] if len(rows) > 2 else rows  # the sample may end inside a row
        if not rows or len(rows[0]) < 2:
            continue
        width = len(rows[0])
        score = (sum(len(r) == width for r in rows) / len(rows), width)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def read_cells(content: bytes, encoding: str, delimiter: str, file: str) -> Iterator[list[str]]:
    """Rows of cells, one at a time, quotes and line ends in quotes respected.

    Raises FIL-005 for a cell beyond `CELL_LIMIT` before it fills the memory.
    """
    stream = io.TextIOWrapper(io.BytesIO(content), encoding=encoding, newline="")
    try:
        yield from csv.reader(stream, delimiter=delimiter)
    except csv.Error as error:
        raise LandReleaseError(FILE_TOO_LARGE, file=file, what=f"a cell ({error})",
                               found="too many", expected=CELL_LIMIT) from error


def sample_of(content: bytes, encoding: str) -> str:
    """The first 64 KiB as text, for telling the delimiter."""
    return codecs.getincrementaldecoder(encoding)("ignore").decode(content[:65536])


def ends_in_line(content: bytes, encoding: str) -> bool:
    """Whether the last character is a line end."""
    wide = encoding.startswith(("utf-16", "utf-32"))
    tail = content[-8:] if wide else content[-1:]
    return tail.rstrip(b"\x00").endswith((b"\n", b"\r"))
