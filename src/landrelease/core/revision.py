"""Who recorded what, when, on which evidence: the link of an office's hash chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
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

    def canonical(self) -> bytes:
        """The bytes that the chain commits to: sorted JSON, geometry as WKB in hex."""
        content = {
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


def _plain(value: Any) -> str:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot stand in a record")


def link(previous: str, canonical: bytes) -> str:
    """The hash of a revision: SHA-256 over the hash before it and its canonical bytes."""
    return hashlib.sha256(previous.encode() + canonical).hexdigest()
