"""Decisions of people: what is one, whether its signature counts, what stands without it (S09).

A model orders, a person decides. Closing or handing over a hazard, cancelling, reducing or clearing
ground, a hand-over, an accreditation, an accepted inspection and the validation by the authority
are decisions: without a signature that counts they show as unverified and change no status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from landrelease.core import descent
from landrelease.core.kind import Kind
from landrelease.core.revision import Revision, StoredRevision
from landrelease.core.signature import KeyRing, verify

Standing = Literal["verified", "unsigned", "unverified"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a revision's signature counts, and in plain words why not."""

    standing: Standing
    reason: str


def decisions_in(kind: Kind, revision: Revision, before: Revision | None = None
                 ) -> tuple[str, ...]:
    """What a revision decides: fields of the kind, and "validation" by the authority.

    What the revision before it said already is no new decision.
    """
    fields = tuple(name for name in kind.decision_in(revision.values)
                   if before is None or before.values.get(name) != revision.values[name])
    by_authority = revision.validation == "authority" and (
        before is None or before.validation != "authority")
    return (*fields, "validation") if by_authority else fields


def verdict(stored: StoredRevision, ring: KeyRing, known_tips: Sequence[str] = ()) -> Verdict:
    """Check the signature of a revision against the keys that count.

    `known_tips`: hashes of the revisions of the record that stood when it was recorded; a signed
    revision has to name them.
    """
    r = stored.revision
    if not r.signature:
        return Verdict("unsigned", "nobody signed it")
    keys = ring.of(r.signed_by, r.recorded_at)
    if not keys:
        known = ring.keys.get(r.signed_by)
        return Verdict("unverified", "the key did not count at that time" if known else
                       "the key is not known here, or nobody vouched for it")
    content = r.signable()
    if not any(verify(t.public_key, "revision", content, r.signature) for t in keys):
        return Verdict("unverified", "the signature does not fit what is recorded")
    if not set(known_tips) <= set(r.follows):
        return Verdict("unverified", "it was signed upon another state of the record")
    return Verdict("verified", "")


def standing(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
             ) -> dict[str, Verdict]:
    """The verdict on each revision of ONE record that decides or is signed, by hash."""
    out: dict[str, Verdict] = {}
    listed = descent.in_order(history)
    before: Revision | None = None
    for n, stored in enumerate(listed):
        r = stored.revision
        if r.signature:
            held = [s for s in listed[:n] if s.chain == stored.chain or s.hash in r.follows]
            out[stored.hash] = verdict(stored, ring, [s.hash for s in descent.tips(held)])
        elif decisions_in(kind, r, before):
            out[stored.hash] = Verdict("unsigned", "nobody signed it")
        before = r
    return out


def effective(history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
              ) -> tuple[StoredRevision, Mapping[str, Verdict]]:
    """The revision of ONE record that stands: the current one, without decisions that do not count.

    An unverified decision is kept and shown, and the record stays as it stood before: a hazard
    whose closing nobody signed is still a hazard. Returns that revision and the verdicts.
    """
    verdicts = standing(history, kind, ring)
    counting = [s for s in history
                if verdicts.get(s.hash, Verdict("verified", "")).standing == "verified"
                or not decisions_in(kind, s.revision)]
    return descent.current_of(counting or history), verdicts
