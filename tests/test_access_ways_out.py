"""Every role, every kind of record, every field, every way out: nothing leaves that is not named.

A registry is filled so that each field of each record holds a value found nowhere else. Every way
out is then run as every role through the command line, and all bytes that left are searched for
those values: each must be one that the policy names for the role. What is named must be there.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import sqlite3
import sys
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import shapely

from landrelease.access import policy
from landrelease.apps import cli
from landrelease.core.finding import Finding, ImportReport, Intake, QuarantinedRow
from landrelease.core.record import KINDS
from landrelease.core.revision import Revision
from landrelease.store.open import create_registry, open_registry
from landrelease.workflows import marks

MOMENT = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
ORGANISATION = "Clearance Alpha"
WEST, SOUTH = 17.0, 44.0  # a district of two halves; records 0 and 1 of a kind in the west
HALVES = {"west": (17.0, 44.0, 17.2, 44.2), "east": (17.2, 44.0, 17.4, 44.2)}


@dataclass(eq=False)
class World:
    """The registry, and marker -> (kind, field, number of the record)."""

    address: object
    markers: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    places: dict[tuple[float, float], tuple[str, int]] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # marker -> what it is
    records: list = field(default_factory=list)
    unmarked: set[str] = field(default_factory=set)
    plan: object = None
    photograph: str = ""

    def word(self) -> str:
        self.count = getattr(self, "count", 0) + 1
        # The table of a treaty for a year names its ends: no day on record is one of them.
        while (date(1901, 1, 1) + timedelta(days=self.count)).strftime("%m-%d") in ("12-31",
                                                                                    "01-01"):
            self.count += 1
        return f"QX{self.count:05d}"

    def value(self, kind, f, number):
        """A value of the field's type found nowhere else, and how it may be written."""
        word = self.word()
        n = int(word[2:])
        if f.name in policy.ORGANISATION_FIELDS and number == 1:
            return ORGANISATION, ()
        if f.name == "public_key":
            return f"{n:064x}", (f"{n:064x}",)
        if f.type in ("text", "reference"):
            return word, (word,)
        if f.type == "references":
            return [word], (word,)
        if f.type == "date":
            day = date(1901, 1, 1) + timedelta(days=n)
            return day, (day.isoformat(),)
        if f.type == "moment":
            at = f"1899-01-01T{n // 3600:02d}:{n // 60 % 60:02d}:{n % 60:02d}+00:00"
            return at, (at[:19],)
        if f.type == "number":
            value = (f.minimum or 0.0) + 0.1 + n / 1e7 + 3e-8
            return value, (repr(value),)
        if f.type == "integer" and (f.maximum is None or f.maximum > 1e7):
            return 7_100_000 + n, (f"{7_100_000 + n}", f"{7_100_000 + n:,}")
        self.unmarked.add(f"{kind}.{f.name}")
        if f.type == "integer":
            return int(f.minimum or 1), ()
        return ([f.choices[0]] if f.type == "choices" else f.choices[0]), ()


def a_scenario(world):
    path = world.address.parent / "scenario.yaml"
    path.write_text("name: half the pace\nrates: {manual: 0.5}\n", encoding="utf-8")
    return path


