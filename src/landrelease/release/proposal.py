"""What speaks for the release of some ground, and what is missing: records in, answers out.

The software says "evidence complete, ready for review", or what is missing; it never says that land
is released: that is a signature (S09). Longitude and latitude on WGS 84.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from shapely.geometry.base import BaseGeometry

from landrelease.core.certificate import is_decision_outcome
from landrelease.core.checklist import Answer, Checklist, Item, OutcomeType, State
from landrelease.core.gate import FlaggedWork, can_be_held_against_gates, days_of_work
from landrelease.core.geometry import joined
from landrelease.core.how_many import how_many
from landrelease.core.inspection import (
    found_in_unit,
    inspected_on,
    rejections,
    still_open,
    was_refused,
)
from landrelease.core.lineage import SLIVER_M2
from landrelease.core.plurals import counted
from landrelease.core.record import Record
from landrelease.core.search import Effort
from landrelease.release.ground import NOTHING, Cut, area_m2, areas
from landrelease.release.reopening import HARMLESS
from landrelease.release.searches import (
    all_since,
    day_of_pass,
    in_doubt,
    left_m2,
    missed,
    not_followed_up,
    not_proven_by_hand,
    proven,
    searched,
    speaks_of_ordnance,
    unanswered,
    why_not,
)

READY = "evidence complete, ready for review"
NOT_READY = "evidence not complete"
DENIED = "denied by "
GONE = ("neutralised", "destroyed", "removed")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row in quarantine that touches the ground."""

    number: int
    kind: str
    reason: str


@dataclass(frozen=True, slots=True)
class Denial:
    """What a person denied of some of this ground in a proposal that is on record."""

    item: str
    proposal: str
    day: str  # of the proposal, UTC
    by: str  # id of the person
    words: str

    @property
    def told(self) -> str:
        return f"{DENIED}{self.by} on {self.day} ({self.proposal}): {self.words}"


@dataclass(frozen=True, slots=True)
class Case:
    """The records about the ground to be released, and what other stages say of it.

    `searched_since`: searches before it do not count: the day on which the area was recorded, or
    last opened after it had been closed (`opened_on`). `inspections`: as they stand (S09). `gaps`:
    what a proof of coverage left uncovered. `beside`: finds on other ground that the same work
    searched. `residual`: the result of the residual risk, or why there is none.
    """

    hazard: Record
    outcome: OutcomeType
    cut: Cut
    required_depth_m: float
    searched_since: date | None
    until: date  # the local day of the proposal: what is dated later has not happened
    outcomes: Sequence[Record] = ()
    activities: Sequence[Record] = ()
    items: Sequence[Record] = ()
    accidents: Sequence[Record] = ()
    inspections: Sequence[Record] = ()
    evidence: Sequence[Record] = ()
    tracks: Sequence[Record] = ()
    effort: Effort = field(default_factory=Effort)
    flagged: Sequence[FlaggedWork] = ()
    quarantine: Sequence[Waiting] = ()
    gaps: Sequence[BaseGeometry] = ()
    gaps_file: str = ""  # SHA-256; "": no file of gaps was given
    # Searches of whose own work a proof is on record that leaves some of their ground.
    proven: frozenset[str] = frozenset()
    proofs: Sequence[Record] = ()  # these proofs, records of the kind coverage
    # Search -> its ground by the confidence of its proofs (`core.coverage.by_confidence`).
    confidence: Mapping[str, Sequence[tuple[float | None, BaseGeometry]]] = field(
        default_factory=dict)
    residual: Mapping[str, Any] | str = "not computed"
    # Inspection -> ground that it accepted, where the acceptance is signed and counts.
    accepted: Mapping[str, BaseGeometry] = field(default_factory=dict)
    unsigned: frozenset[str] = frozenset()  # inspections that accept, and that do not count
    by_word: frozenset[str] = frozenset()  # see `core.search.by_word`
    # Severities of nonconformities that a visit has to find corrected.
    closed_by_visit: frozenset[str] = frozenset({"critical", "major"})
    # Lot -> in what its sample asks for less than the programme's settings.
    weaker: Mapping[str, str] = field(default_factory=dict)
    beside: Sequence[Record] = ()
    opened_on: date | None = None  # when it was last hazardous again; None: it never was closed
    spot_radius_m: float = 0.01  # no ground that holds a circle of it is passed over (S05)
    # Inspections that say "accepted" and accept nothing by what they say themselves, and why.
    void: Mapping[str, str] = field(default_factory=dict)
    # Work -> items that it reports and of which there is no record.
    not_on_record: Mapping[str, int] = field(default_factory=dict)
    # Records of coverage that prove nothing, and why (`core.coverage.only_a_word`).
    not_proofs: Mapping[str, str] = field(default_factory=dict)
    # Finds and direct evidence on the ground as earlier revisions have them, where their records
    # say something else now (`workflows.earlier`).
    earlier: Sequence[Record] = ()
    # Drawn units in which something was found, as earlier revisions have them, where nothing was
    # found by what their records say now.
    unsaid: Sequence[Record] = ()
    # Other areas that are hazardous and lie on the ground, or may, as far off as they may be.
    others: Sequence[Record] = ()
    # Inspection that names neither work nor ground on record -> whose work it is of, or after which
    # accident.
    of_hands: Mapping[str, str] = field(default_factory=dict)
    # Visits to the same hands elsewhere, which may answer one that was refused.
    visits: Sequence[Record] = ()
    denials: Sequence[Denial] = ()
    # What was worked out of all this already (`release.searches`).
    memo: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)


