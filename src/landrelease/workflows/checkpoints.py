"""Checkpoints of a registry, made and held against it."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core import checkpoint as core
from landrelease.core.checkpoint import Checkpoint
from landrelease.core.signature import SigningKey
from landrelease.errors import (
    AUDIT_CHECKPOINT_KEY,
    AUDIT_CHECKPOINT_SIGNATURE,
    CHECKPOINT_NOT_READABLE,
    LandReleaseError,
)
from landrelease.workflows.identities import new_key, read_key, ring_of

if TYPE_CHECKING:
    from landrelease.store.registry import AuditFinding, Registry


def key_folder() -> Path:
    """Where keys of offices lie on this computer: never in the registry that they vouch for."""
    named = os.environ.get("LANDRELEASE_KEYS")
    if named:
        return Path(named)
    if sys.platform == "win32":
        base = os.environ.get("APPDATA") or str(Path.home())
    else:
        base = os.environ.get("XDG_CONFIG_HOME") or str(Path.home() / ".config")
    return Path(base) / "landrelease" / "keys"


def office_key(registry: Registry) -> SigningKey:
    """The key of the office on this computer, made at its first use."""
    path = key_folder() / f"{registry.chain}.pem"
    if path.exists():
        return read_key(path, os.environ.get("LANDRELEASE_PASSPHRASE"))
    return new_key(path, None)


def make(registry: Registry, out: Path, key: SigningKey | None = None,
         now: datetime | None = None) -> Checkpoint:
    """Write a signed checkpoint: keep it elsewhere than the registry.

    Without a key of a person the key of the office on this computer signs.
    """
    from landrelease.store.exports import write_json
    from landrelease.workflows import is_synthetic

    at = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")
    made = core.make(registry.chains(), head=registry.head(), count=registry.count(), made_at=at,
                     key=key or office_key(registry), synthetic=is_synthetic(registry))
    write_json(out, made.document())
    return made


_LARGEST = 16 * 1024 * 1024  # bytes; a chain takes about 200


def read(path: Path) -> Checkpoint:
    """A checkpoint from its file. CHK-001."""
    try:
        if path.stat().st_size > _LARGEST:
            raise LandReleaseError(CHECKPOINT_NOT_READABLE, file=path,
                                   found=f"larger than {_LARGEST:,} bytes")
        return core.read(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or "no text"
        raise LandReleaseError(CHECKPOINT_NOT_READABLE, file=path, found=found) from error


def compare(registry: Registry, checkpoints: Sequence[Checkpoint]) -> list[AuditFinding]:
    """What the registry lacks of what the checkpoints say; empty where it holds all.

    A checkpoint that a key signed which is not known here is compared too, and is a finding
    (STO-117): whoever rewrites a chain can sign a checkpoint of their own.
    """
    from landrelease.store.registry import AuditFinding

    chains = registry.chains()
    out = []
    for held in checkpoints:
        found = core.compare(held, chains, registry.hash_at)
        if known_signer(registry, held) is None and AUDIT_CHECKPOINT_SIGNATURE not in (
                message for message, _ in found):
            found.append((AUDIT_CHECKPOINT_KEY, AUDIT_CHECKPOINT_KEY.text(
                day=held.made_at[:10], found=core.signer(held))))
        out += [AuditFinding(message.code, 0, "", text) for message, text in found]
    return out


def known_signer(registry: Registry, checkpoint: Checkpoint) -> str | None:
    """Who signed a checkpoint: a person whose key counted then, or the office's key on this
    computer; None where the key is not known here, or did not count at that time.
    """
    ring = ring_of(registry)
    person = ring.who(checkpoint.public_key)
    at = datetime.fromisoformat(checkpoint.made_at)
    if any(t.public_key == checkpoint.public_key for t in ring.of(person, at)):
        return registry.name_of(person)
    path = key_folder() / f"{registry.chain}.pem"
    if path.exists():
        # An office key with a passphrase that is not at hand is as good as none.
        with contextlib.suppress(LandReleaseError):
            key = read_key(path, os.environ.get("LANDRELEASE_PASSPHRASE"))
            if key.public_key == checkpoint.public_key:
                return f"the office {registry.office} (key on this computer)"
    return None
