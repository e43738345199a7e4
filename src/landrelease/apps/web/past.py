"""For the map: from when on there is a past to look at, and layers that are computed."""

from __future__ import annotations

from datetime import date
from typing import Any

import orjson
import shapely
from litestar import Request, Response, get

from landrelease.access.policy import View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.tiers import VIEW, may_write, within
from landrelease.store.registry import Registry


@get("/api/times", opt=within("history"))
async def times(request: Request) -> dict[str, str]:
    """The first day that a hazard speaks of, the first instant at which anything was known, today.
    """
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> dict[str, str]:
        view.check("history")

        def made() -> dict[str, str]:
            # Of all, where all are the reader's: without reading each of them.
            whole = not view.areas and view.grant("hazard").rows == "all"
            days = [registry.first_day("hazard")] if whole else [
                r.valid_from for r in view.inside(registry.records("hazard"))]
            first = next(iter(registry.revisions(limit=1)), None)
            today = date.today()
            known = first.revision.recorded_at.date() if first is not None else today
            stated = [day for day in days if day is not None]
            return {"valid_from": min([*stated, today]).isoformat(),
                    "known_from": min(known, today).isoformat(), "today": today.isoformat()}

        found: dict[str, str] = layout.KEPT.of(
            ("times", *layout.state_of(registry, asking)), made)
        return found

    return await read(request, work)


@get("/api/layers/coverage_gaps", opt=within("operate proof"))
async def coverage_gaps(request: Request) -> Response[bytes]:
    """Ground of tasks that their proofs of coverage leave open (GeoJSON), and ground that waits for
    hand work because only a machine or an animal covered it, and of completed tasks of which no
    track is on record, told apart by `state`."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> bytes:
        from landrelease.workflows import is_synthetic
        from landrelease.workflows.coverage import gaps

        view.check("operate proof")
        found = layout.KEPT.of(("gaps", *layout.state_of(registry, asking)),
                               lambda: gaps(registry, view))
        mark = {"synthetic": True} if is_synthetic(registry) else {}
        return orjson.dumps({"type": "FeatureCollection", "features": [
            {"type": "Feature", "id": f"{task}:{state}",
             "properties": {"id": task, "state": state, "area_m2": round(m2, 1), **mark},
             "geometry": orjson.Fragment(shapely.to_geojson(ground))}
            for task, state, ground, m2 in found]})

    content = await read(request, work)
    note_reading(request, "coverage", "gaps")
    return Response(content, media_type="application/geo+json",
                    headers={"Cache-Control": "private, no-store"})


@get("/api/map", opt=VIEW)
async def map_settings(request: Request) -> dict[str, Any]:
    """What the map can show beside the collections, for this reader."""

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.apps.web.navigation import way
        from landrelease.workflows.map_tiles import extent

        return {"bounds": extent(registry, view),
                "basemap": bool(request.app.state.settings.basemap),
                "waiting": view.precision("hazard") == "exact", "levels": way("history")(view),
                "past": way("history")(view), "gaps": way("operate proof")(view),
                "reach": way("plan reach")(view),
                "contamination": way("assess map")(view) and may_write(asking_of(request))}

    return await read(request, work)


@get("/api/map/version", opt=VIEW)
async def map_version(request: Request) -> dict[str, str]:
    """By which an open map learns that something changed, and the moment of the answer. `version`
    is empty for who may not see histories: when anything changes is a part of them. Such a map asks
    for its tiles, which are sent only where they differ."""

    def work(registry: Registry, view: View) -> dict[str, str]:
        from landrelease.store.open import utc_now
        from landrelease.workflows.map_tiles import version

        at = utc_now().isoformat(timespec="seconds")  # before it is read: never newer than what is
        return {"version": version(registry, view), "at": at}

    return await read(request, work)


HANDLERS = [times, coverage_gaps, map_settings, map_version]
