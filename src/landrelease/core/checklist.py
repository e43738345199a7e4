"""The national "all reasonable effort" checklist: what has to be answered before land is released.

A setting with a source (S13): the list that ships puts criteria of IMAS 07.11 into own words; a
national extension brings its own (entry `checklist`). An item is answered by the records, through a
check that the software knows by name, or by a person. Items of the safety rules are always part of
it: a national list may ask them in its own words, but not leave them out.

    name: All reasonable effort
    version: "1"
    items:
      - id: searched_to_depth
        question: Was all of the ground searched to the depth that is required?
        source: IMAS 09.10
        applies: [cleared]
        check: searched_to_depth
      - id: community_informed
        question: Do the people who will use the land know what was done?
        source: IMAS 07.11
        applies: [cancelled, reduced, cleared]
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import yaml

from landrelease.errors import CHECKLIST_NOT_READABLE, LandReleaseError

OutcomeType = Literal["cancelled", "reduced", "cleared"]
OUTCOMES: tuple[OutcomeType, ...] = get_args(OutcomeType)
State = Literal["met", "not_met", "open"]
_NAME = re.compile(r"[a-z][a-z0-9_]{0,58}")

# Check of the records -> (outcomes to which it applies, question where a list does not ask it,
# source). Those with a safety rule as their source can be asked in other words, never left out.
CHECKS: Mapping[str, tuple[tuple[OutcomeType, ...], str, str]] = {
    "inside_boundary": (OUTCOMES, "Does the ground lie inside the recorded boundary?",
                        "safety rule S02"),
    "searched_to_depth": (("cleared",), "Was all of the ground searched to the required depth?",
                          "safety rules S05, S13; IMAS 09.10"),
    "machine_followed_up": (("cleared",), "Was what machines or animals searched followed up by "
                            "hand, as the standard asks?", "safety rule S07; IMAS 09.50, 09.40"),
    "gate_credit": (OUTCOMES, "Had the start-of-day gate passed on each day of work, or did the "
                    "authority review the work?", "safety rule S08"),
    "coverage_gaps": (("cleared",), "Is no uncovered ground left by the proof of coverage?",
                      "safety rule S05"),
    "finds_dealt_with": (OUTCOMES, "Is no item that was found still there, and has nothing been "
                         "found on ground that is released without clearance?",
                         "safety rules S01, S11; IMAS 09.30"),
    "no_direct_evidence": (OUTCOMES, "Is there no direct evidence of explosive ordnance on the "
                           "ground that no later search answers?",
                           "safety rules S01, S10; IMAS 07.11"),
    "no_other_hazard": (OUTCOMES, "Does no other area that is hazardous lie on the ground?",
                        "safety rule S01"),
    "quarantine_clear": (OUTCOMES, "Does no row that waits in quarantine touch the ground?",
                         "safety rule S01"),
    "nonconformities_closed": (OUTCOMES, "Is every nonconformity corrected?", "IMAS 07.40"),
    "inspected": (("cleared", "reduced"), "Did an inspection that somebody signed accept the "
                  "ground?", "IMAS 07.40"),
    "survey_done": (("cancelled", "reduced"), "Was the survey completed that this release rests "
                    "on?", "IMAS 08.10, 07.11"),
    "evidence_recorded": (OUTCOMES, "Is the evidence on which the area was recorded, and on which "
                          "it is released, on record?", "IMAS 07.11"),
    "residual_stated": (OUTCOMES, "Is it stated what may remain?", "IMAS 07.10"),
}


@dataclass(frozen=True, slots=True)
class Item:
    """One question. `check`: the check of the records that answers it; "": a person answers."""

    id: str
    question: str
    source: str
    applies: tuple[OutcomeType, ...]
    check: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """The list of a programme."""

    name: str
    version: str
    source: str
    items: tuple[Item, ...]

    def of(self, outcome: OutcomeType) -> tuple[Item, ...]:
        """The items that apply, and after them those of the safety rules that the list lacks."""
        asked = tuple(i for i in self.items if outcome in i.applies)
        known = {i.check for i in asked}
        return asked + tuple(
            Item(name, question, source, applies, name)
            for name, (applies, question, source) in CHECKS.items()
            if outcome in applies and name not in known and source.startswith("safety"))


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an item: met, not met, or open, why, and the records it rests on."""

    item: Item
    state: State
    words: str
    by: str  # "records", or the id of the person who answered
    records: tuple[str, ...] = ()


