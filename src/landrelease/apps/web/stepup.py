"""Decisions in the browser: the password once more, and the personal key for one signature.

The key comes with the request, encrypted by its passphrase, is opened in memory for this one
signature and is kept nowhere. Whoever does not run the server should sign on a machine of their own
with the command line: the program that gets a key and its passphrase could keep them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from litestar import Request
from litestar.datastructures import UploadFile

from landrelease.apps.web.answers import address_of, asking_of
from landrelease.apps.web.guessing import Guesses
from landrelease.apps.web.layout import Html, field, tag
from landrelease.apps.web.words import word
from landrelease.errors import (
    KEY_NOT_GIVEN,
    KEY_OF_ANOTHER,
    PASSWORD_AGAIN,
    LandReleaseError,
    Message,
)
from landrelease.store.registry import Registry

if TYPE_CHECKING:
    from landrelease.apps.web.readers import Asking
    from landrelease.core.signature import SigningKey

_MOST_KEY = 20_000  # bytes


async def password_again(request: Request, password: str, wrong: Message = PASSWORD_AGAIN
                         ) -> None:
    """Ask who is signed in for the password once more (ASVS 5.0, 7.5.3); failures count apart from
    those of signing in, which strangers can make. The office itself on its own machine has no
    account: its key is asked for alone.

    Raises WEB-014: it waits. WEB-041, or `wrong`: not right.
    """
    asking = asking_of(request)
    if not asking.signed_in:
        return
    guesses: Guesses = request.app.state.guesses
    if await guesses.check(request, asking.account, password, again=True) is None:
        request.app.state.accounts.log(
            asking.account, asking.role, "password refused",
            f"asked for again at {request.url.path}, from {address_of(request)}")
        raise LandReleaseError(wrong)


async def content_of(upload: UploadFile | None) -> bytes:
    """The bytes of a file of a form; nothing where none was chosen."""
    return b"" if upload is None else await upload.read()


def opened_key(registry: Registry, asking: Asking, content: bytes, passphrase: str) -> SigningKey:
    """The key of a form. Where the account names a person, it has to be that person's.

    Raises WEB-040: none was given. WEB-042: of somebody else. SIG-001 to SIG-003.
    """
    from landrelease.core.signature import SigningKey
    from landrelease.workflows import identities

    if not content or len(content) > _MOST_KEY:
        raise LandReleaseError(KEY_NOT_GIVEN)
    key = SigningKey.from_pem(content, passphrase or None, word("key.file"))
    owner = identities.owner(registry, key)
    if asking.person and asking.person != owner:
        raise LandReleaseError(KEY_OF_ANOTHER, account=asking.account)
    return key


def key_fields(asking: Asking, *, required: bool = True) -> Html:
    """The fields of a form that is signed."""
    return tag(
        "fieldset", tag("legend", word("key.legend")), tag("p", word("key.words"), class_="note"),
        field(word("key.file"), tag("input", type="file", name="key", required=required,
                                    accept=".pem,.key,application/x-pem-file")),
        field(word("key.passphrase"), tag("input", type="password", name="passphrase",
                                          autocomplete="off")),
        field(word("key.password"), tag("input", type="password", name="password",
                                        required=required, autocomplete="current-password"))
        if asking.signed_in else None)
