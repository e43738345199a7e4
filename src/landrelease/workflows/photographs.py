"""Photographs and files that came in, for whoever may see them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landrelease.access import photographs
from landrelease.errors import NOT_FOR_ROLE, SOURCE_UNKNOWN, LandReleaseError

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import QuarantineEntry, Registry

MEDIA = {"jpeg": "image/jpeg", "png": "image/png", "": "application/octet-stream"}
_DIGEST = re.compile(r"photograph SHA-256 ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Photograph:
    """One that came with a submission. `about`: ids of the records of that submission."""

    sha256: str
    file: str
    submission: str  # id of the form and of the submission
    about: tuple[str, ...]


def photographs_of(registry: Registry, reader: View, record: str = "") -> list[Photograph]:
    """Photographs on record, or those that came with a record; for who may see them."""
    if not reader.may("photographs", "picture"):
        return []
    found = []
    for r in reader.records(registry.records("source")):
        if r.values.get("source_type") != "photograph" or r.values.get("erased") == "yes":
            continue
        about = tuple(str(r.values.get("came_with") or "").split())
        if not record or record in about:
            found.append(Photograph(
                str(r.values.get("sha256")), str(r.values.get("title") or ""),
                str(r.values.get("source_label") or ""), about))
    if record.startswith("complaint-"):
        for c in registry.records("complaint"):
            digest = _named(c.values.get("source_label")) if c.id == record else ""
            if digest:
                found.append(Photograph(digest, "", "report of the public", (record,)))
    return sorted(found, key=lambda p: (p.submission, p.file, p.sha256))


def beside(registry: Registry, reader: View, entries: Iterable[QuarantineEntry]
           ) -> dict[int, list[str]]:
    """Number of a row that waits -> SHA-256 of the photographs that came with it."""
    rows = list(entries)
    if not rows or not reader.may("photographs", "picture"):
        return {}
    by_submission: dict[str, list[str]] = {}
    for p in photographs_of(registry, reader):
        by_submission.setdefault(p.submission.rpartition(" ")[2], []).append(p.sha256)
    out: dict[int, list[str]] = {}
    for e in rows:
        said = e.row.values
        named = _named(said.get("source_label"))
        instance = str(said.get("instanceID") or said.get("/meta/instanceID") or "")
        found = [named] if named else by_submission.get(instance, []) if instance else []
        if found:
            out[e.number] = found
    return out


def _named(label: object) -> str:
    found = _DIGEST.search(str(label or ""))
    return found[1] if found else ""


def given_out(registry: Registry, reader: View, sha256: str) -> tuple[bytes, str]:
    """(content, media type) of a file that came in, by its SHA-256 or the beginning of it.

    A photograph leaves without its metadata (S17). Any other file leaves as it came in, for those
    alone who may see files as they came in.

    Raises ACC-101: not for this reader. STO-012: there is none. STO-013: not kept, or erased.
    PHO-001: a photograph that cannot be read.
    """
    from landrelease.workflows import SYNTHETIC, is_synthetic

    reader.check("source get")
    known = [d for d in registry.sources() if len(sha256) >= 8 and d.startswith(sha256.lower())]
    if len(known) != 1:
        raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256[:80])
    content = registry.source_content(known[0])
    kind = photographs.kind_of(content)
    if kind:
        note = SYNTHETIC if is_synthetic(registry) else ""  # S19
        return photographs.without_metadata(content, note), MEDIA[kind]
    if not reader.may("source_files", "content"):
        from landrelease.access.policy import ROLES, view

        raise LandReleaseError(NOT_FOR_ROLE, role=reader.role, subject="files as they came in",
                               roles=", ".join(r for r in ROLES
                                               if view(r).may("source_files", "content")))
    return content, MEDIA[""]
