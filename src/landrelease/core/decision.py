"""Decisions of people: what is one, whether its signature counts, what stands without it (S09).

A model orders, a person decides. Closing or handing over a hazard, cancelling, reducing or clearing
ground, a hand-over, an accreditation, an accepted inspection and the validation by the authority
are decisions: without a signature that counts they show as unverified and change no status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from landrelease.core import descent
from landrelease.core.kind import Kind
from landrelease.core.revision import Revision, StoredRevision
from landrelease.core.signature import KeyRing

Standing = Literal["verified", "unsigned", "unverified"]

# Words of caution: a decision to sign, but one that takes safety from nobody. It counts unsigned
# (and shows so), because a certificate that somebody revoked must not go on showing as good (S11).
CAUTIOUS: Mapping[tuple[str, str], frozenset[str]] = {
    ("handover", "handover_status"): frozenset({"revoked"}),
}

# Who decides what: the roles that may sign each decision, as somebody who may vouch signed for
# them. What is not named is the authority's. The word of a person to vouch for others is held
# against who may vouch, whatever the role (`signature.key_ring`).
AUTHORITY = "authority"
DECIDERS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("hazard", "status"): (AUTHORITY,),
    ("outcome", "outcome_type"): (AUTHORITY,),
    ("handover", "handover_status"): (AUTHORITY,),
    ("accreditation", "accreditation_status"): (AUTHORITY,),
    ("task", "task_status"): ("planner", AUTHORITY),
    ("inspection", "result"): ("inspector", AUTHORITY),
    ("person", "may_vouch"): (),
}


def deciders(kind: str, field: str) -> tuple[str, ...]:
    """The roles that may sign the decision in a field; none: it does not hang on the role."""
    return DECIDERS.get((kind, field), (AUTHORITY,))


def may_decide(kind: str, field: str, role: str) -> bool:
    """Whether a role may sign the decision in a field; "validation" is the authority's level."""
    able = deciders(kind, field)
    return not able or role in able


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a revision's signature counts, and in plain words why not."""

    standing: Standing
    reason: str


def decisions_in(kind: Kind, revision: Revision, before: Revision | None = None
                 ) -> tuple[str, ...]:
    """What a revision decides: fields of the kind, and "validation" by the authority.

    With `before`, what that one said already is no new decision.
    """
    fields = tuple(name for name in kind.decision_in(revision.values)
                   if before is None or before.values.get(name) != revision.values[name])
    by_authority = revision.validation == "authority" and (
        before is None or before.validation != "authority")
    return (*fields, "validation") if by_authority else fields


def verdict(stored: StoredRevision, ring: KeyRing, known_tips: Sequence[str] = (),
            decided: Sequence[str] = ()) -> Verdict:
    """Check the signature of a revision against the keys that count, and the role of the person
    against what is decided.

    `known_tips`: hashes of the revisions of the record that it comes after; a signed revision has
    to name them. `decided`: fields in which the revision decides something.
    """
    if not stored.revision.signature:
        return Verdict("unsigned", "nobody signed it")
    trust, reason = ring.signer(stored)
    if trust is None:
        return Verdict("unverified", reason)
    if not set(known_tips) <= set(stored.revision.follows):
        return Verdict("unverified", "it was signed upon another state of the record")
    kind, role = stored.revision.kind, trust.role(stored.revision.recorded_at)
    for name in decided:
        if not may_decide(kind, name, role):
            able = " or ".join(deciders(kind, name))
            return Verdict("unverified", f"{name.replace('_', ' ')} is decided by {able}; the role "
                           f"that was vouched for is {role or 'not reported'}")
    return Verdict("verified", "")


def standing(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
             ) -> dict[str, Verdict]:
    """The verdict on each revision of ONE record that decides or is signed, by hash."""
    return _judged(descent.in_order(history), kind, ring)[0]


def _judged(order: Sequence[StoredRevision], kind: Kind, ring: KeyRing
            ) -> tuple[dict[str, Verdict], set[str]]:
    """Verdicts by hash, and the hashes of the revisions that count; `order` as `in_order` gives."""
    verdicts: dict[str, Verdict] = {}
    counting: set[str] = set()
    held = {s.hash for s in order}
    stands: StoredRevision | None = None
    for stored, before in zip(order, descent.parents(order), strict=True):
        r = stored.revision
        decided = decisions_in(kind, r)
        repeats = bool(decided) and stands is not None and _repeats(r, stands.revision)
        if r.signature:
            found = verdict(stored, ring, [order[p].hash for p in before],
                            () if repeats else decided)
            if found.standing == "verified" and not set(r.follows) <= held:
                found = Verdict("unverified", "it was signed upon revisions that are not here")
            verdicts[stored.hash] = found
        elif decided:
            verdicts[stored.hash] = Verdict("unsigned", "nobody signed it" + (
                "; it repeats what stands and changes nothing" if repeats else ""))
            if repeats:
                decided = ()
        if not decided or verdicts[stored.hash].standing == "verified" or all(
                r.values.get(name) in CAUTIOUS.get((kind.name, name), ()) for name in decided):
            counting.add(stored.hash)
            stands = stored
    return verdicts, counting


def _repeats(new: Revision, stands: Revision) -> bool:
    """Whether a revision says of its record what stands already; a lower level takes nothing."""
    if new.validation == "authority" and stands.validation != "authority":
        return False

    def said(revision: Revision) -> bytes:
        return replace(
            stands, values=revision.values, geometry=revision.geometry, follows=(), signed_by="",
            signature="", commitments={}).canonical()

    return said(new) == said(stands)


