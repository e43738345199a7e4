"""Signing in at a provider of OpenID Connect: authorization code with PKCE, and nothing else.

Source: OpenID Connect Core 1.0 (3.1), Discovery 1.0, RP-Initiated Logout 1.0; RFC 7636 (PKCE,
S256), RFC 9207 (issuer in the answer), RFC 9700 (best current practice). The library joserfc
verifies the ID token. An identity opens the account that it was linked to (`landrelease account
link`) and no other: nothing is made of its own accord.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx
from litestar import Request, Response, get
from litestar.datastructures import Cookie

from landrelease.apps.web import speaking
from landrelease.apps.web.answers import address_of, retry_after
from landrelease.apps.web.readers import cookie_name
from landrelease.apps.web.settings import LOOPBACK, Settings
from landrelease.apps.web.tiers import OPEN
from landrelease.apps.web.words import word
from landrelease.errors import (
    OIDC_FAILED,
    OIDC_FILE,
    OIDC_NO_ACCOUNT,
    SIGN_IN_WAITS,
    LandReleaseError,
)
from landrelease.store.accounts import SESSION_HOURS, Accounts

SECRET_WORD = "LANDRELEASE_OIDC_SECRET"
MINUTES = 10  # from the start to the answer of the provider
LEEWAY = 60  # seconds between clocks
_MOST = 1_000_000  # bytes of an answer of the provider
_KEPT = 3600.0  # seconds for which its description and keys count
# Signatures with a key pair of the provider: never "none", never a shared secret.
ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA", "Ed25519")
_COOKIE = "landrelease_oidc"


@dataclass(frozen=True, slots=True)
class Client:
    """What the office has at its provider.

    issuer, client_id : as the provider names them. callback : the address of this server's
    `/api/oidc/callback`, as registered there. label : what the button says. secret : "" for a
    public client; it comes from a file or the environment, never from an option.
    """

    issuer: str
    client_id: str
    callback: str
    label: str
    secret: str = ""
    acr: tuple[str, ...] = ()  # one of these strengths of signing in, or none is let in
    amr: tuple[str, ...] = ()  # one of these ways of signing in, such as "mfa" (RFC 8176)

    def __repr__(self) -> str:  # the secret is in no log
        return f"Client({self.issuer!r}, {self.client_id!r})"


def read_client(path: Path, environment: dict[str, str] | None = None) -> Client:
    """Read the settings of the provider: YAML with issuer, client_id, callback, label and, where
    the client has a secret, client_secret_file (or the variable LANDRELEASE_OIDC_SECRET); acr and
    amr, with blanks between: how strongly the provider has to have asked.

    Raises WEB-050 where something is missing, unknown, or not https outside this machine.
    """
    import yaml

    env = os.environ if environment is None else environment

    def wrong(found: str, expected: str) -> LandReleaseError:
        return LandReleaseError(OIDC_FILE, path=path, found=found, expected=expected)

    try:
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise wrong(type(error).__name__, "a YAML file that can be read") from error
    known = {"issuer", "client_id", "callback", "label", "client_secret_file",
             "acr", "amr"}
    if not isinstance(said, dict) or not all(isinstance(v, str) for v in said.values()):
        raise wrong("no names with texts", ", ".join(sorted(known)))
    if set(said) - known:
        raise wrong(", ".join(map(str, sorted(set(said) - known))), ", ".join(sorted(known)))
    for name in ("issuer", "client_id", "callback"):
        if not said.get(name):
            raise wrong(f"no {name}", name)
    for name in ("issuer", "callback"):
        if not _safe(said[name]):
            raise wrong(said[name], f"{name} starts with https://")
    secret = env.get(SECRET_WORD, "")
    if said.get("client_secret_file"):
        file = path.parent / said["client_secret_file"]
        try:
            if file.stat().st_mode & 0o077:
                raise wrong(f"{file.name}: others may read it", "a file for its owner alone (600)")
            secret = file.read_text(encoding="utf-8").strip()
        except OSError as error:
            raise wrong(f"{file.name}: {error.strerror}", "a file with the secret") from error
    return Client(said["issuer"], said["client_id"], said["callback"],
                  said.get("label") or urlsplit(said["issuer"]).hostname or "OpenID", secret,
                  tuple(said.get("acr", "").split()), tuple(said.get("amr", "").split()))


def _safe(address: str) -> bool:
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


class Provider:
    """The provider's description and keys, kept for an hour."""

    def __init__(self, client: Client):
        self.client = client
        self._said: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, Any] | None = None

    async def _ask(self, method: str, address: str, **more: Any) -> Any:
        """JSON from the provider: no redirects, no proxies, bounded in time and size."""
        if not _safe(address):
            raise LandReleaseError(OIDC_FAILED, found="the provider names an address without https")
        try:
            async with (httpx.AsyncClient(timeout=10, follow_redirects=False,
                                          trust_env=False) as http,
                        http.stream(method, address, **more) as answer):
                body = b""
                async for piece in answer.aiter_bytes():
                    body += piece
                    if len(body) > _MOST:
                        raise LandReleaseError(OIDC_FAILED, found="an answer that is too long")
                if answer.status_code != 200:
                    raise LandReleaseError(
                        OIDC_FAILED, found=f"the provider answered {answer.status_code}")
            return json.loads(body)
        except (httpx.HTTPError, ValueError) as error:
            raise LandReleaseError(OIDC_FAILED, found=type(error).__name__) from error

    async def described(self) -> dict[str, Any]:
        if self._said is None or time.monotonic() - self._said[0] > _KEPT:
            found = await self._ask("GET", self.client.issuer.rstrip("/")
                                    + "/.well-known/openid-configuration")
            if not isinstance(found, dict) or found.get("issuer") != self.client.issuer:
                raise LandReleaseError(OIDC_FAILED, found="the provider names another issuer")
            for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not isinstance(found.get(name), str) or not _safe(found[name]):
                    raise LandReleaseError(OIDC_FAILED, found=f"the provider names no {name}")
            self._said = time.monotonic(), found
        return self._said[1]

    async def keys(self, fresh: bool = False) -> Any:
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        if fresh or self._keys is None or time.monotonic() - self._keys[0] > _KEPT:
            found = await self._ask("GET", (await self.described())["jwks_uri"])
            try:
                self._keys = time.monotonic(), KeySet.import_key_set(found)
            except (JoseError, KeyError, TypeError, ValueError) as error:
                raise LandReleaseError(OIDC_FAILED, found="keys that cannot be read") from error
        return self._keys[1]

    async def exchange(self, code: str, verifier: str) -> str:
        """The ID token for a code."""
        said = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier,
                "redirect_uri": self.client.callback, "client_id": self.client.client_id}
        more: dict[str, Any] = {}
        if self.client.secret:
            more["auth"] = httpx.BasicAuth(self.client.client_id, self.client.secret)
        found = await self._ask("POST", (await self.described())["token_endpoint"], data=said,
                                **more)
        token = found.get("id_token") if isinstance(found, dict) else None
        if not isinstance(token, str):
            raise LandReleaseError(OIDC_FAILED, found="no ID token")
        return token

    async def verified(self, token: str, nonce: str) -> dict[str, Any]:
        """The claims of an ID token (Core 1.0, 3.1.3.7): signature, issuer, audience, times, nonce.
        Raises WEB-051."""
        from joserfc import jwt
        from joserfc.errors import JoseError

        claims: dict[str, Any] = {}
        for fresh in (False, True):  # keys change: one unknown key asks once more
            try:
                claims = dict(jwt.decode(token, await self.keys(fresh),
                                         algorithms=list(ALGORITHMS)).claims)
                break
            except (JoseError, ValueError, TypeError) as error:
                if fresh:
                    raise LandReleaseError(
                        OIDC_FAILED, found=f"an ID token that is not valid ({type(error).__name__})"
                    ) from None
        now = int(time.time())
        audience = claims.get("aud")
        audiences = audience if isinstance(audience, list) else [audience]
        own = self.client.client_id
        wrong = (
            "issuer" if claims.get("iss") != self.client.issuer else
            "audience" if own not in audiences else
            "party" if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != own else
            "expiry" if not _number(claims.get("exp")) or claims["exp"] < now - LEEWAY else
            "time" if not _number(claims.get("iat")) or claims["iat"] > now + LEEWAY
            or claims["iat"] < now - 60 * MINUTES - LEEWAY else
            "time" if _number(claims.get("nbf")) and claims["nbf"] > now + LEEWAY else
            "nonce" if not secrets.compare_digest(str(claims.get("nonce", "")), nonce) else
            "subject" if not isinstance(claims.get("sub"), str) or not claims["sub"] else
            # How strongly the provider asked: where the office states it, nothing less counts.
            "strength (acr)" if self.client.acr and claims.get("acr") not in self.client.acr else
            "strength (amr)" if self.client.amr and not (
                isinstance(claims.get("amr"), list)
                and any(way in self.client.amr for way in claims["amr"])) else "")
        if wrong:
            raise LandReleaseError(OIDC_FAILED, found=f"an ID token with another {wrong}")
        return claims


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _box(accounts: Accounts) -> Any:
    from cryptography.fernet import Fernet

    key = hashlib.sha256(accounts.secret("oidc").encode()).digest()
    return Fernet(base64.urlsafe_b64encode(key))


