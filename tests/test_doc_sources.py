"""Each page of a model says where the model is from, and names no source that the code does not."""

import re

import pytest
import yaml

from doc_commands import ROOT

(PAGES,) = [part["Models and their sources"] for part in yaml.safe_load(
    (ROOT / "properdocs.yml").read_text(encoding="utf-8"))["nav"]
    if "Models and their sources" in part]
NAMES = [name for entry in PAGES for name in entry.values()]
CODE = "\n".join(re.sub(r"\s+", " ", path.read_text(encoding="utf-8"))
                 for path in sorted((ROOT / "src" / "landrelease").rglob("*"))
                 if path.suffix in (".py", ".csv", ".yaml"))


def sources(name):
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    assert text.count("\n## Sources\n") == 1, f"{name} has no section Sources"
    return re.split(r"\n## ", text.split("\n## Sources\n")[1])[0]


def places(word):
    at = CODE.find(word)
    while at >= 0:
        yield at
        at = CODE.find(word, at + 1)


def cited(said):
    """Whether the code cites a source: each name of it with its year behind, or the standard."""
    if said.startswith(("IMAS", "ISO")):
        body, number = said.split(" ", 1)
        return any(body in CODE[max(0, at - 80):at] for at in places(number))
    *who, year = re.findall(r"[\w-]+", said.replace(" and ", " ").replace("van Eck", "Eck"))
    return all(any(year in CODE[at:at + 260] for at in places(name)) for name in who)


def test_there_are_such_pages_and_what_nobody_cites_is_seen():
    assert len(NAMES) > 10
    assert cited("Koopman 1946") and not cited("Koopman 1947") and not cited("Nobody 1946")
    assert cited("IMAS 07.11") and not cited("IMAS 99.11")


@pytest.mark.parametrize("name", NAMES)
def test_each_model_says_where_it_is_from(name):
    section = sources(name)
    bold = [re.sub(r"\s+", " ", said) for said in re.findall(r"\*\*([^*]+)\*\*", section)]
    assert len(re.findall(r"^- ", section, re.M)) >= 2 and bold
    assert [said for said in bold if not cited(said)] == []
