"""The texts of the web app's pages, in English, by key; the English text is what is translated
(`core.texts`). Keys keep their meaning."""

from __future__ import annotations

from landrelease.apps.web import (
    speaking,
    words_account,
    words_complaints,
    words_documents,
    words_planning,
    words_records,
    words_release,
)
from landrelease.core.labels import vocabulary

ENGLISH = {
    "title": "landrelease",
    "skip": "Skip to the content",
    "caution": "Ground without colour is ground without information: treat it as dangerous. Not "
               "for moving on the ground.",
    "synthetic": "SYNTHETIC DATA: made up. Nothing here is about real ground.",
    "nav": "Parts of the programme",
    "no_script_at_all": "This page needs JavaScript. The page for everybody, the command line and "
                        "the published pages work without it.",
    "for_everybody": "Is this ground known to be hazardous? The page for everybody",
    "menu": "Menu",
    "map": "Map", "tables": "Tables", "waiting": "Rows that wait", "import": "Bring in a file",
    "figures": "Figures", "sign_in": "Sign in", "sign_out": "Sign out",
    "sign_in_at": "Sign in at",
    "reading_as": "You read as", "public": "the public",
    "role.public": "the public", "role.donor": "donor", "role.community": "community",
    "role.operator": "operator", "role.inspector": "inspector", "role.planner": "planner",
    "role.authority": "authority", "role.administrator": "administrator",
    "layers": "Layers", "no_webgl": "This browser cannot draw the map. The tables hold the same "
                                    "records.",
    "map_words": "Map of the records. The same records stand in the tables.",
    "map.keys": "Arrow keys move the map, plus and minus change its scale, Enter tells what lies "
                "in the middle.",
    "choose": "What to show", "filter": "Filter", "field": "Field",
    "test.is": "is", "test.contains": "contains", "test.from": "is at least",
    "test.to": "is at most", "test.empty": "is not reported", "test.filled": "is reported",
    "table.test": "How", "table.add": "Add to the filter",
    "table.remove": "Remove from the filter:",
    "table.order": "In the order of", "table.by_id": "record", "table.way": "Direction",
    "table.up": "smallest first", "table.down": "largest first", "table.columns": "Columns",
    "table.files": "The whole table as a file",
    "table.files_words": "All rows that the filter leaves, in this order, as far as you may see "
                         "them; with HXL tags. Texts that a spreadsheet would run are protected.",
    "table.parquet": "All as GeoParquet",
    "apply": "Show", "clear": "Show all", "more": "Show more", "rows": "rows shown",
    "rows_more": "rows shown, there are more", "none": "Nothing that you may see.",
    "record": "Record", "on_map": "Show on the map", "past": "Its past", "source": "Source",
    "recorded": "Recorded", "by": "by", "reason": "Why", "level": "Level",
    "signed": "Signature", "unsigned": "not signed",
    "table.other": "Other formats",
    "rec.does_not_count": "What this record decides does not count: no signature that counts "
                          "stands under it.",
    "rec.evidence": "What its type rests on",
    "rec.recorded": "Recorded", "rec.proposed": "Proposed by the evidence",
    "rec.type_same": "The evidence agrees with what is recorded.",
    "rec.type_differs": "The evidence says otherwise than what is recorded.",
    "rec.type_words": "A proposal: a person decides and signs. Direct evidence makes a confirmed "
                      "area, indirect evidence a suspected one.",
    "rec.weights": "Pieces of evidence and their weights", "rec.says": "What it is",
    "rec.sort": "Direct or indirect", "rec.weight": "Weight", "rec.counts": "Counts",
    "rec.why_weight": "Where the weight comes from",
    "rec.no_evidence": "No evidence is on record for this area.",
    "rec.no_ground": "It stands for no ground of its own any more: areas came from it, or it is "
                     "closed.",
    "rec.line": "Line of descent", "rec.from": "It came from", "rec.became": "From it came",
    "rec.around": "What has to do with it", "rec.by_field": "Names this record as",
    "rec.on_ground": "Lies on its ground", "rec.more": "There are more: see the table",
    "rec.photographs": "Photographs",
    "rec.photographs_words": "Shown without what the camera wrote beside them, such as the place.",
    "rec.sources": "Sources", "rec.values": "Values", "rec.changed": "changed",
    "rec.before": "before:",
    "name": "Name", "password": "Password", "signed_in": "Signed in.",
    "waiting_words": "Rows that could not be accepted. Nothing is lost: mend a value and check the "
                     "row again, or reject the row with a reason.",
    "near": "What lies near, and what says the same", "same_words": "the same words",
    "no_waiting": "No row waits.", "file": "File", "row": "Row", "value": "Value",
    "mend.changed": "Changed:", "mend.taken_away": "taken away",
    "check_again": "Check again", "reject": "Reject", "reject_reason": "Reason for rejecting",
    "accepted": "Accepted.", "still_waits": "It still waits:", "rejected": "Rejected.",
    "import_words": "Spreadsheets, GIS files and exports of phones. Each layer comes in whole or "
                    "not at all; rows that cannot be accepted wait with their reason.",
    "kind": "Kind of record", "kind_guess": "as the file says", "crs": "System of coordinates",
    "crs_hint": "Only where the file does not say it, for example EPSG:4326 for WGS 84.",
    "dry_run": "Check only, write nothing", "bring_in": "Bring in",
    "import.look": "Look at the columns", "import.columns": "What the columns mean",
    "import.columns_words": "What is certain is chosen. Choose the field of each other column, or "
                            "leave it: it stays in the file that is kept.",
    "import.column": "Column", "import.values": "First values", "import.unused": "not used",
    "import.perhaps": "perhaps", "import.twice": "Two columns stand for the same field:",
    "import.dates": "Dates such as 03/04/2024", "import.dmy": "day first",
    "import.mdy": "month first", "import.as_it_says": "as the file shows",
    "import.place": "place",
    "import.sending": "The file is being sent…",
    "import.checked": "Checked only: nothing was written.",
    "import.cancel_sure": "Cancel it? Layers that are in already stay; the others do not come in.",
    "import.cancelled": "Layers that were in already stayed; of the others nothing came in.",
    "import.open": "Each finding, and the rows that wait",
    "import.findings": "What was found, row by row", "import.all_findings": "all",
    "import.found": "Found", "import.wrong": "What is wrong, and how to mend it",
    "import.fate": "The row", "import.earlier": "Before", "import.later": "After",
    "import.download": "All findings (CSV)",
    "import.own_rows": "Rows of this file that wait",
    "import.own_rows_words": "You brought them in: mend what is wrong and check them again.",
    "fate.quarantined": "waits", "fate.merged": "is recorded already", "fate.accepted": "came in",
    "accepted_count": "accepted",
    "photograph": "Photograph",
    "report": "What became of it", "read": "read", "merged": "merged", "quarantined": "wait",
    "not_used": "Columns that were kept in the file only",
    "figures_words": "Each figure leads to its definition, to what it is a share of, and to the "
                     "records that it rests on.",
    "figure.valid_at": "As it was on", "figure.known_at": "As known on",
    "figure.now": "now", "figure.level": "Validated at least by", "figure.level.any": "nobody: all",
    "figure.level.operator": "the operator", "figure.level.operations": "operations",
    "figure.level.information_management": "information management",
    "figure.level.authority": "the authority",
    "figure.scope": "Scope", "figure.whole": "the whole programme",
    "figure.as_of": "As it was on {day}.", "figure.as_known": "As it was known on {day}.",
    "figure.at_level": "Only what is validated at least by {level} counts; hazards always count.",
    "figure.counts": "What counts", "figure.denominator": "Share of", "figure.note": "Note",
    "figure.head": "Head of the hash chain", "figure.all": "All figures",
    "figure.again": "Compute it again",
    "figure.again_words": "Whoever has the registry gets the same number from the same records. "
                          "The file holds the figure with its records and the head of the chain.",
    "figure.file": "The figure with its records (JSON)",
    "figure.no_records": "Your role sees the figure, not the records under it.",
    "figure.nothing": "Nothing is on record that it could rest on.",
    "figure.unseen": "not shown one by one",
    "figure.which": "{first} to {last} of {all}",
    "figure.records_now": "The records are shown as they stand now; their past is on the page of "
                          "each.",
    "unit": "Unit", "definition": "Definition", "records": "Records",
    "not_reported": "not reported",
    "loading": "Loading…", "failed": "That did not work.",
    "map.crowded": "Several records lie here: move closer to see them one by one.",
    "layer.waiting": "Hazards that wait in quarantine",
    "layer.entered": "Hazards that nobody has validated",
    "waiting.words": "Nobody has accepted them: they are in no figure and no plan. They are drawn "
                     "as wide as they can be read.",
    "waiting.nowhere": "{n} more wait whose place is not known: they may lie anywhere.",
    "waiting.row": "It waits in quarantine: {file}, row {row}",
    "entered.words": "Recorded, and on level \"entered\".",
    "layer.reach": "Reachability", "layer.contamination": "Contamination (chance, by cells)",
    "reach.counted": "{reached} of {all} communities can be reached on {day}; {blocked} pieces of "
                     "road are blocked.",
    "reach.no_bases": "No plan is in force whose bases lie on a recorded road: communities are "
                      "shown as recorded.",
    "reach.words": "Reached means that nothing on record blocks the way. It never means that a "
                   "road is safe.",
    "reach.reached": "reached", "reach.cut_off": "cut off",
    "reach.off_road": "no road on record leads there", "reach.yes": "recorded as reachable",
    "reach.no": "recorded as not reachable", "reach.partly": "recorded as partly reachable",
    "reach.not_reported": "not reported",
    "reach.blocked": "road blocked by a hazard, a closure or as recorded",
    "reach.openings": "{n} pieces of road must open at least",
    "cont.class": "{from} % or more", "cont.bounds": "bounds {low} to {high} %",
    "cont.cells": "Cells of {m} m. A cell without a value is ground without information: treat it "
                  "as dangerous.",
    "cont.prior.all": "A prior: no local search or find stands behind it.",
    "cont.prior.some": "Part of it is a prior: no local search or find stands behind that part.",
    "cont.none": "No map of this time has been drawn for you yet.",
    "cont.old": "The records have changed since this map was drawn.",
    "cont.draw": "Draw the map", "cont.drawing": "The map is being drawn:",
    "legend.SHA": "suspected (SHA)", "legend.CHA": "confirmed (CHA)",
    "legend.cleared": "cleared", "legend.reduced": "reduced", "legend.cancelled": "cancelled",
    "legend.searched": "searched only, which is not cleared",
    "legend.unsigned": "not signed: it counts for nothing",
    "legend.small_released": "Small pieces of released ground show from nearer only.",
    "legend.closed_now": "closed", "legend.closed_later": "will be closed",
    "legend.open": "open", "legend.worked_on": "worked on", "legend.closed": "closed",
    "legend.cells": "known to be hazardous (coarse cells)",
    "legend.released": "released ground", "date": "Date of information",
}
ENGLISH |= words_release.ENGLISH
ENGLISH |= words_planning.ENGLISH
ENGLISH |= words_documents.ENGLISH
ENGLISH |= words_records.ENGLISH
ENGLISH |= words_complaints.ENGLISH
ENGLISH |= words_account.ENGLISH


def said() -> dict[str, str]:
    """All texts by key, in the language of the request."""
    told = speaking.texts()
    return {key: told(text) for key, text in ENGLISH.items()}


def word(key: str, **facts: object) -> str:
    """The text of a key in the language of the request, with its facts filled in."""
    told = speaking.texts()
    return told.told(ENGLISH[key], **facts) if facts else told(ENGLISH[key])


def named(value: object) -> str:
    """A word of a vocabulary as people read it; any other text as it stands, without underlines."""
    text = str(value)
    if text == "not_reported":
        return word("not_reported")
    return word(f"value.{text}") if text in vocabulary() else text.replace("_", " ")


def kind_named(kind: str, title: str = "") -> str:
    """A kind of record as people read it; that of a national extension by its own title."""
    return word(f"kind.{kind}") if f"kind.{kind}" in ENGLISH else title or kind.replace("_", " ")


def told(english: str) -> str:
    """What a stage wrote in English, or a word of a vocabulary, in the language of the request."""
    return named(english) if english in vocabulary() else speaking.texts().said(english)


def field_named(name: str) -> str:
    """The name of a field of records as people read it."""
    return word(f"field.{name}") if f"field.{name}" in ENGLISH else name.replace("_", " ")
