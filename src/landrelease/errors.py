"""Every message that a user can meet, with its code. Codes never change their meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """One entry of the catalogue: what is wrong, and how to mend it, as format strings.

    on_page : how to mend it on a page, where the remedy speaks of the command line; "": alike.
    """

    code: str
    problem: str
    remedy: str
    on_page: str = ""

    @property
    def mend(self) -> str:
        """How to mend it, for who is on a page."""
        return self.on_page or self.remedy

    def text(self, **facts: Any) -> str:
        return f"[{self.code}] {self.problem} {self.remedy}".format(**facts)


class LandReleaseError(Exception):
    """Something the reader can put right; keeps the facts for forms and the API."""

    def __init__(self, message: Message, **facts: Any):
        self.message, self.code, self.facts = message, message.code, facts
        super().__init__(message.text(**facts))


# --- FIL: files that come in -------------------------------------------------------------------
FILE_MISSING = Message(
    "FIL-001", "{file}: there is no such file.", "Check the path and the spelling of the name.")
FILE_EMPTY = Message(
    "FIL-002", "{file}: the file is empty ({found}).", "Ask the sender for the file again.")
FILE_NOT_AS_NAMED = Message(
    "FIL-003", "{file}: the content is not what the ending {ending} says; found {found}.",
    "Give the file the ending of what it is, or save it again as {expected}.")
FILE_CUT_OFF = Message(
    "FIL-004", "{file}: the file is cut off or damaged at {place}: {found}.",
    "Copy it again from where it came; the sizes of both copies must be equal.")
FILE_XML_CUT_OFF = Message(
    "FIL-048", "{file}: this is no whole XML document; it cannot be read on from line {line}, "
    "column {column}.",
    "Copy it again from where it came; the sizes of both copies must be equal.")
FILE_TOO_LARGE = Message(
    "FIL-005", "{file}: {what} is {found} bytes; at most {expected} are read.",
    "Split the file, or save it as GeoPackage, and import the parts.")
FILE_FORMAT_UNKNOWN = Message(
    "FIL-006", "{file}: a file with the ending {ending} is not read.",
    "Save it as one of: {expected}.")
FILE_WITHOUT_ROWS = Message(
    "FIL-007", "{file}: no rows of data ({found}).",
    "Check that the right sheet or layer was saved, with one row of headings above the data.")
FILE_ENCODING_UNREADABLE = Message(
    "FIL-008", "{file}: the text cannot be read as {expected}; byte {place} is {found}.",
    "Save the file again as UTF-8 text.")
FILE_PARTS_MISSING = Message(
    "FIL-009", "{file}: parts of the Shapefile are missing: {found}.",
    "Copy the files {expected} into one folder; they are one layer.")
FILE_LAYER_UNKNOWN = Message(
    "FIL-010", "{file}: there is no layer or sheet {found}.", "Name one of: {expected}.")
FILE_XML_NOT_ALLOWED = Message(
    "FIL-011", "{file}: the XML declares a document type or entities; such files are not read.",
    "Save the layer again as KML or GeoPackage.")
FILE_NOT_READABLE = Message(
    "FIL-012", "{file}: cannot be read as {expected}: {found}.",
    "Open it in the program that made it and save it again.")
KIND_NOT_KNOWN = Message(
    "FIL-013", "{file}: neither the name of the file nor a column says what its rows are.",
    "Say it with --kind, one of: {expected}.",
    on_page="Choose the kind of record, one of: {expected}.")
KIND_WRONG = Message(
    "FIL-042", "{found} is no kind of record.", "Say one of: {expected}.")
KINDS_NOT_KNOWN = Message(
    "FIL-043", "Neither names nor columns say what the rows of these files are: {found}. None of "
    "the {other} files was imported.",
    "Import these by themselves with --kind ({expected}), and the others without them.",
    on_page="Bring these in by themselves, each with its kind of record ({expected}), and "
            "the others without them.")
STATED_BEFORE = Message(
    "FIL-044", "{file}: read as it was imported before, by {found}.",
    "Nothing has to be done. Rows that wait are read in another way with --mapping or --crs.",
    on_page="Nothing has to be done. Rows that wait can be mended on the page of rows that "
            "wait.")
SYNTHETIC_AMONG_REAL = Message(
    "FIL-046", "{file} says that it is synthetic; this registry holds records that are not.",
    "Import synthetic files into a registry of their own: what is made up never lies among what is "
    "real.")
MAPPING_NOT_READABLE = Message(
    "FIL-014", "{file}: {field} in the mapping is {found}; expected {expected}.",
    "Correct the mapping file; docs/import.md shows one.",
    on_page="Choose the columns again, or correct the mapping file.")
COLUMNS_MISSING = Message(
    "FIL-015", "{file}: columns are missing: {found}.",
    "The headings must hold: {expected}. Add the missing ones.")
FILE_ENCODING_GUESSED = Message(
    "FIL-016", "{file}: the text does not say its encoding; read as {found} because {reason}.",
    "Look at some names; if letters are wrong, save the file as UTF-8 and import it again.")
FILE_OPEN_FAILED = Message(
    "FIL-017", "{file}: cannot be opened: {found}.", "Check the rights of the file.")
PLACE_COLUMNS_MISSING = Message(
    "FIL-018", "{file}: no geometry and no columns with coordinates were found; headings: {found}.",
    "Name the columns in a mapping: `longitude` and `latitude` for points, `geometry` for WKT.")
ROWS_ALREADY_RECORDED = Message(
    "FIL-019", "{file}: {found} rows are recorded already with equal content.",
    "Nothing needs to be done.")
TABLE_VALUE_WRONG = Message(
    "FIL-021", "{file}, row {row}: {field} is {found}; expected {expected}.", "{remedy}")
ASSUMPTIONS_MISSING = Message(
    "FIL-022", "{file}: assumptions are missing: {found}.",
    "Add a row for each of them; the file that comes with the package shows them.")
ASSUMPTIONS_UNKNOWN = Message(
    "FIL-023", "{file}: no assumption has the name {found}.",
    "Remove or rename these rows; known names: {expected}.")
TEAM_CURRENCIES_DIFFER = Message(
    "FIL-024", "{file}, row {row}: currency is {found}, the rows before it have {expected}.",
    "Convert all amounts into one currency and say in `source` at which rate.")
FILE_DATABASE_INCOMPLETE = Message(
    "FIL-030", "{file}: parts of the geodatabase are missing: {found}.",
    "Copy the whole .gdb folder again, or zip it as a whole; its files belong together.")
FILE_CURVES_LINEAR = Message(
    "FIL-031", "{file}: the layer holds {found}; arcs are read as many short straight lines.",
    "Nothing needs to be done, unless a boundary must follow the arc exactly.")
FILE_LAYERS_LEFT = Message(
    "FIL-032", "{file}: {expected} was read; the file also holds {found}.",
    "Import the others by their names with --layer; attachments stay in the stored file.",
    on_page="Bring in the others as files of their own; attachments stay in the stored "
            "file.")
MAPPINGS_NONE_FITS = Message(
    "FIL-036", "{file}: no mapping in {path} fits its headings as {found}.",
    "Make one with --propose-mapping, or name the mapping itself with --mapping.")
MAPPINGS_SEVERAL_FIT = Message(
    "FIL-037", "{file}: several mappings in {path} fit its headings equally well: {found}.",
    "Name the right one with --mapping.",
    on_page="Choose the columns yourself.")
FILE_POINTS_JOINED = Message(
    "FIL-033", "{file}: polygons were made of the points of {found}, in the order of their "
    "numbers, by {other}; points of no row: {expected}.",
    "Compare some polygons with the map of the sender; the types of points are guessed by name.")
FILE_SHAPE_GUESSED = Message(
    "FIL-034", "{file}: items {found} of maXML; geometry was made of every element with longitude "
    "and latitude, or bearing and distance; all other elements are columns under their path.",
    "Compare some records with the database that wrote the file; no public sample is known.")
FILE_FORM_PLACES = Message(
    "FIL-035", "{file}: the place was read from {found}; other places in the form: {expected}.",
    "If another place is the right one, name its columns in a mapping.")

FILE_FORM_EXPORT = Message(
    "FIL-047", "{file}: an export of {other} with {expected} submissions of the form {found}.",
    "Nothing has to be done: each is read as the phone sent it. Decisions of that program on "
    "submissions (accepted, rejected) are not taken over.")
EXPORT_TABLE_STRANGE = Message(
    "FIL-049", "{file}: this export of the form {other} holds {found}, which is not recognised as "
    "one of its tables ({expected}), or is the second one of the same. Nothing was read.",
    "Give the table the name that the program gave it and leave its columns as they were, or take "
    "it out of the file and import it by itself.")
EXPORT_TABLE_ABSENT = Message(
    "FIL-050", "{file}: of the form {found} no table of {expected} is in this file: what phones "
    "sent of it is not read here.",
    "Bring in the export with all of its tables: of ODK Central the zip of all data or the JSON "
    "with $expand=*, of KoboToolbox the workbook.")

RETURN_WITHOUT_NUMBERS = Message(
    "FIL-038", "{file}: no sheet has the column {expected} that `quarantine export` wrote.",
    "Give the workbook that came back from the sender, with that column as it was.",
    on_page="Give the workbook that came back from the sender, with that column as it was.")
FILE_LEGS_JOINED = Message(
    "FIL-041", "{file}: {expected} areas were made of {found} points and legs, by {other}.",
    "Look at some of them; the points stand in the column (legs).")
FILE_TITLE_LEFT_OUT = Message(
    "FIL-040", "{file}: {found} lines before the headings were taken for a title.",
    "Look whether they hold data; if so, take the row of HXL tags out of the file.")
# --- ROW: single rows and values ---------------------------------------------------------------
VALUE_NOT_A_NUMBER = Message(
    "ROW-001", "{file}, row {row}: {field} is {found}; expected {expected}.",
    "Enter a number, for example 1234.5.")
VALUE_NOT_WHOLE = Message(
    "ROW-002", "{file}, row {row}: {field} is {found}; expected a whole number.",
    "Enter a whole number.")
VALUE_OUT_OF_RANGE = Message(
    "ROW-003", "{file}, row {row}: {field} is {found}; expected {expected}.",
    "Ask the sender for the right number; leave it empty where nobody knows it.")
NUMBER_AMBIGUOUS = Message(
    "ROW-004", "{file}, row {row}: {field} is {found}: a decimal mark or a thousands mark.",
    "Enter it without thousands marks, or state `decimal` in the mapping.")
UNIT_UNKNOWN = Message(
    "ROW-005", "{file}, row {row}: {field} is {found}; expected a number in {expected}.",
    "Convert it, or write one of the known units behind it.")
DATE_NOT_READABLE = Message(
    "ROW-006", "{file}, row {row}: {field} is {found}; expected a date such as 2024-03-31.",
    "Enter the date as year-month-day; leave it empty where nobody knows it.")
DATE_AMBIGUOUS = Message(
    "ROW-007", "{file}, row {row}: {field} is {found}: day and month can be read both ways.",
    "Enter it as year-month-day, or state `date_order` in the mapping (dmy or mdy).")
DATE_IN_FUTURE = Message(
    "ROW-008", "{file}, row {row}: {field} is {found}, which is after {expected}.",
    "Ask the sender for the right date.")
DATE_TOO_OLD = Message(
    "ROW-009", "{file}, row {row}: {field} is {found}, which is before {expected}.",
    "Ask the sender for the right date.")
CHOICE_UNKNOWN = Message(
    "ROW-010", "{file}, row {row}: {field} is {found}; expected one of {expected}.",
    "Map the word in the mapping under `values`, or mend the row.")
IDENTIFIER_REPEATED = Message(
    "ROW-011", "{file}, row {row}: {field} {found} stands in row {other} with other content.",
    "Ask the sender which row is right, then mend or reject this one.")
IDENTIFIER_LOOKS_ALIKE = Message(
    "ROW-012", "{file}, row {row}: {field} {found} differs from {other} only by case or by letters "
    "that look alike.",
    "Write the identifier as the programme does, or give this row another one.")
SAME_RECORD_OTHER_VALUES = Message(
    "ROW-013", "{file}, row {row}: the same place as row {other} with other values: {found}.",
    "Give both rows an identifier, or reject one of them.")
ROW_REPEATS = Message(
    "ROW-014", "{file}, row {row}: repeats row {other} exactly and was merged into it.",
    "Nothing needs to be done.")
RECORD_CHANGED = Message(
    "ROW-015", "{file}, row {row}: new revision of {other}; changed: {found}.",
    "Check that the change is meant.")
CELLS_TOO_MANY = Message(
    "ROW-016", "{file}, row {row}: {found} cells, but {expected} headings.",
    "Put quotes around texts and numbers that contain the delimiter.")
CELLS_CUT_OFF = Message(
    "ROW-017", "{file}, row {row}: the file ends in this row: {found} cells, but {expected} "
    "headings, and no line end.",
    "Copy the file again from where it came.")
VALUE_CONVERTED = Message(
    "ROW-018", "{file}, row {row}: {field} {found} was read as {expected}.",
    "Check that this is what was meant.")
VALUE_IS_FORMULA = Message(
    "ROW-019", "{file}, row {row}: {field} is the formula {found}; formulas are not computed.",
    "Replace the formula by its value in the sheet (copy, paste values).")
RECORD_OF_OTHER_KIND = Message(
    "ROW-020", "{file}, row {row}: {found} is already the identifier of a record of kind {other}.",
    "Choose the right --kind, or give this row another identifier.",
    on_page="Choose the right kind of record, or give this row another identifier.")
KNOWN_FILE_DIFFERS = Message(
    "ROW-021", "{file}, row {row}: this file was taken in before; {other} has been changed since "
    "and stays as it is.",
    "Nothing needs to be done, unless the old content is right: then change the record itself.")
STATUS_NEEDS_DECISION = Message(
    "ROW-022", "{file}, row {row}: status of {other} would change from {expected} to {found}.",
    "Land leaves the danger map by a signed decision only; use release, or reject the row.")
TEXT_DAMAGED = Message(
    "ROW-023", "{file}, row {row}: {field} holds characters that cannot be stored: {found}.",
    "Write the text again without them.")
VALUE_REQUIRED = Message(
    "ROW-024", "{file}, row {row}: {field} is empty, but it is required.",
    "Enter it, then try the row again.")

MOMENT_NOT_READABLE = Message(
    "ROW-025", "{file}, row {row}: {field} is {found}; expected a time such as "
    "2027-05-01T06:30+02:00.",
    "Enter day, time and zone; leave it empty where nobody knows it.")
MOMENT_WITHOUT_ZONE = Message(
    "ROW-026", "{file}, row {row}: {field} is {found}, a time without a zone.",
    "Add the zone, for example +02:00, or Z for UTC.")

VALUES_CONTRADICT = Message(
    "ROW-027", "{file}, row {row}: {field} is {found}; expected {expected}.",
    "Ask the sender which of the values is right.")
ROW_DECIDED = Message(
    "ROW-028", "{file}, row {row}: was {found} in quarantine (number {other}) before and stays as "
    "it was decided.", "Nothing needs to be done; `landrelease quarantine show` tells why.",
    on_page="Nothing needs to be done.")
ROW_WAITS = Message(
    "ROW-029", "{file}, row {row}: waits in quarantine already, as number {other}.",
    "Mend it with `landrelease quarantine mend`.",
    on_page="Mend it on the page of rows that wait.")
ROW_LEFT_QUARANTINE = Message(
    "ROW-030", "{file}, row {row}: waited in quarantine as number {other} and is accepted now.",
    "Nothing needs to be done.")
YEAR_NOT_CERTAIN = Message(
    "ROW-040", "{file}, row {row}: {field} is {found}: the year has two digits and can be "
    "{expected}.", "Enter the date as year-month-day, or state `century` in the mapping (1900 or "
    "2000).")
DATE_NOT_ONE_DAY = Message(
    "ROW-041", "{file}, row {row}: {field} is {found}: a month, a quarter or a span, not one day.",
    "Enter the day as year-month-day; leave it empty where nobody knows it. No day is made up.")
NUMBER_NOT_CERTAIN = Message(
    "ROW-042", "{file}, row {row}: {field} is {found}: a range or an estimate, not one number.",
    "Ask the sender for the number; leave it empty where nobody knows it.")
UNIT_AMBIGUOUS = Message(
    "ROW-043", "{file}, row {row}: {field} is {found}: this unit has several sizes ({expected}).",
    "Convert it to m², or state the size of the unit for this column.")

# --- GEO: places and geometries ----------------------------------------------------------------
DATUM_NOT_STATED = Message(
    "GEO-001", "{file}, row {row}: the datum of {found} is not stated.",
    "Ask the sender which map it was read from, then state it: --crs EPSG:4326 for WGS 84 at the "
    "import, `crs` in the mapping, or `quarantine mend ... --set crs=EPSG:4326` for this row.",
    on_page="Ask the sender which map it was read from, then choose that system of "
            "coordinates when the file is brought in, or enter it as crs where this row "
            "waits (EPSG:4326 is WGS 84).")
PROJECTED_WITHOUT_CRS = Message(
    "GEO-002", "{file}: {found} are not degrees, and no coordinate system is stated.",
    "Ask the sender for the system of the map and state it as `crs` in the mapping, "
    "for example EPSG:6316.")
CRS_UNKNOWN = Message(
    "GEO-003", "{file}: the coordinate system {found} is not known.",
    "State it as an EPSG code, for example EPSG:4326.")
CRS_WITHOUT_TRANSFORMATION = Message(
    "GEO-004", "{file}: no transformation of stated accuracy leads from {found} to WGS 84 "
    "here{grid}.",
    "Check the system; or convert the file in a GIS that has the national grid, to EPSG:4326.")
DATUM_ASSUMED = Message(
    "GEO-005", "{file}: the datum of {found} is not stated; latitude and longitude in degrees were "
    "read as WGS 84.",
    "If the source has another datum, state `crs` in the mapping and import again.")
POSITION_TRANSFORMED = Message(
    "GEO-006", "{file}: coordinates were carried from {found} to WGS 84, accuracy {accuracy} m "
    "({operation}){grid}.",
    "The accuracy is stored with each record. Check some places on a map.")
GEOMETRY_MISSING = Message(
    "GEO-007", "{file}, row {row}: no geometry ({found}).",
    "Add the place, then try the row again.")
GEOMETRY_UNREADABLE = Message(
    "GEO-008", "{file}, row {row}: the geometry cannot be read: {found}.",
    "Draw it again, or give it as WKT.")
GEOMETRY_WRONG_TYPE = Message(
    "GEO-009", "{file}, row {row}: the geometry is a {found}; expected a {expected}.",
    "Choose the right --kind, or draw the geometry as a {expected}.",
    on_page="Choose the right kind of record, or draw the geometry as a {expected}.")
POLYGON_TOO_FEW_POINTS = Message(
    "GEO-010", "{file}, row {row}: the polygon has {found} distinct points; expected at least 3.",
    "Ask the sender for the missing corners.")
PLACE_OUT_OF_RANGE = Message(
    "GEO-011", "{file}, row {row}: {found} is not a place on Earth; expected longitude -180 to "
    "180, latitude -90 to 90.",
    "Correct the coordinates, or state their coordinate system.")
PLACE_SWAPPED = Message(
    "GEO-012", "{file}, row {row}: {found} lies outside the programme; with latitude and longitude "
    "swapped it lies inside ({expected}).",
    "Swap the two values, then try the row again.")
PLACE_ZERO = Message(
    "GEO-013", "{file}, row {row}: the place is 0, 0, which stands for no place.",
    "Enter the coordinates; leave the row out where nobody knows them.")
PLACE_FAR_AWAY = Message(
    "GEO-014", "{file}, row {row}: {found} lies far outside the programme ({expected}).",
    "Correct the coordinates; if the place is right, import the area that it belongs to first.")
TOO_MANY_VERTICES = Message(
    "GEO-015", "{file}, row {row}: the geometry has {found} vertices; at most {expected} are "
    "taken.",
    "It is kept whole in the stored file. Split the area or thin its outline outwards, then mend.")
SHAPE_REPAIRED = Message(
    "GEO-016", "{file}, row {row}: the polygon is not valid ({found}); {rule}. Area {area}; "
    "the readings differ by {difference}.",
    "Compare it with the source if the difference matters.")
READINGS_DIFFER = Message(
    "GEO-017", "{file}, row {row}: the polygon is not valid ({found}) and its readings differ by "
    "{difference}. Widest reading: {area} within {bounds}.",
    "Treat the widest reading as dangerous; draw the outline again from the source.")
SHAPE_TANGLED = Message(
    "GEO-018", "{file}, row {row}: the outline of {found} vertices crosses itself about "
    "{crossings} times; it cannot be read as an area.",
    "Ask the sender for the original outline.")
AREA_TOO_SMALL = Message(
    "GEO-019", "{file}, row {row}: the area is {found}; expected at least {expected}.",
    "Ask the sender for the outline; a point or a line is not an area.")
AREA_DIFFERS = Message(
    "GEO-020", "{file}, row {row}: {field} says {found}, the shape measures {expected}.",
    "Both are kept; ask the sender which is right.")
SHAPE_REPEATED = Message(
    "GEO-021", "{file}, row {row}: the same shape as {other}, under the identifier {found}.",
    "Ask the sender whether it is one area; then mend or reject this row.")
HAZARD_WOULD_SHRINK = Message(
    "GEO-022", "{file}, row {row}: the new shape would take {found} out of hazard {other}.",
    "Ground leaves a hazard by a signed decision only; record an outcome, or reject the row.")
RELEASED_WOULD_GROW = Message(
    "GEO-023", "{file}, row {row}: the new shape would add {found} to outcome {other}.",
    "Released land grows by a signed decision only; record another outcome, or reject the row.")
PARTS_LEFT_OUT = Message(
    "GEO-024", "{file}, row {row}: the geometry also holds {found}, which have no area.",
    "They are kept in the stored file. Record them on their own if they matter.")
HAZARD_WOULD_NARROW = Message(
    "GEO-025", "{file}, row {row}: {field} would go from {expected} to {found}; hazard {other} "
    "would reach less far.",
    "Ground leaves a hazard by a signed decision only: say how far the outline may be off as "
    "before, draw it so much wider, or reject the row.")
ACCURACY_NO_PLACE = Message(
    "GEO-026", "{file}, row {row}: {field} is {found} m; a place that may be more than {expected} "
    "m off is not known.",
    "Correct it (metres, the radius that holds 90 %). Where nobody knows the place better, take "
    "the place out and name the district or the community.")

SYSTEM_NOT_USED = Message(
    "GEO-027", "{file} states its own coordinate system, {expected}; {found}, which was stated "
    "beside it, was not used.",
    "Nothing has to be done where the file is right. Where it is not, ask the sender, and correct "
    "the file.")
DEGREES_NOT_METRES = Message(
    "GEO-028", "{file}: all coordinates lie between -180 and 180 ({found}); those of {expected} "
    "are in metres: they are degrees.",
    "State the system of the coordinates, as EPSG:4326 for latitude and longitude of WGS 84, and "
    "import again.")

# --- GEO-2: how a place is written -------------------------------------------------------------
POSITION_UNREADABLE = Message(
    "GEO-201", "{file}, row {row}: {found} cannot be read as a place: {reason}.",
    "Write it as {expected}.")
AXES_UNKNOWN = Message(
    "GEO-202", "{file}, row {row}: {found} does not say which number is the latitude; both orders "
    "are places ({readings}).",
    "Write N, S, E or W beside the numbers, or state the order of the column in the mapping.")
LETTER_AMBIGUOUS = Message(
    "GEO-203", "{file}, row {row}: {letter} in {found} has two meanings ({readings}).",
    "State the language of the letters in the mapping, or the area of the programme.")
ZONE_AMBIGUOUS = Message(
    "GEO-204", "{file}, row {row}: {letter} in {found} is a latitude band or a hemisphere "
    "({readings}).",
    "State the hemisphere of the column in the mapping, or the area of the programme.")
ZONE_MISSING = Message(
    "GEO-205", "{file}, row {row}: {found} has no UTM zone.",
    "Write it before the numbers, for example 33T, or state the zone in the mapping.")
BAND_CONTRADICTS = Message(
    "GEO-206", "{file}, row {row}: {found}: {reason}.",
    "Compare zone, letters and numbers with the map.")
LETTERING_NOT_READ = Message(
    "GEO-207", "{file}, row {row}: grid references on the datum {datum} are not read ({found}): "
    "older maps have other letters for the squares.",
    "Give the place as UTM with its zone and that datum, or as degrees.")
SYSTEM_NEEDED = Message(
    "GEO-208", "{file}: {found} cannot be used here: {reason}.",
    "State {expected} in the mapping.")
GRID_NOT_HERE = Message(
    "GEO-209", "{file}: from {found} to WGS 84 the grid {grid} is needed and is not here; without "
    "it the accuracy is {accuracy} m, at most {limit} m are accepted.",
    "Convert the file to EPSG:4326 in a GIS that has the grid, or install it with `projsync` of "
    "PROJ.")
TRANSFORMATION_TOO_ROUGH = Message(
    "GEO-210", "{file}: the best way from {found} to WGS 84 has an accuracy of {accuracy} m "
    "({operation}); at most {limit} m are accepted.",
    "Ask the mapping authority for a better way and convert the file to EPSG:4326; or raise the "
    "limit in the settings, and every area is widened by it.")
OUTSIDE_OF_SYSTEM = Message(
    "GEO-211", "{file}, row {row}: {found} lies outside the area for which {operation} holds.",
    "Check the coordinates and their system.")
OTHER_READING = Message(
    "GEO-212", "{file}, row {row}: {found} lies outside the programme ({expected}); inside it lies "
    "{readings}.",
    "Ask the sender which is right, then mend the row; nothing was changed.")
BEARING_NOT_USABLE = Message(
    "GEO-213", "{file}, row {row}: {found}: {reason}.", "State {expected}.")
TRAVERSE_NOT_CLOSED = Message(
    "GEO-214", "{file}, row {row}: the traverse {found} ends {closure} m from its start on "
    "{length} m; at most {limit} m are accepted.",
    "Compare the bearings and distances with the field book; nothing was adjusted.")
TRAVERSE_CLOSURE = Message(
    "GEO-215", "{file}, row {row}: the traverse {found} ends {closure} m from its start on "
    "{length} m.",
    "Nothing was adjusted; the accuracy of the area holds it.")
TRAVERSE_WITHOUT_CHECK = Message(
    "GEO-216", "{file}, row {row}: the traverse {found} has no last leg back to its start, so that "
    "its closure is not known.",
    "Measure the last leg, or compare the area with a map.")
TRAVERSE_INCOMPLETE = Message(
    "GEO-217", "{file}, row {row}: the traverse {found} cannot be drawn: {reason}.",
    "Add what is missing; each area needs a reference point, a start point and at least two "
    "turning points.")
CENTRE_OF_SQUARE = Message(
    "GEO-218", "{file}, row {row}: {found} is a square with sides of {side} m; its centre was "
    "taken, accuracy {accuracy} m.",
    "If the sender has the exact place, ask for it.")

# --- GEO-1: roads ------------------------------------------------------------------------------
ROAD_WITHOUT_LENGTH = Message(
    "GEO-101", "{file}, row {row}: road {found} has no length.",
    "Draw it again, or take it out of the source.")
ROAD_REPEATS = Message(
    "GEO-102", "{file}, row {row}: road {found} repeats row {other} and was merged into it"
    "{classes}.", "Nothing needs to be done; take one of them out of the source.")
ROAD_PART_REPEATS = Message(
    "GEO-103", "{file}, row {row}: a part of road {found} lies on row {other} and was merged into "
    "it{classes}.", "Look at both in a map; one of them may be drawn twice.")
ROAD_SNAPPED = Message(
    "GEO-104", "{file}, row {row}: an end of road {found} was joined to {other}, {distance} m away "
    "(tolerance {expected} m).",
    "Look at it in a map; give a smaller tolerance if the roads do not meet there.")
ROAD_PIECES = Message(
    "GEO-105", "{file}: the piece of {segments} segments ({length} m) with {found} is not joined "
    "to the longest piece of the network.",
    "Look at its ends in a map; draw the missing junction if there is one.")
ROAD_CROSSING_NOT_JOINED = Message(
    "GEO-106", "{file}: {found} and {other} cross at {place} without a shared point and were not "
    "joined.", "Draw a junction if they meet there; say `bridge` or `layer` if they do not.")
ROAD_NODES_AT_ONE_PLACE = Message(
    "GEO-107", "{file}, row {row}: several nodes at one place: {found}; they were not joined.",
    "Give them one name if the roads meet there.")
ROAD_NODE_PLACES_DIFFER = Message(
    "GEO-108", "{file}, row {row}: node {found} lies {distance} m from where another row has it "
    "(at most {expected} m); these ends were not joined.",
    "Correct the node, or move the end of the road to it.")
ROAD_ID_REPEATED = Message(
    "GEO-109", "{file}, row {row}: the number {found} stands in row {other} too.",
    "Both roads were kept, this one as {found}~{row}; give each road its own number.")
ROAD_NOT_A_ROAD = Message(
    "GEO-110", "{file}, row {row}: {found} is no road that can be used ({class_word}).",
    "Nothing needs to be done; give it another class if it can be used.")
ROAD_POINTS_MISSING = Message(
    "GEO-111", "{file}, row {row}: {missing} of {found} points of the road are not in the file; "
    "the rest was taken in parts.",
    "Take a larger extract, with complete ways, if the road matters.")
ROAD_ONEWAY_UNKNOWN = Message(
    "GEO-112", "{file}, row {row}: {field} is {found}; read as open in both directions.",
    "Use yes, no or -1 if it can be used in one direction only.")
ROADS_MORE_FINDINGS = Message(
    "GEO-113", "{file}: {found} more findings like the first ones of {code}.",
    "Mend the first ones at the source and read the file again.")

# --- GEO-3: checks over a whole file or registry (docs/geochecks.md) ----------------------------
POLYGON_NOT_VALID = Message(
    "GEO-301", "{file}, row {row}: the polygon is not valid: {found}.",
    "Draw the outline again from the source; until then all ground of every reading is dangerous.")
POLYGON_REPEATED = Message(
    "GEO-302", "{file}, row {row}: record {record} holds one polygon twice: {found}.",
    "Take one of them out at the source.")
POLYGON_ID_REPEATED = Message(
    "GEO-303", "{file}, row {row}: polygon {found} of record {record} has the id of {other}.",
    "Give each polygon of a record its own id.")
POLYGON_ID_REPEATED_TRIMMED = Message(
    "GEO-304", "{file}, row {row}: polygon {found} of record {record} differs from the id of "
    "{other} by spaces only.", "Take the spaces away and give each polygon its own id.")
CORNERS_REPEATED = Message(
    "GEO-305", "{file}, row {row}: corners stand twice: {found}.",
    "Take the repeated corners out; if another corner was meant, ask the sender for it.")
CORNER_ID_REPEATED = Message(
    "GEO-306", "{file}, row {row}: corner {corner} has the local id {found} of corner {other}.",
    "Give each corner its own local id.")
CORNER_ID_REPEATED_TRIMMED = Message(
    "GEO-307", "{file}, row {row}: the local id {found} of corner {corner} differs from that of "
    "corner {other} by spaces only.", "Take the spaces away and give each corner its own local id.")
POINTS_REPEATED = Message(
    "GEO-308", "{file}, row {row}: the point {found} of record {record} stands in {other} too.",
    "Take one of them out; if another place was meant, ask the sender for it.")
POINT_ID_REPEATED = Message(
    "GEO-309", "{file}, row {row}: the local id {found} of record {record} stands in {other} too.",
    "Give each point of a record its own local id.")
POINT_ID_REPEATED_TRIMMED = Message(
    "GEO-310", "{file}, row {row}: the local id {found} of record {record} differs from that of "
    "{other} by spaces only.", "Take the spaces away and give each point its own local id.")
OBJECT_ID_REPEATED = Message(
    "GEO-311", "{file}, row {row}: the identifier {found} belongs to {other} too.",
    "Ask the sender whether it is one object; if not, give one of them another identifier.")
DEVICES_REPEATED = Message(
    "GEO-312", "{file}, row {row}: the devices {found} are listed in {other} of the record too.",
    "Ask the sender whether they were found twice; if not, take one line out.")
CORNERS_FAR_APART = Message(
    "GEO-313", "{file}, row {row}: corner {corner} and the next one lie {found} apart; more than "
    "{expected} m.", "Compare the two corners with the source: one digit may be wrong.")
PARTS_OVERLAP = Message(
    "GEO-314", "{file}, row {row}: the parts of the record overlap by {found}; more than "
    "{expected}.", "Look at them on a map; draw them as one polygon or apart.")
SHAPE_NEARLY_REPEATED = Message(
    "GEO-315", "{file}, row {row}: nearly the same ground as {found}; at least {expected} is "
    "shared.", "Ask the sender whether it is one area; nothing was merged.")
POINTS_NEAR = Message(
    "GEO-316", "{file}, row {row}: only {found} from {other}, {when}.",
    "Ask the sender whether it is one event; nothing was merged.")
PERMIT_GRANTED = Message(
    "ROW-046", "{file}, row {row}: {field} is {found}; this role grants no permit.",
    "It waits and grants nothing. Somebody who decides on rows that wait accepts or rejects it.")
COMPLAINT_DECIDED = Message(
    "ROW-047", "{file}, row {row}: {field} is {found}; this role answers no complaint, and changes "
    "none that is known.",
    "It waits, and what was reported goes on counting. Somebody who answers complaints accepts or "
    "rejects it.")
DECIDED_BY_OFFICE = Message(
    "ROW-048", "{file}, row {row}: {other} was decided on, signed or looked at by the office; this "
    "row says something else.",
    "It waits and changes nothing: this role takes no decision back. Somebody who decides on rows "
    "that wait compares both, and accepts or rejects it.")
MENDED_TO_LESS = Message(
    "ROW-045", "{file}, row {row}: with {found} it would say less of danger than it does now, "
    "grant something, or take back what others said or decided.",
    "It waits as it was, and counts. Somebody who decides on rows that wait looks at it: tell them "
    "the change and the reason.")
JOINT_WORK_POSSIBLE = Message(
    "ROW-044", "{file}, row {row}: same work, place and days as {other}, by other teams.",
    "Ask both whether it was joint work: then name the partner in joint_with, and it counts once. "
    "Until then each counts.")
SHAPES_OVERLAP = Message(
    "GEO-317", "{file}, row {row}: this {kind_word} overlaps {found}.",
    "Look at them on a map; shared ground is counted once.")
RELEASED_IN_OTHER_HAZARD = Message(
    "GEO-318", "{file}, row {row}: released land lies on hazards that it does not name: {found}.",
    "Name the hazard that it was released from, or correct the outline; the ground of the others "
    "stays recorded as hazardous.")
RELEASED_OUTSIDE_HAZARD = Message(
    "GEO-319", "{file}, row {row}: {found} of the released land lies outside its hazard {other}.",
    "Compare both outlines with the source; work outside the boundary is counted apart.")
OUTSIDE_ADMINISTRATIVE_AREA = Message(
    "GEO-320", "{file}, row {row}: {found} lies outside {other}.",
    "Check the place; if it is right, record which areas share it.")
AREA_COUNTED_TWICE = Message(
    "GEO-321", "{file}: the areas of kind {kind_word} add up to {found}; together they cover "
    "{expected}. {records} of them overlap; {twice} would be counted twice.",
    "Use the area of the union in every figure.")
RECORDS_CROWDED = Message(
    "GEO-322", "{file}: {found} records have more than {expected} neighbours on their ground; the "
    "{expected} that can share most with each were compared.",
    "Look at the place on a map; it may stand for places that nobody knew.")

# --- STO: the registry -------------------------------------------------------------------------
REGISTRY_MISSING = Message(
    "STO-001", "There is no registry at {address}.",
    "Check the path, or make a new one with `landrelease init {address}`.")
REGISTRY_EXISTS = Message(
    "STO-002", "{address} exists already; nothing was changed.",
    "Choose another name for the new registry, or import into this one. A file that ends in -wal, "
    "-shm or -journal belongs to a registry that was moved away: put it beside that one again.")
NOT_A_REGISTRY = Message(
    "STO-003", "{address} is not a registry of landrelease: {found}.",
    "Give the path of the .gpkg file that `landrelease init` made; to bring in the data of another "
    "file, use `landrelease import FILE --into REGISTRY`.")
REGISTRY_NEWER = Message(
    "STO-004", "{address} was written by a newer version (layout {found}; this version reads up to "
    "{expected}).", "Install the newer version of landrelease; nothing was changed.")
REGISTRY_DAMAGED = Message(
    "STO-005", "{address} is cut off or damaged: {found}.",
    "Copy it again from where it came from, or go back to the last backup. Keep the damaged file.")
ADDRESS_NOT_SERVED = Message(
    "STO-006", "This version does not keep a registry at {address}: {found}.",
    "Give the path of a GeoPackage file (office.gpkg) or postgresql://host/database.")
REGISTRY_BUSY = Message(
    "STO-007", "{address} is in use: another program has been writing to it for more than "
    "{waited_s:g} s. Nothing was written.",
    "Wait until the other import has ended, or close the editing session in the GIS; try again.")
CANNOT_WRITE = Message(
    "STO-008", "{path} cannot be written: {reason}. Nothing was written.",
    "Check that the folder exists, that you may write to it, and that the disk is not full.")
SOURCE_TWICE = Message(
    "STO-009", "{file} (SHA-256 {sha256}) was already imported as {kind} on {day}; importing it "
    "again with new content would count it twice. Nothing was written.",
    "Nothing has to be done. Rows that were quarantined are mended with `landrelease quarantine`; "
    "a corrected file is imported as the new file that it is.",
    on_page="Nothing has to be done. Rows that wait are mended where they wait; a corrected"
            " file is brought in as the new file that it is.")
REVISION_REFUSED = Message(
    "STO-010", "Record {record}, field {field}: found {found}, expected {expected}. "
    "Nothing was written.", "Correct the record before it is recorded.")
PERSONAL_FIELD = Message(
    "STO-011", "Record {record}: the field {field} of {kind} is personal and may never stand in "
    "the chain, from which nothing can be erased (S17). Nothing was written.",
    "Leave the field out.")
SOURCE_UNKNOWN = Message(
    "STO-012", "No file with the SHA-256 {sha256} came in.",
    "List the files that came in, and copy the number from there.")
SOURCE_NOT_KEPT = Message(
    "STO-013", "The content of {file} (SHA-256 {sha256}, {size} bytes) is larger than {limit} "
    "bytes and was not kept in the registry; its records and its quarantine were.",
    "Take the file from the archive of the office and compare its SHA-256.")
SOURCE_DIFFERS = Message(
    "STO-014", "{file}: its content has the SHA-256 {found}, the import says {expected}. "
    "Nothing was written.", "The file changed while it was read: import it again.")
QUARANTINE_UNKNOWN = Message(
    "STO-015", "No quarantined row number {number} is waiting.",
    "See the numbers with `landrelease quarantine list REGISTRY`.",
    on_page="Load the page of rows that wait again.")
QUARANTINE_REFUSED = Message(
    "STO-016", "Quarantined row {number} ({status}): {problem}. Nothing was written.",
    "See what was decided with `landrelease quarantine show REGISTRY {number}`.",
    on_page="Load the page of rows that wait again; what was decided stands.")
TIME_WITHOUT_ZONE = Message(
    "STO-017", "{field} is {found}: a time without a zone.",
    "Give the time with its zone, for example 2026-05-01T08:00:00+02:00.")
REGISTRY_CLOSED = Message(
    "STO-018", "The registry {address} is closed.", "Open it again.")
COUNTS_DIFFER = Message(
    "STO-019", "{file}: the report counts {expected} quarantined rows, but {found} came with it. "
    "Nothing was written.", "Import the file again; if it stays, report it as a fault.")
AUDIT_CHANGED = Message(
    "STO-101", "Revision {number} ({record}) was changed after it was recorded: {found}.",
    "Compare it with a backup or with another office's copy, and find out who wrote to the file.")
AUDIT_REMOVED = Message(
    "STO-102", "Revisions {first} to {last} are missing from the chain.",
    "Compare the file with a backup or with another office's copy.")
AUDIT_LINK = Message(
    "STO-103", "Revision {number} ({record}) does not follow from the one before it: a revision "
    "was inserted, removed or moved here.",
    "Compare the file with a backup or with another office's copy.")
AUDIT_END = Message(
    "STO-104", "The chain ends at revision {found}, but {expected} were recorded: the end was cut "
    "or something was added.", "Compare the file with a backup or with another office's copy.")
AUDIT_CURRENT_DIFFERS = Message(
    "STO-105", "The current row of {record} in {kind} differs from its history in: {fields}.",
    "Somebody edited the layer: record the change as a revision with a reason, then rebuild.")
AUDIT_CURRENT_MISSING = Message(
    "STO-106", "{record} has a history but no current row in {kind}.",
    "Somebody deleted it from the layer; the history still holds it.")
AUDIT_CURRENT_EXTRA = Message(
    "STO-107", "{kind} has a row {record} that no revision explains.",
    "Somebody added it to the layer: bring it in as an import with its source instead.")
AUDIT_SOURCE = Message(
    "STO-108", "The file {file} (SHA-256 {sha256}) is {found}.",
    "Take the file from the archive of the office.")
AUDIT_QUARANTINE = Message(
    "STO-109", "The import of {file} quarantined {expected} rows, but the registry holds {found}.",
    "Compare the file with a backup.")
AUDIT_INDEX = Message(
    "STO-110", "The spatial index of {kind} does not fit its rows: {found}.",
    "A map may miss ground. Rebuild the spatial index of the layer in the GIS.")

NOTHING_HAZARDOUS = Message(
    "STO-020",
    "The registry holds no open hazard.",
    "Import hazards first, for example `landrelease import hazards.geojson --into registry.gpkg`.",
    on_page="Bring hazards in first.")

NETWORK_SHARE = Message(
    "STO-021", "{address} lies on a network share ({found}), where the locks that keep two writers "
    "apart cannot be relied on. Nothing was written.",
    "Keep the file on a disk of this computer and exchange packages, or use postgresql:// for many "
    "writers. It can be read from here.")
FILTER_UNKNOWN = Message(
    "STO-022", "{kind} has no field {field} to filter by.", "It has: {expected}.")
REGISTRY_OLDER = Message(
    "STO-023", "{address} has the layout {found} of an older version; this one works with "
    "{expected}.",
    "Run `landrelease migrate {address}`: it keeps a backup beside it.")
SIGNED_TWICE = Message(
    "STO-024", "Record {record}: this signature stands in the chain already.",
    "A signed revision is recorded once. Sign a new one.")
NOTHING_PERSONAL = Message(
    "STO-025", "There is nothing personal to erase of {record}.",
    "Names stand with ids of persons; `landrelease identity list` shows them.")
CHAIN_BROKEN = Message(
    "STO-027", "Chain {chain} of {office}, position {position}: {found}. Nothing was written.",
    "Ask that office for a package that holds its whole chain.")
POSTGRES_UNREACHABLE = Message(
    "STO-028", "{address} cannot be reached: {found}",
    "Check host, port, database and name; the password may stand in PGPASSWORD or ~/.pgpass.")
POSTGRES_REFUSED = Message(
    "STO-029", "{address}: {found}. Nothing was written.",
    "Ask the keeper of the database to set it right, then try again.")
MIGRATION_UNSOUND = Message(
    "STO-030", "{address} does not pass its audit after the migration: {count} findings, the "
    "first: {found} It was put back as it was.",
    "Audit it with the version that wrote it, or restore a backup from before, then migrate.")
AUDIT_COMMITMENT = Message(
    "STO-111", "The personal field {field} of {record}: {found}.",
    "Compare with a backup. Personal values are erased with `landrelease identity erase` only.")
AUDIT_RECEIPT = Message(
    "STO-112", "Revision {position} of the chain {chain}, which came in a package, {found}.",
    "Take the package in again, or restore a backup.")

AUDIT_TRUNCATED = Message(
    "STO-113", "The chain of {office} ends at position {found}; on {day} it had {expected}: its "
    "end was cut off.",
    "Restore the newest backup that passes, and find out who wrote to the file.")
AUDIT_REWRITTEN = Message(
    "STO-114", "The chain of {office} was written anew: at position {number} stands another "
    "revision than on {day}.",
    "Restore the newest backup that passes, and find out who wrote to the file.")
AUDIT_CHECKPOINT_SIGNATURE = Message(
    "STO-115", "The signature of the checkpoint of {found} does not fit it: it was changed.",
    "Take another copy of the checkpoint, from where it was kept.")
AUDIT_OTHER_REGISTRY = Message(
    "STO-116", "The checkpoint is of the registry of {found}; this one is of {expected}.",
    "Give a checkpoint of this registry, or open that one.")
AUDIT_CHECKPOINT_KEY = Message(
    "STO-117", "The checkpoint of {day} is signed by a key that is not known here: {found}.",
    "Compare this fingerprint with that of whoever made the checkpoint. Until then it proves "
    "nothing.")

REGISTRY_MOVED_ON = Message(
    "STO-031", "{address}: others recorded something while {file} was checked. Nothing was "
    "written.", "Import the file again; what is recorded already is not counted twice.")
EXPORT_TOO_MANY_ROWS = Message(
    "STO-131", "{path}: {found} rows do not fit; a worksheet holds {expected}. Nothing was "
    "written.",
    "Choose fewer rows by area or date, or another format (csv, gpkg, parquet).")
EXPORT_UNKNOWN = Message(
    "STO-132", "{what} {found} cannot be exported. Nothing was written.",
    "Choose from: {expected}.")
RASTER_UNREADABLE = Message(
    "ASS-208", "{path} cannot be read as a contamination map: {found}.",
    "Draw the map anew: the same command without --update.")
# --- ASS: assess -------------------------------------------------------------------------------

ASSUMPTION_OUT_OF_RANGE = Message(
    "ASS-001",
    "Assumption {name}: value {value}, low {low}, high {high}; expected {expected}.",
    "Correct this row of the assumptions file.",
)
ASSESS_NO_HAZARDS = Message(
    "ASS-002",
    "There is no hazard on record, so there is nothing to draw on a map.",
    "Import the hazards first, for example: landrelease import hazards.geojson --into REGISTRY.",
    on_page="Bring the hazards in first.")
ASSESS_SHAPE = Message(
    "ASS-003",
    "Record {record}: its shape is {found}; expected a valid polygon with an area.",
    "Import the record again, so that it is repaired or put into quarantine.",
)
ASSESSMENT_MISSING = Message(
    "ASS-004",
    "The assessments do not match the hazards: {problem}.",
    "Assess the hazards again, then draw the map from that result.",
)
CELL_SIZE = Message(
    "ASS-005",
    "Cells of {cell_m} m: {problem}.",
    "Choose a cell size in metres that is above 0 and gives at most {limit} cells, "
    "for example --cell 100.",
)
RESIDUAL_FIELD = Message(
    "ASS-006",
    "Field {field}: found {found}; expected {expected}.",
    "Correct the field in the JSON input; docs/assess.md describes each field.",
)
RESIDUAL_PROBABILITY = Message(
    "ASS-007",
    "Field {field}: found {found}; a probability lies between 0 and 1.",
    "Give it as a share, for example 0.9 for 90 percent.",
)
RESIDUAL_PERFECT = Message(
    "ASS-008",
    "Field {field}: a detection probability of {found} would say that nothing can be missed.",
    "Give the result of blind trials, for example {{\"a\": 30, \"b\": 1}} for 29 of 29 found.",
)
RESIDUAL_DETECTION = Message(
    "ASS-501",
    "Assumption {name}: value {value}, low {low}, high {high}; expected low <= value <= high, each "
    "above 0 and below 1 (nothing finds all).",
    "Correct this row of the assumptions file, or give blind trials with --trials.",
    on_page="Ask whoever keeps the registry to correct this assumption.")
RESIDUAL_COVERAGE = Message(
    "ASS-009",
    "Field {field}: {found} of the area is covered; no more than 1 (100 percent) is possible.",
    "Give each piece of ground once in the overlay; passes on the same ground stand together.",
)
RESIDUAL_FINDS = Message(
    "ASS-010",
    "Field {field}: {found} found, but {problem}.",
    "Correct the number found, or record the pass or the evidence that found them.",
)
RESIDUAL_SIZE = Message(
    "ASS-011",
    "The input is too large to compute exactly: {problem}.",
    "Split the area into smaller strata, or join passes by the same operator.",
)
RESIDUAL_BEFORE_SURVEY = Message(
    "ASS-101",
    "Field {field}: the search is of {found}, before the survey of this ground on {expected}.",
    "Correct the date. A search from before the survey belongs to the evidence of the survey and "
    "would be counted twice here.",
)
RESIDUAL_ORDER = Message(
    "ASS-102",
    "Field {field}: the search is of {found}, but the pass listed before it is of {expected}.",
    "List the passes in the order of the work.",
)
RESIDUAL_BELOW_REACH = Message(
    "ASS-103",
    "Field {field}: search to {found} m is claimed, but the tool reaches {expected} m.",
    "Give the depth to which the tool detects; below it nothing counts as searched.",
)
RESIDUAL_NO_HAZARD = Message(
    "ASS-104",
    "There is no hazard {hazard} here that you may see.",
    "Give the identifier of one hazard as it is recorded.",
)
RESIDUAL_NO_AREA = Message(
    "ASS-105",
    "Hazard {hazard}: {problem}, so that no residual risk can be computed.",
    "Record the outline of the hazard, or describe the stratum as JSON.",
)
RESIDUAL_LEARN = Message(
    "ASS-107",
    "Only {found} pieces of cleared ground of other hazards have their finds on record; a prior is "
    "learned from {expected} or more.",
    "Leave out --learn, or record the finds of more clearance, zero included.",
)
TRIALS_ROW = Message(
    "ASS-106",
    "{file}, line {line}, field {field}: found {found}; expected {expected}.",
    "Correct the line in the file of blind trials; docs/assess.md describes its columns.",
)
SETTLEMENT_POSITION = Message(
    "ASS-012",
    "Settlement {record}: {field} is {found}; expected {expected}.",
    "Correct the settlement's record and import it again.",
)
# --- the contamination map ---
MAP_DETECTION = Message(
    "ASS-201",
    "A detection probability of {found}; expected 0 or more, and below 1 (nothing finds all).",
    "Give the share of items found in blind trials, for example 0.9.",
)
MAP_SWEPT = Message(
    "ASS-202",
    "A swept share of {found} in {cells} cells; a share lies between 0 and 1 (100 percent).",
    "Compute the coverage again; ground that was swept twice counts once.",
)
MAP_PROBABILITY = Message(
    "ASS-203",
    "A chance of {found} in {cells} cells; a probability lies between 0 and 1.",
    "Give the band of chances, as shares.",
)
MAP_DENSITY = Message(
    "ASS-204",
    "Density of shape {shape} and rate {rate} m² with cells of {cell} m² cannot be used.",
    "Give a shape above 0 and at most {most}, a cell of 0.000001 to 1,000,000 times the rate, and "
    "smaller cells where the shape is large.",
)
MAP_SHAPES_DIFFER = Message(
    "ASS-205",
    "Arrays do not match: {found}; expected float32 of one shape, stored row by row.",
    "Read both from grids of the same cells.",
)
MAP_PASS = Message(
    "ASS-206",
    "Search {record} cannot be used: {problem}.",
    "Correct the record; depth and accuracy are metres of 0 or more.",
)
MAP_GRID = Message(
    "ASS-207",
    "The standing map does not fit: {found}.",
    "Draw the map anew: the same command without --update.",
)

# Next survey action and type of an area.
SEARCH_NUMBER = Message(
    "ASS-301",
    "{name} is {found}; expected {expected}.",
    "Correct the number; docs/assess.md describes each of them.",
)
WEIGHT_UNKNOWN = Message(
    "ASS-302",
    "{name}: there is no such weight of evidence; {problem}.",
    "Use a name of the table in docs/assess.md, or correct the national extension.",
)
WEIGHT_OUT_OF_RANGE = Message(
    "ASS-303",
    "{name}: value {value}, low {low}, high {high}; expected {expected}.",
    "Correct this weight in the table or in the national extension.",
)
HAZARD_NOT_HERE = Message(
    "ASS-304",
    "There is no hazard {found} among those that you may see.",
    "Check the id: landrelease assess next REGISTRY lists them.",
    on_page="Check the id; the tables list the hazards.")

# Prior of land not yet surveyed, sequential survey

PRIOR_COLUMN_MISSING = Message(
    "ASS-401",
    "{file}: there is no column {found}. It has: {expected}.",
    "Write the column's name as it stands in the file.",
)
PRIOR_LABEL = Message(
    "ASS-402",
    "{file}, row {row}, column {field}: found {found}; expected 1 (found), 0 (searched and free) "
    "or -1 (not searched).",
    "Correct the cell. Leave it empty where nobody has searched.",
)
PRIOR_ROW = Message(
    "ASS-403",
    "{file}, row {row}: {found}.",
    "Give each row one cell for each heading, and each heading a name of its own.",
)
PRIOR_ONE_CLASS = Message(
    "ASS-404",
    "The labels are {found}: nothing can be learned from one class.",
    "Add cells with finds (1), and cells that were searched and are free (0) or at least cells "
    "that nobody has searched (-1).",
)
PRIOR_GROUPS_TOO_FEW = Message(
    "ASS-405",
    "The labelled cells lie in {found} group; the method is checked on groups that it has not "
    "seen.",
    "Give cells of at least two groups (municipalities), better ten; or --block KM, which makes "
    "blocks of ground out of the coordinates.",
)
PRIOR_NOTHING_TO_LEARN = Message(
    "ASS-406",
    "No column can be used, and there are no coordinates ({found}).",
    "Give both tables coordinates, or columns of the same name that differ inside a group.",
)
PRIOR_PLACE = Message(
    "ASS-407",
    "{file}, row {row}: coordinates {found}; expected {expected}.",
    "Correct the coordinates, or name other columns by --x and --y.",
)
PRIOR_NO_GROUPS = Message(
    "ASS-408",
    "{file}: {found}.",
    "Name the column of the municipality by --group; or give --block KM and coordinates.",
)
CELLS_NONE = Message(
    "ASS-409",
    "{file} holds no cell.",
    "Give a table with one row for each cell of ground.",
)
SURVEY_NOTHING_LEFT = Message(
    "ASS-410",
    "Every cell has been searched: there is nothing to order.",
    "Add cells that nobody has searched, labelled -1.",
)
SURVEY_BUDGET = Message(
    "ASS-411",
    "The budget is {found}; expected {expected}.",
    "Give --cells a whole number of at least 1, or --area a number above 0.",
)

SURVEY_RESULT = Message(
    "ASS-412",
    "{file}, row {row}: {found}.",
    "Each row names one cell of the table by its id, with 1 or 0 as its result.",
)
CELLS_TOO_MANY_FOR_TABLE = Message(
    "ASS-413",
    "Cells of {cell_m} m would make {found} rows; at most {limit} are made.",
    "Choose larger cells by --cell.",
)
CELLS_LAYER = Message(
    "ASS-414",
    "{file}: {found}.",
    "Give a layer that states its coordinate system and covers the cells.",
)

# --- PLN: plan ---------------------------------------------------------------------------------
NO_HAZARDS = Message(
    "PLN-001", "There is no hazard to plan for: {found}.",
    "Import suspected or confirmed hazardous areas that are still open.")
NO_TEAM_OF_KIND = Message(
    "PLN-002", "No team of kind {kind} is in the teams, and {why}.",
    "Add a row of kind {kind} with at least one team to the teams file.",
    on_page="Ask whoever keeps the registry to add a team of that kind to the teams.")
TEAM_VALUE_NOT_POSITIVE = Message(
    "PLN-003", "Teams, row {team}: {field} is {found}; expected {expected}.",
    "Enter the number from the team's own reports, or take the row out.",
    on_page="Enter the number from the team's own reports, or take the team out.")
PLAN_ASSUMPTION_OUT_OF_RANGE = Message(
    "PLN-004", "Assumption {name} is {found}; expected {expected}.",
    "Mend the row {name} of the assumptions file.",
    on_page="Ask whoever keeps the registry to mend this assumption.")
PLAN_ASSUMPTION_MISSING = Message(
    "PLN-005", "Assumption {name} is missing; the plan cannot be computed without it.",
    "Add the row {name} to the assumptions file, with its unit and source.",
    on_page="Ask whoever keeps the registry to add this assumption, with its unit and "
            "source.")
SHARES_ABOVE_ONE = Message(
    "PLN-006", "share_cancelled {cancelled} and share_reduced {reduced} together are above 1.",
    "Lower one of them: what is neither cancelled nor reduced is left for clearance.")
HAZARD_NOT_ASSESSED = Message(
    "PLN-007", "Hazard {hazard} has no assessment.",
    "Run the assessment on the same hazards as the plan.")
TASKS_DO_NOT_FIT = Message(
    "PLN-008", "Hazard {hazard}: its tasks cover {found} m², the hazard {expected} m².",
    "Cut the hazards again; a plan must not lose or invent ground.")
PLAN_VALUE_OUT_OF_RANGE = Message(
    "PLN-009", "{name} is {found}; expected {expected}.", "Give {name} another value.")
HAZARD_TWICE = Message(
    "PLN-010", "Hazard {hazard} is given twice.",
    "Each hazard is planned once: take the repeated record out.")
NO_WORK_POSSIBLE = Message(
    "PLN-011",
    "{found}, so no team can do any of the {stages} steps of the plan; expected a base within "
    "{expected} km of the land (beyond that a week is spent on the way).",
    "Give your own teams, with the coordinates of their bases, by --teams FILE.csv; where the "
    "bases are right, look whether longitude and latitude of the land are.",
    on_page="Look whether the bases of the teams, and longitude and latitude of the land, "
            "are right.")

PLAN_FILE_UNREADABLE = Message(
    "PLN-101",
    "{path} cannot be read as a plan or forecast: {found}.",
    "Make it again with `landrelease plan make` or `landrelease forecast make`.",
    on_page="Make it again.")
PLAN_IS_OLD = Message(
    "PLN-102",
    "{path} rests on another state of the registry: chain head {found}, now {expected}.",
    "Make the plan again from the present records with `landrelease plan make`.",
    on_page="Make the plan again from the present records.")
PLAN_OF_OTHERS = Message(
    "PLN-103",
    "{path} is a plan of another registry: none of its {found} areas, such as {area}, is on record "
    "here.",
    "Give the registry that the plan was made of, or make a plan of this one with `landrelease "
    "plan make`.",
    on_page="Make a plan of this registry.")
PLAN_AREAS_NOT_OPEN = Message(
    "PLN-104",
    "{path} is a plan of tables, and {found} of its areas are no open areas of this registry: "
    "{areas}.",
    "Correct the tables, or make the plan from the records with `landrelease plan make`.",
    on_page="Make a plan from the records of this registry.")

REACH_NO_ROAD = Message(
    "PLN-201", "{place} is {found} from the nearest road that can be used; expected at most "
    "{expected} m.",
    "Correct its coordinates, or add the road that leads to it.")
REACH_VALUE = Message(
    "PLN-202", "{name} is {found}; expected {expected}.", "Give {name} another value.")
REACH_SEGMENT_UNKNOWN = Message(
    "PLN-203", "There is no road segment {found} in the network.",
    "Take the number from the road network as it was read; a road that was split has /1, /2 ...")
REACH_TOO_WIDE = Message(
    "PLN-204", "The road network reaches from {found}; distances in one plane would be wrong.",
    "Read the network of one programme, at most {expected} degrees across.")

RANK_NOTHING = Message(
    "PLN-501", "There is nothing to rank: {found}.",
    "Give at least one criterion a weight above 0, and a registry with hazards.")
RANK_VALUE = Message(
    "PLN-502", "{name}: found {found}; expected {expected}.", "Correct the value.")
RANK_FILE = Message(
    "PLN-503", "{file}, {place}: found {found}; expected {expected}.",
    "Correct the file of weights; docs/rank.md shows one.")
RANK_NEEDS = Message(
    "PLN-504", "The criterion {name} needs {needs}.",
    "Give it, or take the criterion out of the file of weights.")
CASE_VALUE_WRONG = Message(
    "PLN-301", "{file}, line {row}: {field} is {found}; expected {expected}.",
    "Correct that line, or copy the file again from where it came.")
CASE_PART_MISSING = Message(
    "PLN-302", "{file}: the part {part} is missing.",
    "Check --format and that the file was copied whole.")
CASE_PART_UNKNOWN = Message(
    "PLN-303", "{file}: it has {part}, which are not planned.",
    "State them as renewable and nonrenewable resources, one of each.")
CASE_CIRCLE = Message(
    "PLN-304", "{file}: activities wait for each other in a circle: {found}.",
    "Take one of these precedences out.")
CASE_ACTIVITY_IMPOSSIBLE = Message(
    "PLN-305", "{file}: activity {activity} can never be done: it wants {found}; there are "
    "{expected}.",
    "Correct what the activity wants, or what there is.")
CASE_STOCK_TOO_SMALL = Message(
    "PLN-306", "{file}: nonrenewable resource {kind}: the thriftiest modes of all activities "
    "together use {found}; there are {expected}.",
    "Correct the stock, or add a mode that uses less.")
CASE_WITHOUT_PLAN = Message(
    "PLN-307", "{file}: no plan can keep within the nonrenewable resources; this is proved.",
    "Raise a stock, or add modes that use less of it.")
CASE_NO_PLAN_YET = Message(
    "PLN-308", "{file}: no plan was found within the time; none can end before period {bound}, if "
    "there is one at all.",
    "Give more --seconds or --iterations.")
CASE_MEMBER = Message(
    "PLN-309", "{file}: there is no file {found} in the archive.",
    "Name one after a #, for example {expected}.")

PLAN_CHANGE = Message(
    "PLN-511", "The change {found} is not understood; expected {expected}.",
    "Say it again as docs/plan.md shows.",
    on_page="Change it and ask again.")

# The problem read from records and from tables.
NO_LEAVE_TO_SURVEY = Message(
    "PLN-702", "No team may survey (NTS), so nothing can be planned: {found}.",
    "Record the accreditations of the survey teams, or give --renewed where they are about to be "
    "renewed.")

# --- MON: money --------------------------------------------------------------------------------

EXPENSE_FUND_UNKNOWN = Message(
    "MON-001", "{record}: its fund is {fund}, which names {found} funds.",
    "Name one fund by its id or identifier; until then the expense belongs to none.")
EXPENSE_NOT_EARMARKED = Message(
    "MON-002", "{record}: its {what} is {found}; fund {fund} is given for {expected}.",
    "Ask the donor, or book the expense on another fund. Until then it is taken off this fund and "
    "its phase.")
EXPENSE_EARMARK_UNKNOWN = Message(
    "MON-003", "{record}: its {what} is not reported; fund {fund} is given for {expected} alone.",
    "Record it, so that it can be checked.")
FUND_OVERSPENT = Message(
    "MON-004", "{record}: {at_least}{amount:,.2f} {currency} more is spent or bound than came in.",
    "Look for an expense that is booked twice or on the wrong fund, or for money not recorded.")
FUND_SPENT_EARLY = Message(
    "MON-005", "{record}: {amount:,.2f} {currency} were spent of a fund that is {state}.",
    "Record the day on which it came in, or who lent the money.")
RATES_DIFFER = Message(
    "MON-007", "{record}: {pair} on {day} is {rate:g}; {other} says {held:g}, which was used.",
    "Choose the publisher of the rates with --rates.",
    on_page="Ask whoever keeps the registry which publisher of rates holds.")
EXPENSE_NO_DAY = Message(
    "MON-008", "{record}: it states no day on which it was paid or is due; it is in the totals of "
    "every day, and in no month, no pace and no conversion into another currency.",
    "Record the day.")
EXPENSE_TWICE = Message(
    "MON-009", "{record}: same amount, currency, day, organisation and invoice ({document}) as "
    "{other}.",
    "Look at the invoice: where it was booked twice, set the amount of one of the two to 0 and say "
    "why; where both are right, tell their numbers apart. Until then both count.")
MONEY_NOTHING = Message(
    "MON-020", "There are no funds and no expenses that the role {role} may see.",
    "Import them (docs/money.md), or say whom you speak for with --organisation.",
    on_page="Bring them in, or sign in with an account of the organisation whose money it "
            "is.")
MONEY_CURRENCY = Message(
    "MON-021", "{found} is no code of a currency.", "Give three letters of ISO 4217, as USD.")
MONEY_RATE_SOURCE = Message(
    "MON-022", "No exchange rate was published by {found}.", "Publishers on record: {expected}.")
MONEY_PERIOD = Message(
    "MON-023", "The period from {since} until {until} is empty.",
    "The first day may not be after the last.")

PROBLEM_FILE_MISSING = Message(
    "PLN-703", "{folder}: the file {file} of the problem is not there.",
    "Add it; docs/plan.md names the files and their columns.")
PROBLEM_COLUMN_MISSING = Message(
    "PLN-704", "{file}: the column {column} is missing; found {found}.",
    "Add the column; docs/plan.md names the files and their columns.")
PROBLEM_CELL = Message(
    "PLN-705", "{file}, row {row}: {field} is {found}; expected {expected}.", "{remedy}")
PROJECTS_NOTHING = Message(
    "MON-030", "There are no projects that the role {role} may see.",
    "Import them with --kind project (docs/money.md).",
    on_page="Bring them in first.")

# --- OPS: gates, work of the day ---------------------------------------------------------------
GATE_VALUE = Message(
    "OPS-001", "{name}: found {found}; expected {expected}.", "Correct the value.")

# --- VER: verify -------------------------------------------------------------------------------

INSPECTION_COUNT = Message(
    "VER-001",
    "{field} is {found}; expected a whole number {expected}.",
    "Correct the number, for example: landrelease verify sample --lot 400 --tolerable 5 "
    "--detection 0.9 --confidence 0.95.",
    on_page="Correct the number.")
INSPECTION_PROBABILITY = Message(
    "VER-002",
    "{field} is {found}; expected a number {expected}.",
    "Give it as a share, for example 0.9 for 90 percent.",
)
INSPECTION_TOO_WEAK = Message(
    "VER-003",
    "Even an inspection of all {lot} units that finds {detection} of the defects accepts a lot "
    "with {tolerable} defects with probability {accept}; at most {allowed} is allowed.",
    "Inspect with a better method, inspect twice, or tolerate more defects.",
)
NO_TRIALS = Message(
    "VER-004",
    "No trial with seeded targets is of the method inspection; found: {found}.",
    "Give trials in which inspectors searched (method inspection), or state --detection.",
    on_page="Record trials in which inspectors searched (method inspection).")

# --- INS: inspection of lots -------------------------------------------------------------------

LOT_SETTING = Message(
    "INS-001", "{name} is {found}; expected {expected}.", "Correct the value.")
LOT_TOO_MANY_UNITS = Message(
    "INS-002", "Squares of {unit_m} m cut this ground into {found} units; at most {expected} can "
    "be handled.", "Take larger squares with --unit, or form smaller lots with --size.",
    on_page="Take larger squares, or form smaller lots.")
INSPECTED_LOT = Message(
    "INS-003", "Lot {lot}: {name} is {found}; expected {expected}.",
    "Correct the record of the inspection.")
LOT_WITHOUT_GROUND = Message(
    "INS-004", "Task {task} has no completed ground outside the lots that it has: {reason}.",
    "Record cleared or searched ground (kind outcome) whose activity belongs to the task, with its "
    "follow-up, then form lots.")
LOT_UNKNOWN = Message(
    "INS-005", "There is no lot {found}.", "landrelease verify lots shows the lots of a task.",
    on_page="The page of inspection shows the lots of a task.")
LOT_MOVED = Message(
    "INS-006", "Lot {lot} was recorded with {expected} units; the records of then give {found}.",
    "landrelease audit says whether the past was changed; form the lot anew.",
    on_page="Ask whoever keeps the registry whether the past was changed; form the lot "
            "anew.")
LOT_RESULT = Message(
    "INS-007", "Lot {lot}, {name}: found {found}; expected {expected}.", "Correct the result.")
LOT_STOPPED = Message(
    "INS-008", "No further lot of {teams} is inspected: {reason}.",
    "Record what was found and put right (corrected_on) for the rejected lots, and have the "
    "authority close them (closed_on).")
LOT_NOT_AGAIN = Message(
    "INS-009", "Lot {lot} cannot be inspected again: {reason}.",
    "A lot is inspected again after it was rejected and cleared again: record the day "
    "(verify correct) and the new search (kind outcome, its activity), with the proof that it "
    "covers the lot (operate proof --store, operate measured --store).",
    on_page="A lot is inspected again after it was rejected and cleared again: record the "
            "day and the new search, with the proof that it covers the lot.")

# --- FOR: forecast -----------------------------------------------------------------------------

FORECAST_SETTING = Message(
    "FOR-001",
    "The forecast cannot run with {name} = {found}; expected {expected}.",
    "Give a value in that range, for example {example}.",
)
ASSUMPTION_MISSING = Message(
    "FOR-002",
    "The assumptions hold no value for {name}.",
    "Add a row named {name} to the file of assumptions, with value, low, high, unit and source.",
)
ASSUMPTION_RANGE = Message(
    "FOR-003",
    "The assumption {name} has low {low}, value {value}, high {high}; expected {expected}.",
    "Put the three numbers in order and within the range in the file they came from; where nothing "
    "is uncertain, all three are equal.",
)
SHARES_DO_NOT_ADD_UP = Message(
    "FOR-004",
    "share_cancelled {cancelled}, share_reduced {reduced} and share_cleared {cleared} add up to "
    "{total}; expected 1.",
    "Change the three values so that each square metre has exactly one outcome.",
)
CURRENCIES_DIFFER = Message(
    "FOR-005",
    "The teams are paid in different currencies: {found}.",
    "State cost_per_day of all teams in one currency; no exchange rate is assumed.",
)
FORECAST_TOO_LARGE = Message(
    "FOR-006",
    "{runs} runs with {bins} points of the curve need {found} of memory; expected at most "
    "{expected}.",
    "Ask for fewer runs; 500 are enough for the quantiles that are reported.",
)
FORECAST_NO_TEAMS = Message(
    "FOR-007",
    "On {day} no team was at work: nothing that is open can be done, and there is no finish.",
    "Record the teams that are at work, or their daily reports; to see what teams would be needed, "
    "make a plan with them and forecast it.",
)
SCENARIO_WRONG = Message(
    "FOR-009",
    "{file}: {field} is {found}; expected {expected}.",
    "Correct the scenario; docs/forecast.md lists what one can change.",
)
SCENARIO_UNREADABLE = Message(
    "FOR-010",
    "{file}: the scenario cannot be read ({found}).",
    "Give a file in YAML or JSON with a `name` and the changes; docs/forecast.md has an example.",
)
FORECAST_FEW_RUNS = Message(
    "FOR-011",
    "Forecast {name} has {runs} runs, too few for an interval; expected at least {expected}.",
    "Make it again with more runs; 500 are usual. On file it may stay: only what is in force is "
    "shown to all.",
)
FORECAST_NO_AREAS = Message(
    "FOR-008",
    "On {day} no hazardous area was on record: there is nothing to forecast.",
    "Import the areas first; a programme without areas is not a programme that is done.",
)

# --- PUB: publish ------------------------------------------------------------------------------
PUB_NOT_FOR_ROLE = Message(
    "PUB-001",
    "This reader may not see the hazards themselves, so a map for planners would look empty.",
    "Make the page for the public, or publish for a role that may see hazards.",
)
PUB_COORDINATES = Message(
    "PUB-002",
    "{record}: {x}, {y} is not a longitude and latitude that a map can show.",
    "Mend the record: longitude -180 to 180, latitude -85 to 85, in degrees on WGS 84.",
)
PUB_NOT_SET = Message(
    "PUB-003",
    "The PDF could not be set: {reason}.",
    "Report this with the words above; the page holds the same content and can be printed.",
)
PUB_PUBLIC_FACTS = Message(
    "PUB-004",
    "The page for the public was given {found}.",
    "Give it coarse cells of positive width and polygons in longitude and latitude.",
)
PLACE_NOT_UNDERSTOOD = Message(
    "PUB-010", "{found!r} is not understood as a place, or it can be read in two ways.",
    "Write latitude, then longitude, such as 44.2083, 17.6612 or 44°12'30\" N 17°39'40\" E; or a "
    "grid reference such as 33T YJ 12345 67890 (WGS 84).")
NAME_NOT_FOUND = Message(
    "PUB-011", "No community or area called {found!r} is on record.",
    "Try another spelling or a part of the name, or ask by coordinates. That a name is not on "
    "record says nothing about its ground: treat it as dangerous.")
AREA_OF_FEW_CORNERS = Message(
    "PUB-012", "An area needs three to {most} different corners; there are {found}.",
    "Give the corners in their order, one in each line.")
QUESTION_OF_ONE_KIND = Message(
    "PUB-013", "A question is about one place; {found} were stated.",
    "State one of --at, --place and --area.")
REPORT_EMPTY = Message(
    "PUB-020", "The report says nothing.", "Write what was seen or heard, and where.")
REPORT_PHOTOGRAPH = Message(
    "PUB-021", "The photograph is {found}; expected {expected}.",
    "Send the report without a photograph. Never go nearer to take another one.")
REPORT_PHOTOGRAPH_LARGE = Message(
    "PUB-026", "The photograph is larger than {most} MB: nothing was kept.",
    "Send the report without a photograph. Never go nearer to take another one.")
REPORTS_WAIT = Message(
    "PUB-022", "Many reports came from here just now: the next one can be sent in {seconds} "
    "seconds.", "Wait, or call whoever the page names.")
REPORT_FORM_OLD = Message(
    "PUB-023", "The form was open for too long, or did not come from this server.",
    "Load the form again and send it once more; nothing was kept.")
REPORT_CODE_UNKNOWN = Message(
    "PUB-024", "There is no report with this code here.",
    "Look at the code again: it is sixteen signs, 0 to 9 and A to F. A report that was sent "
    "elsewhere, or was erased, is not known here.")
LOOK_UPS_WAIT = Message(
    "PUB-025", "Many codes were asked for from here just now: the next one can be asked for in "
    "{seconds} seconds.", "Wait, or call whoever the page names.")
REPORT_TO_LOOK_AT = Message(
    "PUB-030", "{file} came from the public and nobody has looked at it.",
    "Look at what is near it and ask back where you can. Then check the row again: it becomes a "
    "record; or reject it with a reason.")
REPORT_BY_PROGRAM = Message(
    "PUB-033", "{file}: a field of the form that people do not see was filled in: a program may "
    "have sent this report, or a browser that fills in all fields.",
    "Read it as every report: it counts until somebody rejects it with a reason.")
COMPLAINT_UNKNOWN = Message(
    "PUB-031", "No complaint {found!r} is on record for this reader.",
    "Look at the list: complaint list. One that still waits is a row: quarantine retry makes a "
    "record of it.")
COMPLAINT_VALUE = Message(
    "PUB-032", "{record}: {name} is {found}; expected {expected}.",
    "Put it right and send it again; nothing was recorded.")
LAYOUT_WRONG = Message(
    "PUB-040", "{file}, {entry}: found {found}; expected {expected}.",
    "Mend the entry, or take it out: without it documents are as they ship.")
DOCUMENT_FORMAT = Message(
    "PUB-041", "--out {found}: a document is written as {expected}.",
    "Give the file an ending that says which, for example report.pdf or report.xlsx.")

# --- ACC: access -------------------------------------------------------------------------------

NOT_FOR_ROLE = Message(
    "ACC-101",
    "The role {role} may not have this: {subject}.",
    "Name a role that may, with --as: {roles}.",
    on_page="Sign in with an account that has one of these roles: {roles}.")
ROLE_UNKNOWN = Message(
    "ACC-001", "There is no role {found}.",
    "Roles are: {expected}. Without a role it is the public's view.")
CELL_SIZE_REFUSED = Message(
    "ACC-002", "{field} is {found}; expected {expected}.",
    "Give a length in metres, for example 1000 for cells of 1 km.")
GRID_LEFT = Message(
    "ACC-003",
    "{record} lies {found} from {longitude}, {latitude}, the centre of the public's grid of cells; "
    "the grid serves up to {expected}.",
    "Check the record's coordinates. The grid was fixed at the first publication and is not moved, "
    "because a second grid would show hazards more exactly: publish a programme elsewhere from a "
    "registry of its own.")
GRID_SETTING = Message(
    "ACC-004", "The registry's setting {name} reads {found!r}; expected {expected}.",
    "Restore the registry from a copy: the setting was written at the first publication.")
AREA_UNKNOWN = Message(
    "ACC-005", "There is no area {found}.",
    "Give the id or the name of a recorded administrative area, a polygon as WKT in degrees, or "
    "west,south,east,north.")
SMALL_COUNT_SETTING = Message(
    "ACC-006", "The registry's setting small_count_minimum reads {found!r}; expected a whole "
    "number of 1 or more.",
    "Restore the registry from a copy, or make it anew with the setting of the programme.")
REASON_MISSING = Message(
    "ACC-007", "Personal values are shown only for a reason, and none was given.",
    "Say why with --reason; it is kept in the registry.")
NOTHING_TO_SHOW = Message(
    "ACC-008", "Nothing personal is kept of {record}.",
    "It was never recorded, or was erased; `landrelease history` shows what was.")

# --- SIG: keys and signatures ------------------------------------------------------------------

KEY_NOT_READABLE = Message(
    "SIG-001", "{file} holds {found}, not a private key (Ed25519, PKCS#8 PEM).",
    "Give the key file that `landrelease identity new` made.",
    on_page="Choose the file of your own private key.")
KEY_PASSPHRASE = Message(
    "SIG-002", "The passphrase of {file}: {found}.",
    "Enter it when asked, or set LANDRELEASE_PASSPHRASE.")
KEY_OF_NOBODY = Message(
    "SIG-003", "No person of this registry has the key {found}.",
    "Record the person first: `landrelease identity new REGISTRY KEYFILE --name NAME`.",
    on_page="Ask whoever keeps the registry to record the person and the key first.")
KEY_MISSING = Message(
    "SIG-004", "There is no key file {file}.",
    "Give the file that `landrelease identity new` made.")
PERSON_UNKNOWN = Message(
    "SIG-005", "There is no person {found} with a key.",
    "`landrelease identity list REGISTRY` shows them.", "The page of keys shows them.")
LEVEL_UNKNOWN = Message(
    "SIG-006", "There is no level of validation {found}.", "Levels: {expected}.")
KEY_IN_USE = Message(
    "SIG-007", "{name} has a key that counts.",
    "End it first with `landrelease identity revoke`; give a second person of that name a name "
    "that tells them apart.", "End it first on the page of keys.")
FINGERPRINT_DIFFERS = Message(
    "SIG-008", "The recorded key has the fingerprint {found}, not {expected}.",
    "Do not vouch. Ask the person to read out the fingerprint of their key again.")
MAY_NOT_VOUCH = Message(
    "SIG-009", "{name} may not vouch for the keys of others, or their key does not count now.",
    "`landrelease identity list REGISTRY` shows who may.",
    on_page="Ask whoever keeps the registry who may.")
REASON_NEEDED = Message(
    "SIG-010", "{record} has the level {found}; {expected} withdraws it.",
    "Say why with --reason.",
    on_page="Give the reason.")
CONTESTED = Message(
    "SIG-011", "Offices say different things of {record}.",
    "Settle it first: `landrelease exchange conflicts REGISTRY`.",
    on_page="Ask whoever keeps the registry to settle it first.")
PASSPHRASE_SHORT = Message(
    "SIG-012", "The passphrase has {found} characters; expected at least {expected}.",
    "Take four or more words, or say --no-passphrase where the disk itself is encrypted.")
SIGN_OFF_RELEASES = Message(
    "SIG-013", "{record} says that land is released ({found}); a sign-off does not release it.",
    "Land is released with `release propose` and `release sign`, with the evidence and the "
    "checklist in front of the authority. Lower levels validate what was recorded.",
    on_page="Land is released by a proposal that is signed, with the evidence and the "
            "checklist in front of the authority. Lower levels validate what was recorded.")
ROLE_DECIDES_NOT = Message(
    "SIG-014", "{person} may not decide {what}: {found}; this is for {expected}.",
    "Somebody with that role signs, or somebody who may vouch gives the person the role: "
    "`landrelease identity vouch REGISTRY PERSON --role ROLE --key KEYFILE --fingerprint ...`.",
    on_page="Somebody with that role signs, or somebody who may vouch gives the person the "
            "role.")
ROLE_OF_PERSON = Message(
    "SIG-015", "{found} is no role of a person.", "Roles: {expected}.")
CHECKPOINT_NOT_READABLE = Message(
    "CHK-001", "{file} is no checkpoint: {found}.",
    "Give a file that `landrelease checkpoint` wrote.")

# --- LIN: lineage of areas ---------------------------------------------------------------------

LINEAGE_OUTSIDE = Message(
    "LIN-001", "{record}: part {part} reaches {found} outside the area. Nothing was written.",
    "Draw the part inside the recorded boundary; record work outside as an area of its own (S02).")
LINEAGE_OVERLAP = Message(
    "LIN-002", "{record}: part {part} overlaps another part by {found}. Nothing was written.",
    "Draw the parts side by side: each square metre belongs to one.")
LINEAGE_NOTHING = Message(
    "LIN-003", "{record}: there is nothing to divide or to join.",
    "Give parts with an area, or at least two areas with a shape.")
LINEAGE_NOT_COVERED = Message(
    "LIN-004", "{record}: the given shape leaves out {found} of the areas that it joins. Nothing "
    "was written.", "A hazard only grows (S01): draw the shape around all of them.")

SHAPES_MISSING = Message(
    "LIN-005", "{file}: {found} of {expected} rows have a shape.",
    "Give a file (GeoJSON, GeoPackage, Shapefile, KML) in which every row is a polygon.",
    on_page="Draw every part as a polygon.")
EDIT_NOT_VALID = Message(
    "LIN-006", "{record} in {kind} was edited by another program: {found}.",
    "Mend it here, or reject it; the record stays as it was.")

# --- EXT: national extensions ------------------------------------------------------------------

EXTENSION_NOT_READABLE = Message(
    "EXT-001", "{file}, {entry}: found {found}, expected {expected}.",
    "docs/records.md shows what may stand there.")
EXTENSION_LOADED = Message(
    "EXT-002", "The registry has the extension {found} already; {file} takes away or changes "
    "{entry}.",
    "An extension only grows: keep what is there, and add.")

# --- EXC: exchange between offices -------------------------------------------------------------

PACKAGE_NOT_READABLE = Message(
    "EXC-001", "{file} cannot be taken in: {found}. Nothing was written.",
    "Copy it again from where it was made, or ask that office for a new package.")
PACKAGE_SIGNATURE = Message(
    "EXC-002", "{file}: the signature of {office} does not fit it. Nothing was written.",
    "It was changed on its way. Ask that office for a new package.")
PACKAGE_KEY_CHANGED = Message(
    "EXC-003", "{file}: {office} sealed it with another key than before ({found}; before: "
    "{expected}). Nothing was written.",
    "Compare the new fingerprint with that office by voice; then give --accept-key.")
EXTENSION_MISSING = Message(
    "EXC-004", "{file}: the records of {office} need the national extension {found}... that is not "
    "loaded here. Nothing was written.",
    "Load it with `landrelease extension load REGISTRY FILE`, then take the package in again.")
NO_CONFLICT = Message(
    "EXC-005", "Offices do not disagree about {record}.",
    "`landrelease exchange conflicts REGISTRY` lists where they do.")
CHOICE_NOT_THERE = Message(
    "EXC-006", "{record}: nothing that was said begins with {found}.",
    "Choose one of: {expected}.")
PACKAGE_SYNTHETIC = Message(
    "EXC-007", "{file}: the records of {office} are synthetic (made up), those here are not. "
    "Nothing was written.",
    "Take it into a registry of its own: landrelease init NEW.gpkg.")

# --- REL: release, certificates, reopening ----------------------------------------------------

CHECKLIST_NOT_READABLE = Message(
    "REL-001", "{file}: {entry} is {found}; expected {expected}.",
    "Mend the checklist; docs/release.md shows one.")
RELEASE_NO_HAZARD = Message(
    "REL-002", "{hazard} is no area that is hazardous now: {found}.",
    "Name the id of an area or part that is still open; `landrelease area lineage` shows parts.",
    on_page="Name the id of an area or part that is still open; the page of the record "
            "shows its parts.")
RELEASE_NO_GROUND = Message(
    "REL-003", "{hazard}: nothing of the shape in {file} lies inside the recorded boundary.",
    "Check the file and its coordinate system. A boundary is never enlarged (S02).")
RELEASE_MACHINE_ONLY = Message(
    "REL-004", "{hazard}: {found} of this ground were searched by machine or animal only "
    "({records}). They cannot be proposed as cleared (S07).",
    "Record the follow-up that the national standard asks for, or leave that ground out with "
    "--ground.",
    on_page="Record the follow-up that the national standard asks for, or leave that ground"
            " out.")
RELEASE_ANSWERS = Message(
    "REL-005", "{file}, line {line}: {field} is {found}; expected {expected}.",
    "Answer in the checklist.csv that `release propose` wrote, then propose again with --answers.",
    on_page="Answer the checklist again, then propose again.")
RELEASE_PROPOSAL_UNKNOWN = Message(
    "REL-006", "{found}: there is no such proposal in this registry.",
    "Give the proposal.json that `release propose` wrote, or the id of its release.",
    on_page="The page of releases shows what there is.")
RELEASE_PROPOSAL_CHANGED = Message(
    "REL-007", "{file} is not what was proposed: its content was changed ({found}).",
    "Propose again; what is signed is the proposal that the registry holds.")
RELEASE_NO_AUTHORITY = Message(
    "REL-010", "{person} may not release land: {found}.",
    "A person whose vouched key is on record with the role authority has to sign.")
RELEASE_BLOCKED = Message(
    "REL-011", "{release} cannot be signed; {count} items of the checklist are not met: {found}.",
    "Complete the records or answer the items, then propose again.")
RELEASE_STALE = Message(
    "REL-012", "{release}: records behind it changed since it was proposed: {found}.",
    "Look at what changed, then propose again.")
RELEASE_SIGNED = Message(
    "REL-013", "{release} is signed already.", "`landrelease release lookup` shows its state.",
    on_page="The page that looks up certificates shows its state.")
RELEASE_PARTS_EXIST = Message(
    "REL-014", "{hazard} has parts on record already ({found}).",
    "Propose the release of its parts.")
RELEASE_NOT_VALID = Message(
    "REL-015", "{release} is {found}.", "Only ground whose certificate is valid is handed over.")
RELEASE_HANDED_OVER = Message(
    "REL-031", "{release} was handed over on {day}.",
    "Ground is handed over once. A number or a use that is wrong is corrected with "
    "`landrelease release handover --correct WORDS`, signed by the authority as well.",
    on_page="Ground is handed over once. A number or a use that is wrong is corrected on the "
            "command line, signed by the authority as well.")
RELEASE_UNKNOWN = Message(
    "REL-020", "There is no certificate {found}.",
    "Give the id of the release, or the code as it is printed on the certificate.")
RELEASE_CODE_WRONG = Message(
    "REL-021", "{found} is no code of a certificate: its check symbols do not fit.",
    "Compare it with the certificate, symbol by symbol.")
RELEASE_REASON = Message(
    "REL-022", "A certificate is revoked with a reason.", "Give it with --reason.",
    on_page="Give the reason.")
RELEASE_OPTION = Message(
    "REL-023", "{option} is {found}; expected {expected}.", "See the command's --help.",
    on_page="Change it and ask again.")
RELEASE_WITHOUT_PROPOSAL = Message(
    "REL-024", "{release}: no proposal stands behind it here, so there is nothing to print.",
    "Ask the office that released it for its package with the files (exchange pack).")
RELEASE_BY_PROPOSAL = Message(
    "REL-025", "{hazard}: ground is released with the checklist in front of whoever signs, not by "
    "this command.", "`landrelease release propose`, then `landrelease release sign`.")
ADOPTION_FILE = Message(
    "REL-026", "{file}, {field}: found {found}; expected {expected}.",
    "docs/release.md describes the list of closings.")
TEMPLATES_UNKNOWN = Message(
    "REL-030", "{folder}: {found}; expected one or more of {expected}.",
    "Copy the templates that ship with the package, and change what you want to change.")

# --- UPK: backup and restore -------------------------------------------------------------------

BACKUP_DIFFERS = Message(
    "UPK-001", "{address} does not hold what {path} holds: {found}, expected {expected}.",
    "Keep both and try again at another place; the disk or the connection may be failing.")
BACKUP_UNSOUND = Message(
    "UPK-002", "{path} does not pass its audit: {count} findings, the first: {found}",
    "`landrelease audit` lists them all. Restore an older backup, or give --anyway.")
BACKUP_NO_ROOM = Message(
    "UPK-003", "{place} has {found} of free space; the copy needs {expected}.",
    "Give a place on another disk, or remove what is not needed there; nothing was written.")
BACKUP_NO_ACCOUNTS = Message(
    "UPK-004", "{path} is no file of accounts: nothing is there.",
    "Give the file that `serve` uses (beside the registry, or its --accounts), or leave it out.")
BACKUP_FILES_DAMAGED = Message(
    "UPK-005", "{path} is damaged: not all plans and forecasts can be read from it.",
    "Take another copy of the backup; or move this file away, and restore the registry without "
    "them. Nothing was changed.")

# --- CLI: the command line ---------------------------------------------------------------------

DEMO_DATA_MISSING = Message(
    "CLI-101",
    "{folder} has no {name}.",
    "Give the folder that holds all layers of the demo; DATA_SOURCES.md lists them.",
)
BAD_OPTION = Message(
    "CLI-103",
    "{option}: {found} cannot be read; expected {expected}.",
    "See the command's --help for an example.",
    on_page="Correct it and ask again.")
OUT_NOT_WRITABLE = Message(
    "CLI-104",
    "{path} cannot be written: {found}.",
    "Choose another place with --out, or free space on the disk.",
)
FIGURE_UNKNOWN = Message(
    "CLI-105",
    "There is no figure {found}.",
    "`landrelease figures list REGISTRY` lists them all.",
    on_page="The page of figures lists them all.")
RECORD_UNKNOWN = Message(
    "CLI-106",
    "There is no record {found}.",
    "Record ids stand in the first column of `landrelease export`.",
    on_page="Look for it in the tables, which show each record by its id.")
PORT_TAKEN = Message(
    "CLI-107",
    "Port {port} cannot be used: {found}.",
    "Choose another with --port, or leave it out for any free one.",
)

# --- TRK: tracks of machines, detectors and people -----------------------------------------------
TRACK_ROW = Message(
    "TRK-001", "{file}, row {row}: {field} is {found}; {count} rows on end cannot be used.",
    "The ground under them counts as not covered. Export the log again, or search that ground "
    "again.")
TRACK_PLANE_FILE = Message(
    "TRK-002", "{file}: metres are asked for, and a {found} file holds degrees.",
    "Leave out --plane, or give a CSV with the columns time, x, y, pass.")
TRACK_GAP = Message(
    "TRK-003", "{file}, row {row}: {seconds} s without a usable fix, {metres} m apart "
    "({count} such steps on end); at most {gap:g} s count.",
    "That stretch counts as not covered: drive it again, or check the receiver.")
TRACK_LONG = Message(
    "TRK-017", "{file}, row {row}: {metres} m from the fix before it, {count} times; at most "
    "{step:g} m count, because nothing shows how the tool came there.",
    "Log more often, at least one fix each second; else work this ground again. --step-limit says "
    "another limit.")
TRACK_TOO_FAST = Message(
    "TRK-004", "{file}, row {row}: {found_m_s} m/s over {count} steps; the tool works up to "
    "{speed:g} m/s.", "That stretch counts as not covered: drive it again, slower.")
TRACK_LEAP = Message(
    "TRK-005", "{file}, row {row}: a leap of {metres} m in {seconds} s, {count} fixes; nothing "
    "moves faster than {leap:g} m/s here.",
    "These fixes are not used and the steps around them count as not covered. Check the antenna's "
    "view of the sky.")
TRACK_CLOCK_BACK = Message(
    "TRK-006", "{file}, row {row}: the clock goes back by {seconds} s (minus: back).",
    "The step counts as not covered. Check that the log was not joined from two in the wrong "
    "order.")
TRACK_SAME_TIME = Message(
    "TRK-007", "{file}, row {row}: {count} fixes at the same time {metres} m apart.",
    "These steps count as not covered. Log with fractions of a second.")
TRACK_DOUBLED = Message(
    "TRK-008", "{file}, row {row}: {count} fixes stand twice, same time and place.",
    "They are left out; nothing is lost.")
TRACK_ZERO = Message(
    "TRK-009", "{file}, row {row}: {count} fixes at latitude 0, longitude 0: no position.",
    "They and the steps around them count as not covered. Let the receiver find its position "
    "before work begins.")
TRACK_FAR = Message(
    "TRK-010", "{file}, row {row}: {count} fixes lie more than {far:g} m outside the task.",
    "They are not counted. Check that it is this task's track, and that latitude and longitude "
    "are not exchanged.")
TRACK_UNREADABLE = Message(
    "TRK-018", "{file}: none of {count} rows can be read; row {row}: {field} is {found}.",
    "Each row needs a time (ISO 8601, or seconds) and a place in numbers; a decimal comma is read "
    "in a file whose cells stand apart by ; or tabs. engaged is 1 or 0, depth_m is metres, from 0. "
    "Correct the export of the log.")
TRACK_WITHOUT_FIX = Message(
    "TRK-019", "{file}: no position with a time and a fix.",
    "Check that the logger had a receiver with a fix, and that the file is the log itself.")
TRACK_SHALLOW = Message(
    "TRK-011", "{file}, row {row}: depth {found_m} m over {count} steps (nan: not stated); the "
    "task asks for {depth:g} m.", "That stretch counts as not covered to the depth asked for.")
TRACK_SIDEWAYS = Message(
    "TRK-012", "{file}, row {row}: over {count} steps the way and heading_deg are more than "
    "{sideways:g} degrees apart.",
    "The tool swung or slid there: that stretch counts as not covered. Check the heading sensor.")
TRACK_HEADING_UNKNOWN = Message(
    "TRK-013", "{file}, row {row}: over {count} steps nothing says where the machine points, and "
    "the tool is not at the antenna.", "Those steps count as not covered. Log heading_deg.")

TRACK_BACKWARDS = Message(
    "TRK-032", "{file}, row {row}: {count} steps on end run against heading_deg, as more than half "
    "of the way of this log does; the tool would lie on the wrong side of the antenna.",
    "Those steps count as not covered. Turn heading_deg by 180 degrees where it is that of the "
    "receiver and not of the machine, or correct the sign of --tool-forward and --tool-right.")
TRACK_BETWEEN = Message(
    "TRK-020", "{file}, row {row}: {count} steps on end beside a leap: they last less than "
    "{settle:g} s, or other places contradict this one.",
    "At one side of a leap the place is false. These steps count as not covered: drive this ground "
    "again. If the machine was carried there, give each place a pass of its own.")
TRACK_WORSE = Message(
    "TRK-021", "{file}, row {row}: over {count} steps on end the fix is {fix}, not as good as the "
    "best of the log or as asked for.",
    "The error that was stated does not hold there: these steps count as not covered. Wait for "
    "the correction, or say with --least-fix what kind of fix the stated error holds for.")
TRACK_EXCHANGED = Message(
    "TRK-022", "{file}, row {row}: {count} steps on end belong to a track of which more lies in "
    "the task with its axes exchanged.",
    "Nothing of it counts. Check the order of latitude and longitude, or of x and y, in the "
    "export.")
TRACK_TOOL_NOT_LOGGED = Message(
    "TRK-023", "{file} does not say whether the tool was engaged: the whole log counts.",
    "Cut off the way there and back and all driving without the tool, or log engaged (1 or 0).")
TRACK_NOT_IN_TASK = Message(
    "TRK-024", "{file}: none of {count} fixes lies in the task.",
    "Check that it is this task's track, the day, and the datum of the receiver.")
TRACK_MANY_PASSES = Message(
    "TRK-025", "{file}: the pass changes at {count} of {all} fixes.",
    "Between passes nothing counts. The column pass names the pass over the ground, not the fix.")
TRACK_AXES_UNTOLD = Message(
    "TRK-026", "{file}: with its axes exchanged the track would fit the task as well.",
    "Nothing in the log shows which is right: look at one fix whose place is known, or log "
    "heading_deg.")
TRACK_CUT_OFF = Message(
    "TRK-027", "{file} ends at row {row} while the tool may work and moves on at {found_m_s} m/s, "
    "and the ground ahead of it is not proven covered: the log may have been cut off.",
    "Ask for the whole log; else the ground ahead counts as not covered. Let the logger run until "
    "the machine stands.")
TRACK_COLUMNS_UNUSED = Message(
    "TRK-028", "{file}: columns that are not used: {found}.",
    "If one of them says whether the tool worked, how deep, or how good the fix was, give it the "
    "heading that is read: {expected}. While the heading of one has tool, raise or lift in it, or "
    "fix, quality, rtk, solution or valid and its cells differ, no row counts as engaged "
    "(TRK-016): take that column out where it does not say it.")

TRACK_DEPTH_UNIT = Message(
    "TRK-029", "{file}, row {row}: depth_m is {found} ({count} such rows); tools work down to "
    "{deepest:g} m.",
    "No depth of this log counts, because it is in another unit or wrong: export it in metres. The "
    "setting deepest_tool_m says another limit.")
TRACK_AGAIN = Message(
    "TRK-030", "{file}, row {row}: {count} fixes hold the places of {other} from row {first} on, "
    "in the same order, always {seconds:g} s later.",
    "Nobody drives a way again to the last digit: it is one log with two clocks. These fixes are "
    "left out, so that the way counts once; where the two differ, the worse counts.")
TRACK_TOOL_TURNED = Message(
    "TRK-033", "{file}: the tool seems to work outside the task and to rest in it.",
    "What the log says of the tool may mean the opposite: none of it counts for certain. Correct "
    "the column, or cut the log where the work on this task begins and ends.")
TRACK_HEADING_TWICE = Message(
    "TRK-031", "{file}: the heading {found} stands {count} times.",
    "Which of these columns holds, nobody can tell: keep one of them, and give the others another "
    "heading.")

# --- CLM: published numbers -----------------------------------------------------------------------
CLAIMS_WITHOUT_COLUMNS = Message(
    "CLM-001", "{file}: none of the columns metric, value and words is there; found {found}.",
    "Give the file the columns source, published, as_of, scope, metric, value, unit, words; "
    "`landrelease claims example OUT.csv` writes one.",
    on_page="Give the file the columns source, published, as_of, scope, metric, value, "
            "unit, words.")
CLAIMS_COLUMN_TWICE = Message(
    "CLM-003", "{file}: the column {found} is there more than once.",
    "Keep the one that holds the claims and give the other another name.")
CLAIMS_NOT_RECORDED = Message(
    "CLM-002", "The registry holds no claims that this reader may see.",
    "Name a file of claims, or import one: landrelease import claims.csv --kind claim --into "
    "REGISTRY.",
    on_page="Choose a file of claims, or bring one in as records first.")
TRACK_SHRANK = Message(
    "TRK-014", "{file} became shorter while it was followed: {found} bytes.",
    "The logger began a new file. Prove both afterwards, each with --track.")
TRACK_NOT_FOLLOWED = Message(
    "TRK-015", "{file} cannot be followed.",
    "Follow one log that grows at its end: .csv, .gpx, .nmea, .tlog or .bin.")
TRACK_ENGAGED_BLANK = Message(
    "TRK-016", "{file}, row {row}: engaged is blank at an end of {count} steps on end.",
    "They count as not engaged and so as not covered. Log 1 or 0 in every row, or leave the column "
    "out; of a signal of the autopilot, log it at least each second.")

# --- FIG: figures ---------------------------------------------------------------------------------
FIGURE_FILE = Message(
    "FIG-001", "{path} is not an exported figure: {found}.",
    "Take a file that `landrelease figures trace REGISTRY FIGURE --json OUT` wrote.")
FIGURE_HEAD = Message(
    "FIG-002", "No chain of this registry holds the head {found}.",
    "Take the registry from which the figure was exported, or take in the packages of its offices.")
TREATY_UNKNOWN = Message(
    "FIG-003", "There are no tables for {found}.", "Name one of: {expected}.")
NOT_YET_BEGUN = Message(
    "FIG-004", "{found} has not begun: today is {today}. Nothing of it is on record, which is not "
    "none.",
    "Ask for a day, a week or a year that has begun.")

# --- COV: coverage --------------------------------------------------------------------------------
SWATH_NOT_POSITIVE = Message(
    "COV-001", "The working width is {found} m.",
    "Enter the width covered on site, for example 0.25 m.")
ERROR_NEGATIVE = Message(
    "COV-002", "The {name} is {found}; it cannot be less than zero or endless.",
    "Enter one standard deviation as measured on a known point, for example 0.02 m.")
CONFIDENCE_NOT_BETWEEN = Message(
    "COV-003", "The confidence is {found}; it lies between 0 and 1, without either.",
    "Enter for example 0.95.")
TASK_WITHOUT_GROUND = Message(
    "COV-004", "The task has no ground: no polygon with an area.",
    "Give one or more polygons as GeoJSON.")
NOTHING_PROVEN = Message(
    "COV-005", "{file}: this receiver cannot prove coverage. Half of a width of {width:g} m is "
    "less than the {margin} m that the tool may be off at {confidence:g} % (position error "
    "{error:g} m).",
    "Nothing counts as covered. Use a better receiver (RTK), a wider tool, or lanes marked on the "
    "ground.")
TASK_NOT_PLANE = Message(
    "COV-006", "{file}: coordinates {found}; {expected}.",
    "Give --plane with metres, and leave it out with degrees.")
COVERAGE_TASK = Message(
    "COV-007", "There is no task {found} on record for you.",
    "Give the id of a task of the registry, or the ground as a file with --task.")
TRACK_TWICE = Message(
    "COV-009", "{file} holds the same fixes as {other}.",
    "Give each log once: what stands twice would count as two passes, or as its own follow-up.")
TRACK_OF_OTHER_WORK = Message(
    "COV-015", "{file}, given as work by {by}, goes the way of the track {other}, which is on "
    "record as work by {kind}.",
    "The log of a machine or an animal is not the log of the search by hand that follows it: give "
    "the log that was made with this work. Where the track on record has the wrong kind of work, "
    "store the proof of its task and activity anew with the right logs first.")
TRACK_ON_RECORD = Message(
    "COV-016", "{file} is the same log as the track {other}, which is on record for {work}.",
    "Nothing has to be done where the work lies side by side. On the same ground both are one "
    "pass, and its hours count once: give each work the log that was made with it.")
PROOF_OF_OTHER_KIND = Message(
    "COV-017", "{found}: {reason}.",
    "What is recorded stays as it is. Store the proofs of both works anew, each with the logs that "
    "were made with it.")
RECEIVER_NOT_SO_GOOD = Message(
    "COV-018", "{file}: its best fixes are {fix}; such places are off by {least:g} m (one standard "
    "deviation) or more, not by {found:g} m.",
    "State the error that the receiver had, or log positions that are fixed. Where the stated "
    "error holds for such fixes all the same, say so with --least-fix {fix}. The setting {setting} "
    "says another limit.")
PROOF_BEFORE_WORK = Message(
    "COV-019", "{file} ends on {day}, before the work {work} began on {began}: it proves nothing "
    "of that work.",
    "Give the log that was made with this work. Where the clock of the logger was wrong, correct "
    "the times first.")
COVERAGE_OPTION = Message(
    "COV-010", "{name}: found {found}; expected {expected}.", "Correct the value.")
WIDTH_TOO_WIDE = Message(
    "COV-011", "{file}: the working width is {found:g} m; no tool of a {by} is known to work wider "
    "than {widest:g} m.",
    "Enter metres, for example 1.75 for 175 cm. Where the tool really is wider, state it with the "
    "setting {setting}.")
WIDTH_NOT_OF_PROFILE = Message(
    "COV-012", "{file}: the working width is {found:g} m; {profile} works {width:g} m wide "
    "({source}), and more than {share:g} % above that contradicts it.",
    "Enter the width in metres as measured on site, at most {most:g} m with this profile, or name "
    "the profile of the tool that made the track.")
TRACK_TOO_WIDE = Message(
    "COV-014", "{found} on record was proven with a working width of {width:g} m; no tool is known "
    "to work wider than {widest:g} m.",
    "What it proves does not count. Prove the task anew from all its logs, with the width in "
    "metres.")
CONFIDENCE_WEAK = Message(
    "COV-013", "The confidence is {found:g} %; below {least:g} % nothing counts as covered for "
    "certain.",
    "Prove it with a confidence of {level:g} or more. The setting proof_confidence_least says "
    "another limit.")
MEASURED_DEPTH = Message(
    "COV-008", "The depth to which the lanes were searched is {found} m.",
    "Give --depth as it was tested on site, above 0 and at most 5 m.")

# --- LAN: lanes -----------------------------------------------------------------------------------
LANES_WIDTH = Message(
    "LAN-001", "The working width is {found} m.",
    "Enter it with --width, as measured on site, for example 1.75.")
LANES_OVERLAP = Message(
    "LAN-002", "The overlap is {found} m with a width of {width} m.",
    "It lies from 0 to {most} m: beyond that a swath works less than a fifth of its width of new "
    "ground.")
LANES_NO_ROOM = Message(
    "LAN-003", "Nowhere in the task is there room for a disc of {radius} m radius: the machine "
    "cannot turn there.", "Use a smaller machine, or lanes for people (--profile detector).")
PROFILE_UNKNOWN = Message(
    "LAN-004", "There is no profile {found}.",
    "Take one of {expected}, or give a file of your own with --profiles.")
PROFILE_WITHOUT_WIDTH = Message(
    "LAN-005", "The working width of {found} is not known.",
    "Measure it on site and give it with --width.")
SLOPE_NOT_KNOWN = Message(
    "LAN-006", "{file} has ground with slope_deg, and the steepest slope for {found} is not known.",
    "Give it with --slope-limit.")
FLEET_COUNT = Message(
    "LAN-008", "Machines that work at one time: {found}.",
    "Give 1 to {most}, each with a speed above zero in m/s.")
FLEET_APART = Message(
    "LAN-009", "The safety distance between machines in m: {found}.",
    "State it with --apart, as your national standard sets it.")
FLEET_MIXED = Message(
    "LAN-010", "The profiles {found} cannot work on one plan.",
    "Give one or more machines, and beside them at most one profile of people or animals.")
PEOPLE_APART = Message(
    "LAN-011", "The safety distance between people and machines in m: {found}.",
    "State it with --people-apart, as your national standard sets it.")
OUTSIDE_CONTROL = Message(
    "LAN-007", "From no place at {standoff:g} m from the task can all of it be reached within "
    "{reach:g} m: {found} control positions are needed.",
    "They are in lanes.geojson; move the operator between them.")
LANES_OPTION = Message(
    "LAN-021", "{name}: found {found}; expected {expected}.", "Correct the value.")
LANES_SLOPE = Message(
    "LAN-022", "{file}, row {row}: slope_deg is {found}; expected degrees from 0 to 90.",
    "Correct the slope in the file: where nobody can read it, nobody can say whether the machine "
    "may go there.")
LANES_KEEP_OUT = Message(
    "LAN-023", "{file}, row {row}: ground not to enter is a {found}.",
    "Draw it as a polygon: round a point, for example a find, with its safety distance.")
# What a plan had to take because nobody stated it.
RADIUS_NOT_STATED = Message(
    "LAN-012", "The disc that {found} needs to turn is not known; {taken:g} m was taken as its "
    "radius, from the working width or the machines beside it.",
    "Measure it on site and state it with --radius: body and tool may swing over ground that is "
    "not allowed.")
STANDOFF_NOT_STATED = Message(
    "LAN-013", "The stand-off of the operator is not stated; 0 m was taken, so control positions "
    "lie at the very edge of the task.", "State it with --stand-off, as your national standard "
    "sets it for the hazard expected.")
ENTRY_NOT_STATED = Message(
    "LAN-014", "The safe side is not stated; {taken} was taken.",
    "State a point on the safe side with --entry.")
OVERLAP_NOT_STATED = Message(
    "LAN-015", "The overlap is not stated from an error of position; {taken:g} m was taken "
    "({basis}).", "State with --overlap at least twice what the machine may be off its line; "
    "strips may be left between swaths otherwise.")
SLOPE_NOT_STATED = Message(
    "LAN-016", "Nothing says how steep the ground is (steepest for the machine: {limit}); all of "
    "the task was taken as flat enough.", "Give heights by --elevation or polygons with slope_deg "
    "by --keep-out, and --slope-limit.")
PARTS_NOT_JOINED = Message(
    "LAN-017", "The path is in {count} parts that no way over allowed ground joins.",
    "Bring the machine from one to the next outside. Each part is a plan file of its own "
    "({files}); never join them.")
LANES_CLOSED = Message(
    "LAN-018", "Task {task} is closed on {day}: {found} closes all ground.",
    "Plan its lanes for a day on which nothing closes it (--on DAY), and settle rows of closures "
    "and hazards that wait in quarantine.")
LANES_FORBIDDEN = Message(
    "LAN-019", "Ground of the task lies on another {what} and is left out: {found}.",
    "Nothing enters it. Give it a task of its own, or correct the boundaries.")
LANES_ENTRY = Message(
    "LAN-020", "The entry was taken on {what}, {metres} m from the task's edge.",
    "Look whether the way from there to the task is safe, or state a point with --entry.")
ENTRY_NOT_SAFE = Message(
    "LAN-033", "The entry {found} is no place on the safe side: {why}.",
    "State with --entry a point outside the task and of all hazards, closures and keep-outs, at "
    "most {most:g} m from the task (lane_entry_m).")
LANES_WAITING = Message(
    "LAN-034", "Rows wait in quarantine that say of ground here that it is hazardous or closed: "
    "{found}. They count as if they stood on record.",
    "Settle these rows, then plan the lanes again.")
LANES_WAITING_NOWHERE = Message(
    "LAN-035", "Nobody can read where hazards in quarantine lie ({count}: {found}). "
    "They may lie on this ground, on the way to it or where the operator stands.",
    "Find out where they lie before work begins, and mend the rows.")
LANES_NOT_REACHED = Message(
    "LAN-024", "To {count} lanes, {found}, no ground leads that may be entered: keep-outs lie "
    "between them and the safe side.", "State an --entry from which they can be reached, or give "
    "that ground a task of its own.")
NOT_IN_RANGE = Message(
    "LAN-025", "{metres} m of the path are not within {reach:g} m of any place where the operator "
    "may stand, {standoff:g} m or more from the task and on no hazard, closure or keep-out.",
    "Divide the task, use a control with more range, or clear ground to stand on first.")
LANES_APPROACH = Message(
    "LAN-026", "The straight way from the entry to where work begins leads over {metres} m of "
    "ground that is a hazard, closed or kept out.",
    "Do not take it: state an --entry from which the way is free.")
TURNS_ON_NEW = Message(
    "LAN-027", "{turns} turns lie on ground that is not yet worked, and {metres} m of ways lead "
    "over such ground. {corners} corners of rounds along edges do so in any plan.",
    "Keep the tool engaged on them. Edges are driven first unless --headland-later or the profile "
    "says otherwise; --radius larger than the machine needs adds turns.")
LANES_GIVEN_UP = Message(
    "LAN-028", "{area} m² that the machine reaches are in no swath: it would take too many small "
    "pieces.", "They are listed for hand work. Look whether the boundary has needless detail.")
LANES_SAFE_GROUND = Message(
    "LAN-032", "{file}, row {row}: safe ground is a {found}.",
    "Draw it as a polygon of ground that was released or never was in doubt.")
LANES_ELEVATION = Message(
    "LAN-030", "{file}: its heights cannot be used: {found}.",
    "Give a GeoTIFF of heights in metres that states its system and covers the task; or draw "
    "ground that is too steep as --keep-out.")
SLOPE_FROM_HEIGHTS = Message(
    "LAN-031", "Slopes come from heights every {cell:g} m ({file}), and of {unknown} m² of the "
    "task no slope is known. A bank, a ditch or a terrace that is shorter does not show; ground "
    "without a known slope is left to hand work.",
    "Look at the ground before a machine goes on it, and draw what is too steep as --keep-out.")
LANES_NO_WAY = Message(
    "LAN-029", "No way over ground that the machine may be on leads from {start} to {end} (metres "
    "in the plane of the task).",
    "Nothing was planned, because a path must never leave allowed ground. Send the task's outline "
    "and keep-outs with a report of the error; a simpler outline may do meanwhile.")

# --- FRM: forms for the field ---------------------------------------------------------------------
FORM_UNKNOWN = Message(
    "FRM-001", "There is no form {found}.", "Take one of {expected}.")
LANGUAGE_UNKNOWN = Message(
    "FRM-002", "There are no texts in the language {found}.", "Take one of {expected}.")
PHOTOGRAPH_UNREADABLE = Message(
    "PHO-001", "The photograph cannot be given out: it is {found}.",
    "Its metadata cannot be taken off, so it stays. The keeper of the registry has it as it came.")
SUBMISSION_FORM_UNKNOWN = Message(
    "FRM-010", "There is no form {found} here; the forms are {expected}.",
    "Look at the answers. Fetch the list of forms on the phone again; what belongs elsewhere is "
    "rejected, what belongs here becomes records by `import` of its file with a mapping.",
    on_page="Look at the answers. Fetch the list of forms on the phone again; what belongs "
            "elsewhere is rejected, what belongs here becomes records when its file is "
            "brought in.")
SUBMISSION_NAMELESS = Message(
    "FRM-011", "The submission has no id of its own that can be used; here it is {found}.",
    "Look whether the same came under another id. Try the row again to take the answers, or reject "
    "it. Fill in forms with ODK Collect or another program that speaks OpenRosa.")
SUBMISSION_FILE = Message(
    "FRM-012", "{name} came with the submission and is {found}; expected {expected}.",
    "Take the photograph again within the form where it is needed; the answers are kept.")
SUBMISSION_EMPTY = Message(
    "FRM-013", "The request holds no xml_submission_file.",
    "Send the submission again; the phone still has it.")
SUBMISSION_CUT_OFF = Message(
    "FRM-026", "The request was cut off on its way, or its parts cannot be told apart.",
    "Send the submission again; the phone still has it.")
SUBMISSION_AGAIN = Message(
    "FRM-014", "The submission {found} came before with other content ({other}).",
    "The first one holds; both are kept as they came. Compare both. Try the row again to take "
    "these answers; else reject it.")
SUBMISSION_REPLACED = Message(
    "FRM-015", "The submission {found} was replaced by {other}, which came before it.",
    "The later answers hold; what came is kept. There is nothing to do.")
EDIT_OF_CHANGED = Message(
    "FRM-016", "{file}, row {row}: {other} was changed or signed after the submission that this "
    "one replaces ({found}).",
    "Compare both. Try the row again to take the answers of the phone; else reject it.")
LEFT_OUT_BY_EDIT = Message(
    "FRM-017", "{found} is no longer in the submission since it was edited on the phone ({other}).",
    "It stands as it was: a phone takes nothing away. Correct the record where it was a mistake, "
    "then reject this row.")
PHONE_CLOCK = Message(
    "FRM-018", "{file}, row {row}: the clock of the phone said {found} when the form was filled "
    "in; it came in at {expected}.",
    "Ask for the day on which it was so. Try the row again, with the day mended where it is wrong.")
ANSWERS_BEFORE = Message(
    "FRM-019", "{file}, row {row}: these answers came in before; {other} was changed since.",
    "Nothing has to be done: an older answer changes nothing.")
ANSWERS_OF_CHANGED = Message(
    "FRM-020", "{file}, row {row}: {other} was changed or signed here; the export says something "
    "else.", "Compare both. Try the row again to take the answers of the phone; else reject it.")
SUBMISSION_NOT_READ = Message(
    "FRM-021", "{file}: still no record can be made of this submission: {reason}",
    "It waits. Write what it says into a table and import that, then reject this row with the "
    "reason; hazards in it count as hazards without a place until then.")
REACHED_FARTHER = Message(
    "FRM-022", "{file}, row {row}: since the submission was edited on the phone ({other}), {found} "
    "no longer holds all that this row says.",
    "Both count until somebody decides: a phone takes nothing away. Compare them. Try this row "
    "again to take its answers; else reject it.")
LEFT_OUT_WAITING = Message(
    "FRM-023", "{file}, row {row}: {found} is no longer in the submission since it was edited on "
    "the phone ({other}).",
    "It goes on waiting, and counts until somebody decides: a phone takes nothing away. Mend it "
    "and try it again; reject it where it was a mistake.")
ANSWER_FIXED = Message(
    "FRM-024", "{file}, row {row}: {field} is {found}; the form {form} can only say {expected}.",
    "No phone decides that, and nothing is granted or closed by it. Put {expected} there and try "
    "the row again, or reject it. Whoever may decide records the decision.")
ANSWERS_OF_DECIDED = Message(
    "FRM-025", "{file}, row {row}: {other} was recorded, changed or signed here; these answers of "
    "a phone say something else.",
    "They change nothing: a phone takes no decision back. Compare both. Try the row again to take "
    "them; else reject it.")
ANSWERS_OF_ANOTHER = Message(
    "FRM-027", "{file}, row {row}: {other} came with the submission {found}; this one, which is no "
    "edit of it, says something else under the same identifier.",
    "They may be two things. Compare both. Where it is the same one, try the row again to take its "
    "answers; else put another identifier there and try it again, or reject it.")
EXPORT_ROW_ALONE = Message(
    "FRM-028", "{file}, row {row}: it stands in the table {other} and belongs to {found}, which no "
    "submission in the file is.",
    "Bring in the export as the program wrote it, with all of its rows and columns, and reject "
    "this row. Where there is none, try the row again: it is then recorded by itself.")
EXPORT_IDENTIFIER = Message(
    "FRM-029", "{file}, row {row}: the identifier is {found}; the form gives one that begins with "
    "{expected}.",
    "Bring in the export with the identifiers that the phones gave. Where there are none, look "
    "whether the same is recorded already, then try the row again: it is known by its place alone.")
EDIT_OF_OTHERS = Message(
    "FRM-032", "{file}, row {row}: this submission edits {found}, which another organisation sent; "
    "it says something else of {other}.",
    "It changes nothing until somebody decides. Compare both, and ask who sent the first. Try the "
    "row again to take these answers; else reject it.")
PICTURES_NOT_THERE = Message(
    "FRM-033", "{file}: the answers name {found}; it does not lie beside the submission.",
    "Look for it on the phone, put it beside the submission and import that again: what is here "
    "already stays as it is.")
FILES_BESIDE_LEFT = Message(
    "FRM-030", "{file}: in its folder lies what no answer names: {found}.",
    "It was left there. A form that cannot be read is among it where its answers are missing.")
FOLDER_WITHOUT_SUBMISSIONS = Message(
    "FRM-031", "{file} is a folder without a submission of a phone.",
    "Name the folder `instances` of the phone, a folder in it, or files.")
FORM_REFUSED = Message(
    "FRM-003", "The form {form} is no valid XLSForm: {reason}",
    "Look at the words and fields that the programme's extension added: names hold letters, "
    "digits, - and _ only.")

# --- WEB: accounts and the web app ----------------------------------------------------------------
ACCOUNT_NAME = Message(
    "WEB-001", "{found!r} cannot be the name of an account.",
    "Use 2 to 64 letters, digits, dots, dashes or @.")
ACCOUNT_EXISTS = Message(
    "WEB-002", "There is an account {found} already.",
    "Take another name, or set another password with `account password`.",
    "Take another name.")
PASSWORD_WEAK = Message(
    "WEB-003", "The password is too easy to guess.",
    "Take at least {least} characters, without the account's name and without words such as "
    "'password'. Four random words do well.")
PASSWORD_OLD = Message(
    "WEB-006", "The password that you have now is not right: nothing was changed.",
    "Type in the password with which you signed in; who has forgotten it asks whoever keeps the "
    "accounts.")
PASSWORDS_DIFFER = Message(
    "WEB-007", "The new password was typed in two ways: nothing was changed.",
    "Type in the same twice.")
PASSWORD_KEPT = Message(
    "WEB-009", "The new password is the one that you have now: nothing was changed.",
    "Choose another one.")
PASSWORD_FIRST = Message(
    "WEB-021", "You signed in with a one-time word: it is for choosing a password alone.",
    "Choose one on the page of your account.")
OWN_ACCOUNT = Message(
    "WEB-022", "Your own account is not changed here: it could leave nobody who looks after the "
    "accounts.",
    "Another administrator does it; your own password and tokens are on the page of your account.")
PASSWORD_NOT_RIGHT = Message(
    "WEB-023", "The password is not right: nothing was changed.",
    "Type in the password with which you signed in.")
TOKEN_WRONG = Message(
    "WEB-024", "The {what} of the token is {found}; expected {expected}.", "Correct it.")
TOKEN_READS = Message(
    "WEB-025", "This token may read alone.",
    "Make one that may write as well, where the program has to send something.")
PERSON_NOT_RECORDED = Message(
    "WEB-026", "There is no record of a person {found}.",
    "Give the id of a person on record, or leave it empty.")
KEY_NOT_PUBLIC = Message(
    "WEB-027", "What came is no public key of Ed25519.", "Make the key anew on the page of keys.")
NO_PERSON_OF_ACCOUNT = Message(
    "WEB-028", "The account {account} names no person, so no key can be recorded for it.",
    "Ask whoever keeps the accounts to enter the record of the person.")
KEY_FIRST = Message(
    "WEB-029", "No key counts in this registry yet: the first one vouches for all others.",
    "Whoever keeps the registry makes it on its own machine with `landrelease identity new`.",
    "Whoever keeps the registry makes it on its own machine.")
ACCOUNT_UNKNOWN = Message(
    "WEB-004", "There is no account {found}.", "`landrelease account list` shows those there are.",
    on_page="Ask whoever keeps the accounts.")
ACCOUNTS_DAMAGED = Message(
    "WEB-005", "{path} is no file of accounts: {found}.",
    "Give another file with --accounts, or restore it from a backup.")
COLLECTION_UNKNOWN = Message(
    "WEB-010", "There is no {found} here, or not for this reader.",
    "The list of collections shows what there is; sign in to see what your role may see.")
PARAMETER_WRONG = Message(
    "WEB-011", "The parameter {name} is {found!r}; {expected}.", "Change it and ask again.")
PARAMETER_UNKNOWN = Message(
    "WEB-012", "There is no parameter {found!r} here.", "Use one of {expected}.")
SIGN_IN_WRONG = Message(
    "WEB-013", "Name or password is not right.",
    "Try again; after {failures} failures it waits for {minutes} minutes.")
SIGN_IN_WAITS = Message(
    "WEB-014", "Too many failures: signing in waits for {seconds} seconds.",
    "Wait, or ask whoever keeps the registry.")
ACCOUNTS_NOWHERE = Message(
    "WEB-015", "Nothing says where the accounts of {found} are kept.",
    "Give a file with --accounts.")
NOT_LOOPBACK = Message(
    "WEB-016", "--as gives everybody who reaches {found} the view of {role} without signing in; "
    "it is for one's own machine alone.",
    "Leave --as out and make accounts with `landrelease account add`: everybody signs in. Or leave "
    "out {found}: who works at this machine then reads on 127.0.0.1.")
PLAIN_HTTP = Message(
    "WEB-020", "{found} lets other machines in without --https: passwords, tokens and what is read "
    "then go over the network open to anybody on the way.",
    "Put a reverse proxy that speaks https in front and say --https --proxy ADDRESS "
    "(docs/deploy.md).")
READER_CHANGED = Message(
    "WEB-008", "You read as somebody else now than when this page was opened, or your session has "
    "ended: what the page shows may be incomplete.",
    "Load the page again, and sign in where it says that nobody is signed in.")
PROXY_ADDRESS = Message(
    "WEB-019", "{found!r} is no address of a proxy.",
    "Give --proxy an address such as 127.0.0.1 or a network such as 172.28.5.0/24; not all "
    "addresses: whoever speaks from there is believed.")
NO_TIER = Message(
    "WEB-017", "Nobody may ask {found}: its handler states no tier.",
    "State it with `opt=` (docs/web.md, \"The tier of an address\").")
FILTER_WRONG = Message(
    "WEB-018", "The filter cannot be used: {found}; {expected}.",
    "Write it in CQL2; `queryables` of the collection names the properties.",
    on_page="Change the filter and ask again.")
KEY_NOT_GIVEN = Message(
    "WEB-040", "No file of a personal key came with it.",
    "Choose the file of your key; `landrelease identity new` makes one.",
    on_page="Choose the file of your key; who has none asks whoever keeps the registry how "
            "to make one.")
PASSWORD_AGAIN = Message(
    "WEB-041", "The password is not right: nothing was signed.",
    "Type in the password with which you signed in.")
KEY_OF_ANOTHER = Message(
    "WEB-042", "The key is not that of the person of the account {account}.",
    "Sign with your own key, or ask whoever keeps the accounts to name you with --person.",
    on_page="Sign with your own key, or ask whoever keeps the accounts to link your account"
            " with you.")
FINDING_UNKNOWN = Message(
    "INS-010", "There is no nonconformity {found}, or not for this reader.",
    "landrelease verify open shows those that are open.",
    on_page="The page of inspection shows those that are open.")
FINDING_VALUE = Message(
    "INS-011", "{record}: {name} is {found}; expected {expected}.", "Correct the value.")
LOT_ONCE_REJECTED = Message(
    "INS-012", "Lot {lot} was rejected, or an item was found in it ({record}): it cannot be "
    "accepted.",
    "Its ground is cleared again and inspected as a new lot (verify lots --again), also where the "
    "result was a typing error.",
    on_page="Its ground is cleared again and inspected as a new lot, also where the result was a "
            "typing error.")
LOT_NOT_AS_DRAWN = Message(
    "INS-013", "Lot {lot} cannot be accepted: these units are not on record as they were drawn: "
    "{found}.",
    "A later change moved them, or put them into another lot or part of it. Look at their past and "
    "record them as they were drawn.")
BASEMAP_WRONG = Message(
    "WEB-043", "{path} is no base map in PMTiles, version 3: {found}.",
    "Give another file with --basemap; without one the ground is blank.")
OIDC_FILE = Message(
    "WEB-050", "{path} does not describe a provider of OpenID Connect: found {found}, expected "
    "{expected}.", "See docs/web.md, \"Signing in at a provider\".")
OIDC_FAILED = Message(
    "WEB-051", "Signing in at the provider did not work: {found}.",
    "Try again; if it happens again, ask whoever keeps the accounts.")
OIDC_NO_ACCOUNT = Message(
    "WEB-052", "No account here is linked to you ({found}).",
    "Ask whoever keeps the accounts: `landrelease account link` with this subject.",
    on_page="Ask whoever keeps the accounts to link your identity ({found}) with one.")
IDENTITY_TAKEN = Message(
    "WEB-053", "The identity cannot be linked: found {found}, expected {expected}.",
    "`landrelease account unlink` takes the links of an account away.")
ADDRESS_REFUSED = Message(
    "WEB-060", "Nothing is sent there: {found}.",
    "Name an https address on the public network, without name or password in it.")
WEBHOOKS_MANY = Message(
    "WEB-061", "The account has {most} subscriptions, which is as many as it may have.",
    "Remove one of them first.")
WEBHOOK_UNKNOWN = Message(
    "WEB-062", "There is no subscription {found} of this account.",
    "`GET /api/webhooks` lists those there are.",
    "The page of messages shows those there are.")
WEBHOOK_TESTS_WAIT = Message(
    "WEB-063", "Tests of messages wait for {seconds} seconds.", "Try again after that.")
JOBS_FULL = Message(
    "WEB-030", "{found} jobs wait or run already; {expected} may.",
    "Wait until one of them has ended, or cancel one.")
SHELF_NAME = Message(
    "WEB-031", "{found!r} cannot be the name of a plan or a forecast.",
    "Use up to 64 letters without accents, digits, dots, dashes and underscores; begin with a "
    "letter or a digit.")
SHELF_TAKEN = Message(
    "WEB-032", "{found} is on file or in force already.", "Use another name.")
JOBS_ELSEWHERE = Message(
    "WEB-033", "Another server does the jobs of this registry.",
    "Start jobs there, or stop it and start this one again.")
JOB_BROKE = Message(
    "WEB-034", "The job ended without a result ({found}).",
    "Start it again; when it ends so again, its log in the folder of jobs says more.")
JOB_STOPPED_EARLY = Message(
    "WEB-036", "The job was stopped before it had found anything to keep.",
    "Start it again, and let it run longer.")
NOT_FOUND_HERE = Message(
    "WEB-035", "There is no {found} here, or not for this reader.",
    "The list shows what there is; sign in to see what your role may see.")


# Code -> message: all of them.
CATALOGUE = {m.code: m for m in list(vars().values()) if isinstance(m, Message)}
