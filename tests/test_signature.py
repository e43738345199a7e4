"""Keys, signatures, whose key counts, and what a decision changes without one (S09)."""

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from landrelease.core import descent, signature
from landrelease.core.decision import (
    AUTHORITY,
    DECIDERS,
    decisions_in,
    effective,
    standing,
    verdict,
)
from landrelease.core.record import KINDS
from landrelease.core.revision import GENESIS, Revision, StoredRevision, link
from landrelease.core.signature import SigningKey, key_ring, signed, verify
from landrelease.errors import LandReleaseError

AT = datetime(2027, 5, 1, 8, tzinfo=UTC)
OWN = "a" * 32
ROOT, SECOND, STRANGER = (SigningKey.from_seed(bytes([n]) * 32) for n in (1, 2, 3))


class Chain:
    """A chain in memory: revisions with their places and hashes."""

    def __init__(self, name=OWN):
        self.name, self.stored = name, []

    def add(self, revision):
        head = self.stored[-1].hash if self.stored else GENESIS
        number = len(self.stored) + 1
        self.stored.append(StoredRevision(
            number, revision, head, link(head, revision.canonical()), self.name, number))
        return self.stored[-1]

    def tip(self, record):
        return tuple(s.hash for s in self.of(record)[-1:])

    def of(self, record):
        return [s for s in self.stored if s.revision.record_id == record]


def person(who, key, at=AT, **values):
    return Revision("person", who, {"public_key": key.public_key, "role": "authority", **values},
                    None, at, who, "key", "")


def hazard(status, at=AT, **more):
    return Revision("hazard", "h1", {"status": status, **more}, shapely.box(17, 44, 17.1, 44.1),
                    at, "person:x", "why", "")


