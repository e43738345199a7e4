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

from landrelease.core.claim_sentences import CLAIMS
from landrelease.core.labels import ROLES, label
from landrelease.core.plurals import ONE, for_number
from landrelease.core.reading import CALLED, KNOWN, QUOTED, Reading, bare, facts_in, parts
from landrelease.core.sentences import FIGURES, FINDINGS, LOG, TEMPLATES
from landrelease.errors import CATALOGUE, LandReleaseError

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
        """A text with facts filled in, for one or for many as its number says."""
        return self.filled(self(for_number(english, facts, self.code)), facts)

    def filled(self, text: str, facts: Mapping[str, object]) -> str:
        """Facts put into a text of this language. From right to left each fact stands alone
        (isolates, Unicode Annex 9): else year and day of a date after Arabic letters would be
        shown changed about. A fact that ends with a full stop, as "2026 г.", closes the sentence
        that it ends."""
        facts = {k: v[:-1] if isinstance(v, str) and v.endswith(".") and not v.endswith("..")
                 and f"{{{k}}}." in text else v for k, v in facts.items()}
        if self.code in RIGHT_TO_LEFT:
            facts = {k: f"\u2068{v}\u2069" if isinstance(v, str | date) and v else v
                     for k, v in facts.items()}
        return text.format(**facts)

    def error(self, error: LandReleaseError) -> str:
        """What an error says to who is on a page, as far as it is translated; its code is the same
        in all languages. A fact that is a text of the catalogue is translated as well, but not what
        somebody typed, which the message quotes."""
        message = error.message
        typed = {*_QUOTED.findall(message.problem), *_QUOTED.findall(message.mend)}
        if typed and " " not in str(error.facts.get("expected", " ")):
            typed.add("expected")  # a word to be typed in its stead
        facts = {k: v if k in typed or not isinstance(v, str) else
                 self.roles(v) if k in ("role", "roles") else
                 self.said(v) if k == "subject" else self.words.get(v, v)
                 for k, v in error.facts.items()}
        problem, remedy = (
            # A repr would spell isolates out: quotation marks stand there instead.
            self.filled(_QUOTED.sub(r"“{\1}”", self.words.get(text, text))
                        if self.code != "en" else text, facts)
            for text in (for_number(english, facts, self.code)
                         for english in (message.problem, message.mend)))
        return f"[{error.code}] {problem} {remedy}"

    def roles(self, listed: str) -> str:
        """Ids of roles, with commas between, as people read them."""
        return ", ".join(self.words.get(name := ROLES.get(r, r), name) for r in listed.split(", "))

    def finding(self, code: str, problem: str, remedy: str) -> tuple[str, str]:
        """What is wrong with a row, and how to mend it, as they were written in English when it
        came in; what the catalogue does not hold, or was worded otherwise then, stays."""
        message = CATALOGUE.get(code)
        if message is None or (self.code == "en" and not message.on_page):
            return problem, remedy
        return (self._again(message.problem, self(message.problem), problem),
                self._again(message.remedy, self(message.mend), remedy,
                            facts_in(message.problem, problem)))

    def heard(self, code: str, text: str) -> str:
        """An error that was written down in English (`str(error)`), as `finding` says a finding."""
        message = CATALOGUE.get(code)
        if message is None or (self.code == "en" and not message.on_page):
            return text
        whole = "[{0}] {1} {2}".format
        return self._again(whole(code, message.problem, message.remedy),
                           whole(code, self(message.problem), self(message.mend)), text)

    def _again(self, english: str, said: str, text: str,
               more: Mapping[str, str] | None = None) -> str:
        """What was made from an English template, made again from its translation, which may name
        `more` facts."""
        facts = facts_in(english, text)
        if facts is None:
            return text
        return self.filled(bare(said), {
            k: self.roles(v) if k in ("role", "roles") else self._found(k, v)
            for k, v in {**(more or {}), **facts}.items()})

    def _found(self, name: str, value: str) -> str:
        """A fact of a finding, where it is words of ours: alone, or several in a row."""
        if said := self.words.get(value):
            return said
        if self.code == "en" or name in ("file", "row", "field", "record"):
            return value
        return self._known(value, FINDING_FACTS) or self._fact(value, FINDING_FACTS) or value

    def logged(self, english: str) -> str:
        """What the log of accounts says; names, addresses and paths stay."""
        if self.code == "en":
            return english
        if known := self._word(english, LOG_WORDS):
            return known
        return "".join(" → " if one == " to " else self._known(one, LOG_WORDS) or one
                       for one in re.split(r"(, | to |: |; )", english))

    def said(self, english: str, sentences: Reading | None = None) -> str:
        """What a program wrote in English, as far as this language knows it (`core.reading`); what
        it does not know, a name or the words of a person, stays. `sentences`: those of claims."""
        if self.code == "en" or not english.strip():
            return english
        among = sentences or SENTENCES
        out, unknown = parts(english, lambda one: self._known(one, among))
        if self.missing is not None:
            self.missing.update(u for u in unknown if re.search("[a-z]{3} [a-z]", u))
        if self.code == "ar":
            out = [f"{one[:-1]}؛" if one.endswith(";") and one not in unknown else one
                   for one in out]
        return " ".join(out)

    def _known(self, english: str, among: Reading) -> str | None:
        from landrelease.core.amounts import written

        if said := self.words.get(english):
            return said
        for template, facts in among.each(english):
            if not (said := self.words.get(for_number(template, facts, self.code))):
                continue
            told = {k: v if k in QUOTED else self.words.get(v, v) if k in CALLED else
                    self._fact(v, among) for k, v in facts.items()}
            if any(told[k] in (None, v) for k, v in facts.items() if k in KNOWN):
                continue
            if among.whole and any(
                    told[k] is None and re.search("[a-z]{2}", _bare(v)) for k, v in facts.items()):
                continue
            return self.filled(said, {k: written(facts[k], self) if v is None else v
                                      for k, v in told.items()})
        return None

    def _word(self, value: str, among: Reading) -> str | None:
        return self._known(value, among) or (
            self.words.get(label(value)) if value[1:2].isalpha() else None)

    def _fact(self, value: str, among: Reading) -> str | None:
        """A fact of a sentence: one of ours, or several in a row; None: a number, or as it
        stands."""
        if said := self.words.get(value):
            return said
        for between in ("; ", ", "):
            *row, last = value.split(between)
            several = [*row, *last.split(" and ")] if between == ", " else [*row, last]
            told = [self._word(one, among) for one in several]
            if len(several) > 1 and all(told):
                if self.code == "ar":
                    between = {"; ": "؛ ", ", ": "، "}[between]
                return between.join(map(str, told))
        return self._word(value, among)

    @property
    def direction(self) -> str:
        """`rtl` or `ltr`, as HTML says it."""
        return "rtl" if self.code in RIGHT_TO_LEFT else "ltr"

    def watched(self) -> Texts:
        """The same texts, with a `missing` of their own."""
        return Texts(self.code, self.name, self.words, self.reviewed, set())


def _bare(value: str) -> str:
    """A number without a unit behind it."""
    from landrelease.core.amounts import UNITS

    number, _, unit = value.rpartition(" ")
    return number if unit in UNITS else value


SENTENCES = Reading((*TEMPLATES, *(ONE[t] for t in TEMPLATES if t in ONE)))
CLAIM_SENTENCES = Reading((*CLAIMS, *FIGURES), whole=True)
FINDING_FACTS = Reading(FINDINGS)
LOG_WORDS = Reading(LOG)
_QUOTED = re.compile(r"\{(\w+)!r\}")
ENGLISH = Texts("en", "English", reviewed=True)
