"""Documents: plan, task order, weekly and donor report, as PDF and as spreadsheet."""

import shutil
import subprocess
from datetime import UTC, date, datetime, timedelta

import openpyxl
import pytest
import shapely

from landrelease.access import policy
from landrelease.core.document import Column
from landrelease.core.extension import read_extension
from landrelease.core.revision import Revision
from landrelease.core.texts import UNREVIEWED
from landrelease.errors import LandReleaseError
from landrelease.publish import layout
from landrelease.publish.paper import MOST_ROWS, cell_words, paper_content
from landrelease.store.open import create_registry
from landrelease.store.results import load_plan
from landrelease.workflows import document_reports, documents, languages
from test_access_ways_out import command

AT = datetime(2026, 4, 1, 6, tzinfo=UTC)
SUNDAY = date(2026, 4, 12)
MADE = date(2026, 4, 13)
HOSTILE = '=HYPERLINK("http://x.invalid","#let a = 1") $x$ <b> \u202e\x07 {0} *'


def put(registry, kind, record_id, shape=None, **values):
    registry.append([Revision(kind, record_id, values, shape, AT, "landrelease test", "why", "",
                              values.get("information_date", date(2026, 3, 1)))])


def square(n):
    return shapely.box(17.0 + n / 100, 44.0, 17.001 + n / 100, 44.001)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """The address of a registry, the registry, a plan of it."""
    folder = tmp_path_factory.mktemp("documents")
    address = folder / "r.gpkg"
    registry = create_registry(address, office="Test")
    registry.keep_setting("synthetic", "yes")
    for n, name in enumerate(("North field", HOSTILE, "Mill")):
        put(registry, "hazard", f"h{n}", square(n), name=name, hazard_type="CHA", status="open",
            benchmark="the mill, north-west corner", ordnance_suspected=["ap_mine"])
    assert command("plan", "make", address, "--out", folder / "plan", "--iterations", 0, "--as",
                   "planner", "--quiet", "--start", "2026-04-01")[0] == 0
    put(registry, "administrative_area", "m1", shapely.box(16.9, 43.9, 17.2, 44.2),
        name="Municipality 01", level=1)
    put(registry, "team", "team-a", organisation="Org A", team_type="manual")
    put(registry, "accreditation", "acc", team="team-a", scope="manual_clearance",
        accreditation_status="granted", expires_on=date(2026, 5, 1))
    put(registry, "task", "t1", square(0), name=HOSTILE, organisation="Org A", hazard="h0",
        task_type="clearance", task_status="ordered", method="manual", teams=["team-a"],
        required_depth_m=0.2, planned_start=date(2026, 4, 6), planned_finish=date(2026, 6, 30),
        instructions=HOSTILE)
    put(registry, "task", "t2", organisation="Org B", task_type="TS", task_status="proposed",
        planned_start=date(2026, 4, 7))
    for n, (day, m2, hours) in enumerate(((6, 120.5, 6.0), (7, 130.0, None), (13, 999.0, 9.0))):
        put(registry, "activity", f"a{n}", square(0).centroid, organisation="Org A",
            activity_type="clearance", operational_method="manual", started_on=date(2026, 4, day),
            ended_on=date(2026, 4, day), hazard="h0", task="t1", teams=["team-a"], area_m2=m2,
            items_found=1, activity_status="active", information_date=date(2026, 4, day),
            **({} if hours is None else {"hours": hours, "deminers": 4}))
    put(registry, "item", "i1", square(0).centroid, ordnance_category="ap_mine", quantity=3,
        disposal="destroyed", found_on=date(2026, 4, 7), destroyed_on=date(2026, 4, 8),
        hazard="h0", information_date=date(2026, 4, 8))
    put(registry, "inspection", "in1", square(0), inspected_organisation="Org A", task="t1",
        inspected_on=date(2026, 4, 9), inspection_type="monitoring", result="accepted")
    put(registry, "coverage", "c1", square(0), organisation="Org A", task="t1",
        coverage_by="manual", task_m2=8911.0, covered_m2=8901.5, confidence=0.95,
        information_date=date(2026, 4, 9))
    put(registry, "environment", "env1", square(0), environment_type="demolition_place", task="t1",
        organisation="Org A", observed_on=date(2026, 4, 8), restore_by=date(2026, 4, 10),
        information_date=date(2026, 4, 8))
    put(registry, "environment", "env2", square(1), environment_type="soil_disturbed",
        organisation="Org A", observed_on=date(2025, 1, 8), restored_on=date(2025, 2, 1),
        disturbed_m2=40.0, information_date=date(2025, 2, 1))
    put(registry, "marking", "mk1", square(0), hazard="h0", marking_type="sign", signs=12,
        placed_on=date(2026, 4, 1), state="good", checked_on=date(2026, 4, 8))
    put(registry, "fund", "f1", donor="Donor 1", amount=50_000.0, currency="EUR",
        fund_status="received", received_on=date(2026, 1, 5))
    put(registry, "fund", "f2", donor="Donor 2", amount=70_001.0, currency="EUR",
        fund_status="received", received_on=date(2026, 1, 5))
    put(registry, "expense", "e1", fund="f1", donor="Donor 1", amount=12_345.0, currency="EUR",
        expense_status="paid", expense_type="staff", paid_on=date(2026, 2, 5), task="t1")
    # Named as a programme's table names them: by the identifier of the fund (S12: a state
    # that nobody reported is paid, as in the account).
    put(registry, "fund", "fund-3", identifier="F3", donor="Donor 2", amount=9_000.0,
        currency="EUR", fund_status="received", received_on=date(2026, 1, 5))
    put(registry, "expense", "e3", fund="F3", donor="Donor 2", amount=30.5, currency="EUR",
        expense_type="equipment", paid_on=date(2026, 2, 5), task="t1")
    yield address, registry, folder / "plan"
    registry.close()


