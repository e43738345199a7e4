"""Commands that stand within sentences of README.md and docs/ are run, as those in blocks are.

A sentence often names a command alone (`landrelease identity erase`): the parser then misses its
arguments, and it is run with words of its own by other tests (`test_doc_commands.py`). What is a
whole command is in one of the lists below and runs with the words that are written, and with more
where a small machine would take long. One that is new in the docs fails the first test until it is.
"""

import json
import re
import shutil
import urllib.request

import pytest
from typer.testing import CliRunner

import release_world as world
from browsing import served
from doc_commands import ROOT, inline, pages, problem
from doc_folder import prepare
from landrelease.apps.cli import app
from landrelease.errors import LandReleaseError
from landrelease.store.open import open_registry

TYPED = "four random words do\n" * 2

# They run until they are ended.
SERVED = ["serve demo/registry.gpkg --as planner", "serve village.gpkg --as planner"]
# The main job on a part of its region, so that a small machine is soon done.
FEW = ["--data", "few", "--iterations", "0", "--runs", "2", "--quiet"]
FEW_ROWS = 5

# In their order: (command, exit status, words put in the place of documented ones, more words).
R = {"REGISTRY": "district.gpkg"}
RUN = [
    ("init {address}", 0, {"{address}": "fresh.gpkg"}, []),
    ("import hazards.geojson --into registry.gpkg", 0, {"registry.gpkg": "fresh.gpkg"},
     ["--crs", "EPSG:4326"]),
    ("import FILE --into REGISTRY", 0, {**R, "FILE": "funds.csv"}, ["--kind", "fund"]),
    ("import submission.xml --into district.gpkg", 0, {}, []),
    ("migrate {address}", 0, {"{address}": "fresh.gpkg"}, []),
    ("migrate REGISTRY", 0, R, []),
    ("migrate district.gpkg", 0, {}, []),
    ("extension load REGISTRY FILE", 0, {
        **R, "FILE": str(ROOT / "docs/extension_example.yaml")}, []),
    ("quarantine list REGISTRY", 1, R, ["--as", "planner"]),
    ("quarantine show REGISTRY {number}", 0, {**R, "{number}": "1"}, ["--as", "planner"]),
    ("source list district.gpkg --record RECORD", 0, {"RECORD": "hazard-7"}, ["--as", "planner"]),
    # Identities.
    ("identity new REGISTRY KEYFILE --name NAME", 0, {
        **R, "KEYFILE": "other.pem", "NAME": "Somebody"}, ["--role", "inspector"]),
    ("identity list REGISTRY", 0, R, ["--as", "administrator"]),
    ("identity vouch REGISTRY PERSON --role ROLE --key KEYFILE --fingerprint ...", 0, {
        **R, "PERSON": "PERSON", "ROLE": "inspector", "KEYFILE": "me.pem", "...": "FINGERPRINT"},
     []),
    # Of this record nothing personal is kept, and it says so (ACC-008).
    ("personal REGISTRY RECORD --as authority --reason WORDS", 2, {
        **R, "RECORD": "complaint-public-3f2a91bc00d1e2f3", "WORDS": "to answer it"}, []),
    # What happens on the site.
    *((f"operate {name}", status, R, more) for name, status, more in (
        ("accidents REGISTRY --as authority", 0, []),
        ("competence REGISTRY", 0, ["--as", "planner"]),
        ("environment REGISTRY", 0, ["--as", "planner"]),
        ("evacuations REGISTRY", 0, ["--as", "planner"]),
        ("exposure REGISTRY", 0, ["--as", "planner"]),
        ("marking REGISTRY", 1, ["--as", "planner"]))),
    ("operate days REGISTRY --from D --until D", 0, {**R, "D": world.DAY.isoformat()},
     ["--as", "inspector"]),
    ("operate gate REGISTRY TASK DAY --as inspector", 0, {
        **R, "TASK": "t-hazard-9-1", "DAY": world.DAY.isoformat()}, []),
    ("operate local-time REGISTRY --utc-offset 2", 0, R, []),
    # Plan, forecast, figures, claims.
    ("plan make REGISTRY --teams teams.csv --out plan", 0, R,
     ["--iterations", "0", "--as", "planner"]),
    ("plan check REGISTRY PLAN", 0, {**R, "PLAN": "plan"}, ["--as", "planner"]),
    ("plan rank REGISTRY --weights weights.yaml --as planner", 0, R, []),
    ("forecast make REGISTRY --plan DIR", 0, {**R, "DIR": "plan"},
     ["--runs", "2", "--out", "forecast.json", "--as", "planner"]),
    ("forecast rates REGISTRY --as planner", 0, R, []),
    ("figures list REGISTRY", 0, R, []),
    ("figures trace REGISTRY FIGURE --json OUT", 0, {
        **R, "FIGURE": "items_destroyed", "OUT": "figure.json"}, ["--as", "planner"]),
    ("claims example OUT.csv", 0, {"OUT.csv": "claims.csv"}, []),
    ("claims check CLAIMS.csv", 1, {"CLAIMS.csv": "claims.csv"}, []),
    # What leaves, and what cannot.
    ("export REGISTRY OUT", 0, {**R, "OUT": "out"}, []),
    ("share REGISTRY OUT.gpkg --as ROLE", 0, {**R, "OUT.gpkg": "copy.gpkg", "ROLE": "donor"}, []),
    ("withheld REGISTRY --as ROLE", 0, {**R, "ROLE": "donor"}, []),
    ("exchange conflicts REGISTRY", 0, R, ["--as", "planner"]),
    ("world make OUT --size village district region --seed N", 0, {
        "OUT": "made", "village": "village", "district": "", "region": "", "N": "3"}, []),
    ("checkpoint district.gpkg stick/2027-05-01.json", 0, {}, []),
    ("audit district.gpkg --checkpoint FILE", 0, {"FILE": "stick/2027-05-01.json"}, []),
    ("audit district.gpkg", 0, {}, []),
    # The main job; the second time on the same folder, with a day.
    ("demo", 0, {}, FEW),
    ("demo --start 2027-04-01", 0, {}, FEW),
]

