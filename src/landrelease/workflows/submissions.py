"""Submissions of phones: each becomes records or rows that wait, none twice; photographs are kept.

Source: OpenRosa Form Submission API 1.0: a phone may send
a submission in several requests, each with the form's XML and some of the files, and sends it again
whenever it did not hear the answer.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.names import folded
from landrelease.core.revision import Revision
from landrelease.errors import (
    ANSWERS_OF_ANOTHER,
    ANSWERS_OF_DECIDED,
    EDIT_OF_CHANGED,
    EDIT_OF_OTHERS,
    LEFT_OUT_BY_EDIT,
    LEFT_OUT_WAITING,
    PHONE_CLOCK,
    REACHED_FARTHER,
    REPORT_TO_LOOK_AT,
    SOURCE_TWICE,
    SUBMISSION_AGAIN,
    SUBMISSION_FILE,
    SUBMISSION_FORM_UNKNOWN,
    SUBMISSION_NAMELESS,
    SUBMISSION_NOT_READ,
    SUBMISSION_REPLACED,
    LandReleaseError,
    Message,
)
from landrelease.records.forms import FORMS
from landrelease.records.mapping import Mapping as ColumnMapping
from landrelease.records.told import Caution, Fate
from landrelease.workflows import edited, few, imports, load_assumptions
from landrelease.workflows.identities import current_revision
from landrelease.workflows.quarantine import MOST_ANSWERS, document_of, retry_quarantined
from landrelease.workflows.waiting_rows import answered_place

if TYPE_CHECKING:
    from landrelease.access.policy import View
    from landrelease.core.record import Record
    from landrelease.records.readers.openrosa import Said
    from landrelease.store.registry import QuarantineEntry, Registry

_EASTERNMOST = timedelta(hours=14)  # the zone in which a day begins first (UTC+14)
_NAMELESS = "without-id-"
_EMPTY = hashlib.sha256(b"").hexdigest()
_LONGEST = 100  # edits of one submission
_LONGEST_NAME = 120
# What is said of rows that go on waiting although an edit replaced their submission.
OF_EDITS = (REACHED_FARTHER.code, LEFT_OUT_WAITING.code)
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


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent a submission: `author` as the registry keeps authors (S17), the organisation of the
    account at that time ("": none). `for_all`: the role decides on what comes from anybody, so that
    an edit by it may be of anybody's submission."""

    author: str
    organisation: str
    for_all: bool

    @classmethod
    def of(cls, registry: Registry, reader: View, by: str, *, dry_run: bool = False) -> Sender:
        """Of a reader who is signed in, under the name by which records say their author; in a dry
        run, which keeps no author, known by the organisation alone."""
        from landrelease.workflows.own_imports import may_decide

        return cls("" if dry_run else registry.author(by), reader.organisation, may_decide(reader))

    def is_with(self, other: Sender) -> bool:
        """Whether both are one account, or of one organisation."""
        mine, theirs = (folded(s.organisation) for s in (self, other))
        return self.author == other.author or (bool(mine) and mine == theirs)


def receive_all(registry: Registry, contents: Sequence[bytes], files: Mapping[str, bytes], *,
                by: str, at: datetime | None = None, sender: Sender | None = None) -> Received:
    """Take in all submissions of one request, each as `receive` does, with the files that it names;
    the first has those that none of the others names. One that cannot be read waits as a file
    beside the first, unless it is the first. Raises as `receive` does."""
    from landrelease.records.readers import LIMITS, openrosa

    first, rest = contents[0], dict(files)
    others: list[tuple[bytes, dict[str, bytes]]] = []
    named = set(map(file_name, openrosa.said_of("submission.xml", first, LIMITS).pictures))
    for number, content in enumerate(contents[1:], 2):
        try:
            said = openrosa.said_of("submission.xml", content, LIMITS)
        except LandReleaseError:
            rest[f"submission ({number}).xml"] = content
            continue
        own = {n for n in map(file_name, said.pictures) if n in files and n not in named}
        others.append((content, {n: rest.pop(n) for n in own if n in rest}))
    found = [receive(registry, content, with_it, by=by, at=at, sender=sender)
             for content, with_it in ((first, rest), *others)]
    return replace(found[0], accepted=sum(f.accepted for f in found),
                   merged=sum(f.merged for f in found), waiting=sum(f.waiting for f in found),
                   photographs=sum(f.photographs for f in found))


