"""One's own account in the browser: another password, where one is signed in, tokens of programs.

What others have is for whoever keeps the accounts, on the command line.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody

from landrelease.access.policy import View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import address_of, asking_of
from landrelease.apps.web.guessing import Guesses
from landrelease.apps.web.layout import Html, facts, field, form, group, hidden, mark, table, tag
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.signin import session_cookie
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import word
from landrelease.errors import (
    NOT_FOUND_HERE,
    PASSWORD_OLD,
    PASSWORDS_DIFFER,
    LandReleaseError,
)
from landrelease.store.accounts import PASSWORD_LEAST, Accounts, Open, Token, sign_of
from landrelease.store.registry import Registry


@get("/account", include_in_schema=False, opt=within(account=True, by_handler=True))
async def own_account(request: Request) -> Response[str]:
    """Who one is here, another password, open sessions, tokens."""
    asking = asking_of(request)
    accounts: Accounts = request.app.state.accounts
    if not asking.signed_in:
        return await layout.show(request, word("account"), lambda *_: tag(
            "p", layout.link("/#sign_in", word("sign_in"))), status=401)
    here = sign_of(request.auth) if request.auth else ""
    sessions, tokens = accounts.sessions_of(asking.account), accounts.tokens_of(asking.account)

    def work(registry: Registry, view: View) -> Html:
        return group(
            tag("section", facts([
                (word("name"), asking.account),
                (word("account.role"), word(f"role.{asking.role}")),
                (word("account.organisation"), asking.organisation or None),
                (word("account.areas"), ", ".join(asking.areas) or word("account.everywhere"))]),
                tag("p", word("account.words"), class_="note"), class_="card"),
            tag("h2", word("account.password")), _password_form(asking.account),
            tag("h2", word("account.sessions")), _sessions(sessions, here),
            form("/api/session/all/end", button=word("account.end_all"),
                 confirm=word("account.end_all_ask")),
            tag("h2", word("account.tokens")),
            tag("p", word("account.tokens_words"), class_="note"), _tokens(tokens))

    return await layout.show(request, word("account"), work, here="account")


def _password_form(name: str) -> Html:
    def secret(key: str, word_key: str, fills: str, hint: str = "") -> Html:
        return field(word(word_key), tag("input", type="password", name=key, required=True,
                                         autocomplete=fills), hint)

    return form(
        "/api/account/password", tag("p", word("account.password_words"), class_="note"),
        # So that a keeper of passwords knows whose they are.
        tag("input", type="text", value=name, autocomplete="username", hidden=True, readonly=True),
        secret("old", "account.old", "current-password"),
        secret("new", "account.new", "new-password",
               word("account.new_hint", least=PASSWORD_LEAST)),
        secret("again", "account.again", "new-password"), button=word("account.change"))


def _time(text: str) -> str:
    return text[:16].replace("T", " ")


def _end(sign: str) -> Html:
    return form("/api/account/end", hidden("sign", sign), button=word("account.end"))


def _sessions(sessions: list[Open], here: str) -> Html:
    return table(
        word("account.sessions"),
        [word("account.begun"), word("account.used"), word("account.how"), ""],
        [[_time(s.made_at), _time(s.seen_at), s.issuer or word("account.by_password"),
          mark("good", word("account.this_one")) if s.sign == here else _end(s.sign)]
         for s in sessions])


def _tokens(tokens: list[Token]) -> Html:
    return table(
        word("account.tokens"),
        [word("account.label"), word("account.begun"), word("account.until"), ""],
        [[t.label, _time(t.made_at), _time(t.until), _end(t.sign)] for t in tokens])


@dataclass
class Passwords:
    """The password that one has, and the new one, twice."""

    old: str
    new: str
    again: str


@post("/api/account/password", status_code=200, opt=within(account=True))
async def change_password(request: Request, data: JSONBody[Passwords]) -> Response[dict[str, Any]]:
    """Another password for one's own account. All sessions and tokens end; who asks with a session
    goes on in a new one. The old password is asked for, and guesses wait as those of signing in,
    counted apart."""
    asking = asking_of(request)
    settings: Settings = request.app.state.settings
    accounts: Accounts = request.app.state.accounts
    guesses: Guesses = request.app.state.guesses
    if data.new != data.again:
        raise LandReleaseError(PASSWORDS_DIFFER)
    if await guesses.check(request, asking.account, data.old, again=True) is None:
        accounts.log(asking.account, asking.role, "password refused",
                     f"the old one is not right, from {address_of(request)}")
        raise LandReleaseError(PASSWORD_OLD)
    accounts.set_password(asking.account, data.new)
    accounts.log(asking.account, asking.role, "password changed", f"from {address_of(request)}")
    answer = {"account": asking.account, "said": word("account.changed"), "location": "/account"}
    if not request.auth:
        return Response(answer)
    secret, session = accounts.begin(asking.account)
    return Response({**answer, "csrf": session.csrf},
                    cookies=[session_cookie(settings, secret)])


@dataclass
class Ending:
    """The sign of a session or token, as the page shows it."""

    sign: str


@post("/api/account/end", status_code=200, opt=within(account=True))
async def end_one(request: Request, data: JSONBody[Ending]) -> dict[str, Any]:
    """End one of one's own sessions or tokens."""
    asking = asking_of(request)
    accounts: Accounts = request.app.state.accounts
    if not accounts.end_own(asking.account, data.sign):
        raise LandReleaseError(NOT_FOUND_HERE, found=data.sign[:40])
    accounts.log(asking.account, asking.role, "signed out", f"one session or token: {data.sign}")
    return {"ended": data.sign, "said": word("account.ended"), "location": "/account"}


HANDLERS = [own_account, change_password, end_one]