def ground(kind, number, count):
    """A geometry of the kind whose corners have decimals of their own."""
    if kind.geometry == "none":
        return None
    half = "east" if number == 2 else "west"
    west, south, *_ = HALVES[half]
    x = west + 0.02 + (count % 10) * 0.0151234 + number * 1.7e-5 + count * 1.1e-6
    y = south + 0.02 + (count // 10) * 0.0151567 + number * 2.3e-5 + count * 1.3e-6
    x, y = round(x, 7), round(y, 7)
    if kind.name == "administrative_area":
        return shapely.box(*HALVES[half]) if number else shapely.box(17.0, 44.0, 17.1, 44.1)
    if kind.geometry == "point":
        return shapely.Point(x, y)
    if kind.geometry == "line":
        return shapely.LineString([(x, y), (round(x + 0.0012345, 7), y)])
    return shapely.box(x, y, round(x + 0.0023456, 7), round(y + 0.0013579, 7))


def marked(folder) -> World:
    """A registry in which every field of every kind holds a value found nowhere else."""
    made = World(folder / "r.gpkg")
    registry = create_registry(made.address, office="Test")
    registry.keep_setting("synthetic", "yes")
    registry.keep_setting("small_count_minimum", "2")
    name = "Quentin Xavier Marked"
    made.secrets[name] = "author"
    author = registry.author(name)
    revisions, personal = [], {}
    for count, kind in enumerate(KINDS.values()):
        for number in range(3):
            record_id = f"{kind.name}:{made.word()}"
            values = {}
            for f in kind.fields:
                if f.personal:
                    word = made.word()
                    made.secrets[word] = f"personal {kind.name}.{f.name}"
                    personal.setdefault(record_id, {})[f.name] = (
                        word if f.type == "text" else date(1890, 1, 1) + timedelta(days=count))
                    continue
                values[f.name], written = made.value(kind.name, f, number)
                made.markers |= dict.fromkeys(written, (kind.name, f.name, number))
            shape = ground(kind, number, count)
            if shape is not None and kind.name != "administrative_area":
                for corner in shapely.get_coordinates(shape).tolist():
                    made.places[tuple(corner)] = (kind.name, number)
            reason = made.word()
            made.markers[reason] = (kind.name, "history", number)
            made.markers[record_id.split(":")[1]] = (kind.name, "record", number)
            r = Revision(kind.name, record_id, values, shape, MOMENT, author, reason, "",
                         values.get("information_date"))
            revisions.append(r)
            made.records.append(r)
    registry.append(revisions, personal=personal)
    words = {w: made.word() for w in ("content", "file", "row", "victim", "found", "place")}
    made.secrets[words["content"]] = "content of a file"
    made.secrets[words["victim"]] = "personal value in quarantine"
    for w in ("file", "row", "found"):
        made.markers[words[w]] = ("quarantine", w, 0)
    content = words["content"].encode() + b" " * 40
    import hashlib

    sha = hashlib.sha256(content).hexdigest()
    finding = Finding("ROW-001", words["file"], 1, "victim_names", words["victim"],
                      f"not {words['victim']}", "Mend it.", "quarantined")
    other = Finding("ROW-001", words["file"], 1, "victims", words["found"],
                    f"{words['found']} is no number.", "Mend it.", "quarantined")
    row = QuarantinedRow(words["file"], sha, 1, "accident",
                         {"victim_names": words["victim"], "victims": words["row"]},
                         "POINT (17.0987654 44.0987654)", (finding, other))
    registry.take_in(Intake(
        ImportReport(words["file"], sha, "accident", read=1, accepted=0, merged=0, quarantined=1,
                     findings=(finding, other)), (), (row,), content))
    made.secrets["QXCAMERA"] = "what a camera wrote"
    photograph = (b"\xff\xd8\xff\xe1\x00\x10Exif\0\0QXCAMERA"
                  b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" + b"picture\xff\xd9")
    made.photograph = hashlib.sha256(photograph).hexdigest()
    registry.keep_source(made.photograph, "p.jpg", photograph)
    registry.close()
    return made


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> World:
    folder = tmp_path_factory.mktemp("marked")
    made = marked(folder)
    made.plan = folder / "plan"
    assert command("plan", "make", made.address, "--out", made.plan, "--iterations", 0, "--as",
                   "planner", "--quiet")[0] == 0
    made.forecast = folder / "forecast.json"
    assert command("forecast", "make", made.address, "--plan", made.plan, "--out", made.forecast,
                   "--runs", 5, "--as", "planner", "--quiet")[0] == 0
    return made


def command(*words):
    """Run the command line in this process; exit status and all that was said."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["landrelease", *map(str, words)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                cli.main()
                code = 0
            except SystemExit as stop:
                code = 0 if stop.code is None else int(stop.code)
    finally:
        sys.argv = before
    return code, out.getvalue() + err.getvalue()


def a_handover(world):
    return next(x for x in world.records if x.kind == "handover")


def a_task(world):
    return next(x.record_id for x in world.records if x.kind == "task")


def claims_file(world):
    path = world.weights.with_name("claims.csv")
    path.write_text("source,published,as_of,scope,metric,value,unit,words\n"
                    "synthetic,2026-01-01,2026-01-01,all,cleared area,5,ha,\n", encoding="utf-8")
    return path


def a_track(world):
    path = world.plan.parent / "k.csv"
    path.write_text("time,latitude,longitude,pass\n0,20,-30,1\n1,20.00001,-30,1\n")
    return path


def a_lane(world):
    path = world.plan.parent / "lane.geojson"
    path.write_text(json.dumps({"type": "Feature", "properties": {}, "geometry": json.loads(
        shapely.to_geojson(shapely.box(17.01, 44.01, 17.02, 44.02)))}))
    return path


# --- the ways out --------------------------------------------------------------------------------


def run_all(world, folder, role, scope=(), ways=tuple(policy.WAYS_OUT)):
    """Run every way out as a role; way -> (exit status, what was said). Files lie in `folder`."""
    r, said = world.address, {}
    for way in ways:
        out = folder / way.replace(" ", "-")
        out.mkdir(parents=True)
        as_role = ("--as", role, *scope)
        only = ("--as", role)
        js = ("--json", out / "out.json")
        calls = {
            "export": [("export", r, out / "files", *as_role)],
            "share": [("share", r, out / "copy.gpkg", *js, *as_role)],
            "withheld": [("withheld", r, *js, *as_role)],
            "history": [("history", r, x.record_id, "--json", out / f"{n}.json", *as_role)
                        # Of each kind one record; where nobody may, any one will do.
                        for n, x in enumerate(world.records)
                        if n % 3 == n // 3 % 3 and (n == 0 or policy.view(role).may("history"))],
            "audit": [("audit", r, *js, *only)],
            "area lineage": [("area", "lineage", r, world.records[0].record_id, *js, *only)],
            "check": [("check", r, *js, *only)],
            "edits list": [("edits", "list", r, *js, *only)],
            "forms build": [("forms", "build", out / "forms", "--form", "landrelease_progress",
                             "--registry", r, *js, *as_role)],
            "identity list": [("identity", "list", r, *js, *only)],
            "personal": [("personal", r, world.records[0].record_id, "--reason", "test", *only)],
            "source list": [("source", "list", r, *js, *only),
                            ("source", "list", r, "--missing", *js, *only)],
            "source get": [("source", "get", r, world.photograph, out / "p.jpg", *only)],
            "quarantine list": [("quarantine", "list", r, *js, *only)],
            "quarantine show": [("quarantine", "show", r, 1, *js, *only)],
            "quarantine export": [("quarantine", "export", r, out / "back.csv", *only)],
            "quarantine mend": [("quarantine", "mend", r, 1, "--set", "victims=many", *only)],
            "quarantine retry": [("quarantine", "retry", r, 1, *only)],
            "quarantine reject": [("quarantine", "reject", r, 99, "--reason", "x", *only)],
            "assess map": [("assess", "map", r, "--out", out / "map.tif", "--cell", 500, *js,
                            *only)],
            "assess cells": [("assess", "cells", r, "--cell", 500, "--out", out / "cells.csv",
                              *only)],
            "assess next": [("assess", "next", r, "--effort", 5, "--csv", out / "next.csv", *js,
                             *only)],
            "assess type": [("assess", "type", r, "--parts", out / "parts.geojson", *js, *only)],
            "assess residual": [("assess", "residual", r, "--hazard", next(
                x.record_id for x in world.records if x.kind == "hazard"), *js, *only)],
            "plan make": [("plan", "make", r, "--out", out / "plan", "--iterations", 0, *js,
                           *only)],
            "plan check": [("plan", "check", r, world.plan, *js, *only)],
            "plan rank": [("plan", "rank", r, "--weights", world.weights, *js, "--csv",
                           out / "rank.csv", *only)],
            "plan explain": [("plan", "explain", r, world.plan, *js, *only)],
            "plan conflicts": [("plan", "conflicts", r, world.plan, *js, *only)],
            "plan policy": [("plan", "policy", r, world.plan, "--samples", 2, "--every", 0, *js,
                             *only)],
            "plan price": [("plan", "price", r, world.plan, "--most", 1, "--iterations", 0, *js,
                            *only)],
            "plan what-if": [("plan", "what-if", r, world.plan, "--weight", "person_weight=2",
                              "--iterations", 0, *js, *only)],
            "plan pareto": [("plan", "pareto", r, world.plan, "--parts", "people", "land",
                             "--points", 2, "--iterations", 0, *js, *only)],
            "plan compare": [("plan", "compare", r, world.plan, world.plan, *js, "--csv",
                              out / "compare.csv", *only)],
            "plan problem": [("plan", "problem", r, "--out", out / "problem", *only)],
            "plan bound": [("plan", "bound", r, world.plan, "--seconds", 0, *js, *only)],
            "plan orders": [],  # it writes: tests/test_plan_commands.py
            "plan reach": [("plan", "reach", r, "--roads", world.roads, "--bases", world.bases,
                            "--out", out / "reach", "--plan", world.plan, *js, *only)],
            "operate gate": [("operate", "gate", r, a_task(world), "2027-04-01", *js, *only)],
            "operate days": [("operate", "days", r, "--from", "1901-01-01", "--until",
                              "1901-12-31", *js, *only)],
            "release propose": [],  # it writes: tests/test_release.py
            "release list": [("release", "list", r, *js, *only)],
            "release lookup": [("release", "lookup", r, a_handover(world).values["certificate"],
                                *js, *only)],
            "release certificate": [("release", "certificate", r, a_handover(world).record_id,
                                     "--out", out / "c.pdf", *only)],
            "release unlocked": [("release", "unlocked", r, *js, *only)],
            "complaint list": [("complaint", "list", r, "--on", "2027-04-01", *js, *only),
                               ("complaint", "show", r, next(
                                   x.record_id for x in world.records if x.kind == "complaint"),
                                "--json", out / "one.json", *only)],
            "complaint answer": [("complaint", "answer", r, "nothing", "--text", "x", *only),
                                 ("complaint", "close", r, "nothing", *only),
                                 ("complaint", "reopen", r, "nothing", "--reason", "x", *only)],
            "complaint state": [("complaint", "state", r, "0" * 16, *js, *only)],
            **{f"operate {name}": [("operate", name, r, "--on", "2027-04-01", *js, *only)]
               for name in ("accidents", "environment", "marking", "evacuations", "competence")},
            "operate exposure": [("operate", "exposure", r, *js, *only)],
            "verify lots": [("verify", "lots", r, a_task(world), *js, *only)],
            "verify draw": [],  # they write: tests/test_inspecting.py
            "verify record": [],
            "verify teams": [("verify", "teams", r, *js, *only)],
            "verify open": [("verify", "open", r, "--on", "2027-04-01", *js, *only)],
            "operate proof": [("operate", "proof", r, a_task(world), "--track", a_track(world),
                               "--width", 1, "--position-error", 0, "--confidence", 0.9,
                               "--uncovered", out / "gaps.geojson", *js, *only)],
            "operate measured": [("operate", "measured", r, a_task(world), "--lanes",
                                  a_lane(world), "--position-error", 0.1, "--confidence", 0.9,
                                  "--depth", 0.2, "--day", "2027-04-01", "--uncovered",
                                  out / "gaps.geojson", *js, *only)],
            "operate lanes": [("operate", "lanes", r, a_task(world), "--profile", "uran-6",
                               "--width", 300, "--out", out / "lanes", *js, *only)],
            "forecast make": [("forecast", "make", r, "--plan", world.plan, "--runs", 5, "--out",
                               out / "f.json", *js, *only)],
            "forecast rates": [("forecast", "rates", r, *js, *only)],
            "forecast compare": [("forecast", "compare", r, "--plan", world.plan, "--scenario",
                                  a_scenario(world), "--runs", 5, "--svg", out / "c.svg", *js,
                                  *only)],
            "forecast backtest": [("forecast", "backtest", r, "--runs", 20, *js, *only)],
            "money summary": [("money", "summary", r, "--csv", out / "m.csv", *js, *only)],
            "money costs": [("money", "costs", r, *js, *only)],
            "money runway": [("money", "runway", r, "--runs", 5, *js, *only)],
            "projects list": [("projects", "list", r, *js, *only)],
            "projects outlook": [("projects", "outlook", r, "--plan", world.plan, "--csv",
                                  out / "p.csv", *js, *only)],
            "figures list": [("figures", "list", r, *js, *as_role)],
            "figures trace": [("figures", "trace", r, "hazardous_m2", *js, *as_role)],
            "figures tables": [("figures", "tables", r, "--out", out / "ledger.csv", *js,
                                *as_role)],
            "figures recompute": [("figures", "recompute", r, world.figure, *js, *only)],
            "figures treaty": [("figures", "treaty", r, "--treaty", "all", "--year", 1903, "--out",
                                out / "tables", *js, *as_role)],
            **{f"document {name}": [("document", name, r, *words, "--out", out / f"{name}{end}",
                                     *(only if name == "plan" else as_role))
                                    for end in (".pdf", ".xlsx")]
               for name, words in (("plan", (world.plan,)), ("task", (a_task(world),)),
                                   ("week", ("--ending", "1903-04-05", "--plan", world.plan)),
                                   ("donor", ("--forecast", world.forecast)))},
            "claims check": [("claims", "check", claims_file(world), "--registry", r, *js,
                              *as_role)],
            "claims recorded": [("claims", "check", "--registry", r, *js, *as_role)],
            "publish": [("publish", r, out / "pages", "--plan", world.plan, "--forecast",
                         world.forecast, *as_role)],
            "ask": [("ask", r, "--at", "44.10000, 17.10000", *js, *as_role),
                    ("ask", r, "--place", "Q", *js, *as_role)],
            "import report": [],  # of one's own job alone: tests/test_web_import.py
            "serve": [],  # every role at every address: tests/test_web_tiers.py
            "exchange pack": [("exchange", "pack", r, out / "pack.lrx", *only)],
            "exchange status": [("exchange", "status", r, *js, *only)],
            "exchange conflicts": [("exchange", "conflicts", r, *js, *only)],
            "errors": [("history", r, "no such record", *as_role),
                       ("quarantine", "show", r, 77, *only),
                       ("publish", r, out / "p", "--plan", out / "none", *as_role),
                       ("export", r, out / "p", "--area", "Nowhere", *only)],
        }[way]
        said[way] = [command(*call) for call in calls]
        # What the reader typed is said back to the reader.
        (out / "said.txt").write_text("\n".join(
            re.sub(r"There is no record \S+", "", words) for _, words in said[way]))
    return said


def leaves(path) -> str:
    """All that can be read out of a file, as text; coordinates as WKT."""
    raw = path.read_bytes()
    text = [raw.decode("latin-1")]
    if raw.startswith(b"SQLite"):
        db = sqlite3.connect(path)
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'"):
            for row in db.execute(f'SELECT * FROM "{table}"'):  # noqa: S608
                text += [blob(v) if isinstance(v, bytes) else str(v) for v in row]
        db.close()
    elif path.suffix == ".parquet":
        import pyarrow.parquet as pq

        table = pq.read_table(path)
        text += [blob(v) if isinstance(v, bytes) else str(v)
                 for column in table.columns for v in column.to_pylist()]
        text.append(str(table.schema.metadata))
    elif path.suffix == ".html":
        text += drawn(text[0])
    elif path.suffix == ".pdf":
        import pypdf

        text += [page.extract_text() for page in pypdf.PdfReader(path).pages]
    elif path.suffix == ".tif":
        import rasterio

        with rasterio.open(path) as raster:
            text.append(str(raster.tags()))
    elif path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as arrays:
            text += [" ".join(map(str, arrays[n].ravel().tolist()[:200_000]))
                     for n in arrays.files]
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for n in archive.namelist():
                text.append(archive.read(n).decode("latin-1"))
    return "\n".join(text)


def drawn(page: str) -> list[str]:
    """The corners that a page draws: lists of whole steps from an origin, one by one or as moves.
    """
    found = re.search(r'<script[^>]*id="data"[^>]*>(.*?)</script>', page, re.S)
    data = json.loads(found[1])
    origin = np.array((data.get("map") or data)["origin"])
    out = []

    def walk(value):
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            if len(value) >= 2 and len(value) % 2 == 0 and all(type(v) is int for v in value):
                steps = np.array(value, dtype=np.int64).reshape(-1, 2)
                for at in (steps, np.cumsum(steps, axis=0)):
                    out.extend(f"{x:.6f} {y:.6f}" for x, y in (at + origin) / 1e6)
            else:
                for v in value:
                    walk(v)

    walk(data)
    return out


def blob(value: bytes) -> str:
    """A geometry of a GeoPackage or of GeoParquet as WKT; other bytes as they are."""
    if value[:2] == b"GP":
        value = value[8 + {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}[value[3] >> 1 & 7]:]
    try:
        return shapely.from_wkb(value).wkt
    except shapely.errors.GEOSException:
        return value.decode("latin-1")


def everything(folder) -> dict[str, str]:
    return {str(p.relative_to(folder)): leaves(p) for p in sorted(folder.rglob("*"))
            if p.is_file()}


def found_in(text: str, world) -> set[str]:
    """The markers in a text."""
    words = set(re.findall(r"QX\d{5}", text))
    dates = set(re.findall(r"19[0-2]\d-\d\d-\d\d|1899-\d\d-\d\dT[\d:]{8}", text))
    numbers = set(re.findall(r"\d+\.\d{7,}|7,1\d\d,\d{3}|71\d{5}|0{58}[0-9a-f]{6}", text))
    return {m for m in words | dates | numbers if m in world.markers or m in world.secrets}


def corners_in(text: str, world) -> set[tuple[float, float]]:
    """The corners of records that stand in a text, longitude beside latitude (to 1e-5)."""
    known = {(round(x, 5), round(y, 5)): (x, y) for x, y in world.places}
    between, lon, lat = r"[\s,:\]\[\"a-z]{1,20}?-?", r"(17\.\d{4,})", r"(44\.\d{4,})"
    pairs = {(round(float(x), 5), round(float(y), 5))
             for x, y in re.findall(lon + between + lat, text)}
    pairs |= {(round(float(x), 5), round(float(y), 5))
              for y, x in re.findall(lat + between + lon, text)}
    return {known[p] for p in pairs & set(known)}


def named(world, reader) -> set[str]:
    """The markers that the policy names for a reader."""
    out = set()
    inside = {(r.kind, r.id) for r in reader.inside(
        policy.Record(x.kind, x.record_id, x.values, x.geometry) for x in world.records)}
    ids = {(r.kind, n % 3): r.record_id for n, r in enumerate(world.records)}
    for marker, (kind, name, number) in world.markers.items():
        if kind == "quarantine":
            seen = reader.may("quarantine", "rows") or (
                name == "file" and reader.may("imports", "reports"))
        elif (kind, ids[kind, number]) not in inside:
            seen = False
        elif name == "record":
            seen = reader.precision(kind) == "exact"
        elif name == "history":
            seen = reader.may("history") and reader.precision(kind) == "exact"
        else:
            seen = reader.may(kind, name)
        if seen:
            out.add(marker)
    return out


@pytest.fixture(scope="module", params=policy.ROLES)
def left(request, world, tmp_path_factory):
    """A role, the folder of all that left, and what each way said."""
    folder = tmp_path_factory.mktemp(f"left-{request.param}")
    if not hasattr(world, "roads"):
        world.roads, world.bases = roads(tmp_path_factory.mktemp("roads"))
        world.weights = tmp_path_factory.mktemp("weights") / "w.yaml"
        world.figure = world.weights.with_name("figure.json")
        command("figures", "trace", world.address, "hazardous_m2", "--json", world.figure, "--as",
                "authority")
        world.weights.write_text("people_nearby: 2\narea_ha: 1\nprojects_waiting: 1\n")
    said = run_all(world, folder, request.param)
    return request.param, said, everything(folder)


def roads(folder):
    lines = {"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": {"highway": "primary", "id": "w1"},
         "geometry": {"type": "LineString", "coordinates": [[17.0, 44.1], [17.4, 44.1]]}}]}
    (folder / "roads.geojson").write_text(json.dumps(lines))
    (folder / "bases.csv").write_text("id,longitude,latitude\nB1,17.0,44.1\n")
    return folder / "roads.geojson", folder / "bases.csv"


def reader_of(world, role, **scope):
    registry = open_registry(world.address)
    try:
        from landrelease.workflows import sharing

        return sharing.reader_of(registry, role, scope.get("organisation"),
                                 scope.get("areas", ()))
    finally:
        registry.close()


def test_every_kind_and_nearly_every_field_is_marked(world):
    assert {kind for kind, *_ in world.markers.values()} == {*KINDS, "quarantine"}
    # Only values of a short list cannot be told apart; the test of the columns holds those.
    for name in world.unmarked:
        kind, name = name.split(".")
        f = KINDS[kind].field(name)
        assert f.choices or (f.maximum or 1e9) <= 1e7


def test_safety_S14_no_way_out_shows_what_the_policy_does_not_name(world, left):
    role, _, files = left
    allowed = named(world, reader_of(world, role))
    # The answer about a place, and the page that is published with all answers, say on which day
    # something dangerous was reported near it (S15; docs/public.md).
    reported = {m for m, (kind, name, *_) in world.markers.items()
                if (kind, name) == ("complaint", "received_on")}
    for path, text in files.items():
        wrong = found_in(text, world) - allowed - (
            reported if path == "ask/out.json" or path.endswith("index.html") else set())
        assert not wrong, (role, path, {
            m: world.markers.get(m) or world.secrets.get(m) for m in sorted(wrong)[:9]})


def test_safety_S17_no_personal_value_name_or_file_leaves(world, left):
    role, _, files = left
    for path, text in files.items():
        shown = {m for m in world.secrets if m in text}
        assert not shown, (role, path, shown)


def test_safety_S14_what_is_named_can_be_had(world, left):
    role, _, files = left
    text = "\n".join(files.values())
    reader = reader_of(world, role)
    hidden = {m for m in named(world, reader) - found_in(text, world)
              # Written with fewer digits, or drawn and not written.
              if reader.precision(world.markers[m][0]) == "exact"
              and not re.fullmatch(r"[\d,]+", m) and world.markers[m][1] != "history"}
    asked = reader.may("history") and "QX" in files.get("history/said.txt", "")
    assert asked == reader.may("history")
    assert not hidden, (role, {m: world.markers[m] for m in sorted(hidden)[:9]})


def test_safety_S15_no_corner_of_a_hidden_geometry_leaves(world, left):
    role, _, files = left
    reader = reader_of(world, role)
    seen = {(r.kind, r.id) for r in reader.records(
        policy.Record(x.kind, x.record_id, x.values, x.geometry) for x in world.records)}
    numbers = {r.record_id: n % 3 for n, r in enumerate(world.records)}
    open_ = {(kind, numbers[record]) for kind, record in seen}
    shown = set()
    for path, text in files.items():
        here = {world.places[c] for c in corners_in(text, world)}
        assert not here - open_, (role, path, here - open_)
        shown |= here
    assert shown == open_ & set(world.places.values())
    page = {world.places[c] for c in corners_in(files["publish/pages/index.html"], world)}
    kinds = {k for k, _ in page}
    # What the page draws of the records, so that this test can tell what it does not.
    assert kinds - {"activity", "settlement"} == {
        k for k in ("hazard", "outcome") if reader.precision(k) == "exact"} | (
        {"accident"} if reader.may("accident_points", "place") else set())
    assert all(reader.precision(k) == "exact" for k in kinds)


def test_safety_S14_columns_of_data_files_are_fields_that_are_named(world, left):
    role, _, files = left
    reader = reader_of(world, role)
    checked = 0
    for kind in KINDS:
        text = files.get(f"export/files/{kind}.csv")
        assert (text is not None) == (reader.precision(kind) == "exact"), (role, kind)
        if text is not None:
            columns = text.splitlines()[0].split(",")
            place = [] if KINDS[kind].geometry == "none" else ["geometry_wgs84"]
            told = [f.name for f in marks.fields(KINDS[kind], reader)]
            assert columns == ["record", *reader.fields(kind), *told, "synthetic", *place,
                               "about"], (role, kind)
            checked += 1
    assert checked == sum(reader.precision(k) == "exact" for k in KINDS) > 0


def test_safety_S14_a_way_is_refused_to_whom_the_policy_does_not_name(world, left):
    role, said, files = left
    for way, calls in said.items():
        needs = policy.WAYS_OUT[way].needs
        able = all(policy.view(role).may(s, f) for s, f in needs)
        for code, words in calls:
            assert "Traceback" not in words
            if not able:
                assert code == 2 and "[ACC-101]" in words, (role, way, words)
            elif way not in ("release lookup", "release certificate", "errors",
                             "quarantine reject", "quarantine mend", "quarantine retry",
                             "quarantine list", "personal", "history", "audit", "operate gate",
                             "operate days", "forecast rates", "forecast backtest",
                             "verify lots", "verify teams", "verify open",
                             "money summary", "money runway", "operate proof",
                             "operate measured", "operate lanes", "document task",
                             "operate accidents", "operate environment", "operate marking",
                             "operate evacuations", "operate competence", "complaint list",
                             "complaint answer", "complaint state"):
                assert code == 0, (role, way, words)
        if not able:
            assert [p for p in files if p.startswith(way.replace(" ", "-") + "/")] == [
                way.replace(" ", "-") + "/said.txt"], (role, way)


def test_safety_S19_all_that_left_says_synthetic(world, left):
    role, _, files = left
    for path, text in files.items():
        # What is no file for readers of its own: the plan's parts, packages for another registry.
        if path.endswith(("said.txt", ".json", ".npz", ".lrx")) or not text.strip():
            continue
        assert "synthetic" in text.lower(), (role, path)


# --- rows ----------------------------------------------------------------------------------------

SCOPES = [("operator", "organisation", ORGANISATION), ("donor", "organisation", ORGANISATION),
          ("operator", "area", "17.2,44.0,17.4,44.2"), ("planner", "area", "17.2,44.0,17.4,44.2"),
          ("community", "area", "17.0,44.0,17.2,44.2")]


@pytest.mark.parametrize(("role", "option", "value"), SCOPES)
def test_safety_S14_rows_leave_by_organisation_and_area(world, tmp_path, role, option, value):
    run_all(world, tmp_path, role, (f"--{option}", value), ("export", "share", "history"))
    scope = {"areas": [value]} if option == "area" else {"organisation": value}
    reader = reader_of(world, role, **scope)
    allowed = named(world, reader)
    text = everything(tmp_path)
    shown = found_in("\n".join(text.values()), world)
    assert shown <= allowed, {m: world.markers[m] for m in sorted(shown - allowed)[:9]}
    records = {m for m in allowed if world.markers[m][1] == "record"}
    assert records <= shown
    whole = {m for m in named(world, reader_of(world, role)) if world.markers[m][1] == "record"}
    if option == "organisation":
        assert whole < records  # the stated organisation opens its own rows, and only those
        assert {world.markers[m][2] for m in records - whole} == {1}
    elif role == "planner":
        assert records < whole  # a stated area narrows
        assert {world.markers[m][2] for m in records if KINDS[
            world.markers[m][0]].geometry != "none" and world.markers[m][0] != "administrative_area"
        } == {2}


def test_safety_S14_an_operator_of_nobody_sees_nothing_that_is_given_by_organisation(world):
    reader = reader_of(world, "operator")
    given = [s for s, g in policy.TABLE["operator"].items() if g.rows != "all"]
    assert {"team", "task", "track", "plan_teams"} <= set(given)
    assert not any(reader.may(s) for s in given)
