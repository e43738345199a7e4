"""Release: what speaks for it (a proposal), a person's signature, revocation, hand-over, lookup.

A proposal is a document. Its SHA-256 stands in each revision that is signed (field `source`), so
that a signature covers what was in front of the person: the checklist with its answers, and the
hashes of all records behind it (S09).
"""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import hashlib
import io
import json
import math
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
from shapely.geometry.base import BaseGeometry

from landrelease.core import lineage
from landrelease.core.assumption import Assumptions
from landrelease.core.certificate import OUTCOME, RELEASE, is_decision_outcome, lookup_code
from landrelease.core.checklist import OUTCOMES, Answer, Checklist, OutcomeType, read_checklist
from landrelease.core.geometry import joined
from landrelease.core.how_many import how_many
from landrelease.core.names import folded
from landrelease.core.personal import is_program
from landrelease.core.record import NOT_REPORTED, Record
from landrelease.core.revision import Revision
from landrelease.core.signature import SigningKey, signed
from landrelease.errors import (
    RELEASE_ANSWERS,
    RELEASE_BLOCKED,
    RELEASE_MACHINE_ONLY,
    RELEASE_NO_AUTHORITY,
    RELEASE_NO_GROUND,
    RELEASE_NO_HAZARD,
    RELEASE_PARTS_EXIST,
    RELEASE_PROPOSAL_CHANGED,
    RELEASE_PROPOSAL_UNKNOWN,
    RELEASE_SIGNED,
    RELEASE_STALE,
    LandReleaseError,
)
from landrelease.release import proposal as proposing
from landrelease.release.ground import NOTHING, Cut, area_m2, areas, cut
from landrelease.release.searches import as_told
from landrelease.workflows.behind import (
    Behind,
    OnFile,
    near,
    records_behind,
)
from landrelease.workflows.identities import owner, ring_of, standing_records
from landrelease.workflows.opened import opened, reopened_by
from landrelease.workflows.operating import local_day

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.release.proposal import Case
    from landrelease.store.registry import Registry

FORMAT = "landrelease release proposal 1"
# Proposals are kept under names that no file has: what came in as a file is none (S09).
_KEPT = "proposal/"


