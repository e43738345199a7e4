"""Every command in README.md and docs/ is run, on small files, and ends as stated here.

Commands of the tutorial are run by test_tutorial.py. What needs a server that stays, another
machine or data that is not here is named in `ELSEWHERE` with the test that runs it. A command that
is new in the docs fails the first test until it is put into one of the lists.
"""

import csv
import hashlib
import re
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from doc_commands import ROOT, all_commands
from doc_folder import prepare, write_csv
from landrelease.apps.cli import app
from landrelease.errors import LandReleaseError

TYPED = "four random words do\n" * 2  # passwords and passphrases, where they are asked for

# Documented command -> the test that runs it, or what it does, in another way: held to be there.
ELSEWHERE = {
    "demo": ".ci/run",
    "figures trace district.gpkg finish_years --plan plan --as planner":
        "test_figures_scope.py::test_each_figure_is_traced_in_one_command_and_comes_out_again",
    "figures treaty district.gpkg --treaty apmbc --year 2025 --deadline 2029-06-01 --extended-to "
    "2032-06-01 --plan plan --out tables --as authority":
        "test_figures_scope.py::test_a_deadline_and_its_extension_ask_for_a_pace",
    "serve district.gpkg --port 8080": "test_deploy.py::behind",  # it runs until it is ended
    "serve district.gpkg --as planner --port 8080": "test_web.py::running",
    "restore backups/district-2027-05-01.gpkg "
    "postgresql://landrelease@db.example.org/landrelease?schema=second":
        "test_upkeep.py::test_on_a_server_it_is_tried_in_a_schema_that_is_gone_afterwards",
    **{command: f"test_deploy_postgres.py::{test}" for test, commands in {
        "centre": ("init postgresql://landrelease@db/landrelease --office Sarajevo",
                   "account add postgresql://landrelease@db/landrelease m.office --role "
                   "administrator --accounts /var/lib/landrelease/accounts"),
        "test_the_documented_upgrade": (
            "migrate postgresql://landrelease@db/landrelease",
            "audit postgresql://landrelease@db/landrelease"),
        "test_the_documented_restore_beside_what_is_there": (
            "restore /backup/registry-20270501T010000Z.gpkg "
            "postgresql://landrelease@db/landrelease?schema=second --accounts "
            "/var/lib/landrelease/accounts-second",
            "audit postgresql://landrelease@db/landrelease?schema=second"),
        "test_the_documented_restore_on_a_new_machine": (
            "restore /backup/registry-20270501T010000Z.gpkg "
            "postgresql://landrelease@db/landrelease --accounts /var/lib/landrelease/accounts",),
    }.items() for command in commands},
    "plan case j30.sm.zip#j301_1.sm --format psplib --seconds 60 --json plan.json":
        "test_cases.py::test_the_command_writes_a_plan_that_the_checker_accepts",
    "plan reach district.gpkg --roads roads.osm.pbf --bases bases.csv --out reach --as operator":
        "test_borderland.py::test_the_command_line_says_who_can_be_reached_now_and_under_the_plan",
    "plan make district.gpkg --roads roads.osm.pbf --bases bases.csv --out plan --as planner":
        "test_access_ways_out.py::run_all",
    "assess cells district.gpkg --cell 1000 --within 5 --out cells.csv --as planner --roads "
    "roads.osm.pbf --near front=lines.gpkg --elevation heights.tif --land-cover cover.tif":
        "test_access_ways_out.py::run_all",
    "exchange resolve national.gpkg hazard-7 --choose 3f2a --reason visited --key me.pem":
        "test_exchange.py::test_a_conflict_is_listed_and_settled_by_a_person",
    "operate proof REGISTRY TASK --track K.csv --width 1.75 --manual H.csv --manual-width 0.9 "
    "--manual-position-error 0.03 --position-error 0.03 --confidence 0.95 "
    "--uncovered G.geojson --store --activity ID":
        "test_coverage_stored.py::proof",
    "operate measured REGISTRY TASK --lanes L.geojson --position-error 0.05 --confidence 0.95 "
    "--depth 0.2 --day 2027-05-02 --uncovered G.geojson --store --as inspector":
        "test_coverage_stored.py::"
        "test_safety_S05_measured_lanes_are_narrowed_at_the_rim_and_round_holes",
    "import OUT/inspections.csv --into R --mapping OUT/mappings/inspection.yaml":
        "test_worlds.py::test_inspections_and_evidence_come_in_by_the_mappings_of_the_world",
    "import OUT/suspected_areas.geojson --into R --mapping OUT/mappings/evidence.yaml":
        "test_worlds.py::test_inspections_and_evidence_come_in_by_the_mappings_of_the_world",
    "import OUT/daily_reports.csv --into R --mapping OUT/mappings/daily_reports.yaml":
        "test_worlds.py::test_daily_reports_come_in_by_the_mapping_of_the_world",
    "release adopt district.gpkg closings.csv --until 2005-01-01 --out rows.csv --dry-run --as "
    "authority": "test_adoption.py::"
    "test_the_command_writes_every_row_and_releases_only_with_a_key",
    "release adopt district.gpkg closings.csv --until 2005-01-01 --out rows.csv --key "
    "authority.pem --as authority": "test_adoption.py::"
    "test_the_command_writes_every_row_and_releases_only_with_a_key",
    "verify trial district.gpkg --organisation Team Q --targets 30 --found 29":
        "test_trials.py::test_commands_record_trials_and_count_on_them",
    "verify sample --lot 400 --tolerable 5 --trials trials.csv":
        "test_trials.py::test_commands_record_trials_and_count_on_them",
    "assess type district.gpkg --hazard SHA-00007 --parts parts.geojson --as planner":
        "test_access_ways_out.py::run_all",
    "plan decide district.gpkg hazard-7:NTS --start-by 2027-05-31 --exclude nts-2 --key me.pem":
        "test_plan_kept.py::test_a_planner_fixes_and_forbids_without_editing_records",
}

