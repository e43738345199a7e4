"""Messages about changes in the browser: one's own subscriptions, made, tested, paused, removed,
with what became of the last attempts. It does what the API does (`webhooks`), by its addresses.

Who keeps the accounts sees those of all, of the addresses the host alone (what follows it may be a
secret of the receiver), and stops or removes them with the own password.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

from litestar import Request, Response, get, post
from litestar.params import FromPath, JSONBody

from landrelease.access.policy import View
from landrelease.apps.web import layout, stepup
from landrelease.apps.web.account import own_password
from landrelease.apps.web.answers import asking_of
from landrelease.apps.web.keeping import KEEPS, Confirmed, address
from landrelease.apps.web.layout import Html, field, form, group, mark, table, tag
from landrelease.apps.web.tiers import KEY, within
from landrelease.apps.web.webhooks import outcome_words
from landrelease.apps.web.words import kind_named, word
from landrelease.apps.web.work import when
from landrelease.errors import PASSWORD_NOT_RIGHT
from landrelease.store.registry import Registry
from landrelease.store.webhooks import MOST_OF_ACCOUNT, PAUSED, Webhook, Webhooks


@get("/webhooks", include_in_schema=False, opt=within(account=True, by_handler=True))
async def overview(request: Request) -> Response[str]:
    """One's own subscriptions, a form for another one; for who keeps the accounts those of all."""
    asking = asking_of(request)
    hooks: Webhooks = request.app.state.webhooks
    if not asking.signed_in or asking.renew:
        return await layout.show(request, word("webhooks"), lambda *_: tag(
            "p", layout.link("/account" if asking.renew else "/#sign_in", word("sign_in"))),
            status=401)

    def work(registry: Registry, view: View) -> Html:
        own = hooks.of(asking.account)
        kinds = [k for k in view.kinds if view.precision(k) == "exact"]
        return group(
            tag("p", word("hook.words"), class_="note"),
            *([_one(hooks, one) for one in own]
              or [tag("p", word("nothing_here"), class_="note")]),
            tag("h2", word("hook.new")),
            _form(kinds) if kinds and len(own) < MOST_OF_ACCOUNT else tag(
                "p", word("hook.none_left" if kinds else "hook.no_kinds"), class_="note"),
            _others(hooks, asking.account) if KEEPS[KEY].allows(asking) else None)

    return await layout.show(request, word("webhooks"), work, here="webhooks")


def _form(kinds: list[str]) -> Html:
    return form(
        "/api/webhooks", field(word("hook.address"), tag(
            "input", name="url", type="url", required=True, maxlength=1_000, autocomplete="off",
            placeholder="https://"), word("hook.address_hint")),
        tag("fieldset", tag("legend", word("hook.kinds")), tag("div", *(
            tag("label", tag("input", type="checkbox", name="kinds[]", value=k), " ",
                kind_named(k)) for k in kinds), class_="kinds")),
        button=word("hook.make"))


_WHY = {"the account is closed": "hook.why.closed", "the account was changed": "hook.why.changed",
        "too many messages waited": "hook.why.many"}


def _state(one: Webhook) -> Html:
    if not one.disabled:
        return mark("soon", word("hook.failing", count=one.failures)) if one.failures else mark(
            "good", word("hook.awake"))
    why = one.last.partition(" rests: ")[2]
    return mark("open", word("hook.is_paused")) if why == PAUSED else mark(
        "bad", word(_WHY.get(why, "hook.why.failures")))


def _one(hooks: Webhooks, one: Webhook) -> Html:
    at = f"/api/webhooks/{quote(one.id, safe='')}"
    tried = hooks.attempts(one.id)
    turn = ("wake", "hook.wake") if one.disabled else ("pause", "hook.pause")
    return tag(
        "section", tag("h2", tag("bdi", one.url, dir="ltr"), class_="address"), layout.facts([
            (word("rel.state"), _state(one)),
            (word("hook.kinds"), ", ".join(map(kind_named, one.kinds))),
            (word("account.made"), when(one.made_at))]),
        tag("div", form(f"{at}/test", button=word("hook.test")),
            form(f"{at}/{turn[0]}", button=word(turn[1])),
            form(f"{at}/remove", button=word("hook.remove"), danger=True,
                 confirm=word("hook.remove_ask")), class_="actions"),
        tag("details", tag("summary", word("hook.attempts")), table(
            word("hook.attempts"), [word("keep.at"), word("hook.outcome")],
            [[when(moment), mark("good" if outcome == "sent" else "bad", outcome_words(outcome))]
             for moment, outcome in tried]), open=bool(tried)), class_="card")


def _others(hooks: Webhooks, account: str) -> Html:
    rows = []
    for one in hooks.all():
        if one.account == account:
            continue
        at = f"/api{address(one.account)}/webhooks/{quote(one.id, safe='')}"
        rows.append([
            layout.link(address(one.account), one.account), urlsplit(one.url).hostname,
            ", ".join(map(kind_named, one.kinds)), _state(one),
            tag("details", tag("summary", word("keep.do")),
                None if one.disabled else form(f"{at}/pause", own_password(),
                                               button=word("hook.pause")),
                form(f"{at}/remove", own_password(), button=word("hook.remove"), danger=True))])
    return group(
        tag("h2", word("hook.others")), tag("p", word("hook.others_words"), class_="note"),
        table(word("hook.others"), [word("account"), word("hook.host"), word("hook.kinds"),
                                    word("rel.state"), ""], rows))


async def _of_another(request: Request, name: str, data: Confirmed, subject: str) -> Webhooks:
    await stepup.password_again(request, data.password, PASSWORD_NOT_RIGHT)
    hooks: Webhooks = request.app.state.webhooks
    asking = asking_of(request)
    request.app.state.accounts.log(asking.account, asking.role, subject, f"of {name}")
    return hooks


@post("/api/accounts/{name:str}/webhooks/{hook:str}/pause", status_code=200, opt=KEEPS)
async def pause_of_another(request: Request, name: FromPath[str], hook: FromPath[str],
                           data: JSONBody[Confirmed]) -> dict[str, Any]:
    """Send nothing of a subscription of another account until that account wakes it."""
    (await _of_another(request, name, data, "webhook paused")).pause(name, hook)
    return {"id": hook, "said": word("hook.paused"), "location": "/webhooks"}


@post("/api/accounts/{name:str}/webhooks/{hook:str}/remove", status_code=200, opt=KEEPS)
async def remove_of_another(request: Request, name: FromPath[str], hook: FromPath[str],
                            data: JSONBody[Confirmed]) -> dict[str, Any]:
    """End a subscription of another account; what waits is not sent."""
    (await _of_another(request, name, data, "webhook removed")).remove(name, hook)
    return {"id": hook, "said": word("hook.removed"), "location": "/webhooks"}


HANDLERS = [overview, pause_of_another, remove_of_another]
