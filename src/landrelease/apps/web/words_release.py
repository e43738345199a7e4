"""The texts of the pages of validation, inspection, release, teams and data quality, in English."""

from __future__ import annotations

ENGLISH = {
    "validation": "Validation", "inspection": "Inspection", "releases": "Release",
    "teams": "Teams", "quality": "Data quality", "certificate": "Look up a certificate",
    "nothing_here": "Nothing here.", "no_script": "This page can be read without JavaScript; to "
    "send something it needs it.",
    # levels
    "level.entered": "entered", "level.operator": "operator", "level.operations": "operations",
    "level.information_management": "information management", "level.authority": "authority",
    "level.now": "now",
    "val.words": "A record is entered first; then its operator, the operations department, the "
                 "information management and the authority look at it, each for itself. Every "
                 "level is a revision with who, when and why; nothing else of the record changes.",
    "val.mine": "You may give levels up to: {level}.",
    "val.counts": "Records by kind and level", "val.kind": "Kind of record",
    "val.waits": "What waits to be looked at", "val.below": "Below the level",
    "val.list": "{kind} below the level {level}", "val.choose": "Choose {record}",
    "val.all": "Choose all of this page", "val.give": "Give a level",
    "val.button": "Give the level",
    "val.reason_hint": "Needed where the level is lower than the one that the record has.",
    "val.of": "Level of {record}", "val.past": "Levels and changes, the newest first",
    "val.authority": "The authority's level",
    "val.authority_words": "It is a decision: it counts only with a personal key that counts.",
    "val.sign": "Sign as the authority",
    "val.above": "Only somebody above your role can change the level {level}.",
    "val.done": "{count} records have the level {level} now.",
    "val.signed": "The level of the authority is recorded; signature: {standing}.",
    "val.go": "Level of validation",
    # keys
    "key.legend": "Your signature", "key.file": "File of your personal key",
    "key.words": "The key is used for this one signature and is kept nowhere. On a server that you "
                 "do not trust with it, sign with the command line instead.",
    "key.passphrase": "Passphrase of the key", "key.password": "Your password once more",
}
