"""A small programme whose ground was cleared by two teams, for the tests of inspection."""

from datetime import UTC, date, datetime, timedelta

from shapely import box

from landrelease.core.record import Record
from landrelease.core.revision import Revision

NOON = datetime(2026, 4, 1, 12, tzinfo=UTC)
M = 1 / 111_320  # of a degree of latitude: about a metre
WEST, SOUTH = 17.0, 0.0  # on the equator a metre is the same both ways
TEAMS = {"team-a": ("Org A", "imas"), "team-b": ("Org B", "military_engineer")}


def field(west, south, wide, high):
    """A rectangle in metres from the corner of the task."""
    return box(WEST + west * M, SOUTH + south * M, WEST + (west + wide) * M,
               SOUTH + (south + high) * M)


def record(kind, id_, shape=None, validation="entered", **values):
    return Record(kind, id_, values, shape, validation=validation)


def programme():
    """Task t1 of 200 m x 100 m: team-a cleared the west half, team-b the east, a day apart."""
    out = [record("hazard", "h1", field(0, 0, 200, 100), status="open"),
           record("task", "t1", field(0, 0, 200, 100), task_type="clearance", method="manual",
                  teams=list(TEAMS), task_status="started", hazard="h1")]
    for n, (team, (organisation, school)) in enumerate(TEAMS.items()):
        day = date(2026, 3, 1 + n)
        out += [
            record("team", team, organisation=organisation, school=school, team_type="manual"),
            record("activity", f"w-{team}", activity_type="clearance", task="t1", teams=[team],
                   detectors=[f"d-{team}"], started_on=day, ended_on=day, items_found=9,
                   operational_method="manual", hours=6.0, deminers=5, hazard="h1"),
            record("outcome", f"o-{team}", field(100 * n, 0, 100, 100), outcome_type="cleared",
                   activity=f"w-{team}", hazard="h1", decided_on=day, depth_m=0.2)]
    return out


def fill(registry, records, at=NOON):
    author = registry.author("tester")
    registry.append([
        Revision(r.kind, r.id, r.values, r.geometry, at, author, "test", "", r.valid_from,
                 validation=r.validation) for r in records])
    return registry


def later(days):
    return NOON + timedelta(days=days)