def answers(case: Case, checklist: Checklist, said: Mapping[str, tuple[str, str, str]]
            ) -> tuple[Answer, ...]:
    """The checklist, answered by the records where they can, else by a person.

    said : item id -> (answer, note, id of the person); an answer is "yes" or "no". A person can
        answer what the records leave open; what the records deny stays denied, because a tick does
        not stand against the records. Where a person denied an item of this ground before, only a
        "yes" with its reason meets it, and the denial is told beside it.
    """
    out = []
    for item in checklist.of(case.outcome):
        state, words, records = _CHECKS[item.check](case) if item.check else ("open", "", ())
        by = "records" if item.check else ""
        told = said.get(item.id)
        if told is not None and told[0] in ("yes", "no") and (
                state == "open" or (told[0] == "no" and state == "met")):
            state = "met" if told[0] == "yes" and not _records_only(item) else (
                "not_met" if told[0] == "no" else "open")
            words = "; ".join(w for w in (told[1], words) if w)
            by = told[2] if state != "open" else by
        if before := [d.told for d in case.denials if d.item == item.id]:
            if state == "met" and told is not None and told[0] == "yes" and told[1].strip():
                words = words if told[1] in words else f"{told[1]}; {words}"
                by = told[2]
            elif state == "met":
                state, by = "open", "records" if item.check else ""
                before.append("a yes needs its reason as a note")
            words = "; ".join(w for w in (words, *(b for b in before if b not in words)) if w)
        out.append(Answer(item, state, words or "nobody answered", by, tuple(records)))
    return tuple(out)


def _records_only(item: Item) -> bool:
    """Checks whose open answer no word of a person closes: a record has to."""
    return item.check in ("searched_to_depth", "machine_followed_up", "gate_credit",
                          "inside_boundary", "quarantine_clear", "no_other_hazard",
                          "coverage_gaps", "inspected", "residual_stated")


def blocking(listed: Sequence[Answer]) -> tuple[Answer, ...]:
    """What keeps the release from being signed: every item that is not met (S09)."""
    return tuple(a for a in listed if a.state != "met")


# --- the checks --------------------------------------------------------------------------------

Found = tuple[State, str, Sequence[str]]


def _inside(case: Case) -> Found:
    outside = area_m2(case.cut.outside)
    if area_m2(case.cut.ground) < SLIVER_M2:
        return "not_met", "none of it lies inside the recorded boundary", (case.hazard.id,)
    if outside >= SLIVER_M2:
        return "met", (f"{outside:,.0f} m² of the shape lie outside the recorded boundary: a class "
                       "of their own, not released"), (case.hazard.id,)
    return "met", "all of it lies inside", (case.hazard.id,)


