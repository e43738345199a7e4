"""Photographs as they leave: the picture, and nothing that a camera wrote beside it (S17). Pure.

Sources: ITU-T T.81 (JPEG, annex B: markers); JEITA CP-3451 (Exif: place, day, maker, a second small
picture); PNG specification, third edition (W3C, chunks).
"""

from __future__ import annotations

import struct
import zlib

from landrelease.errors import PHOTOGRAPH_UNREADABLE, LandReleaseError

JPEG, PNG = b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"
# What a decoder needs. Colour profiles go: they name the maker of the camera.
_CHUNKS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"sBIT", b"IDAT",
                     b"IEND"))
_ALONE = frozenset((0x01, *range(0xD0, 0xD8)))  # markers without a length
_SOI, _EOI, _SOS, _APP0, _APP1, _APP14, _APP15, _COM = (
    0xD8, 0xD9, 0xDA, 0xE0, 0xE1, 0xEE, 0xEF, 0xFE)


def kind_of(content: bytes) -> str:
    """"jpeg", "png", or "" for anything else, by the first bytes."""
    return "jpeg" if content.startswith(JPEG) else "png" if content.startswith(PNG) else ""


def without_metadata(content: bytes, note: str = "") -> bytes:
    """A JPEG or PNG with the same picture and nothing else: no Exif, XMP, IPTC, comments, colour
    profiles, small pictures, nor what stands behind its end. Which way up it is shown stays.
    `note`: a comment of ours, in ASCII.

    Raises PHO-001: it is no JPEG or PNG, or breaks off before its picture.
    """
    kind = kind_of(content)
    try:
        if kind == "jpeg":
            return _jpeg(content, note.encode("ascii"))
        if kind == "png":
            return _png(content, note.encode("ascii"))
    except (IndexError, struct.error) as error:
        raise LandReleaseError(PHOTOGRAPH_UNREADABLE, found=f"a {kind} that breaks off") from error
    raise LandReleaseError(PHOTOGRAPH_UNREADABLE, found="another kind of file")


def _jpeg(content: bytes, note: bytes) -> bytes:
    out, at, turned, seen = bytearray(content[:2]), 2, 1, False
    while True:
        if content[at] != 0xFF:
            raise LandReleaseError(PHOTOGRAPH_UNREADABLE, found="a jpeg with a broken marker")
        while content[at + 1] == 0xFF:  # markers may be filled up
            at += 1
        marker = content[at + 1]
        at += 2
        if marker == _EOI:
            break
        if marker in _ALONE:
            out += bytes((0xFF, marker))
            continue
        (length,) = struct.unpack_from(">H", content, at)
        body = content[at + 2:at + length]
        if length < 2 or len(body) != length - 2:
            raise LandReleaseError(PHOTOGRAPH_UNREADABLE, found="a jpeg that breaks off")
        at += length
        if marker == _APP1 and body.startswith(b"Exif\0\0"):
            turned = _turned(body[6:]) or turned
        if marker == _APP14 and body.startswith(b"Adobe") and len(body) >= 12:
            out += _segment(marker, body[:12])  # how the colours are coded
        elif not (_APP0 <= marker <= _APP15 or marker == _COM):
            out += _segment(marker, body)
        if marker == _SOS:
            seen, start = True, at
            while at < len(content) and not (content[at] == 0xFF and at + 1 < len(content)
                                             and content[at + 1] not in (0, *_ALONE, 0xFF)):
                at += 1
            out += content[start:at]
            if at >= len(content):  # it breaks off within the picture: what is there is shown
                break
    if not seen:
        raise LandReleaseError(PHOTOGRAPH_UNREADABLE, found="a jpeg without a picture")
    out += b"\xff\xd9"
    if note:
        out[2:2] = _segment(_COM, note)
    if turned != 1:
        # The least Exif there can be: one entry, Orientation (0x0112), of type SHORT.
        out[2:2] = _segment(_APP1, b"Exif\0\0MM\0*\0\0\0\x08" + struct.pack(
            ">HHHLHHL", 1, 0x0112, 3, 1, turned, 0, 0))
    return bytes(out)


def _segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def _turned(tiff: bytes) -> int:
    """Orientation, 2 to 8, of the first directory of an Exif block; 0 where it says none."""
    try:
        order = {b"II": "<", b"MM": ">"}[tiff[:2]]
        (first,) = struct.unpack_from(f"{order}L", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, first)
        for n in range(min(count, 100)):
            tag, kind, _, value = struct.unpack_from(f"{order}HHLH", tiff, first + 2 + 12 * n)
            if (tag, kind) == (0x0112, 3):
                return value if 2 <= value <= 8 else 0
    except (KeyError, struct.error):
        pass
    return 0


def _png(content: bytes, note: bytes) -> bytes:
    out, at, seen = bytearray(PNG), len(PNG), False
    while True:
        length, name = struct.unpack_from(">L4s", content, at)
        body = content[at + 8:at + 8 + length]
        (crc,) = struct.unpack_from(">L", content, at + 8 + length)
        if len(body) != length or zlib.crc32(name + body) != crc:
            raise LandReleaseError(PHOTOGRAPH_UNREADABLE, found="a png with a broken part")
        seen = seen or name == b"IDAT"
        if name in _CHUNKS:
            out += content[at:at + 12 + length]
        if name == b"IHDR" and note:
            text = b"tEXtComment\0" + note
            out += struct.pack(">L", len(text) - 4) + text + struct.pack(">L", zlib.crc32(text))
        at += 12 + length
        if name == b"IEND":
            break
    if not seen:
        raise LandReleaseError(PHOTOGRAPH_UNREADABLE, found="a png without a picture")
    return bytes(out)