def _kept(settings: Settings, value: str, seconds: int) -> Cookie:
    # Lax: the answer of the provider is a way into this site from another.
    return Cookie(_COOKIE, value=value, path="/api/oidc", httponly=True, samesite="lax",
                  secure=settings.secure, max_age=seconds)


@get("/api/oidc/start", opt=OPEN, include_in_schema=False)
async def start(request: Request) -> Response[bytes]:
    """Lead to the provider. State, nonce and the code's verifier are kept in a cookie that only
    this server can read."""
    provider = _provider(request)
    try:
        said = await provider.described()
    except LandReleaseError as error:
        return _page(request, speaking.texts().error(error), 502)
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    kept = _box(request.app.state.accounts).encrypt(json.dumps([state, nonce, verifier]).encode())
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=")
    asked = urlencode({
        "response_type": "code", "client_id": provider.client.client_id, "scope": "openid email",
        "redirect_uri": provider.client.callback, "state": state, "nonce": nonce,
        "code_challenge": challenge.decode(), "code_challenge_method": "S256",
        **({"acr_values": " ".join(provider.client.acr)} if provider.client.acr else {})})
    at = said["authorization_endpoint"]
    return Response(b"", status_code=303, media_type="text/html", headers={
        "Location": f"{at}{'&' if '?' in at else '?'}{asked}", "Cache-Control": "no-store"},
        cookies=[_kept(request.app.state.settings, kept.decode(), MINUTES * 60)])


