"""Rows that wait, in the browser: a page of them at a time, mended one by one, many at once, or in
a workbook that goes out and comes back; all of them, or those of one's own import."""

from __future__ import annotations

import dataclasses
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from litestar import Request, Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody
from litestar.response import File
from msgspec import Meta

from landrelease.access.policy import View
from landrelease.apps.web import speaking, work
from landrelease.apps.web.answers import note_reading, read
from landrelease.apps.web.incoming import MOST_FILE, plain_name, put
from landrelease.apps.web.records import signature, told, writer
from landrelease.apps.web.tiers import MAY_BRING_IN, within
from landrelease.errors import NOT_FOUND_HERE, PARAMETER_WRONG, LandReleaseError
from landrelease.store.registry import Registry

if TYPE_CHECKING:
    from landrelease.workflows.mending import Scope

MOST_ROWS, MOST_AT_ONCE = 500, 200
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
OWN = within("import report", roles=MAY_BRING_IN)
OWN_WRITES = within("import report", roles=MAY_BRING_IN, writes=True)


@dataclass
class Mending:
    """New values of a row, by heading or field, null to take one away; none: check it again as it
    is."""

    changes: dict[str, str | None]


@dataclass
class ManyMending:
    """The same new values for several rows, by their numbers."""

    numbers: Annotated[list[int], Meta(min_length=1, max_length=MOST_AT_ONCE)]
    changes: Annotated[dict[str, str | None], Meta(min_length=1)]


@dataclass
class Rejection:
    """Why a row is rejected."""

    reason: str


@dataclass
class Returned:
    """A workbook of rows that wait, as it came back."""

    file: UploadFile


# --- what both share -----------------------------------------------------------------------------

def entry_of(entry: Any) -> dict[str, Any]:
    """A row that waits, for a page."""
    return {"number": entry.number, "status": entry.status, "file": entry.row.file,
            "row": entry.row.row, "kind": entry.row.kind,
            "values": {k: told(v) for k, v in entry.row.values.items()},
            "geometry": entry.row.geometry_wkt[:2_000],
            "findings": speaking.findings(entry.row.findings)}


def _page(scope: Scope, start: int, limit: int, file: str, code: str,
          more: Callable[[Any], dict[int, dict[str, Any]]] = lambda rows: {}) -> dict[str, Any]:
    from landrelease.workflows import mending

    start, limit = max(0, start), min(max(1, limit), MOST_ROWS)
    found = mending.page(scope, start=start, limit=limit, file=file, code=code)
    beside = more(found.rows)
    return {"rows": [{**entry_of(e), **beside.get(e.number, {})} for e in found.rows],
            "start": start, "count": found.count, "total": found.total,
            "files": found.files, "codes": found.codes,
            "shared": [dataclasses.asdict(s) for s in found.shared]}


def _mended(registry: Registry, scope: Scope, data: ManyMending, by: str) -> dict[str, Any]:
    from landrelease.workflows import mending

    found = mending.mend_many(registry, scope, data.numbers, data.changes, decided_by=by)
    return {"rows": [{"number": m.number, "status": m.status,
                      "findings": speaking.findings(m.findings)} for m in found]}


async def _workbook(request: Request, scope_of: Callable[[Registry, View], Scope], file: str
                    ) -> File:
    folder = Path(tempfile.mkdtemp(prefix="landrelease-"))
    spoken = speaking.texts()

    def inner(registry: Registry, view: View) -> int:
        from landrelease.workflows import quarantine

        return quarantine.write_return(
            registry, folder / "rows.xlsx", view, files=(file,) if file else (),
            made_on=date.today(), rows=scope_of(registry, view).rows, texts=spoken)

    try:
        count = await read(request, inner, request.app.state.exports)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    note_reading(request, "quarantine", f"workbook of {count} rows")
    return File(folder / "rows.xlsx", filename="rows that wait.xlsx", media_type=XLSX,
                headers={"Cache-Control": "private, no-store"},
                background=BackgroundTask(shutil.rmtree, folder, ignore_errors=True))


