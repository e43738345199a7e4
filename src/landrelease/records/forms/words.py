"""What a form shows, in English: labels of choices, messages, hints; and how texts are looked up.

Every text of a form is the key of its own translation (`Texts`): a language that lacks one shows
the English, and the form says that nobody reviewed it (S18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Words whose label is not the word with blanks; all others are read as they stand.
_LABELS = {
    "ap_mine": "anti-personnel mine", "ap_mine_blast": "anti-personnel mine, blast",
    "ap_mine_fragmentation": "anti-personnel mine, fragmentation",
    "ap_mine_bounding": "anti-personnel mine, bounding",
    "ap_mine_directional": "anti-personnel mine, directional",
    "ap_mine_scatterable": "anti-personnel mine, scatterable",
    "av_mine": "anti-vehicle mine", "booby_trap": "booby-trap",
    "ied": "improvised explosive device",
    "ied_victim_operated": "improvised device, victim-operated",
    "ied_command": "improvised device, by command", "ied_timed": "improvised device, timed",
    "small_arms_ammunition": "small-arms ammunition",
    "other_uxo": "other unexploded ordnance (UXO)",
    "other_axo": "other abandoned ordnance (AXO)", "none_found": "nothing found",
    "drone_dropped_munition": "munition dropped by a drone", "mortar_bomb": "mortar bomb",
    "NTS": "non-technical survey (NTS)", "TS": "technical survey (TS)",
    "BAC": "battle area clearance (BAC)", "EOD_spot_task": "EOD spot task",
    "SHA": "suspected hazardous area (SHA)", "CHA": "confirmed hazardous area (CHA)",
    "animal_detection": "animals (dogs, rats)", "visual_search": "visual search",
    "ied_belt": "belt of improvised devices",
    "A": "A: reliable", "B": "B: usually reliable", "C": "C: fairly reliable",
    "D": "D: not usually reliable", "E": "E: unreliable", "F": "F: cannot be judged",
    "1": "1: confirmed", "2": "2: probably true", "3": "3: possibly true", "4": "4: doubtful",
    "5": "5: improbable", "6": "6: cannot be judged",
    "M1": "M1: seen by a specialist", "M2": "M2: photograph or trained witness",
    "M3": "M3: described by a witness", "M4": "M4: reported without evidence",
    "not_reported": "not known",
    "found_in_cleared_area": "found in a cleared area", "missed_by_animal": "missed by an animal",
    "missed_by_machine": "missed by a machine",
    "safety_distance_ignored": "safety distance not kept",
    "released_land": "land already released", "outside_recorded": "outside every recorded area",
    "hazard": "inside a recorded hazardous area",
}


def label(word: str) -> str:
    """What a form shows for a word of a vocabulary.

    >>> label("ap_mine_blast"), label("worked_on"), label("not_reported")
    ('anti-personnel mine, blast', 'worked on', 'not known')
    """
    return _LABELS.get(word, word.replace("_", " "))


UNIT = "Unit: {unit}."
PLACE = {
    "geoshape": "Outline of the ground: draw it, or walk around it on safe ground",
    "geotrace": "Line: draw it, or walk along it on safe ground",
    "geopoint": "Place",
}
PLACE_HINTS = {
    "geoshape": "Corners in order, at least three. Lines must not cross.",
    "geotrace": "At least two points.",
    "geopoint": "Wait until the accuracy is good enough.",
}
PLACE_WRONG = {
    "geoshape": "The outline needs at least three corners, must not cross itself or be a mere "
                "line, and no corner may be off by 100 m or more. Draw it again.",
    "geotrace": "The line needs at least two points in different places.",
    "geopoint": "The accuracy is 100 m or worse. Go into the open and wait, or place the point on "
                "the map.",
}
BETWEEN = "A number from {low} to {high}."
AT_LEAST = "A number of at least {low}."
NOT_AHEAD = "The day lies ahead."
ASK_ID = "The identifier, as the task order or the list gives it."
PHOTO = "Photograph"
UNREVIEWED = ("No native speaker has reviewed this language yet. Where in doubt, the English text "
              "holds.")
SYNTHETIC = "SYNTHETIC: made-up data for practice. Nothing here is about real ground."


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a language: English -> translation, and whether a native speaker reviewed them.

    `code` is ISO 639-1; `name` is the language's own name.
    """

    code: str
    name: str
    words: Mapping[str, str] = field(default_factory=dict)
    reviewed: bool = False

    def __call__(self, english: str) -> str:
        return self.words.get(english) or english

    def told(self, english: str, **facts: object) -> str:
        """A text with facts filled in."""
        return self(english).format(**facts)


ENGLISH = Texts("en", "English", reviewed=True)
