"""What an import has to say about single rows, and the count that must add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from landrelease.core.revision import Revision


@dataclass(frozen=True, slots=True)
class Finding:
    """One doubtful row or value. `fate` says what became of the row."""

    code: str
    file: str
    row: int  # 1 = first row of data; 0 = the file as a whole
    field: str
    found: str
    problem: str
    remedy: str
    fate: Literal["quarantined", "merged", "accepted"]  # accepted: repaired or noted only


@dataclass(frozen=True, slots=True)
class QuarantinedRow:
    """A row that was not accepted, whole: it can be mended, tried again or rejected."""

    file: str
    source: str  # SHA-256 of the file
    row: int
    kind: str
    values: Mapping[str, Any]  # as read, before any conversion
    geometry_wkt: str  # as read, "" where there was none or it could not be read
    findings: tuple[Finding, ...]
    layer: str = ""  # sheet or layer of the file


@dataclass(frozen=True, slots=True)
class ImportReport:
    """`read == accepted + merged + quarantined`, always."""

    file: str
    source: str
    kind: str
    read: int
    accepted: int
    merged: int
    quarantined: int
    findings: tuple[Finding, ...] = field(default=())
    unmapped: tuple[str, ...] = field(default=())  # columns kept in the source, not in the record
    layer: str = ""
    # By which the columns were read, so that mended rows are read alike (`records.mapping`).
    mapping: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.read != self.accepted + self.merged + self.quarantined:
            raise AssertionError(f"{self.file}: the counts do not add up: {self}")


@dataclass(frozen=True, slots=True)
class Intake:
    """All that one file brings: it enters the registry whole or not at all (design rule 2)."""

    report: ImportReport
    revisions: tuple[Revision, ...]
    quarantined: tuple[QuarantinedRow, ...]
    content: bytes  # the file itself, kept by its SHA-256, so that nothing that came in is lost
    # Record id -> personal field -> value: kept beside the chain, where it can be erased (S17).
    personal: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
