"""The files that the docs name, small, and a registry with a field ready to be released."""

import csv
import json
import random
import shutil

import openpyxl
import shapely

import form_exports
import release_world as world
from landrelease.store.open import create_registry
from landrelease.workflows import imports


def place(east, north, side=0.001):
    return shapely.box(east, north, east + side, north + side)


def write_geojson(path, features):
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [
        {"type": "Feature", "properties": values, "geometry": shapely.geometry.mapping(shape)}
        for values, shape in features]}), encoding="utf-8")


def write_csv(path, rows):
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, rows[0])
        writer.writeheader()
        writer.writerows(rows)


def prepare(folder):
    """The files that the docs name, small, and a registry with a field ready to be released."""
    areas = [({"identifier": f"SHA-{n}", "name": f"Area {n}", "hazard_type": "SHA",
               "status": "open", "information_date": "2026-03-01"}, place(17.1 + n / 100, 44.1))
             for n in range(4)]
    for name in ("hazards.geojson",):
        write_geojson(folder / name, areas)
    import numpy as np
    import pyogrio

    pyogrio.raw.write(folder / "areas.gpkg", shapely.to_wkb([s for _, s in areas]),
                      [np.array([v[k] for v, _ in areas], dtype=object) for k in areas[0][0]],
                      list(areas[0][0]), geometry_type="Polygon", crs="EPSG:4326",
                      layer="suspected areas")
    write_geojson(folder / "municipalities.geojson",
                  [({"name": "Travnik", "identifier": "M-1", "level": 3}, place(16.9, 43.9, 1.0))])
    write_geojson(folder / "field.geojson", [({}, world.FIELD)])
    write_csv(folder / "settlements.csv", [
        {"identifier": f"S-{n}", "name": name, "population": 100 + n, "latitude": 44.05 + n / 50,
         "longitude": 17.05} for n, name in enumerate(("Upper", "Lower"))])
    book = openpyxl.Workbook()
    book.active.title = "settlements"
    with (folder / "settlements.csv").open() as stream:
        for row in csv.reader(stream):
            book.active.append(row)
    book.save(folder / "settlements.xlsx")
    write_csv(folder / "areas.csv", [
        {"identifier": f"OLD-{n}", "hazard_type": "SHA", "status": "open",
         "information_date": day, "geometry": place(17.3 + n / 100, 44.3).wkt}
        for n, day in enumerate(("never", "03/04/2026"))])
    teams = {"organisation": "Org A", "base": "Upper", "longitude": 17.05, "latitude": 44.05,
             "teams": 1, "currency": "USD", "available_from": "", "available_until": "",
             "source": "made up"}
    write_csv(folder / "teams.csv", [
        {"id": kind, "kind": kind, "m2_per_day": rate, "m2_per_day_low": rate / 2,
         "m2_per_day_high": rate * 2, "cost_per_day": 500, **teams}
        for kind, rate in (("nts", 50_000), ("ts", 8_000), ("manual", 2_000))])
    write_csv(folder / "funds.csv", [
        {"identifier": "F-1", "donor": "Donor 1", "phase": "demining", "amount": 500_000,
         "currency": "USD", "received_on": "2026-01-10", "fund_status": "received"}])
    write_csv(folder / "expenses.csv", [
        {"identifier": "E-1", "fund": "fund-F-1", "amount": 9_000, "currency": "EUR",
         "paid_on": "2026-04-15", "activity_type": "clearance"}])
    write_csv(folder / "rates.csv", [
        {"from_currency": "EUR", "to_currency": "USD", "rate": 1.09, "dated": "2026-04-01"}])
    write_csv(folder / "trials.csv", [
        {"organisation": "Org A", "school": "", "method": "manual", "device_category": "ap_mine",
         "targets": 30, "found": 28, "depth_from_m": 0.0, "depth_to_m": 0.13}])
    (folder / "field.json").write_text(json.dumps({
        "pi": 0.3, "alpha": 0.8, "beta": 900, "area_m2": 10000, "depth_m": 0.2,
        "survey_date": "2026-03-01", "passes": [
            {"name": "clearance", "operator": "team 1", "method": "manual", "date": "2026-05-01",
             "detection": {"found": 28, "missed": 2}, "depth_m": 0.2, "reach_m": 0.25,
             "finds": 3}], "passes_independent": True}))
    rng = random.Random(5)
    cells = [{"cell": f"c{n}", "municipality": f"m{n % 5}", "found": int(rng.random() < 0.3),
              "slope": round(rng.random() * 30, 1), "road_m": rng.randrange(3000),
              "latitude": 44 + n // 12 / 100, "longitude": 17 + n % 12 / 100} for n in range(120)]
    for n in range(120):
        if n % 3:
            cells[n]["found"] = -1
    write_csv(folder / "cells.csv", cells)
    write_csv(folder / "other.csv", [{k: v for k, v in c.items() if k != "found"}
                                     for c in cells[:20]])
    shape = shapely.box(-30.001, 19.9999, -30.0005, 20.0002)
    (folder / "T.geojson").write_text(json.dumps({
        "type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}))
    with (folder / "K.csv").open("w") as stream:
        stream.write("time,latitude,longitude,pass\n")
        for n in range(60):
            stream.write(f"2027-05-02T08:{n // 60:02}:{n % 60:02}Z,{20.0:.7f},"
                         f"{-30.001 + n * 8.13e-6:.7f},1\n")
    for name in ("stick", "backups"):
        (folder / name).mkdir()
    create_registry(folder / "national.gpkg", office="Sarajevo").close()
    with create_registry(folder / "district.gpkg", office="Travnik") as registry:
        ana, _ = world.keys(registry, folder)
        world.programme(registry)
        world.accreditation(registry, ana)
        world.hazard(registry, "hazard-7", world.FIELD)
        world.hazard(registry, "hazard-8", world.OTHER)
        world.cleared(registry, "hazard-7", world.FIELD)
        world.inspection(registry, "hazard-7", ana)
        world.hazard(registry, "hazard-9", place(17.02, 44.0))
        world.cleared(registry, "hazard-9", place(17.02, 44.0))
        world.record(registry, "project", "project-P-1", world.FIELD, identifier="P-1",
                     name="Mill", information_date=world.DAY)
        world.record(registry, "complaint", "complaint-public-3f2a91bc00d1e2f3", None,
                     identifier="public-3f2a91bc00d1e2f3", complaint_type="marking",
                     complaint_status="open", description="The sign fell", received_on=world.DAY)
        imports.import_files(registry, [folder / "areas.csv"], kind="hazard", crs="EPSG:4326")
    (folder / "landrelease_nts.csv.zip").write_bytes(form_exports.central_zip(
        form_exports.SURVEY))
    # A form as it lies on a phone, with a photograph beside it.
    instance = folder / "instances" / "item_2026-04-10"
    instance.mkdir(parents=True)
    (instance / "item_2026-04-10.xml").write_text(
        '<landrelease_item id="landrelease_item"><item><identifier>I-2</identifier>'
        "<ordnance_category>ap_mine</ordnance_category><quantity>1</quantity>"
        "<found_on>2026-04-10</found_on><place>44.0005 17.0205 0 3</place></item>"
        "<photo_1>1.jpg</photo_1><meta><instanceID>uuid:folder-0001</instanceID></meta>"
        "</landrelease_item>")
    (instance / "1.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"picture" * 20)
    for name in ("authority.pem", "me.pem"):
        shutil.copy(folder / "ana.pem", folder / name)
    return folder