def making(world, role="planner", organisation="", **more):
    reader = policy.view(role, organisation)
    return documents.making(world[1], reader, made_on=MADE, **more)


def made(world, kind, role="planner", organisation="", **more):
    m = making(world, role, organisation, **more)
    return {"plan": lambda: documents.plan_document(m, load_plan(world[2])),
            "task": lambda: documents.task_document(m, "t1"),
            "week": lambda: document_reports.week_document(m, SUNDAY),
            "donor": lambda: document_reports.donor_document(m)}[kind]()


def text_of(pdf: bytes, folder) -> str:
    """The words of a PDF by pdftotext, else by pypdf."""
    if shutil.which("pdftotext"):
        path = folder / "x.pdf"
        path.write_bytes(pdf)
        said = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True)
        return " ".join(said.stdout.decode().split())
    import io

    import pypdf

    return " ".join(" ".join(p.extract_text().split()) for p in pypdf.PdfReader(
        io.BytesIO(pdf)).pages)


def cells_of(path):
    """Sheet -> rows of values and types."""
    book = openpyxl.load_workbook(path)
    return {s.title: [list(r) for r in s.iter_rows()] for s in book.worksheets}


WORDS = {
    "plan": ("Plan of work", "PROPOSAL", "North field", "How to come to the same figures"),
    "task": ("Task order", "ordered", "44.0010000", "team-a", "It ends before the expected end",
             "No signature that counts", "Medical evacuation", "the mill, north-west corner",
             "90.0", "80.21"),
    "week": ("Weekly report", "2026-04-06 to 2026-04-12", "250.5", "9.5",
             "anti-personnel mine", "t2",
             "accepted", "clearance manual"),
    "donor": ("Report to donors", "50,000", "12,345", "37,655", "Donor 2", "hazardous_m2@",
              "What is not claimed", "t1"),
}


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_the_paper_holds_what_the_records_give(world, tmp_path, kind):
    document = made(world, kind)
    pdf = documents.pdf(document)
    said = text_of(pdf, tmp_path)
    for words in (*WORDS[kind], world[1].head()[:16], "SYNTHETIC DATA"):  # S19
        assert words.replace(" ", "") in said.replace(" ", ""), (kind, words, said[:3000])
    assert documents.pdf(document) == pdf  # the same document, the same bytes


