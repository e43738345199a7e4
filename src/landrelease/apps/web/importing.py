"""Files in: what their columns may mean, and what became of each row."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from litestar import Request, post
from litestar.datastructures import UploadFile
from litestar.params import MultipartBody

from landrelease.access.policy import View
from landrelease.apps.web.answers import read
from landrelease.apps.web.records import signature, writer
from landrelease.apps.web.tiers import MAY_BRING_IN, within
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
    content = await file.read()
    name = PurePosixPath((file.filename or "upload").replace("\\", "/")).name or "upload"

    def inner(registry: Registry, view: View) -> T:
        with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
            path = Path(folder) / name[-120:]
            path.write_bytes(content)
            return work(registry, view, path)

    return await read(request, inner)


@post("/api/import", status_code=200, opt=within(roles=MAY_BRING_IN, writes=True))
async def bring_in(request: Request, data: MultipartBody[Incoming]) -> list[dict[str, Any]]:
    """Import a file, each layer whole or not at all; a dry run checks all and writes nothing."""
    asking = writer(request)

    def work(registry: Registry, view: View, path: Path) -> list[dict[str, Any]]:
        from landrelease import workflows
        from landrelease.workflows import imports

        stated = None
        if data.mapping.strip():
            folder = path.parent / "said"  # a name that no file of the reader has
            folder.mkdir()
            stated = folder / "mapping.yaml"
            stated.write_text(data.mapping, encoding="utf-8")
        reports = imports.import_files(
            registry, [path], kind=data.kind or None, crs=data.crs, mapping_path=stated,
            dry_run=bool(data.dry_run), recorded_by=signature(asking))
        full = view.may("quarantine", "rows")
        return [{
            "file": r.file, "layer": r.layer, "kind": r.kind, "read": r.read,
            "accepted": r.accepted, "merged": r.merged, "quarantined": r.quarantined,
            "unmapped": list(r.unmapped),
            "findings": [dataclasses.asdict(f) for f in workflows.without_personal(
                r.findings, registry.kinds[r.kind])][:500] if full else [],
        } for r in reports]

    return await _with_file(request, data.file, work)


@dataclass
class Looked:
    """A file, and of what kind its rows are; "" where the file says so."""

    file: UploadFile
    kind: str = ""


@post("/api/import/columns", status_code=200, opt=within(roles=MAY_BRING_IN, writes=True))
async def columns(request: Request, data: MultipartBody[Looked]) -> dict[str, Any]:
    """What each column of a file may mean, with its first values; nothing is written. What is
    certain stands in `mapping`, in the shape that `/api/import` takes."""
    def work(registry: Registry, view: View, path: Path) -> dict[str, Any]:
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

    return await _with_file(request, data.file, work)


HANDLERS = [bring_in, columns]
