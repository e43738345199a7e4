"""Persons with keys: made, vouched for, revoked, erased; what they sign (S09, S17)."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from landrelease.core.decision import (
    Verdict,
    deciders,
    effective,
    may_decide,
    opened_since,
    standing,
    still_said,
)
from landrelease.core.descent import current_of, in_conflict, tips
from landrelease.core.kind import NOT_REPORTED, Kind, ValidationLevel
from landrelease.core.lineage import reaching, widest
from landrelease.core.personal import is_person_id
from landrelease.core.record import KINDS, Record
from landrelease.core.revision import Revision, StoredRevision
from landrelease.core.signature import (
    KeyRing,
    SigningKey,
    fingerprint,
    key_ring,
    signed,
    usable,
)
from landrelease.errors import (
    CONTESTED,
    FINGERPRINT_DIFFERS,
    KEY_FIRST,
    KEY_IN_USE,
    KEY_MISSING,
    KEY_NOT_PUBLIC,
    KEY_OF_NOBODY,
    LEVEL_UNKNOWN,
    MAY_NOT_VOUCH,
    OUT_NOT_WRITABLE,
    PERSON_NOT_RECORDED,
    PERSON_UNKNOWN,
    REASON_NEEDED,
    RECORD_UNKNOWN,
    ROLE_DECIDES_NOT,
    ROLE_OF_PERSON,
    SIGN_OFF_RELEASES,
    LandReleaseError,
)
from landrelease.workflows.redrawn import redrawn_records

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

_RELEASING = ("hazard", "outcome", "handover")  # kinds whose decisions give land back
LEVELS: tuple[ValidationLevel, ...] = get_args(ValidationLevel)


@dataclass(frozen=True, slots=True)
class Identity:
    """A person as the registry knows them. `standing`: how far their key counts, in words; `role`:
    the one that was vouched for, else the one that is recorded."""

    person: str
    name: str
    organisation: str
    role: str
    public_key: str
    fingerprint: str
    key_until: date | None
    may_vouch: bool
    standing: str
    since: datetime | None = None  # when the key began to count; None: it never did
    vouched_by: str = ""  # the person who vouched; "" for the first key of an office, or nobody


# --- keys as files -----------------------------------------------------------------------------


def read_key(path: Path, passphrase: str | None) -> SigningKey:
    """The private key of a file. SIG-001, SIG-002, SIG-004."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as error:
        raise LandReleaseError(KEY_MISSING, file=path) from error
    except OSError as error:
        raise LandReleaseError(KEY_MISSING, file=f"{path} ({error.strerror})") from error
    return SigningKey.from_pem(content, passphrase, str(path))


def new_key(path: Path, passphrase: str | None) -> SigningKey:
    """Make a key and write it to a new file that only its owner can read. CLI-104."""
    key = SigningKey.from_seed(secrets.token_bytes(32))
    content = key.to_pem(passphrase, secrets.token_bytes(32))
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(place, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())  # on the disk before anything is signed with it
        except OSError:
            path.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise LandReleaseError(OUT_NOT_WRITABLE, path=path,
                               found=error.strerror or str(error)) from error
    return key


# --- persons -----------------------------------------------------------------------------------


def ring_of(registry: Registry) -> KeyRing:
    """The keys that count in this registry."""
    return key_ring(_person_revisions(registry), registry.chain)


def _person_revisions(registry: Registry) -> list[StoredRevision]:
    found: list[StoredRevision] = []
    for person in sorted(registry.ids("person")):
        # Where a stranger wrote what nobody can read, that person has no key; the audit says so.
        with contextlib.suppress(ValueError, TypeError, KeyError, AttributeError):
            found += registry.history(person)
    return sorted(found, key=lambda s: s.number)


