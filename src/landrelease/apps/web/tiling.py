"""Vector tiles: kept as long as what they follow from is the same, and each made once.

Whether a kept tile still holds is asked of the registry with every request, never guessed (S15);
requests that come while it is asked share the next answer. A tile that is not kept is made in
threads of its own, so that kept ones and pages do not wait behind it; who asks for the same one
meanwhile waits for that making.
"""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import os
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response, get
from litestar.params import FromPath, FromQuery

from landrelease.access import policy
from landrelease.access.policy import View
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.features import (
    WORDS,
    as_json,
    may_past,
    moment_of,
    only,
)
from landrelease.apps.web.registries import Registries
from landrelease.apps.web.tiers import VIEW
from landrelease.core.happened import PAST_WORDS
from landrelease.errors import PARAMETER_UNKNOWN, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

# Whether a tile was kept tells that somebody had asked for it: it is said to benchmarks only.
MEASURED = os.environ.get("LANDRELEASE_MEASURE") == "1"
_LARGE = 1_000  # bytes from which a tile is kept and sent compressed
_OVERHEAD = 300  # bytes of what is kept beside a tile


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished tile as it is sent. `tag` names reader and content."""

    content: bytes
    packed: bool
    tag: str

    @classmethod
    def of(cls, content: bytes, reader: str) -> Kept:
        # Of the content, not of the registry's state: that would tell of changes elsewhere.
        tag = hashlib.sha256(reader.encode() + content).hexdigest()[:24]
        packed = len(content) >= _LARGE
        return cls(gzip.compress(content, 4, mtime=0) if packed else content, packed, tag)


class TileCache:
    """The tiles that were asked for last, by what they follow from and by reader: a role sees no
    tile of another's. Only the event loop touches it."""

    def __init__(self, most_bytes: int = 48_000_000):
        self.most, self.held = most_bytes, 0
        self._kept: OrderedDict[tuple[Any, ...], Kept] = OrderedDict()
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: tuple[Any, ...]) -> Kept | None:
        found = self._kept.get(key)
        if found is None:
            self.misses += 1
            return None
        self.hits += 1
        self._kept.move_to_end(key)
        return found

    def put(self, key: tuple[Any, ...], tile: Kept) -> None:
        before = self._kept.pop(key, None)
        if before is not None:
            self.held -= len(before.content) + _OVERHEAD
        self._kept[key] = tile
        self.held += len(tile.content) + _OVERHEAD
        while self.held > self.most:
            _, gone = self._kept.popitem(last=False)
            self.held -= len(gone.content) + _OVERHEAD


class Tiles:
    """The cache, the threads that make tiles, and the one that asks whether kept ones hold."""

    def __init__(self, address: str, most_bytes: int = 48_000_000):
        self.cache = TileCache(most_bytes)
        self.making = Registries(address, threads=2)
        self._states = Registries(address, threads=1)
        self._flights: dict[tuple[Any, ...], asyncio.Future[Kept]] = {}
        self._wanted: dict[tuple[Any, ...], asyncio.Future[tuple[Any, ...]]] = {}
        self._reading: asyncio.Task[None] | None = None

    async def prepare(self) -> None:
        """Read what tiles are made from, in a thread that makes them; without it the first ones
        take longer, so a registry that cannot be read now is no fault."""
        from landrelease.workflows.map_tiles import prepare

        with suppress(LandReleaseError):
            await self.making.run(prepare)

    def close(self) -> None:
        self.making.close()
        self._states.close()

    async def state(self, wanted: tuple[Any, ...]) -> tuple[Any, ...]:
        """What a tile follows from, read after this was asked: `map_tiles.depends_on(*wanted)`."""
        loop = asyncio.get_running_loop()
        asked = self._wanted.get(wanted)
        if asked is None:
            asked = self._wanted[wanted] = loop.create_future()
        if self._reading is None or self._reading.done():
            self._reading = loop.create_task(self._read())
        return await asyncio.shield(asked)

    async def _read(self) -> None:
        while self._wanted:
            wanted, self._wanted = self._wanted, {}

            def work(registry: Registry, asked: tuple[tuple[Any, ...], ...] = tuple(wanted)
                     ) -> list[tuple[Any, ...]]:
                from landrelease.workflows.map_tiles import depends_on

                return [depends_on(registry, *one) for one in asked]

            try:
                found = await self._states.run(work)
            except BaseException as error:
                for asked in wanted.values():
                    if not asked.done():
                        asked.set_exception(error)
                        asked.exception()  # who asked may have gone
                if not isinstance(error, Exception):
                    raise
            else:
                for asked, state in zip(wanted.values(), found, strict=True):
                    if not asked.done():
                        asked.set_result(state)

    async def get(self, key: tuple[Any, ...], make: Callable[[], Any]) -> tuple[Kept, bool]:
        """The tile of a key, and whether it was kept; else `await make()`, once for all who ask."""
        found = self.cache.get(key)
        if found is not None:
            return found, True
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = asyncio.ensure_future(make())
            flight.add_done_callback(lambda done: self._landed(key, done))
        # Who asked first may go away; the others still wait for it.
        return await asyncio.shield(flight), False

    def _landed(self, key: tuple[Any, ...], flight: asyncio.Future[Kept]) -> None:
        del self._flights[key]
        with suppress(BaseException):
            self.cache.put(key, flight.result())