def read_checklist(text: str, file: str) -> Checklist:
    """A checklist from YAML. Raises REL-001 with the entry, what was found and expected."""
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise _refused(file, "the text", "no YAML", "YAML") from error
    return checklist_from(said, file)


def checklist_from(said: Any, file: str) -> Checklist:
    """A checklist from what a YAML file says. Raises REL-001."""
    if not isinstance(said, dict):
        raise _refused(file, "the whole", type(said).__name__, "a table with name, version, items")
    for key in said:
        if key not in ("name", "version", "source", "items"):
            raise _refused(file, str(key), "an unknown entry", "name, version, source or items")
    for key in ("name", "version"):
        if not isinstance(said.get(key), (str, int, float)) or not str(said[key]).strip():
            raise _refused(file, key, said.get(key), "a word")
    listed = said.get("items")
    if not isinstance(listed, list) or not listed:
        raise _refused(file, "items", listed, "a list of questions")
    items: list[Item] = []
    for n, entry in enumerate(listed, 1):
        items.append(_item(entry, f"items, number {n}", file, {i.id for i in items}))
    return Checklist(str(said["name"]).strip(), str(said["version"]).strip(),
                     str(said.get("source", "")).strip(), tuple(items))


def refuse_twins(checklist: Checklist, file: str) -> None:
    """Refuse a list in which an item has the id of what a safety rule asks, and is not it: that is
    asked beside it, and two items of one id would have one answer. For lists that are loaded; one
    that a registry holds goes on being read. Raises REL-001."""
    for n, item in enumerate(checklist.items, 1):
        if item.id in CHECKS and CHECKS[item.id][2].startswith("safety") and item.check != item.id:
            raise _refused(file, f"items, number {n}: id", item.id, "another id, or check: "
                           f"{item.id} beside it; the records answer what a safety rule asks")


def _item(entry: Any, place: str, file: str, taken: set[str]) -> Item:
    if not isinstance(entry, dict):
        raise _refused(file, place, entry, "a table with id, question, source and applies")
    for key in entry:
        if key not in ("id", "question", "source", "applies", "check"):
            raise _refused(file, f"{place}: {key}", "an unknown entry",
                           "id, question, source, applies or check")
    name = entry.get("id")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in taken:
        raise _refused(file, f"{place}: id", name, "small letters, digits and _, used once")
    for key in ("question", "source"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise _refused(file, f"{place}: {key}", entry.get(key),
                           "a sentence" if key == "question" else "where it comes from (S13)")
    check = entry.get("check", "")
    if check and check not in CHECKS:
        raise _refused(file, f"{place}: check", check, "one of " + ", ".join(CHECKS))
    applies = entry.get("applies", list(CHECKS[check][0] if check else OUTCOMES))
    if not isinstance(applies, list) or not applies or not set(applies) <= set(OUTCOMES):
        raise _refused(file, f"{place}: applies", applies, "a list of " + ", ".join(OUTCOMES))
    return Item(name, entry["question"].strip(), entry["source"].strip(),
                tuple(o for o in OUTCOMES if o in applies), check)


def _refused(file: str, entry: str, found: Any, expected: str) -> LandReleaseError:
    return LandReleaseError(CHECKLIST_NOT_READABLE, file=file, entry=entry, found=repr(found),
                            expected=expected)