def receive(registry: Registry, content: bytes, files: Mapping[str, bytes], *, by: str,
            at: datetime | None = None, sender: Sender | None = None) -> Received:
    """Take a submission in, whole or not at all; the same one again changes nothing.

    `files`: name -> content of what came with it. A photograph is kept by its SHA-256, as it is;
    its metadata goes when it leaves (S17). They are written first, so that no record names a
    picture that is not there. A file that is no photograph, or too large, waits as a row of its own
    (FRM-012), and keeps nothing else back.

    A submission of a form that is not ours (FRM-010), and one of ours that cannot be imported as a
    whole, waits as one row of the kind `source` with all its answers: nothing that came in is lost.

    Of a line of edits the last one holds, in whatever order they come (`_Line`); what it leaves out
    or says of less ground counts until somebody decides (`workflows.edited`). All of one that
    has the id of another with other content waits beside that (FRM-014); so does one without an id
    (FRM-011), one that a phone filled in at an impossible hour (FRM-018), and a report on the form
    for everybody (PUB-030). `sender`: an edit of what another organisation sent waits where it says
    something else (FRM-032); None: of whoever keeps the registry, who may edit for all.

    Raises FIL-011, FIL-012, FIL-048 for XML that cannot be read: the phone keeps it.
    """
    now = at or datetime.now(UTC)
    said = said_in("submission.xml", content)
    form, instance = said.form, said.instance
    odd = 0
    for file, picture in sorted(files.items()):
        if problem := _no_picture(file, picture):
            odd += _wait_file(registry, form, instance, file, picture, problem)
        else:
            _keep(registry, said, file, picture, by, now)
    line = _Line(registry, said, hashlib.sha256(content).hexdigest(), now, sender=sender)
    name = _file_of(form, instance)
    if line.after and form not in FORMS and answered_place(_answers(name, content)) is None:
        line.keep(name, content)  # nobody knows what it says, but of no ground
        line.settle(by)
        return Received(form, instance, 0, 1, odd, len(files) - odd)
    found = _take_in(registry, name, content, line, by, odd, len(files) - odd)
    if not line.twin:  # it decides nothing about others
        line.settle(by)
    return found


def _take_in(registry: Registry, name: str, content: bytes, line: _Line, by: str, odd: int,
             photographs: int) -> Received:
    form, instance = line.said.form, line.said.instance
    if form not in FORMS:
        return _wait(registry, name, content, form, instance, odd, photographs, LandReleaseError(
            SUBMISSION_FORM_UNKNOWN, found=form[:80], expected=", ".join(FORMS)))
    try:
        reports = _import(registry, name, content, line, by)
    except LandReleaseError as error:
        if error.code.startswith("STO-"):  # a busy or full registry: the phone tries again
            raise
        return _wait(registry, name, content, form, instance, odd, photographs, error)
    return Received(form, instance, sum(r.accepted for r in reports),
                    sum(r.merged for r in reports), odd + sum(r.quarantined for r in reports),
                    photographs)


def _import(registry: Registry, name: str, content: bytes, line: _Line, by: str
            ) -> list[ImportReport]:
    doubt = line.clock_is_wrong()
    if line.said.instance.startswith(_NAMELESS):
        doubt = SUBMISSION_NAMELESS, {"found": line.said.instance}
    elif line.twin:
        doubt = SUBMISSION_AGAIN, {"found": line.said.instance, "other": line.twin[:12]}
    if doubt is None and FORMS[line.said.form].public:  # as every report: somebody looks
        doubt = REPORT_TO_LOOK_AT, {}
    with tempfile.TemporaryDirectory(prefix="landrelease-") as folder:
        path = Path(folder) / name
        path.write_bytes(content)
        # Somewhere the day that begins now has begun: a phone may be east of the server.
        return imports.import_files(
            registry, [path], recorded_by=by, by_index=True,
            today=(line.first_came + _EASTERNMOST).date(), caution=Caution(doubt, line.of))


