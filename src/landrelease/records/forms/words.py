"""What a form shows, in English: labels of choices, messages, hints.

Every text of a form is the key of its own translation (`core.texts`).
"""

from __future__ import annotations

UNIT = "Unit: {unit}."
PLACE = {
    "geoshape": "Outline of the ground: draw it, or walk around it on safe ground",
    "geotrace": "Line: draw it, or walk along it on safe ground",
    "geopoint": "Place",
}
PLACE_HINTS = {
    "geoshape": "Corners in order, at least three. Lines must not cross.",
    "geotrace": "At least two points.",
    "geopoint": "Wait until the accuracy is good enough, or place the point on the map.",
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
SYNTHETIC = "SYNTHETIC: made-up data for practice. Nothing here is about real ground."
