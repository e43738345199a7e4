"""The history of a record over the chains of several offices: order, current state, conflict.

Offices without a network write at the same time. Their revisions of one record form a directed
graph: a revision comes after the one before it in its own chain, and after those that it names in
`follows`. Every registry that holds the same revisions computes the same order from them, whatever
the order in which packages arrived; so it has the same current records and the same conflicts.

Source of the method: causal order of L. Lamport, "Time, clocks, and the ordering of events in a
distributed system", Communications of the ACM 21(7), 1978; ties are broken by the recorded time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date

from landrelease.core.revision import StoredRevision


def branch_id(chain: str, first: int, first_hash: str) -> str:
    """The id of a branch that leaves a chain at the position `first`, where another hash stands."""
    return f"{chain}/{first}-{first_hash[:8]}"


def parents(revisions: Sequence[StoredRevision]) -> list[list[int]]:
    """For each revision of ONE record the places, in `revisions`, of those that it comes after.

    Those of its own chain: the nearest one before it. A branch (`branch_id`) continues the
    chain that it left. What it follows but is not here (it has not arrived) gives no edge.
    """
    place = {s.hash: n for n, s in enumerate(revisions)}
    by_chain: dict[str, list[tuple[int, int]]] = {}
    for n, s in enumerate(revisions):
        by_chain.setdefault(s.chain, []).append((s.position, n))
    for line in by_chain.values():
        line.sort()
    out: list[list[int]] = []
    for s in revisions:
        found = {place[h] for h in s.revision.follows if h in place}
        chain, before = s.chain, s.position
        while chain:
            earlier = [n for position, n in by_chain.get(chain, ()) if position < before]
            if earlier:
                found.add(earlier[-1])
                break
            # A branch "a/5-0f3c..." left `a` at position 5: what `a` holds before it counts.
            chain, _, branch = chain.rpartition("/")
            if chain:
                before = int(branch.partition("-")[0])
        out.append(sorted(found))
    return out


def in_order(revisions: Iterable[StoredRevision]) -> list[StoredRevision]:
    """Revisions of ONE record, each after those that it comes after.

    Ties are broken by recorded time and hash: the result depends on the set alone, also where
    registries give the two sides of a forked chain different names.
    """
    listed = sorted(revisions, key=_key)
    before = parents(listed)
    waiting = [len(p) for p in before]
    after: list[list[int]] = [[] for _ in listed]
    for n, found in enumerate(before):
        for p in found:
            after[p].append(n)
    ready = [n for n, count in enumerate(waiting) if not count]
    heapq.heapify(ready)  # places in `listed` are in the order of the ties
    out = []
    while ready:
        n = heapq.heappop(ready)
        out.append(listed[n])
        for child in after[n]:
            waiting[child] -= 1
            if not waiting[child]:
                heapq.heappush(ready, child)
    return out


def tips(revisions: Sequence[StoredRevision]) -> list[StoredRevision]:
    """Those of ONE record that no other comes after, by hash. One, where nobody disagrees."""
    listed = list(revisions)
    followed = {p for found in parents(listed) for p in found}
    return sorted((s for n, s in enumerate(listed) if n not in followed), key=lambda s: s.hash)


def in_conflict(revisions: Sequence[StoredRevision]) -> bool:
    """Whether offices say different things of ONE record, and nobody has settled it yet.

    Two offices that recorded the same (values, geometry, level of validation) do not disagree.
    """
    said = {content(s) for s in tips(revisions)}
    return len(said) > 1


def content(stored: StoredRevision) -> bytes:
    """What a revision says of its record, without who, when and why."""
    from dataclasses import replace
    from datetime import datetime

    return replace(
        stored.revision, recorded_at=datetime(1970, 1, 1, tzinfo=UTC), recorded_by="", reason="",
        source="", follows=(), signed_by="", signature="").canonical()


def current(revisions: Iterable[StoredRevision]) -> Mapping[str, StoredRevision]:
    """The current revision of each record; revisions of one office come in their order.

    An update with an earlier date of information than the current one is kept and shown in the
    history; it does not become the current one. A revision without a date counts as newest,
    because nobody said that it is older. Where several chains touch a record, `in_order` decides.
    """
    found: dict[str, StoredRevision] = {}
    several: dict[str, list[StoredRevision]] = {}
    lines: dict[str, list[StoredRevision]] = {}
    for stored in revisions:
        record_id = stored.revision.record_id
        line = lines.setdefault(record_id, [])
        if line and line[0].chain != stored.chain:
            several[record_id] = line
        line.append(stored)
        if record_id in several:
            continue
        known = found.get(record_id)
        if known is None or not _older(stored, known):
            found[record_id] = stored
    for record_id, line in several.items():
        found[record_id] = current_of(line)
    return found


def current_of(revisions: Iterable[StoredRevision]) -> StoredRevision:
    """The current revision of ONE record; see `current`. Raises ValueError where there is none."""
    known: StoredRevision | None = None
    for stored in in_order(revisions):
        if known is None or not _older(stored, known):
            known = stored
    if known is None:
        raise ValueError("a record has at least one revision")
    return known


def _older(new: StoredRevision, known: StoredRevision) -> bool:
    return dated_before(new.revision.valid_from, known.revision.valid_from)


def dated_before(new: date | None, known: date | None) -> bool:
    """Whether a new date of information is earlier than the known one; False if one is missing."""
    return new is not None and known is not None and new < known


def _key(stored: StoredRevision) -> tuple[str, str]:
    at = stored.revision.recorded_at.astimezone(UTC).isoformat(timespec="microseconds")
    return at, stored.hash
