"""Intruders: what somebody with the file in hand can do to its past, at random places.

Each function changes an open SQLite connection to a registry's file, of a random history over up to
three chains. benchmarks/bench_tamper.py has more cases, of one chain.
"""

# The statements of an intruder.
# ruff: noqa: S608
import json
import shutil
import sqlite3
from datetime import UTC, datetime

from landrelease.core import checkpoint
from landrelease.core.revision import link
from landrelease.core.signature import SigningKey
from landrelease.store import layout, rows
from landrelease.store.open import create_registry, open_registry
from test_registry_model import AT, History

KEY = SigningKey.from_seed(b"\x07" * 32)
NAMES = ", ".join(f'"{name}"' for name in rows.COLUMNS)
# What a revision says; place, links and hash are the chain's.
CONTENT = ("kind", "record_id", "recorded_at", "recorded_by", "reason", "source", "valid_from",
           "validation", "values", "geometry", "follows", "commitments", "signed_by", "signature")


def random_registry(path, rng):
    """A registry with a random history over up to three chains, six own revisions at least."""
    with create_registry(path, office="A", now=lambda: AT) as registry:
        history = History(registry, rng)
        for _ in range(rng.randrange(9)):
            history.step()
        registry.append([history.revision() for _ in range(6)])


def checkpoint_of(path):
    with open_registry(path, writable=False) as registry:
        return checkpoint.make(registry.chains(), head=registry.head(), count=registry.count(),
                               made_at=datetime(2028, 1, 1, tzinfo=UTC).isoformat(), key=KEY)


def codes(path, held):
    """What the audit finds, and what the checkpoint tells beyond it."""
    with open_registry(path, writable=False) as registry:
        def hash_at(chain, position):
            found = next(iter(registry.revisions(chain, after=position - 1, limit=1)), None)
            return found.hash if found is not None and found.position == position else None

        return ([f.code for f in registry.audit()],
                [m.code for m, _ in checkpoint.compare(held, registry.chains(), hash_at)])


def tampered(original, path, intruder, rng):
    """A copy of a registry that an intruder was at."""
    shutil.copy(original, path)
    db = sqlite3.connect(path)
    layout.register_functions(db)
    for trigger in ("revision_stays", "revision_is_kept"):
        db.execute(f"DROP TRIGGER {trigger}")
    intruder(db, rng)
    db.commit()
    db.close()
    if intruder in WITH_CHECKPOINT:  # all else is put right as well
        with open_registry(path) as registry:
            registry.restore_layers()


# --- found by the audit alone --------------------------------------------------------------------


def changed(db, rng):
    """One column of one revision; at times with its hash made anew, where others follow it."""
    row = rng.choice(_all(db))
    name = rng.choice([*CONTENT, "hash", "previous_hash", "known_from"])
    place = rows.COLUMNS.index(name)
    value = _other(name, row[place], rng)
    db.execute(f'UPDATE revision SET "{name}" = ? WHERE number = ?', (value, row[0]))
    followed = any(r[1] == row[1] and r[2] == row[2] + 1 for r in _all(db))
    if name in CONTENT and followed and rng.random() < 0.5:
        new = list(row)
        new[place] = value
        db.execute("UPDATE revision SET hash = ? WHERE number = ?",
                   (link(row[18], rows.bytes_of_row(new)), row[0]))


def inserted(db, rng):
    """A revision between others or at the end, linked to the one before it."""
    listed = _all(db)
    own = _own(listed)
    before = rng.choice(own)
    new = list(before)
    new[rows.COLUMNS.index("record_id")] = rng.choice([before[4], "h-slipped-in"])
    new[rows.COLUMNS.index("reason")] = "slipped in"
    new[0], new[2], new[18] = before[0] + 1, before[2] + 1, before[19]
    new[19] = link(before[19], rows.bytes_of_row(new))
    for number, position in [(r[0], r[2] + (r in own)) for r in listed if r[0] > before[0]][::-1]:
        db.execute("UPDATE revision SET number = number + 1, position = ? WHERE number = ?",
                   (position, number))
    _put(db, new)
    if rng.random() < 0.5:
        db.execute("UPDATE setting SET value = ? WHERE name = 'count'", (str(len(listed) + 1),))