def _to_depth(case: Case) -> Found:
    ground, passes = searched(case)
    missing = left_m2(case, case.cut.ground.difference(ground))
    ids = [p.id for p in passes]
    if missing == 0 and passes:
        return "met", f"searched to {min(p.depth_m for p in passes):g} m or more", ids
    why = dict(case.effort.uncredited)
    told = [f"{o.id}: {why[o.id]}" for o in case.outcomes if o.id in why
            and not is_decision_outcome(o.id)]
    told += [f"{p.id}: {why_not(case, p)}" for p in case.effort.passes
             if p.id not in ids and p.ground.intersects(case.cut.ground)
             and not is_decision_outcome(p.id)]
    return "not_met", (f"of {area_m2(case.cut.ground):,.0f} m² {missing:,.2f} m² are on record "
                       f"without a search to {case.required_depth_m:g} m that counts"
                       + (": " + "; ".join(told) if told else "")), ids


def _followed_up(case: Case) -> Found:
    ground, ids = not_followed_up(case)
    size = left_m2(case, ground)
    if size > 0:
        return "not_met", f"{size:,.2f} m² were searched by machine or animal only", ids
    ground, ids = not_proven_by_hand(case)
    size = left_m2(case, ground)
    if size > 0:
        return "not_met", (f"the follow-up by hand of {size:,.2f} m² that machines or animals "
                           "searched is a word: no search by hand is shown to cover them"), ids
    return "met", "no ground that only a machine or an animal searched", ids


def _gate(case: Case) -> Found:
    bad = [f for f in case.flagged if not f.credit]
    if not case.activities:
        return "open", "no work on this ground is on record, so its days cannot be looked at", ()
    undated = [a.id for a in case.activities
               if not isinstance(a.values.get("started_on"), date) and a.valid_from is None
               and a.validation != "authority"]
    if undated:
        return "not_met", "work without a day on record: " + ", ".join(undated), undated
    wrong = [f"{a.id} ({begin} to {end})" for a in case.activities
             for begin, end in [days_of_work(a)] if begin is not None and end is not None
             and not can_be_held_against_gates(begin, end) and a.validation != "authority"]
    if wrong:
        return "not_met", "work whose days cannot be held against gates: " + ", ".join(wrong), [
            w.split(" ", 1)[0] for w in wrong]
    if bad:
        first = bad[0]
        return "not_met", counted(
            "{n} days of work whose gate had not passed and that the authority has not reviewed; "
            "the first: {day}, {id}: {what}", n=len(bad), day=first.day, id=first.activity,
            what="; ".join(first.reasons)), [
                *dict.fromkeys(f.activity for f in bad)]
    reviewed = len({(f.activity, f.day) for f in case.flagged})
    return "met", "the gate had passed on every day" if not reviewed else (
        counted("{n} days of work in spite of the gate were reviewed by the authority",
                n=reviewed)), [
            a.id for a in case.activities]


def no_gap_m(case: Case) -> float | None:
    """The radius in m of the circle that no gap of the proofs holds; None: there are such gaps, or
    nothing shows that there are none."""
    return case.spot_radius_m if case.outcome == "cleared" and _gaps(case)[0] == "met" else None


def _gaps(case: Case) -> Found:
    records = [*(p.id for p in case.proofs), *(t.id for t in case.tracks)]
    if not case.gaps_file and not case.proven and not case.gaps:
        return "open", ("no proof of coverage is on record; nobody's word takes its place: "
                        "`operate proof --store` for tracks, `operate measured` for lanes that "
                        "were measured" + _no_proofs(case)), (*records, *case.not_proofs)
    size = left_m2(case, joined(
        [g.intersection(case.cut.ground) for g in case.gaps], degrees=True)) if case.gaps else 0.0
    if size > 0:
        return "not_met", f"{size:,.2f} m² of the ground are not proven covered", records
    if case.gaps_file and not case.proven:
        # A file says which ground is open, not of which task and which tracks it speaks.
        return "open", ("the file of gaps has none on this ground, and does not say of which "
                        "work it is: store the proof (`operate proof --store`)"), records
    bare = left_m2(case, case.cut.ground.difference(proven(case)))
    if bare > 0:
        return "open", (f"{bare:,.2f} m² of the ground are covered by no search that counts and "
                        "has a proof of coverage of its own work on record"
                        + _no_proofs(case)), (*records, *case.not_proofs)
    return "met", ("the proof of coverage leaves no gap on this ground that holds a circle of "
                   f"{case.spot_radius_m:g} m radius"), records