def create_identity(
    registry: Registry, key_path: Path, *, name: str, by: str, organisation: str = "",
    role: str = "", competences: Sequence[str] = (), contact: str = "",
    passphrase: str | None = None, voucher: SigningKey | None = None, may_vouch: bool | None = None,
    now: datetime | None = None,
) -> Identity:
    """Record a person with a new key; the private part goes to `key_path` only.

    The first person with a key in a registry counts and may vouch. Each later one counts once
    somebody who may vouch has signed (`voucher`, or `vouch` later). The name and the contact stand
    in the erasable table; the chain holds an id and commitments (S17).

    Raises SIG-007: a person of that name has a key that counts. SIG-015: no such role. FIL/CLI-104:
    the file is there.
    """
    at = now or datetime.now(UTC)
    if role:
        role_named(role)  # before a key is made
    ring = ring_of(registry)
    first = not ring.keys
    person = registry.author(name)
    if ring.of(person, at):
        raise LandReleaseError(KEY_IN_USE, name=name)
    key = new_key(key_path, passphrase)
    try:
        vouching = first if may_vouch is None else may_vouch
        values: dict[str, Any] = {
            "public_key": key.public_key, "may_vouch": "yes" if vouching else "no"}
        if organisation:
            values["organisation"] = organisation
        if role:
            values["role"] = role
        if competences:
            values["competences"] = list(competences)
        said = {k: v for k, v in _said(registry, person).items() if k != "key_until"}
        revision = Revision("person", person, {**said, **values}, None, at,
                            registry.author(by), "identity with a key", "")
        if voucher is not None:
            revision = signed(revision, voucher, owner(registry, voucher),
                              registry.tips(person))
        personal = {"person_name": name, **({"contact": contact} if contact else {})}
        held = {v.field for v in registry.personal(person) if v.value is not None}
        private = {k: v for k, v in personal.items() if k not in held}
        # A signature covers the commitments: personal values come with a revision of their own.
        if voucher is None:
            registry.append([revision], personal={person: private} if private else None)
        else:
            registry.append([revision])
            if private:
                registry.append([replace(
                    revision, follows=(), signed_by="", signature="", reason="personal values")],
                    personal={person: private})
    except BaseException:
        key_path.unlink(missing_ok=True)  # a key that nothing knows is no key
        raise
    return next(i for i in identities(registry) if i.person == person)


def vouch(registry: Registry, person: str, key: SigningKey, *, may_vouch: bool | None = None,
          fingerprint_seen: str | None = None, since: date | None = None, until: date | None = None,
          role: str | None = None, reason: str = "fingerprint compared",
          now: datetime | None = None) -> Identity:
    """Sign for the key and the role of another person.

    `fingerprint_seen` is the one that was compared by voice: it has to be that of the key. `since`
    is the day from which the key counts, where it is of another office and signed before; else it
    counts from now on. `until` is its last day; without one, an end that anybody
    recorded is lifted. `role`: what the person is in the programme; without one, the role that is
    on record is signed for.

    Raises SIG-003: the signer is nobody here. SIG-005: no such person. SIG-008: another key.
    SIG-009: the signer may not vouch, or their key does not count.
    """
    said = _said(registry, person)
    if not isinstance(said.get("public_key"), str):
        raise LandReleaseError(PERSON_UNKNOWN, found=person)
    held = fingerprint(said["public_key"])
    if fingerprint_seen is not None and \
            _digits(fingerprint_seen) != _digits(held):
        raise LandReleaseError(FINGERPRINT_DIFFERS, found=held, expected=fingerprint_seen)
    signer = owner(registry, key)
    at = now or datetime.now(UTC)
    if not any(t.public_key == key.public_key and t.vouches(at)
               for t in ring_of(registry).of(signer, at)):
        raise LandReleaseError(MAY_NOT_VOUCH, name=registry.name_of(signer))
    said.pop("key_until", None)
    if until is not None:
        said["key_until"] = until
    if may_vouch is not None:
        said["may_vouch"] = "yes" if may_vouch else "no"
    if role is not None:
        said["role"] = role_named(role)
    revision = Revision("person", person, said, None, at, signer, reason, "", valid_from=since)
    registry.append([signed(revision, key, signer, registry.tips(person))])
    return next(i for i in identities(registry) if i.person == person)


def role_named(word: str) -> str:
    """A role that a person may have. SIG-015."""
    able = KINDS["person"].field("role").choices
    if word not in able or word == NOT_REPORTED:
        raise LandReleaseError(ROLE_OF_PERSON, found=word, expected=", ".join(
            c for c in able if c != NOT_REPORTED))
    return word


