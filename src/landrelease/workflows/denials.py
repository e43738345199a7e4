"""What persons denied in proposals of a release that are on record: no later proposal leaves it
out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.errors import LandReleaseError
from landrelease.release.proposal import DENIED, Denial

if TYPE_CHECKING:
    from landrelease.store.registry import Registry


def denials(registry: Registry, ground: BaseGeometry) -> tuple[Denial, ...]:
    """Items of the checklist that a person denied for some of this ground (longitude and latitude),
    in any proposal that the registry holds, the earliest first; each word once."""
    from landrelease.workflows.releasing import is_kept

    found: dict[tuple[str, str, str], tuple[str, Denial]] = {}
    for sha256, name in registry.sources().items():
        if not is_kept(name):
            continue
        try:
            made_at, said, on = _told(registry, sha256)
        except LandReleaseError:  # its content was erased
            continue
        if said and on is not None and shapely.area(shapely.intersection(on, ground)) > 0:
            for d in said:
                key = (d.item, d.by, d.words)
                found[key] = min(found.get(key, (made_at, d)), (made_at, d), key=_order)
    return tuple(d for _, d in sorted(found.values(), key=_order))


def _order(one: tuple[str, Denial]) -> tuple[str, ...]:
    made_at, d = one
    return made_at, d.proposal, d.item, d.by, d.words


_Told = tuple[str, tuple[Denial, ...], BaseGeometry | None]  # when it was made, what, where
_READ: dict[str, _Told] = {}  # by SHA-256 of the content
_MOST = 10_000


def _told(registry: Registry, sha256: str) -> _Told:
    found = _READ.get(sha256)
    if found is None:
        found = _read(registry.source_content(sha256), sha256)
        if len(_READ) >= _MOST:
            _READ.clear()
        _READ[sha256] = found
    return found


def _read(content: bytes, sha256: str) -> _Told:
    from landrelease.core.certificate import RELEASE
    from landrelease.workflows.releasing import proposal_document

    document = proposal_document(content)
    if document is None or document.get("adopted"):
        return "", (), None
    said = tuple(
        Denial(a["id"], RELEASE + sha256[:12], str(document["made_at"])[:10], a["answered_by"],
               str(a["words"]).split(f"; {DENIED}")[0])
        for a in document["checklist"]["items"]
        if a["state"] == "not_met" and a["answered_by"] not in ("", "records"))
    return str(document["made_at"]), said, (
        shapely.from_wkb(document["ground_wkb"]) if said else None)
