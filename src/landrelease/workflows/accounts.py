"""Accounts of the web app as whoever keeps them makes, changes, closes and opens them: the command
line and the pages do it this one way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from landrelease.access import policy
from landrelease.errors import ACCOUNT_UNKNOWN, PERSON_NOT_RECORDED, LandReleaseError
from landrelease.store.accounts import Account, Accounts, new_word
from landrelease.store.webhooks import Webhooks

if TYPE_CHECKING:
    from landrelease.store.registry import Registry


def checked(account: Account, registry: Registry | None = None) -> Account:
    """An account whose role there is and, where the registry is open, whose areas and person too.

    Raises ACC-001: no such role. ACC-005: an area that is neither recorded nor drawn. WEB-026: no
    such person on record.
    """
    policy.view(account.role)
    if registry is not None:
        from landrelease.workflows import sharing

        sharing.areas_of(registry, account.areas)
        if account.person and account.person not in registry.ids("person"):
            raise LandReleaseError(PERSON_NOT_RECORDED, found=account.person[:80])
    return account


def make(accounts: Accounts, account: Account, password: str | None = None, *,
         registry: Registry | None = None) -> str:
    """Make an account: with a password, or with a one-time word, which is returned and shown once.

    Raises what `checked` raises; WEB-001 to WEB-003.
    """
    checked(account, registry)
    word = "" if password is not None else new_word(account.name)
    accounts.add(account, word or password or "", one_time=password is None)
    return word


def change(accounts: Accounts, account: Account, *, registry: Registry | None = None) -> Account:
    """Another role, organisation, areas and person; returns what the account was before.

    Its sessions and tokens have them from their next request on. Messages about changes that wait
    were made for the reader that it was: they are not sent, and its subscriptions rest (S14).

    Raises what `checked` raises; WEB-004.
    """
    before = accounts.account(account.name)
    if before is None:
        raise LandReleaseError(ACCOUNT_UNKNOWN, found=account.name[:60])
    checked(account, registry)
    accounts.change(account)
    if (before.role, before.organisation, before.areas) != (
            account.role, account.organisation, account.areas):
        hooks = Webhooks(accounts)
        for one in hooks.of(account.name):
            hooks.rest(one.id, "the account was changed")
    return before


def reset(accounts: Accounts, name: str) -> str:
    """A one-time word in place of the password, shown once; sessions and tokens end. WEB-004."""
    return accounts.one_time_word(name)
