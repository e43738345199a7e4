"""What the programme itself measured of machines, people and animals: reports in, figures out.

A maker's figure says what a machine can do on its best day; the programme's own reports say what it
did. They stand beside each other, and the measured one goes before.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from landrelease.core.profile import Figure, Profile
from landrelease.core.record import Record

LEAST_REPORTS = 3  # fewer say nothing
_WORK = ("clearance", "TS", "BAC")
# Method of a report -> profile of people and animals.
_BY_METHOD: Mapping[str, str] = {"manual": "detector", "animal_detection": "dog"}


def with_measured(profile: Profile, machines: Sequence[Record], activities: Sequence[Record],
                  tracks: Sequence[Record] = ()) -> Profile:
    """A profile with the figures that records of the programme give it.

    Machines: m² an hour, from reports of work with that machine alone that state area and machine
    hours. People and animals: m² a day and person, from reports of one day that state area and
    searchers. The value is the total over the total; low and high are the 10 % and 90 % points of
    the reports. The width of a machine is the least with which its tracks were proven.
    """
    found: list[Figure] = []
    if profile.kind == "machine":
        own = {m.id for m in machines if _same(profile, str(m.values.get("model") or ""))}
        rates = [(a, h, r) for r in activities
                 if set(map(str, r.values.get("machines") or ())) & own
                 and len(r.values.get("machines") or ()) == 1
                 and (a := _number(r, "area_m2")) and (h := _number(r, "machine_hours"))]
        found += _rate("rate_m2_h", "m2/h", rates)
        widths = [w for t in tracks if str(t.values.get("machine")) in own
                  and (w := _number(t, "width_m"))]
        if widths:
            found.append(Figure("width_m", min(widths), min(widths), max(widths), "m", "measured",
                                f"the least that {len(widths)} proofs of coverage rest on"))
    else:
        rates = [(a, n, r) for r in activities
                 if _BY_METHOD.get(str(r.value("operational_method"))) == profile.id
                 and r.value("activity_type") in _WORK and _one_day(r)
                 and (a := _number(r, "area_m2")) and (n := _number(r, "deminers"))]
        found += _rate("rate_m2_day", "m2/day", rates)
    return replace(profile, figures=(*found, *profile.figures))


def _rate(name: str, unit: str, reports: Sequence[tuple[float, float, Record]]) -> list[Figure]:
    if len(reports) < LEAST_REPORTS:
        return []
    area, effort = (np.array([r[k] for r in reports]) for k in (0, 1))
    low, high = np.quantile(area / effort, [0.1, 0.9])
    days = sorted(d for _, _, r in reports if (d := r.valid_from) is not None)
    dated = f", {days[0]} to {days[-1]}" if days else ""
    return [Figure(name, float(area.sum() / effort.sum()), float(low), float(high), unit,
                   "measured", f"{len(reports)} reports of the programme{dated}")]


def _one_day(r: Record) -> bool:
    begin, end = r.values.get("started_on"), r.values.get("ended_on")
    return begin is None or end is None or begin == end


def _number(r: Record, name: str) -> float | None:
    said = r.values.get(name)
    return float(said) if isinstance(said, (int, float)) and said > 0 else None


def _same(profile: Profile, model: str) -> bool:
    """Whether a model on record is that of a profile: "MV-10", "DOK-ING MV 10", "M160"."""
    def plain(text: str) -> str:
        return re.sub(r"[^0-9a-z]", "", text.casefold())

    outside = re.sub(r"\(.*?\)", "", profile.title)
    names = {plain(n) for n in (profile.id, profile.title, outside,
                                *re.findall(r"\((.*?)\)", profile.title))}
    return bool(plain(model)) and plain(model) in names
