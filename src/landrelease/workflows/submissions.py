"""Submissions of phones: each becomes records or rows that wait, none twice; photographs are kept.

Source: OpenRosa Form Submission API 1.0: a phone may send
a submission in several requests, each with the form's XML and some of the files, and sends it again
whenever it did not hear the answer.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from landrelease.core.revision import Revision
from landrelease.errors import (
    SUBMISSION_FILE,
    SUBMISSION_FORM_UNKNOWN,
    SUBMISSION_NAMELESS,
    LandReleaseError,
)
from landrelease.records.forms import FORMS
from landrelease.workflows import imports

if TYPE_CHECKING:
    from landrelease.store.registry import Registry

MOST_PHOTO_BYTES = 20_000_000
# What a photograph may be: by its first bytes, not by its name.
PICTURES = ((b"\xff\xd8\xff", "jpg"), (b"\x89PNG\r\n\x1a\n", "png"))


@dataclass(frozen=True, slots=True)
class Received:
    """What became of a submission: how many records it made or changed, how many rows wait."""

    form: str
    instance: str
    accepted: int
    merged: int
    waiting: int
    photographs: int


def receive(registry: Registry, content: bytes, files: Mapping[str, bytes], *, by: str,
            at: datetime | None = None) -> Received:
    """Take a submission in, whole or not at all; the same one again changes nothing.

    `files`: name -> content of what came with it. A photograph is kept by its SHA-256, as it is;
    its metadata goes when it leaves (S17). They are written first, so that no record names a
    picture that is not there.

    Raises FIL-... for XML that cannot be read, FRM-010 for a form that is not ours (the phone keeps
    it), FRM-011 for one without an instance id, FRM-012 for a file that is no photograph.
    """
    from landrelease.records.readers import LIMITS, openrosa

    form, instance, _ = openrosa.instance_of("submission.xml", content, LIMITS)
    if form not in FORMS:
        raise LandReleaseError(SUBMISSION_FORM_UNKNOWN, found=form[:80], expected=", ".join(FORMS))
    if not re.fullmatch(r"[\w:.\-]{8,100}", instance):
        raise LandReleaseError(SUBMISSION_NAMELESS, found=instance[:100])
    for name, picture in files.items():
        _check_picture(name, picture)
    for name, picture in sorted(files.items()):
        _keep(registry, form, instance, name, picture, by, at or datetime.now(UTC))
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / f"{form}-{re.sub(r'[^0-9A-Za-z-]', '-', instance)}.xml"
        path.write_bytes(content)
        reports = imports.import_files(registry, [path], recorded_by=by, by_index=True)
    return Received(form, instance, sum(r.accepted for r in reports),
                    sum(r.merged for r in reports), sum(r.quarantined for r in reports),
                    len(files))


def _check_picture(name: str, content: bytes) -> None:
    if len(content) > MOST_PHOTO_BYTES:
        raise LandReleaseError(SUBMISSION_FILE, name=name[:80], found=f"{len(content):,} bytes",
                               expected=f"at most {MOST_PHOTO_BYTES:,} bytes")
    if not any(content.startswith(magic) for magic, _ in PICTURES):
        raise LandReleaseError(SUBMISSION_FILE, name=name[:80], found="another kind of file",
                               expected="a photograph as JPEG or PNG")


def _keep(registry: Registry, form: str, instance: str, name: str, content: bytes, by: str,
          at: datetime) -> None:
    digest = hashlib.sha256(content).hexdigest()
    if registry.knows_source(digest):
        return
    registry.keep_source(digest, Path(name).name[-120:], content)
    registry.append([Revision(
        "source", f"source-{digest[:32]}",
        {"sha256": digest, "source_type": "photograph", "title": f"{Path(name).name[-120:]}",
         "source_label": f"{form} {instance}"},
        None, at, registry.author(by), f"photograph of {form} {instance}", digest, at.date())])
