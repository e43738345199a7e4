"""Photographs that came in, for readers who may see them: without what a camera wrote (S17)."""

from __future__ import annotations

from litestar import Request, Response, get
from litestar.params import FromPath

from landrelease.access.policy import View
from landrelease.apps.web.answers import note_reading, read
from landrelease.apps.web.tiers import within
from landrelease.store.registry import Registry


@get("/api/photographs/{sha256:str}", opt=within("source get"), media_type="image/jpeg")
async def photograph(request: Request, sha256: FromPath[str]) -> Response[bytes]:
    """A photograph by its SHA-256; another file, for who may see it, is only to be saved."""

    def work(registry: Registry, view: View) -> tuple[bytes, str]:
        from landrelease.workflows.photographs import given_out

        return given_out(registry, view, sha256)

    content, media = await read(request, work)
    note_reading(request, "photograph", sha256[:64])
    shown = media.startswith("image/")
    return Response(content, media_type=media, headers={
        "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff",
        **({} if shown else {"Content-Disposition": 'attachment; filename="file"'})})


HANDLERS = [photograph]
