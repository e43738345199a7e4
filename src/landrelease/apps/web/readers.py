"""Who asks: the session of a browser, the token of a program, or nobody."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from landrelease.apps.web.settings import Settings
from landrelease.store.accounts import Account, Accounts

COOKIE = "landrelease_session"
SECURE_COOKIE = "__Host-landrelease_session"  # only sent over https, to this host, for all paths


@dataclass(frozen=True, slots=True)
class Asking:
    """A reader of one request. `csrf` is empty for programs and for who is not signed in."""

    role: str
    organisation: str
    areas: tuple[str, ...]
    account: str = ""
    csrf: str = ""
    person: str = ""

    @property
    def signed_in(self) -> bool:
        return bool(self.account)


def cookie_name(settings: Settings) -> str:
    return SECURE_COOKIE if settings.secure else COOKIE


class Authentication(AbstractAuthenticationMiddleware):
    """Puts `Asking` into the request. A secret that opens nothing is refused, not passed over: a
    program that thinks it reads as an operator must not be shown the public's view."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        settings: Settings = connection.app.state.settings
        accounts: Accounts = connection.app.state.accounts
        stated = connection.headers.get("authorization", "")
        if stated:
            account = accounts.of_token(_token(stated))
            if account is None:
                raise NotAuthorizedException(
                    "This token opens nothing here: it ended, or was never made.",
                    headers={"WWW-Authenticate": 'Basic realm="landrelease", charset="UTF-8"'})
            return AuthenticationResult(_asking(account, ""), None)
        secret = connection.cookies.get(cookie_name(settings))
        session = accounts.session(secret) if secret else None
        if session is None:
            return AuthenticationResult(
                Asking(settings.role, settings.organisation, settings.areas), None)
        return AuthenticationResult(_asking(session.account, session.csrf), secret)


def _asking(account: Account, csrf: str) -> Asking:
    return Asking(account.role, account.organisation, account.areas, account.name, csrf,
                  account.person)


def _token(header: str) -> str:
    """The secret of "Bearer SECRET", or the password of "Basic ..." (a GIS asks for one)."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""
