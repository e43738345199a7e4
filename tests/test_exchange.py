"""Packages between offices: nothing lost or doubled in any order of arrival, nothing trusted."""

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from landrelease import workflows
from landrelease.core import exchange as core
from landrelease.core.revision import Revision
from landrelease.core.signature import SigningKey
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import exchange

AT = datetime(2027, 5, 1, 8, tzinfo=UTC)


def key_of(office):
    return SigningKey.from_seed(office.encode().ljust(32, b"."))


def made(record, minutes=0, geometry=None, **values):
    shape = shapely.box(17, 44, 17.1, 44.1) if geometry is None else geometry
    return Revision("hazard", record, values, shape, AT + timedelta(minutes=minutes),
                    "landrelease test", "why", "")


def new(folder, office):
    return create_registry(folder / f"{office}.gpkg", office=office,
                           now=lambda: AT + timedelta(seconds=len(office)))


def pack(registry, folder, name, **more):
    path = folder / f"{name}.lrx"
    exchange.pack(registry, path, key=more.pop("key", key_of(registry.office)), now=AT, **more)
    return path


def take(registry, path, minutes=100, **more):
    return exchange.unpack(registry, path, by="landrelease test",
                           now=AT + timedelta(minutes=minutes), **more)


def said(registry):
    """Everything but the receipts, whatever the chain is called here."""
    return sorted(s.hash for s in registry.revisions() if s.revision.kind != "source")


def current(registry):
    return {r.id: (r.values, r.geometry.wkt) for r in registry.records("hazard")}


