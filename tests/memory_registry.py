"""A registry in memory, as plain as can be: what the stores are held against in property tests.

Every answer is computed anew from the list of revisions, without index, layer or shortcut. It
checks little of what it is given; that is tested in the stores.
"""

import secrets
from dataclasses import replace

from landrelease.core import descent
from landrelease.core.personal import (
    ERASED,
    SALT_BYTES,
    author_id,
    commitment,
    is_person_id,
    is_program,
)
from landrelease.core.record import KINDS, Record
from landrelease.core.revision import GENESIS, Chain, StoredRevision, link
from landrelease.errors import (
    CHAIN_BROKEN,
    NOTHING_PERSONAL,
    QUARANTINE_UNKNOWN,
    SIGNED_TWICE,
    SOURCE_UNKNOWN,
    LandReleaseError,
)
from landrelease.store.layout import cell
from landrelease.store.registry import PackageEntry, PersonalValue, QuarantineEntry
from landrelease.store.rows import chain_id, heads_hash, instant


class MemoryRegistry:
    """`store.registry.Registry` over lists; `now` gives the time of what is written."""

    def __init__(self, office, *, now, kinds=KINDS):
        self.address, self.office, self.kinds, self._now = "memory", office, kinds, now
        self.chain = chain_id(office, instant(now()))
        self._chains = {self.chain: Chain(self.chain, office, GENESIS, 1, 0, GENESIS, True)}
        self._stored, self._settings, self._personal = [], {}, []
        self._names = {}  # id -> (salt, name), both None once they were erased
        self._sources, self._imports, self._rows, self._packages = {}, [], [], {}

    # --- the chains ------------------------------------------------------------------------------

    def chains(self):
        out = []
        for chain in self._chains.values():
            line = [s for s in self._stored if s.chain == chain.id]
            out.append(replace(chain, position=line[-1].position, head=line[-1].hash)
                       if line else chain)
        return sorted(out, key=lambda c: (not c.own, c.id))

    def head(self):
        return heads_hash(((c.id, c.position, c.head) for c in self.chains()), empty=GENESIS)

    def count(self):
        return len(self._stored)

    def revisions(self, chain=None, *, after=0, limit=None):
        found = [s for s in self._stored if (
            s.number > after if chain is None else s.chain == chain and s.position > after)]
        return iter(found[:limit])

    def history(self, record_id):
        return [s for s in self._stored if s.revision.record_id == record_id]

    def histories(self, record_ids):
        return {i: line for i in record_ids if (line := self.history(i))}

    def revised(self, kind, since, *, several=False):
        lines = {i: [s.number for s in self.history(i)] for i in self.ids(kind)}
        return {i: line for i, line in lines.items()
                if max(line) > since and (len(line) > 1 or not several)}

    def hash_at(self, chain, position):
        return next((s.hash for s in self._stored if (s.chain, s.position) == (chain, position)),
                    None)

    def tips(self, record_id):
        return tuple(s.hash for s in descent.tips(self.history(record_id)))

    def contested(self):
        ids = {s.revision.record_id for s in self._stored}
        return sorted(i for i in ids if descent.in_conflict(self.history(i)))

    def ids(self, kind):
        return {s.revision.record_id for s in self._stored if s.revision.kind == kind}

    # --- records ---------------------------------------------------------------------------------

    def records(self, kind, *, valid_at=None, known_at=None):
        lines = {}
        for s in self._stored:
            r = s.revision
            if r.kind == kind and (valid_at is None or r.valid_from is None
                                   or r.valid_from <= valid_at) \
                    and (known_at is None or (s.known_from or r.recorded_at) <= known_at):
                lines.setdefault(r.record_id, []).append(s)
        return [self._record(line) for _, line in sorted(
            lines.items(), key=lambda item: item[0].encode())]

    def _record(self, line):
        s = descent.current_of(line)
        r = s.revision
        sources = dict.fromkeys(x.revision.source for x in line if x.revision.source)
        return Record(r.kind, r.record_id, r.values, r.geometry, r.valid_from, r.validation,
                      s.number, tuple(sources), s.chain, r.signed_by)

    def find(self, kind, *, bounds=None, where=None, valid_at=None, known_at=None, after="",
             limit=100):
        def fits(record):
            for name, wanted in (where or {}).items():
                listed = wanted if isinstance(wanted, (list, tuple, set)) else [wanted]
                if record.values.get(name) not in listed:
                    return False
            if bounds is None:
                return True
            if record.geometry is None or record.geometry.is_empty:
                return False
            west, south, east, north = record.geometry.bounds
            return (west <= bounds[2] and east >= bounds[0]
                    and south <= bounds[3] and north >= bounds[1])

        return [r for r in self.records(kind, valid_at=valid_at, known_at=known_at)
                if r.id.encode() > after.encode() and fits(r)][:limit]

    def ordered(self, kind, field, *, down=False, where=None, after=None, limit=100):
        known = {f.name: f for f in self.kinds[kind].fields}[field]
        pairs = [(cell(known, r.values.get(field))[0], r)
                 for r in self.find(kind, where=where, limit=10**9)]

        def key(value):
            return value.encode() if isinstance(value, str) else value

        some = sorted((p for p in pairs if p[0] is not None), key=lambda p: key(p[0]),
                      reverse=down)
        if down:  # ids go up all the same
            some = [p for value in dict.fromkeys(p[0] for p in some)
                    for p in pairs if p[0] == value]
        listed = [*some, *(p for p in pairs if p[0] is None)]
        if after is not None:
            at = [(c, r.id) for c, r in listed].index(after)
            listed = listed[at + 1:]
        return listed[:limit]

    def matching(self, kind, field, holds, *, where=None, beside="", most=2_000):
        fields = {f.name: f for f in self.kinds[kind].fields}
        found = [(r.id, cell(fields[beside], r.values.get(beside))[0] if beside else None)
                 for r in self.find(kind, where=where, limit=10**9)
                 if holds(r.values.get(field))]
        return None if len(found) > most else found

    # --- writing ---------------------------------------------------------------------------------

    def append(self, revisions, *, personal=None):
        made, marks = list(revisions), {}
        last = {r.record_id: n for n, r in enumerate(made)}
        kept = []
        for record_id, values in (personal or {}).items():
            for name, value in values.items():
                salt = secrets.token_hex(SALT_BYTES)
                mark = commitment(value, salt)
                kept.append(PersonalValue(record_id, name, mark, salt, value))
                marks.setdefault(last[record_id], {})[name] = mark
        new = []
        own = next(c for c in self.chains() if c.own)
        position, head = own.position, own.head
        for n, r in enumerate(made):
            if n in marks:
                r = replace(r, commitments=marks[n])
            line = [s for s in [*self._stored, *new] if s.revision.record_id == r.record_id]
            if line and not r.follows and not r.signature and not any(
                    s.revision.record_id == r.record_id for s in new):
                tips = descent.tips(line)
                if len(tips) == 1 and tips[0].chain != self.chain:
                    r = replace(r, follows=(tips[0].hash,))
                elif len(tips) > 1 and all(s.chain != self.chain for s in line):
                    r = replace(r, follows=(descent.current_of(line).hash,))
            self._refuse_twice(r, new)
            position += 1
            following = link(head, r.canonical())
            new.append(StoredRevision(len(self._stored) + len(new) + 1, r, head, following,
                                      self.chain, position))
            head = following
        self._stored += new
        self._personal += kept
        return self.head()

    def _refuse_twice(self, revision, new):
        if revision.signature and any(s.revision.signature == revision.signature
                                      for s in [*self._stored, *new]):
            raise LandReleaseError(SIGNED_TWICE, record=revision.record_id)

    def admit(self, chain, revisions, *, receipt):
        def broken(position, found):
            return LandReleaseError(CHAIN_BROKEN, chain=chain.id, office=chain.office,
                                    position=position, found=found)

        if chain.id == self.chain:
            raise broken(chain.first, "it is the own chain")
        held = {c.id: c for c in self.chains()}.get(
            chain.id, replace(chain, position=chain.first - 1, head=chain.genesis, own=False))
        position, head, new = held.position, held.head, []
        for s in revisions:
            if s.position <= position:
                if not any(t.chain == chain.id and t.position == s.position and t.hash == s.hash
                           for t in self._stored):
                    raise broken(s.position, "another revision stands there")
                continue
            if s.position != position + 1 or s.previous_hash != head \
                    or link(head, s.revision.canonical()) != s.hash:
                raise broken(s.position, "it does not follow")
            self._refuse_twice(s.revision, new)
            position, head = s.position, s.hash
            new.append(replace(s, number=len(self._stored) + len(new) + 1, chain=chain.id,
                               known_from=receipt.recorded_at))
        self._chains.setdefault(chain.id, replace(
            chain, position=chain.first - 1, head=chain.genesis, own=False))
        self._stored += new
        if new:
            self.append([receipt])
        return len(new)

    def setting(self, name):
        return self._settings.get(name)

    def keep_setting(self, name, value):
        return self._settings.setdefault(name, value)

    # --- persons ---------------------------------------------------------------------------------

    def author(self, name):
        words = " ".join(name.split())
        if not words or is_person_id(words) or is_program(words):
            return words
        for known, (_, held) in self._names.items():
            if held == words:
                return known
        salt = secrets.token_hex(SALT_BYTES)
        made = author_id(words, salt)
        self._names[made] = (salt, words)
        return made

    def name_of(self, author):
        if author not in self._names:
            return author
        return self._names[author][1] or ERASED

    def personal(self, record_id):
        return [p for p in self._personal if p.record_id == record_id]

    def erase(self, record_id, *, decision):
        names = [i for i, (_, held) in self._names.items() if i == record_id and held is not None]
        values = [p for p in self._personal if p.record_id == record_id and p.salt is not None]
        if not (names or values) or decision.record_id != record_id \
                or not decision.reason.startswith("erased: "):
            raise LandReleaseError(NOTHING_PERSONAL, record=record_id)
        self.append([decision])
        for known in names:
            self._names[known] = (None, None)
        self._personal = [replace(p, salt=None, value=None) if p in values else p
                          for p in self._personal]
        return len(names) + len(values)

    # --- what came in ----------------------------------------------------------------------------

    def take_in(self, intake, *, upon=None):
        report = intake.report
        self.append(intake.revisions, personal=intake.personal)
        self._sources.setdefault(report.source, [report.file, intake.content])
        self._imports.append((self._now(), report))
        for row in intake.quarantined:
            self._rows.append(QuarantineEntry(len(self._rows) + 1, row, "waiting", "", ""))
        return report

    def imports(self):
        return list(self._imports)

    def keep_source(self, sha256, name, content):
        self._sources.setdefault(sha256, [name, content])

    def knows_source(self, sha256):
        return sha256 in self._sources

    def sources(self):
        return {sha256: name for sha256, (name, _) in self._sources.items()}

    def source_content(self, sha256):
        if self._sources.get(sha256, [None, None])[1] is None:
            raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256)
        return self._sources[sha256][1]

    def erase_source(self, sha256, *, decision):
        if sha256 not in self._sources:
            raise LandReleaseError(SOURCE_UNKNOWN, sha256=sha256)
        self.append([decision])
        self._sources[sha256][1] = None
        self._rows = [replace(e, row=replace(e.row, values={}, geometry_wkt=""))
                      if e.row.source == sha256 else e for e in self._rows]

    def quarantine(self, status="waiting", number=None):
        return [e for e in self._rows if status in (None, e.status)
                and number in (None, e.number)]

    def quarantine_state(self):
        return len(self.quarantine()), len(self._rows)

    def decide_quarantine(self, number, status, *, reason, decided_by, revisions=(), personal=None):
        if not 1 <= number <= len(self._rows):
            raise LandReleaseError(QUARANTINE_UNKNOWN, number=number)
        self.append(revisions, personal=personal)
        self._rows[number - 1] = replace(self._rows[number - 1], status=status, reason=reason,
                                         decided_by=decided_by)

    def keep_package(self, sha256, name, *, direction, status, about="", content=None):
        self._packages[sha256, direction] = PackageEntry(
            sha256, name, direction, status, self._now(), about, content)

    def packages(self):
        return list(self._packages.values())

    # --- what a store in memory has no use for ---------------------------------------------------

    def edits(self):
        return []

    def restore_layers(self, kinds=None):
        pass

    def audit(self):
        return []

    def backup(self, path):
        raise NotImplementedError("a registry in memory is not kept")

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass
