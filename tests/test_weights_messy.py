"""Files of weights that nobody meant to write: each is named with its place, none is a crash."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from landrelease.core.ranking import Criterion
from landrelease.errors import LandReleaseError
from landrelease.records.weights import read_weights

KNOWN = {c.name: c for c in (Criterion("people", "people", "people", 0.0),
                             Criterion("distance", "distance", "m", 0.0, "less"))}
HUGE = "0x" + "f" * 9_000  # Python refuses to write it in decimal digits


@pytest.mark.parametrize(("text", "said"), [
    ("people: 1\n? [a, b]\n: 1\n", "line 2.*as a name"),
    ("? {a: 1}\n: 1\n", "line 1.*as a name"),
    ("criteria:\n  people: 1\n  ? [distance]\n  : 1\n", "line 3.*as a name"),
    ("people: 1\npeople: 2\n", "line 2.*people stands twice.*each name once"),
    ("people: &p 1\ndistance: *p\n", r"line 2.*reference, \*p"),
    ("people: 1\nx: 2026-99-99\n", "line 2.*2026-99-99, which is no timestamp"),
    ("people: !!bool perhaps\n", "line 1.*perhaps, which is no bool"),
    ("people: !!timestamp soon\n", "line 1.*soon"),
    ("people: !!int ''\n", "line 1.*no int"),
    (f"people: {HUGE}\n", "criteria: people: weight.*very many digits"),
    (f"? {HUGE}\n: 1\n", "line 1.*as a name"),
    (f"criteria: {{people: 1}}\nstability: {{seed: {HUGE}}}\n", "seed.*very many digits"),
    ("criteria: {people: 1}\nstability: {samples: 1000000000000}\n", "samples.*1 to 1,000,000"),
    ("people: 1e300\n", "criteria: people: weight"),
    ("people: 1" + "0" * 400 + "\n", "criteria: people: weight"),
    ("a: " + "[" * 5_000, "the text.*not YAML"),
    ("people: 1\n---\npeople: 2\n", "line 2"),
    ("people: !!python/object/apply:os.system [ls]\n", "line 1.*not YAML"),
    ("\x00", "not YAML"),
])
def test_what_yaml_allows_and_a_ranking_does_not(tmp_path, text, said):
    path = tmp_path / "w.yaml"
    path.write_text(text)
    with pytest.raises(LandReleaseError, match=rf"(?s)PLN-503.*w\.yaml.*{said}"):
        read_weights(path, KNOWN)


LINES = ("a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 9)}]\n" for n in range(9)))


def test_a_few_lines_do_not_stand_for_a_billion(tmp_path):
    path = tmp_path / "w.yaml"
    path.write_text(LINES)
    with pytest.raises(LandReleaseError, match=r"line 2.*reference"):
        read_weights(path, KNOWN)


SCRAPS = st.sampled_from([
    "people", "distance", "criteria", "stability", "scores", "method", "weight", "seed", "samples",
    "topsis", ": ", "? ", "- ", "\n", "\n  ", "[", "]", "{", "}", ",", "*a", "&a ", "!!int ",
    "!!set ", "!!omap ", "!!binary ", "!!timestamp ", "!!null ", "!!str ", "<<", "|", ">", "'",
    '"', "#", "%", "---", "...", "~", ".nan", ".inf", "-", "1", "0x", "0b_", "1:2:3", "2026-13-40",
    "true", "\t", "\x07", "é", "\ufeff", "=", "`", "@"])


@given(text=st.lists(SCRAPS, max_size=14).map("".join) | st.text(max_size=40))
@settings(max_examples=300, deadline=None)
def test_any_text_is_weights_or_a_named_mistake(tmp_path_factory, text):
    path = tmp_path_factory.mktemp("fuzz") / "w.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        read = read_weights(path, KNOWN)
    except LandReleaseError as error:
        assert error.code in ("FIL-002", "PLN-503") and len(str(error)) < 1_000
    else:
        assert read.criteria and all(0 <= c.weight < 1e15 for c in read.criteria)


@given(content=st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_weights_or_a_named_mistake(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "w.yaml"
    path.write_bytes(content)
    try:
        read_weights(path, KNOWN)
    except LandReleaseError as error:
        assert error.code in ("FIL-002", "PLN-503")
