"""Keys and signatures: who decided, and that nobody changed it since (S09).

Ed25519 (RFC 8032) from the library `cryptography`. Each use signs its bytes with a word before
them, so that a signature made for one purpose counts for no other.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

from landrelease.core.revision import Revision, StoredRevision
from landrelease.errors import KEY_NOT_READABLE, KEY_PASSPHRASE, LandReleaseError

Purpose = Literal["revision", "checkpoint", "package"]

_KEY = re.compile(r"[0-9a-f]{64}")


class SigningKey:
    """A private key in memory; its text never shows it."""

    def __init__(self, key: Any):
        self._key = key

    @classmethod
    def from_seed(cls, seed: bytes) -> SigningKey:
        """A key from 32 bytes of randomness, which the caller brings."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    @classmethod
    def from_pem(cls, content: bytes, passphrase: str | None, file: str) -> SigningKey:
        """A key file (PKCS#8 PEM). Raises SIG-001: no such key. SIG-002: the passphrase."""
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key

        encrypted = b"ENCRYPTED" in content[:200]
        if encrypted and not passphrase:
            raise LandReleaseError(KEY_PASSPHRASE, file=file, found="none was given")
        try:
            key = load_pem_private_key(content, passphrase.encode() if encrypted and passphrase
                                       else None)
        except (ValueError, TypeError) as error:
            if encrypted:
                raise LandReleaseError(KEY_PASSPHRASE, file=file,
                                       found="it does not open the key") from error
            raise LandReleaseError(KEY_NOT_READABLE, file=file,
                                   found="something else") from error
        if not isinstance(key, Ed25519PrivateKey):
            raise LandReleaseError(KEY_NOT_READABLE, file=file, found="a key of another kind")
        return cls(key)

    def to_pem(self, passphrase: str | None) -> bytes:
        """The key file; encrypted where there is a passphrase."""
        from cryptography.hazmat.primitives.serialization import (
            BestAvailableEncryption,
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        how = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, how)

    @property
    def public_key(self) -> str:
        """64 hex digits."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, purpose: Purpose, content: bytes) -> str:
        """A signature of 128 hex digits."""
        return self._key.sign(_framed(purpose, content)).hex()

    def __repr__(self) -> str:
        return f"SigningKey({fingerprint(self.public_key)})"


def verify(public_key: str, purpose: Purpose, content: bytes, signature: str) -> bool:
    """Whether the signature fits; False for anything that is no key or no signature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        if not _KEY.fullmatch(public_key):
            return False
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
            bytes.fromhex(signature), _framed(purpose, content))
    except (InvalidSignature, ValueError):
        return False
    return True


def _framed(purpose: Purpose, content: bytes) -> bytes:
    return b"landrelease " + purpose.encode() + b"\n" + content


def fingerprint(public_key: str) -> str:
    """Eight groups of four hex digits of the key's SHA-256, to read out on the telephone."""
    digest = hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:32]
    return " ".join(digest[n:n + 4] for n in range(0, 32, 4))


def signed(revision: Revision, key: SigningKey, person: str, tips: Sequence[str]) -> Revision:
    """The revision signed by a person, made upon the revisions of the record that stood then.

    `tips` are the hashes of `Registry.tips`; they stand in what is signed, so that the signature
    fits only there: it cannot be played again after somebody recorded something else.
    """
    open_ = replace(revision, follows=tuple(sorted({*revision.follows, *tips})), signed_by=person,
                    signature="")
    return replace(open_, signature=key.sign("revision", open_.signable()))


# --- whose key counts --------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Trust:
    """A key as the registry knows it. `since` is when it began to count."""

    person: str
    public_key: str
    since: datetime
    until: date | None
    vouched_by: str  # id of the person who vouched; "" for the first key of an office
    may_vouch: bool


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys that count, by person; a person may have had several."""

    keys: Mapping[str, tuple[Trust, ...]]

    def of(self, person: str, at: datetime) -> tuple[Trust, ...]:
        """Keys of a person that counted at an instant."""
        return tuple(t for t in self.keys.get(person, ())
                     if t.since <= at and (t.until is None or at.date() <= t.until))

    def who(self, public_key: str) -> str:
        """The person whose key it is; "" where nobody here has it."""
        return next((p for p, found in self.keys.items()
                     if any(t.public_key == public_key for t in found)), "")


def key_ring(persons: Iterable[StoredRevision], own_chain: str) -> KeyRing:
    """The keys that count, from all revisions of records of the kind `person`, in their order.

    The first key of the own chain counts as found: an office has to begin somewhere, and its
    fingerprint is compared by people. Each later key, also of another office, counts from the
    revision on that a person with a counting key and `may_vouch` signed. `key_until` ends a key;
    it goes on counting for what it signed in its time.
    """
    keys: dict[str, list[Trust]] = {}
    rooted = False
    for stored in persons:
        r = stored.revision
        public_key = r.values.get("public_key")
        if not isinstance(public_key, str) or not _KEY.fullmatch(public_key):
            continue
        until = _day(r.values.get("key_until"))
        may_vouch = r.values.get("may_vouch") == "yes"
        ring = KeyRing({p: tuple(t) for p, t in keys.items()})
        voucher = _voucher(r, ring)
        if not rooted and stored.chain == own_chain:
            rooted = True
            keys.setdefault(r.record_id, []).append(
                Trust(r.record_id, public_key, r.recorded_at, until, "", may_vouch))
            continue
        known = keys.get(r.record_id, [])
        held = next((n for n, t in enumerate(known) if t.public_key == public_key), None)
        if voucher:
            trust = Trust(r.record_id, public_key, r.recorded_at, until, voucher, may_vouch)
            if held is None:
                keys.setdefault(r.record_id, []).append(trust)
            else:
                known[held] = replace(trust, since=known[held].since)
        elif held is not None and until is not None:
            # Anybody may report a key as lost: an earlier end never lets a wrong one count.
            end = known[held].until
            known[held] = replace(known[held], until=until if end is None else min(until, end))
    return KeyRing({p: tuple(t) for p, t in keys.items()})


def _voucher(revision: Revision, ring: KeyRing) -> str:
    """The person with a counting key and `may_vouch` who signed; "" where nobody did."""
    if not revision.signature:
        return ""
    content = revision.signable()
    fits = any(t.may_vouch and verify(t.public_key, "revision", content, revision.signature)
               for t in ring.of(revision.signed_by, revision.recorded_at))
    return revision.signed_by if fits else ""


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