# In their order: (documented command, exit status, words put in the place of documented ones).
FIELD = "hazard-7"
RUN = [
    # A registry from nothing (README, commands.md, import.md).
    ("init district.gpkg --office Travnik", 0, {"district.gpkg": "new.gpkg"}),
    ("import hazards.geojson settlements.xlsx --into district.gpkg --crs EPSG:4326 --report "
     "import.json", 0, {"district.gpkg": "new.gpkg"}),
    ("import municipalities.geojson hazards.geojson settlements.csv --into district.gpkg --crs "
     "EPSG:4326", 0, {}),
    ("import areas.gpkg settlements.csv --into district.gpkg --crs EPSG:4326 --report report.json",
     0, {}),
    ("init /var/lib/landrelease/registry.gpkg --office Sarajevo", 0,
     {"/var/lib/landrelease/registry.gpkg": "registry.gpkg"}),
    ("account add /var/lib/landrelease/registry.gpkg m.office --role administrator", 0,
     {"/var/lib/landrelease/registry.gpkg": "registry.gpkg"}),
    ("account add district.gpkg m.office --role planner", 0, {}),
    ("account add district.gpkg m.office --role planner --organisation Operator A", 0,
     {"district.gpkg": "new.gpkg"}),
    ("account token district.gpkg m.office --label QGIS --days 30", 0, {}),
    ("account log district.gpkg --limit 20", 0, {}),
    # Rows that wait.
    ("quarantine list district.gpkg --as planner", 1, {}),
    ("quarantine export district.gpkg back.xlsx --file areas.csv --as planner", 0, {}),
    ("quarantine retry district.gpkg --from back.xlsx --as planner", 1, {}),
    # The coordinates of this row are degrees: refused (GEO-028), and it waits as before.
    ("quarantine mend district.gpkg 12 --set crs=EPSG:6316 --as planner", 2, {"12": "1"}),
    ("quarantine mend district.gpkg 13 --set date_order=dmy --set decimal=, --as planner", 0,
     {"13": "2"}),
    ("quarantine retry district.gpkg --from back.xlsx --as planner", 1, {}),
    # Reports of people; exports of phones.
    ("complaint list district.gpkg --state open --as planner", 1, {}),
    ("complaint show district.gpkg complaint-public-3f2a91bc00d1e2f3 --as planner", 0, {}),
    ("complaint answer district.gpkg complaint-public-3f2a91bc00d1e2f3 --text The sign stands "
     "again. --as planner", 0, {}),
    ("complaint close district.gpkg complaint-public-3f2a91bc00d1e2f3 --as planner", 0, {}),
    ("complaint state district.gpkg 3F2A-91BC-00D1-E2F3", 0, {}),
    ("import instances --into district.gpkg", 0, {"district.gpkg": "new.gpkg"}),
    ("import landrelease_nts.csv.zip --into district.gpkg", 0, {"district.gpkg": "new.gpkg"}),
    # Money.
    ("import funds.csv --into district.gpkg --kind fund", 0, {}),
    ("import expenses.csv --into district.gpkg --kind expense", 0, {}),
    ("import rates.csv --into district.gpkg --kind exchange_rate", 0, {}),
    ("money summary district.gpkg --as planner --currency USD", 0, {}),
    ("money costs district.gpkg --as planner", 0, {}),
    # Plan and forecast.
    ("plan make district.gpkg --teams teams.csv --out plan --as planner", 0, {}),
    ("money runway district.gpkg --as planner --plan plan", 0, {}),
    ("forecast make district.gpkg --plan plan --out forecast.json --as planner", 0, {}),
    ("projects list district.gpkg --as planner", 0, {}),
    ("projects outlook district.gpkg --plan plan --as planner --csv back.csv", 0, {}),
    # What rests on a plan is of the state that it was made for.
    ("document plan district.gpkg plan --out plan.pdf --as planner", 0, {}),
    ("document week district.gpkg --ending 2025-04-06 --plan plan --out week.xlsx --as planner", 0,
     {}),
    ("publish district.gpkg pages --as planner --plan plan --forecast forecast.json", 0, {}),
    # Assess.
    ("assess map district.gpkg --out map.tif --cell 100 --as planner", 0, {}),
    ("assess map district.gpkg --out map.tif --cell 100 --as planner --update", 0, {}),
    ("assess residual field.json", 0, {}),
    ("assess residual district.gpkg --hazard SHA-00013 --trials trials.csv --as inspector", 0,
     {"SHA-00013": FIELD}),
    ("assess next district.gpkg --effort 60 --csv next.csv --as planner", 0, {}),
    ("assess prior --train cells.csv --label found --group municipality --predict other.csv --out "
     "scores.csv --reasons why.csv --json report.json", 0, {}),
    ("assess survey-next --train cells.csv --label found --group municipality --id cell --cells 40 "
     "--out next.csv --log log.csv", 0, {}),
    ("assess survey-next --train cells.csv --label found --group municipality --id cell --cells 40 "
     "--results next.csv --out next2.csv", 0, {"next.csv": "results.csv"}),
    # Operate.
    ("operate proof --task T.geojson --track K.csv --width 1.75 --position-error 0.03 --confidence "
     "0.95 --uncovered G.geojson --json proof.json", 1, {}),
    ("operate lanes --task T.geojson --profile uran-6 --overlap 0.2 --entry -30.001,20.0 --out "
     "lanes", 1, {}),
    ("operate lanes --task T.geojson --profile uran-6 --machines 2 --apart 25 --profile detector "
     "--people-apart 50 --overlap 0.2 --entry -30.001,20.0 --out lanes", 1, {}),
    # Inspection.
    ("verify sample --lot 400 --tolerable 5 --detection 0.9 --confidence 0.95", 0, {}),
    ("verify curve --lot 400 --sample 200 --detection 0.9", 0, {}),
    ("verify lots district.gpkg task-12 --form team --record --as inspector", 0,
     {"task-12": "t-hazard-9-1"}),
    ("verify draw district.gpkg lot:task-12:1 --thrown 417 --as inspector", 0,
     {"lot:task-12:1": "lot:t-hazard-9-1:1"}),
    ("verify record district.gpkg lot:task-12:1 --clear all --day 2027-05-02", 0,
     {"lot:task-12:1": "lot:t-hazard-9-1:1", "2027-05-02": "2026-05-02"}),
    ("verify record district.gpkg lot:task-12:1 --accept --key me.pem", 0,
     {"lot:task-12:1": "lot:t-hazard-9-1:1"}),
    ("verify finding district.gpkg --task task-12 --severity major --kind marking --finding Two "
     "signs are missing", 0, {"task-12": "t-hazard-9-1"}),
    ("verify visit district.gpkg --task task-12 --refused No escort", 0,
     {"task-12": "t-hazard-9-1"}),
    ("verify correct district.gpkg lot:task-12:1 --measure Cleared again --corrected 2027-05-20", 0,
     {"lot:task-12:1": "FINDING", "2027-05-20": date.today().isoformat()}),
    ("verify teams district.gpkg --as inspector", 0, {}),
    ("verify open district.gpkg --as inspector", 0, {}),
    # Figures, claims, documents, pages, forms.
    ("figures catalogue", 0, {}),
    ("figures list district.gpkg --as planner", 0, {}),
    ("figures list district.gpkg --as-of 2025-12-31 --known-at 2028-02-01 --level authority --as "
     "planner", 0, {}),
    ("figures trace district.gpkg items_destroyed --json figure.json --as planner", 0, {}),
    ("figures trace district.gpkg treaty_cleared_m2 --treaty apmbc --year 2025 --as authority", 0,
     {}),
    ("figures recompute district.gpkg figure.json --as planner", 0, {}),
    ("figures tables district.gpkg --out ledger.csv", 0, {}),
    ("figures tables district.gpkg --as planner --out ledger.csv", 0, {}),
    ("figures treaty district.gpkg --treaty apmbc --year 2025 --out tables --as authority", 0, {}),
    ("figures treaty district.gpkg --treaty apmbc --year 2025 --out tables --json tables.json --as "
     "authority", 0, {}),
    ("figures recompute district.gpkg tables.json --as authority", 0, {}),
    ("claims example claims.csv", 0, {}),
    ("claims check claims.csv --json verdicts.json", 1, {}),
    ("claims check claims.csv --registry district.gpkg --whole Travnik --as planner", 1, {}),
    ("document task district.gpkg task:h1:clearance --out order.pdf --as planner", 0,
     {"task:h1:clearance": "t-hazard-9-1"}),
    ("document donor district.gpkg --fund F-1 --out report.pdf --as donor --organisation Donor 1",
     0, {}),
    ("publish district.gpkg public", 0, {}),
    ("forms build forms --lang uk --registry district.gpkg --as planner", 0, {}),
    ("forms build forms-any --for any", 0, {}),
    ("ask district.gpkg --at 44.2083, 17.6612", 0, {}),
    ("ask district.gpkg --place Name of a community --lang uk", 0,
     {"Name of a community": "Upper"}),
    ("ask district.gpkg --area field.geojson --json answer.json", 0, {}),
    # Identities.
    ("identity new district.gpkg me.pem --name NAME --role authority", 0,
     {"me.pem": "other.pem"}),
    ("identity list district.gpkg --as administrator", 0, {}),
    ("identity vouch district.gpkg person:3f2a... --key me.pem --fingerprint 9d7e c523 ...", 0,
     {"person:3f2a...": "OTHER", "9d7e c523 ...": "FINGERPRINT"}),
    ("sign-off district.gpkg hazard-7 hazard-8 --level operations --by NAME", 0, {}),
    ("sign-off district.gpkg hazard-7 --level authority --key me.pem", 0,
     {"hazard-7": "hazard-8"}),
    ("sign-off district.gpkg hazard-7 --level entered --by NAME --reason wrong map sheet", 0,
     {"hazard-7": "hazard-8"}),
    # Release.
    ("release propose district.gpkg hazard-7 --type cleared --out proposal --as planner", 1, {}),
    ("release propose district.gpkg hazard-7 --type cleared --answers proposal/checklist.csv --out "
     "proposal --as planner", 0, {}),
    ("release sign district.gpkg proposal --key authority.pem", 0, {}),
    ("release handover district.gpkg release-3f2a91c07d55 --key authority.pem --recipient NAME "
     "--use farmland --women 4 --men 5", 0, {"release-3f2a91c07d55": "CODE"}),
    ("release lookup district.gpkg 7K2M-Q9RT-4C", 0, {"7K2M-Q9RT-4C": "CODE"}),
    ("release certificate district.gpkg 7K2M-Q9RT-4C --out certificate.pdf --as authority", 0,
     {"7K2M-Q9RT-4C": "CODE"}),
    ("release certificate district.gpkg 7K2M-Q9RT-4C --out certificate.xlsx --as authority", 0,
     {"7K2M-Q9RT-4C": "CODE"}),
    # Proof, offices, copies.
    ("checkpoint district.gpkg stick/2027-05-01.json", 0, {}),
    ("audit district.gpkg --checkpoint stick/2027-05-01.json --as administrator", 0, {}),
    ("exchange pack district.gpkg stick/travnik.lrx --as authority", 0, {}),
    ("exchange pack district.gpkg stick/travnik.lrx --to Sarajevo --as authority", 0,
     {"stick/travnik.lrx": "stick/travnik2.lrx"}),
    ("exchange unpack national.gpkg stick/*.lrx", 0, {"stick/*.lrx": "stick/travnik.lrx"}),
    ("exchange status national.gpkg --as planner", 0, {}),
    ("exchange conflicts national.gpkg --as planner", 0, {}),
    ("identity erase district.gpkg SHA-256-OF-A-FILE-THAT-CAME-IN --reason held names", 0,
     {"SHA-256-OF-A-FILE-THAT-CAME-IN": "SOURCE"}),
    ("identity revoke district.gpkg person:3f2a... --reason key lost --last-day 2027-05-03", 0,
     {"person:3f2a...": "OTHER"}),
    ("identity erase district.gpkg person:3f2a... --reason asked to be forgotten", 0,
     {"person:3f2a...": "OTHER"}),
    ("backup district.gpkg backups/district-2027-05-01.gpkg --test", 0, {}),
    ("restore backups/district-2027-05-01.gpkg restored.gpkg", 0, {}),
    ("audit restored.gpkg", 0, {}),
    ("restore /var/backups/landrelease/registry-20270501T010000Z.gpkg "
     "/var/lib/landrelease/restored.gpkg --accounts /var/lib/landrelease/restored.gpkg.accounts",
     0, {"/var/backups/landrelease/registry-20270501T010000Z.gpkg": "backup.gpkg",
         "/var/lib/landrelease/restored.gpkg": "second.gpkg",
         "/var/lib/landrelease/restored.gpkg.accounts": "second.gpkg.accounts"}),
    ("migrate /var/lib/landrelease/registry.gpkg", 0,
     {"/var/lib/landrelease/registry.gpkg": "second.gpkg"}),
    ("audit /var/lib/landrelease/registry.gpkg", 0,
     {"/var/lib/landrelease/registry.gpkg": "second.gpkg"}),
]
# Beside what is documented: so that a small machine is soon done.
SHORTER = {"plan make": ["--iterations", "0"], "forecast make": ["--runs", "2"]}


