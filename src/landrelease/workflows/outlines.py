"""How the ground of a record changed from one revision to the next, for its history: how much there
was, how much there is, what of the earlier ground is left out, and the outlines of both."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core import descent
from landrelease.core.geometry import geodesic_area_m2, geodesic_distance_m, joined

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.access.policy import View
    from landrelease.core.revision import StoredRevision
    from landrelease.store.registry import Registry


@dataclass(frozen=True, slots=True)
class Change:
    """Places before and after a revision, in degrees; areas in m², None where there is no ground.

    `left_out`: ground of before that is not there any more; `added`: ground that was not there.
    `moved_m`: between the middles; None where there is no place on one of the sides.
    """

    before: BaseGeometry | None
    after: BaseGeometry | None
    left_out: BaseGeometry | None
    added: BaseGeometry | None
    before_m2: float | None
    after_m2: float | None
    left_out_m2: float
    added_m2: float
    moved_m: float | None

    def told(self) -> dict[str, Any]:
        """For the page and programs: m² and m."""
        return {"before_m2": self.before_m2, "after_m2": self.after_m2,
                "left_out_m2": self.left_out_m2, "added_m2": self.added_m2,
                "moved_m": self.moved_m, "had_place": self.before is not None,
                "has_place": self.after is not None}


def changes(history: Sequence[StoredRevision]) -> Mapping[str, Change]:
    """The changes of place along the revisions of ONE record, by hash; none for the first, and for
    one that left the place as it was.

    What a revision is held against is what it follows: of two offices that came together, all the
    ground that either had, so that ground which is dropped is seen (S01).
    """
    out = {}
    for stored, earlier in zip(history, descent.parents(history), strict=True):
        if not earlier:
            continue
        after = _place(stored.revision.geometry)
        sides = [_place(history[n].revision.geometry) for n in earlier]
        if all(_same(side, after) for side in sides):
            continue
        out[stored.hash] = _change(sides, after)
    return out


def _change(sides: Sequence[BaseGeometry | None], after: BaseGeometry | None) -> Change:
    grounds = [ground for s in sides if (ground := _ground(s)) is not None]
    was = joined(grounds, degrees=True) if grounds else None
    now = _ground(after)
    before = was if was is not None else next((s for s in sides if s is not None), None)
    left_out = None if was is None else was if now is None else _areal(was.difference(now))
    added = None if now is None else now if was is None else _areal(now.difference(was))
    moved = None
    if before is not None and after is not None:
        (a, b), (c, d) = (shapely.centroid(g).coords[0] for g in (before, after))
        moved = float(geodesic_distance_m(a, b, c, d))
    return Change(before, after, left_out, added, _m2(was), _m2(now), _m2(left_out) or 0.0,
                  _m2(added) or 0.0, moved)


def _m2(shape: BaseGeometry | None) -> float | None:
    return None if shape is None else geodesic_area_m2(shape)


def _place(shape: BaseGeometry | None) -> BaseGeometry | None:
    return None if shape is None or shape.is_empty else shape


def _ground(shape: BaseGeometry | None) -> BaseGeometry | None:
    """The ground of a place, whole also where its outline crosses itself; None for points and
    lines."""
    if shape is None:
        return None
    whole = _areal(shape if shape.is_valid else shapely.make_valid(shape, method="structure"))
    return None if whole.is_empty else whole


def _areal(shape: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(shape)
    return shapely.MultiPolygon([
        p for part in parts for p in shapely.get_parts(part)
        if p.geom_type == "Polygon" and not p.is_empty])


def _same(a: BaseGeometry | None, b: BaseGeometry | None) -> bool:
    if a is None or b is None:
        return a is b
    return bool(shapely.equals_exact(shapely.normalize(a), shapely.normalize(b)))


def outlines(registry: Registry, record: str, revision: str, reader: View
             ) -> list[tuple[str, BaseGeometry, float | None]]:
    """The outlines before and after a revision, what was left out and what was added: (which, place
    in degrees, m²); nothing where the place did not change.

    Raises ACC-101 and STO-... as `visible_history` does.
    """
    from landrelease import workflows

    found = changes(workflows.visible_history(registry, record, reader)).get(revision)
    if found is None:
        return []
    rows = (("before", found.before, found.before_m2), ("after", found.after, found.after_m2),
            ("left_out", found.left_out, found.left_out_m2),
            ("added", found.added, found.added_m2))
    return [(which, shape, m2) for which, shape, m2 in rows
            if shape is not None and not shape.is_empty]
