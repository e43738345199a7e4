"""QGIS reads every layer of the OGC API with the role of the reader, each as the server gives it.

    apt-get install python3-qgis qgis-providers      # Debian's, about 0.9 GB
    python benchmarks/pyqgis_reads.py

A registry with every kind of record (that of the tests) is served; for each role QGIS's own Python
(`/usr/bin/python3`, with a clean PATH, since another Python before it breaks QGIS) opens every
collection with the provider OAPIF and the account's name and token, and reads all features. They
are held against what the server says to the same account: ids, values of all fields, lengths of
shapes. Also asked: a part of a layer by a rectangle, as the map canvas does. Nothing is timed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

QGIS_PYTHON = "/usr/bin/python3"


def inside_qgis() -> None:
    """Runs in QGIS's Python: reads `[url, name, token, [collection], rectangle]` from the input."""
    from qgis.core import (  # type: ignore[import-not-found]
        QgsApplication,
        QgsFeatureRequest,
        QgsRectangle,
        QgsSettings,
        QgsVectorLayer,
    )

    url, name, token, collections, rectangle = json.load(sys.stdin)
    app = QgsApplication([], False)
    app.initQgis()
    QgsSettings().setValue("qgis/network-and-proxy/network-timeout", 120_000)
    found: dict[str, Any] = {}
    for collection in collections:
        layer = QgsVectorLayer(
            f"url='{url}' typename='{collection}' username='{name}' password='{token}' "
            "pageSize='1000'", collection, "OAPIF")
        if not layer.isValid():
            found[collection] = {"error": layer.error().message()}
            continue
        fields = [f.name() for f in layer.fields()]
        rows = []
        for feature in layer.getFeatures():
            shape = feature.geometry()
            rows.append({
                "shape": None if shape.isNull() else [shape.boundingBox().xMinimum(),
                                                      shape.boundingBox().yMaximum()],
                "values": {f: plain(feature[f]) for f in fields}})
        part = sum(1 for _ in layer.getFeatures(
            QgsFeatureRequest().setFilterRect(QgsRectangle(*rectangle))))
        found[collection] = {"rows": rows, "in_rectangle": part, "crs": layer.crs().authid()}
    print("RESULT" + json.dumps(found), flush=True)
    os._exit(0)  # layers that outlive the application crash QGIS 3.22 at its end


def plain(value: Any) -> Any:
    """A value of QGIS as JSON has it; lists, days and instants as words."""
    if value is None or (hasattr(value, "isNull") and value.isNull()):
        return None
    if isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value.toString(1)  # Qt.ISODate


def told(value: Any) -> str:
    """A value as words in which two programs can be held against each other."""
    if value is None or value == "":
        return ""
    if isinstance(value, list):
        return ",".join(map(told, value))
    if isinstance(value, (bool, int, float)):
        return f"{float(value):.9g}"
    words = str(value)
    if words[:1] == "[" and words[-1:] == "]":  # QGIS 3.22 gives lists as their JSON
        return told(json.loads(words))
    return words.replace("T", " ").removesuffix("Z").removesuffix("+00:00")


def main() -> int:
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
    import shapely

    import gis_served

    rectangle = (16.0, 43.0, 17.05, 44.5)
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        served = gis_served.Served(Path(folder))
        try:
            for role in gis_served.ROLES:
                wanted = served.layers(role)
                done = subprocess.run(
                    [QGIS_PYTHON, __file__, "--inside"], text=True, capture_output=True,
                    timeout=900, check=False,
                    env={"PATH": "/usr/bin:/bin", "QT_QPA_PLATFORM": "offscreen", "HOME": folder,
                         "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": folder},
                    input=json.dumps([served.url, *served.tokens[role], [*wanted], rectangle]))
                lines = [line for line in done.stdout.splitlines() if line.startswith("RESULT")]
                if not lines:
                    print(done.stderr[-3000:])
                    wrong.append(f"{role}: QGIS ended with {done.returncode}")
                    continue
                got = json.loads(lines[0][len("RESULT"):])
                features = values = 0
                for name, there in wanted.items():
                    problem = compare(got[name], there, rectangle, shapely)
                    if problem:
                        wrong.append(f"{role}, {name}: {problem}")
                    features += len(there)
                    values += sum(len(f["properties"]) for f in there)
                print(f"{role}: {len(wanted)} layers, {features} features, {values} values")
        finally:
            served.close()
    print("\n".join(wrong) or "all as the server gives them")
    return 1 if wrong else 0


def compare(got: dict[str, Any], there: list[dict[str, Any]], rectangle: tuple[float, ...],
            shapely: Any) -> str:
    """What is different; "" where nothing is."""
    if "error" in got:
        return f"no layer: {got['error']}"
    if len(got["rows"]) != len(there):
        return f"{len(got['rows'])} features, {len(there)} are there"
    for field in {k for f in there for k in f["properties"]}:
        ours = sorted(told(f["properties"].get(field)) for f in there)
        theirs = sorted(told(r["values"].get(field)) for r in got["rows"])
        if ours != theirs:
            return f"{field}: {theirs[:3]}, {ours[:3]} is there"
    shapes = [shapely.from_geojson(json.dumps(f["geometry"])) for f in there if f["geometry"]]
    ours_at = sorted((round(s.bounds[0], 9), round(s.bounds[3], 9)) for s in shapes)
    theirs_at = sorted((round(r["shape"][0], 9), round(r["shape"][1], 9))
                       for r in got["rows"] if r["shape"])
    if ours_at != theirs_at:
        return f"shapes at {theirs_at[:2]}, {ours_at[:2]} are there"
    if shapes:
        inside = sum(s.intersects(shapely.box(*rectangle)) for s in shapes)
        if inside != got["in_rectangle"]:
            return f"{got['in_rectangle']} in the rectangle, {inside} are there"
    return ""


if __name__ == "__main__":
    if "--inside" in sys.argv:
        inside_qgis()
    else:
        raise SystemExit(main())
