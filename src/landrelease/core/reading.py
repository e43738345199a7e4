"""Sentences that a program wrote in English, read back, so that another language can say them.

What a stage computes carries its reasons as English sentences, also when it was stored years ago.
A template with facts in braces matches the sentence that was made from it; the facts that are
sentences or units themselves are said again, numbers are written as the language writes them.
What nobody knows stays as it is: a person may have written it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

# Facts of these names are numbers, with a word before or a unit behind them at most: "May 2031".
_NUMBERS = frozenset({"n", "all", "of", "low", "high", "share", "value", "range", "runs", "year",
                      "years", "days", "metres", "m2", "day", "km", "odds", "month", "level"})
# Facts of these names are one name of a record.
_NAMES = frozenset({"id", "team", "step", "area", "code", "scope", "state", "currency"})
# A sentence is one of ours only where we know these facts of it.
KNOWN = frozenset({"scope", "state", "rate"})
# What somebody else said, called or wrote: it stands as it is, its numbers too.
QUOTED = frozenset({"source", "quoted", "beside", "ground", "columns"})
CALLED = frozenset({"called"})  # a name of ours, or of somebody: as it stands where it is not ours
_NUMBER = r"(?:at least |later than |[A-Za-z]+ )?[^A-Za-z;]*\d[^;]*?"
_DAY = r"(?:undated|\d{4}-\d\d-\d\d(?: to \d{4}-\d\d-\d\d)?)"
_ROW = rf"row \d+(?: \(.+?, {_DAY}\))?"
# Another row of a file of claims; an amount with its unit; our figure of which day.
_AMOUNT = r"[^\"()]{1,80}?"
_SHAPES = {"line": _ROW, "other_line": _ROW, "amount": _AMOUNT, "against": _AMOUNT,
           "further": _AMOUNT, "records": r"[\d,]+", "held": r"(?:as of|between) .+?",
           "validated": r"(?:at any level of validation|validated at least at level \S+)"}
_FACT = re.compile(r"\{(\w+)\}")
_ANY_FACT = re.compile(r"\{(\w+)[^{}]*\}")  # as in messages: {found!r}, {amount:,.2f}
_ENDS = re.compile(r"(?<=[.;:!?]) +")  # where one sentence or clause ends and another begins


class Reading:
    """Templates, the one with most words of its own first. `whole`: a sentence is read by a
    template only where all its facts are understood; else the next template is tried."""

    def __init__(self, templates: Iterable[str], *, whole: bool = False):
        made = [(len(_FACT.sub("", t)), t) for t in dict.fromkeys(templates) if "{" in t]
        self.whole = whole
        # The longest words of its own have to stand in the sentence: most are told apart by that.
        self._templates = [(max(_FACT.sub("\0", t).split("\0"), key=len), t)
                           for _, t in sorted(made, reverse=True)]

    def of(self, sentence: str) -> tuple[str, dict[str, str]] | None:
        """The template of a sentence and its facts."""
        return next(self.each(sentence), None)

    def each(self, sentence: str) -> Iterator[tuple[str, dict[str, str]]]:
        """Each template that a sentence fits; the first alone where facts decide nothing."""
        for words, template in self._templates:
            if words in sentence and (found := _pattern(template).fullmatch(sentence)):
                yield template, found.groupdict()
                if not self.whole:
                    return


@cache  # made when first asked for: all of them would be half the start of every command
def _pattern(template: str) -> re.Pattern[str]:
    """A regular expression for a template; a name that comes twice has to say the same twice."""
    out, at, seen = [], 0, set()
    for fact in _FACT.finditer(template):
        name = fact[1]
        out.append(re.escape(template[at:fact.start()]))
        what = _SHAPES.get(name) or (
            _NUMBER if name in _NUMBERS else r"\S+" if name in _NAMES else ".+?")
        out.append(f"(?P={name})" if name in seen else f"(?P<{name}>{what})")
        seen.add(name)
        at = fact.end()
    return re.compile("".join([*out, re.escape(template[at:])]), re.S)


def facts_in(message: str, text: str) -> dict[str, str] | None:
    """The facts of a text that was made from one message, of which it is known that it was; None
    where the message was worded otherwise then. Each fact ends where the words after it first
    stand: whoever writes strange names into a file makes nobody search for long."""
    first, *rest = _ANY_FACT.split(message)
    if not text.startswith(first):
        return None
    found: dict[str, str] = {}
    at, last = len(first), len(rest) - 2
    for i in range(0, len(rest), 2):
        words = rest[i + 1]
        end = text.find(words, at) if i < last else len(text) - len(words)
        if end < at or not text.startswith(words, end):
            return None
        found.setdefault(rest[i], text[at:end])
        at = end + len(words)
    return found if at == len(text) else None


def bare(template: str) -> str:
    """A template of which each fact is put in as a text that is there already."""
    return _ANY_FACT.sub(r"{\1}", template)


def parts(text: str, known: Callable[[str], str | None]) -> tuple[list[str], list[str]]:
    """A text said part by part, and the parts that nobody knows.

    known(part) : what the language says for it, None where it does not know it. The longest run of
    clauses that is known goes first.
    """
    clauses = _ENDS.split(text)
    out: list[str] = []
    unknown: list[str] = []
    at = 0
    while at < len(clauses):
        for end in range(len(clauses), at, -1):
            run = " ".join(clauses[at:end])
            said = known(run)
            # A clause of an enumeration ends with a semicolon that is none of its own.
            if said is None and run.endswith((";", ".")) and (bare := known(run[:-1])):
                said = bare + run[-1]
            if said is not None:
                out.append(said)
                at = end
                break
        else:
            out.append(clauses[at])
            unknown.append(clauses[at])
            at += 1
    return out, unknown