@get("/tiles/{name:str}/{z:int}/{x:int}/{y:int}", opt=VIEW)
async def one_tile(request: Request, name: FromPath[str], z: FromPath[int], x: FromPath[int],
                   y: FromPath[int], valid_at: FromQuery[str | None] = None,
                   known_at: FromQuery[str | None] = None) -> Response[bytes]:
    """One vector tile (Mapbox Vector Tile 2.1) of a collection; for who may see histories as it was
    on a day (`valid_at`), as it was known at an instant (`known_at`)."""
    only(request, "valid_at", "known_at")
    then = moment_of(valid_at, known_at)
    if not (0 <= z <= 22 and 0 <= x < 2**z and 0 <= y < 2**z):
        raise LandReleaseError(PARAMETER_WRONG, name="z/x/y", found=f"{z}/{x}/{y}",
                               expected="z is 0 to 22, x and y are 0 to 2^z - 1")
    asking = asking_of(request)
    service: Tiles = request.app.state.tiles
    reader = (asking.role, asking.organisation, asking.areas)

    def work(registry: Registry, view: View) -> Kept:
        from landrelease.workflows import map_tiles

        # The past is for who may see histories; for others there is no such parameter.
        if then is not None and not view.may("history", "revisions"):
            raise LandReleaseError(PARAMETER_UNKNOWN, found="valid_at, known_at", expected="none")
        return Kept.of(map_tiles.tile(registry, view, name, z, x, y, then), repr(reader))

    try:
        state = await service.state((*reader, name, then is not None))
    except LandReleaseError as error:
        raise policy.view(asking.role).hushed(error) from None
    tile, kept = await service.get((state, *reader, name, z, x, y, then),
                                   lambda: read(request, work, service.making))
    note_reading(request, name, "tiles", often=True)
    plain = tile.packed and "gzip" not in request.headers.get("accept-encoding", "")
    tag = f'"{tile.tag}-gzip"' if tile.packed and not plain else f'"{tile.tag}"'
    # The tag names reader and content: a browser may keep the tile, but asks each time.
    headers = {"Cache-Control": "private, no-cache", "ETag": tag,
               "Vary": "Cookie, Authorization, Accept-Encoding"}
    if MEASURED:
        headers["Server-Timing"] = f"tile;desc={'kept' if kept else 'made'}"
    if request.headers.get("if-none-match") == tag:
        return Response(b"", status_code=304, headers=headers)
    if tile.packed and not plain:
        headers["Content-Encoding"] = "gzip"
    return Response(gzip.decompress(tile.content) if plain else tile.content,
                    media_type="application/vnd.mapbox-vector-tile", headers=headers)


@get("/tiles/{file:str}", opt=VIEW)
async def tile_description(request: Request, file: FromPath[str],
                           valid_at: FromQuery[str | None] = None,
                           known_at: FromQuery[str | None] = None) -> Response[bytes]:
    """The TileJSON of a collection: `/tiles/COLLECTION.json`; with `valid_at`, `known_at`
    that of its tiles of then."""
    only(request, "f", "valid_at", "known_at")
    name, then = file.removesuffix(".json"), moment_of(valid_at, known_at)
    query = {k: v for k, v in (("valid_at", valid_at), ("known_at", known_at)) if v}

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import collections, map_tiles, marks

        found = collections.collection(registry, view, name)
        may_past(view, name, then)
        title = found.title if then is None else (
            f"{found.title} ({', '.join(f'{k} {v}' for k, v in query.items())})")
        shown = [f for f in found.fields
                 if f.name in map_tiles.TILE_FIELDS or f.name in marks.NAMES]
        return {"tilejson": "3.0.0", "name": title,
                "description": (PAST_WORDS if then else "") + WORDS,
                "tiles": [f"{str(request.base_url).rstrip('/')}/tiles/{name}/{{z}}/{{x}}/{{y}}"
                          + (f"?{urlencode(query)}" if query else "")],
                "minzoom": 0, "maxzoom": 16,
                "vector_layers": [{"id": name, "fields": {
                    "id": "record", **{f.name: f.definition for f in shown}}}]}

    return as_json(await read(request, work))


HANDLERS = [one_tile, tile_description]
