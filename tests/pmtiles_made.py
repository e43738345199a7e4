"""A base map of one tile: the smallest file of PMTiles, version 3, for the tests of the map.

Source: PMTiles version 3 specification (header of 127 bytes, root directory, metadata, tiles).
"""

import gzip
import json
import struct
import zlib


def png(size=256, colour=(200, 215, 220)):
    """A picture of one colour."""
    def chunk(kind, content):
        return (struct.pack(">I", len(content)) + kind + content
                + struct.pack(">I", zlib.crc32(kind + content)))

    rows = b"".join(b"\0" + bytes(colour) * size for _ in range(size))
    head = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head)
            + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def _number(value):
    out = b""
    while value > 127:
        out += bytes([value & 127 | 128])
        value >>= 7
    return out + bytes([value])


def archive(tile=None, **about):
    """Tile 0/0/0: as a picture, or what is given as a vector tile, with its metadata."""
    kind, tile = (2, png()) if tile is None else (1, tile)
    # One entry: its id, run length, length, offset (+ 1).
    root = gzip.compress(b"".join(map(_number, (1, 0, 1, len(tile), 1))))
    about = gzip.compress(json.dumps({"name": "synthetic", **about}).encode())
    at = 127
    header = b"PMTiles\x03" + struct.pack(
        "<11Q", at, len(root), at + len(root), len(about), at + len(root) + len(about), 0,
        at + len(root) + len(about), len(tile), 1, 1, 1)
    header += bytes([1, 2, 1, kind, 0, 0])  # clustered, gzip inside, tiles as they are, zoom 0-0
    header += struct.pack("<4i", -1_800_000_000, -850_000_000, 1_800_000_000, 850_000_000)
    header += bytes([0]) + struct.pack("<2i", 0, 0)
    assert len(header) == 127
    return header + root + about + tile