async def _taken_back(request: Request, kind: str, data: Returned, **inputs: Any
                      ) -> Response[dict[str, Any]]:
    asking, jobs = writer(request), work.jobs_of(request)
    name, path = plain_name(data.file), jobs.upload()
    try:
        await put(data.file, path)
        job = jobs.add(kind, {"file": name, "recorded_by": signature(asking), **inputs}, asking,
                       (name, path))
    finally:
        path.unlink(missing_ok=True)
    return work.started(job)


# --- all that waits ------------------------------------------------------------------------------

def _all(registry: Registry, view: View) -> Scope:
    from landrelease.workflows import mending

    view.check("quarantine list")
    return mending.of_reader(registry, view)


@get("/api/quarantine", opt=within("quarantine list"))
async def waiting(request: Request, start: FromQuery[int] = 0, limit: FromQuery[int] = 50,
                  file: FromQuery[str] = "", code: FromQuery[str] = "") -> dict[str, Any]:
    """The rows that wait from the `start`-th on, of one file or with one finding where it is given:
    what is wrong with each and how to mend it; how many there are of each file and finding; what is
    wrong with several alike."""

    def inner(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import photographs, reports

        def beside(rows: Any) -> dict[int, dict[str, Any]]:
            near = reports.near(registry, view, rows)
            lost = reports.whereabouts(registry, view, rows)
            shown = photographs.beside(registry, view, rows)
            return {e.number: {"near": [dataclasses.asdict(n) for n in near.get(e.number, ())],
                               "whereabouts": dataclasses.asdict(lost[e.number])
                               if e.number in lost else None,
                               "photographs": shown.get(e.number, [])} for e in rows}

        return _page(_all(registry, view), start, limit, file, code, beside)

    found = await read(request, inner)
    note_reading(request, "quarantine", f"{len(found['rows'])} rows")
    return found


@post("/api/quarantine/{number:int}/mend", status_code=200,
      opt=within("quarantine mend", writes=True))
async def mend(request: Request, number: FromPath[int], data: JSONBody[Mending]) -> dict[str, Any]:
    """Change values of a row that waits and check it again; it is accepted when it passes."""
    asking = writer(request)

    def inner(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease import workflows

        view.check("quarantine mend")
        workflows.visible_quarantine(registry, view, number)
        report = workflows.retry_quarantined(registry, number, data.changes,
                                             decided_by=signature(asking))
        if not report.quarantined:
            return {"number": number, "status": "accepted", "findings": []}
        return {"number": number, "status": "waiting", "findings": speaking.findings(
            workflows.without_personal(report.findings, view.kinds[report.kind]))}

    return await read(request, inner)


@post("/api/quarantine/mend", status_code=200, opt=within("quarantine mend", writes=True))
async def mend_many(request: Request, data: JSONBody[ManyMending]) -> dict[str, Any]:
    """The same change for several rows that wait: each is checked again and accepted when it
    passes."""
    asking = writer(request)

    def inner(registry: Registry, view: View) -> dict[str, Any]:
        view.check("quarantine mend")
        return _mended(registry, _all(registry, view), data, signature(asking))

    return await read(request, inner)


@get("/api/quarantine/workbook", opt=within("quarantine export"))
async def workbook(request: Request, file: FromQuery[str] = "") -> File:
    """The rows that wait as a workbook, of one file where it is given: the cells as they were,
    those with an error marked. Mended, it comes back (`POST /jobs/mend`)."""
    return await _workbook(request, _all, file)


@post("/jobs/mend", opt=within("quarantine retry", writes=True), request_max_body_size=MOST_FILE)
async def take_back(request: Request, data: MultipartBody[Returned]) -> Response[dict[str, Any]]:
    """Read a workbook of rows that wait in again, as a job: each row whose cells were changed is
    checked, and accepted when it passes."""
    return await _taken_back(request, "mend", data)


@post("/api/quarantine/{number:int}/reject", status_code=200,
      opt=within("quarantine reject", writes=True))
async def reject(request: Request, number: FromPath[int], data: JSONBody[Rejection]
                 ) -> dict[str, Any]:
    """Reject a row that waits; it stays in the registry with the reason."""
    asking = writer(request)

    def inner(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease import workflows

        view.check("quarantine reject")
        workflows.visible_quarantine(registry, view, number)
        if not data.reason.strip():
            raise LandReleaseError(PARAMETER_WRONG, name="reason", found="",
                                   expected="it says why, in words")
        workflows.reject_quarantined(registry, number, data.reason.strip(),
                                     decided_by=signature(asking))
        return {"number": number, "status": "rejected"}

    return await read(request, inner)


# --- those of one's own import -------------------------------------------------------------------

def own_import(request: Request, job_id: str) -> tuple[work.Job, dict[str, Any]]:
    """An import of the reader that is done, with its result. WEB-035."""
    job = work.found_job(request, job_id)
    found = (work.jobs_of(request).result(job)
             if job.kind == "import" and job.state == "done" else None)
    if found is None:
        raise LandReleaseError(NOT_FOUND_HERE, found="import that is done")
    return job, found


def _own(request: Request, job_id: str) -> Callable[[Registry, View], Scope]:
    numbers = own_import(request, job_id)[1]["waiting"]

    def scope(registry: Registry, view: View) -> Scope:
        from landrelease.workflows import mending

        return mending.of_import(registry, view, numbers)

    return scope


@get("/jobs/{job_id:str}/rows", opt=OWN)
async def own_rows(request: Request, job_id: FromPath[str], start: FromQuery[int] = 0,
                   limit: FromQuery[int] = 50, file: FromQuery[str] = "", code: FromQuery[str] = ""
                   ) -> dict[str, Any]:
    """The rows that wait because of one's own import, as `/api/quarantine` gives all."""
    scope = _own(request, job_id)
    return await read(request, lambda registry, view: _page(
        scope(registry, view), start, limit, file, code))


@post("/jobs/{job_id:str}/rows/{number:int}/mend", status_code=200, opt=OWN_WRITES)
async def mend_own(request: Request, job_id: FromPath[str], number: FromPath[int],
                   data: JSONBody[Mending]) -> dict[str, Any]:
    """Change values of a row of one's own import and check it again; it is accepted when it
    passes."""
    asking = writer(request)
    _, done = own_import(request, job_id)

    def inner(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import own_imports

        left = own_imports.mend(registry, view, done["waiting"], number, dict(data.changes),
                                decided_by=signature(asking))
        return {"number": number, "status": "waiting" if left else "accepted",
                "findings": speaking.findings(left)}

    return await read(request, inner)


@post("/jobs/{job_id:str}/rows/mend", status_code=200, opt=OWN_WRITES)
async def mend_many_own(request: Request, job_id: FromPath[str], data: JSONBody[ManyMending]
                        ) -> dict[str, Any]:
    """The same change for several rows of one's own import."""
    asking, scope = writer(request), _own(request, job_id)
    return await read(request, lambda registry, view: _mended(
        registry, scope(registry, view), data, signature(asking)))


@get("/jobs/{job_id:str}/rows/workbook", opt=OWN)
async def own_workbook(request: Request, job_id: FromPath[str], file: FromQuery[str] = "") -> File:
    """The rows that wait because of one's own import as a workbook."""
    return await _workbook(request, _own(request, job_id), file)


@post("/jobs/{job_id:str}/rows/workbook", opt=OWN_WRITES, request_max_body_size=MOST_FILE)
async def take_back_own(request: Request, job_id: FromPath[str], data: MultipartBody[Returned]
                        ) -> Response[dict[str, Any]]:
    """Read a workbook of rows of one's own import in again, as a job."""
    _, done = own_import(request, job_id)
    return await _taken_back(request, "mend-own", data, waiting=done["waiting"])


HANDLERS = [waiting, mend, mend_many, workbook, take_back, reject, own_rows, mend_own,
            mend_many_own, own_workbook, take_back_own]