@dataclasses.dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal as the registry holds it."""

    id: str
    sha256: str
    document: Mapping[str, Any]
    content: bytes
    case: Case | None = None

    @property
    def blocking(self) -> list[str]:
        return [f"{a['id']} ({a['words']})" for a in self.document["checklist"]["items"]
                if a["state"] != "met"]


def kept_name(release: str) -> str:
    """The name under which the registry keeps the content of a proposal."""
    return f"{_KEPT}{release}.json"


def is_kept(name: str) -> bool:
    """Whether a source of the registry is kept as a proposal."""
    return name.startswith(_KEPT + RELEASE) and name.endswith(".json")


# --- what is behind ----------------------------------------------------------------------------


def checklist_of(registry: Registry) -> Checklist:
    """The checklist of the national extension, else the one that ships with the package (S13)."""
    from landrelease.workflows.areas import extension_of

    extension = extension_of(registry)
    if extension is not None and extension.checklist is not None:
        return extension.checklist
    return shipped_checklist()


@cache
def shipped_checklist() -> Checklist:
    """The checklist that comes with the package; read once, a proposal asks for it each time."""
    from landrelease.workflows import packaged

    with packaged("all_reasonable_effort.yaml") as path:
        return read_checklist(path.read_text(encoding="utf-8"), path.name)


def standing_hazard(registry: Registry, hazard: str, reader: View | None = None,
                    on_file: OnFile | None = None) -> Record:
    """The area as it is hazardous now, by id or identifier. REL-002; of an area that a reader may
    not know of, as of one that there is not."""
    found = (OnFile(registry) if on_file is None else on_file).standing_named(hazard)
    found = found if reader is None else reader.inside(found)
    if len(found) != 1 or found[0].geometry is None:
        known = hazard in registry.ids("hazard") and (reader is None or not reader.areas)
        words = ("several areas have this identifier" if len(found) > 1 else
                 "it has no ground on record" if found else
                 "it was released, or became other areas" if known else "there is no such record")
        raise LandReleaseError(RELEASE_NO_HAZARD, hazard=hazard, found=words)
    return found[0]


def read_wanted(path: Path) -> BaseGeometry:
    """The ground of a file, joined; a shape that crosses itself counts as the ground on which all
    its readings agree, because released land only shrinks (S01)."""
    from landrelease.records import places, readers
    from landrelease.records.shapes import polygons_of, repair
    from landrelease.workflows.areas import read_shapes

    read_shapes(path)  # says what is wrong with the file as a whole
    table = readers.read(path)
    shapes = [polygons_of(row.geometry) if row.geometry.is_valid
              else repair(row.geometry, "intersection").shape
              for row in table.rows if row.geometry is not None]
    if table.crs and not places.is_wgs84(table.crs, table.file):
        import numpy as np

        ground = np.array(shapes, dtype=object)
        using = places.carriage(table.crs, table.file, shapely.get_coordinates(ground))
        shapes = list(places.carry_all(ground, using))
    return areas(joined([s for s in shapes if not s.is_empty], degrees=True))


# --- propose -----------------------------------------------------------------------------------


def propose(registry: Registry, hazard: str, reader: View, stated: Assumptions, *,
            outcome: OutcomeType | None = None, ground: Path | None = None,
            gaps: Path | None = None, answers: Path | None = None, by: str,
            now: datetime | None = None) -> Proposal:
    """Gather what speaks for a release, answer the checklist, and record the proposal.

    Parameters
    ----------
    hazard : id or identifier of an area that is hazardous now.
    outcome : cancelled, reduced or cleared; else what the work on record points to.
    ground : file with the part to be released; else all of it.
    gaps : uncovered ground of `operate proof` (GeoJSON).
    answers : the checklist.csv of an earlier proposal, with answers of persons.

    Raises REL-002, REL-003, REL-004 (only a machine or an animal searched: never "cleared"),
    REL-005.
    """
    from landrelease.release.proposal import not_followed_up
    from landrelease.store.results import dump

    at = now or datetime.now(UTC)
    record = standing_hazard(registry, hazard, reader)
    assert record.geometry is not None
    taken = cut(record.geometry, read_wanted(ground) if ground is not None else None)
    if area_m2(taken.ground) < lineage.SLIVER_M2:
        raise LandReleaseError(RELEASE_NO_GROUND, hazard=hazard,
                               file="the record" if ground is None else ground.name)
    known = OnFile(registry)
    since = opened(registry, record, known)
    case = case_of(registry, record, taken, stated, outcome, gaps, local_day(registry, at), known)
    behind = records_behind(registry, record, taken.ground, since.finds, known)
    if case.outcome == "cleared":
        only, records = not_followed_up(case)
        if (size := proposing.left_m2(case, only)) > 0:
            raise LandReleaseError(RELEASE_MACHINE_ONLY, hazard=hazard, found=f"{size:,.2f} m²",
                                   records=", ".join(records))
    checklist = checklist_of(registry)
    said = read_answers(registry, answers, checklist, case.outcome) if answers else {}
    listed = proposing.answers(case, checklist, said)
    document: dict[str, Any] = {
        **_spoken(registry, case, checklist, listed, behind),
        "chain_head": registry.head(), "office": registry.office,
        "made_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "made_by": registry.author(by), "nonce": secrets.token_hex(16),
    }
    content = dump(document)
    sha256 = hashlib.sha256(content).hexdigest()
    made = Proposal(RELEASE + sha256[:12], sha256, json.loads(content), content, case)
    registry.keep_source(sha256, kept_name(made.id), content)
    if case.gaps_file and gaps is not None and not registry.knows_source(case.gaps_file):
        registry.keep_source(case.gaps_file, gaps.name, gaps.read_bytes())  # asked again by `sign`
    registry.append([Revision(
        "source", f"source:{sha256}",
        {"sha256": sha256, "source_type": "document",
         "title": f"proposal {made.id}: {record.id} {case.outcome}", "dated": at.date()},
        None, at, registry.author(by), f"proposal of a release: {document['says']}", sha256)])
    return made


def _spoken(registry: Registry, case: Case, checklist: Checklist, listed: Sequence[Answer],
            behind: Behind) -> dict[str, Any]:
    """What a proposal says of the records: the same for whoever asks, at any time, of the same
    records, settings and answers of persons."""
    from landrelease.release.proposal import (
        NOT_READY,
        READY,
        blocking,
        depth_m,
        hands,
        method_words,
        no_gap_m,
        residual_words,
    )
    from landrelease.release.searches import proven_at
    from landrelease.workflows import is_synthetic

    record, taken = case.hazard, case.cut
    return {
        "format": FORMAT,
        "synthetic": is_synthetic(registry),
        "says": NOT_READY if blocking(listed) else READY,
        "hazard": record.id, "identifier": record.values.get("identifier"),
        "hazard_type": str(record.value("hazard_type")), "outcome": case.outcome,
        "area_m2": area_m2(taken.ground), "left_m2": area_m2(taken.left),
        "outside_recorded_m2": area_m2(taken.outside),
        "methods": list(method_words(case)), "depth_m": depth_m(case),
        "required_depth_m": case.required_depth_m if case.outcome == "cleared" else None,
        "work": [_work(a) for a in case.activities],
        "searched": as_told(case) if case.outcome == "cleared" else [],
        "items": [{"record": i.id, "category": str(i.value("ordnance_category")),
                   "quantity": (n := how_many(i.values.get("quantity"))).least,
                   **({} if n.stated else {"at_least": True}), "depth_m": i.values.get("depth_m"),
                   "disposal": str(i.value("disposal"))} for i in case.items],
        "accidents": [a.id for a in case.accidents],
        "gate": {"days_in_spite": len({(f.activity, f.day) for f in case.flagged}),
                 "without_credit": len({(f.activity, f.day) for f in case.flagged
                                        if not f.credit})},
        "inspections": [{"record": i.id, "result": "accepted" if i.id in case.unsigned
                         else str(i.value("result")), "signed": i.id in case.accepted,
                         "lot": i.values.get("lot_size"), "sample": i.values.get("sample_size"),
                         "weaker": case.weaker.get(i.id)} for i in case.inspections],
        "residual": case.residual, "residual_statement": residual_words(case.residual)
        if not isinstance(case.residual, str) else [f"not computed: {case.residual}"],
        "coverage_proof": {"sha256": case.gaps_file, "gaps": len(case.gaps),
                           "records": [p.id for p in case.proofs],
                           "confidence": proven_at(case), "no_gap_radius_m": no_gap_m(case)},
        "quarantine": [dataclasses.asdict(w) for w in case.quarantine],
        "checklist": {
            "name": checklist.name, "version": checklist.version, "source": checklist.source,
            "items": [{"id": a.item.id, "question": a.item.question, "source": a.item.source,
                       "answered_by": a.by, "state": a.state, "words": a.words,
                       "records": list(a.records)} for a in listed]},
        "hands": [list(h) for h in hands(case)],
        "evidence_records": [r.id for r in case.evidence],
        "lots": sorted({*case.accepted, *case.unsigned}),
        "denials": [dataclasses.asdict(d) for d in case.denials],
        "evidence": {i: list(h) for i, h in behind.state.items()},
        "hazard_wkb": shapely.to_wkb(record.geometry, hex=True),
        "ground_wkb": shapely.to_wkb(taken.ground, hex=True),
        "ground": json.loads(shapely.to_geojson(taken.ground)),
        "outside": json.loads(shapely.to_geojson(taken.outside)),
        "decides": "a named authority, by a signature; this proposal releases nothing",
    }


def case_of(registry: Registry, record: Record, taken: Any, stated: Assumptions,
            outcome: OutcomeType | None, gaps: Path | None, until: date,
            on_file: OnFile | None = None) -> Case:
    """What other stages say about the ground, put together for the checks: from all records, so
    that it does not depend on who proposes. What is dated after `until` has not happened."""
    from landrelease.access.policy import view
    from landrelease.core.coverage import by_confidence, proofs_of, proven_outcomes
    from landrelease.core.inspection import SEVERITIES
    from landrelease.core.search import build_effort, by_word
    from landrelease.workflows.areas import read_shapes
    from landrelease.workflows.coverage import not_proofs
    from landrelease.workflows.denials import denials
    from landrelease.workflows.inspecting import weaker_than
    from landrelease.workflows.risk import residual_of_hazard

    known = OnFile(registry) if on_file is None else on_file
    since = opened(registry, record, known)
    behind = records_behind(registry, record, taken.ground, on_file=known)
    r = behind.records
    # Work whose tracks are on record counts where they prove it (S05); a proof of work from before
    # the ground was opened again proves nothing of it.
    proofs = [c for c in r["coverage"] if since.again is None or (
        c.valid_from is not None and c.valid_from >= since.again - timedelta(days=1))]
    worthless = not_proofs(registry, proofs, stated)
    proofs = [c for c in proofs if c.id not in worthless]
    outcomes, unproven = proven_outcomes(r["outcome"], r["activity"], proofs, by_word(stated))
    every = known.inspections().told
    own = [i for i in r["inspection"] if i.id not in behind.answering]
    inspections, accepted, unsigned, void = _inspected(registry, every, own, r["outcome"], until)
    effort = build_effort(
        hazards=[record], outcomes=outcomes, items=r["item"], activities=r["activity"],
        inspections=inspections, gates=r["gate"], assumptions=stated, no_credit=unproven)
    proven = frozenset(proofs_of(r["outcome"], r["activity"], proofs)) - unproven.keys()
    holes = _holes(r["outcome"], outcomes, unproven)
    kind = outcome or proposing.proposed_type(r["activity"], effort, taken.ground)
    try:
        residual: Mapping[str, Any] | str = residual_of_hazard(
            registry, record.id, view("authority", kinds=registry.kinds), stated, on_file=known)
    except LandReleaseError as error:
        residual = str(error)
    gap_shapes: Sequence[BaseGeometry] = ()
    gaps_file = ""
    if gaps is not None:
        content = gaps.read_bytes() if gaps.is_file() else b""
        gaps_file = hashlib.sha256(content).hexdigest()
        empty = b'"features": []' in content or b'"features":[]' in content
        gap_shapes = () if empty else read_shapes(gaps)
    gap_shapes = [*gap_shapes, *holes]
    depth = effort.required_depth_m.get(record.id, effort.depth_m)
    here = {kind: [x for x in r[kind] if x.geometry is None or near(x, taken.ground)]
            for kind in ("item", "accident")}
    on_it = {x.id for listed in here.values() for x in listed}
    beside = [x for kind in ("item", "accident") for x in r[kind] if x.id not in on_it]
    return proposing.Case(
        record, kind, taken, depth, since.since, until, r["outcome"],
        r["activity"], here["item"], here["accident"], inspections, r["evidence"], r["track"],
        effort, _flagged(registry, r["activity"]), behind.quarantine, gap_shapes,
        gaps_file, proven, proofs,
        by_confidence(r["outcome"], r["activity"], proofs, by_word(stated)),
        residual, accepted, unsigned,
        by_word(stated), frozenset(s for s in SEVERITIES
                                   if stated.value(f"closing_visit_{s}") >= 0.5),
        {i.id: words for i in inspections
         if i.id in accepted and (words := weaker_than(stated, every, i))}, beside,
        since.again, stated.value("spot_radius_m"), void, _not_on_record(known, record, r),
        not_proofs=worthless, earlier=behind.earlier,
        others=known.others_on(record, taken), unsaid=_unsaid_finds(registry, inspections),
        of_hands=behind.of_hands, visits=[i for i in every if i.id in behind.answering],
        denials=denials(registry, taken.ground))


def _unsaid_finds(registry: Registry, inspections: Sequence[Record]) -> list[Record]:
    """Drawn units as earlier revisions have them in which something was found, where their records
    say something else now and no authority signed that (S01)."""
    from landrelease.core.inspection import found_in_unit
    from landrelease.workflows.earlier import CHANGED
    from landrelease.workflows.said_since import SaidSince

    ring, out = ring_of(registry), []
    lines = CHANGED.of(registry, "inspection")
    for i in inspections:
        if i.id in lines and not found_in_unit(i):
            said = [s.record for s in SaidSince(lines[i.id], ring, 0.0).said()
                    if found_in_unit(s.record)]
            out += said[-1:]
    return out


def _not_on_record(known: OnFile, hazard: Record, records: Mapping[str, Sequence[Record]]
                   ) -> dict[str, int]:
    """Work, or a search without work on record, -> how many items it reports more than there are
    records of items of it, wherever they lie; or ever reported, until the authority signed the
    report. What lies on the ground and names no work may be some of them. Work that names another
    area, and of no search here, is not asked."""
    from landrelease.workflows.ever_named import works_named_before
    from landrelease.workflows.found_by_report import most_reported

    names = known.family(hazard.id)
    behind = {str(o.values.get("activity") or "") for o in records["outcome"]}
    behind = behind.union(*works_named_before(known.registry, records["outcome"]).values())
    most = most_reported(known.registry, [*records["activity"], *records["outcome"]])
    works = {a.id: a for a in records["activity"] if a.id in behind or not (
        known.named_area(a) - names)}
    said: dict[str, int] = {}
    for a in works.values():
        said[a.id] = most[a.id]
    for o in records["outcome"]:
        if is_decision_outcome(o.id):
            continue
        work = str(o.values.get("activity") or "")
        key = work if work in works else o.id
        said[key] = max(said.get(key, 0), most[o.id])
    items = known.kind("item")
    called = {n: a.id for a in works.values() for n in (a.id, a.values.get("identifier")) if n}
    held: dict[str, int] = {}
    for item in items.of(items.where("activity", called)):
        done = folded(item.values.get("activity"))
        work = next((i for n, i in called.items() if folded(n) == done), "")
        held[work] = held.get(work, 0) + how_many(item.values.get("quantity")).least
    spare = sum(how_many(i.values.get("quantity")).least for i in records["item"]
                if not i.values.get("activity"))
    lacking = {i: n - held.get(i, 0) for i, n in sorted(said.items()) if n > held.get(i, 0)}
    return lacking if sum(lacking.values()) > spare else {}


def _inspected(registry: Registry, every: Sequence[Record], inspections: Sequence[Record],
               outcomes: Sequence[Record], until: date
               ) -> tuple[list[Record], dict[str, BaseGeometry], frozenset[str], dict[str, str]]:
    """Inspections of the ground as `every` has them; what those accept that count; ids of those
    that accept and do not count: nobody signed, or somebody whose role does not accept lots (S09,
    `core.decision.DECIDERS`); those that accept nothing by what they say themselves, and why."""
    from landrelease.core.inspection import accepted_ground, accepts_nothing, in_lots
    from landrelease.core.moment import listed
    from landrelease.workflows.inspecting import as_it_was

    ids = {i.id for i in inspections}
    # Of a unit an authority can sign that nothing was found in it (`_unsaid_finds`).
    units = {i.id: i for i in inspections if i.value("inspection_part") == "unit"}
    standing = [units.get(i.id, i) for i in every if i.id in ids]
    named = {str(o.values["identifier"]): o.id for o in outcomes if o.values.get("identifier")}
    held = in_lots(inspections)
    held |= {named[o] for o in held if o in named}
    void = {i.id: why for i in standing if i.value("result") == "accepted"
            and (why := accepts_nothing(i, inspections, until))}
    rejected = {i.id for i in standing if i.value("result") == "rejected"}
    accepts = [i for i in standing if i.value("result") == "accepted" and i.signed_by
               and i.id not in void]
    accepted: dict[str, BaseGeometry] = {}
    for i in accepts:
        # What was added to an outcome since was in front of nobody who accepted it.
        then = {o: was.geometry for o in listed(i.values.get("outcomes"))
                if (was := as_it_was(registry, named.get(o, o), i.revision)) is not None
                and was.geometry is not None}
        taken = {o for o in then if named.get(o, o) in held}
        if (ground := accepted_ground(i, then, held | taken)) is not None:
            accepted[i.id] = ground
    claimed = {i.id for i in [*inspections, *standing] if i.value("result") == "accepted"}
    counting = {i.id for i in accepts}
    return standing, accepted, frozenset(
        claimed - counting - void.keys() - rejected), void


def _holes(reported: Sequence[Record], outcomes: Sequence[Record], unproven: Mapping[str, str]
           ) -> list[BaseGeometry]:
    """What stored proofs leave of the ground that was reported as searched and that no other work
    with credit covers."""
    credit = joined([o.geometry for o in outcomes if o.id not in unproven], degrees=True)
    holes = [areas(old.geometry.difference(credit))
             for old, new in zip(reported, outcomes, strict=True)
             if old.geometry is not None and (new is not old or old.id in unproven)]
    return [h for h in holes if not h.is_empty]


def _work(a: Record) -> dict[str, Any]:
    return {"record": a.id, "type": str(a.value("activity_type")),
            "method": str(a.value("operational_method")), "depth_m": a.values.get("depth_m"),
            "from": a.values.get("started_on"), "until": a.values.get("ended_on"),
            "teams": list(a.values.get("teams") or ()),
            "organisation": a.values.get("organisation")}


def _flagged(registry: Registry, activities: Sequence[Record]) -> tuple[Any, ...]:
    """Days of this work whose gate had not passed (S08). The authority's review counts as signed.
    """
    from landrelease.workflows.operating import Sites, flags_of

    ids = {a.id for a in activities}
    activities = [a for a in standing_records(registry, "activity") if a.id in ids]
    tasks = {r.id: r for r in registry.records("task")}
    return tuple(flags_of(Sites(registry), activities, tasks))


def read_answers(registry: Registry, path: Path, checklist: Checklist, outcome: OutcomeType
                 ) -> dict[str, tuple[str, str, str]]:
    """Answers of persons: item -> (yes or no, note, id of the person). REL-005."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise LandReleaseError(RELEASE_ANSWERS, file=path.name, line=1, field="(file)",
                               found=getattr(error, "strerror", None) or "no text",
                               expected="a CSV file in UTF-8") from None
    known = {i.id for i in checklist.of(outcome)}
    out: dict[str, tuple[str, str, str]] = {}
    try:
        rows = csv.DictReader(text.splitlines())
        names, listed = rows.fieldnames or (), list(rows)
    except csv.Error as error:
        raise LandReleaseError(RELEASE_ANSWERS, file=path.name, line=1, field="(file)",
                               found=error, expected="a CSV file in UTF-8") from None
    for name in ("item", "answer", "by"):
        if name not in names:
            raise LandReleaseError(RELEASE_ANSWERS, file=path.name, line=1, field=name,
                                   found="no such column", expected="item, answer, note, by")
    for line, row in enumerate(listed, 2):
        item, answer = (row["item"] or "").strip(), (row["answer"] or "").strip().lower()
        name = (row["by"] or "").strip()
        for field, found, fits, expected in (
                ("item", item, item in known, "an item of the checklist: " + ", ".join(
                    sorted(known))),
                ("answer", answer, answer in ("yes", "no", ""), "yes, no or nothing"),
                # A program answers nothing for anybody (S09); who runs it alone does.
                ("by", name, not answer or (bool(name) and (
                    not is_program(name) or name.startswith("local user"))),
                 "the name of who answers")):
            if not fits:
                raise LandReleaseError(RELEASE_ANSWERS, file=path.name, line=line, field=field,
                                       found=found or "nothing", expected=expected)
        if answer and item in out and out[item][0] != answer:
            raise LandReleaseError(RELEASE_ANSWERS, file=path.name, line=line, field="item",
                                   found=f"{item}: {out[item][0]}, then {answer}",
                                   expected="one answer to each item")
        if answer:
            out[item] = (answer, (row.get("note") or "").strip(), registry.author(name))
    return out


