"""Records in the browser: their past, figures, and who writes."""

from __future__ import annotations

import dataclasses
from typing import Any

import orjson
import shapely
from litestar import Request, Response, get
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath, FromQuery

from landrelease.access.policy import View
from landrelease.apps.web import figuring
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.description import GEOJSON
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.tiers import MAY_BRING_IN, VIEW, may_write, within
from landrelease.apps.web.words import told as say
from landrelease.store.registry import Registry


@get("/api/about", opt=VIEW)
async def about(request: Request) -> dict[str, Any]:
    """What this registry is, and what the reader may do."""
    asking = asking_of(request)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.apps.web.navigation import links, way
        from landrelease.workflows import is_synthetic

        return {"office": registry.office, "synthetic": is_synthetic(registry),
                "head": registry.head() if view.may("history") else "",
                "role": asking.role, "account": asking.account,
                "pages": [{"key": key, "path": path} for key, path in links(view, asking)],
                "may": {"history": view.may("history"),
                        "quarantine": view.may("quarantine", "rows"),
                        "import": may_write(asking) and asking.role in MAY_BRING_IN,
                        "figures": view.may("figures"), "evidence": way("assess type")(view),
                        "validate": bool(view.levels())}}

    return await read(request, work)


@get("/api/records/{record_id:path}", opt=within("history"))
async def past(request: Request, record_id: FromPath[str]) -> dict[str, Any]:
    """All revisions of a record: who, when, why, from which source, signed by whom."""
    name = record_id.lstrip("/")

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease import workflows
        from landrelease.workflows import identities, outlines
        from landrelease.workflows.photographs import photographs_of

        view.check("history")
        revisions = workflows.visible_history(registry, name, view)
        names = registry.sources() if view.may("source_files", "names") else {}
        whole = view.may("source_files", "content")
        verdicts = identities.verdicts(registry, name)
        offices = {c.id: c.office for c in registry.chains()}
        ground = outlines.changes(revisions)
        return {"id": name, "kind": revisions[-1].revision.kind if revisions else "",
                "photographs": [p.sha256 for p in photographs_of(registry, view, name)],
                "revisions": [{
                    "number": s.number, "hash": s.hash, "office": offices.get(s.chain, s.chain),
                    "recorded_at": s.revision.recorded_at.isoformat(timespec="seconds"),
                    # What a program wrote of it; what a person wrote stands.
                    "recorded_by": say(s.revision.recorded_by), "reason": say(s.revision.reason),
                    "validation": s.revision.validation,
                    "signed": say(verdicts[s.hash].standing) if s.hash in verdicts else "",
                    "source": names.get(s.revision.source, ""),
                    # The file as it came in is for who may see files (`/api/photographs/SHA-256`).
                    "source_sha256": s.revision.source if whole else "",
                    "ground": ground[s.hash].told() if s.hash in ground else None,
                    "values": {k: told(v) for k, v in s.revision.values.items()}}
                    for s in revisions]}

    found = await read(request, work)
    note_reading(request, "history", name)
    return found


@get("/api/outlines/{record_id:path}", opt=within("history"))
async def outlines_of(request: Request, record_id: FromPath[str], revision: FromQuery[str]
                      ) -> Response[bytes]:
    """The outlines of a record before and after a revision (its hash), what of the earlier ground
    it left out and what it added (GeoJSON, with all digits); no feature where the place is as it
    was."""
    name = record_id.lstrip("/")

    def work(registry: Registry, view: View) -> bytes:
        from landrelease import workflows
        from landrelease.workflows.outlines import outlines

        mark = {"synthetic": True} if workflows.is_synthetic(registry) else {}
        return orjson.dumps({"type": "FeatureCollection", "record": name, **mark, "features": [
            {"type": "Feature", "geometry": orjson.Fragment(shapely.to_geojson(shape)),
             "properties": {"id": name, "which": which, "area_m2": m2, **mark}}
            for which, shape, m2 in outlines(registry, name, revision, view)]})

    content = await read(request, work)
    note_reading(request, "history", f"{name}, outlines")
    return Response(content, media_type=GEOJSON,
                    headers={"Cache-Control": "private, no-store"})


def told(value: Any) -> Any:
    """A value of a record as JSON holds it."""
    plain = value is None or isinstance(value, (str, int, float, bool, list))
    return value if plain else str(value)


# --- figures -------------------------------------------------------------------------------------

@get("/api/figures", opt=within("figures list"))
async def figures(request: Request) -> list[dict[str, Any]]:
    """All figures that the reader may see, each with its definition and how many records it has;
    for who may see histories at a date (`valid_at`, `known_at`), and of the records of a level and
    above (`level`)."""
    asked = figuring.asked_of(request)

    def work(registry: Registry, view: View) -> list[dict[str, Any]]:
        found = figuring.figures_of(request, registry, view, asked)
        return [{**{k: told(v) for k, v in dataclasses.asdict(f).items() if k != "records"},
                 "records": list(f.records)[:1_000], "record_count": len(f.records)} for f in found]

    listed = await read(request, work)
    note_reading(request, "figures", f"{len(listed)} figures")
    return listed


# --- who writes ----------------------------------------------------------------------------------

def writer(request: Request) -> Asking:
    """Who writes: signed in with a page's token, or the office itself on its own machine."""
    asking = asking_of(request)
    if not may_write(asking):
        raise NotAuthorizedException("Sign in first.")
    return asking


def signature(asking: Asking) -> str:
    """What a record says of its author: the person's record where the account names one."""
    return asking.person or (f"account {asking.account}" if asking.account
                             else "local user (unverified)")


HANDLERS = [about, past, outlines_of, figures]