@get("/api/oidc/callback", opt=OPEN, include_in_schema=False)
async def callback(request: Request) -> Response[bytes]:
    """The answer of the provider: sign in the account that the identity is linked to."""
    accounts: Accounts = request.app.state.accounts
    settings: Settings = request.app.state.settings
    address = address_of(request)
    provider = _provider(request)
    waits = accounts.waits(f"address {address}")
    if waits:  # not a failure of its own: asking again must not make the wait longer
        accounts.log("", "", "sign-in refused", f"{SIGN_IN_WAITS.code} from {address}")
        error = LandReleaseError(SIGN_IN_WAITS, seconds=waits)
        answer = _page(request, speaking.texts().error(error), 429)
        answer.headers.update(retry_after(error))
        return answer
    try:
        name, claims = await _answered(request, provider)
    except LandReleaseError as error:
        accounts.failed(f"address {address}")
        accounts.log("", "", "sign-in refused", f"{error.code} from {address}")
        return _page(request, speaking.texts().error(error), 403)
    if request.auth:
        accounts.end(request.auth)
    secret, session = accounts.begin(name, by=claims["iss"])
    accounts.log(name, session.account.role, "signed in", f"OpenID Connect, from {address}")
    return _page(request, "", 200, Cookie(
        cookie_name(settings), value=secret, path="/", httponly=True, samesite="strict",
        secure=settings.secure, max_age=SESSION_HOURS * 3600))


