"""REL: the records behind many decisions, found by a tree, are those that reading all gives."""

import random
from datetime import date, timedelta

import pytest
import shapely

import release_world as world
from landrelease import workflows
from landrelease.core import lineage
from landrelease.core.certificate import is_decision_outcome
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry
from landrelease.workflows import adopting, behind, sharing
from landrelease.workflows.coverage import coverages
from release_world import AT

UNTIL = date(2005, 1, 1)


def plain(registry, hazard, ground):
    """The records behind a release as all records, looked at one by one, give them."""
    every = registry.records("hazard")
    family = {hazard.id, *lineage.lineage(every).ancestors(hazard.id)}
    def called(r):
        return {str(n).lower() for n in (r.id, r.values.get("identifier")) if n}

    names = {hazard.id} | {n for r in every if r.id in family for n in called(r)}
    areas = {n for r in every for n in called(r)}

    def said(r):
        return {str(r.values[f]).lower() for f in ("hazard", "hazard_identifier")
                if r.values.get(f)}

    def named(r):
        return bool(said(r) & names)

    def on_it(r):
        return r.geometry is not None and behind._overlap(r.geometry, ground)

    outcomes = [r for r in registry.records("outcome") if on_it(r)]
    reports = [o.geometry for o in outcomes if not is_decision_outcome(o.id)]

    tasks = [r for r in registry.records("task") if named(r) or on_it(r)]
    ids = {t.id for t in tasks}
    made = {str(o.values["activity"]) for o in outcomes if o.values.get("activity")}
    works = [r for r in registry.records("activity") if named(r) or r.id in made
             or behind.near(r, ground) or str(r.values.get("task")) in ids]
    ids |= {str(a.values["task"]) for a in works if a.values.get("task")}
    work_ids, lots = {a.id for a in works}, {o.id for o in outcomes} | {
        str(o.values["identifier"]) for o in outcomes if o.values.get("identifier")}
    by_id = {r.id: r for r in registry.records("task")}

    def of_work(r):
        work = next((a for a in works if a.id == r.values.get("activity")), None)
        if work is None:
            return False
        for one in (r, work, by_id.get(work.values.get("task"))):
            if one is not None and said(one) & areas:
                return bool(said(one) & areas & names)
        return True

    def about(r):
        return behind.near(r, ground) or (r.geometry is None and (named(r) or of_work(r))) or (
            r.geometry is not None and any(g.intersects(r.geometry) for g in reports))

    return {
        "hazard": [hazard.id], "outcome": [o.id for o in outcomes],
        "activity": [a.id for a in works],
        "task": [r.id for r in registry.records("task") if r.id in ids],
        "item": [r.id for r in registry.records("item") if about(r)],
        "accident": [r.id for r in registry.records("accident") if about(r)],
        "inspection": [r.id for r in registry.records("inspection") if on_it(r)
                       or lots & set(map(str, r.values.get("outcomes") or ()))
                       or str(r.values.get("activity")) in work_ids
                       or str(r.values.get("task")) in ids],
        "evidence": [r.id for r in registry.records("evidence") if on_it(r)
                     or behind.near(r, ground) or (r.geometry is None and named(r))],
        "gate": [r.id for r in registry.records("gate") if str(r.values.get("task")) in ids],
        "track": [r.id for r in registry.records("track") if str(r.values.get("task")) in ids],
        "coverage": [r.id for r in coverages(registry) if str(r.values.get("activity")) in work_ids
                     or str(r.values.get("task")) in ids]}, tuple(sorted(ids))


def scattered(rng, many):
    """Areas side by side, with parts, and records of every kind on them, near them, named by them
    and by their work."""
    def shape(size=0.001):
        x, y = 17 + 0.01 * rng.randrange(12), rng.choice((44, 44.001, 69.9)) + 0.001 * rng.random()
        return shapely.box(x, y, x + size * rng.random(), y + size)

    def one_of(prefix, field, p=0.5):
        return {field: f"{prefix}{rng.randrange(many)}"} if rng.random() < p else {}

    out = []
    for n in range(many):
        out.append(("hazard", f"h{n}", shape(), {"identifier": f"H{n % (many - 3)}",
                    "status": "open"} | ({"parents": [f"h{rng.randrange(n)}"]}
                                         if n and rng.random() < 0.3 else {})))
        out.append(("task", f"t{n}", shape() if rng.random() < 0.5 else None,
                    one_of("h", "hazard")))
        out.append(("activity", f"w{n}", shape().centroid if rng.random() < 0.5 else None,
                    one_of("t", "task") | one_of("h", "hazard")
                    | {"position_accuracy_m": 60.0}))
        out.append(("outcome", f"o{n}", shape(), {"outcome_type": "searched", "identifier": f"O{n}",
                    } | one_of("w", "activity") | one_of("H", "hazard_identifier")))
        for kind in ("item", "accident", "evidence"):
            out.append((kind, f"{kind}{n}", shape().centroid if rng.random() < 0.7 else None,
                        one_of("h", "hazard") | (one_of("w", "activity") if kind == "item" else {})
                        | ({"position_accuracy_m": rng.choice((5.0, 150.0))}
                                                 if rng.random() < 0.5 else {})))
        out.append(("inspection", f"i{n}", shape() if rng.random() < 0.3 else None,
                    ({"outcomes": [f"o{rng.randrange(many)}", f"O{rng.randrange(many)}"]}
                     if rng.random() < 0.5 else {}) | one_of("w", "activity", 0.2)
                    | one_of("t", "task", 0.2)))
        out.append(("gate", f"g{n}", None, one_of("t", "task")))
        out.append(("track", f"k{n}", None, one_of("t", "task")))
        out.append(("coverage", f"c{n}", shape(), one_of("t", "task") | one_of("w", "activity")))
    return [Revision(kind, name, values, where, AT, "landrelease test", "why", "")
            for kind, name, where, values in out]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_what_a_tree_finds_is_what_all_records_give(tmp_path, seed):
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.append(scattered(random.Random(seed), 40))
        known = behind.OnFile(registry)
        hazards = registry.records("hazard")
        seen = 0
        for hazard in hazards:
            for ground in (hazard.geometry, hazard.geometry.buffer(1e-4)):
                found = behind.records_behind(registry, hazard, ground, on_file=known)
                records, tasks = plain(registry, hazard, ground)
                assert {k: [r.id for r in v] for k, v in found.records.items()} == records
                assert found.tasks == tasks
                assert set(found.state) == {i for v in records.values() for i in v}
                seen += len(found.state)
        assert seen > 10 * len(hazards)  # there was something to find
        for hazard in hazards:
            assert {r.id for r in known.standing_named(hazard.id)} == {
                r.id for r in workflows.hazards_that_stand(registry)
                if hazard.id in (r.id, r.values.get("identifier"))}