def reordered(db, rng):
    """Two revisions change their places; at times they take the links of the places."""
    while True:
        first, second = rng.sample(_all(db), 2)
        if rows.bytes_of_row(first) != rows.bytes_of_row(second):
            break
    swapped = []
    with_links = rng.random() < 0.5
    for row, place in ((first, second), (second, first)):
        new = list(row)
        new[0:3] = place[0:3]
        if with_links:
            new[18:20] = place[18:20]
        swapped.append(new)
    db.executemany("DELETE FROM revision WHERE number = ?", [(first[0],), (second[0],)])
    for new in swapped:
        _put(db, new)


def removed(db, rng):
    """One revision that others follow; at times the numbers close up over the gap."""
    listed = _all(db)
    own = _own(listed)
    gone = rng.choice(own[:-1])
    db.execute("DELETE FROM revision WHERE number = ?", (gone[0],))
    if rng.random() < 0.5:
        for row in listed:
            if row[0] > gone[0]:
                db.execute("UPDATE revision SET number = number - 1, position = ? "
                           "WHERE number = ?", (row[2] - (row in own), row[0]))
        db.execute("UPDATE setting SET value = ? WHERE name = 'count'", (str(len(listed) - 1),))


# --- consistent in itself: found against a checkpoint ---------------------------------------------


def truncated(db, rng):
    """The last revisions of the own chain go, and everything is made to fit."""
    own = _own(_all(db))
    db.executemany("DELETE FROM revision WHERE number = ?",
                   [(row[0],) for row in own[rng.randrange(len(own)):]])
    _seal(db)


def rewritten(db, rng):
    """One revision is another one, and every hash after it is made anew."""
    own = _own(_all(db))
    row = rng.choice(own)
    db.execute("UPDATE revision SET reason = ? WHERE number = ?",
               (f"{row[7]} {rng.random()}", row[0]))
    _seal(db)


BY_AUDIT = (changed, inserted, reordered, removed)
WITH_CHECKPOINT = (truncated, rewritten)


def _seal(db):
    """Numbers, positions, links, the head and the count of the own chain, written anew."""
    listed = _all(db)
    own = {row[0] for row in _own(listed)}
    position, head = 0, "0" * 64
    for number, row in enumerate(listed, 1):
        new = list(row)
        new[0] = number
        if row[0] in own:
            position += 1
            new[2], new[18] = position, head
            head = new[19] = link(head, rows.bytes_of_row(new))
        db.execute("DELETE FROM revision WHERE number = ?", (row[0],))
        _put(db, new)
    db.execute("UPDATE setting SET value = ? WHERE name = 'head'", (head,))
    db.execute("UPDATE setting SET value = ? WHERE name = 'count'", (str(len(listed)),))


def _all(db):
    return db.execute(f"SELECT {NAMES} FROM revision ORDER BY number").fetchall()


def _own(listed):
    return [row for row in listed if row[1] == 1]


def _put(db, row):
    db.execute(f"INSERT INTO revision ({NAMES}) VALUES ({', '.join('?' * len(row))})", row)


def _other(name, value, rng):
    """Another value of the kind that stands in a column."""
    if name == "values":
        return rows.encode({**json.loads(value), "name": f"area {rng.random()}"})
    if name == "geometry":
        return None if value is not None and rng.random() < 0.5 else bytes.fromhex(
            "0101000000") + rng.randbytes(16)
    if name == "valid_from":
        return None if value is not None and rng.random() < 0.5 else \
            f"{rng.randint(1900, 1999)}-01-01"
    if name in ("recorded_at", "known_from"):
        return f"{rng.randint(1900, 1999)}-01-01T00:00:00.000000+00:00"
    if name == "follows":
        return f'["{rng.randbytes(32).hex()}"]'
    if name == "commitments":
        return f'{{"person_name":"{rng.randbytes(32).hex()}"}}'
    if name == "validation":
        return "authority"
    return rng.randbytes(32).hex()
