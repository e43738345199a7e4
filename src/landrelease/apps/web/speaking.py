"""In which language a page is: what was chosen (a cookie), else what the browser asks for.

One request speaks one language, also in the thread that reads the registry for it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from litestar import Request, Response, get
from litestar.params import FromQuery
from litestar.types import ASGIApp, Receive, Scope, Send

from landrelease.apps.web.tiers import OPEN
from landrelease.core.finding import Finding
from landrelease.core.texts import ENGLISH, Texts

COOKIE = "landrelease-language"
_YEAR = 365 * 86_400
_NOW: ContextVar[Texts] = ContextVar("texts", default=ENGLISH)


def texts() -> Texts:
    """The texts of the language of this request; English outside of one."""
    return _NOW.get()


def findings(listed: Iterable[Finding]) -> list[dict[str, Any]]:
    """What is wrong with rows, in the language of this request."""
    return [told(dataclasses.asdict(f)) for f in listed]


def told(finding: dict[str, Any]) -> dict[str, Any]:
    """One of them, as JSON holds it."""
    problem, remedy = texts().finding(finding["code"], finding["problem"], finding["remedy"])
    return {**finding, "problem": problem, "remedy": remedy}


@contextmanager
def heard(request: Request) -> Iterator[None]:
    """The language of a request that never passed `Speaking`: to an address that there is not."""
    from landrelease.workflows import languages

    token = _NOW.set(languages.texts(language_of(request)).watched())
    try:
        yield
    finally:
        _NOW.reset(token)


def language_of(request: Request) -> str:
    """The language that was chosen, else the first of the browser's that there is, else English."""
    from landrelease.workflows.languages import NAMES

    chosen = request.cookies.get(COOKIE, "")
    if chosen in NAMES:
        return chosen
    for part in request.headers.get("accept-language", "").split(",")[:10]:
        code = part.split(";")[0].strip().lower()[:2]
        if code in NAMES:
            return code
    return "en"


class Speaking:
    """Says to all that answers a request which language it speaks."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        from landrelease.workflows import languages

        token = _NOW.set(languages.texts(language_of(Request(scope))).watched())
        try:
            await self.app(scope, receive, send)
        finally:
            _NOW.reset(token)


@get("/language", include_in_schema=False, exclude_from_auth=True, opt=OPEN)
async def choose(request: Request, lang: FromQuery[str] = "en", then: FromQuery[str] = "/"
                 ) -> Response[str]:
    """Choose the language of the pages, and go back to where that was chosen. It changes nothing
    but how pages are shown, and leads nowhere but to a page of ours."""
    from landrelease.workflows.languages import NAMES

    ours = then.startswith("/") and not then.startswith(("//", "/\\")) and then.isprintable()
    answer: Response[str] = Response("", status_code=303, headers={
        "Location": then if ours else "/", "Cache-Control": "no-store"})
    answer.set_cookie(COOKIE, lang if lang in NAMES else "en", max_age=_YEAR, path="/",
                      httponly=True, samesite="lax",
                      secure=request.app.state.settings.secure)
    return answer


HANDLERS = [choose]
