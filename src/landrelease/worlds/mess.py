"""What goes wrong on the way to the registry: doubled, late, in other units, swapped, incomplete.

Only areas that block no road and that nobody has worked on are damaged, so that the state of the
roads is the same in the clean and in the delivered files. Every damage is listed with the fate that
a careful reader gives it: accepted, merged or quarantined.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Planted:
    """One damage. `row` counts the rows of data from 1, as the import does."""

    file: str
    row: int
    what: str
    fate: str


@dataclass(frozen=True, slots=True)
class Feature:
    """A row of a GeoJSON file: properties, and the geometry as JSON text ("null": none)."""

    properties: Row
    geometry: str


def messy_hazards(features: list[Feature], may_spoil: np.ndarray, rng: np.random.Generator
                  ) -> tuple[list[Feature], list[Planted]]:
    """Suspected areas as they are sent in. `may_spoil` (A,) marks those that may be damaged."""
    import json

    out = list(features)
    planted: list[Planted] = []
    name = "suspected_areas.geojson"

    def plant(index: int, what: str, fate: str) -> None:
        planted.append(Planted(name, index + 1, what, fate))

    def add(properties: Row, geometry: str, what: str, fate: str) -> None:
        out.append(Feature(properties, geometry))
        plant(len(out) - 1, what, fate)

    for k, feature in enumerate(out):  # units as each office writes them
        area = float(feature.properties["area"])
        style = int(rng.integers(20))
        if style < 3:
            said: Any = f"{area / 10_000:.4f} ha"
        elif style == 3:
            said = f"{area / 1_000:.3f} dunum"
        elif style == 4:
            said = f"{area:,.0f} m2"
        else:
            continue
        out[k] = Feature({**feature.properties, "area": said}, feature.geometry)
    pool = rng.permutation(np.flatnonzero(may_spoil)).tolist()
    each = max(1, len(features) // 150)

    def victims(count: int = each) -> list[int]:
        taken = pool[:count]
        del pool[:count]
        return taken

    for k in victims():
        properties = out[k].properties
        out[k] = Feature({**properties, "area": "3.5 acres"}, out[k].geometry)
        plant(k, "unit of area that is not known", "quarantined")
    for k in victims():
        properties = out[k].properties
        out[k] = Feature({**properties, "information_date": "2062-05-14"}, out[k].geometry)
        plant(k, "date in the future", "quarantined")
    for k in victims():
        shape = json.loads(out[k].geometry)
        turned = json.dumps(_swapped(shape), separators=(",", ":"))
        out[k] = Feature(out[k].properties, turned)
        plant(k, "latitude and longitude swapped", "quarantined")
    for k in victims():
        out[k] = Feature({**out[k].properties, "hazard_type": "DHA"}, out[k].geometry)
        plant(k, "type that is no type", "quarantined")
    for k in victims():
        crossed = json.dumps(_crossing(json.loads(out[k].geometry)), separators=(",", ":"))
        out[k] = Feature(out[k].properties, crossed)
        plant(k, "outline that crosses itself", "accepted")
    sound = victims(5 * each)
    for k in sound[:2 * each]:
        add(dict(out[k].properties), out[k].geometry, "sent twice", "merged")
    for k in sound[2 * each:3 * each]:
        changed = {**out[k].properties, "organisation": "Operator A (old list)",
                   "status": "suspended"}
        add(changed, out[k].geometry, "same identifier, other values", "quarantined")
    for k in sound[3 * each:4 * each]:
        alike = out[k].properties["identifier"].replace("SHA", "ЅНА")  # Cyrillic letters
        add({**out[k].properties, "identifier": alike}, out[k].geometry,
            "identifier that only looks different", "quarantined")
    for k in sound[4 * each:]:
        add({**out[k].properties, "identifier": out[k].properties["identifier"] + "-B"},
            "null", "no outline", "quarantined")
    add({**features[0].properties, "identifier": "SHA-90001"},
        '{"type":"Polygon","coordinates":[[[0,0],[0,0],[0,0],[0,0]]]}', "all corners at 0, 0",
        "quarantined")
    return out, planted


def _swapped(shape: Row) -> Row:
    def turn(value: Any) -> Any:
        if isinstance(value[0], (int, float)):
            return [value[1], value[0]]
        return [turn(v) for v in value]

    return {"type": shape["type"], "coordinates": turn(shape["coordinates"])}


def _crossing(shape: Row) -> Row:
    """The outline with a loop of about 5 m on its first side, as a shaking hand draws it."""
    ring = np.array(shape["coordinates"][0] if shape["type"] == "Polygon"
                    else shape["coordinates"][0][0])
    a, b = ring[0], ring[1]
    along = (b - a) / max(float(np.hypot(*(b - a))), 1e-9) * 4e-5
    across = np.array([-along[1], along[0]])
    middle = (a + b) / 2
    loop = np.round([middle + along, middle - along + across, middle - along - across], 7)
    out = np.vstack([ring[:1], loop, ring[1:]]).tolist()
    if shape["type"] == "Polygon":
        return {**shape, "coordinates": [out, *shape["coordinates"][1:]]}
    first, *others = shape["coordinates"]
    return {**shape, "coordinates": [[out, *first[1:]], *others]}


def messy_points(name: str, rows: list[Row], rng: np.random.Generator, *, swap: bool,
                 repeat: int) -> tuple[list[Row], list[Planted]]:
    """A CSV of points: some rows twice, one without a place, one (accidents) swapped."""
    out = list(rows)
    planted: list[Planted] = []
    for k in rng.permutation(len(rows))[:min(repeat, len(rows))].tolist():
        out.append(dict(rows[k]))
        planted.append(Planted(name, len(out), "sent twice", "merged"))
    lost = {**rows[-1], "longitude": "", "latitude": ""}
    if "identifier" in lost:
        lost["identifier"] = f"{lost['identifier']}-X"
    out.append(lost)
    planted.append(Planted(name, len(out), "no place", "quarantined"))
    if swap and len(rows) > 4:
        turned = {**rows[2], "longitude": rows[2]["latitude"], "latitude": rows[2]["longitude"]}
        if "identifier" in turned:
            turned["identifier"] = f"{turned['identifier']}-Y"
        out.append(turned)
        planted.append(Planted(name, len(out), "latitude and longitude swapped",
                               "quarantined"))
    return out, planted


def messy_reports(rows: list[Row], as_of: date, rng: np.random.Generator
                  ) -> tuple[list[Row], list[Planted]]:
    """Daily reports as they arrive: in the order of arrival, late ones missing, some twice.

    Units and dates are those of the organisation: Operator B writes hectares, Operator D dunums,
    Operator C dates with points. A report sent again may carry corrected figures: its number has
    an "R" behind it. Joint work is reported by both (`joint_with`).
    """
    out: list[Row] = []
    late = rng.random(len(rows))
    delay = np.where(late < 0.7, 1, np.where(late < 0.92, rng.integers(2, 9, len(rows)),
                                             rng.integers(9, 75, len(rows))))
    twice, again, joint = (rng.random(len(rows)) for _ in range(3))
    error = rng.normal(0, 0.15, len(rows))
    kept: list[tuple[date, int, str, Row]] = []
    for k, row in enumerate(rows):
        day = date.fromisoformat(row["date"])
        sent = day + timedelta(days=int(delay[k]))
        made = _as_written({**row, "submitted_on": sent.isoformat()})
        kept.append((sent, k, "", made))
        if twice[k] < 0.015:
            kept.append((sent, k, "report sent twice", dict(made)))
        if again[k] < 0.01 and float(row["area_worked"]) > 0:
            other = {**row, "report_id": f"{row['report_id']}R",
                     "area_worked": round(float(row["area_worked"]) * float(np.exp(error[k])), 1),
                     "submitted_on": (sent + timedelta(days=6)).isoformat()}
            kept.append((sent + timedelta(days=6), k, "report sent again with other figures",
                         _as_written(other)))
        if joint[k] < 0.006 and row["activity"] == "clearance" and float(row["area_worked"]) > 0:
            partner = "Operator E" if row["organisation"] != "Operator E" else "Operator A"
            made["joint_with"] = partner
            other = {**row, "report_id": f"{row['report_id']}J", "organisation": partner,
                     "team": "", "joint_with": row["organisation"],
                     "submitted_on": sent.isoformat()}
            kept.append((sent, k, "the same joint work, reported by the other organisation",
                         _as_written(other)))
    kept.sort(key=lambda item: (item[0], item[1], item[2]))
    planted: list[Planted] = []
    for sent, _, what, made in kept:
        if sent > as_of:
            continue  # has not arrived
        out.append(made)
        if what:
            planted.append(Planted("daily_reports.csv", len(out), what, "merged"))
    return out, planted


def _as_written(row: Row) -> Row:
    area = float(row["area_worked"])
    if row["organisation"] == "Operator B":
        row = {**row, "area_worked": f"{area / 10_000:.4f}", "unit": "ha"}
    elif row["organisation"] == "Operator D":
        row = {**row, "area_worked": f"{area / 1_000:.3f}", "unit": "dunum"}
    else:
        row = {**row, "area_worked": f"{area:.1f}", "unit": "m2"}
    if row["organisation"] == "Operator C":
        day = date.fromisoformat(row["date"])
        row = {**row, "date": f"{day.day:02d}.{day.month:02d}.{day.year}"}
    return row
