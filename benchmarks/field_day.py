"""A day in the field, scripted: phones, lost networks, doubled and edited submissions, wrong
clocks, a server that is killed and started again. Used by `bench_field_day.py` and
`tests/test_field_day.py`. All made up (S19).

What a phone does: it fills in forms, and sends each whenever there is a network, again and again
until it hears 201; two at a time, and not in the order in which they were filled in, so that an
edit overtakes what it replaces. Some requests break off in the middle; of some the answer is never
heard; some are sent twice although they were heard. Some originals are never sent at all: only
their edit is. Some photographs come in a later request, some never; one is sent with two
submissions. Some clocks are years ahead, some years behind, some in the zone where it is tomorrow.
"""

from __future__ import annotations

import base64
import hashlib
import itertools
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

from landrelease.core.record import Record
from landrelease.store.accounts import Account, Accounts
from landrelease.store.open import create_registry, open_registry
from landrelease.store.registry import QuarantineEntry

JPEG = b"\xff\xd8\xff\xe0"
_BOUNDARY = "----field-day"
_MOST_TRIES = 400  # of one submission; a phone that is never heard ends the day with an error


@dataclass
class Submission:
    """One filled-in form. `fate`: what must become of it: "record" or "waits"."""

    instance: str
    identifier: str
    content: bytes
    photograph: bytes
    fate: str
    form: str = "item"
    replaces: str = ""  # instance of the one that it edits
    replaced: bool = False  # by an edit that is sent
    unsent: bool = False  # its edit is sent, it never is
    photo: str = "with"  # "with" it, "later" in a request of its own, "never"
    heard: bool = False
    sent: int = 0

    @property
    def pictured(self) -> bool:
        """Whether it is sent, and its photograph with it or later."""
        return not self.unsent and self.photo != "never"


@dataclass
class Day:
    """What happened. Times in seconds."""

    submissions: list[Submission] = field(default_factory=list)
    requests: int = 0
    broken: int = 0
    unheard: int = 0
    refused: Counter[int] = field(default_factory=Counter)  # by status; 0: no server
    kills: int = 0
    took: list[float] = field(default_factory=list)


def item(identifier: str, instance: str, *, replaces: str = "",
         found_on: str = "2026-09-01", depth: float = 0.1, end: str = "") -> bytes:
    """A submission of the form for items, as ODK Collect writes it."""
    old = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    # The place of a find stays when the submission is edited.
    x, y = (int(identifier[part], 16) / 2**24 / 10 for part in (slice(-6, None), slice(-12, -6)))
    return f"""<?xml version="1.0"?><landrelease_item id="landrelease_item" version="1"><start/>
      <end>{end}</end>
      <item><identifier>{identifier}</identifier><ordnance_category>ap_mine</ordnance_category>
      <quantity>1</quantity><found_on>{found_on}</found_on><depth_m>{depth:.2f}</depth_m>
      <place>{44 + y:.6f} {17.5 + x:.6f} 0 3</place></item>
      <photo_1>{instance[5:]}.jpg</photo_1>
      <meta xmlns="http://openrosa.org/xforms"><instanceID>{instance}</instanceID>{old}</meta>
      </landrelease_item>""".encode()


def survey(identifier: str, instance: str, rng: random.Random, *, hazards: int,
           replaces: str = "", depth: float = 0.1) -> bytes:
    """A submission of the form for non-technical surveys, with hazards and their evidence; what it
    says changes with `depth`, as for an item."""
    old = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    inner = ""
    for n in range(hazards):
        # The outline of an area stays when the submission is edited.
        x, y = 17 + int(identifier[-6:], 16) / 2**24 / 2, 44 + n / 100
        inner += f"""<hazard><identifier>hazard-{n}-{identifier}</identifier><status>open</status>
          <information_date>2026-09-01</information_date><hazard_type>SHA</hazard_type>
          <place>{y} {x} 0 3; {y} {x + 0.001} 0 3; {y + 0.001} {x} 0 3; {y} {x} 0 3</place>
          <evidence><identifier>evidence-{n}-{identifier}</identifier>
          <evidence_type>indirect</evidence_type><evidence_kind>verbal_report</evidence_kind>
          <says>contaminated</says></evidence></hazard>"""
    return f"""<?xml version="1.0"?><landrelease_nts id="landrelease_nts" version="1">
      <activity><identifier>{identifier}</identifier><activity_type>NTS</activity_type>
      <information_date>2026-09-01</information_date><organisation>Test operator</organisation>
      <description>depth {depth:.2f}</description>
      <place>{44 + rng.random() / 10:.6f} {17.5 + rng.random() / 10:.6f} 0 3</place>{inner}
      </activity><photo_1>{instance[5:]}.jpg</photo_1>
      <meta xmlns="http://openrosa.org/xforms"><instanceID>{instance}</instanceID>{old}</meta>
      </landrelease_nts>""".encode()