def test_safety_S01_a_plan_s_map_on_paper_hatches_what_the_plan_does_not_work_on(world):
    """A hazard recorded after the plan, between its areas, is no blank ground."""
    registry = create_registry(world[0].with_name("around.gpkg"), office="Test")
    for n in (0, 2):
        put(registry, "hazard", f"h{n}", square(n), hazard_type="CHA", status="open")
    plan = world[0].with_name("around-plan")
    assert command("plan", "make", world[0].with_name("around.gpkg"), "--out", plan, "--iterations",
                   0, "--as", "planner", "--quiet", "--start", "2026-04-01")[0] == 0

    def drawn():
        (section,) = [s for s in documents.plan_document(
            making((None, registry)), load_plan(plan)).sections if s.pictures]
        return section.pictures[0]

    assert "#around" not in drawn()[0]
    put(registry, "hazard", "late", square(1), hazard_type="SHA", status="open")
    put(registry, "hazard", "dot", square(1.5).centroid.buffer(1e-6), hazard_type="SHA",
        status="open")
    svg, words = drawn()
    assert svg.count('fill="url(#around)"') == 2 and 'id="around"' in svg
    assert "Hatched ground is hazardous and this plan does not work on it." in words
    # Called suspected without a signature: an area is listed as the confirmed one that it is.
    put(registry, "hazard", "h0", square(0), hazard_type="SHA", status="open")
    (rows,) = [g.rows for s in documents.plan_document(making((None, registry)), load_plan(
        plan)).sections for g in s.grids if g.name == "order"]
    assert rows and not any("SHA" in str(cell) for row in rows for cell in row)
    assert any("CHA" in str(row[2]) for row in rows if row[1] == "h0")


@pytest.mark.parametrize("kind", sorted(WORDS))
def test_the_spreadsheet_holds_the_same_with_numbers_days_and_no_formula(world, tmp_path, kind):
    document = made(world, kind)
    documents.write(document, tmp_path / "d.xlsx")
    sheets = cells_of(tmp_path / "d.xlsx")
    grids = {g.name: g for s in document.sections for g in s.grids if g.rows}
    assert len(sheets) == len(grids) + 2
    for name, grid in grids.items():
        rows = sheets[name]
        assert [c.value for c in rows[0]][:len(grid.columns)] == [c.title for c in grid.columns]
        assert len(rows) == len(grid.rows) + 1
        for shown, row in zip(rows[1:], grid.rows, strict=True):
            for cell, value, column in zip(shown, row, grid.columns, strict=False):
                assert cell.data_type != "f"
                if value is None and column.type == "text":
                    assert cell.value == document.not_reported
                elif value in (None, ""):
                    assert cell.value in (None, "")
                elif column.type == "date":
                    assert cell.value.date() == value
                elif column.type != "text":
                    assert cell.value == pytest.approx(value)
    assert not any(c.data_type == "f" for rows in sheets.values() for r in rows for c in r)
    said = {c.value for r in sheets["about the file"] for c in r}
    assert world[1].head() in said


def test_safety_S12_what_nobody_reported_is_said_so_and_is_no_zero(world):
    assert cell_words(None, Column("m²", "number"), "not reported") == "not reported"
    week = made(world, "week")
    team = next(g for s in week.sections for g in s.grids if g.name == "by team")
    assert team.rows == (("team-a", 2, 250.5, 6.0, None, 2),)


def test_safety_S12_uncertain_figures_of_the_donor_report_stand_with_their_ends(world):
    from landrelease.core.ledger import Figure

    def figure(name, value, unit, denominator="", **more):
        return Figure(name, name, "", value, unit, "all", (), "head", denominator=denominator,
                      **more)

    m = making(world)
    finish = figure("finish_years", 3.4, "years", low=2.9,
                    note="60 of 400 runs do not finish within 20 years")
    outputs, = document_reports._outputs(m, [finish, figure("items_found", 5.0, "items")]).grids
    assert outputs.rows[0][1:3] == (
        3.4, "2.9 – no upper end; 60 of 400 runs do not finish within 20 years")
    assert outputs.rows[1][1:3] == (5.0, "") and len(outputs.columns) == len(outputs.rows[0])
    cost = figure("cost_per_m2_cleared", 0.5, "EUR per m²", "cleared area", low=0.25, high=0.75)
    _, rates = document_reports._outcomes(m, [cost]).grids
    assert rates.rows[0][1:3] == (0.5, "0.25 – 0.75") and len(rates.columns) == len(rates.rows[0])
    certain, = document_reports._outputs(m, [figure("items_found", 5.0, "items")]).grids
    assert len(certain.columns) == 5


