"""Keys and signatures: who decided, and that nobody changed it since (S09).

Ed25519 (RFC 8032) from the library `cryptography`. Each use signs its bytes with a word before
them, so that a signature made for one purpose counts for no other.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal

from landrelease.core import descent
from landrelease.core.revision import Revision, StoredRevision
from landrelease.errors import KEY_NOT_READABLE, KEY_PASSPHRASE, LandReleaseError

Purpose = Literal["revision", "checkpoint", "package"]

_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")
# The y of the points of small order, and their unreduced forms: with such a "key" a signature fits
# any content (RFC 8032 leaves their refusal to the application).
_P = 2**255 - 19
_EIGHTH = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826
_SMALL_ORDER = frozenset({0, 1, _P - 1, _P, _P + 1, _EIGHTH, _P - _EIGHTH})


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

    def to_pem(self, passphrase: str | None, randomness: bytes = b"") -> bytes:
        """The key file; with a passphrase encrypted, for which the caller brings 32 random bytes.

        PBES2 of PKCS#5 (RFC 8018): PBKDF2 with HMAC-SHA-256, AES-256-CBC. The library's own writer
        stays at 2,048 rounds; a passphrase of people needs more (see `ROUNDS`). Every program that
        reads PKCS#8 reads it.
        """
        from cryptography.hazmat.primitives.serialization import (
            Encoding,
            NoEncryption,
            PrivateFormat,
        )

        if not passphrase:
            return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        if len(randomness) != 32:
            raise ValueError("32 random bytes are needed to encrypt a key")
        plain = self._key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        return _pem(_encrypted(plain, passphrase, randomness[:16], randomness[16:]))

    @property
    def public_key(self) -> str:
        """64 hex digits."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, purpose: Purpose, content: bytes) -> str:
        """A signature of 128 hex digits."""
        return self._key.sign(_framed(purpose, content)).hex()

    def __repr__(self) -> str:
        return f"SigningKey({fingerprint(self.public_key)})"


# Rounds of PBKDF2: OWASP Password Storage Cheat Sheet, for HMAC-SHA-256.
ROUNDS = 600_000


def _encrypted(plain: bytes, passphrase: str, salt: bytes, start: bytes) -> bytes:
    """EncryptedPrivateKeyInfo (RFC 5958, section 3) as DER."""
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.algorithms import AES
    from cryptography.hazmat.primitives.ciphers.modes import CBC
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
    from cryptography.hazmat.primitives.padding import PKCS7

    key = PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(passphrase.encode())
    pad = PKCS7(128).padder()
    cipher = Cipher(AES(key), CBC(start)).encryptor()
    content = cipher.update(pad.update(plain) + pad.finalize()) + cipher.finalize()
    hashing = _der(0x30, _oid("2a864886f70d0209"), _der(0x05))  # hmacWithSHA256
    derived = _der(0x30, _oid("2a864886f70d01050c"), _der(  # PBKDF2
        0x30, _der(0x04, salt), _der(0x02, ROUNDS.to_bytes(4, "big").lstrip(b"\0")), hashing))
    how = _der(0x30, _oid("60864801650304012a"), _der(0x04, start))  # aes256-CBC
    scheme = _der(0x30, _oid("2a864886f70d01050d"), _der(0x30, derived, how))  # PBES2
    return _der(0x30, scheme, _der(0x04, content))


def _oid(name: str) -> bytes:
    return _der(0x06, bytes.fromhex(name))


def _der(tag: int, *parts: bytes) -> bytes:
    """A value of ASN.1; here none is longer than 65,535 bytes."""
    content = b"".join(parts)
    size = len(content)
    length = bytes([size]) if size < 128 else \
        bytes([0x81, size]) if size < 256 else b"\x82" + size.to_bytes(2, "big")
    return bytes([tag]) + length + content


def _pem(content: bytes) -> bytes:
    text = base64.b64encode(content).decode()
    lines = [text[n:n + 64] for n in range(0, len(text), 64)]
    name = "ENCRYPTED PRIVATE KEY"
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""]).encode()


