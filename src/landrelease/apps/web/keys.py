"""Personal keys in the browser: whose key is vouched for by whom; one's own key, made in the
browser; vouching; ending a key.

It does what `landrelease identity` does, through the same workflows. The private part of a new key
is made and locked in the browser and never comes here. Vouching takes the own key, for that one
signature (`stepup`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import JSONBody, MultipartBody

from landrelease.access.policy import View
from landrelease.apps.web import layout
from landrelease.apps.web.account import own_password
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.forms import day_of_form
from landrelease.apps.web.layout import (
    Html,
    choices,
    field,
    form,
    group,
    mark,
    record_link,
    table,
    tag,
)
from landrelease.apps.web.records import signature
from landrelease.apps.web.stepup import content_of, key_fields, opened_key, password_again
from landrelease.apps.web.tiers import within
from landrelease.apps.web.words import named, word
from landrelease.core.kinds import KINDS
from landrelease.errors import (
    NO_PERSON_OF_ACCOUNT,
    NOT_FOR_ROLE,
    PASSWORD_NOT_RIGHT,
    LandReleaseError,
)
from landrelease.store.registry import Registry

if TYPE_CHECKING:
    from landrelease.apps.web.readers import Asking
    from landrelease.workflows.identities import Identity

WAY = "identity list"
SHORTEST = 8  # characters of a passphrase, as `identity new` asks for
_CHANGES = within(WAY, account=True, session=True)
_ENDS = ("authority", "administrator")  # who ends the key of another; everybody ends the own


@get("/keys", include_in_schema=False, opt=within(WAY, by_handler=True))
async def overview(request: Request) -> Response[str]:
    """Persons with keys and how far each counts; a key of one's own; vouching and ending."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> Html:
        from landrelease.workflows import identities

        view.check(WAY)
        found = identities.identities(registry)
        return group(
            tag("p", word("keys.words"), class_="note"), _table(found),
            *(_forms(asking, found) if asking.csrf else []))

    answer = await layout.show(request, word("keys"), work, here="keys")
    if answer.status_code == 200:
        note_reading(request, "person", "keys")
    return answer


def _state(one: Identity, today: Any) -> Html:
    if one.since is None:
        return mark("bad", word("keys.unverified"))
    if one.key_until is not None:
        return mark("bad", word("keys.ended")) if one.key_until < today else mark(
            "soon", word("keys.ends"))
    return mark("good", word("keys.counts"))


def _table(found: list[Identity]) -> Html:
    today = datetime.now(UTC).date()
    return table(
        word("keys"), [word(k) for k in (
            "keys.person", "rel.state", "account.organisation", "account.role",
            "keys.fingerprint", "keys.by", "keys.since", "keys.until", "keys.may_vouch")],
        [[record_link("person", i.person), _state(i, today), i.organisation or word("not_reported"),
          named(i.role or "not_reported"), tag("code", i.fingerprint, dir="ltr"),
          "" if i.since is None else record_link("person", i.vouched_by) if i.vouched_by
          else word("keys.first"),
          "" if i.since is None else i.since.date().isoformat(),
          i.key_until.isoformat() if i.key_until else "",
          word("keys.yes" if i.may_vouch else "keys.no")] for i in found])


def _forms(asking: Asking, found: list[Identity]) -> list[Html]:
    others = [(i.person, f"{i.person[:15]} {i.organisation} {i.fingerprint[:9]}")
              for i in found if i.person != asking.person]
    ended = others if asking.role in _ENDS else []
    ended = [*((i.person, f"{i.person[:15]} {i.fingerprint[:9]}") for i in found
               if i.person == asking.person), *ended]
    own = tag("section", tag("h2", word("keys.own")), tag("p", word("keys.own_words"),
                                                          class_="note"), _own(asking))
    # Whose key may not vouch is not asked to; an account without a person may hold any key.
    may = not asking.person or any(i.person == asking.person and i.may_vouch for i in found)
    return [own, *([_vouch(asking, others)] if others and may else []),
            *([_revoke(ended)] if ended else [])]


def _own(asking: Asking) -> Html:
    if not asking.person:
        return tag("p", word("keys.no_person"))

    def secret(name: str, key: str, hint: str = "") -> Html:
        return field(word(key), tag("input", type="password", name=name, required=True,
                                    minlength=SHORTEST, autocomplete="new-password"), hint)

    return group(
        tag("script", "", type="module", src="/static/keys.js"),
        tag("form", secret("passphrase", "keys.passphrase", word("keys.passphrase_hint",
                                                                 least=SHORTEST)),
            secret("again", "keys.again"), own_password(),
            tag("p", tag("button", word("keys.make"), type="submit")),
            tag("p", "", class_="error", role="alert"), method="post", action="/api/keys",
            id="own-key", data_differ=word("keys.differ"), data_cannot=word("keys.cannot"),
            data_made=word("keys.made"), data_save=word("keys.save"),
            data_fingerprint=word("keys.fingerprint"), data_done=word("once.done")))