def take_in_waiting(registry: Registry, row: QuarantinedRow, *, by: str) -> list[ImportReport]:
    """Import a submission of ours that waits as a whole (`quarantine.waits_whole`); the row itself
    is not decided. Of one that an edit replaced only what the edit does not say again.

    Raises FRM-021: no record can be made of it, as little as when it came.
    """
    content = registry.source_content(row.source)
    line = _Line(registry, said_in(row.file, content), row.source, datetime.now(UTC))
    try:
        reports = _import(registry, row.file, content, line, by)
    except LandReleaseError as error:
        if error.code.startswith("STO-"):
            raise
        raise LandReleaseError(SUBMISSION_NOT_READ, file=row.file, reason=str(error)) from error
    if not line.twin:
        line.settle(by)
    return reports


class _Line:
    """A submission in its line of edits: each names the one that it replaces (`deprecatedID`).

    Lines are known from two settings of the registry for each submission: which content first came
    under its id, and by which submission it was replaced. Both are written before the submission
    is taken in; what a setting names counts only once its content is kept. An edit may come before
    what it replaces, or without it. `keep`: the settings are written, as of one that a phone sends
    (of one that comes as a file: `keep_copy`). What came as a file before that was kept is known by
    the records that were made of it. A line ends where another organisation begins (`_of_others`):
    whose phone it is, that is nobody's edit but a submission of its own.
    """

    def __init__(self, registry: Registry, said: Said, digest: str, now: datetime, *,
                 keep: bool = True, seen: dict[str, str] | None = None,
                 sender: Sender | None = None):
        self.registry, self.said, self.digest = registry, said, digest
        # Submission -> SHA-256 of those that records were seen to be made of.
        self._seen = {} if seen is None else seen
        name, own = _first(said.form, said.instance), f"{digest} {now.isoformat()}"
        stands = registry.keep_setting(name, own) if keep else registry.setting(name) or own
        first, _, came = stands.partition(" ")
        self.first_came = datetime.fromisoformat(came) if came else now
        # SHA-256 of what came before under the same id, where that is other content.
        self.twin = first if first != digest and registry.knows_source(first) else ""
        self._own_sender = sender
        self._others = ""  # the submission of another organisation at which its line ends
        if keep:
            self._keep_sender(sender)
            self._keep_edit()
        # Id of a submission that came before and is newer than this one; "" where there is none.
        self.after = "" if self.twin else self._newer()
        self._last: edited.Last | None = None

    def _keep_sender(self, sender: Sender | None) -> None:
        if sender is not None:
            self.registry.keep_setting(_sender(self.digest), json.dumps(
                [sender.author, sender.organisation, sender.for_all]))

    def _keep_edit(self) -> None:
        """Keep what it replaces. What an organisation sent has its own edit beside one of another,
        which came before anybody knew whose submission that was."""
        said = self.said
        if not said.replaces or self._of_others(
                self.digest, self._first_content(said.replaces)):
            return
        name = _edit(said.form, said.replaces)
        sender = self._sender_of(self.digest)
        if self.registry.keep_setting(name, said.instance) != said.instance and sender is not None:
            for whose in (sender.author, folded(sender.organisation)):
                if whose:
                    self.registry.keep_setting(f"{name} by {whose}", said.instance)

    def _sender_of(self, digest: str) -> Sender | None:
        kept = self.registry.setting(_sender(digest)) if digest else None
        if kept is None:
            return self._own_sender if digest == self.digest else None
        return Sender(*json.loads(kept))

    def _of_others(self, edit: str, digest: str) -> bool:
        """Whether what comes as an edit (SHA-256) is of another organisation than the submission
        that it would replace, and of nobody who may edit for all. Of what came before senders were
        kept, and of files, the authors of the records that were made of it are known."""
        by = self._sender_of(edit)
        if by is None or by.for_all or not digest:
            return False
        whose = self._sender_of(digest)
        if whose is not None:
            return not by.is_with(whose)
        said = self._submission(digest)
        authors = {s.revision.recorded_by for record in (() if said is None else said.records)
                   for s in self.registry.history(record) if s.revision.source == digest}
        return bool(authors) and by.author not in authors

    def keep_copy(self, sender: Sender | None) -> None:
        """Keep which content came as a file under this id, and which one it replaces, so that the
        line is known whichever comes next, by phone or as a file. A phone that sends the same
        submission later, in other spelling, is held to the first that a phone sent alone."""
        said = self.said
        self.registry.keep_setting(_copy(said.form, said.instance), self.digest)
        self._keep_sender(sender)
        self._keep_edit()

    def says_anew(self, kind: str, record_id: str) -> bool:
        """Whether it is an edit of a submission that is here, and did not come before as a file or
        by phone: it may say again what an earlier one of its line said, since what counts is what
        stands now. Where something else than a submission was the last to say the record, such as
        an export, nobody knows which of the two is the newer one."""
        before = self._first_content(self.said.instance)
        if not self.said.replaces or before not in ("", self.digest) \
                or not self._first_content(self.said.replaces):
            return False
        if self.registry.knows_source(self.digest) and any(
                (report.source, report.kind) == (self.digest, kind)
                for _, report in self.registry.imports()):
            return False  # not only others of its layers are here
        source = current_revision(self.registry, record_id).revision.source
        return self._submission(source) is not None

    def _newer(self) -> str:
        """An original names nothing; where one in between is missing, a record of it that an edit
        brought says that it is the older one."""
        known = self._edit_of(self.said.instance)
        if known or self.said.replaces:
            return known
        for record in self.said.records:
            for stored in self.registry.history(record):
                other = self._submission(stored.revision.source)
                if other is not None and other.replaces and not self._of_others(
                        stored.revision.source, self.digest):
                    return other.instance
        return ""

    def of(self, record: Record, said: Record) -> tuple[Message, Mapping[str, Any], Fate] | None:
        """Why the answers may not change a record, as `records.told.Caution` has it."""
        now = current_revision(self.registry, record.id).revision
        other = self._submission(now.source)
        if now.source == self.digest:
            return None
        older, whole = self._older()
        after = self.after
        if not self.said.replaces and other is not None and other.replaces \
                and not self._of_others(now.source, self.digest):
            after = after or other.instance  # it came in while this one was looked at
        if after:
            self._last = self._last or self._end(after).says()
        last = self._last if after else None
        if last is not None and (now.source not in older.values() or last.left_as_it_was(record)):
            if last.holds(said):
                return SUBMISSION_REPLACED, {
                    "found": self.said.instance, "other": after}, "merged"
            return REACHED_FARTHER, {
                "found": record.id, "other": last.said.instance}, "quarantined"
        if not self.said.replaces:  # a new submission about a record that is known
            if other is not None and not self._mended(now.source, record) \
                    and now.validation == "entered" and not now.signature:
                return ANSWERS_OF_ANOTHER, {
                    "found": other.instance, "other": record.id}, "quarantined"
            return ANSWERS_OF_DECIDED, {}, "quarantined"
        free = now.source in older.values() and not self._mended(now.source, record)
        others = self._others
        if not whole and other is not None and not other.replaces \
                and other.form == self.said.form:
            # An original, and an edit of which the one in between has not come.
            free = not self._of_others(self.digest, now.source)
            others = "" if free else other.instance
        if others and not free:
            return EDIT_OF_OTHERS, {"found": others}, "quarantined"
        if free and now.validation == "entered" and not now.signature:
            return None
        return EDIT_OF_CHANGED, {"found": self.said.replaces}, "quarantined"

    def clock_is_wrong(self) -> tuple[Message, Mapping[str, Any]] | None:
        """FRM-018 where the phone's clock was ahead when it was filled in, or far behind."""
        ended = self.said.ended
        if ended is None:
            return None
        stated = load_assumptions(None, self.registry)
        ahead = timedelta(minutes=stated.value("phone_ahead_minutes"))
        behind = timedelta(days=stated.value("phone_behind_days"))
        if ended.tzinfo is None:  # no zone, or none on Earth: wrong only where it is so in each
            came = self.first_came.astimezone(UTC).replace(tzinfo=None)
            good = came - behind - _EASTERNMOST <= ended <= came + ahead + _EASTERNMOST
        else:
            good = -ahead <= self.first_came - ended <= behind
        if good:
            return None
        return PHONE_CLOCK, {
            "found": ended.isoformat(timespec="minutes"), "expected":
            self.first_came.isoformat(timespec="minutes")}

    def keep(self, name: str, content: bytes) -> None:
        """Keep what was replaced before it came, without a record of it, and say so; once."""
        facts = {"found": self.said.instance, "other": self.after}
        finding = Finding(SUBMISSION_REPLACED.code, name, 1, "", self.said.instance,
                          SUBMISSION_REPLACED.problem.format(**facts), SUBMISSION_REPLACED.remedy,
                          "merged")
        self.registry.take_in(Intake(
            ImportReport(name, self.digest, "source", 1, 0, 1, 0, (finding,)), (), (), content))

    def settle(self, by: str) -> None:
        """What the last submission of the line leaves to do, whichever of them just came: rows of
        older ones wait no longer where it says all of them again, its own that waited for one in
        between are tried again, and of records that it no longer holds a row waits."""
        last = self._end(self.after)
        older, whole = last._older()
        if not whole:  # where one in between never came, the original is known by its records
            older = last._originals() | older
            if last.digest != self.digest and not self.said.replaces:
                older[self.said.instance] = self.digest
        if not older and whole:
            return
        author = self.registry.author(by)
        replaced = []
        for entry in self.registry.quarantine("waiting"):
            if entry.row.source != last.digest:
                if entry.row.source in older.values() or (not whole and last._says_again(entry)):
                    replaced.append(entry)
            elif {f.code for f in entry.row.findings if f.fate == "quarantined"} == {
                    EDIT_OF_CHANGED.code}:
                record = few.record_of(self.registry, entry.row.kind, openrosa_id(entry.row))
                if record is not None and last.of(record, record) is None:
                    retry_quarantined(self.registry, entry.number, {}, decided_by=by)
        for number in sorted(last.says().held(replaced)) if replaced else ():
            self.registry.decide_quarantine(
                number, "rejected", decided_by=author,
                reason=f"replaced on the phone by {last.said.instance}")
        if older:
            last._left_out(older)

    def _end(self, after: str = "") -> _Line:
        """The last submission of the line that is here, by way of a newer one that is known."""
        last = self
        for n in range(_LONGEST):
            instance = after if after and not n else last._edit_of(last.said.instance)
            digest = self._first_content(instance) if instance else ""
            said = self._submission(digest)
            if said is None:
                break
            last = _Line(self.registry, said, digest, self.first_came, keep=False,
                         seen=self._seen)
        return last

    def says(self) -> edited.Last:
        """What this submission says, as far as it counts."""
        return edited.Last(self.registry, self.said, self.digest)

    def _says_again(self, entry: QuarantineEntry) -> bool:
        """Whether a row that waits is of the original of this edit, of which the one in between has
        not come, and about a record that the edit holds too."""
        if openrosa_id(entry.row) not in self.said.records:
            return False
        other = self._submission(entry.row.source)
        return (other is not None and other.form == self.said.form and not other.replaces
                and not self._of_others(self.digest, entry.row.source)
                and self._first_content(other.instance) == entry.row.source)

    def _left_out(self, older: Mapping[str, str]) -> None:
        gone: dict[str, str] = {}
        for digest in older.values():
            before = self._submission(digest)
            gone |= {} if before is None else dict(before.records)
        for record, kind in gone.items():
            if record in self.said.records or few.record_of(self.registry, kind, record) is None:
                continue
            facts = {"found": record, "other": self.said.instance}
            name = f"{_file_of(self.said.form, self.said.instance)} without {record}"
            finding = Finding(LEFT_OUT_BY_EDIT.code, name, 1, "", record,
                              LEFT_OUT_BY_EDIT.problem.format(**facts), LEFT_OUT_BY_EDIT.remedy,
                              "quarantined")
            note = f"{self.said.instance} without {record}\n".encode()
            _wait_row(self.registry, name, note, {
                "source_type": "form_submission", "title": record,
                "source_label": f"{self.said.form} {self.said.instance}"}, {}, finding)

    # What is known of others

    def _older(self) -> tuple[dict[str, str], bool]:
        """Submission -> SHA-256 of those that this one replaces, the next first; and whether the
        line is known to its beginning."""
        found: dict[str, str] = {}
        said: Said | None = self.said
        edit = self.digest
        while said is not None and said.replaces and said.replaces not in found:
            digest = self._first_content(said.replaces)
            if not digest:
                return found, False
            if self._of_others(edit, digest):
                self._others = said.replaces
                break
            found[said.replaces] = edit = digest
            said = self._submission(digest)
        return found, said is not None

    def _originals(self) -> dict[str, str]:
        """Submission -> SHA-256 of those, no edits, of which the records of this one were made."""
        found: dict[str, str] = {}
        for record in self.said.records:
            for stored in self.registry.history(record):
                other = self._submission(stored.revision.source)
                if other is not None and not other.replaces and other.form == self.said.form \
                        and not self._of_others(self.digest, stored.revision.source):
                    found[other.instance] = stored.revision.source
        return found

    def _first_content(self, instance: str) -> str:
        """SHA-256 of what came under an id; "" where nothing did. What came before lines were kept
        is found by the name of its file, what came as a file by a record that was made of it."""
        digest = (self.registry.setting(_first(self.said.form, instance)) or "").partition(" ")[0]
        if digest:
            return digest if self.registry.knows_source(digest) else ""
        copied = self.registry.setting(_copy(self.said.form, instance)) or ""
        if copied and self.registry.knows_source(copied):
            return copied
        name = _file_of(self.said.form, instance)
        return next((d for d, n in self.registry.sources().items() if n == name),
                    self._seen.get(instance, ""))

    def _edit_of(self, instance: str) -> str:
        """The edit of a submission that is here; of two organisations' that of its own."""
        digest = self.digest if instance == self.said.instance else self._first_content(instance)
        name, whose = _edit(self.said.form, instance), self._sender_of(digest)
        names = [name] if whose is None else [
            name, *(f"{name} by {w}" for w in (folded(whose.organisation), whose.author) if w)]
        for known in names:
            other = self.registry.setting(known) or ""
            content = self._first_content(other) if other else ""
            if content and not self._of_others(content, digest):
                return other
        return ""

    def _submission(self, digest: str) -> Said | None:
        """What a submission that is kept says of itself; None of anything else."""
        from landrelease.records.readers import openrosa

        if not digest:
            return None
        try:
            content = self.registry.source_content(digest)
            if not openrosa.is_submission(content):
                return None
            said = said_in("", content)
        except LandReleaseError:  # erased, or another file
            return None
        self._seen.setdefault(said.instance, digest)
        return said

    def of_file(self, record: Record, said: Record
                ) -> tuple[Message, Mapping[str, Any], Fate] | None:
        """As `of`, of a submission that comes as a file: what no submission said it may change."""
        source = current_revision(self.registry, record.id).revision.source
        return None if self._submission(source) is None else self.of(record, said)

    def _mended(self, digest: str, record: Record) -> bool:
        """Whether a person mended the row of a submission that a record is made of."""
        return any(
            e.row.source == digest and e.reason.startswith("mended:")
            and openrosa_id(e.row) == record.id for e in self.registry.quarantine("accepted"))


