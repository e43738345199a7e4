"""Persons in a record that is never erased: pseudonyms and salted commitments (S17).

The chain cannot forget; a person may ask to be forgotten. So names and other personal values stand
in a table beside the chain that can be erased, and the chain holds only what proves, while the
value is there, that it is the one that was recorded. Without the salt, which is erased with it,
nothing can be guessed back. Source: salted hash commitments as in RFC 9901 (selective disclosure
for JSON web tokens), section 4.2.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import date, datetime
from typing import Any

ERASED = "erased person"
SALT_BYTES = 16  # of randomness, made by the store; written as hex

_ID = re.compile(r"person:[0-9a-f]{32}")


def author_id(name: str, salt: str) -> str:
    """The id of a person: "person:" and 32 hex digits of the SHA-256 of salt and name."""
    return "person:" + hashlib.sha256(f"{salt}\n{name}".encode()).hexdigest()[:32]


def is_person_id(text: str) -> bool:
    """Whether a word in `recorded_by` is the id of a person."""
    return _ID.fullmatch(text) is not None


def is_program(text: str) -> bool:
    """Whether a word in `recorded_by` is the name of a program, which is no person."""
    return text == "landrelease" or text.startswith(("landrelease ", "local user"))


def commitment(value: Any, salt: str) -> str:
    """SHA-256 (64 hex digits) of salt and value as JSON with sorted keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False,
                      allow_nan=False, default=_plain)
    return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()


def _plain(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be a personal value")
