"""Packages between offices: pack, unpack, what is missing, conflicts and their settlement."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core import descent
from landrelease.core import exchange as core
from landrelease.core.exchange import Package, Part, Seal
from landrelease.core.record import Record
from landrelease.core.revision import Chain, Revision, StoredRevision
from landrelease.core.signature import SigningKey, fingerprint, signed
from landrelease.errors import (
    CHOICE_NOT_THERE,
    EXTENSION_MISSING,
    NO_CONFLICT,
    PACKAGE_KEY_CHANGED,
    PACKAGE_NOT_READABLE,
    PACKAGE_SYNTHETIC,
    LandReleaseError,
)
from landrelease.workflows import is_synthetic
from landrelease.workflows.checkpoints import office_key
from landrelease.workflows.identities import owner

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.store.registry import Registry


@dataclass(frozen=True, slots=True)
class Packed:
    """A package that was written: revisions by office."""

    path: str
    sha256: str
    revisions: Mapping[str, int]
    sources: int


@dataclass(frozen=True, slots=True)
class Missing:
    """What has to arrive before a package can be taken in."""

    office: str
    chain: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What became of a package. `new`: revisions that were not here, by office."""

    file: str
    office: str
    signer: str  # fingerprint of the office's key
    first_time: bool  # the key was seen for the first time: compare it by voice
    new: Mapping[str, int]
    known: int
    forks: tuple[str, ...]  # chains that continue otherwise than the one that is here
    missing: tuple[Missing, ...]
    conflicts: tuple[str, ...]  # records of which offices say different things now


@dataclass(frozen=True, slots=True)
class Saying:
    """What one office says of a record, with the hash by which it can be chosen."""

    hash: str
    office: str
    recorded_at: datetime
    recorded_by: str
    reason: str
    validation: str
    signed: bool
    values: Mapping[str, Any]
    geometry: BaseGeometry | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """A record of which offices say different things; `fields` are those that differ."""

    record_id: str
    kind: str
    fields: tuple[str, ...]
    current: str  # the hash that stands meanwhile
    sayings: tuple[Saying, ...]


# --- out ---------------------------------------------------------------------------------------


def pack(registry: Registry, out: Path, *, to: str = "", since: Mapping[str, int] | None = None,
         key: SigningKey | None = None, with_sources: bool = False,
         now: datetime | None = None) -> Packed:
    """Write a package with all chains that are here, from the positions `since` on.

    Chains of other offices go as far as their own office has sealed them. Without `since` and
    `to` the package is whole; with `to` it begins after what the last package for that office held.
    """
    from landrelease.store.exports import write_bytes

    signing = key or office_key(registry)
    if since is None:
        since = _sent(registry, to) if to else {}
    seals = _seals(registry)
    parts: list[tuple[Part, Iterable[StoredRevision]]] = []
    counts: dict[str, int] = {}
    used: set[str] = set()
    for chain in registry.chains():
        seal = (Seal.make(chain.id, chain.position, chain.head, signing) if chain.own
                else seals.get(chain.id))
        first = max(since.get(chain.id, 0) + 1, chain.first)
        if seal is None or seal.position < first:
            continue
        before = next(iter(registry.revisions(chain.id, after=first - 2, limit=1)), None) \
            if first > chain.first else None
        previous = chain.genesis if before is None else before.hash
        parts.append((Part(chain.id, chain.office, chain.genesis, chain.first, first,
                           seal.position, previous, seal),
                      _stretch(registry, chain.id, first, seal.position, used)))
        counts[chain.office] = counts.get(chain.office, 0) + seal.position - first + 1
    at = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    extension = registry.setting("extension")
    about = {"office": registry.office, "chain": registry.chain, "to": to, "made_at": at,
             "extension": hashlib.sha256(extension.encode()).hexdigest() if extension else "",
             **({"synthetic": "yes"} if is_synthetic(registry) else {})}
    written = list(_kept(parts)) if with_sources else parts
    sources = {}
    if with_sources:
        for sha256, name in registry.sources().items():
            if sha256 in used:
                content = _content(registry, sha256)
                if content is not None:
                    sources[sha256] = (name, content)
    content = core.write(about, written, sources, signing)
    write_bytes(out, content)
    sha256 = hashlib.sha256(content).hexdigest()
    registry.keep_package(sha256, out.name, direction="out", status="written", about=json.dumps(
        {"to": to, "ends": {part.chain: part.last for part, _ in parts}}))
    return Packed(str(out), sha256, counts, len(sources))


def _kept(parts: Sequence[tuple[Part, Iterable[StoredRevision]]]
          ) -> Iterator[tuple[Part, list[StoredRevision]]]:
    """Read the stretches once, so that it is known which files they name."""
    for part, revisions in parts:
        yield part, list(revisions)