def answer_sheet(made: Proposal) -> str:
    """The checklist as CSV, with the answers that the records gave, to be completed by persons."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["item", "question", "state", "words", "answer", "note", "by"])
    for a in made.document["checklist"]["items"]:
        writer.writerow([a["id"], a["question"], a["state"], a["words"], "", "", ""])
    return out.getvalue()


def write_proposal(made: Proposal, out: Path) -> list[Path]:
    """proposal.json, checklist.csv and ground.geojson in a folder."""
    from landrelease.store.exports import write_geojson
    from landrelease.store.results import write_atomically

    d = made.document
    parts = [("proposed", shapely.from_wkb(d["ground_wkb"]))]
    if made.case is not None:
        cut_ = made.case.cut
        parts += [("stays hazardous", cut_.left), ("outside the recorded boundary", cut_.outside)]
        if made.case.outcome == "cleared":
            parts.append(("without a search that counts", areas(
                cut_.ground.difference(proposing.searched(made.case)[0]))))
    parts = [(name, shape) for name, shape in parts if not shape.is_empty]
    write_atomically(out / "proposal.json", made.content)
    write_atomically(out / "checklist.csv", answer_sheet(made).encode())
    mark = {"synthetic": True} if d["synthetic"] else {}
    write_geojson(out / "ground.geojson", [s for _, s in parts],
                  [{"part": name, "area_m2": round(area_m2(s), 2), **mark} for name, s in parts],
                  description="A proposal: nothing of it is released until it is signed.",
                  decimals=None)
    return [out / n for n in ("proposal.json", "checklist.csv", "ground.geojson")]


# --- sign --------------------------------------------------------------------------------------


def load_proposal(registry: Registry, what: str) -> Proposal:
    """A proposal by its file, its release id or its SHA-256, as the registry holds it.

    REL-006: not here. REL-007: the file differs from what was proposed.
    """
    path = Path(what)
    if path.is_dir():
        path = path / "proposal.json"
    sources = registry.sources()
    if path.is_file():
        content = path.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        if not is_kept(sources.get(sha256, "")):
            try:
                nonce = json.loads(content).get("nonce")
            except (ValueError, AttributeError):
                nonce = None
            for known, name in sources.items():
                if nonce and is_kept(name) and json.loads(
                        registry.source_content(known)).get("nonce") == nonce:
                    raise LandReleaseError(RELEASE_PROPOSAL_CHANGED, file=path.name,
                                           found=f"SHA-256 {sha256[:12]}, proposed {known[:12]}")
            raise LandReleaseError(RELEASE_PROPOSAL_UNKNOWN, found=path.name)
    else:
        return kept_proposal(registry, what)
    document = proposal_document(content)
    if document is None:
        raise LandReleaseError(RELEASE_PROPOSAL_UNKNOWN, found=what)
    return Proposal(RELEASE + sha256[:12], sha256, document, content)


def kept_proposal(registry: Registry, what: str) -> Proposal:
    """A proposal by its release id or its SHA-256, from the registry alone. REL-006: there is none,
    or what is kept there came in as a file and was not made by `propose`."""
    found = [s for s, name in registry.sources().items()
             if is_kept(name) and (s == what or name == kept_name(what))]
    if len(found) != 1:
        raise LandReleaseError(RELEASE_PROPOSAL_UNKNOWN, found=what)
    content = registry.source_content(found[0])
    document = proposal_document(content)
    if document is None:
        raise LandReleaseError(RELEASE_PROPOSAL_UNKNOWN, found=what)
    return Proposal(RELEASE + found[0][:12], found[0], document, content)


def may_know(reader: View, registry: Registry, made: Proposal) -> bool:
    """Whether a reader may know of the area of a proposal."""
    from landrelease.workflows.collections import one_record

    return bool(reader.inside(one_record(registry, "hazard", made.document["hazard"])))


def proposals(registry: Registry) -> list[Proposal]:
    """All proposals that the registry holds, the newest first."""
    found = []
    for sha256, name in registry.sources().items():
        if is_kept(name):
            try:
                content = registry.source_content(sha256)
            except LandReleaseError:  # its content was erased
                continue
            document = proposal_document(content)
            if document is not None:
                found.append(Proposal(RELEASE + sha256[:12], sha256, document, content))
    return sorted(found, key=lambda p: (str(p.document["made_at"]), p.id), reverse=True)


def propose_again(registry: Registry, made: Proposal, reader: View, stated: Assumptions, *,
                  said: Mapping[str, tuple[str, str]], by: str, gaps: bytes = b"",
                  now: datetime | None = None) -> Proposal:
    """The same proposal on the records as they are now, with answers of a person: item -> (yes, no
    or nothing, note). What persons answered in the earlier one stays theirs unless it is answered
    anew. `gaps`: the file of uncovered ground; else the one that came with the earlier proposal.

    Raises what `propose` does; REL-005 where the earlier file of gaps is not here any more.
    """
    import tempfile

    d = made.document
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        place = Path(folder)
        ground = None
        if d["left_m2"] > 0 or d["outside_recorded_m2"] > 0:
            ground = place / "ground.geojson"
            ground.write_text(json.dumps({"type": "Feature", "properties": {},
                                          "geometry": d["ground"]}), encoding="utf-8")
        content = gaps or _earlier_gaps(registry, made)
        if content:
            (place / "gaps.geojson").write_bytes(content)
        answers = place / "checklist.csv"
        answers.write_text(_answered_again(made, said, by), encoding="utf-8")
        return propose(registry, d["hazard"], reader, stated, outcome=d["outcome"], ground=ground,
                       gaps=place / "gaps.geojson" if content else None, answers=answers, by=by,
                       now=now)


def _earlier_gaps(registry: Registry, made: Proposal) -> bytes:
    sha256 = str(made.document["coverage_proof"]["sha256"] or "")
    if not sha256:
        return b""
    if not registry.knows_source(sha256):
        raise LandReleaseError(
            RELEASE_ANSWERS, file=made.id, line=0, field="gaps", found="the file is not here",
            expected="the file of uncovered ground with which it was proposed, once more")
    return registry.source_content(sha256)


def _answered_again(made: Proposal, said: Mapping[str, tuple[str, str]], by: str) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["item", "answer", "note", "by"])
    known = {a["id"] for a in made.document["checklist"]["items"]}
    for item in made.document["checklist"]["items"]:
        answer, note = said.get(item["id"], ("", ""))
        if answer:
            writer.writerow([item["id"], answer, note, by])
        elif item["answered_by"] not in ("", "records"):
            note = "; ".join(dict.fromkeys(str(item["words"]).split("; ")))
            writer.writerow([item["id"], "yes" if item["state"] == "met" else "no", note,
                             item["answered_by"]])
    for name in said:
        if name not in known:  # `propose` says what it expects
            writer.writerow([name, said[name][0] or "yes", "", by])
    return out.getvalue()


def proposal_document(content: bytes) -> Mapping[str, Any] | None:
    """The document of a proposal; None where the bytes are something else."""
    try:
        said = json.loads(content)
    except (ValueError, UnicodeDecodeError):
        return None
    return said if isinstance(said, dict) and said.get("format") == FORMAT else None


def authority(registry: Registry, key: SigningKey, at: datetime) -> str:
    """The id of the person whose key it is. SIG-003; REL-010 where the person may not release.

    The role counts as it stands in what somebody vouched for (or the first person of the office
    said of themselves): a word that anybody adds to the record later gives no right.
    """
    person = owner(registry, key)

    def refuse(found: str) -> LandReleaseError:
        return LandReleaseError(RELEASE_NO_AUTHORITY, person=registry.name_of(person), found=found)

    ring = ring_of(registry)
    mine = [t for t in ring.of(person, at) if t.public_key == key.public_key]
    if not mine:
        raise refuse("the key does not count: nobody vouched for it, or it ended")
    if any(at < e.at for t in mine for e in t.ends if e.chain == registry.chain):
        raise refuse("the key has ended: a signature with an earlier time counts no more")
    role = vouched_role(registry, person, at)
    if role != "authority":
        raise refuse(f"the role that was vouched for is {role or 'not reported'}")
    return person


def vouched_role(registry: Registry, person: str, at: datetime) -> str:
    """The role of a person at an instant, as somebody who may vouch signed for it, or as the first
    of the office said; "": none."""
    keys = ring_of(registry).of(person, at)
    return keys[-1].role(at) if keys else ""


def changed_since(registry: Registry, made: Proposal, on_file: OnFile | None = None) -> list[str]:
    """What is different from what was in front of the proposal, in words; empty: nothing."""
    d = made.document
    known = OnFile(registry) if on_file is None else on_file
    try:
        record = standing_hazard(registry, d["hazard"], on_file=known)
    except LandReleaseError as error:
        return [str(error)]
    assert record.geometry is not None
    out = []
    if record.geometry != shapely.from_wkb(d["hazard_wkb"]):
        out.append(f"the ground of {record.id}")
    finds = reopened_by(registry, record, known) if d.get("adopted") else \
        opened(registry, record, known).finds
    behind = records_behind(registry, record, shapely.from_wkb(d["ground_wkb"]), finds, known)
    before = {i: tuple(h) for i, h in d["evidence"].items()}
    out += [f"{i} is new" for i in behind.state if i not in before]
    out += [f"{i} changed" for i, h in behind.state.items() if i in before and before[i] != h]
    out += [f"{i} is no longer of this ground" for i in before if i not in behind.state]
    rows = {w["number"] for w in d["quarantine"]}
    out += [f"row {w.number} in quarantine is new" for w in behind.quarantine
            if w.number not in rows]
    if d.get("adopted"):
        from landrelease.workflows.adopting import speaks_against

        return out + speaks_against(registry, record, d, known)
    checklist = checklist_of(registry)
    asked = [(i.id, i.question, i.source) for i in checklist.of(d["outcome"])]
    if (checklist.name, checklist.version, checklist.source, asked) != (
            *(d["checklist"][n] for n in ("name", "version", "source")),
            [(i["id"], i["question"], i["source"]) for i in d["checklist"]["items"]]):
        out.append("the checklist")
    return out


def told_otherwise(registry: Registry, made: Proposal, at: datetime, known: OnFile) -> list[str]:
    """In what a proposal differs from one that is made anew of the registry as it is now, in words.

    Asked are, first, the items of the checklist that are not met any more: gates, accreditations,
    closures, keys and settings are no records of the ground, and what they say may have changed
    under an unchanged proposal (S08). Then all that the proposal says, on the day on which it was
    made: what is signed is what the records say, whoever wrote it (S02, S09).
    """
    from landrelease.workflows import load_assumptions

    d = made.document
    if d.get("adopted"):  # its checklist is another one, and `changed_since` asks it again
        from landrelease.workflows.adopting import spoken_again

        return differences(d, spoken_again(registry, d, known))
    record = standing_hazard(registry, d["hazard"], on_file=known)
    checklist = checklist_of(registry)
    assert record.geometry is not None
    ground = shapely.from_wkb(d["ground_wkb"])
    if not shapely.covers(record.geometry, ground):
        return [OUTSIDE]
    taken = Cut(ground, areas(shapely.from_geojson(json.dumps(d["outside"]))),
                NOTHING if ground == record.geometry else areas(record.geometry.difference(ground)))
    said = {a["id"]: ("yes" if a["state"] == "met" else "no", str(a["words"]), a["answered_by"])
            for a in d["checklist"]["items"] if a["answered_by"] not in ("", "records")}
    today, made_on = (local_day(registry, t) for t in (at, datetime.fromisoformat(d["made_at"])))
    if made_on > today:
        return [f"it was made on {made_on}, which has not come"]
    stated = load_assumptions(None, registry)
    with _gaps_of(registry, d) as gaps:
        def again(until: date) -> tuple[Case, tuple[Answer, ...]]:
            case = case_of(registry, record, taken, stated, d["outcome"], gaps, until, known)
            return case, proposing.answers(case, checklist, said)

        case, listed = again(today)
        before = {a["id"]: a["state"] for a in d["checklist"]["items"]}
        changed = [f"{a.item.id}: {a.words}" for a in listed
                   if a.state != "met" and before.get(a.item.id) == "met"]
        if changed:
            return changed
        if made_on != today:
            case, listed = again(made_on)
    behind = records_behind(registry, record, ground, opened(registry, record, known).finds, known)
    return differences(d, _spoken(registry, case, checklist, listed, behind))


OUTSIDE = "its ground is not inside the recorded boundary"
# Of each proposal alone: who made it, when, where, and the random part of its code.
_OWN = frozenset({"chain_head", "office", "made_at", "made_by", "nonce"})


def differences(said: Mapping[str, Any], again: Mapping[str, Any]) -> list[str]:
    """What a proposal says that the records do not say, by its entries."""
    from landrelease.store.results import dump

    anew = json.loads(dump(again))
    out = []
    for name in sorted((said.keys() | anew.keys()) - _OWN):
        one, other = said.get(name), anew.get(name)
        if name == "checklist":
            one, other = _asked(one), _asked(other)
        if name == "residual":  # it names the state of the registry, which moves on
            one, other = ({k: v for k, v in x.items() if k != "chain_head"}
                          if isinstance(x, dict) else x for x in (one, other))
        if name not in said or name not in anew or not _same(one, other):
            short = all(isinstance(x, (int, float, str)) and len(str(x)) < 60
                        for x in (one, other))
            out.append(f"{name}: {one} is proposed, and the records say {other}" if short
                       else f"{name} is not what the records say")
    return out


def _same(one: Any, other: Any) -> bool:
    """Whether two values say the same; numbers to the digits that another machine keeps."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(one[k], other[k]) for k in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def _asked(checklist: Any) -> Any:
    """A checklist as it is compared: the words of a person are those of the person."""
    items = checklist.get("items") if isinstance(checklist, dict) else None
    if not isinstance(items, list):
        return checklist
    return {**checklist, "items": [
        {k: v for k, v in i.items() if k != "words" or i.get("answered_by") in ("", "records")}
        if isinstance(i, dict) else i for i in items]}


