"""The legend of a contamination map as QGIS reads it: a `.qml` file beside the raster."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

from landrelease.store.exports import write_bytes

# Upper end of each class of chance, and its colour: one hue from light to dark, after the
# "YlOrBr" scale of ColorBrewer (C. Brewer, M. Harrower, colorbrewer2.org), told apart by lightness,
# so that readers who see no red and green, and black-and-white print, get the same order.
CLASSES = (
    (0.01, "#ffffd4"), (0.05, "#fee391"), (0.1, "#fec44f"), (0.2, "#fe9929"), (0.35, "#d95f0e"),
    (0.5, "#993404"), (1.0, "#4d1a02"))
NOTHING = "#8a8f98"  # grey and bluish: of none of the classes
NO_INFORMATION = "no information, treat as dangerous"


def style_path(raster: Path) -> Path:
    """Where QGIS looks for the style of a raster."""
    return raster.with_suffix(".qml")


def write_style(path: str | Path, label: str = "") -> None:
    """Write the style; QGIS 3.16 and later read it by itself when the raster is opened.

    Band 1 in classes of chance. Cells without a value are drawn in a colour of their own, and the
    first line of the legend says what they mean. `label`: words above the legend (S19). Raises
    STO-008 where it cannot be written.
    """
    write_bytes(path, style(label).encode())


def style(label: str = "") -> str:
    """The style as XML."""
    # Classes below all chances: no cell is in them, so that they only stand in the legend.
    items = [_item(-2.0, "#ffffff", label.strip())] if label.strip() else []
    items.append(_item(-1.0, NOTHING, NO_INFORMATION))
    low = 0.0
    for high, colour in CLASSES:
        # The last class is open: a chance rounded up to the next float stays in it.
        items.append(_item("inf" if high == 1.0 else high, colour,
                           f"{low:.0%} to {high:.0%}".replace("%", " %")))
        low = high
    return "\n".join([
        "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>",
        '<qgis version="3.16.0" styleCategories="Symbology" hasScaleBasedVisibilityFlag="0">',
        "  <pipe>",
        f'    <rasterrenderer type="singlebandpseudocolor" band="1" opacity="0.85" alphaBand="-1" '
        f'nodataColor="{NOTHING}" classificationMin="0" classificationMax="1">',
        "      <rasterTransparency/>",
        "      <minMaxOrigin><limits>None</limits><extent>WholeRaster</extent>"
        "<statAccuracy>Estimated</statAccuracy></minMaxOrigin>",
        "      <rastershader>",
        '        <colorrampshader colorRampType="DISCRETE" classificationMode="1" clip="0" '
        'minimumValue="0" maximumValue="1" labelPrecision="2">',
        *items,
        "        </colorrampshader>",
        "      </rastershader>",
        "    </rasterrenderer>",
        '    <brightnesscontrast brightness="0" contrast="0" gamma="1"/>',
        '    <huesaturation saturation="0" grayscaleMode="0" colorizeOn="0"/>',
        '    <rasterresampler maxOversampling="1"/>',
        "  </pipe>",
        "  <blendMode>0</blendMode>",
        "</qgis>", ""])


def _item(value: float | str, colour: str, label: str) -> str:
    return (f'          <item value="{value}" color="{colour}" alpha="255" '
            f"label={quoteattr(label)}/>")