def _stretch(registry: Registry, chain: str, first: int, last: int, used: set[str]
             ) -> Iterator[StoredRevision]:
    for stored in registry.revisions(chain, after=first - 1, limit=last - first + 1):
        if stored.revision.source:
            used.add(stored.revision.source)
        yield stored


def _content(registry: Registry, sha256: str) -> bytes | None:
    """A file that came in; None where it is too large to be kept here, or was erased."""
    try:
        return registry.source_content(sha256)
    except LandReleaseError:
        return None


def _sent(registry: Registry, to: str) -> dict[str, int]:
    ends: dict[str, int] = {}
    for entry in registry.packages():
        about = json.loads(entry.about or "{}")
        if entry.direction == "out" and about.get("to") == to:
            ends.update(about.get("ends", {}))
    return ends


def _seals(registry: Registry) -> dict[str, Seal]:
    """The farthest seal of each chain of another office, from the packages that came in."""
    out: dict[str, Seal] = {}
    for entry in registry.packages():
        if entry.direction != "in" or entry.status != "taken in":
            continue
        for chain, document in json.loads(entry.about or "{}").get("seals", {}).items():
            seal = Seal(**document)
            if chain not in out or out[chain].position < seal.position:
                out[chain] = seal
    return out


# --- in ----------------------------------------------------------------------------------------


