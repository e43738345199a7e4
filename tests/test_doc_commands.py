"""Every command in README.md and docs/ is one that the parser takes."""

import pytest

from doc_commands import all_commands, problem


def test_every_command_in_the_docs_is_taken_by_the_parser():
    found = all_commands()
    assert len(found) > 80
    wrong = [(where, " ".join(words), said) for where, words in found
             if (said := problem(words)) is not None]
    assert wrong == []


@pytest.mark.parametrize("words", ["nothing", "serve r.gpkg --bogus", "plan", "plan make"])
def test_what_is_no_command_is_seen(words):
    assert problem(words.split()) is not None