@contextlib.contextmanager
def _gaps_of(registry: Registry, document: Mapping[str, Any]) -> Iterator[Path | None]:
    """The file of uncovered ground that came with a proposal; None where there is none here."""
    import tempfile

    sha256 = str(document["coverage_proof"]["sha256"] or "")
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / "gaps.geojson"
        if not sha256 or not registry.knows_source(sha256):
            yield None
        else:
            path.write_bytes(registry.source_content(sha256))
            yield path


def sign(registry: Registry, made: Proposal, key: SigningKey, *, now: datetime | None = None,
         on_file: OnFile | None = None) -> str:
    """Release the ground of a proposal: the decision of an authority, signed. Returns its id.
    `on_file`: the records as read for a decision before this one.

    The part is split off with its line of descent; its outcome, its closing and its certificate are
    signed, each upon the state of its record, with the SHA-256 of the proposal in what is signed.

    Raises REL-010 to REL-014, SIG-003.
    """
    at = now or datetime.now(UTC)
    person = authority(registry, key, at)
    d = proposal_document(made.content)
    if d is None or hashlib.sha256(made.content).hexdigest() != made.sha256 \
            or not registry.knows_source(made.sha256):
        raise LandReleaseError(RELEASE_PROPOSAL_UNKNOWN, found=made.id)
    made = dataclasses.replace(made, document=d)
    known = OnFile(registry) if on_file is None else on_file
    known.look()
    if registry.history(made.id):
        raise LandReleaseError(RELEASE_SIGNED, release=made.id)
    if made.blocking:
        raise LandReleaseError(RELEASE_BLOCKED, release=made.id, count=len(made.blocking),
                               found="; ".join(made.blocking))
    changes = changed_since(registry, made, known) or told_otherwise(
        registry, made, at, known)
    if changes:
        raise LandReleaseError(RELEASE_STALE, release=made.id, found="; ".join(changes[:10]))
    record = standing_hazard(registry, d["hazard"], on_file=known)
    assert record.geometry is not None
    ground = shapely.from_wkb(d["ground_wkb"])
    if not shapely.covers(record.geometry, ground):  # however it was proposed (S02)
        raise LandReleaseError(RELEASE_STALE, release=made.id, found=OUTSIDE)
    taken = cut(record.geometry, ground)
    day = max(filter(None, (at.date(), record.valid_from)))
    why = f"release {made.id} signed"
    parts: list[Revision] = []
    if _nothing_left(registry, taken.left):
        child, values = record.id, dict(record.values)
    else:
        parts = lineage.split(record, [ground, taken.left], at=at, by=person, reason=why,
                              descent="released_part")
        parts[2] = dataclasses.replace(parts[2], values={**parts[2].values,
                                                         "descent": "remainder"})
        there = [r.record_id for r in parts[1:] if registry.history(r.record_id)]
        if there:
            raise LandReleaseError(RELEASE_PARTS_EXIST, hazard=record.id, found=", ".join(there))
        # The part is what is released, to the last digit; the rest is what it leaves (S01).
        parts[1] = dataclasses.replace(parts[1], geometry=ground)
        registry.append(parts)
        child, values = parts[1].record_id, dict(parts[1].values)
    outcome_id = OUTCOME + made.sha256[:12]
    # A closing from before the programme counts from its own day: what was found after that day
    # speaks against it, whenever it was adopted (S11).
    adopted = d.get("adopted")
    decided = day if adopted is None else date.fromisoformat(adopted["decided_on"])
    code = lookup_code(bytes.fromhex(made.sha256))
    closed = Revision(
        "hazard", child, {**values, "status": "closed", "status_changed_on": day,
                          "status_reason": f"{d['outcome']}: {made.id}"},
        ground if child != record.id else record.geometry, at, person, why, made.sha256, day,
        record.validation)
    outcome = Revision(
        "outcome", outcome_id, _given(
            outcome_type=d["outcome"], hazard=child,
            hazard_identifier=str(record.values.get("identifier", record.id)),
            method=", ".join(d["methods"]) or None, depth_m=d["depth_m"],
            activity=next((w["record"] for w in reversed(d["work"])), None),
            decided_on=decided, decided_by_role="authority", decided_by=person,
            restrictions=" ".join(d["residual_statement"]) if adopted else None,
            criteria=f"{d['checklist']['name']} {d['checklist']['version']}: "
            f"{len(d['checklist']['items'])} items met",
            evidence=None if adopted else d["evidence_records"] or None,
            reported_area_m2=d["area_m2"],
            # Where one is "at least so many" nobody reported how many there were (S12).
            items_found=None if any(i.get("at_least") for i in d["items"])
            else sum(how_many(i["quantity"]).least for i in d["items"])),
        ground, at, person, why, made.sha256, day)
    certificate = Revision(
        "handover", made.id, _given(
            handover_status="planned", outcomes=[outcome_id], hazard=child, certificate=code,
            depth_m=d["depth_m"], residual_statement=" ".join(d["residual_statement"]),
            signed_for_authority=person),
        ground, at, person, why, made.sha256, day)
    registry.append([signed(r, key, person, registry.tips(r.record_id))
                     for r in (outcome, closed, certificate)])
    known.released(record.id, _as_record(outcome), _as_record(parts[2]) if parts else None,
                   len(parts) + 3)
    return made.id


def _as_record(r: Revision) -> Record:
    return Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from)


def _nothing_left(registry: Registry, left: BaseGeometry) -> bool:
    """Whether what a release leaves is only the rounding of coordinates: no spot of it holds a
    circle of the smallest radius that is told (`spot_radius_m`). However small, ground that
    somebody left out on purpose stays hazardous."""
    from landrelease.core.geometry import plane_for
    from landrelease.workflows import load_assumptions

    if left.is_empty:
        return True
    radius = load_assumptions(None, registry).value("spot_radius_m")
    return bool(plane_for(left.bounds).to_plane(left).buffer(-radius).is_empty)


def _given(**values: Any) -> dict[str, Any]:
    return {k: v for k, v in values.items() if v is not None and v != NOT_REPORTED}


__all__ = ["OUTCOMES", "Proposal", "answer_sheet", "authority", "changed_since",
           "checklist_of", "load_proposal", "propose", "records_behind", "sign",
           "standing_hazard", "write_proposal"]
