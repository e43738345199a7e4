"""Archives: unpacked into memory under limits, each member against its checksum."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import PurePosixPath

from landrelease.errors import (
    FILE_CUT_OFF,
    FILE_NOT_AS_NAMED,
    FILE_NOT_READABLE,
    FILE_TOO_LARGE,
    LandReleaseError,
)
from landrelease.records.readers.table import Limits

GZIP = b"\x1f\x8b"


def gunzip(file: str, content: bytes, limits: Limits) -> bytes:
    """All members of a gzip file. Raises FIL-003, FIL-004, FIL-005."""
    if not content.startswith(GZIP):
        raise LandReleaseError(FILE_NOT_AS_NAMED, file=file, ending=".gz", found="other data",
                               expected="a gzip archive")
    out: list[bytes] = []
    size, rest = 0, content
    try:
        while rest:
            stream = zlib.decompressobj(wbits=31)
            data = rest
            while True:
                piece = stream.decompress(data, 1 << 20)
                size += len(piece)
                _not_a_bomb(file, size, len(content), limits)
                if size > limits.unpacked_bytes:
                    raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the unpacked content",
                                           found=f"over {size - 1}",
                                           expected=limits.unpacked_bytes)
                out.append(piece)
                data = stream.unconsumed_tail
                if stream.eof:
                    break
                if not data and not piece:
                    raise LandReleaseError(FILE_CUT_OFF, file=file, place=f"byte {len(content)}",
                                           found="the compressed data end too early")
            rest = stream.unused_data.lstrip(b"\x00")
    except zlib.error as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the compressed data",
                               found=str(error)) from error
    return b"".join(out)


_SMALL = 100_000_000  # bytes; so much does no harm, however it was packed


def _not_a_bomb(file: str, size: int, packed: int, limits: Limits) -> None:
    """Tables pack to a tenth, blank ones to a thousandth. Raises FIL-005."""
    if size > max(_SMALL, limits.unpacked_times * packed):
        raise LandReleaseError(
            FILE_TOO_LARGE, file=file, what="the unpacked content", found=f"over {size - 1}",
            expected=f"{limits.unpacked_times} times its packed size of {packed}")


def open_zip(file: str, content: bytes, limits: Limits) -> zipfile.ZipFile:
    """Open an archive after checking its size, and each member against its checksum.

    Raises FIL-004, FIL-005, FIL-012 (a password).
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(content))
        members = archive.infolist()
        declared = sum(member.file_size for member in members)
        if declared > limits.unpacked_bytes:
            raise LandReleaseError(FILE_TOO_LARGE, file=file, what="the unpacked content",
                                   found=declared, expected=limits.unpacked_bytes)
        _not_a_bomb(file, declared, len(content), limits)
        if any(member.flag_bits & 1 for member in members):
            raise LandReleaseError(FILE_NOT_READABLE, file=file, expected="a zip archive",
                                   found="it is locked with a password")
        real = 0
        for member in members:  # real size and checksum; zipfile stops at the declared size
            with archive.open(member) as stream:
                while piece := stream.read(1 << 20):
                    real += len(piece)
                    _not_a_bomb(file, real, len(content), limits)
                    if real > limits.unpacked_bytes:
                        raise LandReleaseError(
                            FILE_TOO_LARGE, file=file, what="the unpacked content",
                            found=real, expected=limits.unpacked_bytes)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError,
            ValueError) as error:
        raise LandReleaseError(FILE_CUT_OFF, file=file, place="the archive",
                               found=str(error)) from error
    return archive


def packed(parts: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip archive with fixed dates in the given order, so that equal parts give equal bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for name, data in parts:
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def members_of(archive: zipfile.ZipFile) -> list[str]:
    """Names of the files, without those that an operating system adds."""
    return [n for n in archive.namelist() if not n.endswith("/")
            and not n.startswith("__MACOSX") and PurePosixPath(n).name not in (
                ".DS_Store", "Thumbs.db", "desktop.ini")]
