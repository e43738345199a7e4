"""ERR: one catalogue; codes are unique, words are complete, the page follows the code."""

import re
import sys
from pathlib import Path

from landrelease import errors

ROOT = Path(__file__).parent.parent
MESSAGES = {name: m for name, m in vars(errors).items() if isinstance(m, errors.Message)}


def test_codes_are_unique_and_well_formed():
    names = re.findall(r"^(\w+) = Message\(", Path(errors.__file__).read_text(), re.M)
    assert len(names) == len(MESSAGES), sorted(n for n in names if names.count(n) > 1)
    codes = [m.code for m in MESSAGES.values()]
    assert len(set(codes)) == len(codes), sorted(c for c in codes if codes.count(c) > 1)
    for code in codes:
        assert re.fullmatch(
            r"(ACC|ASS|CHK|CLI|CLM|COV|EXC|EXT|FIG|FIL|FOR|FRM|GEO|INC|INS|LAN|LIN|MON|OPS|PHO|PLN"
            r"|PUB|REL|ROW|SIG|STO|TRK|UPK|VER|WEB)"
            r"-\d{3}", code)


def test_every_message_says_what_to_do():
    for name, message in MESSAGES.items():
        assert message.problem and message.remedy.endswith((".", "}")), name


def test_every_message_is_used():
    """A message that nothing raises is a promise that nobody keeps."""
    words = {word for p in (ROOT / "src").rglob("*.py") if p.name != "errors.py"
             for word in re.findall(r"\w+", p.read_text(encoding="utf-8"))}
    assert [name for name in MESSAGES if name not in words] == []


def test_the_page_of_messages_follows_the_catalogue():
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        from error_page import page
    finally:
        sys.path.pop(0)
    assert (ROOT / "docs" / "errors.md").read_text(encoding="utf-8") == page(), (
        "run: python tools/error_page.py > docs/errors.md")