def edits_others(registry: Registry, row: QuarantinedRow) -> bool:
    """Whether a row is of a submission that edits one of another organisation."""
    try:
        content = registry.source_content(row.source)
        if not _is_submission(content):
            return False
        line = line_of_file(registry, row.file, content)
    except LandReleaseError:  # erased, or no longer there
        return False
    line._older()
    return bool(line._others)


def _is_submission(content: bytes) -> bool:
    from landrelease.records.readers import openrosa

    return openrosa.is_submission(content)


def line_of_file(registry: Registry, file: str, content: bytes, *, keep: bool = False,
                 sender: Sender | None = None) -> _Line:
    """The line of edits of a submission that comes as a file; nothing is written unless `keep`."""
    line = _Line(registry, said_in(file, content), hashlib.sha256(content).hexdigest(),
                 datetime.now(UTC), keep=False, sender=sender)
    if keep:
        line.keep_copy(sender)
    return line


def with_remarks(registry: Registry, entries: Sequence[QuarantineEntry]) -> list[QuarantineEntry]:
    """Rows that wait; those of a submission that was edited since say so: that the edit leaves them
    out (FRM-023), or reaches less far (FRM-022)."""
    ends: dict[tuple[str, str], Said | None] = {}
    return [_remarked(registry, entry, ends) for entry in entries]


