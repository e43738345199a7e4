"""The ground under the map: a PMTiles file that the user brings, sent in ranges by this server.

Nothing of the registry is in it, and nothing of it is read here but its first bytes. Source:
PMTiles version 3; RFC 9110, 14 (range requests).
"""

from __future__ import annotations

import re
from pathlib import Path

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException

from landrelease.apps.web.settings import Settings
from landrelease.apps.web.tiers import OPEN
from landrelease.errors import BASEMAP_WRONG, LandReleaseError

MAGIC = b"PMTiles\x03"
MOST_BYTES = 8_000_000  # of one answer; a reader of PMTiles asks for far less
_RANGE = re.compile(r"bytes=(\d{1,15})-(\d{0,15})")


def checked(path: Path) -> Path:
    """The whole path of a file of PMTiles, version 3. Raises WEB-043."""
    try:
        with path.open("rb") as file:
            head = file.read(8)
    except OSError as error:
        raise LandReleaseError(BASEMAP_WRONG, path=path, found=error.strerror) from error
    if head != MAGIC:
        raise LandReleaseError(BASEMAP_WRONG, path=path, found=f"it begins with {head[:8]!r}")
    return path.resolve()


@get("/basemap.pmtiles", include_in_schema=False, opt=OPEN)
async def basemap(request: Request) -> Response[bytes]:
    """A range of the file; without a range its beginning."""
    settings: Settings = request.app.state.settings
    if not settings.basemap:
        raise NotFoundException("There is no base map here.")
    path = Path(settings.basemap)

    def work(_: object) -> tuple[bytes, int, int, str]:
        size = path.stat().st_size
        wanted = _RANGE.fullmatch(request.headers.get("range", "").strip())
        first = int(wanted[1]) if wanted else 0
        last = int(wanted[2]) if wanted and wanted[2] else size - 1
        last = min(last, size - 1, first + MOST_BYTES - 1)
        if first > last:
            return b"", first, size, ""
        with path.open("rb") as file:
            file.seek(first)
            content = file.read(last - first + 1)
        return content, first, size, f'"{size:x}-{path.stat().st_mtime_ns:x}"'

    try:
        content, first, size, tag = await request.app.state.registries.run(work)
    except OSError:
        raise NotFoundException("The base map is not there any more.") from None
    headers = {"Accept-Ranges": "bytes", "Cache-Control": "private, max-age=600"}
    if not content:
        return Response(b"", status_code=416, headers={**headers,
                                                       "Content-Range": f"bytes */{size}"})
    return Response(content, status_code=206, media_type="application/octet-stream", headers={
        **headers, "ETag": tag,
        "Content-Range": f"bytes {first}-{first + len(content) - 1}/{size}"})


HANDLERS = [basemap]
