"""One's own account in the browser: another password, where one is signed in, tokens of programs.

What others have is for whoever keeps the accounts (`keeping`, or the command line).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import JSONBody

from landrelease.access.policy import View
from landrelease.apps.web import layout, stepup
from landrelease.apps.web.answers import address_of, asking_of
from landrelease.apps.web.guessing import Guesses
from landrelease.apps.web.layout import (
    Html,
    choices,
    facts,
    field,
    form,
    group,
    hidden,
    mark,
    table,
    tag,
)
from landrelease.apps.web.settings import Settings
from landrelease.apps.web.signin import session_cookie
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import word
from landrelease.errors import (
    NOT_FOUND_HERE,
    PASSWORD_KEPT,
    PASSWORD_NOT_RIGHT,
    PASSWORD_OLD,
    PASSWORDS_DIFFER,
    LandReleaseError,
)
from landrelease.store.accounts import (
    PASSWORD_LEAST,
    SCOPES,
    TOKEN_DAYS,
    Accounts,
    Open,
    Token,
    sign_of,
)
from landrelease.store.registry import Registry


@get("/account", include_in_schema=False, opt=within(account=True, by_handler=True,
                                                      renewing=True))
async def own_account(request: Request) -> Response[str]:
    """Who one is here, another password, open sessions, tokens."""
    asking = asking_of(request)
    accounts: Accounts = request.app.state.accounts
    if not asking.signed_in:
        return await layout.show(request, word("account"), lambda *_: tag(
            "p", layout.link("/#sign_in", word("sign_in"))), status=401)
    if asking.renew:
        return await layout.show(request, word("account"), lambda *_: group(
            tag("p", word("account.renew"), class_="caution"),
            tag("h2", word("account.password")), _password_form(asking.account)), here="account")
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
            tag("p", word("account.tokens_words"), class_="note"),
            tokens_table(tokens, _end), tag("h3", word("account.new_token")),
            token_form("/api/account/tokens") if asking.csrf else None)

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


def tokens_table(tokens: list[Token], end: Callable[[str], Html]) -> Html:
    """Tokens by what they are for, with what ends each."""
    return table(
        word("account.tokens"),
        [word("account.label"), word("account.scope"), word("account.made"),
         word("account.until"), ""],
        [[t.label or word("not_reported"), word(f"account.scope.{t.scope}"), _time(t.made_at),
          _time(t.until), end(t.sign)] for t in tokens])


def own_password() -> Html:
    """The field in which who changes something gives the own password once more."""
    return field(word("account.confirm"), tag(
        "input", type="password", name="password", required=True,
        autocomplete="current-password"))


def token_form(action: str) -> Html:
    """A form that makes a token; the least that it can do is chosen."""
    return form(
        action, field(word("account.label"), tag(
            "input", name="label", required=True, maxlength=80, autocomplete="off"),
            word("account.label_hint")),
        field(word("account.scope"), choices(
            "scope", [(s, word(f"account.scope.{s}")) for s in SCOPES], "read")),
        field(word("account.days"), tag("input", name="days", type="number", min=1,
                                        max=TOKEN_DAYS, value=90, required=True)),
        own_password(), button=word("account.make_token"))


def once(label: str, secret: str, words: str, location: str) -> dict[str, Any]:
    """What a form shows this once and keeps nowhere (`static/pages.js`)."""
    return {"once": {"label": label, "value": secret, "words": words,
                     "copy": word("once.copy"), "copied": word("once.copied"),
                     "done": word("once.done")}, "location": location}


@dataclass
class Passwords:
    """The password that one has, and the new one, twice."""

    old: str
    new: str
    again: str


@post("/api/account/password", status_code=200, opt=within(account=True, renewing=True))
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
    if data.new == data.old:
        raise LandReleaseError(PASSWORD_KEPT)
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
        raise LandReleaseError(NOT_FOUND_HERE, found=data.sign[:40].strip() or "such session")
    accounts.log(asking.account, asking.role, "signed out", f"one session or token: {data.sign}")
    return {"ended": data.sign, "said": word("account.ended"), "location": "/account"}


@dataclass
class NewToken:
    """A token for a program: what it is for, what it may do (read, write), for how many days; and
    the own password once more."""

    label: str
    scope: str
    days: int | str
    password: str


@post("/api/account/tokens", status_code=201, opt=within(account=True, session=True))
async def make_own_token(request: Request, data: JSONBody[NewToken]) -> dict[str, Any]:
    """Make a token of one's own; it is shown this once."""
    asking = asking_of(request)
    await stepup.password_again(request, data.password, PASSWORD_NOT_RIGHT)
    return made_token(request, asking.account, data, "/account")


def made_token(request: Request, name: str, data: NewToken, location: str) -> dict[str, Any]:
    """A token of an account, to be shown once; it stands in the log without itself."""
    asking, accounts = asking_of(request), request.app.state.accounts
    days = str(data.days).strip()
    secret = accounts.make_token(name, data.label.strip(),
                                 int(days) if days.isdecimal() and len(days) < 9 else 0, data.scope)
    accounts.log(asking.account, asking.role, "token made",
                 f"of {name}: {data.label.strip()}, {data.scope}, {days} days")
    return {"token": secret, **once(word("once.token"), secret, word("once.token_words"), location)}


HANDLERS = [own_account, change_password, end_one, make_own_token]
