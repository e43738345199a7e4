"""Who recorded what, when, on which evidence: the link of an office's hash chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core.record import ValidationLevel

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True)
class Revision:
    """One change of one record. A record is never overwritten (design rule 1).

    `recorded_at` is aware UTC; `valid_from` is the date of information (None: not reported).
    `recorded_by` is the id of a person (a pseudonym, see `core.personal`) or the name of a program.
    """

    kind: str
    record_id: str
    values: Mapping[str, Any]
    geometry: BaseGeometry | None
    recorded_at: datetime
    recorded_by: str
    reason: str
    source: str  # SHA-256 of the file or submission; "" where a person decided
    valid_from: date | None = None
    validation: ValidationLevel = "entered"
    # Hashes of the revisions of this record in other chains that it was made upon. The one before
    # it in its own chain goes without saying.
    follows: tuple[str, ...] = ()
    # Personal field -> salted commitment; the value itself stands in an erasable table (S17).
    commitments: Mapping[str, str] = field(default_factory=dict)
    signed_by: str = ""  # id of the person whose key signed; "": not signed
    signature: str = ""  # Ed25519 over `signable()`, hex

    def canonical(self) -> bytes:
        """The bytes that the chain commits to: sorted JSON, geometry as WKB in hex.

        What came with later layouts stands in them only where it is there, so that the hashes of
        older revisions hold.
        """
        return self._bytes({"signature": self.signature})

    def signable(self) -> bytes:
        """The bytes that a signature covers: the canonical ones without the signature."""
        return self._bytes({})

    def _bytes(self, more: Mapping[str, Any]) -> bytes:
        later = {"follows": list(self.follows), "commitments": dict(self.commitments),
                 "signed_by": self.signed_by, **more}
        content = {
            **{name: value for name, value in later.items() if value},
            "kind": self.kind,
            "record_id": self.record_id,
            "values": dict(self.values),
            "geometry": None if self.geometry is None else shapely.to_wkb(
                self.geometry, hex=True, byte_order=1, output_dimension=2),
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "recorded_by": self.recorded_by,
            "reason": self.reason,
            "source": self.source,
            "valid_from": None if self.valid_from is None else self.valid_from.isoformat(),
            "validation": self.validation,
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False,
                          allow_nan=False, default=_plain).encode()


@dataclass(frozen=True, slots=True)
class StoredRevision:
    """A revision with its place. `number` counts from 1 over all chains, in the order of arrival.

    `chain` is the id of the office's chain, `position` counts from 1 within it. `known_from` is
    when a revision of another office came in; None in the own chain (then `recorded_at`).
    """

    number: int
    revision: Revision
    previous_hash: str
    hash: str
    chain: str = ""
    position: int = 0
    known_from: datetime | None = None


@dataclass(frozen=True, slots=True)
class Chain:
    """An office's chain as this registry holds it; `first` is 1, or later where it is a branch.

    `position` and `head` are of its last revision (`first - 1` and `genesis` while it is empty).
    """

    id: str
    office: str
    genesis: str
    first: int
    position: int
    head: str
    own: bool
    public_key: str = ""  # of the office, hex; "" while it never signed


def _plain(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot stand in a record")


def link(previous: str, canonical: bytes) -> str:
    """The hash of a revision: SHA-256 over the hash before it and its canonical bytes."""
    return hashlib.sha256(previous.encode() + canonical).hexdigest()
