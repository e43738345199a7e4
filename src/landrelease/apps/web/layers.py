"""Layers of the map that are computed: who can be reached over the recorded roads, the map of
contamination that the reader had drawn as a job, and hazards that wait in quarantine."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import orjson
import shapely
from litestar import Request, Response, get
from litestar.params import FromQuery

from landrelease.access.policy import ROLES, View
from landrelease.access.policy import view as policy_view
from landrelease.apps.web import layout
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.features import moment_of
from landrelease.apps.web.tiers import within
from landrelease.apps.web.work import jobs_of, plans_of
from landrelease.errors import PARAMETER_UNKNOWN, LandReleaseError
from landrelease.store.registry import Registry

if TYPE_CHECKING:
    from landrelease.core.roads import Place
    from landrelease.workflows.collections import Moment
    from landrelease.workflows.waiting_areas import WaitingArea

GEOJSON = "application/geo+json"
# Whoever sees hazards as they are, and so all of them (S01).
_WALKS = tuple(r for r in ROLES if policy_view(r).precision("hazard") == "exact")


def _then(view: View, valid_at: str | None, known_at: str | None) -> Moment | None:
    """The moment that is asked about; the past is for who may see histories."""
    then = moment_of(valid_at, known_at)
    if then is not None and not view.may("history", "revisions"):
        raise LandReleaseError(PARAMETER_UNKNOWN, found="valid_at, known_at", expected="none")
    return then


def _bases(request: Request) -> list[Place]:
    """The bases of the plan in force, each once. They are not shown."""
    from landrelease.apps.web.planning import loaded
    from landrelease.core.roads import Place

    shelf = plans_of(request)
    standing = shelf.in_force()
    kept = shelf.find(standing.name) if standing is not None else None
    if kept is None:
        return []
    pools = loaded(kept).plan.problem.pools
    return [Place(f"base {n}", "", x, y, None) for n, (x, y) in enumerate(dict.fromkeys(
        (p.longitude, p.latitude) for p in pools))]


@get("/api/layers/reach", opt=within("plan reach"))
async def reach(request: Request, valid_at: FromQuery[str | None] = None,
                known_at: FromQuery[str | None] = None) -> Response[bytes]:
    """Communities that the bases of the plan in force reach over the recorded roads, and pieces of
    road that are blocked (GeoJSON). "Reached": nothing on record blocks the way; never that it is
    safe."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> bytes:
        from landrelease import workflows
        from landrelease.workflows.reachable import reach_layer

        then = _then(view, valid_at, known_at)
        day = (then.valid_at if then is not None else None) or date.today()
        bases = _bases(request)

        def made() -> bytes:
            found = reach_layer(
                registry, view, workflows.load_assumptions(None, registry), bases, day,
                valid_at=then.valid_at if then else None, known_at=then.known_at if then else None)
            mark = {"synthetic": True} if workflows.is_synthetic(registry) else {}
            return orjson.dumps({
                "type": "FeatureCollection", "on": found.on.isoformat(), "bases": found.bases,
                **mark, "features": [
                    *({"type": "Feature", "id": c.id, "geometry": _shape(c.place), "properties": {
                        "id": c.id, "what": "settlement", "name": c.name, "people": c.people,
                        "state": c.state, "openings": c.openings, **mark}}
                      for c in found.communities),
                    *({"type": "Feature", "geometry": _shape(b.line), "properties": {
                        "id": b.road, "what": "road", "state": "blocked", "why": ", ".join(b.why),
                        "by": ", ".join(b.by), **mark}} for b in found.blocked)]})

        content: bytes = layout.KEPT.of(
            ("reach", then, tuple((b.longitude, b.latitude) for b in bases),
             *layout.state_of(registry, asking)), made)
        return content

    content = await read(request, work)
    note_reading(request, "reach", "layer")
    return Response(content, media_type=GEOJSON, headers={"Cache-Control": "private, no-store"})


def _shape(shape: Any) -> orjson.Fragment:
    return orjson.Fragment(shapely.to_geojson(shapely.set_precision(shape, 1e-6,
                                                                    mode="pointwise")))


@get("/api/layers/contamination", opt=within("assess map"))
async def contamination(request: Request, valid_at: FromQuery[str | None] = None,
                        known_at: FromQuery[str | None] = None) -> Response[bytes]:
    """The newest map of contamination that the reader had drawn (`POST /jobs/map`) of a moment, as
    areas of classes of chance (GeoJSON); `current` says whether it holds what is recorded now.
    Without one there are no features."""
    asking, jobs = asking_of(request), jobs_of(request)
    stated = (valid_at or "", known_at or "")

    def work(registry: Registry, view: View) -> bytes:
        _then(view, valid_at, known_at)
        for job in jobs.of(asking):  # the newest first
            said = (str(job.inputs.get("valid_at") or ""), str(job.inputs.get("known_at") or ""))
            if job.kind != "map" or job.state != "done" or said != stated:
                continue
            file = next((f for f in jobs.files(job) if f.name == "contamination.geojson"), None)
            if file is None:
                continue
            found = orjson.loads(file.read_bytes())
            head = found.pop("chain_head", "")
            return orjson.dumps({**found, "current": head == registry.head(),
                                 "made_at": job.made_at})
        return orjson.dumps({"type": "FeatureCollection", "features": [], "current": False})

    content = await read(request, work)
    note_reading(request, "contamination_map", "layer")
    return Response(content, media_type=GEOJSON, headers={"Cache-Control": "private, no-store"})


def _own(area: WaitingArea) -> str:
    return str(area.number) if area.why == "waiting" else f"{area.why}-{area.number}"


@get("/api/layers/waiting", opt=within(roles=_WALKS))
async def waiting(request: Request) -> Response[bytes]:
    """Hazards without a record (GeoJSON): those that wait in quarantine, as wide as any reading of
    them, and released ground that reopened under a hazard that nobody recorded (`why`); `nowhere`
    counts those that may lie anywhere, because their place is not known. What the rows say is for
    who may see rows that wait; for others who see hazards as they are it is the ground alone."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> bytes:
        from landrelease.workflows import is_synthetic
        from landrelease.workflows.waiting_areas import waiting_areas

        found, nowhere = layout.KEPT.of(("waiting", *layout.state_of(registry, asking)),
                                        lambda: waiting_areas(registry, view))
        mark = {"synthetic": True} if is_synthetic(registry) else {}
        return orjson.dumps({
            "type": "FeatureCollection", "nowhere": nowhere, **mark, "features": [
                {"type": "Feature", "id": _own(a),
                 # With all digits: rounding could take ground away (S01).
                 "geometry": orjson.Fragment(shapely.to_geojson(a.place)),
                 "properties": {"id": _own(a), "why": a.why, **({
                     "name": a.name, "file": a.file, "row": a.row, "codes": ", ".join(a.codes)}
                     if a.file or a.row else {}), **mark}} for a in found]})

    content = await read(request, work)
    note_reading(request, "quarantine", "layer")
    return Response(content, media_type=GEOJSON, headers={"Cache-Control": "private, no-store"})


HANDLERS = [reach, contamination, waiting]