def deciding(registry: Registry, key: SigningKey, kind: str, field: str, at: datetime) -> str:
    """The person whose key it is, where the decision in a field is theirs by their role (S09).

    Raises SIG-003: the key is of nobody here. SIG-014: it does not count, or the role that was
    vouched for does not decide this.
    """
    who = owner(registry, key)
    keys = [t for t in ring_of(registry).of(who, at) if t.public_key == key.public_key]
    role = keys[-1].role(at) if keys else ""
    if not keys or not may_decide(kind, field, role):
        raise LandReleaseError(
            ROLE_DECIDES_NOT, person=registry.name_of(who) or who, what=f"{kind} {field}",
            found=f"the role that was vouched for is {role or 'not reported'}" if keys
            else "the key does not count: nobody vouched for it, or it ended",
            expected=" or ".join(deciders(kind, field)))
    return who


def revoke(registry: Registry, person: str, *, by: str, reason: str,
           last_day: date | None = None, key: SigningKey | None = None,
           now: datetime | None = None) -> Identity:
    """End a person's key: what it signed up to `last_day` (else yesterday) goes on counting.

    Anybody may end a key, because an end never lets a wrong signature count; only somebody who may
    vouch can make it count again.
    """
    from datetime import timedelta

    at = now or datetime.now(UTC)
    said = _said(registry, person)
    if "public_key" not in said:
        raise LandReleaseError(PERSON_UNKNOWN, found=person)
    said["key_until"] = last_day or at.date() - timedelta(days=1)
    revision = Revision("person", person, said, None, at, registry.author(by), reason, "")
    if key is not None:
        revision = signed(revision, key, owner(registry, key), registry.tips(person))
    registry.append([revision])
    return next(i for i in identities(registry) if i.person == person)


def identities(registry: Registry) -> list[Identity]:
    """All persons with a key, and how far it counts."""
    ring = ring_of(registry)
    out = []
    for record in registry.records("person"):
        public_key = record.values.get("public_key")
        if not isinstance(public_key, str):
            continue
        trust = next((t for t in reversed(ring.keys.get(record.id, ()))
                      if t.public_key == public_key), None)
        if trust is None:
            words = "unverified: nobody vouched for it"
        elif trust.until is not None:
            words = f"counts up to {trust.until}"
        elif trust.vouched_by:
            words = f"counts; vouched for by {trust.vouched_by}"
        else:
            words = "counts; the first key of this office"
        role = _word(record, "role")
        vouched = trust.roles[-1][1] if trust is not None and trust.roles else ""
        if trust is not None and role != vouched:
            words += f"; the role {role or 'not reported'} is not vouched for"
        out.append(Identity(
            record.id, registry.name_of(record.id), _word(record, "organisation"),
            vouched if trust is not None else role, public_key, fingerprint(public_key),
            None if trust is None else trust.until, bool(trust and trust.may_vouch), words,
            None if trust is None else trust.since, "" if trust is None else trust.vouched_by))
    return out


def record_key(registry: Registry, person: str, public_key: str, *, by: str,
               now: datetime | None = None) -> Identity:
    """Record the public part of a key that a person made elsewhere; the private part never comes
    here. It counts once somebody who may vouch has signed for it (`vouch`).

    Raises WEB-026: no such person on record. WEB-027: no public key, or one that is known. WEB-029:
    no key counts here yet; the first one counts as found, and is made at the registry
    (`create_identity`). SIG-007: the person has a key that counts.
    """
    at = now or datetime.now(UTC)
    if not usable(public_key):
        raise LandReleaseError(KEY_NOT_PUBLIC)
    if person not in registry.ids("person"):
        raise LandReleaseError(PERSON_NOT_RECORDED, found=person[:80])
    ring = ring_of(registry)
    if not ring.keys:
        raise LandReleaseError(KEY_FIRST)
    if ring.of(person, at):
        raise LandReleaseError(KEY_IN_USE, name=person)
    if any(i.public_key == public_key for i in identities(registry)) or ring.who(public_key):
        raise LandReleaseError(KEY_NOT_PUBLIC)
    said = {k: v for k, v in _said(registry, person).items() if k != "key_until"}
    registry.append([Revision(
        "person", person, {**said, "public_key": public_key, "may_vouch": "no"}, None, at,
        registry.author(by), "identity with a key", "")])
    return next(i for i in identities(registry) if i.person == person)


def owner(registry: Registry, key: SigningKey) -> str:
    """The person whose key it is: first among those that count. SIG-003."""
    trusted = ring_of(registry).who(key.public_key)
    if trusted:
        return trusted
    for record in registry.records("person"):
        if record.values.get("public_key") == key.public_key:
            return record.id
    raise LandReleaseError(KEY_OF_NOBODY, found=fingerprint(key.public_key))


