"""The texts of the web app's pages, in English, by key; the English text is what is translated
(`core.texts`). Keys keep their meaning."""

from __future__ import annotations

from landrelease.apps.web import (
    speaking,
    words_account,
    words_complaints,
    words_documents,
    words_hooks,
    words_keys,
    words_planning,
    words_records,
    words_release,
)
from landrelease.core.labels import vocabulary
from landrelease.core.plurals import ONE

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
    "map.zoom_in": "Zoom in", "map.zoom_out": "Zoom out", "map.close": "Close",
    "unit.m": "m", "unit.km": "km",
    "map.bearing": "Drag to turn the map, press to put north at the top",
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
    "table.hazardous": "Only ground that counts as hazardous",
    "table.by_status": "Areas whose closing does not count are shown by what they were before as "
                       "well: their ground is still hazardous.",
    "row.still_hazardous": "it does not count: still hazardous",
    "row.not_signed": "not signed: it counts for nothing",
    "field.hazardous": "counts as hazardous", "field.verified": "decision counts",
    "field.widened": "ground wider than recorded",
    "field.accuracy_from": "accuracy taken over from", "field.validation": "validated by",
    "field.recorded_type": "type recorded last, which does not count",
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
    "rec.ground_left_out": "Ground left out: {m2} of the {before} before are not in the outline "
                           "any more.",
    "rec.ground_changed": "The ground changed: {before} before, {after} now.",
    "rec.ground_new": "A place was recorded; before there was none.",
    "rec.ground_none": "The place was taken away.",
    "rec.place_changed": "The place changed.",
    "rec.ground_added": "{m2} were added.",
    "rec.ground_moved": "Its middle moved by {m} m.",
    "rec.outlines": "The outlines before and after (GeoJSON)",
    "name": "Name", "password": "Password", "signed_in": "Signed in.",
    "waiting_words": "Rows that could not be accepted. Nothing is lost: mend a value and check the "
                     "row again, or reject the row with a reason.",
    "place_unknown": "Place not known.", "place_off": "It may be off by {metres} m or more.",
    "place_district": "District: {name}.", "place_community": "Community: {name}.",
    "near": "What lies near, and what says the same", "same_words": "the same words",
    "same_report": "the same report",
    "no_waiting": "No row waits.", "file": "File", "row": "Row", "value": "Value",
    "mend.changed": "Changed:", "mend.taken_away": "taken away",
    "mend.filter": "Which rows", "mend.all_files": "all files", "mend.all_codes": "all findings",
    "mend.count": "{first} to {last} of {all} rows", "mend.next": "Next rows",
    "mend.back": "Rows before",
    "mend.many": "Mend many rows at once",
    "mend.many_words": "What is wrong with several rows alike. Each of them is checked again with "
                       "the new value; what does not pass goes on waiting.",
    "mend.same": "What is wrong", "mend.same_rows": "{n} rows", "mend.nothing": "nothing there",
    "mend.new": "New value for all of them", "mend.do_many": "Mend these rows",
    "mend.sure": "Change {n} rows?", "mend.going": "{done} of {all} rows",
    "mend.done_many": "{accepted} rows accepted, {left} still wait.",
    "mend.workbook": "Mend them in a spreadsheet",
    "mend.workbook_words": "The workbook has the cells as they were, the wrong ones marked with "
                           "what is wrong. Correct them, or send it to whoever sent the file, and "
                           "read it in here again. Rows that nobody changed go on waiting.",
    "mend.download": "The rows as a workbook (XLSX)", "mend.returned": "The mended workbook",
    "mend.read_in": "Read it in",
    "mend.accepted": "accepted", "mend.recorded_already": "recorded already",
    "mend.unchanged": "unchanged: they go on waiting", "mend.still_waits": "still wait",
    "mend.doubled": "stand twice with different cells; nothing was taken in",
    "mend.unknown": "do not wait here, or were decided meanwhile",
    "mend.left": "What did not come in",
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
    "import.word": "Word of the file", "import.rows": "Rows", "import.means": "It means",
    "import.no_meaning": "not known: these rows wait",
    "import.words_words": "What the words of this column mean",
    "import.words_open": "Words that are not known: {n}",
    "import.words_known": "Words, all known: {n}",
    "import.perhaps": "perhaps", "import.twice": "Two columns stand for the same field:",
    "import.dates": "Dates such as 03/04/2024", "import.dmy": "day first",
    "import.mdy": "month first", "import.as_it_says": "as the file shows",
    "import.place": "Part of a place",
    "import.place.longitude": "longitude", "import.place.latitude": "latitude",
    "import.place.easting": "easting (metres)", "import.place.northing": "northing (metres)",
    "import.place.geometry": "shape, as WKT", "import.place.place": "coordinates in one cell",
    "import.place.legs": "points and legs of an outline, in one cell",
    "import.place.measured_accuracy": "accuracy that the receiver stated",
    "import.place.zone": "UTM zone", "import.place.bearing": "bearing of a leg",
    "import.place.north": "north that bearings start from",
    "import.place.declination": "magnetic declination",
    "import.place.distance": "length of a leg", "import.place.datum": "system of coordinates",
    "import.where": "Where the places lie",
    "import.where_words": "Two columns such as easting and northing are places only with the "
                          "system that they were read in: ask whoever measured them, or look at "
                          "the edge of the map. The same numbers in another system lie elsewhere.",
    "import.system_needed": "Nothing states the system of these coordinates: choose it, or the "
                            "rows wait, or the file is refused.",
    "import.system_typed": "as typed above", "import.grids": "Map grids, in metres",
    "import.degrees": "Latitude and longitude, in degrees",
    "import.notation.form": "Coordinates are written as",
    "import.notation.order": "Two numbers in one cell",
    "import.notation.letters": "Letters of directions",
    "import.notation.zone": "UTM zone of all rows",
    "import.notation.north": "Bearings start from",
    "import.notation.declination_deg": "Declination, in degrees east",
    "import.notation.degrees": "degrees", "import.notation.utm": "UTM with its zone",
    "import.notation.mgrs": "MGRS", "import.notation.gauss_kruger": "Gauss-Krüger",
    "import.notation.grid": "easting and northing",
    "import.notation.bearing": "bearing and distance",
    "import.notation.latitude_first": "latitude first",
    "import.notation.longitude_first": "longitude first",
    "import.notation.english": "English: S is south, W is west",
    "import.notation.slavic": "Slavic: S is north (sjever)",
    "import.notation.french": "French: O is west", "import.notation.german": "German: O is east",
    "import.notation.true": "true north", "import.notation.magnetic": "magnetic north",
    "import.notation.grid_north": "grid north",
    "import.numbers": "Numbers and dates", "import.century": "Years of two digits",
    "import.decimal": "Decimals", "import.point": "after a point: 1.5",
    "import.comma": "after a comma: 1,5",
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
    "figure.uncounted": "Not reported, and in no sum",
    "figure.uncounted_words": "What this figure counts is not stated in these records. Not "
                              "reported is not zero.",
    "figure.silent": "not reported: {count}",
    "figure.which": "{first} to {last} of {all}",
    "figure.records_now": "The records are shown as they stand now; their past is on the page of "
                          "each.",
    "unit": "Unit", "definition": "Definition", "records": "Records",
    "not_reported": "not reported",
    "loading": "Loading…", "failed": "That did not work.",
    "map.crowded": "Several records lie here: move closer to see them one by one.",
    "map.hazards_missing": "Hazards could not be loaded here: treat all hatched ground as "
                           "hazardous. It is tried again.",
    "map.layers_missing": "The map is incomplete; not loaded here: {layers}. It is tried again.",
    "map.silent": "The server does not answer: the map is as of {time}, and may be old. It is "
                  "tried again.",
    "map.as_of": "As of {time}",
    "layer.waiting": "Hazards without a record",
    "waiting.waits": "waits in quarantine",
    "waiting.reopened": "released ground that reopened: nobody has recorded the hazard there",
    "layer.entered": "Hazards that nobody has validated",
    "waiting.words": "Nobody has accepted them: they are in no figure and no plan. They are drawn "
                     "as wide as they can be read.",
    "waiting.none": "No hazard waits.",
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
    "cont.items": "Items found, by the records: {n}",
    "cont.items_least": "Items found, by the records: at least {n}",
    "cont.prior.all": "A prior: no local search or find stands behind it.",
    "cont.prior.some": "Part of it is a prior: no local search or find stands behind that part.",
    "cont.none": "No map of this time has been drawn for you yet.",
    "cont.old": "The records have changed since this map was drawn.",
    "cont.draw": "Draw the map", "cont.drawing": "The map is being drawn:",
    "legend.SHA": "suspected (SHA)", "legend.CHA": "confirmed (CHA)",
    "legend.cleared": "cleared", "legend.reduced": "reduced", "legend.cancelled": "cancelled",
    "legend.searched": "searched only, which is not cleared",
    "legend.outcome_not_reported": "what became of it is not reported: it releases nothing",
    "legend.widened": "ground wider than it was recorded last: it stands",
    "legend.contested": "offices disagree: it counts wherever one of them says",
    "field.contested": "offices disagree",
    "legend.unsigned": "not signed: it counts for nothing",
    "legend.small_released": "Small pieces of released ground show from nearer only.",
    "legend.closed_now": "closed", "legend.closed_later": "will be closed",
    "legend.open": "open", "legend.worked_on": "worked on", "legend.suspended": "suspended",
    "legend.reopened": "reopened: hazardous again", "legend.closed": "closed or handed over",
    "legend.type_not_reported": "type not reported",
    "legend.status_not_reported": "status not reported",
    "legend.cells": "known to be hazardous (coarse cells)",
    "legend.released": "released ground", "date": "Date of information",
}
ENGLISH |= words_release.ENGLISH
ENGLISH |= words_planning.ENGLISH
ENGLISH |= words_documents.ENGLISH
ENGLISH |= words_records.ENGLISH
ENGLISH |= words_complaints.ENGLISH
ENGLISH |= words_account.ENGLISH
ENGLISH |= words_hooks.ENGLISH
ENGLISH |= words_keys.ENGLISH
# For one, where the page itself puts the number in.
ENGLISH |= {f"{key}.one": ONE[text] for key, text in ENGLISH.items() if text in ONE}


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
