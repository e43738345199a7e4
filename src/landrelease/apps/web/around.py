"""What stands around a record, and the evidence that the type of a hazard rests on: for the page of
the record, and for programs."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from landrelease.access.policy import View
from landrelease.apps.web import layout
from landrelease.apps.web.answers import asking_of, note_reading, read
from landrelease.apps.web.tiers import VIEW, within
from landrelease.apps.web.words import named
from landrelease.apps.web.words import told as say
from landrelease.core.record import Record
from landrelease.store.registry import Registry


@get("/api/around/{kind:str}/{record_id:path}", opt=VIEW)
async def stands_around(request: Request, kind: FromPath[str], record_id: FromPath[str]
                        ) -> dict[str, Any]:
    """What a record names, what names it, what lies on its ground, and its line of descent, as far
    as the reader may see each of them."""
    name = record_id.removeprefix("/")

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows.around import around

        found = around(registry, view, kind, name)

        def groups(listed: Any) -> list[dict[str, Any]]:
            return [{"kind": g.kind, "title": registry.kinds[g.kind].title, "field": g.field,
                     "records": [_told(r, registry) for r in g.records], "more": g.more}
                    for g in listed]

        return {"id": name, "kind": kind, "counts": not found.doubt,
                "doubt": found.doubt if view.may("history") else "",
                "names": {field: [_told(r, registry) for r in records]
                          for field, records in found.names.items()},
                "named_by": groups(found.named_by), "there": groups(found.there),
                "ancestors": [_told(r, registry) for r in found.ancestors],
                "descendants": [_told(r, registry) for r in found.descendants]}

    told = await read(request, work)
    note_reading(request, kind, f"around {name}"[:100])
    return told


def _told(record: Record, registry: Registry) -> dict[str, Any]:
    """A record in a list: by its first values in words."""
    from landrelease.workflows.around import in_words

    return {"id": record.id, "kind": record.kind,
            "words": in_words(record, registry.kinds[record.kind], named)}


@get("/api/evidence/{record_id:path}", opt=within("assess type"))
async def evidence(request: Request, record_id: FromPath[str]) -> dict[str, Any]:
    """SHA or CHA of a hazard as its evidence proposes it, with the weight of every piece and why it
    counts or not. A proposal: a person decides and signs."""
    name = record_id.removeprefix("/")

    def work(registry: Registry, view: View) -> dict[str, Any]:
        from landrelease.workflows.around import type_evidence

        view.check("assess type")
        found: dict[str, Any] = layout.KEPT.of(
            ("evidence", name, *layout.state_of(registry, asking_of(request))),
            lambda: type_evidence(registry, view, name))
        return found

    told = await read(request, work)
    note_reading(request, "type_proposal", name[:100])
    return _in_words(told)


def _in_words(found: dict[str, Any]) -> dict[str, Any]:
    """The same, its sentences in the language of the request; what is proposed and whether a piece
    is direct are words for people beside their codes."""
    return {**found, "proposed_words": say(found["proposed"]),
            "reasons": [say(r) for r in found["reasons"]],
            "thresholds": [{**t, "definition": say(t["definition"])} for t in found["thresholds"]],
            "log": [{**row, "evidence_words": say(row["evidence_type"]),
                     "counted": say(row["counted"]), "weight_words": say(row["weight_words"])}
                    for row in found["log"]]}


HANDLERS = [stands_around, evidence]
