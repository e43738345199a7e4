"""Every message that a user can meet, with its code. Codes never change or move to another meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the catalogue: what is wrong, and how to mend it, as format strings."""

    code: str
    problem: str
    remedy: str

    def text(self, **facts: Any) -> str:
        return f"[{self.code}] {self.problem} {self.remedy}".format(**facts)


class LandReleaseError(Exception):
    """Something the reader can put right; keeps the facts for forms and the API."""

    def __init__(self, message: Message, **facts: Any):
        self.message, self.code, self.facts = message, message.code, facts
        super().__init__(message.text(**facts))


# --- FIL: files that come in -------------------------------------------------------------------

# --- ROW: single rows and values ---------------------------------------------------------------

# --- GEO: places and geometries ----------------------------------------------------------------

# --- STO: the registry -------------------------------------------------------------------------

# --- ASS: assess -------------------------------------------------------------------------------

# --- PLN: plan ---------------------------------------------------------------------------------

# --- VER: verify -------------------------------------------------------------------------------

# --- FOR: forecast -----------------------------------------------------------------------------

# --- PUB: publish ------------------------------------------------------------------------------

# --- ACC: access -------------------------------------------------------------------------------

# --- CLI: the command line ---------------------------------------------------------------------
