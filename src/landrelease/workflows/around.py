"""What stands around a record: what it names, what names it, what lies on its ground, the areas
that it came from and that came from it, and the evidence that the type of a hazard rests on.

All of it passes the reader's view record by record (S14): what is not shown is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import shapely

from landrelease.core.kind import Kind
from landrelease.core.record import Record
from landrelease.errors import COLLECTION_UNKNOWN, HAZARD_NOT_HERE, LandReleaseError
from landrelease.workflows.collections import one_record
from landrelease.workflows.marks import Marker

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.store.registry import Registry

MOST = 50  # of one sort that are listed; more are said to be there
_BATCH = 200
_LOOKED_AT = 5_000  # records with a list of references that are looked through for one name
# What lies on the ground of a hazard and need not name it.
ON_THE_GROUND = ("item", "accident", "evidence", "outcome", "handover", "closure")


@dataclass(frozen=True, slots=True)
class Group:
    """Records of one kind that have to do with another, by the field that says so; "" for those
    that lie on its ground. `more`: there are others."""

    kind: str
    field: str
    records: tuple[Record, ...]
    more: bool


@dataclass(frozen=True, slots=True)
class Around:
    """`doubt`: why what it decides does not count, "" where it does (S09). `names`: field -> the
    records that it names; `named_by`: records that name it; `there`: what lies on its ground
    besides; `ancestors`, `descendants`: nearest first."""

    doubt: str
    names: Mapping[str, tuple[Record, ...]]
    named_by: tuple[Group, ...]
    there: tuple[Group, ...]
    ancestors: tuple[Record, ...]
    descendants: tuple[Record, ...]


def around(registry: Registry, reader: View, kind: str, record_id: str) -> Around:
    """What stands around a record. Raises WEB-010 where it is not there, or not for this reader."""
    from landrelease.workflows.identities import doubt_of

    held = (one_record(registry, kind, record_id)
            if kind in registry.kinds and reader.precision(kind) == "exact" else [])
    own = reader.records(held)
    if not own:
        raise LandReleaseError(COLLECTION_UNKNOWN, found=f"{kind}/{record_id[:60]}")
    (record,) = own
    words = _words(record)
    names = {f.name: found for f in registry.kinds[kind].fields
             if f.refers_to and (found := _named(registry, reader, f.refers_to,
                                                 record.values.get(f.name)))}
    named_by = [group for other in registry.kinds.values()
                if reader.precision(other.name) == "exact"
                for group in _naming(registry, reader, other, kind, words, record.id)]
    known = {r.id for g in named_by for r in g.records}
    before, after = _line(registry, reader, record) if kind == "hazard" else ((), ())
    return Around(doubt_of(registry, held[0]), names, tuple(named_by),
                  tuple(_there(registry, reader, record, known)) if kind == "hazard" else (),
                  before, after)


def _words(record: Record) -> list[str]:
    """By which words a record is named: its id, and the programme's own identifier."""
    name = record.values.get("identifier")
    return list(dict.fromkeys([record.id, *([name.strip()] if isinstance(name, str)
                                            and name.strip() else [])]))


def _named(registry: Registry, reader: View, kind: str, value: Any) -> tuple[Record, ...]:
    """The records that a value of a reference names, by id or by identifier."""
    if reader.precision(kind) != "exact":
        return ()
    out: dict[str, Record] = {}
    for word in (value if isinstance(value, list | tuple) else [value])[:MOST]:
        if not isinstance(word, str) or not word:
            continue
        found = one_record(registry, kind, word) or registry.find(
            kind, where={"identifier": word.strip()}, limit=5)
        out |= {r.id: r for r in reader.records(_standing(registry, reader, kind, found))}
    return tuple(out.values())


def _naming(registry: Registry, reader: View, other: Kind, kind: str, words: list[str],
            own: str) -> Iterator[Group]:
    """The records of another kind that name one of these words, field by field."""
    seen: set[str] = {own}
    visible = set(reader.fields(other.name))
    for field in other.fields:
        if field.name not in visible or (field.refers_to != kind and not (
                kind == "hazard" and field.name == "hazard_identifier")):
            continue
        if field.name == "parents":
            continue  # the line of descent tells that
        records: list[Record] = []
        more = False
        if field.type == "references":
            # Who may not know of all of them is not told that there are many: all are looked at.
            most = (_LOOKED_AT if reader.grant(other.name).rows == "all" and not reader.areas
                    else None)
            for record in _listing(registry, other.name, field.name, most):
                if record is None:
                    more = True
                elif set(record.values.get(field.name) or ()) & set(words):
                    records.append(record)
            records = reader.records(_standing(registry, reader, other.name, records))
        else:
            after = ""
            while len(records) <= MOST:
                batch = registry.find(other.name, where={field.name: words}, after=after,
                                      limit=_BATCH)
                records += [r for r in reader.records(
                    _standing(registry, reader, other.name, batch)) if r.id not in seen]
                if len(batch) < _BATCH:
                    break
                after = batch[-1].id
        shown = [r for r in records if r.id not in seen]
        seen |= {r.id for r in shown}
        if shown or more:
            yield Group(other.name, field.name, tuple(shown[:MOST]), more or len(shown) > MOST)


