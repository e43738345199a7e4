"""Passwords that everybody tries first: whether one is among them (ASVS 5.0, 6.2.4).

`data/well_known_passwords.bin` is a Bloom filter of the known passwords of 12 characters and more
in the collection "Common-Credentials" of SecLists, made by `tools/well_known_passwords.py`: more
than the 3,000 that the point asks for, which are among them, and none of them can be read from it.
Of passwords that are not among them one in a hundred is refused as well.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib import resources

LEAST = 12  # characters; shorter ones are refused anyway
HASHES = 7


def places(word: str, bits: int) -> list[int]:
    """The bits of a word, from two halves of one hash (Kirsch and Mitzenmacher, 2006)."""
    digest = hashlib.sha256(word.encode("utf-8", "surrogatepass")).digest()
    first, second = (int.from_bytes(digest[n:n + 8], "big") for n in (0, 8))
    return [(first + k * (second | 1)) % bits for k in range(HASHES)]


def well_known(password: str) -> bool:
    """Whether a password is among those that are tried first, without regard to case."""
    bits = _bits()
    return all(bits[n // 8] >> n % 8 & 1 for n in places(password.casefold(), 8 * len(bits)))


@cache
def _bits() -> bytes:
    return (resources.files("landrelease.data") / "well_known_passwords.bin").read_bytes()
