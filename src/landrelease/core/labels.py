"""What people read for a word of a vocabulary, in English (translated by `core.texts`)."""

from __future__ import annotations

from functools import cache

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


# Roles whose name is not their id.
ROLES = {"public": "the public"}


@cache
def vocabulary() -> frozenset[str]:
    """Every word of the vocabularies of the records."""
    from landrelease.core.kinds import KINDS

    return frozenset(w for kind in KINDS.values() for f in kind.fields for w in f.choices)


def label(word: str) -> str:
    """What a form shows for a word of a vocabulary.

    >>> label("ap_mine_blast"), label("worked_on"), label("not_reported")
    ('anti-personnel mine, blast', 'worked on', 'not known')
    """
    return _LABELS.get(word, word.replace("_", " "))


_UNITS = {"_m_s": "m/s", "_m2": "m²", "_mm": "mm", "_deg": "°", "_m": "m"}


def field_label(name: str) -> str:
    """What people read for the name of a field; a unit at its end stands apart.

    >>> field_label("hazard_type"), field_label("area_m2"), field_label("sha256")
    ('hazard type', 'area, m²', 'sha256')
    """
    for ending, unit in _UNITS.items():
        if name.endswith(ending):
            return f"{name.removesuffix(ending).replace('_', ' ')}, {unit}"
    return name.replace("_", " ")
