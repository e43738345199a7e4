"""The page, its script, style and fonts: files of the package, nothing else of the disk."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from importlib import resources

from litestar import Request, Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from landrelease.apps.web import speaking, words
from landrelease.apps.web.tiers import OPEN

_KINDS = {".html": "text/html", ".js": "text/javascript",
          ".mjs": "text/javascript", ".css": "text/css",
          ".svg": "image/svg+xml", ".txt": "text/plain", ".ttf": "font/ttf"}
_LEAST = 1_000  # bytes from which a file is sent compressed


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    """Name -> (content, tag) of all that is served; what is not in it is not there."""
    found: dict[str, tuple[bytes, str]] = {}
    top = resources.files("landrelease.apps.web") / "static"
    fonts = resources.files("landrelease.data") / "fonts"
    for folder, prefix in ((top, ""), (top / "vendor", "vendor/"), (fonts, "fonts/")):
        for file in folder.iterdir():
            if file.is_file() and _ending(file.name) in _KINDS:
                content = file.read_bytes()
                found[prefix + file.name] = content, hashlib.sha256(content).hexdigest()[:20]
    return found


@cache
def _packed(name: str) -> bytes:
    """A file as it is sent compressed: packed once, not with every request."""
    return gzip.compress(_files()[name][0], 9, mtime=0)


def prepare() -> None:
    """Pack what is sent compressed, so that the first reader does not wait for it."""
    for name, (content, _) in _files().items():
        if len(content) > _LEAST:
            _packed(name)


def _ending(name: str) -> str:
    return name[name.rfind("."):] if "." in name else ""


def _answer(request: Request, name: str) -> Response[bytes]:
    if name not in _files():
        raise NotFoundException("There is no such file.")
    content, tag = _files()[name]
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == f'"{tag}"':
        return Response(b"", status_code=304, headers=headers)
    if len(content) > _LEAST and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = _packed(name), "gzip"
    return Response(content, media_type=_KINDS[_ending(name)], headers=headers)


@get("/", include_in_schema=False, exclude_from_auth=True, opt=OPEN)
async def index(request: Request) -> Response[bytes]:
    """The page, in the language of the request."""
    from html import escape

    from landrelease.apps.web.layout import foot

    told = speaking.texts()
    texts = words.said()  # the whole page shows them
    shown = _files()["index.html"][0].decode().format(
        lang=told.code, dir=told.direction, foot=foot("/"),
        **{k: escape(texts[k]) for k in ("skip", "nav", "menu", "caution",
                                         "no_script_at_all")})
    return Response(shown.encode(), media_type=_KINDS[".html"],
                    headers={"Cache-Control": "no-cache", "Vary": "Cookie, Accept-Language"})


@get("/static/{name:path}", include_in_schema=False, exclude_from_auth=True, opt=OPEN)
async def static(request: Request, name: FromPath[str]) -> Response[bytes]:
    """A file of the page."""
    return _answer(request, name.lstrip("/"))


@get("/favicon.ico", include_in_schema=False, exclude_from_auth=True, opt=OPEN)
async def favicon(request: Request) -> Response[bytes]:
    """The sign in the browser's tab."""
    return _answer(request, "sign.svg")


@get("/api/words", exclude_from_auth=True, opt=OPEN)
async def all_words() -> dict[str, str]:
    """The texts of the page by key, in the language that the request asks for."""
    return words.said()


HANDLERS = [index, static, favicon, all_words]
