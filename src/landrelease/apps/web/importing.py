"""Files in: what their columns may mean, and what became of each row."""

from __future__ import annotations

import dataclasses
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, JSONBody, MultipartBody

from landrelease.access.policy import View
from landrelease.apps.web import work
from landrelease.apps.web.answers import read
from landrelease.apps.web.jobs import Job
from landrelease.apps.web.records import Mending, entry_of, signature, writer
from landrelease.apps.web.tiers import MAY_BRING_IN, within
from landrelease.errors import NOT_FOUND_HERE, LandReleaseError
from landrelease.store.registry import Registry

T = TypeVar("T")
# Own assumption: over it a file is split, or imported on the command line (docs/import.md).
MOST_FILE = 500_000_000


@dataclass
class Incoming:
    """A file, and what the person says of it. `mapping`: the text of a file of mappings (YAML or
    JSON, docs/import.md); a check only (`dry_run`) writes nothing."""

    file: UploadFile
    kind: str = ""
    crs: str = ""
    dry_run: str = ""
    mapping: str = ""


def _plain_name(file: UploadFile) -> str:
    """The name of a file without folders; its ending says how it is read."""
    name = PurePosixPath((file.filename or "").replace("\\", "/").replace("\0", "")).name
    return name[-120:] if name not in ("", ".", "..") else "upload"


async def _with_file(request: Request, file: UploadFile,
                     work: Callable[[Registry, View, Path], T]) -> T:
    """`work` with the file under its own name, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / _plain_name(file)
        await _put(file, path)
        return await read(request, lambda registry, view: work(registry, view, path))


async def _put(file: UploadFile, path: Path) -> None:
    """Write a file that was sent, a piece at a time; only its owner may read it."""
    with open(path, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
        while piece := await file.read(1 << 20):
            stream.write(piece)


@post("/api/import", status_code=200, opt=within(roles=MAY_BRING_IN, writes=True))
async def bring_in(request: Request, data: MultipartBody[Incoming]) -> list[dict[str, Any]]:
    """Import a file, each layer whole or not at all; a dry run checks all and writes nothing."""
    asking = writer(request)

    def inner(registry: Registry, view: View, path: Path) -> list[dict[str, Any]]:
        from landrelease.workflows import imports, own_imports

        stated = None
        if data.mapping.strip():
            folder = path.parent / "said"  # a name that no file of the reader has
            folder.mkdir()
            stated = folder / "mapping.yaml"
            stated.write_text(data.mapping, encoding="utf-8")
        reports = imports.import_files(
            registry, [path], kind=data.kind or None, crs=data.crs, mapping_path=stated,
            dry_run=bool(data.dry_run), recorded_by=signature(asking))
        return [{
            "file": r.file, "layer": r.layer, "kind": r.kind, "read": r.read,
            "accepted": r.accepted, "merged": r.merged, "quarantined": r.quarantined,
            "unmapped": list(r.unmapped),
            "findings": [dataclasses.asdict(f) for f in own_imports.told_to(r, view)[:500]],
        } for r in reports]

    return await _with_file(request, data.file, inner)


@dataclass
class Looked:
    """A file, and of what kind its rows are; "" where the file says so."""

    file: UploadFile
    kind: str = ""


@post("/api/import/columns", status_code=200, opt=within(roles=MAY_BRING_IN, writes=True),
      request_max_body_size=MOST_FILE)
async def columns(request: Request, data: MultipartBody[Looked]) -> dict[str, Any]:
    """What each column of a file may mean, with its first values; nothing is written. What is
    certain stands in `mapping`, in the shape that `/api/import` takes."""
    def inner(registry: Registry, view: View, path: Path) -> dict[str, Any]:
        from landrelease.workflows import imports

        proposal, samples, document = imports.columns_of(registry, path, kind=data.kind or None)
        kind = registry.kinds[proposal.mapping.kind]
        return {
            "kind": kind.name, "mapping": document,
            "columns": [{"column": s.column, "field": s.field, "certain": s.certain,
                         "reason": s.reason, "values": samples.get(s.column, [])}
                        for s in proposal.suggestions],
            "fields": [{"name": f.name, "title": f.definition} for f in kind.fields],
            "places": list(imports.place_columns())}

    return await _with_file(request, data.file, inner)


# --- as a job ------------------------------------------------------------------------------------

@post("/jobs/import", opt=within("import report", roles=MAY_BRING_IN, writes=True),
      request_max_body_size=MOST_FILE)
async def start_import(request: Request, data: MultipartBody[Incoming]
                       ) -> Response[dict[str, Any]]:
    """Import a file as a job: each layer comes in whole or not at all; who started it sees each
    finding (`/jobs/ID/findings`) and the rows that wait because of it (`/jobs/ID/rows`)."""
    asking, jobs = writer(request), work.jobs_of(request)
    name = _plain_name(data.file)
    path = jobs.upload()
    try:
        await _put(data.file, path)
        job = jobs.add("import", {
            "file": name, "kind": data.kind, "crs": data.crs, "dry_run": bool(data.dry_run),
            "mapping": data.mapping, "recorded_by": signature(asking)}, asking, (name, path))
    finally:
        path.unlink(missing_ok=True)
    return work.started(job)


def _own(request: Request, job_id: str) -> tuple[Job, dict[str, Any]]:
    """An import of the reader that is done, with its result."""
    job = work.found_job(request, job_id)
    found = (work.jobs_of(request).result(job)
             if job.kind == "import" and job.state == "done" else None)
    if found is None:
        raise LandReleaseError(NOT_FOUND_HERE, found="import that is done")
    return job, found


@get("/jobs/{job_id:str}/findings", opt=within("import report", roles=MAY_BRING_IN))
async def findings(request: Request, job_id: FromPath[str], start: FromQuery[int] = 0,
                   limit: FromQuery[int] = 100, code: FromQuery[str] = "") -> dict[str, Any]:
    """Findings of one's own import from the `start`-th on, of one code where it is given."""
    from landrelease.workflows import own_imports

    job, _ = _own(request, job_id)
    listed, count = own_imports.findings_of(
        work.jobs_of(request).beside(job, own_imports.FINDINGS), start=max(0, start),
        limit=min(max(1, limit), 1_000), code=code[:20])
    return {"findings": listed, "start": max(0, start), "count": count}


