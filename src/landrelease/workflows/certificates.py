"""Certificates: in which state each release stands, what reopens it, revoking, handing over (S11).

The state of a release is computed from the records each time that somebody asks, so that it is
right whichever way a find came in. That released ground is hazardous again is also recorded
(`record_reopenings`), for whoever reads histories and layers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import shapely

from landrelease.core.certificate import OUTCOME, RELEASE, code_read
from landrelease.core.decision import decisions_in, effective
from landrelease.core.descent import in_order
from landrelease.core.geometry import joined
from landrelease.core.how_many import HowMany, how_many
from landrelease.core.lineage import reach_m
from landrelease.core.links import Called
from landrelease.core.moment import day_of
from landrelease.core.names import folded
from landrelease.core.record import KINDS, Record
from landrelease.core.revision import Revision, StoredRevision
from landrelease.core.signature import KeyRing, SigningKey, signed
from landrelease.errors import (
    RELEASE_CODE_WRONG,
    RELEASE_HANDED_OVER,
    RELEASE_NOT_VALID,
    RELEASE_OPTION,
    RELEASE_REASON,
    RELEASE_UNKNOWN,
    RELEASE_WITHOUT_PROPOSAL,
    LandReleaseError,
)
from landrelease.release.ground import area_m2, areas
from landrelease.release.reopening import (
    REPORTED,
    Find,
    Released,
    Reopening,
    Search,
    came_at,
    day_of_reopening,
    reopenings,
    to_look_at,
)
from landrelease.release.searches import speaks_of_ordnance
from landrelease.workflows.behind import OnFile, Places, box_round, lies_on
from landrelease.workflows.behind import near as near_to
from landrelease.workflows.identities import owner, ring_of
from landrelease.workflows.operating import local_day
from landrelease.workflows.releasing import authority, proposal_document

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.publish.certificate import Certificate
    from landrelease.store.registry import QuarantineEntry, Registry
    from landrelease.workflows.said_since import Said, SaidSince

Status = Literal["valid", "revoked", "superseded", "reopened", "unverified"]
PROGRAM = "landrelease reopening"
_CLOSED = ("closed", "handed_over")
_WAITS = "-in-quarantine"
_RELEASED = ("cancelled", "reduced", "cleared")


@dataclasses.dataclass(frozen=True, slots=True)
class Release:
    """A certificate and the state in which it stands. `why`: reasons, in plain words.

    `decided_on` and `signer` are of the decision; `document` is the proposal that was signed, None
    where its content is not here.
    """

    id: str
    code: str
    status: Status
    why: tuple[str, ...]
    hazard: str
    outcome: str
    ground: Any
    decided_on: date | None
    signer: str
    handed_over_on: date | None
    record: Record
    proposal: str = ""
    document: Mapping[str, Any] | None = None


# --- what was released -------------------------------------------------------------------------


def _lines(registry: Registry, kind: str, ids: Sequence[str]
           ) -> list[tuple[str, list[StoredRevision]]]:
    from landrelease.workflows.identities import _histories

    return list(_histories(registry, kind, ids)) if ids else []


def _document(registry: Registry, sha256: str, known: Mapping[str, Any]
              ) -> Mapping[str, Any] | None:
    if sha256 not in known:
        return None
    try:
        return proposal_document(registry.source_content(sha256))
    except LandReleaseError:  # its content was erased
        return None


def signed_proposals(registry: Registry, ring: KeyRing, sources: Mapping[str, str], *,
                     valid_at: date | None = None, known_at: datetime | None = None
                     ) -> frozenset[str]:
    """SHA-256 of the proposals that an authority signed: behind each stands a certificate whose
    signature counts, and, where its content is here, a checklist of which every item is met.

    Only what such a proposal stands behind is a release (S09). A signature under a record that came
    in closed validates that record; it has no evidence and no checklist in front of it.
    """
    out = set()
    ids = [r.id for r in registry.records("handover", valid_at=valid_at, known_at=known_at)
           if r.id.startswith(RELEASE)]
    for record_id, line in _lines(registry, "handover", ids):
        _, found = effective(_then(line, valid_at, known_at), KINDS["handover"], ring)
        for s in line:
            sha256 = s.revision.source
            if s.hash in found and found[s.hash].standing == "verified" \
                    and record_id == RELEASE + sha256[:12] and len(sha256) == 64:
                d = _document(registry, sha256, sources)
                if d is None or all(a["state"] == "met" for a in d["checklist"]["items"]):
                    out.add(sha256)
    return frozenset(out)


def released(registry: Registry, *, valid_at: date | None = None,
             known_at: datetime | None = None) -> list[Released]:
    """Ground that the signature of a proposal released: its outcomes and the hazards that it closed
    (S09)."""
    ring = ring_of(registry)
    if not ring.keys:
        return []
    sources = registry.sources()
    proposals = signed_proposals(registry, ring, sources, valid_at=valid_at, known_at=known_at)
    if not proposals:
        return []
    revoked = _revoked(registry)
    accepted: dict[str, set[str]] = {}
    for i in registry.records("inspection", valid_at=valid_at, known_at=known_at):
        for o in i.values.get("outcomes") or ():
            accepted.setdefault(str(o), set()).add(i.id)
    works = {a.id: a for a in registry.records("activity", valid_at=valid_at, known_at=known_at)}
    teams, detectors = (Called(registry.records(kind, valid_at=valid_at, known_at=known_at))
                        for kind in ("team", "detector"))
    out: list[Released] = []
    closing: set[tuple[str, str]] = set()
    reports = {r.id: r for r in registry.records("outcome", valid_at=valid_at, known_at=known_at)}
    outcomes = [r.id for r in reports.values() if KINDS["outcome"].decision_in(r.values)]
    for _, line in _lines(registry, "outcome", outcomes):
        stored = _verified(_then(line, valid_at, known_at), "outcome", ring)
        if stored is None:
            continue
        r = stored.revision
        if r.source not in proposals or r.record_id != OUTCOME + r.source[:12]:
            continue
        d = _document(registry, r.source, sources)
        work = works.get(str(r.values.get("activity")))
        hands = {(str(a), str(b)) for a, b in d["hands"]} if d else _hands(work)
        out.append(Released(
            r.record_id, str(r.values.get("hazard", "")), r.geometry,
            _decided(r.values.get("decided_on"), r), r.recorded_at, r.source,
            frozenset(d["evidence"]) if d else frozenset(),
            frozenset(map(str, r.values.get("evidence") or (d or {}).get("evidence_records", ()))),
            frozenset((t, tool) for a, b in hands for t in teams.of(a)
                      for tool in (detectors.of(b) if b else [""])),
            frozenset(accepted.get(r.record_id, ())) | frozenset((d or {}).get("lots", ())),
            *revoked.get(r.record_id, ("",))[:1], r.values.get("outcome_type") == "cleared",
            detectors=frozenset(i for _, b in hands for i in detectors.ids(b)),
            chain=stored.chain, known_at=stored.known_from,
            searches=_searches(d, reports), revoked_on=revoked.get(r.record_id, ("", None))[1],
            called=frozenset({folded(r.values.get("hazard")),
                              folded((d or {}).get("identifier"))} - {""}),
            state={i: tuple(h) for i, h in d["evidence"].items()} if d else {}))
        closing.add((str(r.values.get("hazard", "")), r.source))
    hazards = [r.id for r in registry.records("hazard", valid_at=valid_at, known_at=known_at)
               if r.value("status") in _CLOSED]
    for _, line in _lines(registry, "hazard", hazards):
        stored = _verified(_then(line, valid_at, known_at), "hazard", ring)
        if stored is None:
            continue
        r = stored.revision
        if r.source not in proposals or (r.record_id, r.source) in closing:
            continue
        out.append(Released(r.record_id, r.record_id, r.geometry,
                            _decided(r.values.get("status_changed_on"), r), r.recorded_at,
                            chain=stored.chain, known_at=stored.known_from))
    return out


def _then(line: Sequence[StoredRevision], valid_at: date | None, known_at: datetime | None
          ) -> list[StoredRevision]:
    return [s for s in line
            if known_at is None or (s.known_from or s.revision.recorded_at) <= known_at
            if valid_at is None or s.revision.valid_from is None
            or s.revision.valid_from <= valid_at]


def _verified(line: Sequence[StoredRevision], kind: str, ring: KeyRing) -> StoredRevision | None:
    """The revision of one record that stands, where it is a decision that counts."""
    stands, found = effective(line, KINDS[kind], ring)
    if stands is None or not decisions_in(KINDS[kind], stands.revision):
        return None
    verdict = found.get(stands.hash)
    return stands if verdict is not None and verdict.standing == "verified" else None


def _decided(said: Any, revision: Revision) -> date:
    return said if isinstance(said, date) else revision.valid_from or revision.recorded_at.date()


def _hands(work: Record | None) -> set[tuple[str, str]]:
    if work is None or work.value("activity_type") == "NTS":
        return set()
    tools = [str(d) for d in work.values.get("detectors") or ()] or [""]
    return {(str(t), d) for t in work.values.get("teams") or () for d in tools}


def _searches(document: Mapping[str, Any] | None, reports: Mapping[str, Record]
              ) -> tuple[Search, ...]:
    """The searches on which a decision rests, as its document names them. Of a document that names
    none, from before they were named, the work of then stands for them."""
    if document is None or document["outcome"] != "cleared":
        return ()
    if "searched" in document:
        return tuple(Search(
            day_of(s["day"]), day_of(s["until"]), frozenset(s["works"]),
            reports[s["record"]].geometry if s["record"] in reports else None, s["record"])
            for s in document["searched"])
    days = [day for w in document["work"] if w["type"] != "NTS"
            and (day := day_of(w["until"] or w["from"])) is not None]
    return (Search(max(days)),) if days else ()


def _revoked(registry: Registry) -> dict[str, tuple[str, date | None]]:
    """Outcome -> why its certificate was revoked, and on which day, the last that anybody states; a
    word of caution needs no signature.

    It was once any office said so, whatever its record says since: only a new signed release takes
    the ground out again.
    """
    out: dict[str, tuple[str, date | None]] = {}
    for _, line in _lines(registry, "handover", sorted(registry.ids("handover"))):
        if why := _revoked_why(line):
            days = [day_of(s.revision.values.get("revoked_on")) for s in line
                    if s.revision.values.get("handover_status") == "revoked"]
            day = max((d for d in days if d is not None), default=None)
            named = [o for s in line for o in s.revision.values.get("outcomes") or ()]
            out.update(dict.fromkeys(map(str, named), (why, day)))
    return out


def _revoked_why(line: Sequence[StoredRevision]) -> str:
    """Why the certificate of one record was revoked, in the newest words; "" where it was not."""
    said = [s.revision.values for s in line
            if s.revision.values.get("handover_status") == "revoked"]
    return str(said[-1].get("revoked_reason") or "no reason is recorded") if said else ""


# --- what reopens ------------------------------------------------------------------------------


def finds_near(registry: Registry, units: Sequence[Released], open_hazards: Sequence[Record], *,
               default_m: float, valid_at: date | None = None, known_at: datetime | None = None
               ) -> list[Find]:
    """Items and accidents on or near released ground, or that name an area of it, wherever any
    office says that they lie; inspections that rejected such ground or found something on it; and
    reports of work that tell of items on it of which there is no record.

    `default_m`: accuracy of a place of which the record states none.
    """
    from landrelease.workflows.earlier import said_earlier
    from landrelease.workflows.exchange import all_said
    from landrelease.workflows.said_since import SaidSince, is_gone

    grounds = [u.ground for u in units if u.ground is not None]
    tree = shapely.STRtree(grounds)
    names = {folded(n) for u in units for n in (u.hazard, u.id)} | {
        name for u in units for name in u.names}
    area_of = _areas_of_work(registry, valid_at, known_at)
    standing = shapely.STRtree([h.geometry for h in open_hazards if h.geometry is not None])
    ring = ring_of(registry)
    knew: dict[str, list[Released]] = {}
    for u in units:
        for i in u.state:
            knew.setdefault(i, []).append(u)
    out: list[Find] = []

    def lies(u: Released, r: Record) -> bool:
        return bool(area_of(r) & ({folded(u.hazard), folded(u.id)} | u.names)) \
            if r.geometry is None else u.ground is not None and near_to(r, u.ground, default_m)

    def tell(r: Record, day: str, first: StoredRevision, there: bool,
             since: frozenset[str] = frozenset(), looked_at: bool = False) -> None:
        place, when = r.geometry, r.values.get(day)
        dated = when if isinstance(when, date) else r.valid_from if r.kind == "accident" else None
        inside = place is not None and bool(len(standing.query(place, predicate="intersects")))
        out.append(Find(
            r.id, r.kind, place, reach_m(r, default_m), dated, first.revision.recorded_at,
            area_of(r),
            str(r.values.get("ordnance_category") or "") if r.kind == "item" else "", inside,
            folded(r.values.get("activity")), there=there, since=since, looked_at=looked_at,
            stated_m=reach_m(r), chain=first.chain, known_at=first.known_from))

    for kind, day in (("item", "found_on"), ("accident", "information_date")):
        told: dict[str, SaidSince] = {}
        # What was said of it before first: what is said now gives its day.
        for r in (*said_earlier(registry, kind, valid_at=valid_at, known_at=known_at),
                  *all_said(registry, kind, valid_at=valid_at, known_at=known_at)):
            reach = box_round(r, default_m)
            near = reach is not None and bool(len(tree.query(reach)))
            if not near and not area_of(r) & names:
                continue
            if r.id not in told:
                told[r.id] = SaidSince(registry.history(r.id), ring, default_m,
                                       valid_at=valid_at, known_at=known_at)
            tell(r, day, told[r.id].first(r), kind == "item" and not is_gone(r))
        for record_id, line in told.items():
            since: dict[int, tuple[Said, set[str]]] = {}
            for u in knew.get(record_id, ()):
                for said in line.since(u.state[record_id], partial(lies, u), u.ground):
                    since.setdefault(said.record.revision, (said, set()))[1].add(u.id)
            for said, ids in since.values():
                tell(said.record, day, said.first, said.there, frozenset(ids), said.looked_at)
    from landrelease.workflows.found_by_inspection import inspection_finds
    from landrelease.workflows.found_by_report import report_finds

    out += inspection_finds(registry, units, ring, default_m, valid_at=valid_at, known_at=known_at)
    out += report_finds(registry, units, open_hazards, ring, default_m, valid_at=valid_at,
                        known_at=known_at)
    if valid_at is None and known_at is None:
        out += _waiting_finds(registry)
    return out


def _areas_of_work(registry: Registry, valid_at: date | None, known_at: datetime | None
                   ) -> Callable[[Record], frozenset[str]]:
    """Which area a find names, folded: in its own fields; without a place and a name also by the
    work in which it was found, or by the order of that work."""
    works: dict[str, Record] = {}
    orders: dict[str, Record] = {}

    def said(r: Record | None) -> frozenset[str]:
        return frozenset() if r is None else frozenset(
            folded(r.values.get(f)) for f in ("hazard", "hazard_identifier")) - {""}

    def area_of(find: Record) -> frozenset[str]:
        own = said(find)
        if own or find.geometry is not None or not find.values.get("activity"):
            return own
        if not works:
            then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
            for a in registry.records("activity", **then):
                works.update(dict.fromkeys(filter(None, (
                    folded(a.id), folded(a.values.get("identifier")))), a))
            orders.update({t.id: t for t in registry.records("task", **then)})
        work = works.get(folded(find.values["activity"]))
        return said(work) or (frozenset() if work is None else said(
            orders.get(str(work.values.get("task") or ""))))

    return area_of


def _waiting_finds(registry: Registry) -> list[Find]:
    """Items and accidents that wait in quarantine, also in a submission that waits whole, where
    they may lie and by the area that they name. They count as found after every decision: a
    proposal is not signed while a row touches its ground."""
    from landrelease.workflows.waiting_rows import waiting_finds

    return [Find(f"row-{r.entry.number}{_WAITS}", what, r.place, r.reach_m, None,
                 datetime.max.replace(tzinfo=UTC), frozenset({folded(r.hazard)} - {""}),
                 str(r.entry.row.values.get("ordnance_category") or ""), waits=True)
            for r, what in waiting_finds(registry)]


def _named(registry: Registry, units: Sequence[Released], open_hazards: Sequence[Record],
           valid_at: date | None, known_at: datetime | None) -> list[Released]:
    """Released ground with the names by which a find without a place may speak of it."""
    from landrelease.core import lineage

    hazards = registry.records("hazard", valid_at=valid_at, known_at=known_at)
    line = lineage.lineage(hazards)
    stands = {a for h in open_hazards for a in (h.id, *line.ancestors(h.id))}
    called = {r.id: str(r.values["identifier"]) for r in hazards if r.values.get("identifier")}
    out = []
    for u in units:
        ids = [u.hazard, *(a for a in line.ancestors(u.hazard) if a not in stands)]
        out.append(dataclasses.replace(u, names=frozenset(map(folded, ids)) | frozenset(
            folded(called[i]) for i in ids if i in called)))
    return out


def reopened(registry: Registry, open_hazards: Sequence[Record], *,
             valid_at: date | None = None, known_at: datetime | None = None
             ) -> tuple[list[Released], tuple[Reopening, ...], dict[str, Find]]:
    """What was released, what of it is reopened and why, and the finds by id."""
    from landrelease.workflows import load_assumptions

    units = released(registry, valid_at=valid_at, known_at=known_at)
    if not units:
        return [], (), {}
    units = _named(registry, units, open_hazards, valid_at, known_at)
    finds = finds_near(registry, units, open_hazards, valid_at=valid_at, known_at=known_at,
                       default_m=load_assumptions(None, registry).value("find_accuracy_m"))
    changed = to_look_at(units, finds)
    units = [dataclasses.replace(u, changed=changed.get(u.id, ())) for u in units]
    return units, reopenings(units, finds), {f.id: f for f in finds}


def still_open(standing: Sequence[Record]) -> list[Record]:
    """Areas that were hazardous anyway, whatever reopens."""
    return [r for r in standing if r.value("status") not in (*_CLOSED, "reopened")]


def in_force(registry: Registry, standing: Sequence[Record], *, valid_at: date | None = None,
             known_at: datetime | None = None) -> tuple[frozenset[str], frozenset[str]]:
    """Outcomes that a signed release stands behind, and those of them that are in force: nothing
    was found on their ground, no certificate was revoked, and nothing else speaks against it
    (`Against`), as their certificates say it (S09, S11).

    standing : the hazards that stand.
    """
    open_ = still_open(standing)
    units, again, _ = reopened(registry, open_, valid_at=valid_at, known_at=known_at)
    gone = {n.released for n in again}
    every = frozenset(u.id for u in units if u.id.startswith(OUTCOME))
    asked = [u for u in units if u.id in every - gone]
    if not asked:
        return every, frozenset()
    against = Against(registry, standing, valid_at=valid_at, known_at=known_at)
    return every, frozenset(u.id for u in asked if not against.why(u))


def without_released(registry: Registry, standing: Sequence[Record], *,
                     valid_at: date | None = None, known_at: datetime | None = None
                     ) -> list[Record]:
    """The hazards that stand, without those that a signed decision closed, unless they reopened.

    A hazard that reopened says so in its status, with the reason. Ground that was released under a
    hazard of which there is no record comes back as an area of its own (S01, S11).
    """
    open_ = still_open(standing)
    units, again, finds = reopened(registry, open_, valid_at=valid_at, known_at=known_at)
    of_hazard: dict[str, list[Released]] = {}
    for u in units:
        of_hazard.setdefault(u.hazard, []).append(u)
    why: dict[str, list[Reopening]] = {}
    for n in again:
        why.setdefault(n.released, []).append(n)
    out = []
    known = set()
    above = _opened_above(registry, units, valid_at, known_at)
    for r in standing:
        known.add(r.id)
        if r.value("status") not in _CLOSED:
            out.append(r)
            continue
        parts = of_hazard.get(r.id, [])
        gone = [u for u in parts if u.id in why and not _released_since(u, parts)]
        reasons = [n for u in gone for n in why[u.id]]
        if not parts or reasons:  # closed, but by nothing that counts as a release: it stands
            out.append(_again(r, reasons, finds, gone) if reasons else dataclasses.replace(
                r, values={k: v for k, v in r.values.items() if k != "status"}, signed_by=""))
        elif r.id in above:
            out.append(dataclasses.replace(r, values={
                **r.values, "status": "reopened",
                "status_reason": f"the area {above[r.id]}, from which it came, was opened again"},
                signed_by=""))
    ids = registry.ids("hazard") if any(u.hazard not in known and u.id in why for u in units) \
        else known
    for u in units:
        if u.id in why and u.hazard not in ids and u.ground is not None:
            out.append(_again(Record("hazard", f"reopened-{u.id}", {
                "identifier": u.hazard or u.id, "hazard_type": "CHA"}, u.ground), why[u.id], finds,
                [u]))
    return out


def _opened_above(registry: Registry, units: Sequence[Released], valid_at: date | None,
                  known_at: datetime | None) -> dict[str, str]:
    """Released areas -> the area from which they came that somebody opened again since: its ground
    is theirs, and of itself it stands for none of it."""
    from landrelease.core import lineage

    if not units:
        return {}
    hazards = registry.records("hazard", valid_at=valid_at, known_at=known_at)
    line = lineage.lineage(hazards)
    opened = {r.id for r in hazards if r.value("status") == "reopened" and r.id in line.children}
    if not opened:
        return {}
    decided: dict[str, datetime] = {}
    for u in units:
        decided[u.hazard] = max(u.decided_at, decided.get(u.hazard, u.decided_at))
    out = {}
    for area, at in decided.items():
        for above in line.ancestors(area):
            said = [s.revision for s in registry.history(above)
                    if known_at is None or s.revision.recorded_at <= known_at] \
                if above in opened else []
            if any(r.values.get("status") == "reopened" and r.recorded_at > at and (
                    not n or said[n - 1].values.get("status") != "reopened")
                    for n, r in enumerate(said)):
                out[area] = above
    return out


def _released_since(unit: Released, parts: Sequence[Released]) -> bool:
    """Whether decisions that came later released all of this ground of an area again."""
    later = [p for p in parts if (p.decided_at, p.id) > (unit.decided_at, unit.id)]
    if not later or unit.ground is None:
        return bool(later)
    if any(p.ground is None for p in later):
        return True
    covered = joined([p.ground for p in later], degrees=True)
    return area_m2(areas(unit.ground.difference(covered))) < 1.0


def _again(r: Record, reasons: Sequence[Reopening], finds: Mapping[str, Find],
           units: Sequence[Released]) -> Record:
    of = {u.id: u for u in units}
    days = [day_of_reopening(finds[n.find], of[n.released]) or came_at(
        finds[n.find], of[n.released]).date() for n in reasons if n.find and _WAITS not in n.find]
    if any(not n.find for n in reasons):
        days += [u.revoked_on for u in units if u.revoked_on is not None]
    said: dict[str, Any] = {"status": "reopened", "status_reason": "; ".join(dict.fromkeys(
        n.reason for n in reasons))}
    if days:
        said["status_changed_on"] = max(days)
    if any(n.direct and n.find for n in reasons):
        said["hazard_type"] = "CHA"  # something lies there: direct evidence
    return dataclasses.replace(r, values={**r.values, **said}, signed_by="")


def record_reopenings(registry: Registry, *, now: datetime | None = None) -> list[Record]:
    """Record released hazards as reopened where something was found on them; returns them.

    No signature is needed, because hazards only grow. What is recorded already is passed over.
    """
    from landrelease.workflows import hazards_that_stand

    at = now or datetime.now(UTC)
    held = {r.id: r for r in registry.records("hazard")}
    found = [r for r in hazards_that_stand(registry) if r.value("status") == "reopened" and (
        r.id not in held or held[r.id].value("status") != "reopened")]
    # A row that waits may yet be rejected, and the items of a report may come after it and lie
    # elsewhere: what these reopen is not recorded.
    found = [r for r in found if not all(
        _WAITS in why or REPORTED in why
        for why in str(r.values.get("status_reason")).split("; "))]
    registry.append([Revision(
        "hazard", r.id, dict(r.values), held[r.id].geometry if r.id in held else r.geometry, at,
        PROGRAM, str(r.values.get("status_reason") or "opened again"), "", None, "entered")
        for r in found])
    return found


# Kinds whose coming in may reopen released ground.
REOPENING = frozenset({"item", "accident", "handover", "inspection", "outcome"})


def reopened_by_import(registry: Registry, kinds: Iterable[str]) -> list[Record]:
    """`record_reopenings` after records of these kinds came in, where they may reopen anything."""
    return record_reopenings(registry) if REOPENING & set(kinds) else []


def reopened_words(found: Sequence[Record]) -> list[str]:
    """What a command says about areas that reopened."""
    return [f"REOPENED {r.id}: {r.values.get('status_reason')}" for r in found]


# --- the state of releases ---------------------------------------------------------------------


def releases(registry: Registry) -> list[Release]:
    """All certificates with the state in which they stand, by id.

    What a certificate says is what the authority signed: a later revision that nobody signed, by
    whatever way it came, is no part of it, and is told. It is valid while nothing on record says
    that its ground is hazardous: nothing was found on it, no area that is hazardous lies on it,
    none waits in quarantine, and no direct evidence came since (S01, S11).
    """
    from landrelease.workflows import hazards_that_stand

    records = registry.records("handover")
    if not records:
        return []
    ring = ring_of(registry)
    sources = registry.sources()
    standing = hazards_that_stand(registry)
    units, again, _ = reopened(registry, still_open(standing))
    verified = {u.id: u for u in units}
    why: dict[str, list[str]] = {}
    for n in again:
        why.setdefault(n.released, []).append(n.reason)
    current = {r.id: r for r in records}
    against = Against(registry, standing)
    drafts: list[tuple[Release, datetime]] = []
    for record_id, line in _lines(registry, "handover", list(current)):
        base, last, changed = as_signed(line, ring)
        now = current[record_id]
        r = now if base is None else dataclasses.replace(
            now, values={**(last or base).values, **{
                n: v for n, v in base.values.items() if n in _SIGNED_ONCE}},
            geometry=base.geometry)
        outcomes = [str(o) for o in r.values.get("outcomes") or ()]
        revoked = _revoked_why(line)
        first = base or line[0].revision
        d = _document(registry, first.source, sources)
        reasons = [w for o in outcomes for w in why.get(o, ())]
        status: Status = "unverified"
        if revoked:
            status = "revoked"
            reasons = [revoked]
        elif base is None or not set(outcomes) <= verified.keys() or not outcomes:
            reasons = ["no valid signature stands under it"]
        else:
            told = bool(reasons)
            reasons += [w for o in outcomes for w in against.why(verified[o], told)]
            status = "reopened" if reasons else "valid"
        if changed:
            reasons.append(f"its record was changed by {changed} revisions that no authority "
                           "signed; they are no part of it")
        handed = last.values.get("handed_over_on") if last is not None and last.values.get(
            "handover_status") == "held" else None
        drafts.append((Release(
            r.id, str(r.values.get("certificate") or ""), status, tuple(dict.fromkeys(reasons)),
            str(r.values.get("hazard") or ""), ", ".join(outcomes), r.geometry,
            first.valid_from, first.signed_by if base is not None else "",
            handed if isinstance(handed, date) else None, r,
            first.source if base is not None else "", d), first.recorded_at))
    out = []
    for made, at in drafts:
        later = [o for o, when in drafts if when > at and o.status in ("valid", "reopened")
                 and o.ground is not None and made.ground is not None]
        covered = areas(joined([o.ground for o in later], degrees=True)) if later else None
        if covered is not None and made.status in ("valid", "reopened") \
                and area_m2(made.ground.difference(covered)) < 1.0:
            by = [o.id for o in later if o.ground.intersects(made.ground)]
            made = dataclasses.replace(made, status="superseded",
                                       why=(f"released again: {', '.join(by)}",))
        out.append(made)
    return sorted(out, key=lambda m: m.id)


# What the signature of the release says once and for all; a hand-over adds who was there and when.
_SIGNED_ONCE = ("outcomes", "hazard", "certificate", "depth_m", "residual_statement",
                "signed_for_authority")


def as_signed(line: Sequence[StoredRevision], ring: KeyRing
              ) -> tuple[Revision | None, Revision | None, int]:
    """(What the authority signed with the release, what the authority signed last of it, how many
    revisions that no authority signed say something else) of the record of one certificate."""
    _, found = effective(line, KINDS["handover"], ring)
    order = in_order(line)
    by_authority = []
    for s in order:
        if s.hash in found and found[s.hash].standing == "verified" and _of_authority(s, ring) \
                and s.revision.values.get("handover_status") in ("planned", "held"):
            by_authority.append(s)
    of_proposal = [s for s in by_authority if s.revision.record_id.startswith(RELEASE)
                   and s.revision.record_id == RELEASE + s.revision.source[:12]]
    if not of_proposal:
        return None, None, 0
    base = of_proposal[0].revision
    signed_ = {s.hash for s in by_authority}
    changed = sum(
        s.hash not in signed_ and (s.revision.geometry != base.geometry or any(
            s.revision.values.get(n) != base.values.get(n) for n in _SIGNED_ONCE))
        for s in order)
    return base, by_authority[-1].revision, changed


def _of_authority(stored: StoredRevision, ring: KeyRing) -> bool:
    trust, _ = ring.signer(stored)
    return trust is not None and trust.role(stored.revision.recorded_at) == "authority"


class Against:
    """What besides finds and revocations speaks against released ground, for its certificate and
    for whoever is told that it is released: areas that are hazardous and lie on it, direct evidence
    that came since, and areas and direct evidence that wait in quarantine (S01, S11)."""

    def __init__(self, registry: Registry, standing: Sequence[Record], *,
                 valid_at: date | None = None, known_at: datetime | None = None):
        self._registry, self._standing = registry, Places(standing)
        self._then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
        self._histories: dict[str, SaidSince] = {}
        self._evidence = Places(direct_evidence(
            registry, valid_at=valid_at, known_at=known_at))
        # What waits is of now, as finds that wait are.
        self._on_file = OnFile(registry)
        self._waiting = self._on_file if valid_at is None and known_at is None else None

    def why(self, unit: Released, told: bool = False) -> list[str]:
        """Why released ground is not in force, in words; nothing where it is. That its own area is
        hazardous again, because somebody opened it (S01), is left out where it is `told` already
        why it reopened."""
        ground, out = unit.ground, []
        if ground is not None:
            for r in self._standing.of(self._standing.near(ground)):
                mine = r.id == unit.hazard or r.id.startswith(f"reopened-{OUTCOME}")
                if mine and told:
                    continue
                if lies_on(r, ground):
                    out.append(f"its area {r.id} is hazardous again" if r.id == unit.hazard else
                               f"another area that is hazardous lies on it: {r.id}")
                elif not mine and self._on_file.may_lie_on(r, ground, unit.hazard):
                    out.append("another area that is hazardous may lie on it, as far off as it may "
                               f"be: {r.id}")
        if self._waiting is not None:
            for entry in self._waiting.rows_on(ground, unit.called):
                if said := self._speaks(entry):
                    out.append(f"row {entry.number} in quarantine says that {said} on it")
        if unit.changed:
            out.append("what lay before the decision says more of danger since, and has to be "
                       f"looked at: {', '.join(unit.changed)}")
        if new := self._since(unit):
            out.append(f"direct evidence that came since has to be looked at: {', '.join(new)}")
        return out

    def _speaks(self, entry: QuarantineEntry) -> str:
        """What a row that waits says of the ground on which it may lie: an area, or direct evidence
        as far as anybody can read, also in a submission that waits as a whole; "" for all else."""
        from landrelease.workflows.quarantine import kinds_in, may_hold_hazards
        from landrelease.workflows.waiting_rows import said_of

        row = entry.row
        kinds = kinds_in(row) if row.kind == "source" else (row.kind,)
        if "hazard" in kinds and (row.kind == "hazard" or may_hold_hazards(row)):
            return "an area lies"
        if "evidence" not in kinds:
            return ""
        if row.kind != "source":
            kind_, says = (said_of(self._registry, [entry], name, date.max)[0]
                           for name in ("evidence_type", "says"))
            if kind_ == "indirect" or says == "not_contaminated":
                return ""
        return "direct evidence lies"

    def _since(self, unit: Released) -> list[str]:
        """Direct evidence of ordnance on released ground that was not before the decision, or said
        less then: nobody found anything, and a person has to look at it before the release counts
        again."""
        ground = unit.ground
        near = set() if ground is None else self._evidence.near(ground)
        named = {n for f in ("hazard", "hazard_identifier")
                 for n in self._evidence.where(f, unit.called)}
        out = []
        for e in self._evidence.of(near | named, lambda e: self._is_new(e, unit)):
            if e.geometry is None or (ground is not None and e.geometry.intersects(ground) \
                    and not e.geometry.touches(ground)):
                out.append(e.id)
        return list(dict.fromkeys(out))

    def _is_new(self, evidence: Record, unit: Released) -> bool:
        """Whether evidence was not before a decision, or not as what it is now: then it said less
        of the ground."""
        from landrelease.workflows.said_since import SaidSince

        if evidence.id not in unit.known or evidence.id not in unit.state:
            return evidence.id not in unit.known
        if evidence.id not in self._histories:
            self._histories[evidence.id] = SaidSince(
                self._registry.history(evidence.id), ring_of(self._registry), 0.0, **self._then)

        def lies(r: Record) -> bool:
            if r.geometry is None:
                return bool({folded(r.values.get(f)) for f in ("hazard", "hazard_identifier")}
                            & unit.called)
            return unit.ground is not None and near_to(r, unit.ground)

        return any(s.record.revision == evidence.revision for s in self._histories[
            evidence.id].since(unit.state[evidence.id], lies, unit.ground))


def direct_evidence(registry: Registry, *, valid_at: date | None = None,
                    known_at: datetime | None = None) -> list[Record]:
    """The evidence on record that speaks of ordnance, as any office says, or as it was said before
    and holds still."""
    from landrelease.workflows.earlier import said_earlier
    from landrelease.workflows.exchange import contested_said

    found = registry.find("evidence", where={"evidence_type": "direct"}, valid_at=valid_at,
                          known_at=known_at, limit=registry.count() + 1)
    if len(registry.chains()) > 1:
        found += [r for said in contested_said(registry, "evidence", valid_at=valid_at,
                                               known_at=known_at).values() for r in said]
    found += said_earlier(registry, "evidence", valid_at=valid_at, known_at=known_at)
    return [e for e in found if speaks_of_ordnance(e)]


def find_release(registry: Registry, words: str, *, by_code: bool = False) -> Release:
    """A release by its id, its code, its outcome, its proposal or its area; `by_code`: by its code
    alone, for who may not know of records (S14).

    REL-020: there is none. REL-021: it looks like a code and is none.
    """
    every = releases(registry)
    code = code_read(words)
    found = [r for r in every if (r.code and (r.code == code or r.code == words))
             or (not by_code and words in (r.id, r.proposal, r.outcome))]
    if not found and not by_code:  # of an area the latest
        found = [r for r in every if r.hazard == words][-1:]
    if found:
        return found[-1]
    symbols = [c for c in words if c not in "- "]
    if code is None and len(symbols) == 10 and "-" in words and all(
            c.isalnum() and c.isascii() for c in symbols):
        raise LandReleaseError(RELEASE_CODE_WRONG, found=words)
    raise LandReleaseError(RELEASE_UNKNOWN, found=words)


def visible(registry: Registry, reader: View) -> list[Release]:
    """The releases that a reader may know of."""
    every = releases(registry)
    seen = {r.id for r in reader.inside([r.record for r in every])}
    return [r for r in every if r.id in seen]


def visible_release(registry: Registry, reader: View, words: str) -> Release:
    """One of them, as `find_release` finds it. REL-020 alike for what is not there and what is not
    for this reader."""
    found = find_release(registry, words)
    if not reader.inside([found.record]):
        raise LandReleaseError(RELEASE_UNKNOWN, found=words)
    return found


def looked_up(registry: Registry, reader: View, words: str) -> dict[str, Any]:
    """What a look-up of a certificate tells: to who may not know of records its state alone, by its
    code alone (S14); inside the programme what it is about and why it stands so.

    REL-020, REL-021.
    """
    known = reader.may("history", "revisions")
    found = find_release(registry, words, by_code=not known)
    said: dict[str, Any] = {"status": found.status}
    if known and reader.inside([found.record]):
        said |= {"release": found.id, "code": found.code, "hazard": found.hazard,
                 "why": list(found.why), "decided_on": found.decided_on,
                 "handed_over_on": found.handed_over_on, "signed_by": found.signer}
    return said


def revoke(registry: Registry, words: str, *, reason: str, by: str = "",
           key: SigningKey | None = None, now: datetime | None = None
           ) -> tuple[Release, list[Record]]:
    """Revoke a certificate; its ground is hazardous again. Anybody may: it takes safety from nobody
    (S11). Returns the release as it stands now, and the areas that reopened.

    REL-020, REL-022: no reason. SIG-003: the key is of nobody here.
    """
    if not reason.strip():
        raise LandReleaseError(RELEASE_REASON)
    at = now or datetime.now(UTC)
    found = find_release(registry, words)
    who = owner(registry, key) if key is not None else registry.author(by)
    r = found.record
    revision = Revision(
        "handover", r.id, {**r.values, "handover_status": "revoked", "revoked_on": at.date(),
                           "revoked_reason": reason.strip()},
        r.geometry, at, who, f"revoked: {reason.strip()}", "", None, "entered")
    if key is not None:
        revision = signed(revision, key, who, registry.tips(r.id))
    registry.append([revision])
    again = record_reopenings(registry, now=at)
    return find_release(registry, r.id), again


def hand_over(registry: Registry, words: str, key: SigningKey, *, recipient: str,
              land_use: str | None = None, present: Mapping[str, int | None] | None = None,
              on: date | None = None, now: datetime | None = None, correct: str = "") -> Release:
    """Give released ground back: the area is handed over, its certificate held.

    `recipient`: who signed for the community; personal, beside the chain, erasable (S17).
    `present`: women, men, girls, boys who took part; None: not reported (S12). `correct`: the
    reason for which a hand-over of before is corrected, in those of these that are given; its day
    stays.

    Raises REL-010, REL-015 (not valid), REL-020, REL-023 (a use of land that is none, more people
    than `handover_present_most`, a correction of what was not handed over or of its day), REL-031
    (handed over already).
    """
    from landrelease.workflows import load_assumptions

    at = now or datetime.now(UTC)
    person = authority(registry, key, at)
    found = find_release(registry, words)
    most = int(load_assumptions(None, registry).value("handover_present_most"))
    for who, n in (present or {}).items():
        if n is not None and not 0 <= n <= most:
            raise LandReleaseError(RELEASE_OPTION, option=f"--{who}", found=n,
                                   expected=f"a number of people from 0 to {most}")
    if found.status != "valid":
        raise LandReleaseError(RELEASE_NOT_VALID, release=found.id, found=found.status + (
            f" ({'; '.join(found.why)})" if found.why else ""))
    if found.record.values.get("handover_status") == "held" and not correct:
        raise LandReleaseError(RELEASE_HANDED_OVER, release=found.id,
                               day=found.record.values.get("handed_over_on") or "a day before")
    uses = KINDS["handover"].field("land_use_intended").choices
    if land_use is not None and land_use not in uses:
        raise LandReleaseError(RELEASE_OPTION, option="--use", found=land_use,
                               expected=", ".join(uses))
    said: dict[str, Any] = {
        f"present_{who}": n for who, n in (present or {}).items() if n is not None}
    if land_use is not None:
        said["land_use_intended"] = land_use
    if correct:
        return _corrected(registry, found, key, person, said, recipient.strip(), on, at, correct)
    if not recipient.strip():
        raise LandReleaseError(RELEASE_OPTION, option="--recipient", found="nothing",
                               expected="the name of who signed for the community")
    day = on or at.date()
    if not (found.decided_on or day) <= day <= max(at.date(), local_day(registry, at)):
        raise LandReleaseError(
            RELEASE_OPTION, option="--on", found=day,
            expected=f"a day from the release on ({found.decided_on}) until today")
    hazard = next((r for r in registry.records("hazard") if r.id == found.hazard), None)
    if hazard is None:
        raise LandReleaseError(RELEASE_NOT_VALID, release=found.id,
                               found=f"of an area of which there is no record here: {found.hazard}")
    r = found.record
    values = {**r.values, **said}
    registry.append([Revision(
        "handover", r.id, values, r.geometry, at, person, "who signed for the community", "",
        r.valid_from)], personal={r.id: {"community_representative": recipient.strip()}})
    dated = max(filter(None, (day, r.valid_from, hazard.valid_from)))
    held = Revision("handover", r.id, {**values, "handover_status": "held", "handed_over_on": day},
                    r.geometry, at, person, "handed over", found.proposal, dated)
    given = Revision("hazard", hazard.id, {
        **hazard.values, "status": "handed_over", "status_changed_on": day,
        "status_reason": f"handed over: {r.id}"}, hazard.geometry, at, person, "handed over",
        found.proposal, dated, hazard.validation)
    registry.append([signed(x, key, person, registry.tips(x.record_id)) for x in (held, given)])
    return find_release(registry, r.id)


def _corrected(registry: Registry, found: Release, key: SigningKey, person: str,
               said: Mapping[str, Any], recipient: str, on: date | None, at: datetime, reason: str
               ) -> Release:
    """A hand-over in which the authority corrects what it signed."""
    last = as_signed(registry.history(found.id), ring_of(registry))[1]
    if last is None or last.values.get("handover_status") != "held":
        raise LandReleaseError(RELEASE_OPTION, option="--correct", found=found.id,
                               expected="ground that was handed over")
    if on is not None:
        raise LandReleaseError(RELEASE_OPTION, option="--on", found=on,
                               expected="nothing beside --correct: the day stays")
    if not said and not recipient:
        raise LandReleaseError(RELEASE_OPTION, option="--correct", found="nothing to correct",
                               expected="the numbers or the use that are right")
    reason = f"hand-over corrected: {reason.strip()}"
    if recipient:
        registry.append([Revision(
            "handover", found.id, last.values, last.geometry, at, person, reason, "",
            found.record.valid_from)], personal={found.id: {"community_representative": recipient}})
    registry.append([signed(Revision(
        "handover", found.id, {**last.values, **said}, last.geometry, at, person, reason,
        found.proposal, last.valid_from), key, person, registry.tips(found.id))])
    return find_release(registry, found.id)


# --- the certificate ---------------------------------------------------------------------------


def certificate(registry: Registry, words: str, *, lang: str = "en",
                templates: Path | None = None) -> tuple[Release, bytes]:
    """The certificate of a release as PDF, with the state in which it stands now.

    Its day is that of the last revision of its record, so that the same registry gives the same
    bytes. Names of persons are not on it: who signs on paper writes the own name (S17).

    `lang`: a language of `workflows.languages`; one that nobody reviewed says so (S18).

    Raises REL-020, REL-021, REL-023 (no such language), REL-024 (no proposal stands behind it),
    REL-030.
    """
    from landrelease.publish.certificate import render_certificate
    from landrelease.workflows.languages import asked_for

    texts = asked_for(lang)
    found, facts = _facts(registry, words)
    return found, render_certificate(facts, texts, templates=templates)


def certificate_sheet(registry: Registry, words: str, *, lang: str = "en",
                      templates: Path | None = None) -> tuple[Release, bytes]:
    """The certificate as spreadsheet (XLSX), made from the same facts; the state of now is on it.

    Raises REL-020, REL-021, REL-023, REL-024, PUB-040.
    """
    from landrelease.publish import layout as layouts
    from landrelease.publish.certificate import certificate_document
    from landrelease.workflows import documents
    from landrelease.workflows.languages import asked_for

    texts = asked_for(lang)
    found, facts = _facts(registry, words)
    return found, documents.content(
        certificate_document(facts, layouts.worded(texts, layouts.read_layout(templates))), ".xlsx",
        templates)


def _facts(registry: Registry, words: str) -> tuple[Release, Certificate]:
    from landrelease.publish.certificate import Certificate, Signature
    from landrelease.release.ground import on_paper
    from landrelease.workflows import hazards_that_stand, is_synthetic

    found = find_release(registry, words)
    d = found.document
    if d is None or found.ground is None:
        raise LandReleaseError(RELEASE_WITHOUT_PROPOSAL, release=found.id)
    # Of the records too what was signed with the release: a later word of anybody is no part of it.
    values = _signed_with(registry, found.hazard, found.proposal)
    outcome = _signed_with(registry, OUTCOME + found.proposal[:12], found.proposal)
    line = registry.history(found.id)
    at = found.record.values
    days = [w[k] for w in d["work"] for k in ("from", "until") if w[k]]
    items: dict[tuple[str, str], HowMany] = {}
    for item in d["items"]:
        key = (str(item["category"]), str(item["disposal"]))
        so_far, this = items.get(key, HowMany(0, True)), how_many(item["quantity"])
        items[key] = HowMany(so_far.least + this.least, so_far.stated and this.stated
                             and not item.get("at_least"))
    near = [r.geometry for r in hazards_that_stand(registry)
            if r.geometry is not None and r.geometry.distance(found.ground) < 0.02]
    return found, Certificate(
        release=found.id, code=found.code, status=found.status, why=found.why,
        office=registry.office, synthetic=is_synthetic(registry), hazard=found.hazard,
        hazard_name=str(values.get("name") or values.get("identifier") or ""),
        outcome=d["outcome"], ground=found.ground, on_paper=on_paper(found.ground),
        still_hazardous=tuple(near), methods=tuple(d["methods"]), depth_m=d["depth_m"],
        required_depth_m=d["required_depth_m"], work_from=min(days, default=None),
        work_until=max(days, default=None), residual=d["residual"],
        proven=_proven(d), no_gap_m=d.get("coverage_proof", {}).get("no_gap_radius_m"),
        items=tuple((c, n, fate) for (c, fate), n in sorted(items.items())),
        inspections=tuple(i["record"] for i in d["inspections"]
                          if i["result"] == "accepted" and i["signed"]),
        weaker=tuple(i["record"] for i in d["inspections"] if i.get("weaker")),
        checklist=f"{d['checklist']['name']} {d['checklist']['version']}",
        checklist_met=(sum(a["state"] == "met" for a in d["checklist"]["items"]),
                       len(d["checklist"]["items"])),
        restrictions=str(outcome.get("restrictions") or ""),
        benchmark=str(values.get("benchmark") or ""),
        beneficiaries=_people(values, "beneficiaries_expected"), present=_people(at, "present"),
        use=str(at.get("land_use_intended") or values.get("land_use_expected") or ""),
        decided_on=found.decided_on, handed_over_on=found.handed_over_on,
        signatures=tuple(Signature(*s) for s in _signatures(registry, line)),
        proposal=found.proposal, chain_head=registry.head(),
        made_on=max(s.revision.recorded_at for s in line).date())


def _signed_with(registry: Registry, record_id: str, proposal: str) -> Mapping[str, Any]:
    """What a record said when the authority signed it with a proposal; nothing where none did."""
    from landrelease.workflows.identities import verdicts

    counts = {h for h, v in verdicts(registry, record_id).items() if v.standing == "verified"}
    said = [s.revision.values for s in registry.history(record_id)
            if s.hash in counts and s.revision.source == proposal]
    return said[-1] if said else {}


def _proven(document: Mapping[str, Any]) -> tuple[tuple[float | None, float, float], ...] | None:
    """As the certificate says it; None where a proposal does not, as those of before."""
    if document["outcome"] != "cleared":
        return ()
    found = document.get("coverage_proof", {}).get("confidence")
    return tuple((x["confidence"], x["area_m2"], x["share"]) for x in found) if found else None


def _people(values: Mapping[str, Any], prefix: str) -> dict[str, int | None]:
    return {who: n if isinstance(n := values.get(f"{prefix}_{who}"), int) else None
            for who in ("women", "men", "girls", "boys")}


def _signatures(registry: Registry, line: Sequence[StoredRevision]
                ) -> list[tuple[str, str, str, str, bool]]:
    """(capacity, person, fingerprint, when, whether it counts) of the signatures on a record; of
    one that the authority signed, those of the authority."""
    from landrelease.core.signature import fingerprint
    from landrelease.workflows.identities import verdicts

    ring = ring_of(registry)
    base = as_signed(line, ring)[0]
    stated = verdicts(registry, line[0].revision.record_id)
    out = []
    for stored in line:
        r = stored.revision
        if not r.signature or r.values.get("handover_status") not in ("planned", "held"):
            continue
        trust, _ = ring.signer(stored)
        if base is not None and not _of_authority(stored, ring):
            continue  # of whoever may not release: no part of the certificate
        out.append(("handover" if r.values.get("handover_status") == "held" else "authority",
                    r.signed_by, fingerprint(trust.public_key) if trust is not None else "",
                    r.recorded_at.astimezone(UTC).isoformat(timespec="minutes")[:16],
                    stated[stored.hash].standing == "verified"))
    return out


# --- phase two ---------------------------------------------------------------------------------


def unlocked_projects(registry: Registry, *, valid_at: date | None = None,
                      known_at: datetime | None = None, done: bool = False) -> tuple[Any, ...]:
    """Which projects of phase two may start because all of their land is handed over.

    done : with those that are completed, of which it says whether their land still is.
    """
    from landrelease.release.unlocked import unlocked
    from landrelease.workflows import hazards_that_stand
    from landrelease.workflows.identities import standing_records

    then: dict[str, Any] = {"valid_at": valid_at, "known_at": known_at}
    standing = hazards_that_stand(registry, **then)
    still = {r.id for r in standing}
    stands = standing_records(registry, "hazard", **then)
    closed = [r for r in stands if r.value("status") in _CLOSED and r.id not in still]
    given = {r.id: _day(r, "status_changed_on") for r in closed
             if r.value("status") == "handed_over"}
    held = {r.id: _day(r, "handed_over_on")
            for r in standing_records(registry, "handover", **then)
            if r.value("handover_status") == "held"
            and (not r.values.get("hazard") or r.values["hazard"] in given)}
    left_out = ("cancelled",) if done else ("completed", "cancelled")
    projects = [p for p in registry.records("project", **then)
                if p.value("project_status") not in left_out]
    return unlocked(projects, registry.records("hazard", **then),
                    standing, closed, given, held)


def _day(r: Record, name: str) -> date | None:
    said = r.values.get(name)
    return said if isinstance(said, date) else r.valid_from


__all__ = ["OUTCOME", "Release", "certificate", "certificate_sheet", "find_release", "hand_over",
           "record_reopenings", "releases", "reopened_words", "revoke", "unlocked_projects",
           "without_released"]
