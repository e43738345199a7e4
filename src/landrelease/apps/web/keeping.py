"""Accounts of other people in the browser, for administrators: made, changed, locked, opened; a
one-time word for a forgotten password; sessions and tokens ended.

It is what `landrelease account` does, through the same workflows. Each change takes the own
password once more and stands in the log. Nobody changes the own account here: the last
administrator could lock everybody out.
"""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import field as dataclass_field
from typing import Any
from urllib.parse import quote

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody

from landrelease.access import policy
from landrelease.access.policy import View
from landrelease.apps.web import layout, speaking, stepup
from landrelease.apps.web.account import (
    NewToken,
    made_token,
    once,
    own_password,
    token_form,
    tokens_table,
)
from landrelease.apps.web.answers import asking_of, read
from landrelease.apps.web.layout import (
    Html,
    choices,
    facts,
    field,
    form,
    group,
    hidden,
    link,
    mark,
    table,
    tag,
)
from landrelease.apps.web.tiers import KEY, within
from landrelease.apps.web.words import ENGLISH, word
from landrelease.apps.web.work import when
from landrelease.errors import (
    ACCOUNT_UNKNOWN,
    NOT_FOUND_HERE,
    OWN_ACCOUNT,
    PASSWORD_NOT_RIGHT,
    LandReleaseError,
)
from landrelease.store.accounts import ONE_TIME_HOURS, Account, Accounts
from landrelease.store.registry import Registry

# Who keeps the accounts: an administrator for all areas, in a browser. A token makes no accounts.
ROLES = ("administrator",)
KEEPS = within(roles=ROLES, account=True, session=True, whole=True)
SEES = within(roles=ROLES, account=True, session=True, whole=True, by_handler=True)
_LOG = 20  # entries of one account


def _accounts(request: Request) -> Accounts:
    accounts: Accounts = request.app.state.accounts
    return accounts


def _found(accounts: Accounts, name: str) -> Account:
    account = accounts.account(name)
    if account is None:
        raise LandReleaseError(ACCOUNT_UNKNOWN, found=name[:60])
    return account


def address(name: str) -> str:
    return f"/accounts/{quote(name, safe='')}"


def _state(account: Account, until: str, now: str) -> Html:
    if account.disabled:
        return mark("bad", word("keep.locked"))
    if until:
        return mark("soon", word("keep.one_time", until=when(until))) if until >= now else mark(
            "bad", word("keep.one_time_over"))
    return mark("good", word("keep.open"))


async def _page(request: Request, title: str, work: Any, detail: str) -> Response[str]:
    """A page for who keeps the accounts: the refusal is a page too."""
    asking, tier = asking_of(request), KEEPS[KEY]
    if not asking.csrf:
        return await layout.show(request, title, lambda *_: tag(
            "p", link("/#sign_in", word("sign_in"))), status=401)

    def allowed(registry: Registry, view: View) -> Html:
        tier.check(asking)
        return group(work(registry, view))

    answer = await layout.show(request, title, allowed, here="accounts")
    if answer.status_code == 200:
        _accounts(request).log(asking.account, asking.role, "accounts", detail)
    return answer


@get("/accounts", include_in_schema=False, opt=SEES)
async def overview(request: Request) -> Response[str]:
    """All accounts, and a form for another one."""
    accounts = _accounts(request)
    now = accounts.now().isoformat()

    def work(registry: Registry, view: View) -> Html:
        listed = accounts.all()
        return group(
            tag("p", word("keep.words"), class_="note"),
            table(word("accounts"), [
                word("name"), word("rel.state"), word("account.role"),
                word("account.organisation"), word("account.areas"), word("keep.sessions"),
                word("keep.tokens")],
                [[link(address(a.name), a.name),
                  _state(a, accounts.one_time_until(a.name), now), word(f"role.{a.role}"),
                  a.organisation or word("not_reported"),
                  "; ".join(a.areas) or word("account.everywhere"),
                  len(accounts.sessions_of(a.name)), len(accounts.tokens_of(a.name))]
                 for a in listed], numbers=(5, 6)),
            tag("h2", word("keep.new")),
            form("/api/accounts", tag("p", word("keep.new_words", hours=ONE_TIME_HOURS),
                                      class_="note"),
                 field(word("name"), tag("input", name="name", required=True, maxlength=64,
                                         minlength=2, autocomplete="off"),
                       word("keep.name_hint")),
                 *_fields(None), own_password(), button=word("keep.make")))

    return await _page(request, word("accounts"), work, "list")