def test_a_package_brings_all_and_a_second_time_nothing(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1", name="x"), made("h2")])
        path = pack(a, tmp_path, "a")
        first = take(b, path)
        assert first.new == {"A": 2} and first.first_time and not first.missing
        again = take(b, path)
        assert again.new == {} and again.known == 2 and not again.first_time
        assert current(a) == current(b) and b.audit() == [] and said(a) == said(b)
        assert b.history("h1")[0].known_from == AT + timedelta(minutes=100)
        # What was known before it arrived: nothing.
        assert b.records("hazard", known_at=AT + timedelta(minutes=50)) == []
        assert len(b.records("hazard", known_at=AT + timedelta(minutes=100))) == 2
        a.append([made("h3", 5)])
        third = take(b, pack(a, tmp_path, "a2"))
        assert third.new == {"A": 1} and third.known == 2
        assert len({c.id for c in b.chains()}) == 2 and b.head() != a.head()


def test_a_gap_waits_until_the_rest_arrives(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1")])
        early = pack(a, tmp_path, "early")
        a.append([made("h2", 1)])
        late = pack(a, tmp_path, "late", since={a.chain: 1})
        found = take(b, late)
        assert found.new == {} and found.missing[0].first == 1 and found.missing[0].last == 1
        assert exchange.waiting(b)[0][0] == "late.lrx" and b.audit() == []
        take(b, early)
        assert exchange.waiting(b) == [] and said(a) == said(b) and b.audit() == []


def test_to_an_office_only_what_its_last_package_lacked(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1")])
        take(b, pack(a, tmp_path, "one", to="B"))
        a.append([made("h2", 1)])
        second = exchange.pack(a, tmp_path / "two.lrx", to="B", key=key_of("A"), now=AT)
        assert second.revisions == {"A": 1}
        assert take(b, tmp_path / "two.lrx").new == {"A": 1} and said(a) == said(b)


def test_a_conflict_is_listed_and_settled_by_a_person(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1", name="x")])
        take(b, pack(a, tmp_path, "a1"), minutes=1)
        # B goes on from what A said: no conflict.
        b.append([made("h1", 10, name="y")])
        assert b.history("h1")[-1].revision.follows == (a.history("h1")[0].hash,)
        assert b.contested() == []
        a.append([made("h1", 20, name="z", geometry=shapely.box(17.05, 44, 17.2, 44.1))])
        found = take(a, pack(b, tmp_path, "b1"), minutes=30)
        assert found.conflicts == ("h1",)
        (conflict,) = exchange.conflicts(a)
        assert conflict.fields == ("name", "geometry") and len(conflict.sayings) == 2
        assert {s.values["name"] for s in conflict.sayings} == {"y", "z"}
        # An ordinary update goes on, and settles nothing.
        a.append([made("h1", 40, name="zz", geometry=shapely.box(17.05, 44, 17.2, 44.1))])
        assert a.contested() == ["h1"]
        with pytest.raises(LandReleaseError, match="EXC-006"):
            exchange.resolve(a, "h1", "ffff", reason="x", by="y")
        y = next(s for s in exchange.conflicts(a)[0].sayings if s.values["name"] == "y")
        exchange.resolve(a, "h1", y.hash[:8], reason="visited", by="landrelease test",
                         values={"reported_area_m2": "12"}, now=AT + timedelta(minutes=50))
        assert a.contested() == [] and a.records("hazard")[0].values == {
            "name": "y", "reported_area_m2": 12.0}
        with pytest.raises(LandReleaseError, match="EXC-005"):
            exchange.resolve(a, "h1", y.hash[:8], reason="x", by="y")
        take(b, pack(a, tmp_path, "a2"))
        assert b.contested() == [] and current(a) == current(b)
        assert a.audit() == [] and b.audit() == []


def test_safety_S01_while_offices_disagree_a_hazard_is_wherever_one_says(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1", geometry=shapely.box(17, 44, 17.1, 44.1))])
        b.append([made("h1", 1, geometry=shapely.box(17.05, 44, 17.3, 44.1))])
        take(a, pack(b, tmp_path, "b"))
        (stands,) = workflows.hazards_that_stand(a)
        assert stands.geometry.equals(shapely.box(17, 44, 17.3, 44.1))


def test_an_office_with_a_file_and_one_with_a_server_exchange(tmp_path, postgres_address):
    with new(tmp_path, "A") as a, create_registry(postgres_address, office="B") as b:
        a.append([made("h1", name="x")])
        b.append([made("h1", 5, name="y"), made("h2", 6)])
        assert take(b, pack(a, tmp_path, "a")).conflicts == ("h1",)
        assert take(a, pack(b, tmp_path, "b")).conflicts == ("h1",)
        assert set(said(a)) == set(said(b)) and current(a) == current(b)
        tip = exchange.conflicts(b)[0].sayings[0]
        exchange.resolve(b, "h1", tip.hash[:8], reason="visited", by="Ana")
        take(a, pack(b, tmp_path, "b2"))
        assert a.contested() == b.contested() == [] and current(a) == current(b)
        assert a.audit() == [] and b.audit() == []
        assert a.find("hazard", where={"name": tip.values["name"]})[0].id == "h1"


def test_the_same_said_twice_is_no_conflict(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        a.append([made("h1", name="x")])
        b.append([made("h1", 5, name="x")])
        assert take(a, pack(b, tmp_path, "b")).conflicts == ()


def test_a_copy_that_was_written_to_is_kept_as_a_branch(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "C") as c:
        a.append([made("h1")])
        a.backup(tmp_path / "copy.gpkg")
        a.append([made("h2", 1)])
        with open_registry(tmp_path / "copy.gpkg") as copy:
            copy.append([made("h3", 2)])
            copy.append([made("h4", 3)])
            one, two = pack(a, tmp_path, "one"), pack(copy, tmp_path, "two")
            copy.append([made("h5", 4)])
            three = pack(copy, tmp_path, "three")
        take(c, one)
        found = take(c, two)
        assert len(found.forks) == 1 and found.new == {"A": 2}
        assert take(c, three).new == {"A": 1}
        assert {r.id for r in c.records("hazard")} == {"h1", "h2", "h3", "h4", "h5"}
        assert take(a, three).forks == found.forks  # at home too
        assert a.audit() == [] and c.audit() == []
        assert take(c, three).new == {}


def test_a_relay_passes_on_and_cannot_add(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "B") as b, new(tmp_path, "C") as c:
        a.append([made("h1")])
        take(b, pack(a, tmp_path, "a"))
        assert take(c, pack(b, tmp_path, "b")).new["A"] == 1
        assert said(c) == said(a)
        # B writes to A's chain and seals it with its own key.
        forged = replace(next(b.revisions(a.chain)), position=2)
        revision = made("h9", 3)
        from landrelease.core.revision import link

        head = link(forged.hash, revision.canonical())
        part = core.Part(a.chain, "A", "0" * 64, 1, 2, 2, forged.hash,
                         core.Seal.make(a.chain, 2, head, key_of("B")))
        content = core.write(
            {"office": "B", "chain": b.chain, "to": "", "made_at": "", "extension": ""},
            [(part, [replace(forged, revision=revision, hash=head)])], {}, key_of("B"))
        (tmp_path / "forged.lrx").write_bytes(content)
        with pytest.raises(LandReleaseError, match="EXC-003"):
            take(c, tmp_path / "forged.lrx")
        assert said(c) == said(a) and c.audit() == []


def test_sources_travel_where_asked_and_personal_values_never(tmp_path):
    from test_store_geopackage import intake, revision

    with new(tmp_path, "A") as a, new(tmp_path, "B") as b:
        taken = intake([revision("h1")])
        a.take_in(taken)
        person = a.author("Zlatan Unmistakable")
        a.append([Revision("person", person, {"role": "deminer"}, None, AT, person, "x", "")],
                 personal={person: {"person_name": "Zlatan Unmistakable"}})
        path = pack(a, tmp_path, "a", with_sources=True)
        with zipfile.ZipFile(path) as archive:
            assert not any(b"Unmistakable" in archive.read(n) for n in archive.namelist())
        take(b, path)
        assert b.source_content(taken.report.source) == taken.content
        assert b.name_of(person) == person and b.audit() == []


# --- hostile packages ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    with new(folder, "A") as a:
        a.append([made("h1", name="x"), made("h2", 1)])
        return pack(a, folder, "a").read_bytes()


@settings(max_examples=150)
@given(st.data())
def test_a_flipped_byte_is_refused_or_changes_nothing(small, data):
    place = data.draw(st.integers(0, len(small) - 1))
    bit = data.draw(st.integers(0, 7))
    broken = bytearray(small)
    broken[place] ^= 1 << bit
    whole = core.read(small, "x")
    try:
        found = core.read(bytes(broken), "x")
        same = [list(found.revisions(p)) for p in found.manifest.parts]
    except LandReleaseError as error:
        assert "EXC-00" in str(error)
        return
    assert found.manifest == whole.manifest
    assert same == [list(whole.revisions(p)) for p in whole.manifest.parts]


@pytest.mark.parametrize("cut", [0, 1, 30, 200, -1])
def test_a_cut_package_is_refused(small, cut):
    with pytest.raises(LandReleaseError, match="EXC-001"):
        core.read(small[:cut], "x")


def rebuilt(small, change):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(small)) as old, zipfile.ZipFile(
            out, "w", zipfile.ZIP_DEFLATED) as archive:
        members = {n: old.read(n) for n in old.namelist()}
        change(members)
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize("change", [
    lambda m: m.update({"../evil": b"x"}), lambda m: m.update({"more.txt": b"x"}),
    lambda m: m.pop("chains/0.jsonl"), lambda m: m.pop("manifest.sig"),
    lambda m: m.update({"manifest.json": m["manifest.json"] + b" "}),
    lambda m: m.update({"manifest.json": b"[]"}),
    lambda m: m.update({"chains/0.jsonl": m["chains/0.jsonl"][:-1]}),
    lambda m: m.update({"manifest.sig": b"\xff" * 128}),
])
def test_another_content_is_refused(small, change):
    with pytest.raises(LandReleaseError, match=r"EXC-00[12]"):
        core.read(rebuilt(small, change), "x")


def test_a_bomb_is_not_unpacked(small, monkeypatch):
    monkeypatch.setattr(core, "LARGEST_MANIFEST", 10_000)
    bomb = rebuilt(small, lambda m: m.update({"manifest.json": b" " * 50_000_000}))
    assert len(bomb) < 100_000
    with pytest.raises(LandReleaseError, match=r"EXC-001.*holds more than"):
        core.read(bomb, "x")


# --- any order of arrival ------------------------------------------------------------------------

offices = st.sampled_from("ABC")
steps = st.lists(st.one_of(
    st.tuples(st.just("write"), offices, st.sampled_from(["h1", "h2", "h3"]),
              st.integers(0, 3), st.sampled_from([None, 1, 2])),
    st.tuples(st.just("pack"), offices, st.integers(0, 5)),
    st.tuples(st.just("take"), offices, st.integers(0, 20)),
), min_size=5, max_size=30)


@settings(max_examples=25, suppress_health_check=list(HealthCheck))
@given(steps, st.randoms(use_true_random=False))
def test_nothing_is_lost_or_doubled_in_any_order_of_arrival(tmp_path_factory, history, random):
    """Random histories: offices write and exchange; packages arrive late, twice, or relayed."""
    folder = tmp_path_factory.mktemp("offices")
    registries = {name: new(folder, name) for name in "ABC"}
    packages, written, minute = [], set(), 0
    try:
        for step in history:
            minute += 1
            registry = registries[step[1]]
            if step[0] == "write":
                _, _, record, value, year = step
                day = None if year is None else datetime(2020 + year, 1, 1).date()
                revision = replace(made(record, minute, name=str(value)), valid_from=day,
                                   reason=f"{minute}")
                registry.append([revision])
                written.add(registry.history(record)[-1].hash)
            elif step[0] == "pack":
                since = {c.id: random.randint(0, c.position) for c in registry.chains()} \
                    if step[2] == 0 else {}
                packages.append(pack(registry, folder, f"p{len(packages)}", since=since))
            elif packages:
                take(registry, packages[step[2] % len(packages)], minutes=minute)
        # In the end everybody has packed, and everything reaches everybody, in any order.
        for name in "ABC":
            packages.append(pack(registries[name], folder, f"last-{name}", since={}))
        for registry in registries.values():
            random.shuffle(packages)
            for path in packages:
                minute += 1
                take(registry, path, minutes=minute)
        a, b, c = registries.values()
        assert set(said(a)) == set(said(b)) == set(said(c)) == written
        assert len(said(a)) == len(written)  # nothing doubled
        assert current(a) == current(b) == current(c)
        assert a.contested() == b.contested() == c.contested()
        for registry in registries.values():
            assert registry.audit() == [] and exchange.waiting(registry) == []
    finally:
        for registry in registries.values():
            registry.close()


def test_safety_S19_made_up_records_do_not_come_among_real_ones(tmp_path):
    with new(tmp_path, "A") as a, new(tmp_path, "BB") as b, new(tmp_path, "CCC") as c:
        a.keep_setting("synthetic", "yes")
        a.append([made("h1", name="x")])
        b.append([made("h2", 1)])
        package = pack(a, tmp_path, "a")
        with pytest.raises(LandReleaseError, match="EXC-007"):
            take(b, package)
        assert len(b.chains()) == 1 and not workflows.is_synthetic(b)
        take(c, package)
        assert workflows.is_synthetic(c) and c.ids("hazard") == {"h1"}