def test_a_week_that_has_not_begun_is_refused_and_one_that_runs_says_so(world):
    m = making(world)
    with pytest.raises(LandReleaseError, match="FIG-004"):
        document_reports.week_document(m, MADE + timedelta(days=7))
    with pytest.raises(LandReleaseError, match="FIG-004"):
        document_reports.donor_document(making(world, as_of=MADE + timedelta(days=1)))
    running = document_reports.week_document(m, MADE + timedelta(days=6))
    words = f"The week is not over: this is counted up to {MADE.isoformat()}."
    assert words in running.subtitle
    assert all(words in g.notes for s in running.sections for g in s.grids)
    over = document_reports.week_document(m, MADE)
    assert "not over" not in over.subtitle


def test_expenses_and_work_belong_to_the_fund_that_is_named_by_its_identifier(world):
    grids = {g.name: g for s in made(world, "donor").sections for g in s.grids}
    spent = {row[0]: (row[3], row[4]) for row in grids["expenses"].rows}
    assert spent == {"f1": (12_345.0, 1), "fund-3": (30.5, 1)}
    assert {row[0]: row[6] for row in grids["funds"].rows}["fund-3"] == 30.5
    assert {row[:2] for row in grids["work on tasks"].rows} == {("f1", "t1"), ("fund-3", "t1")}


def test_safety_S14_each_reader_gets_the_own_part(world, tmp_path):
    donor = made(world, "donor", "donor", "Donor 1")
    said = text_of(documents.pdf(donor), tmp_path)
    assert "12,345" in said and "70,001" not in said and "Donor 2" not in said
    assert "Not shown to this reader: tasks and reports of work" in said
    operator = made(world, "plan", "operator", "Org A")
    keys = {s.key for s in operator.sections}
    assert not keys & {"waits", "not_planned", "communities", "cash"}
    with pytest.raises(LandReleaseError, match="ACC-101"):
        made(world, "donor", "operator", "Org A")
    with pytest.raises(LandReleaseError, match="ACC-101"):
        made(world, "task", "public")
    with pytest.raises(LandReleaseError, match="WEB-035"):
        documents.task_document(making(world, "operator", "Org B"), "t1")
    other = document_reports.week_document(making(world, "operator", "Org B"), SUNDAY)
    assert "Org A" not in text_of(documents.pdf(other), tmp_path)


def test_a_week_tells_what_is_to_be_restored_and_what_is_not_marked(world):
    week = made(world, "week")
    sections = {s.key: s for s in week.sections}
    environment, marking = sections["environment"], sections["marking"]
    assert [v for _, v in environment.facts] == [1, 1, 0.0]
    (row,) = environment.grids[0].rows  # what was restored a year before is not of this week
    assert row[1:5] == ("env1", "demolition place", "t1", "overdue")
    assert "soil sampled" in row[6]
    assert [v for _, v in marking.facts] == [3, 1]
    assert {(r[0], r[2]) for r in marking.grids[0].rows} == {
        ("h1", "not marked"), ("h2", "not marked")}
    other = document_reports.week_document(making(world, "operator", "Org B"), SUNDAY)
    assert "env1" not in str([g.rows for s in other.sections for g in s.grids])


