"""A past that was tampered with is found: few random cases of each class (the benchmark has 1,000).
"""

import random

import pytest

import tampering
from landrelease.core.revision import Revision, StoredRevision
from landrelease.store import audit


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tampering")
    made = []
    for seed in range(4):
        path = folder / f"{seed}.gpkg"
        tampering.random_registry(path, random.Random(seed))
        made.append((path, tampering.checkpoint_of(path)))
    return made


def test_an_untouched_registry_raises_no_alarm(originals):
    for path, held in originals:
        assert tampering.codes(path, held) == ([], [])


@pytest.mark.parametrize("intruder", tampering.BY_AUDIT, ids=lambda f: f.__name__)
def test_the_audit_finds_it(originals, tmp_path, intruder):
    rng = random.Random(intruder.__name__)
    for case in range(12):
        path, held = originals[case % len(originals)]
        copy = tmp_path / f"{case}.gpkg"
        tampering.tampered(path, copy, intruder, rng)
        found, _ = tampering.codes(copy, held)
        assert found, f"case {case}"


@pytest.mark.parametrize("intruder", tampering.WITH_CHECKPOINT, ids=lambda f: f.__name__)
def test_a_checkpoint_finds_it(originals, tmp_path, intruder):
    rng = random.Random(intruder.__name__)
    alone = 0
    for case in range(8):
        path, held = originals[case % len(originals)]
        copy = tmp_path / f"{case}.gpkg"
        tampering.tampered(path, copy, intruder, rng)
        found, told = tampering.codes(copy, held)
        assert told, f"case {case}"
        alone += not found
    assert alone  # such a chain fits itself: this is why checkpoints are kept elsewhere


def test_revisions_that_follow_one_another_in_a_circle_do_not_stop_the_audit():
    def stored(number, chain, own, other):
        revision = Revision("hazard", "h1", {}, None, tampering.AT, "landrelease test", "why", "",
                            follows=(other,))
        return StoredRevision(number, revision, "0" * 64, own, chain, 1)

    first, second = "1" * 64, "2" * 64
    line = [stored(1, "a" * 32, first, second), stored(2, "b" * 32, second, first)]
    assert audit._current(line) == (2, line[1].revision)
