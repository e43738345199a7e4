"""Many readers and writers at one server that is killed in the middle and started again. Used by
`bench_readers_writers.py` and `tests/test_readers_writers.py`. All made up (S19).

A writer is a phone that sends submissions with a photograph, each again until it hears 201; every
fourth is an edit of its last one. A reader asks one page, tile or collection after another, half of
them as the public, half as a planner with a token. What is promised of a write that was heard holds
whatever happened afterwards.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import math
import random
import threading
import time
import uuid
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import field_day
from field_day import JPEG, Submission
from landrelease.store.accounts import Account, Accounts
from landrelease.store.open import create_registry, open_registry

_N = 2 ** 9
_TILE = (f"9/{int((17.5 + 180) / 360 * _N)}/"
         f"{int((1 - math.asinh(math.tan(math.radians(44.05))) / math.pi) / 2 * _N)}")
PUBLIC = ("/public", "/public?lang=ar&at=44.05,17.55", "/public/map.svg", "/ogc/collections",
          "/ogc/collections/hazard_cells/items?limit=50", f"/tiles/hazard_cells/{_TILE}", "/health")
PLANNER = ("/", "/api/about", "/ogc/collections/item/items?limit=50", f"/tiles/item/{_TILE}",
           "/ogc/collections/item/items?bbox=17.5,44,17.52,44.02&limit=50", "/quality")


@dataclass
class Run:
    """What happened. `heard`: submissions that were answered with 201, by their instance."""

    writers: list[list[Submission]] = field(default_factory=list)
    read: Counter[tuple[str, int]] = field(default_factory=Counter)  # (path, status)
    wrote: Counter[int] = field(default_factory=Counter)  # by status; 0: no answer was heard
    kills: int = 0

    @property
    def submissions(self) -> list[Submission]:
        return [s for own in self.writers for s in own]


def _reader(port: int, number: int, authorization: str, run: Run, lock: threading.Lock,
            stop: threading.Event) -> None:
    rng = random.Random(f"reader {number}")
    paths = PLANNER if authorization else PUBLIC
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not stop.is_set():
        path = rng.choice(paths)
        try:
            line.request("GET", path, headers={"Authorization": authorization}
                         if authorization else {})
            answer = line.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            line.close()
            status = 0
            stop.wait(0.3)
        with lock:
            run.read[path, status] += 1
        stop.wait(rng.uniform(0, 0.2))
    line.close()


def _writer(port: int, number: int, authorization: str, own: list[Submission], photo_bytes: int,
            seed: int, run: Run, lock: threading.Lock, stop: threading.Event, each: int | None
            ) -> None:
    rng = random.Random(f"{seed} writer {number}")

    def name() -> str:
        return str(uuid.UUID(int=rng.getrandbits(128), version=4))

    while not stop.is_set() and (each is None or len(own) < each):
        instance = f"uuid:{name()}"
        before = own[-1] if own and len(own) % 4 == 3 else None
        identifier = before.identifier if before else f"item-{name()}"
        content = field_day.item(identifier, instance, depth=0.01 * (len(own) % 90 + 1),
                                 replaces=before.instance if before else "")
        submission = Submission(instance, identifier, content,
                                JPEG + rng.randbytes(photo_bytes), "record")
        if before:
            before.replaced = True
        own.append(submission)
        body = field_day.body_of(submission)
        while not submission.heard:
            status = field_day.request(port, authorization, body)
            with lock:
                run.wrote[status] += 1
            submission.sent += 1
            submission.heard = status == 201
            if status not in (0, 201, 503):
                raise AssertionError(f"a submission was answered with {status}")
            if not submission.heard:
                time.sleep(0.3)
                if submission.sent > 2_000:
                    raise AssertionError("a submission was never heard")


def run(address: str | Path, folder: Path, *, readers: int, writers: int, photo_bytes: int,
        seconds: float | None = None, each: int | None = None, seed: int = 1) -> Run:
    """Until `seconds` are over, or each writer sent `each` submissions; killed in the middle of
    that. `address`: of a registry that is not there yet."""
    create_registry(address, office="Test office").close()
    with open_registry(address) as registry:
        registry.keep_setting("synthetic", "yes")
    kept = folder / "accounts"
    accounts = Accounts(kept)
    keys = []
    for name, role in [*((f"phone.{n}", "operator") for n in range(writers)), ("map", "planner")]:
        accounts.add(Account(name, role, "Test operator"), "four random words do")
        token = accounts.make_token(name, "phone", 1)
        keys.append("Basic " + base64.b64encode(f"{name}:{token}".encode()).decode())
    accounts.close()
    server = field_day.Server(address, "--accounts", str(kept))
    server.start()
    done, lock, stop = Run(), threading.Lock(), threading.Event()
    done.writers = [[] for _ in range(writers)]
    failed: list[BaseException] = []

    def guarded(work, *arguments) -> None:  # type: ignore[no-untyped-def]
        try:
            work(*arguments)
        except BaseException as error:
            failed.append(error)
            stop.set()

    reading = [threading.Thread(target=guarded, args=(
        _reader, server.port, n, keys[-1] if n % 2 else "", done, lock, stop))
        for n in range(readers)]
    writing = [threading.Thread(target=guarded, args=(
        _writer, server.port, n, keys[n], done.writers[n], photo_bytes, seed, done, lock, stop,
        each)) for n in range(writers)]
    try:
        for thread in (*reading, *writing):
            thread.start()
        began = time.monotonic()
        while not stop.is_set():
            heard = sum(s.heard for s in done.submissions)
            over = (time.monotonic() - began) / seconds if seconds else heard / (
                writers * (each or 1))
            if over >= 0.5 and not done.kills:
                server.kill()
                done.kills += 1
                time.sleep(0.5)
                server.start()
            if over >= 1:
                break
            time.sleep(0.05)
        if seconds:
            stop.set()
        for thread in writing:
            thread.join()
        stop.set()
        for thread in reading:
            thread.join()
    finally:
        stop.set()
        server.kill()
    if failed:
        raise failed[0]
    return done


def check(address: str | Path, done: Run) -> dict[str, object]:
    """Asserts that no write that was heard is lost or there twice, and that the audit passes."""
    wrong = {k: v for k, v in done.read.items() if k[1] not in (0, 200, 204, 304, 503)}
    assert not wrong, f"readers were told {wrong}"
    assert all(s.heard for s in done.submissions), "a writer ended before it was heard"
    with open_registry(address, writable=False) as registry:
        records = {r.id: r for r in registry.records("item")}
        assert not registry.quarantine(None)
        for own in done.writers:
            last = {s.identifier: s for s in own}
            times = Counter(s.identifier for s in own)
            for identifier, submission in last.items():
                record = records.pop(f"item-{identifier}")
                assert len(registry.history(record.id)) == times[identifier], identifier
                assert f"<depth_m>{record.values['depth_m']:.2f}</depth_m>".encode() in \
                    submission.content, "the last edit stands"
                assert record.validation == "entered"
        assert not records, f"{len(records)} records that nobody sent"
        pictures = Counter(r.values["sha256"] for r in registry.records("source")
                           if r.values.get("source_type") == "photograph")
        for s in done.submissions:
            digest = hashlib.sha256(s.photograph).hexdigest()
            assert pictures[digest] == 1 and registry.source_content(digest) == s.photograph
        assert len(pictures) == len(done.submissions)
        assert not registry.audit()
        statuses = Counter[int]()
        for (_, status), times_ in done.read.items():
            statuses[status] += times_
        return {"submissions": len(done.submissions),
                "sent_more_than_once": sum(s.sent > 1 for s in done.submissions),
                "edits": sum(s.replaced for s in done.submissions),
                "requests_of_writers": dict(done.wrote), "reads": dict(statuses),
                "killed": done.kills, "revisions": registry.count(), "audit": "passes"}