def _vouch(asking: Asking, others: list[tuple[str, str]]) -> Html:
    roles = [r for r in KINDS["person"].field("role").choices if r != "not_reported"]
    return tag(
        "section", tag("h2", word("keys.vouch")), tag("p", word("keys.vouch_words"), class_="note"),
        form("/api/keys/vouch", field(word("keys.person"), choices("person", others)),
             field(word("keys.heard"), tag("input", name="fingerprint", required=True, dir="ltr",
                                           autocomplete="off", spellcheck="false")),
             field(word("keys.role"), choices("role", [("", word("keys.role_kept")), *(
                 (r, named(r)) for r in roles)])),
             field(word("keys.may_vouch"), choices("may_vouch", [
                 ("", word("keys.as_is")), ("yes", word("keys.yes")), ("no", word("keys.no"))]),
                 word("keys.may_hint")),
             field(word("keys.until"), tag("input", type="date", name="until"),
                   word("keys.until_hint")),
             key_fields(asking), button=word("keys.do_vouch")))


def _revoke(ended: list[tuple[str, str]]) -> Html:
    return tag(
        "section", tag("h2", word("keys.revoke")),
        tag("p", word("keys.revoke_words"), class_="note"),
        form("/api/keys/revoke", field(word("keys.person"), choices("person", ended)),
             field(word("keys.reason"), tag("input", name="reason", required=True, maxlength=500,
                                            autocomplete="off")),
             field(word("keys.until"), tag("input", type="date", name="last_day"),
                   word("keys.last_hint")),
             own_password(), button=word("keys.do_revoke"), danger=True))


def _log(request: Request, subject: str, detail: str) -> None:
    asking = asking_of(request)
    request.app.state.accounts.log(asking.account, asking.role, subject, detail)


@dataclass
class OwnKey:
    """The public part of a key, 64 hexadecimal digits, and the own password once more."""

    public_key: str
    password: str


@post("/api/keys", status_code=201, opt=_CHANGES)
async def record(request: Request, data: JSONBody[OwnKey]) -> dict[str, Any]:
    """Record the public part of a key of the account's own person; it counts once somebody who may
    vouch has signed for it."""
    asking = asking_of(request)
    await password_again(request, data.password, PASSWORD_NOT_RIGHT)
    if not asking.person:
        raise LandReleaseError(NO_PERSON_OF_ACCOUNT, account=asking.account)

    def work(registry: Registry, view: View) -> Identity:
        from landrelease.workflows import identities

        view.check(WAY)
        return identities.record_key(registry, asking.person, data.public_key.strip().lower(),
                                     by=signature(asking))

    made = await read(request, work)
    _log(request, "key recorded", f"{made.person}: {made.fingerprint}")
    return {"person": made.person, "fingerprint": made.fingerprint, "location": "/keys"}


@dataclass
class Vouching:
    """For whom, the fingerprint that was heard, and the own key for this one signature."""

    person: str
    fingerprint: str
    key: UploadFile
    role: str = ""
    may_vouch: str = ""
    until: str = ""
    passphrase: str = ""
    password: str = ""


@post("/api/keys/vouch", status_code=200, opt=_CHANGES)
async def vouch(request: Request, data: MultipartBody[Vouching]) -> dict[str, Any]:
    """Sign for the key and role of another person; only the key of somebody who may vouch can."""
    asking = asking_of(request)
    content = await content_of(data.key)
    until = day_of_form("until", data.until)
    await password_again(request, data.password)

    def work(registry: Registry, view: View) -> Identity:
        from landrelease.workflows import identities

        view.check(WAY)
        key = opened_key(registry, asking, content, data.passphrase)
        return identities.vouch(
            registry, identities.person_named(registry, data.person), key,
            fingerprint_seen=data.fingerprint, role=data.role or None, until=until,
            may_vouch={"yes": True, "no": False}.get(data.may_vouch))

    made = await read(request, work)
    _log(request, "key vouched for", f"{made.person}: {made.fingerprint}")
    return {"person": made.person, "said": word("keys.vouched"), "location": "/keys"}


@dataclass
class Revoking:
    """Whose key ends, why, its last day, and the own password once more."""

    person: str
    reason: str
    password: str
    last_day: str = ""


@post("/api/keys/revoke", status_code=200, opt=_CHANGES)
async def revoke(request: Request, data: JSONBody[Revoking]) -> dict[str, Any]:
    """End the key of the account's own person; for administrators and the authority that of
    anybody. An end never lets a wrong signature count."""
    asking = asking_of(request)
    if asking.role not in _ENDS and data.person != asking.person:
        raise LandReleaseError(NOT_FOR_ROLE, role=asking.role, subject="ending the key of another",
                               roles=", ".join(_ENDS))
    last_day = day_of_form("last_day", data.last_day)
    await password_again(request, data.password, PASSWORD_NOT_RIGHT)

    def work(registry: Registry, view: View) -> Identity:
        from landrelease.workflows import identities

        view.check(WAY)
        return identities.revoke(
            registry, identities.person_named(registry, data.person), by=signature(asking),
            reason=data.reason.strip()[:500] or "ended", last_day=last_day)

    made = await read(request, work)
    _log(request, "key ended", f"{made.person}: {made.fingerprint}")
    return {"person": made.person, "said": word("keys.revoked"), "location": "/keys"}


HANDLERS = [overview, record, vouch, revoke]
