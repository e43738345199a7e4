"""PUB: the document has two pages, whatever it has to say."""

from __future__ import annotations

import dataclasses
import io
import re
from datetime import date

import numpy as np
import pytest
import shapely

from landrelease.core.geometry import geodesic_area_m2
from landrelease.core.hazard import AdministrativeArea, Hazard, Land
from landrelease.errors import LandReleaseError
from landrelease.publish import picture
from landrelease.publish.content import chances, people_order
from landrelease.publish.document import render_pdf
from landrelease.publish.page import percent
from landrelease.publish.picture import map_svg
from landrelease.publish.words import Words
from test_publish_report import Everything, Without, region_report, small_report, square

pypdf = pytest.importorskip("pypdf")


def pages(pdf: bytes) -> list[str]:
    return [" ".join(p.extract_text().split()) for p in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_the_document_has_two_a4_pages_with_the_names_and_the_cautions():
    pdf = render_pdf(region_report(), Everything())
    first, second = pages(pdf)
    assert "486 areas are recorded as hazardous in 15 municipalities" in first
    assert "Not for moving on the ground" in first and "closes 69 %" in first
    for name in ("Teslić", "Donji Vakuf", "Žepče", "Whole programme"):
        assert name in second
    assert "signed each time" in second and "not reported" in second
    box = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].mediabox
    assert (round(box.width), round(box.height)) == (595, 842)


def test_safety_S19_synthetic_stands_on_both_pages():
    assert all("SYNTHETIC" in p for p in pages(render_pdf(small_report(), Everything())))
    real = pages(render_pdf(small_report(synthetic=False), Everything()))
    assert not any("SYNTHETIC" in p for p in real)


def test_the_document_gives_the_chance_by_year_and_says_what_does_not_finish():
    report = small_report(promised=(date(2031, 6, 30),))
    second = pages(render_pdf(report, Everything()))[1]
    found = chances(report.outlook, report.promised)
    assert "Chance that all is done by the end of" in second
    for chance in found[1:]:
        assert f"{chance.day.year}" in second and percent(chance.share, Words()) in second
    share = percent(found[0].share, Words())
    assert f"Announced for 30 June 2031: done by then in {share} of the runs." in second
    assert "of the runs do not finish by 2057" in second
    sure = dataclasses.replace(report.outlook, finish_day=np.full(50, 900.0),
                               cost=report.outlook.cost[:50])
    assert "All runs finish by" in pages(render_pdf(small_report(outlook=sure), Everything()))[1]


def test_the_same_report_gives_the_same_bytes():
    assert render_pdf(small_report(), Everything()) == render_pdf(small_report(), Everything())


def test_much_text_still_gives_two_pages_and_nothing_is_cut():
    report = small_report(
        cautions=tuple(f"Caution number {k}: " + "long words " * 25 for k in range(14))
    )
    found = pages(render_pdf(report, Everything()))
    assert len(found) == 2 and "Caution number 13" in found[1]


def test_little_text_gives_two_pages_too():
    report = small_report(
        plan=None,
        outlook=None,
        assessments=(),
        ledger=(),
        ledger_total=None,
        figures=(),
        assumptions=None,
        imports=(),
        sources=(),
        weights={},
    )
    found = pages(render_pdf(report, Everything()))
    assert len(found) == 2 and "No plan was made." in found[0] and "No forecast" in found[1]


def test_markup_in_names_stays_text():
    report = small_report(
        title='#panic("x") $y$ </svg>', subtitle="*bold* \x00 \\", scope="_#image_"
    )
    assert '#panic("x") $y$ </svg>' in pages(render_pdf(report, Everything()))[0]


def test_safety_S14_the_document_leaves_out_what_the_view_refuses():
    found = " ".join(
        pages(render_pdf(small_report(), Without("plan_quality", "forecast", "ledger", "imports")))
    )
    for words in ("bound", "Half of the runs", "Cleared", "rows were read"):
        assert words not in found
    with pytest.raises(LandReleaseError, match="PUB-001"):
        render_pdf(small_report(), Without("hazard"))


def drawn(svg: str):
    """All that a map draws in hazard colours, as one geometry in units of the picture."""
    found = []
    for d, fill, stroke, width in re.findall(
        r'<path d="([^"]*)" fill="(#\w+|none)" stroke="(#\w+)" stroke-width="([\d.]+)"', svg
    ):
        if fill in picture.RAMP:
            for ring in d.split("Z")[:-1]:
                xy = [tuple(map(float, p.split())) for p in ring[1:].split("L")]
                found.append(shapely.Polygon(xy).buffer(float(width) / 2))
        elif stroke in picture.RAMP:
            dots = [tuple(map(float, p.split())) for p in re.findall(r"M([\d.]+ [\d.]+)h0", d)]
            found += [shapely.Point(p).buffer(float(width) / 2, quad_segs=32) for p in dots]
    return shapely.union_all(found)


@pytest.mark.parametrize("most", [0, 10_000])
def test_safety_S01_the_small_map_covers_every_hazard(monkeypatch, most):
    monkeypatch.setattr(picture, "MOST_CORNERS", most)
    rng = np.random.default_rng(5)
    shapes = [
        square(17 + x, 44 + y, side)
        for x, y, side in zip(
            rng.random(80), rng.random(80), 10.0 ** rng.uniform(-4, -1.3, 80), strict=True
        )
    ]
    shapes.append(square(17.4, 44.4, 0.1).difference(square(17.42, 44.42, 0.06)))
    land = Land(
        tuple(
            Hazard(f"h{k}", g, geodesic_area_m2(g), "SHA", "open", "") for k, g in enumerate(shapes)
        ),
        (),
        (),
        (),
        (),
        (AdministrativeArea("m", "A < B & C", 3, square(17, 44, 1.0)),),
        "",
    )
    report = small_report(land=land, plan=None)
    svg, full = map_svg(land, people_order(report), 480, 440)
    assert full == (most > 0)
    assert "A &lt; B &amp; C" in svg
    # The same projection, written out again.
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    c = np.cos(np.radians((south + north) / 2))
    s = min(464 / ((east - west) * c), 424 / (north - south))
    ink = drawn(svg).buffer(0.15)  # half the last digit that is written, and of the round dot
    for g in shapes:
        on_paper = shapely.transform(
            g,
            lambda xy: np.column_stack(
                [
                    240 + s * c * (xy[:, 0] - (west + east) / 2),
                    220 - s * (xy[:, 1] - (south + north) / 2),
                ]
            ),
        )
        assert ink.covers(on_paper)
