"""WEB: leave to work that is on record but signed by nobody (S09, S12)."""

import re
from datetime import date

import pytest
from litestar.testing import TestClient

import release_world as world
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.store.open import create_registry
from test_web_pages import row_of, text_of

DAY = "2026-05-04"


@pytest.fixture
def client(tmp_path):
    with create_registry(tmp_path / "r.gpkg", office="Office") as registry:
        for name, person in (("team-a", "p1"), ("team-b", "p2"), ("team-c", "p3")):
            world.record(registry, "person", person, role="deminer")
            world.record(registry, "team", name, name=name.title(), organisation=f"Org {name[-1]}",
                         team_type="manual", members=[person])
        for name, values in {
                "of-team": {"team": "team-a", "expires_on": date(2027, 1, 1)},
                "of-person": {"person": "p1", "expires_on": date(2026, 1, 1)},
                "of-org": {"accredited_organisation": "Org b"}}.items():
            world.record(registry, "accreditation", name, scope="manual_clearance",
                         accreditation_status="granted", **values)
    app = make_app(Settings(str(tmp_path / "r.gpkg"), str(tmp_path / "a"), role="inspector",
                            hosts=("testserver.local",)))
    with TestClient(app) as made:
        yield made


def test_safety_S12_what_is_on_record_unsigned_is_not_said_to_be_none(client):
    page = client.get(f"/teams?day={DAY}").text
    leave = {name: row_of(page, name)[6] for name in ("team-a", "team-b", "team-c")}
    assert "not signed: 2" in leave["team-a"] and "none" not in leave["team-a"]
    assert "not signed: 1" in leave["team-b"]
    assert "none on record" in leave["team-c"]
    assert all("✗" in text for text in leave.values()), "none of them may work by it (S09)"


def test_each_unsigned_leave_says_for_what_whose_and_until_when(client):
    page = client.get(f"/teams?day={DAY}").text
    rows = {name: row_of(page, name) for name in ("of-team", "of-person", "of-org")}
    for cells in rows.values():
        assert "counts for nothing" in cells[1] and cells[2] == "manual clearance"
    assert [rows[n][3] for n in rows] == ["team-a", "p1", "Org b"]
    assert "2027-01-01" in rows["of-team"][4] and "expired" not in rows["of-team"][4]
    assert "2026-01-01" in rows["of-person"][4] and "expired" in rows["of-person"][4]
    assert rows["of-org"][4] == "not reported"
    assert [rows[n][5] for n in rows] == ["team-a", "team-a", "team-b"]
    one = client.get(f"/teams/team-a?day={DAY}").text
    own = re.search(r"of-team.*", text_of(one), re.DOTALL)
    assert own and row_of(one, "of-team")[5].startswith("2027-01-01")
    assert "of-org" not in one
