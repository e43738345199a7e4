"""Records by a part of their name or identifier, within what a reader may see: for the map's search
field."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.errors import COLLECTION_UNKNOWN, PARAMETER_WRONG, LandReleaseError
from landrelease.workflows import collections
from landrelease.workflows.filtering import Filter

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

KINDS = ("hazard", "task", "settlement", "administrative_area")
NAMES = ("name", "identifier")
MOST = 8  # of a kind
MOST_WORDS = 80  # characters
_STROKES = str.maketrans("đłøıħ", "dloih")  # they do not come apart into letter and mark
_PAGES = 5  # that pass over what the reader does not see


@dataclass(frozen=True, slots=True)
class Found:
    """A record with its names and what else its reader sees of it; `bounds` in degrees, None where
    no place is on record."""

    kind: str
    id: str
    name: str
    values: Mapping[str, Any]
    bounds: tuple[float, float, float, float] | None


def folded(text: str) -> str:
    """A text without capitals and accents, its blanks as one each.

    >>> folded("  Đurići  DO ")
    'durici do'
    """
    apart = unicodedata.normalize("NFKD", " ".join(text.split()).casefold())
    return "".join(c for c in apart if not unicodedata.combining(c)).translate(_STROKES)


def find(registry: Registry, reader: View, words: str) -> tuple[list[Found], bool]:
    """Records whose id, name or identifier holds the words, kind by kind, those that begin with
    them first; and whether there are more. Raises WEB-011: no words, or too many."""
    wanted = folded(words)
    if not wanted or len(words) > MOST_WORDS or not words.isprintable():
        raise LandReleaseError(PARAMETER_WRONG, name="q", found=words[:MOST_WORDS],
                               expected=f"it has 1 to {MOST_WORDS} characters, on one line")
    out: list[Found] = []
    more = False
    for kind in KINDS:
        held, left = _of_kind(registry, reader, kind, words.strip(), wanted)
        out += sorted(held, key=lambda f: (not folded(f.name).startswith(wanted),
                                           folded(f.name), f.id))[:MOST]
        more |= left
    return out, more


def _of_kind(registry: Registry, reader: View, kind: str, words: str, wanted: str
             ) -> tuple[list[Found], bool]:
    try:
        seen = collections.collection(registry, reader, kind)
    except LandReleaseError as error:
        if error.code != COLLECTION_UNKNOWN.code:
            raise
        return [], False  # alike for what there is not and for what is not shown
    held: dict[str, Found] = {}
    more = False
    try:
        exact = collections.item(registry, reader, kind, words)
        held[exact.id] = _found(kind, exact)
    except LandReleaseError as error:
        if error.code != COLLECTION_UNKNOWN.code:
            raise
    for name in (f.name for f in seen.fields if f.name in NAMES):
        keep = _holding(name, wanted)
        after = ""
        for _ in range(_PAGES):
            page = collections.items(registry, reader, kind, keep=keep, after=after, limit=MOST)
            held |= {i.id: _found(kind, i) for i in page.items}
            after = page.after
            if not after or not page.early:
                break
        more |= bool(after)
    return list(held.values()), more or len(held) > MOST


def _holding(name: str, wanted: str) -> Filter:
    """What has these words in a field of text."""
    def holds(text: str | None) -> bool:
        return text is not None and wanted in folded(text)

    def test(values: Mapping[str, Any], _: Any) -> bool:
        value = values.get(name)
        return isinstance(value, str) and holds(value)

    return Filter(test, fields=frozenset((name,)), text=(name, holds))


def _found(kind: str, item: collections.Item) -> Found:
    name = next((str(v) for n in NAMES if (v := item.values.get(n))), item.id)
    ground = item.geometry
    box = None
    if ground is not None and not shapely.is_empty(ground):
        west, south, east, north = map(float, shapely.bounds(ground))
        box = (west, south, east, north)
    return Found(kind, item.id, name, item.values, box)
