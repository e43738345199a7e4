"""Passwords are looked at in a thread of their own, a few at a time: a burst of guesses stops no
page, and waits or is sent away (ASVS 5.0, 6.3.1)."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from litestar import Request

from landrelease.apps.web.answers import address_of, note_often
from landrelease.errors import SIGN_IN_WAITS, LandReleaseError
from landrelease.store.accounts import Account, Accounts

MOST_WAITING = 20  # of 0.1 s each
_BUSY_S = 5


class Guesses:
    """One thread that looks at passwords of who signs in, one for who is signed in and gives it
    once more, and how many wait for each: no crowd of strangers holds back a decision."""

    def __init__(self) -> None:
        self._pools = {again: ThreadPoolExecutor(1, thread_name_prefix="passwords")
                       for again in (False, True)}
        self._waiting = {False: 0, True: 0}

    async def check(self, request: Request, name: str, password: str, *, again: bool = False
                    ) -> Account | None:
        """The account where name and password are right. `again`: of who is signed in as it.

        Raises WEB-014: name or address wait, or too many are being looked at; it stands in the log
        once a minute.
        """
        accounts: Accounts = request.app.state.accounts
        address = address_of(request)
        try:
            if self._waiting[again] >= MOST_WAITING:
                raise LandReleaseError(SIGN_IN_WAITS, seconds=_BUSY_S)
            self._waiting[again] += 1
            try:
                return await asyncio.get_running_loop().run_in_executor(
                    self._pools[again], lambda: accounts.check(name, password, address=address,
                                                               again=again))
            finally:
                self._waiting[again] -= 1
        except LandReleaseError as error:
            if error.code == SIGN_IN_WAITS.code:
                note_often(request, address, "", "sign-in refused", f"too many, from {address}")
            raise

    def close(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(wait=False)
