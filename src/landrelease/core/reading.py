"""Sentences that a program wrote in English, read back, so that another language can say them.

What a stage computes carries its reasons as English sentences, also when it was stored years ago.
A template with facts in braces matches the sentence that was made from it; the facts that are
sentences or units themselves are said again, numbers are written as the language writes them.
What nobody knows stays as it is: a person may have written it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

# Facts of these names are numbers, with a word before or a unit behind them at most: "May 2031".
_NUMBERS = frozenset({"n", "all", "of", "low", "high", "share", "value", "range", "runs", "year",
                      "years", "days", "metres", "m2", "day", "km", "odds", "month", "level"})
# Facts of these names are one name of a record.
_NAMES = frozenset({"id", "team", "step", "area", "code", "scope", "state", "currency"})
# A sentence is one of ours only where we know these facts of it.
KNOWN = frozenset({"scope", "state"})
_NUMBER = r"(?:at least |later than |[A-Za-z]+ )?[^A-Za-z]*\d.*?"
_FACT = re.compile(r"\{(\w+)\}")
_ENDS = re.compile(r"(?<=[.;:!?]) +")  # where one sentence or clause ends and another begins


class Reading:
    """Templates by the words that they begin with; the one with most words of its own first."""

    def __init__(self, templates: Iterable[str]):
        made = [(len(_FACT.sub("", t)), t) for t in dict.fromkeys(templates) if "{" in t]
        self._patterns = [(re.compile(_pattern(t), re.S), t) for _, t in sorted(made, reverse=True)]

    def of(self, sentence: str) -> tuple[str, dict[str, str]] | None:
        """The template of a sentence and its facts."""
        for pattern, template in self._patterns:
            if found := pattern.fullmatch(sentence):
                return template, found.groupdict()
        return None


def _pattern(template: str) -> str:
    """A regular expression for a template; a name that comes twice has to say the same twice."""
    out, at, seen = [], 0, set()
    for fact in _FACT.finditer(template):
        name = fact[1]
        out.append(re.escape(template[at:fact.start()]))
        what = _NUMBER if name in _NUMBERS else r"\S+" if name in _NAMES else ".+?"
        out.append(f"(?P={name})" if name in seen else f"(?P<{name}>{what})")
        seen.add(name)
        at = fact.end()
    return "".join([*out, re.escape(template[at:])])


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
