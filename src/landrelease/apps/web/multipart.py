"""The parts of a multipart request as phones send them: bytes in, parts out.

Source: RFC 7578 (multipart/form-data), RFC 2046 section 5.1, RFC 5987 for names in other encodings.
Read more widely than browsers ask for, since a phone that hears 400 keeps its answers for good: a
name may be in any encoding, hold a path or be missing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

MOST_PARTS = 1000
_BOUNDARY = re.compile(r'boundary=(?:"([^"]{1,200})"|([^\s;"]{1,200}))', re.IGNORECASE)
_SAID = re.compile(r';\s*(name|filename\*?)\s*=\s*(?:"((?:\\["\\]|[^"])*)"|([^;\s]*))',
                   re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """One part. `name`: of the file, "" where none is stated; `is_file`: more than a line of text
    that a form holds besides."""

    key: str
    name: str
    body: bytes
    is_file: bool


def parts_of(content_type: str, body: bytes) -> list[Part] | None:
    """The parts in their order; None of a request that is no multipart, names no boundary, is cut
    off or holds more than `MOST_PARTS`."""
    stated = _BOUNDARY.search(content_type)
    if stated is None or not content_type.lower().lstrip().startswith("multipart/"):
        return None
    boundary = re.escape((stated[1] or stated[2]).encode("utf-8"))
    line = re.compile(rb"(?:^|\r?\n)--" + boundary + rb"(--)?[ \t]*(?=\r?\n|\Z)")
    out: list[Part] = []
    begun = -1
    for found in line.finditer(body):
        if begun >= 0:
            out.append(_part(body[begun:found.start()]))
        if found[1]:
            return out
        if len(out) >= MOST_PARTS:
            return None
        begun = found.end()
    return None  # the last line never came


def _part(piece: bytes) -> Part:
    head, blank, content = re.match(rb"((?:\r?\n[^\r\n]+)*)(\r?\n\r?\n)?", piece), b"", piece
    assert head is not None  # it matches nothing as well
    blank, content = head[2] or b"", piece[head.end():]
    lines = _text(head[1]).replace("\r\n", "\n").strip("\n").split("\n")
    stated = {name.strip().lower(): said.strip()
              for name, colon, said in (one.partition(":") for one in lines) if colon}
    said: dict[str, str] = {}
    for name, quoted, plain in _SAID.findall(stated.get("content-disposition", "")):
        said.setdefault(name.lower(), re.sub(r'\\(["\\])', r"\1", quoted) or plain)
    wide = said.get("filename*", "").split("'", 2)
    name = _text(unquote_to_bytes(wide[2])) if len(wide) == 3 else said.get("filename", "")
    kind = stated.get("content-type", "text/plain").partition(";")[0].strip().lower()
    return Part(said.get("name", ""), name, content if blank else b"",
                bool(name) or kind != "text/plain" or not _is_text(content))


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def _text(said: bytes) -> str:
    try:
        return said.decode()
    except UnicodeDecodeError:
        return said.decode("latin-1")
