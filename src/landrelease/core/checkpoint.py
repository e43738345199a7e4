"""A signed checkpoint: what a registry held at a time, kept elsewhere.

An audit alone cannot find a chain that was cut at its end, or written anew as a whole with new
hashes: such a chain fits itself. It does not fit a checkpoint from before.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from landrelease.core.revision import Chain
from landrelease.core.signature import SigningKey, fingerprint, verify
from landrelease.errors import (
    AUDIT_CHECKPOINT_SIGNATURE,
    AUDIT_OTHER_REGISTRY,
    AUDIT_REWRITTEN,
    AUDIT_TRUNCATED,
    CHECKPOINT_NOT_READABLE,
    LandReleaseError,
    Message,
)

FORMAT = "landrelease checkpoint 1"


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of a chain at the time of the checkpoint."""

    chain: str
    office: str
    position: int
    hash: str


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """`head` and `count` are those of the whole registry; `made_at` is ISO 8601 in UTC."""

    chain: str  # the own chain of the registry
    office: str
    head: str
    count: int
    marks: tuple[Mark, ...]
    made_at: str
    public_key: str
    signature: str

    def signable(self) -> bytes:
        """The bytes that the signature covers: all but itself, as JSON with sorted keys."""
        return _bytes({k: v for k, v in self.document().items() if k != "signature"})

    def document(self) -> dict[str, Any]:
        """The checkpoint as it is written."""
        return {"format": FORMAT, "chain": self.chain, "office": self.office, "head": self.head,
                "count": self.count, "made_at": self.made_at, "public_key": self.public_key,
                "signature": self.signature,
                "chains": [{"chain": m.chain, "office": m.office, "position": m.position,
                            "hash": m.hash} for m in self.marks]}


def make(chains: Sequence[Chain], *, head: str, count: int, made_at: str, key: SigningKey
         ) -> Checkpoint:
    """A checkpoint of all chains of a registry, signed."""
    own = next(c for c in chains if c.own)
    marks = tuple(Mark(c.id, c.office, c.position, c.head) for c in chains)
    open_ = Checkpoint(own.id, own.office, head, count, marks, made_at, key.public_key, "")
    signature = key.sign("checkpoint", open_.signable())
    return Checkpoint(own.id, own.office, head, count, marks, made_at, key.public_key, signature)


def read(text: str, file: str) -> Checkpoint:
    """A checkpoint as it was written. Raises CHK-001: it is none, or not whole."""
    def refuse(found: str) -> LandReleaseError:
        return LandReleaseError(CHECKPOINT_NOT_READABLE, file=file, found=found)

    try:
        said = json.loads(text)
    except ValueError as error:
        raise refuse("no JSON") from error
    if not isinstance(said, dict) or not str(said.get("format", "")).startswith(
            "landrelease checkpoint"):
        raise refuse("another document")
    if said["format"] != FORMAT:
        raise refuse(f"the format {said['format']!r} of another version")
    try:
        marks = tuple(Mark(_text(m["chain"]), _text(m["office"]), _number(m["position"]),
                           _text(m["hash"])) for m in said["chains"])
        return Checkpoint(
            _text(said["chain"]), _text(said["office"]), _text(said["head"]),
            _number(said["count"]), marks, _text(said["made_at"]), _text(said["public_key"]),
            _text(said["signature"]))
    except (KeyError, TypeError) as error:
        raise refuse(f"a part is missing or of another type: {error}") from error


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} where a text belongs")
    return value


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError(f"{value!r} where a number belongs")
    return value


def compare(checkpoint: Checkpoint, chains: Sequence[Chain],
            hash_at: Callable[[str, int], str | None]) -> list[tuple[Message, str]]:
    """What a registry lacks of what the checkpoint says: (message, text); empty where it holds all.

    `hash_at(chain, position)` is the hash that stands there now, None where nothing stands.
    """
    out: list[tuple[Message, str]] = []
    if not verify(checkpoint.public_key, "checkpoint", checkpoint.signable(),
                  checkpoint.signature):
        # What it says proves nothing then, for or against the registry.
        return [(AUDIT_CHECKPOINT_SIGNATURE, AUDIT_CHECKPOINT_SIGNATURE.text(
            found=checkpoint.made_at))]
    here = {c.id: c for c in chains}
    if not any(c.own and c.id == checkpoint.chain for c in chains):
        own = next((c.office for c in chains if c.own), "")
        out.append((AUDIT_OTHER_REGISTRY, AUDIT_OTHER_REGISTRY.text(
            found=checkpoint.office, expected=own)))
    for mark in checkpoint.marks:
        if not mark.position:
            continue
        held = here.get(mark.chain)
        end = 0 if held is None else held.position
        found = hash_at(mark.chain, mark.position)
        if found is None:
            out.append((AUDIT_TRUNCATED, AUDIT_TRUNCATED.text(
                office=mark.office, found=end, expected=mark.position,
                day=checkpoint.made_at[:10])))
        elif found != mark.hash:
            out.append((AUDIT_REWRITTEN, AUDIT_REWRITTEN.text(
                office=mark.office, number=mark.position, day=checkpoint.made_at[:10])))
    return out


def signer(checkpoint: Checkpoint) -> str:
    """The fingerprint of the key that signed it, for people to compare."""
    try:
        return fingerprint(checkpoint.public_key)
    except ValueError:
        return "no key"


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
