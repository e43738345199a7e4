"""The app: handlers, who may ask, headers, errors."""

from __future__ import annotations

import asyncio
import hmac
import sys
from collections import OrderedDict
from pathlib import Path

from litestar import Litestar, Request, Router, get
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.exceptions import HTTPException, PermissionDeniedException
from litestar.handlers.base import BaseRouteHandler
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig

from landrelease.apps.web import (
    account,
    around,
    basemap,
    claims,
    complaints,
    deciding,
    documents,
    features,
    figuring,
    finding,
    forecasting,
    importing,
    inspecting,
    keeping,
    keys,
    layers,
    oidc,
    openrosa,
    outward,
    pages,
    past,
    people,
    photographs,
    planning,
    public,
    quality,
    records,
    releasing,
    signin,
    speaking,
    tiling,
    validating,
    waiting,
    webhooks,
    webhooks_page,
    work,
)
from landrelease.apps.web.answers import (
    HEADERS,
    HTTPS_HEADERS,
    OPENROSA,
    note_often,
    on_error,
    on_http_error,
    on_unexpected,
)
from landrelease.apps.web.description import Described
from landrelease.apps.web.guessing import Guesses
from landrelease.apps.web.hosts import Hosts
from landrelease.apps.web.jobs import Jobs
from landrelease.apps.web.proxies import Proxies
from landrelease.apps.web.readers import Asking, Authentication
from landrelease.apps.web.registries import EXPORTS, Registries
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.speaking import Speaking
from landrelease.apps.web.throttle import Throttle
from landrelease.apps.web.tiers import OPEN, SAFE, within_tier
from landrelease.errors import LandReleaseError
from landrelease.store.accounts import Accounts
from landrelease.store.webhooks import Webhooks

_MOST_BODY = 25_000_000


@get("/health", exclude_from_auth=True, opt=OPEN)
async def health(request: Request) -> dict[str, str]:
    """Whether the server answers and its registry can be read; nothing about what is in it."""
    await request.app.state.registries.run(lambda registry: registry.count())
    return {"status": "ok"}


def own_page(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """A change must come from a page of ours or from a program, never from another site (ASVS
    3.5): it carries the header X-CSRF-Token, which another site cannot add without asking first,
    and with a session the session's token, which no other site can read."""
    asking: Asking | None = connection.scope.get("user")
    if connection.scope.get("method", "GET") in SAFE:
        return
    if handler.opt.get("open_form"):  # of the public, without an account: it changes nothing itself
        return public.open_form(connection)
    if asking is None:
        return
    # A phone speaks OpenRosa and brings its token: a page elsewhere can add neither header without
    # asking first, and no cookie opens the way of the phones.
    if connection.headers.get(OPENROSA) and not asking.csrf:
        return
    stated = connection.headers.get("x-csrf-token", "")
    site = connection.headers.get("sec-fetch-site", "same-origin")
    refused = ""
    if site not in ("same-origin", "none") or not stated:
        refused = (f"A submission needs the header {OPENROSA}: 1.0 (OpenRosa 1.0, HTTP Request)."
                   if connection.scope["path"].startswith("/openrosa/") and not asking.csrf else
                   "A change needs the header X-CSRF-Token.")
    elif asking.csrf and not hmac.compare_digest(stated, asking.csrf):
        refused = "The page is out of date: load it again."
    if refused:
        if asking.signed_in:  # ASVS 5.0, 16.3.3
            note_often(connection, asking.account, asking.role, "refused",
                       f"no token of a page: {connection.scope['path']}")
        raise PermissionDeniedException(refused)


def make_app(settings: Settings) -> Litestar:
    """The app over a registry. Raises STO-... where it cannot be opened."""
    registries, tiles = Registries(settings.address), tiling.Tiles(settings.address)
    exports = Registries(settings.address, EXPORTS)
    accounts = Accounts(Path(settings.accounts))
    provider = oidc.Provider(oidc.read_client(Path(settings.oidc))) if settings.oidc else None

    jobs, guesses = Jobs(settings.address, work.base_of(settings)), Guesses()

    async def open_all(app: Litestar) -> None:
        jobs.begin()
        await registries.run(lambda registry: registry.count())
        app.state.preparing = [asyncio.create_task(one) for one in (
            asyncio.to_thread(pages.prepare), tiles.prepare())]

    async def close_all(app: Litestar) -> None:
        for one in app.state.preparing:
            one.cancel()
        await jobs.stop()
        registries.close()
        exports.close()
        tiles.close()
        guesses.close()
        accounts.close()

    headers = {**HEADERS, **(HTTPS_HEADERS if settings.secure else {})}
    return Litestar(
        route_handlers=[health, *features.HANDLERS, *tiling.HANDLERS, *signin.HANDLERS,
                        *oidc.HANDLERS, *account.HANDLERS, *keeping.HANDLERS, *keys.HANDLERS,
                        *webhooks.HANDLERS, *webhooks_page.HANDLERS,
                        *records.HANDLERS, *around.HANDLERS, *finding.HANDLERS,
                        *figuring.HANDLERS,
                        *importing.HANDLERS, *waiting.HANDLERS, *openrosa.HANDLERS,
                        *public.HANDLERS, *pages.HANDLERS, *speaking.HANDLERS,
                        *validating.HANDLERS, *work.HANDLERS, *planning.HANDLERS,
                        *deciding.HANDLERS,
                        *forecasting.HANDLERS, *claims.HANDLERS, *releasing.HANDLERS,
                        *inspecting.HANDLERS, *complaints.HANDLERS, *people.HANDLERS,
                        *quality.HANDLERS,
                        *documents.HANDLERS, *photographs.HANDLERS,
                        *basemap.HANDLERS, *past.HANDLERS, *layers.HANDLERS],
        middleware=[Proxies(settings.proxies), Hosts(settings.hosts, headers), Speaking,
                    DefineMiddleware(Authentication)],
        guards=[own_page, within_tier],
        state=State({"settings": settings, "registries": registries, "accounts": accounts,
                     "exports": exports, "jobs": jobs,
                     "tiles": tiles, "noted": OrderedDict(), "guesses": guesses,
                     "provider": provider,
                     "webhooks": Webhooks(accounts), "send": outward.post,
                     "test_throttle": Throttle(), "submitting": asyncio.Lock(),
                     "report_key": public.new_key(), "report_throttle": Throttle(),
                     "code_throttle": Throttle(one=20, everybody=2_000)}),
        compression_config=CompressionConfig(backend="gzip", gzip_compress_level=4,
                                             minimum_size=1_000, exclude=[
                                                 r"\.(parquet|xlsx)$", "^/static/",
                                                 r"^/tiles/[^/]+/\d+/\d+/\d+$"]),
        exception_handlers={LandReleaseError: on_error, HTTPException: on_http_error,
                            Exception: on_unexpected},
        request_max_body_size=_MOST_BODY,
        openapi_config=OpenAPIConfig(
            title="landrelease", version="1",
            description="Records of a mine-clearance programme, as the reader's role may see them.",
            render_plugins=[Described()], path="/schema",
            openapi_router=Router(path="/schema", route_handlers=[], opt=OPEN,
                                  include_in_schema=False)),
        lifespan=[webhooks.running], on_startup=[open_all], on_shutdown=[close_all],
        debug=False,
    )


def from_environment() -> Litestar:
    """The app as the server's processes make it."""
    # Threads that make tiles give way sooner than after the five milliseconds of a default that is
    # made for few threads: kept tiles go out meanwhile.
    sys.setswitchinterval(0.001)
    return make_app(Settings.from_environment())