def _remarked(registry: Registry, entry: QuarantineEntry, ends: dict[tuple[str, str], Said | None]
              ) -> QuarantineEntry:
    row = entry.row
    form, instance = _submitted(row)
    if not instance or {f.code for f in row.findings} & {
            REACHED_FARTHER.code, LEFT_OUT_BY_EDIT.code, SUBMISSION_AGAIN.code}:
        return entry
    key = (row.source, instance)
    if key not in ends:
        ends[key] = None
        if registry.setting(_edit(form, instance)):
            with contextlib.suppress(LandReleaseError):  # erased
                line = _Line(registry, said_in("", registry.source_content(row.source)), row.source,
                             datetime.now(UTC), keep=False)
                end = line._end()
                ends[key] = None if end is line or line.twin else end.said
    last = ends[key]
    if last is None:
        return entry
    record = last.instance if row.kind == "source" else openrosa_id(row)
    message = REACHED_FARTHER if row.kind == "source" or record in last.records \
        else LEFT_OUT_WAITING
    facts = {"file": row.file, "row": row.row, "found": record, "other": last.instance}
    finding = Finding(message.code, row.file, row.row, "", record, message.problem.format(**facts),
                      message.remedy.format(**facts), "quarantined")
    return replace(entry, row=replace(row, findings=(*row.findings, finding)))


