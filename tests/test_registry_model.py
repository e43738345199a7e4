"""Both stores answer as a registry in memory does, after any history (reference model)."""

import random
import tempfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.revision import GENESIS, Chain, Revision, StoredRevision, link
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from memory_registry import MemoryRegistry

AT = datetime(2027, 5, 1, 8, tzinfo=UTC)
KIND_OF = {"h1": "hazard", "h2": "hazard", "Ž": "hazard", "o1": "outcome", "s1": "settlement"}
FIELD = {"hazard": ("status", ["open", "suspended", "closed", None]),
         "outcome": ("outcome_type", ["cleared", "searched", None]),
         "settlement": ("population", [0, 12, None])}
DAYS = [None, date(2026, 1, 1), date(2026, 6, 1), date(2027, 1, 1)]
FAR = ["b" * 32, "c" * 32]


class History:
    """Random writes to a registry and to its model, with other offices whose packages arrive."""

    def __init__(self, store, rng):
        self.rng, self.store = rng, store
        self.model = MemoryRegistry("A", now=lambda: AT)
        self.far = {name: [] for name in FAR}
        self.hours = 0

    def revision(self):
        rng = self.rng
        record_id = rng.choice(list(KIND_OF))
        kind = KIND_OF[record_id]
        name, words = FIELD[kind]
        word = rng.choice(words)
        west = rng.choice([17.0, 17.2, 17.4])
        ground = shapely.Point(west, 44) if kind == "settlement" else \
            shapely.box(west, 44, west + 0.1, 44.1)
        self.hours += rng.choice([0, 1, 2])
        return Revision(
            kind, record_id, {} if word is None else {name: word},
            rng.choice([ground, ground, ground, None]), AT + timedelta(hours=self.hours),
            "landrelease test", rng.choice(["one", "two"]), rng.choice(["", "ab" * 32]),
            rng.choice(DAYS), rng.choice(["entered", "operator"]))

    def step(self):
        what = self.rng.choice(["append", "append", "elsewhere", "elsewhere", "arrive", "arrive"])
        if what == "append":
            made = [self.revision() for _ in range(self.rng.choice([1, 1, 3]))]
            assert self.store.append(iter(made)) == self.model.append(made)
            return
        name = self.rng.choice(FAR)
        line = self.far[name]
        if what == "elsewhere":
            for _ in range(self.rng.choice([1, 2, 3])):
                r = self.revision()
                known = [*self.model.tips(r.record_id), *(
                    s.hash for far in self.far.values() for s in far
                    if s.revision.record_id == r.record_id)]
                r = replace(r, source="", follows=tuple(
                    self.rng.sample(known, min(len(known), self.rng.choice([0, 1, 1, 2])))))
                head = line[-1].hash if line else GENESIS
                line.append(StoredRevision(len(line) + 1, r, head, link(head, r.canonical()), name,
                                           len(line) + 1))
            return
        sent = line[self.rng.choice([0, 0, 0, 1]):self.rng.choice([None, None, -1])]
        chain = Chain(name, "B", GENESIS, 1, len(line), line[-1].hash if line else GENESIS, False)
        receipt = Revision(
            "source", f"source:{self.hours:064x}",
            {"sha256": "d" * 64, "chain": name, "first_position": sent[0].position if sent else 1,
             "last_position": sent[-1].position if sent else 0,
             "last_hash": sent[-1].hash if sent else GENESIS}, None,
            AT + timedelta(hours=self.hours), "landrelease test", "package", "")
        assert self._said(self.store, chain, sent, receipt) == \
            self._said(self.model, chain, sent, receipt)

    @staticmethod
    def _said(registry, chain, sent, receipt):
        try:
            return registry.admit(chain, iter(sent), receipt=receipt)
        except LandReleaseError as error:
            return error.code

    def compare(self):
        store, model, rng = self.store, self.model, self.rng
        assert store.count() == model.count() and store.head() == model.head()
        assert store.chains() == model.chains()
        assert list(store.revisions()) == list(model.revisions())
        assert list(store.revisions(FAR[0], after=1, limit=2)) == \
            list(model.revisions(FAR[0], after=1, limit=2))
        assert store.contested() == model.contested()
        for record_id in KIND_OF:
            assert store.tips(record_id) == model.tips(record_id)
            assert store.history(record_id) == model.history(record_id)
        asked = rng.sample(["none", *KIND_OF], 3)
        assert store.histories(asked) == model.histories(asked)
        instants = [None, *(AT + timedelta(hours=rng.randint(0, self.hours + 1)) for _ in "ab")]
        for kind in FIELD:
            assert store.ids(kind) == model.ids(kind)
            since, several = rng.choice([0, 0, rng.randint(0, store.count())]), rng.choice([0, 1])
            assert {i: sorted(line) for i, line in store.revised(
                kind, since, several=bool(several)).items()} == model.revised(
                kind, since, several=bool(several))
            for known_at in instants:
                valid_at = rng.choice([None, *DAYS[1:]])
                when = {"valid_at": valid_at, "known_at": known_at}
                assert store.records(kind, **when) == model.records(kind, **when)
                west = rng.choice([16.9, 17.05, 17.1, 17.3])
                asked = {
                    **when, "bounds": rng.choice([None, (west, 43, west + 0.1, 45)]),
                    "where": rng.choice([None, {FIELD[kind][0]: FIELD[kind][1][0]},
                                         {FIELD[kind][0]: FIELD[kind][1][:2]}]),
                    "after": rng.choice(["", "h1"]), "limit": rng.choice([1, 2, 100])}
                assert store.find(kind, **asked) == model.find(kind, **asked), asked
            down, where = rng.choice([False, True]), rng.choice(
                [None, {FIELD[kind][0]: FIELD[kind][1][:2]}])
            field = rng.choice([FIELD[kind][0], "information_date", "identifier"])
            whole = model.ordered(kind, field, down=down, where=where)
            assert store.ordered(kind, field, down=down, where=where) == whole
            for n, (by, record) in enumerate(whole):
                asked = {"down": down, "where": where, "after": (by, record.id), "limit": 2}
                assert store.ordered(kind, field, **asked) == whole[n + 1:n + 3], asked
        assert store.audit() == []


