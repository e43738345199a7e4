"""Cut the demo region out of the whole country's folder: `python tools/make_region.py DIR OUT.zip`.

Takes the four 1:50,000 sheets 2683-I to 2683-IV of every hazard layer, the municipalities that meet
them, and the settlements within 8 km of them. Nothing else is changed: coordinates and properties
are the source's own. The same input gives the same bytes.
"""

import csv
import gzip
import io
import json
import sys
import zipfile
from pathlib import Path

import shapely
from shapely.geometry import shape

SHEETS = "2683-"
MARGIN_DEGREES = 0.1  # about 8 to 11 km here: beyond the reach of a settlement's position error
LAYERS = ("suspected_areas", "cleared_areas", "incidents", "lifted_minefields")


def main(folder: Path, out: Path) -> None:
    files: dict[str, bytes] = {}
    bounds = []
    for layer in LAYERS:
        source = json.loads((folder / f"{layer}.geojson").read_text(encoding="utf-8"))
        kept = [f for f in source["features"] if f["properties"]["sheet"].startswith(SHEETS)]
        bounds.append(shapely.total_bounds([shape(f["geometry"]) for f in kept]))
        files[f"{layer}.geojson"] = _geojson(layer, kept)
    west, south = min(b[0] for b in bounds), min(b[1] for b in bounds)
    east, north = max(b[2] for b in bounds), max(b[3] for b in bounds)
    box = shapely.box(west, south, east, north)
    source = json.loads((folder / "municipalities.geojson").read_text(encoding="utf-8"))
    kept = [f for f in source["features"] if shape(f["geometry"]).intersects(box)]
    files["municipalities.geojson"] = _geojson("municipalities", kept)
    near = box.buffer(MARGIN_DEGREES, join_style="mitre")
    text = gzip.decompress((folder / "settlements_1991_approx.csv.gz").read_bytes()).decode()
    rows = list(csv.DictReader(io.StringIO(text)))
    kept_rows = [r for r in rows
                 if shapely.contains_xy(near, float(r["longitude"]), float(r["latitude"]))]
    written = io.StringIO()
    writer = csv.DictWriter(written, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(kept_rows)
    files["settlements_1991_approx.csv"] = written.getvalue().encode()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files):
            info = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, files[name])
    for name, content in sorted(files.items()):
        print(f"{name}: {len(content):,} bytes")
    print(f"{out}: {out.stat().st_size:,} bytes")


def _geojson(name: str, features: list) -> bytes:
    collection = {"type": "FeatureCollection", "name": name, "features": features}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