def unpack(registry: Registry, path: Path, *, by: str, accept_key: bool = False,
           now: datetime | None = None) -> Unpacked:
    """Take a package in: what is new joins its chains, what is known is passed over.

    A package that needs revisions which are not here yet is kept and taken in by itself once they
    arrive. A chain that continues otherwise than the one that is here (a copy of a registry was
    written to) is kept as a branch, and listed.

    Raises
    ------
    LandReleaseError
        EXC-001: it cannot be read. EXC-002: a signature does not fit. EXC-003: another key than
        this office had before. EXC-004: it needs a national extension that is not loaded. EXC-007:
        it holds synthetic data and the registry real data.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise LandReleaseError(PACKAGE_NOT_READABLE, file=path,
                               found=error.strerror or str(error)) from error
    found = _take_in(registry, core.read(content, path.name), by, accept_key, now)
    if any(found.new.values()):
        _take_waiting(registry, by, now)
        from landrelease.workflows.certificates import record_reopenings

        record_reopenings(registry, now=now)
        found = replace(found, conflicts=tuple(registry.contested()))
    return found


def _take_waiting(registry: Registry, by: str, now: datetime | None) -> None:
    """Try what waits until nothing moves any more."""
    moved = True
    while moved:
        moved = False
        for entry in registry.packages():
            if entry.direction == "in" and entry.status == "waiting" and entry.content:
                again = _take_in(registry, core.read(entry.content, entry.name), by, False, now)
                moved |= any(again.new.values())


def _take_in(registry: Registry, package: Package, by: str, accept_key: bool,
             now: datetime | None) -> Unpacked:
    m = package.manifest
    if m.extension:
        loaded = registry.setting("extension")
        if loaded is None or hashlib.sha256(loaded.encode()).hexdigest() != m.extension:
            raise LandReleaseError(EXTENSION_MISSING, file=package.file, office=m.office,
                                   found=m.extension[:16])
    # Made up records never lie among real ones without a mark (S19).
    if m.synthetic and not is_synthetic(registry) and (
            any(c.position >= c.first for c in registry.chains())
            or registry.keep_setting("synthetic", "yes") != "yes"):
        raise LandReleaseError(PACKAGE_SYNTHETIC, file=package.file, office=m.office)
    pinned = _pinned(registry)
    first_time = False
    for part in m.parts:
        base = part.chain.partition("/")[0]
        known = pinned.get(base)
        if known is None:
            first_time |= base != registry.chain
        elif part.seal.public_key not in known and not accept_key:
            raise LandReleaseError(
                PACKAGE_KEY_CHANGED, file=package.file, office=part.office,
                found=fingerprint(part.seal.public_key), expected=fingerprint(known[-1]))
    at = now or datetime.now(UTC)
    author = registry.author(by)
    new: dict[str, int] = {}
    known_count = 0
    forks: list[str] = []
    missing: list[Missing] = []
    for part in m.parts:
        stretches, gap = _stretches(registry, package, part)
        if gap is not None:
            missing.append(gap)
            continue
        count = 0
        for chain, revisions in stretches:
            receipt = Revision(
                "source", f"source:{package.sha256}",
                {"sha256": package.sha256, "source_type": "package", "title": package.file,
                 "organisation": m.office, "chain": chain.id,
                 "first_position": revisions[0].position,
                 "last_position": revisions[-1].position, "last_hash": revisions[-1].hash},
                None, at, author, f"package of {m.office}", "")
            count += registry.admit(chain, revisions, receipt=receipt)
            if "/" in chain.id:
                forks.append(chain.id)
        if count:
            new[part.office] = new.get(part.office, 0) + count
        known_count += part.last - part.first + 1 - count
    for sha256, name in m.sources.items():
        if not registry.knows_source(sha256):
            registry.keep_source(sha256, name, package.source(sha256))
    status = "waiting" if missing else "taken in"
    registry.keep_package(
        package.sha256, package.file, direction="in", status=status,
        content=package.content if missing else None, about=json.dumps(
            {"from": m.office, "made_at": m.made_at,
             "missing": [[g.office, g.chain, g.first, g.last] for g in missing],
             "seals": {part.chain: part.seal.document() for part in m.parts
                       if not any(g.chain == part.chain for g in missing)}}))
    return Unpacked(package.file, m.office, fingerprint(m.public_key), first_time, new,
                    known_count, tuple(dict.fromkeys(forks)), tuple(missing),
                    tuple(registry.contested()))


def _pinned(registry: Registry) -> dict[str, list[str]]:
    """The keys that each office has sealed with so far, in their order."""
    out: dict[str, list[str]] = {}
    for entry in registry.packages():
        if entry.direction == "in":
            for chain, seal in json.loads(entry.about or "{}").get("seals", {}).items():
                keys = out.setdefault(chain.partition("/")[0], [])
                if seal["public_key"] not in keys:
                    keys.append(seal["public_key"])
    return out


def _stretches(registry: Registry, package: Package, part: Part
               ) -> tuple[list[tuple[Chain, list[StoredRevision]]], Missing | None]:
    """Where each new revision of a part belongs: (chain, revisions) in order; or what is missing.

    What is here already with the same hash is passed over. Where another hash stands at the
    position, the rest goes on as the branch that begins there.
    """
    chains = {c.id: c for c in registry.chains()}
    current = chains.get(part.chain)
    if current is None:
        if part.first > part.begins:
            return [], Missing(part.office, part.chain, part.begins, part.first - 1)
        current = Chain(part.chain, part.office, part.genesis, part.begins, part.begins - 1,
                        part.genesis, False, part.seal.public_key)
        chains[part.chain] = current
    if part.first > current.position + 1:
        return [], Missing(part.office, part.chain, current.position + 1, part.first - 1)
    out: list[tuple[Chain, list[StoredRevision]]] = []
    held = _hashes(registry, current, part.first)
    for stored in package.revisions(part):
        place = stored.position
        if place in held and held[place] != stored.hash:
            branch = descent.branch_id(current.id, place, stored.hash)
            if branch not in chains:
                chains[branch] = Chain(branch, part.office, stored.previous_hash, place, place - 1,
                                       stored.previous_hash, False, part.seal.public_key)
            current = chains[branch]
            held = _hashes(registry, current, place)
        if place in held:
            continue
        if current.own:
            # The own chain grows here only: what a copy of this registry wrote is a branch.
            branch = descent.branch_id(current.id, place, stored.hash)
            current = chains.setdefault(branch, Chain(
                branch, part.office, stored.previous_hash, place, place - 1,
                stored.previous_hash, False, part.seal.public_key))
            held = _hashes(registry, current, place)
            if place in held:
                continue
        if not out or out[-1][0].id != current.id:
            out.append((current, []))
        out[-1][1].append(replace(stored, chain=current.id))
    return out, None


def _hashes(registry: Registry, chain: Chain, first: int) -> dict[int, str]:
    if chain.position < first:
        return {}
    return {s.position: s.hash for s in registry.revisions(chain.id, after=first - 1)}


# --- what waits, what is contested -------------------------------------------------------------


def waiting(registry: Registry) -> list[tuple[str, tuple[Missing, ...]]]:
    """Packages that are kept until what they need arrives: (file, what is missing)."""
    return [(entry.name, tuple(Missing(*g) for g in json.loads(entry.about)["missing"]))
            for entry in registry.packages()
            if entry.direction == "in" and entry.status == "waiting"]


def conflicts(registry: Registry) -> list[Conflict]:
    """Records of which offices say different things, side by side."""
    offices = {c.id: c.office for c in registry.chains()}
    out = []
    for record_id in registry.contested():
        history = registry.history(record_id)
        tips = descent.tips(history)
        sayings = tuple(
            Saying(s.hash, _office(offices, s.chain), s.revision.recorded_at,
                   s.revision.recorded_by, s.revision.reason,
                   s.revision.validation, bool(s.revision.signature), s.revision.values,
                   s.revision.geometry)
            for s in tips)
        out.append(Conflict(record_id, tips[0].revision.kind, _differing(tips),
                            descent.current_of(history).hash, sayings))
    return out


def _office(offices: Mapping[str, str], chain: str) -> str:
    branch = chain.partition("/")[2]
    return offices.get(chain, chain) + (f" (copy, branch {branch})" if branch else "")


def _differing(tips: Sequence[StoredRevision]) -> tuple[str, ...]:
    names = sorted({name for s in tips for name in s.revision.values})
    fields = [n for n in names
              if len({json.dumps(s.revision.values.get(n), default=str) for s in tips}) > 1]
    if len({None if s.revision.geometry is None else s.revision.geometry.wkb for s in tips}) > 1:
        fields.append("geometry")
    if len({s.revision.validation for s in tips}) > 1:
        fields.append("validation")
    return tuple(fields)


def resolve(registry: Registry, record_id: str, choose: str, *, reason: str, by: str = "",
            values: Mapping[str, Any] | None = None, key: SigningKey | None = None,
            now: datetime | None = None) -> StoredRevision:
    """Settle a conflict: what one office says (by the first digits of its hash) stands.

    `values` change single fields of it. The revision follows everything that was said. EXC-005:
    there is no conflict. EXC-006: nothing that was said has such a hash.
    """
    history = registry.history(record_id)
    if not descent.in_conflict(history):
        raise LandReleaseError(NO_CONFLICT, record=record_id)
    tips = descent.tips(history)
    chosen = [s for s in tips if len(choose) >= 4 and s.hash.startswith(choose.lower())]
    if len(chosen) != 1:
        raise LandReleaseError(CHOICE_NOT_THERE, record=record_id, found=choose,
                               expected=", ".join(s.hash[:12] for s in tips))
    who = owner(registry, key) if key is not None else registry.author(by)
    changed = _typed(registry, record_id, chosen[0].revision.kind, values or {})
    revision = replace(
        chosen[0].revision, values={**chosen[0].revision.values, **changed},
        recorded_at=now or datetime.now(UTC), recorded_by=who, reason=reason, source="",
        follows=tuple(s.hash for s in tips), commitments={}, signed_by="", signature="")
    if key is not None:
        revision = signed(revision, key, who, ())
    registry.append([revision])
    return registry.history(record_id)[-1]


def _typed(registry: Registry, record_id: str, kind: str, values: Mapping[str, Any]
           ) -> dict[str, Any]:
    """Values as they were typed, checked as an import checks them. STO-010."""
    from landrelease.errors import REVISION_REFUSED
    from landrelease.records.values import Refused, Style, convert

    fields = {f.name: f for f in registry.kinds[kind].fields if not f.personal}
    out = {}
    for name, value in values.items():
        if name not in fields:
            raise LandReleaseError(REVISION_REFUSED, record=record_id, field=name, found=value,
                                   expected="a field of " + kind)
        try:
            found, _ = convert(fields[name], value, Style(), datetime.now(UTC).date())
        except Refused as refused:
            raise LandReleaseError(
                REVISION_REFUSED, record=record_id, field=name, found=value,
                expected=str(refused.facts.get("expected", fields[name].type))) from refused
        out[name] = found
    return out


def contested_said(registry: Registry, kind: str = "hazard", *, valid_at: date | None = None,
                     known_at: datetime | None = None) -> dict[str, list[Record]]:
    """For each contested record of a kind what each office says of it, as records.

    While offices disagree on where a hazard is, it is wherever one of them says (S01).
    """
    out: dict[str, list[Record]] = {}
    for record_id in registry.contested():
        held = [s for s in registry.history(record_id)
                if (known_at is None or (s.known_from or s.revision.recorded_at) <= known_at)
                and (valid_at is None or s.revision.valid_from is None
                     or s.revision.valid_from <= valid_at)]
        tips = descent.tips(held) if held else []
        if tips and tips[0].revision.kind == kind:
            out[record_id] = [Record(kind, record_id, r.values, r.geometry, r.valid_from,
                                     r.validation, s.number, chain=s.chain, signed_by=r.signed_by)
                              for s in tips for r in (s.revision,)]
    return out


def all_said(registry: Registry, kind: str, *, valid_at: date | None = None,
             known_at: datetime | None = None) -> list[Record]:
    """The records of a kind, and of those about which offices disagree also what the others say: of
    what may be dangerous nobody's word is passed over (S01)."""
    found: list[Record] = registry.records(kind, valid_at=valid_at, known_at=known_at)
    if len(registry.chains()) < 2:
        return found
    held = {(r.id, r.revision) for r in found}
    return found + [r for said in contested_said(
        registry, kind, valid_at=valid_at, known_at=known_at).values() for r in said
        if (r.id, r.revision) not in held]

