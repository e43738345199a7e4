"""The texts of a language: the one way in which forms, pages, documents and warnings speak.

The English text is the key of its translation, as in gettext (msgid). Where the catalogues lie and
how they are read: `workflows.languages`. What a language lacks is shown in English, and whoever
shows it says so (`missing`); a language that no native speaker has reviewed says so too (S18).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from landrelease.core.labels import label
from landrelease.core.reading import KNOWN, Reading, parts
from landrelease.core.sentences import TEMPLATES
from landrelease.errors import LandReleaseError

RIGHT_TO_LEFT = frozenset({"ar"})
UNREVIEWED = ("No native speaker has reviewed this language yet. Where in doubt, the English text "
              "holds.")
NOT_ALL_TRANSLATED = "Not all of this is translated yet. What is missing stands in English."


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a language: English -> translation, and whether a native speaker reviewed them.

    `code` is ISO 639-1; `name` is the language's own name. `missing` gathers the English texts that
    were asked for and had no translation; None: nobody asks.
    """

    code: str
    name: str
    words: Mapping[str, str] = field(default_factory=dict)
    reviewed: bool = False
    missing: set[str] | None = None

    def __call__(self, english: str) -> str:
        said = self.words.get(english)
        if said:
            return said
        if self.missing is not None and self.code != "en" and english:
            self.missing.add(english)
        return english

    def told(self, english: str, **facts: object) -> str:
        """A text with facts filled in."""
        return self.filled(self(english), facts)

    def filled(self, text: str, facts: Mapping[str, object]) -> str:
        """Facts put into a text of this language. From right to left each fact stands alone
        (isolates, Unicode Annex 9): else year and day of a date after Arabic letters would be
        shown changed about."""
        if self.code in RIGHT_TO_LEFT:
            facts = {k: f"\u2068{v}\u2069" if isinstance(v, str | date) and v else v
                     for k, v in facts.items()}
        return text.format(**facts)

    def error(self, error: LandReleaseError) -> str:
        """What an error says, as far as it is translated; its code is the same in all languages.
        A fact that is a text of the catalogue is translated as well."""
        facts = {k: self.words.get(v, v) if isinstance(v, str) else v
                 for k, v in error.facts.items()}
        problem, remedy = (
            # A repr would spell isolates out: quotation marks stand there instead.
            self.filled(_QUOTED.sub(r"“{\1}”", said) if (said := self.words.get(english)) else
                        english, facts)
            for english in (error.message.problem, error.message.remedy))
        return f"[{error.code}] {problem} {remedy}"

    def said(self, english: str) -> str:
        """What a program wrote in English, as far as this language knows it (`core.reading`); what
        it does not know, a name or the words of a person, stays."""
        if self.code == "en" or not english.strip():
            return english
        out, unknown = parts(english, self._known)
        if self.missing is not None:
            self.missing.update(u for u in unknown if re.search("[a-z]{3} [a-z]", u))
        return " ".join(out)

    def _known(self, english: str) -> str | None:
        if said := self.words.get(english):
            return said
        found = SENTENCES.of(english)
        if found is None or not (said := self.words.get(found[0])):
            return None
        facts = {k: self._fact(v) for k, v in found[1].items()}
        if any(facts[k] == v for k, v in found[1].items() if k in KNOWN):
            return None
        return self.filled(said, facts)

    def _fact(self, value: str) -> str:
        """A fact of a sentence: one of ours, several in a row, a number, or as it stands."""
        from landrelease.core.amounts import written

        if said := self._known(value) or (
                value[1:2].isalpha() and self.words.get(label(value))):
            return said
        for between in ("; ", ", "):
            *row, last = value.split(between)
            several = [*row, *last.split(" and ")] if between == ", " else [*row, last]
            told = [self._known(one) for one in several]
            if len(several) > 1 and all(told):
                return between.join(map(str, told))
        return written(value, self)

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML says it."""
        return "rtl" if self.code in RIGHT_TO_LEFT else "ltr"

    def watched(self) -> Texts:
        """The same texts, with a `missing` of their own."""
        return Texts(self.code, self.name, self.words, self.reviewed, set())


SENTENCES = Reading(TEMPLATES)
_QUOTED = re.compile(r"\{(\w+)!r\}")
ENGLISH = Texts("en", "English", reviewed=True)
