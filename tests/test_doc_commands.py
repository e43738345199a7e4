"""Every command in README.md and docs/ is one that the parser takes."""

import re

import pytest

from doc_commands import ROOT, all_commands, examples, inline, pages, problem, unknown


def test_every_command_in_the_docs_is_taken_by_the_parser():
    found = all_commands()
    assert len(found) > 80
    wrong = [(where, " ".join(words), said) for where, words in found
             if (said := problem(words)) is not None]
    assert wrong == []


def test_every_example_of_the_page_of_all_commands_is_taken_by_the_parser():
    found = list(examples())
    assert len(found) > 100
    wrong = [(command, " ".join(words), said) for command, words in found
             if (said := problem(words)) is not None or not " ".join(words).startswith(command)]
    assert wrong == []


def test_every_command_named_in_a_sentence_is_there_with_its_options():
    found = [(f"{path.relative_to(ROOT)}:{line}", words) for path in pages()
             for line, words in inline(path.read_text(encoding="utf-8"))]
    assert len(found) > 20
    assert [(where, " ".join(words), word) for where, words in found
            if (word := unknown(words)) is not None] == []
    assert unknown(["plan", "nothing"]) == "nothing" and unknown(["backup", "--tset"]) == "--tset"


@pytest.mark.parametrize("words", ["nothing", "serve r.gpkg --bogus", "plan", "plan make"])
def test_what_is_no_command_is_seen(words):
    assert problem(words.split()) is not None


def test_every_command_of_the_reference_is_run_by_a_test():
    """With words of its own, where the example names files and ids that stand for the reader's."""
    apart = {f"operate {name}" for name in ("environment", "marking", "evacuations", "competence")}
    tests = "\n".join(path.read_text(encoding="utf-8")
                      for path in sorted((ROOT / "tests").glob("*.py")))
    never = []
    for command, _ in examples():
        words = command.split()
        run = r",\s*".join(f'"{w}"' for w in words)
        if not re.search(rf'{run}\s*[,\]]|\("{" ".join(words)} ', tests):
            never.append(command)
    assert set(never) == apart  # their words are put together: test_access_ways_out.py