@get("/jobs/{job_id:str}/rows", opt=within("import report", roles=MAY_BRING_IN))
async def own_rows(request: Request, job_id: FromPath[str]) -> list[dict[str, Any]]:
    """The rows that wait because of one's own import, with what is wrong with each."""
    _, done = _own(request, job_id)

    def inner(registry: Registry, view: View) -> list[dict[str, Any]]:
        from landrelease.workflows import own_imports

        return [entry_of(e) for e in own_imports.waiting_rows(registry, view, done["waiting"])]

    return await read(request, inner)


@post("/jobs/{job_id:str}/rows/{number:int}/mend", status_code=200,
      opt=within("import report", roles=MAY_BRING_IN, writes=True))
async def mend_own(request: Request, job_id: FromPath[str], number: FromPath[int],
                   data: JSONBody[Mending]) -> dict[str, Any]:
    """Change values of a row of one's own import and check it again; it is accepted when it
    passes."""
    asking = writer(request)
    _, done = _own(request, job_id)

    def inner(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows import own_imports

        left = own_imports.mend(registry, view, done["waiting"], number, dict(data.changes),
                                decided_by=signature(asking))
        return {"number": number, "status": "waiting" if left else "accepted",
                "findings": [dataclasses.asdict(f) for f in left]}

    return await read(request, inner)


HANDLERS = [bring_in, columns, start_import, findings, own_rows, mend_own]