def documented():
    return {" ".join(words) for where, words in all_commands()
            if not where.startswith("docs/tutorial.md")}


def test_every_documented_command_is_run_here_or_elsewhere():
    listed = {command for command, _, _ in RUN} | set(ELSEWHERE)
    assert documented() - listed == set(), "put it into RUN or ELSEWHERE"
    assert listed - documented() == set(), "it is in the docs no more"


@pytest.mark.parametrize("command", ELSEWHERE)
def test_what_is_run_elsewhere_is_run_there(command):
    """The named function is in the named file, and its text holds the words of the command."""
    file, _, function = ELSEWHERE[command].partition("::")
    text = (Path(__file__).parent / file if function else ROOT / file).read_text(encoding="utf-8")
    if function:
        found = re.search(rf"^( *)(?:def )?{function}\b.*?(?=^\1?(?:def |@|[A-Z_]+ = )|\Z)", text,
                          re.M | re.S)
        assert found, f"there is no {function} in {file}"
        text = found[0]
    words = command.split()
    last = {"import": "mapping"}.get(words[0], words[0]) if words[0] in (
        "demo", "serve", "restore", "import", "init", "audit", "migrate") else words[1]
    assert re.search(rf"\b{last}", text), f"{last} is not in {ELSEWHERE[command]}"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return prepare(tmp_path_factory.mktemp("documented"))


