"""WEB: what the server keeps of a reader's results is that reader's, of this state, and bounded."""

import io

import openpyxl
import pytest
from litestar.testing import TestClient

from landrelease.access import policy
from landrelease.apps.web import documents as pages
from landrelease.apps.web import layout
from landrelease.apps.web.app import make_app
from landrelease.apps.web.settings import Settings
from landrelease.store.accounts import Account
from landrelease.workflows import figures as catalogue
from test_documents import put, world

__all__ = ["world"]  # a fixture
PASSWORD = "four random words do"
READERS = {"planner": ("planner", ""), "donor-1": ("donor", "Donor 1"),
           "donor-2": ("donor", "Donor 2"), "operator": ("operator", "Org A")}


@pytest.fixture
def asking(world, tmp_path):
    """`asking(name, path)`: what that reader gets; "" is nobody."""
    app = make_app(Settings(str(world[0]), str(tmp_path / "accounts"), hosts=("testserver.local",)))
    keys = {"": {}}
    for name, (role, organisation) in READERS.items():
        app.state.accounts.add(Account(name, role, organisation), PASSWORD)
        keys[name] = {
            "authorization": f"Bearer {app.state.accounts.make_token(name, 'test', 1)}"}
    with TestClient(app) as client:
        yield lambda name, path: client.get(path, headers=keys[name])


@pytest.fixture
def counted(monkeypatch):
    """How often all figures were computed."""
    calls, real = [], catalogue.all_figures

    def counting(*words, **named):
        calls.append(words[1].role)
        return real(*words, **named)

    monkeypatch.setattr(catalogue, "all_figures", counting)
    return calls


def words_of(answer):
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    return " ".join(str(c.value) for s in book.worksheets for row in s.iter_rows() for c in row)


def test_a_report_to_donors_is_made_once_for_each_reader_and_state(asking, counted, world):
    path = "/documents/donor?as=xlsx"
    first = words_of(asking("donor-1", path))
    assert words_of(asking("donor-1", path)) == first and counted == ["donor"]
    assert "Donor 1" in first and "70001" not in first
    second = words_of(asking("donor-2", path))
    assert counted == ["donor", "donor"] and "70001" in second and "12345" not in second
    assert "70001" in words_of(asking("planner", path)) and counted[-1] == "planner"
    assert asking("", path).status_code in (401, 403) and asking(
        "operator", path).status_code == 403
    # In another language it is another document; a change of the registry makes all of them anew.
    asking("donor-1", path + "&fund=f1")
    before = len(counted)
    put(world[1], "fund", "f3", donor="Donor 1", amount=31_337.0, currency="EUR",
        fund_status="received")
    assert "31337" in words_of(asking("donor-1", path)) and len(counted) == before + 1
    assert "31337" not in words_of(asking("donor-2", path))


@pytest.mark.parametrize("order", [("planner", ""), ("", "planner")])
def test_safety_S14_figures_kept_for_one_role_never_serve_another(asking, counted, order):
    layout.KEPT.clear()
    said = {name: asking(name, "/api/figures").json() for name in order for _ in (1, 2)}
    assert counted == [READERS.get(n, ("public",))[0] for n in order]
    assert any(f["records"] for f in said["planner"])
    assert not any(f["records"] for f in said[""]), "the records are not for the public"


def test_what_is_kept_is_bounded_and_every_key_holds_the_whole_reader(world):
    kept = layout.Kept(3)
    for n in range(10):
        assert kept.of((n,), lambda n=n: n) == n
    assert kept.of((9,), lambda: "made again") == 9 and kept.of((0,), lambda: "again") == "again"
    assert pages.KEPT.most < 100 and layout.KEPT.most < 100
    from landrelease.apps.web.readers import Asking

    readers = [Asking(role, organisation, areas) for role in policy.ROLES
               for organisation in ("", "Org A") for areas in ((), ("District",))]
    assert len({layout.state_of(world[1], a) for a in readers}) == len(readers)