def _no_proofs(case: Case) -> str:
    told = "; ".join(f"{name}: {why}" for name, why in case.not_proofs.items())
    return f": {told}" if told else ""


def _finds(case: Case) -> Found:
    items = [i for i in case.items if i.value("ordnance_category") not in HARMLESS]
    there = [i.id for i in items if i.value("disposal") not in GONE]
    if there:
        return "not_met", "not on record as destroyed or removed: " + ", ".join(there), there
    before = [i for i in case.earlier if i.kind == "item"]
    moved = list(dict.fromkeys([
        *(i.id for i in before if i.value("disposal") not in GONE), *_nameless(case, case.unsaid)]))
    if moved:
        return "not_met", ("recorded on it, then changed without a signature: it counts until its "
                           "disposal there is on record, or the authority signs the record as it "
                           "is now: " + ", ".join(moved)), moved
    nameless = _nameless(case, case.inspections)
    if nameless:
        return "not_met", ("what an inspection found there is not on record as an item, with what "
                           "became of it: " + ", ".join(nameless)), nameless
    if case.not_on_record:
        return "not_met", "not all items that were reported are on record, with what became of " \
            "them: " + ", ".join(f"{n} of {i}" for i, n in case.not_on_record.items()), [
                *case.not_on_record]
    accidents = [*case.accidents, *(a for a in case.earlier if a.kind == "accident")]
    found = list(dict.fromkeys(r.id for r in (*items, *before, *accidents)))
    if case.outcome != "cleared" and found:
        return "not_met", ("something was found on it; such ground is cleared, not "
                           f"{case.outcome}: " + ", ".join(found)), found
    doubted = in_doubt(case)
    if doubted:
        return "not_met", ("the work that searched this ground missed what was found later on "
                           "other ground of it; search again: " + ", ".join(doubted)), doubted
    again = missed(case)
    if again:
        return "not_met", ("found after the last search of that place, which has to be searched "
                           "again: " + ", ".join(again)), again
    late = list(dict.fromkeys(a.id for a in accidents))
    if late and not all_since(case, accidents):
        return "not_met", "an accident lies on it that no later search answers: " + ", ".join(
            late), late
    counts = [how_many(i.values.get("quantity")) for i in items]
    quantity, unstated = sum(c.least for c in counts), sum(not c.stated for c in counts)
    if unstated:
        return "met", (f"at least {quantity} items found, all destroyed or removed; {unstated} "
                       "records state no whole number"), found
    return "met", counted("{n} items found, all destroyed or removed", n=quantity) if items else (
        "nothing was found on it"), found


def _nameless(case: Case, inspections: Sequence[Record]) -> list[str]:
    """Drawn units on the ground in which something was found of which there is no record there."""
    return [i.id for i in inspections if found_in_unit(i)
            and i.geometry is not None and i.geometry.intersects(case.cut.ground)
            and not any(r.geometry is not None and r.geometry.intersects(i.geometry)
                        for r in (*case.items, *case.beside))]


def _direct(case: Case) -> Found:
    if case.outcome == "cleared":
        open_ = unanswered(case)
        return ("not_met", "direct evidence of ordnance that no search of its place since answers: "
                + ", ".join(open_), open_) if open_ else (
            "met", "no direct evidence came after the last search of its place",
            [e.id for e in case.evidence])
    direct = [e.id for e in (*case.evidence, *case.earlier)
              if e.kind == "evidence" and speaks_of_ordnance(e)]
    direct += [a.id for a in (*case.accidents, *case.earlier) if a.kind == "accident"]
    if direct := list(dict.fromkeys(direct)):
        return "not_met", "direct evidence lies on it: " + ", ".join(direct), direct
    return "met", "no direct evidence on this ground is on record", [e.id for e in case.evidence]


def _quarantine(case: Case) -> Found:
    if case.quarantine:
        return "not_met", "; ".join(f"row {w.number} ({w.kind}): {w.reason}"
                                    for w in case.quarantine), ()
    return "met", "no row that waits touches the ground", ()