def _submitted(row: QuarantinedRow) -> tuple[str, str]:
    """Form and id of the submission that a row is of; of another row "", ""."""
    if row.kind == "source":
        form = str(row.values.get("title") or "")
        label = str(row.values.get("source_label") or "")
        whole = row.values.get("source_type") == "form_submission" and label.startswith(f"{form} ")
        return (form, label[len(form) + 1:]) if whole else ("", "")
    form = next((f for f in FORMS if row.file.startswith(f"{f}-")), "")
    return (form, str(row.values.get("instanceID") or "")) if form else ("", "")


def said_in(name: str, content: bytes) -> Said:
    """What a submission says of itself. One without an id that can be used gets one by its content,
    so that it is known again when it comes again."""
    from landrelease.records.readers import LIMITS, openrosa

    said = openrosa.said_of(name, content, LIMITS)
    if re.fullmatch(r"[\w:.\-]{8,100}", said.instance):
        return said
    return replace(said, instance=_NAMELESS + hashlib.sha256(content).hexdigest()[:32])


def openrosa_id(row: QuarantinedRow) -> str:
    """Id of the record that a row of a submission is about."""
    said = str(row.values.get("identifier") or "")
    return said if row.kind == "hazard" else f"{row.kind}-{said}"


def file_name(stated: str) -> str:
    """The name of a file as it is kept: the last part of a path of any system, without signs that
    cannot be printed, the end of a long one."""
    last = "".join(c for c in re.split(r"[/\\]", stated)[-1] if c.isprintable())
    return last.strip()[-_LONGEST_NAME:].strip() if last.strip(" .") else "file"


