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
from landrelease.apps.web.account import once
from landrelease.apps.web.answers import asking_of, read
from landrelease.apps.web.features import CRS84, feature
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import word
from landrelease.errors import (
    ADDRESS_REFUSED,
    COLLECTION_UNKNOWN,
    PARAMETER_WRONG,
    WEBHOOK_TESTS_WAIT,
    LandReleaseError,
)
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
    _note(request, "webhook made", f"{urlsplit(url).hostname}: {', '.join(kinds)}")
    return {"id": made, "secret": secret, **once(
        word("once.secret"), secret, word("once.secret_words"), "/webhooks")}


def _note(request: Request, subject: str, detail: str) -> None:
    asking = asking_of(request)
    request.app.state.accounts.log(asking.account, asking.role, subject, detail)


def _done(name: str, key: str) -> dict[str, Any]:
    return {"id": name, "said": word(key), "location": "/webhooks"}


@post("/api/webhooks/{name:str}/remove", opt=within(account=True), status_code=200)
async def unsubscribe(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """End a subscription; what waits is not sent."""
    request.app.state.webhooks.remove(asking_of(request).account, name)
    _note(request, "webhook removed", name)
    return _done(name, "hook.removed")


@post("/api/webhooks/{name:str}/wake", opt=within(account=True), status_code=200)
async def wake(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """Send again, from now on, where a subscription rests after failures."""
    seen = await read(request, lambda registry, _: registry.count())
    request.app.state.webhooks.wake(asking_of(request).account, name, seen)
    _note(request, "webhook woken", name)
    return _done(name, "hook.woken")


@post("/api/webhooks/{name:str}/pause", opt=within(account=True), status_code=200)
async def pause(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """Send nothing until `wake`; what waits is not sent."""
    request.app.state.webhooks.pause(asking_of(request).account, name)
    _note(request, "webhook paused", name)
    return _done(name, "hook.paused")


@post("/api/webhooks/{name:str}/test", opt=within(account=True), status_code=200)
async def test(request: Request, name: FromPath[str]) -> dict[str, Any]:
    """Send a message of the type "test", without any record, at once; `outcome` is "sent" or what
    went wrong. It counts as no failure. A few in a quarter of an hour. WEB-063: they wait."""
    hooks: Webhooks = request.app.state.webhooks
    account = asking_of(request).account
    one = hooks.one(account, name)
    waits = request.app.state.test_throttle.take(account, time.monotonic())
    if waits:
        raise LandReleaseError(WEBHOOK_TESTS_WAIT, seconds=waits)
    body = orjson.dumps({"event": secrets.token_urlsafe(12), "type": "test"})
    outcome = await asyncio.to_thread(attempt, hooks, one, body, request.app.state.send)
    hooks.tried(name, outcome)
    _note(request, "webhook tested", f"{urlsplit(one.url).hostname}: {outcome}")
    return {"outcome": outcome, **_done(name, "hook.tested"), "said": outcome_words(outcome)}


def outcome_words(outcome: str) -> str:
    """What became of an attempt, in the language of the reader."""
    if outcome.startswith("status "):
        return word("hook.status", status=outcome.removeprefix("status "))
    return word("hook.sent" if outcome == "sent" else
                "hook.not_public" if outcome == ADDRESS_REFUSED.code else
                "hook.timeout" if outcome.endswith(("Timeout", "TimeoutError")) else
                "hook.no_connection" if outcome in ("ConnectError", "ConnectionRefusedError") else
                "hook.broke")


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
        outcome = attempt(hooks, one, body, send)
        if outcome == "sent":
            hooks.sent(number, name)
        else:
            hooks.failed(name, outcome)


def attempt(hooks: Webhooks, one: Webhook, body: bytes, send: Send) -> str:
    """Send a message once: "sent", or what went wrong, without anything of the message."""
    headers = {"Content-Type": "application/json", "User-Agent": "landrelease",
               "X-Landrelease-Signature": signed(hooks.secret(one.id), body, int(time.time()))}
    try:
        status = send(one.url, body, headers)
    except LandReleaseError as error:
        return error.code
    except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError,
            OSError) as error:
        return type(error).__name__
    return "sent" if 200 <= status < 300 else f"status {status}"


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


HANDLERS = [listed, subscribe, unsubscribe, wake, pause, test]