def _fields(account: Account | None) -> list[Html]:
    """The fields of what an account is; the least role is chosen for a new one."""
    a = account or Account("", "")
    return [
        field(word("account.role"), choices("role", [
            *([] if account else [("", word("keep.choose_role"))]),
            *((r, word(f"role.{r}")) for r in policy.ROLES if r != "public")], a.role,
            required=True)),
        field(word("account.organisation"), tag(
            "input", name="organisation", value=a.organisation, maxlength=200,
            autocomplete="off"), word("keep.organisation_hint")),
        field(word("account.areas"), tag("textarea", "\n".join(a.areas), name="areas", rows=3),
              word("keep.areas_hint")),
        field(word("keep.person"), tag("input", name="person", value=a.person, maxlength=200,
                                       autocomplete="off"), word("keep.person_hint"))]


@get("/accounts/{name:str}", include_in_schema=False, opt=SEES)
async def one_account(request: Request, name: FromPath[str]) -> Response[str]:
    """One account: what it is, and everything that is done with it."""
    accounts = _accounts(request)

    def work(registry: Registry, view: View) -> Html:
        account = _found(accounts, name)
        sessions, tokens = accounts.sessions_of(name), accounts.tokens_of(name)
        until = accounts.one_time_until(name)
        parts = [
            tag("p", link("/accounts", word("keep.all"))),
            tag("section", facts([
                (word("rel.state"), _state(account, until, accounts.now().isoformat())),
                (word("account.role"), word(f"role.{account.role}")),
                (word("account.organisation"), account.organisation or None),
                (word("account.areas"), "; ".join(account.areas) or word("account.everywhere")),
                (word("keep.person"), account.person or None),
                (word("keep.sessions"), len(sessions))]), class_="card")]
        if name == asking_of(request).account:
            parts.append(tag("p", word("keep.own"), " ", link("/account", word("account"))))
        else:
            parts += [tag("h2", word("keep.do")), *_actions(account, len(sessions))]
        return group(
            *parts, tag("h2", word("keep.tokens")),
            tokens_table(tokens, lambda sign: form(
                f"/api{address(name)}/end", hidden("sign", sign), own_password(),
                button=word("account.end"))),
            tag("h2", word("keep.log")),
            table(word("keep.log"), [word("keep.at"), word("keep.what"), word("keep.detail")],
                  [[when(at), _in_words(subject), speaking.texts().logged(detail)]
                   for at, _, _, subject, detail in accounts.logged(_LOG, name)]))

    return await _page(request, name, work, name[:64])


def _in_words(subject: str) -> str:
    """What stands in the log about something, as people read it: what was done, or read."""
    return word(subject) if subject in ENGLISH else speaking.texts().logged(subject)


def _actions(account: Account, sessions: int) -> list[Html]:
    """What is done with an account, each a form that opens."""
    at = f"/api{address(account.name)}"

    def part(title: str, *children: Any, opened: bool = False) -> Html:
        return tag("details", tag("summary", title), *children, class_="card", open=opened)

    lock = ("unlock" if account.disabled else "lock")
    return [
        part(word("keep.change"), form(
            f"{at}/change", tag("p", word("keep.change_words"), class_="note"), *_fields(account),
            own_password(), button=word("keep.change_do"))),
        part(word("keep.reset"), form(
            f"{at}/reset", tag("p", word("keep.reset_words", hours=ONE_TIME_HOURS), class_="note"),
            own_password(), button=word("keep.reset_do"))),
        part(word(f"keep.{lock}"), form(
            f"{at}/{lock}", tag("p", word(f"keep.{lock}_words"), class_="note"), own_password(),
            button=word(f"keep.{lock}"), danger=not account.disabled)),
        part(word("keep.end"), form(
            f"{at}/end", tag("p", word("keep.end_words", count=sessions), class_="note"),
            hidden("sign", ""), own_password(), button=word("keep.end"))),
        part(word("account.new_token"), tag("p", word("keep.token_words"), class_="note"),
             token_form(f"{at}/tokens"))]


@dataclass
class Wanted:
    """What an account is to be, and the own password once more. `areas`: one a line."""

    role: str
    password: str
    organisation: str = ""
    areas: str = ""
    person: str = ""


@dataclass
class NewAccount(Wanted):
    """The same with the name of a new one."""

    name: str = dataclass_field(default="", kw_only=True)


@dataclass
class Confirmed:
    """The own password once more."""

    password: str


@dataclass
class Ended:
    """The sign of a session or token; "" for all sessions. The own password once more."""

    password: str
    sign: str = ""


def _as_account(name: str, data: Wanted) -> Account:
    return Account(name, data.role, data.organisation.strip(),
                   tuple(a for line in data.areas.splitlines() if (a := line.strip())),
                   data.person.strip())


