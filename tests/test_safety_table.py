"""docs/safety.md lists all rules, and says of each no more than its tests show."""

import ast
import re
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
TABLE = HERE.parent / "docs" / "safety.md"
RULES = [f"S{n:02d}" for n in range(1, 20)]


def rows():
    found = re.findall(r"^\| (S\d\d) \| (.+?) \| (built|in part|not yet built) \| (.*?) ?\|$",
                       TABLE.read_text(encoding="utf-8"), re.M)
    return {rule: (state, missing) for rule, _, state, missing in found}


@cache
def by_rule():
    rules = {}
    for path in HERE.glob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and (
                    match := re.match(r"test_safety_(S\d\d)_", node.name)):
                rules.setdefault(match[1], []).append(f"{path.name}::{node.name}")
    return rules


def test_every_rule_has_its_row():
    assert list(rows()) == RULES


def test_every_rule_that_is_built_has_a_test_with_its_number():
    for rule, (state, missing) in rows().items():
        if state == "not yet built":
            assert missing, f"{rule}: say what is missing"
        else:
            assert by_rule().get(rule), f"{rule} is called {state} and has no test"
        assert state != "in part" or missing, f"{rule}: say what is missing"


def test_no_test_claims_a_rule_that_is_called_not_built():
    states = rows()
    for rule, tests in by_rule().items():
        assert states[rule][0] != "not yet built", f"{tests}: mend the table"
