"""The lookup code of a certificate: short, random-looking, and checkable on paper.

Ten symbols of Crockford's base 32 (no I, L, O, U), written ABCD-EFGH-JK. The first eight are 40
bits of a SHA-256; the last two make the whole, read as a number in base 32, a multiple of 1021.
1021 is prime and 32 has order 68 modulo 1021, so that each single wrong symbol and each two
symbols that changed places are found. A code says nothing about the ground.

Source of the alphabet: D. Crockford, "Base 32", 2002. Check symbols in the manner of ISO/IEC 7064
(pure systems with a prime modulus).
"""

from __future__ import annotations

import hashlib

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MODULUS = 1021
_LIKE = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None})
# Records that `release sign` makes carry these words; see `is_decision_outcome`.
RELEASE = "release-"
OUTCOME = "release-outcome-"


def lookup_code(secret: bytes) -> str:
    """The code of what only its office knows: the SHA-256 of a proposal with a random part."""
    data = int.from_bytes(hashlib.sha256(b"landrelease code\n" + secret).digest()[:5], "big")
    whole = data * 1024 + (-data * 1024) % _MODULUS
    symbols = "".join(ALPHABET[whole >> shift & 31] for shift in range(45, -1, -5))
    return f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:]}"


def code_read(words: str) -> str | None:
    """The code as it is printed, from what somebody typed; None where it cannot be one.

    Small letters, blanks, and the letters I, L and O for digits are understood.
    """
    symbols = words.upper().translate(_LIKE)
    if len(symbols) != 10 or any(s not in ALPHABET for s in symbols):
        return None
    whole = 0
    for symbol in symbols:
        whole = whole * 32 + ALPHABET.index(symbol)
    return f"{symbols[:4]}-{symbols[4:8]}-{symbols[8:]}" if whole % _MODULUS == 0 else None


def is_decision_outcome(record_id: str) -> bool:
    """Whether an outcome is the decision on work, not a report of work: the ground that it names
    was searched by others, whose records say so. It is no further search (S10)."""
    return record_id.startswith(OUTCOME)