def verify(public_key: str, purpose: Purpose, content: bytes, signature: str) -> bool:
    """Whether the signature fits; False for anything that is no key or no signature."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    if not _KEY.fullmatch(public_key) or not _SIGNATURE.fullmatch(signature) or weak(public_key):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(bytes.fromhex(public_key)).verify(
            bytes.fromhex(signature), _framed(purpose, content))
    except (InvalidSignature, ValueError):
        return False
    return True


def weak(public_key: str) -> bool:
    """Whether a public key is a point of small order, which proves nothing."""
    return int.from_bytes(bytes.fromhex(public_key), "little") & (2**255 - 1) in _SMALL_ORDER


def usable(public_key: str) -> bool:
    """Whether a text is a public key with which a signature can prove something."""
    return _KEY.fullmatch(public_key) is not None and not weak(public_key)


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
class End:
    """A revision that ended a key: where it stands, and when it was recorded."""

    chain: str
    position: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Trust:
    """A key as the registry knows it. `since` is when it began to count."""

    person: str
    public_key: str
    since: datetime
    until: date | None  # last day, in UTC
    vouched_by: str  # id of the person who vouched; "" for the first key of an office
    may_vouch: bool
    replaced: datetime | None = None  # from when on a later key of the person counts instead
    ends: tuple[End, ...] = ()
    vouching: tuple[tuple[datetime, bool], ...] = ()  # from when on the person may vouch, or not
    roles: tuple[tuple[datetime, str], ...] = ()  # from when on which role was vouched for

    def counts(self, at: datetime) -> bool:
        """Whether a signature of that instant counts."""
        return (self.since <= at and (self.until is None or _utc_day(at) <= self.until)
                and (self.replaced is None or at < self.replaced))

    def vouches(self, at: datetime) -> bool:
        """Whether the person could vouch at that instant."""
        said = [may for since, may in self.vouching if since <= at]
        return bool(said) and said[-1]

    def role(self, at: datetime) -> str:
        """The role that somebody who may vouch had signed for at that instant; "": none.

        What a person says of themselves gives no role (but for the first key of an office, and
        those who may vouch anyway): else anybody with a key could call themselves the authority.
        """
        said = [role for since, role in self.roles if since <= at]
        return said[-1] if said else ""

    def dated_back(self, stored: StoredRevision) -> bool:
        """Whether a revision stands after the end of the key, but says that it is older."""
        return any(stored.chain == e.chain and stored.position > e.position
                   and stored.revision.recorded_at < e.at for e in self.ends)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """The keys that count, by person; a person may have had several."""

    keys: Mapping[str, tuple[Trust, ...]]
    stated: frozenset[str] = frozenset()  # persons of whom a key is recorded, vouched for or not

    def of(self, person: str, at: datetime) -> tuple[Trust, ...]:
        """Keys of a person that counted at an instant."""
        return tuple(t for t in self.keys.get(person, ()) if t.counts(at))

    def who(self, public_key: str) -> str:
        """The person whose key it is; "" where nobody here has it."""
        return next((p for p, found in self.keys.items()
                     if any(t.public_key == public_key for t in found)), "")

    def signer(self, stored: StoredRevision) -> tuple[Trust | None, str]:
        """Whose counting key signed a revision, or None and in plain words why nobody's did."""
        r = stored.revision
        if not r.signature:
            return None, "nobody signed it"
        known = self.keys.get(r.signed_by, ())
        if not known:
            return None, ("nobody vouched for the key of the person who signed"
                          if r.signed_by in self.stated else "the key is not known here")
        content = r.signable()
        fitting = [t for t in known if verify(t.public_key, "revision", content, r.signature)]
        if not fitting:
            return None, "the signature does not fit what is recorded"
        for trust in fitting:
            if trust.counts(r.recorded_at):
                if trust.dated_back(stored):
                    return None, "it was recorded after the key had ended, with an earlier time"
                return trust, ""
        if r.recorded_at < min(t.since for t in fitting):
            return None, "nobody had vouched for the key at that time"
        return None, "the key did not count any more at that time"


