"""Checkpoints find a cut tail and a chain written anew; a changed one proves nothing."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core import checkpoint
from landrelease.core.revision import GENESIS, Chain, Revision, link
from landrelease.core.signature import SigningKey
from landrelease.errors import LandReleaseError

AT = datetime(2027, 5, 1, 8, tzinfo=UTC)
KEY = SigningKey.from_seed(b"\x01" * 32)
OWN, FAR = "a" * 32, "b" * 32


def hashes(count, seed=0, previous=GENESIS):
    """The hashes of a chain of so many revisions; another seed, another past."""
    out = []
    for n in range(count):
        revision = Revision("hazard", f"h{n}", {"status": "open"}, shapely.Point(17, 44).buffer(1),
                            AT + timedelta(minutes=n), "landrelease test", f"why {seed}", "")
        previous = link(previous, revision.canonical())
        out.append(previous)
    return out


def chain(name, held, own):
    return Chain(name, f"office {name[:1]}", GENESIS, 1, len(held), held[-1] if held else GENESIS,
                 own)


def registry(own, far):
    """Chains, and the hash at a position, as a registry answers."""
    held = {OWN: own, FAR: far}

    def hash_at(name, position):
        line = held.get(name, [])
        return line[position - 1] if 1 <= position <= len(line) else None

    return [chain(OWN, own, True), chain(FAR, far, False)], hash_at


def made(own, far):
    chains, _ = registry(own, far)
    return checkpoint.make(chains, head="c" * 64, count=len(own) + len(far),
                           made_at=AT.isoformat(), key=KEY)


def codes(held, own, far):
    return sorted(m.code for m, _ in checkpoint.compare(held, *registry(own, far)))


@given(st.integers(1, 12), st.integers(0, 8), st.integers(0, 5), st.integers(0, 5))
def test_a_registry_that_only_grew_holds_what_the_checkpoint_says(own, far, more, more_far):
    assert codes(made(hashes(own), hashes(far)), hashes(own + more), hashes(far + more_far)) == []


@given(st.integers(1, 12), st.integers(1, 8), st.data())
def test_a_cut_tail_is_found(own, far, data):
    held = made(hashes(own), hashes(far))
    assert codes(held, hashes(data.draw(st.integers(0, own - 1))), hashes(far)) == ["STO-113"]
    assert codes(held, hashes(own), hashes(data.draw(st.integers(0, far - 1)))) == ["STO-113"]


@given(st.integers(1, 12), st.data())
def test_a_chain_written_anew_from_any_revision_on_is_found(count, data):
    old = hashes(count)
    keep = data.draw(st.integers(0, count - 1))
    longer = data.draw(st.integers(0, 4))  # also when it is longer than it was
    kept = old[:keep]
    new = kept + hashes(count - keep + longer, seed=1, previous=kept[-1] if kept else GENESIS)
    assert codes(made(old, []), new, []) == ["STO-114"]


def test_a_checkpoint_of_another_registry_is_called_so():
    held = replace(made(hashes(3), []), chain="f" * 32)
    held = replace(held, signature=KEY.sign("checkpoint", held.signable()))
    assert codes(held, hashes(3), []) == ["STO-116"]


FIELDS = {
    "chain": "f" * 32, "office": "another", "head": "d" * 64, "count": 77,
    "made_at": "2026-01-01T00:00:00+00:00", "public_key": "e" * 64, "signature": "f" * 128,
    "chains": [{"chain": OWN, "office": "office a", "position": 1, "hash": "0" * 64}],
}


@pytest.mark.parametrize("name", sorted(FIELDS))
def test_every_part_of_a_checkpoint_is_signed(name):
    document = made(hashes(3), hashes(2)).document()
    assert document[name] != FIELDS[name]
    held = checkpoint.read(json.dumps(document | {name: FIELDS[name]}), "c.json")
    # And nothing else is said then: it would prove nothing.
    assert codes(held, hashes(3), hashes(2)) == ["STO-115"]


def test_it_reads_what_it_wrote_whatever_the_white_space():
    held = made(hashes(3), hashes(2))
    for text in (json.dumps(held.document()), json.dumps(held.document(), indent=4) + "\n\n",
                 json.dumps(dict(reversed(held.document().items())), separators=(" , ", " : "))):
        assert checkpoint.read(text, "c.json") == held


def test_safety_S19_a_checkpoint_of_made_up_data_says_so_and_it_is_signed():
    chains, _ = registry(hashes(2), [])
    held = checkpoint.make(chains, head="c" * 64, count=2, made_at=AT.isoformat(), key=KEY,
                           synthetic=True)
    document = held.document()
    assert document["synthetic"] is True and "synthetic" not in made(hashes(2), []).document()
    assert checkpoint.read(json.dumps(document), "c.json") == held
    assert codes(held, hashes(2), []) == []
    del document["synthetic"]
    assert codes(checkpoint.read(json.dumps(document), "c.json"), hashes(2), []) == ["STO-115"]


SOUND = made(hashes(2), []).document()


@pytest.mark.parametrize("text", [
    "", "{", "[]", "null", "[" * 100_000, '{"format": "something else"}',
    json.dumps(SOUND | {"format": "landrelease checkpoint 9"}),
    json.dumps(SOUND | {"more": 1}), json.dumps({k: v for k, v in SOUND.items() if k != "head"}),
    json.dumps(SOUND)[:-1] + ', "count": 2}', json.dumps(SOUND)[:-1] + ', "count": 3}',
    json.dumps(SOUND | {"count": True}), json.dumps(SOUND | {"count": -1}),
    json.dumps(SOUND | {"count": 2.0}), json.dumps(SOUND | {"count": 10**30}),
    json.dumps(SOUND | {"made_at": "yesterday"}), json.dumps(SOUND | {"made_at": "2027-05-01"}),
    json.dumps(SOUND | {"public_key": "xyz"}), json.dumps(SOUND | {"signature": ""}),
    json.dumps(SOUND | {"office": "\ud800"}), json.dumps(SOUND | {"chains": 5}),
    json.dumps(SOUND | {"chains": SOUND["chains"] * 2}),
    json.dumps(SOUND | {"chains": [SOUND["chains"][0] | {"more": 1}]}),
    json.dumps(SOUND | {"chains": [SOUND["chains"][0] | {"hash": "00"}]}),
    json.dumps(SOUND | {"chains": ["x"]}), json.dumps(SOUND | {"synthetic": False}),
    json.dumps(SOUND | {"synthetic": "yes"}),
])
def test_what_is_no_checkpoint_is_called_so(text):
    with pytest.raises(LandReleaseError, match=r"CHK-001.*c\.json"):
        checkpoint.read(text, "c.json")


@given(st.data())
def test_whatever_byte_changes_it_is_refused_or_does_not_fit(data):
    held = made(hashes(3), hashes(2))
    text = json.dumps(held.document(), sort_keys=True)
    place = data.draw(st.integers(0, len(text) - 1))
    new = data.draw(st.characters(min_codepoint=32, max_codepoint=126))
    changed = text[:place] + new + text[place + 1:]
    try:
        read = checkpoint.read(changed, "c.json")
    except LandReleaseError:
        return
    assert read == held or codes(read, hashes(3), hashes(2)) == ["STO-115"]