def test_an_empty_programme_has_documents_that_say_so(tmp_path):
    registry = create_registry(tmp_path / "e.gpkg", office="Test")
    m = documents.making(registry, policy.view("planner"), made_on=MADE)
    week = document_reports.week_document(m, SUNDAY)
    said = text_of(documents.pdf(week), tmp_path)
    assert "No report of work of this week is on record" in said and "SYNTHETIC" not in said
    donor = document_reports.donor_document(m)
    assert "No fund and no expense" in text_of(documents.pdf(donor), tmp_path)
    documents.write(donor, tmp_path / "d.xlsx")
    registry.close()


def test_long_lists_are_cut_on_paper_with_their_count_and_whole_in_the_spreadsheet(world, tmp_path):
    from dataclasses import replace

    week = made(world, "week")
    sections = [replace(s, grids=tuple(replace(g, rows=g.rows * (MOST_ROWS + 7)) if g.name ==
                                       "by team" else g for g in s.grids)) for s in week.sections]
    long = replace(week, sections=tuple(sections))
    assert "7 more rows are in the spreadsheet" in text_of(documents.pdf(long), tmp_path)
    documents.write(long, tmp_path / "d.xlsx")
    assert len(cells_of(tmp_path / "d.xlsx")["by team"]) == MOST_ROWS + 8


PNG = bytes.fromhex("89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944"
                    "4154789c63f8cfc0000003010100c9fe92ef0000000049454e44ae426082")


def test_a_centre_changes_sign_header_order_and_words(world, tmp_path):
    (tmp_path / "sign.png").write_bytes(PNG)
    (tmp_path / layout.FILE).write_text(
        "logo: sign.png\nheader: [Ministry of Lines, 'Centre #1 *x*']\nfooter: For official use\n"
        "sections:\n  task: [contacts, ground]\n"
        "words:\n  Task order: Order of clearance\n", encoding="utf-8")
    document = made(world, "task", templates=tmp_path)
    assert [s.key for s in document.sections][:3] == ["contacts", "ground", "order"]
    assert {s.key for s in document.sections} == {s.key for s in made(world, "task").sections}
    said = text_of(documents.pdf(document, tmp_path), tmp_path)
    for words in ("Ministry of Lines", "Centre #1 *x*", "For official use", "Order of clearance"):
        assert words in said


@pytest.mark.parametrize(("text", "found"), [
    ("logo: ../secret.png", "logo"), ("logo: none.png", "which is not there"),
    ("logo: sign.exe", "ends in"), ("words: {Task order: '{x.__class__}'}", "facts"),
    ("words: {No such text: a}", "No such text"), ("sections: {task: [weather]}", "weather"),
    ("header: 7", "header"), ("run: ls", "unknown entry"), ("a: [", "line"),
    ("!!python/object/apply:os.system [ls]", "line"), ("- a", "the whole"),
    ("words: {'SYNTHETIC DATA: made up. Nothing here is about real ground.': real}", "stay"),
])
def test_a_broken_layout_says_which_entry_and_runs_nothing(world, tmp_path, text, found):
    (tmp_path / layout.FILE).write_text(text, encoding="utf-8")
    with pytest.raises(LandReleaseError, match=r"PUB-040") as error:
        making(world, templates=tmp_path)
    assert found in str(error.value)


@pytest.mark.parametrize("lang", languages.NAMES)
def test_safety_S18_documents_speak_each_language_and_say_what_is_doubtful(world, lang):
    """No text falls back to English, and what nobody reviewed or stands in English is said."""
    texts = languages.texts(lang)
    for kind in ("plan", "task", "week", "donor"):
        m = making(world, lang=lang)
        document = {"plan": lambda m=m: documents.plan_document(m, load_plan(world[2])),
                    "task": lambda m=m: documents.task_document(m, "t1"),
                    "week": lambda m=m: document_reports.week_document(m, SUNDAY),
                    "donor": lambda m=m: document_reports.donor_document(m)}[kind]()
        assert not m.words.texts.missing
        if kind == "donor" and lang != "en":  # figures of an area, whose name stays as it is
            cells = [str(c) for part in document.sections for g in part.grids for row in g.rows
                     for c in row]
            assert any(c.endswith(", Municipality 01") for c in cells)
            assert not any("area, Municipality" in c for c in cells)
        assert document.title == texts({"plan": "Plan of work", "task": "Task order",
                                        "week": "Weekly report", "donor": "Report to donors"}[kind])
        # Nothing is missing, so that nothing is said to be.
        assert document.unreviewed == ("" if lang == "en" else texts(UNREVIEWED))
        assert document.synthetic == texts(
            "SYNTHETIC DATA: made up. Nothing here is about real ground.")
        said = paper_content(document)
        assert said["dir"] == ("rtl" if lang == "ar" else "ltr") and said["lang"] == lang
    if lang == "ar":  # set from right to left; days in a text stay together (isolates)
        week = document_reports.week_document(making(world, lang=lang), SUNDAY)
        assert "\u20682026-04-06\u2069" in paper_content(week)["subtitle"]
        assert documents.pdf(week).startswith(b"%PDF")
    with pytest.raises(LandReleaseError, match=r"REL-023"):
        making(world, lang="xx")


