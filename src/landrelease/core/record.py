"""Records, their kinds and fields: one definition for validation, layout, forms and docs.

`NOT_REPORTED` is a value of its own: nobody said so (S12). It is never filled in by us. The kinds
themselves stand in `core/kinds`, by subject.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from landrelease.core.kind import (
    DECLINED,
    NOT_REPORTED,
    Field,
    GeometryType,
    Kind,
    ValidationLevel,
    ValueType,
)
from landrelease.core.kinds import KINDS
from landrelease.core.kinds.community import ADMINISTRATIVE_AREA, SETTLEMENT
from landrelease.core.kinds.land import HAZARD, OUTCOME
from landrelease.core.kinds.work import ACCIDENT, ACTIVITY

__all__ = ["ACCIDENT", "ACTIVITY", "ADMINISTRATIVE_AREA", "DECLINED", "HAZARD", "KINDS",
           "NOT_REPORTED", "OUTCOME", "SETTLEMENT", "Field", "GeometryType", "Kind", "Record",
           "ValidationLevel", "ValueType"]


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands: the current revision, or the revision of a past date.

    `values` holds only what was reported: an absent field reads as `NOT_REPORTED`.
    `geometry` is longitude/latitude on WGS 84 (EPSG:4326), or None.
    """

    kind: str
    id: str
    values: Mapping[str, Any]
    geometry: BaseGeometry | None = None
    valid_from: date | None = None  # date of information; None: not reported
    validation: ValidationLevel = "entered"
    revision: int = 1
    sources: tuple[str, ...] = field(default=())  # SHA-256 of the files that it came from
    chain: str = ""  # id of the office's chain that the current revision stands in
    signed_by: str = ""  # id of the person whose key signed it; "": nobody did (S09)

    def value(self, name: str) -> Any:
        """The reported value, or `NOT_REPORTED`."""
        found = self.values.get(name)
        return NOT_REPORTED if found is None else found
