"""Files that come in with a request: their names, and where they are put."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from litestar.datastructures import UploadFile

# Own assumption: over it a file is split, or imported on the command line (docs/import.md).
MOST_FILE = 500_000_000


def plain_name(file: UploadFile) -> str:
    """The name of a file without folders; its ending says how it is read."""
    name = PurePosixPath((file.filename or "").replace("\\", "/").replace("\0", "")).name
    return name[-120:] if name not in ("", ".", "..") else "upload"


async def put(file: UploadFile, path: Path) -> None:
    """Write a file that was sent, a piece at a time; only its owner may read it."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
        while piece := await file.read(1 << 20):
            stream.write(piece)
