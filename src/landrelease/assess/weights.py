"""The visible weights of evidence: one table, which a national programme changes (S13).

Names: `weight.<word>` 0 to 1 and `direct.<word>` 0 or 1 for each word of `evidence_kind`;
`source_reliability.<A to F>` and `information_credibility.<1 to 6>`, 0 to 1; `ratio.<class>`, how
much more often such evidence comes from contaminated ground; `cha_threshold`, `sha_threshold`,
`evidence_reach_m`. The table is `data/evidence_weights.csv`, with a range and a source in each row.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from landrelease.core.assumption import Assumption, Assumptions
from landrelease.core.evidence import (
    ACCIDENT_RECORDED,
    FIND_WITHOUT_PLACE,
    INSPECTION_FAILED,
    ITEM_FOUND,
    LIFTED_MINEFIELD,
    SAME_TEAM_FAILED,
    SURVEY_DONE,
    Evidence,
)
from landrelease.core.kind import NOT_REPORTED
from landrelease.errors import WEIGHT_OUT_OF_RANGE, WEIGHT_UNKNOWN, LandReleaseError

# What tells of the same thing is one class: a mined belt brings several accidents, a village tells
# one story several times. On one piece of ground the heaviest of a class counts, and only that.
CLASS_OF = {
    "detonation": "accident", "accident_known_place": "accident",
    "accident_unknown_place": "accident", "animal_accident": "accident",
    ACCIDENT_RECORDED: "accident",
    "visual_observation": "find", ITEM_FOUND: "find", FIND_WITHOUT_PLACE: "find",
    "record_high_reliability": "record", "record_low_reliability": "record",
    "old_survey": "record", LIFTED_MINEFIELD: "record",
    "sign_or_fence": "sign", "former_combat_zone": "combat_zone",
    "productive_land_unused": "unused_land", "verbal_report": "verbal_report",
    "clean_survey": "clean_survey", "land_in_use": "land_in_use",
    INSPECTION_FAILED: "inspection", SAME_TEAM_FAILED: "same_team", SURVEY_DONE: "survey",
}
AGAINST = ("clean_survey", "land_in_use")  # say that the ground is not contaminated
_FAMILIES = ("weight.", "direct.", "source_reliability.", "information_credibility.", "ratio.")
_SINGLE = ("cha_threshold", "sha_threshold", "evidence_reach_m")
OTHER = "other"


def class_of(evidence: Evidence) -> str:
    """The class of what a record says; words of a national extension are `other`."""
    found = CLASS_OF.get(evidence.kind, OTHER)
    if evidence.says == "not_contaminated" and found not in AGAINST:
        return "clean_survey" if evidence.kind == "old_survey" else "land_in_use"
    return OTHER if evidence.says == "contaminated" and found in AGAINST else found


class Weights:
    """The table, checked. `national`: assumptions with the values of the national extension.

    Raises ASS-302: a name of one of these families that nothing uses. ASS-303: out of range.
    """

    def __init__(self, table: Assumptions, national: Assumptions | None = None):
        found: dict[str, Assumption] = dict(table.by_name)
        for a in () if national is None else national:
            family = next((f for f in _FAMILIES if a.name.startswith(f)), None)
            if a.name in found:
                found[a.name] = a
            elif family in ("weight.", "direct."):
                found[a.name] = a  # a word of the extension
            elif family is not None:
                raise LandReleaseError(WEIGHT_UNKNOWN, name=a.name,
                                       problem="nothing of that name is weighed")
        for a in found.values():
            low, high = _bounds(a.name)
            if not low <= a.low <= a.value <= a.high <= high or (
                    low == 0 and a.value == 0 and a.name in _SINGLE):
                raise LandReleaseError(
                    WEIGHT_OUT_OF_RANGE, name=a.name, value=a.value, low=a.low, high=a.high,
                    expected=f"low <= value <= high, from {low:g} to {high:g}")
        self.by_name: Mapping[str, Assumption] = found
        self.cha = self["cha_threshold"].value
        self.sha = self["sha_threshold"].value
        self.reach_m = self["evidence_reach_m"].value

    def __getitem__(self, name: str) -> Assumption:
        try:
            return self.by_name[name]
        except KeyError:
            raise LandReleaseError(WEIGHT_UNKNOWN, name=name,
                                   problem="the table lacks it") from None

    def __iter__(self):
        return iter(self.by_name.values())

    def check_words(self, words: Iterable[str]) -> None:
        """Raise ASS-302 for a weight of a word that no evidence can have."""
        known = {*words, *CLASS_OF, OTHER}
        for name in self.by_name:
            family, _, word = name.partition(".")
            if family in ("weight", "direct") and word not in known:
                raise LandReleaseError(WEIGHT_UNKNOWN, name=name,
                                       problem=f"evidence_kind has no word {word}")

    def _of(self, family: str, word: str) -> Assumption:
        found = self.by_name.get(f"{family}.{word}")
        return self[f"{family}.{OTHER}"] if found is None else found

    def factor(self, evidence: Evidence) -> float:
        """How far the record is to be believed, 0 to 1: the mean of source and information.

        1 for what is no record of evidence: a find, an accident or an inspection was recorded as
        an event, not told.
        """
        if evidence.record_kind != "evidence":
            return 1.0
        return (self["source_reliability." + _known(evidence.reliability, "ABCDEF")].value
                + self["information_credibility." + _known(evidence.credibility, "123456")].value
                ) / 2

    def weight(self, evidence: Evidence) -> float:
        """Weight of a piece: that of its kind times the factor, or what the programme gave it."""
        if evidence.weight is not None:
            return evidence.weight
        return self._of("weight", evidence.kind).value * self.factor(evidence)

    def is_direct(self, evidence: Evidence) -> bool:
        """As the record says; where it does not, as the table says."""
        if evidence.evidence_type in ("direct", "indirect"):
            return evidence.evidence_type == "direct"
        return self._of("direct", evidence.kind).value == 1

    def words(self, evidence: Evidence) -> str:
        """How the weight came about, to be checked by hand."""
        if evidence.weight is not None:
            return f"{evidence.weight:g}, given in the record"
        of_kind = self._of("weight", evidence.kind).value
        if evidence.record_kind != "evidence":
            return f"{of_kind:g}"
        return (f"{of_kind:g} x mean of source {_said(evidence.reliability)} and information "
                f"{_said(evidence.credibility)} ({self.factor(evidence):g})")


def _bounds(name: str) -> tuple[float, float]:
    if name.startswith("ratio."):
        return 1e-6, 1e6
    if name == "evidence_reach_m":
        return 0.0, 10_000.0
    if name in _SINGLE:
        return 0.0, 100.0
    return 0.0, 1.0


def _known(said: str, letters: str) -> str:
    return said if said and said in letters else NOT_REPORTED


def _said(word: str) -> str:
    return "not reported" if word == NOT_REPORTED else word
