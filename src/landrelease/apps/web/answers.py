"""What handlers share: the reader's view, careful headers, errors as the reader may know them."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from litestar import Request, Response
from litestar.connection import ASGIConnection
from litestar.exceptions import HTTPException
from litestar.status_codes import (
    HTTP_400_BAD_REQUEST,
    HTTP_401_UNAUTHORIZED,
    HTTP_403_FORBIDDEN,
    HTTP_404_NOT_FOUND,
    HTTP_409_CONFLICT,
    HTTP_429_TOO_MANY_REQUESTS,
    HTTP_503_SERVICE_UNAVAILABLE,
)

from landrelease.access import policy
from landrelease.access.policy import View
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.registries import Registries
from landrelease.core.texts import Texts
from landrelease.errors import LOOK_UPS_WAIT, NOT_FOR_ROLE, REPORTS_WAIT, LandReleaseError
from landrelease.store.registry import Registry

T = TypeVar("T")
_NOTED_MOST = 10_000
_WAIT = (HTTP_429_TOO_MANY_REQUESTS, HTTP_503_SERVICE_UNAVAILABLE)
_WAIT_S = 30  # where nothing says for how long
_READ_JSON = ("litestar.serialization.msgspec_hooks", "json.decoder")
OPENROSA = "X-OpenRosa-Version"  # in every request of a phone, and in every answer to one

# Nothing is loaded from elsewhere, nothing may frame a page, and no address is passed on.
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
        "connect-src 'self'; worker-src 'self' blob:; font-src 'self'; form-action 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"),
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Unless an answer says otherwise: nothing of a reader stays in a browser or a proxy.
    "Cache-Control": "private, no-store",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
}
# Besides, where readers come over https: for two years the browser asks no other way.
HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=63072000; includeSubDomains"}
FAULT = "The server made a fault; it is in its log."
NOT_UTF8 = "A field of the form is not in the encoding that it names; send UTF-8."
TOO_DEEP = "The JSON is nested too deeply."
# What a handler or the frame of the server says -> what a reader is told.
HTTP_TEXTS = {
    "Not Found": "Nothing is at this address.",
    "Method Not Allowed": "This cannot be done at this address.",
    "Sign in first.": "Sign in first.", NOT_UTF8: NOT_UTF8, TOO_DEEP: TOO_DEEP,
    "This form can only be sent from its own page.":
        "This form can only be sent from its own page.",
    "Request Entity Too Large": "More was sent than is taken here.",
    "There is no such file.": "There is no such file.",
    "There is no base map here.": "There is no base map here.",
    "The base map is not there any more.": "The base map is not there any more.",
    "There is no provider.": "There is no provider to sign in at.",
    "There is no such form.": "There is no such form.",
    "There is no such list.": "There is no such list.",
}
_STATUS = {"WEB-010": HTTP_404_NOT_FOUND, "ACC-101": HTTP_403_FORBIDDEN,
           "WEB-062": HTTP_404_NOT_FOUND,
           "CLI-105": HTTP_404_NOT_FOUND,
           "CLI-106": HTTP_404_NOT_FOUND, "STO-007": HTTP_503_SERVICE_UNAVAILABLE,
           "STO-031": HTTP_409_CONFLICT, "WEB-030": HTTP_429_TOO_MANY_REQUESTS,
           "WEB-032": HTTP_409_CONFLICT, "WEB-033": HTTP_503_SERVICE_UNAVAILABLE,
           "WEB-035": HTTP_404_NOT_FOUND, "WEB-014": HTTP_429_TOO_MANY_REQUESTS,
           **dict.fromkeys((REPORTS_WAIT.code, LOOK_UPS_WAIT.code), HTTP_429_TOO_MANY_REQUESTS),
           "WEB-017": HTTP_403_FORBIDDEN, "WEB-041": HTTP_401_UNAUTHORIZED,
           "WEB-008": HTTP_401_UNAUTHORIZED, "WEB-023": HTTP_401_UNAUTHORIZED,
           "WEB-021": HTTP_403_FORBIDDEN, "WEB-025": HTTP_403_FORBIDDEN,
           "WEB-063": HTTP_429_TOO_MANY_REQUESTS,
           "WEB-004": HTTP_404_NOT_FOUND,
           **dict.fromkeys(("REL-006", "REL-020", "REL-021", "INS-005", "INS-010", "PUB-031"),
                           HTTP_404_NOT_FOUND)}


def address_of(request: Request) -> str:
    """The network address of who asks, to count failures by; behind a proxy the one that the proxy
    saw (`proxies.Proxies`)."""
    return request.client.host if request.client else "unknown"


def asking_of(request: Request) -> Asking:
    """Who asks; the middleware put it there."""
    return request.user


async def read(request: Request, work: Callable[[Registry, View], T],
               threads: Registries | None = None) -> T:
    """`work(registry, view)` in a reading thread. An error says what the reader may know."""
    asking = asking_of(request)
    registries: Registries = threads or request.app.state.registries

    def inner(registry: Registry) -> T:
        from landrelease.workflows import sharing

        # Other processes and threads write too: what this reader sees is of this moment.
        view = sharing.reader_of(registry, asking.role, asking.organisation or None, asking.areas)
        try:
            return work(registry, view)
        except LandReleaseError as error:
            raise view.hushed(error) from None

    return await registries.run(inner)


def note_reading(request: Request, subject: str, detail: str = "", *, often: bool = False) -> None:
    """Log that somebody read what the public does not see (ASVS 16.2), or of which the public sees
    fewer fields than the reader. What is asked for many times a minute (`often`: tiles) stands in
    the log once for each minute and subject."""
    asking = asking_of(request)
    if not asking.signed_in or _public_sees_all(subject, asking.role):
        return
    if often:
        note_often(request, asking.account, asking.role, subject, detail)
    else:
        request.app.state.accounts.log(asking.account, asking.role, subject, detail)


def _public_sees_all(subject: str, role: str) -> bool:
    """Whether the public is shown as much of a subject as a role."""
    public, own = (policy.TABLE[name].get(subject, policy.NOTHING)
                   for name in ("public", policy.view(role).role))
    return public.precision == "exact" and (
        policy.ALL in public.fields or set(own.fields) <= set(public.fields))


def note_often(request: ASGIConnection, who: str, role: str, subject: str, detail: str) -> None:
    """Log what may come many times a minute once for each minute, who and subject."""
    noted: OrderedDict[tuple[str, str], int] = request.app.state.noted
    minute = int(time.monotonic() // 60)
    if noted.get((who, subject)) == minute:
        return
    noted[who, subject] = minute
    noted.move_to_end((who, subject))
    while len(noted) > _NOTED_MOST:
        noted.popitem(last=False)
    request.app.state.accounts.log(who, role, subject, detail)


def status_of(error: LandReleaseError) -> int:
    """The HTTP status of an error of ours."""
    return _STATUS.get(error.code, HTTP_400_BAD_REQUEST)


def retry_after(error: LandReleaseError | None) -> dict[str, str]:
    """When a program may ask again, of an answer that says to wait (RFC 6585, 4)."""
    if error is None or status_of(error) not in _WAIT:
        return {}
    return {"Retry-After": str(max(1, int(error.facts.get("seconds", _WAIT_S))))}


def on_error(request: Request, error: LandReleaseError) -> Response[Any]:
    """An error of ours as JSON: code, words, remedy; what was found stays in the words. A phone
    gets it as OpenRosa says, and shows it; who asked for a page gets a page. All in the language of
    the request, as far as it is translated."""
    from landrelease.apps.web import speaking

    asking: Asking | None = request.scope.get("user")
    if error.code == NOT_FOR_ROLE.code and asking is not None and asking.signed_in:
        request.app.state.accounts.log(asking.account, asking.role, "refused",
                                       request.url.path)  # ASVS 5.0, 16.3.2
    words = speaking.texts().error(error)
    if _of_a_phone(request):
        answer = openrosa_message(words, status_of(error))
        answer.headers.update(retry_after(error))
        return answer
    if _of_a_page(request):
        return _error_page(request, words, status_of(error), retry_after(error))
    return Response({"code": error.code, "description": words},
                    status_code=status_of(error), headers=retry_after(error),
                    media_type="application/json")


_FILES = ("/static/", "/tiles/")  # parts of a page, never shown alone


def _of_a_page(request: Request) -> bool:
    """Whether a browser asks for a page to show, or sends a form whose answer it shows: its script
    and programs name no HTML, or JSON before it."""
    return (prefers_html(request.headers.get("accept", ""))
            and not request.url.path.startswith(_FILES))


def prefers_html(accept: str) -> bool:
    """Whether an Accept header names HTML, and no JSON with as much weight (RFC 9110, 12.5.1).

    >>> prefers_html("text/html,*/*;q=0.8"), prefers_html("application/json, text/html;q=0.9")
    (True, False)
    """
    weights = {}
    for part in accept.lower().split(","):
        kind, *more = (word.strip() for word in part.split(";"))
        stated = next((word[2:] for word in more if word.startswith("q=")), "1")
        try:
            weights[kind] = float(stated)
        except ValueError:
            weights[kind] = 0.0
    return weights.get("text/html", 0.0) > max(
        weight for kind, weight in [("", 0.0), *weights.items()] if kind == "" or "json" in kind)


def _error_page(request: Request, words: str, status: int, headers: Mapping[str, str]
                ) -> Response[Any]:
    """What went wrong, on a page of its own with a way to sign in and to the public's page."""
    from landrelease.apps.web.layout import refused

    return Response(refused(request, words), media_type="text/html", status_code=status,
                    headers=dict(headers))


