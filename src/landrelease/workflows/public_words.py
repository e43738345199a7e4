"""What the public reads: the answers, the page and the form for reports, in all languages.

The English text is the key of its translations, as everywhere (`core.texts`). No text
here calls ground safe; a test holds them to that (S15).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from landrelease.core import amounts
from landrelease.core.kinds import KINDS
from landrelease.core.labels import label
from landrelease.core.texts import UNREVIEWED, Texts
from landrelease.errors import (
    AREA_OF_FEW_CORNERS,
    FILE_XML_CUT_OFF,
    LOOK_UPS_WAIT,
    NAME_NOT_FOUND,
    NOT_FOR_ROLE,
    PLACE_NOT_UNDERSTOOD,
    REGISTRY_BUSY,
    REPORT_CODE_UNKNOWN,
    REPORT_EMPTY,
    REPORT_FORM_OLD,
    REPORT_PHOTOGRAPH,
    REPORT_PHOTOGRAPH_LARGE,
    REPORTS_WAIT,
    SUBMISSION_CUT_OFF,
    SUBMISSION_EMPTY,
)
from landrelease.records.forms.catalogue import DO_NOT_TOUCH, NO_NAMES, PHOTO_OPTIONAL
from landrelease.records.forms.words import PHOTO, SYNTHETIC

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from landrelease.access.answer import Release
    from landrelease.workflows.complaints import Standing
    from landrelease.workflows.public import Reply

TITLE = "Is this ground known to be hazardous?"
HEADLINES = {
    "hazardous": "Hazardous: do not enter.",
    "released": "Released.",
    "no_information": "No information: treat it as dangerous.",
}
_MORE = {
    "hazardous": "In or near this place there is ground that is recorded as hazardous. The squares "
                 "on the map are coarse on purpose: treat all of it as dangerous.",
    "released": "Released does not mean that nothing can be left in the ground. Where you see "
                "anything suspicious, do not touch it, and report it.",
    "no_information": "Nothing that counts is recorded about this place. That does not mean that "
                      "nothing is there.",
}
UNPLACED = "Of some recorded hazards nobody knows the place; they are on no map."
REPORTED = ("Somebody reported something dangerous at or near this place (day: {day}). It is being "
            "looked at. Do not go there until you are told.")
REPORTED_SOMEWHERE = ("Somebody reported something dangerous at places that are being looked at. "
                      "They have a dashed line on the map: do not go there, also where the ground "
                      "is released. What was reported after this page was made is not on it.")
REPORTED_KEY = "Something dangerous was reported here and is being looked at: do not go there"
_REASONS = {
    "unsigned": "The records call this ground released, but no signature of the authority stands "
                "behind it.",
    "partly": "A part of it is recorded as released, but not all of it.",
    "unplaced": UNPLACED,
}
_DONE = {
    "cleared": "cleared", "reduced": "reduced by technical survey",
    "cancelled": "cancelled by survey: no evidence of a hazard was found",
}
RELEASE = "What was done: {what}. Day: {day}. Depth: {depth}."
NOT_REPORTED = "not reported"
DEPTH = "{depth} m"
NEAREST = ("The nearest ground that is known to be hazardous begins about {distance} km to the "
           "{direction}. There may be other ground nearer by that nobody has reported.")
_TOWARDS = {
    "north": "north", "north_east": "north-east", "east": "east", "south_east": "south-east",
    "south": "south", "south_west": "south-west", "west": "west", "north_west": "north-west",
}
WITHIN = "The answer is about all ground within {metres} m of what you asked about."
ASKED = "You asked about: {place}"
FIELD = "a field of {corners} corners"
CONTACT = "Who to call: {contact}"
NO_CONTACT = "Who to call: not stated here. Ask your local authority."
MADE = "From the records of {office}, {moment} UTC."
NOT_FOR_MOVING = "Not for moving on the ground. People decide what is released, and they sign it."

# The page
PROGRAMME = "Land release"  # of a page without a name
ON_MAP = "On the map"
MAP_HINT = "Press a place on the map to ask about it."
MAP_LABEL = "Map of the ground that is known to be hazardous or released"
PRESS_ASKS = "asks about the place"
PRESS_MARKS = "adds a corner of a field"
PRESSING = "Pressing the map"
CLOSER, WIDER = "Closer", "Wider"
HAZARD_KEY = "Known to be hazardous: do not enter"
RELEASED_KEY = "Released ground"
NOTHING_KEY = "No colour: no information, treat it as dangerous"
BY_NAME, NAME = "By name", "Name of a community"
BY_COORDINATES = "By coordinates"
COORDINATES = "Latitude and longitude, or a grid reference (WGS 84)"
BY_CORNERS, CORNERS = "A field, by its corners", "Corners in their order, one in each line"
ASK = "Ask"
SEVERAL = "Several places are called so. Which one?"
TOO_MANY = "There are more than {most}: add the municipality to the name."
AGAIN = "Ask again"
PRINT = "This page can be printed."
TO_REPORT = "Report something, or complain"
LANGUAGE = "Language"

# Reports and complaints
REPORT = "Report or complaint"
ABOUT = "What is it about?"
WHAT = "What did you see or hear, and where?"
WHERE = "Place: coordinates, or leave it empty and describe it"
REACH = "How can you be reached? You may leave this empty."
REACH_NOTE = "Only those who answer reports see it. It can be erased."
NO_DEMAND = "You need not say who you are."
SEND = "Send"
THANKS = "Received. Somebody will look at it."
EARLIER = ("What you sent before with this form was not replaced: it goes on counting until "
           "somebody has looked at it.")
NUMBER = ("The code of your report is {number}. Keep it: with it you can look up what became of "
          "your report. Nobody else needs it.")
PLACE_UNREAD = ("The place that you wrote could not be read: {place}. It was kept in words, and is "
                "on no map until somebody has found it.")
NOT_AGAIN = ("A name or the way to go there helps too: it was kept. You do not have to go there "
             "again: do not approach the place.")
SEND_AGAIN = "Send the place again"
LOOK_UP = "What became of my report"
CODE = "Code of the report"
STANDS = {
    "received": "It was received. Nobody has looked at it yet.",
    "open": "It was looked at and is being worked on.",
    "answered": "It was answered.",
    "closed": "It is closed.",
    "not_taken_up": "It was looked at and not taken up. Ask whoever the page names.",
}
RECEIVED_ON = "Received on {day}."
ANSWERED_ON = "Answered on {day}: {answer}"

# What somebody meets who reads no English: on the page for everybody and on a phone that sends.
ERRORS = (PLACE_NOT_UNDERSTOOD, NAME_NOT_FOUND, AREA_OF_FEW_CORNERS, REPORT_EMPTY,
          REPORT_PHOTOGRAPH, REPORT_PHOTOGRAPH_LARGE, REPORTS_WAIT, REPORT_FORM_OLD,
          SUBMISSION_EMPTY, SUBMISSION_CUT_OFF, FILE_XML_CUT_OFF, REGISTRY_BUSY, NOT_FOR_ROLE,
          REPORT_CODE_UNKNOWN, LOOK_UPS_WAIT)
RECEIVED = ("Received: {accepted} new or changed, {merged} known already, {waiting} wait to be "
            "looked at, {photographs} photographs.")
SIGN_IN = "Sign in first."
NO_FORM, NO_LIST = "There is no such form.", "There is no such list."
ERROR_TEXTS: tuple[str, ...] = (
    *(text for message in ERRORS for text in (message.problem, message.mend)),
    RECEIVED, SIGN_IN, NO_FORM, NO_LIST, "another kind of file", "a photograph as JPEG or PNG",
    "forms and submissions")

TEXTS: tuple[str, ...] = tuple(dict.fromkeys((
    DO_NOT_TOUCH, NO_NAMES, PHOTO_OPTIONAL, PHOTO, SYNTHETIC, UNREVIEWED,
    TITLE, PROGRAMME, *HEADLINES.values(), *_MORE.values(), *_REASONS.values(), REPORTED,
    REPORTED_SOMEWHERE, REPORTED_KEY, TOO_MANY, *_DONE.values(), RELEASE,
    NOT_REPORTED, DEPTH, NEAREST, *_TOWARDS.values(), WITHIN, ASKED, FIELD, CONTACT, NO_CONTACT,
    MADE, NOT_FOR_MOVING, ON_MAP, MAP_HINT, MAP_LABEL, PRESS_ASKS, PRESS_MARKS, PRESSING, CLOSER,
    WIDER, HAZARD_KEY, RELEASED_KEY, NOTHING_KEY, BY_NAME, NAME, BY_COORDINATES, COORDINATES,
    BY_CORNERS, CORNERS, ASK, SEVERAL, AGAIN, PRINT, TO_REPORT, LANGUAGE, REPORT, ABOUT, WHAT,
    WHERE, REACH, REACH_NOTE, NO_DEMAND, SEND, THANKS, EARLIER, NUMBER, PLACE_UNREAD, NOT_AGAIN,
    SEND_AGAIN, LOOK_UP, CODE,
    *STANDS.values(), RECEIVED_ON, ANSWERED_ON, *ERROR_TEXTS,
    *(label(word) for word in KINDS["complaint"].field("complaint_type").choices))))


def about(word: str) -> str:
    """What a report is about, in English words."""
    return label(word)


@dataclass(frozen=True, slots=True)
class Words:
    """A reply in words. `lines` follow the headline; `cautions` stand below them."""

    told: str
    headline: str
    asked: str
    lines: tuple[str, ...]
    cautions: tuple[str, ...]
    contact: str


def words_of(reply: Reply, texts: Texts) -> Words:
    """The reply in a language; what no native speaker reviewed says so (S18)."""
    a = reply.answer
    lines = [_release(r, texts) for r in a.releases]
    if "reported" in a.reasons:
        lines.append(texts.told(REPORTED, day=texts(NOT_REPORTED) if a.reported_on is None
                                else amounts.day(a.reported_on, texts)))
    lines += [texts(_REASONS[r]) for r in a.reasons if r in _REASONS]
    lines.append(texts(_MORE[a.told]))
    if reply.within_m >= 1:
        lines.append(texts.told(WITHIN, metres=amounts.figure(_metres(reply.within_m), texts)))
    if a.nearest_m is not None:
        lines.append(texts.told(NEAREST, distance=amounts.figure(f"{a.nearest_m / 1000:g}", texts),
                                direction=texts(_TOWARDS[a.towards])))
    cautions = [texts(NOT_FOR_MOVING)]
    if not texts.reviewed:
        cautions.append(texts(UNREVIEWED))
    return Words(a.told, texts(HEADLINES[a.told]), texts.told(ASKED, place=_place(reply, texts)),
                 tuple(lines), tuple(cautions), contact_words(reply.contact, texts))


def standing_words(standing: Standing, texts: Texts) -> tuple[str, ...]:
    """Where a report stands, in words; an answer stands as it was written."""
    lines = [texts(STANDS[standing.told])]
    if standing.received_on is not None:
        lines.append(texts.told(RECEIVED_ON, day=standing.received_on))
    if standing.answer:
        lines.append(texts.told(
            ANSWERED_ON, answer=standing.answer,
            day=standing.answered_on or texts(NOT_REPORTED)))
    return tuple(lines)


def contact_words(contact: str, texts: Texts) -> str:
    return texts.told(CONTACT, contact=contact) if contact else texts(NO_CONTACT)


def _release(release: Release, texts: Texts) -> str:
    return texts.told(
        RELEASE, what=texts(_DONE.get(release.outcome_type, release.outcome_type)),
        day=texts(NOT_REPORTED) if release.released_on is None
        else amounts.day(release.released_on, texts),
        depth=texts(NOT_REPORTED) if release.depth_m is None
        else texts.told(DEPTH, depth=amounts.figure(f"{release.depth_m:g}", texts)))


def _place(reply: Reply, texts: Texts) -> str:
    if reply.name:
        return reply.name
    if reply.kind == "area":
        return texts.told(FIELD, corners=_corners(reply.place))
    # No more decimals than what was asked about deserves: 0.1 degrees are 11 km.
    digits = max(0, min(5, math.ceil(math.log10(111_320 / max(reply.within_m, 1.0)))))
    return f"{reply.place.y:.{digits}f}, {reply.place.x:.{digits}f}"


def _corners(place: BaseGeometry) -> int:
    """A ring comes back to its first corner, which is counted once."""
    import shapely

    rings = sum(1 + shapely.get_num_interior_rings(part) for part in shapely.get_parts(place)
                if part.geom_type == "Polygon" and not part.is_empty)
    return int(shapely.get_num_coordinates(place) - rings)


def _metres(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.1f}"