def filled_in(phones: int, each: int, photo_bytes: int, seed: int) -> list[list[Submission]]:
    """Phone -> its submissions: at least `each` that it sends and whose photograph comes too,
    besides those that it never sends and those of which the photograph is lost. Of ten about two
    an earlier one, also one that waits and one that is an edit; one has a clock years ahead,
    behind or of tomorrow; one is a survey with two areas, of which an edit may leave one out."""
    out = []
    for phone in range(phones):
        rng = random.Random(f"{seed} {phone}")

        def new_id(rng: random.Random = rng) -> str:
            return str(uuid.UUID(int=rng.getrandbits(128), version=4))

        own: list[Submission] = []
        for n in itertools.count():
            if sum(s.pictured for s in own) >= each:
                break
            instance, identifier = f"uuid:{new_id()}", f"item-{new_id()}"
            photograph = JPEG + rng.randbytes(photo_bytes)
            photo = {1: "later", 6: "never"}.get(n % 10, "with")
            before = [s for s in own if not s.replaced]
            if n % 5 == 4 and before:
                old = rng.choice(before)
                old.replaced, old.unsent = True, rng.random() < 0.2
                depth = round(0.3 + n / 1000, 3)
                # An edit keeps the day, unless it was wrong: one of an older day takes nothing off.
                day = re.search(rb"<found_on>(20[2-8][0-9-]+)", old.content)
                content = item(
                    old.identifier, instance, replaces=old.instance, depth=depth,
                    **({"found_on": day[1].decode()} if day else {})) \
                    if old.form == "item" else survey(
                        old.identifier, instance, rng, hazards=rng.choice((1, 2)),
                        replaces=old.instance, depth=depth)
                own.append(Submission(instance, old.identifier, content, photograph, "record",
                                      old.form, old.instance, photo=photo))
                continue
            form, said = "item", {}
            if n % 10 == 7:
                said = rng.choice((
                    {"found_on": "2091-01-01"}, {"end": "2091-01-01T10:00:00.000+02:00"},
                    {"found_on": "2010-01-01", "end": "2010-01-01T10:00:00.000+02:00"}))
            elif n % 10 == 3:
                form = "nts"
            elif n % 10 == 2:  # where it is tomorrow already
                now = datetime.now(timezone(timedelta(hours=13)))
                said = {"found_on": now.date().isoformat(),
                        "end": now.isoformat(timespec="milliseconds")}
            if n % 10 == 8:
                photograph = own[-1].photograph  # the same picture with two submissions
            content = item(identifier, instance, **said) if form == "item" else survey(
                identifier, instance, rng, hazards=2)
            own.append(Submission(instance, identifier, content, photograph,
                                  "waits" if n % 10 == 7 else "record", form, photo=photo))
        out.append(own)
    return out


def body_of(submission: Submission, photo: bool = True) -> bytes:
    """The request of one submission, as multipart form data, with its photograph or without."""
    name = submission.instance[5:]
    picture = b"".join((
        f"\r\n--{_BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}.jpg\"; "
        f"filename=\"{name}.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n".encode(),
        submission.photograph)) if photo else b""
    return b"".join((
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; name=\"xml_submission_file\"; "
        f"filename=\"{name}.xml\"\r\nContent-Type: text/xml\r\n\r\n".encode(),
        submission.content, picture, f"\r\n--{_BOUNDARY}--\r\n".encode()))