# On a PostgreSQL of the tests, in the place of the address that is named.
ON_A_SERVER = ["init postgresql://centre/programme --office Sarajevo", "guard postgresql://..."]


def named():
    """Each command within a sentence -> where it stands."""
    found = {}
    for path in pages():
        for line, words in inline(path.read_text(encoding="utf-8")):
            found.setdefault(" ".join(words), []).append(f"{path.name}:{line}")
    return found


def alone(command):
    """Whether a sentence only names a command: its arguments are left out."""
    said = problem(command.split()) or ""
    return re.match(r"Missing |a group without|Usage: |Option \S+ requires", said) is not None


def test_every_whole_command_within_a_sentence_is_run_here():
    whole = {c for c in named() if not alone(c)}
    listed = [c for c, *_ in RUN] + SERVED + ON_A_SERVER
    assert whole - set(listed) == set(), "put it into RUN or SERVED"
    assert set(listed) - set(named()) == set(), "it is in the docs no more"
    assert len(listed) == len(set(listed)) and len(RUN) > 35


@pytest.fixture(scope="module")
def folder(tmp_path_factory, region):
    made = prepare(tmp_path_factory.mktemp("sentences"))
    (made / "few").mkdir()
    for path in region.iterdir():
        said = path.read_text(encoding="utf-8")
        if path.suffix == ".geojson":
            whole = json.loads(said)
            if path.name != "municipalities.geojson":
                whole["features"] = whole["features"][:FEW_ROWS]
            said = json.dumps(whole)
        (made / "few" / path.name).write_text(said, encoding="utf-8")
    (made / "weights.yaml").write_text(
        "people_nearby: 40\naccidents_inside: 30\n")
    (made / "submission.xml").write_text(
        '<landrelease_item id="landrelease_item"><item><identifier>I-1</identifier>'
        "<ordnance_category>ap_mine</ordnance_category><quantity>1</quantity>"
        "<found_on>2026-04-10</found_on><place>44.0005 17.0205 0 3</place></item>"
        "<meta><instanceID>uuid:sentence-0001</instanceID></meta></landrelease_item>")
    return made


def test_commands_within_sentences_end_as_stated(folder, monkeypatch):
    monkeypatch.chdir(folder)
    facts, wrong = {}, []
    for command, expected, other, more in RUN:
        words = [w for w in (other.get(w, w) for w in command.split()) if w]
        words = [facts.get(w, w) for w in words] + more
        done = CliRunner().invoke(app, words, input=TYPED)
        status = 2 if isinstance(done.exception, LandReleaseError) else done.exit_code
        if status != expected:
            wrong.append((command, status, expected, done.output[-300:], str(done.exception)))
        if command.startswith("identity new"):
            facts["PERSON"] = re.search(r"person:\w+", done.output)[0]
            facts["FINGERPRINT"] = re.search(r"Fingerprint[^:]*: (.*)", done.output)[1].strip()
    assert not wrong, "\n".join(map(str, wrong))
    for name in ("index.html", "public/index.html", "report.pdf", "registry.gpkg"):
        assert (folder / "demo" / name).stat().st_size > 100, name


@pytest.mark.parametrize("command", SERVED)
def test_commands_that_serve_answer_until_they_are_ended(command, folder, tmp_path, monkeypatch):
    _, address, *more = command.split()
    (tmp_path / address).parent.mkdir(exist_ok=True)
    shutil.copy(folder / "district.gpkg", tmp_path / address)
    monkeypatch.chdir(tmp_path)
    with served(address, *more) as url, urllib.request.urlopen(url, timeout=30) as answer:
        assert answer.status == 200 and b"<html" in answer.read()


def test_commands_with_an_address_of_a_server_are_run_on_one(postgres_address):
    for command in ON_A_SERVER:
        words = [postgres_address if w.startswith("postgresql:") else w for w in command.split()]
        assert postgres_address in words
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, (command, done.output, done.exception)
    with open_registry(postgres_address) as registry:
        assert registry.office == "Sarajevo"