def many_closings(folder, rows):
    """Areas of 1997 in a grid: alone, overlapping, edge on edge, with finds, released in part."""
    rng = random.Random(7)
    revisions, lines = [], [",".join(adopting.COLUMNS)]
    for n in range(rows):
        x, y = 17 + 0.002 * (n % 20), 44 + 0.002 * (n // 20)
        wide = rng.choice((0.001, 0.002, 0.0025))
        revisions.append(Revision(
            "hazard", f"h{n}", {"identifier": f"H{n}", "hazard_type": "CHA", "status": "open",
                                "information_date": date(1997, 3, 1)},
            shapely.box(x, y, x + wide, y + 0.001), AT, "landrelease test", "why", "",
            date(1997, 3, 1)))
        if rng.random() < 0.15:
            revisions.append(Revision(
                "item", f"m{n}", {"ordnance_category": "ap_mine_blast", "position_accuracy_m": 80.0,
                                  "found_on": date(rng.choice((1998, 2001)), 1, 1),
                                  "disposal": "destroyed"},
                shapely.Point(x + wide + 0.0005 * rng.random(), y + 0.0005), AT,
                "landrelease test", "why", ""))
        part = shapely.box(x, y, x + 0.0006, y + 0.001).wkt if rng.random() < 0.2 else ""
        lines.append(f'H{n},cleared,1999-06-01,Ministry,Rules 7,one.pdf,Ana,0.1,"{part}",')
    lines.append("h0/2,cleared,1999-06-01,Ministry,Rules 7,one.pdf,Ana,0.1,,")
    (folder / "one.pdf").write_bytes(b"decision")
    (folder / "closings.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return revisions


def adopted(folder, rows, **more):
    folder.mkdir()
    with create_registry(folder / "r.gpkg", office="A") as registry:
        ana, _ = world.keys(registry, folder)
        registry.append(many_closings(folder, rows))
        made = adopting.adopt(registry, sharing.reader_of(registry, "authority"),
                              folder / "closings.csv", until=UNTIL, by="Ana", key=ana,
                              now=AT + timedelta(days=30), **more)
        stands = {r.id: r.geometry.wkt for r in workflows.hazards_that_stand(registry)}
    return [(r.hazard, r.state, r.reasons, round(r.area_m2, 6)) for r in made], stands


def test_adopting_many_gives_what_adopting_one_by_one_gives(tmp_path, monkeypatch):
    """One by one: all records are read anew before each decision."""
    quick, stand = adopted(tmp_path / "quick", 60)
    assert {"released", "refused"} <= {state for _, state, *_ in quick}
    assert sum("no_other_hazard" in " ".join(why) for *_, why, _ in quick) >= 3
    monkeypatch.setattr(behind.OnFile, "look", behind.OnFile._clear)
    monkeypatch.setattr(behind.OnFile, "released", lambda self, *a: self._clear())
    slow, stood = adopted(tmp_path / "slow", 60)
    assert quick == slow and stand == stood


@pytest.mark.parametrize("rows", [15, 45])
def test_each_kind_of_record_is_read_once_however_many_are_adopted(tmp_path, monkeypatch, rows):
    read, cleared = [], []
    from landrelease.store.geopackage import GeoPackageRegistry

    records, clear = GeoPackageRegistry.records, behind.OnFile._clear
    monkeypatch.setattr(GeoPackageRegistry, "records", lambda self, kind, **more: (
        read.append(kind), records(self, kind, **more))[1])
    monkeypatch.setattr(behind.OnFile, "_clear", lambda self: (
        cleared.append(1), clear(self))[1])
    made, _ = adopted(tmp_path / "a", rows)
    assert sum(state == "released" for _, state, *_ in made) > rows / 4
    assert len(cleared) == 1
    assert len(read) < 40, read


def test_what_somebody_else_records_meanwhile_is_seen(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="A") as registry:
        registry.append(many_closings(tmp_path, 3))
        known = behind.OnFile(registry)
        (hazard,) = known.standing_named("h0")
        before = behind.records_behind(registry, hazard, hazard.geometry, on_file=known)
        world.record(registry, "evidence", "e1", hazard.geometry.centroid, says="contaminated")
        known.look()
        found = behind.records_behind(registry, hazard, hazard.geometry, on_file=known)
        assert set(found.state) - set(before.state) == {"e1"}
