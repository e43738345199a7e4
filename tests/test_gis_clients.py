"""WEB: GDAL reads every layer of the OGC API with the role of the reader, as the server gives it.

QGIS does in benchmarks/pyqgis_reads.py.
"""

import json
import re
import shutil
import subprocess

import pyogrio
import pytest
import shapely

import gis_served
from landrelease.access import policy


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    made = gis_served.Served(tmp_path_factory.mktemp("gis"))
    yield made
    made.close()


@pytest.fixture
def signed_in(served):
    """GDAL of this process asks as an account."""
    def as_role(role):
        pyogrio.set_gdal_config_options({
            "GDAL_HTTP_AUTH": "BASIC", "GDAL_HTTP_USERPWD": ":".join(served.tokens[role])})

    yield as_role
    pyogrio.set_gdal_config_options({"GDAL_HTTP_AUTH": None, "GDAL_HTTP_USERPWD": None})


def told(value):
    """A value as text, so that lists and days of two programs can be held against each other."""
    if value is None or value != value or (isinstance(value, str) and not value):
        return ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return ",".join(map(told, value))
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, (int, float)):
        return f"{float(value):.9g}"
    words = str(value)
    if re.match(r"\d{4}-\d\d-\d\d[T ]", words):  # GDAL gives instants without their zone, UTC
        words = words.replace("T", " ").removesuffix("Z").removesuffix("+00:00")
    return words


@pytest.mark.parametrize("role", gis_served.ROLES)
def test_gdal_reads_every_layer_as_the_reader_gets_it(served, signed_in, role):
    wanted = served.layers(role)
    signed_in(role)
    source = f"OAPIF:{served.url}"
    assert set(pyogrio.list_layers(source)[:, 0]) == set(wanted)
    assert ("hazard" in wanted) == (policy.view(role).precision("hazard") == "exact")
    seen = 0
    for name, features in wanted.items():
        meta, ids, shapes, columns = pyogrio.raw.read(source, layer=name, return_fids=True)
        assert len(shapes if shapes is not None else ids) == len(features), name
        seen += len(features)
        fields = dict(zip(meta["fields"], columns, strict=True))
        found = sorted(map(str, fields["id"])) if "id" in fields else []
        assert not found or found == sorted(str(f["id"]) for f in features), name
        if shapes is not None and features and features[0]["geometry"] is not None:
            lengths = sorted(
                round(g.length, 9) for g in shapely.from_wkb(shapes) if g is not None)
            assert lengths == sorted(
                round(shapely.from_geojson(json.dumps(f["geometry"])).length, 9)
                for f in features if f["geometry"]), name
        for field in {k for f in features for k in f["properties"]} & set(fields):
            assert sorted(map(told, fields[field])) == sorted(
                told(f["properties"].get(field)) for f in features), (name, field)
    assert seen or role in ("public", "community")


def test_the_systems_own_gdal_reads_every_layer(served):
    """The version of a distribution, years older: what a ministry has."""
    if shutil.which("ogrinfo") is None:
        pytest.skip("needs ogrinfo: `apt-get install gdal-bin`")
    for role in gis_served.ROLES:
        wanted = served.layers(role)
        done = subprocess.run(
            ["ogrinfo", "-ro", "-so", "-al", f"OAPIF:{served.url}", "--config", "GDAL_HTTP_AUTH",
             "BASIC", "--config", "GDAL_HTTP_USERPWD", ":".join(served.tokens[role])],
            capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr
        said = [line.partition(": ")[2] for line in done.stdout.splitlines()
                if line.startswith(("Layer name: ", "Feature Count: "))]
        assert dict(zip(said[::2], map(int, said[1::2]), strict=True)) == {
            name: len(features) for name, features in wanted.items()}