def test_documented_commands_end_as_stated(folder, monkeypatch):
    """One after the other in one folder, as somebody would who follows the docs."""
    monkeypatch.chdir(folder)
    written = {" ".join(words): words for _, words in all_commands()}
    facts = {"SOURCE": hashlib.sha256(Path("funds.csv").read_bytes()).hexdigest()}
    wrong = []
    for command, expected, other in RUN:
        words = [facts.get(w, w) for w in (other.get(w, w) for w in written[command])]
        for start, more in SHORTER.items():
            words += more if command.startswith(start) else []
        done = CliRunner().invoke(app, words, input=TYPED)
        status = 2 if isinstance(done.exception, LandReleaseError) else done.exit_code
        if status != expected:
            wrong.append((command, status, expected, done.output[-300:], str(done.exception)))
        after(command, done.output, facts)
    assert wrong == []


def after(command, said, facts):
    """What a person does in between: read what was printed, answer the checklist, go and survey."""
    if command.startswith("identity new"):
        facts["OTHER"] = re.search(r"person:\w+", said)[0]
        facts["FINGERPRINT"] = re.search(r"Fingerprint[^:]*: (.*)", said)[1].strip()
    elif command == "audit restored.gpkg":  # what the service of every night makes
        CliRunner().invoke(app, ["backup", "registry.gpkg", "backup.gpkg", "--accounts",
                                 "registry.gpkg.accounts"])
    elif command.startswith("verify finding"):
        facts["FINDING"] = re.search(r"finding:\w+", said)[0]
    elif command.startswith("release sign"):
        facts["CODE"] = re.search(r"Code of the certificate: (\S+)", said)[1]
    elif command.startswith("release propose"):
        with Path("proposal/checklist.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        for row in rows:
            if row["state"] == "open":
                row |= {"answer": "yes", "note": "seen", "by": "Ana"}
        write_csv(Path("proposal/checklist.csv"), rows)
    elif command.startswith("assess survey-next") and Path("next.csv").exists():
        with Path("next.csv").open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        write_csv(Path("results.csv"), [{**row, "result": n % 2} for n, row in enumerate(rows)])