class Server:
    """`landrelease serve` as a process of its own, which can be killed and started again."""

    def __init__(self, address: Path | str, *more: str):
        self.address, self.more = address, more
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "landrelease", "serve", str(self.address), "--port",
             str(self.port), *self.more], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        for _ in range(600):
            if self.process.poll() is not None:
                raise RuntimeError("the server ended")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """At once, whatever it is writing: SIGKILL to the process and all it started."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def request(port: int, authorization: str, body: bytes, *, stop_after: float = 1.0,
            listen: bool = True) -> int:
    """The status of one request; 0 where none was heard. `stop_after`: share of the body that is
    sent before the network is lost."""
    head = (f"POST /openrosa/submission HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
            f"X-OpenRosa-Version: 1.0\r\nAuthorization: {authorization}\r\n"
            f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode()
    try:
        with socket.create_connection(("127.0.0.1", port), 60) as line:
            line.sendall(head + body[:int(len(body) * stop_after)])
            if stop_after < 1.0 or not listen:
                return 0
            answer = b""
            while b"\r\n" not in answer:
                part = line.recv(4096)
                if not part:
                    return 0
                answer += part
            return int(answer.split()[1])
    except OSError:
        return 0


def run(folder: Path, *, phones: int, each: int, photo_bytes: int, kills: int, seed: int = 1
        ) -> Day:
    """The day, in an empty folder; the registry is then `folder/day.gpkg`."""
    address = folder / "day.gpkg"
    create_registry(address, office="Test office").close()
    with open_registry(address) as registry:
        registry.keep_setting("synthetic", "yes")
    accounts = Accounts(Path(f"{address}.accounts"))
    keys = []
    for phone in range(phones):
        name = f"phone.{phone}"
        accounts.add(Account(name, "operator", "Test operator"), "four random words do")
        token = accounts.make_token(name, "phone", 30)
        keys.append("Basic " + base64.b64encode(f"{name}:{token}".encode()).decode())
    accounts.close()
    day, lock = Day(), threading.Lock()
    filled = filled_in(phones, each, photo_bytes, seed)
    to_send = sum(not s.unsent for own in filled for s in own)
    server = Server(address)
    server.start()

    def send(rng: random.Random, number: int, submission: Submission, body: bytes) -> None:
        chance = rng.random()
        times_more = 1 if rng.random() < 0.1 else 0  # sent again although it was heard
        for _ in range(_MOST_TRIES):
            lost = rng.uniform(0.05, 0.98) if chance < 0.15 else 1.0
            listen = not 0.15 <= chance < 0.3
            begun = time.perf_counter()
            status = request(server.port, keys[number], body, stop_after=lost, listen=listen)
            chance = 1.0  # the network is back
            with lock:
                day.requests += 1
                submission.sent += 1
                if lost < 1.0:
                    day.broken += 1
                elif not listen:
                    day.unheard += 1
                elif status == 201:
                    day.took.append(time.perf_counter() - begun)
                else:
                    day.refused[status] += 1
            if status == 201:
                if not times_more:
                    return
                times_more -= 1
            elif lost == 1.0 and listen:
                time.sleep(0.3)  # busy, or no server: later
        raise AssertionError(f"{submission.instance} was never heard")

    def phone_of(number: int, part: int) -> None:
        """One of the two ways in which a phone sends at once."""
        rng = random.Random(f"{seed} network {number} {part}")
        queue = [s for s in filled[number] if not s.unsent]
        random.Random(f"{seed} order {number}").shuffle(queue)
        for submission in queue[part::2]:
            if submission.photo == "with":
                send(rng, number, submission, body_of(submission))
            else:
                send(rng, number, submission, body_of(submission, photo=False))
                if submission.photo == "later":
                    send(rng, number, submission, body_of(submission))
            submission.heard = True
            with lock:
                done = sum(s.heard for own in filled for s in own)
            if (number, part) == (0, 0) and done >= (day.kills + 1) * to_send / (kills + 1) \
                    and day.kills < kills:
                server.kill()
                day.kills += 1
                server.start()

    threads = [threading.Thread(target=phone_of, args=(n, part))
               for n in range(phones) for part in range(2)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.kill()
    day.submissions = [s for own in filled for s in own]
    unheard = [s.instance for s in day.submissions if not s.heard and not s.unsent]
    assert not unheard, f"{len(unheard)} submissions were never heard"
    return day


def check(folder: Path, day: Day) -> dict[str, int]:
    """What became of the submissions; asserts that each is a record or waits, none twice, and that
    of each line of edits the last one holds."""
    from landrelease.workflows.submissions import missing_pictures

    sent = [s for s in day.submissions if not s.unsent]
    lines: dict[str, list[Submission]] = {}
    for s in sent:
        lines.setdefault(s.identifier, []).append(s)
    last = {i: next(s for s in line if not s.replaced) for i, line in lines.items()}
    with open_registry(folder / "day.gpkg") as registry:
        items = {r.id: r for r in registry.records("item")}
        surveys = {r.id: r for r in registry.records("activity")}
        hazards = {r.id for r in registry.records("hazard")}
        waiting, rows = registry.quarantine("waiting"), registry.quarantine(None)
        recorded = {i: s for i, s in last.items() if s.fate == "record"}
        assert {f"item-{i}" for i, s in recorded.items() if s.form == "item"} == set(items)
        assert {f"activity-{i}" for i, s in recorded.items() if s.form == "nts"} == set(surveys)
        for identifier, s in recorded.items():
            found = items.get(f"item-{identifier}")
            depth = found.values["depth_m"] if found is not None else float(
                surveys[f"activity-{identifier}"].values["description"].split()[1])
            said = float(re.search(rb"(?:depth |<depth_m>)([0-9.]+)", s.content)[1])
            assert depth == said, (identifier, depth, said)
            record = (found or surveys[f"activity-{identifier}"]).id
            assert len(registry.history(record)) <= len(lines[identifier]), "none twice"
        # What waits: submissions with a wrong clock that nobody corrected, and areas left out.
        codes = {e.number: e.row.findings[0].code for e in waiting}
        told = sorted(str(e.row.values.get("instanceID")) for e in waiting
                      if codes[e.number] != "FRM-017")
        assert told == sorted(s.instance for s in last.values() if s.fate == "waits"), told
        left_out = {e.row.findings[0].found for e in waiting if codes[e.number] == "FRM-017"}
        for identifier, s in recorded.items():
            for n in range(2) if s.form == "nts" else ():
                area = f"hazard-{n}-{identifier}"
                named = area.encode() in s.content
                assert (area in hazards) == (named or area in left_out), area
        taken = [e for e in rows if e.status != "waiting"]
        # An edit that came before one in between waited, and was taken in once that came.
        late = {s.instance for s in recorded.values() if s.replaces}
        assert all(e.reason.startswith("replaced on the phone by") if e.status == "rejected" else
                   e.reason == "tried again unchanged" and e.row.values["instanceID"] in late
                   for e in taken)
        for s in sent:
            digest = hashlib.sha256(s.content).hexdigest()
            assert registry.source_content(digest) == s.content
        labels = {(r.values["source_label"].split()[-1], r.values["sha256"])
                  for r in registry.records("source")
                  if r.values.get("source_type") == "photograph"}
        assert labels == {(s.instance, hashlib.sha256(s.photograph).hexdigest())
                          for s in sent if s.pictured}
        for s in sent:
            if s.pictured:
                digest = hashlib.sha256(s.photograph).hexdigest()
                assert registry.source_content(digest) == s.photograph
        lost = {instance for _, instance, _ in missing_pictures(registry)}
        assert lost == {s.instance for s in sent if s.photo == "never"}
        assert {r.validation for r in (*items.values(), *surveys.values())} <= {"entered"}
        assert not registry.audit()
        became = Counter(_became(s, last, items, surveys, waiting) for s in sent)
        assert sum(became.values()) == len(sent) and set(became) <= {"record", "replaced", "waits"}
        return {"submissions": len(sent), "records": len(items) + len(surveys),
                "hazards": len(hazards), "with_photograph": sum(s.pictured for s in sent),
                "edits": sum(bool(s.replaces) for s in sent),
                "edits_without_original": sum(s.unsent for s in day.submissions),
                "waiting": len(told), "left_out": len(left_out), "photographs": len(labels),
                "photographs_missing": len(lost), "revisions": registry.count()}


def _became(s: Submission, last: dict[str, Submission], items: dict[str, Record],
            surveys: dict[str, Record], waiting: Sequence[QuarantineEntry]) -> str:
    """What became of one submission: exactly one of three, or an error."""
    waits = [e for e in waiting if e.row.values.get("instanceID") == s.instance
             and e.row.findings[0].code != "FRM-017"]
    held = f"item-{s.identifier}" in items or f"activity-{s.identifier}" in surveys
    newest = last[s.identifier] is s
    found = [name for name, so in (
        ("waits", bool(waits)), ("record", newest and held and not waits),
        ("replaced", not newest and not waits)) if so]
    assert len(found) == 1 and len(waits) <= 1, (s.instance, found, len(waits))
    return found[0]