def person_named(registry: Registry, words: str, *, anybody: bool = False) -> str:
    """The id of a person by id, name, fingerprint or the first digits of the key.

    `anybody`: also of somebody without a key, who only recorded something. SIG-005.
    """
    if is_person_id(words):
        return words
    found = {i.person for i in identities(registry)
             if words == i.name or _digits(words) == _digits(i.fingerprint)
             or (len(words) >= 8 and i.public_key.startswith(words.lower()))}
    if anybody and not found:
        ids = {s.revision.recorded_by for s in registry.revisions()} | registry.ids("person")
        found = {i for i in ids if is_person_id(i) and registry.name_of(i) == words}
    if len(found) != 1:
        raise LandReleaseError(PERSON_UNKNOWN, found=words)
    return found.pop()


def erase_person(registry: Registry, person: str, *, by: str, reason: str,
                 now: datetime | None = None) -> int:
    """Erase the name and all personal values of a person or record; the chain stays whole (S17).

    Who erased and why is a revision. Returns how many values went. STO-025: nothing was there.
    """
    history = registry.history(person)
    at = now or datetime.now(UTC)
    if history:
        last = history[-1].revision
        fields = {f.name for f in registry.kinds[last.kind].fields}
        said = {**last.values, **({"erased": "yes", "erasure_reason": reason}
                                  if "erased" in fields else {})}
        decision = replace(last, values=said, recorded_at=at, recorded_by=registry.author(by),
                           reason=f"erased: {reason}", source="", follows=(), commitments={},
                           signed_by="", signature="")
    else:
        decision = Revision("person", person, {"erased": "yes", "erasure_reason": reason}, None,
                            at, registry.author(by), f"erased: {reason}", "")
    return registry.erase(person, decision=decision)


def erase_source(registry: Registry, sha256: str, *, by: str, reason: str,
                 now: datetime | None = None) -> None:
    """Erase the content of a file that came in, and what quarantine holds of it (S17)."""
    registry.erase_source(sha256, decision=Revision(
        "source", f"source:{sha256}",
        {"sha256": sha256, "erased": "yes", "erasure_reason": reason}, None,
        now or datetime.now(UTC), registry.author(by), f"erased: {reason}", ""))


def _said(registry: Registry, person: str) -> dict[str, Any]:
    found = registry.history(person)
    return dict(current_of(found).revision.values) if found else {}


def _digits(words: str) -> str:
    return "".join(words.split()).lower()


def _word(record: Record, name: str) -> str:
    found = record.value(name)
    return "" if found == NOT_REPORTED else str(found)


# --- signing -----------------------------------------------------------------------------------


def sign_revision(registry: Registry, revision: Revision, key: SigningKey) -> Revision:
    """A revision signed by the person whose key it is, upon what the record is now.

    It has to be appended before anything else is recorded of the record, and without personal
    values: the store would add their commitments, which the signature does not cover. SIG-003.
    """
    who = owner(registry, key)
    return signed(replace(revision, recorded_by=who), key, who, registry.tips(revision.record_id))


def sign_off(registry: Registry, record_ids: Sequence[str], level: str, *, reason: str,
             by: str = "", key: SigningKey | None = None, now: datetime | None = None
             ) -> list[StoredRevision]:
    """Give records a level of validation, each as a revision with the same content.

    Any level may follow any other: a higher one validates, a lower one withdraws, which needs its
    own reason. The level of the authority is a decision: without a key it is recorded and shows as
    unverified (S09). Whoever signs signs the whole content of the record, its decisions too.

    Raises SIG-006: no such level. SIG-010: a withdrawal without a reason. SIG-011: offices disagree
    about a record. SIG-013: the authority's level for a record that says that land is released;
    only a signed proposal releases it (S09). CLI-106: no such record. SIG-003: the key is of nobody
    here.
    """
    wanted = level_named(level)
    at = now or datetime.now(UTC)
    who = owner(registry, key) if key is not None else registry.author(by)
    wanted_ids = list(dict.fromkeys(record_ids))
    made = []
    for record_id in wanted_ids:
        history = registry.history(record_id)
        stored = current_revision(registry, record_id)
        if in_conflict(history):
            raise LandReleaseError(CONTESTED, record=record_id)
        r = stored.revision
        released = [n for n in registry.kinds[r.kind].decision_in(r.values)
                    if r.kind in _RELEASING and r.values[n] != "revoked"]
        if wanted == "authority" and released:
            raise LandReleaseError(SIGN_OFF_RELEASES, record=record_id, found=", ".join(
                f"{n} {r.values[n]}" for n in released))
        if not reason.strip() and LEVELS.index(wanted) < LEVELS.index(r.validation):
            raise LandReleaseError(REASON_NEEDED, record=record_id, found=r.validation,
                                   expected=level)
        revision = replace(r, validation=wanted, recorded_at=at, recorded_by=who,
                           reason=reason.strip() or "validated", source="", follows=(),
                           commitments={}, signed_by="", signature="")
        made.append(revision if key is None else sign_revision(registry, revision, key))
    registry.append(made)
    return [registry.history(i)[-1] for i in wanted_ids]


