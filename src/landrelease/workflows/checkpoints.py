"""Checkpoints of a registry, made and held against it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core import checkpoint as core
from landrelease.core.checkpoint import Checkpoint
from landrelease.core.signature import SigningKey
from landrelease.errors import CHECKPOINT_NOT_READABLE, LandReleaseError
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

    at = (now or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="seconds")
    made = core.make(registry.chains(), head=registry.head(), count=registry.count(), made_at=at,
                     key=key or office_key(registry))
    write_json(out, made.document())
    return made


def read(path: Path) -> Checkpoint:
    """A checkpoint from its file. CHK-001."""
    try:
        return core.read(path.read_text(encoding="utf-8-sig"), str(path))
    except (OSError, UnicodeDecodeError) as error:
        found = getattr(error, "strerror", None) or "no text"
        raise LandReleaseError(CHECKPOINT_NOT_READABLE, file=path, found=found) from error


def compare(registry: Registry, checkpoints: Sequence[Checkpoint]) -> list[AuditFinding]:
    """What the registry lacks of what the checkpoints say; empty where it holds all."""
    from landrelease.store.registry import AuditFinding

    def hash_at(chain: str, position: int) -> str | None:
        found = next(iter(registry.revisions(chain, after=position - 1, limit=1)), None)
        return found.hash if found is not None and found.position == position else None

    chains = registry.chains()
    return [AuditFinding(message.code, 0, "", text)
            for held in checkpoints for message, text in core.compare(held, chains, hash_at)]


def known_signer(registry: Registry, checkpoint: Checkpoint) -> str:
    """Who signed a checkpoint, in words: a person, this computer's office key, or nobody known."""
    person = ring_of(registry).who(checkpoint.public_key)
    if person:
        return registry.name_of(person)
    path = key_folder() / f"{registry.chain}.pem"
    if path.exists():
        try:
            key = read_key(path, os.environ.get("LANDRELEASE_PASSPHRASE"))
        except LandReleaseError:
            key = None
        if key is not None and key.public_key == checkpoint.public_key:
            return f"the office {registry.office} (key on this computer)"
    return f"a key that is not known here: {core.signer(checkpoint)}"
