"""Signing in and out: sessions in a cookie that scripts cannot read, failures slow down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.datastructures import Cookie
from litestar.params import JSONBody
from litestar.status_codes import HTTP_401_UNAUTHORIZED

from landrelease.apps.web import oidc, speaking
from landrelease.apps.web.answers import address_of, asking_of
from landrelease.apps.web.guessing import Guesses
from landrelease.apps.web.readers import cookie_name
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.tiers import OPEN, within
from landrelease.errors import SIGN_IN_WRONG, LandReleaseError
from landrelease.store.accounts import FAILURE_MINUTES, FAILURES, SESSION_HOURS, Accounts


@dataclass
class Credentials:
    """What a person types in."""

    name: str
    password: str


@get("/api/session", name="session", opt=OPEN)
async def who(request: Request) -> Response[dict[str, Any]]:
    """Who is signed in, what the role is, and the token that a change must carry. The cookie of a
    session that has ended goes."""
    asking = asking_of(request)
    settings: Settings = request.app.state.settings
    provider = request.app.state.provider
    ended = cookie_name(settings) in request.cookies and not asking.signed_in
    return Response(
        {"account": asking.account, "role": asking.role, "organisation": asking.organisation,
         "areas": list(asking.areas), "csrf": asking.csrf, "reads_as": asking.sign,
         "provider": provider.client.label if provider else ""},
        cookies=[_no_cookie(settings)] if ended else [])


@post("/api/session", status_code=200, opt=OPEN)
async def sign_in(
    request: Request,
    data: JSONBody[Credentials],
) -> Response[dict[str, Any]]:
    """Sign in with name and password.

    Like every change it needs the header of a page of ours, so that nobody is signed in unawares.
    """
    accounts: Accounts = request.app.state.accounts
    settings: Settings = request.app.state.settings
    address = address_of(request)
    guesses: Guesses = request.app.state.guesses
    found = await guesses.check(request, data.name, data.password)
    if found is None:
        # A password typed where the name goes must not stand in the log.
        known = accounts.account(data.name)
        accounts.log(data.name if known else "unknown", known.role if known else "",
                     "sign-in refused", f"wrong password, from {address}")
        error = LandReleaseError(SIGN_IN_WRONG, failures=FAILURES, minutes=FAILURE_MINUTES)
        return Response({"code": error.code, "description": speaking.texts().error(error)},
                        status_code=HTTP_401_UNAUTHORIZED)
    old = request.auth
    if old:
        accounts.end(old)  # a new session for a new sign-in: nobody can plant one (ASVS 7.2.4)
    secret, session = accounts.begin(found.name)
    accounts.log(found.name, found.role, "signed in",
                 f"{'one-time word' if session.renew else 'password'}, from {address}")
    return Response(
        {"account": found.name, "role": found.role, "csrf": session.csrf, "renew": session.renew},
        cookies=[session_cookie(settings, secret)])


def session_cookie(settings: Settings, secret: str) -> Cookie:
    """The cookie of a session: no script reads it, no other site sends it."""
    return Cookie(cookie_name(settings), value=secret, path="/", httponly=True,
                  samesite="strict", secure=settings.secure, max_age=SESSION_HOURS * 3600)


@post("/api/session/end", status_code=200, opt=OPEN)
async def sign_out(request: Request) -> Response[dict[str, Any]]:
    """End the session, here and on the server."""
    settings: Settings = request.app.state.settings
    asking, elsewhere = asking_of(request), ""
    if request.auth:
        accounts: Accounts = request.app.state.accounts
        if accounts.begun_by(request.auth):
            elsewhere = await oidc.sign_out_address(request)
        accounts.end(request.auth)
        accounts.log(asking.account, asking.role, "signed out", "")
    # Where to go on to, so that the provider's own session ends as well.
    return Response({"account": "", "sign_out_at": elsewhere, "location": elsewhere or "/"},
                    headers=_CLEARED, cookies=[_no_cookie(settings)])


_CLEARED = {"Clear-Site-Data": '"cache", "storage"'}


def _no_cookie(settings: Settings) -> Cookie:
    return Cookie(cookie_name(settings), value="", path="/", httponly=True, samesite="strict",
                  secure=settings.secure, max_age=0)


@get("/api/session/all", opt=within(account=True))
async def sessions(request: Request) -> list[dict[str, str]]:
    """The open sessions of the account: when each began and was last used."""
    accounts: Accounts = request.app.state.accounts
    return [{"made_at": one.made_at, "seen_at": one.seen_at}
            for one in accounts.sessions_of(asking_of(request).account)]


@post("/api/session/all/end", status_code=200, opt=within(account=True, renewing=True))
async def sign_out_everywhere(request: Request) -> Response[dict[str, Any]]:
    """End all sessions of the account, this one included; tokens of programs stay."""
    accounts: Accounts = request.app.state.accounts
    asking = asking_of(request)
    count = accounts.end_sessions(asking.account)
    accounts.log(asking.account, asking.role, "signed out", f"everywhere: {count} sessions")
    return Response({"ended": count}, headers=_CLEARED,
                    cookies=[_no_cookie(request.app.state.settings)])


HANDLERS = [who, sign_in, sign_out, sessions, sign_out_everywhere]
