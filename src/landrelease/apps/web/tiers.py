"""The tier of each address: who may ask it at all. Stated at its handler, held before it runs.

A handler says `opt=...` with one of these; an address without a tier is refused to everybody, and
`tests/test_web_tiers.py` names it. The tier is the first wall: what an answer holds passes the view
of the reader all the same (`answers.read`).

- `OPEN`: the page's own files and texts; nothing of the registry is in the answer.
- `VIEW`: for everybody; whatever leaves passes the reader's view.
- `within("plan make")`: for roles that see what this way out needs (`access.policy.WAYS_OUT`).
- `within(roles=(...))`: for these roles. `writes=True`: only who may write, signed in or the office
  itself on its own machine. `account=True`: only who is signed in, for things of the account;
  `session=True`: in a browser, never by a token. `whole=True`: no account that is held to areas.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.handlers.base import BaseRouteHandler

from landrelease.access import policy
from landrelease.access.policy import Area
from landrelease.apps.web.readers import Asking
from landrelease.errors import (
    NO_TIER,
    NOT_FOR_ROLE,
    PASSWORD_FIRST,
    TOKEN_READS,
    LandReleaseError,
)

KEY = "tier"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
MAY_BRING_IN = policy.BRINGS_IN


@dataclass(frozen=True, slots=True)
class Tier:
    """What an address asks of who asks.

    Attributes
    ----------
    way : key of `policy.WAYS_OUT`: the role must see all that it needs; "" for no such.
    roles : the roles that may ask; empty for all.
    writes : only who may write.
    account : only who is signed in.
    session : only who is signed in in a browser, no token of a program.
    whole : only whose account is not held to areas.
    renewing : also who signed in with a one-time word and has no password of its own yet.
    empty : nothing of the registry is in the answer.
    by_handler : the handler itself refuses, in the words of its protocol.
    """

    way: str = ""
    roles: tuple[str, ...] = ()
    writes: bool = False
    account: bool = False
    empty: bool = False
    by_handler: bool = False
    session: bool = False
    whole: bool = False
    renewing: bool = False

    def check(self, asking: Asking) -> None:
        """Raise 401 for who is to sign in first, ACC-101 for whose role does not reach."""
        if (self.account and not asking.signed_in) or (self.writes and not may_write(asking)):
            raise NotAuthorizedException("Sign in first.")
        if self.session and not asking.csrf:
            raise NotAuthorizedException("Sign in first.")  # a token makes no accounts and tokens
        if asking.renew and not self.renewing and (self.account or self.session or self.writes):
            raise LandReleaseError(PASSWORD_FIRST)
        if self.roles and asking.role not in self.roles:
            subject = policy.WAYS_OUT[self.way].what if self.way else "this part"
            raise LandReleaseError(NOT_FOR_ROLE, role=asking.role, subject=subject,
                                   roles=", ".join(self.roles))
        if self.whole and asking.areas:
            raise LandReleaseError(NOT_FOR_ROLE, role=asking.role, subject="this part",
                                   roles=", ".join(self.roles) + ", for all areas")
        if self.way:
            # Which rows there are is for the handler; whether there can be any needs no registry.
            areas = tuple(Area((word,)) for word in asking.areas)
            policy.view(asking.role, asking.organisation, areas).check(self.way)

    def allows(self, asking: Asking) -> bool:
        """Whether `check` passes."""
        try:
            self.check(asking)
        except (LandReleaseError, NotAuthorizedException):
            return False
        return True


def within(way: str = "", *, roles: Collection[str] = (), writes: bool = False,
           account: bool = False, by_handler: bool = False, session: bool = False,
           whole: bool = False, renewing: bool = False) -> dict[str, Any]:
    """The `opt` of a handler with this tier."""
    if way and way not in policy.WAYS_OUT:
        raise ValueError(f"{way} is no way out of the policy")
    return {KEY: Tier(way, tuple(roles), writes, account, by_handler=by_handler,
                      session=session, whole=whole, renewing=renewing)}


OPEN: dict[str, Any] = {KEY: Tier(empty=True)}
VIEW: dict[str, Any] = {KEY: Tier()}


def may_write(asking: Asking) -> bool:
    return asking.signed_in or asking.role != "public"


def within_tier(connection: ASGIConnection, handler: BaseRouteHandler) -> None:
    """The guard of all handlers. WEB-017 where none stated a tier: least access by default."""
    if connection.scope.get("method") == "OPTIONS":
        return  # which methods there are; the handler is not asked
    found = handler.opt.get(KEY)
    if not isinstance(found, Tier):
        raise LandReleaseError(NO_TIER, found=connection.scope["path"])
    asking: Asking | None = connection.scope.get("user")
    if found.empty:
        return
    asking = asking or Asking("public", "", ())
    if connection.scope.get("method") not in SAFE and not handler.opt.get("open_form"):
        if asking.reads_only:
            raise LandReleaseError(TOKEN_READS)
        if asking.renew and not found.renewing:
            raise LandReleaseError(PASSWORD_FIRST)
    if not found.by_handler:
        found.check(asking)