def http_words(texts: Texts, error: HTTPException) -> str:
    """What is said of a request that cannot be answered, as far as it is translated: what our
    server says of all sites alike (404, 405, 413) or what a handler of ours says (`HTTP_TEXTS`)."""
    english = HTTP_TEXTS.get(error.detail, error.detail)
    return texts(english) if english in HTTP_TEXTS.values() else english


def _of_a_phone(request: Request) -> bool:
    """Whether a phone asks; of who sends something there it is taken for granted."""
    return request.url.path.startswith("/openrosa/") and (
        request.method == "POST" or OPENROSA in request.headers)


def openrosa_message(words: str, status: int) -> Response[Any]:
    """What a phone shows, as OpenRosa 1.0 (Form Submission API) writes it."""
    from xml.sax.saxutils import escape

    return Response(
        ('<?xml version="1.0" encoding="UTF-8"?>\n<OpenRosaResponse '
         'xmlns="http://openrosa.org/http/response">'
         f"<message>{escape(words)}</message></OpenRosaResponse>").encode(),
        status_code=status, media_type="text/xml", headers={OPENROSA: "1.0"})


def on_http_error(request: Request, error: HTTPException) -> Response[Any]:
    """A request that cannot be answered; a phone gets it as OpenRosa says, so that it shows it."""
    secure = request.app.state.settings.secure
    if _of_a_phone(request):
        from landrelease.apps.web import speaking

        answer = openrosa_message(http_words(speaking.texts(), error), error.status_code)
        answer.headers.update({**HEADERS, **(HTTPS_HEADERS if secure else {}),
                               **(error.headers or {})})
        return answer
    # An address that there is not never passes the middleware.
    headers = {**HEADERS, **(HTTPS_HEADERS if secure else {}), **(error.headers or {})}
    from landrelease.apps.web import speaking

    with speaking.heard(request):
        words = http_words(speaking.texts(), error)
        if _of_a_page(request):
            return _error_page(request, words, error.status_code, headers)
    return Response({"code": str(error.status_code), "description": words},
                    status_code=error.status_code, headers=headers, media_type="application/json")


