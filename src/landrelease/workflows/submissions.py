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

from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.revision import Revision
from landrelease.errors import (
    SOURCE_TWICE,
    SUBMISSION_FILE,
    SUBMISSION_FORM_UNKNOWN,
    SUBMISSION_NAMELESS,
    LandReleaseError,
)
from landrelease.records.forms import FORMS
from landrelease.workflows import few, imports

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

    A submission of a form that is not ours (FRM-010), and one of ours that cannot be imported as a
    whole, waits as one row of the kind `source` with all its answers: nothing that came in is lost.

    Raises FIL-004, FIL-011, FIL-012 for XML that cannot be read, FRM-011 for one without an
    instance id, FRM-012 for a file that is no photograph: the phone keeps it.
    """
    from landrelease.records.readers import LIMITS, openrosa

    form, instance, _ = openrosa.instance_of("submission.xml", content, LIMITS)
    if not re.fullmatch(r"[\w:.\-]{8,100}", instance):
        raise LandReleaseError(SUBMISSION_NAMELESS, found=instance[:100])
    for name, picture in files.items():
        _check_picture(name, picture)
    for name, picture in sorted(files.items()):
        _keep(registry, form, instance, name, picture, by, at or datetime.now(UTC))
    name = f"{_plain(form)}-{_plain(instance)}.xml"
    if form not in FORMS:
        return _wait(registry, name, content, form, instance, len(files), LandReleaseError(
            SUBMISSION_FORM_UNKNOWN, found=form[:80], expected=", ".join(FORMS)))
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        try:
            reports = imports.import_files(registry, [path], recorded_by=by, by_index=True)
        except LandReleaseError as error:
            if error.code.startswith("STO-"):  # a busy or full registry: the phone tries again
                raise
            return _wait(registry, name, content, form, instance, len(files), error)
    return Received(form, instance, sum(r.accepted for r in reports),
                    sum(r.merged for r in reports), sum(r.quarantined for r in reports),
                    len(files))


def _plain(words: str) -> str:
    return re.sub(r"[^0-9A-Za-z_-]", "-", words)[:100] or "form"


def _wait(registry: Registry, name: str, content: bytes, form: str, instance: str,
          photographs: int, why: LandReleaseError) -> Received:
    """Keep a submission that no record can be made of: one row that waits, once.

    Its answers stand in the row by their paths, its XML in the registry by its SHA-256. Accepted
    (`quarantine retry`), it is a `source` record, and `import --kind --mapping` makes records of
    the file.
    """
    from landrelease.records.mapping import Mapping as ColumnMapping
    from landrelease.records.readers import LIMITS, openrosa
    from landrelease.workflows.quarantine import document_of

    digest = hashlib.sha256(content).hexdigest()
    if registry.knows_source(digest) and any(
            (r.source, r.kind) == (digest, "source") for _, r in registry.imports()):
        return Received(form, instance, 0, 1, 0, photographs)
    own = {"sha256": digest, "source_type": "form_submission", "title": form[:200],
           "source_label": f"{form[:200]} {instance}"}
    row = {**own, **openrosa.answers_of(name, content, LIMITS)}
    finding = Finding(why.code, name, 1, "", form[:80], why.message.problem.format(**why.facts),
                      why.message.remedy.format(**why.facts), "quarantined")
    waiting = QuarantinedRow(name, digest, 1, "source", row, "", (finding,))
    # Of two doubles at once the store takes one: the other brings nothing new.
    registry.take_in(Intake(ImportReport(
        name, digest, "source", 1, 0, 0, 1, (finding,), mapping=document_of(
            ColumnMapping("source", {c: c for c in own}))), (), (waiting,), content))
    return Received(form, instance, 0, 0, 1, photographs)


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
    record, file = f"source-{digest[:32]}", Path(name).name[-120:]
    # Whatever was kept of it before: a server may have been killed in between.
    if registry.knows_source(digest) and few.record_of(registry, "source", record) is not None:
        return
    revision = Revision(
        "source", record, {"sha256": digest, "source_type": "photograph", "title": file,
                           "source_label": f"{form} {instance}"},
        None, at, registry.author(by), f"photograph of {form} {instance}", digest, at.date())
    try:  # content and record in one transaction
        registry.take_in(Intake(
            ImportReport(file, digest, "source", 1, 1, 0, 0), (revision,), (), content))
    except LandReleaseError as error:
        if error.code != SOURCE_TWICE.code:  # else another request was first
            raise
