"""A day in the field, scripted: phones, lost networks, doubled and edited submissions, wrong
clocks, a server that is killed and started again. Used by `bench_field_day.py` and
`tests/test_field_day.py`. All made up (S19).

What a phone does: it fills in a form, and sends it whenever there is a network, again and again
until it hears 201. Some requests break off in the middle; of some the answer is never heard; some
are sent twice although they were heard; some are edited afterwards and sent under a new id that
names the old.
"""

from __future__ import annotations

import base64
import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from landrelease.store.accounts import Account, Accounts
from landrelease.store.open import create_registry, open_registry

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
    replaced: bool = False  # by a later edit
    heard: bool = False
    sent: int = 0


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


def item(identifier: str, instance: str, rng: random.Random, *, replaces: str = "",
         found_on: str = "2026-09-01", depth: float = 0.1) -> bytes:
    """A submission of the form for items, as ODK Collect writes it."""
    old = f"<deprecatedID>{replaces}</deprecatedID>" if replaces else ""
    return f"""<?xml version="1.0"?><landrelease_item id="landrelease_item" version="1"><start/>
      <item><identifier>{identifier}</identifier><ordnance_category>ap_mine</ordnance_category>
      <quantity>1</quantity><found_on>{found_on}</found_on><depth_m>{depth:.2f}</depth_m>
      <place>{44 + rng.random() / 10:.6f} {17.5 + rng.random() / 10:.6f} 0 3</place></item>
      <photo_1>{instance[5:]}.jpg</photo_1>
      <meta xmlns="http://openrosa.org/xforms"><instanceID>{instance}</instanceID>{old}</meta>
      </landrelease_item>""".encode()


def filled_in(phones: int, each: int, photo_bytes: int, seed: int) -> list[list[Submission]]:
    """Phone -> its submissions in their order: of ten about one is an edit of an earlier one and
    one comes from a phone whose clock is 65 years ahead."""
    out = []
    for phone in range(phones):
        rng = random.Random(f"{seed} {phone}")

        def new_id(rng: random.Random = rng) -> str:
            return str(uuid.UUID(int=rng.getrandbits(128), version=4))

        own: list[Submission] = []
        for n in range(each):
            instance = f"uuid:{new_id()}"
            photograph = JPEG + rng.randbytes(photo_bytes)
            before = [s for s in own if s.fate == "record" and not s.replaced]
            if n % 10 == 4 and before:
                old = rng.choice(before)
                old.replaced = True
                own.append(Submission(instance, old.identifier, item(
                    old.identifier, instance, rng, replaces=old.instance, depth=0.3),
                    photograph, "record"))
                continue
            wrong = n % 10 == 7
            identifier = f"item-{new_id()}"
            own.append(Submission(instance, identifier, item(
                identifier, instance, rng, found_on="2091-01-01" if wrong else "2026-09-01"),
                photograph, "waits" if wrong else "record"))
        out.append(own)
    return out


def body_of(submission: Submission) -> bytes:
    """The request of one submission, as multipart form data."""
    name = submission.instance[5:]
    return b"".join((
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; name=\"xml_submission_file\"; "
        f"filename=\"{name}.xml\"\r\nContent-Type: text/xml\r\n\r\n".encode(),
        submission.content,
        f"\r\n--{_BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}.jpg\"; "
        f"filename=\"{name}.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n".encode(),
        submission.photograph, f"\r\n--{_BOUNDARY}--\r\n".encode()))


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
    server = Server(address)
    server.start()

    def phone_of(number: int) -> None:
        rng = random.Random(f"{seed} network {number}")
        for submission in filled[number]:
            body = body_of(submission)
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
                    submission.heard = True
                    if not times_more:
                        break
                    times_more -= 1
                elif status != 201 and lost == 1.0 and listen:
                    time.sleep(0.3)  # busy, or no server: later
            with lock:
                done = sum(s.heard for own in filled for s in own)
            if number == 0 and kills and done >= (day.kills + 1) * phones * each / (kills + 1) \
                    and day.kills < kills:
                server.kill()
                day.kills += 1
                server.start()

    threads = [threading.Thread(target=phone_of, args=(n,)) for n in range(phones)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        server.kill()
    day.submissions = [s for own in filled for s in own]
    unheard = [s.instance for s in day.submissions if not s.heard]
    assert not unheard, f"{len(unheard)} submissions were never heard"
    return day


def check(folder: Path, day: Day) -> dict[str, int]:
    """What became of the submissions; asserts that each is a record or waits, none twice."""
    with open_registry(folder / "day.gpkg") as registry:
        records = {r.id: r for r in registry.records("item")}
        waiting = registry.quarantine(None)
        kept = {r.values["sha256"] for r in registry.records("source")
                if r.values.get("source_type") == "photograph"}
        wanted = {s.identifier for s in day.submissions if s.fate == "record"}
        edits = {s.identifier for s in day.submissions if s.replaced}
        assert {f"item-{i}" for i in wanted} == set(records), "a record is missing or too many"
        for identifier in wanted:
            line = registry.history(f"item-{identifier}")
            versions = sum(s.identifier == identifier for s in day.submissions)
            assert len(line) == versions, (identifier, len(line), versions)
            if identifier in edits:
                assert records[f"item-{identifier}"].values["depth_m"] == 0.3, identifier
        told = sorted(str(e.row.values.get("instanceID")) for e in waiting)
        assert told == sorted(s.instance for s in day.submissions if s.fate == "waits")
        for s in day.submissions:
            digest = hashlib.sha256(s.photograph).hexdigest()
            assert digest in kept and registry.source_content(digest) == s.photograph
        assert len(kept) == len(day.submissions)
        assert {r.validation for r in records.values()} <= {"entered"}
        assert not registry.audit()
        return {"records": len(records), "edited": len(edits), "waiting": len(waiting),
                "photographs": len(kept), "revisions": registry.count()}