def _first(form: str, instance: str) -> str:
    return f"submission {form[:80]} {instance}"


def _sender(digest: str) -> str:
    return f"sender of {digest}"


def _edit(form: str, instance: str) -> str:
    return f"edit of {form[:80]} {instance}"


def _copy(form: str, instance: str) -> str:
    return f"copy of {form[:80]} {instance}"


def _file_of(form: str, instance: str) -> str:
    return f"{_plain(form)}-{_plain(instance)}.xml"


def _plain(words: str) -> str:
    return re.sub(r"[^0-9A-Za-z_-]", "-", words)[:100] or "form"


def _wait(registry: Registry, name: str, content: bytes, form: str, instance: str, odd: int,
          photographs: int, why: LandReleaseError) -> Received:
    """Keep a submission that no record can be made of: one row that waits, once.

    Its answers stand in the row by their paths, its XML in the registry by its SHA-256. Accepted
    (`quarantine retry`), it is a `source` record; `source get` gives the file out, and `import
    --kind --mapping` makes records of it. One of our own forms is imported then
    (`take_in_waiting`); while it waits, hazards in it have no place (S15).
    """
    finding = Finding(why.code, name, 1, "", form[:80], why.message.problem.format(**why.facts),
                      why.message.remedy.format(**why.facts), "quarantined")
    new = _wait_row(registry, name, content, {
        "source_type": "form_submission", "title": form[:200],
        "source_label": f"{form[:200]} {instance}"}, _answers(name, content), finding)
    return Received(form, instance, 0, int(not new), odd + new, photographs)


def _answers(name: str, content: bytes) -> dict[str, str]:
    from landrelease.records.readers import LIMITS, openrosa

    return openrosa.answers_of(name, content, LIMITS, MOST_ANSWERS)


def _wait_row(registry: Registry, name: str, content: bytes, own: Mapping[str, str],
              answers: Mapping[str, str], finding: Finding) -> int:
    """Keep a file as one row that waits, of the kind `source`; 0 where it came before."""
    digest = hashlib.sha256(content).hexdigest()
    own = {"sha256": digest, **own}
    row = QuarantinedRow(name, digest, 1, "source", {**own, **answers}, "", (finding,))
    before = len(registry.quarantine(None)) if registry.knows_source(digest) else -1
    # Of two doubles at once the store takes one: the other brings nothing new.
    registry.take_in(Intake(ImportReport(
        name, digest, "source", 1, 0, 0, 1, (finding,), mapping=document_of(
            ColumnMapping("source", {c: c for c in own}))), (), (row,), content))
    return int(before < 0 or len(registry.quarantine(None)) > before)


