"""Messages about new and changed records to addresses that an account names, at its own tier."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpcore
import orjson
from litestar import Litestar, Request, get, post
from litestar.params import FromPath, JSONBody

from landrelease.access.policy import View
from landrelease.apps.web import outward
from landrelease.apps.web.answers import asking_of, read
from landrelease.apps.web.features import CRS84, feature
from landrelease.apps.web.tiers import within
from landrelease.errors import COLLECTION_UNKNOWN, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry
from landrelease.store.webhooks import Webhook, Webhooks

EVERY = 5.0  # seconds between two looks at the registry
ITEMS = 200  # in one message
_log = logging.getLogger("landrelease.web.webhooks")
Send = Callable[[str, bytes, dict[str, str]], int]


@dataclass
class Subscription:
    """Where to send, and about which kinds of record."""

    url: str
    kinds: list[str] = field(default_factory=list)


def _told(one: Webhook) -> dict[str, Any]:
    return {"id": one.id, "url": one.url, "kinds": list(one.kinds), "made_at": one.made_at,
            "failures": one.failures, "rests": one.disabled, "last": one.last}


@get("/api/webhooks", opt=within(account=True))
async def listed(request: Request) -> list[dict[str, Any]]:
    """The subscriptions of the account."""
    hooks: Webhooks = request.app.state.webhooks
    return [_told(one) for one in hooks.of(asking_of(request).account)]


@post("/api/webhooks", opt=within(account=True), status_code=201)
async def subscribe(request: Request, data: JSONBody[Subscription]) -> dict[str, Any]:
    """Subscribe; the secret that signs the messages is shown this once."""
    hooks: Webhooks = request.app.state.webhooks
    url = outward.checked(data.url)
    kinds = tuple(dict.fromkeys(data.kinds))
    if not kinds or len(kinds) > 50:
        raise LandReleaseError(PARAMETER_WRONG, name="kinds", found=len(kinds),
                               expected="it names 1 to 50 kinds of record")

    def work(registry: Registry, view: View) -> tuple[int, tuple[str, Any]]:
        from landrelease.workflows import following

        for kind in kinds:
            if view.precision(kind) != "exact":
                raise LandReleaseError(COLLECTION_UNKNOWN, found=kind[:60])
        return registry.count(), (_state(registry), following.marks_of(registry, kinds))

    seen, marks = await read(request, work)
    made, secret = hooks.add(asking_of(request).account, url, kinds, seen, marks)
    asking = asking_of(request)
    request.app.state.accounts.log(asking.account, asking.role, "webhook made",
                                   f"{urlsplit(url).hostname}: {', '.join(kinds)}")
    return {"id": made, "secret": secret}


@post("/api/webhooks/{name:str}/remove", opt=within(account=True), status_code=200)
async def unsubscribe(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """End a subscription; what waits is not sent."""
    asking = asking_of(request)
    request.app.state.webhooks.remove(asking.account, name)
    request.app.state.accounts.log(asking.account, asking.role, "webhook removed", name)
    return {"id": name}


@post("/api/webhooks/{name:str}/wake", opt=within(account=True), status_code=200)
async def wake(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """Send again, from now on, where a subscription rests after failures."""
    seen = await read(request, lambda registry, _: registry.count())
    request.app.state.webhooks.wake(asking_of(request).account, name, seen)
    return {"id": name}


# --- sending -------------------------------------------------------------------------------------

def signed(secret: str, body: bytes, at: int) -> str:
    """The header that signs a message: `t=TIME,v1=HMAC`, HMAC-SHA256 over "TIME.BODY"."""
    made = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={made}"


def _state(registry: Registry) -> str:
    """From what the marks of now follow, as a text that two starts of the app can compare."""
    from landrelease.workflows.unsigned import state_of

    return hashlib.sha256(repr(state_of(registry)).encode()).hexdigest()


def collect(registry: Registry, hooks: Webhooks) -> None:
    """Put what changed for each subscription among the messages that wait."""
    from landrelease.workflows import following, is_synthetic, sharing

    newest, state = registry.count(), _state(registry)
    for one in hooks.awake():
        # What waits changes marks too (S11), and is no revision. What they were stands in the file
        # of accounts: what changed while no server ran is told as well.
        held, marks = hooks.marks(one.id)
        if one.seen >= newest and held == state:
            continue
        account = hooks.accounts.account(one.account)
        if account is None or account.disabled:
            hooks.rest(one.id, "the account is closed")
            continue
        view = sharing.reader_of(registry, account.role, account.organisation or None,
                                 account.areas)
        found = following.changed(registry, view, one.kinds, one.seen, marks)
        made_up = is_synthetic(registry)
        bodies = []
        for kind, items in found.items.items():
            for start in range(0, len(items), ITEMS):
                bodies.append(orjson.dumps({
                    "event": secrets.token_urlsafe(12), "type": "records.changed", "kind": kind,
                    **({"synthetic": True} if made_up else {}),
                    "features": [feature(i, CRS84, made_up)
                                 for i in items[start:start + ITEMS]]}))
        hooks.keep(one.id, bodies, max(found.seen, one.seen), (state, found.marks))
        if bodies:
            hooks.accounts.log(account.name, account.role, "webhook message",
                               f"{urlsplit(one.url).hostname}: " + ", ".join(
                                   f"{len(v)} {k}" for k, v in found.items.items()))


def deliver(hooks: Webhooks, send: Send = outward.post) -> None:
    """Send the messages whose time came, once each."""
    by_id = {one.id: one for one in hooks.awake()}
    for number, name, body in hooks.due():
        one = by_id.get(name)
        account = hooks.accounts.account(one.account) if one else None
        if one is None or account is None or account.disabled:
            hooks.rest(name, "the account is closed")
            continue
        headers = {"Content-Type": "application/json", "User-Agent": "landrelease",
                   "X-Landrelease-Signature": signed(hooks.secret(name), body, int(time.time()))}
        try:
            status = send(one.url, body, headers)
        except LandReleaseError as error:
            hooks.failed(name, error.code)
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError,
                OSError) as error:
            hooks.failed(name, type(error).__name__)
        else:
            if 200 <= status < 300:
                hooks.sent(number, name)
            else:
                hooks.failed(name, f"status {status}")


@contextlib.asynccontextmanager
async def running(app: Litestar) -> AsyncIterator[None]:
    """Look at the registry every few seconds, and send, while the app runs."""
    hooks: Webhooks = app.state.webhooks
    pool = ThreadPoolExecutor(1, thread_name_prefix="webhooks")

    async def go() -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(EVERY)
            try:
                if await loop.run_in_executor(pool, hooks.awake):
                    await app.state.registries.run(lambda registry: collect(registry, hooks))
                    await loop.run_in_executor(pool, deliver, hooks)
            except Exception:  # the next round tries again; nothing of a message is in the log
                _log.exception("a round of webhooks failed")

    task = asyncio.create_task(go())
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        pool.shutdown(wait=False, cancel_futures=True)


HANDLERS = [listed, subscribe, unsubscribe, wake]
