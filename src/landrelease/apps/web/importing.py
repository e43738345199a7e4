"""Files in: what their columns may mean, and what became of each row."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, FromQuery, MultipartBody

from landrelease.access.policy import View
from landrelease.apps.web import speaking, work
from landrelease.apps.web.answers import read
from landrelease.apps.web.incoming import MOST_FILE, plain_name, put
from landrelease.apps.web.records import signature, writer
from landrelease.apps.web.tiers import MAY_BRING_IN, within
from landrelease.apps.web.waiting import own_import
from landrelease.store.registry import Registry

T = TypeVar("T")


@dataclass
class Incoming:
    """A file, and what the person says of it. `mapping`: the text of a file of mappings (YAML or
    JSON, docs/import.md); a check only (`dry_run`) writes nothing."""

    file: UploadFile
    kind: str = ""
    crs: str = ""
    dry_run: str = ""
    mapping: str = ""


async def _with_file(request: Request, file: UploadFile,
                     work: Callable[[Registry, View, Path], T]) -> T:
    """`work` with the file under its own name, in a folder that goes afterwards."""
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / plain_name(file)
        await put(file, path)
        return await read(request, lambda registry, view: work(registry, view, path))


@post("/api/import", status_code=200, opt=within(roles=MAY_BRING_IN, writes=True))
async def bring_in(request: Request, data: MultipartBody[Incoming]) -> list[dict[str, Any]]:
    """Import a file, each layer whole or not at all; a dry run checks all and writes nothing."""
    asking = writer(request)

    def inner(registry: Registry, view: View, path: Path) -> list[dict[str, Any]]:
        from landrelease.workflows import imports, own_imports
        from landrelease.workflows.submissions import Sender

        stated, by, dry_run = None, signature(asking), bool(data.dry_run)
        if data.mapping.strip():
            folder = path.parent / "said"  # a name that no file of the reader has
            folder.mkdir()
            stated = folder / "mapping.yaml"
            stated.write_text(data.mapping, encoding="utf-8")
        reports = imports.import_files(
            registry, [path], kind=data.kind or None, crs=data.crs, mapping_path=stated,
            dry_run=dry_run, recorded_by=by, decides=own_imports.may_decide(view),
            sender=Sender.of(registry, view, by, dry_run=dry_run))
        return [{
            "file": r.file, "layer": r.layer, "kind": r.kind, "read": r.read,
            "accepted": r.accepted, "merged": r.merged, "quarantined": r.quarantined,
            "unmapped": list(r.unmapped),
            "findings": speaking.findings(own_imports.told_to(r, view)[:500]),
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
    """What each column of a file may mean, with its first values and, where they are few, its
    words and how often each stands there; nothing is written. What is certain stands in `mapping`,
    in the shape that `/api/import` takes; `meanings` says of each field with a vocabulary which
    words of the file mean what there, and whether that is certain. `places`: what a column may be
    of a place; `crs`: the system of coordinates that the file states; `systems`: those that places
    of the programme's area are written in; `notation`: what a mapping may say of how places are
    written."""
    def inner(registry: Registry, view: View, path: Path) -> dict[str, Any]:
        from landrelease.workflows import imports

        found = imports.columns_of(registry, path, kind=data.kind or None)
        kind, said = registry.kinds[found.proposal.mapping.kind], speaking.texts().words
        return {
            "kind": kind.name, "mapping": found.document,
            "columns": [{"column": s.column, "field": s.field, "certain": s.certain,
                         "reason": s.reason, "values": found.samples.get(s.column, []),
                         "words": [{"word": word, "count": count} for word, count
                                   in found.words.get(s.column, {}).items()]}
                        for s in found.proposal.suggestions],
            "fields": [{"name": f.name, "title": said.get(f.definition, f.definition),
                        "choices": list(f.choices)}
                       for f in kind.fields],
            "meanings": {name: {word: {"meaning": meaning, "certain": certain}
                                for word, (meaning, certain) in listed.items()}
                         for name, listed in found.meanings.items()},
            "places": list(imports.place_columns()), "crs": found.crs,
            "systems": imports.systems(registry), "notation": imports.notations()}

    return await _with_file(request, data.file, inner)


# --- as a job ------------------------------------------------------------------------------------

@post("/jobs/import", opt=within("import report", roles=MAY_BRING_IN, writes=True),
      request_max_body_size=MOST_FILE)
async def start_import(request: Request, data: MultipartBody[Incoming]
                       ) -> Response[dict[str, Any]]:
    """Import a file as a job: each layer comes in whole or not at all; who started it sees each
    finding (`/jobs/ID/findings`) and the rows that wait because of it (`/jobs/ID/rows`)."""
    asking, jobs = writer(request), work.jobs_of(request)
    name = plain_name(data.file)
    path = jobs.upload()
    try:
        await put(data.file, path)
        job = jobs.add("import", {
            "file": name, "kind": data.kind, "crs": data.crs, "dry_run": bool(data.dry_run),
            "mapping": data.mapping, "recorded_by": signature(asking)}, asking, (name, path))
    finally:
        path.unlink(missing_ok=True)
    return work.started(job)


@get("/jobs/{job_id:str}/findings", opt=within("import report", roles=MAY_BRING_IN))
async def findings(request: Request, job_id: FromPath[str], start: FromQuery[int] = 0,
                   limit: FromQuery[int] = 100, code: FromQuery[str] = "") -> dict[str, Any]:
    """Findings of one's own import from the `start`-th on, of one code where it is given."""
    from landrelease.workflows import own_imports

    job, _ = own_import(request, job_id)
    listed, count = own_imports.findings_of(
        work.jobs_of(request).beside(job, own_imports.FINDINGS), start=max(0, start),
        limit=min(max(1, limit), 1_000), code=code[:20])
    return {"findings": list(map(speaking.told, listed)), "start": max(0, start), "count": count}


HANDLERS = [bring_in, columns, start_import, findings]