# RFC 8032, section 7.1: the first three test vectors (secret, public, message, signature).
VECTORS = [
    ("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"),
    ("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
    ("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"),
]


@pytest.mark.parametrize("secret, public", VECTORS)
def test_keys_are_those_of_rfc_8032(secret, public):
    key = SigningKey.from_seed(bytes.fromhex(secret))
    assert key.public_key == public
    said = key.sign("revision", b"x")
    assert verify(public, "revision", b"x", said)
    assert not verify(public, "checkpoint", b"x", said)  # another purpose
    assert not verify(public, "revision", b"y", said)
    assert secret not in repr(key) and public not in repr(key)


def test_a_key_file_opens_with_its_passphrase_only():
    for passphrase in (None, "open sesame"):
        content = ROOT.to_pem(passphrase, bytes(range(32)))
        again = SigningKey.from_pem(content, passphrase, "me.pem")
        assert again.public_key == ROOT.public_key
    with pytest.raises(LandReleaseError, match="SIG-002"):
        SigningKey.from_pem(content, None, "me.pem")
    with pytest.raises(LandReleaseError, match="SIG-002"):
        SigningKey.from_pem(content, "wrong", "me.pem")
    with pytest.raises(LandReleaseError, match="SIG-001"):
        SigningKey.from_pem(b"nothing", None, "me.pem")


@pytest.mark.skipif(not shutil.which("openssl"), reason="needs the program openssl")
def test_other_programs_open_the_key_file(tmp_path):
    path = tmp_path / "me.pem"
    path.write_bytes(SECOND.to_pem("open sesame", bytes(32)))
    shown = subprocess.run(
        ["openssl", "pkey", "-in", path, "-passin", "stdin", "-pubout", "-outform", "DER"],
        input=b"open sesame\n", capture_output=True, check=True)
    assert shown.stdout[-32:].hex() == SECOND.public_key


CHANGES = {
    "record_id": "h2", "values": {"status": "closed", "name": "other"},
    "geometry": shapely.box(17, 44, 17.2, 44.1), "recorded_at": AT + timedelta(seconds=1),
    "recorded_by": "person:y", "reason": "other", "source": "ab" * 32,
    "valid_from": date(2020, 1, 1), "validation": "authority", "follows": ("cd" * 32,),
    "commitments": {"x": "ef" * 32}, "signed_by": "person:z",
}


@given(st.sampled_from(sorted(CHANGES)))
def test_safety_S09_any_change_of_a_signed_revision_breaks_its_signature(name):
    chain = Chain()
    chain.add(person("person:root", ROOT, may_vouch="yes"))
    ring = key_ring(chain.stored, OWN)
    made = signed(hazard("closed"), ROOT, "person:root", ())
    good = Chain().add(made)
    assert verdict(good, ring).standing == "verified"
    bad = Chain().add(replace(made, **{name: CHANGES[name]}))
    assert verdict(bad, ring).standing == "unverified"


def test_safety_S09_whose_key_counts():
    chain = Chain()
    chain.add(person("person:root", ROOT, may_vouch="yes"))
    chain.add(person("person:two", SECOND))
    assert set(key_ring(chain.stored, OWN).keys) == {"person:root"}
    # Nobody vouches for themselves, nor with a key that does not count.
    chain.add(signed(person("person:two", SECOND, may_vouch="yes"), SECOND, "person:two",
                     chain.tip("person:two")))
    chain.add(signed(person("person:two", SECOND), STRANGER, "person:root",
                     chain.tip("person:two")))
    # Nor with a signature made upon another state of the record.
    chain.add(signed(person("person:two", SECOND), ROOT, "person:root", ()))
    assert set(key_ring(chain.stored, OWN).keys) == {"person:root"}
    later = AT + timedelta(days=1)
    chain.add(signed(person("person:two", SECOND, later), ROOT, "person:root",
                     chain.tip("person:two")))
    ring = key_ring(chain.stored, OWN)
    assert [t.vouched_by for t in ring.of("person:two", later)] == ["person:root"]
    assert ring.of("person:two", AT) == ()  # it did not count before
    # One without the right to vouch does not.
    chain.add(signed(person("person:three", STRANGER, later), SECOND, "person:two", ()))
    assert "person:three" not in key_ring(chain.stored, OWN).keys
    # The first key of another office's chain does not count here by itself.
    other = Chain("b" * 32)
    other.add(person("person:far", STRANGER, may_vouch="yes"))
    assert "person:far" not in key_ring([*chain.stored, *other.stored], OWN).keys


def test_safety_S09_a_key_ends_and_what_it_signed_in_its_time_stays():
    chain = Chain()
    chain.add(person("person:root", ROOT, may_vouch="yes"))
    early = Chain().add(signed(hazard("closed"), ROOT, "person:root", ()))
    late = Chain().add(signed(hazard("closed", AT + timedelta(days=9)), ROOT, "person:root", ()))
    chain.add(person("person:root", ROOT, AT + timedelta(days=5),
                     key_until=(AT + timedelta(days=4)).date()))
    ring = key_ring(chain.stored, OWN)
    assert verdict(early, ring).standing == "verified"
    assert verdict(late, ring).standing == "unverified"
    assert "did not count" in verdict(late, ring).reason


def test_safety_S09_without_a_signature_that_counts_no_status_changes():
    keys = Chain()
    keys.add(person("person:root", ROOT, may_vouch="yes"))
    ring = key_ring(keys.stored, OWN)
    chain = Chain()
    opened = chain.add(hazard("open"))
    unsigned = chain.add(hazard("closed", AT + timedelta(hours=1)))
    stood, verdicts = effective(chain.of("h1"), KINDS["hazard"], ring)
    assert stood == opened and verdicts[unsigned.hash].standing == "unsigned"
    foreign = chain.add(signed(hazard("handed_over", AT + timedelta(hours=2)), STRANGER,
                               "person:far", (unsigned.hash,)))
    stood, verdicts = effective(chain.of("h1"), KINDS["hazard"], ring)
    assert stood == opened and verdicts[foreign.hash].standing == "unverified"
    decided = chain.add(signed(hazard("closed", AT + timedelta(hours=3)), ROOT, "person:root",
                               (foreign.hash,)))
    stood, verdicts = effective(chain.of("h1"), KINDS["hazard"], ring)
    assert stood == decided and verdicts[decided.hash].standing == "verified"


def test_safety_S09_a_signed_decision_cannot_be_played_again_after_a_reopening():
    keys = Chain()
    keys.add(person("person:root", ROOT, may_vouch="yes"))
    ring = key_ring(keys.stored, OWN)
    chain = Chain()
    first = chain.add(hazard("open"))
    closing = signed(hazard("closed", AT + timedelta(hours=1)), ROOT, "person:root",
                     (first.hash,))
    chain.add(closing)
    reopened = chain.add(hazard("reopened", AT + timedelta(hours=2)))
    again = chain.add(closing)
    stood, verdicts = effective(chain.of("h1"), KINDS["hazard"], ring)
    assert verdicts[again.hash].standing == "unverified"
    assert stood == reopened


def test_what_is_a_decision():
    kind = KINDS["hazard"]
    assert decisions_in(kind, hazard("open")) == ()
    assert decisions_in(kind, hazard("closed")) == ("status",)
    assert decisions_in(kind, hazard("closed"), hazard("closed")) == ()  # said before
    by_authority = replace(hazard("open"), validation="authority")
    assert decisions_in(kind, by_authority) == ("validation",)
    outcome = Revision("outcome", "o", {"outcome_type": "searched"}, None, AT, "x", "y", "")
    assert decisions_in(KINDS["outcome"], outcome) == ()
    cleared = replace(outcome, values={"outcome_type": "cleared"})
    assert decisions_in(KINDS["outcome"], cleared) == ("outcome_type",)
    (found,) = standing([Chain().add(cleared)], KINDS["outcome"], key_ring([], OWN)).values()
    assert found.standing == "unsigned"


def ring_of_root():
    keys = Chain()
    keys.add(person("person:root", ROOT, may_vouch="yes"))
    return key_ring(keys.stored, OWN)


def test_safety_S09_an_unsigned_decision_does_not_count_because_it_is_said_twice():
    chain = Chain()
    opened = chain.add(hazard("open"))
    for hours in (1, 2, 3):
        chain.add(hazard("closed", AT + timedelta(hours=hours)))
    stood, verdicts = effective(chain.stored, KINDS["hazard"], ring_of_root())
    assert stood == opened
    assert [v.standing for v in verdicts.values()] == ["unsigned"] * 3


def test_safety_S09_a_later_edit_does_not_ride_on_a_signed_decision():
    chain, ring, kind = Chain(), ring_of_root(), KINDS["hazard"]
    chain.add(hazard("open"))
    decided = chain.add(signed(hazard("closed", AT + timedelta(hours=1)), ROOT, "person:root",
                               chain.tip("h1")))
    # The same content again, at another level of validation: nothing changes, so it stands.
    repeated = chain.add(replace(hazard("closed", AT + timedelta(hours=2)), validation="operator"))
    assert effective(chain.stored, kind, ring)[0] == repeated
    grown = replace(hazard("closed", AT + timedelta(hours=3)),
                    geometry=shapely.box(17, 44, 17.2, 44.2))
    for edit in (grown, hazard("closed", AT + timedelta(hours=3), name="other")):
        changed = Chain()
        changed.stored = list(chain.stored)
        last = changed.add(edit)
        stood, verdicts = effective(changed.stored, kind, ring)
        assert stood == repeated and verdicts[last.hash].standing == "unsigned"
    # Doubt needs no signature: whoever reopens the hazard, it is open.
    reopened = chain.add(hazard("reopened", AT + timedelta(hours=4)))
    assert effective(chain.stored, kind, ring)[0] == reopened
    chain.add(hazard("closed", AT + timedelta(hours=5)))
    assert effective(chain.stored, kind, ring)[0] == reopened
    assert decided.hash != repeated.hash


def test_safety_S09_where_only_unverified_decisions_are_recorded_nothing_stands():
    chain = Chain()
    chain.add(hazard("closed"))
    assert effective(chain.stored, KINDS["hazard"], ring_of_root())[0] is None


def test_safety_S09_while_offices_disagree_a_decided_hazard_is_not_decided():
    ring, kind = ring_of_root(), KINDS["hazard"]
    here, there = Chain(), Chain("b" * 32)
    first = here.add(hazard("open"))
    closing = here.add(signed(hazard("closed", AT + timedelta(hours=5)), ROOT, "person:root",
                              (first.hash,)))
    doubt = there.add(replace(hazard("worked_on", AT + timedelta(hours=1)), follows=(first.hash,)))
    both = [*here.stored, doubt]
    assert effective(both, kind, ring)[0] == doubt
    settled = here.add(signed(hazard("closed", AT + timedelta(hours=6)), ROOT, "person:root",
                              (closing.hash, doubt.hash)))
    assert effective([*here.stored, doubt], kind, ring)[0] == settled
    # Until what it was made upon has arrived, a decision proves nothing.
    stood, verdicts = effective(here.stored, kind, ring)
    assert stood == closing and "not here" in verdicts[settled.hash].reason


def test_safety_S09_a_revoked_certificate_shows_as_revoked_also_unsigned():
    chain, ring = Chain(), ring_of_root()

    def handover(status, hours):
        return Revision("handover", "h1", {"handover_status": status}, None,
                        AT + timedelta(hours=hours), "person:x", "why", "")

    chain.add(signed(handover("held", 1), ROOT, "person:root", ()))
    revoked = chain.add(handover("revoked", 2))
    stood, verdicts = effective(chain.stored, KINDS["handover"], ring)
    assert stood == revoked and verdicts[revoked.hash].standing == "unsigned"


def test_safety_S09_a_key_that_ended_is_not_used_with_an_earlier_time():
    keys = Chain()
    keys.add(person("person:root", ROOT, may_vouch="yes"))
    keys.add(hazard("open"))
    end = AT + timedelta(days=5)
    keys.add(person("person:root", ROOT, end, may_vouch="yes", key_until=end.date()))
    stolen = signed(hazard("closed", AT + timedelta(days=1)), ROOT, "person:root",
                    keys.tip("h1"))
    late = keys.add(stolen)
    ring = key_ring(keys.of("person:root"), OWN)
    assert "earlier time" in verdict(late, ring).reason
    # Nor does it make itself count longer.
    keys.add(signed(person("person:root", ROOT, end - timedelta(days=1), may_vouch="yes"), ROOT,
                    "person:root", keys.tip("person:root")))
    (trust,) = key_ring(keys.of("person:root"), OWN).keys["person:root"]
    assert trust.until == end.date()


def test_safety_S09_who_was_vouched_for_with_a_stolen_key_is_not_trusted():
    """The end of a key, found out later, takes back what the thief vouched for."""
    chain = Chain()
    chain.add(person("person:root", ROOT, may_vouch="yes"))
    chain.add(signed(person("person:two", SECOND, may_vouch="yes"), ROOT, "person:root", ()))
    later = AT + timedelta(days=9)
    chain.add(signed(person("person:bad", STRANGER, later), SECOND, "person:two", ()))
    assert "person:bad" in key_ring(chain.stored, OWN).keys
    chain.add(person("person:two", SECOND, later + timedelta(days=1),
                     key_until=(AT + timedelta(days=3)).date()))
    ring = key_ring(chain.stored, OWN)
    assert "person:bad" not in ring.keys and ring.of("person:two", AT)


def test_safety_S09_keys_of_another_office_count_from_the_day_that_a_voucher_states():
    here, there = Chain(), Chain("b" * 32)
    here.add(person("person:root", ROOT, may_vouch="yes"))
    far = there.add(person("person:far", SECOND, AT - timedelta(days=60), may_vouch="yes"))
    decided = AT - timedelta(days=30)
    there.add(signed(person("person:two", STRANGER, decided), SECOND, "person:far", ()))
    vouch = replace(person("person:far", SECOND, may_vouch="yes"),
                    valid_from=(AT - timedelta(days=50)).date())
    here.add(signed(vouch, ROOT, "person:root", (far.hash,)))
    everything = [*here.stored, *there.stored]
    ring = key_ring(everything, OWN)
    assert ring.of("person:far", decided) and ring.of("person:two", decided)
    assert not ring.of("person:far", AT - timedelta(days=55))
    # Whatever the order of arrival.
    assert key_ring(reversed(everything), OWN) == ring


def test_safety_S09_a_new_key_takes_the_place_of_the_old_one():
    chain = Chain()
    chain.add(person("person:root", ROOT, may_vouch="yes"))
    chain.add(signed(person("person:two", SECOND), ROOT, "person:root", ()))
    later = AT + timedelta(days=1)
    chain.add(signed(person("person:two", STRANGER, later), ROOT, "person:root",
                     chain.tip("person:two")))
    ring = key_ring(chain.stored, OWN)
    assert [t.public_key for t in ring.of("person:two", AT)] == [SECOND.public_key]
    assert [t.public_key for t in ring.of("person:two", later)] == [STRANGER.public_key]


def test_safety_S09_why_a_signature_does_not_count_is_said_in_words():
    ring = ring_of_root()
    before = hazard("closed", AT - timedelta(hours=1))
    for made, words in [
        (hazard("closed"), "nobody signed it"),
        (signed(hazard("closed"), STRANGER, "person:far", ()), "not known here"),
        (signed(hazard("closed"), STRANGER, "person:root", ()), "does not fit"),
        (signed(before, ROOT, "person:root", ()), "at that time"),
    ]:
        assert words in verdict(Chain().add(made), ring).reason


STATEMENTS = st.lists(st.tuples(
    st.sampled_from([OWN, "b" * 32]), st.integers(0, 2), st.integers(0, 2),
    st.sampled_from([None, 0, 1, 2]), st.sampled_from(["yes", "no"]),
    st.sampled_from([None, -2, 1, 3]), st.booleans(), st.sampled_from([None, -3])), max_size=9)


@given(STATEMENTS, st.randoms(use_true_random=False))
def test_safety_S09_whose_key_counts_depends_on_no_order_and_leads_back_to_the_first(
        statements, rng):
    keys, who = (ROOT, SECOND, STRANGER), [f"person:{n}" for n in range(3)]
    chains = {OWN: Chain(), "b" * 32: Chain("b" * 32)}
    for hours, (name, person_no, key_no, signer, may_vouch, until, upon, since) in enumerate(
            statements):
        at = AT + timedelta(hours=7 * hours)
        more = {} if until is None else {"key_until": (at + timedelta(days=until)).date()}
        made = person(who[person_no], keys[key_no], at, may_vouch=may_vouch, **more)
        if since is not None:
            made = replace(made, valid_from=(at + timedelta(days=since)).date())
        if signer is not None:
            known = [s for c in chains.values() for s in c.of(who[person_no])]
            made = signed(made, keys[signer], who[signer],
                          [s.hash for s in descent.tips(known)] if upon else [])
        chains[name].add(made)
    everything = [s for c in chains.values() for s in c.stored]
    ring = key_ring(everything, OWN)
    rng.shuffle(everything)
    assert key_ring(everything, OWN) == ring
    first = next((s for s in chains[OWN].stored), None)
    trusts = [t for found in ring.keys.values() for t in found]
    assert bool(trusts) == (first is not None)
    for trust in trusts:
        if not trust.vouched_by:  # only the first key of the own chain stands by itself
            assert (trust.person, trust.public_key) == (
                first.revision.record_id, first.revision.values["public_key"])
        seen = set()
        while trust.vouched_by and trust.person not in seen:  # back to somebody who may vouch
            seen.add(trust.person)
            trust = next(t for t in ring.keys[trust.vouched_by] if any(
                may for _, may in t.vouching))


STEPS = st.lists(st.tuples(
    st.sampled_from([OWN, "b" * 32]), st.sampled_from(["open", "closed", "handed_over"]),
    st.sampled_from(["", "root", "stranger", "forged"]), st.sampled_from([0, 1]),
    st.sampled_from(["tips", "none", "first"])), min_size=1, max_size=8)


@given(STEPS)
def test_safety_S09_no_decision_ever_stands_that_nobody_signed(steps):
    """Random histories in two chains: who signs, upon what, with which ground."""
    ring, kind, chains = ring_of_root(), KINDS["hazard"], {OWN: Chain(), "b" * 32: Chain("b" * 32)}
    signed_content = []
    for hours, (name, status, who, size, upon) in enumerate(steps):
        everything = [s for c in chains.values() for s in c.stored]
        follows = {"tips": [s.hash for s in descent.tips(everything)], "none": [],
                   "first": [s.hash for s in everything[:1]]}[upon]
        made = replace(hazard(status, AT + timedelta(hours=hours)),
                       geometry=shapely.box(17, 44, 17.1 + size, 44.1), follows=tuple(follows))
        if who:
            made = signed(made, STRANGER if who == "stranger" else ROOT, "person:root", ())
        if who == "forged":
            made = replace(made, reason="another")
        chains[name].add(made)
        if who == "root":
            signed_content.append((status, made.geometry))
    everything = [s for c in chains.values() for s in c.stored]
    stood, verdicts = effective(everything, kind, ring)
    assert effective(everything[::-1], kind, ring)[0] == stood  # the order of arrival is nothing
    assert all(verdicts[s.hash].standing != "verified" for s in everything
               if s.hash in verdicts and not s.revision.signature)
    if stood is not None and decisions_in(kind, stood.revision):
        assert (stood.revision.values["status"], stood.revision.geometry) in signed_content
        # And nobody doubts it: every line that is not followed is decided.
        assert all(decisions_in(kind, s.revision) for s in descent.tips(everything))


def double(point, p=2**255 - 19):
    """Twice a point of the curve of RFC 8032, affine."""
    x, y = point
    d = -121665 * pow(121666, -1, p) % p
    k = d * x * x * y * y % p
    return (2 * x * y * pow(1 + k, -1, p) % p, (y * y + x * x) * pow(1 - k, -1, p) % p)


def test_safety_S09_a_key_with_which_every_signature_fits_is_refused():
    p = 2**255 - 19
    for y in signature._SMALL_ORDER:
        weak = y.to_bytes(32, "little")
        for sign in (0, 0x80):
            key = (weak[:31] + bytes([weak[31] | sign])).hex()
            assert signature.weak(key)
            # R = the point of order 1, s = 0: fits any content under the key of order 1.
            assert not verify(key, "revision", b"any", (1).to_bytes(32, "little").hex() + "00" * 32)
        d = -121665 * pow(121666, -1, p) % p
        square = (y * y - 1) * pow(d * y * y + 1, -1, p) % p
        x = pow(square, (p + 3) // 8, p)
        if (x * x - square) % p:
            x = x * pow(2, (p - 1) // 4, p) % p
        assert (x * x - square) % p == 0
        assert double(double(double((x, y % p)))) == (0, 1)  # eight times the point is nothing
    assert not signature.weak(ROOT.public_key)


def test_a_fingerprint_is_read_out_in_groups():
    words = signature.fingerprint(ROOT.public_key).split()
    assert len(words) == 8 and all(len(w) == 4 for w in words)


EVERY_DECISION = [(kind, name, word) for kind, found in sorted(KINDS.items())
                  for name, words in found.decisions for word in words if kind != "person"]
PERSON_ROLES = [c for c in KINDS["person"].field("role").choices if c != "not_reported"]


@pytest.mark.parametrize(("kind", "name", "word"), EVERY_DECISION)
def test_safety_S09_a_decision_counts_only_with_the_role_that_decides_it(kind, name, word):
    """Every role against every decision of every kind; the level of the authority too."""
    for role in [*PERSON_ROLES, ""]:
        for level, able in (("entered", DECIDERS[kind, name]), ("authority", (AUTHORITY,))):
            chain, at = Chain(), AT + timedelta(hours=1)
            chain.add(person("person:root", ROOT, may_vouch="yes"))
            chain.add(signed(person("person:two", SECOND, role=role), ROOT, "person:root", ()))
            made = Revision(kind, "r1", {name: word}, None, at, "person:two", "why", "",
                            validation=level)
            stored = chain.add(signed(made, SECOND, "person:two", ()))
            ring = key_ring([s for s in chain.stored if s.revision.kind == "person"], OWN)
            found = standing([stored], KINDS[kind], ring)[stored.hash]
            allowed = role in able and role in DECIDERS[kind, name]
            assert (found.standing == "verified") == allowed, (role, level, found)
            if not allowed:
                assert (role or "not reported") in found.reason and able[-1] in found.reason
                stands, _ = effective([stored], KINDS[kind], ring)
                assert (stands is None) == (word != "revoked" or level == "authority")


def test_safety_S09_nobody_gives_themselves_a_role():
    """A key that counts, and the word of its own holder that they are the authority."""
    chain, later = Chain(), AT + timedelta(hours=2)
    chain.add(person("person:root", ROOT, may_vouch="yes"))
    chain.add(signed(person("person:two", SECOND, role="deminer"), ROOT, "person:root", ()))
    chain.add(signed(person("person:two", SECOND, later, role="authority"), SECOND, "person:two",
                     chain.tip("person:two")))
    chain.add(person("person:two", SECOND, later, role="authority"))
    (trust,) = key_ring(chain.stored, OWN).of("person:two", later + timedelta(hours=1))
    assert trust.role(later + timedelta(hours=1)) == "deminer"
    closing = signed(hazard("closed", later + timedelta(hours=1)), SECOND, "person:two", ())
    own = Chain()
    stored = own.add(closing)
    found = standing([stored], KINDS["hazard"], key_ring(chain.stored, OWN))[stored.hash]
    assert found.standing == "unverified" and "deminer" in found.reason
    # Somebody who may vouch says otherwise: from then on, not before.
    chain.add(signed(person("person:two", SECOND, later + timedelta(hours=2), role="authority"),
                     ROOT, "person:root", chain.tip("person:two")))
    (trust,) = key_ring(chain.stored, OWN).of("person:two", later + timedelta(hours=3))
    assert trust.role(later + timedelta(hours=1)) == "deminer"
    assert trust.role(later + timedelta(hours=3)) == "authority"
