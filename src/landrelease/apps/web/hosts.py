"""Around every request: only known names of the server, careful headers on every answer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar.middleware import ASGIMiddleware
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send

from landrelease.apps.web.answers import prefers_html

UNKNOWN = "The server is not known by this name."


class Hosts(ASGIMiddleware):
    """Refuses a request whose Host is none of the names that the server was told, with any port:
    no page elsewhere reads it by a name of its own (DNS rebinding). Adds the headers to every
    answer, those of errors included."""

    def __init__(self, names: tuple[str, ...], headers: Mapping[str, str]):
        self.names = frozenset(name.lower().strip("[]") for name in names)
        self.headers = [(k.lower().encode(), v.encode()) for k, v in headers.items()]

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        if scope["type"] != "http":
            return await next_app(scope, receive, send)

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"],
                                      *(h for h in self.headers if h[0] not in there)]
            await send(message)

        headers: Any = scope["headers"]
        stated = [value.decode("latin-1") for name, value in headers if name.lower() == b"host"]
        if len(stated) == 1 and host_name(stated[0]) in self.names:
            return await next_app(scope, receive, with_headers)
        accept = b",".join(value for name, value in headers if name.lower() == b"accept")
        page = prefers_html(accept.decode("latin-1"))
        refusal = ASGIResponse(
            body=f"<!doctype html>\n<title>landrelease</title>\n<p>{UNKNOWN}</p>\n".encode() if page
            else f'{{"code":"400","description":"{UNKNOWN}"}}'.encode(),
            status_code=400, media_type="text/html" if page else "application/json")
        return await refusal(scope, receive, with_headers)


def host_name(header: str) -> str:
    """The name in a Host header, without port and brackets, lower case.

    >>> host_name("LocalHost:8080"), host_name("[::1]:80"), host_name("::1")
    ('localhost', '::1', '::1')
    """
    text = header.strip().lower()
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text if text.count(":") > 1 else text.partition(":")[0]