def effective(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
              ) -> tuple[StoredRevision | None, Mapping[str, Verdict]]:
    """The revision of ONE record that stands: the current one, without decisions that do not count.

    An unverified decision is kept and shown, and the record stays as it stood before: a hazard
    whose closing nobody signed is still a hazard. A later revision that repeats a verified decision
    keeps it only where it changes neither values nor ground. While offices disagree about a record,
    what one of them has not decided is not decided. Returns that revision, or None where every
    revision decides something that does not count, and the verdicts by hash.
    """
    order = descent.in_order(history)
    verdicts, counting = _judged(order, kind, ring)
    stands = [_current(line, counting) for line in _lines(order)]
    listed = sorted((s for s in stands if s is not None), key=order.index)
    if len(stands) > len(listed):  # on one side nothing stands: then nothing is decided
        listed = [s for s in listed if not decisions_in(kind, s.revision)]
    open_ = [s for s in listed if not decisions_in(kind, s.revision)]
    chosen = open_ or listed
    return (chosen[-1] if chosen else None), verdicts


def still_said(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
               ) -> list[StoredRevision]:
    """What was said of the ground of ONE record before, and holds still: each revision that was
    the current one since the authority signed last, without the one that is it now. A later one
    that nobody signed takes nothing away (S01), by whatever way it came."""
    order = descent.in_order(history)
    verdicts, counting = _judged(order, kind, ring)
    out: dict[str, StoredRevision] = {}
    for line in _lines(order):
        were: list[StoredRevision] = []
        for stored in line:
            if counting and stored.hash not in counting:
                continue
            if were and descent.dated_before(stored.revision.valid_from,
                                             were[-1].revision.valid_from):
                continue
            found = verdicts.get(stored.hash)
            if found is not None and found.standing == "verified" \
                    and _of_authority(stored, ring):
                were = []
            were.append(stored)
        out |= {s.hash: s for s in were[:-1]}
    return [s for s in order if s.hash in out]


def said_before(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
                ) -> list[StoredRevision]:
    """All that was said of ONE record since the authority signed it last, without the current
    revision: also what was of an earlier date when it came, and what does not count as decided."""
    order = descent.in_order(history)
    verdicts, _ = _judged(order, kind, ring)
    out: dict[str, StoredRevision] = {}
    for line in _lines(order):
        were: list[StoredRevision] = []
        for stored in line:
            found = verdicts.get(stored.hash)
            if found is not None and found.standing == "verified" \
                    and _of_authority(stored, ring):
                were = []
            were.append(stored)
        out |= {s.hash: s for s in were}
    now = descent.current_of(order).hash
    return [s for s in order if s.hash in out and s.hash != now]


def signed_by_authority(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
                        ) -> frozenset[str]:
    """The hashes of the revisions of ONE record that the authority signed, where that counts."""
    order = descent.in_order(history)
    verdicts, _ = _judged(order, kind, ring)
    return frozenset(s.hash for s in order if s.hash in verdicts
                     and verdicts[s.hash].standing == "verified" and _of_authority(s, ring))


def opened_since(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
                 ) -> list[StoredRevision]:
    """What was said of ONE area after it was closed and that no later decision had before it: each
    revision that says that it is reopened, and each other one that does not close it and says what
    was not on record before the closing. It counts whatever its date of information: a doubt is
    not older than the decision that did not know of it. Signed away it is by the closing of a new
    decision (another `source`) that was signed upon it."""
    order = descent.in_order(history)
    verdicts, counting = _judged(order, kind, ring)
    before = descent.parents(order)

    def upon(n: int) -> set[int]:
        seen, waiting = {n}, [n]
        while waiting:
            more = [p for p in before[waiting.pop()] if p not in seen]
            seen.update(more)
            waiting += more
        return seen

    known: set[int] = set()
    sources: set[str] = set()
    for n, s in enumerate(order):
        if s.hash in verdicts and verdicts[s.hash].standing == "verified" \
                and kind.decision_in(s.revision.values):
            # A hand-over repeats the source of its release: what came between it did not answer.
            known |= {n} if s.revision.source in sources else upon(n)
            sources.add(s.revision.source)
    if not known:
        return []
    said = [(order[n].revision.values, order[n].revision.geometry) for n in sorted(known)]
    return [s for n, s in enumerate(order)
            if n not in known and s.hash in counting and not kind.decision_in(s.revision.values)
            and (s.revision.values.get("status") == "reopened"
                 or (s.revision.values, s.revision.geometry) not in said)]


def _of_authority(stored: StoredRevision, ring: KeyRing) -> bool:
    trust, _ = ring.signer(stored)
    return trust is not None and may_decide(
        stored.revision.kind, "geometry", trust.role(stored.revision.recorded_at))


def _current(line: Sequence[StoredRevision], counting: set[str]) -> StoredRevision | None:
    """The current one of those that count: the fold of `descent.current_of`."""
    known: StoredRevision | None = None
    for stored in line:
        if stored.hash in counting and (known is None or not descent.dated_before(
                stored.revision.valid_from, known.revision.valid_from)):
            known = stored
    return known


def _lines(order: Sequence[StoredRevision]) -> list[list[StoredRevision]]:
    """For each tip what leads to it, in order: one line, where nobody disagrees."""
    before = descent.parents(order)
    followed = {p for found in before for p in found}
    out = []
    for tip in range(len(order)):
        if tip in followed:
            continue
        seen, waiting = {tip}, [tip]
        while waiting:
            for p in before[waiting.pop()]:
                if p not in seen:
                    seen.add(p)
                    waiting.append(p)
        out.append([order[n] for n in sorted(seen)])
    return out