def play(store, rng, steps):
    history = History(store, rng)
    for n in range(steps):
        history.step()
        if n % 4 == 3:
            history.compare()
    history.compare()


@settings(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(1, 24))
def test_a_file_answers_as_the_model(rng, steps):
    with tempfile.TemporaryDirectory() as folder, create_registry(
            Path(folder) / "r.gpkg", office="A", now=lambda: AT) as store:
        play(store, rng, steps)


@pytest.mark.parametrize("seed", range(4))
def test_a_database_answers_as_the_model(postgres_address, seed):
    with create_registry(postgres_address, office="A", now=lambda: AT) as store:
        play(store, random.Random(seed), 24)


def test_the_model_keeps_persons_as_the_stores_do(postgres_address, tmp_path):
    """Ids and salts are random: only what they mean is compared."""
    def story(registry):
        ana, again = registry.author("Ana"), registry.author("  Ana ")
        said = [ana == again, registry.author("landrelease x"), registry.author(ana) == ana,
                registry.name_of(ana), registry.name_of("person:" + "0" * 32)]
        r = Revision("person", ana, {"role": "medic"}, None, AT, ana, "why", "")
        registry.append([r], personal={ana: {"person_name": "Ana", "contact": "+387 555"}})
        said += [[(p.field, p.value) for p in registry.personal(ana)],
                 sorted(registry.history(ana)[-1].revision.commitments)]
        with pytest.raises(LandReleaseError, match="STO-025"):
            registry.erase(ana, decision=r)  # its reason has to say that it erases
        r = replace(r, reason="erased: asked")
        said += [registry.erase(ana, decision=r), registry.name_of(ana),
                 [(p.field, p.value, p.salt) for p in registry.personal(ana)],
                 registry.author("Ana") == ana, registry.count(), registry.audit()]
        with pytest.raises(LandReleaseError) as error:
            registry.erase(ana, decision=r)
        return [*said, error.value.code]

    told = story(MemoryRegistry("A", now=lambda: AT))
    for address in (tmp_path / "r.gpkg", postgres_address):
        with create_registry(address, office="A", now=lambda: AT) as registry:
            assert story(registry) == told