def level_named(word: str) -> ValidationLevel:
    """A level by its name. SIG-006."""
    for level in LEVELS:
        if level == word:
            return level
    raise LandReleaseError(LEVEL_UNKNOWN, found=word, expected=", ".join(LEVELS))


def current_revision(registry: Registry, record_id: str) -> StoredRevision:
    """The current revision of a record. CLI-106: there is none."""
    history = registry.history(record_id)
    if not history:
        raise LandReleaseError(RECORD_UNKNOWN, found=record_id)
    return current_of(history)


def at_level(records: Sequence[Record], level: str) -> list[Record]:
    """Records that were validated at least to a level: what counts in a figure is a choice."""
    least = LEVELS.index(level_named(level))
    return [r for r in records if LEVELS.index(r.validation) >= least]


def verdicts(registry: Registry, record_id: str) -> Mapping[str, Verdict]:
    """How far each signed or deciding revision of a record counts, by hash."""
    history = registry.history(record_id)
    if not history:
        return {}
    return standing(history, registry.kinds[history[0].revision.kind], ring_of(registry))


def standing_records(registry: Registry, kind: str, *, valid_at: date | None = None,
                     known_at: datetime | None = None) -> list[Record]:
    """Records as they stand: decisions that nobody signed, or that do not count, change nothing.

    Such a record stands as it was before that decision. Where there is nothing before it, the
    fields that decide are left out (they read as not reported) and the level is "entered".
    A hazard that was said to be confirmed stays so until the authority signs that it is not. It
    keeps the widest of the grounds that it stands on, those that came with decisions that
    do not count, and those that were said of it since the authority signed last: what an unsigned
    revision leaves out, by whatever way it came, goes on counting (S01). Past questions are
    answered with the keys that are known now.
    """
    return _stand(registry, kind, registry.records(kind, valid_at=valid_at, known_at=known_at),
                  valid_at, known_at)


def standing_of(registry: Registry, kind: str, record_ids: Iterable[str], *,
                valid_at: date | None = None, known_at: datetime | None = None) -> list[Record]:
    """The same of some records of a kind, from their histories: of few among many."""
    found = []
    for record_id, line in _histories(registry, kind, sorted(set(record_ids))):
        held = [s for s in line if s.revision.kind == kind
                and (known_at is None or (s.known_from or s.revision.recorded_at) <= known_at)
                and (valid_at is None or s.revision.valid_from is None
                     or s.revision.valid_from <= valid_at)]
        if held:
            s = current_of(held)
            r = s.revision
            found.append(Record(r.kind, record_id, r.values, r.geometry, r.valid_from, r.validation,
                                s.number, chain=s.chain, signed_by=r.signed_by))
    return _stand(registry, kind, found, valid_at, known_at)


