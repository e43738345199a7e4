"""How finely a log writes its places: a track in, the step between values that it can write out.

A receiver may know its place to centimetres, and the log keeps metres of it: what was cut off is an
error of every fix that no figure of the receiver tells (S05).
"""

from __future__ import annotations

import math

import numpy as np

from landrelease.core.track import Track

_SAMPLE = 2000  # fixes that are looked at
_LEAST = 10  # different values that it takes to tell
# Decimals of degrees, and of minutes, that make a step of more than 4 cm.
_WRITTEN = ((1.0, 6), (60.0, 4))
_DEGREE_M = 111_195.0  # of a great circle on the sphere of 6,371 km
_EXACT = 1e-9  # degrees; nearer to a round value than this is that value
FINE_M = 0.02  # half of a step: what is less is left out


def written_step_m(track: Track) -> float:
    """Metres between two places that the log can tell apart, of the coarser axis; 0: fine enough,
    too few fixes to tell, or a log in metres, where round figures may be the places themselves.
    """
    if track.plane:
        return 0.0
    some = slice(None, None, max(1, len(track) // _SAMPLE))
    x, y = track.x[some], track.y[some]
    narrow = math.cos(math.radians(float(np.median(y)))) if len(y) else 1.0
    return max(_step(x) * narrow, _step(y)) * _DEGREE_M


def _step(degrees: np.ndarray) -> float:
    """Step in degrees of values of which most were cut to few decimals; 0: they were not."""
    values = np.unique(degrees)
    if len(values) < _LEAST:
        return 0.0
    found = [1 / scale for unit, most in _WRITTEN for decimals in range(most + 1)
             if np.mean(np.abs(values - np.round(values * (scale := unit * 10**decimals)) / scale)
                        < _EXACT) > 0.5]
    return max(found, default=0.0)