def test_a_broken_template_says_so(world, tmp_path):
    (tmp_path / "document.typ").write_text("#let x = (", encoding="utf-8")
    with pytest.raises(LandReleaseError, match="PUB-003"):
        documents.pdf(made(world, "task"), tmp_path)


def test_contacts_come_from_the_national_extension(world):
    text = 'name: N\nversion: "1"\ncontact: "Call 112, radio channel 4"\n'
    assert read_extension(text).contact
    world[1].keep_setting("extension", text)
    try:
        contacts = next(s for s in made(world, "task").sections if s.key == "contacts")
        assert "Call 112, radio channel 4" in {v for _, v in contacts.facts}
    finally:
        world[1].keep_setting("extension", 'name: N\nversion: "2"\n')


def test_the_commands_write_both_and_refuse_another_ending(world, tmp_path):
    address, _, plan = world
    for words in (("plan", address, plan), ("task", address, "t1"),
                  ("week", address, "--ending", "2026-04-12", "--plan", plan),
                  ("donor", address)):
        out = tmp_path / f"{words[0]}.xlsx"
        assert command("document", *words, "--out", out, "--as", "planner")[0] == 0
        assert out.is_file()
    code, said = command("document", "task", address, "t1", "--out", tmp_path / "t.doc", "--as",
                         "planner")
    assert code == 2 and "PUB-041" in said
    assert command("document", "task", address, "t1", "--out", tmp_path / "t.pdf")[0] == 2


def test_safety_S12_an_item_that_states_no_number_is_never_one_unsaid(tmp_path):
    """On the order of a task and in the week's report, as PDF and workbook."""
    with create_registry(tmp_path / "r.gpkg", office="Test") as registry:
        put(registry, "hazard", "h0", square(0), hazard_type="CHA", status="open")
        put(registry, "task", "t1", square(0), hazard="h0", task_type="clearance",
            task_status="ordered", planned_start=date(2026, 4, 6))
        for n, (category, quantity) in enumerate((
                ("ap_mine", 3), ("ap_mine", "declined"), ("av_mine", None),
                ("submunition", "not_reported"), ("grenade", 7))):
            put(registry, "item", f"i{n}", square(0).centroid, ordnance_category=category,
                **({} if quantity is None else {"quantity": quantity}), disposal="destroyed",
                hazard="h0", found_on=date(2026, 4, 7), destroyed_on=date(2026, 4, 8))
        m = documents.making(registry, policy.view("planner"), made_on=MADE)
        for document, grid in ((documents.task_document(m, "t1"), "items found"),
                               (document_reports.week_document(m, SUNDAY), "items")):
            (found,) = [g for s in document.sections for g in s.grids if g.name == grid]
            assert {r[0]: r[1:] for r in found.rows} == {
                "anti-personnel mine": ("at least 4", "at least 4", 1),
                "anti-vehicle mine": ("at least 1", "at least 1", 1), "grenade": (7, 7, 0),
                "submunition": ("at least 1", "at least 1", 1)}
            assert "3" in found.notes[-1] and "whole number" in found.notes[-1]
        said = {str(k): v for s in document_reports.week_document(m, SUNDAY).sections
                for k, v in s.facts}
        assert "at least 13" in said.values()
