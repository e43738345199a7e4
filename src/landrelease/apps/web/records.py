"""Records in the browser: their past, rows that wait, files in, figures."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from litestar import Request, get, post
from litestar.exceptions import NotAuthorizedException
from litestar.params import FromPath, JSONBody

from landrelease.access.policy import View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.readers import Asking
from landrelease.apps.web.tiers import MAY_BRING_IN, VIEW, may_write, within
from landrelease.errors import PARAMETER_WRONG, LandReleaseError
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
        from landrelease.workflows import identities
        from landrelease.workflows.photographs import photographs_of

        view.check("history")
        revisions = workflows.visible_history(registry, name, view)
        names = registry.sources() if view.may("source_files", "names") else {}
        whole = view.may("source_files", "content")
        verdicts = identities.verdicts(registry, name)
        offices = {c.id: c.office for c in registry.chains()}
        return {"id": name, "kind": revisions[-1].revision.kind if revisions else "",
                "photographs": [p.sha256 for p in photographs_of(registry, view, name)],
                "revisions": [{
                    "number": s.number, "hash": s.hash, "office": offices.get(s.chain, s.chain),
                    "recorded_at": s.revision.recorded_at.isoformat(timespec="seconds"),
                    "recorded_by": s.revision.recorded_by, "reason": s.revision.reason,
                    "validation": s.revision.validation,
                    "signed": verdicts[s.hash].standing if s.hash in verdicts else "",
                    "source": names.get(s.revision.source, ""),
                    # The file as it came in is for who may see files (`/api/photographs/SHA-256`).
                    "source_sha256": s.revision.source if whole else "",
                    "values": {k: _told(v) for k, v in s.revision.values.items()}}
                    for s in revisions]}

    found = await read(request, work)
    note_reading(request, "history", name)
    return found


def _told(value: Any) -> Any:
    plain = value is None or isinstance(value, (str, int, float, bool, list))
    return value if plain else str(value)


# --- rows that wait ------------------------------------------------------------------------------

@get("/api/quarantine", opt=within("quarantine list"))
async def waiting(request: Request) -> list[dict[str, Any]]:
    """The rows that wait, with what is wrong with each and how to mend it."""

    def work(registry: Registry, view: View) -> list[dict[str, Any]]:
        from landrelease import workflows
        from landrelease.workflows import photographs, reports

        view.check("quarantine list")
        entries = workflows.visible_quarantine(registry, view)
        near = reports.near(registry, view, entries)
        shown = photographs.beside(registry, view, entries)
        return [{**entry_of(e), "near": [dataclasses.asdict(n) for n in near.get(e.number, ())],
                 "photographs": shown.get(e.number, [])}
                for e in entries]

    found = await read(request, work)
    note_reading(request, "quarantine", f"{len(found)} rows")
    return found


def entry_of(entry: Any) -> dict[str, Any]:
    """A row that waits, for a page."""
    return {"number": entry.number, "status": entry.status, "file": entry.row.file,
            "row": entry.row.row, "kind": entry.row.kind,
            "values": {k: _told(v) for k, v in entry.row.values.items()},
            "geometry": entry.row.geometry_wkt[:2_000],
            "findings": [dataclasses.asdict(f) for f in entry.row.findings]}


@dataclass
class Mending:
    """New values of a row, by heading or field, null to take one away; none: check it again as it
    is."""

    changes: dict[str, str | None]


@dataclass
class Rejection:
    """Why a row is rejected."""

    reason: str


@post("/api/quarantine/{number:int}/mend", status_code=200,
      opt=within("quarantine mend", writes=True))
async def mend(request: Request, number: FromPath[int], data: JSONBody[Mending]) -> dict[str, Any]:
    """Change values of a row that waits and check it again; it is accepted when it passes."""
    asking = writer(request)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease import workflows

        view.check("quarantine mend")
        workflows.visible_quarantine(registry, view, number)
        report = workflows.retry_quarantined(registry, number, data.changes,
                                             decided_by=signature(asking))
        if not report.quarantined:
            return {"number": number, "status": "accepted", "findings": []}
        return {"number": number, "status": "waiting", "findings": [
            dataclasses.asdict(f) for f in workflows.without_personal(
                report.findings, view.kinds[report.kind])]}

    return await read(request, work)


@post("/api/quarantine/{number:int}/reject", status_code=200,
      opt=within("quarantine reject", writes=True))
async def reject(request: Request, number: FromPath[int], data: JSONBody[Rejection]
                 ) -> dict[str, Any]:
    """Reject a row that waits; it stays in the registry with the reason."""
    asking = writer(request)

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease import workflows

        view.check("quarantine reject")
        workflows.visible_quarantine(registry, view, number)
        if not data.reason.strip():
            raise LandReleaseError(PARAMETER_WRONG, name="reason", found="",
                                   expected="it says why, in words")
        workflows.reject_quarantined(registry, number, data.reason.strip(),
                                     decided_by=signature(asking))
        return {"number": number, "status": "rejected"}

    return await read(request, work)


# --- figures -------------------------------------------------------------------------------------

@get("/api/figures", opt=within("figures list"))
async def figures(request: Request) -> list[dict[str, Any]]:
    """All figures that the reader may see, each with its definition and how many records it has."""

    def work(registry: Registry, view: View) -> list[dict[str, Any]]:
        from landrelease import workflows

        view.check("figures list")
        _, found = layout.KEPT.of(("figures", *layout.state_of(registry, asking_of(request))),
                                  lambda: workflows.visible_figures(registry, view))
        return [{**{k: _told(v) for k, v in dataclasses.asdict(f).items() if k != "records"},
                 "records": list(f.records)[:1_000], "record_count": len(f.records)} for f in found]

    told = await read(request, work)
    note_reading(request, "figures", f"{len(told)} figures")
    return told


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


HANDLERS = [about, past, waiting, mend, reject, figures]

