"""A signed checkpoint: what a registry held at a time, kept elsewhere.

An audit alone cannot find a chain that was cut at its end, or written anew as a whole with new
hashes: such a chain fits itself. It does not fit a checkpoint from before.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
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
_PARTS = frozenset({"format", "chain", "office", "head", "count", "made_at", "public_key",
                    "signature", "chains"})
_MARK = frozenset({"chain", "office", "position", "hash"})
_HASH = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


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
    synthetic: bool = False  # the registry's data are made up (S19)

    def signable(self) -> bytes:
        """The bytes that the signature covers: all but itself, as JSON with sorted keys."""
        return _bytes({k: v for k, v in self.document().items() if k != "signature"})

    def document(self) -> dict[str, Any]:
        """The checkpoint as it is written."""
        return {"format": FORMAT, "chain": self.chain, "office": self.office, "head": self.head,
                "count": self.count, "made_at": self.made_at, "public_key": self.public_key,
                "signature": self.signature,
                "chains": [{"chain": m.chain, "office": m.office, "position": m.position,
                            "hash": m.hash} for m in self.marks],
                **({"synthetic": True} if self.synthetic else {})}


def make(chains: Sequence[Chain], *, head: str, count: int, made_at: str, key: SigningKey,
         synthetic: bool = False) -> Checkpoint:
    """A checkpoint of all chains of a registry, signed; `synthetic` where its data are made up."""
    own = next(c for c in chains if c.own)
    marks = tuple(Mark(c.id, c.office, c.position, c.head) for c in chains)
    open_ = Checkpoint(own.id, own.office, head, count, marks, made_at, key.public_key, "",
                       synthetic)
    return replace(open_, signature=key.sign("checkpoint", open_.signable()))


def read(text: str, file: str) -> Checkpoint:
    """A checkpoint as it was written. Raises CHK-001: it is none, or not whole."""
    def refuse(found: str) -> LandReleaseError:
        return LandReleaseError(CHECKPOINT_NOT_READABLE, file=file, found=found)

    try:
        said = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise refuse(f"no JSON that can be read ({type(error).__name__})") from error
    if not isinstance(said, dict) or not str(said.get("format", "")).startswith(
            "landrelease checkpoint"):
        raise refuse("another document")
    if said["format"] != FORMAT:
        raise refuse(f"the format {said['format']!r} of another version")
    try:
        _names({k: v for k, v in said.items() if k != "synthetic"}, _PARTS)
        if said.get("synthetic", True) is not True:
            raise TypeError("`synthetic` stands there and is not true")
        marks = []
        for mark in said["chains"]:
            _names(mark, _MARK)
            marks.append(Mark(_text(mark["chain"]), _text(mark["office"]),
                              _number(mark["position"]), _text(mark["hash"], _HASH)))
        if len({m.chain for m in marks}) < len(marks):
            raise TypeError("a chain stands there twice")
        return Checkpoint(
            _text(said["chain"]), _text(said["office"]), _text(said["head"], _HASH),
            _number(said["count"]), tuple(marks), _moment(said["made_at"]),
            _text(said["public_key"], _HASH), _text(said["signature"], _SIGNATURE),
            "synthetic" in said)
    except (TypeError, ValueError) as error:
        raise refuse(str(error)) from error


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of JSON; what stands there twice could be read in two ways."""
    out = dict(pairs)
    if len(out) < len(pairs):
        raise ValueError("a name stands there twice")
    return out


def _names(found: Any, wanted: frozenset[str]) -> None:
    """All parts and no other: what the signature does not cover has no place there."""
    if not isinstance(found, dict):
        raise TypeError("a list of named parts was expected")
    if set(found) != wanted:
        raise TypeError("missing or unknown parts: " + ", ".join(sorted(set(found) ^ wanted)))


def _text(value: Any, form: re.Pattern[str] | None = None) -> str:
    if not isinstance(value, str) or (form is not None and not form.fullmatch(value)):
        wanted = "a text" if form is None else "hex digits"
        raise TypeError(f"{str(value)[:80]!r} stands where {wanted} should")
    value.encode()  # UnicodeEncodeError: half a surrogate pair
    return value


def _moment(value: Any) -> str:
    if datetime.fromisoformat(_text(value)).tzinfo is None:
        raise ValueError(f"{value!r} is a time without a zone")
    return str(value)


def _number(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**63:
        raise TypeError(f"{str(value)[:80]!r} stands where a number should")
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
    return fingerprint(checkpoint.public_key)


def _bytes(document: dict[str, Any]) -> bytes:
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