def _others(case: Case) -> Found:
    ids = [r.id for r in case.others]
    if ids:
        return "not_met", ("other areas that are hazardous lie on it, or may, as far off as they "
                           "may be: " + ", ".join(ids) + "; make them one area (`area merge`), or "
                           "leave their ground out"), ids
    return "met", "no other area that is hazardous lies on it", ()


def _nonconformities(case: Case) -> Found:
    open_ = still_open(case.inspections, case.closed_by_visit, case.until, case.of_hands,
                       case.visits)
    if open_:
        refused = [i.id for i in case.inspections if i.id in open_ and was_refused(i)]
        words = [", ".join(i for i in open_ if i not in refused), ", ".join(refused)]
        whose = ", ".join(f"{i} ({case.of_hands[i]})" for i in open_ if i in case.of_hands)
        return "not_met", "; ".join(w for w in (
            "not corrected, or not found corrected: " + words[0] if words[0] else "",
            "a visit was refused, and none was made since: " + words[1] if words[1] else "",
            "of these, of whose work or after which accident: " + whose if whose else "")
            if w), open_
    return "met", "none is open", [i.id for i in case.inspections]


def _inspected(case: Case) -> Found:
    void = [f"{i}: {why}" for i, why in sorted(case.void.items())]
    if not case.accepted and void:
        return "not_met", "; ".join(["no inspection that counts accepted this ground", *void]), [
            *sorted(case.void)]
    if not case.accepted and not case.unsigned:
        return "open", ("no inspection that accepted this ground is on record; nobody's word takes "
                        "its place"), [i.id for i in case.inspections]
    if not case.accepted:
        return "not_met", "accepted by an inspection that nobody signed (S09): " + ", ".join(
            sorted(case.unsigned)), sorted(case.unsigned)
    ids, why = sorted(case.accepted), void
    parts, less = [], []
    for i in ids:
        if i in case.weaker:  # what it shows is less than what the national standard asks for
            less.append(f"{i} asks for less than the programme's settings: {case.weaker[i]}")
            continue
        ground, words = _still_accepted(case, i)
        parts.append(ground)
        why += [words] if words else []
    missing = area_m2(case.cut.ground.difference(areas(joined(parts, degrees=True))))
    if missing >= SLIVER_M2:
        return "not_met", "; ".join([f"{missing:,.0f} m² are in no lot that was accepted",
                                     *why, *less]), ids
    return "met", "; ".join([
        "accepted: " + ", ".join(i for i in ids if i not in case.weaker), *less]), ids


def _still_accepted(case: Case, name: str) -> tuple[BaseGeometry, str]:
    """Ground that an inspection accepted and that its acceptance still speaks for, and why not all
    of it: it says nothing of searches that came after it, nor against a later rejection."""
    record = next(i for i in case.inspections if i.id == name)
    ground, day = case.accepted[name], inspected_on(record)
    since = case.searched_since
    if since is not None and (day is None or day < since):
        return NOTHING, (f"{name}: its day is not reported" if day is None else
                         f"{name}: inspected before {since}, when the area was recorded or "
                         "reopened")
    for r in rejections(case.inspections):
        if r.id in (name, record.values.get("lot")) or (
                day is not None and r.day is not None and r.day < day):
            continue
        bad = [r.ground] if r.ground is not None else [
            o.geometry for o in case.outcomes if o.geometry is not None
            and {o.id, str(o.values.get("identifier"))} & r.outcomes]
        if bad:
            ground = areas(ground.difference(joined(bad, degrees=True)))
    if case.outcome != "cleared" or day is None:
        return ground, ""
    before = [p.ground for p in searched(case)[1]
              if (done := day_of_pass(case, p)) is None or done <= day]
    seen = areas(ground.intersection(joined(before, degrees=True))) if before else NOTHING
    later = area_m2(case.cut.ground.intersection(ground)) - area_m2(
        case.cut.ground.intersection(seen))
    return seen, "" if later < SLIVER_M2 else (
        f"{name}: of {later:,.0f} m² of it no search that counts came before it")


