"""WEB: finished tiles are kept, each is made once, and what is kept follows the registry."""

import asyncio
import gzip

import pytest

from landrelease.apps.web.tiling import Kept, TileCache, Tiles
from landrelease.store.open import create_registry
from test_web import address, app, client, place, server, sign_in  # noqa: F401  fixtures


def test_the_cache_holds_what_it_says_and_no_more():
    cache = TileCache(most_bytes=10_000)
    for _ in range(50):  # the same tile again and again takes its place once
        cache.put(("a",), Kept(b"x" * 700, False, "t"))
    assert cache.held == 1_000 and len(cache) == 1
    for n in range(40):
        cache.put((n,), Kept(b"x" * 700, False, "t"))
        assert cache.get((n,)) is not None
    assert len(cache) == 10 and cache.held == 10_000
    assert cache.get((39,)) and not cache.get((3,)), "the oldest went"


def test_a_tile_that_many_ask_for_is_made_once(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Office").close()
    tiles, made = Tiles(str(tmp_path / "r.gpkg")), []

    async def make():
        made.append(1)
        await asyncio.sleep(0.01)
        return Kept.of(b"tile", "reader")

    async def ask():
        first = asyncio.ensure_future(tiles.get(("key",), make))
        rest = [asyncio.ensure_future(tiles.get(("key",), make)) for _ in range(20)]
        await asyncio.sleep(0)
        first.cancel()  # who asked first goes away
        return [tile.content for tile, _ in await asyncio.gather(*rest)]

    assert asyncio.run(ask()) == [b"tile"] * 20 and made == [1]
    tiles.close()


def test_a_tile_that_could_not_be_made_is_tried_again(tmp_path):
    create_registry(tmp_path / "r.gpkg", office="Office").close()
    tiles, tries = Tiles(str(tmp_path / "r.gpkg")), []

    async def make():
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("not now")
        return Kept.of(b"tile", "reader")

    async def ask():
        with pytest.raises(ValueError, match="not now"):
            await tiles.get(("key",), make)
        await asyncio.sleep(0)
        return await tiles.get(("key",), make), await tiles.get(("key",), make)

    (first, kept), (second, kept_then) = asyncio.run(ask())
    assert first == second and not kept and kept_then
    tiles.close()


def test_whether_a_kept_tile_holds_is_asked_after_each_question(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        tiles = Tiles(str(tmp_path / "r.gpkg"))
        wanted = ("planner", "", (), "hazard", False)

        async def ask():
            before = await asyncio.gather(*(tiles.state(wanted) for _ in range(5)))
            registry.keep_setting("synthetic", "yes")
            return before, await tiles.state(wanted)

        before, after = asyncio.run(ask())
        assert len(set(before)) == 1 and after != before[0]
        tiles.close()


def test_tiles_of_every_zoom_stand_in_the_log_once_a_minute(app, client):  # noqa: F811
    sign_in(client, "planner")
    for _ in range(3):
        assert client.get("/tiles/hazard/14/8986/5923").status_code == 200
    said = [(row[1], row[3], row[4]) for row in app.state.accounts.logged(50)]
    assert said.count(("one.planner", "hazard", "tiles")) == 1


def test_a_large_tile_is_sent_as_it_is_kept(app, client):  # noqa: F811
    sign_in(client, "planner")
    packed = Kept.of(b"x" * 5_000, "reader")
    assert packed.packed and gzip.decompress(packed.content) == b"x" * 5_000
    there = client.get("/tiles/hazard/9/280/185")
    key = next(reversed(app.state.tiles.cache._kept))
    app.state.tiles.cache.put(key, packed)
    compressed = client.get("/tiles/hazard/9/280/185", headers={"accept-encoding": "gzip"})
    plain = client.get("/tiles/hazard/9/280/185", headers={"accept-encoding": "identity"})
    assert there.status_code == 200 and compressed.content == plain.content == b"x" * 5_000
    assert compressed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert compressed.headers["etag"] != plain.headers["etag"]
