"""SET: what standards and programmes decide are settings with a source, never constants."""

from landrelease import workflows


def test_safety_S13_every_assumption_names_its_source_and_range():
    stated = workflows.load_assumptions()
    for assumption in stated:
        assert assumption.source and assumption.definition and assumption.unit
        assert assumption.low <= assumption.value <= assumption.high


def test_safety_S13_a_programme_changes_a_threshold_without_code(tmp_path):
    path = tmp_path / "assumptions.csv"
    with workflows.packaged("assumptions.csv") as packaged:
        text = packaged.read_text(encoding="utf-8")
    assert "nearby_distance_m,500,250,1000" in text
    path.write_text(text.replace("nearby_distance_m,500,250,1000",
                                 "nearby_distance_m,800,250,1000"), encoding="utf-8")
    assert workflows.load_assumptions(path).value("nearby_distance_m") == 800