async def _confirm(request: Request, password: str, name: str = "") -> Accounts:
    """The own password once more, and that it is not the own account. WEB-022, WEB-023."""
    if name and name == asking_of(request).account:
        raise LandReleaseError(OWN_ACCOUNT)
    await stepup.password_again(request, password, PASSWORD_NOT_RIGHT)
    accounts = _accounts(request)
    if name:
        _found(accounts, name)
    return accounts


def _log(request: Request, subject: str, detail: str) -> None:
    asking = asking_of(request)
    _accounts(request).log(asking.account, asking.role, subject, detail)


def _said(account: Account) -> str:
    return ", ".join([account.name, account.role, account.organisation or "no organisation",
                      "; ".join(account.areas) or "all areas", account.person or "no person"])


@post("/api/accounts", status_code=201, opt=KEEPS)
async def make(request: Request, data: JSONBody[NewAccount]) -> dict[str, Any]:
    """Make an account with a one-time word, which is shown this once."""
    accounts = await _confirm(request, data.password)
    account = _as_account(data.name.strip(), data)

    def work(registry: Registry, _: View) -> str:
        from landrelease.workflows import accounts as keeping

        return keeping.make(accounts, account, registry=registry)

    secret = await read(request, work)
    _log(request, "account made", _said(account))
    return {"account": account.name, **once(
        word("once.word"), secret, word("once.word_words", hours=ONE_TIME_HOURS),
        address(account.name))}


@post("/api/accounts/{name:str}/change", status_code=200, opt=KEEPS)
async def change(request: Request, name: FromPath[str], data: JSONBody[Wanted]) -> dict[str, Any]:
    """Another role, organisation, areas and person of an account."""
    accounts = await _confirm(request, data.password, name)
    account = _as_account(name, data)

    def work(registry: Registry, _: View) -> Account:
        from landrelease.workflows import accounts as keeping

        return keeping.change(accounts, account, registry=registry)

    before = await read(request, work)
    _log(request, "account changed", f"{_said(before)} to {_said(account)}")
    return _done(name, "keep.changed")


def _done(name: str, key: str) -> dict[str, Any]:
    return {"account": name, "said": word(key), "location": address(name)}


@post("/api/accounts/{name:str}/lock", status_code=200, opt=KEEPS)
async def lock(request: Request, name: FromPath[str], data: JSONBody[Confirmed]) -> dict[str, Any]:
    """Nobody signs in with the account any more; its sessions and tokens end."""
    (await _confirm(request, data.password, name)).disable(name)
    _log(request, "account locked", name)
    return _done(name, "keep.changed")


@post("/api/accounts/{name:str}/unlock", status_code=200, opt=KEEPS)
async def unlock(request: Request, name: FromPath[str], data: JSONBody[Confirmed]
                 ) -> dict[str, Any]:
    """The account signs in again, with the password that it had."""
    (await _confirm(request, data.password, name)).enable(name)
    _log(request, "account unlocked", name)
    return _done(name, "keep.changed")


@post("/api/accounts/{name:str}/reset", status_code=200, opt=KEEPS)
async def reset(request: Request, name: FromPath[str], data: JSONBody[Confirmed]
                ) -> dict[str, Any]:
    """A one-time word in place of the password, shown this once; sessions and tokens end."""
    from landrelease.workflows import accounts as keeping

    secret = keeping.reset(await _confirm(request, data.password, name), name)
    _log(request, "password reset", name)
    return {"account": name, **once(word("once.word"), secret, word(
        "once.word_words", hours=ONE_TIME_HOURS), address(name))}


@post("/api/accounts/{name:str}/end", status_code=200, opt=KEEPS)
async def end(request: Request, name: FromPath[str], data: JSONBody[Ended]) -> dict[str, Any]:
    """End all sessions of an account, or one session or token by its sign."""
    own = name == asking_of(request).account  # of one's own it takes nothing away for good
    accounts = await _confirm(request, data.password, "" if own else name)
    if data.sign:
        if not accounts.end_own(name, data.sign):
            raise LandReleaseError(NOT_FOUND_HERE, found=data.sign[:40].strip() or "such session")
        _log(request, "signed out", f"{name}: one session or token: {data.sign[:40]}")
    else:
        count = accounts.end_sessions(name)
        _log(request, "signed out", f"{name}: {count} sessions")
    return _done(name, "account.ended")


@post("/api/accounts/{name:str}/tokens", status_code=201, opt=KEEPS)
async def make_token(request: Request, name: FromPath[str], data: JSONBody[NewToken]
                     ) -> dict[str, Any]:
    """Make a token of an account; it is shown this once."""
    await _confirm(request, data.password, name)
    return made_token(request, name, data, address(name))


HANDLERS = [overview, one_account, make, change, lock, unlock, reset, end, make_token]