def on_unexpected(request: Request, error: Exception) -> Response[Any]:
    """A fault of ours: its words go to the log of the server, never to the reader (S14). A form
    that is not in the encoding that it names (UTF-8 where it names none) is the sender's, and so is
    JSON that is nested deeper than can be read."""
    import logging

    if isinstance(error, UnicodeError | LookupError) and _passed(error, "litestar._multipart"):
        return on_http_error(request, HTTPException(
            status_code=HTTP_400_BAD_REQUEST,
            detail=NOT_UTF8))
    if isinstance(error, RecursionError) and _passed(error, *_READ_JSON):
        return on_http_error(request, HTTPException(
            status_code=HTTP_400_BAD_REQUEST, detail=TOO_DEEP))
    logging.getLogger("landrelease.web").exception("%s %s", request.method, request.url.path,
                                                   exc_info=error)
    from landrelease.apps.web import speaking

    with speaking.heard(request):
        words = speaking.texts()(FAULT)
        if _of_a_page(request):
            return _error_page(request, words, 500, HEADERS)
    return Response({"code": "500", "description": words}, status_code=500,
                    media_type="application/json")


def _passed(error: Exception, *modules: str) -> bool:
    """Whether an error came through one of these modules: those that read what was sent, and let
    pass what their own readers raise."""
    at = error.__traceback__
    while at is not None:
        if at.tb_frame.f_globals.get("__name__") in modules:
            return True
        at = at.tb_next
    return False