def _survey(case: Case) -> Found:
    wanted = ("NTS", "TS") if case.outcome == "cancelled" else ("TS",)
    works = [a for a in case.activities if a.value("activity_type") in wanted]
    done = [a.id for a in works if a.value("activity_status") == "completed"
            or a.value("report_type") in ("completion", "cancellation")]
    if done:
        return "met", f"{' or '.join(wanted)} completed: " + ", ".join(done), done
    return ("not_met", "its survey is not completed: " + ", ".join(a.id for a in works),
            [a.id for a in works]) if works else (
        "not_met", f"no {' or '.join(wanted)} of this area is on record", [])


def _evidence(case: Case) -> Found:
    ids = [r.id for r in (*case.evidence, *case.activities, *case.outcomes)]
    return ("met", counted("{n} records of evidence and work", n=len(ids)), ids) if ids else (
        "open", "nothing but the area itself is on record", [case.hazard.id])


def _residual(case: Case) -> Found:
    if isinstance(case.residual, str):
        return "open", f"not computed: {case.residual}", ()
    return "met", "; ".join(residual_words(case.residual)), ()


_CHECKS: Mapping[str, Callable[[Case], Found]] = {
    "inside_boundary": _inside, "searched_to_depth": _to_depth,
    "machine_followed_up": _followed_up, "gate_credit": _gate, "coverage_gaps": _gaps,
    "finds_dealt_with": _finds, "no_direct_evidence": _direct, "quarantine_clear": _quarantine,
    "no_other_hazard": _others,
    "nonconformities_closed": _nonconformities, "inspected": _inspected, "survey_done": _survey,
    "evidence_recorded": _evidence, "residual_stated": _residual,
}


# --- in words ----------------------------------------------------------------------------------


def residual_words(residual: Mapping[str, Any]) -> list[str]:
    """The statement of what may remain, a sentence a stratum, with its interval (S12)."""
    out = []
    for s in residual.get("strata", ()):
        prior = s.get("prior_share")
        note = " This rests on a prior alone: no local evidence has touched it." if (
            isinstance(prior, (int, float)) and prior >= 0.999) else (
            f" {100 * prior:.0f} % of it rests on a prior." if isinstance(prior, (int, float))
            and prior > 0 else "")
        out.append(
            f"{s.get('stratum') or 'the ground'}: {100 * s['probability_none_left']:.2f} % chance "
            f"that nothing is left; items left {s['items_left_low']:g} to "
            f"{s['items_left_high']:g} ({100 * s['interval']:g} % interval), expected "
            f"{s['expected_items_left']:.3g}.{note}")
    return out


def method_words(case: Case) -> tuple[str, ...]:
    """The methods of the work, as its records name them; each once."""
    told = [str(o.values["method"]) for o in case.outcomes
            if o.values.get("method") and not is_decision_outcome(o.id)]
    told += [str(a) for o in case.outcomes if not is_decision_outcome(o.id)
             for a in o.values.get("assets") or () if not o.values.get("method")]
    told += [str(a.value("operational_method")) for a in case.activities
             if a.value("operational_method") != "not_reported"]
    return tuple(dict.fromkeys(told))


def depth_m(case: Case) -> float | None:
    """The least depth of the searches that count; None for ground that was not cleared."""
    passes = searched(case)[1]
    return min((p.depth_m for p in passes), default=None) if case.outcome == "cleared" else None


def hands(case: Case) -> tuple[tuple[str, str], ...]:
    """(team, detector) pairs that searched the ground; "" where the detector is not reported.

    Surveys that asked people are not among them: they searched nothing.
    """
    out = []
    for a in case.activities:
        if a.value("activity_type") == "NTS":
            continue
        teams = [str(t) for t in a.values.get("teams") or ()]
        tools = [str(d) for d in a.values.get("detectors") or ()] or [""]
        out += [(t, d) for t in teams for d in tools]
    return tuple(sorted(set(out)))


def proposed_type(case_activities: Sequence[Record], effort: Effort, ground: BaseGeometry
                  ) -> OutcomeType:
    """The outcome that the work on record points to, where nobody names one."""
    if any(p.ground.intersects(ground) for p in effort.passes):
        return "cleared"
    kinds = {a.value("activity_type") for a in case_activities}
    return "cleared" if "clearance" in kinds or "BAC" in kinds else (
        "reduced" if "TS" in kinds else "cancelled")
