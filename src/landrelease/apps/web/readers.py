"""Who asks: the session of a browser, the token of a program, or nobody."""

from __future__ import annotations

import base64
import binascii
import hashlib
import ipaddress
from dataclasses import dataclass, replace

from litestar.connection import ASGIConnection
from litestar.exceptions import NotAuthorizedException
from litestar.middleware import AbstractAuthenticationMiddleware, AuthenticationResult

from landrelease.apps.web.settings import Settings
from landrelease.errors import READER_CHANGED, LandReleaseError
from landrelease.store.accounts import Account, Accounts, Session

COOKIE = "landrelease_session"
# Of whom a page was opened for, and that nobody has touched it of late: what it asks for by itself
# does not keep a session open.
READS_AS, AWAY = "x-reads-as", "x-away"
_DATA = ("/tiles/", "/ogc/")
# What proxies and tunnels add to what they hand on.
_HANDED_ON = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto",
              "x-real-ip")
SECURE_COOKIE = "__Host-landrelease_session"  # only sent over https, to this host, for all paths


@dataclass(frozen=True, slots=True)
class Asking:
    """A reader of one request. `csrf` is empty for programs and for who is not signed in.
    `reads_only`: of a token that may send nothing. `renew`: signed in with a one-time word; until a
    password is chosen it is the public's view."""

    role: str
    organisation: str
    areas: tuple[str, ...]
    account: str = ""
    csrf: str = ""
    person: str = ""
    reads_only: bool = False
    renew: bool = False

    @property
    def signed_in(self) -> bool:
        return bool(self.account)

    @property
    def sign(self) -> str:
        """Whose view it is: what a page that is open says with each thing that it asks for."""
        said = (self.account, self.role, self.organisation, *self.areas)
        return hashlib.sha256("\0".join(said).encode()).hexdigest()[:16]


def cookie_name(settings: Settings) -> str:
    return SECURE_COOKIE if settings.secure else COOKIE


class Authentication(AbstractAuthenticationMiddleware):
    """Puts `Asking` into the request. A secret that opens nothing is refused, not passed over: a
    program that thinks it reads as an operator must not be shown the public's view, and no map that
    an inspector opened may go on as the public's (S01). Of a session that has ended, pages alone
    are shown as the public sees them; they say so."""

    async def authenticate_request(self, connection: ASGIConnection) -> AuthenticationResult:
        settings: Settings = connection.app.state.settings
        accounts: Accounts = connection.app.state.accounts
        stated = connection.headers.get("authorization", "")
        if stated:
            opened = accounts.opened_by(_token(stated))
            if opened is None:
                _note_refused(connection, stated, accounts)
                raise NotAuthorizedException(
                    "This token opens nothing here: it ended, or was never made.",
                    headers={"WWW-Authenticate": 'Basic realm="landrelease", charset="UTF-8"'})
            return AuthenticationResult(replace(
                _asking(opened[0], ""), reads_only=opened[1] == "read"), None)
        secret = connection.cookies.get(cookie_name(settings))
        session = accounts.session(
            secret, used=AWAY not in connection.headers) if secret else None
        if session is None:
            if secret and connection.scope["path"].startswith(_DATA):
                raise LandReleaseError(READER_CHANGED)
            nobody = (Asking("public", "", ()) if from_elsewhere(connection) else
                      Asking(settings.role, settings.organisation, settings.areas))
            return AuthenticationResult(_as_said(connection, nobody), None)
        return AuthenticationResult(
            _as_said(connection, _of_session(session)), secret)


def _as_said(connection: ASGIConnection, asking: Asking) -> Asking:
    """Who asks, where a page that says as whom it reads is right. WEB-008: it is not."""
    stated = connection.headers.get(READS_AS)
    if stated is not None and stated != asking.sign:
        raise LandReleaseError(READER_CHANGED)
    return asking


def from_elsewhere(connection: ASGIConnection) -> bool:
    """Whether a request came, or may have come, from another machine: from its address, or handed
    on by anything that says so. The view of the office itself is never for such (S14, S16)."""
    if any(name in connection.headers for name in _HANDED_ON):
        return True
    try:
        address = ipaddress.ip_address(connection.client.host if connection.client else "")
    except ValueError:
        return False  # no network between: a socket of this machine
    mapped = getattr(address, "ipv4_mapped", None)
    return not (mapped or address).is_loopback


def _of_session(session: Session) -> Asking:
    if session.renew:
        return Asking("public", "", (), session.account.name, session.csrf, renew=True)
    return _asking(session.account, session.csrf)


def _asking(account: Account, csrf: str) -> Asking:
    return Asking(account.role, account.organisation, account.areas, account.name, csrf,
                  account.person)


def _note_refused(connection: ASGIConnection, header: str, accounts: Accounts) -> None:
    """A wrong token stands in the log, once a minute for each address (ASVS 5.0, 16.3.1); of the
    name that came with it only one that there is: a secret may have been typed there."""
    from landrelease.apps.web.answers import note_often

    address = connection.client.host if connection.client else "unknown"
    named = accounts.account(_basic(header)[0]) if header[:6].lower() == "basic " else None
    note_often(connection, address, "", "token refused",
               f"{named.name if named else 'unknown'}, from {address}")


def _token(header: str) -> str:
    """The secret of "Bearer SECRET", or the password of "Basic ..." (a GIS asks for one)."""
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    return _basic(header)[1] if scheme.lower() == "basic" else ""


def _basic(header: str) -> tuple[str, str]:
    """Name and password of "Basic ..."; both empty where it cannot be read."""
    try:
        said = base64.b64decode(header.partition(" ")[2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return said.partition(":")[0], said.partition(":")[2]