async def _answered(request: Request, provider: Provider) -> tuple[str, dict[str, Any]]:
    from cryptography.fernet import InvalidToken

    accounts: Accounts = request.app.state.accounts
    said = request.query_params
    try:
        kept = request.cookies.get(_COOKIE, "").encode()
        state, nonce, verifier = json.loads(_box(accounts).decrypt(kept, ttl=MINUTES * 60))
    except (InvalidToken, ValueError):
        raise LandReleaseError(OIDC_FAILED, found="no sign-in that was begun here") from None
    if not secrets.compare_digest(said.get("state", "").encode(), state.encode()):
        raise LandReleaseError(OIDC_FAILED, found="another state")
    if "iss" in said and said["iss"] != provider.client.issuer:
        raise LandReleaseError(OIDC_FAILED, found="an answer of another issuer")
    if "error" in said or not said.get("code"):
        raise LandReleaseError(OIDC_FAILED, found="the provider refused")
    claims = await provider.verified(await provider.exchange(said["code"], verifier), nonce)
    email = claims.get("email") if claims.get("email_verified") is True else None
    name = accounts.of_identity(claims["iss"], claims["sub"],
                                email if isinstance(email, str) else "")
    if name is None:
        raise LandReleaseError(OIDC_NO_ACCOUNT, found=claims["sub"][:80])
    return name, claims


async def sign_out_address(request: Request) -> str:
    """Where the provider ends its own session; "" where it names no such place."""
    provider: Provider | None = request.app.state.provider
    if provider is None:
        return ""
    try:
        found = (await provider.described()).get("end_session_endpoint", "")
    except LandReleaseError:
        return ""
    if not isinstance(found, str) or not _safe(found):
        return ""
    home = provider.client.callback.rsplit("/api/oidc/", 1)[0] + "/"
    return f"{found}?" + urlencode({"client_id": provider.client.client_id,
                                    "post_logout_redirect_uri": home})


def _provider(request: Request) -> Provider:
    from litestar.exceptions import NotFoundException

    found: Provider | None = request.app.state.provider
    if found is None:
        raise NotFoundException("There is no provider.")
    return found


def _page(request: Request, problem: str, status: int, *cookies: Cookie) -> Response[bytes]:
    """A small page of this site: only what starts here brings the session's cookie (strict)."""
    settings: Settings = request.app.state.settings
    texts = speaking.texts()
    on = "" if problem else '<meta http-equiv="refresh" content="0;url=/">'
    words, title = html.escape(problem or word("signed_in")), html.escape(word("sign_in"))
    there = (f'<a href="/#sign_in">{title}</a>' if problem
             else f'<a href="/">{html.escape(word("map"))}</a>')
    body = (f'<!doctype html><html lang="{texts.code}" dir="{texts.direction}"><head>'
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, '
            f'initial-scale=1">{on}<title>{title} – landrelease</title>'
            '<link rel="icon" href="/static/sign.svg">'
            '<link rel="stylesheet" href="/static/app.css"></head><body><main>'
            f'<h1>{title}</h1><p role="alert">{words}</p><p>{there}</p></main></body></html>')
    return Response(body.encode(), status_code=status, media_type="text/html",
                    headers={"Cache-Control": "no-store"},
                    cookies=[_kept(settings, "", 0), *cookies])


HANDLERS = [start, callback]
