"""Coverage-guided fuzzing of the readers of foreign files.

    python benchmarks/fuzz_readers.py                    # a minute for each reader
    python benchmarks/fuzz_readers.py --seconds 300 --only csv,gdb

Needs `atheris`. Each reader runs in a process of its own: mutated files are read, their mapping is
proposed and their rows are checked, as `import` does, without a registry. A finding is: an
exception that is no `LandReleaseError`, more than 10 s for a file, more than 1 GiB more memory than
at the start, or a file opened outside of the temporary folder. It stops the reader, and the file is
kept in --out. Seeds are small sound files; archives are mutated member by member too, because a
mutated archive mostly fails its checksum.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import subprocess
import sys
import tempfile
import warnings
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

SHAPE = [[17, 44], [17.001, 44], [17.001, 44.001], [17, 44]]
POINTS = ("name,latitude,longitude,population,date\nA,44.1,17.1,5,2024-03-31\n"
          "B,44°12'30\"N,\"17,5\",1 234,31.03.2024\n")
LEGS = ("area id,to,from,bearing (true),distance,latitude,longitude\nA,SP,BM,0,10,44.1,17.1\n"
        "A,TP1,SP,90,50,,\nA,TP2,TP1,180,50,,\nA,SP,TP2,315,70.7,,\n")
KML = ('<?xml version="1.0"?><kml xmlns="http://www.opengis.net/kml/2.2"><Document><Placemark>'
       "<name>A</name><Polygon><outerBoundaryIs><LinearRing><coordinates>17,44 17.1,44 17.1,44.1 "
       "17,44</coordinates></LinearRing></outerBoundaryIs></Polygon></Placemark></Document></kml>")
GPX = ('<?xml version="1.0"?><gpx version="1.1"><wpt lat="44.1" lon="17.1"><name>A</name></wpt>'
       '<trk><trkseg><trkpt lat="44" lon="17"/><trkpt lat="44.1" lon="17"/></trkseg></trk></gpx>')
MAXML = ("<MineActionFieldReport><FieldReport><FieldReportInfo><D>2016-05-01</D></FieldReportInfo>"
         "<Hazard><LocalID>H-1</LocalID><GeospatialInfo><CoordRefSys>WGS84</CoordRefSys><Polygon>"
         + "".join(f"<Point><PointNo>{n}</PointNo><Longitude>{x}</Longitude>"
                   f"<Latitude>{y}</Latitude></Point>" for n, (x, y) in enumerate(SHAPE)) +
         "</Polygon></GeospatialInfo></Hazard></FieldReport><FieldReport><Hazard><LocalID>H-2"
         "</LocalID><GeospatialInfo><CoordRefSys>WGS84</CoordRefSys><Polygon><Point><PointNo>1"
         "</PointNo><Longitude>17</Longitude><Latitude>44</Latitude></Point>" + "".join(
             f"<Point><PointNo>{n}</PointNo><TrueBearing>{b}</TrueBearing><Distance>50</Distance>"
             "</Point>" for n, b in ((2, 90), (3, 180), (4, 270))) +
         "</Polygon></GeospatialInfo></Hazard></FieldReport></MineActionFieldReport>")
KOBO = json.dumps({"results": [{"_id": 1, "_uuid": "u", "place": "44.1 17.1 0 5", "victim": [
    {"sex": "f"}], "area": "44 17 0 0; 44 17.1 0 0; 44.1 17.1 0 0; 44 17 0 0"}]})
ESRI = json.dumps({"spatialReference": {"wkid": 4326}, "features": [
    {"attributes": {"globalid": "A"}, "geometry": {"rings": [SHAPE]}}]})
GEOJSON = json.dumps({"type": "FeatureCollection", "features": [
    {"type": "Feature", "properties": {"identifier": "A", "status": "open"},
     "geometry": {"type": "Polygon", "coordinates": [SHAPE]}}]})


def _layer(driver: str, name: str) -> dict[str, bytes]:
    """The files that GDAL writes for one small layer."""
    import numpy as np
    import pyogrio.raw
    import shapely

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / name
        pyogrio.raw.write(
            path, driver=driver, crs="EPSG:4326", geometry_type="Polygon",
            geometry=shapely.to_wkb(np.array([shapely.Polygon(SHAPE)])),
            field_data=[np.array(["A"], dtype=object), np.array([5])], fields=["identifier", "n"])
        inside = path.iterdir() if path.is_dir() else Path(folder).iterdir()
        return {p.name: p.read_bytes() for p in sorted(inside)}


def _zip(parts: dict[str, bytes], folder: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in parts.items():
            archive.writestr(folder + name, content)
    return out.getvalue()


def _xlsx() -> dict[str, bytes]:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (line.split(",") for line in POINTS.splitlines()):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as archive:
        return {n: archive.read(n) for n in archive.namelist()}


def _parquet() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import shapely

    geo = {"version": "1.1.0", "primary_column": "g", "columns": {"g": {
        "encoding": "WKB", "geometry_types": []}}}
    table = pa.table({"identifier": ["A"], "g": [shapely.to_wkb(shapely.Polygon(SHAPE))]})
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({b"geo": json.dumps(geo).encode()}), out)
    return out.getvalue()


def seeds(reader: str) -> tuple[str, list[bytes], list[dict[str, bytes]]]:
    """The name of a file, whole seeds, and seeds that are the members of an archive."""
    texts = {"csv": [POINTS, LEGS, POINTS.replace(",", ";")], "geojson": [GEOJSON],
             "json": [KOBO, ESRI], "kml": [KML], "gpx": [GPX], "xml": [MAXML]}
    if reader in texts:
        return f"a.{reader}", [t.encode() for t in texts[reader]], []
    if reader == "parquet":
        return "a.parquet", [_parquet()], []
    if reader == "gpkg":
        return "a.gpkg", [_layer("GPKG", "a.gpkg")["a.gpkg"]], []
    members = {"xlsx": _xlsx, "kmz": lambda: {"doc.kml": KML.encode()},
               "shp": lambda: _layer("ESRI Shapefile", "a.shp"),
               "gdb": lambda: _layer("OpenFileGDB", "a.gdb"),
               "zip": lambda: {"a.csv": POINTS.encode(), "b.geojson": GEOJSON.encode()}}[reader]()
    return f"a.{reader}", [_zip(members)], [members]


READERS = ("csv", "xlsx", "geojson", "json", "kml", "kmz", "gpx", "xml", "parquet", "gpkg", "shp",
           "gdb", "zip")


def work(reader: str, seconds: int, seed: int, out: Path) -> None:
    """Fuzz one reader in this process."""
    import resource

    import atheris

    with atheris.instrument_imports(include=["landrelease.records"]):
        from landrelease.errors import LandReleaseError
        from landrelease.records import intake, mapping, readers
    import numpy as np
    import openpyxl
    import pyarrow.csv
    import pyarrow.parquet
    import pyogrio.raw
    import pyproj
    import shapely
    assert all((np, openpyxl, pyarrow, pyogrio, pyproj, shapely))  # loaded before files are watched

    name, whole, archives = seeds(reader)
    temporary = tempfile.gettempdir()
    allowed = (temporary, sys.prefix, sys.base_prefix, str(Path(readers.__file__).parents[3]),
               pyproj.datadir.get_data_dir(), "/dev/", "/proc/", "/usr/", "/etc/localtime")

    def read(content: bytes) -> None:
        try:
            table = readers.read_content(name, content)
            for kind in ("hazard", "settlement"):
                found = mapping.suggest(table, kind)
                intake.take_in(table, kind, found.mapping, existing={}, today=date(2027, 5, 1),
                               recorded_at=datetime(2027, 5, 1, tzinfo=UTC), recorded_by="x")
        except LandReleaseError:
            pass

    for content in whole:
        read(content)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outside: list[str] = []

    def hook(event: str, arguments: tuple) -> None:
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            # Cleaning up the temporary folder opens by names that are relative to it.
            if not path.startswith(allowed) and arguments[0] != "in.gdb":
                outside.append(path)
        elif event in ("socket.connect", "subprocess.Popen", "os.system"):
            outside.append(f"{event} {arguments}")

    def one(content: bytes) -> None:
        if archives and content[:1] != b"P":
            # The first bytes choose a member, the others stand in its place (or in a part of it).
            parts = dict(archives[0])
            member = sorted(parts)[content[0] % len(parts)] if content else ""
            if member and len(content) > 4:
                at = int.from_bytes(content[1:4], "big") % (len(parts[member]) + 1)
                parts[member] = (content[4:] if content[0] & 0x80 else
                                 parts[member][:at] + content[4:] + parts[member][at + len(
                                     content) - 4:])
            content = _zip(parts)
        watching[0] = True
        read(content)
        watching[0] = False
        if outside:
            raise RuntimeError(f"opened outside: {outside}")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base
        if grown > 2**20:
            raise MemoryError(f"{grown / 2**20:.2f} GiB more than at the start")

    watching = [False]
    sys.addaudithook(lambda event, arguments: hook(event, arguments) if watching[0] else None)
    with tempfile.TemporaryDirectory() as corpus:
        rng = random.Random(seed)
        for n, content in enumerate(whole):
            (Path(corpus) / str(n)).write_bytes(content)
        for parts in archives:
            for n, (_, content) in enumerate(sorted(parts.items())):
                for head in (n, n | 0x80):
                    cut = rng.randrange(max(1, len(content)))
                    (Path(corpus) / f"m{n}-{head}").write_bytes(
                        bytes([head]) + cut.to_bytes(3, "big") + content[cut:cut + 200])
        atheris.Setup([sys.argv[0], corpus, f"-max_total_time={seconds}", f"-seed={seed}",
                       "-timeout=10", "-rss_limit_mb=3000", "-max_len=20000", "-verbosity=0",
                       "-print_final_stats=1", f"-artifact_prefix={out}/{reader}-"], one)
        atheris.Fuzz()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--small", action="store_true", help="5 seconds for each reader")
    parser.add_argument("--only", default=",".join(READERS), help="readers, with commas")
    parser.add_argument("--out", type=Path, default=Path("fuzz-findings"))
    parser.add_argument("--part", help=argparse.SUPPRESS)
    options = parser.parse_args()
    seconds = 5 if options.small else options.seconds
    if options.part:
        work(options.part, seconds, options.seed, options.out)
        return
    options.out.mkdir(parents=True, exist_ok=True)
    bad = 0
    for reader in options.only.split(","):
        done = subprocess.run(
            [sys.executable, __file__, "--part", reader, "--seconds", str(seconds), "--seed",
             str(options.seed), "--out", str(options.out)], capture_output=True, text=True,
            check=False)
        stats = dict(line.removeprefix("stat::").split(":", 1)
                     for line in done.stderr.splitlines() if line.startswith("stat::"))
        runs = stats.get("number_of_executed_units", "?").strip()
        print(f"{reader:<8} {runs:>9} files in {seconds} s, seed {options.seed}: "
              f"{'nothing found' if done.returncode == 0 else 'FINDING'}", flush=True)
        if done.returncode:
            bad += 1
            told = [line for line in (*done.stdout.splitlines(), *done.stderr.splitlines())
                    if not line.startswith(("INFO:", "WARNING:", "stat::"))]
            print("\n".join(told[-30:]))
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