def _standing(registry: Registry, reader: View, kind: str, records: list[Record]) -> list[Record]:
    """Hazards as they stand, so that a list of them says the types that count (S01)."""
    return records if kind != "hazard" else Marker(registry, reader, kind).standing(records)


def _listing(registry: Registry, kind: str, field: str, most: int | None = None
             ) -> Iterator[Record | None]:
    """The records whose list is not empty; None at the end where there are more than `most`."""
    after: tuple[Any, str] | None = None
    passed = 0
    while True:
        pairs = registry.ordered(kind, field, after=after, limit=1_000)
        for cell, record in pairs:
            if cell is None:
                return
            if passed == most:
                yield None
                return
            yield record
            passed, after = passed + 1, (cell, record.id)
        if len(pairs) < 1_000:
            return


def _line(registry: Registry, reader: View, record: Record
          ) -> tuple[tuple[Record, ...], tuple[Record, ...]]:
    """The areas that a hazard came from and those that came from it, as far as they are shown."""
    from landrelease.core.lineage import lineage

    line = lineage(r for r in _listing(registry, "hazard", "parents") if r is not None)

    def shown(ids: tuple[str, ...]) -> tuple[Record, ...]:
        found = [r for i in ids[:MOST] for r in one_record(registry, "hazard", i)]
        return tuple(reader.records(_standing(registry, reader, "hazard", found)))

    return shown(line.ancestors(record.id)), shown(line.descendants(record.id))


def _there(registry: Registry, reader: View, record: Record, known: set[str]) -> Iterator[Group]:
    """What lies on the ground of a hazard and does not name it."""
    ground: Any = record.geometry
    if ground is None or ground.is_empty:
        return
    west, south, east, north = map(float, ground.bounds)
    shapely.prepare(ground)
    for kind in ON_THE_GROUND:
        if kind not in registry.kinds or reader.precision(kind) != "exact":
            continue
        listed: list[Record] = []
        after, more = "", False
        while True:
            batch = registry.find(kind, bounds=(west, south, east, north), after=after, limit=500)
            listed += [r for r in reader.records(batch) if r.id not in known
                       and r.geometry is not None and shapely.intersects(ground, r.geometry)
                       and not (shapely.get_dimensions(r.geometry) == 2
                                and shapely.touches(ground, r.geometry))]
            if len(batch) < 500:
                break
            if len(listed) > MOST:
                more = True
                break
            after = batch[-1].id
        if listed:
            yield Group(kind, "", tuple(listed[:MOST]), more or len(listed) > MOST)


def unlined(word: str) -> str:
    return word.replace("_", " ")


def told_of(registry: Registry, reader: View, record_id: str,
            say: Callable[[str], str] = unlined) -> tuple[str, str]:
    """The kind of a record and its first values in words, as it stands; ("", "") where the reader
    may not know of it. `say`: a word of a vocabulary as it is read."""
    found = registry.history(record_id)
    kind = found[0].revision.kind if found else ""
    shown = reader.records(one_record(registry, kind, record_id)) if kind else []
    return (kind, in_words(shown[0], registry.kinds[kind], say)) if shown else ("", "")


WORDS = 4  # values by which a record is told in a list


def in_words(record: Record, kind: Kind, say: Callable[[str], str] = unlined) -> str:
    """A record by its first values."""
    said: list[str] = []
    for field in kind.fields:
        value = record.values.get(field.name)
        if value in (None, "", "not_reported") or isinstance(value, list | tuple) \
                or field.refers_to or field.name.startswith("source_"):
            continue
        said.append(say(str(value)) if field.type == "choice" else str(value)[:80])
        if len(said) == WORDS:
            break
    return ", ".join(said)


def type_evidence(registry: Registry, reader: View, hazard: str) -> dict[str, Any]:
    """SHA or CHA of one hazard as its evidence proposes it, with the weight of every piece: the row
    of `assess type` for it, without shapes. A proposal: a person decides and signs. Nothing is
    proposed (`proposed` is empty) for an area that stands for no ground of its own any more.

    Raises ACC-101; ASS-304 for an area that there is not, or not for this reader.
    """
    from landrelease import workflows
    from landrelease.workflows import assessing

    reader.check("assess type")
    stated = workflows.load_assumptions(None, registry)
    land = workflows.load_land(registry, stated, reader=reader)
    table = assessing.load_weights(stated, None, registry)
    try:
        found = assessing.propose_types(land, stated, table, hazard)
    except LandReleaseError as error:
        own = reader.records(one_record(registry, "hazard", hazard))
        if error.code != HAZARD_NOT_HERE.code or not own:
            raise
        # Its ground is its children's, or it is closed: nothing is proposed.
        return {"hazard_id": hazard, "recorded": str(own[0].value("hazard_type")), "proposed": "",
                "reasons": [], "log": [], "parts": [], "thresholds": []}
    (row,) = reader.rows(assessing.type_rows(
        found, assessing.visible_evidence(registry, reader)), "type_proposal")
    parts = [{k: v for k, v in p.items() if k != "geometry"} for p in row.get("parts", ())]
    return {**row, "parts": parts, "synthetic": land.synthetic, "chain_head": land.chain_head,
            "thresholds": [{"name": a.name, "value": a.value, "unit": a.unit,
                            "definition": a.definition, "source": a.source}
                           for a in (table["cha_threshold"], table["sha_threshold"])]}