def _stand(registry: Registry, kind: str, records: list[Record], valid_at: date | None,
           known_at: datetime | None) -> list[Record]:
    known = registry.kinds[kind]
    redrawn = redrawn_records(registry, kind) if kind == "hazard" else frozenset()
    doubtful = {r.id: n for n, r in enumerate(records)
                if known.decision_in(r.values) or r.validation == "authority" or r.id in redrawn}
    if not doubtful:
        return records
    ring = ring_of(registry)
    out = list(records)
    for record_id, line in _histories(registry, kind, list(doubtful)):
        n = doubtful[record_id]
        history = [s for s in line
                   if known_at is None or (s.known_from or s.revision.recorded_at) <= known_at
                   if valid_at is None or s.revision.valid_from is None
                   or s.revision.valid_from <= valid_at]
        record = records[n]
        if known.decision_in(record.values) or record.validation == "authority":
            out[n] = _as_it_stands(record, history, known, ring)
        if kind == "hazard" and known.decision_in(out[n].values) and (
                again := opened_since(history, known, ring)):
            out[n] = _opened(out[n], again)
        if record_id in redrawn:
            said = still_said(history, known, ring)
            out[n] = reaching(out[n], (replace(
                record, values=s.revision.values, geometry=s.revision.geometry) for s in said))
            if not known.decision_in(out[n].values) and any(
                    s.revision.values.get("hazard_type") == "CHA" for s in (*said, *tips(history))):
                out[n] = replace(out[n], values={**out[n].values, "hazard_type": "CHA"})
    return out


def _opened(closed: Record, again: Sequence[StoredRevision]) -> Record:
    """An area that was closed and that somebody opened again: as it was said last, on all of the
    ground that was closed or that is said (S01)."""
    last = again[-1]
    r = last.revision
    said = [replace(closed, values=s.revision.values, geometry=s.revision.geometry) for s in again]
    return widest(replace(
        closed, values=r.values, valid_from=r.valid_from, validation=r.validation,
        revision=last.number, chain=last.chain, signed_by=""), said)


def doubts(registry: Registry, kind: str) -> dict[str, str]:
    """Records whose current revision decides something that does not count: id -> why, in words.

    For whoever shows decisions as they were recorded: beside each of these stands "(unverified)".
    """
    known = registry.kinds[kind]
    ids = [r.id for r in registry.records(kind)
           if known.decision_in(r.values) or r.validation == "authority"]
    if not ids:
        return {}
    ring = ring_of(registry)
    if not ring.keys and not ring.stated:  # no key is known: no history has to be read
        return dict.fromkeys(ids, "nobody signed it")
    return {record_id: why for record_id, line in _histories(registry, kind, ids)
            if (why := _doubt(line, known, ring))}


def doubt_of(registry: Registry, record: Record) -> str:
    """Why what the current revision of one record decides does not count; "" where it counts, or
    decides nothing."""
    known = registry.kinds[record.kind]
    if not known.decision_in(record.values) and record.validation != "authority":
        return ""
    ring = ring_of(registry)
    if not ring.keys and not ring.stated:
        return "nobody signed it"
    return _doubt(registry.history(record.id), known, ring)


def _doubt(line: Sequence[StoredRevision], kind: Kind, ring: KeyRing) -> str:
    """Why the current revision of a history does not count as it stands; "" where it does."""
    now = current_of(line)
    stands, found = effective(line, kind, ring)
    if stands is not None and stands.hash == now.hash:
        return ""
    verdict = found.get(now.hash)
    return "offices disagree about it" if verdict is None or verdict.standing == "verified" \
        else verdict.reason


def _as_it_stands(record: Record, history: Sequence[StoredRevision], kind: Kind, ring: KeyRing
                  ) -> Record:
    stored, verdicts = effective(history, kind, ring)
    if stored is None:
        decided = kind.decision_in(record.values)
        return replace(
            record, values={k: v for k, v in record.values.items() if k not in decided},
            validation="entered" if record.validation == "authority" else record.validation,
            signed_by="")
    r = stored.revision
    stands = replace(record, values=r.values, geometry=r.geometry, valid_from=r.valid_from,
                     validation=r.validation, revision=stored.number, chain=stored.chain,
                     signed_by=r.signed_by)
    if kind.repair != "union" or kind.decision_in(r.values):
        return stands
    return widest(stands, (replace(stands, values=s.revision.values, geometry=s.revision.geometry)
                           for s in history if s.hash in verdicts
                           and verdicts[s.hash].standing != "verified"
                           and s.number > stored.number))


_PIECE = 1_000  # records whose histories are asked for together


def _histories(registry: Registry, kind: str, record_ids: Sequence[str]
               ) -> Iterator[tuple[str, list[StoredRevision]]]:
    """The histories of some records of a kind, in their order; empty for one that is unknown."""
    for start in range(0, len(record_ids), _PIECE):
        piece = record_ids[start:start + _PIECE]
        found = registry.histories(piece)
        for record_id in piece:
            yield record_id, [s for s in found.get(record_id, ()) if s.revision.kind == kind]
