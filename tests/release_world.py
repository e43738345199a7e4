"""A small programme for the tests of release: two fields, one team, all in order."""

import json
import weakref
from datetime import UTC, date, datetime, timedelta

import shapely

from landrelease.core.revision import Revision
from landrelease.operate.gate import SITE_CHECKS
from landrelease.workflows import identities

AT = datetime(2026, 4, 1, 6, tzinfo=UTC)
DAY = date(2026, 4, 10)  # of the work
FIELD = shapely.box(17.0, 44.0, 17.001, 44.001)
OTHER = shapely.box(17.01, 44.0, 17.011, 44.001)
EAST = shapely.box(17.0005, 44.0, 17.001, 44.001)
PERSONS = {"informants_agree", "survey_aimed", "boundary_marked", "community_informed",
           "documents_complete"}


def record(registry, kind, record_id, shape=None, *, hours=0, **values):
    registry.append([Revision(
        kind, record_id, values, shape, AT + timedelta(hours=hours), "landrelease test", "why", "",
        values.get("information_date"))])


def morning(day):
    """Hours from the start of the world to the morning of a day, when its gate is entered."""
    return (datetime(day.year, day.month, day.day, 6, tzinfo=UTC) - AT) // timedelta(hours=1)


_SIGNS = weakref.WeakKeyDictionary()  # registry -> the key that signs its orders


def keys(registry, folder):
    """Ana, the authority; Ivo, a deminer for whom Ana vouched."""
    identities.create_identity(registry, folder / "ana.pem", name="Ana", by="x", role="authority",
                               now=AT - timedelta(days=60))
    ana = identities.read_key(folder / "ana.pem", None)
    identities.create_identity(registry, folder / "ivo.pem", name="Ivo", by="x", role="deminer",
                               voucher=ana, now=AT - timedelta(days=50))
    _SIGNS[registry] = ana
    return ana, identities.read_key(folder / "ivo.pem", None)


def signed_record(registry, kind, record_id, key, shape=None, *, hours=0, **values):
    registry.append([identities.sign_revision(registry, Revision(
        kind, record_id, values, shape, AT + timedelta(hours=hours), "", "why", "",
        values.get("information_date")), key)])


def programme(registry):
    """Team, persons, detector, task and gate: everything that a day of work asks for."""
    record(registry, "person", "p1", role="deminer", competences=["manual_clearance", "TS"])
    record(registry, "person", "p2", role="medic")
    record(registry, "team", "team-a", organisation="Org A", members=["p1", "p2"])
    record(registry, "detector", "d1", team="team-a", tested_on=DAY, test_result="passed",
           information_date=DAY, hours=morning(DAY))


def accreditation(registry, key):
    signed_record(registry, "accreditation", "acc", key, team="team-a", scope="manual_clearance",
                  accreditation_status="granted", granted_on=date(2026, 1, 1),
                  expires_on=date(2026, 12, 31))


def hazard(registry, name, ground, /, **values):
    record(registry, "hazard", name, ground, identifier=name.upper(), hazard_type="CHA",
           status="open", required_depth_m=0.2, information_date=date(2026, 3, 1), **values)


def cleared(registry, name, ground, *, day=DAY, number=1, gate=True, proof=True, **values):
    """The reports of a clearance of a field in one day, as Ana ordered it, with the gate of that
    day and the proof of coverage of all of it."""
    end = f"{name}-{number}"
    signed_record(registry, "task", f"t-{end}", _SIGNS[registry], ground, task_type="clearance",
                  method="manual", teams=["team-a"], task_status="ordered", hazard=name,
                  information_date=date(2026, 3, 15))
    if gate:
        record(registry, "gate", f"g-{end}", task=f"t-{end}", team="team-a", day=day,
               checked_at=datetime(day.year, day.month, day.day, 5, tzinfo=UTC), hours=morning(day),
               **dict.fromkeys(SITE_CHECKS, "passed"))
    record(registry, "activity", f"a-{end}", ground.centroid, activity_type="clearance",
           activity_status="completed", operational_method="manual", started_on=day, ended_on=day,
           hazard=name, task=f"t-{end}", teams=["team-a"], detectors=["d1"], depth_m=0.2,
           information_date=day)
    record(registry, "outcome", f"o-{end}", ground, **({
        "outcome_type": "cleared", "method": "manual", "depth_m": 0.2, "hazard": name,
        "activity": f"a-{end}", "information_date": day} | values))
    if proof:
        record(registry, "coverage", f"c-{end}", ground, task=f"t-{end}", activity=f"a-{end}",
               coverage_by="manual",
               proven_by="measured_lanes", confidence=0.95, information_date=day)


def inspection(registry, name, key, *, number=1, day=DAY, **values):
    signed_record(registry, "inspection", f"i-{name}-{number}", key, **({
        "inspected_on": day, "inspection_type": "sampling", "outcomes": [f"o-{name}-{number}"],
        "lot_size": 400, "sample_size": 200, "items_found": 0, "result": "accepted",
        "information_date": day} | values))


def answers(proposed, path, *, no=(), skip=()):
    """The checklist with the answers of a person to what the records leave open."""
    rows = ["item,answer,note,by"]
    for item in proposed.document["checklist"]["items"]:
        if item["state"] == "open" and item["id"] not in skip:
            rows.append(f"{item['id']},{'no' if item['id'] in no else 'yes'},seen,Ana")
    path.write_text("\n".join(rows) + "\n")
    return path


def shape_file(path, ground):
    path.write_text(json.dumps({"type": "Feature", "properties": {},
                                "geometry": shapely.geometry.mapping(ground)}))
    return path