def key_ring(persons: Iterable[StoredRevision], own_chain: str) -> KeyRing:
    """The keys that count, from all revisions of records of the kind `person`, in any order.

    The first key of the own chain counts as found: an office has to begin somewhere, and its
    fingerprint is compared by people. Each later key, also of another office, counts from the
    revision on that a person with a counting key and `may_vouch` signed; where that revision has a
    date of information, from that day on (so that the earlier decisions of another office count
    once somebody here vouched for its keys). A new key of a person takes the place of the earlier.

    `key_until` ends a key; it goes on counting for what it signed in its time. Anybody may end a
    key, because that never lets a wrong signature count; only another person who may vouch makes it
    count longer again.

    The result depends on the set of revisions alone. Statements are taken up in rounds until
    nothing changes; one that lost its ground (because its signer's key had ended before) is out
    for good, so that rounds end, and with the smaller trust.
    """
    lines: dict[str, list[StoredRevision]] = {}
    for stored in persons:
        lines.setdefault(stored.revision.record_id, []).append(stored)
    lines = {person: descent.in_order(lines[person]) for person in sorted(lines)}
    signable: list[StoredRevision] = []
    root: StoredRevision | None = None
    for line in lines.values():
        for stored, before in zip(line, descent.parents(line), strict=True):
            if not _key_of(stored):
                continue
            if stored.chain == own_chain and (root is None or stored.position < root.position):
                root = stored
            # A statement that was signed upon another state of the record says nothing of this one.
            if stored.revision.signature and \
                    {line[p].hash for p in before} <= set(stored.revision.follows):
                signable.append(stored)
    stated = frozenset(p for p, line in lines.items() if any(map(_key_of, line)))
    first = frozenset() if root is None else frozenset({root.hash})
    vouched: dict[str, str] = dict.fromkeys(first, "")
    out: set[str] = set()
    while True:
        ring = KeyRing(_trusts(lines, vouched), stated)
        found = dict.fromkeys(first, "")
        for stored in signable:
            if stored.hash in out or stored.hash in first:
                continue
            trust, _ = ring.signer(stored)
            if trust is not None and trust.vouches(stored.revision.recorded_at):
                found[stored.hash] = trust.person
            elif stored.hash in vouched:
                out.add(stored.hash)
        if found == vouched:
            return ring
        vouched = found


def _trusts(lines: Mapping[str, Sequence[StoredRevision]], vouched: Mapping[str, str]
            ) -> dict[str, tuple[Trust, ...]]:
    """The keys of each person, given the statements that somebody vouched for, and who it was."""
    out: dict[str, tuple[Trust, ...]] = {}
    for person, line in lines.items():
        keys: dict[str, Trust] = {}
        for stored in line:
            r = stored.revision
            public_key = _key_of(stored)
            if not public_key:
                continue
            said = _day(r.values.get("key_until"))
            word = r.values.get("may_vouch")
            end = (End(stored.chain, stored.position, r.recorded_at),)
            held = keys.get(public_key)
            if stored.hash not in vouched:
                if held is not None:
                    keys[public_key] = _narrowed(held, said, word == "no", r.recorded_at, end)
                continue
            voucher = vouched[stored.hash]
            since = r.recorded_at
            if r.valid_from is not None:
                since = min(since, datetime(r.valid_from.year, r.valid_from.month,
                                            r.valid_from.day, tzinfo=UTC))
            vouching = ((since, word == "yes"),)
            named = r.values.get("role")
            roles = ((since, named if isinstance(named, str) else ""),)
            if held is None:
                for other, trust in keys.items():
                    if trust.replaced is None:
                        keys[other] = replace(trust, replaced=r.recorded_at)
                keys[public_key] = Trust(person, public_key, since, said, voucher, word == "yes",
                                         ends=end if said else (), vouching=vouching,
                                         roles=roles)
            elif voucher == person:  # nobody makes the own key count longer
                held = _narrowed(held, said, False, r.recorded_at, end)
                keys[public_key] = replace(held, may_vouch=word == "yes",
                                           vouching=held.vouching + vouching,
                                           roles=held.roles + roles)
            else:
                keys[public_key] = replace(
                    held, since=min(held.since, since), until=said, vouched_by=voucher,
                    may_vouch=word == "yes", ends=held.ends + (end if said else ()),
                    vouching=held.vouching + vouching, roles=held.roles + roles, replaced=None)
        if keys:
            out[person] = tuple(keys.values())
    return out


def _narrowed(trust: Trust, until: date | None, no_more: bool, at: datetime,
              end: tuple[End, ...]) -> Trust:
    """The same key with an earlier end, or without the right to vouch; never with more."""
    if until is not None and (trust.until is None or until < trust.until):
        trust = replace(trust, until=until, ends=trust.ends + end)
    if no_more:
        trust = replace(trust, may_vouch=False, vouching=(*trust.vouching, (at, False)))
    return trust


def _key_of(stored: StoredRevision) -> str:
    """The public key that a person's revision states; "" where it states none."""
    found = stored.revision.values.get("public_key")
    return found if isinstance(found, str) and _KEY.fullmatch(found) else ""


def _utc_day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _day(value: Any) -> date | None:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
