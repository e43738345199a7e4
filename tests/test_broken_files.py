"""Over sixty deliberately broken files: each gives the expected finding, and none loses a row."""

from datetime import date

import pytest

from broken_files import CASES
from landrelease.errors import LandReleaseError
from landrelease.store.open import create_registry
from landrelease.workflows import imports


@pytest.mark.parametrize("case", CASES)
def test_a_broken_file_gives_its_finding_and_loses_no_row(case, tmp_path):
    name, content, kind, code = CASES[case]
    content = content() if callable(content) else content
    file = tmp_path / name
    file.write_bytes(content)
    stated = name.endswith(".csv") and b"easting" not in content and b",x,y" not in content
    crs = "EPSG:4326" if stated else ""
    with create_registry(str(tmp_path / "r.gpkg"), office="Test") as registry:
        head = registry.head()
        try:
            (report,) = imports.import_files(registry, [file], kind=kind, crs=crs,
                                             today=date(2027, 5, 1))
        except LandReleaseError as error:
            assert error.code == code
            assert registry.head() == head and not registry.imports()
            return
        assert code in {f.code for f in report.findings}
        assert report.read == report.accepted + report.merged + report.quarantined >= 1
        assert len(registry.quarantine()) == report.quarantined
        assert registry.count() == report.accepted
        assert registry.source_content(report.source) == content and not registry.audit()


def test_there_are_sixty():
    assert len(CASES) >= 60