def keep_file(registry: Registry, said: Said, name: str, content: bytes, *, by: str, at: datetime
              ) -> bool:
    """Keep a file that came with a submission: a photograph by its SHA-256, anything else as a row
    that waits (FRM-012). Whether it is a photograph."""
    if problem := _no_picture(name, content):
        _wait_file(registry, said.form, said.instance, name, content, problem)
        return False
    _keep(registry, said, name, content, by, at)
    return True


def _no_picture(name: str, content: bytes) -> LandReleaseError | None:
    """FRM-012 of a file that is no photograph, by its size and first bytes."""
    found = expected = ""
    if not content:
        found, expected = "0 bytes", "a photograph as JPEG or PNG"
    elif len(content) > MOST_PHOTO_BYTES:
        found, expected = f"{len(content):,} bytes", f"at most {MOST_PHOTO_BYTES:,} bytes"
    elif not any(content.startswith(magic) for magic, _ in PICTURES):
        found, expected = "another kind of file", "a photograph as JPEG or PNG"
    return LandReleaseError(SUBMISSION_FILE, name=name[:80], found=found, expected=expected) \
        if found else None


def _wait_file(registry: Registry, form: str, instance: str, name: str, content: bytes,
               why: LandReleaseError) -> int:
    """Keep a file that is no photograph: it waits beside the submission that it came with."""
    file = file_name(name)
    finding = Finding(why.code, file, 1, "", why.facts["found"],
                      why.message.problem.format(**why.facts), why.message.remedy, "quarantined")
    return _wait_row(registry, file, content, {
        "source_type": "other", "title": file, "source_label": f"{form[:200]} {instance}"}, {},
        finding)


def _keep(registry: Registry, said: Said, name: str, content: bytes, by: str, at: datetime) -> None:
    """Keep a photograph, with a `source` record for each submission that it came with."""
    digest = hashlib.sha256(content).hexdigest()
    file, label = file_name(name), f"{said.form} {said.instance}"
    for _ in range(2):  # once more where another request was first
        record = f"source-{digest[:32]}"
        # Whatever was kept of it before: a server may have been killed in between.
        held = few.record_of(registry, "source", record) if registry.knows_source(digest) else None
        if held is not None and held.values.get("source_label") != label:
            record += "-" + hashlib.sha256(label.encode()).hexdigest()[:12]
            held = few.record_of(registry, "source", record)
        if held is not None:
            return
        values: dict[str, Any] = {
            "sha256": digest, "source_type": "photograph", "title": file, "source_label": label}
        if said.records:
            values["came_with"] = " ".join(said.records)[:2000]
        revision = Revision("source", record, values, None, at, registry.author(by),
                            f"photograph of {label}", digest, at.date())
        try:  # content and record in one transaction
            registry.take_in(Intake(
                ImportReport(file, digest, "source", 1, 1, 0, 0), (revision,), (), content))
        except LandReleaseError as error:
            if error.code != SOURCE_TWICE.code:
                raise


def missing_pictures(registry: Registry) -> list[tuple[str, str, str]]:
    """(form, submission, file) of photographs that submissions of our forms name and that never
    came, by form and submission."""
    came = {(str(v.get("source_label")), str(v.get("title"))) for v in (
        *(r.values for r in registry.records("source")),
        *(e.row.values for e in registry.quarantine(None) if e.row.kind == "source"))
        if v.get("sha256") != _EMPTY}  # a file of which nothing came
    found = set()
    for digest, name in registry.sources().items():
        if not name.lower().endswith(".xml"):
            continue
        # Erased, or another file: one that was copied from a phone has whatever name the form had.
        with contextlib.suppress(LandReleaseError):
            content = registry.source_content(digest)
            if not _is_submission(content):
                continue
            said = said_in(name, content)
            found |= {(said.form, said.instance, picture) for picture in said.pictures
                      if (f"{said.form} {said.instance}", file_name(picture)) not in came}
    return sorted(found)
